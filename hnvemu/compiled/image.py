"""The octets of a compiled policy: a body in blocks, each with its checksum.

::

    header | a checksum a block | body
    header = magic, format, block size, length of the body, digest of what was compiled,
             checksum of the checksums, checksum of the header

The checksums are read when a file is opened, a block when somebody asks for it. Rules of the file:
no octet of the body leaves before the checksum of its block was right, and none is asked of the
disk a second time while it is remembered.
"""

from __future__ import annotations

import struct
from array import array
from sys import byteorder
from typing import TYPE_CHECKING, Final, Protocol
from zlib import crc32

from hnvemu.compiled.codec import DamagedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

FORMAT: Final = 1
BLOCK: Final = 4096
_MAGIC: Final = b"\x89hnvemu\n"
_HEADER = struct.Struct("<8sIIQ32sII")
_LARGE: Final = 16 * BLOCK
_REMEMBERED: Final = 16_384
"""Blocks: 64 MiB."""


class Body:
    """The octets of a body while it is made."""

    def __init__(self) -> None:
        self.octets = bytearray()

    def add(self, octets: bytes | bytearray | memoryview | array[int]) -> int:
        """Append octets and return where they begin: at a multiple of 8, like every number."""
        self.octets += bytes(-len(self.octets) % 8)
        at = len(self.octets)
        self.octets += octets if isinstance(octets, (bytes, bytearray)) else memoryview(octets)
        return at

    def finished(self, digest: bytes) -> list[bytes | bytearray]:
        """Return header, checksums and body."""
        blocks = memoryview(self.octets)
        sums = _sums(
            crc32(blocks[at : at + BLOCK], at // BLOCK) for at in range(0, len(blocks), BLOCK)
        )
        head = _HEADER.pack(_MAGIC, FORMAT, BLOCK, len(blocks), digest, crc32(sums), 0)
        head = head[:-4] + crc32(head[:-4]).to_bytes(4, "little")
        return [head, sums, self.octets]


class Image:
    """A compiled policy that can be asked for parts of its body."""

    def __init__(
        self,
        octets: Octets,
        digest: bytes,
        rebuilt: Callable[[], bytes],
    ) -> None:
        """Read the header and the checksums.

        Args:
            octets: Where they are.
            digest: What was compiled, as the header has to say.
            rebuilt: Makes all octets anew, where a block turns out to be damaged later.

        Raises:
            DamagedError: They are damaged, or of something else.
            OSError: They cannot be read.
        """
        self._octets = octets
        self._rebuilt = rebuilt
        head = octets.read(0, _HEADER.size)
        if len(head) < _HEADER.size or crc32(head[:-4]) != int.from_bytes(head[-4:], "little"):
            raise DamagedError("its header")
        magic, form, block, self.length, said, of_sums, _ = _HEADER.unpack(head)
        if (magic, form, block, said) != (_MAGIC, FORMAT, BLOCK, digest):
            raise DamagedError("its header is of something else")
        count = -(-self.length // BLOCK)
        self._begin = _HEADER.size + 4 * count
        if octets.size != self._begin + self.length:
            raise DamagedError("its length")
        sums = octets.read(_HEADER.size, 4 * count)
        if len(sums) != 4 * count or crc32(sums) != of_sums:
            raise DamagedError("its checksums")
        self._front = head + sums
        self._sums = array("I", sums)
        if byteorder == "big":
            self._sums.byteswap()
        self._blocks: dict[int, bytes] = {}

    def read(self, at: int, length: int) -> bytes:
        """Return octets of the body.

        Raises:
            DamagedError: It does not have them.
        """
        if at < 0 or length < 0 or at + length > self.length:
            raise DamagedError("a place behind its end")
        if not length:
            return b""
        first, begin = divmod(at, BLOCK)
        if begin + length <= BLOCK:
            block = self._blocks.get(first) or self._block(first)
            return block[begin : begin + length]
        last = (at + length - 1) // BLOCK
        if length >= _LARGE:
            octets = self._checked(first, last)
        else:
            numbers = range(first, last + 1)
            octets = b"".join([self._blocks.get(n) or self._block(n) for n in numbers])
        return octets[begin : begin + length]

    def _block(self, number: int) -> bytes:
        octets = self._checked(number, number)
        if len(self._blocks) >= _REMEMBERED:
            self._blocks.clear()
        self._blocks[number] = octets
        return octets

    def _checked(self, first: int, last: int) -> bytes:
        """Read whole blocks, from a body that is made anew where one is damaged."""
        octets = self._fetched(first, last)
        if octets is None:
            self._rebuild()
            octets = self._fetched(first, last)
            if octets is None:
                raise DamagedError("it was made anew in vain")
        return octets

    def _fetched(self, first: int, last: int) -> bytes | None:
        """Read blocks; None where they are not what they were."""
        begin, end = first * BLOCK, min((last + 1) * BLOCK, self.length)
        try:
            octets = self._octets.read(self._begin + begin, end - begin)
        except OSError:
            return None
        if len(octets) != end - begin:
            return None
        view = memoryview(octets)
        for number in range(first, last + 1):
            start = (number - first) * BLOCK
            if crc32(view[start : start + BLOCK], number) != self._sums[number]:
                return None
        return octets

    def _rebuild(self) -> None:
        octets = self._rebuilt()
        if octets[: self._begin] != self._front:
            raise DamagedError("it was made anew, and is another")
        self._octets = Memory(octets)


def _sums(sums: Iterable[int]) -> bytes:
    packed = array("I", sums)
    if byteorder == "big":
        packed.byteswap()
    return packed.tobytes()


class Octets(Protocol):
    """Octets that are read at any position."""

    @property
    def size(self) -> int:
        """How many there are."""

    def read(self, at: int, length: int) -> bytes:
        """Return so many octets from a position, or fewer at the end."""


class Memory:
    """Octets in memory."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self.size = len(octets)

    def read(self, at: int, length: int) -> bytes:
        """Return so many octets from a position, or fewer at the end."""
        return self._octets[at : at + length]
