"""Datacenter ACLs: the lowest priority is tried first, and HNVv2 blocks a port without one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from scapy.layers.inet import ICMP, IP, TCP
from scapy.layers.l2 import Ether

from hnvemu import Outcome, Reason

if TYPE_CHECKING:
    from collections.abc import Callable

    from hnvemu import Fabric, Trace

    Network = Callable[..., Fabric]
    Frame = Callable[..., bytes]

OPENING = Ether() / IP(dst="10.1.2.20") / TCP(sport=40000, dport=443, flags="S")
REPLY = Ether() / IP(dst="10.0.1.10") / TCP(sport=443, dport=40000, flags="SA")


def last(trace: Trace) -> Any:
    """Return the step that decided, for its evidence."""
    return trace.steps[-1]


def verdict(trace: Trace) -> tuple[Outcome, Reason | None, str]:
    """Return what became of a packet, why, and at which host."""
    return trace.outcome, trace.reason, trace.hops[-1].node


def acls(*entries: str) -> str:
    """Return the section of a policy with these entries."""
    return "datacenter_acls: [" + ", ".join(f"{{{entry}}}" for entry in entries) + "]"


def test_the_lowest_priority_is_tried_first(network: Network, frame: Frame) -> None:  # ACL-51
    fabric = network(
        also=acls(
            "name: rest, vms: [X], direction: inbound, priority: 110, action: deny",
            "name: a, vms: [X], direction: inbound, priority: 100, action: allow,"
            " source: 10.0.1.10",
        )
    )

    from_a = fabric.send(frame("A", "X"), at="A")
    from_c = fabric.send(frame("C", "X"), at="C")

    assert (from_a.outcome, from_a.receiver) == (Outcome.DELIVERED, "T/X")
    assert verdict(from_c) == (Outcome.DROPPED, Reason.ACL_DENY_IN, "H2")
    assert str(last(from_c).rule) == "datacenter ACL rest"
    assert last(from_c).rules == ("ACL-51",)


def test_of_equal_priorities_a_deny_decides(network: Network, frame: Frame) -> None:  # ACL-51
    fabric = network(
        also=acls(
            "name: yes, vms: [X], direction: inbound, priority: 1, action: allow",
            "name: no, vms: [X], direction: inbound, priority: 1, action: deny",
        )
    )

    assert fabric.send(frame("A", "X"), at="A").reason is Reason.ACL_DENY_IN


@pytest.mark.parametrize("profile", ["transparent", "hnvv2"])
def test_without_a_match_a_packet_passes(network: Network, frame: Frame, profile: str) -> None:
    fabric = network(
        also=acls(
            "name: no, vms: [X], direction: inbound, priority: 1, action: deny, source: 10.9.0.1",
            'name: out, vms: [A], direction: outbound, priority: 1, action: allow, source: "*"',
        ),
        profile=profile,
    )

    trace = fabric.send(frame("A", "X"), at="A")

    assert (trace.outcome, trace.receiver) == (Outcome.DELIVERED, "T/X")


@pytest.mark.parametrize(
    ("condition", "stopped"),
    [
        ("source: 10.0.1.10", True),
        ("source: 10.1.2.20", False),
        ("destination: 10.1.2.0/24", True),
        ("protocol: tcp, destination_port: 400-500", True),
        ("protocol: udp, destination_port: 443", False),
        ("source_port: 40000", True),
        ("source: Internet", False),
        ('source: "*", destination: "*"', True),
    ],
)
def test_source_and_destination_are_the_packets_in_both_directions(
    network: Network, condition: str, *, stopped: bool
) -> None:  # ACL-51
    into_x = f"name: n, vms: [X], direction: inbound, priority: 1, action: deny, {condition}"
    out_of_a = f"name: n, vms: [A], direction: outbound, priority: 1, action: deny, {condition}"

    arriving = network(also=acls(into_x)).send(OPENING, at="A")
    leaving = network(also=acls(out_of_a)).send(OPENING, at="A")

    assert (arriving.reason is Reason.ACL_DENY_IN) is stopped
    assert (leaving.reason is Reason.ACL_DENY_OUT) is stopped


def test_a_stateful_entry_lets_the_reply_pass(network: Network) -> None:  # ACL-51
    fabric = network(
        also=acls(
            "name: in, vms: [A], direction: inbound, priority: 1, action: deny",
            "name: out, vms: [A], direction: outbound, priority: 1, action: allow, stateful: true",
        )
    )

    opened = fabric.send(OPENING, at="A")
    answered = fabric.send(REPLY, at="X", sessions=opened.sessions.aged(10_000))
    unasked = fabric.send(REPLY, at="X")

    assert [row.seconds for row in opened.sessions.rows] == [None]
    assert (answered.outcome, answered.receiver) == (Outcome.DELIVERED, "T/A")
    assert verdict(unasked) == (Outcome.DROPPED, Reason.ACL_DENY_IN, "H1")


def test_state_is_kept_of_an_echo_too(network: Network) -> None:
    fabric = network(
        also=acls(
            "name: in, vms: [A], direction: inbound, priority: 1, action: deny",
            "name: out, vms: [A], direction: outbound, priority: 1, action: allow, stateful: true",
        )
    )
    answer = Ether() / IP(dst="10.0.1.10") / ICMP(type="echo-reply", id=7)

    sessions = fabric.send(Ether() / IP(dst="10.1.2.20") / ICMP(id=7), at="A").sessions

    assert fabric.send(answer, at="X", sessions=sessions).outcome is Outcome.DELIVERED
    assert fabric.send(answer, at="X", sessions=None).outcome is Outcome.DELIVERED
    assert fabric.send(answer, at="X").reason is Reason.ACL_DENY_IN


def test_hnvv2_blocks_a_port_that_no_entry_names(network: Network, frame: Frame) -> None:
    fabric = network(
        also=acls("name: in, vms: [X], direction: inbound, priority: 1, action: allow"),
        profile="hnvv2",
    )

    out_of_a = fabric.send(frame("A", "X"), at="A")
    into_a = fabric.send(frame("X", "A"), at="X")

    assert verdict(out_of_a) == (Outcome.DROPPED, Reason.ACL_DENY_OUT, "H1")
    assert verdict(into_a) == (Outcome.DROPPED, Reason.ACL_DENY_IN, "H1")
    assert type(last(into_a)).__name__ == "PortBlocked"
    assert last(into_a).mechanism == "datacenter_acls"


@pytest.mark.parametrize("profile", ["transparent", "ws2012", "ws2012r2"])
def test_other_profiles_leave_such_a_port_open(
    network: Network, frame: Frame, profile: str
) -> None:
    fabric = network(
        also=acls("name: in, vms: [X], direction: inbound, priority: 1, action: allow"),
        profile=profile,
    )

    assert fabric.send(frame("A", "X"), at="A").outcome is Outcome.DELIVERED


def test_without_any_datacenter_acl_hnvv2_leaves_ports_open(network: Network, frame: Frame) -> None:
    assert network(profile="hnvv2").send(frame("A", "X"), at="A").outcome is Outcome.DELIVERED


def test_a_port_name_leaves_the_question_open(network: Network) -> None:  # ACL-17
    fabric = network(
        also=acls(
            "name: rpc, vms: [X], direction: inbound, priority: 1, action: deny,"
            " destination_port: RPC"
        )
    )

    trace = fabric.send(OPENING, at="A")

    assert (trace.outcome, trace.reason) == (Outcome.UNDECIDED, Reason.UNSUPPORTED)
    assert last(trace).key == "datacenter_acls.destination_port"
