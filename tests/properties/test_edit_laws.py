"""An edit of the text does to what it says what the edit does to a plain value, and no more."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from properties.amount import MANY

from hnvemu.errors import QuestionError
from hnvemu.reader.edit import Append, Delete, PolicyText, Put
from hnvemu.reader.patch import patched
from hnvemu.reader.source import Source

if TYPE_CHECKING:
    from hnvemu.reader.edit import Edit, Path

words = st.sampled_from(
    ["a", "b", "10.0.1.0/24", "2001:db8::/32", "on-link", "no", "null", "~", "", "5001", "x y", "é",
     "it's", '"', "#1", "a # b", "a: b", "- a", "*", "{", "T/A", "02-00", "\u2028", "\n", "\\", "?",
     "true", "1.5", "<<", "=", "a,b", "]", "wéb"]
)  # fmt: skip
keys = st.sampled_from(["a", "b", "c", "k:1", "10.0", "x y", "é", "null", "", "#"])
values = st.recursive(
    words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)
documents = st.dictionaries(keys, values, max_size=4)


PLAIN = {"a", "b", "c", "10.0.1.0/24", "on-link", "no", "5001", "x y", "é", "T/A", "wéb"}


@st.composite
def word(draw: st.DrawFn, text: str) -> str:
    """Write a word with quotes or, where it needs none, without."""
    styles = [json.dumps(text)]
    if "\n" not in text and "\u2028" not in text:
        styles.append("'" + text.replace("'", "''") + "'")
    if text in PLAIN:
        styles += [text] * 3
    return draw(st.sampled_from(styles))


@st.composite
def in_flow(draw: st.DrawFn, value: Any, column: int) -> str:
    """Write a value in flow style, on one line or on several."""
    if isinstance(value, str):
        return draw(word(value))
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    if isinstance(value, dict):
        parts = [
            f"{draw(word(key))}: {draw(in_flow(inner, column + 2))}" for key, inner in value.items()
        ]
    else:
        parts = [draw(in_flow(inner, column + 2)) for inner in value]
    if not parts:
        return opening + draw(st.sampled_from(["", " "])) + closing
    comma = draw(st.sampled_from(["", "", ",", " ,"]))
    if draw(st.integers(0, 2)):
        return opening + draw(st.sampled_from([", ", " , "])).join(parts) + comma + closing
    lead = "\n" + " " * (column + 2)
    remark = st.sampled_from(["", "", "  # r, }", " #"])
    *others, last = parts
    lines = [f"{lead}{part},{draw(remark)}" for part in others]
    end = draw(st.sampled_from(["", f"{draw(remark)}{lead}"]))
    return f"{opening}{''.join(lines)}{lead}{last}{comma}{end}{closing}"


@st.composite
def in_block(draw: st.DrawFn, value: Any, column: int) -> str:
    """Write a mapping or list that has entries in block style: whole lines."""
    lead = " " * column
    lines = []
    pairs = value.items() if isinstance(value, dict) else ((None, inner) for inner in value)
    for key, inner in pairs:
        lines.append(draw(st.sampled_from(["", "", "", f"{lead}# note\n", "\n", "# far, {a\n"])))
        sign = "-" if key is None else draw(word(key)) + draw(st.sampled_from([":", ":", " :"]))
        lines.append(lead + sign + draw(behind(inner, column, is_item=key is None)))
    return "".join(lines)


@st.composite
def behind(draw: st.DrawFn, value: Any, column: int, *, is_item: bool) -> str:
    """Write what stands behind a colon or a dash, to the end of its last line."""
    remark = draw(st.sampled_from(["", "", "  # r: }", " #"]))
    if value == "\n" or not value or isinstance(value, str) or draw(st.booleans()):
        if value == "a" and draw(st.booleans()):
            return f" |-\n{' ' * (column + 2)}a\n" + draw(st.sampled_from(["", "\n"]))
        gap = draw(st.sampled_from([" ", "   "]))
        return f"{gap}{draw(in_flow(value, column + 1))}{remark}\n"
    if is_item and draw(st.booleans()):
        block = draw(in_block(value, column + 2))
        if block.startswith(" " * (column + 2)) and block.lstrip()[0] != "#":
            return " " + block.lstrip(" ")
        return f"{remark}\n{block}"
    deeper = 0 if isinstance(value, list) and not is_item else 1
    return f"{remark}\n{draw(in_block(value, column + draw(st.integers(deeper, 3))))}"


@st.composite
def texts(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A text and what it says."""
    document = draw(documents)
    block = bool(document) and draw(st.booleans())
    text = draw(in_block(document, 0)) if block else draw(in_flow(document, 0))
    text = draw(st.sampled_from(["", "# top\n\n", "---\n"])) + text
    if draw(st.booleans()):
        text = text.removesuffix("\n")
    return text.replace("\n", draw(st.sampled_from(["\n", "\n", "\r\n"]))), document


