"""Rules that serve the tests of what runs rules: they find what a policy is made to say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.findings import Note
from hnvemu.lint.judge import Linted
from hnvemu.lint.rule import Problem, Remove, RemoveKey, Rule, SetKey, Severity
from hnvemu.lint.run import lint
from hnvemu.model.policy import Profile
from hnvemu.reader.edit import PolicyText
from hnvemu.reader.source import Source
from hnvemu.trace.outcome import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject
    from hnvemu.model.acl import FirewallRule

POLICY = """\
hnv: 1
hosts:
  H1: {provider_addresses: 192.168.10.11/24}
  H2: {provider_addresses: 192.168.10.12/24} # the second one
virtual_networks:
  T:
    rdid: "{aaaaaaaa-0000-0000-0000-000000000001}"
    customer_routes: [{prefix: 10.0.1.0/24, next_hop: on-link, vsid: 5001}]
    vms:
      A: {host: H1, vsid: 5001, mac: 02-00-00-00-01-0A, ca: 10.0.1.10}
      B: {host: H2, vsid: 5001, mac: 02-00-00-00-01-0B, ca: 10.0.1.11}
firewall:
  rules:
    - {name: one, action: block, protocol: tcp, local_port: 23} # telnet
    # what stands between them stays
    - {name: two, action: block, protocol: tcp, local_port: 23}
    - {name: three, action: block, protocol: tcp, local_port: 23}
    - {name: four, action: allow, protocol: udp, local_port: 9, enabled: false}
"""
"""Rules ``two`` and ``three`` say what ``one`` says; ``four`` is disabled."""


BAD = (
    POLICY.replace("    - {name: three", "    # hnv: ignore[HNV001]\n    - {name: three")
    + """\
    - {name: five, action: allow, protocol: tcp, local_port: 9, override_block: true}
"""
)
"""An error, a warning, a note; a second error is ignored, and nobody says why."""


def texts_of(**files: str) -> PolicyText:
    """Return texts by the names of their files, each ``.yaml``."""
    sources = []
    for name, text in files.items():
        data = text.encode()
        sources.append(Source(f"{name}.yaml", data, data, is_text=True))
    return PolicyText(tuple(sources))


def repeated(subject: Subject) -> Iterator[Problem]:
    """Report firewall rules that say what an earlier one says; it can be taken out."""
    first: dict[object, FirewallRule] = {}
    for rule in subject.policy.firewall.rules:
        told = (rule.action, rule.protocol, rule.local_port)
        earlier = first.setdefault(told, rule)
        if earlier is not rule:
            yield Problem(
                message=f"rule '{rule.name}' says what another one says",
                origin=rule.origin,
                related=(Note("it is here", earlier.origin),),
                help="remove it",
                mends=(Remove(rule.origin),),
            )


def disabled(subject: Subject) -> Iterator[Problem]:
    """Report firewall rules that are disabled; they can be enabled."""
    for rule in subject.policy.firewall.rules:
        if not rule.enabled:
            yield Problem(
                message=f"rule '{rule.name}' is disabled",
                origin=rule.origin,
                severity=Severity.NOTE,
                mends=(SetKey(rule.origin, "enabled", value=True),),
            )


def overriding(subject: Subject) -> Iterator[Problem]:
    """Report firewall rules that override others; the key can be taken out."""
    for rule in subject.policy.firewall.rules:
        if rule.override_block:
            yield Problem(
                message=f"rule '{rule.name}' overrides others",
                origin=rule.origin,
                mends=(RemoveKey(rule.origin, "override_block"),),
            )


PAGE = """\
## Why it matters
It is *made* to be found:
* by tests
* of `hnvemu lint`

## Example
```yaml
firewall:
  rules: []
```

## Instead
Write one rule.

## How sure
Certain.
"""
REPEATED = Rule(
    code="HNV001",
    slug="repeated-rule",
    severity=Severity.ERROR,
    check=repeated,
    doc="A rule says what another one says.\n\n" + PAGE,
    effect=Reason.ACL_DENY_IN,
)
DISABLED = Rule(
    code="HNV006",
    slug="disabled-rule",
    severity=Severity.WARNING,
    check=disabled,
    doc="A rule is disabled.\n\n" + PAGE,
)
OVERRIDING = Rule(
    code="HNV009",
    slug="overriding-rule",
    severity=Severity.WARNING,
    check=overriding,
    doc="A rule overrides others.\n\n" + PAGE,
    profiles=(Profile.TRANSPARENT, Profile.HNVV2),
)
FAKES = (REPEATED, DISABLED, OVERRIDING)


def linted(texts: PolicyText) -> Linted:
    """Lint with the fakes alone."""
    return Linted(found=tuple(lint(texts.policy(), rules=FAKES)), ran=FAKES)
