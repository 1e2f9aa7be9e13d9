"""Who has this address? ARP and neighbour discovery, answered from the records (ARP-1 to ARP-9)."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from hnvemu.addresses import MacAddress, address_of
from hnvemu.model.policy import Profile
from hnvemu.model.records import RecordType
from hnvemu.tables.table import FAMILIES, GROUP_BIT, Axis, points
from hnvemu.tables.view import HELD_CUTS
from hnvemu.trace.steps import (
    AnnouncementDropped,
    AnnouncementLearnt,
    AnnouncementRefused,
    AnnouncementRepeated,
    DuplicateAnswered,
    DuplicateUnheld,
    GatewayAddressed,
    GatewayAnswered,
    LearningRefused,
    LookupMissed,
    ResolutionAnswered,
    ResolutionCarried,
    ResolutionFlooded,
    ResolutionOffSubnet,
    ResolutionUnanswered,
    SourcePaMismatched,
)
from hnvemu.value import replace
from hnvemu.wire.flow import ARP_GRATUITOUS, ARP_REPLY, ARP_REQUEST

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hnvemu.addresses import IPAddress
    from hnvemu.model.records import CustomerRoute, LookupRecord
    from hnvemu.model.topology import VmPort
    from hnvemu.tables.routes import RouteTable
    from hnvemu.tables.view import View
    from hnvemu.trace.steps import Step
    from hnvemu.wire.flow import Flow

ADVERTISEMENT = 136  # RFC 4861
_MULTICAST_6 = 0xFF << 120

MESSAGE_CUTS: dict[Axis, set[int]] = {
    Axis.DST_MAC: {bits << 40 for bits in range(256)},
    Axis.PROTOCOL: {0}
    | points((ARP_REPLY, ARP_GRATUITOUS | ARP_REQUEST, ARP_GRATUITOUS | ARP_REPLY)),
    Axis.ICMP: {ADVERTISEMENT << 8, (ADVERTISEMENT + 1) << 8},
    Axis.SRC: {0, 1},
    Axis.DST: {0, 1, _MULTICAST_6},
    Axis.TARGET: {0, 1},
}
"""Where :func:`message_of` can change its answer."""


class Message(Enum):
    """What a guest wants with an ARP message or its like in neighbour discovery (ARP-7)."""

    QUESTION = "question"
    """To everybody: who has the target?"""
    CHECK = "check"
    """To one MAC: are you still there?"""
    PROBE = "probe"
    """From no address: does anybody have mine already?"""
    ANSWER = "answer"
    """To the one who asked."""
    ANNOUNCEMENT = "announcement"
    """To everybody: I have this address."""


def message_of(flow: Flow) -> Message:
    """Tell what an ARP message, neighbour solicitation or advertisement is for."""
    if flow.version == 6:
        to_all = flow.dst >= _MULTICAST_6
        if flow.icmp >> 8 == ADVERTISEMENT:
            return Message.ANNOUNCEMENT if to_all else Message.ANSWER
    else:
        to_all = bool(flow.dst_mac & GROUP_BIT)
        is_reply = flow.protocol & ARP_REPLY
        if to_all and (is_reply or (flow.src and flow.protocol & ARP_GRATUITOUS)):
            return Message.ANNOUNCEMENT
        if is_reply:
            return Message.ANSWER
    if flow.src == 0:
        return Message.PROBE
    return Message.QUESTION if to_all else Message.CHECK


def speaker(flow: Flow) -> int:
    """Return the address whose holder speaks: the announced one, else the source.

    An unsolicited advertisement may come from another address of the guest than it announces.
    """
    if flow.version == 6 and flow.target >= 0 and message_of(flow) is Message.ANNOUNCEMENT:
        return flow.target
    return flow.src


def learnt(
    l2_only: LookupRecord, version: int, ca: int, known: LookupRecord | None
) -> LookupRecord:
    """Return the dynamic record that a host makes of an address behind an L2Only record's MAC.

    An equal record that it has ``known`` before stays the same.
    """
    record = replace(l2_only, ca=address_of(version, ca), type=RecordType.DYNAMIC)
    return known if known == record else record


class NeighbourTable:
    """What becomes of an ARP message, neighbour solicitation or advertisement at this port?"""

    reads = (
        Axis.DST_MAC,
        Axis.SRC_MAC,
        Axis.VERSION,
        Axis.PROTOCOL,
        Axis.ICMP,
        Axis.SRC,
        Axis.DST,
        Axis.TARGET,
    )

    def __init__(
        self,
        view: View,
        routes: RouteTable | None,
        port: VmPort,
        profile: Profile,
        pas: frozenset[IPAddress],
    ) -> None:
        self._view = view
        self._routes = routes
        self._port = port
        self._vsid = port.vsid
        self._pas = pas
        self._answers_checks = profile is Profile.WS2012
        # Before 2012 R2 nothing was learned or flooded, and HNVv2 knows assigned addresses alone.
        self._learns = profile in (Profile.TRANSPARENT, Profile.WS2012R2)

    def find(self, flow: Flow) -> Step:
        """Answer from what the message wants and who has its target."""
        match message_of(flow):
            case Message.QUESTION:
                return self._question(flow)
            case Message.CHECK:
                return self._check(flow)
            case Message.PROBE:
                return self._probe(flow)
            case Message.ANSWER:
                return self._answer(flow)
            case Message.ANNOUNCEMENT:
                return self._announcement(flow)

    def _record(self, version: int, ca: int) -> LookupRecord | None:
        return self._view.records[version].get((self._vsid, ca))

    def _is_gateway(self, version: int, ca: int) -> bool:
        return (self._vsid, version or 4, ca) in self._view.dot_ones

    def _question(self, flow: Flow) -> Step:
        version, target = flow.version, flow.target
        record = self._record(version, target)
        if record is not None:
            if self._is_gateway(version, target):
                return GatewayAnswered(record, self._port)
            return ResolutionAnswered(record, self._port)
        ca = address_of(version, target)
        route = self._elsewhere(version, target)
        if route is not None:
            return ResolutionOffSubnet(self._vsid, ca, route)
        l2_only = self._view.l2_only(self._vsid)
        if l2_only and self._learns:
            return ResolutionFlooded(ca, l2_only[min(l2_only)])
        return ResolutionUnanswered(self._vsid, ca)

    def _check(self, flow: Flow) -> Step:
        record = self._record(flow.version, flow.dst)
        if record is None:
            return ResolutionUnanswered(self._vsid, address_of(flow.version, flow.dst))
        if self._is_gateway(flow.version, flow.dst):
            return GatewayAnswered(record, self._port)
        if self._answers_checks:
            return ResolutionAnswered(record, self._port)
        return ResolutionCarried(record)

    def _probe(self, flow: Flow) -> Step:
        record = self._record(flow.version, flow.target)
        if record is None or record.mac == flow.src_mac:
            return DuplicateUnheld(self._vsid, address_of(flow.version, flow.target))
        return DuplicateAnswered(record, self._port)

    def _answer(self, flow: Flow) -> Step:
        record = self._record(flow.version, flow.dst)
        if record is None:
            return LookupMissed(self._vsid, address_of(flow.version, flow.dst))
        if self._is_gateway(flow.version, flow.dst):
            return GatewayAddressed(record)
        return ResolutionCarried(record)

    def _announcement(self, flow: Flow) -> Step:
        version, announced = flow.version, speaker(flow)
        ca = address_of(version, announced)
        l2_only = self._view.l2_only(self._vsid).get(flow.src_mac)
        learns = self._learns and self._view.can_be_held(self._vsid, version, announced)
        if l2_only is None or not learns or l2_only.pa not in self._pas:
            return AnnouncementDropped(self._vsid, ca, MacAddress(flow.src_mac))
        known = self._record(version, announced)
        if known is not None and known.type is not RecordType.DYNAMIC:
            # A static address moves when its record is changed, not when a guest says so.
            if known.mac != flow.src_mac:
                return AnnouncementRefused(known, MacAddress(flow.src_mac))
            if known.pa not in self._pas:
                return SourcePaMismatched(known, self._port.host)
            return AnnouncementRepeated(known)
        record = learnt(l2_only, version, announced, known)
        if record is known:
            return AnnouncementRepeated(known)
        if self._view.is_full(self._port, known):
            return LearningRefused(self._port, ca, self._port.dynamic_ip_limit or 0)
        return AnnouncementLearnt(record)

    def _elsewhere(self, version: int, ca: int) -> CustomerRoute | None:
        """Return the on-link route of another subnet of the routing domain that holds ``ca``."""
        route = None if self._routes is None else self._routes.longest(version or 4, ca)
        if route is None or route.next_hop is not None or route.vsid == self._vsid:
            return None
        return route

    def cuts(self, axis: Axis) -> Iterable[int]:
        """Every recorded address, every on-link prefix, MACs of records, and kinds of messages."""
        view = self._view
        if axis is Axis.VERSION:
            return FAMILIES
        if axis is Axis.SRC_MAC:
            macs = {record.mac for record in view.all_rows()} | {*view.l2_only(self._vsid)}
            return points(macs | {self._port.mac})
        if axis in (Axis.DST_MAC, Axis.PROTOCOL, Axis.ICMP):
            return MESSAGE_CUTS[axis]
        cuts = points(int(record.ca) for record in view.all_rows()) | MESSAGE_CUTS[Axis.DST]
        cuts |= HELD_CUTS | points(ca for _, _, ca in view.dot_ones)
        return cuts if self._routes is None else cuts | {*self._routes.cuts(Axis.DST)}
