"""``hnvemu lint``: what is wrong with a policy that can be read."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple, assert_never

import typer

from hnvemu.cli import options
from hnvemu.cli.output import Color, emit, emit_lines, note, write_file
from hnvemu.errors import PolicyError, QuestionError
from hnvemu.lint.rule import FailLevel
from hnvemu.model.policy import Profile

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable

    from hnvemu.lint.judge import Linted
    from hnvemu.lint.settings import Settings
    from hnvemu.model.origin import Origin
    from hnvemu.reader.edit import PolicyText
    from hnvemu.render.lint import Frame

EPILOG = options.epilog(
    "hnvemu lint my-network/                all files of a folder are one policy",
    "hnvemu lint hnv.yaml --select HNV1,HNV2 --fail-level warning",
    "hnvemu lint hnv.yaml -f sarif -o lint.sarif",
    "hnvemu lint hnv.yaml --fix             shows what would be mended",
    "hnvemu lint hnv.yaml --fix --write     mends it",
    "hnvemu lint hnv.yaml --write-baseline lint.json",
    "hnvemu rule HNV111                     what a finding means",
)
SETTINGS: Final = ("hnvemu.toml", "pyproject.toml")
"""The files that settings are looked for in, from the current folder upwards."""


class LintForm(StrEnum):
    """The forms of the result."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"
    JUNIT = "junit"
    MARKDOWN = "markdown"


_COUNTING = (LintForm.TEXT, LintForm.JSON, LintForm.MARKDOWN)
"""The forms that have a place for statistics."""


class _Found(NamedTuple):
    """Settings, and where they come from."""

    settings: Settings
    folder: Path
    """The names of files in them go from here."""


def lint(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PATH]...",
            help="Files and folders of one policy; - for stdin, or sample:NAME. Otherwise "
            f"${options.POLICY_VARIABLE}, ./hnv.yaml, or {options.SAMPLE}.",
            show_default=False,
        ),
    ] = None,
    select: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CODE,...",
            help="Run these rules alone: codes (HNV401), their beginnings (HNV4), slugs, or ALL. "
            "Takes the place of both lists of the settings.",
            show_default=False,
        ),
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CODE,...",
            help="Leave these rules out, beside those of the settings.",
            show_default=False,
        ),
    ] = None,
    fail_level: Annotated[
        FailLevel | None,
        typer.Option(
            metavar="|".join(FailLevel),
            help="Exit 1 for findings of this severity and worse: error if not said.",
        ),
    ] = None,
    profile: Annotated[
        Profile | None,
        typer.Option(
            metavar="|".join(Profile),
            help="Judge for this product generation, in place of the policy's.",
        ),
    ] = None,
    fix: Annotated[
        bool,
        typer.Option("--fix", help="Print a diff of all fixes that are certain; edit nothing."),
    ] = False,
    write: Annotated[
        bool, typer.Option("--write", help="With --fix: change the files, and print what is left.")
    ] = False,
    baseline: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Do not count the findings that stand in this file."),
    ] = None,
    write_baseline: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Write all findings of this run to a baseline."),
    ] = None,
    config: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help=f"Settings; otherwise the nearest {' or '.join(SETTINGS)} upwards from here.",
        ),
    ] = None,
    isolated: Annotated[bool, typer.Option("--isolated", help="Read no settings.")] = False,
    form: Annotated[
        LintForm | None,
        typer.Option(
            "-f",
            "--format",
            metavar="|".join(LintForm),
            help="Form of the result: text if not said.",
        ),
    ] = None,
    as_json: options.AsJson = False,
    statistics: Annotated[
        bool, typer.Option("--statistics", help="Count the findings of each rule, too.")
    ] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="The last line alone.")] = False,
    verbose: Annotated[
        bool, typer.Option("-v", "--verbose", help="Show the lines of the policy, too.")
    ] = False,
    output: options.Output = None,
    color: options.ColorWhen = Color.AUTO,
) -> None:
    """Look for mistakes in a policy that can be read.

    Each finding has its place, why it matters (hnvemu rule CODE), and what to write instead. What
    is meant can be said to be: # hnv: ignore[HNV401] why. A policy that cannot be read is a
    finding, too.
    """
    wanted = options.chosen(form, LintForm.JSON, as_json=as_json, default=LintForm.TEXT)
    names = options.named(paths)
    _check(names, wanted, fix=fix, write=write, statistics=statistics, quiet=quiet, verbose=verbose)
    if config is not None and isolated:
        raise QuestionError("--config and --isolated contradict each other")
    found = _settings(config, isolated=isolated)
    settings = _overridden(found.settings, select, ignore, fail_level)
    known = None if write_baseline else _baseline(baseline, found)
    run = _Run(settings, found.folder, profile, known, color)
    texts, linted, frames = run.read(names)
    before = linted
    if fix and (texts is None or linted.sha256 is None):
        note("note: what cannot be read is not mended")
        fix = False
    elif fix and texts is not None:
        texts.check_editable()
        texts, linted = run.fix(texts, write=write, output=output)
    if write_baseline and linted.sha256 is not None:
        linted = _noted(linted, write_baseline)
        before = linted
    if fix and not write:
        _remaining(linted, quiet=quiet)
    else:
        if verbose and texts is not None:
            frames = _frames(linted, texts)
        page = _Page(wanted, output, color, quiet=quiet, verbose=verbose, statistics=statistics)
        page.show(linted, texts, frames, settings.fail_level)
    # A diff changes nothing: what the files say decides.
    counted = linted if write else before
    failed = any(settings.fail_level.fails(each.severity) for each in counted.found)
    raise typer.Exit(1 if failed else 0)


