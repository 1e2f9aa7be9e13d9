"""Which rules run: by their codes, the beginnings of codes, and their slugs.

Rules of the file: what names no rule is an error, never passed over.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final, TypeAlias

from hnvemu.errors import QuestionError
from hnvemu.lint.catalogue import RULES
from hnvemu.lint.comments.catalogue import COMMENT_RULES
from hnvemu.lint.ignores import folded
from hnvemu.reader.report import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hnvemu.lint.ignores import CommentRule
    from hnvemu.lint.rule import Rule

AnyRule: TypeAlias = "Rule | CommentRule"
ALL: Final = "ALL"
"""Stands for every rule."""
_FAMILY = re.compile(r"hnv\d*")


def all_rules() -> tuple[AnyRule, ...]:
    """Return the whole catalogue, in the order of its codes."""
    return (*RULES, *COMMENT_RULES)


@cache
def known_words() -> Mapping[str, str]:
    """Return by each code and each slug, folded, the code."""
    return {folded(word): rule.code for rule in all_rules() for word in (rule.code, rule.slug)}


def codes_of(words: Iterable[str]) -> frozenset[str]:
    """Return the codes that some words name.

    Args:
        words: ``HNV401``, ``HNV4``, ``two-macs-for-one-ca``, ``ALL``; each may be several, with
            commas between.

    Raises:
        QuestionError: One names no rule.
    """
    found: set[str] = set()
    for word in (part for several in words for part in several.split(",") if part.strip()):
        codes = _codes(folded(word))
        if not codes:
            near = None if _is_family(folded(word)) else nearest(folded(word), known_words())
            raise QuestionError(
                f"there is no rule '{word.strip()}'",
                f"did you mean {known_words()[near]} or its slug?"
                if near
                else "write a code (HNV401), its beginning (HNV4), a slug, or ALL",
            )
        found |= codes
    return frozenset(found)


def _is_family(word: str) -> bool:
    return len(word) < len("HNV001") and _FAMILY.fullmatch(word) is not None


def _codes(word: str) -> set[str]:
    known = known_words()
    if word == folded(ALL):
        return {*known.values()}
    if word in known:
        return {known[word]}
    if not _is_family(word):
        return set()
    return {code for code in known.values() if folded(code).startswith(word)}
