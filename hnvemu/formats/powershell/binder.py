"""Binds the arguments of a call to the parameters of a cmdlet, with PowerShell's own errors."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from hnvemu.formats.powershell.cmdlets import ENUMERATIONS, Cmdlet, Parameter
from hnvemu.formats.powershell.syntax import Written
from hnvemu.formats.powershell.values import Row, Table, Unknown, listed, number, text, truth

if TYPE_CHECKING:
    from collections.abc import Sequence

_WIDTHS = {
    "byte": (0, 0xFF),
    "uint16": (0, 0xFFFF),
    "uint32": (0, 0xFFFF_FFFF),
    "int32": (-(1 << 31), (1 << 31) - 1),
    "int": (-(1 << 63), (1 << 63) - 1),
}
_NAMES = {"int": "Int32", "int32": "Int32", "uint32": "UInt32", "uint16": "UInt16", "byte": "Byte"}
_NAMES |= {"string": "String", "bool": "Boolean", "guid": "Guid", "switch": "SwitchParameter"}
_GUID = re.compile(r"\{?[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}?")


class BindError(Exception):
    """PowerShell would refuse a call."""

    def __init__(self, message: str, help: str | None = None) -> None:  # noqa: A002 - as a finding names it
        super().__init__(message)
        self.message = message
        self.help = help


class Argument(NamedTuple):
    """One argument of a call, evaluated."""

    name: str | None
    value: object = None
    has_value: bool = True
    """False for a name without a colon: its value follows, or it is a switch."""


class Bound:
    """The arguments of a call by the name of the parameter, in lower case."""

    def __init__(self, given: dict[str, object], undashed: tuple[str, ...] = ()) -> None:
        self._given = given
        self.undashed = undashed
        """Values without a name that are themselves names of parameters."""

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._given

    def get(self, name: str) -> object:
        """Return the value of a parameter; None where it was not given."""
        return self._given.get(name.lower())

    def flag(self, name: str) -> bool:
        """Return whether a switch is on."""
        return truth(self.get(name)) is True

    def names(self) -> list[str]:
        """Return the names of the parameters that were given."""
        return list(self._given)


def bind(
    cmdlet: Cmdlet, arguments: Sequence[Argument], piped: object = None, *, has_input: bool = False
) -> Bound:
    """Bind a call's arguments, and what the pipeline brings, to a cmdlet's parameters.

    Raises:
        BindError: with PowerShell's words, where PowerShell would refuse them.
    """
    named, positional = _split(cmdlet, arguments)
    sets = _sets(cmdlet, named)
    _bind_positional(cmdlet, named, positional, sets)
    sets = _sets(cmdlet, named)
    if has_input:
        _bind_piped(cmdlet, named, piped, sets)
        sets = _sets(cmdlet, named)
    chosen = _chosen(cmdlet, named, sets)
    missing = [
        parameter.name
        for parameter in cmdlet.parameters
        if parameter.mandatory
        and parameter.name.lower() not in named
        and (not parameter.sets or chosen in parameter.sets)
    ]
    if missing:
        raise BindError(
            "Cannot process command because of one or more missing mandatory parameters:"
            f" {' '.join(missing)}"
        )
    undashed = [
        held
        for held in positional
        if isinstance(held, str)
        and any(held.lower() == parameter.name.lower() for parameter in cmdlet.parameters)
    ]
    return Bound({name: held for name, (_, held) in named.items()}, tuple(undashed))


def resolved(cmdlet: Cmdlet, name: str) -> Parameter:
    """Find a parameter by its name, an alias, or the beginning of either.

    Raises:
        BindError: there is none, or there are several.
    """
    wanted = name.lower()
    exact = cmdlet.by_word.get(wanted)
    if exact is not None:
        return exact
    found = {
        parameter.name: parameter
        for word, parameter in cmdlet.by_word.items()
        if word.startswith(wanted)
    }
    own = {held.name for held in cmdlet.parameters} & set(found)
    if len(own) == 1:
        return found[own.pop()]
    if not found:
        raise BindError(f"A parameter cannot be found that matches parameter name '{name}'")
    if len(found) > 1:
        raise BindError(
            f"Parameter cannot be processed because the parameter name '{name}' is ambiguous."
            f" Possible matches include: {' '.join(f'-{each}' for each in found)}"
        )
    return next(iter(found.values()))


def converted(parameter: Parameter, held: object) -> object:
    """Convert a value to the type of a parameter; what is unknown stays so.

    Raises:
        BindError: it has no such value.
    """
    several = parameter.type.endswith("[]")
    kind = parameter.type.removesuffix("[]")
    if kind == "object":
        return listed(held) if several else held
    if several:
        return [_one(parameter, kind, item) for item in listed(held)]
    if isinstance(held, list):
        if kind == "string" and len(held) != 1:
            raise BindError(
                f"Cannot process argument transformation on parameter '{parameter.name}'."
                " Cannot convert value to type System.String"
            )
        held = held[0] if len(held) == 1 else held
    return _one(parameter, kind, held)


def _one(parameter: Parameter, kind: str, held: object) -> object:
    if isinstance(held, Unknown):
        return held
    if kind == "switch":
        return truth(held)
    if kind == "string":
        if held is None:
            return None
        return held.text if isinstance(held, Written) else text(held)
    written = held.text if isinstance(held, Written) else text(held)
    if isinstance(written, Unknown):
        return written
    if kind in ENUMERATIONS:
        return _enumerated(parameter, kind, written)
    if kind == "bool":
        if isinstance(held, bool | int | float):
            return bool(held)
    elif kind == "guid":
        if _GUID.fullmatch(written.strip()):
            return written.strip()
    else:
        value = number(held)
        if value is not None and held is not None:
            low, high = _WIDTHS[kind]
            whole = round(value) if isinstance(value, int) or abs(value) < 1e18 else high + 1
            if low <= whole <= high:
                return whole
            raise BindError(
                f"Cannot bind parameter '{parameter.name}'. Value {written} was either too large or"
                f" too small for {_NAMES[kind]}",
                f"{low} to {high}",
            )
    raise BindError(
        f"Cannot bind parameter '{parameter.name}'. Cannot convert value \"{written[:80]}\" to type"
        f' "System.{_NAMES[kind]}"',
        "booleans are $true and $false, without quotes" if kind == "bool" else None,
    )


def _enumerated(parameter: Parameter, kind: str, written: str) -> str:
    """Return the name of an enumeration's value, by its name, its beginning or its number."""
    first, names = ENUMERATIONS[kind]
    wanted = written.strip().lower()
    for name in names:
        if name.lower() == wanted:
            return name
    if wanted.isdecimal() and first <= int(wanted[:9]) < first + len(names):
        return names[int(wanted) - first]
    begun = [name for name in names if wanted and name.lower().startswith(wanted)]
    if len(begun) == 1:
        return begun[0]
    raise BindError(
        f"Cannot bind parameter '{parameter.name}'. Cannot convert value \"{written[:80]}\" to type"
        f' "{kind}"',
        f"Specify one of: {', '.join(names)}",
    )


