"""Everything that stops a packet, one blocker after the other, and the smallest edits against it.

No decision is taken here and no step is made up: the policy's text is edited, loaded and compiled,
and the same packet is sent again through the same switch. Where it is stopped next is the next
blocker, until it arrives or nothing mends what stops it. Every edit that is shown has been run.

Rules of the file: what may mend a step stands in :mod:`hnvemu.analysis.mends`, and what is wrong
with a packet in :mod:`hnvemu.analysis.packet_faults`; here it is only tried.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from hnvemu.addresses import address_of
from hnvemu.analysis.cmdlets import script
from hnvemu.analysis.impact import impact
from hnvemu.analysis.mends import Blocked, Mend, mends
from hnvemu.analysis.packet_faults import packet_fault
from hnvemu.errors import PolicyError, QuestionError
from hnvemu.reader.edit import Delete
from hnvemu.trace import steps as s
from hnvemu.trace.explanation import Blocker, Ending, Fix
from hnvemu.trace.outcome import Outcome
from hnvemu.value import value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from hnvemu.reader.edit import Edit, PolicyText
    from hnvemu.switch.fabric import Fabric
    from hnvemu.tables.sessions import Sessions
    from hnvemu.trace.explanation import Changed
    from hnvemu.trace.outcome import Reason
    from hnvemu.trace.path import Path as Way
    from hnvemu.trace.steps import Step
    from hnvemu.trace.trace import Trace

_MOST_BLOCKERS = 16
_MOST_PROPOSALS = 12
_PAIRED = 4
"""Of how many proposals two together are tried, where none helps alone."""
_MOST_COMMANDS = 64
_MOST_PAIRS = 1000
_BAD = frozenset({Outcome.DROPPED, Outcome.UNDECIDED})

_ORDER: tuple[tuple[type[object], ...], ...] = (
    (s.VlanTagged,),
    (s.DestinationMacNull,),
    (s.SourceMacInvalid,),
    (s.SourceMacSpoofed,),
    (s.DhcpGuarded,),
    (s.RouterGuarded,),
    (),  # the lists of the sending port
    (s.EtherTypeUnsupported, s.PacketMalformed, s.ChecksumWrong),
    (s.SourceMissed, s.LearningRefused, s.AnnouncementDropped, s.AnnouncementRefused),
    (s.SourceMacMismatched,),
    (s.SourcePaMismatched,),
    (s.ResolutionOffSubnet, s.ResolutionUnanswered, s.DuplicateUnheld),
    (s.RoutingDomainMissed,),
    (s.RouteMissed,),
    (s.NextHopOffLink,),
    (s.LookupMissed, s.LookupMissedOnLink, s.LookupUnusable),
    (s.GatewayAddressed,),
    (s.DestinationMacForeign,),
    (s.MethodMismatched,),
    (s.TtlExpired,),
    (s.MethodUnsupported,),
    (s.ProviderFamiliesDiffer, s.ProviderRouteMissed, s.PaUnresolved, s.PaVlansDiffer),
    (s.PacketTooBig,),
    (s.PaNotOwned, s.PaNotPreferred),
    (s.TunnelBroken,),
    (s.InnerTagged,),
    (s.CongestionLost,),
    (s.InboundMissed,),
    (s.InboundPaMismatched,),
    (s.InboundMacMismatched,),
    (s.RemoteSourceMissed,),
    (s.RemoteSourcePaMismatched,),
    (s.RemoteSourceMacMismatched,),
    (s.PortMissed, s.MembersMissed),
    (s.PortVsidMismatched,),
    (),  # the lists of the receiving port
)
"""The steps that stop a packet, in the order in which it meets them, whichever host takes them."""
_STAGES = {kind: stage for stage, kinds in enumerate(_ORDER) for kind in kinds}
_SENDING_LISTS, _RECEIVING_LISTS = (at for at, kinds in enumerate(_ORDER) if not kinds)
_OF_LISTS = (s.AclDenied, s.AclDefaultDenied, s.PortBlocked, s.NotEvaluated)
_AT_PORT = (s.PortFound, s.SwitchedLocally, s.MemberFound, s.CopiedToPort)
_ROUTED, _PLACED = _STAGES[s.NextHopOffLink], _STAGES[s.ProviderRouteMissed]
_BACK_TO = {
    s.RoutingDomainMissed: _STAGES[s.SourceMissed],  # in another virtual subnet
    s.NextHopOffLink: _ROUTED,  # to another next hop
    s.LookupMissed: _ROUTED,
    s.LookupMissedOnLink: _ROUTED,
    s.GatewayAddressed: _ROUTED,
    s.ProviderFamiliesDiffer: _PLACED,  # to another host
    s.ProviderRouteMissed: _PLACED,
    s.PaUnresolved: _PLACED,
    s.PaVlansDiffer: _PLACED,
    s.InboundPaMismatched: _PLACED,
    s.PortMissed: _PLACED,
}
"""Where a packet that is sent another way begins again to meet what it has met on no way before."""


_Key: TypeAlias = "tuple[Step, tuple[str, ...]]"


class _Stop(NamedTuple):
    """Where a packet, or one of its copies, was stopped."""

    way: Way
    copy: tuple[str, ...]
    """The hosts and ports that tell this copy from the others; empty where there is one way."""

    @property
    def stage(self) -> int:
        """How far it came."""
        if isinstance(self.way.last, _OF_LISTS):
            received = any(isinstance(step, _AT_PORT) for step in self.way.steps)
            return _RECEIVING_LISTS if received else _SENDING_LISTS
        return _STAGES.get(type(self.way.last), -1)

    @property
    def least(self) -> int:
        """How far it must come once this is mended: a list may have another entry against it."""
        if isinstance(self.way.last, _OF_LISTS):
            return self.stage
        return _BACK_TO.get(type(self.way.last), self.stage + 1)

    @property
    def key(self) -> _Key:
        """What tells this stop from another."""
        return self.way.last, self.copy


class _Found(NamedTuple):
    """A blocker, and the edits that take the packet past it."""

    step: Step
    node: str
    mend: Mend | None
    advice: str


@value
class _Packet:
    """What is sent again, and where."""

    frame: bytes
    at: str
    sessions: Sessions | None


def repair(
    fabric: Fabric,
    trace: Trace,
    text: PolicyText | None,
    rebuild: Callable[[PolicyText], Fabric],
    *,
    established: bool = False,
) -> tuple[tuple[Blocker, ...], Ending | None]:
    """Return what stops a packet to the end of its way, and what becomes of it with all fixes.

    Fixes belong together: each one's diff applies to what the one before left, and with any of
    them left out the packet does not arrive.

    Args:
        fabric: The fabric that made the trace.
        trace: A trace that ended badly, or one with such copies; any other has no blockers.
        text: The policy's text, which is edited; None where it does not come from text. Then only
            what the packet can change is known.
        rebuild: Makes the fabric of an edited text as ``fabric`` was made, profile and all.
        established: Whether the frame belongs to a conversation that all ports admitted.
    """
    assumed = established or any(isinstance(step, s.SessionAssumed) for step in trace.steps)
    packet = _Packet(
        frame=trace.frame if trace.outer is None else trace.outer,
        at=trace.at,
        sessions=None if assumed else trace.sessions,
    )
    found = _Repair(fabric, trace, text, rebuild, packet)
    return found.blockers(), found.mended()


class _Network(NamedTuple):
    """A policy's text, and the fabric that was made of it."""

    text: PolicyText | None
    fabric: Fabric


