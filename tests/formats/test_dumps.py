"""What the ``Get-*`` cmdlets print becomes an inventory, however PowerShell wrote it."""

from __future__ import annotations

import contextlib
import json
import time
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from hnvemu.addresses import MacAddress
from hnvemu.errors import PolicyError
from hnvemu.formats.assembly import policy_of
from hnvemu.formats.detect import format_of
from hnvemu.formats.dumps import Dumps, DumpSource, collector, read_dumps
from hnvemu.formats.dumps.kinds import kind_of
from hnvemu.formats.dumps.rows import folded_names, is_cut_off
from hnvemu.formats.powershell.parser import parse
from hnvemu.model.acl import Action, Direction, Ports, Protocol
from hnvemu.model.origin import Origin
from hnvemu.model.policy import Profile
from hnvemu.model.provider import AddressState
from hnvemu.model.records import LookupRecord, RecordType, Translation
from hnvemu.model.topology import IsolationMode, NetworkProfile

RECORD: dict[str, Any] = {
    "CustomerAddress": "10.0.1.10",
    "VirtualSubnetID": 5001,
    "MACAddress": "02000000010A",
    "ProviderAddress": "192.168.10.11",
    "CustomerID": "{BBBBBBBB-0000-0000-0000-000000000001}",
    "Context": None,
    "Rule": 1,
    "VMName": "A",
    "UseVmMACAddress": False,
    "Type": 0,
    "Unusable": False,
    "Unsynchronized": False,
    "PSComputerName": "H1",
}
A_RECORD = LookupRecord(
    ca=ip_address("10.0.1.10"),
    vsid=5001,
    mac=MacAddress.parse("02000000010A"),
    pa=ip_address("192.168.10.11"),
    vm="A",
    customer_id="{bbbbbbbb-0000-0000-0000-000000000001}",
)
ROUTE: dict[str, Any] = {
    "RoutingDomainID": "{AAAAAAAA-0000-0000-0000-000000000001}",
    "VirtualSubnetID": 5001,
    "DestinationPrefix": "10.0.1.0/24",
    "NextHop": "0.0.0.0",
    "Metric": 255,
    "PSComputerName": "H1",
}
ADAPTER: dict[str, Any] = {
    "VMName": "A",
    "Name": "Network Adapter",
    "MacAddress": "02000000010A",
    "SwitchName": "Ext",
    "VirtualSubnetId": 5001,
    "IPAddresses": ["10.0.1.10", "fe80::1"],
    "IsManagementOs": False,
    "MacAddressSpoofing": 1,
    "DhcpGuard": 0,
    "ComputerName": "H1",
}


def dump(*objects: dict[str, Any], name: str = "dump.json") -> Dumps:
    return read_dumps([DumpSource(name, json.dumps(objects, indent=2).encode())])


def read(text: str, name: str = "H1.txt", encoding: str = "utf-8") -> Dumps:
    return read_dumps([DumpSource(name, text.encode(encoding))])


# ---------------------------------------------------------------------------------------------
# Ways of writing


def test_json_of_one_object_and_of_several_is_read_with_its_lines() -> None:
    one = read(json.dumps(RECORD), "one.json").inventory.hosts[0]
    two = dump(RECORD, RECORD | {"CustomerAddress": "10.0.1.11"}).inventory.hosts[0]

    assert one.name == "H1"
    assert one.records == (A_RECORD,)
    assert two.records is not None
    assert [record.origin for record in two.records] == [
        Origin("dump.json", 2, 3),
        Origin("dump.json", 17, 3),
    ]


def test_the_file_of_a_collector_holds_several_kinds_and_names_its_host() -> None:
    whole = {
        "HnvDump": 1,
        "ComputerName": "H1",
        "NetVirtualizationLookupRecord": [{**RECORD, "PSComputerName": None}],
        "NetVirtualizationCustomerRoute": [],
        "NetVirtualizationGlobal": [{"UseExternalRouter": True}],
        "VMNetworkAdapter": [ADAPTER],
    }

    read_ = read(json.dumps(whole, indent=1), "x.json")

    (host,) = read_.inventory.hosts
    assert read_.losses == ()
    assert host.name == "H1"
    assert host.records == (A_RECORD,)
    assert host.routes == ()
    assert host.use_external_router
    assert [port.name for port in host.ports] == ["A:Network Adapter"]


