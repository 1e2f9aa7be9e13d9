"""A rule is disabled, or can be in force at none of its VMs.

## Why it matters
It says something and does nothing: a reader takes it for protection, or for the reason why
something works.

## Example
```yaml
firewall:
  rules:
    - {name: no telnet, vms: [B], action: block, protocol: tcp, local_port: 23, enabled: false}
```

## Instead
Enable it, give it the network profile that the VMs' adapters have, or the VSID, or remove it.

## How sure
Documented: a rule that is not enabled, or is for another profile or isolation id, is ignored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.lint.lists import named
from hnvemu.lint.rule import Problem, Rule, Severity
from hnvemu.model.acl import ExtendedAcl, FirewallRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject
    from hnvemu.model.acl import AclRule


def check(subject: Subject) -> Iterator[Problem]:
    """Report every entry that is in force nowhere."""
    lists = subject.lists
    for rule in lists.entries if lists.ports else ():
        if not lists.in_force(rule):
            message, advice = _why(rule, is_for_some=bool(lists.places(rule.vms)))
            yield Problem(message=message, origin=rule.origin, help=advice)


def _why(rule: AclRule, *, is_for_some: bool) -> tuple[str, str]:
    if isinstance(rule, FirewallRule) and not rule.enabled:
        return (
            f"rule '{rule.name}' is disabled",
            "Enable-NetFirewallRule, or Remove-NetFirewallRule",
        )
    if not is_for_some:
        return (
            f"{named(rule)} is for {rule.vms}, which names no port",
            "name the VMs that are meant",
        )
    if isinstance(rule, ExtendedAcl):
        return (
            f"{named(rule)} is for VSID {rule.isolation_id}, and none of its ports has that",
            "set -IsolationID to the VSID of the port, or leave it out",
        )
    profiles = "" if not isinstance(rule, FirewallRule) else " and ".join(rule.profiles or ())
    return (
        (
            f"{named(rule)} is for the network profile {profiles}, and none of its VMs'"
            " adapters has that"
        ),
        "Set-NetFirewallRule -Profile, or say the adapter's network_profile",
    )


RULE = Rule(
    code="HNV414",
    slug="rule-never-active",
    severity=Severity.WARNING,
    check=check,
    doc=__doc__,
)
