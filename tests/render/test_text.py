from __future__ import annotations

import io
import subprocess
import sys
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from hnvemu.model.origin import Origin
from hnvemu.model.policy import Profile
from hnvemu.model.records import CustomerRoute
from hnvemu.render.layout import styled
from hnvemu.render.text import Detail, minimal, trace_lines, trace_text, verdict
from hnvemu.value import replace

if TYPE_CHECKING:
    from collections.abc import Callable

    from hnvemu.trace.trace import Trace

ROUTE = CustomerRoute(
    rdid="{AAAAAAAA-0000-0000-0000-000000000001}",
    prefix=ip_network("10.0.1.0/24"),
    next_hop=None,
    vsid=5001,
)
GOLDEN = Path(__file__).parent / "golden"
CASES = [
    "same subnet",
    "conversation",
    "one host",
    "to the gateway",
    "counted",
    "vxlan",
    "2012",
    "expired",
    "no record",
    "denied",
    "denied by default",
    "stale",
    "unknown there",
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


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("case", CASES)
def test_the_text_of_a_trace_is_reviewed(
    traces: dict[str, Trace], golden: Callable[[Path, str], None], case: str, width: int
) -> None:
    text = trace_text(traces[case], width=width)

    golden(GOLDEN / f"{case.replace(' ', '-')}.{width}.txt", text + "\n")


@pytest.mark.parametrize("detail", [Detail.QUIET, Detail.VERBOSE, Detail.BYTES])
def test_each_depth_is_reviewed(
    traces: dict[str, Trace], golden: Callable[[Path, str], None], detail: Detail
) -> None:
    text = trace_text(traces["conversation"], detail=detail)

    golden(GOLDEN / f"conversation.{detail.name.lower()}.txt", text + "\n")


def test_the_cases_are_all_that_there_are(traces: dict[str, Trace]) -> None:
    assert list(traces) == CASES


@pytest.mark.parametrize("width", [80, 100, 120])
@pytest.mark.parametrize("case", CASES)
def test_lines_fit_the_terminal(traces: dict[str, Trace], case: str, width: int) -> None:
    text = trace_text(traces[case], detail=Detail.VERBOSE, width=width)

    assert max(map(len, text.splitlines())) <= width


@pytest.mark.parametrize("case", CASES)
def test_default_text_is_ascii(traces: dict[str, Trace], case: str) -> None:
    assert trace_text(traces[case], detail=Detail.BYTES).isascii()


def test_a_mark_that_was_copied_is_a_change(traces: dict[str, Trace]) -> None:
    assert "  Changed     ECN 2 -> 3\n" in trace_text(traces["marked"])


def test_a_frame_without_ip_has_no_ttl_to_keep(traces: dict[str, Trace]) -> None:
    assert "  Unchanged   source MAC, destination MAC\n" in trace_text(traces["switched"])


def test_a_terminal_that_can_gets_arrows(send: Callable[..., Trace]) -> None:
    text = trace_text(send("T/A", "10.0.1.99"), ascii_only=False)

    assert "T/A @H1 → 10.0.1.99" in text
    assert "T/A › H1 › ✗ record" in text


def test_quiet_text_is_the_verdict(send: Callable[..., Trace]) -> None:
    trace = send("T/A", "10.0.1.99", protocol=1)

    assert trace_text(trace, detail=Detail.QUIET) == verdict(trace)
    assert verdict(trace) == (
        "DROPPED  DST_RECORD_MISSING at H1   T/A @H1 -> 10.0.1.99   icmp echo 10.0.1.10 > 10.0.1.99"
    )


def test_a_verdict_names_the_port_that_denied(traces: dict[str, Trace]) -> None:
    assert verdict(traces["denied"]).startswith("DROPPED  ACL_DENY_IN at H2   T/A @H1 -> T/X @H2")


def test_each_line_of_the_verbose_form_has_the_rules_of_its_step(
    send: Callable[..., Trace],
) -> None:
    text = trace_text(send("T/A", "10.0.1.11"), detail=Detail.VERBOSE)

    assert "[FWD-4, FWD-7, FWD-8]" in text
    assert "[ING-2, ING-3, ING-4]" in text


def test_the_folder_of_an_origin_is_left_out_where_there_is_no_room(
    send: Callable[..., Trace],
) -> None:
    trace = send("T/A", "10.0.1.99")

    assert "  policies/small.yaml:12" in trace_text(trace, width=120)
    assert "  small.yaml:12" in trace_text(trace, width=80)


def test_the_folder_stays_where_two_files_share_a_name(send: Callable[..., Trace]) -> None:
    other = replace(ROUTE, origin=Origin("tenants/small.yaml", 3, 1))
    trace = send("T/A", "10.0.1.99", routes=(other,))

    text = trace_text(trace, width=80)

    assert " policies/small.yaml:20" in text
    assert " tenants/small.yaml:3" in text


def test_a_long_host_name_stands_on_a_line_of_its_own(send: Callable[..., Trace]) -> None:
    trace = send("T/A", "10.0.1.99")
    hop = trace.hops[0]._replace(node="hyperv-017.example")
    trace.path.hops = (hop,)

    lines = trace_text(trace).splitlines()

    node = lines.index("  hyperv-017.example")
    assert lines[node + 1].startswith("      firewall out  allow")


def test_a_name_cannot_steer_the_terminal(send: Callable[..., Trace]) -> None:
    trace = send("T/A", "10.0.1.99")
    trace.path.hops = (trace.hops[0]._replace(node="H\x1b[2J"),)

    text = trace_text(trace)

    assert "\x1b" not in text
    assert r"DST_RECORD_MISSING at H\x1b[2J" in text


def print_trace(trace: Trace, console: Console) -> None:
    lines = trace_lines(trace, detail=Detail.NORMAL, width=console.width, ascii_only=True)
    console.print(styled(lines), soft_wrap=True, highlight=False)


def test_names_are_never_markup(send: Callable[..., Trace]) -> None:
    trace = send("T/A", "10.0.1.99")
    trace.path.hops = (trace.hops[0]._replace(node="[red]H1"),)
    stream = io.StringIO()

    print_trace(trace, Console(file=stream, width=100, force_terminal=True))

    assert "[red]H1" in stream.getvalue()


@pytest.mark.parametrize("case", CASES)
def test_colour_changes_no_word(traces: dict[str, Trace], case: str) -> None:
    stream = io.StringIO()
    console = Console(file=stream, width=80, no_color=True, force_terminal=False)

    print_trace(traces[case], console)

    printed = "\n".join(line.rstrip() for line in stream.getvalue().splitlines())
    assert printed == trace_text(traces[case], width=80)


def test_a_terminal_gets_colour(send: Callable[..., Trace]) -> None:
    stream = io.StringIO()
    console = Console(file=stream, width=100, force_terminal=True, color_system="standard")

    print_trace(send("T/A", "10.0.1.99"), console)

    assert stream.getvalue().startswith("\x1b[1;31mDROPPED\x1b[0m")


def test_plain_text_does_without_rich_and_scapy() -> None:
    script = (
        "import sys, hnvemu.render.text, hnvemu.render.json, hnvemu.render.notebook,"
        " hnvemu.render.pcap, hnvemu.render.tables\n"
        "print(sorted({'rich', 'scapy', 'typer'} & set(sys.modules)))"
    )

    run = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)

    assert run.stdout == "[]\n"


