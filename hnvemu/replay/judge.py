"""What becomes of each frame of a capture: the only place where a replay asks the switch.

Frames that no decision can tell apart are a class, and share what the pipeline said of the first
of them. What ties frames together is the state of their conversation: a class holds for what its
conversation holds. Engines ask for a frame whose class they do not know, and whenever time or
another frame may have changed the answer; for all others they count and write by themselves.

Rules of the file: whether an engine asks for every frame or for as few as it may makes no
difference to any answer.
"""

from __future__ import annotations

import gc
from bisect import bisect_right
from sys import intern
from typing import TYPE_CHECKING, Any, Final

from hnvemu.replay.packed import pack_flow, pack_outer, pack_told, unpack_flow
from hnvemu.replay.recipe import Recipes
from hnvemu.replay.summary import Unread, Verdict
from hnvemu.tables.sessions import NO_SESSIONS, conversation_of
from hnvemu.tables.table import Axis
from hnvemu.trace.origins import origin_of
from hnvemu.trace.outcome import Outcome
from hnvemu.trace.steps import Arrived, Sent
from hnvemu.wire.blocks import MAX_MISSING, restored
from hnvemu.wire.encapsulation import unwrap
from hnvemu.wire.flow import Flow, read_flow

if TYPE_CHECKING:
    from collections.abc import Callable

    from hnvemu.replay.entrance import Entrance
    from hnvemu.replay.flows import FlowTable
    from hnvemu.replay.outputs import Outputs, Write
    from hnvemu.replay.recipe import Recipe
    from hnvemu.switch.fabric import Arrival, Fabric
    from hnvemu.tables.sessions import Held, Sessions
    from hnvemu.tables.table import Ask, Table
    from hnvemu.trace.path import Path
    from hnvemu.trace.steps import SessionMatched, SessionOpened, Step
    from hnvemu.wire.encapsulation import Tunnel

ALWAYS: Final = (1 << 63) - 1
UNREAD: Final = (Unread.SHORT, Unread.TRUNCATED, Unread.UNKNOWN_SENDER, Unread.AMBIGUOUS_SENDER)
"""What the negative answers of :meth:`Judge.classify` mean: the first is -1."""

_NUMBERS = {why: -1 - at for at, why in enumerate(UNREAD)}
_ETHERNET_HEADER: Final = 14
_TABLES_KEPT: Final = 64
_LENGTH: Final = Axis.LENGTH
_ARRIVED: Final = frozenset({Outcome.DELIVERED, Outcome.TO_GATEWAY})
_END: Final = 1 << 31
_new = tuple.__new__


class Class:
    """Frames that are all treated alike, as long as their conversation holds what it did."""

    __slots__ = (
        "_packed",
        "entry",
        "held",
        "high",
        "low",
        "matched",
        "number",
        "opened",
        "other",
        "path",
        "recipe",
        "row",
        "seen",
        "until",
        "verdict",
        "writes",
    )

    def __init__(self, number: int, entry: str, packed: bytes) -> None:
        self.number = number
        self.entry = entry
        """A port's full name, or ``pa:HOST``."""
        self._packed = packed
        self.low = 0
        self.high = _END
        """It has the flows with ``low <= length < high``."""
        self.held: Held | None = None
        self.other: Class | None = None
        """The next class of the same fields: for other lengths, or another state."""
        self.until = ALWAYS
        """Frames before this time, in nanoseconds, may be taken without asking."""
        self.seen = 0
        """The time of the latest frame whose effects its conversation knows."""
        self.row = 0
        """Of the table of flows."""
        self.verdict: Verdict
        self.recipe: Recipe | None = None
        self.path: Path | None = None
        """Where there is no recipe."""
        self.writes: tuple[Write, ...] = ()
        self.opened: tuple[SessionOpened, ...] = ()
        self.matched: tuple[SessionMatched, ...] = ()

    @property
    def flow(self) -> Flow:
        """The header fields that its frames share, and the least of their lengths."""
        return unpack_flow(self._packed, self.low)


