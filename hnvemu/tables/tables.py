"""All tables of a policy, joined: what each port and each host asks.

Compilation is total: whatever the reader accepts compiles, and a row that cannot work compiles to
a step that says so. Tables of a port or a host are made when they are first asked for, so one
packet through a large policy pays only for the way that it takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.model.acl import Direction
from hnvemu.model.indexed import HostPorts, IndexedHosts, IndexedPorts
from hnvemu.model.policy import Profile, Restart
from hnvemu.tables.acl_lists import AccessLists
from hnvemu.tables.copies import CopyTable, MemberTable
from hnvemu.tables.ingress import KIND, KINDS, FrameTable, GuardTable
from hnvemu.tables.neighbours import NeighbourTable
from hnvemu.tables.ports import OwnerTable, PortTable, SwitchTable
from hnvemu.tables.provider import (
    ENCAPSULATIONS,
    AddressTable,
    CaptureTable,
    PlaceTable,
    TransformTable,
    TunnelTable,
    UnderlayTable,
)
from hnvemu.tables.records import (
    METHODS,
    AddressedTable,
    ExactTable,
    InboundTable,
    LookupTable,
    RemoteSourceTable,
    RemoteSpeakerTable,
    SourceTable,
)
from hnvemu.tables.routes import NoRoutes, RouteTables
from hnvemu.tables.sessions import OPPOSITE
from hnvemu.tables.view import View, Views
from hnvemu.trace.steps import Entered, PassedThrough
from hnvemu.value import replace

if TYPE_CHECKING:
    from hnvemu.addresses import IPAddress
    from hnvemu.model.indexed import PortIndex
    from hnvemu.model.policy import Policy
    from hnvemu.model.provider import Host, ProviderAddress
    from hnvemu.model.topology import VmPort
    from hnvemu.tables.acl import Filter


class Known:
    """The tables that all hosts with one view share."""

    def __init__(self, view: View, profile: Profile) -> None:
        self.view = view
        self.routes = RouteTables(view.ways.routes)
        self.lookups = LookupTable(view)
        self.inbound = InboundTable(
            view,
            # A switch that never corrects MACs cannot insist on them: RCV-8.
            checks_mac=profile is not Profile.TRANSPARENT,
            answers_stale=profile in (Profile.TRANSPARENT, Profile.WS2012R2),
        )
        self.learns = profile in (Profile.TRANSPARENT, Profile.WS2012R2)
        self.remote_sources = RemoteSourceTable(view, self.routes, learns=self.learns)
        self.remote_speakers = RemoteSpeakerTable(view, self.routes, learns=self.learns)


class HostTables:
    """What one host asks, whoever sends."""

    def __init__(self, tables: Tables, host: Host, known: Known, ports: PortIndex) -> None:
        self.name = host.name
        self.host = host
        self.known = known
        self.vm_ports = ports
        encapsulation = ENCAPSULATIONS[tables.profile]
        self.addresses = AddressTable(host, known.view.groups)
        self.captures = CaptureTable(encapsulation)
        self.kinds = KIND
        self.inbound = known.inbound
        self.remote_sources = known.remote_sources
        self.remote_speakers = known.remote_speakers
        self.ports = PortTable(host.name, ports, tables.receiving)
        self.members = MemberTable(host.name, ports, tables.receiving)
        self.places = PlaceTable(host)
        self.underlay = UnderlayTable(host, tables.owner)
        self.tunnels = TunnelTable(
            host, encapsulation, tables.owner, tables.behind, tables.listeners
        )
        self.pas = frozenset(pa.address for pa in host.addresses)
        self._sources: dict[int, SourceTable] = {}

    def sources(self, vsid: int) -> SourceTable:
        """Return the table of senders in one virtual subnet."""
        if vsid not in self._sources:
            self._sources[vsid] = SourceTable(
                self.known.view,
                vsid,
                self.name,
                self.pas,
                self.vm_ports,
                learns=self.known.learns,
            )
        return self._sources[vsid]


class ReceivingPort:
    """What is asked of a frame that is to leave the switch at a port."""

    __slots__ = ("inbound", "owners")

    def __init__(self, port: VmPort, inbound: tuple[Filter, ...]) -> None:
        self.inbound = inbound
        self.owners = OwnerTable(port)


class SendingPort:
    """What is asked of a frame that enters the switch at a port."""

    __slots__ = (
        "_copies",
        "_neighbours",
        "_tables",
        "addressed",
        "entered",
        "exact",
        "frames",
        "group_sources",
        "guards",
        "host",
        "kinds",
        "lookups",
        "methods",
        "outbound",
        "port",
        "routes",
        "sources",
        "switch",
        "transform",
    )

    def __init__(
        self,
        tables: Tables,
        port: VmPort,
        host: HostTables,
        outbound: tuple[Filter, ...],
    ) -> None:
        self.port = port
        self.host = host
        self.outbound = outbound
        self.entered = Entered(port) if port.vsid else PassedThrough(port)
        view, vsid = host.known.view, port.vsid
        self.frames = FrameTable(port)
        self.guards = GuardTable(port) if port.dhcp_guard or port.router_guard else None
        self.kinds = KINDS[tables.profile]
        self.sources = host.sources(vsid)
        rdid = view.rd_of(vsid)
        self.routes = NoRoutes(vsid) if rdid is None else host.known.routes[rdid]
        self.lookups = host.known.lookups
        self.methods = METHODS
        self.transform = tables.transform(host.host, vsid)
        # What only Windows Server 2012 asks: FWD-2, FWD-2b, FWD-9.
        is_2012 = tables.profile is Profile.WS2012
        self.switch = SwitchTable(vsid, host.vm_ports, tables.receiving) if is_2012 else None
        self.exact = ExactTable(view, vsid) if is_2012 else None
        self.addressed = AddressedTable(view, vsid) if is_2012 else None
        # Its virtual switch floods before HNV sees the frame, which lets no copy out: BUM-1.
        self.group_sources = None if is_2012 else self.sources
        self._neighbours: NeighbourTable | None = None
        self._copies: CopyTable | None = None
        self._tables = tables

    @property
    def neighbours(self) -> NeighbourTable:
        """The table of ARP and neighbour discovery, which few flows are."""
        if self._neighbours is None:
            known, port = self.host.known, self.port
            rdid = known.view.rd_of(port.vsid)
            routes = None if rdid is None else known.routes[rdid]
            self._neighbours = NeighbourTable(
                known.view, routes, port, self._tables.profile, self.host.pas
            )
        return self._neighbours

    @property
    def copies(self) -> CopyTable:
        """The table of copies; few ports send to many, and it takes a look at every record."""
        if self._copies is None:
            host = self.host
            self._copies = CopyTable(
                host.known.view,
                self.port,
                host.vm_ports,
                host.pas,
                self._tables.receiving,
                leaves_host=self.group_sources is not None,
            )
        return self._copies


class Tables:
    """The tables of a policy under a profile."""

    def __init__(self, policy: Policy, profile: Profile) -> None:
        self.policy = policy
        self.profile = profile
        self._views = Views(policy, profile)
        self._known: dict[int, Known] = {}
        self._hosts: dict[str, HostTables] = {}
        self._sending: dict[str, SendingPort] = {}
        self._receiving: dict[str, ReceivingPort] = {}
        self._access_lists = AccessLists(policy, profile)
        self._transforms: dict[tuple[str, int], TransformTable] = {}
        self._filters: dict[tuple[str, int, Direction], tuple[Filter, ...]] = {}
        self._alive: dict[str, Host] = {}
        self._owners: dict[IPAddress, tuple[str, ProviderAddress]] = {}
        if not isinstance(policy.hosts, IndexedHosts):
            for name in policy.hosts:
                for pa in self._living(name).addresses:
                    self._owners.setdefault(pa.address, (name, pa))
        self._ports_of: dict[str, list[VmPort]] = {}
        if not isinstance(policy.ports, IndexedPorts):
            for port in policy.ports.values():
                self._ports_of.setdefault(port.host, []).append(port)

    def host(self, name: str) -> HostTables:
        """Return the tables of a host that the policy names."""
        if name not in self._hosts:
            known = self.known(name)
            self._hosts[name] = HostTables(self, self._living(name), known, self._ports_on(name))
        return self._hosts[name]

    def _living(self, name: str) -> Host:
        """Return a host as it runs: one that is down or forgot everything holds no PA."""
        if name not in self._alive:
            host, view = self.policy.hosts[name], self.policy.views.get(name)
            lost = host.down or (view is not None and view.restarted is Restart.ALL)
            # After a restart even the PAs are gone until somebody gives them back: MOB-7.
            self._alive[name] = replace(host, addresses=()) if lost else host
        return self._alive[name]

    def _owner(self, pa: IPAddress) -> tuple[str, ProviderAddress] | None:
        """Return the first host that holds a PA, and the PA as it holds it."""
        hosts = self.policy.hosts
        if pa not in self._owners and isinstance(hosts, IndexedHosts):
            for host in hosts.holders(pa):
                for held in self._living(host.name).addresses:
                    if held.address == pa:
                        return self._owners.setdefault(pa, (host.name, held))
        return self._owners.get(pa)

    def _ports_on(self, host: str) -> PortIndex:
        """Return the ports of a host; one that is down has none."""
        ports = self.policy.ports
        if self.policy.hosts[host].down:
            return HostPorts(())
        if isinstance(ports, IndexedPorts):
            return ports.on_host(host)
        return HostPorts(self._ports_of.get(host, ()))

    def known(self, host: str) -> Known:
        """Return the tables that a host shares with all hosts that know the same."""
        view = self._views.of(host)
        if id(view) not in self._known:
            self._known[id(view)] = Known(view, self.profile)
        return self._known[id(view)]

    def owner(self, pa: IPAddress) -> ProviderAddress | None:
        """Return the provider address as its host holds it, or None where no host has it."""
        found = self._owner(pa)
        return None if found is None else found[1]

    def behind(self, pa: IPAddress) -> tuple[str, HostTables]:
        """Return the name and the tables of the host that owns ``pa``."""
        found = self._owner(pa)
        assert found is not None  # noqa: S101 - a tunnel leads to a PA that some host holds
        return found[0], self.host(found[0])

    def transform(self, host: Host, vsid: int) -> TransformTable:
        """Return the table of changes to frames that a host sends from one virtual subnet.

        Hosts share it, but for those that leave what crosses subnets to another router.
        """
        key = host.name if host.use_external_router else "", vsid
        if key not in self._transforms:
            self._transforms[key] = TransformTable(self.profile, host, vsid)
        return self._transforms[key]

    def listeners(self, sender: str, vsid: int, pa: IPAddress) -> tuple[str, ...]:
        """Return the other hosts that hear a multicast PA: they know it, and have a port for it."""
        return tuple(
            name
            for name in self.policy.hosts
            if name != sender
            and self.host(name).members.has(vsid)
            and pa in self.known(name).view.groups(vsid)
        )

    def sending(self, name: str) -> SendingPort:
        """Return what is asked at a port that the policy names."""
        if name not in self._sending:
            port = self.policy.ports[name]
            outbound = self._lists(port, Direction.OUTBOUND)
            self._sending[name] = SendingPort(self, port, self.host(port.host), outbound)
        return self._sending[name]

    def receiving(self, port: VmPort) -> ReceivingPort:
        """Return what is asked of frames that leave the switch at ``port``."""
        if port.name not in self._receiving:
            inbound = self._lists(port, Direction.INBOUND)
            self._receiving[port.name] = ReceivingPort(port, inbound)
        return self._receiving[port.name]

    def _lists(self, port: VmPort, direction: Direction) -> tuple[Filter, ...]:
        """Return the access control lists of a port, in the order they are asked (ACL-52).

        Those of both directions are made together, and the others wait until they are asked for.
        """
        key = port.name, port.vsid, direction
        found = self._filters.pop(key, None)
        if found is not None:
            return found
        both = self._access_lists.of(port, self._views.of(port.host))
        other = OPPOSITE[direction]
        self._filters[port.name, port.vsid, other] = both[other]
        return both[direction]
