"""An extended ACL has a weight that does not fit into 16 bits.

## Why it matters
The cmdlet takes any integer, and the host stores 16 bits without a sign: it refuses what is below 0
or above 65535, and the port lacks the entry.

## Example
```yaml
extended_acls:
  - {vms: [B], direction: inbound, weight: 100000, action: deny, protocol: udp}
```

## Instead
Choose a weight from 0 to 65535. Some managers keep what is above 65500 for themselves.

## How sure
Documented by the WMI class that the cmdlet writes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.lint.rule import Problem, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject

_LARGEST = 0xFFFF


def check(subject: Subject) -> Iterator[Problem]:
    """Report every such entry."""
    for acl in subject.policy.extended_acls:
        if not 0 <= acl.weight <= _LARGEST:
            yield Problem(
                message=f"weight {acl.weight} does not fit: a host stores 0 to {_LARGEST}",
                origin=acl.origin,
                help="choose a -Weight from 0 to 65535 that keeps the order of the entries",
            )


RULE = Rule(
    code="HNV410",
    slug="weight-too-large",
    severity=Severity.ERROR,
    check=check,
    doc=__doc__,
)
