"""Access control lists as a port tries them: conditions on a flow, and the list of one direction.

An entry is compared with a packet in one place, :func:`mismatch`. Each mechanism compiles what the
policy says to one list in the order that decides; a port's lists are asked one after another, and
all must allow (ACL-52).

Most ports have the rules of many others. What names no port, a :class:`RuleList`, is therefore
made once for all that have it; a :class:`Filter` is such a list at one port, with its steps.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property
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
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from hnvemu.addresses import IPPrefix
    from hnvemu.model.acl import AclRule, Addresses, Ports, Protocol
    from hnvemu.model.policy import Policy
    from hnvemu.model.topology import Selector, VmPort
    from hnvemu.tables.sessions import SessionTable
    from hnvemu.tables.view import View
    from hnvemu.trace.steps import Step
    from hnvemu.wire.flow import Flow

BOTH_WAYS = (Direction.INBOUND, Direction.OUTBOUND)

_REMEMBERED = 65_536
_FEW = 16
"""So many packets are compared with every row before a list is taken apart by fields."""


class Within(NamedTuple):
    """A condition: a field lies in one of some ranges."""

    axis: Axis
    ranges: tuple[tuple[int, int], ...]
    name: str

    def holds(self, flow: Flow) -> bool:
        """Compare one field."""
        value: int = flow[self.axis]
        for first, last in self.ranges:  # noqa: SIM110 - a generator costs more than it compares
            if first <= value <= last:
                return True
        return False

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
        for family, first, last in self.ranges:
            if first <= value <= last and family == version:
                return True
        return False

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
Decision: TypeAlias = AclAllowed | AclDenied | NotEvaluated


def mismatch(conditions: tuple[Condition, ...], flow: Flow) -> str | None:
    """Name the first condition that ``flow`` does not meet; None where all hold (ACL-11)."""
    for condition in conditions:
        if not condition.holds(flow):
            return condition.name
    return None


class Row(NamedTuple):
    """One rule as every port tries it that has it in its list."""

    rank: tuple[int, ...]
    """Smaller ones are tried first, equal ones in the order of the policy."""
    conditions: tuple[Condition, ...]
    decides: type[AclAllowed | AclDenied] | NotEvaluated
    """The step that a match makes, which names the port unless nobody can tell what it is."""
    rule: AclRule
    opens: bool = False
    """Whether a match opens a session, where the other direction's list could stop the reply."""
    idle_timeout: int | None = None


class Entry(NamedTuple):
    """One rule as one port tries it, with the step that a match makes."""

    conditions: tuple[Condition, ...]
    step: Decision

    def mismatch(self, flow: Flow) -> str | None:
        """Name the first condition that ``flow`` does not meet; None where all hold (ACL-11)."""
        return mismatch(self.conditions, flow)


class RuleList:
    """The list of one mechanism, for packets of one direction, at whatever ports have it.

    It answers with places: of a row, or the one behind the last row for the default.
    """

    def __init__(
        self,
        direction: Direction,
        mechanism: Mechanism,
        rows: Iterable[Row],
        default: Callable[[VmPort, Direction], Default],
        *,
        default_ends: bool,
        default_opens: bool = False,
    ) -> None:
        self.direction = direction
        self.mechanism = mechanism
        self.rows = tuple(sorted(rows, key=lambda row: row.rank))
        self._default = default
        self.can_deny = default_ends or any(row.decides.ends for row in self.rows)
        self.can_open = default_opens or any(row.opens for row in self.rows)
        self.keeps_state = False
        """Whether packets of the other direction open sessions for this list."""
        self.opens = False
        """Whether packets that this list admits open sessions."""
        self._default_opens = default_opens
        axes = {axis for row in self.rows for part in row.conditions for axis in part.reads}
        self.sees_frames = bool(axes & {Axis.SRC_MAC, Axis.DST_MAC})
        self.reads = tuple(sorted({Axis.VERSION} | axes))
        # Between two cuts of every axis nothing changes, so an answer holds for its whole cell.
        # Plain numbers index a flow faster than an axis does.
        self._cuts = [(int(axis), sorted(self.cuts(axis))) for axis in self.reads]
        self._answers: dict[tuple[int, ...], int] = {}
        self._failing: dict[tuple[int, int, int], int] = {}

    def find(self, flow: Flow) -> int:
        """Return the place of the first row that matches.

        What decides is remembered by cells, and what fails by the piece of each field alone, of
        which there are far fewer. So neither a packet like another nor a new one pays for all rows.
        """
        if not self.rows:
            return 0
        cell = tuple([bisect_right(cuts, flow[axis]) for axis, cuts in self._cuts])
        place = self._answers.get(cell)
        if place is None:
            if len(self._answers) >= _REMEMBERED:
                self._answers.clear()
            is_new = len(self._answers) < _FEW
            place = self.decide(flow) if is_new else self._first(flow, cell)
            self._answers[cell] = place
        return place

    def _first(self, flow: Flow, cell: tuple[int, ...]) -> int:
        """Return it by the rows that fail on each field, a bit for each row."""
        if len(self._failing) >= _REMEMBERED:
            self._failing.clear()
        failed = 0
        for (axis, _), piece in zip(self._cuts, cell, strict=True):
            key = axis, piece, flow.version
            failing = self._failing.get(key)
            if failing is None:
                failing = 0
                for condition, rows in self._by_axis.get(axis, {}).items():
                    if not condition.holds(flow):
                        failing |= rows
                self._failing[key] = failing
            failed |= failing
        left = ~failed & (1 << len(self.rows)) - 1
        return (left & -left).bit_length() - 1 if left else len(self.rows)

    @cached_property
    def _by_axis(self) -> dict[int, dict[Condition, int]]:
        """The conditions on each field, each with the rows that have it."""
        found: dict[int, dict[Condition, int]] = {}
        for place, row in enumerate(self.rows):
            for condition in row.conditions:
                of_axis = found.setdefault(condition.axis, {})
                of_axis[condition] = of_axis.get(condition, 0) | 1 << place
        return found

    def decide(self, flow: Flow) -> int:
        """Return it by trying every row in order: what ``find`` answers, too."""
        for place, row in enumerate(self.rows):
            if mismatch(row.conditions, flow) is None:
                return place
        return len(self.rows)

    def step_at(self, place: int, port: VmPort) -> Decision | Default:
        """Make the step that ``port`` answers with where the row at that place matches."""
        if place == len(self.rows):
            default = self._default(port, self.direction)
            if self._default_opens:
                self._let_open(default, port, None)
            return default
        row = self.rows[place]
        if isinstance(row.decides, NotEvaluated):
            return row.decides
        step = row.decides(row.rule, port, self.direction)
        if row.opens:
            self._let_open(step, port, row.idle_timeout)
        return step

    def _let_open(self, step: Decision | Default, port: VmPort, idle_timeout: int | None) -> None:
        if self.opens:
            step.leading_to(SessionOpened(port, self.direction, self.mechanism, idle_timeout))

    def cuts(self, axis: Axis) -> Iterable[int]:
        """Every end of every range of every row."""
        ends = {
            cut for row in self.rows for condition in row.conditions for cut in condition.cuts(axis)
        }
        return ends | {1} if axis is Axis.VERSION else ends


