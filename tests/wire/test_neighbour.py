"""ARP and neighbour discovery in octets. Scapy is the oracle, which dissects what is built."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest
from scapy.layers.inet6 import (
    ICMPv6ND_NA,
    ICMPv6ND_NS,
    ICMPv6NDOptDstLLAddr,
    ICMPv6NDOptSrcLLAddr,
    IPv6,
)
from scapy.layers.l2 import ARP, Ether

from hnvemu.addresses import MacAddress
from hnvemu.wire.neighbour import advertisement, announcement, answer, question, solicited_node

MAC_A, MAC_B = MacAddress(0x0200_0000_010A), MacAddress(0x0200_0000_010B)
A, B = IPv4Address("10.0.1.10"), IPv4Address("10.0.1.11")
A6, B6 = IPv6Address("2001:db8:1::a"), IPv6Address("2001:db8:1::b")
ALL = "ff:ff:ff:ff:ff:ff"
A_TEXT, B_TEXT = "02:00:00:00:01:0a", "02:00:00:00:01:0b"


def as_scapy_builds(packet: Ether) -> bytes:
    """Return the octets with lengths and checksums as Scapy computes them."""
    return bytes(packet)


def test_a_question_is_an_arp_request_to_everybody() -> None:
    frame = question(src_mac=MAC_A, src=A, target=B, dst_mac=None)

    expected = Ether(src=A_TEXT, dst=ALL) / ARP(op="who-has", hwsrc=A_TEXT, psrc=A, pdst=B)
    assert frame == as_scapy_builds(expected)
    assert frame == bytes.fromhex(
        "ffffffffffff 02000000010a 0806 0001 0800 06 04 0001"
        "02000000010a 0a00010a 000000000000 0a00010b"
    )


def test_a_check_is_an_arp_request_to_one() -> None:
    frame = question(src_mac=MAC_A, src=A, target=B, dst_mac=MAC_B)

    expected = Ether(src=A_TEXT, dst=B_TEXT) / ARP(op=1, hwsrc=A_TEXT, psrc=A, pdst=B)
    assert frame == as_scapy_builds(expected)


def test_an_answer_says_is_at_to_the_asker() -> None:  # ARP-10
    frame = answer(question(src_mac=MAC_A, src=A, target=B, dst_mac=None), MAC_B)

    told = ARP(op="is-at", hwsrc=B_TEXT, psrc=B, hwdst=A_TEXT, pdst=A)
    assert frame == as_scapy_builds(Ether(src=B_TEXT, dst=A_TEXT) / told)
    assert frame == bytes.fromhex(
        "02000000010a 02000000010b 0806 0001 0800 06 04 0002"
        "02000000010b 0a00010b 02000000010a 0a00010a"
    )


def test_the_answer_to_a_tagless_question_has_no_padding() -> None:
    padded = question(src_mac=MAC_A, src=A, target=B, dst_mac=None) + bytes(18)

    assert len(answer(padded, MAC_B)) == 42


def test_the_answer_to_a_probe_says_who_has_the_address() -> None:  # ARP-8
    unspecified = IPv4Address(0)
    probe = question(src_mac=MAC_A, src=unspecified, target=B, dst_mac=None)

    told = ARP(op=2, hwsrc=B_TEXT, psrc=B, hwdst=A_TEXT, pdst=unspecified)
    assert answer(probe, MAC_B) == as_scapy_builds(Ether(src=B_TEXT, dst=A_TEXT) / told)


def test_a_solicitation_goes_to_the_targets_group() -> None:
    frame = question(src_mac=MAC_A, src=A6, target=B6, dst_mac=None)

    expected = (
        Ether(src=A_TEXT, dst="33:33:ff:00:00:0b")
        / IPv6(src=A6, dst="ff02::1:ff00:b", hlim=255)
        / ICMPv6ND_NS(tgt=B6)
        / ICMPv6NDOptSrcLLAddr(lladdr=A_TEXT)
    )
    assert frame == as_scapy_builds(expected)


def test_a_unicast_solicitation_goes_to_the_target() -> None:
    frame = question(src_mac=MAC_A, src=A6, target=B6, dst_mac=MAC_B)

    expected = (
        Ether(src=A_TEXT, dst=B_TEXT)
        / IPv6(src=A6, dst=B6, hlim=255)
        / ICMPv6ND_NS(tgt=B6)
        / ICMPv6NDOptSrcLLAddr(lladdr=A_TEXT)
    )
    assert frame == as_scapy_builds(expected)


def test_a_probe_over_ipv6_carries_no_link_layer_address() -> None:
    """RFC 4861, 4.3: the option must not be there when the source is unspecified."""
    frame = question(src_mac=MAC_A, src=IPv6Address(0), target=A6, dst_mac=None)

    expected = (
        Ether(src=A_TEXT, dst="33:33:ff:00:00:0a")
        / IPv6(src="::", dst="ff02::1:ff00:a", hlim=255)
        / ICMPv6ND_NS(tgt=A6)
    )
    assert frame == as_scapy_builds(expected)


def test_an_advertisement_answers_solicited_and_overriding() -> None:  # ARP-10
    frame = answer(question(src_mac=MAC_A, src=A6, target=B6, dst_mac=None), MAC_B)

    expected = (
        Ether(src=B_TEXT, dst=A_TEXT)
        / IPv6(src=B6, dst=A6, hlim=255)
        / ICMPv6ND_NA(tgt=B6, R=0, S=1, O=1)
        / ICMPv6NDOptDstLLAddr(lladdr=B_TEXT)
    )
    assert frame == as_scapy_builds(expected)


def test_an_advertisement_to_a_prober_is_for_all_nodes_and_not_solicited() -> None:
    """RFC 4861, 7.2.4: there is no address to answer to."""
    probe = question(src_mac=MAC_A, src=IPv6Address(0), target=B6, dst_mac=None)

    expected = (
        Ether(src=B_TEXT, dst=A_TEXT)
        / IPv6(src=B6, dst="ff02::1", hlim=255)
        / ICMPv6ND_NA(tgt=B6, R=0, S=0, O=1)
        / ICMPv6NDOptDstLLAddr(lladdr=B_TEXT)
    )
    assert answer(probe, MAC_B) == as_scapy_builds(expected)


def test_an_announcement_of_ipv4_is_gratuitous_arp() -> None:
    frame = announcement(src_mac=MAC_A, address=A)

    expected = Ether(src=A_TEXT, dst=ALL) / ARP(op=1, hwsrc=A_TEXT, psrc=A, pdst=A)
    assert frame == as_scapy_builds(expected)


def test_an_announcement_of_ipv6_is_an_unsolicited_advertisement() -> None:
    frame = announcement(src_mac=MAC_A, address=A6)

    expected = (
        Ether(src=A_TEXT, dst="33:33:00:00:00:01")
        / IPv6(src=A6, dst="ff02::1", hlim=255)
        / ICMPv6ND_NA(tgt=A6, R=0, S=0, O=1)
        / ICMPv6NDOptDstLLAddr(lladdr=A_TEXT)
    )
    assert frame == as_scapy_builds(expected)


def test_an_advertisement_has_the_flags_it_is_given() -> None:
    frame = advertisement(
        src_mac=MAC_A, dst_mac=MAC_B, src=A6, dst=B6, target=A6, flags=0xE000_0000
    )

    told = Ether(frame)[ICMPv6ND_NA]
    assert (told.R, told.S, told.O) == (1, 1, 1)


@pytest.mark.parametrize(
    ("target", "group"),
    [
        ("2001:db8:1::b", "ff02::1:ff00:b"),
        ("2001:db8::1234:5678", "ff02::1:ff34:5678"),
        ("fe80::ffff:ffff", "ff02::1:ffff:ffff"),
    ],
)
def test_the_group_of_a_target_has_its_last_three_octets(target: str, group: str) -> None:
    assert solicited_node(IPv6Address(target)) == IPv6Address(group)


def test_a_question_is_of_one_family() -> None:
    with pytest.raises(ValueError, match="are not of one family"):
        question(src_mac=MAC_A, src=A, target=B6, dst_mac=None)
