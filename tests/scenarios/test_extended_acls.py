"""Extended ACLs: the largest weight is tried first, and some entries keep state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP
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
    return "extended_acls: [" + ", ".join(f"{{{entry}}}" for entry in entries) + "]"


def deny_in(vm: str = "A") -> str:
    return f"vms: [{vm}], direction: inbound, weight: 1, action: deny"


def allow_out(*, more: str) -> str:
    return f"vms: [A], direction: outbound, weight: 10, action: allow, {more}"


def test_t65_the_largest_weight_is_tried_first(network: Network, frame: Frame) -> None:
    fabric = network(
        also=acls(
            "vms: [B], direction: outbound, weight: 1, action: deny",
            "vms: [B], direction: outbound, weight: 100, action: allow, remote: 10.0.0.0/8",
        )
    )

    inside = fabric.send(frame("B", "X"), at="B")
    out = fabric.send(frame("B", "8.8.8.8"), at="B")

    assert (inside.outcome, inside.receiver) == (Outcome.DELIVERED, "T/X")
    assert verdict(out) == (Outcome.DROPPED, Reason.ACL_DENY_OUT, "H2")
    assert str(last(out).rule) == "extended ACL weight 1"
    assert "ACL-41" in last(out).rules


@pytest.mark.parametrize("first", ["allow", "deny"])
def test_of_equal_weights_a_deny_decides(
    network: Network, frame: Frame, first: str
) -> None:  # ACL-41
    second = "deny" if first == "allow" else "allow"
    fabric = network(
        also=acls(
            f"vms: [X], direction: inbound, weight: 5, action: {first}",
            f"vms: [X], direction: inbound, weight: 5, action: {second}",
        )
    )

    assert fabric.send(frame("A", "X"), at="A").reason is Reason.ACL_DENY_IN


def test_without_a_match_a_packet_passes(network: Network, frame: Frame) -> None:  # ACL-42
    fabric = network(
        also=acls("vms: [X], direction: inbound, weight: 1, action: deny, remote: 10.9.0.0/16")
    )

    trace = fabric.send(frame("A", "X"), at="A")

    assert trace.outcome is Outcome.DELIVERED
    assert [step.rules for step in trace.steps].count(("ACL-42",)) == 1


@pytest.mark.parametrize(
    ("condition", "stopped"),
    [
        ("protocol: tcp", {"tcp"}),
        ("protocol: 17", {"udp"}),
        ("protocol: 1", {"icmp"}),
        ("local_port: 80", {"tcp"}),
        ("remote_port: 30000-40000", {"tcp", "udp"}),
        ("local: 10.1.2.20", {"tcp", "udp", "icmp"}),
        ("remote: 10.0.1.0/28, protocol: udp, local_port: 53", {"udp"}),
        ("local: 10.0.1.10", set()),
    ],
)
def test_an_entry_matches_where_all_its_conditions_do(
    network: Network, condition: str, stopped: set[str]
) -> None:  # ACL-40
    fabric = network(
        also=acls(f"vms: [X], direction: inbound, weight: 1, action: deny, {condition}")
    )
    packets = {
        "tcp": Ether() / IP(dst="10.1.2.20") / TCP(sport=40000, dport=80),
        "udp": Ether() / IP(dst="10.1.2.20") / UDP(sport=40000, dport=53),
        "icmp": Ether() / IP(dst="10.1.2.20") / ICMP(),
    }

    found = {name for name, packet in packets.items() if fabric.send(packet, at="A").reason}

    assert found == stopped


def test_t71_a_stateful_entry_lets_the_reply_pass(network: Network) -> None:
    fabric = network(also=acls(deny_in(), allow_out(more="protocol: tcp, stateful: true")))

    opened = fabric.send(OPENING, at="A")
    answered = fabric.send(REPLY, at="X", sessions=opened.sessions)
    unasked = fabric.send(REPLY, at="X")

    assert (opened.outcome, opened.receiver) == (Outcome.DELIVERED, "T/X")
    assert (answered.outcome, answered.receiver) == (Outcome.DELIVERED, "T/A")
    assert ("ACL-43",) in [step.rules for step in answered.hops[-1].steps]
    assert verdict(unasked) == (Outcome.DROPPED, Reason.ACL_DENY_IN, "H1")


def test_t71_a_stateless_entry_does_not(network: Network) -> None:
    fabric = network(also=acls(deny_in(), allow_out(more="protocol: tcp")))

    opened = fabric.send(OPENING, at="A")
    answered = fabric.send(REPLY, at="X", sessions=opened.sessions)

    assert opened.outcome is Outcome.DELIVERED
    assert len(opened.sessions) == 0
    assert verdict(answered) == (Outcome.DROPPED, Reason.ACL_DENY_IN, "H1")


def test_state_is_kept_of_tcp_and_udp_alone(network: Network) -> None:  # ACL-43
    fabric = network(also=acls(deny_in(), allow_out(more="stateful: true")))
    udp = Ether() / IP(dst="10.1.2.20") / UDP(sport=40000, dport=53)
    ping = Ether() / IP(dst="10.1.2.20") / ICMP(id=7)

    sent = {name: fabric.send(packet, at="A") for name, packet in (("udp", udp), ("ping", ping))}

    assert [trace.outcome for trace in sent.values()] == [Outcome.DELIVERED, Outcome.DELIVERED]
    assert len(sent["udp"].sessions) == 1
    assert len(sent["ping"].sessions) == 0


def test_a_stateful_entry_for_another_protocol_keeps_none(network: Network) -> None:
    fabric = network(also=acls(deny_in(), allow_out(more="protocol: 1, stateful: true")))

    assert len(fabric.send(Ether() / IP(dst="10.1.2.20") / ICMP(id=7), at="A").sessions) == 0


def test_where_nothing_is_denied_nobody_keeps_state(network: Network) -> None:
    fabric = network(also=acls(allow_out(more="stateful: true")))

    assert len(fabric.send(OPENING, at="A").sessions) == 0


def test_a_session_of_one_mechanism_opens_no_other(network: Network) -> None:  # ACL-52
    """The firewall of A lets its own replies in; its extended ACLs do not know of them."""
    fabric = network(
        ("defaults: {inbound: allow, outbound: allow}", "defaults: [{vms: A, inbound: block}]"),
        also=acls(deny_in()),
    )

    opened = fabric.send(OPENING, at="A")
    answered = fabric.send(REPLY, at="X", sessions=opened.sessions)

    assert [row.place.mechanism for row in opened.sessions.rows] == ["firewall"]
    assert verdict(answered) == (Outcome.DROPPED, Reason.ACL_DENY_IN, "H1")
    assert last(answered).mechanism == "extended_acls"


def test_both_mechanisms_know_their_own_sessions(network: Network) -> None:  # ACL-52
    fabric = network(
        ("defaults: {inbound: allow, outbound: allow}", "defaults: [{vms: A, inbound: block}]"),
        also=acls(deny_in(), allow_out(more="stateful: true")),
    )

    opened = fabric.send(OPENING, at="A")
    answered = fabric.send(REPLY, at="X", sessions=opened.sessions)

    assert [row.place.mechanism for row in opened.sessions.rows] == ["extended_acls", "firewall"]
    assert (answered.outcome, answered.receiver) == (Outcome.DELIVERED, "T/A")


def test_an_idle_session_is_forgotten(network: Network) -> None:  # ACL-43
    fabric = network(also=acls(deny_in(), allow_out(more="stateful: true, idle_timeout: 60")))
    sessions = fabric.send(OPENING, at="A").sessions

    in_time = fabric.send(REPLY, at="X", sessions=sessions.aged(60))
    late = fabric.send(REPLY, at="X", sessions=sessions.aged(61))

    assert in_time.outcome is Outcome.DELIVERED
    assert verdict(late) == (Outcome.DROPPED, Reason.ACL_DENY_IN, "H1")


def test_a_session_lasts_255_seconds_where_nothing_is_said(network: Network) -> None:  # ACL-43
    fabric = network(also=acls(deny_in(), allow_out(more="stateful: true")))
    sessions = fabric.send(OPENING, at="A").sessions

    assert fabric.send(REPLY, at="X", sessions=sessions.aged(255)).outcome is Outcome.DELIVERED
    assert fabric.send(REPLY, at="X", sessions=sessions.aged(256)).reason is Reason.ACL_DENY_IN


@pytest.mark.parametrize(("packet", "at"), [(OPENING, "A"), (REPLY, "X")])
def test_a_packet_of_either_direction_keeps_a_session_alive(
    network: Network, packet: Any, at: str
) -> None:  # ACL-43
    fabric = network(also=acls(deny_in(), allow_out(more="stateful: true, idle_timeout: 60")))
    sessions = fabric.send(OPENING, at="A").sessions

    half = fabric.send(packet, at=at, sessions=sessions.aged(40)).sessions
    late = fabric.send(REPLY, at="X", sessions=half.aged(40))

    assert [row.seconds for row in half.rows] == [60]
    assert late.outcome is Outcome.DELIVERED


@pytest.mark.parametrize(
    ("isolation_id", "stopped"), [(0, True), (5003, True), (5001, False), (6001, False)]
)
def test_an_isolation_id_is_for_one_vsid(
    network: Network, frame: Frame, isolation_id: int, *, stopped: bool
) -> None:  # ACL-44
    fabric = network(
        also=acls(
            f"vms: [X], direction: inbound, weight: 1, action: deny, isolation_id: {isolation_id}"
        )
    )

    assert (fabric.send(frame("A", "X"), at="A").reason is Reason.ACL_DENY_IN) is stopped


def test_a_port_name_leaves_the_question_open_where_it_could_decide(
    network: Network, frame: Frame
) -> None:  # ACL-17
    fabric = network(
        also=acls(
            "vms: [X], direction: inbound, weight: 9, action: allow, remote: 10.0.1.12",
            "vms: [X], direction: inbound, weight: 5, action: deny, protocol: tcp, local_port: RPC",
        )
    )
    tcp = Ether() / IP(dst="10.1.2.20") / TCP(dport=135)

    open_question = fabric.send(tcp, at="A")

    assert (open_question.outcome, open_question.reason) == (Outcome.UNDECIDED, Reason.UNSUPPORTED)
    assert last(open_question).key == "extended_acls.local_port"
    assert fabric.send(tcp, at="C").outcome is Outcome.DELIVERED
    assert fabric.send(frame("A", "X"), at="A").outcome is Outcome.DELIVERED


def test_an_established_connection_passes_where_an_entry_could_have_admitted_it(
    network: Network,
) -> None:  # ACL-43
    fabric = network(
        also=acls(deny_in(), allow_out(more="protocol: tcp, remote_port: 443, stateful: true"))
    )
    other = Ether() / IP(dst="10.0.1.10") / TCP(sport=80, dport=40000, flags="A")

    established = fabric.send(REPLY, at="X", sessions=None)
    never_opened = fabric.send(other, at="X", sessions=None)
    ping = fabric.send(Ether() / IP(dst="10.0.1.10") / ICMP(), at="X", sessions=None)

    assert (established.outcome, established.receiver) == (Outcome.DELIVERED, "T/A")
    assert verdict(never_opened) == (Outcome.DROPPED, Reason.ACL_DENY_IN, "H1")
    assert verdict(ping) == (Outcome.DROPPED, Reason.ACL_DENY_IN, "H1")


def test_t68_local_subnet_means_the_ports_own(network: Network, frame: Frame) -> None:  # ACL-16
    fabric = network(
        also=acls(
            deny_in("B"),
            "vms: [B], direction: inbound, weight: 2, action: allow, remote: LocalSubnet",
        )
    )

    assert fabric.send(frame("A", "B"), at="A").outcome is Outcome.DELIVERED
    assert fabric.send(frame("X", "B"), at="X").reason is Reason.ACL_DENY_IN
