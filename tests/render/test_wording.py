from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from hnvemu.addresses import MacAddress
from hnvemu.render.wording import evidence_of, kind, words
from hnvemu.trace.origins import origin_of
from hnvemu.trace.steps import (
    Delivered,
    Entered,
    EtherTypeUnsupported,
    InboundPaMismatched,
    LookupMissed,
    RouteMatched,
    Sent,
    SourceMacSpoofed,
    Step,
)

if TYPE_CHECKING:
    from collections.abc import Callable

GOLDEN = Path(__file__).parent / "golden"


def first(steps: tuple[Step, ...], kind: type) -> Any:
    return next(step for step in steps if isinstance(step, kind))


def test_the_examples_hold_every_class_of_step(every_step: tuple[Step, ...]) -> None:
    classes = {type(step) for step in every_step}

    assert classes == set(get_args(Step))


def test_the_words_of_every_step_are_reviewed(
    every_step: tuple[Step, ...], golden: Callable[[Path, str], None]
) -> None:
    lines = []
    for step in every_step:
        stage, action, detail = words(step)
        lines += [f"{kind(step)}", f"    {stage} | {action} | {detail}"]

    golden(GOLDEN / "wording.txt", "\n".join(lines) + "\n")


def test_sentences_are_clauses_of_one_line(every_step: tuple[Step, ...]) -> None:
    for step in every_step:
        stage, action, detail = words(step)

        assert not detail.endswith((".", "!", " ")), step
        assert "\n" not in detail, step
        assert 0 < len(stage) <= len("firewall out"), step
        assert 0 < len(action) <= len("undecided"), step


def test_a_minor_step_lets_the_packet_go_on(every_step: tuple[Step, ...]) -> None:
    assert not [step for step in every_step if step.minor and step.ends]


def test_the_arrow_is_the_readers_choice(every_step: tuple[Step, ...]) -> None:
    routed = first(every_step, RouteMatched)

    assert words(routed).detail == "10.0.1.0/24 -> VSID 5001"
    assert words(routed, arrow="→").detail == "10.0.1.0/24 → VSID 5001"


def test_a_beaten_route_is_named_with_its_metric(every_step: tuple[Step, ...]) -> None:
    routed = next(s for s in every_step if isinstance(s, RouteMatched) and s.rivals)

    assert words(routed).detail == (
        "0.0.0.0/0 -> 10.0.2.250 in VSID 5002, metric 255; before 10.0.2.251 in VSID 5002,"
        " metric 300"
    )


def test_the_control_message_of_a_real_host_is_told(every_step: tuple[Step, ...]) -> None:
    stale = first(every_step, InboundPaMismatched)

    assert words(stale).detail.endswith(
        "a real host would answer REDIRECT, ICMP 5/10, to 192.168.10.11"
    )
    assert evidence_of(stale)["control"] == {
        "kind": "REDIRECT",
        "icmp": {"version": 4, "type": 5, "code": 10},
        "to": "192.168.10.11",
    }


def test_kinds_are_class_names_in_kebab_case(every_step: tuple[Step, ...]) -> None:
    assert kind(first(every_step, RouteMatched)) == "route-matched"
    assert kind(first(every_step, EtherTypeUnsupported)) == "ether-type-unsupported"
    assert kind(first(every_step, SourceMacSpoofed)) == "source-mac-spoofed"


def test_a_record_is_evidence_with_all_its_fields(every_step: tuple[Step, ...]) -> None:
    stale = first(every_step, InboundPaMismatched)

    assert evidence_of(stale)["record"] == {
        "ca": "10.0.1.11",
        "vsid": 5001,
        "mac": "02-00-00-00-01-0B",
        "pa": "192.168.10.12",
        "type": "static",
        "rule": "encap",
        "vm": "",
        "generated": True,
    }


def test_a_route_is_evidence_with_its_rivals(every_step: tuple[Step, ...]) -> None:
    routed = next(s for s in every_step if isinstance(s, RouteMatched) and s.rivals)

    assert evidence_of(routed) == {
        "route": {
            "prefix": "0.0.0.0/0",
            "written": "0.0.0.0/0",
            "next_hop": "10.0.2.250",
            "vsid": 5002,
            "metric": 255,
        },
        "rivals": [
            {
                "prefix": "0.0.0.0/0",
                "written": "0.0.0.0/0",
                "next_hop": "10.0.2.251",
                "vsid": 5002,
                "metric": 300,
            }
        ],
    }


def test_a_tunnel_is_evidence_with_its_addresses(every_step: tuple[Step, ...]) -> None:
    sent = first(every_step, Sent)

    assert evidence_of(sent) == {
        "tunnel": {
            "encapsulation": "nvgre",
            "src_mac": "02-00-C0-A8-0A-0B",
            "dst_mac": "02-00-C0-A8-0A-0C",
            "vlan": 77,
            "src": "192.168.10.11",
            "dst": "192.168.10.12",
            "vsid": 5003,
        },
        "host": "H2",
    }


def test_a_port_is_evidence_by_its_name(every_step: tuple[Step, ...]) -> None:
    spoofed = first(every_step, SourceMacSpoofed)

    assert evidence_of(spoofed) == {"mac": "02-00-00-DE-AD-01", "port": "T/A"}


def test_evidence_is_made_of_what_json_has(every_step: tuple[Step, ...]) -> None:
    def kinds(value: Any) -> set[type]:
        if isinstance(value, dict):
            return {dict}.union(*map(kinds, value.values()))
        if isinstance(value, list):
            return {list}.union(*map(kinds, value))
        return {type(value)}

    for step in every_step:
        assert kinds(evidence_of(step)) <= {dict, list, str, int, bool, type(None)}, step


def test_evidence_does_not_hide_what_json_says_of_each_step(
    every_step: tuple[Step, ...],
) -> None:
    taken = {"kind", "stage", "action", "text", "rules", "origin"}

    for step in every_step:
        assert not taken & set(evidence_of(step)), step


def test_the_origin_is_that_of_the_row_that_decided(every_step: tuple[Step, ...]) -> None:
    assert str(origin_of(first(every_step, RouteMatched))) == "policies/small.yaml:12:5"
    assert str(origin_of(first(every_step, Entered))) == "policies/small.yaml:20:5"
    assert str(origin_of(first(every_step, Delivered))) == "policies/small.yaml:21:5"


def test_a_miss_has_no_origin(every_step: tuple[Step, ...]) -> None:
    assert origin_of(first(every_step, LookupMissed)) is None


def test_what_is_built_in_has_no_origin(every_step: tuple[Step, ...]) -> None:
    built_in = [step for step in every_step if "built-in" in words(step).detail]

    assert [origin_of(step) for step in built_in] == [None]


def test_macs_are_written_as_powershell_prints_them(every_step: tuple[Step, ...]) -> None:
    entered = first(every_step, Entered)

    assert str(MacAddress(0x0200_0000_010A)) in words(entered).detail
