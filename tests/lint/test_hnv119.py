"""HNV119: a default route for one family alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lint.conftest import Found

ROUTES = [
    "10.0.1.0/24 on-link 5001",
    "2001:db8:1::/64 on-link 5001",
    "10.0.2.0/24 on-link 5002",
    "0.0.0.0/0 10.0.2.250 5002",
]


def test_prefix_without_vms_needs_no_default_route(found: Found) -> None:
    vm = "host: H1, vsid: 5001, mac: 02-00-00-00-01-0A, ca: 10.0.1.10"

    assert found("HNV119", routes=ROUTES, vms=[vm]) == []


def test_address_outside_its_subnet_is_another_mistake(found: Found) -> None:
    vm = 'host: H1, vsid: 5001, mac: 02-00-00-00-01-0A, ca: [10.0.1.10, "2001:db8:9::a"]'

    assert found("HNV119", routes=ROUTES, vms=[vm]) == []
    assert len(found("HNV011", routes=ROUTES, vms=[vm])) == 1
