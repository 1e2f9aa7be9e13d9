"""What every rule of the catalogue has to have: a page, an example, a bad and a good policy."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from hnvemu import load_policy
from hnvemu.cli.app import main
from hnvemu.errors import PolicyError
from hnvemu.lint.catalogue import RULES
from hnvemu.lint.rule import Severity
from hnvemu.lint.run import lint, refusals

if TYPE_CHECKING:
    from hnvemu.lint.rule import Rule

FIXTURES = Path(__file__).parent
MODULES = Path(__file__).parents[2] / "hnvemu" / "lint" / "rules"
STARTER = Path(__file__).parents[2] / "policies" / "starter.yaml"
HEADINGS = ["Why it matters", "Example", "Instead", "How sure"]

each_rule = pytest.mark.parametrize("rule", RULES, ids=[rule.code for rule in RULES])


def codes(path: Path) -> list[str]:
    """Return the codes of all findings in a policy, those of the reader included."""
    try:
        return [diagnostic.code for diagnostic in lint(load_policy(path))]
    except PolicyError as error:
        return [diagnostic.code for diagnostic in refusals(error.findings)]


def packet(path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[str, str | None] | None:
    """Trace the packet of a policy's comment ``# packet: A X tcp/80``: outcome and reason."""
    said = re.search(r"^# packet: (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    if said is None:
        return None
    assert main(["trace", "-p", str(path), *shlex.split(said[1]), "--json"]) in {0, 3}
    verdict = json.loads(capsys.readouterr().out)["verdict"]
    return verdict["outcome"], verdict["reason"]


def test_codes_and_slugs_are_unique_and_in_order() -> None:
    assert [rule.code for rule in RULES] == sorted({rule.code for rule in RULES})
    assert len({rule.slug for rule in RULES}) == len(RULES)


def test_every_module_is_in_the_catalogue() -> None:
    modules = {path.stem for path in MODULES.glob("hnv*.py")}

    assert modules == {f"{rule.code.lower()}_{rule.slug.replace('-', '_')}" for rule in RULES}


@each_rule
def test_page_has_its_headings(rule: Rule) -> None:
    assert re.findall(r"^## (.*)$", rule.doc, re.MULTILINE) == HEADINGS
    assert len(rule.title) <= 100


@each_rule
def test_bad_policy_is_found_and_good_one_is_not(rule: Rule) -> None:
    folder = FIXTURES / rule.code

    assert rule.code in codes(folder / "bad.yaml")
    assert codes(folder / "good.yaml") == []


@each_rule
def test_example_of_the_page_is_found(rule: Rule, tmp_path: Path) -> None:
    """It is laid over the sample ``starter``: mappings are merged, lists joined."""
    found = re.search(r"^## Example$.*?^```yaml\n(.*?)^```", rule.doc, re.MULTILINE | re.DOTALL)
    assert found is not None
    base = yaml.load(STARTER.read_text(encoding="utf-8"), yaml.BaseLoader)
    fragment = yaml.load(found[1], yaml.BaseLoader)
    path = tmp_path / "example.yaml"
    path.write_text(yaml.safe_dump(laid_over(base, fragment)), encoding="utf-8")

    assert rule.code in codes(path)


@pytest.mark.parametrize(
    "rule", [rule for rule in RULES if rule.effect], ids=[r.code for r in RULES if r.effect]
)
def test_effect_is_what_a_packet_suffers(rule: Rule, capsys: pytest.CaptureFixture[str]) -> None:
    folder = FIXTURES / rule.code

    bad, good = packet(folder / "bad.yaml", capsys), packet(folder / "good.yaml", capsys)

    assert bad is not None
    assert good is not None
    assert bad[1] == rule.effect
    assert good[0] in {"delivered", "to_gateway", "answered", "replicated"}


@pytest.mark.parametrize(
    "rule",
    [rule for rule in RULES if rule.severity is Severity.ERROR and not rule.effect],
    ids=[r.code for r in RULES if r.severity is Severity.ERROR and not r.effect],
)
def test_error_without_a_packet_is_argued(rule: Rule) -> None:
    """Either a real host refuses the object, or the page says why no packet shows it."""
    assert re.search(r"refuse|No packet", rule.doc)


def laid_over(base: Any, fragment: Any) -> Any:
    """Merge a fragment into a document as ``--patch`` does."""
    if isinstance(base, dict) and isinstance(fragment, dict):
        keys = {**base, **fragment}
        return {
            key: laid_over(base[key], fragment[key])
            if key in base and key in fragment
            else keys[key]
            for key in keys
        }
    if isinstance(base, list) and isinstance(fragment, list):
        return base + fragment
    return fragment
