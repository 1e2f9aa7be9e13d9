# ruff: noqa: E501 - the lines of policies and scripts are as long as they are
"""A policy as a script: each host gets its commands, in an order that works, in plain ASCII."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hnvemu import load_policy
from hnvemu.formats.export.knowledge import knowledge_of
from hnvemu.formats.export.powershell import powershell_script, quoted
from hnvemu.model.acl import Action, FirewallDefault
from hnvemu.model.policy import Profile
from hnvemu.value import replace

if TYPE_CHECKING:
    from collections.abc import Callable

    from hnvemu import Policy

GOLDEN = Path(__file__).parent / "golden"
NAMESAKES = """\
hnv: 1
hosts: {H1: {provider_addresses: 192.168.10.11/24}}
virtual_networks:
  blue:
    rdid: "{aaaaaaaa-0000-0000-0000-000000000001}"
    customer_routes: [{prefix: 10.0.0.0/24, next_hop: on-link, vsid: 5001}]
    vms:
      web: {host: H1, vsid: 5001, mac: 02-00-00-00-51-0A, ca: 10.0.0.10}
      db: {host: H1, vsid: 5001, mac: 02-00-00-00-51-0B, ca: 10.0.0.11}
  red:
    rdid: "{aaaaaaaa-0000-0000-0000-000000000002}"
    customer_routes: [{prefix: 10.0.0.0/24, next_hop: on-link, vsid: 6001}]
    vms:
      web: {host: H1, vsid: 6001, mac: 02-00-00-00-61-0A, ca: 10.0.0.10}
      db: {host: H1, vsid: 6001, mac: 02-00-00-00-61-0B, ca: 10.0.0.11}
extended_acls:
  - {vms: blue/web, direction: inbound, weight: 1, action: deny}
  - {vms: [blue/db, red/db], direction: inbound, weight: 2, action: deny}
firewall:
  rules: [{vms: red/web, name: closed, action: block}]
"""
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

    assert "Remove-Net" not in text
    assert "Remove-VM" not in text


def test_addresses_come_before_records_and_these_before_routes_and_subnets() -> None:
    text = powershell_script(load_policy("sample:starter")).text

    nouns = [
        "New-NetVirtualizationProviderAddress",
        "New-NetVirtualizationProviderRoute",
        "New-NetVirtualizationLookupRecord",
        "New-NetVirtualizationCustomerRoute",
        "-VirtualSubnetId",
    ]
    places = [text.find(noun) for noun in nouns if noun in text]
    assert len(places) > 3
    assert places == sorted(places)


def test_a_host_is_told_what_its_view_has() -> None:
    text = powershell_script(load_policy("sample:stale-host-views")).text

    assert "$group2 = $all | Where-Object { $_.ComputerName -notin 'H1' }" in text
    assert text.count("-CustomerAddress '10.1.2.20'") == 1
    assert "-CimSession $group2 -CustomerAddress '10.1.2.20'" in text


def test_an_access_list_spares_the_vm_of_another_tenant_with_the_same_name(tmp_path: Path) -> None:
    (tmp_path / "hnv.yaml").write_text(NAMESAKES)
    policy = load_policy(tmp_path / "hnv.yaml")

    script = powershell_script(policy)

    lists = [line for line in script.text.splitlines() if "Add-VMNetworkAdapterExt" in line]
    (tmp_path / "deploy.ps1").write_text(script.text)
    again = load_policy(tmp_path / "deploy.ps1")
    assert "$_.MacAddress -eq '02000000510A'" in lists[0]
    assert "-ComputerName 'H1' -VMName 'db' -Action" in lists[1]
    assert [
        [(port.mac, port.vsid) for port in again.ports.values() if acl.vms.selects(port.name)]
        for acl in again.extended_acls
    ] == [
        [(port.mac, port.vsid) for port in policy.ports.values() if acl.vms.selects(port.name)]
        for acl in policy.extended_acls
    ]
    assert "which adapters of guests named 'web' the rule closed is for" in script.left_out


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


def fabric(hosts: int, vms: int, tmp_path: Path) -> Policy:
    """A policy in which each host knows all VMs, with lists for all of them."""
    file = tmp_path / "fabric.yaml"
    listed = "".join(
        f"      vm{n}: {{host: H{n % hosts}, vsid: 5001, mac: 02-00-00-00-00-{n:02X}, ca: 10.0.1.{n + 2}}}\n"
        for n in range(vms)
    )
    named = "".join(
        f"  H{n}: {{provider_addresses: [192.168.10.{n + 10}/24]}}\n" for n in range(hosts)
    )
    file.write_text(
        f"""hnv: 1
