"""Virtual networks, their subnets, and what leads from one subnet to another.

Rules of the file: a subnet's routes are the routing domain's, because the switch has no tables of
subnets. What would reach further than the controller says is a loss and not a route.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias
from uuid import NAMESPACE_URL, uuid5

from hnvemu.addresses import parse_address, parse_prefix
from hnvemu.findings import Note
from hnvemu.formats.network_controller import resources
from hnvemu.formats.network_controller.names import Names
from hnvemu.formats.network_controller.resources import guid_of
from hnvemu.model.records import CustomerRoute
from hnvemu.value import value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hnvemu.addresses import IPAddress, IPPrefix
    from hnvemu.formats.network_controller.json_tree import Node
    from hnvemu.formats.network_controller.losses import Losses
    from hnvemu.formats.network_controller.resources import Resource, Store
    from hnvemu.model.origin import Origin

_SYSTEM, _USER = 255, 100
"""Metrics: of two routes to one prefix a user's wins."""
_FIRST_VSID, _LAST_VSID = 4096, 16777214

Vsids: TypeAlias = "Mapping[str, int]"
"""VSIDs by the reference of their subnets."""


@value
class Subnet:
    """A subnet of a virtual network."""

    resource: Resource
    network: str
    """The reference of its network."""
    prefix: IPPrefix

    @property
    def ref(self) -> str:
        """What refers to it."""
        return self.resource.ref


@value
class Network:
    """A virtual network."""

    resource: Resource
    name: str
    rdid: str
    prefixes: tuple[IPPrefix, ...]
    """Its address space."""
    subnets: tuple[Subnet, ...]

    @property
    def ref(self) -> str:
        """What refers to it."""
        return self.resource.ref

    def subnet_of(self, address: IPAddress) -> Subnet | None:
        """Return the subnet that an address lies in."""
        return next((found for found in self.subnets if address in found.prefix), None)

    def prefix_in(self, prefix: IPPrefix) -> Subnet | None:
        """Return the subnet that a whole prefix lies in."""
        return next((s for s in self.subnets if _within(prefix, s.prefix)), None)


class Opened(NamedTuple):
    """A way from one virtual network to another that a peering opens."""

    near: Network
    far: Network
    origin: Origin


def read_networks(store: Store, losses: Losses) -> tuple[Network, ...]:
    """Read the virtual networks and their subnets."""
    names = Names()
    found = []
    for resource in store.of(resources.NETWORKS):
        report_trouble(resource, "virtual network", losses)
        rdid = guid_of(resource.node.word("instanceId")) or guid_of(resource.id)
        if not rdid:
            rdid = f"{{{uuid5(NAMESPACE_URL, resource.ref)}}}"
            losses.add(
                f"virtual network '{resource.title}' has no instanceId: its RDID {rdid} is made up",
                resource.origin,
            )
        space = [*resource.properties.each("addressSpace", "addressPrefixes")]
        subnets = []
        for part in store.below(resource, resources.SUBNETS):
            stated = part.properties.get("addressPrefix") or part.node
            prefix = prefix_of(stated, f"subnet '{part.id}'", losses)
            if prefix is not None:
                subnets.append(Subnet(resource=part, network=resource.ref, prefix=prefix))
        found.append(
            Network(
                resource=resource,
                name=names.give(resource.title, resource.id),
                rdid=rdid,
                prefixes=tuple(
                    prefix
                    for node in space
                    if (prefix := prefix_of(node, "an address space", losses)) is not None
                ),
                subnets=tuple(subnets),
            )
        )
    return tuple(found)


def number_subnets(
    networks: Iterable[Network],
    seen: Mapping[str, Sequence[int]],
    taken: frozenset[int],
    store: Store,
    losses: Losses,
) -> dict[str, int]:
    """Return the VSID of each subnet: the one that hosts have, else one that is made up.

    Args:
        networks: All virtual networks.
        seen: The VSIDs that hosts have for the adapters of a subnet, by its reference.
        taken: VSIDs that are in use.
        store: Where the range of VSIDs stands, if anywhere.
        losses: Where what was made up is reported.
    """
    manager = next(store.of(resources.MANAGER), None)
    start = None if manager is None else manager.properties.get("virtualSubnetIdRange", "startId")
    first = integer(start, _FIRST_VSID, losses) if start is not None else _FIRST_VSID
    if not _FIRST_VSID <= first <= _LAST_VSID:
        first = _FIRST_VSID
    free = (number for number in range(first, _LAST_VSID + 1) if number not in taken)
    found: dict[str, int] = {}
    made_up = []
    for network in networks:
        for subnet in network.subnets:
            known = seen.get(subnet.ref, ())
            if len(set(known)) > 1:
                several = ", ".join(map(str, sorted(set(known))))
                losses.add(
                    f"hosts have the adapters of subnet '{subnet.resource.id}' in the VSIDs"
                    f" {several}; the first one seen counts",
                    subnet.resource.origin,
                )
            if known:
                found[subnet.ref] = known[0]
            else:
                found[subnet.ref] = number = next(free, _LAST_VSID)
                title = f"VSID {number} of subnet '{network.name}/{subnet.resource.id}'"
                made_up.append((title, subnet.resource.origin))
    losses.add_group(
        "the VSID is made up, because Network Controller does not tell it",
        made_up,
        help="give the output of Get-PACAMapping from the hosts too",
    )
    return found


