"""The fields of a frame's headers, read from its octets.

Rules of the file: octets decide, and nothing else: no step and no policy is asked. What a header
holds beyond the fields that are known here stands in hex digits, so nothing is left out.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, NamedTuple

from hnvemu.addresses import MacAddress
from hnvemu.render.octets import headers
from hnvemu.wire.flow import (
    ARP_ETHERTYPE,
    ICMP,
    ICMPV6,
    IPV4_ETHERTYPE,
    IPV6_ETHERTYPE,
    TCP,
    UDP,
    VLAN_ETHERTYPE,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_ETHERTYPES = {
    IPV4_ETHERTYPE: "IPv4",
    ARP_ETHERTYPE: "ARP",
    VLAN_ETHERTYPE: "802.1Q tag",
    IPV6_ETHERTYPE: "IPv6",
    0x6558: "Ethernet frame",
}
_PROTOCOLS = {ICMP: "ICMP", TCP: "TCP", UDP: "UDP", 47: "GRE", ICMPV6: "ICMPv6"}
_ECN = ("not ECN-capable", "ECT(1)", "ECT(0)", "congestion experienced")
_TCP_FLAGS = ("FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR")
_ECHOES = {"ICMP": {0: "echo reply", 8: "echo"}, "ICMPv6": {128: "echo", 129: "echo reply"}}
_NEIGHBOURS = {135: "neighbour solicitation", 136: "neighbour advertisement"}
_ADVERTISED = ((0x80, "router"), (0x40, "solicited"), (0x20, "override"))
_OPERATIONS = {1: "request", 2: "reply"}
_SHOWN = 12  # octets of a payload; all of them stand in the dump


class Field(NamedTuple):
    """A field of a header and its value in words."""

    name: str
    value: str


class DecodedHeader(NamedTuple):
    """A header and its fields."""

    name: str
    """``outer IPv4``, ``GRE``, ``inner Ethernet``; without a tunnel ``Ethernet``."""
    fields: tuple[Field, ...]


def decoded(frame: bytes, *, tunnelled: bool = False) -> list[DecodedHeader]:
    """Return the headers of a frame of at least 14 octets, with their fields.

    Args:
        frame: From the Ethernet header on.
        tunnelled: Whether a host has put it into NVGRE or VXLAN.
    """
    return [
        DecodedHeader(
            header.name,
            tuple(Field(*pair) for pair in _fields(header.name, frame[header.start : header.end])),
        )
        for header in headers(frame, tunnelled=tunnelled)
    ]


def _fields(name: str, octets: bytes) -> Iterator[tuple[str, str]]:
    """Yield the fields of one header."""
    match name.removeprefix("outer ").removeprefix("inner "):
        case "Ethernet":
            yield "destination MAC", str(_mac(octets, 0))
            yield "source MAC", str(_mac(octets, 6))
            yield "EtherType", _ethertype(octets, 12)
        case "802.1Q tag":
            tag = _number(octets, 0, 2)
            yield "priority", str(tag >> 13)
            yield "drop eligible", "yes" if tag & 0x1000 else "no"
            yield "VLAN", str(tag & 0x0FFF)
            yield "EtherType", _ethertype(octets, 2)
        case "IPv4":
            yield from _ipv4(octets)
        case "IPv6":
            yield from _ipv6(octets)
        case "GRE":
            key = " (a key)" if octets[0] & 0x20 else ""
            yield "flags", f"0x{_number(octets, 0, 2):04X}{key}"
            yield "protocol type", _ethertype(octets, 2)
            yield "VSID", str(_number(octets, 4, 7))
            yield "FlowID", str(octets[7])
        case "VXLAN":
            counts = " (the VNI counts)" if octets[0] & 0x08 else ""
            yield "flags", f"0x{octets[0]:02X}{counts}"
            yield "VNI", str(_number(octets, 4, 7))
        case "TCP":
            yield from _tcp(octets)
        case "UDP":
            yield "source port", str(_number(octets, 0, 2))
            yield "destination port", str(_number(octets, 2, 4))
            yield "length", str(_number(octets, 4, 6))
            yield "checksum", _checksum(octets, 6)
        case "ICMP" | "ICMPv6" as version:
            yield from _icmp(version, octets)
        case "ARP":
            operation = _number(octets, 6, 8)
            yield "operation", f"{operation} ({_OPERATIONS.get(operation, 'unknown')})"
            yield "sender MAC", str(_mac(octets, 8))
            yield "sender address", str(IPv4Address(octets[14:18]))
            yield "target MAC", str(_mac(octets, 18))
            yield "target address", str(IPv4Address(octets[24:28]))
        case _:
            more = " …" if len(octets) > _SHOWN else ""
            yield "octets", f"{len(octets)}: {octets[:_SHOWN].hex(' ')}{more}"


def _ipv4(octets: bytes) -> Iterator[tuple[str, str]]:
    fragment = _number(octets, 6, 8)
    flags = [word for bit, word in ((0x4000, "DF"), (0x2000, "MF")) if fragment & bit]
    yield "header length", str((octets[0] & 15) * 4)
    yield from _traffic_class(octets[1])
    yield "total length", str(_number(octets, 2, 4))
    yield "identification", f"0x{_number(octets, 4, 6):04X}"
    yield "flags", " ".join(flags) or "none"
    yield "fragment offset", str((fragment & 0x1FFF) * 8)
    yield "TTL", str(octets[8])
    yield "protocol", _protocol(octets[9])
    yield "checksum", _checksum(octets, 10)
    yield "source", str(IPv4Address(octets[12:16]))
    yield "destination", str(IPv4Address(octets[16:20]))
    yield from _rest("options", octets, 20)


def _ipv6(octets: bytes) -> Iterator[tuple[str, str]]:
    start = _number(octets, 0, 4)
    yield from _traffic_class(start >> 20 & 0xFF)
    yield "flow label", f"0x{start & 0xFFFFF:05X}"
    yield "payload length", str(_number(octets, 4, 6))
    yield "next header", _protocol(octets[6])
    yield "hop limit", str(octets[7])
    yield "source", str(IPv6Address(octets[8:24]))
    yield "destination", str(IPv6Address(octets[24:40]))
    yield from _rest("extension headers", octets, 40)


def _traffic_class(octet: int) -> Iterator[tuple[str, str]]:
    yield "DSCP", str(octet >> 2)
    yield "ECN", f"{octet & 3} ({_ECN[octet & 3]})"


def _tcp(octets: bytes) -> Iterator[tuple[str, str]]:
    flags = [word for bit, word in enumerate(_TCP_FLAGS) if octets[13] >> bit & 1]
    yield "source port", str(_number(octets, 0, 2))
    yield "destination port", str(_number(octets, 2, 4))
    yield "sequence number", str(_number(octets, 4, 8))
    yield "acknowledgement", str(_number(octets, 8, 12))
    yield "header length", str((octets[12] >> 4) * 4)
    yield "flags", " ".join(flags) or "none"
    yield "window", str(_number(octets, 14, 16))
    yield "checksum", _checksum(octets, 16)
    yield "urgent pointer", str(_number(octets, 18, 20))
    yield from _rest("options", octets, 20)


def _icmp(version: str, octets: bytes) -> Iterator[tuple[str, str]]:
    echo = _ECHOES[version].get(octets[0])
    neighbour = _NEIGHBOURS.get(octets[0]) if len(octets) >= 24 else None
    meaning = echo or neighbour
    yield "type", f"{octets[0]} ({meaning})" if meaning else str(octets[0])
    yield "code", str(octets[1])
    yield "checksum", _checksum(octets, 2)
    if neighbour:
        yield "flags", " ".join(word for bit, word in _ADVERTISED if octets[4] & bit) or "none"
        yield "target", str(IPv6Address(octets[8:24]))
        yield from _rest("options", octets, 24)
    elif echo:
        yield "identifier", str(_number(octets, 4, 6))
        yield "sequence number", str(_number(octets, 6, 8))
    else:
        yield from _rest("rest of header", octets, 4)


def _rest(name: str, octets: bytes, start: int) -> Iterator[tuple[str, str]]:
    if len(octets) > start:
        yield name, octets[start:].hex(" ")


def _number(octets: bytes, start: int, end: int) -> int:
    return int.from_bytes(octets[start:end], "big")


def _mac(octets: bytes, start: int) -> MacAddress:
    return MacAddress(_number(octets, start, start + 6))


def _ethertype(octets: bytes, start: int) -> str:
    number = _number(octets, start, start + 2)
    meaning = _ETHERTYPES.get(number)
    return f"0x{number:04X} ({meaning})" if meaning else f"0x{number:04X}"


def _protocol(number: int) -> str:
    meaning = _PROTOCOLS.get(number)
    return f"{number} ({meaning})" if meaning else str(number)


def _checksum(octets: bytes, start: int) -> str:
    return f"0x{_number(octets, start, start + 2):04X}"
