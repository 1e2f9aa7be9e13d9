"""Port ACLs: the longest match decides, and a port without a match is open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from scapy.layers.inet import IP, TCP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether

from hnvemu import Outcome, Reason

if TYPE_CHECKING:
    from collections.abc import Callable

    from hnvemu import Fabric, Trace

    Network = Callable[..., Fabric]
    Frame = Callable[..., bytes]

MAC_A = "02-00-00-00-01-0A"
MAC_B = "02-00-00-00-01-0B"
MAC_X = "02-00-00-00-02-14"


def last(trace: Trace) -> Any:
    """Return the step that decided, for its evidence."""
    return trace.steps[-1]


def verdict(trace: Trace) -> tuple[Outcome, Reason | None, str]:
    """Return what became of a packet, why, and at which host."""
    return trace.outcome, trace.reason, trace.hops[-1].node


def acls(*entries: str) -> str:
    """Return the section of a policy with these entries."""
    return "port_acls: [" + ", ".join(f"{{{entry}}}" for entry in entries) + "]"


def test_t70_the_longest_match_decides(network: Network, frame: Frame) -> None:
    fabric = network(
        also=acls(
            "vms: [X], direction: inbound, action: deny, remote: 10.0.0.0/16",
            "vms: [X], direction: inbound, action: allow, remote: 10.0.1.10/32",
        )
    )

    from_a = fabric.send(frame("A", "X"), at="A")
    from_c = fabric.send(frame("C", "X"), at="C")

    assert (from_a.outcome, from_a.receiver) == (Outcome.DELIVERED, "T/X")
    assert verdict(from_c) == (Outcome.DROPPED, Reason.ACL_DENY_IN, "H2")
    assert str(last(from_c).rule) == "port ACL deny remote 10.0.0.0/16"
    assert last(from_c).rules == ("ACL-30", "ACL-31", "ACL-32")
    assert last(from_c).rule.origin.file.endswith("2-also.yaml")


def test_the_order_in_which_entries_are_written_does_not_count(
    network: Network, frame: Frame
) -> None:
    fabric = network(
        also=acls(
            "vms: [X], direction: inbound, action: allow, remote: 10.0.1.10",
            "vms: [X], direction: inbound, action: deny, remote: 10.0.0.0/16",
        )
    )

    assert fabric.send(frame("A", "X"), at="A").outcome is Outcome.DELIVERED
    assert fabric.send(frame("C", "X"), at="C").reason is Reason.ACL_DENY_IN


def test_without_a_match_a_packet_passes(network: Network, frame: Frame) -> None:  # ACL-31
    fabric = network(also=acls("vms: [X], direction: inbound, action: deny, remote: 10.9.0.0/16"))

    trace = fabric.send(frame("A", "X"), at="A")

    unmatched: list[Any] = [step for step in trace.steps if step.rules == ("ACL-31",)]
    assert trace.outcome is Outcome.DELIVERED
    assert [(step.port.name, step.direction, step.mechanism) for step in unmatched] == [
        ("T/X", "inbound", "port_acls")
    ]


def test_a_port_that_no_entry_names_has_no_list(network: Network, frame: Frame) -> None:
    fabric = network(also=acls("vms: [X], direction: inbound, action: deny"))

    trace = fabric.send(frame("A", "B"), at="A")

    assert trace.outcome is Outcome.DELIVERED
    assert "ACL-31" not in {rule for step in trace.steps for rule in step.rules}


def test_the_lengths_of_both_sides_are_added(network: Network, frame: Frame) -> None:  # ACL-32
    fabric = network(
        also=acls(
            "vms: [X], direction: inbound, action: deny, remote: 10.0.1.10/32",
            "vms: [X], direction: inbound, action: allow, local: 10.1.2.20/32, remote: 10.0.0.0/8",
        )
    )

    assert fabric.send(frame("A", "X"), at="A").outcome is Outcome.DELIVERED


def test_of_equal_sums_the_longer_remote_side_decides(
    network: Network, frame: Frame
) -> None:  # ACL-32
    fabric = network(
        also=acls(
            "vms: [X], direction: inbound, action: deny, local: 10.1.2.0/24, remote: 10.0.0.0/16",
            "vms: [X], direction: inbound, action: allow, local: 10.1.0.0/16, remote: 10.0.1.0/24",
        )
    )

    assert fabric.send(frame("A", "X"), at="A").outcome is Outcome.DELIVERED


def test_of_equal_matches_a_deny_decides(network: Network, frame: Frame) -> None:  # ACL-32
    fabric = network(
        also=acls(
            "vms: [X], direction: inbound, action: allow, remote: 10.0.1.0/24",
            "vms: [X], direction: inbound, action: deny, remote: 10.0.1.0/24",
        )
    )

    assert fabric.send(frame("A", "X"), at="A").reason is Reason.ACL_DENY_IN


def test_each_address_of_a_list_has_its_own_length(network: Network, frame: Frame) -> None:
    fabric = network(
        also=acls(
            "vms: [X], direction: inbound, action: deny, remote: [10.0.0.0/8, 10.0.1.12]",
            "vms: [X], direction: inbound, action: allow, remote: 10.0.1.0/24",
        )
    )

    assert fabric.send(frame("A", "X"), at="A").outcome is Outcome.DELIVERED
    assert fabric.send(frame("C", "X"), at="C").reason is Reason.ACL_DENY_IN


def test_a_range_is_as_long_as_what_its_addresses_share(network: Network, frame: Frame) -> None:
    fabric = network(
        also=acls(
            # 10.0.1.10 and 10.0.1.12 share 29 bits.
            "vms: [X], direction: inbound, action: deny, remote: 10.0.1.10-10.0.1.12",
            "vms: [X], direction: inbound, action: allow, remote: 10.0.1.8/29",
            "vms: [X], direction: inbound, action: allow, remote: 10.0.1.12/30",
        )
    )

    assert fabric.send(frame("A", "X"), at="A").reason is Reason.ACL_DENY_IN
    assert fabric.send(frame("C", "X"), at="C").outcome is Outcome.DELIVERED


def test_local_is_the_vms_side_in_both_directions(network: Network, frame: Frame) -> None:
    fabric = network(
        also=acls("vms: [X], direction: both, action: deny, local: 10.1.2.20, remote: 10.0.1.10")
    )

    into = fabric.send(frame("A", "X"), at="A")
    out = fabric.send(frame("X", "A"), at="X")

    assert verdict(into) == (Outcome.DROPPED, Reason.ACL_DENY_IN, "H2")
    assert verdict(out) == (Outcome.DROPPED, Reason.ACL_DENY_OUT, "H2")
    assert fabric.send(frame("X", "C"), at="X").outcome is Outcome.DELIVERED


def test_an_entry_counts_in_its_direction_alone(network: Network, frame: Frame) -> None:
    fabric = network(also=acls("vms: [X], direction: inbound, action: deny"))

    assert fabric.send(frame("X", "B"), at="X").outcome is Outcome.DELIVERED


@pytest.mark.parametrize("direction", ["inbound", "both"])
def test_a_meter_decides_nothing(network: Network, frame: Frame, direction: str) -> None:  # ACL-30
    alone = network(also=acls(f"vms: [X], direction: {direction}, action: meter"))
    beside = network(
        also=acls(
            f"vms: [X], direction: {direction}, action: meter, remote: 10.0.1.10",
            "vms: [X], direction: inbound, action: deny, remote: 10.0.0.0/8",
        )
    )

    assert alone.send(frame("A", "X"), at="A").outcome is Outcome.DELIVERED
    assert beside.send(frame("A", "X"), at="A").reason is Reason.ACL_DENY_IN


def test_port_acls_keep_no_state(network: Network) -> None:
    fabric = network(also=acls("vms: [A], direction: inbound, action: deny"))
    opening = Ether() / IP(dst="10.1.2.20") / TCP(sport=40000, dport=443, flags="S")
    reply = Ether() / IP(dst="10.0.1.10") / TCP(sport=443, dport=40000, flags="SA")

    opened = fabric.send(opening, at="A")
    answered = fabric.send(reply, at="X", sessions=opened.sessions)
    established = fabric.send(reply, at="X", sessions=None)

    assert opened.outcome is Outcome.DELIVERED
    assert len(opened.sessions) == 0
    assert verdict(answered) == verdict(established)
    assert verdict(answered) == (Outcome.DROPPED, Reason.ACL_DENY_IN, "H1")


def test_an_entry_of_one_family_says_nothing_of_the_other(network: Network, frame: Frame) -> None:
    fabric = network(
        also=acls(
            "vms: [X], direction: inbound, action: deny, remote: 0.0.0.0/0",
        )
    )

    four = fabric.send(frame("A", "X"), at="A")
    six = fabric.send(Ether() / IPv6(dst="2001:db8:12::14") / TCP(dport=80), at="A")

    assert four.reason is Reason.ACL_DENY_IN
    assert six.outcome is Outcome.DELIVERED


# MACs


@pytest.mark.parametrize(
    ("entry", "sender", "stopped"),
    [
        (f"direction: inbound, remote: {MAC_A}", "A", True),
        (f"direction: inbound, remote: {MAC_B}", "A", False),
        (f"direction: inbound, local: {MAC_B}", "A", True),
        (f"direction: inbound, local: {MAC_A}", "A", False),
        (f"direction: inbound, local: {MAC_B}, remote: {MAC_A}", "A", True),
        (f"direction: inbound, local: 10.0.1.11, remote: {MAC_A}", "A", True),
        (f"direction: inbound, local: 10.0.1.99, remote: {MAC_A}", "A", False),
        (f"direction: outbound, local: {MAC_A}", "A", False),
    ],
)
def test_a_mac_is_compared_with_the_frames(
    network: Network, frame: Frame, entry: str, sender: str, *, stopped: bool
) -> None:  # ACL-30
    fabric = network(also=acls(f"vms: [B], action: deny, {entry}"))

    trace = fabric.send(frame(sender, "B"), at=sender)

    assert (trace.reason is Reason.ACL_DENY_IN) is stopped


def test_a_mac_is_longer_than_an_address(network: Network, frame: Frame) -> None:
    fabric = network(
        also=acls(
            "vms: [B], direction: inbound, action: deny, remote: 10.0.1.10",
            f"vms: [B], direction: inbound, action: allow, remote: {MAC_A}",
        )
    )

    assert fabric.send(frame("A", "B"), at="A").outcome is Outcome.DELIVERED


@pytest.mark.parametrize(
    ("profile", "stopped"), [("transparent", False), ("ws2012r2", True), ("hnvv2", True)]
)
def test_the_local_mac_is_the_one_that_hnv_wrote(
    network: Network, frame: Frame, profile: str, *, stopped: bool
) -> None:  # FWD-21
    """From another subnet a guest sends to its gateway's MAC; not every profile replaces it."""
    fabric = network(
        also=acls(f"vms: [X], direction: inbound, action: deny, local: {MAC_X}"), profile=profile
    )

    trace = fabric.send(frame("A", "X"), at="A")

    assert (trace.reason is Reason.ACL_DENY_IN) is stopped


