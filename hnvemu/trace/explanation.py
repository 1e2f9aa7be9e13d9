"""What is said about a trace beyond its steps: why not, what else, what would mend it, for whom.

Values only. They are found by :mod:`hnvemu.analysis` when somebody asks, and worded by
:mod:`hnvemu.render`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hnvemu.value import value

if TYPE_CHECKING:
    from hnvemu.model.origin import Origin
    from hnvemu.trace.outcome import Outcome, Reason
    from hnvemu.trace.steps import Step


class NearMiss(NamedTuple):
    """A row that did not decide, and the first field in which it failed."""

    candidate: str
    """The row in words: ``record 10.1.2.20 in VSID 5003``."""
    field: str
    """``VSID``, ``MAC``, ``remote address``, ``prefix`` and so on."""
    has: str
    """What the row has in that field."""
    wanted: str
    """What would have matched."""
    origin: Origin | None
    """Where the row is written; None where no file says it."""
    note: str = ""
    """What else keeps it from deciding, or how near it came."""


class Missed(NamedTuple):
    """A step that missed or denied, with the rows that came nearest to another answer."""

    node: str
    step: Step
    nearest: tuple[NearMiss, ...]
    """At most three, nearest first; empty where nothing comes near."""


class Ending(NamedTuple):
    """What became of a packet, and where."""

    outcome: Outcome
    reason: Reason | None
    node: str


class Changed(NamedTuple):
    """A packet that is treated differently after a change of the policy."""

    source: str
    """The sending port."""
    destination: str
    """A port, or an address where no port has it."""
    packet: str
    """The packet in words: ``tcp 10.0.1.10:49152 > 10.1.2.20:80``."""
    before: Ending
    after: Ending


@value
class Fix:
    """The smallest change of the policy that mends one blocker, run again before it is shown."""

    summary: str
    """What to do, in a clause: ``add a lookup record of 10.0.1.99 in VSID 5001``."""
    diff: str
    """Unified diff of the policy's files."""
    cmdlets: tuple[str, ...]
    """The same as PowerShell, a command a line; empty where no cmdlet does it."""
    hosts: tuple[str, ...] = ()
    """The hosts on which to run the cmdlets; empty: every host."""
    opens: tuple[Changed, ...] = ()
    """What else is treated differently than before it, where the fixes before it are made."""
    compared: int = 0
    """How many other packets were compared to find ``opens``."""


@value
class Blocker:
    """Something that stops the packet, after all that stopped it earlier was mended."""

    step: Step
    node: str
    reason: Reason
    fix: Fix | None
    """None: no change of the policy lets this packet pass."""
    advice: str = ""
    """Where there is no fix: what would have to change in the packet or the guest."""


@value
class Explanation:
    """All that ``--explain`` adds to a trace."""

    missed: tuple[Missed, ...] = ()
    blockers: tuple[Blocker, ...] = ()
    """In the order in which the packet meets them; empty where nothing stops it."""
    mended: Ending | None = None
    """What becomes of the packet once all fixes are made; None where there is none to make."""
    applies_to: tuple[str, ...] = ()
    """The packets that are treated exactly alike, a clause a field that decisions read."""
    unread: tuple[str, ...] = ()
    """The fields that no decision read."""
