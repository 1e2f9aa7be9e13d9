"""``hnvemu trace --explain``: for every reason, a text that a newcomer understands alone."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from hnvemu.trace.outcome import Reason

if TYPE_CHECKING:
    from collections.abc import Callable

    from cli.conftest import Ran

    Run = Callable[..., Ran]

GOLDEN = Path(__file__).parent / "golden" / "explain"

NEVER_EMITTED = {Reason.NOT_UNICAST, Reason.NO_POLICY, Reason.STORM_LIMIT}
"""Words of the driver that no packet of this emulator ends with."""

POLICY = """\
hnv: 1
profile: transparent
hosts:
  H1:
    provider_addresses: 192.168.10.11/24
    provider_routes: [{prefix: 192.168.20.0/24, next_hop: 192.168.10.1}]
  H2:
    provider_addresses: 192.168.10.12/24
    provider_routes: [{prefix: 192.168.20.0/24, next_hop: 192.168.10.1}]
  H3:
    provider_addresses: 192.168.20.13/24
    provider_routes: [{prefix: 192.168.10.0/24, next_hop: 192.168.20.1}]
virtual_networks:
  T:
    rdid: "{aaaaaaaa-0000-0000-0000-000000000001}"
    customer_routes:
      - {prefix: 10.0.1.0/24, next_hop: on-link, vsid: 5001}
      - {prefix: 10.0.2.0/24, next_hop: on-link, vsid: 5002}
      - {prefix: 10.1.2.0/24, next_hop: on-link, vsid: 5003}
      - {prefix: 203.0.113.0/24, next_hop: 10.0.2.250, vsid: 5002}
    vms:
      A: {host: H1, vsid: 5001, mac: 02-00-00-00-01-0A, ca: 10.0.1.10}
      B: {host: H2, vsid: 5001, mac: 02-00-00-00-01-0B, ca: 10.0.1.11}
      X: {host: H2, vsid: 5003, mac: 02-00-00-00-02-14, ca: 10.1.2.20}
      Y: {host: H3, vsid: 5003, mac: 02-00-00-00-02-15, ca: 10.1.2.21}
      GW: {host: H3, vsid: 5002, mac: 02-00-00-00-02-FA, ca: 10.0.2.250, gateway: true}
    generate_lookup_records: true
"""
RECORDS = "    generate_lookup_records: true\n"
H1_ROUTES = """\
    provider_addresses: 192.168.10.11/24
    provider_routes: [{prefix: 192.168.20.0/24, next_hop: 192.168.10.1}]
"""
A = "host: H1, vsid: 5001, mac: 02-00-00-00-01-0A, ca: 10.0.1.10"
B = "host: H2, vsid: 5001, mac: 02-00-00-00-01-0B, ca: 10.0.1.11"

# udp from A, 10.0.1.10:49152, to B, 10.0.1.11:53
FRAME = "02000000010b 02000000010a 0800 4500001c00010000401164bc0a00010a0a00010b c000003500082994"
# the same in NVGRE, VSID 5001, from H1 to H2; the outer header's ECN is 0
TUNNELLED = (
    "0200c0a80a0c 0200c0a80a0b 0800 4500004600004000802f6521c0a80a0bc0a80a0c 20006558 00138900"
)


def records(*rows: str) -> tuple[str, str]:
    """Return the edit that adds lookup records to the generated ones."""
    lines = "".join(f"      - {{{row}}}\n" for row in rows)
    return RECORDS, f"{RECORDS}    lookup_records:\n{lines}"


class Case(NamedTuple):
    """A question, asked of the policy after some of its text was replaced."""

    command: str
    replaced: tuple[tuple[str, str], ...] = ()
    added: str = ""
    frame: str = ""


CASES = {
    Reason.SRC_RECORD_MISSING: Case("A B tcp/80 --src-ip 10.0.1.77"),
    Reason.DST_RECORD_MISSING: Case("A 10.0.1.99"),
    Reason.ROUTE_MISSING: Case("A 10.0.3.7 tcp/443"),
    Reason.PHYS_ROUTE_MISSING: Case(
        "A Y",
        ((H1_ROUTES, H1_ROUTES.replace("192.168.20.0", "192.168.21.0")),),
    ),
    Reason.METHOD_MISMATCH: Case(
        "A 10.0.1.50",
        (
            records(
                "ca: 10.0.1.50, vsid: 5001, mac: 02-00-00-00-01-0B, pa: 192.168.10.12, rule: nat"
            ),
        ),
    ),
    Reason.SRC_PA_MISMATCH: Case(
        "A B",
        (records("ca: 10.0.1.10, vsid: 5001, mac: 02-00-00-00-01-0A, pa: 192.168.10.12"),),
    ),
    Reason.DST_PA_MISMATCH: Case(
        "A X tcp/80",
        added="""\
