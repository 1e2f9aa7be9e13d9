"""HNV209, HNV210, HNV213: provider addresses that work and are not what one expects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.model.policy import Profile

if TYPE_CHECKING:
    from lint.conftest import Found

H3 = '  H3: {provider_addresses: [192.168.10.13/24, 192.168.10.23/24, "2001:db8:ff::13/64"]}\n'
A = "host: H3, vsid: 5001, mac: 02-00-00-00-01-0A, ca: 10.0.1.10"
B = "host: H3, vsid: 5001, mac: 02-00-00-00-01-0B, ca: %s"
RECORD = "ca: 10.0.1.11, vsid: 5001, mac: 02-00-00-00-01-0B, pa: %s"
ROUTES = ["10.0.1.0/24 on-link 5001", "2001:db8:1::/64 on-link 5001"]


def test_listed_record_is_found_and_not_the_generated_one(found: Found) -> None:
    records = [RECORD % "192.168.10.23"]

    (finding,) = found("HNV209", hosts=H3, vms=[A, B % "10.0.1.11"], records=records)

    assert finding.help.startswith("Set-NetVirtualizationLookupRecord -CustomerAddress 10.0.1.11 ")
    assert finding.help.endswith("-ProviderAddress 192.168.10.13")


def test_one_address_a_family_is_accepted(found: Found) -> None:
    vms = [A, B % '["2001:db8:1::b"]']

    assert found("HNV209", routes=ROUTES, hosts=H3, vms=vms) == []


def test_address_is_told_once(found: Found) -> None:
    more = (RECORD % "192.168.10.23").replace("0.1.11", "0.1.12").replace("-0B", "-0C")
    records = [RECORD % "192.168.10.23", more]

    assert len(found("HNV209", hosts=H3, vms=[A], records=records)) == 1


def test_hnvv2_has_an_address_for_each_adapter(found: Found) -> None:
    records = [RECORD % "192.168.10.23"]
    vms = [A, B % "10.0.1.11"]

    assert found("HNV209", hosts=H3, vms=vms, records=records, profile=Profile.HNVV2) == []


def test_stale_record_is_another_mistake(found: Found) -> None:
    vms = [A, (B % "10.0.1.11").replace("H3", "H1")]

    assert found("HNV209", hosts=H3, vms=vms, records=[RECORD % "192.168.10.23"]) == []


def test_prefix_with_many_provider_addresses_is_one_finding(found: Found) -> None:
    routes = ["10.0.1.0/24 on-link 5001", "192.168.0.0/16 on-link 5002"]

    (finding,) = found("HNV210", routes=routes)

    assert finding.message == (
        "192.168.0.0/16 of VSID 5002 holds provider address 192.168.10.11 of host 'H1' and 1 more"
    )


def test_default_route_holds_no_provider_address(found: Found) -> None:
    routes = ["10.0.1.0/24 on-link 5001", "0.0.0.0/0 10.0.1.10 5001"]

    assert found("HNV210", routes=routes, vms=[A.replace("H3", "H1")]) == []


def test_ipv6_inside_of_ipv4_is_the_usual_mixture(found: Found) -> None:
    vms = [(B % '["2001:db8:1::b"]').replace("H3", "H1")]

    assert found("HNV213", routes=ROUTES, vms=vms) == []


def test_overhead_is_that_of_the_encapsulation(found: Found) -> None:
    records = [RECORD % '"2001:db8:ff::13"']
    vms = [B % "10.0.1.11"]

    (nvgre,) = found("HNV213", hosts=H3, vms=vms, records=records)
    (vxlan,) = found("HNV213", hosts=H3, vms=vms, records=records, profile=Profile.HNVV2)

    assert "takes 62 octets" in nvgre.message
    assert "takes 70 octets" in vxlan.message
