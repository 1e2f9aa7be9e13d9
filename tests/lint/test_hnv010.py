"""HNV010: MACs of groups, and none."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lint.conftest import Found


def test_null_mac_is_found(found: Found) -> None:
    (finding,) = found(
        "HNV010", vms=["host: H1, vsid: 5001, mac: 00-00-00-00-00-00, ca: 10.0.1.10"]
    )

    assert finding.message == "'blue/V0' has MAC 00-00-00-00-00-00, which no adapter has"


def test_group_has_the_mac_of_a_group(found: Found) -> None:
    record = "ca: 239.1.1.1, vsid: 5001, mac: 01-00-5E-01-01-01, pa: 239.9.9.9"

    assert found("HNV010", records=[record]) == []


def test_record_with_the_mac_of_a_group_is_found(found: Found) -> None:
    record = "ca: 10.0.1.10, vsid: 5001, mac: FF-FF-FF-FF-FF-FF, pa: 192.168.10.11"

    assert len(found("HNV010", records=[record])) == 1


def test_provider_address_with_the_mac_of_a_group_is_found(found: Found) -> None:
    address = "{address: 192.168.10.13/24, mac: 01-00-5E-00-00-01}"

    (finding,) = found("HNV010", hosts=f"  H3: {{provider_addresses: [{address}]}}\n")

    assert finding.message.startswith("provider address 192.168.10.13 has MAC 01-00-5E-00-00-01")


def test_adapter_of_several_networks_is_found_once(found: Found) -> None:
    more = """\
  red:
    rdid: "{aaaaaaaa-0000-0000-0000-000000000002}"
gateways:
  GW:
    host: H1
    mac: 03-00-00-00-02-02
    routing_domains: [{virtual_network: blue, vsid: 5002}, {virtual_network: red, vsid: 6002}]
"""

    (finding,) = found("HNV010", more=more)

    assert finding.message == "'GW' has MAC 03-00-00-00-02-02, which is that of a group"
