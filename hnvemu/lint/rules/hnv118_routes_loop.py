"""The next hop of a route lies behind the route itself, or behind routes that lead back to it.

## Why it matters
A router that looks for its next hop finds the route that it came from. Next-hop VMs that forward by
these routes send a packet to each other until its TTL is used up.

## Example
```yaml
virtual_networks:
  blue:
    customer_routes:
      - {prefix: 10.0.1.11/32, next_hop: 10.0.1.12, vsid: 5001}
      - {prefix: 10.0.1.12/32, next_hop: 10.0.1.11, vsid: 5001}
```

## Instead
Let the longest route to each next hop be an on-link one. No packet of hnvemu is lost for it: a next
hop is looked up once, among on-link routes, and what a VM does with the packet is its own affair.
This rule also speaks for HNV117. A next hop in no on-link prefix at all is HNV105.

## How sure
A decision of the model. How far a real host goes from one next hop to another is not documented.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.findings import Note
from hnvemu.lint.cmdlets import unrouting
from hnvemu.lint.routing import Fault
from hnvemu.lint.rule import Problem, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.routing import Way
    from hnvemu.lint.subject import Subject

_BEFORE = (Fault.FAMILY, Fault.UNROUTED, Fault.OFF_LINK)
"""Faults of next hops that no on-link route leads to: other rules have them."""


def check(subject: Subject) -> Iterator[Problem]:
    """Report each loop once, at its first route."""
    for first, *others in loops(subject):
        problem = f"next hop {first.hop} of {first.route.prefix} lies behind "
        problem += (
            "routes that lead back to it: " + ", ".join(str(way.route.prefix) for way in others)
            if others
            else "this very route"
        )
        yield Problem(
            message=problem,
            origin=first.route.origin,
            related=tuple(
                Note(f"{way.route.prefix} via {way.hop} is here", way.route.origin)
                for way in others
            ),
            help=f"leave the way to the next hop to its on-link route: {unrouting(first.route)}",
        )


def loops(subject: Subject) -> Iterator[list[Way]]:
    """Yield the routes of each loop, that of the first in policy order in front.

    One route leads on from each, the longest to its next hop, so each is followed once.
    """
    following = _following(subject)
    position = {id(way.route): at for at, way in enumerate(subject.ways)}
    done: set[int] = set()
    for start in subject.ways:
        trail: dict[int, Way] = {}
        way: Way | None = start
        while way is not None and (key := id(way.route)) not in done:
            done.add(key)
            trail[key] = way
            way = following.get(key)
        if way is not None and id(way.route) in trail:
            keys = [*trail]
            loop = keys[keys.index(id(way.route)) :]
            at = loop.index(min(loop, key=position.__getitem__))
            yield [trail[key] for key in loop[at:] + loop[:at]]


def _following(subject: Subject) -> dict[int, Way]:
    """Return what leads on from the routes in use, where that is another way through a VM."""
    by_route = {id(way.route): way for way in subject.ways}
    found = {}
    for way in subject.ways:
        if way.is_used and way.found not in _BEFORE:
            table = subject.domains[way.route.rdid].table
            longest = next(table.holding(way.hop), None)
            if id(longest) in by_route:
                found[id(way.route)] = by_route[id(longest)]
    return found


RULE = Rule(
    code="HNV118",
    slug="routes-loop",
    severity=Severity.ERROR,
    check=check,
    doc=__doc__,
)
