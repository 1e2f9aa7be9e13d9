"""A trace as one page of HTML that needs nothing else: no network, no scripts, no fonts.

Rules of the file: the page is a pure function of the trace, octet for octet. Whatever comes from
a policy passes through :mod:`hnvemu.render.markup`. The page forbids the browser to load
anything, so that an oversight here could not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from hnvemu.catalogue.rules import RULES
from hnvemu.render.explanation import sections
from hnvemu.render.header_fields import decoded
from hnvemu.render.html_style import STYLE
from hnvemu.render.markup import css_class, name, text
from hnvemu.render.octets import dump, headers
from hnvemu.render.packet import destination, has_frame, packet_text, session_text
from hnvemu.render.svg import Shape, drawing, word_of
from hnvemu.render.what_if import sections as what_if_sections
from hnvemu.render.wording import evidence_of, words
from hnvemu.trace.origins import origin_of
from hnvemu.trace.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hnvemu.render.explanation import Entry, Listing, Section
    from hnvemu.trace.path import Hop
    from hnvemu.trace.steps import Step
    from hnvemu.trace.trace import Trace

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_DEEPEST = 6  # heading
_DIFF = {"+": "ins", "-": "del"}
_ICONS = {
    "good": "M12 1.5a10.5 10.5 0 1 0 0 21 10.5 10.5 0 0 0 0-21zM7 12.5l3.5 3.5L17 9",
    "bad": Shape.STOP.value,
    "unsure": Shape.UNSURE.value,
}


def trace_page(trace: Trace) -> str:
    """Return a page that shows a trace, its reply and its explanation, and loads nothing."""
    title = f"{word_of(trace.outcome)} {_plain_ends(trace)}"
    reply = ""
    if trace.reply is not None:
        reply = _part(trace.reply, "reply", 2, "Reply")
    return f"""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>{text(title)} – hnvemu trace</title>
