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

# ---- H1
if ($PSCmdlet.ShouldProcess('H1', 'provider addresses and routes')) {
    $index = (Get-NetAdapter -CimSession 'H1' -Name $InterfaceAlias).InterfaceIndex
    New-NetVirtualizationProviderAddress -CimSession 'H1' -InterfaceIndex $index -ProviderAddress '192.168.10.11' -PrefixLength 24
    New-NetVirtualizationProviderRoute -CimSession 'H1' -InterfaceIndex $index -DestinationPrefix '0.0.0.0/0' -NextHop '192.168.10.1' -Metric 256
}
if ($PSCmdlet.ShouldProcess('H1', 'lookup records')) {
    New-NetVirtualizationLookupRecord -CimSession 'H1' -CustomerAddress '10.7.1.10' -VirtualSubnetID 7001 -MACAddress '02-00-00-00-71-0A' -ProviderAddress '192.168.10.11' -Rule TranslationMethodEncap -VMName 'web1'
    New-NetVirtualizationLookupRecord -CimSession 'H1' -CustomerAddress '10.7.1.11' -VirtualSubnetID 7001 -MACAddress '02-00-00-00-71-0B' -ProviderAddress '192.168.10.12' -Rule TranslationMethodEncap -VMName 'web2'
    New-NetVirtualizationLookupRecord -CimSession 'H1' -CustomerAddress '10.7.2.10' -VirtualSubnetID 7002 -MACAddress '02-00-00-00-72-0A' -ProviderAddress '192.168.10.12' -Rule TranslationMethodEncap -VMName 'app'
    New-NetVirtualizationLookupRecord -CimSession 'H1' -CustomerAddress '10.7.3.10' -VirtualSubnetID 7003 -MACAddress '02-00-00-00-73-0A' -ProviderAddress '192.168.10.11' -Rule TranslationMethodEncap -VMName 'db'
    New-NetVirtualizationLookupRecord -CimSession 'H1' -CustomerAddress '10.7.3.11' -VirtualSubnetID 7003 -MACAddress '02-00-00-00-73-0B' -ProviderAddress '192.168.10.12' -Rule TranslationMethodEncap -VMName 'backup'
    New-NetVirtualizationLookupRecord -CimSession 'H1' -CustomerAddress '10.7.1.1' -VirtualSubnetID 7001 -MACAddress '02-00-00-FF-FF-01' -ProviderAddress '169.254.254.254' -Rule TranslationMethodEncap
    New-NetVirtualizationLookupRecord -CimSession 'H1' -CustomerAddress '10.7.2.1' -VirtualSubnetID 7002 -MACAddress '02-00-00-FF-FF-01' -ProviderAddress '169.254.254.254' -Rule TranslationMethodEncap
    New-NetVirtualizationLookupRecord -CimSession 'H1' -CustomerAddress '10.7.3.1' -VirtualSubnetID 7003 -MACAddress '02-00-00-FF-FF-01' -ProviderAddress '169.254.254.254' -Rule TranslationMethodEncap
}
if ($PSCmdlet.ShouldProcess('H1', 'customer routes')) {
    New-NetVirtualizationCustomerRoute -CimSession 'H1' -RoutingDomainID '{aaaaaaaa-0000-0000-0000-000000000007}' -VirtualSubnetID 7001 -DestinationPrefix '10.7.1.0/24' -NextHop '0.0.0.0' -Metric 255
    New-NetVirtualizationCustomerRoute -CimSession 'H1' -RoutingDomainID '{aaaaaaaa-0000-0000-0000-000000000007}' -VirtualSubnetID 7002 -DestinationPrefix '10.7.2.0/24' -NextHop '0.0.0.0' -Metric 255
    New-NetVirtualizationCustomerRoute -CimSession 'H1' -RoutingDomainID '{aaaaaaaa-0000-0000-0000-000000000007}' -VirtualSubnetID 7003 -DestinationPrefix '10.7.3.0/24' -NextHop '0.0.0.0' -Metric 255
}
if ($PSCmdlet.ShouldProcess('H1', 'virtual subnets of adapters')) {
    Get-VMNetworkAdapter -ComputerName 'H1' -VMName 'web1' | Where-Object { $_.MacAddress -eq '02000000710A' } | Set-VMNetworkAdapter -VirtualSubnetId 7001
    Get-VMNetworkAdapter -ComputerName 'H1' -VMName 'db' | Where-Object { $_.MacAddress -eq '02000000730A' } | Set-VMNetworkAdapter -VirtualSubnetId 7003
}
if ($PSCmdlet.ShouldProcess('H1', 'access lists of adapters')) {
    Add-VMNetworkAdapterAcl -ComputerName 'H1' -VMName 'db' -Action Deny -Direction Inbound -RemoteIPAddress '10.7.1.0/24'
    Add-VMNetworkAdapterAcl -ComputerName 'H1' -VMName 'db' -Action Allow -Direction Inbound -RemoteIPAddress '10.7.1.11'
    Add-VMNetworkAdapterAcl -ComputerName 'H1' -VMName 'db' -Action Meter -Direction Both -RemoteIPAddress 'ANY'
}

