"""What mends what: for a step that stopped a packet, the edits of the policy that may let it on.

Rules of the file: nothing here decides about a packet. Each mend is a proposal, and
:mod:`hnvemu.analysis.repair` keeps the first that the switch itself accepts; so proposals stand in
the order in which they open the least. What a host knows wrongly is mended in that host's view
before anything that all hosts share. Where the packet itself is at fault nothing is proposed.
"""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any, NamedTuple

from hnvemu.addresses import MacAddress, address_of, first_host
from hnvemu.analysis.acl_mends import acl_mends, unevaluable_mends
from hnvemu.errors import QuestionError
from hnvemu.model.origin import BUILT_IN
from hnvemu.model.policy import RecordKey, Restart, RouteKey
from hnvemu.model.provider import AddressState
from hnvemu.model.records import RecordType, Translation, is_unspecified
from hnvemu.reader.edit import Append, Delete, Edit, Path, Put
from hnvemu.trace import steps as s

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hnvemu.addresses import IPAddress, IPPrefix
    from hnvemu.model.policy import HostView, Policy
    from hnvemu.model.provider import ProviderAddress
    from hnvemu.model.records import CustomerRoute, LookupRecord
    from hnvemu.model.topology import VmPort
    from hnvemu.reader.edit import PolicyText
    from hnvemu.switch.fabric import Fabric
    from hnvemu.tables.view import View
    from hnvemu.trace.path import Path as Way
    from hnvemu.trace.steps import Step

_SUBNET = {4: 24, 6: 64}
"""The length of a prefix where no other route of the network tells one."""
_WILDCARD = {4: "0.0.0.0", 6: "::"}  # noqa: S104 - the address of a wildcard record
_DEFAULT = {4: "0.0.0.0/0", 6: "::/0"}


class Mend(NamedTuple):
    """Edits that may let a packet pass a step, and what they do in a clause."""

    summary: str
    edits: tuple[Edit, ...]


class Blocked:
    """A packet that a step stopped, and what the policy says around it."""

    def __init__(
        self,
        fabric: Fabric,
        text: PolicyText | None,
        steps: tuple[Step, ...],
        way: Way,
        at: str,
    ) -> None:
        self.fabric = fabric
        self._text = text
        self.steps = steps
        """All that led there; of a copy also those of the frame that it was made of."""
        self.way = way
        """The way of the packet, or of one copy of it."""
        self.at = at
        """The port where the packet entered, or ``pa:HOST``."""

    @property
    def policy(self) -> Policy:
        """The policy that the text says."""
        return self.fabric.policy

    @property
    def text(self) -> PolicyText:
        """The policy's text.

        Raises:
            QuestionError: The policy does not come from text.
        """
        if self._text is None:
            raise QuestionError("the policy does not come from text")
        return self._text

    @property
    def step(self) -> Step:
        """The step that stopped the packet."""
        return self.way.last

    @property
    def host(self) -> str:
        """The host that took the step."""
        return self.way.hops[-1].node

    @cached_property
    def sender(self) -> VmPort | None:
        """The port that sent the packet; of one that came encapsulated, the port of its MAC."""
        port = self.policy.ports.get(self.at)
        if port is not None:
            return port
        mac = self.way.flow.src_mac
        return next((port for port in self.policy.ports.values() if port.mac == mac), None)

    @cached_property
    def vsid(self) -> int:
        """The virtual subnet that the packet was sent from."""
        for step in self.steps:
            match step:
                case s.SourceMatched(record) | s.SourceWildcard(record):
                    return record.vsid
                case s.SourceMissed(vsid=vsid) | s.RoutingDomainMissed(vsid):
                    return vsid
                case _:
                    pass
        sender = self.sender
        return 0 if sender is None else sender.vsid

    @cached_property
    def network(self) -> str:
        """The virtual network of the packet."""
        if self.sender is not None:
            return self.sender.network
        arrived = next((step for step in self.steps if isinstance(step, s.Arrived)), None)
        vsid = self.vsid if arrived is None else arrived.tunnel.vsid
        return next((route.network for route in self.policy.routes if route.vsid == vsid), "")

    @cached_property
    def route(self) -> CustomerRoute | None:
        """The customer route that the packet took."""
        found = (step.route for step in self.steps if isinstance(step, s.RouteMatched))
        return next(found, None)

    @cached_property
    def record(self) -> LookupRecord | None:
        """The destination's record as the sending host has it."""
        kinds = (s.LookupMatched, s.ExactMatched, s.ResolutionCarried)
        return next((step.record for step in self.steps if isinstance(step, kinds)), None)

    def known(self, host: str) -> View:
        """Return what a host knows."""
        return self.fabric.tables.known(host).view

    def view(self, host: str) -> HostView | None:
        """Return what the policy says that a host knows differently."""
        return self.policy.views.get(host)

    @cached_property
    def members(self) -> list[VmPort]:
        """The ports of the network."""
        return [port for port in self.policy.ports.values() if port.network == self.network]

    def holder(self, ca: IPAddress) -> VmPort | None:
        """Return the port of the network that has an address."""
        return next((port for port in self.members if ca in port.cas), None)

    def gateway(self, version: int) -> tuple[VmPort, IPAddress] | None:
        """Return the network's gateway VM and its address of a family."""
        wildcards = {
            (record.vsid, record.mac)
            for record in self.policy.records
            if record.type is RecordType.GATEWAY_WILDCARD and record.ca.version == version
        }
        gateways = [port for port in self.members if port.gateway]
        gateways += [port for port in self.members if (port.vsid, port.mac) in wildcards]
        for port in gateways:
            own = next((ca for ca in port.cas if ca.version == version), None)
            if own is not None:
                return port, own
        return None

    def pa(self, port: VmPort, version: int) -> IPAddress | None:
        """Return the PA for records of a port: that of its neighbours on the host, if they agree.

        Else the first preferred one of the wanted family, as for generated records.
        """
        held = self.policy.hosts[port.host].addresses
        used = {record.pa for record in self.policy.records if record.vsid == port.vsid}
        if not held:
            return None
        return min(
            held,
            key=lambda pa: (
                pa.state is not AddressState.PREFERRED,
                pa.address.version != version,
                pa.address not in used,
            ),
        ).address

    @cached_property
    def family(self) -> int:
        """The family of the provider network: that of the sender's PA, else IPv4."""
        for step in self.steps:
            if isinstance(step, (s.SourceMatched, s.SourceWildcard)):
                return step.record.pa.version
        return 4

    def path(self, row: Any) -> Path:
        """Return where a value of the model is written."""
        return self.text.path_of(row.origin)


