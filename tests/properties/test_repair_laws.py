"""What holds of every repair: it is run, it is enough, and none of it is too much."""

from __future__ import annotations

import re
from functools import cache
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from properties.amount import FEW
from properties.strategies import documents, loaded, sent

from hnvemu import Fabric
from hnvemu.addresses import MacAddress
from hnvemu.analysis.repair import _arrival, _joined, _Packet, _Repair, _without, repair
from hnvemu.errors import HnvemuError
from hnvemu.model.policy import Profile
from hnvemu.reader.edit import Append, Delete, Edit, PolicyText, Put
from hnvemu.trace.outcome import Outcome
from hnvemu.wire.build import build_frame

if TYPE_CHECKING:
    from pathlib import Path

    from hnvemu.trace.trace import Trace

FEWER = settings(max_examples=FEW)  # each example is some twenty policies
GOOD = {Outcome.DELIVERED, Outcome.TO_GATEWAY, Outcome.REPLICATED}
T = ("virtual_networks", "T")
HEAD = """\
hnv: 1
hosts:
  H1:
    provider_addresses: [192.168.10.11/24]
    provider_routes: [{prefix: 0.0.0.0/0, next_hop: 192.168.10.1}]
  H2:
    provider_addresses:
      - {address: 192.168.10.12/24, vlan: 0}
    provider_routes:
      - {prefix: 0.0.0.0/0, next_hop: 192.168.10.1}
  H3:
    provider_addresses: [192.168.20.13/24]
    provider_routes: [{prefix: 192.168.10.0/24, next_hop: 192.168.20.1}]
virtual_networks:
  T:
    rdid: "{aaaaaaaa-0000-0000-0000-000000000001}"
    customer_routes:
      - {prefix: 10.0.1.0/24, next_hop: on-link, vsid: 5001}
      - {prefix: 10.0.2.0/24, next_hop: on-link, vsid: 5002}
      - {prefix: 10.1.2.0/24, next_hop: on-link, vsid: 5003}   # the right half
      - {prefix: 0.0.0.0/0, next_hop: 10.0.2.250, vsid: 5002}
    vms:
      A: {host: H1, vsid: 5001, mac: 02-00-00-00-01-0A, ca: 10.0.1.10}
      B: {host: H2, vsid: 5001, mac: 02-00-00-00-01-0B, ca: 10.0.1.11}
      C: {host: H1, vsid: 5001, mac: 02-00-00-00-01-0C, ca: [10.0.1.12]}
      X: {host: H2, vsid: 5003, mac: 02-00-00-00-02-14, ca: 10.1.2.20}
      Y:
        host: H1
        vsid: 5003
        mac: 02-00-00-00-02-15
        ca: 10.1.2.21
      GW: {host: H3, vsid: 5002, mac: 02-00-00-00-03-FA, ca: 10.0.2.250, gateway: true}
"""
LISTED = """\
    lookup_records:
      - {ca: 10.0.1.10, vsid: 5001, mac: 02-00-00-00-01-0A, pa: 192.168.10.11}
      - {ca: 10.0.1.11, vsid: 5001, mac: 02-00-00-00-01-0B, pa: 192.168.10.12}
      - {ca: 10.0.1.12, vsid: 5001, mac: 02-00-00-00-01-0C, pa: 192.168.10.11}
      - {ca: 10.1.2.20, vsid: 5003, mac: 02-00-00-00-02-14, pa: 192.168.10.12}
      - {ca: 10.1.2.21, vsid: 5003, mac: 02-00-00-00-02-15, pa: 192.168.10.11}
      - {ca: 10.0.2.250, vsid: 5002, mac: 02-00-00-00-03-FA, pa: 192.168.20.13}
      - {ca: 0.0.0.0, vsid: 5002, mac: 02-00-00-00-03-FA, pa: 192.168.20.13, type: gateway_wildcard}
"""
VMS = {
    "A": ("10.0.1.10", "02-00-00-00-01-0A"),
    "B": ("10.0.1.11", "02-00-00-00-01-0B"),
    "C": ("10.0.1.12", "02-00-00-00-01-0C"),
    "X": ("10.1.2.20", "02-00-00-00-02-14"),
    "Y": ("10.1.2.21", "02-00-00-00-02-15"),
    "GW": ("10.0.2.250", "02-00-00-00-03-FA"),
}
KEYS = [(VMS["A"][0], 5001), (VMS["B"][0], 5001), (VMS["X"][0], 5003), ("10.0.2.250", 5002)]
HOSTS = ["H1", "H2", "H3"]


@cache
def network(listed: bool) -> str:  # noqa: FBT001 - one of two networks
    return HEAD + LISTED * listed


