"""Settings are read from a table of TOML, and mistakes in it have their line."""

from __future__ import annotations

import pytest

from hnvemu.errors import QuestionError
from hnvemu.lint.rule import FailLevel, Severity
from hnvemu.lint.selection import all_rules, codes_of
from hnvemu.lint.settings import Settings, settings_of

PYPROJECT = """\
[project]
name = "lint"

[tool.other]
select = "none of ours"

[tool.hnvemu.lint]
select = ["HNV0", "HNV9"]
ignore = ["vsid-reserved"]
fail-level = "warning"
baseline = "lint.json"

[tool.hnvemu.lint.per-file-ignores]
"old/*.yaml" = ["HNV006"]
"""


def test_all_settings_are_read() -> None:
    settings = settings_of(PYPROJECT, "pyproject.toml")

    assert settings == Settings(
        select=codes_of(["HNV0", "HNV9"]),
        ignore=frozenset({"HNV001"}),
        fail_level=FailLevel.WARNING,
        baseline="lint.json",
        per_file_ignores=(("old/*.yaml", frozenset({"HNV006"})),),
    )


def test_what_is_not_said_is_every_rule_and_errors_fail() -> None:
    settings = settings_of("[tool.hnvemu.lint]\n", "pyproject.toml")

    assert settings == Settings()
    assert settings.select == {rule.code for rule in all_rules()}
    assert settings.fail_level is FailLevel.ERROR


@pytest.mark.parametrize("table", ["[lint]", "[tool.hnvemu.lint]"])
def test_a_file_of_its_own_may_leave_out_the_prefix(table: str) -> None:
    settings = settings_of(f'{table}\nignore = ["HNV001"]\n', "hnvemu.toml")

    assert settings == Settings(ignore=frozenset({"HNV001"}))


@pytest.mark.parametrize("text", ["", "[project]\n", "[lint]\n", "[tool.hnvemu]\n", "tool = 1\n"])
def test_a_project_without_the_table_has_no_settings(text: str) -> None:
    assert settings_of(text, "pyproject.toml") is None


@pytest.mark.parametrize(
    ("file", "ignored"),
    [("old/a.yaml", True), ("old/b/a.yaml", True), ("new/a.yaml", False), ("old/a.yml", False)],
)
def test_files_are_left_out_by_their_paths(file: str, *, ignored: bool) -> None:
    settings = settings_of(PYPROJECT, "pyproject.toml")

    assert settings is not None
    assert settings.ignores("HNV006", file) is ignored
    assert not settings.ignores("HNV001", file)


def test_a_pattern_without_a_folder_is_about_names() -> None:
    settings = Settings(per_file_ignores=(("a*.yaml", frozenset({"HNV006"})),))

    assert settings.ignores("HNV006", "x/y/a1.yaml")


@pytest.mark.parametrize(
    ("text", "message", "help_"),
    [
        ('selct = ["HNV001"]', "t.toml:3: there is no setting 'selct'", "did you mean 'select'?"),
        ("zzz = 1", "t.toml:3: there is no setting 'zzz'", "there are select, ignore,"),
        ('select = "HNV001"', "t.toml:3: 'select' is not a list of codes", 'write ["HNV401"'),
        ('ignore = ["HNV01x"]', "t.toml:3: there is no rule 'HNV01x'", "did you mean HNV"),
        ('fail-level = "bad"', "t.toml:3: 'fail-level' is 'bad'", "write one of error, warning"),
        ("fail-level = []", "t.toml:3: 'fail-level' is []", "write one of error, warning"),
        ("baseline = 3", "t.toml:3: 'baseline' is not the name of a file", None),
        ("per-file-ignores = 3", "t.toml:3: 'per-file-ignores' is not a table", "write {"),
        (
            '[lint.per-file-ignores]\n"a.yaml" = ["HNVX"]',
            "t.toml:4: there is no rule 'HNVX'",
            None,
        ),
    ],
)
def test_a_mistake_has_its_line(text: str, message: str, help_: str | None) -> None:
    with pytest.raises(QuestionError) as caught:
        settings_of(f"# select = 1\n[lint]\n{text}\n", "t.toml")

    assert caught.value.message == message
    assert help_ is None or help_ in (caught.value.help or "")


def test_what_is_no_toml_has_its_place() -> None:
    with pytest.raises(QuestionError, match=r"t.toml is not TOML: .*line 2, column"):
        settings_of("[lint]\nselect = no\n", "t.toml")


def test_a_table_that_is_none_is_told() -> None:
    with pytest.raises(QuestionError, match=r"t\.toml:1: 'lint' is not a table"):
        settings_of("lint = 3\n", "t.toml")


@pytest.mark.parametrize(
    ("word", "codes"),
    [
        ("HNV001", {"HNV001"}),
        ("hnv001", {"HNV001"}),
        ("vsid-reserved", {"HNV001"}),
        ("vsid_reserved, HNV006", {"HNV001", "HNV006"}),
        ("HNV90", {"HNV900", "HNV901", "HNV902"}),
        ("", set()),
    ],
)
def test_a_word_names_a_rule_or_a_family(word: str, codes: set[str]) -> None:
    assert codes_of([word]) == codes


@pytest.mark.parametrize("word", ["ALL", "all", "HNV"])
def test_one_word_names_all_rules(word: str) -> None:
    assert codes_of([word]) == {rule.code for rule in all_rules()}


@pytest.mark.parametrize(
    ("word", "help_"),
    [
        ("HNV8", "write a code"),
        ("vsid-reservd", "did you mean HNV001 or its slug?"),
        ("4", "write a code"),
    ],
)
def test_a_word_that_names_none_is_an_error(word: str, help_: str) -> None:
    with pytest.raises(QuestionError) as caught:
        codes_of([word])

    assert caught.value.message == f"there is no rule '{word}'"
    assert help_ in (caught.value.help or "")


@pytest.mark.parametrize(
    ("level", "failing"),
    [
        (FailLevel.ERROR, [Severity.ERROR]),
        (FailLevel.WARNING, [Severity.ERROR, Severity.WARNING]),
        (FailLevel.NOTE, [*Severity]),
        (FailLevel.NEVER, []),
    ],
)
def test_a_level_fails_what_is_as_bad_or_worse(level: FailLevel, failing: list[Severity]) -> None:
    assert [severity for severity in Severity if level.fails(severity)] == failing
