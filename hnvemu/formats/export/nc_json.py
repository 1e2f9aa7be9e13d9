"""A policy as resources of Network Controller: one file for each PUT, in an order that works.

Rules of the file: a file is numbered in the order of its PUT, ASCII, and the same for the same
policy; nothing in it is a secret. A resource is called what the policy calls it, or, where that
cannot stand in a reference, by a GUID made of it. Network Controller chooses VSIDs and provider
addresses itself: the range and the pools begin with those of the policy.
"""

from __future__ import annotations

import json
import re
from ipaddress import summarize_address_range
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import NAMESPACE_URL, uuid5

from hnvemu.addresses import MacAddress, address_of, first_host, synthetic_mac
from hnvemu.formats.export.words import range_words
from hnvemu.model.policy import Profile
from hnvemu.model.provider import AddressState
from hnvemu.model.records import Translation
from hnvemu.model.topology import Guest, NetworkProfile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hnvemu.addresses import IPAddress, IPPrefix
    from hnvemu.model.acl import Addresses, DatacenterAcl, Ports
    from hnvemu.model.policy import Policy
    from hnvemu.model.provider import Host, ProviderAddress, ProviderRoute
    from hnvemu.model.records import CustomerRoute
    from hnvemu.model.topology import VmPort

_PROVIDER_NETWORK = "/logicalNetworks/HNVPA"
_ROUTER_MAC = MacAddress(0x0200_00FF_FF01)
"""The distributed router's, whose records need no resource."""
_FIRST_VSID, _LAST_VSID = 4096, 16777214
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_PROTOCOLS = {None: "All", 6: "TCP", 17: "UDP"}
_SWITCH = {True: "Enabled", False: "Disabled"}


class Resources(NamedTuple):
    """Resources, and what they do not say."""

    files: dict[str, str]
    """Texts by the names of their files, in the order of their PUTs."""
    left_out: tuple[str, ...]


def nc_resources(policy: Policy) -> Resources:
    """Return what Network Controller is to be told of a policy."""
    return _Export(policy).resources()


