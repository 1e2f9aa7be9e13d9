"""IPv4 addresses of VMs are behind an IPv6 provider address.

## Why it matters
It is legal: the inner and the outer family are independent. But an IPv6 header outside takes 20
octets more, so the overhead of NVGRE is 62 octets, and guests have 1438 left of 1500. Who measured
with IPv4 expects 1458.

## Example
```yaml
hosts:
  H3: {provider_addresses: ["2001:db8:ff::13/64", 192.168.10.13/24]}
virtual_networks:
  blue:
    vms:
      D: {host: H3, vsid: 5001, mac: 02-00-00-00-01-0D, ca: 10.0.1.13}
    generate_lookup_records: true
    lookup_records:
      - {ca: 10.0.1.13, vsid: 5001, mac: 02-00-00-00-01-0D, pa: "2001:db8:ff::13"}
```

## Instead
Nothing has to change. Check the MTU of guests that do not adapt theirs. The other mixture, IPv6
inside of IPv4, costs nothing extra and has no finding. Hosts of one virtual network whose provider
addresses have no family in common are HNV205.

## How sure
The independence of the families is documented; the numbers are arithmetic.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.findings import Note
from hnvemu.lint.rule import Problem, Rule, Severity
from hnvemu.tables.provider import ENCAPSULATIONS
from hnvemu.wire.encapsulation import overhead

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.addresses import IPAddress
    from hnvemu.lint.subject import Subject
    from hnvemu.model.records import LookupRecord


def check(subject: Subject) -> Iterator[Problem]:
    """Report every IPv6 PA with IPv4 records of VMs once."""
    mixed: dict[IPAddress, LookupRecord] = {}
    for record in subject.policy.records:
        if (record.ca.version, record.pa.version) == (4, 6) and not subject.is_router(record):
            mixed.setdefault(record.pa, record)
    extra = overhead(ENCAPSULATIONS[subject.profile], 6)
    for address, record in mixed.items():
        for host, pa in subject.owners.get(address, ())[:1]:
            left = subject.policy.hosts[host].mtu - extra
            yield Problem(
                message=f"{record} is behind IPv6 provider address {address} of host '{host}',"
                f" and encapsulation takes {extra} octets",
                origin=pa.origin,
                related=(Note("the record is here", record.origin),),
                help=f"check the MTU of guests; this host leaves them {left}",
            )


RULE = Rule(
    code="HNV213",
    slug="ipv4-behind-ipv6-pa",
    severity=Severity.NOTE,
    check=check,
    doc=__doc__,
)