_Named = dict[str, tuple[Parameter, object]]


def _split(cmdlet: Cmdlet, arguments: Sequence[Argument]) -> tuple[_Named, list[object]]:
    named: _Named = {}
    positional: list[object] = []
    waiting: Parameter | None = None
    for argument in arguments:
        if argument.name is None:
            if waiting is not None:
                _set(named, waiting, argument.value)
                waiting = None
            else:
                positional.append(argument.value)
            continue
        if waiting is not None:
            break
        parameter = resolved(cmdlet, argument.name)
        if argument.has_value:
            _set(named, parameter, argument.value)
        elif parameter.type == "switch":
            _set(named, parameter, True)
        else:
            waiting = parameter
    if waiting is not None:
        kind = waiting.type.removesuffix("[]")
        raise BindError(
            f"Missing an argument for parameter '{waiting.name}'. Specify a parameter of type"
            f" '{_NAMES.get(kind, kind)}' and try again"
        )
    return named, positional


def _set(named: _Named, parameter: Parameter, held: object) -> None:
    if parameter.name.lower() in named:
        raise BindError(
            f"Cannot bind parameter because parameter '{parameter.name}' is specified more than"
            " once"
        )
    if held is None and parameter.mandatory:
        raise BindError(f"Cannot bind argument to parameter '{parameter.name}' because it is null")
    if held == "" and parameter.mandatory:
        raise BindError(
            f"Cannot bind argument to parameter '{parameter.name}' because it is an empty string"
        )
    named[parameter.name.lower()] = parameter, converted(parameter, held)


