"""Tables in the comments of a script, and where the commands say something else.

Such a table has a header, a line of dashes under it, and a row for each record or route. Which of
the two is right nobody can know; that they differ is worth a look.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from hnvemu.addresses import MacAddress, parse_address, parse_prefix
from hnvemu.findings import Note
from hnvemu.value import replace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hnvemu.findings import Finding
    from hnvemu.formats.inventory import Inventory
    from hnvemu.formats.powershell.interpreter import Text
    from hnvemu.model.records import CustomerRoute, LookupRecord

_COMMENT = re.compile(r"[ \t]*#+")
_RULER = re.compile(r"[ \t]*[-=][-= \t|+]{7,}")
_CELL = re.compile(r"[^\s|]+")
_COLUMNS = {
    **dict.fromkeys(("vm", "vmname"), "VM"),
    **dict.fromkeys(("ca", "customeraddress"), "CA"),
    **dict.fromkeys(("pa", "provideraddress"), "PA"),
    **dict.fromkeys(("mac", "macaddress"), "MAC"),
    **dict.fromkeys(("vsid", "virtualsubnetid"), "VSID"),
    **dict.fromkeys(("prefix", "destprefix", "destinationprefix"), "prefix"),
    **dict.fromkeys(("nexthop", "nexthopgw"), "next hop"),
}
_ROWS = 200
"""How many rows are looked at."""


class _Line(NamedTuple):
    """A row of a table: what stands in the columns that are known."""

    cells: Mapping[str, str]
    at: int


def contradictions(source: Text, inventory: Inventory) -> Iterator[Finding]:
    """Yield the rows of commented tables that differ from what the commands make."""
    records = [record for host in inventory.hosts for record in host.records or ()]
    routes = [route for host in inventory.hosts for route in host.routes or ()]
    for line in islice(_lines(source), _ROWS):
        if records and {"VM", "CA", "VSID"} <= line.cells.keys():
            yield from _about_record(line, [*dict.fromkeys(records)], source)
        elif routes and {"prefix", "next hop", "VSID"} <= line.cells.keys():
            yield from _about_route(line, [*dict.fromkeys(routes)], source)


def _lines(source: Text) -> Iterator[_Line]:
    """Yield the rows under each header that has a ruler."""
    columns: list[tuple[int, str]] = []
    above = ""
    start = 0
    for line in source.lines:
        found = _COMMENT.match(line)
        text = " " * found.end() + line[found.end() :] if found else ""
        if _RULER.fullmatch(text):
            columns = [
                (each.start(), _COLUMNS.get(each.group().lower(), ""))
                for each in _CELL.finditer(above)
            ]
        elif not text.strip():
            columns = []
        elif columns:
            cells: dict[str, str] = {}
            for each in _CELL.finditer(text):
                _, name = min(columns, key=lambda column: abs(column[0] - each.start()))
                if name:
                    cells.setdefault(name, each.group())
            yield _Line(cells, start + len(line) - len(line.lstrip()))
        above = text
        start += len(line) + 1


def _about_record(line: _Line, records: list[LookupRecord], source: Text) -> Iterator[Finding]:
    said = {name: line.cells[name] for name in ("CA", "VSID", "PA", "MAC") if name in line.cells}
    if not all(_is_of(name, word) for name, word in said.items()):
        return
    named = [record for record in records if record.vm.lower() == line.cells["VM"].lower()]
    keyed = [record for record in records if _differing(said, record) <= {"PA", "MAC"}]
    near = [record for record in keyed if record in named] or keyed or named
    if not near:
        yield source.finding(
            f"this table has a record of '{line.cells['VM']}', {said['CA']} in VSID"
            f" {said['VSID']}, and no command makes it",
            line.at,
        )
        return
    record = min(near, key=lambda each: len(_differing(said, each)))
    yield from _differ(line, said, _of_record(record), record, source)


def _about_route(line: _Line, routes: list[CustomerRoute], source: Text) -> Iterator[Finding]:
    said = {name: line.cells[name] for name in ("prefix", "next hop", "VSID")}
    if not all(_is_of(name, word) for name, word in said.items()):
        return

    def distance(route: CustomerRoute) -> tuple[bool, int]:
        made = _of_route(route)
        other = {name for name in said if not _same(name, said[name], made[name])}
        return "VSID" in other, len(other)

    route = min(routes, key=distance)
    if distance(route) >= (False, 2):
        yield source.finding(
            f"this table has a route to {said['prefix']} in VSID {said['VSID']}, and no command"
            " makes it",
            line.at,
        )
        return
    yield from _differ(line, said, _of_route(route), route, source)


def _differ(
    line: _Line,
    said: Mapping[str, str],
    made: Mapping[str, str],
    row: LookupRecord | CustomerRoute,
    source: Text,
) -> Iterator[Finding]:
    other = [name for name in said if not _same(name, said[name], made[name])]
    if other:
        ours = " and ".join(f"{name} {said[name]}" for name in other)
        theirs = " and ".join(made[name] for name in other)
        found = source.finding(f"this table says {ours}, and the {row} has {theirs}", line.at)
        yield replace(found, notes=(Note("it is made here", row.origin),))


def _differing(said: Mapping[str, str], record: LookupRecord) -> set[str]:
    made = _of_record(record)
    return {name for name in said if not _same(name, said[name], made[name])}


def _of_record(record: LookupRecord) -> dict[str, str]:
    return {
        "CA": str(record.ca),
        "VSID": str(record.vsid),
        "PA": str(record.pa),
        "MAC": str(record.mac),
    }


def _of_route(route: CustomerRoute) -> dict[str, str]:
    unspecified = "0.0.0.0" if route.prefix.version == 4 else "::"  # noqa: S104 - on-link
    return {
        "prefix": route.written or str(route.prefix),
        "next hop": unspecified if route.next_hop is None else str(route.next_hop),
        "VSID": str(route.vsid),
    }


def _is_of(name: str, word: str) -> bool:
    """Whether a cell holds what its column is for."""
    try:
        _value(name, word)
    except ValueError:
        return False
    return True


def _same(name: str, one: str, other: str) -> bool:
    return _value(name, one) == _value(name, other)


def _value(name: str, word: str) -> object:
    if name == "VSID":
        return int(word)
    if name == "MAC":
        return MacAddress.parse(word)
    return parse_prefix(word) if name == "prefix" else parse_address(word)
