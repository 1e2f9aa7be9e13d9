"""Which lookup records are generated, and which listed ones replace them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from hnvemu.model.policy import Policy

    Read = Callable[[str], Policy]


def lines(policy: Policy) -> list[str]:
    return [
        f"{record.vsid} {record.ca} {record.mac} {record.pa} {record.type} {record.vm}".strip()
        + (" generated" if record.generated else "")
        for record in policy.records
    ]


def test_each_address_of_each_vm_and_each_on_link_prefix_has_a_record(
    read: Read, network: str
) -> None:
    policy = read(network)

    assert lines(policy) == [
        "5001 10.0.1.10 02-00-00-00-01-0A 192.168.10.11 static A generated",
        "5001 10.0.1.11 02-00-00-00-01-0B 192.168.10.12 static B generated",
        "5001 2001:db8:1::b 02-00-00-00-01-0B fd00::12 static B generated",
        "5001 10.0.1.1 02-00-00-FF-FF-01 169.254.254.254 static generated",
    ]


def test_generated_records_carry_the_origin_of_the_vm_or_route(read: Read, network: str) -> None:
    origins = [record.origin.line for record in read(network).records]

    assert origins == [12, 13, 13, 9]


def test_gateway_has_a_wildcard_for_each_family(read: Read, network: str) -> None:
    text = network + (
        "      GW: {host: H1, vsid: 5002, mac: 02-00-00-00-03-FA,"
        ' ca: [10.0.2.250, 10.0.2.251, "2001:db8:2::fa"], gateway: true}\n'
    )

    wildcards = [line for line in lines(read(text)) if "wildcard" in line]

    assert wildcards == [
        "5002 0.0.0.0 02-00-00-00-03-FA 192.168.10.11 gateway_wildcard GW generated",
        "5002 :: 02-00-00-00-03-FA 192.168.10.11 gateway_wildcard GW generated",
    ]


def test_port_that_is_not_virtualised_has_no_record(read: Read, network: str) -> None:
    text = network + "      P: {host: H1, vsid: 0, mac: 02-00-00-00-09-01, ca: 10.0.9.1}\n"

    assert not [line for line in lines(read(text)) if "10.0.9.1" in line]


def test_vm_on_a_host_without_addresses_has_no_record(read: Read, network: str) -> None:
    text = network.replace("H1: {provider_addresses: [192.168.10.11/24]}", "H1: {}")

    assert not [line for line in lines(read(text)) if "10.0.1.10" in line]


@pytest.mark.parametrize(
    ("addresses", "pa"),
    [
        ("[{address: 10.9.0.1/24, state: deprecated}, 10.9.0.2/24]", "10.9.0.2"),
        ('["fd00::1/64", 10.9.0.2/24]', "10.9.0.2"),
        ('["fd00::1/64"]', "fd00::1"),
        ('[{address: 10.9.0.1/24, state: tentative}, "fd00::1/64"]', "fd00::1"),
        ("[{address: 10.9.0.1/24, state: tentative}]", "10.9.0.1"),
    ],
)
def test_provider_address_is_the_first_preferred_one_of_the_family(
    read: Read, network: str, addresses: str, pa: str
) -> None:
    text = network.replace("[192.168.10.11/24]", addresses)

    record = read(text).records[0]

    assert str(record.pa) == pa


@pytest.mark.parametrize("prefix", ["10.0.9.0/31", "10.0.9.0/32", "2001:db8::/127"])
def test_prefix_without_room_has_no_router_record(read: Read, network: str, prefix: str) -> None:
    text = network.replace("prefix: 10.0.1.0/24", f'prefix: "{prefix}"')

    assert not [line for line in lines(read(text)) if "FF-FF-01" in line]


def test_two_routes_for_one_prefix_have_one_router_record(read: Read, network: str) -> None:
    again = "      - {prefix: 10.0.1.0/24, next_hop: on-link, vsid: 5001, metric: 1}\n"
    text = network.replace("    vms:\n", again + "    vms:\n")

    assert len([line for line in lines(read(text)) if "FF-FF-01" in line]) == 1


def test_records_are_not_generated_beside_listed_ones(read: Read, network: str) -> None:
    assert lines(read(network + "    lookup_records: []\n")) == []


def test_records_are_not_generated_where_that_is_switched_off(read: Read, network: str) -> None:
    assert lines(read(network + "    generate_lookup_records: false\n")) == []


LISTED = """\
    generate_lookup_records: true
    lookup_records:
      - {ca: 10.0.1.10, vsid: 5001, mac: 02-00-00-00-01-99, pa: 192.168.10.99}
      - {ca: 10.0.1.11, vsid: 5001, mac: 02-00-00-00-01-98, pa: 192.168.10.98, type: l2_only}
"""


def test_listed_record_replaces_the_generated_one(read: Read, network: str) -> None:
    """Unless it has no address of its own: then it replaces one of its type."""
    found = lines(read(network + LISTED))

    assert [line for line in found if " 10.0.1.10 " in line] == [
        "5001 10.0.1.10 02-00-00-00-01-99 192.168.10.99 static"
    ]
    assert [line for line in found if " 10.0.1.11 " in line] == [
        "5001 10.0.1.11 02-00-00-00-01-98 192.168.10.98 l2_only",
        "5001 10.0.1.11 02-00-00-00-01-0B 192.168.10.12 static B generated",
    ]


def test_listed_wildcard_replaces_the_generated_one(read: Read, network: str) -> None:
    text = network + (
        "      GW: {host: H1, vsid: 5002, mac: 02-00-00-00-03-FA, ca: 10.0.2.250, gateway: true}\n"
        "    generate_lookup_records: true\n"
        "    lookup_records:\n"
        "      - {ca: 0.0.0.0, vsid: 5002, mac: 02-00-00-00-03-FB, pa: 10.9.9.9,"
        " type: gateway_wildcard}\n"
    )

    assert [line for line in lines(read(text)) if "wildcard" in line] == [
        "5002 0.0.0.0 02-00-00-00-03-FB 10.9.9.9 gateway_wildcard"
    ]


GATEWAY = """\
gateways:
  MT:
    host: H2
    mac: 02-00-00-00-04-01
    routing_domains:
      - {virtual_network: T, vsid: 5002, ca: 10.0.2.2}
"""


def test_gateway_of_several_networks_has_records_in_each(read: Read, network: str) -> None:
    policy = read(network + GATEWAY)

    assert [line for line in lines(policy) if line.startswith("5002")] == [
        "5002 10.0.2.2 02-00-00-00-04-01 192.168.10.12 static MT generated",
        "5002 0.0.0.0 02-00-00-00-04-01 192.168.10.12 gateway_wildcard MT generated",
    ]


def test_gateway_of_several_networks_may_go_without_wildcards(read: Read, network: str) -> None:
    policy = read(network + GATEWAY + "    gateway: false\n")

    assert not [line for line in lines(policy) if "wildcard" in line]
