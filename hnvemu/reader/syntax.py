"""What the YAML parser's errors mean, in words that do not depend on which parser it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hnvemu.findings import Note
from hnvemu.model.origin import Origin
from hnvemu.reader.report import lines_of

if TYPE_CHECKING:
    from yaml import YAMLError

    from hnvemu.reader.source import Source


class _Meaning(NamedTuple):
    """A phrase of the parsers, and what it means."""

    phrase: str
    message: str
    help: str | None = None
    opens: str | None = None
    """What begins at the place that the parser gives as context."""
    place_is_context: bool = False
    """Whether that place is the better one: the parser stumbled far behind it."""


_FITS = "this does not fit what stands above it"
_INDENT = "give the keys of one mapping, and the '-' of one list, the same indentation"
_QUOTE = "quote text that contains ': ' or ' #', or that begins with one of []{}&*!|>'\"%@`"
# The first phrase that the parser's own sentence contains decides.
_MEANINGS = (
    _Meaning("',' or '}'", "a ',' or '}' is missing before this", None, "the '{' is here"),
    _Meaning("',' or ']'", "a ',' or ']' is missing before this", None, "the '[' is here"),
    _Meaning("cannot start any token", "no value begins with this character", _QUOTE),
    _Meaning("mapping values are not allowed", "a ':' stands where no key can be", _QUOTE),
    _Meaning("entries are not allowed", "a '-' stands where no list can be", _INDENT),
    _Meaning(
        "expected ':'", "a key is not followed by ': '", "write key: value", place_is_context=True
    ),
    _Meaning("expected key", _FITS, _INDENT),
    _Meaning("<block end>", _FITS, _INDENT),
    _Meaning("'-' indicator", _FITS, _INDENT),
    _Meaning("<document start>", _FITS, _INDENT),
    _Meaning("end of stream", "a quote that opens here is not closed", place_is_context=True),
    _Meaning(
        "alphabetic or numeric",
        "a '*' or '&' stands where a value begins",
        'a glob that begins with * needs quotes: "*"',
    ),
    _Meaning("node content", "a value is missing here"),
    _Meaning(
        "escape",
        "the text in quotes that begins here holds an unknown escape sequence",
        "in single quotes a backslash is only a backslash",
        place_is_context=True,
    ),
    _Meaning("tag", "tags are not allowed", "quote text that begins with !"),
    _Meaning("directive", "directives are not needed, and this is none", "remove the line"),
)


def explain(error: YAMLError, source: Source) -> tuple[str, Origin, tuple[Note, ...], str | None]:
    """Return message, place, notes and help for what the parser stumbled over."""
    problem = str(getattr(error, "problem", None) or "")
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return "this is not YAML", Origin(source.name, 0, 0), (), None
    origin = Origin(source.name, mark.line + 1, mark.column + 1)
    line = lines_of(source.data, {origin.line}).get(origin.line, "")
    lead = line[: len(line) - len(line.lstrip())]
    if "\t" in lead and origin.column <= len(lead) + 1:
        place = origin._replace(column=lead.index("\t") + 1)
        return "a tab stands where YAML wants spaces", place, (), "indent with spaces"
    for meaning in _MEANINGS:
        if meaning.phrase in problem:
            context = getattr(error, "context_mark", None)
            notes: tuple[Note, ...] = ()
            if context is not None:
                opened = Origin(source.name, context.line + 1, context.column + 1)
                if meaning.opens is not None:
                    notes = (Note(meaning.opens, opened),)
                if meaning.place_is_context:
                    origin = opened
            return meaning.message, origin, notes, meaning.help
    return f"this is not YAML: {problem}", origin, (), None
