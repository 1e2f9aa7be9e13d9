"""A policy as resources of Network Controller: what is read of them forwards alike."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hnvemu import Fabric, load_policy
from hnvemu.analysis.question import Question, ask
from hnvemu.formats.export.nc_json import nc_resources
from hnvemu.model.acl import Protocol
from hnvemu.model.policy import Profile
from hnvemu.value import replace

if TYPE_CHECKING:
    from collections.abc import Callable

    from hnvemu import Policy

GOLDEN = Path(__file__).parent / "golden"
TENANTS = """
hnv: 1
profile: hnvv2
hosts:
  H1:
    provider_addresses: [192.168.10.11/24]
    provider_routes: [{prefix: 0.0.0.0/0, next_hop: 192.168.10.1}]
  H2:
    provider_addresses: [{address: 192.168.10.9/24, mac: 00-15-5D-00-00-01}]
    provider_routes: [{prefix: 0.0.0.0/0, next_hop: 192.168.10.1}]
  "Host three":
    provider_addresses: [{address: 192.168.20.13/24, vlan: 7}]
    provider_routes: [{prefix: 192.168.10.0/24, next_hop: 192.168.20.1}]
virtual_networks:
  blue:
    rdid: "{aaaaaaaa-0000-0000-0000-000000000001}"
    customer_routes:
      - {prefix: 10.0.1.0/24, next_hop: on-link, vsid: 5001}
      - {prefix: 10.0.2.0/24, next_hop: on-link, vsid: 5002}
      - {prefix: 0.0.0.0/0, next_hop: 10.0.2.250, vsid: 5002}
      - {prefix: 0.0.0.0/0, next_hop: 10.0.2.251, vsid: 5002, metric: 300}
    vms:
      A: {host: H1, vsid: 5001, mac: 02-00-00-00-01-0A, ca: 10.0.1.10, dhcp_guard: true}
      B: {host: H2, vsid: 5001, mac: 02-00-00-00-01-0B, ca: [10.0.1.11, 10.0.1.12]}
      "B\u00fcro": {host: Host three, vsid: 5002, mac: 02-00-00-00-02-0C, ca: 10.0.2.12}
      NVA: {host: H2, vsid: 5002, mac: 02-00-00-00-02-FA, ca: 10.0.2.250, mac_spoofing: true}
  green:
    rdid: "{aaaaaaaa-0000-0000-0000-000000000002}"
    customer_routes: [{prefix: 10.0.1.0/24, next_hop: on-link, vsid: 5003}]
    vms:
      A: {host: H2, vsid: 5003, mac: 02-00-00-00-03-0A, ca: 10.0.1.10}
      Z: {host: H1, vsid: 5003, mac: 02-00-00-00-03-0B, ca: 10.0.1.11}
datacenter_acls:
  - {name: web, vms: ["blue/*"], direction: inbound, priority: 100, action: allow, stateful: true,
     protocol: tcp, source: 10.0.1.0-10.0.1.11, destination_port: [80, 8000-8010]}
  - {name: web, vms: ["blue/A"], direction: inbound, priority: 101, action: deny, source: 10.0.1.11}
  - {name: no udp, direction: outbound, priority: 102, action: deny, protocol: udp}
