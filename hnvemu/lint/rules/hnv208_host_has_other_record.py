"""A host has another record of an address than the other hosts have.

## Why it matters
The host sends to where the VM was, and a host that gets such a packet drops it: a real one answers
with a redirect. What comes from the VM is dropped as well, because its provider address or MAC is
not the one that the host knows.

## Example
```yaml
host_views:
  H2:
    lookup_records:
      - {ca: 10.0.1.10, vsid: 5001, mac: 02-00-00-00-01-0A, pa: 192.168.10.12}
```

## Instead
Bring the change to all hosts: take the record out of the host's view. Where the policy's own record
contradicts its VM, that is HNV203, HNV301 or HNV302, and the host may be right. Different MACs of a
`.1` are HNV023.

## How sure
Documented: a stale copy is the classic fault after a migration.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.findings import Note
from hnvemu.lint.rule import Problem, Rule, SetKey, Severity
from hnvemu.model.records import RecordType
from hnvemu.trace.outcome import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject
    from hnvemu.model.records import LookupRecord


def check(subject: Subject) -> Iterator[Problem]:
    """Report every record of a view that differs from what the policy or another view has."""
    first: dict[tuple[object, ...], LookupRecord] = {}
    for host, view in subject.policy.views.items():
        for record in view.lookup_records:
            if record.unusable or record.unsynchronized or subject.is_router(record):
                continue
            other = _other(subject, record) or first.setdefault(_key(record), record)
            if _row(other) != _row(record) and not _is_right(subject, record, other):
                yield _problem(subject, host, record, other)


def _key(record: LookupRecord) -> tuple[object, ...]:
    mac = record.mac if record.type is RecordType.L2_ONLY else None
    return record.vsid, record.ca, record.names_a_host or record.type, mac


def _row(record: LookupRecord) -> tuple[object, ...]:
    return record.vsid, record.mac, record.pa


def _other(subject: Subject, record: LookupRecord) -> LookupRecord | None:
    """Return the policy's record of the same address: an equal one, else the one that counts."""
    # L2-only records of other MACs are of other VMs.
    others = (
        subject.records_of_mac.get((record.vsid, record.mac), ())
        if record.type is RecordType.L2_ONLY
        else subject.records_of_address.get((record.vsid, record.ca), ())
    )
    known = [
        other
        for other in others
        if _key(other) == _key(record) and not (other.unusable or other.unsynchronized)
    ]
    if known:
        equal = next((other for other in known if _row(other) == _row(record)), None)
        return equal or min(known, key=lambda other: (other.mac != record.mac, other.mac))
    rdid = subject.common.rd_of(record.vsid)
    if rdid is None or not record.names_a_host:
        return None
    return next(iter(subject.common.in_domain(rdid, record.ca.version, int(record.ca))), None)


def _fits(subject: Subject, record: LookupRecord) -> bool:
    """Whether a port has the record's VSID and MAC, on a host with its PA."""
    is_placed = (record.vsid, record.mac) in subject.ports_of_mac
    return is_placed and record.pa in subject.owners and subject.displaced(record) is None


def _is_right(subject: Subject, record: LookupRecord, other: LookupRecord) -> bool:
    return _fits(subject, record) and not _fits(subject, other)


def _problem(subject: Subject, host: str, record: LookupRecord, other: LookupRecord) -> Problem:
    mends: tuple[SetKey, ...] = ()
    if record.vsid == other.vsid and _fits(subject, other):
        mends = tuple(
            SetKey(record.origin, key, str(there))
            for key, here, there in (
                ("mac", record.mac, other.mac),
                ("pa", record.pa, other.pa),
            )
            if here != there
        )
    differ = [
        (f"{name} {here}", f"{name} {there}")
        for name, here, there in (
            ("VSID", record.vsid, other.vsid),
            ("MAC", record.mac, other.mac),
            ("PA", record.pa, other.pa),
        )
        if here != there
    ]
    return Problem(
        message=f"host '{host}' has {record} with {', '.join(here for here, _ in differ)}, and"
        f" others have {', '.join(there for _, there in differ)}",
        origin=record.origin,
        related=(Note("their record is here", other.origin),),
        help=f"tell '{host}' what the others know: Set-NetVirtualizationLookupRecord"
        " -ProviderAddress, or remove and create the record where VSID or MAC differ",
        mends=mends,
    )


RULE = Rule(
    code="HNV208",
    slug="host-has-other-record",
    severity=Severity.ERROR,
    check=check,
    doc=__doc__,
    effect=Reason.DST_PA_MISMATCH,
)
