"""Who else is treated differently after a change."""

from __future__ import annotations

import pytest

from hnvemu import Fabric, Flow, Outcome, Policy, Reason, load_policy, replace
from hnvemu.analysis.impact import gains, impact, loses
from hnvemu.analysis.question import Question, ask
from hnvemu.analysis.what_if import what_if
from hnvemu.model.acl import Action, FirewallDefault
from hnvemu.reader.edit import Delete, PolicyText, Put
from hnvemu.trace.explanation import Changed, Ending
from hnvemu.wire.flow import read_flow

NEW = {"host": "H1", "vsid": 5001, "mac": "02-00-00-00-01-77", "ca": "10.0.1.77"}


@pytest.fixture(scope="module")
def texts() -> PolicyText:
    return PolicyText.read("sample:complex-routing")


@pytest.fixture(scope="module")
def before(texts: PolicyText) -> Fabric:
    return Fabric.compile(texts.policy())


def flow(fabric: Fabric, source: str, destination: str, service: str = "tcp/80") -> Flow:
    return ask(fabric, Question(source=source, destination=destination, service=service)).flow


def ends(changes: tuple[Changed, ...]) -> list[tuple[str, str]]:
    return [(changed.source, changed.destination) for changed in changes]


def test_no_change_concerns_nobody(before: Fabric) -> None:
    found = impact(before, Fabric.compile(before.policy), flow(before, "A", "X"))

    assert found == ((), 6 * 5 + 2 * 1 + 2, 34)  # T's pairs, U's, and U to an address of T alone


def test_a_dead_host_is_cut_off_from_those_that_run(before: Fabric) -> None:
    after = Fabric.compile(what_if(before.policy, down=["H3"]))

    found = impact(before, after, flow(before, "A", "X"))

    assert ends(found.changed) == [(f"T/{vm}", "T/GW") for vm in ("A", "B", "C", "X", "Y")]
    assert found.changed[0] == Changed(
        "T/A",
        "T/GW",
        "tcp 10.0.1.10:49152 > 10.0.2.250:80",
        Ending(Outcome.DELIVERED, None, "H3"),
        Ending(Outcome.DROPPED, Reason.PA_ARP_FAILED, "H1"),
    )


def test_packets_are_of_the_same_kind(texts: PolicyText, before: Fabric) -> None:
    rule = {"name": "no-web", "vms": "X", "action": "block", "protocol": "tcp", "local_port": 80}
    after = Fabric.compile(texts.edited([Put(("firewall", "rules"), [rule])]).policy())

    web = impact(before, after, flow(before, "A", "B", "tcp/80"))
    dns = impact(before, after, flow(before, "A", "B", "udp/53"))

    assert {destination for _, destination in ends(web.changed)} == {"T/X"}
    assert dns.changed == ()


def test_an_address_that_nobody_has_is_sent_to_by_all(texts: PolicyText, before: Fabric) -> None:
    route = ("virtual_networks", "T", "customer_routes", 3)
    after = Fabric.compile(texts.edited([Delete(route)]).policy())

    found = impact(before, after, flow(before, "A", "8.8.8.8"))

    assert ends(found.changed) == [(f"T/{vm}", "8.8.8.8") for vm in ("A", "B", "C", "X", "Y", "GW")]
    assert {changed.after.reason for changed in found.changed} == {Reason.ROUTE_MISSING}


def test_a_vm_that_is_gone_is_still_sent_to(texts: PolicyText, before: Fabric) -> None:
    vm = ("virtual_networks", "T", "vms", "C")
    after = Fabric.compile(texts.edited([Delete(vm)]).policy())

    found = impact(before, after, flow(before, "A", "X"))

    assert ("T/A", "T/C") in ends(found.changed)
    assert "T/C" not in {source for source, _ in ends(found.changed)}


