"""An entry's addresses or ports are such that no packet can have them.

## Why it matters
Both ends of a packet have addresses of one family, so a rule for local IPv4 and remote IPv6
addresses matches nothing, and neither does a range that ends before it begins. A real host refuses
both.

## Example
```yaml
firewall:
  rules:
    - {name: cluster, vms: [B], action: block, remote_address: 10.0.1.20-10.0.1.10}
```

## Instead
Write the lower end of a range first, and a rule for each family. Text that is no address, prefix
or range at all is refused when the policy is read, under this code.

## How sure
Documented for text that is no address; that hosts refuse the other two is inferred.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.addresses import address_of
from hnvemu.lint.lists import addresses_of, named, ports_of
from hnvemu.lint.rule import Problem, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject
    from hnvemu.model.acl import Addresses, AddressRange

_BOTH = {4, 6}


def check(subject: Subject) -> Iterator[Problem]:
    """Report every range that is turned round, and every entry for two families."""
    keywords = dict(subject.policy.firewall.keywords)
    for rule in subject.lists.entries:
        turned = []
        for addresses in addresses_of(rule):
            if addresses is None:
                continue
            turned += [_written(part) for part in addresses.ranges if part.first > part.last]
            for word in addresses.keywords:
                turned += [
                    f"{_written(part)}, for which {word.upper()} stands"
                    for part in keywords.get(word.rstrip("46"), ())
                    if part.first > part.last
                ]
        for ports in ports_of(rule):
            if ports is not None:
                turned += [f"ports {low}-{high}" for low, high in ports.ranges if low > high]
        for text in turned:
            yield Problem(
                message=f"{named(rule)} is for {text}: the range ends before it begins",
                origin=rule.origin,
                help="write the lower end first",
            )
        here, there = (_families(addresses) for addresses in addresses_of(rule))
        if not here & there:
            yield Problem(
                message=f"{named(rule)} is for IPv{min(here)} addresses at one end and"
                f" IPv{min(there)} addresses at the other",
                origin=rule.origin,
                help="write one rule for each family, with both ends in it",
            )


def _families(addresses: Addresses | None) -> set[int]:
    if addresses is None or addresses.keywords:
        return _BOTH
    return {part.version for part in addresses.ranges}


def _written(part: AddressRange) -> str:
    return f"{address_of(part.version, part.first)}-{address_of(part.version, part.last)}"


RULE = Rule(
    code="HNV405",
    slug="addresses-that-match-nothing",
    severity=Severity.ERROR,
    check=check,
    doc=__doc__,
)
