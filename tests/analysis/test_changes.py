"""Changes of a policy's text in few words."""

from __future__ import annotations

import pytest

from hnvemu.analysis.changes import KINDS, with_added, with_patch, with_set, without
from hnvemu.errors import QuestionError
from hnvemu.reader.edit import PolicyText
from hnvemu.reader.source import Source

TEXT = """\
hnv: 1
hosts:
  H1: {provider_addresses: [192.168.10.11/24, {address: 192.168.10.21/24}]}
  H2:
    provider_addresses: 192.168.10.12/24
    provider_routes: [{prefix: 0.0.0.0/0, next_hop: on-link}]
  H3: {}
virtual_networks:
  T:
    rdid: "{aaaaaaaa-0000-0000-0000-000000000001}"
    customer_routes:
      - {prefix: 10.0.1.0/24, next_hop: on-link, vsid: 5001}
      - {prefix: 0.0.0.0/0, next_hop: 10.0.1.11, vsid: 5001}
    vms:
      A: {host: H1, vsid: 5001, mac: 02-00-00-00-01-0A, ca: 10.0.1.10}
      B: {host: H2, vsid: 5001, mac: 02-00-00-00-01-0B, ca: [10.0.1.11, "2001:db8::b"]}
  U:
    rdid: "{aaaaaaaa-0000-0000-0000-000000000002}"
    customer_routes:
      - {prefix: 10.0.1.0/24, next_hop: on-link, vsid: 6001}
    vms:
      Z: {host: H2, vsid: 6001, mac: 02-00-00-00-06-0A, ca: 10.0.1.10}
    generate_lookup_records: false
    lookup_records:
      - {ca: 10.0.1.10, vsid: 6001, mac: 02-00-00-00-06-0A, pa: 192.168.10.12}
firewall:
  rules:
    - {name: b-out, vms: B, action: block}
    - {name: b-in, vms: [T/B, A], action: block}
extended_acls:
  - {vms: B, direction: inbound, weight: 1, action: deny}
  - {vms: A, direction: inbound, weight: 2, action: deny}
groups: {left: {vms: [B]}}
"""


def texts_of(text: str) -> PolicyText:
    return PolicyText((Source("p.yaml", text.encode(), text.encode(), is_text=True),))


POLICY = texts_of(TEXT)


def lines(after: PolicyText) -> list[str]:
    """Return the lines that were taken away and added; what is left has to be a policy."""
    after.policy()
    return [
        line[0] + line[1:].strip()
        for line in POLICY.diff(after).splitlines()[2:]
        if line.startswith(("+", "-"))
    ]


# With another value


def test_set_puts_a_value() -> None:
    assert lines(with_set(POLICY, "hosts.H3.provider_mtu=1400")) == [
        "-H3: {}",
        "+H3: {provider_mtu: 1400}",
    ]


def test_set_looks_for_its_equals_sign_behind_brackets() -> None:
    found = with_set(POLICY, "virtual_networks.T.customer_routes[prefix=0.0.0.0/0].metric = 9")

    assert found.value_at(("virtual_networks", "T", "customer_routes", 1, "metric")) == "9"


@pytest.mark.parametrize("said", ["hosts.H1.provider_mtu", "", "firewall.rules[a=b].enabled"])
def test_set_without_a_value_is_refused(said: str) -> None:
    with pytest.raises(QuestionError, match="sets nothing\n  help: write PATH=VALUE"):
        with_set(POLICY, said)


# With one more


