"""The words of the format: how the text of each type becomes a value, and its JSON Schema.

Rules of the file: every reader takes the text as the file has it (``010`` is ten, ``12:34:56`` is
no time of day) and raises ``ValueError`` with a sentence that names it. Readers of words that
repeat are remembered; the caches are bounded, and what they return is immutable.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Any, NamedTuple

from hnvemu.addresses import (
    IPAddress,
    IPPrefix,
    MacAddress,
    parse_address,
    parse_prefix,
    synthetic_mac,
)
from hnvemu.model.acl import Action, AddressRange, Addresses, Direction, Ports, Protocol
from hnvemu.model.policy import Profile, Restart, Service
from hnvemu.model.provider import AddressState, ProviderAddress
from hnvemu.model.records import RecordType, Translation
from hnvemu.model.topology import Guest, IsolationMode, NetworkProfile
from hnvemu.reader.report import did_you_mean
from hnvemu.reader.shape import ListOf, Placed, Refused, Scalar, squeezed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from enum import StrEnum

    from hnvemu.model.origin import Origin

_TEXT_SCHEMA = {"type": ["string", "number", "boolean"]}
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_UNSEEN_IN_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_DIGITS = re.compile(r"-?[0-9]{1,20}", re.ASCII)
_HEXADECIMAL = "[0-9A-Fa-f]"
_GUID = re.compile(
    rf"{_HEXADECIMAL}{{8}}(-{_HEXADECIMAL}{{4}}){{3}}-{_HEXADECIMAL}{{12}}", re.ASCII
)
_OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = rf"{_OCTET}(\.{_OCTET}){{3}}"
_IPV6 = rf"{_HEXADECIMAL}*:[0-9A-Fa-f:.]*"
_LENGTH = "/[0-9.]+"


# ---------------------------------------------------------------------------------------------
# Text and names


def _text(text: str) -> str:
    if found := _UNSEEN_IN_TEXT.search(text):
        raise Refused(f"the text holds the control character U+{ord(found.group()):04X}")
    return text


def _label(text: str) -> str:
    if not text.isprintable() and (found := _UNSEEN.search(text)):
        raise Refused(f"'{text}' holds the control character U+{ord(found.group()):04X}")
    return text


@lru_cache(maxsize=4096)
def name(text: str) -> str:
    """Return a name that the policy gives to something."""
    if not text:
        raise Refused("a name is empty")
    if "/" in text or ":" in text:
        sign = "/" if "/" in text else ":"
        raise Refused(
            f"the name '{text}' holds '{sign}'",
            help="output writes network/vm and vm:adapter, so names hold neither sign",
        )
    return _label(text)


TEXT = Scalar(noun="text", read=_text, schema=_TEXT_SCHEMA)
LABEL = Scalar(noun="text", read=_label, schema=_TEXT_SCHEMA)
NAME_SCHEMA: Mapping[str, Any] = {"type": "string", "pattern": "^[^/:]+$"}


def reference(noun: str) -> Scalar:
    """Make the type of a name that something else must have; the place is kept for that check."""
    return Scalar(noun=noun, read=_label, schema=_TEXT_SCHEMA, make=Placed)


PLACED_TEXT = Scalar(noun="text", read=_text, schema=_TEXT_SCHEMA, make=Placed)
SELECTOR = ListOf(item=reference("the name of a VM, or a glob"))


# ---------------------------------------------------------------------------------------------
# Numbers, booleans and words


def number(
    noun: str,
    first: int,
    last: int,
    *,
    code: str | None = None,
    why: str = "",
) -> Scalar:
    """Make the type of the whole numbers from ``first`` to ``last``, written in decimal."""

    @lru_cache(maxsize=4096)
    def read(text: str) -> int:
        if not _DIGITS.fullmatch(text):
            advice = "write it in decimal" if text[:2].lower() == "0x" else None
            raise Refused(f"'{text}' is not a whole number", help=advice)
        value = int(text)
        if not first <= value <= last:
            reason = why or "is out of range"
            raise Refused(f"{text} {reason}", code=code, help=f"{first} to {last}")
        return value

    bounds = {"minimum": first, "maximum": last}
    sign = "-?" if first < 0 else ""
    schema = {"type": ["integer", "string"], **bounds, "pattern": f"^{sign}[0-9]+$"}
    return Scalar(noun=noun, read=read, schema=schema)


_WIDEST = 2**63 - 1
VSID = number("a VSID", 0, 0xFF_FFFF, code="HNV002", why="does not fit into the 24 bits of a VSID")
VLAN = number("a VLAN identifier", 0, 4095, why="is no VLAN identifier")
MTU = number("an MTU", 0, 0xFFFF, why="is no MTU")
METRIC = number("a metric", 0, 0xFFFF_FFFF, why="does not fit into the 32 bits of a metric")
COUNT = number("a number", 0, _WIDEST)
INTEGER = number("a number", -_WIDEST - 1, _WIDEST)


def _format(text: str) -> int:
    if not _DIGITS.fullmatch(text) or int(text) != 1:
        raise Refused(f"this hnvemu reads format 1, not '{text}'", help="write hnv: 1")
    return 1


FORMAT = Scalar(
    noun="the version of the format",
    read=_format,
    schema={"type": ["integer", "string"], "enum": [1, "1"]},
    make=Placed,
)

_BOOLEANS = {"true": True, "yes": True, "on": True, "$true": True}
_BOOLEANS |= {"false": False, "no": False, "off": False, "$false": False}


@lru_cache(maxsize=64)
def _boolean(text: str) -> bool:
    try:
        return _BOOLEANS[text.lower()]
    except KeyError:
        raise Refused(f"'{text}' is neither true nor false", help="true or false") from None


def _any_case(words: list[str]) -> str:
    """Return a pattern for words in any case, with ``-`` where they have ``_``, or nothing."""
    signs = {"_": "[-_]?", "$": r"\$"}
    spelled = [
        "".join(
            signs.get(letter, f"[{letter.upper()}{letter}]" if letter.isalpha() else letter)
            for letter in word
        )
        for word in words
    ]
    return f"^({'|'.join(spelled)})$"


BOOLEAN = Scalar(
    noun="true or false",
    read=_boolean,
    schema={
        "anyOf": [{"type": "boolean"}, {"type": "string", "pattern": _any_case(list(_BOOLEANS))}]
    },
)


def words(
    noun: str, values: type[StrEnum] | tuple[str, ...], aliases: Mapping[str, str] | None = None
) -> Scalar:
    """Make the type of a closed set of words, read in any case and with ``-`` for ``_``."""
    canonical = {str(value): value for value in values}
    spelled: dict[str, Any] = {squeezed(word): value for word, value in canonical.items()}
    for alias, word in (aliases or {}).items():
        spelled[squeezed(alias)] = canonical[word]

    @lru_cache(maxsize=256)
    def read(text: str) -> Any:
        value = spelled.get(squeezed(text))
        if value is None:
            near = did_you_mean(text, list(canonical))
            *first, last = canonical
            raise Refused(
                f"'{text}' is not {noun}", help=near or f"{', '.join(first)} or {last}"
            )
        return value

    pattern = _any_case([*canonical, *(alias.lower() for alias in aliases or ())])
    schema = {"type": "string", "anyOf": [{"enum": list(canonical)}, {"pattern": pattern}]}
    return Scalar(noun=noun, read=read, schema=schema)


PROFILE = words("a profile", Profile)
ADDRESS_STATE = words("a state of an address", AddressState)
PLACED_PROFILE = replace(PROFILE, make=Placed)
RECORD_TYPE = words("a type of record", RecordType)
TRANSLATION = words(
    "a translation rule",
    Translation,
    {f"TranslationMethod{word}": word.value for word in Translation},
)
GUEST = words("a guest", Guest)
NETWORK_PROFILE = words("a network profile", NetworkProfile)
ISOLATION_MODE = words("an isolation mode", IsolationMode)
RESTART = words("a kind of restart", Restart)
ACTION = words("an action", Action)
DIRECTION = words("a direction", (Direction.INBOUND, Direction.OUTBOUND))
DIRECTION_OR_BOTH = words("a direction", Direction)
ALLOW_DENY = words("an action", ("allow", "deny"))
ALLOW_DENY_METER = words("an action", ("allow", "deny", "meter"))
SEVERITY = words("a severity", ("error", "warning", "note"))
RETURN = words("a treatment of replies", ("require", "ignore"))


# ---------------------------------------------------------------------------------------------
# Addresses, prefixes, MACs and GUIDs

_ADDRESS_SCHEMA = {"type": "string", "pattern": f"^({_IPV4}|{_IPV6})$"}


def _address(text: str) -> IPAddress:
    if "/" in text:
        raise Refused(
            f"'{text}' is a prefix, and an address is wanted", help="leave out the '/' and what follows"
        )
    return parse_address(text)


@lru_cache(maxsize=8192)
def _repeated_address(text: str) -> IPAddress:
    return _address(text)


@lru_cache(maxsize=8192)
def _next_hop(text: str) -> IPAddress | None:
    """Read a next hop; None is on-link, which the cmdlets write as 0.0.0.0 or ``::``."""
    if squeezed(text) == "onlink":
        return None
    address = _address(text)
    return address if int(address) else None


ADDRESS = Scalar(noun="an IP address", read=_address, schema=_ADDRESS_SCHEMA)
REPEATED_ADDRESS = Scalar(noun="an IP address", read=_repeated_address, schema=_ADDRESS_SCHEMA)
ADDRESSES = ListOf(item=ADDRESS)
NEXT_HOP = Scalar(
    noun="a next hop",
    read=_next_hop,
    schema={
        "type": "string",
        "anyOf": [{"enum": ["on-link"]}, {"pattern": f"^({_IPV4}|{_IPV6}|[Oo][Nn][-_]?[Ll][Ii][Nn][Kk])$"}],
    },
    help="an IP address, or on-link",
)


class WrittenPrefix(NamedTuple):
    """A prefix, and how the policy spells it where that has host bits; else empty."""

    prefix: IPPrefix
    written: str


@lru_cache(maxsize=8192)
def _written_prefix(text: str) -> WrittenPrefix:
    prefix = parse_prefix(text)
    address = parse_address(text.partition("/")[0])
    return WrittenPrefix(prefix, "" if address == prefix.network_address else text)


def _prefix(text: str) -> IPPrefix:
    return _written_prefix(text).prefix


_PREFIX_SCHEMA = {"type": "string", "pattern": f"^({_IPV4}|{_IPV6})({_LENGTH})?$"}
PREFIX = Scalar(noun="a prefix", read=_prefix, schema=_PREFIX_SCHEMA)
ROUTE_PREFIX = Scalar(noun="a prefix", read=_written_prefix, schema=_PREFIX_SCHEMA, code="HNV116")
HIDDEN_ROUTE_PREFIX = Scalar(noun="a prefix", read=_prefix, schema=_PREFIX_SCHEMA, code="HNV116")


class Interface(NamedTuple):
    """An address and the on-link prefix it lies in."""

    address: IPAddress
    prefix: IPPrefix


def _interface(text: str) -> Interface:
    first, slash, _ = text.partition("/")
    address = parse_address(first)
    if not slash:
        length = 24 if address.version == 4 else 64
        raise Refused(
            f"'{text}' has no prefix length", help=f"write it with its length, such as {text}/{length}"
        )
    return Interface(address, parse_prefix(text))


def provider_address(*, interface: Interface, origin: Origin, **rest: Any) -> ProviderAddress:
    """Make a provider address, with a MAC of its own where the policy says none."""
    mac = rest.pop("mac", None) or synthetic_mac(interface.address)
    return ProviderAddress(
        address=interface.address, prefix=interface.prefix, mac=mac, origin=origin, **rest
    )


INTERFACE = Scalar(
    noun="an address with its prefix length",
    read=_interface,
    schema={"type": "string", "pattern": f"^({_IPV4}|{_IPV6}){_LENGTH}$"},
)
SHORT_PROVIDER_ADDRESS = Scalar(
    noun=INTERFACE.noun,
    read=_interface,
    schema=INTERFACE.schema,
    make=lambda value, origin: provider_address(interface=value, origin=origin),
)
_MAC_PATTERN = f"^{_HEXADECIMAL}([-:.]*{_HEXADECIMAL}){{11}}$"
# Twelve digits without a letter are a number to other readers of YAML.
MAC = Scalar(
    noun="a MAC address",
    read=MacAddress.parse,
    schema={"type": ["string", "integer"], "pattern": _MAC_PATTERN},
)


def _guid(text: str) -> str:
    bare = text[1:-1] if text[:1] == "{" and text[-1:] == "}" else text
    if not _GUID.fullmatch(bare):
        raise Refused(
            f"'{text}' is not a GUID",
            code="HNV004",
            help='32 hex digits in groups, such as "{aaaaaaaa-0000-0000-0000-000000000001}"',
        )
    return f"{{{bare.lower()}}}"


def _guid_or_label(text: str) -> str:
    try:
        return _guid(text)
    except Refused:
        return _label(text)


RDID = Scalar(
    noun="a GUID",
    read=_guid,
    schema={
        "type": "string",
        "pattern": rf"^(\{{{_GUID.pattern}\}}|{_GUID.pattern})$",
    },
)
CUSTOMER_ID = Scalar(noun="text", read=lru_cache(maxsize=1024)(_guid_or_label), schema=_TEXT_SCHEMA)


# ---------------------------------------------------------------------------------------------
# Conditions of rules

_ANY = object()
_ANY_WORDS = frozenset({"any", "*"})
_KEYWORDS = (
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
# ACL-15: a keyword may be narrowed to one family.
_ADDRESS_KEYWORDS = frozenset(word + family for word in _KEYWORDS for family in ("", "4", "6"))
_PORT_KEYWORDS = frozenset(
    {"rpc", "rpcepmap", "iphttps", "iphttpsin", "iphttpsout", "teredo", "playtodiscovery"}
)


def _range_of(text: str) -> AddressRange:
    """Read an address, CIDR, address/mask or range."""
    if "-" in text:
        low, _, high = text.partition("-")
        first, last = parse_address(low.strip()), parse_address(high.strip())
        if first.version != last.version:
            raise Refused(f"the range '{text}' begins in one address family and ends in another")
        return AddressRange(first.version, int(first), int(last))
    start, slash, length = text.partition("/")
    address = parse_address(start)
    if not slash:
        return AddressRange(address.version, int(address), int(address))
    width = address.max_prefixlen
    if "." in length:
        mask = int(IPv4Address(length))
        free = mask ^ 0xFFFF_FFFF
        if width != 32 or free & free + 1:
            raise Refused(f"'{length}' in '{text}' is not a network mask")
    elif _DIGITS.fullmatch(length) and 0 <= int(length) <= width:
        free = (1 << width - int(length)) - 1
    else:
        raise Refused(f"'{text}' is not a prefix: the length is 0 to {width}")
    first_value = int(address) & ~free
    return AddressRange(address.version, first_value, first_value | free)


@lru_cache(maxsize=4096)
def _address_condition(text: str) -> Any:
    folded = text.lower()
    if folded in _ANY_WORDS:
        return _ANY
    if folded in _ADDRESS_KEYWORDS:
        return folded
    return _range(text)


def _range(text: str) -> AddressRange:
    try:
        return _range_of(text)
    except Refused as error:
        raise Refused(str(error), code="HNV405") from None
    except ValueError:
        advice = did_you_mean(text, _ADDRESS_KEYWORDS) or (
            "an address, a prefix, address/mask, a range a-b, or a keyword such as LocalSubnet"
        )
        raise Refused(
            f"'{text}' is no address, prefix or range", code="HNV405", help=advice
        ) from None


def _not_empty(items: tuple[Any, ...]) -> None:
    if not items:
        raise Refused(
            "an empty list matches nothing", help="write any, or leave the key out"
        )


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
        return MacAddress.parse(text)
    except ValueError:
        return _address_condition(text)


def _addresses_or_mac(items: tuple[Any, ...]) -> Addresses | MacAddress | None:
    macs = [item for item in items if isinstance(item, MacAddress)]
    if not macs:
        return _addresses(items)
    if len(items) > 1:
        raise Refused(f"the MAC address {macs[0]} stands in a list", help="write one entry for each")
    return macs[0]


_CONDITION_PATTERN = "^[0-9A-Fa-f:./ -]+$|^\\*$|" + _any_case(["any", *_KEYWORDS])[:-1] + "[46]?$"
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
    low, dash, high = text.partition("-")
    ends = (low.strip(), high.strip() if dash else low.strip())
    if not all(end.isdecimal() and end.isascii() and len(end) <= 20 for end in ends):
        return None
    first, last = int(ends[0]), int(ends[1])
    if max(first, last) > 0xFFFF:
        raise Refused(f"'{text}' does not fit into the 16 bits of a port", help="0 to 65535")
    return first, last


@lru_cache(maxsize=4096)
def _port_condition(text: str) -> Any:
    folded = text.lower()
    if folded in _ANY_WORDS:
        return _ANY
    if squeezed(text) in _PORT_KEYWORDS:
        return squeezed(text)
    ports = _port_range(text)
    if ports is None:
        advice = did_you_mean(text, _PORT_KEYWORDS) or "a port, a range such as 8000-8100, or any"
        raise Refused(f"'{text}' is not a port", help=advice)
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
            "pattern": "^[0-9]+ *(- *[0-9]+)?$|^\\*$|" + _any_case(["any", *sorted(_PORT_KEYWORDS)]),
        },
    ),
    combine=_ports,
)
_PROTOCOLS = {
    "tcp": Protocol(6),
    "udp": Protocol(17),
    "icmpv4": Protocol(1, 4),
    "icmpv6": Protocol(58, 6),
}


@lru_cache(maxsize=512)
def _protocol(text: str) -> Protocol | None:
    folded = text.lower()
    if folded in _ANY_WORDS or folded == "all":
        return None
    if folded in _PROTOCOLS:
        return _PROTOCOLS[folded]
    if not _DIGITS.fullmatch(text):
        advice = did_you_mean(text, _PROTOCOLS) or "tcp, udp, icmpv4, icmpv6, any or 0 to 255"
        raise Refused(f"'{text}' is not a protocol", help=advice)
    if not 0 <= int(text) <= 255:
        raise Refused(f"{text} is not the number of a protocol", help="0 to 255")
    return Protocol(int(text))


PROTOCOL = Scalar(
    noun="a protocol",
    read=_protocol,
    schema={
        "type": ["integer", "string"],
        "minimum": 0,
        "maximum": 255,
        "anyOf": [
            {"enum": [*_PROTOCOLS, "any"]},
            {"type": "integer"},
            {"pattern": "^[0-9]+$|^\\*$|" + _any_case([*_PROTOCOLS, "any", "all"])},
        ],
    },
)


@lru_cache(maxsize=1024)
def _icmp(text: str) -> Any:
    if text.lower() in _ANY_WORDS:
        return _ANY
    kind, colon, code = text.partition(":")
    numbers = [kind, code] if colon else [kind]
    if not all(re.fullmatch("[0-9]{1,20}", part, re.ASCII) and int(part) <= 255 for part in numbers):
        raise Refused(f"'{text}' is not an ICMP type", help="such as 8, 3:4 or any")
    first = int(kind) << 8
    return (first | int(code),) * 2 if colon else (first, first | 0xFF)


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
    return _ANY if text.lower() in _ANY_WORDS else NETWORK_PROFILE.read(text)


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
                {"pattern": _any_case(["any", *map(str, NetworkProfile)])},
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
    if number_ is None and re.fullmatch("[0-9]{1,20}", word, re.ASCII) and int(word) <= 255:
        number_ = int(word)
    advice = "such as tcp/80, udp/53, tcp/8000-8100, icmp/echo or 47"
    if number_ is None:
        raise Refused(f"'{text}' is not a service", help=advice)
    if not slash or detail in _ECHO.get(number_, ()):
        return Service(number_)
    ports = _port_range(detail) if number_ in (6, 17) else None
    if ports is None:
        raise Refused(f"'{text}' is not a service", help=advice)
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
