"""What each host is told: the policy's records and routes, as its view changes them.

And which ports a policy's entries are for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hnvemu.model.policy import Restart

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hnvemu.model.policy import Policy
    from hnvemu.model.provider import ProviderAddress
    from hnvemu.model.records import CustomerRoute, LookupRecord
    from hnvemu.model.topology import Selector


class Knowledge(NamedTuple):
    """What one host has."""

    addresses: tuple[ProviderAddress, ...]
    records: Sequence[LookupRecord]
    routes: Sequence[CustomerRoute]


class Chosen:
    """The ports that selectors name, found by their names and not one by one."""

    def __init__(self, policy: Policy) -> None:
        self._ports = dict.fromkeys(policy.ports)
        self._places = {port: at for at, port in enumerate(self._ports)}
        self._named: dict[str, list[str]] = {}
        for port in policy.ports:
            vm = port.partition(":")[0]
            for name in {port, vm, port.partition("/")[2], vm.partition("/")[2]}:
                self._named.setdefault(name, []).append(port)
        self._found: dict[Selector, dict[str, None]] = {}

    def by(self, selector: Selector) -> dict[str, None]:
        """Return the names of the ports that a selector names, in the policy's order."""
        found = self._found.get(selector)
        if found is None:
            found = self._found[selector] = self._look_for(selector)
        return found

    def halved(self, selector: Selector) -> list[str]:
        """Return the names of VMs that also name a port which a selector does not."""
        chosen = self.by(selector)
        vms = dict.fromkeys(port.partition(":")[0].rpartition("/")[2] for port in chosen)
        return [vm for vm in vms if any(port not in chosen for port in self._named[vm])]

    def _look_for(self, selector: Selector) -> dict[str, None]:
        if selector.patterns is None:
            return self._ports
        if any(sign in pattern for pattern in selector.patterns for sign in "*?["):
            return {port: None for port in self._ports if selector.selects(port)}
        named = {port for pattern in selector.patterns for port in self._named.get(pattern, ())}
        return dict.fromkeys(sorted(named, key=self._places.__getitem__))


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
