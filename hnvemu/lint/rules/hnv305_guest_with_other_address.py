"""A VM's guest has another address than its lookup records say.

## Why it matters
The host lets a guest send from recorded addresses alone. What it sends from another one is dropped:
that is an error. Packets for a recorded address that the guest does not have are delivered for
nothing: an error if another VM has the address, and may then not send from it, and a warning else.

## Example
```yaml
virtual_networks:
  blue:
    generate_lookup_records: true
    lookup_records:
      - {ca: 10.0.1.22, vsid: 5001, mac: 02-00-00-00-01-0C, pa: 192.168.10.11}
```

## Instead
Change the address in the guest, and the VM's `ca` with it, or change the record. VMs whose
addresses the policy does not state in a family are not compared in it, nor are gateways, learned
addresses, and adapters that may send with any MAC. A gateway needs a record for an address inside
its virtual network all the same. A VM without any record is HNV304.

## How sure
Inferred from how the source is validated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.findings import Note
from hnvemu.lint.rule import Problem, Rule, Severity
from hnvemu.model.records import RecordType, is_unspecified
from hnvemu.trace.outcome import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.addresses import IPAddress
    from hnvemu.lint.subject import Subject
    from hnvemu.model.records import LookupRecord
    from hnvemu.model.topology import VmPort


def check(subject: Subject) -> Iterator[Problem]:
    """Report ports with an address without a record, and records of an address without a guest."""
    # A record that is meant for a port and lies elsewhere is HNV301, or HNV302.
    misplaced = {(s.port.name, s.record.ca) for s in subject.strays if s.port is not None}
    for port in subject.policy.ports.values():
        records = subject.records_of_mac.get((port.vsid, port.mac), [])
        if not records or len(subject.ports_of_mac[port.vsid, port.mac]) > 1:  # HNV304, HNV008
            continue
        other = _other(subject, port, records)
        unrecorded = _unrecorded(subject, port, records)
        if unrecorded is not None and (port.name, unrecorded) not in misplaced:
            recorded = other or records[0]
            yield Problem(
                message=f"'{port}' has address {unrecorded}, and no lookup record says so",
                origin=port.origin,
                related=(Note(f"its record of {recorded.ca} is here", recorded.origin),),
                severity=Severity.ERROR,  # whatever it sends from there is lost
                help=f"New-NetVirtualizationLookupRecord -CustomerAddress {unrecorded}"
                f" -VirtualSubnetID {port.vsid} -MACAddress {port.mac} -ProviderAddress …"
                " -Rule TranslationMethodEncap",
            )
        elif other is not None and unrecorded is None:
            yield Problem(
                message=f"{other} is of '{port}', whose guest has {', '.join(map(str, port.cas))}",
                origin=other.origin,
                related=(Note(f"'{port}' is here", port.origin),),
                help="remove the record, or if the guest has the address add it to the VM's ca",
                # The guest that has the address may not send from it while this record stands.
                severity=Severity.ERROR
                if (other.vsid, other.ca) in subject.ports_of_address
                else None,
            )


def _other(subject: Subject, port: VmPort, records: list[LookupRecord]) -> LookupRecord | None:
    """Return the first record of an address that the policy does not state for the guest."""
    if port.gateway or port.mac_spoofing:
        return None
    cas = frozenset(port.cas)
    families = {ca.version for ca in cas}
    for record in records:
        ca = record.ca
        if ca in cas or ca.version not in families or ca.is_multicast or is_unspecified(ca):
            continue
        if record.type is not RecordType.STATIC or not record.names_a_host:
            continue
        if (record.vsid, ca) not in subject.dot_ones:  # those are HNV013
            return record
    return None


def _unrecorded(subject: Subject, port: VmPort, records: list[LookupRecord]) -> IPAddress | None:
    """Return the first address of a port that nothing lets it send from."""
    if any(record.type is RecordType.L2_ONLY for record in records):
        return None
    for ca in port.cas:
        if (port.vsid, ca) not in subject.records_of_address:
            wildcards = subject.common.wildcards(port.vsid, ca.version)
            if all(wildcard.mac != port.mac for wildcard in wildcards) or _is_inside(
                subject, port, ca
            ):
                return ca
    return None


def _is_inside(subject: Subject, port: VmPort, ca: IPAddress) -> bool:
    """Whether an address is one of the virtual network's own: those a wildcard is not for."""
    domain = subject.domains.get(subject.policy.networks[port.network].rdid)
    return domain is not None and next(domain.on_link.holding(ca), None) is not None


RULE = Rule(
    code="HNV305",
    slug="guest-with-other-address",
    severity=Severity.WARNING,
    check=check,
    doc=__doc__,
    effect=Reason.SRC_RECORD_MISSING,
)
