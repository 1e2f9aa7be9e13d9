"""The next hop of a route lies in no on-link prefix of its virtual network.

## Why it matters
A host looks up the next hop once, among the on-link routes. It does not go from one next hop to
another, so an address outside the virtual network's own subnets leads nowhere.

## Example
```yaml
virtual_networks:
  blue:
    customer_routes:
      - {prefix: 0.0.0.0/0, next_hop: 10.0.9.250, vsid: 5001}
```

## Instead
Name the customer address of a gateway VM in one of the virtual network's subnets. If the next hop's
own subnet has no on-link route at all, HNV101 says so at the subnet; a next hop of the other family
is HNV109. Where another route of the prefix goes first, this is a warning.

## How sure
That the next hop is looked up is documented; that it is looked up once is inferred.
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
    """Report every route with such a next hop."""
    for way in subject.ways:
        if way.found is Fault.OFF_LINK:
            yield Problem(
                message=f"next hop {way.hop} of {way.route.prefix} lies in no on-link prefix of"
                f" virtual network '{way.route.network}'",
                origin=way.route.origin,
                help="name the address of a VM in one of its subnets, or add the on-link route of"
                f" the next hop's subnet; {unrouting(way.route)}",
                severity=way.severity,
            )


RULE = Rule(
    code="HNV105",
    slug="next-hop-off-link",
    severity=Severity.ERROR,
    check=check,
    doc=__doc__,
    effect=Reason.NEXTHOP_NOT_ONLINK,
)
