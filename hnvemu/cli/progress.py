"""A bar on a terminal's stderr for work that takes long; work that does not shows none."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Final

from hnvemu.cli.output import Color, wants_color

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from rich.progress import Progress, ProgressColumn

_PATIENCE: Final = 1.0
"""Seconds without a bar."""


class _Patient:
    """Shows a bar once work has taken a while, and takes it away in the end."""

    def __init__(self, color: Color) -> None:
        self._color = color
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

    def _bar(self, total: int | None, columns: tuple[ProgressColumn, ...]) -> Progress:
        """Show a bar with these columns."""
        from rich.console import Console
        from rich.progress import Progress

        console = Console(stderr=True, no_color=not wants_color(self._color, sys.stderr))
        shown = Progress(*columns, console=console, transient=True)
        shown.add_task("", total=total)
        shown.start()
        return shown

    def _is_due(self) -> bool:
        return sys.stderr.isatty() and time.monotonic() - self._start >= _PATIENCE


class Bar(_Patient):
    """Counts steps of work; shows them once they have taken a while."""

    def __init__(self, total: int, color: Color) -> None:
        super().__init__(color)
        self._total = total
        self._done = 0

    def step(self, what: str) -> None:
        """Tell what begins; all before that is done."""
        if self._shown is None:
            if not self._is_due():
                self._done += 1
                return
            self._show()
        assert self._shown is not None  # noqa: S101 - it was shown just now
        self._shown.update(
            self._shown.task_ids[0], description=what, completed=self._done % self._total
        )
        self._done += 1

    def _show(self) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        self._shown = self._bar(self._total, columns)


class Meter(_Patient):
    """Tells how much of captures is read, and how fast."""

    def show(self, octets: int, size: int | None, packets: int) -> None:
        """Tell how far it is.

        Args:
            octets: Read so far.
            size: All octets; None: nobody knows.
            packets: Read so far.
        """
        if self._shown is None:
            if not self._is_due():
                return
            self._show(size)
        assert self._shown is not None  # noqa: S101 - it was shown just now
        seconds = time.monotonic() - self._start
        rates = f"{packets / seconds:,.0f} packets/s, {octets / seconds / 1e6:,.1f} MB/s"
        self._shown.update(
            self._shown.task_ids[0], description=f"{packets:,} packets, {rates}", completed=octets
        )

    def _show(self, size: int | None) -> None:
        from rich.progress import BarColumn, TextColumn, TimeRemainingColumn

        columns = (BarColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
        self._shown = self._bar(size, columns)
