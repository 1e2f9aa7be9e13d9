"""Captures that are written as a stream: whole in their place, or not there at all."""

from __future__ import annotations

import errno
import io
import os
import stat
import struct
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from properties.amount import FEW
from scapy.utils import PcapNgReader, PcapReader
from wire.captures import ONE, TWO

from hnvemu.errors import QuestionError
from hnvemu.wire.chunks import CaptureReader
from hnvemu.wire.sinks import Sink

law = settings(derandomize=True, deadline=None, max_examples=FEW)

TIME = 1_700_000_000_123_456_789


class Output(io.TextIOWrapper):
    """Standard output that keeps octets, of a terminal or of nobody."""

    def __init__(self, *, terminal: bool = False, problem: int = 0) -> None:
        super().__init__(_Octets(problem))
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal

    @property
    def octets(self) -> bytes:
        return self.buffer.getvalue()  # type: ignore[attr-defined, no-any-return]


class _Octets(io.BytesIO):
    def __init__(self, problem: int) -> None:
        super().__init__()
        self._problem = problem

    def write(self, octets: object) -> int:
        if self._problem:
            raise OSError(self._problem, os.strerror(self._problem))
        return super().write(octets)  # type: ignore[arg-type]


def write(name: str, *frames: bytes, comment: str = "") -> None:
    sink = Sink(name)
    interface, tail = sink.interface("T/A"), sink.tail(comment, outbound=True)
    for at, frame in enumerate(frames):
        sink.write(sink.record(TIME + at, frame, len(frame) + at, interface, tail))
    sink.close()


def read(path: Path) -> list[tuple[bytes, int, int, str | None]]:
    with CaptureReader.open(path) as reader:
        frames = [
            (
                bytes(chunk.octets[start : start + captured]),
                original,
                time,
                reader.interfaces[index],
            )
            for chunk in reader.chunks()
            for start, captured, original, time, index in zip(*chunk[2:], strict=True)
        ]
    assert reader.damage is None
    return frames


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def problem(name: str) -> str:
    with pytest.raises(QuestionError) as caught:
        Sink(name)
    return str(caught.value)


