"""What holds of every accepted policy and every packet."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from properties import strategies

from hnvemu import NO_SESSIONS, Fabric, Outcome, Reason, read_flow
from hnvemu.trace.steps import ReplicatedByGroup
from hnvemu.wire.encapsulation import unwrap

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hnvemu import Trace

FAILURES = {Outcome.DROPPED, Outcome.UNDECIDED}
ARRIVALS = {Outcome.DELIVERED, Outcome.TO_GATEWAY, Outcome.ANSWERED}


def effect(trace: Trace) -> tuple[object, ...]:
    """What anybody outside the switch can see of a trace."""
    wire = [(frame.sender, frame.receiver, frame.frame) for frame in trace.wire]
    delivered = [(frame.to, frame.vsid, frame.frame) for frame in trace.delivered]
    copies = sorted((effect(branch) for branch in trace.branches), key=repr)  # no order is promised
    return trace.outcome, trace.reason, trace.hops[-1].node, wire, delivered, copies


def with_copies(trace: Trace) -> Iterator[Trace]:
    """Yield a trace, those of its copies, and those of theirs."""
    yield trace
    for branch in trace.branches:
        yield from with_copies(branch)


@given(st.data())
def test_no_frame_and_no_policy_raise(tmp_path: Path, data: st.DataObject) -> None:
    policy = strategies.loaded(data.draw(strategies.documents()), tmp_path)
    fabric = Fabric.compile(policy)
    at = data.draw(st.sampled_from([*policy.ports, *(f"pa:{host}" for host in policy.hosts)]))

    for frame in data.draw(st.lists(strategies.octets(), min_size=1, max_size=10)):
        for trace in with_copies(fabric.send(frame, at=at)):
            assert isinstance(trace.outcome, Outcome)
            assert (trace.reason is not None) == (trace.outcome in FAILURES)
            assert len(trace.delivered) == (trace.outcome in ARRIVALS)


@given(st.data())
def test_a_path_ends_with_its_last_step_and_only_there(tmp_path: Path, data: st.DataObject) -> None:
    policy = strategies.loaded(data.draw(strategies.documents()), tmp_path)
    fabric = Fabric.compile(policy)

    for at, frame in data.draw(st.lists(strategies.sent(policy), min_size=1, max_size=10)):
        for trace in with_copies(fabric.send(frame, at=at)):
            ends = [step.outcome is not None for step in trace.steps]
            assert ends == [False] * (len(ends) - 1) + [True]
            to_group = isinstance(trace.steps[-1], ReplicatedByGroup)
            assert len(trace.hops) == len(trace.wire) + (0 if to_group else 1)
            assert (trace.outcome is Outcome.REPLICATED) or not trace.branches


@given(st.data())
def test_routing_domains_are_isolated(tmp_path: Path, data: st.DataObject) -> None:
    """Where each VSID is one network's, nothing sent in one network reaches another."""
    policy = strategies.loaded(data.draw(strategies.documents()), tmp_path)
    assume(len(policy.networks) > 1)
    fabric = Fabric.compile(policy)

    for at, frame in data.draw(st.lists(strategies.sent(policy), min_size=10, max_size=20)):
        for trace in with_copies(fabric.send(frame, at=at)):
            for delivered in trace.delivered:
                assert policy.ports[delivered.to].network == policy.ports[at].network


@given(st.data())
def test_copies_reach_the_senders_subnet_and_nobody_twice(
    tmp_path: Path, data: st.DataObject
) -> None:
    """No copy leaves the VSID, none goes back, and each PA gets at most one (BUM-2, BUM-4)."""
    policy = strategies.loaded(data.draw(strategies.documents()), tmp_path)
    fabric = Fabric.compile(policy)

    for at, frame in data.draw(st.lists(strategies.sent(policy), min_size=10, max_size=20)):
        trace = fabric.send(frame, at=at)
        if trace.outcome is not Outcome.REPLICATED:
            continue
        vsid = policy.ports[at].vsid
        everything = [*with_copies(trace)]
        to = [str(wire.tunnel.dst) for each in everything for wire in each.wire]
        assert len(to) == len(set(to))
        assert {wire.tunnel.vsid for each in everything for wire in each.wire} <= {vsid}
        reached = [delivered for each in everything for delivered in each.delivered]
        assert all(delivered.vsid == vsid for delivered in reached)
        assert all(delivered.frame == frame for delivered in reached)
        assert at not in {delivered.to for delivered in reached}