class _Conversation:
    """The sessions of one conversation, and the classes of its frames."""

    __slots__ = ("_opener", "_sessions", "classes", "time", "told")

    def __init__(self, told: bytes) -> None:
        self.told = told
        self.time = 0
        """When the sessions are as they say."""
        self.classes: tuple[Class, ...] = ()
        self._sessions = NO_SESSIONS
        self._opener: Class | None = None

    @property
    def holds_none(self) -> bool:
        """Whether it has no sessions."""
        return self._opener is None and self._sessions is NO_SESSIONS

    @property
    def sessions(self) -> Sessions:
        """What it holds."""
        if self._opener is None:
            return self._sessions
        return NO_SESSIONS.opened(self._opener.flow, self._opener.opened)

    def hold(self, sessions: Sessions, opener: Class | None = None) -> None:
        """Give it sessions, or what frames of a class open where there were none.

        Most conversations are of the second kind; the sessions of thousands take much memory.
        """
        self._opener = opener
        self._sessions = sessions if opener is None and len(sessions) else NO_SESSIONS


class Judge:
    """Finds the class of frames, with the state of all conversations up to them.

    ``latest`` tells the greatest time of the frames of a class (by number) that an engine took
    by itself, 0 for none; an engine that does so sets it. Times are those of the capture's clock:
    never less than that of an earlier frame.
    """

    def __init__(
        self,
        fabric: Fabric,
        entrance: Entrance,
        flows: FlowTable,
        outputs: Outputs,
        *,
        most: int,
        established: bool = False,
    ) -> None:
        """Prepare for one capture.

        Args:
            fabric: What decides.
            entrance: Where frames enter.
            flows: Where they are counted.
            outputs: Where they are written.
            most: How many conversations may hold sessions, and two thirds of how many classes
                there may be.
            established: Every frame belongs to a conversation that all ports admitted; no state
                is kept.
        """
        self.fabric = fabric
        self._entrance = entrance
        self._flows = flows
        self._outputs = outputs
        self._most = most
        self._established = established
        self.by_interface = entrance.by_interface
        self.classes: list[Class] = []
        self.stale: list[int] = []
        """Classes that hold no longer; the next frame of each has to be classified anew. Engines
        take note of them and clear the list."""
        self.is_full = False
        """Whether the engine has to fold its counters, call :meth:`clear`, and forget classes."""
        self.latest: Callable[[int], int] = none_taken
        self._by_key: dict[bytes, Class] = {}
        self._conversations: dict[bytes, _Conversation] = {}
        self._holding: dict[bytes, _Conversation] = {}
        """Those with sessions, in the order in which they began."""
        self.most_holding = 0
        """How many had sessions at once, and wanted to."""
        self._learnt = 0
        self._recipes = Recipes()
        self._cuts: dict[int, tuple[Table, list[int]]] = {}
        """At which lengths a table may answer otherwise, by its id; the table keeps that its."""

    def classify(self, frame: bytes, missing: int, interface: int, time: int, number: int) -> int:
        """Return the number of a frame's class, and remember what it did to its conversation.

        Args:
            frame: The octets that were captured.
            missing: How many more it had on the wire.
            interface: By which it was captured.
            time: The capture's clock, in nanoseconds.
            number: The frame's in the capture, counted from 1.

        Returns:
            A number of ``classes``, or a negative one where the frame cannot be sent, see
            ``UNREAD``.
        """
        if len(frame) < _ETHERNET_HEADER:
            return _NUMBERS[Unread.SHORT]
        whole = restored(frame, missing)
        entry = self._entrance.find(whole, interface)
        if isinstance(entry, Unread):
            return _NUMBERS[entry]
        arrival, flow, packed, key = self._read(entry, whole)
        if missing and (
            missing > MAX_MISSING or key != self._read(entry, frame + b"\xff" * missing)[-1]
        ):
            return _NUMBERS[Unread.TRUNCATED]

        conversation = self._conversation(flow)
        held = None
        if not self._established:
            self._catch_up(conversation, time)
            if not conversation.holds_none:
                held = conversation.sessions.held(flow)
        found = self._known(key, flow.length, held)
        if found is None:
            read = entry, key, packed, flow, arrival
            found = self._judged(*read, conversation, held, number)
        if not self._established:
            after = self._apply(conversation, found, flow)
            patience = after.patience
            found.until = ALWAYS if patience is None else conversation.time + patience + 1
            if after.held(flow) != held:
                found.until = 0  # a packet that is its own reply: the next is of another class
            found.seen = time
        return found.number

    def clear(self) -> None:
        """Forget all classes, and conversations without sessions; ``latest`` still answers."""
        for conversation in self._holding.values():
            self._catch_up(conversation, conversation.time)
        for conversation in self._conversations.values():
            conversation.classes = ()
        self._conversations = dict(self._holding)
        self._by_key.clear()
        self.classes.clear()
        self.stale.clear()
        self.is_full = False

    def _read(self, entry: str, whole: bytes) -> tuple[Arrival | None, Flow, bytes, bytes]:
        """Return what arrives, the flow, its octets, and those of all that may tell classes apart.

        Where the source MAC says where a frame enters, the flow tells that too.
        """
        if not entry.startswith("pa:"):
            flow = read_flow(whole)
            packed = pack_flow(flow)
            return None, flow, packed, _named(entry) + packed if self.by_interface else packed
        outer = unwrap(whole)
        arrival = self.fabric.arrival(whole, outer, entry[3:])
        packed = pack_flow(arrival.flow)
        return arrival, arrival.flow, packed, _named(entry) + pack_outer(outer) + packed

    def _known(self, key: bytes, length: int, held: Held | None) -> Class | None:
        found = self._by_key.get(key)
        while found is not None:
            if found.low <= length < found.high and found.held == held:
                return found
            found = found.other
        return None

    def _judged(
        self,
        entry: str,
        key: bytes,
        packed: bytes,
        flow: Flow,
        arrival: Arrival | None,
        conversation: _Conversation,
        held: Held | None,
        number: int,
    ) -> Class:
        """Ask the switch, and make the class of all frames that get the same answer."""
        found = Class(len(self.classes), entry, packed)
        sessions = None if self._established else conversation.sessions
        ask = self._lengths(flow, found)
        if arrival is None:
            path = self.fabric.walk(flow, at=entry, sessions=sessions, ask=ask)
        else:
            path = self.fabric.receive(arrival, sessions=sessions, ask=ask)
        found.held = held
        found.opened = path.opened
        found.matched = path.matched
        found.verdict = self._flows.verdict(verdict_of(path, entry))
        found.row = self._flows.row(entry, flow, found.verdict, number, packed)
        # What arrives encapsulated has to be taken out of its tunnel first.
        found.recipe = self._recipes.find(path) if arrival is None else None
        if found.recipe is None:
            found.path = path
        else:
            found.writes = self._outputs.plan(entry, flow, found.verdict, found.recipe)
        self.classes.append(found)
        found.other = self._by_key.get(key)
        self._by_key[key] = found
        conversation.classes += (found,)
        if path.learnt:
            # The hosts know more now, and any answer may be another.
            self.fabric = self.fabric.after(path)
            self._cuts.clear()
            self.is_full = True
            self._learnt += 1
            if self._learnt % _TABLES_KEPT == 0:
                gc.collect()  # commands do not, and the tables of a fabric refer to each other
        elif len(self.classes) >= self._most + self._most // 2:
            self.is_full = True
        return found

    def _lengths(self, flow: Flow, found: Class) -> Ask:
        """Return the driver that answers for one flow, and notes for which lengths it holds."""

        def ask(table: Table, near: Any = None, far: Any = None) -> Step:
            if near is None:
                step = table.find(flow)
            elif far is None:
                step = table.find(flow, near)
            else:
                step = table.find(flow, near, far)
            if _LENGTH in table.reads:
                self._narrow(found, step, table, flow, near, far)
            return step

        return ask

    def _narrow(
        self, found: Class, step: Step, table: Table, flow: Flow, near: Any, far: Any
    ) -> None:
        """Let a class have the lengths alone at which a table answers with the same step."""
        given = [each for each in (near, far) if each is not None]

        def answers(length: int) -> bool:
            other = _new(Flow, (*flow[:_LENGTH], length, *flow[_LENGTH + 1 :]))
            return table.find(other, *given) is step

        # A cut is where an answer can change: where it does not, the same step comes back.
        cuts = self._cuts_of(table)
        above = bisect_right(cuts, flow.length)
        below = above - 1
        while above < len(cuts) and answers(cuts[above]):
            above += 1
        while below >= 0 and answers(cuts[below] - 1):
            below -= 1
        if above < len(cuts):
            found.high = min(found.high, cuts[above])
        if below >= 0:
            found.low = max(found.low, cuts[below])

    def _cuts_of(self, table: Table) -> list[int]:
        known = self._cuts.get(id(table))
        if known is None:
            known = self._cuts[id(table)] = table, sorted(table.cuts(_LENGTH))
        return known[1]

    def _conversation(self, flow: Flow) -> _Conversation:
        told = pack_told(conversation_of(flow))
        found = self._conversations.get(told)
        if found is None:
            found = self._conversations[told] = _Conversation(told)
        return found

    def _catch_up(self, conversation: _Conversation, time: int) -> None:
        """Bring sessions to ``time``, with the effects of frames that an engine took by itself."""
        if conversation.holds_none:
            conversation.time = max(conversation.time, time)
            return
        if conversation.sessions.patience is not None:
            taken = [(self.latest(found.number), found) for found in conversation.classes]
            missed = [(at, found) for at, found in taken if at > found.seen]
            for at, found in sorted(missed, key=lambda each: each[0]):
                self._age(conversation, at)
                self._apply(conversation, found, found.flow)
                found.seen = at
        self._age(conversation, time)

    def _age(self, conversation: _Conversation, time: int) -> None:
        passed = time - conversation.time
        if passed > 0:
            conversation.time = time
            before = conversation.sessions
            self._change(conversation, before, before.aged(nanoseconds=passed))

    def _apply(self, conversation: _Conversation, found: Class, flow: Flow) -> Sessions:
        """Let a frame of a class open and refresh sessions; return those it leaves."""
        before = after = conversation.sessions
        if found.opened:
            after = after.opened(flow, found.opened)
        if found.matched:
            after = after.refreshed(flow, found.matched)
        self._change(conversation, before, after, by=found)
        return after

    def _change(
        self,
        conversation: _Conversation,
        before: Sessions,
        after: Sessions,
        *,
        by: Class | None = None,
    ) -> None:
        """Give a conversation other sessions: its classes may hold no longer."""
        if after is before:
            return
        is_first = not len(before) and not after.timed
        conversation.hold(after, by if is_first else None)
        retimed = after.timed != before.timed
        for other in conversation.classes:
            if other is not by and (retimed or after.held(other.flow) != other.held):
                self.stale.append(other.number)
        if not len(after):
            self._holding.pop(conversation.told, None)
        elif conversation.told not in self._holding:
            self._holding[conversation.told] = conversation
            self.most_holding = max(self.most_holding, len(self._holding))
            if len(self._holding) > self._most:
                self._forget(next(iter(self._holding)))

    def _forget(self, told: bytes) -> None:
        """Take a conversation's sessions away, to make room for those of others."""
        conversation = self._holding.pop(told)
        conversation.hold(NO_SESSIONS)
        self.stale += [found.number for found in conversation.classes]
        self._flows.forgotten += 1


