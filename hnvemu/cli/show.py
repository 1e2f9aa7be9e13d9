"""``hnvemu show``: the tables of a policy, merged, each row with its origin."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from hnvemu.cli import options, what_if
from hnvemu.cli.output import Color, emit, emit_lines, page_width, place

EPILOG = options.epilog(
    "hnvemu show vms",
    "hnvemu show records X                  those of one VM",
    "hnvemu show routes T --host H1         those that H1 knows",
    "hnvemu show rules B                    in the order in which they are tried",
    "hnvemu show records X --migrate X=H1  as they would be",
    "hnvemu show hosts --json",
)


class Table(StrEnum):
    """The tables there are."""

    ROUTES = "routes"
    RECORDS = "records"
    HOSTS = "hosts"
    VMS = "vms"
    RULES = "rules"


def show(
    table: Annotated[
        Table, typer.Argument(metavar="routes|records|hosts|vms|rules", help="Which table.")
    ],
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]",
            help="Only the rows of this virtual network (routes, records, vms), VM (records, "
            "vms, rules) or host (hosts).",
            autocompletion=options.complete_vm,
        ),
    ] = None,
    policy: options.PolicyPaths = None,
    no_cache: options.NoCache = False,
    host: Annotated[
        str | None,
        typer.Option(
            metavar="HOST",
            help="As this host has it: with what only it knows, and without what it lacks.",
        ),
    ] = None,
    patch: what_if.Patch = None,
    without: what_if.Without = None,
    added: what_if.With = None,
    put: what_if.Set = None,
    migrate: what_if.Migrate = None,
    down: what_if.Down = None,
    mtu: what_if.Mtu = None,
    stale: what_if.Stale = None,
    form: options.TableForm = None,
    as_json: options.AsJson = False,
    output: options.Output = None,
    color: options.ColorWhen = Color.AUTO,
) -> None:
    """Show a table of the distributed switch.

    Each row ends with the line where it was written.
    """
    from hnvemu.cli.rows import rows_of
    from hnvemu.switch.fabric import Fabric

    json = options.Form.JSON
    wanted = options.chosen(form, json, as_json=as_json, default=options.Form.TEXT)
    flags = what_if.Flags(patch, without, added, put, migrate, stale, down, mtu)
    fabric = Fabric.compile(what_if.load(policy, flags, cached=not no_cache).policy)
    rows = rows_of(fabric, table, name, host)
    if wanted is json:
        from hnvemu.render.json import dumps

        document = {
            "schema": "hnvemu/show/v1",
            "policy_sha256": fabric.policy.sha256,
            "table": table,
            "name": name,
            "host": host,
            "rows": [{**row.values, "origin": place(row.origin)} for row in rows],
            **flags.as_dict,
        }
        emit(dumps(document), output=output)
        return
    from hnvemu.render.tables import table_lines

    flags.note()
    if not rows:
        emit(f"no {table}", output=output)
        return
    headers = [key.upper().replace("_", " ") for key in rows[0].values] + ["ORIGIN"]
    cells = [[*map(_cell, row.values.values()), row.origin.short] for row in rows]
    emit_lines(table_lines(headers, cells, page_width(output)), output=output, color=color)


def _cell(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(value) or "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) or "-"
