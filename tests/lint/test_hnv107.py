"""HNV107: next hops that are the .1 of a subnet."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lint.conftest import Found


def test_dot_one_of_any_subnet_of_the_network_is_found(found: Found) -> None:
    routes = ["10.0.1.0/24 on-link 5001", "10.0.2.0/24 on-link 5002", "0.0.0.0/0 10.0.2.1 5001"]

    (finding,) = found("HNV107", routes=routes)

    assert finding.message == "next hop 10.0.2.1 of 0.0.0.0/0 is the .1 address of its subnet"


def test_subnet_of_two_addresses_has_no_dot_one(found: Found) -> None:
    routes = ["10.0.2.0/31 on-link 5002", "0.0.0.0/0 10.0.2.1 5002"]
    vm = "host: H1, vsid: 5002, mac: 02-00-00-00-02-01, ca: 10.0.2.1"

    assert found("HNV107", routes=routes, vms=[vm]) == []


def test_vm_that_uses_the_dot_one_is_the_mistake(found: Found) -> None:
    routes = ["10.0.1.0/24 on-link 5001", "0.0.0.0/0 10.0.1.1 5001"]
    vm = "host: H1, vsid: 5001, mac: 02-00-00-00-01-01, ca: 10.0.1.1"

    assert found("HNV107", routes=routes, vms=[vm]) == []
    assert len(found("HNV013", routes=routes, vms=[vm])) == 1
