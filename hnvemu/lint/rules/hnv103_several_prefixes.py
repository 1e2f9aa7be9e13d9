"""A virtual subnet has two on-link prefixes of one address family.

## Why it matters
Hosts may refuse the second one. Then the VMs in it are reached from no other host, and the policy
looks right. hnvemu accepts both.

## Example
```yaml
virtual_networks:
  blue:
    customer_routes:
      - {prefix: 10.0.2.0/24, next_hop: on-link, vsid: 5001}
```

## Instead
Give the second prefix a VSID of its own, or make the first one long enough for both. One IPv4 and
one IPv6 prefix in a virtual subnet are as they should be. A route that is there twice is found here
too.

## How sure
Reported by people who programmed hosts through WMI; no document of Microsoft's says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.findings import Note
from hnvemu.lint.cmdlets import unrouting
from hnvemu.lint.rule import Problem, Remove, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.addresses import IPPrefix
    from hnvemu.lint.subject import Subject
    from hnvemu.model.records import CustomerRoute


def check(subject: Subject) -> Iterator[Problem]:
    """Report every further on-link route of a routing domain, VSID and family."""
    for routes in subject.on_link.values():
        first: dict[tuple[str, int], CustomerRoute] = {}
        same: dict[tuple[str, IPPrefix], CustomerRoute] = {}
        for route in routes:
            known = first.setdefault((route.rdid, route.prefix.version), route)
            again = same.setdefault((route.rdid, route.prefix), route)
            if again is not route:
                yield _repeated(route, again)
            elif known is not route:
                yield Problem(
                    message=f"VSID {route.vsid} has {route.prefix} on-link beside {known.prefix}",
                    origin=route.origin,
                    related=(Note(f"{known.prefix} is here", known.origin),),
                    help=f"{unrouting(route)}, and use a VSID of its own for what needs it",
                )


def _repeated(route: CustomerRoute, first: CustomerRoute) -> Problem:
    return Problem(
        message=f"{route.prefix} is on-link in VSID {route.vsid} twice",
        origin=route.origin,
        related=(Note("the first route is here", first.origin),),
        help="remove one of the two",
        mends=(Remove(route.origin),) if route.metric == first.metric else (),
    )


RULE = Rule(
    code="HNV103",
    slug="several-prefixes",
    severity=Severity.WARNING,
    check=check,
    doc=__doc__,
)
