"""The only words for steps; every renderer takes them from here.

Rules of the file: a sentence has the values that it is about, written as PowerShell prints them,
and no full stop. Names are plain text, whatever they look like; names of rules stand in quotes.
The order of the cases is that of :mod:`hnvemu.trace.steps`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, assert_never

from hnvemu.model.acl import (
    DatacenterAcl,
    Direction,
    ExtendedAcl,
    FirewallDefault,
    FirewallRule,
    Mechanism,
    PortAcl,
)
from hnvemu.model.origin import BUILT_IN
from hnvemu.model.policy import Profile
from hnvemu.model.provider import ProviderAddress, ProviderRoute
from hnvemu.model.records import CustomerRoute, LookupRecord, Translation
from hnvemu.model.topology import VmPort
from hnvemu.trace.steps import (
    AclAllowed,
    AclDefaultDenied,
    AclDefaulted,
    AclDenied,
    AclUnmatched,
    AnnouncementDropped,
    AnnouncementLearnt,
    AnnouncementRefused,
    AnnouncementRepeated,
    Arrived,
    ChecksumWrong,
    CongestionCopied,
    CongestionLost,
    ControlMessage,
    CopiedToGroup,
    CopiedToHost,
    CopiedToPort,
    Delivered,
    DeliveredToGateway,
    DestinationMacForeign,
    DestinationMacKnown,
    DestinationMacNull,
    DhcpGuarded,
    DhcpLeft,
    DuplicateAnswered,
    DuplicateUnheld,
    Entered,
    EtherTypeUnsupported,
    ExactMatched,
    ExactMissed,
    FilterSkipped,
    FrameAccepted,
    GatewayAddressed,
    GatewayAnswered,
    GroupAccepted,
    GroupReceived,
    GuardsPassed,
    HandedToExternalRouter,
    InboundMacMismatched,
    InboundMatched,
    InboundMissed,
    InboundPaMismatched,
    InboundWildcard,
    InnerTagged,
    KeptLocal,
    LearningRefused,
    LookupMatched,
    LookupMissed,
    LookupMissedOnLink,
    LookupUnusable,
    MemberFound,
    MembersMissed,
    MethodAgreed,
    MethodMismatched,
    MethodUnsupported,
    NextHopOffLink,
    NotEvaluated,
    PacketAccepted,
    PacketMalformed,
    PacketTooBig,
    PaNotOwned,
    PaNotPreferred,
    PassedThrough,
    PaUnresolved,
    PaVlansDiffer,
    PortBlocked,
    PortFound,
    PortMissed,
    PortVsidMismatched,
    ProviderFamiliesDiffer,
    ProviderRouted,
    ProviderRouteMissed,
    Received,
    RemoteSourceLearnt,
    RemoteSourceMacMismatched,
    RemoteSourceMatched,
    RemoteSourceMissed,
    RemoteSourcePaMismatched,
    RemoteSourceUnassigned,
    RemoteSourceWildcard,
    Replicated,
    ReplicatedByGroup,
    ReplicatedLocally,
    ResolutionAccepted,
    ResolutionAnswered,
    ResolutionCarried,
    ResolutionFlooded,
    ResolutionOffSubnet,
    ResolutionUnanswered,
    Rewritten,
    RewrittenAndCounted,
    RouteMatched,
    RouteMissed,
    RouterGuarded,
    RoutingDomainMissed,
    Sent,
    SessionAssumed,
    SessionMatched,
    SessionOpened,
    SourceLearnt,
    SourceMacInvalid,
    SourceMacMismatched,
    SourceMacSpoofed,
    SourceMatched,
    SourceMissed,
    SourcePaMismatched,
    SourceUnassigned,
    SourceWildcard,
    SwitchedLocally,
    SwitchMissed,
    TtlExpired,
    TunnelAccepted,
    TunnelBroken,
    TunnelNeeded,
    Unchanged,
    VlanTagged,
)
from hnvemu.wire.encapsulation import OuterFault, Tunnel
from hnvemu.wire.flow import Fault

if TYPE_CHECKING:
    from hnvemu.model.acl import AclRule
    from hnvemu.trace.steps import Copy, Step

_FAULTS = {
    Fault.TRUNCATED: "the frame ends inside its IP or ARP header",
    Fault.VERSION: "the IP version or the header length is impossible",
    Fault.LENGTH: "the packet's length does not fit the frame",
    Fault.TRANSPORT: "the packet ends inside its TCP, UDP or ICMP header",
    Fault.CHECKSUM: "the IPv4 header checksum is wrong",
    Fault.ARP: "the ARP message is neither a request nor a reply about IPv4 over Ethernet",
}

_OUTER_FAULTS = {
    OuterFault.NOT_IP: "the outer packet is not IP",
    OuterFault.TRUNCATED: "a header is cut short",
    OuterFault.VERSION: "the outer IP version is impossible",
    OuterFault.LENGTH: "an outer length does not fit the frame",
    OuterFault.BAD_CHECKSUM: "the outer IPv4 header checksum is wrong",
    OuterFault.FRAGMENT: "the outer packet is a fragment",
    OuterFault.NOT_A_TUNNEL: "it is not of the encapsulation that this host uses",
    OuterFault.GRE_FLAGS: "the GRE header has something else than a key alone",
    OuterFault.GRE_PROTOCOL: "the GRE header announces no Ethernet frame",
    OuterFault.VXLAN_FLAGS: "the VXLAN header says that its VNI does not count",
}

_DHCP_AGENTS = {
    Profile.WS2012: "the DHCP extension of the virtual machine manager",
    Profile.HNVV2: "the agent of Network Controller",
}

_FILTERS = {
    Direction.OUTBOUND: "firewall out",
    Direction.INBOUND: "firewall in",
    Direction.BOTH: "firewall",
}
_ACLS = {
    Direction.OUTBOUND: "ACL out",
    Direction.INBOUND: "ACL in",
    Direction.BOTH: "ACL",
}
MECHANISMS = {
    Mechanism.PORT: "port ACLs",
    Mechanism.EXTENDED: "extended ACLs",
    Mechanism.DATACENTER: "datacenter ACLs",
    Mechanism.FIREWALL: "firewall rules",
}
"""The entries of each kind of list."""
_OPPOSITE = {
    Direction.OUTBOUND: Direction.INBOUND,
    Direction.INBOUND: Direction.OUTBOUND,
    Direction.BOTH: Direction.BOTH,
}


class Words(NamedTuple):
    """A step as people read it."""

    stage: str
    """What was asked: ``route``."""
    action: str
    """The answer in a word or two: ``on-link``."""
    detail: str
    """What decided it: a clause without a full stop."""


def words(step: Step, *, arrow: str = "->") -> Words:
    """Say what happened and which part of the policy made it happen.

    Args:
        step: Any step.
        arrow: What stands between a thing and where it leads.
    """
    match step:
        case NotEvaluated(key, _):
            return Words(
                "limits", "undecided", f"{key}: this version of hnvemu does not evaluate it"
            )

        case Entered(port):
            return Words("port", "enter", f"{port.name}, VSID {port.vsid}, MAC {port.mac}")
        case PassedThrough(port):
            return Words(
                "port", "pass", f"{port.name} has no VSID, so its frames are not HNV's business"
            )
        case FrameAccepted():
            return Words("frame", "ok", "untagged, and the port may send these MACs")
        case VlanTagged(vlan):
            return Words(
                "frame",
                "tagged",
                f"the guest put a tag of VLAN {vlan} on it; a port with a VSID takes none",
            )
        case DestinationMacNull():
            return Words("frame", "invalid", "the destination MAC is all zero")
        case SourceMacInvalid(mac):
            what = "a group address" if mac else "all zero"
            return Words("frame", "invalid", f"the source MAC {mac} is {what}")
        case SourceMacSpoofed(mac, port):
            return Words(
                "frame",
                "spoofed",
                f"the source MAC {mac} is not {port.name}'s own, {port.mac}, and the port has no"
                " mac_spoofing",
            )
        case GuardsPassed():
            return Words("guard", "ok", "neither DHCP guard nor router guard stops it")
        case DhcpGuarded(port):
            return Words(
                "guard",
                "deny",
                f"DHCP guard: {port.name} may not send what only DHCP servers send",
            )
        case RouterGuarded(port):
            return Words(
                "guard",
                "deny",
                f"router guard: {port.name} may not send router advertisements or redirects",
            )
        case FilterSkipped(_, direction, mechanism):
            return Words(
                _stage(mechanism, direction),
                "skip",
                f"there is no readable IP packet to compare with {MECHANISMS[mechanism]}",
            )
        case AclAllowed(rule, _, direction):
            return Words(_stage(rule.mechanism, direction), "allow", _entry(rule))
        case AclDefaulted(default, _, direction):
            return Words(_FILTERS[direction], "allow", _default(default, direction))
        case AclUnmatched(port, direction, mechanism):
            return Words(
                _stage(mechanism, direction),
                "allow",
                f"none of the {MECHANISMS[mechanism]} of {port.name} matches",
            )
        case AclDenied(rule, _, direction):
            return Words(_stage(rule.mechanism, direction), "deny", _entry(rule))
        case AclDefaultDenied(default, _, direction):
            return Words(
                _FILTERS[direction],
                "deny",
                f"{_default(default, direction)}: no rule allows the packet",
            )
        case PortBlocked(port, direction):
            return Words(
                _stage(Mechanism.DATACENTER, direction),
                "deny",
                f"no datacenter ACL is for {port.name}, and HNVv2 blocks such a port",
            )
        case SessionMatched(port, direction, mechanism):
            return Words(
                _stage(mechanism, direction),
                "allow",
                f"reply in a conversation that {_keeper(mechanism)}{port.name} let begin",
            )
        case SessionAssumed(_, direction, mechanism):
            return Words(
                _stage(mechanism, direction),
                "allow",
                "the question says that the connection is established",
            )
        case SessionOpened(port, direction, mechanism, idle_timeout):
            where = f"{_OPPOSITE[direction]} at {_keeper(mechanism)}{port.name}"
            until = "" if idle_timeout is None else f", for {idle_timeout} s without a packet"
            return Words(
                "session",
                "open",
                f"replies may pass {where}{until}",
            )
        case PacketAccepted(version):
            return Words("packet", "ok", f"unicast IPv{version} with sound headers")
        case ResolutionAccepted(version):
            what = "ARP" if version == 4 else "neighbour discovery"
            return Words("packet", "ok", f"a sound message of {what}")
        case GroupAccepted(version):
            return Words("packet", "group", f"IPv{version} to many, with sound headers")
        case DhcpLeft(profile):
            return Words(
                "packet",
                "pass",
                f"the guest asks for an address, and {_DHCP_AGENTS[profile]} answers on the host",
            )
        case EtherTypeUnsupported(ethertype):
            return Words("packet", "unknown", f"EtherType 0x{ethertype:04X} is neither IP nor ARP")
        case PacketMalformed(fault):
            return Words("packet", "broken", _FAULTS[fault])
        case ChecksumWrong():
            return Words("packet", "broken", _FAULTS[Fault.CHECKSUM])
        case SwitchedLocally(port):
            return Words(
                "switch",
                "local",
                f"{port.name} has the destination MAC and the sender's VSID: delivered by MAC,"
                " without HNV",
            )
        case SwitchMissed():
            return Words("switch", "pass", "no port of this VSID here has the destination MAC")

        case ResolutionAnswered(record, _):
            return Words("resolve", "answer", f"{_held(record)}; the question does not travel")
        case GatewayAnswered(record, _):
            return Words(
                "resolve",
                "answer",
                f"{_held(record)}: the subnet's .1, which every host answers for",
            )
        case DuplicateAnswered(record, _):
            return Words(
                "resolve", "answer", f"{_held(record)}: the probing guest learns that it is taken"
            )
        case DuplicateUnheld(vsid, ca):
            return Words(
                "resolve",
                "silent",
                f"no other MAC has {ca} in VSID {vsid}: the probing guest may take it",
            )
        case ResolutionUnanswered(vsid, ca):
            return Words(
                "resolve",
                "silent",
                f"no record of {ca} in VSID {vsid} answers, and the question is not flooded",
            )
        case ResolutionOffSubnet(vsid, ca, route):
            return Words(
                "resolve",
                "silent",
                f"{ca} is in another subnet, {route.prefix} of VSID {route.vsid}, not in VSID"
                f" {vsid}: a guest reaches it through its gateway",
            )
        case ResolutionCarried(record):
            return Words("resolve", "carry", _target(record, arrow))
        case ResolutionFlooded(ca, l2_only):
            return Words(
                "resolve",
                "flood",
                f"no record of {ca}; {_l2_only(l2_only)} lets the question be flooded",
            )
        case AnnouncementDropped(vsid, ca, mac):
            return Words(
                "resolve",
                "refuse",
                f"the guest announces {ca}, but this host learns no address of MAC {mac} in VSID"
                f" {vsid}",
            )
        case AnnouncementRefused(record, mac):
            return Words(
                "resolve",
                "refuse",
                f"the guest announces {record.ca} for {mac}, but {record}{_generated(record)} is"
                f" {record.type} and has MAC {record.mac}",
            )
        case AnnouncementRepeated(record):
            return Words(
                "resolve", "announce", f"{record}{_generated(record)} says so already; flooded"
            )
        case AnnouncementLearnt(record):
            return Words("resolve", "learn", f"{_learnt(record)}; flooded")

        case SourceMatched(record):
            return Words("source", "ok", f"{record}{_generated(record)}")
        case SourceWildcard(record):
            return Words(
                "source",
                "ok",
                f"{_wildcard(record)} lets its gateway VM send from any address",
            )
        case SourceLearnt(record) | RemoteSourceLearnt(record):
            return Words("source", "learn", _learnt(record))
        case SourceUnassigned(record) | RemoteSourceUnassigned(record):
            return Words(
                "source",
                "ok",
                f"no address yet; VSID {record.vsid} has an L2Only record, so the guest may ask"
                " for one",
            )
        case LearningRefused(port, ca, limit):
            return Words(
                "source",
                "refuse",
                f"{ca} would be learned, but {port.name} has as many dynamic addresses as"
                f" dynamic_ip_limit lets it have, {limit}",
            )
        case SourceMissed(vsid, ca):
            return Words(
                "source",
                "missing",
                f"no record of {ca} in VSID {vsid}, and a VM may send only from addresses that"
                " have one",
            )
        case SourceMacMismatched(record, mac):
            return Words(
                "source",
                "mismatch",
                f"{record}{_generated(record)} has MAC {record.mac}; the frame comes from {mac}",
            )
        case SourcePaMismatched(record, host):
            return Words(
                "source",
                "mismatch",
                f"{record}{_generated(record)} has PA {record.pa}, which is not one of {host}'s",
            )

        case RouteMatched(route, rivals):
            return Words(
                "route",
                "on-link" if route.next_hop is None else "via",
                _route(route, arrow) + _rivals(route, rivals),
            )
        case RouteMissed(rdid, ca):
            return Words(
                "route", "missing", f"no customer route of routing domain {rdid} holds {ca}"
            )
        case RoutingDomainMissed(vsid):
            return Words(
                "route",
                "missing",
                f"no customer route on this host names VSID {vsid}, so it has no routing domain",
            )
        case NextHopOffLink(route):
            return Words(
                "route",
                "off-link",
                f"{_route(route, arrow)}, but no on-link route holds that next hop",
            )
        case ExactMatched(record):
            return Words("record", "found", f"{_target(record, arrow)}; no route was asked")
        case ExactMissed():
            return Words(
                "record", "none", "no record has the destination itself, so routes are asked"
            )
        case LookupMatched(record) | InboundMatched(record):
            return Words("record", "found", _target(record, arrow))
        case LookupMissed(vsid, ca):
            return Words("record", "missing", f"no record of {ca} in VSID {vsid}")
        case LookupUnusable(record):
            flag = "unusable" if record.unusable else "unsynchronized"
            return Words("record", "unusable", f"{record}{_generated(record)} is marked {flag}")
        case LookupMissedOnLink(vsid, ca, wildcard):
            return Words(
                "record",
                "missing",
                f"no record of {ca} in VSID {vsid}; {_wildcard(wildcard)} is not for on-link"
                " addresses",
            )
        case GatewayAddressed(record):
            return Words(
                "record",
                "nobody",
                f"{record.ca} is the .1 address of VSID {record.vsid}: it answers ARP, but no"
                " machine has it",
            )
        case DestinationMacKnown():
            return Words(
                "filter", "ok", "the destination MAC is the record's or the subnet's gateway's"
            )
        case DestinationMacForeign(mac, record):
            return Words(
                "filter",
                "mismatch",
                f"the destination MAC {mac} is neither the record's, {record.mac}, nor the"
                " subnet's gateway's",
            )
        case MethodAgreed():
            return Words("method", "ok", "sender and destination cross by the same method")
        case MethodMismatched(source, record):
            return Words(
                "method",
                "mismatch",
                f"{source} says rule {source.rule}, {record} says rule {record.rule}",
            )

        case HandedToExternalRouter(vsid, host, _):
            return Words(
                "rewrite",
                "external",
                f"{host} has use_external_router: a router outside takes it to VSID {vsid}",
            )
        case Unchanged(crossed):
            return Words(
                "rewrite",
                "none",
                "the frame goes on byte for byte"
                + (", though it goes to another subnet" if crossed else ""),
            )
        case Rewritten(mac, _):
            return Words("rewrite", "changed", f"the destination MAC becomes {mac}; the TTL stays")
        case RewrittenAndCounted(mac):
            return Words(
                "rewrite", "changed", f"the destination MAC becomes {mac}, the TTL one less"
            )
        case TtlExpired(ttl):
            return Words("rewrite", "expired", f"TTL {ttl} does not reach another subnet")
        case KeptLocal():
            return Words("deliver", "local", "no encapsulation: the PA is this host's own")
        case TunnelNeeded():
            return Words("deliver", "remote", "the PA is another host's")
        case MethodUnsupported(record):
            return Words(
                "method",
                "undecided",
                f"{record} says rule {record.rule}: this version of hnvemu does not model it",
            )
        case ProviderRouted(address, pa, next_hop, route):
            way = f"PA {address.address} {arrow} {pa}"
            if route is None:
                return Words("underlay", "on-link", way)
            return Words("underlay", "via", f"{way} via {next_hop}, provider route {route.prefix}")
        case ProviderRouteMissed(host, pa):
            return Words("underlay", "missing", f"{host} has no provider route to PA {pa}")
        case ProviderFamiliesDiffer(source, pa):
            return Words(
                "underlay",
                "mismatch",
                f"PA {source} is IPv{source.version} and PA {pa} is IPv{pa.version}: no outer"
                " header names both",
            )
        case PaUnresolved(pa):
            return Words("underlay", "silent", f"no host has PA {pa}, so nobody answers for it")
        case PaVlansDiffer(address, other):
            return Words(
                "underlay",
                "silent",
                f"PA {address.address} is in {_vlan(address)} and PA {other.address} in"
                f" {_vlan(other)}: neither hears the other",
            )
        case PacketTooBig(length, limit):
            return Words(
                "tunnel",
                "too big",
                f"the packet has {length} octets; {limit} fit into the provider network's MTU"
                " with the outer headers",
            )
        case Replicated(copies):
            return Words("copies", "flood", _copies(copies))
        case ReplicatedLocally(copies):
            return Words(
                "copies",
                "flood",
                f"{_copies(copies)}; the filter of Windows Server 2012 lets none of them out",
            )
        case ReplicatedByGroup(tunnel, hosts):
            heard = f"{' and '.join(hosts)} listen{'s' * (len(hosts) == 1)}" if hosts else ""
            return Words(
                "tunnel", "sent", f"{_tunnel(tunnel, arrow)}; {heard or 'no host listens'}"
            )
        case CopiedToPort(port):
            return Words("copy", "local", f"to {port.name}, VSID {port.vsid}")
        case CopiedToHost(record):
            return Words("copy", "remote", f"to PA {record.pa}, where VSID {record.vsid} has ports")
        case CopiedToGroup(record):
            return Words("copy", "group", f"{record} maps the group to PA {record.pa}")
        case Sent(tunnel, _):
            return Words("tunnel", "sent", _tunnel(tunnel, arrow))

        case Arrived(tunnel, _, _, fault):
            if fault:
                return Words("tunnel", "arrive", "a frame that nobody here sent")
            return Words(
                "tunnel", "arrive", f"{_tunnel(tunnel, arrow)}, a frame that nobody here sent"
            )
        case Received(address):
            return Words("receive", "ok", f"PA {address.address} is this host's own")
        case GroupReceived(pa):
            return Words("receive", "ok", f"this host listens to PA {pa}")
        case PaNotOwned(pa, host):
            return Words("receive", "missing", f"{host} does not have PA {pa}")
        case PaNotPreferred(address, state):
            return Words(
                "receive",
                "unused",
                f"PA {address.address} of this host is {state}; only a preferred one receives",
            )
        case TunnelAccepted():
            return Words("tunnel", "ok", "sound outer headers around an untagged frame")
        case TunnelBroken(fault):
            return Words("tunnel", "broken", _OUTER_FAULTS[fault])
        case InnerTagged(vlan):
            return Words(
                "tunnel", "tagged", f"the inner frame has a tag of VLAN {vlan}; it may have none"
            )
        case CongestionCopied():
            return Words(
                "tunnel", "marked", "the outer congestion mark is copied to the inner packet"
            )
        case CongestionLost():
            return Words(
                "tunnel",
                "marked",
                "the outer packet is marked for congestion, and the inner one cannot carry it",
            )
        case InboundWildcard(record):
            return Words("record", "found", f"{_wildcard(record)}: MAC {record.mac}")
        case InboundMissed(vsid, ca, answer):
            return Words(
                "record",
                "missing",
                f"neither a record of {ca} nor a wildcard record in VSID {vsid}{_answer(answer)}",
            )
        case InboundPaMismatched(record, pa, answer):
            return Words(
                "record",
                "mismatch",
                f"{record}{_generated(record)} has PA {record.pa}; the packet came to"
                f" {pa}{_answer(answer)}",
            )
        case InboundMacMismatched(record, mac):
            return Words(
                "record",
                "mismatch",
                f"{record}{_generated(record)} has MAC {record.mac}; the frame is for {mac}",
            )
        case RemoteSourceMatched(record):
            return Words("source", "ok", f"{record}{_generated(record)}")
        case RemoteSourceWildcard(record, route):
            return Words(
                "source", "ok", f"{_wildcard(record)}, to which route {route.prefix} leads"
            )
        case RemoteSourceMissed(vsid, ca):
            return Words(
                "source",
                "missing",
                f"neither a record nor a gateway's wildcard stands for {ca} in the routing"
                f" domain of VSID {vsid}",
            )
        case RemoteSourcePaMismatched(record, pa):
            return Words(
                "source",
                "mismatch",
                f"{_any_record(record)} has PA {record.pa}; the packet comes from {pa}",
            )
        case RemoteSourceMacMismatched(record, mac):
            return Words(
                "source",
                "mismatch",
                f"{_any_record(record)} has MAC {record.mac}; the frame comes from {mac}",
            )

        case PortFound(port, _):
            return Words("port", "found", f"{port.name}, VSID {port.vsid}, MAC {port.mac}")
        case MemberFound(port):
            return Words("port", "found", f"{port.name}, VSID {port.vsid}")
        case MembersMissed(vsid, host):
            return Words("port", "missing", f"no port of VSID {vsid} on {host} takes the frame")
        case PortMissed(record, host):
            return Words(
                "port",
                "missing",
                f"no port on {host} has MAC {record.mac} of {record}{_generated(record)}",
            )
        case PortVsidMismatched(port, vsid):
            return Words(
                "port",
                "mismatch",
                f"{port.name} is in VSID {port.vsid}, the packet in VSID {vsid}",
            )
        case Delivered(port):
            return Words("deliver", "done", f"the frame reaches {port.name}")
        case DeliveredToGateway(port):
            return Words(
                "deliver",
                "gateway",
                f"{port.name} is to send it on: the destination address is not its own",
            )
        case _:
            assert_never(step)


def evidence_of(step: Step) -> dict[str, Any]:
    """Return the fields of ``step`` as values that JSON has, under the fields' own names.

    The origin is left out; :func:`origin_of` returns it.
    """
    found = {}
    for name, value in zip(step.__match_args__, step.evidence, strict=True):
        if name == "origin":
            continue
        if name == "route" and isinstance(step, ProviderRouted):
            name = "provider_route"
        found["control" if name == "answer" else name] = _json(value)
    if isinstance(step, (AclAllowed, AclDenied, AclDefaulted, AclDefaultDenied, PortBlocked)):
        found["mechanism"] = _json(step.mechanism)
    return found


@lru_cache
def _kebab(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


def kind(step: Step) -> str:
    """Return the name of the step's class in kebab case: ``route-matched``."""
    return _kebab(type(step).__name__)


