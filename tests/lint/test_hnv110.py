"""HNV110: gateways in the subnet of the VMs that they serve."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hnvemu.lint.rule import Severity
from hnvemu.model.policy import Profile

if TYPE_CHECKING:
    from lint.conftest import Found

ROUTES = ["10.0.1.0/24 on-link 5001", "0.0.0.0/0 10.0.1.250 5001"]
VM = "host: H1, vsid: 5001, mac: 02-00-00-00-01-0A, ca: 10.0.1.10"
GATEWAY = "host: H2, vsid: 5001, mac: 02-00-00-00-01-FA, ca: 10.0.1.250, gateway: true"


@pytest.mark.parametrize(
    ("profile", "severities"),
    [
        (Profile.TRANSPARENT, [Severity.ERROR]),
        (Profile.WS2012R2, [Severity.ERROR]),
        (Profile.WS2012, [Severity.NOTE]),
        (Profile.HNVV2, []),
    ],
)
def test_product_generations_differ(
    found: Found, profile: Profile, severities: list[Severity]
) -> None:
    findings = found("HNV110", routes=ROUTES, vms=[VM, GATEWAY], profile=profile)

    assert [finding.severity for finding in findings] == severities


def test_gateway_without_wildcard_is_found(found: Found) -> None:
    vms = [VM, GATEWAY.replace(", gateway: true", "")]

    assert len(found("HNV110", routes=ROUTES, vms=vms)) == 1


def test_gateways_may_share_a_subnet(found: Found) -> None:
    spare = GATEWAY.replace("250", "251").replace("FA", "FB")
    other = "ca: 0.0.0.0, vsid: 5001, mac: 02-00-00-00-01-FC, pa: 192.168.10.12"
    third = other.replace("0.0.0.0", "10.0.1.252")

    records = [f"{other}, type: gateway_wildcard", third]

    assert found("HNV110", routes=ROUTES, vms=[GATEWAY, spare], records=records) == []


def test_appliance_for_one_prefix_may_sit_among_vms(found: Found) -> None:
    routes = [ROUTES[0], "10.9.0.0/16 10.0.1.250 5001"]
    vms = [VM, GATEWAY.replace(", gateway: true", "")]

    assert found("HNV110", routes=routes, vms=vms) == []


def test_subnet_with_two_routes_to_its_gateway_is_reported_once(found: Found) -> None:
    routes = [*ROUTES, "10.9.0.0/16 10.0.1.250 5001"]

    assert len(found("HNV110", routes=routes, vms=[VM, GATEWAY])) == 1
