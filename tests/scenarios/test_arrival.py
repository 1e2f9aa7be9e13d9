"""Encapsulated frames that reach a host: what it takes out, and what it refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from scapy.config import conf
from scapy.layers.inet import ICMP, IP, UDP
from scapy.layers.l2 import GRE, Ether
from scapy.layers.vxlan import VXLAN

from hnvemu import Outcome, Reason

if TYPE_CHECKING:
    from collections.abc import Callable

    from scapy.packet import Packet

    from hnvemu import Fabric, Trace

    Network = Callable[..., Fabric]
    Frame = Callable[..., bytes]

MAC_A, MAC_B = "02:00:00:00:01:0a", "02:00:00:00:01:0b"
H2 = "provider_addresses: [192.168.10.12/24]"


def last(trace: Trace) -> Any:
    """Return the step that decided, for its evidence."""
    return trace.steps[-1]


def outer(**fields: Any) -> Packet:
    """Return the outer headers of a frame from H1 to H2, up to IP."""
    addresses = {"src": "192.168.10.11", "dst": "192.168.10.12"}
    ethernet = Ether(src="02:00:c0:a8:0a:0b", dst="02:00:c0:a8:0a:0c")
    return ethernet / IP(**(addresses | fields))


def nvgre(vsid: int) -> Packet:
    """Return a GRE header with ``vsid`` in its key."""
    return GRE(key_present=1, proto=0x6558, key=vsid << 8)


def vxlan(vni: int) -> Packet:
    """Return UDP and VXLAN headers."""
    return UDP(sport=50000, dport=4789) / VXLAN(flags=0x08, vni=vni)


def inner(dst_mac: str = MAC_B, **fields: Any) -> Packet:
    """Return the frame of a ping from A to B."""
    addresses = {"src": "10.0.1.10", "dst": "10.0.1.11"}
    return Ether(src=MAC_A, dst=dst_mac) / IP(**(addresses | fields)) / ICMP()


@pytest.mark.parametrize("profile", ["transparent", "ws2012", "ws2012r2"])
def test_a_host_takes_an_nvgre_frame_from_the_wire(network: Network, profile: str) -> None:
    trace = network(profile=profile).send(outer() / nvgre(5001) / inner(), at="pa:H2")

    assert trace.outcome is Outcome.DELIVERED
    assert [hop.node for hop in trace.hops] == ["H2"]
    assert (trace.receiver, trace.wire) == ("T/B", ())
    assert trace.delivered[0].frame == bytes(inner())
    assert {"RCV-1", "RCV-2", "RCV-6", "RCV-9"} <= {r for s in trace.steps for r in s.rules}


def test_version_2_takes_a_vxlan_frame_from_the_wire(network: Network) -> None:
    trace = network(profile="hnvv2").send(outer() / vxlan(5001) / inner(), at="pa:H2")

    assert (trace.outcome, trace.receiver) == (Outcome.DELIVERED, "T/B")
    assert trace.delivered[0].frame == bytes(inner())


def test_what_one_host_sends_the_other_takes_as_a_capture(network: Network, frame: Frame) -> None:
    fabric = network()
    sent = fabric.send(frame("A", "B"), at="A")

    captured = fabric.send(sent.wire[0].frame, at="pa:H2")

    assert (captured.outcome, captured.receiver) == (sent.outcome, sent.receiver)
    assert captured.delivered == sent.delivered


def test_what_a_captured_packet_leaves_open_is_zero_and_not_this_machines(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conf, "route", None)
    monkeypatch.setattr(conf, "neighbor", None)
    bare = Ether() / IP(dst="192.168.10.12") / nvgre(5001) / Ether() / IP(dst="10.0.1.11")

    trace = network().send(bare / ICMP(), at="pa:H2")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.SRC_PA_MISMATCH)
    assert str(last(trace).pa) == "0.0.0.0"
    assert (trace.frame[:12], trace.frame[26:30]) == (bytes(12), bytes(4))


@pytest.mark.parametrize(
    ("profile", "header"), [("transparent", vxlan(5001)), ("hnvv2", nvgre(5001))]
)
def test_a_host_refuses_the_encapsulation_of_another_generation(
    network: Network, profile: str, header: Packet
) -> None:  # RCV-2
    trace = network(profile=profile).send(outer() / header / inner(), at="pa:H2")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.BAD_ENCAP)


@pytest.mark.parametrize(
    "header",
    [
        GRE(proto=0x6558),
        GRE(key_present=1, seqnum_present=1, proto=0x6558, key=5001 << 8),
        GRE(key_present=1, version=1, proto=0x6558, key=5001 << 8),
        GRE(key_present=1, proto=0x0800, key=5001 << 8),
        UDP(sport=50000, dport=53),
    ],
    ids=["no key", "sequence number", "version 1", "no Ethernet", "no tunnel"],
)
def test_only_a_key_and_an_ethernet_frame_make_nvgre(
    network: Network, header: Packet
) -> None:  # RCV-2
    trace = network().send(outer() / header / bytes(inner()), at="pa:H2")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.BAD_ENCAP)


def test_a_foreign_provider_address_is_not_received(network: Network) -> None:  # RCV-1
    trace = network().send(outer() / nvgre(5001) / inner(), at="pa:H3")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.PA_NOT_LOCAL)
    assert trace.hops[-1].node == "H3"


@pytest.mark.parametrize("state", ["deprecated", "tentative", "duplicate", "invalid"])
def test_a_provider_address_that_is_not_preferred_does_not_receive(
    network: Network, frame: Frame, state: str
) -> None:  # RCV-1
    fabric = network(
        (H2, f"provider_addresses: [{{address: 192.168.10.12/24, state: {state}}}]"),
        records=("ca: 10.0.1.11, vsid: 5001, mac: 02-00-00-00-01-0B, pa: 192.168.10.12",),
    )

    trace = fabric.send(frame("A", "B"), at="A")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.PA_NOT_LOCAL)
    assert trace.hops[-1].node == "H2"
    assert last(trace).state == state


def test_an_unknown_key_finds_no_record(network: Network) -> None:  # RCV-3
    trace = network().send(outer() / nvgre(4999) / inner(), at="pa:H2")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.DST_RECORD_MISSING)
    assert "RCV-3" in trace.steps[-1].rules


def test_a_key_of_the_wrong_subnet_finds_no_record(network: Network) -> None:  # RCV-6
    trace = network().send(outer() / nvgre(5003) / inner(), at="pa:H2")

    assert trace.reason is Reason.DST_RECORD_MISSING


@pytest.mark.parametrize(("before", "after"), [(0x02, 0x03), (0x01, 0x03), (0x2A, 0x2B)])
def test_a_congestion_mark_is_copied_inward(
    network: Network, before: int, after: int
) -> None:  # RCV-5
    trace = network().send(outer(tos=3) / nvgre(5001) / inner(tos=before), at="pa:H2")

    assert (trace.outcome, trace.receiver) == (Outcome.DELIVERED, "T/B")
    assert trace.delivered[0].frame == bytes(inner(tos=after))


@pytest.mark.parametrize("mark", [0, 1, 2])
def test_no_other_outer_mark_reaches_the_guest(network: Network, mark: int) -> None:  # RCV-5
    trace = network().send(outer(tos=mark) / nvgre(5001) / inner(tos=0), at="pa:H2")

    assert trace.delivered[0].frame == bytes(inner(tos=0))


@pytest.mark.parametrize(
    ("profile", "header"),
    [("ws2012", nvgre(5001)), ("ws2012r2", nvgre(5001)), ("hnvv2", vxlan(5001))],
)
def test_a_switch_that_corrects_macs_insists_on_them(
    network: Network, profile: str, header: Packet
) -> None:  # RCV-8
    wrong = inner("02:de:ad:00:00:01")

    trace = network(profile=profile).send(outer() / header / wrong, at="pa:H2")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.DST_MAC_MISMATCH)
    assert trace.steps[-1].rules == ("RCV-8",)


def test_transparent_takes_any_destination_mac(network: Network) -> None:  # RCV-8
    wrong = inner("02:de:ad:00:00:01")

    trace = network().send(outer() / nvgre(5001) / wrong, at="pa:H2")

    assert (trace.outcome, trace.receiver) == (Outcome.DELIVERED, "T/B")
    assert trace.delivered[0].frame == bytes(wrong)


def test_the_outer_source_is_compared_with_the_inner(network: Network) -> None:  # RCV-10
    forged = outer(src="192.168.20.13") / nvgre(5001) / inner()

    trace = network().send(forged, at="pa:H2")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.SRC_PA_MISMATCH)


def test_an_inner_source_that_nobody_has_is_dropped(network: Network) -> None:  # RCV-9
    forged = outer() / nvgre(5001) / inner(src="10.0.1.99")

    trace = network().send(forged, at="pa:H2")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.SRC_RECORD_MISSING)


def test_the_receiver_filters_what_came_from_the_wire(network: Network) -> None:  # FWD-34
    fabric = network(also="firewall: {rules: [{name: no, vms: [B], action: block}]}")

    trace = fabric.send(outer() / nvgre(5001) / inner(), at="pa:H2")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.ACL_DENY_IN)
    assert trace.receiver == "T/B"
