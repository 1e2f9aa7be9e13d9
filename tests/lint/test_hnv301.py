"""HNV301 to HNV305, HNV309: records and the ports that they are about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hnvemu.lint.rule import Severity
from hnvemu.trace.outcome import Reason

if TYPE_CHECKING:
    from lint.conftest import Found

A = "host: H1, vsid: 5001, mac: 02-00-00-00-01-0A, ca: 10.0.1.10"
RECORD = "ca: 10.0.1.%s, vsid: %s, mac: 02-00-00-00-01-%s, pa: 192.168.10.11"
ROUTES = ["10.0.1.0/24 on-link 5001", "10.0.2.0/24 on-link 5002"]
MAC_D = "02-00-00-00-01-0D"
OF_NO_ADDRESS = f", {{ca: 0.0.0.0, vsid: 6001, mac: {MAC_D}, pa: 192.168.10.11, type: %s}}"
SHOULD_FIT = ("HNV301", "HNV302", "HNV304", "HNV305", "HNV309")
RED = """\
  red:
    rdid: "{aaaaaaaa-0000-0000-0000-000000000002}"
    customer_routes: [{prefix: 10.0.1.0/24, next_hop: on-link, vsid: 6001}]
    vms:
      D: {host: H1, vsid: %s, mac: 02-00-00-00-01-0D%s}
"""
GATEWAY = """\
gateways:
  MT:
    host: H1
    mac: 02-00-00-00-01-0D
    routing_domains: [{virtual_network: blue, vsid: 5002, ca: 10.0.2.2}]
