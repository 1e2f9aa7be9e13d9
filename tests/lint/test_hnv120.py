"""HNV120: default gateways of guests."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lint.conftest import Found

VM = "host: H1, vsid: 5001, mac: 02-00-00-00-01-0A, ca: 10.0.1.10"


def test_gateway_of_the_other_family_is_not_compared(found: Found) -> None:
    assert found("HNV120", vms=[f'{VM}, default_gateway: "2001:db8:1::fa"']) == []


def test_subnet_without_dot_one_is_not_compared(found: Found) -> None:
    vm = f"{VM}, default_gateway: 10.0.1.11"

    assert found("HNV120", routes=["10.0.1.10/31 on-link 5001"], vms=[vm]) == []


def test_dot_one_of_another_subnet_does_not_do(found: Found) -> None:
    routes = ["10.0.1.0/24 on-link 5001", "10.0.2.0/24 on-link 5002"]

    (finding,) = found("HNV120", routes=routes, vms=[f"{VM}, default_gateway: 10.0.2.1"])

    assert finding.message == (
        "the guest of 'blue/V0' uses 10.0.2.1 as default gateway,"
        " and the .1 of its subnet is 10.0.1.1"
    )
