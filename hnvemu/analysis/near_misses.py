"""Why not another answer: the rows that came nearest to deciding, and where each of them failed.

Rules of the file: a step has said what decided; here is only compared how far other rows are from
it. Few rows are named, nearest first, and equal questions get equal answers. Rules of access
control lists are compared by their own conditions, as the switch compares them.
"""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING, Final, TypeVar, assert_never

from hnvemu.addresses import MacAddress, address_of
from hnvemu.model.acl import (
    DatacenterAcl,
    Direction,
    ExtendedAcl,
    FirewallRule,
    Mechanism,
    PortAcl,
)
from hnvemu.model.origin import BUILT_IN
from hnvemu.model.provider import AddressState
from hnvemu.model.records import RecordType
from hnvemu.model.topology import Selector
from hnvemu.tables.acl import AddressWithin, selects
from hnvemu.tables.acl_lists import lists_of
from hnvemu.tables.table import GROUP_BIT, Axis
from hnvemu.trace.explanation import Missed, NearMiss
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
from hnvemu.value import replace
from hnvemu.wire.flow import ICMP, ICMPV6, TCP, UDP

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from hnvemu.addresses import IPAddress, IPPrefix
    from hnvemu.model.acl import AclRule
    from hnvemu.model.origin import Origin
    from hnvemu.model.provider import Host, ProviderAddress
    from hnvemu.model.records import CustomerRoute, LookupRecord
    from hnvemu.model.topology import VmPort
    from hnvemu.switch.fabric import Fabric
    from hnvemu.tables.acl import Condition, Entry
    from hnvemu.tables.tables import Tables
    from hnvemu.tables.view import View
    from hnvemu.trace.path import Hop, Path
    from hnvemu.trace.steps import Step
    from hnvemu.trace.trace import Trace
    from hnvemu.wire.flow import Flow

T = TypeVar("T", FirewallRule, PortAcl, ExtendedAcl, DatacenterAcl)
_MOST: Final = 3
_NAMES: Final = {ICMP: "icmp", TCP: "tcp", UDP: "udp", ICMPV6: "icmpv6"}
_OUT_OF_REACH: Final = "out of reach: routing domains are never joined (FWD-3)"
_ONE_ADDRESS: Final = "static or dynamic"
_LEARNING: Final = "transparent or ws2012r2"
"""The profiles that learn addresses, and flood questions (ARP-3)."""


def near_misses(fabric: Fabric, trace: Trace) -> tuple[Missed, ...]:
    """Return the steps of ``trace`` that missed or denied, with what came nearest.

    The default of an access control list is among them, whether it allows or denies.
    """
    found = []
    for hop in every_hop(trace.path):
        around = _Around(fabric.tables, hop.node, trace.flow)
        for step in hop.steps:
            candidates = around.step(step)
            if candidates is None:
                continue
            nearest = tuple(islice(dict.fromkeys(candidates), _MOST))
            if nearest or step.ends:  # a default that lets the packet pass may have no rules
                found.append(Missed(hop.node, step, nearest))
    return tuple(found)


def every_hop(path: Path) -> Iterator[Hop]:
    """Yield the hops of a path and of all copies that were made on it."""
    yield from path.hops
    for branch in path.branches:
        yield from every_hop(branch)


