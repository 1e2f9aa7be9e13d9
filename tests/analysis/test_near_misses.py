"""Which rows came near, and in which field each of them failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hnvemu import Fabric, Profile, load_policy
from hnvemu.analysis.near_misses import near_misses
from hnvemu.analysis.question import Question, ask
from hnvemu.reader.edit import PolicyText, Put
from hnvemu.trace.steps import AclDefaulted, LookupMissed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hnvemu.trace.explanation import Missed
    from hnvemu.trace.trace import Trace

    Explain = Callable[..., tuple[Missed, ...]]

POLICY = """\
hnv: 1
hosts:
  H1: {provider_addresses: 192.168.10.11/24}
  H2: {provider_addresses: [192.168.10.12/24, {address: 192.168.10.22/24, state: deprecated}]}
  H3: {provider_addresses: 192.168.10.13/24}
virtual_networks:
  T:
    rdid: "{aaaaaaaa-0000-0000-0000-000000000001}"
    customer_routes:
      - {prefix: 10.0.1.0/24, next_hop: on-link, vsid: 5001}
      - {prefix: 10.0.2.0/24, next_hop: on-link, vsid: 5002}
      - {prefix: 10.0.3.0/24, next_hop: on-link, vsid: 5003}
    vms:
      A: {host: H1, vsid: 5001, mac: 02-00-00-00-01-0A, ca: 10.0.1.10}
      B: {host: H2, vsid: 5001, mac: 02-00-00-00-01-0B, ca: 10.0.1.11}
      C: {host: H2, vsid: 5003, mac: 02-00-00-00-01-0C, ca: 10.0.3.12}
    generate_lookup_records: true
    lookup_records:
      - {ca: 10.0.1.40, vsid: 5003, mac: 02-00-00-00-01-0C, pa: 192.168.10.12}
      - {ca: 10.0.1.41, vsid: 5001, mac: 02-00-00-00-01-0B, pa: 192.168.10.12, unusable: true}
      - {ca: 10.0.1.42, vsid: 5001, mac: 02-00-00-00-01-0A, pa: 192.168.10.12}
      - {ca: 10.0.1.43, vsid: 5001, mac: 02-00-00-00-01-0B, pa: 192.168.10.22}
  U:
    rdid: "{aaaaaaaa-0000-0000-0000-000000000002}"
    customer_routes:
      - {prefix: 10.0.1.0/24, next_hop: on-link, vsid: 6001}
      - {prefix: 10.9.0.0/16, next_hop: on-link, vsid: 6002}
    vms:
      Z: {host: H3, vsid: 6001, mac: 02-00-00-00-09-0A, ca: 10.0.1.99}
host_views:
  H1:
    without_lookup_records: [{ca: 10.0.1.11, vsid: 5001}]
"""


@pytest.fixture
def explained(tmp_path: Path) -> Explain:
    """Trace a packet of the policy above, with more of it at the end."""

    def explain(source: str, destination: str, service: str = "tcp/80", **more: Any) -> Any:
        file = tmp_path / "p.yaml"
        file.write_text(POLICY + more.pop("policy", ""), encoding="utf-8")
        fabric = Fabric.compile(load_policy(file))
        question = Question(source=source, destination=destination, service=service, **more)
        trace: Trace = ask(fabric, question)
        return near_misses(fabric, trace)

    return explain


def told(missed: tuple[Missed, ...]) -> list[str]:
    """Return candidates of the last step in one line each."""
    return [f"{n.candidate}: {n.field} {n.has}, not {n.wanted}" for n in missed[-1].nearest]


def test_a_record_that_only_other_hosts_know_comes_first(explained: Explain) -> None:
    found = explained("A", "B")

    assert told(found)[0] == "record 10.0.1.11 in VSID 5001 (generated): known to H2, H3, not H1"
    assert isinstance(found[-1].step, LookupMissed)
    assert found[-1].node == "H1"


def test_the_address_in_another_subnet_comes_before_the_neighbour(explained: Explain) -> None:
    assert told(explained("A", "10.0.1.40")) == [
        "record 10.0.1.40 in VSID 5003: VSID 5003, not 5001",
        "record 10.0.1.42 in VSID 5001: CA 10.0.1.42, not 10.0.1.40",
    ]


def test_a_record_of_another_routing_domain_is_out_of_reach(explained: Explain) -> None:
    found = explained("A", "10.0.1.99")

    last = found[-1].nearest[-1]
    assert last.candidate == "record 10.0.1.99 in VSID 6001 (generated)"
    assert last.field == "routing domain"
    assert "FWD-3" in last.note


def test_an_unusable_record_is_nearest_of_all(explained: Explain) -> None:
    assert told(explained("A", "10.0.1.41"))[0] == (
        "record 10.0.1.41 in VSID 5001: marked unusable, not usable"
    )


def test_the_route_with_the_most_first_bits_is_nearest(explained: Explain) -> None:
    found = explained("A", "10.9.3.7")

    nearest, unreachable = found[-1].nearest
    assert nearest.candidate == "route 10.0.1.0/24 on-link in VSID 5001"
    assert nearest.note == "the first 12 bits agree"
    assert unreachable.candidate == "route 10.9.0.0/16 on-link in VSID 6002"
    assert "FWD-3" in unreachable.note


def test_a_source_that_is_not_the_sender_s_shows_the_sender_s_record(explained: Explain) -> None:
    found = explained("A", "C", src_ip="10.0.1.9")

    assert told(found)[0] == "record 10.0.1.10 in VSID 5001 (generated): CA 10.0.1.10, not 10.0.1.9"
    assert found[-1].nearest[0].note == "MAC 02-00-00-00-01-0A is its own"


def test_a_spoofed_mac_says_whose_it_is(explained: Explain) -> None:
    found = explained("A", "C", src_mac="02-00-00-00-01-0B")

    assert told(found) == ["MAC 02-00-00-00-01-0B: port T/B, not T/A"]


def test_a_missing_port_says_where_its_machine_runs(explained: Explain) -> None:
    assert told(explained("B", "10.0.1.42")) == ["port T/A: host H1, not H2"]


def test_a_pa_out_of_use_shows_the_host_s_others(explained: Explain) -> None:
    assert told(explained("A", "10.0.1.43")) == [
        "PA 192.168.10.12 of H2: address 192.168.10.12, not 192.168.10.22"
    ]


RULES = """\
firewall:
  defaults: {inbound: block}
  rules:
    - {name: other-port, vms: [C], protocol: tcp, local_port: [443, 8000-8080]}
    - {name: two-off, vms: [C], protocol: udp, local_port: 53}
    - {name: off, vms: [C], protocol: tcp, local_port: 80, enabled: false}
    - {name: not-here, vms: [B], protocol: tcp, local_port: 80}
    - {name: at-home, vms: [C], protocol: tcp, local_port: 80, profile: [domain]}
