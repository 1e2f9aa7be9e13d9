"""Captures that are written as a stream: pcap or pcapng, with times in nanoseconds.

Rules of the file: a capture is written beside its place and renamed when it is whole, so that
there is never half of one; devices and pipes are written to as they stand. Nobody is forced to
read standard output to its end.
"""

from __future__ import annotations

import errno
import os
import struct
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from hnvemu.errors import QuestionError
from hnvemu.wire.blocks import (
    interface_block,
    packet_block,
    packet_tail,
    pcap_header,
    section_block,
)

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_STANDARD: Final = "-"
_BUFFER: Final = 1 << 16  # gathers single records; what is longer is written at once
_SECOND: Final = 1_000_000_000

_record = struct.Struct("<4I").pack


class Sink:
    """One capture that is written.

    A name that ends in ``.pcapng`` makes it pcapng, any other pcap, and ``-`` is standard output.

    Raises:
        QuestionError: It cannot be written, here or in any method. Nothing is left of it then.
    """

    __slots__ = (
        "_beside",
        "_described",
        "_interfaces",
        "_is_open",
        "_is_unread",
        "_name",
        "_path",
        "_stream",
        "is_pcapng",
    )

    def __init__(self, name: str) -> None:
        self._begin(name)
        try:
            self._stream = self._opened()
        except (OSError, ValueError) as error:
            raise self._problem(error) from None
        self._is_open = True
        self.write(section_block() if self.is_pcapng else pcap_header())

    def _begin(self, name: str) -> None:
        suffix = Path(name).suffix.lower()
        if suffix == ".gz":
            raise QuestionError(
                f"'{name}' cannot be written: captures are not compressed",
                f"write '{name[:-3]}', and compress that",
            )
        self.is_pcapng = suffix == ".pcapng"
        self._name = name
        self._path = Path(name)
        self._beside: Path | None = None
        self._interfaces: dict[str, int] = {}
        self._described = b""
        self._is_open = False
        self._is_unread = False

    def interface(self, name: str) -> int:
        """Return the number of an interface, which is described before the next record.

        A name longer than pcapng has room for is cut. In pcap all frames are of interface 0.
        """
        if not self.is_pcapng:
            return 0
        number = self._interfaces.get(name)
        if number is None:
            number = self._interfaces[name] = len(self._interfaces)
            self._described += interface_block(name, nanoseconds=True)
        return number

    def described(self) -> bytes:
        """Return what describes interfaces asked for since the last record, to be written first.

        It is for those who gather records: :meth:`write` does not write it any more.
        """
        described, self._described = self._described, b""
        return described

    def tail(self, comment: str, *, outbound: bool) -> bytes:
        """Return what follows a frame's padding, but for the last four octets, its length.

        A comment longer than pcapng has room for is cut. In pcap nothing follows a frame.
        """
        return packet_tail(comment, outbound=outbound) if self.is_pcapng else b""

    def record(self, time: int, frame: bytes, original: int, interface: int, tail: bytes) -> bytes:
        """Return one record: pcap's header and the frame, or an enhanced packet block.

        ``time`` is in nanoseconds since 1970, and ``original`` the octets that the frame had on
        the wire. Pcap counts seconds in 32 bits, which begin anew in 2106.
        """
        if self.is_pcapng:
            return packet_block(time, frame, original, interface, tail)
        seconds, nanoseconds = divmod(time, _SECOND)
        return _record(seconds & 0xFFFF_FFFF, nanoseconds, len(frame), original) + frame

    def write(
        self,
        octets: ReadableBuffer,
        frames: ReadableBuffer | None = None,
        sizes: ReadableBuffer | None = None,
    ) -> None:
        """Write whole records.

        ``frames`` are the numbers of the frames that they were made of, and ``sizes`` how many
        octets each has, as 64-bit integers, for sinks that are put together from several.
        """
        del frames, sizes
        if self._is_unread:
            return
        try:
            if self._described:
                self._stream.write(self.described())
            self._stream.write(octets)
        except OSError as error:
            self._failed(error)

    def close(self) -> None:
        """Put the capture in its place. Nothing happens if it is closed or abandoned already."""
        if not self._is_open:
            return
        try:
            if self._name == _STANDARD:
                self._stream.flush()
            else:
                self._stream.close()
            if self._beside is not None:
                if self._path.exists():
                    self._beside.chmod(self._path.stat().st_mode & 0o777)
                self._beside.replace(self._path)
        except OSError as error:
            self._failed(error)
        self._is_open = False

    def abandon(self) -> None:
        """Leave nothing of the capture. Nothing happens if it is closed or abandoned already."""
        if not self._is_open:
            return
        self._is_open = False
        with suppress(OSError):  # what could not be written is not wanted any longer
            if self._name != _STANDARD:
                self._stream.close()
        if self._beside is not None:
            self._beside.unlink(missing_ok=True)

    def _opened(self) -> BinaryIO:
        if self._name == _STANDARD:
            if sys.stdout.isatty():
                raise QuestionError("a capture is not for a terminal", "name a file: -o FILE")
            sys.stdout.flush()
            return sys.stdout.buffer
        if self._path.exists() and not self._path.is_file():
            return self._path.open("wb", _BUFFER)
        self._path = self._path.resolve()  # what a link leads to is replaced, not the link
        beside = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        stream = beside.open("xb", _BUFFER)
        self._beside = beside
        return stream

    def _failed(self, error: OSError) -> None:
        # Windows says EINVAL of a pipe that was closed.
        if self._name == _STANDARD and error.errno in {errno.EPIPE, errno.EINVAL}:
            self._is_unread = True
            return
        self.abandon()
        raise self._problem(error) from None

    def _problem(self, error: OSError | ValueError) -> QuestionError:
        what = "standard output" if self._name == _STANDARD else f"'{self._name}'"
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        return QuestionError(f"{what} cannot be written: {reason.lower()}")
