"""The next hop of a route is the `.1` address of a subnet, behind which nobody is.

## Why it matters
The `.1` is what guests use as their default gateway, and it is the distributed switch itself. A
route to it asks HNV to pass the packet to HNV: the packet dies there.

## Example
```yaml
virtual_networks:
  blue:
    customer_routes:
      - {prefix: 0.0.0.0/0, next_hop: 10.0.1.1, vsid: 5001}
```

## Instead
Name the customer address of a gateway VM. Routes between the subnets of one virtual network are not
needed: on-link routes are enough. Where a VM of the policy uses the `.1`, HNV013 says so. Where
another route of the prefix goes first, this is a warning.

## How sure
Inferred: it is documented that the `.1` is kept for the gateway, and that nobody answers its ping.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.lint.cmdlets import unrouting
from hnvemu.lint.routing import Fault
from hnvemu.lint.rule import Problem, Rule, Severity
from hnvemu.trace.outcome import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject


def check(subject: Subject) -> Iterator[Problem]:
    """Report every route with such a next hop that no VM uses."""
    for way in subject.ways:
        route, hop = way.route, way.hop
        if way.found is Fault.ROUTER and (route.vsid, hop) not in subject.ports_of_address:
            yield Problem(
                message=f"next hop {hop} of {route.prefix} is the .1 address of its subnet",
                origin=route.origin,
                help=f"name the address of a gateway VM as next hop; {unrouting(route)}",
                severity=way.severity,
            )


RULE = Rule(
    code="HNV107",
    slug="next-hop-is-dot-one",
    severity=Severity.ERROR,
    check=check,
    doc=__doc__,
    effect=Reason.GATEWAY_NOT_A_HOST,
)
