"""The classes that an engine knows, as arrays: what many frames at once can be held against.

A frame's key is the header fields that tell its class, but for its length. Keys are found by
their hash and compared in full; classes for other lengths share a key.

Rules of the file: what a key leads to is never wrong. Forgetting it is always safe, for whoever
asks the judge again gets the same class.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hnvemu.replay.judge import UNREAD

if TYPE_CHECKING:
    from hnvemu.replay.judge import Class
    from hnvemu.replay.outputs import Write
    from hnvemu.replay.recipe import Recipe
    from hnvemu.wire.encapsulation import Header
    from hnvemu.wire.sinks import Sink

Octets: TypeAlias = NDArray[np.uint8]
Numbers: TypeAlias = NDArray[np.int64]
Words: TypeAlias = NDArray[np.uint64]
Table: TypeAlias = NDArray[Any]
Layout: TypeAlias = tuple[int, int, int, int, bool]
"""Of outer headers: how long they are, where their two lengths and their checksum stand (or -1),
and whether that covers the frame."""

SENT: Final = len(UNREAD)
"""The row of class 0. In front of it is one for each reason not to send a frame: the row of a
class, or of a negative answer, is its number plus this."""
ASK: Final = -1
"""In place of a row: the judge has to be asked."""

ROW: Final = np.dtype(
    [
        ("low", "i8"),
        ("high", "i8"),
        ("until", "i8"),
        ("clock", "i8"),  # at the last frame, or 0
        ("packets", "i8"),
        ("octets", "i8"),
        ("first", "i8"),
        ("last", "i8"),
    ]
)
RECIPE: Final = np.dtype(
    [
        ("mac", "i4"),  # where in the pool the destination MAC is, or -1
        ("counts", "i4"),  # whether the TTL goes down
        ("header", "i4"),  # number of the outer header; header 0 is none
        ("plan", "i4"),  # the first record that is written for a frame ...
        ("writes", "i4"),  # ... and how many there are
    ]
)
HEADER: Final = np.dtype(
    [
        ("octets", "i4"),  # in the pool
        ("length", "i4"),
        ("first_at", "i4"),  # where in the header a length stands, or -1
        ("first_more", "i4"),
        ("second_at", "i4"),
        ("second_more", "i4"),
        ("checksum_at", "i4"),
        ("sum", "i4"),
        ("weight", "i4"),
        ("covers", "i4"),
        ("layout", "i4"),  # number of where all this stands
    ]
)
WRITE: Final = np.dtype(
    [
        ("sink", "i8"),
        ("part", "i8"),
        ("interface", "i8"),
        ("tail", "i8"),  # in the pool
        ("length", "i8"),  # of the tail
        ("pcapng", "i8"),
    ]
)
ENTRY: Final = np.dtype(
    [
        ("key", "u8", (4,)),
        ("hash", "u8"),
        ("next", "i4"),  # of the same bucket, or -1
        ("row", "i4"),
    ]
)

_FEW: Final = 1024
_MOST_ENTRIES: Final = 1 << 18
_END_OF_TIME: Final = (1 << 63) - 1
_NO_RECIPE: Final = (-1, 0, 0, 0, 0)


class Frames(NamedTuple):
    """The frames of a chunk, as arrays."""

    octets: Octets
    """What all of them lie in."""
    starts: Numbers
    captured: Numbers
    original: Numbers
    times: Numbers
    interfaces: Numbers
    clock: Numbers
    """Their times, but none before that of an earlier frame."""


class Known:
    """Keys, classes, and what becomes of the octets of a class's frames."""

    def __init__(self, sinks: list[Sink]) -> None:
        self._sinks = sinks
        self.rows = np.zeros(_FEW, ROW)
        self.recipes = np.zeros(_FEW, RECIPE)
        self.headers = np.zeros(_FEW, HEADER)
        self.plans = np.zeros(_FEW, WRITE)
        self.pool = np.zeros(_FEW, np.uint8)
        self.entries = np.zeros(_FEW, ENTRY)
        self.buckets = np.full(2 * _FEW, -1, np.int32)
        self.count = 0
        """How many rows are in use."""
        self._entered = 0
        self._pooled = 0
        self.planned = 0
        """How many records the plans of all recipes make."""
        self.layouts: dict[Layout, int] = {}
        """Those of all headers, numbered."""
        self._in_pool: dict[bytes, int] = {}
        self._headers: dict[Header | None, int] = {}
        self._plans: dict[tuple[Write, ...], int] = {}
        self.clear()

    @property
    def shift(self) -> int:
        """By how many bits a hash is shifted to the right to be the number of a bucket."""
        return 65 - len(self.buckets).bit_length()

    def clear(self) -> None:
        """Forget all classes and their counters."""
        self._forget_keys()
        self._pooled = self.planned = 0
        self._in_pool.clear()
        self.layouts.clear()
        self._plans.clear()
        self._headers = {None: 0}
        self.headers[0] = 0, 0, -1, 0, -1, 0, -1, 0, 0, 0, -1
        self.count = 0
        for _ in UNREAD:
            self._add(0, _END_OF_TIME, _END_OF_TIME, _NO_RECIPE)

    def note(self, found: Class) -> None:
        """Take note of a class, as the judge answered with it just now."""
        row = found.number + SENT
        recipe = found.recipe
        # Without a recipe each frame is asked for. Its octets decide more than its key tells, which
        # is blind to what is inside a tunnel.
        until = 0 if recipe is None else found.until
        if row < self.count:
            self.rows["until"][row] = until
            return
        does = _NO_RECIPE if recipe is None else self._recipe(found, recipe)
        self._add(found.low, found.high, until, does)

    def find(self, key: Words, digest: int, length: int, time: int) -> int:
        """Return the row of a frame with this key, or ``ASK``."""
        told = key.tobytes()
        entry = int(self.buckets[digest >> self.shift])
        while entry >= 0:
            words, _, following, row = self.entries[entry].item()
            if words.tobytes() == told:
                low, high, until = self.rows[row].item()[:3]
                if low <= length < high and time < until:
                    return int(row)
            entry = following
        return ASK

    def learn(self, key: Words, digest: int, row: int) -> None:
        """Remember that a key leads to a row, in place of other rows for some of its lengths."""
        told = key.tobytes()
        entry = int(self.buckets[digest >> self.shift])
        placed = False
        while entry >= 0:
            words, _, following, other = self.entries[entry].item()
            if words.tobytes() == told:
                low, high = self.rows[row].item()[:2]
                other_low, other_high = self.rows[other].item()[:2]
                if low < other_high and other_low < high:
                    self.entries["row"][entry] = row
                    placed = True
            entry = following
        if not placed:
            self._enter(key, digest, row)

    def _enter(self, key: Words, digest: int, row: int) -> None:
        if self._entered == _MOST_ENTRIES:
            self._forget_keys()
        if self._entered == len(self.buckets) // 2:
            self._widen()
        entry = self._entered
        self.entries = _with_room(self.entries, entry + 1)
        bucket = digest >> self.shift
        self.entries[entry] = key, digest, self.buckets[bucket], row
        self.buckets[bucket] = entry
        self._entered += 1

    def _forget_keys(self) -> None:
        self.buckets.fill(-1)
        self._entered = 0

    def _widen(self) -> None:
        """Double the number of buckets."""
        self.buckets = np.full(2 * len(self.buckets), -1, np.int32)
        entries = self.entries[: self._entered]
        buckets = (entries["hash"] >> np.uint64(self.shift)).astype(np.int64)
        order = np.argsort(buckets, kind="stable")
        ordered = buckets[order]
        following = np.append(order[1:], -1)
        following[np.append(ordered[1:] != ordered[:-1], True)] = -1
        entries["next"][order] = following
        firsts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
        self.buckets[ordered[firsts]] = order[firsts]

    def _add(self, low: int, high: int, until: int, recipe: tuple[int, ...]) -> None:
        row = self.count
        self.rows = _with_room(self.rows, row + 1)
        self.recipes = _with_room(self.recipes, row + 1)
        self.rows[row] = low, high, until, 0, 0, 0, _END_OF_TIME, 0
        self.recipes[row] = recipe
        self.count += 1

    def _recipe(self, found: Class, recipe: Recipe) -> tuple[int, int, int, int, int]:
        mac = -1 if recipe.dst_mac is None else self._at(recipe.dst_mac)
        plan = self._plan(found.writes)
        return mac, recipe.counts, self._header(recipe.header), plan, len(found.writes)

    def _at(self, octets: bytes) -> int:
        """Return where in the pool some octets are."""
        at = self._in_pool.get(octets)
        if at is None:
            at = self._in_pool[octets] = self._pool(octets)
        return at

    def _pool(self, octets: bytes) -> int:
        """Put octets into the pool, and return where they are."""
        at = self._pooled
        self._pooled += len(octets)
        self.pool = _with_room(self.pool, self._pooled)
        self.pool[at : self._pooled] = np.frombuffer(octets, np.uint8)
        return at

    def _header(self, header: Header | None) -> int:
        number = self._headers.get(header)
        if number is None:
            assert header is not None  # noqa: S101 - that is number 0
            number = self._headers[header] = len(self._headers)
            self.headers = _with_room(self.headers, number + 1)
            first, second = (*header.lengths, (-1, 0))[:2]
            layout = (
                len(header.octets),
                first[0],
                second[0],
                header.checksum_at,
                header.covers_frame,
            )
            self.headers[number] = (
                self._pool(header.octets),
                len(header.octets),
                *first,
                *second,
                header.checksum_at,
                header.sum % 0xFFFF,
                header.weight,
                header.covers_frame,
                self.layouts.setdefault(layout, len(self.layouts)),
            )
        return number

    def _plan(self, writes: tuple[Write, ...]) -> int:
        plan = self._plans.get(writes)
        if plan is None:
            plan = self._plans[writes] = self.planned
            self.planned += len(writes)
            self.plans = _with_room(self.plans, self.planned)
            for at, write in enumerate(writes, plan):
                self.plans[at] = (
                    write.sink,
                    write.part,
                    write.interface,
                    self._at(write.tail),
                    len(write.tail),
                    self._sinks[write.sink].is_pcapng,
                )
        return plan


def _with_room(table: Table, needed: int) -> Table:
    """Return a table with as many places, this one if it has them."""
    if needed <= len(table):
        return table
    wider = np.zeros(max(needed, 2 * len(table)), table.dtype)
    wider[: len(table)] = table
    return wider
