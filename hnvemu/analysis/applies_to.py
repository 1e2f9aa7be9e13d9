"""Which other packets would be treated exactly like this one?

The packet is walked again while a note is taken of every field that a table looks at, as a
datapath does that remembers a whole flow by what decided it. Each table adds the piece of that
field, between two of its cuts, in which its answer stays; the class is what lies in all pieces.

Rules of the file: nothing here decides. The pipeline and its tables run as they always do, and a
field that no table looked at can have any value.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from hnvemu.addresses import MacAddress, address_of
from hnvemu.analysis.near_misses import every_hop
from hnvemu.model.acl import Mechanism
from hnvemu.switch.walk import Walk
from hnvemu.tables.acl import Filter
from hnvemu.tables.sessions import Place, SessionTable
from hnvemu.tables.table import FAMILIES, Axis
from hnvemu.trace.steps import Arrived, FilterSkipped, SessionAssumed, SessionMatched
from hnvemu.wire.flow import (
    ARP_ETHERTYPE,
    ARP_GRATUITOUS,
    ARP_REPLY,
    ARP_REQUEST,
    ICMP,
    ICMPV6,
    TCP,
    UDP,
    Fault,
    Flow,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hnvemu.model.policy import Policy
    from hnvemu.switch.fabric import Fabric
    from hnvemu.tables.table import Table
    from hnvemu.trace.path import Path
    from hnvemu.trace.steps import Step
    from hnvemu.trace.trace import Trace

Piece = tuple[int, int]
"""The values of a field from the first to the last, both included."""

_MACS: Final = (0, (1 << 48) - 1)
_PORTS: Final = (-1, 0xFFFF)
_RANGES: Final = {
    Axis.SRC_MAC: _MACS,
    Axis.DST_MAC: _MACS,
    Axis.VLAN: (-1, 0xFFF),
    Axis.ETHERTYPE: (0, 0xFFFF),
    Axis.FAULT: (0, max(Fault)),
    Axis.VERSION: (0, 6),
    Axis.PROTOCOL: (-1, 0xFF),
    Axis.SRC_PORT: _PORTS,
    Axis.DST_PORT: _PORTS,
    Axis.ICMP: _PORTS,
    Axis.ECHO_ID: _PORTS,
    Axis.TTL: (0, 0xFF),
    Axis.LENGTH: (0, 0xFFFF),
    Axis.TOS: (0, 0xFF),
}
_NAMES: Final = {
    Axis.SRC_MAC: "source MAC",
    Axis.DST_MAC: "destination MAC",
    Axis.VLAN: "VLAN tag",
    Axis.ETHERTYPE: "EtherType",
    Axis.SRC: "source address",
    Axis.DST: "destination address",
    Axis.PROTOCOL: "protocol",
    Axis.SRC_PORT: "source port",
    Axis.DST_PORT: "destination port",
    Axis.ICMP: "ICMP type and code",
    Axis.ECHO_ID: "echo identifier",
    Axis.TTL: "TTL",
    Axis.LENGTH: "packet length",
    Axis.TOS: "DSCP and ECN",
    Axis.TARGET: "target address",
}
"""The fields that people know, in the order in which they are told."""

_WIDENED: Final = (
    Axis.DST_PORT,
    Axis.SRC_PORT,
    Axis.ICMP,
    Axis.PROTOCOL,
    Axis.LENGTH,
    Axis.TTL,
    Axis.TOS,
    Axis.DST_MAC,
    Axis.DST,
)
"""The fields along which classes are joined, in this order."""
_MOST_WALKS: Final = 64
_PROTOCOLS: Final = {ICMP: "icmp", TCP: "tcp", UDP: "udp", ICMPV6: "icmpv6"}
_OPERATIONS: Final = {
    ARP_REQUEST: "ARP requests",
    ARP_REPLY: "ARP replies",
    ARP_GRATUITOUS | ARP_REQUEST: "gratuitous ARP requests",
    ARP_GRATUITOUS | ARP_REPLY: "gratuitous ARP replies",
}
_NEW: Final = "in no conversation that a port has admitted"
_OWN: Final = "in this conversation, which a port has admitted"
_ESTABLISHED: Final = "in a conversation that all ports have admitted"


class Alike(NamedTuple):
    """A class of packets that enter at one place and are treated exactly alike."""

    at: str
    flow: Flow
    """The packet that the class was found for, which is one of it."""
    pieces: Mapping[Axis, Piece]
    """By the fields that decisions read; a field that is not here can have any value."""
    state: str
    """What is known of the conversation, in words; empty where no decision asked."""

    def holds(self, flow: Flow) -> bool:
        """Whether ``flow`` is of the class, if it enters at the same place in the same state."""
        return all(first <= flow[axis] <= last for axis, (first, last) in self.pieces.items())

    @property
    def unread(self) -> tuple[str, ...]:
        """The names of the packet's fields that no decision read."""
        return tuple(
            name
            for axis, name in _NAMES.items()
            if axis not in self.pieces
            and (self.flow[axis] >= 0 or axis is Axis.VLAN)
            and not (axis is Axis.ETHERTYPE and Axis.VERSION in self.pieces)
            and not (axis is Axis.PROTOCOL and _is_icmp(self.pieces))
            and not (axis in (Axis.TTL, Axis.TOS) and not self.flow.version)
        )


