"""A default route leads to a virtual subnet that has no gateway wildcard record.

## Why it matters
Addresses outside the virtual network have no lookup records. At the gateway's host the wildcard is
what makes a packet to them acceptable, and on the way back what makes their packets legal. Without
it both directions are dropped: there, for want of a record of the destination, and back, of the
source.

## Example
```yaml
virtual_networks:
  blue:
    customer_routes:
      - {prefix: 10.0.2.0/24, next_hop: on-link, vsid: 5002}
      - {prefix: 0.0.0.0/0, next_hop: 10.0.2.250, vsid: 5002}
    vms:
      GW: {host: H2, vsid: 5002, mac: 02-00-00-00-02-FA, ca: 10.0.2.250}
```

## Instead
Add a record of type GatewayWildcard with the gateway's MAC and provider address, one for each
family; in Windows Server 2012 it is a record of the address 0.0.0.0. Where records are generated,
`gateway: true` at the VM does it. A record for 0.0.0.0 or `::` that is not of this type is HNV015,
one that is not usable is HNV021. A next hop that is not found is HNV104 to HNV108; other routes
through an appliance are HNV307.

## How sure
Documented: the samples create the record and say what for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.addresses import parse_address
from hnvemu.findings import Note
from hnvemu.lint.cmdlets import UNSPECIFIED
from hnvemu.lint.routing import Fault
from hnvemu.lint.rule import Problem, Rule, SetKey, Severity
from hnvemu.model.policy import Profile
from hnvemu.model.records import RecordType
from hnvemu.trace.outcome import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject
    from hnvemu.model.records import LookupRecord


def check(subject: Subject) -> Iterator[Problem]:
    """Report the first default route that is used into each such VSID, by family."""
    told: set[tuple[int, int]] = set()
    typed = "" if subject.profile is Profile.WS2012 else " -Type GatewayWildcard"
    for way in subject.ways:
        route, record, version = way.route, way.found, way.hop.version
        if route.prefix.prefixlen or not way.is_used or isinstance(record, Fault):
            continue
        if (route.vsid, version) in told or subject.common.wildcards(route.vsid, version):
            continue
        told.add((route.vsid, version))
        if _is_half_written(subject, route.vsid, version):
            continue
        yield Problem(
            message=f"default route {route.prefix} leads to {way.hop}, and VSID {route.vsid} has"
            f" no IPv{version} gateway wildcard",
            origin=route.origin,
            related=(Note(f"{way.hop} is here", record.origin),),
            help=f"New-NetVirtualizationLookupRecord -CustomerAddress {UNSPECIFIED[version]}"
            f" -VirtualSubnetID {route.vsid} -MACAddress {record.mac}"
            f" -ProviderAddress {record.pa} -Rule TranslationMethodEncap{typed}",
            mends=_mends(subject, record),
        )


def _is_half_written(subject: Subject, vsid: int, version: int) -> bool:
    """Whether there is a record that would be the wildcard if its type or state were right."""
    records = subject.records_of_address.get((vsid, parse_address(UNSPECIFIED[version])), ())
    return any(record.type is not RecordType.L2_ONLY for record in records)


def _mends(subject: Subject, record: LookupRecord) -> tuple[SetKey, ...]:
    """Make the gateway's VM generate the record, where it generates its others."""
    if not record.generated:
        return ()
    ports = subject.ports_of_mac.get((record.vsid, record.mac), [])
    return tuple(SetKey(port.origin, "gateway", value=True) for port in ports)


RULE = Rule(
    code="HNV111",
    slug="wildcard-missing",
    severity=Severity.ERROR,
    check=check,
    doc=__doc__,
    effect=Reason.DST_RECORD_MISSING,
)
