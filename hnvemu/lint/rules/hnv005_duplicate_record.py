"""Two lookup records have the same VSID, customer address and MAC.

## Why it matters
These three are the key of a record. A host refuses the second one as a duplicate object, even
where it differs in the rest, so a script that creates both stops in the middle, and a newer
provider address in the second one never arrives. hnvemu takes the first.

## Example
```yaml
virtual_networks:
  blue:
    generate_lookup_records: true
    lookup_records:
      - {ca: 10.0.1.12, vsid: 5001, mac: 02-00-00-00-01-0C, pa: 192.168.10.11}
      - {ca: 10.0.1.12, vsid: 5001, mac: 02-00-00-00-01-0C, pa: 192.168.10.12}
```

## Instead
Keep one of the two. To change a record use `Set-NetVirtualizationLookupRecord`. Records of one
address with different MACs are HNV006, two VMs with the same MAC are HNV008.

## How sure
Documented: the key, and the refusal of a duplicate object. Whether a wildcard and an L2-only record
of one MAC exclude each other is not, and both are let pass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.findings import Note
from hnvemu.lint.cmdlets import removing
from hnvemu.lint.rule import Problem, Remove, Rule, Severity
from hnvemu.model.records import RecordType, is_unspecified

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hnvemu.lint.subject import Subject
    from hnvemu.model.records import LookupRecord

_NAMING = (RecordType.STATIC, RecordType.DYNAMIC)


def check(subject: Subject) -> Iterator[Problem]:
    """Report every record whose key the policy, or the same host view, has before."""
    yield from _repeated(subject.policy.records)
    for view in subject.policy.views.values():
        yield from _repeated(view.lookup_records)


def _repeated(records: Iterable[LookupRecord]) -> Iterator[Problem]:
    seen: dict[tuple[object, ...], LookupRecord] = {}
    for record in records:
        kind = None if record.type in _NAMING else record.type
        if kind is not None and not is_unspecified(record.ca):
            continue  # its address is the mistake: HNV014
        first = seen.setdefault((record.vsid, record.ca, record.mac, kind), record)
        # Two VMs, or routes, that make the same record are HNV008, or HNV003.
        if first is record or (record.generated and record.origin != first.origin):
            continue
        yield Problem(
            message=f"{record} with MAC {record.mac} exists already",
            origin=record.origin,
            related=(Note("the first one is here", first.origin),),
            help=f"keep one of the two, and remove the other from hosts: {removing(record)}",
            mends=(Remove(record.origin),) if record == first and not record.generated else (),
        )


RULE = Rule(
    code="HNV005",
    slug="duplicate-record",
    severity=Severity.ERROR,
    check=check,
    doc=__doc__,
)
