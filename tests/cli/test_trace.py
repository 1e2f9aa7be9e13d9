"""``hnvemu trace``: every flag, every exit code, every way to ask wrongly."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, get_args, get_type_hints

import pytest

from hnvemu.cli import trace as command
from hnvemu.model.policy import Profile
from hnvemu.trace.outcome import Outcome, Reason
from hnvemu.wire.capture import CaptureRecord, read_frames, write_pcapng

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cli.conftest import Ran

    Run = Callable[..., Ran]

# udp from A, 10.0.1.10:49152, to B, 10.0.1.11:53
FRAME = "02000000010b02000000010a08004500001c00010000401164bc0a00010a0a00010bc000003500082994"
PCAP_HEAD = bytes.fromhex("d4c3b2a1 02000400 00000000 00000000 ffff0000 01000000")


def capture(path: Path, *frames: bytes) -> Path:
    with path.open("wb") as stream:
        write_pcapng(stream, (CaptureRecord("eth0", frame, "", outbound=False) for frame in frames))
    return path


def packet_of(ran: Ran) -> dict[str, object]:
    found = json.loads(ran.out)["packet"]
    assert isinstance(found, dict)
    return found


# The forms


def test_a_trace_says_the_verdict_first(hnvemu: Run) -> None:
    ran = hnvemu("trace", "A", "X", "tcp/80")

    assert ran.code == 0
    assert ran.out.startswith("DELIVERED  T/A @H1 -> T/X @H2   tcp 10.0.1.10:49152 > 10.1.2.20:80")
    assert "Assumed     source port 49152, TTL 64, new connection" in ran.out
    assert ran.err == "note: no policy is given: this is the sample sample:complex-routing\n"


def test_quiet_is_the_verdict_alone(hnvemu: Run) -> None:
    ran = hnvemu("trace", "A", "X", "tcp/80", "-q")

    assert ran.out == "DELIVERED  T/A @H1 -> T/X @H2   tcp 10.0.1.10:49152 > 10.1.2.20:80\n"


def test_each_v_shows_more(hnvemu: Run) -> None:
    sizes = [len(hnvemu("trace", "A", "X", *flags).out) for flags in ([], ["-v"], ["-vv"])]

    assert sizes == sorted(set(sizes))
    assert hnvemu("trace", "A", "X", "-vv").out == hnvemu("trace", "A", "X", "-vvv").out


def test_minimal_is_a_line_an_effect(hnvemu: Run) -> None:
    ran = hnvemu("trace", "A", "X", "-f", "minimal")

    assert ran.out == (
        "sent H1 H2 nvgre vsid=5003 192.168.10.11 > 192.168.10.12 length=140\n"
        "delivered T/X H2 vsid=5003 src-mac=02-00-00-00-01-0A dst-mac=02-00-00-FF-FF-01 ttl=64\n"
    )


@pytest.mark.parametrize("flags", [["--json"], ["-f", "json"], ["--json", "-f", "json"]])
def test_json_is_one_document(hnvemu: Run, flags: list[str]) -> None:
    document = json.loads(hnvemu("trace", "A", "X", "tcp/80", *flags).out)

    assert document["schema"] == "hnvemu/trace/v1"
    assert document["verdict"]["outcome"] == "delivered"
    assert document["assumptions"] == ["source port 49152", "TTL 64", "new connection"]


def test_pcap_has_the_frame_at_every_place(hnvemu: Run) -> None:
    ran = hnvemu("trace", "A", "X", "-f", "pcap")

    frames = list(read_frames(io.BytesIO(ran.octets)))
    assert [frame.interface for frame in frames] == ["T/A", "H1 provider", "H2 provider", "T/X"]


def test_a_page_is_printed_or_written_to_a_file(hnvemu: Run, tmp_path: Path) -> None:
    file = tmp_path / "trace.html"

    printed = hnvemu("trace", "A", "X", "-f", "html")
    written = hnvemu("trace", "A", "X", "-f", "html", "-o", file)

    assert printed.code == written.code == 0
    assert printed.out.startswith("<!DOCTYPE html>\n")
    assert "DELIVERED T/A → T/X – hnvemu trace</title>" in printed.out
    assert written.out == ""
    assert file.read_text(encoding="utf-8") == printed.out


def test_pcap_is_not_written_to_a_terminal(hnvemu: Run) -> None:
    ran = hnvemu("trace", "A", "X", "-f", "pcap", terminal=True)

    assert (ran.code, ran.out) == (2, "")
    assert "error: a capture is not for a terminal\n  help: name a file: -o FILE\n" in ran.err


# The policy


def test_policies_of_several_options_are_one(hnvemu: Run, policy: Path, tmp_path: Path) -> None:
    more = tmp_path / "more.yaml"
    more.write_text("services: {dns: udp/53}\n", encoding="utf-8")

    ran = hnvemu("trace", "-p", policy, "--policy", more, "A", "B", "dns", "--json")

    assert packet_of(ran)["dst_port"] == 53
    assert ran.err == ""


def test_a_policy_comes_from_stdin(hnvemu: Run, policy: Path) -> None:
    assert hnvemu("trace", "-p", "-", "A", "B", "-q", stdin=policy.read_bytes()).code == 0


def test_the_environment_names_the_policy(
    hnvemu: Run, policy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HNVEMU_POLICY", str(policy))

    ran = hnvemu("trace", "B", "C")

    assert ran.code == 2
    assert "no VM is named 'C'" in ran.err


def test_the_folder_has_the_policy(hnvemu: Run, policy: Path, tmp_path: Path) -> None:
    policy.rename(tmp_path / "hnv.yaml")

    ran = hnvemu("trace", "A", "B", "-v")

    assert "hnv.yaml:13" in ran.out
    assert ran.err == ""


def test_an_option_comes_before_environment_and_folder(
    hnvemu: Run, policy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "hnv.yaml").write_text("not a policy", encoding="utf-8")
    monkeypatch.setenv("HNVEMU_POLICY", "nowhere.yaml")

    assert hnvemu("trace", "-p", policy, "A", "B").code == 0


# What is said of the packet


@pytest.mark.parametrize(
    ("flags", "field", "value"),
    [
        (["--sport", "40000"], "src_port", 40000),
        (["--ttl", "1"], "ttl", 1),
        (["--len", "1200"], "length", 1214),
        (["--src-mac", "02-00-00-00-00-01"], "src_mac", "02-00-00-00-00-01"),
        (["--dst-mac", "0200.0000.0002"], "dst_mac", "02-00-00-00-00-02"),
        (["--src-ip", "10.0.1.50"], "src", "10.0.1.50"),
    ],
)
def test_a_flag_sets_its_field(hnvemu: Run, flags: list[str], field: str, value: object) -> None:
    ran = hnvemu("trace", "A", "X", "udp/53", "--json", *flags)

    assert packet_of(ran)[field] == value


def test_df_sets_the_bit(hnvemu: Run) -> None:
    ran = hnvemu("trace", "A", "X", "udp/53", "--df", "--json")

    assert bytes.fromhex(str(packet_of(ran)["frame"]))[20] == 0x40


def test_established_passes_where_new_is_blocked(hnvemu: Run, policy: Path) -> None:
    new = hnvemu("trace", "-p", policy, "A", "B", "tcp/23", "--state", "new", "-q")
    established = hnvemu("trace", "-p", policy, "A", "B", "tcp/23", "--state", "established", "-q")

    assert new.out.startswith("DROPPED")
    assert established.out.startswith("DELIVERED")


def test_a_conversation_has_its_reply(hnvemu: Run) -> None:
    ran = hnvemu("trace", "A", "X", "tcp/80", "--conversation", "-q")

    assert "Reply: DELIVERED  T/X @H2 -> T/A @H1" in ran.out


LATE = ("-p", "sample:access-control", "app", "db", "tcp/1433", "--conversation")


def test_a_reply_may_come_too_late(hnvemu: Run) -> None:
    in_time = hnvemu("trace", *LATE, "--reply-after", "300")
    late = hnvemu("trace", *LATE, "--reply-after", "301")

    assert "Reply: DELIVERED" in in_time.out
    assert "for 300 s without a packet" in in_time.out
    assert "Remark" not in in_time.out
    assert "Reply: DROPPED  ACL_DENY_IN" in late.out
    assert "Remark      the extended ACLs of shop/app have forgotten" in late.out
    assert "[ACL-43]" in late.out


def test_sessions_and_remarks_are_in_the_document(hnvemu: Run) -> None:
    document = json.loads(hnvemu("trace", *LATE, "--reply-after", "301", "--json").out)

    first, second = document["sessions"]
    assert [remark["kind"] for remark in document["remarks"]] == ["session-forgotten", "one-way"]
    assert document["remarks"][1]["origin"]["line"] == 68
    assert document["return"]["verdict"]["rule"] == "weight 1"
    assert document["return"]["verdict"]["mechanism"] == "extended_acls"
    assert document["return"]["remarks"] == []
    assert first == {
        "port": "shop/app",
        "vsid": 7002,
        "direction": "inbound",
        "mechanism": "extended_acls",
        "src": "10.7.3.10",
        "dst": "10.7.2.10",
        "protocol": "tcp",
        "src_port": 1433,
        "dst_port": 49152,
        "echo_id": None,
        "seconds": 300,
    }
    assert (second["mechanism"], second["seconds"]) == ("firewall", None)


def test_a_session_of_an_echo_has_its_identifier(hnvemu: Run) -> None:
    arguments = ("trace", "-p", "sample:access-control", "web1", "web2", "icmp/echo")

    text = hnvemu(*arguments, "--conversation").out
    document = json.loads(hnvemu(*arguments, "--json").out)

    assert "icmp echo-reply 10.7.1.11 > 10.7.1.10, identifier 0 may pass" in " ".join(text.split())
    assert document["sessions"][0]["echo_id"] == 0
    assert document["sessions"][0]["src_port"] is None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--reply-after", "5"), "add --conversation"),
        (("--conversation", "--reply-after", "-5"), "before what it replies to"),
        (("--conversation", "--reply-after", "5", "--state", "established"), "have no age"),
    ],
)
def test_the_time_of_a_reply_needs_a_conversation_that_begins(
    hnvemu: Run, arguments: tuple[str, ...], said: str
) -> None:
    ran = hnvemu("trace", "A", "X", "tcp/80", *arguments)

    assert ran.code == 2
    assert said in ran.err


def test_a_conversation_without_a_reply_says_why(hnvemu: Run) -> None:
    lost = hnvemu("trace", "A", "10.0.1.99", "--conversation")
    unanswerable = hnvemu("trace", "A", "X", "icmp/3:4", "--conversation")

    assert "note: there is no reply: nobody received it\n" in lost.err
    assert "note: there is no reply: nobody answers such a packet\n" in unanswerable.err


def test_a_profile_changes_the_rules(hnvemu: Run) -> None:
    ran = hnvemu("trace", "A", "X", "--profile", "ws2012r2", "--json")

    assert json.loads(ran.out)["delivered"][0]["ttl"] == 63


def test_every_profile_can_be_asked_for() -> None:
    named = get_type_hints(command.trace)["profile"]

    words = {word for part in get_args(named) for word in get_args(part)}
    assert words == {str(profile) for profile in Profile}


@pytest.mark.parametrize(("text", "flow_id"), [("7", 7), ("255", 255), ("hash", 185)])
def test_a_flowid_goes_into_the_key(hnvemu: Run, text: str, flow_id: int) -> None:
    ran = hnvemu("trace", "A", "X", "--flowid", text, "--json")

    assert json.loads(ran.out)["wire"][0]["flow_id"] == flow_id


# Whole frames


def test_a_frame_in_hex_is_traced(hnvemu: Run, policy: Path) -> None:
    ran = hnvemu("trace", "-p", policy, "--hex", FRAME, "--in", "A", "--json")

    assert ran.code == 0
    assert packet_of(ran)["frame"] == FRAME


def test_hex_comes_from_stdin(hnvemu: Run, policy: Path) -> None:
    ran = hnvemu(
        "trace", "-p", policy, "--hex", "-", "--in", "A", "-q", stdin=FRAME.encode() + b"\n"
    )

    assert ran.out.startswith("DELIVERED  T/A @H1 -> T/B @H2   udp 10.0.1.10:49152")


def test_stdin_is_not_read_without_end(hnvemu: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "_MOST_HEX", 10)

    ran = hnvemu("trace", "--hex", "-", "--in", "A", stdin=b"00" * 6)

    assert ran.code == 2
    assert "standard input holds more than 10 characters" in ran.err


def test_a_frame_of_a_capture_is_traced(hnvemu: Run, policy: Path, tmp_path: Path) -> None:
    file = capture(tmp_path / "c.pcapng", bytes(60), bytes.fromhex(FRAME))

    second = hnvemu("trace", "-p", policy, "--pcap", file, "--frame", "2", "--in", "A", "--json")
    first = hnvemu("trace", "-p", policy, "--pcap", file, "--in", "A", "--json")

    assert packet_of(second)["frame"] == FRAME
    assert packet_of(first)["frame"] == bytes(60).hex()


def test_a_tunnel_frame_enters_at_a_host(hnvemu: Run, policy: Path, tmp_path: Path) -> None:
    sent = json.loads(hnvemu("trace", "-p", policy, "A", "B", "--json").out)
    file = capture(tmp_path / "c.pcapng", bytes.fromhex(sent["wire"][0]["frame"]))

    ran = hnvemu("trace", "-p", policy, "--pcap", file, "--in", "pa:H2", "-q")

    assert (ran.code, ran.out.split()[0]) == (0, "DELIVERED")


def test_a_capture_comes_from_stdin(hnvemu: Run, policy: Path, tmp_path: Path) -> None:
    octets = capture(tmp_path / "c.pcapng", bytes.fromhex(FRAME)).read_bytes()

    ran = hnvemu("trace", "-p", policy, "--pcap", "-", "--in", "A", "-q", stdin=octets)

    assert ran.code == 0


def test_a_frame_that_was_cut_off_is_traced_and_noted(
    hnvemu: Run, policy: Path, tmp_path: Path
) -> None:
    file = tmp_path / "cut.pcap"
    frame = bytes.fromhex(FRAME)[:30]
    head = len(frame).to_bytes(4, "little") + (1500).to_bytes(4, "little")
    file.write_bytes(PCAP_HEAD + bytes(8) + head + frame)

    ran = hnvemu("trace", "-p", policy, "--pcap", file, "--in", "A", "-q")

    assert (ran.code, "MALFORMED" in ran.out) == (0, True)
    assert "note: frame 1 was cut off: 30 of its 1500 octets were captured\n" in ran.err


def test_what_cannot_matter_may_be_cut_off(hnvemu: Run, policy: Path, tmp_path: Path) -> None:
    file = tmp_path / "cut.pcap"
    whole = bytes.fromhex(FRAME)
    frame = whole[:-4]
    head = len(frame).to_bytes(4, "little") + len(whole).to_bytes(4, "little")
    file.write_bytes(PCAP_HEAD + bytes(8) + head + frame)

    ran = hnvemu("trace", "-p", policy, "--pcap", file, "--in", "A", "-q")

    assert ran.out.startswith("DELIVERED")
    assert ran.err == (
        f"note: frame 1 was cut off: {len(frame)} of its {len(whole)} octets were captured;"
        " zeros stand for the others\n"
    )


def test_nobody_makes_room_for_a_length_that_is_nonsense(
    hnvemu: Run, policy: Path, tmp_path: Path
) -> None:
    file = tmp_path / "cut.pcap"
    frame = bytes.fromhex(FRAME)
    head = len(frame).to_bytes(4, "little") + b"\xff" * 4
    file.write_bytes(PCAP_HEAD + bytes(8) + head + frame)

    ran = hnvemu("trace", "-p", policy, "--pcap", file, "--in", "A", "-q")

    assert ran.out.startswith("DELIVERED")
    assert ran.err.endswith(f"{len(frame)} of its 4294967295 octets were captured\n")


def test_a_capture_without_frames_is_nothing_to_do(hnvemu: Run, tmp_path: Path) -> None:
    file = tmp_path / "empty.pcap"
    file.write_bytes(PCAP_HEAD)

    ran = hnvemu("trace", "--pcap", file, "--in", "A")

    assert (ran.code, ran.out) == (5, "")
    assert "has no frame" in ran.err


@pytest.mark.parametrize(
    ("octets", "message"),
    [
        (PCAP_HEAD + bytes(7), "cannot be read as a capture"),
        (b"", "cannot be read as a capture"),
        (b"GIF89a, not a capture", "cannot be read as a capture"),
        (PCAP_HEAD + bytes(8) + b"\x0d\0\0\0\x0d\0\0\0" + bytes(13), "at least 14 octets, not 13"),
    ],
)
def test_a_damaged_capture_is_refused(
    hnvemu: Run, tmp_path: Path, octets: bytes, message: str
) -> None:
    file = tmp_path / "bad.pcap"
    file.write_bytes(octets)

    ran = hnvemu("trace", "--pcap", file, "--in", "A")

    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err
    assert "Traceback" not in ran.err


def test_a_frame_before_the_damage_is_traced(hnvemu: Run, policy: Path, tmp_path: Path) -> None:
    file = capture(tmp_path / "c.pcapng", bytes.fromhex(FRAME))
    file.write_bytes(file.read_bytes() + b"junk")

    first = hnvemu("trace", "-p", policy, "--pcap", file, "--in", "A", "-q")
    second = hnvemu("trace", "-p", policy, "--pcap", file, "--frame", "2", "--in", "A", "-q")

    assert first.code == 0
    assert second.code == 2
    assert "after frame 1" in second.err


def test_a_frame_beyond_the_last_is_refused(hnvemu: Run, tmp_path: Path) -> None:
    file = capture(tmp_path / "c.pcapng", bytes(60))

    ran = hnvemu("trace", "--pcap", file, "--frame", "17", "--in", "A")

    assert ran.code == 2
    assert "there is no frame 17" in ran.err
    assert "help: the last one is 1" in ran.err


# Exit codes


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["tcp/80"], 0),
        (["tcp/23"], 0),
        (["udp/9"], 3),
        (["tcp/80", "--exit-code"], 0),
        (["tcp/23", "--exit-code"], 1),
        (["udp/9", "--exit-code"], 3),
        (["tcp/80", "--expect", "delivered"], 0),
        (["tcp/23", "--expect", "delivered"], 1),
        (["udp/9", "--expect", "delivered"], 3),
        (["udp/9", "--expect", "undecided"], 0),
        (["udp/9", "--expect", "UNDECIDED:unsupported"], 0),
        (["tcp/23", "--expect", "dropped"], 0),
        (["tcp/23", "--expect", "dropped:ACL_DENY_IN"], 0),
        (["tcp/23", "--expect", "Dropped:acl_deny_in"], 0),
        (["tcp/23", "--expect", "dropped:ACL_DENY_OUT"], 1),
        (["tcp/80", "--expect", "to-gateway"], 1),
        (["udp/53", "--expect", "delivered"], 0),
        (["tcp/80", "--expect", "delivered", "--conversation"], 0),
        (["tcp/80", "--exit-code", "--conversation"], 0),
    ],
)
def test_the_exit_code_answers(hnvemu: Run, policy: Path, arguments: list[str], code: int) -> None:
    ran = hnvemu("trace", "-p", policy, "A", "B", *arguments)

    assert ran.code == code
    assert ran.out


def test_a_lost_reply_is_a_negative_answer(hnvemu: Run, policy: Path) -> None:
    arguments = ["trace", "-p", str(policy), "A", "B", "udp/67", "--sport", "68", "--conversation"]

    strict = hnvemu(*arguments, "--exit-code")
    expected = hnvemu(*arguments, "--expect", "delivered")

    assert (strict.code, expected.code) == (1, 1)
    assert expected.err == (
        "note: expected delivered, and it was delivered, and its reply dropped:DHCP_GUARD\n"
    )


def test_an_expectation_that_is_not_met_says_what_was(hnvemu: Run, policy: Path) -> None:
    ran = hnvemu("trace", "-p", policy, "A", "B", "tcp/23", "--expect", "delivered")

    assert ran.err == "note: expected delivered, and it was dropped:ACL_DENY_IN\n"


# Asking wrongly


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "SRC and DST missing"),
        (["A"], "DST missing"),
        (["A", "X", "tcp"], "'tcp' needs a port"),
        (["A", "X", "arp/x"], "'x' in 'arp/x' is no message of arp"),
        (["Aa", "X"], "did you mean 'A'?"),
        (["A", "XX"], "did you mean 'X'?"),
        (["A", "X", "wbe"], "did you mean 'web'?"),
        (["C", "2001:db8::1"], "'T/C' has no IPv6 address"),
        (["A", "X", "--ttl", "300"], "TTL 300 does not fit: 0 to 255"),
        (["A", "X", "--ttl", "many"], "'many' is not a valid int"),
        (["A", "X", "--sport", "1"], "source port 1 is for TCP and UDP"),
        (["A", "X", "--len", "3"], "an IP packet cannot have 3 octets"),
        (["A", "X", "--src-mac", "x"], "'x' is not a MAC address"),
        (["A", "X", "--flowid", "256"], "FlowID 256 does not fit"),
        (["A", "X", "--flowid", "-1"], "FlowID '-1' is not a number"),
        (["A", "X", "--flowid", "many"], "FlowID 'many' is not a number"),
        (["A", "X", "--profile", "ws2016"], "ws2016"),
        (["A", "X", "--state", "old"], "old"),
        (["A", "X", "--in", "B"], "--in is where a frame of --hex or --pcap enters"),
        (["A", "X", "--frame", "1"], "--frame counts the frames of a capture"),
        (["--pcap", "c", "--frame", "0", "--in", "A"], "frames are counted from 1"),
        (["--hex", "00"], "--hex does not say where the frame enters"),
        (["--hex", "00", "--in", "A"], "a frame has at least 14 octets, not 1"),
        (["--hex", "0g", "--in", "A"], "'g' at character 2 is not a hex digit"),
        (["--hex", "00" * 14, "--in", "Q"], "no VM is named 'Q'"),
        (["--hex", "00" * 14, "--in", "pa:H9"], "no host is named 'H9'"),
        (["--hex", "00" * 14, "--pcap", "c", "--in", "A"], "both give the frame"),
        (["A", "X", "--hex", "00", "--in", "A"], "SRC, DST cannot go with --hex"),
        (["--ttl", "1", "--df", "--pcap", "c", "--in", "A"], "--ttl, --df cannot go with --pcap"),
        (["--pcap", "nowhere.pcap", "--in", "A"], "'nowhere.pcap' cannot be read"),
        (["-p", "-", "--hex", "-", "--in", "A"], "cannot both come from stdin"),
        (["--hex", "00" * 14, "--in", "pa:H1", "--state", "new"], "--state is for a packet"),
        (["pa:H1", "X"], "'pa:H1' is a host's provider side"),
        (["A", "X", "-q", "-v"], "--quiet and --verbose contradict each other"),
        (["A", "X", "--json", "-f", "minimal"], "--json and --format minimal contradict"),
        (["A", "X", "-f", "svg"], "svg"),
        (["A", "X", "--expect", "delivrd"], "did you mean 'delivered'?"),
        (["A", "X", "--expect", ""], "'' is no outcome"),
        (["A", "X", "--expect", "dropped:ROUTE_MISING"], "did you mean 'ROUTE_MISSING'?"),
        (["A", "X", "--expect", "dropped:"], "'' is no reason"),
        (["A", "X", "--expect", "delivered:NO_PORT"], "'delivered' has no reason"),
        (["A", "X", "--expect", "dropped", "--exit-code"], "both decide the exit code"),
        (["A", "X", "--nonsense"], "No such option"),
        (["A", "X", "tcp/80", "udp/53"], "unexpected extra argument"),
        (["-p", "nowhere.yaml", "A", "X"], "'nowhere.yaml' cannot be read: there is no such file"),
        (["-p", "sample:startr", "A", "B"], "did you mean 'starter'?"),
        (["A\x1b[31m", "X"], "no VM is named 'A\\x1b[31m'"),
    ],
)
def test_a_wrong_question_exits_2_and_says_why(
    hnvemu: Run, arguments: list[str], message: str
) -> None:
    ran = hnvemu("trace", *arguments)

    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err
    assert "Traceback" not in ran.err


def test_a_policy_that_cannot_be_read_exits_2_with_its_places(hnvemu: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("hnv: 1\nhosts: {H1: {mtu: lots}}\n", encoding="utf-8")

    ran = hnvemu("trace", "-p", "bad.yaml", "A", "X")

    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("bad.yaml:2:14: error")


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_can_be_expected(outcome: Outcome) -> None:
    assert command.expectation(outcome.upper()).outcome is outcome


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_can_be_expected(reason: Reason) -> None:
    assert command.expectation(f"dropped:{reason.lower()}").reason is reason


@pytest.mark.parametrize(
    ("limit", "said"),
    [("0", "is larger than 0 octets"), ("much", "HNVEMU_SIZE_LIMIT is 'much'")],
)
def test_the_environment_limits_the_size_of_a_policy(
    hnvemu: Run, policy: Path, monkeypatch: pytest.MonkeyPatch, limit: str, said: str
) -> None:
    monkeypatch.setenv("HNVEMU_SIZE_LIMIT", limit)

    ran = hnvemu("trace", "-p", policy, "A", "B")

    assert ran.code == 2
    assert said in ran.err
