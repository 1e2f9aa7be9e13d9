"""Dumps of hosts: what the ``Get-*`` cmdlets print, in every way PowerShell writes it."""

from hnvemu.formats.dumps.collector import collector
from hnvemu.formats.dumps.reading import Dumps, read_dumps
from hnvemu.formats.dumps.source import DumpSource

__all__ = ["DumpSource", "Dumps", "collector", "read_dumps"]
