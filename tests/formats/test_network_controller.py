"""Resources of Network Controller become a policy, and what does not is told with its place."""

from __future__ import annotations

import json
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hnvemu import Fabric, Outcome, PolicyError, Reason
from hnvemu.addresses import MacAddress
from hnvemu.analysis.question import Question, ask
from hnvemu.formats.assembly import policy_of
from hnvemu.formats.inventory import HostInventory, Inventory
from hnvemu.formats.network_controller import read_resources
from hnvemu.formats.network_controller.json_tree import Node, parse
from hnvemu.model.policy import Policy, Profile
from hnvemu.model.provider import ProviderAddress
from hnvemu.model.records import LookupRecord, RecordType
from hnvemu.model.topology import VmPort

FOLDER = Path(__file__).with_name("network_controller")


class Source(NamedTuple):
    name: str
    data: bytes


def of_folder() -> list[Source]:
    return [Source(path.name, path.read_bytes()) for path in sorted(FOLDER.glob("*.json"))]


def of_json(*values: Any, name: str = "all.json") -> list[Source]:
    return [Source(name, json.dumps(value, indent=1).encode()) for value in values]


def policy_from(sources: list[Source], seen: Inventory | None = None) -> Policy:
    return policy_of(read_resources(sources, seen)[0]).policy


def losses_of(sources: list[Source], seen: Inventory | None = None) -> list[str]:
    return [f"{loss.origin}: {loss.message}" for loss in read_resources(sources, seen)[1]]


def network(name: str = "blue", **properties: Any) -> dict[str, Any]:
    subnets = properties.pop("subnets", {"web": "10.0.1.0/24"})
    return {
        "resourceRef": f"/virtualNetworks/{name}",
        "resourceId": name,
        "instanceId": f"aaaaaaaa-0000-0000-0000-{len(name):012d}",
        "properties": {
            "addressSpace": {"addressPrefixes": ["10.0.0.0/8"]},
            "subnets": [
                {"resourceId": subnet, "properties": prefix}
                if isinstance(prefix, dict)
                else {"resourceId": subnet, "properties": {"addressPrefix": prefix}}
                for subnet, prefix in subnets.items()
            ],
            **properties,
        },
    }


def adapter(
    name: str,
    address: str,
    subnet: str = "/virtualNetworks/blue/subnets/web",
    server: str = "/servers/S1",
    **properties: Any,
) -> dict[str, Any]:
    mac = f"0200{int(ip_address(address)):08X}"
    held = {"privateIPAddress": address, "subnet": {"resourceRef": subnet}}
    return {
        "resourceRef": f"/networkInterfaces/{name}",
        "resourceId": name,
        "properties": {
            "privateMacAddress": mac,
            "server": {"resourceRef": server},
            "ipConfigurations": [{"resourceId": "one", "properties": held}],
            **properties,
        },
    }


def server(name: str = "S1") -> dict[str, Any]:
    return {
        "resourceRef": f"/servers/{name}",
        "resourceId": name,
        "properties": {"connections": [{"managementAddresses": [f"{name}.contoso.test"]}]},
    }


def seen_host(name: str, pa: str, *mappings: tuple[str, int, str]) -> HostInventory:
    return HostInventory(
        name=name,
        addresses=(
            ProviderAddress(
                address=ip_address(pa), prefix=ip_network("172.20.0.0/24"), mac=MacAddress(1)
            ),
        ),
        records=tuple(
            LookupRecord(
                ca=ip_address(ca),
                vsid=vsid,
                mac=MacAddress(0x0200 << 32 | int(ip_address(ca))),
                pa=ip_address(at),
            )
            for ca, vsid, at in mappings
        ),
    )


# ---------------------------------------------------------------------------------------------
# The whole of a small deployment


def test_a_folder_of_resources_becomes_a_policy() -> None:
    policy = policy_from(of_folder())

    assert policy.profile is Profile.HNVV2
    assert {name: network.rdid for name, network in policy.networks.items()} == {
        "blue": "{aaaaaaaa-0000-0000-0000-000000000001}",
        "green": "{aaaaaaaa-0000-0000-0000-000000000002}",
    }
    assert {name: (port.host, port.vsid) for name, port in policy.ports.items()} == {
        "blue/web1": ("SRV1", 5001),
        "blue/web2": ("SRV2", 5001),
        "blue/db1": ("SRV2", 5002),
        "green/app1": ("SRV2", 5004),
        "blue/GW1": ("SRV2", 5003),
    }
    web1 = policy.ports["blue/web1"]
    assert str(web1.mac) == "02-00-00-00-01-0A"
    assert web1.dhcp_guard
    assert not web1.mac_spoofing


def test_every_value_knows_the_line_of_its_resource() -> None:
    policy = policy_from(of_folder())

    places = {route.prefix.with_prefixlen: route.origin.short for route in policy.routes[:4]}
    assert places["10.0.1.0/24"] == "virtualNetworks.json:12"
    assert policy.ports["blue/web1"].origin.short == "networkInterfaces.json:3"
    rules = {rule.name: rule.origin.short for rule in policy.datacenter_acls}
    assert rules["web-acl.http"] == "accessControlLists.json:9"
    assert rules["web-acl.inboundDefaultAction"] == "accessControlLists.json:6"


