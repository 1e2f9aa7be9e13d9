"""Captures as literal octets."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from _typeshed import WriteableBuffer

ONE = bytes(range(60))
TWO = bytes(range(100, 173))  # not a multiple of four


class Pipe(io.BytesIO):
    """What was written to it can be read, piece by piece; an empty one is its end."""

    def __init__(self, *pieces: bytes) -> None:
        super().__init__()
        self._pieces = [*pieces]

    def write(self, piece: bytes) -> int:  # type: ignore[override]
        self._pieces.append(piece)
        return len(piece)

    def readinto1(self, buffer: WriteableBuffer) -> int:
        room = memoryview(buffer)
        piece = self._pieces[0] and self._pieces.pop(0)
        assert len(piece) <= len(room)
        room[: len(piece)] = piece
        return len(piece)


def pcap(
    *frames: bytes,
    order: str = "<",
    magic: int = 0xA1B2C3D4,
    link_type: int = 1,
    major: int = 2,
    longer: int = 0,
    times: Sequence[tuple[int, int]] = (),
) -> bytes:
    """Frame after frame a second later, unless ``times`` has seconds and fractions."""
    octets = struct.pack(f"{order}IHHIIII", magic, major, 4, 0, 0, 262144, link_type)
    for at, frame in enumerate(frames):
        octets += struct.pack(f"{order}II", *(times[at] if times else (at, 0)))
        octets += struct.pack(f"{order}II", len(frame), len(frame) + longer) + frame
    return octets


def block(kind: int, body: bytes, *, order: str = "<") -> bytes:
    body += bytes(-len(body) % 4)
    length = struct.pack(f"{order}I", len(body) + 12)
    return struct.pack(f"{order}I", kind) + length + body + length


def section(*, order: str = "<", major: int = 1) -> bytes:
    body = struct.pack(f"{order}IHHq", 0x1A2B3C4D, major, 0, -1)
    return block(0x0A0D0D0A, body, order=order)


def option(code: int, value: bytes, *, order: str = "<") -> bytes:
    return struct.pack(f"{order}HH", code, len(value)) + value + bytes(-len(value) % 4)


def interface(
    *, order: str = "<", link_type: int = 1, snap: int = 0, options: bytes = b""
) -> bytes:
    return block(1, struct.pack(f"{order}HHI", link_type, 0, snap) + options, order=order)


def enhanced(
    frame: bytes,
    *,
    order: str = "<",
    index: int = 0,
    captured: int | None = None,
    time: int = 0,
    longer: int = 5,
) -> bytes:
    octets = len(frame) if captured is None else captured
    fields = (index, time >> 32, time & 0xFFFFFFFF, octets, len(frame) + longer)
    return block(6, struct.pack(f"{order}5I", *fields) + frame, order=order)


def simple(frame: bytes, *, original: int) -> bytes:
    return block(3, struct.pack("<I", original) + frame)


def obsolete(frame: bytes, *, time: int = 0) -> bytes:
    fields = (0, 0, time >> 32, time & 0xFFFFFFFF, len(frame), len(frame) + 5)
    return block(2, struct.pack("<HHIIII", *fields) + frame)
