"""A sieve of many frames at once, with NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

import numpy as np

from hnvemu.replay.sieve import MIX, Picked, Sieve
from hnvemu.wire.blocks import restored

if TYPE_CHECKING:
    from array import array

    from numpy.typing import NDArray

    from hnvemu.wire.chunks import Chunk

_HEADERS: Final = np.dtype(
    {
        "names": ["ethertype", "start", "length", "src", "dst"],
        "formats": [">u2", "u1", ">u2", ">u4", ">u4"],
        "offsets": [12, 14, 16, 26, 30],
        "itemsize": 34,
    }
)
_HALF: Final = np.uint64(32)


class VectorSieve(Sieve):
    """Picks the same frames as its base."""

    def pick(self, chunk: Chunk) -> tuple[Chunk, Picked]:
        """Return the chunk with the frames of this shard alone."""
        columns = [np.frombuffer(column, np.int64) for column in chunk[2:]]
        clock = np.maximum.accumulate(np.maximum(columns[3], self._clock))
        self._clock = int(clock[-1])
        own = np.flatnonzero(self._vector(chunk, columns) == self._part)
        found = [column[own] for column in columns]
        told = [own + chunk.first, clock[own]]
        return (
            type(chunk)(chunk.octets, chunk.first, *cast("list[array[int]]", found)),
            Picked(*cast("list[array[int]]", told)),
        )

    def _vector(self, chunk: Chunk, columns: list[NDArray[np.int64]]) -> NDArray[np.int64]:
        """Return the shard of each frame."""
        starts, captured, original, _, interfaces = columns
        octets = np.frombuffer(chunk.octets, np.uint8)
        room = max(len(octets) - _HEADERS.itemsize + 1, 0)
        anywhere = np.ndarray((room,), _HEADERS, octets, strides=(1,))
        is_plain = (captured == original) & (captured >= _HEADERS.itemsize)
        if self._by_interface or self._arrives:
            count = len(self._interfaces)
            arrives = np.fromiter(map(self._is_arrival, range(count)), np.bool_, count)
            is_plain &= ~arrives[interfaces]
        plain = np.flatnonzero(is_plain)
        found = anywhere[starts[plain]]
        length = found["length"].astype(np.int64)
        is_plain[plain] = (
            (found["ethertype"] == 0x0800)
            & (found["start"] == 0x45)
            & (length >= 20)
            & (length <= captured[plain] - 14)
        )
        both = (found["src"] ^ found["dst"]).astype(np.uint64)
        owners = np.empty(len(starts), np.int64)
        owners[plain] = (both * np.uint64(MIX) >> _HALF) % np.uint64(self._of)
        for at in np.flatnonzero(~is_plain).tolist():
            begin, size = int(starts[at]), int(captured[at])
            frame = restored(octets[begin : begin + size].tobytes(), int(original[at]) - size)
            owners[at] = self.owner(frame, int(interfaces[at]))
        return owners
