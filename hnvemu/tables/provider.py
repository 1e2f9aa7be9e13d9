"""Questions about changing the frame, leaving the host, and arriving at another."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from hnvemu.addresses import group_mac, synthetic_mac
from hnvemu.model.policy import Profile
from hnvemu.model.provider import AddressState
from hnvemu.model.records import Translation
from hnvemu.tables.prefixes import prefix_table
from hnvemu.tables.table import Axis
from hnvemu.trace.steps import (
    Arrived,
    CongestionCopied,
    CongestionLost,
    CopiedToGroup,
    GroupReceived,
    HandedToExternalRouter,
    InnerTagged,
    KeptLocal,
    MethodUnsupported,
    PacketTooBig,
    PaNotOwned,
    PaNotPreferred,
    PaUnresolved,
    PaVlansDiffer,
    ProviderFamiliesDiffer,
    ProviderRouted,
    ProviderRouteMissed,
    Received,
    ReplicatedByGroup,
    Rewritten,
    RewrittenAndCounted,
    Sent,
    TtlExpired,
    TunnelAccepted,
    TunnelBroken,
    TunnelNeeded,
    Unchanged,
)
from hnvemu.wire.encapsulation import Encapsulation, OuterFault, Tunnel, overhead

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hnvemu.addresses import IPAddress, MacAddress
    from hnvemu.model.provider import Host, ProviderAddress, ProviderRoute
    from hnvemu.tables.records import Came
    from hnvemu.trace.steps import (
        AnnouncementLearnt,
        AnnouncementRepeated,
        CopiedToHost,
        ExactMatched,
        LookupMatched,
        ResolutionCarried,
        SourceLearnt,
        SourceMatched,
        SourceUnassigned,
        SourceWildcard,
        Step,
    )
    from hnvemu.wire.flow import Flow

    Sender: TypeAlias = (
        SourceMatched
        | SourceWildcard
        | SourceLearnt
        | SourceUnassigned
        | AnnouncementLearnt
        | AnnouncementRepeated
    )
    Target: TypeAlias = (
        LookupMatched | ExactMatched | ResolutionCarried | CopiedToHost | CopiedToGroup
    )

_NOT_ECT, _CE = 0, 3  # RFC 3168

ENCAPSULATIONS = {
    Profile.TRANSPARENT: Encapsulation.NVGRE,
    Profile.WS2012: Encapsulation.NVGRE,
    Profile.WS2012R2: Encapsulation.NVGRE,
    Profile.HNVV2: Encapsulation.VXLAN,
}


class TransformTable:
    """What changes in the customer's frame? (FWD-14, FWD-20 to FWD-25)."""

    def __init__(self, profile: Profile, host: Host, vsid: int) -> None:
        self._profile = profile
        self._host = host
        self._vsid = vsid
        self.reads = (Axis.TTL,) if profile is Profile.WS2012R2 else ()
        self._rewritten: dict[tuple[MacAddress, bool], Rewritten] = {}
        self._counted: dict[MacAddress, RewrittenAndCounted] = {}

    def find(self, flow: Flow, found: LookupMatched | ExactMatched) -> Step:
        """Answer from the record's VSID and MAC and, where the profile counts hops, the TTL."""
        record = found.record
        crossed = record.vsid != self._vsid
        if crossed and self._host.use_external_router:
            return HandedToExternalRouter(record.vsid, self._host.name, self._host.origin)
        if self._profile is Profile.TRANSPARENT:
            return _UNCHANGED[crossed]
        mac = record.mac
        if crossed and self._profile is Profile.WS2012R2:
            if flow.ttl <= 1:
                return TtlExpired(flow.ttl)
            counted = self._counted.get(mac)
            if counted is None:
                counted = self._counted[mac] = RewrittenAndCounted(mac)
            return counted
        step = self._rewritten.get((mac, crossed))
        if step is None:
            step = self._rewritten[mac, crossed] = Rewritten(mac, crossed)
        return step

    def cuts(self, axis: Axis) -> Iterable[int]:
        """A TTL of 2 is the least that survives."""
        return (2,) if axis is Axis.TTL and self.reads else ()


