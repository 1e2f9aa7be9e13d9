"""Parts of a capture put together many records at a time, with NumPy.

Rules of the file: the result is that of :mod:`hnvemu.replay.parts`, record by record. Memory does
not grow with the parts: they are taken a window of frames after the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from hnvemu.replay.parts import Opened
    from hnvemu.wire.sinks import Sink

_WINDOW: Final = 1 << 11
"""How many records of each part are looked at together."""
_INTERFACE_AT: Final = 8


def splice(sink: Sink, parts: Sequence[Opened]) -> None:
    """Write all records in the order of their frames."""
    bases = np.cumsum([0, *(len(part.interfaces) for part in parts)])
    names = [name for part in parts for name in part.interfaces]
    numbers = np.full(len(names), -1, np.int64)
    for of, starts, sizes in _windows(parts):
        bounds = np.append(np.arange(0, len(of), _WINDOW), len(of))
        here = keys = np.zeros(0, np.int64)
        if sink.is_pcapng:
            here = _interfaces(parts, of, starts)
            keys = bases[of] + here
            unknown, first = np.unique(keys, return_index=True)
            bounds = np.union1d(bounds, first[numbers[unknown] < 0])
        for begin, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
            records = _joined(parts, of[begin:end], starts[begin:end], sizes[begin:end])
            if sink.is_pcapng:
                if numbers[keys[begin]] < 0:
                    numbers[keys[begin]] = sink.interface(names[keys[begin]])
                told = numbers[keys[begin:end]]
                if (told != here[begin:end]).any():
                    at = np.cumsum(sizes[begin:end]) - sizes[begin:end] + _INTERFACE_AT
                    _anywhere(np.frombuffer(records, np.uint8))[at] = told
            sink.write(records)


def _windows(
    parts: Sequence[Opened],
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]]:
    """Yield the part, begin and size of records in their order, some at a time."""
    frames = [np.frombuffer(part.frames, np.int64) for part in parts]
    sizes = [np.frombuffer(part.sizes, np.int64) for part in parts]
    done = [0] * len(parts)
    octets = [0] * len(parts)
    while True:
        heads = [own[at : at + _WINDOW] for own, at in zip(frames, done, strict=True)]
        lasts = [int(head[-1]) for head in heads if len(head)]
        if not lasts:
            return
        limit = min(lasts)  # up to there the records of all parts are in sight
        numbers, of, starts, lengths = [], [], [], []
        for which, own in enumerate(frames):
            begin = done[which]
            end = begin + int(np.searchsorted(own[begin:], limit, side="right"))
            length = sizes[which][begin:end]
            ends = octets[which] + np.cumsum(length)
            numbers.append(own[begin:end])
            of.append(np.full(end - begin, which))
            starts.append(ends - length)
            lengths.append(length)
            if end > begin:
                parts[which].leave(octets[which], begin)
                done[which], octets[which] = end, int(ends[-1])
        order = np.argsort(np.concatenate(numbers), kind="stable")
        yield (
            np.concatenate(of)[order],
            np.concatenate(starts)[order],
            np.concatenate(lengths)[order],
        )


def _joined(
    parts: Sequence[Opened],
    of: NDArray[np.int64],
    starts: NDArray[np.int64],
    sizes: NDArray[np.int64],
) -> bytearray:
    """Return records one after another."""
    ends = starts + sizes
    is_next = (of[1:] == of[:-1]) & (starts[1:] == ends[:-1])
    breaks = np.flatnonzero(~is_next)
    firsts, lasts = np.append(0, breaks + 1), np.append(breaks, len(of) - 1)
    runs = zip(of[firsts].tolist(), starts[firsts].tolist(), ends[lasts].tolist(), strict=True)
    records = [part.records for part in parts]
    return bytearray().join([records[which][begin:end] for which, begin, end in runs])


def _interfaces(
    parts: Sequence[Opened], of: NDArray[np.int64], starts: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the number of the interface that each record has in its part."""
    found = np.empty(len(of), np.int64)
    for which, part in enumerate(parts):
        own = np.flatnonzero(of == which)
        octets = np.frombuffer(part.records, np.uint8)
        found[own] = _anywhere(octets)[starts[own] + _INTERFACE_AT]
    return found


def _anywhere(octets: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """Return the numbers that begin at each octet."""
    return np.ndarray((len(octets) - 3,), "<u4", octets, strides=(1,))
