"""A page of the catalogue: for a terminal, as JSON, or as Markdown.

Rules of the file: a page is a page, whatever its code is of. Every fact of the text form is in the
others.
"""

from __future__ import annotations

import re
import sys
import textwrap
from typing import TYPE_CHECKING, Any, Final, assert_never

from hnvemu.catalogue.definition import Example, Fragment
from hnvemu.catalogue.pages import Kind
from hnvemu.render.layout import Line, Span, Style, cells, padded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hnvemu.catalogue.pages import Page

SCHEMA: Final = "hnvemu/rule/v1"
_INDENT = "  "
_LABEL = 12
_WIDEST = 100  # longer lines are hard to read, however wide the terminal
_NARROWEST = 28  # narrower text runs over the edge rather than down the page
_STYLES = {
    Kind.OUTCOME: Style.GOOD,
    Kind.REASON: Style.BAD,
    Kind.RULE: Style.STAGE,
    Kind.LINT: Style.UNSURE,
}
_HEADINGS = {
    Kind.OUTCOME: "Outcomes",
    Kind.REASON: "Reasons",
    Kind.RULE: "Rules",
    Kind.LINT: "Lint",
}
_CODE = re.compile(r"\b[A-Z]+-\d+b?\b|\b[A-Z]{2,}(?:_[A-Z]+)+\b")
_EMPHASIS = re.compile(r"\*([^*]+)\*")
_END = re.compile(r"(?<=[.!?)]) (?=[A-Z`(])")
# What stands in quotes stays on one line, and an option's value stays beside it.
_WORD = r"(?:'[^']*'|[^\s'-]\S*)"
_ARGUMENT = re.compile(rf"-\S+(?: {_WORD})?|{_WORD}")
# What stands for itself in a text: code between fences, items of lists, rows of tables.
_BLOCK = re.compile(
    r"```\w*\n(?P<code>.*?)\n```|(?P<item>^(?:[*-]|\d+\.) .*?(?=\n(?! )|\Z))"
    r"|(?P<row>^\|.*?$)|(?P<blank>\n{2,})",
    re.DOTALL | re.MULTILINE,
)
_NOT_EMITTED = "Not emitted by this version."


def page_lines(page: Page, known: Mapping[str, Page], width: int) -> list[Line]:
    """Return the lines of a page.

    Args:
        page: What to show.
        known: All pages by their codes, for the titles of the codes that this one names.
        width: Columns of the terminal.
    """
    width = min(width, _WIDEST)
    return list(_lines(page, known, max(width, len(_INDENT) + _LABEL + _NARROWEST)))


def list_lines(pages: Sequence[Page], width: int) -> list[Line]:
    """Return one line for each page, grouped."""
    width = min(width, _WIDEST)
    lines: list[Line] = []
    heading = ""
    column = max(cells(page.code) for page in pages) + len(_INDENT)
    for page in pages:
        if heading != (heading := _heading(page)):
            lines += [(), (Span(heading, Style.NAME),)] if lines else [(Span(heading, Style.NAME),)]
        before = len(_INDENT) + column
        first, *more = _filled(_plain(page.title), max(width - before, _NARROWEST))
        code = Span(padded(page.code, column), _STYLES[page.kind])
        lines.append((Span(_INDENT), code, Span(first)))
        lines += [(Span(" " * before + text),) for text in more]
    return lines


def page_document(pages: Sequence[Page]) -> dict[str, Any]:
    """Return the JSON form: ``hnvemu/schema/rule.schema.json`` describes it."""
    return {"schema": SCHEMA, "pages": [_document(page) for page in pages]}


def page_markdown(
    page: Page, known: Mapping[str, Page], *, level: int = 1, sources: bool = True
) -> str:
    """Return a page as Markdown, one sentence a line, without an empty line at its end.

    Args:
        page: What to show.
        known: All pages by their codes.
        level: Of its heading.
        sources: List the sources too; a document that has them elsewhere does without.
    """
    if page.kind is Kind.LINT:
        return _lint_markdown(page, known, level)
    parts = [
        f"{'#' * level} {page.code}",
        f"**{page.title}.**",
        _sentences(page.text) + ("" if page.emitted else f"\n{_NOT_EMITTED}"),
    ]
    facts = [f"* {label}: {text}." for label, text in _facts(page)]
    facts += [f"* {label}: {', '.join(_cited(codes, known))}." for label, codes in _links(page)]
    parts.append("\n".join(facts))
    example = page.example
    if isinstance(example, Fragment):
        parts.append(_fenced(example))
    elif isinstance(example, Example):
        prints = f" It prints `{example.prints}`." if example.prints else ""
        parts.append("```sh\n" + " \\\n  ".join(_command(example.command, 98)) + "\n```")
        parts.append(f"{_capital(example.shows)}.{prints}")
    else:
        parts.append(f"No example: {example}")
    if sources:
        parts.append("\n".join(f"* {s.name}: {s.title}, {s.address}" for s in page.sources))
    return "\n\n".join(part for part in parts if part)


