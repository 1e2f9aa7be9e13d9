"""A VM's port has another MAC than the lookup record of its address.

## Why it matters
The host compares the MAC of what a VM sends with the record, and drops what differs. What is sent
to the VM is looked for at a port with the record's MAC, and there is none.

## Example
```yaml
virtual_networks:
  blue:
    generate_lookup_records: true
    lookup_records:
      - {ca: 10.0.1.12, vsid: 5001, mac: 02-00-00-00-01-0D, pa: 192.168.10.11}
```

## Instead
Use the adapter's MAC in the record. A MAC that Hyper-V chooses can change when a VM is created anew
or imported, so give VMs a static one. Where the address has a record with the right MAC too, the
rule is HNV006.

## How sure
Documented: the driver has a drop reason for each of the two directions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.findings import Note
from hnvemu.lint.cmdlets import removing
from hnvemu.lint.placing import Misfit
from hnvemu.lint.rule import Problem, Rule, Severity
from hnvemu.trace.outcome import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject


def check(subject: Subject) -> Iterator[Problem]:
    """Report every such record."""
    for record, misfit, port in subject.strays:
        if misfit is Misfit.MAC and port is not None:
            yield Problem(
                message=f"{record} has MAC {record.mac}, and '{port}' with this address has"
                f" {port.mac}",
                origin=record.origin,
                related=(Note(f"'{port}' is here", port.origin),),
                help=f"{removing(record)}, and create it with {port.mac}; or"
                f" Set-VMNetworkAdapter -StaticMacAddress {record.mac}",
            )


RULE = Rule(
    code="HNV302",
    slug="port-with-other-mac",
    severity=Severity.ERROR,
    check=check,
    doc=__doc__,
    effect=Reason.SRC_MAC_MISMATCH,
)
