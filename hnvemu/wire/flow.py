"""What a decision may see of a frame: its header fields as numbers.

Rules of the file: nothing here builds packet objects; :func:`read_flow` reads octets once, in
place, and never raises on a frame of 14 octets or more, however broken.
"""

from __future__ import annotations

import zlib
from enum import IntEnum
from struct import Struct
from typing import Final, NamedTuple

IPV4_ETHERTYPE: Final = 0x0800
ARP_ETHERTYPE: Final = 0x0806
VLAN_ETHERTYPE: Final = 0x8100
IPV6_ETHERTYPE: Final = 0x86DD

ARP_REQUEST: Final = 1
ARP_REPLY: Final = 2
ARP_GRATUITOUS: Final = 0x100
"""Added to the operation in ``Flow.protocol`` where sender and target are one address."""

ICMP: Final = 1
TCP: Final = 6
UDP: Final = 17
ICMPV6: Final = 58

# The fast path takes all headers in one call. Neighbours come as one number where that saves
# work: both MACs as 8 and 4 octets, and an IPv4 header in seven numbers, whose sum is that of
# its ten words modulo 0xFFFF, because 2**16 is 1 modulo 0xFFFF.
_unpack_ipv4_frame = Struct("!QIH HHIHHII HH").unpack_from
_unpack_ethernet = Struct("!QIH").unpack_from
_unpack_ipv4 = Struct("!BBHHHBBHII").unpack_from
_unpack_ipv6 = Struct("!IHBB 4Q").unpack_from
_unpack_word = Struct("!H").unpack_from
_unpack_pair = Struct("!HH").unpack_from
_unpack_arp = Struct("!HHBBH 6x I 6x I").unpack_from

_WITH_PORTS = frozenset({TCP, UDP})
_ECHO_OVER_IPV4 = frozenset({0, 8})
_ECHO_OVER_IPV6 = frozenset({128, 129})
_WITH_TARGET = frozenset({135, 136})  # RFC 4861: neighbour solicitation and advertisement
_ARP_OCTETS = 28
_ARP_START = (1, IPV4_ETHERTYPE, 6, 4)  # RFC 826: Ethernet, IPv4, and the lengths of addresses

_FRAGMENT = 44
_AUTHENTICATION = 51
# Hop-by-hop options, routing, fragment, authentication, destination options, mobility, HIP and
# shim6.
_EXTENSIONS = frozenset({0, 43, _FRAGMENT, _AUTHENTICATION, 60, 135, 139, 140})


class Fault(IntEnum):
    """Why an IP packet cannot be forwarded as it stands (ING-7)."""

    NONE = 0
    TRUNCATED = 1
    """The frame ends inside the IP header or one of its extension headers."""
    VERSION = 2
    """The version field does not fit the EtherType, or the IPv4 header length is below 20."""
    LENGTH = 3
    """The packet says it is longer than the frame, or shorter than its own header."""
    TRANSPORT = 4
    """The packet ends inside its TCP (20 octets), UDP (8) or ICMP (4) header, or a neighbour
    solicitation or advertisement (24) before the end of its target."""
    CHECKSUM = 5
    """The IPv4 header checksum is wrong."""
    ARP = 6
    """An ARP message that is not a request or a reply about IPv4 over Ethernet."""


class Flow(NamedTuple):
    """All that a decision may read, and what equal decisions are remembered by.

    Numbers only. -1 stands for a field that the frame does not have; the fields of a packet
    whose ``fault`` is TRUNCATED, VERSION or LENGTH are those of a frame without IP
    (``version`` 0). ARP has no IP version either; ``src`` and ``dst`` are then the IPv4 addresses
    of its sender and its target, and ``protocol`` is its operation (RFC 826), with
    ``ARP_GRATUITOUS`` added where the two are one.
    """

    src_mac: int
    dst_mac: int
    vlan: int
    """VLAN identifier of an 802.1Q tag (EtherType 0x8100), or -1."""
    ethertype: int
    """Of what follows the source MAC, or of what follows the 802.1Q tag where there is one."""
    fault: int
    """A :class:`Fault`."""
    version: int
    """4 or 6; 0 where there is no readable IP header."""
    src: int
    dst: int
    protocol: int
    """What follows the IP header; in IPv6, what follows the extension headers."""
    src_port: int
    """Of TCP and UDP; -1 otherwise, and in every fragment but the first."""
    dst_port: int
    icmp: int
    """``type << 8 | code`` of ICMP over IPv4 and ICMPv6 over IPv6; -1 otherwise."""
    echo_id: int
    """Identifier of an ICMP echo request or reply; -1 otherwise."""
    ttl: int
    """TTL, or hop limit; 0 without IP."""
    length: int
    """Octets behind the Ethernet header: the IP packet, and what trails it; 0 without IP."""
    tos: int
    """TOS or traffic class: DSCP in the upper six bits, ECN in the lower two; 0 without IP."""
    target: int
    """The address that an ARP message, neighbour solicitation or advertisement is about; else -1.
    """


