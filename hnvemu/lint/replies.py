"""Requests and their replies at the lists of one port: does the answer get where the question was?

Rules of the file: packets are made here, and the switch's own lists judge them, with the sessions
that the request opens. Only the port's own lists count: whoever is at the other end has others.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from hnvemu.addresses import parse_address
from hnvemu.lint.boxes import Index, has
from hnvemu.lint.lists import CELL, CELLS, FIELDS
from hnvemu.model.acl import Direction, Mechanism
from hnvemu.tables.acl import SIDES
from hnvemu.tables.sessions import NO_SESSIONS, OPPOSITE, SessionTable, reply_of
from hnvemu.tables.table import Axis
from hnvemu.trace.steps import AclAllowed, AclDenied, AclUnmatched, SessionOpened
from hnvemu.wire.flow import ICMP, ICMPV6, IPV4_ETHERTYPE, IPV6_ETHERTYPE, TCP, UDP, Fault, Flow

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hnvemu.addresses import IPAddress
    from hnvemu.lint.boxes import Box
    from hnvemu.lint.lists import Lists, Row
    from hnvemu.lint.subject import Subject
    from hnvemu.model.acl import AclRule, ExtendedAcl
    from hnvemu.model.topology import VmPort
    from hnvemu.trace.steps import Step

CLIENT_PORT = 49152
"""The first dynamic port of Windows."""
_OUTSIDE = {4: int(parse_address("203.0.113.9")), 6: int(parse_address("2001:db8:ffff::9"))}
_PEER_MAC = 0x0200_00FF_FF01
_SERVICES = {TCP: 443, UDP: 53}
_PORTS = 16
"""How many of an entry's VMs are tried; entries for more of them seldom differ."""
_ENTRIES = 64
"""How many entries are tried that let a VM's packets out."""
_FREE = (Axis.DST, Axis.DST_PORT)
"""What a VM may choose to send to."""
_ECHO = {4: 8 << 8, 6: 128 << 8}


class Exchange(NamedTuple):
    """A request that a port's lists let pass, and what they do with the reply to it."""

    request: Flow
    admitted: Mapping[Mechanism, Step]
    """The last step of each list that the request passes."""
    stopped: Step | None
    """The step that stops the reply; None where it passes."""


def exchange(lists: Lists, port: VmPort, request: Flow, direction: Direction) -> Exchange | None:
    """Let a request pass a port's lists, then its reply; None where the request is stopped."""
    reply = reply_of(request)
    filters = lists.filters(port, {direction: request, OPPOSITE[direction]: reply})
    admitted = {}
    openers = []
    for each in filters[direction]:
        step = each.find(request)
        if step.ends:
            return None
        admitted[each.mechanism] = step
        if isinstance(step.onward, SessionOpened):
            openers.append(step.onward)
    held = NO_SESSIONS.opened(request, openers).held(reply)
    sessions = None if held is None else SessionTable(held)
    for each in filters[OPPOSITE[direction]]:
        step = each.find(reply, sessions)
        if step.ends:
            return Exchange(request, admitted, step)
    return Exchange(request, admitted, None)


class LostReplies(NamedTuple):
    """An extended ACL that denies the replies to connections that nothing remembers."""

    acl: ExtendedAcl
    protocol: str
    port: VmPort
    """One that may open such connections."""
    allowed: AclRule | None
    """What lets them out; None where no extended ACL names them."""


def lost_replies(subject: Subject) -> Iterator[LostReplies]:
    """Yield every entry that denies the answer to something its VM may send, once."""
    lists = subject.lists
    rows = lists.rows.get((Mechanism.EXTENDED, Direction.OUTBOUND), ())
    allowed = Index((box, row) for row in rows if row.allows for box in row.boxes)
    for acl in subject.policy.extended_acls:
        if acl.action == "deny" and acl.direction is Direction.INBOUND and denies_all_clients(acl):
            found = next(_lost_to(acl, lists, allowed), None)
            if found is not None:
                yield found


def _lost_to(acl: ExtendedAcl, lists: Lists, allowed: Index[Row]) -> Iterator[LostReplies]:
    for port in lists.some(lists.in_force(acl), _PORTS):
        for protocol, name in ((TCP, "TCP"), (UDP, "UDP")):
            for request in _sent(lists, port, protocol, allowed):
                done = exchange(lists, port, request, Direction.OUTBOUND)
                if (
                    done is None
                    or not isinstance(done.stopped, AclDenied)
                    or done.stopped.rule is not acl
                ):
                    continue
                step = done.admitted.get(Mechanism.EXTENDED)
                if step is None or is_stateless(step):
                    rule = step.rule if isinstance(step, AclAllowed) else None
                    yield LostReplies(acl, name, port, rule)


