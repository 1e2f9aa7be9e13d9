"""The engine that takes many frames at once.

::

    frames of a chunk ─┬─ known ──────────────────────────────┬─ counted ─ written
                       └─ others, one by one ─ judge ─ class ─┘

Rules of the file: the judge sees its frames in the order of the capture, and is told what the
engine took by itself before each of them, and nothing of what comes after it. What the judge says
of a frame may change what is known; the later frames of a chunk that this concerns are asked for
like the others, and those before it stay as they are.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

import numpy as np

from hnvemu.replay.judge import UNREAD, none_taken
from hnvemu.replay.known import ASK, SENT, Frames, Known

if TYPE_CHECKING:
    from hnvemu.replay.flows import FlowTable
    from hnvemu.replay.judge import Class, Judge
    from hnvemu.replay.known import Numbers, Octets, Words
    from hnvemu.replay.outputs import Outputs
    from hnvemu.replay.sieve import Picked
    from hnvemu.wire.chunks import Chunk

_ROOM: Final = 3 << 19
_SLACK: Final = 8  # behind the last record: who adds up words looks at one more


class Records(Protocol):
    """The records that frames make by the recipes of their classes."""

    frames: Numbers
    """Of which frame each is, in order; a frame may have several, or none."""
    sinks: Numbers
    """To which capture each goes."""
    sizes: Numbers
    """How many octets each has."""

    def write(self, out: Octets, at: Numbers) -> None:
        """Write each to its place."""


class Steps(Protocol):
    """What is done to many frames at once: by NumPy, or compiled."""

    def keys(self, frames: Frames, *, by_interface: bool) -> tuple[Numbers, Words, Words]:
        """Find the frames that :func:`read_flow` reads at one glance.

        Returns:
            Their indices, their keys, and the hashes of these.
        """

    def find(
        self, known: Known, keys: Words, hashes: Words, lengths: Numbers, clock: Numbers
    ) -> Numbers:
        """Return the rows of frames with these keys, or ``ASK``."""

    def count(self, known: Known, frames: Frames, rows: Numbers, seen: slice) -> None:
        """Count some frames in their rows."""

    def records(self, known: Known, frames: Frames, made: Numbers, rows: Numbers) -> Records:
        """Measure the records of the frames ``made``, whose rows these are."""


class _Extra(NamedTuple):
    """A record that is not made by a recipe."""

    frame: int
    sink: int
    octets: bytes


class _Batch:
    """The frames of one chunk, and what was found of them."""

    __slots__ = (
        "begin",
        "by_hand",
        "end",
        "extras",
        "frames",
        "hashes",
        "keys",
        "numbers",
        "plain",
        "rows",
        "spots",
    )

    def __init__(
        self,
        frames: Frames,
        numbers: Numbers,
        plain: Numbers,
        keys: Words,
        hashes: Words,
    ) -> None:
        count = len(frames.starts)
        self.frames = frames
        self.numbers = numbers
        """Of the frames in their capture."""
        self.plain = plain
        """The frames that have keys."""
        self.keys = keys
        self.hashes = hashes
        self.spots = np.full(count, -1, np.int64)
        """Which key is a frame's, or -1."""
        self.spots[plain] = np.arange(len(plain))
        self.rows = np.full(count, ASK, np.int64)
        self.by_hand = np.zeros(count, np.bool_)
        """Whether a frame's records are all extras."""
        self.extras: list[_Extra] = []
        self.begin = 0
        """The first frame that is not counted yet."""
        self.end = 0
        """Behind the last frame that has its row."""


