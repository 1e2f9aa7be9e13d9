"""Mends the text of a policy as its findings say, where a fix is certain.

Rules of the file: what one fix changes no other fix of the same round is about, so that none is
made on an assumption that another has just undone. A fix after which the policy could not be read,
or its finding were still there, is not made. Findings are judged anew after every round, until none
is left that can be mended.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple, assert_never

from hnvemu.errors import PolicyError, QuestionError
from hnvemu.lint.rule import Remove, RemoveKey, SetKey
from hnvemu.reader.edit import Delete, Put

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hnvemu.lint.judge import Linted
    from hnvemu.lint.run import Diagnostic
    from hnvemu.reader.edit import Edit, Path, PolicyText


class Fixed(NamedTuple):
    """A policy's text with what could be mended."""

    texts: PolicyText
    linted: Linted
    """What is left."""
    mended: int
    """How many findings were mended."""


class _Fix(NamedTuple):
    """What would mend a finding."""

    diagnostic: Diagnostic
    edits: tuple[Edit, ...]


class Replacement(NamedTuple):
    """A stretch of a file's text, and what a fix puts in its place."""

    file: str
    start: int
    end: int
    text: str


def fixed(texts: PolicyText, lint: Callable[[PolicyText], Linted]) -> Fixed:
    """Mend what can be mended, and return what is left.

    Args:
        texts: The policy's.
        lint: Says what is wrong with a text.
    """
    count = 0
    linted = lint(texts)
    seen = {tuple(texts.files.values())}
    while (made := _round(Fixed(texts, linted, 0), lint, seen)) is not None:
        texts, linted, mended = made
        seen.add(tuple(texts.files.values()))
        count += mended
    return Fixed(texts, linted, count)


def _round(
    old: Fixed, lint: Callable[[PolicyText], Linted], seen: set[tuple[str, ...]]
) -> Fixed | None:
    """Return other texts than were seen, with fewer of the findings; None where no fix is left."""
    refused: set[Diagnostic] = set()
    found = old.linted.found
    while chosen := _independent(old.texts, (each for each in found if each not in refused)):
        while chosen:
            texts = _mended(old.texts, chosen)
            if texts is not None and tuple(texts.files.values()) not in seen:
                linted = lint(texts)
                if _are_gone((fix.diagnostic for fix in chosen), old.linted, linted):
                    return Fixed(texts, linted, len(chosen))
            if len(chosen) == 1:
                refused.add(chosen[0].diagnostic)
            chosen = chosen[: len(chosen) // 2]
    return None


def _are_gone(mended: Iterable[Diagnostic], old: Linted, new: Linted) -> bool:
    """Whether all that fixes were made for is found no longer."""
    before, after = (Counter(each.fingerprint for each in linted.found) for linted in (old, new))
    gone = Counter(each.fingerprint for each in mended)
    return all(after[name] <= before[name] - times for name, times in gone.items())


def edits_of(texts: PolicyText, found: Diagnostic) -> tuple[Edit, ...] | None:
    """Return the edits that would mend a finding; None where no fix is certain."""
    edits: list[Edit] = []
    try:
        for mend in found.mends:
            path = texts.path_of(mend.origin)
            match mend:
                case SetKey():
                    edits.append(Put((*path, mend.key), mend.value))
                case RemoveKey():
                    edits.append(Delete((*path, mend.key)))
                case Remove():
                    edits.append(Delete(path))
                case _:
                    assert_never(mend)
    except QuestionError:
        return None  # it is about what no file says: what was generated, or is built in
    return tuple(edits) or None


def replacements(texts: PolicyText, found: Diagnostic) -> list[Replacement]:
    """Return what a fix would change in each file; nothing where no fix is certain."""
    edits = edits_of(texts, found)
    new = None if edits is None else _edited(texts, edits)
    if new is None:
        return []
    files = new.files
    return [
        _replacement(file, text, files[file])
        for file, text in texts.files.items()
        if files[file] != text
    ]


def _replacement(file: str, old: str, new: str) -> Replacement:
    head = _common(old, new, min(len(old), len(new)))
    tail = _common(old[::-1], new[::-1], min(len(old), len(new)) - head)
    return Replacement(file, head, len(old) - tail, new[head : len(new) - tail])


def _common(old: str, new: str, most: int) -> int:
    """Return how many signs two texts begin with alike, ``most`` at most."""
    return bisect_left(range(most), 1, key=lambda at: old[: at + 1] != new[: at + 1])


def _independent(texts: PolicyText, found: Iterable[Diagnostic]) -> list[_Fix]:
    """Choose fixes that do not get into each other's way: the first come first."""
    chosen: list[_Fix] = []
    changed: set[Path] = set()
    relied_on: set[Path] = set()
    for diagnostic in found:
        edits = edits_of(texts, diagnostic)
        if edits is None:
            continue
        own = {edit.path for edit in edits}
        about = _about(texts, diagnostic) | own
        if any(_above(path) & changed for path in about) or any(path in relied_on for path in own):
            continue
        chosen.append(_Fix(diagnostic, edits))
        changed |= own
        relied_on |= {above for path in about for above in _above(path)}
    return chosen


def _about(texts: PolicyText, found: Diagnostic) -> set[Path]:
    paths = set()
    for origin in (found.origin, *(note.origin for note in found.related)):
        try:
            paths.add(texts.path_of(origin))
        except QuestionError:
            continue  # the place of something smaller than an entry, or of nothing
    return paths


def _above(path: Path) -> set[Path]:
    """Return a path and all that it leads through."""
    return {path[:depth] for depth in range(1, len(path) + 1)}


def _mended(texts: PolicyText, fixes: list[_Fix]) -> PolicyText | None:
    """Make all fixes; None where the policy could not be read after them."""
    new = _edited(texts, [edit for fix in fixes for edit in fix.edits])
    try:
        if new is not None:
            new.policy()
    except PolicyError:
        return None
    return new


def _edited(texts: PolicyText, edits: Iterable[Edit]) -> PolicyText | None:
    try:
        return texts.edited_at_once(edits)
    except QuestionError:
        return None
