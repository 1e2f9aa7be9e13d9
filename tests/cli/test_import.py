"""``hnvemu import``, and every command on what was never a policy."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cli.conftest import Ran

RECORD = (
    '"PSComputerName","CustomerAddress","VirtualSubnetID","MACAddress","ProviderAddress","Rule",'
    '"Type","VMName"\n'
)


OWN = """\
hnv: 1
name: mine
profile: hnvv2
hosts:
  H1: {provider_mtu: 9000}
firewall:
  rules:
    - {vms: X, name: no-web, protocol: tcp, local_port: 80, action: block}
"""


@pytest.fixture
def tables(hnvemu: Callable[..., Ran], tmp_path: Path) -> Path:
    """The tables of the sample with two tenants."""
    hnvemu("export", "-p", "sample:complex-routing", "--to", "csv", "-o", "tables")
    return tmp_path / "tables"


@pytest.fixture
def damaged(tables: Path) -> Path:
    """Tables with a record that says nothing."""
    file = tables / "NetVirtualizationLookupRecord.csv"
    head, *rows = file.read_text().splitlines()
    file.write_text("\n".join([head, rows[0].replace("10.0.1.10", "nowhere"), *rows[1:]]))
    return tables


def test_a_folder_of_tables_becomes_a_policy(hnvemu: Callable[..., Ran], tables: Path) -> None:
    ran = hnvemu("import", tables.name)

    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("# Imported by hnvemu from tables\n\nhnv: 1\nprofile: ws2012r2\n")


def test_what_is_written_is_a_policy_that_can_be_traced(
    hnvemu: Callable[..., Ran], tables: Path
) -> None:
    hnvemu("import", tables.name, "-o", "hnv.yaml")

    ran = hnvemu("trace", "A", "X", "tcp/80")

    assert ran.code == 0
    assert ran.out.startswith("DELIVERED")


def test_a_trace_of_tables_points_to_their_rows(hnvemu: Callable[..., Ran], tables: Path) -> None:
    ran = hnvemu("trace", "-p", tables.name, "A", "X", "tcp/80")

    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("DELIVERED")
    assert "NetVirtualizationCustomerRoute.csv:" in ran.out


def test_a_loss_is_told_with_its_place_and_fails_the_import(
    hnvemu: Callable[..., Ran], damaged: Path
) -> None:
    ran = hnvemu("import", damaged.name, "-o", "hnv.yaml")

    assert ran.code == 1
    assert "NetVirtualizationLookupRecord.csv:" in ran.err
    assert "'nowhere' is not an IP address" in ran.err
    assert ran.err.endswith("1 thing is to be looked at\n")


def test_a_loss_is_a_note_beside_an_answer(hnvemu: Callable[..., Ran], damaged: Path) -> None:
    ran = hnvemu("trace", "-p", damaged.name, "A", "X", "tcp/80")

    assert ran.code == 0
    assert ": note: " in ran.err
    assert "'nowhere' is not an IP address" in ran.err


def test_a_loss_is_a_finding_of_lint(hnvemu: Callable[..., Ran], damaged: Path) -> None:
    ran = hnvemu("lint", damaged.name, "--json")

    found = [each for each in json.loads(ran.out)["findings"] if "nowhere" in each["message"]]
    assert [(each["severity"], each["slug"]) for each in found] == [("warning", "unreadable")]


@pytest.mark.parametrize("form", ["text", "sarif", "github", "junit", "markdown"])
def test_lint_shows_a_loss_in_every_form(
    hnvemu: Callable[..., Ran], damaged: Path, form: str
) -> None:
    ran = hnvemu("lint", damaged.name, "-f", form)

    assert ran.code in {0, 1}
    assert "nowhere" in ran.out


@pytest.mark.parametrize(
    "flags", [("--migrate", "A=H2"), ("--stale", "H1"), ("--down", "H3"), ("--mtu", "9000")]
)
def test_hosts_can_be_supposed_to_differ(
    hnvemu: Callable[..., Ran], tables: Path, flags: tuple[str, ...]
) -> None:
    ran = hnvemu("trace", "-p", tables.name, "A", "B", *flags)

    assert ran.code in {0, 1}
    assert "Compared  " in ran.out


@pytest.mark.parametrize(
    "arguments",
    [
        ("trace", "A", "B", "--set", "name=x", "-p"),
        ("trace", "A", "B", "--without", "hosts.H1", "-p"),
        ("lint", "--fix"),
    ],
)
def test_text_that_is_no_policy_is_not_edited(
    hnvemu: Callable[..., Ran], tables: Path, arguments: tuple[str, ...]
) -> None:
    ran = hnvemu(*arguments, tables.name)

    assert ran.code == 2
    assert "is imported, and only policies can be edited" in ran.err
    assert "hnvemu import tables/" in ran.err


def test_an_explanation_says_that_no_repair_is_tried(
    hnvemu: Callable[..., Ran], tables: Path
) -> None:
    ran = hnvemu("trace", "-p", tables.name, "A", "10.0.1.99", "--explain")

    assert ran.code == 0
    assert "note: no repair is tried" in ran.err


def test_a_policy_beside_tables_goes_on_with_them(
    hnvemu: Callable[..., Ran], tables: Path, tmp_path: Path
) -> None:
    (tmp_path / "own.yaml").write_text(OWN)

    plain = hnvemu("trace", "-p", tables.name, "A", "X", "tcp/80")
    more = hnvemu("trace", "-p", tables.name, "-p", "own.yaml", "A", "X", "tcp/80")

    assert plain.out.startswith("DELIVERED")
    assert (more.code, more.err) == (0, "")
    assert more.out.startswith("DROPPED")
    assert "rule 'no-web'" in more.out
    assert "own.yaml:8" in more.out
    other = hnvemu("trace", "-p", tables.name, "-p", "own.yaml", "A", "X", "tcp/443")
    assert other.out.startswith("DELIVERED")
    assert "NetVirtualizationCustomerRoute.csv:" in other.out


def test_tables_and_what_a_policy_adds_become_one_policy(
    hnvemu: Callable[..., Ran], tables: Path, tmp_path: Path
) -> None:
    (tmp_path / "own.yaml").write_text(OWN)

    ran = hnvemu("import", tables.name, "own.yaml", "-o", "both.yaml")

    assert (ran.code, ran.err) == (0, "")
    assert "provider_mtu: 9000" in (tmp_path / "both.yaml").read_text()
    assert hnvemu("validate", "both.yaml").code == 0


def test_intents_that_are_not_written_are_told(
    hnvemu: Callable[..., Ran], tables: Path, tmp_path: Path
) -> None:
    (tmp_path / "own.yaml").write_text(OWN + "intents: []\n")

    ran = hnvemu("import", tables.name, "own.yaml", "-o", "both.yaml")

    assert (ran.code, ran.err) == (
        0,
        "note: the intents of 'own.yaml' are not written: copy them\n",
    )


def test_what_a_policy_beside_tables_gets_wrong_is_an_error_at_its_line(
    hnvemu: Callable[..., Ran], tables: Path, tmp_path: Path
) -> None:
    (tmp_path / "own.yaml").write_text(OWN.replace("vms: X", "vms: nobody"))

    ran = hnvemu("validate", tables.name, "own.yaml")

    assert ran.code == 2
    assert ran.out.startswith("own.yaml:8:13: error: there is no VM 'nobody'\n")


def test_tables_beside_a_policy_are_left_alone(
    hnvemu: Callable[..., Ran], tables: Path, policy: Path
) -> None:
    policy.rename(tables / "policy.yaml")

    ran = hnvemu("validate", tables.name)

    assert (ran.code, ran.out[:4]) == (0, "ok: ")


def test_tables_beside_a_policy_in_json_are_left_alone(
    hnvemu: Callable[..., Ran], tables: Path
) -> None:
    (tables / "policy.json").write_text('{"hnv": 1, "hosts": {"H1": {}}}')

    ran = hnvemu("validate", tables.name)

    assert (ran.code, ran.out[:10]) == (0, "ok: 1 host")


def test_a_table_on_standard_input_is_known_by_its_head(hnvemu: Callable[..., Ran]) -> None:
    row = '"H1","10.0.1.10","5001","02-00-00-00-01-0A","192.168.10.11","TranslationMethodEncap",'
    table = f'{RECORD}{row}"Static","A"\n'.encode()

    ran = hnvemu("validate", "-", stdin=table)

    assert ran.code == 0
    assert "1 lookup record" in ran.out


def test_tables_in_utf_16_are_read(hnvemu: Callable[..., Ran], tables: Path) -> None:
    for file in tables.iterdir():
        file.write_text(file.read_text(), encoding="utf-16")

    ran = hnvemu("import", tables.name)

    assert ran.code == 0


def test_a_policy_is_not_imported(hnvemu: Callable[..., Ran], policy: Path) -> None:
    ran = hnvemu("import", policy.name)

    assert ran.code == 2
    assert ran.err.startswith("error: 'policy.yaml' is a policy already\n")


def test_what_is_neither_a_dump_nor_a_policy_is_not_called_one(
    hnvemu: Callable[..., Ran], tmp_path: Path
) -> None:
    (tmp_path / "other.json").write_text('[{"Foo": 1}]')

    ran = hnvemu("import", "other.json")

    assert ran.code == 2
    assert "the file is a list and not a mapping" in ran.err


def test_the_collector_is_printed(hnvemu: Callable[..., Ran]) -> None:
    ran = hnvemu("import", "--collector")

    assert ran.code == 0
    assert "Get-NetVirtualizationLookupRecord" in ran.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "error: no file is given"),
        (("--collector", "x.csv"), "error: --collector prints a script"),
    ],
)
def test_what_cannot_be_is_refused(
    hnvemu: Callable[..., Ran], arguments: tuple[str, ...], message: str
) -> None:
    ran = hnvemu("import", *arguments)

    assert ran.code == 2
    assert ran.err.startswith(message)


def test_a_script_is_read_and_points_to_its_lines(hnvemu: Callable[..., Ran]) -> None:
    hnvemu("export", "-p", "sample:complex-routing", "--to", "powershell", "-o", "deploy.ps1")

    ran = hnvemu("trace", "-p", "deploy.ps1", "A", "X", "tcp/80")

    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("DELIVERED")
    assert "deploy.ps1:" in ran.out


def test_a_script_reads_files_of_its_folder_alone(
    hnvemu: Callable[..., Ran], tmp_path: Path
) -> None:
    (tmp_path / "folder").mkdir()
    for folder in (tmp_path, tmp_path / "folder"):
        (folder / "hosts.csv").write_text("Name,PA\nH1,192.168.10.11\n")
    script = (
        "foreach ($row in Import-Csv {}) {{ New-NetVirtualizationProviderAddress -CimSession"
        " $row.Name -InterfaceIndex 1 -ProviderAddress $row.PA -PrefixLength 24 }}\n"
    )
    (tmp_path / "folder" / "in.ps1").write_text(script.format("hosts.csv"))
    (tmp_path / "folder" / "out.ps1").write_text(script.format("../hosts.csv"))

    inside = hnvemu("import", "folder/in.ps1")
    outside = hnvemu("import", "folder/out.ps1")

    assert (inside.code, "192.168.10.11/24" in inside.out) == (0, True)
    assert (outside.code, "192.168.10.11/24" in outside.out) == (1, False)


def test_resources_of_a_controller_are_read(hnvemu: Callable[..., Ran], tmp_path: Path) -> None:
    (tmp_path / "network.json").write_text(
        '{"resourceRef": "/virtualNetworks/T", "resourceId": "T", "properties": {"subnets": []}}'
    )

    ran = hnvemu("import", "network.json")

    assert "profile: hnvv2" in ran.out
    assert "no adapter of a virtual network is among the resources" in ran.err
