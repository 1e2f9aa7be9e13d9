"""What holds of every table, and what a later driver over sets of packets relies on."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from properties import strategies

from hnvemu import Fabric, read_flow
from hnvemu.addresses import MacAddress
from hnvemu.model.acl import Action, Direction
from hnvemu.model.indexed import HostPorts
from hnvemu.model.policy import Profile
from hnvemu.model.topology import VmPort
from hnvemu.tables.acl import Filter
from hnvemu.tables.copies import MemberTable
from hnvemu.tables.ingress import KIND, KINDS, FrameTable, GuardTable
from hnvemu.tables.ports import OwnerTable, SwitchTable
from hnvemu.tables.provider import CaptureTable
from hnvemu.tables.sessions import SessionTable
from hnvemu.tables.table import Axis
from hnvemu.trace.steps import (
    AclDefaultDenied,
    AclDenied,
    Arrived,
    ResolutionAccepted,
    SwitchedLocally,
)
from hnvemu.wire.build import build_frame
from hnvemu.wire.encapsulation import Encapsulation, OuterFault, Tunnel
from hnvemu.wire.flow import Fault

if TYPE_CHECKING:
    from pathlib import Path

    from hnvemu.tables.table import Table
    from hnvemu.trace.steps import Step
    from hnvemu.wire.flow import Flow

Asked = list[tuple[Any, tuple[Any, ...], Any]]


def questions(fabric: Fabric, flow: Flow, at: str) -> Asked:
    """Return every question that one packet and its copies put to a table, with the answers."""
    asked: Asked = []

    def ask(table: Table, near: Any = None, far: Any = None) -> Step:
        given_steps = tuple(step for step in (near, far) if step is not None)
        step = table.find(flow, *given_steps)
        asked.append((table, given_steps, step))
        return step

    fabric.walk(flow, at=at, ask=ask)
    return asked


RANGES = {
    Axis.VLAN: (-1, 4095),
    Axis.ETHERTYPE: (0, 0xFFFF),
    Axis.FAULT: (0, len(Fault) - 1),
    Axis.VERSION: (0, 6),
    Axis.PROTOCOL: (-1, 0x1FF),
    Axis.SRC_PORT: (-1, 0xFFFF),
    Axis.DST_PORT: (-1, 0xFFFF),
    Axis.ICMP: (-1, 0xFFFF),
    Axis.ECHO_ID: (-1, 0xFFFF),
    Axis.TTL: (0, 255),
    Axis.LENGTH: (0, 0xFFFF),
    Axis.TOS: (0, 255),
    Axis.SRC_MAC: (0, (1 << 48) - 1),
    Axis.DST_MAC: (0, (1 << 48) - 1),
}


def key(step: Step) -> tuple[object, ...]:
    """Return all of a step that the pipeline may act on."""
    return type(step), step.ends, id(step.onward) if step.onward is not None else None


@given(st.data())
def test_flows_that_agree_on_what_a_table_reads_get_the_same_step(
    tmp_path: Path, data: st.DataObject
) -> None:
    policy = strategies.loaded(data.draw(strategies.documents()), tmp_path)
    fabric = Fabric.compile(policy)
    for _ in range(5):
        at, frame = data.draw(strategies.sent(policy))
        flow = read_flow(frame)
        other = read_flow(data.draw(strategies.octets()))
        for table, given_steps, step in questions(fabric, flow, at):
            kept = {Axis(axis).name.lower(): flow[axis] for axis in table.reads}

            assert table.find(other._replace(**kept), *given_steps) == step


@given(st.data())
def test_between_two_cuts_the_answer_stays(tmp_path: Path, data: st.DataObject) -> None:
    """One field moves within its piece: the step's class and what lies onward stay."""
    policy = strategies.loaded(data.draw(strategies.documents()), tmp_path)
    fabric = Fabric.compile(policy)
    for _ in range(5):
        at, frame = data.draw(strategies.sent(policy))
        flow = read_flow(frame)
        for table, given_steps, step in questions(fabric, flow, at):
            for axis in table.reads:
                top = (0, (1 << (128 if flow.version == 6 else 32)) - 1)
                low, high = RANGES.get(axis, top)
                cuts = {*table.cuts(axis), *row_cuts(given_steps, axis)}
                value = flow[axis]
                first, last = piece(cuts, value, low, high)
                for moved in (first, last, data.draw(st.integers(first, last))):
                    found = table.find(flow._replace(**{axis.name.lower(): moved}), *given_steps)

                    assert key(found) == key(step), (table, axis, value, moved)


def row_cuts(given_steps: tuple[Any, ...], axis: Axis) -> set[int]:
    """Return the values that the rows of the given steps add: what a table compares with."""
    cuts: set[int] = set()
    for step in given_steps:
        record = getattr(step, "record", None)
        mac = getattr(step, "mac", None)
        if axis is Axis.DST_MAC:
            cuts |= {
                value + more for value in (mac, record and record.mac) if value for more in (0, 1)
            }
        if axis in {Axis.SRC, Axis.DST, Axis.TARGET} and record is not None:
            cuts |= {int(record.ca), int(record.ca) + 1}
    return cuts


