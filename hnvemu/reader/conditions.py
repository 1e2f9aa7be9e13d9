"""The words of rules and services: addresses, ports, protocols and ICMP types as conditions.

Rules of the file: those of :mod:`hnvemu.reader.fields`. A condition that matches everything is
None; a list matches what any of its items matches.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from hnvemu.addresses import MacAddress
from hnvemu.conditions import (
    ADDRESS_KEYWORDS,
    ANY_WORDS,
    KEYWORDS,
    PORT_KEYWORDS,
    PROTOCOLS,
    ImpossibleRangeError,
    address_range,
    icmp_range,
    is_number,
    port_range,
)
from hnvemu.model.acl import Addresses, AddressRange, Ports, Protocol
from hnvemu.model.policy import Service
from hnvemu.model.topology import NetworkProfile
from hnvemu.reader.fields import NETWORK_PROFILE, any_case
from hnvemu.reader.report import did_you_mean
from hnvemu.reader.shape import ListOf, RefusedError, Scalar, squeezed

_ANY = object()


@lru_cache(maxsize=4096)
def _address_condition(text: str) -> Any:
    folded = text.lower()
    if folded in ANY_WORDS:
        return _ANY
    if folded in ADDRESS_KEYWORDS:
        return folded
    return _range(text)


def _range(text: str) -> AddressRange:
    try:
        return address_range(text)
    except ImpossibleRangeError as error:
        raise RefusedError(str(error), code="HNV405") from None
    except ValueError:
        advice = did_you_mean(text, ADDRESS_KEYWORDS) or (
            "an address, a prefix, address/mask, a range a-b, or a keyword such as LocalSubnet"
        )
        raise RefusedError(
            f"'{text}' is no address, prefix or range", code="HNV405", help=advice
        ) from None


def _not_empty(items: tuple[Any, ...]) -> None:
    if not items:
        raise RefusedError("an empty list matches nothing", help="write any, or leave the key out")


def _addresses(items: tuple[Any, ...]) -> Addresses | None:
    _not_empty(items)
    if _ANY in items:
        return None
    return Addresses(
        tuple(item for item in items if isinstance(item, AddressRange)),
        tuple(item for item in items if isinstance(item, str)),
    )


def _mac_or_address_condition(text: str) -> Any:
    try:
        # An address first: 100.100.100.100 has twelve digits too.
        return _address_condition(text)
    except RefusedError:
        try:
            return MacAddress.parse(text)
        except ValueError:
            pass
        raise


def _addresses_or_mac(items: tuple[Any, ...]) -> Addresses | MacAddress | None:
    macs = [item for item in items if isinstance(item, MacAddress)]
    if not macs:
        return _addresses(items)
    if len(items) > 1:
        raise RefusedError(
            f"the MAC address {macs[0]} stands in a list", help="write one entry for each"
        )
    return macs[0]


_CONDITION_PATTERN = "^[0-9A-Fa-f:./ -]+$|^\\*$|" + any_case(["any", *KEYWORDS])[:-1] + "[46]?$"
ADDRESS_CONDITION = ListOf(
    item=Scalar(
        noun="an address, a prefix, a range or a keyword",
        read=_address_condition,
        schema={"type": "string", "pattern": _CONDITION_PATTERN},
    ),
    combine=_addresses,
)
ADDRESS_OR_MAC_CONDITION = ListOf(
    item=Scalar(
        noun="an address, a prefix, a range or a MAC",
        read=_mac_or_address_condition,
        schema={"type": ["string", "integer"], "pattern": _CONDITION_PATTERN},
    ),
    combine=_addresses_or_mac,
)
RANGES = ListOf(
    item=Scalar(
        noun="an address, a prefix or a range",
        read=_range,
        schema={"type": "string", "pattern": "^[0-9A-Fa-f:./ -]+$"},
    )
)


def _port_range(text: str) -> tuple[int, int] | None:
    """Read ``80`` or ``8000-8100``; None where the text is neither."""
    ports = port_range(text)
    if ports is not None and max(ports) > 0xFFFF:
        raise RefusedError(f"'{text}' does not fit into the 16 bits of a port", help="0 to 65535")
    return ports


@lru_cache(maxsize=4096)
def _port_condition(text: str) -> Any:
    folded = text.lower()
    if folded in ANY_WORDS:
        return _ANY
    if squeezed(text) in PORT_KEYWORDS:
        return squeezed(text)
    ports = _port_range(text)
    if ports is None:
        advice = did_you_mean(text, PORT_KEYWORDS) or "a port, a range such as 8000-8100, or any"
        raise RefusedError(f"'{text}' is not a port", help=advice)
    return ports


def _ports(items: tuple[Any, ...]) -> Ports | None:
    _not_empty(items)
    if _ANY in items:
        return None
    return Ports(
        tuple(item for item in items if isinstance(item, tuple)),
        tuple(item for item in items if isinstance(item, str)),
    )


PORT_CONDITION = ListOf(
    item=Scalar(
        noun="a port, a range or a keyword",
        read=_port_condition,
        schema={
            "type": ["integer", "string"],
            "minimum": 0,
            "maximum": 0xFFFF,
            "pattern": "^[0-9]+ *(- *[0-9]+)?$|^\\*$|" + any_case(["any", *PORT_KEYWORDS]),
        },
    ),
    combine=_ports,
)


@lru_cache(maxsize=512)
def _protocol(text: str) -> Protocol | None:
    folded = text.lower()
    if folded in ANY_WORDS or folded == "all":
        return None
    if folded in PROTOCOLS:
        return PROTOCOLS[folded]
    if not is_number(text):
        advice = did_you_mean(text, PROTOCOLS) or "tcp, udp, icmpv4, icmpv6, any or 0 to 255"
        raise RefusedError(f"'{text}' is not a protocol", help=advice)
    if int(text) > 255:
        raise RefusedError(f"{text} is not the number of a protocol", help="0 to 255")
    return Protocol(int(text))


PROTOCOL = Scalar(
    noun="a protocol",
    read=_protocol,
    schema={
        "type": ["integer", "string"],
        "minimum": 0,
        "maximum": 255,
        "anyOf": [
            {"enum": [*PROTOCOLS, "any"]},
            {"type": "integer"},
            {"pattern": "^[0-9]+$|^\\*$|" + any_case([*PROTOCOLS, "any", "all"])},
        ],
    },
)


@lru_cache(maxsize=1024)
def _icmp(text: str) -> Any:
    if text.lower() in ANY_WORDS:
        return _ANY
    found = icmp_range(text)
    if found is None:
        raise RefusedError(f"'{text}' is not an ICMP type", help="such as 8, 3:4 or any")
    return found


def _icmp_types(items: tuple[Any, ...]) -> tuple[tuple[int, int], ...] | None:
    _not_empty(items)
    return None if _ANY in items else items


ICMP_TYPES = ListOf(
    item=Scalar(
        noun="an ICMP type",
        read=_icmp,
        schema={
            "type": ["integer", "string"],
            "minimum": 0,
            "maximum": 255,
            "pattern": "^[0-9]+(:[0-9]+)?$|^\\*$|^[Aa][Nn][Yy]$",
        },
    ),
    combine=_icmp_types,
)


def _rule_profile(text: str) -> Any:
    return _ANY if text.lower() in ANY_WORDS else NETWORK_PROFILE.read(text)


def _rule_profiles(items: tuple[Any, ...]) -> tuple[NetworkProfile, ...] | None:
    _not_empty(items)
    return None if _ANY in items else items


RULE_PROFILES = ListOf(
    item=Scalar(
        noun="a network profile",
        read=_rule_profile,
        schema={
            "type": "string",
            "anyOf": [
                {"enum": ["any", *map(str, NetworkProfile)]},
                {"pattern": any_case(["any", *map(str, NetworkProfile)])},
            ],
        },
    ),
    combine=_rule_profiles,
)

_SERVICE_PROTOCOLS = {"tcp": 6, "udp": 17, "icmp": 1, "icmpv4": 1, "icmpv6": 58}
_ECHO = {1: frozenset({"echo", "8", "8:0"}), 58: frozenset({"echo", "128", "128:0"})}


def service(text: str) -> Service:
    """Read a protocol, with TCP and UDP a port or range behind ``/``, with ICMP ``echo``."""
    word, slash, detail = text.lower().partition("/")
    number_ = _SERVICE_PROTOCOLS.get(word)
    if number_ is None and is_number(word) and int(word) <= 255:
        number_ = int(word)
    advice = "such as tcp/80, udp/53, tcp/8000-8100, icmp/echo or 47"
    if number_ is None:
        raise RefusedError(f"'{text}' is not a service", help=advice)
    if not slash or detail in _ECHO.get(number_, ()):
        return Service(number_)
    ports = _port_range(detail) if number_ in (6, 17) else None
    if ports is None:
        raise RefusedError(f"'{text}' is not a service", help=advice)
    return Service(number_, ports)


SERVICES = ListOf(
    item=Scalar(
        noun="a service",
        read=service,
        schema={
            "type": ["integer", "string"],
            "minimum": 0,
            "maximum": 255,
            "pattern": "^([A-Za-z]+[46v]*|[0-9]+)(/[0-9A-Za-z: -]+)?$",
        },
    )
)
