"""What a replay came to: for a terminal, as JSON, a line or a table row a flow.

Rules of the file: flows with one verdict and one way are one group, the worst first. A filter
limits what is listed and never what is counted. There are no times of this machine in it.
"""

from __future__ import annotations

import csv
import io
import json
import re
from array import array
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hnvemu.model.acl import Mechanism
from hnvemu.render.json import dumps
from hnvemu.render.layout import Line, Span, Style, cells, flowing, line_cells, printable
from hnvemu.render.replay_rows import (
    FLAT_COLUMNS,
    counted_row,
    flat,
    packet_of,
    row_of,
    verdict_row,
)
from hnvemu.render.text import ASCII, NICE, VERDICTS, labelled
from hnvemu.replay.summary import Unread
from hnvemu.trace.outcome import Outcome, Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from hnvemu.model.policy import Profile
    from hnvemu.render.replay_rows import Difference, Row
    from hnvemu.render.text import Glyphs
    from hnvemu.replay.summary import FlowCount, OtherCount, Summary, Verdict
    from hnvemu.wire.flow import Flow

SCHEMA: Final = "hnvemu/replay/v1"

_WIDEST = 120  # longer lines are hard to read, however wide the terminal
_GROUPS = 30  # groups that are shown to who does not ask for all
_MANY = 10  # groups whose ends are not told in a line each before them
_DIFFERENCES = 20
_HEADS: Final = ("flows", "packets", "octets", "first", "last")
_MORE_HEADS: Final = (*_HEADS, "frame")
_GAP = "  "
_SECOND = 1_000_000_000
_TUNNEL = re.compile("(NVGRE|VXLAN) [0-9]+")
_WORST = (Outcome.DROPPED, Outcome.UNDECIDED)
_LISTS = {
    Mechanism.FIREWALL: "firewall",
    Mechanism.PORT: "port ACL",
    Mechanism.EXTENDED: "extended ACL",
    Mechanism.DATACENTER: "datacenter ACL",
}
_SIDES = {Reason.ACL_DENY_OUT: " out", Reason.ACL_DENY_IN: " in"}
_UNREAD = {
    Unread.SHORT: "shorter than an Ethernet header",
    Unread.TRUNCATED: "cut off too early to tell what became of them: capture more of each",
    Unread.LINK_TYPE: "not Ethernet",
    Unread.UNKNOWN_SENDER: "from a MAC or interface that no port has: --in says where they enter",
    Unread.AMBIGUOUS_SENDER: "with a source MAC of several ports: --in says where they enter",
    Unread.DAMAGED: "where the capture is damaged",
}


class Expected(NamedTuple):
    """How a replay compares with an earlier one."""

    file: str
    differences: tuple[Difference, ...]
    partial: bool
    """Whether either has flows that it does not tell apart."""


class Group(NamedTuple):
    """The flows that take one way to one end."""

    verdict: Verdict
    members: array[int]
    """Which flows of the summary."""
    packets: int
    octets: int
    first: int
    last: int


class Result(NamedTuple):
    """A replay, and what was asked about it."""

    summary: Summary
    policy_sha256: str
    profile: Profile
    filters: tuple[str, ...]
    """As they were written."""
    shown: array[int]
    """Which flows of the summary they let through."""
    groups: list[Group]
    """Those flows: what was lost first, then by their packets."""
    outcomes: Counter[Outcome]
    """How many of all packets ended how."""
    span: tuple[int, int] | None
    """The times of the first and the last packet that was sent through the switch."""
    expected: Expected | None = None
    why: str | None = None
    """The command that shows why the packets of the worst group are lost."""

    @property
    def flows(self) -> Iterator[FlowCount]:
        """The flows that are listed, each made when its turn comes."""
        return map(self.summary.flows.__getitem__, self.shown)


