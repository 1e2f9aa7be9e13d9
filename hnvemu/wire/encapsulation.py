"""Outer headers put on and taken off: NVGRE (RFC 7637) and VXLAN (RFC 7348).

Rules of the file: whatever is the same for all frames of a tunnel is computed when the
:class:`Encapsulator` is built, and equal input gives equal octets. :func:`unwrap` never raises
on a frame of 14 octets or more, however broken. An 802.1Q tag of the inner frame is not judged
here.

    Ethernet 14 [802.1Q 4] IPv4 20 or IPv6 40 | GRE 8            | inner frame
                                              | UDP 8    VXLAN 8 | inner frame
"""

from __future__ import annotations

import struct
from enum import IntEnum, StrEnum
from functools import lru_cache
from struct import Struct
from typing import TYPE_CHECKING, Final, NamedTuple

from hnvemu.wire.flow import (
    IPV4_ETHERTYPE,
    IPV6_ETHERTYPE,
    UDP,
    VLAN_ETHERTYPE,
    Fault,
    read_ethernet,
    read_ip,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from hnvemu.addresses import IPAddress, MacAddress

VXLAN_PORT: Final = 4789

_GRE: Final = 47
_GRE_FLAGS: Final = 0x2000  # ENC-1: a key, and neither checksum nor sequence number
_GRE_CHECKSUM_OR_KEY: Final = 0xA000
_ETHERNET_IN_GRE: Final = 0x6558
_GRE_START: Final = _GRE_FLAGS << 16 | _ETHERNET_IN_GRE
_VXLAN_START: Final = 0x0800_0000  # the I flag: the VNI counts
_HOPS: Final = 128  # ENC-5
_DONT_FRAGMENT: Final = 0x4000  # ENC-7

_pack_word = Struct("!H").pack_into
_unpack_outer_ipv4 = Struct("!QIH HHIHHII II").unpack_from
_unpack_pair = Struct("!HH").unpack_from
_unpack_udp = Struct("!HHH").unpack_from
_unpack_key = Struct("!I").unpack_from
_unpack_words = Struct("!II").unpack_from


class Encapsulation(StrEnum):
    """How a frame travels between hosts."""

    NVGRE = "nvgre"
    VXLAN = "vxlan"


class Tunnel(NamedTuple):
    """From one provider address to another, for one virtual subnet."""

    encapsulation: Encapsulation
    src_mac: MacAddress
    dst_mac: MacAddress
    """Of the next hop towards ``dst``."""
    vlan: int
    """VLAN identifier of the provider network, or 0 for frames without a tag."""
    src: IPAddress
    dst: IPAddress
    """Of the same family as ``src``; the inner packet may be of the other one (ENC-8)."""
    vsid: int


class Header(NamedTuple):
    """The outer headers of a flow's frames, and what of them depends on a frame.

    It says the same as :meth:`Encapsulator.wrap`, for those who write many frames at once.
    """

    octets: bytes
    """The headers, with zeros where a frame decides."""
    lengths: tuple[tuple[int, int], ...]
    """Where 16 bits hold a length, and by how much it exceeds the frame's."""
    checksum_at: int
    """Where 16 bits hold a checksum, or -1."""
    sum: int
    """What the checksum covers but for the frame's length and octets; the one is -sum % 0xFFFF."""
    weight: int
    """How often the frame's length counts in the checksum."""
    covers_frame: bool
    """Whether the frame's octets count too, as UDP's over IPv6 do; 0 is then written 0xFFFF."""

    def wrap(self, frame: bytes) -> bytes:
        """Return ``frame`` behind the headers.

        Raises:
            ValueError: It is too long for them.
        """
        length = len(frame)
        octets = bytearray(self.octets)
        try:
            for at, more in self.lengths:
                _pack_word(octets, at, length + more)
        except struct.error:
            raise ValueError(f"a frame of {length} octets does not fit the outer header") from None
        if self.checksum_at >= 0:
            covered = self.sum + self.weight * length
            if self.covers_frame:
                covered += int.from_bytes(frame) << (length % 2 * 8)
            checksum = -covered % 0xFFFF
            _pack_word(octets, self.checksum_at, checksum or 0xFFFF * self.covers_frame)
        return bytes(octets) + frame


class OuterFault(IntEnum):
    """Why a frame of the provider network has no inner frame to offer (RCV-2)."""

    NONE = 0
    NOT_IP = 1
    """The EtherType is neither IPv4 nor IPv6."""
    TRUNCATED = 2
    """A header is cut short, or the inner frame has fewer than 14 octets."""
    VERSION = 3
    """The outer version field does not fit the EtherType."""
    LENGTH = 4
    """The outer packet says it is longer than the frame, or UDP that it is longer than IP."""
    BAD_CHECKSUM = 5
    """The outer IPv4 header checksum is wrong."""
    FRAGMENT = 6
    """The outer packet is a fragment."""
    NOT_A_TUNNEL = 7
    """The packet is neither GRE nor UDP to port 4789."""
    GRE_FLAGS = 8
    """The GRE header has more than a key, no key, or a version (ENC-1)."""
    GRE_PROTOCOL = 9
    """The GRE header announces something other than an Ethernet frame."""
    VXLAN_FLAGS = 10
    """The VXLAN header says that its VNI does not count."""


class Outer(NamedTuple):
    """What the outer headers of a frame say; -1 stands for what they do not."""

    src_mac: int
    dst_mac: int
    vlan: int
    version: int
    """4 or 6; 0 where there is no readable IP header."""
    src: int
    dst: int
    ecn: int
    """The ECN field: 3 is congestion experienced; 0 without IP."""
    encapsulation: Encapsulation | None
    """What the packet claims to be: NVGRE if it is GRE, VXLAN if it is UDP to port 4789."""
    vsid: int
    flow_id: int
    """FlowID of NVGRE, or UDP source port of VXLAN."""
    fault: OuterFault
    inner: bytes
    """The inner frame; what is left of it where it is cut short; empty with any other fault."""


# Outer(...) and a look into an enum cost as much again as reading the headers.
_new = tuple.__new__
_NVGRE: Final = Encapsulation.NVGRE
_VXLAN: Final = Encapsulation.VXLAN
_NO_FAULT: Final = OuterFault.NONE

_FAULTS = {
    Fault.TRUNCATED: OuterFault.TRUNCATED,
    Fault.VERSION: OuterFault.VERSION,
    Fault.LENGTH: OuterFault.LENGTH,
    Fault.CHECKSUM: OuterFault.BAD_CHECKSUM,
}


def overhead(encapsulation: Encapsulation, version: int) -> int:
    """Return how many octets of the provider MTU are lost to a customer packet (ENC-9).

    They are the outer IP header of family ``version``, GRE or UDP and VXLAN, and the inner
    Ethernet header. An outer 802.1Q tag takes nothing.
    """
    outer = 20 if version == 4 else 40
    return outer + (8 if encapsulation is _NVGRE else 16) + 14


def vxlan_port(flow_hash: int) -> int:
    """Return the UDP source port of a flow, which is in the dynamic range (ENC-2)."""
    return 49152 + flow_hash % 16384


class Encapsulator:
    """Puts the outer headers of one tunnel on frames.

    Raises:
        ValueError: The provider addresses are not of one family.
    """

    __slots__ = (
        "_after",
        "_before",
        "_ip",
        "_is_nvgre",
        "_is_v4",
        "_middle",
        "_pack",
        "_sum",
        "_vxlan",
    )

    def __init__(self, tunnel: Tunnel) -> None:
        if tunnel.src.version != tunnel.dst.version:
            raise ValueError(f"{tunnel.src} and {tunnel.dst} are not of one family")
        self._is_v4 = tunnel.src.version == 4
        self._is_nvgre = tunnel.encapsulation is _NVGRE
        addresses = tunnel.src.packed + tunnel.dst.packed
        protocol = _GRE if self._is_nvgre else UDP
        vsid = tunnel.vsid.to_bytes(3)
        self._vxlan = struct.pack("!I3sx", _VXLAN_START, vsid)
        ethernet = _ethernet(tunnel)
        self._ip = len(ethernet)
        gre = struct.pack("!I3s", _GRE_START, vsid) if self._is_nvgre else b""
        end = "B" if self._is_nvgre else "HHHH8s"
        if self._is_v4:
            self._before = ethernet + b"\x45"
            self._middle = struct.pack("!HHBB", 0, _DONT_FRAGMENT, _HOPS, protocol)
            self._after = addresses + gre
            self._sum = int.from_bytes(b"\x45\0" + self._middle + addresses) % 0xFFFF
            self._pack = _packer(f"!{len(self._before)}sBH6sH{len(self._after)}s{end}")
        else:
            self._before = ethernet
            self._middle = b""
            self._after = struct.pack("!BB", protocol, _HOPS) + addresses + gre
            # Of the UDP checksum: what is the same in pseudo header, UDP and VXLAN.
            self._sum = (int.from_bytes(addresses + self._vxlan) + UDP + VXLAN_PORT) % 0xFFFF
            self._pack = _packer(f"!{len(self._before)}sIH{len(self._after)}s{end}")

    def wrap(self, frame: bytes, *, entropy: int, tos: int) -> bytes:
        """Return ``frame`` inside the tunnel.

        Args:
            frame: The frame as the guest sent it.
            entropy: FlowID of NVGRE (0 to 255), or UDP source port of VXLAN.
            tos: TOS or traffic class of the inner packet, whose ECN field is copied (ENC-6).

        Raises:
            ValueError: ``frame`` is too long for the outer header, or ``entropy`` too large.
        """
        ecn = tos & 3
        octets = len(frame)
        try:
            if self._is_v4:
                if self._is_nvgre:
                    octets += 28
                    checksum = -(self._sum + octets + ecn) % 0xFFFF
                    return (
                        self._pack(
                            self._before,
                            ecn,
                            octets,
                            self._middle,
                            checksum,
                            self._after,
                            entropy,
                        )
                        + frame
                    )
                octets += 36
                checksum = -(self._sum + octets + ecn) % 0xFFFF
                return (
                    self._pack(
                        self._before,
                        ecn,
                        octets,
                        self._middle,
                        checksum,
                        self._after,
                        entropy,
                        VXLAN_PORT,
                        octets - 20,
                        0,
                        self._vxlan,
                    )
                    + frame
                )
            start = 0x6000_0000 | ecn << 20
            if self._is_nvgre:
                return self._pack(self._before, start, octets + 8, self._after, entropy) + frame
            octets += 16
            checksum = self._udp_checksum(frame, octets, entropy)
            return (
                self._pack(
                    self._before,
                    start,
                    octets,
                    self._after,
                    entropy,
                    VXLAN_PORT,
                    octets,
                    checksum,
                    self._vxlan,
                )
                + frame
            )
        except struct.error:
            raise ValueError(
                f"a frame of {len(frame)} octets with FlowID or port {entropy} does not fit "
                "the outer header"
            ) from None

    def header(self, *, entropy: int, tos: int) -> Header:
        """Return what :meth:`wrap` puts in front of the frames of one flow."""
        ecn = tos & 3
        at = self._ip
        if self._is_v4:
            start = (self._before, ecn, 0, self._middle, 0, self._after, entropy)
            if self._is_nvgre:
                octets = self._pack(*start)
                return Header(
                    octets,
                    _shifted(at, (2, 28)),
                    at + 10,
                    self._sum + 28 + ecn,
                    1,
                    covers_frame=False,
                )
            octets = self._pack(*start, VXLAN_PORT, 0, 0, self._vxlan)
            lengths = _shifted(at, (2, 36), (24, 16))
            return Header(octets, lengths, at + 10, self._sum + 36 + ecn, 1, covers_frame=False)
        first = 0x6000_0000 | ecn << 20
        if self._is_nvgre:
            octets = self._pack(self._before, first, 0, self._after, entropy)
            return Header(octets, _shifted(at, (4, 8)), -1, 0, 0, covers_frame=False)
        udp = (entropy, VXLAN_PORT, 0, 0, self._vxlan)
        octets = self._pack(self._before, first, 0, self._after, *udp)
        lengths = _shifted(at, (4, 16), (44, 16))
        return Header(octets, lengths, at + 46, self._sum + 32 + entropy, 2, covers_frame=True)

    def _udp_checksum(self, frame: bytes, octets: int, port: int) -> int:
        """Compute the checksum that UDP over IPv6 must have; 0 would say that there is none."""
        data = int.from_bytes(frame) << (len(frame) % 2 * 8)
        # The length counts twice: in the pseudo header and in UDP itself.
        return -(self._sum + octets * 2 + port + data) % 0xFFFF or 0xFFFF


def unwrap(frame: bytes) -> Outer:
    """Take the outer headers off a frame of at least 14 octets.

    The fields that can be read are filled in whatever the fault. Padding after the outer packet
    is cut off. The UDP checksum is not verified and reserved VXLAN bits are ignored, as RFC
    7348 lets a receiver do.
    """
    size = len(frame)
    if size >= 56:
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
            key,
        ) = _unpack_outer_ipv4(frame)
        if (
            ethertype == 0x0800
            and start >> 8 == 0x45
            and 42 <= length <= size - 14
            and not fragment & 0x3FFF
            and not (start + length + fragment + hop + checksum + src + dst) % 0xFFFF
        ):
            protocol = hop & 0xFF
            if protocol == 47 and first == _GRE_START:
                encapsulation = _NVGRE
                flow_id = key & 0xFF
                inner = frame[42 : length + 14]
            elif (
                protocol == 17
                and first & 0xFFFF == VXLAN_PORT
                and key >> 16 == length - 20
                and length >= 50
                and frame[42] & 0x08
            ):
                encapsulation = _VXLAN
                flow_id = first >> 16
                (key,) = _unpack_key(frame, 46)
                inner = frame[50 : length + 14]
            else:
                return _unwrap_any(frame)
            fields = (
                (macs & 0xFFFF) << 32 | src_mac,
                macs >> 16,
                -1,
                4,
                src,
                dst,
                start & 3,
                encapsulation,
                key >> 8,
                flow_id,
                _NO_FAULT,
                inner,
            )
            return _new(Outer, fields)
    return _unwrap_any(frame)


