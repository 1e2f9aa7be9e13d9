# ruff: noqa: E501 - the lines of scripts are as long as administrators write them
"""Defects that scripts have had: each is found, by reading the script or by lint, at its line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hnvemu import load_policy
from hnvemu.formats.powershell import read_script
from hnvemu.lint import lint

if TYPE_CHECKING:
    from pathlib import Path

    from hnvemu.findings import Finding


def losses(script: str) -> list[Finding]:
    return [*read_script("deploy.ps1", script.encode(), lambda _: None)[1]]


def told(script: str) -> list[tuple[int, str]]:
    return [(loss.origin.line, loss.message) for loss in losses(script)]


# ---------------------------------------------------------------------------------------------
# Objects that are built and lead nowhere


RULES = """\
$rules = @()
$properties = New-Object Microsoft.Windows.NetworkController.AclRuleProperties
$properties.Action = "Allow"
$rule = New-Object Microsoft.Windows.NetworkController.AclRule
$rule.Properties = $properties
$rule.ResourceId = "AllowWeb"
$rules += $rule

$properties = New-Object Microsoft.Windows.NetworkController.AclRuleProperties
$properties.Action = "Deny"
$rule = New-Object Microsoft.Windows.NetworkController.AclRule
$rule.Properties = $properties
$rule.ResourceId = "DenyOthers"

$properties = New-Object Microsoft.Windows.NetworkController.AclRuleProperties
$properties.Action = "Allow"
$rule = New-Object Microsoft.Windows.NetworkController.AclRule
$rule.Properties = $properties
$rule.ResourceId = "AllowRest"
$rules += $rule
$list = New-Object Microsoft.Windows.NetworkController.AccessControlListProperties
$list.AclRules = $rules
New-NetworkControllerAccessControlList -ResourceId "Web" -Properties $list -ConnectionUri $uri
"""


def test_a_rule_that_is_built_and_added_to_no_list_is_found_where_it_is_built() -> None:
    found = losses(RULES)

    mistake = found[-1]
    assert mistake.message == (
        "the object 'DenyOthers' that $rule holds from here on is never used"
    )
    assert mistake.origin.line == 11
    assert [(note.message, note.origin.line) for note in mistake.notes] == [
        ("$rule becomes another one here", 17)
    ]


def test_a_rule_is_found_in_a_block_for_another_host_as_well() -> None:
    script = "Invoke-Command -ComputerName nc -ScriptBlock {\n" + RULES + "}"

    assert (12, "the object 'DenyOthers' that $rule holds from here on is never used") in told(
        script
    )


def test_the_commands_of_network_controller_are_told_by_name() -> None:
    assert (23, "the command 'New-NetworkControllerAccessControlList' is not evaluated: what it does is left out") in told(RULES)  # fmt: skip


SUBNETS = """\
$subnet = New-Object Microsoft.Windows.NetworkController.VirtualSubnet
$subnet.ResourceId = "Front"
$subnet.Properties = New-Object Microsoft.Windows.NetworkController.VirtualSubnetProperties
$subnet.Properties.AddressPrefix = "10.30.1.0/24"

