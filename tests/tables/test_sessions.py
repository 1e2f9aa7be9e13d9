"""Sessions are told by their replies, and are values."""

from __future__ import annotations

import pytest

from hnvemu.addresses import MacAddress, parse_address
from hnvemu.model.acl import Direction, Mechanism
from hnvemu.model.topology import VmPort
from hnvemu.tables.sessions import NO_SESSIONS, Place, five_tuple, reply_tuple, request_of
from hnvemu.trace.steps import SessionMatched, SessionOpened
from hnvemu.wire.build import build_frame
from hnvemu.wire.flow import Flow, read_flow

MAC = MacAddress(0x0200_0000_010A)
A = VmPort(name="T/A", network="T", host="H1", vsid=5001, mac=MAC)
B = VmPort(name="T/B", network="T", host="H2", vsid=5001, mac=MAC)
OUT_OF_A = SessionOpened(A, Direction.OUTBOUND, Mechanism.FIREWALL, None)
INTO_B = SessionOpened(B, Direction.INBOUND, Mechanism.FIREWALL, None)
TIMED = SessionOpened(A, Direction.OUTBOUND, Mechanism.EXTENDED, 60)
AT_A = Place("T/A", 5001, Direction.INBOUND, Mechanism.FIREWALL)
AT_B = Place("T/B", 5001, Direction.OUTBOUND, Mechanism.FIREWALL)
TIMED_AT_A = Place("T/A", 5001, Direction.INBOUND, Mechanism.EXTENDED)


def flow(src: str, dst: str, protocol: int, **fields: int) -> Flow:
    frame = build_frame(
        src_mac=MAC,
        dst_mac=MAC,
        src=parse_address(src),
        dst=parse_address(dst),
        protocol=protocol,
        **fields,  # type: ignore[arg-type]
    )
    return read_flow(frame)


THERE = flow("10.0.1.10", "10.0.1.11", 6, src_port=49152, dst_port=80)
BACK = flow("10.0.1.11", "10.0.1.10", 6, src_port=80, dst_port=49152)


def test_a_reply_passes_the_other_way_where_its_packet_was_admitted() -> None:
    sessions = NO_SESSIONS.opened(THERE, [OUT_OF_A, INTO_B])

    assert sessions.held(BACK) == frozenset({AT_A, AT_B})
    assert sessions.held(THERE) is None


def test_ports_add_to_a_session_one_by_one() -> None:
    sessions = NO_SESSIONS.opened(THERE, [OUT_OF_A]).opened(THERE, [OUT_OF_A, INTO_B])

    assert sessions.held(BACK) == frozenset({AT_A, AT_B})


def test_sessions_are_values() -> None:
    sessions = NO_SESSIONS.opened(THERE, [OUT_OF_A])

    assert len(NO_SESSIONS) == 0
    assert sessions == NO_SESSIONS.opened(THERE, [OUT_OF_A])
    assert sessions.opened(THERE, [OUT_OF_A]) is sessions
    assert sessions != NO_SESSIONS.opened(THERE, [INTO_B])


@pytest.mark.parametrize(
    "other",
    [
        BACK._replace(src_port=81),
        BACK._replace(dst_port=49153),
        BACK._replace(protocol=17),
        BACK._replace(src=BACK.src + 1),
        BACK._replace(dst=BACK.dst + 1),
        BACK._replace(version=6),
    ],
)
def test_whatever_differs_in_the_five_tuple_is_no_reply(other: Flow) -> None:
    assert NO_SESSIONS.opened(THERE, [OUT_OF_A]).held(other) is None


@pytest.mark.parametrize(("request_type", "reply_type", "protocol"), [(8, 0, 1), (128, 129, 58)])
def test_an_echo_is_told_by_its_identifier(
    request_type: int, reply_type: int, protocol: int
) -> None:
    a, b = ("10.0.1.10", "10.0.1.11") if protocol == 1 else ("2001:db8::a", "2001:db8::b")
    asked = flow(a, b, protocol, icmp_type=request_type, icmp_code=0, echo_id=5)
    answered = flow(b, a, protocol, icmp_type=reply_type, icmp_code=0, echo_id=5)
    sessions = NO_SESSIONS.opened(asked, [OUT_OF_A])

    assert reply_tuple(asked) == five_tuple(answered)
    assert request_of(answered) == asked._replace(length=answered.length)
    assert request_of(asked) is None
    assert sessions.held(answered) == frozenset({AT_A})
    assert sessions.held(answered._replace(echo_id=6)) is None
    assert sessions.held(flow(b, a, protocol, icmp_type=request_type, echo_id=5)) is None


def test_icmp_that_nothing_replies_to_opens_nothing() -> None:
    unreachable = flow("10.0.1.10", "10.0.1.11", 1, icmp_type=3, icmp_code=1)

    assert NO_SESSIONS.opened(unreachable, [OUT_OF_A]) is NO_SESSIONS


def test_the_request_of_a_reply_has_all_that_tells_it() -> None:
    request = request_of(BACK)

    assert request is not None
    assert five_tuple(request) == five_tuple(THERE)


def test_rows_name_place_packets_and_time() -> None:
    sessions = NO_SESSIONS.opened(THERE, [OUT_OF_A, TIMED])

    assert [tuple(row) for row in sessions.rows] == [
        (TIMED_AT_A, five_tuple(BACK), 60),
        (AT_A, five_tuple(BACK), None),
    ]


def test_only_rows_with_a_timeout_are_forgotten() -> None:
    sessions = NO_SESSIONS.opened(THERE, [OUT_OF_A, TIMED]).aged(59)

    assert sessions.held(BACK) == frozenset({AT_A, TIMED_AT_A})
    assert [row.seconds for row in sessions.rows] == [1, None]
    assert sessions.aged(1).held(BACK) == frozenset({AT_A, TIMED_AT_A})
    assert sessions.aged(2).held(BACK) == frozenset({AT_A})
    assert sessions.aged(2) == NO_SESSIONS.opened(THERE, [OUT_OF_A])
    assert NO_SESSIONS.opened(THERE, [TIMED]).aged(61) == NO_SESSIONS


def test_a_reply_refreshes_its_own_row() -> None:
    matched = [SessionMatched(A, Direction.INBOUND, Mechanism.EXTENDED)]
    sessions = NO_SESSIONS.opened(THERE, [TIMED]).aged(30)

    assert [row.seconds for row in sessions.refreshed(BACK, matched).rows] == [60]
    assert sessions.refreshed(THERE, matched) is sessions
    assert sessions.aged(0) is sessions


def test_another_packet_of_the_request_refreshes_too() -> None:
    sessions = NO_SESSIONS.opened(THERE, [TIMED]).aged(30)

    assert sessions.opened(THERE, [TIMED]) == NO_SESSIONS.opened(THERE, [TIMED])
    assert hash(sessions) != hash(NO_SESSIONS.opened(THERE, [TIMED]))


def test_time_does_not_go_back() -> None:
    with pytest.raises(ValueError, match="does not go back"):
        NO_SESSIONS.aged(-1)
