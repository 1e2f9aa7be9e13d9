"""The rows that ``hnvemu show`` prints: what a policy says, or what one host knows of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from hnvemu.addresses import address_of
from hnvemu.cli.show import Table
from hnvemu.errors import QuestionError
from hnvemu.model.acl import Action, Direction
from hnvemu.model.records import RecordType
from hnvemu.tables.acl import Unevaluated, selects
from hnvemu.trace.steps import AclAllowed, AclDenied, NotEvaluated

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from hnvemu.model.acl import (
        Addresses,
        AddressRange,
        DatacenterAcl,
        ExtendedAcl,
        FirewallRule,
        PortAcl,
        Protocol,
    )
    from hnvemu.model.origin import Origin
    from hnvemu.model.policy import Policy
    from hnvemu.model.provider import Host
    from hnvemu.model.records import CustomerRoute, LookupRecord
    from hnvemu.model.topology import VmPort
    from hnvemu.switch.fabric import Fabric
    from hnvemu.tables.tables import Tables

_PROTOCOLS = {1: "icmp", 6: "tcp", 17: "udp", 58: "icmpv6"}


class Row(NamedTuple):
    """A row of a table: what is printed, by column, and where it was written."""

    values: dict[str, Any]
    origin: Origin


def rows_of(fabric: Fabric, table: Table, name: str | None, host: str | None) -> list[Row]:
    """Return the rows of a table: all, or those of a name, or those that a host has.

    Raises:
        QuestionError: Nothing has that name.
    """
    if host is not None:
        _known("host", host, fabric.policy.hosts)
    return list(_rows(fabric, table, name, host))


def _rows(fabric: Fabric, table: Table, name: str | None, host: str | None) -> Iterable[Row]:
    policy = fabric.policy
    match table:
        case Table.ROUTES:
            if name is not None:
                _known("virtual network", name, policy.networks)
            routes = policy.routes if host is None else fabric.tables.known(host).view.routes
            return (_route(route) for route in routes if name in (None, route.network))
        case Table.RECORDS:
            records = policy.records if host is None else _records_of(fabric.tables, host)
            chosen = _chooser(fabric, name)
            return (_record(record) for record in records if chosen(record))
        case Table.HOSTS:
            if name is not None:
                _known("host", name, policy.hosts)
            return (
                _host(fabric.tables.host(each).host, policy)
                for each in policy.hosts
                if name in (None, each) and host in (None, each)
            )
        case Table.VMS:
            return (_port(port) for port in _ports(fabric, name) if host in (None, port.host))
        case Table.RULES:
            if name is None and host is None:
                return _all_rules(policy)
            ports = [port for port in _ports(fabric, name) if host in (None, port.host)]
            return (row for port in ports for row in _rules_of(fabric.tables, port))


# Which rows


def _known(noun: str, name: str, names: Collection[str]) -> None:
    if name in names:
        return
    from hnvemu.reader.report import did_you_mean

    near = did_you_mean(name, names)
    raise QuestionError(
        f"no {noun} is named '{name}'", near or f"known are {', '.join(names) or 'none'}"
    )


def _ports(fabric: Fabric, name: str | None) -> list[VmPort]:
    """Return all ports, those of a virtual network, or the adapters of a VM."""
    ports = list(fabric.policy.ports.values())
    if name is None:
        return ports
    if name in fabric.policy.networks:
        return [port for port in ports if port.network == name]
    adapters = [
        port
        for port in ports
        if port.name.startswith(f"{name}:") or f"/{name}:" in f"/{port.name.partition('/')[2]}"
    ]
    return adapters or [fabric.port(name)]


def _chooser(fabric: Fabric, name: str | None) -> Callable[[LookupRecord], bool]:
    """Return whether a record is one of a virtual network, or of a VM."""
    if name is None:
        return lambda _: True
    ports = _ports(fabric, name)
    if name in fabric.policy.networks:
        vsids = {port.vsid for port in ports}
        vsids |= {route.vsid for route in fabric.policy.routes if route.network == name}
        return lambda record: record.vsid in vsids
    owned = {(port.vsid, ca) for port in ports for ca in port.cas}
    macs = {(port.vsid, port.mac) for port in ports}
    return lambda record: (record.vsid, record.ca) in owned or (record.vsid, record.mac) in macs


def _records_of(tables: Tables, host: str) -> Iterator[LookupRecord]:
    """Yield the records that a host has, in the policy's order, then those only it has."""
    view = tables.known(host).view
    had = {id(record) for record in (*view.all_rows(), *view.unusable.values())}
    override = tables.policy.views.get(host)
    for record in (*tables.policy.records, *(override.lookup_records if override else ())):
        l2_only = record.type is RecordType.L2_ONLY and view.is_l2_only(record.vsid, record.mac)
        if l2_only or id(record) in had:
            yield record


def _all_rules(policy: Policy) -> Iterator[Row]:
    """Yield what the policy lists, as it lists it."""
    for rule in policy.firewall.rules:
        yield _rule(str(rule.vms), rule, rule.direction)
    for default in policy.firewall.defaults:
        for direction, action in (
            (Direction.INBOUND, default.inbound),
            (Direction.OUTBOUND, default.outbound),
        ):
            if action is not None:
                yield _default(str(default.vms), direction, action, default.origin)
    for key, entry in _unevaluated_of(policy):
        yield _unevaluated(str(entry.vms), entry.direction, key, entry.origin)