@pytest.mark.parametrize(
    ("said", "added"),
    [
        (
            "route:{virtual_network: T, prefix: 10.9.0.0/16, next_hop: 10.0.1.11, vsid: 5001}",
            "+- {prefix: 10.9.0.0/16, next_hop: 10.0.1.11, vsid: 5001}",
        ),
        (
            "record:{ca: 10.0.1.50, vsid: 6001, mac: 02-00-00-00-06-32, pa: 192.168.10.12}",
            "+- {ca: 10.0.1.50, vsid: 6001, mac: 02-00-00-00-06-32, pa: 192.168.10.12}",
        ),
        ("rule:{vms: A, action: block}", "+- {vms: A, action: block, name: what-if}"),
        ("Rule: {name: r, vms: A}", "+- {name: r, vms: A}"),
        (
            "extended-acl:{direction: inbound, weight: 3, action: allow}",
            "+- {direction: inbound, weight: 3, action: allow}",
        ),
        (
            "vm:{name: N, virtual_network: T, host: H1, vsid: 5001, mac: 02-00-00-00-01-0C}",
            "+N: {host: H1, vsid: 5001, mac: 02-00-00-00-01-0C}",
        ),
        ("host:{name: H4}", "+H4: {}"),
        ("service:{name: web, services: [tcp/80]}", "+services: {web: [tcp/80]}"),
        ("host-view:{host: H1, restarted: all}", "+host_views: {H1: {restarted: all}}"),
    ],
)
def test_with_adds_an_entry(said: str, added: str) -> None:
    assert lines(with_added(POLICY, said)) == [added]


def test_a_first_record_does_not_take_the_generated_ones_away() -> None:
    found = with_added(
        POLICY, "record:{ca: 10.0.1.50, vsid: 5001, mac: 02-00-00-00-01-32, pa: 192.168.10.11}"
    )

    assert lines(found) == [
        "+lookup_records: [{ca: 10.0.1.50, vsid: 5001, mac: 02-00-00-00-01-32, pa: 192.168.10.11}]",
        "+generate_lookup_records: true",
    ]
    assert len(found.policy().records) == len(POLICY.policy().records) + 1


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("rout:{}", "'rout' is no kind of entry\n  help: did you mean 'route'"),
        ("route", "the route is missing"),
        ("route:x", "a route is a mapping, not 'x'"),
        ("route:{prefix: 10.9.0.0/16, vsid: 7}", "does not say its virtual_network\n.*known: T, U"),
        ("route:{virtual_network: S, vsid: 7}", "no virtual network 'S'"),
        ("provider-route:{prefix: 0.0.0.0/0}", "does not say its host"),
        ("vm:{virtual_network: T}", "the vm has no name"),
        ("vm:{virtual_network: T, name: A}", "virtual_networks.T.vms.A is there already"),
    ],
)
def test_what_cannot_be_added_is_refused(said: str, message: str) -> None:
    with pytest.raises(QuestionError) as caught:
        with_added(POLICY, said)

    assert caught.match(message)


# Without


@pytest.mark.parametrize(
    ("said", "gone"),
    [
        ("rule:b-out", ["-- {name: b-out, vms: B, action: block}"]),
        ("rule:#2", ["-- {name: b-in, vms: [T/B, A], action: block}"]),
        ("extended-acl:#1", ["-- {vms: B, direction: inbound, weight: 1, action: deny}"]),
        ("route:0.0.0.0/0", ["-- {prefix: 0.0.0.0/0, next_hop: 10.0.1.11, vsid: 5001}"]),
        ("route:T/0.0.0.0/0", ["-- {prefix: 0.0.0.0/0, next_hop: 10.0.1.11, vsid: 5001}"]),
        ("route:0.0.0.0/0@5001", ["-- {prefix: 0.0.0.0/0, next_hop: 10.0.1.11, vsid: 5001}"]),
        ("host:H3", ["-H3: {}"]),
    ],
)
def test_without_takes_an_entry_away(said: str, gone: list[str]) -> None:
    assert lines(without(POLICY, said)) == gone


def test_without_takes_all_that_match() -> None:
    assert without(POLICY, "rule:b-*").value_at(("firewall", "rules")) == []
    routes = [without(POLICY, "route:10.0.1.0/24").policy().routes, POLICY.policy().routes]
    assert [len(found) for found in routes] == [1, 3]


def test_a_provider_address_is_named_without_its_length() -> None:
    found = without(
        without(POLICY, "provider-address:192.168.10.11"), "provider-address:H1/192.168.10.21"
    )

    assert found.policy().hosts["H1"].addresses == ()


def test_a_listed_record_goes_from_its_list() -> None:
    found = without(POLICY, "record:U/10.0.1.10")

    assert lines(found) == [
        "-lookup_records:",
        "-- {ca: 10.0.1.10, vsid: 6001, mac: 02-00-00-00-06-0A, pa: 192.168.10.12}",
        "+lookup_records: []",
    ]