hosts:
{named}virtual_networks:
  T:
    rdid: "{{aaaaaaaa-0000-0000-0000-000000000001}}"
    customer_routes:
    - {{prefix: 10.0.1.0/24, next_hop: on-link, vsid: 5001}}
    vms:
{listed}extended_acls:
- {{direction: inbound, weight: 1, action: deny}}
firewall:
  rules:
  - {{name: web, protocol: tcp, local_port: 443, action: allow}}
"""
    )  # fmt: skip
    return load_policy(file)


def test_what_all_hosts_know_is_one_command(tmp_path: Path) -> None:
    text = powershell_script(fabric(5, 20, tmp_path)).text

    assert text.count("New-NetVirtualizationLookupRecord -CimSession $all ") == 21
    assert text.count("New-NetVirtualizationLookupRecord") == 21
    assert text.count("New-NetVirtualizationCustomerRoute") == 1


def test_a_host_more_makes_a_script_longer_by_what_is_its_own(tmp_path: Path) -> None:
    few = powershell_script(fabric(5, 40, tmp_path)).text
    many = powershell_script(fabric(6, 40, tmp_path)).text

    assert len(many) - len(few) < 1000
    assert len(few) > 12_000


def test_the_vms_of_a_host_that_share_a_list_are_named_once(tmp_path: Path) -> None:
    text = powershell_script(fabric(2, 6, tmp_path)).text

    assert text.count("    $vms1 = 'vm0', 'vm2', 'vm4'\n") == 1
    assert text.count("Add-VMNetworkAdapterExtendedAcl") == 2
    assert "-ComputerName 'H0' -VMName $vms1 -Action Deny -Direction Inbound -Weight 1" in text


def test_guests_that_share_a_rule_get_it_in_one_command(tmp_path: Path) -> None:
    text = powershell_script(fabric(2, 3, tmp_path)).text

    assert "    $guests1 = 'vm0', 'vm1', 'vm2'\n" in text
    assert text.count("New-NetFirewallRule -CimSession $guests1 -DisplayName 'web'") == 1


def test_of_two_defaults_for_a_guest_the_last_stays_the_last(tmp_path: Path) -> None:
    policy = fabric(1, 1, tmp_path)
    block, allow = FirewallDefault(outbound=Action.BLOCK), FirewallDefault(outbound=Action.ALLOW)
    policy = replace(policy, firewall=replace(policy.firewall, defaults=(allow, block, allow)))

    text = powershell_script(policy).text

    assert [line.split()[-1] for line in text.splitlines() if "FirewallProfile" in line] == [
        "Allow",
        "Block",
        "Allow",
    ]


def test_what_if_reaches_no_host(tmp_path: Path) -> None:
    text = powershell_script(fabric(2, 2, tmp_path), prune=True).text

    head, _, rest = text.partition("$all = ")
    assert "ShouldProcess('H0', 'remove what the policy manages, 1 provider address," in head
    assert rest.startswith("if ($told) { New-CimSession -ComputerName $told }\n")
    commands = [line for line in rest.splitlines() if "-" in line.partition(" ")[0]]
    assert commands == []  # each stands in a condition on who was chosen


@pytest.mark.parametrize("prune", [False, True])
@pytest.mark.parametrize("name", SHOWN)
def test_a_script_is_read_back_without_a_loss(name: str, tmp_path: Path, *, prune: bool) -> None:
    policy = load_policy(f"sample:{name}")
    file = tmp_path / "deploy.ps1"
    file.write_text(powershell_script(policy, prune=prune).text)

    again = load_policy(file)

    assert again.losses == ()
    for host in policy.hosts:
        known, back = knowledge_of(policy, host), knowledge_of(again, host)
        assert {str(record) for record in back.records} == {str(each) for each in known.records}
