"""The peers from Debian: OVN with ovn-trace, and Open vSwitch with ofproto/trace.

Rules of the file: plain processes on Unix sockets in a scratch folder, no system service and no
kernel module; whatever was started here ends when its ``with`` block ends, however it ends.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from ipaddress import IPv4Address
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from harness import WORK, give_up, leave_when_terminated
from networks import ROUTER_MAC, mac_text

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence
    from types import TracebackType

    from networks import Host, Network, Packet, Vm

PACKAGES = ("ovn-central", "ovn-common", "openvswitch-switch", "openvswitch-common")
OVN_PROGRAMS = ("ovsdb-tool", "ovsdb-server", "ovn-northd", "ovn-nbctl", "ovn-trace")
OVS_PROGRAMS = ("ovsdb-tool", "ovsdb-server", "ovs-vswitchd", "ovs-vsctl", "ovs-ofctl")
POLICY_RC = Path("/usr/sbin/policy-rc.d")
ON_THE_WAY = 50
PATIENCE = 60.0
"""Seconds a daemon may take until it answers."""


def add_install_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--install",
        action="store_true",
        help="install the peers from Debian first (as root); their services are not started",
    )


def need(programs: tuple[str, ...], *, install: bool, packages: tuple[str, ...] = PACKAGES) -> None:
    """Make sure that the programs are there, or end with one line and exit code 2.

    A name with a star is the pattern of a file that is no program.
    """
    if install and not all(map(_present, programs)):
        _install(packages)
    missing = [name for name in programs if not _present(name)]
    if missing:
        give_up(
            f"not installed: {', '.join(missing)}; on Debian run this as root with --install,"
            f" or: apt-get install --no-install-recommends {' '.join(packages)}"
        )


class JsonRpc:
    """One connection to a daemon that speaks JSON-RPC on a Unix socket."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.connect(os.path.relpath(path))  # short: a socket's name has 107 octets at most
        self._decoder = json.JSONDecoder()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def call(self, method: str, *params: Any) -> Any:
        """Ask, wait for the answer, and hand back its result."""
        return self.call_all(method, [params])[0]

    def call_all(self, method: str, questions: Sequence[Sequence[Any]]) -> list[Any]:
        """Ask all questions before waiting for the first answer.

        They have to be few: while we write, nobody reads the answers that fill the sockets.
        """
        requests = [
            json.dumps({"id": number, "method": method, "params": params})
            for number, params in enumerate(questions)
        ]
        self._socket.sendall("".join(requests).encode())
        results: list[Any] = []
        received = ""
        while len(results) < len(questions):
            chunk = self._socket.recv(1 << 20)
            if not chunk:
                raise ConnectionError(f"{method}: the daemon closed the connection")
            received += chunk.decode()
            at = 0
            while at < len(received):
                try:
                    answer, at = self._decoder.raw_decode(received, at)
                except json.JSONDecodeError:
                    break  # more is to come
                if answer["error"] is not None:
                    raise RuntimeError(f"{method}: {answer['error']}")
                results.append(answer["result"])
            received = received[at:]
        return results


