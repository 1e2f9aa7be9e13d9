"""The way of a flow: hops of steps. All packets of a flow share one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hnvemu.trace.rewrite import changes
from hnvemu.trace.steps import (
    AclDefaultDenied,
    AclDenied,
    AnnouncementLearnt,
    CopiedToPort,
    MemberFound,
    PortBlocked,
    PortFound,
    RemoteSourceLearnt,
    SessionMatched,
    SessionOpened,
    SourceLearnt,
    SwitchedLocally,
)

if TYPE_CHECKING:
    from hnvemu.model.acl import Mechanism
    from hnvemu.model.records import LookupRecord
    from hnvemu.trace.outcome import Outcome, Reason
    from hnvemu.trace.rewrite import Change
    from hnvemu.trace.steps import Step
    from hnvemu.wire.flow import Flow

# Most of a path's steps are none of these, which their class tells fastest.
_LEARNING: frozenset[type[object]] = frozenset(
    {AnnouncementLearnt, SourceLearnt, RemoteSourceLearnt}
)
_STATEFUL: frozenset[type[object]] = frozenset({SessionOpened, SessionMatched})
_AT_PORT: frozenset[type[object]] = frozenset(
    {PortFound, SwitchedLocally, MemberFound, CopiedToPort}
)


class Hop(NamedTuple):
    """What one node decided about a packet."""

    node: str
    kind: str
    """What the node is: ``host``."""
    steps: tuple[Step, ...]


class Path:
    """Every decision about the packets of one flow. Immutable; everything else is derived."""

    __slots__ = ("_changes", "_stateful", "branches", "flow", "flow_id", "hops")

    def __init__(
        self,
        flow: Flow,
        hops: tuple[Hop, ...],
        flow_id: int | None,
        branches: tuple[Path, ...] = (),
    ) -> None:
        self.flow = flow
        self.hops = hops
        self.flow_id = flow_id
        """FlowID of NVGRE keys; None: a hash of the flow."""
        self.branches = branches
        """One path per copy, each from where it was made."""
        self._stateful: tuple[tuple[SessionOpened, ...], tuple[SessionMatched, ...]] | None = None
        self._changes: tuple[Change, ...] | None = None

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps of all hops."""
        return tuple(step for hop in self.hops for step in hop.steps)

    @property
    def opened(self) -> tuple[SessionOpened, ...]:
        """The sessions that the flow's packets open."""
        return self._sessions()[0]

    @property
    def matched(self) -> tuple[SessionMatched, ...]:
        """The sessions that the flow's packets pass by."""
        return self._sessions()[1]

    def _sessions(self) -> tuple[tuple[SessionOpened, ...], tuple[SessionMatched, ...]]:
        """Find the steps about sessions, those of copies too, when they are first asked for."""
        if self._stateful is None:
            opened: tuple[SessionOpened, ...] = ()
            matched: tuple[SessionMatched, ...] = ()
            for step in [s for hop in self.hops for s in hop.steps if type(s) in _STATEFUL]:
                if type(step) is SessionOpened:
                    opened += (step,)
                elif type(step) is SessionMatched:
                    matched += (step,)
            for branch in self.branches:
                opened += branch.opened
                matched += branch.matched
            self._stateful = opened, matched
        return self._stateful

    @property
    def learnt(self) -> tuple[tuple[str, LookupRecord], ...]:
        """The dynamic records that hosts make of the flow's packets, each with its host."""
        own: tuple[tuple[str, LookupRecord], ...] = ()
        for hop in self.hops:
            for step in [s for s in hop.steps if type(s) in _LEARNING]:
                if isinstance(step, (AnnouncementLearnt, SourceLearnt, RemoteSourceLearnt)):
                    own += ((hop.node, step.record),)
        for branch in self.branches:
            own += branch.learnt
        return own

    @property
    def last(self) -> Step:
        """The step that says what became of the packet."""
        return self.hops[-1].steps[-1]

    @property
    def outcome(self) -> Outcome:
        """What became of the packet."""
        outcome = self.last.outcome
        assert outcome is not None  # noqa: S101 - a path ends with the step that has one
        return outcome

    @property
    def reason(self) -> Reason | None:
        """Why it was dropped or left undecided."""
        return self.last.reason

    @property
    def rule(self) -> str | None:
        """The name of the rule that denied."""
        last = self.last
        return last.rule.name if isinstance(last, AclDenied) else None

    @property
    def mechanism(self) -> Mechanism | None:
        """The kind of list that denied."""
        last = self.last
        if isinstance(last, (AclDenied, AclDefaultDenied, PortBlocked)):
            return last.mechanism
        return None

    @property
    def receiver(self) -> str | None:
        """The port that the switch chose, whether or not its rules let the frame out."""
        for step in [s for s in self.hops[-1].steps if type(s) in _AT_PORT]:
            if isinstance(step, (PortFound, SwitchedLocally, MemberFound, CopiedToPort)):
                return step.port.name
        return None

    @property
    def changes(self) -> tuple[Change, ...]:
        """What the steps do to the octets of a frame, in order."""
        if self._changes is None:
            self._changes = changes(self.steps, self.flow, self.flow_id)
        return self._changes

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Path) and (self.flow, self.hops, self.branches) == (
            other.flow,
            other.hops,
            other.branches,
        )

    def __hash__(self) -> int:
        return hash((self.flow, self.hops))

    def __repr__(self) -> str:
        return f"Path({self.flow!r}, {self.hops!r})"
