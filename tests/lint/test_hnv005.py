"""HNV005: duplicate records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.lint.rule import Remove

if TYPE_CHECKING:
    from lint.conftest import Found

RECORD = "ca: 10.0.1.10, vsid: 5001, mac: 02-00-00-00-01-0A, pa: 192.168.10.11"
VM = "host: H1, vsid: 5001, mac: 02-00-00-00-01-0A, ca: 10.0.1.10"


def test_equal_record_can_be_removed(found: Found) -> None:
    (finding,) = found("HNV005", records=[RECORD, RECORD])

    assert finding.mends == (Remove(finding.origin),)


def test_somebody_has_to_choose_between_records_that_differ(found: Found) -> None:
    (finding,) = found("HNV005", records=[RECORD, f"{RECORD}, vm: A"])

    assert finding.mends == ()


def test_duplicates_of_a_host_view_are_found(found: Found) -> None:
    view = f"host_views: {{H1: {{lookup_records: [{{{RECORD}}}, {{{RECORD}}}]}}}}"

    assert len(found("HNV005", records=[RECORD], more=view)) == 1


def test_static_and_dynamic_record_have_one_key(found: Found) -> None:
    assert len(found("HNV005", records=[RECORD, f"{RECORD}, type: dynamic"])) == 1


def test_wildcard_and_l2_only_record_go_together(found: Found) -> None:
    unspecified = "ca: 0.0.0.0, vsid: 5001, mac: 02-00-00-00-01-0A, pa: 192.168.10.11"
    kinds = ["gateway_wildcard", "l2_only", "l2_only"]

    assert found("HNV005", records=[f"{unspecified}, type: {kind}" for kind in kinds[:2]]) == []
    assert len(found("HNV005", records=[f"{unspecified}, type: {kind}" for kind in kinds])) == 1


def test_wildcard_at_the_address_of_its_gateway_is_another_mistake(found: Found) -> None:
    assert found("HNV005", records=[RECORD, f"{RECORD}, type: gateway_wildcard"]) == []


def test_two_vms_that_are_alike_are_another_mistake(found: Found) -> None:
    assert found("HNV005", vms=[VM, VM]) == []
    assert len(found("HNV008", vms=[VM, VM])) == 1


def test_address_that_a_vm_lists_twice_is_found_there(found: Found) -> None:
    vm = VM.replace("10.0.1.10", "[10.0.1.10, 10.0.1.10]")

    (finding,) = found("HNV005", vms=[vm])

    assert finding.mends == ()
