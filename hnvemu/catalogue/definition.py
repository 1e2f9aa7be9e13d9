"""What the catalogue says of one rule, one reason or one outcome.

Rules of the file: each fact is written down once. Who names a rule is written with the one that
names; the other direction is worked out in :mod:`hnvemu.catalogue.pages`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from hnvemu.value import value

if TYPE_CHECKING:
    from hnvemu.model.policy import Profile
    from hnvemu.trace.outcome import Outcome, Reason


class Confidence(StrEnum):
    """How much one may rely on a rule where a real host is concerned."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@value
class Example:
    """A command that shows a rule at work. Every example is run by a test."""

    command: str
    shows: str
    """What to look at, in a sentence."""
    prints: str = ""
    """Words that the command prints; they are on the page, and the test looks for them."""


@value
class Fragment:
    """A piece of a policy that shows what a lint rule finds. Every fragment is linted by a test."""

    yaml: str
    """It is laid over the sample ``starter``."""


@value
class Rule:
    """One rule of the forwarding model. ``id`` is its key."""

    id: str
    title: str
    text: str
    """The rule, exactly."""
    known: str
    """How it is known: ``documented``, ``inferred``, ``unknown`` or ``decided here``, and of what.

    Short names of :mod:`hnvemu.catalogue.sources` stand in brackets.
    """
    confidence: Confidence
    product: str = ""
    """What the real product does, where that is more than the rule says."""
    profiles: tuple[Profile, ...] = ()
    """Where it holds; empty: under every profile."""
    reasons: tuple[Reason, ...] = ()
    """What a packet can end in by this rule."""
    outcomes: tuple[Outcome, ...] = ()
    """The same, where no reason goes with the end."""
    see: tuple[str, ...] = ()
    """Ids of rules that one should read too."""
    example: Example | str
    """A sentence, where no command can show it."""


@value
class ReasonDefinition:
    """When a packet is lost for a reason, or left undecided. ``reason`` is the key."""

    reason: Reason
    title: str
    text: str
    """The exact condition, given that no earlier one held."""
    product: str
    """What a real host calls it."""
    emitted: bool = True
    """Whether a packet can end in it; the driver's vocabulary has more than this model needs."""
    example: Example | str


@value
class OutcomeDefinition:
    """What became of a packet. ``outcome`` is the key."""

    outcome: Outcome
    title: str
    text: str
    emitted: bool = True
    example: Example | str
