"""Routes as rules ask for them: the prefixes of a routing domain, and what next hops lead to.

Rules of the file: a next hop has one fault at most, the first that keeps it from being used, so
that rules about next hops never report one mistake twice; nothing is asked of pairs of routes.
"""

from __future__ import annotations

from enum import Enum, auto
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from hnvemu.addresses import first_host
from hnvemu.lint.rule import Severity
from hnvemu.tables.routes import preference

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hnvemu.addresses import IPAddress, IPPrefix
    from hnvemu.lint.subject import Subject
    from hnvemu.model.records import CustomerRoute, LookupRecord


class Prefixes:
    """Which routes hold this address? The longest prefix first, one route a prefix."""

    def __init__(self, routes: Iterable[CustomerRoute]) -> None:
        levels: dict[tuple[int, int], dict[int, CustomerRoute]] = {}
        for route in routes:
            free = route.prefix.max_prefixlen - route.prefix.prefixlen
            level = levels.setdefault((route.prefix.version, free), {})
            level.setdefault(int(route.prefix.network_address) >> free, route)
        self._levels = sorted(levels.items(), key=lambda level: level[0])

    def holding(self, address: IPAddress) -> Iterator[CustomerRoute]:
        """Yield the routes whose prefix holds an address."""
        for (version, free), routes in self._levels:
            if version == address.version:
                route = routes.get(int(address) >> free)
                if route is not None:
                    yield route

    def around(self, prefix: IPPrefix) -> CustomerRoute | None:
        """Return the route of the longest prefix that holds all of another one."""
        holding = self.holding(prefix.network_address)
        return next((r for r in holding if r.prefix.prefixlen <= prefix.prefixlen), None)


class Domain:
    """The routes of one routing domain."""

    def __init__(self, rdid: str, routes: list[CustomerRoute], vsids_of_ports: set[int]) -> None:
        self.rdid = rdid
        self.routes = routes
        on_link = [route for route in routes if route.next_hop is None]
        self.on_link = Prefixes(on_link)
        self.vsids = vsids_of_ports | {route.vsid for route in on_link}
        """The virtual subnets that are at home here: by an on-link route or by a port."""
        self.routers = {first_host(route.prefix) for route in on_link}
        """The ``.1`` addresses of all subnets."""

    @cached_property
    def best(self) -> dict[IPPrefix, CustomerRoute]:
        """The route that a host uses, by prefix (FWD-5, FWD-6)."""
        found: dict[IPPrefix, CustomerRoute] = {}
        for route in sorted(self.routes, key=preference):
            found.setdefault(route.prefix, route)
        return found

    @cached_property
    def table(self) -> Prefixes:
        """The routes that a host uses."""
        return Prefixes(self.best.values())


class Fault(Enum):
    """What keeps a next hop from being used, in the order in which it is looked for."""

    FAMILY = auto()
    """Its family is not that of the prefix."""
    UNROUTED = auto()
    """The route's virtual subnet has records, and no on-link route."""
    OFF_LINK = auto()
    """No on-link prefix of the domain holds it."""
    ROUTER = auto()
    """It is the ``.1`` of a subnet."""
    FOREIGN = auto()
    """The route's VSID is not one of the domain."""
    UNUSABLE = auto()
    """Its record is not usable."""
    ELSEWHERE = auto()
    """Its record is in another virtual subnet of the domain."""
    MISSING = auto()
    """It has no record."""


class Way(NamedTuple):
    """A route through a next hop, and what a host finds there."""

    route: CustomerRoute
    hop: IPAddress
    is_used: bool
    """Whether no other route of the prefix goes before it."""
    found: LookupRecord | Fault
    elsewhere: tuple[LookupRecord, ...]
    """The next hop's records in any virtual subnet of the domain."""

    @property
    def severity(self) -> Severity | None:
        """What a fault of a route comes to that no packet takes; else the rule's own."""
        return None if self.is_used else Severity.WARNING


def ways(subject: Subject) -> list[Way]:
    """Return all routes through a next hop, in policy order a domain."""
    return [
        Way(
            route=route,
            hop=hop,
            is_used=domain.best[route.prefix] is route,
            found=_found(subject, domain, route, hop),
            elsewhere=tuple(subject.common.in_domain(domain.rdid, hop.version, int(hop))),
        )
        for domain in subject.domains.values()
        for route in domain.routes
        if (hop := route.next_hop) is not None
    ]


def _found(
    subject: Subject, domain: Domain, route: CustomerRoute, hop: IPAddress
) -> LookupRecord | Fault:
    if hop.version != route.prefix.version:
        return Fault.FAMILY
    if route.vsid in subject.unrouted:
        return Fault.UNROUTED
    if next(domain.on_link.holding(hop), None) is None:
        return Fault.OFF_LINK
    if hop in domain.routers:
        return Fault.ROUTER
    if route.vsid not in domain.vsids:
        return Fault.FOREIGN
    view, key = subject.common, (route.vsid, int(hop))
    record = view.records[hop.version].get(key)
    if record is not None:
        return record
    if (route.vsid, hop.version, int(hop)) in view.unusable:
        return Fault.UNUSABLE
    if view.in_domain(domain.rdid, hop.version, int(hop)):
        return Fault.ELSEWHERE
    return Fault.MISSING
