"""The captures that a replay writes: what crosses, what arrives, and what was dropped."""

from __future__ import annotations

import re
from contextlib import suppress
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from hnvemu.errors import QuestionError
from hnvemu.trace.outcome import Outcome
from hnvemu.wire.blocks import provider_nic, restored
from hnvemu.wire.sinks import Sink

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from hnvemu.replay.judge import Class
    from hnvemu.replay.recipe import Recipe
    from hnvemu.replay.summary import Verdict
    from hnvemu.switch.fabric import Fabric
    from hnvemu.trace.trace import Trace, WireFrame
    from hnvemu.wire.flow import Flow

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]")


class Targets(NamedTuple):
    """Names of the captures to be written; ``-`` is standard output."""

    wire: str | None = None
    """Every frame that crosses the provider network, as its sender's host lets it out."""
    per_host: str | None = None
    """A folder with a capture of each host's provider NIC: what leaves it and what reaches it."""
    delivered: str | None = None
    """Every frame that reaches a VM, as it does."""
    drops: str | None = None
    """Every frame that is dropped, as it was sent."""


class Kind(NamedTuple):
    """What tells the captures of one replay apart."""

    target: str
    """The field of :class:`Targets` that asks for it."""
    host: str | None = None
    """Whose it is, of ``per_host``."""


class Part(IntEnum):
    """Which form of a frame is written."""

    WIRE = 0
    DELIVERED = 1
    SENT = 2


class Write(NamedTuple):
    """One record that each frame of a class makes."""

    sink: int
    part: Part
    interface: int
    tail: bytes