def test_pcap_has_nanoseconds_and_little_endian_numbers(tmp_path: Path) -> None:
    path = tmp_path / "out.cap"

    write(str(path), ONE, TWO)

    assert path.read_bytes() == b"".join(
        [
            struct.pack("<IHHIIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1),
            struct.pack("<IIII", 1_700_000_000, 123_456_789, 60, 60) + ONE,
            struct.pack("<IIII", 1_700_000_000, 123_456_790, 73, 74) + TWO,
        ]
    )


@pytest.mark.parametrize("suffix", [".pcapng", ".PCAPNG"])
def test_pcapng_is_told_by_the_suffix(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"out{suffix}"

    write(str(path), ONE, TWO)

    assert read(path) == [(ONE, 60, TIME, "T/A"), (TWO, 74, TIME + 1, "T/A")]
    assert path.read_bytes().startswith(b"\n\r\r\n")


def test_pcap_has_one_interface_and_no_comments(tmp_path: Path) -> None:
    sink = Sink(str(tmp_path / "out.pcap"))

    assert [sink.interface("A"), sink.interface("B")] == [0, 0]
    assert sink.tail("why", outbound=True) == b""
    assert not sink.is_pcapng
    sink.abandon()


def test_interface_is_described_where_it_is_first_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "out.pcapng"
    sink = Sink(str(path))

    numbers = [sink.interface(name) for name in ("A", "B", "A", "C", "B")]

    assert numbers == [0, 1, 0, 2, 1]
    sink.write(sink.record(TIME, ONE, 60, 1, sink.tail("", outbound=False)))
    sink.close()
    assert read(path) == [(ONE, 60, TIME, "B")]


def test_interfaces_may_be_described_by_who_gathers_records(tmp_path: Path) -> None:
    path = tmp_path / "out.pcapng"
    sink = Sink(str(path))

    gathered = b""
    for name in ("A", "B", "A"):
        number = sink.interface(name)
        gathered += sink.described() + sink.record(TIME, ONE, 60, number, b"")
    sink.write(gathered)
    sink.close()

    assert read(path) == [(ONE, 60, TIME, name) for name in ("A", "B", "A")]
    with CaptureReader.open(path) as reader:
        assert len(list(reader.chunks())) == 1
    assert reader.interfaces == ["A", "B"]


def test_tail_is_what_stands_before_the_last_length(tmp_path: Path) -> None:
    sink = Sink(str(tmp_path / "out.pcapng"))

    tail = sink.tail("héllo", outbound=False)
    record = sink.record(TIME, TWO, 80, 3, tail)

    assert tail == struct.pack("<HHI", 2, 4, 1) + b"\1\0\6\0h\xc3\xa9llo\0\0" + bytes(4)
    head = struct.pack("<7I", 6, 132, 3, TIME >> 32, TIME & 0xFFFFFFFF, 73, 80)
    assert record == head + TWO + bytes(3) + tail + struct.pack("<I", 132)
    sink.abandon()


def test_names_and_comments_are_cut_where_pcapng_has_no_room(tmp_path: Path) -> None:
    path = tmp_path / "out.pcapng"
    sink = Sink(str(path))

    interface = sink.interface("ü" * 40_000)
    tail = sink.tail("x" * 65_536, outbound=True)
    sink.write(sink.record(TIME, ONE, 60, interface, tail))
    sink.close()

    assert read(path) == [(ONE, 60, TIME, "ü" * 32_766 + "…")]
    with PcapNgReader(str(path)) as reader:
        assert next(reader).comment == b"x" * 65_532 + "…".encode()


def test_last_name_that_fits_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "out.pcapng"
    sink = Sink(str(path))

    sink.write(sink.record(0, ONE, 60, sink.interface("x" * 65_535), b""))
    sink.close()

    assert read(path) == [(ONE, 60, 0, "x" * 65_535)]


def test_seconds_of_pcap_begin_anew_after_32_bits(tmp_path: Path) -> None:
    sink = Sink(str(tmp_path / "out.pcap"))

    record = sink.record((2**32 + 5) * 1_000_000_000 + 7, b"", 0, 0, b"")

    assert struct.unpack("<4I", record) == (5, 7, 0, 0)
    sink.abandon()


def test_nothing_is_there_before_the_capture_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "out.pcap"
    path.write_text("before")
    sink = Sink(str(path))
    sink.write(sink.record(TIME, ONE, 60, 0, b""))

    assert path.read_text() == "before"

    sink.close()
    assert [frame for frame, *_ in read(path)] == [ONE]
    assert files(tmp_path) == ["out.pcap"]


def test_abandoned_capture_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "out.pcap"
    path.write_text("before")
    sink = Sink(str(path))

    sink.abandon()
    sink.abandon()
    sink.close()

    assert path.read_text() == "before"
    assert files(tmp_path) == ["out.pcap"]


def test_closed_capture_cannot_be_abandoned(tmp_path: Path) -> None:
    path = tmp_path / "out.pcap"
    sink = Sink(str(path))

    sink.close()
    sink.close()
    sink.abandon()

    assert read(path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes and few links")
def test_mode_and_link_of_a_file_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("before")
    path.chmod(0o640)
    link = tmp_path / "link.pcap"
    link.symlink_to(path)

    write(str(link), ONE)

    assert link.is_symlink()
    assert [frame for frame, *_ in read(path)] == [ONE]
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in folders")
def test_named_pipe_is_written_to_as_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "pipe.pcap"
    os.mkfifo(path)
    found: list[bytes] = []
    reader = threading.Thread(target=lambda: found.append(path.read_bytes()))
    reader.start()

    write(str(path), ONE)

    reader.join()
    assert found[0][-60:] == ONE
    assert path.is_fifo()


def test_places_that_cannot_be_written_are_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    assert problem(f"{tmp_path}/none/out.pcap").endswith(
        "none/out.pcap' cannot be written: no such file or directory"
    )
    assert "cannot be written" in problem(str(tmp_path))
    assert "cannot be written" in problem(f"{tmp_path}/file/out.pcap")
    assert "cannot be written" in problem(f"{tmp_path}/a\0b.pcap")
    assert files(tmp_path) == ["file"]


def test_two_sinks_of_one_file_are_refused_and_the_first_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "out.pcap"
    sink = Sink(str(path))

    assert problem(str(path)).endswith("out.pcap' cannot be written: file exists")

    sink.close()
    assert read(path) == []
    assert files(tmp_path) == ["out.pcap"]


def test_capture_is_not_said_to_be_compressed() -> None:
    assert problem("out.pcap.gz") == (
        "'out.pcap.gz' cannot be written: captures are not compressed\n"
        "  help: write 'out.pcap', and compress that"
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is full")
def test_full_device_is_named() -> None:
    with pytest.raises(QuestionError, match=r"^'/dev/full' cannot be written: no space left"):
        write("/dev/full", ONE)
    with pytest.raises(QuestionError, match=r"^'/dev/full' cannot be written: no space left"):
        write("/dev/full", *[ONE] * 2000)


def test_file_that_may_not_grow_leaves_nothing(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 17, before[1]))
    sink = Sink(str(tmp_path / "out.pcap"))

    try:
        sink.write(bytes(1 << 16))
        with pytest.raises(QuestionError, match=r"out\.pcap' cannot be written: file too large$"):
            sink.write(bytes(1 << 18))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert files(tmp_path) == []
    sink.close()
    assert files(tmp_path) == []


def test_place_that_is_lost_meanwhile_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "out.pcap"
    sink = Sink(str(path))
    path.mkdir()

    with pytest.raises(QuestionError, match="cannot be written"):
        sink.close()

    assert files(tmp_path) == ["out.pcap"]
    assert path.is_dir()


def test_standard_output_is_written_and_stays_open(monkeypatch: pytest.MonkeyPatch) -> None:
    output = Output()
    monkeypatch.setattr(sys, "stdout", output)
    output.write("first\n")

    write("-", ONE)

    assert output.octets[:10] == b"first\n\x4d\x3c\xb2\xa1"
    assert output.octets[-60:] == ONE


def test_terminal_gets_no_capture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", Output(terminal=True))

    assert problem("-") == "a capture is not for a terminal\n  help: name a file: -o FILE"


def test_standard_output_that_nobody_reads_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", Output(problem=errno.EPIPE))

    write("-", ONE, TWO)


def test_standard_output_that_is_full_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", Output(problem=errno.ENOSPC))

    assert problem("-").startswith("standard output cannot be written: no space left")


@law
@given(
    st.lists(
        st.tuples(
            st.binary(max_size=80),
            st.integers(0, 9),
            st.integers(0, 2**32 * 1_000_000_000 - 1),
            st.text(max_size=8),
            st.text(max_size=20),
            st.booleans(),
        ),
        max_size=6,
    ),
    st.sampled_from(["pcap", "pcapng"]),
)
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory,
    frames: list[tuple[bytes, int, int, str, str, bool]],
    kind: str,
) -> None:
    path = tmp_path_factory.getbasetemp() / f"law.{kind}"
    sink = Sink(str(path))
    for frame, longer, time, name, comment, outbound in frames:
        tail = sink.tail(comment, outbound=outbound)
        interface = sink.interface(name)
        sink.write(sink.record(time, frame, len(frame) + longer, interface, tail))
    sink.close()

    assert read(path) == [
        (frame, len(frame) + longer, time, name if kind == "pcapng" else None)
        for frame, longer, time, name, *_ in frames
    ]


def test_scapy_reads_what_is_written(tmp_path: Path) -> None:
    for name, reader in (("out.pcap", PcapReader), ("out.pcapng", PcapNgReader)):
        path = tmp_path / name
        write(str(path), ONE, TWO, comment="gelöscht")

        with reader(str(path)) as packets:
            found = [(bytes(packet), round(packet.time * 10**9)) for packet in packets]

        assert found == [(ONE, TIME), (TWO, TIME + 1)]
