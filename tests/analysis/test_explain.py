"""All parts of an explanation together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu import Fabric, Outcome, load_policy
from hnvemu.analysis.explain import explain
from hnvemu.analysis.question import Question, ask
from hnvemu.reader.edit import PolicyText

if TYPE_CHECKING:
    from pathlib import Path

RULE = """\
hnv: 1
firewall:
  rules: [{name: no-web, vms: [X], action: block, protocol: tcp, local_port: 80}]
"""


def test_an_explanation_stays_with_its_trace() -> None:
    fabric = Fabric.compile(load_policy("sample:complex-routing"))
    trace = ask(fabric, Question(source="A", destination="10.0.1.99"))

    found = explain(fabric, trace)

    assert trace.explanation is found
    assert [missed.node for missed in found.missed] == ["H1"]
    assert "Nearest     H1 record missing:" in str(trace)
    assert trace.as_dict()["explain"]["not_looked_at"] == list(found.unread)


def test_a_trace_that_nobody_explains_has_no_explanation() -> None:
    fabric = Fabric.compile(load_policy("sample:complex-routing"))
    trace = ask(fabric, Question(source="A", destination="10.0.1.99"))

    assert trace.explanation is None
    assert "explain" not in trace.as_dict()


def test_the_reply_is_explained_too() -> None:
    fabric = Fabric.compile(load_policy("sample:complex-routing"))
    trace = ask(fabric, Question(source="A", destination="X", service="tcp/80", conversation=True))

    explain(fabric, trace)

    assert trace.reply is not None
    assert trace.reply.explanation is not None
    assert trace.reply.explanation.applies_to[0] == "sent by T/X"


def test_fixes_are_tried_in_the_text_under_the_same_profile(tmp_path: Path) -> None:
    file = tmp_path / "rule.yaml"
    file.write_text(RULE, encoding="utf-8")
    text = PolicyText.read("sample:complex-routing", file)
    fabric = Fabric.compile(text.policy())
    trace = ask(fabric, Question(source="A", destination="X", service="tcp/80"))

    found = explain(fabric, trace, text=text)

    (blocker,) = found.blockers
    assert blocker.fix is not None
    assert "no-web" in blocker.fix.diff
    assert found.mended is not None
    assert found.mended.outcome is Outcome.DELIVERED


def test_without_the_text_there_is_nothing_to_edit(tmp_path: Path) -> None:
    file = tmp_path / "rule.yaml"
    file.write_text(RULE, encoding="utf-8")
    fabric = Fabric.compile(load_policy("sample:complex-routing", file))
    trace = ask(fabric, Question(source="A", destination="X", service="tcp/80"))

    found = explain(fabric, trace)

    (blocker,) = found.blockers
    assert blocker.fix is None


def test_the_copies_of_a_broadcast_are_explained_with_it(tmp_path: Path) -> None:
    file = tmp_path / "rule.yaml"
    file.write_text(
        "hnv: 1\nfirewall:\n"
        "  rules: [{name: no-udp, vms: [B], action: block, protocol: udp, local_port: 9}]\n",
        encoding="utf-8",
    )
    fabric = Fabric.compile(load_policy("sample:complex-routing", file))
    trace = ask(fabric, Question(source="A", destination="255.255.255.255", service="udp/10"))

    found = explain(fabric, trace)

    assert trace.outcome is Outcome.REPLICATED
    assert [missed.nearest[0].candidate for missed in found.missed] == ["rule 'no-udp'"]
