from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from hnvemu.render.notebook import trace_html
from hnvemu.render.wording import words

if TYPE_CHECKING:
    from collections.abc import Callable

    from hnvemu.trace.trace import Trace


class Reader(HTMLParser):
    """Collects tags and text, and sees whether tags are closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self.tags.add(tag)
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("case", ["conversation", "denied", "stale", "no tunnel", "multicast"])
def test_the_page_has_every_step_and_every_note(traces: dict[str, Trace], case: str) -> None:
    page = Reader(trace_html(traces[case]))

    assert page.open == []
    for step in traces[case].steps:
        assert words(step).detail in page.text
    for note in traces[case].notes:
        assert note.text in page.text


def test_the_page_has_no_script_and_loads_nothing(traces: dict[str, Trace]) -> None:
    page = trace_html(traces["conversation"])

    assert Reader(page).tags == {
        "div", "style", "details", "summary", "b", "i", "small", "pre", "p",
    }  # fmt: skip
    assert "http" not in page


def test_the_reply_is_a_second_tree(traces: dict[str, Trace]) -> None:
    assert "Reply: DELIVERED T/X @H2" in Reader(trace_html(traces["conversation"])).text


def test_names_are_escaped(send: Callable[..., Trace]) -> None:
    trace = send("T/A", "10.0.1.99")
    trace.path.hops = (trace.hops[0]._replace(node="<script>alert(1)</script>"),)

    page = trace_html(trace)

    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_a_notebook_shows_the_page(send: Callable[..., Trace]) -> None:
    trace = send("T/A", "10.0.1.99")

    assert trace._repr_html_() == trace_html(trace)