"""


@pytest.fixture
def tenants(tmp_path: Path) -> Policy:
    file = tmp_path / "tenants.yaml"
    file.write_text(TENANTS, encoding="utf-8")
    return load_policy(file)


def read_again(policy: Policy, folder: Path) -> Policy:
    folder.mkdir()
    for name, text in nc_resources(policy).files.items():
        (folder / name).write_text(text, encoding="ascii")
    return load_policy(folder)


def test_tenants_as_resources(tenants: Policy, golden: Callable[[Path, str], None]) -> None:
    files, left_out = nc_resources(tenants)

    told = "".join(f"not said: {what}\n" for what in left_out)
    text = "".join(f"{name}\n{text}\n" for name, text in files.items())
    golden(GOLDEN / "tenants.nc.txt", text + told)


def test_each_pair_of_adapters_fares_alike_after_reading(tenants: Policy, tmp_path: Path) -> None:
    again = read_again(tenants, tmp_path / "resources")
    before, after = Fabric.compile(tenants), Fabric.compile(again)

    fates = set()
    for source in tenants.ports:
        for destination in ("10.0.1.10", "10.0.1.11", "10.0.2.12", "10.0.2.250", "8.8.8.8"):
            for service in ("tcp/80", "tcp/81", "udp/80"):
                question = Question(source=source, destination=destination, service=service)
                one, other = ask(before, question), ask(after, question)
                assert (one.outcome, one.reason) == (other.outcome, other.reason), question
                fates.add((one.outcome, one.reason))
    assert len(fates) > 2


def test_names_vsids_and_provider_addresses_are_read_as_they_were(
    tenants: Policy, tmp_path: Path
) -> None:
    again = read_again(tenants, tmp_path / "resources")

    ports = {n: (p.host, p.vsid, p.mac, p.cas) for n, p in tenants.ports.items()}
    assert {n: (p.host, p.vsid, p.mac, p.cas) for n, p in again.ports.items()} == ports
    held = {n: [(a.address, a.vlan) for a in h.addresses] for n, h in tenants.hosts.items()}
    assert {n: [(a.address, a.vlan) for a in h.addresses] for n, h in again.hosts.items()} == held
    routes = {n: host.routes for n, host in tenants.hosts.items()}
    assert {n: host.routes for n, host in again.hosts.items()} == routes


def test_what_a_resource_refers_to_was_put_before(tenants: Policy) -> None:
    known: set[str] = set()
    for text in nc_resources(tenants).files.values():
        resource = json.loads(text)
        inside: set[str] = set()
        outside: set[str] = set()
        stack = [resource]
        while stack:
            part = stack.pop()
            if isinstance(part, list):
                stack += part
            elif isinstance(part, dict):
                stack += part.values()
                if "resourceRef" in part:
                    (inside if "properties" in part else outside).add(part["resourceRef"])
        assert outside <= known
        known |= inside


def test_each_file_is_ascii_and_says_no_credential(tenants: Policy) -> None:
    text = "".join(nc_resources(tenants).files.values())

    assert text.isascii()
    assert "credential" not in text.casefold()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("access-control", "port ACLs: their place is Hyper-V"),
        ("access-control", "extended ACLs: their place is Hyper-V"),
        ("access-control", "the firewalls of the guests"),
        ("stale-host-views", "what host 'H1' knows differently"),
        ("starter", "the profile transparent: Network Controller deploys hnvv2"),
    ],
)
def test_what_no_resource_says_is_told(name: str, told: str) -> None:
    assert told in nc_resources(load_policy(f"sample:{name}")).left_out


def test_a_record_that_no_adapter_makes_is_told(tenants: Policy) -> None:
    other = replace(tenants.records[0], vsid=5002)
    policy = replace(tenants, records=(*tenants.records[1:], other))

    left_out = nc_resources(policy).left_out

    assert f"the {other}: records are made of network interfaces" in left_out
    assert "that no record says 10.0.1.10 in VSID 5001 is 'blue/A'" in left_out


def test_an_access_list_that_cannot_be_written_is_told(tenants: Policy) -> None:
    acl = replace(tenants.datacenter_acls[0], protocol=Protocol(47))
    policy = replace(tenants, datacenter_acls=(acl,))

    left_out = nc_resources(policy).left_out

    assert "the datacenter ACL web: its protocol 47 is neither TCP nor UDP" in left_out
    assert "that ports are blocked that no datacenter ACL names" in left_out


def test_a_policy_of_nothing_is_a_provider_network_and_a_manager(tenants: Policy) -> None:
    empty = replace(
        tenants, hosts={}, networks={}, ports={}, routes=(), records=(), datacenter_acls=()
    )

    assert [*nc_resources(empty).files] == [
        "01-logicalNetworks-HNVPA.json",
        "02-virtualNetworkManager-configuration.json",
    ]
    assert nc_resources(replace(empty, profile=Profile.HNVV2)).left_out == ()
