"""Replays use the reference network of the scenarios."""

from __future__ import annotations

from scenarios.conftest import frame, network

__all__ = ["frame", "network"]
