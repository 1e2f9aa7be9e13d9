"""A policy as tables, in the columns of the cmdlets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hnvemu import load_policy
from hnvemu.formats.export.csv import csv_tables

if TYPE_CHECKING:
    from collections.abc import Callable

GOLDEN = Path(__file__).parent / "golden"


def test_a_sample_as_tables(golden: Callable[[Path, str], None]) -> None:
    files, left_out = csv_tables(load_policy("sample:access-control"))

    text = "".join(f"{name}\n{table}\n" for name, table in files.items())
    golden(GOLDEN / "access-control.csv.txt", text.replace("\r\n", "\n"))
    assert left_out == (
        "the firewalls of the guests",
        "datacenter ACLs: their place is Network Controller",
    )


def test_a_table_without_rows_is_not_written() -> None:
    files, _ = csv_tables(load_policy("sample:starter"))

    assert "VMNetworkAdapterAcl.csv" not in files


def test_a_host_has_the_rows_of_its_view() -> None:
    files, _ = csv_tables(load_policy("sample:stale-host-views"))

    records = files["NetVirtualizationLookupRecord.csv"].splitlines()
    assert [row for row in records if row.startswith('"H1","10.1.2.20"')] == []
    assert [row for row in records if row.startswith('"H2","10.1.2.20"')] != []


def test_an_access_list_of_one_of_two_vms_with_one_name_is_told(tmp_path: Path) -> None:
    network = (
        '{{rdid: "{{aaaaaaaa-0000-0000-0000-00000000000{0}}}",'
        " vms: {{web: {{host: H1, vsid: {0}001, mac: 02-00-00-00-00-0{0}, ca: 10.0.0.10}}}}}}"
    )
    (tmp_path / "hnv.yaml").write_text(
        "hnv: 1\nhosts: {H1: {}}\nvirtual_networks:\n"
        f"  blue: {network.format(5)}\n  red: {network.format(6)}\n"
        "port_acls: [{vms: red/web, direction: inbound, action: deny}]\n"
    )

    tables = csv_tables(load_policy(tmp_path / "hnv.yaml"))

    (told,) = tables.left_out
    assert told.startswith("which of the VMs named 'web' on host 'H1' the ")


def test_what_no_table_says_is_told() -> None:
    _, left_out = csv_tables(load_policy("sample:multi-tenant-gateway"))

    assert "the routing domains of multi-tenant gateways" in left_out
