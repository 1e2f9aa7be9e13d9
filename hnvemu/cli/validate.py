"""``hnvemu validate``: can a policy be read, and do its references hold?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from hnvemu.cli import options
from hnvemu.cli.output import emit, place
from hnvemu.errors import PolicyError

if TYPE_CHECKING:
    from hnvemu.findings import Finding

EPILOG = options.epilog(
    "hnvemu validate hnv.yaml",
    "hnvemu validate hosts.yaml tenants/    several files that are one policy",
    "hnvemu validate --json - < hnv.yaml",
)


def validate(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH...",
            help="Files and folders of one policy; - for stdin, or sample:NAME.",
        ),
    ],
    form: options.TableForm = None,
    as_json: options.AsJson = False,
    output: options.Output = None,
) -> None:
    """Check that a policy can be read.

    Its references have to hold too. Shows every error of all files in one run, and exits 2 if
    there is one.
    """
    json = options.Form.JSON
    wanted = options.chosen(form, json, as_json=as_json, default=options.Form.TEXT)
    findings: tuple[Finding, ...] = ()
    sha256 = None
    try:
        policy = options.load(paths, cached=False)
    except PolicyError as error:
        findings = error.findings
        text = f"{error}\n{_count(len(findings), 'error')}"
        counts = {}
    else:
        sha256 = policy.sha256
        counts = {
            "hosts": len(policy.hosts),
            "virtual_networks": len(policy.networks),
            "vms": len({name.partition(":")[0] for name in policy.ports}),
            "customer_routes": len(policy.routes),
            "lookup_records": len(policy.records),
            "firewall_rules": len(policy.firewall.rules),
        }
        things = (
            "host",
            "virtual network",
            "VM",
            "customer route",
            "lookup record",
            "firewall rule",
        )
        text = "ok: " + ", ".join(map(_count, counts.values(), things))
    if wanted is json:
        from hnvemu.render.json import dumps

        document = {
            "schema": "hnvemu/validate/v1",
            "policy_sha256": sha256,
            "findings": [_document(finding) for finding in findings],
            "summary": {"error": len(findings)},
            "policy": counts or None,
        }
        emit(dumps(document), output=output)
    else:
        emit(text, output=output)
    raise typer.Exit(2 if findings else 0)


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" + ("" if number == 1 else "s")


def _document(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": "error",
        "message": finding.message,
        "origin": place(finding.origin),
        "related": [
            {"message": note.message, "origin": place(note.origin)} for note in finding.notes
        ],
        "help": finding.help,
    }
