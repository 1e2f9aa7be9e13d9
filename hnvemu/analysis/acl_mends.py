"""The narrowest edits of an access control list that let one packet pass.

Rules of the file: those of :mod:`hnvemu.analysis.mends`. A default or a ranked list gets an entry
for this packet alone: its protocol, its peer, its port. A Block of the firewall beats every Allow
(ACL-12), so the peer is cut out of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, TypeVar, assert_never

from hnvemu.addresses import address_of
from hnvemu.model.acl import (
    Action,
    Addresses,
    AddressRange,
    DatacenterAcl,
    Direction,
    ExtendedAcl,
    FirewallRule,
    PortAcl,
)
from hnvemu.reader.edit import Append, Delete, Edit, Put
from hnvemu.trace.steps import AclDefaultDenied, AclDenied, NotEvaluated, PortBlocked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hnvemu.addresses import IPAddress
    from hnvemu.model.acl import AclRule
    from hnvemu.model.policy import Policy
    from hnvemu.model.topology import VmPort
    from hnvemu.reader.edit import PolicyText
    from hnvemu.wire.flow import Flow

_Row = TypeVar("_Row")
Found: TypeAlias = tuple[str, tuple[Edit, ...]]
"""What the edits do, in a clause, and the edits."""
_NAMES = {6: "tcp", 17: "udp", 1: "icmpv4", 58: "icmpv6"}
_TOP = {4: (1 << 32) - 1, 6: (1 << 128) - 1}
_HEAVIEST = 0xFFFF
"""What a weight may be at most (HNV410)."""
_NEW_PRIORITY = 100
_CLIENT_PORTS = 49152
"""The first of the ports that clients are lent for one conversation."""


def acl_mends(
    policy: Policy,
    text: PolicyText,
    step: AclDenied | AclDefaultDenied | PortBlocked,
    flow: Flow,
) -> Iterator[Found]:
    """Yield the edits that may let ``flow`` pass the list that took ``step``, narrowest first."""
    packet = _Packet(flow, step.port, step.direction)
    match step:
        case AclDefaultDenied():
            yield _rule_added(policy, packet)
        case PortBlocked():
            yield _entry_added(policy, packet, _NEW_PRIORITY)
        case AclDenied(rule=rule):
            yield from _past(rule, policy, text, packet)


def _past(rule: AclRule, policy: Policy, text: PolicyText, packet: _Packet) -> Iterator[Found]:
    """Yield the edits that take the packet past an entry that stops it."""
    match rule:
        case FirewallRule():
            yield from _cut_out(text, _like(rule, policy.firewall.rules), packet.remote)
        case PortAcl():
            yield from _longer_matches(rule, packet)
            yield _taken_out(text, _like(rule, policy.port_acls))
        case ExtendedAcl():
            weights = {other.weight for other in policy.extended_acls}
            heavier = range(rule.weight + 1, _HEAVIEST + 1)
            weight = next((at for at in heavier if at not in weights), None)
            if weight is not None:
                yield _extended_added(packet, weight)
            elif rule.weight - 1 not in weights:
                summary, edits = _extended_added(packet, rule.weight)
                lighter = Put((*text.path_of(rule.origin), "weight"), rule.weight - 1)
                yield f"{summary}, and make the {rule} one lighter", (lighter, *edits)
            yield _taken_out(text, _like(rule, policy.extended_acls))
        case DatacenterAcl():
            priorities = {other.priority for other in policy.datacenter_acls}
            earlier = range(rule.priority - 1, 0, -1)
            priority = next((at for at in earlier if at not in priorities), None)
            if priority is not None:
                yield _entry_added(policy, packet, priority)
            yield _taken_out(text, _like(rule, policy.datacenter_acls))
        case _:
            assert_never(rule)


def unevaluable_mends(
    policy: Policy, text: PolicyText, step: NotEvaluated, flow: Flow
) -> Iterator[Found]:
    """Yield the edits that take ``flow`` past a rule which no switch port can evaluate."""
    for rule in policy.firewall.rules:
        if rule.origin == step.origin and rule.action is Action.BLOCK:
            remote = flow.src if rule.direction is Direction.INBOUND else flow.dst
            yield from _cut_out(text, [rule], _address(flow, remote))
        elif rule.origin == step.origin:
            yield _disabled(text, [rule])
    acls: list[ExtendedAcl | DatacenterAcl] = [*policy.extended_acls, *policy.datacenter_acls]
    for acl in acls:
        if acl.origin == step.origin:
            yield _taken_out(text, [acl])


class _Packet:
    """A packet in the words of a rule at one port."""

    def __init__(self, flow: Flow, port: VmPort, direction: Direction) -> None:
        self.flow = flow
        self.port = port
        self.direction = direction
        inbound = direction is Direction.INBOUND
        self.remote = _address(flow, flow.src if inbound else flow.dst)
        self.local = _address(flow, flow.dst if inbound else flow.src)
        self.is_answer = flow.dst_port >= _CLIENT_PORTS > flow.src_port >= 0
        """Whether it goes to a port that a client was lent, which the next one will not have."""
        self.side = "local" if inbound is not self.is_answer else "remote"
        """Whose port is the service's."""
        self.port_number = flow.src_port if self.is_answer else flow.dst_port
        """The service's port, or -1."""

    @property
    def protocol(self) -> str:
        return _NAMES.get(self.flow.protocol, str(self.flow.protocol))

    @property
    def service(self) -> str:
        """The service's protocol and port, or the type: ``tcp/80``, ``icmpv4/8``."""
        flow = self.flow
        if self.port_number >= 0:
            answers = "answers of " if self.is_answer else ""
            return f"{answers}{self.protocol}/{self.port_number}"
        return f"{self.protocol}/{flow.icmp >> 8}" if flow.icmp >= 0 else self.protocol

    def __str__(self) -> str:
        way = "from" if self.direction is Direction.INBOUND else "to"
        return f"{self.service} {way} {self.remote}"


