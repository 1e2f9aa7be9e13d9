"""Boxes in the order of their ranks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from hnvemu.lint.boxes import holds, ranges
from hnvemu.lint.ranked import Ranked

if TYPE_CHECKING:
    from hnvemu.lint.boxes import Box

TOP = 9
numbers = (
    st.lists(st.tuples(st.integers(-1, TOP), st.integers(-1, TOP)), min_size=1, max_size=3)
    .map(ranges)
    .filter(bool)
)
boxes = st.tuples(numbers, numbers)
points = st.tuples(st.integers(-1, TOP), st.integers(-1, TOP))


@given(st.lists(st.tuples(st.integers(0, 3), boxes), max_size=20), points)
def test_the_boxes_that_hold_a_point_come_by_rank(
    rows: list[tuple[int, Box]], point: tuple[int, int]
) -> None:
    ranked = Ranked((rank, box, at) for at, (rank, box) in enumerate(rows))

    found = list(ranked.holding(point))

    held = [(rank, at) for at, (rank, box) in enumerate(rows) if holds(box, point)]
    assert found == sorted(held)


def test_boxes_of_many_blocks_keep_their_order() -> None:
    ranked = Ranked((-at, (((0, at),),), at) for at in range(3000))

    assert [at for _, at in ranked.holding((2990,))] == [*range(2999, 2989, -1)]
    assert next(ranked.holding((0,))) == (-2999, 2999)
    assert list(ranked.holding((3000,))) == []
