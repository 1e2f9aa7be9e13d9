"""A subnet that routes lead out of has no record for its `.1` address.

## Why it matters
A guest sends packets for other subnets to the MAC of its default gateway, the `.1` of its subnet.
Hosts answer the guest's ARP or neighbour solicitation for it from a lookup record. Without one the
guest stays alone in its subnet, whatever the routes say.

## Example
```yaml
virtual_networks:
  blue:
    customer_routes:
      - {prefix: 10.0.2.0/24, next_hop: on-link, vsid: 5002}
    lookup_records:
      - {ca: 10.0.1.10, vsid: 5001, mac: 02-00-00-00-01-0A, pa: 192.168.10.11}
      - {ca: 10.0.1.11, vsid: 5001, mac: 02-00-00-00-01-0B, pa: 192.168.10.12}
      - {ca: 10.0.1.12, vsid: 5001, mac: 02-00-00-00-01-0C, pa: 192.168.10.11}
```

## Instead
Add a record with a MAC of your choice, the same in every subnet if you like, and a provider address
that no host has. HNVv2 has its distributed router built in, so the rule is not for `hnvv2`. hnvemu
traces a packet as if the guest knew the MAC; ask for the `.1` with the service `arp` to see it.

## How sure
Documented by Microsoft's samples, which create the record and look for its MAC with `arp -a`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.addresses import first_host
from hnvemu.lint.rule import Problem, Rule, Severity
from hnvemu.model.policy import Profile
from hnvemu.trace.outcome import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.addresses import IPPrefix
    from hnvemu.lint.subject import Subject


def check(subject: Subject) -> Iterator[Problem]:
    """Report the on-link route of every subnet with VMs, a way out, and no record of its ``.1``."""
    inhabited = _inhabited(subject)
    for routes in subject.routes_of_domain.values():
        # Where a family's routes lead: to VSIDs, and through gateways, which is a way out as well.
        ways = {4: set[tuple[int, bool]](), 6: set[tuple[int, bool]]()}
        for route in routes:
            ways[route.prefix.version].add((route.vsid, route.next_hop is None))
        for route in routes:
            version = route.prefix.version
            if route.next_hop is not None or len(ways[version]) == 1:
                continue
            router = first_host(route.prefix)
            if router is None or (route.vsid, route.prefix) not in inhabited:
                continue
            if (route.vsid, int(router)) not in subject.common.records[version]:
                yield Problem(
                    message=f"{router}, the .1 of {route.prefix} in VSID {route.vsid}, has no"
                    " lookup record, so guests cannot find their gateway",
                    origin=route.origin,
                    help=f"New-NetVirtualizationLookupRecord -CustomerAddress {router}"
                    f" -VirtualSubnetID {route.vsid} -MACAddress 02-00-00-FF-FF-01"
                    " -ProviderAddress 169.254.254.254 -Rule TranslationMethodEncap",
                )


def _inhabited(subject: Subject) -> set[tuple[int, IPPrefix]]:
    """Return the VSIDs and on-link prefixes with a record of something other than their ``.1``."""
    return {
        (record.vsid, route.prefix)
        for record in subject.policy.records
        if record.names_a_host
        for route in subject.subnets(record.vsid, record.ca)
        if record.ca != first_host(route.prefix)
    }


RULE = Rule(
    code="HNV022",
    slug="dot-one-missing",
    severity=Severity.WARNING,
    check=check,
    doc=__doc__,
    effect=Reason.ARP_UNANSWERED,
    profiles=(Profile.TRANSPARENT, Profile.WS2012, Profile.WS2012R2),
)
