"""A provider address lies inside a prefix of a virtual network.

## Why it matters
It works: the two sorts of addresses never meet in one table. But whoever reads a capture or a log
takes one for the other, and a VM can have the very address of a host. A host that also has an
address of its own in such a prefix is a puzzle at every fault.

## Example
```yaml
virtual_networks:
  blue:
    customer_routes:
      - {prefix: 192.168.10.0/24, next_hop: on-link, vsid: 5002}
```

## Instead
Keep a range of addresses for the provider network that no customer uses, where it is yours to
choose. Customers who bring their own addresses are a reason to leave it.

## How sure
A decision of this catalogue: no source forbids it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.findings import Note
from hnvemu.lint.routing import Prefixes
from hnvemu.lint.rule import Problem, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject
    from hnvemu.model.provider import ProviderAddress


def check(subject: Subject) -> Iterator[Problem]:
    """Report the first on-link route of every such prefix, with the first PA in it."""
    routes = [route for routes in subject.on_link.values() for route in routes]
    prefixes = Prefixes(routes)
    inside: dict[object, list[tuple[str, ProviderAddress]]] = {}
    for address, owners in subject.owners.items():
        for route in prefixes.holding(address):
            inside.setdefault(route.prefix, []).extend(owners[:1])
    for route in routes:
        found = inside.pop(route.prefix, None)
        if found:
            host, pa = found[0]
            more = f" and {len(found) - 1} more" if len(found) > 1 else ""
            yield Problem(
                message=f"{route.prefix} of VSID {route.vsid} holds provider address {pa.address}"
                f" of host '{host}'{more}",
                origin=route.origin,
                related=(Note(f"'{host}' has {pa.address} here", pa.origin),),
                help="choose provider addresses that no customer has:"
                " New-NetVirtualizationProviderAddress, then"
                " Set-NetVirtualizationLookupRecord -ProviderAddress",
            )


RULE = Rule(
    code="HNV210",
    slug="pa-in-customer-prefix",
    severity=Severity.WARNING,
    check=check,
    doc=__doc__,
)
