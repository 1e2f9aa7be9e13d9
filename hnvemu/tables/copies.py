"""Who gets a copy of a frame that is for many? (BUM-1 to BUM-4, RCV-11)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.tables.table import GROUP_BIT, Axis
from hnvemu.trace.steps import (
    CopiedToGroup,
    CopiedToHost,
    CopiedToPort,
    MemberFound,
    MembersMissed,
    Replicated,
    ReplicatedLocally,
    ResolutionAccepted,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from hnvemu.addresses import IPAddress
    from hnvemu.model.indexed import PortIndex
    from hnvemu.model.records import LookupRecord
    from hnvemu.model.topology import VmPort
    from hnvemu.tables.records import Came
    from hnvemu.tables.view import View
    from hnvemu.trace.steps import Copy, GroupAccepted, Step
    from hnvemu.wire.flow import Flow


class CopyTable:
    """Where do copies of a frame go that this port sends to many?"""

    reads = (Axis.VERSION, Axis.DST)

    def __init__(
        self,
        view: View,
        port: VmPort,
        ports: PortIndex,
        pas: frozenset[IPAddress],
        tables_of: Callable[[VmPort], object],
        *,
        leaves_host: bool,
    ) -> None:
        self._view = view
        self._vsid = port.vsid
        self._leaves_host = leaves_host
        self._local: tuple[Copy, ...] = tuple(
            CopiedToPort(other).leading_to(tables_of(other))
            for other in ports.of_subnet(port.vsid)
            if other.name != port.name
        )
        first: dict[IPAddress, LookupRecord] = {}
        for record in view.members(port.vsid) if leaves_host else ():
            if record.pa not in pas:
                first.setdefault(record.pa, record)
        by_address = sorted(first, key=lambda pa: (pa.version, int(pa)))
        self._remote: tuple[Copy, ...] = tuple(CopiedToHost(first[pa]) for pa in by_address)
        self._flooded = Replicated(self._local + self._remote)
        self._kept = ReplicatedLocally(self._local)

    def find(self, flow: Flow) -> Step:
        """Answer from the destination: a group that a record maps to a PA takes one copy."""
        if not self._leaves_host:
            return self._kept
        record = self._view.records[flow.version].get((self._vsid, flow.dst))
        if record is not None and record.pa.is_multicast:
            return Replicated((*self._local, CopiedToGroup(record)))
        return self._flooded

    def cuts(self, axis: Axis) -> Iterable[int]:
        """The groups that records name."""
        if axis is Axis.VERSION:
            return (0, 1, 4, 5, 6)
        if axis is not Axis.DST:
            return ()
        records = (r for r in self._view.all_rows() if r.pa.is_multicast)
        return (int(record.ca) + more for record in records for more in (0, 1))


class MemberTable:
    """Which ports of the tunnel's virtual subnet on this host take the frame? (RCV-11)."""

    reads = (Axis.DST_MAC,)

    def __init__(self, host: str, ports: PortIndex, tables_of: Callable[[VmPort], object]) -> None:
        self._host = host
        self._ports = ports
        self._tables_of = tables_of
        self._groups: dict[int, Step] = {}

    def find(self, flow: Flow, came: Came, kind: ResolutionAccepted | GroupAccepted) -> Step:
        """Answer from the VSID; a unicast message goes to the port with its destination MAC."""
        vsid = came.tunnel.vsid
        if isinstance(kind, ResolutionAccepted) and not flow.dst_mac & GROUP_BIT:
            ports = self._ports.of_mac(flow.dst_mac)
            return self._found([port for port in ports if port.vsid == vsid][:1], vsid)
        step = self._groups.get(vsid)
        if step is None:
            step = self._groups[vsid] = self._found(self._ports.of_subnet(vsid), vsid)
        return step

    def has(self, vsid: int) -> bool:
        """Whether some port here is in a virtual subnet."""
        return bool(self._ports.of_subnet(vsid))

    def _found(self, ports: Sequence[VmPort], vsid: int) -> Step:
        if not ports:
            return MembersMissed(vsid, self._host)
        if len(ports) == 1:
            return MemberFound(ports[0]).leading_to(self._tables_of(ports[0]))
        return Replicated(
            tuple(CopiedToPort(port).leading_to(self._tables_of(port)) for port in ports)
        )

    def cuts(self, axis: Axis) -> Iterable[int]:
        """Groups, and the ports' MACs."""
        if axis is not Axis.DST_MAC:
            return ()
        macs = (port.mac + more for port in self._ports for more in (0, 1))
        return {*(bits << 40 for bits in range(256)), *macs}
