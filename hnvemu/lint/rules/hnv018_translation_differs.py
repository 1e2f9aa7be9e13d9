"""Records of one routing domain cross the provider network by different methods, or by none.

## Why it matters
Sender and destination have to use the same method, encapsulation or address rewriting. Between two
records that differ every packet is dropped. `none` has no explanation in any source, and the driver
has no number for it.

## Example
```yaml
virtual_networks:
  blue:
    generate_lookup_records: true
    lookup_records:
      - {ca: 10.0.1.12, vsid: 5001, mac: 02-00-00-00-01-0C, pa: 192.168.10.11, rule: nat}
```

## Instead
Give all records of a virtual network the same rule, `encap` unless there is a reason. The finding
is at the records that are fewer.

## How sure
Documented: the driver drops for a translation method that does not match.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from hnvemu.findings import Note
from hnvemu.lint.cmdlets import setting
from hnvemu.lint.rule import Problem, Rule, Severity
from hnvemu.model.records import Translation
from hnvemu.trace.outcome import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject
    from hnvemu.model.records import LookupRecord

_PARAMETERS = {
    Translation.ENCAP: "TranslationMethodEncap",
    Translation.NAT: "TranslationMethodNat",
}


def check(subject: Subject) -> Iterator[Problem]:
    """Report every record whose rule is none, or not the most frequent of its domain."""
    of_domain: dict[str, list[LookupRecord]] = {}
    for record in subject.records:
        rdid = subject.common.rd_of(record.vsid)
        if record.rule is Translation.NONE:
            yield Problem(
                message=f"{record} crosses the provider network by no method",
                origin=record.origin,
                help=setting(record, "-Rule TranslationMethodEncap"),
            )
        # Nobody sends to the .1, and nobody sends from there.
        elif rdid is not None and not subject.is_router(record):
            of_domain.setdefault(rdid, []).append(record)
    for records in of_domain.values():
        rules = Counter(record.rule for record in records)
        if len(rules) > 1:
            # Of equally frequent methods encapsulation is what is meant.
            usual = max(rules, key=lambda rule: (rules[rule], rule is Translation.ENCAP))
            example = next(record for record in records if record.rule is usual)
            yield from (_other(record, example) for record in records if record.rule is not usual)


def _other(record: LookupRecord, example: LookupRecord) -> Problem:
    return Problem(
        message=f"{record} crosses the provider network by {record.rule}, and others of its"
        f" routing domain by {example.rule}",
        origin=record.origin,
        related=(Note(f"{example} crosses by {example.rule}", example.origin),),
        help=setting(record, f"-Rule {_PARAMETERS[example.rule]}"),
    )


RULE = Rule(
    code="HNV018",
    slug="translation-differs",
    severity=Severity.ERROR,
    check=check,
    doc=__doc__,
    effect=Reason.METHOD_MISMATCH,
)
