"""HNV101: virtual subnets without an on-link route."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lint.conftest import Found

GATEWAY = "host: H2, vsid: 5002, mac: 02-00-00-00-02-FA, ca: 10.0.2.250, gateway: true"


def test_subnet_is_reported_once_however_many_vms_it_has(found: Found) -> None:
    vms = [f"host: H1, vsid: 5002, mac: 02-00-00-00-02-0{at}, ca: 10.0.2.1{at}" for at in range(3)]

    (finding,) = found("HNV101", vms=vms)

    assert finding.message == (
        "VSID 5002 has lookup records, such as that of 10.0.2.10, and no on-link route"
    )


def test_route_through_a_gateway_is_no_on_link_route(found: Found) -> None:
    routes = ["10.0.1.0/24 on-link 5001", "0.0.0.0/0 10.0.2.250 5002"]

    assert len(found("HNV101", routes=routes, vms=[GATEWAY])) == 1


def test_next_hop_in_such_a_subnet_is_no_second_mistake(found: Found) -> None:
    routes = ["10.0.1.0/24 on-link 5001", "0.0.0.0/0 10.0.2.250 5002"]

    assert found("HNV105", routes=routes, vms=[GATEWAY]) == []


def test_record_of_a_vm_that_is_elsewhere_is_another_mistake(found: Found) -> None:
    vm = "host: H1, vsid: 5001, mac: 02-00-00-00-01-0A, ca: 10.0.1.10"
    record = "ca: 10.0.1.10, vsid: 5009, mac: 02-00-00-00-01-0A, pa: 192.168.10.11"

    assert found("HNV101", vms=[vm], records=[record]) == []