class Outputs:
    """The open captures, and what is written to which."""

    def __init__(
        self,
        targets: Targets,
        keep: Callable[[str, Flow, Verdict], bool] | None = None,
        *,
        make: Callable[[str], Sink] = Sink,
    ) -> None:
        self.sinks: list[Sink] = []
        self.kinds: list[Kind] = []
        """What each of the captures is."""
        self._make = make
        self._keep = keep
        self._folder = targets.per_host
        self._hosts: dict[str, int] = {}
        self._files: set[str] = set()
        self._plans: dict[tuple[Write, ...], tuple[Write, ...]] = {}
        try:
            self._wire = self._open("wire", targets.wire)
            self._delivered = self._open("delivered", targets.delivered)
            self._drops = self._open("drops", targets.drops)
            if self._folder is not None:
                _make_folder(self._folder)
        except BaseException:
            self.abandon()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        """Finish all captures, or leave none where something went wrong."""
        if kind is None:
            self.close()
        else:
            self.abandon()

    def close(self) -> None:
        """Finish all captures.

        Raises:
            HnvemuError: One cannot be written; none is left then that was not finished before.
        """
        try:
            for sink in self.sinks:
                sink.close()
        except BaseException:
            self.abandon()
            raise

    def abandon(self) -> None:
        """Leave no capture."""
        for sink in self.sinks:
            with suppress(OSError):
                sink.abandon()

    def sink(self, kind: Kind) -> Sink:
        """Return the capture of a kind."""
        if kind.host is not None:
            return self.sinks[self._host(kind.host)]
        return self.sinks[self.kinds.index(kind)]

    def _open(self, target: str, name: str | None, host: str | None = None) -> int | None:
        if name is None:
            return None
        self.sinks.append(self._make(name))
        self.kinds.append(Kind(target, host))
        return len(self.sinks) - 1

    def plan(
        self, entry: str, flow: Flow, verdict: Verdict, recipe: Recipe | None
    ) -> tuple[Write, ...]:
        """Return what each frame of a class with a recipe writes.

        Without one there is nothing to plan: :meth:`records` looks at each frame.
        """
        if not self._wants(entry, flow, verdict):
            return ()
        planned = tuple(self._planned(entry, verdict, recipe))
        return self._plans.setdefault(planned, planned)

    def _planned(self, entry: str, verdict: Verdict, recipe: Recipe | None) -> Iterator[Write]:
        comment = self._comment(verdict)
        if recipe is not None and recipe.header is not None:
            yield from self._crossing(recipe.sender, (recipe.receiver,), comment)
        if recipe is not None and recipe.to is not None:
            yield from self._arriving(recipe.to, comment)
        yield from self._dropped(entry, verdict, comment)

    def _comment(self, verdict: Verdict) -> str:
        """Return what is said beside a frame, where a capture has comments."""
        has_comments = self._folder is not None or any(sink.is_pcapng for sink in self.sinks)
        return comment_of(verdict) if has_comments else ""

    def _crossing(self, sender: str, receivers: tuple[str, ...], comment: str) -> Iterator[Write]:
        if self._wire is not None:
            yield self._write(self._wire, Part.WIRE, provider_nic(sender), comment, outbound=True)
        if self._folder is not None:
            ends = [(sender, True), *((host, False) for host in receivers)]
            for host, outbound in ends:
                sink = self._host(host)
                yield self._write(sink, Part.WIRE, provider_nic(host), comment, outbound=outbound)

    def _arriving(self, to: str, comment: str) -> Iterator[Write]:
        if self._delivered is not None:
            yield self._write(self._delivered, Part.DELIVERED, to, comment, outbound=True)

    def _dropped(self, entry: str, verdict: Verdict, comment: str) -> Iterator[Write]:
        if self._drops is not None and verdict.outcome is Outcome.DROPPED:
            yield self._write(self._drops, Part.SENT, entry, comment, outbound=False)

    def _write(
        self, sink: int, part: Part, interface: str, comment: str, *, outbound: bool
    ) -> Write:
        to = self.sinks[sink]
        return Write(sink, part, to.interface(interface), to.tail(comment, outbound=outbound))

    def _host(self, host: str) -> int:
        """Return the capture of a host's provider NIC."""
        assert self._folder is not None  # noqa: S101 - asked for with a folder alone
        if host not in self._hosts:
            name = _UNSAFE.sub("_", host)
            while name in self._files:  # two names may differ in what a file cannot have
                name += "_"
            self._files.add(name)
            opened = self._open("per_host", str(Path(self._folder) / f"{name}.pcapng"), host)
            assert opened is not None  # noqa: S101 - it has a name
            self._hosts[host] = opened
        return self._hosts[host]

    def records(
        self, found: Class, fabric: Fabric, frame: bytes, missing: int, time: int
    ) -> Iterator[tuple[int, bytes]]:
        """Yield the records that one frame makes, each with the number of its capture.

        Args:
            found: The class of the frame, of which it has everything but its octets.
            fabric: What the class was judged by.
            frame: The octets that were captured.
            missing: How many more it had on the wire: as many are cut from what it becomes.
            time: Nanoseconds since 1970.
        """
        whole = restored(frame, missing)
        if found.path is None:
            if not found.writes:
                return
            recipe = found.recipe
            assert recipe is not None  # noqa: S101 - a class has one or the other
            inside = recipe.inside(whole)
            for write in found.writes:
                match write.part:
                    case Part.WIRE:
                        assert recipe.header is not None  # noqa: S101 - as it was planned
                        form = recipe.header.wrap(inside)
                    case Part.DELIVERED:
                        form = inside
                    case Part.SENT:
                        form = whole
                yield write.sink, self._record(write, form, missing, time)
            return
        if not self._wants(found.entry, found.flow, found.verdict):
            return
        comment = self._comment(found.verdict)
        for write in self._dropped(found.entry, found.verdict, comment):
            yield write.sink, self._record(write, whole, missing, time)
        trace = fabric.trace(found.path, whole, at=found.entry)
        for part in _leaves(trace):
            for wire in part.wire:
                receivers = _receivers(part, wire)
                for write in self._crossing(wire.sender, receivers, comment):
                    yield write.sink, self._record(write, wire.frame, missing, time)
            for arrived in part.delivered:
                for write in self._arriving(arrived.to, comment):
                    yield write.sink, self._record(write, arrived.frame, missing, time)

    def _wants(self, entry: str, flow: Flow, verdict: Verdict) -> bool:
        """Whether anything is written of packets that meet that end."""
        if not self.sinks and self._folder is None:
            return False
        return self._keep is None or self._keep(entry, flow, verdict)

    def _record(self, write: Write, whole: bytes, missing: int, time: int) -> bytes:
        frame = whole[: len(whole) - missing] if missing else whole
        return self.sinks[write.sink].record(time, frame, len(whole), write.interface, write.tail)


def comment_of(verdict: Verdict) -> str:
    """Say what became of a frame, as a comment beside it."""
    words = [verdict.outcome.value.replace("_", " ")]
    if verdict.reason is not None:
        words.append(verdict.reason.value)
    if verdict.rule is not None:
        words.append(f"by '{verdict.rule}'")
    if verdict.origin is not None and verdict.reason is not None:
        words.append(f"({verdict.origin.file}:{verdict.origin.line})")
    return f"{' '.join(words)}\n{' > '.join(verdict.way)}"


def _leaves(trace: Trace) -> Iterator[Trace]:
    """Yield a trace and those of all copies."""
    yield trace
    for branch in trace.branches:
        yield from _leaves(branch)


def _receivers(trace: Trace, wire: WireFrame) -> tuple[str, ...]:
    """Return the hosts that a frame on the wire reaches: those that listen, for a group's."""
    if wire.tunnel.dst.is_multicast:
        return tuple(branch.hops[0].node for branch in trace.branches)
    return (wire.receiver,)


def _make_folder(name: str) -> None:
    try:
        Path(name).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise QuestionError(f"'{name}' cannot be made a folder: {reason}") from None
