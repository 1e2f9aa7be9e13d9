"""What is linted and what fails: the table ``[tool.hnvemu.lint]`` of a TOML file.

Rules of the file: text in, settings out; who looks for the file is the command line. A mistake is
told with its line.
"""

from __future__ import annotations

import re
import tomllib
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final

from hnvemu.errors import QuestionError
from hnvemu.lint.rule import FailLevel
from hnvemu.lint.selection import ALL, codes_of
from hnvemu.reader.report import did_you_mean
from hnvemu.value import field, value

if TYPE_CHECKING:
    from collections.abc import Callable

_KEYS: Final = ("select", "ignore", "fail-level", "per-file-ignores", "baseline")


@value
class Settings:
    """What is linted and what fails."""

    select: frozenset[str] = field(default_factory=lambda: codes_of([ALL]))
    """Codes of the rules that run, those in ``ignore`` left out."""
    ignore: frozenset[str] = frozenset()
    fail_level: FailLevel = FailLevel.ERROR
    per_file_ignores: tuple[tuple[str, frozenset[str]], ...] = ()
    """Patterns of file names, and the codes that are not looked for in such files."""
    baseline: str | None = None

    def ignores(self, code: str, file: str) -> bool:
        """Whether what a rule finds in a file is left out.

        Args:
            code: Of the rule.
            file: Its path, from the folder of the settings on, with ``/``.
        """
        return any(
            code in codes and _fits(file, pattern) for pattern, codes in self.per_file_ignores
        )


def settings_of(text: str, name: str) -> Settings | None:
    """Return the settings of a TOML file; None where it has none.

    Args:
        text: Of the file. In a ``pyproject.toml`` the table is ``[tool.hnvemu.lint]``; a file of
            another name may also have it as ``[lint]``.
        name: Of the file, for the places of mistakes.

    Raises:
        QuestionError: It is no TOML, or a key or a value is none that there is.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise QuestionError(f"{name} is not TOML: {_lowered(str(error))}") from None
    own = _table(document, "tool", "hnvemu")
    if own is None and not name.endswith("pyproject.toml"):
        own = document
    if own is None or "lint" not in own:
        return None
    return _Reader(text, name).settings(own["lint"])


def _table(document: dict[str, Any], *keys: str) -> dict[str, Any] | None:
    found: Any = document
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else None


class _Reader:
    """Reads the table, and knows where in the text its keys stand."""

    def __init__(self, text: str, name: str) -> None:
        self._text = text
        self._name = name

    def settings(self, table: object) -> Settings:
        """Read all keys; what is not said is as in :class:`Settings`."""
        if not isinstance(table, dict):
            raise self._wrong("lint", "'lint' is not a table")
        for key in table:
            if key not in _KEYS:
                help_ = did_you_mean(key, _KEYS) or f"there are {', '.join(_KEYS)}"
                raise self._wrong(key, f"there is no setting '{key}'", help_)
        read: dict[str, Any] = {}
        self._take(table, read, "select", self._codes)
        self._take(table, read, "ignore", self._codes)
        self._take(table, read, "fail-level", self._level)
        self._take(table, read, "per-file-ignores", self._patterns)
        self._take(table, read, "baseline", self._word)
        return Settings(**read)

    def _take(
        self,
        table: dict[str, Any],
        read: dict[str, Any],
        key: str,
        convert: Callable[[str, object], object],
    ) -> None:
        if key in table:
            read[key.replace("-", "_")] = convert(key, table[key])

    def _codes(self, key: str, said: object) -> frozenset[str]:
        if not isinstance(said, list) or not all(isinstance(word, str) for word in said):
            raise self._wrong(key, f"'{key}' is not a list of codes", 'write ["HNV401", "HNV2"]')
        try:
            return codes_of(said)
        except QuestionError as error:
            raise self._wrong(key, error.message, error.help) from None

    def _patterns(self, key: str, said: object) -> tuple[tuple[str, frozenset[str]], ...]:
        if not isinstance(said, dict):
            raise self._wrong(key, f"'{key}' is not a table", 'write {"old/*.yaml" = ["HNV4"]}')
        return tuple((pattern, self._codes(pattern, codes)) for pattern, codes in said.items())

    def _level(self, key: str, said: object) -> FailLevel:
        levels = [level.value for level in FailLevel]
        if said not in levels:
            raise self._wrong(key, f"'{key}' is {said!r}", f"write one of {', '.join(levels)}")
        return FailLevel(said)

    def _word(self, key: str, said: object) -> str:
        if not isinstance(said, str) or not said:
            raise self._wrong(key, f"'{key}' is not the name of a file")
        return said

    def _wrong(self, key: str, message: str, help_: str | None = None) -> QuestionError:
        """Say what is wrong, and at which line."""
        _, mark, table = self._text.partition("lint")
        before = len(self._text) - len(table)
        quoted = re.escape(key)
        found = re.compile(rf"""^[^#\n]*?(?<![\w-])["']?{quoted}["']?\s*=""", re.MULTILINE).search(
            self._text, before if mark else 0
        )
        at = before if found is None else found.end()
        line = self._text.count("\n", 0, at) + 1
        return QuestionError(f"{self._name}:{line}: {message}", help_)


def _fits(file: str, pattern: str) -> bool:
    return fnmatchcase(file, pattern) or fnmatchcase(file.rpartition("/")[2], pattern)


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]