def record_json(record: LookupRecord) -> dict[str, Any]:
    """Return a lookup record as JSON has it."""
    return {
        "ca": str(record.ca),
        "vsid": record.vsid,
        "mac": str(record.mac),
        "pa": str(record.pa),
        "type": record.type.value,
        "rule": record.rule.value,
        "vm": record.vm,
        "generated": record.generated,
    }


def _json(value: object) -> Any:
    """Turn one piece of evidence into what JSON has."""
    match value:
        case None | bool():
            return value
        case VmPort() | FirewallRule() | PortAcl() | ExtendedAcl() | DatacenterAcl():
            return value.name
        case LookupRecord():
            return record_json(value)
        case CustomerRoute():
            return {
                "prefix": str(value.prefix),
                "written": value.written or str(value.prefix),
                "next_hop": "on-link" if value.next_hop is None else str(value.next_hop),
                "vsid": value.vsid,
                "metric": value.metric,
            }
        case ProviderRoute():
            return {
                "prefix": str(value.prefix),
                "next_hop": "on-link" if value.next_hop is None else str(value.next_hop),
                "metric": value.metric,
            }
        case ProviderAddress():
            return {
                "pa": str(value.address),
                "prefix": str(value.prefix),
                "mac": str(value.mac),
                "vlan": value.vlan,
                "state": value.state.value,
            }
        case FirewallDefault():
            return {"inbound": _json(value.inbound), "outbound": _json(value.outbound)}
        case Tunnel():
            return {
                "encapsulation": value.encapsulation.value,
                "src_mac": str(value.src_mac),
                "dst_mac": str(value.dst_mac),
                "vlan": value.vlan,
                "src": str(value.src),
                "dst": str(value.dst),
                "vsid": value.vsid,
            }
        case ControlMessage():
            icmp = {"version": value.icmp_version, "type": value.type, "code": value.code}
            return {"kind": value.kind, "icmp": icmp, "to": str(value.to)}
        case Fault() | OuterFault():
            return value.name.lower()
        case CopiedToPort() | CopiedToHost() | CopiedToGroup():
            return {"kind": kind(value), **evidence_of(value)}
        case tuple():
            return [_json(part) for part in value]
        case int() if type(value) is int:
            return value
        case _:
            return str(value)  # addresses, MACs, names and the words of an enum


