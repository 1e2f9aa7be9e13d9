"""What was supposed and whom it concerns, as sections of words and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hnvemu.render.explanation import (
    LINES,
    Entry,
    Section,
    change_document,
    ended,
    ending,
    ending_document,
    ends_of,
    grouped,
)
from hnvemu.trace.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hnvemu.trace.explanation import Changed, Ending
    from hnvemu.trace.what_if import WhatIf


def sections(
    what_if: WhatIf, *, arrow: str = "->", everything: bool = False
) -> tuple[Section, ...]:
    """Return what was supposed, what became of the packet before, and who else is concerned.

    Args:
        what_if: Of one trace.
        arrow: What stands between a thing and where it leads.
        everything: Say every group and every name; otherwise about ten lines, and a count.
    """
    found = [Section("What if", tuple(_supposed(what_if)))]
    room = LINES
    for title, changes in (
        ("Cut off", what_if.cut_off),
        ("Let in", what_if.let_in),
        ("Differs", what_if.changed),
    ):
        lines = [*_groups(changes, arrow, everything=everything)]
        shown = lines if everything else lines[: max(room, 1)]
        room -= len(shown)
        entries = [Entry("", line) for line in shown]
        if len(shown) < len(lines):
            entries.append(Entry("", f"and {len(lines) - len(shown)} more; -v says all"))
        if entries:
            found.append(Section(title, tuple(entries)))
    found.append(Section("Compared", (Entry("", _compared(what_if)),)))
    return tuple(found)


def _supposed(what_if: WhatIf) -> Iterator[Entry]:
    yield Entry("", ", ".join(what_if.supposed))
    if what_if.before is None:
        yield Entry("before", "nobody could send this packet")
    else:
        yield Entry("before", f"this packet was {ending(what_if.before)}")
    if what_if.diff:
        yield Entry("lines", "numbers are those of the policy so edited")


def _compared(what_if: WhatIf) -> str:
    whole = what_if.compared == what_if.pairs
    pairs = f"{what_if.compared}{'' if whole else f' of {what_if.pairs}'} pairs"
    same = not (what_if.cut_off or what_if.let_in or what_if.changed)
    told = f"{pairs}, with packets of this kind" + ("; nothing changes for them" if same else "")
    return told if whole else f"{told}; the others were not looked at"


def _groups(changes: Iterable[Changed], arrow: str, *, everything: bool) -> Iterator[str]:
    """Yield a line for all senders and destinations that come to the same end."""
    nowhere = (found._replace(before=found.before._replace(node="")) for found in changes)
    for group in grouped(nowhere):
        ends = ends_of(group, arrow, everything=everything)
        yield f"{ends}: {ending(group[0].after)}{_was(group[0].before)}"


def _was(before: Ending) -> str:
    """Say what became of a packet before, where it did not simply arrive."""
    if before.outcome is Outcome.DELIVERED:
        return ""
    reason = f" ({before.reason})" if before.reason else ""
    return f", was {ended(before.outcome)}{reason}"


def what_if_document(what_if: WhatIf) -> dict[str, Any]:
    """Return the JSON form: the keys ``what_if`` and ``impact`` of a trace."""
    before = what_if.before
    return {
        "what_if": list(what_if.supposed),
        "impact": {
            "diff": what_if.diff,
            "before": None if before is None else ending_document(before),
            "cut_off": [change_document(changed) for changed in what_if.cut_off],
            "let_in": [change_document(changed) for changed in what_if.let_in],
            "changed": [change_document(changed) for changed in what_if.changed],
            "compared": what_if.compared,
            "pairs": what_if.pairs,
        },
    }
