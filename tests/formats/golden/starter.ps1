# The policy as commands, written by hnvemu.
#
# Run it where all hosts can be reached; -WhatIf shows what it would do.

[CmdletBinding(SupportsShouldProcess = $true)]
param(
    # The adapter of each host that is to carry its provider addresses.
    [string] $InterfaceAlias = 'WNVNIC'
)

$ErrorActionPreference = 'Stop'

# ---- H1
if ($PSCmdlet.ShouldProcess('H1', 'provider addresses and routes')) {
    $index = (Get-NetAdapter -CimSession 'H1' -Name $InterfaceAlias).InterfaceIndex
    New-NetVirtualizationProviderAddress -CimSession 'H1' -InterfaceIndex $index -ProviderAddress '192.168.10.11' -PrefixLength 24
}
if ($PSCmdlet.ShouldProcess('H1', 'lookup records')) {
    New-NetVirtualizationLookupRecord -CimSession 'H1' -CustomerAddress '10.0.1.10' -VirtualSubnetID 5001 -MACAddress '02-00-00-00-01-0A' -ProviderAddress '192.168.10.11' -Rule TranslationMethodEncap -VMName 'A'
    New-NetVirtualizationLookupRecord -CimSession 'H1' -CustomerAddress '10.0.1.11' -VirtualSubnetID 5001 -MACAddress '02-00-00-00-01-0B' -ProviderAddress '192.168.10.12' -Rule TranslationMethodEncap -VMName 'B'
    New-NetVirtualizationLookupRecord -CimSession 'H1' -CustomerAddress '10.0.1.12' -VirtualSubnetID 5001 -MACAddress '02-00-00-00-01-0C' -ProviderAddress '192.168.10.11' -Rule TranslationMethodEncap -VMName 'C'
    New-NetVirtualizationLookupRecord -CimSession 'H1' -CustomerAddress '10.0.1.1' -VirtualSubnetID 5001 -MACAddress '02-00-00-FF-FF-01' -ProviderAddress '169.254.254.254' -Rule TranslationMethodEncap
}
if ($PSCmdlet.ShouldProcess('H1', 'customer routes')) {
    New-NetVirtualizationCustomerRoute -CimSession 'H1' -RoutingDomainID '{aaaaaaaa-0000-0000-0000-000000000001}' -VirtualSubnetID 5001 -DestinationPrefix '10.0.1.0/24' -NextHop '0.0.0.0' -Metric 255
}
if ($PSCmdlet.ShouldProcess('H1', 'virtual subnets of adapters')) {
    Get-VMNetworkAdapter -ComputerName 'H1' -VMName 'A' | Where-Object { $_.MacAddress -eq '02000000010A' } | Set-VMNetworkAdapter -VirtualSubnetId 5001
    Get-VMNetworkAdapter -ComputerName 'H1' -VMName 'C' | Where-Object { $_.MacAddress -eq '02000000010C' } | Set-VMNetworkAdapter -VirtualSubnetId 5001
}

# ---- H2
if ($PSCmdlet.ShouldProcess('H2', 'provider addresses and routes')) {
    $index = (Get-NetAdapter -CimSession 'H2' -Name $InterfaceAlias).InterfaceIndex
    New-NetVirtualizationProviderAddress -CimSession 'H2' -InterfaceIndex $index -ProviderAddress '192.168.10.12' -PrefixLength 24
}
if ($PSCmdlet.ShouldProcess('H2', 'lookup records')) {
    New-NetVirtualizationLookupRecord -CimSession 'H2' -CustomerAddress '10.0.1.10' -VirtualSubnetID 5001 -MACAddress '02-00-00-00-01-0A' -ProviderAddress '192.168.10.11' -Rule TranslationMethodEncap -VMName 'A'
    New-NetVirtualizationLookupRecord -CimSession 'H2' -CustomerAddress '10.0.1.11' -VirtualSubnetID 5001 -MACAddress '02-00-00-00-01-0B' -ProviderAddress '192.168.10.12' -Rule TranslationMethodEncap -VMName 'B'
    New-NetVirtualizationLookupRecord -CimSession 'H2' -CustomerAddress '10.0.1.12' -VirtualSubnetID 5001 -MACAddress '02-00-00-00-01-0C' -ProviderAddress '192.168.10.11' -Rule TranslationMethodEncap -VMName 'C'
    New-NetVirtualizationLookupRecord -CimSession 'H2' -CustomerAddress '10.0.1.1' -VirtualSubnetID 5001 -MACAddress '02-00-00-FF-FF-01' -ProviderAddress '169.254.254.254' -Rule TranslationMethodEncap
}
if ($PSCmdlet.ShouldProcess('H2', 'customer routes')) {
    New-NetVirtualizationCustomerRoute -CimSession 'H2' -RoutingDomainID '{aaaaaaaa-0000-0000-0000-000000000001}' -VirtualSubnetID 5001 -DestinationPrefix '10.0.1.0/24' -NextHop '0.0.0.0' -Metric 255
}
if ($PSCmdlet.ShouldProcess('H2', 'virtual subnets of adapters')) {
    Get-VMNetworkAdapter -ComputerName 'H2' -VMName 'B' | Where-Object { $_.MacAddress -eq '02000000010B' } | Set-VMNetworkAdapter -VirtualSubnetId 5001
}