@pytest.mark.parametrize(
    ("source", "destination", "service", "outcome", "reason"),
    [
        ("blue/web1", "blue/web2", "tcp/80", Outcome.DELIVERED, None),
        ("blue/web1", "blue/web2", "tcp/81", Outcome.DROPPED, Reason.ACL_DENY_IN),
        ("blue/web1", "blue/db1", "tcp/80", Outcome.DROPPED, Reason.ACL_DENY_OUT),
        ("blue/web1", "green/app1", "tcp/80", Outcome.DELIVERED, None),
        ("green/app1", "blue/web1", "tcp/80", Outcome.DELIVERED, None),
        ("blue/db1", "192.0.2.7", "tcp/80", Outcome.TO_GATEWAY, None),
    ],
)
def test_packets_fare_as_the_resources_say(
    source: str, destination: str, service: str, outcome: Outcome, reason: Reason | None
) -> None:
    fabric = Fabric.compile(policy_from(of_folder()))

    trace = ask(fabric, Question(source=source, destination=destination, service=service))

    assert (trace.outcome, trace.reason) == (outcome, reason)


def test_what_is_made_up_is_said_in_findings_and_in_records() -> None:
    inventory, losses = read_resources(of_folder())

    said = [loss.message for loss in losses]
    assert said[0].startswith("VSID 5001 of subnet 'blue/web': the VSID is made up")
    assert [note.message for note in losses[0].notes] == [
        "VSID 5002 of subnet 'blue/db'",
        "VSID 5003 of subnet 'blue/gateway'",
        "VSID 5004 of subnet 'green/apps'",
    ]
    assert any(message.startswith("192.168.10.2 of host 'SRV1'") for message in said)
    contexts = {
        record.vsid: record.context
        for host in inventory.hosts
        for record in host.records or ()
        if str(record.ca) == "10.0.1.10"
    }
    assert contexts == {
        5001: "PA made up, VSID made up",
        5004: "PA made up, VSID made up, peering",
    }


def test_made_up_addresses_leave_out_the_default_gateway() -> None:
    policy = policy_from(of_folder())

    held = {host.name: str(host.addresses[0].address) for host in policy.hosts.values()}
    assert held == {"SRV1": "192.168.10.2", "SRV2": "192.168.10.3"}
    assert policy.hosts["SRV1"].addresses[0].vlan == 7
    assert [str(route.next_hop) for route in policy.hosts["SRV1"].routes] == ["192.168.10.1"]


# ---------------------------------------------------------------------------------------------
# What hosts were seen to have


def test_dumps_of_hosts_say_vsids_and_provider_addresses() -> None:
    sources = of_json(
        [server("S1"), server("S2"), network(), adapter("a", "10.0.1.10")],
        [adapter("b", "10.0.1.11", server="/servers/S2")],
    )
    mappings = (("10.0.1.10", 6001, "172.20.0.1"), ("10.0.1.11", 6001, "172.20.0.2"))
    seen = Inventory(
        hosts=(
            seen_host("s1.contoso.test", "172.20.0.1", *mappings),
            seen_host("S2", "172.20.0.2", *mappings),
        )
    )

    policy = policy_from(sources, seen)

    assert {port.vsid for port in policy.ports.values()} == {6001}
    assert str(policy.hosts["S1"].addresses[0].address) == "172.20.0.1"
    assert {record.context for record in policy.records} == {"", "distributed router"}
    assert policy.views == {}
    assert losses_of(sources, seen) == []


def test_a_host_that_was_seen_with_a_stale_mapping_has_a_view_of_its_own() -> None:
    sources = of_json(
        [server("S1"), server("S2"), network(), adapter("a", "10.0.1.10")],
        [adapter("b", "10.0.1.11", server="/servers/S2")],
    )
    good = (("10.0.1.10", 6001, "172.20.0.1"), ("10.0.1.11", 6001, "172.20.0.2"))
    stale = (("10.0.1.10", 6001, "172.20.0.1"), ("10.0.1.11", 6001, "172.20.0.9"))
    seen = Inventory(
        hosts=(
            seen_host("S2", "172.20.0.2", *good),
            seen_host("S1", "172.20.0.1", *stale),
        )
    )

    policy = policy_from(sources, seen)

    [view] = policy.views.values()
    assert view.host == "S1"
    assert [str(record.pa) for record in view.lookup_records] == ["172.20.0.9"]


def test_addresses_that_other_hosts_reach_a_server_at_are_its_own() -> None:
    sources = of_json([server("S1"), network(), adapter("a", "10.0.1.10")])
    seen = Inventory(hosts=(seen_host("far", "172.20.0.7", ("10.0.1.10", 6001, "172.20.0.1")),))

    policy = policy_from(sources, seen)

    assert str(policy.hosts["S1"].addresses[0].address) == "172.20.0.1"


def test_what_only_hosts_know_is_a_loss() -> None:
    sources = of_json([server("S1"), network(), adapter("a", "10.0.1.10")])
    known, unknown = ("10.0.1.10", 6001, "172.20.0.1"), ("10.0.1.77", 6001, "172.20.0.1")
    seen = Inventory(
        hosts=(seen_host("S1", "172.20.0.1", known), seen_host("S7", "172.20.0.7", unknown))
    )

    said = losses_of(sources, seen)

    assert any("host 'S7': no server of the resources has this name" in loss for loss in said)
    assert any(
        "record 10.0.1.77 in VSID 6001 with 02-00-0A-00-01-4D: hosts have it" in loss
        for loss in said
    )


