"""What the files of a policy become together."""

from __future__ import annotations

import gc
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

import pytest

from hnvemu.errors import PolicyError
from hnvemu.model.acl import Action, AddressRange, Direction, Protocol
from hnvemu.model.policy import Profile, RecordKey, Restart, RouteKey, Service
from hnvemu.model.topology import Guest, Selector
from hnvemu.reader import load_policy

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hnvemu.model.policy import Policy

    Read = Callable[[str], Policy]


def test_smallest_policy_is_empty(read: Read) -> None:
    policy = read("hnv: 1")

    assert policy.profile is Profile.TRANSPARENT
    assert (policy.name, policy.hosts, policy.ports, policy.records) == ("", {}, {}, ())


def test_ports_are_named_with_their_network(read: Read, network: str) -> None:
    policy = read(network)

    port = policy.ports["T/A"]
    assert (port.name, port.network, port.host, port.vsid) == ("T/A", "T", "H1", 5001)
    assert port.cas == (ip_address("10.0.1.10"),)
    assert list(policy.ports) == ["T/A", "T/B"]


def test_routes_know_their_network(read: Read, network: str) -> None:
    on_link, default = read(network).routes

    assert on_link.rdid == default.rdid == "{aaaaaaaa-0000-0000-0000-000000000001}"
    assert (on_link.network, on_link.next_hop, on_link.metric) == ("T", None, 255)
    assert default.next_hop == ip_address("10.0.2.250")


def test_route_with_host_bits_is_kept_as_written(read: Read, network: str) -> None:
    route = read(network.replace("10.0.1.0/24", "10.0.1.7/24")).routes[0]

    assert (route.prefix, route.written) == (ip_network("10.0.1.0/24"), "10.0.1.7/24")


def test_adapters_are_ports_of_their_own(read: Read, network: str) -> None:
    text = network + (
        "      GW:\n"
        "        guest: linux\n"
        "        adapters:\n"
        "          inside: {host: H1, vsid: 5002, mac: 02-00-00-00-03-01, ca: 10.0.2.250}\n"
        "          outside: {host: H1, vsid: 0, mac: 02-00-00-00-03-02}\n"
        "firewall: {rules: [{name: r, vms: GW}, {name: s, vms: 'GW:inside'}]}\n"
    )

    policy = read(text)

    assert list(policy.ports)[2:] == ["T/GW:inside", "T/GW:outside"]
    assert policy.ports["T/GW:outside"].guest is Guest.LINUX
    assert policy.firewall.rules[0].vms.patterns == ("T/GW:inside", "T/GW:outside")
    assert policy.firewall.rules[1].vms.patterns == ("T/GW:inside",)


SHARED = (
    "gateways:\n"
    "  MT:\n"
    "    host: H2\n"
    "    mac: 02-00-00-00-04-01\n"
    "    routing_domains:\n"
    "      - {virtual_network: T, vsid: 5002, ca: 10.0.2.2}\n"
    "      - {virtual_network: U, vsid: 6002, ca: 10.0.2.2}\n"
)


def two_networks(network: str) -> str:
    """Return the policy with a virtual network U beside T."""
    one = "virtual_networks:\n"
    assert network.count(one) == 1
    return network.replace(one, f'{one}  U: {{rdid: "{{aaaaaaaa-0000-0000-0000-000000000002}}"}}\n')


def test_a_gateway_of_several_networks_is_a_port_in_each(read: Read, network: str) -> None:
    ports = read(two_networks(network) + SHARED).ports

    assert "MT" not in ports
    for name, vsid in (("T", 5002), ("U", 6002)):
        port = ports[f"{name}/MT"]
        assert (port.network, port.vsid, port.cas) == (name, vsid, (ip_address("10.0.2.2"),))
        assert (port.trunk, port.host, port.gateway) == ("MT", "H2", True)
        assert str(port.mac) == "02-00-00-00-04-01"


def test_a_gateway_with_two_subnets_of_a_network_has_their_vsids_in_its_names(
    read: Read, network: str
) -> None:
    text = SHARED.replace("U, vsid: 6002, ca: 10.0.2.2", "T, vsid: 5001, ca: 10.0.1.2")

    ports = read(network + text).ports

    assert {name for name in ports if "MT" in name} == {"T/MT:5001", "T/MT:5002"}


def test_a_gateways_port_cannot_have_the_name_of_a_vm(read: Read, network: str) -> None:
    text = two_networks(network) + SHARED.replace("MT:", "A:")

    with pytest.raises(PolicyError, match="gateway 'A' would be the port 'T/A'"):
        read(text)


