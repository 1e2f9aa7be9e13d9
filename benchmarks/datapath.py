"""Open vSwitch as a peer of `hnvemu replay`: a capture in, a capture of tunnelled frames out.

Its userspace datapath polls DPDK's pcap driver: one port reads the capture as fast as the switch
takes it, another writes what leaves. Between them are the tables of a network, and a GRE tunnel.

Rules of the file: nothing of the machine is changed. There are no huge pages, and the daemon has
a network namespace of its own, which goes with it.
"""

from __future__ import annotations

import os
import re
import time
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, NamedTuple

import openvswitch
from harness import WORK, give_up
from networks import mac_text
from openvswitch import Daemons, program

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from networks import Network
    from openvswitch import JsonRpc

PACKAGES = (
    "openvswitch-switch-dpdk",
    "librte-net-pcap23",
    "librte-bus-vdev23",
    "librte-mempool-ring23",
    "iproute2",
    "util-linux",
)
DAEMON = "/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk"
PROGRAMS = (
    DAEMON,
    *("ovsdb-tool", "ovsdb-server", "ovs-vsctl", "ovs-ofctl", "unshare", "nsenter", "ip"),
    *(f"/usr/lib/*/dpdk/pmds-*/librte_{name}.so*" for name in ("net_pcap", "bus_vdev")),
)
MEGABYTES = 1024
"""Of packet buffers and whatever else DPDK allocates."""
MOST_FLOWS = 500_000
EVER = 3_600_000
"""Milliseconds."""
SETTINGS = {
    "dpdk-init": "true",
    # Ordinary memory: OVS would add --in-memory, which does not go with it.
    "dpdk-extra": f'"--no-huge --legacy-mem --no-shconf --no-pci -m {MEGABYTES}"',
    # Flows stay in the datapath, and are not looked over while packets are on the way.
    "flow-limit": str(MOST_FLOWS),
    "max-idle": str(EVER),
    "max-revalidator": str(EVER),
    # Twenty thousand flows thrash the exact-match cache, which has 8192 places. The switch is
    # faster without it, and faster than with the signature cache.
    "emc-insert-inv-prob": "0",
}
FROM_CAPTURE, TO_WIRE = 1, 2
"""Ports: of the bridge of the VMs, and of both bridges."""
ROUTER_ADDRESS = "192.168.10.1/24"
STEADY = (0.10, 0.98)
POLL = 0.005
PATIENCE = 120.0
"""Seconds until the last packet was read."""


def need(*, install: bool) -> None:
    """Make sure that the switch can be run, or end with one line and exit code 2."""
    openvswitch.need(PROGRAMS, install=install, packages=PACKAGES)
    if os.geteuid():
        give_up("only root can give Open vSwitch a network namespace; or --without-open-vswitch")


class Passage(NamedTuple):
    """A capture that went through the switch."""

    steady: float
    """Seconds a packet, from the tenth to the ninety-eighth percent of the first pass."""
    known: float
    """Seconds a packet from the second pass on, without the last two percent of the last: every
    flow is known."""
    whole: float
    """Seconds a packet, from the first to the last of the first pass."""
    lost: int
    """Packets that the switch gave up, as it could not make a flow for them at once."""
    sent: int
    """Frames that left."""


def pass_through(net: Network, source: Path, target: Path, *, packets: int, passes: int) -> Passage:
    """Send a capture of ``packets`` packets, that come ``passes`` times, through the switch."""
    with Daemons(WORK / "datapath") as daemons:
        database = daemons.database("conf", "/usr/share/openvswitch/vswitch.ovsschema")
        vsctl = (program("ovs-vsctl"), f"--db={database}", "--timeout=60")
        cpus = sorted(os.sched_getaffinity(0))
        masks = {"dpdk-lcore-mask": hex(1 << cpus[0]), "pmd-cpu-mask": hex(1 << cpus[-1])}
        settings = [f"other_config:{key}={value}" for key, value in (SETTINGS | masks).items()]
        daemons.run(*vsctl, "--no-wait", "init")
        daemons.run(*vsctl, "--no-wait", "set", "Open_vSwitch", ".", *settings)
        # DPDK writes to a folder below /run unless it is told another.
        own = (program("unshare"), "--net", "env", f"RUNTIME_DIRECTORY={daemons.folder}")
        daemon = (DAEMON, "--disable-system", "--unixctl=vswitchd.ctl", "-vconsole:warn", database)
        process = daemons.start("vswitchd", *own, *daemon)
        with daemons.connect("vswitchd.ctl") as connection:
            daemons.run(*vsctl, *" -- ".join(_bridges(target)).split())
            # The switch begins with a limit of 10,000 and raises it as it gets used to more.
            connection.call("upcall/set-flow-limit", str(MOST_FLOWS))
            namespace = (program("nsenter"), f"--target={process}", "--net")
            ip = (*namespace, program("ip"))
            daemons.run(*ip, "address", "add", ROUTER_ADDRESS, "dev", "provider")
            daemons.run(*ip, "link", "set", "provider", "up")
            for host in net.hosts:
                mac = f"02:00:{host.pa.to_bytes(4, 'big').hex(':')}"
                connection.call("tnl/neigh/set", "provider", str(IPv4Address(host.pa)), mac)
            ofctl = (program("ovs-ofctl"), "--bundle", "add-flows")
            for bridge, lines in (("vms", openflow(net)), ("provider", _provider())):
                flows = daemons.folder / f"{bridge}.flows"
                flows.write_text("\n".join(lines) + "\n")
                daemons.run(*ofctl, f"unix:{daemons.folder / bridge}.mgmt", str(flows))
            entry = _port("vms", "capture", FROM_CAPTURE, f"net_pcap0,rx_pcap={source}")
            daemons.run(*vsctl, "--no-wait", *entry.split())
            passage = _watch(connection, packets, passes)
        # The capture is whole only when its port is gone.
        daemons.run(*vsctl, "del-port", "provider", "wire")
    return passage


