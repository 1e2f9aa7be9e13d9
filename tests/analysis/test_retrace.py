"""The question that asks again about a flow that was seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from cli.conftest import POLICY

from hnvemu import Fabric, load_policy
from hnvemu.addresses import MacAddress, parse_address
from hnvemu.analysis.question import ask
from hnvemu.analysis.retrace import command_of, question_of
from hnvemu.model.policy import Profile
from hnvemu.replay.judge import verdict_of
from hnvemu.wire.build import build_frame
from hnvemu.wire.flow import read_flow
from hnvemu.wire.neighbour import announcement, question

if TYPE_CHECKING:
    from pathlib import Path

A, B = MacAddress(0x0200_0000_010A), MacAddress(0x0200_0000_010B)
A_IP, B_IP = parse_address("10.0.1.10"), parse_address("10.0.1.11")


@pytest.fixture
def fabric(tmp_path: Path) -> Fabric:
    (tmp_path / "policy.yaml").write_text(POLICY, encoding="utf-8")
    return Fabric.compile(load_policy(tmp_path / "policy.yaml"))


def frame(**fields: Any) -> bytes:
    told = {"src_mac": A, "dst_mac": B, "src": A_IP, "dst": B_IP, "protocol": 6}
    return build_frame(**{**told, "src_port": 4000, "dst_port": 23, **fields})


def command(fabric: Fabric, octets: bytes, *, established: bool = False) -> str | None:
    """Return the command that asks about a frame of A again; its answer is the same."""
    sent = fabric.send(octets, at="A")
    verdict = verdict_of(sent.path, "T/A")
    found = question_of(fabric, "T/A", sent.flow, verdict, established=established)
    if found is None:
        return None
    again = ask(fabric, found)
    assert (again.outcome, again.reason) == (sent.outcome, sent.reason)
    return " ".join(command_of(found))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "T/A 10.0.1.11 tcp/23 --sport 4000"),
        ({"protocol": 17, "dst_port": 9}, "T/A 10.0.1.11 udp/9 --sport 4000"),
        ({"protocol": 47}, "T/A 10.0.1.11 47"),
        ({"protocol": 1}, "T/A 10.0.1.11 icmp/echo"),
        ({"protocol": 1, "icmp_type": 3, "icmp_code": 4}, "T/A 10.0.1.11 icmp/3:4"),
        (
            {"src": parse_address("10.0.1.50")},
            "T/A 10.0.1.11 tcp/23 --sport 4000 --src-ip 10.0.1.50",
        ),
        (
            {"src_mac": MacAddress(0x0200_0000_0999)},
            "T/A 10.0.1.11 tcp/23 --sport 4000 --src-mac 02-00-00-00-09-99",
        ),
        (
            {"dst": parse_address("10.0.1.99")},
            "T/A 10.0.1.99 tcp/23 --sport 4000 --dst-mac 02-00-00-00-01-0B",
        ),
        ({"length": 9000}, "T/A 10.0.1.11 tcp/23 --sport 4000 --len 9000"),
    ],
)
def test_a_flow_is_asked_about_in_words(fabric: Fabric, fields: dict[str, Any], words: str) -> None:
    assert command(fabric, frame(**fields)) == words


def test_a_ttl_is_told_where_it_counts() -> None:
    policy = load_policy("sample:complex-routing")
    fabric = Fabric.compile(policy, profile=Profile.WS2012R2)
    octets = frame(dst=parse_address("10.1.2.20"), dst_mac=MacAddress(0x0200_00FF_FF01), ttl=1)

    assert command(fabric, octets) == "T/A 10.1.2.20 tcp/23 --sport 4000 --ttl 1"


def test_address_resolution_is_asked_about(fabric: Fabric) -> None:
    asked = question(src_mac=A, src=A_IP, target=B_IP, dst_mac=None)

    assert command(fabric, asked) == "T/A 10.0.1.11 arp"
    assert command(fabric, announcement(src_mac=A, address=A_IP)) == "T/A 10.0.1.10 arp/announce"


def test_a_question_to_one_is_asked_of_that_one(fabric: Fabric) -> None:
    wrong = MacAddress(0x0200_0000_0999)
    asked = question(src_mac=A, src=A_IP, target=B_IP, dst_mac=wrong)

    words = command(fabric, asked)

    assert words in {"T/A 10.0.1.11 arp/check", f"T/A 10.0.1.11 arp/check --dst-mac {wrong}"}


def test_what_only_an_established_connection_meets_says_so(fabric: Fabric) -> None:
    octets = frame(protocol=17, src=B_IP, dst=A_IP, src_mac=B, dst_mac=A, dst_port=53)
    new = fabric.send(octets, at="B")
    later = fabric.send(octets, at="B", sessions=None)
    assert new.outcome is not later.outcome

    found = question_of(fabric, "T/B", later.flow, verdict_of(later.path, "T/B"), established=False)

    assert found is not None
    words = " ".join(command_of(found))
    assert words == "T/B 10.0.1.10 udp/53 --sport 4000 --state established"


def test_what_belongs_to_a_connection_says_so(fabric: Fabric) -> None:
    sent = fabric.send(frame(dst_port=80), at="A", sessions=None)
    verdict = verdict_of(sent.path, "T/A")

    found = question_of(fabric, "T/A", sent.flow, verdict, established=True)

    assert found is not None
    assert command_of(found)[-2:] == ["--state", "established"]


@pytest.mark.parametrize(
    "octets",
    [
        frame()[:12] + bytes.fromhex("81000005") + frame()[12:],
        frame()[:20],
        frame()[:12] + bytes.fromhex("88cc") + bytes(46),
        frame()[:24] + bytes(2) + frame()[26:],
    ],
    ids=["tagged", "cut", "no IP", "checksum"],
)
def test_what_words_cannot_say_is_not_asked(fabric: Fabric, octets: bytes) -> None:
    assert command(fabric, octets) is None


def test_a_later_fragment_has_no_question(fabric: Fabric) -> None:
    flow = read_flow(frame())._replace(src_port=-1, dst_port=-1)
    ping = read_flow(frame(protocol=1))._replace(icmp=-1, echo_id=-1)
    verdict = verdict_of(fabric.send(frame(), at="A").path, "T/A")

    assert question_of(fabric, "T/A", flow, verdict, established=False) is None
    assert question_of(fabric, "T/A", ping, verdict, established=False) is None


def test_what_reaches_a_host_has_no_question(fabric: Fabric) -> None:
    sent = fabric.send(frame(), at="A")
    verdict = verdict_of(sent.path, "T/A")

    assert question_of(fabric, "pa:H2", sent.flow, verdict, established=False) is None


def test_a_question_with_another_answer_is_not_given(fabric: Fabric) -> None:
    sent = fabric.send(frame(), at="A")
    verdict = verdict_of(sent.path, "T/A")._replace(node="H1")

    assert question_of(fabric, "T/A", sent.flow, verdict, established=False) is None
