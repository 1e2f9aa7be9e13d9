from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

from hnvemu.render.pcap import write_capture
from hnvemu.wire.capture import CapturedFrame, read_frames

if TYPE_CHECKING:
    from hnvemu.trace.trace import Trace


def captured(trace: Trace) -> list[CapturedFrame]:
    stream = io.BytesIO()
    write_capture(trace, stream)
    stream.seek(0)
    return list(read_frames(stream))


def comments(trace: Trace) -> list[str]:
    """Read the comments of a capture, which is little-endian, without a reader of captures."""
    stream = io.BytesIO()
    write_capture(trace, stream)
    octets, at, found = stream.getvalue(), 0, []
    while at < len(octets):
        kind, length = struct.unpack_from("<II", octets, at)
        if kind == 6:
            option = at + 28 + (struct.unpack_from("<I", octets, at + 20)[0] + 3) // 4 * 4
            while option < at + length - 4:
                code, size = struct.unpack_from("<HH", octets, option)
                if code == 1:
                    found.append(octets[option + 4 : option + 4 + size].decode())
                option += 4 + (size + 3) // 4 * 4
        at += length
    return found


def test_a_capture_has_the_frame_at_every_place(traces: dict[str, Trace]) -> None:
    trace = traces["counted"]

    assert [(each.interface, each.frame) for each in captured(trace)] == [
        ("T/A", trace.frame),
        ("H1 provider", trace.wire[0].frame),
        ("H2 provider", trace.wire[0].frame),
        ("T/X", trace.delivered[0].frame),
    ]


def test_the_reply_follows(traces: dict[str, Trace]) -> None:
    interfaces = [each.interface for each in captured(traces["conversation"])]

    assert interfaces == [
        "T/A", "H1 provider", "H2 provider", "T/X",
        "T/X", "H2 provider", "H1 provider", "T/A",
    ]  # fmt: skip


def test_a_dropped_frame_is_where_it_was_dropped(traces: dict[str, Trace]) -> None:
    assert [each.interface for each in captured(traces["no record"])] == ["T/A"]
    assert [each.interface for each in captured(traces["denied"])] == [
        "T/A",
        "H1 provider",
        "H2 provider",
    ]


def test_a_frame_that_arrives_says_what_its_host_decided(traces: dict[str, Trace]) -> None:
    sent, left, arrived = comments(traces["denied"])

    assert sent.startswith("DROPPED  ACL_DENY_IN at H2   T/A @H1 -> T/X @H2")
    assert "\nroute on-link 10.1.2.0/24 -> VSID 5003\n" in sent
    assert left == "NVGRE from H1 to H2, VSID 5003"
    assert arrived.endswith("firewall in deny rule 'no-web'")


def test_what_was_taken_off_the_wire_is_at_the_provider_nic(traces: dict[str, Trace]) -> None:
    came, delivered = captured(traces["captured"])

    assert [came.interface, delivered.interface] == ["H2 provider", "T/X"]
    assert came.frame == traces["captured"].outer


def test_what_is_no_tunnel_is_at_the_provider_nic(traces: dict[str, Trace]) -> None:
    assert [each.interface for each in captured(traces["no tunnel"])] == ["H2 provider"]


def test_copies_are_captured_where_they_leave_and_where_they_arrive(
    traces: dict[str, Trace],
) -> None:
    trace = traces["flooded"]
    [far] = trace.branches

    assert [(each.interface, each.frame) for each in captured(trace)] == [
        ("T/A", trace.frame),
        ("H1 provider", far.wire[0].frame),
        ("H2 provider", far.wire[0].frame),
        ("T/B", trace.frame),
        ("T/C", trace.frame),
    ]


def test_a_frame_to_a_group_arrives_at_each_host_that_listens(traces: dict[str, Trace]) -> None:
    trace = traces["to a group"]
    [copy] = trace.branches

    interfaces = [each.interface for each in captured(trace)]
    said = comments(trace)

    assert interfaces == ["T/A", "H1 provider", "H2 provider", "T/B", "T/C"]
    assert said[1] == "NVGRE from H1 to 239.9.9.9, VSID 5001"
    assert said[2].startswith("H2:\nsource ok")
    assert captured(trace)[2].frame == copy.wire[0].frame


def test_an_answer_leaves_to_the_vm_that_asked(traces: dict[str, Trace]) -> None:
    trace = traces["answered"]

    assert [(each.interface, each.frame) for each in captured(trace)] == [
        ("T/A", trace.frame),
        ("T/A", trace.delivered[0].frame),
    ]
