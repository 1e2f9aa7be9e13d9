"""``hnvemu schema``: what is printed describes what there is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import jsonschema

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cli.conftest import Ran

    Run = Callable[..., Ran]


def test_the_schema_of_a_policy_is_the_first(hnvemu: Run) -> None:
    assert hnvemu("schema").out == hnvemu("schema", "policy").out


def test_the_schema_of_traces_holds_for_a_trace(hnvemu: Run) -> None:
    schema = json.loads(hnvemu("schema", "trace").out)
    trace = json.loads(hnvemu("trace", "A", "X", "--conversation", "--json").out)

    jsonschema.validate(trace, schema)


def test_a_schema_goes_to_a_file(hnvemu: Run, tmp_path: Path) -> None:
    hnvemu("schema", "-o", "policy.schema.json")

    written = json.loads((tmp_path / "policy.schema.json").read_text(encoding="utf-8"))
    assert written["$schema"].startswith("https://json-schema.org/")


def test_an_unknown_schema_exits_2(hnvemu: Run) -> None:
    ran = hnvemu("schema", "routes")

    assert (ran.code, ran.out) == (2, "")
    assert "routes" in ran.err
