"""What is wrong with a policy, where it stands, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hnvemu.value import value

if TYPE_CHECKING:
    from hnvemu.model.origin import Origin


class Note(NamedTuple):
    """A second place that a finding is about."""

    message: str
    origin: Origin


@value
class Finding:
    """One thing that is wrong, its place, and what to do about it."""

    message: str
    origin: Origin
    code: str | None = None
    """A number of the lint catalogue, where it has one."""
    notes: tuple[Note, ...] = ()
    help: str | None = None
    excerpt: str | None = None
    """The line of the file that the origin names, or the part of it around the column."""
    excerpt_at: int = 0
    """How many characters of the line stand before the excerpt."""

    def __str__(self) -> str:
        code = f"[{self.code}]" if self.code else ""
        lines = [f"{self.origin}: error{code}: {self.message}"]
        if self.excerpt is not None:
            lines += [
                "    " + self.excerpt,
                "    " + caret(self.excerpt, self.origin.column - self.excerpt_at),
            ]
        lines += [f"  note: {note.message} ({note.origin})" for note in self.notes]
        if self.help:
            lines.append(f"  help: {self.help}")
        return "\n".join(lines)


def caret(line: str, column: int) -> str:
    """Return the white space and the ``^`` that point at ``column`` (from 1) under ``line``."""
    return "".join("\t" if letter == "\t" else " " for letter in line[: column - 1]) + "^"
