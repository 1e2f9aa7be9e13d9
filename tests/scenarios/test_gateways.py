"""Gateway VMs: which one is taken, where it may stand, and what it may send."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from scapy.layers.inet import ICMP, IP
from scapy.layers.l2 import Ether

from hnvemu import Outcome, Reason

if TYPE_CHECKING:
    from collections.abc import Callable

    from hnvemu import Fabric, Trace

    Network = Callable[..., Fabric]
    Frame = Callable[..., bytes]

DEFAULT = "- {prefix: 0.0.0.0/0, next_hop: 10.0.2.250, vsid: 5002}"
SECOND_DEFAULT = "prefix: 0.0.0.0/0, next_hop: 10.0.2.251, vsid: 5002, metric: 300"
TIED_DEFAULT = "prefix: 0.0.0.0/0, next_hop: 10.0.2.251, vsid: 5002"
GW = """      GW:
        host: H3
        vsid: 5002
        mac: 02-00-00-00-03-FA
        ca: [10.0.2.250, "2001:db8:2::fa"]
        gateway: true"""
GW2_ON_H3 = "GW2: host: H3, vsid: 5002, mac: 02-00-00-00-03-FB, ca: 10.0.2.251, gateway: true"
GW2_ON_H2 = "GW2: host: H2, vsid: 5002, mac: 02-00-00-00-03-FB, ca: 10.0.2.251, gateway: true"


def last(trace: Trace) -> Any:
    """Return the step that decided, for its evidence."""
    return trace.steps[-1]


def applying(trace: Trace, rule: str) -> list[Any]:
    """Return the steps that apply ``rule``."""
    return [step for step in trace.steps if rule in step.rules]


def test_t55_the_lower_metric_decides_between_two_gateways(network: Network, frame: Frame) -> None:
    fabric = network(routes=(SECOND_DEFAULT,), vms=(GW2_ON_H3,))

    trace = fabric.send(frame("A", "8.8.8.8"), at="A")

    assert (trace.outcome, trace.receiver) == (Outcome.TO_GATEWAY, "T/GW")
    [matched] = applying(trace, "FWD-8")
    assert str(matched.route.next_hop) == "10.0.2.250"
    assert [(str(route.next_hop), route.metric) for route in matched.rivals] == [
        ("10.0.2.251", 300)
    ]


def test_t56_a_route_whose_gateway_is_gone_is_not_replaced_by_the_next(
    network: Network, frame: Frame
) -> None:
    fabric = network(
        routes=(SECOND_DEFAULT,),
        vms=(GW2_ON_H3,),
        also="host_views: {H1: {without_lookup_records: [{ca: 10.0.2.250, vsid: 5002}]}}",
    )

    trace = fabric.send(frame("A", "8.8.8.8"), at="A")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.DST_RECORD_MISSING)
    assert [hop.node for hop in trace.hops] == ["H1"]
    assert str(last(trace).ca) == "10.0.2.250"


def test_t57_equal_metrics_leave_the_lower_next_hop(network: Network, frame: Frame) -> None:
    fabric = network(routes=(TIED_DEFAULT,), vms=(GW2_ON_H3,))

    trace = fabric.send(frame("A", "8.8.8.8"), at="A")

    assert (trace.outcome, trace.receiver) == (Outcome.TO_GATEWAY, "T/GW")
    [matched] = applying(trace, "FWD-8")
    assert str(matched.route.next_hop) == "10.0.2.250"
    assert ("FWD-6",) in [note.rules for note in trace.notes]


@pytest.mark.parametrize("profile", ["transparent", "ws2012", "ws2012r2", "hnvv2"])
def test_t58_a_gateway_inside_the_subnet_of_its_vms_still_forwards(
    network: Network, frame: Frame, profile: str
) -> None:
    fabric = network(
        (DEFAULT, "- {prefix: 0.0.0.0/0, next_hop: 10.0.1.250, vsid: 5001}"),
        (GW, GW.replace("5002", "5001").replace("10.0.2.250", "10.0.1.250")),
        profile=profile,
    )

    trace = fabric.send(frame("A", "8.8.8.8"), at="A")

    assert (trace.outcome, trace.hops[-1].node) == (Outcome.TO_GATEWAY, "H3")
    [arrived] = trace.delivered
    assert (arrived.to, arrived.vsid, arrived.ttl) == ("T/GW", 5001, 64)
    assert trace.wire[0].tunnel.vsid == 5001


def test_t58_the_key_of_that_gateway_is_5001(network: Network) -> None:
    fabric = network(
        (DEFAULT, "- {prefix: 0.0.0.0/0, next_hop: 10.0.1.250, vsid: 5001}"),
        (GW, GW.replace("5002", "5001").replace("10.0.2.250", "10.0.1.250")),
    )

    [wire] = fabric.send(Ether() / IP(dst="8.8.8.8") / ICMP(), at="A").wire

    assert wire.frame[34:42] == bytes.fromhex("20006558 00138900")


def test_t59_the_gateway_address_of_a_subnet_is_no_next_hop(network: Network, frame: Frame) -> None:
    fabric = network((DEFAULT, "- {prefix: 0.0.0.0/0, next_hop: 10.0.2.1, vsid: 5002}"))

    trace = fabric.send(frame("A", "8.8.8.8"), at="A")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.GATEWAY_NOT_A_HOST)
    assert [hop.node for hop in trace.hops] == ["H1"]
    assert "FWD-12" in trace.steps[-1].rules


def test_each_of_two_gateway_vms_may_send_from_outside_addresses(
    network: Network, frame: Frame
) -> None:  # SRC-2
    fabric = network(vms=(GW2_ON_H2,))

    first = fabric.send(frame("GW", "A", src="8.8.8.8"), at="GW")
    second = fabric.send(frame("GW2", "A", src="8.8.8.8"), at="GW2")

    assert (first.outcome, first.receiver) == (Outcome.DELIVERED, "T/A")
    assert (second.outcome, second.receiver) == (Outcome.DELIVERED, "T/A")
    senders = applying(first, "SRC-2") + applying(second, "SRC-2")
    assert [str(step.record.mac)[-2:] for step in senders] == ["FA", "FB"]


def test_a_vm_beside_a_gateway_vm_gains_nothing_from_its_wildcard(
    network: Network, frame: Frame
) -> None:  # SRC-2
    fabric = network(vms=(GW2_ON_H3.replace("gateway: true", "gateway: false"),))

    trace = fabric.send(frame("GW2", "A", src="8.8.8.8"), at="GW2")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.SRC_RECORD_MISSING)
    assert trace.hops[-1].node == "H3"


def test_of_two_wildcards_the_receiver_takes_the_one_behind_the_outer_destination(
    network: Network, frame: Frame
) -> None:  # GWY-9
    split = "prefix: 8.0.0.0/8, next_hop: 10.0.2.251, vsid: 5002"
    fabric = network(routes=(split,), vms=(GW2_ON_H2,))

    by_default = fabric.send(frame("A", "9.9.9.9"), at="A")
    by_prefix = fabric.send(frame("A", "8.8.8.8"), at="A")

    assert (by_default.outcome, by_default.receiver) == (Outcome.TO_GATEWAY, "T/GW")
    assert by_default.hops[-1].node == "H3"
    assert (by_prefix.outcome, by_prefix.receiver) == (Outcome.TO_GATEWAY, "T/GW2")
    assert by_prefix.hops[-1].node == "H2"


@pytest.mark.parametrize("profile", ["ws2012", "ws2012r2", "hnvv2"])
def test_two_gateway_vms_on_one_host_are_told_apart_by_the_mac_of_the_frame(
    network: Network, frame: Frame, profile: str
) -> None:  # GWY-9
    split = "prefix: 8.0.0.0/8, next_hop: 10.0.2.251, vsid: 5002"
    fabric = network(routes=(split,), vms=(GW2_ON_H3,), profile=profile)

    first = fabric.send(frame("A", "9.9.9.9"), at="A")
    second = fabric.send(frame("A", "8.8.8.8"), at="A")

    assert (first.outcome, first.receiver) == (Outcome.TO_GATEWAY, "T/GW")
    assert (second.outcome, second.receiver) == (Outcome.TO_GATEWAY, "T/GW2")


@pytest.mark.parametrize("sender", ["GW", "GW2"])
def test_replies_of_two_gateway_vms_on_one_host_are_both_accepted(
    network: Network, frame: Frame, sender: str
) -> None:  # GWY-9
    fabric = network(vms=(GW2_ON_H3,))

    trace = fabric.send(frame(sender, "A", src="8.8.8.8"), at=sender)

    assert (trace.outcome, trace.receiver) == (Outcome.DELIVERED, "T/A")


def test_transparent_frames_do_not_tell_two_gateway_vms_of_one_host_apart(
    network: Network, frame: Frame
) -> None:  # GWY-9: the guest's frame keeps the gateway MAC, and the lower MAC decides
    split = "prefix: 8.0.0.0/8, next_hop: 10.0.2.251, vsid: 5002"
    fabric = network(routes=(split,), vms=(GW2_ON_H3,))

    trace = fabric.send(frame("A", "8.8.8.8"), at="A")

    assert (trace.outcome, trace.receiver) == (Outcome.TO_GATEWAY, "T/GW")


def test_a_full_tie_falls_to_the_lower_next_hop_and_then_to_the_lower_vsid(
    network: Network, frame: Frame
) -> None:  # FWD-6
    fabric = network(routes=("prefix: 0.0.0.0/0, next_hop: 10.0.2.250, vsid: 5001",))

    trace = fabric.send(frame("A", "8.8.8.8"), at="A")

    assert trace.reason is Reason.DST_RECORD_MISSING
    assert (last(trace).vsid, str(last(trace).ca)) == (5001, "10.0.2.250")


def test_a_next_hop_outside_every_on_link_prefix_is_refused(
    network: Network, frame: Frame
) -> None:  # FWD-8
    fabric = network((DEFAULT, "- {prefix: 0.0.0.0/0, next_hop: 10.7.7.7, vsid: 5002}"))

    trace = fabric.send(frame("A", "8.8.8.8"), at="A")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.NEXTHOP_NOT_ONLINK)
    assert trace.hops[-1].node == "H1"


def test_a_gateway_vm_that_sends_outside_gets_its_packet_back(
    network: Network, frame: Frame
) -> None:  # FWD-35
    sent = frame("GW", "8.8.8.8")

    trace = network().send(sent, at="GW")

    assert (trace.outcome, trace.receiver) == (Outcome.TO_GATEWAY, "T/GW")
    assert trace.delivered[0].frame == sent
    assert ("FWD-35",) in [note.rules for note in trace.notes]


def test_on_local_delivery_a_gateway_vm_may_use_any_address(
    network: Network, frame: Frame
) -> None:  # GWY-13
    fabric = network(("host: H3\n", "host: H2\n"))

    trace = fabric.send(frame("GW", "X", src="10.0.1.10"), at="GW")

    assert (trace.outcome, trace.receiver) == (Outcome.DELIVERED, "T/X")
    assert [hop.node for hop in trace.hops] == ["H2"]


@pytest.mark.parametrize("nobody", ["0.0.0.0", "::"])
def test_an_address_that_names_no_host_is_not_that_of_the_wildcard(
    network: Network, frame: Frame, nobody: str
) -> None:  # GWY-3
    trace = network().send(frame("A", nobody), at="A")

    assert (trace.outcome, trace.receiver) == (Outcome.TO_GATEWAY, "T/GW")


NVA = "NVA: host: H2, vsid: 5003, mac: 02-00-00-00-02-32, ca: 10.1.2.50, gateway: {forwards}"
USER_DEFINED = "prefix: 172.16.0.0/12, next_hop: 10.1.2.50, vsid: 5003"


@pytest.mark.parametrize("profile", ["transparent", "ws2012", "ws2012r2", "hnvv2"])
def test_an_appliance_takes_what_a_user_defined_route_sends_it(
    network: Network, frame: Frame, profile: str
) -> None:  # GWY-14
    nva = NVA.format(forwards="true")
    fabric = network(routes=(USER_DEFINED,), vms=(nva,), profile=profile)

    inside = fabric.send(frame("A", "172.16.0.9"), at="A")
    outside = fabric.send(frame("A", "8.8.8.8"), at="A")
    back = fabric.send(frame("X", "A", src="172.16.0.9", src_mac="02-00-00-00-02-32"), at="NVA")

    assert (inside.outcome, inside.receiver) == (Outcome.TO_GATEWAY, "T/NVA")
    assert (outside.outcome, outside.receiver) == (Outcome.TO_GATEWAY, "T/GW")
    assert (back.outcome, back.receiver) == (Outcome.DELIVERED, "T/A")


def test_an_appliance_that_does_not_forward_takes_nothing(
    network: Network, frame: Frame
) -> None:  # GWY-14: without its wildcard no host accepts the destination
    nva = NVA.format(forwards="false")
    fabric = network(routes=(USER_DEFINED,), vms=(nva,), profile="hnvv2")

    trace = fabric.send(frame("A", "172.16.0.9"), at="A")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.DST_RECORD_MISSING)
    assert trace.hops[-1].node == "H2"
