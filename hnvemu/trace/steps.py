"""Every decision that the switch can take, and what decided it.

A class with an ``outcome`` is a packet's last step; the others let it go on. Steps hold no text:
their only wording is :mod:`hnvemu.render.wording`. A default, a miss and a match are classes of
their own, so no evidence is optional that another field would have to explain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple, TypeAlias

from hnvemu.model.acl import Direction, Mechanism
from hnvemu.trace.outcome import Outcome, Reason
from hnvemu.trace.step import Step as _Step
from hnvemu.wire.encapsulation import Encapsulation

if TYPE_CHECKING:
    from hnvemu.addresses import IPAddress, MacAddress
    from hnvemu.model.acl import AclRule, FirewallDefault
    from hnvemu.model.origin import Origin
    from hnvemu.model.policy import Profile
    from hnvemu.model.provider import AddressState, ProviderAddress, ProviderRoute
    from hnvemu.model.records import CustomerRoute, LookupRecord
    from hnvemu.model.topology import VmPort
    from hnvemu.wire.encapsulation import OuterFault, Tunnel
    from hnvemu.wire.flow import Fault


# Anywhere


class NotEvaluated(_Step):
    """The packet needs a feature that this version does not model."""

    outcome: ClassVar = Outcome.UNDECIDED
    reason: ClassVar = Reason.UNSUPPORTED
    key: str
    """The key of the policy, or the kind of packet."""
    origin: Origin


# At the sending port


class Entered(_Step):
    """A frame came out of a virtualised port."""

    minor: ClassVar = True
    port: VmPort


class PassedThrough(_Step):
    """The port is not virtualised: the frame is none of HNV's business."""

    outcome: ClassVar = Outcome.PASSED_THROUGH
    rules: ClassVar = ("ING-1",)
    port: VmPort


class FrameAccepted(_Step):
    """The Ethernet header is one that a virtualised port may send."""

    minor: ClassVar = True
    rules: ClassVar = ("ING-2", "ING-3", "ING-4")


class VlanTagged(_Step):
    """The guest tagged its frame, which no customer frame may be."""

    outcome: ClassVar = Outcome.DROPPED
    reason: ClassVar = Reason.VLAN_IN_HEADER
    rules: ClassVar = ("ING-2",)
    vlan: int


class DestinationMacNull(_Step):
    """The destination MAC is all zero."""

    outcome: ClassVar = Outcome.DROPPED
    reason: ClassVar = Reason.NULL_DST_MAC
    rules: ClassVar = ("ING-3",)


class SourceMacInvalid(_Step):
    """The source MAC is all zero or a group address."""

    outcome: ClassVar = Outcome.DROPPED
    reason: ClassVar = Reason.INVALID_SRC_MAC
    rules: ClassVar = ("ING-3",)
    mac: MacAddress


class SourceMacSpoofed(_Step):
    """The source MAC is not the port's, and the port may not send others."""

    outcome: ClassVar = Outcome.DROPPED
    reason: ClassVar = Reason.SPOOFED_MAC
    rules: ClassVar = ("ING-4",)
    mac: MacAddress
    port: VmPort


class GuardsPassed(_Step):
    """Neither guard of the port stops the packet."""

    minor: ClassVar = True
    rules: ClassVar = ("ING-5",)
    port: VmPort


class DhcpGuarded(_Step):
    """The VM sent a DHCP server's message through a port with DHCP guard."""

    outcome: ClassVar = Outcome.DROPPED
    reason: ClassVar = Reason.DHCP_GUARD
    rules: ClassVar = ("ING-5",)
    port: VmPort


class RouterGuarded(_Step):
    """The VM sent a router's message through a port with router guard."""

    outcome: ClassVar = Outcome.DROPPED
    reason: ClassVar = Reason.ROUTER_GUARD
    rules: ClassVar = ("ING-5",)
    port: VmPort


_RULES_OF_ENTRIES = {
    Mechanism.PORT: ("ACL-30", "ACL-31", "ACL-32"),
    Mechanism.EXTENDED: ("ACL-40", "ACL-41", "ACL-44"),
    Mechanism.DATACENTER: ("ACL-51",),
    Mechanism.FIREWALL: ("ACL-1", "ACL-11", "ACL-12"),
}
_RULES_OF_STATE = {
    Mechanism.PORT: (),
    Mechanism.EXTENDED: ("ACL-43",),
    Mechanism.DATACENTER: ("ACL-51",),
    Mechanism.FIREWALL: ("ACL-19",),
}


class _OfMechanism(_Step):
    """A step whose rules depend on the mechanism of the list that took it."""

    rules_by_mechanism: ClassVar[dict[Mechanism, tuple[str, ...]]]

    @property
    def rules(self) -> tuple[str, ...]:  # type: ignore[override]
        """The rules of this mechanism."""
        return self.rules_by_mechanism[self.mechanism]  # type: ignore[attr-defined]


