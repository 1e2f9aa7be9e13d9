"""What steps do to octets: the only code that changes a frame.

A trace is an explanation that can be run: its steps, applied to the frame that was sent, give the
frames on the wire and the frame that arrives.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from hnvemu.trace.steps import CongestionCopied, Rewritten, RewrittenAndCounted, Sent
from hnvemu.wire.encapsulation import Encapsulation, Encapsulator, vxlan_port
from hnvemu.wire.flow import flow_hash
from hnvemu.wire.rewrite import decrement_ttl, mark_ce, set_dst_mac

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hnvemu.trace.steps import Step
    from hnvemu.wire.encapsulation import Tunnel
    from hnvemu.wire.flow import Flow


class Change(NamedTuple):
    """A step that touches octets, and how."""

    step: Step
    apply: Callable[[bytes], bytes]
    """A customer frame in; the changed one out, or for ``Sent`` the frame on the wire."""
    entropy: int
    """For ``Sent``: FlowID of the NVGRE key, or UDP source port of VXLAN; else 0."""


def changes(steps: Iterable[Step], flow: Flow, flow_id: int | None) -> tuple[Change, ...]:
    """Return the changes that ``steps`` make to the frames of ``flow``, in order."""
    found = []
    for step in steps:
        match step:
            case Rewritten(mac, _):
                found.append(Change(step, lambda frame, mac=mac: set_dst_mac(frame, mac), 0))  # type: ignore[misc]
            case RewrittenAndCounted(mac):
                found.append(
                    Change(
                        step,
                        lambda frame, mac=mac: decrement_ttl(set_dst_mac(frame, mac)),  # type: ignore[misc]
                        0,
                    )
                )
            case Sent(tunnel, _):
                found.append(_encapsulation(step, tunnel, flow, flow_id))
            case CongestionCopied():
                found.append(Change(step, mark_ce, 0))
            case _:
                pass  # a decision that leaves the frame as it is
    return tuple(found)


def _encapsulation(step: Step, tunnel: Tunnel, flow: Flow, flow_id: int | None) -> Change:
    """Return the change that puts a frame into ``tunnel`` (ENC-2)."""
    if tunnel.encapsulation is Encapsulation.VXLAN:
        entropy = vxlan_port(flow_hash(flow))
    else:
        entropy = flow_hash(flow) & 0xFF if flow_id is None else flow_id
    wrap = _encapsulator(tunnel).wrap
    tos = flow.tos
    return Change(step, lambda frame: wrap(frame, entropy=entropy, tos=tos), entropy)


@lru_cache(maxsize=4096)
def _encapsulator(tunnel: Tunnel) -> Encapsulator:
    """Return the encapsulator of ``tunnel``, which all flows through it share."""
    return Encapsulator(tunnel)