class Daemons:
    """Processes that live as long as a ``with`` block, and the folder of their files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            **os.environ,
            # Where the programs look for sockets and write to, in place of /run, /etc and /var.
            **{
                f"{suite}_{kind}": str(folder)
                for suite in ("OVS", "OVN")
                for kind in ("RUNDIR", "LOGDIR", "DBDIR", "SYSCONFDIR")
            },
        }
        self._running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        leave_when_terminated()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in reversed(self._running):
            process.terminate()
        for process in reversed(self._running):
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def start(self, name: str, *command: str) -> int:
        """Start a daemon and return its process id; what it says goes to a log file here."""
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                command,
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._running.append(process)
        return process.pid

    def run(self, *command: str) -> str:
        """Run a client to its end."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            give_up(f"{' '.join(command)[:200]}: exit {done.returncode}\n{done.stderr[-2000:]}")
        return done.stdout

    def connect(self, socket_name: str) -> JsonRpc:
        """Wait until a daemon listens, and connect to it."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return JsonRpc(self.folder / socket_name)
            except OSError:
                dead = [process.args for process in self._running if process.poll() is not None]
                if dead or time.monotonic() > deadline:
                    give_up(f"{socket_name} does not answer; see the logs in {self.folder}")
                time.sleep(0.02)

    def database(self, name: str, schema: str) -> str:
        """Create and serve a database; return where clients find it."""
        self.run(program("ovsdb-tool"), "create", f"{name}.db", schema)
        server = program("ovsdb-server")
        # Durable storage is not what is measured, and an fsync a transaction is slow.
        self.start(
            name, server, f"--remote=punix:{name}.sock", f"--unixctl={name}.ctl", f"{name}.db"
        )
        self.connect(f"{name}.sock").__exit__()
        return f"unix:{self.folder / name}.sock"


@contextmanager
def ovn(net: Network) -> Iterator[Daemons]:
    """Serve ``net`` as a logical network of OVN, compiled to logical flows."""
    with Daemons(WORK / "ovn") as daemons:
        north = daemons.database("nb", "/usr/share/ovn/ovn-nb.ovsschema")
        south = daemons.database("sb", "/usr/share/ovn/ovn-sb.ovsschema")
        with daemons.connect("nb.sock") as connection:
            # One transaction: ovn-nbctl looks for duplicates in every switch port it adds.
            answers = connection.call("transact", "OVN_Northbound", *northbound(net))
        errors = [answer for answer in answers if answer is None or "error" in answer]
        if errors:
            give_up(f"OVN refuses the network: {errors[:3]}")
        daemons.start(
            "northd",
            program("ovn-northd"),
            f"--ovnnb-db={north}",
            f"--ovnsb-db={south}",
            "--unixctl=northd.ctl",
        )
        daemons.run(program("ovn-nbctl"), f"--db={north}", "--wait=sb", "--timeout=600", "sync")
        yield daemons


def ovn_trace(daemons: Daemons, packet: Packet) -> list[str]:
    """Build the command that asks OVN what becomes of a TCP packet."""
    src, dst, src_port, dst_port = packet
    dst_mac = dst.mac if src.subnet == dst.subnet else ROUTER_MAC
    microflow = (
        f'inport == "{src.name}" && eth.src == {mac_text(src.mac, ":")}'
        f" && eth.dst == {mac_text(dst_mac, ':')} && ip4.src == {IPv4Address(src.ca)}"
        f" && ip4.dst == {IPv4Address(dst.ca)} && ip.ttl == 64"
        f" && tcp && tcp.src == {src_port} && tcp.dst == {dst_port}"
    )
    database = f"--db=unix:{daemons.folder / 'sb.sock'}"
    return [program("ovn-trace"), database, f"subnet-{src.subnet.vsid}", microflow]


def northbound(net: Network) -> list[dict[str, Any]]:
    """Write ``net`` as rows of OVN's northbound database: a switch a subnet, and one router."""
    rows: list[dict[str, Any]] = []

    def insert(table: str, uuid_name: str, **columns: Any) -> list[str]:
        rows.append({"op": "insert", "table": table, "uuid-name": uuid_name, "row": columns})
        return ["named-uuid", uuid_name]

    adapters = (net.gateway, *net.vms)
    all_ports = []
    router_ports = []
    for number, subnet in enumerate(net.subnets):
        ports = []
        for vm in adapters:
            if vm.subnet is subnet:
                addresses = f"{mac_text(vm.mac, ':')} {IPv4Address(vm.ca)}"
                name = f"port_{vm.name}"
                row = insert(
                    "Logical_Switch_Port",
                    name,
                    name=vm.name,
                    addresses=addresses,
                    port_security=addresses,
                )
                ports.append(row)
        all_ports += ports
        to_router = insert(
            "Logical_Switch_Port",
            f"to_router_{number}",
            name=f"to-router-{subnet.vsid}",
            type="router",
            addresses="router",
            options=["map", [["router-port", f"router-{subnet.vsid}"]]],
        )
        insert(
            "Logical_Switch",
            f"switch_{number}",
            name=f"subnet-{subnet.vsid}",
            ports=["set", [*ports, to_router]],
        )
        router_ports.append(
            insert(
                "Logical_Router_Port",
                f"router_{number}",
                name=f"router-{subnet.vsid}",
                mac=mac_text(ROUTER_MAC, ":"),
                networks=f"{subnet.router}/{subnet.prefix.partition('/')[2]}",
            )
        )
    default_route = insert(
        "Logical_Router_Static_Route",
        "default_route",
        ip_prefix="0.0.0.0/0",
        nexthop=str(IPv4Address(net.gateway.ca)),
    )
    insert(
        "Logical_Router",
        "router",
        name="router",
        ports=["set", router_ports],
        static_routes=default_route,
    )
    rules = [
        insert(
            "ACL",
            f"rule_{port}",
            direction="to-lport",
            priority=1000,
            action="drop",
            match=f"outport == @vms && ip4.src == 10.0.0.0/8 && tcp.dst == {port}",
        )
        for port in net.blocked_ports
    ]
    insert("Port_Group", "vms", name="vms", ports=["set", all_ports], acls=["set", rules])
    return rows


