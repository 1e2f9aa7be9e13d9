"""The vocabulary of the format's table: what a value may look like, and what is made of it.

Rules of the file: only data, and cheap, since all of it is made whenever hnvemu starts.
:mod:`hnvemu.reader.events` reads by these shapes, and :mod:`hnvemu.reader.schema` writes them
down as a JSON Schema; neither knows a key by name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hnvemu.model.origin import Origin


class RefusedError(ValueError):
    """A text that a type cannot hold."""

    def __init__(self, message: str, *, code: str | None = None, help: str | None = None) -> None:  # noqa: A002 - the word of the output
        super().__init__(message)
        self.code = code
        self.help = help


class Placed(NamedTuple):
    """A value together with the place it was read from."""

    value: Any
    origin: Origin


class Scalar(NamedTuple):
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


class ListOf(NamedTuple):
    """A list; one word stands for a list of one."""

    item: Kind
    combine: Callable[[tuple[Any, ...]], Any] = tuple
    """Raises ``ValueError`` where the items do not go together."""


class Names(NamedTuple):
    """A mapping from names that the policy chooses; becomes a dict of placed values."""

    noun: str
    """What a name names: "host"."""
    item: Kind


class Either(NamedTuple):
    """A value that may be written in more than one way, told apart by its YAML kind."""

    scalar: Scalar | ListOf | None = None
    mapping: Record | None = None
    sequence: ListOf | None = None


class Anything(NamedTuple):
    """A value that is not looked into."""


class Field(NamedTuple):
    """A key of a record, what it holds, and the sentence that explains it."""

    key: str
    kind: Kind
    text: str
    required: bool = False
    once: bool = False
    """Whether one of a policy's files has to have it."""
    into: str = ""
    """The name of the value where it is not the key."""
    default: object = None
    """What an editor shows; the model knows its own defaults."""
    cmdlet: tuple[str, ...] = ()
    """What PowerShell calls it: whoever writes that is told the key."""


class Instead(NamedTuple):
    """A key that stands in place of all others, but those ``beside`` it."""

    key: str
    beside: tuple[str, ...]


class Record:
    """A mapping with keys that the format knows."""

    __slots__ = (
        "by_key",
        "cmdlets",
        "declares_names",
        "fields",
        "hints",
        "instead",
        "make",
        "name",
        "noun",
        "one_of",
        "required",
        "text",
    )

    def __init__(
        self,
        *,
        name: str,
        noun: str,
        text: str,
        fields: tuple[Field, ...],
        make: Callable[..., Any] = dict,
        instead: Instead | None = None,
        one_of: tuple[str, ...] = (),
        hints: Mapping[str, str] | None = None,
        declares_names: bool = False,
    ) -> None:
        """Prepare what reading a hundred thousand records looks at.

        Args:
            name: Of its definition in the schema: ``lookup_record``.
            noun: With its article: "a lookup record".
            text: The sentence that explains it.
            fields: Its keys.
            make: Gets each value by its name, and ``origin``; ``dict`` makes a draft.
            instead: A key that stands in place of the others.
            one_of: Keys of which exactly one is written.
            hints: Keys that people try here, and what to do in their place.
            declares_names: Whether names that other parts refer to are written below it.
        """
        self.name = name
        self.noun = noun
        self.text = text
        self.fields = fields
        self.make = make
        self.instead = instead
        self.one_of = one_of
        self.hints = hints or {}
        self.declares_names = declares_names
        self.by_key: dict[str, tuple[str, Callable[[str], Any] | None, Field]] = {}
        """The name of the value, the reader of a plain word, the field."""
        for field in fields:
            self.by_key[field.key] = (field.into or field.key, _plain(field.kind), field)
        self.cmdlets = {squeezed(word): field.key for field in fields for word in field.cmdlet}
        """Keys by what PowerShell calls them."""
        self.required = frozenset(into for into, _, field in self.by_key.values() if field.required)
        """Names of the values that must be there."""


def _plain(kind: Kind) -> Callable[[str], Any] | None:
    """Return what reads a plain word of ``kind`` without knowing its place, if anything can."""
    if isinstance(kind, Scalar) and kind.make is None:
        return kind.read
    if isinstance(kind, ListOf) and isinstance(kind.item, Scalar) and kind.item.make is None:
        read, combine = kind.item.read, kind.combine
        return lambda text: combine((read(text),))
    return None


Kind: TypeAlias = Scalar | ListOf | Names | Either | Anything | Record


def squeezed(word: str) -> str:
    """Return what is left of a word without case, ``_``, ``-`` and space: all its spellings."""
    return word.lower().replace("_", "").replace("-", "").replace(" ", "")