class _Around:
    """The rows around what one node was asked for."""

    def __init__(self, tables: Tables, node: str, flow: Flow) -> None:
        self._tables = tables
        self._policy = tables.policy
        self._node = node
        self._view = tables.known(node).view
        self._flow = flow
        self._version = flow.version or 4  # ARP is about IPv4

    def step(self, step: Step) -> Iterable[NearMiss] | None:
        """Return the rows that came near another answer; None where no row could change it."""
        match step:
            case SourceMacSpoofed(mac, port):
                return self._owners_of_mac(mac, port)
            case AclDenied(_, port, direction):
                return self._rules(step, port, direction)
            case (
                AclDefaulted(_, port, direction)
                | AclDefaultDenied(_, port, direction)
                | AclUnmatched(port, direction, _)
                | PortBlocked(port, direction)
            ):
                return self._rules(step, port, direction)

            case SourceMissed(vsid, ca):
                return self._sources(vsid, ca)
            case SourceMacMismatched(record, mac) | AnnouncementRefused(record, mac):
                return self._holders(record.vsid, mac, record.ca)
            case SourcePaMismatched(record, host):
                return self._places(record, self._own_pas(host))
            case LearningRefused(port, _, _):
                return self._learnt(port)
            case AnnouncementDropped(vsid, ca, mac):
                return self._unlearned(vsid, ca, mac)

            case RouteMissed(rdid, ca):
                return self._routes(rdid, ca)
            case RoutingDomainMissed(vsid):
                return self._domains(vsid)
            case NextHopOffLink(route):
                return self._on_link(route)
            case (
                LookupMissed(vsid, ca)
                | LookupMissedOnLink(vsid, ca, _)
                | ResolutionOffSubnet(vsid, ca, _)
            ):
                return self._records(vsid, ca)
            case ResolutionUnanswered(vsid, ca):
                return chain(self._unflooded(vsid), self._records(vsid, ca))
            case InboundMissed(vsid, ca, _):
                return self._records(vsid, ca)
            case LookupUnusable(record):
                return self._records(record.vsid, record.ca)
            case GatewayAddressed(record):
                return self._neighbours(record.vsid, record.ca)
            case DestinationMacForeign(mac, record):
                return self._holders(record.vsid, mac, record.ca)
            case MethodMismatched(source, record):
                return self._methods(source, record)

            case ProviderRouteMissed(host, pa):
                return self._provider_routes(host, pa)
            case ProviderFamiliesDiffer(source, pa):
                return self._families(source, pa)
            case PaUnresolved(pa):
                return self._pas(pa)
            case PaVlansDiffer(address, other):
                return self._vlans(address, other)
            case PaNotOwned(pa, host):
                return self._owners(pa, host)
            case PaNotPreferred(address, _):
                return self._preferred(address)

            case InboundPaMismatched(record, pa, _) | RemoteSourcePaMismatched(record, pa):
                return self._places(record, frozenset({pa}))
            case InboundMacMismatched(record, mac) | RemoteSourceMacMismatched(record, mac):
                return self._holders(record.vsid, mac, record.ca)
            case RemoteSourceMissed(vsid, ca):
                return self._sources(vsid, ca)
            case PortMissed(record, _):
                return self._ports_of(record)
            case PortVsidMismatched(port, vsid):
                return self._ports_in(vsid, port.mac)
            case MembersMissed(vsid, _):
                return self._ports(lambda port: port.vsid == vsid, self._elsewhere)

            # No row of the policy could have been nearer: it is the frame that decided.
            case (
                NotEvaluated()
                | VlanTagged()
                | DestinationMacNull()
                | SourceMacInvalid()
                | DhcpGuarded()
                | RouterGuarded()
                | EtherTypeUnsupported()
                | PacketMalformed()
                | ChecksumWrong()
                | TtlExpired()
                | PacketTooBig()
                | TunnelBroken()
                | InnerTagged()
                | CongestionLost()
                | HandedToExternalRouter()
                | MethodUnsupported()
            ):
                return None
            # Silence is the good answer, or another table goes on to answer.
            case DuplicateUnheld() | SwitchMissed() | ExactMissed() | ResolutionFlooded():
                return None
            # Something matched.
            case (
                Entered()
                | PassedThrough()
                | FrameAccepted()
                | GuardsPassed()
                | FilterSkipped()
                | AclAllowed()
                | SessionMatched()
                | SessionAssumed()
                | SessionOpened()
                | PacketAccepted()
                | ResolutionAccepted()
                | GroupAccepted()
                | DhcpLeft()
                | SwitchedLocally()
                | ResolutionAnswered()
                | GatewayAnswered()
                | DuplicateAnswered()
                | ResolutionCarried()
                | AnnouncementRepeated()
                | AnnouncementLearnt()
                | SourceMatched()
                | SourceWildcard()
                | SourceLearnt()
                | SourceUnassigned()
                | RouteMatched()
                | ExactMatched()
                | LookupMatched()
                | DestinationMacKnown()
                | MethodAgreed()
                | Unchanged()
                | Rewritten()
                | RewrittenAndCounted()
                | KeptLocal()
                | TunnelNeeded()
                | ProviderRouted()
                | Replicated()
                | ReplicatedLocally()
                | ReplicatedByGroup()
                | CopiedToPort()
                | CopiedToHost()
                | CopiedToGroup()
                | Sent()
                | Arrived()
                | Received()
                | GroupReceived()
                | TunnelAccepted()
                | CongestionCopied()
                | InboundMatched()
                | InboundWildcard()
                | RemoteSourceMatched()
                | RemoteSourceWildcard()
                | RemoteSourceLearnt()
                | RemoteSourceUnassigned()
                | PortFound()
                | MemberFound()
                | Delivered()
                | DeliveredToGateway()
            ):
                return None
            case _:
                assert_never(step)

    # Lookup records

    def _records(self, vsid: int, ca: IPAddress) -> Iterator[NearMiss]:
        """Rank the records that nearly name ``ca`` in ``vsid``."""
        yield from self._unusable(vsid, ca)
        yield from self._known_elsewhere(vsid, ca)
        reachable, others = self._same_address(vsid, ca)
        yield from reachable
        yield from self._neighbours(vsid, ca)
        yield from others

    def _sources(self, vsid: int, ca: IPAddress) -> Iterator[NearMiss]:
        """Rank the records that nearly let the sender use ``ca`` in ``vsid``."""
        mac = MacAddress(self._flow.src_mac)
        yield from self._unusable(vsid, ca)
        yield from self._known_elsewhere(vsid, ca)
        reachable, others = self._same_address(vsid, ca)
        yield from reachable
        yield from self._holders(vsid, mac, ca)
        for wildcard in self._view.wildcards(vsid, ca.version)[:1]:
            if wildcard.mac != mac:
                yield _miss(wildcard, "MAC", wildcard.mac, mac)
        yield from others

    def _unusable(self, vsid: int, ca: IPAddress) -> Iterator[NearMiss]:
        record = self._view.unusable.get((vsid, ca.version, int(ca)))
        if record is not None:
            flag = "unusable" if record.unusable else "unsynchronized"
            yield _miss(record, "marked", flag, "usable")

    def _known_elsewhere(
        self,
        vsid: int,
        ca: IPAddress,
        fits: Callable[[LookupRecord], bool] = lambda _: True,
    ) -> Iterator[NearMiss]:
        """Name the record that other hosts have and this one has not."""
        known: dict[LookupRecord, list[str]] = {}
        for host, view in self._other_views():
            record = view.records[ca.version].get((vsid, int(ca)))
            if record is not None and fits(record):
                known.setdefault(record, []).append(host)
        for record, hosts in islice(known.items(), 1):
            yield _miss(record, "known to", _listed(hosts), self._node)

    def _same_address(self, vsid: int, ca: IPAddress) -> tuple[list[NearMiss], list[NearMiss]]:
        """Return the record of ``ca`` in another VSID: of this routing domain, and of others."""
        view = self._view
        rdid = view.rd_of(vsid)
        same = sorted(
            (
                record
                for (subnet, address), record in view.records[ca.version].items()
                if address == int(ca) and subnet != vsid
            ),
            key=lambda record: record.vsid,
        )
        near = [record for record in same if view.rd_of(record.vsid) == rdid]
        far = [record for record in same if view.rd_of(record.vsid) != rdid]
        return (
            [_miss(record, "VSID", record.vsid, vsid) for record in near[:1]],
            [
                _miss(
                    record,
                    "routing domain",
                    view.rd_of(record.vsid) or "none",
                    rdid or "none",
                    note=_OUT_OF_REACH,
                )
                for record in far[:1]
            ],
        )

    def _neighbours(self, vsid: int, ca: IPAddress) -> Iterator[NearMiss]:
        """Name the record of a machine in ``vsid`` whose address is nearest."""
        records = (
            record
            for (subnet, address), record in self._view.records[ca.version].items()
            if subnet == vsid
            and address != int(ca)
            and (vsid, ca.version, address) not in self._view.dot_ones
        )
        nearest = min(
            records,
            key=lambda record: (abs(int(record.ca) - int(ca)), int(record.ca)),
            default=None,
        )
        if nearest is not None:
            yield _miss(nearest, "CA", nearest.ca, ca)

    def _holders(self, vsid: int, mac: int, ca: IPAddress) -> Iterator[NearMiss]:
        """Name the records that have ``mac``: what else its machine is called."""
        rows = [row for row in self._view.all_rows() if row.mac == mac]
        rows.sort(
            key=lambda row: (
                row.vsid != vsid,
                row.ca.version != ca.version,
                abs(int(row.ca) - int(ca)),
                row.vsid,
            )
        )
        own = f"MAC {mac} is its own"
        for row in rows[:1]:
            if row.vsid != vsid:
                yield _miss(row, "VSID", row.vsid, vsid, note=own)
            elif not row.names_a_host:
                note = f"asked only where {ca} has no record"
                yield _miss(row, "type", row.type, _ONE_ADDRESS, note=note)
            else:
                yield _miss(row, "CA", row.ca, ca, note=own)
        if not rows:
            yield from self._ports(lambda port: port.mac == mac, self._elsewhere)

    def _places(self, record: LookupRecord, pas: frozenset[IPAddress]) -> Iterator[NearMiss]:
        """Say who believes that ``record`` lives behind ``pas``, and where its machine is."""
        yield from self._known_elsewhere(record.vsid, record.ca, lambda other: other.pa in pas)
        said, came = self._owner_of(record.pa), {self._owner_of(pa) for pa in pas}
        for port in self._policy.ports.values():
            if port.mac != record.mac or port.vsid != record.vsid:
                continue
            if port.host == said:
                wanted, note = " or ".join(sorted(filter(None, came))), "as the record says"
            else:
                wanted, note = said or f"one with PA {record.pa}", "the record says otherwise"
            yield _port(port, "host", port.host, wanted or "one with that PA", note)

    def _methods(self, source: LookupRecord, record: LookupRecord) -> Iterator[NearMiss]:
        """Name a record of either end that agrees with the other one's method."""
        for row in self._policy.records:
            for end, other in ((record, source), (source, record)):
                if row.vsid == end.vsid and row.ca == end.ca and row.rule is other.rule:
                    yield _miss(row, "MAC", row.mac, end.mac)
        yield _miss(record, "rule", record.rule, source.rule)

    def _learnt(self, port: VmPort) -> Iterator[NearMiss]:
        """Name a record that takes one of the places for learned addresses."""
        for record in self._view.all_rows():
            if record.mac == port.mac and record.type is RecordType.DYNAMIC:
                address = address_of(self._version, self._flow.src)
                yield _miss(record, "CA", record.ca, address, note="it takes a place of the limit")

    def _unflooded(self, vsid: int) -> Iterator[NearMiss]:
        """Name a record that lets questions be flooded by the hosts of other releases (ARP-3)."""
        if not self._tables.known(self._node).learns and self._flow.dst_mac & GROUP_BIT:
            for row in self._view.l2_only(vsid).values():
                yield _miss(row, "profile", self._tables.profile, _LEARNING)
                break

    def _unlearned(self, vsid: int, ca: IPAddress, mac: int) -> Iterator[NearMiss]:
        """Name the records that keep addresses of a MAC as they are, or let others' change."""
        own = self._view.l2_only(vsid).get(mac)
        if own is not None:
            if not self._tables.known(self._node).learns:
                yield _miss(own, "profile", self._tables.profile, _LEARNING)
            elif own.pa not in self._own_pas(self._node):
                pas = [str(pa) for pa in sorted(self._own_pas(self._node), key=str)]
                yield _miss(own, "PA", own.pa, _listed(pas, "one of this host"))
            else:
                yield _miss(own, "learned address", ca, "one that a VM can have")
        for row in self._view.all_rows():
            if row.mac == mac and row.vsid == vsid:
                yield _miss(row, "type", row.type, RecordType.L2_ONLY)
        for row in self._view.l2_only(vsid).values():
            if row is not own:
                yield _miss(row, "MAC", row.mac, mac)

    # Customer routes

    def _routes(self, rdid: str, ca: IPAddress) -> Iterator[NearMiss]:
        """Rank the routes that nearly hold ``ca`` in a routing domain."""
        for host, view in self._other_views():
            held = [r for r in view.routes if r.rdid == rdid and _holds(r.prefix, ca)]
            if held:
                route = max(held, key=lambda route: route.prefix.prefixlen)
                yield _route(route, "known to", host, self._node)
                break
        own = [
            route
            for route in self._view.routes
            if route.rdid == rdid and route.prefix.version == ca.version
        ]
        for route in sorted(own, key=lambda route: _distance(route.prefix, ca))[:1]:
            yield _off(route, ca)
        others = [r for r in self._view.routes if r.rdid != rdid and _holds(r.prefix, ca)]
        for route in sorted(others, key=lambda route: -route.prefix.prefixlen)[:1]:
            yield _route(route, "routing domain", route.rdid, rdid, note=_OUT_OF_REACH)

    def _domains(self, vsid: int) -> Iterator[NearMiss]:
        """Name the routes that give ``vsid`` its routing domain on other hosts, or nearly do."""
        for host, view in self._other_views():
            for route in view.routes:
                if route.vsid == vsid:
                    yield _route(route, "known to", host, self._node)
                    return
        nearest = min(
            self._view.routes, key=lambda route: (abs(route.vsid - vsid), route.vsid), default=None
        )
        if nearest is not None:
            yield _route(nearest, "VSID", nearest.vsid, vsid)

    def _on_link(self, route: CustomerRoute) -> Iterator[NearMiss]:
        """Rank the routes that nearly make the next hop of ``route`` on-link."""
        hop = route.next_hop
        if hop is None:
            return
        own = [r for r in self._view.routes if r.rdid == route.rdid and r is not route]
        for other in own:
            if other.next_hop is not None and _holds(other.prefix, hop):
                yield _route(other, "next hop", other.next_hop, "on-link")
                break
        links = [r for r in own if r.next_hop is None and r.prefix.version == hop.version]
        for link in sorted(links, key=lambda link: _distance(link.prefix, hop))[:1]:
            yield _off(link, hop)
        for other in self._view.routes:
            if other.rdid != route.rdid and other.next_hop is None and _holds(other.prefix, hop):
                yield _route(other, "routing domain", other.rdid, route.rdid, note=_OUT_OF_REACH)
                break

    # The provider network

    def _provider_routes(self, name: str, pa: IPAddress) -> Iterator[NearMiss]:
        """Rank the prefixes that nearly hold ``pa`` on a host."""
        host = self._policy.hosts[name]
        rows: list[tuple[str, IPPrefix, Origin]] = [
            *(("provider route", route.prefix, route.origin) for route in host.routes),
            *(("on-link prefix", address.prefix, address.origin) for address in host.addresses),
        ]
        rows = [row for row in rows if row[1].version == pa.version]
        for word, prefix, origin in sorted(rows, key=lambda row: _distance(row[1], pa))[:2]:
            yield _outside(f"{word} {prefix}", prefix, pa, origin)

    def _families(self, source: IPAddress, pa: IPAddress) -> Iterator[NearMiss]:
        """Name the other addresses of both hosts that would fit together."""
        owner = self._owner_of(pa)
        for name, version in ((owner, source.version), (self._node, pa.version)):
            for address in () if name is None else self._policy.hosts[name].addresses:
                if address.address.version == version:
                    end = "destination" if name == owner else "source"
                    wanted = pa if name == owner else source
                    yield NearMiss(
                        f"PA {address.address} of {name}",
                        f"{end}'s record",
                        "another PA",
                        str(wanted),
                        _place(address.origin),
                    )
                    break

    def _pas(self, pa: IPAddress) -> Iterator[NearMiss]:
        """Rank the provider addresses that are nearly ``pa``."""
        for host, address in self._addresses():
            if address.address == pa:
                yield NearMiss(
                    f"PA {pa} of {host.name}",
                    "state",
                    "lost when the host restarted",
                    AddressState.PREFERRED,
                    _place(address.origin),
                )
        rows = [
            (host, address)
            for host, address in self._addresses()
            if address.address.version == pa.version and address.address != pa
        ]
        for host, address in sorted(rows, key=lambda row: abs(int(row[1].address) - int(pa)))[:1]:
            yield _pa(host, address, "address", address.address, pa)

    def _vlans(self, address: ProviderAddress, other: ProviderAddress) -> Iterator[NearMiss]:
        """Name the addresses of either host that are in the other one's VLAN."""
        here, there = self._owner_of(address.address), self._owner_of(other.address)
        for host, row in self._addresses():
            if host.name == there and row.vlan == address.vlan:
                yield _pa(host, row, "address", row.address, other.address)
            elif host.name == here and row.vlan == other.vlan:
                yield _pa(host, row, "address", row.address, address.address)

    def _owners(self, pa: IPAddress, name: str) -> Iterator[NearMiss]:
        """Say which host has ``pa``, and which address of this one is nearest."""
        for host, address in self._addresses():
            if address.address == pa and host.name == name:
                yield _pa(host, address, "state", "lost when the host restarted", "preferred")
            elif address.address == pa:
                yield _pa(host, address, "host", host.name, name)
        own = [(host, address) for host, address in self._addresses() if host.name == name]
        for host, address in sorted(
            own,
            key=lambda row: (
                row[1].address.version != pa.version,
                abs(int(row[1].address) - int(pa)),
            ),
        )[:1]:
            if address.address != pa:
                yield _pa(host, address, "address", address.address, pa)

    def _preferred(self, wanted: ProviderAddress) -> Iterator[NearMiss]:
        """Name the addresses of this host that do receive."""
        for host, address in self._addresses():
            if host.name == self._node and address.state is AddressState.PREFERRED:
                yield _pa(host, address, "address", address.address, wanted.address)

    # Ports

    def _ports_of(self, record: LookupRecord) -> Iterator[NearMiss]:
        """Rank the ports that nearly are the one ``record`` speaks of."""
        yield from self._ports(
            lambda port: port.mac == record.mac and port.vsid == record.vsid, self._elsewhere
        )
        for port in self._policy.ports.values():
            if port.host == self._node and port.vsid == record.vsid and record.ca in port.cas:
                yield _port(port, "MAC", port.mac, record.mac)
        yield from self._ports(
            lambda port: port.vsid == record.vsid and record.ca in port.cas, self._elsewhere
        )

    def _ports_in(self, vsid: int, mac: MacAddress) -> Iterator[NearMiss]:
        """Rank the ports that nearly have ``mac`` in ``vsid`` on this host."""
        yield from self._ports(lambda port: port.mac == mac and port.vsid == vsid, self._elsewhere)
        for port in self._policy.ports.values():
            if port.host == self._node and port.vsid == vsid:
                yield _port(port, "MAC", port.mac, mac)
                break

    def _ports(
        self,
        fits: Callable[[VmPort], bool],
        why: Callable[[VmPort], tuple[str, str, str] | None],
    ) -> Iterator[NearMiss]:
        for port in self._policy.ports.values():
            if fits(port):
                reason = why(port)
                if reason is not None:
                    yield _port(port, *reason)

    def _elsewhere(self, port: VmPort) -> tuple[str, str, str] | None:
        return None if port.host == self._node else ("host", port.host, self._node)

    def _owners_of_mac(self, mac: MacAddress, sender: VmPort) -> Iterator[NearMiss]:
        """Say whose MAC a frame has that is not its sender's."""
        for port in self._policy.ports.values():
            if port.mac == mac:
                yield NearMiss(f"MAC {mac}", "port", port.name, sender.name, _place(port.origin))

    # Access control lists

    def _rules(
        self,
        step: AclDenied | AclDefaulted | AclDefaultDenied | AclUnmatched | PortBlocked,
        port: VmPort,
        direction: Direction,
    ) -> Iterator[NearMiss]:
        """Rank the rules that would have answered otherwise by how many conditions fail."""
        lists = (
            self._tables.sending(port.name).outbound
            if direction is Direction.OUTBOUND
            else self._tables.receiving(port).inbound
        )
        ranked = [
            (self._failures(entry), self._rule(entry))
            for acl in lists
            if acl.mechanism is step.mechanism
            for entry in acl.entries
            if entry.step.ends != step.ends
        ]
        ranked += [(1, near) for near in self._rules_for_others(step, port, direction)]
        ranked.sort(key=lambda row: row[0])  # stable: of equals the first in the list
        for _, near in ranked:
            yield near

    def _rules_for_others(
        self,
        step: AclDenied | AclDefaulted | AclDefaultDenied | AclUnmatched | PortBlocked,
        port: VmPort,
        direction: Direction,
    ) -> Iterator[NearMiss]:
        """Name the rules that would have answered otherwise, were they in force at this port."""
        policy, everybody = self._policy, Selector()
        written: dict[int, AclRule] = {}

        def in_force(rules: tuple[T, ...], **more: object) -> tuple[T, ...]:
            made = tuple(replace(rule, vms=everybody, **more) for rule in rules)
            written.update(zip(map(id, made), rules, strict=True))
            return made

        rules = in_force(policy.firewall.rules, enabled=True, profiles=None)
        relaxed = replace(
            policy,
            firewall=replace(policy.firewall, rules=rules),
            port_acls=in_force(policy.port_acls),
            extended_acls=in_force(policy.extended_acls),
            datacenter_acls=in_force(policy.datacenter_acls),
        )
        for acl in lists_of(relaxed, self._tables.profile, port, self._view)[direction]:
            for entry in acl.entries if acl.mechanism is step.mechanism else ():
                if isinstance(entry.step, NotEvaluated) or entry.step.ends == step.ends:
                    continue
                rule = written[id(entry.step.rule)]
                why = _not_in_force(rule, port)
                if why is not None and entry.mismatch(self._flow) is None:
                    yield NearMiss(_rule(rule), *why, _place(rule.origin))

    def _failures(self, entry: Entry) -> int:
        return sum(not part.holds(self._flow) for part in entry.conditions)

    def _rule(self, entry: Entry) -> NearMiss:
        if isinstance(entry.step, NotEvaluated):
            rule, origin = entry.step.key, _place(entry.step.origin)
        else:
            rule, origin = _rule(entry.step.rule), _place(entry.step.rule.origin)
        for part in entry.conditions:
            if not part.holds(self._flow):
                has, wanted = _condition(part, self._flow)
                more = self._failures(entry) - 1
                fail = "condition fails" if more == 1 else "conditions fail"
                note = f"{more} more {fail}" if more else ""
                return NearMiss(rule, part.name, has, wanted, origin, note)
        of_firewall = isinstance(entry.step, AclAllowed) and isinstance(
            entry.step.rule, FirewallRule
        )
        place = "tried after every Block" if of_firewall else "tried later"  # ACL-12
        return NearMiss(rule, "order", place, "first", origin, "all its conditions hold")

    # What other hosts know, and who has which address

    def _other_views(self) -> Iterator[tuple[str, View]]:
        """Yield the hosts that know otherwise than this one, with what they know."""
        if self._policy.views:
            for host in self._policy.hosts:
                view = self._tables.known(host).view
                if view is not self._view:
                    yield host, view

    def _addresses(self) -> Iterator[tuple[Host, ProviderAddress]]:
        for host in self._policy.hosts.values():
            for address in host.addresses:
                yield host, address

    def _owner_of(self, pa: IPAddress) -> str | None:
        return next(
            (host.name for host, address in self._addresses() if address.address == pa), None
        )

    def _own_pas(self, name: str) -> frozenset[IPAddress]:
        return frozenset(address.address for address in self._policy.hosts[name].addresses)


