"""What linting a policy came to, as build servers take it: commands of GitHub, and JUnit's XML."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape, quoteattr

from hnvemu.lint.rule import Severity
from hnvemu.lint.selection import all_rules
from hnvemu.render.lint import summary

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hnvemu.lint.judge import Linted
    from hnvemu.lint.rule import FailLevel
    from hnvemu.lint.run import Diagnostic

_COMMANDS: Final = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.NOTE: "notice",
}
_SUITE = "hnvemu lint"
# What XML 1.0 cannot hold, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def github(linted: Linted) -> str:
    """Return a workflow command for each finding, and a last line for the log.

    See "Workflow commands" in the documentation of GitHub Actions.
    """
    return "\n".join([*map(_command, linted.found), summary(linted)])


def junit(linted: Linted, fail_level: FailLevel) -> str:
    """Return a test suite with a test for each rule.

    Servers follow a test from run to run by its name, so a rule is a test, and what it found is
    in its failure. What does not count at the fail level is in the test's output.
    """
    found: dict[str, list[Diagnostic]] = {}
    for diagnostic in linted.found:
        found.setdefault(diagnostic.code, []).append(diagnostic)
    ran = {rule.code for rule in linted.ran}
    rules = [rule for rule in all_rules() if rule.code in ran or rule.code in found]
    names = [(rule.code, f"{rule.code} {rule.slug}") for rule in rules]
    if "" in found or not linted.ran:
        names.insert(0, ("", "the policy can be read"))
    cases = []
    failures = 0
    for code, name in names:
        of_rule = found.get(code, [])
        failed = [each for each in of_rule if fail_level.fails(each.severity)]
        failures += bool(failed)
        cases.append(_case(name, failed, [each for each in of_rule if each not in failed]))
    suite = {"name": _SUITE, "tests": str(len(cases)), "failures": str(failures)}
    attributes = {**suite, "errors": "0", "skipped": "0"}
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f"<testsuites{_attributes(suite)}>",
        f"  <testsuite{_attributes(attributes)}>",
        *cases,
        "  </testsuite>",
        "</testsuites>",
    ]
    return "\n".join(lines)


def _command(found: Diagnostic) -> str:
    origin = found.origin
    properties = {"file": origin.file}
    if origin.line:
        properties |= {"line": str(origin.line), "col": str(origin.column)}
    properties["title"] = f"{found.code} {found.slug}".strip()
    told = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    message = _message("\n".join(_sentences(found)))
    return f"::{_COMMANDS[found.severity]} {told}::{message}"


def _sentences(found: Diagnostic) -> list[str]:
    notes = [
        f"note: {note.message} ({note.origin})" if note.origin.line else f"note: {note.message}"
        for note in found.related
    ]
    return [found.message, *notes, *([f"help: {found.help}"] if found.help else [])]


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")


def _case(name: str, failed: Sequence[Diagnostic], others: Sequence[Diagnostic]) -> str:
    attributes = {"classname": _SUITE, "name": name}
    if failed:
        attributes["file"] = failed[0].origin.file
    if not failed and not others:
        return f"    <testcase{_attributes(attributes)}/>"
    lines = [f"    <testcase{_attributes(attributes)}>"]
    if failed:
        first = failed[0]
        more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
        told = {"type": first.severity.value, "message": f"{_told(first)}{more}"}
        text = _xml("\n".join(map(_full, failed)))
        lines.append(f"      <failure{_attributes(told)}>{text}</failure>")
    if others:
        text = _xml("\n".join(map(_full, others)))
        lines.append(f"      <system-out>{text}</system-out>")
    return "\n".join([*lines, "    </testcase>"])


def _told(found: Diagnostic) -> str:
    return f"{found.origin}: {found.message}"


def _full(found: Diagnostic) -> str:
    first, *more = _sentences(found)
    told = f"{found.origin}: {found.severity}: {first}"
    return "\n  ".join([told, *more])


def _attributes(values: Mapping[str, str]) -> str:
    return "".join(f" {key}={quoteattr(_clean(value))}" for key, value in values.items())


def _xml(text: str) -> str:
    return escape(_clean(text))


def _clean(text: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
