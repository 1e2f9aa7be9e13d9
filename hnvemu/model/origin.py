"""Where a value of a policy was written."""

from __future__ import annotations

from typing import NamedTuple


class Origin(NamedTuple):
    """A place in a policy file: line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file

    @property
    def short(self) -> str:
        """The place without its column."""
        return f"{self.file}:{self.line}" if self.line else self.file


BUILT_IN = Origin("built-in", 0, 0)
"""The origin of what no file says: defaults of the format and of the model."""
