"""What was seen on hosts, or told to them: the one thing that every imported format is read into.

A dump says what one host has; a script says what it tells to which host; a controller says what
it would tell to all. Each of them fills an :class:`Inventory`, and one function makes a policy of
it: what all hosts share becomes the policy's, and where a host differs it gets a view of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.model.origin import BUILT_IN, Origin
from hnvemu.model.policy import Profile
from hnvemu.value import field, value

if TYPE_CHECKING:
    from hnvemu.findings import Finding
    from hnvemu.model.acl import (
        DatacenterAcl,
        ExtendedAcl,
        FirewallDefault,
        FirewallRule,
        PortAcl,
    )
    from hnvemu.model.policy import Policy
    from hnvemu.model.provider import ProviderAddress, ProviderRoute
    from hnvemu.model.records import CustomerRoute, LookupRecord
    from hnvemu.model.topology import VmPort


@value
class HostInventory:
    """What one host has."""

    name: str
    addresses: tuple[ProviderAddress, ...] = ()
    provider_routes: tuple[ProviderRoute, ...] = ()
    routes: tuple[CustomerRoute, ...] | None = None
    """The customer routes that it knows; None: nobody said, so it knows what the others know."""
    records: tuple[LookupRecord, ...] | None = None
    """The lookup records that it knows; None: nobody said."""
    ports: tuple[VmPort, ...] = ()
    """The adapters of its VMs, named ``VM`` or ``VM:adapter``.

    Their ``network`` is a name, an RDID, or empty where nobody said it. A multi-tenant adapter is
    a port in each routing domain, with the adapter's name as ``trunk``.
    """
    mtu: int | None = None
    use_external_router: bool = False
    origin: Origin = field(default=BUILT_IN, compare=False)


@value
class Inventory:
    """All hosts, and what belongs to none of them.

    Selectors name ports as :attr:`HostInventory.ports` does, with ``host/`` or ``network/`` before
    the name where that is known.
    """

    hosts: tuple[HostInventory, ...] = ()
    port_acls: tuple[PortAcl, ...] = ()
    extended_acls: tuple[ExtendedAcl, ...] = ()
    datacenter_acls: tuple[DatacenterAcl, ...] = ()
    firewall_rules: tuple[FirewallRule, ...] = ()
    firewall_defaults: tuple[FirewallDefault, ...] = ()
    networks: tuple[tuple[str, str], ...] = ()
    """Name and RDID of virtual networks that have a name; others are named by their RDID."""
    profile: Profile = Profile.WS2012R2
    name: str = ""


@value
class Imported:
    """A policy made of something else, and what was lost on the way."""

    policy: Policy
    losses: tuple[Finding, ...] = ()
    """What was not understood, each with its place."""
