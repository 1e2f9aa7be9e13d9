"""The pages in ``docs/lint`` are the rules' own. ``pytest --update-golden`` writes them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hnvemu.catalogue.pages import pages
from hnvemu.lint.comments.catalogue import COMMENT_RULES
from hnvemu.lint.pages import GROUPS, lint_pages
from hnvemu.render.page import page_markdown

if TYPE_CHECKING:
    from collections.abc import Callable

    Golden = Callable[[Path, str], None]

FOLDER = Path(__file__).parents[2] / "docs" / "lint"
LINT_PAGES = lint_pages()
PAGES = {page.code: page for page in (*pages(), *LINT_PAGES)}
MODULES = Path(__file__).parents[2] / "hnvemu" / "lint" / "comments"


@pytest.mark.parametrize("page", LINT_PAGES, ids=[page.code for page in LINT_PAGES])
def test_a_page_is_what_its_rule_says(golden: Golden, page: object) -> None:
    code = page.code  # type: ignore[attr-defined]

    golden(FOLDER / f"{code}.md", page_markdown(PAGES[code], PAGES) + "\n")


def test_the_list_has_all_rules(golden: Golden) -> None:
    parts = ["# The lint rules", "[What lint is for, and how to use it](../lint.md)."]
    for group in GROUPS.values():
        listed = [page for page in LINT_PAGES if page.group == group]
        if listed:
            rows = ["| code | slug | severity | what it finds |", "| --- | --- | --- | --- |"]
            rows += [
                f"| [{page.code}]({page.code}.md) | `{page.slug}` | {page.severity} |"
                f" {page.title} |"
                for page in listed
            ]
            parts += [f"## {group[0].upper()}{group[1:]}", "\n".join(rows)]

    golden(FOLDER / "README.md", "\n\n".join(parts) + "\n")


def test_there_is_no_page_without_a_rule() -> None:
    assert {path.stem for path in FOLDER.glob("HNV*.md")} == {page.code for page in LINT_PAGES}


def test_every_page_has_all_its_parts() -> None:
    for page in LINT_PAGES:
        assert page.text
        assert page.instead
        assert page.known
        assert not isinstance(page.example, str)


def test_every_module_about_comments_is_in_the_catalogue() -> None:
    modules = {path.stem for path in MODULES.glob("hnv*.py")}

    assert modules == {
        f"{rule.code.lower()}_{rule.slug.replace('-', '_')}" for rule in COMMENT_RULES
    }
