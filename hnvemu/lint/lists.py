"""Access control lists as sets of packets: where each entry is in force, and what it matches.

An entry is boxes whose axes are the ports of the policy, by their place there, a family with a
kind of transport, and what a packet says. So one question covers all ports, and rules that name
different VMs never meet.

Rules of the file: conditions are those that the switch compiles (:meth:`Meaning.conditions`), and
a law of the tests holds the boxes to its lists. Which port a selector names is looked up, not
tried port by port.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cached_property
from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple

from hnvemu.addresses import address_of
from hnvemu.lint.boxes import Index, as_box, corners, covers, has, is_covered, meet, ranges
from hnvemu.lint.ranked import Ranked
from hnvemu.model.acl import (
    Action,
    Addresses,
    DatacenterAcl,
    Direction,
    ExtendedAcl,
    FirewallRule,
    Mechanism,
    PortAcl,
)
from hnvemu.tables.acl import BOTH_WAYS, SIDES, Meaning, Within
from hnvemu.tables.acl_lists import AccessLists
from hnvemu.tables.table import Axis
from hnvemu.value import replace
from hnvemu.wire.flow import ICMP, ICMPV6, TCP, UDP

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hnvemu.addresses import MacAddress
    from hnvemu.lint.boxes import Box, Point, Ranges
    from hnvemu.lint.subject import Subject
    from hnvemu.model.acl import AclRule, AddressRange, Ports
    from hnvemu.model.topology import Selector, VmPort
    from hnvemu.tables.acl import Condition, Filter
    from hnvemu.wire.flow import Flow

PLACE = 0
"""The axis of ports, by their place in the policy."""
CELL = 1
"""The axis of families and kinds of transport."""
FIELDS = (Axis.SRC, Axis.DST, Axis.PROTOCOL, Axis.SRC_PORT, Axis.DST_PORT, Axis.ICMP)
"""The other axes."""
_ABSENT = ((-1, -1),)
_MAC_BITS = 48
_REMEMBERED = 1000
"""How many lists are kept, for packets that differ in nothing that an entry reads."""
_ANY_16_BITS = ((-1, 0xFFFF),)  # -1: a fragment that is not the first
_TOP = {4: (1 << 32) - 1, 6: (1 << 128) - 1}
_GLOB = frozenset("*?[")
_NAMES = {TCP: "TCP", UDP: "UDP", ICMP: "ICMP", ICMPV6: "ICMPv6"}


class Cell(NamedTuple):
    """The packets of one family that carry a transport with ports, ICMP, or something else."""

    version: int
    fields: tuple[Ranges, ...]


def _cells() -> Iterator[Cell]:
    for version, icmp in ((4, ICMP), (6, ICMPV6)):
        every = ((0, _TOP[version]),)
        with_ports = ((TCP, TCP), (UDP, UDP))
        named = sorted((TCP, UDP, icmp))
        gaps = zip([-1, *named], [*named, 256], strict=True)
        others = ranges((low + 1, high - 1) for low, high in gaps)
        yield Cell(version, (every, every, with_ports, _ANY_16_BITS, _ANY_16_BITS, _ABSENT))
        yield Cell(version, (every, every, ((icmp, icmp),), _ABSENT, _ABSENT, _ANY_16_BITS))
        yield Cell(version, (every, every, others, _ABSENT, _ABSENT, _ABSENT))


CELLS = tuple(_cells())
"""All packets there are, by the number that the axis ``CELL`` has for them."""

_EVERYTHING = tuple(
    ranges(pair for cell in CELLS for pair in cell.fields[at]) for at in range(len(FIELDS))
)


class Row(NamedTuple):
    """An entry in one direction, with the packets that it matches at the ports that it is for.

    The MACs of a port ACL are left out: it matches these packets or fewer.
    """

    rule: AclRule
    direction: Direction
    boxes: tuple[Box, ...]

    @property
    def allows(self) -> bool:
        """Whether it lets packets pass."""
        return self.rule.action == "allow"

    @property
    def denies(self) -> bool:
        """Whether it stops packets."""
        return self.rule.action in {"block", "deny"}


class Shadow(NamedTuple):
    """An Allow rule of the firewall whose every packet Block rules stop."""

    rule: FirewallRule
    blocks: tuple[FirewallRule, ...]
    blanket: bool
    """Whether Block rules that stop all packets of a family are enough."""


class Lists:
    """The lists of all ports."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._policy = policy = subject.policy
        self.ports = tuple(policy.ports.values())
        self.all_places: Ranges = ((0, len(self.ports) - 1),) if self.ports else ()
        self._selected: dict[tuple[str, ...], Ranges] = {}
        self._compiled: dict[tuple[str, frozenset[int]], dict[Direction, tuple[Filter, ...]]] = {}
        self._alike: dict[tuple[tuple[int, ...], tuple[DatacenterAcl, ...]], AccessLists] = {}
        self._expanded: dict[tuple[str, int, int], list[AddressRange]] = {}

    # Where

    def places(self, selector: Selector) -> Ranges:
        """Return the ports that a selector names."""
        patterns = selector.patterns
        if patterns is None:
            return self.all_places
        if patterns not in self._selected:
            named = (at for pattern in patterns for at in self._named(pattern))
            self._selected[patterns] = ranges((at, at) for at in named)
        return self._selected[patterns]

    def in_force(self, rule: AclRule) -> Ranges:
        """Return the ports at which a rule takes part (ACL-20, ACL-44)."""
        found = self.places(rule.vms)
        if isinstance(rule, FirewallRule):
            if not rule.enabled:
                return ()
            if rule.profiles is not None:
                of = self._places_of_profile
                on = (pair for profile in rule.profiles for pair in of.get(profile, ()))
                found = meet(found, ranges(on))
        if isinstance(rule, ExtendedAcl) and rule.isolation_id:
            found = meet(found, self._places_of_vsid.get(rule.isolation_id, ()))
        return found

    def each(self, places: Ranges) -> Iterator[VmPort]:
        """Yield ports."""
        for first, last in places:
            yield from self.ports[first : last + 1]

    def some(self, places: Ranges, count: int) -> list[VmPort]:
        """Return at most so many ports, spread over all of them."""
        size = sum(last - first + 1 for first, last in places)
        wanted = range(size) if size <= count else [at * size // count for at in range(count)]
        found = []
        passed, left = 0, iter(places)
        first, last = next(left, (0, -1))
        for at in wanted:
            while at - passed > last - first:
                passed += last - first + 1
                first, last = next(left)
            found.append(self.ports[first + at - passed])
        return found

    def meanings(self, places: Ranges) -> Iterator[VmPort]:
        """Yield a port of each kind, where keywords stand for different addresses."""
        for alike in self._places_of_meaning.values():
            here = meet(places, alike)
            if here:
                yield self.ports[here[0][0]]

    def _named(self, pattern: str) -> Iterable[int]:
        if _GLOB.isdisjoint(pattern):
            return self._by_name.get(pattern, ())
        found = {
            at for name, of in self._by_name.items() if fnmatchcase(name, pattern) for at in of
        }
        return found.union(self._by_name.get(pattern, ()))

    @cached_property
    def _by_name(self) -> dict[str, list[int]]:
        """The places by all names that a selector may use, as :func:`selects` has them."""
        found: dict[str, list[int]] = {}
        for at, port in enumerate(self.ports):
            vm = port.name.partition(":")[0]
            for name in {port.name, vm, port.name.partition("/")[2], vm.partition("/")[2]} - {""}:
                found.setdefault(name, []).append(at)
        return found

    @cached_property
    def _places_of_profile(self) -> dict[Any, Ranges]:
        return self._grouped(port.network_profile for port in self.ports)

    @cached_property
    def _places_of_vsid(self) -> dict[Any, Ranges]:
        return self._grouped(port.vsid for port in self.ports)

    @cached_property
    def _places_of_meaning(self) -> dict[Any, Ranges]:
        """The places where keywords stand for the same: of one virtual subnet and one view."""
        view = self._subject.view
        return self._grouped((port.vsid, id(view(port.host))) for port in self.ports)

    def _grouped(self, keys: Iterable[Any]) -> dict[Any, Ranges]:
        found: dict[Any, list[int]] = {}
        for at, key in enumerate(keys):
            found.setdefault(key, []).append(at)
        return {key: ranges((at, at) for at in places) for key, places in found.items()}

    # What

    @cached_property
    def entries(self) -> tuple[AclRule, ...]:
        """Every entry of the policy, mechanism by mechanism."""
        policy = self._policy
        return (
            *policy.firewall.rules,
            *policy.port_acls,
            *policy.extended_acls,
            *policy.datacenter_acls,
        )

    @cached_property
    def rows(self) -> dict[tuple[Mechanism, Direction], list[Row]]:
        """The entries that are in force somewhere, as boxes."""
        found: dict[tuple[Mechanism, Direction], list[Row]] = {}
        for rule in self.entries:
            places = self.in_force(rule)
            directions = BOTH_WAYS if rule.direction is Direction.BOTH else (rule.direction,)
            for direction in directions if places else ():
                row = Row(rule, direction, tuple(self._boxes(rule, direction, places)))
                found.setdefault((rule.mechanism, direction), []).append(row)
        return found

    def _boxes(self, rule: AclRule, direction: Direction, places: Ranges) -> Iterator[Box]:
        if not _words(rule):
            port = self.ports[places[0][0]]
            yield from _boxes(places, self._conditions(rule, direction, port))
            return
        for alike in self._places_of_meaning.values():
            here = meet(places, alike)
            if here:
                port = self.ports[here[0][0]]
                yield from _boxes(here, self._conditions(rule, direction, port))

    def _conditions(
        self, rule: AclRule, direction: Direction, port: VmPort
    ) -> tuple[Condition, ...]:
        meaning = self.meaning(port)
        if isinstance(rule, DatacenterAcl):
            return meaning.conditions(
                rule.protocol,
                (
                    (Axis.SRC_PORT, rule.source_port, "source port"),
                    (Axis.DST_PORT, rule.destination_port, "destination port"),
                ),
                (
                    (Axis.SRC, rule.source, "source address"),
                    (Axis.DST, rule.destination, "destination address"),
                ),
            )
        local, remote, local_port, remote_port, *_ = SIDES[direction]
        here, there = sides(rule)
        addresses = ((local, here, "local address"), (remote, there, "remote address"))
        if isinstance(rule, PortAcl):
            return meaning.conditions(None, (), addresses)
        return meaning.conditions(
            rule.protocol,
            (
                (local_port, rule.local_port, "local port"),
                (remote_port, rule.remote_port, "remote port"),
            ),
            addresses,
            rule.icmp_type if isinstance(rule, FirewallRule) else None,
        )

    def meaning(self, port: VmPort) -> Meaning:
        """Return what conditions mean at a port."""
        return Meaning(self._policy, port, self._subject.view(port.host))

    def expansion(self, word: str, port: VmPort) -> list[AddressRange]:
        """Return what an address keyword stands for at a port."""
        key = word, port.vsid, id(self._subject.view(port.host))
        if key not in self._expanded:
            self._expanded[key] = [*self.meaning(port).ranges(Addresses((), (word,)))]
        return self._expanded[key]

    # The firewall

    def blocking(self, direction: Direction) -> Ranges:
        """Return the ports whose firewall stops what no rule matches."""
        actions = [Action.ALLOW] * len(self.ports)
        for stated in self._policy.firewall.defaults:
            action = stated.inbound if direction is Direction.INBOUND else stated.outbound
            if action is not None:
                for first, last in self.places(stated.vms):
                    actions[first : last + 1] = [action] * (last - first + 1)
        return ranges((at, at) for at, action in enumerate(actions) if action is Action.BLOCK)

    @cached_property
    def shadows(self) -> tuple[Shadow, ...]:
        """The Allow rules that no packet gets to, because Block rules stop it before (ACL-12)."""
        return tuple(
            shadow
            for direction in BOTH_WAYS
            for shadow in _shadows(
                [
                    row
                    for row in self.rows.get((FirewallRule.mechanism, direction), ())
                    if isinstance(row.rule, FirewallRule) and unevaluable(row.rule) is None
                ]
            )
        )

    # What the switch says

    def filters(
        self, port: VmPort, packets: Mapping[Direction, Flow]
    ) -> dict[Direction, tuple[Filter, ...]]:
        """Return the switch's own lists of a port, made of the entries that may decide.

        Args:
            port: Whose lists.
            packets: The one packet that will be asked about, by direction.
        """
        deciding = {
            position
            for direction, packet in packets.items()
            for mechanism in Mechanism
            for position in self._deciding(mechanism, direction, port, packet)
        }
        key = port.name, frozenset(deciding)
        found = self._compiled.get(key)
        if found is None:
            if len(self._compiled) >= _REMEMBERED:
                self._compiled.clear()
            found = self._compiled[key] = self._compile(port, tuple(sorted(deciding)))
        return found

    def _compile(
        self, port: VmPort, positions: tuple[int, ...]
    ) -> dict[Direction, tuple[Filter, ...]]:
        rules = [self.entries[at] for at in positions]
        datacenter = tuple(rule for rule in rules if isinstance(rule, DatacenterAcl))
        key = positions, datacenter or self._datacenter_acl_of(port)
        lists = self._alike.get(key)
        if lists is None:
            if len(self._alike) >= _REMEMBERED:
                self._alike.clear()
            lists = self._alike[key] = self._lists_of(rules, key[1])
        return lists.of(port, self._subject.view(port.host))

    def _lists_of(
        self, rules: Iterable[AclRule], datacenter: tuple[DatacenterAcl, ...]
    ) -> AccessLists:
        """Make the lists of ports at which these entries and no others may decide."""
        policy = self._policy
        own = replace(
            policy,
            firewall=replace(
                policy.firewall,
                rules=tuple(rule for rule in rules if isinstance(rule, FirewallRule)),
            ),
            port_acls=tuple(rule for rule in rules if isinstance(rule, PortAcl)),
            extended_acls=tuple(rule for rule in rules if isinstance(rule, ExtendedAcl)),
            datacenter_acls=datacenter,
        )
        return AccessLists(own, self._subject.profile)

    def may_decide(self, row: Row, port: VmPort, packet: Flow) -> bool:
        """Whether an entry matches a packet, and no entry that is tried before it surely does."""
        deciding = self._deciding(row.rule.mechanism, row.direction, port, packet)
        return self._position[id(row.rule)] in deciding

    def _deciding(
        self, mechanism: Mechanism, direction: Direction, port: VmPort, packet: Flow
    ) -> Iterator[int]:
        """Yield the positions of the entries that match a packet, but for those of no chance."""
        ranked = self._ranked.get((mechanism, direction))
        if ranked is None:
            return
        limit = inf
        for rank, (position, surely) in ranked.holding(self._point_of(port, packet)):
            if rank > limit:
                return
            limit = min(limit, surely)
            yield position

    def boxes_at(self, port: VmPort, row: Row) -> list[Box]:
        """Return the boxes of an entry that are about a port."""
        at = self._place[port.name]
        return [box for box in row.boxes if has(box[PLACE], at)]

    def anything_at(self, port: VmPort) -> Box:
        """Return a box with every packet of a port."""
        at = self._place[port.name]
        return (((at, at),), ((0, len(CELLS) - 1),), *_EVERYTHING)

    def _datacenter_acl_of(self, port: VmPort) -> tuple[DatacenterAcl, ...]:
        """Return an entry of the port, or any: without one a port of HNVv2 is closed (ACL-51)."""
        own = next(self._guarded.hits(as_box((self._place[port.name],))), None)
        return self._policy.datacenter_acls[:1] if own is None else (own[1],)

    @cached_property
    def _guarded(self) -> Index[DatacenterAcl]:
        acls = self._policy.datacenter_acls
        return Index(((places,), acl) for acl in acls if (places := self.places(acl.vms)))

    def _point_of(self, port: VmPort, packet: Flow) -> Point:
        kinds = {TCP: 0, UDP: 0, (ICMP if packet.version == 4 else ICMPV6): 1}
        cell = kinds.get(packet.protocol, 2) + (0 if packet.version == 4 else len(CELLS) // 2)
        return (self._place[port.name], cell, *(packet[axis] for axis in FIELDS))

    @cached_property
    def _ranked(self) -> dict[tuple[Mechanism, Direction], Ranked[tuple[int, float]]]:
        """The positions of all entries, each with the rank from which on others have no chance."""
        return {
            key: Ranked(
                (rank, box, (self._position[id(row.rule)], surely))
                for row in rows
                for rank, surely in [_ranks(row.rule)]
                for box in row.boxes
            )
            for key, rows in self.rows.items()
        }

    @cached_property
    def _position(self) -> dict[int, int]:
        return {id(rule): at for at, rule in enumerate(self.entries)}

    @cached_property
    def _place(self) -> dict[str, int]:
        return {port.name: at for at, port in enumerate(self.ports)}

    # In words

    def example(self, box: Box) -> str:
        """Describe packets of a box: ``TCP from 10.0.1.10 to port 80 at blue/B``."""
        cell = CELLS[box[CELL][0][0]]
        numbers = dict(zip(FIELDS, box[2:], strict=True))
        every = dict(zip(FIELDS, cell.fields, strict=True))
        protocol = numbers[Axis.PROTOCOL][0][0]
        words = [_NAMES.get(protocol, f"protocol {protocol}")]
        for word, address, port in (
            ("from", Axis.SRC, Axis.SRC_PORT),
            ("to", Axis.DST, Axis.DST_PORT),
        ):
            said = []
            if numbers[address] != every[address]:
                said.append(str(address_of(cell.version, numbers[address][0][0])))
            if numbers[port] != every[port]:
                said.append(f"port {numbers[port][0][0]}")
            words += [word, *said] if said else []
        return f"{' '.join(words)} at {self.ports[box[PLACE][0][0]].name}"


def named(rule: AclRule) -> str:
    """Return what a message calls an entry, with its own name in quotes."""
    match rule:
        case FirewallRule():
            return f"rule '{rule.name}'"
        case DatacenterAcl():
            return f"datacenter ACL '{rule.name}'"
        case _:
            return str(rule)


def sides(rule: FirewallRule | PortAcl | ExtendedAcl) -> tuple[Addresses | None, Addresses | None]:
    """Return the addresses of the VM's side and of the peer's; a MAC is none."""
    if isinstance(rule, FirewallRule):
        return rule.local_address, rule.remote_address
    here, there = rule.local, rule.remote
    return (
        here if isinstance(here, Addresses) else None,
        there if isinstance(there, Addresses) else None,
    )


def addresses_of(rule: AclRule) -> tuple[Addresses | None, Addresses | None]:
    """Return the two address conditions of any rule, as they are written."""
    if isinstance(rule, DatacenterAcl):
        return rule.source, rule.destination
    return sides(rule)


def ports_of(rule: AclRule) -> tuple[Ports | None, Ports | None]:
    """Return the two port conditions of any rule."""
    if isinstance(rule, PortAcl):
        return None, None
    if isinstance(rule, DatacenterAcl):
        return rule.source_port, rule.destination_port
    return rule.local_port, rule.remote_port


def unevaluable(rule: AclRule) -> str | None:
    """Name the key of a condition that no switch port can see, or None."""
    if isinstance(rule, FirewallRule):
        for key in ("override_block", "program", "service", "user"):
            if getattr(rule, key):
                return key
    return (
        "ports" if any(ports is not None and ports.keywords for ports in ports_of(rule)) else None
    )


def _ranks(rule: AclRule) -> tuple[float, float]:
    """Return the first and the last rank that a match may have; what is lower is tried first.

    Entries of one rank may be tried in any order. An entry that may not match what its boxes hold
    has no last rank.
    """
    match rule:
        case ExtendedAcl():
            return -rule.weight, -rule.weight
        case DatacenterAcl():
            return rule.priority, rule.priority
        case PortAcl():
            if rule.action == "meter":  # it decides nothing (ACL-30)
                return 0, inf
            here, there = _lengths(rule.local), _lengths(rule.remote)
            return -(here[1] + there[1]), -(here[0] + there[0])
        case _:
            return 0, 0


def _lengths(side: Addresses | MacAddress | None) -> tuple[float, float]:
    """Return the shortest and the longest match of one side of a port ACL (ACL-32)."""
    if side is None:
        return 0, 0
    if not isinstance(side, Addresses):
        return -inf, _MAC_BITS
    lengths = [part.length for part in side.ranges]
    if side.keywords:
        lengths += [0, 128]
    return min(lengths, default=0), max(lengths, default=0)


def _words(rule: AclRule) -> list[str]:
    return [word for said in addresses_of(rule) if said is not None for word in said.keywords]


def _boxes(places: Ranges, conditions: tuple[Condition, ...]) -> Iterator[Box]:
    """Yield the packets that meet all conditions, cell by cell."""
    for number, cell in enumerate(CELLS):
        fields = dict(zip(FIELDS, cell.fields, strict=True))
        for condition in conditions:
            if isinstance(condition, Within):
                allowed = ranges(condition.ranges)
            else:
                allowed = ranges(
                    (first, last)
                    for version, first, last in condition.ranges
                    if version == cell.version
                )
            if condition.axis is Axis.VERSION:
                if not meet(allowed, ((cell.version, cell.version),)):
                    break
                continue
            fields[condition.axis] = meet(fields[condition.axis], allowed)
            if not fields[condition.axis]:
                break
        else:
            yield (places, ((number, number),), *fields.values())


def _shadows(rows: list[Row]) -> Iterator[Shadow]:
    stops = [(box, row) for row in rows if row.denies for box in row.boxes]
    index = Index(stops)
    blankets = Index([stop for stop in stops if _is_blanket(stop[0])])
    for row in rows:
        if not row.allows or not row.boxes:
            continue
        for over, blanket in ((blankets, True), (index, False)):
            blocks = _covering(row, over)
            if blocks:
                yield Shadow(row.rule, blocks, blanket)  # type: ignore[arg-type]  # rows are the firewall's
                break


def _is_blanket(box: Box) -> bool:
    cell = CELLS[box[CELL][0][0]]
    return box[2:] == cell.fields


def _covering(row: Row, index: Index[Row]) -> tuple[AclRule, ...]:
    """Return the rules that stop all packets of a row, in their order; none where some pass."""
    if any(not index.has(point) for box in row.boxes for point in corners(box)):
        return ()
    found: dict[int, AclRule] = {}
    for box in row.boxes:
        hits = [*index.hits(box)]
        alone = next((hit for hit in hits if covers(hit[0], box)), None)
        if alone is not None:
            hits = [alone]
        elif not is_covered(box, [other for other, _ in hits]):
            return ()
        found |= {id(other.rule): other.rule for _, other in hits}
    return tuple(sorted(found.values(), key=lambda rule: rule.origin))
