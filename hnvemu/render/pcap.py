"""A trace as a capture: the frame at every place it passes, each with its explanation.

Directions are the switches': a frame arrives from the sending VM, leaves by a provider NIC,
arrives at another, and leaves to the receiving VM.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from hnvemu.render.text import verdict
from hnvemu.render.wording import words
from hnvemu.wire.blocks import provider_nic
from hnvemu.wire.capture import CaptureRecord, write_pcapng

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.trace.path import Hop
    from hnvemu.trace.trace import Trace


def write_capture(trace: Trace, stream: BinaryIO) -> None:
    """Write a trace, and its reply after it, as pcapng.

    Each port of a VM and each provider NIC is an interface: ``T/A``, ``H1 provider``. A comment
    on a frame that arrives lists what its host decided about it. Copies follow one another, each
    from where it leaves its host or reaches a VM.
    """
    write_pcapng(stream, _records(trace))


def _records(trace: Trace) -> Iterator[CaptureRecord]:
    comment = f"{verdict(trace)}\n{_explanation(trace.hops[0])}"
    if trace.outer is None:
        yield CaptureRecord(trace.at, trace.frame, comment, outbound=False)
    else:
        provider = provider_nic(trace.hops[0].node)
        yield CaptureRecord(provider, trace.outer, comment, outbound=False)
    yield from _onward(trace)
    if trace.reply is not None:
        yield from _records(trace.reply)


def _onward(trace: Trace) -> Iterator[CaptureRecord]:
    """Yield a frame's way from where it entered, and each copy's from where it was made."""
    hops = trace.hops
    for position, wire in enumerate(trace.wire, start=1):
        name = wire.tunnel.encapsulation.upper()
        comment = f"{name} from {wire.sender} to {wire.receiver}, VSID {wire.tunnel.vsid}"
        yield CaptureRecord(provider_nic(wire.sender), wire.frame, comment, outbound=True)
        for hop in hops[position : position + 1] or [copy.hops[0] for copy in trace.branches]:
            provider = provider_nic(hop.node)
            yield CaptureRecord(provider, wire.frame, _explanation(hop), outbound=False)
    for frame in trace.delivered:
        comment = f"{trace.outcome}: {frame.to}, VSID {frame.vsid}"
        yield CaptureRecord(frame.to, frame.frame, comment, outbound=True)
    for copy in trace.branches:
        yield from _onward(copy)


def _explanation(hop: Hop) -> str:
    """Return a line for each step of a hop."""
    lines = [f"{hop.node}:"]
    lines += [" ".join(words(step)) for step in hop.steps if not step.minor]
    return "\n".join(lines)
