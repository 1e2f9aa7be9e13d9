"""The JSON Schema says what the reader does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from hnvemu.errors import PolicyError
from hnvemu.reader.format import POLICY
from hnvemu.reader.schema import policy_schema

if TYPE_CHECKING:
    from collections.abc import Callable

    from hnvemu.model.policy import Policy

    Read = Callable[[str], Policy]

ROOT = Path(__file__).parents[2]
FILE = ROOT / "hnvemu" / "schema" / "policy.schema.json"
SAMPLES = sorted((ROOT / "policies").glob("*.yaml"))
VALIDATOR = Draft202012Validator(policy_schema())


def errors(document: object) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in VALIDATOR.iter_errors(document)]


def as_text(text: str) -> Any:
    """Read YAML with every scalar as text."""
    return yaml.load(text, Loader=yaml.BaseLoader)


def as_yaml_12(text: str) -> Any:
    """Read YAML as editors do: plain decimal numbers and booleans are resolved."""

    def resolved(node: Any) -> Any:
        if isinstance(node, yaml.MappingNode):
            return {key.value: resolved(value) for key, value in node.value}
        if isinstance(node, yaml.SequenceNode):
            return [resolved(value) for value in node.value]
        plain = node.style is None
        if plain and node.value in {"true", "false"}:
            return node.value == "true"
        if plain and node.value.isdecimal():
            return int(node.value)
        return node.value

    return resolved(yaml.compose(text, Loader=yaml.BaseLoader))


def test_committed_schema_is_current(golden: Callable[[Path, str], None]) -> None:
    golden(FILE, json.dumps(policy_schema(), indent=2, ensure_ascii=False) + "\n")


def test_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(policy_schema())


@pytest.mark.parametrize("load", [as_text, as_yaml_12], ids=["text", "yaml-1.2"])
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_samples_are_valid(path: Path, load: Callable[[str], Any]) -> None:
    assert errors(load(path.read_text(encoding="utf-8"))) == []


def test_each_key_has_a_title_and_a_sentence() -> None:
    schema = policy_schema()
    records = [schema, *schema["$defs"].values()]

    for record in records:
        assert record["description"].endswith(".")
        for key, value in record["properties"].items():
            assert value["title"] == key
            assert value["description"].endswith(".")


def test_each_top_key_of_the_table_is_in_the_schema() -> None:
    assert list(policy_schema()["properties"]) == [field.key for field in POLICY.fields]


GOOD = """\
hnv: "1"
profile: WS2012R2
hosts:
  H1:
    provider_addresses: [192.168.10.11/24, {address: "fd00::1/64", mac: 020000000001, vlan: 7}]
    provider_routes: [{prefix: 0.0.0.0/0, next_hop: OnLink, metric: "256"}]
    use_external_router: $True
virtual_networks:
  T:
    rdid: AAAAAAAA-0000-0000-0000-000000000001
    customer_routes: [{prefix: "2001:db8::/64", next_hop: "::", vsid: 5001}]
    vms:
      A: {host: H1, vsid: 5001, mac: 0200.0000.010a, ca: "2001:db8::a",
         guest: Linux, mac_spoofing: on}
      12: {host: H1, vsid: 05001, mac: 02-00-00-00-01-0B, ca: [10.0.0.1, "::ffff:10.0.0.1"]}
      GW: {guest: other, adapters: {in: {host: H1, vsid: 0, mac: 02:00:00:00:03:01}}}
    lookup_records:
      - {ca: 0.0.0.0, vsid: 5001, mac: 020000000001, pa: 1.1.1.1, vm: 12, type: GatewayWildcard,
         rule: TranslationMethodEncap, use_vm_mac: no, customer_id: Contoso}
gateways:
  MT: {host: H1, mac: 02-00-00-00-04-01,
       routing_domains: [{virtual_network: T, vsid: 7, ca: 1.1.1.1}]}
firewall:
  defaults: [{vms: A, inbound: Block}, {outbound: allow}]
  keywords: {dns: 10.0.0.53}
  rules:
    - {name: 1, vms: ["*"], protocol: TCP, local_port: [80, 443, 8000-8100, RPC], icmp_type: "3:4",
       remote_address: [LocalSubnet4, 10.0.0.0/255.0.0.0, 10.0.0.1-10.0.0.9, "::/0"],
       profile: [domain, Any]}
    - {name: b, protocol: 47, icmp_type: [8, any], local_address: "*", profile: Any}
port_acls:
  - {direction: Both, action: Meter, remote: 02-00-00-00-01-0A}
  - {direction: inbound, action: deny}
extended_acls: [{direction: inbound, action: allow, weight: -1, protocol: "6"}]
datacenter_acls:
  - {name: a, direction: inbound, action: Deny, priority: 100, protocol: All, source: "*"}
host_views: {H1: {restarted: Policy, without_lookup_records: [{ca: 1.1.1.1, vsid: 7}]}}
services: {web: [tcp/80, icmp/echo, 47], sql: tcp/1433}
groups: {g: {virtual_network: T, vms: A}}
intents: [{allow: {from: A, to: [GW, external], service: web}}, {isolate: T}]
"""


def test_what_the_reader_takes_the_schema_takes(read: Read) -> None:
    read(GOOD)

    assert errors(as_text(GOOD)) == []
    assert errors(as_yaml_12(GOOD)) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('hnv: "1"', "hnv: 2"),
        ("profile: WS2012R2", "profile: ws2016"),
        ("192.168.10.11/24", "192.168.10.11"),
        ("vlan: 7", "vlan: 4096"),
        ("AAAAAAAA-0000", "AAAAAAA-0000"),
        ("vsid: 05001", "vsid: 16777216"),
        ("mac: 0200.0000.010a", "mac: 0200.0000.010"),
        ("use_vm_mac: no", "use_vm_mac: perhaps"),
        ("guest: other, adapters", "vsid: 1, adapters"),
        ("isolate: T}", "isolate: T, trace: {}}"),
        ("action: Meter", "action: Block"),
        ("priority: 100, ", ""),
        ("groups:", "group:"),
        ("  12: {", '  "1/2": {'),
        ("service: web", "port: web"),
    ],
)
def test_what_the_reader_refuses_the_schema_refuses(read: Read, old: str, new: str) -> None:
    text = GOOD.replace(old, new)

    with pytest.raises(PolicyError):
        read(text)
    assert errors(as_yaml_12(text)) != []
