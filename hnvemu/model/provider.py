"""The provider side: hosts, their addresses and their routes in the physical network."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from hnvemu.model.origin import BUILT_IN, Origin
from hnvemu.value import field, value

if TYPE_CHECKING:
    from hnvemu.addresses import IPAddress, IPPrefix, MacAddress


class AddressState(StrEnum):
    """State of a provider address; only a preferred one receives (RCV-1)."""

    INVALID = "invalid"
    TENTATIVE = "tentative"
    DUPLICATE = "duplicate"
    DEPRECATED = "deprecated"
    PREFERRED = "preferred"


@value
class ProviderAddress:
    """An address of a host in the provider network. ``New-NetVirtualizationProviderAddress``."""

    address: IPAddress
    prefix: IPPrefix
    """The on-link prefix that the address lies in."""
    mac: MacAddress
    """As configured, or made of the address where the policy says none."""
    vlan: int = 0
    state: AddressState = AddressState.PREFERRED
    origin: Origin = field(default=BUILT_IN, compare=False)


@value
class ProviderRoute:
    """A route of the provider network. ``New-NetVirtualizationProviderRoute``."""

    prefix: IPPrefix
    next_hop: IPAddress | None
    """None: on-link."""
    metric: int = 256
    origin: Origin = field(default=BUILT_IN, compare=False)


@value
class Host:
    """A hypervisor: one instance of the distributed switch."""

    name: str
    addresses: tuple[ProviderAddress, ...] = ()
    routes: tuple[ProviderRoute, ...] = ()
    mtu: int = 1500
    """MTU of the provider network's interface, in octets of IP packet."""
    use_external_router: bool = False
    """``Set-NetVirtualizationGlobal -UseExternalRouter``."""
    down: bool = False
    """Whether it does not run: its addresses and ports are gone. No key of the format."""
    origin: Origin = field(default=BUILT_IN, compare=False)
