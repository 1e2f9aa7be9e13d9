"""Which entries of one weight contradict each other."""

from __future__ import annotations

from lint.networks import found, messages

PAIR = """\
extended_acls:
  - {vms: %s, direction: inbound, weight: 5, action: allow, protocol: tcp, remote: 10.0.1.0/24}
  - {vms: [B], direction: inbound, weight: %s, action: deny, protocol: %s, local_port: 80%s}
"""


def test_equal_weights_matter_for_packets_that_both_match() -> None:
    (finding,) = found("HNV408", PAIR % ("[A, B]", 5, "tcp", ""))

    assert finding.message == (
        "extended ACL weight 5 allows inbound packets that another entry of weight 5 denies, such"
        " as TCP from 10.0.1.0 to port 80 at T/B"
    )
    assert messages("HNV408", PAIR % ("[A]", 5, "tcp", "")) == []
    assert messages("HNV408", PAIR % ("[A, B]", 6, "tcp", "")) == []
    assert messages("HNV408", PAIR % ("[A, B]", 5, "udp", "")) == []
    assert messages("HNV408", PAIR % ("[A, B]", 5, "tcp", ", remote: 10.0.2.0/24")) == []
    assert messages("HNV408", PAIR % ("[A, B]", 5, "tcp", ", isolation_id: 5002")) == []
