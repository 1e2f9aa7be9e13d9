"""The cmdlets that scripts may call and that this tool writes: their parameters, as documented.

One table serves the evaluator, which binds arguments by it, and the exporter, which writes no
parameter that does not stand here. Sources: the reference of the modules NetWNV (Windows Server
2016) and NetSecurity, and the metadata of the module Hyper-V (Windows Server 2022).

Rules of the file: names are written as the reference writes them and compared without case; a
parameter without sets is in every set.
"""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple


class Enumeration(NamedTuple):
    """The values of an enumeration; the first has the number ``first``."""

    first: int
    names: tuple[str, ...]


class Parameter(NamedTuple):
    """One parameter of a cmdlet."""

    name: str
    type: str
    """``string``, ``bool``, ``switch``, a width of integers, ``guid``, ``object`` or a key of
    :data:`ENUMERATIONS`; ``[]`` behind it where it takes several."""
    mandatory: bool = False
    sets: tuple[str, ...] = ()
    position: int | None = None
    aliases: tuple[str, ...] = ()
    piped: bool = False
    """Whether it takes what the pipeline brings."""


class Cmdlet:
    """One cmdlet; ``default_set`` is empty where it has one set of parameters."""

    def __init__(self, name: str, default_set: str, parameters: tuple[Parameter, ...]) -> None:
        self.name = name
        self.default_set = default_set
        self.parameters = parameters

    @cached_property
    def by_word(self) -> dict[str, Parameter]:
        """Its parameters and the common ones, by their names and aliases in lower case."""
        found: dict[str, Parameter] = {}
        for parameter in (*self.parameters, *COMMON):
            for word in (parameter.name, *parameter.aliases):
                found.setdefault(word.lower(), parameter)
        return found

    @cached_property
    def sets(self) -> frozenset[str]:
        """The names of its sets of parameters; none where it has one."""
        return frozenset(name for parameter in self.parameters for name in parameter.sets)


ENUMERATIONS = {
    "RuleType": Enumeration(
        0, ("TranslationMethodNat", "TranslationMethodEncap", "TranslationMethodNone")
    ),
    "RecordType": Enumeration(0, ("Static", "Dynamic", "GatewayWildcard", "L2Only")),
    "AddressState": Enumeration(
        0, ("Invalid", "Tentative", "Duplicate", "Deprecated", "Preferred")
    ),
    "VMNetworkAdapterAclAction": Enumeration(1, ("Allow", "Deny", "Meter")),
    "VMNetworkAdapterAclDirection": Enumeration(1, ("Inbound", "Outbound", "Both")),
    "VMNetworkAdapterExtendedAclAction": Enumeration(1, ("Allow", "Deny")),
    "VMNetworkAdapterExtendedAclDirection": Enumeration(1, ("Inbound", "Outbound")),
    "OnOffState": Enumeration(0, ("On", "Off")),
    "VMNetworkAdapterPortMirroringMode": Enumeration(0, ("None", "Destination", "Source")),
    "IovInterruptModerationValue": Enumeration(
        0, ("Default", "Adaptive", "Off", "Low", "Medium", "High")
    ),
    "VrssQueueSchedulingModeType": Enumeration(0, ("Dynamic", "StaticVmq", "StaticVrss")),
    "VrssVmbusChannelAffinityPolicyType": Enumeration(1, ("None", "Weak", "Strong", "Strict")),
    "VMNetworkAdapterIsolationMode": Enumeration(
        0, ("None", "NativeVirtualSubnet", "ExternalVirtualSubnet", "Vlan")
    ),
    "FirewallAction": Enumeration(0, ("NotConfigured", "Allow", "Block")),
    "Authentication": Enumeration(0, ("NotRequired", "Required", "NoEncap")),
    "FirewallDirection": Enumeration(1, ("Inbound", "Outbound")),
    "DynamicTransport": Enumeration(
        0,
        (
            "Any",
            "ProximityApps",
            "ProximitySharing",
            "WifiDirectPrinting",
            "WifiDirectDisplay",
            "WifiDirectDevices",
        ),
    ),
    "EdgeTraversal": Enumeration(0, ("Block", "Allow", "DeferToUser", "DeferToApp")),
    "FirewallEnabled": Enumeration(1, ("True", "False")),
    "Encryption": Enumeration(0, ("NotRequired", "Required", "Dynamic")),
    "InterfaceType": Enumeration(0, ("Any", "Wired", "Wireless", "RemoteAccess")),
    "FirewallProfile": Enumeration(0, ("Any", "Domain", "Private", "Public", "NotApplicable")),
}

