"""What is in the tables: all of a policy, or what one host has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hnvemu.cli.rows import rows_of
from hnvemu.cli.show import Table
from hnvemu.reader import load_policy
from hnvemu.switch.fabric import Fabric

if TYPE_CHECKING:
    from pathlib import Path

POLICY = """
hnv: 1
hosts:
  H1: {provider_addresses: 192.168.10.11/24}
  H2:
    provider_addresses: [192.168.10.12/24, 192.168.10.13/24]
    provider_routes:
      - {prefix: 0.0.0.0/0, next_hop: 192.168.10.1}
      - {prefix: 192.168.30.0/24, next_hop: on-link}
  H3: {provider_addresses: 192.168.10.14/24}
virtual_networks:
  T:
    rdid: "{aaaaaaaa-0000-0000-0000-000000000001}"
    customer_routes:
      - {prefix: 10.0.1.0/24, next_hop: on-link, vsid: 5001}
      - {prefix: 0.0.0.0/0, next_hop: 10.0.1.250, vsid: 5001, metric: 10}
    generate_lookup_records: true
    lookup_records:
      - {ca: 10.0.1.99, vsid: 5001, mac: 02-00-00-00-01-99, pa: 192.168.10.12, unusable: true}
      - {ca: 10.0.1.98, vsid: 5001, mac: 02-00-00-00-01-98, pa: 192.168.10.12,
         unsynchronized: true}
      - {ca: 0.0.0.0, vsid: 5001, mac: 02-00-00-00-01-97, pa: 192.168.10.12, type: l2_only}
    vms:
      A: {host: H1, vsid: 5001, mac: 02-00-00-00-01-0A, ca: 10.0.1.10}
      B: {host: H2, vsid: 5001, mac: 02-00-00-00-01-0B, ca: 10.0.1.11}
      PAIR:
        adapters:
          inside: {host: H2, vsid: 5001, mac: 02-00-00-00-01-AA, ca: 10.0.1.30}
          outside: {host: H2, vsid: 0, mac: 02-00-00-00-02-AA}
  U:
    rdid: "{aaaaaaaa-0000-0000-0000-000000000002}"
    customer_routes: [{prefix: 10.0.1.0/24, next_hop: on-link, vsid: 6001}]
    vms:
      Z: {host: H1, vsid: 6001, mac: 02-00-00-00-61-0A, ca: 10.0.1.10}
firewall:
  defaults: [{inbound: block, outbound: allow}]
  rules:
    - {name: open, protocol: tcp, local_port: [80, 8000-8100], remote_address: 10.0.0.0/8}
    - {name: shut, vms: [A], action: block, remote_address: [10.0.1.5-10.0.1.9, 10.0.1.20]}
    - {name: ping, protocol: icmpv4, icmp_type: [8, "3:4"]}
    - {name: local, direction: outbound, action: block, remote_address: LocalSubnet, protocol: 47}
    - {name: off, enabled: false, profile: domain}
    - {name: app, action: block, program: x.exe, vms: [A], remote_port: 7}
port_acls:
  - {vms: [B], direction: inbound, action: deny, remote: 10.0.0.0/16}
extended_acls:
  - {vms: [B], direction: outbound, action: allow, weight: 7, protocol: tcp, remote_port: 443,
     stateful: true, idle_timeout: 60, isolation_id: 5001}
datacenter_acls:
  - {name: "[web]", vms: [B], direction: inbound, action: allow, priority: 9, source: 10.0.1.10,
     destination_port: 80}
host_views:
  H1:
    without_lookup_records: [{ca: 10.0.1.11, vsid: 5001}]
    without_customer_routes: [{virtual_network: T, prefix: 0.0.0.0/0}]
    lookup_records: [{ca: 10.0.1.30, vsid: 5001, mac: 02-00-00-00-01-AA, pa: 192.168.10.13}]
  H3: {restarted: all}