@given(st.data())
def test_what_was_learned_once_is_not_learned_again(tmp_path: Path, data: st.DataObject) -> None:
    policy = strategies.loaded(data.draw(strategies.documents()), tmp_path)
    fabric = Fabric.compile(policy)

    for at, frame in data.draw(st.lists(strategies.sent(policy), min_size=10, max_size=20)):
        trace = fabric.send(frame, at=at)
        after = fabric.after(trace)
        again = after.send(frame, at=at)

        assert (after is fabric) == (not trace.learnt)
        assert again.learnt == ()
        if trace.learnt and trace.outcome is Outcome.DELIVERED:
            assert effect(again) == effect(trace)


@given(st.data())
def test_the_order_of_a_policy_never_matters(tmp_path: Path, data: st.DataObject) -> None:
    """Mappings and lists may be written in any order: they are sets."""
    document = data.draw(strategies.documents())
    other = copy.deepcopy(document)
    for lists in (
        *(network["customer_routes"] for network in other["virtual_networks"].values()),
        *(network["lookup_records"] for network in other["virtual_networks"].values()),
        *(host["provider_routes"] for host in other["hosts"].values()),
        *([other["firewall"]["rules"]] if "firewall" in other else []),
        *(other[key] for key in ("port_acls", "extended_acls", "datacenter_acls") if key in other),
    ):
        lists.reverse()
    for mappings in (other["hosts"], other["virtual_networks"]):
        for name in reversed(list(mappings)):
            mappings[name] = mappings.pop(name)
    first = Fabric.compile(strategies.loaded(document, tmp_path))
    second = Fabric.compile(strategies.loaded(other, tmp_path))

    for at, frame in data.draw(st.lists(strategies.sent(first.policy), min_size=5, max_size=20)):
        assert effect(first.send(frame, at=at)) == effect(second.send(frame, at=at))


@given(st.data())
def test_an_unrelated_network_changes_no_trace(tmp_path: Path, data: st.DataObject) -> None:
    document = data.draw(strategies.documents())
    alone = Fabric.compile(strategies.loaded(document, tmp_path))
    unrelated = json.dumps(data.draw(strategies.network(9)))
    document["virtual_networks"]["Unrelated"] = json.loads(unrelated.replace("-00-01-", "-99-01-"))
    beside = Fabric.compile(strategies.loaded(document, tmp_path))

    for at, frame in data.draw(st.lists(strategies.sent(alone.policy), min_size=5, max_size=20)):
        # Rules for every VM concern the new ones too, and never the old ones' packets.
        assert effect(alone.send(frame, at=at)) == effect(beside.send(frame, at=at))


@given(st.data())
def test_a_remembered_path_is_the_walked_one(tmp_path: Path, data: st.DataObject) -> None:
    policy = strategies.loaded(data.draw(strategies.documents()), tmp_path)
    remembering = Fabric.compile(policy)

    for at, frame in data.draw(st.lists(strategies.sent(policy), min_size=5, max_size=10)):
        first = remembering.send(frame, at=at)
        again = remembering.send(frame, at=at)
        fresh = Fabric.compile(policy).send(frame, at=at)

        assert again.path is first.path
        assert again.path == fresh.path
        assert effect(again) == effect(fresh)


