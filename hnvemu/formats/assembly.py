"""Makes a policy of an inventory: what hosts share, and how each of them differs.

What any host says stands in the policy's tables. Of several meanings of one key the one that most
hosts have is the policy's, of equals the first that was said; a host that lacks the key, or has
another meaning of it, gets a view of its own. So one host's stale record shows at once.

Rules of the file: nothing is dropped without a finding; the names of ports are made here and
nowhere else. A reader names a port ``VM`` or ``VM:adapter`` (:func:`port_name`) and selects ports
by these words, with ``host/`` or ``network/`` before them where it knows more.
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from hnvemu.findings import Finding
from hnvemu.formats.inventory import HostInventory, Imported
from hnvemu.model.acl import Firewall
from hnvemu.model.origin import BUILT_IN
from hnvemu.model.policy import HostView, Policy, Profile, RecordKey, RouteKey
from hnvemu.model.provider import Host
from hnvemu.model.records import RecordType, is_unspecified
from hnvemu.model.topology import Selector, VirtualNetwork, VmPort
from hnvemu.value import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence

    from hnvemu.addresses import IPAddress, IPPrefix
    from hnvemu.formats.inventory import Inventory
    from hnvemu.model.acl import (
        DatacenterAcl,
        ExtendedAcl,
        FirewallDefault,
        FirewallRule,
        PortAcl,
    )
    from hnvemu.model.origin import Origin
    from hnvemu.model.records import CustomerRoute, LookupRecord

    Selecting = TypeVar(
        "Selecting", PortAcl, ExtendedAcl, DatacenterAcl, FirewallRule, FirewallDefault
    )

Row = TypeVar("Row")
Key = TypeVar("Key", bound="Hashable")

_MTU = 1500
_OUTSIDE = "not-virtualised"
"""The virtual network of ports that are in none."""
_NAME_SIGNS = {ord(sign): "-" for sign in "/:*?["}
"""What no part of a port's name holds: the first two divide it, the others make globs."""


def policy_of(inventory: Inventory, *, sha256: str = "") -> Imported:
    """Make a policy of what hosts have.

    Args:
        inventory: What was read.
        sha256: The digest of the files that it was read from.
    """
    return _Assembly(inventory).imported(sha256)


def port_name(vm: str, adapter: str = "") -> str:
    """Return the name that a reader gives to an adapter of a VM."""
    parts = [part.translate(_NAME_SIGNS) for part in (vm, adapter) if part]
    return ":".join(parts)


@lru_cache(maxsize=1024)
def rdid_text(text: str) -> str:
    """Return a routing domain's GUID as policies print it: in braces, lower case."""
    return f"{{{text.strip().strip('{}').lower()}}}"


class _Difference(Generic[Key, Row]):
    """How the table of one host differs from the shared one."""

    def __init__(self) -> None:
        self.absent: list[Key] = []
        self.other: list[list[Row]] = []


