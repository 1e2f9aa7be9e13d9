"""The class of packets that ``--explain`` prints holds only packets that are treated alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from properties import strategies
from properties.amount import FEW

from hnvemu import NO_SESSIONS, Fabric
from hnvemu.addresses import MacAddress, parse_address
from hnvemu.analysis.applies_to import alike
from hnvemu.analysis.near_misses import every_hop
from hnvemu.model.policy import Profile
from hnvemu.switch.fabric import one_packet
from hnvemu.switch.walk import Walk
from hnvemu.tables.table import Axis
from hnvemu.trace.steps import (
    AnnouncementLearnt,
    Arrived,
    RemoteSourceLearnt,
    SourceLearnt,
)
from hnvemu.wire.encapsulation import Encapsulation, Encapsulator, Tunnel

if TYPE_CHECKING:
    from pathlib import Path as FilePath

    from hnvemu.analysis.applies_to import Alike
    from hnvemu.tables.sessions import Sessions
    from hnvemu.trace.path import Path
    from hnvemu.trace.steps import Step
    from hnvemu.wire.flow import Flow

LEARNT = (AnnouncementLearnt, RemoteSourceLearnt, SourceLearnt)
WHOLE = {
    Axis.SRC_MAC: (0, (1 << 48) - 1),
    Axis.DST_MAC: (0, (1 << 48) - 1),
    Axis.VLAN: (-1, 4095),
    Axis.ETHERTYPE: (0, 0xFFFF),
    Axis.FAULT: (0, 6),
    Axis.VERSION: (0, 6),
    Axis.PROTOCOL: (0, 255),
    Axis.TTL: (0, 255),
    Axis.LENGTH: (0, 0xFFFF),
    Axis.TOS: (0, 255),
}


def told(path: Path) -> list[object]:
    """Return the steps without what only repeats the packet: numbers, and addresses asked for."""
    return [
        (hop.node, type(step), [part for part in rows(step) if is_row(part)])
        for hop in every_hop(path)
        for step in hop.steps
    ]


def rows(step: Step) -> tuple[Any, ...]:
    """Return the evidence; a record that was made of the packet is none."""
    return () if isinstance(step, LEARNT) else step.evidence


def is_row(part: object) -> bool:
    return not isinstance(part, (int, MacAddress)) and not hasattr(part, "max_prefixlen")


def member(data: st.DataObject, found: Alike) -> Flow:
    """Draw a flow of the class: each field within its piece, often at one of its ends."""
    bits = 128 if found.flow.version == 6 else 32
    drawn = {}
    for axis in Axis:
        low, high = WHOLE.get(axis, (0, 0xFFFF))
        if axis in {Axis.SRC, Axis.DST, Axis.TARGET}:
            low, high = 0, (1 << bits) - 1
        first, last = found.pieces.get(axis, (low, high))
        ends = st.sampled_from([found.flow[axis], first, last])
        drawn[axis.name.lower()] = data.draw(ends | st.integers(first, last), label=axis.name)
    return found.flow._replace(**drawn)


def check(data: st.DataObject, fabric: Fabric, at: str, frame: bytes, state: Any) -> None:
    sessions: Sessions | None = state
    trace = fabric.send(frame, at=at, sessions=sessions)
    found = alike(fabric, trace)

    assert found.holds(trace.flow)
    for _ in range(5):
        other = member(data, found)

        assert found.holds(other)
        assert told(fabric.walk(other, at=at, sessions=sessions)) == told(trace.path)


@given(st.data())
def test_packets_of_the_class_are_treated_alike(tmp_path: FilePath, data: st.DataObject) -> None:
    policy = strategies.loaded(data.draw(strategies.documents()), tmp_path)
    at, frame = data.draw(strategies.sent(policy))

    check(data, Fabric.compile(policy), at, frame, NO_SESSIONS)


@settings(max_examples=FEW)
@given(st.data())
def test_any_frame_has_a_class_that_it_is_in(tmp_path: FilePath, data: st.DataObject) -> None:
    policy = strategies.loaded(data.draw(strategies.documents()), tmp_path)
    at = data.draw(st.sampled_from([*policy.ports]))

    check(data, Fabric.compile(policy), at, data.draw(strategies.octets()), NO_SESSIONS)


@settings(max_examples=FEW)
@given(st.data())
def test_the_class_of_an_established_connection_holds_only_such(
    tmp_path: FilePath, data: st.DataObject
) -> None:
    policy = strategies.loaded(data.draw(strategies.documents()), tmp_path)
    at, frame = data.draw(strategies.sent(policy))

    check(data, Fabric.compile(policy), at, frame, None)


@settings(max_examples=FEW)
@given(st.data())
def test_the_class_of_a_reply_is_its_conversation(tmp_path: FilePath, data: st.DataObject) -> None:
    policy = strategies.loaded(data.draw(strategies.documents()), tmp_path)
    fabric = Fabric.compile(policy)
    at, frame = data.draw(strategies.sent(policy))
    answer = strategies.reply(policy, frame)
    assume(answer is not None)
    assert answer is not None

    check(data, fabric, *answer, fabric.send(frame, at=at).sessions)


@settings(max_examples=FEW)
@given(st.data())
def test_the_class_of_a_tunnelled_frame_keeps_its_outer_headers(
    tmp_path: FilePath, data: st.DataObject
) -> None:
    policy = strategies.loaded(data.draw(strategies.documents()), tmp_path)
    fabric = Fabric.compile(policy)
    _, frame = data.draw(strategies.sent(policy))
    outer, inner = (parse_address(data.draw(st.sampled_from(strategies.PAS[:3]))) for _ in "12")
    vsid = data.draw(st.sampled_from([*strategies.SUBNETS]))
    kind = Encapsulation.VXLAN if fabric.profile is Profile.HNVV2 else Encapsulation.NVGRE
    tunnel = Tunnel(kind, MacAddress(2), MacAddress(4), 0, outer, inner, vsid)
    host = data.draw(st.sampled_from([*policy.hosts]))
    trace = fabric.send(Encapsulator(tunnel).wrap(frame, entropy=0, tos=3), at=f"pa:{host}")
    found = alike(fabric, trace)

    assert found.holds(trace.flow)
    first = trace.steps[0]
    assert isinstance(first, Arrived)
    for _ in range(5):
        other = member(data, found)
        walk = Walk(fabric.tables, other, one_packet(other), None, fabric.flow_id)

        assert told(walk.arrived(first)) == told(trace.path)