def test_hyper_v_names_the_adapters_that_it_was_asked_for() -> None:
    sources = of_json([server(), network(), adapter("a", "10.0.1.10")])
    port = VmPort(
        name="WEB:Ethernet", network="", host="S1", vsid=0, mac=MacAddress(0x02000A00010A)
    )
    seen = Inventory(hosts=(HostInventory(name="S1", ports=(port,)),))

    policy = policy_from(sources, seen)

    assert list(policy.ports) == ["blue/WEB"]


# ---------------------------------------------------------------------------------------------
# Shapes and spellings


def test_keys_of_cmdlets_are_read_like_those_of_the_rest_interface() -> None:
    sources = of_json(
        {
            "ResourceId": "blue",
            "ResourceRef": "/VirtualNetworks/blue",
            "InstanceId": "AAAAAAAA-0000-0000-0000-000000000001",
            "Properties": {
                "AddressSpace": {"AddressPrefixes": "10.0.0.0/16"},
                "Subnets": {
                    "ResourceId": "web",
                    "Properties": {"AddressPrefix": "10.0.1.0/24"},
                },
            },
        },
        {
            "ResourceId": "a",
            "Properties": {
                "PrivateMacAddress": "02-00-00-00-01-0A",
                "Server": {"ResourceRef": "/Servers/S1", "Properties": None},
                "PortSettings": {"MacSpoofingEnabled": "True"},
                "IpConfigurations": {
                    "Properties": {
                        "PrivateIPAddress": "10.0.1.10",
                        "Subnet": {
                            "ResourceId": "web",
                            "ResourceRef": "/VirtualNetworks/blue/Subnets/web",
                        },
                    }
                },
            },
        },
    )
    sources = [Source(f"{at}.json", source.data) for at, source in enumerate(sources)]

    policy = policy_from(sources)

    port = policy.ports["blue/a"]
    assert port.mac_spoofing
    assert [str(ca) for ca in port.cas] == ["10.0.1.10"]


def test_utf_16_with_a_byte_order_mark_is_read() -> None:
    [source] = of_json([server(), network(), adapter("a", "10.0.1.10")])
    wide = Source("wide.json", source.data.decode().encode("utf-16"))

    assert list(policy_from([wide]).ports) == ["blue/a"]


def test_a_file_named_after_its_kind_needs_no_references() -> None:
    bare = adapter("a", "10.0.1.10")
    del bare["resourceRef"]
    sources = [
        *of_json([bare], name="SdnNetworkInterfaces.json"),
        *of_json([server(), network()]),
    ]

    assert list(policy_from(sources).ports) == ["blue/a"]


def test_a_reference_may_hold_the_address_of_the_controller() -> None:
    far = "https://nc.contoso.test/networking/v1/virtualNetworks/blue/subnets/web"
    sources = of_json([server(), network(), adapter("a", "10.0.1.10", subnet=far)])

    assert list(policy_from(sources).ports) == ["blue/a"]


def test_a_subnet_beside_its_network_belongs_to_it() -> None:
    beside = {
        "resourceRef": "/virtualNetworks/blue/subnets/web",
        "resourceId": "web",
        "properties": {"addressPrefix": "10.0.1.0/24"},
    }
    sources = of_json([server(), network(subnets={}), beside, adapter("a", "10.0.1.10")])

    assert list(policy_from(sources).ports) == ["blue/a"]


def test_what_the_controller_says_is_wrong_survives() -> None:
    broken = adapter(
        "a",
        "10.0.1.10",
        provisioningState="Failed",
        configurationState={
            "status": "Failure",
            "detailedInfo": [{"code": "PortBlocked", "message": "The port is blocked."}],
        },
    )
    sources = of_json([server(), network(), broken])

    inventory, losses = read_resources(sources)

    said = (
        "provisioningState Failed, configurationState Failure (PortBlocked: The port is blocked.)"
    )
    assert any(said in loss.message for loss in losses)
    [host] = inventory.hosts
    assert host.records is not None
    assert said in host.records[0].context


# ---------------------------------------------------------------------------------------------
# Routes, peerings, access control lists, gateways


def peering(remote: str, **flags: Any) -> dict[str, Any]:
    far = {"resourceRef": f"/virtualNetworks/{remote}"}
    return {"resourceId": f"to-{remote}", "properties": {"remoteVirtualNetwork": far, **flags}}


def test_a_peering_of_one_side_opens_nothing() -> None:
    near = network(
        "blue", virtualNetworkPeerings=[peering("green", allowVirtualNetworkAccess="True")]
    )
    sources = of_json([near, network("green", subnets={"apps": "10.7.0.0/24"})])

    [loss] = [loss for loss in losses_of(sources) if "peering" in loss]
    assert "opens nothing, because 'green' has no peering back" in loss
    assert len(read_resources(sources)[0].networks) == 2