def test_a_list_that_a_dump_does_not_name_is_not_known_to_be_empty() -> None:
    host = dump(RECORD).inventory.hosts[0]

    assert host.routes is None


CSV = (
    "#TYPE Microsoft.Management.Infrastructure.CimInstance#root/standardcimv2/"
    "MSFT_NetVirtualizationLookupRecordSettingData\r\n"
    '"CustomerAddress";"VirtualSubnetID";"MACAddress";"ProviderAddress";"CustomerID";"Context";'
    '"Rule";"VMName";"Type";"PSComputerName"\r\n'
    '"10.0.1.10";"5001";"02000000010A";"192.168.10.11";"{bbbbbbbb-0000-0000-0000-000000000001}";'
    '"two\r\nlines";"TranslationMethodEncap";"A";"Static";"H1"\r\n'
    '"0.0.0.0";"5002";"0200000003FA";"192.168.20.13";"";"";"TranslationMethodNat";"GW";'
    '"GatewayWildcard";"H1"\r\n'
)


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_csv_is_read_with_any_delimiter_and_encoding(delimiter: str, encoding: str) -> None:
    host = read(CSV.replace(";", delimiter), "x.csv", encoding).inventory.hosts[0]

    assert host.records is not None
    assert [record.type for record in host.records] == [
        RecordType.STATIC,
        RecordType.GATEWAY_WILDCARD,
    ]
    assert [record.rule for record in host.records] == [Translation.ENCAP, Translation.NAT]
    # A field that goes over two lines moves what follows.
    assert [record.origin.line for record in host.records] == [3, 5]


def test_one_csv_file_may_hold_several_tables() -> None:
    routes = (
        "#TYPE MSFT_NetVirtualizationCustomerRouteSettingData\n"
        "RoutingDomainID,VirtualSubnetID,DestinationPrefix,NextHop,Metric,PSComputerName\n"
        "{aaaaaaaa-0000-0000-0000-000000000001},5001,10.0.1.0/24,::,10,H1\n"
    )

    host = read(CSV.replace("\r\n", "\n") + routes, "x.csv").inventory.hosts[0]

    assert host.records is not None
    assert len(host.records) == 2
    assert host.routes is not None
    assert host.routes[0].next_hop is None
    assert host.routes[0].metric == 10
    assert host.routes[0].origin.line == 8


CLIXML = """#< CLIXML
<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">
  <Obj RefId="0">
    <TN RefId="0"><T>Microsoft.Management.Infrastructure.CimInstance</T></TN>
    <ToString>MSFT_NetVirtualizationLookupRecordSettingData</ToString>
    <Props>
      <S N="CustomerAddress">10.0.1.10</S>
      <U32 N="VirtualSubnetID">5001</U32>
      <S N="MACAddress">02000000010A</S>
      <S N="ProviderAddress">192.168.10.11</S>
      <S N="CustomerID">{bbbbbbbb-0000-0000-0000-000000000001}</S>
      <S N="VMName">A</S>
      <Nil N="Context" />
      <Obj N="Type" RefId="1">
        <TN RefId="1"><T>Microsoft.PowerShell.Cmdletization.Type</T></TN>
        <ToString>Static</ToString><I32>0</I32>
      </Obj>
      <S N="PSComputerName">H1</S>
    </Props>
    <MS><S N="Rule">TranslationMethodEncap</S></MS>
  </Obj>
  <Obj RefId="2">
    <TNRef RefId="0" />
    <Props>
      <S N="VMName">A</S><S N="Name">Net_x0020_1</S><S N="SwitchName">Ext</S>
      <S N="MacAddress">02000000010A</S><I32 N="VirtualSubnetId">5001</I32>
      <Obj N="IPAddresses" RefId="3"><LST><S>10.0.1.10</S><S>10.0.1.12</S></LST></Obj>
      <S N="ComputerName">H1</S>
    </Props>
  </Obj>
</Objs>
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_clixml_is_read_with_enums_lists_and_lines(encoding: str) -> None:
    read_ = read(CLIXML, "x.xml", encoding)

    (host,) = read_.inventory.hosts
    assert read_.losses == ()
    assert host.records == (A_RECORD,)
    assert host.records[0].origin.line == 3
    assert host.ports[0].name == "A:Net 1"
    assert host.ports[0].cas == (ip_address("10.0.1.10"), ip_address("10.0.1.12"))


def test_clixml_with_a_document_type_is_refused() -> None:
    with pytest.raises(PolicyError, match="CLIXML has no document type"):
        read('<?xml version="1.0"?><!DOCTYPE Objs [<!ENTITY a "b">]><Objs>&a;</Objs>')


LIST = """
PS C:\\> Get-NetVirtualizationLookupRecord


