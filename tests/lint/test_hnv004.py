"""HNV004: what the reader lets through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.lint.rule import SetKey, Severity

if TYPE_CHECKING:
    from lint.conftest import Found


def test_missing_braces_are_a_warning_with_a_certain_fix(found: Found) -> None:
    more = "  red:\n    rdid: AAAAAAAA-0000-0000-0000-000000000002"

    (finding,) = found("HNV004", more=more)

    assert finding.severity is Severity.WARNING
    assert finding.mends == (
        SetKey(finding.origin, "rdid", "{aaaaaaaa-0000-0000-0000-000000000002}"),
    )
