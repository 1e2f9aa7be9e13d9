"""What steps do to octets: the only code that changes a frame.

A trace is an explanation that can be run: its steps, applied to the frame that was sent, give the
frames on the wire and the frame that arrives.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from hnvemu.trace.steps import (
    CongestionCopied,
    DuplicateAnswered,
    GatewayAnswered,
    ReplicatedByGroup,
    ResolutionAnswered,
    Rewritten,
    RewrittenAndCounted,
    Sent,
)
from hnvemu.wire.encapsulation import Encapsulation, Encapsulator, vxlan_port
from hnvemu.wire.flow import flow_hash
from hnvemu.wire.rewrite import decrement_ttl, mark_ce, set_dst_mac

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hnvemu.trace.steps import Step
    from hnvemu.wire.encapsulation import Header, Tunnel
    from hnvemu.wire.flow import Flow


class Change(NamedTuple):
    """A step that touches octets, and how."""

    step: Step
    apply: Callable[[bytes], bytes]
    """A customer frame in; the changed one out, for ``Sent`` and ``ReplicatedByGroup`` the frame on
    the wire, and for an answer the reply."""
    entropy: int
    """For a frame on the wire: FlowID of the NVGRE key, or UDP source port of VXLAN; else 0."""


def changes(steps: Iterable[Step], flow: Flow, flow_id: int | None) -> tuple[Change, ...]:
    """Return the changes that ``steps`` make to the frames of ``flow``, in order."""
    found = []
    for step in steps:
        # By class and not by a match: most steps leave the frame as it is, and a flow has dozens.
        change = CHANGES.get(type(step))
        if change is not None:
            found.append(change(step, flow, flow_id))
    return tuple(found)


def _rewritten(step: Rewritten, flow: Flow, flow_id: int | None) -> Change:
    del flow, flow_id
    mac = step.mac
    return Change(step, lambda frame: set_dst_mac(frame, mac), 0)


def _counted(step: RewrittenAndCounted, flow: Flow, flow_id: int | None) -> Change:
    del flow, flow_id
    mac = step.mac
    return Change(step, lambda frame: decrement_ttl(set_dst_mac(frame, mac)), 0)


def _marked(step: CongestionCopied, flow: Flow, flow_id: int | None) -> Change:
    del flow, flow_id
    return Change(step, mark_ce, 0)


def _answered(
    step: ResolutionAnswered | GatewayAnswered | DuplicateAnswered, flow: Flow, flow_id: int | None
) -> Change:
    """Return the change that makes a question its answer (ARP-10)."""
    del flow, flow_id
    from hnvemu.wire.neighbour import answer  # noqa: PLC0415 - few traces are of ARP

    mac = step.record.mac
    return Change(step, lambda frame: answer(frame, mac), 0)


def _encapsulated(step: Sent | ReplicatedByGroup, flow: Flow, flow_id: int | None) -> Change:
    """Return the change that puts a frame into a tunnel (ENC-2)."""
    entropy = entropy_of(step.tunnel, flow, flow_id)
    wrap = _encapsulator(step.tunnel).wrap
    tos = flow.tos
    return Change(step, lambda frame: wrap(frame, entropy=entropy, tos=tos), entropy)


def entropy_of(tunnel: Tunnel, flow: Flow, flow_id: int | None) -> int:
    """Return FlowID or UDP source port of a flow's frames in a tunnel (ENC-2)."""
    if tunnel.encapsulation is Encapsulation.VXLAN:
        return vxlan_port(flow_hash(flow))
    return flow_hash(flow) & 0xFF if flow_id is None else flow_id


def tunnel_header(tunnel: Tunnel, entropy: int, tos: int) -> Header:
    """Return what a tunnel puts in front of the frames of one flow."""
    return Encapsulator(tunnel).header(entropy=entropy, tos=tos)


@lru_cache(maxsize=4096)
def _encapsulator(tunnel: Tunnel) -> Encapsulator:
    """Return the encapsulator of ``tunnel``, which all flows through it share."""
    return Encapsulator(tunnel)


CHANGES: dict[type[object], Callable[[Any, Flow, int | None], Change]] = {
    Rewritten: _rewritten,
    RewrittenAndCounted: _counted,
    CongestionCopied: _marked,
    Sent: _encapsulated,
    ReplicatedByGroup: _encapsulated,
    ResolutionAnswered: _answered,
    GatewayAnswered: _answered,
    DuplicateAnswered: _answered,
}
"""The steps that touch octets, and how."""
