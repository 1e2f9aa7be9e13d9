"""Captures in and out: pcap and pcapng are read, pcapng is written.

Rules of the file: a capture is read as a stream, a frame at a time, and whatever is wrong with
it is a :class:`CaptureError` that says where. Nothing is skipped but blocks that hold no frame.
"""

from __future__ import annotations

import struct
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple, NoReturn

from hnvemu.errors import HnvemuError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_ETHERNET: Final = 1
_ONLY_ETHERNET: Final = f"only Ethernet ({_ETHERNET}) can be read"
_MAX_FRAME: Final = 262_144  # what tcpdump and Wireshark take for the longest frame
_MAX_BLOCK: Final = 16 * 1024 * 1024

_PCAP_ORDERS = {
    b"\xa1\xb2\xc3\xd4": ">",
    b"\xa1\xb2\x3c\x4d": ">",  # nanoseconds
    b"\xd4\xc3\xb2\xa1": "<",
    b"\x4d\x3c\xb2\xa1": "<",  # nanoseconds
}
_LINK_TYPE_MASK: Final = 0x03FF_FFFF  # the bits above tell of a frame check sequence

_SECTION_MAGIC: Final = b"\x0a\x0d\x0d\x0a"  # reads the same in both orders
_SECTION_ORDERS = {b"\x1a\x2b\x3c\x4d": ">", b"\x4d\x3c\x2b\x1a": "<"}
_INTERFACE: Final = 1
_PACKET: Final = 2  # obsolete, but old captures have it
_SIMPLE_PACKET: Final = 3
_ENHANCED_PACKET: Final = 6
_FRAMES = {_PACKET: 20, _SIMPLE_PACKET: 4, _ENHANCED_PACKET: 20}
"""The blocks that hold a frame, and where in the block's body it begins."""

_END_OF_OPTIONS: Final = 0
_COMMENT: Final = 1
_SECTION_APPLICATION: Final = 4
_INTERFACE_NAME: Final = 2
_PACKET_FLAGS: Final = 2
_INBOUND: Final = 1
_OUTBOUND: Final = 2


class CaptureError(HnvemuError, ValueError):
    """A capture cannot be read any further."""


class CapturedFrame(NamedTuple):
    """One frame of a capture that was read."""

    number: int
    """Counted from 1, as Wireshark does."""
    frame: bytes
    """The octets that were captured."""
    original_length: int
    """Of the frame on the wire; greater than ``captured_length`` where it was cut off."""
    interface: str | None
    """The name of the interface, if the capture tells it."""

    @property
    def captured_length(self) -> int:
        """How many octets were captured."""
        return len(self.frame)


class CaptureRecord(NamedTuple):
    """One frame of a capture to be written."""

    interface: str
    """Records with the same name share an interface of the capture."""
    frame: bytes
    comment: str
    """Shown beside the frame; an empty one is left out."""
    outbound: bool
    """Whether the frame leaves by the interface rather than arrives."""


def read_frames(source: Path | str | BinaryIO) -> Iterator[CapturedFrame]:
    """Read the frames of a pcap or pcapng capture, one at a time.

    Raises:
        CaptureError: The capture is damaged, or has a frame that is not Ethernet.
        OSError: The file cannot be opened or read.
    """
    with _opened(source) as stream:
        magic = stream.read(4)
        if magic == _SECTION_MAGIC:
            yield from _PcapngReader(stream).frames()
        elif magic in _PCAP_ORDERS:
            yield from _read_pcap(stream, _PCAP_ORDERS[magic])
        else:
            begin = f"begins with {magic.hex(' ')}" if magic else "is empty"
            raise CaptureError(f"this is neither pcap nor pcapng: it {begin}")


