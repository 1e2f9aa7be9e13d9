"""The tables of the documentation are the catalogue's.

``pytest --update-golden`` writes them into their pages, between the marks that name what belongs
there.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hnvemu.catalogue.outcomes import OUTCOMES
from hnvemu.catalogue.pages import Kind, pages
from hnvemu.catalogue.rules import RULES
from hnvemu.catalogue.sources import SOURCES
from hnvemu.render.page import page_markdown
from hnvemu.trace.outcome import Reason

if TYPE_CHECKING:
    from collections.abc import Callable

DOCS = Path(__file__).parents[2] / "docs"
MARKED = re.compile(r"(<!-- (\w+)(?:: (.*?))? -->\n).*?(<!-- end -->)", re.DOTALL)
PAGES = {page.code: page for page in pages()}
NOT_EMITTED = " Not emitted by this version."


def rules(ids: list[str]) -> str:
    rows = ["| rule | what it does | can end in | known |", "| --- | --- | --- | --- |"]
    for rule in (RULES[each] for each in ids):
        ends = [f"outcome `{outcome}`" for outcome in rule.outcomes]
        ends += [f"`{reason}`" for reason in rule.reasons]
        rows.append(f"| {rule.id} | {rule.text} | {', '.join(ends)} | {rule.known} |")
    return "\n".join(rows).replace("|  |", "| |") + "\n"


def reasons(codes: list[str]) -> str:
    parts = [page_markdown(PAGES[code], PAGES, level=3, sources=False) for code in codes]
    return "\n" + "\n\n".join(parts) + "\n\n"


def outcomes(_: list[str]) -> str:
    rows = ["| outcome | condition |", "| --- | --- |"]
    rows += [
        f"| `{each.outcome}` | {each.text}{'' if each.emitted else NOT_EMITTED} |"
        for each in OUTCOMES
    ]
    return "\n".join(rows) + "\n"


def sources(_: list[str]) -> str:
    rows = ["| short name | source | where |", "| --- | --- | --- |"]
    rows += [f"| {source.name} | {source.title} | {source.address} |" for source in SOURCES]
    return "\n".join(rows) + "\n"


WRITERS: dict[str, Callable[[list[str]], str]] = {
    "rules": rules,
    "reasons": reasons,
    "outcomes": outcomes,
    "sources": sources,
}


def named(page: str, what: str) -> list[str]:
    """Return the codes that the marks of a page name."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return [
        code for found in MARKED.finditer(text) if found[2] == what for code in found[3].split()
    ]


@pytest.mark.parametrize("page", ["forwarding.md", "reasons.md"])
def test_the_page_has_what_the_catalogue_says(
    golden: Callable[[Path, str], None], page: str
) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")

    written = MARKED.sub(
        lambda found: found[1] + WRITERS[found[2]]((found[3] or "").split()) + found[4], text
    )

    golden(DOCS / page, written)


def test_every_rule_has_one_row() -> None:
    assert sorted(named("forwarding.md", "rules")) == sorted(RULES)


def test_every_reason_has_one_section() -> None:
    assert sorted(named("reasons.md", "reasons")) == sorted(Reason)


def test_reasons_stand_in_the_order_of_the_catalogue() -> None:
    order = [page.code for page in PAGES.values() if page.kind is Kind.REASON]

    assert named("reasons.md", "reasons") == order
