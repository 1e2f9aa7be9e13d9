"""Processes that share a replay: they come to what one does, whatever happens to them."""

from __future__ import annotations

import multiprocessing
import os
import signal
from contextlib import nullcontext
from typing import TYPE_CHECKING

import pytest
from replay.shares import Captured, alone, capture, shared, targets

from hnvemu import QuestionError
from hnvemu.errors import HnvemuError
from hnvemu.replay.pool import Pool
from hnvemu.replay.run import Gauge, Terms, replay
from hnvemu.replay.shards import share

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from hnvemu import Fabric
    from hnvemu.replay.run import Progress
    from hnvemu.replay.summary import Verdict
    from hnvemu.wire.flow import Flow

    Network = Callable[..., Fabric]
    Frame = Callable[..., bytes]

ENDS = [("A", "X"), ("X", "A"), ("A", "B"), ("C", "X"), ("C", "B"), ("A", "10.0.1.99"), ("B", "Y")]


class Deadly:
    """Kills the process that asks about a sender, the first times."""

    def __init__(self, folder: Path, *, times: int = 1) -> None:
        self.folder = folder
        self.times = times

    def __call__(self, entry: str, flow: Flow, verdict: Verdict) -> bool:
        del flow, verdict
        if entry == "T/C" and len([*self.folder.iterdir()]) < self.times:
            (self.folder / str(os.getpid())).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return True


@pytest.fixture(autouse=True)
def no_process_is_left() -> Iterator[None]:
    before = multiprocessing.active_children()
    yield
    assert multiprocessing.active_children() == before


@pytest.fixture
def names(frame: Frame, tmp_path: Path) -> list[str]:
    """Two captures of all conversations."""
    frames = [Captured(frame(*ends), at) for at, ends in enumerate(ENDS)]
    return [
        capture(tmp_path / "1.pcapng", *frames, *frames[::-1]),
        capture(tmp_path / "2.pcapng", *frames[3:]),
    ]


@pytest.fixture
def graves(tmp_path: Path) -> Path:
    (tmp_path / "graves").mkdir()
    return tmp_path / "graves"


def left(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.name != "hosts"]


def test_processes_come_to_what_one_does(
    network: Network, names: list[str], tmp_path: Path
) -> None:
    fabric = network()

    expected = alone(fabric, names, Terms(), tmp_path / "alone", "pcapng")
    found = shared(Pool(3, least=1), fabric, names, Terms(), tmp_path / "shared", "pcapng")

    assert found == expected


def test_the_shard_of_a_process_that_dies_is_taken_again(
    network: Network, names: list[str], graves: Path, tmp_path: Path
) -> None:
    fabric = network()
    terms = Terms(keep=Deadly(graves))

    found = shared(Pool(2, least=1), fabric, names, terms, tmp_path / "shared", "pcapng")

    assert len([*graves.iterdir()]) == 1
    assert found == alone(fabric, names, Terms(), tmp_path / "alone", "pcapng")


def test_a_capture_that_kills_every_process_is_given_up(
    network: Network, names: list[str], graves: Path, tmp_path: Path
) -> None:
    terms = Terms(keep=Deadly(graves, times=100))

    with pytest.raises(HnvemuError, match=r"1\.pcapng' cannot be replayed: 3 processes died"):
        shared(Pool(2, least=1), network(), names, terms, tmp_path / "shared", "pcapng")

    assert left(tmp_path / "shared") == []


def test_what_is_wrong_with_the_question_is_told_as_one_process_tells_it(
    network: Network, names: list[str], tmp_path: Path
) -> None:
    with pytest.raises(QuestionError) as alone_said:
        replay(network(), names, at="nobody")
    with pytest.raises(QuestionError) as shared_said:
        replay(network(), names, at="nobody", jobs=2, targets=targets(tmp_path / "out", "pcap"))

    assert str(shared_said.value) == str(alone_said.value)
    assert left(tmp_path / "out") == []


def test_a_bug_in_a_process_is_raised_with_its_traceback(
    network: Network, names: list[str], tmp_path: Path
) -> None:
    def broken(entry: str, flow: Flow, verdict: Verdict) -> bool:
        raise ZeroDivisionError(f"{entry} {flow} {verdict}")

    with pytest.raises(ZeroDivisionError) as raised:
        shared(Pool(2), network(), names, Terms(keep=broken), tmp_path / "out", "pcap")

    assert any("in broken" in note for note in raised.value.__notes__)
    assert left(tmp_path / "out") == []


def test_an_interrupt_ends_all_processes_and_leaves_nothing(
    network: Network, names: list[str], tmp_path: Path
) -> None:
    def interrupt(progress: Progress) -> None:
        raise KeyboardInterrupt(progress)

    with pytest.raises(KeyboardInterrupt):
        share(
            nullcontext(Pool(2)),
            network(),
            names,
            Terms(),
            targets(tmp_path / "out", "pcap"),
            Gauge(names, interrupt),
        )

    assert left(tmp_path / "out") == []
