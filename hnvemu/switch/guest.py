"""What a guest would put into its frame: the destination MAC that ARP or ND told it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hnvemu.addresses import MacAddress, first_host, group_mac

if TYPE_CHECKING:
    from hnvemu.addresses import IPAddress
    from hnvemu.model.topology import VmPort
    from hnvemu.tables.tables import Tables

FALLBACK_GATEWAY_MAC = MacAddress(0x0200_00FF_FF01)
"""Where no ``.1`` record exists: the MAC that generated ones have."""


class FirstHop(NamedTuple):
    """The MAC that a guest sends to, and how it knows."""

    mac: MacAddress
    known: bool
    """Whether a lookup record would have answered the guest's question."""
    why: str
    """Whose MAC it is, in words."""


def first_hop(tables: Tables, port: VmPort, address: IPAddress) -> FirstHop:
    """Return the MAC that the guest behind ``port`` uses to reach ``address``.

    Inside the subnet the peer's, otherwise that of the subnet's ``.1``, both as the host's lookup
    records would answer ARP or ND.
    """
    if address.is_multicast or (address.version == 4 and int(address) == 0xFFFF_FFFF):
        return FirstHop(group_mac(address), known=True, why="the group's")
    view = tables.known(port.host).view
    records = view.records[address.version]
    subnets = [
        route.prefix
        for route in view.ways.routes.of_subnet(port.vsid)
        if route.next_hop is None and route.prefix.version == address.version
    ]
    if any(address in prefix for prefix in subnets):
        record = records.get((port.vsid, int(address)))
        if record is not None:
            return FirstHop(record.mac, known=True, why=f"that of {address}")
        return FirstHop(FALLBACK_GATEWAY_MAC, known=False, why=f"nobody would answer for {address}")
    for prefix in subnets:
        gateway = first_host(prefix)
        record = None if gateway is None else records.get((port.vsid, int(gateway)))
        if record is not None:
            return FirstHop(record.mac, known=True, why=f"that of the gateway {gateway}")
    return FirstHop(FALLBACK_GATEWAY_MAC, known=False, why="the subnet's .1 has no record")
