"""Questions answered from lookup records: who sends, behind what the destination lives, who asked.

Each table holds a view and remembers the steps that it made; a row's step is made once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from hnvemu.addresses import MacAddress, address_of
from hnvemu.model.records import RecordType
from hnvemu.tables.neighbours import MESSAGE_CUTS, Message, learnt, message_of, speaker
from hnvemu.tables.table import FAMILIES, Axis, points
from hnvemu.tables.view import HELD_CUTS
from hnvemu.trace.steps import (
    ControlMessage,
    DestinationMacForeign,
    DestinationMacKnown,
    ExactMatched,
    ExactMissed,
    GatewayAddressed,
    InboundMacMismatched,
    InboundMatched,
    InboundMissed,
    InboundPaMismatched,
    InboundWildcard,
    LearningRefused,
    LookupMatched,
    LookupMissed,
    LookupMissedOnLink,
    LookupUnusable,
    MethodAgreed,
    MethodMismatched,
    RemoteSourceLearnt,
    RemoteSourceMacMismatched,
    RemoteSourceMatched,
    RemoteSourceMissed,
    RemoteSourcePaMismatched,
    RemoteSourceUnassigned,
    RemoteSourceWildcard,
    Rewritten,
    RewrittenAndCounted,
    RouteMatched,
    SourceLearnt,
    SourceMacMismatched,
    SourceMatched,
    SourceMissed,
    SourcePaMismatched,
    SourceUnassigned,
    SourceWildcard,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hnvemu.addresses import IPAddress
    from hnvemu.model.indexed import PortIndex
    from hnvemu.model.records import LookupRecord
    from hnvemu.model.topology import VmPort
    from hnvemu.tables.routes import RouteTable
    from hnvemu.tables.view import View
    from hnvemu.trace.steps import Arrived, ReplicatedByGroup, Sent, Step
    from hnvemu.wire.flow import Flow

    Came: TypeAlias = Sent | ReplicatedByGroup | Arrived


class SourceTable:
    """May the sender use this source address? (SRC-1 to SRC-6, DHCP-2)."""

    reads = (Axis.VERSION, Axis.SRC, Axis.SRC_MAC)

    def __init__(
        self,
        view: View,
        vsid: int,
        host: str,
        pas: frozenset[IPAddress],
        ports: PortIndex,
        *,
        learns: bool,
    ) -> None:
        self._view = view
        self._vsid = vsid
        self._host = host
        self._pas = pas
        self._ports = ports
        self._learns = learns
        self._accepted: dict[tuple[int, int], SourceMatched] = {}

    def find(self, flow: Flow) -> Step:
        """Answer from the source address and the source MAC."""
        known = self._accepted.get((flow.version, flow.src))
        if known is not None and known.record.mac == flow.src_mac:
            return known
        record = self._view.records[flow.version].get((self._vsid, flow.src))
        if record is None:
            return self._unlisted(flow)
        if record.mac != flow.src_mac:
            return SourceMacMismatched(record, MacAddress(flow.src_mac))
        if record.pa not in self._pas:
            return SourcePaMismatched(record, self._host)
        step = self._accepted[flow.version, flow.src] = SourceMatched(record)
        return step

    def _unlisted(self, flow: Flow) -> Step:
        for wildcard in self._view.wildcards(self._vsid, flow.version):
            if wildcard.mac == flow.src_mac:
                if wildcard.pa not in self._pas:
                    return SourcePaMismatched(wildcard, self._host)
                return SourceWildcard(wildcard)
        if self._learns:
            step = self._learn(flow) if flow.src else self._unassigned(flow)
            if step is not None:
                return step
        return SourceMissed(self._vsid, address_of(flow.version, flow.src))

    def _learn(self, flow: Flow) -> Step | None:
        """Make a dynamic record, if an L2Only record of the sender's MAC lets it (SRC-3)."""
        l2_only = self._view.l2_only(self._vsid).get(flow.src_mac)
        if l2_only is None or not self._view.can_be_held(self._vsid, flow.version, flow.src):
            return None
        if l2_only.pa not in self._pas:
            return SourcePaMismatched(l2_only, self._host)
        record = learnt(l2_only, flow.version, flow.src, None)
        port = self._port(flow.src_mac)
        if port is not None and self._view.is_full(port):
            return LearningRefused(port, record.ca, port.dynamic_ip_limit or 0)
        return SourceLearnt(record)

    def _port(self, mac: int) -> VmPort | None:
        ports = [port for port in self._ports.of_mac(mac) if port.vsid == self._vsid]
        return ports[-1] if ports else None

    def _unassigned(self, flow: Flow) -> Step | None:
        """Let a guest without an address ask for one, where addresses are learned (DHCP-2)."""
        if not self._view.l2_only(self._vsid):
            return None
        for record in self._view.members(self._vsid):
            if record.mac == flow.src_mac and record.pa in self._pas:
                return SourceUnassigned(record)
        return None

    def cuts(self, axis: Axis) -> Iterable[int]:
        """Every recorded address, and the MACs of records, wildcards and ports."""
        if axis is Axis.VERSION:
            return FAMILIES
        records = _rows(self._view, self._vsid)
        if axis is Axis.SRC:
            dot_ones = points(ca for _, _, ca in self._view.dot_ones)
            return points(int(record.ca) for record in records) | dot_ones | HELD_CUTS | {0, 1}
        if axis is Axis.SRC_MAC:
            macs = {record.mac for record in records} | {*self._view.l2_only(self._vsid)}
            for version in (4, 6):
                macs |= {record.mac for record in self._view.wildcards(self._vsid, version)}
            return points(macs | {port.mac for port in self._ports.of_subnet(self._vsid)})
        return ()


