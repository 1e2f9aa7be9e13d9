"""Which rules may share a name."""

from __future__ import annotations

from lint.networks import messages


def test_rules_of_different_vms_may_share_a_name() -> None:
    text = """\
firewall:
  rules:
    - {name: web, vms: [A], action: block, protocol: tcp, local_port: 81}
    - {name: Web, vms: [%s], action: block, protocol: tcp, local_port: 82}
"""

    assert messages("HNV415", text % "B") == []
    assert messages("HNV415", text % '"*"') == [
        "the VMs of rule 'Web' have another one of that name"
    ]
