"""The places of everything that is written in one YAML text, and how to change the text there.

A tree of places is built from the parser's events: words, mappings and lists, each with the
offsets at which it begins and ends. A change is a few splices of the text, so whatever no splice
touches stays as it is: comments, order, quotes, aligned columns, ends of lines.

Rules of the file: texts in, texts out; nothing here knows what a policy is. What is added is in
flow style, the only one that fits everywhere; it joins what stands there in the style of that.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

NULLS = frozenset({"", "~", "null", "Null", "NULL"})
"""What stands for nothing where it is not quoted."""
_DEEPEST = 40
_BREAKS = "\n\r\x85\u2028\u2029"
_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_SKIPPED = re.compile("(?:[ \t\n\r\x85\u2028\u2029]|#[^\n\r\x85\u2028\u2029]*)*")
_PLAIN = re.compile(r"[0-9A-Za-z_/][0-9A-Za-z_/.+*()=-]*(?: [0-9A-Za-z_/.+*()=-]+)*")
_JSON_WORD = re.compile(r"true|false|-?(?:0|[1-9]\d*)(?:\.\d+)?")
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


class NotATreeError(Exception):
    """The text holds what no policy may hold: aliases, anchors, tags, keys that are no words."""


class Word:
    """A scalar."""

    __slots__ = ("end", "is_block", "is_null", "start", "text")

    def __init__(self, event: Any) -> None:
        self.start: int = event.start_mark.index
        self.end: int = event.end_mark.index
        self.text: str = event.value
        self.is_null = bool(event.implicit[0]) and self.text in NULLS
        self.is_block = event.style in ("|", ">")


class Mapping:
    """A mapping, as pairs in their order."""

    __slots__ = ("end", "is_flow", "pairs", "start")

    def __init__(self, event: Any) -> None:
        self.start: int = event.start_mark.index
        self.end = self.start
        self.is_flow = bool(event.flow_style)
        self.pairs: list[tuple[Word, Node]] = []


class Sequence:
    """A list."""

    __slots__ = ("end", "is_flow", "items", "start")

    def __init__(self, event: Any) -> None:
        self.start: int = event.start_mark.index
        self.end = self.start
        self.is_flow = bool(event.flow_style)
        self.items: list[Node] = []


Node: TypeAlias = Word | Mapping | Sequence


class Slot(NamedTuple):
    """Where a node stands: in which slot's node, and at which position of it."""

    node: Node
    above: Slot | None = None
    position: int = 0

    @property
    def parent(self) -> Mapping | Sequence | None:
        """The mapping or list that holds the node; None for the root."""
        node = None if self.above is None else self.above.node
        return None if isinstance(node, Word) else node


class Splice(NamedTuple):
    """A stretch of the text and what is put in its place."""

    start: int
    end: int
    text: str


def plain(node: Node) -> Any:
    """Return what a node says: text, list, dict, or None for nothing."""
    match node:
        case Word():
            return None if node.is_null else node.text
        case Mapping():
            return {key.text: plain(inner) for key, inner in node.pairs}
        case Sequence():
            return [plain(inner) for inner in node.items]


def entry_at(node: Mapping | Sequence, offset: int) -> tuple[str | int, int, Node] | None:
    """Return the last entry that begins at an offset or before it: key or index, start, value."""
    if isinstance(node, Mapping):
        at = bisect_right(node.pairs, offset, key=lambda pair: pair[0].start) - 1
        if at < 0:
            return None
        key, inner = node.pairs[at]
        return key.text, key.start, inner
    at = bisect_right(node.items, offset, key=lambda item: item.start) - 1
    return None if at < 0 else (at, node.items[at].start, node.items[at])


def children(node: Node) -> list[Node]:
    """Return the values of a mapping, the items of a list."""
    match node:
        case Word():
            return []
        case Mapping():
            return [inner for _, inner in node.pairs]
        case Sequence():
            return node.items