@pytest.mark.parametrize("said", ["record:2001:db8:0::B", "record:T/2001:db8::b@5001"])
def test_a_generated_record_goes_from_every_host(said: str) -> None:
    found = without(POLICY, said)

    assert {
        host: [str(key.ca) for key in view.without_lookup_records]
        for host, view in found.policy().views.items()
    } == {"H1": ["2001:db8::b"], "H2": ["2001:db8::b"], "H3": ["2001:db8::b"]}


def test_a_vm_goes_with_its_mention() -> None:
    found = without(POLICY, "vm:B")

    assert "T/B" not in found.policy().ports
    assert found.value_at(("firewall", "rules")) == [
        {"name": "b-in", "vms": ["A"], "action": "block"}
    ]
    assert len(found.value_at(("extended_acls",))) == 1
    assert found.value_at(("groups", "left", "vms")) == []


def test_a_gateway_goes_with_its_mention() -> None:
    gateway = (
        "gateway:{name: GW, host: H1, mac: 02-00-00-00-03-FA,"
        " routing_domains: [{virtual_network: T, vsid: 5001, ca: 10.0.1.250}]}"
    )
    there = with_added(with_added(POLICY, gateway), "rule:{vms: [T/GW, A]}")
    assert "T/GW" in there.policy().ports

    gone = without(there, "gateway:GW")

    assert "T/GW" not in gone.policy().ports
    assert gone.value_at(("firewall", "rules", 2, "vms")) == ["A"]


def test_a_host_goes_with_its_view() -> None:
    seen = with_added(POLICY, "host-view:{host: H3, restarted: all}")

    assert without(seen, "host:H3").policy().views == {}


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("rule:b-ou", "there is no rule 'b-ou'\n  help: did you mean 'b-out'"),
        ("rule:#3", "there is no rule '#3'"),
        ("rule:#0", "there is no rule '#0'"),
        ("extended-acl:#3", "there is no extended-acl '#3'\n  help: there are #1 to #2"),
        ("port-acl:#1", "there is no port-acl '#1'\n  help: there is none"),
        ("record:10.0.1.99", "there is no record '10.0.1.99'\n  help: did you mean '10.0.1."),
        ("record:2001:db8::c", "there is no record .*\n  help: did you mean '2001:db8::b'"),
        ("vm:X", "there is no vm 'X'"),
        ("host:H2", "host 'H2' cannot go: it carries 'T/B'\n  help: write --down H2"),
        ("rule:", "the rule is missing"),
    ],
)
def test_what_is_not_there_cannot_be_taken_away(said: str, message: str) -> None:
    with pytest.raises(QuestionError) as caught:
        without(POLICY, said)

    assert caught.match(message)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_missing(kind: str) -> None:
    with pytest.raises(QuestionError, match=f"there is no {kind} 'none of these'"):
        without(POLICY, f"{kind}:none of these")


# Patches


def test_a_fragment_is_merged() -> None:
    fragment = """\
hosts: {H3: {provider_mtu: 1400}}
virtual_networks:
  U: {customer_routes: null}
  T:
    lookup_records: [{ca: 10.0.1.50, vsid: 5001, mac: 02-00-00-00-01-32, pa: 192.168.10.11}]
extended_acls:
  - {direction: inbound, weight: 3, action: allow}
"""
    found = with_patch(POLICY, fragment, "more.yaml")

    policy = found.policy()
    assert policy.hosts["H3"].mtu == 1400
    assert [route.network for route in policy.routes] == ["T", "T"]
    assert [acl.weight for acl in policy.extended_acls] == [1, 2, 3]
    assert len(policy.records) == len(POLICY.policy().records) + 1
    assert found.value_at(("virtual_networks", "T", "generate_lookup_records")) == "true"


def test_a_diff_is_applied() -> None:
    edited = with_set(POLICY, "hosts.H3.provider_mtu=1400")

    assert with_patch(POLICY, POLICY.diff(edited), "fix.diff").files == edited.files


@pytest.mark.parametrize("content", ["", "word", "[a]", "{a", "\x00"])
def test_a_patch_that_is_neither_is_refused(content: str) -> None:
    with pytest.raises(QuestionError, match="'p' is neither a unified diff nor a mapping in YAML"):
        with_patch(POLICY, content, "p")
