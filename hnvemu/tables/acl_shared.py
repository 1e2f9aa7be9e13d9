"""The lists of one mechanism, each made once for all ports that have it.

Which rules are for a port is looked up by the names in their selectors and not tried rule by rule.
Ports that the same selectors name have the same list, unless a rule looks at something else of the
port: what keywords mean there, its firewall profile, its VSID, its MAC.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, ClassVar, Generic, Protocol, TypeVar

from hnvemu.model.acl import Addresses, Direction
from hnvemu.model.topology import names_of
from hnvemu.tables.acl import BOTH_WAYS, RuleList, at_port, keep_state
from hnvemu.trace.steps import AclUnmatched

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    from hnvemu.addresses import MacAddress
    from hnvemu.model.acl import DatacenterAcl, ExtendedAcl, FirewallRule, Mechanism, PortAcl
    from hnvemu.model.topology import Selector, VmPort
    from hnvemu.tables.acl import Filter, Meaning, Row

    class _Selecting(Protocol):
        """Something that is for the ports that a selector names."""

        @property
        def vms(self) -> Selector: ...


_GLOB = frozenset("*?[")

T = TypeVar("T", bound="_Selecting")
R = TypeVar("R", "FirewallRule", "PortAcl", "ExtendedAcl", "DatacenterAcl")


class Selection(Generic[T]):
    """What of a policy is for a port, by its selector."""

    def __init__(self, candidates: Iterable[T]) -> None:
        self._candidates = tuple(candidates)
        # Equal selectors are one, by number: the places of what they are written at.
        self._places: list[list[int]] = []
        self._everywhere: frozenset[int] = frozenset()
        self._by_name: dict[str, set[int]] = {}
        self._by_glob: dict[str, set[int]] = {}
        numbers: dict[tuple[str, ...] | None, int] = {}
        for place, candidate in enumerate(self._candidates):
            patterns = candidate.vms.patterns
            number = numbers.setdefault(patterns, len(numbers))
            if number == len(self._places):
                self._places.append([])
                self._index(patterns, number)
            self._places[number].append(place)

    def _index(self, patterns: tuple[str, ...] | None, number: int) -> None:
        if patterns is None:
            self._everywhere |= {number}
        for pattern in patterns or ():
            # The name of a VM may look like a glob, and then it selects that VM, too.
            self._by_name.setdefault(pattern, set()).add(number)
            if not _GLOB.isdisjoint(pattern):
                self._by_glob.setdefault(pattern, set()).add(number)

    def selectors_of(self, port: VmPort) -> frozenset[int]:
        """Return which of the selectors name ``port``, by their numbers."""
        if not self._by_name:
            return self._everywhere
        found = set(self._everywhere)
        names = names_of(port.name)
        for name in names:
            found |= self._by_name.get(name, frozenset())
        for pattern, numbers in self._by_glob.items():
            if any(fnmatchcase(name, pattern) for name in names if name):
                found |= numbers
        return frozenset(found)

    def by(self, selectors: Iterable[int]) -> list[T]:
        """Return what is written at some of the selectors, in the order of the policy."""
        places = sorted(place for number in selectors for place in self._places[number])
        return [self._candidates[place] for place in places]


class SharedLists(ABC, Generic[R]):
    """The lists of one mechanism. A direction without entries has none."""

    mechanism: ClassVar[Mechanism]

    def __init__(self, rules: Iterable[R]) -> None:
        self._selection: Selection[R] = Selection(rules)
        self._chosen: dict[frozenset[int], tuple[list[R], bool]] = {}
        self._lists: dict[Hashable, Mapping[Direction, RuleList]] = {}
        self._rows: dict[Hashable, tuple[Row, ...]] = {}

    def at(self, port: VmPort, meaning: Meaning) -> dict[Direction, Filter]:
        """Return the lists of ``port``, where keywords have some ``meaning``."""
        selectors = self._selection.selectors_of(port)
        if selectors not in self._chosen:
            rules = self._selection.by(selectors)
            self._chosen[selectors] = rules, any(map(self._has_keywords, rules))
        rules, has_keywords = self._chosen[selectors]
        key = selectors, meaning if has_keywords else None, self._traits(port)
        lists = self._lists.get(key)
        if lists is None:
            lists = self._lists[key] = self._compile(rules, port, meaning)
        return at_port(lists, port)

    def _compile(
        self, rules: list[R], port: VmPort, meaning: Meaning
    ) -> Mapping[Direction, RuleList]:
        """Make the lists of all ports that have what ``port`` has."""
        rows: dict[Direction, list[Row]] = {direction: [] for direction in BOTH_WAYS}
        for rule in rules:
            if self._is_in_force(rule, port):
                is_for = rule.direction
                for direction in BOTH_WAYS if is_for is Direction.BOTH else (is_for,):
                    rows[direction] += self._rows_of(rule, direction, port, meaning)
        return self._ordered(rows, port)

    def _rows_of(
        self, rule: R, direction: Direction, port: VmPort, meaning: Meaning
    ) -> tuple[Row, ...]:
        """Return the rows of a rule, which lists share that are not equal."""
        # Rules live as long as the selection that holds them.
        key = id(rule), direction, self._scope(rule, port, meaning)
        rows = self._rows.get(key)
        if rows is None:
            rows = self._rows[key] = tuple(self._made(rule, direction, port, meaning))
        return rows

    def _ordered(
        self, rows: Mapping[Direction, list[Row]], port: VmPort
    ) -> Mapping[Direction, RuleList]:
        """Make a list of each direction's rows, if it has some (ACL-31, ACL-42, ACL-51)."""
        del port
        lists = {
            direction: RuleList(
                direction, self.mechanism, found, self._unmatched, default_ends=False
            )
            for direction, found in rows.items()
            if found
        }
        keep_state(lists)
        return lists

    def _unmatched(self, port: VmPort, direction: Direction) -> AclUnmatched:
        return AclUnmatched(port, direction, self.mechanism)

    def _traits(self, port: VmPort) -> Hashable:
        """Return what else of a port its lists depend on."""
        del port
        return None

    def _is_in_force(self, rule: R, port: VmPort) -> bool:
        """Whether a rule that selects ``port`` takes part there."""
        del rule, port
        return True

    def _scope(self, rule: R, port: VmPort, meaning: Meaning) -> Hashable:
        """Return what of a port the rows of one rule depend on."""
        del port
        return meaning if self._has_keywords(rule) else None

    def _has_keywords(self, rule: R) -> bool:
        return any(isinstance(side, Addresses) and side.keywords for side in self._addresses(rule))

    @abstractmethod
    def _addresses(self, rule: R) -> tuple[Addresses | MacAddress | None, ...]:
        """Return the address conditions of a rule."""

    @abstractmethod
    def _made(self, rule: R, direction: Direction, port: VmPort, meaning: Meaning) -> Iterable[Row]:
        """Make the rows of a rule."""
