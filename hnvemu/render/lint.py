"""What linting a policy came to: for a terminal, as JSON, and as Markdown for a job's summary.

Rules of the file: a finding keeps its one line, ``file:line:column: severity CODE [slug]
message``, which editors read. Every fact of the text stands in JSON.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hnvemu.findings import caret
from hnvemu.lint.rule import Severity
from hnvemu.reader.report import excerpt, lines_of
from hnvemu.render.layout import Line, Span, Style, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hnvemu.lint.judge import Linted
    from hnvemu.lint.run import Diagnostic
    from hnvemu.model.origin import Origin

SCHEMA: Final = "hnvemu/lint/v1"
STYLES: Final = {
    Severity.ERROR: Style.BAD,
    Severity.WARNING: Style.UNSURE,
    Severity.NOTE: Style.STAGE,
}
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>|#~&])")


class Frame(NamedTuple):
    """The line that a finding is about."""

    text: str
    before: int
    """How many characters of the line are left out in front of it."""


class Tally(NamedTuple):
    """How often a rule found something."""

    times: int
    code: str
    slug: str
    severity: Severity


def frames_of(found: Iterable[Diagnostic], files: Mapping[str, bytes]) -> dict[Origin, Frame]:
    """Return the lines that findings are about, by their places."""
    origins: dict[str, list[Origin]] = {}
    for diagnostic in found:
        if diagnostic.origin.line:
            origins.setdefault(diagnostic.origin.file, []).append(diagnostic.origin)
    frames = {}
    for file, places in origins.items():
        lines = lines_of(files.get(file, b""), {origin.line for origin in places})
        for origin in places:
            line = lines.get(origin.line, "")
            if line.strip():
                frames[origin] = Frame(*excerpt(line, origin.column))
    return frames


def tallies(linted: Linted) -> list[Tally]:
    """Return how often each rule found something, the most frequent first."""
    counts = Counter((found.code, found.slug, found.severity) for found in linted.found)
    listed = [Tally(times, *rule) for rule, times in counts.items()]
    return sorted(listed, key=lambda tally: (-tally.times, tally.code, tally.slug, tally.severity))


def lint_lines(
    linted: Linted,
    *,
    frames: Mapping[Origin, Frame] | None = None,
    quiet: bool = False,
    verbose: bool = False,
    statistics: bool = False,
) -> list[Line]:
    """Return the lines of the text form.

    Args:
        linted: What was found.
        frames: The lines that findings are about, where they are wanted.
        quiet: The last line alone.
        verbose: What a packet would suffer, and for which product generations a rule is, too.
        statistics: How often each rule found something, too.
    """
    lines: list[Line] = []
    if not quiet:
        for diagnostic in linted.found:
            frame = (frames or {}).get(diagnostic.origin)
            lines += _told(diagnostic, frame, verbose=verbose)
    if statistics and linted.found:
        lines += [(), *_statistics(linted)] if lines else [*_statistics(linted)]
    if lines:
        lines.append(())
    lines.append(_summary(linted))
    return lines


def summary(linted: Linted) -> str:
    """Return what it came to, in a line."""
    counts = [_count(number, severity) for severity, number in linted.counts.items() if number]
    if counts:
        told = ", ".join(counts)
    else:
        told = f"ok: {_count(len(linted.ran), 'rule')} found nothing"
    more = []
    if linted.ignored:
        more.append(f"{linted.ignored} ignored")
    if linted.known:
        more.append(f"{linted.known} in the baseline")
    if mendable := sum(bool(found.mends) for found in linted.found):
        more.append(f"{mendable} with a certain fix (--fix)")
    return "; ".join([told, *more])


def lint_document(linted: Linted) -> dict[str, Any]:
    """Return the JSON form: ``hnvemu/schema/lint.schema.json`` describes it."""
    return {
        "schema": SCHEMA,
        "policy_sha256": linted.sha256,
        "profile": linted.profile and linted.profile.value,
        "findings": [_document(found) for found in linted.found],
        "summary": {severity.value: number for severity, number in linted.counts.items()},
        "statistics": [
            {
                "code": tally.code or None,
                "slug": tally.slug,
                "severity": tally.severity.value,
                "count": tally.times,
            }
            for tally in tallies(linted)
        ],
        "rules": [rule.code for rule in linted.ran],
        "ignored": linted.ignored,
        "baseline": linted.known,
    }


def lint_markdown(linted: Linted, *, statistics: bool = False) -> str:
    """Return a table for the summary of a job."""
    parts = ["## hnvemu lint", f"{_escaped(summary(linted))}."]
    if linted.found:
        rows = ["| | rule | place | what is wrong |", "| --- | --- | --- | --- |"]
        rows += [
            f"| {found.severity} | {_escaped(found.code or found.slug)} "
            f"| {_escaped(found.origin.short)} | {_cell(found)} |"
            for found in linted.found
        ]
        parts.append("\n".join(rows))
    if statistics and linted.found:
        rows = ["| how often | rule | |", "| ---: | --- | --- |"]
        rows += [
            f"| {tally.times} | {_escaped(tally.code or tally.slug)} | {_escaped(tally.slug)} |"
            for tally in tallies(linted)
        ]
        parts.append("\n".join(rows))
    return "\n\n".join(parts)


def _told(found: Diagnostic, frame: Frame | None, *, verbose: bool) -> Iterator[Line]:
    code = f" {found.code}" if found.code else ""
    yield (
        Span(f"{printable(str(found.origin))}: ", Style.NAME),
        Span(found.severity, STYLES[found.severity]),
        Span(code, Style.NAME),
        Span(f" [{found.slug}]", Style.FAINT),
        Span(f" {printable(found.message)}"),
    )
    if frame is not None:
        yield (Span(f"    {frame.text}"),)
        mark = caret(frame.text, found.origin.column - frame.before)
        yield (Span(f"    {mark}", STYLES[found.severity]),)
    for note in found.related:
        where = f" ({printable(str(note.origin))})" if note.origin.line else ""
        yield (Span("  note: ", Style.LABEL), Span(f"{printable(note.message)}{where}"))
    if found.help:
        yield (Span("  help: ", Style.LABEL), Span(printable(found.help)))
    if verbose and found.effect is not None:
        yield (Span("  effect: ", Style.LABEL), Span(found.effect))
    if verbose and found.profiles:
        yield (Span("  profiles: ", Style.LABEL), Span(", ".join(found.profiles)))
    if verbose and found.mends:
        yield (Span("  fix: ", Style.LABEL), Span("certain; --fix shows it"))


def _statistics(linted: Linted) -> Iterator[Line]:
    listed = tallies(linted)
    width = len(str(listed[0].times))
    for tally in listed:
        yield (
            Span(f"{tally.times:>{width}}  "),
            Span(f"{tally.severity:<7}", STYLES[tally.severity]),
            Span(f"  {tally.code:<6}", Style.NAME),
            Span(f"  {tally.slug}"),
        )


def _summary(linted: Linted) -> Line:
    worst = next((severity for severity, number in linted.counts.items() if number), None)
    return (Span(summary(linted), Style.GOOD if worst is None else STYLES[worst]),)


def _document(found: Diagnostic) -> dict[str, Any]:
    return {
        "code": found.code or None,
        "slug": found.slug,
        "severity": found.severity.value,
        "message": found.message,
        "origin": _place(found.origin),
        "related": [
            {"message": note.message, "origin": _place(note.origin)} for note in found.related
        ],
        "effect": found.effect and found.effect.value,
        "help": found.help or None,
        "profiles": [profile.value for profile in found.profiles],
        "fixable": bool(found.mends),
        "fingerprint": found.fingerprint,
    }


def _place(origin: Origin) -> dict[str, str | int | None]:
    """Return a place; what is about a whole file has neither line nor column."""
    return {"file": origin.file, "line": origin.line or None, "column": origin.column or None}


def _cell(found: Diagnostic) -> str:
    told = _escaped(found.message)
    return f"{told}<br>{_escaped(found.help)}" if found.help else told


def _escaped(text: str) -> str:
    """Return a text as Markdown that shows just it, on one line."""
    return _MARKDOWN.sub(r"\\\1", printable(text))


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" + ("" if number == 1 else "s")
