"""A compiled policy: a cold trace in 1,000,000 records beside one in 1,000.

Each trace is one process, in policies that were compiled before: with VMs, whose records are
generated, and with records that are listed. What the first trace takes, which compiles, is shown
beside one with --no-cache; each is run once.
"""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

import harness
from harness import ENVIRONMENT, WORK, Sample, at_most, cost

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from harness import Timing

CACHE = WORK / "cache-of-compiled"
SETTINGS = {**ENVIRONMENT, "HNVEMU_CACHE": str(CACHE)}
SMALL = 1_000
WRITE = "import sys\ncount, path = int(sys.argv[1]), Path(sys.argv[2])\n"


def main() -> None:
    parser = harness.options(__doc__, rounds=9)
    parser.add_argument("--records", type=int, default=1_000_000, help="default 1000000")
    asked = parser.parse_args()
    harness.need_hnvemu()
    shutil.rmtree(CACHE, ignore_errors=True)
    policies = {
        (kind, count): write(count)
        for kind, write in (("VMs", with_vms), ("listed records", with_records))
        for count in (SMALL, asked.records)
    }
    first: dict[str, Timing] = {}
    for (kind, count), policy in policies.items():
        ways = {
            f"{kind}: {count:,}, first": trace(policy, count),
            f"{kind}: {count:,}, --no-cache": trace(policy, count, "--no-cache"),
        }
        first |= harness.interleave(ways, 1, warm=False)
    found = harness.interleave(
        {f"{kind}: {count:,}": trace(policy, count) for (kind, count), policy in policies.items()}
        | {
            f"{kind}: {SMALL:,}, --no-cache": trace(policies[kind, SMALL], SMALL, "--no-cache")
            for kind in ("VMs", "listed records")
        },
        asked.rounds,
    )
    figures = [
        cost(
            f"{kind}: trace in {asked.records:,} / in {SMALL:,}{how}",
            found[f"{kind}: {asked.records:,}"],
            found[f"{kind}: {SMALL:,}{how}"],
            at_most(1.5),
        )
        for kind in ("VMs", "listed records")
        for how in ("", ", --no-cache")
    ]
    figures += [
        cost(
            f"{kind}: first trace in {asked.records:,} / one with --no-cache",
            first[f"{kind}: {asked.records:,}, first"],
            first[f"{kind}: {asked.records:,}, --no-cache"],
        )
        for kind in ("VMs", "listed records")
    ]
    harness.report("A trace in a compiled policy, cold processes", figures, first | found, asked)
    shutil.rmtree(CACHE, ignore_errors=True)


def with_vms(count: int) -> Path:
    return written(count, WORK / f"network-{count}.yaml", "write_policy(network(count), path)")


def with_records(count: int) -> Path:
    call = "write_listed_policy(count, path, rules=20, vms=(0, count - 1))"
    return written(count, WORK / f"listed-{count}.yaml", call)


def written(count: int, path: Path, call: str) -> Path:
    """Write a policy in a process of its own, so that this one stays small."""
    program = f"from networks import *\nfrom pathlib import Path\n{WRITE}{call}\n"
    found = os.pathsep.join((str(harness.HERE), ENVIRONMENT["PYTHONPATH"]))
    harness.process(
        [sys.executable, "-c", program, str(count), str(path)],
        environment={**ENVIRONMENT, "PYTHONPATH": found},
    )
    return path


def command(policy: Path, count: int, *options: str) -> list[str]:
    """Build the trace from the first VM to the last."""
    ends = ("vm1", f"vm{count}", "tcp/80")
    return harness.hnvemu("trace", "-p", str(policy), *ends, *options)


def trace(policy: Path, count: int, *options: str) -> Callable[[], Sample]:
    return lambda: harness.process(command(policy, count, *options), environment=SETTINGS)


if __name__ == "__main__":
    main()
