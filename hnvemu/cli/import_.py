"""``hnvemu import``: what administrators have becomes a policy."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from hnvemu.cli import options
from hnvemu.cli.output import emit, note
from hnvemu.errors import QuestionError

EPILOG = options.epilog(
    "hnvemu import --collector > Get-Hnv.ps1     what to run on each host",
    "hnvemu import dumps/ -o hnv.yaml            what it wrote, as a policy",
    "hnvemu import deploy.ps1                    a script, which is read and never run",
    "hnvemu import nc/*.json                     resources of Network Controller",
    "hnvemu trace -p dumps/ A B                  other commands take these files as they are",
)


def import_(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PATH]...",
            help="Scripts, dumps, resources of Network Controller, or folders of them.",
            show_default=False,
        ),
    ] = None,
    collector: Annotated[
        bool,
        typer.Option("--collector", help="Print the PowerShell script that dumps what hosts have."),
    ] = False,
    output: options.Output = None,
) -> None:
    """Make a policy of scripts and dumps.

    What was not understood, and what is wrong in a script itself, is told on standard error with
    its place, and the exit code is 1.
    Nothing is executed.
    """
    if collector:
        if paths:
            raise QuestionError("--collector prints a script, and reads no files")
        from hnvemu.formats.dumps import collector as collector_script

        emit(collector_script(), output=output)
        return
    if not paths:
        raise QuestionError("no file is given", "name scripts, dumps or a folder of them")
    from hnvemu.formats.export.yaml import yaml_text

    texts = options.load_texts(paths)
    policy = texts.policy()
    if not texts.is_imported:
        names = ", ".join(f"'{name}'" for name in texts.files)
        raise QuestionError(f"{names} is a policy already", "hnvemu validate checks it")
    source = ", ".join(paths).encode("unicode_escape").decode()
    emit(f"# Imported by hnvemu from {source}\n\n{yaml_text(policy)}", output=output)
    for name, text in texts.files.items():
        if re.search(r"^intents[ \t]*:", text, re.MULTILINE):
            note(f"note: the intents of '{name}' are not written: copy them")
    for loss in policy.losses:
        note(str(loss))
    if policy.losses:
        count = len(policy.losses)
        note(f"{count} {'thing is' if count == 1 else 'things are'} to be looked at")
        raise typer.Exit(1)