class _Assembly:
    """One inventory on its way to a policy."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory
        self._losses: list[Finding] = []
        self._hosts = _merged(inventory.hosts)
        self._networks: dict[str, VirtualNetwork] = {}
        """By RDID."""
        self._of_vsid: dict[int, VirtualNetwork] = {}
        self._ports: dict[str, VmPort] = {}
        self._selected: dict[str, list[str]] = {}
        """Names of ports by every word, case folded, that selects them."""

    def imported(self, sha256: str) -> Imported:
        """Return the policy."""
        said = self._inventory
        self._name_networks()
        records, other_records = _shared(
            {host.name: host.records for host in self._hosts if host.records is not None},
            _record_key,
        )
        routes, other_routes = _shared(
            {host.name: host.routes for host in self._hosts if host.routes is not None},
            _route_key,
        )
        routes = [self._placed(route) for route in routes]
        for route in routes:
            # Of two routing domains that carry a VSID the first has it: OBJ-3.
            self._of_vsid.setdefault(route.vsid, self._networks[route.rdid])
        self._cover(records)
        self._make_ports(records)
        policy = Policy(
            name=said.name,
            profile=said.profile,
            hosts={host.name: _host(host) for host in self._hosts},
            networks={network.name: network for network in self._networks.values()},
            ports=self._ports,
            routes=tuple(routes),
            records=tuple(records),
            firewall=Firewall(
                defaults=self._select(said.firewall_defaults, "default of the firewall"),
                rules=self._select(said.firewall_rules, "firewall rule"),
            ),
            port_acls=self._select(said.port_acls, "port ACL"),
            extended_acls=self._select(said.extended_acls, "extended ACL"),
            datacenter_acls=self._select(said.datacenter_acls, "datacenter ACL"),
            views=self._views(other_records, other_routes),
            sha256=sha256,
        )
        return Imported(policy=policy, losses=tuple(self._losses))

    def _lose(self, message: str, origin: Origin, advice: str | None = None) -> None:
        self._losses.append(Finding(message=message, origin=origin, help=advice))

    # -----------------------------------------------------------------------------------------
    # Virtual networks

    def _name_networks(self) -> None:
        """Make the virtual networks: those that have a name, then those that only routes know."""
        names: dict[str, str] = {}
        for name, rdid in self._inventory.networks:
            names.setdefault(rdid_text(rdid), name)
        origins: dict[str, Origin] = {}
        for host in self._hosts:
            for route in host.routes or ():
                origins.setdefault(route.rdid, route.origin)
        known = list(dict.fromkeys([*names, *origins]))
        short = Counter(rdid[1:9] for rdid in known)
        taken: set[str] = set()
        for rdid in known:
            made = f"rd-{rdid[1:9] if short[rdid[1:9]] == 1 else rdid[1:-1]}"
            name = names.get(rdid, "").translate(_NAME_SIGNS) or made.translate(_NAME_SIGNS)
            if name in taken:
                name = f"{name}-{rdid[1:-1].translate(_NAME_SIGNS)}"
            taken.add(name)
            self._networks[rdid] = VirtualNetwork(
                name=name, rdid=rdid, origin=origins.get(rdid, BUILT_IN)
            )

    def _placed(self, route: CustomerRoute) -> CustomerRoute:
        network = self._networks[route.rdid]
        return route if route.network == network.name else replace(route, network=network.name)

    def _cover(self, records: Iterable[LookupRecord]) -> None:
        """Make up a virtual network for every VSID that is in use and no route carries."""
        for record in records:
            if record.vsid not in self._of_vsid:
                self._make_up(record.vsid, record.origin)

    def _make_up(self, vsid: int, origin: Origin) -> VirtualNetwork:
        name = f"vsid-{vsid}" if vsid else _OUTSIDE
        network = VirtualNetwork(
            name=name, rdid=f"{{00000000-0000-0000-0000-{vsid:012d}}}", origin=origin
        )
        self._networks[network.rdid] = self._of_vsid[vsid] = network
        if vsid:
            self._lose(
                f"no customer route carries VSID {vsid}: its routing domain is unknown",
                origin,
                "import the customer routes too: Get-NetVirtualizationCustomerRoute",
            )
        return network

    # -----------------------------------------------------------------------------------------
    # Ports

    def _make_ports(self, records: Sequence[LookupRecord]) -> None:
        wildcards = set()
        addresses: dict[tuple[int, int], dict[IPAddress, None]] = {}
        vsids: dict[int, int] = {}
        is_2012 = self._inventory.profile is Profile.WS2012
        for record in records:
            blank = is_unspecified(record.ca)
            # Before record types existed, an unspecified CA alone made the wildcard.
            if record.type is RecordType.GATEWAY_WILDCARD or (is_2012 and blank):
                wildcards.add((record.vsid, record.mac))
            elif record.names_a_host and not blank:
                addresses.setdefault((record.vsid, record.mac), {})[record.ca] = None
                vsids.setdefault(record.mac, record.vsid)
        drafts = []
        for port in self._each_port(records):
            key = port.vsid, port.mac
            network = self._network_of(port, vsids)
            drafts.append(
                replace(
                    port,
                    network=network.name,
                    cas=port.cas or tuple(addresses.get(key, ())),
                    gateway=port.gateway or key in wildcards,
                )
            )
        self._name_ports(drafts)

    def _each_port(self, records: Sequence[LookupRecord]) -> Iterator[VmPort]:
        """Yield the ports that hosts have; of a host that named none, those its PAs stand for."""
        silent: dict[IPAddress, str] = {}
        for host in self._hosts:
            for port in host.ports:
                yield port if port.host == host.name else replace(port, host=host.name)
            if not host.ports:
                silent |= {held.address: host.name for held in host.addresses}
        if not silent:
            return
        made: set[tuple[str, int, int]] = set()
        for record in records:
            host_name = silent.get(record.pa)
            if host_name is None or not record.names_a_host or is_unspecified(record.ca):
                continue
            key = host_name, record.vsid, record.mac
            if key not in made:
                made.add(key)
                yield VmPort(
                    name=port_name(record.vm or str(record.mac)),
                    network="",
                    host=host_name,
                    vsid=record.vsid,
                    mac=record.mac,
                    origin=record.origin,
                )

    def _network_of(self, port: VmPort, vsids: Mapping[int, int]) -> VirtualNetwork:
        """Find the virtual network by its name or RDID, by the VSID, or by the MAC's records."""
        if port.network:
            found = self._networks.get(rdid_text(port.network))
            for network in self._networks.values():
                if found is None and network.name == port.network:
                    found = network
            if found is not None:
                return found
            self._lose(
                f"there is no virtual network '{port.network}' for the adapter '{port.name}'",
                port.origin,
            )
        # A port outside of HNV is listed where its MAC is expected: that is the mistake to see.
        vsid = port.vsid or vsids.get(port.mac, 0)
        return self._of_vsid.get(vsid) or self._make_up(vsid, port.origin)

    def _name_ports(self, drafts: Sequence[VmPort]) -> None:
        """Name the ports: adapters are named only where a VM has several in a virtual network."""
        adapters: dict[tuple[str, str, str], set[tuple[str, int]]] = {}
        for port in drafts:
            vm, _, adapter = _own_name(port).partition(":")
            # The seats of a multi-tenant gateway have one name, whatever network they are in.
            for network in {port.network, "" if port.trunk else port.network}:
                key = port.host, network, vm
                adapters.setdefault(key, set()).add((adapter, port.mac))
        seats = Counter(_seat(port) for port in drafts if port.trunk)
        for port in drafts:
            own = _own_name(port)
            vm, _, adapter = own.partition(":")
            several = len(adapters[port.host, port.network, vm]) > 1 or (
                port.trunk and len(adapters[port.host, "", vm]) > 1
            )
            short = own if several and adapter else vm
            seat = f":{port.vsid}" if port.trunk and seats[_seat(port)] > 1 else ""
            name = self._free(f"{port.network}/{short}{seat}", port.host)
            self._ports[name] = replace(port, name=name, trunk=short if port.trunk else "")
            for word in (own, vm, short, str(port.mac)):
                for prefix in ("", f"{port.host}/", f"{port.network}/"):
                    names = self._selected.setdefault(f"{prefix}{word}".casefold(), [])
                    if name not in names:
                        names.append(name)

    def _free(self, name: str, host: str) -> str:
        """Return a name that no port has: a VM of another host has its host's name behind it."""
        taken = self._ports.get(name)
        if taken is not None and taken.host != host:
            vm, colon, adapter = name.partition(":")
            name = f"{vm}-{host.translate(_NAME_SIGNS)}{colon}{adapter}"
        number, free = 2, name
        while free in self._ports:
            free = f"{name}-{number}"
            number += 1
        return free

    # -----------------------------------------------------------------------------------------
    # Access control lists

    def _select(self, entries: Iterable[Selecting], noun: str) -> tuple[Selecting, ...]:
        """Put the full names of ports in place of the words of the readers."""
        kept: list[Selecting] = []
        for entry in entries:
            if entry.vms.patterns is None:
                kept.append(entry)
                continue
            names: dict[str, None] = {}
            for word in entry.vms.patterns:
                found = self._selected.get(word.casefold())
                if found is None:
                    self._lose(f"a {noun} is for '{word}', and there is no such VM", entry.origin)
                names |= dict.fromkeys(found or ())
            if names:
                kept.append(replace(entry, vms=Selector(patterns=tuple(names))))
        return tuple(kept)

    # -----------------------------------------------------------------------------------------
    # Views

    def _views(
        self,
        records: Mapping[str, _Difference[RecordKey, LookupRecord]],
        routes: Mapping[str, _Difference[_RouteKey, CustomerRoute]],
    ) -> dict[str, HostView]:
        views = {}
        for host in self._hosts:
            other = records.get(host.name, _Difference())
            unrouted = routes.get(host.name, _Difference())
            for group in unrouted.other:
                self._differing_route(host.name, group)
            if other.absent or other.other or unrouted.absent:
                views[host.name] = HostView(
                    host=host.name,
                    without_lookup_records=tuple(other.absent),
                    without_customer_routes=tuple(
                        RouteKey(self._networks[key.rdid].name, key.prefix)
                        for key in unrouted.absent
                    ),
                    lookup_records=tuple(record for group in other.other for record in group),
                    origin=host.origin,
                )
        return views

    def _differing_route(self, host: str, group: Sequence[CustomerRoute]) -> None:
        """Report what no view can say: a view takes routes away, and has none of its own."""
        said = ", ".join(map(str, group))
        self._lose(
            f"host '{host}' has another {said} than the others, and a policy has one for all",
            group[0].origin,
            "traces take the route that most hosts have",
        )


