"""Objects of a dump before anyone asks what they are: names and values, and where they stand.

All ways of writing objects end here: a value is text, a number, a list, or an object inside.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from hnvemu.conditions import is_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_CUT = re.compile(
    r"@\{.*\}$|(System|Microsoft|Deserialized)\.[\w.+`\[\], ]+$|.*(\.\.\.|…)\}?$",
    re.DOTALL,
)
"""What stands for an object that was not written: ``@{…}``, the name of its type, an ellipsis."""
_SEPARATORS = {ord(sign): None for sign in " -_\t"}


class CutOffError(ValueError):
    """A value was not written out: the dump has to be made again."""


class Row(NamedTuple):
    """One object of a dump."""

    names: tuple[str, ...]
    """The names of its properties, folded; in the order they stand."""
    values: Mapping[str, Any]
    """By folded name."""
    line: int
    column: int
    host: str = ""
    """The computer that the surrounding object names."""

    def text(self, *names: str) -> str:
        """Return the first of these properties that says something; else empty text."""
        for name in names:
            value = self.values.get(name)
            if type(value) is str and value.isprintable():  # nearly all: it has to be fast
                value = value.strip()
                if value:
                    return value
            elif value is not None:
                return plain(value)
        return ""

    def texts(self, *names: str) -> list[str]:
        """Return the items of the first of these properties that says something.

        Raises:
            CutOffError: The list was not written out.
        """
        for name in names:
            value = self.values.get(name)
            if value is not None and value != "":
                return [plain(item) for item in items_of(value, name)]
        return []

    def inner(self, name: str) -> list[Row]:
        """Return the objects that a property holds.

        Raises:
            CutOffError: They were not written out.
        """
        value = self.values.get(name)
        if value is None or value == "":
            return []
        found = []
        for item in items_of(value, name):
            if isinstance(item, dict):
                found.append(row_of(item, self.line, self.column, self.host))
            elif str(item).strip():
                raise CutOffError(name)
        return found

    def number(self, *names: str, default: int | None = None) -> int:
        """Return a property as a whole number.

        Raises:
            ValueError: It is none, or is missing and has no default.
        """
        value = self.values.get(names[0])
        if type(value) is int and 0 <= value < 1 << 64:
            return value
        text = self.text(*names)
        if not text and default is not None:
            return default
        if not is_number(text):
            raise ValueError(f"{names[0]} is '{text}', and a number is wanted")
        return int(text)

    def boolean(self, *names: str, default: bool = False) -> bool:
        """Return a property as true or false.

        Raises:
            ValueError: It is neither.
        """
        value = self.values.get(names[0])
        if value is True or value is False:
            return value
        text = self.text(*names).lower()
        if not text:
            return default
        if text in ("true", "1"):
            return True
        if text in ("false", "0"):
            return False
        raise ValueError(f"{names[0]} is '{text}', which is neither true nor false")


def row_of(said: Mapping[str, Any], line: int, column: int, host: str = "") -> Row:
    """Make a row of an object."""
    names = folded_names(tuple(said))
    return Row(names, dict(zip(names, said.values(), strict=True)), line, column, host)


@lru_cache(maxsize=256)
def folded_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return names without case and separators: ``CA MAC Address`` is ``camacaddress``."""
    return tuple(name.translate(_SEPARATORS).lower() for name in names)


def plain(value: Any) -> str:
    """Return a value as text, without what would disturb a terminal."""
    if value is None:
        return ""
    if isinstance(value, dict):
        # An enum or an address that was written as an object.
        for name in ("IPAddressToString", "value", "Value"):
            if isinstance(value.get(name), str | int):
                return plain(value[name])
        raise ValueError("an object stands where a text is wanted")
    if isinstance(value, list):
        raise ValueError("a list stands where a text is wanted")  # noqa: TRY004 - the dump is at fault
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 1 << 64:
        raise ValueError("a number has more than 64 bits")
    text = value if type(value) is str else str(value)
    return text.strip() if text.isprintable() else _UNSEEN.sub("\ufffd", text).strip()


def items_of(value: Any, name: str) -> Iterable[Any]:
    """Return the items of a list, however it was written: as one, ``{a, b}``, or alone."""
    if isinstance(value, dict):
        inner = value.get("value")
        return inner if isinstance(inner, list) else [value]
    if isinstance(value, list):
        return value
    if not isinstance(value, str):
        return [value]
    text = value.strip()
    if is_cut_off(text):
        raise CutOffError(name)
    if text[:1] == "{" and text[-1:] == "}":
        return [part.strip() for part in text[1:-1].split(",") if part.strip()]
    return [text]


def is_cut_off(text: str) -> bool:
    """Whether a text stands for something that was not written out."""
    return len(text) < 100_000 and _CUT.match(text) is not None
