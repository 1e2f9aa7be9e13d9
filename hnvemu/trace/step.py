"""The base of all steps: small frozen values, cheap to define and made once.

A step has two faces. Its fields are evidence, for people and for the tables that compare rows.
Its class, ``ends`` and ``onward`` are all that the pipeline may act on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Never, Self, dataclass_transform

if TYPE_CHECKING:
    from hnvemu.trace.outcome import Outcome, Reason


_set = object.__setattr__


def _one(self: Step, value: object) -> None:
    (name,) = self.__match_args__
    _set(self, name, value)
    _set(self, "onward", None)


def _two(self: Step, first: object, second: object) -> None:
    one, two = self.__match_args__
    _set(self, one, first)
    _set(self, two, second)
    _set(self, "onward", None)


def _three(self: Step, first: object, second: object, third: object) -> None:
    one, two, three = self.__match_args__
    _set(self, one, first)
    _set(self, two, second)
    _set(self, three, third)
    _set(self, "onward", None)


_FEW: dict[int, Any] = {1: _one, 2: _two, 3: _three}
"""Initialisers for so many fields, each in half the time of the one for any number."""


class _StepType(type):
    """Makes the annotated fields of a step its slots: a large capture has 100,000s of steps."""

    def __new__(
        cls, name: str, bases: tuple[type, ...], space: dict[str, Any], **options: Any
    ) -> type:
        kinds: dict[str, str] = space.get("__annotations__", {})
        fields = tuple(field for field, kind in kinds.items() if not kind.startswith("ClassVar"))
        space["__slots__"] = fields
        if bases:
            space["__match_args__"] = fields
        return super().__new__(cls, name, bases, space, **options)


@dataclass_transform(frozen_default=True, eq_default=True)
class Step(metaclass=_StepType):
    """One decision of a switch and what decided it.

    Subclasses list their evidence as annotated fields, in the order of their arguments. There are
    dozens of them, and a command defines them all before it answers: writing out what
    ``dataclass`` would generate for each costs a third of its start-up time, so this base class
    does it once for all.
    """

    outcome: ClassVar[Outcome | None] = None
    """What became of the packet, in a step that is the packet's last."""
    reason: ClassVar[Reason | None] = None
    rules: ClassVar[tuple[str, ...]] = ()
    """The rules of the forwarding model that the step applies."""
    minor: ClassVar[bool] = False
    """Whether a reader who did not ask for every stage can do without it."""
    ends: ClassVar[bool] = False
    """Whether the packet goes no further than this step."""
    onward: Any
    """The tables that the pipeline asks next, or None; not part of equality."""

    __match_args__: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        cls.ends = cls.outcome is not None
        few = _FEW.get(len(cls.__match_args__))
        if few is not None:
            cls.__init__ = few  # type: ignore[method-assign]  # it takes as many as there are

    def __init__(self, *evidence: object) -> None:
        for name, value in zip(self.__match_args__, evidence, strict=True):
            _set(self, name, value)
        _set(self, "onward", None)

    def leading_to(self, tables: object) -> Self:
        """Set ``onward`` on a step that was just made, and return it."""
        _set(self, "onward", tables)
        return self

    @property
    def evidence(self) -> tuple[Any, ...]:
        """The values of the fields, in order."""
        return tuple(getattr(self, name) for name in self.__match_args__)

    def __setattr__(self, name: str, value: object) -> Never:
        raise AttributeError(f"{type(self).__name__} is frozen: cannot set {name}")

    def __eq__(self, other: object) -> bool:
        return self is other or (type(self) is type(other) and self.evidence == other.evidence)

    def __hash__(self) -> int:
        return hash((type(self), self.evidence))

    def __reduce__(self) -> tuple[Any, ...]:
        """Leave tables out of a pickle: they are made anew."""
        return type(self), self.evidence

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__match_args__)
        return f"{type(self).__name__}({fields})"
