# ruff: noqa: E501 - the lines of scripts are as long as administrators write them
"""Whole deployments as scripts of each kind write them: host, line and value of every record.

And what a packet does there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from scapy.layers.inet import IP, TCP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether

from hnvemu import Fabric, Outcome, Policy, Reason, load_policy
from hnvemu.formats.export.knowledge import knowledge_of

if TYPE_CHECKING:
    from pathlib import Path

    from hnvemu import Trace


def policy_of(tmp_path: Path, **scripts: str) -> Policy:
    for name, script in scripts.items():
        (tmp_path / f"{name}.ps1").write_text(script, encoding="utf-8")
    return load_policy(tmp_path)


def sent(policy: Policy, at: str, src: str, dst: str, port: int = 80) -> Trace:
    ip = IPv6(src=src, dst=dst, hlim=64) if ":" in src else IP(src=src, dst=dst, ttl=64)
    return Fabric.compile(policy).send(Ether() / ip / TCP(sport=49152, dport=port), at=at)


def records(policy: Policy, host: str) -> list[tuple[int, str]]:
    """Return the lookup records of a host, each with the line that makes it."""
    return [
        (record.origin.line, f"{record.vsid} {record.ca} {record.mac} {record.pa} {record.type}")
        for record in knowledge_of(policy, host).records
    ]


def routes(policy: Policy, host: str) -> list[tuple[int, str]]:
    return [
        (route.origin.line, f"{route.vsid} {route.prefix} {route.next_hop or 'on-link'}")
        for route in knowledge_of(policy, host).routes
    ]


def addresses(policy: Policy) -> list[tuple[str, int, str]]:
    return [
        (host.name, held.origin.line, f"{held.address}/{held.prefix.prefixlen}")
        for host in policy.hosts.values()
        for held in host.addresses
    ]


def ports(policy: Policy) -> list[tuple[str, int, str]]:
    return [
        (port.host, port.origin.line, f"{port.name} {port.vsid} {port.mac}")
        for port in policy.ports.values()
    ]


def line_of(trace: Trace, kind: str) -> list[int]:
    """Return the lines of the script that decided in steps of one kind."""
    steps: list[Any] = [step for step in trace.steps if type(step).__name__ == kind]
    rows: list[Any] = [getattr(each, "record", getattr(each, "route", None)) for each in steps]
    return [row.origin.line for row in rows]


# ---------------------------------------------------------------------------------------------
# Two tenants with the same addresses, two hosts


TWO_TENANTS = """\
$Hosts = "host1", "host2"
$PAs = "192.168.4.11", "192.168.4.22"
$Policy = @(
    @{ CA = "10.0.0.5"; PA = $PAs[0]; Vsid = 5001; Mac = "101010101105"; VM = "Blue1" },
    @{ CA = "10.0.0.7"; PA = $PAs[1]; Vsid = 5001; Mac = "101010101107"; VM = "Blue2" },
    @{ CA = "10.0.0.5"; PA = $PAs[0]; Vsid = 6001; Mac = "202020202105"; VM = "Red1" },
    @{ CA = "10.0.0.7"; PA = $PAs[1]; Vsid = 6001; Mac = "202020202107"; VM = "Red2" }
)
$Rdids = @{ 5001 = "{11111111-2222-3333-4444-000000000001}"; 6001 = "{11111111-2222-3333-4444-000000000002}" }
$cred = Get-Credential "contoso\\admin"
for ($i = 0; $i -lt $Hosts.Length; $i++)
{
    $iface = Get-NetAdapter "WNVNIC" -CimSession $Hosts[$i]
    New-NetVirtualizationProviderAddress -CimSession $Hosts[$i] -InterfaceIndex $iface.InterfaceIndex -ProviderAddress $PAs[$i] -PrefixLength 24
    New-NetVirtualizationLookupRecord -CimSession $Hosts[$i] -CustomerAddress "10.0.0.5" -ProviderAddress $PAs[0] -VirtualSubnetID "5001" -MACAddress "101010101105" -Rule "TranslationMethodEncap" -VMName "Blue1"
    New-NetVirtualizationLookupRecord -CimSession $Hosts[$i] -CustomerAddress "10.0.0.7" -ProviderAddress $PAs[1] -VirtualSubnetID "5001" -MACAddress "101010101107" -Rule "TranslationMethodEncap" -VMName "Blue2"
    foreach ($r in $Policy | where { $_.Vsid -eq 6001 }) {
        New-NetVirtualizationLookupRecord -CimSession $Hosts[$i] -CustomerAddress $r.CA -ProviderAddress $r.PA -VirtualSubnetID $r.Vsid -MACAddress $r.Mac -Rule TranslationMethodEncap -VMName $r.VM
    }
    foreach ($vsid in 5001, 6001) {
        New-NetVirtualizationCustomerRoute -RoutingDomainID $Rdids["$vsid"] -VirtualSubnetID $vsid -DestinationPrefix "10.0.0.0/24" -NextHop "0.0.0.0" -Metric 255 -CimSession $Hosts[$i]
    }
}
Invoke-Command -ComputerName $Hosts[0] -Credential $cred {
    Get-VMNetworkAdapter "Blue1" | where {$_.MacAddress -eq "101010101105"} | Set-VMNetworkAdapter -VirtualSubnetID 5001;
    Get-VMNetworkAdapter "Red1" | where {$_.MacAddress -eq "202020202105"} | Set-VMNetworkAdapter -VirtualSubnetID 6001;
}
Invoke-Command -ComputerName $Hosts[1] -Credential $cred {
    Get-VMNetworkAdapter "Blue2" | where {$_.MacAddress -eq "101010101107"} | Set-VMNetworkAdapter -VirtualSubnetID 5001;
    Get-VMNetworkAdapter "Red2" | where {$_.MacAddress -eq "202020202107"} | Set-VMNetworkAdapter -VirtualSubnetID 6001;
}
"""


def test_the_simple_demo_keeps_two_tenants_apart(tmp_path: Path) -> None:
    policy = policy_of(tmp_path, demo=TWO_TENANTS)

    assert policy.losses == ()
    assert addresses(policy) == [
        ("host1", 14, "192.168.4.11/24"),
        ("host2", 14, "192.168.4.22/24"),
    ]
    for host in ("host1", "host2"):
        assert records(policy, host) == [
            (15, "5001 10.0.0.5 10-10-10-10-11-05 192.168.4.11 static"),
            (16, "5001 10.0.0.7 10-10-10-10-11-07 192.168.4.22 static"),
            (18, "6001 10.0.0.5 20-20-20-20-21-05 192.168.4.11 static"),
            (18, "6001 10.0.0.7 20-20-20-20-21-07 192.168.4.22 static"),
        ]
        assert routes(policy, host) == [
            (21, "5001 10.0.0.0/24 on-link"),
            (21, "6001 10.0.0.0/24 on-link"),
        ]
    assert [(host, line) for host, line, _ in ports(policy)] == [
        ("host1", 25),
        ("host1", 26),
        ("host2", 29),
        ("host2", 30),
    ]


@pytest.mark.parametrize(("sender", "receiver", "line"), [("Blue", "Blue2", 16), ("Red", "Red2", 18)])  # fmt: skip
def test_in_the_simple_demo_each_tenant_reaches_its_own(
    sender: str, receiver: str, line: int, tmp_path: Path
) -> None:
    trace = sent(policy_of(tmp_path, demo=TWO_TENANTS), f"{sender}1", "10.0.0.5", "10.0.0.7")

    assert (trace.outcome, str(trace.receiver).partition("/")[2]) == (Outcome.DELIVERED, receiver)
    assert (trace.wire[0].sender, trace.wire[0].receiver) == ("host1", "host2")
    assert line in line_of(trace, "LookupMatched")


# ---------------------------------------------------------------------------------------------
# A gateway on a third host


GATEWAY = """\
$Hosts = "host1", "host2", "host3"
for ($i=0; $i -lt $Hosts.length; $i++) {
    New-NetVirtualizationLookupRecord -CustomerAddress "10.0.0.5" -ProviderAddress "192.168.1.101" -VirtualSubnetID "6000" -MACAddress "101010101105" -Rule "TranslationMethodEncap" -VMName "Blue1" -CimSession $Hosts[$i]
    New-NetVirtualizationLookupRecord -CustomerAddress "10.0.0.7" -ProviderAddress "192.168.1.102" -VirtualSubnetID "6000" -MACAddress "101010101107" -Rule "TranslationMethodEncap" -VMName "Blue2" -CimSession $Hosts[$i]
    New-NetVirtualizationLookupRecord -CustomerAddress "10.0.0.1" -ProviderAddress "169.254.254.254" -VirtualSubnetID "6000" -MACAddress "101010101101" -Rule "TranslationMethodEncap" -CimSession $Hosts[$i]
    New-NetVirtualizationCustomerRoute -RoutingDomainID "{11111111-2222-3333-4444-000000000001}" -VirtualSubnetID "6000" -DestinationPrefix "10.0.0.0/24" -NextHop "0.0.0.0" -Metric 255 -CimSession $Hosts[$i]
    New-NetVirtualizationLookupRecord -CustomerAddress "10.0.1.2" -ProviderAddress "192.168.1.103" -VirtualSubnetID "5000" -MACAddress "101010101002" -Rule "TranslationMethodEncap" -VMName "BlueGW" -CimSession $Hosts[$i]
    New-NetVirtualizationLookupRecord -CustomerAddress "0.0.0.0" -ProviderAddress "192.168.1.103" -VirtualSubnetID "5000" -MACAddress "101010101002" -Rule "TranslationMethodEncap" -Type "GatewayWildcard" -CimSession $Hosts[$i]
    New-NetVirtualizationLookupRecord -CustomerAddress "10.0.1.1" -ProviderAddress "169.254.254.254" -VirtualSubnetID "5000" -MACAddress "101010101001" -Rule "TranslationMethodEncap" -CimSession $Hosts[$i]
    New-NetVirtualizationCustomerRoute -RoutingDomainID "{11111111-2222-3333-4444-000000000001}" -VirtualSubnetID "5000" -DestinationPrefix "10.0.1.0/24" -NextHop "0.0.0.0" -Metric 255 -CimSession $Hosts[$i]
    New-NetVirtualizationCustomerRoute -RoutingDomainID "{11111111-2222-3333-4444-000000000001}" -VirtualSubnetID "5000" -DestinationPrefix "0.0.0.0/0" -NextHop "10.0.1.2" -Metric 255 -CimSession $Hosts[$i]
}
$iface = Get-NetAdapter "WNVNIC" -CimSession $Hosts[0]
New-NetVirtualizationProviderAddress -InterfaceIndex $iface.InterfaceIndex -ProviderAddress "192.168.1.101" -PrefixLength 24 -CimSession $Hosts[0]
New-NetVirtualizationProviderRoute -InterfaceIndex $iface.InterfaceIndex -DestinationPrefix "0.0.0.0/0" -NextHop "192.168.1.1" -CimSession $Hosts[0]
Invoke-Command -ComputerName $Hosts[0] { Get-VMNetworkAdapter "Blue1" | where {$_.MacAddress -eq "101010101105"} | Set-VMNetworkAdapter -VirtualSubnetID 6000; }
$iface = Get-NetAdapter "WNVNIC" -CimSession $Hosts[1]
New-NetVirtualizationProviderAddress -InterfaceIndex $iface.InterfaceIndex -ProviderAddress "192.168.1.102" -PrefixLength 24 -CimSession $Hosts[1]
Invoke-Command -ComputerName $Hosts[1] { Get-VMNetworkAdapter "Blue2" | where {$_.MacAddress -eq "101010101107"} | Set-VMNetworkAdapter -VirtualSubnetID 6000; }
$iface = Get-NetAdapter "WNVNIC" -CimSession $Hosts[2]
New-NetVirtualizationProviderAddress -InterfaceIndex $iface.InterfaceIndex -ProviderAddress "192.168.1.103" -PrefixLength 24 -CimSession $Hosts[2]
Invoke-Command -ComputerName $Hosts[2] { Get-VMNetworkAdapter -ManagementOS | where {$_.MacAddress -eq "101010101002"} | Set-VMNetworkAdapter -VirtualSubnetID 5000; }
"""


def test_the_gateway_demo_tells_three_hosts_the_same(tmp_path: Path) -> None:
    policy = policy_of(tmp_path, gateway=GATEWAY)

    assert policy.losses == ()
    assert addresses(policy) == [
        ("host1", 14, "192.168.1.101/24"),
        ("host2", 18, "192.168.1.102/24"),
        ("host3", 21, "192.168.1.103/24"),
    ]
    assert [(str(r.prefix), str(r.next_hop), r.origin.line) for r in policy.hosts["host1"].routes] == [
        ("0.0.0.0/0", "192.168.1.1", 15)
    ]  # fmt: skip
    for host in policy.hosts:
        assert records(policy, host) == [
            (3, "6000 10.0.0.5 10-10-10-10-11-05 192.168.1.101 static"),
            (4, "6000 10.0.0.7 10-10-10-10-11-07 192.168.1.102 static"),
            (5, "6000 10.0.0.1 10-10-10-10-11-01 169.254.254.254 static"),
            (7, "5000 10.0.1.2 10-10-10-10-10-02 192.168.1.103 static"),
            (8, "5000 0.0.0.0 10-10-10-10-10-02 192.168.1.103 gateway_wildcard"),
            (9, "5000 10.0.1.1 10-10-10-10-10-01 169.254.254.254 static"),
        ]
        assert routes(policy, host) == [
            (6, "6000 10.0.0.0/24 on-link"),
            (10, "5000 10.0.1.0/24 on-link"),
            (11, "5000 0.0.0.0/0 10.0.1.2"),
        ]
    assert ports(policy) == [
        ("host1", 16, "rd-11111111/Blue1 6000 10-10-10-10-11-05"),
        ("host2", 19, "rd-11111111/Blue2 6000 10-10-10-10-11-07"),
        ("host3", 22, "rd-11111111/ManagementOS 5000 10-10-10-10-10-02"),
    ]


def test_in_the_gateway_demo_what_is_outside_is_behind_the_third_host(tmp_path: Path) -> None:
    policy = policy_of(tmp_path, gateway=GATEWAY)

    inside = sent(policy, "Blue1", "10.0.0.5", "10.0.0.7")
    outside = sent(policy, "Blue1", "10.0.0.5", "10.222.0.3")

    assert (inside.outcome, line_of(inside, "RouteMatched")) == (Outcome.DELIVERED, [6])
    assert outside.outcome is Outcome.TO_GATEWAY
    assert outside.wire[0].receiver == "host3"
    assert line_of(outside, "RouteMatched") == [11]


# ---------------------------------------------------------------------------------------------
# A multi-tenant gateway and a compute host, each with a script of its own


MACROS = """\
$ContosoRdid = \u201c{11111111-2222-3333-4444-000000000001}\u201d
$FabrikamRdid = \u201c{11111111-2222-3333-4444-000000000002}\u201d
$ContosoVsid_VM = 7001
$ContosoVsid_GW = 7002
$FabrikamVsid_VM = 8001
$FabrikamVsid_GW = 8002
$Web_PA = \u201810.60.0.20\u2019
$GW_PA = \u201810.60.0.10\u2019
$Nic_Mac = \u201800-15-5D-00-01-01\u2019
$Router_Mac = "00155DAA0001"
$MTNic = Get-NetAdapter "CloudNic"
"""
RECORDS = """\
New-NetVirtualizationLookupRecord \u2013CustomerAddress 10.1.0.11 \u2013VirtualSubnetID $ContosoVsid_VM \u2013MACAddress 00155D000201 \u2013ProviderAddress $Web_PA \u2013Rule \u201cTranslationMethodEncap\u201d \u2013VMName ContosoVM
New-NetVirtualizationLookupRecord -CustomerAddress 10.1.0.1 -VirtualSubnetID $ContosoVsid_VM -MACAddress $Router_Mac -ProviderAddress $Web_PA -Rule TranslationMethodEncap
New-NetVirtualizationLookupRecord -CustomerAddress 10.1.9.2 -VirtualSubnetID $ContosoVsid_GW -MACAddress $Nic_Mac -ProviderAddress $GW_PA -Rule TranslationMethodEncap
New-NetVirtualizationLookupRecord -CustomerAddress 0.0.0.0 -VirtualSubnetID $ContosoVsid_GW -MACAddress $Nic_Mac -ProviderAddress $GW_PA -Rule TranslationMethodEncap -Type GatewayWildcard
New-NetVirtualizationLookupRecord -CustomerAddress 10.1.0.11 -VirtualSubnetID $FabrikamVsid_VM -MACAddress 00155D000301 -ProviderAddress $Web_PA -Rule TranslationMethodEncap -VMName FabrikamVM
New-NetVirtualizationLookupRecord -CustomerAddress 0.0.0.0 -VirtualSubnetID $FabrikamVsid_GW -MACAddress $Nic_Mac -ProviderAddress $GW_PA -Rule TranslationMethodEncap -Type GatewayWildcard
New-NetVirtualizationCustomerRoute -RoutingDomainID $ContosoRdid -VirtualSubnetID $ContosoVsid_VM -DestinationPrefix 10.1.0.0/24 -NextHop 0.0.0.0 -Metric 255
New-NetVirtualizationCustomerRoute -RoutingDomainID $ContosoRdid -VirtualSubnetID $ContosoVsid_GW -DestinationPrefix 10.1.9.0/24 -NextHop 0.0.0.0 -Metric 255
New-NetVirtualizationCustomerRoute -RoutingDomainID $ContosoRdid -VirtualSubnetID $ContosoVsid_GW -DestinationPrefix 0.0.0.0/0 -NextHop 10.1.9.2 -Metric 255
New-NetVirtualizationCustomerRoute -RoutingDomainID $FabrikamRdid -VirtualSubnetID $FabrikamVsid_VM -DestinationPrefix 10.1.0.0/24 -NextHop 0.0.0.0 -Metric 255
New-NetVirtualizationCustomerRoute -RoutingDomainID $FabrikamRdid -VirtualSubnetID $FabrikamVsid_GW -DestinationPrefix 10.1.9.0/24 -NextHop 0.0.0.0 -Metric 255
"""
ON_GATEWAY = f"""\
{MACROS}
Remove-NetVirtualizationCustomerRoute
Remove-NetVirtualizationLookupRecord
Remove-NetVirtualizationProviderAddress
New-VM -Name MTGW -MemoryStartupBytes 4GB
Add-VMNetworkAdapter -VMName MTGW -Name "Tenants" -StaticMacAddress $Nic_Mac
Set-VMNetworkAdapterIsolation \u2013VMName MTGW \u2013VMNetworkAdapterName "Tenants" \u2013MultiTenantStack On \u2013IsolationMode NativeVirtualSubnet
Add-VMNetworkAdapterRoutingDomainMapping -VMName MTGW -VMNetworkAdapterName "Tenants" -RoutingDomainId $ContosoRdid -RoutingDomainName "Contoso" -IsolationId $ContosoVsid_GW -IsolationName "ContosoGW"
Add-VMNetworkAdapterRoutingDomainMapping -VMName MTGW -VMNetworkAdapterName "Tenants" -RoutingDomainId $FabrikamRdid -RoutingDomainName "Fabrikam" -IsolationId $FabrikamVsid_GW -IsolationName "FabrikamGW"
New-NetVirtualizationProviderAddress \u2013ProviderAddress $GW_PA \u2013InterfaceIndex $MTNic.InterfaceIndex \u2013PrefixLength 24
{RECORDS}"""
ON_COMPUTE = f"""\
{MACROS}
Remove-NetVirtualizationLookupRecord
New-NetVirtualizationProviderAddress -ProviderAddress $Web_PA -InterfaceIndex $MTNic.InterfaceIndex -PrefixLength 24
{RECORDS}
$Contoso, $Fabrikam = "ContosoVM", "FabrikamVM"
Set-VMNetworkAdapter -VMName $Contoso -VirtualSubnetId $ContosoVsid_VM
Set-VMNetworkAdapter -VMName $Fabrikam -VirtualSubnetId $FabrikamVsid_VM
Add-VMNetworkAdapterAcl -VMName $Contoso, $Fabrikam -RemoteIPAddress 10.99.0.0/16 -Direction Both -Action Deny
"""


def test_scripts_of_several_hosts_are_told_apart_by_their_files(tmp_path: Path) -> None:
    policy = policy_of(tmp_path, gateway=ON_GATEWAY, compute=ON_COMPUTE)

    assert policy.losses == ()
    assert addresses(policy) == [
        ("compute", 14, "10.60.0.20/24"),
        ("gateway", 21, "10.60.0.10/24"),
    ]
    assert policy.views == {}
    made = [
        "7001 10.1.0.11 00-15-5D-00-02-01 10.60.0.20 static",
        "7001 10.1.0.1 00-15-5D-AA-00-01 10.60.0.20 static",
        "7002 10.1.9.2 00-15-5D-00-01-01 10.60.0.10 static",
        "7002 0.0.0.0 00-15-5D-00-01-01 10.60.0.10 gateway_wildcard",
        "8001 10.1.0.11 00-15-5D-00-03-01 10.60.0.20 static",
        "8002 0.0.0.0 00-15-5D-00-01-01 10.60.0.10 gateway_wildcard",
    ]
    assert records(policy, "gateway") == [*enumerate(made, start=15)]
    assert ports(policy) == [
        ("compute", 28, "Contoso/ContosoVM 7001 00-15-5D-00-02-01"),
        ("compute", 29, "Fabrikam/FabrikamVM 8001 00-15-5D-00-03-01"),
        ("gateway", 19, "Contoso/MTGW 7002 00-15-5D-00-01-01"),
        ("gateway", 20, "Fabrikam/MTGW 8002 00-15-5D-00-01-01"),
    ]
    assert [(acl.origin.line, acl.vms.patterns) for acl in policy.port_acls] == [
        (30, ("Contoso/ContosoVM", "Fabrikam/FabrikamVM"))
    ]


def test_both_tenants_leave_through_the_gateway_that_they_share(tmp_path: Path) -> None:
    policy = policy_of(tmp_path, gateway=ON_GATEWAY, compute=ON_COMPUTE)

    contoso = sent(policy, "ContosoVM", "10.1.0.11", "8.8.8.8")
    fabrikam = sent(policy, "FabrikamVM", "10.1.0.11", "8.8.8.8")
    denied = sent(policy, "ContosoVM", "10.1.0.11", "10.99.0.1")

    assert (contoso.outcome, contoso.receiver) == (Outcome.TO_GATEWAY, "Contoso/MTGW")
    assert line_of(contoso, "RouteMatched") == [23]
    assert (fabrikam.outcome, fabrikam.reason) == (Outcome.DROPPED, Reason.ROUTE_MISSING)
    assert (denied.outcome, denied.reason) == (Outcome.DROPPED, Reason.ACL_DENY_OUT)


def test_scripts_that_add_to_one_host_stay_scripts_of_one_host(tmp_path: Path) -> None:
    pa = "New-NetVirtualizationProviderAddress -ProviderAddress 10.60.0.20 -InterfaceIndex 1 -PrefixLength 24\n"

    policy = policy_of(tmp_path, first=MACROS + RECORDS, second=pa)

    assert [*policy.hosts] == ["localhost"]


# ---------------------------------------------------------------------------------------------
# An article with two address families


ARTICLE = """\
To let Contoso keep its addresses, run this on **both** hosts:

