"""What other people's pipelines take from this project is there, and names commands that exist."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from hnvemu.cli.app import main

ROOT = Path(__file__).parents[1]
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
POLICY = (ROOT / "policies" / "starter.yaml").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Make the folder and the file that the examples name."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my-network").mkdir()
    for name in ("hnv.yaml", "my-network/hnv.yaml"):
        (tmp_path / name).write_text(POLICY, encoding="utf-8")


@pytest.mark.parametrize("hook", HOOKS, ids=[hook["id"] for hook in HOOKS])
def test_a_hook_runs_a_command_that_there_is(hook: dict[str, Any]) -> None:
    program, *arguments = shlex.split(hook["entry"])

    assert program == "hnvemu"
    assert hook["language"] == "python"
    assert hook["pass_filenames"] is False
    assert main([*arguments, *hook["args"]]) == 0


def test_there_is_a_hook_for_each_command() -> None:
    assert [hook["id"] for hook in HOOKS] == ["hnvemu-validate", "hnvemu-lint"]


def test_the_action_installs_itself_and_lints(tmp_path: Path) -> None:
    *_, install, lint = ACTION["runs"]["steps"]
    inputs = ACTION["inputs"]
    assert ACTION["runs"]["using"] == "composite"
    assert '"$ACTION_PATH"' in install["run"]
    # An input in a script is code that whoever opens a pull request may write.
    assert "${{" not in install["run"] + lint["run"]
    assert set(re.findall(r"inputs\.([\w-]+)", str(ACTION["runs"]))) == set(inputs)

    ran = step(lint["run"], tmp_path, PATHS="my-network/", SARIF_FILE="lint.sarif", ARGS="")

    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "summary.md").read_text(encoding="utf-8").startswith("## hnvemu lint")
    assert '"version": "2.1.0"' in (tmp_path / "lint.sarif").read_text(encoding="utf-8")


def test_the_action_fails_where_lint_does(tmp_path: Path) -> None:
    (tmp_path / "hnv.yaml").write_text(POLICY.replace("hnv: 1", "hnv: 2"), encoding="utf-8")
    run = ACTION["runs"]["steps"][-1]["run"]

    ran = step(run, tmp_path, PATHS="hnv.yaml", SARIF_FILE="", ARGS="--fail-level note")

    assert ran.returncode == 1
    assert ran.stdout.startswith("::error file=hnv.yaml,line=")


def step(script: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a step of the action as GitHub does."""
    import os
    import sys

    (folder / "bin").mkdir()
    command = folder / "bin" / "hnvemu"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m hnvemu "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=folder,
        env={
            **os.environ,
            "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("text", [text for kind, text in BLOCKS if kind == "yaml"])
def test_an_example_of_the_page_is_yaml_and_names_what_there_is(text: str) -> None:
    said = yaml.safe_load(text)

    for job in said.get("jobs", {}).values():
        [used] = [step for step in job["steps"] if step["uses"].startswith("OWNER/hnvemu@")]
        assert set(used["with"]) <= set(ACTION["inputs"])
    for repository in said.get("repos", []):
        assert {hook["id"] for hook in repository["hooks"]} <= {hook["id"] for hook in HOOKS}


COMMANDS = re.findall(
    r"\bhnvemu (?:lint|validate) (?!says)[^\n`#&]*", "\n".join(text for _, text in BLOCKS)
)


def test_the_page_has_commands() -> None:
    assert len(COMMANDS) == 3


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_page_runs(command: str) -> None:
    arguments = shlex.split(command)[1:]
    if "--baseline" in arguments:
        main(["lint", "my-network/", "--write-baseline", "lint.json"])

    assert main(arguments) == 0