@lru_cache
def _packer(form: str) -> Callable[..., bytes]:
    """Return what packs values in that form; there are few, and each takes a while to make."""
    return Struct(form).pack


@lru_cache
def _shifted(at: int, *places: tuple[int, int]) -> tuple[tuple[int, int], ...]:
    """Return the places of lengths behind a link header, which thousands of headers share."""
    return tuple([(at + place, more) for place, more in places])


def _ethernet(tunnel: Tunnel) -> bytes:
    tag = struct.pack("!HH", VLAN_ETHERTYPE, tunnel.vlan) if tunnel.vlan else b""
    ethertype = IPV4_ETHERTYPE if tunnel.src.version == 4 else IPV6_ETHERTYPE
    return tunnel.dst_mac.to_bytes(6) + tunnel.src_mac.to_bytes(6) + tag + ethertype.to_bytes(2)


class _Inside(NamedTuple):
    """What follows the outer IP header."""

    encapsulation: Encapsulation | None
    vsid: int
    flow_id: int
    fault: OuterFault
    inner: bytes


_NOTHING = _Inside(None, -1, -1, OuterFault.NOT_A_TUNNEL, b"")


def _unwrap_any(frame: bytes) -> Outer:
    """Unwrap a frame that may be tagged, IPv6, broken, or no tunnel at all."""
    src_mac, dst_mac, vlan, ethertype, at = read_ethernet(frame)
    ip = read_ip(frame, ethertype, at)
    if not ip.version:
        fault = _FAULTS.get(ip.fault, OuterFault.NOT_IP)
        return Outer(src_mac, dst_mac, vlan, 0, -1, -1, 0, None, -1, -1, fault, b"")
    inside = _NOTHING
    if not ip.offset:
        payload = frame[ip.start : ip.end]
        if ip.protocol == _GRE:
            inside = _read_gre(payload)
        elif ip.protocol == UDP:
            inside = _read_udp(payload)
    if ip.fault is not Fault.NONE:
        inside = inside._replace(fault=_FAULTS[ip.fault], inner=b"")
    elif ip.is_fragment:
        inside = inside._replace(fault=OuterFault.FRAGMENT, inner=b"")
    return Outer(src_mac, dst_mac, vlan, ip.version, ip.src, ip.dst, ip.tos & 3, *inside)


