"""Firewall rules as lists: Block before Allow before the default (ACL-12)."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar

from hnvemu.model.acl import Action, Direction, FirewallDefault, Mechanism
from hnvemu.tables.acl import SIDES, Row, RuleList, keep_state
from hnvemu.tables.acl_shared import Selection, SharedLists
from hnvemu.trace.steps import AclAllowed, AclDefaultDenied, AclDefaulted, AclDenied, NotEvaluated

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    from hnvemu.model.acl import Addresses, Firewall, FirewallRule, Ports
    from hnvemu.model.topology import VmPort
    from hnvemu.tables.acl import Condition, Meaning

OPEN = FirewallDefault(inbound=Action.ALLOW, outbound=Action.ALLOW)
"""What a policy without a firewall section says: a port without rules filters nothing (ACL-14)."""


class _Rank(IntEnum):
    """The order of one direction."""

    OVERRIDE = 0
    BLOCK = 1
    UNKNOWN_BLOCK = 2
    ALLOW = 3
    UNKNOWN_ALLOW = 4


class FirewallLists(SharedLists["FirewallRule"]):
    """The two lists that every port has."""

    mechanism: ClassVar = Mechanism.FIREWALL

    def __init__(self, firewall: Firewall) -> None:
        super().__init__(firewall.rules)
        self._defaults = Selection(firewall.defaults)

    def _traits(self, port: VmPort) -> Hashable:
        return port.network_profile, self._defaults.selectors_of(port)

    def _is_in_force(self, rule: FirewallRule, port: VmPort) -> bool:
        profiles = rule.profiles
        return rule.enabled and (profiles is None or port.network_profile in profiles)  # ACL-20

    def _addresses(self, rule: FirewallRule) -> tuple[Addresses | None, ...]:
        return rule.local_address, rule.remote_address

    def _made(
        self, rule: FirewallRule, direction: Direction, port: VmPort, meaning: Meaning
    ) -> Iterable[Row]:
        del port
        conditions = _conditions(rule, direction, meaning)
        blocks = rule.action is Action.BLOCK
        key = _unevaluable(rule)
        if rule.override_block and not blocks:
            step = NotEvaluated("firewall.rules.override_block", rule.origin)
            return (Row((_Rank.OVERRIDE,), conditions, step, rule),)
        if key is not None:
            step = NotEvaluated(f"firewall.rules.{key}", rule.origin)
            rank = _Rank.UNKNOWN_BLOCK if blocks else _Rank.UNKNOWN_ALLOW
            return (Row((rank,), conditions, step, rule),)
        if blocks:
            return (Row((_Rank.BLOCK,), conditions, AclDenied, rule),)
        return (Row((_Rank.ALLOW,), conditions, AclAllowed, rule, opens=True),)

    def _ordered(
        self, rows: Mapping[Direction, list[Row]], port: VmPort
    ) -> Mapping[Direction, RuleList]:
        lists = {
            direction: _list(direction, found, *self._default(direction, port))
            for direction, found in rows.items()
        }
        for each in lists.values():
            each.keeps_state = True
        keep_state(lists)
        return lists

    def _default(self, direction: Direction, port: VmPort) -> tuple[FirewallDefault, Action]:
        """Return what becomes of packets that no rule matches: what is stated last decides."""
        found = OPEN, Action.ALLOW
        for stated in self._defaults.by(self._defaults.selectors_of(port)):
            action = stated.inbound if direction is Direction.INBOUND else stated.outbound
            if action is not None:
                found = stated, action
        return found


def _list(
    direction: Direction, rows: Iterable[Row], statement: FirewallDefault, action: Action
) -> RuleList:
    if action is Action.BLOCK:
        return RuleList(
            direction,
            Mechanism.FIREWALL,
            rows,
            lambda port, direction: AclDefaultDenied(statement, port, direction),
            default_ends=True,
        )
    # Whether an Allow that cannot be evaluated matches or not, the packet passes.
    return RuleList(
        direction,
        Mechanism.FIREWALL,
        [row for row in rows if row.rank != (_Rank.UNKNOWN_ALLOW,)],
        lambda port, direction: AclDefaulted(statement, port, direction),
        default_ends=False,
        default_opens=True,
    )


def _unevaluable(rule: FirewallRule) -> str | None:
    """Name the first condition of ``rule`` that no switch port can see, or None."""
    for key in ("program", "service", "user"):
        if getattr(rule, key):
            return key
    for key in ("local_port", "remote_port"):
        ports: Ports | None = getattr(rule, key)
        if ports is not None and ports.keywords:
            return key
    return None


def _conditions(
    rule: FirewallRule, direction: Direction, meaning: Meaning
) -> tuple[Condition, ...]:
    local, remote, local_port, remote_port, *_ = SIDES[direction]
    return meaning.conditions(
        rule.protocol,
        (
            (local_port, rule.local_port, "local port"),
            (remote_port, rule.remote_port, "remote port"),
        ),
        (
            (local, rule.local_address, "local address"),
            (remote, rule.remote_address, "remote address"),
        ),
        rule.icmp_type,
    )
