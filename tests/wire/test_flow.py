"""What is read of a frame, however broken it is."""

from __future__ import annotations

import struct
import zlib
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hnvemu.addresses import MacAddress
from hnvemu.wire import flow as module
from hnvemu.wire.build import build_frame
from hnvemu.wire.flow import Fault, Flow, flow_hash, read_ethernet, read_flow, read_ip

law = settings(derandomize=True, deadline=None, max_examples=300)

ETHERNET = bytes.fromhex("020000000102 020000000101")
A, B = IPv4Address("10.0.1.10"), IPv4Address("10.0.1.11")
A6, B6 = IPv6Address("2001:db8:1::a"), IPv6Address("2001:db8:1::b")


def ipv4(
    payload: bytes,
    *,
    protocol: int = 6,
    options: bytes = b"",
    length: int | None = None,
    fragment: int = 0,
    start: int | None = None,
) -> bytes:
    octets = 20 + len(options)
    header = struct.pack(
        "!BBHHHBBH",
        0x40 | octets // 4 if start is None else start,
        0xB8,
        octets + len(payload) if length is None else length,
        7,
        fragment,
        64,
        protocol,
        0,
    )
    header += A.packed + B.packed + options
    total: int = sum(struct.unpack(f"!{len(header) // 2}H", header))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    header = header[:10] + (0xFFFF - total).to_bytes(2) + header[12:]
    return ETHERNET + b"\x08\x00" + header + payload


def ipv6(payload: bytes, *, protocol: int = 6, length: int | None = None) -> bytes:
    octets = len(payload) if length is None else length
    header = struct.pack("!IHBB", 0x6B80_0000, octets, protocol, 64) + A6.packed + B6.packed
    return ETHERNET + b"\x86\xdd" + header + payload


TCP = struct.pack("!HHIIBBHHH", 49152, 80, 0, 0, 0x50, 2, 65535, 0, 0)
UDP = struct.pack("!HHHH", 49152, 53, 8, 0)
ECHO = struct.pack("!BBHHH", 8, 0, 0, 0x1234, 1)
ECHO6 = struct.pack("!BBHHH", 128, 0, 0, 0x1234, 1)
UNREACHABLE = struct.pack("!BBHI", 3, 10, 0, 0)

TCP_FLOW = Flow(
    src_mac=0x0200_0000_0101,
    dst_mac=0x0200_0000_0102,
    vlan=-1,
    ethertype=0x0800,
    fault=Fault.NONE,
    version=4,
    src=int(A),
    dst=int(B),
    protocol=6,
    src_port=49152,
    dst_port=80,
    icmp=-1,
    echo_id=-1,
    ttl=64,
    length=40,
    tos=0xB8,
    target=-1,
)
TCP6_FLOW = TCP_FLOW._replace(ethertype=0x86DD, version=6, src=int(A6), dst=int(B6), length=60)
NO_IP = Flow(
    src_mac=0x0200_0000_0101,
    dst_mac=0x0200_0000_0102,
    vlan=-1,
    ethertype=0x0800,
    fault=Fault.NONE,
    version=0,
    src=-1,
    dst=-1,
    protocol=-1,
    src_port=-1,
    dst_port=-1,
    icmp=-1,
    echo_id=-1,
    ttl=0,
    length=0,
    tos=0,
    target=-1,
)


def test_tcp_over_ipv4_is_read() -> None:
    assert read_flow(ipv4(TCP)) == TCP_FLOW


def test_tcp_over_ipv6_is_read() -> None:
    assert read_flow(ipv6(TCP)) == TCP6_FLOW


def test_all_fields_are_plain_numbers() -> None:
    """Equal decisions are remembered by the flow, and an enum is slow to hash."""
    frames = [ipv4(TCP), ipv6(TCP), ETHERNET + b"\x08\x06", ETHERNET + b"\x08\x00"]

    assert {type(field) for frame in frames for field in read_flow(frame)} == {int}


