"""A policy as tables, in the columns that ``Get-… | Export-Csv`` writes, a file for each cmdlet.

Rules of the file: an object a row, with the host that has it under ``PSComputerName``; a list is
written as PowerShell shows it, ``{a, b}``. What none of the cmdlets has a column for is left out,
and told.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, NamedTuple

from hnvemu.addresses import MacAddress
from hnvemu.formats.export.knowledge import knowledge_of
from hnvemu.formats.export.words import (
    RULE_WORDS,
    TYPE_WORDS,
    address_words,
    next_hop_word,
    port_words,
)
from hnvemu.model.topology import Guest, NetworkProfile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hnvemu.model.acl import Addresses, ExtendedAcl, PortAcl, Ports
    from hnvemu.model.policy import Policy
    from hnvemu.model.topology import VmPort

_COLUMNS = {
    "NetVirtualizationProviderAddress.csv": (
        *("PSComputerName", "ProviderAddress", "PrefixLength", "VlanID", "AddressState"),
        "MACAddress",
    ),
    "NetVirtualizationProviderRoute.csv": (
        *("PSComputerName", "DestinationPrefix", "NextHop", "Metric"),
    ),
    "NetVirtualizationGlobal.csv": ("PSComputerName", "UseExternalRouter"),
    "NetVirtualizationLookupRecord.csv": (
        *("PSComputerName", "CustomerAddress", "VirtualSubnetID", "MACAddress"),
        *("ProviderAddress", "CustomerID", "Context", "Rule", "VMName", "UseVmMACAddress"),
        *("Type", "Unusable", "Unsynchronized"),
    ),
    "NetVirtualizationCustomerRoute.csv": (
        *("PSComputerName", "RoutingDomainID", "VirtualSubnetID", "DestinationPrefix"),
        *("NextHop", "Metric"),
    ),
    "VMNetworkAdapter.csv": (
        *("PSComputerName", "VMName", "Name", "MacAddress", "VirtualSubnetId", "SwitchName"),
        *("IPAddresses", "MacAddressSpoofing", "DhcpGuard", "RouterGuard"),
        "DynamicIPAddressLimit",
    ),
    "VMNetworkAdapterAcl.csv": (
        *("PSComputerName", "VMName", "VMNetworkAdapterName", "Action", "Direction"),
        *("LocalAddress", "RemoteAddress"),
    ),
    "VMNetworkAdapterExtendedAcl.csv": (
        *("PSComputerName", "VMName", "VMNetworkAdapterName", "Action", "Direction"),
        *("LocalIPAddress", "RemoteIPAddress", "LocalPort", "RemotePort", "Protocol", "Weight"),
        *("Stateful", "IdleSessionTimeout", "IsolationID"),
    ),
}


class Tables(NamedTuple):
    """Tables, and what they do not say."""

    files: dict[str, str]
    """Texts by the names of their files; a table without a row is not written."""
    left_out: tuple[str, ...]


def csv_tables(policy: Policy) -> Tables:
    """Return what each host of a policy has, as tables."""
    rows: dict[str, list[tuple[object, ...]]] = {name: [] for name in _COLUMNS}
    for host in policy.hosts:
        for name, found in zip(_COLUMNS, _host(policy, host), strict=True):
            rows[name] += found
    files = {name: _table(_COLUMNS[name], found) for name, found in rows.items() if found}
    return Tables(files, tuple(_left_out(policy)))


def _table(columns: Iterable[str], rows: Iterable[tuple[object, ...]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()


def _left_out(policy: Policy) -> Iterator[str]:
    for host in policy.hosts.values():
        if host.mtu != 1500:
            yield f"the MTU {host.mtu} of host '{host.name}'"
    if any(port.trunk for port in policy.ports.values()):
        yield "the routing domains of multi-tenant gateways"
    for port in policy.ports.values():
        if (
            port.default_gateway is not None
            or port.mtu is not None
            or port.vlan
            or port.isolation_mode is not None
            or port.guest is not Guest.WINDOWS
            or port.network_profile is not NetworkProfile.PRIVATE
        ):
            yield f"the guest, the VLAN and the isolation of '{port.name}'"
    named: dict[tuple[str, str, str], list[str]] = {}
    for port in policy.ports.values():
        named.setdefault(_names(port), []).append(port.name)
    shared = {name: ports for name, ports in named.items() if len(ports) > 1}
    lists: list[PortAcl | ExtendedAcl] = [*policy.port_acls, *policy.extended_acls]
    for acl in lists:
        for (host_name, vm, _), ports in shared.items():
            if len({acl.vms.selects(port) for port in ports}) > 1:
                yield f"which of the VMs named '{vm}' on host '{host_name}' the {acl} is for"
    if policy.firewall.rules or policy.firewall.defaults:
        yield "the firewalls of the guests"
    if policy.datacenter_acls:
        yield "datacenter ACLs: their place is Network Controller"


def _host(policy: Policy, host: str) -> Iterator[list[tuple[object, ...]]]:
    """Yield the rows of a host for each table, in the order of the columns above."""
    known = knowledge_of(policy, host)
    said = policy.hosts[host]
    yield [
        (host, held.address, held.prefix.prefixlen, held.vlan, held.state.capitalize(), held.mac)
        for held in known.addresses
    ]
    yield [
        (host, route.prefix, next_hop_word(route.next_hop, route.prefix.version), route.metric)
        for route in said.routes
    ]
    yield [(host, said.use_external_router)]
    yield [
        (
            *(host, record.ca, record.vsid, record.mac, record.pa),
            *(record.customer_id, record.context, RULE_WORDS[record.rule], record.vm),
            *(record.use_vm_mac, TYPE_WORDS[record.type], record.unusable, record.unsynchronized),
        )
        for record in known.records
    ]
    yield [
        (
            *(host, route.rdid, route.vsid, route.written or route.prefix),
            *(next_hop_word(route.next_hop, route.prefix.version), route.metric),
        )
        for route in known.routes
    ]
    ports = [port for port in policy.ports.values() if port.host == host]
    yield [_adapter(port) for port in ports if not port.trunk]
    yield [
        row
        for acl in policy.port_acls
        for port in ports
        if acl.vms.selects(port.name)
        for row in _port_acl(acl, port)
    ]
    yield [
        row
        for acl in policy.extended_acls
        for port in ports
        if acl.vms.selects(port.name)
        for row in _extended_acl(acl, port)
    ]


def _names(port: VmPort) -> tuple[str, str, str]:
    """Return the host, the VM and the adapter of a port."""
    vm, _, adapter = (port.trunk or port.name.rpartition("/")[2]).partition(":")
    return port.host, vm, adapter or "Network Adapter"


def _adapter(port: VmPort) -> tuple[object, ...]:
    return (
        *_names(port),
        f"{int(port.mac):012X}",
        port.vsid,
        "",
        f"{{{', '.join(map(str, port.cas))}}}",
        *("On" if on else "Off" for on in (port.mac_spoofing, port.dhcp_guard, port.router_guard)),
        port.dynamic_ip_limit or 0,
    )


def _port_acl(acl: PortAcl, port: VmPort) -> Iterator[tuple[object, ...]]:
    """Yield a row for each pair of sides, and for each direction: so Windows keeps them."""
    directions = ("Inbound", "Outbound") if acl.direction == "both" else (acl.direction,)
    for direction in directions:
        for local in _sides(acl.local):
            for remote in _sides(acl.remote):
                yield (
                    *_names(port),
                    acl.action.capitalize(),
                    direction.capitalize(),
                    local,
                    remote,
                )


def _extended_acl(acl: ExtendedAcl, port: VmPort) -> Iterator[tuple[object, ...]]:
    named = {6: "TCP", 17: "UDP"}
    protocol = "ANY"
    if acl.protocol is not None:
        protocol = named.get(acl.protocol.number, str(acl.protocol.number))
    for local in _sides(acl.local):
        for remote in _sides(acl.remote):
            for own in _ports(acl.local_port):
                for theirs in _ports(acl.remote_port):
                    yield (
                        *(*_names(port), acl.action.capitalize(), acl.direction.capitalize()),
                        *(local, remote, own, theirs, protocol, acl.weight, acl.stateful),
                        *(acl.idle_timeout or 0, acl.isolation_id),
                    )


def _sides(condition: Addresses | MacAddress | None) -> list[str]:
    if isinstance(condition, MacAddress):
        return [str(condition)]
    return ["ANY"] if condition is None else address_words(condition)


def _ports(ports: Ports | None) -> list[str]:
    return ["ANY"] if ports is None else port_words(ports)
