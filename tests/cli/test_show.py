"""``hnvemu show``: tables as text and as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cli.conftest import Ran

    Run = Callable[..., Ran]

SAMPLE = ("-p", "sample:complex-routing")


def test_a_row_ends_with_its_place(hnvemu: Run) -> None:
    ran = hnvemu("show", *SAMPLE, "vms", "X")

    assert (ran.code, ran.err) == (0, "")
    assert ran.out == (
        "VM   HOST  VSID  MAC                CA                          GATEWAY  ORIGIN\n"
        "T/X  H2    5003  02-00-00-00-02-14  10.1.2.20, 2001:db8:12::14  no"
        "       complex-routing.yaml:62\n"
    )


def test_json_has_the_rows_and_the_question(hnvemu: Run) -> None:
    document = json.loads(hnvemu("show", *SAMPLE, "vms", "X", "--host", "H2", "--json").out)

    assert len(document.pop("policy_sha256")) == 64
    assert document == {
        "schema": "hnvemu/show/v1",
        "table": "vms",
        "name": "X",
        "host": "H2",
        "rows": [
            {
                "vm": "T/X",
                "host": "H2",
                "vsid": 5003,
                "mac": "02-00-00-00-02-14",
                "ca": ["10.1.2.20", "2001:db8:12::14"],
                "gateway": False,
                "origin": {"file": "complex-routing.yaml", "line": 62, "column": 7},
            }
        ],
    }


@pytest.mark.parametrize("table", ["routes", "records", "hosts", "vms", "rules"])
def test_text_has_what_json_has(hnvemu: Run, table: str) -> None:
    text = hnvemu("show", *SAMPLE, table).out
    rows = json.loads(hnvemu("show", *SAMPLE, table, "--json").out)["rows"]

    assert rows
    for row in rows:
        row.pop("origin")
        words = [value for value in row.values() if not isinstance(value, (bool, list))]
        words += [word for value in row.values() if isinstance(value, list) for word in value]
        assert all(str(word) in text for word in words)


def test_an_empty_table_says_so(hnvemu: Run) -> None:
    text = hnvemu("show", *SAMPLE, "vms", "X", "--host", "H1")
    document = json.loads(hnvemu("show", *SAMPLE, "vms", "X", "--host", "H1", "--json").out)

    assert (text.code, text.out) == (0, "no vms\n")
    assert document["rows"] == []


def test_the_heading_is_bold_in_colour(hnvemu: Run) -> None:
    ran = hnvemu("show", *SAMPLE, "vms", "--color", "always")

    assert ran.out.startswith("\x1b[1mVM")


def test_the_result_goes_to_a_file(hnvemu: Run, tmp_path: Path) -> None:
    hnvemu("show", *SAMPLE, "vms", "-o", "out")

    assert (tmp_path / "out").read_text(encoding="utf-8").startswith("VM ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Missing argument"),
        (["sessions"], "sessions"),
        (["routes", "TT"], "did you mean 'T'?"),
        (["routes", "nothing"], "known: T, U"),
        (["hosts", "H9"], "no host is named 'H9'"),
        (["vms", "--host", "h1"], "did you mean 'H1'?"),
        (["records", "Q"], "no VM is named 'Q'"),
        (["rules", "Q"], "no VM is named 'Q'"),
        (["vms", "--json", "-f", "text"], "contradict each other"),
    ],
)
def test_a_wrong_question_exits_2(hnvemu: Run, arguments: list[str], message: str) -> None:
    ran = hnvemu("show", *SAMPLE, *arguments)

    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err
