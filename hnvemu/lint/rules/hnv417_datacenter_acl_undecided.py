"""Two datacenter ACLs of one priority contradict each other, or a port of HNVv2 has none.

## Why it matters
The lowest priority is tried first. Which of two entries with one priority comes first is nowhere
said; hnvemu takes the one that denies. And in HNVv2 a port is blocked until an access control list
is attached to it, so where some ports have entries, one without any gets nothing through.

## Example
```yaml
datacenter_acls:
  - {name: web, vms: [B], direction: inbound, priority: 100, action: allow, protocol: tcp,
     destination_port: 80}
  - {name: nothing in, vms: [B], direction: inbound, priority: 100, action: deny}
```

## Instead
Give the exception the lower priority. Give each port of HNVv2 an entry, one that allows everything
if need be.

## How sure
That priorities decide, and that a port needs a list, is documented; what happens between equal
priorities is not. In a policy without any entry hnvemu closes no port, for then there is no Network
Controller that would.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.lint.boxes import has, ranges
from hnvemu.lint.rule import Problem, Rule, Severity
from hnvemu.lint.ties import ties
from hnvemu.model.acl import DatacenterAcl, Mechanism
from hnvemu.model.policy import Profile
from hnvemu.trace.outcome import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject
    from hnvemu.model.acl import AclRule


def check(subject: Subject) -> Iterator[Problem]:
    """Report every Allow entry that meets a Deny entry of its priority, and every closed port."""
    yield from ties(
        subject.lists,
        Mechanism.DATACENTER,
        _priority,
        "priority",
        "give one of them another Properties.Priority in its access control list",
    )
    acls = subject.policy.datacenter_acls
    if not acls or subject.profile is not Profile.HNVV2:
        return
    lists = subject.lists
    guarded = ranges(pair for acl in acls for pair in lists.places(acl.vms))
    for at, port in enumerate(lists.ports):
        if port.vsid and not has(guarded, at):
            yield Problem(
                message=f"{port.name} has no datacenter ACL, and HNVv2 blocks such a port",
                origin=port.origin,
                help="attach an access control list to the adapter's IP configuration or to its"
                " subnet; one that allows everything opens the port",
            )


def _priority(rule: AclRule) -> int:
    return rule.priority if isinstance(rule, DatacenterAcl) else 0


RULE = Rule(
    code="HNV417",
    slug="datacenter-acl-undecided",
    severity=Severity.WARNING,
    check=check,
    doc=__doc__,
    effect=Reason.ACL_DENY_IN,
)
