"""Comments silence what they name, where they stand, and what is wrong with them is found."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lint.fakes import texts_of

from hnvemu.catalogue.definition import Fragment
from hnvemu.lint.comments.catalogue import COMMENT_RULES
from hnvemu.lint.ignores import WHOLE_FILE, ignores_of
from hnvemu.lint.judge import Judge
from hnvemu.lint.pages import lint_page
from hnvemu.lint.selection import codes_of
from hnvemu.lint.settings import Settings
from hnvemu.reader import samples

if TYPE_CHECKING:
    from hnvemu.lint.ignores import CommentRule

BAD = """\
hnv: 1
hosts: {H1: {provider_addresses: 192.168.10.11/24}}
virtual_networks:
  T:
    rdid: "{aaaaaaaa-0000-0000-0000-000000000001}"
    customer_routes:
      - {prefix: 10.0.1.0/24, next_hop: on-link, vsid: 3000}
    vms:
      A: {host: H1, vsid: 3000, mac: 02-00-00-00-01-0A, ca: 10.0.1.10}
"""
ROUTE, VM = "next_hop: on-link, vsid: 3000}", "ca: 10.0.1.10}"
SELECTED = Settings(select=codes_of(["HNV001", "HNV006", "HNV9"]))


def found(text: str, settings: Settings = SELECTED) -> list[tuple[str, int]]:
    """Return code and line of every finding."""
    linted = Judge(settings).lint(texts_of(p=text))
    return [(each.code, each.origin.line) for each in linted.found]


def test_without_comments_both_places_are_found() -> None:
    assert found(BAD) == [("HNV001", 7), ("HNV001", 9)]


@pytest.mark.parametrize(
    "comment",
    [
        "# hnv: ignore[HNV001] old lab",
        "#hnv: ignore[hnv001] old lab",
        "#  hnv:  ignore [ HNV001 , HNV006 ]: old lab",
        "# hnv: ignore[vsid-reserved] - old lab",
        "# a gateway  # hnv: ignore[HNV001] old lab",
    ],
)
def test_a_comment_silences_its_line(comment: str) -> None:
    findings = found(BAD.replace(ROUTE, f"{ROUTE} {comment}"))

    assert ("HNV001", 7) not in findings
    assert ("HNV001", 9) in findings


@pytest.mark.parametrize("between", ["", "      # and why\n", "# hnv: ignore[HNV001] twice\n"])
def test_a_comment_above_silences_the_next_line(between: str) -> None:
    comment = f"      # hnv: ignore[HNV001] old lab\n{between}"
    text = BAD.replace("      - {prefix", f"{comment}      - {{prefix")

    assert [code for code, _ in found(text)] == ["HNV001"]


@pytest.mark.parametrize(
    "between", ["\n", "      - {prefix: 10.0.2.0/24, next_hop: on-link, vsid: 5002}\n"]
)
def test_a_comment_does_not_reach_beyond_the_next_line(between: str) -> None:
    comment = f"      # hnv: ignore[HNV001] old lab\n{between}"
    text = BAD.replace("      - {prefix: 10.0.1", f"{comment}      - {{prefix: 10.0.1")

    codes = [code for code, _ in found(text)]

    assert sorted(codes) == ["HNV001", "HNV001", "HNV900"]


def test_a_comment_on_top_silences_the_whole_file() -> None:
    assert found("# Lab\n# hnv: ignore-file[HNV001] old lab\n" + BAD) == []


def test_a_comment_about_the_file_below_its_first_entry_is_found_and_does_nothing() -> None:
    assert found(BAD + "# hnv: ignore-file[HNV001] old lab\n") == [
        ("HNV001", 7),
        ("HNV001", 9),
        ("HNV902", 10),
    ]


def test_a_comment_of_one_file_silences_nothing_in_another() -> None:
    other = "# hnv: ignore-file[HNV001] old lab\nfirewall: {}\n"

    linted = Judge(SELECTED).lint(texts_of(a=other, p=BAD))

    assert [each.code for each in linted.found] == ["HNV900", "HNV001", "HNV001"]


@pytest.mark.parametrize(
    ("comment", "code"),
    [
        ("# hnv: ignore[HNV001]", "HNV901"),
        ("# hnv: ignore[HNV001] -", "HNV901"),
        ("# hnv: ignore", "HNV902"),
        ("# hnv: ignore because", "HNV902"),
        ("# hnv: ignore[] why", "HNV902"),
        ("# hnv: ignore[HNV999, HNV001] why", "HNV902"),
        ("# hnv: ignore[HNV001, HNV006] why", "HNV900"),
    ],
)
def test_what_is_wrong_with_a_comment_is_found_at_the_comment(comment: str, code: str) -> None:
    text = BAD.replace(ROUTE, f"{ROUTE} {comment}")

    assert (code, 7) in found(text)


def test_an_unknown_code_is_answered_with_the_nearest() -> None:
    text = BAD.replace(ROUTE, f"{ROUTE} # hnv: ignore[vsid-reservd] why")

    linted = Judge(SELECTED).lint(texts_of(p=text))

    [remark] = [each for each in linted.found if each.code == "HNV902"]
    assert remark.help == "did you mean HNV001?"


def test_a_comment_about_a_rule_that_did_not_run_is_not_unused() -> None:
    text = BAD.replace("hnv: 1", "hnv: 1 # hnv: ignore[HNV006] why")

    assert found(text, Settings(select=codes_of(["HNV001", "HNV9"]))) == found(BAD)
    assert ("HNV900", 1) in found(text)


def test_what_comments_silence_is_counted() -> None:
    text = "# hnv: ignore-file[HNV001] old lab\n" + BAD

    assert Judge(SELECTED).lint(texts_of(p=text)).ignored == 2


@pytest.mark.parametrize(
    "line",
    [
        "description: '# hnv: ignore[HNV001] why'",
        'description: "a # hnv: ignore[HNV001] why"',
        "description: |\n  # hnv: ignore[HNV001] why",
        "description: >-\n  a\n  # hnv: ignore[HNV001] why",
        "description: 'a\n  # hnv: ignore[HNV001] why'",
        "description: a#hnv:ignore[HNV001]",
        "# hnv: 1",
        "# hnv: ignored[HNV001]",
    ],
)
def test_what_is_no_such_comment_silences_nothing(line: str) -> None:
    assert ignores_of("p.yaml", f"{line}\n{BAD}") == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: b # hnv: ignore[X]", 1),
        ("a: | # hnv: ignore[X]\n  b", 1),
        ("a: 'b' # hnv: ignore[X]\n", 1),
        ("a: |\n  b\n# hnv: ignore[X]\nc: d", 4),
        ("a: 'b\n  # c' # hnv: ignore[X]\n", 2),
        ("é: b\r\n# hnv: ignore[X]\r\nc: d\r\n", 3),
        ("a: 😀\u2028b: c # hnv: ignore[X]", 2),
        ("# hnv: ignore-file[X]\na: b", WHOLE_FILE),
        ("a: b\n# hnv: ignore[X]", 3),
        ('{"a": "b", # hnv: ignore[X]\n"c": "d"}', 1),
    ],
)
def test_a_comment_is_found_wherever_yaml_takes_one(text: str, line: int) -> None:
    [ignore] = ignores_of("p.yaml", text)

    assert (ignore.line, ignore.words) == (line, ("X",))
    assert not ignore.is_below


def test_the_place_of_a_comment_is_that_of_its_sign() -> None:
    [ignore] = ignores_of("p.yaml", "a: b\nc: é # hnv: ignore[X] why not")

    assert ignore.origin == ("p.yaml", 2, 6)
    assert ignore.reason == "why not"


@pytest.mark.parametrize("rule", COMMENT_RULES, ids=[rule.code for rule in COMMENT_RULES])
def test_the_example_of_a_page_is_found(rule: CommentRule) -> None:
    """It is laid over the sample ``starter``, as a second file."""
    example = lint_page(rule).example
    assert isinstance(example, Fragment)

    linted = Judge(Settings(select=codes_of(["HNV001", "HNV9"]))).lint(
        texts_of(starter=samples()["starter"].read_text(encoding="utf-8"), example=example.yaml)
    )

    assert rule.code in {each.code for each in linted.found}
    assert re.findall(r"^## (.*)$", rule.doc, re.MULTILINE) == [
        "Why it matters",
        "Example",
        "Instead",
        "How sure",
    ]


@given(st.text("ab #:'\"|>\n-hnvigore[]", max_size=40))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_a_comment_is_what_the_parser_does_not_see(between: str) -> None:
    """Whatever stands around: what is found can be taken out, and the text says the same."""
    import yaml

    text = f"a: 1\n{between} # hnv: ignore[X] why\nb: 2\n"
    try:
        said = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError):
        return
    for ignore in ignores_of("p.yaml", text):
        lines = text.split("\n")
        at = ignore.origin.line - 1
        lines[at] = lines[at][: ignore.origin.column - 1]

        assert yaml.safe_load("\n".join(lines)) == said
