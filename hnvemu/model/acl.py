"""Firewall rules and the other access control lists, as the policy writes them.

Conditions are data: ranges and keywords. What a keyword means depends on the port, so ranges are
made of them where a port's list is compiled, in :mod:`hnvemu.tables.acl`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from hnvemu.model.origin import BUILT_IN, Origin
from hnvemu.model.topology import Selector
from hnvemu.value import field, value

if TYPE_CHECKING:
    from hnvemu.addresses import MacAddress
    from hnvemu.model.topology import NetworkProfile


class Action(StrEnum):
    """What a firewall rule does with the packets it matches."""

    ALLOW = "allow"
    BLOCK = "block"


class Direction(StrEnum):
    """Seen from the VM."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    BOTH = "both"
    """Port ACLs only."""


class AddressRange(NamedTuple):
    """Addresses of one family, both ends included."""

    version: int
    first: int
    last: int


class Addresses(NamedTuple):
    """An address condition that is not ``any``: a packet's address lies in one of its parts."""

    ranges: tuple[AddressRange, ...]
    keywords: tuple[str, ...] = ()
    """Lower case: ``localsubnet``, ``dns6`` and so on (ACL-15)."""


class Ports(NamedTuple):
    """A port condition that is not ``any``."""

    ranges: tuple[tuple[int, int], ...]
    keywords: tuple[str, ...] = ()
    """Names that Windows resolves while it runs, such as ``rpc`` (ACL-17)."""


class Protocol(NamedTuple):
    """A protocol condition that is not ``any``: a number, and a family where the name says one."""

    number: int
    version: int | None = None


@value
class FirewallRule:
    """A firewall rule, evaluated at the VM's port (ACL-1). ``New-NetFirewallRule``."""

    name: str
    vms: Selector = field(default_factory=Selector)
    direction: Direction = Direction.INBOUND
    action: Action = Action.ALLOW
    protocol: Protocol | None = None
    local_address: Addresses | None = None
    remote_address: Addresses | None = None
    local_port: Ports | None = None
    remote_port: Ports | None = None
    icmp_type: tuple[tuple[int, int], ...] | None = None
    """Ranges of ``type << 8 | code``."""
    profiles: tuple[NetworkProfile, ...] | None = None
    enabled: bool = True
    override_block: bool = False
    program: str = ""
    service: str = ""
    user: str = ""
    origin: Origin = field(default=BUILT_IN, compare=False)

    def __str__(self) -> str:
        return f"rule {self.name}"


@value
class FirewallDefault:
    """What becomes of packets that no rule matches; None leaves a direction as it is."""

    vms: Selector = field(default_factory=Selector)
    inbound: Action | None = None
    outbound: Action | None = None
    origin: Origin = field(default=BUILT_IN, compare=False)


@value
class Firewall:
    """The firewall section of a policy."""

    defaults: tuple[FirewallDefault, ...] = ()
    """Of several that name a VM, the last decides."""
    rules: tuple[FirewallRule, ...] = ()
    keywords: tuple[tuple[str, tuple[AddressRange, ...]], ...] = ()
    """What ``dns``, ``dhcp`` and ``wins`` stand for."""


@value
class PortAcl:
    """``Add-VMNetworkAdapterAcl``: the longest match decides."""

    action: str
    direction: Direction
    vms: Selector = field(default_factory=Selector)
    local: Addresses | MacAddress | None = None
    remote: Addresses | MacAddress | None = None
    origin: Origin = field(default=BUILT_IN, compare=False)


@value
class ExtendedAcl:
    """``Add-VMNetworkAdapterExtendedAcl``: the largest weight is tried first."""

    action: str
    direction: Direction
    weight: int
    vms: Selector = field(default_factory=Selector)
    local: Addresses | None = None
    remote: Addresses | None = None
    protocol: Protocol | None = None
    local_port: Ports | None = None
    remote_port: Ports | None = None
    stateful: bool = False
    idle_timeout: int | None = None
    isolation_id: int = 0
    origin: Origin = field(default=BUILT_IN, compare=False)


@value
class DatacenterAcl:
    """An access control list entry of Network Controller: the lowest priority is tried first."""

    name: str
    action: str
    direction: Direction
    priority: int
    vms: Selector = field(default_factory=Selector)
    protocol: Protocol | None = None
    source: Addresses | None = None
    destination: Addresses | None = None
    source_port: Ports | None = None
    destination_port: Ports | None = None
    stateful: bool = False
    origin: Origin = field(default=BUILT_IN, compare=False)
