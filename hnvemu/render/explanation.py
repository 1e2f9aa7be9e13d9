"""An explanation as sections of words, which text and HTML lay out alike, and as JSON.

Rules of the file: a section without anything to say is left out. Text is plain text, whatever a
name in it looks like; lines are preformatted and never wrapped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from hnvemu.render.wording import kind, origin_of, words

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

_NOTHING = "no other row comes near"


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


def sections(explanation: Explanation, *, arrow: str = "->") -> tuple[Section, ...]:
    """Return all that an explanation says, in the order in which people read it.

    Args:
        explanation: Of one trace.
        arrow: What stands between a thing and where it leads.
    """
    found = (
        Section("Applies to", tuple(_applies_to(explanation))),
        Section("Nearest", tuple(_nearest(missed, arrow) for missed in explanation.missed)),
        Section("Blockers", tuple(_blockers(explanation.blockers, arrow))),
        Section("Fix", tuple(_fixes(explanation))),
        Section("Opens", tuple(_opens(explanation.blockers, arrow))),
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


def _opens(blockers: Iterable[Blocker], arrow: str) -> Iterator[Entry]:
    """Yield what else the fixes change, where there are fixes."""
    fixes = [blocker.fix for blocker in blockers if blocker.fix is not None]
    opened = dict.fromkeys(changed for fix in fixes for changed in fix.opens)
    compared = max((fix.compared for fix in fixes), default=0)
    for changed in opened:
        yield Entry("", change(changed, arrow=arrow))
    if fixes and compared:
        others = f"{compared} other packet{'s' * (compared != 1)} compared"
        yield Entry("", others if opened else f"nothing else changes: {others}")


def change(changed: Changed, *, arrow: str = "->") -> str:
    """Say how a packet is treated differently."""
    ends = f"{changed.source} {arrow} {changed.destination}"
    before, after = ending(changed.before), ending(changed.after)
    return f"{ends}, {changed.packet}: was {before}, would be {after}"


def ending(found: Ending) -> str:
    """Say what became of a packet, and where."""
    outcome = found.outcome.replace("_", " ")
    reason = f" ({found.reason})" if found.reason else ""
    return f"{outcome}{reason} at {found.node}"


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
