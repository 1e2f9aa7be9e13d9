"""What an explanation says, as sections."""

from __future__ import annotations

from ipaddress import IPv4Address

from hnvemu.model.origin import Origin
from hnvemu.render.explanation import Listing, Point, ending, explanation_document, sections
from hnvemu.trace.explanation import (
    Blocker,
    Changed,
    Ending,
    Explanation,
    Fix,
    Missed,
    NearMiss,
)
from hnvemu.trace.outcome import Outcome, Reason
from hnvemu.trace.steps import LookupMissed
from hnvemu.value import replace

STEP = LookupMissed(5001, IPv4Address("10.0.1.99"))
NEAR = NearMiss("record R", "VSID", "5003", "5001", Origin("p.yaml", 3, 5), "out of reach")
LOST = Ending(Outcome.DROPPED, Reason.DST_RECORD_MISSING, "H1")
ARRIVED = Ending(Outcome.DELIVERED, None, "H2")
FIX = Fix(
    summary="add a record",
    diff="--- a/p.yaml\n+++ b/p.yaml\n",
    cmdlets=("New-Thing -A 1",),
    hosts=("H1", "H2"),
    opens=(Changed("T/B", "T/X", "tcp 1 > 2", LOST, ARRIVED),),
    compared=7,
)


def titles(explanation: Explanation) -> list[str]:
    return [section.title for section in sections(explanation)]


def test_what_has_nothing_to_say_is_left_out() -> None:
    assert titles(Explanation()) == []
    assert titles(Explanation(applies_to=("sent by T/A",))) == ["Applies to"]


def test_sections_stand_in_the_order_in_which_people_read_them() -> None:
    blocker = Blocker(step=STEP, node="H1", reason=Reason.DST_RECORD_MISSING, fix=FIX)
    found = Explanation(
        missed=(Missed("H1", STEP, (NEAR,)),),
        blockers=(blocker,),
        mended=ARRIVED,
        applies_to=("sent by T/A", "untagged"),
        unread=("TTL",),
    )

    assert titles(found) == ["Applies to", "Nearest", "Blockers", "Fix", "Opens"]
    applies, nearest, blockers, fix, opens = sections(found)
    assert [entry.text for entry in applies.entries] == [
        "sent by T/A; untagged",
        "not looked at: TTL",
    ]
    assert nearest.entries[0].label == "H1 record missing"
    assert nearest.entries[0].points == (
        Point("record R: VSID 5003, not 5001; out of reach", "p.yaml:3"),
    )
    assert blockers.entries[0].label == "1. DST_RECORD_MISSING at H1"
    mend, after = fix.entries
    assert (mend.label, mend.text) == ("1.", "add a record")
    assert mend.listings == (
        Listing("in the policy", ("--- a/p.yaml", "+++ b/p.yaml"), "diff"),
        Listing("in PowerShell, on H1, H2", ("New-Thing -A 1",), "powershell"),
    )
    assert after.text == "after this fix the packet is delivered at H2"
    assert opens.entries[0].text == (
        "T/B -> T/X, tcp 1 > 2: was dropped (DST_RECORD_MISSING) at H1, would be delivered at H2"
    )
    assert opens.entries[1].text == "7 other packets compared"


def test_what_two_fixes_change_for_a_packet_is_told_from_first_to_last() -> None:
    denied = Ending(Outcome.DROPPED, Reason.ACL_DENY_IN, "H2")
    back = Changed("T/X", "T/B", "tcp 2 > 1", LOST, ARRIVED)
    first = replace(FIX, opens=(Changed("T/B", "T/X", "tcp 1 > 2", LOST, denied), back))
    second = replace(
        FIX,
        opens=(
            Changed("T/B", "T/X", "tcp 1 > 2", denied, ARRIVED),
            back._replace(before=ARRIVED, after=LOST),
        ),
    )
    blockers = tuple(
        Blocker(step=STEP, node="H1", reason=Reason.DST_RECORD_MISSING, fix=fix)
        for fix in (first, second)
    )

    opens = sections(Explanation(blockers=blockers, mended=ARRIVED))[-1]

    assert [entry.text for entry in opens.entries] == [
        "T/B -> T/X, tcp 1 > 2: was dropped (DST_RECORD_MISSING) at H1, would be delivered at H2",
        "7 other packets compared",
    ]


def test_what_fixes_open_is_told_by_groups_and_not_without_end() -> None:
    def fixed(*opens: Changed) -> Explanation:
        fix = replace(FIX, opens=opens)
        blocker = Blocker(step=STEP, node="H1", reason=Reason.DST_RECORD_MISSING, fix=fix)
        return Explanation(blockers=(blocker,), mended=ARRIVED)

    def told(found: Explanation, *, everything: bool = False) -> list[str]:
        entries = sections(found, everything=everything)[-1].entries
        return [entry.text for entry in entries]

    alike = fixed(
        *(Changed(s, d, "tcp 1 > 2", LOST, ARRIVED) for s in ("T/A", "T/B") for d in ("T/X", "T/Y"))
    )
    different = fixed(
        *(Changed("T/A", f"T/{n}", "", LOST, ARRIVED._replace(node=f"H{n}")) for n in range(12))
    )

    assert told(alike)[0] == (
        "T/A, T/B -> T/X, T/Y: was dropped (DST_RECORD_MISSING) at H1, would be delivered at H2"
    )
    assert told(different)[10:] == ["and 2 more; -v says all", "7 other packets compared"]
    assert len(told(different, everything=True)) == 13


def test_a_miss_that_nothing_came_near_says_so() -> None:
    (section,) = sections(Explanation(missed=(Missed("H1", STEP, ()),)))

    assert section.entries[0].text == "no other row comes near"


def test_advice_stands_where_no_policy_helps() -> None:
    blocker = Blocker(
        step=STEP, node="H1", reason=Reason.DST_RECORD_MISSING, fix=None, advice="send elsewhere"
    )

    assert sections(Explanation(blockers=(blocker,)))[1].entries[0].text == "send elsewhere"


def test_endings_say_what_where_and_why() -> None:
    assert ending(LOST) == "dropped (DST_RECORD_MISSING) at H1"
    assert ending(Ending(Outcome.TO_GATEWAY, None, "H3")) == "handed to a gateway at H3"
    router = Ending(Outcome.EXTERNAL_ROUTER, None, "H1")
    assert ending(router) == "handed to the external router at H1"


def test_json_has_every_field() -> None:
    blocker = Blocker(step=STEP, node="H1", reason=Reason.DST_RECORD_MISSING, fix=FIX)
    document = explanation_document(Explanation(blockers=(blocker,), mended=ARRIVED))

    (told,) = document["blockers"]
    assert told["fix"]["opens"][0]["before"]["reason"] == "DST_RECORD_MISSING"
    assert told["fix"]["hosts"] == ["H1", "H2"]
    assert document["mended"]["outcome"] == "delivered"
