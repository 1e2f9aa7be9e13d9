"""A route names another VSID than the one that its next hop lives in.

## Why it matters
The record of the next hop is sought in the route's VSID, and there it is not. The VSID of a route
is not that of the VMs which use it: a default route carries the VSID of the gateway.

## Example
```yaml
virtual_networks:
  blue:
    customer_routes:
      - {prefix: 10.0.2.0/24, next_hop: on-link, vsid: 5002}
      - {prefix: 0.0.0.0/0, next_hop: 10.0.2.250, vsid: 5001}
    vms:
      GW: {host: H2, vsid: 5002, mac: 02-00-00-00-02-FA, ca: 10.0.2.250, gateway: true}
```

## Instead
Write the VSID of the next hop's record. A VSID that is not one of the virtual network is HNV104; a
next hop without a record anywhere is HNV106. Where another route of the prefix goes first, this is
a warning.

## How sure
Shown by Microsoft's samples: their default routes carry the VSID of the gateway.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.findings import Note
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
        if way.found is not Fault.ELSEWHERE:
            continue
        route, record = way.route, way.elsewhere[0]
        certain = len({other.vsid for other in way.elsewhere}) == 1
        yield Problem(
            message=f"the route of {route.prefix} is in VSID {route.vsid}, and its next hop"
            f" {way.hop} lives in VSID {record.vsid}",
            origin=route.origin,
            related=(Note(f"{way.hop} is here", record.origin),),
            help=rerouting(route, vsid=record.vsid),
            severity=way.severity,
            mends=(SetKey(route.origin, "vsid", record.vsid),) if certain else (),
        )


RULE = Rule(
    code="HNV108",
    slug="next-hop-in-other-vsid",
    severity=Severity.ERROR,
    check=check,
    doc=__doc__,
    effect=Reason.DST_RECORD_MISSING,
)