"""


def test_a_default_that_denies_names_the_rules_that_came_nearest(explained: Explain) -> None:
    """In the order of the list, then those that are not in force here; worse ones are left out."""
    assert told(explained("A", "C", policy=RULES)) == [
        "rule 'other-port': local port 443, 8000-8080, not 80",
        "rule 'off': enabled no, not yes",
        "rule 'not-here': vms T/B, not T/C",
    ]


def test_a_rule_that_fails_twice_says_so(explained: Explain) -> None:
    found = explained("A", "C", "icmp/echo", policy=RULES)

    assert [near.note for near in found[-1].nearest] == ["1 more condition fails"] * 2
    assert told(found)[0] == "rule 'other-port': protocol tcp, not icmp"


def test_a_rule_that_blocks_names_an_allow_rule_that_comes_too_late(explained: Explain) -> None:
    policy = """\
firewall:
  rules:
    - {name: web, vms: [C], protocol: tcp, local_port: 80}
    - {name: nobody, vms: [C], action: block, remote_address: 10.0.0.0/8}
"""
    found = explained("A", "C", policy=policy)

    assert told(found) == ["rule 'web': order tried after every Block, not first"]


def test_a_default_that_allows_names_the_rule_that_nearly_denied(explained: Explain) -> None:
    policy = """\
firewall:
  rules: [{name: no-web, vms: [C], action: block, protocol: tcp, local_port: 81}]
"""
    found = explained("A", "C", policy=policy)

    assert isinstance(found[-1].step, AclDefaulted)
    assert told(found) == ["rule 'no-web': local port 81, not 80"]


def test_a_packet_that_nothing_came_near_to_stop_has_no_near_misses(explained: Explain) -> None:
    assert explained("A", "C") == ()


def test_there_are_at_most_three_for_each_step(explained: Explain) -> None:
    rules = "".join(
        f"    - {{name: r{n}, vms: [C], action: block, protocol: tcp, local_port: {n}}}\n"
        for n in range(100, 110)
    )
    found = explained("A", "C", policy=f"firewall:\n  rules:\n{rules}")

    assert [near.candidate for near in found[-1].nearest] == [
        "rule 'r100'",
        "rule 'r101'",
        "rule 'r102'",
    ]


PORT_ACLS = """\
port_acls:
  - {vms: [C], direction: inbound, action: deny, remote: 10.0.1.0/28}
  - {vms: [C], direction: inbound, action: allow, remote: 10.0.1.11}
"""


def test_other_mechanisms_are_explained_too(explained: Explain) -> None:
    found = explained("A", "C", policy=PORT_ACLS)

    assert told(found)[0].startswith("port ACL allow remote 10.0.1.11: remote address 10.0.1.11")


@pytest.mark.parametrize(
    ("source", "service", "ca", "profile", "nearest"),
    [
        ("D", "arp/announce", "10.0.1.60", "ws2012", "profile ws2012, not transparent or ws2012r2"),
        ("A", "arp", "10.0.1.99", "hnvv2", "profile hnvv2, not transparent or ws2012r2"),
        (
            "D",
            "arp/announce",
            "10.0.1.1",
            "transparent",
            "learned address 10.0.1.1, not one that a VM can have",
        ),
    ],
)
def test_an_l2_only_record_from_which_nothing_is_learned_says_why(
    source: str, service: str, ca: str, profile: str, nearest: str
) -> None:
    fabric = Fabric.compile(load_policy("sample:learning"), profile=Profile(profile))
    trace = ask(fabric, Question(source=source, destination=ca, service=service))

    found = told(near_misses(fabric, trace))

    assert found[0] == f"L2Only record of VSID 5001: {nearest}"


def test_an_l2_only_record_of_another_host_says_which() -> None:
    moved = PolicyText.read("sample:learning").edited(
        [Put(("virtual_networks", "T", "vms", "D", "host"), "H1")]
    )
    fabric = Fabric.compile(moved.policy())
    trace = ask(fabric, Question(source="D", destination="10.0.1.60", service="arp/announce"))

    assert told(near_misses(fabric, trace))[0] == (
        "L2Only record of VSID 5001: PA 192.168.10.12, not 192.168.10.11"
    )
