"""Scripts, dumps and resources of Network Controller on their way to a policy.

All files of one kind are read together, and what they say of one host is joined. Of a network
that a controller manages, dumps are what was seen: its resources tell neither VSIDs nor provider
addresses.
"""

from __future__ import annotations

import hashlib
from pathlib import PurePath
from typing import TYPE_CHECKING

from hnvemu.errors import PolicyError
from hnvemu.findings import Finding
from hnvemu.formats.assembly import policy_of
from hnvemu.formats.detect import Format, format_of
from hnvemu.formats.inventory import Inventory
from hnvemu.model.origin import Origin
from hnvemu.reader.source import beside
from hnvemu.value import replace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hnvemu.model.policy import Policy
    from hnvemu.reader.source import Source


def read_imported(sources: Sequence[Source], names: tuple[tuple[str, str], ...] = ()) -> Policy:
    """Make a policy of scripts and dumps; what was not understood stands in its losses.

    Args:
        sources: The files, in order.
        names: Names of virtual networks, each with its RDID, for those that have none.

    Raises:
        PolicyError: A file cannot be parsed.
    """
    digest = hashlib.sha256()
    for source in sources:
        digest.update(source.octets)
    inventory, losses = _inventory(sources)
    inventory = replace(inventory, networks=inventory.networks + names)
    made = policy_of(inventory, sha256=digest.hexdigest())
    return replace(made.policy, losses=(*losses, *made.losses))


def _inventory(sources: Sequence[Source]) -> tuple[Inventory, tuple[Finding, ...]]:
    """Read the files of each kind together."""
    of_format: dict[Format, list[Source]] = {}
    for source in sources:
        of_format.setdefault(format_of(source.name, source.octets), []).append(source)
    losses = _passed_over(of_format)
    if not of_format:
        raise PolicyError(
            tuple(replace(each, help="a policy begins with hnv: 1") for each in losses)
        )
    inventories: list[Inventory] = []
    if dumps := of_format.get(Format.DUMP):
        from hnvemu.formats.dumps import DumpSource, read_dumps  # noqa: PLC0415 - if there is one

        read = read_dumps([DumpSource(dump.name, dump.octets) for dump in dumps])
        inventories.append(read.inventory)
        losses += read.losses
    if scripts := of_format.get(Format.POWERSHELL):
        for inventory, lost in _scripts(scripts):
            inventories.append(inventory)
            losses += lost
    joined = _joined(inventories)
    if resources := of_format.get(Format.NETWORK_CONTROLLER):
        from hnvemu.formats.network_controller import read_resources  # noqa: PLC0415 - as above

        inventory, lost = read_resources(resources, joined)
        losses += lost
        joined = replace(
            inventory,
            port_acls=joined.port_acls,
            extended_acls=joined.extended_acls,
            firewall_rules=joined.firewall_rules,
            firewall_defaults=joined.firewall_defaults,
        )
    return joined, tuple(losses)


def _passed_over(of_format: dict[Format, list[Source]]) -> list[Finding]:
    """Take the files away that say nothing, and tell them."""
    told = [
        (
            Format.NOTHING,
            "the file is empty",
            "it is passed over: if its command found nothing, all is well",
        ),
        (
            Format.STRANGE,
            "the file is no dump of a kind that is known",
            "it is passed over; hnvemu import --collector prints the script that writes dumps",
        ),
    ]
    return [
        Finding(message=message, origin=Origin(source.name, 1, 1), help=advice)
        for kind, message, advice in told
        for source in of_format.pop(kind, ())
    ]


def _scripts(scripts: Sequence[Source]) -> list[tuple[Inventory, tuple[Finding, ...]]]:
    """Read scripts; those that each give their own host an address are named after their files."""
    from hnvemu.formats.powershell import HERE, read_script  # noqa: PLC0415 - if there is one

    read = [read_script(script.name, script.octets, beside(script)) for script in scripts]
    local = [
        at
        for at, (inventory, _) in enumerate(read)
        if any(host.name == HERE and host.addresses for host in inventory.hosts)
    ]
    for at in local if len(local) > 1 else ():
        script = scripts[at]
        here = PurePath(script.name).stem
        read[at] = read_script(script.name, script.octets, beside(script), here)
    return read


def _joined(inventories: Sequence[Inventory]) -> Inventory:
    """Return what all inventories say; the first says the profile and the name."""
    if not inventories:
        return Inventory()
    first = inventories[0]
    return replace(
        first,
        hosts=tuple(host for each in inventories for host in each.hosts),
        port_acls=tuple(acl for each in inventories for acl in each.port_acls),
        extended_acls=tuple(acl for each in inventories for acl in each.extended_acls),
        datacenter_acls=tuple(acl for each in inventories for acl in each.datacenter_acls),
        firewall_rules=tuple(rule for each in inventories for rule in each.firewall_rules),
        firewall_defaults=tuple(rule for each in inventories for rule in each.firewall_defaults),
        networks=tuple(network for each in inventories for network in each.networks),
    )
