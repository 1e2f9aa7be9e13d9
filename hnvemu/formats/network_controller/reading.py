"""From the resources in some files to an inventory.

    files ──▶ Store ──▶ networks ──▶ adapters ──▶ VSIDs ──▶ gateways ──▶ hosts, PAs
                                                                             │
                         Inventory ◀── access lists ◀── ports, records ◀─────┘

What the controller tells it tells to all hosts alike, so one of them carries it in the inventory.
A host that was seen to have something else has its own table.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Protocol

from hnvemu.addresses import MacAddress, first_host
from hnvemu.errors import PolicyError
from hnvemu.findings import Finding
from hnvemu.formats.inventory import Inventory
from hnvemu.formats.network_controller import resources
from hnvemu.formats.network_controller.acls import LAST, read_access_lists
from hnvemu.formats.network_controller.adapters import read_adapters
from hnvemu.formats.network_controller.gateways import interfaces_of_gateways, read_gateways
from hnvemu.formats.network_controller.hosts import HostReader, read_provider_subnets
from hnvemu.formats.network_controller.json_tree import parse
from hnvemu.formats.network_controller.losses import Losses
from hnvemu.formats.network_controller.networks import (
    number_subnets,
    read_networks,
    read_peerings,
    report_trouble,
    routes_of,
)
from hnvemu.formats.network_controller.observed import Observed
from hnvemu.formats.network_controller.resources import Store, kind_of_file
from hnvemu.model.acl import DatacenterAcl, Direction
from hnvemu.model.origin import Origin
from hnvemu.model.policy import Profile
from hnvemu.model.records import LookupRecord, RecordType
from hnvemu.model.topology import Selector, VmPort
from hnvemu.value import replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hnvemu.addresses import IPAddress
    from hnvemu.formats.inventory import HostInventory
    from hnvemu.formats.network_controller.adapters import Adapter
    from hnvemu.formats.network_controller.gateways import Gateways, Seat
    from hnvemu.formats.network_controller.networks import Network, Opened, Vsids

_ROUTER_MAC = MacAddress(0x0200_00FF_FF01)
_ROUTER_PA = IPv4Address("169.254.254.254")
_UNSPECIFIED: Mapping[int, IPAddress] = {4: IPv4Address(0), 6: IPv6Address(0)}


class Source(Protocol):
    """One file: what it is called, and its octets."""

    @property
    def name(self) -> str:
        """What findings and origins call it."""

    @property
    def data(self) -> bytes:
        """Its octets, with or without a byte order mark, UTF-8 or UTF-16."""


def read_resources(
    sources: Sequence[Source], seen: Inventory | None = None
) -> tuple[Inventory, tuple[Finding, ...]]:
    """Read the resources in some files: one each, lists of them, answers to GET, all in one.

    Args:
        sources: The files, in the order they count.
        seen: What hosts were seen to have, such as the output of ``Get-PACAMapping`` and
            ``Get-ProviderAddress``. VSIDs and provider addresses are taken from it; where it does
            not say them they are made up, and the findings and records say so.

    Returns:
        The inventory, and what a policy cannot hold of the resources.

    Raises:
        PolicyError: a file is not JSON, or there is no resource in any.
    """
    losses = Losses()
    store = _stored(sources, losses)
    return _Reading(store, Observed(seen), losses).inventory(), losses.all()


def _stored(sources: Sequence[Source], losses: Losses) -> Store:
    store = Store(losses)
    wrong: list[Finding] = []
    for source in sources:
        try:
            root, replaced = parse(source.name, source.data)
        except PolicyError as error:
            wrong += error.findings
            continue
        for node in replaced:
            losses.add("what stands here has its key twice; the last one counts", node.origin)
        store.add(root, kind_of_file(source.name))
    if not (wrong or len(store)):
        wrong.append(
            Finding(
                message="no resource that a policy is made of is in the files",
                origin=Origin(sources[0].name if sources else "nothing", 0, 0),
                help="give virtualNetworks, networkInterfaces and servers at least",
            )
        )
    if wrong:
        raise PolicyError(tuple(wrong))
    store.report_lost()
    return store


class _Reading:
    """Resources on their way to an inventory."""

    def __init__(self, store: Store, observed: Observed, losses: Losses) -> None:
        self._store = store
        self._observed = observed
        self._losses = losses
        self._networks = read_networks(store, losses)
        self._adapters = read_adapters(
            store,
            self._networks,
            observed,
            losses,
            of_gateways=interfaces_of_gateways(store),
        )
        self._numbered = self._seen_vsids()
        self._vsids: Vsids = number_subnets(
            self._networks, self._numbered, observed.vsids(), store, losses
        )
        self._gateways: Gateways = read_gateways(
            store, self._networks, self._adapters, self._vsids, losses
        )
        self._made_up: frozenset[str] = frozenset()
        self._seen: Mapping[str, HostInventory] = {}

    def inventory(self) -> Inventory:
        """Return what the resources say."""
        self._report_settings()
        hosts = self._hosts()
        opened = list(read_peerings(self._networks, self._store, self._losses))
        routes = routes_of(self._networks, opened, self._vsids, self._store, self._losses)
        routes += self._gateways.routes
        records = self._records(hosts)
        access_lists = read_access_lists(self._store, self._adapters, self._losses)
        if access_lists:
            access_lists += self._open_seats()
        ports = self._ports(hosts)
        own = {ref: _own_table(self._seen.get(ref), records) for ref in hosts}
        # One host carries what all have, one that was not seen to have something else; it is the
        # first, so that of two opinions the other one is the exception.
        carrier = next((ref for ref, table in own.items() if table is None), next(iter(own), ""))
        own[carrier] = own.get(carrier) or records
        return Inventory(
            hosts=tuple(
                replace(
                    hosts[ref],
                    ports=tuple(ports.get(ref, ())),
                    routes=tuple(routes) if ref == carrier else None,
                    records=None if table is None else (*table, *self._peered(table, opened)),
                )
                for ref in dict.fromkeys([carrier, *hosts])
                if ref in hosts
                for table in (own[ref],)
            ),
            datacenter_acls=access_lists,
            networks=tuple((network.name, network.rdid) for network in self._networks),
            profile=Profile.HNVV2,
        )

    def _report_settings(self) -> None:
        for manager in self._store.of(resources.MANAGER):
            report_trouble(manager, "virtual network manager", self._losses)
            protocol = manager.properties.get("networkVirtualizationProtocol")
            if protocol is not None and protocol.word().casefold() != "vxlan":
                self._losses.add(
                    f"the hosts encapsulate with {protocol.word()}, and traces show VXLAN",
                    protocol.origin,
                )
            router = manager.properties.get("distributedRouterState")
            if router is not None and router.word().casefold().startswith("disable"):
                self._losses.add(
                    "the distributed router is disabled, and traces route between subnets",
                    router.origin,
                )
        if not self._adapters:
            self._losses.add(
                "no adapter of a virtual network is among the resources, so no packet can be sent",
                self._store.origin,
                help="give networkInterfaces too",
            )

    def _seen_vsids(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for adapter in self._adapters:
            for ca in adapter.cas:
                record = self._observed.record(adapter.mac, ca)
                if record is not None:
                    found.setdefault(adapter.subnet.ref, []).append(record.vsid)
        return found

    # -----------------------------------------------------------------------------------------
    # Hosts and ports

    def _hosts(self) -> dict[str, HostInventory]:
        wanted: dict[str, Origin] = {}
        unplaced: list[tuple[str, Origin]] = []
        seen: dict[str, list[IPAddress]] = {}
        for adapter in self._adapters:
            origin = adapter.resource.origin
            wanted.setdefault(adapter.server, origin)
            if not adapter.server:
                unplaced.append((f"network interface '{adapter.resource.title}'", origin))
            for ca in adapter.cas:
                record = self._observed.record(adapter.mac, ca)
                if record is not None:
                    seen.setdefault(adapter.server, []).append(record.pa)
        for seat in self._gateways.seats:
            wanted.setdefault(seat.server, seat.gateway.origin)
        self._losses.add_group(
            "the resources do not say where it runs, so it is put on a host 'unplaced'",
            unplaced,
            help="give the answers of GET, which name the server, and not what was PUT",
        )
        reader = HostReader(
            self._store,
            read_provider_subnets(self._store, self._losses),
            self._observed,
            self._losses,
        )
        hosts = reader.read(wanted, seen)
        self._made_up = frozenset(reader.made_up)
        self._seen = reader.seen
        self._report_unmatched()
        return hosts

    def _report_unmatched(self) -> None:
        """Report what hosts were seen to have and the resources do not know of."""
        matched = {host.name for host in self._seen.values()}
        macs = {adapter.mac for adapter in self._adapters}
        macs |= {seat.mac for seat in self._gateways.seats}
        strangers = [host for host in self._observed.hosts if host.name not in matched]
        self._losses.add_group(
            "no server of the resources has this name, so the host is left out",
            [(f"host '{host.name}'", host.origin) for host in strangers],
        )
        routers = {
            first_host(subnet.prefix) for network in self._networks for subnet in network.subnets
        }
        mappings = {
            (record.vsid, record.ca): (f"{record} with {record.mac}", record.origin)
            for host in self._observed.hosts
            for record in host.records or ()
            if record.mac not in macs and record.ca not in routers
        }
        self._losses.add_group(
            "hosts have it, and no network interface of the resources does",
            [*mappings.values()],
        )

    def _ports(self, hosts: Mapping[str, HostInventory]) -> dict[str, list[VmPort]]:
        ports: dict[str, list[VmPort]] = {}
        for adapter in self._adapters:
            settings = "portSettings"
            said = adapter.resource.properties
            ports.setdefault(adapter.server, []).append(
                VmPort(
                    name=adapter.name,
                    network=adapter.network.name,
                    host=hosts[adapter.server].name,
                    vsid=self._vsids[adapter.subnet.ref],
                    mac=adapter.mac,
                    cas=adapter.cas,
                    gateway=adapter.resource.ref in self._gateways.adapters,
                    mac_spoofing=said.flag(settings, "macSpoofingEnabled"),
                    dhcp_guard=said.flag(settings, "dhcpGuardEnabled"),
                    origin=adapter.resource.origin,
                )
            )
        for seat in self._gateways.seats:
            ports.setdefault(seat.server, []).append(
                VmPort(
                    name=seat.name,
                    network=seat.network.name,
                    host=hosts[seat.server].name,
                    vsid=self._vsids[seat.subnet.ref],
                    mac=seat.mac,
                    cas=(seat.ca,),
                    gateway=True,
                    trunk=seat.name,
                    origin=seat.gateway.origin,
                )
            )
        return ports

    def _open_seats(self) -> tuple[DatacenterAcl, ...]:
        """Return entries that unblock the ports of gateways, which no tenant's list is for."""
        return tuple(
            DatacenterAcl(
                name=f"{seat.name}.{direction}DefaultAction",
                action="allow",
                direction=direction,
                priority=LAST,
                vms=Selector(patterns=(f"{seat.network.name}/{seat.name}",)),
                stateful=True,
                origin=seat.gateway.origin,
            )
            for seat in self._gateways.seats
            for direction in (Direction.INBOUND, Direction.OUTBOUND)
        )

    # -----------------------------------------------------------------------------------------
    # Records

    def _records(self, hosts: Mapping[str, HostInventory]) -> list[LookupRecord]:
        found: list[LookupRecord] = []
        for adapter in self._adapters:
            for ca in adapter.cas:
                found.append(self._record(adapter, ca, hosts[adapter.server]))
                if adapter.resource.ref in self._gateways.adapters:
                    found.append(_wildcard(found[-1]))
        for seat in self._gateways.seats:
            found.append(self._seat_record(seat, hosts[seat.server]))
            found.append(_wildcard(found[-1]))
        taken = {(record.vsid, record.ca) for record in found}
        for network in self._networks:
            found += self._routers(network, taken)
        return found

    def _record(self, adapter: Adapter, ca: IPAddress, host: HostInventory) -> LookupRecord:
        seen = self._observed.record(adapter.mac, ca)
        context = [
            "PA made up" if adapter.server in self._made_up and seen is None else "",
            "" if adapter.subnet.ref in self._numbered else "VSID made up",
            adapter.trouble,
        ]
        return LookupRecord(
            ca=ca,
            vsid=self._vsids[adapter.subnet.ref],
            mac=adapter.mac,
            pa=host.addresses[0].address if seen is None else seen.pa,
            vm=adapter.name.partition(":")[0],
            context=", ".join(filter(None, context)),
            origin=adapter.resource.origin,
        )

    def _seat_record(self, seat: Seat, host: HostInventory) -> LookupRecord:
        seen = self._observed.record(seat.mac, seat.ca)
        context = [
            "PA made up" if seat.server in self._made_up and seen is None else "",
            "" if seat.subnet.ref in self._numbered else "VSID made up",
        ]
        return LookupRecord(
            ca=seat.ca,
            vsid=self._vsids[seat.subnet.ref],
            mac=seat.mac,
            pa=host.addresses[0].address if seen is None else seen.pa,
            vm=seat.name,
            context=", ".join(filter(None, context)),
            origin=seat.gateway.origin,
        )

    def _peered(
        self, records: Sequence[LookupRecord], opened: Sequence[Opened]
    ) -> Iterable[LookupRecord]:
        """Yield the records by which a network knows the senders that a peering lets in.

        A receiving host looks for the sender in its own routing domain (RCV-9). No route leads to
        these records: the one of the peering leads to the sender's own subnet.
        """
        for way in opened:
            senders = {self._vsids[subnet.ref] for subnet in way.near.subnets}
            vsid = self._vsids[way.far.subnets[0].ref] if way.far.subnets else 0
            for record in records:
                if not vsid or record.vsid not in senders or not record.names_a_host:
                    continue
                if record.mac != _ROUTER_MAC:
                    context = ", ".join(filter(None, (record.context, "peering")))
                    yield replace(record, vsid=vsid, context=context, origin=way.origin)

    def _routers(
        self, network: Network, taken: set[tuple[int, IPAddress]]
    ) -> Iterable[LookupRecord]:
        """Yield the records of the distributed router's address in each subnet (OBJ-42)."""
        for subnet in network.subnets:
            address = first_host(subnet.prefix)
            vsid = self._vsids[subnet.ref]
            if address is not None and (vsid, address) not in taken:
                yield LookupRecord(
                    ca=address,
                    vsid=vsid,
                    mac=_ROUTER_MAC,
                    pa=_ROUTER_PA,
                    context="distributed router",
                    origin=subnet.resource.origin,
                )


def _own_table(
    seen: HostInventory | None, records: Sequence[LookupRecord]
) -> Sequence[LookupRecord] | None:
    """Return what a host was seen to have in place of ``records``; None where it agrees."""
    if seen is None or not seen.records:
        return None
    by_mac = {(record.mac, record.ca): record for record in seen.records}
    by_vsid = {(record.vsid, record.ca): record for record in seen.records}
    own = []
    for record in records:
        other = by_mac.get((record.mac, record.ca)) or by_vsid.get((record.vsid, record.ca))
        agrees = record.mac == _ROUTER_MAC or other is None or _alike(other, record)
        own.append(record if agrees or other is None else other)
    return None if own == list(records) else own


def _alike(one: LookupRecord, other: LookupRecord) -> bool:
    return (one.vsid, one.mac, one.pa) == (other.vsid, other.mac, other.pa)


def _wildcard(record: LookupRecord) -> LookupRecord:
    return replace(record, ca=_UNSPECIFIED[record.ca.version], type=RecordType.GATEWAY_WILDCARD)
