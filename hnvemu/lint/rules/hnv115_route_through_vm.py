"""A route other than a default route leads through a VM, in a policy for HNVv2.

## Why it matters
The first releases of HNVv2 had the subnets of a virtual network and one default route, and nothing
else. A policy with further routes through a VM needs a later one, where they are user-defined
routes that are attached to a subnet.

## Example
```yaml
profile: hnvv2
virtual_networks:
  blue:
    customer_routes:
      - {prefix: 10.9.0.0/16, next_hop: 10.0.1.11, vsid: 5001}
```

## Instead
Check that your release has user-defined routes, attach the route to every subnet that needs it, and
turn on IP forwarding at the appliance's network adapter. Or let the default route cover the prefix.

## How sure
The limit is documented for Windows Server 2016; user-defined routes are documented for later ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.lint.rule import Problem, Rule, Severity
from hnvemu.model.policy import Profile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject


def check(subject: Subject) -> Iterator[Problem]:
    """Report every such route."""
    for way in subject.ways:
        if way.route.prefix.prefixlen:
            yield Problem(
                message=f"{way.route.prefix} via {way.hop} is not a default route, and early HNVv2"
                " has no other routes through a VM",
                origin=way.route.origin,
                help="make it a user-defined route of the subnets that need it, in a release that"
                " has them",
            )


RULE = Rule(
    code="HNV115",
    slug="route-through-vm",
    severity=Severity.NOTE,
    check=check,
    doc=__doc__,
    profiles=(Profile.HNVV2,),
)
