"""Values as octets and back: plain types, addresses, and the closed set of classes of the model.

Rules of the file: nothing is imported, called or looked up by a name that octets give. A class is
a number in a table that is written down here. Octets that are none of this raise
:class:`DamagedError`, whatever they are.
"""

from __future__ import annotations

import hashlib
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import TYPE_CHECKING, Any, Final

from hnvemu.addresses import MacAddress
from hnvemu.errors import QuestionError
from hnvemu.findings import Finding, Note
from hnvemu.model import acl, policy, provider, records, topology
from hnvemu.model.origin import Origin

if TYPE_CHECKING:
    from collections.abc import Callable
    from enum import Enum

_VALUES: Final[tuple[type[Any], ...]] = (
    acl.FirewallRule,
    acl.FirewallDefault,
    acl.Firewall,
    acl.PortAcl,
    acl.ExtendedAcl,
    acl.DatacenterAcl,
    policy.HostView,
    policy.Group,
    provider.ProviderAddress,
    provider.ProviderRoute,
    provider.Host,
    records.LookupRecord,
    records.CustomerRoute,
    topology.VmPort,
    topology.VirtualNetwork,
    topology.Selector,
    Finding,
)
_TUPLES: Final[tuple[type[Any], ...]] = (
    Origin,
    Note,
    acl.AddressRange,
    acl.Addresses,
    acl.Ports,
    acl.Protocol,
    policy.RecordKey,
    policy.RouteKey,
    policy.Snapshot,
    policy.Service,
)
_ENUMS: Final[tuple[type[Enum], ...]] = (
    acl.Action,
    acl.Direction,
    policy.Profile,
    policy.Restart,
    provider.AddressState,
    records.RecordType,
    records.Translation,
    topology.NetworkProfile,
    topology.Guest,
    topology.IsolationMode,
)
_DEEPEST: Final = 32