def test_udp_ports_are_read() -> None:
    flow = read_flow(ipv4(UDP, protocol=17))

    assert (flow.protocol, flow.src_port, flow.dst_port) == (17, 49152, 53)
    assert (flow.icmp, flow.echo_id, flow.fault) == (-1, -1, Fault.NONE)


def test_echo_over_ipv4_has_type_code_and_identifier() -> None:
    flow = read_flow(ipv4(ECHO, protocol=1))

    assert (flow.icmp, flow.echo_id, flow.src_port, flow.dst_port) == (0x0800, 0x1234, -1, -1)


def test_echo_over_ipv6_has_type_code_and_identifier() -> None:
    flow = read_flow(ipv6(ECHO6, protocol=58))

    assert (flow.icmp, flow.echo_id, flow.src_port, flow.dst_port) == (0x8000, 0x1234, -1, -1)


@pytest.mark.parametrize(
    "frame", [ipv4(UNREACHABLE, protocol=1), ipv4(UNREACHABLE[:4], protocol=1)]
)
def test_icmp_error_has_no_echo_identifier(frame: bytes) -> None:
    flow = read_flow(frame)

    assert (flow.icmp, flow.echo_id, flow.fault) == (0x030A, -1, Fault.NONE)


def test_echo_of_four_octets_has_no_identifier_and_no_fault() -> None:
    flow = read_flow(ipv4(ECHO[:4], protocol=1))

    assert (flow.icmp, flow.echo_id, flow.fault) == (0x0800, -1, Fault.NONE)


@pytest.mark.parametrize("frame", [ipv6(ECHO, protocol=1), ipv4(ECHO6, protocol=58)])
def test_icmp_of_the_other_family_is_only_a_protocol(frame: bytes) -> None:
    flow = read_flow(frame)

    assert (flow.icmp, flow.echo_id, flow.fault) == (-1, -1, Fault.NONE)


def test_other_protocols_have_no_ports() -> None:
    flow = read_flow(ipv4(b"\0" * 8, protocol=47))

    assert (flow.protocol, flow.src_port, flow.fault) == (47, -1, Fault.NONE)


def test_options_are_skipped() -> None:
    flow = read_flow(ipv4(TCP, options=b"\x94\x04\0\0"))

    assert flow == TCP_FLOW._replace(length=44)


def test_padding_after_the_packet_counts_as_length_alone() -> None:
    """A tunnel carries it too, so it takes its share of the provider MTU."""
    longer, longer6 = TCP_FLOW.length + 6, TCP6_FLOW.length + 6

    assert read_flow(ipv4(TCP) + b"\xff" * 6) == TCP_FLOW._replace(length=longer)
    assert read_flow(ipv6(TCP) + b"\xff" * 6) == TCP6_FLOW._replace(length=longer6)


def test_padding_does_not_complete_a_transport_header() -> None:
    flow = read_flow(ipv4(TCP[:19]) + b"\0" * 30)

    assert (flow.fault, flow.length) == (Fault.TRANSPORT, 69)


def test_frame_without_ip_has_an_ethertype_alone() -> None:
    assert read_flow(ETHERNET + b"\x88\xcc" + b"\0" * 60) == NO_IP._replace(ethertype=0x88CC)


def test_frame_of_fourteen_octets_is_read() -> None:
    assert read_flow(ETHERNET + b"\x88\xcc") == NO_IP._replace(ethertype=0x88CC)


def test_tag_gives_vlan_and_the_ethertype_behind_it() -> None:
    frame = ETHERNET + b"\x81\x00\xe0\x4d" + ipv4(TCP)[12:]

    assert read_flow(frame) == TCP_FLOW._replace(vlan=77)


def test_second_tag_is_an_ethertype() -> None:
    frame = ETHERNET + b"\x81\x00\x00\x4d\x81\x00"

    assert read_flow(frame) == NO_IP._replace(vlan=77, ethertype=0x8100)