CustomerAddress  : 10.0.1.10
VirtualSubnetID  : 5001
MACAddress       : 02000000010A
ProviderAddress  : 192.168.10.11
CustomerID       : {bbbbbbbb-0000-0000-0000-00000
                   0000001}
Context          :
Rule             : TranslationMethodEncap
VMName           : A
UseVmMACAddress  : False
Type             : Static
Unusable         : False
Unsynchronized   : False

VMName           : A
Name             : Network Adapter
SwitchName       : Ext
MacAddress       : 02000000010A
VirtualSubnetId  : 5001
IPAddresses      : {10.0.1.10, 2001:db8::1}
"""


def test_the_text_of_format_list_is_read() -> None:
    read_ = read(LIST, "H1.txt")

    (host,) = read_.inventory.hosts
    assert host.name == "H1"
    assert host.records == (A_RECORD,)
    assert host.records[0].origin.line == 5
    assert host.ports[0].cas == (ip_address("10.0.1.10"), ip_address("2001:db8::1"))
    assert ["'H1' is taken" in loss.message for loss in read_.losses] == [True]


TABLE = """
CA IP Address CA MAC Address    Virtual Subnet ID PA IP Address
------------- --------------    ----------------- -------------
10.0.1.10     02-00-00-00-01-0A              5001 192.168.10.11
10.0.1.11     02-00-00-00-01-0B              5001 192.168.10.12

