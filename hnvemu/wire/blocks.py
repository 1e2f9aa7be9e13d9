"""What captures are made of: the numbers of pcap and pcapng, and the blocks that are written.

Whatever is written is little-endian and for Ethernet.
"""

from __future__ import annotations

import struct
from typing import Final

ETHERNET: Final = 1
MAX_FRAME: Final = 262_144
"""What tcpdump and Wireshark take for the longest frame."""
MAX_MISSING: Final = 1 << 20
"""Octets that a frame can have had more than were captured; a number beyond is nonsense, and
nobody makes room for it."""
MAX_BLOCK: Final = 16 * 1024 * 1024

PCAP_MICROSECONDS: Final = 0xA1B2_C3D4
PCAP_NANOSECONDS: Final = 0xA1B2_3C4D
PCAP_RECORD: Final = 16
"""The octets in front of a frame in pcap."""

SECTION: Final = 0x0A0D_0D0A  # reads the same in both orders
BYTE_ORDER: Final = 0x1A2B_3C4D
INTERFACE: Final = 1
PACKET: Final = 2  # obsolete, but old captures have it
SIMPLE_PACKET: Final = 3
ENHANCED_PACKET: Final = 6

END_OF_OPTIONS: Final = 0
COMMENT: Final = 1
SECTION_APPLICATION: Final = 4
INTERFACE_NAME: Final = 2
INTERFACE_RESOLUTION: Final = 9
INTERFACE_OFFSET: Final = 14
PACKET_FLAGS: Final = 2

_INBOUND: Final = 1
_OUTBOUND: Final = 2
_LONGEST_TEXT: Final = 0xFFFF
_ELLIPSIS: Final = "…".encode()
_PADDING: Final = (b"", bytes(3), bytes(2), bytes(1))
"""By what is left over of a length divided by four."""

_packet = struct.Struct("<7I").pack
_length = struct.Struct("<I").pack


def restored(frame: bytes, missing: int) -> bytes:
    """Return a frame that was cut off with zeros for its missing octets, as far as they are few."""
    return frame + bytes(min(missing, MAX_MISSING)) if missing else frame


def pcap_header() -> bytes:
    """Return the header of a pcap file with times in nanoseconds."""
    return struct.pack("<IHHIIII", PCAP_NANOSECONDS, 2, 4, 0, 0, MAX_FRAME, ETHERNET)


def section_block() -> bytes:
    """Return the block that a pcapng capture begins with."""
    body = struct.pack("<IHHq", BYTE_ORDER, 1, 0, -1)
    return _block(SECTION, body + _options((SECTION_APPLICATION, b"hnvemu")))


def interface_block(name: str, *, nanoseconds: bool) -> bytes:
    """Return the block that describes an interface; times are in microseconds or finer."""
    options = [(INTERFACE_NAME, _text(name))]
    if nanoseconds:
        options.append((INTERFACE_RESOLUTION, b"\x09"))
    return _block(INTERFACE, struct.pack("<HHI", ETHERNET, 0, 0) + _options(*options))


def packet_tail(comment: str, *, outbound: bool) -> bytes:
    """Return what stands between a frame's padding and the last length of its block.

    An empty comment is left out.
    """
    direction = _OUTBOUND if outbound else _INBOUND
    options = [(PACKET_FLAGS, _length(direction))]
    if comment:
        options.append((COMMENT, _text(comment)))
    return _options(*options)


def packet_block(time: int, frame: bytes, original: int, interface: int, tail: bytes) -> bytes:
    """Return an enhanced packet block; ``time`` is in the units of its interface."""
    captured = len(frame)
    padding = _PADDING[captured & 3]
    octets = 32 + captured + len(padding) + len(tail)
    head = _packet(
        ENHANCED_PACKET, octets, interface, time >> 32, time & 0xFFFF_FFFF, captured, original
    )
    return head + frame + padding + tail + _length(octets)


def provider_nic(host: str) -> str:
    """Return the name of the interface at which frames between hosts are captured."""
    return f"{host} provider"


def _block(kind: int, body: bytes) -> bytes:
    octets = _length(len(body) + 12)
    return _length(kind) + octets + body + octets


def _options(*options: tuple[int, bytes]) -> bytes:
    octets = b""
    for code, value in options:
        octets += struct.pack("<HH", code, len(value)) + value + _PADDING[len(value) & 3]
    return octets + struct.pack("<HH", END_OF_OPTIONS, 0)


def _text(text: str) -> bytes:
    """Return a name or a comment, cut at the end of a character where it is too long."""
    octets = text.encode(errors="replace")
    if len(octets) <= _LONGEST_TEXT:
        return octets
    kept = octets[: _LONGEST_TEXT - len(_ELLIPSIS)].decode(errors="ignore")
    return kept.encode() + _ELLIPSIS
