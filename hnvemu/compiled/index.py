"""Which rows have a key: sorted entries of one length, each a key and the number of its row.

Keys are octets whose order is that of what they stand for; a key's beginning can be asked for too.
"""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_left
from typing import TYPE_CHECKING, Final

from hnvemu.compiled.codec import DamagedError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hnvemu.compiled.columns import Form
    from hnvemu.compiled.image import Body, Image

_CODE: Final = "Q"
_CODE_WIDTH: Final = 8
ROW: Final = 4
"""Octets of a row's number, the end of each entry."""
_EVERY: Final = 16
_OFTEN: Final = 64
"""One search in so many entries pays for having a look at all of them."""


def pack_index(keys: Iterable[int], width: int, body: Body, *, rows: Iterable[int]) -> Form:
    """Write an index and return where: the octets of an entry, their number and their place.

    Args:
        keys: Of each row its key, as a number.
        width: Octets of a key.
        body: Where to write.
        rows: The numbers of the rows.
    """
    entries = sorted([key << 8 * ROW | row for key, row in zip(keys, rows, strict=False)])
    width += ROW
    if width == _CODE_WIDTH:
        packed = array(_CODE, entries)
        if sys.byteorder == "little":
            packed.byteswap()
        return width, len(entries), body.add(packed)
    octets = b"".join([entry.to_bytes(width, "big") for entry in entries])
    return width, len(entries), body.add(octets)


class Index:
    """Sorted entries in an image."""

    def __init__(self, image: Image, form: Form, rows: int) -> None:
        width, count, at = form
        if width < ROW or count < 0:
            raise DamagedError("an index without rows")
        self._image = image
        self._width: int = width
        self._count: int = count
        self._at: int = at
        self._rows = rows
        self._searches = 0
        self._signposts: list[bytes] | None = None
        """Every sixteenth entry, where many were searched for."""

    def find(self, key: int, width: int) -> list[int]:
        """Return the rows of keys that begin with ``key``, which has ``width`` octets."""
        beginning = _octets(key, width)
        found: list[int] = []
        if beginning is None:
            return found
        at = self._position(beginning)
        while at < self._count and (entry := self._entry(at)).startswith(beginning):
            row = int.from_bytes(entry[-ROW:], "big")
            if row >= self._rows:
                raise DamagedError("an index of a row that is not there")
            found.append(row)
            at += 1
        return found

    def first(self, key: int, width: int) -> int | None:
        """Return the lowest key that is not below ``key``; None where all are."""
        beginning = _octets(key, width)
        at = self._count if beginning is None else self._position(beginning)
        return None if at == self._count else int.from_bytes(self._entry(at)[:-ROW], "big")

    def _position(self, key: bytes) -> int:
        """Return the number of the first entry that is not below ``key``."""
        low, high = 0, self._count
        signposts = self._signposts
        if signposts is None:
            self._searches += 1
            if self._searches * _OFTEN > self._count:
                self._signposts = self._every()
        else:
            high = bisect_left(signposts, key) * _EVERY
            low = max(0, high - _EVERY + 1)
            high = min(high, self._count)
        while low < high:
            middle = (low + high) // 2
            # Octets that begin with the key are not below it.
            if self._entry(middle) < key:
                low = middle + 1
            else:
                high = middle
        return low

    def _every(self) -> list[bytes]:
        octets = self._image.read(self._at, self._count * self._width)
        step = _EVERY * self._width
        return [octets[at : at + self._width] for at in range(0, len(octets), step)]

    def _entry(self, number: int) -> bytes:
        return self._image.read(self._at + number * self._width, self._width)


def _octets(key: int, width: int) -> bytes | None:
    """Return a key as it is written; None where it is one that nothing can have."""
    return key.to_bytes(width, "big") if 0 <= key < 1 << 8 * width else None
