"""Exact sets of points: boxes, whether one holds another, and which of many meet one.

A box is a product: on each axis it has a set of numbers, and holds every point whose coordinates
all lie in those sets. What the axes are is the caller's business.

Rules of the file: everything is exact but :func:`is_covered`, which may give up on a tangle and
then says no; nothing is asked of pairs of boxes that an index can answer.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Ranges: TypeAlias = tuple[tuple[int, int], ...]
"""A set of numbers: ranges with both ends, sorted, that neither overlap nor touch."""
Box: TypeAlias = tuple[Ranges, ...]
"""By axis; a box that holds nothing is not made."""
Point: TypeAlias = tuple[int, ...]

_T = TypeVar("_T")
_LEAF = 8
_PATIENCE = 500_000
"""Comparisons of boxes before a union counts as too tangled."""


def ranges(pairs: Iterable[tuple[int, int]]) -> Ranges:
    """Return the numbers of any ranges; one that ends before it begins holds none."""
    found: list[tuple[int, int]] = []
    for first, last in sorted(pair for pair in pairs if pair[0] <= pair[1]):
        if found and first <= found[-1][1] + 1:
            found[-1] = found[-1][0], max(found[-1][1], last)
        else:
            found.append((first, last))
    return tuple(found)


def meet(one: Ranges, other: Ranges) -> Ranges:
    """Return the numbers that are in both sets."""
    found = []
    here, there = 0, 0
    while here < len(one) and there < len(other):
        first = max(one[here][0], other[there][0])
        last = min(one[here][1], other[there][1])
        if first <= last:
            found.append((first, last))
        if one[here][1] < other[there][1]:
            here += 1
        else:
            there += 1
    return tuple(found)


def has(numbers: Ranges, value: int) -> bool:
    """Whether a number is in a set."""
    if len(numbers) == 1:  # most sets are one range, and this is asked very often
        first, last = numbers[0]
        return first <= value <= last
    at = bisect_right(numbers, value, key=_first) - 1
    return at >= 0 and value <= numbers[at][1]


def contains(outer: Ranges, inner: Ranges) -> bool:
    """Whether every number of ``inner`` is in ``outer``."""
    for first, last in inner:
        at = bisect_right(outer, first, key=_first) - 1
        if at < 0 or last > outer[at][1]:
            return False
    return True


def intersection(one: Box, other: Box) -> Box | None:
    """Return the points that are in both boxes; None where there are none."""
    found = []
    for mine, theirs in zip(one, other, strict=True):
        both = meet(mine, theirs)
        if not both:
            return None
        found.append(both)
    return tuple(found)


def intersects(one: Box, other: Box) -> bool:
    """Whether two boxes have a point in common."""
    for mine, theirs in zip(one, other, strict=True):
        if mine is theirs:
            continue
        if mine[-1][1] < theirs[0][0] or theirs[-1][1] < mine[0][0]:
            return False
        if (len(mine) > 1 or len(theirs) > 1) and not meet(mine, theirs):
            return False
    return True


def covers(outer: Box, inner: Box) -> bool:
    """Whether every point of ``inner`` is in ``outer``."""
    return all(
        mine is theirs or contains(mine, theirs) for mine, theirs in zip(outer, inner, strict=True)
    )


def holds(box: Box, point: Point) -> bool:
    """Whether a point is in a box."""
    return all(has(numbers, value) for numbers, value in zip(box, point, strict=True))


def corners(box: Box) -> tuple[Point, Point, Point]:
    """Return the lowest point of a box, the highest, and one between them."""
    return (
        tuple(numbers[0][0] for numbers in box),
        tuple(numbers[-1][1] for numbers in box),
        tuple(sum(numbers[len(numbers) // 2]) // 2 for numbers in box),
    )


def as_box(point: Point) -> Box:
    """Return the box that holds one point."""
    return tuple(((value, value),) for value in point)


def is_covered(box: Box, others: Iterable[Box]) -> bool:
    """Whether every point of ``box`` is in one of ``others``.

    The box is cut in two, at an end of one of the others, until a part lies in one of them or in
    none. Of others that are too tangled for that the answer is no.
    """
    pending = [(box, list(others))]
    patience = _PATIENCE
    while pending:
        part, candidates = pending.pop()
        patience -= len(candidates)
        near = [other for other in candidates if intersects(other, part)]
        if any(covers(other, part) for other in near):
            continue
        if not near or patience < 0:
            return False
        pending += [(half, near) for half in _halves(part, near)]
    return True


def _halves(box: Box, others: list[Box]) -> Iterator[Box]:
    """Cut a box where the most ends of others lie, in the middle of them."""
    axis, cuts = max(
        ((axis, _cuts(box, others, axis)) for axis in range(len(box))),
        key=lambda found: len(found[1]),
    )
    at = sorted(cuts)[len(cuts) // 2]
    top = box[axis][-1][1]
    for half in ((box[axis][0][0], at - 1), (at, top)):
        yield (*box[:axis], meet(box[axis], (half,)), *box[axis + 1 :])


def _cuts(box: Box, others: list[Box], axis: int) -> set[int]:
    """Return where others begin, or have ended, inside a box."""
    low, high = box[axis][0][0], box[axis][-1][1]
    ends = {end for other in others for pair in other[axis] for end in (pair[0], pair[1] + 1)}
    return {end for end in ends if low < end <= high}


class _Node(NamedTuple, Generic[_T]):
    """Some boxes, the span that holds them all, and either the boxes or two halves of them."""

    span: tuple[tuple[int, int], ...]
    rows: Sequence[tuple[Box, _T]]
    halves: tuple[_Node[_T], ...]


class Index(Generic[_T]):
    """Which of these boxes meet this one?

    Boxes that are wide on the same axes are kept together, for those that hold every address and
    those that hold one would spoil each other's order.
    """

    def __init__(self, rows: Iterable[tuple[Box, _T]]) -> None:
        rows = list(rows)
        self._roots: list[_Node[_T]] = []
        if not rows:
            return
        widest = _span([box for box, _ in rows])
        by_shape: dict[tuple[bool, ...], list[tuple[Box, _T]]] = {}
        for row in rows:
            shape = tuple(
                (numbers[0][0], numbers[-1][1]) == wide
                for numbers, wide in zip(row[0], widest, strict=True)
            )
            by_shape.setdefault(shape, []).append(row)
        self._roots = [_tree(alike) for alike in by_shape.values()]

    def hits(self, box: Box) -> Iterator[tuple[Box, _T]]:
        """Yield the boxes that have a point in common with ``box``, and what was said of them."""
        span = [(numbers[0][0], numbers[-1][1]) for numbers in box]
        pending = [*self._roots]
        while pending:
            node = pending.pop()
            for (low, high), (first, last) in zip(node.span, span, strict=True):
                if low > last or first > high:
                    break
            else:
                pending += node.halves
                for row in node.rows:
                    if intersects(row[0], box):
                        yield row

    def has(self, point: Point) -> bool:
        """Whether a point is in one of the boxes."""
        return next(self.hits(as_box(point)), None) is not None


def _tree(rows: list[tuple[Box, _T]]) -> _Node[_T]:
    boxes = [box for box, _ in rows]
    span = _span(boxes)
    if len(rows) <= _LEAF:
        return _Node(span, rows, ())
    axis = max(range(len(span)), key=lambda axis: len({box[axis][0][0] for box in boxes}))
    rows = sorted(rows, key=lambda row: row[0][axis][0][0])
    middle = len(rows) // 2
    return _Node(span, (), (_tree(rows[:middle]), _tree(rows[middle:])))


def _span(boxes: list[Box]) -> tuple[tuple[int, int], ...]:
    """Return the lowest and the highest number that any box has, by axis."""
    return tuple(
        (min(numbers[0][0] for numbers in axis), max(numbers[-1][1] for numbers in axis))
        for axis in zip(*boxes, strict=True)
    )


def _first(pair: tuple[int, int]) -> int:
    return pair[0]
