"""A policy as YAML: short, and the same policy when it is read again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hnvemu import load_policy
from hnvemu.errors import QuestionError
from hnvemu.formats.export.yaml import yaml_text
from hnvemu.model.policy import HostView, Snapshot
from hnvemu.reader import mistakes, samples
from hnvemu.value import replace

if TYPE_CHECKING:
    from collections.abc import Callable

    from hnvemu import Policy

GOLDEN = Path(__file__).parent / "golden"
EVERYTHING = """
hnv: 1
name: "no"
description: "Two\\nlines: and # a sign"
profile: ws2012r2
hosts:
  H1:
    provider_addresses:
      - 192.168.10.11/24
      - {address: "2001:db8:f::1/64", mac: 00-15-5D-00-00-01, vlan: 7, state: deprecated}
    provider_routes:
      - {prefix: 0.0.0.0/0, next_hop: 192.168.10.1}
      - {prefix: 192.168.20.0/24, next_hop: on-link, metric: 5}
    provider_mtu: 9000
    use_external_router: true
  "Host two": {}
virtual_networks:
  T:
    rdid: aaaaaaaa-0000-0000-0000-000000000001
    customer_id: Contoso
    customer_routes:
      - {prefix: 10.0.1.7/24, next_hop: on-link, vsid: 5001}
      - {prefix: 0.0.0.0/0, next_hop: 10.0.1.250, vsid: 5001, metric: 1}
    vms:
      A: {host: H1, vsid: 5001, mac: 02-00-00-00-01-0A, ca: [10.0.1.10, "2001:db8::a"]}
      "Büro, links":
        guest: linux
        adapters:
          in: {host: H1, vsid: 5001, mac: 02-00-00-00-01-0B, gateway: true, ca: 10.0.1.250}
          out: {host: H1, vsid: 0, mac: 02-00-00-00-01-0C, vlan: 9, isolation_mode: vlan}
      C:
        host: Host two
        vsid: 5001
        mac: 02-00-00-00-01-0D
        default_gateway: 10.0.1.1
        mac_spoofing: true
        dhcp_guard: true
        router_guard: true
        mtu: 1400
        network_profile: domain
        dynamic_ip_limit: 0
    generate_lookup_records: true
    lookup_records:
      - {ca: 10.0.1.10, vsid: 5001, mac: 02-00-00-00-01-0A, pa: 192.168.10.99, vm: A}
      - {ca: 10.0.1.9, vsid: 5001, mac: 02-00-00-00-01-09, pa: 192.168.10.11, rule: nat,
         use_vm_mac: true, type: dynamic, unusable: true, unsynchronized: true, context: me}
      - {ca: 0.0.0.0, vsid: 5001, mac: 02-00-00-00-01-0B, pa: 192.168.10.11, type: l2_only}
  U:
    rdid: "{aaaaaaaa-0000-0000-0000-000000000002}"
    vms:
      A: {host: H1, vsid: 6001, mac: 02-00-00-00-61-0A, ca: 10.0.1.10}
    generate_lookup_records: false
gateways:
  MT:
    host: H1
    mac: 02-00-00-00-03-02
    gateway: false
    routing_domains:
      - {virtual_network: T, vsid: 5002, ca: 10.0.2.2}
      - {virtual_network: T, vsid: 5003}
      - {virtual_network: U, vsid: 6002, ca: 10.0.2.2}
firewall:
  defaults: [{inbound: block}, {vms: [C], outbound: block}]
  keywords: {dns: 10.0.0.53, wins: [10.0.0.0/8, 10.1.1.1-10.1.1.9]}
  rules:
    - {name: all, vms: T/A, protocol: icmpv4, icmp_type: [8, "3:4"], profile: [domain, public],
       override_block: true, program: "C:/x y.exe", service: dns, user: me, enabled: false}
    - {name: ports, direction: outbound, action: block, protocol: tcp, local_port: [80, rpc],
       remote_port: 1-9, local_address: [LocalSubnet, 10.0.0.1], remote_address: DNS4}