<style>
{STYLE}</style>
</head>
<body>
<header class="in">
{_verdict(trace, "packet", 1, "hnvemu trace")}{_navigation(trace)}</header>
<main class="in">
{_body(trace, "packet", 2)}{reply}{_conversation(trace)}</main>
<footer><div class="in about-page"><dl>
<dt>policy</dt><dd><code>sha256 {text(trace.policy_sha256)}</code></dd>
<dt>profile</dt><dd><code>{text(trace.profile.value)}</code></dd>
</dl></div></footer>
</body>
</html>
"""


def _navigation(trace: Trace) -> str:
    places = [("packet-way", "Way")]
    if trace.explanation is not None:
        places.append(("packet-explanation", "Explanation"))
    if trace.what_if is not None:
        places.append(("packet-what-if", "What if"))
    places.append(("packet-steps", "Steps"))
    if trace.branches:
        places.append(("packet-copies", "Copies"))
    places.append(("packet-frames", "Frames"))
    if trace.notes or trace.assumptions:
        places.append(("packet-remarks", "Remarks"))
    if trace.reply is not None:
        places.append(("reply", "Reply"))
        if trace.remarks or trace.sessions.rows:
            places.append(("conversation", "Conversation"))
    links = "".join(f'<li><a href="#{ident}">{word}</a></li>' for ident, word in places)
    return f'<nav aria-label="On this page"><ul>{links}</ul></nav>\n'


# One trace: the packet's, the reply's or a copy's


def _part(trace: Trace, ident: str, level: int, title: str) -> str:
    """Return a trace as a section under a heading of ``level`` that is its verdict."""
    return (
        f'<section class="part" id="{ident}" aria-labelledby="{ident}-verdict">\n'
        f"{_verdict(trace, ident, level, title)}{_body(trace, ident, level + 1)}</section>\n"
    )


def _verdict(trace: Trace, ident: str, level: int, title: str) -> str:
    """Return what became of the packet, as a heading and a few lines."""
    css = css_class(trace.outcome)
    heading = _heading(
        level, f'<span class="title">{title}</span> {_word(trace)}', f"{ident}-verdict"
    )
    packet = packet_text(trace.flow) if has_frame(trace) else "no readable frame inside"
    lines = f'<p class="ends">{_ends(trace)}</p><p><code>{text(packet)}</code></p>'
    return (
        f'<div class="verdict {css}">\n{heading}{lines}{_because(trace)}{_answer(trace)}\n</div>\n'
    )


def _answer(trace: Trace) -> str:
    """Return what became of the reply, where there is one."""
    if trace.reply is None:
        return ""
    reply = trace.reply
    why = ""
    if reply.reason is not None:
        why = f", {text(reply.reason)} at {name(reply.hops[-1].node)}"
    return f'<p><a href="#reply">Reply</a>: <b>{word_of(reply.outcome)}</b>{why}</p>'


def _word(trace: Trace) -> str:
    """Return an outcome: its sign, its word, and why and where if there is a reason."""
    why = ""
    if trace.reason is not None:
        why = f' <span class="why">{text(trace.reason)} at {name(trace.hops[-1].node)}</span>'
    return (
        f'<svg viewBox="0 0 24 24" aria-hidden="true"><path class="icon"'
        f' d="{_ICONS[css_class(trace.outcome)]}"/></svg>'
        f' <span class="word">{word_of(trace.outcome)}</span>{why}'
    )


def _because(trace: Trace) -> str:
    """Return what decided, unless all went well; of copies, how many went where."""
    last = trace.path.last
    if trace.branches:
        ends = [word_of(end.outcome).lower() for end in _ends_of(trace)]
        counts = ", ".join(f"{ends.count(word)} {word}" for word in dict.fromkeys(ends))
        return f"<p>{len(ends)} {'copy' if len(ends) == 1 else 'copies'}: {counts}</p>"
    if css_class(trace.outcome) == "good":
        return ""
    stage, action, detail = words(last, arrow="→")
    return f"<p>{text(stage)}, {text(action)}: {text(detail)}{_place(last)}</p>"


def _ends_of(trace: Trace) -> list[Trace]:
    """Return the trace itself, or of copies those that were not copied again."""
    if not trace.branches:
        return [trace]
    return [end for branch in trace.branches for end in _ends_of(branch)]


def _copy(trace: Trace, ident: str, level: int, number: str) -> str:
    """Return a copy's trace, to be unfolded under its verdict; one that was lost is open."""
    css = css_class(trace.outcome)
    opened = "" if all(css_class(end.outcome) == "good" for end in _ends_of(trace)) else " open"
    node = trace.hops[0].node
    target = trace.receiver or trace.hops[-1].node
    ends = f'<span class="ends">{name(node)} → {name(target)}</span>'
    heading = _heading(level, f"Copy {number} {_word(trace)} {ends}", f"{ident}-verdict").strip()
    return (
        f'<details class="copy {css}" id="{ident}"{opened}><summary>{heading}</summary>\n'
        f'<div class="inside">{_because(trace)}{_body(trace, ident, level + 1, f"{number}.")}</div>'
        f"</details>\n"
    )


def _ends(trace: Trace) -> str:
    """Return from where to where the packet wanted to go, or went."""
    source, target = _end_names(trace)
    node = trace.hops[0].node
    begin = name(source) + ("" if source.startswith("pa:") else f" @{name(node)}")
    if target is None:
        return begin
    end = name(target) + (f" @{name(trace.hops[-1].node)}" if trace.receiver is not None else "")
    return f"{begin} → {end}"


def _plain_ends(trace: Trace) -> str:
    source, target = _end_names(trace)
    return source if target is None else f"{source} → {target}"


def _end_names(trace: Trace) -> tuple[str, str | None]:
    if not has_frame(trace):
        return trace.at, None
    return trace.at, trace.receiver or destination(trace.flow)


