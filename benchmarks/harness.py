"""What the benchmarks share: interleaved rounds, whole processes, and a table of ratios.

Rules of the file: a figure is a ratio of two things that were timed in the same rounds; nothing
here knows about networks. The standard library is enough.
"""

from __future__ import annotations

import argparse
import importlib
import math
import os
import platform
import signal
import statistics
import subprocess
import sys
import time
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

HERE = Path(__file__).resolve().parent
WORK = HERE / "work"
"""Scratch files; git ignores them."""
FEW_ROUNDS = 5

# What is measured is the package beside this folder, here and in every process started from
# here; left out is what would change its work: a policy, and a ban on compiled modules. What is
# compiled of policies is kept beside the scratch files.
sys.path.insert(0, str(HERE.parent))
LEFT_OUT = ("HNVEMU_POLICY", "PYTHONDONTWRITEBYTECODE")
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if name not in LEFT_OUT},
    "PYTHONPATH": os.pathsep.join(filter(None, (str(HERE.parent), os.getenv("PYTHONPATH")))),
    "HNVEMU_CACHE": str(WORK / "cache"),
}


class Sample(NamedTuple):
    """One measurement."""

    seconds: float
    peak: int = 0
    """Peak resident memory of a process in octets; 0 for what ran in this process."""


class Timing(NamedTuple):
    """All measurements of one competitor."""

    samples: tuple[Sample, ...]

    @property
    def median(self) -> float:
        return statistics.median(sample.seconds for sample in self.samples)

    @property
    def best(self) -> float:
        return min(sample.seconds for sample in self.samples)

    @property
    def peak(self) -> float:
        return statistics.median(sample.peak for sample in self.samples)

    @property
    def least_peak(self) -> int:
        return min(sample.peak for sample in self.samples)


class Times(Protocol):
    """What a ratio is made of."""

    @property
    def median(self) -> float: ...

    @property
    def best(self) -> float: ...

    @property
    def peak(self) -> float: ...


class Difference(NamedTuple):
    """What one competitor takes longer than another, where the second does a part of its work."""

    longer: Timing
    shorter: Timing
    times: int = 1
    """How often the first does more."""

    @property
    def median(self) -> float:
        """Of the differences within a round."""
        pairs = zip(self.longer.samples, self.shorter.samples, strict=True)
        differences = (longer.seconds - shorter.seconds for longer, shorter in pairs)
        return _above_zero(statistics.median(differences)) / self.times

    @property
    def best(self) -> float:
        """Of the best rounds of both: the least difference would be noise."""
        return _above_zero(self.longer.best - self.shorter.best) / self.times

    @property
    def peak(self) -> float:
        return self.longer.peak


class Goal(NamedTuple):
    """A bound for a ratio."""

    bound: float
    at_least: bool

    def met(self, ratio: float) -> bool:
        return ratio >= self.bound if self.at_least else ratio <= self.bound

    def __str__(self) -> str:
        return f"{'>=' if self.at_least else '<='} {self.bound:g}x"


class Figure(NamedTuple):
    """A line of the report: a ratio by medians and one by the best rounds."""

    what: str
    median: float
    best: float
    goal: Goal | None = None


def at_least(bound: float) -> Goal:
    return Goal(bound, at_least=True)


def at_most(bound: float) -> Goal:
    return Goal(bound, at_least=False)


def faster(what: str, own: Times, peer: Times, goal: Goal | None = None) -> Figure:
    """Say how many times the peer's time is our own."""
    return Figure(what, peer.median / own.median, peer.best / own.best, goal)


def cost(what: str, own: Times, peer: Times, goal: Goal | None = None) -> Figure:
    """Say how many times our own time is the peer's, or the limit's."""
    return Figure(what, own.median / peer.median, own.best / peer.best, goal)


def interleave(
    competitors: Mapping[str, Callable[[], Sample | None]], rounds: int, *, warm: bool = True
) -> dict[str, Timing]:
    """Run every competitor once a round, in an order that moves on by one each round.

    Noise of the machine then falls on all of them alike, and none always runs after the same
    neighbour. A competitor that times itself (a process; a batch with preparations) returns a
    :class:`Sample`; the others are timed here. The first round is not counted where ``warm``.
    """
    names = list(competitors)
    samples: dict[str, list[Sample]] = {name: [] for name in names}
    for number in range(-1 if warm else 0, rounds):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            sample = timed(competitors[name])
            if number >= 0:
                samples[name].append(sample)
    return {name: Timing(tuple(values)) for name, values in samples.items()}


def timed(function: Callable[..., Any], *arguments: Any) -> Sample:
    """Measure one call, unless it returns its own measurement."""
    start = time.perf_counter()
    result = function(*arguments)
    seconds = time.perf_counter() - start
    return result if isinstance(result, Sample) else Sample(seconds)


