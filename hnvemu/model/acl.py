"""Firewall rules and the other access control lists, as the policy writes them.

Conditions are data: ranges and keywords. What a keyword means depends on the port, so ranges are
made of them where a port's list is compiled, in :mod:`hnvemu.tables.acl`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from hnvemu.addresses import address_of
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


class Mechanism(StrEnum):
    """The kinds of access control lists, by their key of the policy (ACL-52)."""

    PORT = "port_acls"
    EXTENDED = "extended_acls"
    DATACENTER = "datacenter_acls"
    FIREWALL = "firewall"


class AddressRange(NamedTuple):
    """Addresses of one family, both ends included."""

    version: int
    first: int
    last: int

    @property
    def length(self) -> int:
        """How many leading bits all of the addresses share: the length of a prefix."""
        width = 32 if self.version == 4 else 128
        return width - (self.first ^ self.last).bit_length()

    def __str__(self) -> str:
        """Write a prefix where the addresses are one."""
        first, last = (address_of(self.version, end) for end in (self.first, self.last))
        if self.first == self.last:
            return str(first)
        free = (1 << first.max_prefixlen - self.length) - 1
        if self.first & free == 0 and self.last & free == free:
            return f"{first}/{self.length}"
        return f"{first}-{last}"


class Addresses(NamedTuple):
    """An address condition that is not ``any``: a packet's address lies in one of its parts."""

    ranges: tuple[AddressRange, ...]
    keywords: tuple[str, ...] = ()
    """Lower case: ``localsubnet``, ``dns6`` and so on (ACL-15)."""

    def __str__(self) -> str:
        return ", ".join([*map(str, self.ranges), *self.keywords])


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

    mechanism = Mechanism.FIREWALL
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

    mechanism = Mechanism.PORT
    action: str
    """``allow``, ``deny``, or ``meter``, which counts and decides nothing (ACL-30)."""
    direction: Direction
    vms: Selector = field(default_factory=Selector)
    local: Addresses | MacAddress | None = None
    remote: Addresses | MacAddress | None = None
    origin: Origin = field(default=BUILT_IN, compare=False)

    @property
    def name(self) -> str:
        """What tells the entry from others: ``deny remote 10.0.0.0/16``."""
        sides = (("local", self.local), ("remote", self.remote))
        said = [f"{side} {part}" for side, part in sides if part is not None]
        return f"{self.action} {' '.join(said) or 'any'}"

    def __str__(self) -> str:
        return f"port ACL {self.name}"


@value
class ExtendedAcl:
    """``Add-VMNetworkAdapterExtendedAcl``: the largest weight is tried first."""

    mechanism = Mechanism.EXTENDED
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
    """The VSID that the entry is for; 0: every one (ACL-44)."""
    origin: Origin = field(default=BUILT_IN, compare=False)

    @property
    def name(self) -> str:
        """What a cmdlet finds the entry by: ``weight 100``."""
        return f"weight {self.weight}"

    def __str__(self) -> str:
        return f"extended ACL {self.name}"


@value
class DatacenterAcl:
    """An access control list entry of Network Controller: the lowest priority is tried first."""

    mechanism = Mechanism.DATACENTER
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

    def __str__(self) -> str:
        return f"datacenter ACL {self.name}"


AclRule: TypeAlias = FirewallRule | PortAcl | ExtendedAcl | DatacenterAcl
"""An entry of an access control list of any mechanism; all have a ``name``."""
