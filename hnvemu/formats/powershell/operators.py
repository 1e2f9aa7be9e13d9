"""The operators, members and methods of PowerShell on values."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from hnvemu.addresses import MacAddress
from hnvemu.conditions import is_number
from hnvemu.formats.powershell.syntax import TypeName
from hnvemu.formats.powershell.values import (
    LONGEST,
    Adapter,
    LimitError,
    Row,
    Session,
    Table,
    Unknown,
    bounded,
    checked,
    is_alike,
    listed,
    number,
    searched,
    text,
    truth,
    unknown_in,
)
from hnvemu.value import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_BIG = 1 << 63


def binary(operator: str, left: object, right: object) -> object:
    """Apply an operator with two sides."""
    name = operator if operator in _PLAIN else operator.removeprefix("i").removeprefix("c")
    if operator in ("contains", "in", "is", "isnot"):
        name = operator
    exact = operator.startswith("c") and name != operator
    if name in ("eq", "ne", "like", "match") and (bound := _binding(name, left, right)):
        return bound
    if name in ("contains", "notcontains"):
        return _contains(left, right, negated=name != "contains", exact=exact)
    if name in ("in", "notin"):
        return _contains(right, left, negated=name != "in", exact=exact)
    if name in ("and", "or", "xor"):
        return _logical(name, left, right)
    if name in ("eq", "ne") and (left is None or right is None):
        return _is_null(left, right, negated=name == "ne")
    if name in ("is", "isnot"):
        return Unknown(what="the type of a value")
    unknown = unknown_in(left, right)
    if unknown and not (name == "+" and isinstance(left, list)):
        return unknown
    if name in _COMPARE:
        if isinstance(left, list):
            return [item for item in left if _COMPARE[name](item, right, exact) is True]
        return _COMPARE[name](left, right, exact)
    if name in ("split", "replace"):
        return (split if name == "split" else replaced)(left, right, exact=exact)
    return _PLAIN[name](left, right)


def _binding(name: str, left: object, right: object) -> Unknown | None:
    """Return the condition that binds a property of an adapter: what it is for which it is true."""
    if isinstance(right, Unknown) and right.adapter and name == "eq":
        left, right = right, left
    if not isinstance(left, Unknown) or left.adapter is None or name == "ne":
        return None
    word = text(right)
    if isinstance(word, Unknown) or not word:
        return None
    word = word.strip("*") if name == "like" else word
    what = f"the adapter whose {left.property} is {word}"
    held = left.adapter
    if left.property == "mac":
        try:
            bound = replace(held, mac=MacAddress.parse(word))
        except (ValueError, IndexError):
            return None
    elif left.property in ("vm", "name"):
        bound = replace(held, **{left.property: word})
    else:
        return None
    return Unknown(what=what, bound=bound)


def _logical(name: str, left: object, right: object) -> object:
    ours_bound = left.bound if isinstance(left, Unknown) else None
    theirs_bound = right.bound if isinstance(right, Unknown) else None
    if name == "and" and ours_bound and theirs_bound:
        merged = replace(
            ours_bound,
            vm=ours_bound.vm or theirs_bound.vm,
            name=ours_bound.name or theirs_bound.name,
            mac=theirs_bound.mac if ours_bound.mac is None else ours_bound.mac,
        )
        return Unknown(what=f"{ours_bound.vm} {ours_bound.name}", bound=merged)
    ours, theirs = truth(left), truth(right)
    if name == "and" and (ours is False or theirs is False):
        return False
    if name == "or" and (ours or theirs):
        return True
    if ours is None:
        return right if name == "and" and theirs and isinstance(right, Unknown) else left
    if theirs is None:
        return right
    return ours != theirs if name == "xor" else theirs if name == "and" else ours or theirs


def _is_null(left: object, right: object, *, negated: bool) -> object:
    other = right if left is None else left
    if isinstance(other, Unknown) and not other.undefined:
        return other
    is_null = other is None or isinstance(other, Unknown)
    return is_null != negated


def _equal(left: object, right: object, exact: bool) -> bool:  # noqa: FBT001 - one shape for all comparisons
    if isinstance(left, bool):
        return left == truth(right)
    if isinstance(left, int | float):
        return number(right) == left
    ours, theirs = text(left), text(right)
    if isinstance(ours, Unknown) or isinstance(theirs, Unknown):
        return left is right
    return ours == theirs if exact else ours.lower() == theirs.lower()


def _order(left: object, right: object) -> int | Unknown:
    if isinstance(left, int | float):
        other = number(right)
        if other is None:
            return Unknown(what="a comparison of a number with text")
        return (left > other) - (left < other)
    ours, theirs = text(left), text(right)
    if isinstance(ours, Unknown) or isinstance(theirs, Unknown):
        return Unknown(what="a comparison of objects")
    ours, theirs = ours.lower(), theirs.lower()
    return (ours > theirs) - (ours < theirs)


def _ordered(is_meant: Callable[[int], bool]) -> Callable[[object, object, bool], object]:
    def compare(left: object, right: object, exact: bool) -> object:  # noqa: FBT001 - one shape for all comparisons
        del exact
        order = _order(left, right)
        return order if isinstance(order, Unknown) else is_meant(order)

    return compare


def _like(left: object, right: object, exact: bool) -> object:  # noqa: FBT001 - one shape for all comparisons
    ours, theirs = text(left), text(right)
    if isinstance(ours, Unknown) or isinstance(theirs, Unknown):
        return Unknown(what="a comparison of objects")
    return is_alike(theirs, ours, exact=exact)


def match(left: object, right: object, exact: bool = False) -> object:  # noqa: FBT001, FBT002 - one shape for all comparisons
    """Search a regular expression; what could take too long is unknown."""
    ours, theirs = text(left), text(right)
    if isinstance(ours, Unknown) or isinstance(theirs, Unknown):
        return Unknown(what="a comparison of objects")
    pattern = searched(theirs, ours, exact=exact)
    return (
        Unknown(what=f"-match '{theirs[:40]}'") if pattern is None else bool(pattern.search(ours))
    )


def _negated(
    compare: Callable[[object, object, bool], object],
) -> Callable[[object, object, bool], object]:
    def negated(left: object, right: object, exact: bool) -> object:  # noqa: FBT001 - one shape for all comparisons
        found = compare(left, right, exact)
        return found if isinstance(found, Unknown) else not found

    return negated


_COMPARE: dict[str, Callable[[object, object, bool], object]] = {
    "eq": _equal,
    "ne": _negated(_equal),
    "gt": _ordered(lambda order: order > 0),
    "ge": _ordered(lambda order: order >= 0),
    "lt": _ordered(lambda order: order < 0),
    "le": _ordered(lambda order: order <= 0),
    "like": _like,
    "notlike": _negated(_like),
    "match": match,
    "notmatch": _negated(match),
}


def _contains(within: object, wanted: object, *, negated: bool, exact: bool) -> object:
    unknown = unknown_in(within, wanted)
    if unknown and not unknown.undefined:
        return unknown
    return any(_equal(item, wanted, exact) for item in listed(within)) != negated


# ---------------------------------------------------------------------------------------------
# Arithmetic and text


def _add(left: object, right: object) -> object:
    if left is None:
        return right
    if isinstance(left, list):
        return checked([*left, *listed(right)] if right is not None else [*left, None])
    if isinstance(left, Table):
        if not isinstance(right, Table):
            return Unknown(what="a sum of a hash table and something else")
        return Table([*left.items(), *right.items()], is_object=left.is_object)
    if isinstance(left, str):
        word = text(right)
        return word if isinstance(word, Unknown) else bounded(left + word)
    return _arithmetic(left, right, lambda ours, theirs: ours + theirs, "+")


def _arithmetic(
    left: object,
    right: object,
    make: Callable[[int | float, int | float], int | float],
    sign: str,
) -> object:
    ours, theirs = number(left), number(right)
    if ours is None or theirs is None:
        return Unknown(what=f"a calculation with text ({sign})")
    try:
        made = make(ours, theirs)
    except (ZeroDivisionError, OverflowError, ValueError):
        return Unknown(what=f"a calculation that fails ({sign})")
    return float(made) if isinstance(made, int) and abs(made) > _BIG else made


def _times(left: object, right: object) -> object:
    if isinstance(left, str | list):
        times = number(right)
        if times is None or times < 0 or len(left) * times > LONGEST:
            raise LimitError(f"a repetition is longer than {LONGEST:,}")
        return left * round(times)
    return _arithmetic(left, right, lambda ours, theirs: ours * theirs, "*")


def _divided(ours: float, theirs: float) -> int | float:
    made = ours / theirs
    whole = isinstance(ours, int) and isinstance(theirs, int) and ours % theirs == 0
    return ours // theirs if whole else made


def _power(ours: float, theirs: float) -> float:
    return math.pow(ours, theirs)


def _remainder(ours: float, theirs: float) -> int | float:
    """Return what a division leaves, with the sign of what is divided."""
    if isinstance(ours, int) and isinstance(theirs, int):
        rest = abs(ours) % abs(theirs)
        return -rest if ours < 0 else rest
    return math.fmod(ours, theirs)


def _range(left: object, right: object) -> object:
    first, last = number(left), number(right)
    if first is None or last is None:
        return Unknown(what="a range of text")
    low, high = round(first), round(last)
    if abs(high - low) > LONGEST:
        raise LimitError(f"a range has more than {LONGEST:,} items")
    return list(range(low, high + 1)) if low <= high else list(range(low, high - 1, -1))


def _bits(name: str) -> Callable[[object, object], object]:
    def bits(left: object, right: object) -> object:
        def make(ours: float, theirs: float) -> int:
            one, other = round(ours), round(theirs)
            if name == "shl":
                return one << (other & 31) & 0xFFFF_FFFF
            if name == "shr":
                return one >> (other & 31)
            return one & other if name == "band" else one | other if name == "bor" else one ^ other

        return _arithmetic(left, right, make, f"-{name}")

    return bits


_PLACE = re.compile(r"\{\{|\}\}|\{([0-9]{1,4})(?:,(-?[0-9]{1,3}))?(?::([^{}]*))?\}")


def format_text(left: object, right: object) -> object:
    """Return what ``-f`` makes of a pattern and its values."""
    pattern = text(left)
    if isinstance(pattern, Unknown):
        return pattern
    held = right if isinstance(right, list) else [right]
    failed: list[Unknown] = []

    def put(found: re.Match[str]) -> str:
        if found[1] is None:
            return found[0][0]
        if int(found[1]) >= len(held):
            failed.append(Unknown(what=f"the pattern '{pattern[:40]}', that has too few values"))
            return ""
        word = formatted(held[int(found[1])], found[3] or "")
        if isinstance(word, Unknown):
            failed.append(word)
            return ""
        width = int(found[2] or 0)
        return word.rjust(width) if width > 0 else word.ljust(-width)

    made = _PLACE.sub(put, pattern)
    return failed[0] if failed else bounded(made)


def formatted(held: object, pattern: str) -> str | Unknown:
    """Return a number as ``D2`` or ``X4`` or ``000`` write it, anything else as text."""
    value = number(held) if isinstance(held, int | float) else None
    if value is None or not pattern:
        return text(held)
    kind, digits = pattern[0], pattern[1:]
    width = int(digits) if digits.isdecimal() and len(digits) < 3 else 0
    whole = round(value)
    if kind in "dD":
        return f"{whole:0{width}d}" if width else str(whole)
    if kind in "xX":
        return f"{whole & 0xFFFF_FFFF_FFFF_FFFF:0{width or 1}{kind}}"
    if kind in "nNfF":
        return f"{value:{',' if kind in 'nN' else ''}.{width if digits else 2}f}"
    if set(pattern) <= {"0", "#"} and len(pattern) < 100:
        return str(whole).zfill(pattern.count("0"))
    return Unknown(what=f"a number in the format '{pattern[:20]}'")


def joined(left: object, right: object) -> object:
    """Return items of a list as one text."""
    between = text(right)
    words = [text(item) for item in listed(left)]
    unknown = unknown_in(between, [*words])
    return unknown or bounded(str(between).join(map(str, words)))


def split(left: object, right: object, *, exact: bool = False) -> object:
    """Split texts at a regular expression; a second item limits the number of parts."""
    parts = listed(right)
    by = text(parts[0]) if parts else " "
    most = number(parts[1]) if len(parts) > 1 else 0
    options = text(parts[2]) if len(parts) > 2 else ""
    if isinstance(by, Unknown):
        return by
    if options:
        if str(options).lower() != "simplematch":
            return Unknown(what="-split with options")
        by = re.escape(by)
    found: list[object] = []
    for item in listed(left):
        word = text(item)
        if isinstance(word, Unknown):
            return word
        pattern = searched(by, word, exact=exact)
        if pattern is None:
            return Unknown(what=f"-split '{by[:40]}'")
        limit = max(0, round(most or 0) - 1)
        found += [part for part in pattern.split(word, maxsplit=limit) if part is not None]
    return checked(found)


_GROUP = re.compile(r"\$(?:(?P<sign>[$&])|(?P<bare>[0-9]+)|\{(?P<name>\w+)\})")


def replaced(left: object, right: object, *, exact: bool = False) -> object:
    """Replace what a regular expression finds."""
    if isinstance(left, list):
        return [replaced(item, right, exact=exact) for item in left]
    parts = listed(right)
    word, by = text(left), text(parts[0] if parts else None)
    new = text(parts[1] if len(parts) > 1 else None)
    if isinstance(word, Unknown) or isinstance(by, Unknown) or isinstance(new, Unknown):
        return Unknown(what="-replace of an object")
    pattern = searched(by, word, exact=exact)
    if pattern is None:
        return Unknown(what=f"-replace '{by[:40]}'")

    def put(found: re.Match[str]) -> str:
        def of_group(written: re.Match[str]) -> str:
            if written["sign"]:
                return "$" if written["sign"] == "$" else found[0]
            name = written["bare"] or written["name"]
            try:
                return found[int(name) if is_number(name) else name] or ""
            except IndexError:
                return written[0]

        return _GROUP.sub(of_group, new)

    return bounded(pattern.sub(put, word))


_PLAIN: dict[str, Callable[[object, object], object]] = {
    "+": _add,
    "-": lambda left, right: _arithmetic(left, right, lambda a, b: a - b, "-"),
    "*": _times,
    "/": lambda left, right: _arithmetic(left, right, _divided, "/"),
    "%": lambda left, right: _arithmetic(left, right, _remainder, "%"),
    "..": _range,
    "f": format_text,
    "join": joined,
    "split": split,
    "replace": replaced,
    **{name: _bits(name) for name in ("band", "bor", "bxor", "shl", "shr")},
}


def unary(operator: str, held: object) -> object:
    """Apply an operator with one side."""
    if operator == ",":
        return [held]
    if operator == "join":
        return joined(held, "")
    if operator == "split":
        word = text(held)
        return word if isinstance(word, Unknown) else [*word.split()]
    if isinstance(held, Unknown) and not (operator == "not" and held.undefined):
        return replace(held, bound=None)
    if operator == "not":
        return not truth(held)
    if operator == "+":
        return _arithmetic(held, 0, lambda ours, _: ours, "+")
    if operator == "-":
        return _arithmetic(held, 0, lambda ours, _: -ours, "-")
    return _arithmetic(held, 0, lambda ours, _: ~round(ours), "-bnot")


def cast(kind: str, held: object) -> object:
    """Convert a value to a type that is named in brackets."""
    name = kind.lower().removeprefix("system.")
    if isinstance(held, Unknown):
        return held
    if name == "char[]" and isinstance(held, str):
        return [*held]
    if is_list(name):
        return list(listed(held))
    if name.endswith("[]") or name == "array":
        return [
            cast(name.removesuffix("[]"), item) if name != "array" else item
            for item in listed(held)
        ]
    if name in ("pscustomobject", "psobject", "management.automation.psobject"):
        return Table(held.items(), is_object=True) if isinstance(held, Table) else held
    if name in ("ordered", "hashtable", "object", "void", "cimsession"):
        return None if name == "void" else held
    if name in ("string", "ipaddress", "net.ipaddress", "guid"):
        return text(held)
    if name in ("bool", "boolean", "switch"):
        return truth(held)
    if name in ("int", "int32", "int64", "long", "uint32", "uint16", "uint64", "byte", "int16"):
        value = number(held)
        if value is None:
            return Unknown(what=f"text that is no number, as [{kind}]")
        return round(value)
    if name in ("double", "float", "decimal", "single"):
        value = number(held)
        return (
            Unknown(what=f"text that is no number, as [{kind}]") if value is None else float(value)
        )
    if name == "char":
        return chr(held) if isinstance(held, int) and 0 <= held < 0xD800 else text(held)
    return Unknown(what=f"a value of the type [{kind}]")


def is_list(kind: str) -> bool:
    """Whether a type, in lower case, is a list that grows."""
    return kind.removeprefix("system.").startswith(
        ("collections.arraylist", "collections.generic.list[")
    )


# ---------------------------------------------------------------------------------------------
# Members


def member(held: object, name: str) -> object:
    """Return a property of a value."""
    wanted = name.lower()
    if isinstance(held, Unknown):
        return held if held.undefined and wanted == "count" else held.of(name)
    if isinstance(held, Table):
        if held.has(name):
            return held.get(name)
        if not held.is_object and wanted in ("keys", "values", "count"):
            pairs = held.items()
            if wanted == "count":
                return len(pairs)
            return [pair[0] if wanted == "keys" else pair[1] for pair in pairs]
        return 1 if wanted in ("count", "length") else None
    if isinstance(held, list):
        if wanted in ("count", "length"):
            return len(held)
        found = [member(item, name) for item in held]
        flat = [one for item in found for one in listed(item)]
        return flat[0] if len(flat) == 1 else flat or None
    if isinstance(held, Adapter):
        return _of_adapter(held, name)
    if isinstance(held, Row):
        if wanted == "pscomputername":
            return held.host
        found_property = held.properties.get(name)
        if not held.properties.has(name):
            return Unknown(what=f"{name} of a {held.kind}")
        return found_property
    if isinstance(held, Session):
        return list(held.hosts) if len(held.hosts) != 1 else held.hosts[0]
    if isinstance(held, str) and wanted == "length":
        return len(held)
    if wanted in ("count", "length"):
        return 0 if held is None else 1
    if isinstance(held, str) and wanted == "ipaddresstostring":
        return held
    if isinstance(held, str) and wanted == "addressfamily":
        return "InterNetworkV6" if ":" in held else "InterNetwork"
    return None


def _of_adapter(held: Adapter, name: str) -> object:
    wanted = name.lower()
    if wanted == "count":
        return 1
    if wanted == "macaddress":
        if held.mac is not None:
            return f"{int(held.mac):012X}"
        return Unknown(what=f"the MAC of {_called(held)}", adapter=held, property="mac")
    if wanted in ("vmname", "name"):
        field = "vm" if wanted == "vmname" or held.is_vm else "name"
        said = held.vm if field == "vm" else held.name
        return said or Unknown(what=f"the name of {_called(held)}", adapter=held, property=field)
    if wanted in ("computername", "pscomputername"):
        return held.hosts[0] if held.hosts else None
    if wanted in ("networkadapters", "parent"):
        return replace(held, is_vm=False)
    return Unknown(what=f"{name} of {_called(held)}")


def _called(held: Adapter) -> str:
    words = " ".join(word for word in (held.vm, held.name) if word)
    return f"the adapter {words}" if words else f"the adapters of {', '.join(held.hosts)}"


def index(held: object, at: object) -> object:
    """Return what stands at an index: of a list, a text or a hash table."""
    unknown = unknown_in(held if isinstance(held, Unknown) else None, at)
    if unknown:
        return unknown
    if isinstance(held, Table):
        word = text(at)
        return None if isinstance(word, Unknown) else held.get(word)
    if isinstance(at, list):
        return [index(held, one) for one in at]
    if not isinstance(held, list | str):
        held = [held] if held is not None else []
    place = number(at)
    if place is None:
        return Unknown(what="an item at an index that is no number")
    where = round(place)
    return held[where] if -len(held) <= where < len(held) else None


def call(held: object, name: str, arguments: Sequence[object]) -> object:
    """Call a method; a method that is not evaluated gives an unknown value."""
    wanted = name.lower()
    if isinstance(held, Unknown):
        return held.of(f"{name}()")
    if isinstance(held, TypeName):
        return _static(held.name, wanted, arguments)
    unknown = unknown_in(*arguments)
    if isinstance(held, list) and wanted in CHANGES:
        return _changed(held, wanted, arguments)
    if isinstance(held, Table):
        return _of_table(held, wanted, arguments)
    if wanted == "tostring":
        return formatted(held, str(arguments[0])) if arguments else text(held)
    if wanted in ("gettype", "gethashcode"):
        return Unknown(what=f"{name}()")
    if unknown:
        return unknown
    if isinstance(held, list):
        if wanted == "contains":
            return _contains(held, arguments[0] if arguments else None, negated=False, exact=True)
        if wanted in ("toarray", "getenumerator"):
            return list(held)
        return [call(item, name, arguments) for item in held]
    if isinstance(held, str):
        return _of_text(held, wanted, arguments)
    return Unknown(what=f"{name}()")


CHANGES = frozenset(
    {"add", "addrange", "insert", "insertrange", "remove", "removeat", "removerange", "removeall"}
    | {"clear", "reverse", "sort"}
)
"""What a list does to itself."""


def _changed(held: list[object], wanted: str, arguments: Sequence[object]) -> object:
    """Change a list; what is not evaluated is an unknown value."""
    first = arguments[0] if arguments else None
    place = number(first) if not isinstance(first, Unknown) else None
    if wanted == "add" and len(arguments) == 1:
        held.append(first)
    elif wanted == "addrange" and not isinstance(first, Unknown):
        held += listed(first)
    elif wanted == "clear":
        held.clear()
    elif wanted == "reverse" and not arguments:
        held.reverse()
    elif wanted == "remove" and unknown_in(first, held) is None:
        for at, item in enumerate(held):
            if item is first or (not isinstance(item, Table) and _equal(item, first, exact=True)):
                del held[at]
                break
    elif wanted == "insert" and place is not None and 0 <= place <= len(held):
        held.insert(round(place), arguments[1] if len(arguments) > 1 else None)
    elif wanted == "removeat" and place is not None and 0 <= place < len(held):
        del held[round(place)]
    else:
        return Unknown(what=f"{wanted}() of a list")
    checked(held)
    return None


def _of_table(held: Table, wanted: str, arguments: Sequence[object]) -> object:
    key = text(arguments[0]) if arguments else ""
    if isinstance(key, Unknown):
        return key
    if wanted in ("containskey", "contains"):
        return held.has(key)
    if wanted == "add":
        held.set(key, arguments[1] if len(arguments) > 1 else None)
        return None
    if wanted == "remove":
        held.remove(key)
        return None
    if wanted in ("clone", "copy"):
        return held.copy()
    if wanted == "getenumerator":
        return [
            Table([("Key", name), ("Name", name), ("Value", one)], is_object=True)
            for name, one in held.items()
        ]
    return Unknown(what=f"{wanted}() of a hash table")


def _of_text(held: str, wanted: str, arguments: Sequence[object]) -> object:
    words = [str(text(argument)) for argument in arguments]
    numbers = [number(argument) for argument in arguments]
    first = words[0] if words else ""
    whole = round(numbers[0]) if numbers and numbers[0] is not None else 0
    if wanted in ("toupper", "toupperinvariant"):
        return held.upper()
    if wanted in ("tolower", "tolowerinvariant"):
        return held.lower()
    if wanted == "trim":
        return held.strip("".join(words) or None)
    if wanted == "trimstart":
        return held.lstrip("".join(words) or None)
    if wanted == "trimend":
        return held.rstrip("".join(words) or None)
    if wanted == "split":
        return _split_at_signs(held, arguments)
    if wanted == "tochararray":
        return checked([*held])
    if wanted == "replace" and len(words) == 2 and first:
        if held.count(first) * len(words[1]) > LONGEST * 10:
            raise LimitError("a replacement makes a text too long")
        return held.replace(first, words[1])
    if wanted == "startswith":
        return held.startswith(first)
    if wanted == "endswith":
        return held.endswith(first)
    if wanted == "contains":
        return first in held
    if wanted == "indexof":
        return held.find(first)
    if wanted == "substring" and arguments:
        length = numbers[1] if len(numbers) > 1 else None
        end = len(held) if length is None else whole + round(length)
        return held[whole:end] if 0 <= whole <= end <= len(held) else Unknown(what="Substring()")
    if wanted in ("padleft", "padright") and arguments:
        fill = words[1][:1] if len(words) > 1 and words[1] else " "
        width = min(whole, LONGEST)
        return held.rjust(width, fill) if wanted == "padleft" else held.ljust(width, fill)
    return Unknown(what=f"{wanted}() of a text")


def _split_at_signs(held: str, arguments: Sequence[object]) -> object:
    """Split a text at each of some letters: all blanks, where none is said."""
    signs = "".join(str(text(one)) for one in listed(arguments[0])) if arguments else ""
    by = re.compile(f"[{re.escape(signs)}]" if signs else r"\s")
    if len(arguments) < 2:
        return checked([*by.split(held)])
    most, options = number(arguments[1]), str(text(arguments[-1])).lower()
    if len(arguments) == 2 and most is not None and most > 0:
        return checked([*by.split(held, maxsplit=round(most) - 1)] if most > 1 else [held])
    if len(arguments) == 2 and options in ("none", "removeemptyentries"):
        return checked([part for part in by.split(held) if part or options == "none"])
    return Unknown(what="Split()")


def _static(kind: str, wanted: str, arguments: Sequence[object]) -> object:
    name = kind.lower().removeprefix("system.")
    if name == "string":
        if wanted == "format" and arguments:
            held = arguments[1:]
            return format_text(arguments[0], list(held))
        if wanted == "join" and len(arguments) > 1:
            parts = arguments[1] if len(arguments) == 2 else list(arguments[1:])
            return joined(parts, arguments[0])
        if wanted in ("isnullorempty", "isnullorwhitespace") and arguments:
            word = text(arguments[0])
            if isinstance(word, Unknown):
                return True if word.undefined else word
            return not (word if wanted == "isnullorempty" else word.strip())
    if wanted == "new" and is_list(name):
        return list(arguments[0]) if arguments and isinstance(arguments[0], list) else []
    if name == "array" and wanted == "reverse" and len(arguments) == 1:
        return call(arguments[0], wanted, ())
    if name in ("ipaddress", "net.ipaddress", "guid") and wanted in ("parse", "new") and arguments:
        return text(arguments[0])
    if (
        name == "math"
        and arguments
        and wanted in ("max", "min", "floor", "ceiling", "abs", "round", "pow")
    ):
        values = [number(argument) for argument in arguments]
        known = [value for value in values if value is not None]
        if len(known) == len(values):
            chosen = {"max": max(known), "min": min(known), "abs": abs(known[0])}
            chosen |= {"floor": int(known[0] // 1), "ceiling": -int(-known[0] // 1)}
            if wanted == "pow":
                return _arithmetic(known[0], known[-1], _power, "pow")
            if wanted == "round" and len(known) > 1:
                return round(known[0], min(15, max(0, round(known[1]))))
            return chosen.get(wanted, round(known[0]))
    if name == "guid" and wanted == "newguid":
        return Unknown(what="a new GUID")
    return Unknown(what=f"[{kind}]::{wanted}()")
