"""Rows that can be asked for by key without looking at all of them.

A policy that was read from text has its rows in tuples and dicts, and tables walk over them once.
A policy of another kind may know where a row is; tables then ask, and only what they ask for
is made. Rules of the file: both kinds hold the same rows in the same order, and a row that is
asked for twice is the same object.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from hnvemu.model.provider import Host
from hnvemu.model.records import CustomerRoute, LookupRecord
from hnvemu.model.topology import VmPort

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hnvemu.addresses import IPAddress


class RecordIndex(ABC):
    """Which lookup records have a key; each answer is in the order of the policy."""

    @abstractmethod
    def at(self, vsid: int, version: int, ca: int) -> Sequence[LookupRecord]:
        """Return the records of one address in one virtual subnet."""

    @abstractmethod
    def among(self, vsids: Sequence[int], version: int, ca: int) -> Sequence[LookupRecord]:
        """Return the records of one address in some virtual subnets, which come in order."""

    @abstractmethod
    def of_subnet(self, vsid: int) -> Sequence[LookupRecord]:
        """Return all records of a virtual subnet."""

    @abstractmethod
    def exceptional(self, vsid: int) -> Sequence[LookupRecord]:
        """Return those that may stand for no single address: by their type, or unspecified."""

    @abstractmethod
    def __iter__(self) -> Iterator[LookupRecord]: ...


class IndexedRecords(RecordIndex, Sequence[LookupRecord]):
    """Lookup records with an index: the same rows as a tuple, and more to ask."""


class RouteIndex(Protocol):
    """Which customer routes have a key; each answer is in the order of the policy."""

    def of_subnet(self, vsid: int) -> Sequence[CustomerRoute]:
        """Return the routes that lead into a virtual subnet."""

    def of_domain(self, rdid: str) -> Sequence[CustomerRoute]:
        """Return the routes of a routing domain."""

    def __iter__(self) -> Iterator[CustomerRoute]: ...


class IndexedRoutes(Sequence[CustomerRoute], ABC):
    """Customer routes with an index: the same rows as a tuple, and more to ask."""

    @abstractmethod
    def of_subnet(self, vsid: int) -> Sequence[CustomerRoute]:
        """Return the routes that lead into a virtual subnet."""

    @abstractmethod
    def of_domain(self, rdid: str) -> Sequence[CustomerRoute]:
        """Return the routes of a routing domain."""


class ListedRoutes:
    """Customer routes that are in memory; an index is made when it is first asked."""

    def __init__(self, routes: Iterable[CustomerRoute]) -> None:
        self._routes = tuple(routes)
        self._by_subnet: dict[int, list[CustomerRoute]] | None = None
        self._by_domain: dict[str, list[CustomerRoute]] | None = None

    def of_subnet(self, vsid: int) -> Sequence[CustomerRoute]:
        """Return the routes that lead into a virtual subnet."""
        if self._by_subnet is None:
            self._by_subnet = {}
            for route in self._routes:
                self._by_subnet.setdefault(route.vsid, []).append(route)
        return self._by_subnet.get(vsid, ())

    def of_domain(self, rdid: str) -> Sequence[CustomerRoute]:
        """Return the routes of a routing domain."""
        if self._by_domain is None:
            self._by_domain = {}
            for route in self._routes:
                self._by_domain.setdefault(route.rdid, []).append(route)
        return self._by_domain.get(rdid, ())

    def __iter__(self) -> Iterator[CustomerRoute]:
        return iter(self._routes)


class IndexedHosts(Mapping[str, Host], ABC):
    """Hosts by name with an index: the same mapping as a dict, and more to ask."""

    @abstractmethod
    def holders(self, pa: IPAddress) -> Sequence[Host]:
        """Return the hosts that hold a provider address, in the order of the policy."""


class PortIndex(Protocol):
    """The ports of one host by key; each answer is in the order of the policy."""

    def of_mac(self, mac: int) -> Sequence[VmPort]:
        """Return the ports with a MAC, of any virtual subnet."""

    def of_subnet(self, vsid: int) -> Sequence[VmPort]:
        """Return the ports of a virtual subnet."""

    def __iter__(self) -> Iterator[VmPort]: ...


class IndexedPorts(Mapping[str, VmPort], ABC):
    """Ports by name with an index: the same mapping as a dict, and more to ask."""

    @abstractmethod
    def called(self, name: str) -> Sequence[str]:
        """Return the full names of the ports with a name that leaves their network out."""

    @abstractmethod
    def has_adapters(self, vm: str) -> bool:
        """Whether a VM of that full name has adapters with names of their own."""

    @abstractmethod
    def on_host(self, host: str) -> PortIndex:
        """Return the ports of one host."""


def called(ports: Mapping[str, VmPort], name: str) -> Sequence[str]:
    """Return the full names of the ports with a name that leaves their network out: A for T/A."""
    if isinstance(ports, IndexedPorts):
        return ports.called(name)
    return [full for full in ports if full.partition("/")[2] == name]


def has_adapters(ports: Mapping[str, VmPort], vm: str) -> bool:
    """Whether a VM of that full name has adapters with names of their own."""
    if isinstance(ports, IndexedPorts):
        return ports.has_adapters(vm)
    return any(name.startswith(f"{vm}:") for name in ports)


class HostPorts:
    """The ports of one host that are in memory; an index is made when it is first asked."""

    def __init__(self, ports: Iterable[VmPort]) -> None:
        self._ports = tuple(ports)
        self._by_mac: dict[int, list[VmPort]] | None = None
        self._by_subnet: dict[int, list[VmPort]] | None = None

    def of_mac(self, mac: int) -> Sequence[VmPort]:
        """Return the ports with a MAC, of any virtual subnet."""
        if self._by_mac is None:
            self._by_mac = {}
            for port in self._ports:
                self._by_mac.setdefault(port.mac, []).append(port)
        return self._by_mac.get(mac, ())

    def of_subnet(self, vsid: int) -> Sequence[VmPort]:
        """Return the ports of a virtual subnet."""
        if self._by_subnet is None:
            self._by_subnet = {}
            for port in self._ports:
                self._by_subnet.setdefault(port.vsid, []).append(port)
        return self._by_subnet.get(vsid, ())

    def __iter__(self) -> Iterator[VmPort]:
        return iter(self._ports)
