"""Loading a policy of 100,000 lookup records against PyYAML's own loader on the same file.

hnvemu.load_policy keeps the place of every value and checks everything; the peer is the fastest
loader of PyYAML, yaml.load with CSafeLoader, which does neither. Each load is one process.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import harness
from harness import WORK, Figure, at_least, at_most, faster
from networks import write_listed_policy

if TYPE_CHECKING:
    from pathlib import Path

# Both end at once: giving memory back object by object is no part of loading.
OWN = "import os, sys, hnvemu; policy = hnvemu.load_policy(sys.argv[1]); os._exit(0)"
PEER = """
import os, sys, yaml
with open(sys.argv[1], "rb") as file:
    policy = yaml.load(file, yaml.CSafeLoader)
os._exit(0)
"""


def main() -> None:
    parser = harness.options(__doc__, rounds=5)
    parser.add_argument("--records", type=int, default=100_000, help="default 100000")
    asked = parser.parse_args()
    harness.need_hnvemu()
    policy = write_listed_policy(asked.records, WORK / f"records-{asked.records}.yaml")
    one = write_listed_policy(1, WORK / "records-1.yaml")
    harness.process(loading(OWN, one))  # so that the modules are compiled
    found = harness.interleave(
        {
            "hnvemu.load_policy": harness.runs(loading(OWN, policy)),
            "yaml.load": harness.runs(loading(PEER, policy)),
        },
        asked.rounds,
        warm=False,
    )
    own, peer = found["hnvemu.load_policy"], found["yaml.load"]
    memory = Figure(
        "peak memory of hnvemu.load_policy / yaml.load",
        own.peak / peer.peak,
        own.least_peak / peer.least_peak,
        at_most(0.5),
    )
    figures = [
        faster("hnvemu.load_policy is faster than yaml.load by", own, peer, at_least(4)),
        memory,
    ]
    harness.report(f"Loading {asked.records:,} lookup records", figures, found, asked)


def loading(program: str, policy: Path) -> list[str]:
    return [sys.executable, "-c", program, str(policy)]


if __name__ == "__main__":
    main()
