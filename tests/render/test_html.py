from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hnvemu import Fabric, load_policy
from hnvemu.analysis.conversation import Remark, RemarkKind
from hnvemu.catalogue.rules import RULES
from hnvemu.model.acl import Action, Firewall, FirewallDefault
from hnvemu.model.origin import Origin
from hnvemu.render.html import trace_page
from hnvemu.render.html_style import STYLE
from hnvemu.render.wording import words
from hnvemu.trace.explanation import Blocker, Ending, Explanation, Fix, Missed, NearMiss
from hnvemu.trace.outcome import Outcome, Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hnvemu.trace.steps import Step
    from hnvemu.trace.trace import Trace

GOLDEN = Path(__file__).parent / "golden"
SAMPLE = Path(__file__).parents[2] / "policies" / "complex-routing.yaml"
VOID = {"meta"}
NO_ANSWER = Firewall(
    defaults=(
        FirewallDefault(inbound=Action.BLOCK, outbound=Action.ALLOW, origin=Origin("p.yaml", 1, 1)),
    )
)
CASES = [
    "same subnet", "conversation", "one host", "to the gateway", "counted", "vxlan", "expired",
    "no record", "denied", "stale", "external router", "passed through", "multicast", "not IP",
    "captured", "no tunnel", "tagged outside", "tagged inside",
]  # fmt: skip