$subnet = New-Object Microsoft.Windows.NetworkController.VirtualSubnet
$subnet.ResourceId = "Middle"
$subnet.Properties = New-Object Microsoft.Windows.NetworkController.VirtualSubnetProperties
$subnet.Properties.AddressPrefix = "10.30.2.0/24"
$vnet.Properties.Subnets += $subnet
"""


def test_a_subnet_that_is_overwritten_before_it_is_added_is_found() -> None:
    assert told(SUBNETS) == [
        (1, "the object 'Front' that $subnet holds from here on is never used")
    ]


@pytest.mark.parametrize(
    "script",
    [
        "$a = New-Object Some.Rule\n$a.ResourceId = 'Last'\n",
        "$a = [Some.Rule]::new()\n$a.ResourceId = 'Last'\n",
        "function F { $a = @{}; $a.ResourceId = 'Last' }",
        "Invoke-Command { $a = [pscustomobject]@{}; $a.ResourceId = 'Last' }",
    ],
)
def test_an_object_that_is_forgotten_at_the_end_is_found(script: str) -> None:
    assert told(script) == [(1, "the object 'Last' that $a holds from here on is never used")]


@pytest.mark.parametrize(
    "script",
    [
        "$a = @{}; $a.x = 1; Use-It @a",
        "$a = @{}; $a.x = 1; $b = $a; Use-It $b",
        "$a = @{}; $a.x = 1; if ($true) { Use-It $a }; $a = @{}",
        "$a = @{}; $a = @{ x = 1 }",
        "function F { $a.x }; $a = @{}; $a.x = 1; F",
        "if ($true) { $a = @{}; $a.x = 1 }; Use-It $a",
        "$script:a = @{}; $script:a.x = 1",
        "$a = @{}; $a.x = 1",
        "$a = New-Object Some.Rule; $a.x = 1; . .\\lib.ps1",
        '$a = @{}; $a.x = 1; "$($a.x)"',
    ],
)
def test_an_object_that_may_be_used_is_none_of_them(script: str) -> None:
    assert [message for _, message in told(script) if "never used" in message] == []


# ---------------------------------------------------------------------------------------------
# Variables of another place


INVENTORY = """\
function Get-Records([string[]] $Computers) {
    foreach ($Computer in $Computers) {
        foreach ($VM in (Get-VM -ComputerName $Computer)) {
            Invoke-Command -ComputerName $Computer {
                Get-NetVirtualizationLookupRecord | where { $_.VMName -match $VM.Name }
            }
        }
    }
}
Get-Records host1, host2
"""


def test_a_filter_that_keeps_everything_is_found() -> None:
    (mistake,) = losses(INVENTORY)

    assert mistake.message == (
        "$VM is null in this block, which runs on another host: it is set outside of it, and"
        " -match finds null in everything"
    )
    assert (mistake.origin.line, mistake.origin.column) == (5, 78)
    assert mistake.help == "write $using:VM, or hand it over with -ArgumentList"


@pytest.mark.parametrize(
    "block",
    [
        "Invoke-Command -ComputerName h { Use-It $using:VM }",
        "Invoke-Command -ComputerName h { param($VM) Use-It $VM } -ArgumentList $VM",
        "Invoke-Command -ComputerName h { $VM = 1; Use-It $VM }",
        "Invoke-Command -ComputerName h { foreach ($VM in 1, 2) { Use-It $VM } }",
        "Invoke-Command { Use-It $VM }",
        "Invoke-Command -ComputerName h { Use-It $env:VM $_ $args $true }",
    ],
)
def test_a_variable_that_the_block_has_is_none_of_them(block: str) -> None:
    assert [message for _, message in told(f"$VM = 1; {block}") if "null" in message] == []


# ---------------------------------------------------------------------------------------------
# Comments that say something else


GATEWAY = """\
$Hosts = "host1", "host2", "host3"
for ($i = 0; $i -lt $Hosts.Length; $i++) {
    # VM Name      Host    VSID   CA         PA             MAC
    # ------------------------------------------------------------------------
    # Blue1        host1   6001   10.0.0.5   192.168.1.101  10-10-10-10-11-05
    # Blue2        host2   6001   10.0.0.7   192.168.1.102  10-10-10-10-11-07
    # BlueRouter   N/A     6001   10.0.0.1   192.168.1.111  10-10-10-10-11-01
    # BlueGW       host3   5001   10.0.0.2   192.168.1.103  10-10-10-10-10-02
    # BlueOld      host3   5001   10.0.9.9   192.168.1.103  10-10-10-10-10-03
    #
    # The routes of Blue:
    #
    # DestPrefix   NextHopGW   VSID RDID   Note
    # -----------------------------------------------------
    # 10.0.0.0/16  0.0.0.0     6001 R1     the VMs
    # 10.0.1.0/24  0.0.0.0     5001 R1     the gateway
    # 0.0.0.0/0    10.0.0.2    5001 R1     everything else,
    #                                      which leaves
    New-NetVirtualizationLookupRecord -CustomerAddress 10.0.0.5 -ProviderAddress 192.168.1.101 -VirtualSubnetID 6001 -MACAddress 101010101105 -Rule TranslationMethodEncap -VMName Blue1 -CimSession $Hosts[$i]
    New-NetVirtualizationLookupRecord -CustomerAddress 10.0.0.7 -ProviderAddress 192.168.1.102 -VirtualSubnetID 6001 -MACAddress 101010101107 -Rule TranslationMethodEncap -VMName Blue2 -CimSession $Hosts[$i]
    New-NetVirtualizationLookupRecord -CustomerAddress 10.0.0.1 -ProviderAddress 169.254.254.254 -VirtualSubnetID 6001 -MACAddress 101010101101 -Rule TranslationMethodEncap -VMName BlueRouter -CimSession $Hosts[$i]
    New-NetVirtualizationLookupRecord -CustomerAddress 10.0.1.2 -ProviderAddress 192.168.1.103 -VirtualSubnetID 5001 -MACAddress 101010101002 -Rule TranslationMethodEncap -VMName BlueGW -Type Static -CimSession $Hosts[$i]
    New-NetVirtualizationCustomerRoute -RoutingDomainID "{11111111-2222-3333-4444-000000000001}" -VirtualSubnetID 6001 -DestinationPrefix 10.0.0.0/24 -NextHop 0.0.0.0 -Metric 255 -CimSession $Hosts[$i]
    New-NetVirtualizationCustomerRoute -RoutingDomainID "{11111111-2222-3333-4444-000000000001}" -VirtualSubnetID 5001 -DestinationPrefix 10.0.1.0/24 -NextHop 0.0.0.0 -Metric 255 -CimSession $Hosts[$i]
    New-NetVirtualizationCustomerRoute -RoutingDomainID "{11111111-2222-3333-4444-000000000001}" -VirtualSubnetID 5001 -DestinationPrefix 0.0.0.0/0 -NextHop 10.0.1.2 -Metric 255 -CimSession $Hosts[$i]
}
"""


def test_a_table_in_a_comment_that_the_commands_contradict_is_found() -> None:
    assert told(GATEWAY) == [
        (7, "this table says PA 192.168.1.111, and the record 10.0.0.1 in VSID 6001 has 169.254.254.254"),
        (8, "this table says CA 10.0.0.2, and the record 10.0.1.2 in VSID 5001 has 10.0.1.2"),
        (9, "this table has a record of 'BlueOld', 10.0.9.9 in VSID 5001, and no command makes it"),
        (15, "this table says prefix 10.0.0.0/16, and the route 10.0.0.0/24 on-link in VSID 6001 has 10.0.0.0/24"),
        (17, "this table says next hop 10.0.0.2, and the route 0.0.0.0/0 via 10.0.1.2 in VSID 5001 has 10.0.1.2"),
    ]  # fmt: skip


def test_a_contradiction_names_the_line_of_the_command() -> None:
    (note,) = losses(GATEWAY)[1].notes

    assert (note.message, note.origin.line) == ("it is made here", 22)


def test_a_table_that_is_no_table_of_records_is_left_alone() -> None:
    steps = "# VM   CA\n# ------------\n# Blue1  10.0.0.9\n"

    assert [line for line, _ in told(steps + GATEWAY) if line <= 3] == []


# ---------------------------------------------------------------------------------------------
# What lint says of the policy that a script makes


FABRIC = """\
$Blue = "{11111111-2222-3333-4444-000000000001}"
$both = "host1", "host2"
New-NetVirtualizationProviderAddress -CimSession host1 -InterfaceIndex 3 -ProviderAddress 192.168.4.11 -PrefixLength 24
New-NetVirtualizationProviderAddress -CimSession host2 -InterfaceIndex 3 -ProviderAddress 192.168.4.22 -PrefixLength 24
New-NetVirtualizationLookupRecord -CimSession $both -CustomerAddress 10.0.0.5 -ProviderAddress 192.168.4.11 -VirtualSubnetID 6001 -MACAddress 101010101105 -Rule TranslationMethodEncap -VMName web
New-NetVirtualizationLookupRecord -CimSession $both -CustomerAddress 10.0.0.7 -ProviderAddress 192.168.4.22 -VirtualSubnetID 6001 -MACAddress 101010101107 -Rule TranslationMethodEncap -VMName sql
New-NetVirtualizationLookupRecord -CimSession $both -CustomerAddress 10.0.1.7 -ProviderAddress 192.168.4.22 -VirtualSubnetID 6002 -MACAddress 101010101207 -Rule TranslationMethodEncap -VMName log
New-NetVirtualizationLookupRecord -CimSession $both -CustomerAddress 10.0.0.1 -ProviderAddress 169.254.254.254 -VirtualSubnetID 6001 -MACAddress 101010101101 -Rule TranslationMethodEncap
New-NetVirtualizationLookupRecord -CimSession $both -CustomerAddress 10.0.1.1 -ProviderAddress 169.254.254.254 -VirtualSubnetID 6002 -MACAddress 101010101101 -Rule TranslationMethodEncap
New-NetVirtualizationCustomerRoute -CimSession $both -RoutingDomainID $Blue -VirtualSubnetID 6001 -DestinationPrefix 10.0.0.0/24 -NextHop 0.0.0.0 -Metric 255
New-NetVirtualizationCustomerRoute -CimSession $both -RoutingDomainID $Blue -VirtualSubnetID 6002 -DestinationPrefix 10.0.1.0/24 -NextHop 0.0.0.0 -Metric 255
Set-VMNetworkAdapter -ComputerName host1 -VMName web -VirtualSubnetId 6001 -StaticMacAddress 101010101105
Set-VMNetworkAdapter -ComputerName host2 -VMName sql -VirtualSubnetId 6001 -StaticMacAddress 101010101107
Set-VMNetworkAdapter -ComputerName host2 -VMName log -VirtualSubnetId 6002 -StaticMacAddress 101010101207
"""


def linted(script: str, tmp_path: Path) -> list[tuple[str | None, int]]:
    file = tmp_path / "deploy.ps1"
    file.write_text(script)
    return [(found.code, found.origin.line) for found in lint(load_policy(file))]


def test_a_script_without_defects_is_clean(tmp_path: Path) -> None:
    assert linted(FABRIC, tmp_path) == []


@pytest.mark.parametrize(
    ("right", "wrong", "found"),
    [
        ("6001", "3000", ("HNV001", 5)),
        ("6002", "16777215", ("HNV002", 7)),
        ("192.168.4.11 -PrefixLength 24", "192.168.4.11 -PrefixLength 32", ("HNV205", 3)),
        ("192.168.4.22 -PrefixLength 24", "192.168.4.22 -PrefixLength 16", ("HNV215", 4)),
        ("6001 -DestinationPrefix 10.0.0.0/24", "6001 -DestinationPrefix 10.0.0.0/16", ("HNV102", 11)),
        ("6001 -DestinationPrefix 10.0.0.0/24", "6001 -DestinationPrefix 10.0.0.1/24", ("HNV116", 10)),
        ("4.22 -VirtualSubnetID 6001", "4.22 -VirtualSubnetID 6002", ("HNV301", 6)),
        ("web -VirtualSubnetId 6001", "web -VirtualSubnetId 6002", ("HNV301", 5)),
        ("10.0.0.5 -ProviderAddress 192.168.4.11", "192.168.4.11 -ProviderAddress 10.0.0.5", ("HNV201", 5)),
        ("CustomerAddress 10.0.0.5", "CustomerAddress 5.0.0.10", ("HNV011", 5)),
        ("10.0.0.5 -ProviderAddress 192.168.4.11", "10.0.0.5 -ProviderAddress 11.4.168.192", ("HNV201", 5)),
        ("10.0.0.5 -ProviderAddress 192.168.4.11", "10.0.0.5 -ProviderAddress 192.168.4.22", ("HNV203", 5)),
        ("$both -CustomerAddress 10.0.0.7", "host2 -CustomerAddress 10.0.0.7", ("HNV207", 3)),
        ("ProviderAddress -CimSession host2", "ProviderAddress -CimSession host1", ("HNV214", 5)),
        ("3 -ProviderAddress 192.168.4.22", "3 -ProviderAddress 192.168.4.11", ("HNV202", 4)),
        ("-ComputerName host1 -VMName web", "-ComputerName host2 -VMName web", ("HNV008", 5)),
        ("-MACAddress 101010101105", "-MACAddress 101010101150", ("HNV304", 5)),
        ("-StaticMacAddress 101010101105", "-StaticMacAddress 101010101150", ("HNV304", 12)),
    ],
)  # fmt: skip
def test_a_wrong_value_is_found_at_its_line(
    right: str, wrong: str, found: tuple[str, int], tmp_path: Path
) -> None:
    assert right in FABRIC

    assert found in linted(FABRIC.replace(right, wrong), tmp_path)


@pytest.mark.parametrize(
    ("missing", "found"),
    [
        ("ProviderAddress -CimSession host1", ("HNV201", 5)),
        ("CustomerAddress 10.0.0.5", ("HNV304", 12)),
        ("CustomerAddress 10.0.0.1 ", ("HNV022", 10)),
        ("VirtualSubnetID 6001 -DestinationPrefix", ("HNV101", 5)),
        ("VMName sql -VirtualSubnetId", ("HNV304", 6)),
    ],
)
def test_a_missing_command_is_found_where_it_is_missed(
    missing: str, found: tuple[str, int], tmp_path: Path
) -> None:
    script = "".join("\n" if missing in line else line for line in FABRIC.splitlines(keepends=True))

    assert script != FABRIC
    assert found in linted(script, tmp_path)
