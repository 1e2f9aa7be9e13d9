"""Shards of a replay: which frames are of which, and that they come to the whole together."""

from __future__ import annotations

import pickle
import sys
import tracemalloc
from contextlib import nullcontext
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest
from replay.shares import Captured, Here, alone, capture, shared

from hnvemu import Fabric, Outcome, QuestionError
from hnvemu.replay.outputs import Targets
from hnvemu.replay.run import EngineKind, Gauge, Progress, Terms, replay
from hnvemu.replay.shards import learns, shards_of, share
from hnvemu.replay.sieve import Sieve
from hnvemu.replay.summary import Unread
from hnvemu.wire.blocks import interface_block
from hnvemu.wire.capture import CaptureError
from hnvemu.wire.chunks import CaptureReader

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from hnvemu.replay.shards import Shard

    Network = Callable[..., Fabric]
    Frame = Callable[..., bytes]
    Asks = Callable[..., bytes]

SECOND = 1_000_000_000
GUARDED = """
firewall:
  defaults:
    - {vms: [A, B], inbound: block}
"""
TIMED = """
extended_acls:
  - {vms: [A], direction: outbound, weight: 10, action: allow, protocol: tcp, stateful: true,
     idle_timeout: 60}
  - {vms: [A], direction: inbound, weight: 1, action: deny}
"""
LEARNS = "ca: 0.0.0.0, vsid: 5001, mac: 02-00-00-00-01-0A, pa: 192.168.10.11, type: l2_only"
PORTS = {"src_port": 40000, "dst_port": 80}
TURNED = {"src_port": 80, "dst_port": 40000}


def parts_of(name: str, of: int, at: str | None = None) -> list[list[int]]:
    """Return the numbers of the frames of each shard."""
    found = []
    for part in range(of):
        with CaptureReader.open(name) as reader:
            sieve = Sieve(part, of, at, reader.interfaces)
            found.append([n for chunk in reader.chunks() for n in sieve.pick(chunk)[1].numbers])
    return found


def test_a_frame_belongs_to_one_shard_and_its_reply_to_the_same(
    frame: Frame, tmp_path: Path
) -> None:
    frames = []
    for there, back in (("A", "X"), ("B", "X"), ("A", "Y"), ("A", "2001:db8:12::14")):
        frames += [frame(there, back), frame(back if back in "XY" else "X", there)]
    frames[-1] = frame("X", "2001:db8:1::a")
    name = capture(tmp_path / "in.pcapng", *map(Captured, frames))

    parts = parts_of(name, 3)

    assert sorted(number for part in parts for number in part) == list(range(1, 9))
    assert sum(bool(part) for part in parts) > 1
    for request in (1, 3, 5, 7):
        assert any({request, request + 1} <= {*part} for part in parts)


def test_an_encapsulated_frame_belongs_where_the_frame_inside_does(
    network: Network, frame: Frame, tmp_path: Path
) -> None:
    fabric = network()
    ends = [("A", "X"), ("X", "A"), ("A", "B"), ("C", "X"), ("C", "B")]
    inside = [frame(*both) for both in ends]
    crossed = [fabric.send(frame(*both), at=both[0]).wire[0].frame for both in ends]
    one = capture(tmp_path / "1.pcapng", *map(Captured, inside))
    other = capture(tmp_path / "2.pcapng", *map(Captured, crossed))

    parts = parts_of(one, 3)

    assert parts == parts_of(other, 3, at="pa")
    assert parts != parts_of(other, 3)


def test_what_has_no_ip_address_belongs_to_the_first_shard(asks: Asks, tmp_path: Path) -> None:
    arp = [asks("A", "10.0.1.11"), asks("B", "10.0.1.10"), bytes(60), b"short"]
    name = capture(tmp_path / "in.pcapng", *map(Captured, arp))

    assert parts_of(name, 3) == [[1, 2, 3, 4], [], []]


def test_a_sieve_makes_no_room_for_a_length_that_is_nonsense(frame: Frame, tmp_path: Path) -> None:
    nonsense = Captured(frame("A", "X"), missing=(1 << 32) - 200)
    name = capture(tmp_path / "in.pcapng", nonsense, Captured(frame("X", "A")))

    tracemalloc.start()
    parts = parts_of(name, 2)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert sorted(parts) == [[], [1, 2]]
    assert peak < 1 << 24