class FilterSkipped(_Step):
    """The frame holds no readable IP packet, so no entry can be compared with it."""

    minor: ClassVar = True
    rules: ClassVar = ("ING-5", "ACL-1")
    port: VmPort
    direction: Direction
    mechanism: Mechanism


class AclAllowed(_OfMechanism):
    """An entry of a list lets the packet pass."""

    rules_by_mechanism: ClassVar = _RULES_OF_ENTRIES
    rule: AclRule
    port: VmPort
    direction: Direction

    @property
    def mechanism(self) -> Mechanism:
        """The kind of list that the entry is in."""
        return self.rule.mechanism


class AclDefaulted(_Step):
    """No firewall rule matches, and the default of this direction is allow."""

    mechanism: ClassVar = Mechanism.FIREWALL
    rules: ClassVar = ("ACL-12", "ACL-14")
    default: FirewallDefault
    port: VmPort
    direction: Direction


class AclUnmatched(_OfMechanism):
    """No entry of a list other than the firewall matches, and such a list lets packets pass."""

    rules_by_mechanism: ClassVar = {
        Mechanism.PORT: ("ACL-31",),
        Mechanism.EXTENDED: ("ACL-42",),
        Mechanism.DATACENTER: ("ACL-51",),
    }
    port: VmPort
    direction: Direction
    mechanism: Mechanism


class AclDenied(_OfMechanism):
    """An entry of a list stops the packet."""

    outcome: ClassVar = Outcome.DROPPED
    rules_by_mechanism: ClassVar = _RULES_OF_ENTRIES
    rule: AclRule
    port: VmPort
    direction: Direction

    @property
    def mechanism(self) -> Mechanism:
        """The kind of list that the entry is in."""
        return self.rule.mechanism

    @property
    def reason(self) -> Reason:  # type: ignore[override]
        """The reason for this direction."""
        return denial(self.direction)


class AclDefaultDenied(_Step):
    """No firewall rule matches, and the default of this direction is block."""

    outcome: ClassVar = Outcome.DROPPED
    mechanism: ClassVar = Mechanism.FIREWALL
    rules: ClassVar = ("ACL-12", "ACL-13")
    default: FirewallDefault
    port: VmPort
    direction: Direction

    @property
    def reason(self) -> Reason:  # type: ignore[override]
        """The reason for this direction."""
        return denial(self.direction)


class PortBlocked(_Step):
    """The port has no datacenter ACL, and HNVv2 keeps such a port closed."""

    outcome: ClassVar = Outcome.DROPPED
    mechanism: ClassVar = Mechanism.DATACENTER
    rules: ClassVar = ("ACL-51",)
    port: VmPort
    direction: Direction

    @property
    def reason(self) -> Reason:  # type: ignore[override]
        """The reason for this direction."""
        return denial(self.direction)


class SessionMatched(_OfMechanism):
    """The packet is a reply to one that this port's list of the mechanism admitted."""

    rules_by_mechanism: ClassVar = _RULES_OF_STATE
    port: VmPort
    direction: Direction
    mechanism: Mechanism


class SessionAssumed(_OfMechanism):
    """The question says that the connection is established."""

    rules_by_mechanism: ClassVar = _RULES_OF_STATE
    port: VmPort
    direction: Direction
    mechanism: Mechanism


class SessionOpened(_OfMechanism):
    """The port admitted a new conversation: its replies pass in the other direction."""

    minor: ClassVar = True
    rules_by_mechanism: ClassVar = _RULES_OF_STATE
    port: VmPort
    direction: Direction
    """Of the packet that opened it."""
    mechanism: Mechanism
    idle_timeout: int | None
    """Seconds without a packet until it is forgotten; None: it is kept."""


class PacketAccepted(_Step):
    """The frame holds a unicast IP packet with sound headers."""

    minor: ClassVar = True
    rules: ClassVar = ("ING-6", "ING-7", "ING-8")
    version: int


class ResolutionAccepted(_Step):
    """The frame holds a sound ARP message, neighbour solicitation or neighbour advertisement."""

    minor: ClassVar = True
    rules: ClassVar = ("ING-6", "ING-8", "ARP-7")
    version: int
    """4 for ARP, 6 for neighbour discovery."""


class GroupAccepted(_Step):
    """The frame holds a sound IP packet to a multicast group or to everybody."""

    minor: ClassVar = True
    rules: ClassVar = ("ING-6", "ING-7", "ING-8")
    version: int


class DhcpLeft(_Step):
    """A DHCP client's message goes to an agent on the host that answers it itself."""

    outcome: ClassVar = Outcome.PASSED_THROUGH
    rules: ClassVar = ("DHCP-1",)
    profile: Profile