def write_pcapng(stream: BinaryIO, records: Iterable[CaptureRecord]) -> None:
    """Write a pcapng capture that depends on nothing but ``records``.

    The time of a frame is its place: the first is at 0, the next a microsecond later.

    Raises:
        ValueError: A name or a comment has more than 65535 octets.
    """
    section = struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)
    section += _options((_SECTION_APPLICATION, b"hnvemu"))
    stream.write(_block(int.from_bytes(_SECTION_MAGIC), section))
    interfaces: dict[str, int] = {}
    for microseconds, record in enumerate(records):
        if record.interface not in interfaces:
            interfaces[record.interface] = len(interfaces)
            name = _options((_INTERFACE_NAME, record.interface.encode()))
            stream.write(_block(_INTERFACE, struct.pack("<HHI", _ETHERNET, 0, 0) + name))
        frame = record.frame
        high, low = divmod(microseconds, 1 << 32)
        interface = interfaces[record.interface]
        header = struct.pack("<IIIII", interface, high, low, len(frame), len(frame))
        direction = _OUTBOUND if record.outbound else _INBOUND
        options = [(_PACKET_FLAGS, direction.to_bytes(4, "little"))]
        if record.comment:
            options.append((_COMMENT, record.comment.encode()))
        stream.write(_block(_ENHANCED_PACKET, header + _padded(frame) + _options(*options)))


@contextmanager
def _opened(source: Path | str | BinaryIO) -> Iterator[BinaryIO]:
    if isinstance(source, Path | str):
        with Path(source).open("rb") as stream:
            yield stream
    else:
        yield source


def _read_pcap(stream: BinaryIO, order: str) -> Iterator[CapturedFrame]:
    header = stream.read(20)
    if len(header) < 20:
        raise CaptureError(f"the capture ends inside its header, after {4 + len(header)} octets")
    major, minor, _, _, _, link_type = struct.unpack(f"{order}HHIIII", header)
    if major != 2:
        raise CaptureError(f"the capture is of pcap version {major}.{minor}; 2.4 is known")
    link_type &= _LINK_TYPE_MASK
    if link_type != _ETHERNET:
        raise CaptureError(f"the capture is of link type {link_type}; {_ONLY_ETHERNET}")
    unpack = struct.Struct(f"{order}8xII").unpack
    number = 0
    offset = 24
    while record := stream.read(16):
        number += 1
        where = f"frame {number} at octet {offset}"
        if len(record) < 16:
            raise CaptureError(f"{where}: the capture ends inside the record header")
        captured, original = unpack(record)
        if captured > _MAX_FRAME:
            raise CaptureError(
                f"{where}: a length of {captured} octets is absurd; {_MAX_FRAME} is the most"
            )
        frame = stream.read(captured)
        if len(frame) < captured:
            raise CaptureError(
                f"{where}: the capture ends after {len(frame)} of the frame's {captured} octets"
            )
        yield CapturedFrame(number, frame, original, None)
        offset += 16 + captured


class _Interface(NamedTuple):
    link_type: int
    snapshot_length: int
    """The most octets of a frame that were captured; 0 is no limit."""
    name: str | None


