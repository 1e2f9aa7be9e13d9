"""Loading a policy of 100,000 lookup records against PyYAML's own loader on the same file.

hnvemu.load_policy keeps the place of every value and checks everything; the peer is the fastest
loader of PyYAML, yaml.load with CSafeLoader, which does neither. Each loads in a process of its own.
"""

from __future__ import annotations

import sys
from pathlib import Path

import harness
from harness import WORK, Figure, at_least, at_most, faster
from networks import write_listed_policy

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
    harness.process(
        [sys.executable, "-c", OWN, str(small())]
    )  # so that all modules are compiled
    found = harness.interleave(
        {
            "hnvemu.load_policy": lambda: harness.process(
                [sys.executable, "-c", OWN, str(policy)]
            ),
            "yaml.load": lambda: harness.process([sys.executable, "-c", PEER, str(policy)]),
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


def small() -> Path:
    return write_listed_policy(1, WORK / "records-1.yaml")


if __name__ == "__main__":
    main()
