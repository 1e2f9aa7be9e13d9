"""Replays use the reference network of the scenarios."""

from __future__ import annotations

from scenarios.conftest import asks, frame, network

__all__ = ["asks", "frame", "network"]