class Tree:
    """One text with the places of what it says."""

    def __init__(self, text: str) -> None:
        """Keep the text; it is read when somebody looks.

        Reading raises ``yaml.YAMLError`` or :class:`NotATreeError` where the text is no policy's.
        """
        self.text = text

    @cached_property
    def root(self) -> Node:
        """What the whole text says."""
        return _Reader(self.text).root()

    @cached_property
    def is_json(self) -> bool:
        """Whether the text is JSON, and has to stay that."""
        if not self.text.lstrip().startswith("{"):
            return False
        try:
            json.loads(self.text)
        except ValueError:
            return False
        return True

    @cached_property
    def newline(self) -> str:
        """What ends the lines of the text."""
        found = re.search(r"\r\n|\n|\r", self.text)
        return found.group() if found else "\n"

    def changed(self, splices: list[Splice]) -> Tree:
        """Return the text with the splices made: they do not overlap, and stand in their order."""
        text = self.text
        for splice in reversed(splices):
            text = text[: splice.start] + splice.text + text[splice.end :]
        return Tree(text)

    # -----------------------------------------------------------------------------------------
    # Changes

    def replaced(self, slot: Slot, value: object) -> list[Splice]:
        """Put ``value`` in the place of a node."""
        node, written = slot.node, self.written(value)
        if isinstance(node, Word) and node.start == node.end:
            # Nothing is written behind the colon or the dash, or not even a colon.
            bare = isinstance(slot.parent, Mapping) and node.end == self._key(slot).end
            return [Splice(node.end, node.end, f"{':' if bare else ''} {written}")]
        if isinstance(node, Word) and node.is_block:
            length = len(self.text[node.start : node.end].rstrip())
            return [Splice(node.start, node.start + length, written)]
        if isinstance(node, Word) or node.is_flow or slot.parent is None:
            return [Splice(node.start, node.end, written)]
        sign = self._sign(slot)
        if self._line_start(sign) == self._line_start(node.start):
            return [Splice(node.start, node.end, written)]
        # The block goes with its lines; a comment behind the colon or the dash stays.
        return [
            Splice(sign + 1, sign + 1, f" {written}"),
            Splice(self._line_start(node.start), self._line_after(node.end), ""),
        ]

    def added(
        self, node: Mapping | Sequence, value: object, key: str | None = None
    ) -> list[Splice]:
        """Add a pair to a mapping, or an item to a list, behind what stands there."""
        entry = self.written(value)
        if key is not None:
            entry = f"{self.written(key)}: {entry}"
        if node.is_flow:
            return self._added_in_flow(node, entry)
        if isinstance(node, Sequence):
            entry = f"- {entry}"
        line = " " * (node.start - self._line_start(node.start)) + entry
        at = self._line_after(node.end)
        if self.text[at - 1] in _BREAKS:
            return [Splice(at, at, line + self.newline)]
        return [Splice(at, at, self.newline + line)]

    def _added_in_flow(self, node: Mapping | Sequence, entry: str) -> list[Splice]:
        text = self.text
        inner = children(node)
        if not inner:
            at = node.start + 1
            return [Splice(at, at, entry + (" " if text[at] == "#" else ""))]
        if text[node.start] not in "{[":  # [a: b] is a list of one mapping
            whole = text[node.start : node.end]
            return [Splice(node.start, node.end, f"{{{whole}, {entry}}}")]
        last = inner[-1].end
        start = self._entry_start(node, len(inner) - 1)
        line = self._line_start(start)
        if text[line:start].strip():
            return [Splice(last, last, f", {entry}")]
        # The last entry has a line of its own, and so has this one.
        lead = text[line:start]
        end = self._line_end(last)
        comma, remark = re.fullmatch(r"([ \t]*,)?(.*)", text[last:end], re.DOTALL).groups("")  # type: ignore[union-attr]
        if remark.strip() and not remark.lstrip().startswith("#"):
            return [Splice(last, last, f",{self.newline}{lead}{entry}")]
        return [
            Splice(last, last, "" if comma else ","),
            Splice(end, end, f"{self.newline}{lead}{entry}{',' if comma else ''}"),
        ]

    def made_a_list(self, slot: Slot, value: object) -> list[Splice]:
        """Turn what stands for a list of one into a list, and add an item."""
        node = slot.node
        written = self.written(value)
        if isinstance(node, Word) and node.is_block:
            return self.replaced(slot, [node.text, value])
        if isinstance(node, Word) or node.is_flow:
            return [
                Splice(node.start, node.start, "["),
                Splice(node.end, node.end, f", {written}]"),
            ]
        column = node.start - self._line_start(node.start)
        splices = [Splice(node.start, node.start, "- ")]
        at = self._next_line(node.start)
        end = self._line_after(node.end)
        while at < end:
            splices.append(Splice(at, at, "  "))
            at = self._next_line(at)
        line = " " * column + f"- {written}"
        ended = self.text[end - 1] in _BREAKS
        splices.append(Splice(end, end, line + self.newline if ended else self.newline + line))
        return splices

    def removed(self, slot: Slot) -> list[Splice]:
        """Take an entry out of its mapping or list."""
        above, parent, at = slot.above, slot.parent, slot.position
        assert above is not None  # noqa: S101 - a root is no entry
        assert parent is not None  # noqa: S101 - nor is it in a word
        if parent.is_flow:
            return self._removed_from_flow(parent, at)
        count = len(children(parent))
        if count == 1:
            return self.replaced(above, {} if isinstance(parent, Mapping) else [])
        start, end = self._entry_start(parent, at), slot.node.end
        line = self._line_start(start)
        if not self.text[line:start].strip():
            return [Splice(line, self._line_after(end), "")]
        # The first entry of a block stands behind the dash that the block is an item of.
        after = self._line_after(end)
        following = self._entry_start(parent, at + 1) if at + 1 < count else after
        if not self.text[after:following].strip():
            return [Splice(start, following, "")]
        end = start + len(self.text[start:end].rstrip())
        return [Splice(start, self._line_end(end), "")]

    def _removed_from_flow(self, parent: Mapping | Sequence, at: int) -> list[Splice]:
        text = self.text
        inner = children(parent)
        start, end = self._entry_start(parent, at), inner[at].end
        if at + 1 < len(inner):
            return [Splice(start, self._entry_start(parent, at + 1), "")]
        comma = self._skip(end)
        if at == 0:
            return [Splice(start, comma + 1 if text[comma] == "," else end, "")]
        before = self._skip(inner[at - 1].end)
        line = self._line_start(start)
        if not text[line:start].strip() and not text[end : self._line_end(end)].strip(" \t,"):
            start, end = line, self._line_after(end)
            return [Splice(before, before + 1, ""), Splice(start, end, "")]
        while text[start - 1] in " \t" and start - 1 > before:
            start -= 1
        # What follows may be a comma already; then that one goes, and this one stays.
        if text[comma] == ",":
            return [Splice(start, comma + 1, "")]
        return [Splice(before, before + 1, ""), Splice(start, end, "")]

    # -----------------------------------------------------------------------------------------
    # What is written

    def written(self, value: object) -> str:
        """Return ``value`` in flow style, quoted where the text would mean something else."""
        if isinstance(value, dict):
            pairs = (
                f"{self._word(str(key), key=True)}: {self.written(v)}" for key, v in value.items()
            )
            return f"{{{', '.join(pairs)}}}"
        if isinstance(value, (list, tuple)):
            return f"[{', '.join(map(self.written, value))}]"
        if value is None:
            return "null"
        if isinstance(value, bool):
            return "true" if value else "false"
        return self._word(str(value))

    def _word(self, text: str, *, key: bool = False) -> str:
        if self.is_json:
            return text if _JSON_WORD.fullmatch(text) and not key else _quoted(text)
        return text if _PLAIN.fullmatch(text) and text not in NULLS else _quoted(text)

    # -----------------------------------------------------------------------------------------
    # Places

    def offset(self, line: int, column: int) -> int:
        """Return the offset of a line and a column, both from 1."""
        starts = self._line_starts
        return (starts[line - 1] if line <= len(starts) else len(self.text)) + column - 1

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(found.end() for found in _BREAK.finditer(self.text))]

    def _key(self, slot: Slot) -> Word:
        assert isinstance(slot.parent, Mapping)  # noqa: S101 - asked of pairs alone
        return slot.parent.pairs[slot.position][0]

    def _sign(self, slot: Slot) -> int:
        """Return where the colon or the dash in front of a block node stands."""
        if isinstance(slot.parent, Mapping):
            return self._skip(self._key(slot).end)
        assert slot.parent is not None  # noqa: S101 - a root has no sign
        return self._entry_start(slot.parent, slot.position)

    def _entry_start(self, parent: Mapping | Sequence, at: int) -> int:
        """Return where an entry begins: its key, its dash, or in a flow list itself."""
        if isinstance(parent, Mapping):
            return parent.pairs[at][0].start
        if parent.is_flow:
            return parent.items[at].start
        return parent.start if at == 0 else self._skip(parent.items[at - 1].end)

    def _skip(self, at: int) -> int:
        """Return where the next sign stands behind white space and comments."""
        return _skip(self.text, at)

    def _line_start(self, at: int) -> int:
        return max((self.text.rfind(sign, 0, at) for sign in _BREAKS), default=-1) + 1

    def _line_end(self, at: int) -> int:
        found = _BREAK.search(self.text, at)
        return len(self.text) if found is None else found.start()

    def _next_line(self, at: int) -> int:
        found = _BREAK.search(self.text, at)
        return len(self.text) if found is None else found.end()

    def _line_after(self, end: int) -> int:
        """Return where the line behind a node begins that ends at ``end``."""
        # A block scalar that keeps its blank lines ends where the next line begins.
        return end if end > 0 and self.text[end - 1] in _BREAKS else self._next_line(end)


