# The policy 'stale-host-views' as commands, written by hnvemu.
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
    New-NetVirtualizationProviderRoute -CimSession 'H1' -InterfaceIndex $index -DestinationPrefix '0.0.0.0/0' -NextHop '192.168.10.1' -Metric 256
}
if ($PSCmdlet.ShouldProcess('H1', 'lookup records')) {
    New-NetVirtualizationLookupRecord -CimSession 'H1' -CustomerAddress '10.0.1.10' -VirtualSubnetID 5001 -MACAddress '02-00-00-00-01-0A' -ProviderAddress '192.168.10.12' -Rule TranslationMethodEncap -VMName 'A'
    New-NetVirtualizationLookupRecord -CimSession 'H1' -CustomerAddress '10.0.1.12' -VirtualSubnetID 5001 -MACAddress '02-00-00-00-01-0C' -ProviderAddress '192.168.10.11' -Rule TranslationMethodEncap -VMName 'C'
    New-NetVirtualizationLookupRecord -CimSession 'H1' -CustomerAddress '10.1.2.21' -VirtualSubnetID 5003 -MACAddress '02-00-00-00-02-15' -ProviderAddress '192.168.10.11' -Rule TranslationMethodEncap -VMName 'Y'
    New-NetVirtualizationLookupRecord -CimSession 'H1' -CustomerAddress '10.0.2.250' -VirtualSubnetID 5002 -MACAddress '02-00-00-00-03-FA' -ProviderAddress '192.168.20.13' -Rule TranslationMethodEncap -VMName 'GW'
    New-NetVirtualizationLookupRecord -CimSession 'H1' -CustomerAddress '0.0.0.0' -VirtualSubnetID 5002 -MACAddress '02-00-00-00-03-FA' -ProviderAddress '192.168.20.13' -Rule TranslationMethodEncap -Type GatewayWildcard -VMName 'GW'
    New-NetVirtualizationLookupRecord -CimSession 'H1' -CustomerAddress '10.0.1.1' -VirtualSubnetID 5001 -MACAddress '02-00-00-FF-FF-01' -ProviderAddress '169.254.254.254' -Rule TranslationMethodEncap
    New-NetVirtualizationLookupRecord -CimSession 'H1' -CustomerAddress '10.0.2.1' -VirtualSubnetID 5002 -MACAddress '02-00-00-FF-FF-01' -ProviderAddress '169.254.254.254' -Rule TranslationMethodEncap
    New-NetVirtualizationLookupRecord -CimSession 'H1' -CustomerAddress '10.1.2.1' -VirtualSubnetID 5003 -MACAddress '02-00-00-FF-FF-01' -ProviderAddress '169.254.254.254' -Rule TranslationMethodEncap
}
if ($PSCmdlet.ShouldProcess('H1', 'customer routes')) {
    New-NetVirtualizationCustomerRoute -CimSession 'H1' -RoutingDomainID '{aaaaaaaa-0000-0000-0000-000000000001}' -VirtualSubnetID 5001 -DestinationPrefix '10.0.1.0/24' -NextHop '0.0.0.0' -Metric 255
    New-NetVirtualizationCustomerRoute -CimSession 'H1' -RoutingDomainID '{aaaaaaaa-0000-0000-0000-000000000001}' -VirtualSubnetID 5002 -DestinationPrefix '10.0.2.0/24' -NextHop '0.0.0.0' -Metric 255
    New-NetVirtualizationCustomerRoute -CimSession 'H1' -RoutingDomainID '{aaaaaaaa-0000-0000-0000-000000000001}' -VirtualSubnetID 5003 -DestinationPrefix '10.1.2.0/24' -NextHop '0.0.0.0' -Metric 255
    New-NetVirtualizationCustomerRoute -CimSession 'H1' -RoutingDomainID '{aaaaaaaa-0000-0000-0000-000000000001}' -VirtualSubnetID 5002 -DestinationPrefix '0.0.0.0/0' -NextHop '10.0.2.250' -Metric 255
}
if ($PSCmdlet.ShouldProcess('H1', 'virtual subnets of adapters')) {
    Get-VMNetworkAdapter -ComputerName 'H1' -VMName 'C' | Where-Object { $_.MacAddress -eq '02000000010C' } | Set-VMNetworkAdapter -VirtualSubnetId 5001
    Get-VMNetworkAdapter -ComputerName 'H1' -VMName 'Y' | Where-Object { $_.MacAddress -eq '020000000215' } | Set-VMNetworkAdapter -VirtualSubnetId 5003
}

