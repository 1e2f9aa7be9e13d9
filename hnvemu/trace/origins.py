"""Where the policy says what a step found."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from hnvemu.model.origin import BUILT_IN
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

if TYPE_CHECKING:
    from hnvemu.model.origin import Origin
    from hnvemu.trace.steps import Step


def origin_of(step: Step) -> Origin | None:
    """Return where the row that decided was written; None where no file says it."""
    match step:
        case (
            Delivered(port)
            | DeliveredToGateway(port)
            | Entered(port)
            | PassedThrough(port)
            | SourceMacSpoofed(_, port)
            | GuardsPassed(port)
            | DhcpGuarded(port)
            | RouterGuarded(port)
            | LearningRefused(port, _, _)
            | SwitchedLocally(port)
            | CopiedToPort(port)
            | MemberFound(port)
            | PortBlocked(port, _)
            | PortFound(port, _)
            | PortVsidMismatched(port, _)
        ):
            found = port.origin
        case NotEvaluated(_, origin) | HandedToExternalRouter(_, _, origin):
            found = origin
        case AclAllowed(rule, _, _) | AclDenied(rule, _, _):
            found = rule.origin
        case AclDefaulted(default, _, _) | AclDefaultDenied(default, _, _):
            found = default.origin
        case (
            ResolutionAnswered(record, _)
            | GatewayAnswered(record, _)
            | DuplicateAnswered(record, _)
            | ResolutionCarried(record)
            | ResolutionFlooded(_, record)
            | AnnouncementRefused(record, _)
            | AnnouncementRepeated(record)
            | AnnouncementLearnt(record)
            | SourceMatched(record)
            | SourceWildcard(record)
            | SourceLearnt(record)
            | SourceUnassigned(record)
            | SourceMacMismatched(record, _)
            | SourcePaMismatched(record, _)
            | ExactMatched(record)
            | LookupMatched(record)
            | LookupUnusable(record)
            | LookupMissedOnLink(_, _, record)
            | GatewayAddressed(record)
            | DestinationMacForeign(_, record)
            | MethodMismatched(_, record)
            | MethodUnsupported(record)
            | InboundMatched(record)
            | InboundWildcard(record)
            | InboundPaMismatched(record, _, _)
            | InboundMacMismatched(record, _)
            | RemoteSourceMatched(record)
            | RemoteSourceWildcard(record, _)
            | RemoteSourceLearnt(record)
            | RemoteSourceUnassigned(record)
            | RemoteSourcePaMismatched(record, _)
            | RemoteSourceMacMismatched(record, _)
            | PortMissed(record, _)
            | CopiedToHost(record)
            | CopiedToGroup(record)
        ):
            found = record.origin
        case RouteMatched(route, _) | NextHopOffLink(route) | ResolutionOffSubnet(_, _, route):
            found = route.origin
        case ProviderRouted(address, _, _, provider_route):
            found = address.origin if provider_route is None else provider_route.origin
        case Received(address) | PaNotPreferred(address, _) | PaVlansDiffer(_, address):
            found = address.origin
        case (
            FrameAccepted()
            | VlanTagged()
            | DestinationMacNull()
            | SourceMacInvalid()
            | FilterSkipped()
            | AclUnmatched()
            | SessionMatched()
            | SessionAssumed()
            | SessionOpened()
            | PacketAccepted()
            | ResolutionAccepted()
            | GroupAccepted()
            | DhcpLeft()
            | EtherTypeUnsupported()
            | PacketMalformed()
            | ChecksumWrong()
            | SwitchMissed()
            | DuplicateUnheld()
            | ResolutionUnanswered()
            | AnnouncementDropped()
            | SourceMissed()
            | RouteMissed()
            | RoutingDomainMissed()
            | ExactMissed()
            | LookupMissed()
            | DestinationMacKnown()
            | MethodAgreed()
            | Unchanged()
            | Rewritten()
            | RewrittenAndCounted()
            | TtlExpired()
            | KeptLocal()
            | TunnelNeeded()
            | ProviderRouteMissed()
            | ProviderFamiliesDiffer()
            | PaUnresolved()
            | PacketTooBig()
            | Replicated()
            | ReplicatedLocally()
            | ReplicatedByGroup()
            | Sent()
            | Arrived()
            | GroupReceived()
            | PaNotOwned()
            | TunnelAccepted()
            | TunnelBroken()
            | InnerTagged()
            | CongestionCopied()
            | CongestionLost()
            | InboundMissed()
            | RemoteSourceMissed()
            | MembersMissed()
        ):
            return None
        case _:
            assert_never(step)
    return None if found == BUILT_IN else found
