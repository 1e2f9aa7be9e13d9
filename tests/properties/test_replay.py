"""Whichever engine takes the frames of a capture, they meet what each would alone."""

from __future__ import annotations

import struct
from collections import Counter
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from properties.amount import FEW
from properties.strategies import documents, loaded, octets, packets, reply, sent
from replay.engines import FAST, NUMPY, PLAIN, SECOND, STEPS, Frame, replayed, write

from hnvemu import NO_SESSIONS, Fabric, Outcome, read_flow
from hnvemu.replay.summary import Unread
from hnvemu.tables.sessions import five_tuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hnvemu import Flow, Policy, Trace
    from hnvemu.replay.summary import FlowCount

CHUNKS = st.sampled_from([64, 500, 3000, 1 << 20])
TIMES = st.sampled_from([[0, 1], [0, 1, 29, 30, 31, 61, -5]])  # idle timeouts are 30 and 60
FORGETFUL = [
    {"direction": "outbound", "weight": 9, "protocol": "tcp", "stateful": True, "idle_timeout": 30},
    {"direction": "outbound", "weight": 8, "protocol": "17", "stateful": True, "idle_timeout": 60},
    {"direction": "outbound", "weight": 7, "protocol": "any"},
    {"direction": "inbound", "weight": 1, "action": "deny"},
]
"""Only replies come in, and those not for long."""
SPOILT = st.sampled_from(["longer", "tagged", "checksum", "options", "fragment", "tos"])


@st.composite
def networks(draw: st.DrawFn) -> dict[str, Any]:
    """Any policy, often one whose ports keep sessions."""
    document = draw(documents())
    if draw(st.booleans()):
        rules = [{"vms": ["*"], "action": "allow"} | rule for rule in FORGETFUL]
        document |= {"extended_acls": rules, "firewall": {}, "port_acls": []}
    return document


@st.composite
def traffic(draw: st.DrawFn, policy: Policy) -> list[Frame]:
    """Some frames again and again: with replies, broken ones, and ones that were cut."""
    pool = []
    for _ in range(draw(st.sampled_from([1, 1, 2, 6]))):
        _, frame = draw(sent(policy))
        answer = reply(policy, frame)
        pool += [frame, frame if answer is None else answer[1]]
        pool.append(spoilt(frame, draw(SPOILT), draw(st.sampled_from([1, 2, 1361, 1400]))))
    pool += draw(st.lists(octets(), max_size=2))
    seconds = draw(TIMES)
    picked = st.tuples(
        st.sampled_from(pool),
        st.sampled_from(seconds),
        st.sampled_from([0] * 12 + [1, 20]),
        st.integers(0, 2),
    )
    time = 1000
    frames = []
    for frame, passed, missing, interface in draw(st.lists(picked, min_size=1, max_size=80)):
        time += passed
        kept = max(len(frame) - missing, 12)
        frames.append(Frame(time * SECOND, frame[:kept], len(frame) - kept, interface))
    return frames


def spoilt(frame: bytes, how: str, more: int) -> bytes:
    """Change a frame so that engines may have to look twice."""
    changed = bytearray(frame)
    match how:
        case "longer":
            changed += bytes(more)
        case "tagged":
            changed[12:12] = b"\x81\x00\x00\x07"
        case "checksum":
            changed[24] ^= 1
        case "options":
            changed[14:15] = b"\x46"
        case "fragment":
            changed[20:22] = b"\x20\x01"
        case _:
            changed[15] ^= 0x40
    return bytes(changed)


class Counted(NamedTuple):
    entry: str
    told: tuple[int, ...]
    outcome: Outcome
    reason: object
    to: str | None


