"""HNV017: a wildcard among ordinary VMs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lint.conftest import Found

GATEWAYS = [
    f"host: H1, vsid: 5001, mac: 02-00-00-00-02-0{x}, ca: 10.0.1.25{x}, gateway: true"
    for x in (1, 2)
]


def test_gateways_are_no_ordinary_vms(found: Found) -> None:
    assert found("HNV017", vms=GATEWAYS) == []


def test_few_of_many_vms_are_named(found: Found) -> None:
    vms = [
        f"host: H2, vsid: 5001, mac: 02-00-00-00-01-0{x}, ca: [10.0.1.1{x}, 10.0.1.2{x}]"
        for x in range(1, 6)
    ]

    (finding,) = found("HNV017", vms=[*GATEWAYS, *vms])

    assert finding.message.endswith("among ordinary VMs: 10.0.1.11, 10.0.1.12, 10.0.1.13 …")


def test_group_is_no_vm(found: Found) -> None:
    record = "ca: 239.1.1.1, vsid: 5001, mac: 01-00-5E-01-01-01, pa: 239.9.9.9"

    assert found("HNV017", vms=GATEWAYS, records=[record]) == []
