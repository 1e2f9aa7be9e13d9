"""Scapy packets in and out, without a look at this machine."""

from __future__ import annotations

import subprocess
import sys
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from scapy.config import conf
from scapy.layers import inet6 as scapy_inet6
from scapy.layers import l2 as scapy_l2
from scapy.layers.hsrp import HSRP
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import ICMPv6EchoRequest, ICMPv6ND_NS, ICMPv6NDOptSrcLLAddr, IPv6
from scapy.layers.l2 import ARP, Dot1Q, Dot3, Ether
from scapy.layers.vxlan import VXLAN
from scapy.packet import Packet, Raw

from hnvemu.addresses import IPAddress, MacAddress
from hnvemu.wire.encapsulation import Encapsulation, Encapsulator, Tunnel
from hnvemu.wire.packet import to_octets, to_packet

if TYPE_CHECKING:
    from collections.abc import Callable

SRC_MAC = MacAddress(0x0200_0000_0101)
DST_MAC = MacAddress(0x0200_0000_0102)
A, A6 = IPv4Address("10.0.1.10"), IPv6Address("2001:db8:1::a")


class _Refuses:
    """Stands for the routing table, the interfaces and the neighbours of this machine."""

    def __getattr__(self, name: str) -> NoReturn:
        raise AssertionError(f"Scapy asked this machine for {name}")

    def __call__(self, *_arguments: object, **_named: object) -> NoReturn:
        raise AssertionError("Scapy asked this machine")


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    refuses = _Refuses()
    for name in ("route", "route6", "neighbor"):
        monkeypatch.setattr(conf, name, refuses)
    for module, name in (
        (scapy_l2, "getmacbyip"),
        (scapy_l2, "resolve_iface"),
        (scapy_inet6, "getmacbyip6"),
    ):
        monkeypatch.setattr(module, name, refuses)


def octets(
    packet: Packet,
    *,
    dst_mac_for: Callable[[int, IPAddress], MacAddress] = lambda _version, _dst: DST_MAC,
    src_for: Callable[[int], IPAddress | None] = lambda version: A if version == 4 else A6,
) -> bytes:
    return to_octets(packet, src_mac=SRC_MAC, dst_mac_for=dst_mac_for, src_for=src_for)


def ether() -> Ether:
    return Ether(src="02:00:00:00:01:01", dst="02:00:00:00:01:02")


def test_machine_is_asked_without_the_module() -> None:
    """The guard of this module works: Scapy alone would look."""
    with pytest.raises(AssertionError, match="asked this machine"):
        bytes(Ether() / IP(dst="10.0.1.11"))


def test_unset_addresses_are_filled_in() -> None:
    expected = ether() / IP(src="10.0.1.10", dst="10.0.1.11") / ICMP()

    assert octets(Ether() / IP(dst="10.0.1.11") / ICMP()) == bytes(expected)


def test_unset_addresses_of_ipv6_are_filled_in() -> None:
    expected = ether() / IPv6(src="2001:db8:1::a", dst="2001:db8:1::b") / ICMPv6EchoRequest()

    assert octets(Ether() / IPv6(dst="2001:db8:1::b") / ICMPv6EchoRequest()) == bytes(expected)


def test_set_addresses_stay() -> None:
    packet = (
        Ether(src="02:00:00:00:00:99", dst="02:00:00:00:00:98")
        / IP(src="10.9.9.9", dst="10.0.1.11")
        / TCP(sport=1, dport=2)
    )

    assert octets(packet) == bytes(packet)


def test_packet_without_ethernet_gets_a_header() -> None:
    expected = ether() / IP(src="10.0.1.10", dst="10.0.1.11") / UDP(sport=1, dport=2)

    assert octets(IP(dst="10.0.1.11") / UDP(sport=1, dport=2)) == bytes(expected)
    assert octets(IPv6(dst="2001:db8::1"))[12:14] == b"\x86\xdd"


@pytest.mark.parametrize(
    ("packet", "version", "dst"),
    [
        (IP(dst="10.0.1.11"), 4, IPv4Address("10.0.1.11")),
        (Ether() / Dot1Q(vlan=5) / IP(dst="10.0.1.11"), 4, IPv4Address("10.0.1.11")),
        (IPv6(dst="2001:db8::b"), 6, IPv6Address("2001:db8::b")),
        (IPv6(dst="fe80::1%eth0"), 6, IPv6Address("fe80::1")),
        (IP(dst="10.0.1.4/30"), 4, IPv4Address("10.0.1.4")),
        (IP(dst=["10.0.1.7", "10.0.1.8"]), 4, IPv4Address("10.0.1.7")),
        (IP(), 4, IPv4Address("127.0.0.1")),
    ],
)
def test_destination_mac_is_asked_for_with_version_and_address(
    packet: Packet, version: int, dst: IPAddress
) -> None:
    asked: list[tuple[int, IPAddress]] = []

    def dst_mac_for(version: int, dst: IPAddress) -> MacAddress:
        asked.append((version, dst))
        return DST_MAC

    octets(packet, dst_mac_for=dst_mac_for)

    assert asked == [(version, dst)]


@pytest.mark.parametrize(("packet", "at"), [(IP(dst="10.0.1.11"), 26), (IPv6(dst="::1"), 22)])
def test_source_that_nobody_knows_is_unspecified(packet: Packet, at: int) -> None:
    frame = octets(packet, src_for=lambda _version: None)

    assert frame[at : at + 4] == bytes(4)


