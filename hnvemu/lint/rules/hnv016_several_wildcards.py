"""A virtual subnet has more than one gateway wildcard of a family.

## Why it matters
A wildcard stands for the one gateway that addresses without a record are behind. With two, which of
them a host asks is not documented. hnvemu takes, for a packet that is sent, the one with the
sender's MAC, and for one that is received, the one whose provider address received it.

## Example
```yaml
virtual_networks:
  blue:
    customer_routes:
      - {prefix: 10.0.2.0/24, next_hop: on-link, vsid: 5002}
    vms:
      GW1: {host: H1, vsid: 5002, mac: 02-00-00-00-02-01, ca: 10.0.2.11, gateway: true}
      GW2: {host: H2, vsid: 5002, mac: 02-00-00-00-02-02, ca: 10.0.2.12, gateway: true}
```

## Instead
Put each gateway into a virtual subnet of its own, and let prefixes or metrics of the routes choose
between them. The same wildcard twice, with one MAC, is HNV005.

## How sure
That a wildcard is one a subnet is documented as the intention. A sample of Microsoft's holds two,
so the store accepts them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.findings import Note
from hnvemu.lint.rule import Problem, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject


def check(subject: Subject) -> Iterator[Problem]:
    """Report every wildcard of another MAC than the first has, as a host would find them."""
    for vsid in subject.records_of_vsid:
        for version in (4, 6):
            wildcards = subject.common.wildcards(vsid, version)
            for record in wildcards[1:]:
                first = wildcards[0]
                if record.mac != first.mac:
                    yield Problem(
                        message=f"VSID {vsid} has a second IPv{version} gateway wildcard,"
                        f" {record.mac} beside {first.mac}",
                        origin=record.origin,
                        related=(Note("the first one is here", first.origin),),
                        help="move one of the gateways into a virtual subnet of its own:"
                        " Set-VMNetworkAdapter -VirtualSubnetId, its records, and its route",
                    )


RULE = Rule(
    code="HNV016",
    slug="several-wildcards",
    severity=Severity.WARNING,
    check=check,
    doc=__doc__,
)
