"""Results are whole or not there, and colour is for terminals."""

from __future__ import annotations

import errno
import io
import json
import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hnvemu.cli.output import Color, emit, wants_color
from hnvemu.errors import QuestionError

if TYPE_CHECKING:
    from collections.abc import Callable

    from cli.conftest import Ran

    Run = Callable[..., Ran]

ESCAPE = "\x1b["


# Files


def test_a_file_gets_the_result_and_the_terminal_nothing(hnvemu: Run, tmp_path: Path) -> None:
    ran = hnvemu("trace", "A", "X", "-o", "out.txt", "--color", "always", terminal=True)

    text = (tmp_path / "out.txt").read_text(encoding="utf-8")
    assert (ran.code, ran.out) == (0, "")
    assert text.startswith("DELIVERED")
    assert text.endswith("\n")
    assert ESCAPE not in text


@pytest.mark.parametrize("form", ["text", "minimal", "json", "pcap"])
def test_a_file_has_what_the_terminal_would_have_had(
    hnvemu: Run, tmp_path: Path, form: str
) -> None:
    shown = hnvemu("trace", "A", "X", "-f", form)
    hnvemu("trace", "A", "X", "-f", form, "-o", "out")

    assert (tmp_path / "out").read_bytes() == shown.octets


def test_a_dash_is_standard_output(hnvemu: Run, tmp_path: Path) -> None:
    ran = hnvemu("trace", "A", "X", "-q", "-o", "-")

    assert ran.out.startswith("DELIVERED")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_finished_is_left_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "out.txt"
    file.write_text("before", encoding="utf-8")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full)

    with pytest.raises(QuestionError, match="cannot be written: no space left on device"):
        emit("after", output=str(file))

    assert [path.name for path in tmp_path.iterdir()] == ["out.txt"]
    assert file.read_text(encoding="utf-8") == "before"


def test_a_file_keeps_its_permissions(tmp_path: Path) -> None:
    file = tmp_path / "out.txt"
    file.write_text("before", encoding="utf-8")
    file.chmod(0o640)

    emit("after", output=str(file))

    assert stat.S_IMODE(file.stat().st_mode) == 0o640


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_a_link_goes_on_leading_to_its_file(tmp_path: Path) -> None:
    file, link = tmp_path / "out.txt", tmp_path / "link"
    file.write_text("before", encoding="utf-8")
    link.symlink_to(file)

    emit("after", output=str(link))

    assert link.is_symlink()
    assert file.read_text(encoding="utf-8") == "after\n"


@pytest.mark.skipif(sys.platform == "win32", reason="has no such device")
def test_a_device_stays_a_device(hnvemu: Run) -> None:
    ran = hnvemu("trace", "A", "X", "-o", os.devnull)

    assert ran.code == 0
    assert Path(os.devnull).is_char_device()


@pytest.mark.parametrize(
    ("name", "reason"),
    [("nowhere/out.txt", "no such file or directory"), (".", "is a directory"), ("", "")],
)
def test_a_file_that_cannot_be_written_exits_2(hnvemu: Run, name: str, reason: str) -> None:
    ran = hnvemu("trace", "A", "X", "-o", name)

    assert (ran.code, ran.out) == (2, "")
    assert f"error: '{name}' cannot be written: {reason}" in ran.err


# Colour


def test_a_terminal_gets_colour_and_arrows(hnvemu: Run) -> None:
    ran = hnvemu("trace", "A", "X", terminal=True)

    assert f"{ESCAPE}1;32mDELIVERED" in ran.out
    assert "→" in ran.out


def test_a_terminal_without_arrows_gets_none(hnvemu: Run) -> None:
    ran = hnvemu("trace", "A", "X", terminal=True, encoding="cp1252")

    assert "->" in ran.out
    assert "?" not in ran.out


def test_what_is_no_terminal_gets_neither(hnvemu: Run) -> None:
    ran = hnvemu("trace", "A", "X")

    assert ran.out.isascii()
    assert ESCAPE not in ran.out


def test_colour_changes_no_word(hnvemu: Run) -> None:
    import re

    plain = hnvemu("trace", "A", "10.0.1.99")
    colored = hnvemu("trace", "A", "10.0.1.99", "--color", "always")

    assert re.sub(r"\x1b\[[0-9;]*m", "", colored.out) == plain.out
    assert colored.out != plain.out


def test_json_has_no_colour(hnvemu: Run) -> None:
    ran = hnvemu("trace", "A", "X", "--json", "--color", "always", terminal=True)

    assert json.loads(ran.out)["verdict"]["outcome"] == "delivered"


@pytest.mark.parametrize(
    ("color", "environment", "terminal", "wanted"),
    [
        (Color.AUTO, {}, True, True),
        (Color.AUTO, {}, False, False),
        (Color.AUTO, {"NO_COLOR": "1"}, True, False),
        (Color.AUTO, {"NO_COLOR": ""}, True, True),
        (Color.AUTO, {"TERM": "dumb"}, True, False),
        (Color.AUTO, {"FORCE_COLOR": "1"}, False, True),
        (Color.AUTO, {"FORCE_COLOR": "0"}, False, False),
        (Color.AUTO, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False),
        (Color.ALWAYS, {"NO_COLOR": "1", "TERM": "dumb"}, False, True),
        (Color.NEVER, {"FORCE_COLOR": "1"}, True, False),
    ],
)
def test_colour_is_for_who_wants_it(
    monkeypatch: pytest.MonkeyPatch,
    color: Color,
    environment: dict[str, str],
    terminal: object,
    wanted: object,
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    stream = io.StringIO()
    monkeypatch.setattr(stream, "isatty", lambda: terminal)

    assert wants_color(color, stream) is wanted
