"""Policy text becomes a policy: the only way in from YAML and JSON."""

from hnvemu.reader.policy import load_policy
from hnvemu.reader.source import mistakes, samples

__all__ = ["load_policy", "mistakes", "samples"]
