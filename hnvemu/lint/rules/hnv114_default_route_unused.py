"""A default route is never used, because another one has a lower metric.

## Why it matters
A host takes the route with the lowest metric and asks nobody whether its gateway is alive. If that
gateway fails, packets to the outside are lost until somebody changes the tables.

## Example
```yaml
virtual_networks:
  blue:
    customer_routes:
      - {prefix: 10.0.2.0/24, next_hop: on-link, vsid: 5002}
      - {prefix: 10.0.3.0/24, next_hop: on-link, vsid: 5003}
      - {prefix: 0.0.0.0/0, next_hop: 10.0.2.250, vsid: 5002, metric: 100}
      - {prefix: 0.0.0.0/0, next_hop: 10.0.3.250, vsid: 5003, metric: 200}
    vms:
      GW1: {host: H1, vsid: 5002, mac: 02-00-00-00-02-FA, ca: 10.0.2.250, gateway: true}
      GW2: {host: H2, vsid: 5003, mac: 02-00-00-00-03-FA, ca: 10.0.3.250, gateway: true}
```

## Instead
Let a manager change the metric when a gateway fails, or cluster the gateway VM and keep one route.
Equal metrics are HNV113.

## How sure
A decision of the model: no check of a next hop is documented.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.findings import Note
from hnvemu.lint.rule import Problem, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject


def check(subject: Subject) -> Iterator[Problem]:
    """Report every default route of a higher metric than the one in use."""
    for domain in subject.domains.values():
        for route in domain.routes:
            best = domain.best[route.prefix]
            if not route.prefix.prefixlen and route.metric > best.metric:
                hop = "on-link" if route.next_hop is None else f"via {route.next_hop}"
                yield Problem(
                    message=f"default route {route.prefix} {hop} is never used: another one has"
                    f" metric {best.metric}, this one {route.metric}",
                    origin=route.origin,
                    related=(Note("the one that is used is here", best.origin),),
                    help="to change over, let a manager change the metrics:"
                    f" Set-NetVirtualizationCustomerRoute -RoutingDomainID '{route.rdid}'"
                    f" -DestinationPrefix {route.prefix} -NextHop … -Metric …",
                )


RULE = Rule(
    code="HNV114",
    slug="default-route-unused",
    severity=Severity.NOTE,
    check=check,
    doc=__doc__,
)