def test_a_peering_reaches_no_further_than_its_two_networks() -> None:
    allowed = {"allowVirtualNetworkAccess": True}
    sources = of_json(
        [
            server(),
            network("blue", virtualNetworkPeerings=[peering("green", **allowed)]),
            network(
                "green",
                subnets={"apps": "10.7.0.0/24"},
                virtualNetworkPeerings=[peering("blue", **allowed), peering("orange", **allowed)],
            ),
            network(
                "orange",
                subnets={"far": "10.8.0.0/24"},
                virtualNetworkPeerings=[peering("green", **allowed)],
            ),
            adapter("a", "10.0.1.10"),
            adapter("c", "10.8.0.10", subnet="/virtualNetworks/orange/subnets/far"),
        ]
    )

    policy = policy_from(sources)

    of_blue = [str(route.prefix) for route in policy.routes if route.network == "blue"]
    assert of_blue == ["10.0.1.0/24", "10.7.0.0/24"]
    trace = ask(Fabric.compile(policy), Question(source="a", destination="10.8.0.10"))
    assert trace.outcome is Outcome.DROPPED


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({"allowVirtualNetworkAccess": "False"}, "does not allow access"),
        (
            {"allowVirtualNetworkAccess": True, "useRemoteGateways": True},
            "'useRemoteGateways' of peering",
        ),
    ],
)
def test_what_a_peering_does_not_open_is_told(flags: dict[str, Any], said: str) -> None:
    back = peering("blue", allowVirtualNetworkAccess=True)
    sources = of_json(
        [
            network("blue", virtualNetworkPeerings=[peering("green", **flags)]),
            network("green", subnets={"apps": "10.7.0.0/24"}, virtualNetworkPeerings=[back]),
        ]
    )

    assert any(said in loss for loss in losses_of(sources))


def tables(*routes: tuple[str, str, str]) -> list[dict[str, Any]]:
    """Return route tables ``t0``, ``t1``… of one route each."""
    return [
        {
            "resourceRef": f"/routeTables/t{at}",
            "resourceId": f"t{at}",
            "properties": {
                "routes": [
                    {
                        "resourceId": "r",
                        "properties": {
                            "addressPrefix": prefix,
                            "nextHopType": kind,
                            "nextHopIpAddress": hop,
                        },
                    }
                ]
            },
        }
        for at, (prefix, kind, hop) in enumerate(routes)
    ]


def routed(prefix: str, table: str) -> dict[str, Any]:
    return {"addressPrefix": prefix, "routeTable": {"resourceRef": f"/routeTables/{table}"}}


def user_routes(*resources: Any) -> list[tuple[str, str, int]]:
    policy = policy_from(of_json([server(), *resources, adapter("a", "10.0.1.10")]))
    return [
        (str(route.prefix), str(route.next_hop), route.vsid)
        for route in policy.routes
        if route.metric == 100
    ]


def test_a_route_that_all_subnets_have_wins_over_the_subnets_own() -> None:
    made = tables(("10.0.2.0/24", "VirtualAppliance", "10.0.1.99"))
    blue = network(subnets={"web": routed("10.0.1.0/24", "t0"), "db": routed("10.0.2.0/24", "t0")})

    assert user_routes(blue, *made) == [("10.0.2.0/24", "10.0.1.99", 4096)]


def test_a_route_between_subnets_that_some_do_not_have_is_a_loss() -> None:
    made = tables(("10.0.2.0/24", "VirtualAppliance", "10.0.1.99"))
    blue = network(subnets={"web": routed("10.0.1.0/24", "t0"), "db": "10.0.2.0/24"})

    assert user_routes(blue, *made) == []
    said = losses_of(of_json([blue, *made]))
    assert any("is not imported" in loss and "'db'" in loss for loss in said)


def test_route_tables_that_disagree_are_a_loss() -> None:
    made = tables(
        ("0.0.0.0/0", "VirtualAppliance", "10.0.1.98"),
        ("0.0.0.0/0", "VirtualAppliance", "10.0.1.99"),
    )
    blue = network(subnets={"web": routed("10.0.1.0/24", "t0"), "db": routed("10.0.2.0/24", "t1")})

    assert user_routes(blue, *made) == []
    assert any("to different next hops" in loss for loss in losses_of(of_json([blue, *made])))


@pytest.mark.parametrize(
    ("route", "said"),
    [
        (("0.0.0.0/0", "VirtualAppliance", "10.9.9.9"), "lies in no subnet of 'blue'"),
        (("0.0.0.0/0", "VirtualAppliance", "nva"), "is no IP address: 'nva'"),
        (("0.0.0.0/0", "Internet", ""), "to 'Internet'"),
        (("10.0.0.0/16", "VnetLocal", ""), "no subnet there has all of it"),
        (("net", "VnetLocal", ""), "has no prefix: 'net'"),
    ],
)
def test_a_route_that_no_customer_route_can_be_is_a_loss(
    route: tuple[str, str, str], said: str
) -> None:
    blue = network(subnets={"web": routed("10.0.1.0/24", "t0")})

    assert any(said in loss for loss in losses_of(of_json([blue, *tables(route)])))


def acl(**rule: Any) -> dict[str, Any]:
    said = {"type": "Inbound", "action": "Deny", "protocol": "All", "priority": "100", **rule}
    return {
        "resourceRef": "/accessControlLists/acl",
        "resourceId": "acl",
        "properties": {"aclRules": [{"resourceId": "r", "properties": said}]},
    }


