"""What runs the rules: order, profiles, fingerprints, baselines."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lint.fakes import DISABLED, FAKES, POLICY, REPEATED, linted, texts_of

from hnvemu.errors import PolicyError, QuestionError
from hnvemu.lint.baseline import baseline_text, beyond, read_baseline
from hnvemu.lint.judge import Judge
from hnvemu.lint.rule import Severity
from hnvemu.lint.run import Diagnostic, lint, refusals
from hnvemu.lint.selection import codes_of
from hnvemu.lint.settings import Settings
from hnvemu.model.origin import Origin
from hnvemu.model.policy import Profile
from hnvemu.value import replace

if TYPE_CHECKING:
    from hnvemu.lint.rule import Rule


def test_findings_stand_in_the_order_of_their_places() -> None:
    policy = texts_of(p=POLICY).policy()

    found = lint(policy, rules=FAKES)

    assert [(each.code, each.origin.line) for each in found] == [
        ("HNV001", 16),
        ("HNV001", 17),
        ("HNV006", 18),
    ]
    assert lint(policy, rules=FAKES[::-1]) == found


def test_a_problem_may_be_less_than_its_rule() -> None:
    [found] = lint(texts_of(p=POLICY).policy(), rules=[DISABLED])

    assert (DISABLED.severity, found.severity) == (Severity.WARNING, Severity.NOTE)


def test_a_rule_about_another_product_generation_does_not_run() -> None:
    rule = replace(REPEATED, profiles=(Profile.HNVV2,))
    policy = texts_of(p=POLICY).policy()

    assert lint(policy, rules=[rule]) == []
    found = lint(policy, rules=[rule], profile=Profile.HNVV2)
    assert [each.profiles for each in found] == [(Profile.HNVV2,)] * 2


def test_progress_is_told_of_each_rule() -> None:
    told: list[Rule] = []

    lint(texts_of(p=POLICY).policy(), rules=FAKES, progress=told.append)

    assert tuple(told) == FAKES


def test_what_the_reader_refuses_has_the_code_of_its_rule() -> None:
    text = POLICY.replace("10.0.1.0/24", "10.0.1.0/99").replace("H2, vsid", "H9, vsid")
    with pytest.raises(PolicyError) as caught:
        texts_of(p=text).policy()

    found = refusals(caught.value.findings)

    assert [(each.code, each.severity) for each in found] == [
        ("HNV116", Severity.ERROR),
        ("", Severity.ERROR),
    ]
    assert found[1].slug == "unreadable"


def test_a_fingerprint_outlives_edits_elsewhere() -> None:
    moved = POLICY.replace("hosts:\n", "# moved\n\nhosts:\n")

    before, after = (linted(texts_of(p=text)).found for text in (POLICY, moved))

    assert [each.origin.line + 2 for each in before] == [each.origin.line for each in after]
    assert [each.fingerprint for each in before] == [each.fingerprint for each in after]


@pytest.mark.parametrize(
    "changes", [{"code": "HNV2"}, {"message": "x"}, {"origin": Origin("q.yaml", 1, 1)}]
)
def test_a_fingerprint_tells_findings_apart(changes: dict[str, object]) -> None:
    [found, *_] = linted(texts_of(p=POLICY)).found

    assert replace(found, **changes).fingerprint != found.fingerprint


def test_a_fingerprint_is_the_same_however_the_file_is_named() -> None:
    [found, *_] = linted(texts_of(p=POLICY)).found
    spelled = replace(found, origin=replace_file(found.origin, "./x/../p.yaml"))

    assert spelled.fingerprint == found.fingerprint


def test_a_judge_runs_what_is_selected_and_says_so() -> None:
    settings_ = Settings(select=codes_of(["HNV001", "HNV006"]), ignore=codes_of(["HNV006"]))

    result = Judge(settings_).lint(texts_of(p=POLICY))

    assert [rule.code for rule in result.ran] == ["HNV001"]
    assert (result.profile, len(result.sha256 or "")) == (Profile.TRANSPARENT, 64)


def test_a_policy_that_cannot_be_read_is_a_finding() -> None:
    result = Judge().lint(texts_of(p="hnv: 2\n"))

    assert result.sha256 is None
    assert [each.slug for each in result.found] == ["unreadable"]


def test_a_file_can_be_left_out() -> None:
    text = POLICY.replace("vsid: 5001", "vsid: 3000")
    left_out = Settings(
        select=codes_of(["HNV001"]), per_file_ignores=(("x/p.yaml", codes_of(["HNV001"])),)
    )

    result = Judge(left_out, relative="x/{}".format).lint(texts_of(p=text))

    assert (result.found, result.ignored) == ((), 3)


SOME = st.builds(
    lambda code, line, message: Diagnostic(
        code=code,
        slug="some",
        severity=Severity.ERROR,
        message=message,
        origin=Origin("p.yaml", line, 1),
    ),
    code=st.sampled_from(["", "HNV001", "HNV006"]),
    line=st.integers(0, 3),
    message=st.sampled_from(["one", "two", "é \udc80"]).map(
        lambda text: text.replace("\udc80", "")
    ),
)


@given(st.lists(SOME, max_size=8), st.lists(SOME, max_size=4))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_a_baseline_silences_just_the_run_that_it_was_written_of(
    found: list[Diagnostic], more: list[Diagnostic]
) -> None:
    baseline = read_baseline(baseline_text(found), "lint.json")

    assert beyond(found, baseline) == []
    new = beyond([*found, *more], baseline)
    assert sorted(each.fingerprint for each in new) == sorted(each.fingerprint for each in more)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "'b.json' is no baseline"),
        ("[]", "'b.json' is no baseline"),
        ("{}", "'b.json' is no baseline"),
        ('{"schema": "hnvemu/lint-baseline/v1"}', "'b.json' is no baseline"),
        ('{"schema": "hnvemu/lint-baseline/v1", "findings": [3]}', "'b.json' is no baseline"),
        ('{"schema": "hnvemu/lint/v1"}', "'b.json' is hnvemu/lint/v1, and wanted is"),
        ("[" * 100_000, "'b.json' is no baseline"),
    ],
)
def test_what_is_no_baseline_is_refused(text: str, message: str) -> None:
    with pytest.raises(QuestionError) as caught:
        read_baseline(text, "b.json")

    assert caught.value.message.startswith(message)


def test_a_baseline_can_be_read_by_people() -> None:
    [entry, *_] = json.loads(baseline_text(linted(texts_of(p=POLICY)).found))["findings"]

    assert entry.keys() == {"fingerprint", "code", "file", "message"}
    assert entry["message"] == "rule 'two' says what another one says"


def test_the_package_names_what_one_needs_and_reads_no_rule_before() -> None:
    program = (
        "import io, sys, contextlib, hnvemu\n"
        "assert 'hnvemu.lint' not in sys.modules\n"
        "from hnvemu.cli.app import main\n"
        "with contextlib.redirect_stdout(io.StringIO()):\n"
        "    main(['--help'])\n"
        "import hnvemu.lint\n"
        "from hnvemu.lint import FailLevel, Severity\n"
        "assert 'hnvemu.lint.catalogue' not in sys.modules\n"
        "from hnvemu.lint import Diagnostic, Judge, Linted, Settings, lint\n"
        "assert all(hasattr(hnvemu.lint, name) for name in hnvemu.lint.__all__)\n"
        "assert not hasattr(hnvemu.lint, 'nothing')\n"
        "print(type(lint(hnvemu.load_policy('sample:starter'))).__name__)\n"
    )

    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert ran.stdout == "list\n"


def replace_file(origin: Origin, file: str) -> Origin:
    return origin._replace(file=file)
