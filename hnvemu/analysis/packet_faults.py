"""What must change in a packet or its guest, where the packet itself is what stops it.

Rules of the file: no policy is looked at for a way out here, only for what the packet ought to
say. The changed frame serves to find what stops it next; it is not a proposal to send such frames.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hnvemu.addresses import MacAddress, address_of
from hnvemu.switch.guest import first_hop
from hnvemu.trace import steps as s
from hnvemu.wire.encapsulation import Encapsulator
from hnvemu.wire.flow import read_ethernet, read_ip

if TYPE_CHECKING:
    from hnvemu.addresses import IPAddress
    from hnvemu.analysis.mends import Blocked
    from hnvemu.trace.trace import Trace

_TTL = 64
_ECT0 = 2  # RFC 3168
_OF_KNOWLEDGE = (
    s.SourceMissed,
    s.SourceMacMismatched,
    s.SourcePaMismatched,
    s.RoutingDomainMissed,
    s.RouteMissed,
    s.NextHopOffLink,
    s.LookupMissed,
    s.LookupMissedOnLink,
    s.PaUnresolved,
    s.InboundMissed,
    s.InboundPaMismatched,
    s.InboundMacMismatched,
    s.RemoteSourceMissed,
    s.RemoteSourcePaMismatched,
    s.RemoteSourceMacMismatched,
    s.PortMissed,
    s.PortVsidMismatched,
)
"""Steps that a host takes by what it knows of the network."""


class Fault(NamedTuple):
    """What is wrong with a packet, and the packet without it."""

    advice: str
    """What must change, in a clause."""
    frame: bytes | None
    """As it would enter at the same place; None where nobody can say what the packet ought to be.
    """


def packet_fault(blocked: Blocked, trace: Trace) -> Fault:
    """Say what must change in the packet that a step stopped, or in its guest."""
    frame = trace.frame
    step = blocked.step
    sender = blocked.sender
    name = "the sender" if sender is None else sender.name
    view = blocked.view(blocked.host)
    if view is not None and view.snapshot is not None and isinstance(step, _OF_KNOWLEDGE):
        return Fault(f"tell {blocked.host} what has changed: it knows the network as it was", None)
    match step:
        case s.VlanTagged(vlan) | s.InnerTagged(vlan):
            return _fault(
                trace, f"send without an 802.1Q tag (VLAN {vlan})", frame[:12] + frame[16:]
            )
        case s.DestinationMacNull():
            mac = _told(blocked)
            return _fault(trace, f"address the frame to {mac}, as ARP or ND tells", mac, at=0)
        case s.SourceMacInvalid() | s.SourceMacSpoofed():
            if sender is None:
                return Fault("send from the port's own MAC", None)
            advice = f"send from the MAC of {name}, {sender.mac}"
            return _fault(trace, advice, sender.mac, at=6)
        case s.SourceMacMismatched(record) | s.RemoteSourceMacMismatched(record):
            return _foreign_source(blocked, trace, record.ca)
        case s.RemoteSourcePaMismatched(record):
            return _foreign_source(blocked, trace, record.ca)
        case s.SourceMissed(ca=ca) | s.RemoteSourceMissed(ca=ca):
            return _foreign_source(blocked, trace, ca)
        case s.SourcePaMismatched(host=host):
            return Fault(f"give {host} a provider address that the record can name", None)
        case s.EtherTypeUnsupported(ethertype):
            return Fault(
                f"HNV carries IP and ARP alone, and no frame of EtherType 0x{ethertype:04X}", None
            )
        case s.PacketMalformed():
            return Fault("send a packet whose headers are whole", None)
        case s.ChecksumWrong():
            return _fault(trace, "send a right IPv4 header checksum", _patched(frame))
        case s.TtlExpired(ttl):
            return _fault(trace, f"send with a TTL above {max(ttl, 1)}", _patched(frame, ttl=_TTL))
        case s.PacketTooBig(limit=limit):
            return Fault(f"send packets of at most {limit} octets", None)
        case s.DestinationMacForeign(record=record) | s.InboundMacMismatched(record):
            return _fault(
                trace,
                f"address the frame to {record.mac}: the guest's ARP or ND entry is stale",
                record.mac,
                at=0,
            )
        case s.LookupMissed(ca=ca) | s.LookupMissedOnLink(ca=ca) | s.InboundMissed(ca=ca):
            return Fault(_nobody(blocked, ca), None)
        case s.RouteMissed(ca=ca) if blocked.holder(ca) is None:
            return Fault(f"{_nobody(blocked, ca)}, and no gateway VM leads out of it", None)
        case s.NextHopOffLink(route) if route.next_hop is not None:
            return Fault(
                f"point the route {route.prefix} to a VM: {_nobody(blocked, route.next_hop)}", None
            )
        case s.GatewayAddressed(record):
            return Fault(
                f"send to a VM: {record.ca} answers ARP and ND, and nobody receives there", None
            )
        case s.ResolutionUnanswered(ca=ca):
            return Fault(_nobody(blocked, ca), None)
        case s.DuplicateUnheld(ca=ca):
            return Fault(f"nothing is wrong: silence tells the guest that {ca} is free", None)
        case s.ResolutionOffSubnet(ca=ca, route=route):
            return Fault(
                f"correct the guest's subnet mask: {ca} lies in {route.prefix}, behind the .1", None
            )
        case s.AnnouncementDropped(ca=ca):
            return Fault(f"move {ca} by its lookup record: no host learns it from the guest", None)
        case s.AnnouncementRefused(record):
            return Fault(f"announce no address of another VM: {_owner(blocked, record.ca)}", None)
        case s.TunnelBroken():
            return _rewrapped(trace, "send what this encapsulation prescribes", frame)
        case s.CongestionLost():
            ect = _patched(frame, ecn=_ECT0)
            return _rewrapped(trace, "mark the inner packet as ECN-capable", ect)
        case s.PaNotOwned(pa, host):
            return Fault(f"send to a provider address of {host}: {pa} is none", None)
        case s.PortVsidMismatched(port, vsid):
            return Fault(
                f"correct the record, which means {port.name}: that is in VSID {port.vsid},"
                f" and rightly not in VSID {vsid}",
                None,
            )
        case s.PortMissed() | s.MembersMissed():
            return Fault("no VM of the policy has that MAC", None)
        case s.PaUnresolved(pa):
            for other in blocked.policy.hosts.values():
                if other.down and any(held.address == pa for held in other.addresses):
                    return Fault(f"start {other.name}, which has the provider address {pa}", None)
            return Fault(f"no host has the provider address {pa}", None)
        case s.NotEvaluated(key):
            return Fault(f"'{key}' is not evaluated", None)
        case _:
            return Fault("no small edit of the policy is known that mends it", None)


def _fault(trace: Trace, advice: str, change: bytes | MacAddress, *, at: int = 0) -> Fault:
    """Make the change in the frame; of an encapsulated one in what is inside."""
    frame = trace.frame
    if isinstance(change, MacAddress):
        frame = frame[:at] + change.to_bytes(6) + frame[at + 6 :]
    else:
        frame = change
    if trace.outer is None:
        return Fault(advice, frame)
    return _rewrapped(trace, advice, frame)


def _rewrapped(trace: Trace, advice: str, frame: bytes) -> Fault:
    """Encapsulate a frame again that reached a host encapsulated."""
    came = trace.steps[0]
    if not isinstance(came, s.Arrived) or frame == trace.outer or not came.tunnel.vsid:
        return Fault(advice, None)
    try:
        return Fault(advice, Encapsulator(came.tunnel).wrap(frame, entropy=0, tos=0))
    except ValueError:
        return Fault(advice, None)


def _told(blocked: Blocked) -> MacAddress:
    """Return the destination MAC that HNV would tell the guest."""
    flow = blocked.way.flow
    port = blocked.sender
    if port is None or not flow.version:
        return MacAddress(0xFFFF_FFFF_FFFF)
    dst = address_of(flow.version, flow.dst)
    return first_hop(blocked.fabric.tables, port, dst).mac


def _foreign_source(blocked: Blocked, trace: Trace, ca: IPAddress) -> Fault:
    """Say which addresses the sender may use; the first of them serves for what follows."""
    sender = blocked.sender
    if sender is None:
        return Fault(f"send from an address that a record names, and not from {ca}", None)
    if trace.flow.src_mac != sender.mac and ca in sender.cas:
        return _fault(trace, f"send from the MAC of {sender.name}, {sender.mac}", sender.mac, at=6)
    own = [held for held in sender.cas if held.version == ca.version]
    whose = _owner(blocked, ca)
    advice = f"{sender.name} may send from {', '.join(map(str, own))}, and not from {ca}"
    if not own:
        advice = f"{sender.name} has no IPv{ca.version} address to send from"
    if whose and sender.name not in whose:
        advice += f": {whose}"
    if not own or own[0] == ca or not trace.flow.version:
        return Fault(advice, None)
    return _fault(trace, advice, _patched(trace.frame, src=own[0]))


def _owner(blocked: Blocked, ca: IPAddress) -> str:
    holder = blocked.holder(ca)
    return "" if holder is None else f"{ca} is the address of {holder.name}"


def _nobody(blocked: Blocked, ca: IPAddress) -> str:
    holder = blocked.holder(ca)
    if holder is not None:
        return f"{holder.name} has the address {ca}, and no host has a usable record of it"
    return f"no VM of {blocked.network} has the address {ca}"


def _patched(
    frame: bytes,
    *,
    ttl: int | None = None,
    src: IPAddress | None = None,
    ecn: int | None = None,
) -> bytes:
    """Return a frame with other fields in its IP header, whose checksum is right."""
    *_, ethertype, at = read_ethernet(frame)
    version = read_ip(frame, ethertype, at).version
    changed = bytearray(frame)
    if version == 6:
        if ttl is not None:
            changed[at + 7] = ttl
        if src is not None:
            changed[at + 8 : at + 24] = src.packed
        if ecn is not None:
            changed[at + 1] |= ecn << 4
    elif version == 4:
        if ttl is not None:
            changed[at + 8] = ttl
        if src is not None:
            changed[at + 12 : at + 16] = src.packed
        if ecn is not None:
            changed[at + 1] |= ecn
        end = at + (changed[at] & 0xF) * 4
        changed[at + 10 : at + 12] = bytes(2)
        checksum = -int.from_bytes(changed[at:end]) % 0xFFFF
        changed[at + 10 : at + 12] = checksum.to_bytes(2)
    return bytes(changed)
