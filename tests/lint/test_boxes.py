"""Sets of points, compared with what they do to every point of a small space."""

from __future__ import annotations

from itertools import pairwise, product

from hypothesis import given
from hypothesis import strategies as st

from hnvemu.lint.boxes import (
    Box,
    Index,
    contains,
    corners,
    covers,
    has,
    holds,
    intersection,
    intersects,
    is_covered,
    meet,
    ranges,
)

TOP = 6
numbers = st.integers(min_value=0, max_value=TOP)
sets = st.lists(st.tuples(numbers, numbers), max_size=3).map(ranges)
some = sets.filter(bool)
boxes = st.tuples(some, some, some)
SPACE = [*product(range(TOP + 1), repeat=3)]


def points(box: Box) -> set[tuple[int, ...]]:
    """Try every point of the space."""
    return {point for point in SPACE if holds(box, point)}


@given(st.lists(st.tuples(numbers, numbers), max_size=4))
def test_ranges_hold_the_numbers_of_all_pairs_once(pairs: list[tuple[int, int]]) -> None:
    found = ranges(pairs)

    held = {value for value in range(TOP + 1) if has(found, value)}
    assert held == {value for low, high in pairs for value in range(low, high + 1)}
    assert all(one[1] + 1 < other[0] for one, other in pairwise(found))


@given(sets, sets)
def test_numbers_of_two_sets_meet_and_contain_each_other(one: Box, other: Box) -> None:
    first, second = (
        {value for value in range(TOP + 1) if has(each, value)}  # type: ignore[arg-type]
        for each in (one, other)
    )

    both = meet(one, other)  # type: ignore[arg-type]
    assert {value for value in range(TOP + 1) if has(both, value)} == first & second
    assert contains(one, other) == (first >= second)  # type: ignore[arg-type]


@given(boxes, boxes)
def test_two_boxes_are_the_sets_of_their_points(one: Box, other: Box) -> None:
    both = points(one) & points(other)

    found = intersection(one, other)
    assert (set() if found is None else points(found)) == both
    assert intersects(one, other) == bool(both)
    assert covers(one, other) == (points(one) >= points(other))
    assert {*corners(one)[:2]} <= points(one)


@given(boxes, st.lists(boxes, max_size=8))
def test_a_union_covers_a_box_where_every_point_is_in_it(box: Box, others: list[Box]) -> None:
    union = {point for other in others for point in points(other)}

    assert is_covered(box, others) == (points(box) <= union)


@given(boxes, st.lists(boxes, max_size=40))
def test_an_index_finds_what_meets_a_box_and_nothing_else(box: Box, others: list[Box]) -> None:
    index = Index((other, at) for at, other in enumerate(others))

    found = [at for _, at in index.hits(box)]

    assert sorted(found) == [at for at, other in enumerate(others) if intersects(other, box)]
    low = corners(box)[0]
    assert index.has(low) == any(holds(other, low) for other in others)


def test_a_grid_of_small_boxes_covers_a_square() -> None:
    cells: list[Box] = [
        (((row, row),), ((column, column),)) for row in range(40) for column in range(40)
    ]
    square: Box = (((0, 39),), ((0, 39),))

    assert is_covered(square, cells)
    assert not is_covered(square, cells[:777] + cells[778:])


def test_many_small_boxes_cover_a_large_one() -> None:
    pieces: list[Box] = [(((at, at),), ((0, 9),)) for at in range(2000)]
    whole: Box = (((0, 1999),), ((3, 4),))

    assert is_covered(whole, pieces)
    assert not is_covered(whole, pieces[:1234] + pieces[1235:])
