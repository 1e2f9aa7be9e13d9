"""The VMs of one virtual subnet on one host are behind several provider addresses.

## Why it matters
Windows Server 2012 R2 uses one provider address for all VMs of a virtual subnet on a host. Records
that spread them over two promise something that the host does not keep: packets come from the
address that it chose, and receivers compare that with the record.

## Example
```yaml
hosts:
  H3: {provider_addresses: [192.168.10.13/24, 192.168.10.14/24]}
virtual_networks:
  blue:
    vms:
      D: {host: H3, vsid: 5001, mac: 02-00-00-00-01-0D, ca: 10.0.1.13}
      E: {host: H3, vsid: 5001, mac: 02-00-00-00-01-0E, ca: 10.0.1.14}
    generate_lookup_records: true
    lookup_records:
      - {ca: 10.0.1.14, vsid: 5001, mac: 02-00-00-00-01-0E, pa: 192.168.10.14}
```

## Instead
Lead all records of a virtual subnet on a host to one provider address; other subnets may use
another. One for each family is accepted. HNVv2 has an address for each network adapter of a team,
so the rule is not for `hnvv2`.

## How sure
Documented for 2012 R2. hnvemu lets such packets pass: each record's own address is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.findings import Note
from hnvemu.lint.cmdlets import setting
from hnvemu.lint.rule import Problem, Rule, Severity
from hnvemu.model.policy import Profile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.addresses import IPAddress
    from hnvemu.lint.subject import Subject
    from hnvemu.model.records import LookupRecord


def check(subject: Subject) -> Iterator[Problem]:
    """Report the first record of every address but the first, by VSID, host and family."""
    first: dict[tuple[int, str, int, int], LookupRecord] = {}
    told: set[tuple[int, IPAddress]] = set()
    # Of two that differ the listed one is told: a generated one has no provider address to change.
    for record in sorted(subject.policy.records, key=lambda record: not record.generated):
        owners = subject.owners.get(record.pa, [])
        if len(owners) != 1 or subject.is_router(record) or (record.vsid, record.pa) in told:
            continue
        host = owners[0][0]
        families = record.ca.version, record.pa.version  # families that disagree are HNV025
        other = first.setdefault((record.vsid, host, *families), record)
        if other.pa != record.pa and subject.displaced(record) is None:
            told.add((record.vsid, record.pa))
            yield Problem(
                message=f"VSID {record.vsid} is behind {record.pa} and {other.pa} on host '{host}',"
                " and 2012 R2 uses one of them",
                origin=record.origin,
                related=(Note(f"{other.ca} is behind {other.pa}", other.origin),),
                help=setting(record, f"-ProviderAddress {other.pa}"),
            )


RULE = Rule(
    code="HNV209",
    slug="several-pas-for-vsid",
    severity=Severity.WARNING,
    check=check,
    doc=__doc__,
    profiles=(Profile.TRANSPARENT, Profile.WS2012R2),
)
