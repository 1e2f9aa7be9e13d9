"""HNV202, HNV204: provider addresses with several owners, or in a state that is not used."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lint.conftest import Found

H3 = "  H3: {provider_addresses: [%s]}\n"
VM = "host: H3, vsid: 5001, mac: 02-00-00-00-01-0A, ca: 10.0.1.10"


def test_address_that_stands_twice_at_a_host_is_found(found: Found) -> None:
    (finding,) = found("HNV202", hosts=H3 % "192.168.10.13/24, 192.168.10.13/24")

    assert finding.message == "host 'H3' has provider address 192.168.10.13 twice"


def test_duplicate_whose_other_owner_is_known_is_told_once(found: Found) -> None:
    hosts = H3 % "{address: 192.168.10.12/24, state: duplicate}"

    assert len(found("HNV202", hosts=hosts, vms=[VM])) == 1
    assert found("HNV204", hosts=hosts, vms=[VM]) == []


def test_state_of_an_address_that_no_record_leads_to_does_not_matter(found: Found) -> None:
    hosts = H3 % "{address: 192.168.10.13/24, state: tentative}"

    assert found("HNV204", hosts=hosts) == []
    assert len(found("HNV204", hosts=hosts, vms=[VM])) == 1
