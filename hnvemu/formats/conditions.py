"""The words of access control lists as the cmdlets print them, made into conditions of the model.

Rules of the file: a condition that matches everything is None; what cannot be read is a
``ValueError`` whose sentence names the value.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from hnvemu.addresses import MacAddress
from hnvemu.conditions import (
    ADDRESS_KEYWORDS,
    ANY_WORDS,
    PORT_KEYWORDS,
    PROTOCOLS,
    address_range,
    icmp_range,
    is_number,
    port_range,
)
from hnvemu.model.acl import Addresses, Ports, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

_ANY = ANY_WORDS | {"", "all"}  # cmdlets print nothing, and Network Controller All
_range = lru_cache(maxsize=4096)(address_range)


def addresses_of(words: Iterable[str]) -> Addresses | None:
    """Read addresses, prefixes, ranges and keywords; None matches every address."""
    ranges, keywords = [], []
    for word in map(str.strip, words):
        folded = word.lower()
        if folded in _ANY:
            return None
        if folded in ADDRESS_KEYWORDS:
            keywords.append(folded)
        else:
            ranges.append(_range(word))
    return Addresses(tuple(ranges), tuple(keywords)) if ranges or keywords else None


def addresses_or_mac_of(words: Iterable[str]) -> Addresses | MacAddress | None:
    """Read a condition of a port ACL: addresses, or one MAC."""
    said = [word.strip() for word in words]
    try:
        # An address first: 100.100.100.100 has twelve digits too.
        return addresses_of(said)
    except ValueError:
        if len(said) == 1:
            try:
                return MacAddress.parse(said[0])
            except ValueError:
                pass
        raise


def ports_of(words: Iterable[str]) -> Ports | None:
    """Read ports, ranges and keywords; None matches every port."""
    ranges, keywords = [], []
    for word in map(str.strip, words):
        folded = word.lower().replace("-", "") if not word[:1].isdigit() else word
        if folded in _ANY:
            return None
        if folded in PORT_KEYWORDS:
            keywords.append(folded)
            continue
        found = port_range(word)
        if found is None or max(found) > 0xFFFF:
            raise ValueError(f"'{word}' is not a port")
        ranges.append(found)
    return Ports(tuple(ranges), tuple(keywords)) if ranges or keywords else None


def protocol_of(word: str) -> Protocol | None:
    """Read the name or the number of a protocol; None is every one."""
    folded = word.strip().lower()
    if folded in _ANY:
        return None
    if folded in PROTOCOLS:
        return PROTOCOLS[folded]
    if not is_number(folded) or int(folded) > 255:
        raise ValueError(f"'{word}' is not a protocol")
    return Protocol(int(folded))


def icmp_types_of(words: Iterable[str]) -> tuple[tuple[int, int], ...] | None:
    """Read ``type`` and ``type:code``; None is every type."""
    ranges = []
    for word in map(str.strip, words):
        if word.lower() in _ANY:
            return None
        found = icmp_range(word.removesuffix(":*"))
        if found is None:
            raise ValueError(f"'{word}' is not an ICMP type")
        ranges.append(found)
    return tuple(ranges) or None
