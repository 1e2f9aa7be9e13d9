"""A trace as text, for a terminal, a file or a test.

Rules of the file: a trace is laid out once, as lines of spans; plain text and colour are two ways
to write the same lines. Style never says what the words do not. The depths are filters on steps.
"""

from __future__ import annotations

import json
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from hnvemu.addresses import MacAddress
from hnvemu.render.layout import (
    Line,
    Span,
    Style,
    cells,
    line_cells,
    padded,
    plain,
    printable,
    styled,
    wrap,
)
from hnvemu.render.octets import dump, headers
from hnvemu.render.packet import packet_text
from hnvemu.render.wording import origin_of, words
from hnvemu.trace.outcome import Outcome
from hnvemu.trace.steps import Delivered, NotEvaluated
from hnvemu.wire.encapsulation import Encapsulation
from hnvemu.wire.flow import read_flow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from hnvemu.trace.path import Hop
    from hnvemu.trace.steps import Step
    from hnvemu.trace.trace import Trace

_INDENT = "  "
_GAP = "  "
_WIDEST_NODE = 10  # a longer name of a host stands on a line of its own
_NARROWEST = 28  # narrower details run over the edge rather than down the page
_WIDEST = 120  # a longer line is hard to read, however wide the terminal
_LABEL = 12

_VERDICTS = {
    Outcome.DELIVERED: ("DELIVERED", Style.GOOD),
    Outcome.TO_GATEWAY: ("TO GATEWAY", Style.GOOD),
    Outcome.ANSWERED: ("ANSWERED", Style.GOOD),
    Outcome.REPLICATED: ("REPLICATED", Style.GOOD),
    Outcome.PASSED_THROUGH: ("PASSED THROUGH", Style.UNSURE),
    Outcome.EXTERNAL_ROUTER: ("EXTERNAL ROUTER", Style.UNSURE),
    Outcome.DROPPED: ("DROPPED", Style.BAD),
    Outcome.UNDECIDED: ("UNDECIDED", Style.UNSURE),
    Outcome.TO_OUTSIDE: ("TO OUTSIDE", Style.GOOD),
}


class Detail(IntEnum):
    """How much a reader wants to see."""

    QUIET = 0
    """The verdict."""
    NORMAL = 1
    """What mattered."""
    VERBOSE = 2
    """Every stage, with the rules that it applies."""
    BYTES = 3
    """The octets of the frames too."""


class _Glyphs(NamedTuple):
    arrow: str
    then: str
    blocked: str
    unknown: str


_ASCII = _Glyphs("->", ">", "x", "?")
_NICE = _Glyphs("→", "›", "✗", "?")
_Parts: TypeAlias = list[Line]


def trace_text(
    trace: Trace,
    *,
    detail: Detail = Detail.NORMAL,
    width: int = 100,
    ascii_only: bool = True,
) -> str:
    """Return the text form of a trace, which ``hnvemu trace`` prints.

    Args:
        trace: With its reply, where it has one.
        detail: How much to show.
        width: Columns of the terminal; at least 60 look well.
        ascii_only: Draw arrows and marks in ASCII. Names are written as they are.
    """
    return plain(trace_lines(trace, detail=detail, width=width, ascii_only=ascii_only))


def print_trace(
    trace: Trace,
    console: Console,
    *,
    detail: Detail = Detail.NORMAL,
    ascii_only: bool = True,
) -> None:
    """Print the text form of a trace in colour, as wide as ``console`` is."""
    lines = trace_lines(trace, detail=detail, width=console.width, ascii_only=ascii_only)
    console.print(styled(lines), soft_wrap=True, highlight=False, markup=False)


def trace_lines(
    trace: Trace, *, detail: Detail, width: int, ascii_only: bool
) -> list[Line]:
    """Return the lines of a trace and of its reply."""
    glyphs = _ASCII if ascii_only else _NICE
    width = min(width, _WIDEST)
    lines = list(_block(trace, detail, width, glyphs, title=None))
    if trace.reply is not None:
        if detail > Detail.QUIET:
            lines.append(())
        lines += _block(trace.reply, detail, width, glyphs, title="Reply")
    return lines


def verdict(trace: Trace) -> str:
    """Return what became of the packet, in one line."""
    parts = _verdict(trace, _ASCII)
    return "   ".join("".join(span.text for span in part) for part in parts)


def minimal(trace: Trace) -> str:
    """Return one line for each effect of a trace: frames sent, frames delivered, the loss.

    This form is for fixtures: words are never reworded, and values keep their places. A line of
    the reply begins with ``reply``.
    """
    lines = list(_effects(trace))
    if trace.reply is not None:
        lines += [f"reply {line}" for line in _effects(trace.reply)]
    return "\n".join(lines)


def _effects(trace: Trace) -> Iterator[str]:
    for wire in trace.wire:
        tunnel = wire.tunnel
        vlan = f" vlan={tunnel.vlan}" if tunnel.vlan else ""
        yield (
            f"sent {_word(wire.sender)} {_word(wire.receiver)} {tunnel.encapsulation}"
            f" vsid={tunnel.vsid}{vlan} {tunnel.src} > {tunnel.dst} length={len(wire.frame)}"
        )
    node = _word(trace.hops[-1].node)
    outcome = trace.outcome
    for frame in trace.delivered:
        yield (
            f"{outcome} {_word(frame.to)} {node} vsid={frame.vsid}"
            f" src-mac={frame.src_mac} dst-mac={frame.dst_mac} ttl={frame.ttl}"
        )
    if not trace.delivered:
        last = trace.path.last
        reason = f" {trace.reason}" if trace.reason else ""
        key = f" {_word(last.key)}" if isinstance(last, NotEvaluated) else ""
        yield f"{outcome} {node}{reason}{key}"


