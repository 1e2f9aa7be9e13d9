"""Broadcast and multicast: who gets a copy, by which way, and what becomes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from scenarios.reach import arrivals, reached, tunnels

from hnvemu import Outcome, Reason
from hnvemu.addresses import MacAddress, parse_address
from hnvemu.render.text import Detail, trace_text, verdict
from hnvemu.wire.build import build_frame

if TYPE_CHECKING:
    from collections.abc import Callable

    from hnvemu import Fabric, Trace

    Network = Callable[..., Fabric]
    Frame = Callable[..., bytes]

PROFILES = ["transparent", "ws2012", "ws2012r2", "hnvv2"]
BROADCAST = "255.255.255.255"
GROUP = "239.1.1.1"
L2_ONLY_A = "ca: 0.0.0.0, vsid: 5001, mac: 02-00-00-00-01-0A, pa: 192.168.10.11, type: l2_only"
TO_GROUP = "ca: 239.1.1.1, vsid: 5001, mac: 02-00-00-00-01-0A, pa: 239.9.9.9"
E_ON_H2 = "E: host: H2, vsid: 5001, mac: 02-00-00-00-01-0E, ca: 10.0.1.14"
A_TO_B = ("192.168.10.11", "192.168.10.12", 5001)


def last(trace: Trace) -> Any:
    """Return the step that decided, for its evidence."""
    return trace.steps[-1]


@pytest.mark.parametrize("profile", ["transparent", "ws2012r2", "hnvv2"])
@pytest.mark.parametrize("to", [GROUP, BROADCAST, "ff02::1"])
def test_t40_copies_stay_inside_the_senders_subnet(
    network: Network, frame: Frame, to: str, profile: str
) -> None:  # BUM-2, BUM-3, BUM-4
    fabric = network(profile=profile)
    sent = frame("A", to, "udp")

    trace = fabric.send(sent, at="A")

    assert (trace.outcome, trace.reason, trace.delivered) == (Outcome.REPLICATED, None, ())
    # C has no IPv6 address, and it is on the wire all the same; X, Y and GW get nothing.
    assert arrivals(trace) == [("T/C", sent), ("T/B", sent)]
    assert tunnels(trace) == [A_TO_B]
    if profile != "hnvv2":
        assert trace.branches[1].wire[0].frame[38:42] == bytes.fromhex("00138900")


def test_t40_each_copy_is_a_trace_of_its_own(network: Network, frame: Frame) -> None:
    trace = network().send(frame("A", GROUP, "udp"), at="A")

    local, remote = trace.branches
    assert [hop.node for hop in trace.hops] == ["H1"]
    assert [hop.node for hop in local.hops] == ["H1"]
    assert [hop.node for hop in remote.hops] == ["H1", "H2"]
    assert (local.receiver, remote.receiver) == ("T/C", "T/B")
    assert [branch.outcome for branch in trace.branches] == [Outcome.DELIVERED] * 2


def test_t41_a_group_that_a_record_maps_takes_one_copy(
    network: Network, frame: Frame
) -> None:  # BUM-2
    fabric = network(records=(TO_GROUP,))
    sent = frame("A", GROUP, "udp")

    trace = fabric.send(sent, at="A")

    assert arrivals(trace) == [("T/C", sent), ("T/B", sent)]
    assert tunnels(trace) == [("192.168.10.11", "239.9.9.9", 5001)]
    [wire] = trace.branches[1].wire
    assert wire.receiver == "239.9.9.9"
    assert str(wire.tunnel.dst_mac) == "01-00-5E-09-09-09"
    [heard] = trace.branches[1].branches
    assert ([hop.node for hop in heard.hops], heard.receiver) == (["H2"], "T/B")


def test_a_mapped_group_does_not_change_the_others(network: Network, frame: Frame) -> None:
    fabric = network(records=(TO_GROUP,))

    trace = fabric.send(frame("A", "239.1.1.2", "udp"), at="A")

    assert tunnels(trace) == [A_TO_B]


def test_a_mapped_broadcast_is_no_member_of_its_subnet(network: Network, frame: Frame) -> None:
    record = "ca: 255.255.255.255, vsid: 5001, mac: 02-00-00-00-01-0A, pa: 239.9.9.9"
    fabric = network(records=(record,))

    broadcast = fabric.send(frame("A", BROADCAST, "udp"), at="A")
    multicast = fabric.send(frame("A", GROUP, "udp"), at="A")

    assert tunnels(broadcast) == [("192.168.10.11", "239.9.9.9", 5001)]
    assert tunnels(multicast) == [A_TO_B]


def test_a_group_is_heard_by_hosts_that_know_it_and_have_a_port(
    network: Network, frame: Frame
) -> None:  # BUM-2
    fabric = network(
        vms=("E: host: H3, vsid: 5001, mac: 02-00-00-00-01-0E, ca: 10.0.1.14",),
        records=(TO_GROUP,),
        also="""
        host_views:
          H2: {without_lookup_records: [{ca: 239.1.1.1, vsid: 5001}]}
        """,
    )

    trace = fabric.send(frame("A", GROUP, "udp"), at="A")

    assert reached(trace) == ["T/C", "T/E"]


def test_a_captured_frame_to_a_group_is_heard_alike(network: Network, frame: Frame) -> None:
    fabric = network(records=(TO_GROUP,))
    sent = frame("A", GROUP, "udp")
    [wire] = fabric.send(sent, at="A").branches[1].wire

    member = fabric.send(wire.frame, at="pa:H2")
    stranger = fabric.send(wire.frame, at="pa:H3")

    assert arrivals(member) == [("T/B", sent)]
    assert (stranger.outcome, stranger.reason) == (Outcome.DROPPED, Reason.NO_PORT)


def test_a_group_that_a_host_does_not_know_is_not_its_own(network: Network, frame: Frame) -> None:
    [wire] = network(records=(TO_GROUP,)).send(frame("A", GROUP, "udp"), at="A").branches[1].wire

    trace = network().send(wire.frame, at="pa:H2")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.PA_NOT_LOCAL)


def test_an_ordinary_record_with_a_group_for_its_pa_leads_nowhere(
    network: Network, frame: Frame
) -> None:  # FWD-32
    record = "ca: 10.0.1.99, vsid: 5001, mac: 02-00-00-00-01-63, pa: 239.9.9.9"
    fabric = network(records=(record, TO_GROUP))
    fabric.send(frame("A", GROUP, "udp"), at="A")

    trace = fabric.send(frame("A", "10.0.1.99", "udp"), at="A")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.PA_ARP_FAILED)


@pytest.mark.parametrize("to", [GROUP, BROADCAST, "ff02::1"])
def test_2012_floods_among_the_ports_of_one_host(
    network: Network, frame: Frame, to: str
) -> None:  # BUM-1
    fabric = network(profile="ws2012")

    trace = fabric.send(frame("A", to, "udp"), at="A")

    assert reached(trace) == ["T/C"]
    assert tunnels(trace) == []
    assert last(trace).rules == ("BUM-1",)


def test_2012_does_not_ask_hnv_about_the_sender_of_a_flood(
    network: Network, frame: Frame
) -> None:  # BUM-1
    stranger = frame("A", GROUP, "udp", src="10.0.1.50")

    before = network(profile="ws2012").send(stranger, at="A")
    after = network(profile="ws2012r2").send(stranger, at="A")

    assert reached(before) == ["T/C"]
    assert (after.outcome, after.reason) == (Outcome.DROPPED, Reason.SRC_RECORD_MISSING)


@pytest.mark.parametrize("profile", ["transparent", "ws2012r2", "hnvv2"])
def test_no_copy_goes_to_the_dummy_of_the_dot_one(
    network: Network, frame: Frame, profile: str
) -> None:  # BUM-4
    fabric = network(profile=profile)

    trace = fabric.send(frame("GW", GROUP, "udp"), at="GW")

    assert (trace.outcome, trace.branches) == (Outcome.REPLICATED, ())
    assert last(trace).copies == ()


def test_a_host_with_several_ports_gets_one_copy_and_makes_more(
    network: Network, frame: Frame
) -> None:  # RCV-11
    fabric = network(vms=(E_ON_H2,))
    sent = frame("A", GROUP, "udp")

    trace = fabric.send(sent, at="A")

    local, remote = trace.branches
    assert (local.receiver, remote.outcome) == ("T/C", Outcome.REPLICATED)
    assert tunnels(trace) == [A_TO_B]
    assert [[hop.node for hop in copy.hops] for copy in remote.branches] == [["H2"], ["H2"]]
    assert reached(remote) == ["T/B", "T/E"]
    assert {frame for _, frame in arrivals(trace)} == {sent}


def test_a_copy_to_a_pa_that_nobody_has_is_lost_alone(
    network: Network, frame: Frame
) -> None:  # FWD-32
    record = "ca: 10.0.1.14, vsid: 5001, mac: 02-00-00-00-01-0E, pa: 192.168.10.99"
    fabric = network(records=(record,))

    trace = fabric.send(frame("A", GROUP, "udp"), at="A")

    assert trace.outcome is Outcome.REPLICATED
    assert [branch.reason for branch in trace.branches] == [None, None, Reason.PA_ARP_FAILED]
    assert reached(trace) == ["T/B", "T/C"]


def test_copies_that_do_not_fit_the_provider_network_are_lost(
    network: Network, frame: Frame
) -> None:  # ENC-9
    fabric = network()

    fits = fabric.send(frame("A", GROUP, "udp", length=1458), at="A")
    long = fabric.send(frame("A", GROUP, "udp", length=1459), at="A")

    assert reached(fits) == ["T/B", "T/C"]
    assert reached(long) == ["T/C"]
    assert [branch.reason for branch in long.branches] == [None, Reason.MTU_EXCEEDED]


def test_each_receiver_filters_for_itself(network: Network, frame: Frame) -> None:  # FWD-34
    fabric = network(
        also="""
        firewall:
          rules: [{name: no-groups, vms: [C], direction: inbound, action: block, protocol: udp}]
        """
    )

    trace = fabric.send(frame("A", GROUP, "udp"), at="A")

    assert reached(trace) == ["T/B"]
    assert [(b.receiver, b.reason) for b in trace.branches] == [
        ("T/C", Reason.ACL_DENY_IN),
        ("T/B", None),
    ]


def test_the_senders_rules_stop_all_copies(network: Network, frame: Frame) -> None:  # ING-5
    fabric = network(
        also="""
        firewall:
          rules: [{name: no-groups, vms: [A], direction: outbound, action: block, protocol: udp}]
        """
    )

    trace = fabric.send(frame("A", GROUP, "udp"), at="A")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.ACL_DENY_OUT)
    assert trace.branches == ()


def test_a_host_that_does_not_know_the_sender_takes_no_copy(
    network: Network, frame: Frame
) -> None:  # RCV-9
    fabric = network(
        also="""
        host_views:
          H2: {without_lookup_records: [{ca: 10.0.1.10, vsid: 5001}]}
        """
    )

    trace = fabric.send(frame("A", GROUP, "udp"), at="A")

    assert reached(trace) == ["T/C"]
    assert trace.branches[1].reason is Reason.SRC_RECORD_MISSING
    assert trace.branches[1].hops[-1].node == "H2"


def test_a_copy_for_a_host_without_a_port_is_lost_there(
    network: Network, frame: Frame
) -> None:  # RCV-11
    record = "ca: 10.0.1.14, vsid: 5001, mac: 02-00-00-00-01-0E, pa: 192.168.20.13"
    fabric = network(records=(record,))

    trace = fabric.send(frame("A", GROUP, "udp"), at="A")

    assert [branch.reason for branch in trace.branches] == [None, None, Reason.NO_PORT]
    assert trace.branches[2].hops[-1].node == "H3"


def dhcp_discover(version: int = 4) -> bytes:
    """Build what A's DHCP client broadcasts before it has an address."""
    ports = (68, 67) if version == 4 else (546, 547)
    return build_frame(
        src_mac=MacAddress.parse("02-00-00-00-01-0A"),
        dst_mac=MacAddress.parse("FF-FF-FF-FF-FF-FF" if version == 4 else "33-33-00-01-00-02"),
        src=parse_address("0.0.0.0" if version == 4 else "fe80::a"),
        dst=parse_address(BROADCAST if version == 4 else "ff02::1:2"),
        protocol=17,
        src_port=ports[0],
        dst_port=ports[1],
    )


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("profile", ["ws2012", "hnvv2"])
def test_an_agent_on_the_host_answers_dhcp(
    network: Network, profile: str, version: int
) -> None:  # DHCP-1
    trace = network(profile=profile).send(dhcp_discover(version), at="A")

    assert (trace.outcome, trace.branches) == (Outcome.PASSED_THROUGH, ())
    assert last(trace).rules == ("DHCP-1",)


