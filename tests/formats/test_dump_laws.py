"""No octets make the reader of dumps raise anything but a PolicyError."""

from __future__ import annotations

import contextlib
import json

from formats.test_dumps import (
    ACL,
    ADAPTER,
    CLIXML,
    CSV,
    EXTENDED,
    LIST,
    RECORD,
    ROUTE,
    RULE,
    TABLE,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from hnvemu.errors import PolicyError
from hnvemu.formats.assembly import policy_of
from hnvemu.formats.detect import Format, format_of
from hnvemu.formats.dumps import DumpSource, read_dumps

OBJECTS = [RECORD, ROUTE, {**ADAPTER, "AclList": [ACL], "ExtendedAclList": [EXTENDED]}, RULE]
SEEDS = [json.dumps(OBJECTS).encode(), *(text.encode() for text in (CSV, CLIXML, LIST, TABLE))]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=5,
)


def survives(octets: bytes) -> None:
    with contextlib.suppress(PolicyError):
        policy_of(read_dumps([DumpSource("f", octets)]).inventory)
    assert format_of("f", octets) in Format


@settings(deadline=None)
@given(st.sampled_from(SEEDS), st.data())
def test_no_mutation_of_a_dump_is_a_crash(seed: bytes, data: st.DataObject) -> None:
    octets = bytearray(seed)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(octets)))
        end = data.draw(st.integers(at, min(len(octets), at + 40)))
        octets[at:end] = data.draw(st.binary(max_size=6) | st.just(bytes(octets[:30])))

    survives(bytes(octets))


@settings(deadline=None)
@given(st.data())
def test_no_value_of_a_property_is_a_crash(data: st.DataObject) -> None:
    row = dict(data.draw(st.sampled_from([*OBJECTS, ACL, EXTENDED])))
    name = data.draw(st.sampled_from(sorted(row)))
    row[name] = data.draw(VALUES)

    survives(json.dumps([row]).encode())


@settings(deadline=None)
@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_no_octets_are_a_crash(octets: bytes) -> None:
    survives(octets)
