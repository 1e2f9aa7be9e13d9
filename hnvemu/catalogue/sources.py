"""Where the rules come from. All sources are public."""

from __future__ import annotations

from typing import Final, NamedTuple


class Source(NamedTuple):
    """A document, by the short name that stands in brackets where it is cited."""

    name: str
    title: str
    address: str


SOURCES: Final = (
    Source(
        "HNV overview",
        "an introduction to HNV and NVGRE with its readers' comments, December 2012",
        "https://blog.ipspace.net/2012/12/hyper-v-network-virtualization-wnvnvgre/",
    ),
    Source(
        "walk 2012",
        '"Virtual Packet Forwarding in Hyper-V Network Virtualization", December 2013',
        "https://blog.ipspace.net/2013/12/virtual-packet-forwarding-in-hyper-v/",
    ),
    Source(
        "walk R2",
        "the packet walk of HNV in Windows Server 2012 R2, December 2013",
        "https://blog.ipspace.net/2013/12/hyper-v-network-virtualization-packet/",
    ),
    Source(
        "complex routing",
        '"Complex Routing in Hyper-V Network Virtualization", January 2014, corrected by Microsoft'
        " staff",
        "https://blog.ipspace.net/2014/01/complex-routing-in-hyper-v-network/",
    ),
    Source(
        "TTL",
        '"TTL in Overlay Virtual Networks", October 2013',
        "https://blog.ipspace.net/2013/10/ttl-in-overlay-virtual-networks/",
    ),
    Source(
        "R2 networking",
        "the networking enhancements of Windows Server 2012 R2, August 2013",
        "https://blog.ipspace.net/2013/08/networking-enhancements-in-windows/",
    ),
    Source(
        "HNV details",
        '"Hyper-V Network Virtualization Technical Details in Windows Server", Microsoft',
        "https://github.com/MicrosoftDocs/windowsserverdocs",
    ),
    Source(
        "SDN troubleshooting",
        '"Troubleshoot the Windows Server Software Defined Networking Stack", Microsoft',
        "https://github.com/MicrosoftDocs/windowsserverdocs",
    ),
    Source(
        "SDN guides",
        "Microsoft's guides to Datacenter Firewall, network virtual appliances, guest clusters and"
        " virtual network peering",
        "https://github.com/MicrosoftDocs/windowsserverdocs",
    ),
    Source(
        "RRAS guide",
        "Microsoft's guides to the RRAS multi-tenant gateway and its Hyper-V host",
        "https://github.com/MicrosoftDocs/windowsserverdocs",
    ),
    Source(
        "NetWNV",
        "reference of the NetWNV cmdlets and of the `MSFT_NetVirtualization…` classes, Microsoft",
        "https://github.com/MicrosoftDocs/windows-powershell-docs",
    ),
    Source(
        "Hyper-V cmdlets",
        "reference of the Hyper-V cmdlets: adapters, isolation, port and extended ACLs, Hyper-V"
        " firewall; Microsoft",
        "https://github.com/MicrosoftDocs/windows-powershell-docs",
    ),
    Source(
        "NetSecurity",
        "reference of the NetSecurity cmdlets (`New-NetFirewallRule`, `Set-NetFirewallProfile`),"
        " Microsoft",
        "https://github.com/MicrosoftDocs/windows-powershell-docs",
    ),
    Source(
        "rules",
        '"Windows Firewall rules", Microsoft',
        "https://github.com/MicrosoftDocs/windows-itpro-docs",
    ),
    Source(
        "ACL classes",
        "`Msvm_EthernetSwitchPortExtendedAclSettingData` and its relatives, Microsoft",
        "https://github.com/MicrosoftDocs/win32",
    ),
    Source(
        "switch data path",
        '"Packet Flow through the Extensible Switch Data Path", "Hybrid Forwarding" and the pages'
        " on NVGRE offloads, Microsoft",
        "https://github.com/MicrosoftDocs/windows-driver-docs",
    ),
    Source(
        "WNV events",
        "event catalogue of the WNV driver, `etl_wnvinf.npl` in the folder Diagnostics, Microsoft",
        "https://github.com/microsoft/SDN",
    ),
    Source(
        "vSwitch events",
        "event catalogue of the virtual switch, in the same folder, Microsoft",
        "https://github.com/microsoft/SDN",
    ),
    Source(
        "VFP events",
        "event catalogue of the Virtual Filtering Platform, `etl_vfpext.npl` in the same folder,"
        " Microsoft",
        "https://github.com/microsoft/SDN",
    ),
    Source(
        "gateway sample",
        "Microsoft's demonstration scripts of HNV, without and with a gateway",
        "TechNet gallery",
    ),
    Source(
        "recovery sample",
        '"Multi-tenant disaster recovery solution using Windows Server 2012", Microsoft',
        "Microsoft's virtualization blog",
    ),
    Source(
        "MTU",
        '"Windows Server 2012 R2 Network Virtualization NVGRE MTU reduction", TechNet wiki',
        "https://learn.microsoft.com/en-us/archive/technet-wiki/"
        "23833.windows-server-2012-r2-network-virtualization-nvgre-mtu-reduction",
    ),
    Source(
        "MS-NVGREE",
        '[MS-NVGREE], "NVGRE Extensions", Microsoft Open Specifications',
        "https://learn.microsoft.com/openspecs/windows_protocols/ms-nvgree",
    ),
    Source("RFC 7637", "NVGRE", "https://www.rfc-editor.org/rfc/rfc7637"),
    Source("RFC 7348", "VXLAN", "https://www.rfc-editor.org/rfc/rfc7348"),
    Source("RFC 6040", "ECN in tunnels", "https://www.rfc-editor.org/rfc/rfc6040"),
    Source(
        "DASH",
        "packet flow documents of DASH, an open relative of Azure's data path",
        "https://github.com/sonic-net/DASH",
    ),
    Source(
        "os-win",
        "OpenStack's library for Windows, with its NVGRE driver",
        "https://github.com/openstack/os-win",
    ),
    Source(
        "networking-hyperv",
        "specification of that driver, `hyper-v-nvgre.rst`",
        "https://github.com/openstack/networking-hyperv",
    ),
)
"""In the order in which the documentation lists them."""
