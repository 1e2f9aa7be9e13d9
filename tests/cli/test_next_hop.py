"""``hnvemu next-hop``: where a host sends packets for a destination."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cli.conftest import Ran

    Run = Callable[..., Ran]

SAMPLE = ("-p", "sample:complex-routing")


def test_a_next_hop_has_its_route_record_mac_and_pa(hnvemu: Run) -> None:
    ran = hnvemu("next-hop", *SAMPLE, "A", "8.8.8.8")

    assert (ran.code, ran.err) == (0, "")
    assert ran.out == (
        "NEXT HOP  10.0.2.250   T/A @H1 -> 8.8.8.8\n"
        "\n"
        "  H1  route   via    0.0.0.0/0 -> 10.0.2.250 in VSID 5002"
        "                    complex-routing.yaml:53\n"
        "      record  found  10.0.2.250 -> PA 192.168.20.13, MAC 02-00-00-00-03-FA (generated)\n"
        "                                                                             "
        "complex-routing.yaml:64\n"
        "\n"
        "  Source      10.0.1.10, MAC 02-00-00-00-01-0A, VSID 5001\n"
        "  MAC         02-00-00-00-03-FA\n"
        "  PA          192.168.20.13, of H3\n"
        "  VSID        5002\n"
    )


def test_json_says_the_same(hnvemu: Run) -> None:
    document = json.loads(hnvemu("next-hop", *SAMPLE, "A", "8.8.8.8", "--json").out)

    steps = document.pop("steps")
    sha256 = document.pop("policy_sha256")
    assert document == {
        "schema": "hnvemu/next-hop/v1",
        "from": "T/A",
        "host": "H1",
        "src": "10.0.1.10",
        "src_mac": "02-00-00-00-01-0A",
        "dst": "8.8.8.8",
        "next_hop": "10.0.2.250",
        "vsid": 5002,
        "mac": "02-00-00-00-03-FA",
        "pa": "192.168.20.13",
        "pa_host": "H3",
        "outcome": None,
        "reason": None,
    }
    assert len(sha256) == 64
    assert [step["kind"] for step in steps][-2:] == ["route-matched", "lookup-matched"]
    assert steps[-2]["origin"] == {"file": "complex-routing.yaml", "line": 53, "column": 9}


def test_no_next_hop_says_the_reason(hnvemu: Run) -> None:
    text = hnvemu("next-hop", *SAMPLE, "A", "10.0.1.1")
    document = json.loads(hnvemu("next-hop", *SAMPLE, "A", "10.0.1.1", "-f", "json").out)

    assert text.code == 0
    assert text.out.startswith("NO NEXT HOP  GATEWAY_NOT_A_HOST   T/A @H1 -> 10.0.1.1\n")
    assert (document["next_hop"], document["mac"]) == ("10.0.1.1", None)
    assert document["reason"] == "GATEWAY_NOT_A_HOST"


def test_a_pa_that_no_host_has_is_said(hnvemu: Run, policy: Path) -> None:
    text = policy.read_text(encoding="utf-8")
    record = (
        "    lookup_records:\n"
        "      - {ca: 10.0.1.99, vsid: 5001, mac: 02-00-00-00-01-99, pa: 192.168.10.99}\n"
    )
    policy.write_text(text.replace("    vms:\n", record + "    vms:\n"), encoding="utf-8")

    ran = hnvemu("next-hop", "-p", policy, "A", "10.0.1.99")

    assert "  PA          192.168.10.99, of no host\n" in ran.out


def test_a_port_outside_hnv_has_no_next_hop(hnvemu: Run, policy: Path) -> None:
    text = policy.read_text(encoding="utf-8")
    bare = "      BARE: {host: H1, vsid: 0, mac: 02-00-00-00-01-FF, ca: 10.0.1.200}\n"
    policy.write_text(text.replace("    vms:\n", "    vms:\n" + bare), encoding="utf-8")

    ran = hnvemu("next-hop", "-p", policy, "BARE", "A")

    assert (ran.code, ran.out.split("  ")[0]) == (0, "PASSED THROUGH")


def test_a_group_has_no_next_hop(hnvemu: Run) -> None:
    ran = hnvemu("next-hop", *SAMPLE, "A", "224.0.0.1")

    assert (ran.code, ran.out.split("  ")[0]) == (0, "NO NEXT HOP")
    assert "IPv4 to many" in ran.out


def test_the_result_goes_to_a_file(hnvemu: Run, tmp_path: Path) -> None:
    ran = hnvemu("next-hop", *SAMPLE, "A", "X", "-o", "out", "--color", "always")

    assert ran.out == ""
    assert (tmp_path / "out").read_text(encoding="utf-8").startswith("NEXT HOP  10.1.2.20")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["A"], "Missing argument 'DST'"),
        (["Q", "X"], "no VM is named 'Q'"),
        (["A", "Q"], "no VM is named 'Q'"),
        (["A", "10.0.1.300"], "'10.0.1.300' is not an IP address"),
        (["A", "X", "--json", "-f", "text"], "contradict each other"),
        (["A", "X", "-f", "pcap"], "pcap"),
    ],
)
def test_a_wrong_question_exits_2(hnvemu: Run, arguments: list[str], message: str) -> None:
    ran = hnvemu("next-hop", *SAMPLE, *arguments)

    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err
