"""When an entry allows what would pass anyway."""

from __future__ import annotations

from lint.networks import found, messages

from hnvemu.model.policy import Profile


def test_an_allow_rule_counts_where_one_of_its_vms_blocks_by_default() -> None:
    text = """\
firewall:
  defaults: {vms: %s, inbound: block}
  rules: [{name: web, vms: [A, B], protocol: tcp, local_port: 80}]
"""

    assert messages("HNV403", text % "B") == []
    assert len(messages("HNV403", text % "GW")) == 1


def test_an_extended_acl_counts_where_it_is_an_exception_or_keeps_state() -> None:
    text = """\
extended_acls:
  - {vms: A, direction: outbound, weight: 9, action: allow, protocol: tcp, stateful: %s}
  - {vms: A, direction: %s, weight: 1, action: deny, protocol: %s}
"""

    assert messages("HNV403", text % ("true", "inbound", "udp")) == []
    assert messages("HNV403", text % ("false", "outbound", "tcp")) == []
    assert messages("HNV403", text % ("false", "outbound", "udp")) == [
        "extended ACL weight 9 allows outbound packets that no extended ACL of the same VMs denies"
    ]


def test_an_entry_whose_replies_are_denied_is_left_to_the_rule_about_replies() -> None:
    text = """\
extended_acls:
  - {vms: A, direction: outbound, weight: 9, action: allow, protocol: tcp}
"""
    deny_in = "  - {vms: A, direction: inbound, weight: 1, action: deny}\n"

    assert len(messages("HNV403", text)) == 1
    assert messages("HNV403", text + deny_in) == []
    (finding,) = found("HNV411", text + deny_in)
    assert [note.message for note in finding.related] == [
        "extended ACL weight 9 lets them out and keeps no state"
    ]


def test_a_datacenter_acl_of_hnvv2_unblocks_its_port() -> None:
    text = """\
datacenter_acls: [{name: all, direction: inbound, priority: 1, action: allow}]
"""

    assert len(messages("HNV403", text)) == 1
    assert messages("HNV403", text, Profile.HNVV2) == []
