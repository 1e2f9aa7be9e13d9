"""Tables as plain text: aligned columns, the last one wrapped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.render.layout import Span, Style, cells, padded, plain, printable, wrap

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hnvemu.render.layout import Line

_GAP = "  "
_NARROWEST = 20  # below that, the last column runs over the edge rather than down the page


def table_text(headers: Sequence[str], rows: Iterable[Sequence[str]], width: int = 100) -> str:
    """Return a table; nothing in it is cut off.

    Args:
        headers: One for each column.
        rows: As many cells each as there are headers.
        width: The last column is wrapped to fit into so many columns of the terminal.
    """
    return plain(table_lines(headers, rows, width))


def table_lines(
    headers: Sequence[str], rows: Iterable[Sequence[str]], width: int = 100
) -> list[Line]:
    """Return the lines of a table; see :func:`table_text`."""
    table = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(cells, column)) for column in zip(headers, *table, strict=True)]
    before = sum(cells(_GAP) + column for column in widths[:-1])
    room = max(width - before, _NARROWEST)
    lines = [_line(headers, widths, Style.NAME)]
    for row in table:
        first, *more = wrap(row[-1], room)
        lines.append(_line([*row[:-1], first], widths, Style.PLAIN))
        lines += [(Span(" " * before + text),) for text in more]
    return lines


def _line(row: Sequence[str], widths: Sequence[int], style: Style) -> Line:
    filled = [padded(cell, column) for cell, column in zip(row[:-1], widths, strict=False)]
    return (Span(_GAP.join([*filled, row[-1]]), style),)
