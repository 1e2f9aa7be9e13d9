"""Two VMs of one virtual subnet have the same MAC.

## Why it matters
A host delivers to the port that has the record's MAC and VSID, and of two such ports it can take
either. The check that keeps a VM from using its neighbour's address compares MACs, and cannot tell
these two apart.

## Example
```yaml
virtual_networks:
  blue:
    vms:
      D: {host: H1, vsid: 5001, mac: 02-00-00-00-01-0C, ca: 10.0.1.13}
```

## Instead
Give each adapter a MAC of its own. One VM with several addresses is one entry with a list of them.
Where the policy has records and no VM for a MAC, provider addresses tell: one MAC cannot be on two
hosts. The same MAC in different virtual subnets is no error; see HNV009.

## How sure
Inferred from how the port is found. No packet is dropped on the way: it is delivered to the wrong
one of the two VMs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.findings import Note
from hnvemu.lint.rule import Problem, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.addresses import IPAddress
    from hnvemu.lint.subject import Subject
    from hnvemu.model.records import LookupRecord


def check(subject: Subject) -> Iterator[Problem]:
    """Report every port but the first of a VSID and MAC, and records where there are no ports."""
    for (vsid, mac), ports in subject.ports_of_mac.items():
        first, *others = ports if vsid else ports[:1]
        for port in others:
            if port.trunk and port.trunk == first.trunk:
                continue  # one adapter with a VSID twice: HNV122
            yield Problem(
                message=f"'{port}' has MAC {mac} in VSID {vsid}, as '{first}' has",
                origin=port.origin,
                related=(Note(f"'{first}' is here", first.origin),),
                help="give it a MAC of its own: Set-VMNetworkAdapter -StaticMacAddress",
            )
    for key, records in subject.records_of_mac.items():
        if key not in subject.ports_of_mac:
            yield from _on_two_hosts(subject, records)


def _on_two_hosts(subject: Subject, records: list[LookupRecord]) -> Iterator[Problem]:
    first: dict[int, LookupRecord] = {}
    for record in records:
        key = record.vsid, record.ca
        if not record.names_a_host or key in subject.dot_ones or record.ca.is_multicast:
            continue
        # The families of one VM disagree: HNV025. The same address twice: HNV005.
        other = first.setdefault(record.ca.version, record)
        if other.pa != record.pa and other.ca != record.ca and _far(subject, other.pa, record.pa):
            yield Problem(
                message=f"{record} has MAC {record.mac}, which {other.ca} has behind another host",
                origin=record.origin,
                related=(Note(f"{other.ca} is behind {other.pa}, not {record.pa}", other.origin),),
                help="give each VM a MAC of its own: Set-VMNetworkAdapter -StaticMacAddress",
            )


def _far(subject: Subject, first: IPAddress, second: IPAddress) -> bool:
    """Whether two provider addresses are of different hosts; one that no host has is HNV201."""
    owners = [{host for host, _ in subject.owners.get(pa, ())} for pa in (first, second)]
    return all(owners) and not owners[0] & owners[1]


RULE = Rule(
    code="HNV008",
    slug="mac-of-two-vms",
    severity=Severity.ERROR,
    check=check,
    doc=__doc__,
)
