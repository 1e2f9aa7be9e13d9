"""The cmdlets that help texts name, with the parameters that find the object in question."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from hnvemu.addresses import IPAddress
    from hnvemu.model.records import CustomerRoute, LookupRecord

UNSPECIFIED: Final = {4: "0.0.0.0", 6: "::"}  # noqa: S104 - names no host, by family
"""How cmdlets write an on-link next hop, and the CA of a wildcard."""


def removing(record: LookupRecord) -> str:
    """Return the command that removes a lookup record."""
    return f"Remove-NetVirtualizationLookupRecord {_key(record)}"


def setting(record: LookupRecord, change: str) -> str:
    """Return the command that changes a lookup record, such as its ``-Rule``."""
    return f"Set-NetVirtualizationLookupRecord {_key(record)} {change}"


def unrouting(route: CustomerRoute) -> str:
    """Return the command that removes a customer route."""
    return f"Remove-NetVirtualizationCustomerRoute {_place(route, route.vsid, route.next_hop)}"


def rerouting(
    route: CustomerRoute, *, vsid: int | None = None, next_hop: IPAddress | None = None
) -> str:
    """Return the command for a customer route with another VSID or next hop; no cmdlet sets them.

    The old one is to be removed.
    """
    place = _place(route, vsid or route.vsid, next_hop or route.next_hop)
    return f"New-NetVirtualizationCustomerRoute {place} -Metric {route.metric}"


def _place(route: CustomerRoute, vsid: int, next_hop: IPAddress | None) -> str:
    hop = next_hop or UNSPECIFIED[route.prefix.version]
    return (
        f"-RoutingDomainID '{route.rdid}' -VirtualSubnetID {vsid}"
        f" -DestinationPrefix {route.prefix} -NextHop {hop}"
    )


def _key(record: LookupRecord) -> str:
    return f"-CustomerAddress {record.ca} -VirtualSubnetID {record.vsid} -MACAddress {record.mac}"
