"""What a host knows: its lookup records and customer routes, indexed.

Hosts that know the same share one view. Nothing here decides: tables ask a view and answer.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from hnvemu.addresses import first_host
from hnvemu.model.indexed import IndexedRecords, IndexedRoutes, ListedRoutes, RecordIndex
from hnvemu.model.policy import Profile, Restart
from hnvemu.model.records import RecordType, is_unspecified

if TYPE_CHECKING:
    from collections.abc import Callable, ItemsView, Iterable, Iterator, Sequence, ValuesView

    from hnvemu.addresses import IPAddress
    from hnvemu.model.indexed import RouteIndex
    from hnvemu.model.policy import HostView, Policy
    from hnvemu.model.records import CustomerRoute, LookupRecord
    from hnvemu.model.topology import VmPort

_NONE: Mapping[int, LookupRecord] = {}
_HELD = {
    4: ((1 << 24, 0x7F00_0000), (0x8000_0000, 0xA9FE_0000), (0xA9FF_0000, 0xE000_0000)),
    6: ((2, 0xFF << 120),),
}
"""First and behind the last address of each range that VMs may have: no group, no loopback, not
the unspecified address, and no IPv4 address that a guest gives itself (169.254.0.0/16)."""

HELD_CUTS = {end for ranges in _HELD.values() for both in ranges for end in both}
"""Where :meth:`View.can_be_held` can change its answer, the ``.1`` addresses aside."""


class Ways(Collection[tuple[int, int, int]]):
    """What routes say of virtual subnets: their routing domain, and their ``.1`` addresses.

    As a collection it has those addresses, each with its VSID and IP version.
    """

    def __init__(self, routes: Sequence[CustomerRoute]) -> None:
        self.routes: RouteIndex
        self.routes = routes if isinstance(routes, IndexedRoutes) else ListedRoutes(routes)
        self._rdids: dict[int, str | None] = {}
        self._dot_ones: dict[int, frozenset[tuple[int, int, int]]] = {}

    def rd_of(self, vsid: int) -> str | None:
        """Return the routing domain whose routes carry ``vsid`` (OBJ-3)."""
        if vsid not in self._rdids:
            routes = self.routes.of_subnet(vsid)
            # Of two routing domains that carry a VSID the first in policy order has it: OBJ-3.
            self._rdids[vsid] = routes[0].rdid if routes else None
        return self._rdids[vsid]

    def dot_ones_of(self, vsid: int) -> frozenset[tuple[int, int, int]]:
        """Return the ``.1`` addresses of one virtual subnet."""
        known = self._dot_ones.get(vsid)
        if known is None:
            known = self._dot_ones[vsid] = frozenset(_dot_ones(self.routes.of_subnet(vsid)))
        return known

    def __contains__(self, key: object) -> bool:
        assert isinstance(key, tuple)  # noqa: S101 - whoever asks has a VSID, a version and a CA
        return key in self.dot_ones_of(key[0])

    def __iter__(self) -> Iterator[tuple[int, int, int]]:
        return iter({*_dot_ones(self.routes)})

    def __len__(self) -> int:
        return len({*_dot_ones(self.routes)})


def _dot_ones(routes: Iterable[CustomerRoute]) -> Iterator[tuple[int, int, int]]:
    for route in routes:
        if route.next_hop is None and (address := first_host(route.prefix)) is not None:
            yield route.vsid, route.prefix.version, int(address)


class View:
    """The records and routes that one or more hosts know."""

    def __init__(
        self,
        records: Iterable[LookupRecord],
        routes: Sequence[CustomerRoute],
        profile: Profile,
    ) -> None:
        self.routes = routes
        self.ways = Ways(routes)
        self.records: Mapping[int, Mapping[tuple[int, int], LookupRecord]]
        """By IP version, then (vsid, ca): the record that stands for one address.

        ARP, which has no IP version, is about IPv4 addresses.
        """
        self.unusable: Mapping[tuple[int, int, int], LookupRecord]
        """By (vsid, IP version, ca): a record that would stand for the address if it could."""
        self._wildcards: dict[tuple[int, int], list[LookupRecord]] = {}
        self._l2_only: dict[int, dict[int, LookupRecord]] = {}
        self._members: dict[int, list[LookupRecord]] | None = None
        self._by_ca: dict[int, dict[int, list[LookupRecord]]] | None = None
        self._index(records, profile)

    @property
    def dot_ones(self) -> Collection[tuple[int, int, int]]:
        """The ``.1`` addresses of subnets, each with its VSID and IP version."""
        return self.ways

    def _index(self, records: Iterable[LookupRecord], profile: Profile) -> None:
        ipv4: dict[tuple[int, int], LookupRecord] = {}
        by_family: dict[int, dict[tuple[int, int], LookupRecord]] = {0: ipv4, 4: ipv4, 6: {}}
        unusable: dict[tuple[int, int, int], LookupRecord] = {}
        self.records, self.unusable = by_family, unusable
        static, dynamic = RecordType.STATIC, RecordType.DYNAMIC
        is_2012 = profile is Profile.WS2012
        for record in records:
            ca, kind = record.ca, record.type
            names_one = kind is static or kind is dynamic
            if record.unusable or record.unsynchronized:
                if names_one:
                    unusable[record.vsid, ca.version, int(ca)] = record
            # Before record types existed, an unspecified CA alone made the wildcard: 2.2.
            elif names_one and not (is_2012 and is_unspecified(ca)):
                key = record.vsid, int(ca)
                # Of two records for one address the lowest MAC decides: OBJ-11.
                known = by_family[ca.version].setdefault(key, record)
                if record.mac < known.mac:
                    by_family[ca.version][key] = record
            elif kind is RecordType.L2_ONLY:
                by_mac = self._l2_only.setdefault(record.vsid, {})
                other = by_mac.setdefault(record.mac, record)
                if _l2_only_order(record) < _l2_only_order(other):
                    by_mac[record.mac] = record
            else:
                self._wildcards.setdefault((record.vsid, ca.version), []).append(record)
        for wildcards in self._wildcards.values():
            wildcards.sort(key=lambda record: (record.mac, int(record.pa)))

    def rd_of(self, vsid: int) -> str | None:
        """Return the routing domain whose routes carry ``vsid`` on this host (OBJ-3)."""
        return self.ways.rd_of(vsid)

    def wildcards(self, vsid: int, version: int) -> list[LookupRecord]:
        """Return the gateway wildcards of a virtual subnet, for one family."""
        return self._wildcards.get((vsid, version or 4), [])

    def l2_only(self, vsid: int) -> Mapping[int, LookupRecord]:
        """Return the L2Only records of a virtual subnet, by MAC: whose addresses are learned."""
        return self._l2_only.get(vsid, _NONE)

    def can_be_held(self, vsid: int, version: int, ca: int) -> bool:
        """Whether a VM of a virtual subnet may have an address: the ``.1`` is nobody's (OBJ-40)."""
        version = version or 4
        ranges = _HELD[version]
        return (vsid, version, ca) not in self.dot_ones and any(a <= ca < b for a, b in ranges)

    def is_full(self, port: VmPort, known: LookupRecord | None = None) -> bool:
        """Whether ``port`` has all the dynamic addresses that it may have, ``known`` aside."""
        if port.dynamic_ip_limit is None:
            return False
        held = sum(
            record.type is RecordType.DYNAMIC and record.mac == port.mac and record is not known
            for record in self.members(port.vsid)
        )
        return held >= port.dynamic_ip_limit

    def members(self, vsid: int) -> list[LookupRecord]:
        """Return every record of a virtual subnet that says where a MAC lives.

        The ``.1`` addresses are nobody's, and groups live nowhere.
        """
        if self._members is None:
            self._members = {}
            for record in (*self.all_rows(), *self.all_l2_only()):
                key = record.vsid, record.ca.version, int(record.ca)
                is_group = record.ca.is_multicast or record.pa.is_multicast
                if key not in self.dot_ones and not is_group:
                    self._members.setdefault(record.vsid, []).append(record)
        return self._members.get(vsid, [])

    def groups(self, vsid: int) -> set[IPAddress]:
        """Return the multicast PAs that records of a virtual subnet name."""
        return {r.pa for r in self.all_rows() if r.vsid == vsid and r.pa.is_multicast}

    def all_rows(self) -> list[LookupRecord]:
        """Return every record that can answer: those of one address, and the wildcards."""
        rows = [record for version in (4, 6) for record in self.records[version].values()]
        return rows + [record for wildcards in self._wildcards.values() for record in wildcards]

    def all_l2_only(self) -> list[LookupRecord]:
        """Return every L2Only record."""
        return [record for by_mac in self._l2_only.values() for record in by_mac.values()]

    def in_domain(self, rdid: str, version: int, ca: int) -> list[LookupRecord]:
        """Return the records of ``ca`` in any virtual subnet of ``rdid``, lowest VSID first."""
        if self._by_ca is None:
            self._by_ca = {4: {}, 6: {}}
            for family, index in self._by_ca.items():
                for (_, address), record in self.records[family].items():
                    index.setdefault(address, []).append(record)
        found = self._by_ca.get(version or 4, {}).get(ca, [])
        if len(found) == 1 and self.rd_of(found[0].vsid) == rdid:
            return found
        return sorted(
            (record for record in found if self.rd_of(record.vsid) == rdid),
            key=lambda record: record.vsid,
        )


