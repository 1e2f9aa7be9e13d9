"""``hnvemu next-hop``: route, record, MAC and provider address, and where they were written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from hnvemu.cli import options, what_if
from hnvemu.cli.output import Color, emit, emit_lines, page_width, place
from hnvemu.trace.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.analysis.question import NextHop
    from hnvemu.render.layout import Line

EPILOG = options.epilog(
    "hnvemu next-hop A X",
    "hnvemu next-hop A 8.8.8.8              through the gateway",
    "hnvemu next-hop A X --migrate X=H1",
    "hnvemu next-hop T/A 10.0.1.99 --json",
)
_LABEL = 12


def next_hop(
    source: Annotated[
        str,
        typer.Argument(metavar="SRC", help="The sending VM.", autocompletion=options.complete_vm),
    ],
    destination: Annotated[
        str,
        typer.Argument(
            metavar="DST", help="A VM, or any address.", autocompletion=options.complete_vm
        ),
    ],
    policy: options.PolicyPaths = None,
    no_cache: options.NoCache = False,
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
    """Show where a VM's host sends packets for a destination.

    As Select-NetVirtualizationNextHop does: customer route and lookup record alone, without
    firewalls, sizes and the state of other hosts. See trace for these.
    """
    from hnvemu.analysis.question import next_hop as ask
    from hnvemu.switch.fabric import Fabric

    json = options.Form.JSON
    wanted = options.chosen(form, json, as_json=as_json, default=options.Form.TEXT)
    flags = what_if.Flags(patch, without, added, put, migrate, stale, down, mtu)
    known = what_if.load(policy, flags, cached=not no_cache).policy
    found = ask(Fabric.compile(known), source, destination)
    if wanted is json:
        from hnvemu.render.json import dumps

        emit(dumps(_document(found, known.sha256) | flags.as_dict), output=output)
    else:
        flags.note()
        emit_lines(list(_lines(found, page_width(output))), output=output, color=color)


def _lines(found: NextHop, width: int) -> Iterator[Line]:
    from hnvemu.render.columns import hop_lines
    from hnvemu.render.layout import Span, Style, padded, printable
    from hnvemu.trace.path import Hop

    port, last = found.port, found.steps[-1]
    verdict = Span("NO NEXT HOP", Style.BAD) if found.record is None else None
    if last.outcome is Outcome.PASSED_THROUGH:
        verdict = Span("PASSED THROUGH", Style.UNSURE)
    ends = printable(f"{port.name} @{port.host} -> {found.dst}")
    if verdict is None:
        yield (Span("NEXT HOP", Style.GOOD), Span(f"  {found.address}   {ends}"))
    else:
        reason = f"{last.reason}   " if last.reason else ""
        yield (verdict, Span("  "), Span(reason, Style.NAME), Span(ends))
    yield ()
    hop = Hop(port.host, "host", found.steps)
    # What says nothing but that it goes on is a group's last step.
    yield from hop_lines((hop,), everything=last.minor, width=width, arrow="->")
    yield ()
    facts = [("Source", f"{found.src}, MAC {port.mac}, VSID {port.vsid}")]
    if found.record is not None:
        owner = "no host" if found.host is None else found.host
        facts.append(("MAC", str(found.record.mac)))
        facts.append(("PA", f"{found.record.pa}, of {owner}"))
        facts.append(("VSID", str(found.record.vsid)))
    for label, text in facts:
        yield (Span("  "), Span(padded(label, _LABEL), Style.LABEL), Span(printable(text)))


def _document(found: NextHop, sha256: str) -> dict[str, Any]:
    from hnvemu.render.wording import evidence_of, kind, words
    from hnvemu.trace.origins import origin_of

    port, record, last = found.port, found.record, found.steps[-1]
    return {
        "schema": "hnvemu/next-hop/v1",
        "policy_sha256": sha256,
        "from": port.name,
        "host": port.host,
        "src": str(found.src),
        "src_mac": str(port.mac),
        "dst": str(found.dst),
        "next_hop": None if found.address is None else str(found.address),
        "vsid": None if record is None else record.vsid,
        "mac": None if record is None else str(record.mac),
        "pa": None if record is None else str(record.pa),
        "pa_host": found.host,
        "outcome": last.outcome,
        "reason": last.reason,
        "steps": [
            {
                "kind": kind(step),
                "text": words(step).detail,
                "rules": list(step.rules),
                **evidence_of(step),
                "origin": place(origin_of(step)),
            }
            for step in found.steps
        ],
    }
