"""HTML from text: what every renderer of HTML shares.

Rules of the file: whatever comes from a policy passes through :func:`text` or :func:`block`.
"""

from __future__ import annotations

from html import escape

from hnvemu.render.layout import printable
from hnvemu.trace.outcome import Outcome

_CLASSES = {
    Outcome.DROPPED: "bad",
    Outcome.UNDECIDED: "unsure",
    Outcome.PASSED_THROUGH: "unsure",
    Outcome.EXTERNAL_ROUTER: "unsure",
}


def text(value: object) -> str:
    """Return ``value`` as HTML text or as the value of a quoted attribute.

    Characters that nobody sees, those that turn the direction of writing among them, are written
    as escapes, as a terminal shows them.
    """
    return escape(printable(str(value)))


def block(value: str) -> str:
    """Return lines as HTML text for a ``pre``."""
    return "\n".join(text(line) for line in value.split("\n"))


def name(value: str) -> str:
    """Return a name that keeps its direction of writing to itself."""
    return f"<bdi>{text(value)}</bdi>"


def css_class(outcome: Outcome) -> str:
    """Return the class of an outcome: ``good``, ``bad`` or ``unsure``."""
    return _CLASSES.get(outcome, "good")