def _rules_of(tables: Tables, port: VmPort) -> Iterator[Row]:
    """Yield what a port's lists try, in that order."""
    for direction, lists in (
        (Direction.INBOUND, tables.receiving(port).inbound),
        (Direction.OUTBOUND, tables.sending(port.name).outbound),
    ):
        for key, entry in _unevaluated_of(tables.policy):
            if entry.direction in (direction, Direction.BOTH) and selects(entry.vms, port):
                yield _unevaluated(port.name, direction, key, entry.origin)
        for firewall in lists:
            if isinstance(firewall, Unevaluated):
                continue
            for tried in firewall.entries:
                match tried.step:
                    case AclAllowed(rule, _, _) | AclDenied(rule, _, _):
                        yield _rule(port.name, rule, direction)
                    case NotEvaluated(key, origin):
                        yield _unevaluated(port.name, direction, key, origin)
                    case _:
                        pass  # no other step comes of a rule
            action = Action.BLOCK if firewall.default.ends else Action.ALLOW
            yield _default(port.name, direction, action, firewall.default.default.origin)


def _unevaluated_of(
    policy: Policy,
) -> Iterator[tuple[str, PortAcl | ExtendedAcl | DatacenterAcl]]:
    """Yield the entries of lists that this version does not evaluate, by the policy's key."""
    yield from (("port_acls", entry) for entry in policy.port_acls)
    yield from (("extended_acls", entry) for entry in policy.extended_acls)
    yield from (("datacenter_acls", entry) for entry in policy.datacenter_acls)


# What a row says


def _route(route: CustomerRoute) -> Row:
    values = {
        "network": route.network,
        "prefix": str(route.prefix),
        "next_hop": "on-link" if route.next_hop is None else str(route.next_hop),
        "vsid": route.vsid,
        "metric": route.metric,
    }
    return Row(values, route.origin)


def _record(record: LookupRecord) -> Row:
    values = {
        "vsid": record.vsid,
        "ca": str(record.ca),
        "mac": str(record.mac),
        "pa": str(record.pa),
        "vm": record.vm,
        "type": record.type,
        "rule": record.rule,
        "state": "unusable"
        if record.unusable
        else "unsynchronized"
        if record.unsynchronized
        else "usable",
        "generated": record.generated,
    }
    return Row(values, record.origin)


def _host(host: Host, policy: Policy) -> Row:
    values = {
        "host": host.name,
        "provider_addresses": [f"{pa.address}/{pa.prefix.prefixlen}" for pa in host.addresses],
        "provider_routes": [
            f"{route.prefix} {'on-link' if route.next_hop is None else f'via {route.next_hop}'}"
            for route in host.routes
        ],
        "mtu": host.mtu,
        "vms": [port.name for port in policy.ports.values() if port.host == host.name],
    }
    return Row(values, host.origin)


def _port(port: VmPort) -> Row:
    values = {
        "vm": port.name,
        "host": port.host,
        "vsid": port.vsid,
        "mac": str(port.mac),
        "ca": [str(ca) for ca in port.cas],
        "gateway": port.gateway,
    }
    return Row(values, port.origin)


def _rule(vms: str, rule: FirewallRule, direction: Direction) -> Row:
    return _acl(vms, direction, rule.action, rule.name, _conditions(rule), rule.origin)


def _default(vms: str, direction: Direction, action: Action, origin: Origin) -> Row:
    return _acl(vms, direction, action, "(default)", "any", origin)


def _unevaluated(vms: str, direction: Direction, key: str, origin: Origin) -> Row:
    return _acl(vms, direction, "not evaluated", f"({key})", "", origin)


def _acl(
    vms: str, direction: Direction, action: str, name: str, conditions: str, origin: Origin
) -> Row:
    values = {
        "vms": vms,
        "direction": direction,
        "action": action,
        "name": name,
        "conditions": conditions,
    }
    return Row(values, origin)


def _conditions(rule: FirewallRule) -> str:
    found = [] if rule.protocol is None else [_protocol(rule.protocol)]
    for label, addresses in (
        ("local", rule.local_address),
        ("remote", rule.remote_address),
    ):
        if addresses is not None:
            found.append(f"{label} {_addresses(addresses)}")
    for label, ports in (("local port", rule.local_port), ("remote port", rule.remote_port)):
        if ports is not None:
            found.append(f"{label} {_joined(map(_span, ports.ranges), ports.keywords)}")
    if rule.icmp_type is not None:
        found.append(f"icmp type {_joined(map(_icmp, rule.icmp_type))}")
    if rule.profiles is not None:
        found.append(f"profile {_joined(rule.profiles)}")
    for key, value in (
        ("program", rule.program),
        ("service", rule.service),
        ("user", rule.user),
    ):
        if value:
            found.append(f"{key} {value}")
    if not rule.enabled:
        found.append("disabled")
    return "; ".join(found) or "any"


def _protocol(protocol: Protocol) -> str:
    return _PROTOCOLS.get(protocol.number, str(protocol.number))


def _addresses(addresses: Addresses) -> str:
    return _joined(map(_range, addresses.ranges), addresses.keywords)


def _range(part: AddressRange) -> str:
    """Write addresses as a prefix where they are one."""
    first, last = address_of(part.version, part.first), address_of(part.version, part.last)
    width = (part.first ^ part.last).bit_length()
    if part.first == part.last:
        return str(first)
    if part.first & (1 << width) - 1 == 0 and (part.last + 1) & (1 << width) - 1 == 0:
        return f"{first}/{first.max_prefixlen - width}"
    return f"{first}-{last}"


def _span(part: tuple[int, int]) -> str:
    return str(part[0]) if part[0] == part[1] else f"{part[0]}-{part[1]}"


def _icmp(part: tuple[int, int]) -> str:
    first, last = part
    return f"{first >> 8}:{first & 0xFF}" if first == last else str(first >> 8)


def _joined(*parts: Iterable[str]) -> str:
    return ", ".join(word for some in parts for word in some)
