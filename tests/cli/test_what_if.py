"""The options that suppose a change: every one, in every command that has them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

if TYPE_CHECKING:
    from collections.abc import Callable

    from cli.conftest import Ran

    Run = Callable[..., Ran]
    Golden = Callable[[Path, str], None]

GOLDEN = Path(__file__).parent / "golden"
SCHEMA = json.loads(
    (Path(__file__).parents[2] / "hnvemu" / "schema" / "trace.schema.json").read_text("utf-8")
)
SAMPLE = ("-p", "sample:complex-routing")


def impact_of(ran: Ran) -> dict[str, Any]:
    found = json.loads(ran.out)["impact"]
    assert isinstance(found, dict)
    return found


def test_a_move_that_a_host_has_not_heard_of(hnvemu: Run, golden: Golden) -> None:
    ran = hnvemu("trace", *SAMPLE, "A", "X", "tcp/80", "--migrate", "X=H1", "--stale", "H3")

    assert ran.code == 0
    golden(GOLDEN / "what-if-migrate.txt", ran.out)


def test_a_host_that_is_down(hnvemu: Run, golden: Golden) -> None:
    ran = hnvemu("trace", *SAMPLE, "A", "X", "--down", "H2,H3")

    golden(GOLDEN / "what-if-down.txt", ran.out)


def test_another_mtu_and_its_many_changes(hnvemu: Run, golden: Golden) -> None:
    ran = hnvemu("trace", *SAMPLE, "A", "X", "--mtu", "100")

    golden(GOLDEN / "what-if-mtu.txt", ran.out)


def test_verbose_says_all_that_changes(hnvemu: Run, tmp_path: Path) -> None:
    vms = "".join(
        f"N{at}: {{host: H1, vsid: 5001, mac: 02-00-00-00-07-0{at}, ca: 10.0.1.7{at}}}, "
        for at in range(8)
    )
    (tmp_path / "more.yaml").write_text(f"virtual_networks: {{T: {{vms: {{{vms}}}}}}}")

    short, whole = (
        hnvemu("trace", *SAMPLE, "A", "X", "--patch", "more.yaml", *flags).out
        for flags in ([], ["-v"])
    )

    assert "T/A, T/X, T/B, T/C, T/Y, T/GW -> T/N0, T/N1, T/N2, T/N3, T/N4, T/N5 and 2 more" in short
    assert "T/N6, T/N7: delivered at H1" in " ".join(whole.split())


def test_json_says_what_was_supposed_and_whom_it_concerns(hnvemu: Run) -> None:
    plain = hnvemu("trace", *SAMPLE, "A", "X", "--json")
    ran = hnvemu("trace", *SAMPLE, "A", "X", "--json", "--migrate", "X=H1", "--stale", "H3")

    document = json.loads(ran.out)
    assert not [*Draft202012Validator(SCHEMA).iter_errors(document)]
    assert document["what_if"] == ["--migrate X=H1", "--stale H3"]
    assert document["policy_sha256"] != json.loads(plain.out)["policy_sha256"]
    impact = impact_of(ran)
    assert impact["before"] == {"outcome": "delivered", "reason": None, "node": "H2"}
    assert [(row["from"], row["to"]) for row in impact["cut_off"]] == [
        ("T/X", "T/GW"),
        ("T/GW", "T/X"),
    ]
    assert (impact["compared"], impact["pairs"]) == (34, 34)
    assert impact["diff"] == ""


def test_without_such_an_option_nothing_is_said_of_it(hnvemu: Run) -> None:
    assert not {"what_if", "impact"} & json.loads(hnvemu("trace", "A", "X", "--json").out).keys()
    assert "What if" not in hnvemu("trace", "A", "X").out


@pytest.mark.parametrize("form", ["minimal", "pcap"])
def test_the_other_forms_are_of_the_packet_alone(hnvemu: Run, form: str) -> None:
    ran = hnvemu("trace", *SAMPLE, "A", "X", "-f", form, "--migrate", "X=H1")

    assert ran.code == 0
    assert b"What if" not in ran.octets


def test_a_page_says_whom_it_concerns(hnvemu: Run) -> None:
    ran = hnvemu("trace", *SAMPLE, "A", "X", "-f", "html", "--migrate", "X=H1", "--stale", "H3")

    assert '<a href="#packet-what-if">What if</a>' in ran.out
    assert "--migrate X=H1, --stale H3" in ran.out
    assert "T/GW → T/X: dropped (DST_PA_MISMATCH) at H2" in ran.out


def test_quiet_is_the_verdict_alone(hnvemu: Run) -> None:
    ran = hnvemu("trace", *SAMPLE, "A", "X", "-q", "--migrate", "X=H1")

    assert ran.out == "DELIVERED  T/A @H1 -> T/X @H1   icmp echo 10.0.1.10 > 10.1.2.20\n"


def test_set_with_and_without_edit_the_text_that_is_read(hnvemu: Run, policy: Path) -> None:
    octets = policy.read_bytes()
    flags = [
        *("--set", "firewall.rules[no-telnet].enabled=no"),
        *("--with", "rule:{name: no-web, vms: [B], action: block, protocol: tcp, local_port: 80}"),
        *("--without", "rule:nothing-back"),
    ]

    telnet, web = (
        hnvemu("trace", "-p", policy, "A", "B", service, "--json", *flags)
        for service in ("tcp/23", "tcp/80")
    )

    assert json.loads(telnet.out)["verdict"]["outcome"] == "delivered"
    assert json.loads(web.out)["verdict"]["rule"] == "no-web"
    assert impact_of(web)["before"] == {"outcome": "delivered", "reason": None, "node": "H2"}
    assert "-    - {name: nothing-back" in str(impact_of(web)["diff"])
    assert policy.read_bytes() == octets


def test_options_are_taken_in_their_documented_order(hnvemu: Run, policy: Path) -> None:
    flags = ["--set", "hosts.H3.provider_mtu=900", "--with", "host:{name: H3}"]

    ran = hnvemu("show", "hosts", "H3", "-p", policy, "--json", *flags)

    document = json.loads(ran.out)
    assert document["rows"][0]["mtu"] == 900
    assert document["what_if"] == ["--with host:{name: H3}", "--set hosts.H3.provider_mtu=900"]


def test_a_patch_is_a_diff_or_a_piece_of_a_policy(
    hnvemu: Run, policy: Path, tmp_path: Path
) -> None:
    (tmp_path / "more.yaml").write_text("hosts: {H1: {provider_mtu: 900}}", encoding="utf-8")
    made = hnvemu("trace", "-p", policy, "A", "B", "--json", "--patch", "more.yaml")
    diff = str(impact_of(made)["diff"])
    (tmp_path / "fix.diff").write_text(diff, encoding="utf-8")

    again = hnvemu("trace", "-p", policy, "A", "B", "--json", "--patch", "fix.diff")

    assert diff.endswith("+  H1: {provider_addresses: 192.168.10.11/24, provider_mtu: 900}\n"
                         "   H2: {provider_addresses: 192.168.10.12/24}\n"
                         " virtual_networks:\n   T:\n")  # fmt: skip
    assert impact_of(again)["diff"] == diff


def test_a_vm_that_is_only_supposed_can_send(hnvemu: Run, policy: Path) -> None:
    new = "vm:{name: N, host: H1, vsid: 5001, mac: 02-00-00-00-01-77, ca: 10.0.1.77}"

    ran = hnvemu("trace", "-p", policy, "N", "B", "--with", new)

    assert "before: nobody could send this packet" in ran.out
    assert "Let in" in ran.out


def test_a_policy_from_stdin_can_be_changed(hnvemu: Run, policy: Path) -> None:
    ran = hnvemu("trace", "-p", "-", "A", "B", "--mtu", "60", "-q", stdin=policy.read_bytes())

    assert ran.out.startswith("DROPPED  MTU_EXCEEDED at H1")


def test_the_others_packets_are_of_the_same_state(hnvemu: Run, policy: Path) -> None:
    flags = ["--set", "firewall.rules[no-telnet].enabled=no", "--json"]
    flags += ["--with", "rule:{vms: [A], action: block, protocol: tcp, local_port: 23}"]

    new, established = (
        impact_of(hnvemu("trace", "-p", policy, "A", "B", "tcp/23", *flags, "--state", state))
        for state in ("new", "established")
    )

    assert [row["to"] for row in new["let_in"] + new["cut_off"]] == ["T/B", "T/A"]
    assert established["let_in"] == established["cut_off"] == []


def test_next_hop_takes_them(hnvemu: Run) -> None:
    text = hnvemu("next-hop", *SAMPLE, "A", "X", "--migrate", "X=H1")
    document = json.loads(hnvemu("next-hop", *SAMPLE, "A", "X", "--migrate", "X=H1", "--json").out)

    assert "PA          192.168.10.11, of H1" in text.out
    assert text.err == "note: this is what if: --migrate X=H1\n"
    assert document["what_if"] == ["--migrate X=H1"]
    assert document["pa_host"] == "H1"


def test_show_takes_them(hnvemu: Run) -> None:
    flags = ["--migrate", "X=H1", "--stale", "H3"]
    moved, stale = (
        hnvemu("show", "records", "X", *SAMPLE, *flags, *host) for host in ([], ["--host", "H3"])
    )

    assert moved.out.count("192.168.10.11") == 2
    assert stale.out.count("192.168.10.12") == 2
    assert moved.err == "note: this is what if: --migrate X=H1, --stale H3\n"


@pytest.mark.parametrize(
    ("flags", "error"),
    [
        (["--migrate", "X"], "'X' moves nothing\n  help: write VM=HOST, such as X=H1"),
        (["--migrate", "X=H9"], "no host is named 'H9'"),
        (["--down", "H9"], "no host is named 'H9'"),
        (["--down", "H1"], "'T/A' cannot send: host 'H1' is down"),
        (["--stale", "H1,"], "no host is named ''"),
        (["--mtu", "70000"], "70000 is no MTU"),
        (["--set", "hosts.H1.provider_mt=1"], "did you mean 'provider_mtu'?"),
        (["--with", "roue:{}"], "did you mean 'route'?"),
        (["--without", "rule:x"], "there is no rule 'x'"),
        (["--patch", "nowhere"], "'nowhere' cannot be read: no such file or directory"),
    ],
)
def test_what_cannot_be_supposed_is_exit_2(hnvemu: Run, flags: list[str], error: str) -> None:
    ran = hnvemu("trace", *SAMPLE, "A", "X", *flags)

    assert (ran.code, ran.out) == (2, "")
    assert error in ran.err


def test_what_makes_no_policy_is_shown_with_what_was_supposed(hnvemu: Run) -> None:
    ran = hnvemu("trace", *SAMPLE, "A", "X", "--set", "hosts.H1.provider_mtu=many")

    assert ran.code == 2
    assert ran.err.startswith("note: this is what if: --set hosts.H1.provider_mtu=many\n")
    assert "complex-routing.yaml:39:19: error: 'many' is not a whole number" in ran.err


@pytest.mark.parametrize(
    ("octets", "error"), [(b"\xff\xfe", "is not UTF-8"), (b"[]", "is neither a unified diff")]
)
def test_a_patch_that_is_none_is_refused(
    hnvemu: Run, tmp_path: Path, octets: bytes, error: str
) -> None:
    (tmp_path / "p").write_bytes(octets)

    ran = hnvemu("trace", *SAMPLE, "A", "X", "--patch", "p")

    assert ran.code == 2
    assert f"'p' {error}" in ran.err
