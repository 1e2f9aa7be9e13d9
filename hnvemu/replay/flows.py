"""The table of flows: what became of how many packets, in bounded memory."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, overload

from hnvemu.replay.packed import pack_flow, unpack_flow
from hnvemu.replay.summary import FlowCount, OtherCount, Summary, Unread, Verdict
from hnvemu.tables.sessions import five_tuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hnvemu.trace.outcome import Outcome, Reason
    from hnvemu.wire.flow import Flow

_END_OF_TIME: Final = (1 << 63) - 1


class FlowTable:
    """Counts packets by flow and verdict; those of flows beyond the most it may hold together.

    A flow is told by where it entered and its five-tuple; a frame without IP by its MACs and what
    it asks about. Equal flows that meet different ends are different rows.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._rows: dict[tuple[object, ...], int] = {}
        self._flows: list[tuple[str, bytes, int, Verdict, str, int] | None] = []
        """Entry, flow, length, verdict, capture and number of a row; None for one of others."""
        self._held = 0
        self._verdicts: dict[Verdict, Verdict] = {}
        self._others: dict[tuple[Outcome, Reason | None], int] = {}
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

    def row(self, entry: str, flow: Flow, verdict: Verdict, number: int) -> int:
        """Return the row of packets like ``flow`` with this verdict, which the table holds.

        ``number`` is the frame's, which is the first of a row that is not there yet.
        """
        if flow.version:
            told: tuple[object, ...] = five_tuple(flow)
        else:
            told = *flow[:4], *flow[6:9]
        key = entry, *told, id(verdict)
        row = self._rows.get(key)
        if row is not None:
            return row
        if self._held >= self._most:
            end = verdict.outcome, verdict.reason
            if end not in self._others:
                self._others[end] = self._add(None)
            return self._others[end]
        self._held += 1
        row = self._rows[key] = self._add(
            (entry, pack_flow(flow), flow.length, verdict, self.capture, number)
        )
        return row

    def _add(self, flow: tuple[str, bytes, int, Verdict, str, int] | None) -> int:
        self._flows.append(flow)
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
            packets=sum(self._packets) + sum(self.unread.values()),
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

    def merge(self, summary: Summary) -> None:
        """Add what another table counted."""
        for found in summary.flows:
            self.capture = found.capture
            verdict = self.verdict(found.verdict)
            row = self.row(found.entry, found.flow, verdict, found.number)
            self.fold(row, found.packets, found.octets, found.first, found.last)
        for other in summary.others:
            end = other.outcome, other.reason
            if end not in self._others:
                self._others[end] = self._add(None)
            self.fold(self._others[end], *other[2:])
        self.unread.update(summary.unread)
        self.unread_octets += summary.octets
        self.unread_octets -= sum(found.octets for found in summary.flows)
        self.unread_octets -= sum(other.octets for other in summary.others)
        self.damage += summary.damage
        self.forgotten += summary.forgotten

    def rows(self) -> Iterable[int]:
        """Return the rows of flows, in the order in which their first packets came."""
        return [row for row, flow in enumerate(self._flows) if flow is not None]

    def count(self, row: int) -> FlowCount:
        """Return the row of a flow."""
        found = self._flows[row]
        assert found is not None  # noqa: S101 - `rows` leaves others out
        entry, packed, length, verdict, capture, number = found
        flow = unpack_flow(packed, length)
        return FlowCount(entry, flow, verdict, *self.counts(row), capture, number)


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
