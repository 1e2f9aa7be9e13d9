"""A VM has lookup records, and its port has VSID 0.

## Why it matters
A port with VSID 0 is outside of network virtualization: its frames pass by, and no record, route or
check applies to them. The VM looks configured and is not; what others send to it is dropped.

## Example
```yaml
virtual_networks:
  blue:
    vms:
      D: {host: H1, vsid: 0, mac: 02-00-00-00-01-0D, ca: 10.0.1.13}
    generate_lookup_records: true
    lookup_records:
      - {ca: 10.0.1.13, vsid: 5001, mac: 02-00-00-00-01-0D, pa: 192.168.10.11}
```

## Instead
Set the VSID at the port, or remove the records if the VM is not meant to be in the virtual network.
The VSID is a setting of the port, and is lost when the adapter is created anew.

## How sure
Documented: 0 clears the VSID. What the VM itself sends is not dropped; trace shows it as passed by.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.findings import Note
from hnvemu.lint.placing import Misfit
from hnvemu.lint.rule import Problem, Rule, Severity
from hnvemu.trace.outcome import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject
    from hnvemu.model.records import LookupRecord
    from hnvemu.model.topology import VmPort


def check(subject: Subject) -> Iterator[Problem]:
    """Report every such port once, with the virtual subnets of its records."""
    found: dict[str, tuple[VmPort, list[LookupRecord]]] = {}
    for record, misfit, port in subject.strays:
        if misfit is Misfit.OFF and port is not None:
            found.setdefault(port.name, (port, []))[1].append(record)
    for port, records in found.values():
        vsids = sorted({record.vsid for record in records})
        yield Problem(
            message=f"'{port}' has VSID 0, and lookup records in VSID {', '.join(map(str, vsids))}",
            origin=port.origin,
            related=(Note(f"the {records[0]} is here", records[0].origin),),
            help=f"Set-VMNetworkAdapter -VirtualSubnetId {vsids[0]}, or remove the records",
        )


RULE = Rule(
    code="HNV309",
    slug="port-outside-hnv",
    severity=Severity.WARNING,
    check=check,
    doc=__doc__,
    effect=Reason.VSID_MISMATCH,
)
