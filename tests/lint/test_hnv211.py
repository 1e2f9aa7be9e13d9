"""HNV211, HNV212: guests whose packets do not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.model.policy import Profile

if TYPE_CHECKING:
    from lint.conftest import Found

A = "host: H1, vsid: 5001, mac: 02-00-00-00-01-0A, ca: 10.0.1.10, guest: %s"
B = "host: %s, vsid: 5001, mac: 02-00-00-00-01-0B, ca: 10.0.1.11, guest: linux, mtu: 1400"


def test_guests_of_a_host_are_one_finding(found: Found) -> None:
    second = (A % "other").replace("-0A", "-0C").replace(".1.10", ".1.12")

    (finding,) = found("HNV211", vms=[A % "linux", second, B % "H2"])

    assert finding.message == (
        "'blue/V0' and 1 more may send 1500 octets, and encapsulation leaves 1458 on host 'H1'"
    )


def test_network_on_a_single_host_is_not_encapsulated(found: Found) -> None:
    assert found("HNV211", vms=[A % "linux", B % "H1"]) == []


def test_network_without_routes_sends_nothing(found: Found) -> None:
    vms = [vm.replace("5001", "5009") for vm in (A % "linux", B % "H2")]

    assert found("HNV211", vms=vms) == []


def test_windows_adapts_unless_the_policy_says_otherwise(found: Found) -> None:
    assert found("HNV211", vms=[A % "windows", B % "H2"]) == []
    assert len(found("HNV211", vms=[A % "windows, mtu: 1500", B % "H2"])) == 1


def test_ipv6_provider_address_leaves_less(found: Found) -> None:
    hosts = '  H3: {provider_addresses: "2001:db8:ff::13/64"}\n'

    (finding,) = found("HNV211", hosts=hosts, vms=[A % "linux, mtu: 1450", B % "H3"])

    assert "leaves 1438" in finding.message


def test_guest_of_hnvv2_is_found_by_one_of_two_rules(found: Found) -> None:
    profile = Profile.HNVV2

    windows, linux = ([A % guest, B % "H2"] for guest in ("windows", "linux"))

    assert found("HNV211", vms=windows, profile=profile) == []
    assert len(found("HNV212", vms=windows, profile=profile)) == 1
    assert len(found("HNV211", vms=linux, profile=profile)) == 1
    assert found("HNV212", vms=linux, profile=profile) == []


def test_hosts_of_hnvv2_are_told_once(found: Found) -> None:
    second = (A % "windows").replace("-0A", "-0C").replace(".1.10", ".1.12")

    vms = [A % "windows", second, B % "H2"]

    assert len(found("HNV212", vms=vms, profile=Profile.HNVV2)) == 1
