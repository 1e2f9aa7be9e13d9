"""What becomes of what commands raise, and the help that people read first."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import hnvemu as package
from hnvemu.analysis import question
from hnvemu.cli import app

if TYPE_CHECKING:
    from collections.abc import Callable

    from cli.conftest import Ran

    Run = Callable[..., Ran]

GOLDEN = Path(__file__).parent / "golden"
ROOT = Path(__file__).parents[2]
COMMANDS = [
    *("trace", "next-hop", "show", "validate", "compile", "lint", "rule", "replay", "samples"),
    "schema",
]


def process(*arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run a process of its own: streams, encodings and modules are those of a user."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "80", **environment},
        capture_output=True,
        check=False,
        timeout=60,
    )


def raising(error: BaseException) -> Callable[..., None]:
    def ask(*_: object) -> None:
        raise error

    return ask


# Help


def test_without_a_command_the_help_is_shown_and_nothing_was_asked(hnvemu: Run) -> None:
    ran = hnvemu()

    assert (ran.code, ran.out) == (2, "")
    assert ran.err == hnvemu("--help").out


def test_the_version_is_that_of_the_package(hnvemu: Run) -> None:
    ran = hnvemu("--version")

    assert (ran.code, ran.out) == (0, f"hnvemu {package.__version__}\n")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_as_it_was_agreed(
    hnvemu: Run, golden: Callable[[Path, str], None], command: str
) -> None:
    ran = hnvemu(command, "--help")

    assert ran.code == 0
    # Versions of typer differ in the signs around what must be given.
    page = re.sub(r"[{}]|\\(?=\[)", "", ran.out)
    golden(GOLDEN / f"{command}.txt", page)


def test_help_lists_the_commands(hnvemu: Run, golden: Callable[[Path, str], None]) -> None:
    ran = hnvemu("--help")

    assert ran.code == 0
    golden(GOLDEN / "hnvemu.txt", ran.out)


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_ends_with_examples_and_exit_codes(hnvemu: Run, command: str) -> None:
    page = hnvemu(*filter(None, [command]), "-h").out

    assert page.index("Examples:") < page.index("Exit codes:")
    assert page.rstrip().endswith("70  a bug in hnvemu")


def test_an_unknown_command_names_the_nearest(hnvemu: Run) -> None:
    ran = hnvemu("trcae", "A", "X")

    assert ran.code == 2
    assert "No such command 'trcae'. Did you mean 'trace'?" in ran.err


# Errors


def test_a_bug_exits_70_and_says_how_to_report_it(
    hnvemu: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(question, "ask", raising(KeyError("surprise")))

    ran = hnvemu("trace", "-p", "sample:starter", "A", "B")

    assert (ran.code, ran.out) == (70, "")
    assert "error: this is a bug in hnvemu" in ran.err
    assert "KeyError: 'surprise' (test_app.py:" in ran.err
    assert "please report it" in ran.err
    assert "Traceback" not in ran.err


def test_a_bug_shows_its_traceback_to_who_asks(
    hnvemu: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(question, "ask", raising(KeyError("surprise")))
    monkeypatch.setenv("HNVEMU_DEBUG", "1")

    ran = hnvemu("trace", "-p", "sample:starter", "A", "B")

    assert ran.code == 70
    assert ran.err.startswith("Traceback (most recent call last)")


def test_ctrl_c_exits_130(hnvemu: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(question, "ask", raising(KeyboardInterrupt()))

    ran = hnvemu("trace", "-p", "sample:starter", "A", "B")

    assert (ran.code, ran.out, ran.err) == (130, "", "")


def test_running_out_of_stack_is_a_bug_too(hnvemu: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(question, "ask", raising(RecursionError("deep")))

    assert hnvemu("trace", "-p", "sample:starter", "A", "B").code == 70


# Processes of their own


@pytest.mark.parametrize(
    ("arguments", "allowed"),
    [
        (["trace", "A", "X"], set()),
        (["trace", "A", "X", "--json"], set()),
        (["--help"], set()),
        (["trace", "A", "X", "--color", "always"], {"rich"}),
    ],
)
def test_a_plain_command_loads_nothing_heavy(arguments: list[str], allowed: set[str]) -> None:
    code = (
        "import sys, atexit\n"
        "from hnvemu.cli.app import main\n"
        f"code = main({arguments!r})\n"
        "heavy = {'scapy', 'numpy', 'pydantic', 'rich'} & set(sys.modules)\n"
        "print(code, sorted(heavy), file=sys.stderr)\n"
    )

    ran = process("-c", code)

    assert ran.stderr.decode().splitlines()[-1] == f"0 {sorted(allowed)}"


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONIOENCODING": "cp1252"},
        {"PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
)
def test_a_terminal_without_the_characters_shows_others(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text(
        "hnv: 1\nhosts: {H1: {provider_addresses: 192.168.10.11/24}}\n"
        "virtual_networks:\n"
        '  客户: {rdid: "{aaaaaaaa-0000-0000-0000-000000000001}",\n'
        "       customer_routes: [{prefix: 10.0.1.0/24, next_hop: on-link, vsid: 5001}],\n"
        "       vms: {A: {host: H1, vsid: 5001, mac: 02-00-00-00-01-0A, ca: 10.0.1.10},\n"
        "             B: {host: H1, vsid: 5001, mac: 02-00-00-00-01-0B, ca: 10.0.1.11}}}\n",
        encoding="utf-8",
    )

    ran = process("-m", "hnvemu", "trace", "-p", str(policy), "A", "B", "-vv", **environment)

    assert (ran.returncode, ran.stderr) == (0, b"")
    assert b"DELIVERED  ??/A @H1 -> ??/B @H1" in ran.stdout


def test_a_closed_pipe_is_quiet() -> None:
    code = (
        "import os, sys\n"
        "read, write = os.pipe()\n"
        "os.close(read)\n"
        "os.dup2(write, 1)\n"
        "sys.argv = ['hnvemu', 'trace', '-p', 'sample:starter', 'A', 'B', '-vv']\n"
        "from hnvemu.cli.app import run\n"
        "run()\n"
    )

    ran = process("-c", code)

    assert (ran.returncode, ran.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_said_and_exits_2() -> None:
    code = (
        "import os, sys\n"
        "os.dup2(os.open('/dev/full', os.O_WRONLY), 1)\n"
        "sys.argv = ['hnvemu', 'trace', '-p', 'sample:starter', 'A', 'B']\n"
        "from hnvemu.cli.app import run\n"
        "run()\n"
    )

    ran = process("-c", code)

    assert ran.returncode == 2
    assert ran.stderr == b"error: standard output cannot be written: no space left on device\n"


def test_the_module_is_the_command() -> None:
    ran = process("-m", "hnvemu", "--version")

    assert ran.stdout.decode() == f"hnvemu {package.__version__}\n"


def test_run_prepares_the_streams_and_ends_the_process(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["hnvemu", "--version"])

    with pytest.raises(SystemExit) as ended:
        app.run()

    assert ended.value.code == 0
    assert capsys.readouterr().out == f"hnvemu {package.__version__}\n"
