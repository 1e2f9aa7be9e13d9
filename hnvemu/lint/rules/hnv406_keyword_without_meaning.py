"""A keyword stands for nothing that the switch could compare with a packet.

## Why it matters
What DNS, DHCP and WINS stand for is known to a guest, not to a policy that does not say it: then
such a word is nobody's address, and the rule never matches. IntranetRemoteAccess and PlayToDevice
are not modelled, and never match either. Names of ports, such as RPC, are resolved by Windows while
it runs: a packet that gets as far as such a rule is undecided.

## Example
```yaml
firewall:
  rules:
    - {name: no resolver, vms: [B], direction: outbound, action: block, remote_address: DNS}
```

## Instead
Say the addresses, in the rule or once for all under `firewall.keywords`. Say ports as numbers.

## How sure
The words are documented; what they stand for here is decided by this program.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.lint.lists import addresses_of, named, ports_of
from hnvemu.lint.rule import Problem, Rule, Severity
from hnvemu.model.acl import FirewallRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject
    from hnvemu.model.acl import AclRule

_STATED = {"dns", "dhcp", "wins"}
_OF_PLACES = {"localsubnet", "defaultgateway"}


def check(subject: Subject) -> Iterator[Problem]:
    """Report every keyword that is empty wherever its rule is in force."""
    for rule in subject.lists.entries:
        for addresses in addresses_of(rule):
            for word in () if addresses is None else addresses.keywords:
                if _is_empty(subject, rule, word):
                    yield _problem(rule, word)
        for ports in ports_of(rule):
            for word in () if ports is None else ports.keywords:
                if not isinstance(rule, FirewallRule) or rule.enabled:
                    yield Problem(
                        message=f"{named(rule)} names its ports '{word}', which Windows resolves"
                        " while it runs",
                        origin=rule.origin,
                        help="give the ports as numbers, with -LocalPort or -RemotePort",
                    )


def _is_empty(subject: Subject, rule: AclRule, word: str) -> bool:
    lists = subject.lists
    ports = [
        port
        for port in lists.meanings(lists.in_force(rule))
        # A subnet without an on-link route is HNV101.
        if word.rstrip("46") not in _OF_PLACES or port.vsid in subject.on_link
    ]
    return bool(ports) and not any(lists.expansion(word, port) for port in ports)


def _problem(rule: AclRule, word: str) -> Problem:
    plain = word.rstrip("46")
    if plain in _STATED:
        return Problem(
            message=f"{named(rule)} is for '{word}', and the policy does not say whose"
            " addresses these are",
            origin=rule.origin,
            help=f"list them: firewall.keywords: {{{plain}: [...]}}",
        )
    return Problem(
        message=f"{named(rule)} is for '{word}', which stands for no address here",
        origin=rule.origin,
        help="give the addresses themselves",
    )


RULE = Rule(
    code="HNV406",
    slug="keyword-without-meaning",
    severity=Severity.WARNING,
    check=check,
    doc=__doc__,
)
