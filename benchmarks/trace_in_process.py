"""A trace in the process, of a flow never seen before, against Open vSwitch's ofproto/trace.

The peer answers over one connection that stays open, from tables with the same VMs, routes,
records and rules; it runs on a dummy datapath, without the kernel. It follows a packet through
one host; where the receiver is on another, it is asked twice, which hnvemu does by itself.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import harness
from harness import WORK, Sample, at_least, at_most, cost, faster
from networks import Packet, frame, network, write_policy
from openvswitch import OVS_PROGRAMS, add_install_option, need, open_vswitch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from networks import Network
    from openvswitch import Bridges

BATCH = 500


def main() -> None:
    parser = harness.options(__doc__, rounds=15)
    parser.add_argument("--vms", type=int, default=1_000, help="default 1000")
    add_install_option(parser)
    asked = parser.parse_args()
    need(OVS_PROGRAMS, install=asked.install)
    package = harness.need_hnvemu()
    net = network(asked.vms, hosts=2)
    policy = package.load_policy(
        str(write_policy(net, WORK / f"network-{asked.vms}-two-hosts.yaml"))
    )
    fabric = package.Fabric.compile(policy)

    def send(job: tuple[bytes, str]) -> Any:
        return fabric.send(job[0], at=job[1]).outcome

    def words(job: tuple[bytes, str]) -> str:
        return str(fabric.send(job[0], at=job[1]))

    def fresh(ask: Callable[..., Any], batches: Iterator[list[Packet]]) -> Sample:
        return harness.each(ask, [job(packet) for packet in next(batches)])

    def again(batch: list[Packet]) -> Sample:
        jobs = [job(packet) for packet in batch]
        harness.each(send, jobs)  # now all have been seen, and lately
        return harness.each(send, jobs)

    with open_vswitch(net) as bridges:
        near, far = (unseen(net, same_host=same) for same in (True, False))
        asked_near, asked_far = (unseen(net, same_host=same) for same in (True, False))
        seen = next(far)
        check(bridges, send, seen[0])
        found = harness.interleave(
            {
                "one host": lambda: fresh(send, near),
                "two hosts": lambda: fresh(send, far),
                "two hosts, with words": lambda: fresh(words, far),
                "two hosts, seen": lambda: again(seen),
                "ofproto/trace, one host": lambda: harness.each(bridges.trace, next(asked_near)),
                "ofproto/trace, two hosts": lambda: harness.each(bridges.trace, next(asked_far)),
                "ofproto/trace, two hosts, fifty at once": lambda: together(
                    bridges, next(asked_far)
                ),
            },
            asked.rounds,
        )
    goal = at_least(3)
    two = found["ofproto/trace, two hosts"]
    at_once = found["ofproto/trace, two hosts, fifty at once"]
    figures = [
        faster(
            "one host: faster than ofproto/trace by",
            found["one host"],
            found["ofproto/trace, one host"],
            goal,
        ),
        faster("two hosts: faster than two ofproto/traces by", found["two hosts"], two, goal),
        faster(
            "  the same, fifty questions sent before the first answer",
            found["two hosts"],
            at_once,
        ),
        faster(
            "  with the explanation in words, as ofproto/trace gives it",
            found["two hosts, with words"],
            two,
        ),
        cost(
            "a flow already seen / a flow not seen",
            found["two hosts, seen"],
            found["two hosts"],
            at_most(0.35),
        ),
    ]
    harness.report(f"A trace in the process, {asked.vms:,} VMs", figures, found, asked)


def unseen(net: Network, *, same_host: bool) -> Iterator[list[Packet]]:
    """Give batches of packets, no two of them between the same two VMs."""
    chance = random.Random(2)
    used = set()
    while True:
        batch: list[Packet] = []
        while len(batch) < BATCH:
            src, dst = chance.sample(net.vms, 2)
            if (src.host == dst.host) == same_host and (src.name, dst.name) not in used:
                used.add((src.name, dst.name))
                batch.append(Packet(src, dst, 49152, 80))
        yield batch


def job(packet: Packet) -> tuple[bytes, str]:
    return frame(packet), packet.src.port


def together(bridges: Bridges, batch: list[Packet]) -> Sample:
    sample = harness.timed(bridges.trace_all, batch)
    return Sample(sample.seconds / len(batch))


def check(bridges: Bridges, send: Callable[..., Any], packet: Packet) -> None:
    """Make sure that both sides give the same verdicts."""
    for asked, arrives in ((packet, True), (packet._replace(dst_port=9003), False)):
        theirs = "Datapath actions: drop" not in bridges.trace(asked)
        ours = send(job(asked)).name == "DELIVERED"
        if (theirs, ours) != (arrives, arrives):
            harness.give_up(f"port {asked.dst_port}: hnvemu delivers: {ours}, the peer: {theirs}")


if __name__ == "__main__":
    main()
