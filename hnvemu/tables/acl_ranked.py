"""Lists whose entries have a rank: extended ACLs by weight, datacenter ACLs by priority.

The first entry that matches decides. Of equal ranks a deny is tried first (ACL-41, ACL-51).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from hnvemu.model.acl import Mechanism
from hnvemu.tables.acl import BOTH_WAYS, SIDES, Row, RuleList, Within
from hnvemu.tables.acl_shared import SharedLists
from hnvemu.tables.table import Axis
from hnvemu.trace.steps import AclAllowed, AclDenied, NotEvaluated, PortBlocked
from hnvemu.wire.flow import TCP, UDP

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping

    from hnvemu.model.acl import Addresses, DatacenterAcl, Direction, ExtendedAcl, Ports
    from hnvemu.model.topology import VmPort
    from hnvemu.tables.acl import Meaning

_TRANSPORTS = (TCP, UDP)
_TCP_OR_UDP = Within(Axis.PROTOCOL, tuple((number, number) for number in _TRANSPORTS), "protocol")


class ExtendedLists(SharedLists["ExtendedAcl"]):
    """Extended ACLs: the larger weight is tried first."""

    mechanism: ClassVar = Mechanism.EXTENDED

    def __init__(self, acls: Iterable[ExtendedAcl]) -> None:
        super().__init__(acls)
        self._vsids = {acl.isolation_id for acl in acls}

    def _traits(self, port: VmPort) -> Hashable:
        return port.vsid if port.vsid in self._vsids else None

    def _is_in_force(self, rule: ExtendedAcl, port: VmPort) -> bool:
        return rule.isolation_id in (0, port.vsid)  # ACL-44

    def _addresses(self, rule: ExtendedAcl) -> tuple[Addresses | None, ...]:
        return rule.local, rule.remote

    def _made(
        self, rule: ExtendedAcl, direction: Direction, port: VmPort, meaning: Meaning
    ) -> Iterator[Row]:
        del port
        # Of equal weights a deny, then what keeps state, and keeps it longer.
        idle_timeout = rule.idle_timeout
        rank = (-rule.weight, rule.action != "deny", not rule.stateful, -(idle_timeout or 0))
        local, remote, local_port, remote_port, *_ = SIDES[direction]
        conditions = meaning.conditions(
            rule.protocol,
            (
                (local_port, rule.local_port, "local port"),
                (remote_port, rule.remote_port, "remote port"),
            ),
            ((local, rule.local, "local address"), (remote, rule.remote, "remote address")),
        )
        named = _names_a_port(local_port=rule.local_port, remote_port=rule.remote_port)
        if named is not None:
            step = NotEvaluated(f"{Mechanism.EXTENDED}.{named}", rule.origin)
            yield Row(rank, conditions, step, rule)
        elif rule.action == "deny":
            yield Row(rank, conditions, AclDenied, rule)
        else:
            number = None if rule.protocol is None else rule.protocol.number
            if rule.stateful and number in (None, *_TRANSPORTS):  # ACL-43
                narrowed = conditions if number else (_TCP_OR_UDP, *conditions)
                yield Row(rank, narrowed, AclAllowed, rule, True, idle_timeout)
            if not rule.stateful or number not in _TRANSPORTS:
                yield Row(rank, conditions, AclAllowed, rule)


class DatacenterLists(SharedLists["DatacenterAcl"]):
    """Datacenter ACLs: the lower priority is tried first."""

    mechanism: ClassVar = Mechanism.DATACENTER

    def __init__(self, acls: Iterable[DatacenterAcl], *, blocks_others: bool) -> None:
        """Take every entry of a policy.

        Args:
            acls: In the order of the policy.
            blocks_others: Whether a port is blocked that none of the entries names (ACL-51).
        """
        super().__init__(acls)
        self._blocks_others = blocks_others

    def _traits(self, port: VmPort) -> Hashable:
        return bool(port.vsid)

    def _addresses(self, rule: DatacenterAcl) -> tuple[Addresses | None, ...]:
        return rule.source, rule.destination

    def _made(
        self, rule: DatacenterAcl, direction: Direction, port: VmPort, meaning: Meaning
    ) -> Iterator[Row]:
        del direction, port
        rank = (rule.priority, rule.action != "deny", not rule.stateful)
        conditions = meaning.conditions(
            rule.protocol,
            (
                (Axis.SRC_PORT, rule.source_port, "source port"),
                (Axis.DST_PORT, rule.destination_port, "destination port"),
            ),
            (
                (Axis.SRC, rule.source, "source address"),
                (Axis.DST, rule.destination, "destination address"),
            ),
        )
        named = _names_a_port(source_port=rule.source_port, destination_port=rule.destination_port)
        if named is not None:
            step = NotEvaluated(f"{Mechanism.DATACENTER}.{named}", rule.origin)
            yield Row(rank, conditions, step, rule)
        elif rule.action == "deny":
            yield Row(rank, conditions, AclDenied, rule)
        else:
            yield Row(rank, conditions, AclAllowed, rule, rule.stateful)

    def _ordered(
        self, rows: Mapping[Direction, list[Row]], port: VmPort
    ) -> Mapping[Direction, RuleList]:
        if any(rows.values()) or not self._blocks_others or not port.vsid:
            return super()._ordered(rows, port)
        return {
            direction: RuleList(direction, self.mechanism, (), PortBlocked, default_ends=True)
            for direction in BOTH_WAYS
        }


def _names_a_port(**ports: Ports | None) -> str | None:
    """Return the first key whose ports only Windows can resolve while it runs (ACL-17)."""
    for key, stated in ports.items():
        if stated is not None and stated.keywords:
            return key
    return None