def _stage(mechanism: Mechanism, direction: Direction) -> str:
    return (_FILTERS if mechanism is Mechanism.FIREWALL else _ACLS)[direction]


def _keeper(mechanism: Mechanism) -> str:
    """Name what keeps the state, where it is not the firewall."""
    return "" if mechanism is Mechanism.FIREWALL else f"the {MECHANISMS[mechanism]} of "


def _entry(rule: AclRule) -> str:
    """Name an entry as its mechanism tells entries apart."""
    match rule:
        case FirewallRule():
            return f"rule '{rule.name}'"
        case DatacenterAcl():
            return f"datacenter ACL '{rule.name}', priority {rule.priority}"
        case PortAcl() | ExtendedAcl():
            return str(rule)
        case _:
            assert_never(rule)


def _default(default: FirewallDefault, direction: Direction) -> str:
    built_in = " (built-in)" if default.origin == BUILT_IN else ""
    return f"default {direction}{built_in}"


def _generated(record: LookupRecord) -> str:
    return " (generated)" if record.generated else ""


def _wildcard(record: LookupRecord) -> str:
    return f"wildcard record of VSID {record.vsid}{_generated(record)}"


def _any_record(record: LookupRecord) -> str:
    """Name a record that may be a wildcard."""
    return _wildcard(record) if not record.names_a_host else f"{record}{_generated(record)}"


