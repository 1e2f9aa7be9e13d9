"""Many frames at once, compiled by Numba: what :mod:`hnvemu.replay.vectors` does, in plain loops.

Rules of the file: compiled functions stand at module level, so that the compiled code is kept on
disk for the next time. Octets are taken out of a slice at constant places, which is what lets the
compiler make one load of several.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import numpy as np
from numba import njit

from hnvemu.replay.known import ASK
from hnvemu.replay.outputs import Part
from hnvemu.wire.blocks import ENHANCED_PACKET, MAX_FRAME, PCAP_RECORD

if TYPE_CHECKING:
    from collections.abc import Callable

    from hnvemu.replay.known import Frames, Known, Numbers, Octets, Table, Words

    Function = TypeVar("Function", bound=Callable[..., object])

CHUNK: Final = 1 << 20
"""Octets that are read at once: calls cost little, and more would not fit into a cache."""
_SECOND: Final = 1_000_000_000
_WIRE: Final = int(Part.WIRE)
_SENT: Final = int(Part.SENT)


def _compiled(function: Function) -> Function:
    try:
        return cast("Function", njit(cache=True, error_model="numpy")(function))
    except RuntimeError:  # there is no place where compiled code could be kept
        return cast("Function", njit(error_model="numpy")(function))


@_compiled
def walk(
    octets: Octets,
    begin: int,
    end: int,
    swapped: bool,  # noqa: FBT001 - what a walk is called with
    nanoseconds: bool,  # noqa: FBT001 - the same
    starts: Numbers,
    captured: Numbers,
    original: Numbers,
    times: Numbers,
) -> tuple[int, int]:
    """Find the frames of pcap records, as :func:`hnvemu.wire.chunks.walk_records` does."""
    unit = 1 if nanoseconds else 1000
    count = 0
    while count < len(starts) and begin + PCAP_RECORD <= end:
        head = octets[begin : begin + PCAP_RECORD]
        length = _number(head[8:], swapped)
        after = begin + PCAP_RECORD + length
        if after > end or length > MAX_FRAME:
            break
        starts[count] = begin + PCAP_RECORD
        captured[count] = length
        original[count] = max(length, _number(head[12:], swapped))
        times[count] = _number(head, swapped) * _SECOND + _number(head[4:], swapped) * unit
        count += 1
        begin = after
    return count, begin


def keys(frames: Frames, *, by_interface: bool) -> tuple[Numbers, Words, Words]:
    """Find the frames that :func:`read_flow` reads at one glance.

    Returns:
        Their indices, their keys, and the hashes of these.
    """
    count = len(frames.starts)
    plain = np.empty(count, np.int64)
    told = np.empty((count, 4), np.uint64)
    hashes = np.empty(count, np.uint64)
    found = _keys(
        frames.octets,
        frames.starts,
        frames.captured,
        frames.original,
        frames.interfaces,
        by_interface,
        plain,
        told,
        hashes,
    )
    return plain[:found], told[:found], hashes[:found]


def find(known: Known, told: Words, hashes: Words, lengths: Numbers, clock: Numbers) -> Numbers:
    """Return the rows of frames with these keys, or ``ASK``."""
    rows = np.empty(len(told), np.int64)
    shift = known.shift
    _find(known.buckets, shift, known.entries, known.rows, told, hashes, lengths, clock, rows)
    return rows


def count(known: Known, frames: Frames, rows: Numbers, seen: slice) -> None:
    """Count some frames in their rows."""
    _count(known.rows, rows[seen], frames.original[seen], frames.times[seen], frames.clock[seen])


def records(known: Known, frames: Frames, made: Numbers, rows: Numbers) -> Records:
    """Measure the records of the frames ``made``, whose rows these are."""
    return Records(known, frames, made, rows)


class Records:
    """The records that frames make by the recipes of their classes."""

    def __init__(self, known: Known, frames: Frames, made: Numbers, rows: Numbers) -> None:
        self._known = known
        self._source = frames
        total = int(known.recipes["writes"][rows].sum())
        self.frames: Numbers = np.empty(total, np.int64)
        """Of which frame each record is, in order; a frame may have several, or none."""
        self.sinks: Numbers = np.empty(total, np.int64)
        self.sizes: Numbers = np.empty(total, np.int64)
        self._rows = np.empty(total, np.int64)
        self._plans = np.empty(total, np.int64)
        _measure(
            known.recipes,
            known.plans,
            known.headers,
            frames.captured,
            made,
            rows,
            self.frames,
            self.sinks,
            self.sizes,
            self._rows,
            self._plans,
        )

    def write(self, out: Octets, at: Numbers) -> None:
        """Write each record to its place."""
        known, source = self._known, self._source
        _write(
            out,
            at,
            self.sizes,
            source.octets,
            source.starts,
            source.captured,
            source.times,
            self.frames,
            self._rows,
            self._plans,
            known.recipes,
            known.plans,
            known.headers,
            known.pool,
        )


@_compiled
def _number(octets: Octets, swapped: bool) -> Any:  # noqa: FBT001 - compiled
    """Return the number in four octets; the lowest comes first unless it is swapped."""
    first, second = np.int64(octets[0]), np.int64(octets[1])
    third, fourth = np.int64(octets[2]), np.int64(octets[3])
    if swapped:
        return fourth | third << 8 | second << 16 | first << 24
    return first | second << 8 | third << 16 | fourth << 24


@_compiled
def _word(octets: Octets) -> Any:
    return np.int64(octets[0]) << 8 | np.int64(octets[1])


@_compiled
def _put_word(octets: Octets, value: int) -> None:
    octets[0] = value >> 8
    octets[1] = value


@_compiled
def _put_number(octets: Octets, value: int) -> None:
    octets[0] = value
    octets[1] = value >> 8
    octets[2] = value >> 16
    octets[3] = value >> 24


@_compiled
def _eight(octets: Octets) -> Any:
    """Return eight octets as a number, the first of them the lowest."""
    low = np.uint64(_number(octets, False))
    return low | np.uint64(_number(octets[4:], False)) << np.uint64(32)


@_compiled
def _keys(
    octets: Octets,
    starts: Numbers,
    captured: Numbers,
    original: Numbers,
    interfaces: Numbers,
    by_interface: bool,  # noqa: FBT001 - compiled
    plain: Numbers,
    told: Words,
    hashes: Words,
) -> int:
    half = np.uint64(32)
    found = 0
    for at in range(len(starts)):
        size = captured[at]
        if size < 38 or size != original[at]:
            continue
        frame = octets[starts[at] : starts[at] + size]
        if frame[12] != 0x08 or frame[13] != 0 or frame[14] != 0x45:
            continue
        length = _word(frame[16:])
        if length > size - 14 or frame[20] & 0x1F or frame[21]:
            continue
        protocol = frame[23]
        if protocol == 6:
            if length < 40:
                continue
        elif protocol not in (1, 17) or length < 28:
            continue
        total = 0
        for place in range(14, 34, 2):
            total += _word(frame[place:])
        if total % 0xFFFF:
            continue
        ports = np.uint64(_number(frame[34:], False))
        if protocol == 1:
            kind = frame[34]
            ports &= np.uint64(0xFFFF)
            if kind in (0, 8):
                ports |= np.uint64(frame[38]) << np.uint64(16)
                ports |= np.uint64(frame[39]) << np.uint64(24)
        if by_interface:
            ports |= np.uint64(interfaces[at]) << half
        macs = _eight(frame)
        rest = np.uint64(frame[15]) | np.uint64(frame[22]) << np.uint64(8)
        rest |= np.uint64(protocol) << np.uint64(16)
        rest = rest << half | np.uint64(_number(frame[8:], False))
        addresses = _eight(frame[26:])
        mixed = macs * np.uint64(0x9E3779B97F4A7C15)
        mixed = ((mixed ^ mixed >> half) + rest) * np.uint64(0xC2B2AE3D27D4EB4F)
        mixed = ((mixed ^ mixed >> half) + addresses) * np.uint64(0x165667B19E3779F9)
        mixed = ((mixed ^ mixed >> half) + ports) * np.uint64(0xD6E8FEB86659FD93)
        mixed = (mixed ^ mixed >> half) * np.uint64(0x9E3779B97F4A7C15)
        told[found, 0] = macs
        told[found, 1] = rest
        told[found, 2] = addresses
        told[found, 3] = ports
        hashes[found] = mixed
        plain[found] = at
        found += 1
    return found


@_compiled
def _find(
    buckets: Table,
    shift: int,
    entries: Table,
    rows: Table,
    told: Words,
    hashes: Words,
    lengths: Numbers,
    clock: Numbers,
    found: Numbers,
) -> None:
    for at in range(len(told)):
        found[at] = ASK
        entry = buckets[hashes[at] >> np.uint64(shift)]
        while entry >= 0:
            known = entries[entry]
            key = known.key
            if (
                key[0] == told[at, 0]
                and key[1] == told[at, 1]
                and key[2] == told[at, 2]
                and key[3] == told[at, 3]
            ):
                row = rows[known.row]
                if row.low <= lengths[at] < row.high and clock[at] < row.until:
                    found[at] = known.row
                    break
            entry = known.next


@_compiled
def _count(table: Table, rows: Numbers, original: Numbers, times: Numbers, clock: Numbers) -> None:
    for at in range(len(rows)):
        row = table[rows[at]]
        row.packets += 1
        row.octets += original[at]
        row.first = min(row.first, times[at])
        row.last = max(row.last, times[at])
        row.clock = clock[at]


@_compiled
def _measure(
    recipes: Table,
    plans: Table,
    headers: Table,
    captured: Numbers,
    made: Numbers,
    rows: Numbers,
    frames: Numbers,
    sinks: Numbers,
    sizes: Numbers,
    record_rows: Numbers,
    record_plans: Numbers,
) -> None:
    count = 0
    for at in range(len(made)):
        recipe = recipes[rows[at]]
        for plan in range(recipe.plan, recipe.plan + recipe.writes):
            write = plans[plan]
            whole = captured[made[at]]
            if write.part == _WIRE:
                whole += headers[recipe.header].length
            frames[count] = made[at]
            sinks[count] = write.sink
            if write.pcapng:
                sizes[count] = (whole + 35 & -4) + write.length
            else:
                sizes[count] = whole + PCAP_RECORD
            record_rows[count] = rows[at]
            record_plans[count] = plan
            count += 1


@_compiled
def _write(
    out: Octets,
    at: Numbers,
    sizes: Numbers,
    octets: Octets,
    starts: Numbers,
    captured: Numbers,
    times: Numbers,
    frames: Numbers,
    rows: Numbers,
    record_plans: Numbers,
    recipes: Table,
    plans: Table,
    headers: Table,
    pool: Octets,
) -> None:
    for number in range(len(frames)):
        frame = frames[number]
        length = captured[frame]
        recipe = recipes[rows[number]]
        write = plans[record_plans[number]]
        header = headers[recipe.header if write.part == _WIRE else 0]
        whole = header.length + length
        size = sizes[number]
        record = out[at[number] : at[number] + size]
        time = times[frame]
        if write.pcapng:
            begin = 28
            _put_number(record, ENHANCED_PACKET)
            _put_number(record[4:], size)
            _put_number(record[8:], write.interface)
            _put_number(record[12:], time >> 32)
            _put_number(record[16:], time)
            _put_number(record[20:], whole)
            _put_number(record[24:], whole)
            tail = size - 4 - write.length
            _put_number(record[tail - 4 :], 0)  # the padding, whose beginning is written over
            _copy(record[tail:], pool[write.tail :], write.length)
            _put_number(record[size - 4 :], size)
        else:
            begin = PCAP_RECORD
            seconds = time // _SECOND
            _put_number(record, seconds)
            _put_number(record[4:], time - seconds * _SECOND)
            _put_number(record[8:], whole)
            _put_number(record[12:], whole)
        inside = record[begin + header.length :]
        _copy(inside, octets[starts[frame] :], length)
        if write.part != _SENT:
            if recipe.mac >= 0:
                _copy(inside, pool[recipe.mac :], 6)
            if recipe.counts:
                inside[22] -= 1
                _put_word(inside[24:], (_word(inside[24:]) + 0x0100) % 0xFFFF)
        if header.length:
            _wrap(record[begin:], header, pool, inside, length)


@_compiled
def _wrap(outer: Octets, header: Any, pool: Octets, inside: Octets, length: int) -> None:
    """Write the outer headers of a frame."""
    _copy(outer, pool[header.octets :], header.length)
    _put_word(outer[header.first_at :], length + header.first_more)
    if header.second_at >= 0:
        _put_word(outer[header.second_at :], length + header.second_more)
    if header.checksum_at < 0:
        return
    total = header.sum + header.weight * length
    if header.covers:
        for place in range(length >> 1):
            total += np.int64(inside[2 * place]) << 8 | np.int64(inside[2 * place + 1])
        if length & 1:
            total += np.int64(inside[length - 1]) << 8
    checksum = -total % 0xFFFF
    if header.covers and checksum == 0:
        checksum = 0xFFFF
    _put_word(outer[header.checksum_at :], checksum)


@_compiled
def _copy(out: Octets, octets: Octets, length: int) -> None:
    for place in range(length):
        out[place] = octets[place]
