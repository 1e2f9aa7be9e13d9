"""The policy says of a VM that it may not go outside, and it can.

## Why it matters
A default route belongs to the whole network: it cannot lead some VMs out and not others. Where a
name or the description says that a VM stays inside, only a rule at its port can make that true, and
here none does.

## Example
```yaml
description: B may not go outside.
virtual_networks:
  blue:
    customer_routes:
      - {prefix: 10.0.2.0/24, next_hop: on-link, vsid: 5002}
      - {prefix: 0.0.0.0/0, next_hop: 10.0.2.250, vsid: 5002}
    vms:
      GW: {host: H2, vsid: 5002, mac: 02-00-00-00-03-FA, ca: 10.0.2.250, gateway: true}
```

## Instead
Block the addresses outside at the port of the VM, all that are not of its network. Two kinds of
text are read: the name of a rule or entry that blocks outbound packets, about the VMs that it is
for, such as `stays inside` or `no internet`; and the description, about VMs whose names stand right
before `may not go outside`, `stays inside` or the like. Comments are not read.

## How sure
That routes cannot do it is documented. What a text means is a guess, but that the VM gets out is
not: a packet sent outside shows it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hnvemu.addresses import parse_address
from hnvemu.lint.replies import requests
from hnvemu.lint.rule import Problem, Rule, Severity
from hnvemu.model.acl import DatacenterAcl, Direction, FirewallRule
from hnvemu.switch.guest import first_hop
from hnvemu.trace.outcome import Outcome
from hnvemu.wire.flow import TCP

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hnvemu.lint.subject import Subject
    from hnvemu.model.acl import AclRule
    from hnvemu.model.origin import Origin
    from hnvemu.model.topology import VmPort

_OUTSIDE = r"(?:the )?(?:outside|internet|external network|outer world)"
_NOT = r"(?:may|must|can|shall|should|does|do)(?:not| not| never)|cannot|never|is not to|are not to"
_VERB = r"(?:go|get|talk|speak|reach|leave|connect|access)(?: to| out to| out| for)?"
_STAY = r"(?:must |shall |should )?(?:stays?|remains?|is kept|are kept)(?: only)? inside"
_WISH = rf"(?:{_STAY}|(?:{_NOT}) {_VERB} {_OUTSIDE})"
_IN_NAME = re.compile(
    rf"\b(?:{_STAY}|keep inside|(?:no|not|never|deny|block)(?: to| go)?"
    rf" {_OUTSIDE}|{_WISH})\b",
    re.IGNORECASE,
)
_EXCEPTION = re.compile(r"\b(?:except|but|unless|without|only)\b", re.IGNORECASE)
_OUTSIDE_ADDRESSES = {
    4: ("198.51.100.9", "203.0.113.9", "8.8.8.8"),
    6: ("2001:db8:ffff::9", "2606:4700::9"),
}


def check(subject: Subject) -> Iterator[Problem]:
    """Report every VM that a text keeps inside, and that gets out."""
    policy = subject.policy
    told: set[str] = set()
    for rule in subject.lists.entries:
        if _is_wish(rule):
            yield from _found(
                subject,
                subject.lists.each(subject.lists.places(rule.vms)),
                f"the name '{rule.name}'",
                rule.origin,
                told,
            )
    for names in _named(policy.description, {name.rpartition("/")[2] for name in policy.ports}):
        ports = [
            port
            for name, port in policy.ports.items()
            if name.rpartition("/")[2] in names or name in names
        ]
        # The description has no place of its own in a policy: the VM's is the next best.
        yield from _found(subject, ports, "the description", None, told)


def _is_wish(rule: AclRule) -> bool:
    """Whether the name of an entry that stops packets on their way out says that none gets out."""
    if not isinstance(rule, FirewallRule | DatacenterAcl):
        return False
    name = re.sub(r"[\s_-]+", " ", rule.name)  # b-stays-inside: b stays inside
    return (
        rule.direction is Direction.OUTBOUND
        and rule.action in {"block", "deny"}
        and _IN_NAME.search(name) is not None
        and _EXCEPTION.search(name) is None
    )


def _named(text: str, known: set[str]) -> Iterator[set[str]]:
    """Yield the VMs of each wish, as `A, B and C may not go outside` has them."""
    if not text or not known:
        return
    name = "|".join(sorted(map(re.escape, known), key=len, reverse=True))
    wish = re.compile(
        rf"(?<![\w-])((?:{name})(?:(?:, and |, or |, | and | or )(?:{name}))*) (?i:{_WISH})\b"
    )
    for found in wish.finditer(" ".join(text.split())):
        yield {*re.split(r", and |, or |, | and | or ", found[1])}


def _found(
    subject: Subject,
    ports: Iterable[VmPort],
    text: str,
    origin: Origin | None,
    told: set[str],
) -> Iterator[Problem]:
    for port in ports:
        if port.name in told or port.gateway or port.trunk:
            continue
        address = _reached(subject, port)
        if address is not None:
            told.add(port.name)
            yield Problem(
                message=f"{text} keeps {port.name} inside, and its packets to {address} go out",
                origin=origin or port.origin,
                help="block the outside at its port, no route can: New-NetFirewallRule -Direction"
                " Outbound -Action Block -RemoteAddress, with all that is not of its network",
            )


def _reached(subject: Subject, port: VmPort) -> str | None:
    """Return an outside address that the VM gets to by a default route."""
    domain = subject.domains.get(subject.policy.networks[port.network].rdid)
    if domain is None or subject.policy.hosts[port.host].down or not port.vsid:
        return None
    for request in requests(port, Direction.OUTBOUND, TCP, 443):
        for text in _OUTSIDE_ADDRESSES[request.version]:
            address = parse_address(text)
            route = next(domain.table.holding(address), None)
            if route is None or route.prefix.prefixlen or route.next_hop is None:
                continue
            hop = first_hop(subject.fabric.tables, port, address)
            packet = request._replace(dst=int(address), dst_mac=int(hop.mac))
            path = subject.fabric.forward(packet, at=port.name)
            if path.last.outcome is Outcome.TO_GATEWAY:
                return text
    return None


RULE = Rule(
    code="HNV413",
    slug="outside-not-blocked",
    severity=Severity.NOTE,
    check=check,
    doc=__doc__,
)
