"""``hnvemu lint``: what is wrong with a policy that can be read, in every form."""

from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from lint.fakes import BAD, FAKES, POLICY

from hnvemu import __version__
from hnvemu.cli import progress
from hnvemu.cli.output import Color
from hnvemu.cli.progress import Bar
from hnvemu.lint.selection import known_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cli.conftest import Ran

    Run = Callable[..., Ran]
    Golden = Callable[[Path, str], None]

GOLDEN = Path(__file__).parent / "golden" / "lint"
FORMS = {
    "text": "txt",
    "json": "json",
    "sarif": "sarif",
    "github": "github",
    "junit": "xml",
    "markdown": "md",
}


def unversioned(text: str) -> str:
    return text.replace(f'"semanticVersion": "{__version__}"', '"semanticVersion": "1.2.3"')


@pytest.fixture(autouse=True)
def fakes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put rules in the place of the catalogue's whose findings and words never change."""
    for module in ("judge", "selection", "run"):
        monkeypatch.setattr(f"hnvemu.lint.{module}.RULES", FAKES)
    known_words.cache_clear()
    yield
    known_words.cache_clear()


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    """Write a policy with an error, two warnings and a note; a second error is ignored."""
    (tmp_path / "bad.yaml").write_text(BAD, encoding="utf-8")
    return Path("bad.yaml")


@pytest.fixture
def mendable(tmp_path: Path) -> Path:
    """Write a policy all of whose findings can be mended."""
    (tmp_path / "p.yaml").write_text(POLICY, encoding="utf-8")
    return Path("p.yaml")


# ---------------------------------------------------------------------------------------------
# Forms


@pytest.mark.parametrize("form", FORMS)
def test_a_form_is_as_it_was_agreed(hnvemu: Run, golden: Golden, bad: Path, form: str) -> None:
    ran = hnvemu("lint", bad, "-f", form)

    assert (ran.code, ran.err) == (1, "")
    golden(GOLDEN / f"bad.{FORMS[form]}", unversioned(ran.out))


@pytest.mark.parametrize("form", FORMS)
def test_a_sound_policy_has_every_form_too(hnvemu: Run, golden: Golden, form: str) -> None:
    ran = hnvemu("lint", "sample:starter", "-f", form)

    assert (ran.code, ran.err) == (0, "")
    if form != "sarif":
        golden(GOLDEN / f"good.{FORMS[form]}", ran.out)


@pytest.mark.parametrize("form", FORMS)
def test_what_the_reader_refuses_is_found_in_every_form(
    hnvemu: Run, golden: Golden, tmp_path: Path, form: str
) -> None:
    (tmp_path / "bad.yaml").write_text(BAD.replace("host: H2", "host: H3"), encoding="utf-8")

    ran = hnvemu("lint", "bad.yaml", "-f", form)

    assert (ran.code, ran.err) == (1, "")
    golden(GOLDEN / f"unreadable.{FORMS[form]}", unversioned(ran.out))


def test_the_lines_of_the_policy_are_shown_to_who_wants_more(
    hnvemu: Run, golden: Golden, bad: Path
) -> None:
    golden(GOLDEN / "verbose.txt", hnvemu("lint", bad, "-v", "--statistics").out)


