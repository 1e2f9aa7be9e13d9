"""The rows that ``hnvemu show`` prints: what a policy says, or what one host knows of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from hnvemu.cli.show import Table
from hnvemu.errors import QuestionError
from hnvemu.model.acl import Action, DatacenterAcl, Direction, ExtendedAcl, FirewallRule, PortAcl
from hnvemu.model.origin import BUILT_IN
from hnvemu.model.records import RecordType
from hnvemu.trace.steps import AclDefaultDenied, AclDefaulted, NotEvaluated

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from hnvemu.addresses import MacAddress
    from hnvemu.model.acl import AclRule, Addresses, Ports, Protocol
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
    from hnvemu.reader.report import near_or_known

    raise QuestionError(f"no {noun} is named '{name}'", near_or_known(name, names))


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
    shared = (override and override.snapshot) or tables.policy
    for record in (*shared.records, *(override.lookup_records if override else ())):
        l2_only = record.type is RecordType.L2_ONLY and record.mac in view.l2_only(record.vsid)
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
    others: tuple[AclRule, ...] = (
        *policy.port_acls,
        *policy.extended_acls,
        *policy.datacenter_acls,
    )
    for entry in others:
        yield _rule(str(entry.vms), entry, entry.direction)


def _rules_of(tables: Tables, port: VmPort) -> Iterator[Row]:
    """Yield what a port's lists try, in that order."""
    for direction, lists in (
        (Direction.INBOUND, tables.receiving(port).inbound),
        (Direction.OUTBOUND, tables.sending(port.name).outbound),
    ):
        for acl in lists:
            said = set()
            for tried in acl.entries:
                step = tried.step
                if isinstance(step, NotEvaluated):
                    yield _unevaluated(port.name, direction, step.key, step.origin)
                elif id(step.rule) not in said:  # one rule may be tried at several places
                    said.add(id(step.rule))
                    yield _rule(port.name, step.rule, direction)
            default = acl.default
            action = Action.BLOCK if default.ends else Action.ALLOW
            if isinstance(default, AclDefaulted | AclDefaultDenied):
                yield _default(port.name, direction, action, default.default.origin)
            else:
                name = f"(default of {acl.mechanism})"
                yield _acl(port.name, direction, action, name, "any", BUILT_IN)


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


def _rule(vms: str, rule: AclRule, direction: Direction) -> Row:
    match rule:
        case FirewallRule():
            name, conditions = rule.name, _conditions(rule)
        case PortAcl():
            name, conditions = "port ACL", _sides(rule)
        case ExtendedAcl():
            name, conditions = str(rule), _of_extended(rule)
        case DatacenterAcl():
            name, conditions = str(rule), _of_datacenter(rule)
    return _acl(vms, direction, rule.action, name, "; ".join(conditions) or "any", rule.origin)


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


def _conditions(rule: FirewallRule) -> list[str]:
    found = [
        *_protocol(rule.protocol),
        *_among("local", rule.local_address),
        *_among("remote", rule.remote_address),
        *_ports_said("local port", rule.local_port),
        *_ports_said("remote port", rule.remote_port),
    ]
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
    return found


def _sides(rule: PortAcl | ExtendedAcl) -> list[str]:
    return [*_among("local", rule.local), *_among("remote", rule.remote)]


def _of_extended(rule: ExtendedAcl) -> list[str]:
    found = [
        *_protocol(rule.protocol),
        *_sides(rule),
        *_ports_said("local port", rule.local_port),
        *_ports_said("remote port", rule.remote_port),
    ]
    if rule.stateful:
        found.append(f"stateful, idle {rule.idle_timeout} s")
    if rule.isolation_id:
        found.append(f"VSID {rule.isolation_id}")
    return found


def _of_datacenter(rule: DatacenterAcl) -> list[str]:
    found = [
        f"priority {rule.priority}",
        *_protocol(rule.protocol),
        *_among("source", rule.source),
        *_among("destination", rule.destination),
        *_ports_said("source port", rule.source_port),
        *_ports_said("destination port", rule.destination_port),
    ]
    return [*found, "stateful"] if rule.stateful else found


def _protocol(protocol: Protocol | None) -> list[str]:
    if protocol is None:
        return []
    return [_PROTOCOLS.get(protocol.number, str(protocol.number))]


def _among(label: str, side: Addresses | MacAddress | None) -> list[str]:
    return [] if side is None else [f"{label} {side}"]


def _ports_said(label: str, ports: Ports | None) -> list[str]:
    if ports is None:
        return []
    return [f"{label} {_joined(map(_span, ports.ranges), ports.keywords)}"]


def _span(part: tuple[int, int]) -> str:
    return str(part[0]) if part[0] == part[1] else f"{part[0]}-{part[1]}"


def _icmp(part: tuple[int, int]) -> str:
    first, last = part
    return f"{first >> 8}:{first & 0xFF}" if first == last else str(first >> 8)


def _joined(*parts: Iterable[str]) -> str:
    return ", ".join(word for some in parts for word in some)
