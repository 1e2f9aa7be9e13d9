"""Which requests pass a port that denies the replies to them."""

from __future__ import annotations

from lint.networks import messages

PORT_ACLS = """\
port_acls:
  - {vms: B, direction: %s, action: allow, remote: 10.0.1.0/24}
  - {vms: B, direction: %s, action: deny, remote: %s}
"""


def test_a_port_acl_lets_requests_in_and_denies_the_replies() -> None:
    (message,) = messages("HNV412", PORT_ACLS % ("inbound", "outbound", "any"))

    assert message == (
        "port ACL allow remote 10.0.1.0/24 lets inbound requests pass at T/B, and port ACL deny any"
        " denies the replies"
    )


def test_a_port_acl_of_both_directions_lets_replies_pass() -> None:
    assert messages("HNV412", PORT_ACLS % ("both", "outbound", "any")) == []


def test_replies_that_only_some_requests_lack_are_no_finding() -> None:
    assert messages("HNV412", PORT_ACLS % ("inbound", "outbound", "10.0.1.255")) == []


def test_udp_may_do_without_an_answer() -> None:
    text = """\
datacenter_acls:
  - {name: log, vms: B, direction: inbound, priority: 1, action: allow, protocol: %s%s}
  - {name: out, vms: B, direction: outbound, priority: 2, action: deny}
"""

    assert messages("HNV412", text % ("udp", ", destination_port: 514")) == []
    assert len(messages("HNV412", text % ("tcp", ", destination_port: 514"))) == 1
    assert len(messages("HNV412", text % ("icmpv4", ""))) == 1


def test_a_server_that_answers_its_neighbours_alone_is_meant() -> None:
    text = """\
datacenter_acls:
  - {name: web, vms: B, direction: inbound, priority: 1, action: allow, protocol: tcp}
  - {name: out, vms: B, direction: outbound, priority: 2, action: deny, destination: Internet}
"""

    assert messages("HNV412", text) == []
    assert len(messages("HNV412", text.replace("Internet", "any"))) == 1
