"""Longest prefix match is what its definition says, in both of its forms."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hnvemu.tables import prefixes
from hnvemu.tables.prefixes import PurePrefixTable, prefix_cuts, prefix_table

FORMS = [PurePrefixTable, prefix_table]


def networks(version: int) -> st.SearchStrategy[list[IPv4Network | IPv6Network]]:
    """Prefixes that often nest: few distinct bits, every length."""
    bits, kind = (32, IPv4Network) if version == 4 else (128, IPv6Network)
    address = st.integers(0, 15).map(lambda top: top << (bits - 4)) | st.integers(0, 2**bits - 1)
    one = st.builds(lambda a, n: kind((a, n), strict=False), address, st.integers(0, bits))
    return st.lists(one, max_size=30, unique=True)


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("form", FORMS)
@given(st.data())
def test_longest_prefix_match_is_brute_force(
    form: object, version: int, data: st.DataObject
) -> None:
    found = data.draw(networks(version))
    table = form(found, version)  # type: ignore[operator]
    near = [int(n.network_address) + more for n in found for more in (-1, 0, 1)]
    top = 2 ** (32 if version == 4 else 128) - 1
    anywhere = data.draw(st.lists(st.integers(0, top), max_size=10))

    for address in (*anywhere, *(value for value in near if 0 <= value <= top)):
        holding = [
            (network.prefixlen, at)
            for at, network in enumerate(found)
            if int(network.network_address) <= address <= int(network.broadcast_address)
        ]
        assert table.longest(address) == (max(holding)[1] if holding else None)


@pytest.mark.parametrize("version", [4, 6])
@given(st.data())
def test_the_match_is_constant_between_cuts(version: int, data: st.DataObject) -> None:
    found = data.draw(networks(version))
    table = prefix_table(found, version)
    cuts = sorted({0, *prefix_cuts(found), 2 ** (32 if version == 4 else 128)})

    for first, following in pairwise(cuts):
        assert table.longest(first) == table.longest(following - 1)


def test_the_twin_serves_where_pytricia_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prefixes, "PyTricia", None)

    table = prefix_table([IPv4Network("10.0.0.0/8"), IPv4Network("10.1.0.0/16")], 4)

    assert isinstance(table, PurePrefixTable)
    assert table.longest(0x0A010203) == 1
