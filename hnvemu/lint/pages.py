"""The pages of the lint rules: their docstrings, in the form that every page has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hnvemu.catalogue.definition import Fragment
from hnvemu.catalogue.pages import Kind, Page
from hnvemu.lint.selection import all_rules
from hnvemu.model.policy import Profile

if TYPE_CHECKING:
    from hnvemu.lint.selection import AnyRule

GROUPS: Final = {
    "HNV0": "identifiers and records",
    "HNV1": "routes",
    "HNV2": "provider side and hosts",
    "HNV3": "ports",
    "HNV4": "ACLs",
    "HNV9": "comments that silence findings",
}
"""What the series of codes are about."""
_SECTION = re.compile(r"^## ([^\n]*)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_FENCED = re.compile(r"^```yaml\n(.*?)\n?^```", re.MULTILINE | re.DOTALL)


def lint_pages() -> tuple[Page, ...]:
    """Return the pages of all lint rules, in the order of their codes."""
    return tuple(map(lint_page, all_rules()))


def lint_page(rule: AnyRule) -> Page:
    """Return the page of a lint rule."""
    sections = {found[1]: found[2].strip() for found in _SECTION.finditer(rule.doc)}
    example = sections.get("Example", "")
    fragment = _FENCED.search(example)
    return Page(
        code=rule.code,
        kind=Kind.LINT,
        group=GROUPS[rule.code[:4]],
        title=rule.title,
        text=sections.get("Why it matters", ""),
        instead=sections.get("Instead", ""),
        known=sections.get("How sure", ""),
        profiles=() if set(rule.profiles) == {*Profile} else rule.profiles,
        reasons=() if rule.effect is None else (rule.effect,),
        slug=rule.slug,
        severity=rule.severity,
        example=example if fragment is None else Fragment(yaml=fragment[1]),
    )
