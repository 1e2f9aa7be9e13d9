"""Which record and which provider address a packet finds, in the cases that are easy to miss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zlib import crc32

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.l2 import Ether

from hnvemu import Outcome, Reason

if TYPE_CHECKING:
    from collections.abc import Callable

    from hnvemu import Fabric, Trace

    Network = Callable[..., Fabric]
    Frame = Callable[..., bytes]

DG = "02-00-00-FF-FF-01"
H1 = "provider_addresses: [192.168.10.11/24]"
H2 = "provider_addresses: [192.168.10.12/24]"
DEFAULT = "- {prefix: 0.0.0.0/0, next_hop: 10.0.2.250, vsid: 5002}"


def last(trace: Trace) -> Any:
    """Return the step that decided, for its evidence."""
    return trace.steps[-1]


def test_the_filter_of_2012_takes_the_gateways_mac_even_inside_the_subnet(
    network: Network, frame: Frame
) -> None:  # FWD-2b
    trace = network(profile="ws2012").send(frame("A", "B", dst_mac=DG), at="A")

    assert trace.outcome is Outcome.DELIVERED
    assert str(trace.delivered[0].dst_mac) == "02-00-00-00-01-0B"


def test_the_filter_of_2012_takes_the_records_mac_even_between_subnets(
    network: Network, frame: Frame
) -> None:  # FWD-2b
    trace = network(profile="ws2012").send(frame("A", "X", dst_mac="02-00-00-00-02-14"), at="A")

    assert (trace.outcome, trace.receiver) == (Outcome.DELIVERED, "T/X")


def test_the_switch_of_2012_keeps_subnets_apart(network: Network, frame: Frame) -> None:  # FWD-2
    trace = network(profile="ws2012").send(frame("A", "Y", dst_mac="02-00-00-00-02-15"), at="A")

    assert (trace.outcome, trace.receiver) == (Outcome.DELIVERED, "T/Y")
    assert not any("FWD-2" in step.rules and not step.minor for step in trace.steps)


def test_the_switch_of_2012_delivers_what_hnv_would_refuse(
    network: Network, frame: Frame
) -> None:  # FWD-2, ING-6
    lldp = Ether(src="02:00:00:00:01:0a", dst="02:00:00:00:01:0c", type=0x88CC) / bytes(46)
    fabric = network(profile="ws2012")

    not_ip = fabric.send(lldp, at="A")
    unlisted = fabric.send(frame("A", "C", src="10.0.1.50"), at="A")

    assert (not_ip.outcome, not_ip.receiver) == (Outcome.DELIVERED, "T/C")
    assert (unlisted.outcome, unlisted.receiver) == (Outcome.DELIVERED, "T/C")


@pytest.mark.parametrize(
    ("profile", "receiver"),
    [("ws2012", "T/X"), ("ws2012r2", "T/GW"), ("transparent", "T/GW"), ("hnvv2", "T/GW")],
)
def test_only_2012_prefers_an_exact_record_to_a_longer_route(
    network: Network, frame: Frame, profile: str, receiver: str
) -> None:  # FWD-9
    host_route = "prefix: 10.1.2.20/32, next_hop: 10.0.2.250, vsid: 5002"
    fabric = network(routes=(host_route,), profile=profile)

    trace = fabric.send(frame("A", "X"), at="A")

    assert (trace.reason, trace.receiver) == (None, receiver)


def test_2012_falls_back_to_routes_where_no_record_is_exact(
    network: Network, frame: Frame
) -> None:  # FWD-9
    trace = network(profile="ws2012").send(frame("A", "8.8.8.8"), at="A")

    assert (trace.outcome, trace.receiver) == (Outcome.TO_GATEWAY, "T/GW")


def test_an_unknown_ipv6_neighbour_of_the_gateway_is_not_handed_to_it(
    network: Network, frame: Frame
) -> None:  # FWD-11
    trace = network().send(frame("A", "2001:db8:2::77"), at="A")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.DST_ONLINK)


def test_a_listed_record_does_not_make_the_gateway_address_a_host(
    network: Network, frame: Frame
) -> None:  # FWD-12
    fabric = network(
        records=("ca: 10.1.2.1, vsid: 5003, mac: 02-00-00-00-02-14, pa: 192.168.10.12",)
    )

    trace = fabric.send(frame("A", "10.1.2.1"), at="A")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.GATEWAY_NOT_A_HOST)
    assert not last(trace).record.generated


def test_a_listed_gateway_address_is_no_next_hop_either(
    network: Network, frame: Frame
) -> None:  # FWD-12
    fabric = network(
        (DEFAULT, "- {prefix: 0.0.0.0/0, next_hop: 10.0.2.1, vsid: 5002}"),
        records=("ca: 10.0.2.1, vsid: 5002, mac: 02-00-00-00-03-FA, pa: 192.168.20.13",),
    )

    trace = fabric.send(frame("A", "8.8.8.8"), at="A")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.GATEWAY_NOT_A_HOST)


def test_in_2012_too_nobody_is_the_gateway_address(
    network: Network, frame: Frame
) -> None:  # FWD-12
    trace = network(profile="ws2012").send(frame("A", "10.0.1.1", dst_mac=DG), at="A")

    assert trace.reason is Reason.GATEWAY_NOT_A_HOST


def test_a_prefix_of_two_addresses_reserves_none(network: Network, frame: Frame) -> None:  # FWD-12
    fabric = network(
        routes=("prefix: 10.5.0.0/31, next_hop: on-link, vsid: 5005",),
        vms=("P: host: H2, vsid: 5005, mac: 02-00-00-00-05-01, ca: 10.5.0.1",),
    )

    trace = fabric.send(frame("A", "10.5.0.1"), at="A")

    assert (trace.outcome, trace.receiver) == (Outcome.DELIVERED, "T/P")


def test_the_external_router_comes_before_the_hop_count(
    network: Network, frame: Frame
) -> None:  # FWD-14
    fabric = network((H1, f"use_external_router: true\n    {H1}"), profile="ws2012r2")

    trace = fabric.send(frame("A", "X", ttl=1), at="A")

    assert trace.outcome is Outcome.EXTERNAL_ROUTER


def test_the_external_router_takes_what_goes_to_the_gateways_subnet(
    network: Network, frame: Frame
) -> None:  # FWD-14
    fabric = network((H1, f"use_external_router: true\n    {H1}"))

    trace = fabric.send(frame("A", "8.8.8.8"), at="A")

    assert (trace.outcome, last(trace).vsid) == (Outcome.EXTERNAL_ROUTER, 5002)


def test_a_port_of_another_subnet_does_not_take_local_packets(
    network: Network, frame: Frame
) -> None:  # FWD-33
    fabric = network(
        ("C: {host: H1, vsid: 5001,", "C: {host: H1, vsid: 5010,"),
        records=("ca: 10.0.1.12, vsid: 5001, mac: 02-00-00-00-01-0C, pa: 192.168.10.11",),
    )

    trace = fabric.send(frame("A", "C"), at="A")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.VSID_MISMATCH)
    assert [hop.node for hop in trace.hops] == ["H1"]
    assert (last(trace).port.name, last(trace).vsid) == ("T/C", 5001)


def test_the_port_is_found_by_the_records_mac_not_by_the_frames(
    network: Network, frame: Frame
) -> None:  # FWD-33
    trace = network().send(frame("A", "X", dst_mac="02-00-00-00-01-0B"), at="A")

    assert trace.receiver == "T/X"
    assert str(trace.delivered[0].dst_mac) == "02-00-00-00-01-0B"


def test_a_packet_to_its_own_sender_comes_back(network: Network, frame: Frame) -> None:  # FWD-35
    sent = frame("A", "10.0.1.10")

    trace = network().send(sent, at="A")

    assert (trace.outcome, trace.receiver) == (Outcome.DELIVERED, "T/A")
    assert trace.delivered[0].frame == sent
    assert [note.rules for note in trace.notes] == [("FWD-35",)]


@pytest.mark.parametrize("order", [("0B", "0C"), ("0C", "0B")])
def test_of_two_records_of_one_address_the_lower_mac_is_used(
    network: Network, frame: Frame, order: tuple[str, str]
) -> None:  # OBJ-11
    fabric = network(
        records=tuple(
            f"ca: 10.0.1.77, vsid: 5001, mac: 02-00-00-00-01-{end}, pa: 192.168.10.12"
            for end in order
        )
    )

    trace = fabric.send(frame("A", "10.0.1.77"), at="A")

    assert (trace.outcome, trace.receiver) == (Outcome.DELIVERED, "T/B")


def test_an_unusable_record_is_as_good_as_none(network: Network, frame: Frame) -> None:  # FWD-10
    fabric = network(
        records=(
            (
                "ca: 10.0.1.11, vsid: 5001, mac: 02-00-00-00-01-0B, pa: 192.168.10.12,"
                " type: dynamic, unusable: true"
            ),
        )
    )

    trace = fabric.send(frame("A", "B"), at="A")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.DST_RECORD_MISSING)
    assert last(trace).record.unusable


@pytest.mark.parametrize(("length", "reason"), [(1450, None), (1451, Reason.MTU_EXCEEDED)])
def test_vxlan_leaves_1450_octets(
    network: Network, frame: Frame, length: int, reason: Reason | None
) -> None:  # ENC-21
    trace = network(profile="hnvv2").send(frame("A", "B", length=length), at="A")

    assert trace.reason is reason
    if reason is None:
        assert trace.wire[0].packet[IP].len == 1500


def test_the_flow_id_is_the_low_octet_of_a_crc_of_the_flow(network: Network) -> None:  # ENC-2
    sent = Ether() / IP(dst="10.1.2.20") / TCP(sport=40000, dport=443)
    flow = bytes([10, 0, 1, 10, 10, 1, 2, 20, 6]) + bytes.fromhex("9c40 01bb")

    [wire] = network(flow_id=None).send(sent, at="A").wire

    assert wire.flow_id == crc32(flow) & 0xFF
    assert wire.frame[38:42] == bytes.fromhex("00138b") + bytes([crc32(flow) & 0xFF])


def test_a_packet_without_ports_hashes_zeros_in_their_place(
    network: Network, frame: Frame
) -> None:  # ENC-2
    flow = bytes([10, 0, 1, 10, 10, 1, 2, 20, 1]) + bytes(4)

    [wire] = network(flow_id=None).send(frame("A", "X"), at="A").wire

    assert wire.flow_id == crc32(flow) & 0xFF


def test_the_vxlan_source_port_is_made_of_the_same_crc(network: Network) -> None:  # ENC-2
    sent = Ether() / IP(dst="10.1.2.20") / UDP(sport=40000, dport=53)
    flow = bytes([10, 0, 1, 10, 10, 1, 2, 20, 17]) + bytes.fromhex("9c40 0035")

    [wire] = network(profile="hnvv2").send(sent, at="A").wire

    assert wire.packet[UDP].sport == wire.entropy == 49152 + crc32(flow) % 16384


def test_the_outer_header_carries_the_inner_ecn_and_not_the_dscp(
    network: Network, frame: Frame
) -> None:  # ENC-6
    [wire] = network().send(frame("A", "B", tos=0xBA), at="A").wire

    assert wire.packet[IP].tos == 0x02


def test_each_record_chooses_among_the_provider_addresses_of_a_host(
    network: Network, frame: Frame
) -> None:  # FWD-31
    fabric = network(
        (H2, "provider_addresses: [192.168.10.12/24, 192.168.10.14/24]"),
        records=("ca: 10.0.1.11, vsid: 5001, mac: 02-00-00-00-01-0B, pa: 192.168.10.14",),
    )

    to_b = fabric.send(frame("A", "B"), at="A")
    from_b = fabric.send(frame("B", "A"), at="B")
    to_x = fabric.send(frame("A", "X"), at="A")

    assert (to_b.receiver, str(to_b.wire[0].tunnel.dst)) == ("T/B", "192.168.10.14")
    assert (from_b.receiver, str(from_b.wire[0].tunnel.src)) == ("T/A", "192.168.10.14")
    assert (to_x.receiver, str(to_x.wire[0].tunnel.dst)) == ("T/X", "192.168.10.12")


def test_a_longer_provider_route_decides_the_outer_next_hop(network: Network) -> None:  # FWD-32
    fabric = network(
        (
            f"{H1}\n    provider_routes: [",
            f"{H1}\n    provider_routes: [{{prefix: 192.168.20.0/24, next_hop: 192.168.10.2}}, ",
        )
    )

    [wire] = fabric.send(Ether() / IP(dst="8.8.8.8") / ICMP(), at="A").wire

    assert wire.packet[Ether].dst == "02:00:c0:a8:0a:02"
    assert wire.packet[IP].dst == "192.168.20.13"


def test_nobody_answers_for_a_provider_address_behind_a_route_either(
    network: Network, frame: Frame
) -> None:  # FWD-32
    fabric = network(
        records=("ca: 10.0.1.11, vsid: 5001, mac: 02-00-00-00-01-0B, pa: 192.168.99.9",)
    )

    trace = fabric.send(frame("A", "B"), at="A")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.PA_ARP_FAILED)
    assert trace.hops[-1].node == "H1"


def test_two_vlans_of_one_provider_subnet_do_not_hear_each_other(
    network: Network, frame: Frame
) -> None:  # FWD-32
    fabric = network((H2, "provider_addresses: [{address: 192.168.10.12/24, vlan: 77}]"))

    trace = fabric.send(frame("A", "B"), at="A")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.PA_ARP_FAILED)


def test_a_host_without_the_routes_of_a_subnet_does_not_know_its_network(
    network: Network, frame: Frame
) -> None:  # OBJ-3
    fabric = network(
        also="""
        host_views:
          H1:
            without_customer_routes:
              - {virtual_network: T, prefix: 10.0.1.0/24}
              - {virtual_network: T, prefix: "2001:db8:1::/64"}
        """
    )

    outbound = fabric.send(frame("A", "X"), at="A")
    inbound = fabric.send(frame("X", "A"), at="X")

    assert (outbound.outcome, outbound.reason) == (Outcome.DROPPED, Reason.ROUTE_MISSING)
    assert outbound.steps[-1].rules == ("OBJ-3",)
    assert (inbound.outcome, inbound.reason) == (Outcome.DROPPED, Reason.SRC_RECORD_MISSING)
    assert (inbound.hops[-1].node, "RCV-9" in inbound.steps[-1].rules) == ("H1", True)


def test_a_vsid_in_two_networks_belongs_to_the_first(
    network: Network, frame: Frame
) -> None:  # OBJ-3
    on_link_6001 = "- {prefix: 10.0.1.0/24, next_hop: on-link, vsid: 6001}"
    stray = "- {prefix: 10.8.0.0/24, next_hop: on-link, vsid: 5001}"
    fabric = network((on_link_6001, f"{on_link_6001}\n      {stray}"))

    trace = fabric.send(frame("A", "X"), at="A")

    assert (trace.outcome, trace.receiver) == (Outcome.DELIVERED, "T/X")