class LookupTable:
    """Which record has the next hop that a route names? (FWD-10 to FWD-12)."""

    reads = (Axis.VERSION, Axis.DST)

    def __init__(self, view: View) -> None:
        self._view = view
        self._found: dict[tuple[int, int, int], Step] = {}

    def find(self, flow: Flow, matched: RouteMatched) -> Step:
        """Answer for the route's next hop, which is the destination itself where on-link."""
        route = matched.route
        ca = flow.dst if route.next_hop is None else int(route.next_hop)
        key = route.vsid, flow.version, ca
        step = self._found.get(key)
        if step is None:
            record = self._view.records[flow.version].get((route.vsid, ca))
            if record is None:
                return self._missed(key, on_link=route.next_hop is None)
            if key in self._view.dot_ones:
                step = GatewayAddressed(record)
            else:
                step = LookupMatched(record)
            self._found[key] = step
        return step

    def _missed(self, key: tuple[int, int, int], *, on_link: bool) -> Step:
        vsid, version, ca = key
        unusable = self._view.unusable.get(key)
        if unusable is not None:
            return LookupUnusable(unusable)
        wildcards = self._view.wildcards(vsid, version)
        if on_link and wildcards:
            return LookupMissedOnLink(vsid, address_of(version, ca), wildcards[0])
        return LookupMissed(vsid, address_of(version, ca))

    def cuts(self, axis: Axis) -> Iterable[int]:
        """Every recorded address, usable or not."""
        if axis is Axis.VERSION:
            return FAMILIES
        if axis is Axis.DST:
            rows = [*_rows(self._view), *self._view.unusable.values()]
            return points(int(record.ca) for record in rows)
        return ()


