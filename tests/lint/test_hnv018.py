"""HNV018: methods of crossing the provider network."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lint.conftest import Found

RECORDS = [
    f"ca: 10.0.1.1{x}, vsid: 5001, mac: 02-00-00-00-01-0{x}, pa: 192.168.10.11, rule: "
    for x in range(1, 4)
]


def test_fewer_records_are_the_mistake(found: Found) -> None:
    records = [f"{RECORDS[0]}encap", *(f"{record}nat" for record in RECORDS[1:])]

    (finding,) = found("HNV018", records=records)

    assert finding.message.startswith("record 10.0.1.11")
    assert finding.help.endswith("-MACAddress 02-00-00-00-01-01 -Rule TranslationMethodNat")


def test_of_equally_many_encapsulation_is_meant(found: Found) -> None:
    (finding,) = found("HNV018", records=[f"{RECORDS[0]}nat", f"{RECORDS[1]}encap"])

    assert finding.message.startswith("record 10.0.1.11")


def test_network_that_rewrites_everywhere_is_in_order(found: Found) -> None:
    assert found("HNV018", records=[f"{record}nat" for record in RECORDS]) == []


def test_record_without_a_method_is_found_and_not_compared(found: Found) -> None:
    (finding,) = found("HNV018", records=[f"{RECORDS[0]}none", f"{RECORDS[1]}encap"])

    assert finding.message.endswith("crosses the provider network by no method")


def test_subnet_without_a_domain_is_not_compared(found: Found) -> None:
    records = [f"{RECORDS[0]}nat", f"{RECORDS[1]}encap"]

    assert found("HNV018", routes=["10.0.2.0/24 on-link 5002"], records=records) == []
