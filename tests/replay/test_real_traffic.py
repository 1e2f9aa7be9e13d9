"""Captures of real programs, taken between two network namespaces, and what tshark says of them.

The namespaces stand for two VMs of one virtual subnet, on two hosts. A guest's resolver asks for
a name, ``ping`` and ``curl`` use it, and whatever passes the guest's adapter is captured.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hnvemu import Fabric, Outcome, load_policy
from hnvemu.replay.outputs import Targets
from hnvemu.replay.run import EngineKind, replay

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.replay.summary import Summary

PROGRAMS = ("ip", "ping", "curl", "tshark")
MISSING = [program for program in PROGRAMS if not shutil.which(program)]

POLICY = """
hnv: 1
hosts:
  H1: {provider_addresses: 192.168.10.11/24}
  H2: {provider_addresses: 192.168.10.12/24}
virtual_networks:
  blue:
    rdid: "{cccccccc-0000-0000-0000-000000000001}"
    customer_routes: [{prefix: 10.0.1.0/24, next_hop: on-link, vsid: 5001}]
    vms:
      A: {host: H1, vsid: 5001, mac: 02-00-00-00-01-0A, ca: 10.0.1.10}
      B: {host: H2, vsid: 5001, mac: 02-00-00-00-01-0B, ca: 10.0.1.11}
"""
PATIENCE = 30
"""Seconds that a program may take to end."""
PAS = {"10.0.1.10": "192.168.10.11", "10.0.1.11": "192.168.10.12"}
NAME = "web.lab"
SERVER = f"""
import http.server, socket, threading

def answer(query):
    # The name ends with a null; an A record of 10.0.1.11 follows, or nothing.
    end = query.index(0, 12) + 5
    wanted = query[end - 4 : end - 2] == bytes((0, 1))
    head = query[:2] + bytes((0x81, 0x80, 0, 1, 0, wanted, 0, 0, 0, 0))
    record = bytes((0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 0, 1, 11))
    return head + query[12:end] + record * wanted

def names():
    while True:
        query, asker = resolver.recvfrom(512)
        resolver.sendto(answer(query), asker)

class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(bytes(20_000))

    def log_message(self, *_):
        pass

resolver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
resolver.bind(("10.0.1.11", 53))
threading.Thread(target=names, daemon=True).start()
pages = http.server.HTTPServer(("10.0.1.11", 8080), Page, bind_and_activate=False)
pages.server_bind = lambda: socket.socket.bind(pages.socket, pages.server_address)
pages.server_bind()
pages.server_name, pages.server_port = "{NAME}", 8080
pages.server_activate()
print("ready", flush=True)
pages.serve_forever()
"""
LISTENER = """
import signal, socket, struct, sys, time

def stop(*_):
    global stopped
    stopped = True

stopped = False
nic = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
nic.bind(("nic", 0))
nic.settimeout(0.1)
signal.signal(signal.SIGTERM, stop)
with open(sys.argv[1], "wb") as file:
    file.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, 1))
    print("ready", flush=True)
    while True:
        try:
            frame = nic.recv(65535)
        except TimeoutError:
            if stopped:
                break
            continue
        seconds, rest = divmod(time.time_ns(), 1_000_000_000)
        file.write(struct.pack("<4I", seconds, rest, len(frame), len(frame)) + frame)
