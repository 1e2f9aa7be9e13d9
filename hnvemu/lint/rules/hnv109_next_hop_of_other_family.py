"""The next hop of a route is of another address family than its prefix.

## Why it matters
A host refuses the route. Where it is in a policy all the same, packets to the prefix have no next
hop that could be looked up among the on-link routes of their family.

## Example
```yaml
virtual_networks:
  blue:
    customer_routes:
      - {prefix: "::/0", next_hop: 10.0.1.11, vsid: 5001}
```

## Instead
Name the gateway VM by its address of the prefix's family. That packets of one family cross a
provider network of the other is something else, and allowed.

## How sure
Documented: the driver reports an address of the wrong kind and does not create the route.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.lint.routing import Fault
from hnvemu.lint.rule import Problem, Rule, Severity
from hnvemu.trace.outcome import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject


def check(subject: Subject) -> Iterator[Problem]:
    """Report every such route, used or not: a host has neither."""
    for way in subject.ways:
        if way.found is Fault.FAMILY:
            prefix = way.route.prefix
            yield Problem(
                message=f"{prefix} is an IPv{prefix.version} prefix, and its next hop {way.hop}"
                f" is an IPv{way.hop.version} address",
                origin=way.route.origin,
                help=f"name the next hop by its IPv{prefix.version} address:"
                f" New-NetVirtualizationCustomerRoute -DestinationPrefix {prefix} -NextHop …",
            )


RULE = Rule(
    code="HNV109",
    slug="next-hop-of-other-family",
    severity=Severity.ERROR,
    check=check,
    doc=__doc__,
    effect=Reason.NEXTHOP_NOT_ONLINK,
)
