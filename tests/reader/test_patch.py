"""Unified diffs are applied to texts, and only where they fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hnvemu.errors import QuestionError
from hnvemu.reader.edit import PolicyText
from hnvemu.reader.patch import is_diff, patched
from hnvemu.reader.source import Source

if TYPE_CHECKING:
    from collections.abc import Mapping

HEAD = "--- a/policy.yaml\n+++ b/policy.yaml\n"
LINES = "".join(f"line {at}\n" for at in range(1, 10))
DIFF = """\
diff --git a/policy.yaml b/policy.yaml
--- a/policy.yaml
+++ b/policy.yaml
@@ -3,3 +3,4 @@ what git says here
 line 3
-line 4
+line four
+line and a half
 line 5
"""


def texts_of(files: Mapping[str, str]) -> PolicyText:
    return PolicyText(
        tuple(
            Source(name, text.encode(), text.encode(), is_text=True) for name, text in files.items()
        )
    )


def applied(text: str, diff: str, name: str = "policy.yaml") -> str:
    (found,) = patched(texts_of({name: text}), diff).files.values()
    return found


def test_a_diff_changes_its_lines() -> None:
    assert applied(LINES, DIFF) == LINES.replace("line 4\n", "line four\nline and a half\n")


@pytest.mark.parametrize("name", ["policy.yaml", "/net/policy.yaml", "some/policy.yaml"])
def test_a_file_is_known_by_its_last_name(name: str) -> None:
    assert "line four" in applied(LINES, DIFF, name)


def test_lines_that_moved_are_found() -> None:
    assert applied("new\nnew\n" + LINES, DIFF).startswith("new\nnew\nline 1\n")


def test_ends_of_lines_are_those_of_the_file() -> None:
    changed = applied(LINES.replace("\n", "\r\n"), DIFF)

    assert changed == LINES.replace("line 4\n", "line four\nline and a half\n").replace(
        "\n", "\r\n"
    )


def test_several_hunks_are_counted_on() -> None:
    diff = "--- a/p\n+++ b/p\n@@ -1 +1,2 @@\n-line 1\n+a\n+b\n@@ -9 +10 @@\n-line 9\n+z\n"

    assert applied(LINES, diff, "p") == LINES.replace("line 1\n", "a\nb\n").replace("line 9", "z")


@pytest.mark.parametrize(
    ("diff", "message"),
    [
        (DIFF.replace("policy.yaml", "other.yaml"), "about 'other.yaml', which is no file"),
        (DIFF.replace("-line 4", "-line 44"), r"hunk 1 .* 4\n.*'line 44', .* is 'line 4'"),
        (DIFF.removesuffix(" line 5\n"), r"line 9 .* hunk at '@@ -3,3 \+3,4 @@' says"),
        (HEAD, "the patch changes nothing"),
        (f"{HEAD}@@ -9,2 +9 @@\n line 9\n-line 10\n", "there is no such line"),
    ],
)  # fmt: skip
def test_a_diff_that_does_not_fit_is_refused(diff: str, message: str) -> None:
    with pytest.raises(QuestionError) as caught:
        applied(LINES, diff)

    assert caught.match(message)


def test_a_name_of_several_files_is_none() -> None:
    with pytest.raises(QuestionError, match="is no file of this policy"):
        patched(texts_of({"a/policy.yaml": LINES, "b/policy.yaml": LINES}), DIFF)


@pytest.mark.parametrize(
    ("text", "answer"), [(DIFF, True), ("hosts: {}\n", False), ("--- \nhosts: {}\n", False)]
)
def test_a_diff_is_told_from_yaml(text: str, answer: bool) -> None:  # noqa: FBT001 - a case
    assert is_diff(text) is answer


_lines = st.lists(
    st.sampled_from(["a\n", "b\n", "c\n", "\n", "--- x\n", "+++ y\n", "@@ -1 +1 @@\n"])
)
_ends = st.sampled_from(["", "end"])


@given(_lines, _lines, _ends, _ends)
def test_a_diff_makes_the_new_text_of_the_old(
    old: list[str], new: list[str], old_end: str, new_end: str
) -> None:
    before = texts_of({"p": "".join(old) + old_end})
    after = before.with_files({"p": "".join(new) + new_end})

    diff = before.diff(after)

    assert diff == "" or patched(before, diff).files == after.files
