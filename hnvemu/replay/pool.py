"""Processes of this machine that share the work of a replay.

Each takes one shard after another. One that dies, for whatever reason, is replaced, and its shard
is taken once more.
"""

from __future__ import annotations

import multiprocessing
import signal
import sys
import traceback
from collections import deque
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Any, Final

from hnvemu.errors import HnvemuError
from hnvemu.replay.shards import LEAST

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hnvemu.replay.shards import Job, Shard, Taken

_ATTEMPTS: Final = 3
# A process that is forked has the policy already.
_context: Any = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")


class Pool:
    """As many processes as are asked for."""

    def __init__(self, size: int, *, least: int = LEAST) -> None:
        self.size = size
        self.least = least

    @contextmanager
    def take(
        self, job: Job, shards: Sequence[Shard]
    ) -> Iterator[Iterator[tuple[Shard, Taken | Exception]]]:
        """Take shards, and yield each when it is done. All processes end with the context."""
        workers: list[_Worker] = []
        try:
            yield self._results(job, deque(shards), workers)
        finally:
            for worker in workers:
                worker.stop()

    def _results(
        self, job: Job, left: deque[Shard], workers: list[_Worker]
    ) -> Iterator[tuple[Shard, Taken | Exception]]:
        deaths: dict[Shard, int] = {}
        workers += (_Worker(job) for _ in range(min(self.size, len(left))))
        for worker in workers:
            worker.give(left.popleft())
        while busy := {worker.pipe: worker for worker in workers if worker.shard is not None}:
            for ready in wait(list(busy)):
                worker = busy[ready]
                shard, found = worker.result()
                if found is None:
                    worker.stop()
                    workers.remove(worker)
                    worker = _Worker(job)
                    workers.append(worker)
                    deaths[shard] = deaths.get(shard, 0) + 1
                    if deaths[shard] < _ATTEMPTS:
                        worker.give(shard)
                        continue
                    found = HnvemuError(
                        f"'{shard.name}' cannot be replayed: {_ATTEMPTS} processes died of it"
                    )
                if left:
                    worker.give(left.popleft())
                yield shard, found


class _Worker:
    """One process, and the shard that it takes now."""

    def __init__(self, job: Job) -> None:
        self.pipe, far = _context.Pipe()
        self._process = _context.Process(target=_work, args=(job, self.pipe, far), daemon=True)
        self._process.start()
        far.close()
        self.shard: Shard | None = None

    def give(self, shard: Shard) -> None:
        """Have it take a shard."""
        self.shard = shard
        with suppress(OSError):  # its death is noticed when the result is asked for
            self.pipe.send(shard)

    def result(self) -> tuple[Shard, Taken | Exception | None]:
        """Return what it came to; None if the process died."""
        assert self.shard is not None  # noqa: S101 - only workers with a shard are asked
        shard, self.shard = self.shard, None
        try:
            found: Taken | Exception = self.pipe.recv()
        except (EOFError, OSError):
            return shard, None
        return shard, found

    def stop(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        self._process.join()
        self._process.close()
        self.pipe.close()


def _work(job: Job, near: Connection, pipe: Connection) -> None:
    """Take shards until nobody gives any more."""
    near.close()  # or this process would not see the other end close
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who was asked to stop ends this process
    with suppress(EOFError, OSError):
        while True:
            shard = pipe.recv()
            found: Taken | Exception
            try:
                found = job.take(shard)
            except Exception as error:  # noqa: BLE001 - the other side raises it
                if not isinstance(error, HnvemuError | OSError):
                    error.add_note(traceback.format_exc())
                found = error
            pipe.send(found)
