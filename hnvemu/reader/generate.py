"""Lookup records that nobody has to write: those of VMs, of ``.1`` addresses, of gateways."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING

from hnvemu.addresses import MacAddress, first_host
from hnvemu.model.provider import AddressState
from hnvemu.model.records import LookupRecord, RecordType

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hnvemu.addresses import IPAddress
    from hnvemu.model.provider import Host
    from hnvemu.model.records import CustomerRoute
    from hnvemu.model.topology import VirtualNetwork, VmPort

ROUTER_MAC = MacAddress(0x0200_00FF_FF01)
"""MAC of every generated ``.1`` record: guests keep it when they move (OBJ-41)."""
ROUTER_PA = IPv4Address("169.254.254.254")
"""Its provider address, which no host has."""
_UNSPECIFIED: Mapping[int, IPAddress] = {4: IPv4Address(0), 6: IPv6Address(0)}


def generated_records(
    network: VirtualNetwork,
    ports: Iterable[VmPort],
    routes: Iterable[CustomerRoute],
    hosts: Mapping[str, Host],
) -> Iterator[LookupRecord]:
    """Yield the records of a virtual network's VMs, gateways and on-link prefixes.

    A VM whose host has no provider address gets none: there is nothing that a record could say.
    """
    held: dict[tuple[str, int], IPAddress | None] = {}
    for port in ports:
        yield from _of_port(network, port, hosts, held)
    seen: set[tuple[int, IPAddress]] = set()
    for route in routes:
        router = first_host(route.prefix) if route.next_hop is None else None
        if router is not None and (route.vsid, router) not in seen:
            seen.add((route.vsid, router))
            yield LookupRecord(
                ca=router,
                vsid=route.vsid,
                mac=ROUTER_MAC,
                pa=ROUTER_PA,
                customer_id=network.customer_id,
                generated=True,
                origin=route.origin,
            )


def merged(
    listed: Sequence[LookupRecord], generated: Iterable[LookupRecord]
) -> Iterator[LookupRecord]:
    """Yield the listed records, and the generated ones that none of them replaces.

    A record without an address of its own, such as a wildcard, replaces only one of its type.
    """
    replaced = {
        (record.vsid, record.ca, kind)
        for record in listed
        for kind in (
            RecordType if record.type in (RecordType.STATIC, RecordType.DYNAMIC) else (record.type,)
        )
    }
    yield from listed
    if not replaced:
        yield from generated
        return
    for record in generated:
        if (record.vsid, record.ca, record.type) not in replaced:
            yield record


def _of_port(
    network: VirtualNetwork,
    port: VmPort,
    hosts: Mapping[str, Host],
    held: dict[tuple[str, int], IPAddress | None],
) -> Iterator[LookupRecord]:
    if port.vsid == 0:
        return
    vm = port.name.rpartition("/")[2].partition(":")[0]
    wanted = [(ca, RecordType.STATIC) for ca in port.cas]
    if port.gateway:
        families = dict.fromkeys(ca.version for ca in port.cas)
        wanted += [(_UNSPECIFIED[version], RecordType.GATEWAY_WILDCARD) for version in families]
    for ca, kind in wanted:
        key = port.host, ca.version
        if key not in held:  # a network need not be on all hosts, and there can be many of both
            held[key] = provider_address_of(hosts[port.host], ca.version)
        pa = held[key]
        if pa is not None:
            yield LookupRecord(
                ca=ca,
                vsid=port.vsid,
                mac=port.mac,
                pa=pa,
                type=kind,
                vm=vm,
                customer_id=network.customer_id,
                generated=True,
                origin=port.origin,
            )


def provider_address_of(host: Host, version: int) -> IPAddress | None:
    """Return the host's first preferred address of a family, else its first preferred one.

    Where none is preferred, the record still says where the VM is; the packet then fails at the
    address's state and not for want of a record.
    """
    if not host.addresses:
        return None
    return min(
        host.addresses,
        key=lambda held: (
            held.state is not AddressState.PREFERRED,
            held.address.version != version,
        ),
    ).address
