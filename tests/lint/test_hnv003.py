"""HNV003: a VSID of two routing domains."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lint.conftest import Found

RED = """\
  red:
    rdid: "{aaaaaaaa-0000-0000-0000-000000000002}"
"""


def test_vm_of_another_network_is_enough(found: Found) -> None:
    vm = "    vms: {R: {host: H1, vsid: 5001, mac: 02-00-00-00-06-0A, ca: 10.0.9.10}}"

    (finding,) = found("HNV003", more=RED + vm)

    assert finding.message.startswith("VSID 5001 of virtual network 'red' is one of 'blue' too")
    assert len(finding.related) == 1


def test_ports_outside_network_virtualization_have_no_domain(found: Found) -> None:
    vm = "host: H1, vsid: 0, mac: 02-00-00-00-01-0A"
    other = "    vms: {R: {host: H1, vsid: 0, mac: 02-00-00-00-06-0A}}"

    assert found("HNV003", vms=[vm], more=RED + other) == []
