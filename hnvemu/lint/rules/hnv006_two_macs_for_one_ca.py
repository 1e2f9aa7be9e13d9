"""Two lookup records claim one customer address of the same virtual subnet.

## Why it matters
Host routes are stored by VSID, CA and MAC, so both records are accepted. Which of them a host
uses is not documented, and hosts can disagree: one VM of the two is unreachable from some of them,
and is refused as a sender there. hnvemu takes the lower MAC.

## Example
```yaml
virtual_networks:
  blue:
    generate_lookup_records: true
    lookup_records:
      - {ca: 10.0.1.12, vsid: 5001, mac: 02-00-00-00-01-09, pa: 192.168.10.12}
      - {ca: 10.0.1.12, vsid: 5001, mac: 02-00-00-00-01-0C, pa: 192.168.10.11}
```

## Instead
Give each VM an address of its own, or put the VMs into different virtual subnets. A VM at the `.1`
of its subnet competes with the record of the `.1`, and is HNV013; a static record for no address is
HNV015.

## How sure
That both can be stored is documented; what a host then does is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.findings import Note
from hnvemu.lint.cmdlets import removing
from hnvemu.lint.rule import Problem, Rule, Severity
from hnvemu.model.records import is_unspecified
from hnvemu.trace.outcome import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject
    from hnvemu.model.records import LookupRecord


def check(subject: Subject) -> Iterator[Problem]:
    """Report every record of another MAC than the first of its address has."""
    for records in subject.records_of_address.values():
        yield from _rivals(subject, records)
    for view in subject.policy.views.values():
        of_address: dict[tuple[object, ...], list[LookupRecord]] = {}
        for record in view.lookup_records:
            of_address.setdefault((record.vsid, record.ca), []).append(record)
        for records in of_address.values():
            yield from _rivals(subject, records)


def _rivals(subject: Subject, records: list[LookupRecord]) -> Iterator[Problem]:
    if len(records) < 2:
        return
    usable = [r for r in records if r.names_a_host and not is_unspecified(r.ca)]
    if any(_of_vm_at_dot_one(subject, record) for record in usable):
        return
    for record in usable[1:]:
        first = usable[0]
        if record.mac != first.mac:
            yield Problem(
                message=f"{record.ca} in VSID {record.vsid} has a second lookup record, with MAC"
                f" {record.mac} in place of {first.mac}",
                origin=record.origin,
                related=(Note("the first one is here", first.origin),),
                help="give one of the two VMs another address"
                if record.generated
                else f"remove one of the two: {removing(record)}",
            )


def _of_vm_at_dot_one(subject: Subject, record: LookupRecord) -> bool:
    key = record.vsid, record.ca
    return key in subject.dot_ones and not subject.is_router(record)


RULE = Rule(
    code="HNV006",
    slug="two-macs-for-one-ca",
    severity=Severity.ERROR,
    check=check,
    doc=__doc__,
    effect=Reason.SRC_MAC_MISMATCH,
)
