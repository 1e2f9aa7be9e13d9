"""One MAC on one host is in several virtual subnets, as a multi-tenant gateway's is.

## Why it matters
It works: the VSID tells the subnets apart, so it is not the clash of HNV008. It is also how a
multi-tenant gateway looks, one adapter that serves several virtual networks. Written as several
VMs, each with the adapter's MAC, nothing says that they are one, and one of them can be moved or
changed without the others.

## Example
```yaml
virtual_networks:
  red:
    rdid: "{aaaaaaaa-0000-0000-0000-000000000002}"
    customer_routes: [{prefix: 10.0.1.0/24, next_hop: on-link, vsid: 6001}]
    vms:
      C: {host: H1, vsid: 6001, mac: 02-00-00-00-01-0C, ca: 10.0.1.12}
```

## Instead
List the adapter once, under `gateways`, with its `routing_domains`; this rule is then silent. Give
VMs that are not one machine MACs of their own.

## How sure
Documented: Microsoft's multi-tenant gateway has the same CA, MAC and PA in several routing domains.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.findings import Note
from hnvemu.lint.rule import Problem, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hnvemu.addresses import IPAddress, MacAddress
    from hnvemu.lint.subject import Subject
    from hnvemu.model.records import LookupRecord


def check(subject: Subject) -> Iterator[Problem]:
    """Report the first record of a MAC and PA in every VSID but the first."""
    seen: dict[tuple[MacAddress, IPAddress], dict[int, LookupRecord]] = {}
    for record in subject.policy.records:
        is_of_vm = record.names_a_host and not record.ca.is_multicast
        if is_of_vm and record.pa in subject.owners and not subject.is_router(record):
            of_vsid = seen.setdefault((record.mac, record.pa), {})
            of_vsid.setdefault(record.vsid, record)
    for (mac, pa), of_vsid in seen.items():
        if len(of_vsid) > 1 and not _is_explained(subject, mac, of_vsid):
            first, *others = of_vsid.values()
            for record in others:
                yield Problem(
                    message=f"MAC {mac} behind {pa} is in VSID {record.vsid} and in VSID"
                    f" {first.vsid}, which is meant for multi-tenant gateways",
                    origin=record.origin,
                    related=(Note(f"it is in VSID {first.vsid} here", first.origin),),
                    help="if it is one adapter, list it under gateways with its routing_domains:"
                    " Set-VMNetworkAdapterIsolation -MultiTenantStack On and"
                    " Add-VMNetworkAdapterRoutingDomainMapping",
                )


def _is_explained(subject: Subject, mac: MacAddress, vsids: Iterable[int]) -> bool:
    """Whether it is a declared gateway, or where a VSID has no such port another mistake: HNV301.

    A policy of records alone tells neither.
    """
    ports = [subject.ports_of_mac.get((vsid, mac), []) for vsid in vsids]
    is_gateway = any(port.trunk for found in ports for port in found)
    return is_gateway or (any(ports) and not all(ports))


RULE = Rule(
    code="HNV009",
    slug="mac-in-several-vsids",
    severity=Severity.NOTE,
    check=check,
    doc=__doc__,
)