class Bridges:
    """A bridge a host, and one connection to the daemon that traces packets through them."""

    def __init__(self, connection: JsonRpc) -> None:
        self._connection = connection

    def trace(self, packet: Packet) -> str:
        """Follow one packet, host by host."""
        return "".join([self._connection.call("ofproto/trace", *hop) for hop in _hops(packet)])

    def trace_all(self, packets: Sequence[Packet]) -> list[str]:
        """Follow many packets, with some dozens of questions on the way at any time."""
        hops = [hop for packet in packets for hop in _hops(packet)]
        return [
            answer
            for at in range(0, len(hops), ON_THE_WAY)
            for answer in self._connection.call_all("ofproto/trace", hops[at : at + ON_THE_WAY])
        ]


def _hops(packet: Packet) -> list[tuple[str, str]]:
    src, dst, src_port, dst_port = packet
    dst_mac = dst.mac if src.subnet == dst.subnet else ROUTER_MAC
    flow = (
        f"dl_src={mac_text(src.mac, ':')},dl_dst={mac_text(dst_mac, ':')},tcp,nw_ttl=64,"
        f"nw_src={IPv4Address(src.ca)},nw_dst={IPv4Address(dst.ca)},"
        f"tp_src={src_port},tp_dst={dst_port}"
    )
    hops = [(f"br-{src.host.name}", f"in_port={FROM_VMS},{flow}")]
    if src.host != dst.host:
        tunnel = (
            f"tun_id={dst.subnet.vsid << 8},tun_src={IPv4Address(src.host.pa)},"
            f"tun_dst={IPv4Address(dst.host.pa)}"
        )
        hops.append((f"br-{dst.host.name}", f"in_port={TUNNEL},{tunnel},{flow}"))
    return hops


# The ports of every bridge. The VMs share one for each direction and are told apart by their
# MACs: the daemon looks at every port between questions; a thousand would slow it five-fold.
TUNNEL, FROM_VMS, TO_VMS = 1, 2, 3
PORTS = {
    # The tables decide where a tunnel goes.
    TUNNEL: "type=gre options:local_ip=flow options:remote_ip=flow options:key=flow",
    FROM_VMS: "type=dummy",
    TO_VMS: "type=dummy",
}
RECEIVER = "OXM_OF_PKT_REG1[0..47]"


@contextmanager
def open_vswitch(net: Network) -> Iterator[Bridges]:
    """Serve ``net`` as OpenFlow tables that do what Network Virtualization does."""
    with Daemons(WORK / "ovs") as daemons:
        database = daemons.database("conf", "/usr/share/openvswitch/vswitch.ovsschema")
        vsctl = (program("ovs-vsctl"), f"--db={database}", "--timeout=60")
        daemons.run(*vsctl, "--no-wait", "init")
        daemons.start(
            "vswitchd",
            program("ovs-vswitchd"),
            "--enable-dummy=override",
            "--disable-system",
            "--disable-system-route",
            "--unixctl=vswitchd.ctl",
            "-vconsole:warn",
            database,
        )
        for host in net.hosts:
            bridge = f"br-{host.name}"
            commands = [f"add-br {bridge}", f"set Bridge {bridge} datapath_type=dummy"]
            commands += [f"set Bridge {bridge} fail_mode=secure"]
            for number, settings in PORTS.items():
                port = f"port{number}-{host.name}"
                commands += [f"add-port {bridge} {port}", f"set Interface {port} {settings}"]
                commands += [f"set Interface {port} ofport_request={number}"]
            daemons.run(*vsctl, *" -- ".join(commands).split())
            flows = daemons.folder / f"{host.name}.flows"
            flows.write_text("\n".join(openflow(net, host)) + "\n")
            management = f"{bridge}.mgmt"
            daemons.connect(management).__exit__()
            target = f"unix:{daemons.folder / management}"
            daemons.run(program("ovs-ofctl"), "--bundle", "add-flows", target, str(flows))
        with daemons.connect("vswitchd.ctl") as connection:
            yield Bridges(connection)


