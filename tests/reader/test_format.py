"""The table of the format is sound."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.reader.format import INTENT_VERBS, POLICY
from hnvemu.reader.shape import Either, ListOf, Names, Record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.reader.shape import Kind


def records(kind: Kind) -> Iterator[Record]:
    match kind:
        case Record():
            yield kind
            for field in kind.fields:
                yield from records(field.kind)
        case ListOf() | Names():
            yield from records(kind.item)
        case Either():
            for way in (kind.scalar, kind.mapping, kind.sequence):
                if way is not None:
                    yield from records(way)
        case _:
            pass  # words hold no records


def test_records_of_one_name_are_one_record() -> None:
    by_name: dict[str, Record] = {}

    for record in records(POLICY):
        assert by_name.setdefault(record.name, record) is record


def test_keys_of_a_record_are_distinct() -> None:
    for record in records(POLICY):
        keys = [field.key for field in record.fields]
        values = [into for into, _, _ in record.by_key.values()]

        assert len(set(keys)) == len(keys)
        assert len(set(values)) == len(values)


def test_keys_that_are_named_by_others_exist() -> None:
    for record in records(POLICY):
        keys = set(record.by_key)

        assert set(record.one_of) <= keys
        assert record.instead is None or {record.instead.key, *record.instead.beside} <= keys
        assert keys.isdisjoint(record.hints)


def test_each_sentence_is_one() -> None:
    for record in records(POLICY):
        for field in record.fields:
            assert field.text.endswith(".")


def test_verbs_are_keys_of_intents() -> None:
    (intent,) = (record for record in records(POLICY) if record.name == "intent")

    assert intent.one_of == INTENT_VERBS
