"""The tables of HNV on all hosts: what several hosts are told by one call is kept once.

So fifty hosts with ten thousand records each take as much as one of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Entry:
    """A row, and the hosts that have it, by their names in lower case."""

    __slots__ = ("hosts", "made")

    def __init__(self, made: object, hosts: frozenset[str]) -> None:
        self.made = made
        self.hosts = hosts


class Tables:
    """The rows of all hosts, by the noun of the cmdlets that make them."""

    def __init__(self) -> None:
        self._entries: dict[str, list[Entry]] = {}
        self._keyed: dict[tuple[str, object], list[Entry]] = {}
        """By what no two rows of a host share."""
        self._told: dict[str, set[frozenset[str]]] = {}
        """The hosts whose table something filled or emptied."""

    def add(self, noun: str, key: object, made: object, hosts: frozenset[str]) -> frozenset[str]:
        """Give hosts a row, and return those that do not get it: they have one with its key."""
        self.tell(noun, hosts)
        known = self._keyed.setdefault((noun, key), [])
        there = hosts & _joined(known)
        left = hosts - there if there else hosts
        if left:
            entry = Entry(made, left)
            known.append(entry)
            self._entries.setdefault(noun, []).append(entry)
        return there

    def tell(self, noun: str, hosts: frozenset[str]) -> None:
        """Note that hosts were told something about a table."""
        self._told.setdefault(noun, set()).add(hosts)

    def all(self, noun: str) -> Iterator[Entry]:
        """Yield the rows of a table that some host has, in the order in which they were made."""
        return (entry for entry in self._entries.get(noun, ()) if entry.hosts)

    def keyed(self, noun: str, key: object) -> Iterator[Entry]:
        """Yield the rows of a table that have a key."""
        return (entry for entry in self._keyed.get((noun, key), ()) if entry.hosts)

    def change(
        self, noun: str, key: object, entry: Entry, hosts: frozenset[str], made: object
    ) -> None:
        """Put another row of the same key in the place of one, on some of its hosts."""
        if entry.hosts <= hosts:
            entry.made = made
            return
        entry.hosts -= hosts
        changed = Entry(made, hosts)
        entries = self._entries[noun]
        entries.insert(entries.index(entry) + 1, changed)
        self._keyed[noun, key].append(changed)

    def of_hosts(self, noun: str) -> dict[str, tuple[object, ...]]:
        """Return the rows of each host that was told about a table; equals share theirs."""
        groups = {entry.hosts for entry in self.all(noun)}
        made: dict[frozenset[frozenset[str]], tuple[object, ...]] = {}
        found: dict[str, tuple[object, ...]] = {}
        for host in frozenset[str]().union(*self._told.get(noun, ())):
            own = frozenset(group for group in groups if host in group)
            if own not in made:
                made[own] = tuple(each.made for each in self.all(noun) if each.hosts in own)
            found[host] = made[own]
        return found


def _joined(entries: list[Entry]) -> frozenset[str]:
    return frozenset[str]().union(*(entry.hosts for entry in entries))
