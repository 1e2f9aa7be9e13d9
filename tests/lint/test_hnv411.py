"""Whose replies get lost at the port that asked."""

from __future__ import annotations

import pytest
from lint.networks import found, messages

DENY_IN = "  - {vms: A, direction: inbound, weight: 1, action: deny%s}\n"


def test_a_vm_without_outbound_entries_may_open_and_hears_nothing() -> None:
    assert messages("HNV411", "extended_acls:\n" + DENY_IN % "") == [
        "extended ACL weight 1 denies the replies to the TCP connections that T/A may open"
    ]


@pytest.mark.parametrize(
    "said", [", remote: 10.0.9.0/24", ", local_port: 23, protocol: tcp", ", protocol: icmpv4"]
)
def test_an_entry_against_some_peers_or_servers_is_meant(said: str) -> None:
    assert messages("HNV411", "extended_acls:\n" + DENY_IN % said) == []


def test_a_vm_that_may_open_nothing_needs_no_replies() -> None:
    text = """\
extended_acls:
  - {vms: A, direction: outbound, weight: 1, action: deny}
"""

    assert messages("HNV411", text + DENY_IN % "") == []


def test_a_firewall_that_lets_nothing_out_has_nothing_to_reply_to() -> None:
    text = """\
firewall: {defaults: {vms: A, outbound: block}}
extended_acls:
"""

    assert messages("HNV411", text + DENY_IN % "") == []


def test_an_entry_for_the_replies_themselves_is_enough() -> None:
    text = """\
extended_acls:
  - {vms: A, direction: outbound, weight: 9, action: allow, protocol: tcp, remote_port: 443}
  - {vms: A, direction: outbound, weight: 1, action: deny}
%s"""
    replies = "  - {vms: A, direction: inbound, weight: 9, action: allow, remote_port: 443%s}\n"

    (finding,) = found("HNV411", text % (DENY_IN % ""))

    assert [note.message for note in finding.related] == [
        "extended ACL weight 9 lets them out and keeps no state"
    ]
    with_replies = text % (replies % ", protocol: tcp" + DENY_IN % "")
    assert messages("HNV411", with_replies) == []
    assert messages("HNV412", with_replies) == []


def test_an_allow_with_state_of_udp_does_not_remember_tcp() -> None:
    text = """\
extended_acls:
  - {vms: A, direction: outbound, weight: 9, action: allow, protocol: %s, stateful: true}
"""

    assert len(messages("HNV411", text % "udp" + DENY_IN % "")) == 1
    assert messages("HNV411", text % "any" + DENY_IN % "") == []


def test_two_reports_of_one_mistake_are_one() -> None:
    text = """\
extended_acls:
  - {vms: A, direction: outbound, weight: 9, action: allow, protocol: tcp}
"""

    assert len(messages("HNV411", text + DENY_IN % "")) == 1
    assert messages("HNV412", text + DENY_IN % "") == []
    narrow = ", remote: 0.0.0.0/0, remote_port: 443, protocol: tcp"
    assert messages("HNV411", text + DENY_IN % narrow) == []
