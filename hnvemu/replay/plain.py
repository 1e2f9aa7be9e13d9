"""The engine that takes one frame after another. It needs nothing but Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.replay.judge import UNREAD

if TYPE_CHECKING:
    from hnvemu.replay.flows import FlowTable
    from hnvemu.replay.judge import Judge
    from hnvemu.replay.outputs import Outputs
    from hnvemu.wire.chunks import Chunk


class PlainEngine:
    """Asks the judge for every frame."""

    def __init__(self, judge: Judge, flows: FlowTable, outputs: Outputs) -> None:
        self._judge = judge
        self._flows = flows
        self._outputs = outputs
        self._clock = 0

    def run(self, chunk: Chunk) -> None:
        """Count and write the frames of a chunk."""
        judge, flows, sinks = self._judge, self._flows, self._outputs.sinks
        octets = chunk.octets
        frames = zip(
            chunk.starts,
            chunk.captured,
            chunk.original,
            chunk.times,
            chunk.interfaces,
            strict=True,
        )
        for at, (start, captured, original, time, interface) in enumerate(frames, chunk.first):
            frame = bytes(octets[start : start + captured])
            missing = original - captured
            self._clock = max(self._clock, time)
            number = judge.classify(frame, missing, interface, self._clock, at)
            judge.stale.clear()  # every frame is asked for anyway
            if number < 0:
                flows.leave(UNREAD[-1 - number], original)
                continue
            found = judge.classes[number]
            flows.fold(found.row, 1, original, time, time)
            for sink, record in self._outputs.records(found, judge.fabric, frame, missing, time):
                sinks[sink].write(record)
            if judge.is_full:
                judge.clear()

    def close(self) -> None:
        """Nothing is left to be counted."""
