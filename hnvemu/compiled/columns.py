"""Many rows of one kind, column by column: packed in bulk, read one value at a time or all.

Each column is packed in the form that fits its values, and says which in a tuple:

========  =======================================================================================
same      all rows have one value
code      few values; each row has the number of its own
int       unsigned numbers of 1, 2, 4 or 8 octets; also MACs and IPv4 addresses, made of numbers
wide      IPv6 addresses
text      texts, one behind the other, and where each ends
list      tuples: a column of all their parts, and where each ends
fields    named tuples: a column a field
any       whatever else, each on its own
========  =======================================================================================

Rules of the file: equal rows are packed to equal octets, whoever packs them; no position that
octets give is used before it was compared with the end.
"""

from __future__ import annotations

import sys
from array import array
from ipaddress import IPv4Address, IPv6Address
from itertools import accumulate, chain, pairwise, repeat
from operator import is_, itemgetter
from typing import TYPE_CHECKING, Any, Final, Protocol

from hnvemu.addresses import MacAddress
from hnvemu.compiled.codec import DamagedError, decode, encode
from hnvemu.model.origin import Origin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from hnvemu.compiled.image import Body, Image

Form = tuple[Any, ...]
"""What is said of a column: the name of its form, and what that needs."""

_FEW: Final = 4096
_ALWAYS_FEW: Final = 16
_PARTS: Final = 64
"""Parts of lists that an octet may stand for; parts that are all alike take none."""
_CODES: Final = {1: "B", 2: "H", 4: "I", 8: "Q"}
_MAKERS: Final[dict[str, Callable[[int], Any]]] = {"mac": MacAddress, "ipv4": IPv4Address}


class Column(Protocol):
    """The values of one field, by the number of the row."""

    def at(self, row: int) -> Any:
        """Return the value of one row."""

    def all(self) -> Iterable[Any]:
        """Return the values of all rows, in order."""


# ---------------------------------------------------------------------------------------------
# Packing


def pack(values: Sequence[Any], body: Body) -> Form:
    """Write a column and return its form."""
    if not values:
        return ("same", None)
    if all(map(is_, values, repeat(values[0]))):
        return ("same", values[0])
    kinds = set(map(type, values))
    kind = kinds.pop() if len(kinds) == 1 else None
    # One object in many rows is told fastest by its id, and what it equals by its value.
    coded = _coded(values, id, body) or _coded(values, _KEYS.get(kind, encode), body)
    if coded is not None:
        return coded
    if kind is int and min(values) >= 0 and max(values).bit_length() <= 64:
        return _ints(values, body)
    if kind is MacAddress:
        return ("mac", _ints(values, body))
    if kind is IPv4Address:
        return ("ipv4", _ints(list(map(int, values)), body))
    if kind is IPv6Address:
        return ("wide", body.add(b"".join([address.packed for address in values])))
    if kind is str:
        return ("text", *_octets([_utf8(text) for text in values], body))
    if kind is tuple:
        parts = list(chain.from_iterable(values))
        ends = _ints([0, *accumulate(map(len, values))], body)
        return ("list", ends, len(parts), pack(parts, body))
    if kind is Origin:
        fields = (list(map(itemgetter(at), values)) for at in range(len(Origin._fields)))
        return ("fields", tuple(pack(field, body) for field in fields))
    return ("any", *_octets(list(map(encode, values)), body))


def _same(value: Any) -> Any:
    return value


_KEYS: Final[dict[type[Any] | None, Callable[[Any], Any]]] = {
    IPv4Address: int,
    MacAddress: int,
    int: _same,
    str: _same,
    Origin: _same,
}
"""What tells values of one type apart, and costs less than their octets."""