def result_of(
    summary: Summary,
    *,
    policy_sha256: str,
    profile: Profile,
    filters: tuple[str, ...] = (),
    keep: Callable[[str, Flow, Verdict], bool] | None = None,
) -> Result:
    """Return the groups and sums of a replay.

    Args:
        summary: What was counted.
        policy_sha256: Digest of the policy.
        profile: The product generation that hosts behave like.
        filters: What ``keep`` does, in words.
        keep: Tells by entry, flow and verdict which flows are listed; None: all.
    """
    outcomes: Counter[Outcome] = Counter()
    groups: dict[Verdict, Group] = {}
    shown = array("q")
    firsts, lasts = [], []
    for other in summary.others:
        outcomes[other.outcome] += other.packets
        firsts.append(other.first)
        lasts.append(other.last)
    for number, count in enumerate(summary.flows):
        entry, flow, verdict, packets, octets, first, last, *_ = count
        outcomes[verdict.outcome] += packets
        firsts.append(first)
        lasts.append(last)
        if keep is not None and not keep(entry, flow, verdict):
            continue
        shown.append(number)
        group = groups.get(verdict)
        if group is None:
            groups[verdict] = Group(verdict, array("q", [number]), packets, octets, first, last)
            continue
        group.members.append(number)
        groups[verdict] = group._replace(
            packets=group.packets + packets,
            octets=group.octets + octets,
            first=min(group.first, first),
            last=max(group.last, last),
        )
    return Result(
        summary,
        policy_sha256,
        profile,
        filters,
        shown,
        sorted(groups.values(), key=_worst_first),
        outcomes,
        (min(firsts), max(lasts)) if firsts else None,
    )


def replay_lines(
    result: Result,
    *,
    quiet: bool = False,
    verbose: bool = False,
    width: int = 100,
    ascii_only: bool = True,
) -> list[Line]:
    """Return the lines of the text form.

    Args:
        result: The replay.
        quiet: The first line alone.
        verbose: All groups, and each flow under its own.
        width: Columns of the terminal.
        ascii_only: Draw arrows and marks in ASCII. Names are written as they are.
    """
    glyphs = ASCII if ascii_only else NICE
    width = min(width, _WIDEST)
    lines = _first(result, None if quiet else width)
    if quiet:
        return lines
    if result.expected is not None:
        lines += [(), *_expected(result.expected, width, verbose=verbose)]
    ends = _ends(result.groups)
    if len(result.groups) > max(_MANY, 2 * len(ends)):
        lines += [(), *_all_together(ends, result, width)]
    if result.shown:
        lines += [(), *_table(result, glyphs, width, verbose=verbose)]
    told = list(_notes(result))
    if told or result.why is not None:
        lines.append(())
    for number, (label, text) in enumerate(told):
        name = "" if number and told[number - 1][0] == label else label
        lines += labelled(name, printable(text), width)
    if result.why is not None:
        # A command that is broken into lines cannot be copied.
        lines.append((Span("  "), Span("Why".ljust(12), Style.LABEL), Span(result.why)))
    return lines


def replay_json(result: Result) -> str:
    """Return the JSON form, a flow a line: ``hnvemu/schema/replay.schema.json`` describes it."""
    document = {
        "schema": SCHEMA,
        **_totals(result),
        "groups": [_group(group) for group in result.groups],
        "flows": [],
    }
    text = dumps(document)
    if not result.shown:
        return text
    rows = ",\n".join(f"    {_compact(counted_row(flow))}" for flow in result.flows)
    return text.removesuffix("[]\n}") + f"[\n{rows}\n  ]\n}}"


def replay_jsonl(result: Result) -> str:
    """Return the totals in a line, and then each flow in one."""
    first = {"kind": "totals", "schema": SCHEMA, **_totals(result)}
    rows = ({"kind": "flow", **counted_row(flow)} for flow in result.flows)
    return "\n".join(map(_compact, chain([first], rows)))


