"""A VM's port has no lookup record, or a lookup record has no port.

## Why it matters
A VM without a record can neither send nor be found. A record without a port is a warning: packets
for the address are carried to a host that has nobody to give them to.

## Example
```yaml
virtual_networks:
  blue:
    generate_lookup_records: true
    lookup_records:
      - {ca: 10.0.1.99, vsid: 5001, mac: 02-00-00-00-01-99, pa: 192.168.10.11}
```

## Instead
Add a record for each address of the VM, or an L2-only record where the address is to be learned;
remove records of VMs that are gone. Records of a virtual network without any VM in the policy are
not compared. More special are HNV301, HNV302 and HNV309 (the port is there, and differs), HNV207
(one host lacks the record), HNV214 (the host has no provider address), HNV308 (a virtual MAC) and
HNV112 (the wildcard of a gateway that was replaced).

## How sure
Documented: the source is validated against the records.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.findings import Note
from hnvemu.lint.cmdlets import removing
from hnvemu.lint.placing import Misfit, redundancy_protocol
from hnvemu.lint.rule import Problem, Rule, Severity
from hnvemu.lint.rules.hnv112_wildcard_of_other_vm import foreign
from hnvemu.trace.outcome import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject
    from hnvemu.model.records import LookupRecord


def check(subject: Subject) -> Iterator[Problem]:
    """Report ports without any record, then records without a port."""
    recorded = {(record.vsid, record.mac) for record in subject.records}
    differing = {stray.port.name for stray in subject.strays if stray.port is not None}
    for port in subject.policy.ports.values():
        if (
            port.vsid
            and (port.vsid, port.mac) not in recorded
            and port.name not in differing
            and subject.policy.hosts[port.host].addresses
        ):
            ca = port.cas[0] if port.cas else "…"
            yield Problem(
                message=f"'{port}' has no lookup record in VSID {port.vsid}, so it cannot send",
                origin=port.origin,
                help=f"New-NetVirtualizationLookupRecord -CustomerAddress {ca} -VirtualSubnetID"
                f" {port.vsid} -MACAddress {port.mac} -ProviderAddress …"
                " -Rule TranslationMethodEncap",
            )
    networks = subject.policy.networks
    listed = {networks[port.network].rdid for port in subject.policy.ports.values()}
    told = {wildcard for _, _, wildcard in foreign(subject)}
    for record, misfit, _ in subject.strays:
        is_listed = subject.common.rd_of(record.vsid) in listed and record not in told
        if misfit is Misfit.NOBODY and is_listed and not redundancy_protocol(record.mac):
            yield from _without_port(subject, record)


def _without_port(subject: Subject, record: LookupRecord) -> Iterator[Problem]:
    for host, pa in subject.owners.get(record.pa, ())[:1]:  # a PA that no host has is HNV201
        yield Problem(
            message=f"{record} leads to host '{host}', where no port has MAC {record.mac} in"
            " this VSID",
            origin=record.origin,
            related=(Note(f"'{host}' has {record.pa} here", pa.origin),),
            help=f"if the VM is gone: {removing(record)}; if not, add it to vms",
            severity=Severity.WARNING,
            effect=Reason.NO_PORT,
        )


RULE = Rule(
    code="HNV304",
    slug="port-without-record",
    severity=Severity.ERROR,
    check=check,
    doc=__doc__,
    effect=Reason.SRC_RECORD_MISSING,
)
