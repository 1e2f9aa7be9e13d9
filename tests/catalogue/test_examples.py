"""Every example of the catalogue runs and shows what its page says."""

from __future__ import annotations

import json
import os
import shlex
from typing import TYPE_CHECKING, Any

import pytest
from catalogue.test_rules import kinds_of_steps, rules_of

from hnvemu.catalogue.definition import Example
from hnvemu.catalogue.pages import Kind, Page, pages
from hnvemu.cli.app import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EXAMPLES = {
    page.code: (page, page.example) for page in pages() if isinstance(page.example, Example)
}
PRINTING = {code: each for code, each in EXAMPLES.items() if each[1].prints}
CITED = {rule for kind in kinds_of_steps() for rule in rules_of(kind)}


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Run where no policy lies and none is named."""
    for name in [name for name in os.environ if name.startswith("HNVEMU_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def output(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    code = main(arguments)
    ran = capsys.readouterr()
    assert code in (0, 3), ran.err
    assert ran.err == "" or ran.err.startswith("note: this is what if: ")
    return ran.out


def traces(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a trace, its reply, and the copies of both."""
    yield document
    for inner in (*document["branches"], document["return"]):
        if inner is not None:
            yield from traces(inner)


def codes(document: dict[str, Any], kind: Kind) -> set[str]:
    """Return what a trace says of codes of one kind."""
    if kind is not Kind.RULE:
        return {each["verdict"][kind.value] for each in traces(document)}
    return {
        rule
        for each in traces(document)
        for part in (*each["notes"], *(step for hop in each["hops"] for step in hop["steps"]))
        for rule in part["rules"]
    }


@pytest.mark.parametrize(("page", "example"), EXAMPLES.values(), ids=list(EXAMPLES))
def test_the_example_shows_the_code(
    capsys: pytest.CaptureFixture[str], page: Page, example: Example
) -> None:
    program, command, *arguments = shlex.split(example.command)
    assert program == "hnvemu"
    if command != "trace" or "-f" in arguments:
        assert example.prints, "what does it show?"
        return
    if page.kind is Kind.RULE and page.code not in CITED:
        assert example.prints, "no step cites it: what does it show?"
        return

    document = json.loads(output(capsys, command, *arguments, "--json"))

    assert page.code in codes(document, page.kind)


@pytest.mark.parametrize(("page", "example"), PRINTING.values(), ids=list(PRINTING))
def test_the_example_prints_what_the_page_says(
    capsys: pytest.CaptureFixture[str], page: Page, example: Example
) -> None:
    _, *arguments = shlex.split(example.command)
    assert example.prints not in example.command, "a trace repeats what it supposes"

    out = output(capsys, *arguments)

    assert example.prints in " ".join(out.split()), page.code
