"""HNV117: routes that take addresses out of a subnet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.lint.rule import Severity

if TYPE_CHECKING:
    from lint.conftest import Found

LOCAL = "10.0.1.0/24 on-link 5001"


def test_whole_subnet_counts(found: Found) -> None:
    """Of equal metrics on-link goes first, so only the lower metric takes the subnet."""
    red = """\
  red:
    rdid: "{aaaaaaaa-0000-0000-0000-000000000002}"
    customer_routes:
      - {prefix: 10.0.1.0/24, next_hop: on-link, vsid: 6001}
      - {prefix: 10.0.2.0/24, next_hop: on-link, vsid: 6002}
      - {prefix: 10.0.1.0/24, next_hop: 10.0.2.250, vsid: 6002, metric: %s}
"""

    assert len(found("HNV117", more=red % 100)) == 1
    assert found("HNV117", more=red % 255) == []


def test_steering_a_vm_away_without_a_wildcard_loses_its_packets(found: Found) -> None:
    vm = "host: H1, vsid: 5001, mac: 02-00-00-00-01-0A, ca: 10.0.1.10"
    routes = [LOCAL, "10.0.2.0/24 on-link 5002", "10.0.1.10/32 10.0.2.250 5002"]

    (lost,) = found("HNV117", routes=routes, vms=[vm])
    (free,) = found("HNV117", routes=routes)

    assert (lost.severity, free.severity) == (Severity.ERROR, Severity.WARNING)


def test_route_around_a_subnet_takes_nothing_out_of_it(found: Found) -> None:
    assert found("HNV117", routes=[LOCAL, "10.0.0.0/16 10.0.1.11 5001"]) == []


def test_prefix_around_the_route_is_named_not_one_inside_it(found: Found) -> None:
    routes = ["10.0.0.0/16 on-link 5001", "10.0.1.0/28 on-link 5001", "10.0.1.0/24 10.0.9.9 5001"]

    (finding,) = found("HNV117", routes=routes)

    assert " takes addresses out of 10.0.0.0/16, " in finding.message


def test_route_that_loops_is_another_mistake(found: Found) -> None:
    assert found("HNV117", routes=[LOCAL, "10.0.1.0/28 10.0.1.11 5001"]) == []
