"""A policy: everything that its files say, with names resolved and records generated."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from hnvemu.model.acl import Firewall
from hnvemu.model.origin import BUILT_IN, Origin
from hnvemu.value import field, value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hnvemu.addresses import IPAddress, IPPrefix
    from hnvemu.findings import Finding
    from hnvemu.model.acl import DatacenterAcl, ExtendedAcl, PortAcl
    from hnvemu.model.provider import Host
    from hnvemu.model.records import CustomerRoute, LookupRecord
    from hnvemu.model.topology import Selector, VirtualNetwork, VmPort


class Profile(StrEnum):
    """Which product generation a switch behaves like."""

    TRANSPARENT = "transparent"
    WS2012 = "ws2012"
    WS2012R2 = "ws2012r2"
    HNVV2 = "hnvv2"


class Restart(StrEnum):
    """What a restarted host has lost and nobody has given back yet (OBJ-30, MOB-7)."""

    NO = "no"
    POLICY = "policy"
    """Lookup records and customer routes."""
    ALL = "all"
    """The provider addresses too."""


class RecordKey(NamedTuple):
    """A lookup record that a host does not have."""

    vsid: int
    ca: IPAddress


class RouteKey(NamedTuple):
    """A customer route that a host does not have."""

    network: str
    prefix: IPPrefix


class Snapshot(NamedTuple):
    """The records and routes of a policy at an earlier time."""

    records: Sequence[LookupRecord]
    routes: Sequence[CustomerRoute]


@value
class HostView:
    """What one host knows differently from the policy: staleness and omissions."""

    host: str
    without_lookup_records: tuple[RecordKey, ...] = ()
    without_customer_routes: tuple[RouteKey, ...] = ()
    lookup_records: tuple[LookupRecord, ...] = ()
    """In place of the policy's records of the same (vsid, ca)."""
    restarted: Restart = Restart.NO
    snapshot: Snapshot | None = None
    """What the host knows in place of the policy's records and routes; no key of the format."""
    origin: Origin = field(default=BUILT_IN, compare=False)


class Service(NamedTuple):
    """One line of a named service: a protocol and, with TCP and UDP, a range of ports."""

    protocol: int
    ports: tuple[int, int] | None = None


@value
class Group:
    """A named set of ports, for intents."""

    name: str
    network: str | None
    vms: Selector
    origin: Origin = field(default=BUILT_IN, compare=False)


@value
class Policy:
    """All that the distributed switch is told. Immutable; mappings keep the policy's order."""

    name: str = ""
    description: str = ""
    profile: Profile = Profile.TRANSPARENT
    hosts: Mapping[str, Host] = field(default_factory=dict)
    networks: Mapping[str, VirtualNetwork] = field(default_factory=dict)
    ports: Mapping[str, VmPort] = field(default_factory=dict)
    """By the name that output writes: ``T/A``."""
    routes: Sequence[CustomerRoute] = ()
    records: Sequence[LookupRecord] = ()
    """Listed and generated."""
    firewall: Firewall = field(default_factory=Firewall)
    port_acls: tuple[PortAcl, ...] = ()
    extended_acls: tuple[ExtendedAcl, ...] = ()
    datacenter_acls: tuple[DatacenterAcl, ...] = ()
    views: Mapping[str, HostView] = field(default_factory=dict)
    services: Mapping[str, tuple[Service, ...]] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    sha256: str = field(default="", compare=False)
    """Digest of the files' octets, in the order they were read."""
    losses: tuple[Finding, ...] = field(default=(), compare=False)
    """What was not understood of a script or dump that the policy was made of."""