host_views:
  H1:
    lookup_records:
      - {ca: 10.1.2.20, vsid: 5003, mac: 02-00-00-00-02-14, pa: 192.168.20.13}
""",
    ),
    Reason.SRC_MAC_MISMATCH: Case(
        "A B --src-mac 02-00-00-00-01-0B", ((A, f"{A}, mac_spoofing: true"),)
    ),
    Reason.DST_MAC_MISMATCH: Case("A B --profile ws2012 --dst-mac 02-00-00-00-02-14"),
    Reason.DST_ONLINK: Case("A 10.0.2.99"),
    Reason.MTU_EXCEEDED: Case("A B udp/53 --len 1459"),
    Reason.PA_ARP_FAILED: Case(
        "A 10.0.1.51",
        (records("ca: 10.0.1.51, vsid: 5001, mac: 02-00-00-00-01-33, pa: 192.168.10.99"),),
    ),
    Reason.UNSUPPORTED_ETHERTYPE: Case("--in A", frame="02000000010b 02000000010a 88cc 0000"),
    Reason.MALFORMED: Case("--in A", frame=FRAME[:47]),
    Reason.IP_CHECKSUM: Case("--in A", frame=FRAME.replace("64bc", "64bd")),
    Reason.TTL_EXPIRED: Case("A X --ttl 1 --profile ws2012r2"),
    Reason.ECN_CE_NON_ECT: Case(
        "--in pa:H2",
        frame=(TUNNELLED + FRAME).replace("45000046", "45030046").replace("6521", "651e"),
    ),
    Reason.SPOOFED_MAC: Case("A B --src-mac 02-00-00-00-01-0B"),
    Reason.DHCP_GUARD: Case("A B udp/68 --sport 67", ((A, f"{A}, dhcp_guard: true"),)),
    Reason.ROUTER_GUARD: Case("A B icmp/9:0", ((A, f"{A}, router_guard: true"),)),
    Reason.VSID_MISMATCH: Case(
        "A 10.1.2.60",
        (records("ca: 10.1.2.60, vsid: 5003, mac: 02-00-00-00-01-0B, pa: 192.168.10.12"),),
    ),
    Reason.VLAN_IN_HEADER: Case("--in A", frame=FRAME.replace(" 0800 ", " 8100000a 0800 ")),
    Reason.NULL_DST_MAC: Case("A B --dst-mac 00-00-00-00-00-00"),
    Reason.INVALID_SRC_MAC: Case("A B --src-mac FF-FF-FF-FF-FF-FF"),
    Reason.ACL_DENY_OUT: Case(
        "A X tcp/25",
        added="""\
firewall:
  rules:
    - {name: mail-relay, vms: [B], direction: outbound, protocol: tcp, remote_port: 25}
    - {name: no-mail, direction: outbound, action: block, protocol: tcp, remote_port: 25}
    - {name: dns, direction: outbound, protocol: udp, remote_port: 53}
""",
    ),
    Reason.ACL_DENY_IN: Case(
        "A X tcp/8080",
        added="""\