class EtherTypeUnsupported(_Step):
    """The frame is neither IP nor ARP."""

    outcome: ClassVar = Outcome.DROPPED
    reason: ClassVar = Reason.UNSUPPORTED_ETHERTYPE
    rules: ClassVar = ("ING-6",)
    ethertype: int


class PacketMalformed(_Step):
    """A header is cut short or contradicts itself."""

    outcome: ClassVar = Outcome.DROPPED
    reason: ClassVar = Reason.MALFORMED
    rules: ClassVar = ("ING-7",)
    fault: Fault


class ChecksumWrong(_Step):
    """The IPv4 header checksum does not fit the header."""

    outcome: ClassVar = Outcome.DROPPED
    reason: ClassVar = Reason.IP_CHECKSUM
    rules: ClassVar = ("ING-7",)


class SwitchedLocally(_Step):
    """The virtual switch of Windows Server 2012 delivers by MAC, before HNV sees the frame."""

    rules: ClassVar = ("FWD-2",)
    port: VmPort


class SwitchMissed(_Step):
    """No port of the sender's virtual subnet on this host has the destination MAC."""

    minor: ClassVar = True
    rules: ClassVar = ("FWD-2",)


# Address resolution


class ResolutionAnswered(_Step):
    """HNV answers a question for a MAC itself, from the target's record."""

    outcome: ClassVar = Outcome.ANSWERED
    rules: ClassVar = ("ARP-1", "ARP-10")
    record: LookupRecord
    port: VmPort
    """Whose guest asked."""


class GatewayAnswered(_Step):
    """HNV answers for the ``.1`` of the sender's subnet with the MAC of its record."""

    outcome: ClassVar = Outcome.ANSWERED
    rules: ClassVar = ("ARP-2", "ARP-10")
    record: LookupRecord
    port: VmPort


class DuplicateAnswered(_Step):
    """A guest that probes for an address learns from HNV that another MAC has it."""

    outcome: ClassVar = Outcome.ANSWERED
    rules: ClassVar = ("ARP-8", "ARP-10")
    record: LookupRecord
    port: VmPort


class DuplicateUnheld(_Step):
    """A guest probes for an address that nobody else has: silence is what it hopes for."""

    outcome: ClassVar = Outcome.DROPPED
    reason: ClassVar = Reason.ARP_UNANSWERED
    rules: ClassVar = ("ARP-8",)
    vsid: int
    ca: IPAddress


class ResolutionUnanswered(_Step):
    """No record has the target, and nothing switches on flooding in the sender's subnet."""

    outcome: ClassVar = Outcome.DROPPED
    reason: ClassVar = Reason.ARP_UNANSWERED
    rules: ClassVar = ("ARP-3",)
    vsid: int
    ca: IPAddress


class ResolutionOffSubnet(_Step):
    """The target lies in another virtual subnet, where the guest should not look for it."""

    outcome: ClassVar = Outcome.DROPPED
    reason: ClassVar = Reason.ARP_UNANSWERED
    rules: ClassVar = ("ARP-6",)
    vsid: int
    ca: IPAddress
    route: CustomerRoute
    """The on-link route that holds the target."""


class ResolutionCarried(_Step):
    """A unicast question or answer goes to the MAC that has the address."""

    rules: ClassVar = ("ARP-4", "ARP-5")
    record: LookupRecord


class ResolutionFlooded(_Step):
    """The target is unknown, and an L2Only record of the subnet switches on flooding."""

    rules: ClassVar = ("ARP-3", "BUM-2")
    ca: IPAddress
    l2_only: LookupRecord


class AnnouncementDropped(_Step):
    """A guest announces an address, but addresses of its MAC are not learned."""

    outcome: ClassVar = Outcome.DROPPED
    reason: ClassVar = Reason.GARP_STATIC_VSID
    rules: ClassVar = ("ARP-9",)
    vsid: int
    ca: IPAddress
    mac: MacAddress


class AnnouncementRefused(_Step):
    """A guest announces an address that belongs to another MAC for good."""

    outcome: ClassVar = Outcome.DROPPED
    reason: ClassVar = Reason.GARP_STATIC_VSID
    rules: ClassVar = ("ARP-9",)
    record: LookupRecord
    mac: MacAddress


class AnnouncementRepeated(_Step):
    """A guest announces an address that its record has already."""

    rules: ClassVar = ("ARP-9", "BUM-2")
    record: LookupRecord


class AnnouncementLearnt(_Step):
    """A guest announces an address, and its host makes or moves a dynamic record."""

    rules: ClassVar = ("ARP-9", "SRC-3", "BUM-2")
    record: LookupRecord
    """The new one."""


# The sender's record