# Flow(...) costs as much again as reading the frame; every call below passes all fields.
_new = tuple.__new__


class IpHeader(NamedTuple):
    """One IP header with its extension headers, and where its payload lies in the frame."""

    fault: Fault
    """Never TRANSPORT: nothing above IP is looked at."""
    version: int
    """4 or 6; 0 with fault TRUNCATED, VERSION or LENGTH, and then the rest means nothing."""
    src: int
    dst: int
    protocol: int
    ttl: int
    length: int
    tos: int
    offset: int
    """Fragment offset, in units of 8 octets."""
    is_fragment: bool
    """Whether this is one of several fragments, the first one included."""
    start: int
    """Where the payload begins in the frame."""
    end: int
    """Where the payload ends in the frame; what follows is padding."""


_TRUNCATED = IpHeader(Fault.TRUNCATED, 0, -1, -1, -1, 0, 0, 0, 0, is_fragment=False, start=0, end=0)
_VERSION = _TRUNCATED._replace(fault=Fault.VERSION)
_LENGTH = _TRUNCATED._replace(fault=Fault.LENGTH)
_NO_IP = _TRUNCATED._replace(fault=Fault.NONE)


def read_flow(frame: bytes) -> Flow:
    """Read what a decision may see of a frame of at least 14 octets.

    A tag that is cut short leaves EtherType 0x8100 and fault TRUNCATED. A first fragment is
    judged like a whole packet; of later ones only IP is read. A transport header that is cut
    short is not read: its ports, or its ICMP type, are -1.
    """
    size = len(frame)
    if size >= 38:
        (
            macs,
            src_mac,
            ethertype,
            start,
            length,
            fragment,
            hop,
            checksum,
            src,
            dst,
            first,
            second,
        ) = _unpack_ipv4_frame(frame)
        if (
            ethertype == 0x0800
            and start >> 8 == 0x45
            and length <= size - 14
            and not fragment & 0x1FFF
            and not (start + length + fragment + hop + checksum + src + dst) % 0xFFFF
        ):
            protocol = hop & 0xFF
            if (protocol == 6 and length >= 40) or (protocol == 17 and length >= 28):
                icmp = echo_id = -1
            elif protocol == 1 and length >= 28:
                icmp = first
                echo_id = frame[38] << 8 | frame[39] if first >> 8 in _ECHO_OVER_IPV4 else -1
                first = second = -1
            else:
                return _read_any_flow(frame)
            fields = (
                (macs & 0xFFFF) << 32 | src_mac,
                macs >> 16,
                -1,
                0x0800,
                0,
                4,
                src,
                dst,
                protocol,
                first,
                second,
                icmp,
                echo_id,
                hop >> 8,
                size - 14,
                start & 0xFF,
                -1,
            )
            return _new(Flow, fields)
    return _read_any_flow(frame)


def flow_hash(flow: Flow) -> int:
    """Digest addresses, protocol and ports to 32 bits of entropy for a tunnel header (ENC-2).

    CRC-32 of source, destination, protocol, source port and destination port in network order;
    a port that is not there counts as 0. A frame without IP has hash 0.
    """
    if not flow.version:
        return 0
    octets = 4 if flow.version == 4 else 16
    return zlib.crc32(
        flow.src.to_bytes(octets)
        + flow.dst.to_bytes(octets)
        + flow.protocol.to_bytes(1)
        + max(flow.src_port, 0).to_bytes(2)
        + max(flow.dst_port, 0).to_bytes(2)
    )


def read_ethernet(frame: bytes) -> tuple[int, int, int, int, int]:
    """Read source MAC, destination MAC, VLAN (-1 without a tag), EtherType, and where it ends.

    A tag that is cut short leaves EtherType 0x8100.
    """
    macs, src_mac, ethertype = _unpack_ethernet(frame)
    src_mac |= (macs & 0xFFFF) << 32
    dst_mac = macs >> 16
    if ethertype != VLAN_ETHERTYPE:
        return src_mac, dst_mac, -1, ethertype, 14
    if len(frame) >= 18:
        tag, ethertype = _unpack_pair(frame, 14)
        return src_mac, dst_mac, tag & 0xFFF, ethertype, 18
    vlan = _unpack_word(frame, 14)[0] & 0xFFF if len(frame) >= 16 else -1
    return src_mac, dst_mac, vlan, ethertype, len(frame)


def read_ip(frame: bytes, ethertype: int, at: int) -> IpHeader:
    """Read the IP header that ``ethertype`` announces at octet ``at``.

    Any other EtherType has version 0 and no fault, unless it is that of a tag cut short.
    """
    if ethertype == IPV4_ETHERTYPE:
        return _read_ipv4(frame, at)
    if ethertype == IPV6_ETHERTYPE:
        return _read_ipv6(frame, at)
    return _TRUNCATED if ethertype == VLAN_ETHERTYPE and at < 18 else _NO_IP