ProviderAddress : 192.168.10.11
MAC Address     : 40-1D-D8-B7-1C-04
Subnet Mask     : 255.255.255.0
Default Gateway : 192.168.10.1
VLAN            : VLAN11
"""


def test_the_tables_of_hnvv2_are_read() -> None:
    inventory = read(TABLE, "hosts/H1/mapping.txt").inventory

    (host,) = inventory.hosts
    assert inventory.profile is Profile.HNVV2
    assert host.records is not None
    assert [(str(record.ca), record.origin.line) for record in host.records] == [
        ("10.0.1.10", 4),
        ("10.0.1.11", 5),
    ]
    (held,) = host.addresses
    assert held.prefix == ip_network("192.168.10.0/24")
    assert held.vlan == 11
    (route,) = host.provider_routes
    assert (route.prefix, route.next_hop) == (ip_network("0.0.0.0/0"), ip_address("192.168.10.1"))


@pytest.mark.parametrize("gateway", ["", "0.0.0.0", None])
def test_an_address_without_a_default_gateway_makes_no_route(gateway: str | None) -> None:
    held = {"ProviderAddress": "192.168.10.11", "SubnetMask": "255.255.255.0", "VLAN": "VLAN1"}

    (host,) = dump(held | {"DefaultGateway": gateway, "PSComputerName": "H1"}).inventory.hosts

    assert host.provider_routes == ()


# ---------------------------------------------------------------------------------------------
# Kinds of objects


def test_records_say_their_type_and_rule_by_name_or_by_number() -> None:
    named = RECORD | {"Rule": "TranslationMethodNone", "Type": "L2Only", "Unusable": "True"}
    host = dump(RECORD, RECORD | {"Rule": 2, "Type": 3, "Unusable": True}, named).inventory.hosts[0]

    assert host.records is not None
    first, second = host.records
    assert (first.rule, first.type) == (Translation.ENCAP, RecordType.STATIC)
    assert (second.rule, second.type) == (Translation.NONE, RecordType.L2_ONLY)
    assert second.unusable


def test_numbers_that_were_counted_from_one_are_read_so_and_reported() -> None:
    read_ = dump(RECORD | {"Rule": 2, "Type": 1}, RECORD | {"Rule": 2, "Type": 3})

    records = read_.inventory.hosts[0].records or ()
    assert [(record.rule, record.type) for record in records] == [
        (Translation.ENCAP, RecordType.STATIC),
        (Translation.ENCAP, RecordType.GATEWAY_WILDCARD),
    ]
    assert ["counted from 1" in loss.message for loss in read_.losses] == [True]


def test_the_provider_side_is_read() -> None:
    address = {
        "ProviderAddress": "192.168.10.11",
        "InterfaceIndex": 12,
        "PrefixLength": 24,
        "VlanID": 7,
        "AddressState": 2,
        "MACAddress": "401DD8B71C04",
        "PSComputerName": "H1",
    }
    route = {
        "InterfaceIndex": 12,
        "DestinationPrefix": "0.0.0.0/0",
        "NextHop": "192.168.10.1",
        "Metric": 10,
        "PSComputerName": "H1",
    }

    (host,) = dump(address, route).inventory.hosts

    assert host.addresses[0].state is AddressState.DUPLICATE
    assert str(host.addresses[0].mac) == "40-1D-D8-B7-1C-04"
    assert host.addresses[0].vlan == 7
    assert host.provider_routes[0].next_hop == ip_address("192.168.10.1")
    assert host.provider_routes[0].metric == 10


def test_adapters_are_read_and_those_of_the_host_are_not() -> None:
    own = {**ADAPTER, "VMName": None, "IsManagementOs": True}
    more = {
        "IsolationSetting": {"IsolationMode": 1},
        "VlanSetting": {"OperationMode": 1, "AccessVlanId": 12},
        "DynamicIPAddressLimit": 3,
    }

    (port,) = dump(ADAPTER | more, own).inventory.hosts[0].ports

    assert port.cas == (ip_address("10.0.1.10"),)
    # On is 0 and Off is 1.
    assert (port.mac_spoofing, port.dhcp_guard, port.router_guard) == (False, True, False)
    assert port.isolation_mode is IsolationMode.NATIVE_VIRTUAL_SUBNET
    assert port.vlan == 12
    assert port.dynamic_ip_limit == 3


def test_a_multi_tenant_adapter_is_a_port_in_each_routing_domain() -> None:
    domains = [
        {"RoutingDomainID": ROUTE["RoutingDomainID"], "IsolationID": [5001]},
        {"RoutingDomainID": "cccccccc-0000-0000-0000-000000000003", "IsolationID": [6001, 6002]},
    ]

    ports = dump({**ADAPTER, "RoutingDomainList": domains}).inventory.hosts[0].ports

    assert [(port.network[1:9], port.vsid, port.trunk) for port in ports] == [
        ("aaaaaaaa", 5001, "A:Network Adapter"),
        ("cccccccc", 6001, "A:Network Adapter"),
        ("cccccccc", 6002, "A:Network Adapter"),
    ]


ACL = {
    "Action": 2,
    "Direction": 1,
    "LocalAddress": "ANY",
    "LocalAddressType": 0,
    "RemoteAddress": "10.0.0.0/16",
    "RemoteAddressType": 1,
    "MeteredMegabytes": 0,
}
EXTENDED = {
    "Direction": "Outbound",
    "Action": "Allow",
    "LocalIPAddress": "ANY",
    "RemoteIPAddress": "10.0.0.0/8",
    "LocalPort": "ANY",
    "RemotePort": "80,443",
    "Protocol": "TCP",
    "Weight": 100,
    "Stateful": True,
    "IdleSessionTimeout": 3600,
    "IsolationID": 0,
}


def test_a_command_before_its_table_is_no_header() -> None:
    text = """\
PS C:\\> $all | ft CustomerAddress,VirtualSubnetID,MACAddress,ProviderAddress,VMName