class _Ids:
    """Gives identifiers out: a name that can stand in a reference, once; else a GUID."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._taken: set[str] = set()

    def envelope(self, name: str, whole: str = "") -> dict[str, Any]:
        """Return the beginning of a resource.

        Args:
            name: What the policy calls it.
            whole: A name that no other resource of its kind has, where ``name`` may be another's.
        """
        said: dict[str, Any] = {}
        found = name
        if not _SAFE.fullmatch(name) or name.casefold() in self._taken:
            found = str(uuid5(NAMESPACE_URL, f"/{self._kind}/{whole or name}"))
            said["resourceMetadata"] = {"resourceName": name}
        self._taken.add(found.casefold())
        return {"resourceRef": f"/{self._kind}/{found}", "resourceId": found, **said}


class _Export:
    """A policy on its way to resources."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._left_out: list[str] = []
        self._made: list[dict[str, Any]] = []
        self._servers: dict[str, str] = {}
        """References, by the names of hosts."""
        self._subnets: dict[int, tuple[str, IPPrefix, str]] = {}
        """The network, the prefix and the reference of each virtual subnet, by its VSID."""

    def resources(self) -> Resources:
        """Return the files, and what they do not say."""
        self._left_out += _without_place(self._policy)
        self._provider_side()
        chosen = self._chosen_subnets()
        self._made.append(_manager(chosen))
        routes = {name: self._user_routes(name, chosen) for name in self._policy.networks}
        networks = self._networks(chosen, routes)
        order = [*self._servers]
        ports = [port for port in self._policy.ports.values() if self._has_place(port)]
        ports.sort(key=lambda port: order.index(port.host))
        lists, on_ports = self._access_lists(ports)
        self._made += lists
        for name, envelope in networks.items():
            if routes[name]:
                self._made.append(_route_table(envelope, routes[name]))
        self._made += networks.values()
        self._adapters(ports, on_ports)
        self._compare_records(ports)
        width = max(2, len(str(len(self._made))))
        files = {
            f"{at:0{width}}-{_file_stem(made)}.json": json.dumps(made, indent=2) + "\n"
            for at, made in enumerate(self._made, 1)
        }
        return Resources(files, tuple(dict.fromkeys(self._left_out)))

    # -----------------------------------------------------------------------------------------
    # The provider network

    def _provider_side(self) -> None:
        """Write the logical network and the servers, in the order their addresses are given out."""
        held: dict[str, ProviderAddress] = {}
        taken: set[IPAddress] = set()
        for host in self._policy.hosts.values():
            first = next(iter(host.addresses), None)
            if first is None:
                self._left_out.append(f"that host '{host.name}' has no provider address")
            elif first.address in taken:
                self._left_out.append(
                    f"provider address {first.address} of host '{host.name}', another one's too"
                )
            else:
                held[host.name] = first
                taken.add(first.address)
        subnets: dict[tuple[str, int], list[str]] = {}
        for name, address in held.items():
            subnets.setdefault((str(address.prefix), address.vlan), []).append(name)
        refs: dict[str, str] = {}
        made = []
        for at, ((prefix, vlan), names) in enumerate(subnets.items(), 1):
            ref = f"{_PROVIDER_NETWORK}/subnets/PA{at}"
            refs |= dict.fromkeys(names, ref)
            made.append(
                {
                    "resourceRef": ref,
                    "resourceId": f"PA{at}",
                    "properties": {
                        "addressPrefix": prefix,
                        "vlanID": str(vlan),
                        **self._provider_routes([self._policy.hosts[name] for name in names]),
                        "ipPools": _pools(ref, [held[name].address for name in names]),
                    },
                }
            )
        self._made.append(
            {
                "resourceRef": _PROVIDER_NETWORK,
                "resourceId": "HNVPA",
                "properties": {"networkVirtualizationEnabled": "True", "subnets": made},
            }
        )
        ids = _Ids("servers")
        # A pool gives its addresses to servers in their order; those without one wait.
        for name in (*held, *(name for name in self._policy.hosts if name not in held)):
            envelope = ids.envelope(name)
            self._servers[name] = envelope["resourceRef"]
            nic: dict[str, Any] = {"resourceId": "NIC1", "properties": {"logicalSubnets": []}}
            if name in refs:
                nic["properties"]["logicalSubnets"].append({"resourceRef": refs[name]})
            envelope["properties"] = {
                "connections": [{"managementAddresses": [name]}],
                "networkInterfaces": [nic],
            }
            self._made.append(envelope)

    def _provider_routes(self, hosts: list[Host]) -> dict[str, Any]:
        """Return the routes that all hosts in a provider subnet have."""
        own = {held.address for host in self._policy.hosts.values() for held in host.addresses}
        shared = [
            route
            for route in hosts[0].routes
            if _sayable(route, own) and all(route in host.routes for host in hosts)
        ]
        for host in hosts:
            self._left_out += (
                f"provider route {route.prefix} of host '{host.name}'"
                for route in host.routes
                if route not in shared
            )
        return {
            "defaultGateways": [str(r.next_hop) for r in shared if not r.prefix.prefixlen],
            "routes": [
                {"destinationPrefix": str(route.prefix), "nextHop": str(route.next_hop)}
                for route in shared
                if route.prefix.prefixlen
            ],
        }

    # -----------------------------------------------------------------------------------------
    # Virtual networks

    def _chosen_subnets(self) -> dict[int, CustomerRoute]:
        """Return the route that is each virtual subnet, by VSID: its first one that is on-link."""
        chosen: dict[int, CustomerRoute] = {}
        for route in self._policy.routes:
            overlapping = any(
                route.network == other.network and route.prefix.overlaps(other.prefix)
                for other in chosen.values()
                if other.prefix.version == route.prefix.version
            )
            if route.next_hop is not None:
                continue
            first = chosen.get(route.vsid)
            if first is not None and first.network != route.network:
                self._left_out.append(f"the {route}: its subnet is one of '{first.network}'")
            elif first or overlapping or not route.prefix.prefixlen or not route.vsid:
                self._left_out.append(f"the {route}: a virtual subnet has one prefix of its own")
            else:
                chosen[route.vsid] = route
        return dict(sorted(chosen.items()))

    def _user_routes(self, name: str, chosen: dict[int, CustomerRoute]) -> list[CustomerRoute]:
        """Return the routes of a virtual network that lead to an address; one to each prefix."""
        found: dict[IPPrefix, CustomerRoute] = {}
        subnets = [route for route in chosen.values() if route.network == name]
        system = {route.prefix: route.metric for route in subnets}
        mine = [route for route in self._policy.routes if route.network == name]
        for route in sorted(mine, key=lambda route: route.metric):
            if (hop := route.next_hop) is None:
                continue
            at = next((subnet for subnet in subnets if hop in subnet.prefix), None)
            if at is None or at.vsid != route.vsid or hop.version != route.prefix.version:
                self._left_out.append(f"the {route}: its next hop is in no subnet of '{name}'")
            elif route.prefix in found or route.metric >= system.get(route.prefix, 1 << 32):
                self._left_out.append(f"the {route}: another one goes before it")
            else:
                found[route.prefix] = route
        return list(found.values())

    def _networks(
        self, chosen: dict[int, CustomerRoute], routes: dict[str, list[CustomerRoute]]
    ) -> dict[str, dict[str, Any]]:
        ids = _Ids("virtualNetworks")
        made: dict[str, dict[str, Any]] = {}
        for name, network in self._policy.networks.items():
            envelope = ids.envelope(name)
            prefixes, subnets = [], []
            for vsid, route in chosen.items():
                if route.network != name:
                    continue
                ref = f"{envelope['resourceRef']}/subnets/subnet-{vsid}"
                self._subnets[vsid] = (name, route.prefix, ref)
                said: dict[str, Any] = {"addressPrefix": str(route.prefix)}
                if routes[name]:
                    said["routeTable"] = {"resourceRef": f"/routeTables/{envelope['resourceId']}"}
                prefixes.append(str(route.prefix))
                subnets.append(
                    {"resourceRef": ref, "resourceId": f"subnet-{vsid}", "properties": said}
                )
            envelope["instanceId"] = network.rdid.strip("{}")
            envelope["properties"] = {
                "addressSpace": {"addressPrefixes": prefixes},
                "logicalNetwork": {"resourceRef": _PROVIDER_NETWORK},
                "subnets": subnets,
            }
            made[name] = envelope
        return made

    # -----------------------------------------------------------------------------------------
    # Adapters

    def _has_place(self, port: VmPort) -> bool:
        network, _, _ = self._subnets.get(port.vsid, ("", None, ""))
        if port.trunk:
            self._left_out.append(f"'{port.name}': a multi-tenant gateway is no VM of a tenant")
        elif network != port.network:
            what = f"VSID {port.vsid} is no subnet of '{port.network}'"
            self._left_out.append(f"'{port.name}': {what}")
        return network == port.network and not port.trunk

    def _adapters(self, ports: Iterable[VmPort], on_ports: dict[str, str]) -> None:
        ids = _Ids("networkInterfaces")
        for port in ports:
            _, prefix, subnet = self._subnets[port.vsid]
            common: dict[str, Any] = {"subnet": {"resourceRef": subnet}}
            if port.name in on_ports:
                common["accessControlList"] = {"resourceRef": on_ports[port.name]}
            held = [
                {"privateIPAddress": str(ca), "privateIPAllocationMethod": "Static"}
                for ca in port.cas
                if ca in prefix
            ]
            self._left_out += (
                f"the address {ca} of '{port.name}', outside its subnet {prefix}"
                for ca in port.cas
                if ca not in prefix
            )
            if not held:
                self._left_out.append(
                    f"that '{port.name}' has no address: Network Controller gives it one"
                )
                held.append({"privateIPAllocationMethod": "Dynamic"})
            envelope = ids.envelope(port.name.partition("/")[2], port.name)
            envelope["properties"] = {
                "privateMacAddress": f"{int(port.mac):012X}",
                "privateMacAllocationMethod": "Static",
                "server": {"resourceRef": self._servers[port.host]},
                "portSettings": {
                    "macSpoofingEnabled": _SWITCH[port.mac_spoofing],
                    "dhcpGuardEnabled": _SWITCH[port.dhcp_guard],
                },
                "ipConfigurations": [
                    {"resourceId": f"address-{at}", "properties": {**address, **common}}
                    for at, address in enumerate(held, 1)
                ],
            }
            self._made.append(envelope)

    def _compare_records(self, ports: Iterable[VmPort]) -> None:
        """Tell which records are not those that Network Controller makes of adapters."""
        made: dict[tuple[int, IPAddress, MacAddress, IPAddress | None], VmPort] = {}
        for port in ports:
            prefix = self._subnets[port.vsid][1]
            pa = next((held.address for held in self._policy.hosts[port.host].addresses), None)
            for ca in port.cas:
                if ca in prefix:
                    made[port.vsid, ca, port.mac, pa] = port
        routers = {(vsid, first_host(prefix)) for vsid, (_, prefix, _) in self._subnets.items()}
        for record in self._policy.records:
            key = record.vsid, record.ca, record.mac, record.pa
            plain = record.names_a_host and record.rule is Translation.ENCAP
            if plain and key in made:
                del made[key]
            elif record.mac != _ROUTER_MAC or (record.vsid, record.ca) not in routers:
                self._left_out.append(f"the {record}: records are made of network interfaces")
        for (vsid, ca, _, _), port in made.items():
            self._left_out.append(f"that no record says {ca} in VSID {vsid} is '{port.name}'")

    # -----------------------------------------------------------------------------------------
    # Access control lists

    def _access_lists(self, ports: Iterable[VmPort]) -> tuple[list[dict[str, Any]], dict[str, str]]:
        """Return a list for each set of entries, and the reference of each port's."""
        sayable = []
        for acl in self._policy.datacenter_acls:
            reason = _unsayable(acl)
            if reason:
                self._left_out.append(f"the {acl}: {reason}")
            else:
                sayable.append(acl)
            if acl.action == "allow" and not acl.stateful and not reason:
                self._left_out.append(f"that the {acl} is stateless")
        made: dict[tuple[int, ...], dict[str, Any]] = {}
        on_ports = {}
        named: set[int] = set()
        for port in ports:
            chosen = tuple(at for at, acl in enumerate(sayable) if acl.vms.selects(port.name))
            named.update(chosen)
            if not chosen:
                continue
            if chosen not in made:
                ref = f"/accessControlLists/list-{len(made) + 1}"
                made[chosen] = _access_list(ref, [sayable[at] for at in chosen])
            on_ports[port.name] = made[chosen]["resourceRef"]
        for at, acl in enumerate(sayable):
            if at not in named:
                self._left_out.append(f"the {acl}: no network interface has it")
        if self._policy.datacenter_acls and not made:
            self._left_out.append("that ports are blocked that no datacenter ACL names")
        return list(made.values()), on_ports