"""


def run(*command: str) -> str:
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout


@contextmanager
def process(*command: str) -> Iterator[None]:
    """Run a program beside the test, from where it says that it is ready."""
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as started:
        assert started.stdout is not None
        try:
            for line in started.stdout:
                if line == "ready\n":
                    break
            else:
                pytest.fail(f"{command} ended with {started.wait()}")
            yield
        finally:
            # Not SIGINT, which a shell may have told its background to ignore.
            started.terminate()
            try:
                started.communicate(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                started.kill()
                raise


@contextmanager
def guests() -> Iterator[tuple[str, str]]:
    """Make two namespaces with an adapter each, joined by a wire."""
    tag = f"hnvemu{os.getpid()}"
    names = f"{tag}a", f"{tag}b"
    resolver = Path("/etc/netns", names[0], "resolv.conf")
    with ExitStack() as stack:
        for name in names:
            run("ip", "netns", "add", name)
            stack.callback(run, "ip", "netns", "delete", name)
        resolver.parent.mkdir(parents=True)
        stack.callback(shutil.rmtree, resolver.parent)
        resolver.write_text("nameserver 10.0.1.11\n")
        ends = ("name", "nic", "netns", names[0], "type", "veth", "peer", "name", "nic")
        run("ip", "link", "add", *ends, "netns", names[1])
        for at, name in enumerate(names):
            inside = ("ip", "-netns", name)
            mac = f"02:00:00:00:01:{0x0A + at:02x}"
            # The tunnel's headers need room, and one frame is to have one segment.
            sizes = ("mtu", "1458", "gso_max_segs", "1")
            run(*inside, "link", "set", "nic", "address", mac, *sizes, "up")
            run(*inside, "address", "add", f"10.0.1.{10 + at}/24", "dev", "nic")
        yield names


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Capture what two guests say to each other, at the adapter of the first."""
    if MISSING and "CI" not in os.environ:
        pytest.skip(f"not installed: {', '.join(MISSING)}")
    try:
        probe = f"hnvemu{os.getpid()}probe"
        run("ip", "netns", "add", probe)
        run("ip", "netns", "delete", probe)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"no network namespaces: {error.stderr.strip()}")
    path = tmp_path_factory.mktemp("real") / "guest.pcap"
    with guests() as (client, server):
        inside = ("ip", "netns", "exec")
        python = (sys.executable, "-c")
        with (
            process(*inside, server, *python, SERVER),
            process(*inside, client, *python, LISTENER, str(path)),
        ):
            run(*inside, client, "ping", "-c", "2", "-i", "0.2", "-s", "600", NAME)
            page = run(*inside, client, "curl", "-sS", f"http://{NAME}:8080/")
            assert len(page) == 20_000
    return path


@pytest.fixture(scope="module")
def fabric(tmp_path_factory: pytest.TempPathFactory) -> Fabric:
    path = tmp_path_factory.mktemp("policy") / "blue.yaml"
    path.write_text(POLICY)
    return Fabric.compile(load_policy(str(path)))


def services(summary: Summary) -> Counter[tuple[str, int, int, str]]:
    """Count packets by sender, protocol, the server's port and outcome."""
    found: Counter[tuple[str, int, int, str]] = Counter()
    for entry, flow, verdict, packets, *_ in summary.flows:
        port = min(flow.src_port, flow.dst_port)
        found[entry, flow.protocol if flow.version else -1, port, verdict.outcome] += packets
    return found


@pytest.mark.tshark
def test_what_programs_say_arrives(fabric: Fabric, capture: Path) -> None:
    summary = replay(fabric, [str(capture)])

    counted = services(summary)
    for sender in ("blue/A", "blue/B"):
        assert counted[sender, 1, -1, "delivered"] == 2  # echo requests, and replies
        assert counted[sender, 17, 53, "delivered"] >= 2  # one name for ping, one for curl
        assert counted[sender, 6, 8080, "delivered"] >= 4
    ipv4 = [found for found in summary.flows if found.flow.version == 4]
    assert {found.verdict.outcome for found in ipv4} == {Outcome.DELIVERED}
    assert not summary.damage


@pytest.mark.tshark
@pytest.mark.parametrize("engine", [EngineKind.PLAIN, EngineKind.AUTO])
@pytest.mark.parametrize("form", ["pcap", "pcapng"])
def test_tshark_agrees_with_every_encapsulated_frame(
    fabric: Fabric, capture: Path, tmp_path: Path, engine: EngineKind, form: str
) -> None:
    wire = tmp_path / f"wire.{form}"

    summary = replay(fabric, [str(capture)], targets=Targets(wire=str(wire)), engine=engine)

    fields = ("eth.src", "ip.src", "ip.id", "frame.len", "frame.time_epoch")
    sent = rows(capture, "ip", *fields)
    crossed = rows(wire, "gre and (icmp or udp or tcp)", *fields, "gre.key")
    assert len(sent) == sum(f.packets for f in summary.flows if f.flow.version == 4)
    assert len(sent) == len(crossed)
    for (mac, ip, identification, length, time), outer in zip(sent, crossed, strict=True):
        assert outer[0].split(",")[1] == mac
        assert outer[1].split(",") == [PAS[ip], ip]
        assert outer[2].split(",")[1] == identification
        assert int(outer[3]) == int(length) + 42
        assert outer[4:] == [time, "0x00138900"]
    assert not tshark(wire, "-Y", "_ws.malformed or ip.checksum.status == 0")


def tshark(path: Path, *arguments: str) -> str:
    return run("tshark", "-n", "-r", str(path), "-o", "ip.check_checksum:TRUE", *arguments)


def rows(path: Path, display: str, *fields: str) -> list[list[str]]:
    options = [option for field in fields for option in ("-e", field)]
    lines = tshark(path, "-Y", display, "-T", "fields", "-E", "separator=|", *options)
    return [line.split("|") for line in lines.splitlines()]
