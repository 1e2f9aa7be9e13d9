"""Captures in and out: what is read is what was written, and damage is always named."""

from __future__ import annotations

import gzip
import io
import struct
from contextlib import suppress
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.utils import PcapNgReader, rdpcap
from wire.captures import (
    ONE,
    TWO,
    Pipe,
    block,
    enhanced,
    interface,
    obsolete,
    pcap,
    section,
    simple,
)

from hnvemu.errors import HnvemuError
from hnvemu.wire.capture import (
    CapturedFrame,
    CaptureError,
    CaptureRecord,
    read_frames,
    write_pcapng,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

law = settings(derandomize=True, deadline=None, max_examples=300)


def read(octets: bytes) -> list[CapturedFrame]:
    return list(read_frames(io.BytesIO(octets)))


def written(records: Sequence[CaptureRecord]) -> bytes:
    stream = io.BytesIO()
    write_pcapng(stream, records)
    return stream.getvalue()


def problem(octets: bytes) -> str:
    with pytest.raises(CaptureError) as caught:
        read(octets)
    return str(caught.value)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("magic", [0xA1B2C3D4, 0xA1B23C4D])
def test_pcap_of_either_order_and_resolution_is_read(order: str, magic: int) -> None:
    frames = read(pcap(ONE, TWO, order=order, magic=magic, longer=4))

    assert frames == [CapturedFrame(1, ONE, 64, None), CapturedFrame(2, TWO, 77, None)]
    assert [frame.captured_length for frame in frames] == [60, 73]


@pytest.mark.parametrize("order", ["<", ">"])
def test_pcapng_of_either_order_is_read(order: str) -> None:
    resolution = struct.pack(f"{order}HH", 9, 1) + b"\x09\0\0\0"
    name = struct.pack(f"{order}HH", 2, 3) + b"H1\xc3\0" + bytes(4)
    octets = section(order=order) + interface(order=order, options=resolution + name)

    frames = read(octets + enhanced(TWO, order=order))

    assert frames == [CapturedFrame(1, TWO, 78, "H1\N{REPLACEMENT CHARACTER}")]


def test_capture_without_frames_is_valid() -> None:
    assert read(pcap()) == []
    assert read(section()) == []


def test_file_is_read_by_path(tmp_path: Path) -> None:
    path = tmp_path / "one.pcap"
    path.write_bytes(pcap(ONE))

    assert list(read_frames(path)) == list(read_frames(str(path))) == read(pcap(ONE))


def test_missing_file_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list(read_frames(tmp_path / "none.pcap"))


def test_frames_come_before_the_damage_behind_them() -> None:
    frames = read_frames(io.BytesIO(pcap(ONE, TWO)[:-1]))

    assert next(frames).frame == ONE


def test_obsolete_packet_block_is_read() -> None:
    assert read(section() + interface() + obsolete(TWO)) == [CapturedFrame(1, TWO, 78, None)]


@pytest.mark.parametrize(
    ("snap", "original", "frame"), [(0, 73, TWO), (80, 73, TWO), (60, 73, TWO[:60])]
)
def test_simple_packet_ends_at_the_snapshot_length(snap: int, original: int, frame: bytes) -> None:
    octets = section() + interface(snap=snap) + simple(frame, original=original)

    assert read(octets) == [CapturedFrame(1, frame, 73, None)]


def test_other_blocks_are_skipped() -> None:
    octets = section() + block(4, b"names") + interface() + block(0xBAD, b"") + enhanced(ONE)

    assert [frame.number for frame in read(octets + block(5, bytes(12)))] == [1]


def test_each_section_has_interfaces_of_its_own() -> None:
    second = section(order=">") + interface(order=">") + enhanced(TWO, order=">")

    frames = read(section() + interface() + enhanced(ONE) + second)

    assert [(frame.number, frame.frame) for frame in frames] == [(1, ONE), (2, TWO)]


def test_interface_of_an_earlier_section_is_gone() -> None:
    octets = section() + interface() + section() + enhanced(ONE)

    assert problem(octets) == (
        "octet 76, after frame 0: a frame of interface 0, and the section has 0"
    )


def test_interface_that_is_not_ethernet_may_stay_unused() -> None:
    octets = section() + interface(link_type=113) + interface() + enhanced(ONE, index=1)

    assert [frame.frame for frame in read(octets)] == [ONE]


def test_link_type_may_tell_of_a_check_sequence() -> None:
    assert [frame.frame for frame in read(pcap(ONE, link_type=0x2400_0001))] == [ONE]


@pytest.mark.parametrize(
    ("octets", "message"),
    [
        (b"", "this is neither pcap nor pcapng: it is empty"),
        (b"PK\3\4zip", "this is neither pcap nor pcapng: it begins with 50 4b 03 04"),
        (pcap()[:20], "the capture ends inside its header, after 20 octets"),
        (pcap(major=1), "the capture is of pcap version 1.4; 2.4 is known"),
        (pcap(link_type=113), "the capture is of link type 113; only Ethernet (1) can be read"),
        (
            pcap(ONE)[:30],
            "frame 1 at octet 24: the capture ends inside the record header",
        ),
        (
            pcap(ONE, TWO)[:-3],
            "frame 2 at octet 100: the capture ends after 70 of the frame's 73 octets",
        ),
        (
            pcap() + struct.pack("<IIII", 0, 0, 262145, 262145),
            "frame 1 at octet 24: a length of 262145 octets is absurd; 262144 is the most",
        ),
    ],
)
def test_damaged_pcap_is_named(octets: bytes, message: str) -> None:
    assert problem(octets) == message


START = section() + interface()


@pytest.mark.parametrize(
    ("octets", "message"),
    [
        (section()[:7], "octet 0, after frame 0: the capture ends inside the head of a block"),
        (section()[:8], "octet 0, after frame 0: a section's byte order is missing"),
        (
            section()[:8] + bytes(20),
            "octet 0, after frame 0: a section's byte order is 00 00 00 00",
        ),
        (section()[:27], "octet 0, after frame 0: the capture ends inside a block of 28 octets"),
        (
            section(major=2),
            "octet 0, after frame 0: the section is of pcapng version 2.0; 1.0 is known",
        ),
        (
            b"\x0a\x0d\x0d\x0a\x10\0\0\0\x4d\x3c\x2b\x1a\x10\0\0\0",
            "octet 0, after frame 0: a block of 16 octets is too short for a section",
        ),
        (
            START + enhanced(ONE) + b"\6\0\0",
            "octet 140, after frame 1: the capture ends inside the head of a block",
        ),
        (
            START + struct.pack("<II", 6, 33) + bytes(25),
            "octet 48, after frame 0: a block of 33 octets cannot be",
        ),
        (
            START + struct.pack("<II", 6, 8),
            "octet 48, after frame 0: a block of 8 octets cannot be",
        ),
        (
            START + struct.pack("<II", 9, 0x7FFF_FFFC),
            "octet 48, after frame 0: a block of 2147483644 octets is absurd; 16777216 is the most",
        ),
        (
            START + enhanced(ONE)[:-4] + struct.pack("<I", 96),
            "octet 48, after frame 0: a block begins with a length of 92 octets and ends with 96",
        ),
        (
            section() + block(1, bytes(4)),
            "octet 28, after frame 0: a body of 4 octets is too short for an interface",
        ),
        (
            START + block(6, bytes(16)),
            "octet 48, after frame 0: a body of 16 octets is too short for a frame",
        ),
        (
            START + enhanced(ONE, index=1),
            "octet 48, after frame 0: a frame of interface 1, and the section has 1",
        ),
        (
            section() + interface(link_type=113) + enhanced(ONE),
            "octet 48, after frame 0: a frame of link type 113; only Ethernet (1) can be read",
        ),
        (
            START + enhanced(ONE, captured=262145),
            "octet 48, after frame 0: a frame of 262145 octets is absurd; 262144 is the most",
        ),
        (
            START + enhanced(ONE, captured=61),
            "octet 48, after frame 0: a frame of 61 octets is longer than its block",
        ),
        (
            START + simple(ONE, original=61),
            "octet 48, after frame 0: a frame of 61 octets is longer than its block",
        ),
        (
            section() + interface(options=struct.pack("<HH", 2, 9) + b"H1\0\0"),
            "octet 28, after frame 0: an option of 9 octets is longer than its block",
        ),
    ],
)
def test_damaged_pcapng_is_named(octets: bytes, message: str) -> None:
    assert problem(octets) == message


def test_capture_error_is_an_error_of_hnvemu_and_a_value_error() -> None:
    assert issubclass(CaptureError, HnvemuError)
    assert issubclass(CaptureError, ValueError)


RECORDS = [
    CaptureRecord("A @H1", ONE, "encapsulated by record 10.0.1.11", outbound=True),
    CaptureRecord("H1 192.168.10.11", TWO, "", outbound=True),
    CaptureRecord("A @H1", TWO, "gelöscht", outbound=False),
]
GOOD = [
    pcap(ONE, TWO),
    pcap(ONE, TWO, order=">", magic=0xA1B23C4D),
    written(RECORDS),
    START + simple(ONE, original=60) + obsolete(TWO) + block(4, b"names") + section(order=">"),
]


@law
@given(
    st.sampled_from(GOOD),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=5),
    st.integers(0, 400),
)
def test_mutated_capture_is_read_or_refused(
    octets: bytes, changes: list[tuple[int, int]], cut: int
) -> None:
    """Any other exception than CaptureError fails the test."""
    mutated = bytearray(octets)
    for at, octet in changes:
        mutated[at % len(mutated)] = octet
    if cut < len(mutated):
        del mutated[len(mutated) - cut :]

    frames: list[CapturedFrame] = []
    with suppress(CaptureError):
        frames.extend(read_frames(io.BytesIO(bytes(mutated))))

    assert [frame.number for frame in frames] == list(range(1, len(frames) + 1))


