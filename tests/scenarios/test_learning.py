"""Learning: what hosts take down of addresses in a subnet with L2Only records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from scapy.layers.l2 import ARP
from scenarios.reach import reached

from hnvemu import Outcome, Reason
from hnvemu.model.records import RecordType

if TYPE_CHECKING:
    from collections.abc import Callable

    from hnvemu import Fabric, Trace

    Network = Callable[..., Fabric]
    Frame = Callable[..., bytes]
    Announces = Callable[..., bytes]

D_ON_H2 = "D: host: H2, vsid: 5001, mac: 02-00-00-00-01-0D, ca: []"
L2_ONLY_D = "ca: 0.0.0.0, vsid: 5001, mac: 02-00-00-00-01-0D, pa: 192.168.10.12, type: l2_only"
L2_ONLY_A = "ca: 0.0.0.0, vsid: 5001, mac: 02-00-00-00-01-0A, pa: 192.168.10.11, type: l2_only"
L2_ONLY_C = "ca: 0.0.0.0, vsid: 5001, mac: 02-00-00-00-01-0C, pa: 192.168.10.11, type: l2_only"
DYNAMIC_OF_C = "ca: 10.0.1.60, vsid: 5001, mac: 02-00-00-00-01-0C, pa: 192.168.10.11, type: dynamic"
LEARNING = ["transparent", "ws2012r2"]
STATIC = ["ws2012", "hnvv2"]


def last(trace: Trace) -> Any:
    """Return the step that decided, for its evidence."""
    return trace.steps[-1]


def known(trace: Trace) -> dict[str, tuple[str, str, str]]:
    """Return CA, MAC and PA of the record that each host learned."""
    assert all(record.type is RecordType.DYNAMIC for _, record in trace.learnt)
    return {host: (str(r.ca), str(r.mac), str(r.pa)) for host, r in trace.learnt}


@pytest.mark.parametrize("profile", LEARNING)
def test_t39_an_announced_address_is_learned_wherever_the_broadcast_goes(
    network: Network, frame: Frame, announces: Announces, profile: str
) -> None:  # SRC-3, ARP-9
    fabric = network(vms=(D_ON_H2,), records=(L2_ONLY_D,), profile=profile)
    of_d = ("10.0.1.60", "02-00-00-00-01-0D", "192.168.10.12")

    announced = fabric.send(announces("D", "10.0.1.60"), at="D")
    before = fabric.send(frame("A", "10.0.1.60"), at="A")
    after = fabric.after(announced).send(frame("A", "10.0.1.60"), at="A")

    assert (announced.outcome, reached(announced)) == (Outcome.REPLICATED, ["T/A", "T/B", "T/C"])
    assert known(announced) == {"H2": of_d, "H1": of_d}
    assert (before.outcome, before.reason) == (Outcome.DROPPED, Reason.DST_RECORD_MISSING)
    assert (after.outcome, after.receiver) == (Outcome.DELIVERED, "T/D")


def test_t39_a_host_that_the_broadcast_does_not_reach_learns_nothing(
    network: Network, frame: Frame, announces: Announces
) -> None:
    fabric = network(vms=(D_ON_H2,), records=(L2_ONLY_D,))

    after = fabric.after(fabric.send(announces("D", "10.0.1.60"), at="D"))
    trace = after.send(frame("GW", "10.0.1.60", src="8.8.8.8"), at="GW")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.DST_RECORD_MISSING)
    assert trace.hops[-1].node == "H3"


def test_what_was_learned_answers_questions(
    network: Network, asks: Callable[..., bytes], announces: Announces
) -> None:
    fabric = network(vms=(D_ON_H2,), records=(L2_ONLY_D,))

    after = fabric.after(fabric.send(announces("D", "10.0.1.60"), at="D"))
    trace = after.send(asks("A", "10.0.1.60"), at="A")

    assert trace.outcome is Outcome.ANSWERED
    assert trace.delivered[0].packet[ARP].hwsrc == "02:00:00:00:01:0d"


def test_learning_forgets_no_other_record(
    network: Network, frame: Frame, announces: Announces
) -> None:
    fabric = network(vms=(D_ON_H2,), records=(L2_ONLY_D,))

    after = fabric.after(fabric.send(announces("D", "10.0.1.60"), at="D"))
    again = after.send(announces("D", "10.0.1.61"), at="D")

    assert after.send(frame("A", "B"), at="A").outcome is Outcome.DELIVERED
    assert set(known(again)) == {"H1", "H2"}
    third = after.after(again)
    for address in ("10.0.1.60", "10.0.1.61"):
        assert third.send(frame("A", address), at="A").receiver == "T/D"


def test_a_second_announcement_teaches_nothing_new(network: Network, announces: Announces) -> None:
    fabric = network(vms=(D_ON_H2,), records=(L2_ONLY_D,))

    after = fabric.after(fabric.send(announces("D", "10.0.1.60"), at="D"))
    again = after.send(announces("D", "10.0.1.60"), at="D")

    assert (again.outcome, again.learnt) == (Outcome.REPLICATED, ())
    assert after.after(again) is after


def test_an_ipv6_address_is_learned_from_an_unsolicited_advertisement(
    network: Network, frame: Frame, announces: Announces
) -> None:
    fabric = network(vms=(D_ON_H2,), records=(L2_ONLY_D,))

    announced = fabric.send(announces("D", "2001:db8:1::d"), at="D")
    after = fabric.after(announced).send(frame("A", "2001:db8:1::d"), at="A")

    assert {host for host, _ in announced.learnt} == {"H1", "H2"}
    assert (after.outcome, after.receiver) == (Outcome.DELIVERED, "T/D")


@pytest.mark.parametrize("profile", LEARNING)
def test_a_sender_is_learned_by_both_hosts(
    network: Network, frame: Frame, profile: str
) -> None:  # SRC-3, RCV-9
    fabric = network(records=(L2_ONLY_A,), profile=profile)
    of_a = ("10.0.1.50", "02-00-00-00-01-0A", "192.168.10.11")

    trace = fabric.send(frame("A", "X", src="10.0.1.50"), at="A")

    assert (trace.outcome, trace.receiver) == (Outcome.DELIVERED, "T/X")
    assert known(trace) == {"H1": of_a, "H2": of_a}
    back = fabric.after(trace).send(frame("X", "10.0.1.50"), at="X")
    assert (back.outcome, back.receiver) == (Outcome.DELIVERED, "T/A")


@pytest.mark.parametrize("profile", STATIC)
def test_nothing_is_learned_before_and_after_2012_r2(
    network: Network, frame: Frame, announces: Announces, profile: str
) -> None:
    fabric = network(vms=(D_ON_H2,), records=(L2_ONLY_A, L2_ONLY_D), profile=profile)

    sent = fabric.send(frame("A", "X", src="10.0.1.50"), at="A")
    announced = fabric.send(announces("D", "10.0.1.60"), at="D")

    assert (sent.outcome, sent.reason) == (Outcome.DROPPED, Reason.SRC_RECORD_MISSING)
    assert (announced.outcome, announced.reason) == (Outcome.DROPPED, Reason.GARP_STATIC_VSID)
    assert (sent.learnt, announced.learnt) == ((), ())


def test_a_sender_without_an_l2_only_record_of_its_own_is_not_learned(
    network: Network, frame: Frame, announces: Announces
) -> None:
    fabric = network(records=(L2_ONLY_D,))

    sent = fabric.send(frame("A", "X", src="10.0.1.50"), at="A")
    announced = fabric.send(announces("A", "10.0.1.50"), at="A")

    assert (sent.outcome, sent.reason) == (Outcome.DROPPED, Reason.SRC_RECORD_MISSING)
    assert (announced.outcome, announced.reason) == (Outcome.DROPPED, Reason.GARP_STATIC_VSID)


def test_an_l2_only_record_of_another_host_does_not_let_a_guest_learn(
    network: Network, frame: Frame, announces: Announces
) -> None:  # SRC-6
    elsewhere = L2_ONLY_A.replace("192.168.10.11", "192.168.10.12")
    fabric = network(records=(elsewhere,))

    sent = fabric.send(frame("A", "X", src="10.0.1.50"), at="A")
    announced = fabric.send(announces("A", "10.0.1.50"), at="A")

    assert (sent.outcome, sent.reason) == (Outcome.DROPPED, Reason.SRC_PA_MISMATCH)
    assert (announced.outcome, announced.reason) == (Outcome.DROPPED, Reason.GARP_STATIC_VSID)


def test_the_far_host_compares_the_l2_only_record_with_the_tunnel(
    network: Network, frame: Frame
) -> None:  # RCV-10
    fabric = network(
        records=(L2_ONLY_A,),
        also="""
        host_views:
          H2:
            lookup_records:
              - {ca: 0.0.0.0, vsid: 5001, mac: 02-00-00-00-01-0A, pa: 192.168.20.13, type: l2_only}
        """,
    )

    trace = fabric.send(frame("A", "X", src="10.0.1.50"), at="A")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.SRC_PA_MISMATCH)
    assert trace.hops[-1].node == "H2"
    assert set(known(trace)) == {"H1"}


@pytest.mark.parametrize("address", ["239.1.1.1", "255.255.255.255", "127.0.0.1", "169.254.1.1"])
def test_an_address_that_no_vm_can_have_is_not_learned(
    network: Network, frame: Frame, announces: Announces, address: str
) -> None:
    fabric = network(records=(L2_ONLY_A,))

    sent = fabric.send(frame("A", "X", src=address), at="A")
    announced = fabric.send(announces("A", address), at="A")

    assert (sent.outcome, sent.reason) == (Outcome.DROPPED, Reason.SRC_RECORD_MISSING)
    assert (announced.outcome, announced.reason) == (Outcome.DROPPED, Reason.GARP_STATIC_VSID)


def test_the_dot_one_is_not_learned(
    network: Network, frame: Frame, announces: Announces
) -> None:  # OBJ-40
    gone = """
    host_views:
      H1: {without_lookup_records: [{ca: 10.0.1.1, vsid: 5001}]}
    """
    fabric = network(records=(L2_ONLY_A,), also=gone)

    sent = fabric.send(frame("A", "X", src="10.0.1.1"), at="A")
    announced = fabric.send(announces("A", "10.0.1.1"), at="A")

    assert (sent.outcome, sent.reason) == (Outcome.DROPPED, Reason.SRC_RECORD_MISSING)
    assert (announced.outcome, announced.reason) == (Outcome.DROPPED, Reason.GARP_STATIC_VSID)


def limited(network: Network, limit: int, *records: str) -> Fabric:
    """Build the network with so many dynamic addresses for A."""
    mac = "mac: 02-00-00-00-01-0A,"
    edit = (mac, f"{mac} dynamic_ip_limit: {limit},")
    return network(edit, records=(L2_ONLY_A, *records))


def test_a_port_has_no_more_dynamic_addresses_than_its_limit(
    network: Network, frame: Frame, announces: Announces
) -> None:  # SRC-3
    one = "ca: 10.0.1.50, vsid: 5001, mac: 02-00-00-00-01-0A, pa: 192.168.10.11, type: dynamic"
    fabric = limited(network, 1, one)

    held = fabric.send(frame("A", "X", src="10.0.1.50"), at="A")
    second = fabric.send(frame("A", "X", src="10.0.1.51"), at="A")
    announced = fabric.send(announces("A", "10.0.1.51"), at="A")

    assert held.outcome is Outcome.DELIVERED
    for trace in (second, announced):
        assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.DYN_LIMIT)
        assert (last(trace).limit, trace.learnt) == (1, ())


def test_a_limit_of_none_stops_learning(network: Network, frame: Frame) -> None:
    trace = limited(network, 0).send(frame("A", "X", src="10.0.1.50"), at="A")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.DYN_LIMIT)


def test_what_was_learned_counts_towards_the_limit(network: Network, frame: Frame) -> None:
    fabric = limited(network, 1)

    first = fabric.send(frame("A", "X", src="10.0.1.50"), at="A")
    second = fabric.after(first).send(frame("A", "X", src="10.0.1.51"), at="A")

    assert first.outcome is Outcome.DELIVERED
    assert (second.outcome, second.reason) == (Outcome.DROPPED, Reason.DYN_LIMIT)


def test_an_announcement_moves_a_dynamic_address(
    network: Network, frame: Frame, announces: Announces
) -> None:  # ARP-9
    fabric = network(vms=(D_ON_H2,), records=(L2_ONLY_C, L2_ONLY_D, DYNAMIC_OF_C))
    of_d = ("10.0.1.60", "02-00-00-00-01-0D", "192.168.10.12")

    before = fabric.send(frame("B", "10.0.1.60"), at="B")
    moved = fabric.send(announces("D", "10.0.1.60"), at="D")
    after = fabric.after(moved)

    assert before.receiver == "T/C"
    assert known(moved) == {"H1": of_d, "H2": of_d}
    assert after.send(frame("B", "10.0.1.60"), at="B").receiver == "T/D"
    assert after.send(frame("A", "10.0.1.60"), at="A").receiver == "T/D"


def test_an_ordinary_packet_moves_no_address(network: Network, frame: Frame) -> None:  # SRC-5
    fabric = network(vms=(D_ON_H2,), records=(L2_ONLY_C, L2_ONLY_D, DYNAMIC_OF_C))

    trace = fabric.send(frame("D", "X", src="10.0.1.60"), at="D")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.SRC_MAC_MISMATCH)


def test_a_full_port_cannot_take_an_address_over(network: Network, announces: Announces) -> None:
    full = D_ON_H2 + ", dynamic_ip_limit: 0"
    fabric = network(vms=(full,), records=(L2_ONLY_C, L2_ONLY_D, DYNAMIC_OF_C))

    trace = fabric.send(announces("D", "10.0.1.60"), at="D")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.DYN_LIMIT)


def test_a_static_address_does_not_move(network: Network, announces: Announces) -> None:
    fabric = network(vms=(D_ON_H2,), records=(L2_ONLY_D,))

    trace = fabric.send(announces("D", "10.0.1.11"), at="D")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.GARP_STATIC_VSID)
    assert str(last(trace).record.mac) == "02-00-00-00-01-0B"


def test_a_guest_may_announce_its_own_static_address(
    network: Network, announces: Announces
) -> None:
    fabric = network(records=(L2_ONLY_A,))

    trace = fabric.send(announces("A", "10.0.1.10"), at="A")

    assert reached(trace) == ["T/B", "T/C"]
    assert trace.learnt == ()


def test_an_announced_static_address_of_another_host_is_refused(
    network: Network, announces: Announces
) -> None:  # SRC-6
    moved = "ca: 10.0.1.10, vsid: 5001, mac: 02-00-00-00-01-0A, pa: 192.168.10.12"
    fabric = network(records=(L2_ONLY_A, moved))

    trace = fabric.send(announces("A", "10.0.1.10"), at="A")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.SRC_PA_MISMATCH)


def test_a_far_host_does_not_move_a_static_record(
    network: Network, frame: Frame, announces: Announces
) -> None:
    """The views differ: for H1 the address is C's for good, for H2 it is nobody's."""
    fabric = network(
        vms=(D_ON_H2,),
        records=(L2_ONLY_D,),
        also="""
        host_views:
          H1:
            lookup_records:
              - {ca: 10.0.1.60, vsid: 5001, mac: 02-00-00-00-01-0C, pa: 192.168.10.11}
        """,
    )

    announced = fabric.send(announces("D", "10.0.1.60"), at="D")
    after = fabric.after(announced)

    assert set(known(announced)) == {"H2"}
    assert [branch.reason for branch in announced.branches] == [None, Reason.SRC_PA_MISMATCH]
    assert after.send(frame("A", "10.0.1.60"), at="A").receiver == "T/C"


WILDCARD = "ca: 0.0.0.0, vsid: 5002, type: gateway_wildcard"
GATEWAYS = (
    "GW2: host: H2, vsid: 5002, mac: 02-00-00-00-03-FB, ca: 10.0.2.251, gateway: true",
    (
        "prefix: 0.0.0.0/0, next_hop: 10.0.2.250, vsid: 5002",
        "prefix: 0.0.0.0/0, next_hop: 10.0.2.249, vsid: 5002",
    ),
    (
        "ca: 10.0.2.249, vsid: 5002, mac: 02-00-00-00-03-FA, pa: 192.168.20.13, type: dynamic",
        "ca: 0.0.0.0, vsid: 5002, mac: 02-00-00-00-03-FA, pa: 192.168.20.13, type: l2_only",
        "ca: 0.0.0.0, vsid: 5002, mac: 02-00-00-00-03-FB, pa: 192.168.10.12, type: l2_only",
        f"{WILDCARD}, mac: 02-00-00-00-03-FA, pa: 192.168.20.13",
        f"{WILDCARD}, mac: 02-00-00-00-03-FB, pa: 192.168.10.12",
    ),
)


def two_gateways(network: Network, profile: str) -> Fabric:
    """Build the network with two gateways and an address that either can announce."""
    vm, route, records = GATEWAYS
    return network(route, vms=(vm,), records=records, profile=profile)


@pytest.mark.parametrize("profile", LEARNING)
def test_a_second_gateway_takes_a_dynamic_address_over(
    network: Network, frame: Frame, announces: Announces, profile: str
) -> None:  # GWY-11
    fabric = two_gateways(network, profile)

    before = fabric.send(frame("B", "8.8.8.8"), at="B")
    taken = fabric.send(announces("GW2", "10.0.2.249"), at="GW2")
    after = fabric.after(taken).send(frame("B", "8.8.8.8"), at="B")

    assert (before.outcome, before.receiver) == (Outcome.TO_GATEWAY, "T/GW")
    assert set(known(taken)) == {"H2", "H3"}
    assert (after.outcome, after.receiver) == (Outcome.TO_GATEWAY, "T/GW2")


@pytest.mark.parametrize("profile", LEARNING)
def test_hosts_that_the_takeover_does_not_reach_still_send_to_the_first_gateway(
    network: Network, frame: Frame, announces: Announces, profile: str
) -> None:  # GWY-11: H1 has no port in the gateways' subnet and no copy goes there
    fabric = two_gateways(network, profile)

    taken = fabric.send(announces("GW2", "10.0.2.249"), at="GW2")
    trace = fabric.after(taken).send(frame("A", "8.8.8.8"), at="A")

    assert (trace.outcome, trace.receiver) == (Outcome.TO_GATEWAY, "T/GW")


@pytest.mark.parametrize("profile", STATIC)
def test_no_gateway_takes_an_address_over_before_and_after_2012_r2(
    network: Network, frame: Frame, announces: Announces, profile: str
) -> None:  # GWY-11
    fabric = two_gateways(network, profile)

    taken = fabric.send(announces("GW2", "10.0.2.249"), at="GW2")
    after = fabric.after(taken).send(frame("B", "8.8.8.8"), at="B")

    assert (taken.outcome, taken.reason) == (Outcome.DROPPED, Reason.GARP_STATIC_VSID)
    assert after.receiver == "T/GW"
