"""Frozen values, cheap to define: what ``dataclass(frozen, slots, kw_only)`` gives, lazily.

Every command defines some thirty of these classes before it answers, and writing out the methods
that a dataclass generates for each takes longer than reading a small policy. Here one method is
generated, ``__init__``; the others are shared.
"""

from __future__ import annotations

from dataclasses import MISSING, Field, field
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Never, TypeVar, dataclass_transform

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

__all__ = ["field", "replace", "value"]


@dataclass_transform(
    eq_default=True, frozen_default=True, kw_only_default=True, field_specifiers=(field,)
)
def value(cls: type[T]) -> type[T]:
    """Make ``cls`` a frozen, slotted class of its annotated fields, given by keyword.

    Defaults are as in a dataclass, by :func:`dataclasses.field` too; fields with ``compare=False``
    take no part in equality.
    """
    names = tuple(cls.__annotations__)
    space: dict[str, Any] = dict(cls.__dict__)
    for name in ("__dict__", "__weakref__"):
        space.pop(name, None)
    stated = {name: space.pop(name) for name in names if name in space}
    compared = [name for name in names if _is_compared(stated.get(name))]
    space |= {
        "__slots__": names,
        "__match_args__": names,
        "__eq__": _eq,
        "__hash__": _hash,
        "__repr__": _repr,
        "__reduce__": _reduce,
        "__replace__": replace,
        "__setattr__": _refuse,
        "__delattr__": _refuse,
        "_compared": attrgetter(*compared),
    }
    make: Any = type(cls)
    made: type[T] = make(cls.__name__, cls.__bases__, space)
    made.__qualname__ = cls.__qualname__
    type.__setattr__(made, "__init__", _init(made, names, stated))  # it needs the slots' setters
    return made


def replace(old: T, /, **changes: Any) -> T:
    """Return a value like ``old`` with some fields changed; ``copy.replace`` does the same."""
    return type(old)(**{**_fields(old), **changes})


def _is_compared(stated: object) -> bool:
    return stated.compare if isinstance(stated, Field) else True


def _init(made: type, names: tuple[str, ...], stated: dict[str, Any]) -> Callable[..., None]:
    """Write the ``__init__`` that sets every field, each by its slot's own setter."""
    given, lines = [], []
    space: dict[str, Any] = {"_absent": MISSING}
    for name in names:
        space[f"_set_{name}"] = made.__dict__[name].__set__
        default = stated.get(name, MISSING)
        source = name
        if isinstance(default, Field) and default.default_factory is not MISSING:
            space[f"_make_{name}"] = default.default_factory
            source = f"_make_{name}() if {name} is _absent else {name}"
            default = MISSING
            given.append(f"{name}=_absent")
        else:
            default = default.default if isinstance(default, Field) else default
            if default is MISSING:
                given.append(name)
            else:
                space[f"_default_{name}"] = default
                given.append(f"{name}=_default_{name}")
        lines.append(f" _set_{name}(self, {source})")
    exec(f"def __init__(self, *, {', '.join(given)}):\n" + "\n".join(lines), space)  # noqa: S102 - field names alone
    init: Callable[..., None] = space["__init__"]
    return init


def _fields(self: Any) -> dict[str, Any]:
    return {name: getattr(self, name) for name in self.__slots__}


def _eq(self: Any, other: Any) -> Any:
    if self is other:
        return True
    if type(self) is not type(other):
        return NotImplemented
    compared = self._compared
    return compared(self) == compared(other)


def _hash(self: Any) -> int:
    return hash((type(self), self._compared(self)))


def _repr(self: Any) -> str:
    fields = ", ".join(f"{name}={found!r}" for name, found in _fields(self).items())
    return f"{type(self).__qualname__}({fields})"


def _reduce(self: Any) -> tuple[Any, ...]:
    made: Any = type(self)
    return partial(made, **_fields(self)), ()


def _refuse(self: object, name: str, *_: object) -> Never:
    raise AttributeError(f"{type(self).__name__} is frozen: cannot set {name}")
