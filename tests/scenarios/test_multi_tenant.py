"""A gateway of several tenants: one adapter, a port in each virtual network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from scapy.layers.l2 import ARP
from scenarios.reach import reached, tunnels

from hnvemu import Outcome, QuestionError, Reason
from hnvemu.addresses import MacAddress, parse_address
from hnvemu.wire.build import build_frame
from hnvemu.wire.neighbour import question

if TYPE_CHECKING:
    from collections.abc import Callable

    from hnvemu import Fabric, Trace

    Network = Callable[..., Fabric]
    Frame = Callable[..., bytes]

PROFILES = ["transparent", "ws2012", "ws2012r2", "hnvv2"]
MAC_MT = "02-00-00-00-03-02"
T_DEFAULT = "- {prefix: 0.0.0.0/0, next_hop: 10.0.2.250, vsid: 5002}"
U_ON_LINK = "- {prefix: 10.0.1.0/24, next_hop: on-link, vsid: 6001}"
U_ROUTES = f"""{U_ON_LINK}
      - {{prefix: 10.0.2.0/24, next_hop: on-link, vsid: 6002}}
      - {{prefix: 0.0.0.0/0, next_hop: 10.0.2.2, vsid: 6002}}"""
GATEWAYS = """
gateways:
  MT:
    host: H3
    mac: 02-00-00-00-03-02
    routing_domains:
      - {virtual_network: T, vsid: 5002, ca: 10.0.2.2}
      - {virtual_network: U, vsid: 6002, ca: 10.0.2.2}
"""


def shared(network: Network, *, also: str = "", profile: str = "transparent") -> Fabric:
    """Build the network with a gateway MT that both virtual networks share."""
    return network(
        (T_DEFAULT, T_DEFAULT.replace("10.0.2.250", "10.0.2.2")),
        (U_ON_LINK, U_ROUTES),
        also=GATEWAYS + also,
        profile=profile,
    )


def from_gateway(to: str) -> bytes:
    """Build what comes back from 8.8.8.8 through the gateway."""
    return build_frame(
        src_mac=MacAddress.parse(MAC_MT),
        dst_mac=MacAddress.parse("02-00-00-FF-FF-01"),
        src=parse_address("8.8.8.8"),
        dst=parse_address(to),
        protocol=1,
    )


def last(trace: Trace) -> Any:
    """Return the step that decided, for its evidence."""
    return trace.steps[-1]


@pytest.mark.parametrize("profile", PROFILES)
def test_t60_each_tenants_packets_arrive_with_its_own_vsid(
    network: Network, frame: Frame, profile: str
) -> None:  # GWY-12
    fabric = shared(network, profile=profile)

    of_t = fabric.send(frame("A", "8.8.8.8"), at="A")
    of_u = fabric.send(frame("Z", "8.8.8.8"), at="Z")

    assert (of_t.outcome, of_t.receiver) == (Outcome.TO_GATEWAY, "T/MT")
    assert (of_u.outcome, of_u.receiver) == (Outcome.TO_GATEWAY, "U/MT")
    assert tunnels(of_t) == [("192.168.10.11", "192.168.20.13", 5002)]
    assert tunnels(of_u) == [("192.168.10.11", "192.168.20.13", 6002)]
    assert [f.vsid for t in (of_t, of_u) for f in t.delivered] == [5002, 6002]


@pytest.mark.parametrize("profile", PROFILES)
def test_t60_return_traffic_reaches_the_tenant_it_is_for(
    network: Network, profile: str
) -> None:  # GWY-4, GWY-12
    fabric = shared(network, profile=profile)

    to_a = fabric.send(from_gateway("10.0.1.10"), at="T/MT")
    to_z = fabric.send(from_gateway("10.0.1.10"), at="U/MT")

    assert (to_a.outcome, to_a.receiver) == (Outcome.DELIVERED, "T/A")
    assert (to_z.outcome, to_z.receiver) == (Outcome.DELIVERED, "U/Z")
    assert tunnels(to_a) == [("192.168.20.13", "192.168.10.11", 5001)]
    assert tunnels(to_z) == [("192.168.20.13", "192.168.10.11", 6001)]


def test_one_tenant_is_not_reached_through_the_others_port(network: Network) -> None:  # FWD-3
    fabric = shared(network)

    trace = fabric.send(from_gateway("10.1.2.20"), at="U/MT")

    # U has no such subnet: the packet takes U's default route, back to where it came from.
    assert (trace.outcome, trace.receiver) == (Outcome.TO_GATEWAY, "U/MT")


def test_the_gateways_own_address_is_delivered_to_the_tenants_port(
    network: Network, frame: Frame
) -> None:
    fabric = shared(network)

    of_t = fabric.send(frame("A", "10.0.2.2"), at="A")
    of_u = fabric.send(frame("Z", "10.0.2.2"), at="Z")

    assert (of_t.outcome, of_t.receiver) == (Outcome.DELIVERED, "T/MT")
    assert (of_u.outcome, of_u.receiver) == (Outcome.DELIVERED, "U/MT")


def test_the_rest_of_the_network_does_not_notice(network: Network, frame: Frame) -> None:
    trace = shared(network).send(frame("A", "X"), at="A")

    assert (trace.outcome, trace.receiver) == (Outcome.DELIVERED, "T/X")


def test_a_port_without_its_virtual_network_is_ambiguous(network: Network) -> None:
    with pytest.raises(QuestionError, match="write T/MT or U/MT"):
        shared(network).send(from_gateway("10.0.1.10"), at="MT")


@pytest.mark.parametrize(("selector", "blocked"), [("MT", {"A", "Z"}), ("T/MT", {"A"})])
def test_rules_name_the_adapter_or_one_of_its_ports(
    network: Network, frame: Frame, selector: str, blocked: set[str]
) -> None:  # ACL-52
    rule = f"{{name: closed, vms: [{selector}], direction: inbound, action: block}}"
    fabric = shared(network, also=f"firewall: {{rules: [{rule}]}}\n")

    found = {vm: fabric.send(frame(vm, "8.8.8.8"), at=vm) for vm in ("A", "Z")}

    assert {vm for vm, trace in found.items() if trace.reason is Reason.ACL_DENY_IN} == blocked
    assert all(
        trace.outcome is Outcome.TO_GATEWAY for vm, trace in found.items() if vm not in blocked
    )


def test_an_adapters_other_ports_get_no_copy_of_a_tenants_broadcast(
    network: Network, frame: Frame
) -> None:  # BUM-2
    fabric = shared(network)

    trace = fabric.send(frame("GW", "255.255.255.255", "udp"), at="GW")

    assert reached(trace) == ["T/MT"]


def test_each_tenants_tables_answer_the_gateway(network: Network) -> None:  # ARP-1
    beside = "{host: H2, vsid: 6002, mac: 02-00-00-00-61-0C, ca: 10.0.2.250}"
    fabric = network(
        (U_ON_LINK, U_ROUTES),
        ("W: {host: H2,", f"V: {beside}\n      W: {{host: H2,"),
        also=GATEWAYS,
    )
    ask = question(
        src_mac=MacAddress.parse(MAC_MT),
        src=parse_address("10.0.2.2"),
        target=parse_address("10.0.2.250"),
        dst_mac=None,
    )

    of_t, of_u = (fabric.send(ask, at=at) for at in ("T/MT", "U/MT"))

    assert of_t.delivered[0].packet[ARP].hwsrc == "02:00:00:00:03:fa"
    assert of_u.delivered[0].packet[ARP].hwsrc == "02:00:00:00:61:0c"


ADAPTERS = """
gateways:
  MT:
    adapters:
      inside:
        host: H3
        mac: 02-00-00-00-03-02
        routing_domains:
          - {virtual_network: T, vsid: 5002, ca: 10.0.2.2}
          - {virtual_network: U, vsid: 6002, ca: 10.0.2.2}
      near:
        host: H1
        mac: 02-00-00-00-03-03
        routing_domains: [{virtual_network: T, vsid: 5003, ca: 10.1.2.2}]
