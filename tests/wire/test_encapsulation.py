"""Outer headers on and off: golden octets, Scapy as oracle, and everything that can be wrong."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import GRE, Dot1Q, Ether
from scapy.layers.vxlan import VXLAN
from scapy.packet import Raw

from hnvemu.addresses import MacAddress
from hnvemu.wire.build import build_frame
from hnvemu.wire.encapsulation import (
    Encapsulation,
    Encapsulator,
    Outer,
    OuterFault,
    Tunnel,
    overhead,
    unwrap,
    vxlan_port,
)

law = settings(derandomize=True, deadline=None)

NVGRE, VXLAN_ = Encapsulation.NVGRE, Encapsulation.VXLAN
PING = build_frame(
    src_mac=MacAddress(0x0200_0000_0101),
    dst_mac=MacAddress(0x0200_0000_0102),
    src=ip_address("10.0.1.10"),
    dst=ip_address("10.0.1.11"),
    protocol=1,
)
FAMILIES = {4: ("192.168.10.11", "192.168.10.12"), 6: ("2001:db8:a::11", "2001:db8:a::12")}


def tunnel(
    encapsulation: Encapsulation = NVGRE, *, version: int = 4, vlan: int = 0, vsid: int = 5001
) -> Tunnel:
    src, dst = FAMILIES[version]
    return Tunnel(
        encapsulation,
        src_mac=MacAddress(0x0200_0000_0A0B),
        dst_mac=MacAddress(0x0200_0000_0A0C),
        vlan=vlan,
        src=ip_address(src),
        dst=ip_address(dst),
        vsid=vsid,
    )


def wrapped(through: Tunnel, *, entropy: int = 0, tos: int = 0, frame: bytes = PING) -> bytes:
    return Encapsulator(through).wrap(frame, entropy=entropy, tos=tos)


def scapy_outer(version: int, *, ecn: int = 0, **fields: Any) -> Any:
    ether = Ether(src="02:00:00:00:0a:0b", dst="02:00:00:00:0a:0c")
    src, dst = FAMILIES[version]
    if version == 4:
        return ether / IP(src=src, dst=dst, id=0, flags="DF", ttl=128, tos=ecn, **fields)
    return ether / IPv6(src=src, dst=dst, hlim=128, tc=ecn, **fields)


@pytest.mark.parametrize(
    ("vsid", "flow_id", "octets"),
    [
        (5001, 0, "2000 6558 00138900"),
        (5003, 0, "2000 6558 00138b00"),
        (5002, 0x5A, "2000 6558 00138a5a"),
    ],
)
def test_gre_header_is_key_of_vsid_and_flow_id(vsid: int, flow_id: int, octets: str) -> None:
    frame = wrapped(tunnel(vsid=vsid), entropy=flow_id)

    assert frame[34:42] == bytes.fromhex(octets)


def test_vxlan_header_is_the_vsid_as_vni() -> None:
    frame = wrapped(tunnel(VXLAN_, vsid=5003), entropy=49152)

    assert frame[42:50] == bytes.fromhex("08000000 00138b00")


def test_whole_nvgre_frame() -> None:
    frame = wrapped(tunnel())

    outer = bytes.fromhex(
        "020000000a0c 020000000a0b 0800"
        "45 00 007e 0000 4000 80 2f 64e9 c0a80a0b c0a80a0c"
        "2000 6558 00138900"
    )
    assert frame == outer + PING


@pytest.mark.parametrize(
    ("through", "octets"),
    [
        (tunnel(), 140),
        (tunnel(vlan=77), 144),
        (tunnel(version=6), 160),
        (tunnel(version=6, vlan=77), 164),
        (tunnel(VXLAN_), 148),
        (tunnel(VXLAN_, vlan=77), 152),
        (tunnel(VXLAN_, version=6), 168),
    ],
)
def test_ping_of_98_octets_grows(through: Tunnel, octets: int) -> None:
    assert len(wrapped(through, entropy=0)) == octets


@pytest.mark.parametrize(
    ("encapsulation", "version", "mtu"),
    [(NVGRE, 4, 1458), (NVGRE, 6, 1438), (VXLAN_, 4, 1450), (VXLAN_, 6, 1430)],
)
def test_customer_mtu_is_what_the_headers_leave(
    encapsulation: Encapsulation, version: int, mtu: int
) -> None:
    assert 1500 - overhead(encapsulation, version) == mtu


@pytest.mark.parametrize(
    ("flow_hash", "port"), [(0, 49152), (16383, 65535), (16384, 49152), (0xFFFF_FFFF, 65535)]
)
def test_vxlan_port_is_in_the_dynamic_range(flow_hash: int, port: int) -> None:
    assert vxlan_port(flow_hash) == port


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("tos", [0, 1, 2, 3, 0xB9])
def test_nvgre_octets_are_scapys(version: int, tos: int) -> None:
    frame = wrapped(tunnel(version=version), entropy=0x5A, tos=tos)

    gre = GRE(key_present=1, proto=0x6558, key=5001 << 8 | 0x5A)
    protocol = {"proto": 47} if version == 4 else {"nh": 47}
    assert frame == bytes(scapy_outer(version, ecn=tos & 3, **protocol) / gre / Raw(PING))


@pytest.mark.parametrize("payload", [PING, PING + b"\xff"])
@pytest.mark.parametrize("tos", [0, 1, 0xBA])
def test_vxlan_octets_over_ipv6_are_scapys(payload: bytes, tos: int) -> None:
    frame = wrapped(tunnel(VXLAN_, version=6), entropy=50000, tos=tos, frame=payload)

    udp = UDP(sport=50000, dport=4789) / VXLAN(flags=8, vni=5001) / Raw(payload)
    assert frame == bytes(scapy_outer(6, ecn=tos & 3) / udp)


def test_vxlan_octets_over_ipv4_are_scapys_without_udp_checksum() -> None:
    frame = wrapped(tunnel(VXLAN_), entropy=50000, tos=2)

    udp = UDP(sport=50000, dport=4789, chksum=0) / VXLAN(flags=8, vni=5001) / Raw(PING)
    assert frame == bytes(scapy_outer(4, ecn=2) / udp)


def test_tag_of_the_provider_network_comes_before_ip() -> None:
    frame = wrapped(tunnel(vlan=77))

    assert frame[12:18] == bytes.fromhex("8100 004d 0800")
    assert frame[18:] == wrapped(tunnel())[14:]


def test_udp_checksum_of_zero_is_sent_as_ones() -> None:
    """Over IPv6, 0 would say that there is no checksum."""
    through = tunnel(VXLAN_, version=6)
    rest = int.from_bytes(wrapped(through, entropy=0)[60:62])  # the complement of the rest

    frame = wrapped(through, entropy=rest)

    assert frame[60:62] == b"\xff\xff"


def test_provider_addresses_of_two_families_are_refused() -> None:
    mixed = tunnel()._replace(dst=ip_address("2001:db8:a::12"))

    with pytest.raises(ValueError, match=r"^192\.168\.10\.11 and 2001:db8:a::12 are not of one"):
        Encapsulator(mixed)


@pytest.mark.parametrize("encapsulation", [NVGRE, VXLAN_])
@pytest.mark.parametrize("version", [4, 6])
def test_frame_too_long_for_the_outer_header_is_refused(
    encapsulation: Encapsulation, version: int
) -> None:
    with pytest.raises(ValueError, match=r"^a frame of 65530 octets .* does not fit"):
        wrapped(tunnel(encapsulation, version=version), frame=bytes(65530))


def test_flow_id_beyond_an_octet_is_refused() -> None:
    with pytest.raises(ValueError, match=r"FlowID or port 256 does not fit"):
        wrapped(tunnel(), entropy=256)


@law
@given(
    encapsulation=st.sampled_from(Encapsulation),
    version=st.sampled_from([4, 6]),
    vlan=st.sampled_from([0, 1, 4094]),
    vsid=st.integers(0, 0xFF_FFFF),
    entropy=st.integers(0, 255),
    tos=st.integers(0, 255),
    frame=st.binary(min_size=14, max_size=200),
    padding=st.integers(0, 6),
)
def test_taking_off_undoes_putting_on(
    encapsulation: Encapsulation,
    version: int,
    vlan: int,
    vsid: int,
    entropy: int,
    tos: int,
    frame: bytes,
    padding: int,
) -> None:
    through = tunnel(encapsulation, version=version, vlan=vlan, vsid=vsid)

    outer = unwrap(wrapped(through, entropy=entropy, tos=tos, frame=frame) + bytes(padding))

    src, dst = FAMILIES[version]
    assert outer == Outer(
        src_mac=0x0200_0000_0A0B,
        dst_mac=0x0200_0000_0A0C,
        vlan=vlan or -1,
        version=version,
        src=int(ip_address(src)),
        dst=int(ip_address(dst)),
        ecn=tos & 3,
        encapsulation=encapsulation,
        vsid=vsid,
        flow_id=entropy,
        fault=OuterFault.NONE,
        inner=frame,
    )


@law
@given(
    st.sampled_from(
        [
            wrapped(tunnel(encapsulation, version=version, vlan=vlan))
            for encapsulation in Encapsulation
            for version in (4, 6)
            for vlan in (0, 77)
        ]
    ),
    st.lists(st.tuples(st.integers(0, 70), st.integers(0, 255)), max_size=4),
    st.integers(14, 170),
)
def test_no_damage_makes_it_raise(
    frame: bytes, changes: list[tuple[int, int]], octets: int
) -> None:
    changed = bytearray(frame)
    for at, octet in changes:
        changed[at] = octet

    outer = unwrap(bytes(changed[:octets]))

    assert (outer.fault is OuterFault.NONE) <= (len(outer.inner) >= 14)


@law
@given(st.binary(min_size=14, max_size=120))
def test_any_fourteen_octets_are_unwrapped(frame: bytes) -> None:
    assert unwrap(frame).dst_mac == int.from_bytes(frame[:6])


def test_reserved_vxlan_bits_are_ignored() -> None:
    frame = bytearray(wrapped(tunnel(VXLAN_)))
    frame[42:46] = b"\xff\xff\xff\xff"
    frame[49] = 0xFF

    outer = unwrap(bytes(frame))

    assert (outer.fault, outer.vsid, outer.inner) == (OuterFault.NONE, 5001, PING)


def test_udp_checksum_is_not_verified() -> None:
    frame = bytearray(wrapped(tunnel(VXLAN_)))
    frame[40:42] = b"\x12\x34"

    assert unwrap(bytes(frame)).inner == PING


def test_inner_tag_is_not_judged() -> None:
    inner = bytes(Ether(PING[:12] + b"\x81\x00") / Dot1Q(vlan=5))

    outer = unwrap(wrapped(tunnel(), frame=inner))

    assert (outer.fault, outer.inner) == (OuterFault.NONE, inner)


def faulty(payload: bytes, *, protocol: int = 47, **fields: Any) -> Outer:
    return unwrap(bytes(scapy_outer(4, proto=protocol, **fields) / Raw(payload)))


GOOD_GRE = bytes.fromhex("20006558 0013895a")


@pytest.mark.parametrize(
    ("header", "fault", "vsid", "flow_id"),
    [
        ("30006558 0013895a", OuterFault.GRE_FLAGS, 5001, 0x5A),  # a sequence number
        ("20016558 0013895a", OuterFault.GRE_FLAGS, 5001, 0x5A),  # version 1
        ("24006558 0013895a", OuterFault.GRE_FLAGS, 5001, 0x5A),  # a reserved bit
        ("a0006558 00000000 0013895a", OuterFault.GRE_FLAGS, -1, -1),  # a checksum
        ("00006558", OuterFault.GRE_FLAGS, -1, -1),  # no key
        ("20000800 0013895a", OuterFault.GRE_PROTOCOL, 5001, 0x5A),
        ("20006558 001389", OuterFault.TRUNCATED, -1, -1),
        ("2000", OuterFault.TRUNCATED, -1, -1),
    ],
)
def test_faulty_gre_header_has_no_inner_frame(
    header: str, fault: OuterFault, vsid: int, flow_id: int
) -> None:
    octets = bytes.fromhex(header)
    outer = faulty(octets + PING if len(octets) >= 8 else octets)

    assert (outer.encapsulation, outer.fault) == (NVGRE, fault)
    assert (outer.vsid, outer.flow_id, outer.inner) == (vsid, flow_id, b"")


@pytest.mark.parametrize(
    ("datagram", "fault", "flow_id"),
    [
        ("c35012b5 001e0000 00000000 00138900" + "00" * 14, OuterFault.VXLAN_FLAGS, 50000),
        ("c35012b5 001f0000 08000000 00138900" + "00" * 14, OuterFault.LENGTH, 50000),
        ("c35012b5 000f0000 08000000 00138900" + "00" * 14, OuterFault.TRUNCATED, 50000),
    ],
)
def test_faulty_vxlan_header_has_no_inner_frame(
    datagram: str, fault: OuterFault, flow_id: int
) -> None:
    outer = faulty(bytes.fromhex(datagram), protocol=17)

    assert (outer.encapsulation, outer.fault) == (VXLAN_, fault)
    assert (outer.vsid, outer.flow_id, outer.inner) == (-1, flow_id, b"")


def test_udp_length_cuts_the_inner_frame() -> None:
    datagram = bytes.fromhex("c35012b5 001e0000 08000000 00138900") + PING

    assert faulty(datagram, protocol=17).inner == PING[:14]


@pytest.mark.parametrize(
    ("protocol", "payload", "fault"),
    [
        (6, bytes(20), OuterFault.NOT_A_TUNNEL),
        (17, bytes.fromhex("12b50035 001e0000") + bytes(22), OuterFault.NOT_A_TUNNEL),
        (17, bytes.fromhex("c35012b5 001e"), OuterFault.TRUNCATED),
    ],
)
def test_packet_that_is_no_tunnel(protocol: int, payload: bytes, fault: OuterFault) -> None:
    outer = faulty(payload, protocol=protocol)

    assert (outer.version, outer.src) == (4, int(ip_address("192.168.10.11")))
    assert (outer.encapsulation, outer.vsid, outer.fault) == (None, -1, fault)


@pytest.mark.parametrize("encapsulation", [NVGRE, VXLAN_])
def test_inner_frame_below_fourteen_octets_is_truncated(encapsulation: Encapsulation) -> None:
    outer = unwrap(wrapped(tunnel(encapsulation), frame=PING[:13]) + bytes(20))

    assert (outer.fault, outer.vsid, outer.inner) == (OuterFault.TRUNCATED, 5001, PING[:13])


def test_wrong_outer_checksum_leaves_the_fields_as_read() -> None:
    frame = bytearray(wrapped(tunnel(), entropy=0x5A))
    frame[24] ^= 1

    outer = unwrap(bytes(frame))

    assert (outer.fault, outer.inner) == (OuterFault.BAD_CHECKSUM, b"")
    assert (outer.version, outer.vsid, outer.flow_id) == (4, 5001, 0x5A)


@pytest.mark.parametrize(("fields", "vsid"), [({"flags": "MF"}, 5001), ({"frag": 3}, -1)])
def test_outer_fragment_has_no_inner_frame(fields: dict[str, Any], vsid: int) -> None:
    outer = faulty_fragment(fields)

    assert (outer.fault, outer.vsid, outer.inner) == (OuterFault.FRAGMENT, vsid, b"")


def faulty_fragment(fields: dict[str, Any]) -> Outer:
    src, dst = FAMILIES[4]
    packet = Ether(PING[:14]) / IP(src=src, dst=dst, proto=47, **fields) / Raw(GOOD_GRE + PING)
    return unwrap(bytes(packet))


@pytest.mark.parametrize(
    ("frame", "fault"),
    [
        (PING[:12] + b"\x08\x06" + bytes(40), OuterFault.NOT_IP),
        (PING[:12] + b"\x81\x00\x00", OuterFault.TRUNCATED),
        (wrapped(tunnel())[:33], OuterFault.TRUNCATED),
        (wrapped(tunnel())[:139], OuterFault.LENGTH),
        (PING[:12] + b"\x86\xdd" + wrapped(tunnel())[14:], OuterFault.VERSION),
    ],
)
def test_frame_without_readable_ip_has_macs_alone(frame: bytes, fault: OuterFault) -> None:
    outer = unwrap(frame)

    assert outer.dst_mac == int.from_bytes(frame[:6])
    assert outer[3:] == (0, -1, -1, 0, None, -1, -1, fault, b"")


@law
@given(
    encapsulation=st.sampled_from([NVGRE, VXLAN_]),
    version=st.sampled_from([4, 6]),
    vlan=st.sampled_from([0, 77]),
    vsid=st.integers(1, (1 << 24) - 1),
    tos=st.integers(0, 255),
    octets=st.binary(min_size=14, max_size=90),
    data=st.data(),
)
def test_the_header_of_a_flow_wraps_as_its_encapsulator_does(
    encapsulation: Encapsulation,
    version: int,
    vlan: int,
    vsid: int,
    tos: int,
    octets: bytes,
    data: st.DataObject,
) -> None:
    through = Encapsulator(tunnel(encapsulation, version=version, vlan=vlan, vsid=vsid))
    entropy = data.draw(st.integers(0, 255 if encapsulation is NVGRE else 0xFFFF))

    header = through.header(entropy=entropy, tos=tos)

    assert header.wrap(octets) == through.wrap(octets, entropy=entropy, tos=tos)


def test_a_frame_that_is_too_long_does_not_fit_the_header_of_its_flow() -> None:
    header = Encapsulator(tunnel()).header(entropy=0, tos=0)

    with pytest.raises(ValueError, match="does not fit"):
        header.wrap(bytes(0x10000))