def guarded(**rule: Any) -> list[Source]:
    web = {
        "addressPrefix": "10.0.1.0/24",
        "accessControlList": {"resourceRef": "/AccessControlLists/ACL"},
    }
    return of_json(
        [server(), acl(**rule), network(subnets={"web": web}), adapter("a", "10.0.1.10")]
    )


def test_a_rule_keeps_its_conditions() -> None:
    [rule] = policy_from(
        guarded(
            action="allow",
            protocol="UDP",
            sourceAddressPrefix="VirtualNetwork",
            destinationAddressPrefix="10.0.1.4,10.0.1.8/30",
            sourcePortRange="0-65535",
            destinationPortRange="53,5000-5010",
        )
    ).datacenter_acls

    assert (rule.priority, rule.action, rule.stateful) == (100, "allow", True)
    assert rule.vms.patterns == ("blue/a",)
    assert rule.protocol is not None
    assert rule.protocol.number == 17
    assert str(rule.source) == "10.0.0.0/8"
    assert str(rule.destination) == "10.0.1.4, 10.0.1.8/30"
    assert rule.source_port is None
    assert rule.destination_port is not None
    assert rule.destination_port.ranges == ((53, 53), (5000, 5010))


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"type": "Sideways"}, "its type is 'Sideways'"),
        ({"action": "Maybe"}, "its action is 'Maybe'"),
        ({"protocol": "TPC"}, "TPC"),
        ({"sourceAddressPrefix": "AzureLoadBalancer"}, "AzureLoadBalancer"),
        ({"destinationPortRange": "http"}, "http"),
        ({"priority": "first"}, "'first' is no number"),
    ],
)
def test_a_rule_that_says_what_no_policy_can_is_a_loss(rule: dict[str, Any], said: str) -> None:
    assert any(said in loss for loss in losses_of(guarded(**rule)))


def test_a_list_of_the_subnet_and_one_of_the_adapter_are_both_on_the_port() -> None:
    own = {
        "resourceRef": "/accessControlLists/own",
        "resourceId": "own",
        "properties": {"inboundDefaultAction": "Deny"},
    }
    held = adapter("b", "10.0.1.11")
    listed = {"resourceRef": "/accessControlLists/own"}
    held["properties"]["ipConfigurations"][0]["properties"]["accessControlList"] = listed
    sources = [*guarded(), *of_json([own, held], name="own.json")]

    policy = policy_from(sources)

    assert {rule.name: rule.vms.patterns for rule in policy.datacenter_acls} == {
        "acl.r": ("blue/a", "blue/b"),
        "own.inboundDefaultAction": ("blue/b",),
        "own.outboundDefaultAction": ("blue/b",),
    }
    assert any("a list of its own and one of its subnet" in loss for loss in losses_of(sources))


def test_an_adapter_in_the_subnet_of_a_gateway_is_the_gateway() -> None:
    gateway = {
        "resourceRef": "/virtualGateways/g",
        "resourceId": "g",
        "properties": {
            "gatewaySubnets": [{"resourceRef": "/virtualNetworks/blue/subnets/web"}],
            "networkConnections": [
                {
                    "resourceId": "c",
                    "properties": {
                        "connectionType": "L3",
                        "routes": [
                            {"destinationPrefix": "::/0"},
                            {"destinationPrefix": "0.0.0.0/0", "metric": 5},
                        ],
                    },
                }
            ],
        },
    }
    sources = of_json([server(), network(), adapter("gw", "10.0.1.9"), gateway])

    policy = policy_from(sources)

    assert policy.ports["blue/gw"].gateway
    assert [
        record.type for record in policy.records if record.type is RecordType.GATEWAY_WILDCARD
    ] == [RecordType.GATEWAY_WILDCARD]
    assert [(str(route.prefix), route.metric) for route in policy.routes[1:]] == [("0.0.0.0/0", 5)]


def test_a_connection_of_a_gateway_that_nobody_names_is_a_loss() -> None:
    sources = [
        source if source.name != "fabric.json" else Source(source.name, without_gateways(source))
        for source in of_folder()
    ]

    assert any("do not say which gateway serves it" in loss for loss in losses_of(sources))


def without_gateways(source: Source) -> bytes:
    said = json.loads(source.data)
    del said["gateways"]
    return json.dumps(said).encode()


# ---------------------------------------------------------------------------------------------
# The provider network

GUID = "cccccccc-0000-0000-0000-00000000000a"


def provider_network(**subnets: dict[str, Any]) -> dict[str, Any]:
    return {
        "resourceRef": "/logicalNetworks/pa",
        "resourceId": "pa",
        "properties": {
            "networkVirtualizationEnabled": True,
            "subnets": [
                {"resourceId": name, "properties": properties}
                for name, properties in subnets.items()
            ],
        },
    }


