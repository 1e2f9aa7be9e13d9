"""What is wrong with a policy that can be read: one rule a module, and what runs them.

What is named here is imported when somebody asks for it: the command line knows the severities
without having read the rules.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hnvemu.lint.judge import Judge, Linted
    from hnvemu.lint.rule import FailLevel, Severity
    from hnvemu.lint.run import Diagnostic, lint
    from hnvemu.lint.settings import Settings

__all__ = ["Diagnostic", "FailLevel", "Judge", "Linted", "Settings", "Severity", "lint"]

_HOMES = {
    "Diagnostic": "run",
    "FailLevel": "rule",
    "Judge": "judge",
    "Linted": "judge",
    "Settings": "settings",
    "Severity": "rule",
    "lint": "run",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
