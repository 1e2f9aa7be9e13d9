# The policy as commands, written by hnvemu.
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
    if ($PSCmdlet.ShouldProcess('H1', '1 provider address, 4 lookup records, 1 customer route, 2 adapters')) { 'H1' }
    if ($PSCmdlet.ShouldProcess('H2', '1 provider address, 4 lookup records, 1 customer route, 1 adapter')) { 'H2' }
)
$all = if ($told) { New-CimSession -ComputerName $told }

# ---- Provider addresses and routes
if ($told -contains 'H1') {
    $index = (Get-NetAdapter -CimSession 'H1' -Name $InterfaceAlias).InterfaceIndex
    New-NetVirtualizationProviderAddress -CimSession 'H1' -InterfaceIndex $index -ProviderAddress '192.168.10.11' -PrefixLength 24
}
if ($told -contains 'H2') {
    $index = (Get-NetAdapter -CimSession 'H2' -Name $InterfaceAlias).InterfaceIndex
    New-NetVirtualizationProviderAddress -CimSession 'H2' -InterfaceIndex $index -ProviderAddress '192.168.10.12' -PrefixLength 24
}

# ---- Lookup records
if ($all) {
    New-NetVirtualizationLookupRecord -CimSession $all -CustomerAddress '10.0.1.10' -VirtualSubnetID 5001 -MACAddress '02-00-00-00-01-0A' -ProviderAddress '192.168.10.11' -Rule TranslationMethodEncap -VMName 'A'
    New-NetVirtualizationLookupRecord -CimSession $all -CustomerAddress '10.0.1.11' -VirtualSubnetID 5001 -MACAddress '02-00-00-00-01-0B' -ProviderAddress '192.168.10.12' -Rule TranslationMethodEncap -VMName 'B'
    New-NetVirtualizationLookupRecord -CimSession $all -CustomerAddress '10.0.1.12' -VirtualSubnetID 5001 -MACAddress '02-00-00-00-01-0C' -ProviderAddress '192.168.10.11' -Rule TranslationMethodEncap -VMName 'C'
    New-NetVirtualizationLookupRecord -CimSession $all -CustomerAddress '10.0.1.1' -VirtualSubnetID 5001 -MACAddress '02-00-00-FF-FF-01' -ProviderAddress '169.254.254.254' -Rule TranslationMethodEncap
}

# ---- Customer routes
if ($all) {
    New-NetVirtualizationCustomerRoute -CimSession $all -RoutingDomainID '{aaaaaaaa-0000-0000-0000-000000000001}' -VirtualSubnetID 5001 -DestinationPrefix '10.0.1.0/24' -NextHop '0.0.0.0' -Metric 255
}

# ---- Virtual subnets of adapters
if ($told -contains 'H1') {
    Get-VMNetworkAdapter -ComputerName 'H1' -VMName 'A' | Where-Object { $_.MacAddress -eq '02000000010A' } | Set-VMNetworkAdapter -VirtualSubnetId 5001
    Get-VMNetworkAdapter -ComputerName 'H1' -VMName 'C' | Where-Object { $_.MacAddress -eq '02000000010C' } | Set-VMNetworkAdapter -VirtualSubnetId 5001
}
if ($told -contains 'H2') {
    Get-VMNetworkAdapter -ComputerName 'H2' -VMName 'B' | Where-Object { $_.MacAddress -eq '02000000010B' } | Set-VMNetworkAdapter -VirtualSubnetId 5001
}

if ($all) { Remove-CimSession -CimSession $all }
