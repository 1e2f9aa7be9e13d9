"""HNV009: one MAC in several virtual subnets."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lint.conftest import Found

ROUTES = ["10.0.1.0/24 on-link 5001", "10.0.2.0/24 on-link 5002"]
ONE = "ca: 10.0.1.10, vsid: 5001, mac: 02-00-00-00-01-0A, pa: 192.168.10.11"
OTHER = "ca: 10.0.2.10, vsid: 5002, mac: 02-00-00-00-01-0A, pa: "


def test_records_without_vms_are_found(found: Found) -> None:
    assert len(found("HNV009", routes=ROUTES, records=[ONE, OTHER + "192.168.10.11"])) == 1


def test_same_mac_behind_another_host_is_another_adapter(found: Found) -> None:
    assert found("HNV009", routes=ROUTES, records=[ONE, OTHER + "192.168.10.12"]) == []


def test_record_in_a_subnet_where_the_vm_is_not_is_another_mistake(found: Found) -> None:
    vm = "host: H1, vsid: 5001, mac: 02-00-00-00-01-0A, ca: 10.0.1.10"

    assert found("HNV009", routes=ROUTES, vms=[vm], records=[OTHER + "192.168.10.11"]) == []


def test_dot_ones_share_a_mac(found: Found) -> None:
    mac = "mac: 02-00-00-FF-FF-01, pa: 192.168.10.11"
    records = [f"ca: 10.0.1.1, vsid: 5001, {mac}", f"ca: 10.0.2.1, vsid: 5002, {mac}"]

    assert found("HNV009", routes=ROUTES, records=records) == []
