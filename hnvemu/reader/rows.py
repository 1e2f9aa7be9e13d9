"""Rows: long runs of lines that need no parser, cut out of a file before it is parsed.

A policy of ten thousand VMs is, line after line, ``A: {host: H1, vsid: 5001, ca: 10.0.1.10}``,
and most of the time of reading it goes into the parser's events. Rows of one run differ in their
words alone, and their words hold no sign that means anything to YAML. So the parser sees the
first row of a run and blank lines in place of the others; once the reader has met that first row
as an entry of a block mapping or list, the others are known to be its siblings.

Rules of the file: this is a short cut and no second reader. Whatever is out of the ordinary, a
mistake above all, makes the reader start again without rows, so every finding comes from the
parser's events; and a law holds both ways to the same policy.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from hnvemu.model.origin import Origin
from hnvemu.reader.shape import Either, ListOf, Record, Scalar

if TYPE_CHECKING:
    from hnvemu.reader.shape import Kind

SMALLEST = 1 << 16
"""Octets of a file that is worth looking for rows."""
FEWEST = 16
"""Rows of a run that is worth cutting out."""
_OTHER_BREAKS = (b"\r", b"\xc2\x85", b"\xe2\x80\xa8", b"\xe2\x80\xa9")
"""What else ends a line in YAML: with these in a file, lines are not worth counting."""
_NULL = frozenset({"null", "Null", "NULL"})


class IrregularError(Exception):
    """A row is not what rows are: the file has to be read without them."""


class Run(NamedTuple):
    """The rows of one run behind its first."""

    column: int
    """Of what a row begins with, counted from 0: a name or a dash."""
    rows: list[str]
    """Without the white space in front, and without the closing brace."""


@lru_cache(maxsize=1)
def _run() -> re.Pattern[bytes]:
    """Compile the pattern of a run; most processes never need it."""
    word = rb"[0-9A-Za-z](?:[\w./-]|:(?=[\w./:-]))*+"
    pair = rb"[a-z_]++: " + word
    row = rb"(?:\w[\w.-]*+: |- )\{" + pair + rb"(?:, " + pair + rb")*+\}\n"
    return re.compile(rb"^( ++)" + row + rb"(?:\1" + row + rb"){%d,}+" % (FEWEST - 1), re.MULTILINE)


def cut(data: bytes) -> tuple[bytes, dict[int, Run]]:
    """Return ``data`` with the rows of each run but the first blanked, and the runs.

    A run is found by the line of its first row, counted from 0.
    """
    if len(data) < SMALLEST or any(sign in data for sign in _OTHER_BREAKS):
        return data, {}
    kept: list[bytes] = []
    runs: dict[int, Run] = {}
    line = end = 0
    for match in _run().finditer(data):
        line += data.count(b"\n", end, match.start())
        first, *rows = match.group().decode("ascii").split("}\n")[:-1]
        column = match.end(1) - match.start(1)
        if len({row[column] == "-" for row in (first, *rows)}) == 1:
            runs[line] = Run(column, [row[column:] for row in rows])
            kept += [data[end : match.start()], first.encode("ascii"), b"}\n", b"\n" * len(rows)]
        else:
            kept.append(data[end : match.end()])
        line += 1 + len(rows)
        end = match.end()
    kept.append(data[end:])
    return b"".join(kept), runs


class RowReader:
    """Reads the rows of one run, all of which are records of one kind."""

    def __init__(self, kind: Record, file: str) -> None:
        if kind.one_of:
            raise IrregularError
        self._kind = kind
        self._file = file
        self._words = {
            key: (into, field.kind.read if _is_plain(field.kind) else None, field.kind)  # type: ignore[union-attr]
            for key, (into, _, field) in kind.by_key.items()
        }

    def record(self, row: str, line: int, column: int, origin: Origin) -> Any:
        """Make the record of a row; ``column`` is that of its first key, from 1.

        Raises:
            IrregularError: Something about it is unusual or wrong.
        """
        values: dict[str, Any] = {}
        words = self._words
        try:
            for pair in row.split(", "):
                key, _, word = pair.partition(": ")
                into, read, kind = words[key]
                if into in values or word in _NULL:
                    raise IrregularError
                if read is not None:
                    values[into] = read(word)
                else:
                    values[into] = _read(
                        kind, word, Origin(self._file, line, column + len(key) + 2)
                    )
                column += len(pair) + 2
        except (KeyError, ValueError):
            raise IrregularError from None
        kind = self._kind
        if not kind.required <= values.keys() or (kind.instead and kind.instead.key in values):
            raise IrregularError
        values["origin"] = origin
        return values if kind.make is dict else kind.make(**values)


def _is_plain(kind: Kind) -> bool:
    return isinstance(kind, Scalar) and kind.make is None


def _read(kind: Kind, word: str, origin: Origin) -> Any:
    """Read one word as the parser's events would be read."""
    if isinstance(kind, Scalar):
        value = kind.read(word)
        return value if kind.make is None else kind.make(value, origin)
    if isinstance(kind, ListOf) and isinstance(kind.item, Scalar | Either):
        return kind.combine((_read(kind.item, word, origin),))
    if isinstance(kind, Either) and kind.scalar is not None:
        return _read(kind.scalar, word, origin)
    raise IrregularError
