"""PowerShell scripts of the HNV cmdlets: parsed, evaluated, and never run."""

from hnvemu.formats.powershell.reading import read_script
from hnvemu.formats.powershell.recorder import HERE

__all__ = ["HERE", "read_script"]
