"""What a user says becomes the frame that a guest would send."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hnvemu.addresses import MacAddress
from hnvemu.analysis.question import Question, State, ask, next_hop, parse_hex
from hnvemu.errors import QuestionError
from hnvemu.model.acl import Action, Firewall, FirewallDefault
from hnvemu.model.policy import Profile
from hnvemu.model.topology import Selector
from hnvemu.reader import load_policy
from hnvemu.switch.fabric import Fabric
from hnvemu.trace.outcome import Outcome, Reason
from hnvemu.trace.steps import (
    ExactMatched,
    GroupAccepted,
    LookupMatched,
    LookupMissed,
    RouteMatched,
    RouteMissed,
)
from hnvemu.value import replace
from hnvemu.wire.build import build_frame
from hnvemu.wire.flow import read_flow

if TYPE_CHECKING:
    from pathlib import Path

    from hnvemu.trace.trace import Trace

POLICY = """
hnv: 1
hosts:
  H1: {provider_addresses: 192.168.10.11/24}
  H2: {provider_addresses: 192.168.10.12/24}
virtual_networks:
  T:
    rdid: "{aaaaaaaa-0000-0000-0000-000000000001}"
    customer_routes:
      - {prefix: 10.0.1.0/24, next_hop: on-link, vsid: 5001}
      - {prefix: 10.0.2.0/24, next_hop: on-link, vsid: 5002}
      - {prefix: "2001:db8:1::/64", next_hop: on-link, vsid: 5001}
      - {prefix: 0.0.0.0/0, next_hop: 10.0.2.250, vsid: 5002}
    vms:
      A: {host: H1, vsid: 5001, mac: 02-00-00-00-01-0A, ca: [10.0.1.10, "2001:db8:1::a"]}
      B: {host: H2, vsid: 5001, mac: 02-00-00-00-01-0B, ca: ["2001:db8:1::b", 10.0.1.11]}
      X: {host: H2, vsid: 5002, mac: 02-00-00-00-02-14, ca: 10.0.2.20}
      SIX: {host: H2, vsid: 5001, mac: 02-00-00-00-06-06, ca: "2001:db8:1::6"}
      GW: {host: H2, vsid: 5002, mac: 02-00-00-00-03-FA, ca: 10.0.2.250, gateway: true}
      PAIR:
        adapters:
          inside: {host: H1, vsid: 5001, mac: 02-00-00-00-01-AA, ca: 10.0.1.30}
          outside: {host: H1, vsid: 5002, mac: 02-00-00-00-02-AA, ca: 10.0.2.30}
  U:
    rdid: "{aaaaaaaa-0000-0000-0000-000000000002}"
    customer_routes:
      - {prefix: 10.0.9.0/24, next_hop: on-link, vsid: 6001}
    vms:
      A: {host: H1, vsid: 6001, mac: 02-00-00-00-61-0A, ca: 10.0.9.10}
      Z: {host: H1, vsid: 6001, mac: 02-00-00-00-61-0B, ca: 10.0.9.11}
      BARE: {host: H1, vsid: 6001, mac: 02-00-00-00-61-0C}
firewall:
  defaults:
    - {inbound: allow, outbound: allow}
    - {vms: [T/A], inbound: block}
services:
  web: [tcp/80, tcp/443]
  high: udp/8000-8100
  anything: tcp
  ping: icmp/echo
  ping6: icmpv6/echo
  gre: 47
