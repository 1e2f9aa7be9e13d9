"""Firewall rules as a port tries them: conditions on a flow, and the list of one direction.

A rule is compared with a packet in one place, :meth:`Entry.mismatch`. A list is in the order that
decides: Block before Allow before the default (ACL-12).
"""

from __future__ import annotations

from bisect import bisect_right
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from hnvemu.addresses import first_host
from hnvemu.model.acl import Action, Addresses, AddressRange, Direction, FirewallDefault
from hnvemu.tables.table import FAMILIES, Axis
from hnvemu.trace.steps import (
    AclAllowed,
    AclDefaultDenied,
    AclDefaulted,
    AclDenied,
    FilterSkipped,
    NotEvaluated,
    SessionOpened,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hnvemu.addresses import IPPrefix
    from hnvemu.model.acl import Firewall, FirewallRule, Ports, Protocol
    from hnvemu.model.topology import Selector, VmPort
    from hnvemu.tables.sessions import SessionTable
    from hnvemu.tables.view import View
    from hnvemu.trace.steps import AclStep, Step
    from hnvemu.wire.flow import Flow

_REMEMBERED = 65_536

OPEN = FirewallDefault(inbound=Action.ALLOW, outbound=Action.ALLOW)
"""What a policy without a firewall section says: a port without rules filters nothing (ACL-14)."""


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


class Entry(NamedTuple):
    """One rule as one port tries it, with the step that a match makes."""

    conditions: tuple[Within | AddressWithin, ...]
    step: AclStep

    def mismatch(self, flow: Flow) -> str | None:
        """Name the first condition that ``flow`` does not meet; None where all hold (ACL-11)."""
        for condition in self.conditions:
            if not condition.holds(flow):
                return condition.name
        return None


class Filter:
    """The firewall of one port in one direction."""

    def __init__(
        self,
        port: VmPort,
        direction: Direction,
        entries: tuple[Entry, ...],
        default: AclDefaulted | AclDefaultDenied,
    ) -> None:
        self.port = port
        self.direction = direction
        self.entries = entries
        self.default = default
        self._skipped = FilterSkipped(port, direction)
        self.reads = tuple(
            sorted(
                {Axis.VERSION}
                | {axis for entry in entries for part in entry.conditions for axis in part.reads}
            )
        )
        # Between two cuts of every axis nothing changes, so an answer holds for its whole cell.
        self._cuts = [(axis, sorted(self.cuts(axis))) for axis in self.reads]
        self._answers: dict[tuple[int, ...], Step] = {}

    @property
    def can_deny(self) -> bool:
        """Whether some packet could be stopped here."""
        return self.default.ends or any(entry.step.ends for entry in self.entries)

    def find(self, flow: Flow, sessions: SessionTable | None = None) -> Step:
        """Answer by a session, else by the first rule that matches, else by the default."""
        if flow.version == 0:
            return self._skipped
        if sessions is not None:
            # The opposite list admitted the packet that this one replies to: ACL-19.
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
        """Answer by trying every rule in order: what ``find`` remembers by cells."""
        for entry in self.entries:
            if entry.mismatch(flow) is None:
                return entry.step
        return self.default

    def cuts(self, axis: Axis) -> Iterable[int]:
        """Every end of every range of every rule."""
        ends = {
            cut
            for entry in self.entries
            for condition in entry.conditions
            for cut in condition.cuts(axis)
        }
        return ends | {1} if axis is Axis.VERSION else ends


class Unevaluated:
    """An access control list of a kind that this version does not evaluate."""

    reads = (Axis.VERSION,)

    def __init__(self, step: NotEvaluated, port: VmPort, direction: Direction) -> None:
        self._step = step
        self._skipped = FilterSkipped(port, direction)

    def find(self, flow: Flow, sessions: SessionTable | None = None) -> Step:
        """Leave every IP packet undecided, whatever its sessions."""
        del sessions
        return self._step if flow.version else self._skipped

    def cuts(self, axis: Axis) -> Iterable[int]:
        """IP or not."""
        return (1,) if axis is Axis.VERSION else ()


def selects(selector: Selector, port: VmPort) -> bool:
    """Whether a selector names ``port``: by VM or adapter, with or without its network."""
    if selector.patterns is None:
        return True
    vm = port.name.partition(":")[0]
    names = {port.name, vm, port.name.partition("/")[2], vm.partition("/")[2]}
    return any(
        pattern in names or any(fnmatchcase(name, pattern) for name in names if name)
        for pattern in selector.patterns
    )


def compile_filters(firewall: Firewall, port: VmPort, view: View) -> dict[Direction, Filter]:
    """Build the two lists of ``port``, on a host that knows ``view``."""
    default = {Direction.INBOUND: OPEN, Direction.OUTBOUND: OPEN}
    actions = {Direction.INBOUND: Action.ALLOW, Direction.OUTBOUND: Action.ALLOW}
    for stated in firewall.defaults:
        if selects(stated.vms, port):
            for direction, action in (
                (Direction.INBOUND, stated.inbound),
                (Direction.OUTBOUND, stated.outbound),
            ):
                if action is not None:
                    default[direction], actions[direction] = stated, action
    rules = [
        rule
        for rule in firewall.rules
        if rule.enabled
        and (rule.profiles is None or port.network_profile in rule.profiles)  # ACL-20
        and selects(rule.vms, port)
    ]
    filters = {
        direction: _filter(
            port,
            direction,
            [rule for rule in rules if rule.direction is direction],
            (default[direction], actions[direction]),
            _Meaning(firewall, port, view),
        )
        for direction in (Direction.INBOUND, Direction.OUTBOUND)
    }
    for direction, other in (
        (Direction.INBOUND, Direction.OUTBOUND),
        (Direction.OUTBOUND, Direction.INBOUND),
    ):
        # Where the other direction stops nothing, nobody can tell whether state is kept.
        if filters[other].can_deny:
            opened = SessionOpened(port, direction)
            for step in (
                *(e.step for e in filters[direction].entries),
                filters[direction].default,
            ):
                if not step.ends:
                    step.leading_to(opened)
    return filters


def _filter(
    port: VmPort,
    direction: Direction,
    rules: list[FirewallRule],
    default: tuple[FirewallDefault, Action],
    meaning: _Meaning,
) -> Filter:
    """Order the rules of one direction: what cannot be evaluated, Block, Allow, default."""
    blocks: list[Entry] = []
    allows: list[Entry] = []
    unknown_blocks: list[Entry] = []
    unknown_allows: list[Entry] = []
    overrides: list[Entry] = []
    for rule in rules:
        conditions = meaning.conditions(rule, direction)
        key = _unevaluable(rule)
        if rule.override_block and rule.action is Action.ALLOW:
            step = NotEvaluated("firewall.rules.override_block", rule.origin)
            overrides.append(Entry(conditions, step))
        elif key is not None:
            unknown = unknown_blocks if rule.action is Action.BLOCK else unknown_allows
            unknown.append(Entry(conditions, NotEvaluated(f"firewall.rules.{key}", rule.origin)))
        elif rule.action is Action.BLOCK:
            blocks.append(Entry(conditions, AclDenied(rule, port, direction)))
        else:
            allows.append(Entry(conditions, AclAllowed(rule, port, direction)))
    statement, action = default
    if action is Action.BLOCK:
        last: AclDefaulted | AclDefaultDenied = AclDefaultDenied(statement, port, direction)
    else:
        last = AclDefaulted(statement, port, direction)
        unknown_allows = []  # whether such a rule matches or not, the packet passes
    entries = (*overrides, *blocks, *unknown_blocks, *allows, *unknown_allows)
    return Filter(port, direction, entries, last)


def _unevaluable(rule: FirewallRule) -> str | None:
    """Name the first condition of ``rule`` that no switch port can see, or None."""
    for key in ("program", "service", "user"):
        if getattr(rule, key):
            return key
    for key in ("local_port", "remote_port"):
        ports: Ports | None = getattr(rule, key)
        if ports is not None and ports.keywords:
            return key
    return None


class _Meaning:
    """What the conditions of rules mean at one port."""

    def __init__(self, firewall: Firewall, port: VmPort, view: View) -> None:
        self._port = port
        self._view = view
        self._lists = dict(firewall.keywords)

    def conditions(
        self, rule: FirewallRule, direction: Direction
    ) -> tuple[Within | AddressWithin, ...]:
        """Return the conditions of ``rule``, cheapest first."""
        local, remote = Axis.DST, Axis.SRC
        local_port, remote_port = Axis.DST_PORT, Axis.SRC_PORT
        if direction is Direction.OUTBOUND:
            local, remote = remote, local
            local_port, remote_port = remote_port, local_port
        found: list[Within | AddressWithin] = []
        if rule.protocol is not None:
            found += _protocol(rule.protocol)
        for axis, ports, name in (
            (local_port, rule.local_port, "local port"),
            (remote_port, rule.remote_port, "remote port"),
        ):
            if ports is not None and not ports.keywords:
                found.append(Within(axis, ports.ranges, name))
        if rule.icmp_type is not None:
            found.append(Within(Axis.ICMP, rule.icmp_type, "ICMP type"))
        for axis, addresses, name in (
            (local, rule.local_address, "local address"),
            (remote, rule.remote_address, "remote address"),
        ):
            if addresses is not None:
                found.append(AddressWithin(axis, self._ranges(addresses), name))
        return tuple(found)

    def _ranges(self, addresses: Addresses) -> tuple[AddressRange, ...]:
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