def _word(name: str) -> str:
    """Return a name as one word; one with spaces or quotes is written as JSON writes it."""
    return name if name.isprintable() and not set(name) & set(' "') else json.dumps(name)


def _block(
    trace: Trace, detail: Detail, width: int, glyphs: _Glyphs, title: str | None
) -> Iterator[Line]:
    """Yield the lines of one trace."""
    parts = _verdict(trace, glyphs)
    if title is not None:
        parts[0] = (Span(f"{title}: ", Style.LABEL), *parts[0])
    yield from _flowing(parts, "   ", "", width)
    if detail is Detail.QUIET:
        return
    yield from _flowing(_path(trace, glyphs), f" {glyphs.then} ", _INDENT, width)
    yield ()
    yield from _hops(trace.hops, detail, width, glyphs)
    summary = list(_summary(trace, width, glyphs))
    if summary:
        yield ()
        yield from summary
    if detail is Detail.BYTES:
        yield from _frames(trace, glyphs)


def _flowing(parts: _Parts, gap: str, indent: str, width: int) -> Iterator[Line]:
    """Lay out parts in one line, or in more where they do not fit; later ones are indented."""
    line: Line = (Span(indent),) if indent else ()
    is_new = True
    for part in parts:
        if not is_new and line_cells(line) + len(gap) + line_cells(part) > width:
            yield line
            line, is_new = (Span(_INDENT + indent),), True
            gap_before = gap.lstrip()
        else:
            gap_before = "" if is_new else gap
        if gap_before:
            line = (*line, Span(gap_before, Style.FAINT))
        line = (*line, *part)
        is_new = False
    yield line


def _verdict(trace: Trace, glyphs: _Glyphs) -> _Parts:
    """Return the parts of the verdict: what and why, from where to where, which packet."""
    word, style = _VERDICTS[trace.outcome]
    node = trace.hops[-1].node
    why: Line = (Span(word, style),)
    if trace.reason is not None:
        why = (*why, Span(_GAP), Span(f"{trace.reason} at {printable(node)}", Style.NAME))
    else:
        why = (*why, Span(_GAP))
    source = trace.at if trace.at.startswith("pa:") else f"{trace.at} @{trace.hops[0].node}"
    flow = trace.flow
    receiver = trace.receiver
    if receiver is not None:
        target = f"{receiver} @{node}"
    else:
        target = packet_text(flow).dst
    ends = Span(printable(f"{source} {glyphs.arrow} {target}"))
    if trace.reason is None:
        # The word and the ends belong together: nothing stands between them.
        return [(*why, ends), (Span(str(packet_text(flow))),)]
    return [why, (ends,), (Span(str(packet_text(flow))),)]


def _path(trace: Trace, glyphs: _Glyphs) -> _Parts:
    """Return the places that the packet passed, the last one marked if it stopped there."""
    places: _Parts = [(Span(printable(trace.at)),)]
    if trace.at.startswith("pa:"):
        places = []
    for hop, wire in zip(trace.hops, (*trace.wire, None), strict=False):
        places.append((Span(printable(hop.node), Style.NAME),))
        if wire is not None:
            name = wire.tunnel.encapsulation.upper()
            places.append((Span(f"[{name} {wire.tunnel.vsid}]"),))
    stage = words(trace.path.last).stage
    match trace.outcome:
        case Outcome.DROPPED:
            places.append((Span(f"{glyphs.blocked} {stage}", Style.BAD),))
        case Outcome.UNDECIDED:
            places.append((Span(f"{glyphs.unknown} {stage}", Style.UNSURE),))
        case Outcome.EXTERNAL_ROUTER:
            places.append((Span("external router", Style.UNSURE),))
        case Outcome.PASSED_THROUGH:
            places.append((Span("not HNV's business", Style.UNSURE),))
        case _:
            places += [(Span(printable(frame.to), Style.GOOD),) for frame in trace.delivered]
    return places


class _Row(NamedTuple):
    """A step, with its words made ready for the columns."""

    node: str
    stage: str
    action: str
    detail: str
    origin: str
    style: Style


def _hops(
    hops: tuple[Hop, ...], detail: Detail, width: int, glyphs: _Glyphs
) -> Iterator[Line]:
    """Yield the steps of all hops in columns: host, stage, action, detail, origin."""
    everything = detail >= Detail.VERBOSE
    shown = [
        (hop, [step for step in hop.steps if everything or _is_telling(step)]) for hop in hops
    ]
    shorten = False
    rows = [_rows(hop, steps, glyphs, everything=everything, shorten=shorten) for hop, steps in shown]
    columns = _columns(rows, width)
    if not columns.fits:
        rows = [
            _rows(hop, steps, glyphs, everything=everything, shorten=True)
            for hop, steps in shown
        ]
        columns = _columns(rows, width)
    for number, hop_rows in enumerate(rows):
        if number:
            yield ()
        yield from _hop(hop_rows, columns)
