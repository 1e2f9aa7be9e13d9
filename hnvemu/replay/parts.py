"""Captures that several shards write together: each its part, put together frame by frame.

A part is a file of records as they will stand in the capture; two more have the number of the
frame that each was made of, and its size. What a single process writes between the records is
added when they are put together: the header, and in pcapng the interfaces, each in front of its
first frame.

Rules of the file: the result is octet for octet what one process writes.
"""

from __future__ import annotations

import mmap
from array import array
from contextlib import ExitStack, suppress
from heapq import merge
from pathlib import Path
from struct import Struct
from typing import TYPE_CHECKING, Final, NamedTuple

from hnvemu.wire.sinks import Sink

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from _typeshed import ReadableBuffer

    from hnvemu.replay.outputs import Kind, Outputs

_MANY: Final = 1 << 16
_MUCH: Final = 1 << 24
_BUFFER: Final = 1 << 18
_INTERFACE_AT: Final = 8  # of an enhanced packet block
_interface = Struct("<8xI").unpack_from
_word = Struct("<I")


class Part(NamedTuple):
    """What one shard has for one capture."""

    kind: Kind
    """Of the capture."""
    records: str
    """The name of the file of records."""
    frames: str
    """The name of the file of numbers."""
    sizes: str
    """The name of the file of sizes."""
    interfaces: tuple[str, ...]
    """Their names, by the numbers that the records have."""
    first: int
    """The number of the first frame."""


class PartSink(Sink):
    """Writes a part in place of a capture."""

    __slots__ = ("_columns", "_first", "_records")

    def __init__(self, folder: Path, number: int, name: str) -> None:
        """Begin the part with that number of a folder, for the capture of that name."""
        self._begin(name)
        self._records = folder / f"{number}.records"
        self._columns = tuple(
            (folder / f"{number}.{what}", array("q")) for what in ("frames", "sizes")
        )
        self._first: int | None = None
        try:
            self._stream = self._records.open("xb", _BUFFER)
        except OSError as error:
            raise self._problem(error) from None
        self._is_open = True

    def interface(self, name: str) -> int:
        """Return the number of an interface in this part."""
        return self._interfaces.setdefault(name, len(self._interfaces)) if self.is_pcapng else 0

    def write(
        self,
        octets: ReadableBuffer,
        frames: ReadableBuffer | None = None,
        sizes: ReadableBuffer | None = None,
    ) -> None:
        """Write whole records, and remember of which frames they are."""
        super().write(octets)
        for (_, column), given in zip(self._columns, (frames, sizes), strict=True):
            assert given is not None  # noqa: S101 - engines tell
            column.frombytes(memoryview(given).cast("B"))
        if len(self._columns[0][1]) >= _MANY:
            self._spill()

    def part(self, kind: Kind) -> Part | None:
        """Close the files, and say what is in them; None if that is nothing."""
        self._spill()
        try:
            self._stream.close()
        except OSError as error:
            self._failed(error)
        self._is_open = False
        if self._first is None:
            return None
        interfaces = tuple(self._interfaces)
        frames, sizes = (str(file) for file, _ in self._columns)
        return Part(kind, str(self._records), frames, sizes, interfaces, self._first)

    def abandon(self) -> None:
        """Close the files; their folder is removed by whoever made it."""
        with suppress(OSError):
            self._stream.close()
        self._is_open = False

    def _spill(self) -> None:
        numbers = self._columns[0][1]
        if numbers and self._first is None:
            self._first = numbers[0]
        try:
            for file, column in self._columns:
                with file.open("ab") as stream:
                    column.tofile(stream)
                del column[:]
        except OSError as error:
            self._failed(error)


def join(parts: Sequence[Part], outputs: Outputs, *, vectors: bool) -> None:
    """Add what the shards of one capture have, in the order of its frames.

    Args:
        parts: Those of one shard stand in the order in which it began them.
        outputs: Where they belong.
        vectors: Whether to do it with NumPy.

    Raises:
        OSError: A part cannot be read.
    """
    if vectors:
        from hnvemu.replay.splice import splice  # noqa: PLC0415 - needs NumPy

        put = splice
    else:
        put = _splice
    by_kind: dict[Kind, list[Part]] = {}
    for part in sorted(parts, key=lambda part: part.first):
        by_kind.setdefault(part.kind, []).append(part)
    for kind, same in by_kind.items():
        with ExitStack() as stack:
            put(outputs.sink(kind), [Opened(part, stack) for part in same])


class Opened:
    """A part that is read."""

    def __init__(self, part: Part, stack: ExitStack) -> None:
        self.interfaces = part.interfaces
        self._maps = [_mapped(name, stack) for name in (part.records, part.frames, part.sizes)]
        records, frames, sizes = [stack.enter_context(memoryview(each)) for each in self._maps]
        self.records = records
        self.frames = stack.enter_context(frames.cast("q"))
        self.sizes = stack.enter_context(sizes.cast("q"))
        self._left = 0

    def leave(self, octets: int, count: int) -> None:
        """Give back the memory of the first records, which nobody reads again.

        Args:
            octets: How many they have.
            count: How many they are.
        """
        if octets - self._left < _MUCH or not hasattr(mmap, "MADV_DONTNEED"):
            return
        self._left = octets
        for mapped, read in zip(self._maps, (octets, 8 * count, 8 * count), strict=True):
            if whole := read // mmap.PAGESIZE * mmap.PAGESIZE:
                mapped.madvise(mmap.MADV_DONTNEED, 0, whole)


def _mapped(name: str, stack: ExitStack) -> mmap.mmap:
    with Path(name).open("rb") as file:
        return stack.enter_context(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def _splice(sink: Sink, parts: Sequence[Opened]) -> None:
    """Write all records in the order of their frames."""
    numbers = [[-1] * len(part.interfaces) for part in parts]
    counts = [0] * len(parts)
    for _, which, start, end in merge(*(_records(*each) for each in enumerate(parts))):
        part = parts[which]
        part.leave(start, counts[which])
        counts[which] += 1
        record: ReadableBuffer = part.records[start:end]
        if sink.is_pcapng:
            (here,) = _interface(record)
            if numbers[which][here] < 0:
                numbers[which][here] = sink.interface(part.interfaces[here])
            if numbers[which][here] != here:
                record = bytearray(record)
                _word.pack_into(record, _INTERFACE_AT, numbers[which][here])
        sink.write(record)


def _records(which: int, part: Opened) -> Iterator[tuple[int, int, int, int]]:
    """Yield the records of a part: frame, part, begin and end."""
    start = 0
    for number, size in zip(part.frames, part.sizes, strict=True):
        yield number, which, start, start + size
        start += size
