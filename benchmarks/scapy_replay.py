"""What one would write with Scapy alone: read a capture, dissect, look up, rebuild, write.

`python scapy_replay.py IN.pcap OUT.pcap PACKETS VMS HOSTS RULES` takes the first packets of a
capture and prints the seconds of one. It knows the network of `networks.py`.
"""

from __future__ import annotations

import sys
import time
from ipaddress import IPv4Address
from itertools import islice
from typing import TYPE_CHECKING, Any

from forward import ETHERNET_IN_GRE, provider_mac
from networks import mac_text, network
from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import GRE, Ether
from scapy.utils import PcapReader, PcapWriter

if TYPE_CHECKING:
    from networks import Network, Vm


class Switch:
    """Dictionaries, a list of rules, and Scapy."""

    def __init__(self, net: Network) -> None:
        vms = (net.gateway, *net.vms)
        self._ports = {mac_text(vm.mac, ":").lower(): vm for vm in vms}
        self._records = {str(IPv4Address(vm.ca)): vm for vm in vms}
        self._gateway = net.gateway
        self._blocked = tuple(net.blocked_ports)

    def forward(self, packet: Any) -> Any | None:
        """Return the packet as it crosses the provider network, or None where it is dropped."""
        sender = self._ports.get(packet.src)
        if sender is None or IP not in packet or self._records.get(packet[IP].src) is not sender:
            return None
        if any(self._stops(packet, port) for port in self._blocked):
            return None
        receiver = self._records.get(packet[IP].dst, self._gateway)
        packet.dst = mac_text(receiver.mac, ":")
        if receiver.subnet != sender.subnet:
            packet[IP].ttl -= 1
            del packet[IP].chksum
        return _outer(sender, receiver) / packet

    def _stops(self, packet: Any, port: int) -> bool:
        return TCP in packet and packet[TCP].dport == port and packet[IP].dst.startswith("10.")


def _outer(sender: Vm, receiver: Vm) -> Any:
    near, far = sender.host, receiver.host
    return (
        Ether(src=provider_mac(near), dst=provider_mac(far))
        / IP(src=str(IPv4Address(near.pa)), dst=str(IPv4Address(far.pa)), ttl=128, id=0, flags="DF")
        / GRE(key_present=1, proto=ETHERNET_IN_GRE, key=receiver.subnet.vsid << 8)
    )


def main() -> None:
    source, target, *numbers = sys.argv[1:]
    packets, vms, hosts, rules = map(int, numbers)
    switch = Switch(network(vms, hosts=hosts, rules=rules))
    with PcapReader(source) as reader, PcapWriter(target, linktype=1, nano=True) as writer:
        writer.write_header(None)
        start = time.perf_counter()
        for packet in islice(reader, packets):
            taken = packet.time
            sent = switch.forward(packet)
            if sent is not None:
                sent.time = taken
                writer.write_packet(sent)
        print((time.perf_counter() - start) / packets)


if __name__ == "__main__":
    main()
