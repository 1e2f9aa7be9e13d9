"""Of two extended ACLs with one weight, one allows what the other denies.

## Why it matters
The largest weight is tried first, and the first entry that matches decides. Which of two entries
with one weight comes first is nowhere said, and may change when they are added again. hnvemu takes
the one that denies.

## Example
```yaml
extended_acls:
  - {vms: [B], direction: inbound, weight: 10, action: allow, protocol: tcp, local_port: 80}
  - {vms: [B], direction: inbound, weight: 10, action: deny, protocol: tcp}
```

## Instead
Give the exception the larger weight. Entries that no packet can match both, and those that do the
same, may share a weight.

## How sure
That weights decide is documented; what happens between equal ones is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.lint.rule import Rule, Severity
from hnvemu.lint.ties import ties
from hnvemu.model.acl import ExtendedAcl, Mechanism
from hnvemu.trace.outcome import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.rule import Problem
    from hnvemu.lint.subject import Subject
    from hnvemu.model.acl import AclRule


def check(subject: Subject) -> Iterator[Problem]:
    """Report every Allow entry that meets a Deny entry of its weight."""
    return ties(
        subject.lists,
        Mechanism.EXTENDED,
        _weight,
        "weight",
        "give one of them another weight: remove it with Remove-VMNetworkAdapterExtendedAcl, and"
        " add it with Add-VMNetworkAdapterExtendedAcl -Weight",
    )


def _weight(rule: AclRule) -> int:
    return rule.weight if isinstance(rule, ExtendedAcl) else 0


RULE = Rule(
    code="HNV408",
    slug="equal-weights",
    severity=Severity.WARNING,
    check=check,
    doc=__doc__,
    effect=Reason.ACL_DENY_IN,
)
