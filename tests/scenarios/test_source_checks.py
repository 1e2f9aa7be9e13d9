"""What the sending host refuses before it looks at the destination."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scapy.layers.inet import ICMP, IP
from scapy.layers.l2 import Dot1Q, Ether

from hnvemu import Outcome, Reason

if TYPE_CHECKING:
    from collections.abc import Callable

    from hnvemu import Fabric, Trace

    Network = Callable[..., Fabric]
    Frame = Callable[..., bytes]

MAC_A = "02:00:00:00:01:0a"
MAC_C = "02:00:00:00:01:0c"
DG = "02:00:00:ff:ff:01"


def last(trace: Trace) -> Any:
    """Return the step that decided, for its evidence."""
    return trace.steps[-1]


def test_t24_a_vm_cannot_send_from_an_address_without_a_record(
    network: Network, frame: Frame
) -> None:
    trace = network().send(frame("A", "B", src="10.0.1.50"), at="A")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.SRC_RECORD_MISSING)
    assert [hop.node for hop in trace.hops] == ["H1"]
    assert "SRC-4" in trace.steps[-1].rules


def test_t25_a_vm_cannot_send_from_its_neighbours_address(network: Network) -> None:
    trace = network().send(Ether() / IP(src="10.0.1.11", dst="10.1.2.20") / ICMP(), at="A")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.SRC_MAC_MISMATCH)
    assert [hop.node for hop in trace.hops] == ["H1"]
    assert "SRC-5" in trace.steps[-1].rules


def test_t26_a_vm_cannot_send_from_its_neighbours_mac(network: Network) -> None:
    sent = Ether(src=MAC_C) / IP(src="10.0.1.10", dst="10.0.1.11") / ICMP()

    trace = network().send(sent, at="A")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.SPOOFED_MAC)
    assert trace.steps[-1].rules == ("ING-4",)
    assert not any("SRC-1" in step.rules for step in trace.steps)


def test_t26_with_spoofing_allowed_the_records_still_know_the_mac(
    network: Network, frame: Frame
) -> None:
    fabric = network(("A: {host: H1, vsid: 5001,", "A: {host: H1, vsid: 5001, mac_spoofing: true,"))

    trace = fabric.send(frame("A", "B", src_mac=MAC_C), at="A")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.SRC_MAC_MISMATCH)


def test_t27_a_gateway_vm_cannot_send_on_for_a_vm_of_another_host(
    network: Network, frame: Frame
) -> None:
    sent = frame("GW", "X", src="10.0.1.10")

    trace = network().send(sent, at="GW")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.SRC_PA_MISMATCH)
    assert [hop.node for hop in trace.hops] == ["H3", "H2"]
    assert any("SRC-2" in step.rules for step in trace.hops[0].steps)
    refused = last(trace)
    assert str(refused.record.pa) == "192.168.10.11"
    assert str(refused.pa) == "192.168.20.13"
    assert "RCV-10" in refused.rules


def test_t27_sharing_a_host_does_not_help_the_gateway_vm(network: Network, frame: Frame) -> None:
    fabric = network(("host: H3\n", "host: H1\n"))

    trace = fabric.send(frame("GW", "X", src="10.0.1.10"), at="GW")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.SRC_MAC_MISMATCH)
    assert trace.hops[-1].node == "H2"
    assert "RCV-10" in trace.steps[-1].rules


def test_t28_frames_that_are_not_ip_are_not_carried(network: Network) -> None:
    sent = Ether(src=MAC_A, dst="01:80:c2:00:00:0e", type=0x88CC) / bytes(46)

    trace = network().send(sent, at="A")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.UNSUPPORTED_ETHERTYPE)
    assert [hop.node for hop in trace.hops] == ["H1"]
    assert trace.steps[-1].rules == ("ING-6",)
    assert last(trace).ethertype == 0x88CC


def test_t29_a_guest_cannot_tag_its_frames(network: Network) -> None:
    tagged = Ether(src=MAC_A, dst=DG) / Dot1Q(vlan=5)
    sent = tagged / IP(src="10.0.1.10", dst="10.1.2.20") / ICMP()

    trace = network().send(sent, at="A")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.VLAN_IN_HEADER)
    assert [hop.node for hop in trace.hops] == ["H1"]
    assert (trace.steps[-1].rules, last(trace).vlan) == (("ING-2",), 5)


def test_t30_a_port_without_a_vsid_is_not_hnvs_business(network: Network, frame: Frame) -> None:
    fabric = network(("A: {host: H1, vsid: 5001,", "A: {host: H1, vsid: 0,"))

    trace = fabric.send(frame("A", "B"), at="A")

    assert (trace.outcome, trace.reason) == (Outcome.PASSED_THROUGH, None)
    assert [len(hop.steps) for hop in trace.hops] == [1]
    assert (trace.delivered, trace.wire) == ((), ())
    assert trace.steps[0].rules == ("ING-1",)