def test_a_line_that_cannot_be_read_is_shown_too(hnvemu: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_bytes(b"hnv: 1\nname: \xff\n")

    ran = hnvemu("lint", "bad.yaml", "-v")

    assert (ran.code, ran.err) == (1, "")
    assert ran.out.splitlines()[:3] == [
        "bad.yaml:2:7: error [unreadable] octet 0xFF is not UTF-8",
        "    name: \N{REPLACEMENT CHARACTER}",
        "          ^",
    ]


def test_quiet_is_the_last_line(hnvemu: Run, bad: Path) -> None:
    assert hnvemu("lint", bad, "-q").out == (
        "1 error, 2 warnings, 1 note; 1 ignored; 3 with a certain fix (--fix)\n"
    )


def test_statistics_stand_in_markdown_too(hnvemu: Run, bad: Path) -> None:
    assert "| 1 | HNV901 |" in hnvemu("lint", bad, "-f", "markdown", "--statistics").out


def test_the_schema_holds(hnvemu: Run, bad: Path, tmp_path: Path) -> None:
    (tmp_path / "unreadable.yaml").write_text("hnv: 2\n", encoding="utf-8")
    schema = json.loads(hnvemu("schema", "lint").out)

    for path in (bad, "unreadable.yaml", "sample:starter"):
        jsonschema.validate(json.loads(hnvemu("lint", path, "--json").out), schema)


def test_every_fact_of_the_text_is_in_the_json(hnvemu: Run, bad: Path) -> None:
    text = hnvemu("lint", bad, "-v").out
    document = json.loads(hnvemu("lint", bad, "--json").out)

    for finding in document["findings"]:
        place = "{file}:{line}:{column}".format(**finding["origin"])
        told = f"{finding['code']} [{finding['slug']}] {finding['message']}"
        assert f"{place}: {finding['severity']} {told}\n" in text
        assert finding["help"] is None or f"  help: {finding['help']}\n" in text
        assert finding["effect"] is None or f"  effect: {finding['effect']}\n" in text
        for note in finding["related"]:
            assert "  note: {message} ({origin[file]}:{origin[line]}".format(**note) in text


def test_colour_changes_no_word(hnvemu: Run, bad: Path) -> None:
    plain = hnvemu("lint", bad, "-v").out
    colored = hnvemu("lint", bad, "-v", "--color", "always").out

    assert "\x1b[" in colored
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == plain


def test_names_of_a_policy_steer_nothing(hnvemu: Run, tmp_path: Path) -> None:
    """GitHub would take ``::`` at the start of a line for a command, and XML has no escapes."""
    name = '"a\\u001b[31m%,:|<b>\\n::error::`"'
    text = BAD.replace("host: H2", f"host: {name}")
    (tmp_path / "a,b:c.yaml").write_text(text, encoding="utf-8")

    texts = {form: hnvemu("lint", "a,b:c.yaml", "-f", form).out for form in FORMS}

    assert all("\x1b" not in text for text in texts.values())
    commands = [line for line in texts["github"].splitlines() if line.startswith("::")]
    assert len(commands) == len(json.loads(texts["json"])["findings"])
    assert all(
        re.match(r"::error file=a%2Cb%3Ac\.yaml,line=\d+,col=\d+,title=[^:,]*::", command)
        for command in commands
    )
    ET.fromstring(texts["junit"])
    assert "<b>" not in texts["markdown"]


def test_junit_fails_the_rules_that_found_something(hnvemu: Run, bad: Path) -> None:
    suites = ET.fromstring(hnvemu("lint", bad, "-f", "junit").out)

    [suite] = suites
    failed = [case.get("name") for case in suite if case.find("failure") is not None]
    assert failed == ["HNV001 repeated-rule"]
    assert suite.get("tests") == str(len(suite))
    assert suites.get("failures") == suite.get("failures") == "1"
    remarks = [case.get("name") for case in suite if case.find("system-out") is not None]
    assert remarks == [
        "HNV006 disabled-rule",
        "HNV009 overriding-rule",
        "HNV901 ignore-without-reason",
    ]


def test_the_result_goes_to_a_file(hnvemu: Run, bad: Path, tmp_path: Path) -> None:
    ran = hnvemu("lint", bad, "-f", "sarif", "-o", "lint.sarif", "--color", "always")

    assert (ran.code, ran.out) == (1, "")
    assert json.loads((tmp_path / "lint.sarif").read_text(encoding="utf-8"))["version"] == "2.1.0"


def test_equal_policies_give_equal_output(hnvemu: Run, bad: Path) -> None:
    for form in FORMS:
        assert hnvemu("lint", bad, "-f", form).out == hnvemu("lint", bad, "-f", form).out


# ---------------------------------------------------------------------------------------------
# What is linted and what fails


def test_a_policy_comes_from_where_other_commands_take_it(
    hnvemu: Run, bad: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert hnvemu("lint", "-", stdin=BAD.encode()).out.startswith("stdin:")
    assert hnvemu("lint", tmp_path).code == 1
    assert "this is the sample" in hnvemu("lint").err
    monkeypatch.setenv("HNVEMU_POLICY", str(bad))
    assert hnvemu("lint").out.startswith("bad.yaml:")


def test_several_files_are_one_policy(hnvemu: Run, tmp_path: Path) -> None:
    first, _, rest = BAD.partition("firewall:\n")
    (tmp_path / "a.yaml").write_text(first, encoding="utf-8")
    (tmp_path / "b.yaml").write_text("firewall:\n" + rest, encoding="utf-8")

    ran = hnvemu("lint", "a.yaml", "b.yaml")

    assert ran.code == 1
    assert ran.out.startswith("b.yaml:5:7: error HNV001")


@pytest.mark.parametrize(
    ("arguments", "codes"),
    [
        ([], {"HNV001", "HNV006", "HNV009", "HNV901"}),
        (["--select", "HNV0", "--ignore", "HNV006"], {"HNV001", "HNV009"}),
        (["--select", "HNV006"], {"HNV006"}),
        (["--select", "hnv90"], {"HNV901"}),
        (["--select", "ignore-without-reason", "--select", "HNV006"], {"HNV901", "HNV006"}),
        (["--select", "HNV0,HNV9", "--ignore", "repeated_rule,HNV901,HNV009"], {"HNV006"}),
    ],
)
def test_rules_are_selected(hnvemu: Run, bad: Path, arguments: list[str], codes: set[str]) -> None:
    document = json.loads(hnvemu("lint", bad, "--isolated", *arguments, "--json").out)

    found = {finding["code"] for finding in document["findings"]}
    assert found == codes


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([], 1),
        (["--fail-level", "never"], 0),
        (["--ignore", "HNV001"], 0),
        (["--ignore", "HNV001", "--fail-level", "error"], 0),
        (["--ignore", "HNV001", "--fail-level", "warning"], 1),
        (["--select", "HNV006", "--fail-level", "note"], 1),
        (["--select", "HNV006", "--fail-level", "warning"], 0),
    ],
)
def test_findings_at_the_fail_level_exit_1(
    hnvemu: Run, bad: Path, arguments: list[str], code: int
) -> None:
    assert hnvemu("lint", bad, *arguments).code == code


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.yaml"], "'nowhere.yaml' cannot be read: there is no such file"),
        (["sample:nothing"], "there is no sample 'nothing'"),
        (["bad.yaml", "--select", "repeated-rul"], "there is no rule 'repeated-rul'"),
        (["bad.yaml", "--ignore", "HNV8"], "there is no rule 'HNV8'"),
        (["bad.yaml", "--json", "-f", "text"], "contradict each other"),
        (["bad.yaml", "-q", "-v"], "contradict each other"),
        (["bad.yaml", "-q", "--json"], "-q and -v have no meaning in json"),
        (["bad.yaml", "--statistics", "-f", "junit"], "--statistics has no place in junit"),
        (["bad.yaml", "--write"], "--write needs --fix"),
        (["bad.yaml", "--fix", "--json"], "--fix prints a diff, and no json"),
        (["-", "--fix", "--write"], "standard input cannot be written to"),
        (["sample:starter", "--fix", "--write"], "sample:starter cannot be written to"),
        (["--fix", "--write"], "sample:complex-routing cannot be written to"),
        (["bad.yaml", "--config", "x.toml", "--isolated"], "contradict each other"),
        (["bad.yaml", "--config", "x.toml"], "'x.toml' cannot be read: no such file"),
        (["bad.yaml", "--config", "bad.yaml"], "bad.yaml is not TOML"),
        (["bad.yaml", "--baseline", "x.json"], "'x.json' cannot be read: no such file"),
        (["bad.yaml", "--baseline", "bad.yaml"], "'bad.yaml' is no baseline"),
        (["bad.yaml", "--profile", "ws2008"], "ws2008"),
    ],
)
def test_what_cannot_be_done_exits_2(
    hnvemu: Run, bad: Path, arguments: list[str], message: str
) -> None:
    ran = hnvemu("lint", *arguments)

    assert bad.exists()
    assert (ran.code, ran.out) == (2, "")
    assert message in " ".join(ran.err.split())
    assert "Traceback" not in ran.err


