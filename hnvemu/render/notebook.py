"""A trace as HTML for a notebook: a tree that opens, without scripts.

Rules of the file: whatever comes from a policy is escaped. Colours are mid tones, legible on light
and on dark.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.render.json import dumps
from hnvemu.render.markup import block, css_class, text
from hnvemu.render.text import verdict
from hnvemu.render.wording import evidence_of, words
from hnvemu.trace.origins import origin_of

if TYPE_CHECKING:
    from hnvemu.trace.path import Hop
    from hnvemu.trace.steps import Step
    from hnvemu.trace.trace import Trace

_STYLE = """\
.hnvemu{font:13px/1.5 ui-monospace,Consolas,Menlo,monospace;margin:.3em 0}
.hnvemu details{margin-left:1.2em}.hnvemu>details{margin-left:0}
.hnvemu summary{cursor:pointer}.hnvemu pre{margin:.2em 0 .4em 1.2em;font:inherit;opacity:.75}
.hnvemu p{margin:.2em 0 .2em 1.2em}.hnvemu b.good{color:#2a9d5c}.hnvemu b.bad{color:#e0483e}
.hnvemu b.unsure{color:#c98a00}.hnvemu i{font-style:normal;color:#2b8cbe}
.hnvemu small{font-size:inherit;opacity:.65}"""


def trace_html(trace: Trace) -> str:
    """Return a fragment of HTML that shows a trace, and its reply, as a tree."""
    reply = "" if trace.reply is None else _tree(trace.reply, "Reply: ")
    return f'<div class="hnvemu"><style>{_STYLE}</style>{_tree(trace, "")}{reply}</div>'


def _tree(trace: Trace, title: str) -> str:
    word, _, rest = verdict(trace).partition("  ")
    css = css_class(trace.outcome)
    hops = "".join(_hop(hop) for hop in trace.hops)
    remarks = [f"Note: {note.text} [{', '.join(note.rules)}]" for note in trace.notes]
    if trace.assumptions:
        remarks.append(f"Assumed: {', '.join(trace.assumptions)}")
    return (
        f'<details open><summary>{title}<b class="{css}">{text(word)}</b> {text(rest)}'
        f"</summary>{hops}{''.join(f'<p>{text(remark)}</p>' for remark in remarks)}</details>"
    )


def _hop(hop: Hop) -> str:
    steps = "".join(_step(step) for step in hop.steps)
    return f"<details open><summary><b>{text(hop.node)}</b></summary>{steps}</details>"


def _step(step: Step) -> str:
    stage, action, detail = words(step)
    origin = origin_of(step)
    place = "" if origin is None else f" <small>{text(origin.short)}</small>"
    css = "" if step.outcome is None else f' class="{css_class(step.outcome)}"'
    facts = f"{', '.join(step.rules)}\n" if step.rules else ""
    facts += dumps(evidence_of(step))
    return (
        f"<details><summary><i>{text(stage)}</i> <b{css}>{text(action)}</b>"
        f" {text(detail)}{place}</summary><pre>{block(facts)}</pre></details>"
    )
