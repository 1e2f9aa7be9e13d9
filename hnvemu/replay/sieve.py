"""Which frames of a capture belong to one shard of several: conversations stay whole.

Rules of the file: what two frames have to do with each other, as sessions or as one row of the
table of flows, they have by their IP addresses. So a frame belongs where both of its addresses
lead, in either order; one without IP belongs to the first shard.
"""

from __future__ import annotations

from array import array
from itertools import accumulate
from struct import Struct
from typing import TYPE_CHECKING, Final, NamedTuple

from hnvemu.replay.entrance import BY_INTERFACE, BY_PA, PA
from hnvemu.wire.blocks import restored
from hnvemu.wire.encapsulation import unwrap
from hnvemu.wire.flow import read_flow

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hnvemu.wire.chunks import Chunk

_unpack = Struct("!12xHBxH8xII").unpack_from
_HEADERS: Final = 34
MIX: Final = 0x9E3779B97F4A7C15
_WORD: Final = (1 << 64) - 1
_HIGH: Final = 1 << 32  # the lower half of a product knows little


class Picked(NamedTuple):
    """What a chunk does not say of its frames where others lay between them.

    The numbers are arrays of 64 bits, as in the chunk.
    """

    numbers: array[int]
    """Of the frames in their capture, counted from 1."""
    clock: array[int]
    """The greatest time of all frames of the capture up to each of them."""


class Sieve:
    """Picks the frames of one shard."""

    def __init__(
        self, part: int, of: int, at: str | None, interfaces: Sequence[str | None]
    ) -> None:
        """Prepare for one capture.

        Args:
            part: Which shard, counted from 0, ...
            of: ... of how many.
            at: Where frames enter, see :func:`hnvemu.replay.entrance.entrance`.
            interfaces: The names of the capture's interfaces; it may grow.
        """
        self._part = part
        self._of = of
        self._by_interface = at == BY_INTERFACE
        self._arrives = at is not None and (at == BY_PA or at.startswith(PA))
        self._interfaces = interfaces
        self._clock = 0

    def pick(self, chunk: Chunk) -> tuple[Chunk, Picked]:
        """Return the chunk with the frames of this shard alone."""
        part = self._part
        own = [at for at, owner in enumerate(self._owners(chunk)) if owner == part]
        clock = list(accumulate(chunk.times, max, initial=self._clock))
        self._clock = clock[-1]
        picked = Picked(
            array("q", [chunk.first + at for at in own]),
            array("q", [clock[at + 1] for at in own]),
        )
        columns = (array("q", [column[at] for at in own]) for column in chunk[2:])
        return type(chunk)(chunk.octets, chunk.first, *columns), picked

    def _owners(self, chunk: Chunk) -> Iterator[int]:
        octets, of = chunk.octets, self._of
        always, never = self._arrives, not self._by_interface
        frames = zip(chunk.starts, chunk.captured, chunk.original, chunk.interfaces, strict=True)
        for start, captured, original, interface in frames:
            if captured == original >= _HEADERS:
                ethertype, first, length, src, dst = _unpack(octets, start)
                is_plain = ethertype == 0x0800 and first == 0x45 and 20 <= length <= captured - 14
                if is_plain and not always and (never or not self._is_arrival(interface)):
                    yield ((src ^ dst) * MIX & _WORD) // _HIGH % of
                    continue
            frame = restored(bytes(octets[start : start + captured]), original - captured)
            yield self.owner(frame, interface)

    def _is_arrival(self, interface: int) -> bool:
        """Whether frames of an interface reach a host encapsulated."""
        name = self._interfaces[interface]
        return self._arrives or (self._by_interface and name is not None and name.startswith(PA))

    def owner(self, frame: bytes, interface: int) -> int:
        """Return the shard that any frame belongs to, however broken."""
        if len(frame) >= 14 and self._is_arrival(interface):
            frame = unwrap(frame).inner
        if len(frame) < 14:
            return 0
        flow = read_flow(frame)
        if not flow.version:
            return 0
        both = flow.src ^ flow.dst
        return ((both ^ both >> 64) * MIX & _WORD) // _HIGH % self._of
