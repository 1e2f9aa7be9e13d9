"""A static or dynamic record is for 0.0.0.0 or `::`.

## Why it matters
Windows Server 2012 had no types of records: there, the address alone made a wildcard. Since 2012 R2
the type does, and what a host makes of a static record for no address is not documented. In hnvemu
such a record speaks for nobody, so packets to and from outside are dropped at the gateway.

## Example
```yaml
virtual_networks:
  blue:
    generate_lookup_records: true
    lookup_records:
      - {ca: 0.0.0.0, vsid: 5001, mac: 02-00-00-00-01-0C, pa: 192.168.10.11}
```

## Instead
Say what it is: `type: gateway_wildcard` for a gateway, `type: l2_only` for a VM whose address is to
be learned. With the profile `ws2012` the rule is silent.

## How sure
The types and the older meaning are documented; what 2012 R2 does is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.lint.rule import Problem, Rule, Severity
from hnvemu.model.policy import Profile
from hnvemu.model.records import RecordType, is_unspecified
from hnvemu.trace.outcome import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject


def check(subject: Subject) -> Iterator[Problem]:
    """Report every such record."""
    for record in subject.records:
        if record.type in (RecordType.STATIC, RecordType.DYNAMIC) and is_unspecified(record.ca):
            yield Problem(
                message=f"the {record.type} record of {record.mac} in VSID {record.vsid} is for"
                f" {record.ca}, which made a wildcard in Windows Server 2012 alone",
                origin=record.origin,
                help="say its type: New-NetVirtualizationLookupRecord … -Type GatewayWildcard,"
                " or L2Only where an address is to be learned",
            )


RULE = Rule(
    code="HNV015",
    slug="static-record-of-no-address",
    severity=Severity.WARNING,
    check=check,
    doc=__doc__,
    effect=Reason.DST_RECORD_MISSING,
    profiles=(Profile.TRANSPARENT, Profile.WS2012R2, Profile.HNVV2),
)
