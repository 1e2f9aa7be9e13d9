"""Which entries are in force nowhere."""

from __future__ import annotations

from lint.networks import messages


def test_an_entry_for_another_vsid_or_profile_is_never_active() -> None:
    text = """\
firewall:
  rules:
    - {name: office, vms: [A], profile: domain, action: block, protocol: tcp}
extended_acls:
  - {vms: [A], direction: inbound, weight: 5, action: deny, protocol: udp, isolation_id: 5002}
"""

    assert messages("HNV414", text) == [
        "rule 'office' is for the network profile domain, and none of its VMs' adapters has that",
        "extended ACL weight 5 is for VSID 5002, and none of its ports has that",
    ]