"""


def test_each_adapter_has_routing_domains_of_its_own(network: Network, frame: Frame) -> None:
    fabric = network(
        (T_DEFAULT, T_DEFAULT.replace("10.0.2.250", "10.0.2.2")),
        (U_ON_LINK, U_ROUTES),
        also=ADAPTERS,
    )

    of_t = fabric.send(frame("A", "8.8.8.8"), at="A")
    of_u = fabric.send(frame("Z", "8.8.8.8"), at="Z")
    near = fabric.send(frame("A", "10.1.2.2"), at="A")

    assert (of_t.receiver, of_u.receiver) == ("T/MT:inside", "U/MT:inside")
    assert (near.outcome, near.receiver) == (Outcome.DELIVERED, "T/MT:near")


def test_two_subnets_of_one_tenant_are_told_apart_by_vsid(network: Network, frame: Frame) -> None:
    second = "      - {virtual_network: T, vsid: 5003, ca: 10.1.2.2}\n"
    fabric = network(
        (T_DEFAULT, T_DEFAULT.replace("10.0.2.250", "10.0.2.2")), also=GATEWAYS + second
    )

    outside = fabric.send(frame("A", "8.8.8.8"), at="A")
    near = fabric.send(frame("A", "10.1.2.2"), at="A")

    assert (outside.receiver, near.receiver) == ("T/MT:5002", "T/MT:5003")


def test_a_tenant_without_a_seat_at_the_gateway_finds_no_port(
    network: Network, frame: Frame
) -> None:  # FWD-33
    record = "ca: 10.0.2.2, vsid: 5003, mac: 02-00-00-00-03-02, pa: 192.168.20.13"
    wildcard = record.replace("10.0.2.2,", "0.0.0.0,") + ", type: gateway_wildcard"
    fabric = network(
        (T_DEFAULT, T_DEFAULT.replace("10.0.2.250", "10.0.2.2")),
        routes=("prefix: 8.8.4.0/24, next_hop: 10.0.2.2, vsid: 5003",),
        records=(record, wildcard),
        also=GATEWAYS,
    )

    trace = fabric.send(frame("A", "8.8.4.4"), at="A")

    assert (trace.outcome, trace.reason) == (Outcome.DROPPED, Reason.VSID_MISMATCH)
    assert trace.hops[-1].node == "H3"
    assert last(trace).vsid == 5003
