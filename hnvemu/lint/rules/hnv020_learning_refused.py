"""An L2-only record asks for an address to be learned, and the VM's port may learn none.

## Why it matters
An L2-only record lets hosts learn the addresses of a VM from what it sends. The port's limit of
dynamic addresses says how many; with 0 the VM's packets are dropped. A dynamic record that is
written by hand is a note of this rule: it is what a host would have learned, and hosts forget or
move such records.

## Example
```yaml
virtual_networks:
  blue:
    generate_lookup_records: true
    lookup_records:
      - {ca: 10.0.1.13, vsid: 5001, mac: 02-00-00-00-01-0C, pa: 192.168.10.11, type: dynamic}
```

## Instead
Raise `dynamic_ip_limit`, or give the VM a static record in place of the L2-only one. Make dynamic
records static unless the policy is meant to show what a host has learned.

## How sure
The limit and the event of a refused address are documented. That 0 refuses the first is inferred.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.findings import Note
from hnvemu.lint.rule import Problem, Rule, Severity
from hnvemu.model.records import RecordType
from hnvemu.trace.outcome import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject


def check(subject: Subject) -> Iterator[Problem]:
    """Report ports with an L2-only record and a limit of 0, and dynamic records."""
    for record in subject.records:
        if record.type is RecordType.L2_ONLY:
            for port in subject.ports_of_mac.get((record.vsid, record.mac), ()):
                if port.dynamic_ip_limit == 0:
                    yield Problem(
                        message=f"'{port}' has an L2-only record and may learn 0 addresses",
                        origin=port.origin,
                        related=(Note("the L2-only record is here", record.origin),),
                        help="raise the limit: Set-VMNetworkAdapter -DynamicIPAddressLimit 1",
                    )
        # One that is marked is HNV021.
        elif record.type is RecordType.DYNAMIC and record.names_a_host:
            yield Problem(
                message=f"{record} is dynamic, which only a host makes of what it hears",
                origin=record.origin,
                help="make it static, or use an L2-only record and let the address be learned",
                severity=Severity.NOTE,
            )


RULE = Rule(
    code="HNV020",
    slug="learning-refused",
    severity=Severity.WARNING,
    check=check,
    doc=__doc__,
    effect=Reason.DYN_LIMIT,
)
