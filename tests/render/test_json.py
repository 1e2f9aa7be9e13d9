from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from hnvemu.render.json import dumps, trace_document
from hnvemu.render.text import Detail, trace_text
from hnvemu.trace.outcome import Outcome, Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hnvemu.trace.trace import Trace

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "hnvemu" / "schema" / "trace.schema.json").read_text("utf-8")
)
GOLDEN = Path(__file__).parent / "golden"
CASES = [
    "conversation",
    "one host",
    "to the gateway",
    "counted",
    "vxlan",
    "2012",
    "no record",
    "denied",
    "denied by default",
    "stale",
    "external router",
    "passed through",
    "multicast",
    "answered",
    "unanswered",
    "flooded",
    "learned",
    "to a group",
    "not IP",
    "captured",
    "no tunnel",
    "marked",
    "tagged outside",
    "tagged inside",
    "switched",
]
# What the layout itself writes: labels, and the words for facts that JSON has as keys.
LAYOUT = {
    "-", "x", "Reply", "Changed", "Unchanged", "Note", "Assumed", "at", "source", "destination",
    "MAC", "TTL", "ECN", "pa", "no", "readable", "frame", "inside", "echo", "external", "router",
    "outside", "HNV", "firewall", "out", "in", "ethertype", "vlan", "Copy", "Answer", "from",
    "who-has", "tell", "announce", "reply",
}  # fmt: skip


def leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for part in value.values():
            yield from leaves(part)
    elif isinstance(value, list):
        for part in value:
            yield from leaves(part)
    else:
        yield str(value)


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("case", CASES)
def test_documents_fit_the_schema(traces: dict[str, Trace], case: str) -> None:
    document = trace_document(traces[case])

    Draft202012Validator(SCHEMA).validate(json.loads(dumps(document)))


def test_the_schema_knows_every_outcome_and_every_reason() -> None:
    verdict = SCHEMA["$defs"]["verdict"]["properties"]

    assert verdict["outcome"]["enum"] == list(Outcome)
    assert verdict["reason"]["enum"] == [None, *Reason]


@pytest.mark.parametrize("case", CASES)
def test_every_fact_of_the_text_is_in_the_json(traces: dict[str, Trace], case: str) -> None:
    trace = traces[case]
    said = "\n".join(leaves(trace_document(trace)))
    facts = set(re.findall(r"[\w./-]+", said + said.upper().replace("_", " ")))
    facts |= {fact.rpartition("/")[2] for fact in facts}  # a file without its folder

    text = trace_text(trace, detail=Detail.VERBOSE)

    text = re.sub(r"(?m)^  Copy [\d.]+ ", "  Copy ", text)
    words = re.findall(r"[\w./-]+", re.sub(r":(\d+)(?=\s|$)", r" \1", text))
    assert sorted({word for word in words if word not in facts | LAYOUT}) == []


