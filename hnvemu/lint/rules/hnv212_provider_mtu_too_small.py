"""The provider network of HNVv2 has no room for the encapsulation of ordinary packets.

## Why it matters
HNVv2 leaves guests at an MTU of 1500 and counts on a provider network that carries more. VXLAN
takes 50 octets. Where the provider network has 1500 too, every full packet is dropped.

## Example
```yaml
profile: hnvv2
```

## Instead
Raise the MTU of the hosts' adapters and of the switches between them. Microsoft asks for an
EncapOverhead of 160, or jumbo frames of 1674 octets: that is `provider_mtu: 1660`. The rule is
silent from 1550 on, or 1570 with IPv6 provider addresses. Guests that are not Windows are HNV211.

## How sure
Documented, for the recommendation; the least that works is arithmetic.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.findings import Note
from hnvemu.lint.mtu import oversized
from hnvemu.lint.rule import Problem, Rule, Severity
from hnvemu.model.policy import Profile
from hnvemu.model.topology import Guest
from hnvemu.trace.outcome import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject


def check(subject: Subject) -> Iterator[Problem]:
    """Report every such host, with its first guest."""
    told: set[str] = set()
    for host, port, size, limit in oversized(subject):
        if port.guest is not Guest.WINDOWS or host.name in told:
            continue
        told.add(host.name)
        yield Problem(
            message=f"host '{host.name}' has an MTU of {host.mtu}, which leaves {limit} octets of"
            f" the {size} that '{port}' may send",
            origin=host.origin,
            related=(Note(f"'{port}' is here", port.origin),),
            help="set EncapOverhead to 160 or jumbo frames to 1674 octets, on the switches as"
            " well: Set-NetAdapterAdvancedProperty -RegistryKeyword *JumboPacket"
            " -RegistryValue 1674",
        )


RULE = Rule(
    code="HNV212",
    slug="provider-mtu-too-small",
    severity=Severity.WARNING,
    check=check,
    doc=__doc__,
    effect=Reason.MTU_EXCEEDED,
    profiles=(Profile.HNVV2,),
)