class Reader(HTMLParser):
    """Collects what is in a page, and sees whether tags are closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.headings: list[int] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(key, value or "") for key, value in attrs]
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.text += data

    def all(self, key: str) -> list[str]:
        return [value for found, value in self.attributes if found == key]


def all_steps(trace: Trace) -> Iterator[Step]:
    yield from trace.steps
    for branch in trace.branches:
        yield from all_steps(branch)
    if trace.reply is not None:
        yield from all_steps(trace.reply)


@pytest.mark.parametrize("case", CASES)
def test_the_page_has_every_step_every_rule_and_every_note(
    traces: dict[str, Trace], case: str
) -> None:
    page = Reader(trace_page(traces[case]))

    for step in all_steps(traces[case]):
        assert words(step, arrow="→").detail in page.text
        for rule in step.rules:
            assert RULES[rule].title in page.text
    for note in traces[case].notes:
        assert note.text in page.text
    for assumed in traces[case].assumptions:
        assert assumed in page.text


@pytest.mark.parametrize("case", CASES)
def test_tags_are_closed_ids_are_unique_and_references_lead_somewhere(
    traces: dict[str, Trace], case: str
) -> None:
    page = Reader(trace_page(traces[case]))

    ids = page.all("id")
    assert page.open == []
    assert len(set(ids)) == len(ids)
    assert {f"#{ident}" for ident in ids} >= set(page.all("href"))
    for labels in page.all("aria-labelledby"):
        assert set(labels.split()) <= set(ids)


@pytest.mark.parametrize("case", CASES)
def test_headings_begin_with_the_verdict_and_skip_no_level(
    traces: dict[str, Trace], case: str
) -> None:
    headings = Reader(trace_page(traces[case])).headings

    assert headings[0] == 1
    assert headings.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(headings))


def test_the_page_loads_nothing_and_runs_nothing(traces: dict[str, Trace]) -> None:
    page = trace_page(traces["conversation"])

    content = Reader(page)
    assert "default-src 'none'; style-src 'unsafe-inline'" in " ".join(content.all("content"))
    assert not {"script", "link", "img", "iframe", "object", "form"} & set(content.tags)
    assert not [key for key, _ in content.attributes if key in {"src", "style"} or key[:2] == "on"]
    assert "http://" not in page
    assert "https://" not in page
    assert "url(" not in page
    assert "@import" not in page


EVIL = "</style><script>alert(\"1\")</script>&amp;' onload='x\u202egnp.\u2066\x1b[2J\n"


def test_text_of_a_policy_is_never_markup(send: Callable[..., Trace]) -> None:
    calm, evil = send("T/A", "10.0.1.99"), send("T/A", "10.0.1.99")
    for trace, name in ((calm, "calm"), (evil, EVIL)):
        trace.at = name
        trace.path.hops = (trace.hops[0]._replace(node=name),)
        trace.assumptions = (name,)
        trace.explanation = Explanation(applies_to=(name,), unread=(name,))

    page = trace_page(evil)

    content = Reader(page)
    others = Reader(trace_page(calm)).tags
    assert [t for t in content.tags if t != "text"] == [t for t in others if t != "text"]
    assert "<script" not in page
    assert not set("\u202e\u2066\x1b") & set(page)
    assert r"\u202egnp.\u2066\x1b[2J\n" in content.text


def test_a_huge_name_stands_in_full(send: Callable[..., Trace]) -> None:
    trace = send("T/A", "10.0.1.99")
    name = "machine" * 1000
    trace.path.hops = (trace.hops[0]._replace(node=name),)

    page = trace_page(trace)

    assert name in Reader(page).text
    assert len(page) < 200_000


def test_equal_questions_give_equal_pages(send: Callable[..., Trace]) -> None:
    assert trace_page(send("T/A", "10.1.2.20")) == trace_page(send("T/A", "10.1.2.20"))


def test_fields_that_change_are_marked_and_the_others_are_not(traces: dict[str, Trace]) -> None:
    page = trace_page(traces["counted"])

    assert page.count('<span class="flag">changed</span>') == 6  # MAC, TTL, checksum, twice
    assert re.search(r"TTL</th><td>64</td><td data-at=[^>]*><mark>63</mark>", page)
    assert 'source MAC</th><td>02-00-00-00-01-0A</td><td class="same">same</td>' in page


def test_a_frame_that_does_not_change_is_said_to_arrive_as_sent(traces: dict[str, Trace]) -> None:
    page = trace_page(traces["same subnet"])

    assert "The frame arrives as it was sent, octet for octet." in page
    assert "<mark>" not in page


def test_the_frame_on_the_wire_shows_vsid_and_outer_addresses(traces: dict[str, Trace]) -> None:
    nvgre, vxlan = (trace_page(traces[case]) for case in ("conversation", "vxlan"))

    assert '>VSID</th><td class="none">–</td><td>5003</td>' in nvgre
    assert '>FlowID</th><td class="none">–</td><td>0</td>' in nvgre
    assert '>source</th><td class="none">–</td><td>192.168.10.11</td>' in nvgre
    assert '>VNI</th><td class="none">–</td><td>5003</td>' in vxlan
    assert "0x08 (the VNI counts)" in vxlan


def test_the_octets_of_every_frame_can_be_unfolded(traces: dict[str, Trace]) -> None:
    page = Reader(trace_page(traces["same subnet"])).text

    trace = traces["same subnet"]
    frames = [trace.frame, *(w.frame for w in trace.wire), *(d.frame for d in trace.delivered)]
    for frame in frames:
        assert f"{len(frame)} octets" in page
        assert frame[:14].hex(" ") in page


def test_an_answer_is_a_frame_of_its_own() -> None:
    question = bytes.fromhex(
        "ffffffffffff 02000000010a 0806 000108000604000102000000010a 0a00010a 000000000000 0a00010b"
    )
    trace = Fabric.compile(load_policy(SAMPLE)).send(question, at="A")

    page = trace_page(trace)

    assert trace.outcome is Outcome.ANSWERED
    assert "the answer to <bdi>T/A</bdi>" in page
    assert re.search(
        r"operation</th><td>1 \(request\)</td><td data-at=[^>]*>2 \(reply\)</td>", page
    )
    assert "changed</span>" not in page


def test_the_reply_is_a_second_part_under_its_own_verdict(traces: dict[str, Trace]) -> None:
    page = trace_page(traces["conversation"])

    content = Reader(page)
    assert {"reply", "reply-steps", "reply-frames", "reply-way"} <= set(content.all("id"))
    assert "#reply" in content.all("href")
    assert '<a href="#reply">Reply</a>: <b>DELIVERED</b></p>' in page


def test_what_packet_and_reply_say_together_stands_at_the_end(send: Callable[..., Trace]) -> None:
    trace = send("T/A", "10.1.2.20", firewall=NO_ANSWER)
    trace.reply = send("T/X", "10.0.1.99")
    remark = Remark(RemarkKind.ONE_WAY, "nothing <comes> back", ("ACL-19",), Origin("p.yaml", 3, 1))
    trace.remarks = (remark,)

    page = trace_page(trace)

    assert "Reply</a>: <b>DROPPED</b>, DST_RECORD_MISSING at <bdi>H2</bdi>" in page
    end = page.partition('<section id="conversation"')[2]
    assert "nothing &lt;comes&gt; back" in end
    assert "p.yaml:3" in end
    assert "may pass inbound at T/A" in end


def test_copies_unfold_and_a_lost_one_is_open(send: Callable[..., Trace]) -> None:
    calm, lossy = send("T/A", "224.0.0.1", protocol=17), send("T/A", "224.0.0.1", protocol=17)
    branch = lossy.branches[0]
    lost = send("T/A", "10.0.1.99")
    branch.path = lost.path

    pages = [trace_page(trace) for trace in (calm, lossy)]

    assert "1 copy: 1 delivered" in pages[0]
    assert 'id="packet-copy-1"><summary>' in pages[0]
    assert "1 copy: 1 dropped" in pages[1]
    assert 'id="packet-copy-1" open><summary>' in pages[1]


def test_an_explanation_shows_near_misses_blockers_and_fixes_as_diffs(
    send: Callable[..., Trace],
) -> None:
    trace = send("T/A", "10.0.1.99")
    place = Origin("p", 7, 1)
    near = NearMiss("record 10.0.1.11 in VSID 5001", "CA", "10.0.1.11", "10.0.1.99", place)
    fix = Fix(summary="add a record", diff="--- p\n+++ p\n-old <row>\n+new\n", cmdlets=("New-It",))
    trace.explanation = Explanation(
        missed=(Missed("H1", trace.path.last, (near,)),),
        blockers=(
            Blocker(step=trace.path.last, node="H1", reason=Reason.DST_RECORD_MISSING, fix=fix),
        ),
        mended=Ending(Outcome.DELIVERED, None, "H2"),
    )

    page = trace_page(trace)

    assert 'record 10.0.1.11 in VSID 5001: CA 10.0.1.11, not 10.0.1.99 <span class="place">' in page
    assert "<b>1. DST_RECORD_MISSING at H1</b>" in page
    assert "--- p\n+++ p\n<del>-old &lt;row&gt;</del>\n<ins>+new</ins>\n" in page
    assert "New-It" in page
    assert "after this fix the packet is delivered at H2" in page
    assert Reader(page).open == []


def test_the_footer_names_policy_and_profile(traces: dict[str, Trace]) -> None:
    footer = trace_page(traces["vxlan"]).partition("<footer>")[2]

    assert f"sha256 {'5' * 64}" in footer
    assert "hnvv2" in footer


def test_text_has_a_contrast_of_four_and_a_half_in_light_and_dark() -> None:
    screen, _, paper = STYLE.partition("@media print")
    light, _, dark = screen.partition("prefers-color-scheme:dark")

    for palette in (light, dark, paper):
        colors = dict(re.findall(r"--([a-z-]+):(#[0-9a-f]{3,6})\b", palette))
        pairs = [(text, back) for text in ("ink", "soft", "link") for back in ("page", "panel")]
        pairs += [
            (text, f"{tone}-back")
            for tone in ("good", "bad", "unsure", "tunnel")
            for text in (tone, "ink", "soft")
        ]
        pairs += [(tone, "page") for tone in ("good", "bad", "unsure", "tunnel")]
        poor = {pair for pair in pairs if contrast(colors[pair[0]], colors[pair[1]]) < 4.5}
        assert poor == set()


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours as WCAG defines it."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def luminance(color: str) -> float:
    digits = color[1:] if len(color) == 7 else "".join(digit * 2 for digit in color[1:])
    parts = [octet / 255 for octet in bytes.fromhex(digits)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_a_denied_packet_as_a_page(
    traces: dict[str, Trace], golden: Callable[[Path, str], None]
) -> None:
    golden(GOLDEN / "denied.html", trace_page(traces["denied"]))