def openflow(net: Network, host: Host) -> Iterator[str]:
    """Write the tables of one host.

    0 port and source MAC; 1 source record; 2 routes; 3 records; on receipt 4 records and
    5 source records; 6 rules of the receiving port. reg0 holds the VSID, xreg1 the port's MAC.
    """
    adapters = (net.gateway, *net.vms)
    yield f"table=0,priority=10,in_port={TUNNEL},ip,actions=goto_table:4"
    yield f"table=6,priority=0,actions=output:{TO_VMS}"
    for port in net.blocked_ports:
        yield f"table=6,priority=10,tcp,nw_src=10.0.0.0/8,tp_dst={port},actions=drop"
    for subnet in net.subnets:
        yield (
            f"table=2,priority=20,ip,nw_dst={subnet.prefix},"
            f"actions=load:{subnet.vsid}->NXM_NX_REG0[],goto_table:3"
        )
    yield f"table=2,priority=0,ip,actions={_to_vm(net.gateway, host)}"
    for vm in adapters:
        mac, ca, vsid = mac_text(vm.mac, ":"), IPv4Address(vm.ca), vm.subnet.vsid
        record = f"ip,reg0={vsid},nw_dst={ca}"
        yield f"table=3,priority=10,{record},actions={_to_vm(vm, host)}"
        source = f"tun_src={IPv4Address(vm.host.pa)},nw_src={ca},dl_src={mac}"
        yield f"table=5,priority=10,ip,{source},actions=goto_table:6"
        if vm.host is host:
            yield (
                f"table=0,priority=10,in_port={FROM_VMS},dl_src={mac},ip,"
                f"actions=load:{vsid}->NXM_NX_REG0[],goto_table:1"
            )
            own = f"ip,reg0={vsid},nw_src={ca},dl_src={mac}"
            yield f"table=1,priority=10,{own},actions=goto_table:2"
            arrived = f"ip,tun_id={vsid << 8},tun_dst={IPv4Address(host.pa)},nw_dst={ca}"
            found = f"load:{vm.mac}->{RECEIVER}"
            yield f"table=4,priority=10,{arrived},actions={found},goto_table:5"


def _to_vm(vm: Vm, host: Host) -> str:
    if vm.host is host:
        return f"load:{vm.mac}->{RECEIVER},goto_table:6"
    return (
        f"set_field:{vm.subnet.vsid << 8}->tun_id,set_field:{IPv4Address(host.pa)}->tun_src,"
        f"set_field:{IPv4Address(vm.host.pa)}->tun_dst,output:{TUNNEL}"
    )


def _present(name: str) -> bool:
    if "*" in name:
        return any(Path("/").glob(name.removeprefix("/")))
    return _which(name) is not None


def _which(name: str) -> str | None:
    # Daemons live in folders that an ordinary user's PATH may leave out.
    return shutil.which(name, path=f"{os.getenv('PATH', '')}:/usr/sbin:/usr/local/sbin:/sbin")


def program(name: str) -> str:
    return _which(name) or name


def _install(packages: tuple[str, ...]) -> None:
    if not shutil.which("apt-get") or os.geteuid():
        give_up("--install needs apt-get and root")
    # Debian's packages start their services; this file is how one asks them not to.
    held = not POLICY_RC.exists()
    if held:
        POLICY_RC.write_text("#!/bin/sh\nexit 101\n")
        POLICY_RC.chmod(0o755)
    try:
        apt = ("apt-get", "install", "-y", "--no-install-recommends", *packages)
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        if subprocess.run(apt, env=environment, check=False).returncode:
            give_up(f"{' '.join(apt)} failed; is the package list up to date (apt-get update)?")
    finally:
        if held:
            POLICY_RC.unlink()
