"""The class of packets that are treated alike, in words; its soundness is a law."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hnvemu import Fabric, load_policy
from hnvemu.addresses import MacAddress, parse_address
from hnvemu.analysis.applies_to import alike, clauses
from hnvemu.analysis.question import Question, State, ask
from hnvemu.wire.build import build_frame

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Words = Callable[..., str]


@pytest.fixture
def told(tmp_path: Path) -> Words:
    """Say for which packets a trace through the sample holds."""

    def tell(source: str, destination: str, service: str = "tcp/80", **more: Any) -> str:
        paths = ["sample:complex-routing"]
        if "policy" in more:
            file = tmp_path / "more.yaml"
            file.write_text(f"hnv: 1\n{more.pop('policy')}", encoding="utf-8")
            paths.append(str(file))
        fabric = Fabric.compile(load_policy(*paths))
        question = Question(source=source, destination=destination, service=service, **more)
        found = alike(fabric, ask(fabric, question))
        return f"{'; '.join(clauses(found, fabric.policy))} | {', '.join(found.unread)}"

    return tell


def test_a_packet_between_two_vms_stands_for_all_protocols_and_ports(told: Words) -> None:
    assert told("A", "X") == (
        "sent by T/A; IPv4, any protocol; from 10.0.1.10, which is T/A's;"
        " to 10.1.2.20, which is T/X's; source MAC 02-00-00-00-01-0A;"
        " any destination MAC but 00-00-00-00-00-00; untagged; packet length 1458 or less"
        " | protocol, source port, destination port, TTL, DSCP and ECN"
    )


def test_a_range_of_addresses_that_nobody_has_is_told_by_both_ends(told: Words) -> None:
    assert "to 10.0.1.13 - 10.0.1.255" in told("A", "10.0.1.99")


def test_two_ranges_that_are_treated_alike_are_one(told: Words) -> None:
    """The table of tunnels has a cut for IPv6 too, at which nothing changes here."""
    assert "packet length 1458 or less" in told("A", "X", length=1000)
    assert "packet length 1459 or more" in told("A", "X", length=9000)


RULES = """\
firewall:
  rules:
    - {name: r1, vms: [X], action: block, protocol: tcp, local_port: 80-89}
    - {name: r2, vms: [X], action: block, protocol: tcp, local_port: 100}
    - {name: never-tried, vms: [X], protocol: tcp, local_port: 85, remote_port: 7}
"""


def test_a_rule_narrows_the_class_by_its_conditions(told: Words) -> None:
    found = told("A", "X", "tcp/85", policy=RULES)

    assert "tcp over IPv4" in found
    assert "destination ports 80-89" in found
    assert "source port" not in found.partition("|")[0]


def test_rules_that_did_not_match_narrow_it_too(told: Words) -> None:
    assert "destination ports 90-99" in told("A", "X", "tcp/95", policy=RULES)


def test_the_state_counts_where_a_list_asked_for_it(told: Words) -> None:
    new = told("A", "X", "tcp/95", policy=RULES)
    established = told("A", "X", "tcp/85", policy=RULES, state=State.ESTABLISHED)

    assert "in no conversation that a port has admitted" in new
    assert "in a conversation that all ports have admitted" in established


def test_a_guard_reads_the_type_of_icmp(told: Words) -> None:
    guarded = """\
virtual_networks:
  V:
    rdid: "{bbbbbbbb-0000-0000-0000-000000000002}"
    customer_routes: [{prefix: 10.7.0.0/24, next_hop: on-link, vsid: 7001}]
    vms:
      N: {host: H1, vsid: 7001, mac: 02-00-00-00-07-0A, ca: 10.7.0.10, router_guard: true}
      M: {host: H2, vsid: 7001, mac: 02-00-00-00-07-0B, ca: 10.7.0.11}
"""

    assert "ICMP type 9" in told("N", "M", "icmp/9:0", policy=guarded)
    assert "ICMP types 6-8" in told("N", "M", "icmp/8:0", policy=guarded)


def test_a_message_beside_neighbour_discovery_has_a_class(told: Words) -> None:
    """The types next to it name a target, and a router's message has none."""
    advertisement = build_frame(
        src_mac=MacAddress.parse("02-00-00-00-01-0A"),
        dst_mac=MacAddress.parse("33-33-00-00-00-01"),
        src=parse_address("fe80::1"),
        dst=parse_address("ff02::1"),
        protocol=58,
        icmp_type=134,
        icmp_code=0,
    )

    assert "IPv6, any protocol" in told("A", None, None, frame=advertisement)


def test_an_icmp_type_tells_the_protocol(told: Words) -> None:
    found, unread = told("A", "2001:db8:1::b", "nd").split(" | ")

    assert "icmpv6 over IPv6" in found
    assert "protocol" not in unread


def test_arp_has_no_fields_of_ip(told: Words) -> None:
    assert told("A", "B", "arp").endswith(" | destination address, packet length")


def test_an_arp_question_is_told_by_its_target(told: Words) -> None:
    found = told("A", "B", "arp")

    assert "ARP; from 10.0.1.10, which is T/A's; about 10.0.1.11, which is T/B's" in found


def test_a_broken_frame_is_told_by_what_was_read_of_it(told: Words) -> None:
    frame = bytes.fromhex("02000000010b 02000000010a 88cc 0000")

    found = told("A", None, None, frame=frame)

    assert "EtherType 0x86DE-0xFFFF" in found
