"""Many frames at once, with NumPy: their keys, their classes, and the records they make.

Rules of the file: no loop is over frames, but for that over the records of a capture. Numbers that
lie anywhere in a buffer are read and written through views whose items begin at every octet of
it. Octets of any length are copied in two pieces that may overlap, so that a few lengths of pieces
will do.
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hnvemu.replay.known import ASK
from hnvemu.replay.outputs import Part
from hnvemu.wire.blocks import ENHANCED_PACKET, MAX_FRAME, PCAP_RECORD

if TYPE_CHECKING:
    from hnvemu.replay.known import Frames, Known, Layout, Numbers, Octets, Table, Words

_HEADERS: Final = np.dtype(
    [
        ("macs", "<u8"),
        ("src_mac", "<u4"),
        ("ethertype", "<u2"),
        ("start", "<u2"),
        ("length", "<u2"),
        ("id", "<u2"),
        ("fragment", "<u2"),
        ("hop", "<u2"),
        ("checksum", "<u2"),
        ("src", "<u4"),
        ("dst", "<u4"),
        ("ports", "<u4"),
    ]
)
"""Read in the wrong order: that tells frames apart as well, and a one's complement sum is 0 in
either order."""
_PCAP: Final = np.dtype(
    [("seconds", "<u4"), ("nanoseconds", "<u4"), ("captured", "<u4"), ("original", "<u4")]
)
_CHANGED: Final = np.dtype(
    {
        "names": ["mac", "ttl", "checksum"],
        "formats": ["V6", "u1", ">u2"],
        "offsets": [0, 22, 24],
        "itemsize": 26,
    }
)
_PCAPNG: Final = np.dtype(
    [
        ("kind", "<u4"),
        ("octets", "<u4"),
        ("interface", "<u4"),
        ("high", "<u4"),
        ("low", "<u4"),
        ("captured", "<u4"),
        ("original", "<u4"),
    ]
)

_IPV4: Final = 0x0008
_LATER_FRAGMENT: Final = 0xFF1F
_MIX: Final = tuple(
    map(np.uint64, (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93))
)
_HALF: Final = np.uint64(32)
CHUNK: Final = 1 << 21
"""Octets that are read at once: a hundred calls of NumPy a chunk, and what fits into a cache."""
_COMMON: Final = 16
"""One length of so many is common: frames of a common length are copied at once."""
_PIECES: Final = np.sort([times << power for power in range(18) for times in (2, 3)])
"""Lengths of pieces, each at least two thirds of the next."""
_SECOND: Final = 1_000_000_000


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
    order = ">" if swapped else "<"
    length_at = Struct(f"{order}8xI").unpack_from
    buffer = octets.data
    seen, begin = _in_sight(octets, begin, end, order, len(starts))
    last = end - PCAP_RECORD
    found = []
    for _ in range(len(starts) - len(seen)):
        if begin > last:
            break
        (length,) = length_at(buffer, begin)
        after = begin + PCAP_RECORD + length
        if after > end or length > MAX_FRAME:
            break
        found.append(begin)
        begin = after
    at = np.append(seen, np.array(found, np.int64))
    count = len(at)
    words = _taken(_anywhere(octets, np.dtype([("words", f"{order}u4", (4,))])), at)["words"]
    seconds, fraction, length, before = words.astype(np.int64).T
    starts[:count] = at + PCAP_RECORD
    captured[:count] = length
    original[:count] = np.maximum(length, before)
    times[:count] = seconds * _SECOND + fraction * (1 if nanoseconds else 1000)
    return count, begin


def _in_sight(octets: Octets, begin: int, end: int, order: str, room: int) -> tuple[Numbers, int]:
    """Find records without going from one to the next.

    Wherever the two high octets of the first record's seconds stand, which are the same for 18
    hours, a record may begin. Those count that the first one leads to, by the lengths of all
    between.

    Returns:
        Where they begin, and what the last of them leads to.
    """
    high = begin + (2 if order == "<" else 0)
    nothing = np.zeros(0, np.int64), begin
    if end - begin < PCAP_RECORD:
        return nothing
    within = octets[high : end - PCAP_RECORD + high - begin + 2]
    may = np.flatnonzero(within[:-1] == within[0])
    may = may[within[may + 1] == within[1]] + begin
    if len(may) > room:  # most of them are something else: zeros, where times begin at 0
        return nothing
    length = _anywhere(octets, f"{order}u4")[may + 8].astype(np.int64)
    after = may + PCAP_RECORD + length
    is_whole = (after <= end) & (length <= MAX_FRAME)
    if not (after[:-1] == may[1:]).all():
        following = np.searchsorted(may, after)
        leads = np.append(may, -1)[following] == after
        wholes, known, nexts = is_whole.tolist(), leads.tolist(), following.tolist()
        chosen = []
        at, goes_on = 0, True
        while goes_on and wholes[at]:
            chosen.append(at)
            at, goes_on = nexts[at], known[at]
        may, after = may[chosen], after[chosen]
    elif not is_whole.all():
        end = int(is_whole.argmin())
        may, after = may[:end], after[:end]
    return may, int(after[-1]) if len(after) else begin


def keys(frames: Frames, *, by_interface: bool) -> tuple[Numbers, Words, Words]:
    """Find the frames that :func:`read_flow` reads at one glance.

    Returns:
        Their indices, their keys, and the hashes of these.
    """
    plain = np.flatnonzero((frames.captured == frames.original) & (frames.captured >= 38))
    at = frames.starts[plain]
    found = _taken(_anywhere(frames.octets, _HEADERS), at)
    total = found["start"].astype(np.uint32)
    for field in ("length", "id", "fragment", "hop", "checksum"):
        total += found[field]
    for field in ("src", "dst"):
        total += found[field] & 0xFFFF
        total += found[field] >> 16
    length = found["length"].byteswap().astype(np.int64)
    protocol = found["hop"] >> 8
    is_icmp = protocol == 1
    is_tcp = protocol == 6
    is_plain = (
        (found["ethertype"] == _IPV4)
        & ((found["start"] & 0xFF) == 0x45)
        & (length <= frames.captured[plain] - 14)
        & ((found["fragment"] & _LATER_FRAGMENT) == 0)
        & (total % 0xFFFF == 0)
        & (is_tcp | is_icmp | (protocol == 17))
        & (length >= np.where(is_tcp, 40, 28))
    )
    if not is_plain.all():
        chosen = np.flatnonzero(is_plain)
        plain, at, found, is_icmp = plain[chosen], at[chosen], found[chosen], is_icmp[chosen]
    last = found["ports"].astype(np.uint64)
    if is_icmp.any():
        echo = np.flatnonzero(is_icmp)
        identifier = _anywhere(frames.octets, "<u2")[at[echo] + 38].astype(np.uint64)
        identifier[~np.isin(last[echo] & 0xFF, (0, 8))] = 0
        last[echo] = last[echo] & 0xFFFF | identifier << 16
    if by_interface:
        last |= frames.interfaces[plain].astype(np.uint64) << _HALF
    told = np.empty((len(plain), 4), np.uint64)
    tos = found["start"].astype(np.uint64) >> 8
    told[:, 0] = found["macs"]
    told[:, 1] = found["src_mac"] | (tos | found["hop"].astype(np.uint64) << 8) << _HALF
    told[:, 2] = found["src"] | found["dst"].astype(np.uint64) << _HALF
    told[:, 3] = last
    return plain, told, _hashes(told)


def _hashes(told: Words) -> Words:
    mixed = told[:, 0] * _MIX[0]
    for column in (1, 2, 3):
        mixed ^= mixed >> _HALF
        mixed += told[:, column]
        mixed *= _MIX[column]
    mixed ^= mixed >> _HALF
    mixed *= _MIX[0]
    return mixed


def find(known: Known, told: Words, hashes: Words, lengths: Numbers, clock: Numbers) -> Numbers:
    """Return the rows of frames with these keys, or ``ASK``."""
    rows = np.full(len(told), ASK, np.int64)
    entry = known.buckets[hashes >> np.uint64(known.shift)]
    left = np.flatnonzero(entry >= 0)
    entry = entry[left]
    while len(left):
        entries = _taken(known.entries, entry)
        row = entries["row"]
        length, key, asked = lengths[left], entries["key"], told[left]
        fits = key[:, 0] == asked[:, 0]  # column by column: short rows are slow to compare
        for column in (1, 2, 3):
            fits &= key[:, column] == asked[:, column]
        of = _taken(known.rows, row)
        fits &= (of["low"] <= length) & (length < of["high"]) & (clock[left] < of["until"])
        rows[left[fits]] = row[fits]
        entry = entries["next"]
        more = np.flatnonzero(~fits & (entry >= 0))
        left, entry = left[more], entry[more]
    return rows


def count(known: Known, frames: Frames, rows: Numbers, seen: slice) -> None:
    """Count some frames in their rows."""
    table, rows, times = known.rows, rows[seen], frames.times[seen]
    np.add.at(table["packets"], rows, 1)
    np.add.at(table["octets"], rows, frames.original[seen])
    np.minimum.at(table["first"], rows, times)
    np.maximum.at(table["last"], rows, times)
    np.maximum.at(table["clock"], rows, frames.clock[seen])


def records(known: Known, frames: Frames, made: Numbers, rows: Numbers) -> Records:
    """Measure the records of the frames ``made``, whose rows these are."""
    return Records(known, frames, made, rows)


class Records:
    """The records that frames make by the recipes of their classes."""

    def __init__(self, known: Known, frames: Frames, made: Numbers, rows: Numbers) -> None:
        """Measure the records.

        Args:
            known: What becomes of frames.
            frames: All frames of a chunk.
            made: Which of them are written by their recipe, in order.
            rows: The rows of these.
        """
        recipes = _taken(known.recipes, rows)
        writes = recipes["writes"].astype(np.int64)
        if (writes != 1).any():
            made = np.repeat(made, writes)
            recipes = np.repeat(recipes, writes)
        self._known = known
        self._frames = frames
        self._recipes = recipes
        if known.planned == 1:  # one kind of record for all
            self._plans = np.broadcast_to(known.plans[:1], len(made))
        else:
            nth = np.arange(len(made)) - np.repeat(np.cumsum(writes) - writes, writes)
            self._plans = _taken(known.plans, recipes["plan"] + nth)
        header = np.where(self._plans["part"] == Part.WIRE, recipes["header"], 0)
        self._headers = _taken(known.headers, header)
        self._length = frames.captured[made]
        self._whole = self._headers["length"] + self._length
        self._is_pcapng = self._plans["pcapng"] != 0
        self.frames = made
        """Of which frame each record is; frames may have several, or none."""
        self.sinks: Numbers = self._plans["sink"]
        self.sizes: Numbers = np.where(
            self._is_pcapng, (self._whole + 35 & -4) + self._plans["length"], self._whole + 16
        )

    def write(self, out: Octets, at: Numbers) -> None:
        """Write each record to its place."""
        is_pcapng = self._is_pcapng
        if not is_pcapng.any():
            self._put_pcap(out, at, slice(None))
        else:
            self._put_pcapng(out, at, np.flatnonzero(is_pcapng))
            self._put_pcap(out, at, np.flatnonzero(~is_pcapng))
        begin = at + np.where(is_pcapng, 28, 16)
        inside = begin + self._headers["length"]
        starts = self._frames.starts[self.frames]
        _copy(out, inside, self._frames.octets, starts, self._length)
        self._rewrite(out, inside)
        if self._headers["length"].any():
            wrapped = np.flatnonzero(self._headers["length"])
            self._wrap(out, begin[wrapped], inside[wrapped], wrapped)

    def _put_pcap(self, out: Octets, at: Numbers, which: Numbers | slice) -> None:
        times = self._frames.times[self.frames[which]]
        head = np.empty(len(times), _PCAP)
        seconds = times // _SECOND
        head["seconds"] = seconds
        head["nanoseconds"] = times - seconds * _SECOND
        head["captured"] = head["original"] = self._whole[which]
        _put(out, at[which], head)

    def _put_pcapng(self, out: Octets, at: Numbers, which: Numbers) -> None:
        times = self._frames.times[self.frames[which]]
        plans, at, sizes = self._plans[which], at[which], self.sizes[which]
        head = np.empty(len(times), _PCAPNG)
        head["kind"] = ENHANCED_PACKET
        head["octets"] = sizes
        head["interface"] = plans["interface"]
        head["high"] = times >> 32
        head["low"] = times & 0xFFFF_FFFF
        head["captured"] = head["original"] = self._whole[which]
        _put(out, at, head)
        word = _anywhere(out, "<u4")
        tail = at + sizes - plans["length"] - 4
        word[tail - 4] = 0  # the padding, whose beginning the frame is written over
        word[at + sizes - 4] = sizes
        _copy(out, tail, self._known.pool, plans["tail"], plans["length"])

    def _rewrite(self, out: Octets, inside: Numbers) -> None:
        """Change what the switch changes of customers' frames."""
        changed = self._plans["part"] != Part.SENT
        mac, counts = self._recipes["mac"], self._recipes["counts"]
        which = np.flatnonzero(changed & ((mac >= 0) | (counts != 0)))
        if not len(which):
            return
        mac, counts, inside = mac[which], counts[which], inside[which]
        heads = _taken(_anywhere(out, _CHANGED), inside)
        keeps = np.flatnonzero(mac < 0)
        macs = _anywhere(self._known.pool, "V6")[mac]
        macs[keeps] = heads["mac"][keeps]
        heads["mac"] = macs
        heads["ttl"] -= counts.astype(np.uint8)
        checksum = heads["checksum"].astype(np.uint32)
        heads["checksum"] = np.where(counts != 0, (checksum + 0x0100) % 0xFFFF, checksum)
        _put(out, inside, heads)

    def _wrap(self, out: Octets, begin: Numbers, inside: Numbers, which: Numbers) -> None:
        """Write the outer headers, those that have their fields at the same places at once."""
        headers, length = self._headers[which], self._length[which]
        for layout, number in self._known.layouts.items():
            same = np.flatnonzero(headers["layout"] == number)
            if len(same):
                ends = begin[same], inside[same]
                self._wrap_alike(out, *ends, headers[same], length[same], layout)

    def _wrap_alike(
        self,
        out: Octets,
        begin: Numbers,
        inside: Numbers,
        headers: Table,
        length: Numbers,
        layout: Layout,
    ) -> None:
        octets, first, second, checksum_at, covers = layout
        places = {"first": first, "second": second, "checksum": checksum_at}
        there = {name: at for name, at in places.items() if at >= 0}
        kind = np.dtype(
            {
                "names": list(there),
                "formats": [">u2"] * len(there),
                "offsets": list(there.values()),
                "itemsize": octets,
            }
        )
        blocks = _taken(_anywhere(self._known.pool, kind), headers["octets"])
        blocks["first"] = length + headers["first_more"]
        if second >= 0:
            blocks["second"] = length + headers["second_more"]
        if checksum_at >= 0:
            total = headers["sum"] + headers["weight"] * length
            if covers:
                total += _sums(out, inside, length)
            checksum = -total % 0xFFFF
            blocks["checksum"] = np.where(checksum == 0, 0xFFFF, checksum) if covers else checksum
        _put(out, begin, blocks)


