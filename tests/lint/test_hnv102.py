"""HNV102: on-link prefixes that overlap."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lint.conftest import Found

RED = """\
  red:
    rdid: "{aaaaaaaa-0000-0000-0000-000000000002}"
    customer_routes: [{prefix: 10.0.1.0/24, next_hop: on-link, vsid: 6001}]
"""


def test_other_virtual_network_may_use_the_same_prefix(found: Found) -> None:
    assert found("HNV102", more=RED) == []


def test_equal_prefixes_of_two_subnets_overlap(found: Found) -> None:
    (finding,) = found("HNV102", routes=["10.0.1.0/24 on-link 5001", "10.0.1.0/24 on-link 5002"])

    assert finding.message == (
        "10.0.1.0/24 of VSID 5002 overlaps with 10.0.1.0/24 of VSID 5001 in the same routing domain"
    )


def test_later_one_is_reported_also_where_it_is_the_larger(found: Found) -> None:
    (finding,) = found("HNV102", routes=["10.0.1.0/28 on-link 5001", "10.0.0.0/16 on-link 5002"])

    assert finding.message.startswith("10.0.0.0/16 of VSID 5002 overlaps with 10.0.1.0/28")


def test_each_prefix_is_reported_with_the_nearest_around_it(found: Found) -> None:
    routes = [
        "10.0.0.0/8 on-link 5001",
        "10.1.0.0/16 on-link 5002",
        "10.1.1.0/24 on-link 5002",
        "10.2.0.0/16 on-link 5003",
        "11.0.0.0/8 on-link 5004",
        "2001:db8::/32 on-link 5005",
    ]

    findings = found("HNV102", routes=routes)

    assert [finding.message.partition(" in the")[0] for finding in findings] == [
        "10.1.0.0/16 of VSID 5002 overlaps with 10.0.0.0/8 of VSID 5001",
        "10.1.1.0/24 of VSID 5002 overlaps with 10.0.0.0/8 of VSID 5001",
        "10.2.0.0/16 of VSID 5003 overlaps with 10.0.0.0/8 of VSID 5001",
    ]


def test_prefixes_of_one_subnet_are_another_mistake(found: Found) -> None:
    routes = ["10.0.1.0/24 on-link 5001", "10.0.1.128/25 on-link 5001", "10.0.1.0/24 on-link 5001"]

    assert found("HNV102", routes=routes) == []
    assert len(found("HNV103", routes=routes)) == 2
