from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hnvemu.analysis.cmdlets import Script, quoted, script
from hnvemu.reader.edit import Append, Delete, Edit, PolicyText, Put

if TYPE_CHECKING:
    from collections.abc import Callable

SAMPLE = Path(__file__).parents[2] / "policies" / "complex-routing.yaml"
T = ("virtual_networks", "T")
RDID = "-RoutingDomainID '{aaaaaaaa-0000-0000-0000-000000000001}'"
X_KEY = "-CustomerAddress '10.1.2.20' -VirtualSubnetID 5003 -MACAddress '02-00-00-00-02-14'"


@pytest.fixture
def told() -> Callable[..., Script]:
    """Return the script of some edits of the sample, which other edits have prepared."""

    def build(*edits: Edit, given: tuple[Edit, ...] = ()) -> Script:
        text = PolicyText.read(SAMPLE).edited(given)
        return script(text.policy(), text.edited(edits).policy())

    return build


def test_equal_policies_need_no_commands(told: Callable[..., Script]) -> None:
    assert told() == Script((), ())


def test_what_no_cmdlet_sets_gives_no_command(told: Callable[..., Script]) -> None:
    assert told(Put(("hosts", "H1", "provider_mtu"), 1600)).commands == ()


@pytest.mark.parametrize(
    ("text", "literal"),
    [
        ("web", "'web'"),
        ("it's", "'it''s'"),
        ("a \u2019 b", "'a \u2019\u2019 b'"),
        ("$(Stop-Computer) `n", "'$(Stop-Computer) `n'"),
    ],
)
def test_a_string_expands_nothing(text: str, literal: str) -> None:
    assert quoted(text) == literal


# ---------------------------------------------------------------------------------------------
# Records and routes


def test_a_record_is_made_on_every_host(told: Callable[..., Script]) -> None:
    row = {"ca": "10.0.1.50", "vsid": 5001, "mac": "02:00:00:00:01:32", "pa": "192.168.10.11"}
    found = told(Append((*T, "lookup_records"), row | {"vm": "O'Hara"}))

    assert found.commands == (
        (
            "New-NetVirtualizationLookupRecord -CustomerAddress '10.0.1.50' -VirtualSubnetID 5001"
            " -MACAddress '02-00-00-00-01-32' -ProviderAddress '192.168.10.11'"
            " -Rule TranslationMethodEncap -VMName 'O''Hara'"
        ),
    )
    assert found.hosts == ()


def test_what_is_writable_is_set(told: Callable[..., Script]) -> None:
    row = {"ca": "10.1.2.20", "vsid": 5003, "mac": "02-00-00-00-02-14", "pa": "192.168.10.99"}
    at = (*T, "lookup_records", 0)
    found = told(
        Put((*at, "pa"), "192.168.10.12"),
        Put((*at, "rule"), "nat"),
        given=(Append((*T, "lookup_records"), row),),
    )

    assert found.commands == (
        (
            f"Set-NetVirtualizationLookupRecord {X_KEY} -ProviderAddress '192.168.10.12'"
            " -Rule TranslationMethodNat"
        ),
    )


def test_a_record_of_another_key_is_made_anew(told: Callable[..., Script]) -> None:
    row = {"ca": "10.1.2.20", "vsid": 5003, "mac": "02-00-00-00-02-99", "pa": "192.168.10.12"}
    found = told(
        Put((*T, "lookup_records", 0, "mac"), "02-00-00-00-02-14"),
        given=(Append((*T, "lookup_records"), row),),
    )

    assert [command.split()[0] for command in found.commands] == [
        "Remove-NetVirtualizationLookupRecord",
        "New-NetVirtualizationLookupRecord",
    ]


def test_a_record_that_becomes_usable_is_made_anew(told: Callable[..., Script]) -> None:
    row = {"ca": "10.1.2.20", "vsid": 5003, "mac": "02-00-00-00-02-14", "pa": "192.168.10.12"}
    found = told(
        Put((*T, "lookup_records", 0, "unusable"), value=False),
        given=(Append((*T, "lookup_records"), row | {"type": "dynamic", "unusable": True}),),
    )

    assert found.commands == (
        f"Remove-NetVirtualizationLookupRecord {X_KEY}",
        (
            f"New-NetVirtualizationLookupRecord {X_KEY} -ProviderAddress '192.168.10.12'"
            " -Rule TranslationMethodEncap -Type Dynamic"
        ),
    )


