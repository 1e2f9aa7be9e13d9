"""HNV122: mappings of multi-tenant gateways."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lint.conftest import Found

ROUTES = ["10.0.2.0/24 on-link 5002", "0.0.0.0/0 10.0.2.2 5002", "10.9.0.0/16 10.0.2.2 5002"]
RECORD = "ca: 10.0.2.2, vsid: 5002, mac: 02-00-00-00-00-FA, pa: 192.168.10.12"
OTHER = """\
  other:
    rdid: "{aaaaaaaa-0000-0000-0000-%s}"
gateways:
  GW:
    host: H2
    mac: 02-00-00-00-00-FA
    routing_domains:
      - {virtual_network: other, vsid: 6002, ca: 10.0.2.2}
"""
SAME, ANOTHER = "000000000001", "000000000002"


def test_gateway_is_told_once_what_it_lacks(found: Found) -> None:
    (finding,) = found("HNV122", routes=ROUTES, records=[RECORD], more=OTHER % ANOTHER)

    assert finding.message == (
        "0.0.0.0/0 of 'blue' leads to gateway 'GW', which is not mapped to VSID 5002"
    )


def test_next_hop_that_is_no_multi_tenant_gateway_needs_no_mapping(found: Found) -> None:
    assert found("HNV122", routes=ROUTES, records=[RECORD]) == []


def test_vsid_twice_on_one_adapter_is_found(found: Found) -> None:
    more = OTHER % SAME + "      - {virtual_network: blue, vsid: 6002, ca: 10.0.2.2}"

    (finding,) = found("HNV122", more=more)

    assert finding.message == (
        "gateway 'GW' is mapped to VSID 6002 twice, for 'other' and for 'blue'"
    )


def test_vsid_of_two_routing_domains_is_another_mistake(found: Found) -> None:
    more = OTHER % ANOTHER + "      - {virtual_network: blue, vsid: 6002, ca: 10.0.2.2}"

    assert found("HNV122", more=more) == []
    assert len(found("HNV003", more=more)) == 1
