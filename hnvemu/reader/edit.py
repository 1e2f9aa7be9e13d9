"""Edits of policy text: a policy is changed where it is written, and nowhere else.

A path leads from the top of a policy to what stands there, whichever file says it: mappings of
several files are one mapping, and their lists are one list, in the order of the files.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, Self, TypeAlias

from hnvemu.errors import PolicyError, QuestionError
from hnvemu.reader.format import POLICY
from hnvemu.reader.patch import lines_of
from hnvemu.reader.policy import read_policy
from hnvemu.reader.report import Report
from hnvemu.reader.shape import Either, ListOf, Names, Record
from hnvemu.reader.source import SIZE_LIMIT, Source, gather
from hnvemu.reader.tree import (
    Mapping,
    NotATreeError,
    Sequence,
    Slot,
    Tree,
    Word,
    children,
    entry_at,
    plain,
)

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    from hnvemu.model.origin import Origin
    from hnvemu.model.policy import Policy
    from hnvemu.reader.shape import Kind
    from hnvemu.reader.tree import Node, Splice

Path: TypeAlias = tuple[str | int, ...]
"""Keys, names and indexes from the top: ``("firewall", "rules", 0, "enabled")``."""
_CONTEXT = 3
_BOM = b"\xef\xbb\xbf"


class Put(NamedTuple):
    """Sets what stands at a path; mappings that are missing on the way are made."""

    path: Path
    value: object


class Append(NamedTuple):
    """Adds an item to a list, which is made where it is missing.

    What stands for a list of one becomes a list of two.
    """

    path: Path
    value: object


class Delete(NamedTuple):
    """Takes out a key or an item."""

    path: Path


Edit: TypeAlias = Put | Append | Delete


class PolicyText:
    """The texts of one policy. Immutable: an edit gives other texts."""

    __slots__ = ("_sources", "_trees")

    def __init__(self, sources: tuple[Source, ...], trees: tuple[Tree, ...] | None = None) -> None:
        self._sources = sources
        self._trees = trees or tuple(
            Tree("" if source.is_imported else source.data.decode()) for source in sources
        )

    @classmethod
    def read(
        cls,
        *paths: str | os.PathLike[str],
        size_limit: int = SIZE_LIMIT,
        stdin: BinaryIO | None = None,
    ) -> Self:
        """Gather the texts as :func:`hnvemu.load_policy` does.

        Raises:
            PolicyError: A file cannot be read, or is not text.
            QuestionError: There is no path, or no sample of that name.
        """
        report = Report()
        sources = gather(paths, size_limit=size_limit, stdin=stdin, report=report)
        if report:
            read_policy(sources, report)
        return cls(tuple(sources))

    @property
    def is_imported(self) -> bool:
        """Whether these are scripts or dumps, whose text says no policy and is not edited."""
        return any(source.is_imported for source in self._sources)

    def check_editable(self) -> None:
        """Refuse to edit what is no policy.

        Raises:
            QuestionError: A file is a script or a dump.
        """
        for source in self._sources:
            if source.is_imported:
                raise QuestionError(
                    f"'{source.name}' is imported, and only policies can be edited",
                    f"make a policy of it first: hnvemu import {source.name} -o policy.yaml",
                )

    @property
    def files(self) -> dict[str, str]:
        """The texts by the names of their files, in the order they were given.

        Of what is imported there is no text.
        """
        return {
            source.name: tree.text for source, tree in zip(self._sources, self._trees, strict=True)
        }

    @property
    def octets(self) -> dict[str, bytes]:
        """What is to be written to each file, its byte order mark with it."""
        return {source.name: source.octets for source in self._sources}

    def policy(self) -> Policy:
        """Return what the texts say, as :func:`hnvemu.load_policy` does.

        Raises:
            PolicyError: Something is wrong; carries everything that is wrong in all files.
        """
        return read_policy(self._sources, Report())

    def with_files(self, texts: dict[str, str]) -> PolicyText:
        """Return these texts with others in the place of some."""
        sources, trees = [], []
        for source, tree in zip(self._sources, self._trees, strict=True):
            text = texts.get(source.name, tree.text)
            same = text == tree.text
            sources.append(source if same else _source(source, text))
            trees.append(tree if same else Tree(text))
        return PolicyText(tuple(sources), tuple(trees))

    # -----------------------------------------------------------------------------------------
    # Edits

    def edited(self, edits: Iterable[Edit]) -> PolicyText:
        """Make the edits one after the other, each in the text that the one before left.

        Comments, order and style stay, and so does every octet that no edit is about. New values
        are written in flow style.

        Raises:
            PolicyError: A text cannot be parsed.
            QuestionError: A path leads nowhere.
        """
        texts = self
        for edit in edits:
            texts = texts._edited(edit)
        return texts

    def edited_at_once(self, edits: Iterable[Edit]) -> PolicyText:
        """Make many edits; all paths are those of these texts, and none leads to another's entry.

        The same as to make them one by one from the last to the first, so that no path is moved by
        an edit before it. The text is read anew only where edits are neighbours.

        Raises:
            PolicyError: A text cannot be parsed.
            QuestionError: A path leads nowhere.
        """
        left = sorted(edits, key=lambda edit: self._find(edit.path).position)
        texts = self
        while left:
            batch = _Batch()
            while left and batch.takes(texts._find(left[-1].path), texts._splices(left[-1])):
                left.pop()
            texts = texts._spliced(batch.splices)
        return texts

    def _edited(self, edit: Edit) -> PolicyText:
        return self._spliced(self._splices(edit))

    def _splices(self, edit: Edit) -> dict[int, list[Splice]]:
        if not edit.path:
            raise QuestionError("a whole policy cannot be edited", "name a key of it")
        found = self._find(edit.path)
        match edit:
            case Put():
                return self._put(found, edit.path, edit.value)
            case Append():
                return self._append(found, edit.path, edit.value)
            case Delete():
                if len(found.keys) < len(edit.path):
                    raise self._nothing_at(edit.path)
                return {file: self._removed(file, found) for file in found.slots}

    def _spliced(self, splices: dict[int, list[Splice]]) -> PolicyText:
        trees = list(self._trees)
        sources = list(self._sources)
        for file, made in splices.items():
            trees[file] = trees[file].changed(made)
            sources[file] = _source(sources[file], trees[file].text)
        return PolicyText(tuple(sources), tuple(trees))

    def _put(self, found: _Found, path: Path, value: object) -> dict[int, list[Splice]]:
        rest = path[len(found.keys) :]
        if not rest:
            first, *others = found.slots
            splices = {first: self._trees[first].replaced(found.slots[first], value)}
            return splices | {file: self._removed(file, found) for file in others}
        return self._made(found, path, value)

    def _removed(self, file: int, found: _Found) -> list[Splice]:
        tree, slot = self._trees[file], found.slots[file]
        if isinstance(found.keys[-1], int) and not isinstance(slot.parent, Sequence):
            return tree.replaced(slot, [])  # it stood for a list of one
        return tree.removed(slot)

    def _append(self, found: _Found, path: Path, value: object) -> dict[int, list[Splice]]:
        if len(found.keys) < len(path):
            return self._made(found, path, [value])
        file = [*found.slots][-1]
        tree, slot = self._trees[file], found.slots[file]
        node = slot.node
        if isinstance(node, Sequence):
            return {file: tree.added(node, value)}
        if isinstance(node, Word) and node.is_null:
            return {file: tree.replaced(slot, [value])}
        return {file: tree.made_a_list(slot, value)}

    def _made(self, found: _Found, path: Path, value: object) -> dict[int, list[Splice]]:
        """Add a key, with the mappings that are missing below it."""
        key, *below = path[len(found.keys) :]
        for step in reversed(below):
            if isinstance(step, int):
                raise self._nothing_at(path)
            value = {step: value}
        if isinstance(key, int):
            raise self._nothing_at(path)
        for file, slot in found.slots.items():
            tree, node = self._trees[file], slot.node
            if isinstance(node, Mapping):
                return {file: tree.added(node, value, key)}
            if isinstance(node, Word) and node.is_null:
                return {file: tree.replaced(slot, {key: value})}
        raise self._nothing_at(path)

    def _nothing_at(self, path: Path) -> QuestionError:
        """Say how far a path leads."""
        found = self._find(path)
        there, step = path_text(found.keys) or "the policy", path[len(found.keys)]
        node = next(iter(found.slots.values())).node
        if isinstance(node, Word):
            return QuestionError(f"{there} is the word '{node.text}' and holds nothing")
        if isinstance(step, int):
            size = sum(_size(slot.node) for slot in found.slots.values())
            return QuestionError(
                f"{there} has no item {step}",
                f"its items are 0 to {size - 1}" if size else "it is empty",
            )
        what = "is a list" if isinstance(node, Sequence) else f"has no key '{step}'"
        return QuestionError(f"{there} {what}")

    # -----------------------------------------------------------------------------------------
    # Places

    def path_of(self, origin: Origin) -> Path:
        """Return the path of the entry that is written at ``origin``.

        Raises:
            QuestionError: Nothing is written there.
        """
        for file, source in enumerate(self._sources):
            if source.name == origin.file and origin.line:
                offset = self._trees[file].offset(origin.line, origin.column)
                found = _place(self._root(file), POLICY, offset)
                if found is not None:
                    return self._joined(found, file)
        raise QuestionError(f"nothing is written at {origin}")

    def value_at(self, path: Path) -> Any:
        """Return what stands at a path: text, lists and dicts; None where nothing stands."""
        found = self._find(path)
        if len(found.keys) < len(path):
            return None
        values = [plain(slot.node) for slot in found.slots.values()]
        value = values[0]
        for other in values[1:]:
            value = _merged(value, other)
        return value

    def _root(self, file: int) -> Node:
        """Return the tree of a file, or raise what is wrong with it as the reader says it."""
        self.check_editable()
        from yaml import YAMLError  # noqa: PLC0415 - as in tree

        try:
            return self._trees[file].root
        except (YAMLError, NotATreeError):
            raise self._unreadable() from None

    def _unreadable(self) -> Exception:
        try:
            self.policy()
        except PolicyError as error:
            return error
        return QuestionError("the policy cannot be edited as text")

    def _find(self, path: Path) -> _Found:
        """Follow a path through all files, as far as it leads."""
        slots = {file: Slot(self._root(file)) for file in range(len(self._sources))}
        for depth, step in enumerate(path):
            onward: dict[int, Slot] = {}
            before = 0
            for file, slot in slots.items():
                if isinstance(step, str):
                    inner = _pair(slot, step)
                else:
                    inner = _item(slot, step - before)
                    before += _size(slot.node)
                if inner is not None:
                    onward[file] = inner
            if not onward:
                return _Found(path[:depth], slots)
            slots = onward
        return _Found(path, slots)

    def _joined(self, path: Path, file: int) -> Path:
        """Return the path in all files of what stands at ``path`` in one of them."""
        joined: Path = ()
        for step in path:
            if isinstance(step, int):
                found = self._find(joined)
                slots = found.slots if found.keys == joined else {}
                step += sum(_size(slot.node) for other, slot in slots.items() if other < file)
            joined = (*joined, step)
        return joined

    # -----------------------------------------------------------------------------------------

    def diff(self, new: PolicyText) -> str:
        """Return a unified diff of these texts and their edited ones, file by file."""
        return "".join(
            _file_diff(source.name, tree.text, other.text)
            for source, tree, other in zip(self._sources, self._trees, new._trees, strict=True)
            if tree.text != other.text
        )


class _Found(NamedTuple):
    """How far a path leads, and what stands there in each file that has it."""

    keys: Path
    slots: dict[int, Slot]

    @property
    def position(self) -> tuple[int, int]:
        """What is sorted by where it stands: the file, and the offset there."""
        return max((file, slot.node.start) for file, slot in self.slots.items())


class _Batch:
    """Splices of several edits, from the back of the texts on, that can be made at once."""

    def __init__(self) -> None:
        self.splices: dict[int, list[Splice]] = {}
        self._changed: dict[int, int] = {}
        """How often what holds an entry was changed, by its identity."""

    def takes(self, found: _Found, splices: dict[int, list[Splice]]) -> bool:
        """Add the splices of one more edit, unless they depend on what is there already."""
        if self.splices and not all(
            self._is_apart(file, slot, splices.get(file, [])) for file, slot in found.slots.items()
        ):
            return False
        for file, slot in found.slots.items():
            for node in (slot.parent, slot.node):
                self._changed[id(node)] = self._changed.get(id(node), 0) + 1
            self.splices[file] = [*splices.get(file, []), *self.splices.get(file, [])]
        return True

    def _is_apart(self, file: int, slot: Slot, splices: list[Splice]) -> bool:
        there = self.splices.get(file)
        if there and splices and splices[-1].end > there[0].start:
            return False
        if self._changed.get(id(slot.node)):
            return False
        parent = slot.parent
        changed = self._changed.get(id(parent), 0)
        # In braces an entry's commas are its neighbours', and a block is never left without any.
        return not changed or (
            parent is not None and not parent.is_flow and changed + 1 < len(children(parent))
        )


def path_text(path: Path) -> str:
    """Return a path as ``--set`` takes it: ``hosts.H1.provider_mtu``, ``port_acls[0]``."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            word = step if step and not set(step) & set(".[]\"'= ") else f'"{step}"'
            text += f".{word}" if text else word
    return text


