"""HNV015, HNV016: what a record of no address is, in each product."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.model.policy import Profile

if TYPE_CHECKING:
    from lint.conftest import Found

RECORDS = [f"ca: 0.0.0.0, vsid: 5001, mac: 02-00-00-00-01-0{x}, pa: 192.168.10.11" for x in "AB"]


def test_static_record_of_no_address_is_a_wildcard_in_2012_alone(found: Found) -> None:
    assert found("HNV015", records=RECORDS, profile=Profile.WS2012) == []
    assert len(found("HNV016", records=RECORDS, profile=Profile.WS2012)) == 1
    assert len(found("HNV015", records=RECORDS, profile=Profile.WS2012R2)) == 2
    assert found("HNV016", records=RECORDS, profile=Profile.WS2012R2) == []


def test_families_have_a_wildcard_each(found: Found) -> None:
    records = [
        f'ca: "{ca}", vsid: 5001, mac: 02-00-00-00-01-0{x}, pa: 192.168.10.11,'
        " type: gateway_wildcard"
        for ca, x in (("0.0.0.0", "A"), ("::", "B"))
    ]

    assert found("HNV016", records=records) == []


def test_same_wildcard_twice_is_another_mistake(found: Found) -> None:
    record = f"{RECORDS[0]}, type: gateway_wildcard"

    assert found("HNV016", records=[record, record]) == []
