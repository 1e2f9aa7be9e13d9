"""Access control lists as a port tries them: conditions on a flow, and the list of one direction.

An entry is compared with a packet in one place, :meth:`Entry.mismatch`. Each mechanism compiles
what the policy says to one list in the order that decides; a port's lists are asked one after
another, and all must allow (ACL-52).
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from hnvemu.addresses import first_host
from hnvemu.model.acl import AddressRange, Direction, Mechanism
from hnvemu.tables.sessions import OPPOSITE, Place, request_of
from hnvemu.tables.table import FAMILIES, Axis
from hnvemu.trace.steps import (
    AclAllowed,
    AclDefaultDenied,
    AclDefaulted,
    AclDenied,
    AclUnmatched,
    FilterSkipped,
    NotEvaluated,
    PortBlocked,
    SessionOpened,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hnvemu.addresses import IPPrefix
    from hnvemu.model.acl import Addresses, Ports, Protocol
    from hnvemu.model.policy import Policy
    from hnvemu.model.topology import Selector, VmPort
    from hnvemu.tables.sessions import SessionTable
    from hnvemu.tables.view import View
    from hnvemu.trace.steps import Step
    from hnvemu.wire.flow import Flow

BOTH_WAYS = (Direction.INBOUND, Direction.OUTBOUND)

_REMEMBERED = 65_536


class Within(NamedTuple):
    """A condition: a field lies in one of some ranges."""

    axis: Axis
    ranges: tuple[tuple[int, int], ...]
    name: str

    def holds(self, flow: Flow) -> bool:
        """Compare one field."""
        value: int = flow[self.axis]
        return any(first <= value <= last for first, last in self.ranges)

    @property
    def reads(self) -> tuple[Axis, ...]:
        """The one field."""
        return (self.axis,)

    def cuts(self, axis: Axis) -> Iterator[int]:
        """Both ends of every range."""
        if axis is self.axis:
            for first, last in self.ranges:
                yield from (first, last + 1)


class AddressWithin(NamedTuple):
    """A condition: an address lies in one of some ranges of its own family."""

    axis: Axis
    ranges: tuple[AddressRange, ...]
    name: str

    def holds(self, flow: Flow) -> bool:
        """Compare one address."""
        value, version = flow[self.axis], flow.version
        return any(
            first <= value <= last for family, first, last in self.ranges if family == version
        )

    @property
    def reads(self) -> tuple[Axis, ...]:
        """The address and its family."""
        return (Axis.VERSION, self.axis)

    def cuts(self, axis: Axis) -> Iterator[int]:
        """Both ends of every range, and the families."""
        if axis is Axis.VERSION:
            yield from FAMILIES
        elif axis is self.axis:
            for _, first, last in self.ranges:
                yield from (first, last + 1)


Condition: TypeAlias = Within | AddressWithin
Default: TypeAlias = AclDefaulted | AclDefaultDenied | AclUnmatched | PortBlocked


class Entry(NamedTuple):
    """One rule as one port tries it, with the step that a match makes."""

    conditions: tuple[Condition, ...]
    step: AclAllowed | AclDenied | NotEvaluated

    def mismatch(self, flow: Flow) -> str | None:
        """Name the first condition that ``flow`` does not meet; None where all hold (ACL-11)."""
        for condition in self.conditions:
            if not condition.holds(flow):
                return condition.name
        return None


class Filter:
    """The list of one mechanism, at one port, for packets of one direction."""

    def __init__(
        self,
        port: VmPort,
        direction: Direction,
        mechanism: Mechanism,
        entries: tuple[Entry, ...],
        default: Default,
    ) -> None:
        self.port = port
        self.direction = direction
        self.mechanism = mechanism
        self.place = Place(port.name, port.vsid, direction, mechanism)
        self.entries = entries
        self.default = default
        self.opposite: Filter | None = None
        """The list whose packets open sessions for this one; None: it keeps no state."""
        self._skipped = FilterSkipped(port, direction, mechanism)
        axes = {axis for entry in entries for part in entry.conditions for axis in part.reads}
        self._sees_frames = bool(axes & {Axis.SRC_MAC, Axis.DST_MAC})
        self.reads = tuple(sorted({Axis.VERSION} | axes))
        # Between two cuts of every axis nothing changes, so an answer holds for its whole cell.
        self._cuts = [(axis, sorted(self.cuts(axis))) for axis in self.reads]
        self._answers: dict[tuple[int, ...], Step] = {}

    @property
    def can_deny(self) -> bool:
        """Whether some packet could be stopped here."""
        return self.default.ends or any(entry.step.ends for entry in self.entries)

    def find(self, flow: Flow, sessions: SessionTable | None = None) -> Step:
        """Answer by a session, else by the first entry that matches, else by the default."""
        if flow.version == 0 and not self._sees_frames:
            return self._skipped
        if sessions is not None and self.opposite is not None:
            # The opposite list admitted the packet that this one replies to: ACL-19, ACL-43.
            admitted = sessions.find(flow, self)
            if admitted is not None:
                return admitted
        if not self.entries:
            return self.default
        cell = tuple([bisect_right(cuts, flow[axis]) for axis, cuts in self._cuts])
        step = self._answers.get(cell)
        if step is None:
            if len(self._answers) >= _REMEMBERED:
                self._answers.clear()
            step = self._answers[cell] = self.decide(flow)
        return step

    def decide(self, flow: Flow) -> Step:
        """Answer by trying every entry in order: what ``find`` remembers by cells."""
        for entry in self.entries:
            if entry.mismatch(flow) is None:
                return entry.step
        return self.default

    def expects(self, flow: Flow) -> bool:
        """Whether ``flow`` replies to what the opposite list would let open a session.

        An established connection has passed every firewall. Another mechanism admits one only by
        an entry that keeps state.
        """
        if self.mechanism is Mechanism.FIREWALL:
            return True
        request = request_of(flow)
        if request is None or self.opposite is None:
            return False
        return isinstance(self.opposite.decide(request).onward, SessionOpened)

    def cuts(self, axis: Axis) -> Iterable[int]:
        """Every end of every range of every entry."""
        ends = {
            cut
            for entry in self.entries
            for condition in entry.conditions
            for cut in condition.cuts(axis)
        }
        return ends | {1} if axis is Axis.VERSION else ends


Opener: TypeAlias = AclAllowed | AclDefaulted


def keep_state(
    filters: Mapping[Direction, Filter], openers: Iterable[tuple[Opener, int | None]]
) -> None:
    """Let steps of one list open sessions, each with its idle timeout, for the other list."""
    for step, idle_timeout in openers:
        other = filters.get(OPPOSITE[step.direction])
        # Where the other direction stops nothing, nobody can tell whether state is kept.
        if other is not None and other.can_deny:
            other.opposite = filters[step.direction]
            step.leading_to(SessionOpened(step.port, step.direction, step.mechanism, idle_timeout))


def selects(selector: Selector, port: VmPort) -> bool:
    """Whether a selector names ``port``: by VM or adapter, with or without its network."""
    return selector.selects(port.name)


class Sides(NamedTuple):
    """Where a packet of one direction has the VM's side and the peer's."""

    local: Axis
    remote: Axis
    local_port: Axis
    remote_port: Axis
    local_mac: Axis
    remote_mac: Axis


SIDES = {
    Direction.INBOUND: Sides(
        Axis.DST, Axis.SRC, Axis.DST_PORT, Axis.SRC_PORT, Axis.DST_MAC, Axis.SRC_MAC
    ),
    Direction.OUTBOUND: Sides(
        Axis.SRC, Axis.DST, Axis.SRC_PORT, Axis.DST_PORT, Axis.SRC_MAC, Axis.DST_MAC
    ),
}


class Meaning:
    """What the conditions of entries mean at one port, on a host that knows ``view``."""

    def __init__(self, policy: Policy, port: VmPort, view: View) -> None:
        self._port = port
        self._view = view
        self._lists = dict(policy.firewall.keywords)

    def conditions(
        self,
        protocol: Protocol | None,
        ports: Iterable[tuple[Axis, Ports | None, str]],
        addresses: Iterable[tuple[Axis, Addresses | None, str]],
        icmp_type: tuple[tuple[int, int], ...] | None = None,
    ) -> tuple[Condition, ...]:
        """Return the conditions that are not ``any``, cheapest first."""
        found: list[Condition] = []
        if protocol is not None:
            found += _protocol(protocol)
        for axis, stated, name in ports:
            if stated is not None and not stated.keywords:
                found.append(Within(axis, stated.ranges, name))
        if icmp_type is not None:
            found.append(Within(Axis.ICMP, icmp_type, "ICMP type"))
        for axis, among, name in addresses:
            if among is not None:
                found.append(AddressWithin(axis, self.ranges(among), name))
        return tuple(found)

    def ranges(self, addresses: Addresses) -> tuple[AddressRange, ...]:
        """Return the addresses, keywords expanded."""
        ranges = list(addresses.ranges)
        for keyword in addresses.keywords:
            ranges += self._keyword(keyword)
        return tuple(ranges)

    def _keyword(self, keyword: str) -> list[AddressRange]:
        """Expand an address keyword at this port (ACL-16); one that is not modelled is empty."""
        word, version = (keyword[:-1], int(keyword[-1])) if keyword[-1] in "46" else (keyword, None)
        port, view = self._port, self._view
        rdid = view.rd_of(port.vsid)
        on_link = [r for r in view.routes if r.next_hop is None and r.rdid == rdid]
        subnet = [route.prefix for route in on_link if route.vsid == port.vsid]
        everywhere = [route.prefix for route in on_link]
        match word:
            case "localsubnet":
                found = [_range(prefix) for prefix in subnet]
            case "defaultgateway":
                found = [
                    AddressRange(address.version, int(address), int(address))
                    for prefix in subnet
                    if (address := first_host(prefix)) is not None
                ]
            case "intranet":
                found = [_range(prefix) for prefix in everywhere]
            case "internet":
                found = _complement([_range(prefix) for prefix in everywhere])
            case _:
                found = list(self._lists.get(word, ()))
        return [part for part in found if version in (None, part.version)]


def _protocol(protocol: Protocol) -> list[Within]:
    found = [Within(Axis.PROTOCOL, ((protocol.number, protocol.number),), "protocol")]
    if protocol.version is not None:
        found.append(Within(Axis.VERSION, ((protocol.version, protocol.version),), "IP version"))
    return found


def _range(prefix: IPPrefix) -> AddressRange:
    return AddressRange(prefix.version, int(prefix.network_address), int(prefix.broadcast_address))


def _complement(ranges: list[AddressRange]) -> list[AddressRange]:
    """Return the addresses of both families that lie in none of ``ranges``."""
    result = []
    for version, top in ((4, (1 << 32) - 1), (6, (1 << 128) - 1)):
        start = 0
        for _, first, last in sorted(part for part in ranges if part.version == version):
            if first > start:
                result.append(AddressRange(version, start, first - 1))
            start = max(start, last + 1)
        if start <= top:
            result.append(AddressRange(version, start, top))
    return result
