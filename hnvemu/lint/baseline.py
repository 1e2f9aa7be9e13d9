"""Baselines: the findings that a policy had on some day, which count no longer.

A finding is known again by its fingerprint, which edits elsewhere in its file leave alone. Of
equal fingerprints as many are known as the baseline has.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Final

from hnvemu.errors import QuestionError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hnvemu.lint.run import Diagnostic

SCHEMA: Final = "hnvemu/lint-baseline/v1"


def baseline_text(found: Iterable[Diagnostic]) -> str:
    """Return the text of a baseline that has just these findings."""
    findings = [
        {
            "fingerprint": diagnostic.fingerprint,
            "code": diagnostic.code or None,
            "file": diagnostic.origin.file,
            "message": diagnostic.message,
        }
        for diagnostic in found
    ]
    document = {"schema": SCHEMA, "findings": findings}
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def read_baseline(text: str, name: str) -> Counter[str]:
    """Return how often each fingerprint stands in a baseline.

    Raises:
        QuestionError: It is none.
    """
    try:
        document = json.loads(text)
        if document["schema"] != SCHEMA:
            raise QuestionError(
                f"'{name}' is {document['schema']}, and wanted is {SCHEMA}",
                "write it anew: --write-baseline FILE",
            )
        return Counter(str(finding["fingerprint"]) for finding in document["findings"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise QuestionError(
            f"'{name}' is no baseline", "hnvemu lint --write-baseline FILE writes one"
        ) from None


def beyond(found: Iterable[Diagnostic], baseline: Counter[str]) -> list[Diagnostic]:
    """Return the findings that a baseline does not have."""
    left = Counter(baseline)
    new = []
    for diagnostic in found:
        if left[diagnostic.fingerprint] > 0:
            left[diagnostic.fingerprint] -= 1
        else:
            new.append(diagnostic)
    return new
