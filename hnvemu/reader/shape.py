"""The vocabulary of the format's table: what a value may look like, and what is made of it.

Rules of the file: only data. :mod:`hnvemu.reader.events` reads by these shapes, and
:mod:`hnvemu.reader.schema` writes them down as a JSON Schema; neither knows a key by name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hnvemu.model.origin import Origin


class Refused(ValueError):
    """A text that a type cannot hold."""

    def __init__(self, message: str, *, code: str | None = None, help: str | None = None) -> None:  # noqa: A002 - the word of the output
        super().__init__(message)
        self.code = code
        self.help = help


class Placed(NamedTuple):
    """A value together with the place it was read from."""

    value: Any
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scalar:
    """A value that is one word: how its text is read, and what an editor is told about it."""

    noun: str
    """With its article: "an IP address"."""
    read: Callable[[str], Any]
    """Raises ``ValueError`` with a sentence that names the text."""
    schema: Mapping[str, Any]
    code: str | None = None
    """The number of the lint catalogue that a text carries which cannot be read."""
    help: str | None = None
    make: Callable[[Any, Origin], Any] | None = None
    """Given the place as well, where what is made keeps it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ListOf:
    """A list; one word stands for a list of one."""

    item: Kind
    combine: Callable[[tuple[Any, ...]], Any] = tuple
    """Raises ``ValueError`` where the items do not go together."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Names:
    """A mapping from names that the policy chooses; becomes a dict of placed values."""

    noun: str
    """What a name names: "host"."""
    item: Kind


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Either:
    """A value that may be written in more than one way, told apart by its YAML kind."""

    scalar: Scalar | None = None
    mapping: Record | None = None
    sequence: ListOf | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Anything:
    """A value that is not looked into."""


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """A key of a record, what it holds, and the sentence that explains it."""

    key: str
    kind: Kind
    text: str
    required: bool = field(kw_only=True, default=False)
    once: bool = field(kw_only=True, default=False)
    """Whether one of a policy's files has to have it."""
    into: str = field(kw_only=True, default="")
    """The name of the value where it is not the key."""
    default: object = field(kw_only=True, default=None)
    """What an editor shows; the model knows its own defaults."""
    cmdlet: tuple[str, ...] = field(kw_only=True, default=())
    """What PowerShell calls it: whoever writes that is told the key."""


class Instead(NamedTuple):
    """A key that stands in place of all others, but those ``beside`` it."""

    key: str
    beside: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Record:
    """A mapping with keys that the format knows."""

    name: str
    """Of its definition in the schema: ``lookup_record``."""
    noun: str
    """With its article: "a lookup record"."""
    text: str
    fields: tuple[Field, ...]
    make: Callable[..., Any] = dict
    """Gets each value by its name, and ``origin``."""
    instead: Instead | None = None
    one_of: tuple[str, ...] = ()
    """Keys of which exactly one is written."""
    hints: Mapping[str, str] = field(default_factory=dict)
    """Keys that people try here, and what to do in their place."""
    declares_names: bool = False
    """Whether names that other parts refer to are written below it."""
    index: Mapping[str, tuple[str, Callable[[str], Any] | None, Field]] = field(init=False)
    """By key: the name of the value, the reader of a plain word, the field."""
    required: frozenset[str] = field(init=False)
    """Names of the values that must be there."""

    def __post_init__(self) -> None:
        """Prepare what reading a hundred thousand records looks at."""
        index = {}
        for entry in self.fields:
            kind = entry.kind
            plain = kind.read if isinstance(kind, Scalar) and kind.make is None else None
            index[entry.key] = (entry.into or entry.key, plain, entry)
        object.__setattr__(self, "index", index)
        required = frozenset(into for into, _, entry in index.values() if entry.required)
        object.__setattr__(self, "required", required)


Kind: TypeAlias = Scalar | ListOf | Names | Either | Anything | Record


def squeezed(word: str) -> str:
    """Return what is left of a word without case, ``_``, ``-`` and space: all its spellings."""
    return word.lower().replace("_", "").replace("-", "").replace(" ", "")
