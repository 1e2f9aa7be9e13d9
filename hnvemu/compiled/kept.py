"""A policy of which an image is kept: when it stands for the files, and when it is made anew.

A *key* file is named by the paths of a policy and says what its files were: their sizes, times and
inodes, and the digests of their octets. The image is named by those digests, so it never has to
change. Where size, times and inode are as they were, no file is read; where they are not, or where
a file was so young that it could have changed within the grain of its times, it is hashed.

No image is kept of PowerShell scripts, which may read other files.
"""

from __future__ import annotations

import hashlib
import os
import time
from typing import TYPE_CHECKING, Final, NamedTuple
from zlib import crc32

from hnvemu.compiled.codec import DamagedError, decode, encode, layout
from hnvemu.compiled.image import FORMAT
from hnvemu.compiled.load import Compiled, NotKept
from hnvemu.compiled.policy import compiled, opened
from hnvemu.compiled.store import Stamp, hash_of, program, stamps
from hnvemu.errors import QuestionError
from hnvemu.reader.policy import read_policy
from hnvemu.reader.report import Report
from hnvemu.reader.source import gather

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hnvemu.compiled.store import Store
    from hnvemu.model.policy import Policy
    from hnvemu.reader.source import Source

_YOUNG: Final = 2 * 10**9
"""Nanoseconds; file systems count their times in grains of up to two seconds."""


class Known(NamedTuple):
    """What was compiled of a file."""

    name: str
    stamp: Stamp
    is_settled: bool
    """Whether the stamp alone tells: the file was no longer young."""
    sha256: bytes


class Kept:
    """A policy of which an image is kept."""

    def __init__(
        self,
        paths: Sequence[str],
        files: list[tuple[str, Path]],
        stamped: list[Stamp],
        size_limit: int,
        store: Store,
    ) -> None:
        self._paths = paths
        self._files = files
        self._stamps = stamped
        self._size_limit = size_limit
        self._store = store
        self._program = program()
        places = tuple((name, os.path.realpath(place)) for name, place in files)
        self._key = f"{self._hashed(encode(places)).hex()[:32]}.key"

    def load(self) -> Compiled:
        """Return the policy in the image, or else what the files say, which makes an image."""
        digest = self._unchanged()
        if digest is not None:
            try:
                policy = self._open(digest)
            except (OSError, DamagedError):
                pass
            else:
                return Compiled(policy, self._store.folder / _image(digest))
        sources, policy = self._read()
        why = self._why_not(sources)
        if why is not None:
            return Compiled(policy, why=why)
        digests = _digests(sources)
        digest = self._digest(digests)
        if not self._store.write(_image(digest), compiled(policy, digest)):
            return Compiled(policy, why=NotKept.FOLDER)
        self._remember(digests)
        return Compiled(policy, self._store.folder / _image(digest), is_new=True)

    def _open(self, digest: bytes) -> Policy:
        return opened(self._store.open(_image(digest)), digest, lambda: self._rebuilt(digest))

    def _read(self) -> tuple[list[Source], Policy]:
        report = Report()
        sources = gather(self._paths, size_limit=self._size_limit, stdin=None, report=report)
        return sources, read_policy(sources, report)

    def _why_not(self, sources: list[Source]) -> NotKept | None:
        """Say why these files cannot stand for the policy the next time; None where they can."""
        if any(map(_reads_others, sources)):
            return NotKept.SCRIPT
        listed = [name for name, _ in self._files]
        same = [source.name for source in sources] == listed and self._stamps == stamps(self._files)
        return None if same else NotKept.CHANGED

    def _rebuilt(self, digest: bytes) -> bytes:
        """Make the octets of an image anew."""
        sources, policy = self._read()
        if self._digest(_digests(sources)) != digest:
            raise QuestionError("the policy has changed while it was read", "ask again")
        parts = compiled(policy, digest)
        self._store.write(_image(digest), parts)
        return b"".join(parts)

    # -----------------------------------------------------------------------------------------
    # Keys

    def _unchanged(self) -> bytes | None:
        """Return the digest of the files if they are those that were compiled last."""
        known = _known(self._store.read(self._key))
        if [each.name for each in known] != [name for name, _ in self._files]:
            return None
        is_fresh = True
        for (_, place), stamp, was in zip(self._files, self._stamps, known, strict=True):
            if was.is_settled and was.stamp == stamp:
                continue
            is_fresh = False
            if was.stamp.size != stamp.size or hash_of(place) != was.sha256:
                return None
        digests = [was.sha256 for was in known]
        if not is_fresh:
            self._remember(digests)
        return self._digest(digests)

    def _digest(self, digests: list[bytes]) -> bytes:
        """Return what stands for the files of these digests, under these names."""
        names = tuple(name for name, _ in self._files)
        return self._hashed(encode((names, tuple(digests))))

    def _hashed(self, octets: bytes) -> bytes:
        """Hash octets, the version of the program, and the form of images and of their values."""
        hashed = hashlib.sha256(encode((self._store.version, FORMAT, self._program)))
        hashed.update(layout())
        hashed.update(octets)
        return hashed.digest()

    def _remember(self, digests: list[bytes]) -> None:
        now = time.time_ns()
        told = encode(
            tuple(
                (name, tuple(stamp), max(stamp.modified, stamp.changed) < now - _YOUNG, digest)
                for (name, _), stamp, digest in zip(self._files, self._stamps, digests, strict=True)
            )
        )
        self._store.write(self._key, [told, crc32(told).to_bytes(4, "little")])


def _digests(sources: list[Source]) -> list[bytes]:
    return [hashlib.sha256(source.octets).digest() for source in sources]


def _known(octets: bytes | None) -> list[Known]:
    """Read a key; none where it is damaged."""
    if octets is None or crc32(octets[:-4]).to_bytes(4, "little") != octets[-4:]:
        return []
    try:
        return [Known(name, Stamp(*stamp), *rest) for name, stamp, *rest in decode(octets[:-4])]
    except (DamagedError, TypeError, ValueError):
        return []


def _image(digest: bytes) -> str:
    return f"{digest.hex()[:32]}.hnvc"


def _reads_others(source: Source) -> bool:
    """Whether what a file says may depend on files beside it."""
    if not source.is_imported:
        return False
    from hnvemu.formats.detect import Format, format_of  # noqa: PLC0415 - most are policies

    return format_of(source.name, source.octets) is Format.POWERSHELL
