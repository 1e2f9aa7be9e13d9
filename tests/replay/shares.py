"""What tests of shared replays have in common: captures, a crew of this process, comparisons."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, NamedTuple

from hnvemu.replay.outputs import Targets
from hnvemu.replay.run import Gauge, Terms, replay
from hnvemu.replay.shards import share
from hnvemu.wire.blocks import interface_block, packet_block, section_block

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from hnvemu import Fabric
    from hnvemu.replay.shards import Crew, Job, Shard, Taken
    from hnvemu.replay.summary import Summary


class Captured(NamedTuple):
    """One frame of a capture."""

    frame: bytes
    time: int = 0
    interface: str = ""
    missing: int = 0


def capture(path: Path, *frames: Captured) -> str:
    """Write a pcapng whose interfaces have names."""
    names = list(dict.fromkeys(each.interface for each in frames))
    records = [section_block(), *(interface_block(name, nanoseconds=True) for name in names)]
    records += [
        packet_block(time, frame, len(frame) + missing, names.index(interface), b"")
        for frame, time, interface, missing in frames
    ]
    path.write_bytes(b"".join(records))
    return str(path)


def in_turn(shards: Sequence[Shard]) -> Iterable[Shard]:
    return shards


class Here(NamedTuple):
    """Takes shards in this process, in an order of its own, which may have some twice."""

    size: int
    order: Callable[[Sequence[Shard]], Iterable[Shard]] = in_turn
    least: int = 1

    @contextmanager
    def take(
        self, job: Job, shards: Sequence[Shard]
    ) -> Iterator[Iterator[tuple[Shard, Taken | Exception]]]:
        yield self._results(job, shards)

    def _results(
        self, job: Job, shards: Sequence[Shard]
    ) -> Iterator[tuple[Shard, Taken | Exception]]:
        found: dict[Shard, Taken | Exception] = {}
        for shard in self.order(shards):
            try:
                found[shard] = job.take(shard)
            except Exception as error:  # noqa: BLE001 - as processes do
                found[shard] = error
        yield from found.items()


class Came(NamedTuple):
    """What a replay came to."""

    summary: tuple[Any, ...]
    files: dict[str, bytes]


def alone(fabric: Fabric, names: Sequence[str], terms: Terms, folder: Path, suffix: str) -> Came:
    """Replay in one process, and write everything to a folder."""
    summary = replay(fabric, names, targets=targets(folder, suffix), **terms._asdict())
    return came(summary, folder)


def shared(
    crew: Crew,
    fabric: Fabric,
    names: Sequence[str],
    terms: Terms,
    folder: Path,
    suffix: str,
    tell: Callable[[str], None] | None = None,
) -> Came:
    """Have a crew do the same."""
    there, gauge = targets(folder, suffix), Gauge(names)
    return came(share(nullcontext(crew), fabric, names, terms, there, gauge, tell), folder)


def targets(folder: Path, suffix: str) -> Targets:
    """Return all targets there can be."""
    folder.mkdir()
    return Targets(
        wire=str(folder / f"wire.{suffix}"),
        per_host=str(folder / "hosts"),
        delivered=str(folder / f"delivered.{suffix}"),
        drops=str(folder / f"drops.{suffix}"),
    )


def came(summary: Summary, folder: Path) -> Came:
    """Return what can be compared: all counts, and whatever the folder has."""
    found = (*summary._replace(flows=()), [*summary.flows])
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return Came(found, {str(path.relative_to(folder)): path.read_bytes() for path in files})
