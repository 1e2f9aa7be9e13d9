"""An entry allows what would pass without it.

## Why it matters
Nothing is wrong with the packets. But whoever wrote it may believe that all else is blocked, and it
is not: the firewall's default is to allow here, or the list has nothing that denies. A policy that
says no default lets everything pass, unlike a fresh Windows, which blocks inbound packets.

## Example
```yaml
firewall:
  rules:
    - {name: web, vms: [B], protocol: tcp, local_port: 80}
```

## Instead
Block by default, with `firewall.defaults: {inbound: block}`, or with an extended ACL of little
weight that denies everything. Or remove the entry. An Allow rule that is blocked is HNV401 or
HNV402. Where an entry lets connections out whose replies are denied, HNV411 speaks alone.

## How sure
Documented for the firewall and for port ACLs; that extended ACLs let pass what none of them names
follows from how OpenStack used them. Under `hnvv2` datacenter ACLs are left out, for there an entry
also unblocks its port.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.lint.boxes import Index, meet, ranges
from hnvemu.lint.lists import named, unevaluable
from hnvemu.lint.rule import Problem, Rule, Severity
from hnvemu.model.acl import Mechanism
from hnvemu.model.policy import Profile
from hnvemu.tables.acl import BOTH_WAYS
from hnvemu.tables.sessions import OPPOSITE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.lists import Row
    from hnvemu.lint.subject import Subject
    from hnvemu.model.acl import Direction

_KINDS = {
    Mechanism.PORT: "port ACL",
    Mechanism.EXTENDED: "extended ACL",
    Mechanism.DATACENTER: "datacenter ACL",
}


def check(subject: Subject) -> Iterator[Problem]:
    """Report every Allow entry whose packets pass without it at all of its ports."""
    yield from _rules(subject)
    for mechanism, kind in _KINDS.items():
        if mechanism is not Mechanism.DATACENTER or subject.profile is not Profile.HNVV2:
            yield from _entries(subject, mechanism, kind)


def _rules(subject: Subject) -> Iterator[Problem]:
    lists = subject.lists
    shadowed = {id(shadow.rule) for shadow in lists.shadows}
    for direction in BOTH_WAYS:
        blocking = lists.blocking(direction)
        for row in _allowing(subject, Mechanism.FIREWALL, direction):
            if id(row.rule) in shadowed or meet(lists.in_force(row.rule), blocking):
                continue
            yield Problem(
                message=f"rule '{row.rule.name}' allows {direction} packets that the firewall's"
                " default allows anyway",
                origin=row.rule.origin,
                help=f"block by default: Set-NetFirewallProfile -Default{direction.capitalize()}"
                f"Action Block, here firewall.defaults: {{{direction}: block}}; or remove the rule",
            )


def _entries(subject: Subject, mechanism: Mechanism, kind: str) -> Iterator[Problem]:
    rows = subject.lists.rows
    denied = {
        direction: Index(
            (box, row)
            for row in rows.get((mechanism, direction), ())
            if row.denies
            for box in row.boxes
        )
        for direction in BOTH_WAYS
    }
    guarded = {
        direction: ranges(
            pair
            for row in rows.get((mechanism, direction), ())
            if row.denies
            for pair in subject.lists.in_force(row.rule)
        )
        for direction in BOTH_WAYS
    }
    told = {id(lost.allowed) for lost in subject.lost_replies}  # by HNV411
    for direction in BOTH_WAYS:
        for row in _allowing(subject, mechanism, direction):
            if id(row.rule) in told:
                continue
            if any(next(denied[direction].hits(box), None) for box in row.boxes):
                continue
            # What keeps state lets replies pass, wherever the other direction denies something.
            places = subject.lists.in_force(row.rule)
            if getattr(row.rule, "stateful", False) and meet(places, guarded[OPPOSITE[direction]]):
                continue
            yield Problem(
                message=f"{named(row.rule)} allows {direction} packets that no {kind} of the"
                " same VMs denies",
                origin=row.rule.origin,
                help="deny the rest, or remove the entry: what no entry names passes",
            )


def _allowing(subject: Subject, mechanism: Mechanism, direction: Direction) -> list[Row]:
    """Return the entries that let something pass, as far as a port can tell."""
    rows = subject.lists.rows.get((mechanism, direction), ())
    return [row for row in rows if row.allows and row.boxes and unevaluable(row.rule) is None]


RULE = Rule(
    code="HNV403",
    slug="allow-without-effect",
    severity=Severity.NOTE,
    check=check,
    doc=__doc__,
)
