"""``hnvemu compile``, and the commands that use what it makes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import typer

from hnvemu.cli import options
from hnvemu.cli.app import app
from hnvemu.compiled import load, rows
from hnvemu.compiled.rows import Table

if TYPE_CHECKING:
    from collections.abc import Callable

    from cli.conftest import Ran

    Run = Callable[..., Ran]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a cache that keeps small policies too."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("HNVEMU_CACHE", str(folder))
    monkeypatch.setattr(load, "SMALL", 100)
    return folder


@pytest.fixture
def is_cut(cache: Path) -> Callable[[], None]:
    """Return what makes everything in the cache useless."""

    def cut() -> None:
        for file in cache.iterdir():
            file.write_bytes(b"")

    return cut


def images(cache: Path) -> list[str]:
    return [file.name for file in cache.glob("*.hnvc")] if cache.is_dir() else []


def test_it_says_what_it_wrote_and_what_was_there(hnvemu: Run, policy: Path, cache: Path) -> None:
    first, second = hnvemu("compile", policy), hnvemu("compile", policy)

    (image,) = images(cache)
    assert first.code == second.code == 0
    assert first.out == f"compiled: 3 lookup records, 2 ports\n{cache / image} (0.0 MiB)\n"
    assert second.out.startswith("was compiled already: 3 lookup records, 2 ports\n")


def test_what_it_wrote_answers_the_next_command(
    hnvemu: Run, policy: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.utime(policy, ns=(0, 0))
    plain = hnvemu("trace", "-p", policy, "A", "B", "--json", "--no-cache")
    assert not images(cache)
    hnvemu("compile", policy)
    monkeypatch.setattr("hnvemu.compiled.kept._YOUNG", -(10**18))
    hnvemu("compile", policy)
    monkeypatch.setattr("hnvemu.compiled.kept.gather", None)

    again = hnvemu("trace", "-p", policy, "A", "B", "--json")

    assert again == plain


@pytest.mark.parametrize(
    "command",
    [
        ("trace", "A", "B", "tcp/80", "--conversation", "-vv"),
        ("trace", "A", "B", "--explain"),
        ("trace", "A", "B", "-f", "html"),
        ("trace", "T/A", "nobody"),
        ("trace", "A", "B", "--migrate", "B=H1", "--stale", "H1"),
        ("next-hop", "A", "B"),
        ("show", "vms"),
        ("show", "records", "--host", "H1"),
        ("export",),
    ],
)
def test_every_command_answers_as_without_it(
    hnvemu: Run, policy: Path, cache: Path, command: tuple[str, ...]
) -> None:
    name, *rest = command
    plain = hnvemu(name, "-p", policy, *rest, "--no-cache")
    hnvemu("compile", policy)

    assert hnvemu(name, "-p", policy, *rest) == plain
    assert len(images(cache)) == 1


@pytest.mark.parametrize(
    "command",
    [
        ("trace", "A", "B", "tcp/80"),
        ("trace", "T/A", "T/B", "tcp/80", "--conversation", "--json"),
        ("trace", "A", "10.0.1.11", "-vv"),
        ("trace", "A", "10.9.9.9", "-f", "html"),
        ("trace", "A", "10.0.1.99", "arp", "-f", "minimal"),
        ("trace", "A", "B", "--profile", "ws2012"),
        ("trace", "--hex", "ff" * 60, "--in", "pa:H1"),
        ("next-hop", "A", "B"),
    ],
)
def test_a_trace_in_a_large_policy_makes_no_rows_but_those_that_it_meets(
    hnvemu: Run,
    policy: Path,
    cache: Path,
    command: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name, *rest = command
    monkeypatch.setattr(rows, "_AT_ONCE", 0)  # no policy is small then
    hnvemu("compile", policy)
    for walk in ("all", "values"):
        monkeypatch.setattr(Table, walk, None)

    ran = hnvemu(name, "-p", policy, *rest)

    assert ran.code == 0, ran.err
    assert cache.is_dir()


def test_a_command_compiles_what_is_not_compiled(hnvemu: Run, policy: Path, cache: Path) -> None:
    hnvemu("trace", "-p", policy, "A", "B")

    assert len(images(cache)) == 1
    assert hnvemu("compile", policy).out.startswith("was compiled already")


def test_what_is_useless_is_made_anew(
    hnvemu: Run, policy: Path, cache: Path, is_cut: Callable[[], None]
) -> None:
    first = hnvemu("trace", "-p", policy, "A", "B")
    is_cut()

    assert hnvemu("trace", "-p", policy, "A", "B") == first
    assert (cache / images(cache)[0]).stat().st_size > 1000


def test_nothing_is_kept_where_the_user_wants_none(
    hnvemu: Run, policy: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hnvemu("trace", "-p", policy, "A", "B", "--no-cache")
    hnvemu("validate", policy)
    monkeypatch.setenv("HNVEMU_CACHE", "off")
    hnvemu("trace", "-p", policy, "A", "B")
    refused = hnvemu("compile", policy)

    assert not cache.exists()
    assert refused.code == 2
    assert "there is no folder" in refused.err


def test_standard_input_is_not_kept(hnvemu: Run, policy: Path, cache: Path) -> None:
    ran = hnvemu("compile", "-", stdin=policy.read_bytes())

    assert ran.code == 5
    assert ran.err == "note: nothing was compiled: standard input is read anew each time\n"
    assert not cache.exists()


def test_a_small_policy_is_not_kept(
    hnvemu: Run, policy: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load, "SMALL", policy.stat().st_size + 1)

    ran = hnvemu("compile", policy)

    assert ran.code == 5
    assert ran.err.startswith("note: nothing was compiled: a small policy is read as fast")
    assert not cache.exists()


def test_a_folder_that_cannot_be_written_to_is_an_error_here_alone(
    hnvemu: Run, policy: Path, cache: Path
) -> None:
    cache.touch()

    assert hnvemu("trace", "-p", policy, "A", "B").code == 0
    ran = hnvemu("compile", policy)

    assert ran.code == 2
    assert ran.err == f"error: '{cache}' cannot be written to\n"


def test_clear_deletes_all_of_it(hnvemu: Run, policy: Path, cache: Path) -> None:
    hnvemu("compile", policy)

    ran = hnvemu("compile", "--clear")

    assert ran.out == f"deleted 2 files with 0.0 MiB from {cache}\n"
    assert not images(cache)
    assert hnvemu("compile", "--clear", policy).code == 2


def test_clear_says_what_cannot_be_deleted(
    hnvemu: Run, policy: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hnvemu("compile", policy)

    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "unlink", refuse)
    ran = hnvemu("compile", "--clear")

    assert ran.code == 2
    assert ran.err.startswith(f"error: '{cache}")
    assert ran.err.endswith("' cannot be deleted: permission denied\n")


def test_what_completes_names_uses_it(hnvemu: Run, policy: Path, cache: Path) -> None:
    hnvemu("compile", policy)
    context = typer.Context(typer.main.get_command(app), info_name="trace")
    context.params = {"policy": [str(policy)]}

    names = options.complete_vm(context, "")

    assert names == ["A", "B", "T/A", "T/B"]
    assert len(images(cache)) == 1
