# The policy 'stale-host-views' as commands, written by hnvemu.
#
# Run it where all hosts can be reached; -WhatIf shows what it would do.

[CmdletBinding(SupportsShouldProcess = $true)]
param(
    # The adapter of each host that is to carry its provider addresses.
    [string] $InterfaceAlias = 'WNVNIC'
)

$ErrorActionPreference = 'Stop'

# ---- The hosts, and those of them that are told the same
$told = @(
    if ($PSCmdlet.ShouldProcess('H1', '1 provider address, 8 lookup records, 4 customer routes, 2 adapters')) { 'H1' }
    if ($PSCmdlet.ShouldProcess('H2', '1 provider address, 9 lookup records, 4 customer routes, 2 adapters')) { 'H2' }
    if ($PSCmdlet.ShouldProcess('H3', '1 provider address, 9 lookup records, 4 customer routes, 1 adapter')) { 'H3' }
)
$all = if ($told) { New-CimSession -ComputerName $told }
$group1 = $all | Where-Object { $_.ComputerName -notin 'H3' }
$group2 = $all | Where-Object { $_.ComputerName -notin 'H1' }
$group3 = $all | Where-Object { $_.ComputerName -in 'H3' }

# ---- Provider addresses and routes
if ($told -contains 'H1') {
    $index = (Get-NetAdapter -CimSession 'H1' -Name $InterfaceAlias).InterfaceIndex
    New-NetVirtualizationProviderAddress -CimSession 'H1' -InterfaceIndex $index -ProviderAddress '192.168.10.11' -PrefixLength 24
    New-NetVirtualizationProviderRoute -CimSession 'H1' -InterfaceIndex $index -DestinationPrefix '0.0.0.0/0' -NextHop '192.168.10.1' -Metric 256
}
if ($told -contains 'H2') {
    $index = (Get-NetAdapter -CimSession 'H2' -Name $InterfaceAlias).InterfaceIndex
    New-NetVirtualizationProviderAddress -CimSession 'H2' -InterfaceIndex $index -ProviderAddress '192.168.10.12' -PrefixLength 24
    New-NetVirtualizationProviderRoute -CimSession 'H2' -InterfaceIndex $index -DestinationPrefix '0.0.0.0/0' -NextHop '192.168.10.1' -Metric 256
}
if ($told -contains 'H3') {
    $index = (Get-NetAdapter -CimSession 'H3' -Name $InterfaceAlias).InterfaceIndex
    New-NetVirtualizationProviderAddress -CimSession 'H3' -InterfaceIndex $index -ProviderAddress '192.168.20.13' -PrefixLength 24
    New-NetVirtualizationProviderRoute -CimSession 'H3' -InterfaceIndex $index -DestinationPrefix '0.0.0.0/0' -NextHop '192.168.20.1' -Metric 256
}