def test_a_server_gets_an_address_of_the_subnet_that_its_adapter_is_in() -> None:
    nic = {"properties": {"logicalSubnets": [{"resourceRef": "/logicalNetworks/pa/subnets/right"}]}}
    placed = server()
    placed["properties"]["networkInterfaces"] = [nic]
    routes = [
        {"destinationPrefix": "192.168.0.0/16", "nextHop": "192.168.20.254"},
        {"properties": {"destinationPrefix": "oops", "nextHop": "192.168.20.254"}},
    ]
    sources = of_json(
        [
            provider_network(
                left={"addressPrefix": "192.168.10.0/24"},
                right={"addressPrefix": "192.168.20.0/24", "vlanID": 20, "routes": routes},
                wrong={"addressPrefix": "192.168.30.0/240"},
            ),
            placed,
            network(),
            adapter("a", "10.0.1.10"),
        ]
    )

    host = policy_from(sources).hosts["S1"]

    [held] = host.addresses
    assert (str(held.address), held.vlan) == ("192.168.20.1", 20)
    assert [(str(route.prefix), str(route.next_hop)) for route in host.routes] == [
        ("192.168.0.0/16", "192.168.20.254")
    ]
    said = losses_of(sources)
    assert any("subnet 'wrong' has no prefix: '192.168.30.0/240'" in loss for loss in said)
    assert any("a provider route has no prefix: 'oops'" in loss for loss in said)


def test_an_empty_pool_is_a_loss() -> None:
    pool = {"startIPAddress": "192.168.10.5", "endIPAddress": "192.168.10.5"}
    small = {"addressPrefix": "192.168.10.0/24", "ipPools": [{"properties": pool}]}
    sources = of_json(
        [provider_network(only=small), server("S1"), server("S2"), network()],
        [adapter("a", "10.0.1.10")],
    )

    hosts = policy_from(sources).hosts

    assert {name: str(host.addresses[0].address) for name, host in hosts.items()} == {
        "S1": "192.168.10.5",
        "S2": "198.18.0.1",
    }
    assert any("has no address left for host 'S2'" in loss for loss in losses_of(sources))


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"resourceMetadata": {"resourceName": "Front"}}, "Front"),
        ({"properties": {"connections": {"managementAddresses": ["10.9.9.9", "s5.test"]}}}, "s5"),
        ({"properties": {}}, GUID),
    ],
)
def test_a_server_whose_identifier_is_a_guid_is_called_as_people_call_it(
    changes: dict[str, Any], name: str
) -> None:
    called = {"resourceRef": f"/servers/{GUID}", "resourceId": GUID, "properties": {}} | changes
    sources = of_json([called, network(), adapter("a", "10.0.1.10", server=f"/servers/{GUID}")])

    assert list(policy_from(sources).hosts) == [name]


def test_an_adapter_whose_identifier_is_a_guid_is_called_by_its_label() -> None:
    sources = of_json(
        [server(), network(), adapter(GUID, "10.0.1.10", internalDnsNameLabel="front")]
    )

    assert list(policy_from(sources).ports) == ["blue/front"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"networkVirtualizationProtocol": "NVGRE"}, "the hosts encapsulate with NVGRE"),
        ({"distributedRouterState": "Disable"}, "the distributed router is disabled"),
        ({"virtualSubnetIdRange": {"startId": "low"}}, "'low' is no number; 4096 is taken"),
    ],
)
def test_settings_that_traces_do_not_show_are_losses(settings: dict[str, Any], said: str) -> None:
    manager = {"resourceRef": "/virtualNetworkManager/configuration", "properties": settings}

    found = losses_of(of_json([manager, network(), adapter("a", "10.0.1.10")]))

    assert any(said in loss for loss in found)


def test_a_range_that_begins_beyond_all_vsids_is_not_taken() -> None:
    settings = {"virtualSubnetIdRange": {"startId": 20000000}}
    manager = {"resourceRef": "/virtualNetworkManager/configuration", "properties": settings}

    policy = policy_from(of_json([manager, server(), network(), adapter("a", "10.0.1.10")]))

    assert policy.ports["blue/a"].vsid == 4096


def test_an_adapter_in_two_subnets_is_a_port_in_the_first() -> None:
    held = adapter("a", "10.0.1.10")
    db = {"resourceRef": "/virtualNetworks/blue/subnets/db"}
    held["properties"]["ipConfigurations"] += [
        {"resourceId": "two", "properties": {"privateIPAddress": "10.0.2.10", "subnet": db}},
        {
            "resourceId": "three",
            "properties": {"subnet": {"resourceRef": "/virtualNetworks/blue/subnets/web"}},
        },
    ]
    sources = of_json(
        [server(), network(subnets={"web": "10.0.1.0/24", "db": "10.0.2.0/24"}), held]
    )

    assert [str(ca) for ca in policy_from(sources).ports["blue/a"].cas] == ["10.0.1.10"]
    said = losses_of(sources)
    assert any("is in two subnets, and a port in one; 'web' counts" in loss for loss in said)
    assert any("address 'three' of" in loss and "is not assigned yet" in loss for loss in said)


def test_hosts_that_disagree_about_the_vsid_of_a_subnet_are_a_loss() -> None:
    sources = of_json([server(), network(), adapter("a", "10.0.1.10"), adapter("b", "10.0.1.11")])
    mappings = (("10.0.1.10", 6001, "172.20.0.1"), ("10.0.1.11", 6002, "172.20.0.1"))
    seen = Inventory(hosts=(seen_host("S1", "172.20.0.1", *mappings),))

    said = losses_of(sources, seen)

    assert any("in the VSIDs 6001, 6002; the first one seen counts" in loss for loss in said)