def alike(fabric: Fabric, trace: Trace) -> Alike:
    """Find the packets that are treated as the frame of ``trace`` was.

    Args:
        fabric: The fabric that made the trace.
        trace: Of one frame.
    """
    again = _Again(fabric, trace)
    found = again.walk(trace.flow)
    return _widened(again, found)


class _Again:
    """Walks flows from where a frame entered, in the state that it entered in."""

    def __init__(self, fabric: Fabric, trace: Trace) -> None:
        self.fabric = fabric
        self.at = trace.at
        first = trace.hops[0].steps[0]
        self._arrived = first if isinstance(first, Arrived) else None
        self._sessions, self._state = _sessions(trace.path)
        self._cuts: dict[tuple[int, Axis], list[int]] = {}
        self.path = trace.path

    def walk(self, flow: Flow) -> Alike:
        """Return the packets that are treated as ``flow`` is, and set ``path`` to its way."""
        notes = _Notes(flow, self._cuts)
        tables = self.fabric.tables
        walk = Walk(tables, flow, notes.ask, self._sessions, self.fabric.flow_id)
        if self._arrived is not None:
            self.path = walk.arrived(self._arrived)
        else:
            self.path = walk.sent(tables.sending(self.at))
        state = self._state if notes.asked_for_state else ""
        return Alike(self.at, flow, notes.pieces, state)


def _widened(again: _Again, found: Alike) -> Alike:
    """Join the class to its neighbours along one field, where they are treated alike too.

    A table's cuts are finer than its answers. Two classes that differ in the piece of one field
    alone, and whose packets take the same steps, are one class.
    """
    pieces, flow, hops = dict(found.pieces), found.flow, [*every_hop(again.path)]
    left = _MOST_WALKS
    # What is known of one conversation tells nothing of another. No number beside an ARP operation
    # is one, and some ICMPv6 types bring a target, which this packet may lack.
    fixed = {*(SessionTable.reads if found.state == _OWN else ())}
    fixed.update({0: (Axis.PROTOCOL,), 6: (Axis.ICMP,)}.get(flow.version, ()))
    for axis in _WIDENED:
        for upwards in (True, False):
            while axis in pieces and axis not in fixed and left:
                first, last = pieces[axis]
                low, high = _range(flow, axis)
                value = last + 1 if upwards else first - 1
                if flow[axis] < 0 or not max(low, 0) <= value <= high:
                    break
                left -= 1
                beside = again.walk(flow._replace(**{axis.name.lower(): value}))
                if [*every_hop(again.path)] != hops:
                    break
                others = {**beside.pieces, axis: pieces[axis]}
                if not all(
                    _covers(piece, pieces.get(other) or _range(flow, other))
                    for other, piece in others.items()
                ):
                    break
                start, end = beside.pieces.get(axis, (low, high))
                pieces[axis] = min(first, start), max(last, end)
    return found._replace(pieces=pieces)