CustomerAddress VirtualSubnetID MACAddress   ProviderAddress VMName
--------------- --------------- ----------   --------------- ------
10.0.1.10                  5001 02000000010A 192.168.10.11   A
"""

    (found,) = read(text).inventory.hosts

    assert [(str(row.ca), row.vm) for row in found.records or ()] == [("10.0.1.10", "A")]


def test_lists_inside_an_adapter_are_those_of_its_port() -> None:
    read_ = dump({**ADAPTER, "AclList": [ACL], "ExtendedAclList": EXTENDED})

    (port_acl,) = read_.inventory.port_acls
    (extended,) = read_.inventory.extended_acls
    assert read_.losses == ()
    assert port_acl.vms.patterns == ("H1/A:Network Adapter",)
    assert (port_acl.action, port_acl.direction) == ("deny", Direction.INBOUND)
    assert port_acl.local is None
    assert str(port_acl.remote) == "10.0.0.0/16"
    assert extended.weight == 100
    assert extended.protocol == Protocol(6)
    assert extended.remote_port is not None
    assert extended.remote_port.ranges == ((80, 80), (443, 443))
    assert (extended.stateful, extended.idle_timeout) == (True, 3600)


def test_lists_of_their_own_find_their_adapter() -> None:
    text = "VMNetworkAdapter (Name = 'Network Adapter', VMName = 'A') [VMId = '1']"
    parents = [text, {"VMName": "A", "Name": "Network Adapter"}]

    read_ = dump(*({**ACL, "ParentAdapter": one, "ComputerName": "H1"} for one in parents))

    (port_acl,) = read_.inventory.port_acls
    assert port_acl.vms.patterns == ("H1/A:Network Adapter",)


def test_a_list_entry_that_names_no_adapter_is_a_loss() -> None:
    read_ = dump({**ACL, "ComputerName": "H1"})

    assert [loss.message for loss in read_.losses] == [
        "Get-VMNetworkAdapterAcl: the entry does not say which adapter it is for"
    ]


RULE = {
    "InstanceID": "{r1}",
    "Name": "{r1}",
    "DisplayName": "Web",
    "Enabled": 1,
    "Profile": 3,
    "Direction": 1,
    "Action": 4,
    "PSComputerName": "A",
}


def test_firewall_rules_are_joined_with_their_filters() -> None:
    ports = {"InstanceID": "{r1}", "Protocol": "TCP", "LocalPort": ["80", "443"], "RemotePort": ""}
    addresses = {"InstanceID": "{r1}", "LocalAddress": "Any", "RemoteAddress": "LocalSubnet"}
    program = {"InstanceID": "{r1}", "Program": "Any"}

    read_ = dump(RULE, ports, addresses, program)

    (rule,) = read_.inventory.firewall_rules
    assert read_.losses == ()
    assert read_.inventory.hosts == ()
    assert rule.name == "Web"
    assert rule.vms.patterns == ("A",)
    assert (rule.action, rule.direction, rule.enabled) == (Action.BLOCK, Direction.INBOUND, True)
    assert rule.profiles == (NetworkProfile.DOMAIN, NetworkProfile.PRIVATE)
    assert rule.local_port is not None
    assert rule.local_port.ranges == ((80, 80), (443, 443))
    assert str(rule.remote_address) == "localsubnet"
    assert rule.program == ""


def test_the_filters_of_a_firewall_rule_may_stand_in_another_file() -> None:
    ports = {"InstanceID": "{r1}", "Protocol": "TCP", "LocalPort": "80", "RemotePort": "Any"}
    addresses = {"InstanceID": "{r1}", "LocalAddress": "Any", "RemoteAddress": "10.0.0.0/8"}
    computer = {"PSComputerName": "A"}

    read_ = read_dumps(
        [
            DumpSource("rules.json", json.dumps(RULE | computer).encode()),
            DumpSource("ports.json", json.dumps(ports | computer).encode()),
            DumpSource("addresses.json", json.dumps(addresses | computer).encode()),
        ]
    )

    (rule,) = read_.inventory.firewall_rules
    assert rule.protocol == Protocol(6)
    assert rule.local_port == Ports(((80, 80),))
    assert str(rule.remote_address) == "10.0.0.0/8"
    assert read_.losses == ()


def test_rules_of_two_guests_with_one_name_have_the_filters_of_their_guest() -> None:
    ports = {"InstanceID": "{r1}", "Protocol": "TCP", "LocalPort": "80", "RemotePort": "Any"}

    read_ = dump(
        RULE | {"PSComputerName": "A"},
        RULE | {"PSComputerName": "B"},
        ports | {"PSComputerName": "A"},
        ports | {"PSComputerName": "b", "LocalPort": "443"},
    )

    of_a, of_b = read_.inventory.firewall_rules
    assert (of_a.vms.patterns, of_b.vms.patterns) == (("A",), ("B",))
    assert of_a.local_port == Ports(((80, 80),))
    assert of_b.local_port == Ports(((443, 443),))


def test_firewall_rules_without_filters_or_a_computer_are_told() -> None:
    read_ = dump(RULE | {"PSComputerName": None})

    (rule,) = read_.inventory.firewall_rules
    assert (rule.vms.patterns, rule.protocol) == (None, None)
    bare, of_nobody = (loss.message for loss in read_.losses)
    assert bare.startswith("the firewall rule 'Web' came without its filters: it counts for every")
    assert of_nobody.endswith("which VM its firewall rules are of: they count for all")


@pytest.mark.parametrize(
    "name", ["HV01-records.json", "HV01_routes.csv", "HV01-NetVirtualizationCustomerRoute.json"]
)
def test_what_a_file_holds_is_no_part_of_the_name_of_its_host(name: str) -> None:
    (host,) = dump(RECORD | {"PSComputerName": None}, name=name).inventory.hosts

    assert host.name == "HV01"


def test_the_rules_of_a_host_are_reported_and_not_those_of_its_vms() -> None:
    read_ = dump(RECORD, RULE | {"PSComputerName": "h1"})

    assert read_.inventory.firewall_rules == ()
    assert [loss.message for loss in read_.losses] == [
        "1 firewall rules protect the host 'H1' itself"
    ]


# ---------------------------------------------------------------------------------------------
# Hosts


def test_a_dump_of_each_host_shows_whose_record_is_stale() -> None:
    moved = RECORD | {"ProviderAddress": "192.168.10.12"}
    said = (("H1", RECORD), ("H2", moved), ("H3", moved))
    sources = [
        DumpSource(f"{host}.json", json.dumps([row | {"PSComputerName": host}, ROUTE]).encode())
        for host, row in said
    ]

    policy = policy_of(read_dumps(sources).inventory).policy

    assert str(policy.records[0].pa) == "192.168.10.12"
    assert list(policy.views) == ["H1"]
    assert policy.views["H1"].lookup_records[0].origin == Origin("H1.json", 1, 2)


def test_a_host_is_one_with_or_without_its_domain_and_in_any_case() -> None:
    named = ROUTE | {"PSComputerName": "h1.corp.example"}

    hosts = dump(RECORD, named).inventory.hosts

    assert [host.name for host in hosts] == ["H1"]


@pytest.mark.parametrize(
    ("name", "host"),
    [
        ("H7-Get-NetVirtualizationLookupRecord.json", "H7"),
        ("dumps/H8/LookupRecords.json", "H8"),
        ("LookupRecords.json", "host"),
    ],
)
def test_a_file_that_names_no_host_is_of_the_host_it_is_named_after(name: str, host: str) -> None:
    read_ = dump(RECORD | {"PSComputerName": "localhost"}, name=name)

    assert [found.name for found in read_.inventory.hosts] == [host]
    assert [loss.message for loss in read_.losses] == [
        f"the file does not say which host it is of: '{host}' is taken"
    ]


# ---------------------------------------------------------------------------------------------
# What is not understood


@pytest.mark.parametrize(
    "cut",
    ["@{VMName=A; Action=Deny}", "System.Object[]", "System.String[]", "{10.0.1.10, 10.0.1.11...}"],
)
def test_what_convertto_json_cut_off_is_a_loss_that_says_what_to_do(cut: str) -> None:
    read_ = dump({**ADAPTER, "IPAddresses": cut})

    assert [(loss.message, loss.help) for loss in read_.losses] == [
        (
            "'ipaddresses' was cut off in one object of this file",
            "export again with ConvertTo-Json -Depth 10",
        )
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"CustomerAddress": "10.0.1.300"}, "'10.0.1.300' is not an IP address"),
        ({"VirtualSubnetID": 1 << 24}, "virtualsubnetid does not fit into 24 bits"),
        ({"VirtualSubnetID": "x"}, "virtualsubnetid is 'x', and a number is wanted"),
        ({"MACAddress": "02"}, "'02' is not a MAC address"),
        ({"Rule": "Nothing"}, "rule is 'Nothing', which has no meaning here"),
        ({"Type": 9}, "type is '9', which has no meaning here"),
        ({"Unusable": "maybe"}, "unusable is 'maybe', which is neither true nor false"),
        ({"VMName": ["A"]}, "a list stands where a text is wanted"),
        ({"VMName": {"a": "b"}}, "an object stands where a text is wanted"),
        ({"VMName": 1 << 64}, "a number has more than 64 bits"),
        ({"ProviderAddress": "1.2.3.4.5"}, "'1.2.3.4.5' is not an IP address"),
    ],
)
def test_a_row_that_cannot_be_understood_is_a_loss_and_the_others_are_read(
    change: dict[str, Any], message: str
) -> None:
    read_ = dump(RECORD | change, RECORD | {"Rule": "Encap", "Type": "Static"})

    (loss,) = read_.losses
    assert loss.message.startswith(f"Get-NetVirtualizationLookupRecord: {message}")
    assert loss.origin == Origin("dump.json", 2, 3)
    assert read_.inventory.hosts[0].records == (A_RECORD,)


def test_of_many_unknown_shapes_the_number_is_told() -> None:
    read_ = dump(RECORD, *({f"X{number}": 1} for number in range(103)))

    assert len(read_.losses) == 101
    assert read_.losses[0].message == (
        "an object with the properties x0 is of no kind that is known"
    )
    assert read_.losses[-1].message == "3 more objects of this file are of no kind that is known"


@pytest.mark.parametrize(
    "octets",
    [b"\n" * 300_000, b"A : b\n" + b" x\n" * 200_000, b"[" + b"\n" * 300_000, b"- -\n" * 100_000],
)
def test_no_file_takes_long(octets: bytes) -> None:
    began = time.process_time()

    with contextlib.suppress(PolicyError):
        read_dumps([DumpSource("f", octets)])
    format_of("f", octets)

    assert time.process_time() - began < 5


def test_the_name_of_a_type_is_recognized_at_once() -> None:
    assert is_cut_off("System.Object" + "[]" * 5000)
    assert not is_cut_off("System.Object" + "[]" * 5000 + "!")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (ROUTE | {"RoutingDomainID": "x"}, "'x' is not a GUID"),
        ({**ADAPTER, "MacAddress": "000000000000"}, "has no MAC address yet"),
        ({**ADAPTER, "RoutingDomainList": [{"RoutingDomainID": "x"}]}, "'x' is not a GUID"),
        ({**ADAPTER, "ExtendedAclList": [EXTENDED | {"Weight": None}]}, "weight is ''"),
        ({**ADAPTER, "ExtendedAclList": [EXTENDED | {"Action": 3}]}, "action is '3'"),
        (RULE | {"Profile": "Work"}, "profile is 'Work'"),
        (
            {"ProviderAddress": "10.0.0.1", "PrefixLength": 24, "VlanID": "VLAN5000"},
            "'VLAN5000' is no VLAN identifier",
        ),
    ],
)
def test_other_objects_are_refused_with_what_is_wrong(row: dict[str, Any], message: str) -> None:
    read_ = dump(row | {"PSComputerName": "H1"})

    assert [message in loss.message for loss in read_.losses] == [True]


def test_of_many_bad_rows_the_number_is_told() -> None:
    read_ = dump(*([RECORD | {"VMName": [1]}] * 105))

    assert len(read_.losses) == 101
    assert read_.losses[-1].message == "5 more objects of this file could not be understood"


def test_objects_of_no_known_kind_are_counted() -> None:
    read_ = dump(RECORD, *([{"Handles": 1, "ProcessName": "p"}] * 3))

    assert [loss.message for loss in read_.losses] == [
        "3 objects with the properties handles, processname are of no kind that is known"
    ]


@pytest.mark.parametrize(
    ("octets", "message"),
    [
        (b'[{"CustomerAddress": "10.0.1.10",', "the JSON breaks off"),
        (b"[" * 200_000, "the JSON"),
        (b"[1" + b"0" * 5000 + b"]", "too long"),
        (b"<Objs><Obj>", "the XML breaks off"),
        (b"<Objs>" + b"<Obj>" * 300, "nested too deeply"),
        (b"CustomerAddress,VirtualSubnetID,MACAddress,ProviderAddress\n1,2\n", "has 2 fields"),
        (b"ab\x01\x02\x00", "binary"),
        (b"\xff\xfe\x00\xd8", "not UTF-16-LE"),
        (b"only prose", "holds nothing that a Get- cmdlet of HNV prints"),
    ],
)
def test_a_file_that_is_no_dump_is_refused(octets: bytes, message: str) -> None:
    with pytest.raises(PolicyError, match=message):
        read_dumps([DumpSource("bad", octets)])


def test_all_bad_files_are_named_at_once() -> None:
    sources = [DumpSource("a.json", b"[{"), DumpSource("b.xml", b"<Objs")]

    with pytest.raises(PolicyError) as caught:
        read_dumps(sources)

    assert [finding.origin.file for finding in caught.value.findings] == ["a.json", "b.xml"]


def test_names_hold_nothing_that_disturbs_a_terminal() -> None:
    host = dump(RECORD | {"VMName": "A\x1b[2J\ud800"}).inventory.hosts[0]

    assert host.records is not None
    assert host.records[0].vm == "A\ufffd[2J\ufffd"


@pytest.mark.parametrize(
    ("said", "profiles"),
    [
        ("Any", None),
        (0, None),
        ("Domain, Public", (NetworkProfile.DOMAIN, NetworkProfile.PUBLIC)),
    ],
)
def test_the_profiles_of_a_rule_are_names_or_bits(said: Any, profiles: Any) -> None:
    (rule,) = dump(RULE | {"Profile": said}).inventory.firewall_rules

    assert rule.profiles == profiles


def test_values_that_were_written_as_objects_are_read() -> None:
    address = {"Address": 1, "IPAddressToString": "10.0.1.10"}
    listed = {"value": ["10.0.1.12"], "Count": 1}

    host = dump(
        RECORD | {"CustomerAddress": address}, {**ADAPTER, "IPAddresses": listed}
    ).inventory.hosts[0]

    assert host.records == (A_RECORD,)
    assert host.ports[0].cas == (ip_address("10.0.1.12"),)


def test_a_host_may_be_known_by_its_address_alone() -> None:
    (host,) = dump(RECORD | {"PSComputerName": "192.168.1.7"}).inventory.hosts

    assert host.name == "192.168.1.7"


def test_lists_inside_lists_and_several_documents_are_read() -> None:
    text = json.dumps([[RECORD]]) + "\n" + json.dumps([ROUTE])

    (host,) = read(text, "x.json").inventory.hosts

    assert host.records == (A_RECORD,)
    assert host.routes is not None
    assert host.routes[0].origin.line == 2


def test_text_in_the_code_page_of_windows_is_read() -> None:
    text = json.dumps(RECORD | {"VMName": "Büro"}, ensure_ascii=False)

    (host,) = read(text, "x.json", "cp1252").inventory.hosts

    assert host.records is not None
    assert host.records[0].vm == "Büro"


def test_clixml_may_refer_to_a_value_that_it_wrote_before() -> None:
    text = CLIXML.replace(
        '<TNRef RefId="0" />', '<TNRef RefId="0" /><ToString>adapter</ToString>'
    ).replace('<I32 N="VirtualSubnetId">5001</I32>', '<Ref N="VirtualSubnetId" RefId="9" />')
    text = text.replace(
        '<U32 N="VirtualSubnetID">5001</U32>',
        '<Obj N="VirtualSubnetID" RefId="9"><I32>5001</I32></Obj>',
    )

    (host,) = read(text, "x.xml").inventory.hosts

    assert host.records == (A_RECORD,)
    assert host.ports[0].vsid == 5001


def test_objects_of_a_list_that_follow_each_other_without_a_space_are_two() -> None:
    text = "UseExternalRouter : True\nUseExternalRouter : False"

    assert [host.use_external_router for host in read(text).inventory.hosts] == [False]


# ---------------------------------------------------------------------------------------------
# The collector


def test_the_collector_is_ascii_and_changes_nothing() -> None:
    script = collector()

    assert script.isascii()
    for verb in ("New-Net", "Set-Net", "Set-VM", "Remove-", "Add-VM", "Invoke-"):
        assert verb not in script


def test_the_collector_is_a_script_that_can_be_parsed() -> None:
    assert parse(collector()).body


@pytest.mark.parametrize(
    "properties",
    [
        "CustomerAddress VirtualSubnetID MACAddress ProviderAddress",
        "RoutingDomainID VirtualSubnetID DestinationPrefix NextHop Metric",
        "VMName Name MacAddress SwitchName VirtualSubnetId",
        "Action Direction LocalAddress RemoteAddress",
        "InstanceID Name DisplayName Enabled Profile Direction Action",
    ],
)
def test_what_the_collector_writes_is_of_a_known_kind(properties: str) -> None:
    names = properties.split()

    assert all(name in collector() for name in names)
    assert kind_of(folded_names(tuple(names))) is not None