class _Repair:
    """One packet's repair, from its first blocker to its end."""

    def __init__(
        self,
        fabric: Fabric,
        trace: Trace,
        text: PolicyText | None,
        rebuild: Callable[[PolicyText], Fabric],
        packet: _Packet,
    ) -> None:
        self._rebuild = rebuild
        self._packet = packet
        self._trace = trace
        self._network = _Network(text, fabric)
        self._edits: tuple[Edit, ...] = ()
        self._made = {_named(()): self._network}
        """The networks that are needed again, by the edits that made them."""
        self._found: list[_Found] = []
        self._search()
        if not _stops(self._trace):
            self._drop_unneeded()

    def _search(self) -> None:
        """Go from blocker to blocker, each in the network in which those before are mended."""
        seen: set[_Key] = set()
        while (stops := _stops(self._trace)) and len(self._found) < _MOST_BLOCKERS:
            stop = stops[0]
            seen.add(stop.key)
            if not self._pass(stop, seen):
                return

    def _pass(self, stop: _Stop, seen: set[_Key]) -> bool:
        """Take the packet past a blocker; tell whether it got on."""
        step, node = stop.way.last, stop.way.hops[-1].node
        text, fabric = self._network
        blocked = Blocked(fabric, text, self._steps(stop), stop.way, self._packet.at)
        for mend in _proposals(blocked):
            tried = self._tried(text, mend.edits)
            if tried is not None and _is_past(stop, tried[1], seen):
                self._edits += mend.edits
                self._network, self._trace = tried
                self._made[_named(self._edits)] = self._network
                self._found.append(_Found(step, node, mend, ""))
                return True
        fault = packet_fault(blocked, self._trace)
        self._found.append(_Found(step, node, None, fault.advice))
        if fault.frame is None:
            return False
        packet = _Packet(frame=fault.frame, at=self._packet.at, sessions=self._packet.sessions)
        trace = _sent(fabric, packet)
        if trace is None or not _is_past(stop, trace, seen):
            return False
        self._packet, self._trace = packet, trace
        return True

    def _steps(self, stop: _Stop) -> tuple[Step, ...]:
        """Return all steps that led there; a copy's begin with those of the frame it is one of."""
        own = self._trace.path.steps
        return own if stop.way is self._trace.path else (*own, *stop.way.steps)

    def _tried(
        self, text: PolicyText | None, edits: Iterable[Edit]
    ) -> tuple[_Network, Trace] | None:
        """Edit a text, and send the packet again; None where that makes no policy."""
        if text is None:
            return None
        try:
            edited = text.edited(edits)
            network = _Network(edited, self._rebuild(edited))
        except (PolicyError, QuestionError):
            return None
        trace = _sent(network.fabric, self._packet)
        return None if trace is None else (network, trace)

    def _with(self, edits: tuple[Edit, ...]) -> _Network | None:
        """Return the network that edits of the first one make; None where they make no policy."""
        name = _named(edits)
        if name not in self._made:
            tried = self._tried(self._made[_named(())].text, edits)
            if tried is None:
                return None
            self._made[name] = tried[0]
        return self._made[name]

    def _drop_unneeded(self) -> None:
        """Leave out each mend without which the packet arrives at the same place."""
        for at in range(len(self._found)):
            if self._found[at].mend is None:
                continue
            others = _without(self._found, at)
            edits = _joined(others)
            network = self._with(edits)
            trace = None if network is None else _sent(network.fabric, self._packet)
            if network is None or trace is None or _arrival(trace) != _arrival(self._trace):
                continue
            self._network, self._trace, self._edits = network, trace, edits
            kept = iter(others)
            self._found = [
                other._replace(mend=None, advice="what mends another blocker mends this too")
                if position == at
                else other._replace(mend=other.mend and next(kept))
                for position, other in enumerate(self._found)
            ]

    def blockers(self) -> tuple[Blocker, ...]:
        """Return what was found, each fix as a diff of what the fixes before it left."""
        result = []
        edits: tuple[Edit, ...] = ()
        before = self._with(edits)
        for found in self._found:
            fix = None
            if found.mend is not None:
                edits += found.mend.edits
                after = self._with(edits)
                fix = self._fix(found.mend, before, after)
                before = after
            result.append(
                Blocker(
                    step=found.step,
                    node=found.node,
                    reason=_reason(found.step),
                    fix=fix,
                    advice=found.advice,
                )
            )
        return tuple(result)

    def _fix(self, mend: Mend, before: _Network | None, after: _Network | None) -> Fix | None:
        if before is None or after is None or before.text is None or after.text is None:
            return None
        commands, hosts = script(before.fabric.policy, after.fabric.policy)
        opens, compared = self._opened(before.fabric, after.fabric)
        return Fix(
            summary=mend.summary + _remark(commands),
            diff=before.text.diff(after.text),
            cmdlets=commands if len(commands) <= _MOST_COMMANDS else (),
            hosts=hosts,
            opens=opens,
            compared=compared,
        )

    def _opened(self, before: Fabric, after: Fabric) -> tuple[tuple[Changed, ...], int]:
        """Return what else changes from one network to another, and of how many packets."""
        flow = self._trace.flow
        receiver = self._trace.receiver
        found = impact(
            before,
            after,
            flow,
            first=[self._packet.at, *([] if receiver is None else [receiver])],
            pairs=_MOST_PAIRS,
            sessions=self._packet.sessions,
        )
        destinations = {receiver, str(address_of(flow.version, max(flow.dst, 0)))}
        others = (
            changed
            for changed in found.changed
            if changed.source != self._packet.at or changed.destination not in destinations
        )
        return tuple(others), max(found.compared - 1, 0)  # the packet in question is no other

    def mended(self) -> Ending | None:
        """Return what becomes of the packet with all fixes; None where there is none."""
        if not any(found.mend for found in self._found):
            return None
        stops = _stops(self._trace)
        way = stops[0].way if stops else self._trace.path
        return Ending(way.outcome, way.reason, way.hops[-1].node)


