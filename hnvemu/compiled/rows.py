"""Rows of a compiled policy: hosts, networks, routes, records, ports, made when asked for.

A row is made once. Whoever walks over all rows has them made in bulk, and from then on they are
in memory like those of any policy.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import count
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, overload
from zlib import crc32

from hnvemu.compiled.codec import DamagedError
from hnvemu.compiled.columns import column, pack
from hnvemu.compiled.index import Index, pack_index
from hnvemu.model.indexed import IndexedHosts, IndexedPorts, IndexedRecords, IndexedRoutes
from hnvemu.model.provider import Host
from hnvemu.model.records import CustomerRoute, LookupRecord, RecordType
from hnvemu.model.topology import VirtualNetwork, VmPort

if TYPE_CHECKING:
    from collections.abc import Callable, ItemsView, Iterable, Iterator, ValuesView

    from hnvemu.addresses import IPAddress
    from hnvemu.compiled.columns import Form
    from hnvemu.compiled.image import Body, Image

Row = TypeVar("Row")

_WIDTHS: Final = {4: 4, 6: 16}
"""Octets of an address, by its version."""
_ODD: Final = 0x9E37_79B1
_MANY: Final = 8
_AT_ONCE: Final = 32_768
"""Rows that are all made as soon as one in eight was asked for: each costs less in bulk."""


class Table(Generic[Row]):
    """Rows of one class, by number."""

    def __init__(self, make: Callable[..., Row], form: Form, image: Image) -> None:
        self.count: int
        self.count, forms = form
        if not 0 <= self.count <= image.length:  # there is an index with an entry a row
            raise DamagedError("more rows than it has room for")
        self._make = make
        self._columns = {name: column(each, self.count, image) for name, each in forms.items()}
        self._made: dict[int, Row] = {}
        self._all: tuple[Row, ...] | None = None

    def row(self, number: int) -> Row:
        """Return one row."""
        if self._all is not None:
            return self._all[number]
        if number not in self._made:
            if len(self._made) * _MANY > self.count <= _AT_ONCE:
                return self.all()[number]
            fields = {name: column.at(number) for name, column in self._columns.items()}
            self._made[number] = self._make(**fields)
        return self._made[number]

    def rows(self, numbers: Iterable[int]) -> list[Row]:
        """Return some rows, in the order of the policy."""
        return [self.row(number) for number in sorted(numbers)]

    def value(self, name: str, number: int) -> Any:
        """Return one field of one row."""
        return self._columns[name].at(number)

    def values(self, name: str) -> Iterable[Any]:
        """Return one field of all rows."""
        return self._columns[name].all()

    def all(self) -> tuple[Row, ...]:
        """Return all rows."""
        if self._all is None:
            names, make = tuple(self._columns), self._make
            columns = [column.all() for column in self._columns.values()]
            rows = [
                make(**dict(zip(names, parts, strict=True))) for parts in zip(*columns, strict=True)
            ]
            for number, made in self._made.items():
                rows[number] = made
            self._made.clear()
            self._all = tuple(rows)
        return self._all


def fields_of(cls: Any, rows: Iterable[Any]) -> dict[str, list[Any]]:
    """Return the fields of rows of one class, column by column."""
    return {name: list(map(attrgetter(name), rows)) for name in cls.__match_args__}


def pack_rows(fields: dict[str, list[Any]], count: int, body: Body) -> Form:
    """Write rows column by column."""
    return count, {name: pack(values, body) for name, values in fields.items()}


def _hashed(name: str) -> int:
    """Return what a name is found by; who finds it looks at the name, which others may share."""
    return crc32(name.encode("utf-8", "surrogatepass"))


class _Sequence(Sequence[Row]):
    """Rows in an image, in order."""

    def __init__(self, make: Callable[..., Row], form: Form, image: Image) -> None:
        self._table: Table[Row] = Table(make, form, image)

    @overload
    def __getitem__(self, number: int) -> Row: ...

    @overload
    def __getitem__(self, number: slice) -> tuple[Row, ...]: ...

    def __getitem__(self, number: int | slice) -> Row | tuple[Row, ...]:
        return self._table.all()[number]

    def __len__(self) -> int:
        return self._table.count

    def __iter__(self) -> Iterator[Row]:
        return iter(self._table.all())

    def __eq__(self, other: object) -> bool:
        if isinstance(other, (tuple, _Sequence)):
            return self is other or tuple(self) == tuple(other)
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(self._table.all())

    def __reduce__(self) -> tuple[Any, ...]:
        return tuple, (self._table.all(),)


# ---------------------------------------------------------------------------------------------
# Lookup records


def pack_records(records: Sequence[LookupRecord], body: Body) -> Form:
    """Write lookup records and their indexes."""
    fields = fields_of(LookupRecord, records)
    subnets, addresses = fields["vsid"], list(map(int, fields["ca"]))
    versions = list(map(attrgetter("version"), fields["ca"]))
    one = (RecordType.STATIC, RecordType.DYNAMIC)
    exceptional = [
        row
        for row, (kind, address) in enumerate(zip(fields["type"], addresses, strict=True))
        if kind not in one or not address
    ]
    families = []
    for version, width in _WIDTHS.items():
        rows = [row for row, other in enumerate(versions) if other == version]
        keys = (addresses[row] << 32 | subnets[row] for row in rows)
        families.append(pack_index(keys, width + 4, body, rows=rows))
    return (
        pack_rows(fields, len(records), body),
        *families,
        pack_index(subnets, 4, body, rows=count()),
        pack_index((subnets[row] for row in exceptional), 4, body, rows=exceptional),
    )


class CompiledRecords(_Sequence[LookupRecord], IndexedRecords):
    """Lookup records in an image."""

    def __init__(self, form: Form, image: Image) -> None:
        table, ipv4, ipv6, subnets, exceptional = form
        super().__init__(LookupRecord, table, image)
        rows = len(self)
        self._addresses = {4: Index(image, ipv4, rows), 6: Index(image, ipv6, rows)}
        self._subnets = Index(image, subnets, rows)
        self._exceptional = Index(image, exceptional, rows)

    def at(self, vsid: int, version: int, ca: int) -> Sequence[LookupRecord]:
        """Return the records of one address in one virtual subnet."""
        found = self._addresses[version].find(ca << 32 | vsid, _WIDTHS[version] + 4)
        return self._table.rows(found)

    def among(self, vsids: Sequence[int], version: int, ca: int) -> Sequence[LookupRecord]:
        """Return the records of one address in some virtual subnets, which come in order."""
        index, width = self._addresses[version], _WIDTHS[version] + 4
        rows: list[int] = []
        at = 0
        # Whichever has fewer is walked: the subnets that are asked for, or those of the address.
        while at < len(vsids) and (first := index.first(ca << 32 | vsids[at], width)) is not None:
            address, vsid = divmod(first, 1 << 32)
            if address != ca:
                break
            if vsid == vsids[at]:
                rows += index.find(first, width)
                at += 1
            else:
                at = bisect_left(vsids, vsid, at)
        return self._table.rows(rows)

    def of_subnet(self, vsid: int) -> Sequence[LookupRecord]:
        """Return all records of a virtual subnet."""
        return self._table.rows(self._subnets.find(vsid, 4))

    def exceptional(self, vsid: int) -> Sequence[LookupRecord]:
        """Return those that may stand for no single address: by their type, or unspecified."""
        return self._table.rows(self._exceptional.find(vsid, 4))


# ---------------------------------------------------------------------------------------------
# Customer routes


def pack_routes(routes: Sequence[CustomerRoute], body: Body) -> Form:
    """Write customer routes and their indexes."""
    fields = fields_of(CustomerRoute, routes)
    return (
        pack_rows(fields, len(routes), body),
        pack_index(fields["vsid"], 4, body, rows=count()),
        pack_index(map(_hashed, fields["rdid"]), 4, body, rows=count()),
    )


class CompiledRoutes(_Sequence[CustomerRoute], IndexedRoutes):
    """Customer routes in an image."""

    def __init__(self, form: Form, image: Image) -> None:
        table, subnets, domains = form
        super().__init__(CustomerRoute, table, image)
        self._subnets = Index(image, subnets, len(self))
        self._domains = Index(image, domains, len(self))

    def of_subnet(self, vsid: int) -> Sequence[CustomerRoute]:
        """Return the routes that lead into a virtual subnet."""
        return self._table.rows(self._subnets.find(vsid, 4))

    def of_domain(self, rdid: str) -> Sequence[CustomerRoute]:
        """Return the routes of a routing domain."""
        found = self._table.rows(self._domains.find(_hashed(rdid), 4))
        return [route for route in found if route.rdid == rdid]


# ---------------------------------------------------------------------------------------------
# Hosts and virtual networks


def pack_named(cls: Any, named: Mapping[str, Any], body: Body) -> Form:
    """Write rows that have names, and an index of these."""
    return _packed_named(fields_of(cls, named.values()), body)


def _packed_named(fields: dict[str, list[Any]], body: Body) -> Form:
    names = fields["name"]
    return pack_rows(fields, len(names), body), pack_index(
        map(_hashed, names), 4, body, rows=count()
    )


def pack_hosts(hosts: Mapping[str, Host], body: Body) -> Form:
    """Write hosts and the indexes of their names and provider addresses."""
    held = [(row, pa) for row, host in enumerate(hosts.values()) for pa in host.addresses]
    keys = (_folded(pa.address) for _, pa in held)
    return pack_named(Host, hosts, body), pack_index(keys, 4, body, rows=[row for row, _ in held])


class _Named(Mapping[str, Row]):
    """Rows in an image, by their names."""

    def __init__(self, make: Callable[..., Row], form: Form, image: Image) -> None:
        table, names = form
        self._table: Table[Row] = Table(make, table, image)
        self._names = Index(image, names, self._table.count)
        self._dict: dict[str, Row] | None = None

    def number(self, name: str) -> int:
        """Return the number of a row.

        Raises:
            KeyError: None has that name.
        """
        for row in self._names.find(_hashed(name), 4):
            if self._name(row) == name:
                return row
        raise KeyError(name)

    def _name(self, row: int) -> str:
        name: str = self._table.value("name", row)
        return name

    def _whole(self) -> dict[str, Row]:
        if self._dict is None:
            names = self._table.values("name")
            self._dict = dict(zip(names, self._table.all(), strict=True))
        return self._dict

    def __getitem__(self, name: str) -> Row:
        return self._table.row(self.number(name)) if self._dict is None else self._dict[name]

    def __len__(self) -> int:
        return self._table.count

    def __iter__(self) -> Iterator[str]:
        return iter(self._table.values("name") if self._dict is None else self._dict)

    def values(self) -> ValuesView[Row]:
        """Return all rows."""
        return self._whole().values()

    def items(self) -> ItemsView[str, Row]:
        """Return all rows with their names."""
        return self._whole().items()

    def __repr__(self) -> str:
        return repr(self._whole())

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (self._whole(),)


class CompiledNetworks(_Named[VirtualNetwork]):
    """Virtual networks in an image, by name."""

    def __init__(self, form: Form, image: Image) -> None:
        super().__init__(VirtualNetwork, form, image)


class CompiledHosts(_Named[Host], IndexedHosts):
    """Hosts in an image, by name."""

    def __init__(self, form: Form, image: Image) -> None:
        named, addresses = form
        super().__init__(Host, named, image)
        self._addresses = Index(image, addresses, len(self))

    def holders(self, pa: IPAddress) -> Sequence[Host]:
        """Return the hosts that hold a provider address, in the order of the policy."""
        found = self._table.rows({*self._addresses.find(_folded(pa), 4)})
        return [host for host in found if any(held.address == pa for held in host.addresses)]


def _folded(address: IPAddress) -> int:
    """Return what the hosts of an address are found by, and perhaps some others."""
    return crc32(address.packed)


# ---------------------------------------------------------------------------------------------
# Ports


def pack_ports(ports: Mapping[str, VmPort], hosts: Iterable[str], body: Body) -> Form:
    """Write ports and their indexes."""
    fields = fields_of(VmPort, ports.values())
    names = fields["name"]
    numbers = {host: number for number, host in enumerate(hosts)}
    placed = list(map(numbers.__getitem__, fields["host"]))
    with_adapter = [row for row, name in enumerate(names) if ":" in name]
    vms = [
        (row, names[row][:at])
        for row in with_adapter
        for at, sign in enumerate(names[row])
        if sign == ":"
    ]
    return (
        _packed_named(fields, body),
        pack_index((_hashed(name.partition("/")[2]) for name in names), 4, body, rows=count()),
        pack_index((_hashed(vm) for _, vm in vms), 4, body, rows=[row for row, _ in vms]),
        pack_index(map(_mixed, placed, fields["mac"]), 4, body, rows=count()),
        pack_index(
            (host << 32 | vsid for host, vsid in zip(placed, fields["vsid"], strict=True)),
            8,
            body,
            rows=count(),
        ),
    )


def _mixed(host: int, mac: int) -> int:
    """Return what the ports of a host with a MAC are found by, and perhaps some others."""
    return (mac ^ mac >> 32) + host * _ODD & 0xFFFF_FFFF


class CompiledPorts(_Named[VmPort], IndexedPorts):
    """Ports in an image, by name."""

    def __init__(self, form: Form, hosts: CompiledHosts, image: Image) -> None:
        named, *indexes = form
        super().__init__(VmPort, named, image)
        self._bare, self._vms, self._macs, self._subnets = (
            Index(image, index, len(self)) for index in indexes
        )
        self._hosts = hosts

    def called(self, name: str) -> Sequence[str]:
        """Return the full names of the ports with a name that leaves their network out."""
        found = map(self._name, sorted(self._bare.find(_hashed(name), 4)))
        return [full for full in found if full.partition("/")[2] == name]

    def has_adapters(self, vm: str) -> bool:
        """Whether a VM of that full name has adapters with names of their own."""
        found = map(self._name, self._vms.find(_hashed(vm), 4))
        return any(full.startswith(f"{vm}:") for full in found)

    def on_host(self, host: str) -> _OnHost:
        """Return the ports of one host."""
        return _OnHost(self._table, self._macs, self._subnets, (self._hosts.number(host), host))


class _OnHost:
    """The ports of one host in an image."""

    def __init__(
        self, table: Table[VmPort], macs: Index, subnets: Index, host: tuple[int, str]
    ) -> None:
        self._table = table
        self._macs = macs
        self._subnets = subnets
        self._number, self._name = host

    def of_mac(self, mac: int) -> Sequence[VmPort]:
        """Return the ports with a MAC, of any virtual subnet."""
        found = self._table.rows(self._macs.find(_mixed(self._number, mac), 4))
        return [port for port in found if port.mac == mac and port.host == self._name]

    def of_subnet(self, vsid: int) -> Sequence[VmPort]:
        """Return the ports of a virtual subnet."""
        return self._table.rows(self._subnets.find(self._number << 32 | vsid, 8))

    def __iter__(self) -> Iterator[VmPort]:
        return iter(self._table.rows(self._subnets.find(self._number, 4)))
