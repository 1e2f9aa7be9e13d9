# The policy 'access-control' as commands, written by hnvemu.
#
# Run it where all hosts can be reached; -WhatIf shows what it would do.
#
# Not said by any command: the datacenter ACL smb-in: its place is Network Controller
# Not said by any command: the datacenter ACL nothing-in: its place is Network Controller
# Not said by any command: the datacenter ACL nothing-out: its place is Network Controller

[CmdletBinding(SupportsShouldProcess = $true)]
param(
    # The adapter of each host that is to carry its provider addresses.
    [string] $InterfaceAlias = 'WNVNIC'
)

$ErrorActionPreference = 'Stop'

# ---- The hosts, and those of them that are told the same
$told = @(
    if ($PSCmdlet.ShouldProcess('H1', '1 provider address, 8 lookup records, 3 customer routes, 2 adapters')) { 'H1' }
    if ($PSCmdlet.ShouldProcess('H2', '1 provider address, 8 lookup records, 3 customer routes, 3 adapters')) { 'H2' }
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

# ---- Lookup records
if ($all) {
    New-NetVirtualizationLookupRecord -CimSession $all -CustomerAddress '10.7.1.10' -VirtualSubnetID 7001 -MACAddress '02-00-00-00-71-0A' -ProviderAddress '192.168.10.11' -Rule TranslationMethodEncap -VMName 'web1'
    New-NetVirtualizationLookupRecord -CimSession $all -CustomerAddress '10.7.1.11' -VirtualSubnetID 7001 -MACAddress '02-00-00-00-71-0B' -ProviderAddress '192.168.10.12' -Rule TranslationMethodEncap -VMName 'web2'
    New-NetVirtualizationLookupRecord -CimSession $all -CustomerAddress '10.7.2.10' -VirtualSubnetID 7002 -MACAddress '02-00-00-00-72-0A' -ProviderAddress '192.168.10.12' -Rule TranslationMethodEncap -VMName 'app'
    New-NetVirtualizationLookupRecord -CimSession $all -CustomerAddress '10.7.3.10' -VirtualSubnetID 7003 -MACAddress '02-00-00-00-73-0A' -ProviderAddress '192.168.10.11' -Rule TranslationMethodEncap -VMName 'db'
    New-NetVirtualizationLookupRecord -CimSession $all -CustomerAddress '10.7.3.11' -VirtualSubnetID 7003 -MACAddress '02-00-00-00-73-0B' -ProviderAddress '192.168.10.12' -Rule TranslationMethodEncap -VMName 'backup'
    New-NetVirtualizationLookupRecord -CimSession $all -CustomerAddress '10.7.1.1' -VirtualSubnetID 7001 -MACAddress '02-00-00-FF-FF-01' -ProviderAddress '169.254.254.254' -Rule TranslationMethodEncap
    New-NetVirtualizationLookupRecord -CimSession $all -CustomerAddress '10.7.2.1' -VirtualSubnetID 7002 -MACAddress '02-00-00-FF-FF-01' -ProviderAddress '169.254.254.254' -Rule TranslationMethodEncap
    New-NetVirtualizationLookupRecord -CimSession $all -CustomerAddress '10.7.3.1' -VirtualSubnetID 7003 -MACAddress '02-00-00-FF-FF-01' -ProviderAddress '169.254.254.254' -Rule TranslationMethodEncap
}

# ---- Customer routes
if ($all) {
    New-NetVirtualizationCustomerRoute -CimSession $all -RoutingDomainID '{aaaaaaaa-0000-0000-0000-000000000007}' -VirtualSubnetID 7001 -DestinationPrefix '10.7.1.0/24' -NextHop '0.0.0.0' -Metric 255
    New-NetVirtualizationCustomerRoute -CimSession $all -RoutingDomainID '{aaaaaaaa-0000-0000-0000-000000000007}' -VirtualSubnetID 7002 -DestinationPrefix '10.7.2.0/24' -NextHop '0.0.0.0' -Metric 255
    New-NetVirtualizationCustomerRoute -CimSession $all -RoutingDomainID '{aaaaaaaa-0000-0000-0000-000000000007}' -VirtualSubnetID 7003 -DestinationPrefix '10.7.3.0/24' -NextHop '0.0.0.0' -Metric 255
}

# ---- Virtual subnets of adapters
if ($told -contains 'H1') {
    Get-VMNetworkAdapter -ComputerName 'H1' -VMName 'web1' | Where-Object { $_.MacAddress -eq '02000000710A' } | Set-VMNetworkAdapter -VirtualSubnetId 7001
    Get-VMNetworkAdapter -ComputerName 'H1' -VMName 'db' | Where-Object { $_.MacAddress -eq '02000000730A' } | Set-VMNetworkAdapter -VirtualSubnetId 7003
}
if ($told -contains 'H2') {
    Get-VMNetworkAdapter -ComputerName 'H2' -VMName 'web2' | Where-Object { $_.MacAddress -eq '02000000710B' } | Set-VMNetworkAdapter -VirtualSubnetId 7001
    Get-VMNetworkAdapter -ComputerName 'H2' -VMName 'app' | Where-Object { $_.MacAddress -eq '02000000720A' } | Set-VMNetworkAdapter -VirtualSubnetId 7002
    Get-VMNetworkAdapter -ComputerName 'H2' -VMName 'backup' | Where-Object { $_.MacAddress -eq '02000000730B' } | Set-VMNetworkAdapter -VirtualSubnetId 7003
}

# ---- Access lists of adapters
if ($told -contains 'H1') {
    Add-VMNetworkAdapterAcl -ComputerName 'H1' -VMName 'db' -Action Deny -Direction Inbound -RemoteIPAddress '10.7.1.0/24'
    Add-VMNetworkAdapterAcl -ComputerName 'H1' -VMName 'db' -Action Allow -Direction Inbound -RemoteIPAddress '10.7.1.11'
    Add-VMNetworkAdapterAcl -ComputerName 'H1' -VMName 'db' -Action Meter -Direction Both -RemoteIPAddress 'ANY'
}
if ($told -contains 'H2') {
    Add-VMNetworkAdapterExtendedAcl -ComputerName 'H2' -VMName 'app' -Action Allow -Direction Inbound -RemoteIPAddress '10.7.1.0/24' -LocalPort '8080' -Protocol 'TCP' -Weight 100 -Stateful $true -IdleSessionTimeout 255
    Add-VMNetworkAdapterExtendedAcl -ComputerName 'H2' -VMName 'app' -Action Deny -Direction Inbound -Weight 1
    Add-VMNetworkAdapterExtendedAcl -ComputerName 'H2' -VMName 'app' -Action Allow -Direction Outbound -RemoteIPAddress '10.7.3.0/24' -RemotePort '1433' -Protocol 'TCP' -Weight 100 -Stateful $true -IdleSessionTimeout 300
    Add-VMNetworkAdapterExtendedAcl -ComputerName 'H2' -VMName 'app' -Action Deny -Direction Outbound -Weight 1
}

if ($all) { Remove-CimSession -CimSession $all }

# ---- Firewalls of the guests, each found by the name of its VM
if ($PSCmdlet.ShouldProcess('5 guests', 'firewall')) {
    $guests1 = 'web1', 'web2', 'app', 'db', 'backup'
    Set-NetFirewallProfile -CimSession $guests1 -All -DefaultInboundAction Allow -DefaultOutboundAction Allow
    New-NetFirewallRule -CimSession $guests1 -DisplayName 'no-telnet' -Direction Inbound -Action Block -Protocol TCP -LocalPort '23'
}
