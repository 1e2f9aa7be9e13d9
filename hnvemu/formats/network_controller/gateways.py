"""Virtual gateways: the seats of gateway VMs in virtual networks, and what they lead to.

A packet's way ends at the gateway VM. Tunnels, tagged networks and NAT behind it are not emulated,
and neither is BGP: of the routes it learns the controller's resources know nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hnvemu.formats.network_controller import resources
from hnvemu.formats.network_controller.adapters import mac_of
from hnvemu.formats.network_controller.names import Names
from hnvemu.formats.network_controller.networks import (
    address_of,
    integer,
    prefix_of,
    report_trouble,
    route,
)
from hnvemu.formats.network_controller.resources import body
from hnvemu.value import value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hnvemu.addresses import IPAddress, MacAddress
    from hnvemu.formats.network_controller.adapters import Adapter
    from hnvemu.formats.network_controller.losses import Losses
    from hnvemu.formats.network_controller.networks import Network, Subnet, Vsids
    from hnvemu.formats.network_controller.resources import Resource, Store
    from hnvemu.model.records import CustomerRoute


@value
class Seat:
    """A gateway VM's port in one virtual network."""

    gateway: Resource
    name: str
    network: Network
    subnet: Subnet
    mac: MacAddress
    ca: IPAddress
    server: str


class Gateways(NamedTuple):
    """What virtual gateways add to virtual networks."""

    seats: tuple[Seat, ...]
    adapters: frozenset[str]
    """References of ordinary adapters that are gateways: those in a gateway's subnet."""
    routes: tuple[CustomerRoute, ...]


class _Hop(NamedTuple):
    """Where a connection's routes lead."""

    network: Network
    subnet: Subnet
    ca: IPAddress


def inside_of(store: Store, gateway: Resource) -> Resource | None:
    """Return the network interface that a gateway VM has on the side of virtual networks."""
    return _interface(store, gateway, "internal")


def interfaces_of_gateways(store: Store) -> frozenset[str]:
    """Return the references of the network interfaces that gateway VMs have."""
    found = (
        _interface(store, gateway, side)
        for gateway in store.of(resources.GATEWAYS)
        for side in ("internal", "external")
    )
    return frozenset(interface.ref for interface in found if interface is not None)


def read_gateways(
    store: Store,
    networks: Sequence[Network],
    adapters: Sequence[Adapter],
    vsids: Vsids,
    losses: Losses,
) -> Gateways:
    """Read the virtual gateways and their connections."""
    return _GatewayReader(store, networks, adapters, losses).read(vsids)


def _interface(store: Store, gateway: Resource, side: str) -> Resource | None:
    held = gateway.properties.get("networkInterfaces")
    if held is None or not isinstance(held.value, dict):
        return None
    for key, stated in held.value.items():
        if key.startswith(side):
            return store.find(stated, resources.ADAPTERS)
    return None


