"""Whether two values are the same in everything: types, origins, order, and what == leaves out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def parts(value: Any) -> Any:
    """Return a value as plain tuples that differ where it differs in anything."""
    if isinstance(value, str):
        return type(value).__name__, str(value)
    if isinstance(value, Mapping):
        return "mapping", [(parts(key), parts(part)) for key, part in value.items()]
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        name = type(value).__name__ if hasattr(value, "_fields") else "sequence"
        return name, [parts(part) for part in value]
    names = getattr(type(value), "__match_args__", ())
    if names:
        return type(value).__name__, [(name, parts(getattr(value, name))) for name in names]
    return type(value).__name__, value
