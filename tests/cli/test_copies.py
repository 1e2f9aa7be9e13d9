"""``hnvemu trace`` of address resolution and of frames that become copies."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator

from hnvemu.wire.capture import read_frames

if TYPE_CHECKING:
    from collections.abc import Callable

    from cli.conftest import Ran

    Run = Callable[..., Ran]

GOLDEN = Path(__file__).parent / "golden" / "copies"
SCHEMA = json.loads(
    (Path(__file__).parents[2] / "hnvemu" / "schema" / "trace.schema.json").read_text("utf-8")
)
ROUTED = ("-p", "sample:complex-routing")
LEARNING = ("-p", "sample:learning")
COMMANDS = {
    "arp": (*ROUTED, "A", "10.0.1.11", "arp"),
    "arp-gateway": (*ROUTED, "A", "10.0.1.1", "arp"),
    "arp-unknown": (*ROUTED, "A", "10.0.1.99", "arp"),
    "arp-off-subnet": (*ROUTED, "A", "10.1.2.20", "arp"),
    "arp-check": (*ROUTED, "A", "10.0.1.11", "arp/check", "--conversation"),
    "arp-probe": (*ROUTED, "A", "10.0.1.11", "arp/probe"),
    "nd": (*ROUTED, "A", "2001:db8:1::b", "nd"),
    "arp-flooded": (*LEARNING, "A", "10.0.1.99", "arp"),
    "announce": (*LEARNING, "D", "10.0.1.60", "arp/announce"),
    "announce-refused": (*LEARNING, "B", "10.0.1.11", "arp/announce"),
    "broadcast": (*ROUTED, "A", "255.255.255.255", "udp/137"),
    "broadcast-verbose": (*ROUTED, "A", "255.255.255.255", "udp/137", "-v"),
    "broadcast-octets": (*ROUTED, "A", "255.255.255.255", "udp/137", "-vv"),
    "broadcast-minimal": (*ROUTED, "A", "255.255.255.255", "udp/137", "-f", "minimal"),
    "broadcast-2012": (*ROUTED, "A", "255.255.255.255", "udp/137", "--profile", "ws2012"),
    "dhcp": (*ROUTED, "A", "255.255.255.255", "udp/67", "--sport", "68", "--profile", "hnvv2"),
    "arp-minimal": (*ROUTED, "A", "10.0.1.11", "arp", "-f", "minimal"),
    "announce-minimal": (*LEARNING, "D", "10.0.1.60", "arp/announce", "-f", "minimal"),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_what_is_printed_is_reviewed(
    hnvemu: Run, golden: Callable[[Path, str], None], name: str
) -> None:
    ran = hnvemu("trace", *COMMANDS[name])

    assert (ran.code, ran.err) == (0, "")
    golden(GOLDEN / f"{name}.txt", ran.out)


@pytest.mark.parametrize("name", [name for name in COMMANDS if "minimal" not in name])
def test_the_json_fits_its_schema(hnvemu: Run, name: str) -> None:
    arguments = [word for word in COMMANDS[name] if word not in {"-v", "-vv"}]

    document = json.loads(hnvemu("trace", *arguments, "--json").out)

    Draft202012Validator(SCHEMA).validate(document)


def test_the_json_tells_the_message_its_copies_and_what_was_learned(hnvemu: Run) -> None:
    document = json.loads(hnvemu("trace", *COMMANDS["announce"], "--json").out)

    assert document["packet"]["message"] == {
        "kind": "announcement",
        "sender": "10.0.1.60",
        "target": "10.0.1.60",
    }
    assert document["verdict"]["outcome"] == "replicated"
    near, far = document["branches"]
    assert (near["verdict"]["to"], far["verdict"]["to"]) == ("T/B", "T/A")
    assert [hop["node"] for hop in far["hops"]] == ["H2", "H1"]
    assert (near["branches"], far["wire"][0]["vsid"]) == ([], 5001)
    assert [(row["host"], row["record"]["type"]) for row in document["learnt"]] == [
        ("H2", "dynamic"),
        ("H1", "dynamic"),
    ]


def test_the_json_of_an_answer_has_the_answer(hnvemu: Run) -> None:
    document = json.loads(hnvemu("trace", *COMMANDS["arp"], "--json").out)

    assert document["packet"]["message"]["kind"] == "question"
    [answer] = document["delivered"]
    assert (answer["to"], answer["src_mac"]) == ("T/A", "02-00-00-00-01-0B")


def test_a_capture_has_the_frames_of_all_copies(hnvemu: Run, tmp_path: Path) -> None:
    path = tmp_path / "copies.pcapng"

    ran = hnvemu("trace", *COMMANDS["broadcast"], "-f", "pcap", "-o", str(path))

    assert ran.code == 0
    assert [(each.interface, len(each.frame)) for each in read_frames(path)] == [
        ("T/A", 42),
        ("T/C", 42),
        ("H1 provider", 84),
        ("H2 provider", 84),
        ("T/B", 42),
    ]


BLOCKED = """
hnv: 1
firewall: {rules: [{name: no, vms: [C], direction: inbound, action: block, protocol: udp}]}
"""


@pytest.mark.parametrize(
    ("flags", "code"),
    [
        ([], 0),
        (["--exit-code"], 1),
        (["--expect", "replicated"], 0),
        (["--expect", "dropped"], 1),
    ],
)
def test_a_lost_copy_is_a_loss_where_losses_are_asked_for(
    hnvemu: Run, tmp_path: Path, flags: list[str], code: int
) -> None:
    also = tmp_path / "also.yaml"
    also.write_text(BLOCKED)

    ran = hnvemu("trace", *COMMANDS["broadcast"], "-p", str(also), *flags)

    assert ran.code == code
    assert "Copy 1  DROPPED ACL_DENY_IN" in ran.out


def test_an_answered_question_is_expected(hnvemu: Run) -> None:
    assert hnvemu("trace", *COMMANDS["arp"], "--expect", "answered").code == 0
    assert hnvemu("trace", *COMMANDS["arp-unknown"], "--expect", "answered").code == 1
    assert hnvemu("trace", *COMMANDS["arp-unknown"], "--expect", "dropped:arp_unanswered").code == 0


def test_an_undecided_copy_is_undecided(hnvemu: Run, tmp_path: Path) -> None:
    also = tmp_path / "also.yaml"
    also.write_text(
        "hnv: 1\nvirtual_networks: {V: {rdid: '{aaaaaaaa-0000-0000-0000-000000000003}',"
        " customer_routes: [{prefix: 10.7.0.0/24, next_hop: on-link, vsid: 7001}],"
        " vms: {S: {host: H1, vsid: 7001, mac: 02-00-00-00-71-01, ca: 10.7.0.2},"
        " N: {host: H2, vsid: 7001, mac: 02-00-00-00-71-02, ca: 10.7.0.3}},"
        " generate_lookup_records: true, lookup_records: [{ca: 10.7.0.3, vsid: 7001,"
        " mac: 02-00-00-00-71-02, pa: 192.168.10.12, rule: nat}]}}\n"
    )

    ran = hnvemu("trace", *ROUTED, "-p", str(also), "S", "255.255.255.255")

    assert ran.code == 3
    assert "Copy 1  UNDECIDED UNSUPPORTED_METHOD" in ran.out


def test_a_question_that_hnv_answers_has_no_reply(hnvemu: Run) -> None:
    ran = hnvemu("trace", *COMMANDS["arp"], "--conversation")

    assert ran.code == 0
    assert "note: there is no reply: HNV has answered the question itself\n" in ran.err


def test_copies_have_no_reply(hnvemu: Run) -> None:
    ran = hnvemu("trace", "A", "239.1.1.1", "udp/5000", "--conversation", "--expect", "replicated")

    assert ran.code == 0
    assert "note: there is no reply: a packet to many is not answered by one\n" in ran.err