# ---- H2
if ($PSCmdlet.ShouldProcess('H2', 'provider addresses and routes')) {
    $index = (Get-NetAdapter -CimSession 'H2' -Name $InterfaceAlias).InterfaceIndex
    New-NetVirtualizationProviderAddress -CimSession 'H2' -InterfaceIndex $index -ProviderAddress '192.168.10.12' -PrefixLength 24
    New-NetVirtualizationProviderRoute -CimSession 'H2' -InterfaceIndex $index -DestinationPrefix '0.0.0.0/0' -NextHop '192.168.10.1' -Metric 256
}
if ($PSCmdlet.ShouldProcess('H2', 'lookup records')) {
    New-NetVirtualizationLookupRecord -CimSession 'H2' -CustomerAddress '10.7.1.10' -VirtualSubnetID 7001 -MACAddress '02-00-00-00-71-0A' -ProviderAddress '192.168.10.11' -Rule TranslationMethodEncap -VMName 'web1'
    New-NetVirtualizationLookupRecord -CimSession 'H2' -CustomerAddress '10.7.1.11' -VirtualSubnetID 7001 -MACAddress '02-00-00-00-71-0B' -ProviderAddress '192.168.10.12' -Rule TranslationMethodEncap -VMName 'web2'
    New-NetVirtualizationLookupRecord -CimSession 'H2' -CustomerAddress '10.7.2.10' -VirtualSubnetID 7002 -MACAddress '02-00-00-00-72-0A' -ProviderAddress '192.168.10.12' -Rule TranslationMethodEncap -VMName 'app'
    New-NetVirtualizationLookupRecord -CimSession 'H2' -CustomerAddress '10.7.3.10' -VirtualSubnetID 7003 -MACAddress '02-00-00-00-73-0A' -ProviderAddress '192.168.10.11' -Rule TranslationMethodEncap -VMName 'db'
    New-NetVirtualizationLookupRecord -CimSession 'H2' -CustomerAddress '10.7.3.11' -VirtualSubnetID 7003 -MACAddress '02-00-00-00-73-0B' -ProviderAddress '192.168.10.12' -Rule TranslationMethodEncap -VMName 'backup'
    New-NetVirtualizationLookupRecord -CimSession 'H2' -CustomerAddress '10.7.1.1' -VirtualSubnetID 7001 -MACAddress '02-00-00-FF-FF-01' -ProviderAddress '169.254.254.254' -Rule TranslationMethodEncap
    New-NetVirtualizationLookupRecord -CimSession 'H2' -CustomerAddress '10.7.2.1' -VirtualSubnetID 7002 -MACAddress '02-00-00-FF-FF-01' -ProviderAddress '169.254.254.254' -Rule TranslationMethodEncap
    New-NetVirtualizationLookupRecord -CimSession 'H2' -CustomerAddress '10.7.3.1' -VirtualSubnetID 7003 -MACAddress '02-00-00-FF-FF-01' -ProviderAddress '169.254.254.254' -Rule TranslationMethodEncap
}
if ($PSCmdlet.ShouldProcess('H2', 'customer routes')) {
    New-NetVirtualizationCustomerRoute -CimSession 'H2' -RoutingDomainID '{aaaaaaaa-0000-0000-0000-000000000007}' -VirtualSubnetID 7001 -DestinationPrefix '10.7.1.0/24' -NextHop '0.0.0.0' -Metric 255
    New-NetVirtualizationCustomerRoute -CimSession 'H2' -RoutingDomainID '{aaaaaaaa-0000-0000-0000-000000000007}' -VirtualSubnetID 7002 -DestinationPrefix '10.7.2.0/24' -NextHop '0.0.0.0' -Metric 255
    New-NetVirtualizationCustomerRoute -CimSession 'H2' -RoutingDomainID '{aaaaaaaa-0000-0000-0000-000000000007}' -VirtualSubnetID 7003 -DestinationPrefix '10.7.3.0/24' -NextHop '0.0.0.0' -Metric 255
}
if ($PSCmdlet.ShouldProcess('H2', 'virtual subnets of adapters')) {
    Get-VMNetworkAdapter -ComputerName 'H2' -VMName 'web2' | Where-Object { $_.MacAddress -eq '02000000710B' } | Set-VMNetworkAdapter -VirtualSubnetId 7001
    Get-VMNetworkAdapter -ComputerName 'H2' -VMName 'app' | Where-Object { $_.MacAddress -eq '02000000720A' } | Set-VMNetworkAdapter -VirtualSubnetId 7002
    Get-VMNetworkAdapter -ComputerName 'H2' -VMName 'backup' | Where-Object { $_.MacAddress -eq '02000000730B' } | Set-VMNetworkAdapter -VirtualSubnetId 7003
}
if ($PSCmdlet.ShouldProcess('H2', 'access lists of adapters')) {
    Add-VMNetworkAdapterExtendedAcl -ComputerName 'H2' -VMName 'app' -Action Allow -Direction Inbound -RemoteIPAddress '10.7.1.0/24' -LocalPort '8080' -Protocol 'TCP' -Weight 100 -Stateful $true -IdleSessionTimeout 255
    Add-VMNetworkAdapterExtendedAcl -ComputerName 'H2' -VMName 'app' -Action Deny -Direction Inbound -Weight 1
    Add-VMNetworkAdapterExtendedAcl -ComputerName 'H2' -VMName 'app' -Action Allow -Direction Outbound -RemoteIPAddress '10.7.3.0/24' -RemotePort '1433' -Protocol 'TCP' -Weight 100 -Stateful $true -IdleSessionTimeout 300
    Add-VMNetworkAdapterExtendedAcl -ComputerName 'H2' -VMName 'app' -Action Deny -Direction Outbound -Weight 1
}

