"""HNV013: VMs at the .1."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lint.conftest import Found

VM = "host: H1, vsid: 5001, mac: 02-00-00-00-01-0A"


def test_record_with_the_mac_of_a_vm_is_found(found: Found) -> None:
    record = "ca: 10.0.1.1, vsid: 5001, mac: 02-00-00-00-01-0A, pa: 192.168.10.11"

    (finding,) = found("HNV013", vms=[VM], records=[record])

    assert finding.message == "'blue/V0' uses 10.0.1.1, the router's address in 10.0.1.0/24"


def test_record_of_a_vm_that_says_so_is_found_once(found: Found) -> None:
    record = "ca: 10.0.1.1, vsid: 5001, mac: 02-00-00-00-01-0A, pa: 192.168.10.11"

    assert len(found("HNV013", vms=[f"{VM}, ca: 10.0.1.1"], records=[record])) == 1


def test_smallest_prefix_has_no_dot_one(found: Found) -> None:
    assert found("HNV013", routes=["10.0.1.0/31 on-link 5001"], vms=[f"{VM}, ca: 10.0.1.1"]) == []


def test_first_address_of_an_ipv6_prefix_is_found(found: Found) -> None:
    routes = ["2001:db8:1::/64 on-link 5001", "2001:db8:1::/48 on-link 5001"]

    assert len(found("HNV013", routes=routes, vms=[f'{VM}, ca: "2001:db8:1::1"'])) == 1
