"""A VM's port is in another virtual subnet than its lookup record.

## Why it matters
The port says in which virtual subnet the VM sends, and the record in which it is looked for. The
VM's own packets have no record there, and those for it arrive with a VSID that the port does not
take.

## Example
```yaml
virtual_networks:
  blue:
    customer_routes:
      - {prefix: 10.0.2.0/24, next_hop: on-link, vsid: 5002}
    generate_lookup_records: true
    lookup_records:
      - {ca: 10.0.2.12, vsid: 5002, mac: 02-00-00-00-01-0C, pa: 192.168.10.11}
```

## Instead
Find out which of the two is right, and change the other one. A port that has left network
virtualization, with VSID 0, is HNV309; a gateway's missing mapping is HNV122.

## How sure
Documented: a virtual switch drops for a VSID that does not match.
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
    """Report the first record of every port and foreign VSID."""
    told: set[tuple[str, int]] = set()
    for record, misfit, port in subject.strays:
        if misfit is not Misfit.VSID or port is None or (port.name, record.vsid) in told:
            continue
        told.add((port.name, record.vsid))
        yield Problem(
            message=f"{record} has the MAC of '{port}', whose port is in VSID {port.vsid}",
            origin=record.origin,
            related=(Note(f"'{port}' is here", port.origin),),
            help=f"Set-VMNetworkAdapter -VirtualSubnetId {record.vsid}, or if the port is right"
            f" {removing(record)} and create it in VSID {port.vsid}",
        )


RULE = Rule(
    code="HNV301",
    slug="port-in-other-vsid",
    severity=Severity.ERROR,
    check=check,
    doc=__doc__,
    effect=Reason.SRC_RECORD_MISSING,
)
