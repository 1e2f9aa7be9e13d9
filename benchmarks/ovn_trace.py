"""A cold trace in a network of 1,000 and of 10,000 VMs, against OVN's ovn-trace.

Both sides know the same VMs, subnets, routes and rules, and are asked about the same packets;
both are whole processes that start from what is stored, a YAML policy and a database of logical
flows. Before anything is timed, both agree on a packet that arrives and on one that is stopped.
"""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

import harness
from harness import WORK, at_least, faster
from networks import Packet, network, write_policy
from openvswitch import OVN_PROGRAMS, add_install_option, need, ovn, ovn_trace

if TYPE_CHECKING:
    from pathlib import Path

    from harness import Figure, Timing
    from networks import Network
    from openvswitch import Daemons

GOALS = {1_000: 1.0, 10_000: 5.0}


def main() -> None:
    parser = harness.options(__doc__, rounds=7)
    parser.add_argument(
        "--vms", type=int, nargs="+", default=list(GOALS), help="sizes of the network"
    )
    add_install_option(parser)
    asked = parser.parse_args()
    need(OVN_PROGRAMS, install=asked.install)
    harness.need_hnvemu()
    figures: list[Figure] = []
    found: dict[str, Timing] = {}
    for size in asked.vms:
        net = network(size)
        policy = write_policy(net, WORK / f"network-{size}.yaml")
        packets = choose(net, asked.rounds + 1)
        with ovn(net) as daemons:
            check(daemons, policy, packets)
            timings = harness.interleave(
                {
                    f"hnvemu trace, {size:,} VMs": harness.runs(
                        *(command(policy, packet) for packet in packets)
                    ),
                    f"ovn-trace, {size:,} VMs": harness.runs(
                        *(ovn_trace(daemons, packet) for packet in packets)
                    ),
                },
                asked.rounds,
            )
        found |= timings
        own, peer = timings.values()
        goal = at_least(GOALS[size]) if size in GOALS else None
        figures.append(
            faster(f"{size:,} VMs: hnvemu trace is faster than ovn-trace by", own, peer, goal)
        )
    harness.report("A cold trace against OVN's, whole processes", figures, found, asked)


def choose(net: Network, count: int) -> list[Packet]:
    """Pick packets between VMs of different subnets and hosts, the same ones in every run."""
    chance = random.Random(1)
    packets: list[Packet] = []
    while len(packets) < count:
        src, dst = chance.sample(net.vms, 2)
        if src.subnet != dst.subnet and src.host != dst.host:
            packets.append(Packet(src, dst, 49152, 80))
    return packets


def command(policy: Path, packet: Packet, *more: str) -> list[str]:
    service = f"tcp/{packet.dst_port}"
    return harness.hnvemu(
        "trace", packet.src.name, packet.dst.name, service, "-p", str(policy), *more
    )


def check(daemons: Daemons, policy: Path, packets: list[Packet]) -> None:
    """Make sure that both sides give the same verdicts."""
    stopped = packets[1]._replace(dst_port=9003)
    for packet, expected in ((packets[0], "delivered"), (stopped, "dropped")):
        theirs = harness.output_of(ovn_trace(daemons, packet))
        arrived = f'output to "{packet.dst.name}"' in theirs
        ours = json.loads(harness.output_of(command(policy, packet, "--json")))["verdict"][
            "outcome"
        ]
        if arrived != (expected == "delivered") or ours != expected:
            harness.give_up(
                f"{packet.src.name} to {packet.dst.name} port {packet.dst_port} is {expected}:"
                f" hnvemu says {ours}, ovn-trace ends with\n{theirs[-300:]}"
            )


if __name__ == "__main__":
    main()
