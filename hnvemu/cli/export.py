"""``hnvemu export``: a policy becomes what can be deployed, or kept."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, assert_never

import typer

from hnvemu.cli import options
from hnvemu.cli.output import emit, note, write_file
from hnvemu.errors import QuestionError

EPILOG = options.epilog(
    "hnvemu export -p hnv.yaml --to powershell -o deploy.ps1",
    "hnvemu export -p hnv.yaml --to powershell --prune -o deploy.ps1",
    "hnvemu export -p hnv.yaml --to csv -o tables/",
    "hnvemu export -p hnv.yaml --to nc-json -o resources/",
    "hnvemu export -p dumps/ --to yaml -o hnv.yaml",
)


class Target(StrEnum):
    """The formats that a policy is written in."""

    YAML = "yaml"
    POWERSHELL = "powershell"
    CSV = "csv"
    NC_JSON = "nc-json"


def export(
    to: Annotated[
        Target,
        typer.Option("--to", metavar="|".join(Target), help="The format.", show_default=False),
    ],
    policy: options.PolicyPaths = None,
    prune: Annotated[
        bool,
        typer.Option(
            "--prune",
            help="With powershell: remove first what hosts have in the policy's virtual subnets, "
            "its routing domains and the access lists of its adapters.",
        ),
    ] = False,
    no_cache: options.NoCache = False,
    output: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE|DIR",
            help="Write to a file; csv and nc-json to a folder.",
        ),
    ] = None,
) -> None:
    """Write a policy as YAML, a script, tables or NC resources.

    What the format cannot say is told on standard error. No script is run.
    """
    if prune and to is not Target.POWERSHELL:
        raise QuestionError(f"--prune has no meaning in {to}")
    if to in (Target.CSV, Target.NC_JSON) and output in (None, "-"):
        what = "tables" if to is Target.CSV else "resources"
        raise QuestionError(f"{what} are several files", "name a folder: -o DIR")
    loaded = options.load(policy, cached=not no_cache)
    left_out: tuple[str, ...] = ()
    match to:
        case Target.YAML:
            from hnvemu.formats.export.yaml import yaml_text

            emit(yaml_text(loaded), output=output)
        case Target.POWERSHELL:
            from hnvemu.formats.export.powershell import powershell_script

            text, left_out = powershell_script(loaded, prune=prune)
            emit(text, output=output)
        case Target.CSV:
            from hnvemu.formats.export.csv import csv_tables

            tables, left_out = csv_tables(loaded)
            folder = _folder(str(output))
            for name, text in tables.items():
                write_file(str(folder / name), text.encode())
        case Target.NC_JSON:
            from hnvemu.formats.export.nc_json import nc_resources

            resources, left_out = nc_resources(loaded)
            folder = _folder(str(output))
            for name, text in resources.items():
                write_file(str(folder / name), text.encode())
        case _:
            assert_never(to)
    for what in left_out:
        note(f"note: {to} does not say {what}")


def _folder(name: str) -> Path:
    """Return a folder, which is made where it is missing."""
    folder = Path(name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise QuestionError(f"'{name}' cannot be a folder: {reason.lower()}") from None
    return folder
