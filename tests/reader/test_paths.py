"""Paths and values as the command line says them."""

from __future__ import annotations

import pytest

from hnvemu.errors import QuestionError
from hnvemu.reader.edit import PolicyText
from hnvemu.reader.paths import parse_path, parse_value
from hnvemu.reader.source import Source

TEXT = """\
hnv: 1
hosts: {H1: {}, H2: {provider_addresses: 192.168.10.12/24}}
virtual_networks:
  T:
    rdid: AAAAAAAA-0000-0000-0000-000000000001
    customer_routes:
      - {prefix: 10.0.1.0/24, next_hop: on-link, vsid: 5001}
      - {prefix: "::/0", next_hop: "2001:db8::1", vsid: 5001}
    vms:
      web.1: {host: H1, vsid: 5001, mac: 02-00-00-00-01-0A, ca: [10.0.1.10, 10.0.1.11]}
    lookup_records:
      - {ca: 10.0.1.50, vsid: 5001, mac: 02-00-00-00-01-32, pa: 192.168.10.11}
      - {ca: 10.0.1.50, vsid: 5002, mac: 02-00-00-00-01-33, pa: 192.168.10.11}
firewall:
  rules:
    - {name: stays, action: block}
    - {name: "a]b", action: block}
"""
POLICY = PolicyText((Source("p.yaml", TEXT.encode(), TEXT.encode(), is_text=True),))
T = ("virtual_networks", "T")


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("profile", ("profile",)),
        ("hosts.H1.provider_mtu", ("hosts", "H1", "provider_mtu")),
        ("hosts[H1].provider_mtu", ("hosts", "H1", "provider_mtu")),
        ("hosts.H9", ("hosts", "H9")),
        ("host_views.H2.restarted", ("host_views", "H2", "restarted")),
        ('virtual_networks.T.vms."web.1".host', (*T, "vms", "web.1", "host")),
        ("virtual_networks.T.vms['web.1'].ca[1]", (*T, "vms", "web.1", "ca", 1)),
        ("virtual_networks.T.vms['web.1'].ca[10.0.1.11]", (*T, "vms", "web.1", "ca", 1)),
        ("virtual_networks.T.customer_routes[1].metric", (*T, "customer_routes", 1, "metric")),
        ("virtual_networks.T.customer_routes[prefix=::/0]", (*T, "customer_routes", 1)),
        ("virtual_networks.T.lookup_records[ca=10.0.1.50,vsid=5002]", (*T, "lookup_records", 1)),
        ("hosts.H2.provider_addresses[0]", ("hosts", "H2", "provider_addresses", 0)),
        ("firewall.rules[stays].enabled", ("firewall", "rules", 0, "enabled")),
        ('firewall.rules["a]b"].enabled', ("firewall", "rules", 1, "enabled")),
        ("firewall.rules[name=STAYS]", ("firewall", "rules", 0)),
        ("firewall.defaults.inbound", ("firewall", "defaults", "inbound")),
        ("firewall.keywords.dns", ("firewall", "keywords", "dns")),
    ],
)  # fmt: skip
def test_a_path_is_read(text: str, path: tuple[str | int, ...]) -> None:
    assert parse_path(text, POLICY) == path


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "'' is not a path"),
        ("hosts.H1.", "it is unclear from '' on"),
        ("hosts..H1", "it is unclear from '.H1' on"),
        ("hosts[H1", r"it is unclear from '\[H1' on"),
        ("hosts[H1]provider_mtu", "it is unclear from 'provider_mtu' on"),
        ("hots.H1", "did you mean 'hosts'"),
        ("hosts.H1.provider_mt", "did you mean 'provider_mtu'"),
        ("virtual_networks.T.lookup_records[0].ProviderAddress", "the format calls it 'pa'"),
        ("hosts.H3.provider_mtu", "hosts has no host 'H3'\n  help: known: H1, H2"),
        ("host_views.H7.restarted", "no host view 'H7'"),
        ("virtual_networks.T.vms.web.1.host", "no VM 'web'\n  help: did you mean 'web.1'"),
        ("profile.name", "profile is one word and has no key 'name'"),
        ("firewall.rules.enabled", r"firewall.rules is a list\n  help: write firewall.rules\[0\]"),
        ("firewall.rules[2]", "has no item 2\n  help: its items are 0 to 1"),
        ("port_acls[0]", "has no item 0\n  help: it is empty"),
        ("firewall.rules[stay].enabled", "did you mean 'stays'"),
        ("virtual_networks.T.lookup_records[ca=10.0.1.50].pa", r"2 items.*\n.* \[0\] or \[1\]"),
    ],
)  # fmt: skip
def test_what_is_no_path_is_told_why(text: str, message: str) -> None:
    with pytest.raises(QuestionError) as caught:
        parse_path(text, POLICY)

    assert caught.match(message)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1400", "1400"),
        ("no", "no"),
        ("02:00", "02:00"),
        ("[a, 'b']", ["a", "b"]),
        ("{a: {b: [c]}}", {"a": {"b": ["c"]}}),
        ('""', ""),
    ],
)
def test_a_value_is_plain(text: str, value: object) -> None:
    assert parse_value(text) == value


@pytest.mark.parametrize("text", ["{a", "*a", "!t a", "[", "", "~", "- [a", "\x00"])
def test_what_is_no_value_is_refused(text: str) -> None:
    with pytest.raises(QuestionError):
        parse_value(text)
