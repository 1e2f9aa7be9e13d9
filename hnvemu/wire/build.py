"""The octets of a guest's frame, made from what a question says about it.

Rules of the file: equal fields give equal octets; lengths and checksums are always right.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from hnvemu.wire.flow import ICMP, ICMPV6, IPV4_ETHERTYPE, IPV6_ETHERTYPE, TCP, UDP

if TYPE_CHECKING:
    from hnvemu.addresses import IPAddress, MacAddress

SYN: Final = 0x02

_ECHO_TYPES = {(ICMP, 4): (8, 0), (ICMPV6, 6): (128, 129)}  # request first
_ECHO_PAYLOAD: Final = 56  # as ping sends it
_IPV4_ID: Final = 1
_ECHO_SEQUENCE: Final = 1
_TCP_WINDOW: Final = 65535
_CHECKSUM_AT = {TCP: 16, UDP: 6, ICMP: 2, ICMPV6: 2}


def build_frame(
    *,
    src_mac: MacAddress,
    dst_mac: MacAddress,
    src: IPAddress,
    dst: IPAddress,
    protocol: int,
    src_port: int = 0,
    dst_port: int = 0,
    icmp_type: int | None = None,
    icmp_code: int = 0,
    echo_id: int = 0,
    tcp_flags: int = SYN,
    ttl: int = 64,
    tos: int = 0,
    length: int | None = None,
    df: bool = False,
) -> bytes:
    """Return an untagged Ethernet frame with one IP packet.

    An ICMP echo carries the 56 octets of a ping; all else is a header alone.

    Args:
        src_mac: Source MAC.
        dst_mac: Destination MAC.
        src: Source address.
        dst: Destination address, of the same family.
        protocol: IP protocol number. Headers are made for TCP (6), UDP (17), ICMP (1) over IPv4
            and ICMPv6 (58) over IPv6; anything else is payload.
        src_port: Of TCP and UDP.
        dst_port: Of TCP and UDP.
        icmp_type: Of ICMP and ICMPv6; an echo request if None.
        icmp_code: Of ICMP and ICMPv6.
        echo_id: Identifier of an echo request or reply.
        tcp_flags: The eight flags of TCP; a SYN by default.
        ttl: TTL, or hop limit.
        tos: TOS, or traffic class.
        length: Total length of the IP packet, to which its payload is filled or shortened.
        df: Whether IPv4 says "don't fragment"; IPv6 has no such bit.

    Raises:
        ValueError: The addresses are of two families, a number does not fit its field, or
            ``length`` is shorter than the headers.
    """
    version = src.version
    if dst.version != version:
        raise ValueError(f"{src} and {dst} are not of one family")
    for name, number, limit in (
        ("protocol", protocol, 0xFF),
        ("source port", src_port, 0xFFFF),
        ("destination port", dst_port, 0xFFFF),
        ("ICMP type", icmp_type or 0, 0xFF),
        ("ICMP code", icmp_code, 0xFF),
        ("echo identifier", echo_id, 0xFFFF),
        ("TCP flags", tcp_flags, 0xFF),
        ("TTL", ttl, 0xFF),
        ("TOS", tos, 0xFF),
    ):
        if not 0 <= number <= limit:
            raise ValueError(f"{name} {number} does not fit: 0 to {limit}")

    payload = 0
    if protocol == TCP:
        header = struct.pack(
            "!HHIIBBHHH", src_port, dst_port, 0, 0, 0x50, tcp_flags, _TCP_WINDOW, 0, 0
        )
    elif protocol == UDP:
        header = struct.pack("!HHHH", src_port, dst_port, 0, 0)
    elif (protocol, version) in _ECHO_TYPES:
        echoes = _ECHO_TYPES[protocol, version]
        kind = echoes[0] if icmp_type is None else icmp_type
        rest = (echo_id, _ECHO_SEQUENCE) if kind in echoes else (0, 0)
        header = struct.pack("!BBHHH", kind, icmp_code, 0, *rest)
        payload = _ECHO_PAYLOAD if kind in echoes else 0
    else:
        header = b""

    headers = (20 if version == 4 else 40) + len(header)
    if length is None:
        length = headers + payload
    if not headers <= length <= 0xFFFF:
        raise ValueError(
            f"an IP packet cannot have {length} octets: its headers take {headers}, "
            "and 65535 is the most"
        )
    segment = header + bytes(at & 0xFF for at in range(length - headers))
    if header:
        segment = _complete(segment, protocol, src, dst)
    ip = _ip_header(src, dst, protocol=protocol, ttl=ttl, tos=tos, length=length, df=df)
    ethertype = IPV4_ETHERTYPE if version == 4 else IPV6_ETHERTYPE
    return dst_mac.to_bytes(6) + src_mac.to_bytes(6) + ethertype.to_bytes(2) + ip + segment


def icmpv6_frame(
    *,
    src_mac: MacAddress,
    dst_mac: MacAddress,
    src: IPAddress,
    dst: IPAddress,
    icmp_type: int,
    body: bytes,
) -> bytes:
    """Return a frame with an ICMPv6 message that never leaves its link: hop limit 255 (RFC 4861).

    ``body`` follows the message's type, code 0 and checksum.
    """
    segment = _complete(struct.pack("!BBH", icmp_type, 0, 0) + body, ICMPV6, src, dst)
    ip = _ip_header(src, dst, protocol=ICMPV6, ttl=255, tos=0, length=40 + len(segment), df=False)
    return dst_mac.to_bytes(6) + src_mac.to_bytes(6) + IPV6_ETHERTYPE.to_bytes(2) + ip + segment


def _ip_header(
    src: IPAddress, dst: IPAddress, *, protocol: int, ttl: int, tos: int, length: int, df: bool
) -> bytes:
    addresses = src.packed + dst.packed
    if src.version == 6:
        start = 0x6000_0000 | tos << 20
        return struct.pack("!IHBB", start, length - 40, protocol, ttl) + addresses
    flags = 0x4000 if df else 0
    begin = struct.pack("!BBHHHBB", 0x45, tos, length, _IPV4_ID, flags, ttl, protocol)
    return begin + _checksum(begin + addresses).to_bytes(2) + addresses


def _complete(segment: bytes, protocol: int, src: IPAddress, dst: IPAddress) -> bytes:
    """Fill in the UDP length and the checksum of a TCP, UDP, ICMP or ICMPv6 message."""
    octets = len(segment)
    if protocol == UDP:
        segment = segment[:4] + octets.to_bytes(2) + segment[6:]
    # ICMP over IPv4 is the one without a pseudo header.
    pseudo = b"" if protocol == ICMP else struct.pack("!II", octets, protocol)
    addresses = b"" if protocol == ICMP else src.packed + dst.packed
    checksum = _checksum(addresses + pseudo + segment)
    if protocol == UDP and not checksum:
        checksum = 0xFFFF  # 0 says that there is no checksum
    at = _CHECKSUM_AT[protocol]
    return segment[:at] + checksum.to_bytes(2) + segment[at + 2 :]


def _checksum(octets: bytes) -> int:
    """Compute the Internet checksum: 2**16 is 1 modulo 0xFFFF, so that one division adds up."""
    number = int.from_bytes(octets) << (len(octets) % 2 * 8)
    return -number % 0xFFFF
