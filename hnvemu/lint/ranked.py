"""Which of many boxes hold a point, those of the best rank first.

Boxes lie in blocks, in the order of their ranks. On each axis a block knows between which ends
which of its boxes lie, as the bits of one number: the boxes that hold a point are what these
numbers have in common. A block has a fixed size, so that all of them stay linear in the boxes.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hnvemu.lint.boxes import Box, Point

_T = TypeVar("_T")
_BLOCK = 1024


class Ranked(Generic[_T]):
    """Boxes, each with a rank and with what is said of it."""

    def __init__(self, rows: Iterable[tuple[float, Box, _T]]) -> None:
        ordered = sorted(rows, key=lambda row: row[0])
        self._blocks = [_Block(ordered[at : at + _BLOCK]) for at in range(0, len(ordered), _BLOCK)]

    def holding(self, point: Point) -> Iterator[tuple[float, _T]]:
        """Yield the rank of each box that holds a point, lowest first, and what is said of it."""
        for block in self._blocks:
            bits = block.holding(point)
            while bits:
                lowest = bits & -bits
                rank, _, said = block.rows[lowest.bit_length() - 1]
                yield rank, said
                bits ^= lowest


class _Block(Generic[_T]):
    """Some boxes, and where they begin and end on each axis."""

    def __init__(self, rows: Sequence[tuple[float, Box, _T]]) -> None:
        self.rows = rows
        self._axes = [_axis([box[axis] for _, box, _ in rows]) for axis in range(len(rows[0][1]))]
        # Where the boxes differ most, the answer is soonest none.
        self._order = sorted(range(len(self._axes)), key=lambda axis: -len(self._axes[axis][0]))

    def holding(self, point: Point) -> int:
        """Return the boxes that hold a point, as bits."""
        found = -1
        for axis in self._order:
            ends, held = self._axes[axis]
            found &= held[bisect_right(ends, point[axis])]
            if not found:
                break
        return found


def _axis(boxes: list[tuple[tuple[int, int], ...]]) -> tuple[list[int], list[int]]:
    """Return the ends on one axis, and the boxes before the first of them and after each."""
    changes: dict[int, int] = {}
    for at, numbers in enumerate(boxes):
        for first, last in numbers:
            changes[first] = changes.get(first, 0) ^ 1 << at
            changes[last + 1] = changes.get(last + 1, 0) ^ 1 << at
    ends = sorted(changes)
    held = [0]
    for end in ends:
        held.append(held[-1] ^ changes[end])
    return ends, held
