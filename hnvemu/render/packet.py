"""A packet in a few words: what it is, from where to where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.addresses import MacAddress, address_of
from hnvemu.model.acl import Mechanism
from hnvemu.render.wording import MECHANISMS
from hnvemu.tables.neighbours import Message, message_of
from hnvemu.trace.steps import Arrived
from hnvemu.wire.flow import ICMP, ICMPV6, TCP, UDP, Fault

if TYPE_CHECKING:
    from hnvemu.tables.sessions import Session
    from hnvemu.trace.trace import Trace
    from hnvemu.wire.flow import Flow

_ARP = 0x0806
_PROTOCOLS = {(4, ICMP): "icmp", (6, ICMPV6): "icmpv6"}
ECHOES = {8 << 8: "echo", 0: "echo-reply", 128 << 8: "echo", 129 << 8: "echo-reply"}


def has_frame(trace: Trace) -> bool:
    """Whether there is a customer frame: what reaches a host may be no tunnel at all."""
    first = trace.hops[0].steps[0]
    return not (isinstance(first, Arrived) and first.fault)


def protocol_of(flow: Flow) -> str | None:
    """Name the protocol: ``tcp``, ``icmp``, ``arp``, or its number; None for other frames."""
    if flow.version == 0:
        return "arp" if flow.ethertype == _ARP else None
    return protocol_name(flow.version, flow.protocol)


def protocol_name(version: int, protocol: int) -> str:
    """Name what follows the header of an IP packet, or write its number."""
    if protocol in {TCP, UDP}:
        return "tcp" if protocol == TCP else "udp"
    return _PROTOCOLS.get((version, protocol), str(protocol))


def destination(flow: Flow) -> str:
    """Return the destination address, what ARP or ND is about, or else the destination MAC."""
    if flow.target >= 0:
        return str(address_of(flow.version, flow.target))
    if flow.version:
        return str(address_of(flow.version, flow.dst))
    return str(MacAddress(flow.dst_mac))


def packet_text(flow: Flow) -> str:
    """Return one line: ``tcp 10.0.1.11:49152 > 10.1.2.20:80``."""
    tag = f"vlan {flow.vlan} " if flow.vlan >= 0 else ""
    if flow.target >= 0:
        return tag + _resolution(flow)
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


def session_text(session: Session) -> str:
    """Return one line: which packets pass, and where."""
    version, src, dst, protocol, first, second = session.five_tuple
    name = protocol_name(version, protocol)
    if (version, protocol) in _PROTOCOLS:
        packets = f"{name} echo-reply {_end(version, src, -1)} > {_end(version, dst, -1)}"
        packets += f", identifier {first}"
    else:
        name = f"protocol {name}" if name.isdigit() else name
        packets = f"{name} {_end(version, src, first)} > {_end(version, dst, second)}"
    place = session.place
    kept = "" if session.seconds is None else f", for {session.seconds} s without a packet"
    noun = "" if place.mechanism is Mechanism.FIREWALL else f" by {MECHANISMS[place.mechanism]}"
    return f"{packets} may pass {place.direction} at {place.port}{noun}{kept}"


def _resolution(flow: Flow) -> str:
    """Say what an ARP message or its like in neighbour discovery asks or tells."""
    name = "nd" if flow.version else "arp"
    target = address_of(flow.version, flow.target)
    src, dst = address_of(flow.version, flow.src), address_of(flow.version, flow.dst)
    match message_of(flow):
        case Message.QUESTION:
            return f"{name} who-has {target} tell {src}"
        case Message.CHECK:
            return f"{name} check {target} tell {src}"
        case Message.PROBE:
            return f"{name} probe {target}"
        case Message.ANNOUNCEMENT:
            return f"{name} announce {target if flow.version else src}"
        case Message.ANSWER:
            return f"{name} reply {target if flow.version else src} tell {dst}"


def _icmp(flow: Flow) -> str:
    """Name an echo; write any other message as type and code."""
    if flow.echo_id >= 0 and flow.icmp in ECHOES:
        return ECHOES[flow.icmp]
    return f"{flow.icmp >> 8}/{flow.icmp & 0xFF}"


def _end(version: int, address: int, port: int) -> str:
    text = str(address_of(version, address))
    if port < 0:
        return text
    return f"{text}:{port}" if version == 4 else f"[{text}]:{port}"
