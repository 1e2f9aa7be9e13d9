"""Unified diffs of a policy's files, applied to their texts and not to the files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from hnvemu.errors import QuestionError

if TYPE_CHECKING:
    from hnvemu.reader.edit import PolicyText

_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_NO_NEWLINE = "\\ "


class _Hunk(NamedTuple):
    """A stretch of lines, before and after."""

    line: int
    """Where it begins, from 1."""
    before: list[str]
    after: list[str]


def is_diff(text: str) -> bool:
    """Whether a text is a unified diff, whatever stands around it."""
    return re.search(r"^--- .*\r?\n\+\+\+ ", text, re.MULTILINE) is not None


def patched(texts: PolicyText, diff: str) -> PolicyText:
    """Apply a unified diff, as ``git diff`` and ``hnvemu trace --explain`` print it.

    A hunk whose lines have moved is found where they are now.

    Raises:
        QuestionError: It is about a file that the policy does not have, or does not fit.
    """
    files = texts.files
    changed: dict[str, str] = {}
    for named, hunks in _hunks(diff):
        if not hunks:
            continue
        name = _file(named, [*files])
        changed[name] = _applied(changed.get(name, files[name]), hunks, name)
    if not changed:
        raise QuestionError("the patch changes nothing", "its hunks begin with @@ -1,3 +1,3 @@")
    return texts.with_files(changed)


def lines_of(text: str) -> list[str]:
    """Return the lines of a text with their ends, as ``diff`` and ``patch`` count them."""
    lines = [line + "\n" for line in text.split("\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


def _hunks(diff: str) -> list[tuple[str, list[_Hunk]]]:
    files: list[tuple[str, list[_Hunk]]] = []
    lines = diff.removesuffix("\n").split("\n")
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if line.startswith("+++ ") and at > 1 and lines[at - 2].startswith("--- "):
            files.append((_name(lines[at - 2][4:], line[4:]), []))
        elif files and (found := _HUNK.match(line)):
            hunk, at = _hunk(lines, at, found)
            files[-1][1].append(hunk)
    return files


def _name(old: str, new: str) -> str:
    """Return the file's name without ``a/`` and ``b/``, and without the time that diff adds."""
    name = (old if new.startswith("/dev/null") else new).partition("\t")[0].rstrip("\r")
    return name[2:] if name[:2] in ("a/", "b/") else name


def _hunk(lines: list[str], at: int, found: re.Match[str]) -> tuple[_Hunk, int]:
    """Read as many lines as the head of a hunk says there are."""
    before: list[str] = []
    after: list[str] = []
    wanted = int(found[2] or 1), int(found[4] or 1)
    while (len(before), len(after)) != wanted:
        sign, line = (lines[at][:1] or " ", lines[at][1:]) if at < len(lines) else ("", "")
        if sign not in (" ", "+", "-") or len(before) > wanted[0] or len(after) > wanted[1]:
            raise QuestionError(
                f"line {at + 1} of the patch is not what its hunk at '{found[0]}' says",
                "it may have been cut off",
            )
        at += 1
        ended = not (at < len(lines) and lines[at].startswith(_NO_NEWLINE))
        if sign != "+":
            before.append(line + "\n" * ended)
        if sign != "-":
            after.append(line + "\n" * ended)
        at += not ended
    return _Hunk(int(found[1]), before, after), at


def _file(name: str, files: list[str]) -> str:
    """Return the file of the policy that a patch means by ``name``."""
    for alike in (
        [file for file in files if file.lstrip("/") == name.lstrip("/")],
        [file for file in files if file.endswith(f"/{name}") or name.endswith(f"/{file}")],
        [file for file in files if file.rpartition("/")[2] == name.rpartition("/")[2]],
    ):
        if len(alike) == 1:
            return alike[0]
    raise QuestionError(
        f"the patch is about '{name}', which is no file of this policy",
        f"its files are {', '.join(files)}",
    )


def _applied(text: str, hunks: list[_Hunk], name: str) -> str:
    lines = lines_of(text)
    ending = "\r\n" if lines[:1] and lines[0].endswith("\r\n") else "\n"
    moved = 0
    for number, hunk in enumerate(hunks, 1):
        start = hunk.line - 1 + moved + (not hunk.before)
        at = _found(lines, hunk.before, start)
        if at is None:
            raise _misfit(name, number, hunk, lines, start)
        # Lines that stay are those of the file; of a patch, ends of lines are easily lost.
        lines[at : at + len(hunk.before)] = _kept(lines, at, hunk, ending)
        moved = at - (hunk.line - 1) - (not hunk.before) + len(hunk.after) - len(hunk.before)
    return "".join(lines)


def _kept(lines: list[str], at: int, hunk: _Hunk, ending: str) -> list[str]:
    there = lines[at : at + len(hunk.before)]
    own = {_bare(line): line for line in there}
    return [
        own.get(_bare(line), _bare(line) + (ending if line.endswith("\n") else ""))
        if line in hunk.before
        else _bare(line) + (ending if line.endswith("\n") else "")
        for line in hunk.after
    ]


def _found(lines: list[str], wanted: list[str], start: int) -> int | None:
    """Return where lines stand, nearest to ``start``."""
    bare = [_bare(line) for line in wanted]
    places = range(max(1, len(lines) - len(bare) + 1))
    for at in sorted(places, key=lambda place: abs(place - start)):
        if [_bare(line) for line in lines[at : at + len(bare)]] == bare:
            return at
    return None


def _bare(line: str) -> str:
    return line.rstrip("\r\n")


def _misfit(name: str, number: int, hunk: _Hunk, lines: list[str], start: int) -> QuestionError:
    there = [_bare(line) for line in lines[max(0, start) : max(0, start) + len(hunk.before)]]
    for offset, line in enumerate(hunk.before):
        if offset >= len(there) or there[offset] != _bare(line):
            has = f"'{there[offset].strip()}'" if offset < len(there) else "no such line"
            return QuestionError(
                f"hunk {number} of the patch does not fit '{name}' at line {start + offset + 1}",
                f"it expects '{_bare(line).strip()}', and there is {has}",
            )
    return QuestionError(f"hunk {number} of the patch does not fit '{name}'")
