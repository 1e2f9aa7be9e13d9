"""Wireshark's tshark as the second oracle for tunnels and captures."""

from __future__ import annotations

import json
import os
import shutil
import struct
import subprocess
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import pytest
from wire.captures import ONE, TWO, block, enhanced, interface, obsolete, option, section

from hnvemu.addresses import MacAddress
from hnvemu.wire.build import build_frame
from hnvemu.wire.capture import CaptureRecord, write_pcapng
from hnvemu.wire.chunks import CaptureReader
from hnvemu.wire.encapsulation import Encapsulation, Encapsulator, Tunnel
from hnvemu.wire.neighbour import announcement, answer, question
from hnvemu.wire.sinks import Sink

if TYPE_CHECKING:
    from pathlib import Path

TSHARK = shutil.which("tshark")

pytestmark = [
    pytest.mark.tshark,
    # Where CI is set, a missing tshark must not go unnoticed.
    pytest.mark.skipif(
        TSHARK is None and "CI" not in os.environ,
        reason="tshark is not installed (Debian package tshark)",
    ),
]

CHECKSUMS = ["ip.check_checksum", "tcp.check_checksum", "udp.check_checksum"]


def tshark(path: Path, *arguments: str) -> str:
    command = [TSHARK or "tshark", "-n", "-r", str(path), *arguments]
    for preference in CHECKSUMS:
        command += ["-o", f"{preference}:TRUE"]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout


def rows(path: Path, *fields: str) -> list[list[str]]:
    options = [option for field in fields for option in ("-e", field)]
    lines = tshark(path, "-T", "fields", "-E", "separator=|", *options).splitlines()
    return [line.split("|") for line in lines]


def written(path: Path, *records: CaptureRecord) -> Path:
    with path.open("wb") as stream:
        write_pcapng(stream, records)
    return path


def inner(version: int, protocol: int) -> bytes:
    src, dst = {4: ("10.0.1.10", "10.0.1.11"), 6: ("2001:db8:1::a", "2001:db8:1::b")}[version]
    return build_frame(
        src_mac=MacAddress(0x0200_0000_0101),
        dst_mac=MacAddress(0x0200_0000_0102),
        src=ip_address(src),
        dst=ip_address(dst),
        protocol=protocol,
        src_port=49152,
        dst_port=8080,
        echo_id=7,
        length=99,
    )


INNER = [(4, 1), (4, 6), (4, 17), (6, 58), (6, 6), (6, 17)]


def tunnelled(encapsulation: Encapsulation, version: int, *, vlan: int = 0) -> list[bytes]:
    src, dst = {4: ("192.168.10.11", "192.168.10.12"), 6: ("2001:db8:a::1", "2001:db8:a::2")}[
        version
    ]
    encapsulator = Encapsulator(
        Tunnel(
            encapsulation,
            src_mac=MacAddress(0x0200_0000_0A0B),
            dst_mac=MacAddress(0x0200_0000_0A0C),
            vlan=vlan,
            src=ip_address(src),
            dst=ip_address(dst),
            vsid=5001,
        )
    )
    entropy = 0x5A if encapsulation is Encapsulation.NVGRE else 50000
    return [
        encapsulator.wrap(inner(family, protocol), entropy=entropy, tos=2)
        for family, protocol in INNER
    ]


@pytest.mark.parametrize("vlan", [0, 77])
@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("encapsulation", list(Encapsulation))
def test_tunnel_is_decoded_to_a_flawless_inner_frame(
    encapsulation: Encapsulation, version: int, vlan: int, tmp_path: Path
) -> None:
    frames = tunnelled(encapsulation, version, vlan=vlan)
    records = [CaptureRecord("pa", frame, "", outbound=True) for frame in frames]
    path = written(tmp_path / "tunnel.pcapng", *records)

    outer = ["eth", "ethertype"] + ["vlan", "ethertype"] * bool(vlan)
    outer += ["ip" if version == 4 else "ipv6"]
    outer += ["gre"] if encapsulation is Encapsulation.NVGRE else ["udp", "vxlan"]
    expected = []
    for family, protocol in INNER:
        ip = "ip" if family == 4 else "ipv6"
        transport = {1: "icmp", 58: "icmpv6", 6: "tcp", 17: "udp"}[protocol]
        expected.append(":".join([*outer, "eth", "ethertype", ip, transport]))
    found = rows(
        path, "frame.protocols", "_ws.malformed", "_ws.expert.severity", "ip.checksum.status"
    )
    protocols = [row[0].removesuffix(":data") for row in found]
    assert protocols == expected
    assert {row[1] for row in found} == {""}
    for row in found:
        assert "0" not in row[3].split(","), "a wrong IPv4 checksum"
    _no_errors(path)