@pytest.mark.parametrize(
    ("rest", "vlan"), [(b"", -1), (b"\x00", -1), (b"\x00\x4d", 77), (b"\x00\x4d\x08", 77)]
)
def test_tag_cut_short_is_truncated(rest: bytes, vlan: int) -> None:
    flow = read_flow(ETHERNET + b"\x81\x00" + rest)

    assert flow == NO_IP._replace(vlan=vlan, ethertype=0x8100, fault=Fault.TRUNCATED)


@pytest.mark.parametrize(
    ("frame", "fault"),
    [
        (ipv4(TCP)[:33], Fault.TRUNCATED),
        (ipv4(TCP)[:14], Fault.TRUNCATED),
        (ipv4(b"", options=b"\1" * 8)[:38], Fault.TRUNCATED),
        (ipv4(TCP, start=0x65), Fault.VERSION),
        (ipv4(TCP, start=0x44), Fault.VERSION),
        (ipv4(TCP, start=0x40), Fault.VERSION),
        (ipv4(TCP, start=0x65)[:30], Fault.TRUNCATED),
        (ipv4(TCP, length=41), Fault.LENGTH),
        (ipv4(TCP, length=19), Fault.LENGTH),
        (ipv4(TCP, length=0), Fault.LENGTH),
        (ipv4(TCP)[:53], Fault.LENGTH),
        (ipv4(TCP, options=b"\1" * 4, length=23), Fault.LENGTH),
    ],
)
def test_unreadable_ipv4_counts_as_no_ip(frame: bytes, fault: Fault) -> None:
    assert read_flow(frame) == NO_IP._replace(fault=fault)


@pytest.mark.parametrize(
    ("frame", "fault"),
    [
        (ipv6(TCP)[:53], Fault.TRUNCATED),
        (ETHERNET + b"\x86\xdd" + ipv4(TCP)[14:] + b"\0" * 20, Fault.VERSION),
        (ipv6(TCP, length=21), Fault.LENGTH),
        (ipv6(TCP)[:60], Fault.LENGTH),
        # An extension header that the frame, or only the packet, does not hold.
        (ipv6(b"", protocol=0), Fault.TRUNCATED),
        (ipv6(b"\6\1" + b"\0" * 6, protocol=0), Fault.TRUNCATED),
        (ipv6(b"\6\1" + b"\0" * 6, protocol=0) + b"\0" * 8, Fault.LENGTH),
        (ipv6(b"\6\3" + b"\0" * 6, protocol=51), Fault.TRUNCATED),
    ],
)
def test_unreadable_ipv6_counts_as_no_ip(frame: bytes, fault: Fault) -> None:
    assert read_flow(frame) == NO_IP._replace(ethertype=0x86DD, fault=fault)


@pytest.mark.parametrize(
    ("protocol", "payload"), [(6, TCP[:19]), (17, UDP[:7]), (1, ECHO[:3]), (6, b"")]
)
def test_transport_header_cut_short_is_not_read(protocol: int, payload: bytes) -> None:
    flow = read_flow(ipv4(payload, protocol=protocol))

    assert flow == TCP_FLOW._replace(
        fault=Fault.TRANSPORT,
        protocol=protocol,
        src_port=-1,
        dst_port=-1,
        length=20 + len(payload),
    )


def test_transport_header_cut_short_over_ipv6() -> None:
    flow = read_flow(ipv6(ECHO6[:3], protocol=58))

    assert (flow.fault, flow.version, flow.icmp) == (Fault.TRANSPORT, 6, -1)


@pytest.mark.parametrize("options", [b"", b"\1" * 4])
def test_wrong_header_checksum_leaves_the_fields_as_read(options: bytes) -> None:
    frame = bytearray(ipv4(TCP, options=options))
    frame[25] ^= 1

    assert read_flow(bytes(frame)) == TCP_FLOW._replace(
        fault=Fault.CHECKSUM, length=40 + len(options)
    )