COMMON = (
    Parameter("Verbose", "switch", aliases=("vb",)),
    Parameter("Debug", "switch", aliases=("db",)),
    Parameter("ErrorAction", "string", aliases=("ea",)),
    Parameter("WarningAction", "string", aliases=("wa",)),
    Parameter("InformationAction", "string", aliases=("infa",)),
    Parameter("ErrorVariable", "string", aliases=("ev",)),
    Parameter("WarningVariable", "string", aliases=("wv",)),
    Parameter("OutVariable", "string", aliases=("ov",)),
    Parameter("OutBuffer", "int32", aliases=("ob",)),
    Parameter("PipelineVariable", "string", aliases=("pv",)),
    Parameter("WhatIf", "switch", aliases=("wi",)),
    Parameter("Confirm", "switch", aliases=("cf",)),
)
"""What every cmdlet takes."""

_CIM = (
    Parameter("AsJob", "switch"),
    Parameter("CimSession", "object[]", aliases=("Session",)),
    Parameter("ThrottleLimit", "int32"),
    Parameter("PassThru", "switch"),
)
_HYPER_V = (
    Parameter("Passthru", "switch"),
    Parameter("CimSession", "object[]"),
    Parameter("ComputerName", "string[]"),
    Parameter("Credential", "object[]"),
)
_FILTERS = (
    Parameter("Name", "string[]", aliases=("ID",)),
    Parameter("DisplayName", "string[]"),
    Parameter("DisplayGroup", "string[]"),
    Parameter("Group", "string[]"),
    Parameter("All", "switch"),
    Parameter("PolicyStore", "string"),
    Parameter("InputObject", "object[]", piped=True),
)
_ALL = (
    Cmdlet(
        "New-NetVirtualizationCustomerRoute",
        "",
        (
            Parameter("DestinationPrefix", "string", mandatory=True),
            Parameter("Metric", "uint32"),
            Parameter("NextHop", "string", mandatory=True),
            Parameter("RoutingDomainID", "string", mandatory=True),
            Parameter("VirtualSubnetID", "uint32", mandatory=True),
            *_CIM,
        ),
    ),
    Cmdlet(
        "New-NetVirtualizationLookupRecord",
        "",
        (
            Parameter("Context", "string"),
            Parameter("CustomerAddress", "string", mandatory=True),
            Parameter("CustomerID", "string"),
            Parameter("MACAddress", "string", mandatory=True),
            Parameter("ProviderAddress", "string", mandatory=True),
            Parameter("Rule", "RuleType", mandatory=True),
            Parameter("Type", "RecordType"),
            Parameter("UseVmMACAddress", "bool"),
            Parameter("VMName", "string"),
            Parameter("VirtualSubnetID", "uint32", mandatory=True),
            *_CIM,
        ),
    ),
    Cmdlet(
        "New-NetVirtualizationProviderAddress",
        "",
        (
            Parameter("InterfaceIndex", "uint32", mandatory=True),
            Parameter("MACAddress", "string"),
            Parameter("PrefixLength", "byte", mandatory=True),
            Parameter("ProviderAddress", "string", mandatory=True),
            Parameter("VlanID", "uint16"),
            *_CIM,
        ),
    ),
    Cmdlet(
        "New-NetVirtualizationProviderRoute",
        "",
        (
            Parameter("DestinationPrefix", "string", mandatory=True),
            Parameter("InterfaceIndex", "uint32", mandatory=True),
            Parameter("Metric", "uint32"),
            Parameter("NextHop", "string", mandatory=True),
            *_CIM,
        ),
    ),
    Cmdlet(
        "Set-NetVirtualizationCustomerRoute",
        "ByName",
        (
            Parameter("DestinationPrefix", "string[]", sets=("ByName",)),
            Parameter("InputObject", "object[]", mandatory=True, sets=("InputObject",), piped=True),
            Parameter("Metric", "uint32"),
            Parameter("NextHop", "string[]", sets=("ByName",)),
            Parameter("RoutingDomainID", "string[]", sets=("ByName",)),
            Parameter("VirtualSubnetID", "uint32[]", sets=("ByName",)),
            *_CIM,
        ),
    ),
    Cmdlet(
        "Set-NetVirtualizationGlobal",
        "",
        (
            Parameter("InputObject", "object[]", piped=True),
            Parameter("UseExternalRouter", "bool"),
            *_CIM,
        ),
    ),
    Cmdlet(
        "Set-NetVirtualizationLookupRecord",
        "ByName",
        (
            Parameter("Context", "string"),
            Parameter("CustomerAddress", "string[]", sets=("ByName",)),
            Parameter("CustomerID", "string"),
            Parameter("InputObject", "object[]", mandatory=True, sets=("InputObject",), piped=True),
            Parameter("MACAddress", "string[]", sets=("ByName",)),
            Parameter("ProviderAddress", "string"),
            Parameter("Rule", "RuleType"),
            Parameter("UseVmMACAddress", "bool"),
            Parameter("VMName", "string"),
            Parameter("VirtualSubnetID", "uint32[]", sets=("ByName",)),
            *_CIM,
        ),
    ),
    Cmdlet(
        "Set-NetVirtualizationProviderAddress",
        "ByName",
        (
            Parameter("AddressState", "AddressState[]", sets=("ByName",)),
            Parameter("InputObject", "object[]", mandatory=True, sets=("InputObject",), piped=True),
            Parameter("InterfaceIndex", "uint32[]", sets=("ByName",)),
            Parameter("MACAddress", "string"),
            Parameter("PrefixLength", "byte"),
            Parameter("ProviderAddress", "string[]", sets=("ByName",)),
            Parameter("VlanID", "uint16"),
            *_CIM,
        ),
    ),
    Cmdlet(
        "Set-NetVirtualizationProviderRoute",
        "ByName",
        (
            Parameter("DestinationPrefix", "string[]", sets=("ByName",)),
            Parameter("InputObject", "object[]", mandatory=True, sets=("InputObject",), piped=True),
            Parameter("InterfaceIndex", "uint32[]", sets=("ByName",)),
            Parameter("Metric", "uint32"),
            Parameter("NextHop", "string[]", sets=("ByName",)),
            *_CIM,
        ),
    ),
    Cmdlet(
        "Get-NetVirtualizationCustomerRoute",
        "",
        (
            Parameter("DestinationPrefix", "string[]"),
            Parameter("Metric", "uint32[]"),
            Parameter("NextHop", "string[]"),
            Parameter("RoutingDomainID", "string[]"),
            Parameter("VirtualSubnetID", "uint32[]"),
            *_CIM,
        ),
    ),
    Cmdlet(
        "Get-NetVirtualizationGlobal",
        "",
        (
            Parameter("UseExternalRouter", "bool[]"),
            *_CIM,
        ),
    ),
    Cmdlet(
        "Get-NetVirtualizationLookupRecord",
        "",
        (
            Parameter("Context", "string[]"),
            Parameter("CustomerAddress", "string[]"),
            Parameter("CustomerID", "string[]"),
            Parameter("MACAddress", "string[]"),
            Parameter("ProviderAddress", "string[]"),
            Parameter("Rule", "RuleType[]"),
            Parameter("Type", "RecordType[]"),
            Parameter("Unsynchronized", "bool[]"),
            Parameter("Unusable", "bool[]"),
            Parameter("UseVmMACAddress", "bool[]"),
            Parameter("VMName", "string[]"),
            Parameter("VirtualSubnetID", "uint32[]"),
            *_CIM,
        ),
    ),
    Cmdlet(
        "Get-NetVirtualizationProviderAddress",
        "",
        (
            Parameter("AddressState", "AddressState[]"),
            Parameter("InterfaceIndex", "uint32[]"),
            Parameter("MACAddress", "string[]"),
            Parameter("ManagedByCluster", "bool[]"),
            Parameter("PrefixLength", "byte[]"),
            Parameter("ProviderAddress", "string[]"),
            Parameter("VlanID", "uint16[]"),
            *_CIM,
        ),
    ),
    Cmdlet(
        "Get-NetVirtualizationProviderRoute",
        "",
        (
            Parameter("DestinationPrefix", "string[]"),
            Parameter("InterfaceIndex", "uint32[]"),
            Parameter("Metric", "uint32[]"),
            Parameter("NextHop", "string[]"),
            *_CIM,
        ),
    ),
    Cmdlet(
        "Remove-NetVirtualizationCustomerRoute",
        "ByName",
        (
            Parameter("DestinationPrefix", "string[]", sets=("ByName",)),
            Parameter("InputObject", "object[]", mandatory=True, sets=("InputObject",), piped=True),
            Parameter("Metric", "uint32[]", sets=("ByName",)),
            Parameter("NextHop", "string[]", sets=("ByName",)),
            Parameter("RoutingDomainID", "string[]", sets=("ByName",)),
            Parameter("VirtualSubnetID", "uint32[]", sets=("ByName",)),
            *_CIM,
        ),
    ),
    Cmdlet(
        "Remove-NetVirtualizationLookupRecord",
        "ByName",
        (
            Parameter("Context", "string[]", sets=("ByName",)),
            Parameter("CustomerAddress", "string[]", sets=("ByName",)),
            Parameter("CustomerID", "string[]", sets=("ByName",)),
            Parameter("InputObject", "object[]", mandatory=True, sets=("InputObject",), piped=True),
            Parameter("MACAddress", "string[]", sets=("ByName",)),
            Parameter("ProviderAddress", "string[]", sets=("ByName",)),
            Parameter("Rule", "RuleType[]", sets=("ByName",)),
            Parameter("Type", "RecordType[]", sets=("ByName",)),
            Parameter("Unsynchronized", "bool[]", sets=("ByName",)),
            Parameter("Unusable", "bool[]", sets=("ByName",)),
            Parameter("UseVmMACAddress", "bool[]", sets=("ByName",)),
            Parameter("VMName", "string[]", sets=("ByName",)),
            Parameter("VirtualSubnetID", "uint32[]", sets=("ByName",)),
            *_CIM,
        ),
    ),
    Cmdlet(
        "Remove-NetVirtualizationProviderAddress",
        "ByName",
        (
            Parameter("AddressState", "AddressState[]", sets=("ByName",)),
            Parameter("InputObject", "object[]", mandatory=True, sets=("InputObject",), piped=True),
            Parameter("InterfaceIndex", "uint32[]", sets=("ByName",)),
            Parameter("MACAddress", "string[]", sets=("ByName",)),
            Parameter("ManagedByCluster", "bool[]", sets=("ByName",)),
            Parameter("PrefixLength", "byte[]", sets=("ByName",)),
            Parameter("ProviderAddress", "string[]", sets=("ByName",)),
            Parameter("VlanID", "uint16[]", sets=("ByName",)),
            *_CIM,
        ),
    ),
    Cmdlet(
        "Remove-NetVirtualizationProviderRoute",
        "ByName",
        (
            Parameter("DestinationPrefix", "string[]", sets=("ByName",)),
            Parameter("InputObject", "object[]", mandatory=True, sets=("InputObject",), piped=True),
            Parameter("InterfaceIndex", "uint32[]", sets=("ByName",)),
            Parameter("Metric", "uint32[]", sets=("ByName",)),
            Parameter("NextHop", "string[]", sets=("ByName",)),
            *_CIM,
        ),
    ),
    *(
        Cmdlet(
            name,
            "VMName",
            (
                Parameter(
                    "VMNetworkAdapter",
                    "object[]",
                    mandatory=True,
                    sets=("ResourceObject",),
                    position=0,
                    piped=True,
                ),
                Parameter("ManagementOS", "switch", mandatory=True, sets=("ManagementOS",)),
                Parameter(
                    "VMNetworkAdapterName", "string", sets=("VMName", "VMObject", "ManagementOS")
                ),
                Parameter(
                    "VMName", "string[]", mandatory=True, sets=("VMName",), position=0, piped=True
                ),
                Parameter(
                    "VM", "object[]", mandatory=True, sets=("VMObject",), position=0, piped=True
                ),
                *_HYPER_V,
            ),
        )
        for name in ("Get-VMNetworkAdapterAcl", "Get-VMNetworkAdapterExtendedAcl")
    ),
    Cmdlet(
        "Add-VMNetworkAdapterAcl",
        "VMName",
        (
            Parameter("Action", "VMNetworkAdapterAclAction", mandatory=True),
            Parameter("Direction", "VMNetworkAdapterAclDirection", mandatory=True),
            Parameter("LocalIPAddress", "string[]"),
            Parameter("LocalMacAddress", "string[]"),
            Parameter("RemoteIPAddress", "string[]"),
            Parameter("RemoteMacAddress", "string[]"),
            Parameter(
                "VMNetworkAdapter",
                "object[]",
                mandatory=True,
                sets=("ResourceObject",),
                position=0,
                piped=True,
            ),
            Parameter("ManagementOS", "switch", mandatory=True, sets=("ManagementOS",)),
            Parameter(
                "VMNetworkAdapterName", "string", sets=("VMName", "VMObject", "ManagementOS")
            ),
            Parameter(
                "VMName", "string[]", mandatory=True, sets=("VMName",), position=0, piped=True
            ),
            Parameter("VM", "object[]", mandatory=True, sets=("VMObject",), position=0, piped=True),
            *_HYPER_V,
        ),
    ),
    Cmdlet(
        "Remove-VMNetworkAdapterAcl",
        "VMName",
        (
            Parameter(
                "VMNetworkAdapter",
                "object[]",
                mandatory=True,
                sets=("ResourceObject",),
                position=0,
                piped=True,
            ),
            Parameter("ManagementOS", "switch", mandatory=True, sets=("ManagementOS",)),
            Parameter(
                "VMNetworkAdapterName", "string", sets=("VMName", "VMObject", "ManagementOS")
            ),
            Parameter(
                "VMName", "string[]", mandatory=True, sets=("VMName",), position=0, piped=True
            ),
            Parameter("VM", "object[]", mandatory=True, sets=("VMObject",), position=0, piped=True),
            Parameter(
                "InputObject",
                "object[]",
                mandatory=True,
                sets=("InputObjectParameter",),
                position=0,
                piped=True,
            ),
            Parameter(
                "Action",
                "VMNetworkAdapterAclAction",
                mandatory=True,
                sets=("VMName", "VMObject", "ResourceObject", "ManagementOS"),
            ),
            Parameter(
                "Direction",
                "VMNetworkAdapterAclDirection",
                mandatory=True,
                sets=("VMName", "VMObject", "ResourceObject", "ManagementOS"),
            ),
            Parameter(
                "LocalIPAddress",
                "string[]",
                sets=("VMName", "VMObject", "ResourceObject", "ManagementOS"),
            ),
            Parameter(
                "LocalMacAddress",
                "string[]",
                sets=("VMName", "VMObject", "ResourceObject", "ManagementOS"),
            ),
            Parameter(
                "RemoteIPAddress",
                "string[]",
                sets=("VMName", "VMObject", "ResourceObject", "ManagementOS"),
            ),
            Parameter(
                "RemoteMacAddress",
                "string[]",
                sets=("VMName", "VMObject", "ResourceObject", "ManagementOS"),
            ),
            *_HYPER_V,
        ),
    ),
    Cmdlet(
        "Add-VMNetworkAdapterExtendedAcl",
        "VMName",
        (
            Parameter("Action", "VMNetworkAdapterExtendedAclAction", mandatory=True, position=1),
            Parameter(
                "Direction", "VMNetworkAdapterExtendedAclDirection", mandatory=True, position=2
            ),
            Parameter("LocalIPAddress", "string", position=3),
            Parameter("RemoteIPAddress", "string", position=4),
            Parameter("LocalPort", "string", position=5),
            Parameter("RemotePort", "string", position=6),
            Parameter("Protocol", "string", position=7),
            Parameter("Weight", "int", mandatory=True, position=8),
            Parameter("Stateful", "bool"),
            Parameter("IdleSessionTimeout", "int"),
            Parameter("IsolationID", "int"),
            Parameter(
                "VMNetworkAdapter",
                "object[]",
                mandatory=True,
                sets=("ResourceObject",),
                position=0,
                piped=True,
            ),
            Parameter("ManagementOS", "switch", mandatory=True, sets=("ManagementOS",)),
            Parameter(
                "VMNetworkAdapterName", "string", sets=("VMName", "VMObject", "ManagementOS")
            ),
            Parameter(
                "VMName", "string[]", mandatory=True, sets=("VMName",), position=0, piped=True
            ),
            Parameter("VM", "object[]", mandatory=True, sets=("VMObject",), position=0, piped=True),
            *_HYPER_V,
        ),
    ),
    Cmdlet(
        "Remove-VMNetworkAdapterExtendedAcl",
        "VMName",
        (
            Parameter(
                "VMNetworkAdapter",
                "object[]",
                mandatory=True,
                sets=("ResourceObject",),
                position=0,
                piped=True,
            ),
            Parameter("ManagementOS", "switch", mandatory=True, sets=("ManagementOS",)),
            Parameter(
                "VMNetworkAdapterName", "string", sets=("VMName", "VMObject", "ManagementOS")
            ),
            Parameter(
                "VMName", "string[]", mandatory=True, sets=("VMName",), position=0, piped=True
            ),
            Parameter("VM", "object[]", mandatory=True, sets=("VMObject",), position=0, piped=True),
            Parameter(
                "InputObject",
                "object[]",
                mandatory=True,
                sets=("InputObjectParameter",),
                position=0,
                piped=True,
            ),
            Parameter(
                "Weight",
                "int",
                mandatory=True,
                sets=("VMName", "VMObject", "ResourceObject", "ManagementOS"),
            ),
            Parameter(
                "Direction",
                "VMNetworkAdapterExtendedAclDirection",
                mandatory=True,
                sets=("VMName", "VMObject", "ResourceObject", "ManagementOS"),
            ),
            *_HYPER_V,
        ),
    ),
    Cmdlet(
        "Set-VMNetworkAdapter",
        "VMName",
        (
            Parameter("ManagementOS", "switch", mandatory=True, sets=("ManagementOS",)),
            Parameter("VMName", "string", mandatory=True, sets=("VMName",), position=0, piped=True),
            Parameter(
                "VMNetworkAdapter",
                "object",
                mandatory=True,
                sets=("ResourceObject",),
                position=0,
                piped=True,
            ),
            Parameter("VM", "object", mandatory=True, sets=("VMObject",), position=0, piped=True),
            Parameter(
                "Name",
                "string",
                sets=("VMName", "VMObject", "ManagementOS"),
                aliases=("VMNetworkAdapterName",),
            ),
            Parameter("DynamicMacAddress", "switch", sets=("VMName", "VMObject", "ResourceObject")),
            Parameter("MediaType", "uint32"),
            Parameter("NumaAwarePlacement", "bool"),
            Parameter("InterruptModeration", "bool"),
            Parameter("StaticMacAddress", "string", sets=("VMName", "VMObject", "ResourceObject")),
            Parameter("MacAddressSpoofing", "OnOffState"),
            Parameter("DhcpGuard", "OnOffState"),
            Parameter("RouterGuard", "OnOffState"),
            Parameter("PortMirroring", "VMNetworkAdapterPortMirroringMode"),
            Parameter("IeeePriorityTag", "OnOffState"),
            Parameter("VmqWeight", "uint32"),
            Parameter("IovQueuePairsRequested", "uint32"),
            Parameter("IovInterruptModeration", "IovInterruptModerationValue"),
            Parameter("IovWeight", "uint32"),
            Parameter("IPsecOffloadMaximumSecurityAssociation", "uint32"),
            Parameter("MaximumBandwidth", "int"),
            Parameter("MinimumBandwidthAbsolute", "int"),
            Parameter("MinimumBandwidthWeight", "uint32"),
            Parameter("MandatoryFeatureId", "string[]"),
            Parameter("ResourcePoolName", "string"),
            Parameter("TestReplicaPoolName", "string"),
            Parameter("TestReplicaSwitchName", "string"),
            Parameter("VirtualSubnetId", "uint32"),
            Parameter("AllowTeaming", "OnOffState"),
            Parameter("NotMonitoredInCluster", "bool"),
            Parameter("StormLimit", "uint32"),
            Parameter("DynamicIPAddressLimit", "uint32"),
            Parameter("DeviceNaming", "OnOffState"),
            Parameter("FixSpeed10G", "OnOffState"),
            Parameter("PacketDirectNumProcs", "uint32"),
            Parameter("PacketDirectModerationCount", "uint32"),
            Parameter("PacketDirectModerationInterval", "uint32"),
            Parameter("VrssEnabled", "bool"),
            Parameter("VmmqEnabled", "bool"),
            Parameter("VrssMaxQueuePairs", "uint32", aliases=("VmmqQueuePairs",)),
            Parameter("VrssMinQueuePairs", "uint32"),
            Parameter("VrssQueueSchedulingMode", "VrssQueueSchedulingModeType"),
            Parameter("VrssExcludePrimaryProcessor", "bool"),
            Parameter("VrssIndependentHostSpreading", "bool"),
            Parameter("VrssVmbusChannelAffinityPolicy", "VrssVmbusChannelAffinityPolicyType"),
            *_HYPER_V,
        ),
    ),
    Cmdlet(
        "Set-VMNetworkAdapterIsolation",
        "VMName",
        (
            Parameter(
                "VMNetworkAdapter",
                "object[]",
                mandatory=True,
                sets=("ResourceObject",),
                position=0,
                piped=True,
            ),
            Parameter("ManagementOS", "switch", mandatory=True, sets=("ManagementOS",)),
            Parameter(
                "VMNetworkAdapterName", "string", sets=("VMName", "VMObject", "ManagementOS")
            ),
            Parameter(
                "VMName", "string[]", mandatory=True, sets=("VMName",), position=0, piped=True
            ),
            Parameter("VM", "object[]", mandatory=True, sets=("VMObject",), position=0, piped=True),
            Parameter("IsolationMode", "VMNetworkAdapterIsolationMode"),
            Parameter("AllowUntaggedTraffic", "bool"),
            Parameter("DefaultIsolationID", "int"),
            Parameter("MultiTenantStack", "OnOffState"),
            *_HYPER_V,
        ),
    ),
    Cmdlet(
        "Add-VMNetworkAdapterRoutingDomainMapping",
        "VMName",
        (
            Parameter("RoutingDomainID", "guid", mandatory=True, position=1),
            Parameter("RoutingDomainName", "string", mandatory=True, position=2),
            Parameter("IsolationID", "int[]", mandatory=True, position=3),
            Parameter("IsolationName", "string[]", position=4),
            Parameter(
                "VMNetworkAdapter",
                "object[]",
                mandatory=True,
                sets=("ResourceObject",),
                position=0,
                piped=True,
            ),
            Parameter("ManagementOS", "switch", mandatory=True, sets=("ManagementOS",)),
            Parameter(
                "VMNetworkAdapterName", "string", sets=("VMName", "VMObject", "ManagementOS")
            ),
            Parameter(
                "VMName", "string[]", mandatory=True, sets=("VMName",), position=0, piped=True
            ),
            Parameter("VM", "object[]", mandatory=True, sets=("VMObject",), position=0, piped=True),
            *_HYPER_V,
        ),
    ),
    Cmdlet(
        "Set-VMNetworkAdapterRoutingDomainMapping",
        "VMName",
        (
            Parameter(
                "VMNetworkAdapter",
                "object[]",
                mandatory=True,
                sets=("ResourceObject",),
                position=0,
                piped=True,
            ),
            Parameter("ManagementOS", "switch", mandatory=True, sets=("ManagementOS",)),
            Parameter(
                "VMNetworkAdapterName", "string", sets=("VMName", "VMObject", "ManagementOS")
            ),
            Parameter(
                "VMName", "string[]", mandatory=True, sets=("VMName",), position=0, piped=True
            ),
            Parameter("VM", "object[]", mandatory=True, sets=("VMObject",), position=0, piped=True),
            Parameter(
                "InputObject",
                "object",
                mandatory=True,
                sets=("InputObjectParameter",),
                position=0,
                piped=True,
            ),
            Parameter(
                "RoutingDomainID",
                "guid",
                sets=("VMName", "VMObject", "ResourceObject", "ManagementOS"),
            ),
            Parameter(
                "RoutingDomainName",
                "string",
                sets=("VMName", "VMObject", "ResourceObject", "ManagementOS"),
            ),
            Parameter("NewRoutingDomainName", "string"),
            Parameter("IsolationID", "int[]"),
            Parameter("IsolationName", "string[]"),
            *_HYPER_V,
        ),
    ),
    Cmdlet(
        "Remove-VMNetworkAdapterRoutingDomainMapping",
        "VMName",
        (
            Parameter(
                "VMNetworkAdapter",
                "object[]",
                mandatory=True,
                sets=("ResourceObject",),
                position=0,
                piped=True,
            ),
            Parameter("ManagementOS", "switch", mandatory=True, sets=("ManagementOS",)),
            Parameter(
                "VMNetworkAdapterName", "string", sets=("VMName", "VMObject", "ManagementOS")
            ),
            Parameter(
                "VMName", "string[]", mandatory=True, sets=("VMName",), position=0, piped=True
            ),
            Parameter("VM", "object[]", mandatory=True, sets=("VMObject",), position=0, piped=True),
            Parameter(
                "InputObject",
                "object[]",
                mandatory=True,
                sets=("InputObjectParameter",),
                position=0,
                piped=True,
            ),
            Parameter(
                "RoutingDomainID",
                "guid",
                sets=("VMName", "VMObject", "ResourceObject", "ManagementOS"),
            ),
            Parameter(
                "RoutingDomainName",
                "string",
                sets=("VMName", "VMObject", "ResourceObject", "ManagementOS"),
            ),
            *_HYPER_V,
        ),
    ),
    Cmdlet(
        "Set-VMNetworkAdapterVlan",
        "VMName",
        (
            Parameter(
                "VMNetworkAdapter",
                "object[]",
                mandatory=True,
                sets=("ResourceObject",),
                position=0,
                piped=True,
            ),
            Parameter("ManagementOS", "switch", mandatory=True, sets=("ManagementOS",)),
            Parameter(
                "VMNetworkAdapterName", "string", sets=("VMName", "VMObject", "ManagementOS")
            ),
            Parameter(
                "VMName", "string[]", mandatory=True, sets=("VMName",), position=0, piped=True
            ),
            Parameter("VM", "object[]", mandatory=True, sets=("VMObject",), position=0, piped=True),
            Parameter("Untagged", "switch", aliases=("u",)),
            Parameter("Access", "switch", aliases=("a",)),
            Parameter("VlanId", "int", aliases=("AccessVlanId",)),
            Parameter("Trunk", "switch", aliases=("t",)),
            Parameter("NativeVlanId", "int"),
            Parameter("AllowedVlanIdList", "string"),
            Parameter("Isolated", "switch", aliases=("i",)),
            Parameter("Community", "switch", aliases=("c",)),
            Parameter("Promiscuous", "switch", aliases=("p",)),
            Parameter("PrimaryVlanId", "int"),
            Parameter("SecondaryVlanId", "int"),
            Parameter("SecondaryVlanIdList", "string"),
            *_HYPER_V,
        ),
    ),
    Cmdlet(
        "New-NetFirewallRule",
        "",
        (
            Parameter("Action", "FirewallAction"),
            Parameter("Authentication", "Authentication"),
            Parameter("Description", "string"),
            Parameter("Direction", "FirewallDirection"),
            Parameter("DisplayName", "string", mandatory=True),
            Parameter("DynamicTarget", "DynamicTransport"),
            Parameter("EdgeTraversalPolicy", "EdgeTraversal"),
            Parameter("Enabled", "FirewallEnabled"),
            Parameter("Encryption", "Encryption"),
            Parameter("GPOSession", "string"),
            Parameter("Group", "string"),
            Parameter("IcmpType", "string[]"),
            Parameter("InterfaceAlias", "string[]"),
            Parameter("InterfaceType", "InterfaceType"),
            Parameter("LocalAddress", "string[]"),
            Parameter("LocalOnlyMapping", "bool"),
            Parameter("LocalPort", "string[]"),
            Parameter("LocalUser", "string"),
            Parameter("LooseSourceMapping", "bool", aliases=("LSM",)),
            Parameter("Name", "string", aliases=("ID",)),
            Parameter("OverrideBlockRules", "bool"),
            Parameter("Owner", "string"),
            Parameter("Package", "string"),
            Parameter("Platform", "string[]"),
            Parameter("PolicyStore", "string"),
            Parameter("Profile", "FirewallProfile[]"),
            Parameter("Program", "string"),
            Parameter("Protocol", "string"),
            Parameter("RemoteAddress", "string[]"),
            Parameter("RemoteDynamicKeywordAddresses", "string[]"),
            Parameter("RemoteMachine", "string"),
            Parameter("RemotePort", "string[]"),
            Parameter("RemoteUser", "string"),
            Parameter("Service", "string"),
            *_CIM,
        ),
    ),
    Cmdlet(
        "Set-NetFirewallRule",
        "",
        (
            *_FILTERS,
            Parameter("NewDisplayName", "string"),
            Parameter("Action", "FirewallAction"),
            Parameter("Description", "string"),
            Parameter("Direction", "FirewallDirection"),
            Parameter("Enabled", "FirewallEnabled"),
            Parameter("IcmpType", "string[]"),
            Parameter("LocalAddress", "string[]"),
            Parameter("LocalPort", "string[]"),
            Parameter("OverrideBlockRules", "bool"),
            Parameter("Profile", "FirewallProfile[]"),
            Parameter("Program", "string"),
            Parameter("Protocol", "string"),
            Parameter("RemoteAddress", "string[]"),
            Parameter("RemotePort", "string[]"),
            Parameter("Service", "string"),
            *_CIM,
        ),
    ),
    Cmdlet("Remove-NetFirewallRule", "", (*_FILTERS, *_CIM)),
    Cmdlet("Enable-NetFirewallRule", "", (*_FILTERS, *_CIM)),
    Cmdlet("Disable-NetFirewallRule", "", (*_FILTERS, *_CIM)),
    Cmdlet(
        "Set-NetFirewallProfile",
        "",
        (
            Parameter("Profile", "FirewallProfile[]", position=0, aliases=("Name",)),
            Parameter("All", "switch"),
            Parameter("Enabled", "FirewallEnabled"),
            Parameter("DefaultInboundAction", "FirewallAction"),
            Parameter("DefaultOutboundAction", "FirewallAction"),
            Parameter("AllowInboundRules", "string"),
            Parameter("LogAllowed", "string"),
            Parameter("LogBlocked", "string"),
            Parameter("LogFileName", "string"),
            Parameter("LogMaxSizeKilobytes", "int32"),
            Parameter("NotifyOnListen", "string"),
            Parameter("PolicyStore", "string"),
            *_CIM,
        ),
    ),
    Cmdlet(
        "Get-VMNetworkAdapter",
        "VMName",
        (
            Parameter("VMName", "string[]", sets=("VMName",), position=0),
            Parameter("VM", "object[]", mandatory=True, sets=("VMObject",), position=0, piped=True),
            Parameter("Name", "string", aliases=("VMNetworkAdapterName",)),
            Parameter("ManagementOS", "switch", mandatory=True, sets=("ManagementOS",)),
            Parameter("All", "switch"),
            Parameter("SwitchName", "string"),
            Parameter("IsLegacy", "bool"),
            *_HYPER_V,
        ),
    ),
    Cmdlet(
        "Get-VM",
        "",
        (Parameter("Name", "string[]", position=0, aliases=("VMName",)), *_HYPER_V),
    ),
    Cmdlet(
        "New-VM",
        "",
        (
            Parameter("Name", "string", position=0, aliases=("VMName",)),
            Parameter("MemoryStartupBytes", "int", position=1),
            Parameter("Generation", "int32"),
            Parameter("SwitchName", "string"),
            Parameter("Path", "string"),
            Parameter("VHDPath", "string"),
            Parameter("NewVHDPath", "string"),
            Parameter("NewVHDSizeBytes", "int"),
            Parameter("BootDevice", "string"),
            Parameter("NoVHD", "switch"),
            Parameter("Version", "string"),
            Parameter("Prerelease", "switch"),
            Parameter("Experimental", "switch"),
            Parameter("Force", "switch"),
            Parameter("AsJob", "switch"),
            *_HYPER_V,
        ),
    ),
    Cmdlet(
        "Add-VMNetworkAdapter",
        "VMName",
        (
            Parameter("VMName", "string[]", mandatory=True, sets=("VMName",), position=0),
            Parameter("VM", "object[]", mandatory=True, sets=("VMObject",), position=0, piped=True),
            Parameter("ManagementOS", "switch", mandatory=True, sets=("ManagementOS",)),
            Parameter("Name", "string", aliases=("VMNetworkAdapterName",)),
            Parameter("SwitchName", "string"),
            Parameter("StaticMacAddress", "string"),
            Parameter("DynamicMacAddress", "switch"),
            Parameter("IsLegacy", "bool"),
            Parameter("ResourcePoolName", "string"),
            Parameter("DeviceNaming", "OnOffState"),
            *_HYPER_V,
        ),
    ),
    Cmdlet(
        "Remove-VMNetworkAdapter",
        "VMName",
        (
            Parameter("VMName", "string[]", mandatory=True, sets=("VMName",), position=0),
            Parameter("VM", "object[]", mandatory=True, sets=("VMObject",), position=0, piped=True),
            Parameter(
                "VMNetworkAdapter",
                "object[]",
                mandatory=True,
                sets=("ResourceObject",),
                position=0,
                piped=True,
            ),
            Parameter("ManagementOS", "switch", mandatory=True, sets=("ManagementOS",)),
            Parameter(
                "VMNetworkAdapterName",
                "string",
                sets=("VMName", "VMObject", "ManagementOS"),
                position=1,
                aliases=("Name",),
            ),
            *_HYPER_V,
        ),
    ),
    Cmdlet(
        "Remove-VM",
        "",
        (
            Parameter("Name", "string[]", position=0, aliases=("VMName",)),
            Parameter("VM", "object[]", piped=True),
            Parameter("Force", "switch"),
            *_HYPER_V,
        ),
    ),
)

CMDLETS = {cmdlet.name.lower(): cmdlet for cmdlet in _ALL}
"""By name in lower case."""
