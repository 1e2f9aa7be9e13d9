"""Runs the rules over a policy, and makes of what they find a list that never changes its order."""

from __future__ import annotations

import hashlib
import posixpath
from typing import TYPE_CHECKING

from hnvemu.lint.catalogue import RULES
from hnvemu.lint.rule import Severity
from hnvemu.lint.subject import Subject
from hnvemu.model.policy import Profile
from hnvemu.value import field, value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hnvemu.findings import Finding, Note
    from hnvemu.lint.ignores import CommentRule
    from hnvemu.lint.rule import Mend, Problem, Rule
    from hnvemu.model.origin import Origin
    from hnvemu.model.policy import Policy
    from hnvemu.trace.outcome import Reason


@value
class Diagnostic:
    """One finding, as every form of output shows it."""

    code: str
    """Empty for what the reader refuses and the catalogue has no number for."""
    slug: str
    severity: Severity
    message: str
    origin: Origin
    related: tuple[Note, ...] = ()
    effect: Reason | None = None
    help: str = ""
    profiles: tuple[Profile, ...] = ()
    """The product generations that the rule is about; empty: all."""
    mends: tuple[Mend, ...] = field(default=(), compare=False)

    @property
    def fingerprint(self) -> str:
        """A name that survives edits elsewhere in the file: of the code, the file and the words."""
        file = posixpath.normpath(self.origin.file)
        told = "\0".join((self.code or self.slug, file, self.message))
        return hashlib.sha256(told.encode()).hexdigest()[:32]


def lint(
    policy: Policy,
    *,
    profile: Profile | None = None,
    rules: Iterable[Rule] = RULES,
    progress: Callable[[Rule], None] | None = None,
) -> list[Diagnostic]:
    """Return what ``rules`` find in a policy, by place and code.

    Args:
        policy: As :func:`hnvemu.load_policy` returns it.
        profile: Judge for this product generation, in place of the policy's.
        rules: Those to run; all if not said.
        progress: Told of each rule before it runs.
    """
    subject = Subject(policy, profile)
    found: dict[Diagnostic, None] = {}
    for rule in rules:
        if subject.profile not in rule.profiles:
            continue
        if progress is not None:
            progress(rule)
        for problem in rule.check(subject):
            found[diagnostic(rule, problem)] = None
    return sorted(found, key=place)


def refusals(findings: Iterable[Finding], severity: Severity = Severity.ERROR) -> list[Diagnostic]:
    """Return what the reader refuses as diagnostics, with the catalogue's codes where it can."""
    by_code = {rule.code: rule for rule in RULES}
    result = []
    for finding in findings:
        rule = by_code.get(finding.code or "")
        result.append(
            Diagnostic(
                code=finding.code or "",
                slug="unreadable" if rule is None else rule.slug,
                severity=severity,
                message=finding.message,
                origin=finding.origin,
                related=finding.notes,
                help=finding.help or "",
            )
        )
    return sorted(result, key=place)


def diagnostic(rule: Rule | CommentRule, problem: Problem) -> Diagnostic:
    """Return what a rule found as every form of output shows it."""
    return Diagnostic(
        code=rule.code,
        slug=rule.slug,
        severity=problem.severity or rule.severity,
        message=problem.message,
        origin=problem.origin,
        related=problem.related,
        effect=problem.effect or rule.effect,
        help=problem.help,
        profiles=() if set(rule.profiles) == {*Profile} else rule.profiles,
        mends=problem.mends,
    )


def place(diagnostic: Diagnostic) -> tuple[str, int, int, str, str]:
    """Return what findings are sorted by."""
    origin = diagnostic.origin
    return origin.file, origin.line, origin.column, diagnostic.code, diagnostic.message