def _covers(outer: Piece, inner: Piece) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def _sessions(path: Path) -> tuple[SessionTable | None, str]:
    """Return what the lists on a path were told of its conversation, and that in words."""
    assumed = (isinstance(step, SessionAssumed) for hop in every_hop(path) for step in hop.steps)
    if any(assumed):
        return SessionTable(None), _ESTABLISHED
    held = frozenset(
        Place(step.port.name, step.port.vsid, step.direction, step.mechanism)
        for step in path.matched
    )
    return (SessionTable(held), _OWN) if held else (None, _NEW)


class _Notes:
    """The driver of one packet, which narrows pieces by each table that it asks."""

    def __init__(self, flow: Flow, cuts: dict[tuple[int, Axis], list[int]]) -> None:
        self._flow = flow
        self._cuts = cuts
        self.pieces: dict[Axis, Piece] = {}
        self.asked_for_state = False

    def ask(self, table: Table, near: Any = None, far: Any = None) -> Step:
        """Answer as the driver of every packet does."""
        given = [step for step in (near, far) if step is not None]
        if isinstance(table, Filter):
            step = table.find(self._flow, *given)
            self._note_filter(table, near, step)
            return step
        noted = _NotedFlow(self._flow)
        answer: Step = table.find(cast("Flow", noted), *given)
        for axis in noted.read:
            self._narrow(axis, self._around(table, axis))
            self._narrow(axis, _row_cuts(given, axis))
        return answer

    def _around(self, table: Table, axis: Axis) -> list[int]:
        """Return the cuts of a table on both sides of the packet's value."""
        key = id(table), axis
        cuts = self._cuts.get(key)
        if cuts is None:
            cuts = self._cuts[key] = sorted(table.cuts(axis))
        at = bisect_right(cuts, self._flow[axis])
        return cuts[max(at - 1, 0) : at + 1]

    def _note_filter(self, acl: Filter, sessions: SessionTable | None, step: Step) -> None:
        """Take what decided in a list: the conversation, or the rules that were tried.

        The cuts of a list are those of all its rules, also of those behind the one that matched.
        """
        flow = self._flow
        self._narrow(Axis.VERSION, FAMILIES)
        if isinstance(step, FilterSkipped):
            return
        if acl.opposite is not None:
            # No session is opened for a list that lets everything pass.
            self.asked_for_state |= acl.can_deny
            if sessions is not None and not (
                isinstance(step, SessionAssumed) and acl.mechanism is Mechanism.FIREWALL
            ):
                # Its table was made for one five-tuple, and asks what the request would meet.
                for axis in (*sessions.reads, Axis.SRC_MAC, Axis.DST_MAC):
                    self._narrow(axis, (flow[axis], flow[axis] + 1))
        if isinstance(step, SessionAssumed | SessionMatched):
            return
        for entry in acl.entries:
            failed = next((part for part in entry.conditions if not part.holds(flow)), None)
            for part in entry.conditions:
                cuts = part.cuts if failed in (None, part) else _no_cuts
                for axis in part.reads:
                    self._narrow(axis, cuts(axis))
                if part is failed:
                    break
            if failed is None:
                break

    def _narrow(self, axis: Axis, cuts: Iterable[int]) -> None:
        """Keep of a field the piece between the two cuts around the packet's value."""
        value = self._flow[axis]
        first, last = self.pieces.get(axis) or _range(self._flow, axis)
        for cut in cuts:
            if cut <= value:
                first = max(first, cut)
            else:
                last = min(last, cut - 1)
        self.pieces[axis] = first, last