# ---------------------------------------------------------------------------------------------
# What Network Controller has no place for


def _without_place(policy: Policy) -> Iterator[str]:
    if policy.profile is not Profile.HNVV2:
        yield f"the profile {policy.profile}: Network Controller deploys hnvv2"
    if policy.networks:
        yield "VSIDs: Network Controller gives them out, from the first one of the policy on"
    for host in policy.hosts.values():
        yield from _without_place_of_host(host)
    if any(host.addresses for host in policy.hosts.values()):
        yield "which host has which provider address: Network Controller gives them out of pools"
    for network in policy.networks.values():
        if network.customer_id:
            yield f"the customer id of virtual network '{network.name}'"
    for port in policy.ports.values():
        said = [
            name
            for name, is_said in (
                ("role of a gateway", port.gateway),
                ("default gateway", port.default_gateway is not None),
                ("router guard", port.router_guard),
                ("VLAN", bool(port.vlan)),
                ("operating system", port.guest is not Guest.WINDOWS),
                ("MTU", port.mtu is not None),
                ("network profile", port.network_profile is not NetworkProfile.PRIVATE),
                ("isolation mode", port.isolation_mode is not None),
                ("limit of dynamic addresses", port.dynamic_ip_limit is not None),
            )
            if is_said
        ]
        if said:
            yield f"the {' and the '.join(said)} of '{port.name}'"
    if policy.firewall.rules or policy.firewall.defaults:
        yield "the firewalls of the guests"
    if policy.port_acls:
        yield "port ACLs: their place is Hyper-V"
    if policy.extended_acls:
        yield "extended ACLs: their place is Hyper-V"
    for host_name in policy.views:
        yield f"what host '{host_name}' knows differently"


