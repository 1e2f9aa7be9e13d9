"""Names that are unique, and that ports can be told by."""

from __future__ import annotations

import re

_SIGNS = re.compile(r"[/:*?\[\]]")
_LONGEST = 120
_UNSEEN = "\N{REPLACEMENT CHARACTER}"


def plain(text: str) -> str:
    """Return a name without the signs that divide names, make globs, or disturb a terminal."""
    return _SIGNS.sub("-", readable(text.strip()))[:_LONGEST] or "unnamed"


def readable(text: str) -> str:
    """Return a text without what would disturb a terminal, and not endlessly long."""
    kept = "".join(sign if sign.isprintable() else _UNSEEN for sign in text[: _LONGEST * 4])
    return kept if len(text) <= _LONGEST * 4 else f"{kept} …"


class Names:
    """Gives names out, each once, whatever its case."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def give(self, *wanted: str) -> str:
        """Return the first of the names that is free, else the last one with a number."""
        return self.give_plain(*map(plain, filter(None, wanted)))

    def give_plain(self, *wanted: str) -> str:
        """Do the same with names that are plain, or made of plain ones."""
        name = ""
        for name in wanted:
            if name.casefold() not in self._taken:
                break
        base, number = name, 2
        while name.casefold() in self._taken:
            name = f"{base}-{number}"
            number += 1
        self._taken.add(name.casefold())
        return name
