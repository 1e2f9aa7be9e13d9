"""PowerShell scripts of the HNV cmdlets: parsed, evaluated, and never run."""

from hnvemu.formats.powershell.reading import read_script

__all__ = ["read_script"]
