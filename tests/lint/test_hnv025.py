"""HNV025: the two families of a VM."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lint.conftest import Found

ROUTES = [
    "10.0.1.0/24 on-link 5001",
    "2001:db8:1::/64 on-link 5001",
    "2001:db8:2::/64 on-link 5002",
]
IPV4 = "ca: 10.0.1.10, vsid: 5001, mac: 02-00-00-00-01-0A, pa: 192.168.10.12, vm: A"
IPV6 = 'ca: "2001:db8:1::a", vsid: 5001, mac: 02-00-00-00-01-0A, pa: 192.168.10.12, vm: A'
VM = 'vsid: 5001, mac: 02-00-00-00-01-0A, ca: [10.0.1.10, "2001:db8:1::a"]'


def test_records_of_one_label_are_compared(found: Found) -> None:
    other = IPV6.replace("01-0A", "01-0B").replace("vsid: 5001", "vsid: 5002")

    (finding,) = found("HNV025", routes=ROUTES, records=[IPV4, other])

    assert finding.message == (
        "10.0.1.10 and 2001:db8:1::a are of one VM and disagree: VSID 5001 and 5002,"
        " MAC 02-00-00-00-01-0A and 02-00-00-00-01-0B"
    )


def test_records_of_one_mac_are_compared_without_a_label(found: Found) -> None:
    records = [IPV4.replace(", vm: A", ""), IPV6.replace("10.12, vm: A", "10.11")]

    assert len(found("HNV025", routes=ROUTES, records=records)) == 1


def test_host_may_have_an_address_of_each_family(found: Found) -> None:
    other = IPV6.replace("192.168.10.12", '"2001:db8:ff::12"')

    assert found("HNV025", routes=ROUTES, records=[IPV4, other]) == []


def test_provider_address_that_no_host_has_is_another_mistake(found: Found) -> None:
    other = IPV6.replace("192.168.10.12", "192.168.10.99")

    assert found("HNV025", routes=ROUTES, records=[IPV4, other]) == []


def test_record_that_contradicts_its_vm_is_another_mistake(found: Found) -> None:
    for wrong in (
        IPV6.replace("01-0A", "01-0B"),
        IPV6.replace("vsid: 5001", "vsid: 5002"),
        IPV6.replace("192.168.10.12", "192.168.10.11"),
    ):
        assert found("HNV025", routes=ROUTES, vms=[f"host: H2, {VM}"], records=[IPV4, wrong]) == []


def test_adapters_of_one_vm_have_a_mac_each(found: Found) -> None:
    other = IPV6.replace("01-0A", "01-0B")
    vms = [
        "host: H2, vsid: 5001, mac: 02-00-00-00-01-0A, ca: 10.0.1.10",
        'host: H2, vsid: 5001, mac: 02-00-00-00-01-0B, ca: "2001:db8:1::a"',
    ]

    assert found("HNV025", routes=ROUTES, vms=vms, records=[IPV4, other]) == []


def test_label_of_several_vms_says_nothing(found: Found) -> None:
    second = IPV4.replace("1.10", "1.11").replace("01-0A", "01-0C")

    assert found("HNV025", routes=ROUTES, records=[IPV4, second, IPV6.replace("0A", "0B")]) == []


def test_one_family_has_nothing_to_disagree_with(found: Found) -> None:
    second = IPV4.replace("1.10", "1.11").replace("vsid: 5001", "vsid: 5002")

    assert found("HNV025", routes=ROUTES, records=[IPV4, second]) == []
