"""What a replay came to, in every form, of summaries made by hand."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from hnvemu.addresses import MacAddress, parse_address
from hnvemu.model.origin import Origin
from hnvemu.model.policy import Profile
from hnvemu.render import replay as render
from hnvemu.render.layout import plain
from hnvemu.render.replay import Expected, result_of
from hnvemu.render.replay_rows import Difference, packet_of, row_of
from hnvemu.replay.summary import FlowCount, OtherCount, Summary, Unread, Verdict
from hnvemu.trace.outcome import Outcome, Reason
from hnvemu.wire.build import build_frame
from hnvemu.wire.flow import Flow, read_flow
from hnvemu.wire.neighbour import question

if TYPE_CHECKING:
    from collections.abc import Callable

    from hnvemu.render.replay import Result

GOLDEN = Path(__file__).parent / "golden"
ROOT = Path(__file__).parents[2]
A, B = MacAddress(0x0200_0000_010A), MacAddress(0x0200_0000_010B)
START = 1_700_000_000_000_000_000
SECOND = 1_000_000_000
FILE = "policies/small.yaml"

DELIVERED = Verdict(
    outcome=Outcome.DELIVERED,
    reason=None,
    node="H2",
    to="T/B",
    rule=None,
    mechanism=None,
    origin=Origin(FILE, 12, 7),
    way=("T/A", "H1", "NVGRE 5001", "H2", "T/B"),
    copies=0,
)
DENIED = DELIVERED._replace(
    outcome=Outcome.DROPPED,
    reason=Reason.ACL_DENY_IN,
    rule="no-telnet",
    mechanism="firewall",
    origin=Origin(FILE, 20, 7),
    way=("T/A", "H1", "NVGRE 5001", "H2"),
)
DENIED_OUT = DENIED._replace(
    reason=Reason.ACL_DENY_OUT,
    node="H1",
    to=None,
    rule=None,
    mechanism="port_acls",
    way=("T/A", "H1"),
)
MISSING = DELIVERED._replace(
    outcome=Outcome.DROPPED,
    reason=Reason.DST_RECORD_MISSING,
    node="H1",
    to=None,
    origin=None,
    way=("T/A", "H1"),
)
UNDECIDED = DENIED._replace(
    outcome=Outcome.UNDECIDED, reason=Reason.UNSUPPORTED, rule=None, mechanism=None
)
REPLICATED = DELIVERED._replace(
    outcome=Outcome.REPLICATED, node="H1", to=None, way=("T/A", "H1"), copies=3
)
OUTSIDE = DELIVERED._replace(outcome=Outcome.PASSED_THROUGH, to=None, way=("T/A", "H1"))
ROUTER = OUTSIDE._replace(outcome=Outcome.EXTERNAL_ROUTER)
ARRIVED = DELIVERED._replace(way=("VXLAN 5001", "H2", "T/B"))


def flow(src: str = "10.0.1.10", dst: str = "10.0.1.11", **fields: Any) -> Flow:
    frame = build_frame(
        src_mac=A,
        dst_mac=B,
        src=parse_address(src),
        dst=parse_address(dst),
        **{"protocol": 6, "src_port": 4000, "dst_port": 80, **fields},
    )
    return read_flow(frame)


def count(
    verdict: Verdict = DELIVERED,
    packets: int = 1,
    *,
    entry: str = "T/A",
    after: float = 0,
    number: int = 1,
    found: Flow | None = None,
    **fields: Any,
) -> FlowCount:
    """Return a flow whose first packet comes so many seconds after the start."""
    first = START + int(after * SECOND)
    seen = flow(**fields) if found is None else found
    return FlowCount(
        entry, seen, verdict, packets, packets * 60, first, first + SECOND, "in.pcap", number
    )


def summary(*flows: FlowCount, **more: Any) -> Summary:
    others: tuple[OtherCount, ...] = more.get("others", ())
    unread: dict[Unread, int] = more.get("unread", {})
    packets = sum(each.packets for each in flows) + sum(other.packets for other in others)
    packets += sum(unread.values())
    counted = {"others": (), "unread": {}, "damage": (), "forgotten": 0, **more}
    return Summary(packets=packets, octets=packets * 60, flows=flows, **counted)


def result(*flows: FlowCount, **more: Any) -> Result:
    return result_of(summary(*flows, **more), policy_sha256="0" * 64, profile=Profile.TRANSPARENT)


def text(shown: Result, **options: Any) -> str:
    return plain(render.replay_lines(shown, **options))


WHO_HAS = read_flow(
    question(
        src_mac=A, src=parse_address("10.0.1.10"), target=parse_address("10.0.1.11"), dst_mac=None
    )
)
LONG: dict[str, Any] = {
    "src": "2001:db8:1111:2222:3333:4444:5555:10",
    "dst": "2001:db8:1111:2222::11",
}
WHOLE = result(
    count(DELIVERED, 120_000, after=0.5, number=2, src_port=4001),
    count(DENIED, 5, number=1, dst_port=23),
    count(DENIED, 2, after=9.25, number=40, dst_port=23, src_port=4002),
    count(MISSING, 30, after=1, number=5, dst="10.0.1.99", protocol=1, echo_id=7),
    count(DENIED_OUT, 1, after=2, number=6, protocol=17),
    count(UNDECIDED, 40, after=3, number=7, protocol=17, dst_port=9),
    count(REPLICATED, 4, after=4, number=8, found=WHO_HAS),
    count(OUTSIDE, 3, after=5, number=9, protocol=47),
    count(ROUTER, 2, after=6, number=10, **LONG),
    count(ARRIVED, 1, entry="pa:H2", after=7.000000999, number=11),
    others=(
        OtherCount(Outcome.DELIVERED, None, 700, 42_000, START, START + 9 * SECOND),
        OtherCount(Outcome.DROPPED, Reason.NO_PORT, 1, 60, START, START),
    ),
    unread=dict.fromkeys(Unread, 2),
    damage=("in.pcap: frame 41 at octet 4711: the capture ends inside the record header",),
    forgotten=12,
)._replace(why="hnvemu trace T/A 10.0.1.99")
COMPARED = WHOLE._replace(
    expected=Expected(
        "before.json",
        (
            Difference(
                row_of(*count(DENIED, dst_port=23)[:3]),
                ({"outcome": "delivered", "reason": None, "rule": None, "to": "T/B"},),
                (
                    {
                        "outcome": "dropped",
                        "reason": "ACL_DENY_IN",
                        "rule": "no-telnet",
                        "to": "T/B",
                    },
                ),
            ),
            Difference(
                row_of("pa:H2", WHO_HAS, ARRIVED),
                ({"outcome": "dropped", "reason": "NO_PORT", "rule": None, "to": None},),
                (),
            ),
        ),
        partial=True,
    )
)


@pytest.mark.parametrize("width", [80, 120])
def test_the_text_is_as_it_was_agreed(golden: Callable[[Path, str], None], width: int) -> None:
    golden(GOLDEN / f"replay.{width}.txt", text(COMPARED, width=width) + "\n")


def test_every_flow_is_shown_to_who_wants_more(golden: Callable[[Path, str], None]) -> None:
    golden(GOLDEN / "replay.verbose.txt", text(WHOLE, verbose=True, width=100) + "\n")


def test_quiet_is_the_first_line() -> None:
    assert text(result(count(DENIED, 1_000), count(packets=2)), quiet=True) == (
        "1,002 packets, 60,120 octets, 2 flows   1,000 dropped, 2 delivered"
    )
    assert text(result(count()), quiet=True) == "1 packet, 60 octets, 1 flow   1 delivered"
    assert text(result(), quiet=True) == "0 packets, 0 octets, 0 flows"


def test_what_is_lost_comes_first_then_what_has_the_most_packets() -> None:
    shown = result(
        count(DELIVERED, 500),
        count(OUTSIDE, 900),
        count(UNDECIDED, 3),
        count(MISSING),
        count(DENIED, 2),
    )

    ends = [group.verdict for group in shown.groups]

    assert ends == [DENIED, MISSING, UNDECIDED, OUTSIDE, DELIVERED]


def test_flows_of_one_way_and_one_end_are_one_group() -> None:
    shown = result(
        count(packets=2, after=5), count(packets=3, after=1, src_port=1), count(ARRIVED, src_port=2)
    )

    group, other = shown.groups

    assert (list(group.members), group.packets, group.octets) == ([0, 1], 5, 300)
    assert (group.first, group.last) == (START + SECOND, START + 6 * SECOND)
    assert list(other.members) == [2]


def test_a_filter_limits_what_is_listed_and_not_what_is_counted() -> None:
    shown = result_of(
        summary(count(DENIED, 5), count(packets=7)),
        policy_sha256="",
        profile=Profile.TRANSPARENT,
        filters=("outcome=dropped",),
        keep=lambda *told: told[2].outcome is Outcome.DROPPED,
    )

    first, *page = text(shown).splitlines()
    document = json.loads(render.replay_json(shown))

    assert first == "12 packets, 720 octets, 2 flows   5 dropped, 7 delivered"
    assert not any("DELIVERED" in line for line in page)
    assert (
        "  Shown       1 flow, 5 packets by --filter outcome=dropped; the first line counts all"
        in page
    )
    assert [row["outcome"] for row in document["flows"]] == ["dropped"]
    assert document["outcomes"]["delivered"] == 7
    assert document["shown"] == {"flows": 1, "packets": 5, "bytes": 300}


def test_many_groups_are_cut_and_said_to_be() -> None:
    flows = [count(DENIED._replace(rule=f"r{number}"), src_port=number) for number in range(40)]

    short, whole = text(result(*flows)), text(result(*flows), verbose=True)

    assert short.count("DROPPED") == 30
    assert "  10 more with 10 flows and 10 packets: -v shows all" in short.splitlines()
    assert whole.count("DROPPED") == 40
    assert "more with" not in whole


def test_many_differences_are_cut_and_said_to_be() -> None:
    rows = [row_of(*count(src_port=number)[:3]) for number in range(25)]
    end = {"outcome": "delivered", "reason": None, "rule": None, "to": "T/B"}
    found = tuple(Difference(row, (), (end,)) for row in rows)
    shown = result(count())._replace(expected=Expected("b.json", found, partial=False))

    short, whole = text(shown), text(shown, verbose=True)

    assert short.count(" new T/A") == 20
    assert "5 more; -v shows all" in short
    assert whole.count(" new T/A") == 25
    assert "more; -v" not in whole


def test_a_result_that_is_as_before_says_so() -> None:
    shown = result(count())._replace(expected=Expected("b.json", (), partial=False))

    assert text(shown, quiet=True).endswith("   as in b.json")
    assert "  Expected    as in b.json" in text(shown).splitlines()


def test_a_command_is_never_broken_into_lines() -> None:
    command = "hnvemu trace -p a/very/long/name/of/a/policy.yaml " + "--src-ip 10.0.1.1" * 9

    assert command in text(WHOLE._replace(why=command), width=80)


def test_names_of_a_policy_are_text() -> None:
    bad = "a\x1b[31m[bold]x"
    verdict = DENIED._replace(
        rule=bad, node=bad, way=(bad, "NVGRE 1", bad), origin=Origin(bad, 1, 1)
    )
    shown = result(count(verdict), count(entry=bad), damage=(bad,))._replace(filters=(bad,))

    page = text(shown, verbose=True)

    assert "\x1b" not in page
    assert "firewall in: a\\x1b[31m[bold]x" in page
    assert "a\\x1b[31m[bold]x > [NVGRE 1] > a\\x1b[31m[bold]x > x" in page
    assert json.loads(render.replay_json(shown))["groups"][0]["rule"] == bad


def test_arrows_are_drawn_where_there_are_some() -> None:
    page = text(WHOLE, ascii_only=False)

    assert "T/A › H1 › [NVGRE 5001] › H2 › ✗ firewall in: no-telnet" in page


def leaves(value: Any) -> set[str]:
    """Return all values of a document, in the ways that the text writes them."""
    if isinstance(value, dict):
        return set().union(*map(leaves, value.values()))
    if isinstance(value, list):
        return set().union(*map(leaves, value))
    if isinstance(value, int):
        after = value - START
        seconds = f"{after // SECOND}.{after % SECOND // 1000:06}"
        return {f"{value:,}", seconds}
    return {str(value), *re.findall("[0-9]+", str(value))}


@pytest.mark.parametrize("shown", [WHOLE, COMPARED], ids=["whole", "compared"])
def test_every_fact_of_the_text_is_in_the_json(shown: Result) -> None:
    document = json.loads(render.replay_json(shown))
    known = leaves(document)
    date = "2023-11-14T22:13:20.000000000Z"  # which is `first`

    page = text(shown, verbose=True, width=120).replace(date, "")

    numbers = re.findall(r"(?<![\w.:])[0-9][0-9,]*(?:\.[0-9]{6})?(?![\w.:-])", page)
    assert {number.rstrip(",") for number in numbers} <= known
    for row in document["flows"]:
        assert packet_of(row) in page
    for group in document["groups"]:
        assert (group["reason"] or "") in page
        assert (group["rule"] or "") in page
        assert all(place in page for place in group["way"])
    for difference in (document["expected"] or {"differences": []})["differences"]:
        assert f"{difference['kind']} {difference['flow']['from']}" in page
    assert all(sentence in re.sub(r"\n +", " ", page) for sentence in document["damage"])


@pytest.mark.parametrize("shown", [WHOLE, COMPARED, result()], ids=["whole", "compared", "empty"])
def test_the_schema_holds(shown: Result) -> None:
    file = ROOT / "hnvemu" / "schema" / "replay.schema.json"
    schema = json.loads(file.read_text(encoding="utf-8"))

    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(json.loads(render.replay_json(shown)))


def test_each_flow_is_a_line_of_the_json() -> None:
    lines = render.replay_json(WHOLE).splitlines()

    flows = [line for line in lines if line.startswith('    {"from": ')]
    assert len(flows) == len(WHOLE.shown)


def test_totals_are_the_first_line_and_flows_the_others() -> None:
    document = json.loads(render.replay_json(WHOLE))

    totals, *flows = map(json.loads, render.replay_jsonl(WHOLE).split("\n"))

    assert totals.pop("kind") == "totals"
    assert totals == {key: document[key] for key in document if key not in {"groups", "flows"}}
    assert flows == [{"kind": "flow", **row} for row in document["flows"]]


def test_a_table_is_what_rfc_4180_says() -> None:
    rule = 'no "telnet",\r\never'
    page = render.replay_csv(result(count(DENIED._replace(rule=rule))))

    head, row, *rest = csv.reader(io.StringIO(page, newline=""))

    assert page.startswith("from,src,dst,protocol,")
    assert page.endswith("\r\n")
    assert page.isascii()
    assert not rest
    assert dict(zip(head, row, strict=True))["rule"] == rule


def test_a_table_has_a_row_for_each_flow() -> None:
    rows = list(csv.DictReader(io.StringIO(render.replay_csv(WHOLE), newline="")))

    assert [int(row["packets"]) for row in rows] == [flow.packets for flow in WHOLE.flows]


def test_what_a_table_has_no_place_for_is_told_beside_it() -> None:
    told = list(render.notes(COMPARED))

    assert told[0] == "2 flows differ from before.json"
    assert "not read: 2 frames not Ethernet" in told
    assert not any("seconds since" in sentence for sentence in told)


@pytest.mark.parametrize("seconds", [-1, 0, 2**33])
def test_a_capture_of_any_time_has_a_date(seconds: int) -> None:
    first = seconds * SECOND + 1
    shown = result(count()._replace(first=first, last=first))

    year = {-1: "1969-12-31T23:59:59", 0: "1970-01-01T00:00:00", 2**33: "2242-03-16T12:56:32"}
    assert f"{year[seconds]}.000000001Z, when the first" in text(shown)


def test_where_there_are_many_ways_their_ends_come_first() -> None:
    frame = build_frame(
        src_mac=A,
        dst_mac=B,
        src=parse_address("10.0.1.10"),
        dst=parse_address("10.0.1.11"),
        protocol=6,
    )
    ends = [DENIED, DELIVERED]
    flows = tuple(
        FlowCount(
            f"T/{number}",
            read_flow(frame),
            ends[number % 2]._replace(way=(f"T/{number}", "H1")),
            packets=1,
            octets=100,
            first=START + number,
            last=START + number,
            capture="in.pcap",
            number=number,
        )
        for number in range(22)
    )
    summary = Summary(22, 2200, flows, (), {}, (), 0)

    text = plain(render.replay_lines(result_of(summary, policy_sha256="", profile=Profile.HNVV2)))

    told = [line.split()[:-2] for line in text.splitlines()[2:5]]
    assert told == [
        ["all", "together", "flows", "packets", "octets"],
        ["DROPPED", "ACL_DENY_IN", "firewall", "in:", "no-telnet", "11", "11", "1,100"],
        ["DELIVERED", "11", "11", "1,100"],
    ]
