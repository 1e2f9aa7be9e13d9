"""A change of a policy as PowerShell: the commands that tell hosts and guests the same.

Rules of the file: commands are made of the difference of two policies and of nothing else, so they
cannot differ from the edit that is shown beside them. Parameters are those of the documented
cmdlets, each with a literal value. What no cmdlet sets gives no command: the MTU of an interface,
the state of a provider address, the lists of Network Controller.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias, TypeVar

from hnvemu.model.acl import Addresses
from hnvemu.model.policy import Profile, Restart
from hnvemu.model.records import RecordType, Translation
from hnvemu.tables.acl import selects

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hnvemu.addresses import IPAddress, MacAddress
    from hnvemu.model.acl import (
        ExtendedAcl,
        FirewallRule,
        PortAcl,
        Ports,
        Protocol,
    )
    from hnvemu.model.policy import Policy
    from hnvemu.model.provider import Host, ProviderAddress, ProviderRoute
    from hnvemu.model.records import CustomerRoute, LookupRecord
    from hnvemu.model.topology import VmPort

_QUOTES = str.maketrans({quote: quote * 2 for quote in "'\u2018\u2019\u201a\u201b"})
_RULES = {
    Translation.ENCAP: "TranslationMethodEncap",
    Translation.NAT: "TranslationMethodNat",
    Translation.NONE: "TranslationMethodNone",
}
_TYPES = {
    RecordType.STATIC: "Static",
    RecordType.DYNAMIC: "Dynamic",
    RecordType.GATEWAY_WILDCARD: "GatewayWildcard",
    RecordType.L2_ONLY: "L2Only",
}
_PROTOCOLS = {(1, 4): "ICMPv4", (58, 6): "ICMPv6", (6, None): "TCP", (17, None): "UDP"}
_ANY_ADDRESS = {4: "0.0.0.0", 6: "::"}  # noqa: S104 - how NetWNV writes a next hop that is on-link
_Row = TypeVar("_Row")
_INDEX = "$InterfaceIndex"
"""A variable of whoever runs the commands: no policy tells the index of a host's interface."""
_RecordKey: TypeAlias = "tuple[int, IPAddress, MacAddress, RecordType]"


class Script(NamedTuple):
    """Commands, and where to run them."""

    commands: tuple[str, ...]
    hosts: tuple[str, ...]
    """Hosts, or the VMs whose guests run them; empty: every host.

    Commands for different hosts name theirs with ``-CimSession``, and one host runs them all.
    """


def script(before: Policy, after: Policy) -> Script:
    """Return the commands that turn what ``before`` says into what ``after`` says.

    Only what repairs change is told: of a firewall rule its remote addresses and whether it is
    enabled, of a route that it is there.
    """
    places: dict[str, list[str]] = {}  # by command, in the order in which they are run
    for place, command in _commands(before, after):
        found = places.setdefault(command, [])
        if place not in found:  # the ports of a multi-tenant adapter are one adapter
            found.append(place)
    everywhere = [*after.hosts]
    where = {tuple(found) for found in places.values()}
    if len(where) <= 1:
        only = next(iter(where), ())
        return Script(tuple(places), () if [*only] == everywhere else only)
    named = (
        f"{command} -CimSession {','.join(map(quoted, found))}" for command, found in places.items()
    )
    return Script(tuple(named), tuple(next(iter(places.values()))[:1]))


def quoted(text: object) -> str:
    """Return a PowerShell string that holds ``text`` and expands nothing."""
    return f"'{str(text).translate(_QUOTES)}'"


def _commands(before: Policy, after: Policy) -> Iterator[tuple[str, str]]:
    """Yield each command with a place to run it: providers, records, routes, ports, lists."""
    for name, host in after.hosts.items():
        old = before.hosts.get(name)
        if old is not None:
            returned = _is_empty(before, name) and not _is_empty(after, name)
            for command in _provider_side(old, host, returned=returned):
                yield name, command
    for command, hosts in _knowledge(before, after):
        for name in hosts:
            yield name, command
    for name, port in after.ports.items():
        old_port = before.ports.get(name)
        if old_port is None:
            continue
        if port.trunk and old_port.vsid != port.vsid:
            rdid = after.networks[port.network].rdid
            yield (
                port.host,
                (
                    f"Set-VMNetworkAdapterRoutingDomainMapping {_vm(port, 'VMNetworkAdapterName')}"
                    f" -RoutingDomainID {quoted(rdid)} -IsolationID {port.vsid}"
                ),
            )
        if change := _port(old_port, port):
            yield port.host, f"Set-VMNetworkAdapter {_vm(port, 'Name')}{change}"
    yield from _lists(before, after)


