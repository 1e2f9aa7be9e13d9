"""The boxes of entries, and the lists made of few of them, are those that the switch compiles."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hnvemu.addresses import MacAddress, parse_address
from hnvemu.lint.boxes import holds
from hnvemu.lint.lists import CELLS, FIELDS, unevaluable
from hnvemu.lint.subject import Subject
from hnvemu.model.acl import Direction, Mechanism
from hnvemu.model.topology import Selector
from hnvemu.reader.policy import read_policy
from hnvemu.reader.report import Report
from hnvemu.reader.source import Source
from hnvemu.tables.acl import BOTH_WAYS, selects
from hnvemu.trace.steps import AclAllowed, AclDenied
from hnvemu.wire.build import build_frame
from hnvemu.wire.flow import ICMP, ICMPV6, TCP, UDP, Flow, read_flow

if TYPE_CHECKING:
    from hnvemu.lint.lists import Row
    from hnvemu.model.topology import VmPort

WORLD: dict[str, Any] = {
    "hnv": 1,
    "hosts": {"H1": {"provider_addresses": ["192.168.10.11/24"]}},
    "virtual_networks": {
        "T": {
            "rdid": "{aaaaaaaa-0000-0000-0000-000000000001}",
            "customer_routes": [
                {"prefix": "10.0.1.0/24", "next_hop": "on-link", "vsid": 5001},
                {"prefix": "2001:db8:1::/64", "next_hop": "on-link", "vsid": 5001},
                {"prefix": "10.0.2.0/24", "next_hop": "on-link", "vsid": 5002},
            ],
            "vms": {
                "A": {
                    "host": "H1",
                    "vsid": 5001,
                    "mac": "02-00-00-00-01-0A",
                    "ca": ["10.0.1.10", "2001:db8:1::a"],
                },
                "B1": {
                    "host": "H1",
                    "vsid": 5001,
                    "mac": "02-00-00-00-01-0B",
                    "ca": "10.0.1.11",
                    "network_profile": "public",
                },
                "B2": {"host": "H1", "vsid": 5002, "mac": "02-00-00-00-02-0B", "ca": "10.0.2.11"},
            },
        }
    },
}
selectors = st.sampled_from(["A", "B1", "B*", "T/B2", "*", None])
addresses = st.sampled_from(
    [
        "any",
        "10.0.1.10",
        "10.0.1.0/24",
        "10.0.0.0/8",
        ["10.0.2.11", "2001:db8:1::/64"],
        "::/0",
        "LocalSubnet",
        "Internet",
        "10.0.2.11-10.0.1.0",
    ]
)
directions = st.sampled_from(["inbound", "outbound"])
transports = st.sampled_from(
    [
        {},
        {"protocol": "tcp"},
        {"protocol": "tcp", "local_port": 80},
        {"protocol": "udp", "remote_port": [53, "1-79"]},
        {"protocol": "icmpv6"},
        {"protocol": 47},
        {"local_port": "0-65535"},
    ]
)


def entry(**keys: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return entries with a transport; without VMs, an entry is for all of them."""
    return st.builds(
        lambda vms, said, transport: {
            **({} if vms is None else {"vms": vms}),
            **said,
            **transport,
        },
        selectors,
        st.fixed_dictionaries(keys),
        transports,
    )


rules = entry(
    name=st.just("rule"),
    direction=directions,
    action=st.sampled_from(["allow", "block"]),
    local_address=addresses,
    remote_address=addresses,
    profile=st.sampled_from(["any", "public", "domain"]),
    enabled=st.sampled_from([True, True, True, False]),
)
acls = entry(
    direction=directions,
    action=st.sampled_from(["allow", "deny"]),
    weight=st.integers(1, 3),
    local=addresses,
    remote=addresses,
    stateful=st.booleans(),
    isolation_id=st.sampled_from([0, 0, 5001]),
)
worlds = st.builds(
    lambda rules, acls, inbound: {
        **WORLD,
        "firewall": {"defaults": {"inbound": inbound}, "rules": rules},
        "extended_acls": acls,
    },
    st.lists(rules, max_size=5),
    st.lists(acls, max_size=5),
    st.sampled_from(["allow", "block"]),
)
packets = st.builds(
    lambda ends, transport: read_flow(
        build_frame(
            src_mac=MacAddress(0x0200_0000_010A),
            dst_mac=MacAddress(0x0200_0000_010B),
            src=parse_address(ends[0]),
            dst=parse_address(ends[1]),
            protocol=transport[0],
            src_port=transport[1],
            dst_port=transport[2],
        )
    ),
    st.sampled_from(
        [
            ("10.0.1.10", "10.0.2.11"),
            ("10.0.2.11", "10.0.1.11"),
            ("10.0.1.11", "8.8.8.8"),
            ("2001:db8:1::a", "2001:db8:9::9"),
        ]
    ),
    st.sampled_from(
        [(TCP, 49152, 80), (TCP, 80, 80), (UDP, 53, 5), (ICMP, 0, 0), (ICMPV6, 0, 0), (47, 0, 0)]
    ),
)


