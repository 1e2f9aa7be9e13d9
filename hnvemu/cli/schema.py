"""``hnvemu schema``: the JSON Schema of a policy, or of what a command prints as JSON."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from hnvemu.cli import options
from hnvemu.cli.output import emit

EPILOG = options.epilog(
    "hnvemu schema -o policy.schema.json    for the editor that writes policies",
    "hnvemu schema trace                    what trace --json prints",
)


class Schema(StrEnum):
    """What there is a schema of."""

    POLICY = "policy"
    TRACE = "trace"
    RULE = "rule"
    LINT = "lint"
    REPLAY = "replay"


def schema(
    name: Annotated[
        Schema,
        typer.Argument(
            metavar="[policy|trace|rule|lint|replay]",
            show_default=False,
            help="What it describes: the policy, if not said.",
        ),
    ] = Schema.POLICY,
    output: options.Output = None,
) -> None:
    """Print a JSON Schema."""
    place = Path(__file__).resolve().parents[1] / "schema" / f"{name}.schema.json"
    emit(place.read_text(encoding="utf-8"), output=output)