def _address(flow: Flow, value: int) -> IPAddress:
    return address_of(flow.version, value)


def _rule_added(policy: Policy, packet: _Packet) -> Found:
    """Add a firewall rule that allows the packet: the default stays what it is."""
    row: dict[str, object] = {
        "name": _free_name(packet, (rule.name for rule in policy.firewall.rules)),
        "vms": [packet.port.name],
        "direction": str(packet.direction),
        "action": str(Action.ALLOW),
        "protocol": packet.protocol,
        "remote_address": str(packet.remote),
    }
    if packet.port_number >= 0:
        row[f"{packet.side}_port"] = packet.port_number
    if packet.flow.icmp >= 0:
        row["icmp_type"] = f"{packet.flow.icmp >> 8}:{packet.flow.icmp & 0xFF}"
    return (
        f"allow {packet} at {packet.port.name} by a firewall rule",
        (Append(("firewall", "rules"), row),),
    )


def _free_name(packet: _Packet, names: Iterable[str]) -> str:
    taken = set(names)
    wanted = f"allow {packet}"
    name, at = wanted, 1
    while name in taken:
        at += 1
        name = f"{wanted} ({at})"
    return name


def _like(rule: _Row, rows: Iterable[_Row]) -> list[_Row]:
    """Return all rows that say the same, for one of them stops what another does."""
    return [row for row in rows if row == rule]


def _cut_out(text: PolicyText, rules: list[FirewallRule], remote: IPAddress) -> Iterator[Found]:
    """Cut the peer out of a Block rule; where that leaves nothing, disable it."""
    rule = rules[0]
    version = remote.version
    value = int(remote)
    every = tuple(AddressRange(family, 0, top) for family, top in _TOP.items())
    addresses = rule.remote_address or Addresses(every)
    left: list[AddressRange] = []
    for part in addresses.ranges:
        if part.version != version or not part.first <= value <= part.last:
            left.append(part)
            continue
        if part.first < value:
            left.append(AddressRange(version, part.first, value - 1))
        if value < part.last:
            left.append(AddressRange(version, value + 1, part.last))
    words = [*map(str, left), *addresses.keywords]
    if words and left != list(addresses.ranges):
        said = words[0] if len(words) == 1 else words
        yield (
            f"take {remote} out of the rule '{rule.name}', which no allow rule beats",
            tuple(Put((*text.path_of(row.origin), "remote_address"), said) for row in rules),
        )
    yield _disabled(text, rules)


def _disabled(text: PolicyText, rules: list[FirewallRule]) -> Found:
    return (
        f"disable the rule '{rules[0].name}'",
        tuple(Put((*text.path_of(row.origin), "enabled"), value=False) for row in rules),
    )


def _longer_matches(acl: PortAcl, packet: _Packet) -> Iterator[Found]:
    """Allow the peer by a match that is longer than the one that stops it (ACL-31, ACL-32)."""
    if not packet.flow.version:
        return
    row: dict[str, object] = {
        "vms": [packet.port.name],
        "direction": str(packet.direction),
        "action": "allow",
        "remote": str(packet.remote),
    }
    path = ("port_acls",)
    way = "from" if packet.direction is Direction.INBOUND else "to"
    means = f"by a port ACL, a longer match than '{acl.name}'"
    where = f"{packet.remote} at {packet.port.name}"
    yield f"allow packets {way} {where} {means}", (Append(path, row),)
    where = f"{packet.remote} at {packet.local} of {packet.port.name}"
    both = {**row, "local": str(packet.local)}
    yield f"allow packets {way} {where} {means}", (Append(path, both),)


def _extended_added(packet: _Packet, weight: int) -> Found:
    row: dict[str, object] = {
        "vms": [packet.port.name],
        "direction": str(packet.direction),
        "weight": weight,
        "action": "allow",
        "remote": str(packet.remote),
        "protocol": packet.protocol,
    }
    if packet.port_number >= 0:
        row[f"{packet.side}_port"] = packet.port_number
    return (
        f"allow {packet} at {packet.port.name} by an extended ACL of weight {weight}",
        (Append(("extended_acls",), row),),
    )


def _entry_added(policy: Policy, packet: _Packet, priority: int) -> Found:
    flow = packet.flow
    row: dict[str, object] = {
        "name": _free_name(packet, (acl.name for acl in policy.datacenter_acls)),
        "vms": [packet.port.name],
        "direction": str(packet.direction),
        "priority": priority,
        "action": "allow",
        "protocol": packet.protocol,
        "source": str(_address(flow, flow.src)),
        "destination": str(_address(flow, flow.dst)),
    }
    if packet.port_number >= 0:
        row["source_port" if packet.is_answer else "destination_port"] = packet.port_number
    return (
        f"allow {packet} at {packet.port.name} by a datacenter ACL of priority {priority}",
        (Append(("datacenter_acls",), row),),
    )


def _taken_out(text: PolicyText, acls: Sequence[PortAcl | ExtendedAcl | DatacenterAcl]) -> Found:
    # From the last one on, so that the indexes of the others stay what they are.
    return (
        f"take out the {acls[0]}",
        tuple(Delete(text.path_of(acl.origin)) for acl in reversed(acls)),
    )
