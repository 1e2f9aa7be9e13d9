from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import Any

import pytest

from hnvemu.addresses import MacAddress, parse_address
from hnvemu.render.packet import destination, packet_text, protocol_of
from hnvemu.wire.build import build_frame
from hnvemu.wire.flow import Flow, read_flow
from hnvemu.wire.neighbour import announcement, answer, question

A, B = MacAddress(0x0200_0000_010A), MacAddress(0x0200_0000_010B)


def flow(src: str, dst: str, **fields: Any) -> Flow:
    return read_flow(
        build_frame(src_mac=A, dst_mac=B, src=parse_address(src), dst=parse_address(dst), **fields)
    )


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (
            flow("10.0.1.10", "10.0.1.11", protocol=6, src_port=49152, dst_port=80),
            "tcp 10.0.1.10:49152 > 10.0.1.11:80",
        ),
        (
            flow("2001:db8::1", "2001:db8::2", protocol=17, src_port=1, dst_port=53),
            "udp [2001:db8::1]:1 > [2001:db8::2]:53",
        ),
        (flow("10.0.1.10", "10.0.1.11", protocol=1), "icmp echo 10.0.1.10 > 10.0.1.11"),
        (
            flow("10.0.1.10", "10.0.1.11", protocol=1, icmp_type=0),
            "icmp echo-reply 10.0.1.10 > 10.0.1.11",
        ),
        (
            flow("10.0.1.10", "10.0.1.11", protocol=1, icmp_type=3, icmp_code=4),
            "icmp 3/4 10.0.1.10 > 10.0.1.11",
        ),
        (flow("2001:db8::1", "2001:db8::2", protocol=58), "icmpv6 echo 2001:db8::1 > 2001:db8::2"),
        (flow("10.0.1.10", "10.0.1.11", protocol=47), "protocol 47 10.0.1.10 > 10.0.1.11"),
    ],
)
def test_a_packet_is_protocol_source_and_destination(found: Flow, text: str) -> None:
    assert packet_text(found) == text


def ethernet(rest: str) -> Flow:
    return read_flow(B.to_bytes(6) + A.to_bytes(6) + bytes.fromhex(rest))


@pytest.mark.parametrize(
    ("rest", "text"),
    [
        ("0806", "arp unreadable 02-00-00-00-01-0A > 02-00-00-00-01-0B"),
        ("88cc", "ethertype 0x88CC 02-00-00-00-01-0A > 02-00-00-00-01-0B"),
        ("0800", "ethertype 0x0800 unreadable 02-00-00-00-01-0A > 02-00-00-00-01-0B"),
        ("8100000588cc", "vlan 5 ethertype 0x88CC 02-00-00-00-01-0A > 02-00-00-00-01-0B"),
    ],
)
def test_what_is_not_ip_is_told_by_its_macs(rest: str, text: str) -> None:
    assert packet_text(ethernet(rest)) == text


def test_the_destination_is_an_address_where_there_is_one() -> None:
    assert destination(flow("10.0.1.10", "10.0.1.11", protocol=1)) == "10.0.1.11"
    assert destination(ethernet("88cc")) == "02-00-00-00-01-0B"


def test_a_protocol_without_a_name_is_its_number() -> None:
    assert protocol_of(flow("10.0.1.10", "10.0.1.11", protocol=47)) == "47"
    assert protocol_of(flow("2001:db8::1", "2001:db8::2", protocol=1)) == "1"
    assert protocol_of(ethernet("0806")) == "arp"
    assert protocol_of(ethernet("88cc")) is None


A4, B4 = IPv4Address("10.0.1.10"), IPv4Address("10.0.1.11")
A6, B6 = IPv6Address("2001:db8::a"), IPv6Address("2001:db8::b")
ASKED_4 = question(src_mac=A, src=A4, target=B4, dst_mac=None)
ASKED_6 = question(src_mac=A, src=A6, target=B6, dst_mac=None)
CHECKED_6 = question(src_mac=A, src=A6, target=B6, dst_mac=B)


@pytest.mark.parametrize(
    ("frame", "text"),
    [
        (ASKED_4, "arp who-has 10.0.1.11 tell 10.0.1.10"),
        (question(src_mac=A, src=A4, target=B4, dst_mac=B), "arp check 10.0.1.11 tell 10.0.1.10"),
        (question(src_mac=A, src=IPv4Address(0), target=B4, dst_mac=None), "arp probe 10.0.1.11"),
        (answer(ASKED_4, B), "arp reply 10.0.1.11 tell 10.0.1.10"),
        (announcement(src_mac=A, address=A4), "arp announce 10.0.1.10"),
        (ASKED_6, "nd who-has 2001:db8::b tell 2001:db8::a"),
        (
            question(src_mac=A, src=A6, target=B6, dst_mac=B),
            "nd check 2001:db8::b tell 2001:db8::a",
        ),
        (question(src_mac=A, src=IPv6Address(0), target=B6, dst_mac=None), "nd probe 2001:db8::b"),
        (answer(ASKED_6, B), "nd reply 2001:db8::b tell 2001:db8::a"),
        (announcement(src_mac=A, address=A6), "nd announce 2001:db8::a"),
    ],
)
def test_address_resolution_says_what_it_is_for(frame: bytes, text: str) -> None:
    assert packet_text(read_flow(frame)) == text


def test_the_destination_of_address_resolution_is_what_it_is_about() -> None:
    assert destination(read_flow(ASKED_4)) == "10.0.1.11"
    assert destination(read_flow(ASKED_6)) == "2001:db8::b"
