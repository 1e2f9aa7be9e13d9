"""A virtual subnet has lookup records and no on-link route.

## Why it matters
A host looks up the route before the record, and only an on-link route says that a prefix lives in
this virtual subnet. Without one its VMs are reached by nobody. They cannot send either, unless
another route carries their VSID.

## Example
```yaml
virtual_networks:
  blue:
    vms:
      D: {host: H1, vsid: 5002, mac: 02-00-00-00-02-0D, ca: 10.0.2.13}
```

## Instead
Add the on-link route of the subnet. This rule also speaks for HNV105 where a next hop is in such a
subnet. A record in the wrong virtual subnet is HNV301; one outside the prefixes that its subnet has
is HNV011.

## How sure
Documented: an on-link route is mandatory for every virtual subnet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.lint.cmdlets import UNSPECIFIED
from hnvemu.lint.rule import Problem, Rule, Severity
from hnvemu.trace.outcome import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject


def check(subject: Subject) -> Iterator[Problem]:
    """Report the first record of each such VSID; a generated one is found at its VM."""
    for vsid, record in subject.unrouted.items():
        yield Problem(
            message=f"VSID {vsid} has lookup records, such as that of {record.ca},"
            " and no on-link route",
            origin=record.origin,
            help=f"New-NetVirtualizationCustomerRoute -VirtualSubnetID {vsid} -RoutingDomainID …"
            f" -DestinationPrefix … -NextHop {UNSPECIFIED[record.ca.version]}",
        )


RULE = Rule(
    code="HNV101",
    slug="on-link-route-missing",
    severity=Severity.ERROR,
    check=check,
    doc=__doc__,
    effect=Reason.ROUTE_MISSING,
)
