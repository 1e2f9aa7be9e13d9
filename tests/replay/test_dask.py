"""Workers of a Dask cluster that share a replay: they come to what one process does."""

from __future__ import annotations

import os
import pydoc
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from replay.shares import Captured, alone, capture, shared
from replay.test_pool import ENDS, Deadly, left

from hnvemu import QuestionError
from hnvemu.replay.run import EngineKind, Terms, replay

pytest.importorskip("distributed", reason="Dask is not installed: pip install 'hnvemu[cluster]'")

from hnvemu.replay import cluster

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hnvemu import Fabric

    Network = Callable[..., Fabric]
    Frame = Callable[..., bytes]


@pytest.fixture(scope="module")
def crew() -> Iterator[cluster.Dask]:
    with cluster.cluster(None, 2) as crew:
        crew.least = 1
        yield crew


@pytest.fixture
def address(crew: cluster.Dask) -> str:
    scheduler = crew._client.scheduler
    assert scheduler is not None
    return str(scheduler.address)


@pytest.fixture
def names(frame: Frame, tmp_path: Path) -> list[str]:
    frames = [Captured(frame(*ends), at) for at, ends in enumerate(ENDS)]
    return [capture(tmp_path / f"{at}.pcapng", *frames, *frames[at:]) for at in range(3)]


def test_workers_come_to_what_one_process_does(
    network: Network, crew: cluster.Dask, names: list[str], tmp_path: Path
) -> None:
    fabric = network()

    expected = alone(fabric, names, Terms(), tmp_path / "alone", "pcapng")
    found = shared(crew, fabric, names, Terms(), tmp_path / "shared", "pcapng")

    assert found == expected


def test_the_shards_of_a_worker_that_dies_are_taken_by_others(
    network: Network, crew: cluster.Dask, names: list[str], tmp_path: Path
) -> None:
    fabric = network()
    graves = tmp_path / "graves"
    graves.mkdir()
    terms = Terms(keep=Deadly(graves))

    found = shared(crew, fabric, names, terms, tmp_path / "shared", "pcapng")

    assert len([*graves.iterdir()]) == 1
    assert found == alone(fabric, names, Terms(), tmp_path / "alone", "pcapng")


def test_a_cluster_that_runs_is_joined(
    network: Network,
    address: str,
    names: list[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    fabric = network()
    monkeypatch.chdir(tmp_path)
    here = [Path(name).name for name in names]

    expected = replay(fabric, here)
    found = replay(fabric, here, engine=EngineKind.DASK, scheduler=address)

    assert [*found.flows] == [*expected.flows]


def test_workers_with_another_hnvemu_are_refused(
    network: Network, address: str, names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "__version__", "99.0")

    with pytest.raises(
        QuestionError, match=r"worker tcp://127\S+ has hnvemu \S+, and this is 99.0"
    ):
        replay(network(), names, engine=EngineKind.DASK, scheduler=address)


def test_a_worker_with_another_hnvemu_that_comes_later_is_refused(
    network: Network,
    crew: cluster.Dask,
    names: list[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(cluster, "__version__", "99.0")

    with pytest.raises(QuestionError, match=r"a Dask worker has hnvemu \S+, and the client 99.0"):
        shared(crew, network(), names, Terms(), tmp_path / "out", "pcap")

    assert left(tmp_path / "out") == []


def test_a_capture_that_workers_do_not_have_is_told(
    network: Network, address: str, names: list[str]
) -> None:
    with open(names[0], "rb") as file:  # noqa: PTH123 - a path's name
        own = f"/proc/self/fd/{os.dup2(file.fileno(), 200)}"
    try:
        with pytest.raises(QuestionError, match=f"a Dask worker cannot use '{own}'"):
            replay(network(), [own], engine=EngineKind.DASK, scheduler=address)
    finally:
        os.close(200)


def test_a_scheduler_that_does_not_answer_is_told(
    network: Network, names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "_SECONDS", 0.2)

    with pytest.raises(QuestionError, match=r"no Dask scheduler answers at 'tcp://127\.0\.0\.1:9'"):
        replay(network(), names, engine=EngineKind.DASK, scheduler="tcp://127.0.0.1:9")


def test_a_worker_without_hnvemu_has_no_version() -> None:
    assert pydoc.locate("hnvemu_that_is_not_there.__version__") is None
    assert "has no hnvemu" in str(cluster._other_version("tcp://192.0.2.1:1", None))


def test_what_is_to_end_a_process_waits_until_its_cluster_is_whole() -> None:
    came: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: came.append(number))
    try:
        with cluster.in_one_go():
            signal.raise_signal(signal.SIGTERM)
            assert not came

        assert came == [signal.SIGTERM]
        signal.raise_signal(signal.SIGTERM)
        assert came == [signal.SIGTERM] * 2
    finally:
        signal.signal(signal.SIGTERM, before)
