"""HNV113: routes that tie."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lint.conftest import Found

LOCAL = "10.0.1.0/24 on-link 5001"


def test_route_that_hnvemu_takes_is_named(found: Found) -> None:
    routes = [LOCAL, "10.9.0.0/16 10.0.1.12 5001", "10.9.0.0/16 10.0.1.11 5001"]

    (finding,) = found("HNV113", routes=routes)

    assert finding.message == (
        "10.9.0.0/16 via 10.0.1.12 in VSID 5001 and via 10.0.1.11 in VSID 5001"
        " have the same metric 255"
    )


def test_on_link_route_ties_with_one_through_a_vm(found: Found) -> None:
    (finding,) = found("HNV113", routes=[LOCAL, "10.0.1.0/24 10.0.1.11 5001"])

    assert " and on-link in VSID 5001 have" in finding.message


def test_same_route_again_is_no_tie(found: Found) -> None:
    assert found("HNV113", routes=[LOCAL, *["10.9.0.0/16 10.0.1.12 5001"] * 2]) == []


def test_two_on_link_routes_are_another_mistake(found: Found) -> None:
    assert found("HNV113", routes=[LOCAL, "10.0.1.0/24 on-link 5002"]) == []