class _Reader:
    """Builds the nodes of a text from the parser's events."""

    def __init__(self, text: str) -> None:
        import yaml  # noqa: PLC0415 - as in events: not every command reads

        self._text = text
        self._events = yaml.events
        self._get = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text).get_event

    def root(self) -> Node:
        """Read the one document."""
        self._get()
        if isinstance(self._get(), self._events.StreamEndEvent):
            raise NotATreeError
        node = self._node(self._get(), 0)
        self._get()
        if not isinstance(self._get(), self._events.StreamEndEvent):
            raise NotATreeError
        return node

    def _node(self, event: Any, depth: int) -> Node:
        if event.anchor is not None or getattr(event, "tag", None) is not None:
            raise NotATreeError
        if depth > _DEEPEST:
            raise NotATreeError
        events = self._events
        if isinstance(event, events.ScalarEvent):
            return self._word(event)
        if isinstance(event, events.MappingStartEvent):
            return self._mapping(event, depth + 1)
        return self._sequence(event, depth + 1)

    def _word(self, event: Any) -> Word:
        word = Word(event)
        if word.is_block:
            keeps = re.match(r"[|>]\d*\+", self._text[word.start : word.start + 4])
            if not keeps:
                word.end = word.start + len(self._text[word.start : word.end].rstrip())
        return word

    def _mapping(self, event: Any, depth: int) -> Mapping:
        mapping = Mapping(event)
        while not isinstance(found := self._get(), self._events.MappingEndEvent):
            key = self._node(found, depth)
            if not isinstance(key, Word):
                raise NotATreeError
            inner = self._node(self._get(), depth)
            if isinstance(inner, Word) and inner.start == inner.end:
                # Of nothing the parser gives the place of whatever follows.
                at = _skip(self._text, key.end)
                colon = at < len(self._text) and self._text[at] == ":"
                inner.start = inner.end = at + 1 if colon else key.end
            mapping.pairs.append((key, inner))
        bracketed = mapping.is_flow and self._text[mapping.start] == "{"
        mapping.end = _end(found) if bracketed else mapping.pairs[-1][1].end
        return mapping

    def _sequence(self, event: Any, depth: int) -> Sequence:
        sequence = Sequence(event)
        while not isinstance(found := self._get(), self._events.SequenceEndEvent):
            sequence.items.append(self._node(found, depth))
        sequence.end = _end(found) if sequence.is_flow else sequence.items[-1].end
        return sequence


def _end(event: Any) -> int:
    end: int = event.end_mark.index
    return end


def _skip(text: str, at: int) -> int:
    """Return where the next sign stands behind white space and comments."""
    found = _SKIPPED.match(text, at)
    return at if found is None else found.end()


def _quoted(text: str) -> str:
    written = json.dumps(text, ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda sign: f"\\u{ord(sign.group()):04x}", written)