def _without_place_of_host(host: Host) -> Iterator[str]:
    if host.mtu != 1500:
        yield f"the MTU {host.mtu} of host '{host.name}'"
    if host.use_external_router:
        yield f"that host '{host.name}' uses an external router"
    for at, held in enumerate(host.addresses):
        if at:
            yield f"provider address {held.address}, a further one of host '{host.name}'"
            continue
        if held.state is not AddressState.PREFERRED:
            yield f"the state {held.state} of provider address {held.address}"
        if held.mac != synthetic_mac(held.address):
            yield f"the MAC of provider address {held.address}"
    if not host.addresses:
        yield from (f"provider route {r.prefix} of host '{host.name}'" for r in host.routes)


def _unsayable(acl: DatacenterAcl) -> str:
    """Return why a list cannot have an entry; empty where it can."""
    if acl.protocol is not None and acl.protocol.number not in _PROTOCOLS:
        return f"its protocol {acl.protocol.number} is neither TCP nor UDP"
    conditions = (acl.source, acl.destination, acl.source_port, acl.destination_port)
    words = [word for part in conditions if part is not None for word in part.keywords]
    return f"no list knows {', '.join(words)}" if words else ""


def _sayable(route: ProviderRoute, own: set[IPAddress]) -> bool:
    """Whether a logical subnet can have a route: to a router, which is none of the hosts."""
    hop = route.next_hop
    return (
        hop is not None
        and hop not in own
        and hop.version == route.prefix.version
        and route.metric == 256
    )


