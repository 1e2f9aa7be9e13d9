"""Lints the text of a policy: the rules, then its comments, the settings and the baseline."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from hnvemu.errors import PolicyError
from hnvemu.lint.baseline import beyond
from hnvemu.lint.catalogue import RULES
from hnvemu.lint.comments.catalogue import COMMENT_RULES
from hnvemu.lint.ignores import Comments, folded, ignores_of, silenced
from hnvemu.lint.rule import Severity
from hnvemu.lint.run import diagnostic, lint, place, refusals
from hnvemu.lint.selection import known_words
from hnvemu.lint.settings import Settings
from hnvemu.value import value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hnvemu.findings import Finding
    from hnvemu.lint.ignores import Ignore
    from hnvemu.lint.run import Diagnostic
    from hnvemu.lint.selection import AnyRule
    from hnvemu.model.policy import Policy, Profile
    from hnvemu.reader.edit import PolicyText


@value
class Linted:
    """What linting a policy came to."""

    found: tuple[Diagnostic, ...]
    """By file, line, column and code."""
    ran: tuple[AnyRule, ...] = ()
    """The rules that were asked."""
    sha256: str | None = None
    """Of the policy; None where it cannot be read."""
    profile: Profile | None = None
    """What it was judged for; None where it cannot be read."""
    ignored: int = 0
    """How many findings comments and settings silenced."""
    known: int = 0
    """How many findings the baseline has."""

    @property
    def counts(self) -> dict[Severity, int]:
        """How many findings there are of each severity."""
        counts = Counter(diagnostic.severity for diagnostic in self.found)
        return {severity: counts[severity] for severity in Severity}


class Judge:
    """Lints texts, always in the same way."""

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        profile: Profile | None = None,
        baseline: Counter[str] | None = None,
        relative: Callable[[str], str] = str,
        progress: Callable[[AnyRule], None] | None = None,
    ) -> None:
        """Say how to lint.

        Args:
            settings: Which rules run, and where they do not count.
            profile: Judge for this product generation, in place of the policy's.
            baseline: The fingerprints that count no longer, and how often.
            relative: Gives of a file's name the path that ``per_file_ignores`` are about.
            progress: Told of each rule before it runs.
        """
        self._settings = settings or Settings()
        self._profile = profile
        self._baseline = baseline or Counter()
        self._relative = relative
        self._progress = progress

    def lint(self, texts: PolicyText) -> Linted:
        """Return what is wrong with a policy; what the reader refuses is a finding too."""
        try:
            policy = texts.policy()
        except PolicyError as error:
            return unreadable(error.findings)
        return self._judged(texts, policy)

    def _judged(self, texts: PolicyText, policy: Policy) -> Linted:
        profile = self._profile or policy.profile
        runs = self._settings.select - self._settings.ignore
        rules = [rule for rule in RULES if rule.code in runs and profile in rule.profiles]
        about_comments = [rule for rule in COMMENT_RULES if rule.code in runs]
        found = lint(policy, profile=profile, rules=rules, progress=self._progress)
        found += refusals(policy.losses, Severity.WARNING)
        ignores = [
            ignore for file, text in texts.files.items() for ignore in ignores_of(file, text)
        ]
        kept, used = silenced(found, ignores, known_words())
        comments = Comments(
            ignores=tuple(ignores),
            known=known_words(),
            idle=_idle(ignores, used, {rule.code for rule in rules}),
        )
        remarks = [
            diagnostic(rule, problem) for rule in about_comments for problem in rule.check(comments)
        ]
        counted = [each for each in (*kept, *remarks) if not self._is_left_out(each)]
        new = beyond(sorted(counted, key=place), self._baseline)
        return Linted(
            found=tuple(new),
            ran=(*rules, *about_comments),
            sha256=policy.sha256,
            profile=profile,
            ignored=len(found) + len(remarks) - len(counted),
            known=len(counted) - len(new),
        )

    def _is_left_out(self, found: Diagnostic) -> bool:
        return self._settings.ignores(found.code, self._relative(found.origin.file))


def unreadable(findings: Iterable[Finding]) -> Linted:
    """Return what the reader refuses, as all that can be said of such a policy."""
    return Linted(found=tuple(refusals(findings)))


def _idle(
    ignores: Iterable[Ignore], used: set[tuple[Ignore, str]], ran: set[str]
) -> frozenset[tuple[Ignore, str]]:
    """Return the words that silenced nothing, though their rules ran."""
    return frozenset(
        (ignore, word)
        for ignore in ignores
        for word in ignore.words
        if not ignore.is_below
        and known_words().get(folded(word)) in ran
        and (ignore, word) not in used
    )
