"""What can be said about a trace beyond its steps: why not, what else, what would mend it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.analysis.applies_to import alike, clauses
from hnvemu.analysis.near_misses import near_misses
from hnvemu.analysis.repair import repair
from hnvemu.trace.explanation import Explanation

if TYPE_CHECKING:
    from collections.abc import Callable

    from hnvemu.reader.edit import PolicyText
    from hnvemu.switch.fabric import Fabric
    from hnvemu.trace.trace import Trace


def explain(
    fabric: Fabric,
    trace: Trace,
    *,
    text: PolicyText | None = None,
    rebuild: Callable[[PolicyText], Fabric] | None = None,
    established: bool = False,
) -> Explanation:
    """Explain a trace, and its reply, and leave each explanation in the trace's ``explanation``.

    Args:
        fabric: The fabric that made the trace.
        trace: Any trace.
        text: The policy's text, in which fixes are tried; without it, there are none.
        rebuild: Makes the fabric of an edited text as ``fabric`` was made; by default it is
            compiled with the same profile and FlowID.
        established: Whether the frame was sent as part of a conversation that all ports admitted.
    """

    def compiled(edited: PolicyText) -> Fabric:
        return type(fabric).compile(edited.policy(), profile=fabric.profile, flow_id=fabric.flow_id)

    same = alike(fabric, trace)
    blockers, mended = repair(fabric, trace, text, rebuild or compiled, established=established)
    trace.explanation = Explanation(
        missed=near_misses(fabric, trace),
        blockers=blockers,
        mended=mended,
        applies_to=clauses(same, fabric.policy),
        unread=same.unread,
    )
    if trace.reply is not None:
        explain(fabric, trace.reply, text=text, rebuild=rebuild, established=established)
    return trace.explanation