def test_checksum_is_named_before_a_transport_header_cut_short() -> None:
    frame = bytearray(ipv4(TCP[:8]))
    frame[24] ^= 0x10

    assert read_flow(bytes(frame)).fault == Fault.CHECKSUM


def test_checksum_of_ones_counts_as_zero() -> None:
    """A receiver adds up all words, and 0xFFFF is zero in one's complement."""
    frame = bytearray(ipv4(TCP))
    identification = 7 + int.from_bytes(frame[24:26])  # moves the checksum into another word
    frame[18:20] = identification.to_bytes(2)
    frame[24:26] = b"\xff\xff"

    assert read_flow(bytes(frame)) == TCP_FLOW


def test_later_fragment_has_no_ports_and_no_transport_fault() -> None:
    flow = read_flow(ipv4(b"\xff" * 3, fragment=0x0001))

    assert (flow.fault, flow.protocol, flow.src_port, flow.dst_port) == (Fault.NONE, 6, -1, -1)


def test_later_fragment_has_no_icmp_type() -> None:
    flow = read_flow(ipv4(ECHO, protocol=1, fragment=0x20B9))

    assert (flow.icmp, flow.echo_id) == (-1, -1)


def test_first_fragment_has_ports() -> None:
    assert read_flow(ipv4(TCP, fragment=0x2000)) == TCP_FLOW


def test_first_fragment_is_judged_like_a_whole_packet() -> None:
    assert read_flow(ipv4(TCP[:8], fragment=0x2000)).fault == Fault.TRANSPORT


@pytest.mark.parametrize("kind", [0, 43, 60, 135, 139, 140])
def test_extension_header_is_skipped(kind: int) -> None:
    flow = read_flow(ipv6(b"\6\1" + b"\xff" * 14 + TCP, protocol=kind))

    assert flow == TCP6_FLOW._replace(length=76)


def test_authentication_header_counts_in_words() -> None:
    flow = read_flow(ipv6(b"\6\4" + b"\xff" * 22 + TCP, protocol=51))

    assert flow == TCP6_FLOW._replace(length=84)


def test_extension_headers_follow_each_other() -> None:
    headers = b"\x3c\0" + b"\0" * 6 + b"\x2c\0" + b"\0" * 6 + b"\6\0\0\1" + b"\0" * 4

    assert read_flow(ipv6(headers + TCP, protocol=0)) == TCP6_FLOW._replace(length=84)


def test_later_fragment_of_ipv6_ends_the_chain() -> None:
    """What follows is data, though the fragment header calls it destination options."""
    flow = read_flow(ipv6(b"\x3c\0\0\x08" + b"\0" * 4 + b"\xff" * 3, protocol=44))

    assert (flow.fault, flow.protocol, flow.src_port) == (Fault.NONE, 60, -1)


@pytest.mark.parametrize("protocol", [50, 59])
def test_encrypted_or_missing_payload_ends_the_chain(protocol: int) -> None:
    flow = read_flow(ipv6(b"\xff" * 3, protocol=protocol))

    assert (flow.fault, flow.protocol) == (Fault.NONE, protocol)


def test_header_tells_where_its_payload_lies() -> None:
    frame = ipv6(b"\6\0\0\1" + b"\0" * 4 + TCP, protocol=44) + b"\0" * 5
    *_, ethertype, at = read_ethernet(frame)

    header = read_ip(frame, ethertype, at)

    assert (frame[header.start : header.end], header.offset, header.is_fragment) == (TCP, 0, True)


def test_hash_is_crc32_of_addresses_protocol_and_ports() -> None:
    octets = bytes.fromhex("0a00010a 0a00010b 06 c000 0050")

    assert flow_hash(TCP_FLOW) == zlib.crc32(octets)


def test_hash_over_ipv6_takes_whole_addresses() -> None:
    octets = A6.packed + B6.packed + bytes.fromhex("06 c000 0050")

    assert flow_hash(TCP6_FLOW) == zlib.crc32(octets)