@pytest.mark.parametrize("profile", ["transparent", "ws2012r2"])
def test_dhcp_of_a_static_subnet_has_no_source_record(
    network: Network, profile: str
) -> None:  # DHCP-2, SRC-4
    trace = network(profile=profile).send(dhcp_discover(), at="A")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.SRC_RECORD_MISSING)


@pytest.mark.parametrize("profile", ["transparent", "ws2012r2"])
def test_dhcp_is_flooded_where_addresses_are_learned(
    network: Network, profile: str
) -> None:  # DHCP-1, DHCP-2
    fabric = network(records=(L2_ONLY_A,), profile=profile)

    trace = fabric.send(dhcp_discover(), at="A")

    assert reached(trace) == ["T/B", "T/C"]
    assert trace.learnt == ()  # 0.0.0.0 is nobody's address
    assert any("DHCP-2" in step.rules for step in trace.steps)


def test_a_guest_without_an_address_and_without_a_record_may_not_ask(network: Network) -> None:
    of_c = L2_ONLY_A.replace("01-0A", "01-0C")
    fabric = network(
        ('ca: [10.0.1.10, "2001:db8:1::a"]', "ca: []"), records=(of_c,), profile="ws2012r2"
    )

    trace = fabric.send(dhcp_discover(), at="A")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.SRC_RECORD_MISSING)