def test_settings_of_the_nearest_file_hold(hnvemu: Run, bad: Path, tmp_path: Path) -> None:
    (tmp_path.parent / "pyproject.toml").write_text(
        '[tool.hnvemu.lint]\nselect = ["HNV001"]\n', encoding="utf-8"
    )
    try:
        (tmp_path / "pyproject.toml").write_text("[project]\n", encoding="utf-8")
        assert " HNV006 " not in hnvemu("lint", bad).out

        (tmp_path / "hnvemu.toml").write_text('[lint]\nselect = ["HNV006"]\n', encoding="utf-8")
        assert " HNV001 " not in hnvemu("lint", bad).out
        assert " HNV006 " in hnvemu("lint", bad).out
    finally:
        (tmp_path.parent / "pyproject.toml").unlink()


def test_the_command_line_is_stronger_than_the_settings(
    hnvemu: Run, bad: Path, tmp_path: Path
) -> None:
    (tmp_path / "hnvemu.toml").write_text(
        '[lint]\nselect = ["HNV006"]\nignore = ["HNV001"]\nfail-level = "never"\n',
        encoding="utf-8",
    )

    assert hnvemu("lint", bad).code == 0
    assert hnvemu("lint", bad, "--fail-level", "note").code == 1
    assert " HNV001 " in hnvemu("lint", bad, "--select", "HNV001").out
    assert " HNV001 " in hnvemu("lint", bad, "--isolated").out
    assert " HNV006 " not in hnvemu("lint", bad, "--ignore", "HNV006").out


