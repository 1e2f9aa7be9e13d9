"""Whom a frame and its copies reach, and through which tunnels."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hnvemu import Trace


def arrivals(trace: Trace) -> list[tuple[str, bytes]]:
    """Return every port that a frame or one of its copies reaches, with the frame it gets."""
    found = [(frame.to, frame.frame) for frame in trace.delivered]
    for branch in trace.branches:
        found += arrivals(branch)
    return found


def reached(trace: Trace) -> list[str]:
    """Return the ports that a frame or its copies reach, sorted."""
    return sorted(port for port, _ in arrivals(trace))


def tunnels(trace: Trace) -> list[tuple[str, str, int]]:
    """Return source PA, destination PA and VSID of every frame on the wire, copies included."""
    found = [(str(w.tunnel.src), str(w.tunnel.dst), w.tunnel.vsid) for w in trace.wire]
    for branch in trace.branches:
        found += tunnels(branch)
    return found