def _remark(commands: tuple[str, ...]) -> str:
    if not commands:
        return " (no cmdlet of Hyper-V does it)"
    if len(commands) > _MOST_COMMANDS:
        return f" ({len(commands)} commands, which the manager of the hosts has)"
    return ""


def _reason(step: Step) -> Reason:
    assert step.reason is not None  # noqa: S101 - whatever stops a packet says why
    return step.reason


def _sent(fabric: Fabric, packet: _Packet) -> Trace | None:
    try:
        return fabric.send(packet.frame, at=packet.at, sessions=packet.sessions)
    except QuestionError:
        return None


def _stops(trace: Trace) -> list[_Stop]:
    """Return where the packet, or copies of it, ended badly."""
    return [*_stops_of(trace.path, ())]


def _arrival(trace: Trace) -> tuple[bool, Outcome, str | None]:
    """Return whether all goes well, and what becomes of the packet where."""
    return not _stops(trace), trace.outcome, trace.receiver


def _stops_of(way: Way, copy: tuple[str, ...]) -> Iterator[_Stop]:
    if way.outcome in _BAD:
        yield _Stop(way, copy)
    for branch in way.branches:
        first = branch.hops[0].steps[0]
        named = first.port.name if isinstance(first, s.CopiedToPort) else branch.hops[-1].node
        yield from _stops_of(branch, (*copy, named))


