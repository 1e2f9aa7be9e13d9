"""Which rows have a key: sorted entries of one length, each a key and the number of its row.

Keys are octets whose order is that of what they stand for; a key's beginning can be asked for too.
"""

from __future__ import annotations

import sys
from array import array
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
        while low < high:
            middle = (low + high) // 2
            if self._entry(middle)[: len(key)] < key:
                low = middle + 1
            else:
                high = middle
        return low

    def _entry(self, number: int) -> bytes:
        return self._image.read(self._at + number * self._width, self._width)


def _octets(key: int, width: int) -> bytes | None:
    """Return a key as it is written; None where it is one that nothing can have."""
    return key.to_bytes(width, "big") if 0 <= key < 1 << 8 * width else None