def _no_errors(path: Path) -> None:
    """No expert info above a note, and no transport checksum that is wrong."""
    faulty = tshark(
        path,
        "-Y",
        "_ws.malformed or _ws.expert.severity >= warning or ip.checksum.status == 0 "
        "or tcp.checksum.status == 0 or udp.checksum.status == 0 "
        "or icmp.checksum.status == 0 or icmpv6.checksum.status == 0",
    )
    assert faulty == ""


def test_filter_for_faults_finds_one(tmp_path: Path) -> None:
    """The check above can fail."""
    frame = bytearray(tunnelled(Encapsulation.NVGRE, 4)[2])
    frame[-1] ^= 1
    record = CaptureRecord("pa", bytes(frame), "", outbound=True)
    path = written(tmp_path / "faulty.pcapng", record)

    with pytest.raises(AssertionError):
        _no_errors(path)


def test_nvgre_key_is_vsid_and_flow_id(tmp_path: Path) -> None:
    records = [
        CaptureRecord("pa", frame, "", outbound=True) for frame in tunnelled(Encapsulation.NVGRE, 4)
    ]
    path = written(tmp_path / "nvgre.pcapng", *records)

    found = rows(path, "gre.flags_and_version", "gre.proto", "gre.key", "eth.dst")

    macs = "02:00:00:00:0a:0c,02:00:00:00:01:02"
    assert found == [["0x2000", "0x6558", "0x0013895a", macs]] * len(INNER)


def test_vxlan_has_vni_port_and_ecn(tmp_path: Path) -> None:
    records = [
        CaptureRecord("pa", frame, "", outbound=True)
        for frame in tunnelled(Encapsulation.VXLAN, 4)[:1]
    ]
    path = written(tmp_path / "vxlan.pcapng", *records)

    found = rows(path, "vxlan.vni", "udp.srcport", "udp.dstport", "ip.dsfield.ecn", "ip.ttl")

    assert found == [["5001", "50000", "4789", "2,0", "128,64"]]


def test_capture_has_names_comments_and_directions(tmp_path: Path) -> None:
    path = written(
        tmp_path / "names.pcapng",
        CaptureRecord("A @H1", inner(4, 1), "sent by A", outbound=False),
        CaptureRecord("H1 192.168.10.11", tunnelled(Encapsulation.NVGRE, 4)[0], "", outbound=True),
        CaptureRecord("A @H1", inner(6, 6), "größer", outbound=True),
    )

    packets: list[dict[str, Any]] = json.loads(tshark(path, "-T", "json"))

    layers = [packet["_source"]["layers"] for packet in packets]
    names = [layer["frame"]["frame.interface_id_tree"]["frame.interface_name"] for layer in layers]
    assert names == ["A @H1", "H1 192.168.10.11", "A @H1"]
    found = rows(path, "frame.comment", "frame.packet_flags_direction", "frame.time_epoch")
    assert found == [
        ["sent by A", "0x00000001", "0.000000000"],
        ["", "0x00000002", "0.000001000"],
        ["größer", "0x00000002", "0.000002000"],
    ]


