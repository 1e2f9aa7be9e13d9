"""Virtual networks and the switch ports in them."""

from __future__ import annotations

from enum import StrEnum
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from hnvemu.model.origin import BUILT_IN, Origin
from hnvemu.value import field, value

if TYPE_CHECKING:
    from hnvemu.addresses import IPAddress, MacAddress


class NetworkProfile(StrEnum):
    """The firewall profile of a guest's network connection."""

    DOMAIN = "domain"
    PRIVATE = "private"
    PUBLIC = "public"


class Guest(StrEnum):
    """The operating system of a VM, as far as its MTU is concerned (ENC-10)."""

    WINDOWS = "windows"
    LINUX = "linux"
    OTHER = "other"


class IsolationMode(StrEnum):
    """``Set-VMNetworkAdapterIsolation -IsolationMode``. Forwarding does not look at it."""

    NONE = "none"
    NATIVE_VIRTUAL_SUBNET = "native_virtual_subnet"
    EXTERNAL_VIRTUAL_SUBNET = "external_virtual_subnet"
    VLAN = "vlan"


@value
class VmPort:
    """A switch port: one network adapter of one VM, in one virtual network.

    An adapter of a multi-tenant gateway is a port in each of its virtual networks; frames are told
    apart by the VSID that goes with them (GWY-12).
    """

    name: str
    """As output writes it: ``T/A``, or ``T/GW:inside`` for one of several adapters."""
    network: str
    """The virtual network that lists the VM, or that a multi-tenant gateway serves here."""
    host: str
    vsid: int
    """0: the port is not virtualised (ING-1)."""
    mac: MacAddress
    cas: tuple[IPAddress, ...] = ()
    gateway: bool = False
    """A gateway VM: its subnet's wildcard record is generated."""
    default_gateway: IPAddress | None = None
    mac_spoofing: bool = False
    dhcp_guard: bool = False
    router_guard: bool = False
    vlan: int = 0
    guest: Guest = Guest.WINDOWS
    mtu: int | None = None
    network_profile: NetworkProfile = NetworkProfile.PRIVATE
    isolation_mode: IsolationMode | None = None
    dynamic_ip_limit: int | None = None
    trunk: str = ""
    """The adapter of a multi-tenant gateway that this port is a part of; else empty."""
    origin: Origin = field(default=BUILT_IN, compare=False)

    def __str__(self) -> str:
        return self.name


@value
class VirtualNetwork:
    """A virtual network: one routing domain, the boundary of isolation (OBJ-4)."""

    name: str
    rdid: str
    customer_id: str = ""
    bare_rdid: bool = field(default=False, compare=False)
    """Whether the policy writes the RDID without its braces."""
    origin: Origin = field(default=BUILT_IN, compare=False)


@value
class Selector:
    """Names ports: exact names, globs, each with or without its network; None means every port."""

    patterns: tuple[str, ...] | None = None

    def __str__(self) -> str:
        return "every VM" if self.patterns is None else ", ".join(self.patterns)

    def selects(self, port: str) -> bool:
        """Whether it names a port: by VM or adapter, with or without its network."""
        if self.patterns is None:
            return True
        names = names_of(port)
        return any(
            pattern in names or any(fnmatchcase(name, pattern) for name in names if name)
            for pattern in self.patterns
        )


def names_of(port: str) -> set[str]:
    """Return the names that a selector may have for a port: each with and without its network."""
    vm = port.partition(":")[0]
    return {port, vm, port.partition("/")[2], vm.partition("/")[2]}