def routes_of(
    networks: Sequence[Network],
    opened: Sequence[Opened],
    vsids: Vsids,
    store: Store,
    losses: Losses,
) -> list[CustomerRoute]:
    """Return the routes of all virtual networks: to subnets, then of peerings, then of users."""
    # A VSID belongs to the routing domain that lists it first (OBJ-3): its own.
    found = [
        route(network, subnet.prefix, None, vsids[subnet.ref], subnet.resource.origin)
        for network in networks
        for subnet in network.subnets
    ]
    for way in opened:
        found += (
            route(way.near, subnet.prefix, None, vsids[subnet.ref], way.origin)
            for subnet in way.far.subnets
        )
    for network in networks:
        found += _user_routes(network, vsids, store, losses)
    return found


def route(
    network: Network,
    prefix: IPPrefix,
    next_hop: IPAddress | None,
    vsid: int,
    origin: Origin,
    *,
    metric: int = _SYSTEM,
) -> CustomerRoute:
    """Return a route of a virtual network."""
    return CustomerRoute(
        rdid=network.rdid,
        prefix=prefix,
        next_hop=next_hop,
        vsid=vsid,
        metric=metric,
        network=network.name,
        origin=origin,
    )


def read_peerings(networks: Sequence[Network], store: Store, losses: Losses) -> Iterator[Opened]:
    """Yield the ways that peerings open: from each side to the other one's subnets, no further."""
    by_ref = {network.ref: network for network in networks}
    stated: dict[tuple[str, str], Resource] = {}
    for network in networks:
        for peering in store.below(network.resource, resources.PEERINGS):
            remote = peering.properties.get("remoteVirtualNetwork")
            ref = store.reference(remote, resources.NETWORKS)
            if ref in by_ref:
                stated[network.ref, ref] = peering
            else:
                losses.add(
                    f"peering '{peering.id}' of '{network.name}' leads to a virtual network that"
                    " is not among the resources",
                    peering.origin,
                )
    for (near, far), peering in stated.items():
        mine, theirs = by_ref[near], by_ref[far]
        for flag in ("allowForwardedTraffic", "allowGatewayTransit", "useRemoteGateways"):
            if peering.properties.flag(flag):
                losses.add(
                    f"'{flag}' of peering '{peering.id}' is not emulated: the peering opens the"
                    " way between the subnets of both networks alone",
                    peering.origin,
                )
        if (far, near) not in stated:
            losses.add(
                f"peering '{peering.id}' of '{mine.name}' opens nothing, because '{theirs.name}'"
                " has no peering back",
                peering.origin,
                notes=(Note(f"'{theirs.name}' is here", theirs.resource.origin),),
            )
        elif not peering.properties.flag("allowVirtualNetworkAccess"):
            losses.add(
                f"peering '{peering.id}' of '{mine.name}' does not allow access, so no route leads"
                f" to '{theirs.name}'",
                peering.origin,
            )
        elif any(a.prefix.overlaps(b.prefix) for a in mine.subnets for b in theirs.subnets):
            losses.add(
                f"'{mine.name}' and '{theirs.name}' have subnets that overlap, so peering"
                f" '{peering.id}' opens nothing",
                peering.origin,
            )
        else:
            yield Opened(near=mine, far=theirs, origin=peering.origin)