class PlaceTable:
    """Is the record's PA one of this host's own? (FWD-30). Compares a row with the host."""

    reads = ()

    def __init__(self, host: Host) -> None:
        self._local = {pa.address: KeptLocal(pa.address) for pa in host.addresses}
        self._known: dict[int, Step] = {}

    def find(self, flow: Flow, found: LookupMatched | ExactMatched | ResolutionCarried) -> Step:
        """Answer from the record's PA."""
        del flow
        row = id(found.record)  # rows live as long as the policy, and hashing one is slow
        step = self._known.get(row)
        if step is None:
            step = self._known[row] = self._local.get(found.record.pa, _TUNNEL_NEEDED)
        return step

    def cuts(self, axis: Axis) -> Iterable[int]:
        """No field is read."""
        del axis
        return ()


class UnderlayTable:
    """How does the provider network reach the record's PA? (FWD-31, FWD-32, ENC-31)."""

    reads = ()

    def __init__(self, host: Host, owner: Callable[[IPAddress], ProviderAddress | None]) -> None:
        self._host = host
        self._owner = owner
        self._own = {pa.address: pa for pa in reversed(host.addresses)}
        self._known: dict[tuple[int, int], Step] = {}
        self._to_groups: dict[tuple[int, int], Step] = {}
        routes: dict[int, dict[object, ProviderRoute]] = {4: {}, 6: {}}
        for route in sorted(host.routes, key=_preference):
            routes[route.prefix.version].setdefault(route.prefix, route)
        self._routes = {version: list(best.values()) for version, best in routes.items()}
        self._match = {
            version: prefix_table([route.prefix for route in best], version)
            for version, best in self._routes.items()
        }

    def find(self, flow: Flow, source: Sender, found: Target) -> Step:
        """Answer from the two records' PAs."""
        del flow
        if found.record.rule is not Translation.ENCAP:
            return MethodUnsupported(found.record)
        # By the addresses and not the records, whose pairs are too many to remember.
        ends = id(source.record.pa), id(found.record.pa)
        to_group = type(found) is CopiedToGroup
        known = self._to_groups if to_group else self._known
        step = known.get(ends)
        if step is None:
            step = known[ends] = self._way(source.record.pa, found.record.pa, to_group=to_group)
        return step

    def _way(self, source: IPAddress, pa: IPAddress, *, to_group: bool) -> Step:
        address = self._own[source]
        if pa.version != source.version:
            return ProviderFamiliesDiffer(source, pa)
        owner = self._owner(pa)
        route: ProviderRoute | None = None
        if to_group:  # every router of the provider network is taken to know its groups
            return ProviderRouted(address, pa, pa, route)
        if any(pa in own.prefix for own in self._host.addresses):
            if owner is not None and owner.vlan != address.vlan:
                return PaVlansDiffer(address, owner)
        else:
            position = self._match[pa.version].longest(int(pa))
            if position is None:
                return ProviderRouteMissed(self._host.name, pa)
            route = self._routes[pa.version][position]
        if owner is None:
            return PaUnresolved(pa)
        hop = pa if route is None or route.next_hop is None else route.next_hop
        return ProviderRouted(address, pa, hop, route)

    def cuts(self, axis: Axis) -> Iterable[int]:
        """No field is read."""
        del axis
        return ()


def _preference(route: ProviderRoute) -> tuple[int, int]:
    return route.metric, 0 if route.next_hop is None else int(route.next_hop)