class Alone:
    """What becomes of the frames of a capture, each sent on its own: no class, no engine."""

    def __init__(self, fabric: Fabric, *, established: bool) -> None:
        self.fabric = fabric
        self.sessions = None if established else NO_SESSIONS
        self.clock = 0
        self.unread: Counter[Unread] = Counter()
        self.packets: Counter[Counted] = Counter()
        self.octets: Counter[Counted] = Counter()
        self.times: dict[Counted, list[int]] = {}
        self.written: dict[str, list[tuple[int, int, bytes]]] = {
            "wire": [],
            "delivered": [],
            "drops": [],
        }

    def take(self, frame: Frame) -> None:
        passed, self.clock = max(frame.time - self.clock, 0), max(frame.time, self.clock)
        if self.sessions is not None:
            self.sessions = self.sessions.aged(nanoseconds=passed)
        if len(frame.octets) < 14:
            self.unread[Unread.SHORT] += 1
            return
        owners = [
            port.name
            for port in self.fabric.policy.ports.values()
            if port.mac.to_bytes(6) == frame.octets[6:12]
        ]
        if len(owners) != 1:
            why = Unread.AMBIGUOUS_SENDER if owners else Unread.UNKNOWN_SENDER
            self.unread[why] += 1
            return
        whole = frame.octets + bytes(frame.missing)
        if read_flow(whole) != read_flow(frame.octets + b"\xff" * frame.missing):
            self.unread[Unread.TRUNCATED] += 1
            return
        trace = self.fabric.send(whole, at=owners[0], sessions=self.sessions)
        self.fabric = self.fabric.after(trace)
        if self.sessions is not None:
            self.sessions = trace.sessions
        counted = Counted(
            owners[0], told(read_flow(whole)), trace.outcome, trace.reason, trace.receiver
        )
        self.packets[counted] += 1
        self.octets[counted] += len(whole)
        self.times.setdefault(counted, []).append(frame.time)
        if trace.outcome is Outcome.DROPPED:
            self.write("drops", frame, whole)
        for part in with_copies(trace):
            for wire in part.wire:
                self.write("wire", frame, wire.frame)
            for delivered in part.delivered:
                self.write("delivered", frame, delivered.frame)

    def write(self, target: str, frame: Frame, whole: bytes) -> None:
        kept = whole[: len(whole) - frame.missing]
        self.written[target].append((frame.time, len(whole), kept))


def with_copies(trace: Trace) -> Iterator[Trace]:
    yield trace
    for branch in trace.branches:
        yield from with_copies(branch)


def told(flow: Flow) -> tuple[int, ...]:
    return five_tuple(flow) if flow.version else (*flow[:4], *flow[6:9])


def summed(flows: list[FlowCount]) -> dict[Counted, tuple[int, int, int, int]]:
    """Add up the rows that differ in their rules alone."""
    found: dict[Counted, tuple[int, int, int, int]] = {}
    for row in flows:
        verdict = row.verdict
        counted = Counted(row.entry, told(row.flow), verdict.outcome, verdict.reason, verdict.to)
        packets, size, first, last = found.get(counted, (0, 0, row.first, row.last))
        found[counted] = (
            packets + row.packets,
            size + row.octets,
            min(first, row.first),
            max(last, row.last),
        )
    return found


def records(capture: bytes) -> list[tuple[int, int, bytes]]:
    """Read a pcap with nanoseconds: time, length on the wire, octets."""
    found = []
    at = 24
    while at < len(capture):
        seconds, nanoseconds, kept, length = struct.unpack_from("<4I", capture, at)
        found.append((seconds * SECOND + nanoseconds, length, capture[at + 16 : at + 16 + kept]))
        at += 16 + kept
    return found


@pytest.mark.parametrize("engine", [PLAIN, NUMPY, FAST])
@settings(max_examples=FEW)
@given(data=st.data())
def test_frames_meet_in_a_capture_what_each_meets_alone(
    engine: str, tmp_path: Path, data: st.DataObject
) -> None:
    policy = loaded(data.draw(networks()), tmp_path)
    fabric = Fabric.compile(policy, flow_id=data.draw(st.sampled_from([0, None])))
    frames = data.draw(traffic(policy))
    established = data.draw(st.integers(0, 9)) == 9
    alone = Alone(fabric, established=established)

    for frame in frames:
        alone.take(frame)
    found = replayed(
        engine,
        fabric,
        write(tmp_path / "frames.pcap", frames),
        chunk=data.draw(CHUNKS),
        established=established,
    )

    assert summed(found.flows) == {
        counted: (packets, alone.octets[counted], min(times), max(times))
        for counted, packets in alone.packets.items()
        for times in (alone.times[counted],)
    }
    assert found.unread == alone.unread
    for target, written in alone.written.items():
        assert records(found.files[target]) == written, target


