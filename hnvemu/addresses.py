"""Customer, provider and MAC addresses: text in, values out, text as PowerShell prints it.

Rules of the file: nothing above the standard library; every parser raises ``ValueError`` with a
sentence that names the value and says what is wrong.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import (
    AddressValueError,
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    NetmaskValueError,
)
from typing import Self, TypeAlias

IPAddress: TypeAlias = IPv4Address | IPv6Address
IPPrefix: TypeAlias = IPv4Network | IPv6Network

_SEPARATORS = {ord("-"): None, ord(":"): None, ord("."): None}
_HEX = frozenset("0123456789abcdefABCDEF")


class MacAddress(int):
    """An Ethernet address, an integer of 48 bits; prints as ``00-15-5D-01-02-03``."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read 12 hex digits, with ``-``, ``:``, ``.`` or nothing between them.

        Raises:
            ValueError: ``text`` is something else.
        """
        digits = text.translate(_SEPARATORS)
        if (
            len(digits) != 12
            or not _HEX.issuperset(digits)
            or not _HEX.issuperset(text[0] + text[-1])
        ):
            raise ValueError(
                f"'{text}' is not a MAC address: 12 hex digits, such as 00-15-5D-01-02-03"
            )
        return cls(int(digits, 16))

    def __str__(self) -> str:
        text = f"{int(self):012X}"
        return "-".join(text[at : at + 2] for at in range(0, 12, 2))

    __repr__ = __str__
    __format__ = object.__format__


def parse_address(text: str) -> IPAddress:
    """Read an IPv4 or IPv6 address.

    Raises:
        ValueError: ``text`` is not one.
    """
    try:
        if ":" in text:
            if "%" in text:
                raise ValueError(f"'{text}' has a zone index, which no policy can mean")
            return IPv6Address(text)
        return IPv4Address(text)
    except AddressValueError:
        raise ValueError(f"'{text}' is not an IP address") from None


@lru_cache(maxsize=8192)
def _first_of(three_octets: str) -> int:
    return int(IPv4Address(f"{three_octets}.0"))


_LAST_OCTETS = {str(octet): octet for octet in range(256)}


def neighbourly_address(text: str) -> IPAddress:
    """Read an address as :func:`parse_address` does, in two thirds of its time among many.

    Large policies and dumps are addresses for the most part, many of them in few /24s; the three
    octets in front are remembered.

    Raises:
        ValueError: ``text`` is not one.
    """
    head, _, tail = text.rpartition(".")
    if tail in _LAST_OCTETS:
        try:
            return IPv4Address(_first_of(head) + _LAST_OCTETS[tail])
        except ValueError:
            return parse_address(text)
    return parse_address(text)


def parse_prefix(text: str) -> IPPrefix:
    """Read a prefix in CIDR notation; host bits are dropped, an address alone is a host prefix.

    Raises:
        ValueError: ``text`` is not one, or its length does not fit the family.
    """
    try:
        return IPv6Network(text, strict=False) if ":" in text else IPv4Network(text, strict=False)
    except (AddressValueError, NetmaskValueError, ValueError):
        raise ValueError(
            f"'{text}' is not a prefix in CIDR notation, such as 10.0.1.0/24"
        ) from None


def address_of(version: int, value: int) -> IPAddress:
    """Turn a flow's integer back into an address of family ``version``: 6, 4, or 0 for ARP's."""
    return IPv6Address(value) if version == 6 else IPv4Address(value)


def first_host(prefix: IPPrefix) -> IPAddress | None:
    """Name the ``.1`` of a subnet, or None where it has none: /31, /32, /127 and /128 (OBJ-40)."""
    return prefix.network_address + 1 if prefix.max_prefixlen - prefix.prefixlen > 1 else None


def synthetic_mac(address: IPAddress) -> MacAddress:
    """Make up the MAC of an underlay address without one: 02-00 and its last four octets."""
    return MacAddress(0x0200 << 32 | int(address) & 0xFFFF_FFFF)


def group_mac(address: IPAddress) -> MacAddress:
    """Map a group address to its MAC (RFC 1112, RFC 2464); limited broadcast to all ones."""
    if address.version == 6:
        return MacAddress(0x3333 << 32 | int(address) & 0xFFFF_FFFF)
    if int(address) == 0xFFFF_FFFF:
        return MacAddress(0xFFFF_FFFF_FFFF)
    return MacAddress(0x01_00_5E << 24 | int(address) & 0x7F_FFFF)