firewall:
  defaults: [{vms: [X], inbound: block}]
  rules:
    - {name: web, vms: [X], protocol: tcp, local_port: 80}
    - {name: admin, vms: [X], protocol: tcp, local_port: 8080, remote_address: 10.0.1.11}
    - {name: ping, vms: [X], protocol: icmpv4}
""",
    ),
    Reason.DYN_LIMIT: Case(
        "A B --src-ip 10.0.1.60",
        (
            (A, f"{A}, dynamic_ip_limit: 1"),
            records(
                "ca: 0.0.0.0, vsid: 5001, mac: 02-00-00-00-01-0A, pa: 192.168.10.11, type: l2_only",
                "ca: 10.0.1.61, vsid: 5001, mac: 02-00-00-00-01-0A, pa: 192.168.10.11,"
                " type: dynamic",
            ),
        ),
    ),
    Reason.GATEWAY_NOT_A_HOST: Case("A 10.0.1.1"),
    Reason.NEXTHOP_NOT_ONLINK: Case(
        "A 203.0.113.5", (("next_hop: 10.0.2.250, vsid", "next_hop: 10.0.3.250, vsid"),)
    ),
    Reason.NO_PORT: Case(
        "A 10.0.1.52",
        (records("ca: 10.0.1.52, vsid: 5001, mac: 02-00-00-00-01-0A, pa: 192.168.10.12"),),
    ),
    Reason.PA_NOT_LOCAL: Case("--in pa:H1", frame=TUNNELLED + FRAME),
    Reason.BAD_ENCAP: Case("--in pa:H2", frame=(TUNNELLED + FRAME).replace("20006558", "30006558")),
    Reason.INNER_VLAN: Case(
        "--in pa:H2",
        frame=(TUNNELLED + FRAME.replace(" 0800 ", " 8100000a 0800 "))
        .replace("45000046", "4500004a")
        .replace("6521", "651d"),
    ),
    Reason.ARP_UNANSWERED: Case("A 10.0.1.99 arp"),
    Reason.GARP_STATIC_VSID: Case("A 10.0.1.77 arp/announce"),
    Reason.UNSUPPORTED_METHOD: Case(
        "A 10.0.1.50",
        (
            records(
                "ca: 10.0.1.10, vsid: 5001, mac: 02-00-00-00-01-0A, pa: 192.168.10.11, rule: nat",
                "ca: 10.0.1.50, vsid: 5001, mac: 02-00-00-00-01-0B, pa: 192.168.10.12, rule: nat",
            ),
        ),
    ),
    Reason.UNSUPPORTED: Case(
        "A B tcp/80",
        added="""\
firewall:
  rules:
    - {name: agent, vms: [B], action: block, protocol: tcp, local_port: 80, program: "C:/a.exe"}
""",
    ),
}


def run(hnvemu: Run, case: Case, *more: str) -> Ran:
    """Ask a case's question; the policy is in the folder where the command runs."""
    policy = POLICY
    for old, new in case.replaced:
        assert policy.count(old) == 1, old
        policy = policy.replace(old, new)
    Path("policy.yaml").write_text(policy + case.added, encoding="utf-8")
    given = ["--hex", case.frame] if case.frame else []
    return hnvemu("trace", *case.command.split(), *given, "-p", "policy.yaml", *more)


@pytest.mark.parametrize("reason", CASES, ids=str)
def test_every_reason_is_explained(
    hnvemu: Run, golden: Callable[[Path, str], None], reason: Reason
) -> None:
    ran = run(hnvemu, CASES[reason], "--explain")

    assert reason in ran.out.splitlines()[0]
    given = f"\n{CASES[reason].added}" if CASES[reason].added else ""
    command = f"$ hnvemu trace {CASES[reason].command} --explain\n{given}"
    golden(GOLDEN / f"{reason}.txt", f"{command}\n{ran.out}")