class TunnelTable:
    """Does the packet fit the provider network, and what carries it? (ENC-9, FWD-15)."""

    reads = (Axis.LENGTH,)

    def __init__(
        self,
        host: Host,
        encapsulation: Encapsulation,
        owner: Callable[[IPAddress], ProviderAddress | None],
        tables_of: Callable[[IPAddress], tuple[str, object]],
        listeners: Callable[[str, int, IPAddress], tuple[str, ...]],
    ) -> None:
        self._host = host.name
        self._encapsulation = encapsulation
        self._owner = owner
        self._tables_of = tables_of
        self._listeners = listeners
        self._limits = {version: host.mtu - overhead(encapsulation, version) for version in (4, 6)}
        self._sent: dict[tuple[int, int], Sent | ReplicatedByGroup] = {}

    def find(self, flow: Flow, found: Target, routed: ProviderRouted) -> Step:
        """Answer from the packet's length and the way that the underlay found."""
        limit = self._limits[routed.pa.version]
        if flow.length > limit:
            return PacketTooBig(flow.length, limit)
        rows = found.record.vsid, id(routed)
        step = self._sent.get(rows)
        if step is None:
            step = self._sent[rows] = self._send(found.record.vsid, routed)
        return step

    def _send(self, vsid: int, routed: ProviderRouted) -> Sent | ReplicatedByGroup:
        address, hop = routed.address, routed.next_hop
        owner = self._owner(hop)  # None: a router, whose MAC no policy tells
        to_group = routed.pa.is_multicast
        router = group_mac(hop) if to_group else synthetic_mac(hop)
        tunnel = Tunnel(
            encapsulation=self._encapsulation,
            src_mac=address.mac,
            dst_mac=router if owner is None else owner.mac,
            vlan=address.vlan,
            src=address.address,
            dst=routed.pa,
            vsid=vsid,
        )
        if to_group:
            return ReplicatedByGroup(tunnel, self._listeners(self._host, vsid, routed.pa))
        host, tables = self._tables_of(routed.pa)
        return Sent(tunnel, host).leading_to(tables)

    def cuts(self, axis: Axis) -> Iterable[int]:
        """The first length that does not fit."""
        return {limit + 1 for limit in self._limits.values()} if axis is Axis.LENGTH else ()


class AddressTable:
    """Is the outer destination a preferred PA of this host, or a group it hears? (RCV-1, BUM-2)."""

    reads = ()

    def __init__(self, host: Host, groups: Callable[[int], set[IPAddress]]) -> None:
        self._host = host.name
        self._groups = groups
        self._steps: dict[IPAddress, Step] = {}
        for pa in reversed(host.addresses):
            preferred = pa.state is AddressState.PREFERRED
            self._steps[pa.address] = Received(pa) if preferred else PaNotPreferred(pa, pa.state)
        self._known: dict[int, tuple[IPAddress, Step]] = {}
        """By the id of an address, which this keeps its own."""

    def find(self, flow: Flow, came: Came) -> Step:
        """Answer from the tunnel's destination."""
        del flow
        if isinstance(came, Arrived) and came.fault is OuterFault.NOT_IP:
            return TunnelBroken(came.fault)
        pa = came.tunnel.dst
        known = self._known.get(id(pa))  # hashing an address is slower than all the rest
        if known is not None:
            return known[1]
        if pa.is_multicast and pa in self._groups(came.tunnel.vsid):
            return GroupReceived(pa)
        step = self._steps.get(pa) or PaNotOwned(pa, self._host)
        if isinstance(came, Sent):  # to an address of the policy, of which there are few
            self._known[id(pa)] = pa, step
        return step

    def cuts(self, axis: Axis) -> Iterable[int]:
        """No field is read."""
        del axis
        return ()


class CaptureTable:
    """Are the headers of a frame that nobody here encapsulated sound? (RCV-2, RCV-4, RCV-5)."""

    reads = (Axis.VLAN, Axis.VERSION, Axis.TOS)

    def __init__(self, encapsulation: Encapsulation) -> None:
        self._encapsulation = encapsulation

    def find(self, flow: Flow, came: Arrived) -> Step:
        """Answer from the outer headers, the inner tag, and both ECN fields."""
        if came.fault:
            return TunnelBroken(came.fault)
        if came.tunnel.encapsulation is not self._encapsulation:
            return TunnelBroken(OuterFault.NOT_A_TUNNEL)
        if flow.vlan >= 0:
            return InnerTagged(flow.vlan)
        if came.ecn != _CE or flow.version == 0:
            return _TUNNEL_ACCEPTED
        inner = flow.tos & 3
        if inner == _NOT_ECT:
            return _CONGESTION_LOST
        return _TUNNEL_ACCEPTED if inner == _CE else _CONGESTION_COPIED

    def cuts(self, axis: Axis) -> Iterable[int]:
        """Tagged or not, IP or not, and every ECN value of every DSCP."""
        if axis is Axis.VLAN:
            return (0,)
        if axis is Axis.VERSION:
            return (1,)
        return range(256) if axis is Axis.TOS else ()


_UNCHANGED = {crossed: Unchanged(crossed) for crossed in (False, True)}
_TUNNEL_NEEDED = TunnelNeeded()
_TUNNEL_ACCEPTED = TunnelAccepted()
_CONGESTION_LOST = CongestionLost()
_CONGESTION_COPIED = CongestionCopied()