def _check(
    names: list[str],
    form: LintForm,
    *,
    fix: bool,
    write: bool,
    statistics: bool,
    quiet: bool,
    verbose: bool,
) -> None:
    """Refuse options that have no meaning together."""
    if write and not fix:
        raise QuestionError("--write needs --fix", "--write-baseline FILE writes a baseline")
    if fix and not write and form is not LintForm.TEXT:
        raise QuestionError(f"--fix prints a diff, and no {form}", "add --write, or take out one")
    if write:
        for name in names:
            if name == "-":
                raise QuestionError(
                    "standard input cannot be written to", "take out --write: --fix prints a diff"
                )
            if name.startswith("sample:"):
                raise QuestionError(
                    f"{name} cannot be written to",
                    f"make a file of it: hnvemu samples {name.partition(':')[2]} -o hnv.yaml",
                )
    if statistics and form not in _COUNTING:
        raise QuestionError(f"--statistics has no place in {form}")
    if form is not LintForm.TEXT and (quiet or verbose):
        raise QuestionError(f"-q and -v have no meaning in {form}")
    if quiet and verbose:
        raise QuestionError("-q and -v contradict each other")


class _Run:
    """Reads a policy and lints it, once or again after a fix."""

    def __init__(
        self,
        settings: Settings,
        folder: Path,
        profile: Profile | None,
        baseline: Counter[str] | None,
        color: Color,
    ) -> None:
        self._settings = settings
        self._folder = folder
        self._profile = profile
        self._baseline = baseline
        self._color = color

    def read(
        self, names: list[str]
    ) -> tuple[PolicyText | None, Linted, dict[Origin, Frame] | None]:
        """Read and lint; no text where there is none, and then the lines that are wrong.

        Raises:
            PolicyError: There is no such file, or it cannot be opened.
        """
        from hnvemu.lint.judge import unreadable
        from hnvemu.render.lint import Frame

        try:
            texts = options.load_texts(names)
        except PolicyError as error:
            if any(not finding.origin.line for finding in error.findings):
                raise
            frames = {
                finding.origin: Frame(finding.excerpt, finding.excerpt_at)
                for finding in error.findings
                if finding.excerpt is not None
            }
            return None, unreadable(error.findings), frames
        return texts, self._linted(texts), None

    def fix(
        self, texts: PolicyText, *, write: bool, output: str | None
    ) -> tuple[PolicyText, Linted]:
        """Mend what can be mended: print a diff, or change the files."""
        from hnvemu.lint.fixes import fixed

        new, left, count = fixed(texts, self._linted)
        if not count:
            note("note: nothing to mend")
        elif write:
            old = texts.octets
            changed = {name: text for name, text in new.octets.items() if text != old[name]}
            for name, octets in changed.items():
                write_file(name, octets)
            note(f"note: {count} mended: {', '.join(changed)}")
        else:
            emit(texts.diff(new), output=output)
        return new, left

    def _linted(self, texts: PolicyText) -> Linted:
        from hnvemu.cli.progress import Bar
        from hnvemu.lint.catalogue import RULES
        from hnvemu.lint.judge import Judge

        with Bar(len(RULES), self._color) as bar:
            judge = Judge(
                self._settings,
                profile=self._profile,
                baseline=self._baseline,
                relative=_relative_to(self._folder),
                progress=lambda rule: bar.step(rule.code),
            )
            return judge.lint(texts)


