"""The ways in which PowerShell writes objects: JSON, CSV, CLIXML, and the text of the console.

Rules of the file: a reader yields rows with the line that each begins at, and knows nothing of
what they mean. What cannot be parsed is a :class:`WrittenError` with its line and column.
"""

from __future__ import annotations

import csv
import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple
from xml.parsers import expat

from hnvemu.formats.dumps.kinds import kind_of
from hnvemu.formats.dumps.rows import Row, folded_names, plain, row_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SPACE = re.compile(r"[ \t\n\r,]*")
_HOST_NAMES = ("computername", "pscomputername", "host", "hostname")
_CIM = frozenset({"cimclass", "ciminstanceproperties", "cimsystemproperties"})
_DEEPEST = 6


class WrittenError(Exception):
    """A file is not what it began as."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


class Nothing(NamedTuple):
    """A list that a dump names and that is empty: the cmdlet was run, and there was nothing."""

    name: str
    line: int
    column: int
    host: str


def objects_in(text: str) -> Iterator[Row | Nothing]:
    """Yield the objects of a dump.

    Raises:
        WrittenError: It cannot be parsed.
    """
    begins = text.lstrip()
    if begins.startswith(("[", "{")):
        try:
            yield from _Json(text).objects()
        except RecursionError:
            raise WrittenError("the JSON is nested too deeply", 1, 1) from None
    elif begins.startswith(("<Objs", "<?xml", "#< CLIXML")):
        yield from _clixml(text)
    elif begins.startswith("#TYPE ") or _is_csv(begins):
        yield from _csv(text)
    else:
        yield from _console(text)


# ---------------------------------------------------------------------------------------------
# JSON


class _Json:
    """Finds objects in JSON and where they stand; the objects themselves are decoded in C."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._decode = json.JSONDecoder(strict=False).raw_decode
        self._line = 1
        self._line_start = 0
        self._counted = 0

    def objects(self) -> Iterator[Row | Nothing]:
        """Yield the objects of all values that the text holds, one behind the other."""
        at = self._behind_space(0)
        while at < len(self._text):
            end = self._value_at(at)[1]
            yield from self._walk(at, "", 0)
            at = self._behind_space(end)

    def _behind_space(self, at: int) -> int:
        found = _SPACE.match(self._text, at)
        return at if found is None else found.end()

    def _value_at(self, at: int) -> tuple[Any, int]:
        try:
            return self._decode(self._text, at)
        except json.JSONDecodeError as error:
            line = self._text.count("\n", 0, error.pos) + 1
            column = error.pos - self._text.rfind("\n", 0, error.pos)
            raise WrittenError(f"the JSON breaks off: {error.msg}", line, column) from None
        except ValueError:
            raise WrittenError("a number of the JSON is too long", *self._place(at)) from None

    def _place(self, at: int) -> tuple[int, int]:
        """Return line and column of an index that is not in front of the last one asked for."""
        breaks = self._text.count("\n", self._counted, at)
        if breaks:
            self._line += breaks
            self._line_start = self._text.rfind("\n", self._counted, at) + 1
        self._counted = max(at, self._counted)
        return self._line, at - self._line_start + 1

    def _walk(self, at: int, host: str, depth: int) -> Iterator[Row | Nothing]:
        """Yield the objects in the value at an index, which is known to be sound."""
        if self._text[at] == "[":
            at = self._behind_space(at + 1)
            while self._text[at] != "]":
                if self._text[at] == "{":
                    value, end = self._decode(self._text, at)
                    yield from self._object(value, at, host, depth)
                else:
                    if self._text[at] == "[" and depth < _DEEPEST:
                        yield from self._walk(at, host, depth + 1)
                    _, end = self._decode(self._text, at)
                at = self._behind_space(end)
        elif self._text[at] == "{":
            yield from self._object(self._decode(self._text, at)[0], at, host, depth)

    def _object(
        self, value: dict[str, Any], at: int, host: str, depth: int
    ) -> Iterator[Row | Nothing]:
        line, column = self._place(at)
        names = folded_names(tuple(value))
        if depth >= _DEEPEST or kind_of(names) is not None or not _is_wrapper(value, names):
            yield Row(names, dict(zip(names, value.values(), strict=True)), line, column, host)
            return
        for name in _HOST_NAMES:
            if name in names:
                said = value[tuple(value)[names.index(name)]]
                host = plain(said) if isinstance(said, str) else host
        at = self._behind_space(at + 1)
        while self._text[at] != "}":
            name, at = self._decode(self._text, at)
            at = self._behind_space(at)
            at = self._behind_space(at + 1)  # the colon
            member, end = self._decode(self._text, at)
            if member == []:
                yield Nothing(name, *self._place(at), host)
            else:
                yield from self._walk(at, host, depth + 1)
            at = self._behind_space(end)


