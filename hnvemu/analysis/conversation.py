"""What a request and its reply say together: one way only, another way back, sessions forgotten.

Rules of the file: remarks are read off two finished traces, and nothing here decides. A sentence
has the values that it is about and no full stop.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from hnvemu.model.acl import Mechanism
from hnvemu.tables.sessions import OPPOSITE
from hnvemu.trace.outcome import Outcome
from hnvemu.trace.steps import (
    AclAllowed,
    AclDefaultDenied,
    AclDenied,
    PortBlocked,
    RouteMatched,
    SessionOpened,
)
from hnvemu.wire.flow import TCP, UDP

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.model.origin import Origin
    from hnvemu.trace.steps import Step
    from hnvemu.trace.trace import Trace

_ARRIVED = (Outcome.DELIVERED, Outcome.TO_GATEWAY)
_NAMES = {
    Mechanism.PORT: "port ACLs",
    Mechanism.EXTENDED: "extended ACLs",
    Mechanism.DATACENTER: "datacenter ACLs",
    Mechanism.FIREWALL: "firewall",
}


class RemarkKind(StrEnum):
    """What a remark is about."""

    ONE_WAY = "one-way"
    """The request arrives, and the reply does not."""
    ASYMMETRIC = "asymmetric"
    """The reply takes another way than the request."""
    FORGOTTEN = "session-forgotten"
    """A session ended before the reply came."""


class Remark(NamedTuple):
    """One sentence about both directions, and the rules it is about."""

    kind: RemarkKind
    text: str
    rules: tuple[str, ...]
    origin: Origin | None
    """Where the row is written that the sentence names."""


def remarks(request: Trace, reply: Trace, *, reply_after: int) -> tuple[Remark, ...]:
    """Return what a reader should know of a conversation that neither trace says alone.

    Args:
        request: A trace that reached somebody.
        reply: The trace of the answer.
        reply_after: Seconds between the two.
    """
    found = [*_forgotten(request, reply_after)]
    if reply.outcome is Outcome.DROPPED:
        found.append(_one_way(request, reply))
    elif reply.outcome in _ARRIVED and request.outer is None:
        found += _another_way(request, reply)
    return tuple(found)


def _forgotten(request: Trace, reply_after: int) -> Iterator[Remark]:
    for place, _, seconds in request.sessions.rows:
        if seconds is not None and seconds < reply_after:
            yield Remark(
                RemarkKind.FORGOTTEN,
                f"the {_NAMES[place.mechanism]} of {place.port} have forgotten the conversation:"
                f" nothing passed for {reply_after} s, and a session lasts {seconds} s",
                ("ACL-43",),
                None,
            )


def _one_way(request: Trace, reply: Trace) -> Remark:
    """Say who stops the reply and, of a list, what would let it pass."""
    last = reply.path.last
    start = "one way only: the request arrives, and the reply is lost"
    if not isinstance(last, (AclDenied, AclDefaultDenied, PortBlocked)):
        node = reply.hops[-1].node
        return Remark(RemarkKind.ONE_WAY, f"{start} at {node}, {reply.reason}", last.rules, None)
    mechanism = last.mechanism
    advice, rules = _advice(request, last)
    return Remark(
        RemarkKind.ONE_WAY,
        f"{start} at the {last.direction} {_NAMES[mechanism]} of {last.port.name}; {advice}",
        tuple(dict.fromkeys((*last.rules, *rules))),
        last.rule.origin if isinstance(last, AclDenied) else None,
    )


def _advice(
    request: Trace, denied: AclDenied | AclDefaultDenied | PortBlocked
) -> tuple[str, tuple[str, ...]]:
    """Return what would let a reply pass that a list denied, and the rules that say so."""
    mechanism = denied.mechanism
    own = "the reply needs an entry of its own"
    passed = [step for step in request.steps if _is_of(step, denied)]
    if mechanism is Mechanism.PORT:
        return f"port ACLs keep no state, so {own}", ("ACL-30",)
    if any(isinstance(step, SessionOpened) for step in passed):
        return "the session that let it pass is forgotten", ("ACL-43",)
    if mechanism is Mechanism.FIREWALL:
        return f"the request did not pass this port, so {own}", ("ACL-19",)
    if mechanism is Mechanism.EXTENDED and request.flow.protocol not in (TCP, UDP):
        return f"extended ACLs keep state of TCP and UDP alone, so {own}", ("ACL-43",)
    rules = ("ACL-43",) if mechanism is Mechanism.EXTENDED else ("ACL-51",)
    for step in passed:
        if isinstance(step, AclAllowed):
            return f"{step.rule} let the request pass; stateful, it would let the reply pass", rules
    way = OPPOSITE[denied.direction]
    return f"a stateful {way} entry that allows the request would let the reply pass", rules


def _is_of(step: Step, denied: AclDenied | AclDefaultDenied | PortBlocked) -> bool:
    """Whether a step of the request is of the opposite list of what denied the reply."""
    return (
        isinstance(step, (AclAllowed, SessionOpened))
        and step.mechanism is denied.mechanism
        and step.port == denied.port
        and step.direction is OPPOSITE[denied.direction]
    )


def _another_way(request: Trace, reply: Trace) -> Iterator[Remark]:
    """Compare the ways of two packets that arrived."""
    if reply.receiver != request.at:
        route = next((s.route for s in reply.steps if isinstance(s, RouteMatched)), None)
        text = f"another way back: the request came from {request.at}, the reply goes to"
        if reply.outcome is Outcome.TO_GATEWAY and route is not None:
            text += f" {reply.receiver}, by route {route.prefix} via {route.next_hop}"
            yield Remark(RemarkKind.ASYMMETRIC, text, ("FWD-4", "FWD-8"), route.origin)
        else:
            yield Remark(RemarkKind.ASYMMETRIC, f"{text} {reply.receiver}", ("FWD-33",), None)
    there, back = _way(request), _way(reply)
    if there != back[::-1]:
        yield Remark(
            RemarkKind.ASYMMETRIC,
            f"another way back: the request goes {_told(there)}, the reply {_told(back)}",
            ("FWD-30", "FWD-31"),
            None,
        )


def _way(trace: Trace) -> tuple[str, ...]:
    """Return what a packet passes, so that the same way back is the reverse."""
    if not trace.wire:
        return (trace.hops[0].node,)
    (frame,) = trace.wire
    tunnel = frame.tunnel
    return (
        f"{frame.sender} (PA {tunnel.src})",
        tunnel.encapsulation.upper(),
        f"{frame.receiver} (PA {tunnel.dst})",
    )


def _told(way: tuple[str, ...]) -> str:
    if len(way) == 1:
        return f"nowhere but {way[0]}, without a tunnel"
    sender, encapsulation, receiver = way
    return f"from {sender} to {receiver} in {encapsulation}"