def _sent(lists: Lists, port: VmPort, protocol: int, allowed: Index[Row]) -> Iterator[Flow]:
    """Yield connections to an outside peer, and to whom the port's entries let out."""
    for request in requests(port, Direction.OUTBOUND, protocol, _SERVICES[protocol]):
        yield request
        for box, _ in islice(allowed.hits(lists.anything_at(port)), _ENTRIES):
            yield from fitted(request, box, _FREE)


def is_stateless(step: Step | None) -> bool:
    """Whether a list let a packet pass and remembers nothing of it."""
    return isinstance(step, AclAllowed | AclUnmatched) and step.onward is None


def requests(port: VmPort, direction: Direction, protocol: int, service: int) -> Iterator[Flow]:
    """Yield new connections of each family of a port: with a peer outside, and with a neighbour.

    They come from a dynamic port and go to a service; of ICMP they are echo requests.
    """
    for ca in {ca.version: ca for ca in reversed(port.cas)}.values():
        for peer in (_OUTSIDE[ca.version], int(ca) ^ 1):
            yield _request(port, ca, peer, direction, protocol, service)


def _request(
    port: VmPort, ca: IPAddress, peer: int, direction: Direction, protocol: int, service: int
) -> Flow:
    sides = SIDES[direction]
    is_echo = protocol in {ICMP, ICMPV6}
    ends = {
        sides.local_mac: int(port.mac),
        sides.remote_mac: _PEER_MAC,
        sides.local: int(ca),
        sides.remote: peer,
    }
    return Flow(
        src_mac=ends[Axis.SRC_MAC],
        dst_mac=ends[Axis.DST_MAC],
        vlan=-1,
        ethertype=IPV4_ETHERTYPE if ca.version == 4 else IPV6_ETHERTYPE,
        fault=Fault.NONE,
        version=ca.version,
        src=ends[Axis.SRC],
        dst=ends[Axis.DST],
        protocol={4: ICMP, 6: ICMPV6}[ca.version] if is_echo else protocol,
        src_port=-1 if is_echo else CLIENT_PORT,
        dst_port=-1 if is_echo else service,
        icmp=_ECHO[ca.version] if is_echo else -1,
        echo_id=1 if is_echo else -1,
        ttl=64,
        length=84 if is_echo else 40,
        tos=0,
        target=-1,
    )


def fitted(flow: Flow, box: Box, free: tuple[Axis, ...]) -> Iterator[Flow]:
    """Yield packets of a box that are like ``flow`` but on the axes ``free``.

    One has the lowest values there, where its own will not do, another the highest.
    """
    if CELLS[box[CELL][0][0]].version != flow.version:
        return
    numbers = dict(zip(FIELDS, box[2:], strict=True))
    wrong = [axis for axis in FIELDS if not has(numbers[axis], flow[axis])]
    if any(axis not in free for axis in wrong):
        return
    if not wrong:
        yield flow
        return
    for end in (0, -1):
        changes = {Flow._fields[axis]: numbers[axis][end][end] for axis in wrong}
        yield flow._replace(**changes)


def denies_all_clients(acl: ExtendedAcl) -> bool:
    """Whether an entry denies what comes from everywhere to the ports of clients."""
    if acl.protocol is not None and acl.protocol.number not in (TCP, UDP):
        return False
    if acl.local_port is not None and not any(
        first <= CLIENT_PORT <= last for first, last in acl.local_port.ranges
    ):
        return False
    if acl.remote_port is not None:
        return False
    return acl.remote is None or any(
        part.first == 0 and part.last + 1 == 1 << (32 if part.version == 4 else 128)
        for part in acl.remote.ranges
    )


def replies(box: Box) -> Box:
    """Return all packets that could answer those of a box, and more: ICMP of any type."""
    numbers = dict(zip(FIELDS, box[2:], strict=True))
    turned = {
        **numbers,
        Axis.SRC: numbers[Axis.DST],
        Axis.DST: numbers[Axis.SRC],
        Axis.SRC_PORT: numbers[Axis.DST_PORT],
        Axis.DST_PORT: numbers[Axis.SRC_PORT],
        Axis.ICMP: ((-1, 0xFFFF),),
    }
    return (*box[:2], *turned.values())
