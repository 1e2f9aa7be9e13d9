"""A VSID lies below 4096, which Windows keeps for itself.

## Why it matters
Lookup records and customer routes with such a VSID are refused, so nothing behind it works. A
sample of Microsoft's for a gateway uses 3000 and 4000: those are VLAN isolation ids, not VSIDs.
A port alone may have 0, which takes it out of network virtualization.

## Example
```yaml
virtual_networks:
  blue:
    customer_routes:
      - {prefix: 10.0.3.0/24, next_hop: on-link, vsid: 3000}
```

## Instead
Choose a VSID from 4096 to 16777214, and use it in every record, route and port of the subnet.
A generated record has the VSID of its VM or route, so the finding is there.

## How sure
Documented: the driver reports a tenant id in the reserved range, and the cmdlets refuse it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.lint.rule import Problem, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject

_FIRST = 4096


def check(subject: Subject) -> Iterator[Problem]:
    """Report every listed record, route and port with such a VSID."""
    policy = subject.policy
    places = [(str(route), route.origin) for route in policy.routes if route.vsid < _FIRST]
    places += [
        (str(record), record.origin)
        for record in subject.records
        if record.vsid < _FIRST and not record.generated
    ]
    places += [
        (f"port '{port}' in VSID {port.vsid}", port.origin)
        for port in policy.ports.values()
        if 0 < port.vsid < _FIRST
    ]
    for what, origin in places:
        yield Problem(
            message=f"{what} has a reserved VSID: Windows accepts {_FIRST} to 16777214",
            origin=origin,
            help="choose a VSID from 4096 to 16777214 in every record, route and port of the"
            " subnet; numbers such as 3000 in gateway samples are VLAN isolation ids",
        )


RULE = Rule(
    code="HNV001",
    slug="vsid-reserved",
    severity=Severity.ERROR,
    check=check,
    doc=__doc__,
)
