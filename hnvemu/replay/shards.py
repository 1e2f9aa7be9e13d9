"""A replay that several processes share: what a shard is, taking one, and putting them together.

A shard is a capture, or those of its conversations that lie in one part of several. Captures have
nothing to do with each other, and neither have conversations, as long as no host learns anything,
and as there is room for all of them. Where that does not hold, the capture is taken in one piece,
by this process, when its turn comes.

Rules of the file: what comes out, counts and captures, is what one process makes of it, however
many take part, whichever is first, and whoever has to begin anew.
"""

from __future__ import annotations

import os
import shutil
from collections import defaultdict
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from hnvemu.replay.flows import FlowTable
from hnvemu.replay.outputs import Outputs, Targets
from hnvemu.replay.parts import Part, PartSink, join
from hnvemu.replay.run import STDIN, EngineKind, Gauge, Terms, size_of, take

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from hnvemu.replay.summary import Summary
    from hnvemu.switch.fabric import Fabric

LEAST: Final = 1 << 20


class Shard(NamedTuple):
    """Some of the work: conversations of one capture."""

    capture: int
    """Its place among all captures."""
    name: str
    part: int
    """Counted from 0, ..."""
    of: int
    """... of how many."""
    path: str
    """Where the capture is."""


class Taken(NamedTuple):
    """What became of the frames of one shard."""

    flows: FlowTable
    most_holding: int
    """How many conversations had sessions at once."""
    parts: tuple[Part, ...]
    """What is to be written."""


class Job(NamedTuple):
    """What all shards have in common. It can be sent to other processes."""

    fabric: Fabric
    terms: Terms
    targets: Targets
    scratch: str | None
    """A folder for parts of captures; None where none is written."""

    def take(self, shard: Shard) -> Taken:
        """Take one shard, for the first time or again.

        Raises:
            HnvemuError: As for the whole.
            OSError: The capture cannot be read.
        """
        flows = FlowTable(self.terms.max_flows)
        if self.scratch is None:
            outputs = Outputs(Targets())
        else:
            # A name of its own for each attempt: what a lost worker left is never looked at.
            folder = Path(mkdtemp(dir=self.scratch))
            numbers = count()
            outputs = Outputs(
                self.targets._replace(per_host=self.targets.per_host and str(folder)),
                self.terms.keep,
                make=lambda name: PartSink(folder, next(numbers), name),
            )
        parts: list[Part] = []
        with outputs:
            most_holding = take(
                self.fabric,
                shard.name,
                self.terms,
                flows,
                outputs,
                part=shard.part,
                of=shard.of,
                path=shard.path,
            )
            for sink, kind in zip(outputs.sinks, outputs.kinds, strict=True):
                assert isinstance(sink, PartSink)  # noqa: S101 - they were made so
                part = sink.part(kind)
                if part is not None:
                    parts.append(part)
        return Taken(flows, most_holding, tuple(parts))


class Crew(Protocol):
    """Who takes shards."""

    @property
    def size(self) -> int:
        """How many shards it takes at the same time."""

    @property
    def least(self) -> int:
        """How many octets of a capture are worth a shard of their own."""

    def take(
        self, job: Job, shards: Sequence[Shard]
    ) -> AbstractContextManager[Iterator[tuple[Shard, Taken | Exception]]]:
        """Take shards, and yield each when it is done. All work ends with the context."""


def replay_shared(
    fabric: Fabric,
    names: Sequence[str],
    terms: Terms,
    targets: Targets,
    gauge: Gauge,
    *,
    jobs: int | None,
    scheduler: str | None,
    tell: Callable[[str], None] | None,
) -> Summary:
    """Do what :func:`hnvemu.replay.run.replay` does, by several processes.

    Raises:
        HnvemuError: As there.
    """
    crew = _crew(terms.engine, jobs or _cores(), scheduler)
    if terms.engine is EngineKind.DASK:
        terms = terms._replace(engine=EngineKind.AUTO)
    return share(crew, fabric, names, terms, targets, gauge, tell)


def share(
    crew: AbstractContextManager[Crew],
    fabric: Fabric,
    names: Sequence[str],
    terms: Terms,
    targets: Targets,
    gauge: Gauge,
    tell: Callable[[str], None] | None = None,
) -> Summary:
    """Have a crew do what :func:`hnvemu.replay.run.replay` does."""
    return _Shared(fabric, names, terms, targets, gauge, tell or _ignore).run(crew)


@contextmanager
def _crew(engine: EngineKind, workers: int, scheduler: str | None) -> Iterator[Crew]:
    if engine is EngineKind.DASK:
        from hnvemu.replay.cluster import cluster  # noqa: PLC0415 - Dask is optional

        with cluster(scheduler, workers) as found:
            yield found
    else:
        from hnvemu.replay.pool import Pool  # noqa: PLC0415 - who has Dask needs none

        yield Pool(workers)