def test_a_foreign_local_mac_matches_nothing_that_hnv_wrote(network: Network, frame: Frame) -> None:
    fabric = network(
        also=acls("vms: [X], direction: inbound, action: deny, local: 02-00-00-FF-FF-01"),
        profile="hnvv2",
    )

    assert fabric.send(frame("A", "X"), at="A").outcome is Outcome.DELIVERED


def test_a_mac_stops_a_frame_that_is_not_ip_and_an_address_does_not(network: Network) -> None:
    lldp = bytes.fromhex("0180c200000e 02000000010a 88cc") + bytes(46)
    by_mac = network(also=acls(f"vms: [A], direction: outbound, action: deny, local: {MAC_A}"))
    by_address = network(also=acls("vms: [A], direction: outbound, action: deny"))

    stopped = by_mac.send(lldp, at="A")
    skipped = by_address.send(lldp, at="A")

    assert verdict(stopped) == (Outcome.DROPPED, Reason.ACL_DENY_OUT, "H1")
    assert verdict(skipped) == (Outcome.DROPPED, Reason.UNSUPPORTED_ETHERTYPE, "H1")


def test_beside_a_mac_an_entry_for_addresses_still_lets_other_frames_pass(
    network: Network,
) -> None:
    lldp = bytes.fromhex("0180c200000e 02000000010a 88cc") + bytes(46)
    fabric = network(
        also=acls(
            "vms: [A], direction: outbound, action: deny",
            f"vms: [A], direction: outbound, action: deny, remote: {MAC_X}",
        )
    )

    assert fabric.send(lldp, at="A").reason is Reason.UNSUPPORTED_ETHERTYPE