port_acls: [{vms: ["*"], direction: both, action: meter, remote: 02-00-00-00-01-0A}]
extended_acls:
  - {vms: [C], direction: inbound, weight: 9, action: allow, stateful: true, isolation_id: 5001}
  - {direction: outbound, weight: 8, action: deny, idle_timeout: 9, protocol: 47, local: 10.0.0.0/8}
datacenter_acls:
  - {name: web, vms: ["T/MT:5002"], direction: inbound, priority: 1, action: allow, stateful: true,
     protocol: tcp, source: 10.0.0.0/8, destination: 10.0.1.1, source_port: 1, destination_port: 80}
host_views:
  H1:
    without_lookup_records: [{ca: 10.0.1.10, vsid: 5001}]
    without_customer_routes: [{virtual_network: T, prefix: 0.0.0.0/0}]
    lookup_records: [{ca: 10.0.1.9, vsid: 5001, mac: 02-00-00-00-01-0A, pa: 192.168.10.11}]
    restarted: policy
services: {web: [tcp/80, udp/8000-8010], ping: icmp/echo, gre: 47}
groups: {left: {virtual_network: T, vms: [A, C]}, all: {}}
"""


@pytest.fixture
def everything(tmp_path: Path) -> Policy:
    file = tmp_path / "everything.yaml"
    file.write_text(EVERYTHING, encoding="utf-8")
    return load_policy(file)


def read_again(policy: Policy, folder: Path) -> Policy:
    file = folder / "again.yaml"
    file.write_text(yaml_text(policy), encoding="utf-8")
    return load_policy(file)


def test_every_key_is_written(
    everything: Policy, tmp_path: Path, golden: Callable[[Path, str], None]
) -> None:
    golden(GOLDEN / "everything.yaml", yaml_text(everything))

    assert read_again(everything, tmp_path) == everything


@pytest.mark.parametrize("name", [*samples(), *mistakes()])
def test_every_sample_is_read_again_as_it_was(name: str, tmp_path: Path) -> None:
    policy = load_policy(f"sample:{name}")

    assert read_again(policy, tmp_path) == policy


def test_writing_twice_gives_the_same_text(everything: Policy, tmp_path: Path) -> None:
    again = read_again(everything, tmp_path)

    assert yaml_text(again) == yaml_text(everything)


def test_records_that_are_generated_are_not_written() -> None:
    text = yaml_text(load_policy("sample:starter"))

    assert "lookup_records" not in text


@pytest.mark.parametrize(
    "name", ["null", "true", "12", "1e3", "2026-01-01", "a: b", "#", "- x", "~"]
)
def test_a_name_is_never_taken_for_something_else(name: str, tmp_path: Path) -> None:
    policy = replace(load_policy("sample:starter"), name=name)

    assert read_again(policy, tmp_path).name == name


def test_a_host_that_is_down_is_refused() -> None:
    policy = load_policy("sample:starter")
    hosts = {name: replace(host, down=True) for name, host in policy.hosts.items()}

    with pytest.raises(QuestionError, match="is down"):
        yaml_text(replace(policy, hosts=hosts))


def test_what_a_host_knew_earlier_is_refused() -> None:
    policy = load_policy("sample:starter")
    view = HostView(host="H1", snapshot=Snapshot((), ()))

    with pytest.raises(QuestionError, match="earlier time"):
        yaml_text(replace(policy, views={"H1": view}))


def test_a_record_without_any_virtual_network_is_refused() -> None:
    policy = load_policy("sample:starter")
    listed = tuple(replace(record, generated=False) for record in policy.records)

    with pytest.raises(QuestionError, match="belongs to no virtual network"):
        yaml_text(replace(policy, networks={}, routes=(), ports={}, records=listed))
