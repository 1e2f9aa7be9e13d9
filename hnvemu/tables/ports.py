"""Questions about ports: which one has a MAC and a VSID, and does it have the destination?"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from hnvemu.model.records import is_unspecified
from hnvemu.tables.ingress import KIND, is_neighbour_discovery
from hnvemu.tables.table import FAMILIES, Axis, points
from hnvemu.trace.steps import (
    Delivered,
    DeliveredToGateway,
    PortFound,
    PortMissed,
    PortVsidMismatched,
    SwitchedLocally,
    SwitchMissed,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hnvemu.model.indexed import PortIndex
    from hnvemu.model.topology import VmPort
    from hnvemu.trace.steps import (
        CopiedToPort,
        ExactMatched,
        InboundMatched,
        InboundWildcard,
        LookupMatched,
        MemberFound,
        ResolutionCarried,
        Step,
    )
    from hnvemu.wire.flow import Flow

    Placed: TypeAlias = (
        LookupMatched | ExactMatched | ResolutionCarried | InboundMatched | InboundWildcard
    )
    Found: TypeAlias = PortFound | SwitchedLocally | MemberFound | CopiedToPort

_ARP = 0x0806


class PortTable:
    """Which port on this host has the record's MAC and VSID? (FWD-33)."""

    reads = ()

    def __init__(self, host: str, ports: PortIndex, tables_of: Callable[[VmPort], object]) -> None:
        self._host = host
        self._tables_of = tables_of
        self._ports = ports
        self._known: dict[int, Step] = {}

    def find(self, flow: Flow, found: Placed) -> Step:
        """Answer from the record alone; the frame's own MAC plays no part."""
        del flow
        row = id(found.record)  # rows live as long as the policy, and hashing one is slow
        step = self._known.get(row)
        if step is None:
            step = self._known[row] = self._port(found)
        return step

    def _port(self, found: Placed) -> Step:
        record = found.record
        ports = self._ports.of_mac(record.mac)
        for port in ports:
            if port.vsid == record.vsid:
                return PortFound(port, record).leading_to(self._tables_of(port))
        if ports:
            return PortVsidMismatched(ports[0], record.vsid)
        return PortMissed(record, self._host)

    def cuts(self, axis: Axis) -> Iterable[int]:
        """No field is read."""
        del axis
        return ()


class SwitchTable:
    """Windows Server 2012: does a port of this subnet on this host have the MAC? (FWD-2)."""

    reads = (Axis.DST_MAC, Axis.ETHERTYPE, Axis.FAULT, Axis.VERSION, Axis.ICMP)

    def __init__(self, vsid: int, ports: PortIndex, tables_of: Callable[[VmPort], object]) -> None:
        self._vsid = vsid
        self._ports = ports
        self._tables_of = tables_of
        self._steps: dict[int, Step] = {}

    def find(self, flow: Flow) -> Step:
        """Answer from the destination MAC; ARP, ND and broken packets are left to their rules."""
        if flow.ethertype == _ARP or flow.fault or is_neighbour_discovery(flow):
            return _SWITCH_MISSED
        mac = flow.dst_mac
        if mac not in self._steps:
            found = (port for port in self._ports.of_mac(mac) if port.vsid == self._vsid)
            port = next(found, None)
            if port is None:
                return _SWITCH_MISSED
            self._steps[mac] = SwitchedLocally(port).leading_to(self._tables_of(port))
        return self._steps[mac]

    def cuts(self, axis: Axis) -> Iterable[int]:
        """The ports' MACs, ARP or not, sound or not."""
        if axis is Axis.DST_MAC:
            return points(port.mac for port in self._ports.of_subnet(self._vsid))
        if axis is Axis.ETHERTYPE:
            return (_ARP, _ARP + 1)
        if axis in (Axis.VERSION, Axis.ICMP):
            return KIND.cuts(axis)
        return (1,) if axis is Axis.FAULT else ()


class OwnerTable:
    """Has this port the destination address, or is it to send the packet on?"""

    __slots__ = ("_addresses", "_delivered", "_onward", "_port")

    reads = (Axis.VERSION, Axis.DST)

    def __init__(self, port: VmPort) -> None:
        self._port = port
        # Few addresses, in thousands of tables: a set of two takes five times as much.
        self._addresses = tuple([(ca.version, int(ca)) for ca in port.cas])
        self._delivered = Delivered(port)
        self._onward: DeliveredToGateway | None = None

    def find(self, flow: Flow, found: Found) -> Step:
        """Answer from the destination and what led to the port.

        A frame that a record of the destination itself, or the switch, brought here has arrived,
        whether or not the policy knows the address in the guest. So has a copy.
        """
        if (flow.version, flow.dst) in self._addresses:
            return self._delivered
        if isinstance(found, SwitchedLocally):
            return self._to_gateway if self._port.gateway and flow.version else self._delivered
        if not isinstance(found, PortFound) or not flow.version:
            return self._delivered
        ca = found.record.ca
        direct = int(ca) == flow.dst and ca.version == flow.version and not is_unspecified(ca)
        return self._delivered if direct else self._to_gateway

    @property
    def _to_gateway(self) -> DeliveredToGateway:
        """The step of a port that sends packets on, as few do."""
        if self._onward is None:
            self._onward = DeliveredToGateway(self._port)
        return self._onward

    def cuts(self, axis: Axis) -> Iterable[int]:
        """The port's addresses; the record's own is a cut of the row that is given."""
        if axis is Axis.VERSION:
            return FAMILIES
        if axis is Axis.DST:
            return points(ca for _, ca in self._addresses)
        return ()


_SWITCH_MISSED = SwitchMissed()
