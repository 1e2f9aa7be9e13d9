"""The octets of a guest's frame; Scapy is the oracle."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import ICMPv6EchoReply, ICMPv6EchoRequest, IPv6
from scapy.layers.l2 import Ether

from hnvemu.addresses import IPAddress, MacAddress
from hnvemu.wire.build import build_frame

law = settings(derandomize=True, deadline=None)

A, B = IPv4Address("10.0.1.10"), IPv4Address("10.0.1.11")
A6, B6 = IPv6Address("2001:db8:1::a"), IPv6Address("2001:db8:1::b")
ETHER = Ether(src="02:00:00:00:01:01", dst="02:00:00:00:01:02")
PING = bytes(range(56))


def frame(*, src: IPAddress = A, dst: IPAddress = B, protocol: int, **fields: Any) -> bytes:
    return build_frame(
        src_mac=MacAddress(0x0200_0000_0101),
        dst_mac=MacAddress(0x0200_0000_0102),
        src=src,
        dst=dst,
        protocol=protocol,
        **fields,
    )


def ip(**fields: Any) -> IP:
    return IP(src="10.0.1.10", dst="10.0.1.11", **fields)


def ip6(**fields: Any) -> IPv6:
    return IPv6(src="2001:db8:1::a", dst="2001:db8:1::b", **fields)


def test_ping_is_of_98_octets() -> None:
    assert frame(protocol=1, echo_id=9) == bytes(ETHER / ip() / ICMP(id=9, seq=1) / PING)
    assert len(frame(protocol=1)) == 98


def test_ping_over_ipv6_is_of_118_octets() -> None:
    expected = ETHER / ip6() / ICMPv6EchoRequest(id=9, seq=1, data=PING)

    assert frame(src=A6, dst=B6, protocol=58, echo_id=9) == bytes(expected)
    assert len(bytes(expected)) == 118


def test_echo_reply_carries_the_same_payload() -> None:
    reply = frame(protocol=1, icmp_type=0, echo_id=9)
    reply6 = frame(src=A6, dst=B6, protocol=58, icmp_type=129, echo_id=9)

    assert reply == bytes(ETHER / ip() / ICMP(type=0, id=9, seq=1) / PING)
    assert reply6 == bytes(ETHER / ip6() / ICMPv6EchoReply(id=9, seq=1, data=PING))


def test_icmp_error_is_a_header_alone() -> None:
    built = frame(protocol=1, icmp_type=3, icmp_code=10, echo_id=9)

    assert built == bytes(ETHER / ip() / ICMP(type=3, code=10))


def test_tcp_is_a_syn_without_payload() -> None:
    built = frame(protocol=6, src_port=49152, dst_port=80)

    assert built == bytes(ETHER / ip() / TCP(sport=49152, dport=80, flags="S", window=65535))


def test_tcp_flags_are_set() -> None:
    built = frame(protocol=6, src_port=49152, dst_port=80, tcp_flags=0x12)

    assert built == bytes(ETHER / ip() / TCP(sport=49152, dport=80, flags="SA", window=65535))


def test_udp_has_no_payload() -> None:
    built = frame(src=A6, dst=B6, protocol=17, src_port=49152, dst_port=53)

    assert built == bytes(ETHER / ip6() / UDP(sport=49152, dport=53))


def test_other_protocol_is_an_ip_header_alone() -> None:
    assert frame(protocol=47) == bytes(ETHER / ip(proto=47))
    assert frame(src=A6, dst=B6, protocol=47) == bytes(ETHER / ip6(nh=47))


@pytest.mark.parametrize(("src", "dst", "protocol"), [(A6, B6, 1), (A, B, 58)])
def test_icmp_of_the_other_family_has_no_header(
    src: IPAddress, dst: IPAddress, protocol: int
) -> None:
    octets = 14 + (20 if src.version == 4 else 40)

    assert len(frame(src=src, dst=dst, protocol=protocol)) == octets


def test_ttl_tos_and_df_are_set() -> None:
    expected = ETHER / ip(ttl=1, tos=0xB9, flags="DF") / UDP(sport=1, dport=2)

    assert frame(protocol=17, src_port=1, dst_port=2, ttl=1, tos=0xB9, df=True) == bytes(expected)


def test_hop_limit_and_traffic_class_are_set() -> None:
    expected = ETHER / ip6(hlim=1, tc=0xB9) / UDP(sport=1, dport=2)
    built = frame(src=A6, dst=B6, protocol=17, src_port=1, dst_port=2, ttl=1, tos=0xB9, df=True)

    assert built == bytes(expected)


def test_length_fills_the_packet() -> None:
    built = frame(protocol=17, src_port=1, dst_port=2, length=30)

    assert built == bytes(ETHER / ip() / UDP(sport=1, dport=2) / b"\0\1")


def test_length_shortens_a_ping() -> None:
    assert frame(protocol=1, length=28) == bytes(ETHER / ip() / ICMP(id=0, seq=1))


def test_longest_packet_is_built() -> None:
    assert len(frame(protocol=17, length=65535)) == 65549


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"protocol": 6, "length": 39},
            "an IP packet cannot have 39 octets: its headers take 40, and 65535 is the most",
        ),
        (
            {"protocol": 1, "length": 65536},
            "an IP packet cannot have 65536 octets: its headers take 28, and 65535 is the most",
        ),
        ({"protocol": 6, "dst": B6}, "10.0.1.10 and 2001:db8:1::b are not of one family"),
        ({"protocol": 256}, "protocol 256 does not fit: 0 to 255"),
        ({"protocol": 6, "dst_port": 65536}, "destination port 65536 does not fit: 0 to 65535"),
        ({"protocol": 6, "src_port": -1}, "source port -1 does not fit: 0 to 65535"),
        ({"protocol": 1, "icmp_type": 300}, "ICMP type 300 does not fit: 0 to 255"),
        ({"protocol": 6, "ttl": 256}, "TTL 256 does not fit: 0 to 255"),
    ],
)
def test_impossible_packet_is_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is compared whole
        frame(**fields)

    assert str(caught.value) == message


@law
@given(
    protocol=st.sampled_from([6, 17, 1, 58]),
    family=st.sampled_from([IPv4Address, IPv6Address]),
    src=st.integers(1, 2**128 - 2),
    ports=st.tuples(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF)),
    length=st.integers(60, 200),
)
def test_scapy_computes_the_same_checksums(
    protocol: int, family: type[IPAddress], src: int, ports: tuple[int, int], length: int
) -> None:
    one = family(src % (2**32 - 2))
    built = frame(
        src=one,
        dst=one + 1,
        protocol=protocol,
        src_port=ports[0],
        dst_port=ports[1],
        echo_id=ports[0],
        length=length,
    )

    again = Ether(built)
    for layer in again.iterpayloads():
        for name in ("chksum", "cksum"):
            if name in layer.fields and not (isinstance(layer, IP) and layer.frag):
                layer.delfieldval(name)

    assert bytes(again) == built


def test_udp_checksum_of_zero_is_sent_as_ones() -> None:
    """The source port is chosen so that all words add up to 0xFFFF."""
    words = frame(protocol=17, src_port=0, dst_port=53)
    port = int.from_bytes(words[40:42])  # the complement of the rest

    assert frame(protocol=17, src_port=port, dst_port=53)[40:42] == b"\xff\xff"
