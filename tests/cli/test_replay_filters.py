"""``--filter``: which flows are meant, and what can mean none."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import pytest
from cli.captures import A, answered, sent

from hnvemu import Fabric, load_policy
from hnvemu.addresses import parse_address
from hnvemu.cli.replay_filters import KEYS, read_filters
from hnvemu.errors import QuestionError
from hnvemu.render.replay_rows import row_of
from hnvemu.replay.summary import Verdict
from hnvemu.trace.outcome import Outcome, Reason
from hnvemu.wire.flow import read_flow
from hnvemu.wire.neighbour import question

if TYPE_CHECKING:
    from pathlib import Path

    from hnvemu.render.replay_rows import Row

DELIVERED = Verdict(
    outcome=Outcome.DELIVERED,
    reason=None,
    node="H2",
    to="T/B",
    rule=None,
    mechanism=None,
    origin=None,
    way=("T/A", "H1", "NVGRE 5001", "H2", "T/B"),
    copies=0,
)
DENIED = DELIVERED._replace(
    outcome=Outcome.DROPPED, reason=Reason.ACL_DENY_IN, rule="no-telnet", mechanism="firewall"
)
LOST = DELIVERED._replace(
    outcome=Outcome.DROPPED, reason=Reason.DST_RECORD_MISSING, node="H1", to=None, way=("H1",)
)
BACK = DELIVERED._replace(node="H1", to="T/A", way=("T/B", "H2", "NVGRE 5001", "H1", "T/A"))
ASKED = read_flow(
    question(
        src_mac=A, src=parse_address("10.0.1.10"), target=parse_address("10.0.1.11"), dst_mac=None
    )
)
ROWS = {
    "web": row_of("T/A", read_flow(sent(80)), DELIVERED),
    "telnet": row_of("T/A", read_flow(sent(23)), DENIED),
    "back": row_of("T/B", read_flow(answered(80)), BACK),
    "ping": row_of("T/A", read_flow(sent(protocol=1, dst=parse_address("10.0.9.9"))), LOST),
    "gre": row_of("T/A", read_flow(sent(protocol=47)), DELIVERED),
    "arp": row_of("T/A", ASKED, DELIVERED._replace(to=None, way=("T/A", "H1"), node="H1")),
    "inside": row_of("pa:H2", read_flow(sent(443)), DELIVERED),
}
ALL = {*ROWS}


@pytest.fixture
def fabric(policy: Path) -> Fabric:
    return Fabric.compile(load_policy(policy))


def chosen(fabric: Fabric, *texts: str) -> set[str]:
    filters = read_filters(texts, fabric)
    return {name for name, row in ROWS.items() if filters.matches(row)}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("outcome=dropped", {"telnet", "ping"}),
        ("outcome=Dropped,DELIVERED", ALL),
        ("outcome=to-gateway", set()),
        ("reason=acl_deny_in", {"telnet"}),
        ("reason=ACL-DENY-IN,DST_RECORD_MISSING", {"telnet", "ping"}),
        ("vm=B", ALL - {"ping", "arp"}),
        ("from=T/B", {"back"}),
        ("to=A", {"back"}),
        ("entry=pa:H2", {"inside"}),
        ("entry=B,pa:H2", {"back", "inside"}),
        ("host=H2", ALL - {"ping", "arp"}),
        ("rule=no-telnet", {"telnet"}),
        ("src=10.0.1.11", {"back"}),
        ("dst=10.0.1.11", {"web", "telnet", "gre", "arp", "inside"}),
        ("dst=10.0.9.0/24", {"ping"}),
        ("dst=2001:db8::/32", set()),
        ("proto=tcp", {"web", "telnet", "back", "inside"}),
        ("proto=6", {"web", "telnet", "back", "inside"}),
        ("proto=icmp,47", {"ping", "gre"}),
        ("proto=ARP", {"arp"}),
        ("sport=80", {"back"}),
        ("dport=80", {"web"}),
        ("dport=1-100, 443", {"web", "telnet", "inside"}),
    ],
)
def test_a_filter_means_the_flows_that_have_one_of_its_values(
    fabric: Fabric, text: str, names: set[str]
) -> None:
    assert chosen(fabric, text) == names
    assert chosen(fabric, text.replace("=", "!=", 1)) == ALL - names


def test_all_filters_have_to_hold(fabric: Fabric) -> None:
    assert chosen(fabric, "proto=tcp", "outcome!=dropped", "from=A") == {"web"}


def test_every_key_is_tried_above(fabric: Fabric) -> None:
    [mark] = test_a_filter_means_the_flows_that_have_one_of_its_values.pytestmark  # type: ignore[attr-defined]

    assert {text.partition("=")[0] for text, _ in mark.args[1]} == {*KEYS}
    del fabric


@pytest.mark.parametrize(
    ("text", "message", "help_text"),
    [
        ("dropped", "'dropped' is not a filter", "KEY=VALUE"),
        ("outcome=", "'outcome=' has no value", "such as"),
        ("outcom=dropped", "'outcom' is nothing to filter by", "did you mean 'outcome'?"),
        ("outcome=droped", "there is no outcome 'droped'", "did you mean 'dropped'?"),
        ("reason=ACL_DENY_INN", "no reason 'ACL_DENY_INN'", "did you mean 'ACL_DENY_IN'?"),
        ("vm=C", "no VM is named 'C'", "known: A, B"),
        ("from=pa:H2", "no VM is named 'pa:H2'", ""),
        ("entry=pa:H7", "there is no entry 'pa:H7'", "pa:H"),
        ("host=h1", "there is no host 'h1'", "did you mean 'H1'?"),
        ("rule=no-telnets", "there is no rule 'no-telnets'", "did you mean 'no-telnet'?"),
        ("src=10.0.0.0/33", "'10.0.0.0/33' is not a prefix", ""),
        ("dst=B", "'B' is not a prefix", ""),
        ("proto=tpc", "there is no protocol 'tpc'", "did you mean 'tcp'?"),
        ("proto=256", "there is no protocol '256'", ""),
        ("sport=web", "'web' is no port", "a number to 65535"),
        ("dport=65536", "'65536' is no port", ""),
        ("dport=90-80", "no port lies in '90-80'", "write 80-90"),
        ("dport=80,", "'' is no port", ""),
    ],
)
def test_a_filter_that_can_match_nothing_is_refused(
    fabric: Fabric, text: str, message: str, help_text: str
) -> None:
    with pytest.raises(QuestionError) as caught:
        read_filters([text], fabric)

    assert message in caught.value.message
    assert help_text in (caught.value.help or "")


def test_a_name_with_a_comma_is_one_name(policy: Path) -> None:
    text = policy.read_text(encoding="utf-8").replace("name: no-telnet", "name: 'no, never'")
    policy.write_text(text, encoding="utf-8")
    row: Row = {**ROWS["telnet"], "rule": "no, never"}

    filters = read_filters(["rule=no, never"], Fabric.compile(load_policy(policy)))

    assert filters.matches(row)


def test_a_vm_stands_for_all_its_adapters() -> None:
    fabric = Fabric.compile(load_policy("sample:complex-routing"))
    gateways = [name for name in fabric.policy.ports if name.startswith("T/GW")]
    filters = read_filters(["vm=GW"], fabric)

    found = [name for name in fabric.policy.ports if filters.matches({"from": name, "to": None})]

    assert found == gateways


def test_filters_can_be_told_to_other_processes(fabric: Fabric) -> None:
    filters = read_filters(["vm=A", "dst!=10.0.9.0/24", "dport=1-100"], fabric)

    again = pickle.loads(pickle.dumps(filters.keep))

    assert again("T/A", read_flow(sent(80)), DELIVERED)
    assert not again("T/A", read_flow(sent(443)), DELIVERED)