```powershell
PS C:\\> $both = 'gw', 'r1'
PS C:\\> ipmo NetWNV
PS C:\\> New-NetVirtualizationLookupRecord \u2013CustomerAddress "10.6.0.2" \u2013ProviderAddress "192.168.1.101" \u2013VirtualSubnetID "5001" \u2013MACAddress "00155d05df03" \u2013Rule "TranslationMethodEncap" \u2013Type GatewayWildcard -CimSession $both
PS C:\\> # New-NetVirtualizationLookupRecord -CustomerAddress "10.6.0.9" -ProviderAddress "192.168.1.101"
PS C:\\> New-NetVirtualizationLookupRecord -CustomerAddress "::" -ProviderAddress 192.168.1.101 -VirtualSubnetID 5001 -MACAddress 00155d05df03 -Rule TranslationMethodEncap -Type GatewayWildcard -CimSession $both
PS C:\\> New-NetVirtualizationLookupRecord -CustomerAddress "10.6.0.6" -ProviderAddress 192.168.1.111 -VirtualSubnetID 5001 -MACAddress 00155d05df06 -Rule TranslationMethodEncap -VMName DA -CimSession $both
PS C:\\> New-NetVirtualizationLookupRecord -CustomerAddress "2001:db8:ba::6" -ProviderAddress 192.168.1.111 -VirtualSubnetID 5001 -MACAddress 00155d05df06 -Rule TranslationMethodEncap -VMName DA -CimSession $both
PS C:\\> New-NetVirtualizationLookupRecord -CustomerAddress "2001:db8:ba::2" -ProviderAddress 192.168.1.101 -VirtualSubnetID 5001 -MACAddress 00155d05df03 -Rule TranslationMethodEncap -VMName GW -CimSession $both
```

