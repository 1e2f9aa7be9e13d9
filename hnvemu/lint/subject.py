"""What the rules look at: a policy, indexed once for all of them.

Rules of the file: every index is made when it is first asked for, in time linear in the policy or
nearly so; nothing here judges.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import cached_property
from typing import TYPE_CHECKING

from hnvemu.addresses import first_host
from hnvemu.lint.lists import Lists
from hnvemu.lint.placing import strays
from hnvemu.lint.replies import lost_replies
from hnvemu.lint.routing import Domain, ways
from hnvemu.switch.fabric import Fabric
from hnvemu.tables.view import View

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TypeVar

    from hnvemu.addresses import IPAddress, IPPrefix, MacAddress
    from hnvemu.lint.placing import Stray
    from hnvemu.lint.replies import LostReplies
    from hnvemu.lint.routing import Way
    from hnvemu.model.policy import Policy, Profile
    from hnvemu.model.provider import ProviderAddress
    from hnvemu.model.records import CustomerRoute, LookupRecord
    from hnvemu.model.topology import VmPort

    Key = TypeVar("Key")
    Value = TypeVar("Value")


class Subject:
    """A policy under a profile, with the indexes that rules share."""

    def __init__(self, policy: Policy, profile: Profile | None = None) -> None:
        self.policy = policy
        self.profile = profile or policy.profile

    @cached_property
    def fabric(self) -> Fabric:
        """The switch that the policy makes: what decides questions about packets."""
        return Fabric.compile(self.policy, profile=self.profile)

    @cached_property
    def records(self) -> tuple[LookupRecord, ...]:
        """All records, listed and generated, of the policy and of the host views."""
        views = self.policy.views.values()
        return *self.policy.records, *(r for view in views for r in view.lookup_records)

    @cached_property
    def records_of_vsid(self) -> dict[int, list[LookupRecord]]:
        """The policy's records by VSID."""
        return _grouped((record.vsid, record) for record in self.policy.records)

    @cached_property
    def records_of_address(self) -> dict[tuple[int, IPAddress], list[LookupRecord]]:
        """The policy's records by VSID and CA."""
        return _grouped(((record.vsid, record.ca), record) for record in self.policy.records)

    @cached_property
    def records_of_mac(self) -> dict[tuple[int, MacAddress], list[LookupRecord]]:
        """The policy's records by VSID and MAC."""
        return _grouped(((record.vsid, record.mac), record) for record in self.policy.records)

    @cached_property
    def routes_of_domain(self) -> dict[str, list[CustomerRoute]]:
        """The policy's routes by RDID."""
        return _grouped((route.rdid, route) for route in self.policy.routes)

    @cached_property
    def domains(self) -> dict[str, Domain]:
        """The routing domains that have routes, by RDID."""
        networks = self.policy.networks
        vsids: dict[str, set[int]] = {}
        for port in self.policy.ports.values():
            vsids.setdefault(networks[port.network].rdid, set()).add(port.vsid)
        return {
            rdid: Domain(rdid, routes, vsids.get(rdid, set()))
            for rdid, routes in self.routes_of_domain.items()
        }

    @cached_property
    def ways(self) -> list[Way]:
        """The routes through a next hop, each with what a host finds there."""
        return ways(self)

    @cached_property
    def unrouted(self) -> dict[int, LookupRecord]:
        """The first record of each virtual subnet that has records and no on-link route.

        Those of VMs whose port is in another virtual subnet do not count: they are misplaced.
        """
        placed: dict[MacAddress, set[int]] = {}
        for port in self.policy.ports.values():
            placed.setdefault(port.mac, set()).add(port.vsid)
        found: dict[int, LookupRecord] = {}
        for record in self.records:
            if record.vsid not in self.on_link and record.vsid in placed.get(
                record.mac, {record.vsid}
            ):
                found.setdefault(record.vsid, record)
        return found

    @cached_property
    def on_link(self) -> dict[int, list[CustomerRoute]]:
        """The on-link routes by VSID."""
        return _grouped((r.vsid, r) for r in self.policy.routes if r.next_hop is None)

    @cached_property
    def _subnets(self) -> dict[tuple[int, int], dict[int, dict[int, CustomerRoute]]]:
        """The on-link routes by VSID and family, then by free bits, then by leading bits."""
        found: dict[tuple[int, int], dict[int, dict[int, CustomerRoute]]] = {}
        for route in sorted(
            (route for route in self.policy.routes if route.next_hop is None),
            key=lambda route: -route.prefix.prefixlen,
        ):
            free = route.prefix.max_prefixlen - route.prefix.prefixlen
            family = found.setdefault((route.vsid, route.prefix.version), {})
            leading = int(route.prefix.network_address) >> free
            family.setdefault(free, {}).setdefault(leading, route)
        return found

    def subnets(self, vsid: int, ca: IPAddress) -> Iterator[CustomerRoute]:
        """Yield the on-link routes of a VSID whose prefix holds an address, the longest first."""
        for free, routes in self._subnets.get((vsid, ca.version), {}).items():
            route = routes.get(int(ca) >> free)
            if route is not None:
                yield route

    @cached_property
    def dot_ones(self) -> set[tuple[int, IPAddress]]:
        """VSID and address of the ``.1`` of every on-link prefix (OBJ-40)."""
        return {
            (vsid, router)
            for vsid, routes in self.on_link.items()
            for route in routes
            if (router := first_host(route.prefix)) is not None
        }

    @cached_property
    def ports_of_mac(self) -> dict[tuple[int, MacAddress], list[VmPort]]:
        """The ports by VSID and MAC."""
        return _grouped(((port.vsid, port.mac), port) for port in self.policy.ports.values())

    @cached_property
    def ports_of_vsid(self) -> dict[int, list[VmPort]]:
        """The ports by VSID."""
        return _grouped((port.vsid, port) for port in self.policy.ports.values())

    @cached_property
    def _guests(self) -> dict[tuple[int, int], list[int]]:
        """The CAs of ports by VSID and family, in order."""
        pairs = ((port.vsid, ca) for port in self.policy.ports.values() for ca in port.cas)
        found = _grouped(((vsid, ca.version), int(ca)) for vsid, ca in pairs)
        return {key: sorted(addresses) for key, addresses in found.items()}

    def has_guest_in(self, vsid: int, prefix: IPPrefix) -> bool:
        """Whether some port of a virtual subnet has an address of a prefix."""
        addresses = self._guests.get((vsid, prefix.version), [])
        at = bisect_left(addresses, int(prefix.network_address))
        return at < len(addresses) and addresses[at] <= int(prefix.broadcast_address)

    @cached_property
    def ports_of_address(self) -> dict[tuple[int, IPAddress], list[VmPort]]:
        """The ports by VSID and CA."""
        return _grouped(
            ((port.vsid, ca), port) for port in self.policy.ports.values() for ca in port.cas
        )

    @cached_property
    def ports_of_host(self) -> dict[str, list[VmPort]]:
        """The ports by host."""
        return _grouped((port.host, port) for port in self.policy.ports.values())

    @cached_property
    def owners(self) -> dict[IPAddress, list[tuple[str, ProviderAddress]]]:
        """The hosts that have a PA, each with the PA as it is configured there."""
        return _grouped(
            (pa.address, (host.name, pa))
            for host in self.policy.hosts.values()
            for pa in host.addresses
        )

    @cached_property
    def known_records(self) -> list[LookupRecord]:
        """The policy's records, and those of host views for addresses that it has none for."""
        found = [*self.policy.records]
        for view in self.policy.views.values():
            found += (
                record
                for record in view.lookup_records
                if (record.vsid, record.ca) not in self.records_of_address
            )
        return found

    @cached_property
    def strays(self) -> list[Stray]:
        """The records whose VSID and MAC no port has."""
        return list(strays(self))

    @cached_property
    def pas_of_domain(self) -> dict[str, dict[IPAddress, LookupRecord]]:
        """The PAs behind which routing domains have VMs, by RDID, each with its first record."""
        found: dict[str, dict[IPAddress, LookupRecord]] = {}
        for record in self.policy.records:
            rdid = self.common.rd_of(record.vsid)
            if rdid is not None and record.pa in self.owners and not self.is_router(record):
                found.setdefault(rdid, {}).setdefault(record.pa, record)
        return found

    @cached_property
    def domains_of_host(self) -> dict[str, dict[str, VmPort]]:
        """The routing domains that a host has VMs of, each with a port, by host and RDID."""
        found: dict[str, dict[str, VmPort]] = {}
        for port in self.policy.ports.values():
            rdid = self.common.rd_of(port.vsid)
            if rdid is not None:
                found.setdefault(port.host, {}).setdefault(rdid, port)
        return found

    @cached_property
    def lists(self) -> Lists:
        """The access control lists of all ports."""
        return Lists(self)

    @cached_property
    def lost_replies(self) -> list[LostReplies]:
        """The extended ACLs that deny the replies to what their VMs may send."""
        return list(lost_replies(self))

    @cached_property
    def common(self) -> View:
        """What a host knows that has no view of its own."""
        return View(self.policy.records, self.policy.routes, self.profile)

    def displaced(self, record: LookupRecord) -> VmPort | None:
        """Return the port of a record whose PA is that of another host; None where all is well.

        A PA that no host has tells nothing, nor does a port on a host without any.
        """
        owners = {host for host, _ in self.owners.get(record.pa, ())}
        ports = self.ports_of_mac.get((record.vsid, record.mac), [])
        if not owners or any(port.host in owners for port in ports):
            return None
        return next((port for port in ports if self.policy.hosts[port.host].addresses), None)

    def is_router(self, record: LookupRecord) -> bool:
        """Whether a record is that of a subnet's ``.1``, and not of a VM that uses it."""
        return (
            record.names_a_host
            and (record.vsid, record.ca) in self.dot_ones
            and (record.vsid, record.mac) not in self.ports_of_mac
        )

    def view(self, host: str) -> View:
        """Return what a host knows."""
        return self.fabric.tables.known(host).view


def _grouped(pairs: Iterable[tuple[Key, Value]]) -> dict[Key, list[Value]]:
    """Gather values by key, in their order."""
    found: dict[Key, list[Value]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found
