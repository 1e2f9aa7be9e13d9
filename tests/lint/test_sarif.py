"""SARIF is what its schema says, and code scanning finds in it what it looks for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from lint.fakes import POLICY, linted, texts_of

from hnvemu.catalogue.pages import pages
from hnvemu.lint.judge import Judge, Linted, unreadable
from hnvemu.lint.rule import Severity
from hnvemu.lint.run import Diagnostic
from hnvemu.lint.selection import all_rules
from hnvemu.model.origin import BUILT_IN, Origin
from hnvemu.render.sarif import sarif_document

if TYPE_CHECKING:
    from hnvemu.reader.edit import PolicyText

SCHEMA = json.loads(
    (Path(__file__).parent / "sarif" / "sarif-2.1.0-rtm.5.json").read_text(encoding="utf-8")
)
VALIDATOR = jsonschema.Draft4Validator(SCHEMA)
PAGES = {page.code: page for page in pages()}
EVERY = [
    path
    for path in sorted(Path(__file__).parent.glob("HNV*/bad.yaml"))
    if any(rule.code == path.parent.name for rule in all_rules())
]


def run_of(result: Linted, texts: PolicyText | None = None) -> dict[str, Any]:
    """Return the one run of a log that its schema allows."""
    document = sarif_document(result, version="1.2.3", texts=texts, known=PAGES)
    VALIDATOR.validate(document)
    run: dict[str, Any]
    [run] = document["runs"]
    return run


def diagnostic(origin: Origin) -> Diagnostic:
    return Diagnostic(
        code="HNV001",
        slug="vsid-reserved",
        severity=Severity.NOTE,
        message="it is wrong",
        origin=origin,
    )


def test_all_rules_have_help_and_a_level() -> None:
    run = run_of(Judge().lint(texts_of(p=POLICY)))

    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == sorted(rule["id"] for rule in rules)
    for rule in rules:
        assert rule["shortDescription"]["text"]
        assert rule["help"]["text"]
        assert f"# {rule['id']}: {rule['name']}" in rule["help"]["markdown"]
        assert rule["defaultConfiguration"]["level"] in {"error", "warning", "note"}


def test_a_finding_points_at_its_rule_its_place_and_others() -> None:
    texts = texts_of(p=POLICY)

    run = run_of(linted(texts), texts)

    first, *_ = run["results"]
    rule = run["tool"]["driver"]["rules"][first["ruleIndex"]]
    assert (first["ruleId"], rule["id"], first["level"]) == ("HNV001", "HNV001", "error")
    [location] = first["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "p.yaml", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 16, "startColumn": 7},
    }
    [related] = first["relatedLocations"]
    assert related["message"] == {"text": "it is here"}
    assert related["physicalLocation"]["region"]["startLine"] == 14


def test_a_fix_applies_to_the_text() -> None:
    texts = texts_of(p=POLICY)
    run = run_of(linted(texts), texts)
    [disabled] = [each for each in run["results"] if each["ruleId"] == "HNV006"]

    [change] = disabled["fixes"][0]["artifactChanges"]
    [replacement] = change["replacements"]
    region = replacement["deletedRegion"]

    lines = POLICY.splitlines(keepends=True)
    line = lines[region["startLine"] - 1]
    assert region["startLine"] == region["endLine"] == 18
    fixed = (
        line[: region["startColumn"] - 1]
        + replacement["insertedContent"]["text"]
        + line[region["endColumn"] - 1 :]
    )
    assert fixed == line.replace("enabled: false", "enabled: true")


def test_fingerprints_are_stable_and_equal_findings_are_counted() -> None:
    twice = Linted(found=(diagnostic(Origin("p.yaml", 3, 1)), diagnostic(Origin("p.yaml", 9, 1))))

    one, two = (each["partialFingerprints"]["hnvemu/v1"] for each in run_of(twice)["results"])

    assert one.removesuffix(":1") == two.removesuffix(":2")


@pytest.mark.parametrize(
    ("file", "location"),
    [
        ("./a b/ü.yaml", {"uri": "a%20b/%C3%BC.yaml", "uriBaseId": "%SRCROOT%"}),
        ("/tmp/p.yaml", {"uri": "file:///tmp/p.yaml"}),
        ("C:/p.yaml", {"uri": "file:///C:/p.yaml"}),
        ("../p.yaml", {"uri": "../p.yaml", "uriBaseId": "%SRCROOT%"}),
    ],
)
def test_files_are_uris(file: str, location: dict[str, str]) -> None:
    [result] = run_of(Linted(found=(diagnostic(Origin(file, 1, 1)),)))["results"]

    assert result["locations"][0]["physicalLocation"]["artifactLocation"] == location


@pytest.mark.parametrize("origin", [BUILT_IN, Origin("p.yaml", 0, 0)])
def test_what_has_no_line_has_no_region(origin: Origin) -> None:
    [result] = run_of(Linted(found=(diagnostic(origin),)))["results"]

    assert "region" not in result["locations"][0]["physicalLocation"]


def test_a_policy_that_cannot_be_read_is_a_result() -> None:
    run = run_of(Judge().lint(texts_of(p="hnv: 2\n")))

    assert [result["ruleId"] for result in run["results"]] == ["unreadable"]
    assert run_of(unreadable(()))["results"] == []


@pytest.mark.parametrize("path", EVERY, ids=[path.parent.name for path in EVERY])
def test_the_log_of_every_rule_is_valid(path: Path) -> None:
    texts = texts_of(p=path.read_text(encoding="utf-8"))

    run = run_of(Judge().lint(texts), texts)

    assert path.parent.name in {result["ruleId"] for result in run["results"]}