def _body(trace: Trace, ident: str, level: int, copy: str = "") -> str:
    """Return what follows the verdict of one trace.

    Args:
        trace: The packet's, the reply's or a copy's.
        ident: The ids of its sections begin with it.
        level: Of their headings.
        copy: Number of a copy, with a point behind it; it begins where it was made.
    """
    whole = not copy
    parts = []
    if whole:  # the drawing of the whole has the copies too
        way = drawing(trace, f"{ident}-drawing")
        parts.append(f'<figure class="way" id="{ident}-way">\n{way}</figure>\n')
    if trace.explanation is not None:
        explained = _explained(sections(trace.explanation, arrow="→", everything=True), level + 1)
        parts.append(_section(level, f"{ident}-explanation", "Explanation", explained))
    if trace.what_if is not None:
        supposed, *found = what_if_sections(trace.what_if, arrow="→", everything=True)
        told = _explained([supposed._replace(title="Supposed"), *found], level + 1)
        parts.append(_section(level, f"{ident}-what-if", "What if", told))
    parts.append(_section(level, f"{ident}-steps", "Steps", _steps(trace, level + 1, whole=whole)))
    if trace.branches:
        copies = "".join(
            _copy(branch, f"{ident}-copy-{number}", level + 1, f"{copy}{number}")
            for number, branch in enumerate(trace.branches, 1)
        )
        parts.append(_section(level, f"{ident}-copies", "Copies", copies, "copies"))
    parts.append(_section(level, f"{ident}-frames", "Frames", _frames(trace, whole=whole)))
    remarks = "".join(_remarks(trace, level + 1))
    if remarks:
        parts.append(_section(level, f"{ident}-remarks", "Remarks", remarks))
    return "".join(parts)


def _section(level: int, ident: str, title: str, content: str, css: str = "") -> str:
    kind = f' class="{css}"' if css else ""
    return (
        f'<section id="{ident}"{kind} aria-labelledby="{ident}-title">\n'
        f"{_heading(level, title, f'{ident}-title')}{content}</section>\n"
    )


def _heading(level: int, content: str, ident: str = "") -> str:
    tag = f"h{min(level, _DEEPEST)}"
    attribute = f' id="{ident}"' if ident else ""
    return f"<{tag}{attribute}>{content}</{tag}>\n"


# Steps


def _steps(trace: Trace, level: int, *, whole: bool) -> str:
    hint = '<p class="hint soft">Each step opens: its rules, and what decided it.</p>\n'
    return (hint if whole else "") + "".join(_hop(hop, level) for hop in trace.hops)


def _hop(hop: Hop, level: int) -> str:
    steps = "".join(_step(step) for step in hop.steps)
    heading = _heading(level, f"{name(hop.node)} <small>{text(hop.kind)}</small>")
    return f'<div class="hop">\n{heading}<ol class="steps">\n{steps}</ol>\n</div>\n'


def _step(step: Step) -> str:
    stage, action, detail = words(step, arrow="→")
    css = ' class="minor"' if step.minor else ""
    if step.outcome is not None:
        css = f' class="end {css_class(step.outcome)}"'
    opened = " open" if step.outcome is not None and css_class(step.outcome) != "good" else ""
    return (
        f'<li{css}><details{opened}><summary><span class="stage">{text(stage)}</span> '
        f'<span class="action">{text(action)}</span> <span class="detail">{text(detail)}</span>'
        f'{_place(step)}</summary><div class="facts">{_evidence(step)}</div></details></li>\n'
    )


def _place(step: Step) -> str:
    origin = origin_of(step)
    return "" if origin is None else _place_text(origin.short)


def _place_text(place: str) -> str:
    return f' <span class="place">{text(place)}</span>' if place else ""


def _evidence(step: Step) -> str:
    """Return the rules that a step applies, where its row stands, and its evidence."""
    rules = "".join(
        f"<dt><code>{rule}</code></dt><dd>{text(RULES[rule].title)}</dd>" for rule in step.rules
    )
    facts: dict[str, Any] = {}
    if step.outcome is not None:
        facts["outcome"] = step.outcome.value
    if step.reason is not None:
        facts["reason"] = step.reason.value
    origin = origin_of(step)
    if origin is not None:
        facts["written at"] = f"{origin.file}:{origin.line}:{origin.column}"
    facts |= evidence_of(step)
    applied = f'<dl class="applied">{rules}</dl>' if rules else ""
    return applied + (_facts(facts) if facts else "")


def _facts(facts: dict[str, Any]) -> str:
    pairs = (
        f"<dt>{text(key.replace('_', ' '))}</dt><dd>{_fact(value)}</dd>"
        for key, value in facts.items()
    )
    return f"<dl>{''.join(pairs)}</dl>"


def _fact(value: Any) -> str:
    """Write one piece of evidence, which is a value that JSON has."""
    match value:
        case None:
            return '<span class="soft">none</span>'
        case bool():
            return "yes" if value else "no"
        case dict():
            return _facts(value)
        case []:
            return '<span class="soft">none</span>'
        case list():
            return f"<ul>{''.join(f'<li>{_fact(part)}</li>' for part in value)}</ul>"
        case _:
            return f"<code>{text(value)}</code>"


