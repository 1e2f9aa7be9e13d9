"""HNV306, HNV307, HNV308: appliances and clusters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hnvemu.model.policy import Profile

if TYPE_CHECKING:
    from lint.conftest import Found

A = "host: H1, vsid: 5001, mac: 02-00-00-00-01-0A, ca: 10.0.1.10"
SPOOFING = A + ", mac_spoofing: true"
RECORD = "ca: 10.0.1.99, vsid: 5001, mac: %s, pa: 192.168.10.%s"
L2_ONLY = "ca: 0.0.0.0, vsid: 5001, mac: 02-00-00-00-01-0A, pa: 192.168.10.11, type: l2_only"
ROUTES = ["10.0.1.0/24 on-link 5001", "%s 10.0.1.10 5001"]
GATEWAY = """\
gateways:
  MT:
    host: H1
    mac: 02-00-00-00-01-0D
    mac_spoofing: true
    routing_domains:
      - {virtual_network: blue, vsid: 5001, ca: 10.0.1.2}
      - {virtual_network: blue, vsid: 5002, ca: 10.0.2.2}
"""


def test_record_of_a_foreign_mac_on_the_host_is_a_use(found: Found) -> None:
    here, there = (RECORD % ("02-00-00-00-01-99", last) for last in (11, 12))

    assert found("HNV306", vms=[SPOOFING], records=[here]) == []
    assert len(found("HNV306", vms=[SPOOFING], records=[there])) == 1


def test_port_outside_hnv_may_do_what_it_likes(found: Found) -> None:
    assert found("HNV306", vms=[SPOOFING.replace("5001", "0")]) == []


def test_multi_tenant_adapter_is_told_once(found: Found) -> None:
    routes = ["10.0.1.0/24 on-link 5001", "10.0.2.0/24 on-link 5002"]

    (finding,) = found("HNV306", routes=routes, more=GATEWAY)

    assert finding.message.startswith("'MT' may send with any MAC, and host 'H1' has no record")
    assert finding.message.endswith("in VSID 5001, 5002")


def test_default_route_is_left_to_its_own_rule(found: Found) -> None:
    routes = [route.replace("%s", "0.0.0.0/0") for route in ROUTES]

    assert found("HNV307", routes=routes, vms=[A]) == []
    assert len(found("HNV111", routes=routes, vms=[A])) == 1


def test_appliance_of_several_routes_is_told_once(found: Found) -> None:
    routes = [
        *(route.replace("%s", "172.16.0.0/12") for route in ROUTES),
        "10.9.0.0/16 10.0.1.10 5001",
    ]

    assert len(found("HNV307", routes=routes, vms=[A])) == 1


def test_single_address_may_have_a_record_instead(found: Found) -> None:
    routes = [route.replace("%s", "10.9.9.9/32") for route in ROUTES]
    record = "ca: 10.9.9.9, vsid: 5001, mac: 02-00-00-00-01-0A, pa: 192.168.10.11"

    assert found("HNV307", routes=routes, vms=[A], records=[record]) == []
    assert len(found("HNV307", routes=routes, vms=[A])) == 1


@pytest.mark.parametrize(("profile", "typed"), [(Profile.WS2012, False), (None, True)])
def test_gateway_without_wildcard_is_found_without_a_route(
    found: Found, profile: Profile | None, *, typed: bool
) -> None:
    more = (
        '  red:\n    rdid: "{aaaaaaaa-0000-0000-0000-000000000002}"\n'
        "    customer_routes: [{prefix: 10.0.1.0/24, next_hop: on-link, vsid: 6001}]\n"
        f"    vms: {{D: {{{A.replace('5001', '6001')}, gateway: true}}}}\n"
        "    lookup_records:"
        " [{ca: 10.0.1.10, vsid: 6001, mac: 02-00-00-00-01-0A, pa: 192.168.10.11}]\n"
    )

    (finding,) = found("HNV307", more=more, profile=profile)

    assert finding.message == "gateway 'red/D' has no IPv4 gateway wildcard in VSID 6001"
    assert finding.help.endswith("-Type GatewayWildcard") is typed


@pytest.mark.parametrize(
    ("mac", "protocol"),
    [
        ("00-00-5E-00-02-07", "VRRP"),
        ("00-00-0C-07-AC-07", "HSRP"),
        ("00-00-0C-9F-F0-07", "HSRP"),
        ("02-BF-0A-00-01-63", "a load balancing cluster"),
    ],
)
def test_virtual_mac_is_known(found: Found, mac: str, protocol: str) -> None:
    (finding,) = found("HNV308", records=[RECORD % (mac, 11)])

    assert f"has MAC {mac} of {protocol}, and VSID 5001 learns no addresses" in finding.message


@pytest.mark.parametrize(
    ("profile", "count"),
    [
        (Profile.TRANSPARENT, 0),
        (Profile.WS2012, 1),
        (Profile.WS2012R2, 0),
        (Profile.HNVV2, 1),
    ],
)
def test_l2_only_record_helps_where_addresses_are_learned(
    found: Found, profile: Profile, count: int
) -> None:
    records = [RECORD % ("00-00-5E-00-01-07", 11), L2_ONLY]

    assert len(found("HNV308", records=records, profile=profile)) == count


def test_dot_one_may_have_a_virtual_mac(found: Found) -> None:
    record = "ca: 10.0.1.1, vsid: 5001, mac: 00-00-5E-00-01-07, pa: 169.254.254.254"

    assert found("HNV308", records=[record]) == []
