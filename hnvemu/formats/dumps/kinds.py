"""Which cmdlet an object came from, told by the properties that it has."""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache


class Kind(StrEnum):
    """What an object of a dump is, by the cmdlet that prints it."""

    LOOKUP_RECORD = "Get-NetVirtualizationLookupRecord"
    CUSTOMER_ROUTE = "Get-NetVirtualizationCustomerRoute"
    PROVIDER_ADDRESS = "Get-NetVirtualizationProviderAddress"
    PROVIDER_ROUTE = "Get-NetVirtualizationProviderRoute"
    GLOBAL = "Get-NetVirtualizationGlobal"
    ADAPTER = "Get-VMNetworkAdapter"
    PORT_ACL = "Get-VMNetworkAdapterAcl"
    EXTENDED_ACL = "Get-VMNetworkAdapterExtendedAcl"
    FIREWALL_RULE = "Get-NetFirewallRule"
    PORT_FILTER = "Get-NetFirewallPortFilter"
    ADDRESS_FILTER = "Get-NetFirewallAddressFilter"
    APPLICATION_FILTER = "Get-NetFirewallApplicationFilter"
    SERVICE_FILTER = "Get-NetFirewallServiceFilter"
    MAPPING = "Get-PACAMapping"
    HELD_ADDRESS = "Get-ProviderAddress"


_SIGNS: tuple[tuple[Kind, frozenset[str], frozenset[str]], ...] = tuple(
    (kind, frozenset(present.split()), frozenset(absent.split()))
    for kind, present, absent in (
        (Kind.LOOKUP_RECORD, "customeraddress virtualsubnetid provideraddress macaddress", ""),
        (Kind.CUSTOMER_ROUTE, "routingdomainid destinationprefix virtualsubnetid", ""),
        (Kind.PROVIDER_ADDRESS, "provideraddress prefixlength", ""),
        (Kind.PROVIDER_ROUTE, "destinationprefix nexthop", "routingdomainid ifindex"),
        (Kind.GLOBAL, "useexternalrouter", ""),
        (Kind.EXTENDED_ACL, "localipaddress remoteipaddress weight direction action", ""),
        (Kind.PORT_ACL, "localaddress remoteaddress direction action", "displayname"),
        (Kind.ADAPTER, "macaddress switchname vmname", ""),
        (Kind.ADAPTER, "macaddress vmname virtualsubnetid", ""),
        (Kind.FIREWALL_RULE, "displayname direction action", ""),
        (Kind.PORT_FILTER, "instanceid protocol localport remoteport", ""),
        (Kind.ADDRESS_FILTER, "instanceid localaddress remoteaddress", ""),
        (Kind.APPLICATION_FILTER, "instanceid program", ""),
        (Kind.SERVICE_FILTER, "instanceid service", ""),
        (Kind.MAPPING, "caipaddress camacaddress virtualsubnetid paipaddress", ""),
        (Kind.HELD_ADDRESS, "provideraddress subnetmask", ""),
    )
)


@lru_cache(maxsize=1024)
def kind_of(names: tuple[str, ...]) -> Kind | None:
    """Return what an object with these folded property names is; None where it is nothing known."""
    have = set(names)
    for kind, present, absent in _SIGNS:
        if present <= have and not absent & have:
            return kind
    return None


def kind_named(name: str) -> Kind | None:
    """Return the kind that a list is named after: ``NetVirtualizationLookupRecord``."""
    folded = name.replace("-", "").replace("_", "").lower().removesuffix("s")
    for kind in (Kind.LOOKUP_RECORD, Kind.CUSTOMER_ROUTE):
        noun = kind.removeprefix("Get-").lower()
        if folded.removeprefix("get") in (noun, noun.removeprefix("netvirtualization")):
            return kind
    return None


def could_hold(names: set[str]) -> bool:
    """Whether some object with properties of these folded names would be of a known kind."""
    return any(present <= names for _, present, _ in _SIGNS)
