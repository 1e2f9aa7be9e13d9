"""HNV123: gateways beside the VMs that they serve."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lint.conftest import Found

ROUTES = ["10.0.1.0/24 on-link 5001", "10.0.2.0/24 on-link 5002"]
GATEWAY = "host: H2, vsid: 5002, mac: 02-00-00-00-02-FA, ca: 10.0.2.250, gateway: true"
VM = "host: H2, vsid: 5001, mac: 02-00-00-00-01-0B, ca: 10.0.1.11"


def test_two_gateways_may_share_a_host(found: Found) -> None:
    spare = GATEWAY.replace("250", "251").replace("FA", "FB")

    assert found("HNV123", routes=ROUTES, vms=[GATEWAY, spare]) == []


def test_gateway_without_wildcard_has_no_address_but_its_own(found: Found) -> None:
    vms = [GATEWAY.replace(", gateway: true", ""), VM]

    assert found("HNV123", routes=ROUTES, vms=vms) == []


def test_other_adapter_of_the_gateway_is_the_gateway(found: Found) -> None:
    outside = VM.replace("ca: 10.0.1.11", "ca: 10.0.1.12")
    adapters = f"adapters: {{inside: {{{GATEWAY}}}, outside: {{{outside}}}}}"

    assert found("HNV123", routes=ROUTES, vms=[adapters]) == []
    assert len(found("HNV123", routes=ROUTES, vms=[adapters, VM])) == 1


def test_vm_of_another_network_is_safe(found: Found) -> None:
    red = """\
  red:
    rdid: "{aaaaaaaa-0000-0000-0000-000000000002}"
    customer_routes: [{prefix: 10.0.1.0/24, next_hop: on-link, vsid: 6001}]
    vms: {R: {host: H2, vsid: 6001, mac: 02-00-00-00-06-0A, ca: 10.0.1.10}}
"""

    assert found("HNV123", routes=ROUTES, vms=[GATEWAY], more=red) == []


def test_port_without_routing_domain_is_no_vm_of_it(found: Found) -> None:
    assert (
        found("HNV123", routes=ROUTES, vms=[GATEWAY, "host: H2, vsid: 0, mac: 02-00-00-00-09-09"])
        == []
    )
