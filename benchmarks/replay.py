"""Captures through the switch, capture in and encapsulated capture out, beside four others.

The limit is copying the file. The peers are Open vSwitch's userspace datapath between two ports
of DPDK's pcap driver, with equal tables and a tunnel, and a loop written with Scapy alone.
A million packets of known flows cost a third of what a capture that has them four times takes
longer than one that has them once. Open vSwitch is given the long one, too, and timed from the
second million on. Before anything is timed, all have to write the same frames.
"""

from __future__ import annotations

import hashlib
import shutil
import struct
import sys
import time
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import datapath
import harness
import openvswitch
from harness import HERE, WORK, Difference, Figure, Sample, Timing, at_least, at_most, cost, faster
from networks import network, write_policy

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from datapath import Passage
    from harness import Times
    from networks import Network

PLAIN, NUMPY, FAST = ENGINES = ("plain", "numpy", "fast")
AT_LEAST_AS_FAST = {NUMPY: at_least(1), FAST: at_least(2.5)}
MOST_MEMORY = 250_000_000
PROFILE = "ws2012r2"
"""The one that writes most: the destination MAC, and the TTL between subnets."""
CACHE = WORK / "cache"
"""Of compiled policies."""
SIZES = ("packets", "flows", "vms", "hosts", "rules")
PASSES = 4
"""How often the long capture has the packets."""
CHUNK = 1 << 20
QUICK = {"packets": 200_000, "flows": 1_000, "vms": 1_000, "sample": 500}
QUICK_ROUNDS = 2
REORDERED = 64
"""Open vSwitch takes packets 32 at a time, and sorts them by flow."""


class Work(NamedTuple):
    """What all are given."""

    net: Network
    policy: Path
    once: Path
    long: Path
    asked: argparse.Namespace


def main() -> None:
    asked = _asked()
    harness.need_hnvemu()
    if not asked.without_open_vswitch:
        datapath.need(install=asked.install)
    with prepared(asked) as work:
        lost = check(work)
        measure(work, lost)


def _asked() -> argparse.Namespace:
    parser = harness.options(__doc__, rounds=7)
    for name, amount, what in (
        ("packets", 1_000_000, "in the capture"),
        ("flows", 20_000, "they belong to"),
        ("vms", 10_000, "in the policy"),
        ("hosts", 100, "in the policy"),
        ("rules", 50, "at every port"),
        ("sample", 3_000, "packets that Scapy is given"),
    ):
        parser.add_argument(f"--{name}", type=int, default=amount, help=f"{what}: {amount}")
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=ENGINES)
    parser.add_argument("--without-open-vswitch", action="store_true")
    parser.add_argument("--quick", action="store_true", help="small, and good for a try only")
    openvswitch.add_install_option(parser)
    asked = parser.parse_args()
    if asked.quick:
        vars(asked).update(QUICK, rounds=min(asked.rounds, QUICK_ROUNDS))
    return asked


@contextmanager
def prepared(asked: argparse.Namespace) -> Iterator[Work]:
    """Write the policy and the captures, and remove the captures in the end, however it comes."""
    harness.leave_when_terminated()
    # What was compiled by an hnvemu that has changed since would be taken for the policy's.
    shutil.rmtree(CACHE, ignore_errors=True)
    net = network(asked.vms, hosts=asked.hosts, rules=asked.rules)
    policy = WORK / f"replay-{asked.vms}-{asked.rules}-rules.yaml"
    write_policy(net, policy, profile=PROFILE, at_sender=True)
    once, long = WORK / "replay-once.pcap", WORK / "replay-long.pcap"
    with fresh(once), fresh(long):
        numbers = {name: getattr(asked, name) for name in SIZES}
        for passes, path in ((1, once), (PASSES, long)):
            generate(numbers, path, passes=passes)
        yield Work(net, policy, once, long, asked)


def generate(numbers: Mapping[str, int], path: Path, *, passes: int) -> None:
    """Write a capture in a process of its own: what is held here counts for every child."""
    options = [f"--{name}={amount}" for name, amount in numbers.items()]
    program = str(HERE / "captures.py")
    harness.process([sys.executable, program, str(path), f"--passes={passes}", *options])


