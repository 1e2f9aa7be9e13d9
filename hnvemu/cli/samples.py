"""``hnvemu samples``: the policies that come with hnvemu."""

from __future__ import annotations

from typing import Annotated

import typer

from hnvemu.cli import options
from hnvemu.cli.output import emit, page_width
from hnvemu.errors import QuestionError

EPILOG = options.epilog(
    "hnvemu samples                           what there is",
    "hnvemu samples starter -o hnv.yaml       a policy to begin with",
    "hnvemu trace -p sample:two-tenants blue/web 10.0.0.11",
    "hnvemu samples bad                       policies that each show a mistake",
    "hnvemu lint sample:bad/wildcard-missing",
)


def samples(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Print this one.")] = None,
    output: options.Output = None,
) -> None:
    """List the sample policies, or print one; bad lists those that each show a mistake."""
    from hnvemu.reader import mistakes
    from hnvemu.reader import samples as known

    if name is None or name == "bad":
        from hnvemu.render.tables import table_text

        rows = [
            (f"sample:{each}", _subject(place.read_text(encoding="utf-8")))
            for each, place in (known() if name is None else mistakes()).items()
        ]
        emit(table_text(("POLICY", "SHOWS"), rows, page_width(output)), output=output)
        return
    name = name.removeprefix("sample:")
    places = {**known(), **mistakes()}
    if name not in places:
        from hnvemu.reader.report import did_you_mean

        near = did_you_mean(name, places)
        raise QuestionError(
            f"there is no sample '{name}'", near or f"the samples are {', '.join(known())}"
        )
    emit(places[name].read_text(encoding="utf-8"), output=output)


def _subject(text: str) -> str:
    """Return the first sentence of the comment that opens a sample."""
    _, _, comment = text.partition("\n#\n")
    words = " ".join(line.removeprefix("#").strip() for line in comment.splitlines()[:4])
    return words.partition(". ")[0].rstrip(".") + "."