class ExactTable:
    """Windows Server 2012: has the destination a record anywhere in the domain? (FWD-9)."""

    reads = (Axis.VERSION, Axis.DST)

    def __init__(self, view: View, vsid: int) -> None:
        self._view = view
        self._vsid = vsid
        self._rdid = view.rd_of(vsid)

    def find(self, flow: Flow) -> Step:
        """Answer from the destination; a record of the sender's own subnet comes first."""
        if self._rdid is None:
            return _EXACT_MISSED
        records = self._view.in_domain(self._rdid, flow.version, flow.dst)
        if not records:
            return _EXACT_MISSED
        own = (record for record in records if record.vsid == self._vsid)
        record = next(own, records[0])
        if (record.vsid, flow.version, flow.dst) in self._view.dot_ones:
            return GatewayAddressed(record)
        return ExactMatched(record)

    def cuts(self, axis: Axis) -> Iterable[int]:
        """Every recorded address."""
        if axis is Axis.VERSION:
            return FAMILIES
        return points(int(record.ca) for record in _rows(self._view)) if axis is Axis.DST else ()


class AddressedTable:
    """Windows Server 2012: is the destination MAC one that the filter knows? (FWD-2b)."""

    reads = (Axis.DST_MAC,)

    def __init__(self, view: View, vsid: int) -> None:
        self._gateways = {
            record.mac
            for _, version, ca in view.ways.dot_ones_of(vsid)
            if (record := view.records[version].get((vsid, ca))) is not None
        }

    def find(self, flow: Flow, found: LookupMatched | ExactMatched) -> Step:
        """Answer from the destination MAC and the destination's record."""
        if flow.dst_mac == found.record.mac or flow.dst_mac in self._gateways:
            return _MAC_KNOWN
        return DestinationMacForeign(MacAddress(flow.dst_mac), found.record)

    def cuts(self, axis: Axis) -> Iterable[int]:
        """The gateway's MACs; the record's own is a cut of the row that is given."""
        return points(self._gateways) if axis is Axis.DST_MAC else ()


class MethodTable:
    """Do sender and destination cross by the same method? (FWD-13). Compares two rows."""

    reads = ()

    def find(self, flow: Flow, source: SourceMatched, found: LookupMatched) -> Step:
        """Answer from the two records alone."""
        del flow
        if source.record.rule is found.record.rule:
            return _AGREED
        return MethodMismatched(source.record, found.record)

    def cuts(self, axis: Axis) -> Iterable[int]:
        """No field is read."""
        del axis
        return ()


class InboundTable:
    """Which record takes the destination of a frame that came in? (RCV-6, RCV-7, RCV-8)."""

    reads = (Axis.VERSION, Axis.DST, Axis.DST_MAC)

    def __init__(self, view: View, *, checks_mac: bool, answers_stale: bool) -> None:
        self._view = view
        self._checks_mac = checks_mac
        self._answers_stale = answers_stale
        self._found: dict[tuple[int, int, int], InboundMatched] = {}

    def find(self, flow: Flow, came: Sent | Arrived, written: Step | None = None) -> Step:
        """Answer for the tunnel's VSID; ``written`` is what the sender made of the frame."""
        tunnel = came.tunnel
        key = tunnel.vsid, flow.version, flow.dst
        step: InboundMatched | InboundWildcard | None = self._found.get(key)
        if step is None:
            record = self._view.records[flow.version].get((tunnel.vsid, flow.dst))
            if record is not None:
                step = self._found[key] = InboundMatched(record)
            else:
                wildcards = self._view.wildcards(tunnel.vsid, flow.version)
                record = _behind(wildcards, tunnel.dst, _dst_mac(flow, written))
                if record is None:
                    ca = address_of(flow.version, flow.dst)
                    answer = self._answer("UNREACHABLE", flow.version, tunnel.src)
                    return InboundMissed(tunnel.vsid, ca, answer)
                step = InboundWildcard(record)
        record = step.record
        if record.pa is not tunnel.dst and record.pa != tunnel.dst:
            answer = self._answer("REDIRECT", flow.version, tunnel.src)
            return InboundPaMismatched(record, tunnel.dst, answer)
        if self._checks_mac:
            mac = _dst_mac(flow, written)
            if mac != record.mac:
                return InboundMacMismatched(record, MacAddress(mac))
        return step

    def _answer(self, kind: str, version: int, to: IPAddress) -> ControlMessage | None:
        """Return the message that a real host would send back (MOB-3)."""
        if not self._answers_stale:
            return None
        codes = {
            ("REDIRECT", 4): (5, 10),
            ("REDIRECT", 6): (137, 1),
            ("UNREACHABLE", 4): (3, 10),
            ("UNREACHABLE", 6): (1, 1),
        }
        return ControlMessage(kind, version, *codes[kind, version], to)

    def cuts(self, axis: Axis) -> Iterable[int]:
        """Every recorded address and every record's MAC."""
        if axis is Axis.VERSION:
            return FAMILIES
        if axis is Axis.DST:
            return points(int(record.ca) for record in _rows(self._view))
        if axis is Axis.DST_MAC:
            return points(record.mac for record in self._view.all_rows())
        return ()


