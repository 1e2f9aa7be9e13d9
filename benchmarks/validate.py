"""Validating a policy of 10,000 lookup records against loading it, and linting it.

hnvemu validate reads the policy and checks its references, which loading does; it must not do
more. Each run is one process.
"""

from __future__ import annotations

import sys

import harness
from harness import WORK, at_most, cost
from networks import write_listed_policy

BARE = "import os, sys, hnvemu; policy = hnvemu.load_policy(sys.argv[1]); os._exit(0)"


def main() -> None:
    parser = harness.options(__doc__, rounds=9)
    parser.add_argument("--records", type=int, default=10_000, help="default 10000")
    asked = parser.parse_args()
    harness.need_hnvemu()
    policy = str(write_listed_policy(asked.records, WORK / f"records-{asked.records}.yaml"))
    found = harness.interleave(
        {
            "hnvemu validate": harness.runs(harness.hnvemu("validate", policy)),
            "hnvemu lint": harness.runs(
                harness.hnvemu("lint", policy, "--isolated", "--fail-level", "never")
            ),
            "hnvemu.load_policy": harness.runs([sys.executable, "-c", BARE, policy]),
        },
        asked.rounds,
    )
    bare = found["hnvemu.load_policy"]
    figures = [
        cost("hnvemu validate / load_policy", found["hnvemu validate"], bare, at_most(1.5)),
        cost("hnvemu lint / load_policy", found["hnvemu lint"], bare),
    ]
    harness.report(f"Validating {asked.records:,} lookup records", figures, found, asked)


if __name__ == "__main__":
    main()
