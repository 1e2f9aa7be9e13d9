"""The cost of one lookup as tables grow from ten rows to a million.

A record's lookup is compared with a bare dictionary of as many rows, a route's with a bare pytricia
of as many prefixes, and each with itself at ten rows. All sizes are looked up in the same rounds.
"""

from __future__ import annotations

import random
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING, Any

import harness
from harness import Figure, Sample, Timing, cost

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

SIZES = (10, 100, 1_000, 10_000, 100_000, 1_000_000)
QUERIES = 10_000
VSID = 5001

# What is asked of hnvemu's tables: everything that knows their modules stands here.


def record_table(addresses: Iterable[int]) -> Callable[[Any], object]:
    """Build a table of one lookup record an address; it answers a query of :func:`query`."""
    from hnvemu.addresses import MacAddress
    from hnvemu.model.policy import Profile
    from hnvemu.model.records import CustomerRoute, LookupRecord
    from hnvemu.tables.records import LookupTable
    from hnvemu.tables.view import View
    from hnvemu.trace.steps import RouteMatched

    route = CustomerRoute(rdid="", prefix=IPv4Network("0.0.0.0/0"), next_hop=None, vsid=VSID)
    pa = IPv4Address("192.168.10.11")
    records = (
        LookupRecord(ca=IPv4Address(ca), vsid=VSID, mac=MacAddress(ca), pa=pa)
        for ca in addresses
    )
    find = LookupTable(View(records, (route,), Profile.TRANSPARENT)).find
    matched = RouteMatched(route, ())
    return lambda flow: find(flow, matched)


def route_table(prefixes: Iterable[IPv4Network]) -> Callable[[Any], object]:
    """Build a table of one customer route a prefix; it answers a query of :func:`query`."""
    from hnvemu.model.records import CustomerRoute
    from hnvemu.tables.routes import RouteTable

    routes = (
        CustomerRoute(rdid="", prefix=prefix, next_hop=None, vsid=VSID) for prefix in prefixes
    )
    return RouteTable("", routes).find


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

    addresses = distinct(sizes[-1], lambda chance: chance.getrandbits(32))
    tables: dict[str, Callable[[], Sample]] = {}
    for size in sizes:
        drawn = sample(addresses[:size])
        bare = {(VSID, address): address for address in addresses[:size]}
        own = record_table(addresses[:size])
        tables[f"record of {size:,}"] = asking(own, [query(address) for address in drawn])
        tables[f"dict of {size:,}"] = asking(bare.get, [(VSID, address) for address in drawn])
    records = harness.interleave(tables, asked.rounds)
    tables.clear()
    report("records", "record of", "dict of", "a bare dict", records, sizes, asked)

    prefixes = [IPv4Network(key) for key in distinct(sizes[-1], draw_prefix)]
    for size in sizes:
        drawn = sample([int(prefix.network_address) + 1 for prefix in prefixes[:size]])
        tree = PyTricia(32)
        for position, prefix in enumerate(prefixes[:size]):
            tree.insert(prefix.network_address.packed, prefix.prefixlen, position)
        own = route_table(prefixes[:size])
        tables[f"route of {size:,}"] = asking(own, [query(address) for address in drawn])
        octets = [address.to_bytes(4, "big") for address in drawn]
        tables[f"pytricia of {size:,}"] = asking(tree.get, octets)
    routes = harness.interleave(tables, asked.rounds)
    report("routes", "route of", "pytricia of", "a bare pytricia", routes, sizes, asked)


def asking(find: Callable[[Any], object], queries: Sequence[Any]) -> Callable[[], Sample]:
    return lambda: harness.each(find, queries)


def report(
    what: str,
    own: str,
    bare: str,
    peer: str,
    found: dict[str, Timing],
    sizes: list[int],
    asked: Any,
) -> None:
    figures: list[Figure] = []
    for size in sizes:
        ours, theirs = found[f"{own} {size:,}"], found[f"{bare} {size:,}"]
        figures += [
            cost(
                f"{size:,} {what}: a lookup / one in ten {what}",
                ours,
                found[f"{own} {sizes[0]:,}"],
            ),
            cost(f"{size:,} {what}: a lookup / one in {peer} of that size", ours, theirs),
            cost(
                f"{size:,} {what}: {peer} / itself at ten",
                theirs,
                found[f"{bare} {sizes[0]:,}"],
            ),
        ]
    harness.report(f"Lookups in growing tables of {what}", figures, found, asked)


def distinct(count: int, draw: Callable[[random.Random], Any]) -> list[Any]:
    """Draw ``count`` different values, the same ones in every run."""
    chance = random.Random(4)  # noqa: S311 - not a secret
    values: dict[Any, None] = {}
    while len(values) < count:
        values[draw(chance)] = None
    return list(values)


def draw_prefix(chance: random.Random) -> tuple[int, int]:
    length = chance.randint(16, 28)
    return chance.getrandbits(length) << 32 - length, length


def sample(rows: Sequence[int]) -> list[int]:
    """Choose rows to ask for: as many in a small table as in a large one."""
    return random.Random(5).choices(rows, k=QUERIES)  # noqa: S311 - not a secret


if __name__ == "__main__":
    main()
