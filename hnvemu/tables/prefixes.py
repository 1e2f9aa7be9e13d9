"""Longest prefix match: built once, then only read.

pytricia does it where it can be had, a twin in plain Python where it cannot. Rules of the file:
one tree holds one address family (pytricia would match IPv6 in an IPv4 tree); keys come from
``ipaddress`` networks alone (it checks none); values are small integers (it frees no cycle).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

try:
    from pytricia import PyTricia
except ImportError:  # no compiler was there to build it
    PyTricia = None

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hnvemu.addresses import IPPrefix


class PrefixTable(Protocol):
    """Which of some prefixes is the longest that holds an address."""

    def longest(self, address: int) -> int | None:
        """Return the position of that prefix in the sequence the table was made of, or None."""


class PytriciaTable:
    """The match by pytricia, keyed by octets."""

    __slots__ = ("_get", "_octets", "_tree")

    def __init__(self, prefixes: Sequence[IPPrefix], version: int) -> None:
        bits = 32 if version == 4 else 128
        self._octets = bits // 8
        self._tree = PyTricia(bits)
        for position, prefix in enumerate(prefixes):
            self._tree.insert(prefix.network_address.packed, prefix.prefixlen, position)
        self._get = self._tree.get

    def longest(self, address: int) -> int | None:
        """Return the position of the longest prefix that holds ``address``, or None."""
        found: int | None = self._get(address.to_bytes(self._octets, "big"))
        return found


class PurePrefixTable:
    """The match by one dictionary a prefix length, longest first."""

    __slots__ = ("_levels",)

    def __init__(self, prefixes: Sequence[IPPrefix], version: int) -> None:
        bits = 32 if version == 4 else 128
        levels: dict[int, dict[int, int]] = {}
        for position, prefix in enumerate(prefixes):
            shift = bits - prefix.prefixlen
            levels.setdefault(shift, {})[int(prefix.network_address) >> shift] = position
        self._levels = tuple(sorted(levels.items()))

    def longest(self, address: int) -> int | None:
        """Return the position of the longest prefix that holds ``address``, or None."""
        for shift, prefixes in self._levels:
            position = prefixes.get(address >> shift)
            if position is not None:
                return position
        return None


def prefix_table(prefixes: Sequence[IPPrefix], version: int) -> PrefixTable:
    """Build the match over distinct ``prefixes``, all of family ``version``."""
    build = PurePrefixTable if PyTricia is None else PytriciaTable
    return build(prefixes, version)


def prefix_cuts(prefixes: Iterable[IPPrefix]) -> set[int]:
    """Return the addresses at which the longest match can change."""
    ends: set[int] = set()
    for prefix in prefixes:
        ends |= {int(prefix.network_address), int(prefix.broadcast_address) + 1}
    return ends
