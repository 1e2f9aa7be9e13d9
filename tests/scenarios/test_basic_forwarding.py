"""Frames between the VMs of the reference network, and out through its gateway VM."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import ICMPv6EchoRequest, IPv6
from scapy.layers.l2 import GRE, Ether
from scapy.layers.vxlan import VXLAN

from hnvemu import Outcome, Reason

if TYPE_CHECKING:
    from collections.abc import Callable

    from hnvemu import Fabric, Trace

    Network = Callable[..., Fabric]
    Frame = Callable[..., bytes]

DG = "02-00-00-FF-FF-01"
MAC_A = "02-00-00-00-01-0A"
MAC_B = "02-00-00-00-01-0B"
MAC_C = "02-00-00-00-01-0C"
MAC_X = "02-00-00-00-02-14"
MAC_GW = "02-00-00-00-03-FA"

PROFILES = ["transparent", "ws2012", "ws2012r2", "hnvv2"]


def rules(trace: Trace) -> set[str]:
    """Return the rules that the steps of ``trace`` apply."""
    return {rule for step in trace.steps for rule in step.rules}


def test_t01_frames_of_one_subnet_cross_in_nvgre_as_they_are(
    network: Network, frame: Frame
) -> None:
    fabric = network()
    sent = frame("A", "B")

    trace = fabric.send(sent, at="A")

    assert trace.outcome is Outcome.DELIVERED
    assert trace.reason is None
    assert [hop.node for hop in trace.hops] == ["H1", "H2"]
    assert trace.receiver == "T/B"
    assert {"FWD-4", "FWD-7", "FWD-10", "FWD-15", "FWD-21", "FWD-31", "ENC-1"} <= rules(trace)
    [arrived] = trace.delivered
    assert (arrived.to, arrived.vsid, arrived.frame) == ("T/B", 5001, sent)
    assert (str(arrived.dst_mac), arrived.ttl) == (MAC_B, 64)
    assert trace.notes == ()


def test_t01_the_wire_carries_key_5001_between_the_two_provider_addresses(
    network: Network, frame: Frame
) -> None:
    sent = frame("A", "B")

    [wire] = network().send(sent, at="A").wire

    assert (wire.sender, wire.receiver, wire.tunnel.vsid, wire.flow_id) == ("H1", "H2", 5001, 0)
    assert wire.frame[26:34] == bytes([192, 168, 10, 11, 192, 168, 10, 12])
    assert wire.frame[34:42] == bytes.fromhex("20006558 00138900")
    assert wire.frame[42:] == sent
    assert len(wire.frame) == 140


def test_t01_scapy_reads_the_wire_as_it_was_written(network: Network) -> None:
    trace = network().send(Ether() / IP(dst="10.0.1.11") / ICMP() / bytes(56), at="A")

    outer = trace.wire[0].packet
    assert (outer[IP].src, outer[IP].dst, outer[IP].proto) == (
        "192.168.10.11",
        "192.168.10.12",
        47,
    )
    assert (outer[IP].ttl, outer[IP].flags, outer[IP].id) == (128, "DF", 0)
    assert (outer[GRE].proto, outer[GRE].key) == (0x6558, 0x00138900)
    assert outer[Ether].src == "02:00:c0:a8:0a:0b"
    assert outer[Ether].dst == "02:00:c0:a8:0a:0c"
    inner = outer[GRE].payload
    assert (inner.src, inner.dst) == ("02:00:00:00:01:0a", "02:00:00:00:01:0b")
    assert (inner[IP].src, inner[IP].dst) == ("10.0.1.10", "10.0.1.11")


def test_t02_frames_between_vms_of_one_host_need_no_tunnel(network: Network, frame: Frame) -> None:
    sent = frame("A", "C")

    trace = network().send(sent, at="A")

    assert trace.outcome is Outcome.DELIVERED
    assert [hop.node for hop in trace.hops] == ["H1"]
    assert trace.receiver == "T/C"
    assert trace.wire == ()
    assert trace.delivered[0].frame == sent
    assert "FWD-30" in rules(trace)


def test_t02_the_switch_of_2012_delivers_before_hnv_sees_the_frame(
    network: Network, frame: Frame
) -> None:
    sent = frame("A", "C")

    trace = network(profile="ws2012").send(sent, at="A")

    assert trace.outcome is Outcome.DELIVERED
    assert trace.receiver == "T/C"
    assert trace.delivered[0].frame == sent
    assert "FWD-2" in rules(trace)
    assert not {"SRC-1", "FWD-4", "FWD-10"} & rules(trace)
    assert ["HNV was not involved" in note.text for note in trace.notes] == [True]


@pytest.mark.parametrize(
    ("profile", "dst_mac", "ttl"),
    [
        ("transparent", DG, 64),
        ("ws2012", MAC_X, 64),
        ("ws2012r2", MAC_X, 63),
        ("hnvv2", MAC_X, 64),
    ],
)
def test_t03_profiles_change_different_fields_between_subnets(
    network: Network, frame: Frame, profile: str, dst_mac: str, ttl: int
) -> None:
    sent = frame("A", "X")

    trace = network(profile=profile).send(sent, at="A")

    assert trace.outcome is Outcome.DELIVERED
    assert trace.hops[-1].node == "H2"
    [arrived] = trace.delivered
    assert (arrived.to, arrived.vsid) == ("T/X", 5003)
    assert (str(arrived.src_mac), str(arrived.dst_mac), arrived.ttl) == (MAC_A, dst_mac, ttl)
    assert arrived.frame[26:] == sent[26:]


def test_t03_the_key_is_the_subnet_of_the_destination(network: Network, frame: Frame) -> None:
    sent = frame("A", "X")

    trace = network().send(sent, at="A")

    assert trace.wire[0].frame[34:42] == bytes.fromhex("20006558 00138b00")
    assert trace.delivered[0].frame == sent
    texts = [note.text for note in trace.notes]
    assert texts[0] == (
        "a 2012 R2 or later host would write destination MAC 02-00-00-00-02-14"
        " in place of 02-00-00-FF-FF-01"
    )
    assert texts[1] == "a 2012 R2 host would probably write TTL 63"


def test_t03_counting_a_hop_keeps_the_checksum_right(network: Network) -> None:
    fabric = network(profile="ws2012r2")

    trace = fabric.send(Ether() / IP(dst="10.1.2.20", ttl=64) / TCP(dport=80), at="A")

    arrived = trace.delivered[0].packet
    written = arrived[IP].chksum
    del arrived[IP].chksum
    assert Ether(bytes(arrived))[IP].chksum == written
    assert arrived[IP].ttl == 63


def test_t03_version_2_uses_vxlan_with_the_vsid_as_vni(network: Network, frame: Frame) -> None:
    sent = frame("A", "X")

    [wire] = network(profile="hnvv2").send(sent, at="A").wire

    assert len(wire.frame) == 148
    assert wire.frame[42:50] == bytes.fromhex("08000000 00138b00")
    assert (wire.packet[UDP].dport, wire.packet[VXLAN].vni) == (4789, 5003)
    assert wire.packet[UDP].sport >= 49152
    assert wire.flow_id is None
    assert wire.packet[VXLAN].payload.dst == "02:00:00:00:02:14"


def test_t04_subnets_on_one_host_meet_without_a_tunnel(network: Network, frame: Frame) -> None:
    sent = frame("A", "Y")

    trace = network().send(sent, at="A")

    assert trace.outcome is Outcome.DELIVERED
    assert [hop.node for hop in trace.hops] == ["H1"]
    assert trace.wire == ()
    [arrived] = trace.delivered
    assert (arrived.to, arrived.vsid, arrived.frame) == ("T/Y", 5003, sent)
    assert {"FWD-30", "FWD-33"} <= rules(trace)


def test_t05_the_default_route_leads_to_the_gateway_vm(network: Network, frame: Frame) -> None:
    sent = frame("A", "8.8.8.8")

    trace = network().send(sent, at="A")

    assert trace.outcome is Outcome.TO_GATEWAY
    assert trace.reason is None
    assert [hop.node for hop in trace.hops] == ["H1", "H3"]
    [arrived] = trace.delivered
    assert (arrived.to, arrived.vsid, arrived.frame) == ("T/GW", 5002, sent)
    assert {"FWD-8", "FWD-10", "FWD-32", "RCV-6", "GWY-3"} <= rules(trace)


def test_t05_the_way_to_h3_goes_through_the_provider_router(network: Network, frame: Frame) -> None:
    [wire] = network().send(frame("A", "8.8.8.8"), at="A").wire

    assert wire.receiver == "H3"
    assert wire.frame[:6].hex() == "0200c0a80a01"
    assert wire.frame[26:34] == bytes([192, 168, 10, 11, 192, 168, 20, 13])
    assert wire.frame[34:42] == bytes.fromhex("20006558 00138a00")


def test_t05_2012_r2_addresses_the_frame_to_the_gateway_vm(network: Network, frame: Frame) -> None:
    trace = network(profile="ws2012r2").send(frame("A", "8.8.8.8"), at="A")

    assert trace.outcome is Outcome.TO_GATEWAY
    [arrived] = trace.delivered
    assert (arrived.to, str(arrived.dst_mac), arrived.ttl) == ("T/GW", MAC_GW, 63)
    assert str(arrived.packet[IP].dst) == "8.8.8.8"


def test_t06_every_vm_of_the_network_reaches_the_gateway(network: Network) -> None:
    trace = network().send(Ether() / IP(dst="8.8.8.8") / ICMP(), at="B")

    assert trace.outcome is Outcome.TO_GATEWAY
    assert [hop.node for hop in trace.hops] == ["H2", "H3"]
    assert trace.receiver == "T/GW"
    assert trace.wire[0].tunnel.vsid == 5002


@pytest.mark.parametrize(("sender", "to"), [("B", "X"), ("X", "B")])
def test_t07_two_subnets_on_h2_meet_there(
    network: Network, frame: Frame, sender: str, to: str
) -> None:
    sent = frame(sender, to)

    trace = network().send(sent, at=sender)

    assert trace.outcome is Outcome.DELIVERED
    assert [hop.node for hop in trace.hops] == ["H2"]
    assert trace.receiver == f"T/{to}"
    assert trace.wire == ()
    assert trace.delivered[0].frame == sent


def test_t08_the_gateway_vm_may_send_from_outside_addresses(network: Network, frame: Frame) -> None:
    sent = frame("GW", "A", src="8.8.8.8")

    trace = network().send(sent, at="GW")

    assert trace.outcome is Outcome.DELIVERED
    assert [hop.node for hop in trace.hops] == ["H3", "H1"]
    assert trace.receiver == "T/A"
    assert trace.wire[0].frame[34:42] == bytes.fromhex("20006558 00138900")
    assert trace.delivered[0].frame == sent
    assert {"SRC-2", "RCV-9", "GWY-4"} <= rules(trace)


def test_t09_without_a_wildcard_replies_from_outside_are_lost_at_once(
    network: Network, frame: Frame
) -> None:
    fabric = network(("gateway: true", "gateway: false"))

    trace = fabric.send(frame("GW", "A", src="8.8.8.8"), at="GW")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.SRC_RECORD_MISSING)
    assert [hop.node for hop in trace.hops] == ["H3"]
    assert "SRC-4" in trace.steps[-1].rules


def test_t10_without_a_wildcard_the_gateways_host_refuses_what_it_gets(
    network: Network, frame: Frame
) -> None:
    fabric = network(("gateway: true", "gateway: false"))

    trace = fabric.send(frame("A", "8.8.8.8"), at="A")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.DST_RECORD_MISSING)
    assert [hop.node for hop in trace.hops] == ["H1", "H3"]
    assert len(trace.wire) == 1
    assert trace.delivered == ()
    assert "RCV-6" in trace.steps[-1].rules


def test_t11_an_address_without_a_record_is_unknown(network: Network) -> None:
    trace = network().send(Ether() / IP(dst="10.0.1.99") / ICMP(), at="A")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.DST_RECORD_MISSING)
    assert [hop.node for hop in trace.hops] == ["H1"]
    assert "FWD-10" in trace.steps[-1].rules


def test_t12_an_unknown_neighbour_of_the_gateway_is_not_handed_to_it(network: Network) -> None:
    trace = network().send(Ether() / IP(dst="10.0.2.77") / ICMP(), at="A")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.DST_ONLINK)
    assert [hop.node for hop in trace.hops] == ["H1"]
    assert "FWD-11" in trace.steps[-1].rules


def test_t13_nobody_answers_a_ping_to_the_gateway_address(network: Network) -> None:
    trace = network().send(Ether() / IP(dst="10.0.1.1") / ICMP(), at="A")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.GATEWAY_NOT_A_HOST)
    assert [hop.node for hop in trace.hops] == ["H1"]
    assert {"FWD-12", "ICMP-1"} <= set(trace.steps[-1].rules)


def test_t14_equal_addresses_of_two_networks_never_meet(network: Network, frame: Frame) -> None:
    sent = frame("Z", "10.0.1.11")

    trace = network().send(sent, at="Z")

    assert trace.outcome is Outcome.DELIVERED
    assert trace.receiver == "U/W"
    assert trace.delivered[0].frame == sent
    assert trace.wire[0].frame[38:42] == bytes.fromhex("00177100")


def test_t15_without_a_default_route_there_is_no_way_out(network: Network, frame: Frame) -> None:
    fabric = network(("- {prefix: 0.0.0.0/0, next_hop: 10.0.2.250, vsid: 5002}", ""))

    trace = fabric.send(frame("A", "203.0.113.9"), at="A")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.ROUTE_MISSING)
    assert [hop.node for hop in trace.hops] == ["H1"]
    assert "FWD-4" in trace.steps[-1].rules


ON_LINK_6001 = "- {prefix: 10.0.1.0/24, next_hop: on-link, vsid: 6001}"
ON_LINK_6002 = "- {prefix: 10.9.9.0/24, next_hop: on-link, vsid: 6002}"
V_OF_U = "V: {host: H2, vsid: 6002, mac: 02-00-00-00-62-09, ca: 10.9.9.9}"


def test_t16_an_address_of_another_network_is_outside(network: Network, frame: Frame) -> None:
    fabric = network(
        (ON_LINK_6001, f"{ON_LINK_6001}\n      {ON_LINK_6002}"),
        ("Z: {host: H1,", f"{V_OF_U}\n      Z: {{host: H1,"),
    )

    from_t = fabric.send(frame("A", "10.9.9.9"), at="A")
    from_u = fabric.send(frame("Z", "10.9.9.9"), at="Z")

    assert (from_t.outcome, from_t.receiver) == (Outcome.TO_GATEWAY, "T/GW")
    assert from_t.wire[0].tunnel.vsid == 5002
    assert (from_u.outcome, from_u.receiver) == (Outcome.DELIVERED, "U/V")


def test_t17_the_destination_mac_does_not_steer(network: Network, frame: Frame) -> None:
    sent = frame("A", "X", dst_mac=MAC_B)

    trace = network().send(sent, at="A")

    assert trace.outcome is Outcome.DELIVERED
    assert [frame.to for frame in trace.delivered] == ["T/X"]
    assert trace.delivered[0].frame == sent


def test_t18_2012_r2_corrects_a_stale_mac(network: Network, frame: Frame) -> None:
    sent = frame("A", "B", dst_mac="02-DE-AD-00-00-01")

    trace = network(profile="ws2012r2").send(sent, at="A")

    assert trace.outcome is Outcome.DELIVERED
    [arrived] = trace.delivered
    assert (arrived.to, str(arrived.dst_mac), arrived.ttl) == ("T/B", MAC_B, 64)
    assert arrived.frame[6:] == sent[6:]


def test_t18_transparent_delivers_with_the_stale_mac_and_says_so(
    network: Network, frame: Frame
) -> None:
    sent = frame("A", "B", dst_mac="02-DE-AD-00-00-01")

    trace = network().send(sent, at="A")

    assert trace.outcome is Outcome.DELIVERED
    assert trace.delivered[0].frame == sent
    assert [note.rules for note in trace.notes] == [("FWD-21",)]


def test_t18_the_filter_of_2012_drops_a_stale_mac(network: Network, frame: Frame) -> None:
    sent = frame("A", "B", dst_mac="02-DE-AD-00-00-01")

    trace = network(profile="ws2012").send(sent, at="A")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.DST_MAC_MISMATCH)
    assert [hop.node for hop in trace.hops] == ["H1"]
    assert trace.steps[-1].rules == ("FWD-2b",)


@pytest.mark.parametrize("profile", PROFILES)
def test_t19_the_last_hop_suffices_inside_a_subnet(network: Network, profile: str) -> None:
    trace = network(profile=profile).send(Ether() / IP(dst="10.0.1.11", ttl=1) / ICMP(), at="A")

    assert trace.outcome is Outcome.DELIVERED
    assert (trace.receiver, trace.delivered[0].ttl) == ("T/B", 1)


@pytest.mark.parametrize("profile", ["transparent", "ws2012", "hnvv2"])
def test_t19_the_last_hop_suffices_between_subnets(network: Network, profile: str) -> None:
    trace = network(profile=profile).send(Ether() / IP(dst="10.1.2.20", ttl=1) / ICMP(), at="A")

    assert trace.outcome is Outcome.DELIVERED
    assert (trace.receiver, trace.delivered[0].ttl) == ("T/X", 1)


def test_t19_2012_r2_counts_a_hop_between_subnets(network: Network) -> None:
    fabric = network(profile="ws2012r2")

    trace = fabric.send(Ether() / IP(dst="10.1.2.20", ttl=1) / ICMP(), at="A")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.TTL_EXPIRED)
    assert [hop.node for hop in trace.hops] == ["H1"]
    assert {"FWD-23", "FWD-24"} <= set(trace.steps[-1].rules)


def traceroute(fabric: Fabric, frame: Frame, to: str) -> list[str]:
    """Return who got the probes of A with TTL 1, 2 and 3; a star where nobody did."""
    traces = [fabric.send(frame("A", to, ttl=ttl), at="A") for ttl in (1, 2, 3)]
    assert all(not trace.delivered or trace.outcome in _ARRIVED for trace in traces)
    return [trace.delivered[0].to if trace.delivered else "*" for trace in traces]


_ARRIVED = {Outcome.DELIVERED, Outcome.TO_GATEWAY}


@pytest.mark.parametrize("profile", ["transparent", "ws2012", "hnvv2"])
def test_t20_traceroute_sees_the_destination_first(
    network: Network, frame: Frame, profile: str
) -> None:
    assert traceroute(network(profile=profile), frame, "X") == ["T/X", "T/X", "T/X"]


def test_t20_traceroute_sees_a_star_in_2012_r2(network: Network, frame: Frame) -> None:
    fabric = network(profile="ws2012r2")

    assert traceroute(fabric, frame, "X") == ["*", "T/X", "T/X"]
    assert fabric.send(frame("A", "X", ttl=1), at="A").reason is Reason.TTL_EXPIRED


@pytest.mark.parametrize("profile", ["transparent", "ws2012", "hnvv2"])
def test_t21_traceroute_sees_the_gateway_vm_first(
    network: Network, frame: Frame, profile: str
) -> None:
    assert traceroute(network(profile=profile), frame, "8.8.8.8") == ["T/GW", "T/GW", "T/GW"]


def test_t21_traceroute_sees_a_star_before_the_gateway_vm_in_2012_r2(
    network: Network, frame: Frame
) -> None:
    assert traceroute(network(profile="ws2012r2"), frame, "8.8.8.8") == ["*", "T/GW", "T/GW"]


def test_t22_ipv6_travels_in_ipv4(network: Network) -> None:
    sent = Ether() / IPv6(dst="2001:db8:12::14") / ICMPv6EchoRequest(data=bytes(56))

    trace = network().send(sent, at="A")

    assert trace.outcome is Outcome.DELIVERED
    assert (trace.hops[-1].node, trace.receiver) == ("H2", "T/X")
    wire = trace.wire[0]
    assert wire.frame[12:14] == bytes.fromhex("0800")
    assert wire.frame[34:42] == bytes.fromhex("20006558 00138b00")
    assert len(wire.frame) == len(trace.frame) + 42 == 160
    assert trace.delivered[0].frame == trace.frame
    assert trace.delivered[0].packet[IPv6].src == "2001:db8:1::a"


def test_t23_the_ipv6_default_route_leads_to_the_gateway_vm(network: Network, frame: Frame) -> None:
    trace = network().send(frame("A", "2001:4860::8888"), at="A")

    assert trace.outcome is Outcome.TO_GATEWAY
    assert (trace.hops[-1].node, trace.receiver) == ("H3", "T/GW")
    assert trace.wire[0].tunnel.vsid == 5002
    assert {"GWY-1", "GWY-3"} <= rules(trace)
