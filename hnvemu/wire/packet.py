"""Scapy packets in and out.

Rules of the file: the only module that imports Scapy, and only when it is called, because the
import takes longer than most questions. Scapy fills in unset addresses from the routing table
and by ARP on the network; nothing of that may happen here. Nothing of Scapy's is configured.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Final

from hnvemu.addresses import MacAddress
from hnvemu.wire.flow import IPV4_ETHERTYPE, IPV6_ETHERTYPE

if TYPE_CHECKING:
    from collections.abc import Callable

    from scapy.fields import AnyField
    from scapy.packet import Packet

    from hnvemu.addresses import IPAddress

_BROADCAST: Final = MacAddress(0xFFFF_FFFF_FFFF)
_ETHERNET_HARDWARE: Final = 1
_IS_AT: Final = 2


def to_octets(
    packet: Packet,
    *,
    src_mac: MacAddress,
    dst_mac_for: Callable[[int, IPAddress], MacAddress],
    src_for: Callable[[int], IPAddress | None],
) -> bytes:
    """Return the octets of a Scapy packet, which stays as it is.

    Where Scapy would look at this machine, the arguments answer instead, in every layer. A
    packet that does not begin with an Ethernet header gets one; a bare ``Raw`` is a whole frame
    that was not dissected. Of a packet that stands for
    many, the first is meant.

    Args:
        packet: What the guest sends.
        src_mac: For unset source MACs.
        dst_mac_for: Tells the destination MAC for IP version and destination address. ARP
            replies go to the asker; requests, and what is neither IP nor ARP, are broadcast.
        src_for: Tells the source address for an IP version; None is the unspecified address.
    """
    from scapy.layers.l2 import Dot3, Ether  # noqa: PLC0415 - late, see above
    from scapy.packet import Raw  # noqa: PLC0415 - the same

    if isinstance(packet, Raw):
        # What rdpcap makes of a frame where no layer was imported to dissect it.
        return bytes(packet)
    if not isinstance(packet, Ether | Dot3):
        packet = Ether() / packet
    elif all(layer.raw_packet_cache is not None for layer in packet.iterpayloads()):
        return bytes(packet)  # dissected and untouched: Scapy still has the octets
    packet = next(iter(packet))  # a copy in which every field has one value
    for layer in packet.iterpayloads():
        for field in layer.fields_desc:
            if layer.getfieldval(field.name) is not None:
                continue
            stand_in = _stand_in(layer, field, src_mac, dst_mac_for, src_for)
            if stand_in is not None:
                layer.setfieldval(field.name, stand_in)
    return bytes(packet)


def to_packet(frame: bytes) -> Packet:
    """Return ``frame`` as a Scapy packet; NVGRE and VXLAN are dissected to the inner frame."""
    # Whatever is imported here is what Scapy can dissect.
    from scapy.layers import inet, inet6, l2, vxlan  # noqa: F401, PLC0415 - late, see above

    return l2.Ether(frame)


def _stand_in(
    layer: Packet,
    field: AnyField,
    src_mac: MacAddress,
    dst_mac_for: Callable[[int, IPAddress], MacAddress],
    src_for: Callable[[int], IPAddress | None],
) -> str | None:
    """Return what an unset ``field`` has to be, or None where Scapy has its own default."""
    from scapy.fields import (  # noqa: PLC0415 - late, see above
        ConditionalField,
        Emph,
        SourceIP6Field,
        SourceIPField,
    )
    from scapy.layers.l2 import ARP, DestMACField, SourceMACField  # noqa: PLC0415 - the same

    if isinstance(field, Emph | ConditionalField):  # they wrap the field proper
        field = field.fld
    version = 0
    if isinstance(field, DestMACField):
        return _colons(_dst_mac(layer.payload, dst_mac_for))
    if isinstance(field, SourceMACField):
        return _colons(src_mac)
    if isinstance(field, SourceIPField):
        version = 4
    elif isinstance(field, SourceIP6Field):
        version = 6
    elif isinstance(layer, ARP):  # its fields change their class with the kind of address
        if field.name == "hwsrc" and layer.hwtype == _ETHERNET_HARDWARE:
            return _colons(src_mac)
        if field.name == "psrc":
            version = {IPV4_ETHERTYPE: 4, IPV6_ETHERTYPE: 6}.get(layer.ptype, 0)
    if not version:
        return None
    return str(src_for(version) or (IPv4Address(0) if version == 4 else IPv6Address(0)))


def _dst_mac(payload: Packet, dst_mac_for: Callable[[int, IPAddress], MacAddress]) -> MacAddress:
    from scapy.layers.inet import IP  # noqa: PLC0415 - late, see above
    from scapy.layers.inet6 import IPv6  # noqa: PLC0415 - the same
    from scapy.layers.l2 import ARP  # noqa: PLC0415 - the same

    for layer in payload.iterpayloads():
        if isinstance(layer, IP):
            return dst_mac_for(4, IPv4Address(layer.dst))
        if isinstance(layer, IPv6):
            return dst_mac_for(6, IPv6Address(str(layer.dst)))
        if isinstance(layer, ARP) and layer.op == _IS_AT:
            return MacAddress.parse(layer.hwdst)
    return _BROADCAST


def _colons(mac: MacAddress) -> str:
    return mac.to_bytes(6).hex(":")
