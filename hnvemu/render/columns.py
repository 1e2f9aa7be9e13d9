"""Steps in columns: host, stage, action, detail, and at the right the origin."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hnvemu.render.layout import Line, Span, Style, cells, padded, printable, wrap
from hnvemu.render.wording import words
from hnvemu.trace.origins import origin_of
from hnvemu.trace.outcome import Outcome
from hnvemu.trace.steps import Delivered

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hnvemu.model.origin import Origin
    from hnvemu.trace.path import Hop
    from hnvemu.trace.steps import Step

_GAP = "  "
_WIDEST_NODE = 10  # a longer name of a host stands on a line of its own
_NARROWEST = 28  # narrower details run over the edge rather than down the page

_STYLES = {Outcome.DROPPED: Style.BAD, Outcome.UNDECIDED: Style.UNSURE}


class _Row(NamedTuple):
    """A step, its words ready for the columns."""

    node: str
    """The host's name, in the first row of its hop; else empty."""
    stage: str
    action: str
    detail: str
    rules: str
    origin: str
    style: Style

    @property
    def cells(self) -> int:
        """Columns that the detail and the rules take in one line."""
        return cells(self.detail) + len(self.rules)


def hop_lines(hops: Iterable[Hop], *, everything: bool, width: int, arrow: str) -> Iterator[Line]:
    """Yield the steps of ``hops``, a blank line between two.

    An origin stands beside its step if there is room, else below. Its folder is left out if
    that makes the room.

    Args:
        hops: All of a trace.
        everything: Show minor steps too, and the rules that each step applies.
        width: Columns of the terminal.
        arrow: What stands between a thing and where it leads.
    """
    shown = [(hop, [s for s in hop.steps if everything or _is_telling(s)]) for hop in hops]
    origins = {origin_of(step) for _, steps in shown for step in steps}
    table = [
        [_row(hop, step, arrow, everything=everything) for step in steps] for hop, steps in shown
    ]
    columns = _Columns.of(table, width)
    if not columns.has_room(table):
        short = _without_folders(origins)
        table = [
            [row._replace(origin=short.get(row.origin, row.origin)) for row in rows]
            for rows in table
        ]
        columns = _Columns.of(table, width)
    for number, rows in enumerate(table):
        if number:
            yield ()
        yield from columns.lines(rows)


def _is_telling(step: Step) -> bool:
    """Whether a reader of the verdict learns something from ``step``."""
    return not step.minor and not isinstance(step, Delivered)


def _row(hop: Hop, step: Step, arrow: str, *, everything: bool) -> _Row:
    stage, action, detail = words(step, arrow=arrow)
    rules = f" [{', '.join(step.rules)}]" if everything and step.rules else ""
    origin = origin_of(step)
    style = Style.PLAIN if step.outcome is None else _STYLES.get(step.outcome, Style.GOOD)
    place = "" if origin is None else printable(origin.short)
    return _Row(printable(hop.node), stage, action, printable(detail), rules, place, style)


def _without_folders(origins: Iterable[Origin | None]) -> dict[str, str]:
    """Map each place to itself without the file's folder, unless two files share a name."""
    files = {origin.file for origin in origins if origin is not None}
    names = {file: file.replace("\\", "/").rpartition("/")[2] for file in files}
    if len(set(names.values())) < len(files):
        return {}
    return {
        printable(origin.short): printable(origin._replace(file=names[origin.file]).short)
        for origin in origins
        if origin is not None
    }


class _Columns(NamedTuple):
    """Where the columns of a table of steps stand."""

    node: int
    """Width of the hosts' names; 0: they stand on lines of their own."""
    stage: int
    action: int
    detail: int
    """Where details begin."""
    origin: int
    """Where origins begin."""
    width: int

    @classmethod
    def of(cls, table: list[list[_Row]], width: int) -> _Columns:
        """Measure ``table``."""
        rows = [row for rows in table for row in rows]
        node = max((cells(row.node) for row in rows), default=0)
        node = 0 if node > _WIDEST_NODE else node
        stage = max((cells(row.stage) for row in rows), default=0)
        action = max((cells(row.action) for row in rows), default=0)
        detail = (node or 2) + stage + action + len(_GAP) * 4
        longest = max((cells(row.origin) for row in rows), default=0)
        beside = max((detail + row.cells for row in rows if row.origin), default=detail)
        origin = min(max(width, detail + _NARROWEST) - longest, beside + 3)
        return cls(node, stage, action, detail, origin, width)

    def has_room(self, table: list[list[_Row]]) -> bool:
        """Whether every origin can stand beside its step."""
        return all(
            self.detail + row.cells + len(_GAP) <= self.origin
            for rows in table
            for row in rows
            if row.origin
        )

    def lines(self, rows: list[_Row]) -> Iterator[Line]:
        """Yield the lines of one hop."""
        for number, row in enumerate(rows):
            if not self.node and not number:
                yield (Span(_GAP + row.node, Style.NAME),)
            yield from self._row(row, row.node if self.node and not number else "")

    def _row(self, row: _Row, node: str) -> Iterator[Line]:
        first, *more = wrap(row.detail, max(self.width - self.detail, _NARROWEST))
        line: Line = (
            Span(_GAP),
            Span(padded(node, self.node or 2), Style.NAME),
            Span(_GAP),
            Span(padded(row.stage, self.stage), Style.STAGE),
            Span(_GAP),
            Span(padded(row.action, self.action), row.style),
            Span(_GAP),
            Span(first),
        )
        used = self.detail + cells(first)
        for text in more:
            yield line
            line = (Span(" " * self.detail), Span(text))
            used = self.detail + cells(text)
        if row.rules:
            # With an origin, the rules stay beside the detail only if all three fit.
            edge = self.origin - len(_GAP) if row.origin else self.width
            if used + len(row.rules) > edge:
                yield line
                line, used = (Span(" " * (self.detail - 1)),), self.detail - 1
            line = (*line, Span(row.rules, Style.FAINT))
            used += len(row.rules)
        if row.origin:
            if used + len(_GAP) > self.origin:
                yield line
                line, used = (), 0
            line = (*line, Span(" " * (self.origin - used)), Span(row.origin, Style.FAINT))
        yield line
