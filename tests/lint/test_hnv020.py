"""HNV020: learning, and what is written in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.lint.rule import Severity

if TYPE_CHECKING:
    from lint.conftest import Found

RECORD = "vsid: 5001, mac: 02-00-00-00-01-0A, pa: 192.168.10.11"
VM = "host: H1, vsid: 5001, mac: 02-00-00-00-01-0A"


def test_dynamic_record_is_a_note(found: Found) -> None:
    (finding,) = found("HNV020", records=[f"ca: 10.0.1.10, {RECORD}, type: dynamic"])

    assert finding.severity is Severity.NOTE


def test_dynamic_record_with_a_mark_is_another_mistake(found: Found) -> None:
    record = f"ca: 10.0.1.10, {RECORD}, type: dynamic, unsynchronized: true"

    assert found("HNV020", records=[record]) == []
    (finding,) = found("HNV021", records=[record])
    assert "not synchronised" in finding.message


def test_limit_of_a_vm_that_nobody_learns_from_is_in_order(found: Found) -> None:
    record = f"ca: 0.0.0.0, {RECORD}, type: l2_only".replace("01-0A", "01-0B")

    assert found("HNV020", vms=[f"{VM}, dynamic_ip_limit: 0"], records=[record]) == []


def test_port_without_a_limit_is_in_order(found: Found) -> None:
    record = f"ca: 0.0.0.0, {RECORD}, type: l2_only"

    assert found("HNV020", vms=[VM], records=[record]) == []