@pytest.mark.parametrize(
    ("word", "patterns"), [("MT", ("T/MT", "U/MT")), ("T/MT", ("T/MT",)), ("*/MT", ("*/MT",))]
)
def test_rules_may_name_a_gateway_or_one_of_its_ports(
    read: Read, network: str, word: str, patterns: tuple[str, ...]
) -> None:
    rules = f"firewall: {{rules: [{{name: r, vms: ['{word}']}}]}}\n"

    policy = read(two_networks(network) + SHARED + rules)

    assert policy.firewall.rules[0].vms.patterns == patterns


def test_firewall_is_read(read: Read, network: str) -> None:
    text = network + (
        "firewall:\n"
        "  defaults: {inbound: Block}\n"
        "  keywords: {dns: [10.0.0.53, 10.1.0.0/24]}\n"
        "  rules:\n"
        "    - {name: web, vms: [A, 'B*'], direction: Outbound, protocol: tcp, remote_port: 80}\n"
    )

    firewall = read(text).firewall

    assert firewall.defaults[0].inbound is Action.BLOCK
    assert firewall.defaults[0].outbound is None
    assert firewall.keywords[0][0] == "dns"
    assert firewall.keywords[0][1][0] == AddressRange(4, 0x0A000035, 0x0A000035)
    (rule,) = firewall.rules
    assert rule.vms == Selector(patterns=("T/A", "B*"))
    assert (rule.direction, rule.action) == (Direction.OUTBOUND, Action.ALLOW)
    assert rule.protocol == Protocol(6)
    assert rule.profiles is None


def test_stateful_entry_has_the_timeout_of_windows(read: Read) -> None:
    text = (
        "hnv: 1\nextended_acls:\n"
        "  - {direction: inbound, action: allow, weight: 1, stateful: $true}\n"
        "  - {direction: inbound, action: allow, weight: 1, stateful: true, idle_timeout: 9}\n"
        "  - {direction: inbound, action: allow, weight: -7}\n"
    )

    acls = read(text).extended_acls

    assert [acl.idle_timeout for acl in acls] == [255, 9, None]
    assert acls[2].weight == -7


def test_view_of_a_host_is_read(read: Read, network: str) -> None:
    text = network + (
        "host_views:\n"
        "  H1:\n"
        "    without_lookup_records: [{ca: 10.0.1.11, vsid: 5001}]\n"
        "    without_customer_routes: [{virtual_network: T, prefix: 10.0.1.9/24}]\n"
        "    restarted: no\n"
    )

    view = read(text).views["H1"]

    assert view.without_lookup_records == (RecordKey(5001, ip_address("10.0.1.11")),)
    assert view.without_customer_routes == (RouteKey("T", ip_network("10.0.1.0/24")),)
    assert view.restarted is Restart.NO


def test_services_groups_and_intents_are_read(read: Read, network: str) -> None:
    text = network + (
        "services: {web: [tcp/80, tcp/443], sql: tcp/1433}\n"
        "groups: {left: {virtual_network: T, vms: [A, 'B*']}, all: {}}\n"
        "intents:\n"
        "  - {id: web, allow: {from: left, to: [A, T/B], service: web}, why: it must be up}\n"
        "  - {id: in, deny: {from: B, to: external, service: udp/53}, severity: error}\n"
        "  - {id: apart, isolate: [T, left]}\n"
        "  - {id: alone, isolate: T}\n"
        "  - {id: move, allow: {from: A, to: 10.0.0.0/8}, given: {migrate: {A: H2}}}\n"
    )

    policy = read(text)

    assert policy.services["web"] == (Service(6, (80, 80)), Service(6, (443, 443)))
    assert policy.groups["left"].vms.patterns == ("T/A", "B*")
    assert policy.groups["all"].vms.patterns is None


def test_mappings_are_merged_and_lists_joined(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "hnv: 1\nhosts: {H1: {}}\n"
        "firewall: {defaults: {inbound: block}, keywords: {dns: 10.0.0.1}}\n"
    )
    (tmp_path / "b.yaml").write_text(
        "hnv: 1\nhosts: {H2: {}}\n"
        "firewall: {defaults: [{outbound: block}], keywords: {dns: 10.0.0.2, wins: 10.0.0.3}}\n"
        "host_views: {H1: {restarted: all}}\n"
    )

    policy = load_policy(tmp_path)

    assert list(policy.hosts) == ["H1", "H2"]
    assert len(policy.firewall.defaults) == 2
    assert {word: len(parts) for word, parts in policy.firewall.keywords} == {"dns": 2, "wins": 1}
    assert policy.views["H1"].restarted is Restart.ALL