class SourceMatched(_Step):
    """The source address has a record of the sender's MAC and of a PA of its host."""

    rules: ClassVar = ("SRC-1",)
    record: LookupRecord


class SourceWildcard(_Step):
    """The sender is the gateway VM of its virtual subnet, which may send from any address."""

    rules: ClassVar = ("SRC-2",)
    record: LookupRecord


class SourceLearnt(_Step):
    """An L2Only record of the sender's MAC lets its host make a dynamic record of the address."""

    rules: ClassVar = ("SRC-3",)
    record: LookupRecord
    """The new one."""


class SourceUnassigned(_Step):
    """The guest has no address yet, and an L2Only record says that it may ask for one."""

    rules: ClassVar = ("DHCP-2",)
    record: LookupRecord
    """A record of the sender's MAC."""


class LearningRefused(_Step):
    """The sender's MAC has as many dynamic records as its port may have."""

    outcome: ClassVar = Outcome.DROPPED
    reason: ClassVar = Reason.DYN_LIMIT
    rules: ClassVar = ("SRC-3",)
    port: VmPort
    ca: IPAddress
    limit: int


class SourceMissed(_Step):
    """No record allows the source address in the sender's virtual subnet."""

    outcome: ClassVar = Outcome.DROPPED
    reason: ClassVar = Reason.SRC_RECORD_MISSING
    rules: ClassVar = ("SRC-4",)
    vsid: int
    ca: IPAddress


class SourceMacMismatched(_Step):
    """The source address belongs to another MAC."""

    outcome: ClassVar = Outcome.DROPPED
    reason: ClassVar = Reason.SRC_MAC_MISMATCH
    rules: ClassVar = ("SRC-5",)
    record: LookupRecord
    mac: MacAddress


class SourcePaMismatched(_Step):
    """The source's record names a provider address of another host."""

    outcome: ClassVar = Outcome.DROPPED
    reason: ClassVar = Reason.SRC_PA_MISMATCH
    rules: ClassVar = ("SRC-6",)
    record: LookupRecord
    host: str


# The customer route and the destination's record


class RouteMatched(_Step):
    """The longest prefix that holds the destination."""

    rules: ClassVar = ("FWD-4", "FWD-7", "FWD-8")
    route: CustomerRoute
    rivals: tuple[CustomerRoute, ...]
    """Routes of the same prefix that lost by metric or by the tie rule (FWD-5, FWD-6)."""


class RouteMissed(_Step):
    """No customer route of the routing domain holds the destination."""

    outcome: ClassVar = Outcome.DROPPED
    reason: ClassVar = Reason.ROUTE_MISSING
    rules: ClassVar = ("FWD-3", "FWD-4")
    rdid: str
    ca: IPAddress


class RoutingDomainMissed(_Step):
    """No customer route that this host knows carries the sender's VSID."""

    outcome: ClassVar = Outcome.DROPPED
    reason: ClassVar = Reason.ROUTE_MISSING
    rules: ClassVar = ("OBJ-3",)
    vsid: int


class NextHopOffLink(_Step):
    """The route's next hop lies in no on-link prefix of the routing domain."""

    outcome: ClassVar = Outcome.DROPPED
    reason: ClassVar = Reason.NEXTHOP_NOT_ONLINK
    rules: ClassVar = ("FWD-8",)
    route: CustomerRoute


class ExactMatched(_Step):
    """Windows Server 2012 takes a record of the destination itself before any route."""

    rules: ClassVar = ("FWD-9",)
    record: LookupRecord


class ExactMissed(_Step):
    """No record of the routing domain names the destination: routes decide."""

    minor: ClassVar = True
    rules: ClassVar = ("FWD-9",)


class LookupMatched(_Step):
    """The next hop's record says behind which MAC and PA it lives."""

    rules: ClassVar = ("FWD-10", "FWD-15")
    record: LookupRecord


class LookupMissed(_Step):
    """The next hop has no record in the route's virtual subnet."""

    outcome: ClassVar = Outcome.DROPPED
    reason: ClassVar = Reason.DST_RECORD_MISSING
    rules: ClassVar = ("FWD-10",)
    vsid: int
    ca: IPAddress


class LookupUnusable(_Step):
    """The next hop's only record is marked unusable or not synchronised."""

    outcome: ClassVar = Outcome.DROPPED
    reason: ClassVar = Reason.DST_RECORD_MISSING
    rules: ClassVar = ("FWD-10",)
    record: LookupRecord


class LookupMissedOnLink(_Step):
    """The destination is on-link and unknown; the wildcard of its subnet is not for it."""

    outcome: ClassVar = Outcome.DROPPED
    reason: ClassVar = Reason.DST_ONLINK
    rules: ClassVar = ("FWD-11",)
    vsid: int
    ca: IPAddress
    wildcard: LookupRecord