def _source(old: Source, text: str) -> Source:
    data = text.encode("utf-8", "surrogatepass")
    bom = _BOM if old.octets.startswith(_BOM) else b""
    return Source(old.name, data, bom + data, is_text=True)


def _pair(slot: Slot, key: str) -> Slot | None:
    if not isinstance(slot.node, Mapping):
        return None
    for at, (word, inner) in enumerate(slot.node.pairs):
        if word.text == key:
            return Slot(inner, slot, at)
    return None


def _item(slot: Slot, index: int) -> Slot | None:
    if not isinstance(slot.node, Sequence):
        # What is no list stands for a list of one.
        return slot if index == 0 and _size(slot.node) else None
    if not 0 <= index < len(slot.node.items):
        return None
    return Slot(slot.node.items[index], slot, index)


def _size(node: Node) -> int:
    """Return how many items a list has; what is no list stands for one."""
    if isinstance(node, Sequence):
        return len(node.items)
    return int(not (isinstance(node, Word) and node.is_null))


def _merged(first: Any, second: Any) -> Any:
    if isinstance(first, dict) and isinstance(second, dict):
        keys = dict.fromkeys([*first, *second])
        return {
            key: _merged(first[key], second[key])
            if key in first and key in second
            else first.get(key, second.get(key))
            for key in keys
        }
    if isinstance(first, list) or isinstance(second, list):
        lists = (said if isinstance(said, list) else [said] for said in (first, second))
        return [item for said in lists for item in said]
    return first