class _RouteKey(NamedTuple):
    rdid: str
    prefix: IPPrefix


def _record_key(record: LookupRecord) -> RecordKey:
    return RecordKey(record.vsid, record.ca)


def _route_key(route: CustomerRoute) -> _RouteKey:
    return _RouteKey(route.rdid, route.prefix)


def _shared(
    tables: Mapping[str, Sequence[Row]], key_of: Callable[[Row], Key]
) -> tuple[list[Row], dict[str, _Difference[Key, Row]]]:
    """Return the rows that hosts share, and by host how it differs from them."""
    first = next(iter(tables.values()), ())
    if all(rows == first for rows in tables.values()):
        return [*first], {}
    grouped: list[dict[Key, list[Row]]] = []
    for rows in tables.values():
        groups: dict[Key, list[Row]] = {}
        for row in rows:
            groups.setdefault(key_of(row), []).append(row)
        grouped.append(groups)
    differences: dict[str, _Difference[Key, Row]] = {name: _Difference() for name in tables}
    shared: list[Row] = []
    for key in dict.fromkeys(key for groups in grouped for key in groups):
        said = [groups.get(key) for groups in grouped]
        chosen = _most_said([group for group in said if group is not None])
        shared += chosen
        for group, difference in zip(said, differences.values(), strict=True):
            if group is None:
                difference.absent.append(key)
            elif not _alike(group, chosen):
                difference.other.append(group)
    return shared, differences


