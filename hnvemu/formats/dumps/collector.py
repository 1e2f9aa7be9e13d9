"""The script that an administrator runs on a host to make a dump of it."""

from __future__ import annotations

from importlib.resources import files


def collector() -> str:
    """Return the PowerShell script: it reads, writes one JSON file, and changes nothing."""
    return files("hnvemu.formats.dumps").joinpath("collector.ps1").read_text("ascii")