# Frames


class _Frame(NamedTuple):
    """The frame at one place of its way."""

    where: str
    """In HTML."""
    octets: bytes
    tunnelled: bool = False


def _frames(trace: Trace, *, whole: bool) -> str:
    """Return the headers before and after, and the octets."""
    node = name(trace.hops[0].node)
    if not whole:
        first = f"the copy at {node}"
    elif trace.outer is None:
        first = f"as {name(trace.at)} sends it"
    elif has_frame(trace):
        first = "inside the tunnel"
    else:
        first = f"as it reaches {node}"
    shown = [_Frame(first, trace.frame)]
    for wire in trace.wire:
        where = f"on the wire, {name(wire.sender)} → {name(wire.receiver)}"
        shown.append(_Frame(where, wire.frame, tunnelled=True))
    answered = trace.outcome is Outcome.ANSWERED
    for got in trace.delivered:
        where = f"the answer to {name(got.to)}" if answered else f"as {name(got.to)} receives it"
        shown.append(_Frame(where, got.frame))
    table = _table(shown, compared=not answered)
    if trace.outer is not None and has_frame(trace):
        shown.insert(0, _Frame(f"as it reaches {node}", trace.outer))
    layers = "".join(_layers(frame) for frame in shown)
    dumps = "".join(_dump(frame) for frame in shown)
    return (
        f'{_changed(trace)}<div class="layers">\n{layers}</div>\n{table}'
        f'<div class="frames">\n{dumps}</div>\n'
    )


def _changed(trace: Trace) -> str:
    """Say whether the frame arrives as it was sent."""
    if trace.outcome is Outcome.ANSWERED or not trace.delivered:
        return ""
    if all(got.frame == trace.frame for got in trace.delivered):
        return "<p>The frame arrives as it was sent, octet for octet.</p>\n"
    return "<p>The frame changes on its way; the fields that differ are marked.</p>\n"


def _layers(frame: _Frame) -> str:
    """Return the headers of a frame as a row of boxes, those that a tunnel adds apart."""
    boxes = "".join(
        f'<li class="outer">{header.name}</li>'
        if _is_outer(header.name)
        else f"<li>{header.name.removeprefix('inner ')}</li>"
        for header in headers(frame.octets, tunnelled=frame.tunnelled)
    )
    return f"<p>{frame.where}</p><ul>{boxes}</ul>\n"


def _is_outer(header: str) -> bool:
    """Whether a header is one that a tunnel adds."""
    return header.startswith(("outer ", "GRE", "VXLAN"))


def _table(frames: list[_Frame], *, compared: bool) -> str:
    """Return a table of all header fields, a column a place.

    Args:
        frames: At least one.
        compared: Whether they are one frame at several places, so that changes are told.
    """
    columns = "".join(
        f'<th scope="col">{frame.where}<small>{len(frame.octets)} octets</small></th>'
        for frame in frames
    )
    groups = "".join(_groups(frames, compared=compared))
    caption = "Header fields, read from the octets"
    return (
        f'<table class="frame-table">\n<caption>{caption}</caption>\n'
        f'<thead><tr><th scope="col">field</th>{columns}</tr></thead>\n{groups}</table>\n'
    )


def _groups(frames: list[_Frame], *, compared: bool) -> Iterator[str]:
    """Yield a ``tbody`` for each header, in the order in which they lie in the longest frame."""
    found: list[dict[str, dict[str, str]]] = [
        {
            header.name.removeprefix("inner "): dict(header.fields)
            for header in decoded(frame.octets, tunnelled=frame.tunnelled)
        }
        for frame in frames
    ]
    order = dict.fromkeys(header for has in sorted(found, key=len, reverse=True) for header in has)
    for header in order:
        here = [has.get(header, {}) for has in found]
        rows = "".join(
            f'<tr><th scope="row">{field}</th>'
            f"{''.join(_cells([has.get(field) for has in here], frames, compared=compared))}</tr>\n"
            for field in dict.fromkeys(field for has in here for field in has)
        )
        css = ' class="outer"' if _is_outer(header) else ""
        yield (
            f'<tbody{css}><tr><th scope="rowgroup" colspan="{len(frames) + 1}">{header}</th>'
            f"</tr>\n{rows}</tbody>\n"
        )