# ---------------------------------------------------------------------------------------------
# Parts of resources


def _file_stem(made: dict[str, Any]) -> str:
    return str(made["resourceRef"]).strip("/").replace("/", "-")


def _pools(ref: str, addresses: Iterable[IPAddress]) -> list[dict[str, Any]]:
    """Return pools that give addresses out in this order: one for those that follow each other."""
    runs: list[list[IPAddress]] = []
    for address in addresses:
        if runs and int(address) == int(runs[-1][-1]) + 1:
            runs[-1].append(address)
        else:
            runs.append([address])
    return [
        {
            "resourceRef": f"{ref}/ipPools/pool-{at}",
            "resourceId": f"pool-{at}",
            "properties": {"startIpAddress": str(run[0]), "endIpAddress": str(run[-1])},
        }
        for at, run in enumerate(runs, 1)
    ]


def _manager(vsids: Iterable[int]) -> dict[str, Any]:
    first = min((vsid for vsid in vsids if vsid >= _FIRST_VSID), default=_FIRST_VSID)
    return {
        "resourceRef": "/virtualNetworkManager/configuration",
        "properties": {
            "networkVirtualizationProtocol": "VXLAN",
            "distributedRouterState": "Enable",
            "virtualSubnetIdRange": {"startId": first, "endId": _LAST_VSID},
        },
    }


def _route_table(network: dict[str, Any], routes: Iterable[CustomerRoute]) -> dict[str, Any]:
    return {
        "resourceRef": f"/routeTables/{network['resourceId']}",
        "resourceId": network["resourceId"],
        "properties": {
            "routes": [
                {
                    "resourceId": f"route-{at}",
                    "properties": {
                        "addressPrefix": str(route.prefix),
                        "nextHopType": "VirtualAppliance",
                        "nextHopIpAddress": str(route.next_hop),
                    },
                }
                for at, route in enumerate(routes, 1)
            ]
        },
    }


def _access_list(ref: str, entries: Iterable[DatacenterAcl]) -> dict[str, Any]:
    ids = _Ids(ref)
    rules = []
    for at, acl in enumerate(entries, 1):
        envelope = ids.envelope(acl.name, f"{at} {acl.name}")
        rules.append(
            {
                "resourceId": envelope["resourceId"],
                "properties": {
                    "protocol": _PROTOCOLS[acl.protocol and acl.protocol.number],
                    "sourcePortRange": _ports(acl.source_port),
                    "destinationPortRange": _ports(acl.destination_port),
                    "sourceAddressPrefix": _addresses(acl.source),
                    "destinationAddressPrefix": _addresses(acl.destination),
                    "action": acl.action.capitalize(),
                    "type": acl.direction.capitalize(),
                    "priority": str(acl.priority),
                    "logging": "Disabled",
                },
            }
        )
    return {
        "resourceRef": ref,
        "resourceId": ref.rpartition("/")[2],
        "properties": {"aclRules": rules},
    }


def _ports(condition: Ports | None) -> str:
    return "0-65535" if condition is None else ",".join(range_words(condition.ranges))


def _addresses(condition: Addresses | None) -> str:
    """Return prefixes: a range that is none becomes several."""
    if condition is None:
        return "*"
    prefixes: list[str] = []
    for version, first, last in condition.ranges:
        ends = address_of(version, first), address_of(version, last)
        prefixes += map(str, summarize_address_range(*ends))
    return ",".join(prefixes)
