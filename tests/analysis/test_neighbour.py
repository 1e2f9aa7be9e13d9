"""Address resolution as a question: which frame is asked about, and who answers it."""

from __future__ import annotations

from typing import Any

import pytest

from hnvemu import Fabric, Outcome, QuestionError, Reason, load_policy, read_flow
from hnvemu.analysis.question import Question, State, ask
from hnvemu.model.policy import Profile
from hnvemu.tables.neighbours import Message, message_of

MAC_A = 0x0200_0000_010A
MAC_B = 0x0200_0000_010B
ALL = 0xFFFF_FFFF_FFFF


@pytest.fixture(scope="module")
def fabric() -> Fabric:
    return Fabric.compile(load_policy("sample:complex-routing"))


@pytest.fixture(scope="module")
def learning() -> Fabric:
    return Fabric.compile(load_policy("sample:learning"))


def asked(fabric: Fabric, source: str, to: str, service: str, **more: Any) -> Any:
    return ask(fabric, Question(source=source, destination=to, service=service, **more))


@pytest.mark.parametrize(
    ("service", "kind", "dst_mac"),
    [
        ("arp", Message.QUESTION, ALL),
        ("ARP/request", Message.QUESTION, ALL),
        ("arp/check", Message.CHECK, MAC_B),
        ("arp/probe", Message.PROBE, ALL),
        ("arp/reply", Message.ANSWER, MAC_B),
        ("arp/announce", Message.ANNOUNCEMENT, ALL),
    ],
)
def test_a_service_is_a_message_of_arp(
    fabric: Fabric, service: str, kind: Message, dst_mac: int
) -> None:
    flow = asked(fabric, "A", "10.0.1.11", service).flow

    assert (flow.ethertype, flow.version, message_of(flow)) == (0x0806, 0, kind)
    assert (flow.src_mac, flow.dst_mac) == (MAC_A, dst_mac)


@pytest.mark.parametrize("word", ["nd", "ndp"])
@pytest.mark.parametrize(
    ("wanted", "kind"),
    [
        ("", Message.QUESTION),
        ("/check", Message.CHECK),
        ("/probe", Message.PROBE),
        ("/reply", Message.ANSWER),
        ("/announce", Message.ANNOUNCEMENT),
    ],
)
def test_a_service_is_a_message_of_neighbour_discovery(
    fabric: Fabric, word: str, wanted: str, kind: Message
) -> None:
    flow = asked(fabric, "A", "2001:db8:1::b", word + wanted).flow

    assert (flow.version, message_of(flow)) == (6, kind)


def test_a_vm_is_asked_for_by_its_address_of_the_family(fabric: Fabric) -> None:
    assert asked(fabric, "A", "B", "arp").outcome is Outcome.ANSWERED
    assert asked(fabric, "A", "B", "nd").outcome is Outcome.ANSWERED


def test_a_guest_without_an_address_may_probe_and_announce(learning: Fabric) -> None:
    probe = asked(learning, "D", "10.0.1.60", "arp/probe")
    announcement = asked(learning, "D", "10.0.1.60", "arp/announce")

    assert (probe.flow.src, probe.reason) == (0, Reason.ARP_UNANSWERED)
    assert {host for host, _ in announcement.learnt} == {"H1", "H2"}


