"""``hnvemu replay``: captures in, flows and captures out."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import re
import shlex
import signal
import struct
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest
from cli.captures import A, B, answered, pcap, sent
from cli.conftest import POLICY
from scapy.utils import rdpcap

from hnvemu.addresses import MacAddress, parse_address
from hnvemu.cli import options, progress, replay
from hnvemu.cli.output import Color
from hnvemu.cli.progress import Meter
from hnvemu.cli.replay_filters import KEYS
from hnvemu.replay import run
from hnvemu.wire.blocks import interface_block, packet_block, section_block
from hnvemu.wire.capture import CaptureRecord, write_pcapng

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cli.conftest import Ran

    Run = Callable[..., Ran]
    Golden = Callable[[Path, str], None]

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "golden" / "replay"
FORMS = {"text": "txt", "json": "json", "jsonl": "jsonl", "csv": "csv"}
DIGEST = re.compile(r"[0-9a-f]{64}")


@pytest.fixture
def capture(policy: Path, tmp_path: Path) -> Path:
    """Write a capture with flows that get there, that are denied, lost and not decided."""
    del policy
    pcap(
        tmp_path / "in.pcap",
        sent(23),
        sent(80),
        answered(80),
        sent(23),
        sent(80),
        sent(protocol=1, echo_id=7, dst=parse_address("10.0.1.99")),
        sent(9, protocol=17),
        sent(80, src_mac=MacAddress(0x0200_0000_0999)),
    )
    return Path("in.pcap")


@pytest.fixture
def replayed(hnvemu: Run) -> Callable[..., Ran]:
    """Replay captures with the policy of these tests."""

    def run_it(*arguments: str | Path, **more: object) -> Ran:
        return hnvemu("replay", "-p", "policy.yaml", *arguments, **more)

    return run_it


# ---------------------------------------------------------------------------------------------
# Forms


@pytest.mark.parametrize("form", FORMS)
def test_a_form_is_as_it_was_agreed(
    replayed: Run, golden: Golden, capture: Path, form: str
) -> None:
    ran = replayed(capture, "-f", form)

    told = "" if form != "csv" else "note: not read: 1 frame from a MAC or interface that no"
    assert (ran.code, ran.err[: len(told)]) == (0, told)
    page = DIGEST.sub("0" * 64, ran.out).replace("\r\n", "\n")
    golden(GOLDEN / f"flows.{FORMS[form]}", page)


def test_every_flow_is_shown_to_who_wants_more(
    replayed: Run, golden: Golden, capture: Path
) -> None:
    golden(GOLDEN / "verbose.txt", replayed(capture, "-v").out)


def test_quiet_is_the_first_line(replayed: Run, capture: Path) -> None:
    whole, quiet = replayed(capture), replayed(capture, "-q")

    assert quiet.out == whole.out.splitlines()[0] + "\n"


def test_the_schema_holds(hnvemu: Run, replayed: Run, capture: Path) -> None:
    schema = json.loads(hnvemu("schema", "replay").out)
    replayed(capture, "--json", "-o", "before.json")

    for more in ([], ["--filter", "outcome=dropped"], ["--expect", "before.json"]):
        jsonschema.validate(json.loads(replayed(capture, "--json", *more).out), schema)


def test_the_text_counts_as_the_json_does(replayed: Run, capture: Path) -> None:
    document = json.loads(replayed(capture, "--json").out)

    first = replayed(capture, "-q").out

    assert first.startswith(f"{document['packets']} packets, {document['bytes']} octets, ")
    for outcome, number in document["outcomes"].items():
        assert (f" {number} {outcome}" in first) is bool(number)
    assert sum(flow["packets"] for flow in document["flows"]) == document["packets"] - 1
    assert document["errors"]["unknown_sender"] == 1


def test_equal_replays_give_equal_results(replayed: Run, capture: Path) -> None:
    for form in FORMS:
        assert replayed(capture, "-f", form).octets == replayed(capture, "-f", form).octets


def test_colour_changes_no_word(replayed: Run, capture: Path) -> None:
    plain = replayed(capture, "-v").out
    colored = replayed(capture, "-v", "--color", "always").out

    assert "\x1b[" in colored
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == plain


def test_a_result_goes_to_a_file(replayed: Run, capture: Path) -> None:
    ran = replayed(capture, "--json", "-o", "out.json")

    assert (ran.code, ran.out) == (0, "")
    assert json.loads(Path("out.json").read_text(encoding="utf-8"))["packets"] == 8


# ---------------------------------------------------------------------------------------------
# Why


def test_the_command_under_why_asks_the_same_question(
    hnvemu: Run, replayed: Run, capture: Path
) -> None:
    [line] = [line for line in replayed(capture).out.splitlines() if "  Why " in line]

    ran = hnvemu(*shlex.split(line.partition("hnvemu ")[2]))

    assert line.endswith("hnvemu trace -p policy.yaml T/A 10.0.1.11 tcp/23 --sport 4000")
    assert ran.code == 0
    assert ran.out.startswith(
        "DROPPED  ACL_DENY_IN at H2   T/A @H1 -> T/B @H2   tcp 10.0.1.10:4000"
    )


def test_what_words_cannot_ask_is_asked_by_its_frame(
    hnvemu: Run, replayed: Run, capture: Path
) -> None:
    del capture
    tagged = sent()[:12] + bytes.fromhex("81000005") + sent()[12:]
    pcap(Path("tagged.pcap"), sent(), tagged)

    packed = gzip.compress(Path("tagged.pcap").read_bytes(), mtime=0)
    Path("tagged.pcap.gz").write_bytes(packed)

    for name in ("tagged.pcap", "tagged.pcap.gz"):
        why = json.loads(replayed(name, "--json").out)["why"]

        assert why == f"hnvemu trace -p policy.yaml --pcap {name} --frame 2 --in T/A"
        assert hnvemu(*shlex.split(why)[1:]).out.startswith("DROPPED  VLAN_IN_HEADER")


def test_a_frame_that_cannot_be_named_has_no_command(replayed: Run, capture: Path) -> None:
    del capture
    tagged = sent()[:12] + bytes.fromhex("81000005") + sent()[12:]
    octets = pcap(Path("tagged.pcap"), tagged).read_bytes()
    cooked = struct.pack("<IIHHII", 1, 20, 113, 0, 0, 20)
    no_ethernet = cooked + packet_block(0, b"", 0, 0, b"")
    blocks = [section_block(), no_ethernet, interface_block("A", nanoseconds=True)]
    blocks.append(packet_block(0, tagged, len(tagged), 1, b""))
    Path("mixed.pcapng").write_bytes(b"".join(blocks))

    mixed = json.loads(replayed("mixed.pcapng", "--json").out)

    assert (mixed["errors"]["link_type"], mixed["outcomes"]["dropped"]) == (1, 1)
    assert mixed["why"] is None
    assert json.loads(replayed("-", "--json", stdin=octets).out)["why"] is None


def test_nothing_lost_needs_no_command(replayed: Run, capture: Path) -> None:
    del capture
    pcap(Path("good.pcap"), sent(80))

    assert json.loads(replayed("good.pcap", "--json").out)["why"] is None
    assert "Why" not in replayed("good.pcap").out


# ---------------------------------------------------------------------------------------------
# Where frames enter, and what is read


def test_all_frames_enter_where_it_is_said(replayed: Run, capture: Path) -> None:
    document = json.loads(replayed(capture, "--in", "A", "--json").out)

    assert {flow["from"] for flow in document["flows"]} == {"T/A"}
    assert document["errors"]["unknown_sender"] == 0


def test_frames_enter_where_their_interface_says(replayed: Run, capture: Path) -> None:
    del capture
    records = [
        CaptureRecord(interface, sent(80), "", outbound=False)
        for interface in ("T/B", "B", "the lab's tap")
    ]
    with Path("taps.pcapng").open("wb") as file:
        write_pcapng(file, records)

    document = json.loads(replayed("taps.pcapng", "--in", "interface", "--json").out)

    assert [(flow["from"], flow["packets"]) for flow in document["flows"]] == [("T/B", 2)]
    assert document["errors"]["unknown_sender"] == 1


def test_encapsulated_frames_come_back_in(replayed: Run, capture: Path) -> None:
    replayed(capture, "--wire", "wire.pcapng", "-q")

    at_host = replayed("wire.pcapng", "--in", "pa:H2", "--filter", "dst=10.0.1.11", "-q")
    by_pa = json.loads(replayed("wire.pcapng", "--in", "pa", "--json").out)

    assert at_host.code == 0
    assert {flow["from"] for flow in by_pa["flows"]} == {"pa:H1", "pa:H2"}
    assert by_pa["outcomes"]["delivered"] == 3


@pytest.mark.parametrize("name", ["T/Q", "pa:H9"])
def test_an_unknown_entry_exits_2(replayed: Run, capture: Path, name: str) -> None:
    ran = replayed(capture, "--in", name)

    assert (ran.code, ran.out) == (2, "")
    assert "named" in ran.err


def test_packed_captures_folders_and_stdin_are_read(replayed: Run, capture: Path) -> None:
    octets = capture.read_bytes()
    folder = Path("captures")
    folder.mkdir()
    (folder / "packed.pcap.gz").write_bytes(gzip.compress(octets, mtime=0))
    expected = replayed(capture, "-q").out

    assert replayed("captures", "-q").out == expected
    assert replayed("-", "-q", stdin=octets).out == expected


def test_established_connections_need_no_opening(replayed: Run, capture: Path) -> None:
    del capture
    pcap(Path("late.pcap"), answered(80))

    new, established = (
        json.loads(replayed("late.pcap", "--state", state, "--json").out)["flows"][0]["outcome"]
        for state in ("new", "established")
    )

    assert (new, established) == ("delivered", "delivered")


def test_a_profile_takes_the_place_of_the_policys(replayed: Run, capture: Path) -> None:
    document = json.loads(replayed(capture, "--profile", "ws2012r2", "--json").out)

    assert document["profile"] == "ws2012r2"
    assert "--profile ws2012r2" in document["why"]


# ---------------------------------------------------------------------------------------------
# Captures out


def test_captures_are_written_for_each_place(replayed: Run, capture: Path) -> None:
    ran = replayed(
        *(capture, "--wire", "wire.pcapng", "--delivered", "in-vms.pcap", "--drops", "lost.pcapng"),
        *("--per-host", "hosts", "-q"),
    )

    assert (ran.code, ran.err) == (0, "")
    assert len(rdpcap("in-vms.pcap")) == 3
    assert [bytes(frame) for frame in rdpcap("lost.pcapng")][:2] == [sent(23), sent(23)]
    assert sorted(file.name for file in Path("hosts").iterdir()) == ["H1.pcapng", "H2.pcapng"]


def test_a_filter_limits_what_is_written(replayed: Run, capture: Path) -> None:
    replayed(capture, "--drops", "lost.pcap", "--filter", "dport=23", "-q")

    assert len(rdpcap("lost.pcap")) == 2


def test_a_capture_goes_to_standard_output(replayed: Run, capture: Path) -> None:
    ran = replayed(capture, "--delivered", "-", "-o", "out.txt")

    assert len(rdpcap(io.BytesIO(ran.octets))) == 3
    assert Path("out.txt").read_text(encoding="utf-8").startswith("8 packets")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["in.pcap", "--wire", "-"], "the result and --wire cannot both go to standard output"),
        (["in.pcap", "--wire", "-", "--drops", "-"], "--wire and --drops cannot both go"),
        (["in.pcap", "--wire", "./in.pcap"], "'./in.pcap' is read: --wire cannot write it"),
        (["in.pcap", "--drops", "link.pcap"], "'link.pcap' is read: --drops cannot write it"),
        (["in.pcap", "-o", "in.pcap"], "'in.pcap' is read: --output cannot write it"),
        (["in.pcap", "--wire", "x", "-o", "./x"], "--wire and --output cannot both write './x'"),
        (["more", "--wire", "more/x.pcap"], "'more/x.pcap' lies in 'more', which is read"),
        (["more", "--per-host", "more"], "'more' is read: --per-host cannot write it"),
        (["more", "--per-host", "more/hosts"], "'more/hosts' lies in 'more', which is read"),
        (["more/b.pcapng", "--per-host", "more"], "where --per-host writes"),
        (["in.pcap", "--per-host", "h", "--wire", "h/H1.pcapng"], "where --per-host writes"),
        (["in.pcap", "--expect", "b.csv", "--wire", "b.csv"], "'b.csv' is read: --wire cannot"),
        (["in.pcap", "--wire", "policy.yaml"], "'policy.yaml' is the policy: --wire cannot"),
        (["in.pcap", "--wire", "none/x.pcap"], "there is no folder 'none' for --wire"),
        (["in.pcap", "--wire", "a\0b"], "is no name of a file"),
        (["in.pcap", "--per-host", "-"], "--per-host needs a folder"),
        (["-", "-"], "standard input can be read once"),
        (["-", "-p", "-"], "the policy and the capture cannot both come from stdin"),
        (["in.pcap", "-q", "-v"], "-q and -v contradict each other"),
        (["in.pcap", "--json", "-v"], "-q and -v have no meaning in json"),
        (["in.pcap", "-f", "csv", "--json"], "--json and --format csv contradict each other"),
        (["in.pcap", "--flowid", "x"], "FlowID 'x' is not a number"),
        (["in.pcap", "--max-flows", "0"], "0 flows are too few"),
        (["nowhere.pcap"], "'nowhere.pcap' cannot be read: no such file or directory"),
        (["policy.yaml"], "'policy.yaml' cannot be read as a capture: this is neither pcap"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_written(
    replayed: Run, capture: Path, arguments: list[str], message: str
) -> None:
    Path("more").mkdir()
    Path("h").mkdir()
    Path("more/b.pcapng").write_bytes(capture.read_bytes())
    Path("link.pcap").symlink_to(capture)
    before = {file: file.read_bytes() for file in Path().rglob("*") if file.is_file()}

    ran = replayed(*arguments)

    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("error: ")
    assert message in ran.err
    assert {file: file.read_bytes() for file in Path().rglob("*") if file.is_file()} == before


@pytest.mark.parametrize("named", ["hnv.yaml", "HNVEMU_POLICY", "folder"])
def test_no_policy_is_written_to_however_it_was_named(
    hnvemu: Run, policy: Path, capture: Path, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    arguments: list[str] = []
    file = Path("hnv.yaml")
    if named == "folder":
        Path("network").mkdir()
        file = Path("network/policy.yml")
        arguments = ["-p", "network"]
    policy.rename(file)
    if named == "HNVEMU_POLICY":
        file = file.rename("other.yaml")
        monkeypatch.setenv(named, "other.yaml")
    before = file.read_bytes()

    ran = hnvemu("replay", *arguments, capture, "--drops", file)

    assert (ran.code, ran.err) == (2, f"error: '{file}' is the policy: --drops cannot write it\n")
    assert file.read_bytes() == before


@pytest.mark.skipif(os.name != "posix", reason="needs /dev/null")
def test_nothing_is_written_to_twice_without_harm(replayed: Run, capture: Path) -> None:
    ran = replayed(capture, "--wire", "/dev/null", "--drops", "/dev/null", "-q")

    assert (ran.code, ran.err) == (0, "")


def test_a_capture_is_not_for_a_terminal(replayed: Run, capture: Path) -> None:
    ran = replayed(capture, "--wire", "-", "-o", "out.txt", terminal=True)

    assert ran.code == 2
    assert "a capture is not for a terminal" in ran.err


def test_ctrl_c_leaves_nothing_behind(
    replayed: Run, capture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Meter, "show", interrupt)

    ran = replayed(capture, "--wire", "wire.pcap", "--drops", "lost.pcapng", "-o", "out.txt")

    assert (ran.code, ran.out, ran.err) == (130, "", "")
    assert sorted(file.name for file in Path().iterdir()) == ["in.pcap", "policy.yaml"]


@pytest.fixture(params=["SIGTERM", "SIGHUP"])
def number(request: pytest.FixtureRequest) -> Iterator[int]:
    """Return a signal that ends processes, and give it back to whom it was."""
    number = getattr(signal, request.param, None)
    if number is None:
        pytest.skip(f"needs {request.param}")
    before = signal.getsignal(number)
    yield number
    signal.signal(number, before)


def test_a_signal_that_ends_it_leaves_nothing_behind(
    replayed: Run, capture: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def end(*_: object) -> None:
        assert signal.getsignal(number) is not signal.SIG_DFL  # which would end the tests
        signal.raise_signal(number)

    monkeypatch.setattr(Meter, "show", end)
    signal.signal(number, signal.SIG_DFL)

    ran = replayed(capture, "--wire", "wire.pcap", "--drops", "lost.pcapng", "-o", "out.txt")

    assert (ran.code, ran.out, ran.err) == (128 + number, "", "")
    assert sorted(file.name for file in Path().iterdir()) == ["in.pcap", "policy.yaml"]
    assert signal.getsignal(number) is signal.SIG_DFL


def test_a_signal_that_is_ignored_stays_so(
    replayed: Run, capture: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(Meter, "show", lambda *_: signal.raise_signal(number))
    signal.signal(number, signal.SIG_IGN)

    assert replayed(capture, "-q").code == 0
    assert signal.getsignal(number) is signal.SIG_IGN


# ---------------------------------------------------------------------------------------------
# Damage, and nothing


def test_what_comes_before_damage_is_told(replayed: Run, capture: Path) -> None:
    Path("cut.pcap").write_bytes(capture.read_bytes()[:200])

    ran = replayed("cut.pcap")

    assert ran.code == 3
    assert ran.out.startswith("2 packets, ")
    assert "  Damage      cut.pcap: frame 3 at octet " in ran.out
    assert replayed("cut.pcap", "-q").out.endswith(", damaged\n")
    assert json.loads(replayed("cut.pcap", "--json").out)["damage"][0].startswith("cut.pcap: ")
    assert "note: damage: cut.pcap: frame 3" in replayed("cut.pcap", "-f", "csv").err


def test_a_capture_without_frames_exits_5(replayed: Run, capture: Path) -> None:
    del capture
    pcap(Path("empty.pcap"))

    ran = replayed("empty.pcap")

    assert (ran.code, ran.out) == (5, "0 packets, 0 octets, 0 flows\n")
    assert ran.err == "note: there is no frame to replay\n"


def test_flows_beyond_the_most_are_summed(replayed: Run, capture: Path) -> None:
    ran = replayed(capture, "--max-flows", "1")

    assert ran.out.startswith("8 packets, ")
    assert ", 1 flow " in ran.out.splitlines()[0]
    assert "of flows beyond --max-flows: delivered" in ran.out


# ---------------------------------------------------------------------------------------------
# Filters


def test_a_filter_limits_rows_and_no_totals(replayed: Run, capture: Path) -> None:
    whole = json.loads(replayed(capture, "--json").out)
    some = json.loads(replayed(capture, "--json", "--filter", "outcome=dropped").out)

    assert some["packets"] == whole["packets"]
    assert some["outcomes"] == whole["outcomes"]
    assert some["flow_count"] == len(whole["flows"])
    assert some["flows"] == [row for row in whole["flows"] if row["outcome"] == "dropped"]
    assert some["filters"] == ["outcome=dropped"]
    assert "the first line counts all" in replayed(capture, "--filter", "outcome=dropped").out


def test_a_filter_that_lets_nothing_through_says_so(replayed: Run, capture: Path) -> None:
    ran = replayed(capture, "--filter", "dport=4711")

    assert ran.code == 0
    assert "  Shown       0 flows, 0 packets by --filter dport=4711" in ran.out


# ---------------------------------------------------------------------------------------------
# Expectations


@pytest.mark.parametrize("form", ["json", "jsonl", "csv"])
def test_a_replay_is_as_expected(replayed: Run, capture: Path, form: str) -> None:
    replayed(capture, "-f", form, "-o", "before")

    ran = replayed(capture, "--expect", "before")

    assert ran.code == 0
    assert "  Expected    as in before" in ran.out


def test_an_expected_result_may_be_formatted_anew(replayed: Run, capture: Path) -> None:
    document = json.loads(replayed(capture, "--json").out)
    Path("sorted").write_text(json.dumps(document, sort_keys=True, indent=1), encoding="utf-8")
    Path("short").write_text(f"\n {json.dumps(document)}", encoding="utf-8")

    assert replayed(capture, "--expect", "sorted").code == 0
    assert replayed(capture, "--expect", "short").code == 0


@pytest.mark.parametrize("form", ["json", "jsonl", "csv"])
def test_what_fares_otherwise_is_told(replayed: Run, capture: Path, form: str) -> None:
    replayed(capture, "-f", form, "-o", "before")
    opened = POLICY.replace("action: block, protocol: tcp", "action: allow, protocol: tcp")
    Path("policy.yaml").write_text(opened, encoding="utf-8")
    pcap(Path("in.pcap"), sent(23), sent(80), sent(81))

    ran = replayed(capture, "--expect", "before", "--json")

    found = json.loads(ran.out)["expected"]
    assert ran.code == 1
    assert (found["file"], found["partial"]) == ("before", False)
    told = [
        (each["kind"], each["flow"]["from"], each["flow"]["dst_port"])
        for each in found["differences"]
    ]
    assert told == [
        ("changed", "T/A", 23),
        ("missing", "T/B", 4000),
        ("missing", "T/A", None),
        ("missing", "T/A", 9),
        ("new", "T/A", 81),
    ]
    assert found["differences"][0]["was"][0]["rule"] == "no-telnet"
    assert found["differences"][0]["now"][0]["outcome"] == "delivered"
    text = replayed(capture, "--expect", "before").out
    assert (
        "  Expected    changed T/A, tcp 10.0.1.10:4000 > 10.0.1.11:23:"
        " was dropped ACL_DENY_IN by no-telnet,\n              to T/B; is delivered, to T/B\n"
    ) in text
    assert (
        "note: 5 flows differ from before"
        in replayed(capture, "--expect", "before", "-f", "csv").err
    )


def test_a_filter_limits_what_is_compared_by_either_result(replayed: Run, capture: Path) -> None:
    replayed(capture, "--json", "-o", "before.json")
    opened = POLICY.replace("action: block, protocol: tcp", "action: allow, protocol: tcp")
    Path("policy.yaml").write_text(opened, encoding="utf-8")

    lost = replayed(capture, "--expect", "before.json", "--filter", "outcome=dropped")
    web = replayed(capture, "--expect", "before.json", "--filter", "dport=80")

    assert lost.code == 1
    assert "was dropped ACL_DENY_IN" in lost.out
    assert web.code == 0


def test_a_result_of_other_filters_has_not_all_flows(replayed: Run, capture: Path) -> None:
    replayed(capture, "--json", "-o", "b.json", "--filter", "vm=A", "--filter", "dport!=23")

    other = replayed(capture, "--expect", "b.json", "--filter", "vm=A")
    same = replayed(capture, "--expect", "b.json", "--filter", "dport!=23", "--filter", "vm=A")

    assert other.code == 2
    assert "'b.json' has not all flows" in other.err
    assert "it was made with --filter vm=A --filter" in other.err
    assert same.code == 0


def test_the_result_may_take_the_place_of_the_expected_one(replayed: Run, capture: Path) -> None:
    replayed(capture, "--json", "-o", "b.json")

    ran = replayed(capture, "--expect", "b.json", "--json", "-o", "b.json")

    assert ran.code == 0
    assert json.loads(Path("b.json").read_text(encoding="utf-8"))["expected"]["differences"] == []


GOOD: dict[str, object] = {
    **dict.fromkeys(["src_port", "dst_port", "icmp", "echo_id", "vlan", "ethertype", "message"]),
    "from": "T/A",
    "src": "10.0.1.10",
    "dst": "10.0.1.11",
    "protocol": "6",
    "src_mac": str(A),
    "dst_mac": str(B),
    "outcome": "delivered",
    "reason": None,
    "rule": None,
    "to": "T/B",
    "node": "H2",
    "way": [],
}


HEAD = '"schema": "hnvemu/replay/v1", "filters": [], "others": []'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "it has other columns"),
        ("a,b\n1,2\n", "it has other columns"),
        ("{", "line 1"),
        ("[]", "it has other columns"),
        (f'{{"kind": 1, {HEAD}}}\n3', "it has something else where flows should be"),
        ("{}", "it has no 'schema'"),
        ('{"schema": "hnvemu/trace/v1"}', "its schema is not hnvemu/replay/v1"),
        (f"{{{HEAD}}}", "it has no 'flows'"),
        (json.dumps({"flows": 3}), "it has no 'schema'"),
        ('{"kind": "totals"}\n{"kind": "flow"', "line 1"),
    ],
)
def test_what_is_no_result_is_not_expected(
    replayed: Run, capture: Path, text: str, message: str
) -> None:
    Path("odd").write_text(text, encoding="utf-8")

    ran = replayed(capture, "--expect", "odd")

    assert (ran.code, ran.out) == (2, "")
    assert "'odd' is no result of hnvemu replay: " in ran.err
    assert message in ran.err


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"from": None}, "flow 1 has an odd 'from'"),
        ({"way": "H1"}, "flow 1 has an odd 'way'"),
        ({"icmp": {"type": "x", "code": 1}}, "flow 1 has an odd 'icmp'"),
        ({"icmp": {"type": 8}}, "it has no 'code'"),
        ({"reason": ["x"]}, "flow 1 has an odd 'reason'"),
        ({"src_port": "80"}, "flow 1 has an odd 'src_port'"),
        ({"dst": None}, "flow 1 lacks its destination"),
        ({"src": "10.0.1"}, "'10.0.1' is not an IP address"),
    ],
)
def test_a_flow_that_says_odd_things_is_not_expected(
    replayed: Run, capture: Path, change: dict[str, object], message: str
) -> None:
    head = {"schema": "hnvemu/replay/v1", "filters": [], "others": []}
    Path("odd.json").write_text(json.dumps({**head, "flows": [GOOD]}), encoding="utf-8")
    assert replayed(capture, "--expect", "odd.json").code == 1
    odd = {**head, "flows": [{**GOOD, **change}]}
    Path("odd.json").write_text(json.dumps(odd), encoding="utf-8")

    ran = replayed(capture, "--expect", "odd.json")

    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err


def test_a_table_with_odd_rows_is_not_expected(replayed: Run, capture: Path) -> None:
    head, first, *_ = replayed(capture, "-f", "csv").out.splitlines()

    for row, message in [
        (f"{first},more", "flow 1 has too few or too many values"),
        ("T/A,10.0.1.10", "flow 1 has too few or too many values"),
        (first.replace(",4000,", ",many,"), "'many' is no number"),
        (first.replace("T/A,", '"T/A,'), "unexpected end of data"),
    ]:
        Path("odd.csv").write_text(f"{head}\r\n{row}\r\n", encoding="utf-8", newline="")
        ran = replayed(capture, "--expect", "odd.csv")
        assert (ran.code, message in ran.err) == (2, True), ran.err


def test_what_cannot_be_read_is_not_expected(replayed: Run, capture: Path) -> None:
    Path("odd").write_bytes(b"\xff")

    assert "'odd' is not UTF-8" in replayed(capture, "--expect", "odd").err
    assert "'none' cannot be read" in replayed(capture, "--expect", "none").err


def test_results_are_not_compared_beyond_the_most_flows(replayed: Run, capture: Path) -> None:
    replayed(capture, "--json", "-o", "b.json", "--max-flows", "2")

    ran = replayed(capture, "--expect", "b.json")

    assert ran.code == 1
    assert "flows beyond --max-flows are not compared" in ran.out


def test_names_may_hold_what_tables_are_made_of(replayed: Run, capture: Path) -> None:
    odd = POLICY.replace("name: no-telnet", "name: 'a\"b, > ü[bold]'")
    Path("policy.yaml").write_text(odd, encoding="utf-8")

    for form in ("json", "jsonl", "csv"):
        replayed(capture, "-f", form, "-o", "before")
        assert replayed(capture, "--expect", "before").code == 0
    with Path("before").open(encoding="utf-8", newline="") as file:
        [first, *_] = csv.DictReader(file)
    assert first["rule"] == 'a"b, > ü[bold]'
    assert 'x firewall in: a"b, > ü[bold]' in replayed(capture, "--color", "always").out


# ---------------------------------------------------------------------------------------------
# Progress and completion


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("size", [1000, None])
def test_progress_is_shown_with_its_rate(monkeypatch: pytest.MonkeyPatch, size: int | None) -> None:
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(progress, "_PATIENCE", 0.0)

    with Meter(Color.NEVER) as meter:
        meter.show(500, size, 1234)

    assert "1,234 packets, " in stream.getvalue()
    assert "packets/s, " in stream.getvalue()
    assert "MB/s" in stream.getvalue()


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()])
def test_short_replays_and_other_streams_show_no_progress(
    monkeypatch: pytest.MonkeyPatch, stream: io.StringIO
) -> None:
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(progress, "_PATIENCE", 60.0 if stream.isatty() else 0.0)

    with Meter(Color.NEVER) as meter:
        meter.show(500, 1000, 1234)

    assert stream.getvalue() == ""


def test_entries_are_completed(policy: Path) -> None:
    context = type("Context", (), {"params": {"policy": [str(policy)]}})()

    assert replay.complete_entry(context, "p") == ["pa", "pa:H1", "pa:H2"]
    assert replay.complete_entry(context, "i") == ["interface"]
    assert replay.complete_entry(context, "T") == options.complete_entry(context, "T")


def test_keys_of_filters_are_completed() -> None:
    context = type("Context", (), {"params": {}})()

    assert replay.complete_filter(context, "s") == ["src=", "sport="]


def test_the_engines_of_the_option_are_those_there_are() -> None:
    assert [*run.EngineKind] == ["auto", "plain", "numpy", "fast", "dask"]


def test_the_page_has_every_engine() -> None:
    page = (ROOT / "docs" / "replay.md").read_text(encoding="utf-8")

    assert [kind for kind in run.EngineKind if f"| `--engine {kind}` |" not in page] == []


def test_processes_can_share_the_captures(replayed: Run, capture: Path) -> None:
    filters = ("--filter", "outcome!=delivered")

    alone = replayed(capture, capture, "--drops", "alone.pcapng", *filters)
    shared = replayed(capture, capture, "--drops", "shared.pcapng", *filters, "--jobs", "2")

    assert shared == alone
    assert Path("shared.pcapng").read_bytes() == Path("alone.pcapng").read_bytes()


def test_the_number_of_processes_makes_sense(replayed: Run, capture: Path) -> None:
    assert "-1 jobs are too few" in replayed(capture, "--jobs", "-1").err
    assert "--engine dask" in replayed(capture, "--scheduler", "tcp://192.0.2.1:8786").err


# ---------------------------------------------------------------------------------------------
# The page


def test_the_page_shows_what_the_command_prints(replayed: Run, capture: Path) -> None:
    page = (ROOT / "docs" / "replay.md").read_text(encoding="utf-8")

    [shown] = re.findall(
        r"```console\n\$ hnvemu replay -p policy.yaml in.pcap\n(.*?)```", page, re.DOTALL
    )

    assert shown == replayed(capture).out


def test_the_page_has_every_key_of_filters_and_of_results(replayed: Run, capture: Path) -> None:
    page = (ROOT / "docs" / "replay.md").read_text(encoding="utf-8")
    document = json.loads(replayed(capture, "--json").out)

    said = {*KEYS, *document, *document["flows"][0], *document["errors"]}

    assert [key for key in sorted(said) if f"`{key}`" not in page] == []
