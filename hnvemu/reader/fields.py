"""The words of the format: how the text of each type becomes a value, and its JSON Schema.

Rules of the file: every reader takes the text as the file has it (``010`` is ten, ``12:34:56`` is
no time of day) and raises ``ValueError`` with a sentence that names it. Readers of words that
repeat are remembered; the caches are bounded, and what they return is immutable.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from hnvemu.addresses import (
    IPAddress,
    IPPrefix,
    MacAddress,
    neighbourly_address,
    parse_address,
    parse_prefix,
    synthetic_mac,
)
from hnvemu.conditions import is_number
from hnvemu.model.acl import Action, Direction
from hnvemu.model.policy import Profile, Restart
from hnvemu.model.provider import AddressState, ProviderAddress
from hnvemu.model.records import RecordType, Translation
from hnvemu.model.topology import Guest, IsolationMode, NetworkProfile
from hnvemu.reader.report import did_you_mean
from hnvemu.reader.shape import ListOf, Placed, RefusedError, Scalar, squeezed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from enum import StrEnum

    from hnvemu.model.origin import Origin

_TEXT_SCHEMA = {"type": ["string", "number", "boolean"]}
_UNSEEN = (("\0", "\x1f"), ("\x7f", "\x9f"), ("\u200e", "\u206f"), ("\ud800", "\udfff"))
_HEXADECIMAL = "[0-9A-Fa-f]"
_GUID = f"{_HEXADECIMAL}{{8}}(-{_HEXADECIMAL}{{4}}){{3}}-{_HEXADECIMAL}{{12}}"
_OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = rf"{_OCTET}(\.{_OCTET}){{3}}"
_IPV6 = rf"{_HEXADECIMAL}*:[0-9A-Fa-f:.]*"
_LENGTH = "/[0-9.]+"


# ---------------------------------------------------------------------------------------------
# Text and names


def _text(text: str) -> str:
    _label(text.replace("\n", " ").replace("\t", " "))
    return text


def _label(text: str) -> str:
    if not text.isprintable():
        for sign in text:
            # What acts on a terminal or cannot be written; rare spaces and letters may stay.
            if (
                sign < " "
                or "\x7f" <= sign < "\xa0"
                or "\u200e" <= sign <= "\u206f"
                or "\ud800" <= sign <= "\udfff"
            ):
                raise RefusedError(f"'{text}' holds the control character U+{ord(sign):04X}")
    return text


def name(text: str) -> str:
    """Return a name that the policy gives to something."""
    if not text:
        raise RefusedError("a name is empty")
    if "/" in text or ":" in text:
        sign = "/" if "/" in text else ":"
        raise RefusedError(
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
        if not is_number(text.removeprefix("-")):
            advice = "write it in decimal" if text[:2].lower() == "0x" else None
            raise RefusedError(f"'{text}' is not a whole number", help=advice)
        value = int(text)
        if not first <= value <= last:
            reason = why or "is out of range"
            raise RefusedError(f"{text} {reason}", code=code, help=f"{first} to {last}")
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
    if not is_number(text) or int(text) != 1:
        raise RefusedError(f"this hnvemu reads format 1, not '{text}'", help="write hnv: 1")
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
        raise RefusedError(f"'{text}' is neither true nor false", help="true or false") from None


def any_case(words: list[str]) -> str:
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
        "anyOf": [{"type": "boolean"}, {"type": "string", "pattern": any_case(list(_BOOLEANS))}]
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
            raise RefusedError(
                f"'{text}' is not {noun}", help=near or f"{', '.join(first)} or {last}"
            )
        return value

    pattern = any_case([*canonical, *(alias.lower() for alias in aliases or ())])
    schema = {"type": "string", "anyOf": [{"enum": list(canonical)}, {"pattern": pattern}]}
    return Scalar(noun=noun, read=read, schema=schema)


PROFILE = words("a profile", Profile)
ADDRESS_STATE = words("a state of an address", AddressState)
PLACED_PROFILE = PROFILE._replace(make=Placed)
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
    try:
        return neighbourly_address(text)
    except ValueError:
        if "/" in text:
            raise RefusedError(
                f"'{text}' is a prefix, and an address is wanted",
                help="leave out the '/' and what follows",
            ) from None
        raise


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
        "anyOf": [
            {"enum": ["on-link"]},
            {"pattern": f"^({_IPV4}|{_IPV6}|[Oo][Nn][-_]?[Ll][Ii][Nn][Kk])$"},
        ],
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
        raise RefusedError(
            f"'{text}' has no prefix length",
            help=f"write it with its length, such as {text}/{length}",
        )
    return Interface(address, parse_prefix(text))


def provider_address(
    *, interface: Interface, origin: Origin, mac: MacAddress | None = None, **rest: Any
) -> ProviderAddress:
    """Make a provider address, with a MAC of its own where the policy says none."""
    return ProviderAddress(
        address=interface.address,
        prefix=interface.prefix,
        mac=synthetic_mac(interface.address) if mac is None else mac,
        origin=origin,
        **rest,
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


_GUID_SIGNS = frozenset("0123456789abcdefABCDEF-")


def _guid(text: str) -> str:
    bare = text[1:-1] if text[:1] == "{" and text[-1:] == "}" else text
    groups = bare.split("-")
    if [*map(len, groups)] != [8, 4, 4, 4, 12] or not set(bare) <= _GUID_SIGNS:
        raise RefusedError(
            f"'{text}' is not a GUID",
            code="HNV004",
            help='32 hex digits in groups, such as "{aaaaaaaa-0000-0000-0000-000000000001}"',
        )
    return f"{{{bare.lower()}}}"


class RoutingDomain(NamedTuple):
    """An RDID in braces, and whether it is written without them."""

    text: str
    is_bare: bool


def _routing_domain(text: str) -> RoutingDomain:
    return RoutingDomain(_guid(text), not text.startswith("{"))


def _guid_or_label(text: str) -> str:
    try:
        return _guid(text)
    except RefusedError:
        return _label(text)


RDID = Scalar(
    noun="a GUID",
    read=_routing_domain,
    schema={
        "type": "string",
        "pattern": rf"^(\{{{_GUID}\}}|{_GUID})$",
    },
)
CUSTOMER_ID = Scalar(noun="text", read=lru_cache(maxsize=1024)(_guid_or_label), schema=_TEXT_SCHEMA)
