"""The errors that hnvemu raises on purpose; any other exception is a bug."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hnvemu.findings import Finding


class HnvemuError(Exception):
    """Something is wrong with what the caller gave: a policy, a question, a capture."""


class PolicyError(HnvemuError):
    """A policy cannot be read. Carries everything that is wrong in all of its files."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__(findings)
        self.findings = findings

    def __str__(self) -> str:
        return "\n".join(str(finding) for finding in self.findings)


class QuestionError(HnvemuError):
    """A question cannot be asked: an unknown VM, an ambiguous name, a bad address or packet."""

    def __init__(self, message: str, help: str | None = None) -> None:  # noqa: A002 - the word of the output
        super().__init__(message)
        self.message = message
        self.help = help

    def __str__(self) -> str:
        return f"{self.message}\n  help: {self.help}" if self.help else self.message
