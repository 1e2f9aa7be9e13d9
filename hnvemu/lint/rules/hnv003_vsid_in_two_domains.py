"""A VSID is used by two routing domains.

## Why it matters
A VSID belongs to one routing domain in the whole data centre, and a packet carries nothing but the
VSID to say whose it is. Hosts take the domain of the first route that carries the number. VMs of
the other domain are then looked up among routes that are not theirs.

## Example
```yaml
virtual_networks:
  red:
    rdid: "{aaaaaaaa-0000-0000-0000-000000000002}"
    customer_routes:
      - {prefix: 10.9.0.0/24, next_hop: on-link, vsid: 5001}
```

## Instead
Give each virtual network VSIDs of its own. This rule looks at ports and at on-link routes, which
say where a subnet is at home; a route through a gateway in a foreign VSID is HNV104.

## How sure
That a VSID has one routing domain is documented. Which of two a host takes is not; hnvemu takes
the first of the policy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.findings import Note
from hnvemu.lint.rule import Problem, Rule, Severity
from hnvemu.trace.outcome import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject
    from hnvemu.model.origin import Origin


def check(subject: Subject) -> Iterator[Problem]:
    """Report the first place of every domain but the first that uses a VSID."""
    networks = subject.policy.networks
    names: dict[str, str] = {}
    for network in networks.values():
        names.setdefault(network.rdid, network.name)
    homes: dict[int, dict[str, Origin]] = {}
    for routes in subject.on_link.values():
        for route in routes:
            homes.setdefault(route.vsid, {}).setdefault(route.rdid, route.origin)
    for port in subject.policy.ports.values():
        if port.vsid:
            rdid = networks[port.network].rdid
            homes.setdefault(port.vsid, {}).setdefault(rdid, port.origin)
    for vsid, domains in homes.items():
        (first, home), *others = domains.items()
        for rdid, origin in others:
            yield Problem(
                message=f"VSID {vsid} of virtual network '{names[rdid]}' is one of"
                f" '{names[first]}' too, and a VSID has one routing domain",
                origin=origin,
                related=(Note(f"'{names[first]}' uses it here", home),),
                help="choose another VSID for one of the two subnets, in its routes, its records,"
                " and with Set-VMNetworkAdapter -VirtualSubnetId at its ports",
            )


RULE = Rule(
    code="HNV003",
    slug="vsid-in-two-domains",
    severity=Severity.ERROR,
    check=check,
    doc=__doc__,
    effect=Reason.ROUTE_MISSING,
)
