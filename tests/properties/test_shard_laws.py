"""However many processes share a replay, it comes to what one makes of it, octet for octet."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from properties.amount import EXAMPLES, FEW
from properties.strategies import documents, loaded, octets, packets, reply, sent
from replay.shares import Captured, Here, alone, capture, shared

from hnvemu import Fabric
from hnvemu.replay.run import EngineKind, Terms
from hnvemu.replay.sieve import Sieve
from hnvemu.wire.chunks import CaptureReader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hnvemu import Policy
    from hnvemu.replay.shards import Shard

ENGINES = [
    EngineKind.PLAIN,
    *([EngineKind.NUMPY] if find_spec("numpy") else []),
    *([EngineKind.FAST] if find_spec("numba") else []),
]
SECOND = 1_000_000_000
TIMED = [
    {
        "vms": ["*"],
        "direction": direction,
        "weight": 2,
        "action": "allow",
        "remote_port": "1-1024",
        "protocol": "tcp",
        "stateful": True,
        "idle_timeout": 60,
    }
    for direction in ("outbound", "inbound")
]
NOTHING_ELSE = [
    {"vms": ["*"], "direction": direction, "weight": 1, "action": "deny"}
    for direction in ("outbound", "inbound")
]


@st.composite
def traffic(draw: st.DrawFn, policy: Policy, fabric: Fabric) -> list[tuple[str, bytes]]:
    """What ports send, replies to it, what hosts receive of it, and noise."""
    frames: list[tuple[str, bytes]] = []
    for _ in range(draw(st.integers(1, 6))):
        entry, frame = draw(sent(policy))
        frames.append((entry, frame))
        answer = reply(policy, frame)
        if answer is not None:
            frames.append(answer)
        frames += [
            (f"pa:{wire.receiver}", wire.frame)
            for wire in fabric.send(frame, at=entry).wire
            if wire.receiver in policy.hosts
        ]
    noise = draw(st.lists(octets(), max_size=2))
    return frames + [(draw(st.sampled_from([*policy.ports])), frame) for frame in noise]


@st.composite
def captured(draw: st.DrawFn, frames: list[tuple[str, bytes]]) -> list[Captured]:
    """Some of the frames in any order; time may go back, and a few are cut."""
    found = []
    for entry, frame in draw(st.lists(st.sampled_from(frames), min_size=1, max_size=15)):
        missing = draw(st.sampled_from([0, 0, 0, 0, 0, 0, min(30, len(frame)), len(frame) - 12]))
        time = draw(st.sampled_from([0, 1, 2, 55, 61, 100])) * SECOND
        found.append(Captured(frame[: len(frame) - missing], time, entry, missing))
    return found


@settings(max_examples=EXAMPLES)
@given(
    frames=st.lists(st.tuples(packets() | octets(), st.integers(0, 40)), min_size=1, max_size=6),
    at=st.sampled_from([None, "pa", "interface"]),
    of=st.integers(2, 5),
)
@pytest.mark.skipif(not find_spec("numpy"), reason="NumPy is not installed")
def test_both_sieves_pick_the_same_frames_and_each_for_one_shard(
    frames: list[tuple[bytes, int]], at: str | None, of: int, tmp_path: Path
) -> None:
    from hnvemu.replay.sift import VectorSieve

    written = [
        Captured(frame[: len(frame) - cut], -time * SECOND + 100 * SECOND, interface, cut)
        for time, (frame, cut) in enumerate(frames)
        for interface in ("V0", "pa:H1")
    ]
    name = capture(tmp_path / "in.pcapng", *written)

    found: list[int] = []
    for part in range(of):
        with CaptureReader.open(name) as reader:
            sieves = [kind(part, of, at, reader.interfaces) for kind in (Sieve, VectorSieve)]
            for chunk in reader.chunks():
                (one, told), (other, also_told) = (sieve.pick(chunk) for sieve in sieves)
                assert [[*column] for column in (*one[2:], *told)] == [
                    [*column] for column in (*other[2:], *also_told)
                ]
                found += told.numbers

    assert sorted(found) == [*range(1, len(written) + 1)]


@settings(max_examples=FEW)
@given(data=st.data())
def test_shards_come_to_what_one_process_comes_to(data: st.DataObject, tmp_path: Path) -> None:
    document = data.draw(documents())
    if data.draw(st.booleans()):
        document["extended_acls"] = [*TIMED, *NOTHING_ELSE]
    policy = loaded(document, tmp_path)
    fabric = Fabric.compile(policy)
    frames = data.draw(traffic(policy, fabric))
    names = [
        capture(tmp_path / f"{at}.pcapng", *data.draw(captured(frames)))
        for at in range(data.draw(st.integers(1, 3)))
    ]
    terms = Terms(
        at="interface",
        established=data.draw(st.integers(0, 4)) == 0,
        engine=data.draw(st.sampled_from(ENGINES)),
        max_flows=data.draw(st.sampled_from([1, 2, 4, 8, 1000, 1000])),
    )
    suffix = data.draw(st.sampled_from(["pcap", "pcapng"]))

    def in_any_order(shards: Sequence[Shard]) -> list[Shard]:
        again = [shard for shard in shards if data.draw(st.booleans())]
        return data.draw(st.permutations([*again, *shards]))

    folder = Path(mkdtemp(dir=tmp_path))
    expected = alone(fabric, names, terms, folder / "alone", suffix)
    crew = Here(data.draw(st.integers(1, 5)), in_any_order)
    found = shared(crew, fabric, names, terms, folder / "shared", suffix)

    assert found == expected
    shutil.rmtree(folder)