# ---------------------------------------------------------------------------------------------
# Provider side


def _is_empty(policy: Policy, host: str) -> bool:
    """Whether a restart took even the provider addresses (MOB-7)."""
    view = policy.views.get(host)
    return view is not None and view.restarted is Restart.ALL


def _provider_side(before: Host, after: Host, *, returned: bool) -> Iterator[str]:
    known = {held.address: held for held in before.addresses}
    for held in after.addresses:
        if returned:
            vlan = f" -VlanID {held.vlan}" if held.vlan else ""
            yield (
                f"New-NetVirtualizationProviderAddress -InterfaceIndex {_INDEX}"
                f" -ProviderAddress {quoted(held.address)} -PrefixLength {held.prefix.prefixlen}"
                f"{vlan}"
            )
            continue
        old = known.get(held.address)
        if old is not None and old.vlan != held.vlan:
            yield (
                f"Set-NetVirtualizationProviderAddress -ProviderAddress {quoted(held.address)}"
                f" -VlanID {held.vlan}"
            )
    for route in after.routes:
        if returned or route not in before.routes:
            yield _provider_route(route, after.addresses)


def _provider_route(route: ProviderRoute, addresses: Sequence[ProviderAddress]) -> str:
    version = route.prefix.version
    held = next((pa for pa in addresses if pa.address.version == version), None)
    index = _INDEX
    if held is not None:
        wanted = f"-ProviderAddress {quoted(held.address)}"
        index = f"(Get-NetVirtualizationProviderAddress {wanted}).InterfaceIndex"
    return (
        f"New-NetVirtualizationProviderRoute -InterfaceIndex {index}"
        f" -DestinationPrefix {quoted(route.prefix)}"
        f" -NextHop {quoted(route.next_hop or _ANY_ADDRESS[version])} -Metric {route.metric}"
    )


# ---------------------------------------------------------------------------------------------
# Lookup records and customer routes


def _knowledge(before: Policy, after: Policy) -> Iterator[tuple[str, list[str]]]:
    """Yield the commands about records and routes, each with the hosts that need it."""
    typed = after.profile is not Profile.WS2012
    alike = [host for host in after.hosts if host not in before.views and host not in after.views]
    groups = [([host], host) for host in after.hosts if host not in alike]
    if alike:
        groups.insert(0, (alike, alike[0]))
    hosts_of: dict[str, list[str]] = {}
    for hosts, one in groups:
        for command in _told(_held(before, one), _held(after, one), typed=typed):
            hosts_of.setdefault(command, []).extend(hosts)
    order = [*after.hosts]
    for command, hosts in hosts_of.items():
        yield command, sorted(hosts, key=order.index)


class _Held(NamedTuple):
    """What is stored on one host."""

    records: dict[_RecordKey, LookupRecord]
    routes: dict[tuple[object, ...], CustomerRoute]


def _held(policy: Policy, host: str) -> _Held:
    view = policy.views.get(host)
    known = policy if view is None or view.snapshot is None else view.snapshot
    records: Iterable[LookupRecord] = known.records
    routes: Iterable[CustomerRoute] = known.routes
    if view is not None:
        lost = view.restarted is not Restart.NO
        absent = {(key.vsid, key.ca) for key in view.without_lookup_records}
        absent |= {(record.vsid, record.ca) for record in view.lookup_records}
        kept = () if lost else (r for r in records if (r.vsid, r.ca) not in absent)
        records = (*kept, *view.lookup_records)
        gone = set(view.without_customer_routes)
        routes = () if lost else [r for r in routes if (r.network, r.prefix) not in gone]
    return _Held(
        {(r.vsid, r.ca, r.mac, r.type): r for r in records},
        {(r.rdid, r.vsid, r.prefix, r.next_hop): r for r in routes},
    )


def _told(before: _Held, after: _Held, *, typed: bool) -> Iterator[str]:
    for key, record in before.records.items():
        now = after.records.get(key)
        if now is None or _state(now) != _state(record):
            yield f"Remove-NetVirtualizationLookupRecord {_record_key(record)}"
    for key, record in after.records.items():
        was = before.records.get(key)
        if was is None or _state(was) != _state(record):
            yield _new_record(record, typed=typed)
        elif change := _record_change(was, record):
            yield f"Set-NetVirtualizationLookupRecord {_record_key(record)}{change}"
    for place, route in before.routes.items():
        if place not in after.routes:
            yield f"Remove-NetVirtualizationCustomerRoute {_route_key(route)}"
    for place, route in after.routes.items():
        if place not in before.routes:
            yield (f"New-NetVirtualizationCustomerRoute {_route_key(route)} -Metric {route.metric}")