def _anywhere(octets: Octets, kind: Any) -> Table:
    """Return the values of a type that begin at each octet."""
    dtype = np.dtype(kind)
    room = max(len(octets) - dtype.itemsize + 1, 0)
    return np.ndarray((room,), dtype, octets, strides=(1,))


def _taken(table: Table, places: Numbers) -> Table:
    """Return the rows of a table; as one piece each they are copied in a tenth of the time."""
    return table.view(f"V{table.dtype.itemsize}")[places].view(table.dtype)


def _put(out: Octets, at: Numbers, rows: Table) -> None:
    """Write rows to places in a buffer."""
    kind = f"V{rows.dtype.itemsize}"
    _anywhere(out, kind)[at] = rows.view(kind)


def _copy(out: Octets, to: Numbers, octets: Octets, at: Numbers, lengths: Numbers) -> None:
    """Copy stretches of four octets or more from one buffer to another."""
    amounts = np.bincount(lengths)
    common = np.flatnonzero(amounts > len(lengths) // _COMMON)
    for length in common.tolist():
        which = np.flatnonzero(lengths == length)
        source, target = (_anywhere(side, f"V{length}") for side in (octets, out))
        target[to[which]] = source[at[which]]
    if amounts[common].sum() == len(lengths):
        return
    which = np.flatnonzero(amounts[lengths] <= len(lengths) // _COMMON)
    at, to, lengths = at[which], to[which], lengths[which]
    kinds = np.searchsorted(_PIECES, lengths + 1 >> 1)
    for kind in np.flatnonzero(np.bincount(kinds)).tolist():
        which = np.flatnonzero(kinds == kind)
        piece = int(_PIECES[kind])
        source, target = (_anywhere(side, f"V{piece}") for side in (octets, out))
        start, end = at[which], to[which]
        target[end] = source[start]
        more = lengths[which] - piece
        if more.any():
            target[end + more] = source[start + more]


def _sums(octets: Octets, at: Numbers, lengths: Numbers) -> Numbers:
    """Return the sums of 16-bit words of some stretches, which are a multiple of 0xFFFF off."""
    found = np.empty(len(at), np.int64)
    for odd in (0, 1):
        which = np.flatnonzero(at & 1 == odd)
        if not len(which):
            continue
        words = octets[odd : odd + (len(octets) - odd & -2)].view("<u2")
        begin = at[which] >> 1
        bounds = np.column_stack([begin, begin + (lengths[which] >> 1)]).ravel()
        swapped = np.add.reduceat(words, bounds, dtype=np.uint64)[::2] % 0xFFFF
        # A sum in the other order is 256 times as much, as 2**16 is 1 modulo 0xFFFF.
        found[which] = swapped.astype(np.int64) * 256
    last = np.flatnonzero(lengths & 1)
    found[last] += octets[at[last] + lengths[last] - 1].astype(np.int64) << 8
    return found