class Filter:
    """The list of one mechanism, at one port, for packets of one direction.

    Its steps name the port and are made when they are first needed.
    """

    __slots__ = ("_entries", "_first", "_place", "_steps", "opposite", "port", "shared")

    def __init__(self, port: VmPort, shared: RuleList) -> None:
        self.port = port
        self.shared = shared
        self.opposite: Filter | None = None
        """The list whose packets open sessions for this one; None: it keeps no state."""
        # Most lists of thousands answer one way alone: a dict for each would be large.
        self._place = -1
        self._first: Step | None = None
        self._steps: dict[int, Step] | None = None
        self._entries: tuple[Entry, ...] | None = None

    @property
    def direction(self) -> Direction:
        """Of the packets, seen from the VM."""
        return self.shared.direction

    @property
    def mechanism(self) -> Mechanism:
        """The kind of list."""
        return self.shared.mechanism

    @property
    def place(self) -> Place:
        """Where replies pass that this list admits."""
        return Place(self.port.name, self.port.vsid, self.direction, self.mechanism)

    @property
    def reads(self) -> tuple[Axis, ...]:
        """The fields that any entry looks at."""
        return self.shared.reads

    @property
    def can_deny(self) -> bool:
        """Whether some packet could be stopped here."""
        return self.shared.can_deny

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The rules in the order in which they are tried, each with its step."""
        if self._entries is None:
            self._entries = tuple(
                Entry(row.conditions, self._step(place))  # type: ignore[arg-type]  # of a row
                for place, row in enumerate(self.shared.rows)
            )
        return self._entries

    @property
    def default(self) -> Default:
        """The step for packets that no entry matches."""
        return self._step(len(self.shared.rows))  # type: ignore[return-value]  # of no row

    def find(self, flow: Flow, sessions: SessionTable | None = None) -> Step:
        """Answer by a session, else by the first entry that matches, else by the default."""
        shared = self.shared
        if flow.version == 0 and not shared.sees_frames:
            return FilterSkipped(self.port, shared.direction, shared.mechanism)
        if sessions is not None and self.opposite is not None:
            # The opposite list admitted the packet that this one replies to: ACL-19, ACL-43.
            admitted = sessions.find(flow, self)
            if admitted is not None:
                return admitted
        return self._step(shared.find(flow))

    def decide(self, flow: Flow) -> Step:
        """Answer by trying every entry in order: what ``find`` answers without a session."""
        return self._step(self.shared.decide(flow))

    def _step(self, place: int) -> Step:
        """Return the step of the entry at a place, which is made once."""
        if self._first is None:
            self._place, self._first = place, self.shared.step_at(place, self.port)
        if place == self._place:
            return self._first
        if self._steps is None:
            self._steps = {}
        step = self._steps.get(place)
        if step is None:
            step = self._steps[place] = self.shared.step_at(place, self.port)
        return step

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
        return self.shared.cuts(axis)


def keep_state(lists: Mapping[Direction, RuleList]) -> None:
    """Let packets that one list admits open sessions for the other direction's list."""
    for direction, each in lists.items():
        other = lists.get(OPPOSITE[direction])
        # Where the other direction stops nothing, nobody can tell whether state is kept.
        if each.can_open and other is not None and other.can_deny:
            each.opens = other.keeps_state = True


def at_port(lists: Mapping[Direction, RuleList], port: VmPort) -> dict[Direction, Filter]:
    """Return the lists of both directions as ``port`` has them."""
    filters = {direction: Filter(port, shared) for direction, shared in lists.items()}
    for direction, each in filters.items():
        if each.shared.keeps_state:
            each.opposite = filters[OPPOSITE[direction]]
    return filters


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
