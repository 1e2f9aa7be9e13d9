"""Customer routes: one longest-prefix match a routing domain and family (FWD-3 to FWD-8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from hnvemu.addresses import address_of
from hnvemu.tables.prefixes import prefix_cuts, prefix_table
from hnvemu.tables.table import FAMILIES, Axis
from hnvemu.trace.steps import NextHopOffLink, RouteMatched, RouteMissed, RoutingDomainMissed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hnvemu.addresses import IPPrefix
    from hnvemu.model.indexed import RouteIndex
    from hnvemu.model.records import CustomerRoute
    from hnvemu.trace.steps import Step
    from hnvemu.wire.flow import Flow


def preference(route: CustomerRoute) -> tuple[int, int, int]:
    """Order routes of one prefix: metric (FWD-5), then next hop and VSID (FWD-6)."""
    hop = 0 if route.next_hop is None else int(route.next_hop)
    return route.metric, hop, route.vsid


class RouteTable:
    """Which route of this routing domain holds the destination?"""

    reads = (Axis.VERSION, Axis.DST)

    def __init__(self, rdid: str, routes: Iterable[CustomerRoute]) -> None:
        self._rdid = rdid
        by_prefix: dict[IPPrefix, list[CustomerRoute]] = {}
        for route in routes:
            by_prefix.setdefault(route.prefix, []).append(route)
        self._prefixes = {
            version: [prefix for prefix in by_prefix if prefix.version == version]
            for version in (4, 6)
        }
        self._on_link = {
            version: prefix_table(
                [
                    prefix
                    for prefix in prefixes
                    if any(route.next_hop is None for route in by_prefix[prefix])
                ],
                version,
            )
            for version, prefixes in self._prefixes.items()
        }
        self._match = {
            version: prefix_table(prefixes, version) for version, prefixes in self._prefixes.items()
        }
        self._steps = {
            version: [self._step(by_prefix[prefix]) for prefix in prefixes]
            for version, prefixes in self._prefixes.items()
        }

    def _step(self, routes: list[CustomerRoute]) -> Step:
        best, *rivals = sorted(routes, key=preference)
        hop = best.next_hop
        # One level of recursion: the next hop has to be on-link, in the route's own family.
        if hop is not None and (
            hop.version != best.prefix.version
            or self._on_link[hop.version].longest(int(hop)) is None
        ):
            return NextHopOffLink(best)
        return RouteMatched(best, tuple(rivals))

    def find(self, flow: Flow) -> Step:
        """Answer from the destination alone (FWD-1)."""
        position = self._match[flow.version].longest(flow.dst)
        if position is None:
            return RouteMissed(self._rdid, address_of(flow.version, flow.dst))
        return self._steps[flow.version][position]

    def longest(self, version: int, address: int) -> CustomerRoute | None:
        """Return the best route whose prefix holds ``address``, reachable next hop or not."""
        position = self._match[version].longest(address)
        if position is None:
            return None
        step = self._steps[version][position]
        assert isinstance(step, (RouteMatched, NextHopOffLink))  # noqa: S101 - all that _step makes
        return step.route

    def cuts(self, axis: Axis) -> Iterable[int]:
        """Both ends of every prefix, and the families."""
        if axis is Axis.VERSION:
            return FAMILIES
        if axis is Axis.DST:
            return prefix_cuts(self._prefixes[4]) | prefix_cuts(self._prefixes[6])
        return ()


class RouteTables(Mapping[str, RouteTable]):
    """The tables of all routing domains, by RDID; each is made when it is first asked for."""

    def __init__(self, routes: RouteIndex) -> None:
        self._routes = routes
        self._made: dict[str, RouteTable] = {}

    def __getitem__(self, rdid: str) -> RouteTable:
        table = self._made.get(rdid)
        if table is None:
            routes = self._routes.of_domain(rdid)
            if not routes:
                raise KeyError(rdid)
            table = self._made[rdid] = RouteTable(rdid, routes)
        return table

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(route.rdid for route in self._routes))

    def __len__(self) -> int:
        return len({*self})


class NoRoutes:
    """A virtual subnet whose routing domain the host does not know."""

    reads = ()

    def __init__(self, vsid: int) -> None:
        self._step = RoutingDomainMissed(vsid)

    def find(self, flow: Flow) -> Step:
        """Miss, whatever the destination (OBJ-3)."""
        del flow
        return self._step

    def cuts(self, axis: Axis) -> Iterable[int]:
        """No field is read."""
        del axis
        return ()
