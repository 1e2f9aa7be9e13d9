"""A lookup record leads to a provider address that no host has.

## Why it matters
The sender encapsulates, asks the provider network who has the address, and nobody answers. The VM's
own packets fail too: its host does not know the address as one of its own.

## Example
```yaml
virtual_networks:
  blue:
    generate_lookup_records: true
    lookup_records:
      - {ca: 10.0.1.11, vsid: 5001, mac: 02-00-00-00-01-0B, pa: 192.168.10.21}
```

## Instead
Write the provider address of the VM's host, or configure the address where it belongs. The record
of a `.1` may have an address that no host has, since nobody is behind it. The finding is at the
first record of the address. One that a single host has wrong is HNV208, and a VM on a host that has
no address at all is HNV214.

## How sure
Documented: a host has to own the address to send and receive, and the driver drops when nobody
answers for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.lint.cmdlets import setting
from hnvemu.lint.rule import Problem, Rule, Severity
from hnvemu.trace.outcome import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.addresses import IPAddress
    from hnvemu.lint.subject import Subject
    from hnvemu.model.records import LookupRecord


def check(subject: Subject) -> Iterator[Problem]:
    """Report every such address once; a policy without any PA has another mistake."""
    if not subject.owners:
        return
    missing: dict[IPAddress, list[LookupRecord]] = {}
    for record in subject.known_records:
        if record.pa not in subject.owners and not _is_exempt(subject, record):
            missing.setdefault(record.pa, []).append(record)
    for pa, records in missing.items():
        first = records[0]
        others = f" and of {len(records) - 1} more" if len(records) > 1 else ""
        yield Problem(
            message=f"no host has {pa}, the provider address of {first}{others}",
            origin=first.origin,
            help="write the provider address of the VM's host:"
            f" {setting(first, '-ProviderAddress …')}",
        )


def _is_exempt(subject: Subject, record: LookupRecord) -> bool:
    if record.pa.is_multicast or record.unusable or record.unsynchronized:
        return True
    # Outside the on-link prefixes nothing tells which address is the .1: HNV011 and HNV101 do.
    is_dummy = record.pa.is_link_local and not any(subject.subnets(record.vsid, record.ca))
    return is_dummy or subject.is_router(record)


RULE = Rule(
    code="HNV201",
    slug="pa-of-no-host",
    severity=Severity.ERROR,
    check=check,
    doc=__doc__,
    effect=Reason.PA_ARP_FAILED,
)