class BatchEngine:
    """Takes frames of known classes many at once, and asks the judge for the others."""

    def __init__(self, judge: Judge, flows: FlowTable, outputs: Outputs, steps: Steps) -> None:
        self._judge = judge
        self._flows = flows
        self._outputs = outputs
        self._steps = steps
        self._known = Known(outputs.sinks)
        self._clock = 0
        self._room = np.empty(_ROOM, np.uint8)
        self._batch: _Batch | None = None
        judge.latest = self._latest

    def run(self, chunk: Chunk, picked: Picked | None = None) -> None:
        """Count and write the frames of a chunk, or those picked of one."""
        octets = np.frombuffer(chunk.octets, np.uint8)
        starts, captured, original, times, interfaces = (
            np.frombuffer(column, np.int64) for column in chunk[2:]
        )
        if picked is None:
            numbers = np.arange(chunk.first, chunk.first + len(starts))
            clock = np.maximum.accumulate(np.maximum(times, self._clock))
        else:
            numbers = np.frombuffer(picked.numbers, np.int64)
            clock = np.frombuffer(picked.clock, np.int64)
        self._clock = int(clock[-1])
        frames = Frames(octets, starts, captured, original, times, interfaces, clock)
        found = self._steps.keys(frames, by_interface=self._judge.by_interface)
        batch = self._batch = _Batch(frames, numbers, *found)
        while batch.begin < len(starts):
            self._classify(batch)
            seen = slice(batch.begin, batch.end)
            self._steps.count(self._known, frames, batch.rows, seen)
            self._write(batch, seen)
            batch.begin = batch.end
            if self._judge.is_full:
                self._forget()
        self._batch = None  # the reader cannot use a buffer again that is looked at

    def close(self) -> None:
        """Count what is not counted yet."""
        self._fold()
        # A judge and its engine hold each other, and no command waits for cycles to be collected.
        self._judge.latest = none_taken

    def _classify(self, batch: _Batch) -> None:
        """Find the rows of all frames that have none yet, or of those up to a full judge."""
        frames, rows, spots = batch.frames, batch.rows, batch.spots
        count = len(rows)
        left = batch.plain[np.searchsorted(batch.plain, batch.begin) :]
        keys = slice(len(batch.plain) - len(left), None)
        rows[batch.begin :] = ASK
        rows[left] = self._steps.find(
            self._known,
            batch.keys[keys],
            batch.hashes[keys],
            frames.captured[left] - 14,
            frames.clock[left],
        )
        asked: list[int] = np.flatnonzero(rows == ASK).tolist()  # is in order, and so a heap
        while asked:
            at = heappop(asked)
            spot = int(spots[at])
            if spot >= 0:
                # An earlier frame of the chunk may have had the same key.
                rows[at] = self._known.find(
                    batch.keys[spot],
                    int(batch.hashes[spot]),
                    int(frames.captured[at]) - 14,
                    int(frames.clock[at]),
                )
                if rows[at] != ASK:
                    continue
            batch.end = at
            for later in self._ask(batch, at):
                rows[later] = ASK
                heappush(asked, later)
            if self._judge.is_full:
                batch.end = at + 1
                return
        batch.end = count

    def _ask(self, batch: _Batch, at: int) -> list[int]:
        """Have the judge classify one frame.

        Returns:
            Later frames whose rows may be wrong now.
        """
        judge, known, frames = self._judge, self._known, batch.frames
        start, length = int(frames.starts[at]), int(frames.captured[at])
        frame = frames.octets[start : start + length].tobytes()
        missing = int(frames.original[at]) - length
        interface, clock = int(frames.interfaces[at]), int(frames.clock[at])
        answer = judge.classify(frame, missing, interface, clock, int(batch.numbers[at]))
        row = answer + SENT
        doubted: list[int] = []
        if judge.stale:
            stale = np.array(judge.stale) + SENT
            judge.stale.clear()
            known.rows["until"][stale] = 0
            later = batch.rows[at + 1 :]
            doubted = (np.flatnonzero(np.isin(later, stale)) + at + 1).tolist()
        if answer >= 0:
            found = judge.classes[answer]
            known.note(found)
            self._gather(batch, at, frame, missing, found)
        spot = int(batch.spots[at])
        if spot >= 0:
            known.learn(batch.keys[spot], int(batch.hashes[spot]), row)
        batch.rows[at] = row
        return doubted

    def _gather(self, batch: _Batch, at: int, frame: bytes, missing: int, found: Class) -> None:
        """Have the records that no recipe makes, and what describes new interfaces."""
        sinks = self._outputs.sinks
        for sink in {write.sink for write in found.writes}:
            if described := sinks[sink].described():
                batch.extras.append(_Extra(at, sink, described))
        if batch.spots[at] >= 0 and found.recipe is not None:
            return
        batch.by_hand[at] = True
        time = int(batch.frames.times[at])
        fabric = self._judge.fabric
        for sink, record in self._outputs.records(found, fabric, frame, missing, time):
            batch.extras.append(_Extra(at, sink, sinks[sink].described() + record))

    def _latest(self, number: int) -> int:
        """Return the clock at the last frame of a class so far, or 0."""
        row = number + SENT
        batch = self._batch
        if batch is not None:
            seen = np.flatnonzero(batch.rows[batch.begin : batch.end] == row)
            if len(seen):
                return int(batch.frames.clock[batch.begin + seen[-1]])
        return int(self._known.rows["clock"][row])

    def _write(self, batch: _Batch, seen: slice) -> None:
        """Write the records of the frames that have their rows, in order."""
        outputs = self._outputs.sinks
        if not outputs:
            return
        is_made = (batch.rows[seen] >= SENT) & ~batch.by_hand[seen]
        made = np.flatnonzero(is_made) + batch.begin
        records = self._steps.records(self._known, batch.frames, made, batch.rows[made])
        extras, batch.extras = batch.extras, []
        of, sinks, sizes = records.frames, records.sinks, records.sizes
        if extras:
            # Extras first: interfaces are described before the frame that is the first of theirs.
            of = np.append(np.array([extra.frame for extra in extras], np.int64), of)
            sinks = np.append(np.array([extra.sink for extra in extras], np.int64), sinks)
            sizes = np.append(np.array([len(extra.octets) for extra in extras], np.int64), sizes)
        if not len(of):
            return
        if extras or (sinks[1:] != sinks[:-1]).any():
            order: Numbers | slice = np.lexsort((of, sinks))
        else:
            order = slice(None)
        ends = np.cumsum(sizes[order])
        at = np.empty_like(sizes)
        at[order] = ends - sizes[order]
        out = self._out(int(ends[-1]))
        records.write(out, at[len(extras) :])
        for extra, begin in zip(extras, at[: len(extras)].tolist(), strict=True):
            out[begin : begin + len(extra.octets)] = np.frombuffer(extra.octets, np.uint8)
        sinks, numbers, sizes = sinks[order], batch.numbers[of[order]], sizes[order]
        first = begin = 0
        for last in np.flatnonzero(np.append(sinks[1:] != sinks[:-1], True)).tolist():
            end = int(ends[last])
            these = slice(first, last + 1)
            outputs[sinks[last]].write(out[begin:end], numbers[these], sizes[these])
            first, begin = last + 1, end

    def _out(self, octets: int) -> Octets:
        """Return the buffer for records; it is used again and again."""
        if octets + _SLACK > len(self._room):
            self._room = np.empty(2 * octets + _SLACK, np.uint8)
        return self._room

    def _forget(self) -> None:
        self._fold()
        self._judge.clear()
        self._known.clear()

    def _fold(self) -> None:
        """Add the counters to the table of flows."""
        rows = self._known.rows[: self._known.count]
        for row in np.flatnonzero(rows["packets"]).tolist():
            *_, packets, octets, first, last = rows[row].item()
            if row < SENT:
                self._flows.unread[UNREAD[SENT - 1 - row]] += packets
                self._flows.unread_octets += octets
            else:
                self._flows.fold(self._judge.classes[row - SENT].row, packets, octets, first, last)
