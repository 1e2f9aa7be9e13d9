"""A record has the virtual MAC of a redundancy protocol in a subnet where addresses cannot move.

## Why it matters
VRRP, HSRP and load balancing clusters move an address by announcing it from another machine. Hosts
drop such announcements where addresses are written down: the address stays where its record says.
And a port is found by the record's MAC, which no adapter has.

## Example
```yaml
virtual_networks:
  blue:
    generate_lookup_records: true
    lookup_records:
      - {ca: 10.0.1.100, vsid: 5001, mac: 00-00-5E-00-01-0A, pa: 192.168.10.11}
```

## Instead
Let the address be learned: give the machines L2-only records, use their own MACs for the shared
address, and write no record of it. Or let a script change the record with the takeover. Windows
Server 2012 and HNVv2 do not learn; HNVv2 has a load balancer for the purpose.

## How sure
Inferred from how hosts treat announcements. The ranges of MACs are those of the protocols.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.lint.placing import redundancy_protocol
from hnvemu.lint.rule import Problem, Rule, Severity
from hnvemu.model.policy import Profile
from hnvemu.trace.outcome import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject


def check(subject: Subject) -> Iterator[Problem]:
    """Report every such record of an address."""
    learns = subject.profile in (Profile.TRANSPARENT, Profile.WS2012R2)
    for record in subject.known_records:
        protocol = redundancy_protocol(record.mac)
        if protocol is None or not record.names_a_host or subject.is_router(record):
            continue
        if not (learns and subject.common.l2_only(record.vsid)):
            yield Problem(
                message=f"{record} has MAC {record.mac} of {protocol}, and VSID {record.vsid}"
                " learns no addresses: no other machine can take it over",
                origin=record.origin,
                help="New-NetVirtualizationLookupRecord -Type L2Only for each of the machines, or"
                " change the record at a takeover: it is found by CA, VSID and MAC, and"
                " Set-NetVirtualizationLookupRecord -ProviderAddress moves it",
            )


RULE = Rule(
    code="HNV308",
    slug="virtual-mac-in-static-vsid",
    severity=Severity.NOTE,
    check=check,
    doc=__doc__,
    effect=Reason.GARP_STATIC_VSID,
)
