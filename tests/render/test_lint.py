"""Findings that have no line, and odd words: every form shows them all the same."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from hnvemu.lint.judge import Linted
from hnvemu.lint.rule import FailLevel, Severity
from hnvemu.lint.run import Diagnostic
from hnvemu.model.origin import BUILT_IN, Origin
from hnvemu.render.annotations import github, junit
from hnvemu.render.layout import plain
from hnvemu.render.lint import frames_of, lint_document, lint_lines, lint_markdown, summary


def linted(origin: Origin, message: str = "it is wrong") -> Linted:
    found = Diagnostic(
        code="HNV001", slug="some", severity=Severity.NOTE, message=message, origin=origin
    )
    return Linted(found=(found,))


@pytest.mark.parametrize("origin", [BUILT_IN, Origin("p.yaml", 0, 0)])
def test_what_is_about_a_whole_file_has_no_line(origin: Origin) -> None:
    result = linted(origin)

    assert plain(lint_lines(result)).startswith(f"{origin.file}: note HNV001 [some] it is wrong")
    assert github(result).startswith(f"::notice file={origin.file},title=HNV001 some::it is wrong")
    assert f"| {origin.file} | it is wrong |" in lint_markdown(result)
    [finding] = lint_document(result)["findings"]
    assert finding["origin"] == {"file": origin.file, "line": None, "column": None}
    assert f'message="{origin.file}: it is wrong"' in junit(result, FailLevel.NOTE)
    assert frames_of(result.found, {}) == {}


@pytest.mark.parametrize("line", ["", "  ", None])
def test_a_line_that_shows_nothing_is_not_shown(line: str | None) -> None:
    files = {} if line is None else {"p.yaml": line.encode()}

    assert frames_of(linted(Origin("p.yaml", 1, 1)).found, files) == {}


def test_a_long_line_is_cut_around_the_place() -> None:
    text = "a" * 1000 + "b" + "c" * 1000

    [frame] = frames_of(linted(Origin("p.yaml", 1, 1001)).found, {"p.yaml": text.encode()}).values()

    assert len(frame.text) < 300
    assert frame.text[1000 - frame.before] == "b"


def test_no_word_of_a_finding_is_taken_for_a_command() -> None:
    result = linted(Origin("a,b:c%.yaml", 1, 2), "100%\r\n::error::x")

    first, last = github(result).split("\n")

    assert first == (
        "::notice file=a%2Cb%3Ac%25.yaml,line=1,col=2,title=HNV001 some::100%25%0D%0A::error::x"
    )
    assert last == "1 note"


def test_what_xml_cannot_hold_is_replaced() -> None:
    text = junit(linted(Origin("p.yaml", 1, 2), "\x00<&\"'\ud800]]>\x1b"), FailLevel.NOTE)

    case = ET.fromstring(text.encode()).find(".//failure")
    assert case is not None
    assert case.get("message") == "p.yaml:1:2: \ufffd<&\"'\ufffd]]>\ufffd"


def test_markdown_shows_signs_as_they_are() -> None:
    text = lint_markdown(linted(Origin("a|b.yaml", 1, 2), "*x* <b> `y`\n| z"))

    [row] = [line for line in text.splitlines() if line.startswith("| note")]
    assert row == r"| note | HNV001 | a\|b.yaml:1 | \*x\* \<b\> \`y\`\\n\| z |"


def test_a_failure_names_the_first_of_several() -> None:
    one, two = (linted(Origin("p.yaml", line, 1)).found[0] for line in (1, 2))

    text = junit(Linted(found=(one, two)), FailLevel.NOTE)

    assert 'message="p.yaml:1:1: it is wrong (and 1 more)"' in text
    assert summary(Linted(found=(one, two))) == "2 notes"
