"""Captures read as a stream: the frames up to the damage, whatever the size of the pieces."""

from __future__ import annotations

import gzip
import io
import os
import struct
import sys
from array import array
from base64 import b64decode
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from properties.amount import MANY
from scapy.utils import PcapNgReader, PcapReader
from wire.captures import (
    ONE,
    TWO,
    Pipe,
    block,
    enhanced,
    interface,
    obsolete,
    option,
    pcap,
    section,
    simple,
)

from hnvemu.wire.chunks import CaptureError, CaptureReader, walk_records

if TYPE_CHECKING:
    from pathlib import Path

law = settings(derandomize=True, deadline=None, max_examples=MANY)

SECOND = 1_000_000_000
MICROSECONDS = 0xA1B2C3D4
NANOSECONDS = 0xA1B23C4D


class Frame(NamedTuple):
    frame: bytes
    original: int
    time: int
    interface: str | None


def frames_of(reader: CaptureReader) -> list[Frame]:
    """All frames, of which chunks tell nothing that is out of bounds."""
    frames: list[Frame] = []
    number = 1
    for chunk in reader.chunks():
        assert chunk.first >= number
        number = chunk.first + len(chunk.starts)
        for start, captured, original, time, index in zip(*chunk[2:], strict=True):
            assert 0 <= start <= start + captured <= len(chunk.octets)
            assert captured <= original
            assert 0 <= time < 2**63
            frame = bytes(chunk.octets[start : start + captured])
            frames.append(Frame(frame, original, time, reader.interfaces[index]))
    assert reader.packets == len(frames) + sum(reader.skipped.values())
    return frames


def read(octets: bytes, /, **options: Any) -> list[Frame]:
    """The frames of a capture without damage."""
    frames, damage = read_damaged(octets, **options)
    assert damage is None
    return frames


def read_damaged(octets: bytes, /, **options: Any) -> tuple[list[Frame], str | None]:
    with CaptureReader.open(io.BytesIO(octets), **options) as reader:
        return frames_of(reader), reader.damage


def refused(octets: bytes) -> str:
    with pytest.raises(CaptureError) as caught:
        read(octets)
    return str(caught.value)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("magic", "unit"), [(MICROSECONDS, 1000), (NANOSECONDS, 1)])
def test_times_of_pcap_are_nanoseconds(order: str, magic: int, unit: int) -> None:
    times = [(1_700_000_000, 999_999), (2**32 - 1, 2)]
    octets = pcap(ONE, TWO, order=order, magic=magic, longer=4, times=times)

    with CaptureReader.open(io.BytesIO(octets)) as reader:
        frames = frames_of(reader)

    assert frames == [
        Frame(ONE, 64, 1_700_000_000 * SECOND + 999_999 * unit, None),
        Frame(TWO, 77, (2**32 - 1) * SECOND + 2 * unit, None),
    ]
    assert reader.is_nanoseconds == (unit == 1)
    assert (reader.damage, reader.packets, reader.interfaces) == (None, 2, [None])


def test_fewer_octets_on_the_wire_than_in_the_capture_are_not_believed() -> None:
    assert [frame.original for frame in read(pcap(ONE, longer=-20))] == [60]
    octets = section() + interface() + enhanced(ONE, longer=-20) + enhanced(TWO, longer=2)
    assert [frame.original for frame in read(octets)] == [60, 75]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("resolution", "units", "time"),
    [
        (None, 1_700_000_000_123_456, 1_700_000_000_123_456_000),  # microseconds
        (0, 1_700_000_000, 1_700_000_000 * SECOND),
        (3, 1_700_000_000_123, 1_700_000_000_123_000_000),
        (9, 1_700_000_000_123_456_789, 1_700_000_000_123_456_789),
        (12, 1_700_000_123_456_789_012, 1_700_000_123_456_789),  # the rest of it is dropped
        (127, 2**64 - 1, 0),
        (0x80, 1_700_000_000, 1_700_000_000 * SECOND),
        (0x80 | 10, 1024 * 5 + 1, 5 * SECOND + 976_562),
        (0x80 | 32, (1_700_000_000 << 32) + 2**31, 1_700_000_000 * SECOND + SECOND // 2),
        (0, 2**64 - 1, 2**63 - 1),  # later than 63 bits can tell
        (9, 2**64 - 1, 2**63 - 1),
    ],
)
def test_each_interface_of_pcapng_has_its_resolution(
    order: str, resolution: int | None, units: int, time: int
) -> None:
    options = b""
    if resolution is not None:
        options = option(9, bytes([resolution]), order=order)
    octets = section(order=order) + interface(order=order) + interface(order=order, options=options)
    packets = [enhanced(ONE, order=order, index=1, time=units), enhanced(TWO, order=order, time=7)]

    frames = read(octets + b"".join(packets))

    assert [frame.time for frame in frames] == [time, 7000]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("offset", "time"), [(1_700_000_000, 1_700_000_001 * SECOND), (-1, 0), (-5, 0)]
)
def test_times_of_pcapng_may_be_offset(order: str, offset: int, time: int) -> None:
    options = option(14, struct.pack(f"{order}q", offset), order=order)
    octets = section(order=order) + interface(order=order, options=options)

    frames = read(octets + enhanced(ONE, order=order, time=1_000_000))

    assert [frame.time for frame in frames] == [time]