"""


@pytest.fixture(scope="module")
def fabric(tmp_path_factory: pytest.TempPathFactory) -> Fabric:
    file: Path = tmp_path_factory.mktemp("policy") / "policy.yaml"
    file.write_text(POLICY, encoding="utf-8")
    return Fabric.compile(load_policy(file))


def question(fabric: Fabric, source: str, destination: str, **said: object) -> Trace:
    return ask(fabric, Question(source=source, destination=destination, **said))  # type: ignore[arg-type]


def refusal(fabric: Fabric, source: str, destination: str, **said: object) -> QuestionError:
    with pytest.raises(QuestionError) as caught:
        question(fabric, source, destination, **said)
    return caught.value


# Names and addresses


def test_a_destination_by_name_is_reached_at_its_first_address_of_a_common_family(
    fabric: Fabric,
) -> None:
    trace = question(fabric, "T/A", "B")

    assert trace.flow.dst == int(ip_address("2001:db8:1::b"))
    assert trace.flow.src == int(ip_address("2001:db8:1::a"))
    assert trace.outcome is Outcome.DELIVERED


def test_the_source_sends_from_its_first_address_of_the_destinations_family(
    fabric: Fabric,
) -> None:
    trace = question(fabric, "T/A", "10.0.1.11")

    assert trace.flow.src == int(ip_address("10.0.1.10"))


def test_a_name_means_a_vm_of_the_senders_network_before_any_other(fabric: Fabric) -> None:
    assert question(fabric, "Z", "A").flow.dst == int(ip_address("10.0.9.10"))
    assert question(fabric, "X", "A").flow.dst == int(ip_address("10.0.1.10"))


def test_a_vm_of_another_network_is_asked_for_by_its_address(fabric: Fabric) -> None:
    trace = question(fabric, "Z", "X")

    assert trace.flow.dst == int(ip_address("10.0.2.20"))
    assert trace.reason is Reason.ROUTE_MISSING
    assert "destination 10.0.2.20 (as T/X has it, in another routing domain)" in trace.assumptions


def test_an_adapter_is_a_sender_of_its_own(fabric: Fabric) -> None:
    assert question(fabric, "PAIR:outside", "X").at == "T/PAIR:outside"


@pytest.mark.parametrize(
    ("source", "destination", "message", "help_"),
    [
        ("Q", "X", "no VM is named 'Q'", "known: "),
        ("Bx", "X", "no VM is named 'Bx'", "did you mean 'B'?"),
        ("A", "X", "'A' names more than one VM", "write T/A or U/A"),
        ("PAIR", "X", "'PAIR' has several adapters", "T/PAIR:inside"),
        ("X", "PAIR", "'T/PAIR' has several adapters", "T/PAIR:outside"),
        ("X", "SIXX", "no VM is named 'SIXX'", "did you mean 'SIX'?"),
        ("X", "10.0.1.300", "'10.0.1.300' is not an IP address", ""),
        ("X", "2001:db8::zz", "no VM is named '2001:db8::zz'", ""),
        ("X", "fe80::1%eth0", "'fe80::1%eth0' has a zone index", ""),
        ("X", "2001::db8::1", "'2001::db8::1' is not an IP address", ""),
        ("pa:H1", "X", "'pa:H1' is a host's provider side", "name a VM"),
        ("U/BARE", "10.0.9.10", "'U/BARE' has no IPv4 address to send to 10.0.9.10 from", "none"),
        ("U/BARE", "Z", "'U/BARE' has no address to send from", ""),
        ("Z", "BARE", "'U/BARE' has no address", ""),
        (
            "X",
            "2001:db8:1::a",
            "'T/X' has no IPv6 address to send to 2001:db8:1::a from",
            "10.0.2.20",
        ),
        ("X", "SIX", "'T/X' and 'T/SIX' have no address family in common", ""),
    ],
)
def test_a_name_that_cannot_be_meant_is_refused(
    fabric: Fabric, source: str, destination: str, message: str, help_: str
) -> None:
    error = refusal(fabric, source, destination)

    assert message in error.message
    assert help_ in (error.help or "")


def test_a_source_address_chooses_the_family(fabric: Fabric) -> None:
    trace = question(fabric, "T/A", "B", src_ip="10.0.1.50")

    assert trace.flow.src == int(ip_address("10.0.1.50"))
    assert trace.flow.dst == int(ip_address("10.0.1.11"))
    assert trace.reason is Reason.SRC_RECORD_MISSING


@pytest.mark.parametrize(
    ("destination", "src_ip", "message"),
    [
        ("X", "2001:db8::1", "source address 2001:db8::1 is IPv6, and 'T/X' has no such address"),
        ("10.0.2.20", "2001:db8::1", "source address 2001:db8::1 is IPv6, and 10.0.2.20 is IPv4"),
        ("X", "10.0.1", "'10.0.1' is not an IP address"),
    ],
)
def test_a_source_address_that_does_not_fit_is_refused(
    fabric: Fabric, destination: str, src_ip: str, message: str
) -> None:
    assert refusal(fabric, "T/A", destination, src_ip=src_ip).message == message


# What is filled in


def test_without_a_service_the_packet_is_a_ping(fabric: Fabric) -> None:
    trace = question(fabric, "T/A", "X")

    assert trace.flow.icmp == 8 << 8
    assert trace.flow.length == 20 + 8 + 56
    assert trace.assumptions == (
        "ICMP echo request",
        "56 octets of payload",
        "TTL 64",
        "new connection",
    )


def test_a_tcp_packet_gets_a_source_port_and_a_ttl(fabric: Fabric) -> None:
    trace = question(fabric, "T/A", "X", service="tcp/80")

    assert (trace.flow.src_port, trace.flow.dst_port, trace.flow.ttl) == (49152, 80, 64)
    assert trace.assumptions == ("source port 49152", "TTL 64", "new connection")


def test_what_is_said_is_not_assumed(fabric: Fabric) -> None:
    trace = question(
        fabric,
        "T/A",
        "X",
        service="udp/53",
        source_port=40000,
        ttl=1,
        length=1459,
        df=True,
        src_mac="02-00-00-00-00-01",
        dst_mac="02:00:00:00:00:02",
        src_ip="10.0.1.50",
        state=State.NEW,
    )

    flow = trace.flow
    assert trace.assumptions == ()
    assert (flow.src_port, flow.ttl, flow.length) == (40000, 1, 1459)
    assert trace.frame[20] == 0x40
    assert flow.src_mac == MacAddress.parse("02-00-00-00-00-01")
    assert flow.dst_mac == MacAddress.parse("02-00-00-00-00-02")


def test_the_destination_mac_is_the_peers_inside_the_subnet_and_the_gateways_outside(
    fabric: Fabric,
) -> None:
    inside = question(fabric, "T/A", "10.0.1.11")
    outside = question(fabric, "T/A", "X")

    assert inside.flow.dst_mac == MacAddress.parse("02-00-00-00-01-0B")
    assert outside.flow.dst_mac == MacAddress.parse("02-00-00-FF-FF-01")


def test_a_destination_mac_that_nobody_would_have_told_is_an_assumption(fabric: Fabric) -> None:
    trace = question(fabric, "T/A", "10.0.1.99")

    assert (
        "destination MAC 02-00-00-FF-FF-01 (nobody would answer for 10.0.1.99)" in trace.assumptions
    )


def test_ipv6_says_hop_limit_and_icmp_means_icmpv6(fabric: Fabric) -> None:
    trace = question(fabric, "T/A", "SIX", service="icmp")

    assert (trace.flow.protocol, trace.flow.icmp) == (58, 128 << 8)
    assert "hop limit 64" in trace.assumptions


def test_an_established_packet_is_no_syn(fabric: Fabric) -> None:
    new = question(fabric, "T/A", "X", service="tcp/80")
    established = question(fabric, "T/A", "X", service="tcp/80", state=State.ESTABLISHED)

    assert (new.frame[47], established.frame[47]) == (0x02, 0x10)
    assert established.assumptions == ("source port 49152", "TTL 64")


# Services


@pytest.mark.parametrize(
    ("text", "protocol", "port", "icmp"),
    [
        ("tcp/443", 6, 443, -1),
        ("TCP/443", 6, 443, -1),
        ("6/443", 6, 443, -1),
        ("udp/0", 17, 0, -1),
        ("icmp", 1, -1, 8 << 8),
        ("icmp/echo", 1, -1, 8 << 8),
        ("icmpv4", 1, -1, 8 << 8),
        ("icmp/8:0", 1, -1, 8 << 8),
        ("icmp/3:4", 1, -1, 3 << 8 | 4),
        ("icmp/11", 1, -1, 11 << 8),
        ("47", 47, -1, -1),
        ("255", 255, -1, -1),
        ("gre", 47, -1, -1),
        ("ping", 1, -1, 8 << 8),
        ("web", 6, 80, -1),
        ("high", 17, 8000, -1),
    ],
)
def test_a_service_is_what_stands_behind_the_ip_header(
    fabric: Fabric, text: str, protocol: int, port: int, icmp: int
) -> None:
    flow = question(fabric, "T/A", "X", service=text).flow

    assert (flow.protocol, flow.dst_port, flow.icmp) == (protocol, port, icmp)


def test_what_was_chosen_of_a_wide_service_is_an_assumption(fabric: Fabric) -> None:
    web = question(fabric, "T/A", "X", service="web")
    high = question(fabric, "T/A", "X", service="high")

    assert web.assumptions[0] == "tcp/80, the first of service web"
    assert high.assumptions[0] == "udp/8000, the first port of service high"


@pytest.mark.parametrize(
    ("text", "message", "help_"),
    [
        ("tcp", "'tcp' needs a port", "such as tcp/443"),
        ("tcp/", "'tcp/' needs a port", "such as tcp/443"),
        ("udp/70000", "port 70000 does not fit: 0 to 65535", ""),
        ("tcp/http", "'http' in 'tcp/http' is not one port", "a number"),
        ("tcp/80-90", "'80-90' in 'tcp/80-90' is not one port", "a number"),
        ("tcp/-1", "'-1' in 'tcp/-1' is not one port", "a number"),
        ("tcp/٣", "'٣' in 'tcp/٣' is not one port", "a number"),
        ("icmp/ping", "'ping' in 'icmp/ping' is not an ICMP type", "echo"),
        ("icmp/256", "'256' in 'icmp/256' is not an ICMP type", "echo"),
        ("icmp/1:2:3", "'1:2:3' in 'icmp/1:2:3' is not an ICMP type", "echo"),
        ("icmpv6", "'icmpv6' is not for IPv4 packets", "icmp fits both"),
        ("ping6", "'ping6' is not for IPv4 packets", ""),
        ("256", "protocol 256 does not fit: 0 to 255", ""),
        ("47/1", "'47/1' is not a service", "such as"),
        ("arp/wave", "'wave' in 'arp/wave' is no message of arp", "request, check, probe"),
        ("anything", "service 'anything' is any port of tcp", "say tcp/PORT"),
        ("wep", "'wep' is not a service", "did you mean 'web'?"),
        ("tpc/80", "'tpc/80' is not a service", "did you mean 'tcp'?"),
        ("", "'' is not a service", "such as"),
    ],
)
def test_a_service_that_no_packet_can_be_made_of_is_refused(
    fabric: Fabric, text: str, message: str, help_: str
) -> None:
    error = refusal(fabric, "T/A", "X", service=text)

    assert error.message == message
    assert help_ in (error.help or "")


# Numbers


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"ttl": 256}, "TTL 256 does not fit: 0 to 255"),
        ({"ttl": -1}, "TTL -1 does not fit: 0 to 255"),
        ({"service": "tcp/80", "source_port": 65536}, "source port 65536 does not fit: 0 to 65535"),
        ({"source_port": 5}, "source port 5 is for TCP and UDP, and protocol 1 has no ports"),
        ({"length": 27}, "an IP packet cannot have 27 octets"),
        ({"length": 65536}, "an IP packet cannot have 65536 octets"),
        ({"src_mac": "02-00"}, "'02-00' is not a MAC address"),
        ({"dst_mac": ""}, "'' is not a MAC address"),
        ({"dst_mac": "02-00-00-00-00-0G"}, "'02-00-00-00-00-0G' is not a MAC address"),
    ],
)
def test_a_number_that_does_not_fit_is_refused(
    fabric: Fabric, said: dict[str, object], message: str
) -> None:
    assert message in refusal(fabric, "T/A", "X", **said).message


def test_ipv6_cannot_forbid_fragments(fabric: Fabric) -> None:
    error = refusal(fabric, "T/A", "SIX", df=True)

    assert "don't fragment" in error.message


def test_a_question_without_a_destination_is_refused(fabric: Fabric) -> None:
    with pytest.raises(QuestionError, match="a packet needs a destination"):
        ask(fabric, Question(source="X"))


# Frames


def test_a_frame_is_traced_as_it_stands(fabric: Fabric) -> None:
    frame = question(fabric, "T/A", "X").frame

    trace = ask(fabric, Question(source="T/A", frame=frame))

    assert trace.frame == frame
    assert trace.outcome is Outcome.DELIVERED
    assert trace.assumptions == ("new connection",)


def test_a_captured_tunnel_frame_is_traced_from_the_host_that_it_reaches(
    fabric: Fabric,
) -> None:
    wire = question(fabric, "T/A", "X").wire[0]

    trace = ask(fabric, Question(source="pa:H2", frame=wire.frame))

    assert trace.outcome is Outcome.DELIVERED
    assert trace.assumptions == ()


@pytest.mark.parametrize(
    "text",
    [
        "02000000010b 02000000010a 0800",
        "02:00:00:00:01:0b:02:00:00:00:01:0a:08:00",
        "02-00-00-00-01-0B-02-00-00-00-01-0A-08-00",
        "0x02000000010b02000000010a0800",
        "0x02 0x00 0x00 0x00 0x01 0x0b\n0x02 0x00 0x00 0x00 0x01 0X0a\t08 00\n",
    ],
)
def test_hex_may_be_written_as_tools_write_it(text: str) -> None:
    assert parse_hex(text) == bytes.fromhex("02000000010b02000000010a0800")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a frame has at least 14 octets, not 0"),
        ("02 00 00", "a frame has at least 14 octets, not 3"),
        ("0200zz", "'z' at character 5 is not a hex digit"),
        ("02 0", "'0' at character 4 has 1 hex digits, which are not whole octets"),
        ("0x123", "'123' at character 3 has 3 hex digits, which are not whole octets"),
        ("02\n 0g", "'g' at character 6 is not a hex digit"),
        ("02,00", "',' at character 3 is not a hex digit"),
        ("٠٢", "'٠' at character 1 is not a hex digit"),
        ("0x0000:  4500 0054", "'0x0000:' at character 1 is the offset of a dump"),
        ("a" * 101, "'aaaaaaaaaaaaaaaaaaaa…aaaaaaaa' at character 1 has 101 hex digits"),
    ],
)
def test_bad_hex_is_refused_with_its_place(text: str, message: str) -> None:
    with pytest.raises(QuestionError) as caught:
        parse_hex(text)

    assert message in caught.value.message


@given(st.binary(min_size=14, max_size=200), st.sampled_from(["", " ", ":", "-", " 0x", "\n"]))
def test_hex_of_any_frame_reads_as_that_frame(frame: bytes, between: str) -> None:
    text = between.join(f"{octet:02x}" for octet in frame)

    assert parse_hex(text) == frame


@given(st.text(max_size=60))
def test_any_text_is_a_frame_or_a_question_error(text: str) -> None:
    try:
        frame = parse_hex(text)
    except QuestionError:
        return
    assert len(frame) >= 14


# Conversations


def test_the_reply_swaps_ends_and_passes_the_firewall_that_let_the_question_out(
    fabric: Fabric,
) -> None:
    trace = question(fabric, "T/A", "X", service="tcp/80", conversation=True)

    reply = trace.reply
    assert reply is not None
    assert (reply.at, reply.outcome) == ("T/X", Outcome.DELIVERED)
    assert (reply.flow.src, reply.flow.dst) == (trace.flow.dst, trace.flow.src)
    assert (reply.flow.src_port, reply.flow.dst_port) == (80, 49152)
    assert reply.frame[47] == 0x12
    assert reply.assumptions == ("TTL 64",)


def test_without_the_question_the_same_packet_is_blocked(fabric: Fabric) -> None:
    trace = question(fabric, "X", "10.0.1.10", service="tcp/49152", source_port=80)

    assert trace.reason is Reason.ACL_DENY_IN


@pytest.mark.parametrize(("destination", "reply_type"), [("X", 0), ("SIX", 129)])
def test_an_echo_is_answered_with_an_echo_reply(
    fabric: Fabric, destination: str, reply_type: int
) -> None:
    reply = question(fabric, "T/A", destination, conversation=True).reply

    assert reply is not None
    assert reply.flow.icmp == reply_type << 8
    assert reply.outcome is Outcome.DELIVERED


def test_the_reply_has_the_macs_that_the_receiver_would_write(fabric: Fabric) -> None:
    reply = question(fabric, "T/A", "X", conversation=True).reply

    assert reply is not None
    assert reply.flow.src_mac == MacAddress.parse("02-00-00-00-02-14")
    assert reply.flow.dst_mac == MacAddress.parse("02-00-00-FF-FF-01")


def test_an_answer_from_outside_comes_back_through_the_gateway(fabric: Fabric) -> None:
    trace = question(fabric, "T/A", "8.8.8.8", service="udp/53", conversation=True)

    assert trace.outcome is Outcome.TO_GATEWAY
    assert trace.reply is not None
    assert trace.reply.at == "T/GW"
    assert trace.reply.flow.src == int(ip_address("8.8.8.8"))
    assert trace.reply.outcome is Outcome.DELIVERED
    assert trace.reply.assumptions == ("the answer comes back through T/GW", "TTL 64")


def test_an_established_conversation_passes_both_ways_and_sends_no_syn(fabric: Fabric) -> None:
    trace = question(
        fabric, "X", "10.0.1.10", service="tcp/80", state=State.ESTABLISHED, conversation=True
    )

    assert trace.outcome is Outcome.DELIVERED
    assert trace.reply is not None
    assert trace.reply.outcome is Outcome.DELIVERED
    assert trace.reply.frame[47] == 0x10


def test_a_packet_that_nobody_receives_has_no_reply(fabric: Fabric) -> None:
    assert question(fabric, "T/A", "10.0.1.99", conversation=True).reply is None


def test_nothing_answers_an_icmp_error(fabric: Fabric) -> None:
    trace = question(fabric, "T/A", "X", service="icmp/3:4", conversation=True)

    assert trace.outcome is Outcome.DELIVERED
    assert trace.reply is None


def test_nothing_answers_a_later_fragment(fabric: Fabric) -> None:
    frame = bytearray(question(fabric, "T/A", "X", service="udp/53", length=100).frame)
    frame[21] = 1  # the fragment offset; the checksum makes good for it
    frame[25] -= 1

    trace = ask(fabric, Question(source="T/A", frame=bytes(frame), conversation=True))

    assert trace.outcome is Outcome.DELIVERED
    assert trace.reply is None


def test_nothing_answers_a_frame_without_ip(fabric: Fabric) -> None:
    switched = Fabric.compile(fabric.policy, profile=Profile.WS2012)
    frame = bytes.fromhex("02000000610a 02000000610b 88b5") + bytes(46)

    trace = ask(switched, Question(source="Z", frame=frame, conversation=True))

    assert trace.outcome is Outcome.DELIVERED
    assert trace.reply is None


def test_the_reply_to_a_captured_frame_passes_the_port_that_admitted_it(fabric: Fabric) -> None:
    silent = FirewallDefault(vms=Selector(patterns=("T/X",)), outbound=Action.BLOCK)
    policy = replace(fabric.policy, firewall=Firewall(defaults=(silent,)))
    wire = question(fabric, "T/A", "X", service="udp/53").wire[0]

    trace = ask(
        Fabric.compile(policy),
        Question(source="pa:H2", frame=wire.frame, conversation=True),
    )

    assert trace.reply is not None
    assert trace.reply.outcome is Outcome.DELIVERED


# The next hop


def test_the_next_hop_on_link_is_the_destination_itself(fabric: Fabric) -> None:
    found = next_hop(fabric, "T/A", "X")

    assert found.address == ip_address("10.0.2.20")
    assert found.record is not None
    assert found.record.mac == MacAddress.parse("02-00-00-00-02-14")
    assert found.host == "H2"


def test_the_next_hop_of_a_route_is_its_gateway(fabric: Fabric) -> None:
    found = next_hop(fabric, "T/A", "8.8.8.8")

    assert found.address == ip_address("10.0.2.250")
    assert found.route is not None
    assert str(found.route.prefix) == "0.0.0.0/0"


def test_no_route_is_said_by_the_last_step(fabric: Fabric) -> None:
    found = next_hop(fabric, "Z", "8.8.8.8")

    assert isinstance(found.steps[-1], RouteMissed)
    assert (found.address, found.route, found.record, found.host) == (None, None, None, None)


def test_no_record_is_said_by_the_last_step(fabric: Fabric) -> None:
    found = next_hop(fabric, "T/A", "10.0.1.99")

    assert isinstance(found.steps[-1], LookupMissed)
    assert found.address == ip_address("10.0.1.99")
    assert found.record is None


def test_a_firewall_does_not_hide_the_next_hop(fabric: Fabric) -> None:
    assert question(fabric, "X", "10.0.1.10").reason is Reason.ACL_DENY_IN
    assert next_hop(fabric, "X", "10.0.1.10").host == "H1"


def test_a_group_has_no_next_hop(fabric: Fabric) -> None:
    found = next_hop(fabric, "T/A", "224.0.0.1")

    assert (found.route, found.record, found.host) == (None, None, None)
    assert isinstance(found.steps[-1], GroupAccepted)


def test_windows_server_2012_takes_the_record_before_the_route(fabric: Fabric) -> None:
    found = next_hop(Fabric.compile(fabric.policy, profile=Profile.WS2012), "T/A", "X")

    assert isinstance(found.steps[-1], ExactMatched)
    assert found.route is None
    assert found.address == ip_address("10.0.2.20")


@pytest.mark.parametrize("profile", Profile)
@pytest.mark.parametrize("destination", ["X", "10.0.1.11", "10.0.1.99", "8.8.8.8", "10.0.1.1"])
def test_the_next_hop_is_what_a_trace_finds(
    fabric: Fabric, profile: Profile, destination: str
) -> None:
    compiled = Fabric.compile(fabric.policy, profile=profile)

    found = next_hop(compiled, "T/A", destination)
    trace = question(compiled, "T/A", destination)

    kinds = (RouteMatched, RouteMissed, LookupMatched, LookupMissed, ExactMatched)
    traced = [step for step in trace.hops[0].steps if isinstance(step, kinds)]
    assert [step for step in found.steps if isinstance(step, kinds)] == traced


def test_a_frame_of_a_question_reads_as_what_was_asked(fabric: Fabric) -> None:
    trace = question(fabric, "T/A", "X", service="tcp/80")

    expected = build_frame(
        src_mac=MacAddress.parse("02-00-00-00-01-0A"),
        dst_mac=MacAddress.parse("02-00-00-FF-FF-01"),
        src=ip_address("10.0.1.10"),
        dst=ip_address("10.0.2.20"),
        protocol=6,
        src_port=49152,
        dst_port=80,
    )
    assert trace.frame == expected
    assert read_flow(trace.frame).fault == 0
