# The policy 'multi-tenant-gateway' as commands, written by hnvemu.
#
# Run it where all hosts can be reached; -WhatIf shows what it would do.
#
# Not said by any command: which adapters of guests named 'MT' the rule no-mail is for

[CmdletBinding(SupportsShouldProcess = $true)]
param(
    # The adapter of each host that is to carry its provider addresses.
    [string] $InterfaceAlias = 'WNVNIC'
)

$ErrorActionPreference = 'Stop'

# ---- The hosts, and those of them that are told the same
$told = @(
    if ($PSCmdlet.ShouldProcess('H1', '1 provider address, 11 lookup records, 6 customer routes, 2 adapters')) { 'H1' }
    if ($PSCmdlet.ShouldProcess('H2', '1 provider address, 11 lookup records, 6 customer routes, 1 adapter')) { 'H2' }
    if ($PSCmdlet.ShouldProcess('H3', '1 provider address, 11 lookup records, 6 customer routes, 1 adapter')) { 'H3' }
)
$all = if ($told) { New-CimSession -ComputerName $told }

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
if ($all) {
    New-NetVirtualizationLookupRecord -CimSession $all -CustomerAddress '10.0.1.10' -VirtualSubnetID 5001 -MACAddress '02-00-00-00-01-0A' -ProviderAddress '192.168.10.11' -Rule TranslationMethodEncap -VMName 'A'
    New-NetVirtualizationLookupRecord -CimSession $all -CustomerAddress '10.0.1.11' -VirtualSubnetID 5001 -MACAddress '02-00-00-00-01-0B' -ProviderAddress '192.168.10.12' -Rule TranslationMethodEncap -VMName 'B'
    New-NetVirtualizationLookupRecord -CimSession $all -CustomerAddress '10.0.2.2' -VirtualSubnetID 5002 -MACAddress '02-00-00-00-03-02' -ProviderAddress '192.168.20.13' -Rule TranslationMethodEncap -VMName 'MT'
    New-NetVirtualizationLookupRecord -CimSession $all -CustomerAddress '0.0.0.0' -VirtualSubnetID 5002 -MACAddress '02-00-00-00-03-02' -ProviderAddress '192.168.20.13' -Rule TranslationMethodEncap -Type GatewayWildcard -VMName 'MT'
    New-NetVirtualizationLookupRecord -CimSession $all -CustomerAddress '10.0.1.1' -VirtualSubnetID 5001 -MACAddress '02-00-00-FF-FF-01' -ProviderAddress '169.254.254.254' -Rule TranslationMethodEncap
    New-NetVirtualizationLookupRecord -CimSession $all -CustomerAddress '10.0.2.1' -VirtualSubnetID 5002 -MACAddress '02-00-00-FF-FF-01' -ProviderAddress '169.254.254.254' -Rule TranslationMethodEncap
    New-NetVirtualizationLookupRecord -CimSession $all -CustomerAddress '10.0.1.10' -VirtualSubnetID 6001 -MACAddress '02-00-00-00-61-0A' -ProviderAddress '192.168.10.11' -Rule TranslationMethodEncap -VMName 'Z'
    New-NetVirtualizationLookupRecord -CimSession $all -CustomerAddress '10.0.2.2' -VirtualSubnetID 6002 -MACAddress '02-00-00-00-03-02' -ProviderAddress '192.168.20.13' -Rule TranslationMethodEncap -VMName 'MT'
    New-NetVirtualizationLookupRecord -CimSession $all -CustomerAddress '0.0.0.0' -VirtualSubnetID 6002 -MACAddress '02-00-00-00-03-02' -ProviderAddress '192.168.20.13' -Rule TranslationMethodEncap -Type GatewayWildcard -VMName 'MT'
    New-NetVirtualizationLookupRecord -CimSession $all -CustomerAddress '10.0.1.1' -VirtualSubnetID 6001 -MACAddress '02-00-00-FF-FF-01' -ProviderAddress '169.254.254.254' -Rule TranslationMethodEncap
    New-NetVirtualizationLookupRecord -CimSession $all -CustomerAddress '10.0.2.1' -VirtualSubnetID 6002 -MACAddress '02-00-00-FF-FF-01' -ProviderAddress '169.254.254.254' -Rule TranslationMethodEncap
}