def _is_wrapper(value: dict[str, Any], names: tuple[str, ...]) -> bool:
    """Whether an object only holds others: the file of a collector, a host in it."""
    if not _CIM.isdisjoint(names):
        return False
    return any(
        isinstance(member, dict)
        or (isinstance(member, list) and (not member or isinstance(member[0], dict)))
        for member in value.values()
    )


# ---------------------------------------------------------------------------------------------
# CSV


_PROMPT = re.compile(r"PS [^>\n]*>")


def _is_csv(begins: str) -> bool:
    head = begins.partition("\n")[0]
    # The command that printed a list names properties too, with commas between them.
    return not _PROMPT.match(head) and any(
        kind_of(folded_names(tuple(head.replace('"', "").split(delimiter)))) is not None
        for delimiter in ",;\t"
    )


def _csv(text: str) -> Iterator[Row | Nothing]:
    """Yield the rows of one or several tables, each with its ``#TYPE`` line or without one."""
    lines = text.split("\n")
    starts = [number for number, line in enumerate(lines) if line.startswith("#TYPE ")]
    for first, end in zip([0, *starts], [*starts, len(lines)], strict=True):
        yield from _csv_table(lines[first:end], first)


def _csv_table(lines: list[str], skipped: int) -> Iterator[Row]:
    while lines and (lines[0].startswith("#TYPE ") or not lines[0].strip()):
        lines = lines[1:]
        skipped += 1
    if not lines:
        return
    counts = {sign: lines[0].count(sign) for sign in ",;\t"}
    delimiter = max(counts, key=lambda sign: counts[sign])
    reader = csv.reader((line + "\n" for line in lines), delimiter=delimiter)
    names: tuple[str, ...] = ()
    line = skipped + 1
    try:
        for cells in reader:
            if not names:
                names = folded_names(tuple(cells))
            elif cells:
                if len(cells) != len(names):
                    message = f"the row has {len(cells)} fields, and the header {len(names)}"
                    raise WrittenError(message, line, 1)
                yield Row(names, dict(zip(names, cells, strict=True)), line, 1)
            line = skipped + reader.line_num + 1
    except csv.Error as error:
        raise WrittenError(f"the CSV breaks off: {error}", line, 1) from None


# ---------------------------------------------------------------------------------------------
# CLIXML


class _Element:
    """An element of CLIXML while it is open."""

    __slots__ = ("items", "line", "members", "name", "simple", "tag", "text", "types")

    def __init__(self, tag: str, name: str, line: int) -> None:
        self.tag = tag
        self.name = name
        self.line = line
        self.text: list[str] = []
        self.members: dict[str, Any] = {}
        self.items: list[Any] | None = None
        self.simple: Any = None
        self.types = False


_LISTS = frozenset({"LST", "STK", "QUE", "IE"})
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