def _coded(values: Sequence[Any], key: Callable[[Any], Any], body: Body) -> Form | None:
    """Write the numbers of few values; None where they are not few."""
    few = min(_FEW, max(_ALWAYS_FEW, len(values) // 4))
    if len(set(map(key, values[: 2 * _FEW]))) > few:
        return None
    keys = list(map(key, values))
    distinct = dict(zip(keys, values, strict=True))
    if len(distinct) > few:
        return None
    numbers: dict[bytes, int] = {}
    of_key = {
        key: numbers.setdefault(encode(value), len(numbers)) for key, value in distinct.items()
    }
    if len(numbers) == 1:
        return ("same", values[0])
    width = 1 if len(numbers) <= 256 else 2
    codes = array(_CODES[width], map(of_key.__getitem__, keys))
    return ("code", width, _numbers(codes, body), len(numbers), *_octets([*numbers], body))


def _ints(values: Sequence[int], body: Body) -> Form:
    """Write numbers, in as many octets as the largest takes."""
    octets = max(values).bit_length() + 7 >> 3
    width = next(width for width in _CODES if width >= octets)
    return ("int", width, _numbers(array(_CODES[width], values), body))


def _numbers(numbers: array[int], body: Body) -> int:
    if sys.byteorder == "big":
        numbers.byteswap()
    return body.add(numbers)


def _octets(parts: Sequence[bytes], body: Body) -> tuple[Form, int, int]:
    """Write octets of different lengths; return where each ends, where all begin and end."""
    ends = _ints([0, *accumulate(map(len, parts))], body)
    joined = b"".join(parts)
    return ends, body.add(joined), len(joined)


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


# ---------------------------------------------------------------------------------------------
# Reading


def column(form: Form, rows: int, image: Image) -> Column:
    """Return the column of that form with so many rows.

    Raises:
        DamagedError: There is no such column.
    """
    try:
        return _column(form, rows, image)
    except (ValueError, TypeError, IndexError, KeyError) as error:
        raise DamagedError(f"a column: {error}") from None


def _column(form: Form, rows: int, image: Image) -> Column:
    match form:
        case ("same", value):
            return _Same(value, rows)
        case ("code", width, at, count, *octets):
            codes = _Ints(image, width, at, rows)
            return _Coded(codes, _Values(_Parts(image, *octets, rows=count), decode))
        case ("int", width, at):
            return _Ints(image, width, at, rows)
        case (("mac" | "ipv4") as name, ("int", width, at)):
            return _Made(_Ints(image, width, at, rows), _MAKERS[name])
        case ("wide", at):
            return _Wide(image, at, rows)
        case ("text", *octets):
            return _Texts(_Parts(image, *octets, rows=rows))
        case ("list", ("int", width, at), count, inner) if count <= _PARTS * image.length:
            ends = _Ints(image, width, at, rows + 1)
            return _Lists(ends, _column(inner, count, image), count)
        case ("fields", parts):
            columns = [_column(part, rows, image) for part in parts]
            return _Fields(*columns)
        case ("any", *octets):
            return _Values(_Parts(image, *octets, rows=rows), decode)
        case _:
            raise DamagedError("a column of an unknown form")


class _Same:
    def __init__(self, value: Any, rows: int) -> None:
        self._value = value
        self._rows = rows

    def at(self, row: int) -> Any:
        del row
        return self._value

    def all(self) -> Iterable[Any]:
        return repeat(self._value, self._rows)


class _Ints:
    def __init__(self, image: Image, width: int, at: int, rows: int) -> None:
        self._image = image
        self._width = width
        self._at = at
        self._rows = rows
        self._code = _CODES[width]

    def at(self, row: int) -> int:
        return int.from_bytes(self._image.read(self._at + row * self._width, self._width), "little")

    def all(self) -> array[int]:
        numbers = array(self._code, self._image.read(self._at, self._rows * self._width))
        if sys.byteorder == "big":
            numbers.byteswap()
        return numbers


class _Made:
    """Values that are made of one number each."""

    def __init__(self, numbers: _Ints, make: Callable[[int], Any]) -> None:
        self._numbers = numbers
        self._make = make

    def at(self, row: int) -> Any:
        return self._make(self._numbers.at(row))

    def all(self) -> Iterable[Any]:
        return map(self._make, self._numbers.all())


class _Wide:
    def __init__(self, image: Image, at: int, rows: int) -> None:
        self._image = image
        self._at = at
        self._rows = rows

    def at(self, row: int) -> IPv6Address:
        return IPv6Address(self._image.read(self._at + 16 * row, 16))

    def all(self) -> Iterable[IPv6Address]:
        octets = self._image.read(self._at, 16 * self._rows)
        return (IPv6Address(octets[at : at + 16]) for at in range(0, len(octets), 16))


class _Parts:
    """Octets of different lengths, one behind the other."""

    def __init__(self, image: Image, ends: Form, at: int, length: int, *, rows: int) -> None:
        _, width, where = ends
        self._image = image
        self._ends = _Ints(image, width, where, rows + 1)
        self._at = at
        self._length = length
        self.rows = rows

    def at(self, row: int) -> bytes:
        begin, end = self._ends.at(row), self._ends.at(row + 1)
        if not begin <= end <= self._length:
            raise DamagedError("a place behind the end of its column")
        return self._image.read(self._at + begin, end - begin)

    def all(self) -> list[bytes]:
        octets = self._image.read(self._at, self._length)
        return [octets[begin:end] for begin, end in pairwise(self._ends.all())]


class _Texts:
    def __init__(self, parts: _Parts) -> None:
        self._parts = parts

    def at(self, row: int) -> str:
        return _text(self._parts.at(row))

    def all(self) -> Iterable[str]:
        return map(_text, self._parts.all())


def _text(octets: bytes) -> str:
    try:
        return octets.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError as error:
        raise DamagedError(f"a text: {error}") from None


class _Values:
    """Values of any type; one that was asked for is remembered."""

    def __init__(self, parts: _Parts, make: Callable[[bytes], Any]) -> None:
        self._parts = parts
        self._make = make
        self._made: dict[int, Any] = {}
        self.rows = parts.rows

    def at(self, row: int) -> Any:
        if row not in self._made:
            self._made[row] = self._make(self._parts.at(row))
        return self._made[row]

    def all(self) -> list[Any]:
        values = list(map(self._make, self._parts.all()))
        for row, made in self._made.items():
            values[row] = made
        self._made = dict(enumerate(values))
        return values


class _Coded:
    """Few values; each row has the number of one, and shares it with others."""

    def __init__(self, codes: _Ints, values: _Values) -> None:
        self._codes = codes
        self._values = values

    def at(self, row: int) -> Any:
        return self._values.at(self._code(self._codes.at(row)))

    def _code(self, code: int) -> int:
        if code >= self._values.rows:
            raise DamagedError("a number that no value has")
        return code

    def all(self) -> Iterable[Any]:
        codes = self._codes.all()
        self._code(max(codes, default=0))
        return map(self._values.all().__getitem__, codes)


class _Lists:
    def __init__(self, ends: _Ints, parts: Column, count: int) -> None:
        self._ends = ends
        self._parts = parts
        self._count = count

    def at(self, row: int) -> tuple[Any, ...]:
        begin, end = self._ends.at(row), self._ends.at(row + 1)
        if not begin <= end <= self._count:
            raise DamagedError("a place behind the end of its column")
        return tuple(map(self._parts.at, range(begin, end)))

    def all(self) -> Iterable[tuple[Any, ...]]:
        parts = tuple(self._parts.all())
        return (parts[begin:end] for begin, end in pairwise(self._ends.all()))


class _Fields:
    """Origins: files, lines and columns."""

    def __init__(self, *columns: Column) -> None:
        self._columns = columns

    def at(self, row: int) -> Origin:
        return Origin(*[column.at(row) for column in self._columns])

    def all(self) -> Iterable[Origin]:
        return map(Origin._make, zip(*[column.all() for column in self._columns], strict=True))