RULES: dict[str, dict[str, Any]] = {
    "firewall": {"name": "no", "action": "block", "direction": "inbound"},
    "port_acls": {"action": "deny", "direction": "both", "remote": "10.0.0.0/8"},
    "extended_acls": {"action": "deny", "direction": "inbound", "weight": 100},
    "datacenter_acls": {"name": "no", "action": "deny", "direction": "outbound", "priority": 100},
}


def in_all() -> st.SearchStrategy[Edit]:
    """Ways to break either network."""
    vm = st.sampled_from([*VMS])
    host = st.sampled_from(HOSTS)
    key = st.sampled_from(KEYS).map(lambda found: {"ca": found[0], "vsid": found[1]})
    view = ("host_views",)
    lists = st.sampled_from(["port_acls", "extended_acls", "datacenter_acls"])
    one: list[st.SearchStrategy[Edit]] = [
        st.integers(0, 3).map(lambda at: Delete((*T, "customer_routes", at))),
        st.sampled_from(["10.0.2.1", "10.0.2.99", "10.9.9.9"]).map(
            lambda hop: Put((*T, "customer_routes", 3, "next_hop"), hop)
        ),
        host.map(lambda name: Delete(("hosts", name, "provider_routes"))),
        st.tuples(vm, st.sampled_from([5001, 5003, 5010])).map(
            lambda found: Put((*T, "vms", found[0], "vsid"), found[1])
        ),
        vm.map(lambda name: Append(("firewall", "rules"), {**RULES["firewall"], "vms": [name]})),
        st.just(Put(("firewall", "defaults"), {"inbound": "block", "outbound": "block"})),
        st.tuples(lists, vm).map(
            lambda found: Append((found[0],), {**RULES[found[0]], "vms": [found[1]]})
        ),
        st.tuples(host, key).map(
            lambda found: Append((*view, found[0], "without_lookup_records"), found[1])
        ),
        st.tuples(host, st.sampled_from(["10.0.1.0/24", "10.1.2.0/24", "0.0.0.0/0"])).map(
            lambda found: Append(
                (*view, found[0], "without_customer_routes"),
                {"virtual_network": "T", "prefix": found[1]},
            )
        ),
        st.tuples(host, vm, st.sampled_from(["192.168.10.11", "192.168.10.12"])).map(
            lambda found: Append(
                (*view, found[0], "lookup_records"),
                {
                    "ca": VMS[found[1]][0],
                    "vsid": {"A": 5001, "B": 5001, "C": 5001, "GW": 5002}.get(found[1], 5003),
                    "mac": VMS[found[1]][1],
                    "pa": found[2],
                },
            )
        ),
        st.tuples(host, st.sampled_from(["policy", "all"])).map(
            lambda found: Put((*view, found[0], "restarted"), found[1])
        ),
        host.map(lambda name: Put(("hosts", name, "provider_mtu"), 1000)),
        st.sampled_from([("state", "deprecated"), ("vlan", 7)]).map(
            lambda found: Put(("hosts", "H2", "provider_addresses", 0, found[0]), found[1])
        ),
    ]
    return st.one_of(one)


def in_records() -> st.SearchStrategy[Edit]:
    """Ways to break records, where they are listed."""
    at = st.integers(0, 6)
    path = (*T, "lookup_records")
    return st.one_of(
        at.map(lambda row: Delete((*path, row))),
        st.tuples(at, st.sampled_from(["192.168.10.11", "192.168.20.13", "192.168.10.99"])).map(
            lambda found: Put((*path, found[0], "pa"), found[1])
        ),
        at.map(lambda row: Put((*path, row, "rule"), "nat")),
        at.map(lambda row: Put((*path, row, "mac"), "02-00-00-00-09-99")),
        at.map(lambda row: Put((*path, row, "unusable"), value=True)),
    )


class Broken(NamedTuple):
    text: PolicyText
    fabric: Fabric
    trace: Trace
    profile: Profile

    def rebuilt(self, text: PolicyText) -> Fabric:
        return Fabric.compile(text.policy(), profile=self.profile)

    def sent(self, text: PolicyText, frame: bytes | None = None) -> Trace:
        return self.rebuilt(text).send(frame or self.trace.frame, at=self.trace.at)


