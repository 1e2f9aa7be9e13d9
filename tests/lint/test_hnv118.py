"""HNV118: next hops that lie behind their own routes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lint.conftest import Found

LOCAL = "10.0.1.0/24 on-link 5001"


def test_loop_of_several_is_reported_once_at_its_first_route(found: Found) -> None:
    """The first route leads into the loop and is not one of it."""
    routes = [
        LOCAL,
        "10.9.0.0/16 10.0.1.12 5001",
        "10.0.1.13/32 10.0.1.11 5001",
        "10.0.1.11/32 10.0.1.12 5001",
        "10.0.1.12/32 10.0.1.13 5001",
    ]

    (finding,) = found("HNV118", routes=routes)

    assert finding.message == (
        "next hop 10.0.1.11 of 10.0.1.13/32 lies behind routes that lead back to it:"
        " 10.0.1.11/32, 10.0.1.12/32"
    )
    assert len(finding.related) == 2


def test_two_loops_are_two_findings(found: Found) -> None:
    routes = [LOCAL, "10.0.1.8/29 10.0.1.11 5001", "10.0.1.16/29 10.0.1.17 5001"]

    assert len(found("HNV118", routes=routes)) == 2


def test_chain_that_ends_at_an_on_link_route_is_no_loop(found: Found) -> None:
    routes = [LOCAL, "0.0.0.0/0 10.0.1.11 5001", "10.0.1.11/32 10.0.1.12 5001"]

    assert found("HNV118", routes=routes) == []


def test_default_route_to_a_next_hop_off_link_is_another_mistake(found: Found) -> None:
    routes = [LOCAL, "0.0.0.0/0 10.0.9.250 5001"]

    assert found("HNV118", routes=routes) == []
    assert len(found("HNV105", routes=routes)) == 1
