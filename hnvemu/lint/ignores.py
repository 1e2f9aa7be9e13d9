"""Comments that silence findings: ``# hnv: ignore[HNV401] why``.

A comment at the end of a line is about the findings at that line; one that has a line for itself
is about the next line that is no comment. ``# hnv: ignore-file[…] why`` stands above the first
entry and is about the whole file.

Rules of the file: a comment is what YAML takes for one, so nothing inside a scalar counts. What a
comment says wrongly is found by the rules in :mod:`hnvemu.lint.comments`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from hnvemu.lint.rule import Severity, title_of
from hnvemu.model.origin import Origin
from hnvemu.model.policy import Profile
from hnvemu.reader.report import LINE_BREAK
from hnvemu.value import value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from hnvemu.lint.rule import Problem
    from hnvemu.lint.run import Diagnostic

_COMMENT = re.compile(
    r"(?<![^\s])#[ \t]*hnv:[ \t]*ignore(?P<file>-file)?(?![\w-])[ \t]*"
    r"(?:\[(?P<words>[^\]\r\n]*)\])?(?P<reason>[^\n\r\x85\u2028\u2029]*)"
)
_AROUND_REASON = " \t:-\N{EN DASH}\N{EM DASH}"
WHOLE_FILE = 0
"""Stands for the line of a comment that is about all of them."""


class Ignore(NamedTuple):
    """A comment that silences findings."""

    origin: Origin
    line: int
    """The line whose findings it silences, or ``WHOLE_FILE``."""
    words: tuple[str, ...]
    """The codes and slugs, as they are written."""
    reason: str
    is_below: bool = False
    """Whether it is about the whole file and yet stands below its first entry."""

    @property
    def name(self) -> str:
        """What it is called in a message."""
        return "ignore-file" if self.line == WHOLE_FILE else "ignore"


@value
class Comments:
    """What the rules about comments look at."""

    ignores: tuple[Ignore, ...]
    known: Mapping[str, str]
    """By code and by slug of every rule its code."""
    idle: frozenset[tuple[Ignore, str]]
    """The words that silenced nothing, though their rules ran."""


@value
class CommentRule:
    """A rule of the catalogue that is about the comments, once all else was found."""

    code: str
    slug: str
    check: Callable[[Comments], Iterable[Problem]]
    doc: str
    """The module's docstring: a sentence, then the headings of a page."""
    severity: Severity = Severity.WARNING
    effect: None = None
    profiles: tuple[Profile, ...] = tuple(Profile)

    @property
    def title(self) -> str:
        """The first sentence of the page, without its full stop."""
        return title_of(self.doc)


def ignores_of(file: str, text: str) -> list[Ignore]:
    """Return the comments of one file, in their order.

    Args:
        file: Its name, for the places.
        text: YAML that can be parsed.
    """
    found = [*_COMMENT.finditer(text)]
    if not found:
        return []
    start, scalars = _scalars(text)
    lines = [0, *(end.end() for end in re.finditer(LINE_BREAK, text))]
    ignores = []
    for each in found:
        at = each.start()
        if _is_inside(at, scalars):
            continue
        number = bisect_right(lines, at)
        if each["file"]:
            about = WHOLE_FILE
        elif _is_comment(text, lines, number, scalars):
            about = number + 1
            while _is_comment(text, lines, about, scalars):
                about += 1
        else:
            about = number
        words = (word.strip() for word in (each["words"] or "").split(","))
        ignores.append(
            Ignore(
                origin=Origin(file, number, at - lines[number - 1] + 1),
                line=about,
                words=tuple(dict.fromkeys(word for word in words if word)),
                reason=each["reason"].strip(_AROUND_REASON),
                is_below=about == WHOLE_FILE and at > start,
            )
        )
    return ignores


def silenced(
    found: Iterable[Diagnostic], ignores: Sequence[Ignore], known: Mapping[str, str]
) -> tuple[list[Diagnostic], set[tuple[Ignore, str]]]:
    """Return the findings that no comment is about, and the words of comments that were used."""
    about: dict[tuple[str, int, str], list[tuple[Ignore, str]]] = {}
    for ignore in ignores:
        if ignore.is_below:
            continue
        for word in ignore.words:
            code = known.get(folded(word))
            if code is not None:
                about.setdefault((ignore.origin.file, ignore.line, code), []).append((ignore, word))
    kept = []
    used: set[tuple[Ignore, str]] = set()
    for diagnostic in found:
        origin = diagnostic.origin
        lines = {origin.line, WHOLE_FILE}
        hits = [
            hit for line in lines for hit in about.get((origin.file, line, diagnostic.code), ())
        ]
        used.update(hits)
        if not hits:
            kept.append(diagnostic)
    return kept, used


def folded(word: str) -> str:
    """Return a code or a slug as it is compared."""
    return word.strip().casefold().replace("_", "-")


def _scalars(text: str) -> tuple[int, list[tuple[int, int]]]:
    """Return where the policy begins, and from where to where each of its scalars goes."""
    import yaml  # noqa: PLC0415 - few policies have such comments

    start = None
    spans = []
    for event in yaml.parse(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and start is None:
            start = _index(event.start_mark)
        if isinstance(event, yaml.ScalarEvent):
            begin = _index(event.start_mark)
            if event.style in ("|", ">"):
                # A comment may stand behind the sign that begins a block.
                head = re.compile(LINE_BREAK).search(text, begin)
                begin = len(text) if head is None else head.end()
            spans.append((begin, _index(event.end_mark)))
    return start or 0, spans


def _index(mark: Any) -> int:
    index: int = mark.index
    return index


def _is_inside(at: int, spans: list[tuple[int, int]]) -> bool:
    position = bisect_right(spans, at, key=itemgetter(0)) - 1
    return position >= 0 and spans[position][0] <= at < spans[position][1]


def _is_comment(text: str, lines: list[int], number: int, scalars: list[tuple[int, int]]) -> bool:
    """Whether a line holds a comment and nothing else."""
    if number > len(lines):
        return False
    found = re.compile(r"[ \t]*#").match(text, lines[number - 1])
    return found is not None and not _is_inside(found.end() - 1, scalars)
