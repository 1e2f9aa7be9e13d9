"""What a lint rule is, and what it finds.

Rules of the package: a check is a pure function of a :class:`hnvemu.lint.subject.Subject`; it
decides questions about packets with the engine, or with exact sets of addresses and ports, and
never guesses. A rule's module docstring is its page. Codes are never reused.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from hnvemu.model.policy import Profile
from hnvemu.value import value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hnvemu.findings import Note
    from hnvemu.lint.subject import Subject
    from hnvemu.model.origin import Origin
    from hnvemu.trace.outcome import Reason


class Severity(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    """Packets will be lost, or a real host would refuse the object."""
    WARNING = "warning"
    """It works by luck, or differs between product generations."""
    NOTE = "note"


class FailLevel(StrEnum):
    """From which severity on a finding is a failure."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"
    NEVER = "never"

    def fails(self, severity: Severity) -> bool:
        """Whether a finding of that severity is a failure."""
        order = [*Severity]
        return self is not FailLevel.NEVER and order.index(severity) <= order.index(Severity(self))


class SetKey(NamedTuple):
    """Part of a certain fix: set a key of the entry that is written at an origin."""

    origin: Origin
    key: str
    value: object


class Remove(NamedTuple):
    """Part of a certain fix: take out the entry that is written at an origin."""

    origin: Origin


class RemoveKey(NamedTuple):
    """Part of a certain fix: take a key out of the entry that is written at an origin."""

    origin: Origin
    key: str


Mend: TypeAlias = SetKey | Remove | RemoveKey


@value
class Problem:
    """One thing that a rule found."""

    message: str
    """A sentence without its full stop that names the values: what is wrong, not what to do."""
    origin: Origin
    related: tuple[Note, ...] = ()
    """Other places that it is about."""
    help: str = ""
    """What to change, with the cmdlet where there is one."""
    severity: Severity | None = None
    """Where it is not the rule's own."""
    effect: Reason | None = None
    """What a packet suffers, where it is not what the rule says."""
    mends: tuple[Mend, ...] = ()
    """A fix that is certain; empty where somebody has to choose."""


@value
class Rule:
    """A rule of the catalogue."""

    code: str
    """``HNV111``."""
    slug: str
    """What it finds, so that it reads well after "ignore": ``wildcard-missing``."""
    severity: Severity
    check: Callable[[Subject], Iterable[Problem]]
    doc: str
    """The module's docstring: a sentence, then the headings of a page."""
    effect: Reason | None = None
    """The reason that a packet would be lost for."""
    profiles: tuple[Profile, ...] = tuple(Profile)
    """The product generations that it is about."""

    @property
    def title(self) -> str:
        """The first sentence of the page, without its full stop."""
        return title_of(self.doc)


def title_of(doc: str) -> str:
    """Return the first sentence of a page, without its full stop."""
    return " ".join(doc.strip().partition("\n\n")[0].split()).rstrip(".")
