"""All tables of a policy, joined: what each port and each host asks.

Compilation is total: whatever the reader accepts compiles, and a row that cannot work compiles to
a step that says so. Tables of a port or a host are made when they are first asked for, so one
packet through a large policy pays only for the way that it takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.model.acl import Direction
from hnvemu.model.policy import Profile, Restart
from hnvemu.tables.acl import Unevaluated, compile_filters, selects
from hnvemu.tables.ingress import KIND, FrameTable, GuardTable
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
    SourceTable,
)
from hnvemu.tables.routes import NoRoutes, RouteTable
from hnvemu.tables.view import View, views
from hnvemu.trace.steps import Entered, NotEvaluated, PassedThrough
from hnvemu.value import replace

if TYPE_CHECKING:
    from hnvemu.addresses import IPAddress
    from hnvemu.model.acl import DatacenterAcl, ExtendedAcl, PortAcl
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
        self.remote_sources = RemoteSourceTable(view, self.routes)


class HostTables:
    """What one host asks, whoever sends."""

    def __init__(self, tables: Tables, host: Host, known: Known, ports: list[VmPort]) -> None:
        self.name = host.name
        self.host = host
        self.known = known
        self.vm_ports = ports
        encapsulation = ENCAPSULATIONS[tables.profile]
        self.addresses = AddressTable(host)
        self.captures = CaptureTable(encapsulation)
        self.kinds = KIND
        self.inbound = known.inbound
        self.remote_sources = known.remote_sources
        self.ports = PortTable(host.name, ports, tables.receiving)
        self.places = PlaceTable(host)
        self.underlay = UnderlayTable(host, tables.owner)
        self.tunnels = TunnelTable(host, encapsulation, tables.owner, tables.behind)
        self.pas = frozenset(pa.address for pa in host.addresses)
        self._sources: dict[int, SourceTable] = {}

    def sources(self, vsid: int) -> SourceTable:
        """Return the table of senders in one virtual subnet."""
        if vsid not in self._sources:
            self._sources[vsid] = SourceTable(self.known.view, vsid, self.name, self.pas)
        return self._sources[vsid]


class ReceivingPort:
    """What is asked of a frame that is to leave the switch at a port."""

    def __init__(self, port: VmPort, inbound: tuple[Filter | Unevaluated, ...]) -> None:
        self.inbound = inbound
        self.owners = OwnerTable(port)


class SendingPort:
    """What is asked of a frame that enters the switch at a port."""

    def __init__(
        self,
        tables: Tables,
        port: VmPort,
        host: HostTables,
        outbound: tuple[Filter | Unevaluated, ...],
    ) -> None:
        self.port = port
        self.host = host
        self.outbound = outbound
        self.entered: Entered | PassedThrough | NotEvaluated
        if port.mappings:
            self.entered = NotEvaluated("gateways", port.origin)
        elif port.vsid == 0:
            self.entered = PassedThrough(port)
        else:
            self.entered = Entered(port)
        view, vsid = host.known.view, port.vsid
        self.frames = FrameTable(port)
        self.guards = GuardTable(port) if port.dhcp_guard or port.router_guard else None
        self.kinds = KIND
        self.sources = host.sources(vsid)
        rdid = view.rd_of(vsid)
        self.routes = NoRoutes(vsid) if rdid is None else host.known.routes[rdid]
        self.lookups = host.known.lookups
        self.methods = METHODS
        self.transform = TransformTable(tables.profile, host.host, vsid)
        # What only Windows Server 2012 asks: FWD-2, FWD-2b, FWD-9.
        is_2012 = tables.profile is Profile.WS2012
        self.switch = SwitchTable(vsid, host.vm_ports, tables.receiving) if is_2012 else None
        self.exact = ExactTable(view, vsid) if is_2012 else None
        self.addressed = AddressedTable(view, vsid) if is_2012 else None


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
        self._filters: dict[str, dict[Direction, tuple[Filter | Unevaluated, ...]]] = {}
        self._alive: dict[str, Host] = {}
        self._owners: dict[IPAddress, tuple[str, ProviderAddress]] = {}
        for name, host in policy.hosts.items():
            view = policy.views.get(name)
            lost = view is not None and view.restarted is Restart.ALL
            # After a restart even the PAs are gone until somebody gives them back: MOB-7.
            self._alive[name] = replace(host, addresses=()) if lost else host
            for pa in self._alive[name].addresses:
                self._owners.setdefault(pa.address, (name, pa))
        self._ports_of: dict[str, list[VmPort]] = {}
        for port in policy.ports.values():
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

    def _lists(self, port: VmPort) -> dict[Direction, tuple[Filter | Unevaluated, ...]]:
        """Return the access control lists of a port, in the order they are asked (ACL-52)."""
        if port.name not in self._filters:
            filters = compile_filters(self.policy.firewall, port, self._views[port.host])
            self._filters[port.name] = {
                direction: (*self._unevaluated(port, direction), filters[direction])
                for direction in (Direction.INBOUND, Direction.OUTBOUND)
            }
        return self._filters[port.name]

    def _unevaluated(self, port: VmPort, direction: Direction) -> list[Unevaluated]:
        """Return a list that leaves packets undecided for each kind that is not evaluated."""
        policy = self.policy
        kinds: tuple[tuple[str, tuple[PortAcl | ExtendedAcl | DatacenterAcl, ...]], ...] = (
            ("port_acls", policy.port_acls),
            ("extended_acls", policy.extended_acls),
            ("datacenter_acls", policy.datacenter_acls),
        )
        result = []
        for key, entries in kinds:
            for entry in entries:
                if entry.direction in (direction, Direction.BOTH) and selects(entry.vms, port):
                    step = NotEvaluated(key, entry.origin)
                    result.append(Unevaluated(step, port, direction))
                    break
        return result
