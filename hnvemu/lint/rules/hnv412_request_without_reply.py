"""An entry lets requests pass and keeps no state, and the replies to them are denied.

## Why it matters
The request arrives, the answer is dropped at the same port, and the client waits until it gives up.
Port ACLs never keep state; extended and datacenter ACLs do where the entry says so.

## Example
```yaml
datacenter_acls:
  - {name: smb, vms: [B], direction: inbound, priority: 100, action: allow, protocol: tcp,
     destination_port: 445}
  - {name: nothing out, vms: [B], direction: outbound, priority: 200, action: deny}
```

## Instead
Make the entry stateful, or allow the replies by an entry of the other direction, with the ports the
other way round. Where an extended ACL denies replies from everywhere, HNV411 speaks.

## How sure
Documented for port and extended ACLs, inferred for datacenter ACLs. The finding is about TCP, and
about pings that an entry allows by their protocol: a UDP service may do without an answer. Packets
sent through the lists of some of the VMs show it, and all of them have to fail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.findings import Note
from hnvemu.lint.boxes import Index
from hnvemu.lint.lists import named
from hnvemu.lint.replies import denies_all_clients, exchange, fitted, replies, requests
from hnvemu.lint.rule import Problem, Rule, Severity
from hnvemu.model.acl import Direction, ExtendedAcl, Mechanism, PortAcl
from hnvemu.tables.acl import SIDES
from hnvemu.tables.sessions import OPPOSITE
from hnvemu.tables.table import Axis
from hnvemu.trace.outcome import Reason
from hnvemu.trace.steps import AclAllowed, AclDenied
from hnvemu.wire.flow import ICMP, ICMPV6, TCP

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.lists import Lists, Row
    from hnvemu.lint.replies import Exchange
    from hnvemu.lint.subject import Subject
    from hnvemu.model.acl import AclRule
    from hnvemu.model.topology import VmPort

_SERVICES = (443, 80, 22)
_PORTS = 4
"""How many of an entry's VMs are tried; entries for more of them seldom differ."""


def check(subject: Subject) -> Iterator[Problem]:
    """Report every entry that lets in, or out, what gets no answer."""
    for (mechanism, direction), rows in subject.lists.rows.items():
        if mechanism is Mechanism.FIREWALL:  # it remembers whatever it lets pass
            continue
        denied = Index(
            (box, None)
            for row in subject.lists.rows.get((mechanism, OPPOSITE[direction]), ())
            if row.denies
            for box in row.boxes
        )
        for row in rows:
            if not row.allows or getattr(row.rule, "stateful", False):
                continue
            if any(next(denied.hits(replies(box)), None) for box in row.boxes):
                found = next(_unanswered(subject.lists, row), None)
                if found is not None:
                    yield found


def _unanswered(lists: Lists, row: Row) -> Iterator[Problem]:
    rule = row.rule
    for port in lists.some(lists.in_force(rule), _PORTS):
        denied = _denied_by(lists, row, port)
        if denied is None or _is_told_elsewhere(row, denied):
            continue
        yield Problem(
            message=f"{named(rule)} lets {row.direction} requests pass at {port.name}, and"
            f" {named(denied)} denies the replies",
            origin=rule.origin,
            related=(Note("the replies are denied here", denied.origin),),
            help="allow the replies by an entry of the other direction: port ACLs keep no state"
            if isinstance(rule, PortAcl)
            else "let it keep state, or allow the replies by an entry of the other direction",
        )


def _denied_by(lists: Lists, row: Row, port: VmPort) -> AclRule | None:
    """Return the entry that denies the first reply; None where any gets through, or none is due."""
    first: AclRule | None = None
    for done in _exchanges(lists, row, port):
        step = done.stopped
        if not isinstance(step, AclDenied) or step.mechanism is not row.rule.mechanism:
            return None
        first = first or step.rule
    return first


def _exchanges(lists: Lists, row: Row, port: VmPort) -> Iterator[Exchange]:
    """Yield what becomes of requests that the entry lets pass, none of another entry."""
    rule, direction = row.rule, row.direction
    free = (SIDES[direction].remote, Axis.DST_PORT)
    protocol = _protocol(rule)
    boxes = lists.boxes_at(port, row)
    packets = {
        packet: None
        for each in ((TCP,) if protocol is None else {TCP, ICMP, ICMPV6} & {protocol})
        for service in _SERVICES
        for request in requests(port, direction, each, service)
        for box in boxes
        for packet in fitted(request, box, free)
    }
    for packet in packets:
        if not lists.may_decide(row, port, packet):
            continue
        done = exchange(lists, port, packet, direction)
        step = None if done is None else done.admitted.get(rule.mechanism)
        if done is not None and isinstance(step, AclAllowed) and step.rule is rule:
            yield done


def _protocol(rule: AclRule) -> int | None:
    if isinstance(rule, PortAcl) or rule.protocol is None:
        return None
    return rule.protocol.number


def _is_told_elsewhere(row: Row, denied: AclRule) -> bool:
    """Whether HNV411 reports it at the entry that denies."""
    return (
        row.direction is Direction.OUTBOUND
        and isinstance(denied, ExtendedAcl)
        and _protocol(row.rule) in (None, TCP)
        and denies_all_clients(denied)
    )


RULE = Rule(
    code="HNV412",
    slug="request-without-reply",
    severity=Severity.WARNING,
    check=check,
    doc=__doc__,
    effect=Reason.ACL_DENY_OUT,
)