class _NotedFlow:
    """A flow that remembers which of its fields somebody looked at."""

    __slots__ = ("_flow", "read")

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self.read: set[Axis] = set()

    def __getattr__(self, name: str) -> Any:
        """Read one field by its name, or all of them at once."""
        self.read.update([Axis[name.upper()]] if name in Flow._fields else Axis)
        return getattr(self._flow, name)

    def __getitem__(self, axis: int) -> int:
        """Read one field by its place."""
        self.read.add(Axis(axis))
        value: int = self._flow[axis]
        return value


def _row_cuts(given: Iterable[Any], axis: Axis) -> Iterable[int]:
    """Yield the cuts that are not the table's: of the rows it is given to compare with."""
    for step in given:
        record, mac = getattr(step, "record", None), getattr(step, "mac", None)
        if axis is Axis.DST_MAC:
            if mac is not None:
                yield from (mac, mac + 1)
            if record is not None:
                yield from (record.mac, record.mac + 1)
        elif axis in (Axis.SRC, Axis.DST) and record is not None:
            yield from (int(record.ca), int(record.ca) + 1)


def _no_cuts(axis: Axis) -> Iterable[int]:
    """Return the cuts of a condition that held in a rule that failed by another: it is free."""
    del axis
    return ()


def _range(flow: Flow, axis: Axis) -> Piece:
    """Return the values that a field can have, in a packet of this family."""
    if axis in (Axis.SRC, Axis.DST, Axis.TARGET):
        return min(flow[axis], 0), (1 << (128 if flow.version == 6 else 32)) - 1
    if axis is Axis.PROTOCOL and flow.version == 0:
        return -1, ARP_GRATUITOUS | 0xFF
    return _RANGES[axis]


# In words


def clauses(found: Alike, policy: Policy) -> tuple[str, ...]:
    """Say which packets a class holds, a clause a field that decisions read."""
    return tuple(_clauses(found, policy))


def _clauses(found: Alike, policy: Policy) -> Iterator[str]:
    flow, pieces = found.flow, found.pieces
    yield _entry(found.at)
    yield _kind(flow, pieces)
    names = _names(found.at, policy)
    for axis, word in ((Axis.SRC, "from"), (Axis.DST, "to"), (Axis.TARGET, "about")):
        if axis in pieces and flow[axis] >= 0:
            yield f"{word} {_addresses(flow.version, pieces[axis], names)}"
    for axis in (Axis.SRC_PORT, Axis.DST_PORT, Axis.ECHO_ID):
        if axis in pieces and flow[axis] >= 0:
            yield _numbers(pieces[axis], (0, 0xFFFF), _NAMES[axis])
    if Axis.ICMP in pieces and flow.icmp >= 0:
        yield _icmp(pieces[Axis.ICMP])
    for axis in (Axis.SRC_MAC, Axis.DST_MAC):
        if axis in pieces:
            yield _macs(pieces[axis], _NAMES[axis])
    if Axis.VLAN in pieces:
        yield "with a VLAN tag" if pieces[Axis.VLAN][1] >= 0 else "untagged"
    for axis in (Axis.TTL, Axis.LENGTH):
        if axis in pieces and flow.version:
            yield _numbers(pieces[axis], _RANGES[axis], _NAMES[axis])
    if Axis.TOS in pieces and flow.version:
        yield _numbers(pieces[Axis.TOS], _RANGES[Axis.TOS], "TOS")
    if found.state:
        yield found.state


def _names(at: str, policy: Policy) -> dict[tuple[int, int], str]:
    """Return whose each address is, in the virtual network where the packet entered."""
    sender = policy.ports.get(at)
    if sender is None:
        return {}
    return {
        (ca.version, int(ca)): port.name
        for port in policy.ports.values()
        if port.network == sender.network
        for ca in port.cas
    }


