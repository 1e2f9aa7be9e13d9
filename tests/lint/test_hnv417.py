"""Which ports of HNVv2 are closed."""

from __future__ import annotations

from lint.networks import messages

from hnvemu.model.policy import Profile

ACLS = """\
datacenter_acls:
  - {name: all in, vms: [A, GW], direction: inbound, priority: 1, action: allow}
"""


def test_a_port_of_hnvv2_without_an_entry_is_found() -> None:
    assert messages("HNV417", ACLS, Profile.HNVV2) == [
        "T/B has no datacenter ACL, and HNVv2 blocks such a port"
    ]
    assert messages("HNV417", ACLS) == []
    assert messages("HNV417", "", Profile.HNVV2) == []
