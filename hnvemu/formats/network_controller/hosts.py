"""Servers, and the addresses that they have in the provider network.

The controller's resources say which addresses may be given out, and not which server has which.
"""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING

from hnvemu.addresses import parse_address, synthetic_mac
from hnvemu.formats.inventory import HostInventory
from hnvemu.formats.network_controller import resources
from hnvemu.formats.network_controller.names import Names
from hnvemu.formats.network_controller.networks import (
    address_of,
    integer,
    prefix_of,
    report_trouble,
)
from hnvemu.formats.network_controller.resources import body, guid_of
from hnvemu.model.provider import ProviderAddress, ProviderRoute
from hnvemu.value import value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hnvemu.addresses import IPAddress, IPPrefix
    from hnvemu.formats.network_controller.losses import Losses
    from hnvemu.formats.network_controller.observed import Observed
    from hnvemu.formats.network_controller.resources import Resource, Store
    from hnvemu.model.origin import Origin

UNPLACED = "unplaced"
"""The host of adapters that run nowhere."""
_NOWHERE = "198.18.0.0/15"  # RFC 2544: no network in use has it


@value
class ProviderSubnet:
    """A subnet of the provider network, and what may be given out of it."""

    ref: str
    prefix: IPPrefix
    vlan: int
    pools: tuple[tuple[IPAddress, IPAddress], ...]
    routes: tuple[ProviderRoute, ...]
    origin: Origin


def read_provider_subnets(store: Store, losses: Losses) -> tuple[ProviderSubnet, ...]:
    """Read the logical networks that carry virtual networks."""
    found = []
    for network in store.of(resources.LOGICAL_NETWORKS):
        if not network.properties.flag("networkVirtualizationEnabled"):
            continue
        report_trouble(network, "logical network", losses)
        for part in store.below(network, resources.SUBNETS):
            subnet = _provider_subnet(store, part, losses)
            if subnet is not None:
                found.append(subnet)
    return tuple(found)


class HostReader:
    """Reads servers, and gives each an address."""

    def __init__(
        self,
        store: Store,
        subnets: Sequence[ProviderSubnet],
        observed: Observed,
        losses: Losses,
    ) -> None:
        self._store = store
        self._subnets = subnets
        self._observed = observed
        self._losses = losses
        self._names = Names()
        self._free: dict[str, Iterator[IPAddress]] = {}
        self._made_up: list[tuple[str, Origin]] = []
        self._unknown: list[tuple[str, Origin]] = []
        self.made_up: set[str] = set()
        """References of servers whose address was made up."""
        self.seen: dict[str, HostInventory] = {}
        """What was seen on servers, by their reference."""
        self._taken = {address.address for host in observed.hosts for address in host.addresses} | {
            route.next_hop
            for subnet in subnets
            for route in subnet.routes
            if route.next_hop is not None
        }

    def read(
        self, wanted: Mapping[str, Origin], seen: Mapping[str, Iterable[IPAddress]]
    ) -> dict[str, HostInventory]:
        """Return the hosts by the reference of their server.

        Args:
            wanted: Servers that adapters run on, and where that is said; an empty reference
                means that nobody said which.
            seen: Addresses that other hosts reach the adapters of a server at.
        """
        for reached in seen.values():
            self._taken.update(reached)
        hosts = {}
        for server in self._store.of(resources.SERVERS):
            report_trouble(server, "server", self._losses)
            hosts[server.ref] = self._host(server, seen.get(server.ref, ()))
        for ref, origin in wanted.items():
            if ref in hosts:
                continue
            name = self._names.give(ref.rpartition("/")[2] if ref else UNPLACED)
            if ref:
                self._unknown.append((f"server '{name}'", origin))
            addresses, routes = self._addresses(ref, name, seen.get(ref, ()), None, origin)
            hosts[ref] = HostInventory(
                name=name, addresses=addresses, provider_routes=routes, origin=origin
            )
        self._losses.add_group("the server is not among the resources", self._unknown)
        self._losses.add_group(
            "the provider address is made up, because Network Controller does not tell it",
            self._made_up,
            help="give the output of Get-ProviderAddress or Get-PACAMapping from the hosts too",
        )
        return hosts

    def _host(self, server: Resource, seen: Iterable[IPAddress]) -> HostInventory:
        called = list(_names_of(server))
        known = self._observed.host(frozenset(name.casefold() for name in called))
        name = self._names.give(*called)
        if known is not None:
            self.seen[server.ref] = known
        if known is not None and known.addresses:
            addresses = known.addresses
            routes = known.provider_routes or self._routes_for(addresses)
        else:
            addresses, routes = self._addresses(server.ref, name, seen, server, server.origin)
        return HostInventory(
            name=name,
            addresses=addresses,
            provider_routes=routes,
            mtu=None if known is None else known.mtu,
            origin=server.origin,
        )

    def _addresses(
        self,
        ref: str,
        name: str,
        seen: Iterable[IPAddress],
        server: Resource | None,
        origin: Origin,
    ) -> tuple[tuple[ProviderAddress, ...], tuple[ProviderRoute, ...]]:
        found = []
        for address in dict.fromkeys(seen):
            subnet = next((s for s in self._subnets if address in s.prefix), None)
            prefix = ip_network(address) if subnet is None else subnet.prefix
            vlan = 0 if subnet is None else subnet.vlan
            found.append(_address(address, prefix, vlan, origin))
        if not found:
            self.made_up.add(ref)
            found.append(self._make_up(name, self._subnet_for(server), origin))
        return tuple(found), self._routes_for(tuple(found))

    def _routes_for(self, addresses: tuple[ProviderAddress, ...]) -> tuple[ProviderRoute, ...]:
        held = {address.prefix for address in addresses}
        routes = [route for s in self._subnets if s.prefix in held for route in s.routes]
        return tuple(dict.fromkeys(routes))

    def _subnet_for(self, server: Resource | None) -> ProviderSubnet | None:
        """Return the provider subnet that one of the server's adapters is in, else the first."""
        stated = set()
        for nic in () if server is None else server.properties.each("networkInterfaces"):
            for part in body(nic).each("logicalSubnets"):
                stated.add(self._store.reference(part, resources.SUBNETS))
        usable = (subnet for subnet in self._subnets if subnet.ref in stated)
        return next(usable, self._subnets[0] if self._subnets else None)

    def _make_up(self, name: str, subnet: ProviderSubnet | None, origin: Origin) -> ProviderAddress:
        ref, vlan = ("", 0) if subnet is None else (subnet.ref, subnet.vlan)
        prefix = ip_network(_NOWHERE) if subnet is None else subnet.prefix
        if ref not in self._free:
            self._free[ref] = _candidates(prefix, () if subnet is None else subnet.pools)
        address = next((a for a in self._free[ref] if a not in self._taken), None)
        if address is None:
            self._losses.add(
                f"the address pool of {prefix} has no address left for host '{name}'",
                origin if subnet is None else subnet.origin,
            )
            return self._make_up(name, None, origin)
        self._taken.add(address)
        self._made_up.append((f"{address} of host '{name}'", origin))
        return _address(address, prefix, vlan, origin)


