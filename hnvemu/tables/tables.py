"""All tables of a policy, joined: what each port and each host asks.

Compilation is total: whatever the reader accepts compiles, and a row that cannot work compiles to
a step that says so. Tables of a port or a host are made when they are first asked for, so one
packet through a large policy pays only for the way that it takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.model.acl import Direction
from hnvemu.model.policy import Profile, Restart
from hnvemu.tables.acl_lists import lists_of
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
from hnvemu.tables.routes import NoRoutes, RouteTable
from hnvemu.tables.view import View, views
from hnvemu.trace.steps import Entered, PassedThrough
from hnvemu.value import replace

if TYPE_CHECKING:
    from hnvemu.addresses import IPAddress
    from hnvemu.model.policy import Policy
    from hnvemu.model.provider import Host, ProviderAddress
    from hnvemu.model.topology import VmPort
    from hnvemu.tables.acl import Filter


class Known:
    """The tables that all hosts with one view share."""

    def __init__(self, view: View, profile: Profile) -> None:
        self.view = view
        by_domain: dict[str, list[object]] = {}
        for route in view.routes:
            by_domain.setdefault(route.rdid, []).append(route)
        self.routes = {rdid: RouteTable(rdid, routes) for rdid, routes in by_domain.items()}  # type: ignore[arg-type]
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

    def __init__(self, tables: Tables, host: Host, known: Known, ports: list[VmPort]) -> None:
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
                {port.mac: port for port in self.vm_ports if port.vsid == vsid},
                learns=self.known.learns,
            )
        return self._sources[vsid]


class ReceivingPort:
    """What is asked of a frame that is to leave the switch at a port."""

    def __init__(self, port: VmPort, inbound: tuple[Filter, ...]) -> None:
        self.inbound = inbound
        self.owners = OwnerTable(port)


class SendingPort:
    """What is asked of a frame that enters the switch at a port."""

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
        rdid = view.rd_of(vsid)
        routes = None if rdid is None else host.known.routes[rdid]
        self.neighbours = NeighbourTable(view, routes, port, tables.profile, host.pas)
        self.sources = host.sources(vsid)
        self.routes = routes or NoRoutes(vsid)
        self.lookups = host.known.lookups
        self.methods = METHODS
        self.transform = TransformTable(tables.profile, host.host, vsid)
        # What only Windows Server 2012 asks: FWD-2, FWD-2b, FWD-9.
        is_2012 = tables.profile is Profile.WS2012
        self.switch = SwitchTable(vsid, host.vm_ports, tables.receiving) if is_2012 else None
        self.exact = ExactTable(view, vsid) if is_2012 else None
        self.addressed = AddressedTable(view, vsid) if is_2012 else None
        # Its virtual switch floods before HNV sees the frame, which lets no copy out: BUM-1.
        self.group_sources = None if is_2012 else self.sources
        self._copies: CopyTable | None = None
        self._tables = tables

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
        self._views = views(policy, profile)
        self._known: dict[int, Known] = {}
        self._hosts: dict[str, HostTables] = {}
        self._sending: dict[str, SendingPort] = {}
        self._receiving: dict[str, ReceivingPort] = {}
        self._filters: dict[tuple[str, int], dict[Direction, tuple[Filter, ...]]] = {}
        self._alive: dict[str, Host] = {}
        self._owners: dict[IPAddress, tuple[str, ProviderAddress]] = {}
        for name, host in policy.hosts.items():
            view = policy.views.get(name)
            lost = host.down or (view is not None and view.restarted is Restart.ALL)
            # After a restart even the PAs are gone until somebody gives them back: MOB-7.
            self._alive[name] = replace(host, addresses=()) if lost else host
            for pa in self._alive[name].addresses:
                self._owners.setdefault(pa.address, (name, pa))
        self._ports_of: dict[str, list[VmPort]] = {}
        for port in policy.ports.values():
            if not policy.hosts[port.host].down:
                self._ports_of.setdefault(port.host, []).append(port)

    def host(self, name: str) -> HostTables:
        """Return the tables of a host that the policy names."""
        if name not in self._hosts:
            known = self.known(name)
            ports = self._ports_of.get(name, [])
            self._hosts[name] = HostTables(self, self._alive[name], known, ports)
        return self._hosts[name]

    def known(self, host: str) -> Known:
        """Return the tables that a host shares with all hosts that know the same."""
        view = self._views[host]
        if id(view) not in self._known:
            self._known[id(view)] = Known(view, self.profile)
        return self._known[id(view)]

    def owner(self, pa: IPAddress) -> ProviderAddress | None:
        """Return the provider address as its host holds it, or None where no host has it."""
        found = self._owners.get(pa)
        return None if found is None else found[1]

    def behind(self, pa: IPAddress) -> tuple[str, HostTables]:
        """Return the name and the tables of the host that owns ``pa``."""
        name = self._owners[pa][0]
        return name, self.host(name)

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
            outbound = self._lists(port)[Direction.OUTBOUND]
            self._sending[name] = SendingPort(self, port, self.host(port.host), outbound)
        return self._sending[name]

    def receiving(self, port: VmPort) -> ReceivingPort:
        """Return what is asked of frames that leave the switch at ``port``."""
        if port.name not in self._receiving:
            inbound = self._lists(port)[Direction.INBOUND]
            self._receiving[port.name] = ReceivingPort(port, inbound)
        return self._receiving[port.name]

    def _lists(self, port: VmPort) -> dict[Direction, tuple[Filter, ...]]:
        """Return the access control lists of a port, in the order they are asked (ACL-52)."""
        key = port.name, port.vsid
        if key not in self._filters:
            view = self._views[port.host]
            self._filters[key] = lists_of(self.policy, self.profile, port, view)
        return self._filters[key]