def test_a_vm_that_comes_is_let_in(before: Fabric, texts: PolicyText) -> None:
    after = Fabric.compile(texts.edited([Put(("virtual_networks", "T", "vms", "N"), NEW)]).policy())

    found = impact(before, after, flow(before, "A", "X"))

    assert [gains(changed) for changed in found.changed] == [True] * 6
    assert {destination for _, destination in ends(found.changed)} == {"T/N"}


def test_a_move_alone_is_no_difference(before: Fabric) -> None:
    after = Fabric.compile(what_if(before.policy, migrate={"X": "H1"}))

    assert impact(before, after, flow(before, "A", "X")).changed == ()


def test_a_vm_that_had_no_address_before_sends_nothing() -> None:
    text = PolicyText.read("sample:learning")
    path = ("virtual_networks", "T", "vms", "D", "ca")
    old, new = (
        Fabric.compile(each.policy()) for each in (text, text.edited([Put(path, "10.0.1.60")]))
    )

    found = impact(old, new, flow(old, "A", "B"))

    assert ends(found.changed) == [(f"T/{vm}", "T/D") for vm in ("A", "B", "GW", "GW2")]


def test_those_who_lose_come_first(before: Fabric, texts: PolicyText) -> None:
    t = ("virtual_networks", "T")
    after = Fabric.compile(
        texts.edited(
            [
                Put((*t, "vms", "N"), NEW),
                Delete((*t, "vms", "C")),
            ]
        ).policy()
    )  # fmt: skip

    found = impact(before, after, flow(before, "A", "B")).changed

    kinds = [loses(changed) for changed in found]
    assert True in kinds
    assert kinds == sorted(kinds, reverse=True)


def test_it_says_when_it_was_cut_short(before: Fabric) -> None:
    after = Fabric.compile(what_if(before.policy, down=["H3"]))
    like = flow(before, "A", "X")

    whole, short = impact(before, after, like), impact(before, after, like, pairs=3)

    assert (short.compared, short.total) == (3, whole.total)
    assert whole.compared == whole.total


@pytest.mark.parametrize("first", [[], ["T/GW"], ["T/Y", "T/GW"], ["nobody"]])
def test_every_pair_is_compared_once_whoever_comes_first(before: Fabric, first: list[str]) -> None:
    policy = replace(
        before.policy,
        firewall=replace(
            before.policy.firewall, defaults=(FirewallDefault(inbound=Action.BLOCK),), rules=()
        ),
    )

    found = impact(before, Fabric.compile(policy), flow(before, "A", "X"), first=first)

    assert found.compared == found.total
    assert len(set(ends(found.changed))) == len(found.changed)
    if first == ["T/GW"]:
        assert all("T/GW" in pair for pair in ends(found.changed)[:10])


@pytest.mark.parametrize(
    ("frame", "packet"),
    [
        (bytes(12) + b"\x08\x06" + bytes(28), "icmp echo 10.0.1.10 > 10.0.2.250"),
        (bytes(12) + b"\x86\xdd", "icmp echo 10.0.1.10 > 10.0.2.250"),
    ],
)
def test_what_is_no_ip_packet_is_compared_by_pings(
    before: Fabric, frame: bytes, packet: str
) -> None:
    after = Fabric.compile(what_if(before.policy, down=["H3"]))

    found = impact(before, after, read_flow(frame))

    assert found.changed[0].packet == packet


def test_pairs_are_of_the_packet_s_family(before: Fabric) -> None:
    after = Fabric.compile(what_if(before.policy, down=["H3"]))

    found = impact(before, after, flow(before, "A", "2001:db8:12::14", "tcp/80"))

    assert found.changed[0].packet == "tcp [2001:db8:1::a]:49152 > [2001:db8:2::fa]:80"
    assert len(found.changed) == 3  # A, B and X have IPv6


def test_no_vm_is_no_pair() -> None:
    empty = Fabric.compile(Policy())

    assert impact(empty, empty, read_flow(bytes(14))) == ((), 0, 0)
    assert load_policy("sample:starter").ports
