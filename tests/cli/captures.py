"""Captures for tests of the command line: frames of the two VMs of its policy, with their times."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from hnvemu.addresses import MacAddress, parse_address
from hnvemu.wire.build import build_frame

if TYPE_CHECKING:
    from pathlib import Path

A, B = MacAddress(0x0200_0000_010A), MacAddress(0x0200_0000_010B)
A_IP, B_IP = parse_address("10.0.1.10"), parse_address("10.0.1.11")
HEADER = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262_144, 1)
START = 1_700_000_000


def sent(dst_port: int = 80, **fields: Any) -> bytes:
    """Return a frame from A to B, unless it is said otherwise."""
    told: dict[str, Any] = {"src_mac": A, "dst_mac": B, "src": A_IP, "dst": B_IP}
    told |= {"protocol": 6, "src_port": 4000, "dst_port": dst_port}
    return build_frame(**{**told, **fields})


def answered(src_port: int = 80, **fields: Any) -> bytes:
    """Return a frame from B to A."""
    ends = {"src_mac": B, "dst_mac": A, "src": B_IP, "dst": A_IP}
    return sent(4000, src_port=src_port, **{**ends, **fields})


def pcap(path: Path, *frames: bytes, start: int = START) -> Path:
    """Write a capture whose frames come half a second apart."""
    records = [
        struct.pack("<4I", start + at // 2, at % 2 * 500_000_000, len(frame), len(frame)) + frame
        for at, frame in enumerate(frames)
    ]
    path.write_bytes(HEADER + b"".join(records))
    return path
