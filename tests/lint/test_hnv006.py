"""HNV006: an address with two MACs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lint.conftest import Found

A = "vsid: 5001, mac: 02-00-00-00-01-0A, pa: 192.168.10.11"
B = "vsid: 5001, mac: 02-00-00-00-01-0B, pa: 192.168.10.11"


def test_two_vms_with_one_address_are_found(found: Found) -> None:
    vms = [f"host: H1, vsid: 5001, mac: 02-00-00-00-01-0{x}, ca: 10.0.1.10" for x in "AB"]

    (finding,) = found("HNV006", vms=vms)

    assert finding.help == "give one of the two VMs another address"


def test_records_of_one_host_view_are_compared(found: Found) -> None:
    view = (
        f"host_views: {{H1: {{lookup_records: [{{ca: 10.0.1.10, {A}}}, {{ca: 10.0.1.10, {B}}}]}}}}"
    )

    assert len(found("HNV006", more=view)) == 1


def test_vm_at_the_dot_one_is_another_mistake(found: Found) -> None:
    vm = "host: H1, vsid: 5001, mac: 02-00-00-00-01-0A, ca: 10.0.1.1"

    assert found("HNV006", vms=[vm]) == []
    assert len(found("HNV013", vms=[vm])) == 1


def test_two_records_of_a_dot_one_are_found(found: Found) -> None:
    assert len(found("HNV006", records=[f"ca: 10.0.1.1, {A}", f"ca: 10.0.1.1, {B}"])) == 1


def test_records_of_no_address_are_another_mistake(found: Found) -> None:
    assert found("HNV006", records=[f"ca: 0.0.0.0, {A}", f"ca: 0.0.0.0, {B}"]) == []


def test_record_that_hosts_do_not_use_is_no_rival(found: Found) -> None:
    records = [f"ca: 10.0.1.10, {A}", f"ca: 10.0.1.10, {B}, unusable: true"]

    assert found("HNV006", records=records) == []
