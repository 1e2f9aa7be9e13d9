"""Paths and values as words: what ``--set PATH=VALUE`` says.

::

    hosts.H1.provider_mtu                                a key
    virtual_networks.T.customer_routes[3].metric         an item, counted from 0
    firewall.rules[b-stays-inside].enabled               an item by its name
    virtual_networks.T.lookup_records[ca=10.0.1.50].pa   an item by what it says
    virtual_networks.T.vms."web.1".host                  a name with a dot in it
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hnvemu.errors import QuestionError
from hnvemu.reader.edit import kind_below, path_text
from hnvemu.reader.format import POLICY
from hnvemu.reader.report import did_you_mean, near_or_known
from hnvemu.reader.shape import Either, ListOf, Names, Record, Scalar, squeezed
from hnvemu.reader.tree import NotATreeError, Tree, plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hnvemu.reader.edit import Path, PolicyText
    from hnvemu.reader.shape import Kind

_WORD = r"\"[^\"]*\"|'[^']*'"
_STEP = re.compile(rf"({_WORD}|[^.\[\]\"']+)|\[((?:{_WORD}|[^\]\"'])*)\]")
_EXAMPLE = "write keys with dots between them: hosts.H1.provider_mtu"


def parse_path(text: str, policy: PolicyText) -> Path:
    """Return the path that ``text`` means in ``policy``.

    A key that the policy does not say yet is taken where the format has it.

    Raises:
        QuestionError: It is no path, or leads through what is not there.
    """
    path: Path = ()
    kind: Kind | None = POLICY
    at = 0
    while at < len(text) or not path:
        if path and text[at] == ".":
            at += 1
        found = _STEP.match(text, at)
        if found is None or (found.start() == at and path and text[at - 1] != "." and found[1]):
            raise QuestionError(
                f"'{text}' is not a path: it is unclear from '{text[at:]}' on", _EXAMPLE
            )
        at = found.end()
        step = _step(found, path, kind, policy, is_last=at == len(text))
        kind = kind_below(kind, step)
        path = (*path, step)
    return path


def parse_value(text: str) -> Any:
    """Return the plain value that YAML text stands for: text, list or dict.

    Raises:
        QuestionError: It is no YAML, or holds nothing.
    """
    from yaml import YAMLError  # noqa: PLC0415 - as in tree

    try:
        value = plain(Tree(text).root)
    except (YAMLError, NotATreeError):
        raise QuestionError(
            f"'{text}' is not YAML",
            "write a word, [a, list] or {a: mapping}, and quote what is odd",
        ) from None
    if value is None:
        raise QuestionError("a value is missing", "to take something away, use --without")
    return value


def _step(
    found: re.Match[str], path: Path, kind: Kind | None, policy: PolicyText, *, is_last: bool
) -> str | int:
    word, inside = found[1], found[2]
    if word is not None:
        return _key(_unquoted(word), path, kind, policy, is_last=is_last)
    if isinstance(kind, Record | Names):
        return _key(_unquoted(inside), path, kind, policy, is_last=is_last)
    return _item(inside, path, policy)


def _key(word: str, path: Path, kind: Kind | None, policy: PolicyText, *, is_last: bool) -> str:
    there = path_text(path)
    if isinstance(kind, Either):
        kind = kind.mapping or kind.sequence or kind.scalar
    if isinstance(kind, Scalar):
        raise QuestionError(f"{there} is one word and has no key '{word}'")
    if isinstance(kind, ListOf):
        raise QuestionError(f"{there} is a list", f"write {there}[0] for its first item")
    if isinstance(kind, Record) and word not in kind.by_key:
        meant = kind.cmdlets.get(squeezed(word))
        advice = f"the format calls it '{meant}'" if meant else did_you_mean(word, kind.by_key)
        advice = advice or kind.hints.get(word) or f"{kind.noun} has {', '.join(kind.by_key)}"
        raise QuestionError(f"the key '{word}' is unknown in {kind.noun}", advice)
    if isinstance(kind, Names):
        # A host view is named by its host; anything else is new only where the path ends.
        names = policy.value_at(("hosts",) if kind.noun == "host view" else path) or {}
        if word not in names and not (is_last and kind.noun != "host view"):
            raise QuestionError(f"{there} has no {kind.noun} '{word}'", near_or_known(word, names))
    return word


def _item(said: str, path: Path, policy: PolicyText) -> int:
    there = path_text(path)
    items = policy.value_at(path)
    items = [] if items is None else items if isinstance(items, list) else [items]
    if said.isascii() and said.isdecimal():
        if int(said) >= len(items):
            counted = f"its items are 0 to {len(items) - 1}" if items else "it is empty"
            raise QuestionError(f"{there} has no item {said}", counted)
        return int(said)
    wanted = conditions(said)
    found = [at for at, item in enumerate(items) if says(item, wanted)]
    if len(found) == 1:
        return found[0]
    if found:
        numbers = " or ".join(f"[{at}]" for at in found[:8])
        raise QuestionError(f"{there} has {len(found)} items with {said}", f"write {numbers}")
    key, value = next(reversed(wanted.items()))
    words = [str(item.get(key, "")) if isinstance(item, dict) else str(item) for item in items]
    raise QuestionError(f"{there} has no item with {said}", near_or_known(value, words))


def conditions(text: str) -> dict[str, str]:
    """Return what an item has to say: of ``a=1,b=2`` each pair, of a mere word the name."""
    pairs = re.findall(rf"([^=,]+)=({_WORD}|[^,]*)", text)
    return {key.strip(): _unquoted(value) for key, value in pairs} or {"name": _unquoted(text)}


def says(item: Any, wanted: Mapping[str, str]) -> bool:
    """Whether an item of a list says all that, spelling of letters aside."""
    if not isinstance(item, dict):
        return [str(item).casefold()] == [value.casefold() for value in wanted.values()]
    return all(value.casefold() in _said(item.get(key)) for key, value in wanted.items())


def _said(value: Any) -> list[str]:
    return [str(one).casefold() for one in (value if isinstance(value, list) else [value])]


def _unquoted(word: str) -> str:
    word = word.strip()
    return word[1:-1] if len(word) > 1 and word[0] == word[-1] and word[0] in "\"'" else word