@given(st.data())
def test_a_remembered_reply_is_the_walked_one(tmp_path: Path, data: st.DataObject) -> None:
    """Sessions are part of what a path is remembered by."""
    document = data.draw(strategies.documents())
    document["firewall"] = {"defaults": {"inbound": "block", "outbound": "allow"}}
    policy = strategies.loaded(document, tmp_path)
    remembering = Fabric.compile(policy)
    sessions = NO_SESSIONS
    frames = data.draw(st.lists(strategies.sent(policy), min_size=4, max_size=8))
    for at, frame in frames:
        answer = strategies.reply(policy, frame)
        if answer is not None:
            # Before and after what it replies to: the same flow, and another verdict.
            frames = [answer, (at, frame), answer, *frames]
    for _ in range(2):
        for at, frame in frames:
            remembered = remembering.send(frame, at=at, sessions=sessions)
            fresh = Fabric.compile(policy).send(frame, at=at, sessions=sessions)

            assert remembered.path == fresh.path
            assert remembered.sessions == fresh.sessions
            sessions = remembered.sessions


@given(st.data())
def test_what_was_wrapped_unwraps_to_what_was_delivered(
    tmp_path: Path, data: st.DataObject
) -> None:
    policy = strategies.loaded(data.draw(strategies.documents()), tmp_path)
    fabric = Fabric.compile(policy)

    sent = data.draw(st.lists(strategies.sent(policy), min_size=5, max_size=20))
    traces = [each for at, frame in sent for each in with_copies(fabric.send(frame, at=at))]
    for trace in traces:
        for wire in trace.wire:
            outer = unwrap(wire.frame)
            assert outer.fault == 0
            assert (outer.vsid, outer.src, outer.dst) == (
                wire.tunnel.vsid,
                int(wire.tunnel.src),
                int(wire.tunnel.dst),
            )
            assert all(delivered.frame == outer.inner for delivered in trace.delivered)


@given(st.data())
def test_a_frame_on_the_wire_is_treated_alike_when_it_comes_from_a_capture(
    tmp_path: Path, data: st.DataObject
) -> None:
    """The receiving host decides from the octets what it decided from the steps."""
    policy = strategies.loaded(data.draw(strategies.documents()), tmp_path)
    fabric = Fabric.compile(policy)

    for at, frame in data.draw(st.lists(strategies.sent(policy), min_size=5, max_size=20)):
        for trace in with_copies(fabric.send(frame, at=at)):
            to_group = isinstance(trace.steps[-1], ReplicatedByGroup)
            for wire in trace.wire:
                for heard in trace.branches if to_group else (trace,):
                    captured = fabric.send(wire.frame, at=f"pa:{heard.hops[-1].node}")

                    assert (captured.outcome, captured.reason) == (heard.outcome, heard.reason)
                    assert [*map(effect, captured.branches)] == [*map(effect, heard.branches)]
                    received = [f.frame for f in captured.delivered]
                    assert received == [f.frame for f in heard.delivered]


@pytest.mark.parametrize("profile", ["transparent", "hnvv2"])
@given(st.data())
def test_profiles_that_keep_the_frame_keep_every_octet(
    tmp_path: Path, profile: str, data: st.DataObject
) -> None:
    document = {**data.draw(strategies.documents()), "profile": profile}
    fabric = Fabric.compile(strategies.loaded(document, tmp_path))
    untouched = 0 if profile == "transparent" else 6  # hnvv2 writes the destination MAC

    for at, frame in data.draw(st.lists(strategies.sent(fabric.policy), min_size=5, max_size=20)):
        for trace in with_copies(fabric.send(frame, at=at)):
            if trace.outcome is Outcome.ANSWERED:
                continue
            for delivered in trace.delivered:
                assert delivered.frame[untouched:] == frame[untouched:]
                assert read_flow(delivered.frame).fault == 0


@given(st.data())
def test_reasons_that_nothing_emits_are_not_emitted(tmp_path: Path, data: st.DataObject) -> None:
    policy = strategies.loaded(data.draw(strategies.documents()), tmp_path)
    fabric = Fabric.compile(policy)

    for frame in data.draw(st.lists(strategies.octets(), min_size=5, max_size=20)):
        trace = fabric.send(frame, at=data.draw(st.sampled_from([*policy.ports])))

        assert trace.reason not in {Reason.NO_POLICY, Reason.NOT_UNICAST, Reason.STORM_LIMIT}
