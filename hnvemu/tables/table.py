"""What a table is: a question that the pipeline asks, answered with a step.

Rules of the package: ``find`` is total (a miss is a step), sees a flow and the steps that it is
given and nothing else, and two flows that agree on ``reads`` get the same step. Between two
neighbouring ``cuts`` of an axis the answer's class and ``onward`` do not change. Whoever asks for
all packets at once (instead of one) needs no more than these three.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any, Protocol

from hnvemu.wire.flow import Flow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hnvemu.trace.steps import Step


class Axis(IntEnum):
    """A field of a flow, as its position there."""

    SRC_MAC = Flow._fields.index("src_mac")
    DST_MAC = Flow._fields.index("dst_mac")
    VLAN = Flow._fields.index("vlan")
    ETHERTYPE = Flow._fields.index("ethertype")
    FAULT = Flow._fields.index("fault")
    VERSION = Flow._fields.index("version")
    SRC = Flow._fields.index("src")
    DST = Flow._fields.index("dst")
    PROTOCOL = Flow._fields.index("protocol")
    SRC_PORT = Flow._fields.index("src_port")
    DST_PORT = Flow._fields.index("dst_port")
    ICMP = Flow._fields.index("icmp")
    ECHO_ID = Flow._fields.index("echo_id")
    TTL = Flow._fields.index("ttl")
    LENGTH = Flow._fields.index("length")
    TOS = Flow._fields.index("tos")
    TARGET = Flow._fields.index("target")


GROUP_BIT = 1 << 40
"""The bit that tells a group's MAC from one machine's."""

FAMILIES = (1, 4, 5, 6)
"""The cuts of the IP version: none (0), 4 and 6, and the numbers between."""


def points(values: Iterable[int]) -> set[int]:
    """Return the cuts around single values: each is a piece of its own."""
    return {int(value) + more for value in values for more in (0, 1)}


class Table(Protocol):
    """A question with its answers. ``find`` takes the flow and the steps that it compares with."""

    @property
    def reads(self) -> tuple[Axis, ...]:
        """The fields that ``find`` looks at; never too few."""

    @property
    def find(self) -> Callable[..., Step]:
        """The answer for one flow."""

    def cuts(self, axis: Axis) -> Iterable[int]:
        """Return the values of ``axis`` at which the answer can change (where pieces start)."""


class Ask(Protocol):
    """How the pipeline puts its questions: to one packet's table, or to all packets' at once."""

    def __call__(self, table: Table, near: Any = None, far: Any = None) -> Any:
        """Return the step that ``table`` answers with, given up to two steps it compares."""
