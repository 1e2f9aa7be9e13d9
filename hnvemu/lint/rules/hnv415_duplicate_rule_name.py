"""Two rules of one VM have the same name.

## Why it matters
A name is what a rule is changed and removed by. Where it is the key of a store, the later rule
replaces the earlier one, and half of what stands here is not there. hnvemu keeps both.

## Example
```yaml
firewall:
  rules:
    - {name: web, vms: [B], action: block, protocol: tcp, local_port: 8080}
    - {name: web, vms: [B], action: block, protocol: tcp, local_port: 8081}
```

## Instead
Give each rule a name of its own, or make one rule of them: ports and addresses may be lists. Rules
for different VMs may share a name, for each guest has a store of its own.

## How sure
That a name is unique in its store is documented; whether the later rule replaces the earlier one
depends on who writes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.findings import Note
from hnvemu.lint.boxes import Index
from hnvemu.lint.rule import Problem, Rule, Severity
from hnvemu.model.acl import DatacenterAcl, FirewallRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.lists import Lists
    from hnvemu.lint.subject import Subject


def check(subject: Subject) -> Iterator[Problem]:
    """Report every rule with the name of an earlier one at the same port."""
    by_name: dict[tuple[str, str], list[FirewallRule | DatacenterAcl]] = {}
    for rule in subject.lists.entries:
        if isinstance(rule, FirewallRule | DatacenterAcl):
            by_name.setdefault((rule.mechanism, rule.name.casefold()), []).append(rule)
    for rules in by_name.values():
        if len(rules) > 1:
            yield from _namesakes(subject.lists, rules)


def _namesakes(lists: Lists, rules: list[FirewallRule | DatacenterAcl]) -> Iterator[Problem]:
    places = [lists.places(rule.vms) for rule in rules]
    index = Index(((here,), at) for at, here in enumerate(places) if here)
    for at, rule in enumerate(rules):
        if not places[at]:
            continue
        first = next((other for _, other in index.hits((places[at],)) if other < at), None)
        if first is not None:
            yield Problem(
                message=f"the VMs of rule '{rule.name}' have another one of that name",
                origin=rule.origin,
                related=(Note("the other one is here", rules[first].origin),),
                help="Set-NetFirewallRule -NewDisplayName, or make one rule of the two",
            )


RULE = Rule(
    code="HNV415",
    slug="duplicate-rule-name",
    severity=Severity.WARNING,
    check=check,
    doc=__doc__,
)
