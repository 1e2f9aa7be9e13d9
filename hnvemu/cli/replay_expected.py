"""The option ``--expect`` of ``hnvemu replay``: an earlier result, to compare with.

Rules of the file: what is no such result is refused before a capture is opened.
"""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any, Final, NamedTuple

from hnvemu.addresses import parse_address
from hnvemu.errors import QuestionError
from hnvemu.render.replay import SCHEMA
from hnvemu.render.replay_rows import END, FLAT_COLUMNS, WHO, Row, unflat

_TEXTS: Final = frozenset({"from", "outcome"})
_NUMBERS: Final = frozenset({"src_port", "dst_port", "echo_id", "vlan"})
_PARTS: Final[dict[str, tuple[type, tuple[str, ...]]]] = {
    "icmp": (int, ("type", "code")),
    "message": (str, ("kind", "sender", "target")),
}


class Earlier(NamedTuple):
    """What an earlier replay came to."""

    rows: list[Row]
    filters: tuple[str, ...] = ()
    partial: bool = False
    """Whether it has flows that it does not tell apart."""


def read_earlier(name: str) -> Earlier:
    """Read a result of ``hnvemu replay``: JSON, a line a flow, or a table.

    Raises:
        QuestionError: It cannot be read, or is no such result.
    """
    text = _text(name).lstrip()
    try:
        if not text.startswith("{"):
            return _table(text)
        return _document(_lines(text) or json.loads(text))
    except (KeyError, TypeError, ValueError, RecursionError, csv.Error) as error:
        raise QuestionError(
            f"'{name}' is no result of hnvemu replay: {_problem(error)}",
            "write one with -f json, jsonl or csv",
        ) from None


def _text(name: str) -> str:
    try:
        return Path(name).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise QuestionError(f"'{name}' is not UTF-8") from None
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise QuestionError(f"'{name}' cannot be read: {reason.lower()}") from None


def _lines(text: str) -> dict[str, Any] | None:
    """Return the document that totals and flows, a line each, are; None if they are not."""
    first, *rest = text.split("\n")  # names may have other ends of lines
    if not first.startswith('{"kind"'):
        return None
    return {**json.loads(first), "flows": [json.loads(line) for line in rest if line.strip()]}


def _document(document: dict[str, Any]) -> Earlier:
    if document["schema"] != SCHEMA:
        raise ValueError(f"its schema is not {SCHEMA}")
    rows = [_checked(row, number) for number, row in enumerate(document["flows"], start=1)]
    filters = tuple(text for text in document["filters"] if isinstance(text, str))
    return Earlier(rows, filters, bool(document["others"]))


def _table(text: str) -> Earlier:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    if tuple(reader.fieldnames or ()) != FLAT_COLUMNS:
        raise ValueError("it has other columns")
    rows = []
    for number, row in enumerate(reader, start=1):
        if None in row or None in row.values():
            raise ValueError(f"flow {number} has too few or too many values")
        rows.append(_checked(unflat(row), number))
    return Earlier(rows)


def _checked(row: Any, number: int) -> Row:
    """Return a row that can be compared and shown."""
    for column in (*WHO, *END, "node", "way"):
        if not _fits(column, row[column]):
            raise ValueError(f"flow {number} has an odd '{column}'")
    if row["src"] is not None:
        if row["dst"] is None or row["protocol"] is None:
            raise ValueError(f"flow {number} lacks its destination or its protocol")
        parse_address(row["src"])
        parse_address(row["dst"])
    checked: Row = dict(row)
    for column, (_, parts) in _PARTS.items():
        if row[column] is not None:  # its keys may come in any order
            checked[column] = {part: row[column][part] for part in parts}
    return checked


def _fits(column: str, value: Any) -> bool:
    if column == "way":
        return isinstance(value, list) and all(isinstance(place, str) for place in value)
    if column in _TEXTS:
        return isinstance(value, str)
    if value is None:
        return True
    if column in _PARTS:
        kind, parts = _PARTS[column]
        return isinstance(value, dict) and all(isinstance(value[part], kind) for part in parts)
    return isinstance(value, int if column in _NUMBERS else str)


def _problem(error: Exception) -> str:
    """Say in a few words what is wrong with a text."""
    match error:
        case KeyError():
            return f"it has no '{error.args[0]}'"
        case json.JSONDecodeError():
            return f"{error.msg[:1].lower()}{error.msg[1:]}, line {error.lineno}"
        case ValueError() | csv.Error():
            return str(error)
        case _:
            return "it has something else where flows should be"
