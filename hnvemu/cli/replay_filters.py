"""The option ``--filter`` of ``hnvemu replay``: which flows are listed and written.

Rules of the file: a filter looks at a flow's row, so that one of an earlier result fits too. What
can match no flow of the policy is a question that is asked wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hnvemu.addresses import parse_address, parse_prefix
from hnvemu.errors import QuestionError
from hnvemu.reader.report import near_or_known
from hnvemu.render.replay_rows import row_of
from hnvemu.trace.outcome import Outcome, Reason

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from hnvemu.addresses import IPPrefix
    from hnvemu.model.acl import AclRule
    from hnvemu.model.policy import Policy
    from hnvemu.render.replay_rows import Row
    from hnvemu.replay.summary import Verdict
    from hnvemu.switch.fabric import Fabric
    from hnvemu.wire.flow import Flow

_PROTOCOLS: Final = {"1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6"}
_SHAPE: Final = "such as outcome=dropped, vm=T/A, dst!=10.0.1.0/24 or dport=80,8000-8999"
KEYS: Final = (
    *("outcome", "reason", "vm", "from", "to", "entry", "host", "rule"),
    *("src", "dst", "proto", "sport", "dport"),
)
"""What flows can be filtered by."""
_COLUMNS: Final = {"entry": "from", "proto": "protocol"}
"""The columns of rows that are called otherwise."""


class Filter(NamedTuple):
    """One condition on flows. It is data, so that other processes can be told."""

    text: str
    """As it was written."""
    key: str
    negated: bool
    wanted: Any
    """What the key has to be one of: words, prefixes, or ranges of ports."""

    def matches(self, row: Row) -> bool:
        """Whether a flow is wanted."""
        return self._holds(row) is not self.negated

    def _holds(self, row: Row) -> bool:
        wanted = self.wanted
        match self.key:
            case "vm":
                return row["from"] in wanted or row["to"] in wanted
            case "host":
                return row["node"] in wanted or not wanted.isdisjoint(row["way"])
            case "src":
                return _lies_in(row["src"] or (row["message"] or {}).get("sender"), wanted)
            case "dst":
                return _lies_in(row["dst"] or (row["message"] or {}).get("target"), wanted)
            case "sport":
                return _is_between(row["src_port"], wanted)
            case "dport":
                return _is_between(row["dst_port"], wanted)
            case key:
                return row[_COLUMNS.get(key, key)] in wanted


class Filters(NamedTuple):
    """Conditions that have to hold together."""

    each: tuple[Filter, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """The conditions as they were written."""
        return tuple(each.text for each in self.each)

    def matches(self, row: Row) -> bool:
        """Whether a flow is wanted."""
        return all(each.matches(row) for each in self.each)

    def keep(self, entry: str, flow: Flow, verdict: Verdict) -> bool:
        """Whether a flow is wanted that enters there, and fares so."""
        return self.matches(row_of(entry, flow, verdict))


def read_filters(texts: Iterable[str], fabric: Fabric) -> Filters:
    """Return what ``KEY=VALUE[,VALUE]`` and ``KEY!=VALUE`` mean.

    Raises:
        QuestionError: One can match nothing: its key, a name or a number is none.
    """
    return Filters(tuple(_filter(text, fabric) for text in texts))


def _filter(text: str, fabric: Fabric) -> Filter:
    key, equals, value = text.partition("=")
    negated = key.endswith("!")
    key, value = key.removesuffix("!").strip(), value.strip()
    if not equals:
        raise QuestionError(f"'{text}' is not a filter", f"KEY=VALUE, {_SHAPE}")
    if key not in KEYS:
        raise QuestionError(f"'{key}' is nothing to filter by", near_or_known(key, KEYS))
    if not value:
        raise QuestionError(f"'{text}' has no value", _SHAPE)
    return Filter(text, key, negated, _wanted(key, value, fabric))


def _wanted(key: str, value: str, fabric: Fabric) -> Any:
    """Return what the values of a filter mean."""
    match key:
        case "outcome":
            return _known(_words(_folded(value)), "outcome", list(Outcome))
        case "reason":
            return _known(_words(_folded(value).upper()), "reason", list(Reason))
        case "vm" | "from" | "to":
            return _ports(value, fabric)
        case "entry":
            return _entries(value, fabric)
        case "host":
            return _known(_words(value, fabric.policy.hosts), "host", fabric.policy.hosts)
        case "rule":
            names = _rules(fabric.policy)
            return _known(_words(value, names), "rule", names)
        case "src" | "dst":
            return _prefixes(value)
        case "proto":
            return _protocols(value)
        case _:
            return tuple(_range(word) for word in _words(value))


def _lies_in(address: str | None, prefixes: tuple[IPPrefix, ...]) -> bool:
    return address is not None and any(parse_address(address) in prefix for prefix in prefixes)


def _is_between(port: int | None, ranges: tuple[tuple[int, int], ...]) -> bool:
    return port is not None and any(low <= port <= high for low, high in ranges)


def _folded(text: str) -> str:
    return text.lower().replace("-", "_").replace(" ", "_")


def _words(value: str, known: Collection[str] = ()) -> list[str]:
    """Split a list at its commas, unless all of it is a name."""
    return [value] if value in known else [word.strip() for word in value.split(",")]


def _known(words: Iterable[str], noun: str, known: Collection[str]) -> frozenset[str]:
    """Return words that are all known.

    Raises:
        QuestionError: One is not.
    """
    found = frozenset(words)
    for word in sorted(found - frozenset(known)):
        raise QuestionError(f"there is no {noun} '{word}'", near_or_known(word, known))
    return found


def _ports(value: str, fabric: Fabric) -> frozenset[str]:
    """Return the ports that names mean; that of a VM stands for all its adapters."""
    ports = fabric.policy.ports
    found: set[str] = set()
    for word in _words(value, ports):
        begin = f"{word}:"
        adapters = [
            name
            for name in ports
            if name.startswith(begin) or name.partition("/")[2].startswith(begin)
        ]
        is_one_vm = len({name.partition("/")[0] for name in adapters}) == 1
        found.update(adapters if is_one_vm and word not in ports else [fabric.port(word).name])
    return frozenset(found)


def _entries(value: str, fabric: Fabric) -> frozenset[str]:
    sides = [f"pa:{host}" for host in fabric.policy.hosts]
    words = _words(value, [*sides, *fabric.policy.ports])
    hosts = _known((word for word in words if word.startswith("pa:")), "entry", sides)
    ports = (_ports(word, fabric) for word in words if not word.startswith("pa:"))
    return hosts.union(*ports)


def _rules(policy: Policy) -> list[str]:
    lists: tuple[Iterable[AclRule], ...] = (
        policy.firewall.rules,
        policy.port_acls,
        policy.extended_acls,
        policy.datacenter_acls,
    )
    return list(dict.fromkeys(rule.name for rules in lists for rule in rules))


def _prefixes(value: str) -> tuple[IPPrefix, ...]:
    try:
        return tuple(parse_prefix(word) for word in _words(value))
    except ValueError as error:
        raise QuestionError(str(error)) from None


def _protocols(value: str) -> frozenset[str]:
    words = frozenset(_words(value.lower()))
    names = [*_PROTOCOLS.values(), "arp"]
    for word in sorted(words):
        if word not in names and not _is_number(word, 0xFF):
            raise QuestionError(f"there is no protocol '{word}'", near_or_known(word, names))
    return words | {_PROTOCOLS[word] for word in words if word in _PROTOCOLS}


def _range(word: str) -> tuple[int, int]:
    low, dash, high = word.partition("-")
    high = high if dash else low
    if not (_is_number(low, 0xFFFF) and _is_number(high, 0xFFFF)):
        raise QuestionError(f"'{word}' is no port", "a number to 65535, or a range such as 80-90")
    if int(low) > int(high):
        raise QuestionError(f"no port lies in '{word}'", f"write {high}-{low}")
    return int(low), int(high)


def _is_number(text: str, most: int) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 9 and int(text) <= most
