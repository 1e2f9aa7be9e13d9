"""Sessions are told by their replies, and are values."""

from __future__ import annotations

import pytest

from hnvemu.addresses import MacAddress, parse_address
from hnvemu.model.acl import Direction
from hnvemu.model.topology import VmPort
from hnvemu.tables.sessions import NO_SESSIONS, five_tuple, reply_tuple
from hnvemu.trace.steps import SessionOpened
from hnvemu.wire.build import build_frame
from hnvemu.wire.flow import Flow, read_flow

MAC = MacAddress(0x0200_0000_010A)
A = VmPort(name="T/A", network="T", host="H1", vsid=5001, mac=MAC)
B = VmPort(name="T/B", network="T", host="H2", vsid=5001, mac=MAC)
OUT_OF_A = SessionOpened(A, Direction.OUTBOUND)
INTO_B = SessionOpened(B, Direction.INBOUND)


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

    assert sessions.held(BACK) == frozenset(
        {("T/A", Direction.INBOUND), ("T/B", Direction.OUTBOUND)}
    )
    assert sessions.held(THERE) is None


def test_ports_add_to_a_session_one_by_one() -> None:
    sessions = NO_SESSIONS.opened(THERE, [OUT_OF_A]).opened(THERE, [OUT_OF_A, INTO_B])

    assert sessions.held(BACK) == frozenset(
        {("T/A", Direction.INBOUND), ("T/B", Direction.OUTBOUND)}
    )


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
    assert sessions.held(answered) == frozenset({("T/A", Direction.INBOUND)})
    assert sessions.held(answered._replace(echo_id=6)) is None
    assert sessions.held(flow(b, a, protocol, icmp_type=request_type, echo_id=5)) is None


def test_icmp_that_nothing_replies_to_opens_nothing() -> None:
    unreachable = flow("10.0.1.10", "10.0.1.11", 1, icmp_type=3, icmp_code=1)

    assert NO_SESSIONS.opened(unreachable, [OUT_OF_A]) is NO_SESSIONS
