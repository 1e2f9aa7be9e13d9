"""What if a VM had moved, a host had not heard of it, a host were down?"""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from hnvemu import Fabric, Outcome, Policy, QuestionError, Reason, load_policy, replace
from hnvemu.analysis.question import Question, ask, next_hop
from hnvemu.analysis.what_if import compare, migrated, ports_of_vm, what_if
from hnvemu.model.policy import HostView
from hnvemu.reader.edit import PolicyText, Put
from hnvemu.trace.explanation import Ending


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy("sample:complex-routing")


def fate(policy: Policy, source: str, destination: str) -> tuple[Outcome, Reason | None, str]:
    trace = ask(Fabric.compile(policy), Question(source=source, destination=destination))
    return trace.outcome, trace.reason, trace.hops[-1].node


def test_nothing_supposed_is_the_same_policy(policy: Policy) -> None:
    assert what_if(policy) is policy


def test_a_migration_moves_the_port_and_every_record(policy: Policy) -> None:
    """MOB-1: the records of the VM's VSID and MAC lead to the new host."""
    after = what_if(policy, migrate={"X": "H1"})

    assert after.ports["T/X"].host == "H1"
    assert {str(r.pa) for r in after.records if r.mac == policy.ports["T/X"].mac} == {
        "192.168.10.11"
    }
    assert [r for r in after.records if r.vm != "X"] == [r for r in policy.records if r.vm != "X"]
    assert fate(after, "GW", "X") == (Outcome.DELIVERED, None, "H1")


@pytest.mark.parametrize("vm", ["A", "B", "X", "GW"])
@pytest.mark.parametrize("host", ["H1", "H2", "H3"])
def test_generated_records_follow_a_move_as_if_it_were_written(
    policy: Policy, vm: str, host: str
) -> None:
    texts = PolicyText.read("sample:complex-routing")
    written = texts.edited([Put(("virtual_networks", "T", "vms", vm, "host"), host)]).policy()

    assert migrated(policy, vm, host) == written


def test_wildcards_of_a_gateway_move_with_it(policy: Policy) -> None:
    after = what_if(policy, migrate={"GW": "H1"})

    assert fate(after, "B", "8.8.8.8") == (Outcome.TO_GATEWAY, None, "H1")


def test_a_listed_record_of_another_mac_stays(policy: Policy) -> None:
    x = next(record for record in policy.records if record.vm == "X")
    other = replace(x, mac=policy.ports["T/Y"].mac, ca=ip_address("10.1.2.99"))

    after = migrated(replace(policy, records=(*policy.records, other)), "X", "H1")

    assert after.records[-1] == other


def test_what_host_views_override_stays(policy: Policy) -> None:
    x = next(record for record in policy.records if record.vm == "X" and record.ca.version == 4)
    views = {"H3": HostView(host="H3", lookup_records=(x,))}

    after = what_if(replace(policy, views=views), migrate={"X": "H1"})

    assert fate(after, "GW", "X") == (Outcome.DROPPED, Reason.DST_PA_MISMATCH, "H2")


def test_a_stale_host_sends_to_where_the_vm_was(policy: Policy) -> None:
    after = what_if(policy, migrate={"X": "H1"}, stale=["H3"])

    assert fate(after, "A", "X") == (Outcome.DELIVERED, None, "H1")
    assert fate(after, "GW", "X") == (Outcome.DROPPED, Reason.DST_PA_MISMATCH, "H2")
    assert fate(after, "X", "GW") == (Outcome.DROPPED, Reason.SRC_PA_MISMATCH, "H3")


def test_a_stale_host_has_the_routes_from_before(policy: Policy) -> None:
    edited = replace(policy, routes=tuple(r for r in policy.routes if r.next_hop is None))

    after = what_if(edited, stale=["H1"], before=policy)

    assert fate(after, "A", "8.8.8.8") == (Outcome.TO_GATEWAY, None, "H3")
    assert next_hop(Fabric.compile(after), "A", "8.8.8.8").record is not None
    assert fate(after, "B", "8.8.8.8") == (Outcome.DROPPED, Reason.ROUTE_MISSING, "H2")


def test_a_stale_host_keeps_what_only_it_knew(policy: Policy) -> None:
    x = next(record for record in policy.records if record.vm == "X" and record.ca.version == 4)
    wrong = replace(x, pa=ip_address("192.168.20.13"))
    before = replace(policy, views={"H1": HostView(host="H1", lookup_records=(wrong,))})

    after = what_if(before, migrate={"Y": "H3"}, stale=["H1"])

    assert fate(after, "A", "X")[1:] == (Reason.DST_PA_MISMATCH, "H3")


