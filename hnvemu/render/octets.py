"""Octets of a frame under the names of its headers."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hnvemu.wire.flow import ARP_ETHERTYPE, ICMP, ICMPV6, TCP, UDP, read_ethernet, read_ip

if TYPE_CHECKING:
    from collections.abc import Iterator

_TRANSPORTS = {
    (4, TCP): ("TCP", 20),
    (6, TCP): ("TCP", 20),
    (4, UDP): ("UDP", 8),
    (6, UDP): ("UDP", 8),
    (4, ICMP): ("ICMP", 8),
    (6, ICMPV6): ("ICMPv6", 8),
}
_ARP_START = bytes.fromhex("0001 0800 06 04")  # RFC 826: IPv4 over Ethernet
_NEIGHBOUR = (135, 136)  # RFC 4861: the address that the message is about, and options, follow
_PER_LINE = 16


class Header(NamedTuple):
    """A header, or what follows the last one, and where it lies in the frame."""

    name: str
    start: int
    end: int


def headers(frame: bytes, *, tunnelled: bool = False) -> list[Header]:
    """Cut ``frame`` (of at least 14 octets) into headers that can be read, and the rest.

    Args:
        frame: From the Ethernet header on.
        tunnelled: Whether it is one that a host has put into NVGRE or VXLAN; then the outer
            headers say so, and the inner frame follows.
    """
    return list(_tunnel_headers(frame) if tunnelled else _headers(frame, 0, ""))


def dump(frame: bytes, start: int, end: int) -> Iterator[str]:
    """Write the octets from ``start`` to ``end`` in lines: offset, hex digits, ASCII."""
    for at in range(start, end, _PER_LINE):
        part = frame[at : min(at + _PER_LINE, end)]
        text = "".join(chr(octet) if 32 <= octet < 127 else "." for octet in part)
        yield f"{at:04x}  {part.hex(' '):<{_PER_LINE * 3 - 1}}  {text}"


def _tunnel_headers(frame: bytes) -> Iterator[Header]:
    *_, last = outer = list(_headers(frame, 0, "outer "))
    yield from outer[:-1]
    start = last.start
    # What a host sends has nothing between these headers, and no fragments.
    name = "VXLAN" if outer[-2].name == "outer UDP" else "GRE"
    yield Header(name, start, start + 8)
    yield from _headers(frame, start + 8, "inner ")


def _headers(frame: bytes, start: int, prefix: str) -> Iterator[Header]:
    inner = frame[start:]
    *_, ethertype, at = read_ethernet(inner)
    yield Header(f"{prefix}Ethernet", start, start + 14)
    if at > 14:
        yield Header(f"{prefix}802.1Q tag", start + 14, start + at)
    ip = read_ip(inner, ethertype, at)
    known = bool(ip.version)
    if ethertype == ARP_ETHERTYPE and inner[at : at + 6] == _ARP_START and len(inner) - at >= 28:
        yield Header(f"{prefix}ARP", start + at, start + at + 28)
        at += 28
        known = True
    if ip.version:
        yield Header(f"{prefix}IPv{ip.version}", start + at, start + ip.start)
        at = ip.start
        name, octets = _TRANSPORTS.get((ip.version, ip.protocol), ("", 0))
        if name == "TCP" and ip.end - at >= octets:
            octets = max(octets, (inner[at + 12] >> 4) * 4)
        if name == "ICMPv6" and ip.end - at >= 24 and inner[at] in _NEIGHBOUR:
            octets = ip.end - at
        if name and not ip.offset and ip.end - at >= octets:
            yield Header(prefix + name, start + at, start + at + octets)
            at += octets
        if at < ip.end:
            yield Header(f"{prefix}payload", start + at, start + ip.end)
            at = ip.end
    if at < len(inner):
        name = "padding" if known else "payload"
        yield Header(f"{prefix}{name}", start + at, start + len(inner))
