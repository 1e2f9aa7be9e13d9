"""What of the controller's resources a policy cannot hold, or says that nobody told it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.findings import Finding, Note
from hnvemu.formats.network_controller.names import readable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hnvemu.model.origin import Origin

_SHOWN = 5


class Losses:
    """All findings so far."""

    def __init__(self) -> None:
        self._found: list[Finding] = []

    def add(
        self,
        message: str,
        origin: Origin,
        *,
        help: str | None = None,  # noqa: A002 - the word of the output
        notes: tuple[Note, ...] = (),
    ) -> None:
        """Take down one loss."""
        notes = tuple(Note(readable(note.message), note.origin) for note in notes)
        self._found.append(
            Finding(message=readable(message), origin=origin, help=help, notes=notes)
        )

    def add_group(
        self,
        message: str,
        members: Sequence[tuple[str, Origin]],
        *,
        help: str | None = None,  # noqa: A002 - the word of the output
    ) -> None:
        """Take down one loss for several things: at the first, with the next ones as notes."""
        if not members:
            return
        notes = [Note(name, origin) for name, origin in members[1 : _SHOWN + 1]]
        if len(members) > _SHOWN + 1:
            more = len(members) - _SHOWN - 1
            notes.append(Note(f"and {more} more, the last one here", members[-1][1]))
        self.add(f"{members[0][0]}: {message}", members[0][1], help=help, notes=tuple(notes))

    def all(self) -> tuple[Finding, ...]:
        """Return the findings, by file and line."""
        files = {
            name: at for at, name in enumerate(dict.fromkeys(f.origin.file for f in self._found))
        }
        return tuple(
            sorted(self._found, key=lambda found: (files[found.origin.file], found.origin[1:]))
        )