class IndexedView(View):
    """The view of hosts whose records have an index: it looks at those alone that it is asked for.

    What a view says of an address or of a virtual subnet depends on the records of that address
    or subnet and on no other. So this one asks its index for them, and an ordinary view of that
    part for the answer. Whoever walks over everything gets the view of the whole.
    """

    def __init__(
        self, records: RecordIndex, routes: Sequence[CustomerRoute], profile: Profile
    ) -> None:
        super().__init__((), routes, profile)
        self._rows = records
        self._profile = profile
        self._at: dict[tuple[int, int, int], LookupRecord] = {}
        self._subnets: dict[int, View] = {}
        self._exceptions: dict[int, View] = {}
        self._all: View | None = None
        self._domains: dict[str, list[int]] = {}
        ipv4 = _Lazy(lambda key: self._record(4, key), lambda: self._whole.records[4])
        ipv6 = _Lazy(lambda key: self._record(6, key), lambda: self._whole.records[6])
        self.records = {0: ipv4, 4: ipv4, 6: ipv6}
        self.unusable = _Lazy(self._unusable, lambda: self._whole.unusable)

    def _part(self, rows: Iterable[LookupRecord]) -> View:
        part = View(rows, (), self._profile)
        part.ways = self.ways
        return part

    @property
    def _whole(self) -> View:
        if self._all is None:
            self._all = self._part(self._rows)
        return self._all

    def _subnet(self, vsid: int) -> View:
        if vsid not in self._subnets:
            self._subnets[vsid] = self._part(self._rows.of_subnet(vsid))
        return self._subnets[vsid]

    def _exceptional(self, vsid: int) -> View:
        if vsid not in self._exceptions:
            self._exceptions[vsid] = self._part(self._rows.exceptional(vsid))
        return self._exceptions[vsid]

    def _record(self, version: int, key: tuple[int, int]) -> LookupRecord | None:
        vsid, ca = key
        known = self._at.get((vsid, version, ca))
        if known is not None:
            return known
        rows = self._rows.at(vsid, version, ca)
        found = _alone(rows) or self._part(rows).records[version].get(key)
        if found is not None:
            self._at[vsid, version, ca] = found
        return found

    def _unusable(self, key: tuple[int, int, int]) -> LookupRecord | None:
        return self._part(self._rows.at(*key)).unusable.get(key)

    def wildcards(self, vsid: int, version: int) -> list[LookupRecord]:
        """Return the gateway wildcards of a virtual subnet, for one family."""
        return self._exceptional(vsid).wildcards(vsid, version)

    def l2_only(self, vsid: int) -> Mapping[int, LookupRecord]:
        """Return the L2Only records of a virtual subnet, by MAC: whose addresses are learned."""
        return self._exceptional(vsid).l2_only(vsid)

    def members(self, vsid: int) -> list[LookupRecord]:
        """Return every record of a virtual subnet that says where a MAC lives."""
        return self._subnet(vsid).members(vsid)

    def groups(self, vsid: int) -> set[IPAddress]:
        """Return the multicast PAs that records of a virtual subnet name."""
        return self._subnet(vsid).groups(vsid)

    def all_rows(self) -> list[LookupRecord]:
        """Return every record that can answer: those of one address, and the wildcards."""
        return self._whole.all_rows()

    def all_l2_only(self) -> list[LookupRecord]:
        """Return every L2Only record."""
        return self._whole.all_l2_only()

    def in_domain(self, rdid: str, version: int, ca: int) -> list[LookupRecord]:
        """Return the records of ``ca`` in any virtual subnet of ``rdid``, lowest VSID first."""
        version = version or 4
        rows = self._rows.among(self._domain(rdid), version, ca)
        alone = _alone(rows)
        return self._part(rows).in_domain(rdid, version, ca) if alone is None else [alone]

    def _domain(self, rdid: str) -> list[int]:
        """Return the virtual subnets of a routing domain, in order."""
        if rdid not in self._domains:
            vsids = {route.vsid for route in self.ways.routes.of_domain(rdid)}
            self._domains[rdid] = sorted(vsid for vsid in vsids if self.rd_of(vsid) == rdid)
        return self._domains[rdid]


