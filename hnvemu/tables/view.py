"""What a host knows: its lookup records and customer routes, indexed.

Hosts that know the same share one view. Nothing here decides: tables ask a view and answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.addresses import first_host
from hnvemu.model.policy import Profile, Restart
from hnvemu.model.records import RecordType, is_unspecified

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hnvemu.model.policy import HostView, Policy
    from hnvemu.model.records import CustomerRoute, LookupRecord


class View:
    """The records and routes that one or more hosts know."""

    def __init__(
        self,
        records: Iterable[LookupRecord],
        routes: tuple[CustomerRoute, ...],
        profile: Profile,
    ) -> None:
        self.routes = routes
        self.records: dict[int, dict[tuple[int, int], LookupRecord]] = {4: {}, 6: {}}
        """By family, then (vsid, ca): the record that stands for one address."""
        self.unusable: dict[tuple[int, int, int], LookupRecord] = {}
        self._wildcards: dict[tuple[int, int], list[LookupRecord]] = {}
        self._l2_only: dict[int, set[int]] = {}
        self._by_ca: dict[int, dict[int, list[LookupRecord]]] | None = None
        self._index(records, profile)
        self._rdids: dict[int, str] = {}
        for route in routes:
            # Of two routing domains that carry a VSID the first in policy order has it: OBJ-3.
            self._rdids.setdefault(route.vsid, route.rdid)
        self.dot_ones = {
            (route.vsid, route.prefix.version, int(address))
            for route in routes
            if route.next_hop is None and (address := first_host(route.prefix)) is not None
        }

    def _index(self, records: Iterable[LookupRecord], profile: Profile) -> None:
        by_family = self.records
        static, dynamic = RecordType.STATIC, RecordType.DYNAMIC
        is_2012 = profile is Profile.WS2012
        for record in records:
            ca, kind = record.ca, record.type
            names_one = kind is static or kind is dynamic
            if record.unusable or record.unsynchronized:
                if names_one:
                    self.unusable[record.vsid, ca.version, int(ca)] = record
            # Before record types existed, an unspecified CA alone made the wildcard: 2.2.
            elif names_one and not (is_2012 and is_unspecified(ca)):
                key = record.vsid, int(ca)
                # Of two records for one address the lowest MAC decides: OBJ-11.
                known = by_family[ca.version].setdefault(key, record)
                if record.mac < known.mac:
                    by_family[ca.version][key] = record
            elif kind is RecordType.L2_ONLY:
                self._l2_only.setdefault(record.vsid, set()).add(record.mac)
            else:
                self._wildcards.setdefault((record.vsid, ca.version), []).append(record)
        for wildcards in self._wildcards.values():
            wildcards.sort(key=lambda record: (record.mac, int(record.pa)))

    def rd_of(self, vsid: int) -> str | None:
        """Return the routing domain whose routes carry ``vsid`` on this host (OBJ-3)."""
        return self._rdids.get(vsid)

    def wildcards(self, vsid: int, version: int) -> list[LookupRecord]:
        """Return the gateway wildcards of a virtual subnet, for one family."""
        return self._wildcards.get((vsid, version), [])

    def is_l2_only(self, vsid: int, mac: int) -> bool:
        """Whether a virtual subnet has an L2Only record of ``mac``."""
        return mac in self._l2_only.get(vsid, ())

    def l2_only_macs(self, vsid: int) -> set[int]:
        """Return the MACs of the L2Only records of a virtual subnet."""
        return self._l2_only.get(vsid, set())

    def all_rows(self) -> list[LookupRecord]:
        """Return every record that can answer: those of one address, and the wildcards."""
        rows = [record for records in self.records.values() for record in records.values()]
        return rows + [record for wildcards in self._wildcards.values() for record in wildcards]

    def in_domain(self, rdid: str, version: int, ca: int) -> list[LookupRecord]:
        """Return the records of ``ca`` in any virtual subnet of ``rdid``, lowest VSID first."""
        if self._by_ca is None:
            self._by_ca = {4: {}, 6: {}}
            for family, records in self.records.items():
                index = self._by_ca[family]
                for (_, address), record in records.items():
                    index.setdefault(address, []).append(record)
        found = self._by_ca.get(version, {}).get(ca, [])
        if len(found) == 1 and self._rdids.get(found[0].vsid) == rdid:
            return found
        return sorted(
            (record for record in found if self._rdids.get(record.vsid) == rdid),
            key=lambda record: record.vsid,
        )


def views(policy: Policy, profile: Profile) -> dict[str, View]:
    """Return the view of each host of ``policy``; hosts that know the same share one."""
    common = View(policy.records, policy.routes, profile)
    different: dict[tuple[object, ...], View] = {}
    result = {}
    for host in policy.hosts:
        override = policy.views.get(host)
        if override is None:
            result[host] = common
            continue
        key = (
            override.without_lookup_records,
            override.without_customer_routes,
            override.lookup_records,
            override.restarted is Restart.NO,
        )
        if key not in different:
            different[key] = _different(policy, override, profile)
        result[host] = different[key]
    return result


def _different(policy: Policy, override: HostView, profile: Profile) -> View:
    """Build the view of a host that knows other than the policy."""
    records: list[LookupRecord] = []
    routes: tuple[CustomerRoute, ...] = ()
    if override.restarted is Restart.NO:
        absent = {(key.vsid, key.ca) for key in override.without_lookup_records}
        absent |= {(record.vsid, record.ca) for record in override.lookup_records}
        records = [record for record in policy.records if (record.vsid, record.ca) not in absent]
        gone = set(override.without_customer_routes)
        routes = tuple(
            route for route in policy.routes if (route.network, route.prefix) not in gone
        )
    return View((*records, *override.lookup_records), routes, profile)
