"""The adapters of VMs: where they run, which subnet they are in, and their addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.addresses import MacAddress
from hnvemu.formats.network_controller import resources
from hnvemu.formats.network_controller.names import Names, plain
from hnvemu.formats.network_controller.networks import address_of, report_trouble
from hnvemu.formats.network_controller.resources import guid_of
from hnvemu.value import value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hnvemu.addresses import IPAddress
    from hnvemu.formats.network_controller.json_tree import Node
    from hnvemu.formats.network_controller.losses import Losses
    from hnvemu.formats.network_controller.networks import Network, Subnet
    from hnvemu.formats.network_controller.observed import Observed
    from hnvemu.formats.network_controller.resources import Resource, Store
    from hnvemu.model.origin import Origin


@value
class Adapter:
    """An adapter of a VM in a virtual network."""

    resource: Resource
    name: str
    network: Network
    subnet: Subnet
    mac: MacAddress
    cas: tuple[IPAddress, ...]
    server: str
    """The reference of the server that it runs on; empty where nobody said it."""
    access_lists: tuple[Node, ...]
    """References of the lists on its addresses."""
    trouble: str


def read_adapters(
    store: Store,
    networks: Sequence[Network],
    observed: Observed,
    losses: Losses,
    *,
    of_gateways: frozenset[str],
) -> tuple[Adapter, ...]:
    """Read the network interfaces that are in a subnet of a virtual network.

    Args:
        store: All resources.
        networks: The virtual networks.
        observed: What hosts were seen to have.
        losses: Where other network interfaces are reported.
        of_gateways: References of those that gateway VMs have, which need be in no such subnet.
    """
    reader = _AdapterReader(store, networks, observed, losses)
    found = [
        reader.read(resource)
        for resource in store.of(resources.ADAPTERS)
        if resource.ref not in of_gateways
    ]
    losses.add_group(
        "the adapter is in a logical network, which HNV does not carry",
        reader.logical,
    )
    return tuple(adapter for adapter in found if adapter is not None)


def mac_of(resource: Resource, losses: Losses) -> MacAddress | None:
    """Read the MAC of a network interface; None, with a loss, where it has none."""
    stated = resource.properties.get("privateMacAddress")
    text = "" if stated is None else stated.word()
    try:
        return MacAddress.parse(text)
    except ValueError:
        losses.add(
            f"network interface '{resource.title}' has no MAC address: '{text}'",
            resource.origin if stated is None else stated.origin,
        )
        return None


class _AdapterReader:
    """What reading one adapter after another needs."""

    def __init__(
        self, store: Store, networks: Sequence[Network], observed: Observed, losses: Losses
    ) -> None:
        self._store = store
        self._observed = observed
        self._losses = losses
        self._subnets = {
            subnet.ref: (network, subnet) for network in networks for subnet in network.subnets
        }
        self._names = {network.ref: Names() for network in networks}
        self.logical: list[tuple[str, Origin]] = []

    def read(self, resource: Resource) -> Adapter | None:
        """Read a network interface; None, with a loss, where it is no port of a virtual network."""
        add, title = self._losses.add, f"network interface '{resource.title}'"
        trouble = report_trouble(resource, "network interface", self._losses)
        mac = mac_of(resource, self._losses)
        if mac is None:
            return None
        place: tuple[Network, Subnet] | None = None
        cas: list[IPAddress] = []
        access_lists: list[Node] = []
        for part in self._store.below(resource, "ipConfigurations"):
            self._report_lost(part, title)
            stated = part.properties.get("subnet")
            ref = self._store.reference(stated, resources.SUBNETS)
            if ref.startswith(f"/{resources.LOGICAL_NETWORKS}/"):
                self.logical.append((title, resource.origin))
                return None
            found = self._subnets.get(ref)
            if stated is None or found is None:
                what = "has no subnet" if stated is None else "is in a subnet that does not exist"
                add(
                    f"address '{part.id}' of {title} {what}",
                    part.origin if stated is None else stated.origin,
                )
                continue
            if place is not None and place[1].ref != found[1].ref:
                add(
                    f"{title} is in two subnets, and a port in one; '{place[1].resource.id}'"
                    " counts",
                    part.origin,
                )
                continue
            place = found
            listed = part.properties.get("accessControlList")
            if listed is not None:
                access_lists.append(listed)
            held = part.properties.get("privateIPAddress")
            if held is None:
                add(f"address '{part.id}' of {title} is not assigned yet", part.origin)
            elif (ca := address_of(held, f"the address of {title}", self._losses)) is not None:
                cas.append(ca)
        if place is None:
            add(f"{title} is in no subnet of a virtual network", resource.origin)
            return None
        label = resource.properties.word("internalDnsNameLabel")
        names = [resource.title, resource.id]
        if resource.title == resource.id and label and guid_of(resource.id):
            names = [label, resource.id]
        network, subnet = place
        name = self._names[network.ref].give_plain(
            *filter(None, [self._observed.name(mac)]), *map(plain, names)
        )
        return Adapter(
            resource=resource,
            name=name,
            network=network,
            subnet=subnet,
            mac=mac,
            cas=tuple(cas),
            server=self._store.reference(resource.properties.get("server"), resources.SERVERS),
            access_lists=tuple(access_lists),
            trouble=trouble,
        )

    def _report_lost(self, part: Resource, title: str) -> None:
        for key, what in (
            ("publicIPAddress", "a public address"),
            ("loadBalancerBackendAddressPools", "a place behind a load balancer"),
            ("loadBalancerInboundNatRules", "an inbound NAT rule"),
            ("serviceInsertion", "a service insertion"),
        ):
            stated = part.properties.get(key)
            if stated is not None:
                self._losses.add(f"{title} has {what}, which is not emulated", stated.origin)
