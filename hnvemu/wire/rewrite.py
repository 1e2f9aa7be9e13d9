"""Changes that a switch makes to a frame on its way.

Rules of the file: octets in, octets out. Checksums are updated and not computed anew (RFC
1624), so that a wrong one stays wrong. A frame without a readable IP header stays as it is.
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING

from hnvemu.wire.flow import read_ethernet, read_ip

if TYPE_CHECKING:
    from hnvemu.addresses import MacAddress

_word = Struct("!H")


def set_dst_mac(frame: bytes, mac: MacAddress) -> bytes:
    """Return ``frame`` addressed to ``mac``."""
    return mac.to_bytes(6) + frame[6:]


def decrement_ttl(frame: bytes) -> bytes:
    """Return ``frame`` with one hop less to live; 0 stays 0."""
    *_, ethertype, at = read_ethernet(frame)
    ip = read_ip(frame, ethertype, at)
    if not ip.ttl:
        return frame
    changed = bytearray(frame)
    if ip.version == 4:
        changed[at + 8] -= 1
        _adjust_checksum(changed, at, -0x0100)
    else:
        changed[at + 7] -= 1
    return bytes(changed)


def mark_ce(frame: bytes) -> bytes:
    """Return ``frame`` with "congestion experienced" in the ECN field of its IP header."""
    *_, ethertype, at = read_ethernet(frame)
    ip = read_ip(frame, ethertype, at)
    if not ip.version:
        return frame
    changed = bytearray(frame)
    if ip.version == 4:
        changed[at + 1] |= 0x03
        _adjust_checksum(changed, at, (ip.tos | 3) - ip.tos)
    else:
        changed[at + 1] |= 0x30  # the traffic class begins at the fifth bit of the header
    return bytes(changed)


def _adjust_checksum(frame: bytearray, at: int, difference: int) -> None:
    """Make good for words of the IPv4 header at ``at`` that grew by ``difference`` together."""
    (checksum,) = _word.unpack_from(frame, at + 10)
    _word.pack_into(frame, at + 10, (checksum - difference) % 0xFFFF)
