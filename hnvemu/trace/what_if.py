"""What was supposed when a packet was traced, and what that changes.

Values only. They are made by :mod:`hnvemu.analysis.what_if` and worded by :mod:`hnvemu.render`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.value import value

if TYPE_CHECKING:
    from hnvemu.trace.explanation import Changed, Ending


@value
class WhatIf:
    """A change that nobody has made, and whom it would concern."""

    supposed: tuple[str, ...]
    """What was supposed, as the options of the command line."""
    diff: str
    """Unified diff of the policy's texts; empty where none is edited."""
    before: Ending | None
    """What becomes of the packet without the change; None: without it nobody could send it."""
    cut_off: tuple[Changed, ...]
    """Packets of the same kind that do not arrive any more."""
    let_in: tuple[Changed, ...]
    """Packets of the same kind that arrive now."""
    changed: tuple[Changed, ...]
    """Packets of the same kind that come to another end, or are lost for another reason."""
    compared: int
    """How many pairs of a sender and a destination were compared."""
    pairs: int
    """How many there are; more than ``compared`` where the comparison was cut short."""