# Rows in words


def _place(origin: Origin) -> Origin | None:
    return None if origin == BUILT_IN else origin


def _listed(names: list[str], none: str = "none") -> str:
    """Write up to three names, and how many more there are."""
    if len(names) > _MOST:
        return f"{', '.join(names[:_MOST])} and {len(names) - _MOST} more"
    return ", ".join(names) or none


def _miss(
    record: LookupRecord, field: str, has: object, wanted: object, note: str = ""
) -> NearMiss:
    name = str(record)
    if record.type not in (RecordType.STATIC, RecordType.DYNAMIC):
        kind = "wildcard" if record.type is RecordType.GATEWAY_WILDCARD else "L2Only"
        name = f"{kind} record of VSID {record.vsid}"
    if record.generated:
        name += " (generated)"
    return NearMiss(name, field, str(has), str(wanted), _place(record.origin), note)


def _route(
    route: CustomerRoute, field: str, has: object, wanted: object, note: str = ""
) -> NearMiss:
    return NearMiss(str(route), field, str(has), str(wanted), _place(route.origin), note)


def _off(route: CustomerRoute, ca: IPAddress) -> NearMiss:
    return _outside(str(route), route.prefix, ca, route.origin)


def _outside(candidate: str, prefix: IPPrefix, address: IPAddress, origin: Origin) -> NearMiss:
    """Say how near a prefix came to holding an address."""
    bits = _common(prefix, address)
    return NearMiss(
        candidate,
        "prefix",
        str(prefix),
        f"one that holds {address}",
        _place(origin),
        f"the first {bits} bits agree" if bits > 1 else "",
    )


