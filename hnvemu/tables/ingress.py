"""The first questions at a sending port: its frame, its guards, and what kind of packet it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.addresses import MacAddress
from hnvemu.model.policy import Profile
from hnvemu.tables.table import FAMILIES, GROUP_BIT, Axis, points
from hnvemu.trace.steps import (
    ChecksumWrong,
    DestinationMacNull,
    DhcpGuarded,
    DhcpLeft,
    EtherTypeUnsupported,
    FrameAccepted,
    GroupAccepted,
    GuardsPassed,
    PacketAccepted,
    PacketMalformed,
    ResolutionAccepted,
    RouterGuarded,
    SourceMacInvalid,
    SourceMacSpoofed,
    VlanTagged,
)
from hnvemu.wire.flow import Fault

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hnvemu.model.topology import VmPort
    from hnvemu.trace.steps import Step
    from hnvemu.wire.flow import Flow

_ARP, _IPV4, _IPV6 = 0x0806, 0x0800, 0x86DD
_UDP = 17
_DHCP_SERVER_PORTS = {4: 67, 6: 547}
_DHCP_REQUEST_PORTS = {4: (68, 67), 6: (546, 547)}
_ROUTER_ADVERTISEMENTS_AND_REDIRECTS = {
    4: (9, 5),  # RFC 1256 router advertisement; RFC 792 redirect
    6: (134, 137),  # RFC 4861
}
_ND_TYPES = range(135, 137)  # RFC 4861: neighbour solicitation, neighbour advertisement


class FrameTable:
    """May this port send a frame with this Ethernet header? (ING-2, ING-3, ING-4)."""

    __slots__ = ("_mac", "_port")

    reads = (Axis.VLAN, Axis.DST_MAC, Axis.SRC_MAC)

    def __init__(self, port: VmPort) -> None:
        self._port = port
        self._mac = None if port.mac_spoofing else port.mac

    def find(self, flow: Flow) -> Step:
        """Answer from the tag and the two MACs."""
        if flow.vlan >= 0:
            return VlanTagged(flow.vlan)
        if flow.dst_mac == 0:
            return _NULL
        src_mac = flow.src_mac
        if src_mac == 0 or src_mac & GROUP_BIT:
            return SourceMacInvalid(MacAddress(src_mac))
        if self._mac is not None and src_mac != self._mac:
            return SourceMacSpoofed(MacAddress(src_mac), self._port)
        return _ACCEPTED

    def cuts(self, axis: Axis) -> Iterable[int]:
        """The tag is there or not; MACs are null, a group's, the port's or another's."""
        if axis is Axis.VLAN:
            return (0,)
        if axis is Axis.DST_MAC:
            return (1,)
        if axis is Axis.SRC_MAC:
            groups = (bits << 40 for bits in range(256))
            return {1, *groups, self._port.mac, self._port.mac + 1}
        return ()


class GuardTable:
    """Do the DHCP and router guards of this port let the packet pass? (ING-5)."""

    reads = (Axis.VERSION, Axis.PROTOCOL, Axis.SRC_PORT, Axis.ICMP)

    def __init__(self, port: VmPort) -> None:
        self._port = port
        self._passed = GuardsPassed(port)

    def find(self, flow: Flow) -> Step:
        """Answer from the UDP source port and the ICMP type."""
        port = self._port
        if (
            port.dhcp_guard
            and flow.protocol == _UDP
            and flow.src_port == _DHCP_SERVER_PORTS[flow.version]
        ):
            return DhcpGuarded(port)
        if (
            port.router_guard
            and flow.icmp >= 0
            and flow.icmp >> 8 in _ROUTER_ADVERTISEMENTS_AND_REDIRECTS[flow.version]
        ):
            return RouterGuarded(port)
        return self._passed

    def cuts(self, axis: Axis) -> Iterable[int]:
        """Server ports, and the types of the messages that routers send."""
        if axis is Axis.VERSION:
            return FAMILIES
        if axis is Axis.PROTOCOL:
            return (_UDP, _UDP + 1)
        if axis is Axis.SRC_PORT:
            return (67, 68, 547, 548)
        if axis is Axis.ICMP:
            return sorted(
                {
                    (kind + more) << 8
                    for kinds in _ROUTER_ADVERTISEMENTS_AND_REDIRECTS.values()
                    for kind in kinds
                    for more in (0, 1)
                }
                | {0}
            )
        return ()