def _read_gre(packet: bytes) -> _Inside:
    if len(packet) < 4:
        return _Inside(_NVGRE, -1, -1, OuterFault.TRUNCATED, b"")
    flags, protocol = _unpack_pair(packet)
    vsid = flow_id = -1
    if len(packet) >= 8 and flags & _GRE_CHECKSUM_OR_KEY == _GRE_FLAGS:  # a checksum comes first
        (key,) = _unpack_key(packet, 4)
        vsid, flow_id = key >> 8, key & 0xFF
    if flags != _GRE_FLAGS:
        return _Inside(_NVGRE, vsid, flow_id, OuterFault.GRE_FLAGS, b"")
    if protocol != _ETHERNET_IN_GRE:
        return _Inside(_NVGRE, vsid, flow_id, OuterFault.GRE_PROTOCOL, b"")
    return _with_inner(_NVGRE, vsid, flow_id, packet[8:])


def _read_udp(packet: bytes) -> _Inside:
    if len(packet) < 8:
        return _NOTHING._replace(fault=OuterFault.TRUNCATED)
    src_port, dst_port, octets = _unpack_udp(packet)
    if dst_port != VXLAN_PORT:
        return _NOTHING
    if octets > len(packet):
        return _Inside(_VXLAN, -1, src_port, OuterFault.LENGTH, b"")
    packet = packet[8:octets]
    if len(packet) < 8:
        return _Inside(_VXLAN, -1, src_port, OuterFault.TRUNCATED, b"")
    flags, vni = _unpack_words(packet)
    if not flags & _VXLAN_START:
        return _Inside(_VXLAN, -1, src_port, OuterFault.VXLAN_FLAGS, b"")
    return _with_inner(_VXLAN, vni >> 8, src_port, packet[8:])


def _with_inner(encapsulation: Encapsulation, vsid: int, flow_id: int, inner: bytes) -> _Inside:
    fault = OuterFault.NONE if len(inner) >= 14 else OuterFault.TRUNCATED
    return _Inside(encapsulation, vsid, flow_id, fault, inner)
