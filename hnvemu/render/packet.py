"""A packet in a few words: what it is, from where to where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.addresses import MacAddress, address_of
from hnvemu.trace.steps import Arrived
from hnvemu.wire.flow import ICMP, ICMPV6, TCP, UDP, Fault

if TYPE_CHECKING:
    from hnvemu.trace.trace import Trace
    from hnvemu.wire.flow import Flow

_ARP = 0x0806
_PROTOCOLS = {(4, ICMP): "icmp", (6, ICMPV6): "icmpv6"}
_ECHOES = {8 << 8: "echo", 0: "echo-reply", 128 << 8: "echo", 129 << 8: "echo-reply"}


def has_frame(trace: Trace) -> bool:
    """Whether there is a customer frame: what reaches a host may be no tunnel at all."""
    first = trace.hops[0].steps[0]
    return not (isinstance(first, Arrived) and first.fault)


def protocol_of(flow: Flow) -> str | None:
    """Name the protocol: ``tcp``, ``icmp``, ``arp``, or its number; None for other frames."""
    if flow.version == 0:
        return "arp" if flow.ethertype == _ARP else None
    if flow.protocol in {TCP, UDP}:
        return "tcp" if flow.protocol == TCP else "udp"
    return _PROTOCOLS.get((flow.version, flow.protocol), str(flow.protocol))


def destination(flow: Flow) -> str:
    """Return the destination address, or the destination MAC of what is not IP."""
    if flow.version:
        return str(address_of(flow.version, flow.dst))
    return str(MacAddress(flow.dst_mac))


def packet_text(flow: Flow) -> str:
    """Return one line: ``tcp 10.0.1.11:49152 > 10.1.2.20:80``."""
    tag = f"vlan {flow.vlan} " if flow.vlan >= 0 else ""
    if flow.version == 0:
        name = "arp" if flow.ethertype == _ARP else f"ethertype 0x{flow.ethertype:04X}"
        broken = " unreadable" if flow.fault != Fault.NONE else ""
        return f"{tag}{name}{broken} {MacAddress(flow.src_mac)} > {MacAddress(flow.dst_mac)}"
    name = protocol_of(flow) or ""
    if name.isdigit():
        name = f"protocol {name}"
    if flow.icmp >= 0:
        name += f" {_icmp(flow)}"
    src = _end(flow.version, flow.src, flow.src_port)
    return f"{tag}{name} {src} > {_end(flow.version, flow.dst, flow.dst_port)}"


def _icmp(flow: Flow) -> str:
    """Name an echo; write any other message as type and code."""
    if flow.echo_id >= 0 and flow.icmp in _ECHOES:
        return _ECHOES[flow.icmp]
    return f"{flow.icmp >> 8}/{flow.icmp & 0xFF}"


def _end(version: int, address: int, port: int) -> str:
    text = str(address_of(version, address))
    if port < 0:
        return text
    return f"{text}:{port}" if version == 4 else f"[{text}]:{port}"
