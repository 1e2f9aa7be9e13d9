"""Read a Scapy packet list from a capture, send each packet, and count what becomes of them.

Run with a capture of your own and the VM that sent it: ``forward_a_capture.py CAPTURE VM``.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import scapy.layers.inet  # noqa: F401 - teaches rdpcap what an Ethernet frame is
from scapy.utils import rdpcap

from hnvemu import NO_SESSIONS, Fabric, load_policy

HERE = Path(__file__).parent
POLICY = HERE.parent / "policies" / "complex-routing.yaml"

capture, vm = (sys.argv[1:3]) if len(sys.argv) > 2 else (str(HERE / "from-a.pcap"), "A")

fabric = Fabric.compile(load_policy(POLICY))
sessions = NO_SESSIONS
verdicts: Counter[str] = Counter()
for packet in rdpcap(capture):
    trace = fabric.send(packet, at=vm, sessions=sessions)
    sessions = trace.sessions  # what firewalls remember is a value that goes from call to call
    verdicts[f"{trace.outcome} {trace.reason or ''}".strip()] += 1

for verdict, packets in verdicts.most_common():
    print(f"{packets:3}  {verdict}")
