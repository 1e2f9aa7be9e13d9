"""The networks that both sides of a benchmark are given, made up from a size alone.

Rules of the file: equal arguments give equal networks; a network is written down once, as
numbers, and every form of it (policy, OVN database, OpenFlow tables) is derived from that.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

ROUTER_MAC = 0x0200_00FF_FF01
"""Of every subnet's first address."""
GATEWAY_OFFSET = 250
FIRST_OFFSET = 256
"""Where the VMs of a subnet begin."""
PREFIX_LENGTH = 20
SUBNET_SIZE = 1 << 32 - PREFIX_LENGTH
FIRST_BLOCKED_PORT = 9000


class Subnet(NamedTuple):
    """A virtual subnet, a /20."""

    vsid: int
    network: int

    @property
    def prefix(self) -> str:
        return f"{IPv4Address(self.network)}/{PREFIX_LENGTH}"

    @property
    def router(self) -> str:
        return str(IPv4Address(self.network + 1))


class Host(NamedTuple):
    """A host with one provider address."""

    name: str
    pa: int


class Vm(NamedTuple):
    """A VM with one network adapter and one customer address."""

    name: str
    host: Host
    subnet: Subnet
    mac: int
    ca: int

    @property
    def port(self) -> str:
        """The name that says the virtual network, too."""
        return f"T/{self.name}"


class Packet(NamedTuple):
    """A TCP packet between two VMs."""

    src: Vm
    dst: Vm
    src_port: int
    dst_port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """One virtual network: subnets, some hosts, a gateway VM, the same rules for all."""

    hosts: tuple[Host, ...]
    subnets: tuple[Subnet, ...]
    gateway: Vm
    vms: tuple[Vm, ...]
    """Without the gateway."""
    blocked_ports: range
    """TCP ports that no VM may be reached at from 10.0.0.0/8."""


