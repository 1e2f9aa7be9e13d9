"""``hnvemu rule``: the page of a rule, a reason, an outcome or a lint rule."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from hnvemu.cli import options
from hnvemu.cli.output import Color, emit, emit_lines, page_width
from hnvemu.errors import QuestionError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hnvemu.catalogue.pages import Page

EPILOG = options.epilog(
    "hnvemu rule                            all codes, one line each",
    "hnvemu rule DST_RECORD_MISSING         a reason of a trace",
    "hnvemu rule fwd-15                     a rule that trace -v cites",
    "hnvemu rule HNV111                     a finding of lint",
    "hnvemu rule to_gateway -f markdown",
)


class PageForm(StrEnum):
    """The forms of a page."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


def complete_code(incomplete: str) -> list[str]:
    """Return the codes that begin with what the shell has, in the case that it has."""
    spellings = [(page.code, page.code.lower(), page.code.upper()) for page in _pages()]
    found = (
        next((code for code in spelled if code.startswith(incomplete)), None)
        for spelled in spellings
    )
    return [code for code in found if code is not None]


def rule(
    code: Annotated[
        str | None,
        typer.Argument(
            metavar="[CODE]",
            help="A rule (FWD-15), a reason (NO_PORT), an outcome (to_gateway) or a lint rule "
            "(HNV111, or its slug), in any case; all of them, if not said.",
            autocompletion=complete_code,
        ),
    ] = None,
    form: Annotated[
        PageForm | None,
        typer.Option(
            "-f",
            "--format",
            metavar="text|json|markdown",
            help="Form of the result: text if not said.",
        ),
    ] = None,
    as_json: options.AsJson = False,
    output: options.Output = None,
    color: options.ColorWhen = Color.AUTO,
) -> None:
    """Explain a rule, a reason, an outcome or a lint rule.

    Its exact condition, what real hosts do, how well it is known and from where, what belongs to
    it, and an example that runs.
    """
    json = PageForm.JSON
    wanted = options.chosen(form, json, as_json=as_json, default=PageForm.TEXT)
    known = {page.code: page for page in _pages()}
    page = None if code is None else _page(code, known)
    chosen = [*known.values()] if page is None else [page]
    if wanted is json:
        from hnvemu.render.json import dumps
        from hnvemu.render.page import page_document

        emit(dumps(page_document(chosen)), output=output)
    elif wanted is PageForm.MARKDOWN:
        from hnvemu.render.page import page_markdown

        text = "\n\n".join(page_markdown(each, known) for each in chosen)
        emit(text, output=output)
    else:
        from hnvemu.render.page import list_lines, page_lines

        width = page_width(output)
        lines = list_lines(chosen, width) if page is None else page_lines(page, known, width)
        emit_lines(lines, output=output, color=color)


def _pages() -> Iterable[Page]:
    """Return all pages, those of lint last."""
    from hnvemu.catalogue.pages import pages
    from hnvemu.lint.pages import lint_pages

    return (*pages(), *lint_pages())


def _page(code: str, known: dict[str, Page]) -> Page:
    """Return the page of a code.

    Raises:
        QuestionError: There is none.
    """
    from hnvemu.catalogue.pages import folded

    by_folded = {folded(page.slug): each for each, page in known.items() if page.slug}
    by_folded |= {folded(each): each for each in known}
    found = by_folded.get(folded(code))
    if found is not None:
        return known[found]
    from hnvemu.reader.report import nearest

    near = nearest(folded(code), by_folded)
    help_ = "hnvemu rule lists them all" if near is None else f"did you mean '{by_folded[near]}'?"
    raise QuestionError(f"there is no code '{code}'", help_)
