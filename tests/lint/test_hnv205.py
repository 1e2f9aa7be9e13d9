"""HNV205, HNV206: hosts that do not reach each other's provider addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lint.conftest import Found

A = "host: H1, vsid: 5001, mac: 02-00-00-00-01-0A, ca: 10.0.1.10"
B = "host: %s, vsid: 5001, mac: 02-00-00-00-01-%s, ca: 10.0.1.%s"
FAR = "  H%s: {provider_addresses: 192.168.%s.1/24%s}\n"
WAY = ", provider_routes: [{prefix: 192.168.0.0/16, next_hop: 192.168.20.254}]"
RED = """\
  red:
    rdid: "{aaaaaaaa-0000-0000-0000-000000000002}"
    customer_routes: [{prefix: 10.6.1.0/24, next_hop: on-link, vsid: 6001}]
    vms:
      D: {host: H3, vsid: 6001, mac: 02-00-00-00-06-0A, ca: 10.6.1.10}
"""


def test_each_side_needs_its_own_route(found: Found) -> None:
    vms = [A, B % ("H3", "0B", "11")]

    both = found("HNV205", hosts=FAR % (3, 20, ""), vms=vms)
    (one,) = found("HNV205", hosts=FAR % (3, 20, WAY), vms=vms)

    assert len(both) == 2
    assert one.message == "host 'H1' has no provider route to 192.168.20.1 of 'H3'"


def test_hosts_of_different_virtual_networks_need_no_way(found: Found) -> None:
    assert found("HNV205", hosts=FAR % (3, 20, ""), vms=[A], more=RED) == []


def test_many_hosts_are_one_finding(found: Found) -> None:
    hosts = "".join(FAR % (at, at, WAY) for at in range(20, 25))
    vms = [A, *(B % (f"H{at}", at, at) for at in range(20, 25))]

    (finding,) = found("HNV205", hosts=hosts, vms=vms)

    assert finding.message.endswith("192.168.22.1 of 'H22' and 2 more")


def test_no_route_helps_between_families(found: Found) -> None:
    hosts = '  H3: {provider_addresses: "2001:db8:ff::13/64"}\n'

    findings = found("HNV205", hosts=hosts, vms=[A, B % ("H3", "0B", "11")])

    assert [finding.message for finding in findings] == [
        "host 'H1' has no IPv6 provider address to reach 2001:db8:ff::13 of 'H3'",
        "host 'H3' has no IPv4 provider address to reach 192.168.10.11 of 'H1'",
    ]


def test_prefixes_may_overlap_and_follow_each_other(found: Found) -> None:
    routes = ", ".join(
        f"{{prefix: {prefix}, next_hop: 192.168.20.254}}"
        for prefix in ("192.168.0.0/20", "192.168.10.0/25", "192.168.30.0/24")
    )
    hosts = FAR % (3, 20, f", provider_routes: [{routes}]")
    hosts += FAR % (4, 30, WAY) + FAR % (5, 40, WAY)
    vms = [A, *(B % (f"H{at}", f"0{at}", at) for at in (3, 4, 5))]

    told = [f.message for f in found("HNV205", hosts=hosts, vms=vms) if "'H3' has" in f.message]

    assert told == ["host 'H3' has no provider route to 192.168.40.1 of 'H5'"]


def test_vlan_of_the_fewer_is_found(found: Found) -> None:
    hosts = "  H3: {provider_addresses: [{address: 192.168.10.13/24, vlan: 7}]}\n"

    (finding,) = found("HNV206", hosts=hosts)

    assert finding.help.endswith("-ProviderAddress 192.168.10.13 -VlanID 0")


def test_vlans_of_different_prefixes_are_not_compared(found: Found) -> None:
    hosts = "  H3: {provider_addresses: [{address: 192.168.20.13/24, vlan: 7}]}\n"

    assert found("HNV206", hosts=hosts) == []