"""


def codes(found: Found, **policy: object) -> list[str]:
    """Return those of the rules about records and ports that find something."""
    return [code for code in SHOULD_FIT for _ in found(code, **policy)]  # type: ignore[arg-type]


def test_port_and_record_that_agree_are_no_finding(found: Found) -> None:
    assert codes(found, vms=[A], records=[RECORD % (10, 5001, "0A")]) == []


def test_records_of_both_families_in_another_vsid_are_one_finding(found: Found) -> None:
    records = [RECORD % (10, 5002, "0A"), RECORD % (20, 5002, "0A")]

    assert codes(found, routes=ROUTES, vms=[A], records=records) == ["HNV301"]


def test_subnet_without_routes_is_no_reason_to_look_elsewhere(found: Found) -> None:
    assert codes(found, vms=[A], records=[RECORD % (10, 5009, "0A")]) == ["HNV301"]


def test_mac_of_another_network_is_not_the_same_adapter(found: Found) -> None:
    more = RED % (6001, ", ca: 10.0.1.13")

    assert codes(found, vms=[A], records=[RECORD % (13, 5001, "0D")], more=more) == ["HNV304"]


def test_port_of_another_network_outside_hnv_is_not_the_same_adapter(found: Found) -> None:
    more = RED % (0, "")

    assert codes(found, vms=[A], records=[RECORD % (13, 5001, "0D")], more=more) == ["HNV304"]


def test_port_outside_hnv_is_one_finding(found: Found) -> None:
    records = [RECORD % (10, 5001, "0A"), RECORD % (20, 5001, "0A")]

    assert codes(found, vms=[A.replace("5001", "0")], records=records) == ["HNV309"]


def test_other_mac_of_an_address_is_the_ports(found: Found) -> None:
    assert codes(found, vms=[A], records=[RECORD % (10, 5001, "0E")]) == ["HNV302"]


def test_second_record_of_an_address_is_another_mistake(found: Found) -> None:
    records = [RECORD % (10, 5001, "0A"), RECORD % (10, 5001, "0E")]

    assert codes(found, vms=[A], records=records) == []
    assert len(found("HNV006", vms=[A], records=records)) == 1


def test_record_without_port_is_a_warning(found: Found) -> None:
    records = [RECORD % (99, 5001, "99")] * 2

    (finding,) = found("HNV304", vms=[A], records=records)

    assert finding.severity is Severity.WARNING
    assert finding.effect is Reason.NO_PORT


@pytest.mark.parametrize(
    "record",
    [
        RECORD % (99, 5001, "99") + ", unusable: true",
        RECORD % (99, 5001, "99") + ", unsynchronized: true",
        (RECORD % (99, 5001, "99")).replace("02-00", "03-00"),
        (RECORD % (99, 5001, "99")).replace("192.168.10.11", "239.1.1.1"),
        (RECORD % (99, 5001, "99")).replace("192.168.10.11", "192.168.10.99"),
        (RECORD % (99, 5001, "99")).replace("10.0.1.99", "239.1.1.1"),
        (RECORD % (99, 5001, "99")).replace("02-00-00-00-01", "00-00-5E-00-01"),
        RECORD % (1, 5001, "99"),
    ],
)
def test_record_that_needs_no_port_or_has_another_fault(found: Found, record: str) -> None:
    assert codes(found, vms=[A], records=[record]) == []


def test_records_of_a_network_without_vms_are_not_compared(found: Found) -> None:
    assert codes(found, records=[RECORD % (99, 5001, "99")]) == []


def test_mapping_that_a_gateway_lacks_is_another_mistake(found: Found) -> None:
    records = [RECORD % (13, 5001, "0D")]

    assert codes(found, routes=ROUTES, records=records, more=GATEWAY) == []


def test_record_of_a_single_host_is_compared_where_the_policy_has_none(found: Found) -> None:
    more = "host_views: {H1: {lookup_records: [{%s}]}}\n" % (RECORD % (99, 5001, "99"))

    assert codes(found, vms=[A], more=more) == ["HNV304"]


def test_vm_without_address_and_without_record_cannot_send(found: Found) -> None:
    (finding,) = found("HNV304", vms=["host: H1, vsid: 5001, mac: 02-00-00-00-01-0A"])

    assert "-CustomerAddress … " in finding.help


def test_l2_only_record_is_enough(found: Found) -> None:
    record = "ca: 0.0.0.0, vsid: 5001, mac: 02-00-00-00-01-0A, pa: 192.168.10.11, type: l2_only"

    vm = "host: H1, vsid: 5001, mac: 02-00-00-00-01-0A"

    assert codes(found, vms=[vm], records=[record]) == []


def test_host_without_provider_address_is_another_mistake(found: Found) -> None:
    assert codes(found, hosts="  H3: {}\n", vms=[A.replace("H1", "H3")]) == []


def test_recorded_address_that_the_guest_lacks_is_found_at_the_record(found: Found) -> None:
    (finding,) = found("HNV305", vms=[A], records=[RECORD % (20, 5001, "0A")])

    assert finding.message == (
        "record 10.0.1.20 in VSID 5001 is of 'blue/V0', whose guest has 10.0.1.10"
    )
    assert finding.severity is Severity.WARNING


def test_record_that_takes_the_address_of_another_guest_is_an_error(found: Found) -> None:
    other = "host: H1, vsid: 5001, mac: 02-00-00-00-01-0B, ca: 10.0.1.11"
    records = [RECORD % (10, 5001, "0B"), RECORD % (11, 5001, "0A")]

    findings = found("HNV305", vms=[A, other], records=records)

    assert {finding.severity for finding in findings} == {Severity.ERROR}


@pytest.mark.parametrize(
    ("vm", "record"),
    [
        (A + ", gateway: true", RECORD % (20, 5001, "0A")),
        (A + ", mac_spoofing: true", RECORD % (20, 5001, "0A")),
        (A, RECORD % (20, 5001, "0A") + ", type: dynamic"),
        (A, (RECORD % (20, 5001, "0A")).replace("10.0.1.20", '"2001:db8::20"')),
        (A, RECORD % (1, 5001, "0A")),
    ],
)
def test_recorded_address_is_not_compared(found: Found, vm: str, record: str) -> None:
    assert codes(found, vms=[vm], records=[record]) == []


def unrecorded(found: Found, second: str, record: str = "") -> list[str]:
    """Find what is wrong with a VM whose second address has no record."""
    return codes(
        found,
        more='  red:\n    rdid: "{aaaaaaaa-0000-0000-0000-000000000002}"\n'
        "    customer_routes: [{prefix: 10.0.1.0/24, next_hop: on-link, vsid: 6001}]\n"
        f"    vms: {{D: {{host: H1, vsid: 6001, mac: {MAC_D}, ca: [10.0.1.13, {second}]}}}}\n"
        f"    lookup_records: [{{{RECORD % (13, 6001, '0D')}}}{record}]\n",
    )


def test_address_without_a_record_is_found_at_the_port(found: Found) -> None:
    assert unrecorded(found, "10.0.1.14") == ["HNV305"]


def test_address_that_is_learned_needs_no_record(found: Found) -> None:
    assert unrecorded(found, "10.0.1.14", OF_NO_ADDRESS % "l2_only") == []


def test_record_in_another_vsid_is_told_once(found: Found) -> None:
    """The port is not said to lack the record that is said to lie elsewhere."""
    elsewhere = f", {{{RECORD % (14, 6009, '0D')}}}"

    assert unrecorded(found, "10.0.1.14", elsewhere) == ["HNV301"]
    assert unrecorded(found, "10.0.1.15", elsewhere) == ["HNV301", "HNV305"]


def test_wildcard_stands_for_addresses_outside_alone(found: Found) -> None:
    wildcard = OF_NO_ADDRESS % "gateway_wildcard"

    assert unrecorded(found, "10.9.9.9", wildcard) == []
    assert unrecorded(found, "10.0.1.14", wildcard) == ["HNV305"]


def test_multi_tenant_adapter_in_a_vlan_is_told_once(found: Found) -> None:
    more = (RED % (6001, "")) + GATEWAY.replace("    mac", "    vlan: 7\n    mac").replace(
        "}]", "}, {virtual_network: red, vsid: 6001, ca: 10.0.1.2}]"
    )

    assert len(found("HNV303", routes=ROUTES, more=more)) == 1


def test_wildcard_of_no_port_is_found(found: Found) -> None:
    record = "ca: 0.0.0.0, vsid: 5001, mac: 02-00-00-00-01-99, pa: 192.168.10.11"

    assert codes(found, vms=[A], records=[f"{record}, type: gateway_wildcard"]) == ["HNV304"]
