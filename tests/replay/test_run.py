"""A replay from captures to captures: where frames enter, what is written, what is counted."""

from __future__ import annotations

import gzip
import io
import struct
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from scapy.utils import PcapNgReader, rdpcap

from hnvemu import Outcome, QuestionError, Reason
from hnvemu.replay.outputs import Targets
from hnvemu.replay.run import replay
from hnvemu.replay.summary import Unread
from hnvemu.wire.capture import CaptureError, CaptureRecord, write_pcapng

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hnvemu import Fabric

    Network = Callable[..., Fabric]
    Frame = Callable[..., bytes]

HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)
TO_MANY = {"dst_mac": "FF-FF-FF-FF-FF-FF"}


def pcap(path: Path, *frames: bytes) -> str:
    """Write a capture whose frames are a second apart."""
    records = [struct.pack("<4I", at, 0, len(f), len(f)) + f for at, f in enumerate(frames)]
    path.write_bytes(HEADER + b"".join(records))
    return str(path)


def octets(path: Path) -> list[bytes]:
    return [bytes(packet) for packet in rdpcap(str(path))]


class Noted(NamedTuple):
    interface: str
    comment: str
    direction: int
    frame: bytes


def noted(path: Path) -> list[Noted]:
    """Read a pcapng with what is noted beside each frame."""

    def told(packet: Any) -> Noted:
        comment = packet.comments[0].decode()
        return Noted(packet.sniffed_on, comment, packet.direction or 0, bytes(packet))

    with PcapNgReader(str(path)) as reader:
        return [told(packet) for packet in reader]


def test_what_crosses_is_what_a_trace_says(network: Network, frame: Frame, tmp_path: Path) -> None:
    fabric = network()
    there, here = frame("A", "X", "tcp"), frame("A", "C", "tcp")
    capture = pcap(tmp_path / "in.pcap", there, here)

    replay(fabric, [capture], targets=Targets(wire=str(tmp_path / "wire.pcap")))

    assert octets(tmp_path / "wire.pcap") == [fabric.send(there, at="A").wire[0].frame]


def test_each_frame_that_a_vm_receives_is_noted_with_its_port(
    network: Network, frame: Frame, tmp_path: Path
) -> None:
    fabric = network(profile="ws2012r2")
    there = frame("A", "X", "tcp")
    capture = pcap(tmp_path / "in.pcap", there)
    out = tmp_path / "delivered.pcapng"

    replay(fabric, [capture], targets=Targets(delivered=str(out)))

    received = fabric.send(there, at="A").delivered[0].frame
    assert received != there
    assert noted(out) == [Noted("T/X", "delivered\nT/A > H1 > NVGRE 5003 > H2 > T/X", 2, received)]


def test_a_dropped_frame_is_noted_with_its_reason(
    network: Network, frame: Frame, tmp_path: Path
) -> None:
    capture = pcap(tmp_path / "in.pcap", frame("A", "10.0.1.99"), frame("A", "B"))
    out = tmp_path / "drops.pcapng"

    replay(network(), [capture], targets=Targets(drops=str(out)))

    assert noted(out) == [
        Noted("T/A", "dropped DST_RECORD_MISSING\nT/A > H1", 1, frame("A", "10.0.1.99"))
    ]


def test_a_host_has_a_capture_of_what_leaves_it_and_what_reaches_it(
    network: Network, frame: Frame, tmp_path: Path
) -> None:
    fabric = network()
    capture = pcap(tmp_path / "in.pcap", frame("A", "X"), frame("X", "A"))

    replay(fabric, [capture], targets=Targets(per_host=str(tmp_path / "hosts")))

    there, back = (
        fabric.send(frame(*ends), at=ends[0]).wire[0].frame for ends in (("A", "X"), ("X", "A"))
    )
    assert sorted(path.name for path in (tmp_path / "hosts").iterdir()) == [
        "H1.pcapng",
        "H2.pcapng",
    ]
    ways = [
        (each.interface, each.direction, each.frame) for each in noted(tmp_path / "hosts/H1.pcapng")
    ]
    assert ways == [("H1 provider", 2, there), ("H1 provider", 1, back)]