@contextmanager
def fresh(path: Path) -> Iterator[Path]:
    """Lend a file that is not there yet: writing over an old one would be cheaper."""
    path.unlink(missing_ok=True)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def replay(source: Path, policy: Path, engine: str, target: Path, *more: str) -> Sample:
    """Run the command on a capture."""
    options = ("-p", str(policy), "--wire", str(target), "--engine", engine, "-q", *more)
    return harness.process(harness.hnvemu("replay", str(source), *options))


def check(work: Work) -> int:
    """End unless all write the same frames; return how many Open vSwitch lost."""
    asked = work.asked
    with fresh(WORK / "wire-hnvemu.pcap") as ours:
        digests = {}
        for engine in asked.engines:
            replay(work.once, work.policy, engine, ours)
            digests[engine] = digest(ours)
        if len(set(digests.values())) != 1:
            harness.give_up(f"the engines write different captures: {digests}")
        with fresh(WORK / "wire-scapy.pcap") as theirs:
            by_scapy(work, theirs)
            size = theirs.stat().st_size
            with ours.open("rb") as own, theirs.open("rb") as other:
                # A capture begins with 24 octets that need not be the same.
                if own.read(size)[24:] != other.read()[24:]:
                    harness.give_up("hnvemu and Scapy write different frames")
        if asked.without_open_vswitch:
            return 0
        with fresh(WORK / "wire-open-vswitch.pcap") as theirs:
            passage = by_open_vswitch(work, theirs, work.once, passes=1)
            return compare(ours, theirs, passage.lost)


def compare(ours: Path, theirs: Path, lost: int) -> int:
    """End unless ``theirs`` has our frames but for some ``lost``; return how many those are.

    Packets that are lost need not have been frames, as rules stop some. Left aside is what
    Open vSwitch writes as it likes: source, identification and TTL of the outer packet. The
    receiver's MAC and PA, the key and all that is inside have to be the same.
    """
    waiting: Counter[int] = Counter()
    amount = 0
    own = (hash((frame[:6], frame[30:])) for frame in frames(ours))
    for number, frame in enumerate(frames(theirs), 1):
        wanted = hash((frame[:6], frame[30:]))
        while not waiting[wanted] and amount < lost + REORDERED:
            following = next(own, None)
            if following is None:
                break
            waiting[following] += 1
            amount += 1
        if not waiting[wanted]:
            harness.give_up(f"frame {number} of Open vSwitch is none of ours: {frame.hex()}")
        waiting[wanted] -= 1
        amount -= 1
        if not waiting[wanted]:
            del waiting[wanted]
    amount += sum(1 for _ in own)
    if amount > lost + REORDERED:  # it does not count those that it had no room to send
        harness.give_up(f"Open vSwitch sent {amount:,} frames less, of which it lost {lost:,}")
    return amount


def measure(work: Work, lost: int) -> None:
    """Time all of them, and print the ratios."""
    asked = work.asked
    passages: list[Passage] = []
    competitors: dict[str, Callable[[], Sample]] = {
        "copying": lambda: copying(work.once),
        "Scapy": lambda: _scapy(work),
    }
    if not asked.without_open_vswitch:
        competitors["Open vSwitch"] = lambda: _open_vswitch(work, passages)
    for engine in asked.engines:
        competitors[f"{engine} once"] = _engine(work, work.once, engine)
        competitors[f"{engine} long"] = _engine(work, work.long, engine)
    timed = harness.interleave(competitors, asked.rounds)
    found: dict[str, Times] = {**timed}
    for engine in asked.engines:
        longer, shorter = timed[f"{engine} long"], timed[f"{engine} once"]
        found[f"{engine} known"] = Difference(longer, shorter, PASSES - 1)
    for part in ("steady", "known", "whole") if passages else ():
        # The first round is not counted.
        seconds = [getattr(passage, part) * asked.packets for passage in passages[1:]]
        found.pop("Open vSwitch", None)
        found[f"Open vSwitch {part}"] = Timing(tuple(map(Sample, seconds)))
    harness.report(
        f"Replay of {asked.packets:,} packets of {asked.flows:,} flows, {asked.vms:,} VMs,"
        f" {asked.rules} rules a port",
        figures(found, timed, asked),
        found,
        asked,
    )
    if passages:
        most = max(passage.lost for passage in passages)
        print(
            f"Open vSwitch left out {lost:,} of {asked.packets:,} packets when the frames were"
            f" compared, and lost at most {most:,} while it was timed.\n"
        )
    if asked.times:
        for name, timing in found.items():
            if not name.endswith("long"):
                print(f"{name:22}{asked.packets / timing.median:14,.0f} packets a second")