def test_many_of_a_kind_are_one_finding() -> None:
    sources = of_json(
        [server(), network(), *(adapter(f"a{n}", f"10.0.1.{n}", server="") for n in range(2, 22))]
    )

    _, losses = read_resources(sources)

    [unplaced] = [loss for loss in losses if "unplaced'" in loss.message and "runs" in loss.message]
    assert len(unplaced.notes) == 6
    assert unplaced.notes[-1].message == "and 14 more, the last one here"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"gatewaySubnets": [{"resourceRef": "/virtualNetworks/no/subnets/no"}]},
            "is in no subnet",
        ),
        (
            {
                "bgpRouters": [
                    {"resourceId": "s", "properties": {"bgpPeers": [{"resourceId": "p"}]}}
                ]
            },
            "what BGP router 's' learns from its peers is not known",
        ),
        (
            {
                "networkConnections": [
                    {"resourceId": "c", "properties": {"provisioningState": "Failed"}}
                ]
            },
            "says of network connection 'c': provisioningState Failed",
        ),
    ],
)
def test_what_of_a_gateway_is_missing_is_told(changes: dict[str, Any], said: str) -> None:
    gateway = {
        "resourceRef": "/virtualGateways/g",
        "resourceId": "g",
        "properties": {
            "gatewaySubnets": [{"resourceRef": "/virtualNetworks/blue/subnets/web"}],
            "networkConnections": [{"resourceId": "c", "properties": {"connectionType": "GRE"}}],
            **changes,
        },
    }

    assert any(said in loss for loss in losses_of(of_json([network(), gateway])))


# ---------------------------------------------------------------------------------------------
# What is missing, broken or unknown


@pytest.mark.parametrize(
    ("resources", "said"),
    [
        (
            [adapter("b", "10.0.1.11", subnet="/virtualNetworks/blue/subnets/none")],
            "is in a subnet that does not exist",
        ),
        ([adapter("b", "10.0.1.11", privateMacAddress="oops")], "has no MAC address: 'oops'"),
        ([adapter("b", "10.0.1.11", privateMacAddress="")], "has no MAC address: ''"),
        ([adapter("b", "10.0.1.11", ipConfigurations="")], "is in no subnet"),
        (
            [adapter("b", "10.0.1.11", subnet="/logicalNetworks/m/subnets/flat")],
            "the adapter is in a logical network, which HNV does not carry",
        ),
        (
            [adapter("b", "10.0.1.11", server="/servers/S9")],
            "the server is not among the resources",
        ),
        ([adapter("b", "10.0.1.11", server="")], "put on a host 'unplaced'"),
        ([adapter("b", "10.0.1.11", ipConfigurations="@{resourceRef=x}")], "has cut off"),
        (
            [{"resourceRef": "/quantumNetworks/q", "properties": {}}],
            "of the kind 'quantumnetworks'",
        ),
        (
            [{"resourceRef": "/loadBalancers/l", "properties": {}}],
            "load balancers are not emulated",
        ),
        ([{"resourceId": "x", "properties": {"color": "blue"}}], "of no kind that is known"),
        ([{"color": "blue"}], "this is no resource of Network Controller"),
        ([{"value": [], "nextLink": "https://nc/more"}], "the answer goes on behind its nextLink"),
        ([network("blue", provisioningState="Updating")], "is described twice and differently"),
        ([network("red", instanceId="?", subnets={"s": "ten"})], "has no prefix: 'ten'"),
        ([network("nil") | {"instanceId": ""}], "has no instanceId: its RDID"),
        (
            [
                adapter(
                    "b", "10.0.1.11", ipConfigurations=[{"properties": {"publicIPAddress": "p"}}]
                )
            ],
            "has a public address, which is not emulated",
        ),
    ],
)
def test_what_cannot_be_used_is_a_loss_with_its_place(resources: list[Any], said: str) -> None:
    sources = of_json([server(), network(), adapter("a", "10.0.1.10")], resources)
    sources = [Source("good.json", sources[0].data), Source("odd.json", sources[1].data)]

    [loss, *_] = [loss for loss in read_resources(sources)[1] if said in loss.message]

    assert loss.origin.file == "odd.json"
    assert loss.origin.line > 0


def test_a_key_that_stands_twice_is_a_loss() -> None:
    [good] = of_json([server(), network(), adapter("a", "10.0.1.10")])
    twice = Source("twice.json", b'{"servers": [], "Servers": []}')

    assert any(loss.startswith("twice.json:1:13: ") for loss in losses_of([good, twice]))


def test_names_and_messages_hold_nothing_that_disturbs_a_terminal() -> None:
    sources = of_json(
        [
            server(),
            network("b\x1b[31mlue", subnets={"web": "10.0.1.0/24", "a\nb": "x\ny"}),
            adapter("a:*[\n!", "10.0.1.10", subnet="/virtualNetworks/b\x1b[31mlue/subnets/web"),
        ]
    )

    policy = policy_from(sources)

    assert list(policy.ports) == [
        "b\N{REPLACEMENT CHARACTER}-31mlue/a---\N{REPLACEMENT CHARACTER}!"
    ]
    assert all(loss.isprintable() for loss in losses_of(sources))


def test_names_that_become_alike_are_told_apart() -> None:
    sources = of_json(
        [server(), network(), adapter("a:b", "10.0.1.10"), adapter("a*b", "10.0.1.11")]
    )

    assert list(policy_from(sources).ports) == ["blue/a-b", "blue/a-b-2"]