def test_every_copy_of_a_broadcast_is_written(
    network: Network, frame: Frame, tmp_path: Path
) -> None:
    fabric = network()
    sent = frame("A", "10.0.1.255", "udp", **TO_MANY)
    broadcast = frame("A", "255.255.255.255", "udp")
    capture = pcap(tmp_path / "in.pcap", broadcast, sent)
    targets = Targets(
        wire=str(tmp_path / "wire.pcap"), delivered=str(tmp_path / "delivered.pcapng")
    )

    summary = replay(fabric, [capture], targets=targets)

    found = summary.flows[0].verdict
    trace = fabric.send(broadcast, at="A")
    assert (found.outcome, found.copies) == (Outcome.REPLICATED, len(trace.branches))
    assert {each.interface for each in noted(tmp_path / "delivered.pcapng")} >= {"T/B", "T/C"}
    assert octets(tmp_path / "wire.pcap")[0] in [
        wire.frame for branch in trace.branches for wire in branch.wire
    ]


def test_encapsulated_frames_enter_at_their_host(
    network: Network, frame: Frame, tmp_path: Path
) -> None:
    fabric = network()
    sent = frame("A", "X", "tcp")
    crossed = fabric.send(sent, at="A").wire[0].frame
    capture = pcap(tmp_path / "in.pcap", crossed, crossed[:20] + crossed[20:][::-1])
    out = tmp_path / "delivered.pcapng"

    for at in ("pa:H2", "pa"):
        summary = replay(fabric, [capture], at=at, targets=Targets(delivered=str(out)))

        assert summary.flows[0].verdict.way == ("NVGRE 5003", "H2", "T/X")
        assert summary.flows[0].entry == "pa:H2"
        assert [each.frame for each in noted(out)] == [sent]


def test_what_reaches_the_wrong_host_is_dropped_there(
    network: Network, frame: Frame, tmp_path: Path
) -> None:
    fabric = network()
    crossed = fabric.send(frame("A", "X", "tcp"), at="A").wire[0].frame
    capture = pcap(tmp_path / "in.pcap", crossed)

    summary = replay(fabric, [capture], at="pa:H1")

    assert summary.flows[0].verdict.reason is Reason.PA_NOT_LOCAL


def test_frames_enter_where_their_interface_says(
    network: Network, frame: Frame, tmp_path: Path
) -> None:
    capture = tmp_path / "in.pcapng"
    with capture.open("wb") as file:
        write_pcapng(
            file,
            [
                CaptureRecord("T/A", frame("A", "X"), "", outbound=True),
                CaptureRecord("C", frame("A", "X"), "", outbound=True),
                CaptureRecord("nobody", frame("A", "X"), "", outbound=True),
            ],
        )

    summary = replay(network(), [str(capture)], at="interface")

    assert [(each.entry, each.verdict.reason) for each in summary.flows] == [
        ("T/A", None),
        ("T/C", Reason.SPOOFED_MAC),
    ]
    assert summary.unread == {Unread.UNKNOWN_SENDER: 1}


def test_a_capture_is_a_world_of_its_own(network: Network, frame: Frame, tmp_path: Path) -> None:
    fabric = network(also="firewall: {defaults: [{vms: [A], inbound: block}]}")
    request = pcap(tmp_path / "1.pcap", frame("A", "X", "tcp", src_port=40000, dst_port=80))
    reply = pcap(tmp_path / "2.pcap", frame("X", "A", "tcp", src_port=80, dst_port=40000))

    summary = replay(fabric, [request, reply])

    assert [each.verdict.outcome for each in summary.flows] == [
        Outcome.DELIVERED,
        Outcome.DROPPED,
    ]
    assert [(each.capture, each.number) for each in summary.flows] == [(request, 1), (reply, 1)]


