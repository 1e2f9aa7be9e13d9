"""Firewall rules as lists: Block before Allow before the default (ACL-12)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.model.acl import Action, Direction, FirewallDefault, Mechanism
from hnvemu.tables.acl import BOTH_WAYS, SIDES, Entry, Filter, keep_state, selects
from hnvemu.trace.steps import AclAllowed, AclDefaultDenied, AclDefaulted, AclDenied, NotEvaluated

if TYPE_CHECKING:
    from hnvemu.model.acl import Firewall, FirewallRule, Ports
    from hnvemu.model.topology import VmPort
    from hnvemu.tables.acl import Condition, Meaning

OPEN = FirewallDefault(inbound=Action.ALLOW, outbound=Action.ALLOW)
"""What a policy without a firewall section says: a port without rules filters nothing (ACL-14)."""


def firewall_lists(firewall: Firewall, port: VmPort, meaning: Meaning) -> dict[Direction, Filter]:
    """Build the two lists of ``port``."""
    default = dict.fromkeys(BOTH_WAYS, OPEN)
    actions = dict.fromkeys(BOTH_WAYS, Action.ALLOW)
    for stated in firewall.defaults:
        if selects(stated.vms, port):
            for direction, action in (
                (Direction.INBOUND, stated.inbound),
                (Direction.OUTBOUND, stated.outbound),
            ):
                if action is not None:
                    default[direction], actions[direction] = stated, action
    rules = [
        rule
        for rule in firewall.rules
        if rule.enabled
        and (rule.profiles is None or port.network_profile in rule.profiles)  # ACL-20
        and selects(rule.vms, port)
    ]
    filters = {
        direction: _filter(
            port,
            direction,
            [rule for rule in rules if rule.direction is direction],
            (default[direction], actions[direction]),
            meaning,
        )
        for direction in BOTH_WAYS
    }
    inbound, outbound = filters[Direction.INBOUND], filters[Direction.OUTBOUND]
    inbound.opposite, outbound.opposite = outbound, inbound
    steps = [
        step
        for each in filters.values()
        for step in (*(entry.step for entry in each.entries), each.default)
    ]
    keep_state(
        filters, [(step, None) for step in steps if isinstance(step, AclAllowed | AclDefaulted)]
    )
    return filters


def _filter(
    port: VmPort,
    direction: Direction,
    rules: list[FirewallRule],
    default: tuple[FirewallDefault, Action],
    meaning: Meaning,
) -> Filter:
    """Order the rules of one direction: what cannot be evaluated, Block, Allow, default."""
    blocks: list[Entry] = []
    allows: list[Entry] = []
    unknown_blocks: list[Entry] = []
    unknown_allows: list[Entry] = []
    overrides: list[Entry] = []
    for rule in rules:
        conditions = _conditions(rule, direction, meaning)
        key = _unevaluable(rule)
        if rule.override_block and rule.action is Action.ALLOW:
            step = NotEvaluated("firewall.rules.override_block", rule.origin)
            overrides.append(Entry(conditions, step))
        elif key is not None:
            unknown = unknown_blocks if rule.action is Action.BLOCK else unknown_allows
            unknown.append(Entry(conditions, NotEvaluated(f"firewall.rules.{key}", rule.origin)))
        elif rule.action is Action.BLOCK:
            blocks.append(Entry(conditions, AclDenied(rule, port, direction)))
        else:
            allows.append(Entry(conditions, AclAllowed(rule, port, direction)))
    statement, action = default
    if action is Action.BLOCK:
        last: AclDefaulted | AclDefaultDenied = AclDefaultDenied(statement, port, direction)
    else:
        last = AclDefaulted(statement, port, direction)
        unknown_allows = []  # whether such a rule matches or not, the packet passes
    entries = (*overrides, *blocks, *unknown_blocks, *allows, *unknown_allows)
    return Filter(port, direction, Mechanism.FIREWALL, entries, last)


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
