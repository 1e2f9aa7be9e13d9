"""A lookup record leads to another host than the one that its VM is on.

## Why it matters
So it looks after a live migration that not every record has followed. The VM's own host drops what
the VM sends, because the record says that the address is elsewhere; what others send arrives at the
wrong host.

## Example
```yaml
virtual_networks:
  blue:
    generate_lookup_records: true
    lookup_records:
      - {ca: 10.0.1.11, vsid: 5001, mac: 02-00-00-00-01-0B, pa: 192.168.10.11}
```

## Instead
Repoint the record to a provider address of the VM's host, on all hosts. A record that one host
alone has wrong is HNV208, an address that no host has is HNV201, and a gateway wildcard that
differs from the gateway's own record is HNV112. A record that stands twice is HNV005.

## How sure
The check of the sender's provider address is documented; that it works so is inferred.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.findings import Note
from hnvemu.lint.cmdlets import setting
from hnvemu.lint.rule import Problem, Rule, SetKey, Severity
from hnvemu.model.records import LookupRecord, RecordType
from hnvemu.trace.outcome import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject


def check(subject: Subject) -> Iterator[Problem]:
    """Report every such record, those of wildcards that are the next hop's aside."""
    hops = {
        (way.found.vsid, way.found.mac): way.found.pa
        for way in subject.ways
        if isinstance(way.found, LookupRecord)
    }
    for record in subject.known_records:
        is_wildcard = record.type is RecordType.GATEWAY_WILDCARD
        if is_wildcard and hops.get((record.vsid, record.mac), record.pa) != record.pa:
            continue
        if not (record.generated or record.pa.is_multicast or record.ca.is_multicast):
            yield from _elsewhere(subject, record)


def _elsewhere(subject: Subject, record: LookupRecord) -> Iterator[Problem]:
    owners = subject.owners.get(record.pa)
    port = subject.displaced(record)
    if owners is None or port is None or _is_duplicate(subject, record):
        return
    host = subject.policy.hosts[port.host]
    pas = [pa.address for pa in host.addresses if pa.address.version == record.pa.version]
    only = pas[0] if len(pas) == 1 else None
    yield Problem(
        message=f"{record} leads to {record.pa} of host '{owners[0][0]}', and '{port}' is on"
        f" '{host.name}'",
        origin=record.origin,
        related=(
            Note(f"'{port}' is here", port.origin),
            Note(f"'{owners[0][0]}' has {record.pa} here", owners[0][1].origin),
        ),
        help=setting(record, f"-ProviderAddress {only or '…'}"),
        mends=() if only is None else (SetKey(record.origin, "pa", str(only)),),
    )


def _is_duplicate(subject: Subject, record: LookupRecord) -> bool:
    """Whether the same record is there with a better address: HNV005."""
    # One MAC can have many addresses, and 0.0.0.0 many L2-only records.
    others = (
        subject.records_of_address.get((record.vsid, record.ca), ())
        if record.names_a_host
        else subject.records_of_mac.get((record.vsid, record.mac), ())
    )
    return any(
        (other.mac, other.ca, other.type) == (record.mac, record.ca, record.type)
        and other.pa in subject.owners
        and subject.displaced(other) is None
        for other in others
    )


RULE = Rule(
    code="HNV203",
    slug="pa-of-other-host",
    severity=Severity.ERROR,
    check=check,
    doc=__doc__,
    effect=Reason.SRC_PA_MISMATCH,
)