@pytest.mark.parametrize("engine", [NUMPY, FAST])
@settings(max_examples=FEW)
@given(data=st.data())
def test_many_frames_at_once_come_to_what_one_after_another_come_to(
    engine: str, tmp_path: Path, data: st.DataObject
) -> None:
    policy = loaded(data.draw(networks()), tmp_path)
    fabric = Fabric.compile(policy, flow_id=data.draw(st.sampled_from([0, None])))
    frames = data.draw(traffic(policy))
    at = data.draw(st.sampled_from([None, None, "interface", "pa", "pa:H1", "V0"]))
    names = [data.draw(st.sampled_from([*policy.ports, "pa:H1", "?"])) for _ in range(3)]
    capture = write(tmp_path / "frames.pcapng", frames, names)
    if at is not None and at.startswith("pa"):
        crossing = replayed(PLAIN, fabric, capture)
        capture = tmp_path / "crossing.pcap"
        capture.write_bytes(crossing.files["wire"])
    asked: dict[str, Any] = {
        "at": next(iter(policy.ports)) if at == "V0" else at,
        "most": data.draw(st.sampled_from([1, 2, 3, 1000])),
        "established": data.draw(st.integers(0, 9)) == 9,
        "suffix": data.draw(st.sampled_from(["pcap", "pcapng"])),
        "writes": data.draw(st.integers(0, 4)) > 0,
    }

    expected = replayed(PLAIN, fabric, capture, **asked)
    found = replayed(engine, fabric, capture, chunk=data.draw(CHUNKS), **asked)

    assert found._replace(files={}) == expected._replace(files={})
    assert found.files == expected.files


@pytest.mark.parametrize("engine", [NUMPY, FAST])
@given(data=st.data())
def test_frames_with_one_key_are_of_one_flow(engine: str, data: st.DataObject) -> None:
    import numpy as np

    from hnvemu.replay.known import Frames

    some = data.draw(st.lists(packets(), min_size=1, max_size=4))
    more = st.sampled_from([1, 2, 1361])
    frames = [
        *some,
        *(spoilt(frame, data.draw(SPOILT), data.draw(more)) for frame in some),
        *(damaged(frame, data) for frame in some * 4),
    ]
    lengths = np.array([len(frame) for frame in frames])
    starts = np.cumsum(lengths) - lengths
    octets = np.frombuffer(bytearray(b"".join(frames)), np.uint8)
    none = np.zeros(len(frames), np.int64)
    missing = np.array([data.draw(st.sampled_from([0, 0, 0, 1])) for _ in frames])
    arrays = Frames(octets, starts, lengths, lengths + missing, none, none, none)

    steps = import_module(STEPS[engine])
    which, keys, hashes = steps.keys(arrays, by_interface=False)

    flows = [read_flow(frame)._replace(length=0) for frame in frames]
    told = [key.tobytes() for key in keys]
    for key, at in zip(told, which.tolist(), strict=True):
        assert (flows[at].version, flows[at].fault, flows[at].vlan) == (4, 0, -1)
        for other, there in zip(told, which.tolist(), strict=True):
            assert (key == other) == (flows[at] == flows[there])
    assert len(set(zip(told, hashes.tolist(), strict=True))) == len(set(told))
    assert not missing[which].any()
    usual = [
        at
        for at, (frame, flow) in enumerate(zip(frames[: len(some)], flows, strict=False))
        if flow.version == 4 and flow.protocol in {1, 6, 17} and not missing[at]
    ]
    assert set(usual) <= set(which.tolist())


def damaged(frame: bytes, data: st.DataObject) -> bytes:
    """Change one octet that a flow is read from, and mend the checksum of the header, or not."""
    changed = bytearray(frame)
    changed[data.draw(st.integers(0, min(len(frame), 42) - 1))] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()) and len(changed) >= 34:
        changed[24:26] = b"\0\0"
        changed[24:26] = (-int.from_bytes(changed[14:34]) % 0xFFFF).to_bytes(2)
    return bytes(changed[: len(changed) - data.draw(st.sampled_from([0, 0, 0, 1, 9]))])