@law
@given(st.lists(st.binary(max_size=80), max_size=6), st.sampled_from("<>"))
def test_pcap_is_read_as_written(frames: list[bytes], order: str) -> None:
    assert [frame.frame for frame in read(pcap(*frames, order=order))] == frames


@law
@given(
    st.lists(
        st.builds(
            CaptureRecord,
            st.text(max_size=8),
            st.binary(max_size=80),
            st.text(max_size=20),
            st.booleans(),
        ),
        max_size=6,
    )
)
def test_pcapng_is_read_as_written(records: list[CaptureRecord]) -> None:
    expected = [
        CapturedFrame(number, record.frame, len(record.frame), record.interface)
        for number, record in enumerate(records, start=1)
    ]

    assert read(written(records)) == expected


def test_equal_records_are_written_as_equal_octets() -> None:
    assert written(RECORDS) == written(list(RECORDS))


def test_interfaces_of_one_name_are_one() -> None:
    octets = written(RECORDS)

    assert octets.count(b"A @H1") == octets.count(b"H1 192.168.10.11") == 1


def test_scapy_reads_comments_directions_and_times(tmp_path: Path) -> None:
    path = tmp_path / "three.pcapng"
    path.write_bytes(written(RECORDS))

    with PcapNgReader(str(path)) as reader:
        packets = list(reader)

    assert [bytes(packet) for packet in packets] == [ONE, TWO, TWO]
    assert [packet.comment for packet in packets] == [
        b"encapsulated by record 10.0.1.11",
        None,
        "gelöscht".encode(),
    ]
    assert [packet.direction for packet in packets] == [2, 2, 1]
    assert [packet.sniffed_on for packet in packets] == ["A @H1", "H1 192.168.10.11", "A @H1"]
    assert all(later.time > earlier.time for earlier, later in pairwise(packets))