def _state(record: LookupRecord) -> tuple[bool, bool]:
    """Return what no cmdlet sets: such a record is made anew."""
    return record.unusable, record.unsynchronized


def _record_key(record: LookupRecord) -> str:
    return (
        f"-CustomerAddress {quoted(record.ca)} -VirtualSubnetID {record.vsid}"
        f" -MACAddress {quoted(record.mac)}"
    )


def _new_record(record: LookupRecord, *, typed: bool) -> str:
    parts = [
        f"New-NetVirtualizationLookupRecord {_record_key(record)}",
        f"-ProviderAddress {quoted(record.pa)} -Rule {_RULES[record.rule]}",
    ]
    if typed and record.type is not RecordType.STATIC:  # Windows Server 2012 has no -Type
        parts.append(f"-Type {_TYPES[record.type]}")
    for name, text in (("VMName", record.vm), ("CustomerID", record.customer_id)):
        if text:
            parts.append(f"-{name} {quoted(text)}")
    return " ".join(parts)


def _record_change(before: LookupRecord, after: LookupRecord) -> str:
    change = ""
    if before.pa != after.pa:
        change += f" -ProviderAddress {quoted(after.pa)}"
    if before.rule is not after.rule:
        change += f" -Rule {_RULES[after.rule]}"
    return change


def _route_key(route: CustomerRoute) -> str:
    hop = route.next_hop or _ANY_ADDRESS[route.prefix.version]
    return (
        f"-RoutingDomainID {quoted(route.rdid)} -VirtualSubnetID {route.vsid}"
        f" -DestinationPrefix {quoted(route.prefix)} -NextHop {quoted(hop)}"
    )


# ---------------------------------------------------------------------------------------------
# Ports


def _vm(port: VmPort, adapter_parameter: str) -> str:
    """Return the parameters that name a port's VM and, of several, its adapter."""
    vm, colon, adapter = (port.trunk or port.name.rpartition("/")[2]).partition(":")
    named = f" -{adapter_parameter} {quoted(adapter)}" if colon else ""
    return f"-VMName {quoted(vm)}{named}"


def _port(before: VmPort, after: VmPort) -> str:
    change = ""
    if before.vsid != after.vsid and not after.trunk:
        change += f" -VirtualSubnetId {after.vsid}"
    for name, old, new in (
        ("DhcpGuard", before.dhcp_guard, after.dhcp_guard),
        ("RouterGuard", before.router_guard, after.router_guard),
    ):
        if old is not new:
            change += f" -{name} {'On' if new else 'Off'}"
    if before.dynamic_ip_limit != after.dynamic_ip_limit:
        change += f" -DynamicIPAddressLimit {after.dynamic_ip_limit or 0}"
    return change


# ---------------------------------------------------------------------------------------------
# Firewall rules and access control lists


def _lists(before: Policy, after: Policy) -> Iterator[tuple[str, str]]:
    ports = after.ports.values()
    known = {rule.name: rule for rule in before.firewall.rules}
    for rule in after.firewall.rules:
        old = known.get(rule.name)
        if old == rule:
            continue
        command = _new_rule(rule) if old is None else _changed_rule(rule)
        for port in ports:
            if selects(rule.vms, port):
                yield port.name, command
    for port_acl in _missing(before.port_acls, after.port_acls):
        for port in (port for port in ports if selects(port_acl.vms, port)):
            yield port.host, f"Remove-VMNetworkAdapterAcl {_port_acl(port_acl, port)}"
    for port_acl in _missing(after.port_acls, before.port_acls):
        for port in (port for port in ports if selects(port_acl.vms, port)):
            yield port.host, f"Add-VMNetworkAdapterAcl {_port_acl(port_acl, port)}"
    for extended in _missing(before.extended_acls, after.extended_acls):
        for port in (port for port in ports if selects(extended.vms, port)):
            yield (
                port.host,
                (
                    f"Remove-VMNetworkAdapterExtendedAcl {_vm(port, 'VMNetworkAdapterName')}"
                    f" -Weight {extended.weight} -Direction {extended.direction.capitalize()}"
                ),
            )
    for extended in _missing(after.extended_acls, before.extended_acls):
        for port in (port for port in ports if selects(extended.vms, port)):
            yield port.host, f"Add-VMNetworkAdapterExtendedAcl {_extended_acl(extended, port)}"