class GatewayAddressed(_Step):
    """The next hop is the ``.1`` of a subnet, which answers ARP and is nobody."""

    outcome: ClassVar = Outcome.DROPPED
    reason: ClassVar = Reason.GATEWAY_NOT_A_HOST
    rules: ClassVar = ("FWD-12", "ICMP-1")
    record: LookupRecord


class DestinationMacKnown(_Step):
    """The destination MAC is the record's or the subnet's gateway MAC."""

    minor: ClassVar = True
    rules: ClassVar = ("FWD-2b",)


class DestinationMacForeign(_Step):
    """The filter of Windows Server 2012 does not know the destination MAC."""

    outcome: ClassVar = Outcome.DROPPED
    reason: ClassVar = Reason.DST_MAC_MISMATCH
    rules: ClassVar = ("FWD-2b",)
    mac: MacAddress
    record: LookupRecord


class MethodAgreed(_Step):
    """Sender and destination cross the provider network by the same method."""

    minor: ClassVar = True
    rules: ClassVar = ("FWD-13",)


class MethodMismatched(_Step):
    """Sender and destination would cross the provider network by different methods."""

    outcome: ClassVar = Outcome.DROPPED
    reason: ClassVar = Reason.METHOD_MISMATCH
    rules: ClassVar = ("FWD-13",)
    source: LookupRecord
    record: LookupRecord


# What changes in the customer's frame, and where it goes


class HandedToExternalRouter(_Step):
    """The host leaves routing between subnets to a router outside."""

    outcome: ClassVar = Outcome.EXTERNAL_ROUTER
    rules: ClassVar = ("FWD-14",)
    vsid: int
    """The destination's."""
    host: str
    origin: Origin


class Unchanged(_Step):
    """The customer's frame goes on byte for byte."""

    minor: ClassVar = True
    rules: ClassVar = ("FWD-21", "FWD-22", "FWD-23", "FWD-25")
    crossed: bool
    """Whether the packet leaves the sender's virtual subnet (FWD-20)."""


class Rewritten(_Step):
    """The destination MAC becomes the record's; source MAC and TTL stay."""

    rules: ClassVar = ("FWD-21", "FWD-22", "FWD-25")
    mac: MacAddress
    crossed: bool


class RewrittenAndCounted(_Step):
    """The destination MAC becomes the record's and the TTL one less."""

    rules: ClassVar = ("FWD-21", "FWD-22", "FWD-23", "FWD-25")
    mac: MacAddress


class TtlExpired(_Step):
    """The packet would leave its subnet with no hop left."""

    outcome: ClassVar = Outcome.DROPPED
    reason: ClassVar = Reason.TTL_EXPIRED
    rules: ClassVar = ("FWD-23", "FWD-24")
    ttl: int


class KeptLocal(_Step):
    """The record's PA is this host's own: no encapsulation."""

    rules: ClassVar = ("FWD-30",)
    pa: IPAddress


class TunnelNeeded(_Step):
    """The record's PA is another host's."""

    minor: ClassVar = True
    rules: ClassVar = ("FWD-31",)


class MethodUnsupported(_Step):
    """The packet would have to cross by a method that is not modelled."""

    outcome: ClassVar = Outcome.UNDECIDED
    reason: ClassVar = Reason.UNSUPPORTED_METHOD
    rules: ClassVar = ("ENC-31",)
    record: LookupRecord


class ProviderRouted(_Step):
    """The provider network has a way from the source's PA to the record's."""

    minor: ClassVar = True
    rules: ClassVar = ("FWD-31", "FWD-32")
    address: ProviderAddress
    """The outer source."""
    pa: IPAddress
    """The outer destination."""
    next_hop: IPAddress
    route: ProviderRoute | None
    """None: the PA is on-link."""


class ProviderRouteMissed(_Step):
    """The host has no provider route towards the record's PA."""

    outcome: ClassVar = Outcome.DROPPED
    reason: ClassVar = Reason.PHYS_ROUTE_MISSING
    rules: ClassVar = ("FWD-32",)
    host: str
    pa: IPAddress


class ProviderFamiliesDiffer(_Step):
    """Source and destination PA are of different families: no outer header can name both."""

    outcome: ClassVar = Outcome.DROPPED
    reason: ClassVar = Reason.PHYS_ROUTE_MISSING
    rules: ClassVar = ("FWD-31", "FWD-32")
    source: IPAddress
    pa: IPAddress


class PaUnresolved(_Step):
    """No host answers for the record's PA."""

    outcome: ClassVar = Outcome.DROPPED
    reason: ClassVar = Reason.PA_ARP_FAILED
    rules: ClassVar = ("FWD-32", "MOB-7")
    pa: IPAddress


