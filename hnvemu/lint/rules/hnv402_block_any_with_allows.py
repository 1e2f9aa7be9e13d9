"""A Block rule stops everything, and Allow rules beside it are meant as exceptions.

## Why it matters
On a router the most specific entry would win, or the first. In the Windows firewall a Block rule
beats every Allow rule, so the exceptions never count, and the VM is cut off altogether.

## Example
```yaml
firewall:
  rules:
    - {name: nothing out, vms: [B], direction: outbound, action: block}
    - {name: inside, vms: [B], direction: outbound, remote_address: 10.0.0.0/8}
```

## Instead
Remove the Block rule, and let the default action of the direction be Block: Allow rules are
exceptions to that. Extended ACLs are tried by weight, so there a light deny of everything works.
A Block rule for all addresses of IPv4, or of IPv6, counts as one that stops everything there.

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
    from hnvemu.model.acl import FirewallRule

_NAMED = 3


def check(subject: Subject) -> Iterator[Problem]:
    """Report every Block rule that leaves Allow rules nothing at all, with these."""
    lost: dict[int, tuple[FirewallRule, list[FirewallRule]]] = {}
    for shadow in subject.lists.shadows:
        if shadow.blanket:
            block = shadow.blocks[0]
            lost.setdefault(id(block), (block, []))[1].append(shadow.rule)
    for block, allows in lost.values():
        named = ", ".join(f"'{rule.name}'" for rule in allows[:_NAMED])
        more = f" and {len(allows) - _NAMED} more" if len(allows) > _NAMED else ""
        yield Problem(
            message=f"rule '{block.name}' blocks every {block.direction} packet, so what {named}"
            f"{more} would allow does not pass either",
            origin=block.origin,
            related=tuple(
                Note(f"'{rule.name}' allows nothing", rule.origin) for rule in allows[:_NAMED]
            ),
            help=f"remove it and block by default: Set-NetFirewallProfile -Default"
            f"{block.direction.capitalize()}Action Block, or firewall.defaults; or use extended"
            " ACLs, which are tried by weight",
        )


RULE = Rule(
    code="HNV402",
    slug="block-any-with-allows",
    severity=Severity.WARNING,
    check=check,
    doc=__doc__,
    effect=Reason.ACL_DENY_OUT,
)
