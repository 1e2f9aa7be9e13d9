"""Captures in and out, a frame at a time: pcap and pcapng are read, pcapng is written.

Rules of the file: whatever is wrong with a capture is a :class:`CaptureError` that says where.
Nothing is skipped but blocks that hold no frame.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

from hnvemu.wire.blocks import interface_block, packet_block, packet_tail, section_block
from hnvemu.wire.chunks import CaptureError, CaptureReader

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

__all__ = ["CaptureError", "CaptureRecord", "CapturedFrame", "read_frames", "write_pcapng"]

_OCTETS: Final = 1 << 16


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

    A frame is yielded as soon as it can be read; ``-`` is standard input.

    Raises:
        CaptureError: The capture is damaged, or has a frame that is not Ethernet.
        OSError: The file cannot be opened or read.
    """
    with CaptureReader.open(source, strict=True, prompt=True, octets=_OCTETS) as reader:
        for chunk in reader.chunks():
            octets = memoryview(chunk.octets)
            frames = zip(
                chunk.starts, chunk.captured, chunk.original, chunk.interfaces, strict=True
            )
            for number, (start, captured, original, interface) in enumerate(frames, chunk.first):
                frame = bytes(octets[start : start + captured])
                yield CapturedFrame(number, frame, original, reader.interfaces[interface])
        if reader.damage is not None:
            raise CaptureError(reader.damage)


def write_pcapng(stream: BinaryIO, records: Iterable[CaptureRecord]) -> None:
    """Write a pcapng capture that depends on nothing but ``records``.

    The time of a frame is its place: the first is at 0, the next a microsecond later. A name or a
    comment longer than pcapng has room for is cut.
    """
    stream.write(section_block())
    interfaces: dict[str, int] = {}
    for microseconds, record in enumerate(records):
        interface = interfaces.get(record.interface)
        if interface is None:
            interface = interfaces[record.interface] = len(interfaces)
            stream.write(interface_block(record.interface, nanoseconds=False))
        frame = record.frame
        tail = packet_tail(record.comment, outbound=record.outbound)
        stream.write(packet_block(microseconds, frame, len(frame), interface, tail))
