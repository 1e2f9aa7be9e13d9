"""A gateway wildcard is in a virtual subnet of ordinary VMs.

## Why it matters
The wildcard makes addresses without a record legal behind the gateway, and those of the subnet are
among them. The gateway can pass for a neighbour that does not exist, and hosts let the packet in.
In a subnet of its own it could not.

## Example
```yaml
virtual_networks:
  blue:
    vms:
      GW: {host: H2, vsid: 5001, mac: 02-00-00-00-01-FA, ca: 10.0.1.250, gateway: true}
```

## Instead
Give the gateway a virtual subnet of its own, and point the routes at its new address. That 2012 R2
wants it so, whatever the wildcard, is HNV110. What a route leads to is no ordinary VM.

## How sure
Inferred from what a wildcard is for. No source says that a host refuses it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.findings import Note
from hnvemu.lint.routing import Fault
from hnvemu.lint.rule import Problem, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.addresses import MacAddress
    from hnvemu.lint.subject import Subject
    from hnvemu.model.records import LookupRecord


def check(subject: Subject) -> Iterator[Problem]:
    """Report the first wildcard of every such subnet, with its first ordinary VM."""
    routers: dict[int, set[MacAddress]] = {}
    for way in subject.ways:
        if not isinstance(way.found, Fault):
            routers.setdefault(way.route.vsid, set()).add(way.found.mac)
    for vsid, records in subject.records_of_vsid.items():
        wildcards = [w for version in (4, 6) for w in subject.common.wildcards(vsid, version)]
        if not wildcards:
            continue
        gateways = {wildcard.mac for wildcard in wildcards}
        gateways |= {port.mac for port in subject.ports_of_vsid.get(vsid, ()) if port.gateway}
        gateways |= routers.get(vsid, set())
        ordinary = [r for r in records if r.mac not in gateways and _is_of_vm(subject, r)]
        if ordinary:
            vms: dict[MacAddress, str] = {}
            for record in ordinary:
                vms.setdefault(record.mac, str(record.ca))
            some = ", ".join([*vms.values()][:3]) + (" …" if len(vms) > 3 else "")
            yield Problem(
                message=f"VSID {vsid} has a gateway wildcard among ordinary VMs: {some}",
                origin=wildcards[0].origin,
                related=(Note(f"{ordinary[0].ca} is here", ordinary[0].origin),),
                help="move the gateway into a virtual subnet of its own:"
                " Set-VMNetworkAdapter -VirtualSubnetId, its records, and the routes to it",
            )


def _is_of_vm(subject: Subject, record: LookupRecord) -> bool:
    return record.names_a_host and not record.ca.is_multicast and not subject.is_router(record)


RULE = Rule(
    code="HNV017",
    slug="wildcard-among-vms",
    severity=Severity.WARNING,
    check=check,
    doc=__doc__,
)