_Key = TypeVar("_Key")


class _Lazy(Mapping[_Key, "LookupRecord"]):
    """A mapping that asks for one value at a time, and for all when somebody walks over it."""

    def __init__(
        self,
        one: Callable[[_Key], LookupRecord | None],
        whole: Callable[[], Mapping[_Key, LookupRecord]],
    ) -> None:
        self._one = one
        self._whole = whole

    def __getitem__(self, key: _Key) -> LookupRecord:
        found = self._one(key)
        if found is None:
            raise KeyError(key)
        return found

    def get(self, key: _Key, default: object = None) -> Any:
        """Return one value, or ``default`` where there is none."""
        found = self._one(key)
        return default if found is None else found

    def items(self) -> ItemsView[_Key, LookupRecord]:
        """Return all values with their keys."""
        return self._whole().items()

    def values(self) -> ValuesView[LookupRecord]:
        """Return all values."""
        return self._whole().values()

    def __iter__(self) -> Iterator[_Key]:
        return iter(self._whole())

    def __len__(self) -> int:
        return len(self._whole())


class _Overlaid(RecordIndex):
    """The records of a host that lacks some of the policy's and has some of its own."""

    def __init__(
        self,
        rows: RecordIndex,
        absent: set[tuple[int, IPAddress]],
        own: tuple[LookupRecord, ...],
    ) -> None:
        self._rows = rows
        self._absent = absent
        self._own = own

    def _kept(self, rows: Iterable[LookupRecord]) -> Iterator[LookupRecord]:
        return (row for row in rows if (row.vsid, row.ca) not in self._absent)

    def at(self, vsid: int, version: int, ca: int) -> Sequence[LookupRecord]:
        """Return the records of one address in one virtual subnet."""
        own = (row for row in self._own if row.vsid == vsid and _is(row.ca, version, ca))
        return *self._kept(self._rows.at(vsid, version, ca)), *own

    def among(self, vsids: Sequence[int], version: int, ca: int) -> Sequence[LookupRecord]:
        """Return the records of one address in some virtual subnets, which come in order."""
        own = (row for row in self._own if row.vsid in vsids and _is(row.ca, version, ca))
        return *self._kept(self._rows.among(vsids, version, ca)), *own

    def of_subnet(self, vsid: int) -> Sequence[LookupRecord]:
        """Return all records of a virtual subnet."""
        return *self._kept(self._rows.of_subnet(vsid)), *self._own_of(vsid)

    def exceptional(self, vsid: int) -> Sequence[LookupRecord]:
        """Return those that may stand for no single address, and all of the host's own."""
        return *self._kept(self._rows.exceptional(vsid)), *self._own_of(vsid)

    def _own_of(self, vsid: int) -> Iterator[LookupRecord]:
        return (row for row in self._own if row.vsid == vsid)

    def __iter__(self) -> Iterator[LookupRecord]:
        yield from self._kept(self._rows)
        yield from self._own


