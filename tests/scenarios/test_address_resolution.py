"""ARP and neighbour discovery: answered by HNV, carried to a VM, flooded or dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from scapy.layers.inet6 import ICMPv6ND_NA, ICMPv6NDOptDstLLAddr, IPv6
from scapy.layers.l2 import ARP, Ether
from scenarios.reach import reached, tunnels

from hnvemu import Outcome, Reason

if TYPE_CHECKING:
    from collections.abc import Callable

    from hnvemu import Fabric, Trace

    Network = Callable[..., Fabric]
    Asks = Callable[..., bytes]

PROFILES = ["transparent", "ws2012", "ws2012r2", "hnvv2"]
MAC_A = "02-00-00-00-01-0A"
MAC_B = "02-00-00-00-01-0B"
MAC_C = "02-00-00-00-01-0C"
L2_ONLY = "ca: 0.0.0.0, vsid: 5001, mac: 02-00-00-00-01-0D, pa: 192.168.10.12, type: l2_only"
L2_ONLY_A = "ca: 0.0.0.0, vsid: 5001, mac: 02-00-00-00-01-0A, pa: 192.168.10.11, type: l2_only"


def last(trace: Trace) -> Any:
    """Return the step that decided, for its evidence."""
    return trace.steps[-1]


def reply(sender: str, src: str, to: str, dst: str) -> bytes:
    """Build an ARP reply from one guest to another."""
    mac, peer = sender.replace("-", ":"), to.replace("-", ":")
    arp = ARP(op=2, hwsrc=mac, psrc=src, hwdst=peer, pdst=dst)
    return bytes(Ether(src=mac, dst=peer) / arp)


@pytest.mark.parametrize("profile", PROFILES)
def test_t31_hnv_answers_for_a_recorded_address(
    network: Network, asks: Asks, profile: str
) -> None:  # ARP-1
    fabric = network(profile=profile)

    trace = fabric.send(asks("A", "10.0.1.11"), at="A")

    assert (trace.outcome, trace.reason) == (Outcome.ANSWERED, None)
    assert [hop.node for hop in trace.hops] == ["H1"]
    assert (trace.wire, trace.branches) == ((), ())
    [answer] = trace.delivered
    assert (answer.to, answer.vsid) == ("T/A", 5001)
    assert (answer.src_mac, answer.dst_mac) == tuple(
        map(_mac, (MAC_B, MAC_A))
    )  # ARP-10: from the answered MAC to the asker
    arp = answer.packet[ARP]
    assert (arp.op, arp.psrc, arp.hwsrc) == (2, "10.0.1.11", "02:00:00:00:01:0b")
    assert (arp.pdst, arp.hwdst) == ("10.0.1.10", "02:00:00:00:01:0a")
    assert trace.steps[-1].rules == ("ARP-1", "ARP-10")


@pytest.mark.parametrize("profile", PROFILES)
def test_t32_the_dot_one_is_answered_with_the_gateways_mac(
    network: Network, asks: Asks, profile: str
) -> None:  # ARP-2
    fabric = network(profile=profile)

    trace = fabric.send(asks("A", "10.0.1.1"), at="A")

    assert trace.outcome is Outcome.ANSWERED
    assert trace.delivered[0].packet[ARP].hwsrc == "02:00:00:ff:ff:01"
    assert "ARP-2" in last(trace).rules


@pytest.mark.parametrize("profile", PROFILES)
def test_t33_an_unknown_target_is_dropped_without_an_l2_only_record(
    network: Network, asks: Asks, profile: str
) -> None:  # ARP-3
    fabric = network(profile=profile)

    trace = fabric.send(asks("A", "10.0.1.99"), at="A")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.ARP_UNANSWERED)
    assert (trace.delivered, trace.branches) == ((), ())
    assert last(trace).rules == ("ARP-3",)


@pytest.mark.parametrize("profile", ["transparent", "ws2012r2"])
def test_t33_an_unknown_target_is_flooded_with_an_l2_only_record(
    network: Network, asks: Asks, profile: str
) -> None:  # ARP-3, BUM-2
    fabric = network(records=(L2_ONLY,), profile=profile)
    question = asks("A", "10.0.1.99")

    trace = fabric.send(question, at="A")

    assert trace.outcome is Outcome.REPLICATED
    assert reached(trace) == ["T/B", "T/C"]
    assert tunnels(trace) == [("192.168.10.11", "192.168.10.12", 5001)]
    assert all(f.frame == question for b in trace.branches for f in b.delivered)


@pytest.mark.parametrize("profile", ["ws2012", "hnvv2"])
def test_t33_nothing_is_flooded_before_and_after_2012_r2(
    network: Network, asks: Asks, profile: str
) -> None:  # ARP-3
    fabric = network(records=(L2_ONLY,), profile=profile)

    trace = fabric.send(asks("A", "10.0.1.99"), at="A")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.ARP_UNANSWERED)


def test_a_flooded_question_passes_the_source_checks(network: Network, asks: Asks) -> None:
    fabric = network(records=(L2_ONLY,))

    unknown = fabric.send(asks("A", "10.0.1.99", src="10.0.1.50"), at="A")
    other = fabric.send(asks("A", "10.0.1.99", src="10.0.1.11"), at="A")

    assert (unknown.outcome, unknown.reason) == (Outcome.DROPPED, Reason.SRC_RECORD_MISSING)
    assert (other.outcome, other.reason) == (Outcome.DROPPED, Reason.SRC_MAC_MISMATCH)


@pytest.mark.parametrize("profile", PROFILES)
def test_t34_a_target_in_another_subnet_is_not_answered(
    network: Network, asks: Asks, profile: str
) -> None:  # ARP-6
    fabric = network(profile=profile)

    trace = fabric.send(asks("A", "10.1.2.20"), at="A")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.ARP_UNANSWERED)
    assert last(trace).route.vsid == 5003
    assert "ARP-6" in {rule for note in trace.notes for rule in note.rules}


def test_a_target_in_another_subnet_is_not_flooded(
    network: Network, asks: Asks
) -> None:  # ARP-3, ARP-6
    fabric = network(records=(L2_ONLY,))

    trace = fabric.send(asks("A", "10.1.2.20"), at="A")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.ARP_UNANSWERED)


def test_an_address_that_two_tenants_have_is_answered_from_the_askers_tables(
    network: Network, asks: Asks
) -> None:
    trace = network().send(asks("Z", "10.0.1.11"), at="Z")

    assert trace.delivered[0].packet[ARP].hwsrc == "02:00:00:00:61:0b"


@pytest.mark.parametrize("profile", ["transparent", "ws2012r2", "hnvv2"])
def test_t35_a_unicast_question_is_carried_to_the_vm(
    network: Network, asks: Asks, profile: str
) -> None:  # ARP-4
    fabric = network(profile=profile)
    question = asks("A", "10.0.1.11", to=MAC_B)

    trace = fabric.send(question, at="A")

    assert (trace.outcome, trace.receiver) == (Outcome.DELIVERED, "T/B")
    assert [hop.node for hop in trace.hops] == ["H1", "H2"]
    assert trace.wire[0].tunnel.vsid == 5001
    assert trace.delivered[0].frame == question


def test_t35_a_unicast_question_is_answered_by_2012_itself(
    network: Network, asks: Asks
) -> None:  # ARP-4
    fabric = network(profile="ws2012")

    trace = fabric.send(asks("A", "10.0.1.11", to=MAC_B), at="A")

    assert trace.outcome is Outcome.ANSWERED
    assert trace.delivered[0].packet[ARP].hwsrc == "02:00:00:00:01:0b"


def test_a_unicast_question_on_one_host_needs_no_tunnel(network: Network, asks: Asks) -> None:
    trace = network().send(asks("A", "10.0.1.12", to=MAC_C), at="A")

    assert (trace.outcome, trace.receiver, trace.wire) == (Outcome.DELIVERED, "T/C", ())


@pytest.mark.parametrize("profile", PROFILES)
def test_a_unicast_question_for_the_dot_one_is_answered(
    network: Network, asks: Asks, profile: str
) -> None:
    fabric = network(profile=profile)

    trace = fabric.send(asks("A", "10.0.1.1", to="02-00-00-FF-FF-01"), at="A")

    assert trace.outcome is Outcome.ANSWERED
    assert trace.delivered[0].packet[ARP].hwsrc == "02:00:00:ff:ff:01"


def test_a_unicast_question_for_an_unknown_address_is_dropped(network: Network, asks: Asks) -> None:
    fabric = network(records=(L2_ONLY,))

    trace = fabric.send(asks("A", "10.0.1.99", to=MAC_B), at="A")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.ARP_UNANSWERED)


def test_a_carried_question_with_a_stale_mac_finds_no_port(
    network: Network, asks: Asks
) -> None:  # RCV-11
    trace = network().send(asks("A", "10.0.1.11", to="02-DE-AD-00-00-01"), at="A")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.NO_PORT)
    assert trace.hops[-1].node == "H2"
    assert "RCV-11" in last(trace).rules


def test_the_receiving_host_validates_the_asker(network: Network, asks: Asks) -> None:  # RCV-9
    fabric = network(
        also="""
        host_views:
          H2: {without_lookup_records: [{ca: 10.0.1.10, vsid: 5001}]}
        """
    )

    trace = fabric.send(asks("A", "10.0.1.11", to=MAC_B), at="A")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.SRC_RECORD_MISSING)
    assert trace.hops[-1].node == "H2"


@pytest.mark.parametrize("profile", PROFILES)
def test_an_arp_reply_is_carried_like_a_unicast_question(
    network: Network, profile: str
) -> None:  # ARP-5
    answer = reply(MAC_B, "10.0.1.11", MAC_A, "10.0.1.10")

    trace = network(profile=profile).send(answer, at="B")

    assert (trace.outcome, trace.receiver) == (Outcome.DELIVERED, "T/A")
    assert trace.delivered[0].frame == answer


def test_an_arp_reply_to_an_unknown_address_is_lost(network: Network) -> None:
    answer = reply(MAC_B, "10.0.1.11", MAC_A, "10.0.1.99")

    trace = network().send(answer, at="B")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.DST_RECORD_MISSING)


def test_an_arp_reply_to_the_dot_one_reaches_nobody(network: Network) -> None:  # FWD-12
    answer = reply(MAC_B, "10.0.1.11", "02-00-00-FF-FF-01", "10.0.1.1")

    trace = network().send(answer, at="B")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.GATEWAY_NOT_A_HOST)


@pytest.mark.parametrize("profile", PROFILES)
def test_t36_hnv_answers_a_neighbour_solicitation(
    network: Network, asks: Asks, profile: str
) -> None:  # ARP-1, ARP-10
    fabric = network(profile=profile)

    trace = fabric.send(asks("A", "2001:db8:1::b"), at="A")

    assert trace.outcome is Outcome.ANSWERED
    [answer] = trace.delivered
    packet = answer.packet
    assert (packet.src, packet.dst) == ("02:00:00:00:01:0b", "02:00:00:00:01:0a")
    assert (packet[IPv6].src, packet[IPv6].dst) == ("2001:db8:1::b", "2001:db8:1::a")
    assert packet[IPv6].hlim == 255
    told = packet[ICMPv6ND_NA]
    assert (told.tgt, told.R, told.S, told.O) == ("2001:db8:1::b", 0, 1, 1)
    assert packet[ICMPv6NDOptDstLLAddr].lladdr == "02:00:00:00:01:0b"


def test_the_dot_one_of_an_ipv6_subnet_is_answered(network: Network, asks: Asks) -> None:  # OBJ-43
    trace = network().send(asks("A", "2001:db8:1::1"), at="A")

    assert trace.outcome is Outcome.ANSWERED
    assert trace.delivered[0].packet[ICMPv6NDOptDstLLAddr].lladdr == "02:00:00:ff:ff:01"


def test_a_unicast_solicitation_is_carried_to_the_vm(network: Network, asks: Asks) -> None:
    question = asks("A", "2001:db8:1::b", to=MAC_B)

    trace = network().send(question, at="A")

    assert (trace.outcome, trace.receiver) == (Outcome.DELIVERED, "T/B")
    assert trace.delivered[0].frame == question


@pytest.mark.parametrize("profile", PROFILES)
def test_t37_a_probe_for_a_held_address_is_answered(
    network: Network, asks: Asks, profile: str
) -> None:  # ARP-8
    vm = "D: host: H2, vsid: 5001, mac: 02-00-00-00-01-0D, ca: []"
    fabric = network(vms=(vm,), profile=profile)

    trace = fabric.send(asks("D", "10.0.1.11", src="0.0.0.0"), at="D")

    assert (trace.outcome, trace.delivered[0].to) == (Outcome.ANSWERED, "T/D")
    assert trace.delivered[0].packet[ARP].hwsrc == "02:00:00:00:01:0b"
    assert "ARP-8" in last(trace).rules


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("target", ["10.0.1.10", "10.0.1.99"])
def test_a_probe_for_a_free_or_the_own_address_meets_silence(
    network: Network, asks: Asks, target: str, profile: str
) -> None:  # ARP-8
    fabric = network(records=(L2_ONLY,), profile=profile)

    trace = fabric.send(asks("A", target, src="0.0.0.0"), at="A")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.ARP_UNANSWERED)
    assert last(trace).rules == ("ARP-8",)


def test_a_probe_over_ipv6_is_answered_to_all_nodes(network: Network, asks: Asks) -> None:
    trace = network().send(asks("A", "2001:db8:1::b", src="::"), at="A")

    assert trace.outcome is Outcome.ANSWERED
    packet = trace.delivered[0].packet
    assert (packet[IPv6].dst, packet[ICMPv6ND_NA].S, packet[ICMPv6ND_NA].O) == ("ff02::1", 0, 1)


@pytest.mark.parametrize("profile", PROFILES)
def test_t38_an_announcement_in_a_static_subnet_is_dropped(
    network: Network, announces: Callable[..., bytes], profile: str
) -> None:  # ARP-9
    fabric = network(profile=profile)

    others = fabric.send(announces("A", "10.0.1.11"), at="A")
    own = fabric.send(announces("A", "10.0.1.10"), at="A")
    over_ipv6 = fabric.send(announces("A", "2001:db8:1::b"), at="A")

    for trace in (others, own, over_ipv6):
        assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.GARP_STATIC_VSID)
        assert trace.learnt == ()


def test_an_announced_reply_is_an_announcement(network: Network) -> None:  # ARP-7
    frame = reply(MAC_A, "10.0.1.11", "FF-FF-FF-FF-FF-FF", "10.0.1.11")

    trace = network().send(frame, at="A")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.GARP_STATIC_VSID)


def test_an_announcement_of_no_address_is_a_probe(network: Network) -> None:
    """A host that learned 0.0.0.0 would forget the L2Only records of the subnet."""
    mac = "02:00:00:00:01:0a"
    arp = ARP(op=1, hwsrc=mac, psrc="0.0.0.0", pdst="0.0.0.0")
    fabric = network(records=(L2_ONLY_A,))

    trace = fabric.send(Ether(src=mac, dst="ff:ff:ff:ff:ff:ff") / arp, at="A")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.ARP_UNANSWERED)
    assert trace.learnt == ()


@pytest.mark.parametrize("octets", [14, 30, 41])
def test_an_arp_message_that_is_cut_short_is_malformed(
    network: Network, asks: Asks, octets: int
) -> None:  # ING-7
    trace = network().send(asks("A", "10.0.1.11")[:octets], at="A")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.MALFORMED)


def test_arp_about_other_addresses_than_ipv4_is_malformed(network: Network, asks: Asks) -> None:
    frame = bytearray(asks("A", "10.0.1.11"))
    frame[16:18] = b"\x86\xdd"

    trace = network().send(bytes(frame), at="A")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.MALFORMED)


def test_padding_behind_an_arp_message_does_not_matter(network: Network, asks: Asks) -> None:
    trace = network().send(asks("A", "10.0.1.11") + bytes(18), at="A")

    assert trace.outcome is Outcome.ANSWERED
    assert len(trace.delivered[0].frame) == 42


def test_router_messages_are_ordinary_packets(
    network: Network, frame: Callable[..., bytes]
) -> None:
    solicitation = frame("A", "2001:db8:1::b", icmp_type=133, icmp_code=0)

    trace = network().send(solicitation, at="A")

    assert (trace.outcome, trace.receiver) == (Outcome.DELIVERED, "T/B")


def _mac(text: str) -> int:
    return int(text.replace("-", ""), 16)