def test_settings_name_files_from_their_own_folder(
    hnvemu: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "bad.yaml").write_text(BAD, encoding="utf-8")
    (tmp_path / "hnvemu.toml").write_text(
        '[lint]\nselect = ["HNV0"]\nbaseline = "lint.json"\n'
        '[lint.per-file-ignores]\n"old/*" = ["HNV001"]\n',
        encoding="utf-8",
    )
    monkeypatch.chdir(tmp_path / "old")

    assert "lint.json' cannot be read" in hnvemu("lint", "bad.yaml").err
    hnvemu("lint", "bad.yaml", "--select", "HNV006", "--write-baseline", "../lint.json")
    ran = hnvemu("lint", "bad.yaml", "--select", "HNV001,HNV006", "--json")

    document = json.loads(ran.out)
    assert (document["findings"], document["ignored"], document["baseline"]) == ([], 2, 1)


def test_settings_can_be_named(hnvemu: Run, bad: Path, tmp_path: Path) -> None:
    (tmp_path / "ci").mkdir()
    (tmp_path / "ci" / "lint.toml").write_text('[lint]\nselect = ["HNV006"]\n', encoding="utf-8")
    (tmp_path / "ci" / "none.toml").write_text("[tool.other]\n", encoding="utf-8")
    (tmp_path / "ci" / "odd.toml").write_bytes(b"\xff")

    assert " HNV001 " not in hnvemu("lint", bad, "--config", "ci/lint.toml").out
    assert "'ci/none.toml' has no settings" in hnvemu("lint", bad, "--config", "ci/none.toml").err
    assert "'ci/odd.toml' is not UTF-8" in hnvemu("lint", bad, "--config", "ci/odd.toml").err


def test_a_mistake_in_the_settings_has_its_line(hnvemu: Run, bad: Path, tmp_path: Path) -> None:
    (tmp_path / "hnvemu.toml").write_text("[lint]\nfail-levl = 1\n", encoding="utf-8")

    ran = hnvemu("lint", bad)

    assert (ran.code, ran.out) == (2, "")
    assert "hnvemu.toml:2: there is no setting 'fail-levl'" in ran.err
    assert "did you mean 'fail-level'?" in ran.err


def test_a_baseline_silences_its_run_and_no_more(hnvemu: Run, bad: Path, tmp_path: Path) -> None:
    written = hnvemu("lint", bad, "--write-baseline", "lint.json")
    again = hnvemu("lint", bad, "--baseline", "lint.json", "--fail-level", "note")
    more = "    - {name: six, action: block, protocol: tcp, local_port: 23}\n"
    (tmp_path / "bad.yaml").write_text("\n" + BAD + more, encoding="utf-8")
    new = hnvemu("lint", bad, "--baseline", "lint.json")

    assert (written.code, again.code, new.code) == (0, 0, 1)
    assert written.out == again.out == "ok: 6 rules found nothing; 1 ignored; 4 in the baseline\n"
    assert new.out.startswith("bad.yaml:22:7: error HNV001 [repeated-rule] rule 'six' says")
    assert new.out.count("[") == 1