class _PcapngReader:
    """Reads the blocks of a pcapng capture; the interfaces are those of the current section."""

    __slots__ = ("_interfaces", "_number", "_offset", "_order", "_stream")

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._order = "<"
        self._interfaces: list[_Interface] = []
        self._offset = 0
        self._number = 0

    def frames(self) -> Iterator[CapturedFrame]:
        """Yield all frames; the first four octets, which were a section's, are read already."""
        head = _SECTION_MAGIC + self._stream.read(4)
        while head:
            if len(head) < 8:
                self._fail("the capture ends inside the head of a block")
            if head[:4] == _SECTION_MAGIC:
                octets = self._read_section(head)
            else:
                kind, octets = struct.unpack(f"{self._order}II", head)
                body = self._read_rest(octets, octets - 8)
                if kind == _INTERFACE:
                    self._interfaces.append(self._interface(body))
                elif kind in _FRAMES:
                    frame = self._frame(kind, body)
                    self._number += 1
                    yield frame
            self._offset += octets
            head = self._stream.read(8)

    def _read_section(self, head: bytes) -> int:
        """Read the rest of a section's block, which says in what order numbers come."""
        magic = self._stream.read(4)
        if magic not in _SECTION_ORDERS:
            self._fail(f"a section's byte order is {magic.hex(' ') or 'missing'}")
        self._order = _SECTION_ORDERS[magic]
        self._interfaces = []
        octets: int = struct.unpack(f"{self._order}4xI", head)[0]
        body = self._read_rest(octets, octets - 12)
        if len(body) < 12:
            self._fail(f"a block of {octets} octets is too short for a section")
        major, minor = struct.unpack_from(f"{self._order}HH", body)
        if major != 1:
            self._fail(f"the section is of pcapng version {major}.{minor}; 1.0 is known")
        return octets

    def _read_rest(self, octets: int, rest: int) -> bytes:
        """Read the last ``rest`` octets of a block, and return all but its second length."""
        if octets % 4 or rest < 4:
            self._fail(f"a block of {octets} octets cannot be")
        if octets > _MAX_BLOCK:
            self._fail(f"a block of {octets} octets is absurd; {_MAX_BLOCK} is the most")
        body = self._stream.read(rest)
        if len(body) < rest:
            self._fail(f"the capture ends inside a block of {octets} octets")
        (again,) = struct.unpack_from(f"{self._order}I", body, rest - 4)
        if again != octets:
            self._fail(f"a block begins with a length of {octets} octets and ends with {again}")
        return body[:-4]

    def _interface(self, body: bytes) -> _Interface:
        if len(body) < 8:
            self._fail(f"a body of {len(body)} octets is too short for an interface")
        link_type, snapshot_length = struct.unpack_from(f"{self._order}HxxI", body)
        name = None
        at = 8
        while at < len(body):  # bodies and options are multiples of four octets
            code, octets = struct.unpack_from(f"{self._order}HH", body, at)
            if code == _END_OF_OPTIONS:
                break
            value = body[at + 4 : at + 4 + octets]
            if len(value) < octets:
                self._fail(f"an option of {octets} octets is longer than its block")
            if code == _INTERFACE_NAME:
                name = value.decode(errors="replace")
            at += 4 + octets + -octets % 4
        return _Interface(link_type, snapshot_length, name)

    def _frame(self, kind: int, body: bytes) -> CapturedFrame:
        begin = _FRAMES[kind]
        if len(body) < begin:
            self._fail(f"a body of {len(body)} octets is too short for a frame")
        captured = -1
        if kind == _SIMPLE_PACKET:
            index = 0
            (original,) = struct.unpack_from(f"{self._order}I", body)
        elif kind == _PACKET:
            index, captured, original = struct.unpack_from(f"{self._order}H10xII", body)
        else:
            index, captured, original = struct.unpack_from(f"{self._order}I8xII", body)
        if index >= len(self._interfaces):
            self._fail(f"a frame of interface {index}, and the section has {len(self._interfaces)}")
        interface = self._interfaces[index]
        if interface.link_type != _ETHERNET:
            self._fail(f"a frame of link type {interface.link_type}; {_ONLY_ETHERNET}")
        if captured == -1:
            captured = min(original, interface.snapshot_length or original)
        if captured > _MAX_FRAME:
            self._fail(f"a frame of {captured} octets is absurd; {_MAX_FRAME} is the most")
        if captured > len(body) - begin:
            self._fail(f"a frame of {captured} octets is longer than its block")
        frame = body[begin : begin + captured]
        return CapturedFrame(self._number + 1, frame, original, interface.name)

    def _fail(self, message: str) -> NoReturn:
        where = f"octet {self._offset}, after frame {self._number}"
        raise CaptureError(f"{where}: {message}")


def _block(kind: int, body: bytes) -> bytes:
    octets = len(body) + 12
    return struct.pack("<II", kind, octets) + body + struct.pack("<I", octets)


def _options(*options: tuple[int, bytes]) -> bytes:
    octets = b""
    for code, value in options:
        if len(value) > 0xFFFF:
            raise ValueError(f"a name or comment of {len(value)} octets is too long for pcapng")
        octets += struct.pack("<HH", code, len(value)) + _padded(value)
    return octets + struct.pack("<HH", _END_OF_OPTIONS, 0)


def _padded(octets: bytes) -> bytes:
    return octets + bytes(-len(octets) % 4)