def openflow(net: Network) -> Iterator[str]:
    """Write the tables: 0 source MAC and record; 1 routes; 2 records; 3 rules. reg0 is the VSID."""
    for vm in (net.gateway, *net.vms):
        mac, ca, vsid = mac_text(vm.mac, ":"), IPv4Address(vm.ca), vm.subnet.vsid
        yield (
            f"table=0,priority=10,in_port={FROM_CAPTURE},dl_src={mac},ip,nw_src={ca},"
            f"actions=load:{vsid}->NXM_NX_REG0[],goto_table:1"
        )
        yield (
            f"table=2,priority=10,ip,reg0={vsid},nw_dst={ca},actions=set_field:{mac}->eth_dst,"
            f"set_field:{vsid << 8}->tun_id,set_field:{IPv4Address(vm.host.pa)}->tun_dst,"
            "goto_table:3"
        )
    for subnet in net.subnets:
        route = f"nw_dst={subnet.prefix}"
        yield f"table=1,priority=20,ip,reg0={subnet.vsid},{route},actions=goto_table:2"
        yield (
            f"table=1,priority=10,ip,{route},"
            f"actions=load:{subnet.vsid}->NXM_NX_REG0[],dec_ttl,goto_table:2"
        )
    for port in net.blocked_ports:
        yield f"table=3,priority=10,tcp,nw_dst=10.0.0.0/8,tp_dst={port},actions=drop"
    yield f"table=3,priority=0,actions=output:{TO_WIRE}"


def _bridges(target: Path) -> Iterator[str]:
    for bridge in ("vms", "provider"):
        yield f"add-br {bridge}"
        yield f"set Bridge {bridge} datapath_type=netdev fail_mode=secure"
    yield "add-port vms tunnel"
    # The source is the address of the other bridge: it would have to be one of this machine's.
    tunnel = "type=gre options:remote_ip=flow options:key=flow"
    yield f"set Interface tunnel {tunnel} ofport_request={TO_WIRE}"
    yield _port("provider", "wire", TO_WIRE, f"net_pcap1,tx_pcap={target}")


def _provider() -> Iterator[str]:
    # What the system itself says on this bridge stays out of the capture.
    yield f"priority=1,ip,nw_proto=47,actions=output:{TO_WIRE}"


def _port(bridge: str, name: str, number: int, device: str) -> str:
    settings = f"type=dpdk ofport_request={number} options:dpdk-devargs={device}"
    return f"add-port {bridge} {name} -- set Interface {name} {settings}"


def _watch(connection: JsonRpc, packets: int, passes: int) -> Passage:
    """Read the counters until all packets are through, and tell how fast they went."""
    every = packets * passes
    deadline = time.monotonic() + PATIENCE
    seen = [(time.perf_counter(), 0)]
    while seen[-1][1] < every:
        if time.monotonic() > deadline:
            give_up(f"Open vSwitch read {seen[-1][1]:,} of {every:,} packets; see {WORK}/datapath")
        time.sleep(POLL)
        statistics = connection.call("dpif-netdev/pmd-stats-show")
        received = _sum(r"packets received: (\d+)", statistics)
        if received or seen[-1][1]:
            seen.append((time.perf_counter(), received))
        else:
            seen = [(time.perf_counter(), 0)]  # the port is not there yet
    low, high = STEADY
    last = (passes - 1) * packets
    time.sleep(4 * POLL)  # what was read last is on its way out
    return Passage(
        steady=_pace(seen, low * packets, high * packets),
        known=_pace(seen, packets if passes > 1 else low * packets, last + high * packets),
        whole=_pace(seen, 0, packets),
        lost=_sum(r"miss with failed upcall: (\d+)", statistics),
        sent=_sum(r"port \d+: wire .*?TX packets:(\d+)", connection.call("dpctl/show", "-s")),
    )


def _pace(seen: list[tuple[float, int]], begin: float, end: float) -> float:
    """Seconds a packet, between the polls next to two counts."""
    first = next(poll for poll in seen if poll[1] >= begin)
    last = next(poll for poll in seen if poll[1] >= end)
    return (last[0] - first[0]) / (last[1] - first[1])


def _sum(pattern: str, text: str) -> int:
    return sum(int(count) for count in re.findall(pattern, text, re.DOTALL))