# Several mechanisms


def test_all_mechanisms_must_allow(network: Network, frame: Frame) -> None:  # ACL-52
    fabric = network(
        also="""
        port_acls: [{vms: [X], direction: inbound, action: allow, remote: 10.0.1.10}]
        extended_acls: [{vms: [X], direction: inbound, action: deny, weight: 1}]
        """
    )

    trace = fabric.send(frame("A", "X"), at="A")

    assert trace.reason is Reason.ACL_DENY_IN
    assert last(trace).mechanism == "extended_acls"


def test_mechanisms_are_asked_in_their_order(network: Network, frame: Frame) -> None:  # ACL-52
    fabric = network(
        also="""
        firewall: {rules: [{name: in, vms: [X]}]}
        datacenter_acls: [{name: in, vms: [X], direction: inbound, action: allow, priority: 1}]
        extended_acls: [{vms: [X], direction: inbound, action: allow, weight: 1}]
        port_acls: [{vms: [X], direction: inbound, action: allow}]
        """
    )

    trace = fabric.send(frame("A", "X"), at="A")

    asked: list[Any] = [step for step in trace.hops[-1].steps if hasattr(step, "mechanism")]
    assert trace.outcome is Outcome.DELIVERED
    assert [step.mechanism for step in asked] == [
        "port_acls",
        "extended_acls",
        "datacenter_acls",
        "firewall",
    ]
