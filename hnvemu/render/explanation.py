"""An explanation as sections of words, which text and HTML lay out alike, and as JSON.

Rules of the file: a section without anything to say is left out. Text is plain text, whatever a
name in it looks like; lines are preformatted and never wrapped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hnvemu.render.wording import kind, words
from hnvemu.trace.origins import origin_of
from hnvemu.trace.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hnvemu.model.origin import Origin
    from hnvemu.trace.explanation import (
        Blocker,
        Changed,
        Ending,
        Explanation,
        Fix,
        Missed,
        NearMiss,
    )

LINES: Final = 10
"""Of all that changes, what is said to those who did not ask for everything."""
_MOST_NAMES: Final = 6
_NOTHING = "no other row comes near"
_ENDED = {
    Outcome.TO_GATEWAY: "handed to a gateway",
    Outcome.EXTERNAL_ROUTER: "handed to the external router",
}
"""What became of a packet, where the outcome's own word is no participle."""


class Point(NamedTuple):
    """A clause of an entry, and where in the policy it comes from."""

    text: str
    place: str = ""
    """``file:line``, or empty."""


class Listing(NamedTuple):
    """Lines that stand as they are: a diff, or commands."""

    caption: str
    lines: tuple[str, ...]
    language: str
    """``diff`` or ``powershell``."""


class Entry(NamedTuple):
    """One thing that a section says."""

    label: str
    """What it is about, in a word or two; may be empty."""
    text: str
    points: tuple[Point, ...] = ()
    listings: tuple[Listing, ...] = ()


class Section(NamedTuple):
    """A part of an explanation under its title."""

    title: str
    entries: tuple[Entry, ...]


def sections(
    explanation: Explanation, *, arrow: str = "->", everything: bool = False
) -> tuple[Section, ...]:
    """Return all that an explanation says, in the order in which people read it.

    Args:
        explanation: Of one trace.
        arrow: What stands between a thing and where it leads.
        everything: Say everything that fixes open; otherwise about ten lines, and a count.
    """
    found = (
        Section("Applies to", tuple(_applies_to(explanation))),
        Section("Nearest", tuple(_nearest(missed, arrow) for missed in explanation.missed)),
        Section("Blockers", tuple(_blockers(explanation.blockers, arrow))),
        Section("Fix", tuple(_fixes(explanation))),
        Section("Opens", tuple(_opens(explanation.blockers, arrow, everything=everything))),
    )
    return tuple(section for section in found if section.entries)


def _applies_to(explanation: Explanation) -> Iterator[Entry]:
    if explanation.applies_to:
        yield Entry("", "; ".join(explanation.applies_to))
    if explanation.unread:
        yield Entry("", f"not looked at: {', '.join(explanation.unread)}")


def _nearest(missed: Missed, arrow: str) -> Entry:
    said = words(missed.step, arrow=arrow)
    points = tuple(Point(near_miss(near), _place(near.origin)) for near in missed.nearest)
    return Entry(f"{missed.node} {said.stage} {said.action}", "" if points else _NOTHING, points)


def near_miss(near: NearMiss) -> str:
    """Say which row came near, in which field it failed, and what else keeps it away."""
    note = f"; {near.note}" if near.note else ""
    return f"{near.candidate}: {near.field} {near.has}, not {near.wanted}{note}"


def _blockers(blockers: Iterable[Blocker], arrow: str) -> Iterator[Entry]:
    for number, blocker in enumerate(blockers, start=1):
        yield Entry(
            f"{number}. {blocker.reason} at {blocker.node}", words(blocker.step, arrow=arrow).detail
        )


def _fixes(explanation: Explanation) -> Iterator[Entry]:
    """Yield what to do about each blocker, and what becomes of the packet then."""
    for number, blocker in enumerate(explanation.blockers, start=1):
        if blocker.fix is None:
            advice = blocker.advice or "no change of the policy lets this packet pass"
            yield Entry(f"{number}.", advice)
        else:
            yield Entry(f"{number}.", blocker.fix.summary, (), tuple(_listings(blocker.fix)))
    if explanation.mended is not None:
        count = sum(blocker.fix is not None for blocker in explanation.blockers)
        after = "this fix" if count == 1 else "all fixes"
        yield Entry("then", f"after {after} the packet is {ending(explanation.mended)}")


def _listings(fix: Fix) -> Iterator[Listing]:
    if fix.diff:
        yield Listing("in the policy", tuple(fix.diff.splitlines()), "diff")
    if fix.cmdlets:
        where = ", ".join(fix.hosts) or "every host"
        yield Listing(f"in PowerShell, on {where}", fix.cmdlets, "powershell")


def _opens(blockers: Iterable[Blocker], arrow: str, *, everything: bool) -> Iterator[Entry]:
    """Yield what else the fixes change, where there are fixes."""
    fixes = [blocker.fix for blocker in blockers if blocker.fix is not None]
    opened = _from_first_to_last(changed for fix in fixes for changed in fix.opens)
    compared = max((fix.compared for fix in fixes), default=0)
    groups = grouped(opened)
    shown = groups if everything else groups[:LINES]
    for group in shown:
        yield Entry("", _change(group, arrow, everything=everything))
    if len(shown) < len(groups):
        yield Entry("", f"and {len(groups) - len(shown)} more; -v says all")
    if fixes and compared:
        others = f"{compared} other packet{'s' * (compared != 1)} compared"
        yield Entry("", others if opened else f"nothing else changes: {others}")


