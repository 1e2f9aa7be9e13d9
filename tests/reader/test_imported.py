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

    from hnvemu import Policy

RECORDS = """\
"PSComputerName","CustomerAddress","VirtualSubnetID","MACAddress","ProviderAddress","VMName"
"H1","10.0.1.10","5001","02-00-00-00-01-0A","192.168.10.11","A"
"""
ROUTES = """\
"PSComputerName","RoutingDomainID","VirtualSubnetID","DestinationPrefix","NextHop","Metric"
"H1","{aaaaaaaa-0000-0000-0000-000000000001}","5001","10.0.1.0/24","0.0.0.0","255"
"""

ADDRESSES = """\
"PSComputerName","ProviderAddress","PrefixLength"
"H1","192.168.10.11","24"
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


def test_an_empty_file_among_dumps_is_told_and_passed_over(dumps: Path) -> None:
    (dumps / "addresses.csv").write_bytes(b"\xff\xfe")

    policy = load_policy(dumps)

    assert len(policy.records) == 1
    (loss,) = policy.losses
    assert loss.message == "the file is empty"
    assert loss.origin.short.endswith("addresses.csv:1")


def test_a_file_that_is_no_dump_is_told_and_passed_over(dumps: Path) -> None:
    (dumps / "readme.txt").write_text("Taken on a Monday.\n")

    policy = load_policy(dumps)

    assert len(policy.records) == 1
    assert [loss.message for loss in policy.losses] == [
        "the file is no dump of a kind that is known"
    ]


def test_a_file_that_is_no_dump_is_alone_no_policy(tmp_path: Path) -> None:
    (tmp_path / "readme.txt").write_text("Taken on a Monday.\n")

    with pytest.raises(PolicyError, match="the file is no dump of a kind that is known"):
        load_policy(tmp_path)


def test_the_files_that_a_script_of_a_folder_reads_are_no_dumps(tmp_path: Path) -> None:
    (tmp_path / "records.csv").write_text(RECORDS)
    (tmp_path / "hosts.json").write_text('{"H1": "192.168.10.11"}')
    (tmp_path / "deploy.ps1").write_text(
        "$hosts = Get-Content $PSScriptRoot\\Hosts.json | ConvertFrom-Json\n"
        "foreach ($row in Import-Csv .\\records.csv) {\n"
        "    New-NetVirtualizationLookupRecord -CustomerAddress $row.CustomerAddress"
        " -VirtualSubnetID 5002 -MACAddress 02000000010A -ProviderAddress $hosts.H1"
        " -Rule TranslationMethodEncap -CimSession H1\n"
        "}\n"
        "New-NetVirtualizationCustomerRoute -DestinationPrefix 10.0.1.0/24 -NextHop 0.0.0.0"
        " -RoutingDomainID '{aaaaaaaa-0000-0000-0000-000000000001}' -VirtualSubnetID 5002"
        " -CimSession H1\n",
        encoding="utf-16",
    )

    policy = load_policy(tmp_path)

    assert [(str(record.ca), record.vsid) for record in policy.records] == [("10.0.1.10", 5002)]
    assert policy.losses == ()


def test_an_empty_file_alone_is_no_policy(tmp_path: Path) -> None:
    (tmp_path / "hnv.json").write_text("[]")

    with pytest.raises(PolicyError, match="the file is empty"):
        load_policy(tmp_path / "hnv.json")


def test_hidden_files_and_other_endings_are_left_alone(dumps: Path) -> None:
    (dumps / ".notes.csv").write_text("nothing")
    (dumps / "notes.md").write_text("nothing")

    assert load_policy(dumps).losses == ()


def overlaid(dumps: Path, text: str) -> Policy:
    (dumps / "own.yaml").write_text("hnv: 1\n" + text)
    return load_policy(*placed(dumps), dumps / "own.yaml")


def placed(dumps: Path) -> list[Path]:
    """Return the dumps with a provider address, which puts the VM on its host."""
    (dumps / "addresses.csv").write_text(ADDRESSES)
    return [dumps / name for name in ("addresses.csv", "records.csv", "routes.csv")]


def test_a_policy_beside_dumps_adds_to_them(dumps: Path) -> None:
    policy = overlaid(dumps, "hosts: {H9: {}}\nfirewall: {rules: [{name: web, vms: A}]}\n")

    assert [*policy.hosts] == ["H1", "H9"]
    assert [str(rule.vms) for rule in policy.firewall.rules] == ["rd-aaaaaaaa/A"]
    assert policy.profile is Profile.WS2012R2


def test_a_policy_beside_dumps_says_the_name_and_the_profile(dumps: Path) -> None:
    policy = overlaid(dumps, "name: mine\nprofile: hnvv2\n")

    assert (policy.name, policy.profile) == ("mine", Profile.HNVV2)


def test_a_policy_beside_dumps_names_virtual_networks_by_their_rdid(dumps: Path) -> None:
    policy = overlaid(
        dumps, "virtual_networks: {blue: {rdid: '{AAAAAAAA-0000-0000-0000-000000000001}'}}\n"
    )

    assert [*policy.networks] == ["blue"]
    assert [*policy.ports] == ["blue/A"]
    assert [route.network for route in policy.routes] == ["blue"]


def test_a_policy_beside_dumps_goes_on_with_hosts_and_networks(dumps: Path) -> None:
    policy = overlaid(
        dumps,
        """\
hosts: {H1: {provider_mtu: 9000, provider_routes: [{prefix: 0.0.0.0/0, next_hop: 192.168.10.1}]}}
virtual_networks:
  blue:
    rdid: '{aaaaaaaa-0000-0000-0000-000000000001}'
    customer_routes: [{prefix: 10.0.2.0/24, next_hop: on-link, vsid: 5002}]
    vms: {B: {host: H1, vsid: 5001, mac: 02-00-00-00-01-0B, ca: 10.0.1.11}}
""",
    )

    assert policy.hosts["H1"].mtu == 9000
    assert [*policy.ports] == ["blue/A", "blue/B"]
    assert [(str(route.prefix), route.origin.short) for route in policy.routes] == [
        ("10.0.1.0/24", f"{dumps.as_posix()}/routes.csv:2"),
        ("10.0.2.0/24", f"{dumps.as_posix()}/own.yaml:6"),
    ]


def test_what_was_imported_keeps_its_place_beside_a_policy(dumps: Path) -> None:
    plain, more = load_policy(*placed(dumps)), overlaid(dumps, "hosts: {H9: {}}\n")

    assert [record.origin for record in more.records] == [r.origin for r in plain.records]
    assert more.ports["rd-aaaaaaaa/A"].origin == plain.ports["rd-aaaaaaaa/A"].origin
    assert more.hosts["H1"].origin == plain.hosts["H1"].origin
    assert more.networks["rd-aaaaaaaa"].origin == plain.networks["rd-aaaaaaaa"].origin
    assert more.losses == plain.losses
    assert more.sha256 != plain.sha256


def test_two_policies_beside_dumps_say_a_thing_once(dumps: Path) -> None:
    (dumps / "more.yaml").write_text("name: a\nhosts: {H1: {provider_mtu: 9000}}\n")

    (dumps / "own.yaml").write_text("hnv: 1\nname: b\nhosts: {H1: {provider_mtu: 1500}}\n")
    with pytest.raises(PolicyError) as caught:
        load_policy(dumps / "records.csv", dumps / "more.yaml", dumps / "own.yaml")

    assert [finding.message for finding in caught.value.findings] == [
        "'name' is said twice, and a policy has one",
        "the host 'H1' is defined twice",
    ]


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
