"""Captures that are read as a stream: pcap and pcapng, packed by gzip or not, in large pieces.

Rules of the file: octets are read into one buffer that is used again and again, and a piece of a
capture is the places of its frames in that buffer. Damage ends a capture and is told as a
sentence; all frames before it are delivered. Only what is no capture at all is an error.
"""

from __future__ import annotations

import errno
import os
import stat
import struct
import sys
import zlib
from abc import ABC, abstractmethod
from array import array
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple, NoReturn, TypeAlias, cast

from hnvemu.errors import HnvemuError
from hnvemu.wire.blocks import (
    BYTE_ORDER,
    END_OF_OPTIONS,
    ENHANCED_PACKET,
    ETHERNET,
    INTERFACE,
    INTERFACE_NAME,
    INTERFACE_OFFSET,
    INTERFACE_RESOLUTION,
    MAX_BLOCK,
    MAX_FRAME,
    PACKET,
    PCAP_MICROSECONDS,
    PCAP_NANOSECONDS,
    PCAP_RECORD,
    SECTION,
    SIMPLE_PACKET,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from io import BufferedIOBase

_ONLY_ETHERNET: Final = f"only Ethernet ({ETHERNET}) can be read"
_LINK_TYPE_MASK: Final = 0x03FF_FFFF  # the bits above tell of a frame check sequence
_LINK_TYPE: Final = "link_type"  # as replay calls it
CHUNK: Final = 1 << 20
_SHORT_RECORD: Final = 64  # where records are shorter, a chunk ends before the buffer does
_PACKED: Final = 1 << 16

_SECOND: Final = 1_000_000_000
_LATEST: Final = (1 << 63) - 1

_GZIP: Final = b"\x1f\x8b"
_GZIP_FORMAT: Final = 31  # of zlib: with gzip's header, the largest window
_PCAP_HEADER: Final = 24
_PCAP_ORDERS = {
    struct.pack(f"{order}I", magic): (order, magic == PCAP_NANOSECONDS)
    for order in "<>"
    for magic in (PCAP_MICROSECONDS, PCAP_NANOSECONDS)
}
_SECTION_MAGIC: Final = struct.pack("<I", SECTION)
_SECTION_ORDERS = {struct.pack(f"{order}I", BYTE_ORDER): order for order in "<>"}
_FRAMES = {PACKET: 20, SIMPLE_PACKET: 4, ENHANCED_PACKET: 20}
"""The blocks that hold a frame, and where in the block's body it begins."""

_LITTLE_RECORD = struct.Struct("<4I")
_BIG_RECORD = struct.Struct(">4I")

Walk: TypeAlias = "Callable[..., tuple[int, int]]"
"""A compiled twin of :func:`walk_records`. It is given NumPy arrays."""


class CaptureError(HnvemuError, ValueError):
    """A capture cannot be read any further."""


class Chunk(NamedTuple):
    """Frames of a capture; all of it is valid until the next chunk is asked for.

    The numbers are arrays of 64 bits, NumPy's where the reader was given a compiled walk.
    """

    octets: bytearray
    """The reader's buffer, which has more than the frames."""
    first: int
    """The number of the first frame, counted from 1; those of the others follow."""
    starts: array[int]
    """Where in ``octets`` each frame begins."""
    captured: array[int]
    """The octets of it that were captured."""
    original: array[int]
    """The octets that it had on the wire: as many as were captured, where it says fewer."""
    times: array[int]
    """Nanoseconds since 1970; one outside the 63 bits is taken as the nearest inside."""
    interfaces: array[int]
    """Indices of :attr:`CaptureReader.interfaces`."""


def walk_records(
    octets: bytearray | array[int],
    begin: int,
    end: int,
    swapped: bool,  # noqa: FBT001 - what a compiled walk is called with
    nanoseconds: bool,  # noqa: FBT001 - the same
    starts: array[int],
    captured: array[int],
    original: array[int],
    times: array[int],
) -> tuple[int, int]:
    """Find the frames of pcap records, ``swapped`` if their numbers begin with the high octet.

    Returns:
        How many there are, and where the first record begins that was not taken: because it is
        not whole, longer than a frame can be, or because the arrays are full.
    """
    unpack = (_BIG_RECORD if swapped else _LITTLE_RECORD).unpack_from
    unit = 1 if nanoseconds else 1000
    last = end - PCAP_RECORD
    room = len(starts)
    count = 0
    while count < room and begin <= last:
        seconds, fraction, length, before = unpack(octets, begin)
        start = begin + PCAP_RECORD
        after = start + length
        if after > end or length > MAX_FRAME:
            break
        starts[count] = start
        captured[count] = length
        original[count] = before if before > length else length  # noqa: FURB136 - speed
        times[count] = seconds * _SECOND + fraction * unit
        count += 1
        begin = after
    return count, begin


class CaptureReader(ABC):
    """Reads a capture chunk by chunk: ``with CaptureReader.open(path) as reader``."""

    __slots__ = (
        "_arrays",
        "_file",
        "_latest",
        "_strict",
        "_window",
        "damage",
        "interfaces",
        "is_nanoseconds",
        "packets",
        "skipped",
        "skipped_octets",
    )

    interfaces: list[str | None]
    """Their names, of all sections, as far as the capture was read."""
    is_nanoseconds: bool
    """Whether any interface has times that are finer than a microsecond."""
    packets: int
    """The frames that were seen, those skipped included."""
    skipped: dict[str, int]
    """How many frames are in no chunk: ``link_type`` are those that are not Ethernet."""
    skipped_octets: int
    """What the skipped frames had on the wire."""
    damage: str | None
    """Where and why the capture could not be read any further, as a sentence."""

    def __init__(self, file: _File, window: _Window, *, strict: bool) -> None:
        self._file = file
        self._window = window
        self._strict = strict
        self._latest = 0
        room = len(window.octets) // _SHORT_RECORD + 1
        self._arrays = tuple(array("q", bytes(8 * room)) for _ in range(5))
        self.interfaces = []
        self.is_nanoseconds = False
        self.packets = 0
        self.skipped = {}
        self.skipped_octets = 0
        self.damage = None

    @staticmethod
    @contextmanager
    def open(
        source: Path | str | BinaryIO,
        walk: Walk | None = None,
        *,
        strict: bool = False,
        prompt: bool = False,
        octets: int = CHUNK,
    ) -> Iterator[CaptureReader]:
        """Open a capture and read how it begins.

        Args:
            source: A file, ``-`` for standard input, or a stream. It need not be seekable.
            walk: Finds the frames of pcap in place of :func:`walk_records`.
            strict: Whether a frame that is not Ethernet counts as damage rather than as skipped.
            prompt: Whether frames come as soon as they are there rather than in full chunks.
            octets: How many are read at once. Chunks are larger where a single frame is.

        Raises:
            CaptureError: This is no capture, its header is damaged, or it is a pcap capture of
                another link type.
            OSError: It cannot be opened; or read, then also while chunks are.
        """
        with _opened(source) as stream:
            file = _File(stream)
            window = _Window(file, min(octets, MAX_BLOCK), prompt=prompt)
            window.more(len(_GZIP))
            if window.octets[: window.end].startswith(_GZIP):
                window.source = _Unpacked(file, bytes(window.octets[: window.end]))
                window.end = 0
            window.more(_PCAP_HEADER)
            magic = bytes(window.octets[: min(window.end, 4)])
            if magic in _PCAP_ORDERS:
                yield _PcapReader(file, window, strict=strict, walk=walk)
            elif magic == _SECTION_MAGIC:
                yield _PcapngReader(file, window, strict=strict)
            elif not magic and window.damage:
                raise CaptureError(window.damage)
            else:
                begin = f"begins with {magic.hex(' ')}" if magic else "is empty"
                raise CaptureError(f"this is neither pcap nor pcapng: it {begin}")

    @property
    def size(self) -> int | None:
        """The octets of the file, packed ones if it is packed; None if it is not a file."""
        return self._file.size

    @property
    def position(self) -> int:
        """How many octets of the file were read so far."""
        return self._file.position

    def chunks(self) -> Iterator[Chunk]:
        """Yield the frames of the capture, up to its end or to where it is damaged.

        Raises:
            OSError: The file cannot be read.
        """
        try:
            while self._whole():
                first, count = self._walk()
                if count:
                    yield self._chunk(first, count)
        except CaptureError as error:
            self.damage = str(error)

    def _chunk(self, first: int, count: int) -> Chunk:
        starts, captured, original, times, interfaces = self._arrays
        return Chunk(
            self._window.octets,
            first,
            starts[:count],
            captured[:count],
            original[:count],
            times[:count],
            interfaces[:count],
        )

    def _whole(self) -> bool:
        """Have a whole record where the window begins; False at the end of the capture."""
        window = self._window
        while window.end - window.begin < (need := self._need(window.begin)):
            if window.more(need):
                continue
            if window.damage is not None:
                where = f"octet {window.offset}, after frame {self.packets}"
                raise CaptureError(f"{where}: {window.damage}")
            if not window.end:
                return False
            self._cut()
        return True

    @abstractmethod
    def _need(self, at: int) -> int:
        """Return how many octets the record at ``at`` has, as far as can be told.

        Raises:
            CaptureError: So long cannot be a record.
        """

    @abstractmethod
    def _walk(self) -> tuple[int, int]:
        """Put whole records into the arrays.

        Returns:
            The number of the first, and how many there are.

        Raises:
            CaptureError: There are none, because the first one is damaged.
        """

    @abstractmethod
    def _cut(self) -> NoReturn:
        """Tell of the record that ends the capture before itself."""


class _PcapReader(CaptureReader):
    __slots__ = ("_swapped", "_unpack", "_walker")

    def __init__(self, file: _File, window: _Window, *, strict: bool, walk: Walk | None) -> None:
        super().__init__(file, window, strict=strict)
        header = window.octets[: min(window.end, _PCAP_HEADER)]
        if len(header) < _PCAP_HEADER:
            raise CaptureError(
                window.damage or f"the capture ends inside its header, after {len(header)} octets"
            )
        order, self.is_nanoseconds = _PCAP_ORDERS[bytes(header[:4])]
        major, minor, link_type = struct.unpack(f"{order}4xHH12xI", header)
        if major != 2:
            raise CaptureError(f"the capture is of pcap version {major}.{minor}; 2.4 is known")
        link_type &= _LINK_TYPE_MASK
        if link_type != ETHERNET:
            raise CaptureError(f"the capture is of link type {link_type}; {_ONLY_ETHERNET}")
        self.interfaces.append(None)
        self._swapped = order == ">"
        self._unpack = struct.Struct(f"{order}8xI").unpack_from
        self._walker = walk
        window.begin = _PCAP_HEADER
        if walk is not None:
            self._arrays = tuple(map(_as_numpy, self._arrays))

    def _need(self, at: int) -> int:
        window = self._window
        if window.end - at < PCAP_RECORD:
            return PCAP_RECORD
        captured: int = self._unpack(window.octets, at)[0]
        if captured > MAX_FRAME:
            self._fail(f"a length of {captured} octets is absurd; {MAX_FRAME} is the most")
        return PCAP_RECORD + captured

    def _walk(self) -> tuple[int, int]:
        window = self._window
        count, window.begin = (self._walker or walk_records)(
            _as_numpy(window.octets) if self._walker else window.octets,
            window.begin,
            window.end,
            self._swapped,
            self.is_nanoseconds,
            *self._arrays[:4],
        )
        first = self.packets + 1
        self.packets += count
        return first, count

    def _cut(self) -> NoReturn:
        window = self._window
        if window.end < PCAP_RECORD:
            self._fail("the capture ends inside the record header")
        (captured,) = self._unpack(window.octets, 0)
        read = window.end - PCAP_RECORD
        self._fail(f"the capture ends after {read} of the frame's {captured} octets")

    def _fail(self, message: str) -> NoReturn:
        octet = self._window.offset + self._window.begin
        raise CaptureError(f"frame {self.packets + 1} at octet {octet}: {message}")


class _Interface(NamedTuple):
    link_type: int
    snapshot_length: int
    """The most octets of a frame that were captured; 0 is no limit."""
    name: str | None
    times: int
    """Units become nanoseconds by this factor, ..."""
    per: int
    """... this divisor, ..."""
    offset: int
    """... and this addend."""

    def time(self, units: int) -> int:
        return max(0, min(units * self.times // self.per + self.offset, _LATEST))


class _Frame(NamedTuple):
    start: int
    captured: int
    original: int
    time: int
    interface: int


class _PcapngReader(CaptureReader):
    """Reads the blocks of a pcapng capture, whose interfaces are numbered anew in each section.

    A simple packet block has no time: it gets that of the frame before it, or else 1970.
    """

    __slots__ = ("_base", "_factors", "_highs", "_length", "_order", "_packet", "_section")

    def __init__(self, file: _File, window: _Window, *, strict: bool) -> None:
        super().__init__(file, window, strict=strict)
        self._begin_section("<")  # until the capture's own, which is the first block
        self._whole()
        octets = self._need(0)
        self._block(0, octets, 0)
        window.begin = octets

    def _begin_section(self, order: str) -> None:
        self._order = order
        self._packet = struct.Struct(f"{order}7I").unpack_from
        self._length = struct.Struct(f"{order}I").unpack_from
        self._base = len(self.interfaces)
        self._section: list[_Interface] = []
        self._highs: list[int] = []
        """Below which high word of a time the factor alone will do."""
        self._factors: list[int] = []

    def _need(self, at: int) -> int:
        window = self._window
        have = window.end - at
        if have < 8:
            return 8
        order, least = self._order, 12
        if window.octets.startswith(_SECTION_MAGIC, at):
            if have < 12:
                return 12
            magic = bytes(window.octets[at + 8 : at + 12])
            if magic not in _SECTION_ORDERS:
                self._fail(at, f"a section's byte order is {magic.hex(' ')}")
            order, least = _SECTION_ORDERS[magic], 16
        octets: int = struct.unpack_from(f"{order}I", window.octets, at + 4)[0]
        if octets % 4 or octets < least:
            self._fail(at, f"a block of {octets} octets cannot be")
        if octets > MAX_BLOCK:
            self._fail(at, f"a block of {octets} octets is absurd; {MAX_BLOCK} is the most")
        return octets

    def _walk(self) -> tuple[int, int]:
        window = self._window
        octets, at, end = window.octets, window.begin, window.end
        starts, captured, original, times, interfaces = self._arrays
        room = len(starts)
        limit = end - 32  # no packet is shorter
        count = 0
        first = self.packets + 1
        time = self._latest
        while count < room:
            # What nearly all blocks of a capture are comes first and calls nothing.
            packet, last, base = self._packet, self._length, self._base
            highs, factors, known = self._highs, self._factors, len(self._highs)
            while at <= limit and count < room:
                kind, size, index, high, low, length, before = packet(octets, at)
                after = at + size
                if not (
                    kind == ENHANCED_PACKET
                    and after <= end  # and the buffer ends before the longest block
                    and size >= length + 32
                    and length <= MAX_FRAME
                    and not size & 3
                    and last(octets, after - 4)[0] == size
                    and index < known
                    and high < highs[index]
                ):
                    break
                time = (high << 32 | low) * factors[index]
                starts[count] = at + 28
                captured[count] = length
                original[count] = before if before > length else length  # noqa: FURB136
                times[count] = time
                interfaces[count] = base + index
                count += 1
                at = after
            if count == room:
                break
            seen = self.packets
            try:
                size = self._need(at)
                if at + size > end:
                    break
                frame = self._block(at, size, time)
            except CaptureError:
                if count:  # which are delivered first
                    break
                raise
            if frame is not None:
                starts[count], captured[count], original[count], time, interfaces[count] = frame
                times[count] = time
                count += 1
            at += size
            if self.packets > seen:  # it was skipped, and the numbers of a chunk have no gap
                if count:
                    break
                first = self.packets + 1
        window.begin = at
        self._latest = time
        self.packets += count
        return first, count

    def _block(self, at: int, octets: int, time: int) -> _Frame | None:
        """Take in a whole block, and return the frame of one that has one.

        ``time`` is that of the frame before.
        """
        window = self._window
        is_section = window.octets.startswith(_SECTION_MAGIC, at)
        order = self._order
        if is_section:
            order = _SECTION_ORDERS[bytes(window.octets[at + 8 : at + 12])]
        (kind,) = struct.unpack_from(f"{order}I", window.octets, at)
        (again,) = struct.unpack_from(f"{order}I", window.octets, at + octets - 4)
        if again != octets:
            self._fail(at, f"a block begins with a length of {octets} octets and ends with {again}")
        if is_section:
            if octets < 28:
                self._fail(at, f"a block of {octets} octets is too short for a section")
            major, minor = struct.unpack_from(f"{order}HH", window.octets, at + 12)
            if major != 1:
                self._fail(at, f"the section is of pcapng version {major}.{minor}; 1.0 is known")
            self._begin_section(order)
        elif kind == INTERFACE:
            self._add(self._interface(at, window.octets[at + 8 : at + octets - 4]))
        elif kind in _FRAMES:
            return self._frame(at, kind, octets - 12, time)
        return None

    def _interface(self, at: int, body: bytearray) -> _Interface:
        if len(body) < 8:
            self._fail(at, f"a body of {len(body)} octets is too short for an interface")
        link_type, snapshot_length = struct.unpack_from(f"{self._order}HxxI", body)
        name = None
        times, per, offset = 1000, 1, 0
        option = 8
        while option < len(body):  # bodies and options are multiples of four octets
            code, octets = struct.unpack_from(f"{self._order}HH", body, option)
            if code == END_OF_OPTIONS:
                break
            value = body[option + 4 : option + 4 + octets]
            if len(value) < octets:
                self._fail(at, f"an option of {octets} octets is longer than its block")
            if code == INTERFACE_NAME:
                name = value.decode(errors="replace")
            elif code == INTERFACE_RESOLUTION:
                if octets != 1:
                    self._fail(at, f"a resolution of time has one octet, and this one {octets}")
                times, per = _resolution(value[0])
            elif code == INTERFACE_OFFSET:
                if octets != 8:
                    self._fail(at, f"an offset of time has 8 octets, and this one {octets}")
                offset = struct.unpack(f"{self._order}q", value)[0] * _SECOND
            option += 4 + octets + -octets % 4
        return _Interface(link_type, snapshot_length, name, times, per, offset)

    def _add(self, interface: _Interface) -> None:
        plain = interface.link_type == ETHERNET and interface.per == 1 and not interface.offset
        self._highs.append(_LATEST // interface.times >> 32 if plain else 0)
        self._factors.append(interface.times)
        self._section.append(interface)
        self.interfaces.append(interface.name)
        self.is_nanoseconds |= interface.times < 1000 * interface.per

    def _frame(self, at: int, kind: int, room: int, time: int) -> _Frame | None:
        body = at + 8
        begin = _FRAMES[kind]
        if room < begin:
            self._fail(at, f"a body of {room} octets is too short for a frame")
        index = high = low = captured = 0
        octets, order = self._window.octets, self._order
        if kind == SIMPLE_PACKET:
            (original,) = struct.unpack_from(f"{order}I", octets, body)
        elif kind == PACKET:
            fields = struct.unpack_from(f"{order}HxxIIII", octets, body)
            index, high, low, captured, original = fields
        else:
            fields = struct.unpack_from(f"{order}IIIII", octets, body)
            index, high, low, captured, original = fields
        if index >= len(self._section):
            known = len(self._section)
            self._fail(at, f"a frame of interface {index}, and the section has {known}")
        interface = self._section[index]
        if kind == SIMPLE_PACKET:
            captured = min(original, interface.snapshot_length or original)
        else:
            time = interface.time(high << 32 | low)
        if captured > MAX_FRAME:
            self._fail(at, f"a frame of {captured} octets is absurd; {MAX_FRAME} is the most")
        if captured > room - begin:
            self._fail(at, f"a frame of {captured} octets is longer than its block")
        original = max(original, captured)
        if interface.link_type == ETHERNET:
            return _Frame(body + begin, captured, original, time, self._base + index)

        if self._strict:
            self._fail(at, f"a frame of link type {interface.link_type}; {_ONLY_ETHERNET}")
        self.packets += 1
        self.skipped[_LINK_TYPE] = self.skipped.get(_LINK_TYPE, 0) + 1
        self.skipped_octets += original
        return None

    def _cut(self) -> NoReturn:
        window = self._window
        if window.end < 8:
            self._fail(0, "the capture ends inside the head of a block")
        if window.octets.startswith(_SECTION_MAGIC) and window.end < 12:
            magic = bytes(window.octets[8 : window.end])
            self._fail(0, f"a section's byte order is {magic.hex(' ') or 'missing'}")
        self._fail(0, f"the capture ends inside a block of {self._need(0)} octets")

    def _fail(self, at: int, message: str) -> NoReturn:
        octet = self._window.offset + at
        raise CaptureError(f"octet {octet}, after frame {self.packets}: {message}")


def _resolution(octet: int) -> tuple[int, int]:
    """Return the factor and the divisor that make nanoseconds of units."""
    power = octet & 0x7F
    if octet & 0x80:
        return _SECOND, 1 << power
    return (10 ** (9 - power), 1) if power <= 9 else (1, 10 ** (power - 9))


class _Window:
    """The part of a capture that is in memory: ``octets[begin:end]``."""

    __slots__ = ("_prompt", "begin", "end", "octets", "offset", "source")

    def __init__(self, source: _File, octets: int, *, prompt: bool) -> None:
        self.source: _File | _Unpacked = source
        self._prompt = prompt
        self.octets = bytearray(octets)
        self.begin = 0
        self.end = 0
        self.offset = 0
        """Of ``octets[0]`` in the capture."""

    @property
    def damage(self) -> str | None:
        """What ended the capture, if it is not its end."""
        return self.source.damage

    def more(self, need: int) -> bool:
        """Move the window to the front and read on; False if it gets less than it needs."""
        begin, end, octets = self.begin, self.end, self.octets
        have = end - begin
        if need > len(octets):  # others may hold views of the old buffer: it cannot grow
            self.octets = bytearray(need)
        if begin or self.octets is not octets:
            self.octets[:have] = octets[begin:end]
        self.offset += begin
        self.begin = 0
        enough = need if self._prompt else len(self.octets)
        room = memoryview(self.octets)
        while have < enough and (count := self.source.read_into(room[have:])):
            have += count
        self.end = have
        return have >= need


class _File:
    """The octets of a file, of standard input or of a stream."""

    __slots__ = ("_read_into", "position", "size")

    damage: Final = None

    def __init__(self, stream: BinaryIO) -> None:
        buffered = cast("BufferedIOBase", stream)
        # One call of the system a call, where there are two methods: a pipe has what it has.
        self._read_into = getattr(buffered, "readinto1", buffered.readinto)
        self.position = 0
        self.size = _size(stream)

    def read_into(self, room: memoryview) -> int:
        """Read what there is, and return how many octets; 0 at the end."""
        count: int | None = self._read_into(room)
        if count is None:
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        self.position += count
        return count


class _Unpacked:
    """The octets of a gzip file, which may have several members."""

    __slots__ = ("_file", "_member", "_packed", "_room", "damage")

    def __init__(self, file: _File, packed: bytes) -> None:
        self._file = file
        self._packed = packed
        self._member = zlib.decompressobj(_GZIP_FORMAT)
        self._room = bytearray(_PACKED)
        self.damage: str | None = None

    def read_into(self, room: memoryview) -> int:
        """Unpack some octets, and return how many; 0 at the end or at damage."""
        octets = b""
        while not octets and self.damage is None:
            is_end = not self._packed and not self._more()
            if self._member.eof:
                self._packed = self._packed.lstrip(b"\0")  # tapes have blocks of one size
                if not self._packed:
                    if is_end:
                        break
                    continue
                self._member = zlib.decompressobj(_GZIP_FORMAT)
            octets = self._unpack(min(len(room), _PACKED))
            if is_end and not octets and not self._member.eof:
                self.damage = "the gzip file is cut off"
        room[: len(octets)] = octets
        return len(octets)

    def _more(self) -> bool:
        count = self._file.read_into(memoryview(self._room))
        self._packed = bytes(self._room[:count])
        return count > 0

    def _unpack(self, most: int) -> bytes:
        member = self._member
        before = member.copy()
        try:
            octets = member.decompress(self._packed, most)
        except zlib.error as error:
            self.damage = f"the gzip file is damaged: {str(error).rpartition(': ')[2]}"
            return _until_damage(before, self._packed)
        self._packed = member.unused_data if member.eof else member.unconsumed_tail
        return octets


def _until_damage(member: zlib._Decompress, packed: bytes) -> bytes:
    """Return what can be unpacked all the same; an error keeps to itself what came before it."""
    pieces = []
    with suppress(zlib.error):
        for at in range(-1, len(packed)):  # first what is unpacked already and was not asked for
            rest = packed[max(at, 0) : at + 1]
            while piece := member.decompress(rest, 1):
                pieces.append(piece)
                rest = member.unconsumed_tail
    return b"".join(pieces)


@contextmanager
def _opened(source: Path | str | BinaryIO) -> Iterator[BinaryIO]:
    if source == "-":
        yield sys.stdin.buffer
    elif isinstance(source, Path | str):
        with Path(source).open("rb", buffering=0) as stream:
            yield cast("BinaryIO", stream)
    else:
        yield source


def _size(stream: BinaryIO) -> int | None:
    try:
        status = os.fstat(stream.fileno())
    except OSError:  # it is no file of the system's
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def _as_numpy(octets: array[int] | bytearray) -> array[int]:
    """Return a view that compiled code takes; only who has NumPy has a compiled walk."""
    import numpy as np  # noqa: PLC0415 - an extra

    kind = np.uint8 if isinstance(octets, bytearray) else np.int64
    return cast("array[int]", np.frombuffer(octets, kind))
