"""``hnvemu rule``: a page for every code."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest

from hnvemu.catalogue.pages import pages
from hnvemu.cli.rule import complete_code
from hnvemu.lint.pages import lint_pages

if TYPE_CHECKING:
    from collections.abc import Callable

    from cli.conftest import Ran

    Run = Callable[..., Ran]
    Golden = Callable[[Path, str], None]

GOLDEN = Path(__file__).parent / "golden" / "rule"


@pytest.mark.parametrize("code", ["FWD-15", "DST_RECORD_MISSING", "to_gateway", "STORM_LIMIT"])
def test_a_page_is_as_it_was_agreed(hnvemu: Run, golden: Golden, code: str) -> None:
    ran = hnvemu("rule", code)

    assert (ran.code, ran.err) == (0, "")
    golden(GOLDEN / f"{code}.txt", ran.out)


def test_a_page_is_markdown_too(hnvemu: Run, golden: Golden) -> None:
    golden(GOLDEN / "FWD-15.md", hnvemu("rule", "FWD-15", "-f", "markdown").out)


def test_a_page_is_json_too(hnvemu: Run, golden: Golden) -> None:
    golden(GOLDEN / "FWD-15.json", hnvemu("rule", "FWD-15", "--json").out)


def test_all_codes_are_listed(hnvemu: Run, golden: Golden) -> None:
    """Those of lint have a list of their own, in ``docs/lint``."""
    golden(GOLDEN / "all.txt", hnvemu("rule").out.partition("\nLint: ")[0])


def test_the_list_has_one_line_for_each_code(hnvemu: Run) -> None:
    listed = re.findall(r"^  (\S+)", hnvemu("rule").out, re.MULTILINE)

    assert listed == [page.code for page in (*pages(), *lint_pages())]


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_a_lint_rule_has_a_page_like_all_others(hnvemu: Run, golden: Golden, form: str) -> None:
    ran = hnvemu("rule", "HNV900", "-f", form)

    assert (ran.code, ran.err) == (0, "")
    golden(GOLDEN / f"HNV900.{form}", ran.out)


def test_a_lint_rule_is_found_by_its_slug(hnvemu: Run) -> None:
    assert hnvemu("rule", "Unused_Ignore").out == hnvemu("rule", "HNV900").out


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("fwd-15", "FWD-15"),
        ("FWD-2B", "FWD-2b"),
        ("dst_record_missing", "DST_RECORD_MISSING"),
        ("dst-record-missing", "DST_RECORD_MISSING"),
        ("TO-GATEWAY", "to_gateway"),
    ],
)
def test_a_code_is_read_in_any_case(hnvemu: Run, code: str, found: str) -> None:
    assert hnvemu("rule", code).out.split()[0] == found


@pytest.mark.parametrize(
    ("code", "help_"),
    [
        ("FWD-51", "did you mean 'FWD-5'?"),
        ("DST_RECORD_MISING", "did you mean 'DST_RECORD_MISSING'?"),
        ("nothing like it", "hnvemu rule lists them all"),
    ],
)
def test_an_unknown_code_exits_2_with_the_nearest(hnvemu: Run, code: str, help_: str) -> None:
    ran = hnvemu("rule", code)

    assert (ran.code, ran.out) == (2, "")
    assert f"error: there is no code '{code}'" in ran.err
    assert help_ in ran.err


def test_the_schema_holds_for_all_pages(hnvemu: Run) -> None:
    schema = json.loads(hnvemu("schema", "rule").out)

    jsonschema.validate(json.loads(hnvemu("rule", "--json").out), schema)


def test_every_fact_of_the_text_is_in_the_json(hnvemu: Run) -> None:
    (page,) = json.loads(hnvemu("rule", "RCV-10", "--json").out)["pages"]
    text = " ".join(hnvemu("rule", "RCV-10").out.split())

    facts = [page["code"], page["group"], page["title"], page["text"], page["known"]]
    facts += [page["confidence"], *page["reasons"], *page["rules"], *page["example"].values()]
    facts += [word for source in page["sources"] for word in source.values()]

    for fact in facts:
        assert fact is None or fact.replace("`", "").rstrip(".") in text


@pytest.mark.parametrize("code", ["ACL-41", "DST_PA_MISMATCH"])
def test_a_narrow_terminal_cuts_nothing_off(hnvemu: Run, code: str) -> None:
    wide = hnvemu("rule", code).out
    narrow = hnvemu("rule", code, "--color", "never", terminal=True).out

    def words(text: str) -> list[str]:
        return [word for word in text.split() if word not in ("\\", "$")]

    assert words(narrow) == words(wide)
    assert max(map(len, wide.splitlines())) > 80


def test_colour_changes_no_word(hnvemu: Run) -> None:
    plain = hnvemu("rule", "FWD-15").out
    colored = hnvemu("rule", "FWD-15", "--color", "always").out

    assert "\x1b[" in colored
    assert "".join(part.partition("m")[2] for part in ("\x1b[m" + colored).split("\x1b[")) == plain


def test_a_page_goes_to_a_file(hnvemu: Run, tmp_path: Path) -> None:
    hnvemu("rule", "NO_PORT", "-o", "page.txt")

    assert (tmp_path / "page.txt").read_text(encoding="utf-8").startswith("NO_PORT")


def test_two_forms_at_once_are_refused(hnvemu: Run) -> None:
    ran = hnvemu("rule", "NO_PORT", "--json", "-f", "markdown")

    assert (ran.code, ran.out) == (2, "")


def test_the_shell_completes_codes_in_the_case_that_it_has() -> None:
    assert complete_code("RCV-1") == ["RCV-1", "RCV-10", "RCV-11"]
    assert complete_code("src_p") == ["src_pa_mismatch"]
    assert complete_code("to_") == ["to_gateway", "to_outside"]