@pytest.mark.parametrize(
    ("to", "service", "more", "message"),
    [
        ("2001:db8:1::b", "arp", {}, "'arp' is not about IPv6 addresses, and 2001:db8:1::b is one"),
        ("10.0.1.11", "nd/probe", {}, "'nd/probe' is not about IPv4 addresses"),
        ("10.0.1.11", "arp/shout", {}, "'shout' in 'arp/shout' is no message of arp"),
        ("10.0.1.11", "arp", {"ttl": 3}, "'arp' has no --ttl"),
        ("10.0.1.11", "arp", {"length": 99}, "'arp' has no --len"),
        ("10.0.1.11", "arp", {"source_port": 1}, "'arp' has no --sport"),
        ("10.0.1.11", "arp", {"df": True}, "'arp' has no --df"),
        ("10.0.1.11", "arp", {"state": State.NEW}, "'arp' has no --state"),
        ("10.0.1.11", "arp/probe", {"src_ip": "10.0.1.10"}, "'arp/probe' has no --src-ip"),
        ("10.0.1.11", "arp/announce", {"dst_mac": "02-00-00-00-01-0B"}, "has no --dst-mac"),
        ("10.0.1.11", "arp", {"src_mac": "x"}, "'x' is not a MAC"),
    ],
)
def test_what_such_a_message_does_not_have_is_refused(
    fabric: Fabric, to: str, service: str, more: dict[str, Any], message: str
) -> None:
    with pytest.raises(QuestionError) as refused:
        asked(fabric, "A", to, service, **more)

    assert message in str(refused.value)


def test_the_macs_and_the_source_may_be_said(fabric: Fabric) -> None:
    said = {"src_ip": "10.0.1.50", "dst_mac": "02-00-00-00-01-0C"}

    flow = asked(fabric, "A", "10.0.1.11", "arp", **said).flow

    assert (flow.dst_mac, flow.src) == (0x0200_0000_010C, 0x0A00_0132)


def test_the_guest_answers_a_question_that_reaches_it(fabric: Fabric) -> None:
    trace = asked(fabric, "A", "10.0.1.11", "arp/check", conversation=True)

    assert (trace.outcome, trace.receiver) == (Outcome.DELIVERED, "T/B")
    assert (trace.reply.outcome, trace.reply.receiver) == (Outcome.DELIVERED, "T/A")
    assert message_of(trace.reply.flow) is Message.ANSWER
    assert trace.reply.flow.src_mac == MAC_B


def test_what_hnv_answers_has_no_other_reply(fabric: Fabric) -> None:
    assert asked(fabric, "A", "10.0.1.11", "arp", conversation=True).reply is None


def test_an_answer_and_an_announcement_have_no_reply(fabric: Fabric, learning: Fabric) -> None:
    answer = asked(fabric, "B", "10.0.1.10", "arp/reply", conversation=True)
    announcement = asked(learning, "D", "10.0.1.60", "arp/announce", conversation=True)

    assert (answer.outcome, answer.reply) == (Outcome.DELIVERED, None)
    assert (announcement.outcome, announcement.reply) == (Outcome.REPLICATED, None)


def test_a_guest_answers_a_solicitation_that_is_carried(fabric: Fabric) -> None:
    trace = asked(fabric, "A", "2001:db8:1::b", "nd/check", conversation=True)

    assert (trace.reply.outcome, trace.reply.receiver) == (Outcome.DELIVERED, "T/A")
    assert read_flow(trace.reply.delivered[0].frame).icmp == 136 << 8


def test_2012_answers_a_check_itself(fabric: Fabric) -> None:
    old = Fabric.compile(fabric.policy, profile=Profile.WS2012)

    trace = asked(old, "A", "10.0.1.11", "arp/check", conversation=True)

    assert (trace.outcome, trace.reply) == (Outcome.ANSWERED, None)


def test_a_reply_goes_to_the_mac_that_hosts_have_learned(learning: Fabric) -> None:
    trace = asked(learning, "D", "A", "icmp/echo", src_ip="10.0.1.60", conversation=True)

    reply = trace.reply

    assert reply is not None
    assert reply.assumptions == ("TTL 64",)
    assert str(reply.delivered[0].dst_mac) == "02-00-00-00-01-0D"


def test_a_frame_that_is_no_ip_packet_opens_no_connection(fabric: Fabric) -> None:
    frame = asked(fabric, "A", "10.0.1.11", "arp").frame

    assert ask(fabric, Question(source="A", frame=frame)).assumptions == ()