@st.composite
def broken(draw: st.DrawFn, folder: Path) -> Broken:
    """A network with one to four mistakes, and a packet that does not arrive in it."""
    listed = draw(st.booleans())
    place = folder / f"{listed}.yaml"
    if not place.exists():
        place.write_text(network(listed))
    text = PolicyText.read(place)
    way = st.one_of(in_all(), in_records()) if listed else in_all()
    for edit in draw(st.lists(way, min_size=1, max_size=4)):
        try:
            text = text.edited([edit])
        except HnvemuError:  # two mistakes in one place
            assume(False)
    profile = draw(st.sampled_from([Profile.TRANSPARENT, Profile.WS2012R2, Profile.HNVV2]))
    try:
        fabric = Fabric.compile(text.policy(), profile=profile)
    except HnvemuError:
        assume(False)
    sender = draw(st.sampled_from([*VMS]))
    others = [ca for name, (ca, _) in VMS.items() if name != sender]
    frame = build_frame(
        src_mac=MacAddress.parse(VMS[sender][1]),
        dst_mac=MacAddress.parse("02-00-00-FF-FF-01"),
        src=IPv4Address(VMS[sender][0]),
        dst=IPv4Address(draw(st.sampled_from([*others, "8.8.8.8"] if sender != "GW" else others))),
        protocol=draw(st.sampled_from([1, 6, 17])),
        src_port=49152,
        dst_port=80,
        length=draw(st.sampled_from([None, 1200])),
    )
    trace = fabric.send(frame, at=sender)
    assume(trace.outcome is Outcome.DROPPED)
    return Broken(text, fabric, trace, profile)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def applied(diff: str, text: str) -> str:
    """Apply a unified diff of one file as ``patch`` does, or fail."""
    lines, result, at = text.splitlines(keepends=True), [], 0
    for line in diff.splitlines(keepends=True)[2:]:
        hunk = re.match(r"@@ -(\d+)(?:,(\d+))? ", line)
        if hunk:
            start = int(hunk[1]) - (hunk[2] != "0")
            result += lines[at:start]
            at = start
        elif line[0] in " -":
            assert lines[at] == line[1:]
            result += lines[at : at + 1] if line[0] == " " else []
            at += 1
        elif line[0] == "+":
            result.append(line[1:])
    return "".join(result + lines[at:])


@FEWER
@given(data=st.data())
def test_with_all_fixes_the_packet_arrives(data: st.DataObject, folder: Path) -> None:
    case = data.draw(broken(folder))

    blockers, mended = repair(case.fabric, case.trace, case.text, case.rebuilt)

    assert [
        (blocker.reason, blocker.node, blocker.advice)
        for blocker in blockers
        if blocker.fix is None and "another" not in blocker.advice
    ] == []
    assert mended is not None
    assert mended.outcome in GOOD


@FEWER
@given(data=st.data())
def test_the_first_blocker_is_what_the_trace_says(data: st.DataObject, folder: Path) -> None:
    case = data.draw(broken(folder))

    blockers, _ = repair(case.fabric, case.trace, case.text, case.rebuilt)

    assert (blockers[0].step, blockers[0].node) == (case.trace.path.last, case.trace.hops[-1].node)
    assert blockers[0].reason is case.trace.reason


@FEWER
@given(data=st.data())
def test_the_diffs_apply_one_after_the_other_and_mend(data: st.DataObject, folder: Path) -> None:
    case = data.draw(broken(folder))

    blockers, mended = repair(case.fabric, case.trace, case.text, case.rebuilt)
    ((name, text),) = case.text.files.items()
    for blocker in blockers:
        if blocker.fix is not None:
            text = applied(blocker.fix.diff, text)
    trace = case.sent(case.text.with_files({name: text}))

    assert mended is not None
    assert (trace.outcome, trace.reason, trace.hops[-1].node) == mended


@FEWER
@given(data=st.data())
def test_with_any_fix_left_out_the_packet_does_not_arrive(
    data: st.DataObject, folder: Path
) -> None:
    case = data.draw(broken(folder))
    packet = _Packet(frame=case.trace.frame, at=case.trace.at, sessions=case.trace.sessions)

    found = _Repair(case.fabric, case.trace, case.text, case.rebuilt, packet)

    for at, each in enumerate(found._found):
        if each.mend is not None:
            tried = found._tried(case.text, _joined(_without(found._found, at)))
            assert tried is None or _arrival(tried[1]) != _arrival(found._trace)


@FEWER
@given(data=st.data())
def test_whatever_ends_badly_has_a_blocker_and_nothing_raises(
    data: st.DataObject, folder: Path
) -> None:
    policy = loaded(data.draw(documents()), folder)
    text = PolicyText.read(folder / "policy.json")
    fabric = Fabric.compile(policy)
    at, frame = data.draw(sent(policy))
    trace = fabric.send(frame, at=at)

    blockers, _ = repair(fabric, trace, text, lambda edited: Fabric.compile(edited.policy()))

    ends = [trace.outcome, *(branch.outcome for branch in trace.branches)]
    assert bool(blockers) is any(end in {Outcome.DROPPED, Outcome.UNDECIDED} for end in ends)
    assert all((found.fix is None) == bool(found.advice) for found in blockers)