def test_there_is_a_case_for_every_reason_that_can_be_emitted() -> None:
    assert set(CASES) == set(Reason) - NEVER_EMITTED
    assert {file.stem for file in GOLDEN.glob("*.txt")} == {str(reason) for reason in CASES}


# With the other options


def test_without_the_flag_nothing_is_explained(hnvemu: Run) -> None:
    case = CASES[Reason.DST_RECORD_MISSING]

    assert "Nearest" not in run(hnvemu, case).out
    assert "explain" not in json.loads(run(hnvemu, case, "--json").out)


def test_json_has_the_same_under_explain(hnvemu: Run) -> None:
    found = json.loads(run(hnvemu, CASES[Reason.ACL_DENY_IN], "--explain", "--json").out)["explain"]

    assert found["applies_to"][0] == "sent by T/A"
    assert found["not_looked_at"] == ["source port", "TTL", "DSCP and ECN"]
    (missed,) = found["nearest"]
    assert (missed["node"], missed["step"]) == ("H2", "acl-default-denied")
    assert missed["candidates"][0] == {
        "candidate": "rule 'web'",
        "field": "local port",
        "has": "80",
        "wanted": "8080",
        "note": "",
        "origin": {"file": "policy.yaml", "line": 31, "column": 7},
    }
    (blocker,) = found["blockers"]
    assert blocker["fix"]["diff"].startswith("--- ")
    assert found["mended"] == {"outcome": "delivered", "reason": None, "node": "H2"}


@pytest.mark.parametrize("reason", CASES, ids=str)
def test_json_keeps_to_its_schema(hnvemu: Run, reason: Reason) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(hnvemu("schema", "trace").out)

    jsonschema.validate(json.loads(run(hnvemu, CASES[reason], "--explain", "--json").out), schema)


def test_a_page_has_the_explanation_too(hnvemu: Run) -> None:
    page = run(hnvemu, CASES[Reason.ACL_DENY_IN], "--explain", "-f", "html").out

    assert "rule &#x27;web&#x27;: local port 80, not 8080" in page or (
        "rule 'web': local port 80, not 8080" in page
    )


def test_the_reply_is_explained_after_the_reply(hnvemu: Run) -> None:
    case = Case("A B tcp/80 --conversation")

    before, _, reply = run(hnvemu, case, "--explain").out.partition("Reply: ")

    assert "Applies to  sent by T/A" in before
    assert "Applies to  sent by T/B" in reply


def test_a_fix_holds_under_what_was_supposed(hnvemu: Run) -> None:
    """The MTU is no part of the text that is edited, and stays what the question supposes."""
    case = Case("A B udp/53 --len 1400 --mtu 1400", CASES[Reason.ACL_DENY_IN].replaced)

    ran = run(hnvemu, case, "--explain")

    assert "MTU_EXCEEDED" in ran.out
    assert "packet length 1359 or more" in ran.out


def test_a_policy_from_stdin_is_read_once(hnvemu: Run) -> None:
    ran = hnvemu("trace", "A", "10.0.1.99", "--explain", "-p", "-", stdin=POLICY.encode())

    assert ran.code == 0
    assert "Nearest     H1 record missing:" in ran.out


def test_quiet_stays_quiet(hnvemu: Run) -> None:
    assert len(run(hnvemu, CASES[Reason.NO_PORT], "--explain", "-q").out.splitlines()) == 1


def test_the_example_of_the_page_is_what_the_command_prints(
    hnvemu: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (Path(__file__).parents[2] / "docs" / "explain.md").read_text(encoding="utf-8")
    _, policy, shown = (part.partition("```")[0] for part in re.split(r"```(?:yaml)?\n", page)[:3])
    Path("policy.yaml").write_text(policy, encoding="utf-8")
    command, _, text = shown.partition("\n")
    monkeypatch.setenv("COLUMNS", "100")

    ran = hnvemu(*command.removeprefix("$ hnvemu ").split())

    assert ran.out == text