@pytest.mark.parametrize(
    ("resolution", "is_finer"), [(6, False), (7, True), (0x80 | 19, False), (0x80 | 20, True)]
)
def test_capture_tells_whether_times_are_finer_than_microseconds(
    resolution: int, *, is_finer: bool
) -> None:
    octets = section() + interface() + interface(options=option(9, bytes([resolution])))

    with CaptureReader.open(io.BytesIO(octets)) as reader:
        frames_of(reader)

    assert reader.is_nanoseconds is is_finer


def test_obsolete_packet_has_a_time_and_a_simple_one_has_that_before_it() -> None:
    octets = section() + interface() + simple(TWO, original=73) + obsolete(TWO, time=1 << 33)
    octets += simple(ONE, original=60) + enhanced(ONE, time=3) + simple(ONE, original=60)

    for size in (1, 1 << 20):
        times = [frame.time for frame in read(octets, octets=size)]

        assert times == [0, 1000 << 33, 1000 << 33, 3000, 3000]


def test_interfaces_are_numbered_through_all_sections() -> None:
    first = section() + interface(options=option(2, b"A")) + interface(options=option(2, b"B"))
    first += enhanced(ONE, index=1)
    second = section(order=">") + interface(order=">", options=option(2, b"C", order=">"))
    second += enhanced(TWO, order=">") + interface(order=">")
    second += enhanced(ONE, order=">", index=1)

    with CaptureReader.open(io.BytesIO(first + block(4, b"names") + second)) as reader:
        chunks = [(chunk.first, list(chunk.interfaces)) for chunk in reader.chunks()]

    assert chunks == [(1, [1, 2, 3])]
    assert reader.interfaces == ["A", "B", "C", None]


def test_frames_that_are_not_ethernet_are_counted_and_skipped() -> None:
    octets = section() + interface() + interface(link_type=113)
    octets += enhanced(TWO, index=1) + enhanced(ONE, index=1, longer=-9)
    octets += enhanced(TWO) + enhanced(ONE) + enhanced(TWO, index=1) + enhanced(ONE)

    with CaptureReader.open(io.BytesIO(octets)) as reader:
        chunks = [(chunk.first, len(chunk.starts)) for chunk in reader.chunks()]

    assert (chunks, reader.packets, reader.damage) == ([(3, 2), (6, 1)], 6, None)
    assert (reader.skipped, reader.skipped_octets) == ({"link_type": 3}, 78 + 60 + 78)
    assert [frame.frame for frame in read(octets)] == [TWO, ONE, ONE]


def test_frame_that_is_not_ethernet_is_damage_where_all_must_be() -> None:
    octets = section() + interface() + interface(link_type=113) + enhanced(ONE)

    frames, damage = read_damaged(octets + enhanced(TWO, index=1), strict=True)

    assert [frame.frame for frame in frames] == [ONE]
    assert damage == (
        "octet 160, after frame 1: a frame of link type 113; only Ethernet (1) can be read"
    )


@pytest.mark.parametrize(
    ("octets", "message"),
    [
        (b"", "this is neither pcap nor pcapng: it is empty"),
        (b"\xd4", "this is neither pcap nor pcapng: it begins with d4"),
        (gzip.compress(b"", mtime=0), "this is neither pcap nor pcapng: it is empty"),
        (
            gzip.compress(b"hello", mtime=0),
            "this is neither pcap nor pcapng: it begins with 68 65 6c 6c",
        ),
        (b"\x1f\x8b", "the gzip file is cut off"),
        (b"\x1f\x8b\x63" + bytes(9), "the gzip file is damaged: unknown compression method"),
        (pcap()[:20], "the capture ends inside its header, after 20 octets"),
        (pcap(link_type=113), "the capture is of link type 113; only Ethernet (1) can be read"),
        (section()[:8], "octet 0, after frame 0: a section's byte order is missing"),
        (
            section(major=2),
            "octet 0, after frame 0: the section is of pcapng version 2.0; 1.0 is known",
        ),
    ],
)
def test_what_is_no_capture_is_refused(octets: bytes, message: str) -> None:
    assert refused(octets) == message