def test_no_baseline_is_written_of_what_cannot_be_read(hnvemu: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("hnv: 2\n", encoding="utf-8")

    assert hnvemu("lint", "bad.yaml", "--write-baseline", "lint.json").code == 1
    assert not (tmp_path / "lint.json").exists()


def test_a_profile_takes_the_place_of_the_policys(hnvemu: Run, bad: Path) -> None:
    document = json.loads(hnvemu("lint", bad, "--profile", "hnvv2", "--json").out)

    assert document["profile"] == "hnvv2"


# ---------------------------------------------------------------------------------------------
# Fixes


def test_a_fix_is_shown_and_nothing_is_written(hnvemu: Run, golden: Golden, mendable: Path) -> None:
    ran = hnvemu("lint", mendable, "--fix")

    assert ran.code == 1  # the file is as it was
    golden(GOLDEN / "fix.diff", ran.out)
    assert ran.err.startswith("after these fixes:\nok: ")
    assert mendable.read_text(encoding="utf-8") == POLICY


def test_a_fix_is_written(hnvemu: Run, mendable: Path, tmp_path: Path) -> None:
    ran = hnvemu("lint", mendable, "--fix", "--write")

    assert (ran.code, ran.err) == (0, "note: 3 mended: p.yaml\n")
    text = mendable.read_text(encoding="utf-8")
    assert "name: two" not in text
    assert "# what stands between them stays" in text
    assert [path.name for path in tmp_path.iterdir()] == ["p.yaml"]


def test_what_is_left_is_reported_in_any_form(hnvemu: Run, mendable: Path) -> None:
    text = POLICY + "# hnv: ignore\n"
    mendable.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())

    ran = hnvemu("lint", mendable, "--fix", "--write", "--json", "--fail-level", "warning")

    assert ran.code == 1
    assert [each["code"] for each in json.loads(ran.out)["findings"]] == ["HNV902"]
    octets = mendable.read_bytes()
    assert octets.startswith(b"\xef\xbb\xbfhnv: 1\r\n")
    assert octets.count(b"\n") == octets.count(b"\r\n")


def test_where_nothing_is_to_be_mended_nothing_is_written(hnvemu: Run, bad: Path) -> None:
    before = bad.stat().st_mtime_ns

    ran = hnvemu("lint", bad, "--select", "HNV901", "--fail-level", "note", "--fix", "--write")

    assert (ran.code, ran.err) == (1, "note: nothing to mend\n")
    assert bad.stat().st_mtime_ns == before
    assert hnvemu("lint", bad, "--select", "HNV901", "--fix").out == ""


def test_standard_input_can_be_mended_as_a_diff(hnvemu: Run, mendable: Path) -> None:
    ran = hnvemu("lint", "-", "--fix", stdin=POLICY.encode())

    assert mendable.exists()
    assert ran.out.startswith("--- a/stdin\n+++ b/stdin\n")


def test_what_is_ignored_is_not_mended(hnvemu: Run, mendable: Path) -> None:
    text = POLICY.replace(
        "local_port: 9, enabled: false}",
        "local_port: 9, enabled: false} # hnv: ignore[HNV006] off for now",
    )
    mendable.write_text(text, encoding="utf-8")

    hnvemu("lint", mendable, "--fix", "--write", "--select", "HNV006")

    assert mendable.read_text(encoding="utf-8") == text


def test_what_cannot_be_read_is_not_mended(hnvemu: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("hnv: 2\n", encoding="utf-8")

    ran = hnvemu("lint", "bad.yaml", "--fix")

    assert ran.code == 1
    assert ran.err == "note: what cannot be read is not mended\n"
    assert "[unreadable]" in ran.out


# ---------------------------------------------------------------------------------------------
# Progress


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("patience", "shown"), [(0.0, True), (60.0, False)])
def test_long_work_shows_a_bar(
    monkeypatch: pytest.MonkeyPatch, patience: float, *, shown: bool
) -> None:
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(progress, "_PATIENCE", patience)

    with Bar(2, Color.NEVER) as bar:
        bar.step("HNV001")
        bar.step("HNV002")

    assert ("HNV002" in stream.getvalue()) is shown


def test_what_is_no_terminal_gets_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(progress, "_PATIENCE", 0.0)

    with Bar(1, Color.NEVER) as bar:
        bar.step("HNV001")

    assert stream.getvalue() == ""


def test_the_sarif_of_the_command_is_valid(hnvemu: Run, bad: Path) -> None:
    schema = json.loads(
        (Path(__file__).parents[1] / "lint" / "sarif" / "sarif-2.1.0-rtm.5.json").read_text(
            encoding="utf-8"
        )
    )
    document: Any = json.loads(hnvemu("lint", bad, "-f", "sarif").out)

    jsonschema.Draft4Validator(schema).validate(document)
