"""What holds of every form of every trace."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st
from properties import strategies

from hnvemu import Fabric
from hnvemu.render.html import trace_page
from hnvemu.render.json import trace_document
from hnvemu.render.text import Detail, trace_text
from hnvemu.render.wording import kind, words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hnvemu import Trace
    from hnvemu.trace.steps import Step


def all_steps(trace: Trace) -> Iterator[Step]:
    """Every step of the packet, its copies and its reply."""
    yield from trace.steps
    for branch in trace.branches:
        yield from all_steps(branch)
    if trace.reply is not None:
        yield from all_steps(trace.reply)


def documented(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every step of a JSON document, in the same order."""
    for hop in document["hops"]:
        yield from hop["steps"]
    for branch in document["branches"]:
        yield from documented(branch)
    if document["return"] is not None:
        yield from documented(document["return"])


class Page(HTMLParser):
    """The words of a page, and how many steps it unfolds; sees whether tags are closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.steps = 0
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.steps += found.get("class") == "facts"
        self.ids += [value for key, value in attrs if key == "id" and value]
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def on_one_line(text: str) -> str:
    return " ".join(text.split())


def traces(data: st.DataObject, folder: Path) -> Iterator[Trace]:
    """Honest packets and their replies, noise, and what reaches a host from outside."""
    policy = strategies.loaded(data.draw(strategies.documents()), folder)
    fabric = Fabric.compile(policy)
    for at, frame in data.draw(st.lists(strategies.sent(policy), min_size=1, max_size=2)):
        trace = fabric.send(frame, at=at)
        reply = strategies.reply(policy, frame)
        if reply is not None:
            trace.reply = fabric.send(reply[1], at=reply[0], sessions=trace.sessions)
        yield trace
    at = data.draw(st.sampled_from([*policy.ports, *(f"pa:{host}" for host in policy.hosts)]))
    yield fabric.send(data.draw(strategies.octets()), at=at)


@given(st.data())
def test_every_step_is_in_every_form(tmp_path: Path, data: st.DataObject) -> None:
    for trace in traces(data, tmp_path):
        steps = list(all_steps(trace))

        verbose = on_one_line(trace_text(trace, detail=Detail.VERBOSE))
        page = Page(trace_page(trace))
        text = on_one_line(page.text)

        found = [(step["kind"], step["text"]) for step in documented(trace_document(trace))]
        assert found == [(kind(step), words(step).detail) for step in steps]
        assert page.steps == len(steps)
        for step in steps:
            assert on_one_line(words(step).detail) in verbose
            assert on_one_line(words(step, arrow="→").detail) in text
            assert all(rule in verbose and rule in text for rule in step.rules)


@given(st.data())
def test_every_page_is_sound_and_written_alike_each_time(
    tmp_path: Path, data: st.DataObject
) -> None:
    for trace in traces(data, tmp_path):
        page = trace_page(trace)

        content = Page(page)
        assert content.open == []
        assert len(set(content.ids)) == len(content.ids)
        assert page == trace_page(trace)