"""


@pytest.fixture(scope="module")
def fabric(tmp_path_factory: pytest.TempPathFactory) -> Fabric:
    file: Path = tmp_path_factory.mktemp("policy") / "policy.yaml"
    file.write_text(POLICY, encoding="utf-8")
    return Fabric.compile(load_policy(file))


def column(
    fabric: Fabric, table: Table, key: str, name: str | None = None, host: str | None = None
) -> list[Any]:
    return [row.values[key] for row in rows_of(fabric, table, name, host)]


# Routes


def test_routes_are_those_of_all_networks_in_their_order(fabric: Fabric) -> None:
    rows = rows_of(fabric, Table.ROUTES, None, None)

    assert [tuple(row.values.values()) for row in rows] == [
        ("T", "10.0.1.0/24", "on-link", 5001, 255),
        ("T", "0.0.0.0/0", "10.0.1.250", 5001, 10),
        ("U", "10.0.1.0/24", "on-link", 6001, 255),
    ]


def test_a_host_lacks_the_routes_that_its_view_takes_away(fabric: Fabric) -> None:
    assert column(fabric, Table.ROUTES, "prefix", "T", "H1") == ["10.0.1.0/24"]
    assert column(fabric, Table.ROUTES, "prefix", "T", "H2") == ["10.0.1.0/24", "0.0.0.0/0"]
    assert column(fabric, Table.ROUTES, "prefix", None, "H3") == []


# Records


def test_records_of_a_vm_are_those_of_its_addresses(fabric: Fabric) -> None:
    rows = rows_of(fabric, Table.RECORDS, "A", None)

    assert [(row.values["ca"], row.values["pa"]) for row in rows] == [
        ("10.0.1.10", "192.168.10.11")
    ]
    assert rows[0].values["generated"] is True


def test_records_of_a_network_are_those_of_its_virtual_subnets(fabric: Fabric) -> None:
    assert set(column(fabric, Table.RECORDS, "vsid", "U")) == {6001}


def test_a_host_has_its_own_record_in_place_of_the_policys(fabric: Fabric) -> None:
    assert column(fabric, Table.RECORDS, "pa", "PAIR", None) == ["192.168.10.12"]
    assert column(fabric, Table.RECORDS, "pa", "PAIR", "H1") == ["192.168.10.13"]


def test_a_host_lacks_the_records_that_its_view_takes_away(fabric: Fabric) -> None:
    assert column(fabric, Table.RECORDS, "ca", "B", "H1") == []
    assert column(fabric, Table.RECORDS, "ca", "B", "H2") == ["10.0.1.11"]
    assert column(fabric, Table.RECORDS, "ca", None, "H3") == []


def test_records_that_answer_nothing_are_shown_as_such(fabric: Fabric) -> None:
    rows = rows_of(fabric, Table.RECORDS, "T", "H2")

    states = {row.values["ca"]: (row.values["type"], row.values["state"]) for row in rows}
    assert states["10.0.1.99"] == ("static", "unusable")
    assert states["10.0.1.98"] == ("static", "unsynchronized")
    assert states["0.0.0.0"] == ("l2_only", "usable")


def test_a_host_without_a_view_has_every_record(fabric: Fabric) -> None:
    everything = column(fabric, Table.RECORDS, "ca")

    assert column(fabric, Table.RECORDS, "ca", None, "H2") == everything


# Hosts and VMs


def test_a_host_has_its_addresses_routes_and_vms(fabric: Fabric) -> None:
    (row,) = rows_of(fabric, Table.HOSTS, "H2", None)

    assert row.values == {
        "host": "H2",
        "provider_addresses": ["192.168.10.12/24", "192.168.10.13/24"],
        "provider_routes": ["0.0.0.0/0 via 192.168.10.1", "192.168.30.0/24 on-link"],
        "mtu": 1500,
        "vms": ["T/B", "T/PAIR:inside", "T/PAIR:outside"],
    }
    assert row.origin.line == 5


def test_a_restarted_host_has_lost_its_addresses(fabric: Fabric) -> None:
    assert column(fabric, Table.HOSTS, "provider_addresses", "H3") == [[]]


def test_vms_are_chosen_by_network_name_and_host(fabric: Fabric) -> None:
    assert column(fabric, Table.VMS, "vm", "U") == ["U/Z"]
    assert column(fabric, Table.VMS, "vm", "PAIR") == ["T/PAIR:inside", "T/PAIR:outside"]
    assert column(fabric, Table.VMS, "vm", "T/PAIR") == ["T/PAIR:inside", "T/PAIR:outside"]
    assert column(fabric, Table.VMS, "vm", "PAIR:inside") == ["T/PAIR:inside"]
    assert column(fabric, Table.VMS, "vm", None, "H1") == ["T/A", "U/Z"]


# Rules


def test_rules_of_a_policy_are_as_it_lists_them(fabric: Fabric) -> None:
    rows = rows_of(fabric, Table.RULES, None, None)

    said = [(row.values["name"], row.values["vms"], row.values["conditions"]) for row in rows]
    assert said == [
        ("open", "every VM", "tcp; remote 10.0.0.0/8; local port 80, 8000-8100"),
        ("shut", "T/A", "remote 10.0.1.5-10.0.1.9, 10.0.1.20"),
        ("ping", "every VM", "icmp; icmp type 8, 3:4"),
        ("local", "every VM", "47; remote localsubnet"),
        ("off", "every VM", "profile domain; disabled"),
        ("app", "T/A", "remote port 7; program x.exe"),
        ("(default)", "every VM", "any"),
        ("(default)", "every VM", "any"),
        ("port ACL", "T/B", "remote 10.0.0.0/16"),
        ("extended ACL weight 7", "T/B", "tcp; remote port 443; stateful, idle 60 s; VSID 5001"),
        ("datacenter ACL [web]", "T/B", "priority 9; source 10.0.1.10; destination port 80"),
    ]


def test_rules_of_a_vm_are_in_the_order_in_which_they_are_tried(fabric: Fabric) -> None:
    rows = rows_of(fabric, Table.RULES, "A", None)

    said = [(row.values["direction"], row.values["action"], row.values["name"]) for row in rows]
    assert said == [
        ("inbound", "block", "shut"),
        ("inbound", "not evaluated", "(firewall.rules.program)"),
        ("inbound", "allow", "open"),
        ("inbound", "allow", "ping"),
        ("inbound", "block", "(default)"),
        ("outbound", "block", "local"),
        ("outbound", "allow", "(default)"),
    ]


def test_the_lists_of_a_port_are_in_the_order_in_which_they_are_asked(fabric: Fabric) -> None:
    rows = rows_of(fabric, Table.RULES, "B", None)

    said = [(row.values["direction"], row.values["action"], row.values["name"]) for row in rows]
    assert said[:4] == [
        ("inbound", "deny", "port ACL"),
        ("inbound", "allow", "(default of port_acls)"),
        ("inbound", "allow", "datacenter ACL [web]"),
        ("inbound", "allow", "(default of datacenter_acls)"),
    ]
    assert ("outbound", "allow", "extended ACL weight 7") in said


def test_rules_of_a_host_are_those_of_its_vms(fabric: Fabric) -> None:
    assert set(column(fabric, Table.RULES, "vms", None, "H1")) == {"T/A", "U/Z"}