def policy_text(*texts: str) -> PolicyText:
    return PolicyText(
        tuple(
            Source(f"{at}.yaml", text.encode(), text.encode(), is_text=True)
            for at, text in enumerate(texts)
        )
    )


def paths(value: Any) -> list[Path]:
    """Return the paths of everything in a value."""
    found: list[Path] = []
    inside: Any = enumerate(value) if isinstance(value, list) else ()
    for step, inner in value.items() if isinstance(value, dict) else inside:
        found += [(step,), *((step, *below) for below in paths(inner))]
    return found


@st.composite
def edits(draw: st.DrawFn, document: dict[str, Any]) -> Edit:
    known = paths(document)
    path: Path = ()
    is_known = draw(st.integers(0, 5))
    if known and is_known:
        path = draw(st.sampled_from(known))
    kind = draw(st.sampled_from([Put, Append, Delete]))
    if not path or (kind is not Delete and draw(st.booleans())):
        path = (*path, *draw(st.lists(keys, min_size=1, max_size=2)))
    return Delete(path) if kind is Delete else kind(path, draw(values))


def applied(document: dict[str, Any], edit: Edit) -> dict[str, Any] | None:
    """Do to a plain value what an edit does to a text; None where it cannot be done."""
    document = copy.deepcopy(document)
    *way, last = edit.path
    holder: Any = document
    for step in way:
        if isinstance(holder, dict) and step not in holder and not isinstance(edit, Delete):
            holder[step] = {}
        try:
            holder = holder[step]
        except (KeyError, IndexError, TypeError):
            return None
    there = isinstance(holder, dict) and last in holder
    if isinstance(holder, list) and isinstance(last, int):
        there = last < len(holder)
    if not there and (isinstance(edit, Delete) or not isinstance(holder, dict)):
        return None
    if isinstance(edit, Delete):
        del holder[last]
    elif isinstance(edit, Put):
        holder[last] = edit.value
    else:
        old = holder[last] if there else []
        holder[last] = [*(old if isinstance(old, list) else [old]), edit.value]
    return document


@given(st.data())
@settings(max_examples=MANY)
def test_an_edited_text_says_what_the_edited_value_is(data: st.DataObject) -> None:
    text, document = data.draw(texts())
    before = policy_text(text)
    assert before.value_at(()) == document

    edit = data.draw(edits(document))
    wanted = applied(document, edit)

    if wanted is None:
        with pytest.raises(QuestionError):
            before.edited([edit])
    else:
        after = before.edited([edit])
        assert after.value_at(()) == wanted, [*after.files.values()]
        assert [*wanted] == [*after.value_at(())]


@given(st.data())
def test_whatever_is_added_takes_nothing_away(data: st.DataObject) -> None:
    text, document = data.draw(texts())
    before = policy_text(text)
    edit = data.draw(edits(document))
    is_new = isinstance(edit, Put) and before.value_at(edit.path) is None
    if not (is_new or isinstance(edit, Append)) or applied(document, edit) is None:
        return

    after = before.edited([edit])

    rest = iter(after.files["0.yaml"])
    assert all(sign in rest for sign in text)


@given(st.data())
def test_an_edit_of_one_of_several_files_is_an_edit_of_what_they_say(data: st.DataObject) -> None:
    document = data.draw(documents)
    cut = data.draw(st.integers(0, len(document)))
    pairs = [*document.items()]
    first, second = dict(pairs[:cut]), dict(pairs[cut:])
    before = policy_text(*(data.draw(in_flow(part, 0)) for part in (first, second)))
    edit = data.draw(edits(document))
    wanted = applied(document, edit)
    if wanted is None:
        return

    after = before.edited([edit])

    assert after.value_at(()) == wanted
    assert before.value_at(()) == document


@given(st.data())
def test_a_diff_of_an_edit_is_the_edit(data: st.DataObject) -> None:
    text, document = data.draw(texts())
    before = policy_text(text)
    edit = data.draw(edits(document))
    if applied(document, edit) is None:
        return

    after = before.edited([edit])

    diff = before.diff(after)
    assert diff == "" or patched(before, diff).files == after.files