def each(function: Callable[[Any], object], items: Sequence[Any]) -> Sample:
    """Measure one call for each item, and give the time of one."""
    start = time.perf_counter()
    for item in items:
        function(item)
    return Sample((time.perf_counter() - start) / len(items))


def process(
    command: Sequence[str],
    *,
    environment: Mapping[str, str] = ENVIRONMENT,
    output: Path | None = None,
) -> Sample:
    """Run a whole process and measure it from the start until it was reaped.

    The peak is the kernel's for that one process. It is never below what this process held when
    it started the other, so benchmarks of memory keep nothing large here.
    """
    WORK.mkdir(exist_ok=True)
    errors = WORK / "stderr.txt"
    with (output or Path(os.devnull)).open("wb") as out, errors.open("wb") as err:
        start = time.perf_counter()
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=WORK, env=environment
        )
        try:
            _, status, usage = os.wait4(child.pid, 0)
        except BaseException:
            child.kill()
            child.wait()
            raise
        seconds = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        give_up(f"{' '.join(command)[:200]}: exit {child.returncode}\n{errors.read_text()[-2000:]}")
    return Sample(seconds, usage.ru_maxrss * 1024)


def runs(*commands: Sequence[str]) -> Callable[[], Sample]:
    """Make a competitor that runs the next of ``commands`` each time, as a whole process."""
    turn = cycle(commands)
    return lambda: process(next(turn))


def output_of(command: Sequence[str], *, environment: Mapping[str, str] = ENVIRONMENT) -> str:
    """Run a whole process and hand back what it printed."""
    printed = WORK / "stdout.txt"
    process(command, environment=environment, output=printed)
    return printed.read_text()


def hnvemu(*arguments: str) -> list[str]:
    """Build the command line of the program."""
    return [sys.executable, "-m", "hnvemu", *arguments]


def need_hnvemu() -> Any:
    """Import the package, or end with one line and exit code 2."""
    try:
        package = importlib.import_module("hnvemu")
    except ImportError as error:
        give_up(f"hnvemu cannot be imported from {HERE.parent}: {error}")
    if not hasattr(package, "Fabric"):
        give_up(f"hnvemu cannot be imported from {HERE.parent}: it has no Fabric")
    return package


def leave_when_terminated() -> None:
    """Have a terminated benchmark leave its with blocks, too."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def give_up(why: str) -> NoReturn:
    """End with exit code 2: nothing was measured."""
    print(why, file=sys.stderr)
    raise SystemExit(2)


def options(description: str | None, *, rounds: int) -> argparse.ArgumentParser:
    """Start a command line that has what every benchmark has."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=rounds, help=f"default {rounds}")
    parser.add_argument(
        "--times", action="store_true", help="print this machine's medians in seconds, too"
    )
    return parser


def machine() -> str:
    """Name the processor, the system and the interpreter."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        name = next(
            line.partition(":")[2].strip() for line in lines if line.startswith("model name")
        )
    except (OSError, StopIteration):
        name = platform.processor() or platform.machine()
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{name}, {os.cpu_count()} CPUs, {platform.system()} {platform.release()}, {python}"


def report(
    title: str,
    figures: Iterable[Figure],
    timings: Mapping[str, Times],
    asked: argparse.Namespace,
) -> None:
    """Print the ratios as a plain table, with each goal and whether it is met by the median."""
    rounds = asked.rounds
    few = "" if rounds >= FEW_ROUNDS else f" (fewer than {FEW_ROUNDS}: good for a try only)"
    print(f"{title}\nmachine: {machine()}\nrounds:  {rounds}{few}\n")
    rows = [("", "median", "best", "goal", "met")]
    for what, median, best, goal in figures:
        verdict = "" if goal is None or math.isnan(median) else "yes" if goal.met(median) else "NO"
        rows.append((what, _ratio(median), _ratio(best), str(goal or ""), verdict))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for what, *cells in rows:
        line = "  ".join(cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True))
        print(f"{what.ljust(widths[0])}  {line}".rstrip())
    if asked.times:
        print(f"\n{times(timings)}")
    print(flush=True)


def times(timings: Mapping[str, Times]) -> str:
    """Lay out what was measured, in microseconds: this machine's figures, of this hour."""
    width = max(map(len, timings))
    lines = []
    for name, timing in timings.items():
        peak = f"  peak {timing.peak / 2**20:,.0f} MiB" if timing.peak else ""
        median, best = (f"{seconds * 1e6:14,.2f} us" for seconds in (timing.median, timing.best))
        lines.append(f"{name.ljust(width)}  median {median}  best {best}{peak}")
    return "\n".join(lines)


def _above_zero(seconds: float) -> float:
    """Give no number where more work took no more time: there was too little, or much noise."""
    return seconds if seconds > 0 else math.nan


def _ratio(value: float) -> str:
    if math.isnan(value):
        return "?"
    return f"{value:,.0f}x" if value >= 100 else f"{value:.2f}x" if value < 10 else f"{value:.1f}x"