def _missing(rows: Sequence[_Row], others: Sequence[_Row]) -> list[_Row]:
    """Return the rows of which ``others`` have fewer."""
    left = [*others]
    result = []
    for row in rows:
        if row in left:
            left.remove(row)
        else:
            result.append(row)
    return result


def _new_rule(rule: FirewallRule) -> str:
    parts = [
        f"New-NetFirewallRule -DisplayName {quoted(rule.name)}",
        f"-Direction {rule.direction.capitalize()} -Action {rule.action.capitalize()}",
    ]
    if rule.protocol is not None:
        parts.append(f"-Protocol {_protocol(rule.protocol)}")
    for name, addresses in (("Local", rule.local_address), ("Remote", rule.remote_address)):
        if addresses is not None:
            parts.append(f"-{name}Address {_joined(_addresses(addresses))}")
    for name, ports in (("Local", rule.local_port), ("Remote", rule.remote_port)):
        if ports is not None:
            parts.append(f"-{name}Port {_joined(_ports(ports))}")
    if rule.icmp_type is not None:
        parts.append(f"-IcmpType {_joined(_icmp_types(rule.icmp_type))}")
    return " ".join(parts)


def _changed_rule(rule: FirewallRule) -> str:
    command = f"Set-NetFirewallRule -DisplayName {quoted(rule.name)}"
    if not rule.enabled:
        return f"{command} -Enabled False"
    remote = ["Any"] if rule.remote_address is None else _addresses(rule.remote_address)
    return f"{command} -RemoteAddress {_joined(remote)}"


def _port_acl(acl: PortAcl, port: VmPort) -> str:
    parts = [
        _vm(port, "VMNetworkAdapterName"),
        f"-Action {acl.action.capitalize()} -Direction {acl.direction.capitalize()}",
    ]
    for name, side in (("Local", acl.local), ("Remote", acl.remote)):
        if isinstance(side, Addresses):
            parts.append(f"-{name}IPAddress {_joined(_addresses(side))}")
        elif side is not None:
            parts.append(f"-{name}MacAddress {quoted(side)}")
    if acl.local is None and acl.remote is None:
        parts.append("-RemoteIPAddress 'ANY'")
    return " ".join(parts)


def _extended_acl(acl: ExtendedAcl, port: VmPort) -> str:
    parts = [
        _vm(port, "VMNetworkAdapterName"),
        f"-Action {acl.action.capitalize()} -Direction {acl.direction.capitalize()}",
    ]
    for name, addresses in (("Local", acl.local), ("Remote", acl.remote)):
        if addresses is not None:
            parts.append(f"-{name}IPAddress {_joined(_addresses(addresses))}")
    for name, ports in (("Local", acl.local_port), ("Remote", acl.remote_port)):
        if ports is not None:
            parts.append(f"-{name}Port {_joined(_ports(ports))}")
    if acl.protocol is not None:
        named = {6: "TCP", 17: "UDP"}.get(acl.protocol.number)
        parts.append(f"-Protocol {quoted(named or acl.protocol.number)}")
    parts.append(f"-Weight {acl.weight}")
    if acl.stateful:
        parts.append("-Stateful $true")
        if acl.idle_timeout is not None:
            parts.append(f"-IdleSessionTimeout {acl.idle_timeout}")
    if acl.isolation_id:
        parts.append(f"-IsolationID {acl.isolation_id}")
    return " ".join(parts)


def _joined(parts: Iterable[str]) -> str:
    return ",".join(map(quoted, parts))


def _addresses(addresses: Addresses) -> list[str]:
    return [*map(str, addresses.ranges), *addresses.keywords]


def _ports(ports: Ports) -> list[str]:
    found = [str(low) if low == high else f"{low}-{high}" for low, high in ports.ranges]
    return [*found, *ports.keywords]


def _icmp_types(ranges: Iterable[tuple[int, int]]) -> list[str]:
    return [
        f"{low >> 8}" if low & 0xFF == 0 and high == low | 0xFF else f"{low >> 8}:{low & 0xFF}"
        for low, high in ranges
    ]


def _protocol(protocol: Protocol) -> str:
    return _PROTOCOLS.get((protocol.number, protocol.version)) or str(protocol.number)
