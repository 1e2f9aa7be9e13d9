"""Provider addresses of one subnet have prefixes of different lengths.

## Why it matters
The prefix tells a host whom it asks for a MAC and whom it reaches through a router. Where one host
has a longer or a shorter one than its neighbours, some addresses are neighbours to the one and far
away to the other: it asks for the MAC of a host that cannot hear it, or needs a route that nobody
made.

## Example
```yaml
hosts:
  H3: {provider_addresses: [192.168.10.13/16]}
```

## Instead
Give all provider addresses of a subnet the prefix length of the subnet. The finding is at the
addresses that are fewer. Prefixes of a single address are left alone.

## How sure
Inferred from how on-link prefixes work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.findings import Note
from hnvemu.lint.rule import Problem, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.addresses import IPPrefix
    from hnvemu.lint.subject import Subject
    from hnvemu.model.provider import ProviderAddress


def check(subject: Subject) -> Iterator[Problem]:
    """Report every address whose prefix lies in, or around, a more frequent one."""
    of_prefix: dict[tuple[int, IPPrefix], list[ProviderAddress]] = {}
    """By VLAN too: what another VLAN has is another network."""
    for owners in subject.owners.values():
        for _, pa in owners:
            if pa.prefix.prefixlen < pa.prefix.max_prefixlen:
                of_prefix.setdefault((pa.vlan, pa.prefix), []).append(pa)
    around: dict[tuple[int, IPPrefix], list[tuple[int, IPPrefix]]] = {}
    for own in of_prefix:
        vlan, prefix = own
        for length in range(prefix.prefixlen):
            wider = vlan, prefix.supernet(new_prefix=length)
            if wider in of_prefix:
                around.setdefault(own, []).append(wider)
                around.setdefault(wider, []).append(own)
    # Of equally frequent prefixes the first of the policy is taken for the right one.
    order = {own: (-len(pas), at) for at, (own, pas) in enumerate(of_prefix.items())}
    for own, others in around.items():
        usual = min(others, key=order.__getitem__)
        if order[usual] > order[own]:
            continue
        example = of_prefix[usual][0]
        for pa in of_prefix[own]:
            yield Problem(
                message=f"provider address {pa.address} has the prefix {pa.prefix}, and"
                f" {example.address} has {example.prefix}",
                origin=pa.origin,
                related=(Note(f"{example.address} is here", example.origin),),
                help=f"Set-NetVirtualizationProviderAddress -ProviderAddress {pa.address}"
                f" -PrefixLength {example.prefix.prefixlen}",
            )


RULE = Rule(
    code="HNV215",
    slug="pa-prefixes-differ",
    severity=Severity.WARNING,
    check=check,
    doc=__doc__,
)