def _provider_subnet(store: Store, part: Resource, losses: Losses) -> ProviderSubnet | None:
    said = part.properties
    prefix = prefix_of(said.get("addressPrefix") or part.node, f"subnet '{part.id}'", losses)
    if prefix is None:
        return None
    pools = []
    for pool in store.below(part, "ipPools"):
        ends = []
        for key in ("startIPAddress", "endIPAddress"):
            stated = pool.properties.get(key)
            end = address_of(stated or pool.node, f"an end of pool '{pool.id}'", losses)
            if end is not None:
                ends.append(end)
        if len(ends) == 2 and ends[0].version == ends[1].version == prefix.version:
            pools.append((ends[0], ends[1]))
    everything = ip_network("0.0.0.0/0" if prefix.version == 4 else "::/0")
    routes = []
    for gateway in said.each("defaultGateways"):
        hop = address_of(gateway, f"a default gateway of subnet '{part.id}'", losses)
        if hop is not None and hop.version == prefix.version:
            routes.append(ProviderRoute(prefix=everything, next_hop=hop, origin=gateway.origin))
    for entry in said.each("routes"):
        stated = body(entry).get("destinationPrefix") or entry
        to = prefix_of(stated, "a provider route", losses)
        via = body(entry).get("nextHop") or entry
        hop = address_of(via, "the next hop of a provider route", losses)
        if to is not None and hop is not None and hop.version == to.version:
            routes.append(ProviderRoute(prefix=to, next_hop=hop, origin=entry.origin))
    vlan = said.get("vlanID")
    number = 0 if vlan is None else integer(vlan, 0, losses)
    return ProviderSubnet(
        ref=part.ref,
        prefix=prefix,
        vlan=number if number < 4096 else 0,
        pools=tuple(pools),
        routes=tuple(routes),
        origin=part.origin,
    )


def _candidates(
    prefix: IPPrefix, pools: Iterable[tuple[IPAddress, IPAddress]]
) -> Iterator[IPAddress]:
    for first, last in pools:
        for number in range(int(first), int(last) + 1):
            yield type(first)(number)
    if not pools:
        yield from prefix.hosts()


def _address(address: IPAddress, prefix: IPPrefix, vlan: int, origin: Origin) -> ProviderAddress:
    return ProviderAddress(
        address=address,
        prefix=prefix,
        mac=synthetic_mac(address),
        vlan=vlan,
        origin=origin,
    )


def _names_of(server: Resource) -> Iterator[str]:
    """Yield what a server is called, the best name first."""
    managed = [
        address.word()
        for connection in server.properties.each("connections")
        for address in connection.each("managementAddresses")
    ]
    hosts = [name.partition(".")[0] for name in managed if not _is_address(name)]
    named = server.node.word("resourceMetadata", "resourceName")
    if guid_of(server.id):
        yield from filter(None, (named, *hosts))
    yield server.id
    yield from filter(None, (named, *hosts, *managed))


def _is_address(text: str) -> bool:
    try:
        parse_address(text)
    except ValueError:
        return False
    return True