def test_hash_takes_missing_ports_as_zero() -> None:
    octets = bytes.fromhex("0a00010a 0a00010b 01 0000 0000")

    assert flow_hash(read_flow(ipv4(ECHO, protocol=1))) == zlib.crc32(octets)


ARP = struct.pack("!HHBBH6s4s6s4s", 1, 0x0800, 6, 4, 1, ETHERNET[6:], A.packed, bytes(6), B.packed)
ARP_FLOW = NO_IP._replace(ethertype=0x0806, src=int(A), dst=int(B), protocol=1, target=int(B))


def arp(message: bytes, *, tag: bytes = b"") -> bytes:
    return ETHERNET + tag + b"\x08\x06" + message


def test_arp_is_read() -> None:
    answer = ARP[:7] + b"\2" + ARP[8:]

    assert read_flow(arp(ARP)) == ARP_FLOW
    assert read_flow(arp(answer)) == ARP_FLOW._replace(protocol=2)


def test_arp_about_ones_own_address_is_gratuitous() -> None:
    own = ARP[:24] + A.packed
    answer = own[:7] + b"\2" + own[8:]

    about_a = ARP_FLOW._replace(dst=int(A), target=int(A))
    assert read_flow(arp(own)) == about_a._replace(protocol=0x101)
    assert read_flow(arp(answer)) == about_a._replace(protocol=0x102)


def test_hardware_addresses_inside_arp_are_not_read() -> None:
    other = ARP[:8] + b"\2" * 6 + ARP[14:18] + b"\4" * 6 + ARP[24:]

    assert read_flow(arp(other)) == ARP_FLOW


def test_padding_behind_arp_is_not_read() -> None:
    assert read_flow(arp(ARP + bytes(18))) == ARP_FLOW


def test_tagged_arp_is_read() -> None:
    assert read_flow(arp(ARP, tag=b"\x81\x00\x00\x4d")) == ARP_FLOW._replace(vlan=77)


@pytest.mark.parametrize("octets", [0, 1, 8, 27])
def test_arp_that_is_cut_short_is_truncated(octets: int) -> None:
    expected = NO_IP._replace(ethertype=0x0806, fault=Fault.TRUNCATED)

    assert read_flow(arp(ARP[:octets])) == expected


@pytest.mark.parametrize(
    ("at", "octets"),
    [
        (0, b"\0\6"),  # IEEE 802 hardware
        (2, b"\x86\xdd"),  # about IPv6
        (4, b"\x08"),
        (5, b"\x10"),
        (6, b"\0\0"),
        (6, b"\0\3"),  # a RARP request
        (6, b"\1\1"),
    ],
)
def test_arp_of_another_kind_is_a_fault(at: int, octets: bytes) -> None:
    message = ARP[:at] + octets + ARP[at + len(octets) :]

    assert read_flow(arp(message)) == NO_IP._replace(ethertype=0x0806, fault=Fault.ARP)


def test_rarp_is_no_arp() -> None:
    assert read_flow(ETHERNET + b"\x80\x35" + ARP) == NO_IP._replace(ethertype=0x8035)


@pytest.mark.parametrize("kind", [135, 136])
def test_the_target_of_neighbour_discovery_is_read(kind: int) -> None:
    flow = read_flow(ipv6(struct.pack("!BBHI", kind, 0, 0, 0) + B6.packed, protocol=58))

    assert (flow.icmp, flow.target, flow.fault) == (kind << 8, int(B6), Fault.NONE)


@pytest.mark.parametrize("kind", [133, 134, 137])
def test_other_router_messages_have_no_target(kind: int) -> None:
    flow = read_flow(ipv6(struct.pack("!BBHI", kind, 0, 0, 0) + B6.packed, protocol=58))

    assert (flow.icmp, flow.target, flow.fault) == (kind << 8, -1, Fault.NONE)