class _Page(NamedTuple):
    """How the result is shown."""

    form: LintForm
    output: str | None
    color: Color
    quiet: bool
    verbose: bool
    statistics: bool

    def show(
        self,
        linted: Linted,
        texts: PolicyText | None,
        frames: dict[Origin, Frame] | None,
        fail_level: FailLevel,
    ) -> None:
        """Print what was found, or write it to a file."""
        from hnvemu.render import lint as render

        match self.form:
            case LintForm.TEXT:
                lines = render.lint_lines(
                    linted,
                    frames=frames if self.verbose else None,
                    quiet=self.quiet,
                    verbose=self.verbose,
                    statistics=self.statistics,
                )
                emit_lines(lines, output=self.output, color=self.color)
                return
            case LintForm.JSON:
                from hnvemu.render.json import dumps

                text = dumps(render.lint_document(linted))
            case LintForm.SARIF:
                from hnvemu import __version__
                from hnvemu.catalogue.pages import pages
                from hnvemu.render.json import dumps
                from hnvemu.render.sarif import sarif_document

                known = {page.code: page for page in pages()}
                if texts is not None and texts.is_imported:
                    texts = None  # there is no text that a fix could be made in
                text = dumps(sarif_document(linted, version=__version__, texts=texts, known=known))
            case LintForm.GITHUB:
                from hnvemu.render.annotations import github

                text = github(linted)
            case LintForm.JUNIT:
                from hnvemu.render.annotations import junit

                text = junit(linted, fail_level)
            case LintForm.MARKDOWN:
                text = render.lint_markdown(linted, statistics=self.statistics)
            case _:
                assert_never(self.form)
        emit(text, output=self.output)


def _frames(linted: Linted, texts: PolicyText) -> dict[Origin, Frame]:
    from hnvemu.render.lint import frames_of

    return frames_of(linted.found, texts.octets)


def _remaining(linted: Linted, *, quiet: bool) -> None:
    """Tell on stderr what a diff does not mend."""
    from hnvemu.render.layout import plain
    from hnvemu.render.lint import lint_lines

    note(f"after these fixes:\n{plain(lint_lines(linted, quiet=quiet))}")


def _noted(linted: Linted, name: str) -> Linted:
    """Write a baseline of all that was found, and count none of it."""
    from hnvemu.lint.baseline import baseline_text
    from hnvemu.value import replace

    write_file(name, baseline_text(linted.found).encode())
    return replace(linted, found=(), known=len(linted.found))


def _baseline(name: str | None, found: _Found) -> Counter[str] | None:
    """Read the baseline that the options or the settings name."""
    from hnvemu.lint.baseline import read_baseline

    if name is not None:
        return read_baseline(_text(Path(name)), name)
    if found.settings.baseline is None:
        return None
    path = found.folder / found.settings.baseline
    return read_baseline(_text(path), path.as_posix())


def _settings(config: str | None, *, isolated: bool) -> _Found:
    """Return the settings of the file that is named or nearest.

    Raises:
        QuestionError: It cannot be read, or says what cannot be.
    """
    from hnvemu.lint.settings import Settings, settings_of

    if isolated:
        return _Found(Settings(), Path())
    if config is not None:
        path = Path(config)
        settings = settings_of(_text(path), config)
        if settings is None:
            raise QuestionError(f"'{config}' has no settings", "they stand in [tool.hnvemu.lint]")
        return _Found(settings, path.parent)
    here = Path.cwd()
    for folder in (here, *here.parents):
        for name in SETTINGS:
            path = folder / name
            if not path.is_file():
                continue
            shown = Path(os.path.relpath(path)).as_posix()
            settings = settings_of(_text(path), shown)
            if settings is not None:
                return _Found(settings, folder)
    return _Found(Settings(), Path())


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise QuestionError(f"'{path}' is not UTF-8") from None
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise QuestionError(f"'{path}' cannot be read: {reason.lower()}") from None


def _overridden(
    settings: Settings,
    select: list[str] | None,
    ignore: list[str] | None,
    fail_level: FailLevel | None,
) -> Settings:
    """Return the settings with what the command line says in their place."""
    from hnvemu.lint.selection import codes_of
    from hnvemu.value import replace

    if select:
        settings = replace(settings, select=codes_of(select), ignore=frozenset())
    if ignore:
        settings = replace(settings, ignore=settings.ignore | codes_of(ignore))
    return settings if fail_level is None else replace(settings, fail_level=fail_level)


def _relative_to(folder: Path) -> Callable[[str], str]:
    """Return what gives of a file's name its path from a folder on."""

    def relative(name: str) -> str:
        try:
            return Path(os.path.relpath(name, folder)).as_posix()
        except ValueError:  # another drive of Windows
            return name

    return relative