# ---- Customer routes
if ($all) {
    New-NetVirtualizationCustomerRoute -CimSession $all -RoutingDomainID '{aaaaaaaa-0000-0000-0000-000000000001}' -VirtualSubnetID 5001 -DestinationPrefix '10.0.1.0/24' -NextHop '0.0.0.0' -Metric 255
    New-NetVirtualizationCustomerRoute -CimSession $all -RoutingDomainID '{aaaaaaaa-0000-0000-0000-000000000001}' -VirtualSubnetID 5002 -DestinationPrefix '10.0.2.0/24' -NextHop '0.0.0.0' -Metric 255
    New-NetVirtualizationCustomerRoute -CimSession $all -RoutingDomainID '{aaaaaaaa-0000-0000-0000-000000000001}' -VirtualSubnetID 5002 -DestinationPrefix '0.0.0.0/0' -NextHop '10.0.2.2' -Metric 255
    New-NetVirtualizationCustomerRoute -CimSession $all -RoutingDomainID '{aaaaaaaa-0000-0000-0000-000000000002}' -VirtualSubnetID 6001 -DestinationPrefix '10.0.1.0/24' -NextHop '0.0.0.0' -Metric 255
    New-NetVirtualizationCustomerRoute -CimSession $all -RoutingDomainID '{aaaaaaaa-0000-0000-0000-000000000002}' -VirtualSubnetID 6002 -DestinationPrefix '10.0.2.0/24' -NextHop '0.0.0.0' -Metric 255
    New-NetVirtualizationCustomerRoute -CimSession $all -RoutingDomainID '{aaaaaaaa-0000-0000-0000-000000000002}' -VirtualSubnetID 6002 -DestinationPrefix '0.0.0.0/0' -NextHop '10.0.2.2' -Metric 255
}

# ---- Virtual subnets of adapters
if ($told -contains 'H1') {
    Get-VMNetworkAdapter -ComputerName 'H1' -VMName 'A' | Where-Object { $_.MacAddress -eq '02000000010A' } | Set-VMNetworkAdapter -VirtualSubnetId 5001
    Get-VMNetworkAdapter -ComputerName 'H1' -VMName 'Z' | Where-Object { $_.MacAddress -eq '02000000610A' } | Set-VMNetworkAdapter -VirtualSubnetId 6001
}
if ($told -contains 'H2') {
    Get-VMNetworkAdapter -ComputerName 'H2' -VMName 'B' | Where-Object { $_.MacAddress -eq '02000000010B' } | Set-VMNetworkAdapter -VirtualSubnetId 5001
}
if ($told -contains 'H3') {
    Get-VMNetworkAdapter -ComputerName 'H3' -VMName 'MT' | Where-Object { $_.MacAddress -eq '020000000302' } | Set-VMNetworkAdapter -VirtualSubnetId 0
    Set-VMNetworkAdapterIsolation -ComputerName 'H3' -VMName 'MT' -IsolationMode NativeVirtualSubnet -MultiTenantStack On
    Add-VMNetworkAdapterRoutingDomainMapping -ComputerName 'H3' -VMName 'MT' -RoutingDomainID '{aaaaaaaa-0000-0000-0000-000000000001}' -RoutingDomainName 'T' -IsolationID 5002
    Add-VMNetworkAdapterRoutingDomainMapping -ComputerName 'H3' -VMName 'MT' -RoutingDomainID '{aaaaaaaa-0000-0000-0000-000000000002}' -RoutingDomainName 'U' -IsolationID 6002
}

if ($all) { Remove-CimSession -CimSession $all }

# ---- Firewalls of the guests, each found by the name of its VM
if ($PSCmdlet.ShouldProcess('1 guest', 'firewall')) {
    $guests1 = 'MT'
    New-NetFirewallRule -CimSession $guests1 -DisplayName 'no-mail' -Direction Inbound -Action Block -Protocol TCP -LocalPort '25'
}