# ---- H2
if ($PSCmdlet.ShouldProcess('H2', 'provider addresses and routes')) {
    $index = (Get-NetAdapter -CimSession 'H2' -Name $InterfaceAlias).InterfaceIndex
    New-NetVirtualizationProviderAddress -CimSession 'H2' -InterfaceIndex $index -ProviderAddress '192.168.10.12' -PrefixLength 24
    New-NetVirtualizationProviderRoute -CimSession 'H2' -InterfaceIndex $index -DestinationPrefix '0.0.0.0/0' -NextHop '192.168.10.1' -Metric 256
}
if ($PSCmdlet.ShouldProcess('H2', 'lookup records')) {
    New-NetVirtualizationLookupRecord -CimSession 'H2' -CustomerAddress '10.0.1.10' -VirtualSubnetID 5001 -MACAddress '02-00-00-00-01-0A' -ProviderAddress '192.168.10.12' -Rule TranslationMethodEncap -VMName 'A'
    New-NetVirtualizationLookupRecord -CimSession 'H2' -CustomerAddress '10.0.1.12' -VirtualSubnetID 5001 -MACAddress '02-00-00-00-01-0C' -ProviderAddress '192.168.10.11' -Rule TranslationMethodEncap -VMName 'C'
    New-NetVirtualizationLookupRecord -CimSession 'H2' -CustomerAddress '10.1.2.20' -VirtualSubnetID 5003 -MACAddress '02-00-00-00-02-14' -ProviderAddress '192.168.10.12' -Rule TranslationMethodEncap -VMName 'X'
    New-NetVirtualizationLookupRecord -CimSession 'H2' -CustomerAddress '10.1.2.21' -VirtualSubnetID 5003 -MACAddress '02-00-00-00-02-15' -ProviderAddress '192.168.10.11' -Rule TranslationMethodEncap -VMName 'Y'
    New-NetVirtualizationLookupRecord -CimSession 'H2' -CustomerAddress '10.0.2.250' -VirtualSubnetID 5002 -MACAddress '02-00-00-00-03-FA' -ProviderAddress '192.168.20.13' -Rule TranslationMethodEncap -VMName 'GW'
    New-NetVirtualizationLookupRecord -CimSession 'H2' -CustomerAddress '0.0.0.0' -VirtualSubnetID 5002 -MACAddress '02-00-00-00-03-FA' -ProviderAddress '192.168.20.13' -Rule TranslationMethodEncap -Type GatewayWildcard -VMName 'GW'
    New-NetVirtualizationLookupRecord -CimSession 'H2' -CustomerAddress '10.0.1.1' -VirtualSubnetID 5001 -MACAddress '02-00-00-FF-FF-01' -ProviderAddress '169.254.254.254' -Rule TranslationMethodEncap
    New-NetVirtualizationLookupRecord -CimSession 'H2' -CustomerAddress '10.0.2.1' -VirtualSubnetID 5002 -MACAddress '02-00-00-FF-FF-01' -ProviderAddress '169.254.254.254' -Rule TranslationMethodEncap
    New-NetVirtualizationLookupRecord -CimSession 'H2' -CustomerAddress '10.1.2.1' -VirtualSubnetID 5003 -MACAddress '02-00-00-FF-FF-01' -ProviderAddress '169.254.254.254' -Rule TranslationMethodEncap
}
if ($PSCmdlet.ShouldProcess('H2', 'customer routes')) {
    New-NetVirtualizationCustomerRoute -CimSession 'H2' -RoutingDomainID '{aaaaaaaa-0000-0000-0000-000000000001}' -VirtualSubnetID 5001 -DestinationPrefix '10.0.1.0/24' -NextHop '0.0.0.0' -Metric 255
    New-NetVirtualizationCustomerRoute -CimSession 'H2' -RoutingDomainID '{aaaaaaaa-0000-0000-0000-000000000001}' -VirtualSubnetID 5002 -DestinationPrefix '10.0.2.0/24' -NextHop '0.0.0.0' -Metric 255
    New-NetVirtualizationCustomerRoute -CimSession 'H2' -RoutingDomainID '{aaaaaaaa-0000-0000-0000-000000000001}' -VirtualSubnetID 5003 -DestinationPrefix '10.1.2.0/24' -NextHop '0.0.0.0' -Metric 255
    New-NetVirtualizationCustomerRoute -CimSession 'H2' -RoutingDomainID '{aaaaaaaa-0000-0000-0000-000000000001}' -VirtualSubnetID 5002 -DestinationPrefix '0.0.0.0/0' -NextHop '10.0.2.250' -Metric 255
}
if ($PSCmdlet.ShouldProcess('H2', 'virtual subnets of adapters')) {
    Get-VMNetworkAdapter -ComputerName 'H2' -VMName 'A' | Where-Object { $_.MacAddress -eq '02000000010A' } | Set-VMNetworkAdapter -VirtualSubnetId 5001
    Get-VMNetworkAdapter -ComputerName 'H2' -VMName 'X' | Where-Object { $_.MacAddress -eq '020000000214' } | Set-VMNetworkAdapter -VirtualSubnetId 5003
}

