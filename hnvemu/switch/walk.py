"""One flow's way from host to host: joins the stages of the pipeline to a path.

It decides nothing. Where a stage ends in a tunnel the receiving host goes on, where it ends at a
port that port does, and where it ends in copies each of them becomes a path of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.switch.pipeline import copy, deliver, receive, send
from hnvemu.trace.path import Hop, Path
from hnvemu.trace.steps import (
    AnnouncementLearnt,
    AnnouncementRepeated,
    CopiedToPort,
    GroupAccepted,
    PacketAccepted,
    Replicated,
    ReplicatedByGroup,
    ReplicatedLocally,
    ResolutionAccepted,
    Rewritten,
    RewrittenAndCounted,
    Sent,
    SourceLearnt,
    SourceMatched,
    SourceUnassigned,
    SourceWildcard,
    Unchanged,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hnvemu.tables.sessions import SessionTable
    from hnvemu.tables.table import Ask
    from hnvemu.tables.tables import HostTables, SendingPort, Tables
    from hnvemu.trace.steps import Arrived, Copy, Step
    from hnvemu.wire.flow import Flow

_KINDS: frozenset[type[object]] = frozenset({PacketAccepted, ResolutionAccepted, GroupAccepted})
_WRITES: frozenset[type[object]] = frozenset({Unchanged, Rewritten, RewrittenAndCounted})
_SENDERS: frozenset[type[object]] = frozenset(
    {
        SourceMatched,
        SourceWildcard,
        SourceLearnt,
        SourceUnassigned,
        AnnouncementLearnt,
        AnnouncementRepeated,
    }
)
_ORDINARY = PacketAccepted(4)
"""What every receiving host is told of an ordinary packet, whatever its family."""


class Walk:
    """Runs the pipeline for one flow, with one driver that answers its questions."""

    __slots__ = ("_ask", "_flow", "_flow_id", "_kind", "_sessions", "_source", "_tables")

    def __init__(
        self,
        tables: Tables,
        flow: Flow,
        ask: Ask,
        sessions: SessionTable | None,
        flow_id: int | None,
    ) -> None:
        self._tables = tables
        self._flow = flow
        self._ask = ask
        self._sessions = sessions
        self._flow_id = flow_id
        self._kind: Step | None = None
        self._source: Step | None = None

    def sent(self, port: SendingPort) -> Path:
        """Follow what a guest sends."""
        steps = list(send(port, self._ask, self._sessions))
        return self._follow([], port.host, steps)

    def arrived(self, arrived: Arrived) -> Path:
        """Follow what reaches a host from the provider network."""
        host = self._tables.host(arrived.host)
        steps = [arrived, *receive(host, self._ask, arrived, None, None)]
        return self._follow([], host, steps)

    def _follow(self, hops: list[Hop], host: HostTables, steps: list[Step]) -> Path:
        """Go on after ``steps`` on ``host``: to the next host, to a port, or with copies."""
        last = steps[-1]
        if isinstance(last, Sent):
            hops.append(Hop(host.name, "host", tuple(steps)))
            written = _step_of(reversed(steps), _WRITES)
            # Only an ordinary packet passes where frames are rewritten.
            kind = self._kind_of(steps) if written is None else _ORDINARY
            host = last.onward
            steps = list(receive(host, self._ask, last, kind, written))
            last = steps[-1]
        branches: tuple[Path, ...] = ()
        if last.outcome is None:
            steps += deliver(last.onward, self._ask, last, self._sessions)  # type: ignore[arg-type]
        elif isinstance(last, (Replicated, ReplicatedLocally)):
            self._kind_of(steps)
            self._source = self._source or _step_of(steps, _SENDERS)
            branches = tuple([self._branch(host, made) for made in last.copies])
        elif isinstance(last, ReplicatedByGroup):
            branches = tuple([self._heard(name, last) for name in last.hosts])
        hops.append(Hop(host.name, "host", tuple(steps)))
        return Path(self._flow, tuple(hops), self._flow_id, branches)

    def _kind_of(self, steps: list[Step]) -> Step | None:
        """Return what the sending host took the frame for, which its copies are too."""
        if self._kind is None:
            self._kind = _step_of(steps, _KINDS)
        return self._kind

    def _branch(self, host: HostTables, made: Copy) -> Path:
        """Follow one copy that ``host`` made."""
        if isinstance(made, CopiedToPort):
            steps = [made, *deliver(made.onward, self._ask, made, self._sessions)]
            return Path(self._flow, (Hop(host.name, "host", tuple(steps)),), self._flow_id)
        assert self._source is not None  # noqa: S101 - no copy leaves a host without its sender's
        return self._follow([], host, list(copy(host, self._ask, made, self._source)))

    def _heard(self, name: str, came: ReplicatedByGroup) -> Path:
        """Follow a frame to a multicast PA into one of the hosts that listen."""
        host = self._tables.host(name)
        return self._follow([], host, list(receive(host, self._ask, came, self._kind, None)))


def _step_of(steps: Iterable[Step], kinds: frozenset[type[object]]) -> Step | None:
    """Return the first step of one of some classes."""
    for step in steps:
        if type(step) in kinds:
            return step
    return None