PORT = VmPort(
    name="T/A",
    network="T",
    host="H1",
    vsid=5001,
    mac=MacAddress.parse(strategies.MACS[0]),
    cas=(IPv4Address("10.0.1.10"), IPv6Address("2001:db8:1::a")),
    gateway=True,
    dhcp_guard=True,
    router_guard=True,
)
ARRIVED = Arrived(
    Tunnel(
        Encapsulation.NVGRE,
        MacAddress(1),
        MacAddress(2),
        0,
        IPv4Address("192.168.10.11"),
        IPv4Address("192.168.10.12"),
        5001,
    ),
    "H2",
    3,
    OuterFault.NONE,
)
SWITCHED = SwitchedLocally(PORT)
ALONE: list[tuple[Any, tuple[Any, ...]]] = [
    (FrameTable(PORT), ()),
    (GuardTable(PORT), ()),
    (KIND, ()),
    (KINDS[Profile.HNVV2], ()),
    (MemberTable("H2", HostPorts([PORT]), lambda port: port), (ARRIVED, ResolutionAccepted(4))),
    (SwitchTable(5001, HostPorts([PORT]), lambda port: port), ()),
    (CaptureTable(Encapsulation.NVGRE), (ARRIVED,)),
    (OwnerTable(PORT), (SWITCHED,)),
]


@pytest.mark.parametrize(("table", "given_steps"), ALONE, ids=[type(t).__name__ for t, _ in ALONE])
@given(data=st.data())
def test_tables_that_need_no_policy_keep_their_promises(
    table: Any, given_steps: tuple[Any, ...], data: st.DataObject
) -> None:
    """Both laws, over flows that a policy would seldom let come so far."""
    frames = st.one_of(strategies.packets(), strategies.octets(), neighbour_discovery())
    for _ in range(10):
        flow, other = (read_flow(data.draw(frames)) for _ in range(2))
        if type(table) is GuardTable and 0 in {flow.version, other.version}:
            continue  # it is asked of IP alone
        step = table.find(flow, *given_steps)
        kept = {Axis(axis).name.lower(): flow[axis] for axis in table.reads}

        assert table.find(other._replace(**kept), *given_steps) == step
        for axis in table.reads:
            top = (0, (1 << (128 if flow.version == 6 else 32)) - 1)
            low, high = RANGES.get(axis, top)
            for moved in piece(table.cuts(axis), flow[axis], low, high):
                found = table.find(flow._replace(**{axis.name.lower(): moved}), *given_steps)

                assert key(found) == key(step), (axis, flow[axis], moved)


def neighbour_discovery() -> st.SearchStrategy[bytes]:
    """ICMPv6 of every type around those of neighbour discovery."""
    return st.builds(
        lambda kind: build_frame(
            src_mac=PORT.mac,
            dst_mac=MacAddress(2),
            src=PORT.cas[1],
            dst=IPv6Address("2001:db8:1::b"),
            protocol=58,
            icmp_type=kind,
            icmp_code=0,
        ),
        st.integers(131, 139),
    )


def piece(cuts: Any, value: int, low: int, high: int) -> tuple[int, int]:
    """Return both ends of the piece between cuts that ``value`` lies in."""
    found = set(cuts)
    first = max([low, *(cut for cut in found if cut <= value)])
    return first, min([high, *(cut - 1 for cut in found if cut > value)])


@given(st.data())
def test_filters_decide_as_the_definition_says(tmp_path: Path, data: st.DataObject) -> None:
    """Block over Allow over default (ACL-12), whatever the order of the rules."""
    document = data.draw(strategies.documents())
    document["firewall"] = {
        "defaults": {
            "inbound": data.draw(strategies.actions),
            "outbound": data.draw(strategies.actions),
        },
        "rules": data.draw(strategies.rules()),
    }
    fabric = Fabric.compile(strategies.loaded(document, tmp_path))
    at = data.draw(st.sampled_from([*fabric.policy.ports]))
    port = fabric.tables.sending(at)
    acl = port.outbound[-1]
    assert isinstance(acl, Filter)
    flow = read_flow(data.draw(strategies.packets()))

    matching = [entry for entry in acl.entries if entry.mismatch(flow) is None]
    blocked = any(isinstance(entry.step, AclDenied) for entry in matching)
    allowed = bool(matching) and not blocked
    stated = Action(document["firewall"]["defaults"]["outbound"])
    expected = not blocked and (allowed or stated is Action.ALLOW)

    # Other flows first: what is remembered of them must not answer for this one.
    for frame in data.draw(st.lists(strategies.packets(), max_size=5)):
        assert acl.find(read_flow(frame)) is acl.decide(read_flow(frame))
    answer = acl.find(flow)
    assert answer is acl.decide(flow)
    assert isinstance(answer, (AclDenied, AclDefaultDenied)) == (not expected)


@given(st.data())
def test_an_established_connection_passes_every_filter(tmp_path: Path, data: st.DataObject) -> None:
    fabric = Fabric.compile(strategies.loaded(data.draw(strategies.documents()), tmp_path))
    at = data.draw(st.sampled_from([*fabric.policy.ports]))
    flow = read_flow(data.draw(strategies.packets()))
    acl = fabric.tables.sending(at).outbound[-1]

    answer = acl.find(flow, SessionTable(None))

    assert not answer.ends
    assert isinstance(acl, Filter)
    assert acl.direction is Direction.OUTBOUND
