"""What a packet of a known flow costs `hnvemu replay`, by packets, flows, VMs and rules.

Each point is the time of a capture that has its packets several times, less the time of one that
has them once, for each packet more. Start, policy and flows not yet seen are the same in both.
All points of a curve are timed in the same rounds.
"""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from typing import TYPE_CHECKING, NamedTuple

import harness
from harness import WORK, Difference, Figure, at_most
from networks import network, write_policy
from replay import CACHE, ENGINES, FAST, MOST_MEMORY, PROFILE, QUICK_ROUNDS, fresh, generate, replay

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from harness import Sample

MORE = 5
"""How many times the longer capture of a point has its packets."""
BASE = {"packets": 400_000, "flows": 2_000, "vms": 1_000, "hosts": 100, "rules": 50}
CURVES = {
    "packets": (200_000, 500_000, 1_000_000, 2_000_000),
    "flows": (10, 100, 1_000, 10_000, 100_000),
    "vms": (10, 100, 1_000, 10_000, 100_000),
    "rules": (1, 10, 100, 1_000),
}
QUICK = {
    "packets": (100_000, 300_000),
    "flows": (10, 1_000),
    "vms": (10, 1_000),
    "rules": (1, 100),
}
ROOM = ("--max-flows", str(max(CURVES["flows"])))
FLAT = {"packets": at_most(1.5), "vms": at_most(1.5), "rules": at_most(1.5)}
"""Many flows meet colder memory; how much that costs is shown, and has no goal."""


class Point(NamedTuple):
    """A size, and the captures that measure it."""

    size: int
    policy: Path
    shorter: Path
    longer: Path
    more: int
    """Packets that the longer one has more."""


class Cost(NamedTuple):
    """The time of one packet more."""

    difference: Difference
    packets: int

    @property
    def median(self) -> float:
        return self.difference.median / self.packets

    @property
    def best(self) -> float:
        return self.difference.best / self.packets


def main() -> None:
    parser = harness.options(__doc__, rounds=5)
    parser.add_argument("--engine", default=FAST, choices=ENGINES, help=f"default {FAST}")
    parser.add_argument("--curves", nargs="+", choices=tuple(CURVES), default=tuple(CURVES))
    parser.add_argument("--quick", action="store_true", help="small, and good for a try only")
    asked = parser.parse_args()
    harness.need_hnvemu()
    harness.leave_when_terminated()
    shutil.rmtree(CACHE, ignore_errors=True)
    if asked.quick:
        asked.rounds = min(asked.rounds, QUICK_ROUNDS)
        BASE["packets"] = 100_000
    for curve in asked.curves:
        measure(curve, (QUICK if asked.quick else CURVES)[curve], asked)


def measure(curve: str, sizes: tuple[int, ...], asked: argparse.Namespace) -> None:
    """Time a curve, and print its points."""
    with ExitStack() as stack:
        points = [_point(curve, size, stack) for size in sizes]
        competitors = {}
        for point in points:
            for name, source in (("once", point.shorter), ("more", point.longer)):
                competitors[f"{point.size:,} {name}"] = lambda point=point, source=source: _run(
                    point, source, asked.engine
                )
        found = harness.interleave(competitors, asked.rounds)
    each = {
        point.size: Cost(
            Difference(found[f"{point.size:,} more"], found[f"{point.size:,} once"]), point.more
        )
        for point in points
    }
    first = each[sizes[0]]
    figures = []
    for size in sizes:
        what = f"{size:,} {curve}: time of a packet / with {sizes[0]:,}"
        goal = FLAT.get(curve) if size != sizes[0] else None
        own = each[size]
        figures.append(Figure(what, own.median / first.median, own.best / first.best, goal))
    for size in sizes:
        peak = found[f"{size:,} more"]
        what = f"{size:,} {curve}: peak memory of the process / 250 MB"
        goal = at_most(1) if curve == "packets" else None
        figures.append(Figure(what, peak.peak / MOST_MEMORY, peak.least_peak / MOST_MEMORY, goal))
    others = ", ".join(f"{amount:,} {name}" for name, amount in BASE.items() if name != curve)
    harness.report(f"{curve}, engine {asked.engine} ({others})", figures, found, asked)
    if asked.times:
        for size, timing in each.items():
            print(f"{size:>11,} {curve:8}{timing.median * 1e9:10.0f} ns a packet")
        print()


def _point(curve: str, size: int, stack: ExitStack) -> Point:
    numbers = BASE | {curve: size}
    net = network(numbers["vms"], hosts=numbers["hosts"], rules=numbers["rules"])
    policy = stack.enter_context(fresh(WORK / f"curve-{curve}-{size}.yaml"))
    write_policy(net, policy, profile=PROFILE, at_sender=True)
    shorter, longer = (
        stack.enter_context(fresh(WORK / f"curve-{curve}-{size}-{name}.pcap"))
        for name in ("once", "more")
    )
    generate(numbers, shorter, passes=1)
    generate(numbers, longer, passes=MORE)
    return Point(size, policy, shorter, longer, more=numbers["packets"] * (MORE - 1))


def _run(point: Point, source: Path, engine: str) -> Sample:
    with fresh(WORK / "wire-curve.pcap") as target:
        return replay(source, point.policy, engine, target, *ROOM)


if __name__ == "__main__":
    main()