def subject_of(document: dict[str, Any]) -> Subject:
    """Read a policy."""
    data = json.dumps(document).encode()
    return Subject(read_policy([Source("p.yaml", data, data, is_text=True)], Report()))


def matches(row: Row, at: int, flow: Flow) -> bool:
    """Whether one of the boxes of an entry holds a packet at the port of that place."""
    return any(
        holds(box, (at, cell, *(flow[axis] for axis in FIELDS)))
        for box in row.boxes
        for cell in range(len(CELLS))
        if CELLS[cell].version == flow.version
    )


@settings(deadline=None)
@given(worlds, packets)
def test_an_entry_matches_what_its_boxes_hold(world: dict[str, Any], flow: Flow) -> None:
    subject = subject_of(world)

    for at, port in enumerate(subject.lists.ports):
        sending, receiving = subject.fabric.tables.sending(port.name), subject.fabric.tables
        compiled = {
            Direction.OUTBOUND: sending.outbound,
            Direction.INBOUND: receiving.receiving(port).inbound,
        }
        for direction, filters in compiled.items():
            for each in filters:
                rows = subject.lists.rows.get((each.mechanism, direction), ())
                held = {id(row.rule) for row in rows if matches(row, at, flow)}
                met = {
                    id(entry.step.rule)
                    for entry in each.entries
                    if isinstance(entry.step, AclAllowed | AclDenied)
                    and entry.mismatch(flow) is None
                }
                # An allow with state of a protocol that has none is compiled to no entry.
                idle = {
                    id(row.rule)
                    for row in rows
                    if unevaluable(row.rule) is not None or getattr(row.rule, "stateful", False)
                }
                assert held - idle == met - idle


@settings(deadline=None)
@given(worlds, packets)
def test_lists_of_the_entries_that_a_packet_meets_answer_as_all_do(
    world: dict[str, Any], flow: Flow
) -> None:
    subject = subject_of(world)

    for port in subject.lists.ports:
        few = subject.lists.filters(port, dict.fromkeys(BOTH_WAYS, flow))
        every = {
            Direction.OUTBOUND: subject.fabric.tables.sending(port.name).outbound,
            Direction.INBOUND: subject.fabric.tables.receiving(port).inbound,
        }
        for direction, filters in every.items():
            mine = {each.mechanism: each.find(flow) for each in few[direction]}
            for each in filters:
                answer = each.find(flow)
                if each.mechanism in mine:
                    assert mine[each.mechanism] == answer
                else:
                    assert not answer.ends


@settings(deadline=None)
@given(worlds, packets)
def test_no_packet_gets_to_a_rule_in_the_shadow_of_others(
    world: dict[str, Any], flow: Flow
) -> None:
    subject = subject_of(world)
    shadowed = {id(shadow.rule) for shadow in subject.lists.shadows}

    for port in subject.lists.ports:
        for filters in (
            subject.fabric.tables.sending(port.name).outbound,
            subject.fabric.tables.receiving(port).inbound,
        ):
            for each in filters:
                step = each.find(flow)
                if each.mechanism is Mechanism.FIREWALL and isinstance(step, AclAllowed):
                    assert id(step.rule) not in shadowed


@given(st.lists(st.sampled_from(["T/A", "A", "T/B1", "B?", "*", "U/A", "[B]1"]), min_size=1))
def test_a_selector_names_the_ports_that_the_switch_finds_by_it(patterns: list[str]) -> None:
    lists = subject_of(WORLD).lists
    selector = Selector(patterns=tuple(patterns))

    found: list[VmPort] = [*lists.each(lists.places(selector))]

    assert found == [port for port in lists.ports if selects(selector, port)]


def test_some_ports_of_many_are_spread_over_all() -> None:
    lists = subject_of(WORLD).lists
    lists.ports = tuple(lists.ports) * 10

    found = lists.some(((0, 4), (10, 14)), 5)

    assert found == [lists.ports[at] for at in (0, 2, 4, 11, 13)]
    assert lists.some(((3, 4),), 5) == [*lists.ports[3:5]]
    assert lists.some((), 5) == []
