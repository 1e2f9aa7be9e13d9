"""Lists whose entries have a rank: extended ACLs by weight, datacenter ACLs by priority.

The first entry that matches decides. Of equal ranks a deny is tried first (ACL-41, ACL-51).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.model.acl import Direction, Mechanism
from hnvemu.tables.acl import BOTH_WAYS, SIDES, Entry, Filter, Within, keep_state, selects
from hnvemu.tables.table import Axis
from hnvemu.trace.steps import AclAllowed, AclDenied, AclUnmatched, NotEvaluated, PortBlocked
from hnvemu.wire.flow import TCP, UDP

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hnvemu.model.acl import DatacenterAcl, ExtendedAcl, Ports
    from hnvemu.model.topology import VmPort
    from hnvemu.tables.acl import Meaning, Opener

_TRANSPORTS = (TCP, UDP)
_TCP_OR_UDP = Within(Axis.PROTOCOL, tuple((number, number) for number in _TRANSPORTS), "protocol")


def extended_lists(
    acls: Iterable[ExtendedAcl], port: VmPort, meaning: Meaning
) -> dict[Direction, Filter]:
    """Build the lists of ``port``; a direction without entries has none."""
    rules = [
        acl
        for acl in acls
        if acl.isolation_id in (0, port.vsid) and selects(acl.vms, port)  # ACL-44
    ]
    # Larger weights first; of equal ones a deny, then what keeps state, and keeps it longer.
    rules.sort(
        key=lambda acl: (
            -acl.weight,
            acl.action != "deny",
            not acl.stateful,
            -(acl.idle_timeout or 0),
        )
    )
    openers: list[tuple[Opener, int | None]] = []
    entries: dict[Direction, list[Entry]] = {direction: [] for direction in BOTH_WAYS}
    for rule in rules:
        direction = rule.direction
        local, remote, local_port, remote_port, *_ = SIDES[direction]
        conditions = meaning.conditions(
            rule.protocol,
            (
                (local_port, rule.local_port, "local port"),
                (remote_port, rule.remote_port, "remote port"),
            ),
            ((local, rule.local, "local address"), (remote, rule.remote, "remote address")),
        )
        found = entries[direction]
        named = _names_a_port(local_port=rule.local_port, remote_port=rule.remote_port)
        if named is not None:
            step = NotEvaluated(f"{Mechanism.EXTENDED}.{named}", rule.origin)
            found.append(Entry(conditions, step))
        elif rule.action == "deny":
            found.append(Entry(conditions, AclDenied(rule, port, direction)))
        else:
            number = None if rule.protocol is None else rule.protocol.number
            if rule.stateful and number in (None, *_TRANSPORTS):  # ACL-43
                opener = AclAllowed(rule, port, direction)
                openers.append((opener, rule.idle_timeout))
                narrowed = conditions if number else (_TCP_OR_UDP, *conditions)
                found.append(Entry(narrowed, opener))
            if not rule.stateful or number not in _TRANSPORTS:
                found.append(Entry(conditions, AclAllowed(rule, port, direction)))
    filters = _filters(port, Mechanism.EXTENDED, entries)
    keep_state(filters, openers)
    return filters


def datacenter_lists(
    acls: Iterable[DatacenterAcl], port: VmPort, meaning: Meaning, *, blocks_others: bool
) -> dict[Direction, Filter]:
    """Build the lists of ``port``; a direction without entries has none.

    Args:
        acls: Every entry of the policy.
        port: Whose lists.
        meaning: What addresses mean there.
        blocks_others: Whether a port is blocked that none of the entries names (ACL-51).
    """
    rules = [acl for acl in acls if selects(acl.vms, port)]
    if not rules and blocks_others and port.vsid:
        return {
            direction: Filter(
                port, direction, Mechanism.DATACENTER, (), PortBlocked(port, direction)
            )
            for direction in BOTH_WAYS
        }
    rules.sort(key=lambda acl: (acl.priority, acl.action != "deny", not acl.stateful))
    openers: list[tuple[Opener, int | None]] = []
    entries: dict[Direction, list[Entry]] = {direction: [] for direction in BOTH_WAYS}
    for rule in rules:
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
        step: AclAllowed | AclDenied | NotEvaluated
        named = _names_a_port(source_port=rule.source_port, destination_port=rule.destination_port)
        if named is not None:
            step = NotEvaluated(f"{Mechanism.DATACENTER}.{named}", rule.origin)
        elif rule.action == "deny":
            step = AclDenied(rule, port, rule.direction)
        else:
            step = AclAllowed(rule, port, rule.direction)
            if rule.stateful:
                openers.append((step, None))
        entries[rule.direction].append(Entry(conditions, step))
    filters = _filters(port, Mechanism.DATACENTER, entries)
    keep_state(filters, openers)
    return filters


def _filters(
    port: VmPort, mechanism: Mechanism, entries: dict[Direction, list[Entry]]
) -> dict[Direction, Filter]:
    return {
        direction: Filter(
            port, direction, mechanism, tuple(found), AclUnmatched(port, direction, mechanism)
        )
        for direction, found in entries.items()
        if found
    }


def _names_a_port(**ports: Ports | None) -> str | None:
    """Return the first key whose ports only Windows can resolve while it runs (ACL-17)."""
    for key, stated in ports.items():
        if stated is not None and stated.keywords:
            return key
    return None
