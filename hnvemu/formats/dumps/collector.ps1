<#
.SYNOPSIS
    Writes what this computer knows of network virtualization into one JSON file for hnvemu.

.DESCRIPTION
    It only reads: no setting is changed, nothing is sent anywhere, and no credential is asked for.
    On a Hyper-V host it lists lookup records, customer routes, provider addresses and routes, the
    adapters of virtual machines and their access control lists. In a guest it lists the rules of
    the Windows firewall. Run it in an elevated console, once on every host.

.PARAMETER Path
    The file to write. It is replaced where it exists.

.EXAMPLE
    .\Get-Hnv.ps1 -Path C:\Temp\H1.json
    hnvemu trace -p H1.json A B
#>
[CmdletBinding()]
param(
    [string] $Path = ".\$env:COMPUTERNAME.json"
)

$dump = [ordered]@{
    HnvDump      = 1
    ComputerName = $env:COMPUTERNAME
}

function Test-Command {
    param([string] $Name)
    return [bool] (Get-Command -Name $Name -ErrorAction SilentlyContinue)
}

# Enums become names, so that nobody has to guess what their numbers mean.
function ConvertTo-Plain {
    param($Object, [string[]] $Properties)
    $plain = [ordered]@{}
    foreach ($property in $Properties) {
        $value = $Object.$property
        if ($value -is [enum]) { $value = "$value" }
        $plain[$property] = $value
    }
    return $plain
}

# A cmdlet that fails is left out of the file: that it found nothing is another thing.
function Add-Objects {
    param([string] $Command, [string[]] $Properties)
    if (-not (Test-Command $Command)) { return }
    try {
        $found = @(& $Command -ErrorAction Stop | ForEach-Object { ConvertTo-Plain $_ $Properties })
        $dump[$Command.Substring(4)] = $found
    }
    catch {
        Write-Warning "$Command failed and is not in the file: $_"
    }
}

Add-Objects 'Get-NetVirtualizationLookupRecord' @(
    'CustomerAddress', 'VirtualSubnetID', 'MACAddress', 'ProviderAddress', 'CustomerID', 'Context',
    'Rule', 'VMName', 'UseVmMACAddress', 'Type', 'Unusable', 'Unsynchronized')
Add-Objects 'Get-NetVirtualizationCustomerRoute' @(
    'RoutingDomainID', 'VirtualSubnetID', 'DestinationPrefix', 'NextHop', 'Metric')
Add-Objects 'Get-NetVirtualizationProviderAddress' @(
    'ProviderAddress', 'PrefixLength', 'VlanID', 'AddressState', 'MACAddress')
Add-Objects 'Get-NetVirtualizationProviderRoute' @('DestinationPrefix', 'NextHop', 'Metric')
Add-Objects 'Get-NetVirtualizationGlobal' @('UseExternalRouter')

if (Test-Command 'Get-VMNetworkAdapter') {
    $adapterProperties = @(
        'VMName', 'Name', 'MacAddress', 'SwitchName', 'VirtualSubnetId', 'MacAddressSpoofing',
        'DhcpGuard', 'RouterGuard', 'DynamicIPAddressLimit')
    $aclProperties = @('Action', 'Direction', 'LocalAddress', 'RemoteAddress')
    $extendedProperties = @(
        'Direction', 'Action', 'LocalIPAddress', 'RemoteIPAddress', 'LocalPort', 'RemotePort',
        'Protocol', 'Weight', 'Stateful', 'IdleSessionTimeout', 'IsolationID')
    try {
        $adapters = foreach ($adapter in Get-VMNetworkAdapter -VMName * -ErrorAction Stop) {
            $plain = ConvertTo-Plain $adapter $adapterProperties
            $plain['IPAddresses'] = @($adapter.IPAddresses | ForEach-Object { "$_" })
            $plain['AclList'] = @(
                $adapter.AclList | Where-Object { $_ } |
                    ForEach-Object { ConvertTo-Plain $_ $aclProperties })
            $plain['ExtendedAclList'] = @(
                $adapter.ExtendedAclList | Where-Object { $_ } |
                    ForEach-Object { ConvertTo-Plain $_ $extendedProperties })
            $plain['RoutingDomainList'] = @(
                foreach ($domain in @($adapter.RoutingDomainList | Where-Object { $_ })) {
                    [ordered]@{
                        RoutingDomainID   = "$($domain.RoutingDomainID)"
                        RoutingDomainName = "$($domain.RoutingDomainName)"
                        IsolationID       = @($domain.IsolationID)
                    }
                })
            if ($adapter.IsolationSetting) {
                $plain['IsolationSetting'] = ConvertTo-Plain $adapter.IsolationSetting @(
                    'IsolationMode')
            }
            if ($adapter.VlanSetting) {
                $plain['VlanSetting'] = ConvertTo-Plain $adapter.VlanSetting @('AccessVlanId')
            }
            $plain
        }
        $dump['VMNetworkAdapter'] = @($adapters | Where-Object { $_ })
    }
    catch {
        Write-Warning "Get-VMNetworkAdapter failed and is not in the file: $_"
    }
}
else {
    # The rules of a host protect the host alone; those of a guest decide what reaches the VM.
    Add-Objects 'Get-NetFirewallRule' @(
        'InstanceID', 'Name', 'DisplayName', 'Enabled', 'Profile', 'Direction', 'Action')
    Add-Objects 'Get-NetFirewallPortFilter' @(
        'InstanceID', 'Protocol', 'LocalPort', 'RemotePort', 'IcmpType')
    Add-Objects 'Get-NetFirewallAddressFilter' @('InstanceID', 'LocalAddress', 'RemoteAddress')
    Add-Objects 'Get-NetFirewallApplicationFilter' @('InstanceID', 'Program')
    Add-Objects 'Get-NetFirewallServiceFilter' @('InstanceID', 'Service')
}

ConvertTo-Json -InputObject $dump -Depth 10 | Set-Content -LiteralPath $Path -Encoding UTF8
Write-Output "Written: $Path"
