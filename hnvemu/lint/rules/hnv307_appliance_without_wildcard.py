"""Routes lead through an appliance that may not send from the addresses behind it.

## Why it matters
What an appliance passes on has foreign source addresses, and those have no record. A gateway
wildcard with the appliance's MAC makes them legal. Without one its host drops them, and what is
routed to it is dropped where it arrives.

## Example
```yaml
virtual_networks:
  blue:
    customer_routes:
      - {prefix: 10.0.2.0/24, next_hop: on-link, vsid: 5002}
      - {prefix: 172.16.0.0/12, next_hop: 10.0.2.250, vsid: 5002}
    vms:
      FW: {host: H2, vsid: 5002, mac: 02-00-00-00-02-FA, ca: 10.0.2.250}
```

## Instead
Give the appliance a virtual subnet of its own with a wildcard: `gateway: true` where records are
generated. A single address can have a record of its own in the appliance's subnet instead, with the
appliance's MAC. For default routes the rule is HNV111; a wildcard with another MAC is HNV112.

## How sure
Documented for gateways; that other routes need it as well follows from the source check.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.findings import Note
from hnvemu.lint.cmdlets import UNSPECIFIED
from hnvemu.lint.routing import Fault
from hnvemu.lint.rule import Problem, Rule, Severity
from hnvemu.model.policy import Profile
from hnvemu.trace.outcome import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.addresses import IPPrefix
    from hnvemu.lint.subject import Subject
    from hnvemu.model.records import LookupRecord
    from hnvemu.model.topology import VmPort


def check(subject: Subject) -> Iterator[Problem]:
    """Report next hops of other than default routes, then gateways; each VSID and family once."""
    told = {
        (way.route.vsid, way.hop.version) for way in subject.ways if not way.route.prefix.prefixlen
    }
    for way in subject.ways:
        route, record, version = way.route, way.found, way.hop.version
        if not way.is_used or isinstance(record, Fault) or (route.vsid, version) in told:
            continue
        if subject.common.wildcards(route.vsid, version) or _is_recorded(
            subject, route.prefix, record
        ):
            continue
        told.add((route.vsid, version))
        yield Problem(
            message=f"{route.prefix} is behind {way.hop}, and VSID {route.vsid} has no IPv{version}"
            " gateway wildcard",
            origin=route.origin,
            related=(Note(f"{way.hop} is here", record.origin),),
            help=_advice(
                subject, route.vsid, version, f"{record.mac} -ProviderAddress {record.pa}"
            ),
        )
    for port in subject.policy.ports.values():
        for version in (4, 6) if _is_gateway(subject, port) else ():
            key = port.vsid, version
            has_address = any(ca.version == version for ca in port.cas)
            if has_address and key not in told and not subject.common.wildcards(*key):
                told.add(key)
                yield Problem(
                    message=f"gateway '{port}' has no IPv{version} gateway wildcard in VSID"
                    f" {port.vsid}",
                    origin=port.origin,
                    help=_advice(subject, port.vsid, version, f"{port.mac} -ProviderAddress …"),
                )


def _is_gateway(subject: Subject, port: VmPort) -> bool:
    """Whether a port is a gateway's, and has a record: without any it is HNV304."""
    return port.gateway and bool(subject.records_of_mac.get((port.vsid, port.mac)))


def _is_recorded(subject: Subject, prefix: IPPrefix, hop: LookupRecord) -> bool:
    """Whether a route is for one address, and that has a record with the next hop's MAC."""
    key = hop.vsid, prefix.network_address
    return prefix.num_addresses == 1 and any(
        record.mac == hop.mac for record in subject.records_of_address.get(key, ())
    )


def _advice(subject: Subject, vsid: int, version: int, behind: str) -> str:
    typed = "" if subject.profile is Profile.WS2012 else " -Type GatewayWildcard"
    return (
        f"New-NetVirtualizationLookupRecord -CustomerAddress {UNSPECIFIED[version]}"
        f" -VirtualSubnetID {vsid} -MACAddress {behind} -Rule TranslationMethodEncap{typed}"
    )


RULE = Rule(
    code="HNV307",
    slug="appliance-without-wildcard",
    severity=Severity.WARNING,
    check=check,
    doc=__doc__,
    effect=Reason.SRC_RECORD_MISSING,
)