def _pa(host: Host, address: ProviderAddress, field: str, has: object, wanted: object) -> NearMiss:
    name = f"PA {address.address} of {host.name}"
    return NearMiss(name, field, str(has), str(wanted), _place(address.origin))


def _port(port: VmPort, field: str, has: object, wanted: object, note: str = "") -> NearMiss:
    place = _place(port.origin)
    return NearMiss(f"port {port.name}", field, str(has), str(wanted), place, note)


def _holds(prefix: IPPrefix, address: IPAddress) -> bool:
    return prefix.version == address.version and address in prefix


def _common(prefix: IPPrefix, address: IPAddress) -> int:
    """Count the leading bits that an address shares with a prefix."""
    differ = int(prefix.network_address) ^ int(address)
    return min(prefix.prefixlen, prefix.max_prefixlen - differ.bit_length())


def _distance(prefix: IPPrefix, address: IPAddress) -> tuple[int, int, int]:
    """Order prefixes by how nearly they hold an address."""
    bits = _common(prefix, address)
    return -bits, prefix.prefixlen - bits, int(prefix.network_address)


# Rules in words


def _rule(rule: AclRule) -> str:
    """Name an entry of an access control list as the steps' words do."""
    return f"rule '{rule.name}'" if rule.mechanism is Mechanism.FIREWALL else str(rule)