def test_nobody_answers_for_a_host_that_is_down(policy: Policy) -> None:
    after = what_if(policy, down=["H2"])

    assert fate(after, "A", "X") == (Outcome.DROPPED, Reason.PA_ARP_FAILED, "H1")


@pytest.mark.parametrize("source", ["X", "pa:H2"])
def test_a_question_that_starts_on_a_host_that_is_down_is_refused(
    policy: Policy, source: str
) -> None:
    fabric = Fabric.compile(what_if(policy, down=["H2"]))

    with pytest.raises(QuestionError, match="host 'H2' is down"):
        fabric.send(bytes(64), at=source)


def test_a_host_that_is_down_has_no_next_hop(policy: Policy) -> None:
    with pytest.raises(QuestionError, match="'T/X' cannot send: host 'H2' is down"):
        next_hop(Fabric.compile(what_if(policy, down=["H2"])), "X", "A")


def test_a_vm_survives_by_moving(policy: Policy) -> None:
    after = what_if(policy, migrate={"X": "H1"}, down=["H2"])

    assert fate(after, "A", "X") == (Outcome.DELIVERED, None, "H1")


def test_every_host_gets_the_mtu(policy: Policy) -> None:
    after = what_if(policy, mtu=100)

    assert {host.mtu for host in after.hosts.values()} == {100}
    assert fate(after, "A", "X") == (Outcome.DROPPED, Reason.MTU_EXCEEDED, "H1")


def test_the_digest_is_not_that_of_the_files(policy: Policy) -> None:
    one, two = what_if(policy, mtu=100), what_if(policy, mtu=200)

    assert len({policy.sha256, one.sha256, two.sha256}) == 3
    assert one.sha256 == what_if(policy, mtu=100).sha256


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"migrate": {"V": "H1"}}, "no VM is named 'V'"),
        ({"migrate": {"": "H1"}}, "no VM is named ''"),
        ({"migrate": {"X": "H9"}}, "no host is named 'H9'\n  help: known: H1, H2, H3"),
        ({"down": ["H9"]}, "no host is named 'H9'"),
        ({"stale": ["h2"]}, "no host is named 'h2'\n  help: did you mean 'H2'"),
        ({"mtu": 70000}, "70000 is no MTU"),
        ({"mtu": -1}, "-1 is no MTU"),
    ],
)
def test_what_cannot_be_supposed_is_refused(
    policy: Policy, asked: dict[str, object], message: str
) -> None:
    with pytest.raises(QuestionError) as caught:
        what_if(policy, **asked)  # type: ignore[arg-type]

    assert caught.match(message)


def test_a_vm_cannot_move_to_a_host_without_an_address(policy: Policy) -> None:
    hosts = {**policy.hosts, "H1": replace(policy.hosts["H1"], addresses=())}

    with pytest.raises(QuestionError, match="'X' cannot be reached on 'H1'"):
        what_if(replace(policy, hosts=hosts), migrate={"X": "H1"})


def test_a_vm_moves_with_all_its_adapters() -> None:
    policy = load_policy("sample:gateway-demo")
    port = next(iter(policy.ports.values()))
    two = {name: replace(port, name=name, network="T") for name in ("T/GW:inside", "T/GW:outside")}
    both = replace(policy, ports={**policy.ports, **two})

    assert [found.name for found in ports_of_vm(both, "T/GW")] == [*two]
    with pytest.raises(QuestionError, match="one adapter, and a VM moves with all"):
        ports_of_vm(both, "GW:inside")


def test_a_name_of_two_vms_is_not_enough() -> None:
    with pytest.raises(QuestionError, match="more than one VM\n  help: write blue/web or red/web"):
        ports_of_vm(load_policy("sample:two-tenants"), "web")


def test_a_change_is_compared_with_what_was(policy: Policy) -> None:
    before = Fabric.compile(policy)
    after = Fabric.compile(what_if(policy, migrate={"X": "H1"}, stale=["H3"]))
    question = Question(source="A", destination="X")

    found = compare(
        before,
        after,
        ask(after, question),
        was=ask(before, question),
        supposed=("--migrate X=H1", "--stale H3"),
        moved=["X"],
    )

    assert found.before == Ending(Outcome.DELIVERED, None, "H2")
    assert [(c.source, c.destination, c.after.reason) for c in found.cut_off] == [
        ("T/X", "T/GW", Reason.SRC_PA_MISMATCH),
        ("T/GW", "T/X", Reason.DST_PA_MISMATCH),
    ]
    assert (found.let_in, found.changed) == ((), ())
    assert found.compared == found.pairs
