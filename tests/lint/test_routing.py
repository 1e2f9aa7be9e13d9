"""Prefixes are found as if all of them were looked at."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from hnvemu.addresses import IPAddress, IPPrefix, parse_address, parse_prefix
from hnvemu.lint.catalogue import RULES
from hnvemu.lint.routing import Prefixes
from hnvemu.lint.subject import Subject
from hnvemu.model.policy import Policy
from hnvemu.model.records import CustomerRoute

ADDRESSES = st.one_of(
    st.integers(0, 15).map(lambda value: parse_address(f"10.0.0.{value * 16}")),
    st.integers(0, 15).map(lambda value: parse_address(f"2001:db8::{value:x}0")),
)
PREFIXES = st.builds(
    lambda address, free: parse_prefix(f"{address}/{address.max_prefixlen - free}"),
    ADDRESSES,
    st.integers(4, 8),
)
(OVERLAP,) = (rule for rule in RULES if rule.code == "HNV102")


def on_link(prefix: IPPrefix, vsid: int) -> CustomerRoute:
    return CustomerRoute(rdid="{1}", prefix=prefix, next_hop=None, vsid=vsid)


ROUTES = st.lists(st.builds(on_link, PREFIXES, st.integers(5001, 5003)), max_size=6)


@given(routes=ROUTES, address=ADDRESSES)
def test_prefixes_that_hold_an_address_are_found_longest_first(
    routes: list[CustomerRoute], address: IPAddress
) -> None:
    found = [route.prefix for route in Prefixes(routes).holding(address)]

    holding = {route.prefix for route in routes if address in route.prefix}
    assert found == sorted(holding, key=lambda prefix: -prefix.prefixlen)


@given(routes=ROUTES, prefix=PREFIXES)
def test_prefix_around_another_is_the_longest_that_holds_all_of_it(
    routes: list[CustomerRoute], prefix: IPPrefix
) -> None:
    found = Prefixes(routes).around(prefix)

    around = [route.prefix for route in routes if holds(route.prefix, prefix)]
    longest = max(around, key=lambda each: each.prefixlen, default=None)
    assert (found.prefix if found else None) == longest


@given(routes=ROUTES)
def test_overlap_is_found_where_any_two_subnets_have_one(routes: list[CustomerRoute]) -> None:
    problems = [*OVERLAP.check(Subject(Policy(routes=tuple(routes))))]

    overlapping = [
        (one, other)
        for one, other in combinations(routes, 2)
        if one.vsid != other.vsid
        and (holds(one.prefix, other.prefix) or holds(other.prefix, one.prefix))
    ]
    assert bool(problems) == bool(overlapping)


def holds(outer: IPPrefix, inner: IPPrefix) -> bool:
    return inner.network_address in outer and inner.broadcast_address in outer
