"""A policy as a script: each host gets its commands, in an order that works, in plain ASCII."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hnvemu import load_policy
from hnvemu.formats.export.powershell import powershell_script, quoted
from hnvemu.model.policy import Profile
from hnvemu.value import replace

if TYPE_CHECKING:
    from collections.abc import Callable

GOLDEN = Path(__file__).parent / "golden"
SHOWN = ["starter", "access-control", "multi-tenant-gateway", "stale-host-views"]


@pytest.mark.parametrize("name", SHOWN)
def test_a_sample_as_a_script(name: str, golden: Callable[[Path, str], None]) -> None:
    script = powershell_script(load_policy(f"sample:{name}"))

    golden(GOLDEN / f"{name}.ps1", script.text)


def test_pruning_removes_what_the_policy_manages(golden: Callable[[Path, str], None]) -> None:
    script = powershell_script(load_policy("sample:access-control"), prune=True)

    golden(GOLDEN / "access-control.pruned.ps1", script.text)


def test_everything_is_removed_by_its_key_and_never_all_of_it() -> None:
    text = powershell_script(load_policy("sample:complex-routing"), prune=True).text

    removals = [line for line in text.splitlines() if "Remove-NetVirtualization" in line]
    assert removals
    assert all("-VirtualSubnetID " in line or "-RoutingDomainID " in line for line in removals)


def test_without_pruning_nothing_is_removed() -> None:
    text = powershell_script(load_policy("sample:access-control")).text

    assert "Remove-" not in text


def test_addresses_come_before_records_and_these_before_routes_and_subnets() -> None:
    text = powershell_script(load_policy("sample:starter")).text

    first_host = text.partition("# ---- H1")[2].partition("# ---- H2")[0]
    nouns = [
        "New-NetVirtualizationProviderAddress",
        "New-NetVirtualizationProviderRoute",
        "New-NetVirtualizationLookupRecord",
        "New-NetVirtualizationCustomerRoute",
        "-VirtualSubnetId",
    ]
    places = [first_host.find(noun) for noun in nouns if noun in first_host]
    assert places == sorted(places)


def test_a_host_is_told_what_its_view_has() -> None:
    text = powershell_script(load_policy("sample:stale-host-views")).text

    missing = "New-NetVirtualizationLookupRecord -CimSession '{}' -CustomerAddress '10.1.2.20'"
    assert missing.format("H1") not in text
    assert missing.format("H2") in text


def test_windows_server_2012_has_no_types_of_records() -> None:
    policy = replace(load_policy("sample:complex-routing"), profile=Profile.WS2012)

    assert "-Type" not in powershell_script(policy).text


def test_what_no_command_says_is_told() -> None:
    script = powershell_script(load_policy("sample:access-control"))

    assert script.left_out == (
        "the datacenter ACL smb-in: its place is Network Controller",
        "the datacenter ACL nothing-in: its place is Network Controller",
        "the datacenter ACL nothing-out: its place is Network Controller",
    )
    assert all(what in script.text for what in script.left_out)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("A", "'A'"),
        ("it's $x `n", "'it''s $x `n'"),
        ("", "''"),
        ("b\u00fcro", "('b' + [char]0x00FC + 'ro')"),
        ("\u2019", "('' + [char]0x2019)"),
        ("\U0001f600!", "('' + [char]0xD83D + [char]0xDE00 + '!')"),
    ],
)
def test_a_string_expands_nothing_and_is_ascii(text: str, written: str) -> None:
    assert quoted(text) == written


def test_a_name_cannot_leave_its_comment() -> None:
    policy = replace(load_policy("sample:starter"), name="x\r\nRemove-Item / #\u2028")

    text = powershell_script(policy).text

    assert text.isascii()
    assert "\nRemove-Item" not in text
