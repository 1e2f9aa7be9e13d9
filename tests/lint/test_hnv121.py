"""HNV121: hosts that leave routing to others."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lint.conftest import Found

HOST = "  H3: {provider_addresses: 192.168.10.13/24, use_external_router: true}\n"
VM = "host: H3, vsid: %s, mac: 02-00-00-00-01-0A, ca: 10.0.1.10"


def test_one_subnet_needs_no_router(found: Found) -> None:
    assert found("HNV121", hosts=HOST, vms=[VM % 5001]) == []


def test_vm_without_routing_domain_is_not_asked(found: Found) -> None:
    assert found("HNV121", hosts=HOST, vms=[VM % 0]) == []


def test_host_is_reported_once_with_its_first_such_vm(found: Found) -> None:
    routes = ["10.0.1.0/24 on-link 5001", "10.0.2.0/24 on-link 5002"]
    vms = [VM % 0, VM % 5001, (VM % 5001).replace("0A", "0B"), VM % 5002]

    (finding,) = found("HNV121", hosts=HOST, routes=routes, vms=vms)

    assert finding.message == (
        "host 'H3' hands packets of 'blue/V1' to an external router,"
        " and 10.0.2.0/24 in VSID 5002 is a route of HNV"
    )
