"""The engine that takes one frame after another. It needs nothing but Python."""

from __future__ import annotations

from array import array
from itertools import accumulate
from typing import TYPE_CHECKING

from hnvemu.replay.judge import UNREAD

if TYPE_CHECKING:
    from hnvemu.replay.flows import FlowTable
    from hnvemu.replay.judge import Judge
    from hnvemu.replay.outputs import Outputs
    from hnvemu.replay.sieve import Picked
    from hnvemu.wire.chunks import Chunk


class PlainEngine:
    """Asks the judge for every frame."""

    def __init__(self, judge: Judge, flows: FlowTable, outputs: Outputs) -> None:
        self._judge = judge
        self._flows = flows
        self._outputs = outputs
        self._clock = 0

    def run(self, chunk: Chunk, picked: Picked | None = None) -> None:
        """Count and write the frames of a chunk."""
        if picked is None:
            numbers = array("q", range(chunk.first, chunk.first + len(chunk.times)))
            clock = array("q", accumulate(chunk.times, max, initial=self._clock))[1:]
        else:
            numbers, clock = picked
        judge, flows, sinks = self._judge, self._flows, self._outputs.sinks
        octets = chunk.octets
        frames = zip(
            chunk.starts,
            chunk.captured,
            chunk.original,
            chunk.times,
            chunk.interfaces,
            numbers,
            clock,
            strict=True,
        )
        for start, captured, original, time, interface, at, self._clock in frames:
            frame = bytes(octets[start : start + captured])
            missing = original - captured
            number = judge.classify(frame, missing, interface, self._clock, at)
            judge.stale.clear()  # every frame is asked for anyway
            if number < 0:
                flows.leave(UNREAD[-1 - number], original)
                continue
            found = judge.classes[number]
            flows.fold(found.row, 1, original, time, time)
            for sink, record in self._outputs.records(found, judge.fabric, frame, missing, time):
                sinks[sink].write(record, array("q", (at,)), array("q", (len(record),)))
            if judge.is_full:
                judge.clear()

    def close(self) -> None:
        """Nothing is left to be counted."""
