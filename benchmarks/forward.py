"""Forwarding flows already seen, against a forwarder written with Scapy alone.

Octets in, octets out: the peer dissects the frame, looks the receiver up in a dictionary, tries
the rules and builds the tunnelled frame. Scapy packet in, Scapy packet out: the limit is one
dissection of the frame that comes out. Before anything is timed, both give the same octets.
"""

from __future__ import annotations

import random
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any

import harness
from harness import WORK, at_least, at_most, cost, faster
from networks import Packet, frame, mac_text, network, write_policy
from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import GRE, Ether

if TYPE_CHECKING:
    from networks import Host, Network, Vm

FLOWS = 200
ETHERNET_IN_GRE = 0x6558


class ScapyForwarder:
    """What one would write in an afternoon: a dictionary, a list of rules, and Scapy."""

    def __init__(self, net: Network) -> None:
        self._ports = {vm.port: vm for vm in (net.gateway, *net.vms)}
        self._records = {str(IPv4Address(vm.ca)): vm for vm in self._ports.values()}
        self._gateway = net.gateway
        self._blocked = tuple(net.blocked_ports)

    def forward(self, octets: bytes, at: str) -> bytes | None:
        """Return the frame as it crosses the provider network, or None where it is dropped."""
        sender = self._ports[at]
        packet = Ether(octets)
        if packet.src != mac_text(sender.mac, ":").lower() or IP not in packet:
            return None
        if self._records.get(packet[IP].src) is not sender:
            return None
        receiver = self._records.get(packet[IP].dst, self._gateway)
        if any(self._stops(packet, port) for port in self._blocked):
            return None
        return bytes(self._outer(sender.host, receiver) / packet)

    def _stops(self, packet: Any, port: int) -> bool:
        return TCP in packet and packet[TCP].dport == port and packet[IP].src.startswith("10.")

    def _outer(self, host: Host, receiver: Vm) -> Any:
        return (
            Ether(src=provider_mac(host), dst=provider_mac(receiver.host))
            / IP(
                src=str(IPv4Address(host.pa)),
                dst=str(IPv4Address(receiver.host.pa)),
                ttl=128,
                id=0,
                flags="DF",
            )
            / GRE(key_present=1, proto=ETHERNET_IN_GRE, key=receiver.subnet.vsid << 8)
        )


def provider_mac(host: Host) -> str:
    """Give the MAC that a provider address has where the policy names none."""
    return f"02:00:{host.pa.to_bytes(4, 'big').hex(':')}"


def main() -> None:
    parser = harness.options(__doc__, rounds=9)
    parser.add_argument("--vms", type=int, default=1_000, help="default 1000")
    asked = parser.parse_args()
    package = harness.need_hnvemu()
    net = network(asked.vms, rules=50)
    policy = package.load_policy(
        str(write_policy(net, WORK / f"network-{asked.vms}-50-rules.yaml"))
    )
    fabric = package.Fabric.compile(policy)
    scapy = ScapyForwarder(net)
    flows = choose(net)
    few = [(frame(packet, b"payload of a few"), packet.src.port) for packet in flows]
    many = [
        (frame(packet, number.to_bytes(2, "big") * 8), packet.src.port)
        for number in range(50)
        for packet in flows
    ]
    dissected = [(Ether(octets), at) for octets, at in few]

    def forward(job: tuple[bytes, str]) -> bytes:
        octets: bytes = fabric.send(job[0], at=job[1]).wire[0].frame
        return octets

    def forward_packet(job: tuple[Any, str]) -> Any:
        return fabric.send(job[0], at=job[1]).wire[0].packet

    def forward_by_scapy(job: tuple[bytes, str]) -> bytes | None:
        return scapy.forward(*job)

    outputs = [check(forward(job), forward_by_scapy(job)) for job in few]
    found = harness.interleave(
        {
            "octets to octets": lambda: harness.each(forward, many),
            "Scapy alone": lambda: harness.each(forward_by_scapy, few),
            "packet to packet": lambda: harness.each(forward_packet, dissected),
            "one dissection": lambda: harness.each(Ether, outputs),
        },
        asked.rounds,
    )
    figures = [
        faster(
            "octets to octets: faster than Scapy alone by",
            found["octets to octets"],
            found["Scapy alone"],
            at_least(100),
        ),
        cost(
            "Scapy packet to Scapy packet / one dissection of the output",
            found["packet to packet"],
            found["one dissection"],
            at_most(1.3),
        ),
    ]
    harness.report(
        f"Forwarding flows already seen, {asked.vms:,} VMs, 50 rules", figures, found, asked
    )


def choose(net: Network) -> list[Packet]:
    """Pick packets between VMs of different hosts, the same ones in every run."""
    chance = random.Random(3)
    packets: list[Packet] = []
    while len(packets) < FLOWS:
        src, dst = chance.sample(net.vms, 2)
        if src.host != dst.host:
            packets.append(Packet(src, dst, chance.randrange(49152, 65536), 80))
    return packets


def check(ours: bytes, theirs: bytes | None) -> bytes:
    if ours != theirs:
        harness.give_up(
            f"the outputs differ\nhnvemu {ours.hex()}\nScapy  {theirs.hex() if theirs else '-'}"
        )
    return ours


if __name__ == "__main__":
    main()