class PaVlansDiffer(_Step):
    """The two PAs share a prefix but not a VLAN, so neither hears the other's ARP."""

    outcome: ClassVar = Outcome.DROPPED
    reason: ClassVar = Reason.PA_ARP_FAILED
    rules: ClassVar = ("FWD-32",)
    address: ProviderAddress
    other: ProviderAddress


class PacketTooBig(_Step):
    """The packet does not fit the provider network once it is encapsulated."""

    outcome: ClassVar = Outcome.DROPPED
    reason: ClassVar = Reason.MTU_EXCEEDED
    rules: ClassVar = ("ENC-9", "ENC-10")
    length: int
    limit: int
    """Octets of customer packet that fit."""


class Replicated(_Step):
    """Each copy of the frame goes a way of its own."""

    outcome: ClassVar = Outcome.REPLICATED
    rules: ClassVar = ("BUM-2", "BUM-4")
    copies: tuple[Copy, ...]
    """The first step of each copy."""


class ReplicatedLocally(_Step):
    """Copies of the frame go to the ports of one host alone."""

    outcome: ClassVar = Outcome.REPLICATED
    rules: ClassVar = ("BUM-1",)
    copies: tuple[Copy, ...]


class ReplicatedByGroup(_Step):
    """One frame leaves the host in a tunnel to a multicast PA, for all hosts that listen."""

    outcome: ClassVar = Outcome.REPLICATED
    rules: ClassVar = ("BUM-2",)
    tunnel: Tunnel
    hosts: tuple[str, ...]
    """The hosts that know the group's record and have a port in the virtual subnet."""


class CopiedToPort(_Step):
    """A copy for another port of the same virtual subnet on this host."""

    rules: ClassVar = ("BUM-2", "RCV-11")
    port: VmPort


class CopiedToHost(_Step):
    """A copy for the host behind one PA."""

    rules: ClassVar = ("BUM-2",)
    record: LookupRecord
    """One of the records that name the PA."""


class CopiedToGroup(_Step):
    """A copy for the multicast PA that a record gives the group."""

    rules: ClassVar = ("BUM-2",)
    record: LookupRecord


class Sent(_Step):
    """The frame leaves the host in a tunnel."""

    rules_by_encapsulation: ClassVar[dict[Encapsulation, tuple[str, ...]]] = {
        Encapsulation.NVGRE: ("FWD-15", "FWD-31", "ENC-1", "ENC-4"),
        Encapsulation.VXLAN: ("FWD-15", "FWD-31", "ENC-20", "ENC-21"),
    }
    tunnel: Tunnel
    host: str
    """The host that owns the outer destination."""

    @property
    def rules(self) -> tuple[str, ...]:  # type: ignore[override]
        """The rules of this encapsulation."""
        return self.rules_by_encapsulation[self.tunnel.encapsulation]


# At the receiving host


class Arrived(_Step):
    """An encapsulated frame that nobody here sent reaches a host."""

    rules: ClassVar = ("RCV-1",)
    tunnel: Tunnel
    host: str
    ecn: int
    fault: OuterFault


class Received(_Step):
    """The outer destination is a preferred PA of this host."""

    minor: ClassVar = True
    rules: ClassVar = ("RCV-1",)
    address: ProviderAddress


class GroupReceived(_Step):
    """The outer destination is a group that this host listens to."""

    minor: ClassVar = True
    rules: ClassVar = ("BUM-2",)
    pa: IPAddress


class PaNotOwned(_Step):
    """The outer destination is no PA of this host."""

    outcome: ClassVar = Outcome.DROPPED
    reason: ClassVar = Reason.PA_NOT_LOCAL
    rules: ClassVar = ("RCV-1",)
    pa: IPAddress
    host: str


class PaNotPreferred(_Step):
    """The outer destination is a PA of this host that is not in use."""

    outcome: ClassVar = Outcome.DROPPED
    reason: ClassVar = Reason.PA_NOT_LOCAL
    rules: ClassVar = ("RCV-1", "MOB-6")
    address: ProviderAddress
    state: AddressState


class TunnelAccepted(_Step):
    """The outer headers are sound and the inner frame is untagged."""

    minor: ClassVar = True
    rules: ClassVar = ("RCV-2", "RCV-4", "RCV-5")


class TunnelBroken(_Step):
    """The outer headers are not those of this switch's encapsulation."""

    outcome: ClassVar = Outcome.DROPPED
    reason: ClassVar = Reason.BAD_ENCAP
    rules: ClassVar = ("RCV-2", "ENC-1")
    fault: OuterFault


class InnerTagged(_Step):
    """The inner frame has an 802.1Q tag."""

    outcome: ClassVar = Outcome.DROPPED
    reason: ClassVar = Reason.INNER_VLAN
    rules: ClassVar = ("RCV-4", "ENC-3")
    vlan: int