# ---- Lookup records
if ($group1) {
    New-NetVirtualizationLookupRecord -CimSession $group1 -CustomerAddress '10.0.1.10' -VirtualSubnetID 5001 -MACAddress '02-00-00-00-01-0A' -ProviderAddress '192.168.10.12' -Rule TranslationMethodEncap -VMName 'A'
}
if ($all) {
    New-NetVirtualizationLookupRecord -CimSession $all -CustomerAddress '10.0.1.12' -VirtualSubnetID 5001 -MACAddress '02-00-00-00-01-0C' -ProviderAddress '192.168.10.11' -Rule TranslationMethodEncap -VMName 'C'
}
if ($group2) {
    New-NetVirtualizationLookupRecord -CimSession $group2 -CustomerAddress '10.1.2.20' -VirtualSubnetID 5003 -MACAddress '02-00-00-00-02-14' -ProviderAddress '192.168.10.12' -Rule TranslationMethodEncap -VMName 'X'
}
if ($all) {
    New-NetVirtualizationLookupRecord -CimSession $all -CustomerAddress '10.1.2.21' -VirtualSubnetID 5003 -MACAddress '02-00-00-00-02-15' -ProviderAddress '192.168.10.11' -Rule TranslationMethodEncap -VMName 'Y'
    New-NetVirtualizationLookupRecord -CimSession $all -CustomerAddress '10.0.2.250' -VirtualSubnetID 5002 -MACAddress '02-00-00-00-03-FA' -ProviderAddress '192.168.20.13' -Rule TranslationMethodEncap -VMName 'GW'
    New-NetVirtualizationLookupRecord -CimSession $all -CustomerAddress '0.0.0.0' -VirtualSubnetID 5002 -MACAddress '02-00-00-00-03-FA' -ProviderAddress '192.168.20.13' -Rule TranslationMethodEncap -Type GatewayWildcard -VMName 'GW'
    New-NetVirtualizationLookupRecord -CimSession $all -CustomerAddress '10.0.1.1' -VirtualSubnetID 5001 -MACAddress '02-00-00-FF-FF-01' -ProviderAddress '169.254.254.254' -Rule TranslationMethodEncap
    New-NetVirtualizationLookupRecord -CimSession $all -CustomerAddress '10.0.2.1' -VirtualSubnetID 5002 -MACAddress '02-00-00-FF-FF-01' -ProviderAddress '169.254.254.254' -Rule TranslationMethodEncap
    New-NetVirtualizationLookupRecord -CimSession $all -CustomerAddress '10.1.2.1' -VirtualSubnetID 5003 -MACAddress '02-00-00-FF-FF-01' -ProviderAddress '169.254.254.254' -Rule TranslationMethodEncap
}
if ($group3) {
    New-NetVirtualizationLookupRecord -CimSession $group3 -CustomerAddress '10.0.1.10' -VirtualSubnetID 5001 -MACAddress '02-00-00-00-01-0A' -ProviderAddress '192.168.10.11' -Rule TranslationMethodEncap
}

# ---- Customer routes
if ($all) {
    New-NetVirtualizationCustomerRoute -CimSession $all -RoutingDomainID '{aaaaaaaa-0000-0000-0000-000000000001}' -VirtualSubnetID 5001 -DestinationPrefix '10.0.1.0/24' -NextHop '0.0.0.0' -Metric 255
    New-NetVirtualizationCustomerRoute -CimSession $all -RoutingDomainID '{aaaaaaaa-0000-0000-0000-000000000001}' -VirtualSubnetID 5002 -DestinationPrefix '10.0.2.0/24' -NextHop '0.0.0.0' -Metric 255
    New-NetVirtualizationCustomerRoute -CimSession $all -RoutingDomainID '{aaaaaaaa-0000-0000-0000-000000000001}' -VirtualSubnetID 5003 -DestinationPrefix '10.1.2.0/24' -NextHop '0.0.0.0' -Metric 255
    New-NetVirtualizationCustomerRoute -CimSession $all -RoutingDomainID '{aaaaaaaa-0000-0000-0000-000000000001}' -VirtualSubnetID 5002 -DestinationPrefix '0.0.0.0/0' -NextHop '10.0.2.250' -Metric 255
}

# ---- Virtual subnets of adapters
if ($told -contains 'H1') {
    Get-VMNetworkAdapter -ComputerName 'H1' -VMName 'C' | Where-Object { $_.MacAddress -eq '02000000010C' } | Set-VMNetworkAdapter -VirtualSubnetId 5001
    Get-VMNetworkAdapter -ComputerName 'H1' -VMName 'Y' | Where-Object { $_.MacAddress -eq '020000000215' } | Set-VMNetworkAdapter -VirtualSubnetId 5003
}
if ($told -contains 'H2') {
    Get-VMNetworkAdapter -ComputerName 'H2' -VMName 'A' | Where-Object { $_.MacAddress -eq '02000000010A' } | Set-VMNetworkAdapter -VirtualSubnetId 5001
    Get-VMNetworkAdapter -ComputerName 'H2' -VMName 'X' | Where-Object { $_.MacAddress -eq '020000000214' } | Set-VMNetworkAdapter -VirtualSubnetId 5003
}
if ($told -contains 'H3') {
    Get-VMNetworkAdapter -ComputerName 'H3' -VMName 'GW' | Where-Object { $_.MacAddress -eq '0200000003FA' } | Set-VMNetworkAdapter -VirtualSubnetId 5002
}

if ($all) { Remove-CimSession -CimSession $all }