def test_arp_request_is_broadcast_from_the_guest() -> None:
    expected = Ether(src="02:00:00:00:01:01", dst="ff:ff:ff:ff:ff:ff") / ARP(
        hwsrc="02:00:00:00:01:01", psrc="10.0.1.10", pdst="10.0.1.11"
    )

    assert octets(ARP(pdst="10.0.1.11")) == bytes(expected)


def test_arp_reply_goes_to_the_asker() -> None:
    reply = ARP(op="is-at", hwdst="02:00:00:00:01:02", pdst="10.0.1.11")

    frame = octets(Ether() / reply)

    assert frame[:6] == DST_MAC.to_bytes(6)
    assert frame[22:32] == bytes.fromhex("020000000101 0a00010a")


def test_arp_of_ipv6_has_an_ipv6_sender() -> None:
    frame = octets(ARP(ptype=0x86DD, plen=16, pdst="2001:db8:1::b"))

    assert A6.packed in frame


def test_inner_headers_are_filled_in_too() -> None:
    packet = IP(dst="10.0.1.11") / IP(dst="10.0.2.1") / UDP(sport=1, dport=4789)
    packet /= VXLAN(flags=8, vni=5001) / Ether() / IPv6(dst="2001:db8::1") / ICMPv6EchoRequest()

    frame = octets(packet)

    assert frame.count(A.packed) == 2
    assert frame.count(DST_MAC.to_bytes(6) + SRC_MAC.to_bytes(6)) == 2
    assert A6.packed in frame


def test_fields_of_other_protocols_are_filled_in() -> None:
    solicitation = (
        IPv6(dst="ff02::1:ff00:b") / ICMPv6ND_NS(tgt="2001:db8::b") / ICMPv6NDOptSrcLLAddr()
    )
    hello = IP(dst="224.0.0.2") / UDP(sport=1985, dport=1985) / HSRP()

    assert octets(solicitation)[:12] == DST_MAC.to_bytes(6) + SRC_MAC.to_bytes(6)
    assert octets(hello)[26:30] == A.packed


def test_8023_frame_keeps_its_header() -> None:
    frame = octets(Dot3() / Raw(b"abc"))

    assert frame == bytes.fromhex("ffffffffffff 020000000101 0003") + b"abc"


def test_packet_of_the_caller_stays_as_it_is() -> None:
    packet = Ether() / IP(dst="10.0.1.11") / ICMP()
    before = [dict(layer.fields) for layer in packet.iterpayloads()]

    octets(packet)

    assert [dict(layer.fields) for layer in packet.iterpayloads()] == before


def test_bare_octets_are_a_whole_frame() -> None:
    """What rdpcap gives where the caller imported no layer."""
    frame = bytes(ether() / IP(src="10.0.1.10", dst="10.0.1.11") / TCP())

    assert octets(Raw(frame)) == frame


def test_dissected_packet_keeps_its_octets_and_its_faults() -> None:
    frame = bytearray(octets(IP(dst="10.0.1.11") / UDP(sport=1, dport=2) / b"xyz"))
    frame[24] ^= 0xFF  # a wrong checksum is to be traced, not mended
    frame += b"padding"

    assert octets(Ether(bytes(frame))) == bytes(frame)


def test_dissected_packet_is_not_copied() -> None:
    packet = Ether(octets(IP(dst="10.0.1.11") / UDP(sport=1, dport=2)))
    calls: list[str] = []

    sys.setprofile(lambda frame, _event, _argument: calls.append(frame.f_code.co_name))
    try:
        octets(packet)
    finally:
        sys.setprofile(None)

    assert not {"copy", "clone_with", "addfield"}.intersection(calls)


def test_dissected_and_changed_packet_is_built_anew() -> None:
    packet = Ether(octets(IP(dst="10.0.1.11") / UDP(sport=1, dport=2)))
    packet[IP].ttl = 3
    del packet[IP].chksum
    del packet[IP].src

    expected = octets(IP(dst="10.0.1.11", ttl=3) / UDP(sport=1, dport=2))
    assert octets(packet) == expected


@pytest.mark.parametrize("encapsulation", list(Encapsulation))
@pytest.mark.parametrize("addresses", [("192.168.10.11", "192.168.10.12"), ("2001:db8::1", "::2")])
def test_tunnel_is_dissected_to_the_inner_frame(
    encapsulation: Encapsulation, addresses: tuple[str, str]
) -> None:
    inner = octets(IP(dst="10.0.1.11") / ICMP())
    src, dst = map(ip_address, addresses)
    through = Tunnel(encapsulation, SRC_MAC, DST_MAC, vlan=0, src=src, dst=dst, vsid=5001)
    frame = Encapsulator(through).wrap(inner, entropy=7, tos=0)

    packet = to_packet(frame)

    found = packet.getlayer(Ether, 2)
    assert found is not None
    assert bytes(found) == inner
    assert found.haslayer(ICMP)
    assert bytes(packet) == frame


def test_scapy_is_imported_late() -> None:
    code = "import sys, hnvemu.wire.packet; print('scapy' in sys.modules)"

    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)

    assert answer.stdout == b"False\n"


def test_scapys_configuration_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    changes: list[str] = []
    kind = type(conf)
    set_attribute = kind.__setattr__

    def note(self: Any, name: str, value: object) -> None:
        changes.append(name)
        set_attribute(self, name, value)

    monkeypatch.setattr(kind, "__setattr__", note)
    to_packet(octets(Ether() / IP(dst="10.0.1.11") / ICMP()))

    assert changes == []