def parts(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a document and those of its copies."""
    yield document
    for branch in document["branches"]:
        yield from parts(branch)


@pytest.mark.parametrize("case", CASES)
def test_every_step_note_and_assumption_is_said_in_the_same_words(
    traces: dict[str, Trace], case: str
) -> None:
    trace = traces[case]
    document = trace_document(trace)

    text = " ".join(trace_text(trace, detail=Detail.VERBOSE).split())

    for part in (*parts(document), *parts(document["return"] or document)):
        for hop in part["hops"]:
            for step in hop["steps"]:
                assert f"{step['stage']} {step['action']} {step['text']}" in text
        for note in part["notes"]:
            assert note["text"] in text
        for assumption in part["assumptions"]:
            assert assumption in text


def test_a_document_is_reviewed(
    traces: dict[str, Trace], golden: Callable[[Path, str], None]
) -> None:
    golden(GOLDEN / "same-subnet.json", dumps(trace_document(traces["same subnet"])) + "\n")


def test_a_document_names_its_schema_its_policy_and_its_profile(
    send: Callable[..., Trace],
) -> None:
    document = trace_document(send("T/A", "10.0.1.99"))

    assert document["schema"] == "hnvemu/trace/v1"
    assert document["policy_sha256"] == "5" * 64
    assert document["profile"] == "transparent"


def test_the_packet_is_told_by_its_headers(send: Callable[..., Trace]) -> None:
    packet = trace_document(send("T/A", "10.1.2.20"))["packet"]

    assert len(bytes.fromhex(packet.pop("frame"))) == 54
    assert packet == {
        "from": "T/A",
        "src": "10.0.1.10",
        "dst": "10.1.2.20",
        "protocol": "tcp",
        "src_port": 49152,
        "dst_port": 80,
        "src_mac": "02-00-00-00-01-0A",
        "dst_mac": "02-00-00-FF-FF-01",
        "ttl": 64,
        "ecn": 0,
        "length": 54,
    }


def test_an_echo_has_type_and_code(traces: dict[str, Trace]) -> None:
    packet = trace_document(traces["no record"])["packet"]

    assert packet["icmp"] == {"type": 8, "code": 0}
    assert packet["src_port"] is None


def test_what_is_not_ip_has_an_ethertype(traces: dict[str, Trace]) -> None:
    packet = trace_document(traces["not IP"])["packet"]

    assert packet["ethertype"] == "0x88CC"
    assert packet["src"] is None


def test_what_is_no_tunnel_has_no_macs(traces: dict[str, Trace]) -> None:
    packet = trace_document(traces["no tunnel"])["packet"]

    assert packet["src_mac"] is None
    assert packet["length"] == 60


def test_a_denial_names_the_rule_its_port_and_its_place(traces: dict[str, Trace]) -> None:
    assert trace_document(traces["denied"])["verdict"] == {
        "outcome": "dropped",
        "reason": "ACL_DENY_IN",
        "node": "H2",
        "to": "T/X",
        "rule": "no-web",
        "mechanism": "firewall",
        "origin": {"file": "policies/small.yaml", "line": 31, "column": 5},
    }


def test_nvgre_has_a_flow_id_and_vxlan_a_source_port(traces: dict[str, Trace]) -> None:
    nvgre = trace_document(traces["same subnet"])["wire"][0]
    vxlan = trace_document(traces["vxlan"])["wire"][0]

    assert (nvgre["encapsulation"], nvgre["flow_id"], "src_port" in nvgre) == ("nvgre", 0, False)
    assert (vxlan["encapsulation"], vxlan["flow_id"]) == ("vxlan", None)
    assert vxlan["src_port"] >= 49152


def test_a_tag_is_told_inside_and_outside(traces: dict[str, Trace]) -> None:
    assert trace_document(traces["tagged inside"])["packet"]["vlan"] == 5
    assert trace_document(traces["tagged outside"])["wire"][0]["vlan"] == 77


def test_frames_are_the_exact_octets(traces: dict[str, Trace]) -> None:
    trace = traces["counted"]
    document = trace_document(trace)

    assert bytes.fromhex(document["packet"]["frame"]) == trace.frame
    assert bytes.fromhex(document["wire"][0]["frame"]) == trace.wire[0].frame
    assert bytes.fromhex(document["delivered"][0]["frame"]) == trace.delivered[0].frame
    assert document["delivered"][0]["ttl"] == 63


def test_a_reply_has_the_same_form(traces: dict[str, Trace]) -> None:
    document = trace_document(traces["conversation"])
    of_the_document = {"schema", "policy_sha256", "profile"}

    assert set(document) - set(document["return"]) == of_the_document
    assert document["return"]["verdict"]["to"] == "T/A"
    assert document["return"]["return"] is None


def test_text_is_stable_and_has_names_as_they_are(send: Callable[..., Trace]) -> None:
    document = trace_document(send("T/A", "10.0.1.99"))
    document["packet"]["from"] = "T/Köln"

    text = dumps(document)

    assert text.startswith('{\n  "schema": "hnvemu/trace/v1",\n')
    assert '"from": "T/Köln"' in text


def test_the_json_form_is_what_as_dict_returns(send: Callable[..., Trace]) -> None:
    trace = send("T/A", "10.0.1.99")

    assert trace.as_dict() == trace_document(trace)
