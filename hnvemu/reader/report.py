"""Collects what is wrong with the files of a policy, and hands it over in their order."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hnvemu.errors import PolicyError
from hnvemu.findings import Finding
from hnvemu.model.origin import Origin
from hnvemu.value import replace

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from hnvemu.findings import Note
    from hnvemu.reader.source import Source

FIRST = "the first one is here"
RENAME = "rename or remove one of the two"
REMOVE = "remove one of the two"
SHOWN = 100
"""Findings of one file that are shown; of the others their number."""
_WIDTH = 200
_LONGEST = 400
_SUBSTITUTE = "\N{REPLACEMENT CHARACTER}"
_UNSEEN = r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
LINE_BREAK = r"\r\n|[\n\r\x85\u2028\u2029]"
"""What YAML takes for the end of a line."""
_CANDIDATES = 2000


class Report:
    """Everything that is wrong so far."""

    def __init__(self) -> None:
        self._kept: dict[str, list[Finding]] = {}
        self._beyond: dict[str, int] = {}

    def __bool__(self) -> bool:
        return bool(self._kept)

    def add(
        self,
        message: str,
        origin: Origin,
        *,
        code: str | None = None,
        help: str | None = None,  # noqa: A002 - the word of the output
        notes: tuple[Note, ...] = (),
    ) -> None:
        """Take down one thing that is wrong."""
        kept = self._kept.setdefault(origin.file, [])
        if len(kept) < SHOWN:
            message, advice = _readable(message), help and _readable(help)
            kept.append(
                Finding(message=message, origin=origin, code=code, help=advice, notes=notes)
            )
        else:
            self._beyond[origin.file] = self._beyond.get(origin.file, 0) + 1

    def has_room(self, file: str) -> bool:
        """Whether a finding of this file would be shown, so that a search for help pays."""
        return len(self._kept.get(file, ())) < SHOWN

    def error(self, sources: Sequence[Source]) -> PolicyError:
        """Return all findings, by file, line and column, with the lines they are about."""
        by_name = {source.name: source for source in sources}
        ranks = {name: rank for rank, name in enumerate(dict.fromkeys([*by_name, *self._kept]))}
        findings: list[Finding] = []
        for file in sorted(self._kept, key=lambda name: ranks[name]):
            kept = sorted(self._kept[file], key=lambda finding: finding.origin)
            if source := by_name.get(file):
                kept = _with_excerpts(kept, source.data)
            findings += kept
            if beyond := self._beyond.get(file):
                more = f"{beyond} more mistakes are in this file; the first {SHOWN} are shown"
                findings.append(Finding(message=more, origin=Origin(file, 0, 0)))
        return PolicyError(tuple(findings))


def nearest(word: str, known: Collection[str]) -> str | None:
    """Return the known word that was probably meant."""
    if not word or len(word) > 60:
        return None
    folded = _folded(word)
    for name in known:
        if _folded(name) == folded:
            return name
    pool: Iterable[str] = known
    if len(known) > _CANDIDATES:
        alike = (name for name in known if _folded(name[:1]) == folded[0])
        pool = sorted(alike, key=lambda name: abs(len(name) - len(word)))[:_CANDIDATES]
    by_folded = {_folded(name): name for name in pool}
    from difflib import SequenceMatcher, get_close_matches  # noqa: PLC0415 - only mistakes pay

    near = get_close_matches(folded, by_folded, n=5, cutoff=0.6)
    if near:
        # Of two that are equally near, people mean the one that begins alike: 'Bx' is B and not X.
        def likeness(name: str) -> tuple[float, bool]:
            return SequenceMatcher(None, folded, name).ratio(), name[:1] == folded[0]

        return by_folded[max(near, key=likeness)]
    # 'mtu' for 'provider_mtu': one word of several is not alike, and yet meant.
    return next((by_folded[name] for name in by_folded if folded in name.split("_")), None)


def _folded(word: str) -> str:
    return word.casefold().replace("-", "_")


def did_you_mean(word: str, known: Collection[str]) -> str | None:
    """Return the question that helps with an unknown word, or None where nothing is near."""
    near = nearest(word, known)
    return None if near is None else f"did you mean '{near}'?"


def near_or_known(word: str, known: Collection[str]) -> str | None:
    """Return help with an unknown word: the known one that was meant, or some of them."""
    names = [name for name in known if name]
    some = ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
    return did_you_mean(word, names) or (f"known: {some}" if names else None)


def _readable(text: str) -> str:
    """Return a text without what would disturb a terminal, and not endlessly long."""
    text = re.sub(_UNSEEN, _SUBSTITUTE, text)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]} … {text[-_LONGEST // 2 :]}"


def _with_excerpts(findings: list[Finding], data: bytes) -> list[Finding]:
    """Add to each finding the line that it is about, cut to what is around its column."""
    wanted = {finding.origin.line for finding in findings} - {0}
    lines = lines_of(data, wanted) if wanted else {}
    return [
        _with_excerpt(finding, lines[finding.origin.line])
        if lines.get(finding.origin.line, "").strip()
        else finding
        for finding in findings
    ]


def lines_of(data: bytes, wanted: set[int]) -> dict[int, str]:
    """Return the lines of those numbers, from 1, that a file has."""
    text = data.decode("utf-8", "replace")
    lines, number, start = {}, 1, 0
    for end in re.finditer(LINE_BREAK, text):
        if number in wanted:
            lines[number] = text[start : end.start()]
            if len(lines) == len(wanted):
                return lines
        number, start = number + 1, end.end()
    if number in wanted:
        lines[number] = text[start:]
    return lines


def excerpt(line: str, column: int) -> tuple[str, int]:
    """Return what to show of a line, and how many of its characters stand before that."""
    skipped = max(0, min(column - 1 - _WIDTH // 2, len(line) - _WIDTH))
    shown = line[skipped : skipped + _WIDTH]
    if skipped:
        shown = "…" + shown[1:]
    if skipped + _WIDTH < len(line):
        shown = shown[:-1] + "…"
    return "\t".join(re.sub(_UNSEEN, _SUBSTITUTE, part) for part in shown.split("\t")), skipped


def _with_excerpt(finding: Finding, line: str) -> Finding:
    shown, skipped = excerpt(line, finding.origin.column)
    return replace(finding, excerpt=shown, excerpt_at=skipped)
