"""Frames that a port refuses for what they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from scapy.layers.dhcp import BOOTP, DHCP
from scapy.layers.dhcp6 import DHCP6_Advertise
from scapy.layers.inet import ICMP, IP, UDP
from scapy.layers.inet6 import ICMPv6ND_RA, IPv6
from scapy.layers.l2 import Ether

from hnvemu import Outcome, QuestionError, Reason

if TYPE_CHECKING:
    from collections.abc import Callable

    from scapy.packet import Packet

    from hnvemu import Fabric

    Network = Callable[..., Fabric]
    Frame = Callable[..., bytes]

MAC_A = "02:00:00:00:01:0a"
OFFER = IP(dst="10.0.1.11") / UDP(sport=67, dport=68) / BOOTP(op=2)
ADVERTISE = IPv6(dst="2001:db8:1::b") / UDP(sport=547, dport=546) / DHCP6_Advertise()


@pytest.mark.parametrize("message", [OFFER / DHCP(options=["end"]), ADVERTISE])
def test_dhcp_guard_stops_the_messages_of_servers(
    network: Network, message: Packet
) -> None:  # ING-5
    guarded = network(("A: {host: H1,", "A: {dhcp_guard: true, host: H1,"))

    trace = guarded.send(Ether() / message, at="A")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.DHCP_GUARD)
    assert trace.steps[-1].rules == ("ING-5",)
    assert network().send(Ether() / message, at="A").outcome is Outcome.DELIVERED


def test_dhcp_guard_lets_clients_ask(network: Network) -> None:  # ING-5
    guarded = network(("A: {host: H1,", "A: {dhcp_guard: true, host: H1,"))
    renewal = Ether() / IP(dst="10.0.1.11") / UDP(sport=68, dport=67) / BOOTP()

    assert guarded.send(renewal, at="A").outcome is Outcome.DELIVERED


ADVERTISEMENT = IPv6(src="fe80::1", dst="ff02::1", hlim=255) / ICMPv6ND_RA()
REDIRECT = IP(dst="10.0.1.11") / ICMP(type="redirect")


@pytest.mark.parametrize("message", [ADVERTISEMENT, REDIRECT])
def test_router_guard_stops_the_messages_of_routers(
    network: Network, message: Packet
) -> None:  # ING-5
    guarded = network(("A: {host: H1,", "A: {router_guard: true, host: H1,"))
    sent = Ether(src=MAC_A, dst="02:00:00:00:01:0b") / message

    trace = guarded.send(sent, at="A")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.ROUTER_GUARD)
    assert network().send(sent, at="A").reason is not Reason.ROUTER_GUARD


def test_router_guard_lets_pings_pass(network: Network, frame: Frame) -> None:  # ING-5
    guarded = network(("A: {host: H1,", "A: {router_guard: true, host: H1,"))

    assert guarded.send(frame("A", "B"), at="A").outcome is Outcome.DELIVERED


def test_guards_come_before_firewall_rules(network: Network) -> None:  # ING-5
    fabric = network(
        ("A: {host: H1,", "A: {dhcp_guard: true, host: H1,"),
        also="firewall: {rules: [{name: no, vms: [A], direction: outbound, action: block}]}",
    )

    assert fabric.send(Ether() / OFFER, at="A").reason is Reason.DHCP_GUARD


def test_firewall_rules_come_before_the_source_record(
    network: Network, frame: Frame
) -> None:  # ING-5
    fabric = network(
        also="firewall: {rules: [{name: no, vms: [A], direction: outbound, action: block}]}"
    )

    trace = fabric.send(frame("A", "B", src="10.0.1.50"), at="A")

    assert trace.reason is Reason.ACL_DENY_OUT


@pytest.mark.parametrize(
    ("dst_mac", "src_mac", "reason"),
    [
        ("00-00-00-00-00-00", "02-00-00-00-01-0A", Reason.NULL_DST_MAC),
        ("02-00-00-00-01-0B", "00-00-00-00-00-00", Reason.INVALID_SRC_MAC),
        ("02-00-00-00-01-0B", "03-00-00-00-01-0A", Reason.INVALID_SRC_MAC),
    ],
)
def test_null_and_group_macs_are_refused(
    network: Network, frame: Frame, dst_mac: str, src_mac: str, reason: Reason
) -> None:  # ING-3
    trace = network().send(frame("A", "B", dst_mac=dst_mac, src_mac=src_mac), at="A")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, reason)


@pytest.mark.parametrize("profile", ["transparent", "ws2012r2", "hnvv2"])
def test_frames_that_are_not_ip_stay_off_the_same_host_too(
    network: Network, profile: str
) -> None:  # ING-6
    sent = Ether(src=MAC_A, dst="02:00:00:00:01:0c", type=0x88CC) / bytes(46)

    trace = network(profile=profile).send(sent, at="A")

    assert trace.reason is Reason.UNSUPPORTED_ETHERTYPE


def test_2012_drops_what_is_not_ip_at_the_uplink(network: Network) -> None:  # ING-6
    sent = Ether(src=MAC_A, dst="02:00:00:00:01:0b", type=0x88CC) / bytes(46)

    assert network(profile="ws2012").send(sent, at="A").reason is Reason.UNSUPPORTED_ETHERTYPE


@pytest.mark.parametrize("octets", [14, 20, 33, 97])
def test_a_packet_cut_short_is_malformed(
    network: Network, frame: Frame, octets: int
) -> None:  # ING-7
    trace = network().send(frame("A", "B")[:octets], at="A")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.MALFORMED)
    assert trace.steps[-1].rules == ("ING-7",)


def test_a_wrong_header_checksum_is_noticed(network: Network) -> None:  # ING-7
    sent = Ether() / IP(dst="10.0.1.11", chksum=0x1234) / ICMP()

    trace = network().send(sent, at="A")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.IP_CHECKSUM)
    assert [hop.node for hop in trace.hops] == ["H1"]


def test_octets_behind_the_packet_are_carried(network: Network, frame: Frame) -> None:  # FWD-25
    padded = frame("A", "B") + b"padding"

    trace = network().send(padded, at="A")

    assert (trace.outcome, trace.delivered[0].frame) == (Outcome.DELIVERED, padded)


def test_a_packet_that_scapy_cannot_build_is_a_question_error(network: Network) -> None:
    impossible = Ether() / IP(dst="10.0.1.11", ttl=4000)

    with pytest.raises(QuestionError, match="Scapy cannot build the packet"):
        network().send(impossible, at="A")
