from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hnvemu.render.json import trace_document
from hnvemu.render.text import minimal
from hnvemu.render.wording import evidence_of
from hnvemu.trace.outcome import Outcome, Reason

if TYPE_CHECKING:
    from collections.abc import Callable

    from hnvemu.trace.steps import Step
    from hnvemu.trace.trace import Trace

DOCS = Path(__file__).parents[2] / "docs"
SECTIONS = dict(
    re.findall(
        r"^### (\w+)\n\n(.*?)(?=\n\n#|\Z)",
        (DOCS / "reasons.md").read_text("utf-8"),
        re.MULTILINE | re.DOTALL,
    )
)
ROWS = dict(
    re.findall(r"^\| `(\w+)` \| (.*) \|$", (DOCS / "reasons.md").read_text("utf-8"), re.MULTILINE)
)
NOT_EMITTED = "Not emitted by this version"


def test_the_page_defines_every_reason_once_and_no_other() -> None:
    assert sorted(SECTIONS) == sorted(Reason)


def test_the_page_defines_every_outcome_and_no_other() -> None:
    assert list(ROWS) == list(Outcome)


def test_the_page_says_which_reasons_this_version_emits(every_step: tuple[Step, ...]) -> None:
    emitted = {step.reason for step in every_step if step.reason} | {Reason.ACL_DENY_OUT}

    assert {reason for reason, text in SECTIONS.items() if NOT_EMITTED not in text} == emitted


def test_the_page_says_which_outcomes_this_version_emits(every_step: tuple[Step, ...]) -> None:
    emitted = {step.outcome for step in every_step if step.outcome}

    assert {outcome for outcome, text in ROWS.items() if NOT_EMITTED not in text} == emitted


@pytest.mark.parametrize("reason", Reason)
def test_a_section_cites_the_rules_of_the_steps_with_its_reason(
    every_step: tuple[Step, ...], reason: Reason
) -> None:
    kinds = {type(step): step for step in every_step if step.reason is reason}

    for step in kinds.values():
        cited = [rule for rule in step.rules if rule in SECTIONS[reason]]
        assert cited or not step.rules, step


def test_the_example_of_the_minimal_form_is_what_comes_out(send: Callable[..., Trace]) -> None:
    page = (DOCS / "output.md").read_text("utf-8")

    assert f"```\n{minimal(send('T/A', '10.1.2.20'))}\n```" in page


def test_every_key_of_the_json_is_described(
    traces: dict[str, Trace], every_step: tuple[Step, ...]
) -> None:
    page = (DOCS / "output.md").read_text("utf-8")
    documents = [trace_document(trace) for trace in traces.values()]

    keys = {key for step in every_step for key in evidence_of(step)}
    for document in documents:
        step = document["hops"][0]["steps"][0]
        for part in (document, document["verdict"], document["hops"][0], step):
            keys |= set(part)
        for part in (*document["wire"], *document["delivered"], *document["notes"]):
            keys |= set(part)

    assert sorted(key for key in keys if f"`{key}`" not in page) == []
