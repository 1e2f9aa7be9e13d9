"""What this version does not model: it says so, and does not guess."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from scapy.layers.inet import ICMP, IP
from scapy.layers.inet6 import ICMPv6ND_NS, IPv6
from scapy.layers.l2 import ARP, Ether

from hnvemu import Outcome, Reason

if TYPE_CHECKING:
    from collections.abc import Callable

    from scapy.packet import Packet

    from hnvemu import Fabric, Trace

    Network = Callable[..., Fabric]
    Frame = Callable[..., bytes]

MAC_A = "02:00:00:00:01:0a"
BROADCAST = "ff:ff:ff:ff:ff:ff"


def last(trace: Trace) -> Any:
    """Return the step that decided, for its evidence."""
    return trace.steps[-1]


@pytest.mark.parametrize(
    ("key", "entry"),
    [
        ("port_acls", "{vms: [X], direction: inbound, action: deny, remote: 10.0.0.0/16}"),
        ("port_acls", "{vms: [X], direction: both, action: meter}"),
        ("extended_acls", "{vms: [X], direction: inbound, weight: 1, action: deny}"),
        (
            "datacenter_acls",
            "{name: no, vms: [X], direction: inbound, priority: 1, action: deny}",
        ),
    ],
)
def test_other_access_control_lists_leave_packets_undecided(
    network: Network, frame: Frame, key: str, entry: str
) -> None:
    fabric = network(also=f"{key}: [{entry}]")

    trace = fabric.send(frame("A", "X"), at="A")
    elsewhere = fabric.send(frame("A", "B"), at="A")

    assert (trace.outcome, trace.reason) == (Outcome.UNDECIDED, Reason.UNSUPPORTED)
    assert (trace.hops[-1].node, trace.receiver) == ("H2", "T/X")
    assert last(trace).key == key
    assert last(trace).origin.file.endswith("2-also.yaml")
    assert elsewhere.outcome is Outcome.DELIVERED


def test_other_access_control_lists_count_in_their_direction_alone(
    network: Network, frame: Frame
) -> None:
    fabric = network(also="port_acls: [{vms: [X], direction: inbound, action: deny}]")

    assert fabric.send(frame("X", "B"), at="X").outcome is Outcome.DELIVERED


def multi_tenant(network: Network) -> Fabric:
    """Build the network with a gateway MT that both virtual networks share."""
    return network(
        (
            "- {prefix: 0.0.0.0/0, next_hop: 10.0.2.250, vsid: 5002}",
            "- {prefix: 0.0.0.0/0, next_hop: 10.0.2.2, vsid: 5002}",
        ),
        also="""
        gateways:
          MT:
            host: H3
            mac: 02-00-00-00-03-02
            routing_domains:
              - {virtual_network: T, vsid: 5002, ca: 10.0.2.2}
              - {virtual_network: U, vsid: 6002, ca: 10.0.2.2}
        """,
    )


def test_a_multi_tenant_gateway_is_not_followed(network: Network, frame: Frame) -> None:
    fabric = multi_tenant(network)

    towards = fabric.send(frame("A", "8.8.8.8"), at="A")
    away = fabric.send(frame("GW", "A", src_mac="02-00-00-00-03-02"), at="MT")

    assert (towards.outcome, towards.reason) == (Outcome.UNDECIDED, Reason.UNSUPPORTED)
    assert (towards.hops[-1].node, last(towards).key) == ("H3", "gateways")
    assert (away.outcome, away.reason) == (Outcome.UNDECIDED, Reason.UNSUPPORTED)
    assert last(away).key == "gateways"


def test_a_multi_tenant_gateway_leaves_the_rest_decided(network: Network, frame: Frame) -> None:
    trace = multi_tenant(network).send(frame("A", "X"), at="A")

    assert (trace.outcome, trace.receiver) == (Outcome.DELIVERED, "T/X")


@pytest.mark.parametrize(
    ("message", "key"),
    [
        (Ether(src=MAC_A, dst=BROADCAST) / ARP(psrc="10.0.1.10", pdst="10.0.1.11"), "ARP"),
        (
            Ether(src=MAC_A, dst="33:33:ff:00:00:0b")
            / IPv6(src="2001:db8:1::a", dst="ff02::1:ff00:b")
            / ICMPv6ND_NS(tgt="2001:db8:1::b"),
            "IPv6 neighbour discovery",
        ),
        (
            Ether(src=MAC_A, dst="01:00:5e:01:01:01")
            / IP(src="10.0.1.10", dst="239.1.1.1")
            / ICMP(),
            "broadcast and multicast",
        ),
        (
            Ether(src=MAC_A, dst=BROADCAST) / IP(src="10.0.1.10", dst="255.255.255.255") / ICMP(),
            "broadcast and multicast",
        ),
    ],
    ids=["ARP", "ND", "multicast", "broadcast"],
)
@pytest.mark.parametrize("profile", ["transparent", "ws2012", "ws2012r2", "hnvv2"])
def test_address_resolution_and_groups_are_left_undecided(
    network: Network, message: Packet, key: str, profile: str
) -> None:
    trace = network(profile=profile).send(message, at="A")

    assert (trace.outcome, trace.reason) == (Outcome.UNDECIDED, Reason.UNSUPPORTED)
    assert [hop.node for hop in trace.hops] == ["H1"]
    assert last(trace).key == key


def test_a_sender_that_would_be_learned_is_left_undecided(
    network: Network, frame: Frame
) -> None:  # SRC-3
    l2_only = "ca: 0.0.0.0, vsid: 5001, mac: 02-00-00-00-01-0A, pa: 192.168.10.11, type: l2_only"
    fabric = network(records=(l2_only,))

    learned = fabric.send(frame("A", "B", src="10.0.1.60"), at="A")
    known = fabric.send(frame("A", "B"), at="A")

    assert (learned.outcome, learned.reason) == (Outcome.UNDECIDED, Reason.UNSUPPORTED)
    assert "l2_only" in last(learned).key
    assert (known.outcome, known.receiver) == (Outcome.DELIVERED, "T/B")


def nat_pair(network: Network) -> Fabric:
    """Build the network with translation rule nat for A and B."""
    return network(
        records=(
            "ca: 10.0.1.10, vsid: 5001, mac: 02-00-00-00-01-0A, pa: 192.168.10.11, rule: nat",
            "ca: 10.0.1.11, vsid: 5001, mac: 02-00-00-00-01-0B, pa: 192.168.10.12, rule: nat",
        )
    )


def test_address_translation_is_not_modelled(network: Network, frame: Frame) -> None:  # ENC-31
    trace = nat_pair(network).send(frame("A", "B"), at="A")

    assert (trace.outcome, trace.reason) == (Outcome.UNDECIDED, Reason.UNSUPPORTED_METHOD)
    assert trace.hops[-1].node == "H1"
    assert trace.steps[-1].rules == ("ENC-31",)


def test_address_translation_does_not_touch_other_pairs(
    network: Network, frame: Frame
) -> None:  # ENC-31
    trace = nat_pair(network).send(frame("C", "X"), at="C")

    assert (trace.outcome, trace.receiver) == (Outcome.DELIVERED, "T/X")