START = section() + interface() + enhanced(ONE)  # 140 octets


@pytest.mark.parametrize(
    ("octets", "damage"),
    [
        (
            pcap(ONE, TWO)[:-3],
            "frame 2 at octet 100: the capture ends after 70 of the frame's 73 octets",
        ),
        (
            pcap(ONE) + bytes(15),
            "frame 2 at octet 100: the capture ends inside the record header",
        ),
        (
            pcap(ONE) + struct.pack("<IIII", 0, 0, 262145, 262145) + bytes(300_000),
            "frame 2 at octet 100: a length of 262145 octets is absurd; 262144 is the most",
        ),
        (
            START + enhanced(TWO)[:-1],
            "octet 140, after frame 1: the capture ends inside a block of 108 octets",
        ),
        (
            START + section(order=">")[:10],
            "octet 140, after frame 1: a section's byte order is 1a 2b",
        ),
        (
            START + enhanced(TWO)[:-4] + struct.pack("<I", 96),
            "octet 140, after frame 1: a block begins with a length of 108 octets and ends with 96",
        ),
        (
            START + interface(options=option(9, b"\6\0")),
            "octet 140, after frame 1: a resolution of time has one octet, and this one 2",
        ),
        (
            START + interface(options=option(14, b"\6")),
            "octet 140, after frame 1: an offset of time has 8 octets, and this one 1",
        ),
    ],
)
@pytest.mark.parametrize("size", [1, 1 << 20])
def test_frames_before_the_damage_are_read(octets: bytes, damage: str, size: int) -> None:
    frames, found = read_damaged(octets, octets=size)

    assert ([frame.frame for frame in frames], found) == ([ONE], damage)


def test_longest_frame_is_read() -> None:
    longest = bytes(262144)

    assert [frame.frame for frame in read(pcap(ONE, longest, TWO))] == [ONE, longest, TWO]
    octets = START + enhanced(longest)
    assert [frame.frame for frame in read(octets, octets=4096)] == [ONE, longest]


def test_more_records_than_the_arrays_have_room_for_are_read() -> None:
    with CaptureReader.open(io.BytesIO(pcap(*[b""] * 100)), octets=640) as reader:
        chunks = [(chunk.first, len(chunk.starts)) for chunk in reader.chunks()]

    assert chunks[:4] == [(1, 11), (12, 11), (23, 11), (34, 5)]
    assert reader.packets == 100


def test_packed_members_are_one_capture() -> None:
    octets = pcap(ONE, TWO)
    packed = gzip.compress(octets[:50]) + gzip.compress(octets[50:]) + bytes(512)

    assert [frame.frame for frame in read(packed)] == [ONE, TWO]


def test_octets_that_pack_well_are_unpacked_piece_by_piece() -> None:
    packed = gzip.compress(pcap(*[bytes(100_000)] * 5))

    assert len(packed) < 1000
    assert [frame.frame for frame in read(packed)] == [bytes(100_000)] * 5


def test_cut_gzip_file_is_damage() -> None:
    packed = gzip.compress(pcap(ONE, TWO))

    frames, damage = read_damaged(packed[:-1])

    assert [frame.frame for frame in frames] == [ONE, TWO]
    assert damage == "octet 189, after frame 2: the gzip file is cut off"


def test_frames_that_can_be_unpacked_come_before_the_damage() -> None:
    packed = bytearray(gzip.compress(pcap(ONE, TWO)))
    packed[-5] ^= 1  # of the length

    for octets in (bytes(packed), gzip.compress(pcap(ONE, TWO)) + b"PK"):
        frames, damage = read_damaged(octets)

        assert [frame.frame for frame in frames] == [ONE, TWO]
        assert damage is not None
        assert damage.startswith("octet 189, after frame 2: the gzip file is damaged: incorrect ")


def test_damage_of_a_gzip_file_is_at_the_same_octet_in_all_pieces() -> None:
    """Zlib keeps what it unpacked to itself if damage follows it at once."""
    packed = b64decode("H4sIAJztAWsC/+Pi5eWSYWBg8LXRlmIE0v+hACQGeuKLQGk4KJsNiGMYUIEeEDus")

    for options in ({}, {"octets": 1}, {"octets": 1, "prompt": True}):
        frames, damage = read_damaged(packed, **options)

        assert frames == []
        assert damage == (
            "octet 28, after frame 0: the gzip file is damaged: invalid distance code"
        )


