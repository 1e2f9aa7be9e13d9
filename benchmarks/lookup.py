"""The cost of one lookup as tables grow from ten rows to a million.

The first lookup of a record is compared with a bare dictionary of as many rows, a route's with a
bare pytricia of as many prefixes, and each with itself at ten. All sizes share the same rounds.
"""

from __future__ import annotations

import random
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING, Any, NamedTuple

import harness
from harness import Sample, cost

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Sequence

    from harness import Figure

SIZES = (10, 100, 1_000, 10_000, 100_000, 1_000_000)
QUERIES = 10_000
VSID = 5001

# What is asked of hnvemu's tables: everything that knows their modules stands here.


def record_table(addresses: Iterable[int]) -> Callable[[], Callable[[Any], object]]:
    """Index one lookup record an address; each call makes a table that has answered nothing yet.

    A table remembers its answers, so that a large one asked twice would answer as a small one.
    """
    from hnvemu.addresses import MacAddress
    from hnvemu.model.policy import Profile
    from hnvemu.model.records import CustomerRoute, LookupRecord
    from hnvemu.tables.records import LookupTable
    from hnvemu.tables.view import View
    from hnvemu.trace.steps import RouteMatched

    route = CustomerRoute(rdid="", prefix=IPv4Network("0.0.0.0/0"), next_hop=None, vsid=VSID)
    pa = IPv4Address("192.168.10.11")
    records = (
        LookupRecord(ca=IPv4Address(ca), vsid=VSID, mac=MacAddress(ca), pa=pa) for ca in addresses
    )
    view = View(records, (route,), Profile.TRANSPARENT)
    matched = RouteMatched(route, ())

    def table() -> Callable[[Any], object]:
        find = LookupTable(view).find
        return lambda flow: find(flow, matched)

    return table


def route_table(prefixes: Iterable[IPv4Network]) -> Callable[[Any], object]:
    """Build a table of one customer route a prefix; it answers a query of :func:`query`."""
    from hnvemu.model.records import CustomerRoute
    from hnvemu.tables.routes import RouteTable

    routes = (
        CustomerRoute(rdid="", prefix=prefix, next_hop=None, vsid=VSID) for prefix in prefixes
    )
    find: Callable[[Any], object] = RouteTable("", routes).find
    return find


def query(address: int) -> object:
    """Build what the tables are asked with: a flow to ``address``."""
    from hnvemu.wire.flow import Flow

    blank = Flow(**dict.fromkeys(Flow._fields, -1))
    return blank._replace(version=4, dst=address)


def main() -> None:
    parser = harness.options(__doc__, rounds=9)
    parser.add_argument("--largest", type=int, default=SIZES[-1], help=f"default {SIZES[-1]}")
    asked = parser.parse_args()
    harness.need_hnvemu()
    try:
        from pytricia import PyTricia
    except ImportError as error:
        harness.give_up(f"the peer of routes is missing: {error}")
    sizes = [size for size in SIZES if size <= asked.largest]

    measure(RECORDS, record_competitors(sizes), sizes, asked)
    measure(ROUTES, route_competitors(sizes, PyTricia), sizes, asked)


class Kind(NamedTuple):
    """What grows, and what its lookup is compared with."""

    rows: str
    own: str
    bare: str


RECORDS = Kind("records", "first lookup in {:,} records", "dict of {:,}")
ROUTES = Kind("routes", "lookup in {:,} routes", "pytricia of {:,}")


def record_competitors(sizes: Sequence[int]) -> dict[str, Callable[[], Sample]]:
    addresses = distinct(sizes[-1], lambda chance: chance.getrandbits(32))
    competitors: dict[str, Callable[[], Sample]] = {}
    for size in sizes:
        known = addresses[:size]
        drawn = sample(known)
        table = record_table(known)
        bare = {(VSID, address): address for address in known}
        competitors[RECORDS.own.format(size)] = asking_anew(
            table, [query(address) for address in drawn]
        )
        competitors[RECORDS.bare.format(size)] = asking(
            bare.get, [(VSID, address) for address in drawn]
        )
    return competitors


def route_competitors(sizes: Sequence[int], tree_class: Any) -> dict[str, Callable[[], Sample]]:
    prefixes = [IPv4Network(key) for key in distinct(sizes[-1], draw_prefix)]
    competitors: dict[str, Callable[[], Sample]] = {}
    for size in sizes:
        known = prefixes[:size]
        drawn = sample([int(prefix.network_address) + 1 for prefix in known])
        own = route_table(known)
        tree = tree_class(32)
        for position, prefix in enumerate(known):
            tree.insert(prefix.network_address.packed, prefix.prefixlen, position)
        competitors[ROUTES.own.format(size)] = asking(own, [query(address) for address in drawn])
        competitors[ROUTES.bare.format(size)] = asking(
            tree.get, [address.to_bytes(4, "big") for address in drawn]
        )
    return competitors


def asking(find: Callable[[Any], object], queries: Sequence[Any]) -> Callable[[], Sample]:
    return lambda: harness.each(find, queries)


def asking_anew(
    table: Callable[[], Callable[[Any], object]], queries: Sequence[Any]
) -> Callable[[], Sample]:
    """Ask a new table every ten queries, which are different ones."""

    def ask(ten: Sequence[Any]) -> None:
        find = table()
        for flow in ten:
            find(flow)

    tens = [queries[at : at + 10] for at in range(0, len(queries), 10)]
    return lambda: Sample(harness.each(ask, tens).seconds / 10)


def measure(
    kind: Kind,
    competitors: dict[str, Callable[[], Sample]],
    sizes: Sequence[int],
    asked: argparse.Namespace,
) -> None:
    found = harness.interleave(competitors, asked.rounds)
    figures: list[Figure] = []
    for size in sizes:
        own, bare = found[kind.own.format(size)], found[kind.bare.format(size)]
        own_small = found[kind.own.format(sizes[0])]
        bare_small = found[kind.bare.format(sizes[0])]
        figures += [
            cost(f"{kind.own.format(size)} / in {sizes[0]}", own, own_small),
            cost(f"{kind.own.format(size)} / {kind.bare.format(size)}", own, bare),
            cost(f"  {kind.bare.format(size)} / one of {sizes[0]}", bare, bare_small),
        ]
    harness.report(f"One lookup in growing tables of {kind.rows}", figures, found, asked)


def distinct(count: int, draw: Callable[[random.Random], Any]) -> list[Any]:
    """Draw ``count`` different values, the same ones in every run."""
    chance = random.Random(4)
    values: dict[Any, None] = {}
    while len(values) < count:
        values[draw(chance)] = None
    return list(values)


def draw_prefix(chance: random.Random) -> tuple[int, int]:
    length = chance.randint(16, 28)
    return chance.getrandbits(length) << 32 - length, length


def sample(rows: Sequence[int]) -> list[int]:
    """Choose rows to ask for, ten different ones at a time, as many in any table."""
    chance = random.Random(5)
    return [row for _ in range(QUERIES // 10) for row in chance.sample(rows, 10)]


if __name__ == "__main__":
    main()
