"""On-link prefixes of two virtual subnets of one routing domain overlap.

## Why it matters
Hosts forward by destination address, and the longest prefix alone says in which VSID the record is
sought. A VM of the other subnet whose address lies in the overlap is not found. Of equal prefixes,
which subnet wins is not documented.

## Example
```yaml
virtual_networks:
  blue:
    customer_routes:
      - {prefix: 10.0.1.0/28, next_hop: on-link, vsid: 5002}
```

## Instead
Give each virtual subnet of a virtual network addresses of its own; different virtual networks may
use the same ones. Several prefixes of one virtual subnet are HNV103. A VM that has its address in
common with one of the other subnet is HNV007 as well.

## How sure
Documented: prefixes inside one routing domain must not overlap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.findings import Note
from hnvemu.lint.cmdlets import unrouting
from hnvemu.lint.rule import Problem, Rule, Severity
from hnvemu.trace.outcome import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject
    from hnvemu.model.records import CustomerRoute


def check(subject: Subject) -> Iterator[Problem]:
    """Report, of each on-link route and the nearest around it, the one that came later."""
    for domain in subject.domains.values():
        on_link = [route for route in domain.routes if route.next_hop is None]
        position = {id(route): at for at, route in enumerate(on_link)}
        for inner, outer in _nested(on_link):
            first, second = sorted((inner, outer), key=lambda route: position[id(route)])
            yield Problem(
                message=f"{second.prefix} of VSID {second.vsid} overlaps with {first.prefix} of"
                f" VSID {first.vsid} in the same routing domain",
                origin=second.origin,
                related=(Note(f"{first.prefix} is here", first.origin),),
                help=f"{unrouting(second)}, and use a prefix that is free",
            )


def _nested(routes: list[CustomerRoute]) -> Iterator[tuple[CustomerRoute, CustomerRoute]]:
    """Yield each route that lies in one of another VSID, with the smallest such one."""
    around: list[CustomerRoute] = []
    for route in sorted(routes, key=_from_outside):
        while around and not _holds(around[-1], route):
            around.pop()
        other = next((each for each in reversed(around) if each.vsid != route.vsid), None)
        if other is not None:
            yield route, other
        if not around or (around[-1].prefix, around[-1].vsid) != (route.prefix, route.vsid):
            around.append(route)


def _from_outside(route: CustomerRoute) -> tuple[int, int, int]:
    prefix = route.prefix
    return prefix.version, int(prefix.network_address), prefix.prefixlen


def _holds(outer: CustomerRoute, inner: CustomerRoute) -> bool:
    return outer.prefix.version == inner.prefix.version and int(
        outer.prefix.broadcast_address
    ) >= int(inner.prefix.broadcast_address)


RULE = Rule(
    code="HNV102",
    slug="subnets-overlap",
    severity=Severity.ERROR,
    check=check,
    doc=__doc__,
    effect=Reason.DST_RECORD_MISSING,
)
