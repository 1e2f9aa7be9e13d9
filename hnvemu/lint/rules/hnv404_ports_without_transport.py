"""An entry names ports without TCP or UDP, or ICMP types without ICMP.

## Why it matters
Only TCP and UDP have ports, and only ICMP has types. A real host refuses such a rule, and a packet
has never both, so it would match nothing.

## Example
```yaml
firewall:
  rules:
    - {name: ping, vms: [B], protocol: icmpv4, local_port: 7}
```

## Instead
Say `protocol: tcp` or `protocol: udp`, and write two rules where both are meant. Types go with
`protocol: icmpv4` or `protocol: icmpv6`. A datacenter ACL may name the ports 0 to 65535 with any
protocol, as Network Controller's samples do.

## How sure
Documented: the firewall's cmdlets refuse the rule.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.lint.boxes import ranges
from hnvemu.lint.lists import named, ports_of
from hnvemu.lint.rule import Problem, Rule, Severity
from hnvemu.model.acl import DatacenterAcl, FirewallRule, PortAcl
from hnvemu.wire.flow import ICMP, ICMPV6, TCP, UDP

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject
    from hnvemu.model.acl import AclRule, Ports

_EVERY = ((0, 0xFFFF),)


def check(subject: Subject) -> Iterator[Problem]:
    """Report every entry with a condition that its protocol does not have."""
    for rule in subject.lists.entries:
        if isinstance(rule, PortAcl):
            continue
        number = None if rule.protocol is None else rule.protocol.number
        said = "any protocol" if number is None else f"protocol {number}"
        if number not in (TCP, UDP) and any(_narrows(rule, ports) for ports in ports_of(rule)):
            yield Problem(
                message=f"{named(rule)} names ports and is for {said}: only TCP and UDP have ports",
                origin=rule.origin,
                help="set -Protocol TCP or -Protocol UDP, or leave the ports out",
            )
        if (
            isinstance(rule, FirewallRule)
            and rule.icmp_type is not None
            and number not in (ICMP, ICMPV6)
        ):
            yield Problem(
                message=f"{named(rule)} names ICMP types and is for {said}",
                origin=rule.origin,
                help="set -Protocol ICMPv4 or -Protocol ICMPv6, or leave -IcmpType out",
            )


def _narrows(rule: AclRule, ports: Ports | None) -> bool:
    """Whether a condition is more than a way to write any port."""
    if ports is None:
        return False
    return not isinstance(rule, DatacenterAcl) or ranges(ports.ranges) != _EVERY


RULE = Rule(
    code="HNV404",
    slug="ports-without-transport",
    severity=Severity.ERROR,
    check=check,
    doc=__doc__,
)
