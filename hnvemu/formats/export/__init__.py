"""Writes a policy in the formats that people deploy and keep: YAML, PowerShell, CSV."""