def replay_csv(result: Result) -> str:
    """Return a table of flows as RFC 4180 wants it."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(FLAT_COLUMNS)
    writer.writerows(flat(counted_row(flow)) for flow in result.flows)
    return text.getvalue()


def notes(result: Result) -> Iterator[str]:
    """Yield what a table of flows has no place for."""
    if result.expected is not None:
        yield _agreement(result.expected).text
    for label, text in _notes(result):
        if label != "Times":
            yield printable(f"{label.lower()}: {text}")


def _totals(result: Result) -> dict[str, Any]:
    """Return what is known of all packets, and what was asked."""
    summary, expected = result.summary, result.expected
    return {
        "policy_sha256": result.policy_sha256,
        "profile": result.profile.value,
        "packets": summary.packets,
        "bytes": summary.octets,
        "flow_count": len(summary.flows),
        "first": result.span and result.span[0],
        "last": result.span and result.span[1],
        "outcomes": {outcome.value: result.outcomes[outcome] for outcome in Outcome},
        "errors": {why.value: summary.unread.get(why, 0) for why in Unread},
        "damage": list(summary.damage),
        "forgotten": summary.forgotten,
        "others": [_other(other) for other in summary.others],
        "filters": list(result.filters),
        "shown": {
            "flows": len(result.shown),
            "packets": sum(group.packets for group in result.groups),
            "bytes": sum(group.octets for group in result.groups),
        },
        "expected": None
        if expected is None
        else {
            "file": expected.file,
            "partial": expected.partial,
            "differences": [
                {
                    "kind": difference.kind,
                    "flow": difference.flow,
                    "was": list(difference.was),
                    "now": list(difference.now),
                }
                for difference in expected.differences
            ],
        },
        "why": result.why,
    }


def _group(group: Group) -> dict[str, Any]:
    return {
        **verdict_row(group.verdict),
        "flows": len(group.members),
        "packets": group.packets,
        "bytes": group.octets,
        "first": group.first,
        "last": group.last,
    }


def _other(other: OtherCount) -> dict[str, Any]:
    return {
        "outcome": other.outcome.value,
        "reason": other.reason and other.reason.value,
        "packets": other.packets,
        "bytes": other.octets,
        "first": other.first,
        "last": other.last,
    }


def _compact(row: Row) -> str:
    return json.dumps(row, ensure_ascii=False)


def _rank(outcome: Outcome) -> int:
    return _WORST.index(outcome) if outcome in _WORST else len(_WORST)


def _first(result: Result, width: int | None) -> list[Line]:
    """Return the first line, or several lines where it is too long."""
    parts = [part for part in _verdict(result) if part]
    [line] = flowing([_joined(part) for part in parts], "   ")
    if width is None or line_cells(line) <= width:
        return [line]
    lines = [_joined(parts[0])]
    for part in parts[1:]:
        words = [(span, Span(",")) for span in part[:-1]]
        lines += flowing([*words, part[-1:]], " ", indent=4, hanging=4, width=width)
    return lines


def _verdict(result: Result) -> Iterator[Line]:
    """Yield how much there was, what became of it, and whether that was expected."""
    summary, expected = result.summary, result.expected
    counts = (
        _count(summary.packets, "packet"),
        _count(summary.octets, "octet"),
        _count(len(summary.flows), "flow"),
    )
    yield tuple(Span(text, Style.NAME) for text in counts)
    ends = [
        Span(f"{result.outcomes[outcome]:,} {outcome.replace('_', ' ')}", VERDICTS[outcome][1])
        for outcome in sorted(Outcome, key=_rank)
        if result.outcomes[outcome]
    ]
    if unread := sum(summary.unread.values()):
        ends.append(Span(f"{unread:,} not read", Style.UNSURE))
    if summary.damage:
        ends.append(Span("damaged", Style.BAD))
    yield tuple(ends)
    yield () if expected is None else (_agreement(expected),)


def _agreement(expected: Expected) -> Span:
    found = len(expected.differences)
    if not found:
        return Span(printable(f"as in {expected.file}"), Style.GOOD)
    verb = "differs" if found == 1 else "differ"
    return Span(printable(f"{_count(found, 'flow')} {verb} from {expected.file}"), Style.BAD)


def _expected(expected: Expected, width: int, *, verbose: bool) -> Iterator[Line]:
    """Yield what is not as it was."""
    listed = expected.differences if verbose else expected.differences[:_DIFFERENCES]
    if not listed:
        yield (Span("  "), Span("Expected".ljust(12), Style.LABEL), _agreement(expected))
    for number, difference in enumerate(listed):
        label = "" if number else "Expected"
        flow = f"{difference.kind} {difference.flow['from']}, {packet_of(difference.flow)}"
        yield from labelled(label, printable(f"{flow}: {_change(difference)}"), width)
    if more := len(expected.differences) - len(listed):
        yield from labelled("", f"{more:,} more; -v shows all", width)
    if expected.partial:
        told = "flows beyond --max-flows are not compared"
        yield from labelled("", told, width)


def _change(difference: Difference) -> str:
    was, now = (" and ".join(map(_end, ends)) for ends in (difference.was, difference.now))
    if difference.kind == "changed":
        return f"was {was}; is {now}"
    return now or was


def _end(end: Row) -> str:
    told: str = end["outcome"].replace("_", " ")
    told += f" {end['reason']}" if end["reason"] else ""
    told += f" by {end['rule']}" if end["rule"] else ""
    return told + (f", to {end['to']}" if end["to"] else "")


def _ends(groups: Sequence[Group]) -> list[Group]:
    """Return groups of what became of packets, whatever their ways."""
    ends: dict[object, Group] = {}
    for group in groups:
        verdict = group.verdict
        end = verdict.outcome, verdict.reason, verdict.mechanism, verdict.rule
        ends[end] = _together(ends[end], group) if end in ends else group
    return sorted(ends.values(), key=_worst_first)


def _all_together(ends: Sequence[Group], result: Result, width: int) -> Iterator[Line]:
    """Yield a line for each end."""
    start = result.span[0] if result.span else 0
    rows = []
    for end in ends:
        blocker = Span(_blocker(end.verdict), Style.FAINT)
        rows.append(_Row((*_end_of(end.verdict), blocker), _numbers(end, start)))
    columns = _Columns.of(_HEADS, [rows], width)
    yield columns.line(_Row((Span("all together", Style.FAINT),), columns.heads), Style.FAINT)
    yield from map(columns.line, rows)


def _together(one: Group, other: Group) -> Group:
    return one._replace(
        members=one.members + other.members,
        packets=one.packets + other.packets,
        octets=one.octets + other.octets,
        first=min(one.first, other.first),
        last=max(one.last, other.last),
    )


def _worst_first(group: Group) -> tuple[int, int]:
    return _rank(group.verdict.outcome), -group.packets


def _table(result: Result, glyphs: Glyphs, width: int, *, verbose: bool) -> Iterator[Line]:
    """Yield the groups: an end and its counts in columns, the way to it below."""
    listed = result.groups if verbose else result.groups[:_GROUPS]
    start = result.span[0] if result.span else 0
    ends = [_Row(_end_of(group.verdict), _numbers(group, start)) for group in listed]
    members = [_members(group, result, start) if verbose else () for group in listed]
    columns = _Columns.of(_MORE_HEADS if verbose else _HEADS, [ends, *members], width)
    yield columns.line(_Row((Span("verdict", Style.FAINT),), columns.heads), Style.FAINT)
    for group, end, flows in zip(listed, ends, members, strict=True):
        yield columns.line(end)
        yield from _way(group.verdict, glyphs, width)
        for flow in flows:
            yield from columns.below(flow)
    if rest := result.groups[len(listed) :]:
        counts = (
            _count(sum(len(group.members) for group in rest), "flow"),
            _count(sum(group.packets for group in rest), "packet"),
        )
        yield (Span(f"  {len(rest):,} more with {' and '.join(counts)}: -v shows all"),)


class _Row(NamedTuple):
    name: Line
    numbers: tuple[str, ...]


class _Columns(NamedTuple):
    """Where the columns of the table stand."""

    heads: tuple[str, ...]
    name: int
    numbers: list[int]

    @classmethod
    def of(cls, heads: tuple[str, ...], parts: Sequence[Sequence[_Row]], width: int) -> _Columns:
        """Measure a table: its first part has the names that must have room."""
        rows = [heads, *(row.numbers for part in parts for row in part)]
        numbers = [max(map(len, column)) for column in zip_longest(*rows, fillvalue="")]
        longest = [max((line_cells(row.name) for row in part), default=0) for part in parts]
        room = width - sum(numbers) - len(_GAP) * (len(numbers) + 1)
        return cls(heads, min(max(longest), max(longest[0], room)), numbers)

    def line(self, row: _Row, style: Style = Style.PLAIN) -> Line:
        """Return a row."""
        space = Span(" " * (self.name - line_cells(row.name)))
        texts = zip(row.numbers, self.numbers, strict=False)
        numbers = "".join(f"{_GAP}{text:>{width}}" for text, width in texts)
        return (Span(_GAP), *row.name, space, Span(numbers, style))

    def below(self, row: _Row) -> Iterator[Line]:
        """Yield a row of a flow; one with a long name takes two lines."""
        if line_cells(row.name) > self.name:
            yield (Span(_GAP), *row.name)
            row = row._replace(name=())
        yield self.line(row)


def _end_of(verdict: Verdict) -> Line:
    word, style = VERDICTS[verdict.outcome]
    reason = f" {verdict.reason}" if verdict.reason else ""
    return (Span(word, style), Span(reason, Style.NAME))


def _numbers(counted: Group | FlowCount, start: int) -> tuple[str, ...]:
    flows = f"{len(counted.members):,}" if isinstance(counted, Group) else ""
    times = (_seconds(time - start) for time in (counted.first, counted.last))
    return flows, f"{counted.packets:,}", f"{counted.octets:,}", *times


def _members(group: Group, result: Result, start: int) -> list[_Row]:
    """Return the flows of a group, those with the most packets first."""
    flows = [result.summary.flows[number] for number in group.members]
    flows.sort(key=lambda flow: -flow.packets)
    return [
        _Row(
            (Span(f"  {printable(packet_of(row_of(flow.entry, flow.flow, flow.verdict)))}"),),
            (*_numbers(flow, start), f"{flow.number}"),
        )
        for flow in flows
    ]


def _way(verdict: Verdict, glyphs: Glyphs, width: int) -> Iterator[Line]:
    """Yield the places that packets pass, what stopped them, and the line that says so."""
    places: list[Line] = [(Span(_place(place)),) for place in verdict.way]
    mark = _mark(verdict, glyphs)
    if mark is not None:
        places.append((mark,))
    *lines, last = flowing(places, f" {glyphs.then} ", indent=4, hanging=6, width=width)
    yield from lines
    origin = verdict.origin
    if verdict.outcome not in _WORST or origin is None or not origin.line:
        yield last
        return
    place = printable(origin.short)
    if line_cells(last) + len(_GAP) + cells(place) > width:
        yield last
        last = ()
    space = " " * max(width - line_cells(last) - cells(place), 0)
    yield (*last, Span(space), Span(place, Style.FAINT))


def _place(name: str) -> str:
    return f"[{name}]" if _TUNNEL.fullmatch(name) else printable(name)


def _mark(verdict: Verdict, glyphs: Glyphs) -> Span | None:
    """Return what stands where the way ends, unless it ends at a port."""
    match verdict.outcome:
        case Outcome.DROPPED:
            return Span(f"{glyphs.blocked}{_blocker(verdict)}", Style.BAD)
        case Outcome.UNDECIDED:
            return Span(f"?{_blocker(verdict)}", Style.UNSURE)
        case Outcome.EXTERNAL_ROUTER:
            return Span("external router", Style.UNSURE)
        case Outcome.PASSED_THROUGH:
            return Span("outside HNV", Style.UNSURE)
        case Outcome.REPLICATED:
            return Span(_count(verdict.copies, "copy", "copies"), Style.GOOD)
        case _:
            return None


def _blocker(verdict: Verdict) -> str:
    """Return the list that denied, with the side of the port, and the rule in it."""
    told = ""
    if verdict.mechanism is not None:
        side = "" if verdict.reason is None else _SIDES.get(verdict.reason, "")
        told = f" {_LISTS[Mechanism(verdict.mechanism)]}{side}"
    return printable(f"{told}: {verdict.rule}" if verdict.rule else told)


def _notes(result: Result) -> Iterator[tuple[str, str]]:
    """Yield label and text of what the table does not say."""
    summary = result.summary
    if result.filters:
        shown = _count(len(result.shown), "flow")
        packets = _count(sum(group.packets for group in result.groups), "packet")
        filters = " ".join(f"--filter {text}" for text in result.filters)
        yield "Shown", f"{shown}, {packets} by {filters}; the first line counts all"
    if result.shown and result.span is not None:
        yield "Times", f"seconds since {_date(result.span[0])}, when the first packet came"
    for other in summary.others:
        reason = f" {other.reason}" if other.reason else ""
        counts = f"{_count(other.packets, 'packet')}, {_count(other.octets, 'octet')}"
        ended = f"{other.outcome.replace('_', ' ')}{reason}"
        yield "Others", f"{counts} of flows beyond --max-flows: {ended}"
    for why in Unread:
        if number := summary.unread.get(why, 0):
            yield "Not read", f"{_count(number, 'frame')} {_UNREAD[why]}"
    if summary.forgotten:
        forgotten = _count(summary.forgotten, "conversation")
        yield (
            "Forgotten",
            f"sessions of {forgotten}, to make room for others: what followed was judged as new",
        )
    for sentence in summary.damage:
        yield "Damage", sentence


def _seconds(nanoseconds: int) -> str:
    return f"{nanoseconds // _SECOND}.{nanoseconds % _SECOND // 1000:06}"


def _date(nanoseconds: int) -> str:
    seconds, fraction = divmod(nanoseconds, _SECOND)
    date = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    return f"{date:%Y-%m-%dT%H:%M:%S}.{fraction:09}Z"


def _joined(spans: Line) -> Line:
    first, *others = spans
    return (first, *(part for span in others for part in (Span(", "), span)))


def _count(number: int, thing: str, several: str = "") -> str:
    return f"{number:,} {thing if number == 1 else several or f'{thing}s'}"
