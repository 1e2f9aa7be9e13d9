"""The record of a `.1` address has the provider address of a host.

## Why it matters
No host is behind a `.1`, so its provider address is never used, and any will do. That of a real
host hides mistakes: the record looks like a VM's, in a list of what a host carries too, and it
turns stale with the host without anybody noticing.

## Example
```yaml
virtual_networks:
  blue:
    generate_lookup_records: true
    lookup_records:
      - {ca: 10.0.1.1, vsid: 5001, mac: 02-00-00-FF-FF-01, pa: 192.168.10.11}
```

## Instead
Use an address that no host has, such as 169.254.254.254. In HNVv2 every host lists the `.1` with
its own address, so the rule is not for `hnvv2`. A VM at the `.1` is HNV013.

## How sure
Documented: Microsoft's samples have it both ways, and both work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.findings import Note
from hnvemu.lint.cmdlets import setting
from hnvemu.lint.rule import Problem, Rule, SetKey, Severity
from hnvemu.model.policy import Profile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject

_DUMMY = "169.254.254.254"


def check(subject: Subject) -> Iterator[Problem]:
    """Report every such record."""
    for record in subject.records:
        owners = subject.owners.get(record.pa)
        if owners and subject.is_router(record):
            host, pa = owners[0]
            yield Problem(
                message=f"the .1 address {record.ca} in VSID {record.vsid} has the provider"
                f" address {record.pa} of host '{host}'",
                origin=record.origin,
                related=(Note(f"'{host}' has it here", pa.origin),),
                help=setting(record, f"-ProviderAddress {_DUMMY}"),
                mends=(SetKey(record.origin, "pa", _DUMMY),),
            )


RULE = Rule(
    code="HNV024",
    slug="dot-one-on-a-host",
    severity=Severity.WARNING,
    check=check,
    doc=__doc__,
    profiles=(Profile.TRANSPARENT, Profile.WS2012, Profile.WS2012R2),
)
