"""Lines of styled text: laid out once, written plain or in colour.

Rules of the file: nothing is cut off. What is too long for its place is wrapped at spaces, and a
word that is longer than the line stays whole. Whatever a name holds, it cannot steer a terminal.
"""

from __future__ import annotations

import re
import unicodedata
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.text import Text

_WORD = re.compile(r" *[^ ]+")
_PUNCTUATION = (",", ";", ":")
_ARROWS = ("->", "→")  # they stand before what they lead to


class Style(Enum):
    """What a piece of text is. Its value is how rich shows it; plain text does without."""

    PLAIN = ""
    GOOD = "bold green"
    BAD = "bold red"
    UNSURE = "bold yellow"
    NAME = "bold"
    STAGE = "cyan"
    LABEL = "magenta"
    FAINT = "dim"


class Span(NamedTuple):
    """A piece of a line."""

    text: str
    style: Style = Style.PLAIN


Line: TypeAlias = tuple[Span, ...]


def printable(text: str) -> str:
    r"""Return ``text`` with what a terminal would obey written as an escape: ``\x1b``."""
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )


def cells(text: str) -> int:
    """Return how many columns of a terminal ``text`` takes."""
    if text.isascii():
        return len(text)
    return sum(
        0
        if unicodedata.combining(letter)
        else 1 + (unicodedata.east_asian_width(letter) in {"W", "F"})
        for letter in text
    )


def padded(text: str, width: int) -> str:
    """Return ``text`` with as many spaces as fill ``width`` columns."""
    return text + " " * (width - cells(text))


def line_cells(line: Iterable[Span]) -> int:
    """Return how many columns a line takes."""
    return sum(cells(span.text) for span in line)


def wrap(text: str, width: int) -> list[str]:
    """Break ``text`` at spaces into lines of at most ``width`` columns.

    A line ends after punctuation where that leaves it half full.
    """
    lines = []
    words: list[str] = _WORD.findall(text)
    while words:
        taken, used = 1, cells(words[0].lstrip())
        while taken < len(words) and used + cells(words[taken]) <= width:
            used += cells(words[taken])
            taken += 1
        if taken < len(words):
            taken = _earlier_break(words, taken, width)
        lines.append("".join(words[:taken]).lstrip())
        words = words[taken:]
    return lines or [""]


def _earlier_break(words: list[str], taken: int, width: int) -> int:
    """Return after how many words to break: at the end of a clause, if the line is half full."""
    for end in range(taken, 0, -1):
        if cells("".join(words[:end]).lstrip()) * 2 < width:
            break
        if words[end - 1].endswith(_PUNCTUATION):
            return end
    return taken - 1 if taken > 1 and words[taken - 1].strip() in _ARROWS else taken


def flowing(
    parts: list[Line], gap: str, *, indent: int = 0, hanging: int = 0, width: int | None = None
) -> Iterator[Line]:
    """Lay out parts in one line, or in several, all but the first ``hanging``."""
    line: Line = (Span(" " * indent), *parts[0])
    for part in parts[1:]:
        if width is not None and line_cells(line) + len(gap) + line_cells(part) > width:
            yield line
            line = (Span(" " * hanging), Span(gap.lstrip(), Style.FAINT), *part)
        else:
            line = (*line, Span(gap, Style.FAINT), *part)
    yield line


def plain(lines: Iterable[Line]) -> str:
    """Join lines to text without styles; none of them ends in a space."""
    return "\n".join("".join(span.text for span in line).rstrip() for line in lines)


def styled(lines: Iterable[Line]) -> Text:
    """Join lines to a rich text. Names in it are text, never markup."""
    from rich.text import Text  # noqa: PLC0415 - plain output does without rich

    text = Text(no_wrap=True, overflow="ignore")
    for number, line in enumerate(lines):
        if number:
            text.append("\n")
        for span in line:
            text.append(span.text, span.style.value)
    return text