def page_text(text: str) -> str:
    """Return a text of a page without its Markdown, a paragraph a line."""
    return "\n".join(_prose(text, sys.maxsize))


def _lint_markdown(page: Page, known: Mapping[str, Page], level: int) -> str:
    """Return the page of a lint rule under its own headings."""
    facts = [f"* {label}: {text}." for label, text in _facts(page) if label != "Known"]
    facts += [f"* {label}: {', '.join(_cited(codes, known))}." for label, codes in _links(page)]
    mark = "#" * level
    parts = [
        f"{mark} {page.code}: {page.slug}",
        f"**{page.title}.**",
        "\n".join(facts),
        f"{mark}# Why it matters",
        page.text,
        f"{mark}# Example",
        _fenced(page.example) if isinstance(page.example, Fragment) else "",
        f"{mark}# Instead",
        page.instead,
        f"{mark}# How sure",
        page.known,
    ]
    return "\n\n".join(part for part in parts if part)


def _fenced(fragment: Fragment) -> str:
    return f"```yaml\n{fragment.yaml}\n```"


def _lines(page: Page, known: Mapping[str, Page], width: int) -> Iterator[Line]:
    style = _STYLES[page.kind]
    first, *more = _filled(_plain(page.title), max(width - cells(page.code) - 2, _NARROWEST))
    yield (Span(page.code, style), Span(_INDENT), Span(first, Style.NAME))
    for text in more:
        yield (Span(" " * (cells(page.code) + 2)), Span(text, Style.NAME))
    yield (Span(_heading(page), Style.FAINT),)
    yield ()
    text = page.text if page.emitted else f"{page.text} {_NOT_EMITTED}"
    for part in _prose(text, width - len(_INDENT)):
        yield (Span(_INDENT), *_spans(part)) if part else ()
    yield ()
    for label, text in _facts(page):
        yield from _labelled(label, text, width)
    for label, codes in _links(page):
        yield from _linked(label, codes, known, width)
    yield from _example(page.example, width)
    if page.instead:
        yield from _labelled("Instead", page.instead, width)
        yield ()
    for number, source in enumerate(page.sources):
        text = f"{source.name}: {source.title}, {source.address}"
        yield from _labelled("" if number else "Sources", text, width)


def _heading(page: Page) -> str:
    return f"{_HEADINGS[page.kind]}: {page.group}"


def _facts(page: Page) -> Iterator[tuple[str, str]]:
    """Yield label and text of what is known."""
    if page.severity:
        yield "Severity", page.severity
    if page.slug:
        yield "Slug", f"`{page.slug}`"
    if page.product:
        yield "Real hosts", page.product.rstrip(".")
    if page.known:
        yield "Known", page.known
    if page.confidence is not None:
        yield "Confidence", page.confidence
    if page.profiles:
        yield "Profiles", ", ".join(page.profiles)


