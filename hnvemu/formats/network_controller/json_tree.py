"""JSON whose values know where they stand.

Rules of the file: keys are folded, because the controller and its cmdlets disagree about their
case. Numbers stay text, because both write some numbers as strings; whoever wants a number asks.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple, NoReturn, TypeAlias

from hnvemu.errors import PolicyError
from hnvemu.findings import Finding
from hnvemu.formats.encoding import text_of
from hnvemu.model.origin import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator

_DEEPEST = 60
_TOKEN = re.compile(
    r'[ \t\n\r]*(?:([{}\[\],:])|"([^"\\]*(?:\\.[^"\\]*)*)"|(-?[0-9][0-9.eE+-]*)|(true|false|null))',
    re.DOTALL,
)
# Most of a file is such lines; taking them whole halves the time.
_MEMBER = re.compile(
    r'[ \t\n\r]*"([^"\\]*)"[ \t\n\r]*:[ \t\n\r]*"([^"\\]*)"[ \t\n\r]*,(?=[ \t\n\r]*")'
)
_SPACE = re.compile(r"[ \t\n\r]*")
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
_CUT_OFF = re.compile(r"@\{|System\.|Microsoft\.Windows\.NetworkController\.")
_SURROGATE = re.compile("[\ud800-\udfff]")

Value: TypeAlias = "dict[str, Node] | list[Node] | str | bool | None"


class Text:
    """The text of one file, which turns places in it into lines and columns."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]

    def origin(self, at: int) -> Origin:
        """Return the place of a character."""
        line = bisect_right(self._starts, at)
        return Origin(self.file, line, at - self._starts[line - 1] + 1)


class Node(NamedTuple):
    """A value and where it begins."""

    value: Value
    text: Text
    at: int

    @property
    def origin(self) -> Origin:
        """The place of the value."""
        return self.text.origin(self.at)

    @property
    def is_nothing(self) -> bool:
        """Whether it says nothing: null, or the empty text that stands for an empty list too."""
        return self.value is None or self.value in ("", [])

    @property
    def is_cut_off(self) -> bool:
        """Whether ``ConvertTo-Json`` wrote the name of a thing in its place, for want of depth."""
        return isinstance(self.value, str) and _CUT_OFF.match(self.value) is not None

    def get(self, *keys: str) -> Node | None:
        """Follow keys inwards; None where one is missing or says nothing."""
        node = self
        for key in keys:
            if not isinstance(node.value, dict):
                return None
            found = node.value.get(key.casefold())
            if found is None or found.is_nothing:
                return None
            node = found
        return node

    def word(self, *keys: str) -> str:
        """Return the text or number behind keys; empty where there is none."""
        node = self.get(*keys)
        if node is None:
            return ""
        if isinstance(node.value, bool):
            return str(node.value)
        return node.value.strip() if isinstance(node.value, str) else ""

    def each(self, *keys: str) -> Iterator[Node]:
        """Yield the items of the list behind keys; what is no list is its own only item."""
        node = self.get(*keys)
        if node is None:
            return
        if isinstance(node.value, list):
            yield from (item for item in node.value if not item.is_nothing)
        else:
            yield node

    def flag(self, *keys: str) -> bool:
        """Whether what is behind keys is switched on, in any of the spellings of that."""
        return self.word(*keys).casefold() in {"true", "enabled", "enable", "1"}


def parse(file: str, data: bytes) -> tuple[Node, list[Node]]:
    """Read a file; the nodes beside the root are those that a second one of its key replaced.

    Raises:
        PolicyError: it is no text, not JSON, or cut short.
    """
    try:
        text = Text(file, text_of(data))
    except ValueError as error:
        raise PolicyError((Finding(message=str(error), origin=Origin(file, 0, 0)),)) from None
    return _Parser(text).read()


class _Parser:
    """The state of reading one file."""

    def __init__(self, text: Text) -> None:
        self._text = text
        self._at = 0
        self._replaced: list[Node] = []

    def read(self) -> tuple[Node, list[Node]]:
        root = self._value(0)
        rest = self._skipped()
        if rest < len(self._text.text):
            self._fail("something follows the end of the JSON text", rest)
        return root, self._replaced

    def _skipped(self) -> int:
        found = _SPACE.match(self._text.text, self._at)
        return found.end() if found else self._at

    def _token(self) -> re.Match[str]:
        found = _TOKEN.match(self._text.text, self._at)
        if found is None:
            at = self._skipped()
            if at >= len(self._text.text):
                self._fail("the file ends in the middle of the JSON text" if at else _EMPTY, at)
            if self._text.text[at] == '"':
                self._fail("the file ends in the middle of this text", at)
            self._fail(f"'{self._text.text[at]}' does not belong into JSON here", at)
        self._at = found.end()
        return found

    def _value(self, depth: int, found: re.Match[str] | None = None) -> Node:
        found = found or self._token()
        sign, text, number, word = found.groups()
        at = found.start(found.lastindex or 0)
        if text is not None:
            return Node(self._unescaped(text, at), self._text, at - 1)
        if number is not None:
            return Node(number, self._text, at)
        if word is not None:
            return Node(_WORDS[word], self._text, at)
        if sign not in "{[":
            self._fail(f"'{sign}' stands where a value belongs", at)
        if depth == _DEEPEST:
            self._fail(f"values are nested over {_DEEPEST} levels", at)
        inside: Value = self._object(depth) if sign == "{" else self._array(depth)
        return Node(inside, self._text, at)

    def _object(self, depth: int) -> dict[str, Node]:
        members: dict[str, Node] = {}
        self._take_texts(members)
        found = self._token()
        if found[1] == "}":
            return members
        while True:
            if found[2] is None:
                self._fail("a key in quotes belongs here", found.start(found.lastindex or 0))
            key = self._unescaped(found[2], found.start(2))
            self._sign(":")
            self._put(members, key, self._value(depth + 1))
            if self._sign(",}") == "}":
                return members
            self._take_texts(members)
            found = self._token()

    def _take_texts(self, members: dict[str, Node]) -> None:
        """Take plain texts with their keys, as long as another member follows."""
        while found := _MEMBER.match(self._text.text, self._at):
            self._at = found.end()
            self._put(members, found[1], Node(found[2], self._text, found.start(2) - 1))

    def _put(self, members: dict[str, Node], key: str, value: Node) -> None:
        key = key.casefold()
        if key in members:
            self._replaced.append(members[key])
        members[key] = value

    def _array(self, depth: int) -> list[Node]:
        items: list[Node] = []
        found = self._token()
        if found[1] == "]":
            return items
        while True:
            items.append(self._value(depth + 1, found))
            if self._sign(",]") == "]":
                return items
            found = self._token()

    def _sign(self, wanted: str) -> str:
        found = self._token()
        sign = found[1]
        if sign is None or sign not in wanted:
            either = " or ".join(f"'{one}'" for one in wanted)
            self._fail(f"{either} belongs here", found.start(found.lastindex or 0))
        return sign

    def _unescaped(self, text: str, at: int) -> str:
        if "\\" not in text:
            return text
        try:
            plain: str = json.loads(f'"{text}"', strict=False)
        except ValueError:
            self._fail("this text has a backslash that escapes nothing", at)
        return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", plain)

    def _fail(self, message: str, at: int) -> NoReturn:
        raise PolicyError(
            (
                Finding(
                    message=message,
                    origin=self._text.origin(at),
                    help="give the whole answer of Network Controller, as JSON",
                ),
            )
        )


_EMPTY = "the file is empty"
