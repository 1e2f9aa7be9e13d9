"""Workers of a Dask cluster that share the work of a replay, on this machine or on others.

Whatever workers need comes with their tasks, but for captures: these they read under the names
that they have here, and their parts of what is written they put beside it. A task whose worker is
lost is done by another.
"""

from __future__ import annotations

import logging
import pydoc
import signal
import sys
import threading
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from hnvemu import __version__
from hnvemu.errors import HnvemuError, QuestionError
from hnvemu.replay.shards import LEAST

try:
    import dask.config
    from distributed import Client, KilledWorker, LocalCluster, as_completed
    from distributed.protocol.pickle import dumps, loads
except ImportError:
    raise QuestionError("Dask is not installed", "pip install 'hnvemu[cluster]'") from None

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import FrameType

    from hnvemu.replay.shards import Job, Shard, Taken

_SECONDS: Final = 10
_CONFIG: Final = {
    # A large policy is sent with the tasks on purpose: it survives every worker.
    "distributed.admin.large-graph-warning-threshold": "1TB",
}
_DEAF: Final = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)"
"""What workers of this machine do first: who is asked to stop ends them."""


@contextmanager
def cluster(scheduler: str | None, workers: int) -> Iterator[Dask]:
    """Join a cluster.

    Args:
        scheduler: The address of its scheduler; None: make one on this machine.
        workers: How many processes it gets then.

    Raises:
        QuestionError: It does not answer, or its workers are not like this process.
    """
    with dask.config.set(_CONFIG):
        if scheduler is None:
            with ExitStack() as made:
                with in_one_go():  # half a cluster cannot be closed
                    local = LocalCluster(
                        n_workers=workers,
                        threads_per_worker=1,
                        processes=True,
                        host="127.0.0.1",
                        dashboard_address="127.0.0.1:0",
                        memory_limit=None,
                        preload=_DEAF,
                        silence_logs=logging.CRITICAL,
                    )
                    client = made.enter_context(Client(made.enter_context(local)))
                yield Dask(client, workers)
            return
        with _quiet(), _joined(scheduler) as client:
            yield Dask(client, sum(client.nthreads().values()))


@contextmanager
def in_one_go() -> Iterator[None]:
    """Let the signals that end this process wait until the block is done.

    Processes that are started meanwhile never hear of Ctrl-C, where a system can do that.
    """
    came: list[tuple[int, FrameType | None]] = []
    handlers: dict[int, Any] = {}
    if threading.current_thread() is threading.main_thread():
        for number in (int(signal.SIGINT), int(signal.SIGTERM)):
            if callable(signal.getsignal(number)):
                handlers[number] = signal.signal(number, lambda *given: came.append(given))
    try:
        with _deaf():
            yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        if came:
            handlers[came[0][0]](*came[0])


@contextmanager
def _deaf() -> Iterator[None]:
    """Have what is started, threads and processes, not be interrupted."""
    if sys.platform == "win32":
        yield
        return
    from multiprocessing import resource_tracker  # noqa: PLC0415 - of POSIX systems

    resource_tracker.ensure_running()  # or its start would end what begins here
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _quiet() -> Iterator[None]:
    """Have Dask log nothing here: what matters is raised."""
    logger = logging.getLogger("distributed.client")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


def _joined(scheduler: str) -> Client:
    try:
        client = Client(scheduler, timeout=_SECONDS)
    except (OSError, ValueError, TypeError) as error:
        raise QuestionError(
            f"no Dask scheduler answers at '{scheduler}': {error}",
            "it tells its address when it starts, such as tcp://192.0.2.1:8786",
        ) from None
    try:
        client.wait_for_workers(1, timeout=_SECONDS)
        versions = client.run(pydoc.locate, "hnvemu.__version__")
    except TimeoutError:
        client.close()
        raise QuestionError(f"the Dask cluster at '{scheduler}' has no worker") from None
    except BaseException:
        client.close()
        raise
    for worker, version in versions.items():
        if version != __version__:
            client.close()
            raise _other_version(worker, version)
    return client


def _other_version(worker: str, version: object) -> QuestionError:
    has = "no hnvemu" if version is None else f"hnvemu {version}"
    return QuestionError(
        f"the Dask worker {worker} has {has}, and this is {__version__}",
        f"pip install 'hnvemu[cluster]=={__version__}' there",
    )


class Dask:
    """The workers of a cluster."""

    def __init__(self, client: Client, size: int, *, least: int = LEAST) -> None:
        self._client = client
        self.size = size
        self.least = least

    @contextmanager
    def take(
        self, job: Job, shards: Sequence[Shard]
    ) -> Iterator[Iterator[tuple[Shard, Taken | Exception]]]:
        """Take shards, and yield each when it is done. What is left is cancelled in the end."""
        client = self._client
        name = f"hnvemu-{uuid4().hex}"
        # As the result of a task it can be had again whichever worker is lost.
        sent = client.submit(bytes, dumps(job), key=name)
        futures = {
            client.submit(
                _take,
                __version__,
                sent,
                shard._replace(path=str(Path(shard.path).absolute())),
                key=f"{name}-{number}",
                priority=-number,
            ): shard
            for number, shard in enumerate(shards)
        }
        try:
            yield _results(futures)
        finally:
            client.cancel([sent, *futures])


def _results(futures: dict[Any, Shard]) -> Iterator[tuple[Shard, Taken | Exception]]:
    for future in as_completed(futures):
        shard = futures[future]
        if future.cancelled():
            raise HnvemuError("the Dask cluster has gone")
        found: Taken | Exception
        try:
            found = future.result()
        except KilledWorker:
            found = HnvemuError(f"'{shard.name}' cannot be replayed: several workers died of it")
        except OSError as error:
            if error.filename is None:
                raise HnvemuError(f"the Dask cluster has gone: {error}") from None
            found = QuestionError(
                f"a Dask worker cannot use '{error.filename}': {error.strerror}",
                "captures, and the folder that is written to, have to be there for all workers",
            )
        except Exception as error:  # noqa: BLE001 - it is raised when its turn comes
            found = error
        future.release()
        yield shard, found


def _take(version: str, sent: bytes, shard: Shard) -> Taken:
    """Take a shard: this runs on a worker."""
    if version != __version__:  # it came after the others were asked
        raise QuestionError(f"a Dask worker has hnvemu {__version__}, and the client {version}")
    return _job(sent, threading.get_ident()).take(shard)


@lru_cache(maxsize=16)
def _job(sent: bytes, thread: int) -> Job:
    """Return the job with a fabric of the thread's own: what tables remember is not locked."""
    del thread
    job: Job = loads(sent)
    return job