def _alone(rows: Sequence[LookupRecord]) -> LookupRecord | None:
    """Return the one record of an address, where it stands for it in every profile.

    This is so of most addresses, and saves each of them a view of its own.
    """
    if len(rows) != 1:
        return None
    record = rows[0]
    kind = record.type
    names_one = kind is RecordType.STATIC or kind is RecordType.DYNAMIC
    if not names_one or record.unusable or record.unsynchronized or is_unspecified(record.ca):
        return None
    return record


def _is(address: IPAddress, version: int, value: int) -> bool:
    return address.version == version and int(address) == value


def _l2_only_order(record: LookupRecord) -> tuple[int, int, int]:
    """Say which of several L2Only records of one MAC stands for it, in whatever order they come."""
    return record.ca.version, record.pa.version, int(record.pa)


def view_of(
    records: Sequence[LookupRecord], routes: Sequence[CustomerRoute], profile: Profile
) -> View:
    """Return the view of hosts that know all of these."""
    kind = IndexedView if isinstance(records, IndexedRecords) else View
    return kind(records, routes, profile)  # type: ignore[arg-type]


class Views:
    """The views of a policy's hosts; hosts that know the same share one."""

    def __init__(self, policy: Policy, profile: Profile) -> None:
        self._policy = policy
        self._profile = profile
        self._common: View | None = None
        self._different: dict[tuple[object, ...], View] = {}

    def of(self, host: str) -> View:
        """Return what a host knows."""
        override = self._policy.views.get(host)
        if override is None:
            if self._common is None:
                policy = self._policy
                self._common = view_of(policy.records, policy.routes, self._profile)
            return self._common
        key = (
            override.without_lookup_records,
            override.without_customer_routes,
            override.lookup_records,
            override.restarted is Restart.NO,
            id(override.snapshot),  # comparing all records would cost more than a view
        )
        if key not in self._different:
            self._different[key] = _different(self._policy, override, self._profile)
        return self._different[key]


def _different(policy: Policy, override: HostView, profile: Profile) -> View:
    """Build the view of a host that knows other than the policy."""
    if override.restarted is not Restart.NO:
        return View(override.lookup_records, (), profile)
    known = override.snapshot or policy
    absent = {(key.vsid, key.ca) for key in override.without_lookup_records}
    absent |= {(record.vsid, record.ca) for record in override.lookup_records}
    routes = known.routes
    if gone := set(override.without_customer_routes):
        routes = tuple(r for r in known.routes if (r.network, r.prefix) not in gone)
    if isinstance(known.records, IndexedRecords):
        return IndexedView(
            _Overlaid(known.records, absent, override.lookup_records), routes, profile
        )
    kept = (record for record in known.records if (record.vsid, record.ca) not in absent)
    return View((*kept, *override.lookup_records), routes, profile)
