"""Sessions: which packets a port admits because it admitted the packet that they reply to.

State lives in a :class:`Sessions` value that the caller passes in and gets back; the switch only
asks. A session is told by the five-tuple of its replies (ACL-19), an ICMP echo by its identifier,
and belongs to one mechanism of one port (ACL-52).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from hnvemu.model.acl import Direction, Mechanism
from hnvemu.tables.table import Axis
from hnvemu.trace.steps import SessionAssumed, SessionMatched

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, KeysView, Mapping

    from hnvemu.tables.acl import Filter
    from hnvemu.trace.steps import SessionOpened
    from hnvemu.wire.flow import Flow

FiveTuple: TypeAlias = tuple[int, int, int, int, int, int]
"""IP version, source, destination, protocol, then both ports, or identifier and type of an echo."""

_SECOND: Final = 1_000_000_000

OPPOSITE = {Direction.INBOUND: Direction.OUTBOUND, Direction.OUTBOUND: Direction.INBOUND}

_ECHO_REPLIES = {8 << 8: 0, 128 << 8: 129 << 8}  # RFC 792, RFC 4443: request to reply
_ECHO_REQUESTS = {reply: request for request, reply in _ECHO_REPLIES.items()}


class Place(NamedTuple):
    """Where replies pass: the list of one mechanism at one port, for packets of one direction."""

    port: str
    vsid: int
    """Tells the routing domains of a multi-tenant port apart (GWY-12)."""
    direction: Direction
    mechanism: Mechanism


Held: TypeAlias = frozenset[Place]


class Session(NamedTuple):
    """One row: packets of ``five_tuple`` pass at ``place``."""

    place: Place
    five_tuple: FiveTuple
    seconds: int | None
    """Until it is forgotten, if nothing passes, begun ones counted; None: it is kept."""


class _Timer(NamedTuple):
    idle_timeout: int
    """In nanoseconds, as captures tell time."""
    left: int


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


def conversation_of(flow: Flow) -> FiveTuple:
    """Return what tells a conversation, equal for both its directions."""
    told = five_tuple(flow)
    reply = reply_tuple(flow)
    if reply is None:
        request = request_of(flow)
        return told if request is None else five_tuple(request)
    return told if flow.icmp >= 0 or told <= reply else reply


def request_of(flow: Flow) -> Flow | None:
    """Return the flow that ``flow`` replies to; None for ICMP that is no reply."""
    icmp = flow.icmp
    if icmp >= 0:
        if icmp not in _ECHO_REQUESTS:
            return None
        icmp = _ECHO_REQUESTS[icmp]
    return _turned(flow, icmp)


def reply_of(flow: Flow) -> Flow:
    """Return the flow that replies to ``flow``; ICMP that nothing replies to keeps its type."""
    return _turned(flow, _ECHO_REPLIES.get(flow.icmp, flow.icmp))


def _turned(flow: Flow, icmp: int) -> Flow:
    """Return a flow the other way round."""
    return flow._replace(
        src_mac=flow.dst_mac,
        dst_mac=flow.src_mac,
        src=flow.dst,
        dst=flow.src,
        src_port=flow.dst_port,
        dst_port=flow.src_port,
        icmp=icmp,
    )


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
        """Hold the places at which replies pass; None: wherever a list keeps state."""
        self._held = held

    def find(self, flow: Flow, asking: Filter) -> SessionMatched | SessionAssumed | None:
        """Answer for the filter that asks; None where it has to decide by its entries.

        ``flow`` was used to find what is held, see :meth:`Sessions.held`.
        """
        if self._held is None:
            if not asking.expects(flow):
                return None
            return SessionAssumed(asking.port, asking.direction, asking.mechanism)
        if asking.place in self._held:
            return SessionMatched(asking.port, asking.direction, asking.mechanism)
        return None

    def cuts(self, axis: Axis) -> Iterable[int]:
        """None of its own: a table is made for one five-tuple."""
        del axis
        return ()


class Sessions:
    """The conversations that ports have admitted. Immutable."""

    __slots__ = ("_by_reply", "_timers")

    def __init__(
        self,
        by_reply: Mapping[FiveTuple, Held] | None = None,
        timers: Mapping[tuple[FiveTuple, Place], _Timer] | None = None,
    ) -> None:
        self._by_reply = dict(by_reply or {})
        # Apart from the places: what a path is remembered by must not change with time.
        self._timers = dict(timers or {})

    def held(self, flow: Flow) -> Held | None:
        """Return where packets of ``flow`` pass as replies; None where nowhere."""
        return self._by_reply.get(five_tuple(flow)) if self._by_reply else None

    def opened(self, flow: Flow, steps: Collection[SessionOpened]) -> Sessions:
        """Return these sessions and those that ``steps`` of a packet of ``flow`` opened."""
        reply = reply_tuple(flow)
        if reply is None:
            return self
        if not self._by_reply and not [step for step in steps if step.idle_timeout]:
            # Most packets are the first that a caller tells of: nothing is there to be merged.
            places = tuple([_opened_at(step) for step in steps])
            return _untimed({reply: _together(places)}) if places else self
        timeouts = {_opened_at(step): step.idle_timeout for step in steps}
        started = {
            (reply, place): _Timer(seconds * _SECOND, seconds * _SECOND)
            for place, seconds in timeouts.items()
            if seconds is not None
        }
        known = self._by_reply.get(reply, frozenset())
        timers = {**self._timers, **started}
        if timeouts.keys() <= known and timers == self._timers:
            return self
        return Sessions({**self._by_reply, reply: known | frozenset(timeouts)}, timers)

    def refreshed(self, flow: Flow, steps: Iterable[SessionMatched]) -> Sessions:
        """Return these sessions after a packet of ``flow`` passed by those of ``steps``."""
        told = five_tuple(flow)
        fresh = {}
        for step in steps:
            row = told, Place(step.port.name, step.port.vsid, step.direction, step.mechanism)
            timer = self._timers.get(row)
            if timer is not None and timer.left != timer.idle_timeout:
                fresh[row] = timer._replace(left=timer.idle_timeout)
        return Sessions(self._by_reply, {**self._timers, **fresh}) if fresh else self

    def aged(self, seconds: int = 0, *, nanoseconds: int = 0) -> Sessions:
        """Return what is left after some time without a packet: rows may be forgotten (ACL-43).

        Raises:
            ValueError: The time is negative.
        """
        if seconds < 0 or nanoseconds < 0:
            raise ValueError(f"time does not go back: {seconds} s and {nanoseconds} ns")
        passed = seconds * _SECOND + nanoseconds
        if not self._timers or not passed:
            return self
        timers = {
            row: timer._replace(left=timer.left - passed)
            for row, timer in self._timers.items()
            if timer.left >= passed
        }
        forgotten = self._timers.keys() - timers.keys()
        by_reply = {}
        for told, places in self._by_reply.items():
            kept = frozenset(place for place in places if (told, place) not in forgotten)
            if kept:
                by_reply[told] = kept
        return Sessions(by_reply, timers)

    @property
    def rows(self) -> tuple[Session, ...]:
        """Every session, in the order in which conversations began."""
        return tuple(
            Session(place, told, None if timer is None else -(-timer.left // _SECOND))
            for told, places in self._by_reply.items()
            for place in sorted(places)
            for timer in (self._timers.get((told, place)),)
        )

    @property
    def timed(self) -> KeysView[tuple[FiveTuple, Place]]:
        """The rows that are forgotten after a time."""
        return self._timers.keys()

    @property
    def patience(self) -> int | None:
        """Nanoseconds until the first row is forgotten, if nothing passes; None: all are kept."""
        if not self._timers:
            return None
        return min(timer.left for timer in self._timers.values())

    def __len__(self) -> int:
        return len(self._by_reply)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Sessions)
            and self._by_reply == other._by_reply
            and self._timers == other._timers
        )

    def __hash__(self) -> int:
        return hash((frozenset(self._by_reply.items()), frozenset(self._timers.items())))


def _untimed(by_reply: dict[FiveTuple, Held]) -> Sessions:
    """Return sessions that are never forgotten, without copying what was made for them alone."""
    made = Sessions.__new__(Sessions)
    made._by_reply = by_reply  # noqa: SLF001 - of this file's own class
    made._timers = _NO_TIMERS  # noqa: SLF001 - the same
    return made


@lru_cache(maxsize=1024)
def _together(places: tuple[Place, ...]) -> Held:
    """Return places as a set, which conversations alike share: there can be very many."""
    return frozenset(places)


def _opened_at(step: SessionOpened) -> Place:
    """Return where replies to what ``step`` admitted pass."""
    port = step.port
    return Place(port.name, port.vsid, OPPOSITE[step.direction], step.mechanism)


_NO_TIMERS: dict[tuple[FiveTuple, Place], _Timer] = {}
NO_SESSIONS = Sessions()
"""No conversation has been admitted yet."""
