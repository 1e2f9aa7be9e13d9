"""A record is marked unusable or not synchronised.

## Why it matters
A host marks a record so while it learns or moves an address, and does not use it. A policy that
was made from such a host carries the mark on, and the address has no record that counts.

## Example
```yaml
virtual_networks:
  blue:
    generate_lookup_records: true
    lookup_records:
      - {ca: 10.0.1.13, vsid: 5001, mac: 02-00-00-00-01-0C, pa: 192.168.10.11, unusable: true}
```

## Instead
Take the record again when the host has finished, or replace it by a static one. The marks are
read-only: no cmdlet clears them.

## How sure
Documented: both are properties of a record, and the driver's events tell when they are set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.lint.cmdlets import removing
from hnvemu.lint.rule import Problem, Rule, Severity
from hnvemu.trace.outcome import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject


def check(subject: Subject) -> Iterator[Problem]:
    """Report every such record."""
    for record in subject.records:
        marks = [
            word
            for word, marked in (
                ("unusable", record.unusable),
                ("not synchronised", record.unsynchronized),
            )
            if marked
        ]
        if marks:
            yield Problem(
                message=f"{record} is {' and '.join(marks)}, and hosts do not use it",
                origin=record.origin,
                help=f"replace it by a static record: {removing(record)}, then"
                " New-NetVirtualizationLookupRecord … -Type Static",
            )


RULE = Rule(
    code="HNV021",
    slug="record-unusable",
    severity=Severity.ERROR,
    check=check,
    doc=__doc__,
    effect=Reason.DST_RECORD_MISSING,
)
