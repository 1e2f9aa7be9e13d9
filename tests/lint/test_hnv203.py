"""HNV203: records that lead to another host than the VM's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.lint.rule import SetKey

if TYPE_CHECKING:
    from lint.conftest import Found

A = "host: H1, vsid: 5001, mac: 02-00-00-00-01-0A, ca: 10.0.1.10"
GW = "host: H1, vsid: 5001, mac: 02-00-00-00-01-0A, ca: 10.0.1.10, gateway: true"
KEY = "vsid: 5001, mac: 02-00-00-00-01-0A"
STALE = f"ca: 10.0.1.10, {KEY}, pa: 192.168.10.12"


def test_record_moves_to_the_only_address_of_the_host(found: Found) -> None:
    (finding,) = found("HNV203", vms=[A], records=[STALE])

    (mend,) = finding.mends
    assert isinstance(mend, SetKey)
    assert (mend.key, mend.value) == ("pa", "192.168.10.11")


def test_where_the_host_has_several_addresses_somebody_has_to_choose(found: Found) -> None:
    hosts = "  H3: {provider_addresses: [192.168.10.13/24, 192.168.10.23/24]}\n"

    (finding,) = found("HNV203", hosts=hosts, vms=[A.replace("H1", "H3")], records=[STALE])

    assert finding.mends == ()


def test_host_without_provider_address_is_another_mistake(found: Found) -> None:
    vms = [A.replace("H1", "H3")]

    assert found("HNV203", hosts="  H3: {}\n", vms=vms, records=[STALE]) == []
    assert len(found("HNV214", hosts="  H3: {}\n", vms=vms, records=[STALE])) == 1


def test_record_that_stands_twice_is_another_mistake(found: Found) -> None:
    records = [f"ca: 10.0.1.10, {KEY}, pa: 192.168.10.11", STALE]

    assert found("HNV203", vms=[A], records=records) == []
    assert len(found("HNV005", vms=[A], records=records)) == 1


def test_wildcard_that_differs_from_the_next_hop_is_another_mistake(found: Found) -> None:
    wildcard = f"ca: 0.0.0.0, {KEY}, pa: 192.168.10.12, type: gateway_wildcard"
    routes = ["10.0.1.0/24 on-link 5001", "0.0.0.0/0 10.0.1.10 5001"]

    assert found("HNV203", routes=routes, vms=[GW], records=[wildcard]) == []
    assert len(found("HNV203", vms=[GW], records=[wildcard])) == 1


def test_wildcard_and_own_record_of_a_gateway_that_moved_are_both_found(found: Found) -> None:
    wildcard = f"ca: 0.0.0.0, {KEY}, pa: 192.168.10.12, type: gateway_wildcard"
    routes = ["10.0.1.0/24 on-link 5001", "0.0.0.0/0 10.0.1.10 5001"]

    assert len(found("HNV203", routes=routes, vms=[GW], records=[STALE, wildcard])) == 2


def test_record_of_a_single_host_is_found_where_the_policy_has_none(found: Found) -> None:
    more = f"host_views:\n  H2:\n    lookup_records: [{{{STALE.replace('.1.10', '.1.30')}}}]\n"

    (finding,) = found("HNV203", vms=[A], more=more)

    assert finding.message.startswith("record 10.0.1.30 in VSID 5001 leads to 192.168.10.12")