class KindTable:
    """What kind of packet is it, and is it sound? (ING-6, ING-7, ING-8)."""

    def __init__(self, agent: Profile | None = None) -> None:
        """Make the table of a port; ``agent``: DHCP is left to what this product has (DHCP-1)."""
        self._left = None if agent is None else DhcpLeft(agent)
        self.reads: tuple[Axis, ...] = (
            Axis.ETHERTYPE,
            Axis.FAULT,
            Axis.VERSION,
            Axis.ICMP,
            Axis.DST,
        )
        if agent is not None:
            self.reads += (Axis.PROTOCOL, Axis.SRC_PORT, Axis.DST_PORT)

    def find(self, flow: Flow) -> Step:
        """Answer from the EtherType, the soundness of the headers, and the destination."""
        version = flow.version
        if version == 0:
            if flow.fault:
                return _MALFORMED[flow.fault]
            return _ARP_STEP if flow.ethertype == _ARP else EtherTypeUnsupported(flow.ethertype)
        if flow.fault:
            return _CHECKSUM if flow.fault == Fault.CHECKSUM else _MALFORMED[flow.fault]
        if version == 4:
            # 224.0.0.0/4, and the limited broadcast address.
            if flow.dst < 0xE000_0000 or _reserved(flow.dst):
                return _ACCEPTED_4
        elif is_neighbour_discovery(flow):
            return _ND_STEP
        elif flow.dst >> 120 != 0xFF:
            return _ACCEPTED_6
        if self._left is not None and flow.protocol == _UDP and _is_dhcp_request(flow):
            return self._left
        return _GROUPS[version]

    def cuts(self, axis: Axis) -> Iterable[int]:
        """EtherTypes, faults, families, ND types, and where group addresses begin and end."""
        if axis is Axis.ETHERTYPE:
            return points((_ARP, _IPV4, _IPV6))
        if axis is Axis.FAULT:
            return range(len(Fault))
        if axis is Axis.VERSION:
            return FAMILIES
        if axis is Axis.ICMP:
            return (_ND_TYPES.start << 8, _ND_TYPES.stop << 8)
        if axis is Axis.DST:
            return (0xE000_0000, 0xF000_0000, 0xFFFF_FFFF, 1 << 32, 0xFF << 120)
        if axis is Axis.PROTOCOL:
            return (_UDP, _UDP + 1)
        if axis in (Axis.SRC_PORT, Axis.DST_PORT):
            return points((67, 68, 546, 547))
        return ()


def is_neighbour_discovery(flow: Flow) -> bool:
    """Whether the packet asks or tells which MAC an IPv6 address is at."""
    return flow.version == 6 and flow.icmp >= 0 and flow.icmp >> 8 in _ND_TYPES


def _is_dhcp_request(flow: Flow) -> bool:
    """Whether a UDP packet is from the port of DHCP clients to that of servers."""
    return (flow.src_port, flow.dst_port) == _DHCP_REQUEST_PORTS[flow.version]


def _reserved(address: int) -> bool:
    """Whether an IPv4 address is of 240.0.0.0/4 and not the limited broadcast."""
    return 0xF000_0000 <= address < 0xFFFF_FFFF


_ACCEPTED = FrameAccepted()
_NULL = DestinationMacNull()
_ACCEPTED_4, _ACCEPTED_6 = PacketAccepted(4), PacketAccepted(6)
_CHECKSUM = ChecksumWrong()
_MALFORMED: dict[int, Step] = {fault: PacketMalformed(fault) for fault in Fault}
_ARP_STEP, _ND_STEP = ResolutionAccepted(4), ResolutionAccepted(6)
_GROUPS = {version: GroupAccepted(version) for version in (4, 6)}

KIND = KindTable()
"""The table of kinds where guests ask DHCP servers over the network, and of receiving hosts."""
KINDS = {
    Profile.TRANSPARENT: KIND,
    Profile.WS2012: KindTable(Profile.WS2012),
    Profile.WS2012R2: KIND,
    Profile.HNVV2: KindTable(Profile.HNVV2),
}
"""The table of kinds of a sending port."""
