"""A wildcard or L2-only record names an address of its own.

## Why it matters
A gateway wildcard speaks for every address without a record, and an L2-only record for a VM whose
address is not known yet. Both are stored under 0.0.0.0 or `::`, and a host refuses another address.

## Example
```yaml
virtual_networks:
  blue:
    generate_lookup_records: true
    lookup_records:
      - {ca: 10.0.1.12, vsid: 5001, mac: 02-00-00-00-01-0C, pa: 192.168.10.11, type: l2_only}
```

## Instead
Write 0.0.0.0, or `::` for IPv6, or make it a static record if the address is what matters. Often
both are wanted: a gateway has a static record of its own address and a wildcard beside it.

## How sure
Documented.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.lint.cmdlets import UNSPECIFIED, removing
from hnvemu.lint.rule import Problem, Rule, Severity
from hnvemu.model.records import RecordType, is_unspecified

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject

_NAMES = {
    RecordType.GATEWAY_WILDCARD: "gateway wildcard",
    RecordType.L2_ONLY: "L2-only record",
}


def check(subject: Subject) -> Iterator[Problem]:
    """Report every such record."""
    for record in subject.records:
        name = _NAMES.get(record.type)
        if name is not None and not is_unspecified(record.ca):
            unspecified = UNSPECIFIED[record.ca.version]
            yield Problem(
                message=f"the {name} in VSID {record.vsid} is for {record.ca}, not {unspecified}",
                origin=record.origin,
                help=f"write {unspecified}, or make the record static; a CA cannot be changed, so"
                f" on hosts {removing(record)} and create it anew",
            )


RULE = Rule(
    code="HNV014",
    slug="address-of-wildcard",
    severity=Severity.ERROR,
    check=check,
    doc=__doc__,
)
