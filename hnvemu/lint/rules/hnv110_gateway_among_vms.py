"""A gateway VM is in the virtual subnet of the VMs that it serves.

## Why it matters
Windows Server 2012 R2 wants a gateway in a virtual subnet of its own. Windows Server 2012 let the
two share one, so a design that was moved from there looks right and does not work.

## Example
```yaml
virtual_networks:
  blue:
    customer_routes:
      - {prefix: 0.0.0.0/0, next_hop: 10.0.1.250, vsid: 5001}
    vms:
      GW: {host: H2, vsid: 5001, mac: 02-00-00-00-01-FA, ca: 10.0.1.250, gateway: true}
```

## Instead
Give the gateway a small virtual subnet of its own, and put its address and VSID into the routes.
No packet of hnvemu shows it: packets are forwarded as 2012 did, and for the profile `ws2012` this
is a note. What the wildcard does to such a subnet is HNV017.

## How sure
Documented by an article that Microsoft's own staff corrected, and by Microsoft's samples, which
follow it. The cmdlets do not refuse it, and why it fails is not documented.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.findings import Note
from hnvemu.lint.routing import Fault
from hnvemu.lint.rule import Problem, Rule, Severity
from hnvemu.model.policy import Profile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject
    from hnvemu.model.records import CustomerRoute, LookupRecord


def check(subject: Subject) -> Iterator[Problem]:
    """Report the first route to a gateway in each virtual subnet that has other VMs."""
    macs: dict[int, set[int]] = {}
    gateways: dict[int, tuple[CustomerRoute, LookupRecord]] = {}
    for way in subject.ways:
        route, record = way.route, way.found
        if isinstance(record, Fault):
            continue
        wildcards = subject.common.wildcards(route.vsid, way.hop.version)
        macs.setdefault(route.vsid, set()).update((record.mac, *(w.mac for w in wildcards)))
        # Other appliances may sit among VMs: a gateway is what all the rest is behind.
        if not route.prefix.prefixlen or any(w.mac == record.mac for w in wildcards):
            gateways.setdefault(route.vsid, (route, record))
    severity = Severity.NOTE if subject.profile is Profile.WS2012 else None
    for vsid, (route, gateway) in gateways.items():
        macs[vsid] |= {port.mac for port in subject.ports_of_vsid.get(vsid, ()) if port.gateway}
        records = subject.records_of_vsid[vsid]
        vm = next((r for r in records if r.mac not in macs[vsid] and _is_of_vm(subject, r)), None)
        if vm is not None:
            yield Problem(
                message=f"gateway {gateway.ca} shares VSID {vsid} with other VMs, such as {vm.ca}",
                origin=route.origin,
                related=(
                    Note(f"{gateway.ca} is here", gateway.origin),
                    Note(f"{vm.ca} is here", vm.origin),
                ),
                help="move the gateway into a virtual subnet of its own:"
                " Set-VMNetworkAdapter -VirtualSubnetId, its records, and the routes to it",
                severity=severity,
            )


def _is_of_vm(subject: Subject, record: LookupRecord) -> bool:
    return record.names_a_host and not record.ca.is_multicast and not subject.is_router(record)


RULE = Rule(
    code="HNV110",
    slug="gateway-among-vms",
    severity=Severity.ERROR,
    check=check,
    doc=__doc__,
    profiles=(Profile.TRANSPARENT, Profile.WS2012, Profile.WS2012R2),
)