def test_windows_server_2012_has_no_type(told: Callable[..., Script]) -> None:
    gateway = (*T, "vms", "GW", "gateway")
    found = told(Put(gateway, value=True), given=(Put(("profile",), "ws2012"), Delete(gateway)))

    assert found.commands[0] == (
        "New-NetVirtualizationLookupRecord -CustomerAddress '0.0.0.0' -VirtualSubnetID 5002"
        " -MACAddress '02-00-00-00-03-FA' -ProviderAddress '192.168.20.13'"
        " -Rule TranslationMethodEncap -VMName 'GW'"
    )


def test_a_route_that_is_on_link_has_the_unspecified_next_hop(
    told: Callable[..., Script],
) -> None:
    routes = (*T, "customer_routes")
    found = told(
        Append(routes, {"prefix": "10.9.0.0/30", "next_hop": "10.0.2.250", "vsid": 5002}),
        Append(routes, {"prefix": "2001:db8:9::/127", "next_hop": "on-link", "vsid": 5009}),
    )

    assert found.commands == (
        (
            f"New-NetVirtualizationCustomerRoute {RDID} -VirtualSubnetID 5002"
            " -DestinationPrefix '10.9.0.0/30' -NextHop '10.0.2.250' -Metric 255"
        ),
        (
            f"New-NetVirtualizationCustomerRoute {RDID} -VirtualSubnetID 5009"
            " -DestinationPrefix '2001:db8:9::/127' -NextHop '::' -Metric 255"
        ),
    )


def test_what_one_host_lacked_is_told_to_that_host(told: Callable[..., Script]) -> None:
    lacks = {
        "without_lookup_records": [{"ca": "10.1.2.20", "vsid": 5003}],
        "without_customer_routes": [{"virtual_network": "T", "prefix": "10.1.2.0/24"}],
    }
    found = told(
        Delete(("host_views", "H1")),
        given=(Put(("host_views", "H1"), lacks), Put(("host_views", "H2"), {"restarted": "no"})),
    )

    assert [command.split()[0] for command in found.commands] == [
        "New-NetVirtualizationLookupRecord",
        "New-NetVirtualizationCustomerRoute",
    ]
    assert found.hosts == ("H1",)


def test_what_a_view_overrides_is_not_told_to_its_host(told: Callable[..., Script]) -> None:
    row = {"ca": "10.1.2.20", "vsid": 5003, "mac": "02-00-00-00-02-14", "pa": "192.168.10.99"}
    found = told(
        Put((*T, "lookup_records", 0, "pa"), "192.168.10.12"),
        given=(
            Append((*T, "lookup_records"), row),
            Put(("host_views", "H1", "lookup_records"), [row]),
        ),
    )

    assert found.hosts == ("H2", "H3")


def test_commands_for_different_hosts_name_them(told: Callable[..., Script]) -> None:
    found = told(Put((*T, "vms", "C", "vsid"), 5003), Delete(("virtual_networks", "U")), given=())

    assert (
        "Set-VMNetworkAdapter -VMName 'C' -VirtualSubnetId 5003 -CimSession 'H1'" in found.commands
    )
    assert all(
        command.endswith(" -CimSession 'H1','H2','H3'")
        for command in found.commands
        if "VMNetworkAdapter" not in command
    )
    assert len(found.hosts) == 1


# ---------------------------------------------------------------------------------------------
# Provider side and ports


def test_a_provider_route_takes_the_interface_of_the_pa(told: Callable[..., Script]) -> None:
    found = told(
        Append(("hosts", "H1", "provider_routes"), {"prefix": "10.9.0.0/16", "next_hop": "on-link"})
    )

    assert found == Script(
        (
            (
                "New-NetVirtualizationProviderRoute -InterfaceIndex"
                " (Get-NetVirtualizationProviderAddress -ProviderAddress '192.168.10.11')"
                ".InterfaceIndex -DestinationPrefix '10.9.0.0/16' -NextHop '0.0.0.0' -Metric 256"
            ),
        ),
        ("H1",),
    )


def test_an_adapter_of_several_is_named(told: Callable[..., Script]) -> None:
    adapters = {
        name: {"host": "H1", "vsid": vsid, "mac": f"02-00-00-00-07-0{vsid % 10}"}
        for name, vsid in (("in side", 5001), ("out", 5003))
    }
    path = (*T, "vms", "N", "adapters")
    found = told(Put((*path, "in side", "router_guard"), value=True), given=(Put(path, adapters),))

    assert found.commands == ("Set-VMNetworkAdapter -VMName 'N' -Name 'in side' -RouterGuard On",)
    assert found.hosts == ("H1",)


