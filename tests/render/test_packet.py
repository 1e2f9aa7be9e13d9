from __future__ import annotations

from typing import Any

import pytest

from hnvemu.addresses import MacAddress, parse_address
from hnvemu.render.packet import destination, packet_text, protocol_of
from hnvemu.wire.build import build_frame
from hnvemu.wire.flow import Flow, read_flow

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
        ("0806", "arp 02-00-00-00-01-0A > 02-00-00-00-01-0B"),
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
