"""A record asks for the VM's MAC on the wire, and its method is not `nat`.

## Why it matters
`use_vm_mac` chooses whose source MAC a rewritten packet has in the provider network. An
encapsulated packet has the outer header of the host, so the switch changes nothing there.

## Example
```yaml
virtual_networks:
  blue:
    generate_lookup_records: true
    lookup_records:
      - {ca: 10.0.1.12, vsid: 5001, mac: 02-00-00-00-01-0C, pa: 192.168.10.11, use_vm_mac: true}
```

## Instead
Leave it out.

## How sure
Documented: the parameter has a meaning with address rewriting only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.lint.cmdlets import setting
from hnvemu.lint.rule import Problem, RemoveKey, Rule, Severity
from hnvemu.model.records import Translation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject


def check(subject: Subject) -> Iterator[Problem]:
    """Report every such record."""
    for record in subject.records:
        if record.use_vm_mac and record.rule is not Translation.NAT:
            yield Problem(
                message=f"{record} has use_vm_mac, which has no effect with the rule {record.rule}",
                origin=record.origin,
                help=setting(record, "-UseVmMACAddress $false"),
                mends=(RemoveKey(record.origin, "use_vm_mac"),),
            )


RULE = Rule(
    code="HNV019",
    slug="vm-mac-without-nat",
    severity=Severity.WARNING,
    check=check,
    doc=__doc__,
)
