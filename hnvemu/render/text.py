"""A trace as text, for a terminal, a file or a test.

Rules of the file: a trace is laid out once, as lines of spans; plain text and colour are two ways
to write the same lines. Style never says what the words do not. The depths are filters on steps.
"""

from __future__ import annotations

import json
from enum import IntEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from hnvemu.addresses import MacAddress
from hnvemu.render.columns import hop_lines
from hnvemu.render.layout import Line, Span, Style, flowing, line_cells, plain, printable, wrap
from hnvemu.render.octets import dump, headers
from hnvemu.render.packet import destination, has_frame, packet_text, session_text
from hnvemu.render.wording import words
from hnvemu.trace.outcome import Outcome
from hnvemu.trace.steps import (
    Arrived,
    CopiedToGroup,
    CopiedToHost,
    CopiedToPort,
    GroupReceived,
    NotEvaluated,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.render.explanation import Section
    from hnvemu.trace.explanation import Explanation
    from hnvemu.trace.trace import Trace, WireFrame
    from hnvemu.wire.encapsulation import Tunnel
    from hnvemu.wire.flow import Flow

_INDENT = "  "
_LABEL = 12
_ALIKE = 8  # copies that arrive alike and are shown
_WIDEST = 120  # longer lines are hard to read, however wide the terminal

VERDICTS: Final = {
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
"""What a page calls each outcome, and how it looks."""


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


class Glyphs(NamedTuple):
    """The marks of a page, in ASCII or not."""

    arrow: str
    then: str
    blocked: str


ASCII: Final = Glyphs("->", ">", "x")
NICE: Final = Glyphs("→", "›", "✗")


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
        width: Columns of the terminal; no fewer than 72 look well.
        ascii_only: Draw arrows and marks in ASCII. Names are written as they are.
    """
    return plain(trace_lines(trace, detail=detail, width=width, ascii_only=ascii_only))


def trace_lines(trace: Trace, *, detail: Detail, width: int, ascii_only: bool) -> list[Line]:
    """Return the lines of a trace and of its reply."""
    glyphs = ASCII if ascii_only else NICE
    width = min(width, _WIDEST)
    lines = list(_block(trace, detail, width, glyphs, ""))
    if trace.reply is not None:
        if detail > Detail.QUIET:
            lines.append(())
        lines += _block(trace.reply, detail, width, glyphs, "Reply: ")
        if trace.remarks and detail > Detail.QUIET:
            lines.append(())
            for remark in trace.remarks:
                text = f"{remark.text} [{', '.join(remark.rules)}]"
                lines += labelled("Remark", printable(text), width)
    if trace.what_if is not None and detail > Detail.QUIET:
        from hnvemu.render.what_if import sections  # noqa: PLC0415 - few ask what if

        everything = detail >= Detail.VERBOSE
        found = sections(trace.what_if, arrow=glyphs.arrow, everything=everything)
        lines += _sections(found, width)
    return lines


def verdict(trace: Trace) -> str:
    """Return what became of the packet, in one line."""
    return plain(flowing(_verdict(trace, ASCII), "   "))


def minimal(trace: Trace) -> str:
    """Return one line for each effect of a trace: frames sent, frames delivered, the loss.

    This form is for fixtures: words and the order of values stay. Lines of the reply begin with
    ``reply``.
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
    for position, branch in enumerate(trace.branches, start=1):
        for line in _effects(branch):
            yield f"copy {position} {line}"
    for frame in trace.delivered:
        yield (
            f"{trace.outcome} {_word(frame.to)} {node} vsid={frame.vsid}"
            f" src-mac={frame.src_mac} dst-mac={frame.dst_mac}"
            + (f" ttl={frame.ttl}" if frame.flow.version else "")
        )
    if not trace.delivered:
        reason = f" {trace.reason}" if trace.reason else ""
        last = trace.path.last
        key = f" {_word(last.key)}" if isinstance(last, NotEvaluated) else ""
        yield f"{trace.outcome} {node}{reason}{key}"


def _word(name: str) -> str:
    """Return a name as one word; one with spaces or quotes is written as JSON writes it."""
    return name if name.isprintable() and not set(name) & set(' "') else json.dumps(name)


def _block(trace: Trace, detail: Detail, width: int, glyphs: Glyphs, title: str) -> Iterator[Line]:
    """Yield the lines of one trace."""
    first, *others = _verdict(trace, glyphs)
    first = (Span(title, Style.LABEL), *first) if title else first
    hanging = line_cells(first[: 3 if title else 2])  # the reason, or the ends, come next
    yield from flowing([first, *others], "   ", hanging=hanging, width=width)
    if detail is Detail.QUIET:
        return
    path = _path(trace, glyphs)
    yield from flowing(path, f" {glyphs.then} ", indent=2, hanging=4, width=width)
    yield ()
    everything = detail >= Detail.VERBOSE
    yield from hop_lines(trace.hops, everything=everything, width=width, arrow=glyphs.arrow)
    yield from _branches(trace, detail, width, glyphs, "")
    summary = list(_summary(trace, glyphs))
    if summary:
        yield ()
    for label, text in summary:
        yield from labelled(label, printable(text), width)
    if trace.explanation is not None:
        everything = detail >= Detail.VERBOSE
        yield from _explained(trace.explanation, width, glyphs.arrow, everything=everything)
    if detail is Detail.BYTES:
        for heading, frame, wire in _frames(trace, glyphs):
            yield ()
            yield from _dump(printable(heading), frame, wire)


def _branches(
    trace: Trace, detail: Detail, width: int, glyphs: Glyphs, number: str
) -> Iterator[Line]:
    """Yield the copies of a replicated frame, each with its own way and steps.

    Of many that arrive alike the first are enough, unless a reader wants every stage.
    """
    arrived = 0
    for position, branch in enumerate(trace.branches, start=1):
        arrived += branch.outcome is Outcome.DELIVERED
        if branch.outcome is Outcome.DELIVERED and arrived > _ALIKE and detail < Detail.VERBOSE:
            continue
        name = f"{number}{position}"
        word, style = VERDICTS[branch.outcome]
        why = f" {branch.reason}" if branch.reason else ""
        heading = f"{_INDENT}Copy {name}  "
        first, *others = _path(branch, glyphs)
        first = (Span(heading, Style.LABEL), Span(f"{word}{why}", style), Span("  "), *first)
        yield ()
        yield from flowing([first, *others], f" {glyphs.then} ", hanging=4, width=width)
        yield ()
        yield from hop_lines(
            branch.hops, everything=detail >= Detail.VERBOSE, width=width, arrow=glyphs.arrow
        )
        yield from _branches(branch, detail, width, glyphs, f"{name}.")
    if arrived > _ALIKE and detail < Detail.VERBOSE:
        more = arrived - _ALIKE
        yield ()
        yield (Span(f"{_INDENT}{more} more {_plural(more)} delivered; -v shows all"),)


def _copies(trace: Trace) -> tuple[str, Style]:
    """Return how many copies were made, and how many of them did not all arrive."""
    count, lost = len(trace.branches), sum(map(_is_lost, trace.branches))
    text = f"{count} {_plural(count)}"
    return (f"{text}, {lost} lost", Style.BAD) if lost else (text, Style.GOOD)


def _is_lost(trace: Trace) -> bool:
    """Whether a copy, or one of its own copies, went no further."""
    return trace.outcome is Outcome.DROPPED or any(map(_is_lost, trace.branches))


def _plural(count: int) -> str:
    return "copy" if count == 1 else "copies"


def _verdict(trace: Trace, glyphs: Glyphs) -> list[Line]:
    """Return the parts of the verdict: what and why, from where to where, which packet."""
    word, style = VERDICTS[trace.outcome]
    node = trace.hops[-1].node
    source = trace.at
    if not source.startswith("pa:"):
        source += f" @{trace.hops[0].node}"
    target = destination(trace.flow)
    if trace.receiver is not None:
        target = f"{trace.receiver} @{node}"
    ends = Span(printable(f"{source} {glyphs.arrow} {target}"))
    packet = (Span(packet_text(trace.flow)),)
    if not has_frame(trace):
        ends, packet = Span(source), (Span("no readable frame inside"),)
    if trace.outcome is Outcome.REPLICATED:
        copies, shade = _copies(trace)
        return [(Span(word, style), Span("  "), ends), packet, (Span(copies, shade),)]
    if trace.reason is None:
        return [(Span(word, style), Span("  "), ends), packet]
    why = Span(printable(f"{trace.reason} at {node}"), Style.NAME)
    return [(Span(word, style), Span("  "), why), (ends,), packet]


def _path(trace: Trace, glyphs: Glyphs) -> list[Line]:
    """Return the places that the packet passed, and the mark of what stopped it."""
    places: list[Line] = []
    first = trace.hops[0].steps[0]
    if isinstance(first, (CopiedToHost, CopiedToPort, CopiedToGroup, GroupReceived)):
        pass  # a copy begins at its host
    elif not isinstance(first, Arrived):
        places.append((Span(printable(trace.at)),))
    elif not first.fault:
        places.append(_tunnel(first.tunnel))
    for position, hop in enumerate(trace.hops):
        places.append((Span(printable(hop.node), Style.NAME),))
        places += [_tunnel(wire.tunnel) for wire in trace.wire[position : position + 1]]
    stage = words(trace.path.last).stage
    match trace.outcome:
        case Outcome.DROPPED:
            places.append((Span(f"{glyphs.blocked} {stage}", Style.BAD),))
        case Outcome.UNDECIDED:
            places.append((Span(f"? {stage}", Style.UNSURE),))
        case Outcome.EXTERNAL_ROUTER:
            places.append((Span("external router", Style.UNSURE),))
        case Outcome.PASSED_THROUGH:
            places.append((Span("outside HNV", Style.UNSURE),))
        case Outcome.REPLICATED:
            copies, style = _copies(trace)
            places.append((Span(copies, style),))
        case _:
            places += [(Span(printable(frame.to), Style.GOOD),) for frame in trace.delivered]
    return places


def _tunnel(tunnel: Tunnel) -> Line:
    return (Span(f"[{tunnel.encapsulation.upper()} {tunnel.vsid}]"),)


def _summary(trace: Trace, glyphs: Glyphs) -> Iterator[tuple[str, str]]:
    """Yield label and text of what changed, the fidelity notes, and the assumptions."""
    if trace.outcome is Outcome.ANSWERED:
        for delivered in trace.delivered:
            told = packet_text(delivered.flow)
            yield "Answer", f"{told}, from {delivered.src_mac} to {delivered.dst_mac}"
    for delivered in () if trace.outcome is Outcome.ANSWERED else trace.delivered:
        same, changed = _differences(trace.flow, delivered.flow, glyphs.arrow)
        if changed:
            yield "Changed", ", ".join(changed)
        yield "Unchanged", ", ".join(same)
    for note in trace.notes:
        yield "Note", f"{note.text} [{', '.join(note.rules)}]"
    if trace.reply is not None:
        for session in trace.sessions.rows:
            yield "Session", session_text(session)
    if trace.assumptions:
        yield "Assumed", ", ".join(trace.assumptions)


def _differences(sent: Flow, got: Flow, arrow: str) -> tuple[list[str], list[str]]:
    """Say which of the fields that HNV might touch arrive as they were sent, and which not."""
    same, changed = [], []
    for name, before, after in (
        ("source MAC", MacAddress(sent.src_mac), MacAddress(got.src_mac)),
        ("destination MAC", MacAddress(sent.dst_mac), MacAddress(got.dst_mac)),
    ):
        if before == after:
            same.append(name)
        else:
            changed.append(f"{name} {before} {arrow} {after}")
    if sent.version:
        name = "TTL" if sent.version == 4 else "hop limit"
        if sent.ttl == got.ttl:
            same.append(f"{name} {sent.ttl}")
        else:
            changed.append(f"{name} {sent.ttl} {arrow} {got.ttl}")
        if sent.tos != got.tos:
            changed.append(f"ECN {sent.tos & 3} {arrow} {got.tos & 3}")
    return same, changed


def labelled(label: str, text: str, width: int) -> Iterator[Line]:
    """Lay out a paragraph beside its label."""
    before = len(_INDENT) + _LABEL
    for number, part in enumerate(wrap(text, width - before)):
        name = "" if number else label
        yield (Span(_INDENT), Span(name.ljust(_LABEL), Style.LABEL), Span(part))


def _explained(
    explanation: Explanation, width: int, arrow: str, *, everything: bool
) -> Iterator[Line]:
    """Lay out what an explanation says, a paragraph a section."""
    from hnvemu.render.explanation import sections  # noqa: PLC0415 - few ask why

    found = sections(explanation, arrow=arrow, everything=everything)
    yield from _sections(found, width)


def _sections(sections: tuple[Section, ...], width: int) -> Iterator[Line]:
    """Lay out sections, a paragraph each."""
    margin = len(_INDENT) + _LABEL
    for section in sections:
        yield ()
        label = section.title
        for entry in section.entries:
            gap = "" if entry.label.endswith(".") else ":"  # a number needs no colon
            text = f"{entry.label}{gap} {entry.text}" if entry.label else entry.text
            yield from labelled(label, printable(text), width)
            label = ""
            for point in entry.points:
                place = f"  {point.place}" if point.place else ""
                said = wrap(printable(point.text + place), width - margin - 2)
                for number, part in enumerate(said):
                    mark = "  " if number else "- "
                    yield (Span(" " * margin + mark, Style.FAINT), Span(part))
            for listing in entry.listings:
                yield (Span(" " * margin + f"{listing.caption}:", Style.FAINT),)
                for line in listing.lines:
                    yield (Span(" " * (margin + 2) + printable(line)),)


def _frames(trace: Trace, glyphs: Glyphs) -> Iterator[tuple[str, bytes, WireFrame | None]]:
    """Yield heading and octets of the frame at each place, and the tunnel it is in."""
    if trace.outer is None:
        yield f"Frame from {trace.at}", trace.frame, None
    elif has_frame(trace):
        yield "Frame inside the tunnel", trace.frame, None
    else:
        yield f"Frame that reached {trace.hops[0].node}", trace.frame, None
    for wire in trace.wire:
        yield f"Frame on the wire, {wire.sender} {glyphs.arrow} {wire.receiver}", wire.frame, wire
    for delivered in trace.delivered:
        yield f"Frame to {delivered.to}", delivered.frame, None
    for branch in trace.branches:
        for heading, frame, tunnel in _frames(branch, glyphs):
            if tunnel is not None or not heading.startswith("Frame from"):
                yield heading, frame, tunnel


def _dump(heading: str, frame: bytes, wire: WireFrame | None) -> Iterator[Line]:
    """Lay out the octets of one frame, header by header."""
    yield (Span(f"{_INDENT}{heading}", Style.NAME), Span(f", {len(frame)} octets"))
    for header in headers(frame, tunnelled=wire is not None):
        yield (Span(_INDENT * 2 + header.name, Style.STAGE), Span(_meaning(header.name, wire)))
        for line in dump(frame, header.start, header.end):
            yield (Span(_INDENT * 3 + line),)


def _meaning(header: str, wire: WireFrame | None) -> str:
    """Say what the fields of a tunnel's headers are."""
    if wire is not None:
        vsid, entropy = wire.tunnel.vsid, wire.entropy
        if header == "GRE":
            return f"  key 0x{vsid << 8 | entropy:08x}: VSID {vsid}, FlowID {entropy}"
        if header == "VXLAN":
            return f"  VNI {vsid}"
        if header == "outer UDP":
            return f"  source port {entropy}"
    return ""
