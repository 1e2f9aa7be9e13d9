"""What linting a policy came to, as SARIF 2.1.0: what code scanning services read.

Rules of the file: equal findings give equal text, and a fingerprint outlives edits elsewhere in
its file. Columns count characters, as everywhere in hnvemu.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from hnvemu.lint.fixes import replacements
from hnvemu.lint.pages import lint_page
from hnvemu.lint.selection import all_rules
from hnvemu.reader.report import LINE_BREAK
from hnvemu.render.page import page_markdown, page_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hnvemu.catalogue.pages import Page
    from hnvemu.lint.fixes import Replacement
    from hnvemu.lint.judge import Linted
    from hnvemu.lint.run import Diagnostic
    from hnvemu.lint.selection import AnyRule
    from hnvemu.model.origin import Origin
    from hnvemu.reader.edit import PolicyText

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
FINGERPRINT: Final = "hnvemu/v1"
_ROOT = "%SRCROOT%"
_LINE_BREAKS = ["\r\n", "\n", "\r", "\x85", "\u2028", "\u2029"]
_ABSOLUTE = re.compile(r"/|[A-Za-z]:/")


def sarif_document(
    linted: Linted, *, version: str, texts: PolicyText | None, known: Mapping[str, Page]
) -> dict[str, Any]:
    """Return a SARIF log of one run.

    Args:
        linted: What was found.
        version: Of hnvemu.
        texts: The policy's, for the fixes; None where it cannot be read.
        known: All pages by their codes, for the help of the rules.
    """
    rules = [*_rules(linted, known)]
    indexes = {rule["id"]: index for index, rule in enumerate(rules)}
    seen: Counter[str] = Counter()
    lines = {} if texts is None else {file: _lines(text) for file, text in texts.files.items()}
    results = []
    for found in linted.found:
        seen[found.fingerprint] += 1
        result = _result(found, indexes, seen[found.fingerprint])
        changes = [] if texts is None or not found.mends else replacements(texts, found)
        if changes:
            result["fixes"] = [_fix(found, [_change(each, lines[each.file]) for each in changes])]
        results.append(result)
    driver = {
        "name": "hnvemu",
        "semanticVersion": version,
        "rules": rules,
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "newlineSequences": _LINE_BREAKS,
        "originalUriBaseIds": {
            _ROOT: {"description": {"text": "The folder that hnvemu ran in."}},
        },
        "invocations": [{"executionSuccessful": True}],
        "results": results,
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rules(linted: Linted, known: Mapping[str, Page]) -> Iterable[dict[str, Any]]:
    """Yield what is said of each rule that ran, or that the reader found something for."""
    found = {diagnostic.code for diagnostic in linted.found}
    ran = {rule.code for rule in linted.ran}
    for rule in all_rules():
        if rule.code in found | ran:
            yield _rule(rule, known)
    if "" in found:
        yield {
            "id": "unreadable",
            "name": "unreadable",
            "shortDescription": {"text": "The policy cannot be read"},
            "help": {"text": "What is wrong, and what to write, stands in the message."},
            "defaultConfiguration": {"level": "error"},
        }


def _rule(rule: AnyRule, known: Mapping[str, Page]) -> dict[str, Any]:
    page = lint_page(rule)
    return {
        "id": rule.code,
        "name": rule.slug,
        "shortDescription": {"text": page.title},
        "fullDescription": {"text": page_text(page.text)},
        "help": {
            "text": f"{page_text(page.text)}\n\n{page_text(page.instead)}",
            "markdown": page_markdown(page, known),
        },
        "defaultConfiguration": {"level": rule.severity.value},
        "properties": {"tags": [page.group]},
    }


def _result(found: Diagnostic, indexes: Mapping[str, int], occurrence: int) -> dict[str, Any]:
    rule = found.code or found.slug
    result = {
        "ruleId": rule,
        "ruleIndex": indexes[rule],
        "level": found.severity.value,
        "message": {"text": f"{found.message}\n{found.help}" if found.help else found.message},
        "locations": [{"physicalLocation": _place(found.origin)}],
        "partialFingerprints": {FINGERPRINT: f"{found.fingerprint}:{occurrence}"},
    }
    related = [note for note in found.related if note.origin.line]
    if related:
        result["relatedLocations"] = [
            {
                "id": number,
                "physicalLocation": _place(note.origin),
                "message": {"text": note.message},
            }
            for number, note in enumerate(related, 1)
        ]
    if found.effect is not None:
        result["properties"] = {"effect": found.effect.value}
    return result


def _fix(found: Diagnostic, changes: list[dict[str, Any]]) -> dict[str, Any]:
    return {"description": {"text": found.help or found.message}, "artifactChanges": changes}


def _place(origin: Origin) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": _artifact(origin.file)}
    if origin.line:
        place["region"] = {"startLine": origin.line, "startColumn": origin.column}
    return place


def _artifact(file: str) -> dict[str, str]:
    if _ABSOLUTE.match(file):
        return {"uri": f"file://{'' if file.startswith('/') else '/'}{quote(file, safe='/:')}"}
    return {"uri": quote(file.removeprefix("./")), "uriBaseId": _ROOT}


def _lines(text: str) -> list[int]:
    """Return where the lines of a text begin."""
    return [0, *(end.end() for end in re.finditer(LINE_BREAK, text))]


def _change(change: Replacement, lines: list[int]) -> dict[str, Any]:
    start_line, end_line = bisect_right(lines, change.start), bisect_right(lines, change.end)
    return {
        "artifactLocation": _artifact(change.file),
        "replacements": [
            {
                "deletedRegion": {
                    "startLine": start_line,
                    "startColumn": change.start - lines[start_line - 1] + 1,
                    "endLine": end_line,
                    "endColumn": change.end - lines[end_line - 1] + 1,
                },
                "insertedContent": {"text": change.text},
            }
        ],
    }
