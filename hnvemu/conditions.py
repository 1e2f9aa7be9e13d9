"""The words of access control lists, made into conditions of the model.

A policy file, a script and a dump all write addresses, ports, protocols and ICMP types in these
words. What stands around them, and what is said of a word that is none, is theirs.
"""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Final

from hnvemu.addresses import parse_address
from hnvemu.model.acl import AddressRange, Protocol

ANY_WORDS: Final = frozenset({"any", "*"})
KEYWORDS: Final = (
    "localsubnet",
    "dns",
    "dhcp",
    "wins",
    "defaultgateway",
    "internet",
    "intranet",
    "intranetremoteaccess",
    "playtodevice",
)
ADDRESS_KEYWORDS: Final = tuple(word + family for word in KEYWORDS for family in ("", "4", "6"))
"""ACL-15: a keyword may be narrowed to one family."""
PORT_KEYWORDS: Final = (
    "rpc",
    "rpcepmap",
    "iphttps",
    "iphttpsin",
    "iphttpsout",
    "teredo",
    "playtodiscovery",
)
PROTOCOLS: Final = {
    "tcp": Protocol(6),
    "udp": Protocol(17),
    "icmpv4": Protocol(1, 4),
    "icmpv6": Protocol(58, 6),
}


class ImpossibleRangeError(ValueError):
    """Addresses that are ones, and make no range."""


def is_number(text: str) -> bool:
    """Whether a text is a decimal number of a length that is worth converting."""
    return text.isascii() and text.isdecimal() and len(text) <= 20


def address_range(text: str) -> AddressRange:
    """Read an address, CIDR, address/mask or range.

    Raises:
        ImpossibleRangeError: The ends are of two families, or a length or mask is none.
        ValueError: Something in it is no address.
    """
    if "-" in text:
        low, _, high = text.partition("-")
        first, last = parse_address(low.strip()), parse_address(high.strip())
        if first.version != last.version:
            raise ImpossibleRangeError(
                f"the range '{text}' begins in one address family and ends in another"
            )
        return AddressRange(first.version, int(first), int(last))
    start, slash, length = text.partition("/")
    address = parse_address(start)
    if not slash:
        return AddressRange(address.version, int(address), int(address))
    width = address.max_prefixlen
    if "." in length:
        free = int(IPv4Address(length)) ^ 0xFFFF_FFFF
        if width != 32 or free & free + 1:
            raise ImpossibleRangeError(f"'{length}' in '{text}' is not a network mask")
    elif is_number(length) and int(length) <= width:
        free = (1 << width - int(length)) - 1
    else:
        raise ImpossibleRangeError(f"'{text}' is not a prefix: the length is 0 to {width}")
    low_end = int(address) & ~free
    return AddressRange(address.version, low_end, low_end | free)


def port_range(text: str) -> tuple[int, int] | None:
    """Read ``80`` or ``8000-8100``, however large; None where the text is neither."""
    low, dash, high = text.partition("-")
    ends = (low.strip(), high.strip() if dash else low.strip())
    return (int(ends[0]), int(ends[1])) if all(map(is_number, ends)) else None


def icmp_range(text: str) -> tuple[int, int] | None:
    """Read ``8`` or ``3:4`` as a range of ``type << 8 | code``; None where the text is neither."""
    kind, colon, code = text.partition(":")
    numbers = [kind, code] if colon else [kind]
    if not all(is_number(part) and int(part) <= 255 for part in numbers):
        return None
    first = int(kind) << 8
    return (first | int(code),) * 2 if colon else (first, first | 0xFF)