def test_names_are_not_missed_when_a_file_is_broken(tmp_path: Path) -> None:
    """Where they are defined may be behind the place that could not be read."""
    (tmp_path / "a.yaml").write_text("hnv: 1\nhost_views: {H9: {}}\n")
    (tmp_path / "b.yaml").write_text("hosts: {\n")

    with pytest.raises(PolicyError) as caught:
        load_policy(tmp_path)

    assert [finding.origin.file[-6:] for finding in caught.value.findings] == ["b.yaml"]


def test_bad_designs_are_accepted(read: Read) -> None:
    """Whatever can be said can be traced; lint advises."""
    text = """\
hnv: 1
hosts: {H1: {provider_addresses: [{address: 127.0.0.1/8, mac: ff-ff-ff-ff-ff-ff, state: invalid}]}}
virtual_networks:
  T:
    rdid: aaaaaaaa-0000-0000-0000-000000000001
    customer_routes:
      - {prefix: 10.0.1.9/24, next_hop: "2001:db8::1", vsid: 16777215, metric: 0}
      - {prefix: 10.0.1.0/24, next_hop: on-link, vsid: 1}
    vms:
      A: {host: H1, vsid: 0, mac: ffffffffffff, ca: [10.0.1.1, 10.0.1.255, 224.0.0.1, 127.0.0.1]}
      B: {host: H1, vsid: 16777215, mac: 0000.0000.0000, ca: [], default_gateway: "::1"}
      C: {host: H1, vsid: 7, mac: 00-00-00-00-00-00, vlan: 7, isolation_mode: vlan}
    lookup_records:
      - {ca: 0.0.0.0, vsid: 3, mac: 01-00-5e-00-00-01, pa: "::", rule: none, type: static}
      - {ca: 10.0.1.5, vsid: 3, mac: 01-00-5e-00-00-01, pa: 1.1.1.1, type: gateway_wildcard}
      - {ca: 10.0.1.5, vsid: 3, mac: 01-00-5e-00-00-01, pa: 1.1.1.1, unusable: true}
  U: {rdid: "{AAAAAAAA-0000-0000-0000-000000000001}"}
firewall:
  rules:
    - {name: a, protocol: icmpv4, local_port: 80, remote_address: 10.0.0.9-10.0.0.1}
    - {name: a, protocol: tcp, icmp_type: 8, override_block: yes, program: x, service: y, user: z}
    - {name: nobody, vms: []}
extended_acls: [{action: deny, direction: inbound, weight: 70000, protocol: 1, stateful: on}]
"""

    policy = read(text)

    assert len(policy.ports) == 3
    assert policy.firewall.rules[0].remote_address is not None
    assert policy.firewall.rules[2].vms == Selector(patterns=())


def test_json_is_read_alike(read: Read) -> None:
    text = '{"hnv": 1,\n\t"hosts": {"H1": {"provider_mtu": 9000, "use_external_router": true}}}'

    assert read(text).hosts["H1"].mtu == 9000
    assert read(text).hosts["H1"].use_external_router


def test_words_that_yaml_resolves_elsewhere_keep_their_meaning(read: Read) -> None:
    text = """\
hnv: 1
hosts: {no: {provider_addresses: [1.1.1.1/24]}, 010: {}, 1e3: {}}
virtual_networks:
  on:
    rdid: aaaaaaaa-0000-0000-0000-000000000001
    vms:
      12.30: {host: no, vsid: 05001, mac: 10:20:30:40:50:59, ca: 10.0.0.1}
    lookup_records:
      - {ca: 10.0.0.1, vsid: 5001, mac: 020000000159, pa: 1.1.1.1, vm: "null"}
"""

    policy = read(text)

    assert list(policy.hosts) == ["no", "010", "1e3"]
    assert policy.ports["on/12.30"].vsid == 5001
    assert str(policy.ports["on/12.30"].mac) == "10-20-30-40-50-59"
    assert policy.records[0].vm == "null"


@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize("text", ["hnv: 1", "hnv: 2"])
def test_garbage_collection_is_left_as_it_was(read: Read, text: str, *, enabled: bool) -> None:
    before = gc.isenabled()
    (gc.enable if enabled else gc.disable)()
    try:
        if text == "hnv: 2":
            with pytest.raises(PolicyError):
                read(text)
        else:
            read(text)

        assert gc.isenabled() is enabled
    finally:
        (gc.enable if before else gc.disable)()


def test_reader_is_cheap_to_import() -> None:
    """What only a mistake needs is imported when one is made."""
    import subprocess
    import sys

    program = (
        "import sys, hnvemu.reader\n"
        "print([name for name in ('yaml', 'difflib', 'json', 'rich', 'scapy', 'typer')"
        " if name in sys.modules])"
    )

    found = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)

    assert found.stdout.strip() == b"[]"
