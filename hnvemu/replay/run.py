"""A replay from top to bottom: captures in, counts of flows and captures out.

::

    capture ─ chunks ─ engine ── class known ─────────────── counted, written
                          └───── not known ─ judge ─ switch ─┘

Each capture is a world of its own: it begins without sessions and with what the policy says.
So captures, and shards of one capture that share no conversation, can be taken by several
processes; the result is the same.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager, nullcontext, suppress
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from hnvemu.errors import QuestionError
from hnvemu.replay.entrance import entrance
from hnvemu.replay.flows import FlowTable
from hnvemu.replay.judge import Judge
from hnvemu.replay.outputs import Outputs, Targets
from hnvemu.replay.plain import PlainEngine
from hnvemu.replay.sieve import Sieve
from hnvemu.replay.summary import Unread
from hnvemu.wire.chunks import CHUNK, CaptureError, CaptureReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import ModuleType

    from hnvemu.replay.sieve import Picked
    from hnvemu.replay.summary import Summary, Verdict
    from hnvemu.switch.fabric import Fabric
    from hnvemu.wire.chunks import Chunk, Walk
    from hnvemu.wire.flow import Flow

NOWHERE: Final = Targets()
MAX_FLOWS: Final = 50_000
STDIN: Final = "-"
_CAPTURES: Final = (".pcap", ".pcapng", ".cap", ".pcap.gz", ".pcapng.gz", ".cap.gz")


class EngineKind(StrEnum):
    """Who takes the frames; all give the same result."""

    AUTO = "auto"
    """The fastest that is installed and worth its start."""
    PLAIN = "plain"
    """One frame after another, in Python alone."""
    NUMPY = "numpy"
    """Many frames at once, with NumPy: ``hnvemu[replay]``."""
    FAST = "fast"
    """The same, compiled by Numba: ``hnvemu[fast]``."""
    DASK = "dask"
    """Workers of a Dask cluster, each with the fastest that it has: ``hnvemu[cluster]``."""


_MODULES: Final = {
    EngineKind.NUMPY: ("hnvemu.replay.vectors", "replay"),
    EngineKind.FAST: ("hnvemu.replay.kernel", "fast"),
}
"""What does the work of an engine, and the extra that it needs."""
_WORTHWHILE: Final = ((1 << 26, EngineKind.FAST), (1 << 20, EngineKind.NUMPY))
"""From how many octets on a capture is worth the start of an engine."""


class Progress(NamedTuple):
    """How far a replay has come."""

    octets: int
    """Of the captures, as they are stored."""
    size: int | None
    """Of all captures; None where one is not a file."""
    packets: int


class Terms(NamedTuple):
    """How every capture is taken, see :func:`replay`."""

    at: str | None = None
    established: bool = False
    engine: EngineKind = EngineKind.AUTO
    max_flows: int = MAX_FLOWS
    keep: Callable[[str, Flow, Verdict], bool] | None = None


class Engine(Protocol):
    """Takes the frames of one capture."""

    def run(self, chunk: Chunk, picked: Picked | None = None) -> None:
        """Count and write the frames of a chunk, which has not all of them if some are picked."""

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
    jobs: int | None = None,
    scheduler: str | None = None,
    tell: Callable[[str], None] | None = None,
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
        jobs: How many processes share the captures; 0: as many as this machine has cores. None:
            one, but all cores with Dask.
        scheduler: The address of a Dask cluster; None: one is made on this machine if needed.
        tell: Is told, in a sentence, what cannot be shared.

    Raises:
        CaptureError: A capture cannot be read at all.
        QuestionError: There is no such capture, port or host, or a target cannot be written, or
            the engine is not installed.
    """
    if scheduler is not None and engine is not EngineKind.DASK:
        raise QuestionError("a scheduler is asked for by Dask alone", "add --engine dask")
    if scheduler is not None and jobs is not None:
        raise QuestionError("how many jobs there are is up to the cluster of a scheduler")
    if jobs is not None and jobs < 0:
        raise QuestionError(f"{jobs} jobs are too few: 1 or more, or 0 for one a core")
    if max_flows < 1:
        raise QuestionError(f"{max_flows} flows are too few: 1 or more")
    names = list(_files(captures))
    terms = Terms(at, established, engine, max_flows, keep)
    gauge = Gauge(names, watch)
    if engine is EngineKind.DASK or jobs not in {None, 1}:
        from hnvemu.replay.shards import replay_shared  # noqa: PLC0415 - most replays need none

        return replay_shared(
            fabric, names, terms, targets, gauge, jobs=jobs, scheduler=scheduler, tell=tell
        )
    flows = FlowTable(max_flows)
    with Outputs(targets, keep) as outputs:
        for name in names:
            take(fabric, name, terms, flows, outputs, gauge=gauge)
    return flows.summary()


