"""The flows of a replay as rows, which JSON, tables, filters and comparisons share.

Rules of the file: a row has all its columns, with None where something does not apply. Whatever
is said of a flow is made of its row, so rows that were read from a file can be shown too.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from hnvemu.addresses import MacAddress, address_of
from hnvemu.render.packet import ECHOES, protocol_of
from hnvemu.tables.neighbours import message_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hnvemu.model.origin import Origin
    from hnvemu.replay.summary import FlowCount, Verdict
    from hnvemu.wire.flow import Flow

Row: TypeAlias = "dict[str, Any]"

WHO: Final = (
    *("from", "src", "dst", "protocol", "src_port", "dst_port", "icmp", "echo_id", "vlan"),
    *("ethertype", "message", "src_mac", "dst_mac"),
)
"""The columns that say which flow it is."""
END: Final = ("outcome", "reason", "rule", "to")
"""The columns that say what became of it, as far as two replays are compared."""
COLUMNS: Final = (
    *WHO,
    *("outcome", "reason", "node", "to", "rule", "mechanism", "origin", "way", "copies"),
    *("packets", "bytes", "first", "last", "capture", "frame"),
)
_NESTED: Final = {
    "icmp": ("type", "code"),
    "message": ("kind", "sender", "target"),
    "origin": ("file", "line", "column"),
}
_NUMBERS: Final = frozenset(
    {
        *("src_port", "dst_port", "icmp_type", "icmp_code", "echo_id", "vlan"),
        *("origin_line", "origin_column", "copies", "packets", "bytes", "first", "last"),
        "frame",
    }
)
FLAT_COLUMNS: Final = tuple(
    name
    for column in COLUMNS
    for name in (
        [f"{column}_{part}" for part in _NESTED[column]] if column in _NESTED else [column]
    )
)
"""The columns of a table, where every value is a text."""
_MACS: Final = ("src_mac", "dst_mac")
_READ: Final = frozenset({"0x0800", "0x0806", "0x8100", "0x86DD"})
"""EtherTypes of frames that have addresses, or are broken."""
_THEN = " > "
"""Between the places of a way."""


def row_of(entry: str, flow: Flow, verdict: Verdict) -> Row:
    """Return what is known of a flow without its counts."""
    version, has_frame = flow.version, not _is_nothing(entry, flow)
    return {
        "from": entry,
        "src": _address(version, flow.src) if version else None,
        "dst": _address(version, flow.dst) if version else None,
        "protocol": protocol_of(flow),
        "src_port": flow.src_port if flow.src_port >= 0 else None,
        "dst_port": flow.dst_port if flow.dst_port >= 0 else None,
        "icmp": {"type": flow.icmp >> 8, "code": flow.icmp & 0xFF} if flow.icmp >= 0 else None,
        "echo_id": flow.echo_id if flow.echo_id >= 0 else None,
        "vlan": flow.vlan if flow.vlan >= 0 else None,
        "ethertype": f"0x{flow.ethertype:04X}" if has_frame and not version else None,
        "message": _message(flow),
        "src_mac": _mac(flow.src_mac) if has_frame else None,
        "dst_mac": _mac(flow.dst_mac) if has_frame else None,
        **_verdict_row(verdict),
    }


def counted_row(count: FlowCount) -> Row:
    """Return a row of a replay."""
    row = row_of(count.entry, count.flow, count.verdict)
    row["packets"], row["bytes"] = count.packets, count.octets
    row["first"], row["last"] = count.first, count.last
    row["capture"], row["frame"] = count.capture, count.number
    return row


def verdict_row(verdict: Verdict) -> Row:
    """Return what became of packets."""
    return {
        "outcome": verdict.outcome.value,
        "reason": verdict.reason and verdict.reason.value,
        "node": verdict.node,
        "to": verdict.to,
        "rule": verdict.rule,
        "mechanism": verdict.mechanism,
        "origin": _place(verdict.origin),
        "way": list(verdict.way),
        "copies": verdict.copies,
    }


def flat(row: Row) -> list[object]:
    """Return the values of :data:`FLAT_COLUMNS`; what does not apply is empty."""
    values: list[object] = []
    for column, value in row.items():
        if column in _NESTED:
            values += [""] * len(_NESTED[column]) if value is None else value.values()
        elif column == "way":
            values.append(_THEN.join(value))
        else:
            values.append("" if value is None else value)
    return values


def unflat(texts: Mapping[str, str]) -> Row:
    """Return the row whose values, by their columns, became these texts.

    Raises:
        KeyError: A column is missing.
        ValueError: A number is none.
    """
    values: Row = {
        name: (_number(texts[name]) if name in _NUMBERS else texts[name]) if texts[name] else None
        for name in FLAT_COLUMNS
    }
    row: Row = {}
    for column in COLUMNS:
        if column not in _NESTED:
            row[column] = values[column]
            continue
        parts = {part: values[f"{column}_{part}"] for part in _NESTED[column]}
        row[column] = None if set(parts.values()) == {None} else parts
    row["way"] = texts["way"].split(_THEN)
    return row


def _number(text: str) -> int:
    if not (text.removeprefix("-").isdecimal() and text.isascii() and len(text) <= 20):
        raise ValueError(f"'{text[:20]}' is no number")
    return int(text)


def packet_of(row: Row) -> str:
    """Return a flow in a line: ``tcp 10.0.1.11:49152 > 10.1.2.20:80``."""
    tag = "" if row["vlan"] is None else f"vlan {row['vlan']} "
    if row["message"] is not None:
        return tag + _resolution(row)
    if row["src"] is None:
        if row["src_mac"] is None:
            return "no readable frame inside"
        name = row["protocol"] or f"ethertype {row['ethertype']}"
        broken = " unreadable" if row["ethertype"] in _READ else ""
        return f"{tag}{name}{broken} {row['src_mac']} > {row['dst_mac']}"
    name, more = row["protocol"], ""
    if name.isdecimal():
        name = f"protocol {name}"
    if row["icmp"] is not None:
        kind, code = row["icmp"]["type"], row["icmp"]["code"]
        is_echo = row["echo_id"] is not None and (kind << 8 | code) in ECHOES
        name += f" {ECHOES[kind << 8 | code]}" if is_echo else f" {kind}/{code}"
        more = f", identifier {row['echo_id']}" if row["echo_id"] is not None else ""
    src, dst = _end(row["src"], row["src_port"]), _end(row["dst"], row["dst_port"])
    return f"{tag}{name} {src} > {dst}{more}"


def identity(row: Row) -> tuple[str, ...]:
    """Return what tells a flow from others; its MACs do not, where it has addresses."""
    named = WHO if row["src"] is None else WHO[: -len(_MACS)]
    return tuple(str(row[column]) for column in named)


class Difference(NamedTuple):
    """A flow that does not fare as it did in an earlier replay."""

    flow: Row
    """The columns of :data:`WHO`."""
    was: tuple[Row, ...]
    """Its ends, with the columns of :data:`END`; empty where it is new."""
    now: tuple[Row, ...]
    """Its ends in this replay; empty where it is missing."""

    @property
    def kind(self) -> str:
        """``changed``, ``new`` or ``missing``."""
        if not self.was:
            return "new"
        return "changed" if self.now else "missing"


def differences(before: Iterable[Row], after: Iterable[Row]) -> tuple[Difference, ...]:
    """Compare flow by flow what became of packets; counts, times and ways do not matter.

    What changed comes first, then what is missing, then what is new, in the order of the replays.
    """
    was, now = _ends(before), _ends(after)
    found = [
        Difference(
            flow=(now.get(key) or was[key]).flow,
            was=was[key].rows if key in was else (),
            now=now[key].rows if key in now else (),
        )
        for key in {**now, **was}
        if key not in was or key not in now or was[key].ends != now[key].ends
    ]
    return tuple(sorted(found, key=lambda each: (not each.was, not each.now)))


class _Ends(NamedTuple):
    """All that became of the packets of one flow."""

    flow: Row
    ends: set[tuple[Any, ...]]

    @property
    def rows(self) -> tuple[Row, ...]:
        """Its ends in an order that depends on nothing else."""
        ends = sorted(self.ends, key=lambda end: tuple(part or "" for part in end))
        return tuple(dict(zip(END, end, strict=True)) for end in ends)


def _ends(rows: Iterable[Row]) -> dict[tuple[str, ...], _Ends]:
    found: dict[tuple[str, ...], _Ends] = {}
    for row in rows:
        flow = {column: row[column] for column in WHO}
        found.setdefault(identity(row), _Ends(flow, set())).ends.add(
            tuple(row[column] for column in END)
        )
    return found


# Many flows have few addresses, fewer MACs and hardly any verdicts.
_verdict_row = lru_cache(maxsize=1024)(verdict_row)


@lru_cache(maxsize=65_536)
def _address(version: int, value: int) -> str:
    return str(address_of(version, value))


@lru_cache(maxsize=65_536)
def _mac(value: int) -> str:
    return str(MacAddress(value))


def _message(flow: Flow) -> Row | None:
    """Return what an ARP message or its like in neighbour discovery is about."""
    if flow.target < 0:
        return None
    return {
        "kind": message_of(flow).value,
        "sender": _address(flow.version, flow.src),
        "target": _address(flow.version, flow.target),
    }


def _resolution(row: Row) -> str:
    message = row["message"]
    sender, target = message["sender"], message["target"]
    name, whose = ("arp", sender) if row["protocol"] == "arp" else ("nd", target)
    match message["kind"]:
        case "question":
            return f"{name} who-has {target} tell {sender}"
        case "check":
            return f"{name} check {target} tell {sender}"
        case "probe":
            return f"{name} probe {target}"
        case "announcement":
            return f"{name} announce {whose}"
        case _:
            return f"{name} reply {whose} tell {row['dst'] or target}"


def _is_nothing(entry: str, flow: Flow) -> bool:
    """Whether what reached a host has no frame inside; its fields are zeros then."""
    return entry.startswith("pa:") and not flow.src_mac | flow.dst_mac | flow.ethertype


def _end(address: str, port: int | None) -> str:
    if port is None:
        return address
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _place(origin: Origin | None) -> Row | None:
    """Return where the policy says something; None where it is built in."""
    if origin is None or not origin.line:
        return None
    return {"file": origin.file, "line": origin.line, "column": origin.column}
