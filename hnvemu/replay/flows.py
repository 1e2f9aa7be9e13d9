"""The table of flows: what became of how many packets, in bounded memory."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Sequence
from operator import itemgetter
from struct import Struct
from typing import TYPE_CHECKING, Any, Final, overload

from hnvemu.replay.packed import pack_flow, pack_told, unpack_flow
from hnvemu.replay.summary import FlowCount, OtherCount, Summary, Unread, Verdict
from hnvemu.tables.sessions import five_tuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hnvemu.trace.outcome import Outcome, Reason
    from hnvemu.wire.flow import Flow

_whose = Struct("<IQ")
_END_OF_TIME: Final = (1 << 63) - 1


class FlowTable:
    """Counts packets by flow and verdict; those of flows beyond the most it may hold together.

    A flow is told by where it entered and its five-tuple; a frame without IP by its MACs and what
    it asks about. Equal flows that meet different ends are different rows.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._rows: dict[bytes, int] = {}
        self._entries: dict[str, int] = {}
        self._flows: list[tuple[str, bytes, int, Verdict, str] | None] = []
        """Entry, flow, length, verdict and capture of a row; None for one of others."""
        self._held = 0
        self._verdicts: dict[Verdict, Verdict] = {}
        self._others: dict[tuple[Outcome, Reason | None], int] = {}
        self.numbers = array("q")
        """Of the first frame of each row, in its capture."""
        self._packets = array("q")
        self._octets = array("q")
        self._first = array("q")
        self._last = array("q")
        self.unread: Counter[Unread] = Counter()
        self.unread_octets = 0
        self.capture = ""
        """The one that is read now."""
        self.damage: list[str] = []
        self.forgotten = 0

    def verdict(self, verdict: Verdict) -> Verdict:
        """Return the one verdict that stands for all equal ones."""
        return self._verdicts.setdefault(verdict, verdict)

    def row(
        self, entry: str, flow: Flow, verdict: Verdict, number: int, packed: bytes | None = None
    ) -> int:
        """Return the row of packets like ``flow`` with this verdict, which the table holds.

        Args:
            entry: Where they enter.
            flow: The header fields of one of them.
            verdict: As :meth:`verdict` returned it.
            number: The frame's, which is the first of a row that is not there yet.
            packed: The octets of ``flow``, where the caller has them anyway.
        """
        entries = self._entries
        whose = entries.setdefault(entry, len(entries)), id(verdict)
        key = pack_told(told_by(flow)) + _whose.pack(*whose)
        row = self._rows.get(key)
        if row is not None:
            return row
        if self._held >= self._most:
            return self._other((verdict.outcome, verdict.reason), number)
        self._held += 1
        row = self._rows[key] = self._add(
            (entry, packed or pack_flow(flow), flow.length, verdict, self.capture), number
        )
        return row

    def _other(self, end: tuple[Outcome, Reason | None], number: int) -> int:
        """Return the row of packets whose flows have none."""
        if end not in self._others:
            self._others[end] = self._add(None, number)
        return self._others[end]

    def _add(self, flow: tuple[str, bytes, int, Verdict, str] | None, number: int) -> int:
        self._flows.append(flow)
        self.numbers.append(number)
        for column in (self._packets, self._octets, self._last):
            column.append(0)
        self._first.append(_END_OF_TIME)
        return len(self._flows) - 1

    def fold(self, row: int, packets: int, octets: int, first: int, last: int) -> None:
        """Add packets to a row: how many, their octets, and the least and the greatest time."""
        self._packets[row] += packets
        self._octets[row] += octets
        self._first[row] = min(self._first[row], first)
        self._last[row] = max(self._last[row], last)

    def leave(self, why: Unread, octets: int) -> None:
        """Count a frame that is not sent."""
        self.unread[why] += 1
        self.unread_octets += octets

    def summary(self) -> Summary:
        """Return what was counted."""
        return Summary(
            packets=self.packets,
            octets=sum(self._octets) + self.unread_octets,
            flows=_Rows(self),
            others=tuple(
                OtherCount(outcome, reason, *self.counts(row))
                for (outcome, reason), row in self._others.items()
            ),
            unread={why: self.unread[why] for why in Unread if self.unread[why]},
            damage=tuple(self.damage),
            forgotten=self.forgotten,
        )

    def counts(self, row: int) -> tuple[int, int, int, int]:
        """Return packets, octets, and first and last time of a row."""
        return self._packets[row], self._octets[row], self._first[row], self._last[row]

    @property
    def packets(self) -> int:
        """All that were counted, sent or not."""
        return sum(self._packets) + sum(self.unread.values())

    @property
    def is_whole(self) -> bool:
        """Whether every flow that came has a row of its own."""
        return not self._others

    @property
    def is_empty(self) -> bool:
        """Whether no flow came yet."""
        return not self._flows

    def merge(self, tables: Sequence[FlowTable]) -> None:
        """Add what several tables counted, which shared the frames of one capture.

        Frames of one flow were all counted by the same table. If each may hold as much as this
        one, the result is what this one alone would have counted; but if there are rows of
        earlier captures here, all tables have to be whole.
        """
        ends = [{row: end for end, row in table._others.items()} for table in tables]  # noqa: SLF001 - of the same class
        firsts = sorted(
            (
                (number, at, row)
                for at, table in enumerate(tables)
                for row, number in enumerate(table.numbers)
            ),
            key=itemgetter(0),
        )
        for number, at, other in firsts:
            table = tables[at]
            found = table._flows[other]  # noqa: SLF001 - the same
            if found is None:
                row = self._other(ends[at][other], number)
            else:
                entry, packed, length, verdict, self.capture = found
                flow = unpack_flow(packed, length)
                row = self.row(entry, flow, self.verdict(verdict), number, packed)
            self.fold(row, *table.counts(other))
        for table in tables:
            self.unread.update(table.unread)
            self.unread_octets += table.unread_octets
            self.damage += table.damage
            self.forgotten += table.forgotten

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the index, which holds for the verdicts of this process alone."""
        return {**self.__dict__, "_rows": {}, "_verdicts": {}}

    def rows(self) -> Iterable[int]:
        """Return the rows of flows, in the order in which their first packets came."""
        return [row for row, flow in enumerate(self._flows) if flow is not None]

    def count(self, row: int) -> FlowCount:
        """Return the row of a flow."""
        found = self._flows[row]
        assert found is not None  # noqa: S101 - `rows` leaves others out
        entry, packed, length, verdict, capture = found
        flow = unpack_flow(packed, length)
        return FlowCount(entry, flow, verdict, *self.counts(row), capture, self.numbers[row])


def told_by(flow: Flow) -> tuple[int, ...]:
    """Return what tells a flow from others: its five-tuple, or MACs and question without IP."""
    return five_tuple(flow) if flow.version else (*flow[:4], *flow[6:9])


class _Rows(Sequence[FlowCount]):
    """The rows of flows, each made when it is asked for: all at once they take much memory."""

    def __init__(self, table: FlowTable) -> None:
        self._table = table
        self._rows = tuple(table.rows())

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, at: int) -> FlowCount: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[FlowCount]: ...
    def __getitem__(self, at: int | slice) -> FlowCount | Sequence[FlowCount]:
        if isinstance(at, slice):
            return [self._table.count(row) for row in self._rows[at]]
        return self._table.count(self._rows[at])