class Gauge:
    """Adds up how far several captures are read."""

    def __init__(
        self, names: Sequence[str], watch: Callable[[Progress], None] | None = None
    ) -> None:
        sizes = [size_of(name) for name in names]
        self._size = None if None in sizes else sum(size or 0 for size in sizes)
        self._watch = watch
        self._octets = 0
        self._packets = 0

    def show(self, octets: int, packets: int) -> None:
        """Tell how much is read besides what was added."""
        if self._watch is not None:
            self._watch(Progress(self._octets + octets, self._size, self._packets + packets))

    def add(self, octets: int, packets: int) -> None:
        """Add what was read."""
        self._octets += octets
        self._packets += packets
        self.show(0, 0)


def take(
    fabric: Fabric,
    name: str,
    terms: Terms,
    flows: FlowTable,
    outputs: Outputs,
    *,
    part: int = 0,
    of: int = 1,
    path: str | None = None,
    gauge: Gauge | None = None,
) -> int:
    """Send the frames of one capture, or of one shard of it.

    Args:
        fabric: What decides.
        name: The capture, as it is told of.
        terms: How it is taken.
        flows: Where its frames are counted.
        outputs: Where what becomes of them is written.
        part: Which shard, counted from 0, ...
        of: ... of how many.
        path: Where the capture is; None: its name says it.
        gauge: Tells how far it is.

    Returns:
        How many conversations had sessions at once.
    """
    steps = _steps(terms.engine, size_of(name if path is None else path))
    walk = None if steps is None else steps.walk
    at_once = CHUNK if steps is None else steps.CHUNK
    with _reading(name, name if path is None else path, walk, at_once) as reader:
        flows.capture = name
        judge = Judge(
            fabric,
            entrance(fabric, terms.at, reader.interfaces),
            flows,
            outputs,
            most=terms.max_flows,
            established=terms.established,
        )
        begun = steps is None
        running: Engine = PlainEngine(judge, flows, outputs)
        if steps is not None:
            from hnvemu.replay.batch import BatchEngine  # noqa: PLC0415 - needs NumPy

            running = BatchEngine(judge, flows, outputs, steps)
        sieve = None
        if of > 1:
            sieve = _sieve(vectors=steps is not None)(part, of, terms.at, reader.interfaces)
        for chunk in reader.chunks():
            with nullcontext() if begun else _start():
                begun = True
                if sieve is None:
                    running.run(chunk)
                else:
                    own, picked = sieve.pick(chunk)
                    if len(picked.numbers):
                        running.run(own, picked)
            if gauge is not None:
                gauge.show(reader.position, reader.packets)
        running.close()
        if part == 0:
            for why, count in reader.skipped.items():
                flows.unread[Unread(why)] += count
            flows.unread_octets += reader.skipped_octets
            if reader.damage is not None:
                flows.damage.append(f"{name}: {reader.damage}")
        if gauge is not None:
            gauge.add(reader.position, reader.packets)
    return judge.most_holding


@contextmanager
def _start() -> Iterator[None]:
    """Collect what the start of an engine leaves over, which is much, and of that alone."""
    gc.freeze()
    try:
        yield
        gc.collect()
    finally:
        gc.unfreeze()


@contextmanager
def _reading(
    name: str, path: str, walk: Walk | None, octets: int = CHUNK
) -> Iterator[CaptureReader]:
    """Open a capture; what is wrong with all of it is told by its name."""
    try:
        with CaptureReader.open(path, walk, octets=octets) as reader:
            yield reader
    except CaptureError as error:
        raise CaptureError(f"'{name}' cannot be read as a capture: {error}") from None


def _sieve(*, vectors: bool) -> type[Sieve]:
    if vectors:
        from hnvemu.replay.sift import VectorSieve  # noqa: PLC0415 - needs NumPy

        return VectorSieve
    return Sieve


def size_of(name: str) -> int | None:
    """Return the octets of a capture; None where it is no file that can be read again."""
    if name == STDIN:
        return None
    path = Path(name)
    return path.stat().st_size if path.is_file() else None


def _steps(kind: EngineKind, size: int | None) -> ModuleType | None:
    """Return what takes many frames at once; None: each is taken by itself.

    Raises:
        QuestionError: It is not installed.
    """
    if kind is EngineKind.PLAIN:
        return None
    if kind in _MODULES:
        return _installed(kind)
    # What is faster takes longer to start.
    for least, fastest in _WORTHWHILE:
        if size is None or size >= least:
            with suppress(QuestionError):
                return _installed(fastest)
    return None


def _installed(kind: EngineKind) -> ModuleType:
    module, extra = _MODULES[kind]
    try:
        return import_module(module)
    except ImportError as error:
        raise QuestionError(
            f"the engine '{kind}' is not installed: {error}", f"pip install 'hnvemu[{extra}]'"
        ) from None


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