@pytest.mark.parametrize("octets", [4, 8, 23])
def test_neighbour_discovery_before_the_end_of_its_target_is_cut_short(octets: int) -> None:
    whole = struct.pack("!BBHI", 135, 0, 0, 0) + B6.packed

    flow = read_flow(ipv6(whole[:octets], protocol=58))

    assert (flow.icmp, flow.target, flow.fault) == (135 << 8, -1, Fault.TRANSPORT)


def test_a_later_fragment_of_neighbour_discovery_has_no_target() -> None:
    fragment = struct.pack("!BBHI", 58, 0, 8 << 3, 1)

    flow = read_flow(ipv6(fragment + bytes(24), protocol=44))

    assert (flow.icmp, flow.target, flow.fault) == (-1, -1, Fault.NONE)


def test_hash_of_arp_is_zero() -> None:
    assert flow_hash(ARP_FLOW) == 0


def test_hash_of_a_frame_without_ip_is_zero() -> None:
    assert flow_hash(NO_IP) == 0


@law
@given(
    st.binary(min_size=12, max_size=12),
    st.sampled_from([b"\x08\x00", b"\x86\xdd", b"\x81\x00\0\7\x08\x00", b"\x81\x00", b""]),
    st.sampled_from([b"\x45", b"\x46", b"\x60", b""]),
    st.binary(min_size=2, max_size=120),
)
def test_any_fourteen_octets_are_read(
    macs: bytes, ethertype: bytes, start: bytes, rest: bytes
) -> None:
    flow = read_flow(macs + ethertype + start + rest)

    assert (flow.version == 0) == (flow.src == -1)


@law
@given(
    st.sampled_from(
        [ipv4(TCP), ipv4(UDP, protocol=17), ipv4(ECHO, protocol=1), ipv4(TCP, fragment=0x2000)]
    ),
    st.lists(st.tuples(st.integers(12, 41), st.integers(0, 255)), max_size=3),
    st.integers(0, 40),
)
def test_fast_path_reads_what_the_thorough_one_reads(
    frame: bytes, changes: list[tuple[int, int]], cut: int
) -> None:
    changed = bytearray(frame)
    for at, octet in changes:
        changed[at % len(changed)] = octet
    changed = changed[: max(14, len(changed) - cut)]

    assert read_flow(bytes(changed)) == module._read_any_flow(bytes(changed))


@law
@given(
    src=st.one_of(st.just(A), st.just(A6)),
    protocol=st.sampled_from([6, 17, 1, 58, 47]),
    ports=st.tuples(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF)),
    ttl=st.integers(0, 255),
    tos=st.integers(0, 255),
    length=st.integers(100, 1500),
)
def test_what_was_built_is_read_back(
    src: IPv4Address | IPv6Address,
    protocol: int,
    ports: tuple[int, int],
    ttl: int,
    tos: int,
    length: int,
) -> None:
    version = src.version
    frame = build_frame(
        src_mac=MacAddress(0x0200_0000_0101),
        dst_mac=MacAddress(0x0200_0000_0102),
        src=src,
        dst=src + 1,
        protocol=protocol,
        src_port=ports[0],
        dst_port=ports[1],
        echo_id=ports[0],
        ttl=ttl,
        tos=tos,
        length=length,
    )

    flow = read_flow(frame)

    has_ports = protocol in {6, 17}
    is_echo = protocol == (1 if version == 4 else 58)
    assert flow == Flow(
        src_mac=0x0200_0000_0101,
        dst_mac=0x0200_0000_0102,
        vlan=-1,
        ethertype=0x0800 if version == 4 else 0x86DD,
        fault=0,
        version=version,
        src=int(src),
        dst=int(src) + 1,
        protocol=protocol,
        src_port=ports[0] if has_ports else -1,
        dst_port=ports[1] if has_ports else -1,
        icmp=(0x0800 if version == 4 else 0x8000) if is_echo else -1,
        echo_id=ports[0] if is_echo else -1,
        ttl=ttl,
        length=length,
        tos=tos,
        target=-1,
    )