def test_larger_captures_have_more_shards(tmp_path: Path) -> None:
    names = []
    for at, size in enumerate((800, 100, 100)):
        names.append(str(tmp_path / f"{at}.pcap"))
        (tmp_path / f"{at}.pcap").write_bytes(bytes(size))

    assert [len(own) for own in shards_of(names, 4, least=1)] == [3, 1, 1]
    assert [len(own) for own in shards_of(names, 4, least=400)] == [2, 1, 1]
    assert [len(own) for own in shards_of(names, 4)] == [1, 1, 1]
    assert [len(own) for own in shards_of(names[1:], 8, least=1)] == [4, 4]


def test_dask_that_is_not_installed_is_told(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.delitem(sys.modules, "hnvemu.replay.cluster", raising=False)

    with pytest.raises(QuestionError, match=r"hnvemu\[cluster\]"):
        replay(network(), [], engine=EngineKind.DASK)


@pytest.mark.parametrize("engine", [EngineKind.PLAIN, EngineKind.AUTO])
@pytest.mark.parametrize("suffix", ["pcap", "pcapng"])
def test_shards_write_together_what_one_process_writes(
    network: Network,
    frame: Frame,
    tmp_path: Path,
    suffix: str,
    engine: EngineKind,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if find_spec("numpy"):
        monkeypatch.setattr("hnvemu.replay.splice._WINDOW", 3)
    fabric = network(also=GUARDED)
    terms = Terms(engine=engine)
    ends = [("A", "X"), ("X", "A"), ("B", "Y"), ("Y", "B"), ("A", "10.0.1.99"), ("C", "GW")]
    frames = [Captured(frame(*ends[at % 6]), at * SECOND) for at in range(24)]
    frames.insert(7, Captured(frame("A", "255.255.255.255", "udp")))
    names = [capture(tmp_path / "1.pcapng", *frames), capture(tmp_path / "2.pcapng", *frames[::-1])]

    expected = alone(fabric, names, terms, tmp_path / "alone", suffix)

    for size in (1, 2, 5):
        crew = Here(size, reversed)
        assert shared(crew, fabric, names, terms, tmp_path / f"{size}", suffix) == expected


def test_the_clock_is_that_of_all_frames(network: Network, frame: Frame, tmp_path: Path) -> None:
    fabric = network(also=TIMED)
    request, reply = frame("A", "X", "tcp", **PORTS), frame("X", "A", "tcp", **TURNED)
    name = capture(
        tmp_path / "in.pcapng",
        Captured(request, 0),
        Captured(reply, 1 * SECOND),
        Captured(frame("C", "B"), 100 * SECOND),
        Captured(reply, 2 * SECOND),
    )
    assert [1, 2, 4] in parts_of(name, 2)

    expected = alone(fabric, [name], Terms(), tmp_path / "alone", "pcap")
    found = shared(Here(2), fabric, [name], Terms(), tmp_path / "shared", "pcap")

    assert found == expected
    outcomes = [flow.verdict.outcome for flow in found.summary[-1]]
    assert outcomes == [*3 * [Outcome.DELIVERED], Outcome.DROPPED]  # it comes too late


def test_conversations_that_compete_for_room_are_taken_in_one_piece(
    network: Network, frame: Frame, tmp_path: Path
) -> None:
    fabric = network(also=GUARDED)
    name = capture(
        tmp_path / "in.pcapng",
        Captured(frame("A", "X", "tcp", **PORTS)),
        Captured(frame("B", "X", "tcp", **PORTS)),
        Captured(frame("X", "A", "tcp", **TURNED)),
    )
    terms = Terms(max_flows=1)
    told: list[str] = []

    expected = alone(fabric, [name], terms, tmp_path / "alone", "pcap")
    found = shared(Here(4), fabric, [name], terms, tmp_path / "shared", "pcap", told.append)

    assert found == expected
    why = "conversations that keep sessions compete for room, of which 1 have some"
    assert told == [f"'{name}' is replayed in one piece: {why}"]


def test_flows_that_compete_for_room_in_a_later_capture_are_taken_in_one_piece(
    network: Network, frame: Frame, tmp_path: Path
) -> None:
    fabric = network()
    known, other = Captured(frame("A", "X")), Captured(frame("A", "Y"))
    first = capture(tmp_path / "1.pcapng", known, other)
    second = capture(tmp_path / "2.pcapng", other, known)
    terms = Terms(max_flows=1)
    told: list[str] = []

    expected = alone(fabric, [first, second], terms, tmp_path / "alone", "pcap")
    found = shared(
        Here(2), fabric, [first, second], terms, tmp_path / "shared", "pcap", told.append
    )

    assert found == expected
    assert told == [
        f"'{second}' is replayed in one piece: flows compete for room, of which 1 have some"
    ]


def test_where_hosts_learn_no_capture_is_split(
    network: Network, frame: Frame, tmp_path: Path
) -> None:
    assert not learns(network())
    assert learns(network(records=(LEARNS,)))
    assert not learns(network(records=(LEARNS,), profile="hnvv2"))

    name = capture(tmp_path / "in.pcapng", Captured(frame("A", "X")), Captured(frame("B", "Y")))
    told: list[str] = []
    fabric = network(records=(LEARNS,))
    expected = alone(fabric, [name], Terms(), tmp_path / "alone", "pcap")
    found = shared(Here(4), fabric, [name], Terms(), tmp_path / "shared", "pcap", told.append)
    assert found == expected
    assert told == ["no capture is split: hosts learn addresses from frames (L2Only records)"]


def test_frames_that_are_skipped_and_damage_count_once(
    network: Network, frame: Frame, tmp_path: Path
) -> None:
    fabric = network()
    ends = [("raw", "X"), ("raw", "Y"), ("", "B"), ("", "C"), ("", "X")]
    frames = [Captured(frame("A", to), interface=interface) for interface, to in ends]
    name = capture(tmp_path / "in.pcapng", *frames)
    octets = bytearray((tmp_path / "in.pcapng").read_bytes())
    link_type = octets.index(interface_block("raw", nanoseconds=True)) + 8
    octets[link_type] = 101  # raw IP
    (tmp_path / "in.pcapng").write_bytes(octets[:-10])

    expected = alone(fabric, [name], Terms(), tmp_path / "alone", "pcap")
    found = shared(Here(3), fabric, [name], Terms(), tmp_path / "shared", "pcap")

    assert found == expected
    packets, _, _, _, unread, damage, *_ = found.summary
    assert (packets, unread, len(damage)) == (4, {Unread.LINK_TYPE: 2}, 1)


def test_of_several_errors_that_of_the_first_capture_is_raised(
    network: Network, frame: Frame, tmp_path: Path
) -> None:
    names = [capture(tmp_path / "1.pcapng", Captured(frame("A", "X")))]
    for name, text in (("2.pcap", "hello"), ("3.pcap", "other")):
        (tmp_path / name).write_text(text)
        names.append(str(tmp_path / name))

    with pytest.raises(CaptureError, match="68 65 6c 6c"):
        shared(Here(2, reversed), network(), names, Terms(), tmp_path / "out", "pcap")

    assert [path for path in (tmp_path / "out").rglob("*") if path.name != "hosts"] == []


def test_a_capture_that_can_be_read_once_is_read_here(
    network: Network, frame: Frame, tmp_path: Path
) -> None:
    name = capture(tmp_path / "in.pcapng", Captured(frame("A", "X")))

    def nobody(shards: Sequence[Shard]) -> list[Shard]:
        assert not shards
        return []

    with pytest.raises(FileNotFoundError, match="missing"):
        share(
            nullcontext(Here(2, nobody)),
            network(),
            [str(tmp_path / "missing.pcap")],
            Terms(),
            Targets(),
            Gauge([]),
        )
    assert shards_of(["-", name], 2, least=1)[0] == []


def test_progress_is_told_for_each_shard(network: Network, frame: Frame, tmp_path: Path) -> None:
    frames = [Captured(frame("A", to)) for to in ("X", "Y", "B", "C")]
    name = capture(tmp_path / "in.pcapng", *frames)
    size = (tmp_path / "in.pcapng").stat().st_size
    told: list[Progress] = []

    share(nullcontext(Here(2)), network(), [name], Terms(), Targets(), Gauge([name], told.append))

    assert [(each.octets, each.size) for each in told] == [(size // 2, size), (size // 2 * 2, size)]
    assert told[-1].packets == 4


def test_a_fabric_can_be_sent_to_another_process(network: Network, frame: Frame) -> None:
    fabric = network(profile="ws2012r2", flow_id=7)
    sent = frame("A", "X")

    again = pickle.loads(pickle.dumps(fabric))

    assert again.policy == fabric.policy
    assert again.send(sent, at="A").wire == fabric.send(sent, at="A").wire


def test_a_scheduler_needs_dask(network: Network) -> None:
    with pytest.raises(QuestionError, match="--engine dask"):
        replay(network(), [], scheduler="tcp://127.0.0.1:8786")
    with pytest.raises(QuestionError, match="up to the cluster"):
        replay(network(), [], engine=EngineKind.DASK, scheduler="tcp://127.0.0.1:1", jobs=2)
