"""Access control lists, for the ports that their subnets and addresses put them on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.findings import Note
from hnvemu.formats.conditions import addresses_of, ports_of, protocol_of
from hnvemu.formats.network_controller import resources
from hnvemu.formats.network_controller.names import readable
from hnvemu.formats.network_controller.networks import integer, report_trouble
from hnvemu.model.acl import Addresses, AddressRange, DatacenterAcl, Direction
from hnvemu.model.topology import Selector
from hnvemu.value import replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hnvemu.addresses import IPPrefix
    from hnvemu.formats.network_controller.adapters import Adapter
    from hnvemu.formats.network_controller.json_tree import Node
    from hnvemu.formats.network_controller.losses import Losses
    from hnvemu.formats.network_controller.networks import Network
    from hnvemu.formats.network_controller.resources import Resource, Store
    from hnvemu.model.acl import Ports

LAST = 1_000_000
"""The priority of a list's default: behind every rule."""
_EVERY_PORT = (0, 0xFFFF)
_OWN_NETWORK = "virtualnetwork"
"""The tag for the address space of the virtual network that a port is in."""


def read_access_lists(
    store: Store, adapters: Iterable[Adapter], losses: Losses
) -> tuple[DatacenterAcl, ...]:
    """Return the entries of all lists that are on a port."""
    ports: dict[str, dict[str, Network]] = {}
    lists: dict[str, Resource] = {}
    unknown: set[str] = set()
    for adapter in adapters:
        name = f"{adapter.network.name}/{adapter.name}"
        on_subnet = adapter.subnet.resource.properties.get("accessControlList")
        found: set[str] = set()
        for stated in (on_subnet, *adapter.access_lists):
            if stated is None:
                continue
            ref = store.reference(stated, resources.ACCESS_LISTS)
            listed = store.find(stated, resources.ACCESS_LISTS)
            if listed is None:
                if ref not in unknown:
                    unknown.add(ref)
                    called = ref.rpartition("/")[2] or stated.word()
                    losses.add(
                        f"access control list '{called}' is not among the resources",
                        stated.origin,
                    )
                continue
            found.add(ref)
            lists[ref] = listed
            ports.setdefault(ref, {})[name] = adapter.network
        if len(found) > 1:
            losses.add(
                f"port '{name}' has a list of its own and one of its subnet: their entries are"
                " tried together here, by priority",
                adapter.resource.origin,
                notes=tuple(Note(f"'{lists[r].title}' is here", lists[r].origin) for r in found),
            )
    return tuple(
        entry
        for ref, listed in lists.items()
        for entry in _entries(store, listed, ports[ref], losses)
    )


def _entries(
    store: Store, listed: Resource, ports: dict[str, Network], losses: Losses
) -> Iterator[DatacenterAcl]:
    report_trouble(listed, "access control list", losses)
    networks = {network.ref: network for network in ports.values()}
    everyone = Selector(patterns=tuple(ports))
    for rule in store.below(listed, "aclRules"):
        said = rule.properties
        # What the tag means differs from network to network, so each has an entry of its own.
        per_network = any(
            _OWN_NETWORK in map(str.casefold, _words(said, key))
            for key in ("sourceAddressPrefix", "destinationAddressPrefix")
        )
        for network in networks.values() if per_network else (next(iter(networks.values())),):
            try:
                entry = _entry(listed, rule, network.prefixes, losses)
            except ValueError as error:
                losses.add(f"rule '{rule.id}' of '{listed.title}': {error}", rule.origin)
                break
            names = tuple(name for name, at in ports.items() if at is network)
            yield replace(entry, vms=Selector(patterns=names) if per_network else everyone)
    for entry in _defaults(listed, losses):
        yield replace(entry, vms=everyone)


def _entry(
    listed: Resource, rule: Resource, space: Sequence[IPPrefix], losses: Losses
) -> DatacenterAcl:
    said = rule.properties
    directions = {"inbound": Direction.INBOUND, "outbound": Direction.OUTBOUND}
    direction = directions.get(said.word("type").casefold())
    if direction is None:
        raise ValueError(f"its type is '{said.word('type')}', not Inbound or Outbound")
    action = said.word("action").casefold()
    if action not in {"allow", "deny"}:
        raise ValueError(f"its action is '{said.word('action')}', not Allow or Deny")
    stated = said.get("priority")
    priority = LAST - 1 if stated is None else integer(stated, LAST - 1, losses)
    return DatacenterAcl(
        name=readable(f"{listed.title}.{rule.id}"),
        action=action,
        direction=direction,
        priority=priority,
        protocol=protocol_of(said.word("protocol")),
        source=_addresses(said, "sourceAddressPrefix", space),
        destination=_addresses(said, "destinationAddressPrefix", space),
        source_port=_ports(said, "sourcePortRange"),
        destination_port=_ports(said, "destinationPortRange"),
        stateful=action == "allow",
        origin=rule.origin,
    )


def _defaults(listed: Resource, losses: Losses) -> Iterator[DatacenterAcl]:
    """Yield the entries that stand for what a list does with what no rule matches."""
    empty = not any(listed.properties.each("aclRules"))
    for direction in (Direction.INBOUND, Direction.OUTBOUND):
        stated = listed.properties.get(f"{direction}DefaultAction")
        action = "allow" if stated is None else stated.word().casefold()
        if stated is not None and action not in {"allow", "deny"}:
            losses.add(
                f"the default action of '{listed.title}' is '{stated.word()}', not Allow or Deny",
                stated.origin,
            )
            continue
        # A list without rules unblocks its ports all the same.
        if stated is not None or empty:
            yield DatacenterAcl(
                name=f"{listed.title}.{direction}DefaultAction",
                action=action,
                direction=direction,
                priority=LAST,
                stateful=action == "allow",
                origin=listed.origin if stated is None else stated.origin,
            )


def _addresses(said: Node, key: str, space: Sequence[IPPrefix]) -> Addresses | None:
    words = _words(said, key)
    tags = [word for word in words if word.casefold() == _OWN_NETWORK]
    found = addresses_of(word for word in words if word not in tags)
    if not tags or (found is None and len(tags) < len(words)):
        return found
    own = tuple(
        AddressRange(prefix.version, int(prefix.network_address), int(prefix.broadcast_address))
        for prefix in space
    )
    return Addresses(own) if found is None else Addresses(found.ranges + own, found.keywords)


def _ports(said: Node, key: str) -> Ports | None:
    found = ports_of(_words(said, key))
    # Rules for all ports are written with their range, also where the protocol has none.
    return None if found is not None and _EVERY_PORT in found.ranges else found


def _words(said: Node, key: str) -> list[str]:
    return [word.strip() for node in said.each(key) for word in node.word().split(",")]