def test_a_multi_tenant_adapter_is_one_adapter(told: Callable[..., Script]) -> None:
    gateway = {
        "host": "H3",
        "mac": "02-00-00-00-08-01",
        "routing_domains": [
            {"virtual_network": "T", "vsid": 5008, "ca": "10.0.8.2"},
            {"virtual_network": "U", "vsid": 6008, "ca": "10.0.8.2"},
        ],
    }
    guarded = told(
        Put(("gateways", "M", "dhcp_guard"), value=True), given=(Put(("gateways", "M"), gateway),)
    )
    moved = told(
        Put(("gateways", "M", "routing_domains", 0, "vsid"), 5009),
        given=(Put(("gateways", "M"), gateway), Put((*T, "generate_lookup_records"), value=False)),
    )

    assert guarded == Script(("Set-VMNetworkAdapter -VMName 'M' -DhcpGuard On",), ("H3",))
    assert moved == Script(
        (f"Set-VMNetworkAdapterRoutingDomainMapping -VMName 'M' {RDID} -IsolationID 5009",),
        ("H3",),
    )


# ---------------------------------------------------------------------------------------------
# Rules and lists


def test_a_rule_has_all_its_conditions_and_runs_in_the_guest(
    told: Callable[..., Script],
) -> None:
    rule = {
        "name": "Bob's web",
        "vms": ["A", "B"],
        "direction": "outbound",
        "action": "block",
        "protocol": "tcp",
        "local_address": "10.0.1.0/24",
        "remote_address": ["10.1.2.20", "10.1.2.30-10.1.2.40", "LocalSubnet"],
        "local_port": "1024-2047",
        "remote_port": [80, 443],
    }
    found = told(Append(("firewall", "rules"), rule))

    assert found == Script(
        (
            (
                "New-NetFirewallRule -DisplayName 'Bob''s web' -Direction Outbound -Action Block"
                " -Protocol TCP -LocalAddress '10.0.1.0/24'"
                " -RemoteAddress '10.1.2.20','10.1.2.30-10.1.2.40','localsubnet'"
                " -LocalPort '1024-2047' -RemotePort '80','443'"
            ),
        ),
        ("T/A", "T/B"),
    )


def test_a_rule_for_icmp_names_types(told: Callable[..., Script]) -> None:
    rule = {"name": "ping", "vms": ["A"], "protocol": "icmpv6", "icmp_type": [128, "1:4"]}
    found = told(Append(("firewall", "rules"), rule))

    assert found.commands == (
        (
            "New-NetFirewallRule -DisplayName 'ping' -Direction Inbound -Action Allow"
            " -Protocol ICMPv6 -IcmpType '128','1:4'"
        ),
    )


def test_a_rule_that_opens_to_all_has_the_word_any(told: Callable[..., Script]) -> None:
    rule = {"name": "r", "vms": ["A"], "remote_address": "10.0.0.0/8"}
    found = told(
        Put(("firewall", "rules", 0, "remote_address"), "any"),
        given=(Append(("firewall", "rules"), rule),),
    )

    assert found.commands == ("Set-NetFirewallRule -DisplayName 'r' -RemoteAddress 'Any'",)


def test_port_acls_take_addresses_and_macs(told: Callable[..., Script]) -> None:
    found = told(
        Append(("port_acls",), {"vms": ["A"], "direction": "both", "action": "meter"}),
        Append(
            ("port_acls",),
            {"vms": ["A"], "direction": "outbound", "action": "deny"}
            | {"local": "02-00-00-00-01-0A", "remote": ["10.1.0.0/16", "10.2.0.0/16"]},
        ),
    )

    assert found.commands == (
        "Add-VMNetworkAdapterAcl -VMName 'A' -Action Meter -Direction Both -RemoteIPAddress 'ANY'",
        (
            "Add-VMNetworkAdapterAcl -VMName 'A' -Action Deny -Direction Outbound"
            " -LocalMacAddress '02-00-00-00-01-0A' -RemoteIPAddress '10.1.0.0/16','10.2.0.0/16'"
        ),
    )


def test_extended_acls_name_state_and_isolation(told: Callable[..., Script]) -> None:
    row = {"vms": ["A"], "direction": "outbound", "weight": 7, "action": "allow"}
    more = {"stateful": True, "isolation_id": 5001, "protocol": "47", "local": "10.0.1.10"}
    found = told(Append(("extended_acls",), row | more))

    assert found.commands == (
        (
            "Add-VMNetworkAdapterExtendedAcl -VMName 'A' -Action Allow -Direction Outbound"
            " -LocalIPAddress '10.0.1.10' -Protocol '47' -Weight 7 -Stateful $true"
            " -IdleSessionTimeout 255 -IsolationID 5001"
        ),
    )
    assert found.hosts == ("H1",)