def test_address_resolution_is_what_tshark_takes_it_for(tmp_path: Path) -> None:
    mac_a, mac_b = MacAddress(0x0200_0000_010A), MacAddress(0x0200_0000_010B)
    frames = []
    for src, target in (("10.0.1.10", "10.0.1.11"), ("2001:db8:1::a", "2001:db8:1::b")):
        asked = question(
            src_mac=mac_a, src=ip_address(src), target=ip_address(target), dst_mac=None
        )
        frames += [
            asked,
            answer(asked, mac_b),
            announcement(src_mac=mac_a, address=ip_address(src)),
        ]
    records = [CaptureRecord("vm", frame, "", outbound=True) for frame in frames]

    path = written(tmp_path / "neighbours.pcapng", *records)

    fields = ["arp.opcode", "arp.isgratuitous", "arp.src.hw_mac", "arp.src.proto_ipv4"]
    fields += ["icmpv6.type", "icmpv6.nd.na.flag.s", "icmpv6.nd.na.flag.o"]
    fields += ["icmpv6.opt.linkaddr", "icmpv6.checksum.status", "_ws.malformed"]
    truth = {"": "", "1": "yes", "True": "yes", "0": "no", "False": "no"}
    a, b = "02:00:00:00:01:0a", "02:00:00:00:01:0b"
    found = rows(path, *fields)
    arp = [[row[0], truth[row[1]], *row[2:4], row[9]] for row in found[:3]]
    nd = [[row[4], truth[row[5]], truth[row[6]], *row[7:]] for row in found[3:]]
    assert arp == [
        ["1", "", a, "10.0.1.10", ""],
        ["2", "", b, "10.0.1.11", ""],
        ["1", "yes", a, "10.0.1.10", ""],
    ]
    assert nd == [
        ["135", "", "", a, "1", ""],
        ["136", "yes", "yes", b, "1", ""],
        ["136", "no", "yes", a, "1", ""],
    ]


@pytest.mark.parametrize("suffix", ["pcap", "pcapng"])
def test_sink_is_read_with_all_it_has(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"sink.{suffix}"
    sink = Sink(str(path))
    frames = [inner(4, 1), inner(6, 6), inner(4, 17)]
    for at, (frame, name, comment) in enumerate(
        zip(frames, ("T/A", "größer", "T/A"), ("sent by A", "", "weiß"), strict=True)
    ):
        tail = sink.tail(comment, outbound=at > 0)
        time = 1_700_000_000_999_999_998 + at
        sink.write(sink.record(time, frame, len(frame) + at, sink.interface(name), tail))
    sink.close()

    fields = ["frame.time_epoch", "frame.cap_len", "frame.len"]
    names = ["frame.interface_name", "frame.packet_flags_direction", "frame.comment"]
    found = rows(path, *fields, *names)

    lengths = [[str(len(frame)), str(len(frame) + at)] for at, frame in enumerate(frames)]
    assert [row[:3] for row in found] == [
        ["1700000000.999999998", *lengths[0]],
        ["1700000000.999999999", *lengths[1]],
        ["1700000001.000000000", *lengths[2]],
    ]
    told = [
        ["T/A", "0x00000001", "sent by A"],
        ["größer", "0x00000002", ""],
        ["T/A", "0x00000002", "weiß"],
    ]
    assert [row[3:] for row in found] == (told if suffix == "pcapng" else [["", "", ""]] * 3)


def test_times_and_interfaces_of_sections_are_tshark_s(tmp_path: Path) -> None:
    capture = section()
    for resolution in (0, 3, 6, 9, 0x80, 0x80 | 10, 0x80 | 30):
        offset = struct.pack("<q", 1_600_000_000 if resolution & 1 else 0)
        options = option(2, b"r%d" % resolution) + option(9, bytes([resolution]))
        capture += interface(options=options + option(14, offset))
    for index, units in enumerate([1_700_000_000, 5_123, 7_123_456, 12_345_678_901_234_567]):
        capture += enhanced(ONE, index=index, time=units)
    capture += enhanced(TWO, index=4, time=77) + enhanced(TWO, index=5, time=1024 * 77 + 512)
    capture += enhanced(TWO, index=6, time=(77 << 30) + (1 << 29)) + obsolete(TWO, time=9)
    capture += section(order=">") + interface(order=">", options=option(2, b"big", order=">"))
    capture += block(4, bytes(8), order=">") + enhanced(ONE, order=">", time=1_700_000_000_123_456)
    path = tmp_path / "sections.pcapng"
    path.write_bytes(capture)

    with CaptureReader.open(path) as reader:
        frames = [
            [f"{time // 10**9}.{time % 10**9:09}", str(captured), str(original)]
            for chunk in reader.chunks()
            for _, captured, original, time, _ in zip(*chunk[2:], strict=True)
        ]

    assert len(frames) == 9
    assert frames == rows(path, "frame.time_epoch", "frame.cap_len", "frame.len")