def _links(page: Page) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield label and codes of what belongs to it, each with at least one code."""
    match page.kind:
        case Kind.OUTCOME:
            links = [("Reasons", page.reasons), ("Rules", page.rules)]
        case Kind.REASON:
            links = [("Outcome", page.outcomes), ("Rules", page.rules)]
        case Kind.RULE:
            links = [("Ends in", page.outcomes + page.reasons), ("See also", page.rules)]
        case Kind.LINT:
            links = [("Effect", page.reasons)]
        case _:
            assert_never(page.kind)
    return ((label, codes) for label, codes in links if codes)


def _labelled(label: str, text: str, width: int) -> Iterator[Line]:
    """Lay out a paragraph beside its label."""
    for number, part in enumerate(_prose(text, width - len(_INDENT) - _LABEL)):
        name = "" if number else label
        yield (Span(_INDENT), Span(name.ljust(_LABEL), Style.LABEL), *_spans(part))


def _linked(
    label: str, codes: tuple[str, ...], known: Mapping[str, Page], width: int
) -> Iterator[Line]:
    """Lay out codes below each other, each with its title."""
    column = max((cells(code) for code in codes), default=0) + len(_INDENT)
    before = len(_INDENT) + _LABEL + column
    for number, code in enumerate(codes):
        page = known[code]
        first, *more = _filled(_plain(page.title), max(width - before, _NARROWEST))
        name = "" if number else label
        yield (
            Span(_INDENT),
            Span(name.ljust(_LABEL), Style.LABEL),
            Span(padded(code, column), _STYLES[page.kind]),
            Span(first),
        )
        for text in more:
            yield (Span(" " * before), Span(text))


def _example(example: Example | Fragment | str, width: int) -> Iterator[Line]:
    yield ()
    if isinstance(example, Fragment):
        for number, text in enumerate(example.yaml.splitlines()):
            name = "" if number else "Example"
            yield (Span(_INDENT), Span(name.ljust(_LABEL), Style.LABEL), Span(text, Style.NAME))
        yield ()
        return
    if not isinstance(example, Example):
        yield from _labelled("No example", example, width)
        yield ()
        return
    label, sign = "Example", "$ "
    *parts, last = _command(example.command, width - len(_INDENT) - _LABEL - len("$  \\"))
    for part in [*(f"{part} \\" for part in parts), last]:
        yield (
            Span(_INDENT),
            Span(label.ljust(_LABEL), Style.LABEL),
            Span(sign, Style.FAINT),
            Span(part, Style.NAME),
        )
        label, sign = "", "  "
    yield from _labelled("", example.shows, width)
    if example.prints:
        yield from _labelled("Prints", example.prints, width)
    yield ()


def _command(command: str, width: int) -> list[str]:
    """Break a command between its arguments."""
    lines = [""]
    for argument in _ARGUMENT.findall(command):
        longer = f"{lines[-1]} {argument}" if lines[-1] else argument
        if lines[-1] and cells(longer) > width:
            lines.append(argument)
        else:
            lines[-1] = longer
    return lines


def _prose(text: str, width: int) -> list[str]:
    """Break a text into lines, without its Markdown; what is set off in it stays set off."""
    lines: list[str] = []
    last = 0
    for found in _BLOCK.finditer(text):
        lines += _filled(_plain(text[last : found.start()]), width)
        last = found.end()
        if found["blank"]:
            lines.append("")
        elif found["item"]:
            first, *more = _filled(_plain(found["item"]), width - 2) or [""]
            lines += [first, *(f"  {part}" for part in more)]
        else:
            lines += (found["code"] or found["row"]).split("\n")
    return [*lines, *_filled(_plain(text[last:]), width)]


def _filled(text: str, width: int) -> list[str]:
    """Break prose into lines; a word that is longer than a line stays whole."""
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)


def _plain(text: str) -> str:
    """Return a text without its Markdown."""
    return _EMPHASIS.sub(r"\1", text.replace("`", ""))


def _spans(text: str) -> tuple[Span, ...]:
    """Set off the codes in a text."""
    spans = []
    last = 0
    for found in _CODE.finditer(text):
        spans += [Span(text[last : found.start()]), Span(found[0], Style.NAME)]
        last = found.end()
    return tuple(span for span in (*spans, Span(text[last:])) if span.text)


def _sentences(text: str) -> str:
    return _END.sub("\n", text)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _cited(codes: tuple[str, ...], known: Mapping[str, Page]) -> Iterator[str]:
    for code in codes:
        page = known[code]
        yield page.code if page.kind in (Kind.RULE, Kind.LINT) else f"`{page.code}`"


def _document(page: Page) -> dict[str, Any]:
    example = page.example
    return {
        "code": page.code,
        "kind": page.kind.value,
        "group": page.group,
        "title": page.title,
        "text": page.text,
        "product": page.product or None,
        "known": page.known or None,
        "evidence": list(page.evidence),
        "confidence": page.confidence and page.confidence.value,
        "profiles": [profile.value for profile in page.profiles],
        "emitted": page.emitted,
        "outcomes": list(page.outcomes),
        "reasons": list(page.reasons),
        "rules": list(page.rules),
        "slug": page.slug or None,
        "severity": page.severity or None,
        "instead": page.instead or None,
        "fragment": example.yaml if isinstance(example, Fragment) else None,
        "example": {
            "command": example.command,
            "shows": example.shows,
            "prints": example.prints or None,
        }
        if isinstance(example, Example)
        else None,
        "no_example": example if isinstance(example, str) else None,
        "sources": [source._asdict() for source in page.sources],
    }