def mends(blocked: Blocked) -> Iterator[Mend]:
    """Yield what may let the packet pass the step that stopped it, the narrowest first."""
    proposals = _Proposals(blocked)
    yield from proposals.misrouted()
    yield from proposals.of(blocked.step)


class _Proposals:
    def __init__(self, blocked: Blocked) -> None:
        self._b = blocked
        self._network: Path = ("virtual_networks", blocked.network)

    def misrouted(self) -> Iterator[Mend]:
        """Yield the route to a VM of the network whose packets a wider route takes elsewhere."""
        b = self._b
        flow, route = b.way.flow, b.route
        if route is None or route.next_hop is None:
            return
        ca = address_of(flow.version, flow.dst)
        holder = b.holder(ca)
        if holder is not None and route.next_hop not in holder.cas:
            host = b.way.hops[0].node
            yield from self._route_returned(
                lambda other: other.next_hop is None and _holds(other.prefix, ca), host
            )
            yield from self._on_link(ca, holder.vsid, host)

    def of(self, step: Step) -> Iterator[Mend]:
        """Yield the proposals for one kind of step."""
        b = self._b
        yield from self._for_want_of(step)
        match step:
            case s.DhcpGuarded(port):
                yield self._port(port, "dhcp_guard", value=False, what="take DHCP guard off")
            case s.RouterGuarded(port):
                yield self._port(port, "router_guard", value=False, what="take router guard off")
            case s.AclDenied() | s.AclDefaultDenied() | s.PortBlocked():
                found = acl_mends(b.policy, b.text, step, b.way.flow)
                yield from (Mend(summary, edits) for summary, edits in found)
            case s.NotEvaluated():
                unknown = unevaluable_mends(b.policy, b.text, step, b.way.flow)
                yield from (Mend(summary, edits) for summary, edits in unknown)
            case s.SourceMissed(ca=ca):
                yield from self._source_missing(ca)
            case s.SourceMacMismatched(record) | s.RemoteSourceMacMismatched(record):
                yield from self._source_mac(record)
            case s.SourcePaMismatched(record):
                yield from self._restart()
                sender = b.sender
                if sender is not None and record.mac == sender.mac:
                    yield from self._pa_of(record, sender)
            case s.RemoteSourcePaMismatched(record, pa):
                own = b.sender is not None and self._port_of(record) == b.sender
                if own or record.mac == b.way.flow.src_mac:
                    yield self._changed((record,), pa=pa)
            case s.RemoteSourceMissed(vsid, ca):
                yield from self._remote_source_missing(vsid, ca)
            case s.LearningRefused(port, limit=limit):
                yield self._port(
                    port, "dynamic_ip_limit", value=limit + 1, what="allow one address more"
                )
            case s.RouteMissed(ca=ca):
                yield from self._route_missing(ca)
            case s.RoutingDomainMissed(vsid):
                yield from self._domain_missing(vsid)
            case s.NextHopOffLink(route):
                yield from self._next_hop_off_link(route)
            case s.LookupMissed(vsid, ca) | s.LookupMissedOnLink(vsid, ca):
                yield from self._record_missing(vsid, ca)
            case s.ResolutionUnanswered(vsid, ca):
                yield from self._record_missing(vsid, ca)
            case s.LookupUnusable(record):
                yield self._usable(record)
            case s.GatewayAddressed():
                if b.route is not None and b.route.next_hop is not None:
                    yield from self._to_gateway(b.route)
            case s.AnnouncementDropped(vsid, ca, mac):
                yield from self._learning(vsid, ca, mac)
            case s.AnnouncementRefused(record, mac):
                yield from self._taken_over(record, mac)
            case s.DestinationMacForeign(mac, record):
                yield from self._destination_mac(record, mac)
            case s.InboundMacMismatched(record, mac):
                yield from self._inbound_mac(record, mac)
            case s.MethodMismatched(source, record):
                rows = [row for row in (source, record) if row.rule is not Translation.ENCAP]
                yield self._changed(tuple(rows), rule=Translation.ENCAP)
            case s.MethodUnsupported(record):
                yield from self._encapsulated(record)
            case s.ProviderRouteMissed(host, pa):
                yield from self._repointed(b.record, unless=pa)
                yield from self._provider_route(host, pa)
            case s.ProviderFamiliesDiffer(source, pa):
                yield from self._one_family(source, pa)
            case s.PaUnresolved(pa):
                yield from self._pa_restored(pa)
                yield from self._repointed(b.record, unless=pa)
            case s.PaVlansDiffer(address, other):
                yield from self._vlans(address, other)
            case s.PacketTooBig(length, limit):
                mtu = b.policy.hosts[b.host].mtu + length - limit
                yield Mend(
                    f"raise the provider MTU of {b.host} to {mtu}, "
                    "which the physical network must carry",
                    (Put(("hosts", b.host, "provider_mtu"), mtu),),
                )
            case s.PaNotPreferred(address):
                yield Mend(
                    f"make {address.address} preferred on {b.host}",
                    (Put((*b.path(address), "state"), "preferred"),),
                )
            case s.InboundMissed(vsid, ca):
                yield from self._inbound_missing(vsid, ca)
            case s.InboundPaMismatched(record, pa):
                yield from self._inbound_pa(record, pa)
            case s.PortMissed(record, host):
                yield from self._port_missing(record, host)
            case s.PortVsidMismatched(port, vsid):
                yield from self._port_vsid(port, vsid)
            case _:  # the packet is at fault, or nobody is
                pass

    def _for_want_of(self, step: Step) -> Iterator[Mend]:
        """Where a wildcard stood in for an address and did not fit: give it what it lacks."""
        flow = self._b.way.flow
        match step:
            case s.SourcePaMismatched(record) if not int(record.ca):
                yield from self._source_missing(address_of(flow.version, flow.src))
            case s.RemoteSourcePaMismatched(record) | s.RemoteSourceMacMismatched(record):
                if not int(record.ca):
                    src = address_of(flow.version, flow.src)
                    yield from self._remote_source_missing(self._tunnel_vsid, src)
            case s.InboundPaMismatched(record) | s.InboundMacMismatched(record):
                if not int(record.ca):
                    dst = address_of(flow.version, flow.dst)
                    yield from self._inbound_missing(self._tunnel_vsid, dst)
            case _:
                pass

    @property
    def _tunnel_vsid(self) -> int:
        """The virtual subnet that the tunnel's header names."""
        came = [step for step in self._b.steps if isinstance(step, (s.Sent, s.Arrived))]
        return came[-1].tunnel.vsid if came else 0

    # -----------------------------------------------------------------------------------------
    # Pieces of proposals

    def _port(self, port: VmPort, key: str, *, value: object, what: str) -> Mend:
        path = self._b.path(port)
        if port.trunk and key != "vsid":
            path = path[:-2]  # what an adapter's routing domains share stands beside them
        return Mend(f"{what} at {port.name}", (Put((*path, key), value),))

    def _restart(self, host: str = "") -> Iterator[Mend]:
        """Give a restarted host back what it lost."""
        host = host or self._b.host
        view = self._b.view(host)
        if view is not None and view.restarted is not Restart.NO:
            yield Mend(
                f"give {host} back what it lost by its restart",
                (Put(("host_views", host, "restarted"), "no"),),
            )

    def _record_returned(self, fits: Callable[[int, IPAddress], bool]) -> Iterator[Mend]:
        """Give the host a lookup record that its view leaves out."""
        host = self._b.host
        view = self._b.view(host)
        for key in dict.fromkeys(() if view is None else view.without_lookup_records):
            if fits(key.vsid, key.ca):
                yield Mend(
                    f"give {host} the lookup record of {key.ca} in VSID {key.vsid}, which it lacks",
                    self._taken_out(host, "without_lookup_records", key),
                )

    def _route_returned(
        self, fits: Callable[[CustomerRoute], bool], host: str = ""
    ) -> Iterator[Mend]:
        """Give the host a customer route that its view leaves out, the longest prefix first.

        Of two families that of the packet comes first.
        """
        host = host or self._b.host
        view = self._b.view(host)
        fitting = {(route.network, route.prefix) for route in self._b.policy.routes if fits(route)}
        lacking = dict.fromkeys(() if view is None else view.without_customer_routes)
        keys = [key for key in lacking if key in fitting]
        family = self._b.way.flow.version or 4
        keys.sort(key=lambda key: (key.prefix.version != family, -key.prefix.prefixlen))
        for key in keys:
            yield Mend(
                f"give {host} the customer route {key.prefix} of {key.network}, which it lacks",
                self._taken_out(host, "without_customer_routes", key),
            )

    def _taken_out(self, host: str, word: str, wanted: RecordKey | RouteKey) -> tuple[Edit, ...]:
        """Delete what a host's view says of a row that it lacks, the last place first."""
        view = self._b.view(host)
        if view is None:
            return ()
        keys: tuple[RecordKey | RouteKey, ...] = view.without_customer_routes
        if isinstance(wanted, RecordKey):
            keys = view.without_lookup_records
        at = [position for position, key in enumerate(keys) if key == wanted]
        return tuple(Delete(("host_views", host, word, position)) for position in reversed(at))

    def _listed(self, summary: str, row: dict[str, object]) -> Mend:
        """List a lookup record; where records are generated, they go on being that."""
        said = self._b.text.value_at(self._network) or {}
        edits: list[Edit] = []
        if "lookup_records" not in said and "generate_lookup_records" not in said:
            edits.append(Put((*self._network, "generate_lookup_records"), value=True))
        edits.append(Append((*self._network, "lookup_records"), row))
        return Mend(summary, tuple(edits))

    def _added(self, ca: IPAddress, vsid: int, mac: MacAddress, port: VmPort) -> Iterator[Mend]:
        """Add a record that says that ``ca`` lives at ``port``."""
        pa = self._b.pa(port, self._b.family)
        if pa is not None:
            mend = self._listed(
                f"add a lookup record of {ca} in VSID {vsid}",
                {"ca": str(ca), "vsid": vsid, "mac": str(mac), "pa": str(pa)},
            )
            hidden = self._taken_out(self._b.host, "without_lookup_records", RecordKey(vsid, ca))
            yield mend._replace(edits=(*hidden, *mend.edits))

    @property
    def _generates(self) -> bool:
        """Whether the network's records are made of its VMs."""
        said = self._b.text.value_at(self._network) or {}
        word = str(said.get("generate_lookup_records", "lookup_records" not in said))
        return word.lower() == "true"

    def _changed(self, records: tuple[LookupRecord, ...], **changes: object) -> Mend:
        """Change rows where they are written; a generated one is replaced by a listed one."""
        edits: list[Edit] = []
        said = " and ".join(f"{key} {value}" for key, value in changes.items())
        for record in records:
            if record.generated:
                row: dict[str, object] = {
                    "ca": str(record.ca),
                    "vsid": record.vsid,
                    "mac": str(record.mac),
                    "pa": str(record.pa),
                }
                if record.type is not RecordType.STATIC:
                    row["type"] = str(record.type)
                row |= {key: str(value) for key, value in changes.items()}
                edits += self._listed("", row).edits
            else:
                path = self._b.path(record)
                edits += [Put((*path, key), str(value)) for key, value in changes.items()]
        names = ", ".join(dict.fromkeys(map(_named, records)))
        return Mend(f"set {said} in the {names}", tuple(edits))

    def _pa_of(self, record: LookupRecord, port: VmPort) -> Iterator[Mend]:
        """Point a record to the host of its VM."""
        pa = self._b.pa(port, record.pa.version)
        if pa is not None and pa != record.pa:
            yield self._changed((record,), pa=pa)

    def _usable(self, record: LookupRecord) -> Mend:
        path = self._b.path(record)
        flags = {"unusable": record.unusable, "unsynchronized": record.unsynchronized}
        return Mend(
            f"make the {_named(record)} usable",
            tuple(Put((*path, key), value=False) for key, is_set in flags.items() if is_set),
        )

    def _to_gateway(self, route: CustomerRoute) -> Iterator[Mend]:
        """Point a route to the network's gateway VM."""
        gateway = self._b.gateway(route.prefix.version)
        if gateway is None:
            return
        holder, ca = gateway
        path = self._b.path(route)
        edits: list[Edit] = [Put((*path, "next_hop"), str(ca))]
        if holder.vsid != route.vsid:
            edits.append(Put((*path, "vsid"), holder.vsid))
        yield Mend(f"point the route {route.prefix} to the gateway VM {holder.name}", tuple(edits))

    def _route(self, prefix: object, hop: object, vsid: int, why: str) -> Mend:
        return Mend(
            f"add a customer route {prefix} {why}",
            (
                Append(
                    (*self._network, "customer_routes"),
                    {"prefix": str(prefix), "next_hop": str(hop), "vsid": vsid},
                ),
            ),
        )

    def _on_link(self, ca: IPAddress, vsid: int, host: str = "") -> Iterator[Mend]:
        """Add the on-link route of the subnet in which an address lies."""
        prefix = self._subnet(ca, vsid)
        if prefix is not None:
            mend = self._route(prefix, "on-link", vsid, f"that is on-link in VSID {vsid}")
            key = RouteKey(self._b.network, prefix)
            hidden = self._taken_out(host or self._b.host, "without_customer_routes", key)
            yield mend._replace(edits=(*hidden, *mend.edits))

    def _subnet(self, ca: IPAddress, vsid: int) -> IPPrefix | None:
        """Return the prefix of a subnet that no route names: as long as the others are.

        It holds nobody of another virtual subnet, overlaps no other subnet, and ``ca`` is not its
        ``.1``.
        """
        b = self._b
        subnets = [
            route.prefix
            for route in b.policy.routes
            if route.network == b.network
            and route.next_hop is None
            and route.prefix.version == ca.version
        ]
        lengths = Counter(prefix.prefixlen for prefix in subnets)
        shortest = min(
            lengths, key=lambda length: (-lengths[length], length), default=_SUBNET[ca.version]
        )
        strangers = [
            other
            for port in b.members
            if port.vsid != vsid
            for other in port.cas
            if other.version == ca.version
        ]
        for length in range(shortest, ca.max_prefixlen + 1):
            prefix = ip_network((ca, length), strict=False)
            if (
                first_host(prefix) != ca
                and not any(other in prefix for other in strangers)
                and not any(prefix.overlaps(other) for other in subnets if other != prefix)
            ):
                return prefix
        return None

    # -----------------------------------------------------------------------------------------
    # The sender's record

    def _is_plausible(self, ca: IPAddress, sender: VmPort) -> bool:
        """Whether an address can be the sender's: in its subnet, and nobody else's."""
        b = self._b
        holder = b.holder(ca)
        if holder is not None:
            return holder == sender
        return any(
            _holds(route.prefix, ca)
            and ca not in (first_host(route.prefix), route.prefix.network_address)
            for route in b.policy.routes
            if route.network == b.network and route.next_hop is None and route.vsid == b.vsid
        )

    def _is_outside(self, ca: IPAddress) -> bool:
        """Whether an address lies in no subnet of the network."""
        return not any(
            _holds(route.prefix, ca)
            for route in self._b.policy.routes
            if route.network == self._b.network and route.next_hop is None
        )

    def _is_gateway(self, port: VmPort) -> bool:
        """Whether a port is a gateway, by its own key or because a route leads to it."""
        hops = {r.next_hop for r in self._b.policy.routes if r.network == self._b.network}
        return port.gateway or any(ca in hops for ca in port.cas)

    def _source_missing(self, ca: IPAddress) -> Iterator[Mend]:
        b = self._b
        yield from self._restart()
        yield from self._record_returned(
            lambda vsid, other: vsid == b.vsid and (other == ca or int(other) == 0)
        )
        unusable = b.known(b.host).unusable.get((b.vsid, ca.version, int(ca)))
        if unusable is not None:
            yield self._usable(unusable)
        if b.sender is not None:
            yield from self._moved(b.sender, ca)
            yield from self._source_added(ca, b.sender)
            if is_unspecified(ca):  # a guest without an address asks for one: DHCP-2
                yield from self._learning(b.vsid, ca, MacAddress(b.way.flow.src_mac))

    def _in_subnet(self, port: VmPort, vsid: int) -> Iterator[Mend]:
        """Put a port into a virtual subnet, unless its addresses belong to the one that it has."""
        subnets = [
            route.prefix
            for route in self._b.policy.routes
            if route.network == port.network and route.next_hop is None and route.vsid == port.vsid
        ]
        if not any(_holds(prefix, ca) for prefix in subnets for ca in port.cas):
            yield self._port(port, "vsid", value=vsid, what=f"set VSID {vsid}")

    def _moved(self, port: VmPort, ca: IPAddress) -> Iterator[Mend]:
        """Put the port into the virtual subnet that its record names."""
        for record in self._b.policy.records:
            is_own = record.ca == ca and record.mac == port.mac and not record.generated
            if is_own and record.vsid != port.vsid:
                yield from self._in_subnet(port, record.vsid)

    def _source_added(self, ca: IPAddress, sender: VmPort) -> Iterator[Mend]:
        """Say that the address is the sender's, or that the sender is a gateway."""
        b = self._b
        mac = MacAddress(b.way.flow.src_mac)
        if self._is_plausible(ca, sender):
            if self._generates and ca not in sender.cas:
                path = (*b.path(sender), "ca")
                yield Mend(f"give {sender.name} the address {ca}", (Append(path, str(ca)),))
            yield from self._added(ca, b.vsid, mac, sender)
        elif self._is_outside(ca) and self._is_gateway(sender):
            yield from self._wildcard(sender, b.vsid, ca.version)

    def _wildcard(self, port: VmPort, vsid: int, version: int) -> Iterator[Mend]:
        """Let a gateway VM send from and receive for addresses outside the network."""
        if self._generates and not port.gateway:
            yield self._port(port, "gateway", value=True, what="generate wildcard records")
        pa = self._b.pa(port, self._b.family)
        if pa is not None:
            yield self._listed(
                f"add a wildcard record of {port.name} in VSID {vsid}",
                {
                    "ca": _WILDCARD[version],
                    "vsid": vsid,
                    "mac": str(port.mac),
                    "pa": str(pa),
                    "type": "gateway_wildcard",
                },
            )

    def _source_mac(self, record: LookupRecord) -> Iterator[Mend]:
        """Correct the MAC of a record that is the sender's own."""
        b = self._b
        sender = b.sender
        if sender is None or b.way.flow.src_mac != sender.mac:
            return
        is_wildcard = record.type is RecordType.GATEWAY_WILDCARD
        if is_wildcard and self._is_gateway(sender):
            yield self._changed((record,), mac=sender.mac)
            return
        owners = [port for port in b.members if record.ca in port.cas]
        if owners == [sender] or (
            not owners and self._is_plausible(record.ca, sender) and not self._held(record.mac)
        ):
            yield self._changed((record,), mac=sender.mac)

    def _held(self, mac: int) -> bool:
        """Whether a port of the network has a MAC."""
        return any(port.mac == mac for port in self._b.members)

    def _remote_source_missing(self, vsid: int, ca: IPAddress) -> Iterator[Mend]:
        b = self._b
        yield from self._restart()
        if b.known(b.host).rd_of(vsid) is None:
            yield from self._route_returned(lambda route: route.vsid == vsid)
        yield from self._record_returned(lambda _, other: other == ca)
        view = b.known(b.host)
        for (_, version, value), record in view.unusable.items():
            if (version, value) == (ca.version, int(ca)):
                yield self._usable(record)
        sender = b.sender
        if sender is None:
            return
        if self._is_outside(ca) and self._is_gateway(sender):
            yield from self._route_returned(lambda route: _holds(route.prefix, ca))
            yield from self._record_returned(lambda other, key: other == b.vsid and int(key) == 0)
            yield from self._default_route(ca.version)
        yield from self._route_returned(lambda route: route.vsid == b.vsid)
        if b.known(b.host).rd_of(vsid) is None:
            receiver = self._on_link_of(vsid)
            yield from receiver
        yield from self._source_added(ca, sender)

    def _on_link_of(self, vsid: int) -> Iterator[Mend]:
        """Add an on-link route of a virtual subnet, around the addresses that live there."""
        family = self._b.way.flow.version
        for port in self._b.members:
            for ca in port.cas:
                if port.vsid == vsid and ca.version == (family or 4):
                    yield from self._on_link(ca, vsid)
                    return

    # -----------------------------------------------------------------------------------------
    # The route

    def _route_missing(self, ca: IPAddress) -> Iterator[Mend]:
        yield from self._route_returned(lambda route: _holds(route.prefix, ca))
        holder = self._b.holder(ca)
        if holder is not None:
            yield from self._on_link(ca, holder.vsid)
        elif self._is_outside(ca):
            yield from self._default_route(ca.version)

    def _default_route(self, version: int) -> Iterator[Mend]:
        gateway = self._b.gateway(version)
        if gateway is not None:
            holder, hop = gateway
            yield self._route(
                _DEFAULT[version], hop, holder.vsid, f"via the gateway VM {holder.name}"
            )

    def _domain_missing(self, vsid: int) -> Iterator[Mend]:
        b = self._b
        yield from self._restart()
        yield from self._route_returned(lambda route: route.vsid == vsid)
        ca = address_of(b.way.flow.version, b.way.flow.src)
        sender = b.sender
        if sender is None:
            return
        for route in b.policy.routes:
            # The guest's address belongs to another subnet than its port.
            if route.network == b.network and route.next_hop is None and _holds(route.prefix, ca):
                yield from self._in_subnet(sender, route.vsid)
        if b.holder(ca) is not None:
            yield from self._on_link(ca, vsid)
        yield from self._on_link_of(vsid)

    def _next_hop_off_link(self, route: CustomerRoute) -> Iterator[Mend]:
        hop = route.next_hop
        if hop is None:
            return
        yield from self._route_returned(lambda other: _holds(other.prefix, hop))
        holder = self._b.holder(hop)
        if holder is not None:
            yield from self._on_link(hop, holder.vsid)
        yield from self._to_gateway(route)

    # -----------------------------------------------------------------------------------------
    # The destination's record

    def _record_missing(self, vsid: int, ca: IPAddress) -> Iterator[Mend]:
        b = self._b
        route = b.route
        yield from self._record_returned(lambda subnet, other: (subnet, other) == (vsid, ca))
        unusable = b.known(b.host).unusable.get((vsid, ca.version, int(ca)))
        if unusable is not None:
            yield self._usable(unusable)
        holder = b.holder(ca)
        if holder is not None and holder.vsid == vsid:
            yield from self._added(ca, vsid, holder.mac, holder)
        elif holder is not None:
            yield from self._one_vsid(holder, vsid, route)
        elif route is not None and route.next_hop is not None:
            yield from self._to_gateway(route)

    def _one_vsid(self, port: VmPort, vsid: int, route: CustomerRoute | None) -> Iterator[Mend]:
        """Make route and port agree on the virtual subnet; the fewer give in."""
        moved = [*self._in_subnet(port, vsid)]
        if route is None:
            yield from moved
            return
        rerouted = Mend(
            f"set VSID {port.vsid} in the route {route.prefix}",
            (Put((*self._b.path(route), "vsid"), port.vsid),),
        )
        neighbours = Counter(
            other.vsid
            for other in self._b.members
            if other != port and any(_holds(route.prefix, ca) for ca in other.cas)
        )
        stays = neighbours[vsid] > neighbours[port.vsid]
        yield from (*moved, rerouted) if stays else (rerouted, *moved)

    def _destination_mac(self, record: LookupRecord, mac: int) -> Iterator[Mend]:
        holder = self._b.holder(record.ca)
        if holder is not None and mac == holder.mac != record.mac:
            yield self._changed((record,), mac=holder.mac)

    def _inbound_mac(self, record: LookupRecord, mac: int) -> Iterator[Mend]:
        """Correct the record that is wrong: this host's, or the one by which it was sent."""
        b = self._b
        own = self._port_of(record)
        if own is not None and own.mac != record.mac:
            yield self._changed((record,), mac=own.mac)
        sent = b.record
        if sent is not None and own is not None and sent.mac == mac != own.mac:
            yield self._changed((sent,), mac=own.mac)

    def _port_of(self, record: LookupRecord) -> VmPort | None:
        """Return the port that a record is about: by its address, else by the way it was found."""
        b = self._b
        if int(record.ca):
            holder = b.holder(record.ca)
            if holder is not None:
                return holder
        elif b.route is not None and b.route.next_hop is not None:
            holder = b.holder(b.route.next_hop)
            if holder is not None:
                return holder
        return next((port for port in b.members if port.mac == record.mac), None)

    def _encapsulated(self, record: LookupRecord) -> Iterator[Mend]:
        sources = [
            step.record
            for step in self._b.steps
            if isinstance(step, (s.SourceMatched, s.SourceWildcard))
        ]
        yield self._changed((*sources, record), rule=Translation.ENCAP)

    def _repointed(self, record: LookupRecord | None, *, unless: IPAddress) -> Iterator[Mend]:
        """Point a record to the host where its VM runs, where it names another one's PA."""
        port = None if record is None else self._port_of(record)
        if record is None or port is None:
            return
        held = {pa.address for pa in self._b.policy.hosts[port.host].addresses}
        if unless not in held:
            yield from self._pa_of(record, port)

    def _inbound_missing(self, vsid: int, ca: IPAddress) -> Iterator[Mend]:
        b = self._b
        yield from self._restart()
        yield from self._record_returned(
            lambda subnet, other: subnet == vsid and (other == ca or int(other) == 0)
        )
        unusable = b.known(b.host).unusable.get((vsid, ca.version, int(ca)))
        if unusable is not None:
            yield self._usable(unusable)
        holder = b.holder(ca)
        if holder is not None and holder.vsid == vsid:
            yield from self._added(ca, vsid, holder.mac, holder)
        gateway = None if b.record is None else self._port_of(b.record)
        if holder is None and gateway is not None and self._is_gateway(gateway):
            yield from self._wildcard(gateway, vsid, ca.version)

    def _inbound_pa(self, record: LookupRecord, pa: IPAddress) -> Iterator[Mend]:
        """Correct this host's record where the VM is here, else the sender's."""
        b = self._b
        port = self._port_of(record)
        if port is None:
            return
        if port.host == b.host:
            yield self._changed((record,), pa=pa)
        elif b.record is not None:
            yield from self._pa_of(b.record, port)

    def _learning(self, vsid: int, ca: IPAddress, mac: MacAddress) -> Iterator[Mend]:
        """Let hosts learn addresses of the sender's MAC."""
        b = self._b
        if b.sender is None or b.sender.mac != mac:
            return
        held = b.known(b.host).l2_only(vsid).get(mac)
        if held is not None:
            yield from self._pa_of(held, b.sender)
            return
        pa = b.pa(b.sender, 4)
        if pa is not None:
            yield self._listed(
                f"add an L2Only record of {mac} in VSID {vsid}",
                {
                    "ca": _WILDCARD[ca.version],
                    "vsid": vsid,
                    "mac": str(mac),
                    "pa": str(pa),
                    "type": "l2_only",
                },
            )

    def _taken_over(self, record: LookupRecord, mac: MacAddress) -> Iterator[Mend]:
        """Give an announced address to the VM that announces it, if it is nobody else's."""
        b = self._b
        holder = b.holder(record.ca)
        if b.sender is None or (holder is not None and holder != b.sender):
            return
        pa = b.pa(b.sender, record.pa.version)
        if pa is not None:
            changes: dict[str, object] = {"mac": mac}
            if pa != record.pa:
                changes["pa"] = pa
            yield self._changed((record,), **changes)

    # -----------------------------------------------------------------------------------------
    # Provider network

    def _provider_route(self, host: str, pa: IPAddress) -> Iterator[Mend]:
        """Add the way to the subnet of a PA, by the router that the neighbours use."""
        b = self._b
        source = b.fabric.tables.host(host).host.addresses
        own = next((held for held in source if held.address.version == pa.version), None)
        owner = b.fabric.tables.owner(pa)
        if own is None:
            return
        prefix: object = f"{pa}/{pa.max_prefixlen}" if owner is None else owner.prefix
        hops = [
            (name != host, route.next_hop)
            for name, other in b.policy.hosts.items()
            if any(held.prefix == own.prefix for held in other.addresses)
            for route in other.routes
            if route.next_hop is not None and route.next_hop in own.prefix
        ]
        assumed = first_host(own.prefix)
        hop, remark = assumed, "; the router is assumed"
        if hops:
            hop, remark = min(hops, key=lambda found: found[0])[1], ""
        if hop is not None:
            yield Mend(
                f"add a provider route {prefix} via {hop} on {host}{remark}",
                (
                    Append(
                        ("hosts", host, "provider_routes"),
                        {"prefix": str(prefix), "next_hop": str(hop)},
                    ),
                ),
            )

    def _one_family(self, source: IPAddress, pa: IPAddress) -> Iterator[Mend]:
        """Use PAs of one family at both ends."""
        b = self._b
        ends = (
            (b.record, None if b.record is None else self._port_of(b.record), source.version),
            (self._source_record(), b.sender, pa.version),
        )
        for record, port, version in ends:
            if record is not None and port is not None:
                wanted = b.pa(port, version)
                if wanted is not None and wanted.version == version:
                    yield self._changed((record,), pa=wanted)

    def _source_record(self) -> LookupRecord | None:
        kinds = (s.SourceMatched, s.SourceWildcard)
        return next((step.record for step in self._b.steps if isinstance(step, kinds)), None)

    def _pa_restored(self, pa: IPAddress) -> Iterator[Mend]:
        """Undo the restart of the host that has the PA."""
        for name, host in self._b.policy.hosts.items():
            if any(held.address == pa for held in host.addresses):
                yield from self._restart(name)

    def _vlans(self, address: ProviderAddress, other: ProviderAddress) -> Iterator[Mend]:
        """Put both PAs into the VLAN that most of their subnet has."""
        b = self._b
        used = Counter(
            held.vlan
            for host in b.policy.hosts.values()
            for held in host.addresses
            if held.prefix == address.prefix
        )
        ends = sorted((address, other), key=lambda held: used[held.vlan])
        for wrong, right in (ends, ends[::-1]):
            path = b.path(wrong)
            edit: Edit = Put((*path, "vlan"), right.vlan)
            if not isinstance(b.text.value_at(path), dict):
                text = f"{wrong.address}/{wrong.prefix.prefixlen}"
                edit = Put(path, {"address": text, "vlan": right.vlan})
            yield Mend(f"put {wrong.address} into VLAN {right.vlan}", (edit,))

    # -----------------------------------------------------------------------------------------
    # The destination's port

    def _port_missing(self, record: LookupRecord, host: str) -> Iterator[Mend]:
        b = self._b
        port = self._port_of(record)
        if port is None:
            return
        rows = [record]
        if b.record is not None and b.record is not record:
            rows.append(b.record)
        if port.host != host:
            wrong = [row for row in rows if row.origin != BUILT_IN]
            pa = b.pa(port, record.pa.version)
            if pa is not None:
                yield from (self._changed((row,), pa=pa) for row in wrong[::-1])
                if len(wrong) > 1:
                    yield self._changed(tuple(wrong), pa=pa)
        elif port.mac != record.mac:
            yield self._changed((record,), mac=port.mac)
            if len(rows) > 1:
                yield self._changed(tuple(rows), mac=port.mac)

    def _port_vsid(self, port: VmPort, vsid: int) -> Iterator[Mend]:
        b = self._b
        yield from self._in_subnet(port, vsid)
        if b.record is not None and not b.record.generated:
            yield self._changed((b.record,), vsid=port.vsid)


def _holds(prefix: IPPrefix, address: IPAddress) -> bool:
    return prefix.version == address.version and address in prefix


def _named(record: LookupRecord) -> str:
    if record.type is RecordType.GATEWAY_WILDCARD:
        return f"wildcard record in VSID {record.vsid}"
    return str(record)
