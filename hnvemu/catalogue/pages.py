"""A page for every code: what the catalogue says of it, and who belongs to it, both ways."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from hnvemu.catalogue import outcomes, reasons
from hnvemu.catalogue.rules import SERIES
from hnvemu.catalogue.sources import SOURCES
from hnvemu.trace.outcome import Outcome, Reason
from hnvemu.value import value

if TYPE_CHECKING:
    from hnvemu.catalogue.definition import (
        Confidence,
        Example,
        Fragment,
        OutcomeDefinition,
        ReasonDefinition,
        Rule,
    )
    from hnvemu.catalogue.sources import Source
    from hnvemu.model.policy import Profile

EVIDENCE: Final = ("documented", "inferred", "unknown", "decided here")
"""How a rule can be known. A ``known`` has at least one of these marks."""
OWN_WORD: Final = "hnvemu's own word: a real host has none that is known"
_CITED = re.compile(r"\[([^\]]+)\]")
_MARK = re.compile("|".join(EVIDENCE))
_UNDECIDED = (Reason.UNSUPPORTED, Reason.UNSUPPORTED_METHOD)


class Kind(StrEnum):
    """What a page is about."""

    OUTCOME = "outcome"
    REASON = "reason"
    RULE = "rule"
    LINT = "lint"


@value
class Page:
    """Everything that there is to say about one code."""

    code: str
    kind: Kind
    group: str
    title: str
    text: str
    product: str = ""
    known: str = ""
    """How it is known; of reasons and outcomes, how each of their rules is."""
    confidence: Confidence | None = None
    profiles: tuple[Profile, ...] = ()
    """Where it holds; empty: under every profile."""
    emitted: bool = True
    """Whether a trace can say it."""
    outcomes: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    """What it and its rules cite."""
    slug: str = ""
    """Another name of a lint rule."""
    severity: str = ""
    """Of what a lint rule finds."""
    instead: str = ""
    """What to write in place of what a lint rule finds."""
    example: Example | Fragment | str

    @property
    def evidence(self) -> tuple[str, ...]:
        """The marks of ``known``, each once."""
        return marks(self.known)


def pages() -> tuple[Page, ...]:
    """Return all pages: outcomes, reasons, and rules, each in the order of a packet's way."""
    rules = [rule for _, series in SERIES for rule in series]
    return (
        *(_of_outcome(each, rules) for each in outcomes.OUTCOMES),
        *(_of_reason(each, group, rules) for group, some in reasons.GROUPS for each in some),
        *(_of_rule(rule, group, rules) for group, series in SERIES for rule in series),
    )


def marks(known: str) -> tuple[str, ...]:
    """Return the marks of a text, each once, in its order."""
    return tuple(dict.fromkeys(_MARK.findall(known)))


def folded(code: str) -> str:
    """Return a code as it is compared: in one case, with one sign between words."""
    return code.strip().upper().replace("_", "-")


def _of_outcome(definition: OutcomeDefinition, rules: list[Rule]) -> Page:
    outcome = definition.outcome
    own = [rule for rule in rules if outcome in rule.outcomes]
    return Page(
        code=outcome,
        kind=Kind.OUTCOME,
        group="what became of a packet",
        title=definition.title,
        text=definition.text,
        emitted=definition.emitted,
        reasons=tuple(reason for reason in Reason if outcome_of(reason) is outcome),
        known=_known(own),
        rules=tuple(rule.id for rule in own),
        sources=_sources(*(rule.known for rule in own)),
        example=definition.example,
    )


def _of_reason(definition: ReasonDefinition, group: str, rules: list[Rule]) -> Page:
    own = [rule for rule in rules if definition.reason in rule.reasons]
    return Page(
        code=definition.reason,
        kind=Kind.REASON,
        group=group,
        title=definition.title,
        text=definition.text,
        product=definition.product or OWN_WORD,
        emitted=definition.emitted,
        outcomes=(outcome_of(definition.reason),),
        known=_known(own),
        rules=tuple(rule.id for rule in own),
        sources=_sources(definition.product, *(rule.known for rule in own)),
        example=definition.example,
    )


def _of_rule(rule: Rule, group: str, rules: list[Rule]) -> Page:
    near = {*rule.see, *(other.id for other in rules if rule.id in other.see)}
    return Page(
        code=rule.id,
        kind=Kind.RULE,
        group=group,
        title=rule.title,
        text=rule.text,
        product=rule.product,
        known=rule.known,
        confidence=rule.confidence,
        profiles=rule.profiles,
        outcomes=rule.outcomes,
        reasons=rule.reasons,
        rules=tuple(other.id for other in rules if other.id in near),
        sources=_sources(rule.known, rule.product),
        example=rule.example,
    )


def outcome_of(reason: Reason) -> Outcome:
    """Return the outcome that goes with a reason."""
    return Outcome.UNDECIDED if reason in _UNDECIDED else Outcome.DROPPED


def _known(rules: list[Rule]) -> str:
    """Say of which rules one knows what, by the first mark of each."""
    by_mark: dict[str, list[str]] = {mark: [] for mark in EVIDENCE}
    for rule in rules:
        by_mark[marks(rule.known)[0]].append(rule.id)
    return "; ".join(f"{mark} {', '.join(ids)}" for mark, ids in by_mark.items() if ids)


def _sources(*texts: str) -> tuple[Source, ...]:
    """Return the sources that the texts cite, in the order of the catalogue."""
    cited = {name for text in texts for name in _CITED.findall(text)}
    return tuple(source for source in SOURCES if source.name in cited)
