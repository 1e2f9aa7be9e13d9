"""The words of access control lists as the cmdlets print them, made into conditions of the model.

Rules of the file: a condition that matches everything is None; what cannot be read is a
``ValueError`` whose sentence names the value.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from hnvemu.addresses import MacAddress, parse_address
from hnvemu.model.acl import Addresses, AddressRange, Ports, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

_ANY = frozenset({"", "any", "*", "all"})
_ADDRESS_KEYWORDS = frozenset(
    word + family
    for word in (
        *("localsubnet", "dns", "dhcp", "wins", "defaultgateway", "internet", "intranet"),
        *("intranetremoteaccess", "playtodevice"),
    )
    for family in ("", "4", "6")
)
_PORT_KEYWORDS = frozenset(
    {"rpc", "rpcepmap", "iphttps", "iphttpsin", "iphttpsout", "teredo", "playtodiscovery"}
)
_PROTOCOLS = {
    "tcp": Protocol(6),
    "udp": Protocol(17),
    "icmpv4": Protocol(1, 4),
    "icmpv6": Protocol(58, 6),
}


def addresses_of(words: Iterable[str]) -> Addresses | None:
    """Read addresses, prefixes, ranges and keywords; None matches every address."""
    ranges, keywords = [], []
    for word in map(str.strip, words):
        folded = word.lower()
        if folded in _ANY:
            return None
        if folded in _ADDRESS_KEYWORDS:
            keywords.append(folded)
        else:
            ranges.append(_range(word))
    return Addresses(tuple(ranges), tuple(keywords)) if ranges or keywords else None


def addresses_or_mac_of(words: Iterable[str]) -> Addresses | MacAddress | None:
    """Read a condition of a port ACL: addresses, or one MAC."""
    said = [word.strip() for word in words]
    if len(said) == 1 and said[0].lower() not in _ANY:
        try:
            return MacAddress.parse(said[0])
        except ValueError:
            pass
    return addresses_of(said)


@lru_cache(maxsize=4096)
def _range(text: str) -> AddressRange:
    first, dash, last = text.partition("-")
    if dash:
        low, high = parse_address(first.strip()), parse_address(last.strip())
        if low.version != high.version:
            raise ValueError(f"the range '{text}' begins in one address family and ends in another")
        return AddressRange(low.version, int(low), int(high))
    start, slash, length = text.partition("/")
    address = parse_address(start)
    if not slash:
        return AddressRange(address.version, int(address), int(address))
    free = _free_bits(text, length, address.max_prefixlen)
    low_end = int(address) & ~free
    return AddressRange(address.version, low_end, low_end | free)


def _free_bits(text: str, length: str, width: int) -> int:
    """Return the mask of the bits that a prefix leaves free."""
    if "." in length and width == 32:
        free = int(IPv4Address(length)) ^ 0xFFFF_FFFF
        if not free & free + 1:
            return free
    elif _is_number(length) and int(length) <= width:
        return (1 << width - int(length)) - 1
    raise ValueError(f"'{text}' is not a prefix: the length is 0 to {width}")


def ports_of(words: Iterable[str]) -> Ports | None:
    """Read ports, ranges and keywords; None matches every port."""
    ranges, keywords = [], []
    for word in map(str.strip, words):
        folded = word.lower().replace("-", "") if not word[:1].isdigit() else word
        if folded in _ANY:
            return None
        if folded in _PORT_KEYWORDS:
            keywords.append(folded)
            continue
        first, dash, last = word.partition("-")
        ends = (first.strip(), last.strip() if dash else first.strip())
        if not all(map(_is_number, ends)) or max(map(int, ends)) > 0xFFFF:
            raise ValueError(f"'{word}' is not a port")
        ranges.append((int(ends[0]), int(ends[1])))
    return Ports(tuple(ranges), tuple(keywords)) if ranges or keywords else None


def protocol_of(word: str) -> Protocol | None:
    """Read the name or the number of a protocol; None is every one."""
    folded = word.strip().lower()
    if folded in _ANY:
        return None
    if folded in _PROTOCOLS:
        return _PROTOCOLS[folded]
    if not _is_number(folded) or int(folded) > 255:
        raise ValueError(f"'{word}' is not a protocol")
    return Protocol(int(folded))


def icmp_types_of(words: Iterable[str]) -> tuple[tuple[int, int], ...] | None:
    """Read ``type`` and ``type:code``; None is every type."""
    ranges = []
    for word in map(str.strip, words):
        if word.lower() in _ANY:
            return None
        kind, colon, code = word.partition(":")
        numbers = [kind, code] if colon and code != "*" else [kind]
        if not all(_is_number(number) and int(number) <= 255 for number in numbers):
            raise ValueError(f"'{word}' is not an ICMP type")
        first = int(kind) << 8
        ranges.append((first | int(code),) * 2 if len(numbers) == 2 else (first, first | 0xFF))
    return tuple(ranges) or None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 20