def test_size_and_position_are_the_file_s(tmp_path: Path) -> None:
    path = tmp_path / "packed"
    path.write_bytes(gzip.compress(pcap(ONE, TWO)))

    with CaptureReader.open(path) as reader:
        size, before = reader.size, reader.position
        frames = frames_of(reader)

    assert len(frames) == 2
    assert 0 < before <= reader.position == size == path.stat().st_size


def test_stream_has_no_size() -> None:
    with CaptureReader.open(io.BytesIO(pcap())) as reader:
        assert (frames_of(reader), reader.size) == ([], None)


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(pcap(ONE))))

    with CaptureReader.open("-") as reader:
        assert [frame.frame for frame in frames_of(reader)] == [ONE]


def test_chunks_of_a_pipe_are_full() -> None:
    octets = pcap(ONE, TWO)
    with CaptureReader.open(Pipe(*(octets[at : at + 30] for at in range(0, 189, 30)), b"")) as pipe:
        chunks = [len(chunk.starts) for chunk in pipe.chunks()]

    assert chunks == [2]


def test_missing_file_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), CaptureReader.open(tmp_path / "none.pcap"):
        pass


def test_pipe_that_does_not_wait_is_an_os_error() -> None:
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    with (
        os.fdopen(writing, "wb"),
        os.fdopen(reading, "rb", buffering=0) as stream,
        pytest.raises(BlockingIOError),
        CaptureReader.open(stream),
    ):
        pass


def test_buffer_is_used_again(tmp_path: Path) -> None:
    path = tmp_path / "long.pcap"
    path.write_bytes(pcap(*[ONE] * 1000))

    with CaptureReader.open(path, octets=4096) as reader:
        buffers = {id(chunk.octets) for chunk in reader.chunks()}

    assert (len(buffers), reader.packets) == (1, 1000)


def test_compiled_walk_takes_the_place_of_the_plain_one() -> None:
    numpy = pytest.importorskip("numpy")
    calls = []

    def walk(octets: Any, *rest: Any) -> tuple[int, int]:
        assert octets.dtype == numpy.uint8
        assert {numbers.dtype for numbers in rest[4:]} == {numpy.dtype(numpy.int64)}
        calls.append(rest[2:4])
        return walk_records(octets, *rest)

    octets = pcap(ONE, TWO, order=">", magic=NANOSECONDS)[:-1]
    octets += bytes(1)

    found = {}
    for size in (1, 100, 1 << 20):
        found[size] = read_damaged(octets[:-1], walk=walk, octets=size)

    plain = read_damaged(octets[:-1])
    assert set(calls) == {(True, True)}
    assert all(each == plain for each in found.values())
    assert plain[1] == "frame 2 at octet 100: the capture ends after 72 of the frame's 73 octets"


def test_walk_stops_where_the_arrays_are_full() -> None:
    octets = bytearray(pcap(ONE, TWO, ONE))
    arrays = [array("q", bytes(16)) for _ in range(4)]

    assert walk_records(octets, 24, len(octets), False, False, *arrays) == (2, 189)
    assert list(arrays[0]) == [40, 116]


records = st.lists(
    st.tuples(
        st.binary(max_size=80),
        st.integers(0, 9),
        st.integers(0, 2**32 - 1),
        st.integers(0, 999_999),
    ),
    max_size=8,
)
orders = st.sampled_from("<>")
sizes = st.sampled_from([1, 2, 17, 33, 100, 333, 1000, 1 << 16])
packings = st.sampled_from([bytes, gzip.compress])
waits = st.sampled_from([{}, {"prompt": True}])
kinds = st.sampled_from(["pcap", "pcapng"])


def ng(
    frames: list[tuple[bytes, int, int, int]], order: str, names: tuple[str, ...] = ("A",)
) -> bytes:
    """Each interface has nanoseconds, and frames go from one to the next."""
    octets = section(order=order)
    for name in names:
        options = option(2, name.encode(), order=order) + option(9, b"\x09", order=order)
        octets += interface(order=order, options=options)
    for number, (frame, longer, seconds, fraction) in enumerate(frames):
        time = seconds * SECOND + fraction * 1000
        index = number % len(names)
        octets += enhanced(frame, order=order, index=index, time=time, longer=longer)
    return octets


@law
@given(records, orders, sizes, packings, waits)
def test_pcap_is_read_as_written(
    written: list[tuple[bytes, int, int, int]], order: str, size: int, pack: Any, wait: Any
) -> None:
    octets = struct.pack(f"{order}IHHIIII", MICROSECONDS, 2, 4, 0, 0, 262144, 1)
    expected = []
    for frame, longer, seconds, fraction in written:
        original = len(frame) + longer
        octets += struct.pack(f"{order}IIII", seconds, fraction, len(frame), original) + frame
        expected.append(Frame(frame, original, seconds * SECOND + fraction * 1000, None))

    assert read(pack(octets), octets=size, **wait) == expected


