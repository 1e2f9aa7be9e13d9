"""HNV001: reserved VSIDs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lint.conftest import Found

VM = "host: H1, mac: 02-00-00-00-01-0A, ca: 10.0.1.10, vsid: "


def test_port_outside_network_virtualization_is_in_order(found: Found) -> None:
    assert found("HNV001", vms=[VM + "0"]) == []


def test_record_without_a_vsid_is_found(found: Found) -> None:
    record = "ca: 10.0.1.10, vsid: 0, mac: 02-00-00-00-01-0A, pa: 192.168.10.11"

    (finding,) = found("HNV001", records=[record])

    assert finding.message.startswith("record 10.0.1.10 in VSID 0 has a reserved VSID")


def test_generated_record_is_found_at_its_vm_alone(found: Found) -> None:
    (finding,) = found("HNV001", vms=[VM + "4095"])

    assert "port 'blue/V0'" in finding.message