def _is_past(stop: _Stop, trace: Trace, seen: set[_Key]) -> bool:
    """Whether the packet gets further than where it was stopped before."""
    now = next((other for other in _stops(trace) if other.copy == stop.copy), None)
    return now is None or (now.key not in seen and now.stage >= stop.least)


def _proposals(blocked: Blocked) -> Iterator[Mend]:
    """Yield what may mend a step, and then two of these together."""
    alone: list[Mend] = []
    try:
        for mend in mends(blocked):
            if mend not in alone:
                alone.append(mend)
            if len(alone) == _MOST_PROPOSALS:
                break
    except QuestionError:  # a row that no text says, such as one that a host has learned
        pass
    yield from alone
    for first, second in combinations(alone[:_PAIRED], 2):
        # From the end of a list on, so that indexes stay what they were.
        edits = sorted((*first.edits, *second.edits), key=_later_items_first)
        yield Mend(f"{first.summary}, and {second.summary}", tuple(edits))


def _later_items_first(edit: Edit) -> int:
    last = edit.path[-1]
    return -last if isinstance(edit, Delete) and isinstance(last, int) else 0


def _named(edits: tuple[Edit, ...]) -> str:
    """Return a key of edits, whose values are lists and dicts."""
    return repr(edits)


def _joined(mends_of: list[Mend]) -> tuple[Edit, ...]:
    return tuple(edit for mend in mends_of for edit in mend.edits)


def _without(found: list[_Found], dropped: int) -> list[Mend]:
    """Return the mends but one, with the indexes that items of a list then have."""
    gone = found[dropped].mend
    result = []
    for at, other in enumerate(found):
        if other.mend is None or at == dropped:
            continue
        mend = other.mend
        if at > dropped and gone is not None:
            mend = mend._replace(edits=tuple(_shifted(edit, gone.edits) for edit in mend.edits))
        result.append(mend)
    return result


def _shifted(edit: Edit, gone: tuple[Edit, ...]) -> Edit:
    """Return an edit as it is without earlier ones that took items out of a list."""
    path = edit.path
    for other in reversed(gone):
        at = len(other.path) - 1
        index = other.path[-1]
        if isinstance(other, Delete) and isinstance(index, int) and len(path) > at:
            step = path[at]
            if path[:at] == other.path[:-1] and isinstance(step, int) and step >= index:
                path = (*path[:at], step + 1, *path[at + 1 :])
    return edit._replace(path=path)
