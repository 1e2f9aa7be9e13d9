"""Provider addresses of one subnet are in different VLANs.

## Why it matters
Hosts find each other's MAC with ARP, and ARP does not leave its VLAN. Two addresses of one prefix
take each other for neighbours, ask, and hear nothing.

## Example
```yaml
hosts:
  H3: {provider_addresses: [{address: 192.168.10.13/24, vlan: 77}]}
```

## Instead
Put all provider addresses of a prefix into one VLAN, 0 if it is untagged. The finding is at the
addresses that are fewer.

## How sure
Inferred from how ARP works.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from hnvemu.findings import Note
from hnvemu.lint.rule import Problem, Rule, Severity
from hnvemu.trace.outcome import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.addresses import IPPrefix
    from hnvemu.lint.subject import Subject
    from hnvemu.model.provider import ProviderAddress


def check(subject: Subject) -> Iterator[Problem]:
    """Report every address that is not in the most frequent VLAN of its prefix."""
    of_prefix: dict[IPPrefix, list[ProviderAddress]] = {}
    for owners in subject.owners.values():
        for _, pa in owners:
            of_prefix.setdefault(pa.prefix, []).append(pa)
    for prefix, pas in of_prefix.items():
        # Of equally frequent VLANs the first of the policy is taken for the right one.
        usual = Counter(pa.vlan for pa in pas).most_common(1)[0][0]
        example = next(pa for pa in pas if pa.vlan == usual)
        for pa in pas:
            if pa.vlan != usual:
                yield Problem(
                    message=f"provider address {pa.address} is in VLAN {pa.vlan}, and"
                    f" {example.address} of the same prefix {prefix} in VLAN {usual}",
                    origin=pa.origin,
                    related=(Note(f"{example.address} is here", example.origin),),
                    help=f"Set-NetVirtualizationProviderAddress -ProviderAddress {pa.address}"
                    f" -VlanID {usual}",
                )


RULE = Rule(
    code="HNV206",
    slug="pa-vlans-differ",
    severity=Severity.ERROR,
    check=check,
    doc=__doc__,
    effect=Reason.PA_ARP_FAILED,
)
