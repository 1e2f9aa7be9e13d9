"""Which Block rules leave an Allow rule nothing, and what is an exception to what."""

from __future__ import annotations

from lint.networks import found, messages


def test_two_block_rules_cover_an_allow_rule_together() -> None:
    (finding,) = found(
        "HNV401",
        """\
firewall:
  rules:
    - {name: low, action: block, protocol: tcp, local_port: 0-79}
    - {name: high, action: block, protocol: tcp, local_port: 80-99}
    - {name: web, protocol: tcp, local_port: 70-90}
""",
    )

    assert finding.message == (
        "rule 'web' allows inbound packets, and 'low', 'high' block every one of them"
    )
    assert [note.origin.line for note in finding.related] == [19, 20]


def test_an_allow_rule_that_counts_at_one_of_its_vms_is_no_finding() -> None:
    text = """\
firewall:
  rules:
    - {name: not here, vms: %s, action: block, protocol: tcp}
    - {name: web, protocol: tcp, local_port: 80}
"""

    assert messages("HNV401", text % "[A, B]") == []
    assert len(messages("HNV401", text % "[A, B, GW]")) == 1


def test_the_other_direction_and_other_profiles_block_nothing() -> None:
    assert (
        messages(
            "HNV401",
            """\
firewall:
  rules:
    - {name: out, direction: outbound, action: block, protocol: tcp}
    - {name: domain, profile: domain, action: block, protocol: tcp}
    - {name: web, protocol: tcp, local_port: 80}
""",
        )
        == []
    )


def test_a_block_of_all_ipv4_addresses_leaves_an_allow_of_any_its_ipv6() -> None:
    text = """\
firewall:
  rules:
    - {name: out, direction: outbound, action: block, remote_address: 0.0.0.0/0}
    - {name: inside, direction: outbound, remote_address: %s}
"""

    assert messages("HNV402", text % "10.0.0.0/8") == [
        "rule 'out' blocks every outbound packet, so what 'inside' would allow does not pass either"
    ]
    assert messages("HNV402", text % "any") == []
    assert messages("HNV401", text % "any") == []
