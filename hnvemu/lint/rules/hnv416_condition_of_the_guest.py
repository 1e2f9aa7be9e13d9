"""A firewall rule has a condition that only the guest can judge.

## Why it matters
A switch port sees packets. It does not see which program or service sent one, for which user, or
whether the peer has proved who it is, which is what a rule needs to override Block rules. So a
packet that gets as far as such a rule is undecided.

## Example
```yaml
firewall:
  rules:
    - {name: sql, vms: [B], action: block, protocol: tcp, local_port: 1433, program: sqlservr.exe}
```

## Instead
Say what the packets have in common, ports and addresses, or leave the rule to the guest's own
firewall.

## How sure
The parameters are documented, and so is that they are the guest's; that the rule is left undecided
is decided by this program.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.lint.rule import Problem, Rule, Severity
from hnvemu.trace.outcome import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject

_PARAMETERS = {
    "override_block": "-OverrideBlockRules",
    "program": "-Program",
    "service": "-Service",
    "user": "-LocalUser",
}


def check(subject: Subject) -> Iterator[Problem]:
    """Report every such rule that is enabled."""
    for rule in subject.policy.firewall.rules:
        keys = [key for key in _PARAMETERS if getattr(rule, key)] if rule.enabled else []
        if keys:
            yield Problem(
                message=f"rule '{rule.name}' says {' and '.join(keys)}, which no switch port can"
                " judge",
                origin=rule.origin,
                help=f"leave out {' and '.join(_PARAMETERS[key] for key in keys)}, and say ports"
                " and addresses; or keep the rule in the guest",
            )


RULE = Rule(
    code="HNV416",
    slug="condition-of-the-guest",
    severity=Severity.ERROR,
    check=check,
    doc=__doc__,
    effect=Reason.UNSUPPORTED,
)
