"""Where policy text comes from: files, folders, standard input, and the samples of the package.

Rules of the file: the only part of the reader that touches the file system. What cannot be read
is a finding, so that one run names every such file.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from hnvemu.errors import QuestionError
from hnvemu.model.origin import Origin
from hnvemu.reader.report import LINE_BREAK, Report, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

SIZE_LIMIT = 256 * 2**20
"""Octets that a file may have, where the caller says nothing else."""
_YAML = (".yaml", ".yml")
_SUFFIXES = (*_YAML, ".json")
_SCRIPT = ".ps1"
_IMPORTED = (_SCRIPT, ".csv", ".xml", ".clixml", ".txt")
"""Suffixes of scripts and dumps, which are read from a folder that has no policy."""
_FORMAT_KEY = re.compile(rb"""(?:^|[{,])[ \t]*["']?hnv["']?[ \t]*:""", re.MULTILINE)
_HEAD = 1 << 16
"""Octets of a file that tell what it is."""
_SAMPLE = "sample:"
_STDIN = "stdin"
_BOM = b"\xef\xbb\xbf"
_WIDE = (b"\xff\xfe", b"\xfe\xff")
_CONTROLS = bytes({*range(32), 127} - {9, 10, 13})
# What YAML takes as text; a byte order mark is none once the first is gone.
_NOT_TEXT = "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"


class Source(NamedTuple):
    """The octets of one file, checked to be text, and the name that its findings carry."""

    name: str
    data: bytes
    """Without the byte order mark."""
    octets: bytes
    """As they were read."""
    is_text: bool
    """Whether it can be parsed; if not, a finding says why."""
    is_imported: bool = False
    """Whether it is no policy but something that a policy is made of: a script, a dump."""


def samples() -> Mapping[str, Path]:
    """Return the sample policies that come with hnvemu, by name.

    They lie in the package; in a checkout, where they are edited, beside it.
    """
    return {path.stem: path for path in sorted(_policies().glob("*.yaml"))}


def mistakes() -> Mapping[str, Path]:
    """Return the samples that show a mistake each, by name: ``bad/wildcard-missing``."""
    return {f"bad/{path.stem}": path for path in sorted(_policies().glob("bad/*.yaml"))}


def _policies() -> Path:
    package = Path(__file__).resolve().parents[1]
    inside = package / "policies"
    return inside if inside.is_dir() else package.parent / "policies"


def gather(
    paths: Sequence[str | os.PathLike[str]],
    *,
    size_limit: int,
    stdin: BinaryIO | None,
    report: Report,
) -> list[Source]:
    """Read all files that ``paths`` name, in order; a folder's by name.

    Raises:
        QuestionError: there is no path, or no sample of that name.
    """
    if not paths:
        raise QuestionError("no policy is given", help="name a file, a folder, '-' or sample:NAME")
    sources: list[Source] = []
    seen: set[str] = set()
    for path in paths:
        for name, place in _files(path, report):
            identities = {name, _identity(name, place)}
            if identities & seen:
                report.add(
                    f"'{name}' is given twice", Origin(name, 0, 0), help="name each file once"
                )
                continue
            seen |= identities
            octets = _octets(name, place, size_limit=size_limit, stdin=stdin, report=report)
            if octets is None:
                continue
            data = octets.removeprefix(_BOM)
            if _is_imported(name, octets):
                sources.append(Source(name, data, octets, is_text=True, is_imported=True))
            else:
                sources.append(Source(name, data, octets, _is_text(name, data, report)))
    return sources


def listed(paths: Sequence[str | os.PathLike[str]]) -> list[tuple[str, Path]] | None:
    """Name the files that :func:`gather` reads, and their places, without reading them.

    None where that cannot be told: standard input has no place, and a folder may be out of reach.

    Raises:
        QuestionError: There is no sample of that name.
    """
    report = Report()
    found: list[tuple[str, Path]] = []
    for path in paths:
        for name, place in _files(path, report):
            if place is None:
                return None
            found.append((name, place))
    return found if found and not report else None


def beside(source: Source) -> Callable[[str], bytes | None]:
    """Return what reads the files of a script's folder, and none outside of it.

    Args:
        source: The script; one from standard input has no folder.
    """
    folder = Path(source.name).parent.resolve()

    def read(path: str) -> bytes | None:
        try:
            place = _without_case(folder, path).resolve()
            if source.name == _STDIN or not (place.is_relative_to(folder) and place.is_file()):
                return None
            with place.open("rb") as file:
                octets = file.read(SIZE_LIMIT + 1)
        except (OSError, ValueError):
            return None
        return octets if len(octets) <= SIZE_LIMIT else None

    return read


def _without_case(folder: Path, path: str) -> Path:
    """Return the place of a file as Windows finds it, which does not tell names apart by case."""
    place = folder
    for part in path.split("/"):
        exact = place / part
        if not exact.exists() and place.is_dir():
            wanted = part.casefold()
            alike = (entry for entry in place.iterdir() if entry.name.casefold() == wanted)
            exact = min(alike, default=exact)
        place = exact
    return place


def _files(path: str | os.PathLike[str], report: Report) -> Iterator[tuple[str, Path | None]]:
    """Yield the name and the place of each file that a path stands for; no place is stdin."""
    given = os.fspath(path)
    name = given.replace(os.sep, "/")
    if given == "-":
        yield _STDIN, None
        return
    if given.startswith(_SAMPLE):
        place = _sample(given.removeprefix(_SAMPLE))
        yield place.name, place
        return
    try:
        place = Path(given)
        if not place.is_dir():
            yield name, place
            return
        inside = _inside(place)
    except (OSError, ValueError) as error:
        report.add(f"'{name}' cannot be read: {_reason(error)}", Origin(name, 0, 0))
        return
    if not inside:
        report.add(
            f"the folder '{name}' holds no policy",
            Origin(name, 0, 0),
            help="policies are files that end in .yaml, .yml or .json; scripts and dumps in "
            ".ps1, .csv, .xml, .clixml, .txt or .json",
        )
    for entry in inside:
        yield f"{name.rstrip('/')}/{entry}", place / entry


def _identity(name: str, place: Path | None) -> str:
    try:
        return name if place is None else os.path.realpath(place)
    except (OSError, ValueError):
        return name


def _inside(folder: Path) -> list[str]:
    """Name the policies in a folder; where it has none, the scripts and dumps."""
    entries = sorted(
        (
            entry
            for entry in folder.iterdir()
            if not entry.name.startswith(".")
            and entry.suffix.lower() in (*_SUFFIXES, *_IMPORTED)
            and not entry.is_dir()
        ),
        key=lambda entry: entry.name,
    )
    policies = [entry for entry in entries if entry.suffix.lower() in _SUFFIXES]
    if len(policies) < len(entries) and not any(map(_says_its_format, policies)):
        scripts = [entry for entry in entries if entry.suffix.lower() == _SCRIPT]
        read_by_scripts = _named_in(scripts, [entry for entry in entries if entry not in scripts])
        policies = [entry for entry in entries if entry not in read_by_scripts]
    return [entry.name for entry in policies]


def _named_in(scripts: Sequence[Path], others: Sequence[Path]) -> list[Path]:
    """Return the files that a script names: it reads them, and they say nothing by themselves."""
    from hnvemu.formats.encoding import text_of  # noqa: PLC0415 - policies do without

    texts = []
    for script in scripts if others else ():
        try:
            texts.append(text_of(script.read_bytes()))
        except ValueError:
            continue  # reading it as a script says what is wrong with it
    return [
        other
        for other in others
        if any(
            re.search(rf"(?<![\w.-]){re.escape(other.name)}(?!\w)", text, re.IGNORECASE)
            for text in texts
        )
    ]


def _says_its_format(path: Path) -> bool:
    """Whether a file is YAML, or JSON that is a policy."""
    if path.suffix.lower() in _YAML:
        return True
    with path.open("rb") as file:
        return _FORMAT_KEY.search(file.read(_HEAD)) is not None


def _is_imported(name: str, octets: bytes) -> bool:
    """Whether a file is a script or a dump: by its suffix, and by the octets it begins with."""
    if name.lower().endswith(_YAML) or _FORMAT_KEY.search(octets, 0, _HEAD):
        return False
    from hnvemu.formats.detect import Format, format_of  # noqa: PLC0415 - a policy says its format

    return format_of(name, octets) is not Format.YAML


def _sample(name: str) -> Path:
    known = {**samples(), **mistakes()}
    if name in known:
        return known[name]
    near = nearest(name, known)
    raise QuestionError(
        f"there is no sample '{name}'",
        help=f"did you mean '{near}'?" if near else f"the samples are {', '.join(samples())}",
    )


def _octets(
    name: str, place: Path | None, *, size_limit: int, stdin: BinaryIO | None, report: Report
) -> bytes | None:
    try:
        if place is None:
            octets = (stdin or sys.stdin.buffer).read(size_limit + 1)
        else:
            with place.open("rb") as file:
                # One more than allowed: a device has no size to ask for, and a file may grow.
                octets = file.read(
                    min(size_limit, os.fstat(file.fileno()).st_size or size_limit) + 1
                )
    except (OSError, ValueError) as error:
        report.add(f"'{name}' cannot be read: {_reason(error)}", Origin(name, 0, 0))
        return None
    if len(octets) <= size_limit:
        return octets
    report.add(
        f"'{name}' is larger than {size_limit} octets",
        Origin(name, 0, 0),
        help="split it into several files, or raise the limit: HNVEMU_SIZE_LIMIT, in MiB",
    )
    return None


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    if isinstance(error, PermissionError):
        return "permission is denied"
    if isinstance(error, OSError):
        return (error.strerror or str(error)).lower()
    return str(error)


def _is_text(name: str, data: bytes, report: Report) -> bool:
    """Report what YAML cannot be made of, at its line and column."""
    if data.startswith(_WIDE):
        report.add(
            f"'{name}' is UTF-16, and policies are UTF-8",
            Origin(name, 0, 0),
            help="save it as UTF-8; in PowerShell: Set-Content -Encoding utf8",
        )
        return False
    if data.isascii():
        if len(data.translate(None, _CONTROLS)) == len(data):
            return True
        text = data.decode("ascii")
    else:
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            bad = data[error.start]
            report.add(
                f"octet 0x{bad:02X} is not UTF-8",
                _place(name, data[: error.start].decode()),
                help="save the file as UTF-8",
            )
            return False
    found = re.search(_NOT_TEXT, text)
    if found is None:
        return True
    sign = ord(found.group())
    what = "it is a binary file" if sign == 0 else "no text holds it"
    report.add(
        f"character U+{sign:04X} is not allowed in a policy: {what}",
        _place(name, text[: found.start()]),
        help=None if sign == 0 else "remove it",
    )
    return False


def _place(name: str, before: str) -> Origin:
    """Return the place of what follows ``before``."""
    lines = re.split(LINE_BREAK, before)
    return Origin(name, len(lines), len(lines[-1]) + 1)
