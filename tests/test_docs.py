"""The documentation is true: its examples run, its lists are complete, its links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from scapy.layers.inet import ICMP, IP
from scapy.layers.l2 import Ether

from hnvemu import Fabric, Policy, load_policy
from hnvemu.catalogue.rules import RULES
from hnvemu.cli.app import main
from hnvemu.reader.format import POLICY
from hnvemu.reader.shape import Either, ListOf, Names, Record

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/*.md")])
RULE_ID = re.compile(r"\b(?:ACL|ARP|BUM|DHCP|ENC|FWD|GWY|ICMP|ING|MOB|OBJ|RCV|SRC)-\d+b?\b")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")


def blocks(page: str, language: str) -> list[tuple[int, str]]:
    """Return the code blocks of a page in one language, each with the line that it follows."""
    text = (ROOT / page).read_text()
    return [
        (text.count("\n", 0, found.start(2)), found[2])
        for found in BLOCK.finditer(text)
        if found[1] == language
    ]


def prose(page: Path) -> str:
    return BLOCK.sub("", page.read_text())


def anchors(page: Path) -> set[str]:
    """Return what a fragment may name: the headings, spelled as GitHub spells them."""
    headings = re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in headings}


def test_every_rule_that_the_code_cites_is_in_the_catalogue() -> None:
    cited = {
        rule
        for module in ROOT.glob("hnvemu/**/*.py")
        for rule in RULE_ID.findall(module.read_text())
    }

    assert sorted(cited - set(RULES)) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_rule_that_a_page_cites_is_in_the_catalogue(page: Path) -> None:
    cited = set(RULE_ID.findall(page.read_text()))

    assert sorted(cited - set(RULES)) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for target in LINK.findall(prose(page)):
        if target.startswith(("https://", "http://", "mailto:")):
            continue
        path, _, fragment = target.partition("#")
        place = page.parent / path if path else page
        if not place.exists() or (fragment and fragment not in anchors(place)):
            broken.append(target)

    assert broken == []


def keys(kind: Any) -> Iterator[str]:
    """Yield every key of the policy format, from the top down."""
    match kind:
        case Record():
            for field in kind.fields:
                yield field.key
                yield from keys(field.kind)
        case Names() | ListOf():
            yield from keys(kind.item)
        case Either():
            yield from keys(kind.mapping)
            yield from keys(kind.sequence)
        case _:
            pass  # a scalar holds no keys


def test_every_key_of_the_format_is_explained() -> None:
    page = prose(ROOT / "docs" / "policy.md")

    missing = {key for key in keys(POLICY) if f"`{key}`" not in page}

    assert sorted(missing) == []


def load_example(folder: Path, text: str) -> Policy:
    """Load an example as the page says: beside the first one, unless it is whole."""
    [(_, first), *_] = blocks("docs/policy.md", "yaml")
    (folder / "example.yaml").write_text(text)
    if not text.startswith("hnv: 1\n"):
        (folder / "a-policy.yaml").write_text(first)
    return load_policy(folder)


@pytest.mark.parametrize(
    "example",
    [pytest.param(text, id=f"line-{line}") for line, text in blocks("docs/policy.md", "yaml")],
)
def test_an_example_of_the_policy_page_loads(tmp_path: Path, example: str) -> None:
    policy = load_example(tmp_path, example)

    assert "T/A" in policy.ports


@pytest.mark.parametrize(
    ("first_line", "there", "back"),
    [
        ("lookup_records", "NO_PORT", "SRC_PA_MISMATCH"),
        ("without_lookup_records", "DST_RECORD_MISSING", "SRC_RECORD_MISSING"),
        ("restarted", "SRC_RECORD_MISSING", "PA_ARP_FAILED"),
    ],
)
def test_the_worked_example_of_a_stale_host_is_right(
    tmp_path: Path, first_line: str, there: str, back: str
) -> None:
    [example] = [
        text
        for _, text in blocks("docs/policy.md", "yaml")
        if re.match(rf"host_views:\n  H1:(?:\n    | {{){first_line}:", text)
    ]
    fabric = Fabric.compile(load_example(tmp_path, example))

    forth = fabric.send(Ether() / IP(dst="10.0.1.11") / ICMP(), at="A")
    reply = fabric.send(Ether() / IP(dst="10.0.1.10") / ICMP(type=0), at="B")

    assert (forth.reason, reply.reason) == (there, back)


def test_the_policy_of_the_readme_loads(tmp_path: Path) -> None:
    [(_, text)] = blocks("README.md", "yaml")
    (tmp_path / "policy.yaml").write_text(text)

    policy = load_policy(tmp_path)

    assert len(policy.ports) == 2


@pytest.mark.parametrize("page", ["docs/python.md", "docs/lint.md", "README.md"])
def test_the_python_examples_of_a_page_run_in_order(
    monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    monkeypatch.chdir(ROOT)
    namespace: dict[str, Any] = {}

    examples = blocks(page, "python")
    for line, text in examples:
        # Empty lines in front: a failure shows its line of the page.
        exec(compile("\n" * line + text, page, "exec"), namespace)

    assert "load_policy" in namespace


def test_the_readme_shows_the_trace_that_its_command_prints(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ((_, shown),) = blocks("README.md", "console")
    command, _, expected = shown.partition("\n")
    assert command == "$ hnvemu trace A X tcp/80"
    monkeypatch.delenv("HNVEMU_POLICY", raising=False)
    monkeypatch.chdir(ROOT / "docs")  # where no hnv.yaml lies

    main(command.split()[2:])

    assert capsys.readouterr().out == expected
