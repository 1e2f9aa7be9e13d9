"""Fixes change the text where it is wrong, and nothing else."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lint.fakes import POLICY, linted, texts_of

from hnvemu.findings import Note
from hnvemu.lint.fixes import edits_of, fixed, replacements
from hnvemu.lint.judge import Judge, Linted
from hnvemu.lint.rule import Remove, RemoveKey, SetKey, Severity
from hnvemu.lint.run import Diagnostic
from hnvemu.model.origin import BUILT_IN, Origin
from hnvemu.reader.edit import Delete, Put
from hnvemu.value import replace

if TYPE_CHECKING:
    from collections.abc import Callable

    from hnvemu.lint.rule import Mend
    from hnvemu.reader.edit import Edit, PolicyText
    from hnvemu.reader.edit import Path as Path_

EVERY = sorted(Path(__file__).parent.glob("HNV*/bad.yaml"))
OVERRIDES = POLICY.replace("enabled: false}", "enabled: false, override_block: true}")


def test_what_can_be_mended_is_mended_and_the_rest_of_the_text_stays() -> None:
    new, left, count = fixed(texts_of(p=POLICY), linted)

    assert (count, left.found) == (3, ())
    assert new.files["p.yaml"] == POLICY.replace(
        "    - {name: two, action: block, protocol: tcp, local_port: 23}\n"
        "    - {name: three, action: block, protocol: tcp, local_port: 23}\n",
        "",
    ).replace("enabled: false", "enabled: true")


def test_a_key_is_taken_out() -> None:
    new, _, count = fixed(texts_of(p=OVERRIDES), linted)

    assert count == 4
    assert new.files["p.yaml"].endswith(
        "{name: four, action: allow, protocol: udp, local_port: 9, enabled: true}\n"
    )


def test_a_policy_without_findings_is_left_alone() -> None:
    texts = fixed(texts_of(p=POLICY), linted).texts

    again = fixed(texts, linted)

    assert (again.texts, again.mended) == (texts, 0)


def test_ends_of_lines_stay() -> None:
    new = fixed(texts_of(p=POLICY.replace("\n", "\r\n")), linted).texts

    assert new.files["p.yaml"].count("\n") == new.files["p.yaml"].count("\r\n")


def test_two_fixes_that_rely_on_each_other_are_not_both_made() -> None:
    """Each would take out the entry that makes the other one superfluous."""
    one, two = Origin("p.yaml", 14, 7), Origin("p.yaml", 16, 7)

    def both(texts: PolicyText) -> Linted:
        del texts
        return Linted(found=(_removal("HNV001", one, two), _removal("HNV006", two, one)))

    texts = texts_of(p=POLICY)
    rounds: list[str] = []

    def once(found: PolicyText) -> Linted:
        rounds.append("round")
        return both(found) if len(rounds) == 1 else Linted(found=())

    new, _, count = fixed(texts, once)

    assert count == 1
    assert "name: one" not in new.files["p.yaml"]
    assert "name: two" in new.files["p.yaml"]


def test_a_fix_that_breaks_the_policy_is_not_made() -> None:
    """Both VMs are on the host."""
    bad = _finding("HNV001", Origin("p.yaml", 3, 3), Remove(Origin("p.yaml", 3, 3)))
    texts = texts_of(p=POLICY)

    new, left, count = fixed(texts, lambda _: Linted(found=(bad,)))

    assert (count, left.found) == (0, (bad,))
    assert new.files == texts.files


def test_a_fix_that_breaks_the_policy_does_not_stand_in_the_way_of_others() -> None:
    bad = _finding("HNV001", Origin("p.yaml", 3, 3), Remove(Origin("p.yaml", 3, 3)))

    def judged(texts: PolicyText) -> Linted:
        found = linted(texts).found
        return Linted(found=(bad, *found))

    new, left, count = fixed(texts_of(p=POLICY), judged)

    assert (count, left.found) == (3, (bad,))
    assert "name: two" not in new.files["p.yaml"]


def test_fixes_that_undo_each_other_come_to_an_end() -> None:
    def either(texts: PolicyText) -> Linted:
        on = "enabled: true" in texts.files["p.yaml"]
        place = Origin("p.yaml", 18, 7)
        code = "HNV001" if on else "HNV006"
        return Linted(found=(_finding(code, place, SetKey(place, "enabled", not on)),))

    new, left, count = fixed(texts_of(p=POLICY), either)

    assert count == 1
    assert len(left.found) == 1
    assert "enabled: true" in new.files["p.yaml"]


def test_a_fix_that_does_not_help_is_not_made() -> None:
    place = Origin("p.yaml", 14, 7)
    stubborn = _finding("HNV009", place, SetKey(place, "enabled", value=True))

    def judged(texts: PolicyText) -> Linted:
        return Linted(found=(stubborn, *linted(texts).found))

    new, left, count = fixed(texts_of(p=POLICY), judged)

    assert (count, left.found) == (3, (stubborn,))
    assert new.files == fixed(texts_of(p=POLICY), linted).texts.files


@pytest.mark.parametrize("origin", [BUILT_IN, Origin("other.yaml", 3, 3), Origin("p.yaml", 3, 4)])
def test_what_no_file_says_is_not_mended(origin: Origin) -> None:
    found = _finding("HNV001", origin, Remove(origin))

    _, left, count = fixed(texts_of(p=POLICY), lambda _: Linted(found=(found,)))

    assert (count, left.found) == (0, (found,))


def test_what_holds_no_keys_is_not_mended() -> None:
    """The place is that of a word."""
    place = Origin("p.yaml", 3, POLICY.splitlines()[2].index("192") + 1)
    found = _finding("HNV001", place, SetKey(place, "vlan", 3))
    texts = texts_of(p=POLICY)

    _, left, count = fixed(texts, lambda _: Linted(found=(found,)))

    assert (count, left.found) == (0, (found,))
    assert replacements(texts, found) == []
    assert replacements(texts, replace(found, mends=())) == []


def test_a_note_may_be_about_what_no_file_says() -> None:
    place = Origin("p.yaml", 18, 7)
    found = replace(
        _finding("HNV001", place, RemoveKey(place, "enabled")),
        related=(Note("it is built in", BUILT_IN),),
    )

    def judged(texts: PolicyText) -> Linted:
        return Linted(found=(found,) if "enabled" in texts.files["p.yaml"] else ())

    assert fixed(texts_of(p=POLICY), judged).mended == 1


def test_an_entry_of_the_second_file_is_mended_there() -> None:
    rest, _, rules = POLICY.partition("firewall:\n")
    first, second = (
        rest + "firewall:\n" + "".join(rules.splitlines(True)[:2]),
        ("firewall:\n  rules:\n" + "".join(rules.splitlines(True)[3:])),
    )

    new, left, _ = fixed(texts_of(a=first, b=second), linted)

    assert left.found == ()
    assert new.files["a.yaml"] == first
    assert new.files["b.yaml"].count("name: ") == 1


def test_a_replacement_is_as_short_as_it_can_be() -> None:
    texts = texts_of(p=POLICY)
    [found] = [each for each in linted(texts).found if each.code == "HNV006"]

    [change] = replacements(texts, found)

    assert POLICY[change.start : change.end] == "fals"
    assert change.text == "tru"


RULES = st.lists(
    st.fixed_dictionaries(
        {
            "action": st.sampled_from(["allow", "block"]),
            "protocol": st.sampled_from(["tcp", "udp"]),
            "local_port": st.sampled_from(["9", "23"]),
        },
        optional={
            "enabled": st.sampled_from(["true", "false"]),
            "override_block": st.sampled_from(["true", "false"]),
        },
    ),
    max_size=8,
)


@st.composite
def policies(draw: st.DrawFn) -> str:
    """Write firewall rules in flow style or in block style, on a sound policy."""
    text = POLICY.partition("firewall:")[0] + "firewall:\n  rules:\n"
    rules = draw(RULES)
    for number, rule in enumerate(rules):
        pairs = [f"name: r{number}", *(f"{key}: {value}" for key, value in rule.items())]
        text += (
            f"    - {{{', '.join(pairs)}}}\n"
            if draw(st.booleans())
            else "    - " + "\n      ".join(pairs) + "\n"
        )
        text += draw(st.sampled_from(["", "    # a comment\n", "\n"]))
    return text if rules else text.replace("  rules:\n", "  rules: []\n")


@given(policies())
@settings(max_examples=60, deadline=None, derandomize=True)
def test_what_was_mended_is_found_no_more(text: str) -> None:
    before = linted(texts_of(p=text))

    new, left, count = fixed(texts_of(p=text), linted)

    assert left.found == ()
    assert bool(count) == bool(before.found)
    assert linted(texts_of(p=new.files["p.yaml"])).found == ()
    assert new.files["p.yaml"].count("# a comment") == text.count("# a comment")


@given(policies(), st.data())
@settings(max_examples=80, deadline=None, derandomize=True)
def test_edits_at_once_are_the_same_as_from_the_last_to_the_first(
    text: str, data: st.DataObject
) -> None:
    """Whatever stands beside each other, in braces or in blocks, and if nothing is left of it."""
    texts = texts_of(p=text)
    ways: dict[str, Callable[[Path_], Edit]] = {
        "remove": Delete,
        "set": lambda path: Put((*path, "enabled"), "true"),
        "replace": lambda path: Put((*path, "action"), "allow"),
        "take out": lambda path: Delete((*path, "protocol")),
    }
    edits = []
    for number in range(text.count("name: r")):
        way = data.draw(st.sampled_from(["nothing", "remove", "remove", *ways]))
        if way != "nothing":
            edits.append(ways[way](("firewall", "rules", number)))

    at_once = texts.edited_at_once(data.draw(st.permutations(edits)))

    assert at_once.files == texts.edited(edits[::-1]).files


@pytest.mark.parametrize("path", EVERY, ids=[path.parent.name for path in EVERY])
def test_a_fix_of_a_rule_mends_what_the_rule_found(path: Path) -> None:
    texts = texts_of(p=path.read_text(encoding="utf-8"))
    judge = Judge()

    new, left, _ = fixed(texts, judge.lint)

    mendable = [each for each in left.found if edits_of(new, each) is not None]
    assert mendable == []
    before = Counter(each.code for each in judge.lint(texts).found)
    after = Counter(each.code for each in left.found)
    assert after <= before


def _finding(code: str, origin: Origin, *mends: Mend) -> Diagnostic:
    return Diagnostic(
        code=code,
        slug="some",
        severity=Severity.ERROR,
        message="it is wrong",
        origin=origin,
        mends=mends,
    )


def _removal(code: str, origin: Origin, other: Origin) -> Diagnostic:
    note = Note("it is here", other)
    return replace(_finding(code, origin, Remove(origin)), related=(note,))