class RemoteSourceTable:
    """May the inner source send from behind the outer one? (RCV-9, RCV-10, SRC-3, DHCP-2)."""

    reads: tuple[Axis, ...] = (Axis.VERSION, Axis.SRC, Axis.SRC_MAC)

    def __init__(self, view: View, routes: Mapping[str, RouteTable], *, learns: bool) -> None:
        self._view = view
        self._routes = routes
        self._learns = learns
        self._accepted: dict[tuple[int, int, int], RemoteSourceMatched] = {}

    def find(self, flow: Flow, came: Came) -> Step:
        """Answer from the inner source, its MAC, and the tunnel."""
        tunnel = came.tunnel
        key = tunnel.vsid, flow.version, flow.src
        known = self._accepted.get(key)
        if (
            known is not None
            and known.record.mac == flow.src_mac
            and (known.record.pa is tunnel.src or known.record.pa == tunnel.src)
        ):
            return known
        step = self._judge(flow, flow.src, came)
        if isinstance(step, RemoteSourceMatched):
            self._accepted[key] = step
        return step

    def _judge(self, flow: Flow, src: int, came: Came) -> Step:
        tunnel = came.tunnel
        rdid = self._view.rd_of(tunnel.vsid)
        if rdid is None:  # none equals none is no match: OBJ-3
            return RemoteSourceMissed(tunnel.vsid, address_of(flow.version, src))
        records = self._view.in_domain(rdid, flow.version, src)
        if not records:
            return self._unlisted(flow, src, came, rdid)
        fitting = (r for r in records if r.pa == tunnel.src and r.mac == flow.src_mac)
        record = next(fitting, records[0])
        return _remote_mismatch(record, flow, tunnel.src) or RemoteSourceMatched(record)

    def _unlisted(self, flow: Flow, src: int, came: Came, rdid: str) -> Step:
        tunnel = came.tunnel
        if self._learns and src == 0:
            unassigned = self._unassigned(flow, came)
            if unassigned is not None:
                return unassigned
        route = self._routes[rdid].longest(flow.version or 4, src)
        if route is not None:
            wildcards = self._view.wildcards(route.vsid, flow.version)
            record = _behind(wildcards, tunnel.src, flow.src_mac)
            if record is not None:
                wrong = _remote_mismatch(record, flow, tunnel.src)
                return RemoteSourceWildcard(record, route) if wrong is None else wrong
            l2_only = self._view.l2_only(route.vsid).get(flow.src_mac)
            learns = self._learns and self._view.can_be_held(route.vsid, flow.version, src)
            if learns and l2_only is not None:
                wrong = _remote_mismatch(l2_only, flow, tunnel.src)
                return wrong or RemoteSourceLearnt(learnt(l2_only, flow.version, src, None))
        return RemoteSourceMissed(tunnel.vsid, address_of(flow.version, src))

    def _unassigned(self, flow: Flow, came: Came) -> Step | None:
        vsid = came.tunnel.vsid
        if not self._view.l2_only(vsid):
            return None
        for record in self._view.members(vsid):
            if record.mac == flow.src_mac and record.pa == came.tunnel.src:
                return RemoteSourceUnassigned(record)
        return None

    def cuts(self, axis: Axis) -> Iterable[int]:
        """Every recorded address, every prefix, and every record's MAC."""
        if axis is Axis.VERSION:
            return FAMILIES
        if axis is Axis.SRC:
            return self._address_cuts()
        if axis is Axis.SRC_MAC:
            l2_only = {record.mac for record in self._view.all_l2_only()}
            return points(l2_only | {record.mac for record in self._view.all_rows()})
        return ()

    def _address_cuts(self) -> set[int]:
        cuts = points(int(record.ca) for record in _rows(self._view)) | {0, 1}
        cuts |= points(ca for _, _, ca in self._view.dot_ones) | HELD_CUTS
        for table in self._routes.values():
            cuts |= set(table.cuts(Axis.DST))
        return cuts


