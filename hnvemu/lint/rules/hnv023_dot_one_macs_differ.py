"""Hosts answer for the `.1` of one subnet with different MACs.

## Why it matters
A guest remembers the MAC of its default gateway, and takes the memory along when it moves to
another host. There it sends to a MAC that nobody knows. Windows Server 2012 drops such packets;
later hosts go by the destination address and do not notice.

## Example
```yaml
host_views:
  H2:
    lookup_records:
      - {ca: 10.0.1.1, vsid: 5001, mac: 02-00-00-FF-FF-02, pa: 169.254.254.254}
```

## Instead
Give the record of a `.1` the same MAC on all hosts. Other records that hosts disagree about are
HNV208; two records of one `.1` on the same host are HNV006.

## How sure
Inferred: the sources have one MAC on all hosts, and say what 2012 does with a foreign one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.findings import Note
from hnvemu.lint.rule import Problem, Rule, SetKey, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.addresses import IPAddress
    from hnvemu.lint.subject import Subject
    from hnvemu.model.records import LookupRecord


def check(subject: Subject) -> Iterator[Problem]:
    """Report the record of a host view that differs from the policy's, or from another view's."""
    first: dict[tuple[int, IPAddress], LookupRecord] = {}
    for host, view in subject.policy.views.items():
        for record in view.lookup_records:
            key = record.vsid, record.ca
            if not subject.is_router(record):
                continue
            common = subject.common.records[record.ca.version].get((record.vsid, int(record.ca)))
            other = first.setdefault(key, common or record)
            if other.mac != record.mac and subject.is_router(other):
                yield Problem(
                    message=f"'{host}' answers for {record.ca} in VSID {record.vsid} with"
                    f" {record.mac}, and other hosts with {other.mac}",
                    origin=record.origin,
                    related=(Note("their record is here", other.origin),),
                    help=f"use {other.mac} on '{host}' too: remove the record there and create it"
                    " with New-NetVirtualizationLookupRecord",
                    mends=(SetKey(record.origin, "mac", str(other.mac)),),
                )


RULE = Rule(
    code="HNV023",
    slug="dot-one-macs-differ",
    severity=Severity.WARNING,
    check=check,
    doc=__doc__,
)
