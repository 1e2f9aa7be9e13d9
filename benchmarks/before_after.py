"""What a plain trace costs now, against an earlier revision of hnvemu in the same rounds.

``--before`` names the revision, which is taken from git into the folder for scratch files. Each
side runs in processes of its own: a cold ``hnvemu trace``, a cold one in a large policy, and one
process that traces flows never seen and flows seen, as octets.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from typing import TYPE_CHECKING

import harness
from harness import WORK, Sample, at_most, cost
from networks import network, write_policy

if TYPE_CHECKING:
    from pathlib import Path

FLOWS = """
import random, sys, time
from hnvemu import Fabric, load_policy
policy = load_policy(sys.argv[1])
fabric = Fabric.compile(policy)
from hnvemu.addresses import MacAddress
from hnvemu.switch.guest import first_hop
from hnvemu.wire.build import build_frame
ports = list(policy.ports.values())
chosen = random.Random(1)
frames = []
for number in range(2000):
    one, other = chosen.sample(ports, 2)
    dst = other.cas[0]
    mac = first_hop(fabric.tables, one, dst).mac
    frames.append((build_frame(src_mac=one.mac, dst_mac=mac, src=one.cas[0], dst=dst,
                               protocol=6, src_port=number, dst_port=443), one.name))
for frame, at in frames[:200]:
    fabric.send(frame, at=at)
fabric = Fabric.compile(policy)
for frame, at in frames:  # tables are made when they are first asked
    fabric.send(frame[:34] + bytes((9, 9)) + frame[36:], at=at)
for turn in range(2):
    begin = time.perf_counter()
    for frame, at in frames:
        trace = fabric.send(frame, at=at)
        trace.wire, trace.delivered
    print((time.perf_counter() - begin) / len(frames))
"""


def unpacked(revision: str) -> Path:
    """Put the package as it was at ``revision`` beside the scratch files."""
    folder = WORK / f"hnvemu-{revision.replace('/', '-')}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    archive = folder / "tree.tar"
    done = subprocess.run(
        ["git", "archive", "-o", str(archive), revision, "hnvemu", "policies"],
        cwd=harness.HERE.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        harness.give_up(f"git archive {revision}: {done.stderr.strip()}")
    with tarfile.open(archive) as tree:
        tree.extractall(folder, filter="data")
    return folder


def main() -> None:
    parser = harness.options(__doc__, rounds=15)
    parser.add_argument("--before", required=True, metavar="REVISION", help="a tag or commit")
    parser.add_argument("--vms", type=int, default=10_000, help="default 10000")
    asked = parser.parse_args()
    harness.need_hnvemu()
    net = network(asked.vms, rules=50)
    large = str(write_policy(net, WORK / f"network-{asked.vms}-50-rules.yaml"))
    small = str(write_policy(network(1_000, rules=50), WORK / "network-1000-50-rules.yaml"))
    one, other = net.vms[0].port, net.vms[-1].port

    before = unpacked(asked.before)
    sides = {"before": str(before), "now": str(harness.HERE.parent)}
    competitors = {}
    for side, path in sides.items():
        environment = {**harness.ENVIRONMENT, "PYTHONPATH": path}
        for name, command in (
            ("trace, sample", harness.hnvemu("trace", "-p", "sample:complex-routing", "A", "X")),
            ("trace, large policy", harness.hnvemu("trace", "-p", large, one, other)),
        ):
            competitors[f"{name}, {side}"] = lambda command=command, environment=environment: (
                harness.process(command, environment=environment)
            )
        for turn, name in enumerate(("flow not seen", "flow seen")):
            competitors[f"{name}, {side}"] = lambda environment=environment, turn=turn: Sample(
                float(
                    harness.output_of(
                        [sys.executable, "-c", FLOWS, small], environment=environment
                    ).split()[turn]
                )
            )
    found = harness.interleave(competitors, asked.rounds)
    figures = [
        cost(
            f"{name}, beside {asked.before}",
            found[f"{name}, now"],
            found[f"{name}, before"],
            at_most(1.05),
        )
        for name in ("trace, sample", "trace, large policy", "flow not seen", "flow seen")
    ]
    harness.report("A plain trace, now and before", figures, found, asked)
    shutil.rmtree(before, ignore_errors=True)


if __name__ == "__main__":
    os.chdir(harness.HERE)
    main()