def _user_routes(
    network: Network, vsids: Vsids, store: Store, losses: Losses
) -> Iterator[CustomerRoute]:
    """Yield the routes of route tables, where the whole network can have them."""
    wanted: dict[IPPrefix, list[tuple[Subnet, Resource, str]]] = {}
    for subnet in network.subnets:
        stated = subnet.resource.properties.get("routeTable")
        if stated is None:
            continue
        table = store.find(stated, resources.ROUTE_TABLES)
        if table is None:
            losses.add(
                f"the route table of subnet '{subnet.resource.id}' is not among the resources",
                stated.origin,
            )
            continue
        for entry in store.below(table, "routes"):
            prefix = prefix_of(
                entry.properties.get("addressPrefix") or entry.node, f"route '{entry.id}'", losses
            )
            if prefix is not None:
                kind = entry.properties.word("nextHopType").casefold()
                meaning = f"{kind} {entry.properties.word('nextHopIpAddress')}"
                wanted.setdefault(prefix, []).append((subnet, entry, meaning))
    for prefix, uses in wanted.items():
        entry = uses[0][1]
        if len({meaning for _, _, meaning in uses}) > 1:
            losses.add(
                f"subnets of '{network.name}' lead {prefix} to different next hops, and routes"
                " belong to whole virtual networks here: none of them is imported",
                entry.origin,
                notes=tuple(Note(f"'{s.resource.id}' here", e.origin) for s, e, _ in uses[1:6]),
            )
            continue
        having = {subnet.ref for subnet, _, _ in uses}
        others = [s.resource.id for s in network.subnets if s.ref not in having]
        inside = any(prefix.overlaps(subnet.prefix) for subnet in network.subnets)
        outside_only = not inside or all(
            _within(subnet.prefix, prefix) and subnet.prefix != prefix for subnet in network.subnets
        )
        if others and not outside_only:
            losses.add(
                f"route '{entry.id}' to {prefix} is not imported: routes belong to whole virtual"
                f" networks here, and {_list(others)} of '{network.name}' would take it too",
                entry.origin,
            )
            continue
        made = _user_route(network, prefix, entry, vsids, losses)
        if made is None:
            continue
        if others:
            losses.add(
                f"route '{entry.id}' to {prefix} belongs to all of '{network.name}' here, so"
                f" {_list(others)} take it too, and there they do not",
                entry.origin,
            )
        yield made


def _user_route(
    network: Network, prefix: IPPrefix, entry: Resource, vsids: Vsids, losses: Losses
) -> CustomerRoute | None:
    kind = entry.properties.word("nextHopType")
    match kind.casefold():
        case "virtualappliance":
            stated = entry.properties.get("nextHopIpAddress") or entry.node
            hop = address_of(stated, f"the next hop of route '{entry.id}'", losses)
            subnet = None if hop is None else network.subnet_of(hop)
            if hop is not None and subnet is None:
                losses.add(
                    f"the next hop {hop} of route '{entry.id}' lies in no subnet of"
                    f" '{network.name}'",
                    stated.origin,
                )
        case "vnetlocal":
            hop, subnet = None, network.prefix_in(prefix)
            if subnet is None:
                losses.add(
                    f"route '{entry.id}' leaves {prefix} in '{network.name}', and no subnet there"
                    " has all of it",
                    entry.origin,
                )
        case _:
            losses.add(
                f"route '{entry.id}' leads {prefix} to '{kind}', and customer routes lead to"
                " addresses in a virtual subnet alone",
                entry.origin,
            )
            return None
    if subnet is None:
        return None
    return route(network, prefix, hop, vsids[subnet.ref], entry.origin, metric=_USER)


def report_trouble(resource: Resource, noun: str, losses: Losses) -> str:
    """Report what the controller says is wrong with a resource, and return it."""
    trouble = resource.trouble
    if trouble:
        losses.add(
            f"Network Controller says of {noun} '{resource.title}': {trouble}", _place(resource)
        )
    return trouble


def prefix_of(node: Node, noun: str, losses: Losses) -> IPPrefix | None:
    """Read a prefix; None, with a loss, where there is none."""
    text = node.word()
    try:
        return parse_prefix(text)
    except ValueError:
        losses.add(f"{noun} has no prefix: '{text}'", node.origin)
        return None


def address_of(node: Node, noun: str, losses: Losses) -> IPAddress | None:
    """Read an address; None, with a loss, where there is none."""
    text = node.word()
    try:
        return parse_address(text)
    except ValueError:
        losses.add(f"{noun} is no IP address: '{text}'", node.origin)
        return None


def integer(node: Node, default: int, losses: Losses) -> int:
    """Read a number that fits into 32 bits, and that may be written as text."""
    text = node.word()
    if text.isascii() and text.isdigit() and len(text) < 11:
        return int(text)
    losses.add(f"'{text}' is no number; {default} is taken", node.origin)
    return default


def _place(resource: Resource) -> Origin:
    found = resource.properties.get("configurationState", "status")
    return resource.origin if found is None else found.origin


def _within(inner: IPPrefix, outer: IPPrefix) -> bool:
    return (
        inner.version == outer.version
        and outer.prefixlen <= inner.prefixlen
        and inner.network_address in outer
    )


def _list(names: Sequence[str]) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:4])
    return shown + (f" and {len(names) - 4} more" if len(names) > 4 else "")
