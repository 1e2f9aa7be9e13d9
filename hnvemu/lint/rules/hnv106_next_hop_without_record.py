"""The next hop of a route has no lookup record.

## Why it matters
A route names an address; the record of that address says which MAC and which host are behind it.
Without a record the packet is dropped on the sender's host. There is no check of health and no
fallback, even if a second route of the same prefix would do.

## Example
```yaml
virtual_networks:
  blue:
    customer_routes:
      - {prefix: 0.0.0.0/0, next_hop: 10.0.1.250, vsid: 5001}
```

## Instead
Add the record of the gateway VM, or correct the address. A gateway wildcard is no substitute: it is
for addresses behind the gateway. Records of the address in another virtual subnet are HNV108, one
that is not usable is HNV021. Where another route of the prefix goes first, this is a warning.

## How sure
Documented: the drop reason of a missing record is reported by the driver.
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
    """Report every route with such a next hop."""
    for way in subject.ways:
        if way.found is Fault.MISSING:
            yield Problem(
                message=f"next hop {way.hop} of {way.route.prefix} has no lookup record in"
                f" VSID {way.route.vsid}",
                origin=way.route.origin,
                help="correct the next hop, or add its record:"
                f" New-NetVirtualizationLookupRecord -CustomerAddress {way.hop}"
                f" -VirtualSubnetID {way.route.vsid} -MACAddress … -ProviderAddress …"
                " -Rule TranslationMethodEncap",
                severity=way.severity,
            )


RULE = Rule(
    code="HNV106",
    slug="next-hop-without-record",
    severity=Severity.ERROR,
    check=check,
    doc=__doc__,
    effect=Reason.DST_RECORD_MISSING,
)
