"""Start-up: a traced packet and a help page against importing what the command line is made of.

Each figure is a whole cold process over another one. The limit is bare Python; the peer imports
typer and rich, as any program of this kind has to.
"""

from __future__ import annotations

import json
import sys

import harness
from harness import at_most, cost

HEAVY = ("scapy", "numpy", "pydantic")
TRACE = ("trace", "A", "X")  # of the built-in sample
WATCHED = f"""
import json, runpy, sys
sys.argv[1:] = {list(TRACE)!r}
code = 0
try:
    runpy.run_module("hnvemu", run_name="__main__", alter_sys=True)
except SystemExit as ended:
    code = ended.code
print("\\n" + json.dumps([code, [name for name in {HEAVY!r} if name in sys.modules]]))
"""


def main() -> None:
    asked = harness.options(__doc__, rounds=15).parse_args()
    harness.need_hnvemu()
    python = sys.executable
    commands = {
        "hnvemu trace A X": harness.hnvemu(*TRACE),
        "hnvemu --help": harness.hnvemu("--help"),
        "import typer, rich.console": [python, "-c", "import typer, rich.console"],
        "python -c pass": [python, "-c", "pass"],
    }
    found = harness.interleave(
        {name: harness.runs(command) for name, command in commands.items()}, asked.rounds
    )
    peer, bare = found["import typer, rich.console"], found["python -c pass"]
    figures = [
        cost(f"{name} / {other}", found[name], timing, goal)
        for name in ("hnvemu trace A X", "hnvemu --help")
        for other, timing, goal in (
            ("importing typer and rich", peer, at_most(2.5)),
            ("bare Python", bare, None),
        )
    ]
    harness.report("Start-up, cold processes", figures, found, asked)

    code, loaded = json.loads(harness.output_of([python, "-c", WATCHED]).splitlines()[-1])
    if code not in (0, None):
        harness.give_up(f"hnvemu {' '.join(TRACE)}: exit {code}")
    verdict = f"NO: {', '.join(loaded)}" if loaded else "yes"
    print(f"A trace loads none of {', '.join(HEAVY)}: {verdict}")


if __name__ == "__main__":
    main()
