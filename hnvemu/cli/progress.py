"""A bar on a terminal's stderr for work that takes long; work that does not shows none."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Final

from hnvemu.cli.output import Color, wants_color

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from rich.progress import Progress

_PATIENCE: Final = 1.0
"""Seconds without a bar."""


class Bar:
    """Counts steps of work; shows them once they have taken a while."""

    def __init__(self, total: int, color: Color) -> None:
        self._total = total
        self._color = color
        self._done = 0
        self._start = time.monotonic()
        self._shown: Progress | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        if self._shown is not None:
            self._shown.stop()

    def step(self, what: str) -> None:
        """Tell what begins; all before that is done."""
        if self._shown is None:
            if not sys.stderr.isatty() or time.monotonic() - self._start < _PATIENCE:
                self._done += 1
                return
            self._show()
        assert self._shown is not None  # noqa: S101 - it was shown just now
        self._shown.update(
            self._shown.task_ids[0], description=what, completed=self._done % self._total
        )
        self._done += 1

    def _show(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        console = Console(stderr=True, no_color=not wants_color(self._color, sys.stderr))
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        self._shown = Progress(*columns, console=console, transient=True)
        self._shown.add_task("", total=self._total)
        self._shown.start()
