"""HNV008: one MAC, two VMs, in records alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lint.conftest import Found

MAC = "vsid: 5001, mac: 02-00-00-00-01-0A"


def test_mac_behind_two_hosts_is_found_without_vms(found: Found) -> None:
    records = [
        f"ca: 10.0.1.10, {MAC}, pa: 192.168.10.11",
        f"ca: 10.0.1.11, {MAC}, pa: 192.168.10.12",
    ]

    (finding,) = found("HNV008", records=records)

    assert finding.related[0].message == "10.0.1.10 is behind 192.168.10.11, not 192.168.10.12"


def test_two_provider_addresses_of_a_host_are_one_place(found: Found) -> None:
    records = [
        f"ca: 10.0.1.10, {MAC}, pa: 192.168.10.12",
        f'ca: 10.0.1.11, {MAC}, pa: "2001:db8:ff::12"',
    ]

    assert found("HNV008", records=records) == []


def test_families_that_disagree_are_another_mistake(found: Found) -> None:
    records = [
        f"ca: 10.0.1.10, {MAC}, pa: 192.168.10.11",
        f'ca: "2001:db8:1::a", {MAC}, pa: 192.168.10.12',
    ]
    routes = ["10.0.1.0/24 on-link 5001", "2001:db8:1::/64 on-link 5001"]

    assert found("HNV008", routes=routes, records=records) == []
    assert len(found("HNV025", routes=routes, records=records)) == 1


def test_dot_ones_share_a_mac(found: Found) -> None:
    records = [
        "ca: 10.0.1.1, vsid: 5001, mac: 02-00-00-FF-FF-01, pa: 192.168.10.11",
        "ca: 10.0.2.1, vsid: 5001, mac: 02-00-00-FF-FF-01, pa: 192.168.10.12",
    ]
    routes = ["10.0.1.0/24 on-link 5001", "10.0.2.0/24 on-link 5001"]

    assert found("HNV008", routes=routes, records=records) == []


def test_ports_outside_network_virtualization_are_not_compared(found: Found) -> None:
    assert found("HNV008", vms=["host: H1, mac: 02-00-00-00-01-0A, vsid: 0"] * 2) == []


def test_adapter_that_serves_a_vsid_twice_is_another_mistake(found: Found) -> None:
    more = """\
  red:
    rdid: "{aaaaaaaa-0000-0000-0000-000000000002}"
gateways:
  GW:
    host: H1
    mac: 02-00-00-00-02-02
    routing_domains: [{virtual_network: blue, vsid: 5002}, {virtual_network: red, vsid: 5002}]
"""

    assert found("HNV008", more=more) == []
