"""Sessions: which packets a port admits because it admitted the packet that they reply to.

State lives in a :class:`Sessions` value that the caller passes in and gets back; the switch only
asks. A session is told by the five-tuple of its replies (ACL-19), an ICMP echo by its identifier.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from hnvemu.model.acl import Direction
from hnvemu.tables.table import Axis
from hnvemu.trace.steps import SessionAssumed, SessionMatched

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hnvemu.tables.acl import Filter
    from hnvemu.trace.steps import SessionOpened
    from hnvemu.wire.flow import Flow

FiveTuple: TypeAlias = tuple[int, int, int, int, int, int]
Held: TypeAlias = frozenset[tuple[str, Direction]]

_ECHO_REPLIES = {8 << 8: 0, 128 << 8: 129 << 8}  # RFC 792, RFC 4443: request to reply
_OPPOSITE = {Direction.INBOUND: Direction.OUTBOUND, Direction.OUTBOUND: Direction.INBOUND}


def five_tuple(flow: Flow) -> FiveTuple:
    """Return what tells the conversation of ``flow``, in the direction of ``flow``."""
    if flow.echo_id >= 0:
        return flow.version, flow.src, flow.dst, flow.protocol, flow.echo_id, flow.icmp
    return flow.version, flow.src, flow.dst, flow.protocol, flow.src_port, flow.dst_port


def reply_tuple(flow: Flow) -> FiveTuple | None:
    """Return the five-tuple of replies to ``flow``; None for ICMP that nothing replies to."""
    if flow.icmp >= 0:
        reply = _ECHO_REPLIES.get(flow.icmp)
        if reply is None:
            return None
        return flow.version, flow.dst, flow.src, flow.protocol, flow.echo_id, reply
    return flow.version, flow.dst, flow.src, flow.protocol, flow.dst_port, flow.src_port


class SessionTable:
    """Is this packet a reply to one that the port admitted? Asked within each filter."""

    reads = (
        Axis.VERSION,
        Axis.SRC,
        Axis.DST,
        Axis.PROTOCOL,
        Axis.SRC_PORT,
        Axis.DST_PORT,
        Axis.ICMP,
        Axis.ECHO_ID,
    )

    def __init__(self, held: Held | None) -> None:
        """Hold the ports and directions at which replies pass; None: at every port."""
        self._held = held

    def find(self, flow: Flow, asking: Filter) -> SessionMatched | SessionAssumed | None:
        """Answer for the filter that asks; None where it has to decide by its rules.

        ``flow`` was used to find what is held, see :meth:`Sessions.held`.
        """
        del flow
        if self._held is None:
            return SessionAssumed(asking.port, asking.direction)
        if (asking.port.name, asking.direction) in self._held:
            return SessionMatched(asking.port, asking.direction)
        return None

    def cuts(self, axis: Axis) -> Iterable[int]:
        """None of its own: a table is made for one five-tuple."""
        del axis
        return ()


class Sessions:
    """The conversations that ports have admitted. Immutable."""

    __slots__ = ("_by_reply",)

    def __init__(self, by_reply: Mapping[FiveTuple, Held] | None = None) -> None:
        self._by_reply = dict(by_reply or {})

    def held(self, flow: Flow) -> Held | None:
        """Return where packets of ``flow`` pass as replies; None where nowhere."""
        return self._by_reply.get(five_tuple(flow)) if self._by_reply else None

    def opened(self, flow: Flow, steps: Iterable[SessionOpened]) -> Sessions:
        """Return these sessions and those that ``steps`` of a packet of ``flow`` opened."""
        reply = reply_tuple(flow)
        places = {(step.port.name, _OPPOSITE[step.direction]) for step in steps}
        if reply is None or not places:
            return self
        known = self._by_reply.get(reply, frozenset())
        if places <= known:
            return self
        return Sessions({**self._by_reply, reply: known | places})

    def __len__(self) -> int:
        return len(self._by_reply)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sessions) and self._by_reply == other._by_reply

    def __hash__(self) -> int:
        return hash(frozenset(self._by_reply.items()))


NO_SESSIONS = Sessions()
"""No conversation has been admitted yet."""
