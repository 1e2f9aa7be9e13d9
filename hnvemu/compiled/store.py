"""The folder that compiled policies are kept in, and what the system says of a policy's files.

Rules of the file: what is kept appears there whole or not at all, and whatever the system refuses
is done without. Who reads a file judges its octets; here they mean nothing.
"""

from __future__ import annotations

import hashlib
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

LIMIT: Final = 2 * 2**30
"""Octets that all files may have together; the oldest go first."""
_PARTS: Final = ("compiled", "formats", "model", "reader")
_SUFFIXES: Final = (".hnvc", ".key", ".part")


class Stamp(NamedTuple):
    """What tells that a file is as it was, without reading it."""

    size: int
    modified: int
    changed: int
    inode: int
    device: int


def stamps(files: list[tuple[str, Path]]) -> list[Stamp] | None:
    """Return what the system says of each file; None where it refuses."""
    found = []
    for _, place in files:
        try:
            told = place.stat()
        except (OSError, ValueError):
            return None
        found.append(
            Stamp(told.st_size, told.st_mtime_ns, told.st_ctime_ns, told.st_ino, told.st_dev)
        )
    return found


def hash_of(place: Path) -> bytes | None:
    """Return the digest of a file's octets; None where it cannot be read."""
    try:
        with place.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError:
        return None


def program() -> tuple[tuple[str, int, int], ...]:
    """Return what tells the modules apart that make a policy of its files, from others of theirs.

    A version is not enough where somebody works on them.
    """
    package = os.path.dirname(os.path.dirname(__file__))  # noqa: PTH120 - pathlib takes ten times as long
    return tuple(sorted(_modules(package, 0)))


def _modules(folder: str, depth: int) -> Iterator[tuple[str, int, int]]:
    """Yield the path, size and time of modules, of the top and of what reading a policy needs."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".py"):
                told = entry.stat()
                yield entry.path, told.st_size, told.st_mtime_ns
            elif entry.is_dir() and (depth or entry.name in _PARTS):
                yield from _modules(entry.path, depth + 1)


class OpenFile:
    """A file that is read at any position, and closed when nobody holds it any more.

    It is read and not mapped: what another process cuts off a mapped file ends this one.
    """

    def __init__(self, path: Path) -> None:
        self._number = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        self.size = os.fstat(self._number).st_size

    def __del__(self) -> None:
        if hasattr(self, "_number"):
            os.close(self._number)

    if sys.platform == "win32":

        def read(self, at: int, length: int) -> bytes:
            """Return so many octets from a position, or fewer at the end."""
            os.lseek(self._number, at, os.SEEK_SET)
            return os.read(self._number, length)

    else:

        def read(self, at: int, length: int) -> bytes:
            """Return so many octets from a position, or fewer at the end."""
            return os.pread(self._number, length, at)


class Store:
    """A folder of files that can all be made anew."""

    def __init__(self, folder: Path, *, version: str, limit: int = LIMIT) -> None:
        """Name the folder, and the version of hnvemu, which takes what it made itself alone."""
        self.folder = folder
        self.version = version
        self._limit = limit

    def open(self, name: str) -> OpenFile:
        """Open a file, and let it count as used.

        Raises:
            OSError: There is none, or it cannot be read.
        """
        path = self.folder / name
        file = OpenFile(path)
        _use(path)
        return file

    def read(self, name: str) -> bytes | None:
        """Return all octets of a file, and let it count as used; None where there is none."""
        path = self.folder / name
        try:
            octets = path.read_bytes()
        except OSError:
            return None
        _use(path)
        return octets

    def write(self, name: str, parts: Iterable[bytes | bytearray]) -> bool:
        """Write a file, beside its place at first; tell whether that could be done."""
        import tempfile  # noqa: PLC0415 - most commands only read

        part: Path | None = None
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self.folder, suffix=".part", delete=False) as file:
                part = Path(file.name)
                file.writelines(parts)
            part.replace(self.folder / name)
        except OSError:
            if part is not None:
                with suppress(OSError):
                    part.unlink()
            return False
        self._trim(name)
        return True

    def clear(self) -> tuple[int, int]:
        """Delete all files; return how many they were, and their octets.

        Raises:
            OSError: One cannot be deleted.
        """
        count = octets = 0
        for path, _, size in self._files():
            with suppress(FileNotFoundError):
                path.unlink()
                count += 1
                octets += size
        return count, octets

    def _trim(self, kept: str) -> None:
        """Delete the files that were not used for longest, until the others are within limits."""
        files = sorted(self._files(), key=lambda file: file[1])
        total = sum(size for *_, size in files)
        for path, _, size in files:
            if total <= self._limit:
                return
            if path.name != kept:
                with suppress(OSError):
                    path.unlink()
                    total -= size

    def _files(self) -> Iterator[tuple[Path, int, int]]:
        """Yield our files with the time of their last use and their size."""
        with suppress(OSError), os.scandir(self.folder) as entries:
            for entry in entries:
                if entry.name.endswith(_SUFFIXES) and entry.is_file(follow_symlinks=False):
                    with suppress(OSError):
                        told = entry.stat(follow_symlinks=False)
                        yield Path(entry.path), told.st_mtime_ns, told.st_size


def _use(path: Path) -> None:
    with suppress(OSError):
        os.utime(path)


def default_folder(environment: Mapping[str, str]) -> Path | None:
    """Return where this system keeps caches; None where nobody has a home."""
    try:
        if sys.platform == "win32":
            local = environment.get("LOCALAPPDATA")
            return Path(local, "hnvemu", "Cache") if local else None
        if sys.platform == "darwin":
            return Path.home() / "Library" / "Caches" / "hnvemu"
        stated = Path(environment.get("XDG_CACHE_HOME", ""))
        # A relative path is to be ignored, says the XDG Base Directory Specification.
        return (stated if stated.is_absolute() else Path.home() / ".cache") / "hnvemu"
    except RuntimeError:
        return None
