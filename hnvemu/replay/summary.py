"""What became of the frames of a capture: counts of flows, outcomes and errors."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hnvemu.model.origin import Origin
    from hnvemu.trace.outcome import Outcome, Reason
    from hnvemu.wire.flow import Flow


class Unread(StrEnum):
    """Why a frame of a capture was not sent through the switch."""

    SHORT = "short"
    """It has fewer than the 14 octets of an Ethernet header."""
    TRUNCATED = "truncated"
    """The capture has too few of its octets to tell what it was."""
    LINK_TYPE = "link_type"
    """It is not Ethernet."""
    UNKNOWN_SENDER = "unknown_sender"
    """No port has its source MAC, or the name of its interface."""
    AMBIGUOUS_SENDER = "ambiguous_sender"
    """Several ports have its source MAC."""
    DAMAGED = "damaged"
    """The capture is damaged there, and cannot be read any further."""


class Verdict(NamedTuple):
    """What became of packets, and where. Equal for all packets of a flow, and hashable."""

    outcome: Outcome
    reason: Reason | None
    node: str
    """The host that decided last."""
    to: str | None
    """The port that the switch chose, whether or not its rules let the frame out."""
    rule: str | None
    """The name of the rule that denied."""
    mechanism: str | None
    """What denied: ``firewall``, ``port``, ``extended`` or ``datacenter``."""
    origin: Origin | None
    """Where the policy says what decided last."""
    way: tuple[str, ...]
    """Every place that the packets pass: ``("T/A", "H1", "NVGRE 5003", "H2", "T/X")``."""
    copies: int
    """How many copies of a replicated packet were made; 0 of any other."""


class FlowCount(NamedTuple):
    """The packets of one flow that met the same end."""

    entry: str
    """Where they entered: a port's full name, or ``pa:HOST``."""
    flow: Flow
    """The header fields of the first of them."""
    verdict: Verdict
    packets: int
    octets: int
    """Of the frames as they were sent, Ethernet header included."""
    first: int
    """Nanoseconds since 1970."""
    last: int
    capture: str
    """The capture that has the first of them, by the name it was given."""
    number: int
    """The first of them in that capture, counted from 1."""


class OtherCount(NamedTuple):
    """Packets of flows that no longer had a place in the table."""

    outcome: Outcome
    reason: Reason | None
    packets: int
    octets: int
    first: int
    last: int


class Summary(NamedTuple):
    """What became of all frames of one or several captures.

    ``packets`` is the sum of what ``flows``, ``others`` and ``unread`` count.
    """

    packets: int
    octets: int
    """Of all frames as they were sent."""
    flows: Sequence[FlowCount]
    """In the order in which their first packets came."""
    others: tuple[OtherCount, ...]
    unread: Mapping[Unread, int]
    damage: tuple[str, ...]
    """Where captures are damaged, each as a sentence."""
    forgotten: int
    """Conversations whose sessions had to make room for those of others."""