def network(vms: int, *, hosts: int = 4, rules: int = 20) -> Network:
    """Make up a network of ``vms`` VMs, spread evenly over the hosts and over the subnets.

    There are three subnets, or as many as it takes to hold the VMs.
    """
    needed = max(3, -(-vms // (SUBNET_SIZE - FIRST_OFFSET - 1)))
    subnets = tuple(Subnet(5001 + at, 0x0A00_0000 + at * SUBNET_SIZE) for at in range(needed))
    machines = tuple(Host(f"H{at + 1}", 0xC0A8_0A0B + at) for at in range(hosts))
    placed = []
    for at in range(vms):
        row, column = divmod(at, len(subnets))
        # The row takes part so that every subnet has VMs on every host, whatever their numbers.
        host = machines[(row + column) % hosts]
        subnet = subnets[column]
        mac = 0x0200_0001_0000 + at
        placed.append(Vm(f"vm{at + 1}", host, subnet, mac, subnet.network + FIRST_OFFSET + row))
    gateway_ca = subnets[0].network + GATEWAY_OFFSET
    return Network(
        hosts=machines,
        subnets=subnets,
        gateway=Vm("gateway", machines[0], subnets[0], 0x0200_0000_00FA, gateway_ca),
        vms=tuple(placed),
        blocked_ports=range(FIRST_BLOCKED_PORT, FIRST_BLOCKED_PORT + rules),
    )


def write_policy(
    net: Network, path: Path, *, profile: str = "transparent", at_sender: bool = False
) -> Path:
    """Write ``net`` as an administrator would: VMs one a line, lookup records generated.

    The rules stand at the receiving ports, or else ``at_sender``.
    """
    gateway = net.gateway
    default = f"prefix: 0.0.0.0/0, next_hop: {IPv4Address(gateway.ca)}"
    lines = [
        "# Made by benchmarks/networks.py.",
        "hnv: 1",
        f"name: benchmark-{len(net.vms)}",
        f"profile: {profile}",
        "",
        "hosts:",
    ]
    for host in net.hosts:
        lines += [
            f"  {host.name}:",
            f"    provider_addresses: [{IPv4Address(host.pa)}/24]",
            "    provider_routes: [{prefix: 0.0.0.0/0, next_hop: 192.168.10.1}]",
        ]
    lines += [
        "",
        "virtual_networks:",
        "  T:",
        '    rdid: "{aaaaaaaa-0000-0000-0000-000000000001}"',
        "    customer_routes:",
    ]
    lines += [
        f"      - {{prefix: {subnet.prefix}, next_hop: on-link, vsid: {subnet.vsid}}}"
        for subnet in net.subnets
    ]
    lines += [
        f"      - {{{default}, vsid: {gateway.subnet.vsid}}}",
        "    vms:",
        f"      {gateway.name}: {{{_adapter(gateway)}, gateway: true}}",
    ]
    lines += [f"      {vm.name}: {{{_adapter(vm)}}}" for vm in net.vms]
    lines += ["", "firewall:", "  rules:"]
    direction, side = ("outbound", "remote_port") if at_sender else ("inbound", "local_port")
    lines += [
        f"    - {{name: no-{port}, direction: {direction}, action: block, protocol: tcp,"
        f" remote_address: 10.0.0.0/8, {side}: {port}}}"
        for port in net.blocked_ports
    ]
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
    return path


def write_listed_policy(
    records: int, path: Path, *, rules: int = 100, vms: Sequence[int] = ()
) -> Path:
    """Write a policy whose lookup records are listed, seven keys each, a line a key.

    Of the VMs that records are of, counted from 0, those in ``vms`` are listed with their ports.
    """
    per_subnet = SUBNET_SIZE - FIRST_OFFSET - 1
    subnets = -(-records // per_subnet)
    listed = {}
    path.parent.mkdir(exist_ok=True)
    with path.open("w") as file:  # written as it is made: the file may be larger than memory allows
        file.write("# Made by benchmarks/networks.py.\nhnv: 1\n\nhosts:\n")
        for at in range(4):
            file.write(f"  H{at + 1}:\n    provider_addresses: [192.168.10.{11 + at}/24]\n")
        file.write(
            "\nvirtual_networks:\n  T:\n    rdid: '{aaaaaaaa-0000-0000-0000-000000000001}'\n"
        )
        file.write("    customer_routes:\n")
        for at in range(subnets):
            prefix = f"{IPv4Address(0x0A00_0000 + at * SUBNET_SIZE)}/{PREFIX_LENGTH}"
            file.write(
                f"      - prefix: {prefix}\n        next_hop: on-link\n        vsid: {5001 + at}\n"
            )
        file.write("    lookup_records:\n")
        for at in range(records):
            subnet, row = divmod(at, per_subnet)
            ca = IPv4Address(0x0A00_0000 + subnet * SUBNET_SIZE + FIRST_OFFSET + row)
            vsid, mac = 5001 + subnet, mac_text(0x0200_0100_0000 + at)
            if at in vms:
                listed[at] = f"host: H{1 + at % 4}, vsid: {vsid}, mac: {mac}, ca: {ca}"
            file.write(
                f"      - ca: {ca}\n        vsid: {vsid}\n        mac: {mac}\n"
                f"        pa: 192.168.10.{11 + at % 4}\n        vm: vm{at + 1}\n"
                "        type: static\n        rule: encap\n"
            )
        file.write("    vms:\n" if listed else "")
        file.writelines(f"      vm{at + 1}: {{{adapter}}}\n" for at, adapter in listed.items())
        file.write("\nfirewall:\n  rules:\n")
        for at in range(rules):
            file.write(
                f"    - name: rule-{at}\n      direction: inbound\n      action: block\n"
                f"      protocol: tcp\n      remote_address: 10.0.{at}.0/24\n"
                f"      local_port: {FIRST_BLOCKED_PORT + at}\n"
            )
    return path


def frame(packet: Packet, payload: bytes = b"") -> bytes:
    """Build what the sender's guest sends: to the router where the receiver is elsewhere."""
    src, dst, src_port, dst_port = packet
    dst_mac = dst.mac if src.subnet == dst.subnet else ROUTER_MAC
    length = 40 + len(payload)
    header = struct.pack("!BBHHHBBHII", 0x45, 0, length, 0, 0x4000, 64, 6, 0, src.ca, dst.ca)
    total = sum(struct.unpack("!10H", header))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    header = header[:10] + struct.pack("!H", total ^ 0xFFFF) + header[12:]
    ethernet = dst_mac.to_bytes(6, "big") + src.mac.to_bytes(6, "big") + b"\x08\x00"
    tcp = struct.pack("!HHIIBBHHH", src_port, dst_port, 1, 0, 0x50, 2, 8192, 0, 0)
    return ethernet + header + tcp + payload


def mac_text(mac: int, separator: str = "-") -> str:
    """Write a MAC address as the policy does, or with another separator."""
    return mac.to_bytes(6, "big").hex(separator).upper()


def _adapter(vm: Vm) -> str:
    ca = IPv4Address(vm.ca)
    return f"host: {vm.host.name}, vsid: {vm.subnet.vsid}, mac: {mac_text(vm.mac)}, ca: {ca}"
