"""HNV012: addresses that no VM can have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from lint.conftest import Found

MAC = "vsid: 5001, mac: 02-00-00-00-01-0A"
RECORD = f"{MAC}, pa: 192.168.10.11"


@pytest.mark.parametrize(
    ("ca", "kind"),
    [
        ("10.0.1.0", "the address of the network 10.0.1.0/24 itself"),
        ("10.0.1.255", "the broadcast address of 10.0.1.0/24"),
        ("127.0.0.1", "a loopback address"),
        ("::1", "a loopback address"),
        ("169.254.1.1", "a link-local address, which a guest gives itself"),
        ("255.255.255.255", "the limited broadcast address"),
        ("239.1.1.1", "a group, and its provider address is not"),
    ],
)
def test_message_says_what_the_address_is(found: Found, ca: str, kind: str) -> None:
    (finding,) = found("HNV012", records=[f'ca: "{ca}", {RECORD}'])

    assert finding.message == f"{ca} in VSID 5001 is {kind}"


@pytest.mark.parametrize("ca", ["239.1.1.1", "255.255.255.255", "10.0.1.255"])
def test_group_behind_a_group_is_in_order(found: Found, ca: str) -> None:
    assert found("HNV012", records=[f"ca: {ca}, {MAC}, pa: 239.9.9.9"]) == []


def test_ends_of_the_smallest_prefixes_are_addresses(found: Found) -> None:
    routes = ["10.0.1.0/31 on-link 5001", "2001:db8:1::/64 on-link 5001"]
    records = [f'ca: "{ca}", {RECORD}' for ca in ("10.0.1.0", "10.0.1.1", "2001:db8:1::")]

    assert found("HNV012", routes=routes, records=records) == []


def test_link_local_ipv6_address_is_in_order(found: Found) -> None:
    assert found("HNV012", records=[f'ca: "fe80::1", {RECORD}']) == []


def test_longest_prefix_has_the_say(found: Found) -> None:
    routes = ["10.0.0.0/23 on-link 5001", "10.0.1.128/25 on-link 5001"]

    (finding,) = found("HNV012", routes=routes, records=[f"ca: 10.0.1.255, {RECORD}"])

    assert finding.message.endswith("10.0.1.128/25")
