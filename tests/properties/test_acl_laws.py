"""Each list answers as its mechanism defines it: compared with brute force over the policy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st
from properties import strategies

from hnvemu import NO_SESSIONS, Fabric, read_flow
from hnvemu.addresses import MacAddress, address_of, parse_address
from hnvemu.model.acl import (
    Addresses,
    AddressRange,
    Direction,
    ExtendedAcl,
    FirewallRule,
    Mechanism,
)
from hnvemu.tables.acl import AddressWithin, Row, RuleList, Within, selects
from hnvemu.tables.table import Axis
from hnvemu.trace.steps import AclAllowed, AclDenied, AclUnmatched, PortBlocked
from hnvemu.wire.build import build_frame

if TYPE_CHECKING:
    from pathlib import Path

    from hnvemu.model.acl import Ports, Protocol
    from hnvemu.model.topology import VmPort
    from hnvemu.tables.acl import Filter
    from hnvemu.tables.view import View
    from hnvemu.wire.flow import Flow

WORLD: dict[str, Any] = {
    "hnv": 1,
    "hosts": {"H1": {"provider_addresses": ["192.168.10.11/24"]}},
    "virtual_networks": {
        "N0": {
            "rdid": "{aaaaaaaa-0000-0000-0000-000000000001}",
            "customer_routes": [
                {"prefix": prefix, "next_hop": "on-link", "vsid": vsid}
                for vsid, prefixes in strategies.SUBNETS.items()
                for prefix in prefixes
            ],
            "vms": {
                "V0": {"host": "H1", "vsid": 5001, "mac": strategies.MACS[0], "ca": "10.0.1.10"},
                "V1": {"host": "H1", "vsid": 5001, "mac": strategies.MACS[1], "ca": "10.0.1.11"},
                "V3": {"host": "H1", "vsid": 5003, "mac": strategies.MACS[3], "ca": "10.1.2.20"},
            },
        }
    },
}
some_packets = st.builds(
    lambda src, dst, macs, ports: build_frame(
        src_mac=MacAddress.parse(macs[0]),
        dst_mac=MacAddress.parse(macs[1]),
        src=parse_address(src),
        dst=parse_address(dst),
        protocol=ports[0],
        src_port=ports[1],
        dst_port=ports[2],
    ),
    st.sampled_from(["10.0.1.10", "10.0.1.11", "10.0.1.12", "10.1.2.20", "10.0.2.250"]),
    st.sampled_from(["10.0.1.10", "10.0.1.11", "10.0.1.12", "10.1.2.20", "8.8.8.8"]),
    st.permutations([*strategies.MACS[:2], "02-00-00-FF-FF-01"]),
    st.sampled_from([(6, 80, 49152), (6, 49152, 80), (17, 80, 443), (17, 53, 53)]),
)
some_direction = st.sampled_from([Direction.INBOUND, Direction.OUTBOUND])


FEW = {"name", "action", "weight", "priority", "remote", "source", "stateful"}


def drawn(data: st.DataObject, folder: Path, key: str, acls: Any) -> Fabric:
    """Draw the lists of one mechanism in a small world that stays the same."""
    profile = data.draw(st.sampled_from(["transparent", "hnvv2"]))
    # Entries that meet at one port, and half of them with few conditions, say more.
    meeting = {"vms": "*", "direction": data.draw(some_direction).value}
    entries = []
    for at, acl in enumerate(data.draw(acls)):
        kept = acl if at % 2 == 0 else {name: acl[name] for name in acl if name in FEW}
        entries.append(acl if at == 0 else {**kept, **meeting})
    document = {**WORLD, "profile": profile, key: entries}
    return Fabric.compile(strategies.loaded(document, folder))


def lists(fabric: Fabric, port: VmPort) -> dict[tuple[Direction, Mechanism], Filter]:
    found = (*fabric.tables.sending(port.name).outbound, *fabric.tables.receiving(port).inbound)
    return {(acl.direction, acl.mechanism): acl for acl in found}


def ends(flow: Flow, direction: Direction) -> tuple[int, int, int, int]:
    """Return the addresses and MACs of the VM's side and of the peer's."""
    sender = (flow.src, flow.src_mac)
    receiver = (flow.dst, flow.dst_mac)
    local, remote = (sender, receiver) if direction is Direction.OUTBOUND else (receiver, sender)
    return local[0], remote[0], local[1], remote[1]


def length(side: Addresses | MacAddress | None, flow: Flow, address: int, mac: int) -> int | None:
    """Return the length of the longest match of one side; None where it does not match."""
    if side is None:
        return 0
    if isinstance(side, MacAddress):
        return 48 if side == mac else None
    width = 32 if flow.version == 4 else 128
    found = [
        next(
            bits
            for bits in range(width, -1, -1)
            if part.first >> width - bits == part.last >> width - bits
        )
        for part in side.ranges
        if part.version == flow.version and part.first <= address <= part.last
    ]
    return max(found, default=None)


@given(st.data())
def test_the_longest_match_decides(tmp_path: Path, data: st.DataObject) -> None:
    """ACL-31 and ACL-32, for the frames of senders; a policy that keeps MACs."""
    fabric = drawn(data, tmp_path, "port_acls", strategies.port_acls(4))
    port = data.draw(st.sampled_from([*fabric.policy.ports.values()]))
    direction = data.draw(some_direction)
    for _ in range(6):
        flow = read_flow(data.draw(some_packets | strategies.octets()))
        local, remote, local_mac, remote_mac = ends(flow, direction)
        if direction is Direction.INBOUND and fabric.profile == "hnvv2" and not local_mac >> 40 & 1:
            local_mac = port.mac  # HNV has written it: FWD-21

        ranked = []
        for rule in fabric.policy.port_acls:
            has_mac = MacAddress in {type(rule.local), type(rule.remote)}
            near = length(rule.local, flow, local, local_mac)
            far = length(rule.remote, flow, remote, remote_mac)
            if (
                rule.action != "meter"
                and rule.direction in (direction, Direction.BOTH)
                and selects(rule.vms, port)
                and near is not None
                and far is not None
                and (flow.version or has_mac)
            ):
                ranked.append((near + far, far, rule.action == "deny"))
        acl = lists(fabric, port).get((direction, Mechanism.PORT))

        step = None if acl is None else acl.find(flow)
        assert isinstance(step, AclDenied) == (bool(ranked) and max(ranked)[2])
        if acl is not None and step is not None and (flow.version or ranked):
            assert isinstance(step, AclUnmatched) == (not ranked)
            assert step is acl.decide(flow)


def said(protocol: Protocol | None, flow: Flow) -> bool:
    return protocol is None or protocol.number == flow.protocol


def among(ports: Ports | None, value: int) -> bool:
    return ports is None or any(first <= value <= last for first, last in ports.ranges)


def holds(side: Addresses | None, flow: Flow, address: int, port: VmPort, view: View) -> bool:
    """Whether an address is one of a condition, keywords as the documentation explains them."""
    if side is None:
        return True
    on_link = [
        route
        for route in view.routes
        if route.next_hop is None and route.rdid == view.rd_of(port.vsid)
    ]
    own = [route.prefix for route in on_link if route.vsid == port.vsid]
    everywhere = [route.prefix for route in on_link]
    value = address_of(flow.version, address)
    found = any(
        part.version == flow.version and part.first <= address <= part.last for part in side.ranges
    )
    for keyword in side.keywords:
        match keyword:
            case "localsubnet":
                found |= any(value in prefix for prefix in own)
            case "intranet":
                found |= any(value in prefix for prefix in everywhere)
            case "internet":
                found |= not any(value in prefix for prefix in everywhere)
            case "defaultgateway4":
                found |= any(
                    value == prefix.network_address + 1 for prefix in own if prefix.version == 4
                )
            case _:
                raise AssertionError(keyword)
    return found


def matches(rule: ExtendedAcl, flow: Flow, port: VmPort, view: View) -> bool:
    local, remote, *_ = ends(flow, rule.direction)
    ports = (flow.src_port, flow.dst_port)
    if rule.direction is Direction.INBOUND:
        ports = ports[::-1]
    return (
        selects(rule.vms, port)
        and rule.isolation_id in (0, port.vsid)
        and said(rule.protocol, flow)
        and holds(rule.local, flow, local, port, view)
        and holds(rule.remote, flow, remote, port, view)
        and among(rule.local_port, ports[0])
        and among(rule.remote_port, ports[1])
    )


@given(st.data())
def test_the_largest_weight_decides(tmp_path: Path, data: st.DataObject) -> None:
    """ACL-41: of those that match; and of equal ones a deny."""
    fabric = drawn(data, tmp_path, "extended_acls", strategies.extended_acls(4))
    port = data.draw(st.sampled_from([*fabric.policy.ports.values()]))
    direction = data.draw(some_direction)
    view = fabric.tables.known(port.host).view
    for _ in range(6):
        flow = read_flow(data.draw(some_packets))

        ranked = [
            (rule.weight, rule.action == "deny")
            for rule in fabric.policy.extended_acls
            if rule.direction is direction and matches(rule, flow, port, view)
        ]
        acl = lists(fabric, port).get((direction, Mechanism.EXTENDED))

        step = None if acl is None else acl.find(flow)
        assert isinstance(step, AclDenied) == (bool(ranked) and max(ranked)[1])
        assert isinstance(step, AclAllowed) == (bool(ranked) and not max(ranked)[1])
        if isinstance(step, (AclAllowed, AclDenied)):
            assert isinstance(step.rule, ExtendedAcl)
            assert step.rule.weight == max(ranked)[0]
        if acl is not None:
            assert step is acl.decide(flow)


@given(st.data())
def test_the_lowest_priority_decides(tmp_path: Path, data: st.DataObject) -> None:
    """ACL-51: of those that match, of equal ones a deny; HNVv2 blocks a port without any."""
    fabric = drawn(data, tmp_path, "datacenter_acls", strategies.datacenter_acls(4))
    port = data.draw(st.sampled_from([*fabric.policy.ports.values()]))
    direction = data.draw(some_direction)
    view = fabric.tables.known(port.host).view
    for _ in range(6):
        flow = read_flow(data.draw(some_packets))

        own = [rule for rule in fabric.policy.datacenter_acls if selects(rule.vms, port)]
        ranked = [
            (rule.priority, rule.action != "deny")
            for rule in own
            if rule.direction is direction
            and said(rule.protocol, flow)
            and holds(rule.source, flow, flow.src, port, view)
            and holds(rule.destination, flow, flow.dst, port, view)
            and among(rule.source_port, flow.src_port)
            and among(rule.destination_port, flow.dst_port)
        ]
        blocked = (
            not own
            and fabric.profile == "hnvv2"
            and bool(fabric.policy.datacenter_acls and port.vsid)
        )
        acl = lists(fabric, port).get((direction, Mechanism.DATACENTER))

        step = None if acl is None else acl.find(flow)
        assert isinstance(step, PortBlocked) == blocked
        assert isinstance(step, AclDenied) == (bool(ranked) and not min(ranked)[1])
        assert isinstance(step, AclAllowed) == (bool(ranked) and min(ranked)[1])
        if acl is not None:
            assert step is acl.decide(flow)


@given(st.data())
def test_sessions_age_as_if_second_by_second(tmp_path: Path, data: st.DataObject) -> None:
    document = dict(WORLD)
    document["extended_acls"] = [
        {"direction": "inbound", "weight": 1, "action": "deny", "protocol": "17"},
        *({**acl, "stateful": True} for acl in data.draw(strategies.extended_acls())),
        {"direction": "outbound", "weight": 1, "action": "allow", "stateful": True},
    ]
    fabric = Fabric.compile(strategies.loaded(document, tmp_path))
    sessions = NO_SESSIONS
    for _ in range(4):
        at, frame = data.draw(strategies.sent(fabric.policy))
        sessions = fabric.send(frame, at=at, sessions=sessions).sessions.aged(
            data.draw(st.integers(0, 100))
        )
    first, second = (data.draw(st.integers(0, 150)) for _ in range(2))

    assert sessions.aged(first).aged(second) == sessions.aged(first + second)
    assert {row.place for row in sessions.aged(first).rows} <= {row.place for row in sessions.rows}
    assert all(row.seconds is None or row.seconds >= 0 for row in sessions.aged(first).rows)


def conditions(axis: Axis) -> st.SearchStrategy[Within | AddressWithin]:
    """Some values of a field below 6, perhaps of one family."""
    ends = st.tuples(st.integers(0, 5), st.integers(0, 5))
    if axis in {Axis.SRC, Axis.DST}:
        ranges = st.builds(lambda of, end: AddressRange(of, *end), st.sampled_from([4, 6]), ends)
        return st.builds(AddressWithin, st.just(axis), lists_of_ranges(ranges), st.just("x"))
    return st.builds(Within, st.just(axis), lists_of_ranges(ends), st.just("x"))


def lists_of_ranges(ranges: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(ranges, max_size=2).map(tuple)


some_conditions = st.lists(
    st.sampled_from([Axis.SRC, Axis.DST, Axis.SRC_PORT, Axis.DST_PORT]).flatmap(conditions),
    max_size=4,
).map(tuple)
some_rows = st.lists(
    st.builds(
        lambda rank, conditions: Row((rank,), conditions, AclDenied, FirewallRule(name="r")),
        st.integers(0, 2),
        some_conditions,
    ),
    max_size=8,
)
some_flows = st.builds(
    lambda version, src, dst, src_port, dst_port: read_flow(bytes(14))._replace(
        version=version, src=src, dst=dst, src_port=src_port, dst_port=dst_port
    ),
    st.sampled_from([4, 6]),
    *(st.integers(0, 6) for _ in range(4)),
)


@given(some_rows, st.lists(some_flows, min_size=60, max_size=60))
def test_a_list_that_many_packets_ask_answers_as_its_first_row_that_matches(
    rows: list[Row], flows: list[Flow]
) -> None:
    asked = RuleList(Direction.INBOUND, Mechanism.FIREWALL, rows, PortBlocked, default_ends=True)

    for flow in flows:
        assert asked.find(flow) == asked.decide(flow)


PLACES = st.tuples(st.sampled_from(["H1", "H2"]), st.sampled_from([5001, 5002]))
PEERS = st.sampled_from(["any", "10.0.1.10", "10.0.1.11", "10.0.0.0/8", "10.0.1.10-10.0.1.40"])


def two_vms(p: tuple[str, int], q: tuple[str, int], lists_of_all: dict[str, Any]) -> dict[str, Any]:
    """Return a network of P (10.0.1.10) and Q (10.0.1.11), each at some host and VSID."""
    return {
        **lists_of_all,
        "hnv": 1,
        "hosts": {
            "H1": {"provider_addresses": ["192.168.10.11/24"]},
            "H2": {"provider_addresses": ["192.168.10.12/24"]},
        },
        "virtual_networks": {
            "N0": {
                "rdid": "{aaaaaaaa-0000-0000-0000-000000000001}",
                "customer_routes": [
                    {"prefix": "10.0.1.10/32", "next_hop": "on-link", "vsid": p[1]},
                    {"prefix": "10.0.1.11/32", "next_hop": "on-link", "vsid": q[1]},
                ],
                "vms": {
                    "V0": {"host": p[0], "vsid": p[1], "mac": "020000000001", "ca": "10.0.1.10"},
                    "V1": {"host": q[0], "vsid": q[1], "mac": "020000000002", "ca": "10.0.1.11"},
                },
            }
        },
    }


def entries(**more: st.SearchStrategy[Any]) -> st.SearchStrategy[list[dict[str, Any]]]:
    common = {
        "vms": st.sampled_from([["V0"], ["V1"], ["*"]]),
        "direction": st.sampled_from(["inbound", "outbound"]),
        "action": strategies.deny_or_allow,
    }
    return st.lists(st.fixed_dictionaries({**common, **more}), max_size=3)


of_every_mechanism = st.fixed_dictionaries(
    {
        "port_acls": entries(local=PEERS, remote=PEERS),
        "extended_acls": entries(
            weight=st.integers(1, 3), local=PEERS, remote=PEERS, stateful=st.booleans()
        ),
        "datacenter_acls": entries(
            name=st.just("n"),
            priority=st.integers(1, 3),
            source=PEERS,
            destination=PEERS,
            stateful=st.booleans(),
        ),
    }
)


@given(of_all=of_every_mechanism, profile=st.sampled_from(strategies.PROFILES), data=st.data())
def test_lists_cannot_tell_where_vms_are(
    tmp_path: Path, of_all: dict[str, Any], profile: str, data: st.DataObject
) -> None:
    """ACL-2: the verdict on a packet and on its reply is the same at every place."""
    there = build_frame(
        src_mac=MacAddress(0x0200_0000_0001),
        dst_mac=MacAddress(0x0200_0000_0002),
        src=parse_address("10.0.1.10"),
        dst=parse_address("10.0.1.11"),
        protocol=6,
        src_port=40000,
        dst_port=80,
    )
    verdicts = set()
    for _ in range(3):
        document = two_vms(data.draw(PLACES), data.draw(PLACES), of_all) | {"profile": profile}
        fabric = Fabric.compile(strategies.loaded(document, tmp_path))
        request = fabric.send(there, at="V0")
        answer = strategies.reply(fabric.policy, there)
        assert answer is not None
        reply = fabric.send(answer[1], at=answer[0], sessions=request.sessions)
        verdicts.add((request.outcome, request.reason, reply.outcome, reply.reason))

    assert len(verdicts) == 1
