"""Captures of what the VMs of a network send, made up from a few numbers.

Rules of the file: equal arguments give equal octets; a capture is written as it is made, so that
memory does not bound its length. Needs NumPy.

The mixture is the usual one of the Internet (IMIX): of twelve frames seven are short, four are of
middle length and one is as long as a guest may send where the tunnel has to fit into 1500 octets.
"""

from __future__ import annotations

import argparse
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from networks import ROUTER_MAC, network

if TYPE_CHECKING:
    from networks import Network

    Array = np.ndarray[Any, Any]

SIZES = (60, 590, 1472)
SHARES = (7 / 12, 4 / 12, 1 / 12)
DENIED = 0.03
"""The share of flows to a port that a rule blocks."""
MICROSECONDS_APART = 2
BLOCK = 1 << 15
"""Packets that are made at once."""
MAGIC, VERSION, SNAPLEN, ETHERNET = 0xA1B2C3D4, (2, 4), 262_144, 1
BEGIN = 1_700_000_000
"""Seconds since 1970, of the first packet."""
TCP, UDP = 6, 17
SERVICES = ((TCP, 443), (TCP, 80), (UDP, 443), (UDP, 4500))
FIRST_CLIENT_PORT = 49_152

HEADER = np.dtype(
    {
        "names": [
            "seconds", "microseconds", "captured", "original", "dst_mac", "src_mac", "ethertype",
            "version", "length", "id", "fragment", "ttl", "protocol", "checksum", "src", "dst",
            "src_port", "dst_port",
        ],
        "formats": [
            "<u4", "<u4", "<u4", "<u4", "V6", "V6", ">u2",
            ">u2", ">u2", ">u2", ">u2", "u1", "u1", ">u2", ">u4", ">u4",
            ">u2", ">u2",
        ],
        "offsets": [0, 4, 8, 12, 16, 22, 28, 30, 32, 34, 36, 38, 39, 40, 42, 46, 50, 52],
        "itemsize": 54,
    }
)  # fmt: skip
"""A record's own header, and the headers of its frame as far as the ports."""
TCP_REST = struct.pack(">IIBBHHH", 1, 1, 0x50, 0x10, 8192, 0, 0)
"""Sequence numbers, ACK, window, no checksum."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flows:
    """Who talks to whom: an array a field, a row a flow."""

    src: Array
    dst: Array
    src_mac: Array
    dst_mac: Array
    protocol: Array
    src_port: Array
    dst_port: Array


def choose_flows(net: Network, flows: int, *, seed: int = 1) -> Flows:
    """Pick flows between VMs of different hosts, nearly all of them to ports that are open.

    No two are alike. Each goes one way: no flow is the answer to another.
    """
    chance = np.random.default_rng(seed)
    ca = np.array([vm.ca for vm in net.vms])
    mac = np.array([vm.mac for vm in net.vms])
    vsid = np.array([vm.subnet.vsid for vm in net.vms])
    numbers = {host: number for number, host in enumerate(net.hosts)}
    host = np.array([numbers[vm.host] for vm in net.vms])
    src = chance.integers(len(net.vms), size=flows)
    dst = chance.integers(len(net.vms), size=flows)
    while (near := host[src] == host[dst]).any():
        dst[near] = chance.integers(len(net.vms), size=int(near.sum()))
    service = np.array(SERVICES)[chance.integers(len(SERVICES), size=flows)]
    denied = chance.random(flows) < DENIED
    protocol = np.where(denied, TCP, service[:, 0])
    blocked = chance.choice(np.array(net.blocked_ports), size=flows)
    return Flows(
        src=ca[src],
        dst=ca[dst],
        src_mac=mac[src],
        dst_mac=np.where(vsid[src] == vsid[dst], mac[dst], ROUTER_MAC),
        protocol=protocol,
        # Counted up, so that no flow is drawn twice: there are more ports than flows of a pair.
        src_port=FIRST_CLIENT_PORT + np.arange(flows) % (65_536 - FIRST_CLIENT_PORT),
        dst_port=np.where(denied, blocked, service[:, 1]),
    )


def write_capture(
    net: Network, path: Path, *, packets: int, flows: int, passes: int = 1, seed: int = 1
) -> Path:
    """Write a capture of ``packets`` packets of ``flows`` flows, ``passes`` times.

    Each packet is of a flow drawn anew. Every pass has the same packets, only later.
    """
    chosen = choose_flows(net, flows, seed=seed)
    filling = np.random.default_rng(seed).bytes(1 << 16)
    path.parent.mkdir(exist_ok=True)
    beside = path.with_name(f"{path.name}.part")
    with beside.open("wb") as file:
        file.write(struct.pack("<IHHiIII", MAGIC, *VERSION, 0, 0, SNAPLEN, ETHERNET))
        for number in range(passes):
            for first in range(0, packets, BLOCK):
                size = min(BLOCK, packets - first)
                chance = np.random.default_rng([seed, first])
                later = number * packets + first
                file.write(_block(chosen, chance, filling, first, later, size))
    beside.rename(path)
    return path


def _block(
    flows: Flows, chance: np.random.Generator, filling: bytes, first: int, later: int, count: int
) -> memoryview:
    """Make some packets: number ``first`` and on of a pass, ``later`` packets after the start."""
    flow = chance.integers(len(flows.src), size=count)
    size = np.array(SIZES)[chance.choice(len(SIZES), size=count, p=SHARES)]
    head = np.zeros(count, HEADER)
    passed = (later + np.arange(count)) * MICROSECONDS_APART
    head["seconds"] = BEGIN + passed // 1_000_000
    head["microseconds"] = passed % 1_000_000
    head["captured"] = head["original"] = size
    head["dst_mac"] = _six_octets(flows.dst_mac[flow])
    head["src_mac"] = _six_octets(flows.src_mac[flow])
    head["ethertype"] = 0x0800
    head["version"] = 0x4500
    head["length"] = size - 14
    head["id"] = np.arange(first, first + count) & 0xFFFF
    head["fragment"] = 0x4000
    head["ttl"] = 64
    head["protocol"] = flows.protocol[flow]
    head["src"] = flows.src[flow]
    head["dst"] = flows.dst[flow]
    head["src_port"] = flows.src_port[flow]
    head["dst_port"] = flows.dst_port[flow]
    words = head.view("u1").reshape(count, -1)[:, 30:50].copy().view(">u2").astype(np.int64)
    total = words.sum(axis=1)
    for _ in range(2):
        total = (total & 0xFFFF) + (total >> 16)
    head["checksum"] = total ^ 0xFFFF
    ends = np.cumsum(size + 16)
    octets = np.empty(int(ends[-1]), "u1")
    starts = ends - size - 16
    for length in SIZES:
        which = np.flatnonzero(size == length)
        records = np.empty((len(which), length + 16), "u1")
        records[:] = np.frombuffer(filling, "u1", length + 16)
        records[:, : HEADER.itemsize] = head[which].view("u1").reshape(len(which), -1)
        tcp = head["protocol"][which] == TCP
        rest = HEADER.itemsize
        records[tcp, rest : rest + len(TCP_REST)] = np.frombuffer(TCP_REST, "u1")
        udp = records[~tcp, rest : rest + 4]
        udp[:] = np.frombuffer(struct.pack(">HH", length - 34, 0), "u1")
        records[~tcp, rest : rest + 4] = udp
        # Records of one length go to their places as wholes.
        view = np.ndarray(
            (len(octets) - length - 15,), f"V{length + 16}", octets.data, strides=(1,)
        )
        view[starts[which]] = records.view(f"V{length + 16}").reshape(-1)
    return octets.data


def _six_octets(macs: Array) -> Array:
    return macs.astype(">u8").view("u1").reshape(-1, 8)[:, 2:].copy().view("V6").reshape(-1)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("path", type=Path)
    for name, amount in (("vms", 10_000), ("hosts", 100), ("rules", 50), ("passes", 1)):
        parser.add_argument(f"--{name}", type=int, default=amount, help=f"default {amount}")
    parser.add_argument("--packets", type=int, default=1_000_000, help="default 1000000")
    parser.add_argument("--flows", type=int, default=20_000, help="default 20000")
    asked = parser.parse_args()
    net = network(asked.vms, hosts=asked.hosts, rules=asked.rules)
    write_capture(net, asked.path, packets=asked.packets, flows=asked.flows, passes=asked.passes)


if __name__ == "__main__":
    main()