def none_taken(number: int) -> int:
    """Say of a class that no frame of it was taken without asking."""
    del number
    return 0


def _named(entry: str) -> bytes:
    """Return an entry as the beginning of a key."""
    return entry.encode() + b"\0"


def verdict_of(path: Path, entry: str) -> Verdict:
    """Return what a path says of the packets that enter there and take it."""
    to = path.receiver
    return Verdict(
        path.outcome,
        path.reason,
        path.hops[-1].node,
        to,
        path.rule,
        path.mechanism and path.mechanism.value,
        origin_of(path.last),
        _way(path, entry, to),
        _copies(path),
    )


def _way(path: Path, entry: str, to: str | None) -> tuple[str, ...]:
    """Return every place that packets pass."""
    first = path.hops[0].steps[0]
    way = []
    if not isinstance(first, Arrived):
        way.append(entry)
    elif not first.fault:
        way.append(_tunnel(first.tunnel))
    for hop in path.hops:
        way.append(hop.node)
        last = hop.steps[-1]
        if type(last) is Sent:
            way.append(_tunnel(last.tunnel))
    if to is not None and path.outcome in _ARRIVED:
        way.append(to)
    return tuple(way)


def _tunnel(tunnel: Tunnel) -> str:
    return intern(f"{tunnel.encapsulation.upper()} {tunnel.vsid}")


def _copies(path: Path) -> int:
    """Count the copies that end somewhere: those that are copied again are not counted."""
    if not path.branches:
        return 0
    return sum(_copies(branch) or 1 for branch in path.branches)
