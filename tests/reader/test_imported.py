"""Scripts and dumps come in where policies do, and keep their places."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hnvemu import PolicyError, QuestionError, load_policy
from hnvemu.formats.export.csv import csv_tables
from hnvemu.model.policy import Profile
from hnvemu.reader.edit import PolicyText, Put

if TYPE_CHECKING:
    from pathlib import Path

RECORDS = """\
"PSComputerName","CustomerAddress","VirtualSubnetID","MACAddress","ProviderAddress","VMName"
"H1","10.0.1.10","5001","02-00-00-00-01-0A","192.168.10.11","A"
"""
ROUTES = """\
"PSComputerName","RoutingDomainID","VirtualSubnetID","DestinationPrefix","NextHop","Metric"
"H1","{aaaaaaaa-0000-0000-0000-000000000001}","5001","10.0.1.0/24","0.0.0.0","255"
"""


@pytest.fixture
def dumps(tmp_path: Path) -> Path:
    (tmp_path / "records.csv").write_text(RECORDS)
    (tmp_path / "routes.csv").write_text(ROUTES)
    return tmp_path


def test_a_folder_of_dumps_is_a_policy(dumps: Path) -> None:
    policy = load_policy(dumps)

    assert [str(record.ca) for record in policy.records] == ["10.0.1.10"]
    assert policy.profile is Profile.WS2012R2
    assert policy.losses == ()
    assert policy.sha256


def test_a_value_keeps_the_place_of_its_row(dumps: Path) -> None:
    policy = load_policy(dumps)

    assert policy.records[0].origin.short == f"{dumps.as_posix()}/records.csv:2"
    assert policy.routes[0].origin.short == f"{dumps.as_posix()}/routes.csv:2"


def test_files_that_are_named_one_by_one_are_one_policy(dumps: Path) -> None:
    policy = load_policy(dumps / "records.csv", dumps / "routes.csv")

    assert (len(policy.records), len(policy.routes)) == (1, 1)


def test_what_is_lost_stands_in_the_policy(dumps: Path) -> None:
    with (dumps / "records.csv").open("a") as file:
        file.write('"H1","nowhere","5001","02-00-00-00-01-0B","192.168.10.11","B"\n')

    policy = load_policy(dumps)

    assert [str(loss.origin) for loss in policy.losses] == [f"{dumps.as_posix()}/records.csv:3:1"]


def test_hidden_files_and_other_endings_are_left_alone(dumps: Path) -> None:
    (dumps / ".notes.csv").write_text("nothing")
    (dumps / "notes.md").write_text("nothing")

    assert load_policy(dumps).losses == ()


def test_a_policy_and_a_dump_are_refused_together(dumps: Path) -> None:
    (dumps / "policy.json").write_text('{"hosts": {"H9": {}}}')

    with pytest.raises(PolicyError, match="is not read together with them"):
        load_policy(dumps / "records.csv", dumps / "policy.json")


def test_a_dump_that_breaks_off_is_refused_with_its_line(dumps: Path) -> None:
    (dumps / "records.csv").write_text(RECORDS + '"H1","10.0.1.11"\n')

    with pytest.raises(PolicyError, match=r"records\.csv:3:1: error: the row has 2 fields"):
        load_policy(dumps)


def test_the_text_of_a_dump_is_not_edited(dumps: Path) -> None:
    texts = PolicyText.read(dumps)

    assert texts.is_imported
    assert texts.policy() == load_policy(dumps)
    with pytest.raises(QuestionError, match="only policies can be edited"):
        texts.edited([Put(("name",), "x")])


def test_a_policy_in_json_says_that_it_is_one(tmp_path: Path) -> None:
    (tmp_path / "policy.json").write_text('{"hnv": 1, "hosts": {"H1": {}}}')
    for name, text in csv_tables(load_policy("sample:starter")).files.items():
        (tmp_path / name).write_text(text)

    assert [*load_policy(tmp_path).hosts] == ["H1"]
