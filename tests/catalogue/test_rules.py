"""The catalogue is whole: every code has one page, and whatever a page names is there."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from hnvemu.catalogue import outcomes, reasons
from hnvemu.catalogue.definition import Example
from hnvemu.catalogue.pages import EVIDENCE, Kind, Page, folded, outcome_of, pages
from hnvemu.catalogue.rules import RULES, SERIES
from hnvemu.catalogue.sources import SOURCES
from hnvemu.trace import steps
from hnvemu.trace.outcome import Outcome, Reason
from hnvemu.trace.step import Step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.catalogue.definition import Rule

PAGES = pages()
ID = re.compile(r"\b(?:ACL|ARP|BUM|DHCP|ENC|FWD|GWY|ICMP|ING|MOB|OBJ|RCV|SRC)-\d+b?\b")
CITED = re.compile(r"\[([^\]]+)\]")
LISTS = [rules for _, rules in SERIES]


def kinds_of_steps() -> list[type[Step]]:
    classes = [kind for _, kind in inspect.getmembers(steps, inspect.isclass)]
    return [kind for kind in classes if issubclass(kind, Step) and kind is not Step]


def rules_of(kind: type[Step]) -> set[str]:
    """Return the ids that steps of a class may cite: of some they depend on the evidence."""
    tables = [value for name, value in inspect.getmembers(kind) if name.startswith("rules_by_")]
    stated: Any = kind.rules
    found = stated if isinstance(stated, tuple) else ()
    return {*found, *(rule for table in tables for rules in table.values() for rule in rules)}


def reasons_of(kind: type[Step]) -> set[Reason]:
    stated: Any = kind.reason
    if isinstance(stated, property):  # it depends on the direction
        return {Reason.ACL_DENY_OUT, Reason.ACL_DENY_IN}
    return set() if stated is None else {stated}


def texts(page: Page) -> Iterator[str]:
    yield from (page.title, page.text, page.product, page.known)
    if isinstance(page.example, str):
        yield page.example
    elif isinstance(page.example, Example):
        yield page.example.shows


def number(rule: Rule) -> tuple[int, str]:
    digits = re.sub(r"\D", "", rule.id)
    return int(digits), rule.id


# Whole


def test_every_rule_that_a_step_applies_is_in_the_catalogue() -> None:
    applied = {rule for kind in kinds_of_steps() for rule in rules_of(kind)}

    assert sorted(applied - set(RULES)) == []


def test_every_reason_has_one_page() -> None:
    codes = [page.code for page in PAGES if page.kind is Kind.REASON]

    assert sorted(codes) == sorted(Reason)


def test_every_outcome_has_one_page() -> None:
    codes = [page.code for page in PAGES if page.kind is Kind.OUTCOME]

    assert codes == list(Outcome)


def test_no_two_pages_have_one_code() -> None:
    codes = [folded(page.code) for page in PAGES]

    assert sorted({code for code in codes if codes.count(code) > 1}) == []


@pytest.mark.parametrize("rules", LISTS, ids=[name for name, _ in SERIES])
def test_a_series_counts_upwards(rules: tuple[Rule, ...]) -> None:
    for prefix in {rule.id.partition("-")[0] for rule in rules}:
        of_prefix = [rule for rule in rules if rule.id.startswith(f"{prefix}-")]

        assert of_prefix == sorted(of_prefix, key=number)


# Cross references


def test_what_a_rule_names_is_there_and_not_itself() -> None:
    unknown = {(rule.id, other) for rule in RULES.values() for other in {*rule.see} - set(RULES)}

    assert unknown == set()
    assert [rule.id for rule in RULES.values() if rule.id in rule.see] == []


def test_every_rule_has_a_neighbour() -> None:
    lonely = [page.code for page in PAGES if page.kind is Kind.RULE and not page.rules]

    assert lonely == []


def test_references_lead_both_ways() -> None:
    known = {page.code: page for page in PAGES}

    for page in PAGES:
        for code in (*page.outcomes, *page.reasons, *page.rules):
            other = known[code]
            assert page.code in (*other.outcomes, *other.reasons, *other.rules), (page.code, code)


def test_every_code_in_a_text_has_a_page() -> None:
    known = {page.code for page in PAGES}

    missing = {
        code
        for page in PAGES
        for text in texts(page)
        for code in (*ID.findall(text), *re.findall(r"`([A-Z]+(?:_[A-Z]+)+)`", text))
    } - known

    assert missing == set()


@pytest.mark.parametrize("reason", Reason)
def test_a_reason_belongs_to_a_rule_of_each_step_that_ends_in_it(reason: Reason) -> None:
    page = next(page for page in PAGES if page.code == reason)

    for kind in kinds_of_steps():
        if reason in reasons_of(kind) and rules_of(kind):
            assert rules_of(kind) & {*page.rules}, kind


def test_a_reason_goes_with_the_outcome_of_its_steps() -> None:
    for kind in kinds_of_steps():
        for reason in reasons_of(kind):
            assert kind.outcome is outcome_of(reason), kind


def test_an_outcome_without_reasons_belongs_to_a_rule_of_each_step_that_ends_in_it() -> None:
    known = {page.code: page for page in PAGES}

    for kind in kinds_of_steps():
        if kind.outcome is not None and not known[kind.outcome].reasons:
            assert rules_of(kind) & {*known[kind.outcome].rules}, kind


# Knowledge


@pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
def test_a_rule_says_how_it_is_known(rule: Rule) -> None:
    assert any(mark in rule.known for mark in EVIDENCE)


@pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
def test_what_is_documented_has_a_source(rule: Rule) -> None:
    assert "documented" not in rule.known or CITED.search(rule.known)


def test_every_source_that_is_cited_is_listed_and_every_listed_one_is_cited() -> None:
    names = [source.name for source in SOURCES]
    defined = [*reasons.GROUPS, ("", outcomes.OUTCOMES)]

    cited = {name for rule in RULES.values() for name in CITED.findall(rule.known)}
    cited |= {
        name
        for _, some in defined
        for each in some
        for name in CITED.findall(getattr(each, "product", ""))
    }

    assert sorted(cited) == sorted(names)


def test_a_rule_that_nobody_knows_is_not_relied_upon() -> None:
    guessed = [rule for rule in RULES.values() if rule.known.startswith("unknown")]

    assert {str(rule.confidence) for rule in guessed} == {"low"}


# Emitted


def test_the_catalogue_says_which_reasons_a_trace_can_have() -> None:
    emitted = {reason for kind in kinds_of_steps() for reason in reasons_of(kind)}

    assert {page.code for page in PAGES if page.kind is Kind.REASON and page.emitted} == emitted


def test_the_catalogue_says_which_outcomes_a_trace_can_have() -> None:
    emitted = {kind.outcome for kind in kinds_of_steps()} - {None}

    assert {page.code for page in PAGES if page.kind is Kind.OUTCOME and page.emitted} == emitted


# Style


@pytest.mark.parametrize("page", PAGES, ids=[page.code for page in PAGES])
def test_titles_are_short_and_texts_are_sentences(page: Page) -> None:
    assert len(page.title) <= 80
    assert not page.title.endswith(".")
    assert page.text.endswith((".", ".)"))
    assert not any("  " in text for text in texts(page))


def test_a_trace_does_without_the_catalogue() -> None:
    program = (
        "import sys\n"
        "from hnvemu.cli.app import main\n"
        "main(['trace', '-p', 'sample:starter', 'A', 'B'])\n"
        "sys.exit('hnvemu.catalogue' in sys.modules)\n"
    )

    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)

    assert ran.returncode == 0