class CongestionCopied(_Step):
    """The provider network marked congestion, and the mark is copied to the inner header."""

    rules: ClassVar = ("RCV-5",)


class CongestionLost(_Step):
    """The provider network marked congestion on a packet that cannot carry the mark."""

    outcome: ClassVar = Outcome.DROPPED
    reason: ClassVar = Reason.ECN_CE_NON_ECT
    rules: ClassVar = ("RCV-5",)


class InboundMatched(_Step):
    """The destination's record in the key's virtual subnet has the outer destination as PA."""

    rules: ClassVar = ("RCV-6", "RCV-7", "RCV-8")
    record: LookupRecord


class InboundWildcard(_Step):
    """The destination has no record of its own; the wildcard of the virtual subnet takes it."""

    rules: ClassVar = ("RCV-6", "GWY-3")
    record: LookupRecord


class ControlMessage(NamedTuple):
    """What a real host would tell a sender whose tables are stale (MOB-3)."""

    kind: str
    """``REDIRECT`` or ``UNREACHABLE``."""
    icmp_version: int
    type: int
    code: int
    to: IPAddress
    """The outer source of the packet that caused it."""


class InboundMissed(_Step):
    """Neither record nor wildcard of the key's virtual subnet takes the destination."""

    outcome: ClassVar = Outcome.DROPPED
    reason: ClassVar = Reason.DST_RECORD_MISSING
    rules: ClassVar = ("RCV-3", "RCV-6", "MOB-3", "MOB-4")
    vsid: int
    ca: IPAddress
    answer: ControlMessage | None
    """None where this profile sends none."""


class InboundPaMismatched(_Step):
    """By this host's tables the destination lives behind another PA."""

    outcome: ClassVar = Outcome.DROPPED
    reason: ClassVar = Reason.DST_PA_MISMATCH
    rules: ClassVar = ("RCV-7", "MOB-2", "MOB-3", "MOB-4")
    record: LookupRecord
    pa: IPAddress
    """The outer destination."""
    answer: ControlMessage | None


class InboundMacMismatched(_Step):
    """The frame is addressed to another MAC than the destination's record has."""

    outcome: ClassVar = Outcome.DROPPED
    reason: ClassVar = Reason.DST_MAC_MISMATCH
    rules: ClassVar = ("RCV-8",)
    record: LookupRecord
    mac: MacAddress


class RemoteSourceMatched(_Step):
    """The inner source's record fits the outer source and the frame's source MAC."""

    rules: ClassVar = ("RCV-9", "RCV-10")
    record: LookupRecord


class RemoteSourceWildcard(_Step):
    """The inner source lies behind a gateway VM, whose wildcard fits."""

    rules: ClassVar = ("RCV-9", "RCV-10", "GWY-4")
    record: LookupRecord
    route: CustomerRoute


class RemoteSourceLearnt(_Step):
    """An L2Only record of the inner source's MAC lets this host make a dynamic record too."""

    rules: ClassVar = ("RCV-9", "SRC-3", "ARP-9")
    record: LookupRecord
    """The new one."""


class RemoteSourceUnassigned(_Step):
    """The inner source has no address yet; a record of its MAC fits the outer source."""

    rules: ClassVar = ("RCV-9", "DHCP-2")
    record: LookupRecord


class RemoteSourceMissed(_Step):
    """No record and no wildcard of the routing domain stands for the inner source."""

    outcome: ClassVar = Outcome.DROPPED
    reason: ClassVar = Reason.SRC_RECORD_MISSING
    rules: ClassVar = ("RCV-9",)
    vsid: int
    ca: IPAddress


class RemoteSourcePaMismatched(_Step):
    """By this host's tables the inner source lives behind another PA."""

    outcome: ClassVar = Outcome.DROPPED
    reason: ClassVar = Reason.SRC_PA_MISMATCH
    rules: ClassVar = ("RCV-10",)
    record: LookupRecord
    pa: IPAddress
    """The outer source."""


class RemoteSourceMacMismatched(_Step):
    """By this host's tables the inner source has another MAC."""

    outcome: ClassVar = Outcome.DROPPED
    reason: ClassVar = Reason.SRC_MAC_MISMATCH
    rules: ClassVar = ("RCV-10",)
    record: LookupRecord
    mac: MacAddress


# At the destination's port


class PortFound(_Step):
    """The port on this host that has the record's MAC and VSID."""

    minor: ClassVar = True
    rules: ClassVar = ("FWD-33",)
    port: VmPort
    record: LookupRecord


class MemberFound(_Step):
    """The one port of the virtual subnet on this host that the frame is for."""

    minor: ClassVar = True
    rules: ClassVar = ("RCV-11",)
    port: VmPort


