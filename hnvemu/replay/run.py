"""A replay from top to bottom: captures in, counts of flows and captures out.

::

    capture ─ chunks ─ engine ── class known ─────────────── counted, written
                          └───── not known ─ judge ─ switch ─┘

Each capture is a world of its own: it begins without sessions and with what the policy says.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from hnvemu.errors import QuestionError
from hnvemu.replay.entrance import entrance
from hnvemu.replay.flows import FlowTable
from hnvemu.replay.judge import Judge
from hnvemu.replay.outputs import Outputs, Targets
from hnvemu.replay.plain import PlainEngine
from hnvemu.replay.summary import Unread
from hnvemu.wire.chunks import CaptureReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from hnvemu.replay.summary import Summary, Verdict
    from hnvemu.switch.fabric import Fabric
    from hnvemu.wire.chunks import Chunk
    from hnvemu.wire.flow import Flow

NOWHERE: Final = Targets()
MAX_FLOWS: Final = 100_000
STDIN: Final = "-"
_CAPTURES: Final = (".pcap", ".pcapng", ".cap", ".pcap.gz", ".pcapng.gz", ".cap.gz")


class EngineKind(StrEnum):
    """Who takes the frames; all give the same result."""

    AUTO = "auto"
    """The fastest that is installed."""
    PLAIN = "plain"
    """One frame after another, in Python alone."""
    NUMPY = "numpy"
    """Many frames at once, with NumPy: ``hnvemu[replay]``."""
    FAST = "fast"
    """The same, compiled by Numba: ``hnvemu[fast]``."""


class Progress(NamedTuple):
    """How far a replay has come."""

    octets: int
    """Of the captures, as they are stored."""
    size: int | None
    """Of all captures; None where one is not a file."""
    packets: int


class Engine(Protocol):
    """Takes the frames of one capture."""

    def run(self, chunk: Chunk) -> None:
        """Count and write the frames of a chunk."""

    def close(self) -> None:
        """Count what is not counted yet."""


def replay(
    fabric: Fabric,
    captures: Sequence[str],
    *,
    at: str | None = None,
    established: bool = False,
    targets: Targets = NOWHERE,
    engine: EngineKind = EngineKind.AUTO,
    max_flows: int = MAX_FLOWS,
    keep: Callable[[str, Flow, Verdict], bool] | None = None,
    watch: Callable[[Progress], None] | None = None,
) -> Summary:
    """Send every frame of some captures through the switch.

    Args:
        fabric: What decides.
        captures: Files, folders of them, or ``-`` for standard input.
        at: Where frames enter: None: at the port with their source MAC; ``interface``: at the
            port or ``pa:HOST`` that their interface is named after; ``pa``: encapsulated, at the
            host that has their outer destination; ``pa:HOST`` or a port's name: all there.
        established: Take every frame for one of a conversation that all ports admitted.
        targets: What to write.
        engine: Who takes the frames.
        max_flows: The most flows that are told apart, and conversations that keep sessions.
        keep: Tells by entry, flow and verdict which frames are written; None: all.
        watch: Is told of the progress, a few times a megabyte at most.

    Raises:
        CaptureError: A capture cannot be read at all.
        QuestionError: There is no such capture, port or host, or a target cannot be written, or
            the engine is not installed.
    """
    if max_flows < 1:
        raise QuestionError(f"{max_flows} flows are too few: 1 or more")
    names = list(_files(captures))
    flows = FlowTable(max_flows)
    with Outputs(targets, keep) as outputs:
        for name in names:
            with CaptureReader.open(name) as reader:
                flows.capture = name
                judge = Judge(
                    fabric,
                    entrance(fabric, at, reader.interfaces),
                    flows,
                    outputs,
                    most=max_flows,
                    established=established,
                )
                running = _engine(engine, judge, flows, outputs)
                for chunk in reader.chunks():
                    running.run(chunk)
                    if watch is not None:
                        watch(Progress(reader.position, reader.size, reader.packets))
                running.close()
                for why, count in reader.skipped.items():
                    flows.unread[Unread(why)] += count
                flows.unread_octets += reader.skipped_octets
                if reader.damage is not None:
                    flows.damage.append(f"{name}: {reader.damage}")
    return flows.summary()


def _engine(kind: EngineKind, judge: Judge, flows: FlowTable, outputs: Outputs) -> Engine:
    """Return who takes the frames of one capture."""
    return PlainEngine(judge, flows, outputs)


def _files(captures: Sequence[str]) -> Iterator[str]:
    """Yield every capture, those of a folder in the order of their names."""
    for name in captures:
        path = Path(name)
        if name == STDIN or not path.is_dir():
            yield name
            continue
        found = sorted(
            str(file)
            for file in path.rglob("*")
            if file.is_file() and file.name.lower().endswith(_CAPTURES)
        )
        if not found:
            raise QuestionError(
                f"'{name}' has no capture", f"captures end in {', '.join(_CAPTURES)}"
            )
        yield from found