class _GatewayReader:
    """What reading one virtual gateway after another needs."""

    def __init__(
        self,
        store: Store,
        networks: Sequence[Network],
        adapters: Sequence[Adapter],
        losses: Losses,
    ) -> None:
        self._store = store
        self._losses = losses
        self._subnets = {
            subnet.ref: (network, subnet) for network in networks for subnet in network.subnets
        }
        self._residents: dict[str, Adapter] = {}
        for adapter in adapters:
            if adapter.cas:
                self._residents.setdefault(adapter.subnet.ref, adapter)
        names = Names()
        self._names = {
            gateway.ref: names.give(gateway.title, gateway.id)
            for gateway in store.of(resources.GATEWAYS)
        }
        self._seats: dict[tuple[str, str], Seat] = {}
        self._chosen: set[str] = set()

    def read(self, vsids: Vsids) -> Gateways:
        routes: list[CustomerRoute] = []
        for gateway in self._store.of(resources.VIRTUAL_GATEWAYS):
            report_trouble(gateway, "virtual gateway", self._losses)
            places = [
                (stated, self._subnets.get(self._store.reference(stated, resources.SUBNETS)))
                for stated in gateway.properties.each("gatewaySubnets")
            ]
            for stated, found in places:
                if found is None:
                    self._losses.add(
                        f"a subnet of virtual gateway '{gateway.title}' is not among the resources",
                        stated.origin,
                    )
            speakers = list(self._store.below(gateway, resources.BGP_ROUTERS))
            for speaker in speakers:
                if any(speaker.properties.each("bgpPeers")):
                    self._losses.add(
                        f"what BGP router '{speaker.title}' learns from its peers is not known: its"
                        " routes are missing",
                        speaker.origin,
                    )
            place = next((found for _, found in places if found is not None), None)
            connections = list(self._store.below(gateway, resources.CONNECTIONS))
            for connection in connections:
                report_trouble(connection, "network connection", self._losses)
                hop = None if place is None else self._hop(*place, gateway, connection, speakers)
                if hop is not None:
                    routes += self._routes(connection, hop, vsids)
            if place is None and connections:
                self._losses.add(
                    f"virtual gateway '{gateway.title}' is in no subnet, and its connections are"
                    " not imported",
                    gateway.origin,
                )
        return Gateways(tuple(self._seats.values()), frozenset(self._chosen), tuple(routes))

    def _hop(
        self,
        network: Network,
        subnet: Subnet,
        gateway: Resource,
        connection: Resource,
        speakers: Sequence[Resource],
    ) -> _Hop | None:
        resident = self._residents.get(subnet.ref)
        if resident is not None:
            self._chosen.add(resident.resource.ref)
            return _Hop(network, subnet, resident.cas[0])
        served_by = self._served_by(connection)
        inside = None if served_by is None else inside_of(self._store, served_by)
        address = None if inside is None else self._address_of(inside, subnet, speakers)
        if served_by is None or inside is None or address is None:
            if served_by is None:
                missing = "which gateway serves it"
            elif inside is None:
                missing = "the gateway's internal network interface"
            else:
                missing = f"an address of the gateway or its BGP router in {subnet.prefix}"
            self._losses.add(
                f"connection '{connection.title}' of '{gateway.title}' is not imported: the"
                f" resources do not say {missing}",
                connection.origin,
                help="give gateways, networkInterfaces and bgpRouters too",
            )
            return None
        key = served_by.ref, network.ref
        if key not in self._seats:
            mac = mac_of(inside, self._losses)
            if mac is None:
                return None
            self._seats[key] = Seat(
                gateway=served_by,
                name=self._names[served_by.ref],
                network=network,
                subnet=subnet,
                mac=mac,
                ca=address,
                server=self._store.reference(inside.properties.get("server"), resources.SERVERS),
            )
        return _Hop(network, subnet, self._seats[key].ca)

    def _served_by(self, connection: Resource) -> Resource | None:
        """Return the gateway of a connection: the one it names, else the only one there is."""
        stated = connection.properties.get("gateway")
        if stated is not None:
            return self._store.find(stated, resources.GATEWAYS)
        every = list(self._store.of(resources.GATEWAYS))
        return every[0] if len(every) == 1 else None

    def _address_of(
        self, inside: Resource, subnet: Subnet, speakers: Sequence[Resource]
    ) -> IPAddress | None:
        """Return the gateway's address in a subnet: its adapter's, else its BGP router's."""
        stated = [
            address
            for part in self._store.below(inside, "ipConfigurations")
            if (address := part.properties.get("privateIPAddress")) is not None
        ]
        stated += [node for speaker in speakers for node in speaker.properties.each("routerIP")]
        for node in stated:
            found = address_of(node, "the address of a gateway", self._losses)
            if found is not None and found in subnet.prefix:
                return found
        return None

    def _routes(self, connection: Resource, hop: _Hop, vsids: Vsids) -> Iterator[CustomerRoute]:
        for entry in connection.properties.each("routes"):
            said = body(entry)
            prefix = prefix_of(
                said.get("destinationPrefix") or entry,
                f"a route of connection '{connection.title}'",
                self._losses,
            )
            metric = said.get("metric")
            if prefix is not None and prefix.version == hop.ca.version:
                yield route(
                    hop.network,
                    prefix,
                    hop.ca,
                    vsids[hop.subnet.ref],
                    entry.origin,
                    metric=255 if metric is None else integer(metric, 255, self._losses),
                )