def test_the_text_is_what_a_trace_prints_as(send: Callable[..., Trace]) -> None:
    trace = send("T/A", "10.0.1.99")

    assert str(trace) == trace_text(trace)


def test_minimal_has_a_line_for_each_effect(traces: dict[str, Trace]) -> None:
    assert minimal(traces["same subnet"]).splitlines() == [
        "sent H1 H2 nvgre vsid=5001 192.168.10.11 > 192.168.10.12 length=140",
        "delivered T/B H2 vsid=5001 src-mac=02-00-00-00-01-0A dst-mac=02-00-00-00-01-0B ttl=64",
    ]


def test_minimal_marks_the_reply(traces: dict[str, Trace]) -> None:
    assert minimal(traces["conversation"]).splitlines()[2:] == [
        "reply sent H2 H1 nvgre vsid=5001 192.168.10.12 > 192.168.10.11 length=96",
        (
            "reply delivered T/A H1 vsid=5001 src-mac=02-00-00-00-02-14 dst-mac=02-00-00-FF-FF-01"
            " ttl=64"
        ),
    ]


@pytest.mark.parametrize(
    ("case", "line"),
    [
        ("no record", "dropped H1 DST_RECORD_MISSING"),
        ("denied", "dropped H2 ACL_DENY_IN"),
        ("expired", "dropped H1 TTL_EXPIRED"),
        ("external router", "external_router H1"),
        ("passed through", "passed_through H1"),
        ("multicast", "replicated H1"),
        ("unanswered", "dropped H1 ARP_UNANSWERED"),
        ("no tunnel", "dropped H2 BAD_ENCAP"),
        (
            "to the gateway",
            (
                "to_gateway T/GW H2 vsid=5002 src-mac=02-00-00-00-01-0A"
                " dst-mac=02-00-00-FF-FF-01 ttl=64"
            ),
        ),
        (
            "vxlan",
            "delivered T/X H2 vsid=5003 src-mac=02-00-00-00-01-0A dst-mac=02-00-00-00-02-14 ttl=64",
        ),
    ],
)
def test_minimal_ends_with_what_became_of_the_packet(
    traces: dict[str, Trace], case: str, line: str
) -> None:
    assert minimal(traces[case]).splitlines()[-1] == line


def test_what_changed_is_told_apart_from_what_did_not(send: Callable[..., Trace]) -> None:
    text = trace_text(send("T/A", "10.1.2.20", profile=Profile.WS2012R2))

    assert text.count("  Changed ") == 1
    assert (
        "Changed     destination MAC 02-00-00-FF-FF-01 -> 02-00-00-00-02-14, TTL 64 -> 63" in text
    )
    assert "Unchanged   source MAC\n" in text
