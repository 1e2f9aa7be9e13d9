"""Completion knows the names of the policy that the command line names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hnvemu.cli import options

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cli.conftest import Ran

    Run = Callable[..., Ran]


class Context:
    """What completion sees of a command line."""

    def __init__(self, policy: list[str] | None) -> None:
        self.params = {"policy": policy}


def test_names_are_completed_short_where_they_are_unique(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HNVEMU_POLICY", raising=False)

    found = options.complete_vm(Context(["sample:two-tenants"]), "")  # type: ignore[arg-type]

    assert found == ["backup", "blue/web", "blue/db", "red/web", "red/db", "red/backup"]
    assert capsys.readouterr().err == ""


def test_names_begin_with_what_is_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HNVEMU_POLICY", raising=False)

    assert options.complete_vm(Context(None), "G") == ["GW"]  # type: ignore[arg-type]


def test_entries_are_vms_and_hosts(policy: Path) -> None:
    found = options.complete_entry(Context([str(policy)]), "")  # type: ignore[arg-type]

    assert found == ["A", "B", "T/A", "T/B", "pa:H1", "pa:H2"]


@pytest.mark.parametrize("complete", [options.complete_vm, options.complete_entry])
def test_completion_is_silent_about_a_bad_policy(
    complete: Callable[..., list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert complete(Context(["nowhere.yaml"]), "") == []
    assert capsys.readouterr().err == ""


def test_completion_does_not_wait_for_stdin() -> None:
    assert options.complete_vm(Context(["-"]), "GW") == ["GW"]  # type: ignore[arg-type]


def test_the_shell_completes_names(hnvemu: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_HNVEMU_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "hnvemu trace -p sample:starter ")
    monkeypatch.setenv("COMP_CWORD", "4")

    ran = hnvemu()

    assert ran.out.split() == ["A", "B", "C", "blue/A", "blue/B", "blue/C"]