def _not_in_force(rule: AclRule, port: VmPort) -> tuple[str, str, str] | None:
    """Say why a rule is not asked at a port: field, what it has, what it should have."""
    if isinstance(rule, FirewallRule):
        if not rule.enabled:
            return "enabled", "no", "yes"
        if rule.profiles is not None and port.network_profile not in rule.profiles:
            return "profile", _listed([*rule.profiles], "none"), port.network_profile
    return None if selects(rule.vms, port) else ("vms", str(rule.vms), port.name)


def _condition(part: Condition, flow: Flow) -> tuple[str, str]:
    """Say what a condition asks for, and what the packet has."""
    value = flow[part.axis]
    if isinstance(part, AddressWithin):
        return _listed([str(span) for span in part.ranges], "nothing"), str(
            address_of(flow.version, value)
        )
    write = _WRITERS.get(part.axis, str)
    asked = [
        write(first) if first == last else f"{write(first)}-{write(last)}"
        for first, last in part.ranges
    ]
    return _listed(asked, "nothing"), write(value) if value >= 0 else "none"


_WRITERS: Final[dict[Axis, Callable[[int], str]]] = {
    Axis.PROTOCOL: lambda number: _NAMES.get(number, str(number)),
    Axis.ICMP: lambda number: f"{number >> 8}:{number & 0xFF}",
    Axis.SRC_MAC: lambda number: str(MacAddress(number)),
    Axis.DST_MAC: lambda number: str(MacAddress(number)),
}