class _Clixml:
    """Builds the objects of a CLIXML file as its elements end."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self._open: list[_Element] = []
        self._known: dict[str, Any] = {}
        self._parser = parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = self._doctype
        parser.buffer_text = True

    def read(self, text: str) -> None:
        try:
            self._parser.Parse(text.encode("utf-8", "replace"), True)
        except expat.ExpatError as error:
            message = expat.errors.messages[error.code]
            raise WrittenError(
                f"the XML breaks off: {message}", error.lineno, error.offset + 1
            ) from None

    def _doctype(self, *_: object) -> None:
        line, column = self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber
        raise WrittenError("CLIXML has no document type", line, column + 1)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = tag.rpartition(" ")[2]
        if len(self._open) > 200:
            raise WrittenError("the XML is nested too deeply", self._parser.CurrentLineNumber, 1)
        element = _Element(tag, _unescaped(attributes.get("N", "")), self._parser.CurrentLineNumber)
        if tag == "Ref":
            element.simple = self._known.get(attributes.get("RefId", ""))
        elif tag == "Obj":
            element.text.append(attributes.get("RefId", ""))
        elif tag in _LISTS:
            element.items = []
        self._open.append(element)

    def _characters(self, text: str) -> None:
        if self._open and self._open[-1].tag != "Obj":
            self._open[-1].text.append(text)

    def _end(self, _: str) -> None:
        element = self._open.pop()
        parent = self._open[-1] if self._open else None
        tag = element.tag
        if tag in ("TN", "T", "TNRef") or parent is None:
            return
        if tag == "ToString":
            if parent.tag == "Obj":
                parent.types = True
                parent.simple = _unescaped("".join(element.text))
            return
        if tag in ("Props", "MS"):
            for name, value in element.members.items():
                parent.members.setdefault(name, value)
            return
        if tag in _LISTS:
            parent.items = element.items
            return
        value = self._value(element)
        if parent.tag in _LISTS and parent.items is not None:
            parent.items.append(value)
        elif parent.tag in ("Props", "MS"):
            parent.members[element.name] = value
        elif parent.tag == "Obj" and not parent.types:
            parent.simple = value
        if parent.tag == "Objs" or (parent.tag in _LISTS and len(self._open) == 3):
            self._take(value, element.line)

    def _value(self, element: _Element) -> Any:
        if element.tag == "Nil":
            return None
        if element.tag == "Ref":
            return element.simple
        if element.tag != "Obj":
            return _unescaped("".join(element.text))
        value: Any = element.simple
        if element.items is not None:
            value = element.items
        elif element.members:
            value = element.members
        self._known[element.text[0]] = value
        return value

    def _take(self, value: Any, line: int) -> None:
        if isinstance(value, dict):
            self.rows.append(row_of(value, line, 1))


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def _clixml(text: str) -> Iterator[Row | Nothing]:
    skipped = 0
    if text.lstrip().startswith("#<"):
        before, _, text = text.partition("#< CLIXML")
        skipped = before.count("\n")
    reader = _Clixml()
    blank = len(text) - len(text.lstrip())
    try:
        reader.read(text[blank:])
    except WrittenError as error:
        skipped += text.count("\n", 0, blank)
        raise WrittenError(error.message, error.line + skipped, error.column) from None
    skipped += text.count("\n", 0, blank)
    for row in reader.rows:
        yield row._replace(line=row.line + skipped)


# ---------------------------------------------------------------------------------------------
# Text of the console

_PROPERTY = re.compile(r"([A-Za-z][\w .-]{0,60}?) *:(?: (.*)|$)")
_RULER = re.compile(r"-+(?: +-+)+ *$")


def _console(text: str) -> Iterator[Row | Nothing]:
    """Yield the objects of ``Format-List`` and ``Format-Table``, as they are in many tickets."""
    lines = text.split("\n")
    said: dict[str, list[str]] = {}
    last, begins, number = "", 0, 0
    while number < len(lines):
        line = lines[number]
        number += 1
        found = _PROPERTY.match(line)
        if said and (not line.strip() or (found is not None and found[1] in said)):
            yield _listed(said, begins)
            said = {}
        if number < len(lines) and _RULER.match(lines[number].strip() or " "):
            end = number + 1
            while end < len(lines) and lines[end].strip():
                end += 1
            yield from _table(line, lines[number], lines[number + 1 : end], number + 2)
            number = end
        elif found is not None:
            begins = begins if said else number
            last = found[1]
            said[last] = [(found[2] or "").strip()]
        elif said and line.startswith((" ", "\t")):
            said[last].append(line.strip())
    if said:
        yield _listed(said, begins)


def _listed(said: dict[str, list[str]], begins: int) -> Row:
    """Make a row of a list, whose long values go over several lines."""
    return row_of({name: "".join(parts) for name, parts in said.items()}, begins, 1)


def _table(head: str, ruler: str, lines: Sequence[str], number: int) -> Iterator[Row]:
    spans = [found.span() for found in re.finditer("-+", ruler)]
    bounds = [*(start for start, _ in spans[1:]), None]
    names = folded_names(
        tuple(head[start:end].strip() for (start, _), end in zip(spans, bounds, strict=True))
    )
    for offset, line in enumerate(lines):
        cells = line.split()
        if len(cells) != len(names):
            cells = [line[start:end].strip() for (start, _), end in zip(spans, bounds, strict=True)]
        yield Row(names, dict(zip(names, cells, strict=True)), number + offset, 1)
