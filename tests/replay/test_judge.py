"""What becomes of frames, one after another: classes, sessions, time, learning, bounded memory."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING, NamedTuple

import pytest

from hnvemu import Outcome, Reason
from hnvemu.replay.entrance import entrance
from hnvemu.replay.flows import FlowTable
from hnvemu.replay.judge import ALWAYS, UNREAD, Judge
from hnvemu.replay.outputs import Outputs, Targets
from hnvemu.replay.summary import Unread

if TYPE_CHECKING:
    from collections.abc import Callable

    from hnvemu import Fabric
    from hnvemu.replay.judge import Class

    Network = Callable[..., Fabric]
    Frame = Callable[..., bytes]

SECOND = 1_000_000_000
GUARDED = """
firewall:
  defaults:
    - {vms: [A], inbound: block}
"""
TIMED = """
extended_acls:
  - {vms: [A], direction: outbound, weight: 10, action: allow, protocol: tcp, stateful: true,
     idle_timeout: 60}
  - {vms: [A], direction: inbound, weight: 1, action: deny}
"""


class Judged(NamedTuple):
    judge: Judge
    flows: FlowTable

    def take(self, frame: bytes, time: int = 0, missing: int = 0) -> Class:
        """Classify a frame that can be sent, and forget what has to be forgotten."""
        judge = self.judge
        number = judge.classify(frame, missing, 0, time, 1)
        assert number >= 0, UNREAD[-1 - number]
        found = judge.classes[number]
        if judge.is_full:
            judge.clear()
        return found

    def outcome(self, frame: bytes, time: int = 0) -> Outcome:
        return self.take(frame, time).verdict.outcome


def judged(fabric: Fabric, *, most: int = 100, established: bool = False) -> Judged:
    flows = FlowTable(most)
    judge = Judge(
        fabric,
        entrance(fabric, None, [None]),
        flows,
        Outputs(Targets()),
        most=most,
        established=established,
    )
    return Judged(judge, flows)


def test_frames_that_differ_in_length_alone_are_one_class(network: Network, frame: Frame) -> None:
    replay = judged(network())

    short = replay.take(frame("A", "X", "tcp", length=60))
    longer = replay.take(frame("A", "X", "tcp", length=1458))

    assert short is longer
    assert short.until == ALWAYS


def test_a_length_that_does_not_fit_the_tunnel_is_another_class(
    network: Network, frame: Frame
) -> None:
    replay = judged(network())

    fits = replay.take(frame("A", "X", "tcp", length=1458))
    too_big = replay.take(frame("A", "X", "tcp", length=1459))

    assert (fits.verdict.outcome, fits.high) == (Outcome.DELIVERED, 1459)
    assert (too_big.verdict.reason, too_big.low) == (Reason.MTU_EXCEEDED, 1459)


@pytest.mark.parametrize("field", ["ttl", "tos"])
def test_every_other_field_tells_classes_apart(network: Network, frame: Frame, field: str) -> None:
    replay = judged(network())

    one = replay.take(frame("A", "X", "tcp", **{field: 8}))
    other = replay.take(frame("A", "X", "tcp", **{field: 12}))

    assert one is not other
    assert one.row == other.row


def test_a_reply_passes_once_its_request_was_seen(network: Network, frame: Frame) -> None:
    replay = judged(network(also=GUARDED))
    request = frame("A", "X", "tcp", src_port=40000, dst_port=80)
    reply = frame("X", "A", "tcp", src_port=80, dst_port=40000)

    before = replay.outcome(reply)
    replay.take(request)
    after = replay.outcome(reply)

    assert (before, after) == (Outcome.DROPPED, Outcome.DELIVERED)


def test_a_frame_that_opens_a_session_makes_the_classes_of_its_replies_stale(
    network: Network, frame: Frame
) -> None:
    replay = judged(network(also=GUARDED))
    refused = replay.take(frame("X", "A", "tcp", src_port=80, dst_port=40000))

    replay.take(frame("A", "X", "tcp", src_port=40000, dst_port=80))

    assert replay.judge.stale == [refused.number]


def test_a_session_is_forgotten_after_its_time(network: Network, frame: Frame) -> None:
    replay = judged(network(also=TIMED))
    request = frame("A", "X", "tcp", src_port=40000, dst_port=80)
    reply = frame("X", "A", "tcp", src_port=80, dst_port=40000)

    opened = replay.take(request, time=0)
    in_time = replay.take(reply, time=60 * SECOND)
    late = replay.take(reply, time=121 * SECOND)

    assert opened.until == 60 * SECOND + 1
    assert in_time.verdict.outcome is Outcome.DELIVERED
    assert late.verdict.reason is Reason.ACL_DENY_IN


def test_frames_that_an_engine_took_by_itself_keep_a_session_alive(
    network: Network, frame: Frame
) -> None:
    replay = judged(network(also=TIMED))
    opened = replay.take(frame("A", "X", "tcp", src_port=40000, dst_port=80), time=0)

    replay.judge.latest = {opened.number: 59 * SECOND}.__getitem__
    reply = replay.take(frame("X", "A", "tcp", src_port=80, dst_port=40000), time=100 * SECOND)

    assert reply.verdict.outcome is Outcome.DELIVERED


def test_time_that_goes_back_does_not_age(network: Network, frame: Frame) -> None:
    replay = judged(network(also=TIMED))

    replay.take(frame("A", "X", "tcp", src_port=40000, dst_port=80), time=100 * SECOND)
    reply = replay.take(frame("X", "A", "tcp", src_port=80, dst_port=40000), time=5 * SECOND)

    assert reply.verdict.outcome is Outcome.DELIVERED


def test_an_established_capture_needs_no_request(network: Network, frame: Frame) -> None:
    replay = judged(network(also=GUARDED), established=True)

    reply = replay.take(frame("X", "A", "tcp", src_port=80, dst_port=40000))

    assert reply.verdict.outcome is Outcome.DELIVERED


def test_the_oldest_conversation_makes_room_for_the_newest(network: Network, frame: Frame) -> None:
    replay = judged(network(also=GUARDED), most=2)
    for port in (40001, 40002, 40003):
        replay.take(frame("A", "X", "tcp", src_port=port, dst_port=80))

    first = replay.outcome(frame("X", "A", "tcp", src_port=80, dst_port=40001))
    last = replay.outcome(frame("X", "A", "tcp", src_port=80, dst_port=40003))

    assert (first, last) == (Outcome.DROPPED, Outcome.DELIVERED)
    assert replay.flows.summary().forgotten == 1


def test_sessions_outlive_classes(network: Network, frame: Frame) -> None:
    replay = judged(network(also=GUARDED), most=1)

    replay.take(frame("A", "X", "tcp", src_port=40001, dst_port=80))
    replay.take(frame("B", "X", "tcp", src_port=40001, dst_port=80))

    assert len(replay.judge.classes) < 2
    assert replay.outcome(frame("X", "A", "tcp", src_port=80, dst_port=40001)) is Outcome.DELIVERED


def test_an_address_that_a_host_learns_is_known_to_the_next_frame(
    network: Network, frame: Frame
) -> None:
    record = "ca: 0.0.0.0, vsid: 5001, mac: 02-00-00-00-01-0A, pa: 192.168.10.11, type: l2_only"
    fabric = network(records=(record,))
    unknown = frame("B", "10.0.1.77", dst_mac="02-00-00-00-01-0A")
    speaks = frame("A", "B", src="10.0.1.77")
    replay = judged(fabric)

    before = replay.take(unknown).verdict
    replay.take(speaks)
    after = replay.take(unknown).verdict

    assert before.reason is Reason.DST_RECORD_MISSING
    assert after.to == "T/A"


def test_a_cut_frame_is_judged_where_no_missing_octet_matters(
    network: Network, frame: Frame
) -> None:
    replay = judged(network())
    whole = frame("A", "X", "tcp", length=500)

    found = replay.take(whole)
    cut = replay.take(whole[:60], missing=len(whole) - 60)

    assert cut is found


@pytest.mark.parametrize(
    ("octets", "missing", "why"),
    [
        (b"\x02" * 13, 0, Unread.SHORT),
        (bytes(6) + b"\x02" * 20, 0, Unread.UNKNOWN_SENDER),
    ],
)
def test_a_frame_that_cannot_be_sent_says_why(
    network: Network, octets: bytes, missing: int, why: Unread
) -> None:
    replay = judged(network())

    number = replay.judge.classify(octets, missing, 0, 0, 1)

    assert UNREAD[-1 - number] is why


def test_a_cut_frame_whose_ports_are_missing_is_truncated(network: Network, frame: Frame) -> None:
    replay = judged(network())
    whole = frame("A", "X", "tcp", length=500)

    number = replay.judge.classify(whole[:36], len(whole) - 36, 0, 0, 1)

    assert UNREAD[-1 - number] is Unread.TRUNCATED


def test_nobody_makes_room_for_a_length_that_is_nonsense(network: Network, frame: Frame) -> None:
    replay = judged(network())
    whole = frame("A", "X", "tcp", length=500)

    tracemalloc.start()
    number = replay.judge.classify(whole, (1 << 32) - 1 - len(whole), 0, 0, 1)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert UNREAD[-1 - number] is Unread.TRUNCATED
    assert peak < 1 << 24


def test_flows_beyond_the_most_are_counted_together(network: Network, frame: Frame) -> None:
    replay = judged(network(), most=2)

    for port in (1, 2, 3, 4):
        found = replay.take(frame("A", "X", "tcp", src_port=port))
        replay.flows.fold(found.row, 1, 100, port, port)
    summary = replay.flows.summary()

    assert [flow.flow.src_port for flow in summary.flows] == [1, 2]
    assert [(o.outcome, o.packets, o.octets) for o in summary.others] == [
        (Outcome.DELIVERED, 2, 200)
    ]
    assert (summary.packets, summary.octets) == (4, 400)
