"""Firewall rules at the ports: the same verdict wherever the VMs are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import ICMPv6EchoRequest, IPv6
from scapy.layers.l2 import Ether

from hnvemu import Fabric, Outcome, Reason, load_policy

if TYPE_CHECKING:
    from collections.abc import Callable

    from hnvemu import Trace

    Network = Callable[..., Fabric]
    Frame = Callable[..., bytes]

DEFAULTS = "defaults: {inbound: allow, outbound: allow}"


def last(trace: Trace) -> Any:
    """Return the step that decided, for its evidence."""
    return trace.steps[-1]


def verdict(trace: Trace) -> tuple[Outcome, Reason | None, str]:
    """Return what became of a packet, why, and at which host."""
    return trace.outcome, trace.reason, trace.hops[-1].node


def decisive(trace: Trace) -> str:
    """Return the name of the rule that a packet was dropped by."""
    return str(last(trace).rule.name)


def test_t61_one_rule_stops_a_neighbour_and_a_vm_of_another_subnet(
    network: Network, frame: Frame
) -> None:
    fabric = network(
        also="""
        firewall:
          rules:
            - {name: not-from-a, vms: [B, X], action: block, remote_address: 10.0.1.10}
        """
    )

    to_b = fabric.send(frame("A", "B"), at="A")
    to_x = fabric.send(frame("A", "X"), at="A")

    assert verdict(to_b) == (Outcome.DROPPED, Reason.ACL_DENY_IN, "H2")
    assert verdict(to_x) == (Outcome.DROPPED, Reason.ACL_DENY_IN, "H2")
    assert (to_b.receiver, to_x.receiver) == ("T/B", "T/X")
    assert decisive(to_b) == decisive(to_x) == "not-from-a"
    assert (len(to_b.wire), to_b.delivered) == (1, ())


def test_t62_a_rule_keeps_b_inside_where_routing_cannot(network: Network, frame: Frame) -> None:
    fabric = network(
        also="""
        firewall:
          rules:
            - name: b-stays-inside
              vms: [B]
              direction: outbound
              action: block
              remote_address: [0.0.0.0-9.255.255.255, 11.0.0.0-255.255.255.255]
        """
    )

    out = fabric.send(frame("B", "8.8.8.8"), at="B")
    inside = fabric.send(frame("B", "X"), at="B")
    other = fabric.send(frame("A", "8.8.8.8"), at="A")

    assert verdict(out) == (Outcome.DROPPED, Reason.ACL_DENY_OUT, "H2")
    assert (decisive(out), out.wire) == ("b-stays-inside", ())
    assert (inside.outcome, inside.receiver) == (Outcome.DELIVERED, "T/X")
    assert (other.outcome, other.receiver) == (Outcome.TO_GATEWAY, "T/GW")


def test_t63_block_wins_over_a_more_specific_allow(network: Network) -> None:
    fabric = network(
        also="""
        firewall:
          rules:
            - {name: inside, vms: [B], direction: outbound, remote_address: 10.0.0.0/8}
            - {name: nothing, vms: [B], direction: outbound, action: block}
        """
    )

    trace = fabric.send(Ether() / IP(dst="10.1.2.20") / TCP(dport=80), at="B")

    assert verdict(trace) == (Outcome.DROPPED, Reason.ACL_DENY_OUT, "H2")
    assert decisive(trace) == "nothing"
    assert "ACL-12" in trace.steps[-1].rules


def test_t64_allow_wins_over_the_default(network: Network) -> None:
    fabric = network(
        (DEFAULTS, "defaults: [{vms: [B], outbound: block}]"),
        also="""
        firewall:
          rules:
            - {name: inside, vms: [B], direction: outbound, remote_address: 10.0.0.0/8}
        """,
    )

    inside = fabric.send(Ether() / IP(dst="10.1.2.20") / TCP(dport=80), at="B")
    out = fabric.send(Ether() / IP(dst="8.8.8.8") / TCP(dport=80), at="B")

    assert (inside.outcome, inside.receiver) == (Outcome.DELIVERED, "T/X")
    assert verdict(out) == (Outcome.DROPPED, Reason.ACL_DENY_OUT, "H2")
    assert "ACL-13" in out.steps[-1].rules


def test_t66_replies_pass_where_nothing_else_does(network: Network) -> None:
    fabric = network((DEFAULTS, "defaults: [{vms: [A], inbound: block}]"))
    opening = Ether() / IP(dst="10.1.2.20") / TCP(sport=40000, dport=443, flags="S")
    reply = Ether() / IP(dst="10.0.1.10") / TCP(sport=443, dport=40000, flags="SA")

    opened = fabric.send(opening, at="A")
    answered = fabric.send(reply, at="X", sessions=opened.sessions)

    assert (opened.outcome, opened.receiver) == (Outcome.DELIVERED, "T/X")
    assert (answered.outcome, answered.receiver) == (Outcome.DELIVERED, "T/A")
    assert any(step.rules == ("ACL-19",) for step in answered.hops[-1].steps)


def test_t66_what_a_did_not_ask_for_stays_out(network: Network) -> None:
    fabric = network((DEFAULTS, "defaults: [{vms: [A], inbound: block}]"))
    opening = Ether() / IP(dst="10.1.2.20") / TCP(sport=40000, dport=443, flags="S")
    reply = Ether() / IP(dst="10.0.1.10") / TCP(sport=443, dport=40000, flags="SA")
    own = Ether() / IP(dst="10.0.1.10") / TCP(sport=50000, dport=22, flags="S")

    sessions = fabric.send(opening, at="A").sessions
    unasked = fabric.send(own, at="X", sessions=sessions)
    forgotten = fabric.send(reply, at="X")

    assert verdict(unasked) == (Outcome.DROPPED, Reason.ACL_DENY_IN, "H1")
    assert verdict(forgotten) == (Outcome.DROPPED, Reason.ACL_DENY_IN, "H1")


def test_t66_an_echo_reply_belongs_to_its_identifier(network: Network, frame: Frame) -> None:
    fabric = network((DEFAULTS, "defaults: [{vms: [A], inbound: block}]"))

    sessions = fabric.send(frame("A", "X", echo_id=5), at="A").sessions
    reply = fabric.send(frame("X", "A", icmp_type=0, echo_id=5), at="X", sessions=sessions)
    stray = fabric.send(frame("X", "A", icmp_type=0, echo_id=6), at="X", sessions=sessions)

    assert (reply.outcome, reply.receiver) == (Outcome.DELIVERED, "T/A")
    assert verdict(stray) == (Outcome.DROPPED, Reason.ACL_DENY_IN, "H1")


def test_t67_an_icmp_type_tells_request_from_reply(network: Network) -> None:
    fabric = network(
        also="""
        firewall:
          rules:
            - {name: no-ping, vms: [X], action: block, protocol: icmpv4, icmp_type: "8:0"}
        """
    )

    request = fabric.send(Ether() / IP(dst="10.1.2.20") / ICMP(type="echo-request"), at="A")
    reply = fabric.send(Ether() / IP(dst="10.1.2.20") / ICMP(type="echo-reply"), at="A")

    assert verdict(request) == (Outcome.DROPPED, Reason.ACL_DENY_IN, "H2")
    assert decisive(request) == "no-ping"
    assert (reply.outcome, reply.receiver) == (Outcome.DELIVERED, "T/X")


def test_t68_local_subnet_alone_makes_the_subnet_matter(network: Network, frame: Frame) -> None:
    fabric = network(
        (DEFAULTS, "defaults: [{vms: [B], inbound: block}]"),
        also="firewall: {rules: [{name: near, vms: [B], remote_address: LocalSubnet}]}",
    )

    neighbour = fabric.send(frame("A", "B"), at="A")
    other = fabric.send(frame("X", "B"), at="X")

    assert (neighbour.outcome, neighbour.receiver) == (Outcome.DELIVERED, "T/B")
    assert verdict(other) == (Outcome.DROPPED, Reason.ACL_DENY_IN, "H2")


@pytest.mark.parametrize("without_effect", ["enabled: false", "profile: domain"])
def test_t69_disabled_rules_and_those_of_another_profile_do_nothing(
    network: Network, frame: Frame, without_effect: str
) -> None:
    fabric = network(
        ("X: {host: H2,", "X: {network_profile: public, host: H2,"),
        also=f"firewall: {{rules: [{{name: no, vms: [X], action: block, {without_effect}}}]}}",
    )

    trace = fabric.send(frame("A", "X"), at="A")

    assert (trace.outcome, trace.receiver) == (Outcome.DELIVERED, "T/X")


def test_t69_a_rule_of_the_nics_own_profile_counts(network: Network, frame: Frame) -> None:
    fabric = network(
        ("X: {host: H2,", "X: {network_profile: public, host: H2,"),
        also="""
        firewall:
          rules: [{name: no, vms: [X], action: block, profile: [domain, public]}]
        """,
    )

    assert verdict(fabric.send(frame("A", "X"), at="A")) == (
        Outcome.DROPPED,
        Reason.ACL_DENY_IN,
        "H2",
    )


addresses = st.sampled_from(
    ["any", "10.0.1.10", "10.0.1.11", "10.0.1.0/28", "10.0.1.11-10.0.1.40", "10.0.0.0/8"]
)
keywords = st.sampled_from(["Intranet", "Intranet4", "Internet", "DNS"])
ports = st.sampled_from(["any", "80", "40000", "0-1023", "1024-65535"])
ACTIONS = st.sampled_from(["allow", "block"])
rules = st.fixed_dictionaries(
    {
        "name": st.just("rule"),
        "vms": st.sampled_from([["P"], ["Q"], ["*"]]),
        "direction": st.sampled_from(["inbound", "outbound"]),
        "action": ACTIONS,
        "protocol": st.sampled_from(["any", "tcp", "udp"]),
        "local_address": addresses,
        "remote_address": addresses | keywords,
        "local_port": ports,
        "remote_port": ports,
    }
)
firewalls = st.fixed_dictionaries(
    {
        "defaults": st.fixed_dictionaries({"inbound": ACTIONS, "outbound": ACTIONS}),
        "rules": st.lists(rules, max_size=4),
        "keywords": st.just({"dns": ["10.0.1.11"]}),
    }
)
places = st.tuples(st.sampled_from(["H1", "H2"]), st.sampled_from([5001, 5002]))


def two_vms(firewall: Any, p: tuple[str, int], q: tuple[str, int]) -> dict[str, Any]:
    """Return a network of P (10.0.1.10) and Q (10.0.1.11), each at some host and VSID."""
    routes = [
        {"prefix": f"{ca}/32", "next_hop": "on-link", "vsid": vsid}
        for ca, (_, vsid) in (("10.0.1.10", p), ("10.0.1.11", q))
    ]
    return {
        "hnv": 1,
        "hosts": {
            "H1": {"provider_addresses": ["192.168.10.11/24"]},
            "H2": {"provider_addresses": ["192.168.10.12/24"]},
        },
        "virtual_networks": {
            "T": {
                "rdid": "{aaaaaaaa-0000-0000-0000-000000000001}",
                "customer_routes": routes,
                "vms": {
                    "P": {"host": p[0], "vsid": p[1], "mac": "020000000001", "ca": "10.0.1.10"},
                    "Q": {"host": q[0], "vsid": q[1], "mac": "020000000002", "ca": "10.0.1.11"},
                },
            }
        },
        "firewall": firewall,
    }


@given(firewall=firewalls, p=places, q=places, new_p=places, new_q=places)
@settings(max_examples=40, deadline=None, derandomize=True)
def test_t72_moving_vms_changes_no_verdict_of_the_firewall(
    tmp_path_factory: pytest.TempPathFactory,
    firewall: Any,
    p: tuple[str, int],
    q: tuple[str, int],
    new_p: tuple[str, int],
    new_q: tuple[str, int],
) -> None:
    ethernet = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
    sent = ethernet / IP(src="10.0.1.10", dst="10.0.1.11") / TCP(sport=40000, dport=80)
    path = tmp_path_factory.mktemp("moving") / "policy.json"

    path.write_text(json.dumps(two_vms(firewall, p, q)))
    before = Fabric.compile(load_policy(path)).send(sent, at="P")
    path.write_text(json.dumps(two_vms(firewall, new_p, new_q)))
    after = Fabric.compile(load_policy(path)).send(sent, at="P")

    assert before.outcome in {Outcome.DELIVERED, Outcome.DROPPED}
    assert before.reason in {None, Reason.ACL_DENY_OUT, Reason.ACL_DENY_IN}
    assert (after.outcome, after.reason) == (before.outcome, before.reason)


def test_without_rules_everything_passes(network: Network, frame: Frame) -> None:  # ACL-14
    fabric = network((f"firewall:\n  {DEFAULTS}", ""))

    trace = fabric.send(frame("X", "A"), at="X")

    assert (trace.outcome, trace.receiver) == (Outcome.DELIVERED, "T/A")
    defaulted: list[Any] = [step for step in trace.steps if "ACL-14" in step.rules]
    assert [step.direction for step in defaulted] == ["outbound", "inbound"]


def test_the_windows_defaults_stop_what_comes_in(network: Network, frame: Frame) -> None:  # ACL-13
    fabric = network((DEFAULTS, "defaults: {inbound: block, outbound: allow}"))

    trace = fabric.send(frame("X", "A"), at="X")

    assert verdict(trace) == (Outcome.DROPPED, Reason.ACL_DENY_IN, "H1")
    assert "ACL-13" in trace.steps[-1].rules


@pytest.mark.parametrize(
    ("keyword", "passing"),
    [
        ("LocalSubnet", {"10.0.1.10"}),
        ("LocalSubnet6", set()),
        ("DefaultGateway", set()),
        ("Intranet", {"10.0.1.10", "10.1.2.20"}),
        ("Intranet6", set()),
        ("Internet", {"8.8.8.8"}),
        ("DNS", {"8.8.8.8"}),
        ("WINS", set()),
    ],
)
def test_keywords_stand_for_addresses_seen_from_the_port(
    network: Network, frame: Frame, keyword: str, passing: set[str]
) -> None:  # ACL-16
    fabric = network(
        (DEFAULTS, "defaults: [{vms: [B], outbound: block}]"),
        also=f"""
        firewall:
          keywords: {{dns: [8.8.8.8]}}
          rules: [{{name: only, vms: [B], direction: outbound, remote_address: {keyword}}}]
        """,
    )

    reached = {
        to
        for to in ("10.0.1.10", "10.1.2.20", "8.8.8.8", "10.0.1.1")
        if fabric.send(frame("B", to), at="B").reason is not Reason.ACL_DENY_OUT
    }

    assert reached == passing | ({"10.0.1.1"} if keyword in CONTAIN_THE_GATEWAY else set())


CONTAIN_THE_GATEWAY = {"LocalSubnet", "DefaultGateway", "Intranet"}


@pytest.mark.parametrize(
    ("condition", "stopped"),
    [
        ("protocol: tcp", {"tcp"}),
        ("protocol: 17", {"udp"}),
        ("protocol: 1", {"icmpv4"}),
        ("protocol: icmpv4", {"icmpv4"}),
        ("protocol: icmpv6", {"icmpv6"}),
        ("protocol: any", {"tcp", "udp", "icmpv4", "icmpv6"}),
        ("protocol: icmpv4, icmp_type: [3, 8]", {"icmpv4"}),
        ('protocol: icmpv4, icmp_type: "8:1"', set()),
        ("protocol: icmpv6, icmp_type: 128", {"icmpv6"}),
        ("protocol: tcp, local_port: [22, 80-90]", {"tcp"}),
        ("protocol: udp, local_port: 80", set()),
        ("protocol: udp, remote_port: 40000", {"udp"}),
    ],
)
def test_a_rule_matches_where_all_its_conditions_do(
    network: Network, condition: str, stopped: set[str]
) -> None:  # ACL-11, ACL-17, ACL-18
    fabric = network(
        also=f"firewall: {{rules: [{{name: no, vms: [X], action: block, {condition}}}]}}"
    )
    packets = {
        "tcp": Ether() / IP(dst="10.1.2.20") / TCP(sport=40000, dport=80),
        "udp": Ether() / IP(dst="10.1.2.20") / UDP(sport=40000, dport=53),
        "icmpv4": Ether() / IP(dst="10.1.2.20") / ICMP(),
        "icmpv6": Ether() / IPv6(dst="2001:db8:12::14") / ICMPv6EchoRequest(),
    }

    found = {
        name
        for name, packet in packets.items()
        if fabric.send(packet, at="A").reason is Reason.ACL_DENY_IN
    }

    assert found == stopped


def test_an_established_conversation_passes_every_port(
    network: Network, frame: Frame
) -> None:  # ACL-19
    fabric = network((DEFAULTS, "defaults: {inbound: block, outbound: block}"))

    new = fabric.send(frame("A", "X"), at="A")
    established = fabric.send(frame("A", "X"), at="A", sessions=None)

    assert new.reason is Reason.ACL_DENY_OUT
    assert (established.outcome, established.receiver) == (Outcome.DELIVERED, "T/X")


def test_a_condition_that_no_port_can_see_leaves_the_question_open(
    network: Network, frame: Frame
) -> None:
    fabric = network(
        also="firewall: {rules: [{name: app, vms: [X], action: block, program: web.exe}]}"
    )

    trace = fabric.send(frame("A", "X"), at="A")

    assert (trace.outcome, trace.reason) == (Outcome.UNDECIDED, Reason.UNSUPPORTED)
    assert last(trace).key == "firewall.rules.program"
