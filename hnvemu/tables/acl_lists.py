"""The lists of a port, in the order in which they are asked: all of them must allow (ACL-52).

What the switch filters comes before the firewall, which stands for the one in the guest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.model.policy import Profile
from hnvemu.tables.acl import BOTH_WAYS, Meaning
from hnvemu.tables.acl_firewall import firewall_lists

if TYPE_CHECKING:
    from hnvemu.model.acl import Direction
    from hnvemu.model.policy import Policy
    from hnvemu.model.topology import VmPort
    from hnvemu.tables.acl import Filter
    from hnvemu.tables.view import View


def lists_of(
    policy: Policy, profile: Profile, port: VmPort, view: View
) -> dict[Direction, tuple[Filter, ...]]:
    """Return the lists of ``port`` for each direction, on a host that knows ``view``."""
    meaning = Meaning(policy, port, view)
    found: list[dict[Direction, Filter]] = []
    if policy.port_acls:
        from hnvemu.tables.acl_port import port_lists  # noqa: PLC0415 - few policies have some

        found.append(port_lists(policy.port_acls, port, meaning, profile))
    if policy.extended_acls:
        from hnvemu.tables.acl_ranked import extended_lists  # noqa: PLC0415 - the same

        found.append(extended_lists(policy.extended_acls, port, meaning))
    if policy.datacenter_acls:
        from hnvemu.tables.acl_ranked import datacenter_lists  # noqa: PLC0415 - the same

        # A policy without any such list has no Network Controller that would close ports.
        closes = profile is Profile.HNVV2
        found.append(datacenter_lists(policy.datacenter_acls, port, meaning, blocks_others=closes))
    found.append(firewall_lists(policy.firewall, port, meaning))
    return {
        direction: tuple([lists[direction] for lists in found if direction in lists])
        for direction in BOTH_WAYS
    }