def test_a_folder_is_all_its_captures_by_name(
    network: Network, frame: Frame, tmp_path: Path
) -> None:
    (tmp_path / "b").mkdir()
    pcap(tmp_path / "b" / "2.cap", frame("B", "X"))
    (tmp_path / "1.pcap.gz").write_bytes(gzip.compress((tmp_path / "b" / "2.cap").read_bytes()))
    (tmp_path / "notes.txt").write_text("not a capture")

    summary = replay(network(), [str(tmp_path)])

    assert summary.packets == 2
    assert len(summary.flows) == 1


def test_a_folder_without_captures_is_told(network: Network, tmp_path: Path) -> None:
    with pytest.raises(QuestionError, match="has no capture"):
        replay(network(), [str(tmp_path)])


def test_standard_input_can_be_a_capture(
    network: Network, frame: Frame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    capture = pcap(tmp_path / "in.pcap", frame("A", "X"))

    class Stdin(NamedTuple):
        buffer: Any

    with open(capture, "rb") as file:  # noqa: PTH123 - a path's name
        monkeypatch.setattr(sys, "stdin", Stdin(io.BufferedReader(io.BytesIO(file.read()))))
        summary = replay(network(), ["-"])

    assert summary.packets == 1


def test_packets_are_those_of_flows_and_those_that_were_not_sent(
    network: Network, frame: Frame, tmp_path: Path
) -> None:
    sent = frame("A", "X", "tcp")
    capture = pcap(tmp_path / "in.pcap", sent, sent, b"short", bytes(60))

    summary = replay(network(), [capture])

    assert summary.unread == {Unread.SHORT: 1, Unread.UNKNOWN_SENDER: 1}
    assert summary.packets == 2 + 2
    assert summary.octets == 2 * len(sent) + 5 + 60
    assert (summary.flows[0].first, summary.flows[0].last) == (0, 1_000_000_000)


def test_a_damaged_capture_is_read_as_far_as_it_goes(
    network: Network, frame: Frame, tmp_path: Path
) -> None:
    capture = pcap(tmp_path / "in.pcap", frame("A", "X"), frame("A", "B"))
    whole = (tmp_path / "in.pcap").read_bytes()
    (tmp_path / "in.pcap").write_bytes(whole[:-10])

    summary = replay(network(), [capture])

    assert summary.packets == 1
    assert len(summary.damage) == 1
    assert summary.damage[0].startswith(f"{capture}: ")
    assert "frame 2" in summary.damage[0]


def test_what_is_no_capture_leaves_no_target(network: Network, tmp_path: Path) -> None:
    (tmp_path / "in.pcap").write_text("hello, world, this is text")
    targets = Targets(wire=str(tmp_path / "wire.pcap"), per_host=str(tmp_path / "hosts"))

    with pytest.raises(CaptureError, match="neither pcap nor pcapng"):
        replay(network(), [str(tmp_path / "in.pcap")], targets=targets)

    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["in.pcap"]


def test_frames_that_are_not_kept_are_counted_and_not_written(
    network: Network, frame: Frame, tmp_path: Path
) -> None:
    capture = pcap(tmp_path / "in.pcap", frame("A", "X"), frame("B", "Y"))
    wire = tmp_path / "wire.pcap"

    summary = replay(
        network(),
        [capture],
        targets=Targets(wire=str(wire)),
        keep=lambda entry, flow, verdict: entry == "T/B",  # noqa: ARG005
    )

    assert summary.packets == 2
    assert len(octets(wire)) < 2


def test_a_cut_frame_stays_cut(network: Network, frame: Frame, tmp_path: Path) -> None:
    fabric = network()
    whole = frame("A", "X", "tcp", length=500)
    record = struct.pack("<4I", 0, 0, 60, len(whole)) + whole[:60]
    (tmp_path / "in.pcap").write_bytes(HEADER + record)
    wire = tmp_path / "wire.pcap"

    replay(fabric, [str(tmp_path / "in.pcap")], targets=Targets(wire=str(wire)))

    crossed = fabric.send(whole, at="A").wire[0].frame
    written = rdpcap(str(wire))[0]
    assert (bytes(written), written.wirelen) == (crossed[: 60 + 42], len(crossed))
