"""A rule is for LocalSubnet, so its verdict depends on the subnet of a VM.

## Why it matters
HNV joins the subnets of a network: two VMs talk in the same way whatever subnets they are in, and
rules about addresses treat them alike. LocalSubnet does not. It stands for the on-link prefixes of
the VM's own subnet, and a VM that moves to another one, or one more subnet, changes who gets in.

## Example
```yaml
firewall:
  rules:
    - {name: neighbours, vms: [B], action: block, remote_address: LocalSubnet}
```

## Instead
Write the prefixes that are meant, or Intranet for all subnets of the network.

## How sure
That the verdict of other rules does not depend on the subnet is documented; what the word stands
for at a port is inferred from what it means in a guest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.lint.lists import addresses_of, named
from hnvemu.lint.rule import Problem, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject


def check(subject: Subject) -> Iterator[Problem]:
    """Report every entry in force that names the word."""
    for rule in subject.lists.entries:
        words = [
            word
            for addresses in addresses_of(rule)
            if addresses is not None
            for word in addresses.keywords
            if word.startswith("localsubnet")
        ]
        if words and subject.lists.in_force(rule):
            yield Problem(
                message=f"{named(rule)} is for LocalSubnet, which is another set of VMs in"
                " every subnet",
                origin=rule.origin,
                help="write the prefixes that are meant, or Intranet for all subnets of the"
                " network, with Set-NetFirewallRule -RemoteAddress",
            )


RULE = Rule(
    code="HNV407",
    slug="local-subnet",
    severity=Severity.WARNING,
    check=check,
    doc=__doc__,
)
