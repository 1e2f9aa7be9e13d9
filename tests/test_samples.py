"""What the samples say of themselves is true: each command on top shows what it is said to show.

The policies in ``policies/bad`` show a mistake each, and their first command is ``hnvemu lint``.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from hnvemu import load_policy

FOLDER = Path(__file__).parent.parent / "policies"
POLICIES = sorted(FOLDER.glob("*.yaml"))
GALLERY = sorted(FOLDER.glob("bad/*.yaml"))


def commands(path: Path) -> list[tuple[str, str]]:
    """Return each command of a sample's comment with the sentence under it."""
    text = path.read_text(encoding="utf-8")
    found = re.findall(r"^#   (hnvemu .*)\n((?:#       .*\n)+)", text, re.MULTILINE)
    return [(command, " ".join(said.replace("#", " ").split())) for command, said in found]


SAID = [
    (command, said)
    for path in POLICIES + GALLERY
    for command, said in commands(path)
    if " lint " not in command
]
LINTED = [(path, *commands(path)[0]) for path in GALLERY]


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_each_sample_opens_with_its_story(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()

    assert lines[0].startswith("# yaml-language-server: $schema=")
    assert len(commands(path)) >= 3
    assert load_policy(path).ports


@pytest.mark.parametrize(("command", "said"), SAID, ids=[command for command, _ in SAID])
def test_each_command_of_a_sample_shows_what_is_said(
    command: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A reason in the sentence is the trace's; without one the frame or its copies arrive."""
    from hnvemu.cli.app import main

    words = shlex.split(command)[1:]

    code = main(words)

    printed = capsys.readouterr().out
    verdict = printed.splitlines()[0]
    reasons = re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", said)
    assert code == 0
    if "(reply: " in said:
        assert verdict.startswith("DELIVERED")
        assert f"Reply: DROPPED  {reasons[0]} " in printed
    elif reasons:
        assert verdict.startswith(f"DROPPED  {reasons[0]} ")
    elif words[0] == "trace":
        copied = "REPLICATED" in said
        assert verdict.startswith("REPLICATED" if copied else ("DELIVERED", "TO GATEWAY"))


@pytest.mark.parametrize("path", GALLERY, ids=lambda path: path.stem)
def test_each_mistake_opens_with_its_story(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()

    assert lines[0].startswith("# yaml-language-server: $schema=../../")
    assert [command.split()[1] for command, _ in commands(path)][:2] == ["lint", "trace"]
    assert all(f"sample:bad/{path.stem}" in command for command, _ in commands(path))


@pytest.mark.parametrize(("path", "command", "said"), LINTED, ids=[path.stem for path in GALLERY])
def test_lint_finds_the_mistake_that_a_policy_shows(
    path: Path, command: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from hnvemu.cli.app import main

    main([*shlex.split(command)[1:], "--isolated"])

    printed = capsys.readouterr().out
    assert command == f"hnvemu lint sample:bad/{path.stem}"
    assert {*re.findall(r"HNV\d{3}", said)} == {*re.findall(r" (HNV\d{3}) \[", printed)}
