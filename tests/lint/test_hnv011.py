"""HNV011: addresses outside their subnet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from lint.conftest import Found

RECORD = "vsid: 5001, mac: 02-00-00-00-01-0A, pa: 192.168.10.11"


def test_default_route_makes_no_difference(found: Found) -> None:
    routes = ["10.0.1.0/24 on-link 5001", "0.0.0.0/0 10.0.1.250 5001"]

    (finding,) = found("HNV011", routes=routes, records=[f"ca: 10.0.9.9, {RECORD}"])

    assert finding.message == "10.0.9.9 lies outside the on-link prefixes of VSID 5001: 10.0.1.0/24"


def test_few_of_many_prefixes_are_named(found: Found) -> None:
    routes = [f"10.0.{at}.0/24 on-link 5001" for at in range(1, 6)]

    (finding,) = found("HNV011", routes=routes, records=[f"ca: 10.0.9.9, {RECORD}"])

    assert finding.message.endswith("10.0.1.0/24, 10.0.2.0/24, 10.0.3.0/24…")


def test_address_of_a_family_without_prefix_is_found(found: Found) -> None:
    assert len(found("HNV011", records=[f'ca: "2001:db8:1::a", {RECORD}'])) == 1


def test_family_without_any_prefix_is_told_once_for_all_its_addresses(found: Found) -> None:
    """Not even the dummy PA of the ``.1`` is a mistake of its own then."""
    records = [f'ca: "2001:db8:1::{n}", {RECORD}' for n in ("a", "b")]
    router = 'ca: "2001:db8:1::1", vsid: 5001, mac: 02-00-00-FF-FF-01, pa: 169.254.254.254'

    (finding,) = found("HNV011", records=[*records, router])

    assert finding.message == "VSID 5001 has no IPv6 on-link route for 2001:db8:1::a and 2 more"
    assert found("HNV201", records=[*records, router]) == []


@pytest.mark.parametrize("ca", ["127.0.0.1", "169.254.0.9", "255.255.255.255", "224.0.0.1"])
def test_address_that_no_vm_can_have_is_another_mistake(found: Found, ca: str) -> None:
    assert found("HNV011", records=[f"ca: {ca}, {RECORD}"]) == []
    assert len(found("HNV012", records=[f"ca: {ca}, {RECORD}"])) == 1


@pytest.mark.parametrize("more", ["type: l2_only", "unusable: true", "vm: wildcard v4"])
def test_record_that_is_for_no_address_is_not_asked(found: Found, more: str) -> None:
    assert found("HNV011", records=[f"ca: 0.0.0.0, {RECORD}, {more}"]) == []


def test_subnet_without_any_prefix_is_another_mistake(found: Found) -> None:
    assert found("HNV011", records=[f"ca: 10.0.9.9, {RECORD}".replace("5001", "5009")]) == []
