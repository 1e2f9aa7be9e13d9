"""Block rules of the firewall stop every packet that an Allow rule is meant to let pass.

## Why it matters
In the Windows firewall a Block rule beats every Allow rule. There are no weights, and an Allow rule
does not win by being more specific. No packet ever gets to this one, at any of its VMs.

## Example
```yaml
firewall:
  rules:
    - {name: web, vms: [B], protocol: tcp, local_port: 80}
    - {name: low ports, vms: [B], action: block, protocol: tcp, local_port: 1-1023}
```

## Instead
Take what is to pass out of the Block rule, or remove the Allow rule. A Block rule that stops
everything is HNV402. An Allow rule that nothing blocks, and that is not needed, is HNV403.

## How sure
The order of the firewall is documented.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.findings import Note
from hnvemu.lint.rule import Problem, Rule, Severity
from hnvemu.trace.outcome import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject

_NAMED = 3


def check(subject: Subject) -> Iterator[Problem]:
    """Report every Allow rule that Block rules cover wherever it is in force."""
    for shadow in subject.lists.shadows:
        if shadow.blanket:
            continue
        rule, blocks = shadow.rule, shadow.blocks
        named = ", ".join(f"'{block.name}'" for block in blocks[:_NAMED])
        more = f" and {len(blocks) - _NAMED} more" if len(blocks) > _NAMED else ""
        verb = "blocks" if len(blocks) == 1 else "block"
        yield Problem(
            message=f"rule '{rule.name}' allows {rule.direction} packets, and {named}{more}"
            f" {verb} every one of them",
            origin=rule.origin,
            related=tuple(
                Note(f"'{block.name}' blocks here", block.origin) for block in blocks[:_NAMED]
            ),
            help="take what is to pass out of the Block rule with Set-NetFirewallRule, or remove"
            " the Allow rule: Block beats Allow, however specific it is",
        )


RULE = Rule(
    code="HNV401",
    slug="allow-behind-block",
    severity=Severity.WARNING,
    check=check,
    doc=__doc__,
    effect=Reason.ACL_DENY_IN,
)
