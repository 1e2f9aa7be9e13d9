"""HNV106: next hops without a record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.lint.rule import Severity

if TYPE_CHECKING:
    from lint.conftest import Found

LOCAL = "10.0.1.0/24 on-link 5001"
HOP = "ca: 10.0.1.250, vsid: 5001, mac: 02-00-00-00-01-FA, pa: 192.168.10.12"


def test_wildcard_is_no_substitute(found: Found) -> None:
    wildcard = HOP.replace("10.0.1.250", "0.0.0.0") + ", type: gateway_wildcard"

    findings = found("HNV106", routes=[LOCAL, "0.0.0.0/0 10.0.1.250 5001"], records=[wildcard])

    assert [finding.severity for finding in findings] == [Severity.ERROR]


def test_record_that_is_not_usable_is_another_mistake(found: Found) -> None:
    routes, records = [LOCAL, "0.0.0.0/0 10.0.1.250 5001"], [f"{HOP}, unusable: true"]

    assert found("HNV106", routes=routes, records=records) == []
    assert len(found("HNV021", routes=routes, records=records)) == 1


def test_route_that_no_packet_takes_is_warned_of(found: Found) -> None:
    """A tie goes to the lower next hop."""
    routes = [LOCAL, "0.0.0.0/0 10.0.1.250 5001", "0.0.0.0/0 10.0.1.251 5001"]

    (finding,) = found("HNV106", routes=routes, records=[HOP])

    assert finding.severity is Severity.WARNING
    assert finding.message.startswith("next hop 10.0.1.251 ")