# ---- H3
if ($PSCmdlet.ShouldProcess('H3', 'provider addresses and routes')) {
    $index = (Get-NetAdapter -CimSession 'H3' -Name $InterfaceAlias).InterfaceIndex
    New-NetVirtualizationProviderAddress -CimSession 'H3' -InterfaceIndex $index -ProviderAddress '192.168.20.13' -PrefixLength 24
    New-NetVirtualizationProviderRoute -CimSession 'H3' -InterfaceIndex $index -DestinationPrefix '0.0.0.0/0' -NextHop '192.168.20.1' -Metric 256
}
if ($PSCmdlet.ShouldProcess('H3', 'lookup records')) {
    New-NetVirtualizationLookupRecord -CimSession 'H3' -CustomerAddress '10.0.1.12' -VirtualSubnetID 5001 -MACAddress '02-00-00-00-01-0C' -ProviderAddress '192.168.10.11' -Rule TranslationMethodEncap -VMName 'C'
    New-NetVirtualizationLookupRecord -CimSession 'H3' -CustomerAddress '10.1.2.20' -VirtualSubnetID 5003 -MACAddress '02-00-00-00-02-14' -ProviderAddress '192.168.10.12' -Rule TranslationMethodEncap -VMName 'X'
    New-NetVirtualizationLookupRecord -CimSession 'H3' -CustomerAddress '10.1.2.21' -VirtualSubnetID 5003 -MACAddress '02-00-00-00-02-15' -ProviderAddress '192.168.10.11' -Rule TranslationMethodEncap -VMName 'Y'
    New-NetVirtualizationLookupRecord -CimSession 'H3' -CustomerAddress '10.0.2.250' -VirtualSubnetID 5002 -MACAddress '02-00-00-00-03-FA' -ProviderAddress '192.168.20.13' -Rule TranslationMethodEncap -VMName 'GW'
    New-NetVirtualizationLookupRecord -CimSession 'H3' -CustomerAddress '0.0.0.0' -VirtualSubnetID 5002 -MACAddress '02-00-00-00-03-FA' -ProviderAddress '192.168.20.13' -Rule TranslationMethodEncap -Type GatewayWildcard -VMName 'GW'
    New-NetVirtualizationLookupRecord -CimSession 'H3' -CustomerAddress '10.0.1.1' -VirtualSubnetID 5001 -MACAddress '02-00-00-FF-FF-01' -ProviderAddress '169.254.254.254' -Rule TranslationMethodEncap
    New-NetVirtualizationLookupRecord -CimSession 'H3' -CustomerAddress '10.0.2.1' -VirtualSubnetID 5002 -MACAddress '02-00-00-FF-FF-01' -ProviderAddress '169.254.254.254' -Rule TranslationMethodEncap
    New-NetVirtualizationLookupRecord -CimSession 'H3' -CustomerAddress '10.1.2.1' -VirtualSubnetID 5003 -MACAddress '02-00-00-FF-FF-01' -ProviderAddress '169.254.254.254' -Rule TranslationMethodEncap
    New-NetVirtualizationLookupRecord -CimSession 'H3' -CustomerAddress '10.0.1.10' -VirtualSubnetID 5001 -MACAddress '02-00-00-00-01-0A' -ProviderAddress '192.168.10.11' -Rule TranslationMethodEncap
}
if ($PSCmdlet.ShouldProcess('H3', 'customer routes')) {
    New-NetVirtualizationCustomerRoute -CimSession 'H3' -RoutingDomainID '{aaaaaaaa-0000-0000-0000-000000000001}' -VirtualSubnetID 5001 -DestinationPrefix '10.0.1.0/24' -NextHop '0.0.0.0' -Metric 255
    New-NetVirtualizationCustomerRoute -CimSession 'H3' -RoutingDomainID '{aaaaaaaa-0000-0000-0000-000000000001}' -VirtualSubnetID 5002 -DestinationPrefix '10.0.2.0/24' -NextHop '0.0.0.0' -Metric 255
    New-NetVirtualizationCustomerRoute -CimSession 'H3' -RoutingDomainID '{aaaaaaaa-0000-0000-0000-000000000001}' -VirtualSubnetID 5003 -DestinationPrefix '10.1.2.0/24' -NextHop '0.0.0.0' -Metric 255
    New-NetVirtualizationCustomerRoute -CimSession 'H3' -RoutingDomainID '{aaaaaaaa-0000-0000-0000-000000000001}' -VirtualSubnetID 5002 -DestinationPrefix '0.0.0.0/0' -NextHop '10.0.2.250' -Metric 255
}
if ($PSCmdlet.ShouldProcess('H3', 'virtual subnets of adapters')) {
    Get-VMNetworkAdapter -ComputerName 'H3' -VMName 'GW' | Where-Object { $_.MacAddress -eq '0200000003FA' } | Set-VMNetworkAdapter -VirtualSubnetId 5002
}