def test_a_dhcp_guard_stops_the_answers_of_a_server(network: Network, frame: Frame) -> None:
    fabric = network(("mac: 02-00-00-00-01-0B,", "mac: 02-00-00-00-01-0B, dhcp_guard: true,"))
    offer = frame("B", BROADCAST, "udp", src_port=67, dst_port=68)

    trace = fabric.send(offer, at="B")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.DHCP_GUARD)


@pytest.mark.parametrize("profile", PROFILES)
def test_reserved_addresses_are_no_groups(network: Network, frame: Frame, profile: str) -> None:
    trace = network(profile=profile).send(frame("A", "240.0.0.1", "udp"), at="A")

    assert trace.outcome is Outcome.TO_GATEWAY


def test_many_copies_that_arrive_are_shown_in_part(network: Network, frame: Frame) -> None:
    vms = tuple(
        f"V{n}: host: H1, vsid: 5001, mac: 02-00-00-00-07-{n:02X}, ca: 10.0.1.{n}"
        for n in range(20, 40)
    )

    trace = network(vms=vms).send(frame("A", GROUP, "udp"), at="A")

    assert len(trace.branches) == 22
    assert trace_text(trace).endswith("\n  14 more copies delivered; -v shows all")
    assert "more copies" not in trace_text(trace, detail=Detail.VERBOSE)
    assert trace_text(trace).count("DELIVERED") == 8


def test_a_verdict_says_how_many_copies_are_lost(network: Network, frame: Frame) -> None:
    fabric = network(also="port_acls: [{vms: [C], direction: inbound, action: deny}]")

    trace = fabric.send(frame("A", GROUP, "udp"), at="A")

    assert verdict(trace).endswith("   2 copies, 1 lost")
    assert "Copy 1  DROPPED ACL_DENY_IN" in trace_text(trace)
