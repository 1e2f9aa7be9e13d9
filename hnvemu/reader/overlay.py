"""A policy beside scripts and dumps: what it says is added to what was imported.

What was imported is written down as a policy that the others go on with: its hosts and virtual
networks may be continued, and its name and profile are theirs to say. Then everything that was
imported gets its places back, in the scripts and dumps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from hnvemu.formats.export.yaml import yaml_text
from hnvemu.reader.source import Source
from hnvemu.value import replace

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    from hnvemu.model.acl import DatacenterAcl, ExtendedAcl, FirewallDefault, FirewallRule, PortAcl
    from hnvemu.model.origin import Origin
    from hnvemu.model.policy import HostView, Policy
    from hnvemu.model.provider import Host, ProviderAddress, ProviderRoute
    from hnvemu.model.records import CustomerRoute, LookupRecord
    from hnvemu.model.topology import VirtualNetwork, VmPort
    from hnvemu.reader.events import Document

    Row = TypeVar(
        "Row",
        LookupRecord,
        CustomerRoute,
        ProviderAddress,
        ProviderRoute,
        PortAcl,
        ExtendedAcl,
        DatacenterAcl,
        FirewallRule,
        FirewallDefault,
    )
    Named = TypeVar("Named", Host, VirtualNetwork, VmPort, HostView)

BASE = "imported"
"""The name of what was imported, where it is a text."""


def base_of(imported: Policy) -> Source:
    """Return what was imported as a policy file that others go on with."""
    octets = yaml_text(imported).encode()
    return Source(BASE, octets, octets, is_text=True)


def names_in(documents: Iterable[Document]) -> tuple[tuple[str, str], ...]:
    """Return the virtual networks that files name, each with its RDID."""
    return tuple(
        (name, placed.value["rdid"].text)
        for document in documents
        for name, placed in document.sections.get("virtual_networks", {}).items()
        if "rdid" in placed.value
    )


def with_places(policy: Policy, imported: Policy) -> Policy:
    """Return a policy in which everything that was imported has its own place again."""
    places = _Places(imported)
    firewall = policy.firewall
    return replace(
        policy,
        hosts={
            name: replace(
                places.of_named(name, host, imported.hosts),
                addresses=places.of_all(host.addresses),
                routes=places.of_all(host.routes),
            )
            for name, host in policy.hosts.items()
        },
        networks={
            name: places.of_named(name, network, imported.networks)
            for name, network in policy.networks.items()
        },
        ports={
            name: places.of_named(name, port, imported.ports) for name, port in policy.ports.items()
        },
        routes=places.of_all(policy.routes),
        records=places.of_all(policy.records),
        firewall=replace(
            firewall,
            defaults=places.of_all(firewall.defaults),
            rules=places.of_all(firewall.rules),
        ),
        port_acls=places.of_all(policy.port_acls),
        extended_acls=places.of_all(policy.extended_acls),
        datacenter_acls=places.of_all(policy.datacenter_acls),
        views={
            name: replace(
                places.of_named(name, view, imported.views),
                lookup_records=places.of_all(view.lookup_records),
            )
            for name, view in policy.views.items()
        },
        losses=imported.losses,
    )


class _Places:
    """Where everything that was imported stands."""

    def __init__(self, imported: Policy) -> None:
        self._origins: dict[Hashable, Origin] = {}
        for host in imported.hosts.values():
            self._take(host.addresses)
            self._take(host.routes)
        for view in imported.views.values():
            self._take(view.lookup_records)
        self._take(imported.routes)
        self._take(imported.records)
        self._take(imported.firewall.defaults)
        self._take(imported.firewall.rules)
        self._take(imported.port_acls)
        self._take(imported.extended_acls)
        self._take(imported.datacenter_acls)

    def _take(self, rows: Iterable[Row]) -> None:
        for row in rows:
            self._origins.setdefault((type(row), row), row.origin)

    def of_all(self, rows: Iterable[Row]) -> tuple[Row, ...]:
        """Return rows with the places of those that they are made of."""
        return tuple(
            replace(row, origin=self._origins.get((type(row), row), row.origin))
            if row.origin.file == BASE
            else row
            for row in rows
        )

    @staticmethod
    def of_named(name: str, made: Named, known: Mapping[str, Named]) -> Named:
        """Return a thing with the place of the one of its name."""
        if made.origin.file != BASE or name not in known:
            return made
        return replace(made, origin=known[name].origin)
