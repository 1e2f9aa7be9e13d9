"""What hosts say becomes one policy, and where they differ, views."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Any

from hnvemu.addresses import MacAddress
from hnvemu.formats.assembly import policy_of, port_name
from hnvemu.formats.inventory import HostInventory, Inventory
from hnvemu.model.acl import Action, Direction, ExtendedAcl, FirewallRule
from hnvemu.model.origin import Origin
from hnvemu.model.policy import Profile, RecordKey, RouteKey
from hnvemu.model.provider import ProviderAddress
from hnvemu.model.records import CustomerRoute, LookupRecord, RecordType
from hnvemu.model.topology import Selector, VmPort

T = "{aaaaaaaa-0000-0000-0000-000000000001}"
U = "{bbbbbbbb-0000-0000-0000-000000000002}"
A, B, GW = (MacAddress.parse(f"02000000{tail}") for tail in ("010A", "010B", "03FA"))


def record(ca: str, mac: MacAddress, pa: str, **more: Any) -> LookupRecord:
    return LookupRecord(ca=ip_address(ca), vsid=5001, mac=mac, pa=ip_address(pa), **more)


def route(prefix: str, rdid: str = T, vsid: int = 5001, **more: Any) -> CustomerRoute:
    return CustomerRoute(rdid=rdid, prefix=ip_network(prefix), next_hop=None, vsid=vsid, **more)


def port(name: str, mac: MacAddress, vsid: int = 5001, **more: Any) -> VmPort:
    return VmPort(name=name, network="", host="", vsid=vsid, mac=mac, **more)


def address(text: str) -> ProviderAddress:
    return ProviderAddress(
        address=ip_address(text), prefix=ip_network(text + "/24", strict=False), mac=MacAddress(1)
    )


def host(name: str, *records: LookupRecord, **more: Any) -> HostInventory:
    return HostInventory(name=name, records=records, **{"routes": (route("10.0.1.0/24"),), **more})


A_AT_11 = record("10.0.1.10", A, "192.168.10.11", vm="A")
B_AT_12 = record("10.0.1.11", B, "192.168.10.12", vm="B")
B_AT_13 = record("10.0.1.11", B, "192.168.10.13", vm="B")


def test_what_all_hosts_say_stands_once_in_the_policy() -> None:
    hosts = (host("H1", A_AT_11, B_AT_12), host("H2", B_AT_12, A_AT_11))

    made = policy_of(Inventory(hosts=hosts), sha256="abc")

    assert made.losses == ()
    assert made.policy.records == (A_AT_11, B_AT_12)
    assert list(made.policy.hosts) == ["H1", "H2"]
    assert made.policy.views == {}
    assert made.policy.profile is Profile.WS2012R2
    assert made.policy.sha256 == "abc"


def test_a_stale_record_is_the_view_of_the_host_that_has_it() -> None:
    hosts = (host("H1", B_AT_13), host("H2", B_AT_12), host("H3", B_AT_12))

    policy = policy_of(Inventory(hosts=hosts)).policy

    assert policy.records == (B_AT_12,)
    assert list(policy.views) == ["H1"]
    assert policy.views["H1"].lookup_records == (B_AT_13,)
    assert policy.views["H1"].without_lookup_records == ()


def test_of_two_hosts_that_disagree_the_first_is_the_policys() -> None:
    hosts = (host("H1", B_AT_12), host("H2", B_AT_13))

    policy = policy_of(Inventory(hosts=hosts)).policy

    assert policy.records == (B_AT_12,)
    assert list(policy.views) == ["H2"]


def test_the_majority_is_found_behind_two_loners() -> None:
    loner = record("10.0.1.11", B, "192.168.10.14", vm="B")
    said = (loner, B_AT_12, B_AT_13, B_AT_13)
    hosts = tuple(host(f"H{number}", one) for number, one in enumerate(said))

    policy = policy_of(Inventory(hosts=hosts)).policy

    assert policy.records == (B_AT_13,)
    assert list(policy.views) == ["H0", "H1"]


def test_a_host_without_a_record_or_route_says_so_in_its_view() -> None:
    short = host("H2", A_AT_11, routes=())
    hosts = (host("H1", A_AT_11, B_AT_12), short)

    policy = policy_of(Inventory(hosts=hosts)).policy

    assert policy.records == (A_AT_11, B_AT_12)
    view = policy.views["H2"]
    assert view.without_lookup_records == (RecordKey(5001, ip_address("10.0.1.11")),)
    assert view.without_customer_routes == (RouteKey("rd-aaaaaaaa", ip_network("10.0.1.0/24")),)


def test_a_host_that_nobody_asked_knows_what_the_others_know() -> None:
    silent = HostInventory(name="H2")

    policy = policy_of(Inventory(hosts=(host("H1", A_AT_11), silent))).policy

    assert list(policy.hosts) == ["H1", "H2"]
    assert policy.views == {}


def test_another_route_than_that_of_the_others_is_a_loss_with_its_place() -> None:
    place = Origin("h2.json", 7, 3)
    other = route("10.0.1.0/24", vsid=5009, origin=place)
    hosts = (host("H1", A_AT_11), host("H2", A_AT_11, routes=(other,)))

    made = policy_of(Inventory(hosts=hosts))

    assert [loss.origin for loss in made.losses] == [place]
    assert "host 'H2' has another route 10.0.1.0/24" in made.losses[0].message
    assert made.policy.views == {}


def test_networks_have_the_name_that_somebody_gave_or_one_made_of_the_rdid() -> None:
    routes = (route("10.0.1.0/24"), route("10.0.1.0/24", rdid=U.upper(), vsid=6001))
    hosts = (host("H1", routes=routes),)

    policy = policy_of(Inventory(hosts=hosts, networks=(("Blue", T.strip("{}").upper()),))).policy

    assert {name: network.rdid for name, network in policy.networks.items()} == {
        "Blue": T,
        "rd-bbbbbbbb": U,
    }
    assert [(route.network, route.rdid) for route in policy.routes] == [
        ("Blue", T),
        ("rd-bbbbbbbb", U),
    ]


def test_rdids_that_begin_alike_are_named_in_full() -> None:
    twin = T.replace("1}", "2}")
    hosts = (host("H1", routes=(route("10.0.1.0/24"), route("10.0.2.0/24", twin, 5002))),)

    policy = policy_of(Inventory(hosts=hosts)).policy

    assert list(policy.networks) == [f"rd-{T[1:-1]}", f"rd-{twin[1:-1]}"]


def test_ports_are_found_in_their_network_by_the_vsid() -> None:
    routes = (route("10.0.1.0/24"), route("10.0.1.0/24", U, 6001))
    ports = (port("A", A), port("A", B, vsid=6001))
    inventory = Inventory(
        hosts=(host("H1", A_AT_11, routes=routes, ports=ports),), networks=(("T", T), ("U", U))
    )

    policy = policy_of(inventory).policy

    assert list(policy.ports) == ["T/A", "U/A"]
    assert policy.ports["T/A"].network == "T"
    assert policy.ports["T/A"].host == "H1"
    assert policy.ports["T/A"].cas == (ip_address("10.0.1.10"),)


def test_a_port_whose_vsid_is_gone_stays_where_its_mac_is_expected() -> None:
    hosts = (host("H1", A_AT_11, ports=(port("A", A, vsid=0), port("Other", B, vsid=0))),)

    made = policy_of(Inventory(hosts=hosts, networks=(("T", T),)))

    assert list(made.policy.ports) == ["T/A", "not-virtualised/Other"]
    assert made.policy.ports["T/A"].vsid == 0
    assert made.losses == ()


def test_a_vsid_that_no_route_carries_has_a_made_up_network_and_is_a_loss() -> None:
    place = Origin("h1.csv", 4, 1)
    hosts = (HostInventory(name="H1", records=(), ports=(port("A", A, 7000, origin=place),)),)

    made = policy_of(Inventory(hosts=hosts))

    assert list(made.policy.ports) == ["vsid-7000/A"]
    assert [(loss.origin, loss.message) for loss in made.losses] == [
        (place, "no customer route carries VSID 7000: its routing domain is unknown")
    ]


def test_a_wildcard_record_with_the_ports_mac_makes_it_a_gateway() -> None:
    wildcard = record("0.0.0.0", GW, "192.168.10.12", type=RecordType.GATEWAY_WILDCARD)
    ports = (port("GW", GW), port("A", A))

    policy = policy_of(Inventory(hosts=(host("H1", wildcard, ports=ports),))).policy

    assert policy.ports["rd-aaaaaaaa/GW"].gateway
    assert not policy.ports["rd-aaaaaaaa/A"].gateway


def test_before_record_types_existed_an_unspecified_address_made_the_gateway() -> None:
    wildcard = record("0.0.0.0", GW, "192.168.10.12")
    hosts = (host("H1", wildcard, ports=(port("GW", GW),)),)

    old = policy_of(Inventory(hosts=hosts, profile=Profile.WS2012)).policy
    new = policy_of(Inventory(hosts=hosts)).policy

    assert old.ports["rd-aaaaaaaa/GW"].gateway
    assert not new.ports["rd-aaaaaaaa/GW"].gateway


def test_adapters_are_named_only_where_a_vm_has_several() -> None:
    ports = (port("A:Network Adapter", A), port("GW:in", GW), port("GW:out", B))

    policy = policy_of(Inventory(hosts=(host("H1", ports=ports),), networks=(("T", T),))).policy

    assert list(policy.ports) == ["T/A", "T/GW:in", "T/GW:out"]


def test_vms_of_one_name_on_two_hosts_are_told_apart() -> None:
    hosts = (host("H1", ports=(port("A", A),)), host("H2", ports=(port("A", B),)))

    policy = policy_of(Inventory(hosts=hosts, networks=(("T", T),))).policy

    assert list(policy.ports) == ["T/A", "T/A-H2"]


def test_a_multi_tenant_adapter_is_a_port_in_each_of_its_networks() -> None:
    routes = (route("10.0.1.0/24"), route("10.0.1.0/24", U, 6001))
    seats = tuple(
        VmPort(name="MT", network=rdid, host="H1", vsid=vsid, mac=GW, trunk="MT")
        for rdid, vsid in ((T, 5001), (U, 6001))
    )
    inventory = Inventory(
        hosts=(host("H1", routes=routes, ports=seats),), networks=(("T", T), ("U", U))
    )

    policy = policy_of(inventory).policy

    assert [(made.name, made.trunk) for made in policy.ports.values()] == [
        ("T/MT", "MT"),
        ("U/MT", "MT"),
    ]


def test_a_host_that_named_no_adapters_has_those_its_records_speak_of() -> None:
    hosts = (
        host("H1", A_AT_11, B_AT_12, ports=(port("A", A),)),
        HostInventory(name="H2", addresses=(address("192.168.10.12"),)),
    )

    policy = policy_of(Inventory(hosts=hosts, networks=(("T", T),))).policy

    assert list(policy.ports) == ["T/A", "T/B"]
    assert policy.ports["T/B"].host == "H2"
    assert policy.ports["T/B"].cas == (ip_address("10.0.1.11"),)


def test_selectors_get_the_full_names_of_ports() -> None:
    hosts = (
        host("H1", ports=(port("A:Network Adapter", A),)),
        host("H2", ports=(port("A:Network Adapter", B),)),
    )
    acls = (
        _acl(Selector(patterns=("a",))),
        _acl(Selector(patterns=("H2/A:Network Adapter",))),
        _acl(Selector()),
    )

    policy = policy_of(Inventory(hosts=hosts, networks=(("T", T),), extended_acls=acls)).policy

    assert [acl.vms.patterns for acl in policy.extended_acls] == [
        ("T/A", "T/A-H2"),
        ("T/A-H2",),
        None,
    ]


def test_a_list_entry_for_no_vm_is_a_loss() -> None:
    place = Origin("guest.json", 9, 5)
    rule = FirewallRule(name="r", vms=Selector(patterns=("Z",)), action=Action.BLOCK, origin=place)

    made = policy_of(Inventory(hosts=(host("H1"),), firewall_rules=(rule,)))

    assert made.policy.firewall.rules == ()
    assert [(loss.origin, loss.message) for loss in made.losses] == [
        (place, "a firewall rule is for 'Z', and there is no such VM")
    ]


def test_two_files_of_one_host_are_one_host() -> None:
    one = HostInventory(name="H1", records=(A_AT_11,), addresses=(address("192.168.10.11"),))
    two = HostInventory(name="h1", routes=(route("10.0.1.0/24"),), mtu=9000)

    policy = policy_of(Inventory(hosts=(one, two))).policy

    assert list(policy.hosts) == ["H1"]
    assert policy.hosts["H1"].mtu == 9000
    assert policy.records == (A_AT_11,)
    assert len(policy.routes) == 1


def test_two_networks_of_one_name_are_told_apart() -> None:
    routes = (route("10.0.1.0/24"), route("10.0.1.0/24", U, 6001))

    made = policy_of(Inventory(hosts=(host("H1", routes=routes),), networks=(("X", T), ("X", U))))

    assert list(made.policy.networks) == ["X", f"X-{U[1:-1]}"]


def test_a_port_may_name_its_network_or_one_that_nobody_knows() -> None:
    place = Origin("a.json", 3, 1)
    known = VmPort(name="A", network="Blue", host="", vsid=5001, mac=A)
    unknown = VmPort(name="B", network="Red", host="", vsid=5001, mac=B, origin=place)
    inventory = Inventory(hosts=(host("H1", ports=(known, unknown)),), networks=(("Blue", T),))

    made = policy_of(inventory)

    assert list(made.policy.ports) == ["Blue/A", "Blue/B"]
    assert [(loss.origin, loss.message) for loss in made.losses] == [
        (place, "there is no virtual network 'Red' for the adapter 'B'")
    ]


def test_adapters_of_one_name_are_told_apart() -> None:
    ports = tuple(port("GW:Network Adapter", mac) for mac in (A, B, GW))

    policy = policy_of(Inventory(hosts=(host("H1", ports=ports),), networks=(("T", T),))).policy

    assert list(policy.ports) == [
        "T/GW:Network Adapter",
        "T/GW:Network Adapter-2",
        "T/GW:Network Adapter-3",
    ]


def test_records_of_a_vsid_without_routes_are_a_loss() -> None:
    made = policy_of(Inventory(hosts=(host("H1", A_AT_11, routes=()),)))

    assert list(made.policy.networks) == ["vsid-5001"]
    assert len(made.losses) == 1


def test_what_two_files_say_of_one_host_is_joined() -> None:
    more = host("H1", A_AT_11, B_AT_12, routes=(route("10.0.2.0/24"),))

    policy = policy_of(Inventory(hosts=(host("H1", A_AT_11), more))).policy

    assert policy.records == (A_AT_11, B_AT_12)
    assert len(policy.routes) == 2


def test_names_hold_no_sign_that_divides_them() -> None:
    assert port_name("web/1", "Net:2") == "web-1:Net-2"


def _acl(vms: Selector) -> ExtendedAcl:
    return ExtendedAcl(action="deny", direction=Direction.INBOUND, weight=1, vms=vms)
