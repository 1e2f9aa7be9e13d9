"""Where a command's words go: the result to standard output or a file, all else to stderr.

Rules of the file: a closed pipe is no error, and a file is whole or not there. Colour is added to
finished text, so meaning never depends on it, and never gets into a file.
"""

from __future__ import annotations

import errno
import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

from hnvemu.errors import QuestionError

if TYPE_CHECKING:
    from collections.abc import Callable

_STYLES: Final = (
    (r"^(DELIVERED|TO_GATEWAY|ANSWERED|REPLICATED|PASSED_THROUGH|EXTERNAL_ROUTER)\b", "bold green"),
    (r"^DROPPED\b", "bold red"),
    (r"^UNDECIDED\b", "bold yellow"),
    (r"^ +(firewall (?:out|in) +)?(?P<word>deny|DROPPED|dropped)\b", "red"),
    (r"\berror(\[\w+\])?:", "bold red"),
    (r"^  (help|note):", "cyan"),
    (r"[^\s(]+\.(ya?ml|json):\d+(:\d+)?", "dim"),
)


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
    _to_stream(lambda: print(message, file=sys.stderr, flush=True))


def emit(text: str, *, output: str | None = None, color: Color = Color.NEVER) -> None:
    """Write a result to standard output, or to a file.

    Raises:
        QuestionError: The file cannot be written.
    """
    text = text.rstrip("\n") + "\n"
    if _is_file(output):
        _write_file(output, text.encode(errors="replace"))
    elif wants_color(color, sys.stdout):
        _to_stream(lambda: _print_colored(text))
    else:
        _to_stream(lambda: print(text, end="", flush=True))


def emit_octets(octets: bytes, *, output: str | None = None) -> None:
    """Write octets to standard output, or to a file.

    Raises:
        QuestionError: The file cannot be written, or standard output is a terminal.
    """
    if _is_file(output):
        _write_file(output, octets)
        return
    if sys.stdout.isatty():
        raise QuestionError("a capture is not for a terminal", "name a file: -o FILE")

    def write() -> None:
        sys.stdout.flush()
        sys.stdout.buffer.write(octets)
        sys.stdout.buffer.flush()

    _to_stream(write)


def wants_color(color: Color, stream: TextIO) -> bool:
    """Whether ``stream`` gets colour, as the option, the environment and the terminal say."""
    if color is not Color.AUTO:
        return color is Color.ALWAYS
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") not in {"", "0"}:
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def _print_colored(text: str) -> None:
    from rich.console import Console
    from rich.text import Text

    colored = Text(text)
    for pattern, style in _STYLES:
        colored.highlight_regex(f"(?m){pattern}", style)
    console = Console(
        file=sys.stdout, force_terminal=True, color_system="standard", no_color=False
    )
    console.print(colored, end="", soft_wrap=True, highlight=False)
    sys.stdout.flush()


def _to_stream(write: Callable[[], None]) -> None:
    """Write, and go on quietly where nobody reads any longer."""
    try:
        write()
    except OSError as error:
        # Windows says EINVAL of a pipe that was closed.
        if error.errno not in (errno.EPIPE, errno.EINVAL):
            raise
        forget_output()


def forget_output() -> None:
    """Send to nowhere what is still to be written, so that the end of the process is quiet."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _is_file(output: str | None) -> bool:
    return output not in (None, "-")


def _write_file(name: str | None, octets: bytes) -> None:
    """Write beside the file and rename, so that it is never half written."""
    path = Path(name or "")
    beside = None
    try:
        # A device or a named pipe is written to; what is behind a link is replaced, not the link.
        if path.exists() and not path.is_file():
            path.write_bytes(octets)
            return
        path = path.resolve()
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        with beside.open("xb") as file:
            file.write(octets)
        if path.exists():
            beside.chmod(path.stat().st_mode & 0o777)
        beside.replace(path)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise QuestionError(f"'{name}' cannot be written: {str(reason).lower()}") from None
    finally:
        if beside is not None:
            beside.unlink(missing_ok=True)
