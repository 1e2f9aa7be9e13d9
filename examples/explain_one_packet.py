"""Send one Scapy packet through the reference network and read the explanation."""

from __future__ import annotations

from pathlib import Path

from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import Ether

from hnvemu import Fabric, load_policy

POLICY = Path(__file__).parent.parent / "policies" / "complex-routing.yaml"

fabric = Fabric.compile(load_policy(POLICY))
packet = Ether(src="02:00:00:00:01:0a") / IP(src="10.0.1.10", dst="10.1.2.20") / TCP(dport=80)
trace = fabric.send(packet, at="A")

print(trace)
print()
print("On the wire:", trace.wire[0].packet.summary())
print("Delivered:  ", trace.delivered[0].packet.summary())
