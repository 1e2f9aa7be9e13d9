"""The lists of a port, in the order in which they are asked: all of them must allow (ACL-52).

What the switch filters comes before the firewall, which stands for the one in the guest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hnvemu.model.policy import Profile
from hnvemu.tables.acl import BOTH_WAYS, Meaning
from hnvemu.tables.acl_firewall import FirewallLists

if TYPE_CHECKING:
    from hnvemu.model.acl import Direction
    from hnvemu.model.policy import Policy
    from hnvemu.model.topology import VmPort
    from hnvemu.tables.acl import Filter
    from hnvemu.tables.acl_shared import SharedLists
    from hnvemu.tables.view import View


class AccessLists:
    """The lists of all ports of a policy; equal ones are made once."""

    def __init__(self, policy: Policy, profile: Profile) -> None:
        self._policy = policy
        self._meanings: dict[tuple[int, int], Meaning] = {}
        mechanisms: list[SharedLists[Any]] = []
        if policy.port_acls:
            from hnvemu.tables.acl_port import PortLists  # noqa: PLC0415 - few policies have some

            mechanisms.append(PortLists(policy.port_acls, profile))
        if policy.extended_acls:
            from hnvemu.tables.acl_ranked import ExtendedLists  # noqa: PLC0415 - the same

            mechanisms.append(ExtendedLists(policy.extended_acls))
        if policy.datacenter_acls:
            from hnvemu.tables.acl_ranked import DatacenterLists  # noqa: PLC0415 - the same

            # A policy without any such list has no Network Controller that would close ports.
            closes = profile is Profile.HNVV2
            mechanisms.append(DatacenterLists(policy.datacenter_acls, blocks_others=closes))
        mechanisms.append(FirewallLists(policy.firewall))
        self._mechanisms = mechanisms

    def of(self, port: VmPort, view: View) -> dict[Direction, tuple[Filter, ...]]:
        """Return the lists of ``port`` for each direction, on a host that knows ``view``."""
        place = port.vsid, id(view)  # which the meaning keeps alive
        if place not in self._meanings:
            self._meanings[place] = Meaning(self._policy, port, view)
        found = [lists.at(port, self._meanings[place]) for lists in self._mechanisms]
        return {
            direction: tuple([lists[direction] for lists in found if direction in lists])
            for direction in BOTH_WAYS
        }


def lists_of(
    policy: Policy, profile: Profile, port: VmPort, view: View
) -> dict[Direction, tuple[Filter, ...]]:
    """Return the lists of one port alone."""
    return AccessLists(policy, profile).of(port, view)