@law
@given(records, orders, sizes, packings, waits)
def test_pcapng_is_read_as_written(
    written: list[tuple[bytes, int, int, int]], order: str, size: int, pack: Any, wait: Any
) -> None:
    octets = ng(written, order, ("A", "B", "C"))
    expected = [
        Frame(frame, len(frame) + longer, seconds * SECOND + fraction * 1000, "ABC"[number % 3])
        for number, (frame, longer, seconds, fraction) in enumerate(written)
    ]

    assert read(pack(octets), octets=size, **wait) == expected


@law
@given(records, orders, sizes, kinds, st.data())
def test_cut_capture_has_the_frames_that_are_whole(
    written: list[tuple[bytes, int, int, int]],
    order: str,
    size: int,
    kind: str,
    data: st.DataObject,
) -> None:
    is_pcapng = kind == "pcapng"
    frames = [frame for frame, *_ in written]
    octets = ng(written, order) if is_pcapng else pcap(*frames, order=order)
    at = len(octets) - sum(
        32 + len(frame) + -len(frame) % 4 if is_pcapng else 16 + len(frame) for frame in frames
    )
    ends = [at]
    for frame in frames:
        ends.append(
            ends[-1] + (32 + len(frame) + -len(frame) % 4 if is_pcapng else 16 + len(frame))
        )
    cut = data.draw(st.integers(at, len(octets)))

    found, damage = read_damaged(octets[:cut], octets=size)

    whole = sum(end <= cut for end in ends) - 1
    assert [frame.frame for frame in found] == frames[:whole]
    assert (damage is None) == (cut in ends)
    if damage is not None:
        assert f"octet {ends[whole]}" in damage
        assert f"frame {whole + (not is_pcapng)}" in damage


GOOD = [
    pcap(ONE, TWO, ONE),
    pcap(ONE, TWO, order=">", magic=NANOSECONDS),
    START
    + simple(ONE, original=60)
    + obsolete(TWO)
    + interface(link_type=113, options=option(9, b"\x8a") + option(14, bytes(8)))
    + enhanced(TWO, index=1)
    + block(4, b"names")
    + section(order=">")
    + interface(order=">")
    + enhanced(TWO, order=">"),
]


@law
@given(
    st.sampled_from(GOOD),
    st.lists(st.tuples(st.integers(0, 600), st.integers(0, 255)), max_size=5),
    st.integers(0, 600),
    sizes,
    packings,
)
def test_mutated_capture_is_the_same_in_all_pieces(
    octets: bytes, changes: list[tuple[int, int]], cut: int, size: int, pack: Any
) -> None:
    """Any other exception than CaptureError fails the test, and so does a frame out of bounds."""
    mutated = bytearray(pack(octets))
    for at, octet in changes:
        mutated[at % len(mutated)] = octet
    if cut < len(mutated):
        del mutated[len(mutated) - cut :]

    found = []
    for options in ({}, {"octets": size}, {"octets": size, "prompt": True}):
        result: Any = None
        with suppress(CaptureError):
            result = read_damaged(bytes(mutated), **options)
        found.append(result)

    assert found[0] == found[1] == found[2]


def scapy_frames(path: Path) -> list[tuple[bytes, int]]:
    """As Scapy has them, times in nanoseconds."""
    reader = PcapNgReader if path.suffix == ".pcapng" else PcapReader
    with reader(str(path)) as packets:
        return [(bytes(packet), round(packet.time * SECOND)) for packet in packets]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("suffix", ["pcap", "nanoseconds.pcap", "pcapng"])
def test_scapy_agrees(order: str, suffix: str, tmp_path: Path) -> None:
    times = [(1_700_000_000 + at, 999_999 - at) for at in range(20)]
    frames = [bytes(range(at, at + 60)) for at in range(20)]
    path = tmp_path / f"capture.{suffix}"
    if suffix == "pcapng":
        octets = ng([(frames[at], 0, *times[at]) for at in range(20)], order, ("A", "B"))
    else:
        magic = NANOSECONDS if "nano" in suffix else MICROSECONDS
        octets = pcap(*frames, order=order, magic=magic, times=times)
    path.write_bytes(octets)

    expected = scapy_frames(path)

    assert len(expected) == 20
    with CaptureReader.open(path) as reader:
        assert [(frame.frame, frame.time) for frame in frames_of(reader)] == expected