def test_helper_writes_what_scapy_reads() -> None:
    """The pcap files of this module are as good as the tool that checks them."""
    assert [bytes(packet) for packet in rdpcap(io.BytesIO(pcap(ONE, TWO)))] == [ONE, TWO]


def test_comment_too_long_for_pcapng_is_cut_at_a_character() -> None:
    record = CaptureRecord("A", ONE, "ü" * 32768, outbound=True)

    octets = written([record])

    cut = "ü".encode() * 32766 + "…".encode()
    assert cut in octets
    assert struct.pack("<HH", 1, len(cut)) + cut in octets
    assert [frame.frame for frame in read(octets)] == [ONE]


def test_name_that_is_no_unicode_is_written_with_a_mark() -> None:
    """YAML can say "\\ud800", half of a character."""
    record = CaptureRecord("A\ud800", ONE, "", outbound=True)

    assert [frame.interface for frame in read(written([record]))] == ["A?"]


def test_frame_of_a_pipe_is_read_before_the_next_is_written() -> None:
    pipe = Pipe(pcap(ONE))
    frames = read_frames(pipe)

    assert next(frames).frame == ONE

    pipe.write(pcap(TWO)[24:])
    assert next(frames).frame == TWO


def test_packed_capture_is_read() -> None:
    assert [frame.frame for frame in read(gzip.compress(pcap(ONE, TWO)))] == [ONE, TWO]