def _from_first_to_last(steps: Iterable[Changed]) -> list[Changed]:
    """Join what one fix after the other changes for the same packet."""
    joined: dict[tuple[str, str, str], Changed] = {}
    for step in steps:
        key = step.source, step.destination, step.packet
        first = joined.get(key, step)
        joined[key] = first._replace(after=step.after)
    return [changed for changed in joined.values() if changed.before != changed.after]


def grouped(changes: Iterable[Changed]) -> list[list[Changed]]:
    """Put together packets of all senders to all destinations that come to the same end."""
    to: dict[tuple[str, Ending, Ending], list[Changed]] = {}
    for changed in changes:
        to.setdefault((changed.destination, changed.before, changed.after), []).append(changed)
    groups: dict[tuple[frozenset[str], Ending, Ending], list[Changed]] = {}
    for (_, before, after), packets in to.items():
        senders = frozenset(packet.source for packet in packets)
        groups.setdefault((senders, before, after), []).extend(packets)
    return [*groups.values()]


def ends_of(group: Iterable[Changed], arrow: str, *, everything: bool) -> str:
    """Name the senders and the destinations of a group, all or the first of them."""
    group = [*group]
    sources = [*dict.fromkeys(changed.source for changed in group)]
    destinations = [*dict.fromkeys(changed.destination for changed in group)]
    these, those = (_names(names, everything=everything) for names in (sources, destinations))
    return f"{these} {arrow} {those}"


def _names(names: list[str], *, everything: bool) -> str:
    shown = names if everything else names[:_MOST_NAMES]
    more = f" and {len(names) - len(shown)} more" if len(shown) < len(names) else ""
    return ", ".join(shown) + more


def _change(group: list[Changed], arrow: str, *, everything: bool) -> str:
    """Say how packets are treated differently; a single one is told in full."""
    ends = ends_of(group, arrow, everything=everything)
    packet = f", {group[0].packet}" if len(group) == 1 else ""
    before, after = ending(group[0].before), ending(group[0].after)
    return f"{ends}{packet}: was {before}, would be {after}"


def ending(found: Ending) -> str:
    """Say what became of a packet, and where."""
    reason = f" ({found.reason})" if found.reason else ""
    return f"{ended(found.outcome)}{reason} at {found.node}"


def ended(outcome: Outcome) -> str:
    """Say what became of a packet as a participle: ``dropped``, ``handed to a gateway``."""
    return _ENDED.get(outcome) or outcome.replace("_", " ")


def _place(origin: Origin | None) -> str:
    return "" if origin is None else origin.short


# As JSON


def explanation_document(explanation: Explanation) -> dict[str, Any]:
    """Return the JSON form of an explanation: the key ``explain`` of a trace."""
    mended = explanation.mended
    return {
        "applies_to": list(explanation.applies_to),
        "not_looked_at": list(explanation.unread),
        "nearest": [
            {
                "node": missed.node,
                "step": kind(missed.step),
                "text": words(missed.step).detail,
                "candidates": [_near_document(near) for near in missed.nearest],
            }
            for missed in explanation.missed
        ],
        "blockers": [_blocker_document(blocker) for blocker in explanation.blockers],
        "mended": None if mended is None else ending_document(mended),
    }


def _near_document(near: NearMiss) -> dict[str, Any]:
    return {
        "candidate": near.candidate,
        "field": near.field,
        "has": near.has,
        "wanted": near.wanted,
        "note": near.note,
        "origin": _origin_document(near.origin),
    }


def _blocker_document(blocker: Blocker) -> dict[str, Any]:
    return {
        "reason": blocker.reason.value,
        "node": blocker.node,
        "step": kind(blocker.step),
        "text": words(blocker.step).detail,
        "origin": _origin_document(origin_of(blocker.step)),
        "advice": blocker.advice,
        "fix": None if blocker.fix is None else _fix_document(blocker.fix),
    }


def _fix_document(fix: Fix) -> dict[str, Any]:
    return {
        "summary": fix.summary,
        "diff": fix.diff,
        "cmdlets": list(fix.cmdlets),
        "hosts": list(fix.hosts),
        "opens": [change_document(changed) for changed in fix.opens],
        "compared": fix.compared,
    }


def change_document(changed: Changed) -> dict[str, Any]:
    """Return the JSON form of a packet that is treated differently."""
    return {
        "from": changed.source,
        "to": changed.destination,
        "packet": changed.packet,
        "before": ending_document(changed.before),
        "after": ending_document(changed.after),
    }


def ending_document(found: Ending) -> dict[str, Any]:
    """Return the JSON form of what became of a packet."""
    return {
        "outcome": found.outcome.value,
        "reason": None if found.reason is None else found.reason.value,
        "node": found.node,
    }


def _origin_document(origin: Origin | None) -> dict[str, Any] | None:
    if origin is None:
        return None
    return {"file": origin.file, "line": origin.line, "column": origin.column}