class MembersMissed(_Step):
    """No port of the virtual subnet on this host takes the frame."""

    outcome: ClassVar = Outcome.DROPPED
    reason: ClassVar = Reason.NO_PORT
    rules: ClassVar = ("RCV-11",)
    vsid: int
    host: str


class PortMissed(_Step):
    """No port on this host has the record's MAC."""

    outcome: ClassVar = Outcome.DROPPED
    reason: ClassVar = Reason.NO_PORT
    rules: ClassVar = ("FWD-33",)
    record: LookupRecord
    host: str


class PortVsidMismatched(_Step):
    """The port with the record's MAC is in another virtual subnet."""

    outcome: ClassVar = Outcome.DROPPED
    reason: ClassVar = Reason.VSID_MISMATCH
    rules: ClassVar = ("FWD-33",)
    port: VmPort
    vsid: int
    """The packet's."""


class Delivered(_Step):
    """The frame reached the VM that it is addressed to."""

    outcome: ClassVar = Outcome.DELIVERED
    rules: ClassVar = ("FWD-33",)
    port: VmPort


class DeliveredToGateway(_Step):
    """The frame reached a VM that does not have the destination address, to be sent on by it."""

    outcome: ClassVar = Outcome.TO_GATEWAY
    rules: ClassVar = ("FWD-33", "GWY-1")
    port: VmPort


def denial(direction: Direction) -> Reason:
    """Return the reason for a packet that a port's rules stop in ``direction``."""
    return Reason.ACL_DENY_OUT if direction is Direction.OUTBOUND else Reason.ACL_DENY_IN


AclStep: TypeAlias = (
    FilterSkipped
    | AclAllowed
    | AclDefaulted
    | AclUnmatched
    | AclDenied
    | AclDefaultDenied
    | PortBlocked
    | SessionMatched
    | SessionAssumed
    | NotEvaluated
)

Copy: TypeAlias = CopiedToPort | CopiedToHost | CopiedToGroup

Step: TypeAlias = (
    AclStep
    | Entered
    | PassedThrough
    | FrameAccepted
    | VlanTagged
    | DestinationMacNull
    | SourceMacInvalid
    | SourceMacSpoofed
    | GuardsPassed
    | DhcpGuarded
    | RouterGuarded
    | SessionOpened
    | PacketAccepted
    | ResolutionAccepted
    | GroupAccepted
    | DhcpLeft
    | EtherTypeUnsupported
    | PacketMalformed
    | ChecksumWrong
    | SwitchedLocally
    | SwitchMissed
    | ResolutionAnswered
    | GatewayAnswered
    | DuplicateAnswered
    | DuplicateUnheld
    | ResolutionUnanswered
    | ResolutionOffSubnet
    | ResolutionCarried
    | ResolutionFlooded
    | AnnouncementDropped
    | AnnouncementRefused
    | AnnouncementRepeated
    | AnnouncementLearnt
    | SourceMatched
    | SourceWildcard
    | SourceLearnt
    | SourceUnassigned
    | LearningRefused
    | SourceMissed
    | SourceMacMismatched
    | SourcePaMismatched
    | RouteMatched
    | RouteMissed
    | RoutingDomainMissed
    | NextHopOffLink
    | ExactMatched
    | ExactMissed
    | LookupMatched
    | LookupMissed
    | LookupUnusable
    | LookupMissedOnLink
    | GatewayAddressed
    | DestinationMacKnown
    | DestinationMacForeign
    | MethodAgreed
    | MethodMismatched
    | HandedToExternalRouter
    | Unchanged
    | Rewritten
    | RewrittenAndCounted
    | TtlExpired
    | KeptLocal
    | TunnelNeeded
    | MethodUnsupported
    | ProviderRouted
    | ProviderRouteMissed
    | ProviderFamiliesDiffer
    | PaUnresolved
    | PaVlansDiffer
    | PacketTooBig
    | Replicated
    | ReplicatedLocally
    | ReplicatedByGroup
    | CopiedToPort
    | CopiedToHost
    | CopiedToGroup
    | Sent
    | Arrived
    | Received
    | GroupReceived
    | PaNotOwned
    | PaNotPreferred
    | TunnelAccepted
    | TunnelBroken
    | InnerTagged
    | CongestionCopied
    | CongestionLost
    | InboundMatched
    | InboundWildcard
    | InboundMissed
    | InboundPaMismatched
    | InboundMacMismatched
    | RemoteSourceMatched
    | RemoteSourceWildcard
    | RemoteSourceLearnt
    | RemoteSourceUnassigned
    | RemoteSourceMissed
    | RemoteSourcePaMismatched
    | RemoteSourceMacMismatched
    | PortFound
    | MemberFound
    | MembersMissed
    | PortMissed
    | PortVsidMismatched
    | Delivered
    | DeliveredToGateway
)
"""Every step there is: renderers match on it, and the type checker finds a forgotten one."""