Then the routes:

```powershell
New-NetVirtualizationCustomerRoute \u2013RoutingDomainID "{11111111-2222-3333-4444-000000005001}" \u2013VirtualSubnetID 5001 \u2013DestinationPrefix "2001:db8:ba::/64" \u2013NextHop "::" \u2013Metric 255 -CimSession $both
New-NetVirtualizationCustomerRoute -RoutingDomainID "{11111111-2222-3333-4444-000000005001}" -VirtualSubnetID 5001 -DestinationPrefix "::/0" -NextHop "2001:db8:ba::2" -Metric 255 -CimSession $both
New-NetVirtualizationProviderAddress -CimSession gw -InterfaceIndex 12 -ProviderAddress 192.168.1.101 -PrefixLength 24
New-NetVirtualizationProviderAddress -CimSession r1 -InterfaceIndex 12 -ProviderAddress 192.168.1.111 -PrefixLength 24
```

Good luck!

```
Set-VMNetworkAdapter DA -VirtualSubnetId 5001 -ComputerName r1
Set-VMNetworkAdapter GW -VirtualSubnetId 5001 -ComputerName gw
```
"""


def test_an_article_has_both_address_families(tmp_path: Path) -> None:
    policy = policy_of(tmp_path, article=ARTICLE)

    assert policy.losses == ()
    for host in ("gw", "r1"):
        assert records(policy, host) == [
            (6, "5001 10.6.0.2 00-15-5D-05-DF-03 192.168.1.101 gateway_wildcard"),
            (8, "5001 :: 00-15-5D-05-DF-03 192.168.1.101 gateway_wildcard"),
            (9, "5001 10.6.0.6 00-15-5D-05-DF-06 192.168.1.111 static"),
            (10, "5001 2001:db8:ba::6 00-15-5D-05-DF-06 192.168.1.111 static"),
            (11, "5001 2001:db8:ba::2 00-15-5D-05-DF-03 192.168.1.101 static"),
        ]
        assert routes(policy, host) == [
            (17, "5001 2001:db8:ba::/64 on-link"),
            (18, "5001 ::/0 2001:db8:ba::2"),
        ]
    assert ports(policy) == [
        ("gw", 27, "rd-11111111/GW 5001 00-15-5D-05-DF-03"),
        ("r1", 26, "rd-11111111/DA 5001 00-15-5D-05-DF-06"),
    ]


def test_in_the_article_ipv6_leaves_through_the_wildcard(tmp_path: Path) -> None:
    trace = sent(policy_of(tmp_path, article=ARTICLE), "DA", "2001:db8:ba::6", "2001:db8:1::1")

    assert (trace.outcome, trace.receiver) == (Outcome.TO_GATEWAY, "rd-11111111/GW")
    assert line_of(trace, "RouteMatched") == [18]


# ---------------------------------------------------------------------------------------------
# Access lists


LISTS = """\
$rules = @(
    @{ Action = 'Allow'; Direction = 'Inbound'; Weight = 100; RemotePort = $null; LocalPort = 443 },
    @{ Action = 'Allow'; Direction = 'Outbound'; Weight = 90; RemotePort = 1433; LocalPort = $null }
)
foreach ($vm in 'web', 'sql') {
    foreach ($rule in $rules) {
        $params = @{ VMName = $vm; Direction = $rule.Direction; Action = $rule.Action; Weight = $rule.Weight; Stateful = $true }
        if ($rule.RemotePort) { $params += @{ Protocol = 'TCP'; RemotePort = "$($rule.RemotePort)" } }
        if ($rule.LocalPort) { $params += @{ Protocol = 'TCP'; LocalPort = ('{0}-{1}' -f $rule.LocalPort, 444) } }
        try {
            Invoke-Command -ComputerName target -ScriptBlock { $p = $using:params; Add-VMNetworkAdapterExtendedAcl @p }
        } catch {
            Write-Warning "$vm: $_"
        }
    }
    foreach ($d in 'Inbound', 'Outbound') {
        Add-VMNetworkAdapterExtendedAcl -ComputerName target -VMName $vm -Action Deny -Direction $d -Weight 1
    }
}
$pa = '10.60.0.20'
New-NetVirtualizationProviderAddress -CimSession target -ProviderAddress $pa -InterfaceIndex 5 -PrefixLength 24
$n = 10
foreach ($vm in 'web', 'sql') {
    $n++
    New-NetVirtualizationLookupRecord -CimSession target -CustomerAddress "10.1.0.$n" -VirtualSubnetID 7001 -MACAddress "00155D0002$n" -ProviderAddress $pa -Rule TranslationMethodEncap -VMName $vm
    Set-VMNetworkAdapter -ComputerName target -VMName $vm -VirtualSubnetId 7001
}
New-NetVirtualizationCustomerRoute -CimSession target -RoutingDomainID "{11111111-2222-3333-4444-000000000001}" -VirtualSubnetID 7001 -DestinationPrefix 10.1.0.0/24 -NextHop 0.0.0.0
"""


def test_copied_access_lists_keep_weight_line_and_adapter(tmp_path: Path) -> None:
    policy = policy_of(tmp_path, lists=LISTS)

    assert [loss.message for loss in policy.losses] == []
    assert [
        (acl.origin.line, acl.weight, acl.action, acl.direction, acl.vms.patterns)
        for acl in policy.extended_acls
    ] == [
        (11, 100, "allow", "inbound", ("rd-11111111/web",)),
        (11, 90, "allow", "outbound", ("rd-11111111/web",)),
        (17, 1, "deny", "inbound", ("rd-11111111/web",)),
        (17, 1, "deny", "outbound", ("rd-11111111/web",)),
        (11, 100, "allow", "inbound", ("rd-11111111/sql",)),
        (11, 90, "allow", "outbound", ("rd-11111111/sql",)),
        (17, 1, "deny", "inbound", ("rd-11111111/sql",)),
        (17, 1, "deny", "outbound", ("rd-11111111/sql",)),
    ]
    assert records(policy, "target") == [
        (25, "7001 10.1.0.11 00-15-5D-00-02-11 10.60.0.20 static"),
        (25, "7001 10.1.0.12 00-15-5D-00-02-12 10.60.0.20 static"),
    ]


def test_copied_access_lists_deny_what_no_entry_allows(tmp_path: Path) -> None:
    policy = policy_of(tmp_path, lists=LISTS)

    asked = sent(policy, "web", "10.1.0.11", "10.1.0.12", 1433)
    other = sent(policy, "web", "10.1.0.11", "10.1.0.12", 80)

    assert (asked.outcome, asked.reason) == (Outcome.DROPPED, Reason.ACL_DENY_IN)
    assert (other.outcome, other.reason) == (Outcome.DROPPED, Reason.ACL_DENY_OUT)


# ---------------------------------------------------------------------------------------------
# A script that only looks


LOOKS = """\
function Get-Inventory {
    param([string[]] $Computers)
    $all = @()
    foreach ($Computer in $Computers) {
        foreach ($Record in (Get-NetVirtualizationLookupRecord -CimSession $Computer)) {
            $all += New-Object PSObject -Property @{ Host = $Computer; VM = $Record.VMName; CA = $Record.CustomerAddress }
        }
    }
    return $all
}
Get-Inventory host1, host2 | Sort-Object VM | Format-Table -AutoSize
Get-Inventory host1 | Export-Csv .\\records.csv -NoTypeInformation
"""


def test_a_script_that_looks_leaves_what_others_tell(tmp_path: Path) -> None:
    policy = policy_of(tmp_path, demo=TWO_TENANTS, look=LOOKS)

    assert policy.losses == ()
    assert [*policy.hosts] == ["host1", "host2"]
    assert len(records(policy, "host1")) == 4