def _sets(cmdlet: Cmdlet, named: _Named) -> set[str]:
    """Return the sets that all given parameters are in; empty: the cmdlet has one set."""
    left = set(cmdlet.sets)
    for parameter, _ in named.values():
        if parameter.sets:
            left &= set(parameter.sets)
    if cmdlet.sets and not left:
        names = ", ".join(f"-{held.name}" for held, _ in named.values() if held.sets)
        raise BindError(
            "Parameter set cannot be resolved using the specified named parameters",
            f"these do not go together: {names}",
        )
    return left


def _bind_positional(
    cmdlet: Cmdlet, named: _Named, positional: list[object], sets: set[str]
) -> None:
    """Give what has no name to the free positions, of the default set where that is possible."""
    wanted = {cmdlet.default_set} if cmdlet.default_set in sets else sets
    for held in positional:
        free = [
            parameter
            for parameter in cmdlet.parameters
            if parameter.position is not None
            and parameter.name.lower() not in named
            and (not parameter.sets or wanted & set(parameter.sets))
        ]
        if not free:
            shown = text(held)
            raise BindError(
                "A positional parameter cannot be found that accepts argument"
                f" '{'' if isinstance(shown, Unknown) else shown[:80]}'",
                "is the dash before a parameter's name missing?" if isinstance(held, str) else None,
            )
        _set(named, min(free, key=lambda parameter: parameter.position or 0), held)


def _bind_piped(cmdlet: Cmdlet, named: _Named, piped: object, sets: set[str]) -> None:
    """Give what the pipeline brings to a parameter of a set that is still possible.

    A name goes to ``-VMName``, a hash table to nobody; an object goes to the parameter of its set.
    """
    if isinstance(piped, Row):
        for parameter in cmdlet.parameters:
            if parameter.name == "InputObject" and (
                not parameter.sets or sets & set(parameter.sets)
            ):
                _set(named, parameter, piped)
                return
    is_name = isinstance(piped, str)
    if isinstance(piped, Table):
        by_name = False
        for parameter in cmdlet.parameters:
            if piped.has(parameter.name) and parameter.name.lower() not in named:
                _set(named, parameter, piped.get(parameter.name))
                by_name = True
        if by_name:
            return
    for parameter in cmdlet.parameters:
        if (
            parameter.piped
            and parameter.name.lower() not in named
            and (parameter.type.startswith("string") == is_name or isinstance(piped, Unknown))
            and (not parameter.sets or sets & set(parameter.sets))
        ):
            if parameter.type.startswith("string") and not is_name:
                continue
            _set(named, parameter, piped)
            return
    raise BindError(
        "The input object cannot be bound to any parameters for the command either because the"
        " command does not take pipeline input or the input and its properties do not match any of"
        " the parameters that take pipeline input"
    )


def _chosen(cmdlet: Cmdlet, named: _Named, sets: set[str]) -> str:
    """Return the set in which a call is: the default where it is possible."""
    if cmdlet.default_set in sets or not sets:
        return cmdlet.default_set
    complete = [
        name
        for name in sorted(sets)
        if all(
            parameter.name.lower() in named
            for parameter in cmdlet.parameters
            if parameter.mandatory and name in parameter.sets
        )
    ]
    return (complete or sorted(sets))[0]
