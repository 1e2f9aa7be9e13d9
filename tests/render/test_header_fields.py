from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP, IPOption_RR
from scapy.layers.inet6 import ICMPv6ND_NA, ICMPv6NDOptDstLLAddr, IPv6, IPv6ExtHdrDestOpt
from scapy.layers.l2 import ARP, Dot1Q, Ether

from hnvemu.render.header_fields import decoded

if TYPE_CHECKING:
    from hnvemu.trace.trace import Trace

ETHER = Ether(src="02:00:00:00:01:0a", dst="02:00:00:00:01:0b")


def fields(packet: Ether, header: str) -> dict[str, str]:
    found = {
        decoded_header.name: dict(decoded_header.fields)
        for decoded_header in decoded(bytes(packet))
    }
    return found[header]


def test_ethernet_and_a_tag() -> None:
    packet = ETHER / Dot1Q(vlan=77, prio=5, dei=1) / IP()

    assert fields(packet, "Ethernet") == {
        "destination MAC": "02-00-00-00-01-0B",
        "source MAC": "02-00-00-00-01-0A",
        "EtherType": "0x8100 (802.1Q tag)",
    }
    assert fields(packet, "802.1Q tag") == {
        "priority": "5",
        "drop eligible": "yes",
        "VLAN": "77",
        "EtherType": "0x0800 (IPv4)",
    }


def test_ipv4_with_options() -> None:
    packet = ETHER / IP(
        src="10.0.0.1", dst="10.0.0.2", tos=0xB9, id=0x1234, flags="DF", ttl=7, proto=47,
        options=[IPOption_RR()],
    )  # fmt: skip
    checksum = Ether(bytes(packet))[IP].chksum

    assert fields(packet, "IPv4") == {
        "header length": "24",
        "DSCP": "46",
        "ECN": "1 (ECT(1))",
        "total length": "24",
        "identification": "0x1234",
        "flags": "DF",
        "fragment offset": "0",
        "TTL": "7",
        "protocol": "47 (GRE)",
        "checksum": f"0x{checksum:04X}",
        "source": "10.0.0.1",
        "destination": "10.0.0.2",
        "options": bytes(packet)[34:38].hex(" "),
    }


def test_a_fragment_tells_its_offset_in_octets() -> None:
    found = fields(ETHER / IP(flags="MF", frag=3, proto=17) / b"12345678", "IPv4")

    assert found["flags"] == "MF"
    assert found["fragment offset"] == "24"


def test_ipv6_with_an_extension_header() -> None:
    packet = ETHER / IPv6(src="2001:db8::1", dst="2001:db8::2", tc=3, fl=0xABCDE, hlim=9)
    packet /= IPv6ExtHdrDestOpt() / UDP(sport=53, dport=4789)

    assert fields(packet, "IPv6") == {
        "DSCP": "0",
        "ECN": "3 (congestion experienced)",
        "flow label": "0xABCDE",
        "payload length": "16",
        "next header": "60",
        "hop limit": "9",
        "source": "2001:db8::1",
        "destination": "2001:db8::2",
        "extension headers": bytes(packet)[54:62].hex(" "),
    }
    assert fields(packet, "UDP")["destination port"] == "4789"


def test_tcp() -> None:
    packet = ETHER / IP() / TCP(sport=49152, dport=80, seq=7, ack=9, flags="SA", window=512)
    checksum = Ether(bytes(packet))[TCP].chksum

    assert fields(packet, "TCP") == {
        "source port": "49152",
        "destination port": "80",
        "sequence number": "7",
        "acknowledgement": "9",
        "header length": "20",
        "flags": "SYN ACK",
        "window": "512",
        "checksum": f"0x{checksum:04X}",
        "urgent pointer": "0",
    }


def test_an_echo_has_identifier_and_sequence_number_and_other_messages_have_not() -> None:
    echo = fields(ETHER / IP() / ICMP(type=8, id=3, seq=4), "ICMP")
    unreachable = fields(ETHER / IP() / ICMP(type=3, code=4, nexthopmtu=1458), "ICMP")

    assert (echo["type"], echo["identifier"], echo["sequence number"]) == ("8 (echo)", "3", "4")
    assert (unreachable["type"], unreachable["rest of header"]) == ("3", "00 00 05 b2")


def test_arp() -> None:
    message = ARP(
        op=2, hwsrc="02:00:00:00:01:0b", psrc="10.0.1.11", hwdst="02:00:00:00:01:0a",
        pdst="10.0.1.10",
    )  # fmt: skip

    assert fields(ETHER / message, "ARP") == {
        "operation": "2 (reply)",
        "sender MAC": "02-00-00-00-01-0B",
        "sender address": "10.0.1.11",
        "target MAC": "02-00-00-00-01-0A",
        "target address": "10.0.1.10",
    }


def test_a_neighbour_advertisement_has_target_and_options() -> None:
    option = ICMPv6NDOptDstLLAddr(lladdr="02:00:00:00:01:0b")
    found = fields(
        ETHER / IPv6() / ICMPv6ND_NA(R=0, S=1, O=1, tgt="2001:db8::b") / option, "ICMPv6"
    )

    assert found["type"] == "136 (neighbour advertisement)"
    assert found["flags"] == "solicited override"
    assert found["target"] == "2001:db8::b"
    assert found["options"] == "02 01 02 00 00 00 01 0b"


@pytest.mark.parametrize(
    ("case", "names"),
    [
        ("conversation", ["outer Ethernet", "outer IPv4", "GRE"]),
        ("vxlan", ["outer Ethernet", "outer IPv4", "outer UDP", "VXLAN"]),
        ("tagged outside", ["outer Ethernet", "outer 802.1Q tag", "outer IPv4", "GRE"]),
    ],
)
def test_a_tunnelled_frame_has_outer_headers_and_the_customers(
    traces: dict[str, Trace], case: str, names: list[str]
) -> None:
    found = decoded(traces[case].wire[0].frame, tunnelled=True)

    assert [header.name for header in found] == [
        *names, "inner Ethernet", "inner IPv4", "inner TCP",
    ]  # fmt: skip


def test_what_is_not_known_stands_in_hex_digits() -> None:
    assert fields(ETHER / b"short", "payload") == {"octets": "5: 73 68 6f 72 74"}
    assert fields(ETHER / bytes(20), "payload") == {"octets": "20: " + "00 " * 12 + "…"}