class RemoteSpeakerTable(RemoteSourceTable):
    """May the sender of ARP or neighbour discovery speak from behind the outer source? (RCV-11).

    An announcement moves the dynamic record of its address (ARP-9).
    """

    reads = (
        *RemoteSourceTable.reads,
        Axis.DST_MAC,
        Axis.DST,
        Axis.PROTOCOL,
        Axis.ICMP,
        Axis.TARGET,
    )

    def find(self, flow: Flow, came: Came) -> Step:
        """Answer from the address that is spoken for, its MAC, and the tunnel."""
        address = speaker(flow)
        step = self._judge(flow, address, came)
        wrong = isinstance(step, (RemoteSourcePaMismatched, RemoteSourceMacMismatched))
        if not wrong or not self._learns or message_of(flow) is not Message.ANNOUNCEMENT:
            return step
        vsid = came.tunnel.vsid
        l2_only = self._view.l2_only(vsid).get(flow.src_mac)
        known = self._view.records[flow.version].get((vsid, address))
        if (
            l2_only is None
            or l2_only.pa != came.tunnel.src
            or not self._view.can_be_held(vsid, flow.version, address)
            or (known is not None and known.type is not RecordType.DYNAMIC)
        ):
            return step
        return RemoteSourceLearnt(learnt(l2_only, flow.version, address, None))

    def cuts(self, axis: Axis) -> Iterable[int]:
        """As for other packets, and what tells an announcement."""
        if axis in (Axis.SRC, Axis.DST, Axis.TARGET):
            return self._address_cuts() | MESSAGE_CUTS[Axis.DST]
        return MESSAGE_CUTS[axis] if axis in MESSAGE_CUTS else super().cuts(axis)


def _remote_mismatch(record: LookupRecord, flow: Flow, outer: IPAddress) -> Step | None:
    """Compare a source record with the tunnel it came through and the frame's MAC (RCV-10)."""
    if record.pa != outer:
        return RemoteSourcePaMismatched(record, outer)
    if record.mac != flow.src_mac:
        return RemoteSourceMacMismatched(record, MacAddress(flow.src_mac))
    return None


def _dst_mac(flow: Flow, written: Step | None) -> int:
    """Return the destination MAC that the receiving host sees."""
    if isinstance(written, (Rewritten, RewrittenAndCounted)):
        return written.mac
    return flow.dst_mac


def _behind(wildcards: list[LookupRecord], pa: IPAddress, mac: int) -> LookupRecord | None:
    """Choose among several wildcards one behind ``pa``, and of these the one of ``mac`` (GWY-9)."""
    behind = [record for record in wildcards if record.pa == pa] or wildcards
    fitting = (record for record in behind if record.mac == mac)
    return next(fitting, behind[0] if behind else None)


def _rows(view: View, vsid: int | None = None) -> list[LookupRecord]:
    """Return the records of one address, of one virtual subnet or of all."""
    return [
        record
        for version in (4, 6)
        for (subnet, _), record in view.records[version].items()
        if vsid in (None, subnet)
    ]


_EXACT_MISSED = ExactMissed()
_MAC_KNOWN = DestinationMacKnown()
_AGREED = MethodAgreed()
METHODS = MethodTable()
"""The one table of methods: all it compares is given."""
