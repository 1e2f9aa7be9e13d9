"""Two routes of one prefix have the same metric and different next hops.

## Why it matters
Which of them a host uses is not documented, and two hosts may differ. Packets are not spread over
both. hnvemu takes the numerically lowest next hop.

## Example
```yaml
virtual_networks:
  blue:
    customer_routes:
      - {prefix: 10.9.0.0/16, next_hop: 10.0.1.11, vsid: 5001}
      - {prefix: 10.9.0.0/16, next_hop: 10.0.1.12, vsid: 5001}
```

## Instead
Give the route that you prefer a lower metric. The other is then never used: there is no failover,
see HNV114. Prefixes that are on-link in two virtual subnets are HNV102.

## How sure
That the lower metric wins is documented; what happens in a tie was looked for and not found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.findings import Note
from hnvemu.lint.rule import Problem, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject
    from hnvemu.model.records import CustomerRoute


def check(subject: Subject) -> Iterator[Problem]:
    """Report every route that only the tie keeps from being used."""
    for domain in subject.domains.values():
        for route in domain.routes:
            best = domain.best[route.prefix]
            if route.metric != best.metric or _place(route) == _place(best):
                continue
            if route.next_hop is None and best.next_hop is None:
                continue
            yield Problem(
                message=f"{route.prefix} {_way(route)} and {_way(best)} have the same metric"
                f" {route.metric}",
                origin=route.origin,
                related=(Note("hnvemu takes this one", best.origin),),
                help="give the one that you prefer a lower metric:"
                f" Set-NetVirtualizationCustomerRoute -RoutingDomainID '{route.rdid}'"
                f" -DestinationPrefix {route.prefix} -NextHop … -Metric …",
            )


def _place(route: CustomerRoute) -> tuple[object, int]:
    return route.next_hop, route.vsid


def _way(route: CustomerRoute) -> str:
    hop = "on-link" if route.next_hop is None else f"via {route.next_hop}"
    return f"{hop} in VSID {route.vsid}"


RULE = Rule(
    code="HNV113",
    slug="routes-tie",
    severity=Severity.WARNING,
    check=check,
    doc=__doc__,
)
