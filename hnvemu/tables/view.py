"""What a host knows: its lookup records and customer routes, indexed.

Hosts that know the same share one view. Nothing here decides: tables ask a view and answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.addresses import first_host
from hnvemu.model.policy import Profile, Restart
from hnvemu.model.records import RecordType, is_unspecified

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hnvemu.addresses import IPAddress
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


class View:
    """The records and routes that one or more hosts know."""

    def __init__(
        self,
        records: Iterable[LookupRecord],
        routes: tuple[CustomerRoute, ...],
        profile: Profile,
    ) -> None:
        self.routes = routes
        ipv4: dict[tuple[int, int], LookupRecord] = {}
        self.records: dict[int, dict[tuple[int, int], LookupRecord]] = {0: ipv4, 4: ipv4, 6: {}}
        """By IP version, then (vsid, ca): the record that stands for one address.

        ARP, which has no IP version, is about IPv4 addresses.
        """
        self.unusable: dict[tuple[int, int, int], LookupRecord] = {}
        self._wildcards: dict[tuple[int, int], list[LookupRecord]] = {}
        self._l2_only: dict[int, dict[int, LookupRecord]] = {}
        self._members: dict[int, list[LookupRecord]] | None = None
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
        return self._rdids.get(vsid)

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
        if len(found) == 1 and self._rdids.get(found[0].vsid) == rdid:
            return found
        return sorted(
            (record for record in found if self._rdids.get(record.vsid) == rdid),
            key=lambda record: record.vsid,
        )


def _l2_only_order(record: LookupRecord) -> tuple[int, int, int]:
    """Say which of several L2Only records of one MAC stands for it, in whatever order they come."""
    return record.ca.version, record.pa.version, int(record.pa)


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
            id(override.snapshot),  # comparing all records would cost more than a view
        )
        if key not in different:
            different[key] = _different(policy, override, profile)
        result[host] = different[key]
    return result


def _different(policy: Policy, override: HostView, profile: Profile) -> View:
    """Build the view of a host that knows other than the policy."""
    records: list[LookupRecord] = []
    routes: tuple[CustomerRoute, ...] = ()
    known = override.snapshot or policy
    if override.restarted is Restart.NO:
        absent = {(key.vsid, key.ca) for key in override.without_lookup_records}
        absent |= {(record.vsid, record.ca) for record in override.lookup_records}
        records = [record for record in known.records if (record.vsid, record.ca) not in absent]
        gone = set(override.without_customer_routes)
        routes = tuple(route for route in known.routes if (route.network, route.prefix) not in gone)
    return View((*records, *override.lookup_records), routes, profile)