def _held(record: LookupRecord) -> str:
    return f"{record.ca} is at MAC {record.mac}{_generated(record)}"


def _l2_only(record: LookupRecord) -> str:
    return f"the L2Only record of VSID {record.vsid}, MAC {record.mac},"


def _learnt(record: LookupRecord) -> str:
    return (
        f"this host makes a dynamic record: {record.ca} in VSID {record.vsid}, MAC {record.mac},"
        f" PA {record.pa}"
    )


def _copies(copies: tuple[Copy, ...]) -> str:
    count = len(copies)
    if not count:
        return "nobody else is in this virtual subnet"
    return "1 copy" if count == 1 else f"{count} copies, each with a way of its own"


def _target(record: LookupRecord, arrow: str) -> str:
    rule = "" if record.rule is Translation.ENCAP else f", rule {record.rule}"
    return f"{record.ca} {arrow} PA {record.pa}, MAC {record.mac}{rule}{_generated(record)}"


def _route(route: CustomerRoute, arrow: str) -> str:
    written = f" (written {route.written})" if route.written else ""
    where = f"VSID {route.vsid}" if route.next_hop is None else f"{_hop(route)}"
    return f"{route.prefix}{written} {arrow} {where}"


def _hop(route: CustomerRoute) -> str:
    return f"{route.next_hop or 'on-link'} in VSID {route.vsid}"


