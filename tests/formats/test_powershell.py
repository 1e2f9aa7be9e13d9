# ruff: noqa: E501 - the lines of scripts are as long as administrators write them
"""Scripts as administrators write them: who is told what, and by which line."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

import pytest

from hnvemu.errors import PolicyError
from hnvemu.formats.powershell import read_script
from hnvemu.model.acl import Action, Direction
from hnvemu.model.policy import Profile
from hnvemu.model.records import RecordType

if TYPE_CHECKING:
    from hnvemu.findings import Finding
    from hnvemu.formats.inventory import HostInventory, Inventory


def read(script: str, **files: str) -> tuple[Inventory, tuple[Finding, ...]]:
    def beside(name: str) -> bytes | None:
        found = files.get(name.replace(".", "_").replace("/", "__"))
        return None if found is None else found.encode()

    return read_script("deploy.ps1", script.encode(), beside)


def clean(script: str, **files: str) -> Inventory:
    inventory, losses = read(script, **files)
    assert [str(loss) for loss in losses] == []
    return inventory


def host(inventory: Inventory, name: str) -> HostInventory:
    return next(each for each in inventory.hosts if each.name == name)


def lines(rows: object) -> list[int]:
    assert isinstance(rows, tuple)
    return [row.origin.line for row in rows]


RECORD = (
    "New-NetVirtualizationLookupRecord -CustomerAddress {ca} -VirtualSubnetID 5001"
    " -MACAddress 00155D010203 -ProviderAddress 192.168.4.11 -Rule TranslationMethodEncap"
)


def record(ca: str = "10.0.0.5", more: str = "") -> str:
    return f"{RECORD.format(ca=ca)} {more}".rstrip()


def addresses(script: str, **files: str) -> list[str]:
    """Return the CAs of the records that a script makes, in order."""
    return [str(row.ca) for each in clean(script, **files).hosts for row in each.records or ()]


# ---------------------------------------------------------------------------------------------
# Row by row: the scripts that can be found


DEMO = """\
# The two VMs of \u201cBlue\u201d, on two hosts
$Hosts = "host1", "host2"
$PAs = @("192.168.4.11", "192.168.4.22")
$cred = Get-Credential "contoso\\admin"
for ($i = 0; $i -lt $Hosts.Length; $i++)
{
    $iface = Get-NetAdapter "WNVNIC" -CimSession $Hosts[$i]
    New-NetVirtualizationProviderAddress -CimSession $Hosts[$i] `
        -InterfaceIndex $iface.InterfaceIndex -ProviderAddress $PAs[$i] -PrefixLength 24 -VlanID 7
    New-NetVirtualizationLookupRecord -CimSession $Hosts[$i] -CustomerAddress "10.0.0.5" -ProviderAddress "192.168.4.11" -VirtualSubnetID "5001" -MACAddress "101010101105" -Rule "TranslationMethodEncap" -VMName "Blue1"
    New-NetVirtualizationLookupRecord -CimSession $Hosts[$i] -CustomerAddress "10.0.0.7" -ProviderAddress "192.168.4.22" -VirtualSubnetID "5001" -MACAddress "101010101107" -Rule "TranslationMethodEncap" -VMName "Blue2"
    New-NetVirtualizationCustomerRoute -RoutingDomainID "{11111111-2222-3333-4444-000000000001}" -VirtualSubnetID 5001 -DestinationPrefix "10.0.0.0/24" -NextHop "0.0.0.0" -Metric 255 -CimSession $Hosts[$i]
}
Invoke-Command -ComputerName $Hosts[0] -Credential $cred {
    Get-VMNetworkAdapter "Blue1" | where {$_.MacAddress -eq "101010101105"} | Set-VMNetworkAdapter -VirtualSubnetID 5001;
}
Invoke-Command -ComputerName $Hosts[1] -Credential $cred {
    Get-VMNetworkAdapter * | where { $_.MacAddress -eq "10-10-10-10-11-07" } | Set-VMNetworkAdapter -VirtualSubnetID 5001;
}
"""


def test_the_simple_demo_tells_each_host_its_address_and_both_hosts_all_records() -> None:
    inventory = clean(DEMO)

    first, second = inventory.hosts
    assert (first.name, second.name) == ("host1", "host2")
    assert [str(held.address) for held in first.addresses] == ["192.168.4.11"]
    assert [str(held.address) for held in second.addresses] == ["192.168.4.22"]
    assert first.addresses[0].vlan == 7
    assert first.addresses[0].prefix == ip_network("192.168.4.0/24")
    for each in (first, second):
        assert each.records is not None
        assert each.routes is not None
        assert [str(row.ca) for row in each.records] == ["10.0.0.5", "10.0.0.7"]
        assert [row.vm for row in each.records] == ["Blue1", "Blue2"]
        assert lines(each.records) == [10, 11]
        assert [(row.rdid[-3:], row.next_hop, row.vsid) for row in each.routes] == [
            ("01}", None, 5001)
        ]
        assert lines(each.routes) == [12]


def test_an_adapter_that_is_chosen_by_its_mac_gets_the_name_of_its_record() -> None:
    inventory = clean(DEMO)

    ports = [port for each in inventory.hosts for port in each.ports]
    assert [(port.name, port.host, port.vsid, str(port.mac)) for port in ports] == [
        ("Blue1", "host1", 5001, "10-10-10-10-11-05"),
        ("Blue2", "host2", 5001, "10-10-10-10-11-07"),
    ]
    assert [port.origin.line for port in ports] == [15, 18]


GATEWAY_DEMO = """\
$gw = "gwhost"
$session = New-CimSession -ComputerName $gw
$iface = Get-NetAdapter WNVNIC -CimSession $session
New-NetVirtualizationProviderAddress -CimSession $session -InterfaceIndex $iface.InterfaceIndex -ProviderAddress 10.1.1.3 -PrefixLength 24
New-NetVirtualizationProviderRoute -CimSession $session -InterfaceIndex $iface.InterfaceIndex -DestinationPrefix "0.0.0.0/0" -NextHop 10.1.1.1
New-NetVirtualizationLookupRecord -CustomerAddress 10.0.1.2 -VirtualSubnetID 5002 -MACAddress 101010101502 -ProviderAddress 10.1.1.3 -Rule TranslationMethodEncap -VMName GW -CimSession $session
New-NetVirtualizationLookupRecord -CustomerAddress 0.0.0.0 -VirtualSubnetID 5002 -MACAddress 101010101502 -ProviderAddress 10.1.1.3 -Rule TranslationMethodEncap -Type GatewayWildcard -CimSession $session
New-NetVirtualizationCustomerRoute -RoutingDomainID "{11111111-2222-3333-4444-000000000001}" -VirtualSubnetID 5002 -DestinationPrefix "0.0.0.0/0" -NextHop 10.0.1.2 -Metric 255 -CimSession $session
Invoke-Command -ComputerName $gw { Get-VMNetworkAdapter -ManagementOS | where {$_.MacAddress -eq "101010101502"} | Set-VMNetworkAdapter -VirtualSubnetID 5002 }
"""


def test_the_gateway_demo_has_a_wildcard_a_provider_route_and_an_adapter_of_the_host() -> None:
    inventory = clean(GATEWAY_DEMO)

    found = host(inventory, "gwhost")
    assert found.records is not None
    assert [row.type for row in found.records] == [
        RecordType.STATIC,
        RecordType.GATEWAY_WILDCARD,
    ]
    assert [(str(row.prefix), str(row.next_hop)) for row in found.provider_routes] == [
        ("0.0.0.0/0", "10.1.1.1")
    ]
    assert lines(found.provider_routes) == [5]
    assert [(port.vsid, str(port.mac)) for port in found.ports] == [(5002, "10-10-10-10-15-02")]
    assert inventory.profile is Profile.WS2012R2


MTGW = """\
# Remove what is there
Get-NetVirtualizationLookupRecord | Remove-NetVirtualizationLookupRecord
Remove-NetVirtualizationCustomerRoute
$PA = \u201c10.60.0.10\u201d
$MAC1 = \u2018001DD8B71C01\u2019
$Vsid = 6001
$Rdid = "{22222222-2222-3333-4444-000000000001}"
$VmMemory = 4GB
$nic = Get-NetAdapter -Name "Ethernet 2"
New\u2013NetVirtualizationProviderAddress \u2013InterfaceIndex $nic.InterfaceIndex \u2013ProviderAddress $PA \u2013PrefixLength 24
New-NetVirtualizationLookupRecord \u2013CustomerAddress 0.0.0.0 \u2013VirtualSubnetID $Vsid \u2013MACAddress $MAC1 \u2013ProviderAddress $PA \u2013Rule TranslationMethodEncap -Type GatewayWildcard
New-VM -Name MTGW -MemoryStartupBytes $VmMemory -SwitchName "wnv"
Add-VMNetworkAdapter -VMName MTGW -Name "Tenants" -StaticMacAddress $MAC1
Set-VMNetworkAdapterIsolation -VMName MTGW -VMNetworkAdapterName Tenants -MultiTenantStack On -IsolationMode NativeVirtualSubnet
Add-VMNetworkAdapterRoutingDomainMapping -VMName MTGW -VMNetworkAdapterName Tenants -RoutingDomainID $Rdid -RoutingDomainName "Contoso" -IsolationID $Vsid
Set-NetVirtualizationGlobal -UseExternalRouter $true
"""


def test_a_multi_tenant_gateway_has_a_port_in_each_routing_domain() -> None:
    inventory = clean(MTGW)

    found = host(inventory, "localhost")
    port = next(port for port in found.ports if port.trunk)
    assert (port.name, port.vsid, port.trunk) == ("MTGW:Tenants", 6001, "MTGW:Tenants")
    assert port.network == "{22222222-2222-3333-4444-000000000001}"
    assert inventory.networks == (("Contoso", "{22222222-2222-3333-4444-000000000001}"),)
    assert found.use_external_router
    assert [str(held.address) for held in found.addresses] == ["10.60.0.10"]
    assert lines(found.addresses) == [10]


COMPUTE = """\
$Web = "Contoso-Web"
$Sql = "Contoso-Sql"
$Mac = @{ $Web = "00155D000001"; $Sql = "00155D000002" }
New-NetVirtualizationLookupRecord -CustomerAddress 10.1.0.11 -VirtualSubnetID 6001 -MACAddress $Mac[$Web] -ProviderAddress 10.60.0.20 -Rule TranslationMethodEncap -VMName $Web
New-NetVirtualizationLookupRecord -CustomerAddress 10.1.0.12 -VirtualSubnetID 6001 -MACAddress $Mac[$Sql] -ProviderAddress 10.60.0.20 -Rule TranslationMethodEncap -VMName $Sql
Add-VMNetworkAdapterAcl -VMName $Web, $Sql -RemoteIPAddress 10.9.0.0/16 -Direction Both -Action Deny
Set-VMNetworkAdapter -VMName $Web -VirtualSubnetId 6001 -MacAddressSpoofing On -DhcpGuard On
Set-VMNetworkAdapter $Sql -VirtualSubnetId 6001 -RouterGuard On
"""


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Get-VMNetworkAdapter GW | where MacAddress -eq 00155D010001", "Get-VMNetworkAdapter GW | where { $_.MacAddress -eq '00-15-5D-01-00-02' }"),
        ("(Get-VM GW).NetworkAdapters | where MacAddress -eq 00155D010001", "Get-VM GW | Get-VMNetworkAdapter | where MacAddress -eq 00155D010002"),
        ("Get-VMNetworkAdapter GW | where Name -eq Int", "Get-VMNetworkAdapter GW | where Name -eq Ext"),
    ],
)  # fmt: skip
def test_each_adapter_of_a_vm_that_a_script_picks_out_is_one(first: str, second: str) -> None:
    inventory = clean(
        f"{first} | Set-VMNetworkAdapter -VirtualSubnetId 5001 -StaticMacAddress 00155D010001\n"
        f"{second} | Set-VMNetworkAdapter -VirtualSubnetId 6001 -StaticMacAddress 00155D010002\n"
        f"{second} | Add-VMNetworkAdapterExtendedAcl -Action Deny -Direction Inbound -Weight 1"
    )

    ports = host(inventory, "localhost").ports
    assert [(int(port.mac) & 0xF, port.vsid) for port in ports] == [(1, 5001), (2, 6001)]
    (acl,) = inventory.extended_acls
    assert acl.vms.patterns in (("00-15-5D-01-00-02",), ("GW:Ext",))


def test_a_function_may_be_sent_to_other_hosts() -> None:
    inventory = clean(
        f"function Deploy {{ {record()} }}\n"
        "Invoke-Command -ComputerName A, B -ScriptBlock ${function:Deploy}"
    )

    assert [(each.name, len(each.records or ())) for each in inventory.hosts] == [
        ("A", 1),
        ("B", 1),
    ]


def test_adapters_of_vms_that_nobody_knows_are_told() -> None:
    script = "Get-VM | where Name -eq GW | Get-VMNetworkAdapter | Set-VMNetworkAdapter -VirtualSubnetId 5001"

    _, (loss,) = read(script)

    assert loss.message.startswith(
        "what Set-VMNetworkAdapter works on is what Get-VMNetworkAdapter"
    )


def test_a_compute_host_knows_its_vms_by_name() -> None:
    inventory = clean(COMPUTE)

    web, sql = host(inventory, "localhost").ports
    assert (web.name, web.mac_spoofing, web.dhcp_guard, web.router_guard) == (
        "Contoso-Web",
        True,
        True,
        False,
    )
    assert (sql.name, str(sql.mac), sql.router_guard) == (
        "Contoso-Sql",
        "00-15-5D-00-00-02",
        True,
    )
    (acl,) = inventory.port_acls
    assert acl.vms.patterns == ("Contoso-Web", "Contoso-Sql")
    assert (acl.direction, acl.action, acl.origin.line) == (Direction.BOTH, "deny", 6)


BLOG = """\
Some prose that is no PowerShell: don't run me!

```powershell
PS C:\\> ipmo NetWNV
PS C:\\> # New-NetVirtualizationLookupRecord -CustomerAddress 10.0.0.99
PS C:\\> New-NetVirtualizationLookupRecord \u2013CustomerAddress fd00::5 \u2013VirtualSubnetID 5001 \u2013MACAddress 00155D010203 \u2013ProviderAddress 192.168.4.11 \u2013Rule TranslationMethodEncap
PS C:\\> New-NetVirtualizationLookupRecord -CustomerAddress :: -VirtualSubnetID 5001 -MACAddress 00155D010204 -ProviderAddress 192.168.4.12 -Rule TranslationMethodEncap -Type GatewayWildcard
```

And more prose.

```
Set-VMNetworkAdapter gw -VirtualSubnetId 5001
```
"""


def test_a_pasted_article_is_read_between_its_fences_with_its_prompts_and_dashes() -> None:
    inventory, losses = read(BLOG)

    found = host(inventory, "localhost")
    assert found.records is not None
    assert [str(row.ca) for row in found.records] == ["fd00::5", "::"]
    assert lines(found.records) == [6, 7]
    assert [row.origin.column for row in found.records] == [9, 9]
    (loss,) = losses
    assert "MAC address of the adapter 'gw'" in loss.message


INVENTORY_SCRIPT = """\
function Get-Records {
    param([string[]]$Computers, [switch]$Quiet)
    foreach ($Computer in $Computers) {
        foreach ($VM in (Get-VM -ComputerName $Computer)) {
            $found = Invoke-Command -ComputerName $Computer { Get-NetVirtualizationLookupRecord | where { $_.VMName -match $VM.Name } }
            New-Object PSObject -Property @{ Host = $Computer; VM = $VM.Name; Records = $found }
        }
    }
}
Get-Records -Computers host1, host2 | Format-Table
"""


def test_a_script_that_only_reads_tells_nothing_to_anyone() -> None:
    inventory, losses = read(INVENTORY_SCRIPT)

    assert inventory.hosts == ()
    assert [loss.help for loss in losses] == ["write $using:VM, or hand it over with -ArgumentList"]


MIGRATION = """\
$rules = @(
    @{ Action = 'Allow'; Weight = 100; RemotePort = 443 },
    @{ Action = 'Deny'; Weight = 1 }
)
foreach ($rule in $rules) {
    $params = @{ VMName = 'web'; Direction = 'Outbound'; Action = $rule.Action; Weight = $rule.Weight }
    if ($rule.RemotePort) { $params += @{ Protocol = 'TCP'; RemotePort = ('{0}-{1}' -f $rule.RemotePort, 444) } }
    try {
        Invoke-Command -ComputerName target { $p = $using:params; Add-VMNetworkAdapterExtendedAcl @p }
    } catch { Write-Error $_ }
}
"""


def test_extended_acls_that_are_copied_with_splatting_keep_their_values_and_line() -> None:
    inventory = clean(MIGRATION)

    allow, deny = inventory.extended_acls
    assert (allow.action, allow.weight, allow.direction) == ("allow", 100, Direction.OUTBOUND)
    assert allow.remote_port is not None
    assert allow.remote_port.ranges == ((443, 444),)
    assert (deny.action, deny.weight, deny.protocol) == ("deny", 1, None)
    assert allow.vms.patterns == ("target/web",)
    assert (allow.origin.line, deny.origin.line) == (9, 9)


DEFAULT_DENY = """\
foreach ($d in 'Inbound','Outbound') {
    Add-VMNetworkAdapterExtendedAcl -VMName vm1 -Action Deny -Direction $d -LocalIPAddress ANY -RemoteIPAddress ANY -Weight 1
    Add-VMNetworkAdapterExtendedAcl vm1 Allow $d ANY 10.0.0.0/24 80 Any TCP 10 -Stateful $true -IdleSessionTimeout 3600
}
Remove-VMNetworkAdapterExtendedAcl -VMName vm1 -Direction Outbound -Weight 1
"""


def test_default_deny_snippets_bind_by_name_and_by_position() -> None:
    inventory = clean(DEFAULT_DENY)

    assert [(acl.weight, acl.direction) for acl in inventory.extended_acls] == [
        (1, Direction.INBOUND),
        (10, Direction.INBOUND),
        (10, Direction.OUTBOUND),
    ]
    allow = inventory.extended_acls[1]
    assert (allow.stateful, allow.idle_timeout) == (True, 3600)
    assert str(allow.remote) == "10.0.0.0/24"
    assert allow.local_port is not None


def test_an_address_without_quotes_is_a_command_and_is_refused() -> None:
    _, losses = read("$ip = 192.168.0.100\n" + record("$ip"))

    assert (losses[0].origin.line, losses[0].help) == (1, "put it in quotes")
    assert "-CustomerAddress depends on" in losses[1].message


# ---------------------------------------------------------------------------------------------
# The language


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ('foreach ($n in 5..6) { X "10.0.0.$n" }', ["10.0.0.5", "10.0.0.6"]),
        ('5..6 | % { X "10.0.0.$_" }', ["10.0.0.5", "10.0.0.6"]),
        ('5..7 | where { $_ -ne 6 } | foreach { X "10.0.0.$_" }', ["10.0.0.5", "10.0.0.7"]),
        ('$i = 5; while ($i -lt 7) { X "10.0.0.$i"; $i++ }', ["10.0.0.5", "10.0.0.6"]),
        ('$i = 5; do { X "10.0.0.$i"; $i += 1 } until ($i -ge 7)', ["10.0.0.5", "10.0.0.6"]),
        ("X ('10.0.0.{0}' -f 9)", ["10.0.0.9"]),
        ("X ('10','0','0','9' -join '.')", ["10.0.0.9"]),
        ("X ('10.0.0.9/24' -split '/')[0]", ["10.0.0.9"]),
        ("X ('10.0.0.9/24'.Split('/')[0])", ["10.0.0.9"]),
        ('$a = @{ n = 4 }; $a.n += 5; X "10.0.0.$($a.n)"', ["10.0.0.9"]),
        ("$a = [pscustomobject]@{ IP = '10.0.0.9' }; $a | % IP | % { X $_ }", ["10.0.0.9"]),
        ("$a = @(); $a += '10.0.0.5'; $a += '10.0.0.6'; $a | % { X $_ }", ["10.0.0.5", "10.0.0.6"]),
        ("switch ('b') { 'a' { X 10.0.0.5 } 'b' { X 10.0.0.6 } default { X 10.0.0.7 } }", ["10.0.0.6"]),
        ("if ($false) { X 10.0.0.5 } elseif (1 -eq 1) { X 10.0.0.6 } else { X 10.0.0.7 }", ["10.0.0.6"]),
        ("function F { param($A, $B = '9') X \"10.0.$A.$B\" }; F 1; F -B 2 -A 3", ["10.0.1.9", "10.0.3.2"]),
        ('function F($a) { return "10.0.0.$a" }; X (F 9)', ["10.0.0.9"]),
        ("$t = @'\n10.0.0.9\n'@; X $t", ["10.0.0.9"]),
        ('$n = 9; $t = @"\n10.0.0.$n\n"@; X $t', ["10.0.0.9"]),
        ("$a, $b = '10.0.0.5', '10.0.0.6'; X $b; X $a", ["10.0.0.6", "10.0.0.5"]),
        ('$n = 0x09; X "10.0.0.$n"', ["10.0.0.9"]),
        ("$x = if ($true) { '10.0.0.5' } else { '10.0.0.6' }; X $x", ["10.0.0.5"]),
        ("X 10.0.0.9 # a comment\n<# X 10.0.0.10\n#>", ["10.0.0.9"]),
        ('foreach ($n in 1..9) { if ($n -eq 2) { continue }; if ($n -gt 3) { break }; X "10.0.0.$n" }', ["10.0.0.1", "10.0.0.3"]),
        ('$b = { param($n) X "10.0.0.$n" }; & $b 9', ["10.0.0.9"]),
        ("$o = 'b','a' | sort; X \"10.0.0.$($o.Count)\"", ["10.0.0.2"]),
        ("$n = 8; $n++; X 10.0.0.$n", ["10.0.0.9"]),
        ("@{ip='10.0.0.9'}.GetEnumerator() | % { X $_.Value }", ["10.0.0.9"]),
        ("'ip,x','10.0.0.9,1' | ConvertFrom-Csv | % { X $_.ip }", ["10.0.0.9"]),
        ("('{\"a\":[{\"ip\":\"10.0.0.9\"}]}' | ConvertFrom-Json).a | % { X $_.ip }", ["10.0.0.9"]),
    ],
)  # fmt: skip
def test_the_language_is_evaluated(script: str, expected: list[str]) -> None:
    start = f"function X($ca) {{ {record('$ca')} }}\n"

    assert addresses(start + script) == expected


@pytest.mark.parametrize(
    ("script", "value"),
    [
        ("'web1' -like 'web[12]'", "True"),
        ("'web3' -like 'web[0-2]'", "False"),
        ("'ABC' -clike 'a*'", "False"),
        ("'ABC' -cmatch 'b'", "False"),
        ("'ABC' -creplace 'b', 'x'", "ABC"),
        ("'10.0.0.7' -replace '(?<last>\\d+)$', '$&.${last}$$'", "10.0.0.7.7$"),
        ("'a.b' -split '.', 0, 'SimpleMatch' -join '|'", "a|b"),
        ("'a,,b'.Split(',', [StringSplitOptions]::RemoveEmptyEntries) -join '|'", "a|b"),
        ("'a,b,c'.Split(',', 2) -join '|'", "a|b,c"),
        ("-7 % 3", "-1"),
        ("[math]::Round(3.14159, 2)", "3.14"),
        ("[string]::Join('-', 'a', 'b')", "a-b"),
        ("[string]::IsNullOrEmpty($nowhere)", "True"),
        ("([ipaddress]'::1').AddressFamily", "InterNetworkV6"),
        ("(1..10 | select -Skip 2 -First 2) -join ','", "3,4"),
        ("(1..10 | select -Skip 2 -Last 2) -join ','", "7,8"),
        ("(1..10 | select -Index 0, 3) -join ','", "1,4"),
        ("$o = @{ n = 'a'; v = 1 }, @{ n = 'b'; v = 2 }\n($o | sort @{ e = { $_.v }; Descending = $true } | % { $_.n }) -join ''", "ba"),
        ("$o = New-Object PSObject; $o | Add-Member NoteProperty X 3; $o | Add-Member @{ Y = 4 }\n$o.X + $o.Y", "7"),
        ("$a = [System.Collections.Generic.List[string]]::new(); $a.Add('x'); $a.AddRange(('y', 'z')); [void] $a.Remove('y'); $a.Insert(0, 'w')\n$a -join ''", "wxz"),
        ("$a = [System.Collections.ArrayList] @(1, 2); $a.Reverse(); $a.RemoveAt(0)\n$a -join ''", "1"),
        ("$a = 1, 2, 3; [array]::Reverse($a)\n$a -join ''", "321"),
        ("(1, 2, 3).ForEach({ $_ * 2 }).Where({ $_ -gt 2 }) -join ''", "46"),
        ("$a = @(); switch (1, 2, 3) { 2 { break } default { $a += $_ } }\n$a -join ''", "1"),
        ("$a = @(); switch (1, 2) { 1 { $a += 'x'; continue } 1 { $a += 'y' } 2 { $a += 'z' } }\n$a -join ''", "xz"),
        ("$a = ''; :out foreach ($i in 1..3) { foreach ($j in 1..3) { if ($j -eq 2) { continue out }; if ($i -eq 3) { break out }; $a += $i } }\n$a", "12"),
        ("filter Twice { $_ * 2 }\n(1, 2 | Twice) -join ''", "24"),
        ("function F { param([Parameter(ValueFromPipeline)] [int] $x) process { $x + 1 } }\n('1', '2' | F) -join ''", "23"),
        ("function F { param([Parameter(ValueFromPipelineByPropertyName = $true)] $n) process { $n } }\n[pscustomobject] @{ n = 'p' } | F", "p"),
    ],
)  # fmt: skip
def test_an_expression_has_the_value_that_powershell_gives_it(script: str, value: str) -> None:
    before, _, last = script.rpartition("\n")
    inventory = clean(f"{before}\n$value = {last}\n{record(more='-Context $value')}")

    (row,) = host(inventory, "localhost").records or ()
    assert row.context == value


def test_a_filter_that_is_text_asks_for_the_property_of_that_name() -> None:
    script = f"@{{ a = 1 }}, @{{ b = 1 }} | where -FilterScript b | % {{ {record()} }}"

    assert addresses(script) == ["10.0.0.5"]


def test_lines_of_a_file_may_be_the_first_ones_alone() -> None:
    script = f"Get-Content ips.txt -TotalCount 1 | % {{ {record('$_')} }}"

    assert addresses(script, ips_txt="10.0.0.5\n10.0.0.6\n") == ["10.0.0.5"]


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("$a = 2, 1; [array]::Sort($a)", "Sort() of a list is not evaluated"),
        ("$a = [System.Collections.ArrayList] @(1); $a.RemoveAll($b)", "RemoveAll() of a list"),
        ("'a' | Add-Member ScriptProperty X { 1 }", "this member is not added"),
        ("Start-Process powershell '-File other.ps1'", "the command 'Start-Process' is not"),
        ("Move-VM web1 HV02", "the command 'Move-VM' is not evaluated"),
        ("$a = '1', '2' | sort { [version] $_ }\n" + record("$a[0]"), "what Sort-Object puts first"),
        ("switch (1) { { $_ -eq (Get-Date) } { X } default { " + record() + " } }", "whether a clause of this switch is meant is not known: 1 command"),
    ],
)  # fmt: skip
def test_what_would_end_in_a_wrong_value_is_told(script: str, message: str) -> None:
    inventory, losses = read(script)

    assert [message in loss.message for loss in losses] == [True], [str(loss) for loss in losses]
    assert all(each.records in (None, ()) for each in inventory.hosts)


def test_files_beside_the_script_are_read() -> None:
    script = f"""\
Import-Csv "$PSScriptRoot\\data\\records.csv" | ForEach-Object {{ {record("$_.CA")} }}
$config = Import-PowerShellDataFile .\\fabric.psd1
foreach ($node in $config.Nodes) {{ {record("$node.CA")} }}
$json = Get-Content (Join-Path $PSScriptRoot more.json) -Raw | ConvertFrom-Json
{record("$json.ca")}
. .\\lib.ps1
"""

    found = addresses(
        script,
        data__records_csv="CA,VM\n10.0.0.1,a\n10.0.0.2,b\n",
        fabric_psd1="@{ Nodes = @(@{ CA = '10.0.0.3' }) }",
        more_json='{"ca": "10.0.0.4"}',
        lib_ps1=record("10.0.0.5"),
    )

    assert found == ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5"]


@pytest.mark.parametrize(
    "path", ["../secret.csv", "C:\\secret.csv", "/etc/passwd", "a/../../b.csv", "\\\\srv\\x.csv"]
)
def test_files_outside_of_the_folder_are_never_asked_for(path: str) -> None:
    asked: list[str] = []

    def beside(name: str) -> bytes | None:
        asked.append(name)
        return None

    _, losses = read_script("deploy.ps1", f"Import-Csv '{path}'".encode(), beside)

    assert asked == []
    assert "is not beside the script" in losses[0].message


def test_a_data_file_with_commands_is_refused() -> None:
    _, losses = read("$a = Import-PowerShellDataFile x.psd1", x_psd1="@{ a = (Get-Date) }")

    assert "is no data file" in losses[0].message


def test_a_remote_block_has_variables_of_its_own() -> None:
    script = f"$ca = '10.0.0.5'\nInvoke-Command -ComputerName h1 {{ {record('$ca')} }}"

    _, losses = read(script)

    assert "$using:ca" in losses[0].message
    assert losses[0].origin.line == 2


def test_using_and_arguments_reach_a_remote_block() -> None:
    script = f"""\
$ca = '10.0.0.5'
Invoke-Command -ComputerName h1, h2 -ScriptBlock {{ param($vm) {record("$using:ca", "-VMName $vm")} }} -ArgumentList web
"""

    inventory = clean(script)

    assert [each.name for each in inventory.hosts] == ["h1", "h2"]
    assert [row.vm for each in inventory.hosts for row in each.records or ()] == ["web", "web"]


# ---------------------------------------------------------------------------------------------
# Tables


def test_set_and_remove_change_what_new_made() -> None:
    script = "\n".join(
        [
            record("10.0.0.5"),
            record("10.0.0.6"),
            "Set-NetVirtualizationLookupRecord -CustomerAddress 10.0.0.5 -ProviderAddress 192.168.4.99",
            "Remove-NetVirtualizationLookupRecord -CustomerAddress 10.0.0.6",
        ]
    )

    (row,) = clean(script).hosts[0].records or ()

    assert (str(row.ca), str(row.pa), row.origin.line) == ("10.0.0.5", "192.168.4.99", 3)


def test_a_second_record_of_the_same_key_fails_and_one_that_was_removed_may_come_back() -> None:
    remove = "Remove-NetVirtualizationLookupRecord -CustomerAddress 10.0.0.5"
    script = f"{record()}\n{record()}\n{remove}\n{record()}"

    inventory, losses = read(script)

    assert lines(inventory.hosts[0].records) == [4]
    assert [loss.origin.line for loss in losses] == [2]
    assert "exists on localhost already" in losses[0].message


def test_remove_without_arguments_removes_everything_of_that_host_alone() -> None:
    script = f"""\
{record("10.0.0.5", "-CimSession h1, h2")}
Remove-NetVirtualizationLookupRecord -CimSession h1
"""

    inventory = clean(script)

    assert host(inventory, "h1").records == ()
    assert len(host(inventory, "h2").records or ()) == 1


def test_a_blank_address_without_types_is_a_script_for_windows_server_2012() -> None:
    inventory, losses = read(record("0.0.0.0"))

    assert inventory.profile is Profile.WS2012
    assert "Windows Server 2012" in losses[0].message


def test_firewall_rules_are_those_of_guests() -> None:
    script = """\
Set-VMNetworkAdapter -VMName web -StaticMacAddress 00155D010203 -VirtualSubnetId 5001
New-NetFirewallRule -DisplayName "Ping" -Protocol ICMPv4 -IcmpType 8 -Action Allow -Profile Domain,Private
Invoke-Command -VMName web { New-NetFirewallRule -DisplayName Web -Direction Inbound -Protocol TCP -LocalPort 80,8000-8100 -RemoteAddress LocalSubnet, 10.1.0.0/255.255.0.0 -Action Block }
Disable-NetFirewallRule -DisplayName P*
Set-NetFirewallProfile -Profile Domain,Public,Private -DefaultOutboundAction Block
"""

    inventory = clean(script)

    ping, web = inventory.firewall_rules
    assert (ping.name, ping.enabled, ping.icmp_type) == ("Ping", False, ((0x800, 0x8FF),))
    assert ping.vms.patterns is None
    assert (web.vms.patterns, web.action) == (("web",), Action.BLOCK)
    assert web.local_port is not None
    assert web.local_port.ranges == ((80, 80), (8000, 8100))
    assert str(web.remote_address) == "10.1.0.0/16, localsubnet"
    assert inventory.firewall_defaults[0].outbound is Action.BLOCK


def test_host_bits_of_a_prefix_are_kept_as_they_were_written() -> None:
    script = (
        "New-NetVirtualizationCustomerRoute -RoutingDomainID 11111111-2222-3333-4444-000000000001"
        " -VirtualSubnetID 5001 -DestinationPrefix 10.0.0.7/24 -NextHop 10.0.0.1"
    )

    (row,) = clean(script).hosts[0].routes or ()

    assert (row.prefix, row.written) == (ip_network("10.0.0.0/24"), "10.0.0.7/24")
    assert row.next_hop == ip_address("10.0.0.1")
    assert row.rdid == "{11111111-2222-3333-4444-000000000001}"


def test_entries_that_were_there_before_may_go_and_those_of_the_script_go_with_them() -> None:
    script = """\
Add-VMNetworkAdapterExtendedAcl -VMName a, b -Action Deny -Direction Inbound -Weight 1
Add-VMNetworkAdapterAcl -VMName a -Action Deny -Direction Inbound -RemoteIPAddress 10.0.0.0/8
Get-VMNetworkAdapterExtendedAcl -VMName a | Remove-VMNetworkAdapterExtendedAcl
Get-VMNetworkAdapterAcl -VMName b | Remove-VMNetworkAdapterAcl
Add-VMNetworkAdapterExtendedAcl -VMName b -Action Allow -Direction Inbound -Weight 9
Get-VMNetworkAdapterExtendedAcl -VMName b | where { $_.Weight -eq 1 } | Remove-VMNetworkAdapterExtendedAcl
"""

    inventory = clean(script)

    assert [acl.vms.patterns for acl in inventory.port_acls] == [("a",)]
    assert [(acl.weight, acl.vms.patterns) for acl in inventory.extended_acls] == [(9, ("b",))]


def test_entries_that_were_there_before_are_told_where_a_script_copies_them() -> None:
    _, losses = read(
        "foreach ($e in Get-VMNetworkAdapterExtendedAcl -VMName a) {\n"
        "  Add-VMNetworkAdapterExtendedAcl -VMName b -Action $e.Action -Direction $e.Direction -Weight 1\n"
        "}"
    )

    assert [loss.origin.line for loss in losses] == [1]
    assert "1 command in it is left out" in losses[0].message


def test_what_comes_from_one_host_is_removed_there() -> None:
    script = f"""\
{record("10.0.0.5", "-CimSession h1, h2")}
Get-NetVirtualizationLookupRecord -CimSession h1 | Remove-NetVirtualizationLookupRecord
"""

    inventory = clean(script)

    assert [each.name for each in inventory.hosts] == ["h1", "h2"]
    assert [len(each.records or ()) for each in inventory.hosts] == [0, 1]


def test_a_record_for_several_hosts_is_one_record() -> None:
    inventory = clean(record("10.0.0.5", "-CimSession (New-CimSession -ComputerName h1, h2)"))

    (one,), (other,) = (each.records or () for each in inventory.hosts)
    assert one is other


def test_a_record_for_several_hosts_is_changed_and_removed_on_each_alone() -> None:
    script = f"""\
{record("10.0.0.5", "-CimSession h1, h2, h3")}
{record("10.0.0.6", "-CimSession h1, h2, h3")}
Set-NetVirtualizationLookupRecord -CimSession h2 -CustomerAddress 10.0.0.5 -ProviderAddress 192.168.4.99
Remove-NetVirtualizationLookupRecord -CimSession h1, h3 -CustomerAddress 10.0.0.5
{record("10.0.0.5", "-CimSession h3")}
"""

    inventory = clean(script)

    assert {
        each.name: [(row.origin.line, str(row.ca), str(row.pa)) for row in each.records or ()]
        for each in inventory.hosts
    } == {
        "h1": [(2, "10.0.0.6", "192.168.4.11")],
        "h2": [(3, "10.0.0.5", "192.168.4.99"), (2, "10.0.0.6", "192.168.4.11")],
        "h3": [(2, "10.0.0.6", "192.168.4.11"), (5, "10.0.0.5", "192.168.4.11")],
    }


def test_a_record_is_refused_by_the_hosts_alone_that_have_it() -> None:
    inventory, losses = read(
        f"{record('10.0.0.5', '-CimSession h1')}\n{record('10.0.0.5', '-CimSession h1, h2')}"
    )

    assert [loss.message for loss in losses] == [
        "record 10.0.0.5 in VSID 5001 exists on h1 already, so this fails"
    ]
    assert [lines(each.records) for each in inventory.hosts] == [[1], [2]]


def test_a_change_of_what_a_host_does_not_have_is_told_for_that_host() -> None:
    _, losses = read(
        f"{record('10.0.0.5', '-CimSession h1')}\n"
        "Set-NetVirtualizationLookupRecord -CimSession h1, h2 -CustomerAddress 10.0.0.5 -Context x"
    )

    assert [(loss.origin.line, loss.message) for loss in losses] == [
        (2, "No NetVirtualizationLookupRecord objects found on h2 that match, so nothing is set")
    ]


def test_hosts_that_were_told_the_same_share_the_table() -> None:
    script = f"$all = 'h1', 'h2'\n{record('10.0.0.5', '-CimSession $all')}\n{record('10.0.0.6', '-CimSession $all')}"

    one, other = clean(script).hosts

    assert one.records is other.records


def test_a_rule_for_several_guests_is_one_rule() -> None:
    script = """\
Set-VMNetworkAdapter -VMName a -StaticMacAddress 00155D010203 -VirtualSubnetId 5001
Set-VMNetworkAdapter -VMName b -StaticMacAddress 00155D010204 -VirtualSubnetId 5001
New-NetFirewallRule -CimSession a, b -DisplayName web -Protocol TCP -LocalPort 443
Set-NetFirewallProfile -CimSession a, b -All -DefaultInboundAction Block
"""

    inventory = clean(script)

    assert [rule.vms.patterns for rule in inventory.firewall_rules] == [("a", "b")]
    assert [default.vms.patterns for default in inventory.firewall_defaults] == [("a", "b")]


def test_what_is_only_shown_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hnvemu.formats.powershell.values.LONGEST", 5)
    script = f"function F {{ for ($i = 1; $i -lt 9; $i++) {{ {record('10.0.0.$i')} }} }}\nF"

    assert len(addresses(script)) == 8


def test_a_long_script_may_take_more_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hnvemu.formats.powershell.interpreter._STEPS", 100)
    script = "$n = 0\nwhile ($n -lt 100) { $n++ }\n"

    _, short = read(script)
    _, long = read(script + "\n" * 20)

    assert [loss.message for loss in short] == [
        "the script takes more than 160 steps: the evaluation ends here"
    ]
    assert long == ()


# ---------------------------------------------------------------------------------------------
# What is refused, and what is not known


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (record() + " -Foo 1", "A parameter cannot be found that matches parameter name 'Foo'"),
        (record() + " -C 1", "the parameter name 'C' is ambiguous"),
        (record() + " extra", "A positional parameter cannot be found that accepts argument 'extra'"),
        (record().replace(" -Rule TranslationMethodEncap", ""), "missing mandatory parameters: Rule"),
        (record().replace("MethodEncap", "MethodWrap"), 'Cannot convert value "TranslationMethodWrap"'),
        (record().replace("5001", "five"), 'Cannot convert value "five" to type "System.UInt32"'),
        (record().replace("5001", "-1"), "either too large or too small for UInt32"),
        (record() + " -Type", "Missing an argument for parameter 'Type'"),
        (record() + " -Type Static -Type Static", "is specified more than once"),
        (record().replace("10.0.0.5", "10.0.0.555"), "'10.0.0.555' is not an IP address"),
        (record().replace("00155D010203", "00155D0102"), "is not a MAC address"),
        (record().replace("10.0.0.5", "$nothing"), "nothing sets it before this line"),
        (record().replace("10.0.0.5", "$null"), "because it is null"),
        ("Set-VMNetworkAdapter -VMName a -ManagementOS -VirtualSubnetId 5001", "Parameter set cannot be resolved"),
        ("Add-VMNetworkAdapterExtendedAcl -VMName a -Action Allow -Direction Inbound -Weight 1 -Timeout 3600", "parameter name 'Timeout'"),
        ("Add-VMNetworkAdapterAcl -VMName a RemoteIPAddress 10.0.0.0/8 -Action Deny -Direction Both", "A positional parameter cannot be found"),
        (record().replace("10.0.0.5", "(Read-Host 'address')"), "depends on Read-Host"),
        ("Invoke-Expression 'x'", "text is not run as a script"),
        ("class A { [int] $x }", "classes are not evaluated"),
        ("netsh interface show", "the command 'netsh' is not evaluated"),
        ("if (Test-Path x) { " + record() + " }", "1 command in it is left out"),
        ("while ($true) { $i++ }", "more than 200,060 steps"),
        ("$a = 'x' * 10000000", "a repetition is longer"),
        ("$a = 1..10000000", "a range has more than"),
        ("$a = 1,2; while ($true) { $a += $a }", "a list has more than"),
        ("function F { F }; F", "calls are nested"),
        ("throw 'no'", "the script ends here with an error: no"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_a_finding_at_its_line(call: str, message: str) -> None:
    inventory, losses = read("# first\n\n" + call)

    assert len(losses) == 1, [str(loss) for loss in losses]
    assert message in losses[0].message
    assert losses[0].origin.line == 3
    assert losses[0].excerpt
    assert all(each.records in (None, ()) for each in inventory.hosts)


@pytest.mark.parametrize(
    ("script", "line", "message"),
    [
        ("$a = 'x\n", 1, "the string is never closed"),
        ("X\nif ($a) {\n X\n", 2, "is never closed with '}'"),
        ("foo )", 1, "')' closes nothing"),
        ("X `  \n -A 1", 1, "a blank stands behind this backtick"),
        ("$a = ", 1, "nothing stands behind this '='"),
        ("foreach ($a on $b) {}", 1, "foreach needs"),
        ("X && Y", 1, "'&&'"),
        ("(" * 500, 1, "nested too deeply"),
        ("$x = @{ a 1 }", 1, "'=' is missing behind this key"),
        ("<# never", 1, "never closed with '#>'"),
    ],
)
def test_what_is_no_powershell_is_an_error_with_its_place(
    script: str, line: int, message: str
) -> None:
    with pytest.raises(PolicyError) as caught:
        read(script)

    (finding,) = caught.value.findings
    assert message in finding.message
    assert finding.origin.line == line


