"""Flows as rows: whole, as texts and back, in a line, and compared."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from properties.amount import EXAMPLES
from properties.strategies import octets

from hnvemu.addresses import MacAddress, parse_address
from hnvemu.model.origin import BUILT_IN, Origin
from hnvemu.render.packet import packet_text
from hnvemu.render.replay_rows import (
    COLUMNS,
    FLAT_COLUMNS,
    counted_row,
    differences,
    flat,
    packet_of,
    row_of,
    unflat,
)
from hnvemu.replay.summary import FlowCount, Verdict
from hnvemu.trace.outcome import Outcome, Reason
from hnvemu.wire.build import build_frame
from hnvemu.wire.flow import Flow, read_flow
from hnvemu.wire.neighbour import announcement, answer, question

if TYPE_CHECKING:
    from hnvemu.render.replay_rows import Row

A, B = MacAddress(0x0200_0000_010A), MacAddress(0x0200_0000_010B)
A4, B4 = IPv4Address("10.0.1.10"), IPv4Address("10.0.1.11")
A6, B6 = IPv6Address("2001:db8::a"), IPv6Address("2001:db8::b")
DELIVERED = Verdict(
    outcome=Outcome.DELIVERED,
    reason=None,
    node="H2",
    to="T/B",
    rule=None,
    mechanism=None,
    origin=BUILT_IN,
    way=("T/A", "H1", "NVGRE 5001", "H2", "T/B"),
    copies=0,
)
DENIED = DELIVERED._replace(
    outcome=Outcome.DROPPED,
    reason=Reason.ACL_DENY_IN,
    rule="no telnet, ever",
    mechanism="firewall",
    origin=Origin("p.yaml", 7, 3),
    way=("T/A", "H1", "NVGRE 5001", "H2"),
)


def flow(src: str = "10.0.1.10", dst: str = "10.0.1.11", **fields: Any) -> Flow:
    frame = build_frame(
        src_mac=A,
        dst_mac=B,
        src=parse_address(src),
        dst=parse_address(dst),
        **{"protocol": 6, "src_port": 4000, "dst_port": 80, **fields},
    )
    return read_flow(frame)


def row(found: Flow, verdict: Verdict = DELIVERED, entry: str = "T/A") -> Row:
    return row_of(entry, found, verdict)


def test_a_row_has_every_column() -> None:
    count = FlowCount("T/A", flow(), DENIED, 9, 576, 10, 20, "in.pcap", 3)

    assert counted_row(count) == {
        "from": "T/A",
        "src": "10.0.1.10",
        "dst": "10.0.1.11",
        "protocol": "tcp",
        "src_port": 4000,
        "dst_port": 80,
        "icmp": None,
        "echo_id": None,
        "vlan": None,
        "ethertype": None,
        "message": None,
        "src_mac": "02-00-00-00-01-0A",
        "dst_mac": "02-00-00-00-01-0B",
        "outcome": "dropped",
        "reason": "ACL_DENY_IN",
        "node": "H2",
        "to": "T/B",
        "rule": "no telnet, ever",
        "mechanism": "firewall",
        "origin": {"file": "p.yaml", "line": 7, "column": 3},
        "way": ["T/A", "H1", "NVGRE 5001", "H2"],
        "copies": 0,
        "packets": 9,
        "bytes": 576,
        "first": 10,
        "last": 20,
        "capture": "in.pcap",
        "frame": 3,
    }
    assert tuple(counted_row(count)) == COLUMNS


def test_what_no_file_says_has_no_place() -> None:
    assert row(flow())["origin"] is None
    assert row(flow(), DELIVERED._replace(origin=None))["origin"] is None


def test_a_tunnel_without_a_readable_frame_has_no_macs() -> None:
    empty = row(read_flow(bytes(14)), entry="pa:H2")

    assert (empty["src_mac"], empty["dst_mac"], empty["ethertype"]) == (None, None, None)
    assert packet_of(empty) == "no readable frame inside"


def test_a_frame_of_zeros_that_a_vm_sends_has_macs() -> None:
    zeros = row(read_flow(bytes(14)))

    assert packet_of(zeros) == "ethertype 0x0000 00-00-00-00-00-00 > 00-00-00-00-00-00"


@settings(max_examples=EXAMPLES)
@given(octets())
def test_a_row_is_told_as_a_trace_tells_its_packet(frame: bytes) -> None:
    found = read_flow(frame)

    told = packet_of(row(found))

    assert re.sub(", identifier [0-9]+$", "", told) == packet_text(found)


@pytest.mark.parametrize(
    "frame",
    [
        question(src_mac=A, src=A4, target=B4, dst_mac=None),
        question(src_mac=A, src=A4, target=B4, dst_mac=B),
        question(src_mac=A, src=IPv4Address(0), target=B4, dst_mac=None),
        answer(question(src_mac=A, src=A4, target=B4, dst_mac=None), B),
        announcement(src_mac=A, address=A4),
        question(src_mac=A, src=A6, target=B6, dst_mac=None),
        question(src_mac=A, src=A6, target=B6, dst_mac=B),
        question(src_mac=A, src=IPv6Address(0), target=B6, dst_mac=None),
        answer(question(src_mac=A, src=A6, target=B6, dst_mac=None), B),
        announcement(src_mac=A, address=A6),
    ],
)
def test_address_resolution_is_told_as_a_trace_tells_it(frame: bytes) -> None:
    found = read_flow(frame)

    assert packet_of(row(found)) == packet_text(found)


def test_pings_are_told_apart_by_their_identifier() -> None:
    ping = row(flow(protocol=1, echo_id=7))

    assert packet_of(ping) == "icmp echo 10.0.1.10 > 10.0.1.11, identifier 7"


@settings(max_examples=EXAMPLES)
@given(octets())
def test_a_row_comes_back_from_its_texts(frame: bytes) -> None:
    count = FlowCount("T/A", read_flow(frame), DENIED, 9, 576, 10, 20, "in.pcap", 3)

    texts = map(str, flat(counted_row(count)))

    assert unflat(dict(zip(FLAT_COLUMNS, texts, strict=True))) == counted_row(count)


def test_equal_rows_have_no_difference() -> None:
    assert differences([row(flow())], [row(flow())]) == ()


def test_counts_and_times_make_no_difference() -> None:
    before = counted_row(FlowCount("T/A", flow(), DENIED, 9, 576, 10, 20, "in.pcap", 3))
    after = counted_row(FlowCount("T/A", flow(), DENIED, 1, 64, 11, 12, "other.pcap", 1))

    assert differences([before], [after]) == ()


@pytest.mark.parametrize(
    "other",
    [
        DENIED,
        DELIVERED._replace(to="T/C"),
        DENIED._replace(reason=Reason.ACL_DENY_OUT),
        DENIED._replace(rule="another"),
    ],
)
def test_another_end_is_a_change(other: Verdict) -> None:
    [found] = differences([row(flow(), other)], [row(flow())])

    assert found.kind == "changed"
    assert found.flow["src_port"] == 4000
    assert found.was[0]["outcome"] == other.outcome
    assert found.now == ({"outcome": "delivered", "reason": None, "rule": None, "to": "T/B"},)


def test_a_flow_of_one_replay_is_missing_or_new() -> None:
    before, after = [row(flow(src_port=1))], [row(flow(src_port=2)), row(flow(src_port=3))]

    found = differences(before, after)

    assert [each.kind for each in found] == ["missing", "new", "new"]
    assert [each.flow["src_port"] for each in found] == [1, 2, 3]


def test_what_changed_comes_first() -> None:
    before = [row(flow(src_port=1)), row(flow(src_port=9))]
    after = [row(flow(src_port=2)), row(flow(src_port=9), DENIED)]

    assert [each.kind for each in differences(before, after)] == ["changed", "missing", "new"]


def test_all_ends_of_a_flow_count_together() -> None:
    both = [row(flow()), row(flow(), DENIED)]

    assert differences(both, both[::-1]) == ()
    [found] = differences(both, both[:1])
    assert [end["outcome"] for end in found.was] == ["delivered", "dropped"]


def test_a_flow_with_addresses_is_known_whatever_its_macs() -> None:
    other = flow()._replace(src_mac=int(B))

    assert differences([row(flow())], [row(other)]) == ()


def test_questions_for_different_addresses_are_different_flows() -> None:
    one, two = (
        read_flow(question(src_mac=A, src=parse_address(src), target=parse_address(dst), dst_mac=B))
        for src, dst in (("2001:db8::a", "2001:db8::b"), ("2001:db8::a", "2001:db8::c"))
    )

    assert len(differences([row(one)], [row(two)])) == 2
