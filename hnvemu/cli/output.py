"""Where a command's words go: the result to standard output or a file, all else to stderr.

Rules of the file: a closed pipe is no error, and a file is whole or not there. A file never gets
colour.
"""

from __future__ import annotations

import errno
import os
import shutil
import sys
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import IO, TYPE_CHECKING, AnyStr, Final, TextIO

from hnvemu.errors import QuestionError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hnvemu.model.origin import Origin
    from hnvemu.render.layout import Line

_WIDTH: Final = 100  # of a page that no terminal shows
_ARROWS: Final = "→›✗"
_STANDARD = (None, "-")


class Color(StrEnum):
    """When output is coloured."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


def prepare_streams() -> None:
    """Make standard output and standard error take every character and end lines alike."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A terminal of code page 1252 shows "?" for what it does not have.
            stream.reconfigure(errors="replace", newline="\n")


def note(message: str) -> None:
    """Tell on stderr what is not part of the result."""
    with suppress(OSError):  # there is nowhere left to say it
        sys.stderr.write(message + "\n")
        sys.stderr.flush()


def emit(text: str, *, output: str | None = None) -> None:
    """Write a result to standard output, or to a file.

    Raises:
        QuestionError: The file cannot be written.
    """
    text = text.rstrip("\n") + "\n"
    if output is None or output in _STANDARD:
        _quietly(sys.stdout, text)
    else:
        write_file(output, text.encode(errors="replace"))


def emit_lines(lines: Sequence[Line], *, output: str | None, color: Color) -> None:
    """Write a page to standard output, in colour where that is wanted, or to a file.

    Raises:
        QuestionError: The file cannot be written.
    """
    from hnvemu.render.layout import plain

    if output in _STANDARD and wants_color(color, sys.stdout):
        _quietly(sys.stdout, _colored(lines))
    else:
        emit(plain(lines), output=output)


def emit_octets(octets: bytes, *, output: str | None) -> None:
    """Write octets to standard output, or to a file.

    Raises:
        QuestionError: The file cannot be written, or standard output is a terminal.
    """
    if output is not None and output not in _STANDARD:
        write_file(output, octets)
        return
    if sys.stdout.isatty():
        raise QuestionError("a capture is not for a terminal", "name a file: -o FILE")

    flush()
    _quietly(sys.stdout.buffer, octets)


def page_width(output: str | None) -> int:
    """Return how many columns a page may take."""
    if output in _STANDARD and sys.stdout.isatty():
        return shutil.get_terminal_size((_WIDTH, 0)).columns
    return _WIDTH


def can_draw(output: str | None) -> bool:
    """Whether a page goes to a terminal that has arrows; elsewhere ASCII is what tools expect."""
    if output not in _STANDARD or not sys.stdout.isatty():
        return False
    try:
        _ARROWS.encode(sys.stdout.encoding)
    except (LookupError, UnicodeEncodeError):
        return False
    return True


def wants_color(color: Color, stream: TextIO) -> bool:
    """Whether ``stream`` gets colour, as the option, the environment and the terminal say."""
    if color is not Color.AUTO:
        return color is Color.ALWAYS
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") not in {"", "0"}:
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def place(origin: Origin | None) -> dict[str, str | int] | None:
    """Return the JSON form of where something was written; None where no file says it."""
    if origin is None or not origin.line:
        return None
    return {"file": origin.file, "line": origin.line, "column": origin.column}


def flush() -> None:
    """Write what is still to be written; to nowhere, where nobody reads any longer."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)


def _colored(lines: Sequence[Line]) -> str:
    from rich.console import Console

    from hnvemu.render.layout import plain, styled

    console = Console(force_terminal=True, color_system="standard", no_color=False)
    if console.legacy_windows:  # a console of Windows that would show escape sequences as text
        return plain(lines) + "\n"
    with console.capture() as captured:
        console.print(styled(lines), soft_wrap=True, highlight=False)
    return captured.get()


def _quietly(stream: IO[AnyStr], result: AnyStr) -> None:
    """Write, and go on where nobody reads any longer."""
    try:
        stream.write(result)
        stream.flush()
    except OSError as error:
        # Windows says EINVAL of a pipe that was closed.
        flush()
        if error.errno not in {errno.EPIPE, errno.EINVAL}:
            reason = (error.strerror or str(error)).lower()
            raise QuestionError(f"standard output cannot be written: {reason}") from None


def write_file(name: str, octets: bytes) -> None:
    """Write beside the file and rename, so that it is never half written.

    Raises:
        QuestionError: It cannot be written.
    """
    path = Path(name)
    beside = None
    try:
        if path.exists() and not path.is_file():  # a device or a pipe is written to as it stands
            path.write_bytes(octets)
            return
        path = path.resolve()  # what a link leads to is replaced, not the link
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        with beside.open("xb") as file:
            file.write(octets)
        if path.exists():
            beside.chmod(path.stat().st_mode & 0o777)
        beside.replace(path)
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise QuestionError(f"'{name}' cannot be written: {reason.lower()}") from None
    finally:
        if beside is not None:
            beside.unlink(missing_ok=True)