def test_a_missing_dash_is_told_and_bound_as_powershell_does() -> None:
    script = """\
Add-VMNetworkAdapter -VMName gw -Name in -StaticMacAddress 00155D010203
Add-VMNetworkAdapterRoutingDomainMapping -VMName gw -RoutingDomainID "{11111111-2222-3333-4444-000000000001}" RoutingDomainName "Contoso" -IsolationID 5001
"""

    inventory, losses = read(script)

    assert "'RoutingDomainName' stands here without a dash" in losses[0].message
    assert inventory.networks[0][0] == "RoutingDomainName"


def test_a_slow_regular_expression_is_not_searched() -> None:
    script = f"if (('a' * 40) -match '(a+)+$') {{ {record()} }}"

    _, losses = read(script)

    assert "-match '(a+)+$'" in losses[0].message


@pytest.mark.parametrize(
    ("octets", "message"),
    [(b"\xff\xfeX", "the file is not UTF-16-LE: octet 0"), (b"X\1\0Y", "the file is binary")],
)
def test_octets_that_are_no_text_are_no_script(octets: bytes, message: str) -> None:
    with pytest.raises(PolicyError, match=message):
        read_script("a.ps1", octets, lambda _: None)


def test_a_file_beside_the_script_that_is_no_text_is_told() -> None:
    _, losses = read_script("a.ps1", b"Import-Csv x.csv", lambda _: b"a\1\0b")

    assert [loss.message for loss in losses] == ["'x.csv' cannot be read: the file is binary"]


def test_scripts_of_all_encodings_are_read() -> None:
    script = record() + " -VMName \u201cWeb\u201d"

    for octets in (script.encode("utf-16"), script.encode("utf-8-sig"), script.encode("cp1252")):
        inventory, losses = read_script("a.ps1", octets, lambda _: None)
        assert losses == ()
        assert [row.vm for row in inventory.hosts[0].records or ()] == ["Web"]