# ---- Firewalls of the guests, each found by the name of its VM
if ($PSCmdlet.ShouldProcess('web1', 'firewall')) {
    Set-NetFirewallProfile -CimSession 'web1' -All -DefaultInboundAction Allow -DefaultOutboundAction Allow
    New-NetFirewallRule -CimSession 'web1' -DisplayName 'no-telnet' -Direction Inbound -Action Block -Protocol TCP -LocalPort '23'
}
if ($PSCmdlet.ShouldProcess('web2', 'firewall')) {
    Set-NetFirewallProfile -CimSession 'web2' -All -DefaultInboundAction Allow -DefaultOutboundAction Allow
    New-NetFirewallRule -CimSession 'web2' -DisplayName 'no-telnet' -Direction Inbound -Action Block -Protocol TCP -LocalPort '23'
}
if ($PSCmdlet.ShouldProcess('app', 'firewall')) {
    Set-NetFirewallProfile -CimSession 'app' -All -DefaultInboundAction Allow -DefaultOutboundAction Allow
    New-NetFirewallRule -CimSession 'app' -DisplayName 'no-telnet' -Direction Inbound -Action Block -Protocol TCP -LocalPort '23'
}
if ($PSCmdlet.ShouldProcess('db', 'firewall')) {
    Set-NetFirewallProfile -CimSession 'db' -All -DefaultInboundAction Allow -DefaultOutboundAction Allow
    New-NetFirewallRule -CimSession 'db' -DisplayName 'no-telnet' -Direction Inbound -Action Block -Protocol TCP -LocalPort '23'
}
if ($PSCmdlet.ShouldProcess('backup', 'firewall')) {
    Set-NetFirewallProfile -CimSession 'backup' -All -DefaultInboundAction Allow -DefaultOutboundAction Allow
    New-NetFirewallRule -CimSession 'backup' -DisplayName 'no-telnet' -Direction Inbound -Action Block -Protocol TCP -LocalPort '23'
}
