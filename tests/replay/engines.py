"""One capture taken by an engine of one's choice, in chunks of any size."""

from __future__ import annotations

import struct
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from hnvemu.replay.entrance import entrance
from hnvemu.replay.flows import FlowTable
from hnvemu.replay.judge import Judge
from hnvemu.replay.outputs import Outputs, Targets
from hnvemu.replay.plain import PlainEngine
from hnvemu.wire.blocks import interface_block, packet_block, pcap_header, section_block
from hnvemu.wire.chunks import CaptureReader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hnvemu import Fabric
    from hnvemu.replay.run import Engine
    from hnvemu.replay.summary import FlowCount, OtherCount, Unread

SECOND = 1_000_000_000
PLAIN = "plain"
NUMPY = pytest.param(
    "numpy",
    marks=pytest.mark.skipif(find_spec("numpy") is None, reason="needs NumPy: hnvemu[replay]"),
)
FAST = pytest.param(
    "fast",
    marks=pytest.mark.skipif(find_spec("numba") is None, reason="needs Numba: hnvemu[fast]"),
)

STEPS = {"numpy": "hnvemu.replay.vectors", "fast": "hnvemu.replay.kernel"}


class Frame(NamedTuple):
    """A frame of a capture, with what was not captured of it left out."""

    time: int
    octets: bytes
    missing: int = 0
    interface: int = 0


class Replayed(NamedTuple):
    flows: list[FlowCount]
    others: tuple[OtherCount, ...]
    unread: dict[Unread, int]
    octets: int
    forgotten: int
    files: dict[str, bytes]
    """What was written, by target."""


def write(path: Path, frames: Sequence[Frame], interfaces: Sequence[str] = ()) -> Path:
    """Write frames as pcapng if there are interfaces to tell, else as pcap."""
    if not interfaces:
        records = [
            struct.pack("<4I", *divmod(time, SECOND), len(octets), len(octets) + missing) + octets
            for time, octets, missing, _ in frames
        ]
        path.write_bytes(pcap_header() + b"".join(records))
        return path
    blocks = [section_block(), *(interface_block(name, nanoseconds=True) for name in interfaces)]
    blocks += [
        packet_block(time, octets, len(octets) + missing, interface, b"")
        for time, octets, missing, interface in frames
    ]
    path.write_bytes(b"".join(blocks))
    return path


def replayed(
    kind: str,
    fabric: Fabric,
    capture: Path,
    *,
    chunk: int = 1 << 20,
    at: str | None = None,
    most: int = 1000,
    established: bool = False,
    suffix: str = "pcap",
    writes: bool = True,
) -> Replayed:
    """Take all frames of a capture, which is read in chunks of so many octets."""
    flows = FlowTable(most)
    with TemporaryDirectory() as name:
        folder = Path(name)
        targets = Targets(
            wire=str(folder / f"wire.{suffix}"),
            delivered=str(folder / f"delivered.{suffix}"),
            drops=str(folder / f"drops.{suffix}"),
            per_host=str(folder / "hosts"),
        )
        steps: Any = None if kind == PLAIN else import_module(STEPS[kind])
        walk = None if steps is None else steps.walk
        with (
            Outputs(targets if writes else Targets()) as outputs,
            CaptureReader.open(capture, walk, octets=chunk) as reader,
        ):
            where = entrance(fabric, at, reader.interfaces)
            judge = Judge(fabric, where, flows, outputs, most=most, established=established)
            engine: Engine = PlainEngine(judge, flows, outputs)
            if steps is not None:
                batch = import_module("hnvemu.replay.batch")
                engine = batch.BatchEngine(judge, flows, outputs, steps)
            for frames in reader.chunks():
                engine.run(frames)
            engine.close()
            assert reader.damage is None
        files = {
            str(path.relative_to(folder).with_suffix("")): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }
    counts = flows.summary()
    return Replayed(
        [*counts.flows],
        counts.others,
        dict(counts.unread),
        counts.octets,
        counts.forgotten,
        files,
    )
