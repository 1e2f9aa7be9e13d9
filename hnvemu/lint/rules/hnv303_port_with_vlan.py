"""A port has a VLAN id and a VSID.

## Why it matters
A port is in a VLAN or in a virtual subnet, and not in both: a host refuses the second setting.
Inside of a virtual subnet no frame may have a VLAN tag.

## Example
```yaml
virtual_networks:
  blue:
    vms:
      D: {host: H1, vsid: 5001, mac: 02-00-00-00-01-0D, ca: 10.0.1.13, vlan: 77}
```

## Instead
Take the VLAN off the port. The VLAN of the provider network is a property of the provider address.
A port that is to stay in its VLAN has `vsid: 0`.

## How sure
Documented.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.lint.rule import Problem, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject


def check(subject: Subject) -> Iterator[Problem]:
    """Report every such adapter once, one of a multi-tenant gateway too."""
    told: set[str] = set()
    for port in subject.policy.ports.values():
        adapter = port.trunk or port.name
        if port.vlan and port.vsid and adapter not in told:
            told.add(adapter)
            yield Problem(
                message=f"'{port}' is in VLAN {port.vlan} and in VSID {port.vsid}",
                origin=port.origin,
                help="take it out of the VLAN: Set-VMNetworkAdapterVlan -Untagged",
            )


RULE = Rule(
    code="HNV303",
    slug="port-with-vlan",
    severity=Severity.ERROR,
    check=check,
    doc=__doc__,
)
