"""What variables hold while a script is evaluated, and how PowerShell converts it.

Rules of the file: a value of PowerShell is a value of Python where there is one (None, bool, int,
float, str, list), else one of these classes. What cannot be known is an :class:`Unknown` with a
name, and everything made of it is one too.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from hnvemu.formats.powershell.syntax import Block, TypeName, Written
from hnvemu.value import value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from hnvemu.addresses import MacAddress

LONGEST = 100_000
"""How many items a list may have, and letters a text."""


class LimitError(Exception):
    """An evaluation takes too many steps or too much memory."""


@value
class Unknown:
    """What nobody can know who does not run the script."""

    what: str
    """What it is, as a reader of the script would call it."""
    undefined: bool = False
    """Whether it is a variable that nothing sets: null, where PowerShell would run."""
    adapter: Adapter | None = None
    """The adapter that it is a property of."""
    property: str = ""
    bound: Adapter | None = None
    """The adapter for which this condition is true, where it is one."""
    older: bool = False
    """Whether it is what hosts had before the script, and nothing that the script makes."""

    def of(self, name: str) -> Unknown:
        """Return a member of it."""
        return Unknown(what=f"{self.what}.{name}")


@value
class Adapter:
    """Adapters of VMs as far as a script says which; also all adapters of a VM, and a VM."""

    hosts: tuple[str, ...]
    vm: str = ""
    name: str = ""
    mac: MacAddress | None = None
    management: bool = False
    is_vm: bool = False
    """Whether it is a VM: its name is that of the VM."""


@value
class Session:
    """Connections to hosts: ``New-CimSession``, ``New-PSSession``."""

    hosts: tuple[str, ...]


class Table:
    """A hash table or an object: names without case, in order, shared by all who hold it."""

    def __init__(
        self, fields: Iterable[tuple[str, object]] = (), *, is_object: bool = False
    ) -> None:
        self.is_object = is_object
        self._fields: dict[str, tuple[str, object]] = {}
        for name, held in fields:
            self.set(name, held)

    def get(self, name: str) -> object:
        """Return the value of a name; None where there is none."""
        found = self._fields.get(name.lower())
        return found[1] if found else None

    def set(self, name: str, held: object) -> None:
        """Set the value of a name."""
        if len(self._fields) >= LONGEST:
            raise LimitError(f"a hash table has more than {LONGEST:,} entries")
        known = self._fields.get(name.lower())
        self._fields[name.lower()] = (known[0] if known else name, held)

    def remove(self, name: str) -> None:
        """Remove a name, if it is there."""
        self._fields.pop(name.lower(), None)

    def has(self, name: str) -> bool:
        """Whether there is such a name."""
        return name.lower() in self._fields

    def items(self) -> list[tuple[str, object]]:
        """Return names, as first written, and values."""
        return list(self._fields.values())

    @property
    def size(self) -> int:
        """How many names there are."""
        return len(self._fields)

    def copy(self) -> Table:
        """Return another table with the same values."""
        return Table(self.items(), is_object=self.is_object)


class Row:
    """Something that a cmdlet made on a host; scripts read its properties."""

    __slots__ = ("_describe", "_properties", "host", "kind", "made")

    def __init__(
        self,
        host: str,
        kind: str,
        made: object,
        describe: Callable[[object], Mapping[str, object]],
    ) -> None:
        self.host = host
        self.kind = kind
        """The noun of its cmdlets."""
        self.made = made
        self._describe = describe
        self._properties: Table | None = None

    @property
    def properties(self) -> Table:
        """What scripts read of it."""
        if self._properties is None:
            self._properties = Table(self._describe(self.made).items(), is_object=True)
        return self._properties


def listed(held: object) -> list[object]:
    """Return what a pipeline gets of a value: the items of a list, nothing of null."""
    if held is None:
        return []
    return held if isinstance(held, list) else [held]


def collapsed(output: list[object]) -> object:
    """Return what a variable gets of a pipeline's output."""
    if not output:
        return None
    return output[0] if len(output) == 1 else output


def checked(made: list[object]) -> list[object]:
    """Return a list, if it is not too long.

    Raises:
        LimitError: it is.
    """
    if len(made) > LONGEST:
        raise LimitError(f"a list has more than {LONGEST:,} items")
    return made


def unknown_in(*held: object) -> Unknown | None:
    """Return the first value that is unknown, also in lists."""
    for one in held:
        if isinstance(one, Unknown):
            return one
        if isinstance(one, list):
            for item in one:
                if isinstance(item, Unknown):
                    return item
    return None


def truth(held: object) -> bool | None:
    """Return whether a value counts as true; None where it is unknown."""
    if isinstance(held, Unknown):
        return False if held.undefined else None
    if isinstance(held, list):
        return truth(held[0]) if len(held) == 1 else bool(held)
    if isinstance(held, Table | Adapter | Session | Row | Block | TypeName):
        return True
    return bool(held)


