"""The JSON Schema of the policy format, for editors: written down from the reader's own table.

It takes scalars as text or as what other readers of YAML make of them, so that a number may be
quoted or not. What depends on several places, such as names, it leaves to the reader.
"""

from __future__ import annotations

from typing import Any, assert_never

from hnvemu.reader.fields import NAME_SCHEMA
from hnvemu.reader.format import POLICY
from hnvemu.reader.shape import Anything, Either, Field, ListOf, Names, Record, Scalar


def policy_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a policy file."""
    definitions: dict[str, Any] = {}
    _define(POLICY, definitions)
    top = definitions.pop(POLICY.name)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "hnvemu policy",
        **top,
        "$defs": dict(sorted(definitions.items())),
    }


def _define(record: Record, definitions: dict[str, Any]) -> None:
    """Add the definition of a record, and of all that it holds."""
    if record.name in definitions:
        return
    definitions[record.name] = schema = {
        "description": record.text,
        "type": "object",
        "additionalProperties": False,
    }
    schema["properties"] = {field.key: _property(field, definitions) for field in record.fields}
    required = [field.key for field in record.fields if field.required or field.once]
    if record.instead is not None:
        key, beside = record.instead
        others = [field.key for field in record.fields if field.key not in (key, *beside)]
        schema["if"] = {"required": [key]}
        schema["then"] = {"properties": dict.fromkeys(others, False)}
        schema["else"] = {"required": required}
    elif required:
        schema["required"] = required
    if record.one_of:
        schema["oneOf"] = [{"required": [key]} for key in record.one_of]


def _property(field: Field, definitions: dict[str, Any]) -> dict[str, Any]:
    """Return what a key holds, with the words that an editor shows beside it."""
    words: dict[str, Any] = {"title": field.key, "description": field.text}
    if field.default is not None:
        words["default"] = field.default
    return words | _schema(field.kind, definitions)


def _schema(
    kind: Scalar | ListOf | Names | Either | Anything | Record, definitions: dict[str, Any]
) -> dict[str, Any]:
    match kind:
        case Scalar():
            return dict(kind.schema)
        case ListOf():
            item = _schema(kind.item, definitions)
            many = {"type": "array", "items": item}
            if isinstance(kind.item, Record):
                return many
            return {"anyOf": [item, many]}
        case Names():
            item = _schema(kind.item, definitions)
            return {
                "type": "object",
                "propertyNames": dict(NAME_SCHEMA),
                "additionalProperties": item,
            }
        case Either():
            ways = (kind.scalar, kind.mapping, kind.sequence)
            return {"anyOf": [_schema(way, definitions) for way in ways if way is not None]}
        case Anything():
            return {}
        case Record():
            _define(kind, definitions)
            return {"$ref": f"#/$defs/{kind.name}"}
        case _:
            assert_never(kind)