def _place(node: Node, kind: Kind | None, offset: int) -> Path | None:
    """Return the path of what begins at ``offset``: of several, the outermost."""
    if isinstance(node, Word):
        return None
    found = entry_at(node, offset)
    if found is None:
        return None
    step, start, inner = found
    below = kind_below(kind, step)
    # A name is the place of what it names, and a mapping of names is no entry itself.
    if offset == (start if isinstance(kind, Names) else inner.start) and not isinstance(
        below, Names
    ):
        return (step,)
    if inner.start <= offset < inner.end:
        deeper = _place(inner, below, offset)
        return None if deeper is None else (step, *deeper)
    return None


def kind_below(kind: Kind | None, step: str | int) -> Kind | None:
    """Return what the format wants under a key or an index; None where it does not look."""
    if isinstance(kind, Either):
        kind = kind.mapping if isinstance(step, str) else kind.sequence or kind.scalar
    if isinstance(step, int):
        return kind.item if isinstance(kind, ListOf) else None
    if isinstance(kind, Names):
        return kind.item
    if isinstance(kind, Record) and step in kind.by_key:
        return kind.by_key[step][2].kind
    return None


def _file_diff(name: str, old: str, new: str) -> str:
    before, after = lines_of(old), lines_of(new)
    name = name.lstrip("/")
    parts = [f"--- a/{name}\n+++ b/{name}\n"]
    # Equal ends are left out of the comparison, whose cost grows with the square of its lines.
    head = _common(before, after)
    tail = _common(before[head:][::-1], after[head:][::-1])
    first = max(0, head - _CONTEXT)
    matcher = difflib.SequenceMatcher(
        None,
        before[first : len(before) - max(0, tail - _CONTEXT)],
        after[first : len(after) - max(0, tail - _CONTEXT)],
    )
    for group in matcher.get_grouped_opcodes(_CONTEXT):
        start, end = group[0], group[-1]
        old_range = _range(first + start[1], first + end[2])
        new_range = _range(first + start[3], first + end[4])
        parts.append(f"@@ -{old_range} +{new_range} @@\n")
        for tag, old_start, old_end, new_start, new_end in group:
            gone = before[first + old_start : first + old_end]
            if tag == "equal":
                parts += [_line(" ", line) for line in gone]
                continue
            parts += [_line("-", line) for line in gone]
            parts += [_line("+", line) for line in after[first + new_start : first + new_end]]
    return "".join(parts)


def _line(sign: str, line: str) -> str:
    return sign + line if line.endswith("\n") else f"{sign}{line}\n\\ No newline at end of file\n"


def _common(first: list[str], second: list[str]) -> int:
    pairs = enumerate(zip(first, second, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(first), len(second)))


def _range(start: int, end: int) -> str:
    length = end - start
    first = start + 1 if length else start
    return str(first) if length == 1 else f"{first},{length}"