def text(held: object) -> str | Unknown:
    """Return a value as text."""
    if isinstance(held, str | Unknown):
        return held
    if held is None:
        return ""
    if isinstance(held, bool):
        return str(held)
    if isinstance(held, Written):
        return str(int(held))
    if isinstance(held, float):
        return str(int(held)) if held.is_integer() and abs(held) < 1e15 else repr(held)
    if isinstance(held, int):
        return str(held)
    if isinstance(held, list):
        parts: list[str] = []
        for item in held[:LONGEST]:
            part = text(item)
            if isinstance(part, Unknown):
                return part
            parts.append(part)
        joined = " ".join(parts)
        return bounded(joined)
    if isinstance(held, Adapter):
        return held.vm or Unknown(what="the name of an adapter")
    if isinstance(held, Session):
        return ", ".join(held.hosts)
    if isinstance(held, TypeName):
        return held.name
    if isinstance(held, Table):
        inside = "; ".join(f"{name}={_short(item)}" for name, item in held.items()[:100])
        return f"@{{{inside}}}" if held.is_object else "System.Collections.Hashtable"
    return Unknown(what="the text of an object")


def _short(held: object) -> str:
    return str(held)[:50] if isinstance(held, str | int | float) else ""


def bounded(made: str) -> str:
    """Return a text, if it is not too long.

    Raises:
        LimitError: it is.
    """
    if len(made) > LONGEST * 10:
        raise LimitError(f"a text has more than {LONGEST * 10:,} letters")
    return made


_INTEGER = re.compile(r"\s*[+-]?[0-9]{1,30}\s*")
_REAL = re.compile(r"\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?\s*")


def number(held: object) -> int | float | None:
    """Return a value as a number; None where it is none."""
    if held is None:
        return 0
    if isinstance(held, bool):
        return int(held)
    if isinstance(held, int):
        return int(held)
    if isinstance(held, float):
        return held
    if isinstance(held, str):
        if not held.strip():
            return 0
        if _INTEGER.fullmatch(held):
            return int(held)
        if re.fullmatch(r"\s*0[xX][0-9a-fA-F]{1,16}\s*", held):
            return int(held, 16)
        if _REAL.fullmatch(held):
            return float(held)
    return None


_WILDCARD = re.compile(r"`(.)|\[([^\]]+)\]|(.)", re.DOTALL)
_ANY_LETTER = (("\0", "\U0010ffff"),)
_Sign = tuple[tuple[str, str], ...] | None
"""The letters that a sign of a wildcard pattern stands for, as ranges; None is ``*``."""


@lru_cache(maxsize=256)
def _signs(pattern: str) -> tuple[_Sign, ...]:
    signs: list[_Sign] = []
    for found in _WILDCARD.finditer(pattern):
        if found[3] == "*":
            signs.append(None)
        elif found[3] == "?":
            signs.append(_ANY_LETTER)
        elif found[2]:
            within = re.findall(r"(.)-(.)|(.)", found[2], re.DOTALL)
            signs.append(tuple((low or one, high or one) for low, high, one in within))
        else:
            letter = found[1] or found[3]
            signs.append(((letter, letter),))
    return tuple(signs)


def is_alike(pattern: str, name: str, *, exact: bool = False) -> bool:
    """Whether a wildcard pattern with ``*``, ``?`` and ``[a-f]`` matches a name."""
    signs = _signs(pattern if exact else pattern.lower())
    name = name if exact else name.lower()
    at = in_pattern = 0
    star, mark = -1, 0
    while at < len(name):
        sign = signs[in_pattern] if in_pattern < len(signs) else ()
        if sign and any(low <= name[at] <= high for low, high in sign):
            at += 1
            in_pattern += 1
        elif sign is None:
            star, mark = in_pattern, at
            in_pattern += 1
        elif star >= 0:
            mark += 1
            at, in_pattern = mark, star + 1
        else:
            return False
    return not any(signs[in_pattern:])


def searched(pattern: str, within: str, *, exact: bool = False) -> re.Pattern[str] | None:
    """Return a regular expression that is safe to search in ``within``; None where it may not be.

    A pattern that repeats what repeats could take for ever, and so may several stars on a long
    text.
    """
    if len(pattern) > 500 or re.search(r"\([^()]*(?:[+*}|]|\\\d)[^()]*\)[+*{]", pattern):
        return None
    if re.search(r"\)\s*\)[+*{]", pattern):
        return None
    repeats = len(re.findall(r"[+*{]", pattern))
    if len(within) ** max(repeats, 1) > 100_000:
        return None
    try:
        named = re.sub(r"\(\?<(?=[A-Za-z_])", "(?P<", pattern)
        return re.compile(named, 0 if exact else re.IGNORECASE)
    except (re.error, OverflowError, RecursionError):
        return None