def _most_said(groups: list[list[Row]]) -> list[Row]:
    """Return what most hosts say; of equals, what was said first."""
    first = groups[0]
    others = [group for group in groups if not _alike(group, first)]
    if 2 * len(others) <= len(groups):
        return first
    return max(groups, key=lambda group: sum(_alike(group, other) for other in groups))


def _alike(one: list[Row], other: list[Row]) -> bool:
    return one == other or (len(one) == len(other) > 1 and set(one) == set(other))


def _merged(hosts: Iterable[HostInventory]) -> list[HostInventory]:
    """Join what several files say about one host; Windows does not tell names apart by case."""
    merged: dict[str, HostInventory] = {}
    for host in hosts:
        if any(route.rdid != rdid_text(route.rdid) for route in host.routes or ()):
            host = replace(host, routes=tuple(map(_with_plain_rdid, host.routes or ())))
        name = host.name.casefold()
        known = merged.get(name)
        merged[name] = host if known is None else _joined(known, host)
    return list(merged.values())


def _joined(known: HostInventory, more: HostInventory) -> HostInventory:
    return HostInventory(
        name=known.name,
        addresses=_once([*known.addresses, *more.addresses]),
        provider_routes=_once([*known.provider_routes, *more.provider_routes]),
        routes=_both(known.routes, more.routes),
        records=_both(known.records, more.records),
        ports=known.ports + more.ports,
        mtu=more.mtu if known.mtu is None else known.mtu,
        use_external_router=known.use_external_router or more.use_external_router,
        origin=known.origin,
    )


def _with_plain_rdid(route: CustomerRoute) -> CustomerRoute:
    return replace(route, rdid=rdid_text(route.rdid))


def _both(one: tuple[Row, ...] | None, other: tuple[Row, ...] | None) -> tuple[Row, ...] | None:
    if one is None or other is None:
        return other if one is None else one
    return _once([*one, *other])


def _once(rows: Iterable[Row]) -> tuple[Row, ...]:
    return tuple(dict.fromkeys(rows))


def _host(host: HostInventory) -> Host:
    return Host(
        name=host.name,
        addresses=host.addresses,
        routes=host.provider_routes,
        mtu=_MTU if host.mtu is None else host.mtu,
        use_external_router=host.use_external_router,
        origin=host.origin,
    )


def _own_name(port: VmPort) -> str:
    """Return the name that the reader gave: of a multi-tenant gateway, that of its adapter."""
    return (port.trunk or port.name).rpartition("/")[2] or str(port.mac)


def _seat(port: VmPort) -> tuple[str, str, str, int]:
    return port.host, port.network, port.trunk, port.mac
