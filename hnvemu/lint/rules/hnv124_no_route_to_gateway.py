"""A virtual subnet has a gateway wildcard, and no route leads to a gateway in it.

## Why it matters
The wildcard makes addresses from outside legal behind the gateway, so somebody meant to have a way
outside. It works in one direction: what the gateway sends reaches the VMs, and their answers find
no route.

## Example
```yaml
virtual_networks:
  blue:
    customer_routes:
      - {prefix: 10.0.2.0/24, next_hop: on-link, vsid: 5002}
    vms:
      GW: {host: H2, vsid: 5002, mac: 02-00-00-00-02-FA, ca: 10.0.2.250, gateway: true}
```

## Instead
Add the default route, or routes to what is behind the gateway; or remove the wildcard. Any route of
the family with a next hop in the virtual subnet will do. Where IPv4 has a default route and IPv6
has none, the rule is HNV119; a route into another virtual subnet than its gateway's is HNV108.

## How sure
Follows from what a wildcard is for. A gateway that only hands packets in is possible.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.lint.cmdlets import UNSPECIFIED
from hnvemu.lint.rule import Problem, Rule, Severity
from hnvemu.trace.outcome import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject


def check(subject: Subject) -> Iterator[Problem]:
    """Report the first wildcard of every such virtual subnet and family."""
    led = {(way.route.vsid, way.hop.version) for way in subject.ways}
    led |= {(r.vsid, way.hop.version) for way in subject.ways for r in way.elsewhere}
    with_ipv4 = {
        way.route.rdid
        for way in subject.ways
        if way.hop.version == 4 and not way.route.prefix.prefixlen
    }
    for vsid in subject.records_of_vsid:
        rdid = subject.common.rd_of(vsid)
        if rdid is None:  # HNV101
            continue
        for version in (4, 6):
            wildcards = subject.common.wildcards(vsid, version)
            if not wildcards or (vsid, version) in led:
                continue
            if version == 6 and rdid in with_ipv4:
                continue
            yield Problem(
                message=f"VSID {vsid} has an IPv{version} gateway wildcard, and no IPv{version}"
                " route leads to a gateway there",
                origin=wildcards[0].origin,
                help=f"New-NetVirtualizationCustomerRoute -RoutingDomainID '{rdid}'"
                f" -VirtualSubnetID {vsid} -DestinationPrefix {UNSPECIFIED[version]}/0 -NextHop …",
            )


RULE = Rule(
    code="HNV124",
    slug="no-route-to-gateway",
    severity=Severity.WARNING,
    check=check,
    doc=__doc__,
    effect=Reason.ROUTE_MISSING,
)