def _rivals(route: CustomerRoute, rivals: tuple[CustomerRoute, ...]) -> str:
    """Name the routes of the same prefix that lost, and by what."""
    if not rivals:
        return ""
    ties = [_hop(rival) for rival in rivals if rival.metric == route.metric]
    beaten = [
        f"{_hop(rival)}, metric {rival.metric}" for rival in rivals if rival.metric != route.metric
    ]
    text = f", metric {route.metric}"
    if ties:
        text += f"; ties with {' and '.join(ties)}, and the lower next hop is taken"
    if beaten:
        text += f"; before {' and '.join(beaten)}"
    return text


def _vlan(address: ProviderAddress) -> str:
    return f"VLAN {address.vlan}" if address.vlan else "no VLAN"


def _tunnel(tunnel: Tunnel, arrow: str) -> str:
    vlan = f", VLAN {tunnel.vlan}" if tunnel.vlan else ""
    name = tunnel.encapsulation.upper()
    return f"{name}, VSID {tunnel.vsid}, PA {tunnel.src} {arrow} {tunnel.dst}{vlan}"


def _answer(answer: ControlMessage | None) -> str:
    if answer is None:
        return ""
    version = "v6" if answer.icmp_version == 6 else ""
    return (
        f"; a real host would answer {answer.kind}, ICMP{version} {answer.type}/{answer.code},"
        f" to {answer.to}"
    )