def _entry(at: str) -> str:
    if at.startswith("pa:"):
        return f"in the same outer headers, reaching {at.removeprefix('pa:')}"
    return f"sent by {at}"


def _kind(flow: Flow, pieces: Mapping[Axis, Piece]) -> str:
    """Name family and protocol."""
    if Axis.VERSION not in pieces:
        return "any frame"
    if flow.version == 0:
        first, last = pieces.get(Axis.ETHERTYPE, _RANGES[Axis.ETHERTYPE])
        if first == last == ARP_ETHERTYPE:
            operation = pieces.get(Axis.PROTOCOL)
            if operation is not None and operation[0] == operation[1]:
                return _OPERATIONS.get(operation[0], "ARP")
            return "ARP"
        if (first, last) == _RANGES[Axis.ETHERTYPE]:
            return "any frame"
        if first == last:
            return f"EtherType 0x{first:04X}"
        return f"EtherType 0x{first:04X}-0x{last:04X}"
    family = f"IPv{flow.version}"
    if Axis.FAULT in pieces and flow.fault:
        family = f"broken {family}"
    first, last = pieces.get(Axis.PROTOCOL, _RANGES[Axis.PROTOCOL])
    if _is_icmp(pieces):
        first = last = flow.protocol
    if first == last:
        return f"{_PROTOCOLS.get(first, f'protocol {first}')} over {family}"
    if (max(first, 0), last) == (0, 0xFF):
        return f"{family}, any protocol"
    return f"{family}, protocols {max(first, 0)}-{last}"


def _is_icmp(pieces: Mapping[Axis, Piece]) -> bool:
    """Whether a class is of packets with an ICMP type, which tells the protocol."""
    return Axis.ICMP in pieces and pieces[Axis.ICMP][0] >= 0


def _addresses(version: int, piece: Piece, names: Mapping[tuple[int, int], str]) -> str:
    """Name a range of addresses: by its VM, as a prefix, or by both ends."""
    first, last = max(piece[0], 0), piece[1]
    low, high = address_of(version, first), address_of(version, last)
    if first == last:
        name = names.get((low.version, first))
        return f"{low}, which is {name}'s" if name is not None else str(low)
    if (first, last) == (0, (1 << low.max_prefixlen) - 1):
        return "any address"
    size = last - first + 1
    if size & (size - 1) == 0 and first % size == 0:
        return f"{low}/{low.max_prefixlen - size.bit_length() + 1}"
    return f"{low} - {high}"


def _numbers(piece: Piece, whole: Piece, name: str) -> str:
    first, last = max(piece[0], whole[0]), piece[1]
    if first == last:
        return f"{name} {first}"
    if (first, last) == whole:
        return f"any {name}"
    if last == whole[1]:
        return f"{name} {first} or more"
    if first == whole[0]:
        return f"{name} {last} or less"
    return f"{name}s {first}-{last}"


def _icmp(piece: Piece) -> str:
    first, last = max(piece[0], 0), piece[1]
    if (first, last) == (0, 0xFFFF):
        return "any ICMP type"
    low, high = first >> 8, last >> 8
    if first == last:
        return f"ICMP type {low} code {first & 0xFF}"
    if first & 0xFF or last & 0xFF != 0xFF:
        return f"ICMP {low}:{first & 0xFF} - {high}:{last & 0xFF}"
    return f"ICMP type {low}" if low == high else f"ICMP types {low}-{high}"


def _macs(piece: Piece, name: str) -> str:
    first, last = (MacAddress(end) for end in piece)
    if first == last:
        return f"{name} {first}"
    if piece == _MACS:
        return f"any {name}"
    if piece == (1, _MACS[1]):
        return f"any {name} but {MacAddress(0)}"
    return f"{name} {first} to {last}"
