"""HNV007: an address in two virtual subnets."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lint.conftest import Found

OVERLAPPING = ["10.0.1.0/24 on-link 5001", "10.0.1.0/24 on-link 5002"]
A = "host: H1, vsid: 5001, mac: 02-00-00-00-01-0A, ca: 10.0.1.10"
B = "host: H2, vsid: 5002, mac: 02-00-00-00-01-0B, ca: "


def test_each_address_is_told_once(found: Found) -> None:
    record = "ca: 10.0.1.10, vsid: 5002, mac: 02-00-00-00-01-0C, pa: 192.168.10.12"
    again = record.replace("0C", "0D")

    assert len(found("HNV007", routes=OVERLAPPING, vms=[A], records=[record, again])) == 1


def test_dot_one_of_overlapping_prefixes_is_not_the_mistake(found: Found) -> None:
    assert found("HNV007", routes=OVERLAPPING, vms=[A, B + "10.0.1.11"]) == []


def test_address_outside_one_of_the_subnets_is_another_mistake(found: Found) -> None:
    routes = ["10.0.1.0/24 on-link 5001", "10.0.2.0/24 on-link 5002"]

    assert found("HNV007", routes=routes, vms=[A, B + "10.0.1.10"]) == []
    assert len(found("HNV011", routes=routes, vms=[A, B + "10.0.1.10"])) == 1


def test_vsid_without_a_domain_is_another_mistake(found: Found) -> None:
    assert found("HNV007", vms=[A, B + "10.0.1.10"]) == []
