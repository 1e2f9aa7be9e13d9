"""Port ACLs as lists: the longest match decides (ACL-31, ACL-32).

An entry with several addresses is as many entries, for each match has a length of its own: the
leading bits that an address, a prefix or a range holds fast, 48 for a MAC, none for ``any``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple

from hnvemu.addresses import MacAddress
from hnvemu.model.acl import Direction, Mechanism
from hnvemu.model.policy import Profile
from hnvemu.tables.acl import SIDES, AddressWithin, Row, Within
from hnvemu.tables.acl_shared import SharedLists
from hnvemu.tables.table import GROUP_BIT, Axis
from hnvemu.trace.steps import AclAllowed, AclDenied

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator

    from hnvemu.model.acl import Addresses, AddressRange, PortAcl
    from hnvemu.model.topology import VmPort
    from hnvemu.tables.acl import Condition, Meaning

_MAC_BITS = 48
_IP = Within(Axis.VERSION, ((4, 4), (6, 6)), "IP packet")
# The group bit is the lowest of a MAC's first octet, so unicast MACs are every other block.
_UNICAST = tuple((at, at + GROUP_BIT - 1) for at in range(0, 1 << _MAC_BITS, 2 * GROUP_BIT))


class _Part(NamedTuple):
    """One side of an entry, as far as its matches have one length."""

    length: int
    condition: Condition | None


class PortLists(SharedLists["PortAcl"]):
    """Port ACLs: the longest match decides."""

    mechanism: ClassVar = Mechanism.PORT

    def __init__(self, acls: Iterable[PortAcl], profile: Profile) -> None:
        # ACL-30: a meter counts, and whatever it matches is for the others to decide.
        super().__init__([acl for acl in acls if acl.action != "meter"])
        self._macs = {acl.local for acl in acls if isinstance(acl.local, MacAddress)}
        self._profile = profile

    def _traits(self, port: VmPort) -> Hashable:
        return port.mac if port.mac in self._macs else None

    def _scope(self, rule: PortAcl, port: VmPort, meaning: Meaning) -> Hashable:
        return super()._scope(rule, port, meaning), rule.local == port.mac

    def _addresses(self, rule: PortAcl) -> tuple[Addresses | MacAddress | None, ...]:
        return rule.local, rule.remote

    def _made(
        self, rule: PortAcl, direction: Direction, port: VmPort, meaning: Meaning
    ) -> Iterator[Row]:
        """Yield a row for each pair of lengths."""
        sides = SIDES[direction]
        decides = AclDenied if rule.action == "deny" else AclAllowed
        has_mac = isinstance(rule.local, MacAddress) or isinstance(rule.remote, MacAddress)
        # Only a MAC can be compared with a frame that is not IP.
        always = () if has_mac else (_IP,)
        remotes = list(_parts(rule.remote, sides.remote, sides.remote_mac, "remote", meaning))
        if direction is Direction.INBOUND and self._profile is not Profile.TRANSPARENT:
            locals_ = list(_written(rule.local, port, meaning))
        else:
            locals_ = list(_parts(rule.local, sides.local, sides.local_mac, "local", meaning))
        for local in locals_:
            for remote in remotes:
                parts = (local.condition, remote.condition)
                conditions = tuple(part for part in parts if part is not None)
                rank = (-(local.length + remote.length), -remote.length, rule.action != "deny")
                yield Row(rank, (*always, *conditions), decides, rule)


def _parts(
    side: Addresses | MacAddress | None, axis: Axis, mac_axis: Axis, name: str, meaning: Meaning
) -> Iterator[_Part]:
    """Yield what one side says, by the length of a match."""
    if side is None:
        yield _Part(0, None)
    elif isinstance(side, MacAddress):
        yield _Part(_MAC_BITS, Within(mac_axis, ((side, side),), f"{name} MAC"))
    else:
        by_length: dict[int, list[AddressRange]] = {}
        for part in meaning.ranges(side):
            by_length.setdefault(part.length, []).append(part)
        for length, ranges in by_length.items():
            yield _Part(length, AddressWithin(axis, tuple(ranges), f"{name} address"))


def _written(
    side: Addresses | MacAddress | None, port: VmPort, meaning: Meaning
) -> Iterator[_Part]:
    """Yield what the local side says of frames whose destination MAC HNV has written.

    The flow has the MAC that the sender wrote. What arrives has the port's own, unless it is for
    a group (FWD-21).
    """
    if isinstance(side, MacAddress) and side == port.mac:
        yield _Part(_MAC_BITS, Within(Axis.DST_MAC, _UNICAST, "local MAC"))
    elif isinstance(side, MacAddress) and not side & GROUP_BIT:
        yield _Part(_MAC_BITS, Within(Axis.DST_MAC, (), "local MAC"))
    else:
        yield from _parts(side, Axis.DST, Axis.DST_MAC, "local", meaning)