def _read_ipv4(frame: bytes, at: int) -> IpHeader:
    size = len(frame)
    if size < at + 20:
        return _TRUNCATED
    start, tos, length, _, fragment, ttl, protocol, _, src, dst = _unpack_ipv4(frame, at)
    octets = (start & 0xF) * 4
    if start >> 4 != 4 or octets < 20:
        return _VERSION
    if size < at + octets:
        return _TRUNCATED
    if not octets <= length <= size - at:
        return _LENGTH
    # One's complement words of an intact header add up to 0xFFFF; to 0 they cannot, for the
    # version is not 0.
    is_intact = int.from_bytes(frame[at : at + octets]) % 0xFFFF == 0
    fields = (
        Fault.NONE if is_intact else Fault.CHECKSUM,
        4,
        src,
        dst,
        protocol,
        ttl,
        length,
        tos,
        fragment & 0x1FFF,
        bool(fragment & 0x3FFF),
        at + octets,
        at + length,
    )
    return _new(IpHeader, fields)


def _read_ipv6(frame: bytes, at: int) -> IpHeader:
    size = len(frame)
    if size < at + 40:
        return _TRUNCATED
    start, payload, protocol, ttl, src, src_low, dst, dst_low = _unpack_ipv6(frame, at)
    if start >> 28 != 6:
        return _VERSION
    end = at + 40 + payload
    begin = at + 40
    offset = 0
    is_fragment = False
    # What follows the fragment header of a later fragment is data, whatever it is called.
    while protocol in _EXTENSIONS and not offset and begin <= end:
        if size < begin + 8:  # no extension header is shorter
            return _TRUNCATED
        kind, protocol, units = protocol, frame[begin], frame[begin + 1]
        if kind == _FRAGMENT:
            (word,) = _unpack_word(frame, begin + 2)
            offset = word >> 3
            is_fragment = is_fragment or bool(word & 0xFFF9)
            begin += 8
        elif kind == _AUTHENTICATION:
            begin += (units + 2) * 4
        else:
            begin += (units + 1) * 8
        if size < begin:
            return _TRUNCATED
    if end > size or begin > end:
        return _LENGTH
    fields = (
        Fault.NONE,
        6,
        src << 64 | src_low,
        dst << 64 | dst_low,
        protocol,
        ttl,
        40 + payload,
        start >> 20 & 0xFF,
        offset,
        is_fragment,
        begin,
        end,
    )
    return _new(IpHeader, fields)


def _read_any_flow(frame: bytes) -> Flow:
    """Read a frame that may be tagged, broken, a fragment, have options, or not be IP."""
    src_mac, dst_mac, vlan, ethertype, at = read_ethernet(frame)
    if ethertype == ARP_ETHERTYPE:
        return _read_arp(frame, src_mac, dst_mac, vlan, at)
    ip = read_ip(frame, ethertype, at)
    version = ip.version
    protocol = ip.protocol
    fault = ip.fault
    src_port = dst_port = icmp = echo_id = target = -1
    if version and not ip.offset:
        start = ip.start
        octets = ip.end - start
        is_cut = False
        if protocol in _WITH_PORTS:
            if octets >= (20 if protocol == TCP else 8):
                src_port, dst_port = _unpack_pair(frame, start)
            else:
                is_cut = True
        elif protocol == (ICMP if version == 4 else ICMPV6):
            if octets >= 4:
                (icmp,) = _unpack_word(frame, start)
                echoes = _ECHO_OVER_IPV4 if version == 4 else _ECHO_OVER_IPV6
                if octets >= 8 and icmp >> 8 in echoes:
                    (echo_id,) = _unpack_word(frame, start + 4)
                elif version == 6 and icmp >> 8 in _WITH_TARGET:
                    is_cut = octets < 24
                    target = -1 if is_cut else int.from_bytes(frame[start + 8 : start + 24])
            else:
                is_cut = True
        if is_cut and fault == Fault.NONE:
            fault = Fault.TRANSPORT
    fields = (
        src_mac,
        dst_mac,
        vlan,
        ethertype,
        int(fault),
        version,
        ip.src,
        ip.dst,
        protocol,
        src_port,
        dst_port,
        icmp,
        echo_id,
        ip.ttl,
        len(frame) - at if ip.version else 0,
        ip.tos,
        target,
    )
    return _new(Flow, fields)


def _read_arp(frame: bytes, src_mac: int, dst_mac: int, vlan: int, at: int) -> Flow:
    fault, sender, target, operation = Fault.TRUNCATED, -1, -1, -1
    if len(frame) >= at + _ARP_OCTETS:
        *start, operation, sender, target = _unpack_arp(frame, at)
        is_plain = tuple(start) == _ARP_START and operation in (ARP_REQUEST, ARP_REPLY)
        fault = Fault.NONE if is_plain else Fault.ARP
        if not is_plain:
            operation = sender = target = -1
        elif sender == target:
            operation |= ARP_GRATUITOUS
    macs = src_mac, dst_mac, vlan, ARP_ETHERTYPE, int(fault), 0
    return _new(Flow, (*macs, sender, target, operation, -1, -1, -1, -1, 0, 0, 0, target))
