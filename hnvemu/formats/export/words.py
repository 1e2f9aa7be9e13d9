"""The words of the formats: of the cmdlets' parameters, of conditions on addresses and ports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.addresses import MacAddress
from hnvemu.model.acl import Protocol
from hnvemu.model.records import RecordType, Translation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hnvemu.addresses import IPAddress
    from hnvemu.model.acl import Addresses, Ports

RULE_WORDS = {
    Translation.ENCAP: "TranslationMethodEncap",
    Translation.NAT: "TranslationMethodNat",
    Translation.NONE: "TranslationMethodNone",
}
TYPE_WORDS = {
    RecordType.STATIC: "Static",
    RecordType.DYNAMIC: "Dynamic",
    RecordType.GATEWAY_WILDCARD: "GatewayWildcard",
    RecordType.L2_ONLY: "L2Only",
}
_PROTOCOLS = {
    Protocol(6): "tcp",
    Protocol(17): "udp",
    Protocol(1, 4): "icmpv4",
    Protocol(58, 6): "icmpv6",
}
_ANY_ADDRESS = {4: "0.0.0.0", 6: "::"}  # noqa: S104 - how NetWNV writes a next hop that is on-link


def protocol_word(protocol: Protocol) -> str:
    """Return the name of a protocol, or its number where it has none."""
    return _PROTOCOLS.get(protocol, str(protocol.number))


def address_words(condition: Addresses | MacAddress) -> list[str]:
    """Return the addresses, prefixes, ranges and keywords of a condition, or its MAC."""
    if isinstance(condition, MacAddress):
        return [str(condition)]
    return [*map(str, condition.ranges), *condition.keywords]


def port_words(ports: Ports) -> list[str]:
    """Return the ports, ranges and keywords of a condition."""
    return [*range_words(ports.ranges), *ports.keywords]


def range_words(ranges: Iterable[tuple[int, int]]) -> list[str]:
    """Return ``80`` or ``8000-8100`` for each range of ports."""
    return [str(first) if first == last else f"{first}-{last}" for first, last in ranges]


def icmp_words(types: Iterable[tuple[int, int]]) -> list[str]:
    """Return ``type`` or ``type:code`` for each range of ICMP types."""
    return [
        f"{first >> 8}:{first & 0xFF}" if first == last else str(first >> 8)
        for first, last in types
    ]


def next_hop_word(next_hop: IPAddress | None, version: int) -> str:
    """Return a next hop as the cmdlets write it: on-link is the unspecified address."""
    return _ANY_ADDRESS[version] if next_hop is None else str(next_hop)
