"""Tunnels between hosts: their size, their way, and what stale tables do to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from scapy.layers.inet import ICMP, IP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import GRE, Dot1Q, Ether

from hnvemu import Outcome, Reason

if TYPE_CHECKING:
    from collections.abc import Callable

    from hnvemu import Fabric, Trace

    Network = Callable[..., Fabric]
    Frame = Callable[..., bytes]

MAC_A = "02:00:00:00:01:0a"
MAC_B = "02:00:00:00:01:0b"
H1 = "provider_addresses: [192.168.10.11/24]"
H2 = "provider_addresses: [192.168.10.12/24]"
A_ON_H1, A_ON_H2 = "A: {host: H1,", "A: {host: H2,"
RECORD_OF_B = "ca: 10.0.1.11, vsid: 5001, mac: 02-00-00-00-01-0B, pa: 192.168.10.12"
STALE_A = "{ca: 10.0.1.10, vsid: 5001, mac: 02-00-00-00-01-0A, pa: 192.168.10.11}"


def last(trace: Trace) -> Any:
    """Return the step that decided, for its evidence."""
    return trace.steps[-1]


def test_t42_a_packet_of_1458_octets_fills_the_provider_mtu(network: Network, frame: Frame) -> None:
    sent = frame("A", "B", length=1458)

    trace = network().send(sent, at="A")

    assert trace.outcome is Outcome.DELIVERED
    assert (len(sent), trace.wire[0].packet[IP].len) == (1472, 1500)
    assert trace.delivered[0].frame == sent


@pytest.mark.parametrize("df", [False, True])
def test_t42_a_packet_of_1459_octets_is_lost(network: Network, frame: Frame, df: bool) -> None:  # noqa: FBT001 - a parameter
    trace = network().send(frame("A", "B", length=1459, df=df), at="A")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.MTU_EXCEEDED)
    assert [hop.node for hop in trace.hops] == ["H1"]
    assert (last(trace).length, last(trace).limit) == (1459, 1458)
    assert "ENC-9" in trace.steps[-1].rules


def test_t42_a_host_does_not_look_at_the_size_of_local_packets(
    network: Network, frame: Frame
) -> None:
    trace = network().send(frame("A", "C", length=1500), at="A")

    assert (trace.outcome, trace.receiver) == (Outcome.DELIVERED, "T/C")


def test_t43_without_a_provider_route_only_on_link_hosts_are_reached(
    network: Network, frame: Frame
) -> None:
    fabric = network(
        (f"{H1}\n    provider_routes: [{{prefix: 0.0.0.0/0, next_hop: 192.168.10.1}}]", H1)
    )

    outside = fabric.send(frame("A", "8.8.8.8"), at="A")
    neighbour = fabric.send(frame("A", "B"), at="A")

    assert (outside.outcome, outside.reason) == (Outcome.DROPPED, Reason.PHYS_ROUTE_MISSING)
    assert [hop.node for hop in outside.hops] == ["H1"]
    assert "FWD-32" in outside.steps[-1].rules
    assert (neighbour.outcome, neighbour.receiver) == (Outcome.DELIVERED, "T/B")


def vlan_77(network: Network) -> Fabric:
    """Build the network with VLAN 77 on the provider addresses of H1 and H2."""
    return network(
        (H1, "provider_addresses: [{address: 192.168.10.11/24, vlan: 77}]"),
        (H2, "provider_addresses: [{address: 192.168.10.12/24, vlan: 77}]"),
    )


def test_t44_a_provider_vlan_tags_the_outer_frame(network: Network, frame: Frame) -> None:
    sent = frame("A", "B")

    trace = vlan_77(network).send(sent, at="A")

    assert (trace.outcome, trace.receiver) == (Outcome.DELIVERED, "T/B")
    wire = trace.wire[0].frame
    assert wire[12:18] == bytes.fromhex("8100 004d 0800")
    assert (len(wire), wire[46:]) == (144, sent)
    assert trace.wire[0].packet[Dot1Q].vlan == 77


def test_t44_a_provider_vlan_takes_nothing_from_the_mtu(network: Network, frame: Frame) -> None:
    fabric = vlan_77(network)

    assert fabric.send(frame("A", "B", length=1458), at="A").outcome is Outcome.DELIVERED
    assert fabric.send(frame("A", "B", length=1459), at="A").reason is Reason.MTU_EXCEEDED


def ipv6_provider(network: Network) -> Fabric:
    """Build the network with IPv6 provider addresses on H1 and H2."""
    return network(
        (H1, 'provider_addresses: ["2001:db8:a::11/64"]'),
        (H2, 'provider_addresses: ["2001:db8:a::12/64"]'),
    )


def test_t45_provider_addresses_may_be_ipv6(network: Network, frame: Frame) -> None:
    sent = frame("A", "B")

    trace = ipv6_provider(network).send(sent, at="A")

    assert (trace.outcome, trace.receiver) == (Outcome.DELIVERED, "T/B")
    [wire] = trace.wire
    outer = wire.packet[IPv6]
    assert (outer.src, outer.dst, outer.nh) == ("2001:db8:a::11", "2001:db8:a::12", 47)
    assert (len(wire.frame), wire.frame[62:]) == (160, sent)


def test_t45_ipv6_outside_leaves_1438_octets(network: Network, frame: Frame) -> None:
    fabric = ipv6_provider(network)

    fits = fabric.send(frame("A", "B", length=1438), at="A")
    too_long = fabric.send(frame("A", "B", length=1439), at="A")

    assert fits.outcome is Outcome.DELIVERED
    assert (too_long.reason, last(too_long).limit) == (Reason.MTU_EXCEEDED, 1438)


def test_t46_congestion_on_the_way_loses_a_packet_that_cannot_say_so(network: Network) -> None:
    outer = Ether(src="02:00:c0:a8:0a:0b", dst="02:00:c0:a8:0a:0c") / IP(
        src="192.168.10.11", dst="192.168.10.12", tos=3
    )
    key = GRE(key_present=1, proto=0x6558, key=5001 << 8)
    inner = Ether(src=MAC_A, dst=MAC_B) / IP(src="10.0.1.10", dst="10.0.1.11", tos=0) / ICMP()

    trace = network().send(outer / key / inner, at="pa:H2")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.ECN_CE_NON_ECT)
    assert [hop.node for hop in trace.hops] == ["H2"]
    assert trace.steps[-1].rules == ("RCV-5",)


def test_t47_a_tagged_inner_frame_is_refused(network: Network) -> None:
    outer = Ether(src="02:00:c0:a8:0a:0b", dst="02:00:c0:a8:0a:0c") / IP(
        src="192.168.10.11", dst="192.168.10.12"
    )
    key = GRE(key_present=1, proto=0x6558, key=5001 << 8)
    inner = Ether(src=MAC_A, dst=MAC_B) / Dot1Q(vlan=5) / IP(src="10.0.1.10", dst="10.0.1.11")

    trace = network().send(outer / key / inner / ICMP(), at="pa:H2")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.INNER_VLAN)
    assert trace.hops[-1].node == "H2"
    assert "RCV-4" in trace.steps[-1].rules


def test_t47_a_gre_header_with_a_checksum_is_not_nvgre(network: Network) -> None:
    outer = Ether(src="02:00:c0:a8:0a:0b", dst="02:00:c0:a8:0a:0c") / IP(
        src="192.168.10.11", dst="192.168.10.12"
    )
    key = GRE(chksum_present=1, key_present=1, proto=0x6558, key=5001 << 8)
    inner = Ether(src=MAC_A, dst=MAC_B) / IP(src="10.0.1.10", dst="10.0.1.11") / ICMP()

    trace = network().send(outer / key / inner, at="pa:H2")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.BAD_ENCAP)
    assert trace.hops[-1].node == "H2"
    assert "RCV-2" in trace.steps[-1].rules


def test_t48_a_record_missing_on_one_host_breaks_both_directions(
    network: Network, frame: Frame
) -> None:
    fabric = network(
        also="host_views: {H1: {without_lookup_records: [{ca: 10.1.2.20, vsid: 5003}]}}"
    )

    there = fabric.send(frame("A", "X"), at="A")
    back = fabric.send(frame("X", "A"), at="X")

    assert (there.outcome, there.reason) == (Outcome.DROPPED, Reason.DST_RECORD_MISSING)
    assert [hop.node for hop in there.hops] == ["H1"]
    assert "FWD-10" in there.steps[-1].rules
    assert (back.outcome, back.reason) == (Outcome.DROPPED, Reason.SRC_RECORD_MISSING)
    assert [hop.node for hop in back.hops] == ["H2", "H1"]
    assert "RCV-9" in back.steps[-1].rules


def test_t49_only_the_new_host_of_a_moved_vm_finds_it(network: Network, frame: Frame) -> None:
    fabric = network(
        (A_ON_H1, A_ON_H2),
        also=f"""
        host_views:
          H1: {{lookup_records: [{STALE_A}]}}
          H3: {{lookup_records: [{STALE_A}]}}
        """,
    )

    local = fabric.send(frame("X", "A"), at="X")
    stale = fabric.send(frame("Y", "A"), at="Y")

    assert (local.outcome, local.receiver, local.wire) == (Outcome.DELIVERED, "T/A", ())
    assert [hop.node for hop in local.hops] == ["H2"]
    assert (stale.outcome, stale.reason) == (Outcome.DROPPED, Reason.NO_PORT)
    assert [hop.node for hop in stale.hops] == ["H1"]
    assert any("FWD-30" in step.rules for step in stale.steps)
    assert stale.steps[-1].rules == ("FWD-33",)


def test_t50_the_old_host_would_redirect_a_sender_with_a_stale_record(
    network: Network, frame: Frame
) -> None:
    fabric = network(
        (A_ON_H1, A_ON_H2), also=f"host_views: {{H3: {{lookup_records: [{STALE_A}]}}}}"
    )

    trace = fabric.send(frame("GW", "A"), at="GW")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.DST_PA_MISMATCH)
    assert [hop.node for hop in trace.hops] == ["H3", "H1"]
    assert {"RCV-7", "MOB-3", "MOB-4"} <= set(trace.steps[-1].rules)
    answer = last(trace).answer
    assert (answer.kind, answer.type, answer.code) == ("REDIRECT", 5, 10)
    assert str(answer.to) == "192.168.20.13"


def test_t50_an_ipv6_packet_would_be_redirected_by_icmpv6(network: Network, frame: Frame) -> None:
    stale = '{ca: "2001:db8:1::a", vsid: 5001, mac: 02-00-00-00-01-0A, pa: 192.168.10.11}'
    fabric = network((A_ON_H1, A_ON_H2), also=f"host_views: {{H3: {{lookup_records: [{stale}]}}}}")

    trace = fabric.send(frame("GW", "2001:db8:1::a"), at="GW")

    assert trace.reason is Reason.DST_PA_MISMATCH
    answer = last(trace).answer
    assert (answer.icmp_version, answer.type, answer.code) == (6, 137, 1)


def test_t51_a_port_in_the_wrong_subnet_can_neither_send_nor_receive(
    network: Network, frame: Frame
) -> None:
    fabric = network(
        (
            'B: {host: H2, vsid: 5001, mac: 02-00-00-00-01-0B, ca: [10.0.1.11, "2001:db8:1::b"]}',
            "B: {host: H2, vsid: 5010, mac: 02-00-00-00-01-0B}",
        ),
        records=(RECORD_OF_B,),
    )

    outbound = fabric.send(frame("B", "A"), at="B")
    inbound = fabric.send(frame("A", "B"), at="A")

    assert (outbound.outcome, outbound.reason) == (Outcome.DROPPED, Reason.SRC_RECORD_MISSING)
    assert [hop.node for hop in outbound.hops] == ["H2"]
    assert "SRC-4" in outbound.steps[-1].rules
    assert (inbound.outcome, inbound.reason) == (Outcome.DROPPED, Reason.VSID_MISMATCH)
    assert [hop.node for hop in inbound.hops] == ["H1", "H2"]
    assert inbound.steps[-1].rules == ("FWD-33",)


def test_t52_two_methods_do_not_meet(network: Network, frame: Frame) -> None:
    fabric = network(records=(f"{RECORD_OF_B}, rule: nat",))

    to_nat = fabric.send(frame("A", "B"), at="A")
    from_nat = fabric.send(frame("B", "A"), at="B")

    assert (to_nat.outcome, to_nat.reason) == (Outcome.DROPPED, Reason.METHOD_MISMATCH)
    assert [hop.node for hop in to_nat.hops] == ["H1"]
    assert to_nat.steps[-1].rules == ("FWD-13",)
    assert (from_nat.reason, from_nat.hops[-1].node) == (Reason.METHOD_MISMATCH, "H2")


def test_t53_a_restarted_host_has_no_provider_address(network: Network, frame: Frame) -> None:
    fabric = network(also="host_views: {H2: {restarted: all}}")

    towards = fabric.send(frame("A", "B"), at="A")
    own = fabric.send(frame("B", "A"), at="B")

    assert (towards.outcome, towards.reason) == (Outcome.DROPPED, Reason.PA_ARP_FAILED)
    assert [hop.node for hop in towards.hops] == ["H1"]
    assert str(last(towards).pa) == "192.168.10.12"
    assert (own.reason, own.hops[-1].node) == (Reason.SRC_RECORD_MISSING, "H2")


def test_t53_a_host_whose_records_are_not_back_would_say_unreachable(
    network: Network, frame: Frame
) -> None:
    fabric = network(also="host_views: {H2: {restarted: policy}}")

    trace = fabric.send(frame("A", "B"), at="A")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.DST_RECORD_MISSING)
    assert [hop.node for hop in trace.hops] == ["H1", "H2"]
    assert {"RCV-3", "RCV-6", "MOB-3"} <= set(trace.steps[-1].rules)
    answer = last(trace).answer
    assert (answer.kind, answer.type, answer.code) == ("UNREACHABLE", 3, 10)
    assert str(answer.to) == "192.168.10.11"


@pytest.mark.parametrize("profile", ["ws2012", "hnvv2"])
def test_t53_generations_without_control_messages_say_nothing(
    network: Network, frame: Frame, profile: str
) -> None:
    fabric = network(also="host_views: {H2: {restarted: policy}}", profile=profile)

    trace = fabric.send(frame("A", "B"), at="A")

    assert trace.reason is Reason.DST_RECORD_MISSING
    assert last(trace).answer is None


def test_t54_an_external_router_takes_what_leaves_the_subnet(
    network: Network, frame: Frame
) -> None:
    fabric = network((H1, f"use_external_router: true\n    {H1}"))

    crossing = fabric.send(frame("A", "X"), at="A")
    staying = fabric.send(frame("A", "B"), at="A")

    assert (crossing.outcome, crossing.reason) == (Outcome.EXTERNAL_ROUTER, None)
    assert [hop.node for hop in crossing.hops] == ["H1"]
    assert (crossing.delivered, crossing.wire) == ((), ())
    assert crossing.steps[-1].rules == ("FWD-14",)
    assert (staying.outcome, staying.receiver) == (Outcome.DELIVERED, "T/B")


def test_t73_a_moved_vm_cannot_send_until_its_record_moves(network: Network, frame: Frame) -> None:
    fabric = network(
        (A_ON_H1, A_ON_H2), also=f"host_views: {{H2: {{lookup_records: [{STALE_A}]}}}}"
    )

    trace = fabric.send(frame("A", "X"), at="A")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.SRC_PA_MISMATCH)
    assert [hop.node for hop in trace.hops] == ["H2"]
    assert trace.steps[-1].rules == ("SRC-6",)


def test_octets_behind_the_packet_take_their_share_of_the_mtu(
    network: Network, frame: Frame
) -> None:
    """A frame with a long trailer is dropped, and never more than the provider network carries."""
    fabric = network()

    trace = fabric.send(frame("A", "B") + bytes(70_000), at="A")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.MTU_EXCEEDED)
    assert trace.wire == ()