class _Shared:
    """A replay whose captures are shared."""

    def __init__(
        self,
        fabric: Fabric,
        names: Sequence[str],
        terms: Terms,
        targets: Targets,
        gauge: Gauge,
        tell: Callable[[str], None],
    ) -> None:
        self._fabric = fabric
        self._names = names
        self._terms = terms
        self._targets = targets
        self._gauge = gauge
        self._tell = tell
        self._flows = FlowTable(terms.max_flows)

    def run(self, joined: AbstractContextManager[Crew]) -> Summary:
        """Take all captures."""
        with (
            Outputs(self._targets, self._terms.keep) as outputs,
            _scratch(self._targets) as scratch,
            joined as crew,
        ):
            shards = self._shards(crew)
            job = Job(self._fabric, self._terms, self._targets, scratch)
            with crew.take(job, [shard for own in shards for shard in own]) as results:
                self._merge(shards, results, outputs)
        return self._flows.summary()

    def _shards(self, crew: Crew) -> list[list[Shard]]:
        shards = shards_of(self._names, crew.size, least=crew.least)
        if max(map(len, shards), default=1) > 1 and learns(self._fabric):
            self._tell("no capture is split: hosts learn addresses from frames (L2Only records)")
            return shards_of(self._names, crew.size, least=crew.least, whole=True)
        return shards

    def _merge(
        self,
        shards: Sequence[Sequence[Shard]],
        results: Iterator[tuple[Shard, Taken | Exception]],
        outputs: Outputs,
    ) -> None:
        """Put together what the shards of each capture came to, in the order of captures."""
        done: dict[int, dict[int, Taken | Exception]] = defaultdict(dict)
        for capture, own in enumerate(shards):
            while len(done[capture]) < len(own):
                shard, found = next(results)
                done[shard.capture][shard.part] = found
                if isinstance(found, Taken):
                    octets = size_of(shard.name) or 0
                    self._gauge.add(octets // shard.of, found.flows.packets)
            taken = []
            for _, found in sorted(done.pop(capture, {}).items()):
                if isinstance(found, Exception):
                    raise found
                taken.append(found)
            self._add(self._names[capture], taken, outputs)

    def _add(self, name: str, taken: Sequence[Taken], outputs: Outputs) -> None:
        why = self._why_in_one_piece(taken)
        if why:
            self._tell(f"'{name}' is replayed in one piece: {why}")
        if why or not taken:
            gauge = None if taken else self._gauge
            take(self._fabric, name, self._terms, self._flows, outputs, gauge=gauge)
        else:
            self._flows.merge([shard.flows for shard in taken])
            vectors = self._terms.engine is not EngineKind.PLAIN and bool(find_spec("numpy"))
            parts = [part for shard in taken for part in shard.parts]
            join(parts, outputs, vectors=vectors)
        for folder in {Path(part.records).parent for shard in taken for part in shard.parts}:
            shutil.rmtree(folder, ignore_errors=True)

    def _why_in_one_piece(self, taken: Sequence[Taken]) -> str:
        """Say why what the shards came to may not be what comes of all frames together."""
        most = self._terms.max_flows
        if len(taken) > 1 and sum(shard.most_holding for shard in taken) > most:
            return f"conversations that keep sessions compete for room, of which {most} have some"
        if not self._flows.is_empty and not all(shard.flows.is_whole for shard in taken):
            return f"flows compete for room, of which {most} have some"
        return ""


def shards_of(
    names: Sequence[str], workers: int, *, least: int = LEAST, whole: bool = False
) -> list[list[Shard]]:
    """Return the shards of each capture: larger ones have more, none what cannot be read twice.

    Args:
        names: The captures.
        workers: How many shards are taken at the same time.
        least: How many octets of a capture are worth a shard of their own.
        whole: Whether frames of different conversations have to do with each other.
    """
    sizes = [size_of(name) for name in names]
    total = sum(size or 0 for size in sizes)
    shards: list[list[Shard]] = []
    for capture, (name, size) in enumerate(zip(names, sizes, strict=True)):
        if size is None:
            shards.append([])
            continue
        share = round(size * workers / total) if total and not whole else 1
        of = max(1, min(share, workers, size // least))
        shards.append([Shard(capture, name, part, of, name) for part in range(of)])
    return shards


def learns(fabric: Fabric) -> bool:
    """Whether a host can learn addresses from frames: then any frame may depend on any before."""
    hosts = map(fabric.tables.known, fabric.policy.hosts)
    return any(known.learns and known.view.all_l2_only() for known in hosts)


@contextmanager
def _scratch(targets: Targets) -> Iterator[str | None]:
    """Make a folder for parts beside what is written, and remove it."""
    written = [name for name in targets if name is not None]
    if not written:
        yield None
        return
    folder = mkdtemp(prefix=".hnvemu-", dir=_beside(targets))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _beside(targets: Targets) -> str | None:
    """Return the folder that captures are written to; None if there is none."""
    if targets.per_host is not None:
        return str(Path(targets.per_host).resolve())
    for name in targets:
        if name is not None and name != STDIN:
            path = Path(name).resolve()
            if path.is_file() or not path.exists():
                return str(path.parent)
    return None


def _cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _ignore(sentence: str) -> None:
    del sentence
