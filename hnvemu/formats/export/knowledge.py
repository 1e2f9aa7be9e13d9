"""What each host is told: the policy's records and routes, as its view changes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hnvemu.model.policy import Restart

if TYPE_CHECKING:
    from hnvemu.model.policy import Policy
    from hnvemu.model.provider import ProviderAddress
    from hnvemu.model.records import CustomerRoute, LookupRecord


class Knowledge(NamedTuple):
    """What one host has."""

    addresses: tuple[ProviderAddress, ...]
    records: tuple[LookupRecord, ...]
    routes: tuple[CustomerRoute, ...]


def knowledge_of(policy: Policy, host: str) -> Knowledge:
    """Return what a host has: of a host that lost it by a restart, what it was told since."""
    addresses = policy.hosts[host].addresses
    view = policy.views.get(host)
    if view is None:
        return Knowledge(addresses, policy.records, policy.routes)
    other = view.lookup_records
    if view.restarted is not Restart.NO:
        return Knowledge(() if view.restarted is Restart.ALL else addresses, other, ())
    absent = {(key.vsid, key.ca) for key in view.without_lookup_records}
    absent |= {(record.vsid, record.ca) for record in other}
    gone = set(view.without_customer_routes)
    return Knowledge(
        addresses,
        (*(r for r in policy.records if (r.vsid, r.ca) not in absent), *other),
        tuple(r for r in policy.routes if (r.network, r.prefix) not in gone),
    )
