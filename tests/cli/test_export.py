"""``hnvemu export``: each format to where it is wanted, and what it cannot say on stderr."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cli.conftest import Ran


def test_yaml_is_printed(hnvemu: Callable[..., Ran]) -> None:
    ran = hnvemu("export", "-p", "sample:starter", "--to", "yaml")

    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("hnv: 1\n\nhosts:\n  H1: {provider_addresses: [192.168.10.11/24]}\n")


def test_what_is_printed_is_a_policy(hnvemu: Callable[..., Ran], tmp_path: Path) -> None:
    hnvemu("export", "-p", "sample:two-tenants", "--to", "yaml", "-o", "mine.yaml")

    ran = hnvemu("validate", "mine.yaml")

    assert (ran.code, (tmp_path / "mine.yaml").read_bytes()[:7]) == (0, b"hnv: 1\n")


def test_a_script_tells_on_stderr_what_it_does_not_say(hnvemu: Callable[..., Ran]) -> None:
    ran = hnvemu("export", "-p", "sample:access-control", "--to", "powershell")

    assert ran.code == 0
    assert ran.out.startswith("# The policy 'access-control' as commands")
    assert ran.err.splitlines()[0] == (
        "note: powershell does not say the datacenter ACL smb-in: its place is Network Controller"
    )


def test_pruning_is_asked_for(hnvemu: Callable[..., Ran]) -> None:
    plain = hnvemu("export", "-p", "sample:starter", "--to", "powershell")
    pruned = hnvemu("export", "-p", "sample:starter", "--to", "powershell", "--prune")

    assert "Remove-NetVirtualizationLookupRecord" not in plain.out
    assert "Remove-NetVirtualizationLookupRecord" in pruned.out


def test_tables_go_to_a_folder_that_is_made(hnvemu: Callable[..., Ran], tmp_path: Path) -> None:
    ran = hnvemu("export", "-p", "sample:starter", "--to", "csv", "-o", "new/tables")

    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert sorted(file.name for file in (tmp_path / "new" / "tables").iterdir()) == [
        "NetVirtualizationCustomerRoute.csv",
        "NetVirtualizationGlobal.csv",
        "NetVirtualizationLookupRecord.csv",
        "NetVirtualizationProviderAddress.csv",
        "VMNetworkAdapter.csv",
    ]


def test_resources_go_to_a_folder_and_are_read_from_there(
    hnvemu: Callable[..., Ran], tmp_path: Path
) -> None:
    ran = hnvemu("export", "-p", "sample:starter", "--to", "nc-json", "-o", "resources")

    assert (ran.code, ran.out) == (0, "")
    assert "note: nc-json does not say the profile transparent" in ran.err
    assert len([*(tmp_path / "resources").iterdir()]) == 8
    traced = hnvemu("trace", "A", "B", "-p", "resources")
    assert (traced.code, "DELIVERED" in traced.out) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--to", "csv"), "error: tables are several files"),
        (("--to", "csv", "-o", "-"), "error: tables are several files"),
        (("--to", "nc-json"), "error: resources are several files"),
        (("--to", "yaml", "--prune"), "error: --prune has no meaning in yaml"),
        (("--to", "csv", "-o", "file"), "error: 'file' cannot be a folder"),
    ],
)
def test_what_cannot_be_is_refused(
    hnvemu: Callable[..., Ran], tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    (tmp_path / "file").write_text("")

    ran = hnvemu("export", "-p", "sample:starter", *arguments)

    assert ran.code == 2
    assert ran.err.startswith(message)
