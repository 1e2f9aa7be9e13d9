"""All rules of the forwarding model, in series, each in the module of its series."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hnvemu.catalogue import (
    acl,
    arp,
    broadcast,
    delivery,
    encapsulation,
    forwarding,
    gateway,
    ingress,
    mobility,
    objects,
    receive,
    source,
)

if TYPE_CHECKING:
    from hnvemu.catalogue.definition import Rule

SERIES: Final = (
    ("objects", objects.RULES),
    ("at the sending port", ingress.RULES),
    ("the sender's record", source.RULES),
    ("route, record and transformation", forwarding.RULES),
    ("out of the host and out of the switch", delivery.RULES),
    ("into the receiving host", receive.RULES),
    ("ARP and neighbour discovery", arp.RULES),
    ("broadcast, DHCP and ICMP", broadcast.RULES),
    ("gateways", gateway.RULES),
    ("encapsulation", encapsulation.RULES),
    ("access control lists", acl.RULES),
    ("moves and restarts", mobility.RULES),
)
"""By the name of each series its rules."""

RULES: Final[dict[str, Rule]] = {rule.id: rule for _, rules in SERIES for rule in rules}
"""Every rule by its id."""