class DamagedError(QuestionError):
    """Octets that are no compiled policy, or no longer one."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"what was compiled of the policy is damaged: {what}",
            "delete it: hnvemu compile --clear",
        )


def layout() -> bytes:
    """Return the digest of all classes with their fields: octets of another are not understood."""
    told = [
        *((cls.__name__, cls.__match_args__) for cls in _VALUES),
        *((cls.__name__, cls._fields) for cls in _TUPLES),
        *((cls.__name__, tuple(cls.__members__)) for cls in _ENUMS),
    ]
    return hashlib.sha256(repr(told).encode()).digest()


# ---------------------------------------------------------------------------------------------
# Writing


def encode(value: object) -> bytes:
    """Return a value as octets; equal values of equal types give equal octets."""
    out = bytearray()
    _put(value, out)
    return bytes(out)


def _put(value: Any, out: bytearray) -> None:
    kind = type(value)
    writer = _WRITERS.get(kind)
    if writer is not None:
        writer(value, out)
    elif kind in _VALUE_NUMBERS:
        out += bytes((_VALUE, _VALUE_NUMBERS[kind]))
        for name in kind.__match_args__:
            _put(getattr(value, name), out)
    elif kind in _TUPLE_NUMBERS:
        out += bytes((_NAMED, _TUPLE_NUMBERS[kind]))
        for part in value:
            _put(part, out)
    elif kind in _ENUM_NUMBERS:
        out += bytes((_ENUM, _ENUM_NUMBERS[kind], list(kind).index(value)))
    else:
        raise TypeError(f"{kind.__name__} has no number in {__name__}")


def _put_size(size: int, out: bytearray) -> None:
    while size > 0x7F:
        out.append(0x80 | size & 0x7F)
        size >>= 7
    out.append(size)


def _put_int(value: int, out: bytearray) -> None:
    length = value.bit_length() // 8 + 1
    out += bytes((_INT, length)) + value.to_bytes(length, "little", signed=True)


def _put_str(value: str, out: bytearray) -> None:
    octets = value.encode("utf-8", "surrogatepass")
    out.append(_STR)
    _put_size(len(octets), out)
    out += octets


def _put_bytes(value: bytes, out: bytearray) -> None:
    out.append(_BYTES)
    _put_size(len(value), out)
    out += value


def _put_tuple(value: tuple[Any, ...], out: bytearray) -> None:
    out.append(_TUPLE)
    _put_size(len(value), out)
    for part in value:
        _put(part, out)


def _put_dict(value: dict[Any, Any], out: bytearray) -> None:
    out.append(_DICT)
    _put_size(len(value), out)
    for key, part in value.items():
        _put(key, out)
        _put(part, out)


def _put_network(value: IPv4Network | IPv6Network, out: bytearray) -> None:
    out.append(_NETWORK_4 if value.version == 4 else _NETWORK_6)
    out += value.network_address.packed
    out.append(value.prefixlen)


(
    _NONE,
    _FALSE,
    _TRUE,
    _INT,
    _STR,
    _BYTES,
    _TUPLE,
    _DICT,
    _ADDRESS_4,
    _ADDRESS_6,
    _NETWORK_4,
    _NETWORK_6,
    _MAC,
    _ENUM,
    _NAMED,
    _VALUE,
) = range(16)
_VALUE_NUMBERS = {cls: number for number, cls in enumerate(_VALUES)}
_TUPLE_NUMBERS = {cls: number for number, cls in enumerate(_TUPLES)}
_ENUM_NUMBERS = {cls: number for number, cls in enumerate(_ENUMS)}
_WRITERS: dict[type[Any], Callable[[Any, bytearray], None]] = {
    type(None): lambda _, out: out.append(_NONE),
    bool: lambda value, out: out.append(_TRUE if value else _FALSE),
    int: _put_int,
    str: _put_str,
    bytes: _put_bytes,
    tuple: _put_tuple,
    dict: _put_dict,
    IPv4Address: lambda value, out: out.extend(bytes((_ADDRESS_4,)) + value.packed),
    IPv6Address: lambda value, out: out.extend(bytes((_ADDRESS_6,)) + value.packed),
    IPv4Network: _put_network,
    IPv6Network: _put_network,
    MacAddress: lambda value, out: out.extend(bytes((_MAC,)) + value.to_bytes(6, "big")),
}

# ---------------------------------------------------------------------------------------------
# Reading


def decode(octets: bytes) -> Any:
    """Return the value that octets stand for, all of them.

    Raises:
        DamagedError: They stand for none.
    """
    reader = _Reader(octets)
    try:
        value = reader.value(0)
    except (ValueError, IndexError, TypeError, OverflowError) as error:
        raise DamagedError(f"{error}") from None
    if reader.at != len(octets):
        raise DamagedError("more octets than a value has")
    return value


class _Reader:
    """Octets and how far they were read."""

    __slots__ = ("at", "octets")

    def __init__(self, octets: bytes) -> None:
        self.octets = octets
        self.at = 0

    def value(self, depth: int) -> Any:
        """Read one value."""
        tag = self.octet()
        if tag == _STR:
            return self.take(self.size()).decode("utf-8", "surrogatepass")
        if tag == _VALUE:
            cls = _VALUES[self.octet()]
            return cls(**{name: self.inner(depth) for name in cls.__match_args__})
        if tag == _NAMED:
            cls = _TUPLES[self.octet()]
            return cls(*[self.inner(depth) for _ in cls._fields])
        if tag == _TUPLE:
            return tuple([self.inner(depth) for _ in range(self.size())])
        if tag == _DICT:
            return {self.inner(depth): self.inner(depth) for _ in range(self.size())}
        reader = _READERS.get(tag)
        if reader is None:
            raise DamagedError(f"tag {tag} is unknown")
        return reader(self)

    def inner(self, depth: int) -> Any:
        """Read a part of a value."""
        if depth == _DEEPEST:
            raise DamagedError("a value is too deep")
        return self.value(depth + 1)

    def octet(self) -> int:
        """Read one octet."""
        self.at += 1
        return self.octets[self.at - 1]

    def take(self, length: int) -> bytes:
        """Read so many octets."""
        begin, self.at = self.at, self.at + length
        if self.at > len(self.octets):
            raise DamagedError("a value is cut off")
        return self.octets[begin : self.at]

    def size(self) -> int:
        """Read a number of octets or parts, each of which takes an octet at least."""
        size = shift = 0
        while True:
            octet = self.octet()
            size |= (octet & 0x7F) << shift
            if octet < 0x80:
                break
            shift += 7
        if size > len(self.octets) - self.at:
            raise DamagedError("a value is cut off")
        return size

    def integer(self) -> int:
        """Read a number, whose length comes first."""
        return int.from_bytes(self.take(self.octet()), "little", signed=True)

    def member(self) -> Enum:
        """Read a member of an enumeration, whose number comes first."""
        return list(_ENUMS[self.octet()])[self.octet()]


_READERS: dict[int, Callable[[_Reader], Any]] = {
    _NONE: lambda _: None,
    _FALSE: lambda _: False,
    _TRUE: lambda _: True,
    _INT: _Reader.integer,
    _BYTES: lambda reader: reader.take(reader.size()),
    _ADDRESS_4: lambda reader: IPv4Address(reader.take(4)),
    _ADDRESS_6: lambda reader: IPv6Address(reader.take(16)),
    _NETWORK_4: lambda reader: IPv4Network((reader.take(4), reader.octet())),
    _NETWORK_6: lambda reader: IPv6Network((reader.take(16), reader.octet())),
    _MAC: lambda reader: MacAddress(int.from_bytes(reader.take(6), "big")),
    _ENUM: _Reader.member,
}
