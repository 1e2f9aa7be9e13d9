"""Dumps of hosts: what the ``Get-*`` cmdlets print, in every way PowerShell writes it."""

from hnvemu.formats.dumps.collector import collector
from hnvemu.formats.dumps.reading import Dumps, DumpSource, read_dumps

__all__ = ["DumpSource", "Dumps", "collector", "read_dumps"]
