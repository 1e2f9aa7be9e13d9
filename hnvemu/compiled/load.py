"""Reads a policy from its files, or from what was compiled of them if they are the same.

Rules of the file: a small policy pays for nothing here but asking the system for its size.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from hnvemu.compiled.store import stamps
from hnvemu.reader.policy import load_policy
from hnvemu.reader.source import listed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hnvemu.compiled.store import Store
    from hnvemu.model.policy import Policy

SMALL: Final = 64 * 2**10
"""Octets of text that are read as fast as what was compiled of them."""


class NotKept(StrEnum):
    """Why nothing is kept of a policy."""

    SMALL = "a small policy is read as fast as what would be compiled of it"
    STDIN = "standard input is read anew each time"
    SCRIPT = "scripts may read other files"
    CHANGED = "a file changed while it was read"
    FOLDER = "the folder cannot be written to"


class Compiled(NamedTuple):
    """A policy, and what is kept of it."""

    policy: Policy
    path: Path | None = None
    """The image, if there is one."""
    is_new: bool = False
    why: NotKept | None = None
    """Why there is none."""


def load(paths: Sequence[str], *, size_limit: int, store: Store) -> Compiled:
    """Read a policy as :func:`hnvemu.load_policy` does, from the store where it has it.

    Raises:
        PolicyError: Something is wrong with the policy.
        QuestionError: There is no path, or no sample of that name.
    """
    files = listed(paths)
    stamped = None if files is None else stamps(files)
    why = None
    if files is None or stamped is None or any(stamp.size > size_limit for stamp in stamped):
        why = NotKept.STDIN  # or there is a mistake, which reading the policy tells
    elif sum(stamp.size for stamp in stamped) < SMALL:
        why = NotKept.SMALL
    if why is not None or files is None or stamped is None:
        return Compiled(load_policy(*paths, size_limit=size_limit), why=why)
    from hnvemu.compiled.kept import Kept  # noqa: PLC0415 - a small policy does without

    return Kept(paths, files, stamped, size_limit, store).load()