def figures(
    found: Mapping[str, Times], timed: Mapping[str, Timing], asked: argparse.Namespace
) -> Iterator[Figure]:
    """Compare packets of known flows with packets of known flows, then whole processes."""
    copy, scapy = found["copying"], found["Scapy"]
    peer = "Open vSwitch known"
    if peer in found:
        for engine in asked.engines:
            what = f"{engine}, known flows: packets a second / Open vSwitch's, known flows"
            yield faster(what, found[f"{engine} known"], found[peer], AT_LEAST_AS_FAST.get(engine))
        for engine in asked.engines:
            what = f"{engine}, known flows / Open vSwitch's, 10 % to 98 % of the first pass"
            yield faster(what, found[f"{engine} known"], found["Open vSwitch steady"])
        for engine in asked.engines:
            what = f"{engine}, whole process / Open vSwitch's, first to last packet"
            yield faster(what, found[f"{engine} once"], found["Open vSwitch whole"])
    for engine in asked.engines:
        goal = at_most(10) if engine == FAST else None
        yield cost(f"{engine}, known flows: time / copying", found[f"{engine} known"], copy, goal)
        yield cost(f"{engine}, whole process: time / copying", found[f"{engine} once"], copy)
    for engine in asked.engines:
        goal = at_least(100) if engine == FAST else None
        known, once = found[f"{engine} known"], found[f"{engine} once"]
        yield faster(f"{engine}, known flows: packets a second / Scapy's", known, scapy)
        yield faster(f"{engine}, whole process: packets a second / Scapy's", once, scapy, goal)
    for engine in asked.engines:
        own = timed[f"{engine} long"]
        what = f"{engine}: peak memory of the process / 250 MB"
        yield Figure(what, own.peak / MOST_MEMORY, own.least_peak / MOST_MEMORY, at_most(1))


def _engine(work: Work, source: Path, engine: str) -> Callable[[], Sample]:
    def run() -> Sample:
        with fresh(WORK / "wire-hnvemu.pcap") as target:
            return replay(source, work.policy, engine, target)

    return run


def _scapy(work: Work) -> Sample:
    with fresh(WORK / "wire-scapy.pcap") as target:
        return Sample(by_scapy(work, target) * work.asked.packets)


def _open_vswitch(work: Work, passages: list[Passage]) -> Sample:
    with fresh(WORK / "wire-open-vswitch.pcap") as target:
        passage = by_open_vswitch(work, target, work.long, passes=PASSES)
    passages.append(passage)
    return Sample(passage.known * work.asked.packets)


def by_open_vswitch(work: Work, target: Path, source: Path, *, passes: int) -> Passage:
    """Send a capture through Open vSwitch."""
    packets = work.asked.packets
    return datapath.pass_through(work.net, source, target, packets=packets, passes=passes)


def by_scapy(work: Work, target: Path) -> float:
    """Let Scapy take the first packets, and return the seconds of one."""
    asked = work.asked
    numbers = map(str, (asked.sample, asked.vms, asked.hosts, asked.rules))
    program = str(HERE / "scapy_replay.py")
    return float(
        harness.output_of([sys.executable, program, str(work.once), str(target), *numbers])
    )


def copying(source: Path) -> Sample:
    """Copy a file through one buffer, and give the time without what follows."""
    buffer = memoryview(bytearray(CHUNK))
    with fresh(WORK / "copy.pcap") as target:
        start = time.perf_counter()
        with source.open("rb", buffering=0) as old, target.open("wb", buffering=0) as new:
            while size := old.readinto(buffer):
                new.write(buffer[:size])
        return Sample(time.perf_counter() - start)


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def frames(path: Path) -> Iterator[bytes]:
    """Yield the frames of a little-endian pcap."""
    unpack = struct.Struct("<8xI4x").unpack
    with path.open("rb") as file:
        file.read(24)
        while header := file.read(16):
            yield file.read(*unpack(header))


if __name__ == "__main__":
    main()
