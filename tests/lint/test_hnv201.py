"""HNV201: provider addresses that no host has."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lint.conftest import Found

ROUTES = ["10.0.1.0/24 on-link 5001"]


def record(last: int, pa: str, vsid: int = 5001) -> str:
    return f"ca: 10.0.1.{last}, vsid: {vsid}, mac: 02-00-00-00-01-{last:02}, pa: {pa}"


def test_one_address_is_one_finding(found: Found) -> None:
    records = [record(10, "192.168.10.99"), record(11, "192.168.10.99")]

    (finding,) = found("HNV201", records=records)

    assert finding.message == (
        "no host has 192.168.10.99, the provider address of record 10.0.1.10 in VSID 5001 and of"
        " 1 more"
    )


def test_dot_one_and_multicast_groups_are_behind_nobody(found: Found) -> None:
    group = "ca: 10.0.1.255, vsid: 5001, mac: 02-00-00-00-01-99, pa: 239.1.1.1"

    assert found("HNV201", records=[record(1, "169.254.254.254"), group]) == []


def test_dummy_in_a_subnet_without_route_may_be_the_one_of_a_dot_one(found: Found) -> None:
    assert found("HNV201", records=[record(1, "169.254.254.254", vsid=5009)]) == []
    assert len(found("HNV201", records=[record(1, "192.168.10.99", vsid=5009)])) == 1


def test_record_that_is_not_used_is_another_mistake(found: Found) -> None:
    assert found("HNV201", records=[record(10, "192.168.10.99") + ", unusable: true"]) == []
