"""Entries of one rank that decide differently about one packet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.findings import Note
from hnvemu.lint.boxes import Index, intersection
from hnvemu.lint.lists import named
from hnvemu.lint.rule import Problem
from hnvemu.tables.acl import BOTH_WAYS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hnvemu.lint.boxes import Box
    from hnvemu.lint.lists import Lists, Row
    from hnvemu.model.acl import AclRule, Mechanism


def ties(
    lists: Lists,
    mechanism: Mechanism,
    rank: Callable[[AclRule], int],
    word: str,
    advice: str,
) -> Iterator[Problem]:
    """Yield a problem for each Allow entry that meets a Deny entry of its rank.

    Args:
        lists: The lists of all ports.
        mechanism: The kind of list.
        rank: What entries are ordered by.
        word: What the rank is called.
        advice: What to do.
    """
    for direction in BOTH_WAYS:
        rows = lists.rows.get((mechanism, direction), ())
        denied: dict[int, list[tuple[Box, Row]]] = {}
        for row in rows:
            if row.denies:
                denied.setdefault(rank(row.rule), []).extend((box, row) for box in row.boxes)
        indexes = {value: Index(boxes) for value, boxes in denied.items()}
        for row in rows:
            index = indexes.get(rank(row.rule)) if row.allows else None
            if index is None:
                continue
            met = ((box, *hit) for box in row.boxes for hit in index.hits(box))
            found = next(met, None)
            if found is None:
                continue
            box, other, deny = found
            both = intersection(box, other)
            packet = "" if both is None else f", such as {lists.example(both)}"
            yield Problem(
                message=f"{named(row.rule)} allows {direction} packets that another entry of {word}"
                f" {rank(row.rule)} denies{packet}",
                origin=row.rule.origin,
                related=(Note("it is denied here", deny.rule.origin),),
                help=advice,
            )