def test_secrets_are_in_no_finding_and_in_no_value() -> None:
    said = [source for source in of_folder() if source.name != "fabric.json"]
    fabric = json.loads((FOLDER / "fabric.json").read_text(encoding="utf-8"))
    secret = fabric["networkConnections"][0]["properties"]["ipSecConfiguration"]
    secret["sharedSecret"] = "hunter2"

    found = read_resources([*said, *of_json(fabric, name="fabric.json")])

    assert "hunter2" not in repr(found)


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("", "n.json:1:1", "the file is empty"),
        ('{"a": [1,\n 2', "n.json:2:3", "the file ends in the middle of the JSON text"),
        ('{"a": "b', "n.json:1:7", "the file ends in the middle of this text"),
        ('{"a" 1}', "n.json:1:6", "':' belongs here"),
        ("{1: 2}", "n.json:1:2", "a key in quotes belongs here"),
        ('{"a": 1} x', "n.json:1:10", "something follows the end"),
        ("[1 2]", "n.json:1:4", "',' or ']' belongs here"),
        ("[,]", "n.json:1:2", "',' stands where a value belongs"),
        ("[nope]", "n.json:1:2", "'n' does not belong into JSON here"),
        (r'["\q"]', "n.json:1:3", "a backslash that escapes nothing"),
        ("[" * 1000, "n.json:1:61", "values are nested over 60 levels"),
    ],
)
def test_what_is_no_json_is_refused_with_its_place(text: str, place: str, said: str) -> None:
    with pytest.raises(PolicyError) as caught:
        read_resources([Source("n.json", text.encode())])

    [finding] = caught.value.findings
    assert said in finding.message
    assert str(finding.origin) == place


def test_octets_that_are_no_text_are_refused() -> None:
    with pytest.raises(PolicyError, match="is not UTF-16-LE"):
        read_resources([Source("n.json", b"\xff\xfe{")])


def test_octets_of_the_code_page_of_windows_are_text() -> None:
    with pytest.raises(PolicyError, match="no resource that a policy is made of"):
        read_resources([Source("n.json", '{"name": "b\u00fcro"}'.encode("cp1252"))])


def test_files_without_a_resource_are_refused() -> None:
    with pytest.raises(PolicyError, match="no resource that a policy is made of"):
        read_resources(of_json({"value": []}))


# ---------------------------------------------------------------------------------------------
# Laws

TEXTS = {source.name: source.data.decode() for source in of_folder()}
JUNK = st.sampled_from(
    ["", "null", '"@{x=1}"', "[]", "{}", "-1", '"10.0.0.0/33"', "true", '"\\ud800"']
)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(TEXTS)), st.integers(0, 4000), st.integers(0, 40), JUNK)
def test_whatever_is_cut_or_put_into_resources_ends_in_a_policy_or_a_policy_error(
    name: str, at: int, length: int, junk: str
) -> None:
    text = TEXTS[name]
    at = min(at, len(text))
    broken = TEXTS | {name: text[:at] + junk + text[at + length :]}

    try:
        policy = policy_from([Source(file, said.encode()) for file, said in broken.items()])
    except PolicyError:
        return

    Fabric.compile(policy)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Return every member of a JSON value with what holds it."""
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for key, member in inside:
        found.append((value, key))
        if isinstance(member, dict | list):
            found += places(member)
    return found


ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(max_size=8),
    st.just([]),
    st.just({}),
    st.just([[]]),
    st.just({"resourceRef": "/virtualNetworks/blue"}),
    st.just("/virtualNetworks/blue/subnets/web"),
    st.just("::1"),
    st.just("10.0.1.0/24"),
    st.just("99999999999"),
)


def folded(value: Any) -> Any:
    """Return a JSON value as the parser is to see it: numbers as text."""
    if isinstance(value, dict):
        return {key: folded(member) for key, member in value.items()}
    if isinstance(value, list):
        return [folded(member) for member in value]
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def seen_by_parser(node: Node) -> Any:
    if isinstance(node.value, dict):
        return {key: seen_by_parser(member) for key, member in node.value.items()}
    if isinstance(node.value, list):
        return [seen_by_parser(member) for member in node.value]
    return node.value


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8"), max_size=6),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text("abc_", min_size=1, max_size=3), inner, max_size=4)
    ),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None)
@given(VALUES, st.sampled_from([None, 0, 2]), st.booleans())
def test_the_parser_sees_what_pythons_own_sees(
    value: Any,
    indent: int | None,
    ascii_only: bool,  # noqa: FBT001 - hypothesis gives it by position
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)

    root, replaced = parse("n.json", text.encode())

    assert seen_by_parser(root) == folded(value)
    assert replaced == []


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(sorted(TEXTS)), st.integers(0, 500), ODD)
def test_whatever_value_stands_in_place_of_another_the_resources_can_be_read(
    name: str, at: int, odd: Any
) -> None:
    said = json.loads(TEXTS[name])
    found = places(said)
    holder, key = found[at % len(found)]
    holder[key] = odd
    sources = [
        Source(file, json.dumps(said).encode() if file == name else text.encode())
        for file, text in TEXTS.items()
    ]

    inventory, losses = read_resources(sources)

    Fabric.compile(policy_of(inventory).policy)
    assert all(loss.message and "\n" not in loss.message for loss in losses)
