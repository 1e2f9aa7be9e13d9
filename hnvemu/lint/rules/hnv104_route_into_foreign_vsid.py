"""A route through a next hop names a VSID that is not one of its virtual network.

## Why it matters
The VSID says where the next hop lives. In a VSID without a subnet there is no record of it. In one
of another virtual network a host would look among that network's records, and hosts that see this
route first take the VSID for one of the wrong routing domain.

## Example
```yaml
virtual_networks:
  blue:
    customer_routes:
      - {prefix: 0.0.0.0/0, next_hop: 10.0.1.11, vsid: 5009}
```

## Instead
Write the VSID of the subnet that the next hop's address lies in. Where the VSID is one of the
virtual network and the wrong one, it is HNV108. A VSID with records and without an on-link route is
HNV101; one that is at home in two networks is HNV003. Where another route of the prefix goes first,
this is a warning.

## How sure
Inferred from what the VSID of a route means in Microsoft's samples.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.lint.cmdlets import rerouting
from hnvemu.lint.routing import Fault
from hnvemu.lint.rule import Problem, Rule, SetKey, Severity
from hnvemu.trace.outcome import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject


def check(subject: Subject) -> Iterator[Problem]:
    """Report every such route; the fix is certain where one record has the next hop."""
    for way in subject.ways:
        if way.found is not Fault.FOREIGN:
            continue
        route = way.route
        right = {record.vsid for record in way.elsewhere}
        vsid = right.pop() if len(right) == 1 else None
        command = "" if vsid is None else f": {rerouting(route, vsid=vsid)}"
        yield Problem(
            message=f"the route of {route.prefix} is in VSID {route.vsid}, which is not one of"
            f" virtual network '{route.network}'",
            origin=route.origin,
            help=f"write the VSID that {way.hop} lives in{command}",
            severity=way.severity,
            mends=() if vsid is None else (SetKey(route.origin, "vsid", vsid),),
        )


RULE = Rule(
    code="HNV104",
    slug="route-into-foreign-vsid",
    severity=Severity.ERROR,
    check=check,
    doc=__doc__,
    effect=Reason.DST_RECORD_MISSING,
)