def _cells(values: Iterable[str | None], frames: list[_Frame], *, compared: bool) -> Iterator[str]:
    """Yield a field's cells: its value where it is new, a word where it stays, a mark."""
    before: str | None = None
    for value, frame in zip(values, frames, strict=True):
        at = frame.where.replace("<bdi>", "").replace("</bdi>", "")
        if value is None:
            yield '<td class="none">–</td>'
        elif before is None:
            before = value
            yield f"<td>{text(value)}</td>"
        elif not compared:
            yield f'<td data-at="{at}">{text(value)}</td>'
        elif value == before:
            yield '<td class="same">same</td>'
        else:
            yield (
                f'<td data-at="{at}"><mark>{text(value)}</mark>'
                ' <span class="flag">changed</span></td>'
            )


def _dump(frame: _Frame) -> str:
    """Return the octets of one frame, header by header, to be unfolded."""
    lines = [
        f"<b>{header.name}</b>\n"
        + "".join(f"{text(line)}\n" for line in dump(frame.octets, header.start, header.end))
        for header in headers(frame.octets, tunnelled=frame.tunnelled)
    ]
    return (
        f"<details><summary><span>{len(frame.octets)} octets: {frame.where}</span></summary>"
        f'<pre tabindex="0" role="group" aria-label="{len(frame.octets)} octets">'
        f"{''.join(lines)}</pre></details>\n"
    )


# Explanation, remarks, and what packet and reply say together


def _explained(found: Iterable[Section], level: int) -> str:
    """Return the sections of an explanation, or of what was supposed."""
    parts = [
        _heading(level, text(section.title)) + "".join(_entry(entry) for entry in section.entries)
        for section in found
    ]
    return "".join(parts)


def _entry(entry: Entry) -> str:
    label = f"<b>{text(entry.label)}</b> " if entry.label else ""
    points = "".join(
        f"<li>{text(point.text)}{_place_text(point.place)}</li>" for point in entry.points
    )
    if points:
        points = f'<ul class="remarks">{points}</ul>'
    listings = "".join(_listing(listing) for listing in entry.listings)
    return f'<div class="entry"><p>{label}{text(entry.text)}</p>{points}{listings}</div>\n'


def _listing(listing: Listing) -> str:
    """Return lines as they are; in a diff, what is put in and what is taken out."""
    lines = []
    for line in listing.lines:
        tag = _DIFF.get(line[:1], "") if listing.language == "diff" else ""
        if line.startswith(("+++", "---")):
            tag = ""
        lines.append(f"<{tag}>{text(line)}</{tag}>\n" if tag else f"{text(line)}\n")
    return (
        f'<figure class="listing"><figcaption>{text(listing.caption)}</figcaption>'
        f"<pre>{''.join(lines)}</pre></figure>"
    )


def _conversation(trace: Trace) -> str:
    """Return what packet and reply say together, and the sessions that they left open."""
    if trace.reply is None:
        return ""
    remarks = [
        f'<li>{text(remark.text)} <span class="rules">{", ".join(remark.rules)}</span>'
        f"{_place_text(remark.origin.short if remark.origin else '')}</li>"
        for remark in trace.remarks
    ]
    kept = [f"<li>{text(session_text(session))}</li>" for session in trace.sessions.rows]
    content = f'<ul class="remarks">{"".join(remarks)}</ul>\n' if remarks else ""
    if kept:
        content += _heading(3, "Sessions that the packet opened")
        content += f'<ul class="remarks">{"".join(kept)}</ul>\n'
    return _section(2, "conversation", "Conversation", content) if content else ""


def _remarks(trace: Trace, level: int) -> Iterator[str]:
    """Yield where a real release would differ, and what the question left open."""
    if trace.notes:
        yield _heading(level, "Where a real host may differ")
        notes = (
            f'<li>{text(note.text)} <span class="rules">{", ".join(note.rules)}</span></li>'
            for note in trace.notes
        )
        yield f'<ul class="remarks">{"".join(notes)}</ul>\n'
    if trace.assumptions:
        yield _heading(level, "Assumed, for the question did not say")
        assumed = (f"<li>{text(each)}</li>" for each in trace.assumptions)
        yield f'<ul class="remarks">{"".join(assumed)}</ul>\n'
