"""Reads one file: a descent over the parser's events, directed by the table of the format.

Rules of the file: no tree is built between the text and the values. A scalar is converted at once
by its key's own type; what cannot be is a finding at its place, and reading goes on behind it.
YAML's own resolution of types is not used, so a MAC of digits is no number and ``no`` no boolean.

    get_event ──▶ _record ──▶ convert ──▶ make(**values, origin)
                    │   ▲
                    ▼   │ a value that is not one plain word
                  value ──▶ _scalar · _list · _names · _record · skip
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NoReturn, assert_never

from hnvemu.findings import Note
from hnvemu.model.origin import Origin
from hnvemu.reader import fields
from hnvemu.reader.format import POLICY
from hnvemu.reader.report import FIRST, REMOVE, RENAME, Report, nearest
from hnvemu.reader.rows import IrregularError, RowReader, cut
from hnvemu.reader.shape import (
    Anything,
    Either,
    ListOf,
    Names,
    Placed,
    Record,
    RefusedError,
    Scalar,
    squeezed,
)
from hnvemu.reader.syntax import explain

if TYPE_CHECKING:
    from hnvemu.reader.rows import Run
    from hnvemu.reader.shape import Kind
    from hnvemu.reader.source import Source

BAD: Final = object()
"""Stands for a value that could not be read."""
_DEEPEST = 40
_EMPTY = frozenset({"", "~", "null", "Null", "NULL"})
_START = "a policy begins with hnv: 1"
_WHAT = {
    "ScalarEvent": "a word",
    "MappingStartEvent": "a mapping",
    "SequenceStartEvent": "a list",
    "AliasEvent": "an alias",
}


class _TooDeepError(Exception):
    """The file is nested too deeply to go on."""


class Document:
    """What one file says."""

    __slots__ = ("complete", "said", "sections", "start")

    def __init__(self, start: Origin) -> None:
        self.sections: dict[str, Any] = {}
        """The values of the top-level keys that could be read."""
        self.said: frozenset[str] = frozenset()
        """The top-level keys, whatever their values."""
        self.complete = False
        """Whether every name that the file declares was seen."""
        self.start = start


def read_document(source: Source, report: Report) -> Document:
    """Read a file, reporting everything that is wrong with it."""
    import yaml  # noqa: PLC0415 - a tenth of the start-up time, and not every command reads

    document = Document(Origin(source.name, 1, 1))
    if not source.is_text:
        return document
    # The C parser where PyYAML has it; both give the same events and places.
    parser = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    data, runs = cut(source.data)
    if runs:
        try:
            found = Report()
            _Descent(source, found, parser(data), runs).read(document)
            if not (found or runs):
                return document
        except (yaml.YAMLError, _TooDeepError, IrregularError):
            pass
        document = Document(document.start)
    try:
        _Descent(source, report, parser(source.data), {}).read(document)
    except yaml.YAMLError as error:
        message, origin, notes, advice = explain(error, source)
        report.add(message, origin, notes=notes, help=advice)
        document.complete = False
    except _TooDeepError:
        document.complete = False
    return document


class _Descent:
    """The state of reading one file."""

    def __init__(self, source: Source, report: Report, parser: Any, runs: dict[int, Run]) -> None:
        from yaml import events  # noqa: PLC0415 - see read_document

        self._file = source.name
        self._report = report
        self._get = parser.get_event
        self._runs = runs
        # Without these signs there is neither anchor nor tag, and nobody has to look.
        self._decorations = b"&" in source.data or b"!" in source.data
        self._depth = 0
        self._key = ""
        self._in_list = False
        self._complete = True
        self._said: dict[str, Any] = {}
        self._alias = events.AliasEvent
        self._scalar_start = events.ScalarEvent
        self._mapping_start = events.MappingStartEvent
        self._mapping_end = events.MappingEndEvent
        self._sequence_start = events.SequenceStartEvent
        self._sequence_end = events.SequenceEndEvent
        self._stream_end = events.StreamEndEvent

    def read(self, document: Document) -> None:
        """Read the one document of the file."""
        get = self._get
        get()
        if get().__class__ is self._stream_end:
            self._add("the file is empty", document.start, help=_START)
            return
        root = get()
        document.start = self._origin(root.start_mark)
        if root.__class__ is self._scalar_start and not root.value:
            self._add("the document is empty", document.start, help=_START)
        elif root.__class__ is self._mapping_start:
            document.sections = self.value(POLICY, root)
            document.complete = self._complete
            document.said = frozenset(self._said)
        else:
            what = _WHAT[root.__class__.__name__]
            self._add(f"the file is {what} and not a mapping", document.start, help=_START)
            self._skip(root)
        get()
        extra = get()
        if extra.__class__ is not self._stream_end:
            self._add(
                "a second document begins here, and a policy file holds one",
                self._origin(extra.start_mark),
                help="remove the '---', or make two files of it",
            )

    def value(self, kind: Kind, event: Any) -> Any:
        """Read any value; ``BAD`` where it is not of its kind."""
        if event.__class__ is self._alias:
            self._alias_found(event)
            return BAD
        if self._is_decorated(event):
            self._decoration(event)
        match kind:
            case Scalar():
                return self._scalar(kind, event)
            case ListOf():
                return self._list(kind, event)
            case Record():
                if event.__class__ is self._mapping_start:
                    return self._record(kind, event.start_mark)
                return self._wrong_kind(event, kind)
            case Names():
                return self._names(kind, event)
            case Either():
                return self._either(kind, event)
            case Anything():
                self._skip(event)
                return None
            case _:
                assert_never(kind)

    def _scalar(self, kind: Scalar, event: Any) -> Any:
        if event.__class__ is not self._scalar_start:
            return self._wrong_kind(event, kind)
        text = event.value
        if text in _EMPTY and event.implicit[0]:
            return self._nothing(kind, event)
        try:
            value = kind.read(text)
        except ValueError as error:
            return self._refused(error, kind, event)
        return value if kind.make is None else kind.make(value, self._origin(event.start_mark))

    def _either(self, kind: Either, event: Any) -> Any:
        chosen: Kind | None
        if event.__class__ is self._scalar_start:
            chosen = kind.scalar
        elif event.__class__ is self._mapping_start:
            chosen = kind.mapping
        else:
            chosen = kind.sequence
        return self._wrong_kind(event, kind) if chosen is None else self.value(chosen, event)

    def _list(self, kind: ListOf, event: Any) -> Any:
        item = kind.item
        values: list[Any] = []
        sound = True
        if event.__class__ is self._sequence_start:
            self._enter(event)
            get = self._get
            key = self._key
            record = item if isinstance(item, Record) else None
            while (inner := get()).__class__ is not self._sequence_end:
                if (
                    record is not None
                    and inner.__class__ is self._mapping_start
                    and not (self._decorations and self._is_decorated(inner))
                ):
                    value = self._record(record, inner.start_mark)
                else:
                    self._key, self._in_list = key, True
                    value = self.value(item, inner)
                if value is BAD:
                    sound = False
                else:
                    values.append(value)
                if self._runs and record is not None and not event.flow_style:
                    self._listed_rows(record, inner.start_mark, values)
            self._depth -= 1
        elif event.__class__ is self._scalar_start and isinstance(item, Scalar | Either):
            value = self.value(item, event)
            sound = value is not BAD
            values.append(value)
        else:
            return self._wrong_kind(event, kind)
        if not sound:
            # Records that are good are looked at further, for what else is wrong.
            return tuple(values) if isinstance(item, Record) else BAD
        try:
            return kind.combine(tuple(values))
        except ValueError as error:
            return self._refused(error, None, event)

    def _names(self, kind: Names, event: Any) -> Any:
        """Read a mapping of names; a name whose value is bad is known all the same."""
        if event.__class__ is not self._mapping_start:
            return self._wrong_kind(event, kind)
        self._enter(event)
        named: dict[str, Placed] = {}
        item = kind.item
        get = self._get
        scalar_start = self._scalar_start
        while (key := get()).__class__ is not self._mapping_end:
            if key.__class__ is scalar_start and not self._decorations:
                inner = get()
            else:
                inner = self._value_of(key)
            if inner is None:
                continue
            text = key.value
            origin = self._origin(key.start_mark)
            first = named.get(text)
            if first is not None:
                message = f"the {kind.noun} '{text}' is defined twice"
                self._add(message, origin, notes=(Note(FIRST, first.origin),), help=RENAME)
                if isinstance(item, Record):
                    self._lost(item, inner)
            try:
                fields.name(text)
            except ValueError as error:
                self._refused(error, None, key)
            self._key, self._in_list = text, False
            if inner.__class__ is self._mapping_start and isinstance(item, Record):
                if self._is_decorated(inner):
                    self._decoration(inner)
                value = self._record(item, key.start_mark, origin)
            else:
                value = self.value(item, inner)
            if value is BAD and isinstance(item, Record):
                value = {}
                self._lost(item, inner)
            # What stands there the second time is read for its mistakes alone.
            named.setdefault(text, Placed(value, origin))
            if self._runs and not event.flow_style:
                self._named_rows(item, key.start_mark, named)
        self._depth -= 1
        return named

    def _named_rows(self, item: Kind, first: Any, named: dict[str, Placed]) -> None:
        """Read the rows behind an entry of a block mapping, if any were cut out there."""
        run = self._runs.get(first.line)
        if run is None or run.column != first.column or not isinstance(item, Record):
            return
        del self._runs[first.line]
        reader = RowReader(item, self._file)
        for line, row in enumerate(run.rows, first.line + 2):
            text, _, pairs = row.partition(": {")
            if text in named:
                raise IrregularError
            origin = Origin(self._file, line, run.column + 1)
            column = run.column + len(text) + 4
            named[text] = Placed(reader.record(pairs, line, column, origin), origin)

    def _listed_rows(self, item: Record, first: Any, values: list[Any]) -> None:
        """Read the rows behind an entry of a block list, if any were cut out there."""
        run = self._runs.get(first.line)
        if run is None or run.column + 2 != first.column:
            return
        del self._runs[first.line]
        reader = RowReader(item, self._file)
        column = first.column + 1
        for line, row in enumerate(run.rows, first.line + 2):
            origin = Origin(self._file, line, column)
            values.append(reader.record(row[3:], line, column + 1, origin))

    def _record(self, kind: Record, mark: Any, origin: Origin | None = None) -> Any:
        """Read the keys of a record and make it: where the time goes."""
        get = self._get
        scalar_start = self._scalar_start
        mapping_end = self._mapping_end
        decorations = self._decorations
        index = kind.by_key
        values: dict[str, Any] = {}
        keys: dict[str, Any] = {}
        meant: set[str | None] = set()
        sound = True
        self._depth += 1
        if self._depth > _DEEPEST:
            self._too_deep(mark)
        while (key := get()).__class__ is not mapping_end:
            if key.__class__ is not scalar_start or (decorations and self._is_decorated(key)):
                event = self._value_of(key)
                if event is None:
                    sound = False
                    continue
            else:
                event = get()
            found = index.get(key.value)
            if found is None:
                meant.add(self._unknown(kind, key, event, keys))
                sound = False
                continue
            into, convert, field = found
            if into in keys:
                message = f"the key '{field.key}' stands twice in {kind.noun}"
                first = Note(FIRST, self._origin(keys[into].start_mark))
                self._add(message, self._origin(key.start_mark), notes=(first,), help=REMOVE)
                self._lost(kind, event)
                self._key, self._in_list = field.key, False
                self.value(field.kind, event)  # for its mistakes alone
                sound = False
                continue
            keys[into] = key
            if (
                convert is not None
                and event.__class__ is scalar_start
                and not (decorations and self._is_decorated(event))
                and not ((text := event.value) in _EMPTY and event.implicit[0])
            ):
                try:
                    values[into] = convert(text)
                except ValueError as error:
                    of_one = field.kind.item if isinstance(field.kind, ListOf) else field.kind
                    self._refused(error, of_one, event)
                    sound = False
            else:
                self._key, self._in_list = field.key, False
                value = self.value(field.kind, event)
                if value is BAD:
                    sound = False
                    self._lost(kind, event)
                else:
                    values[into] = value
        self._depth -= 1
        if (
            not kind.required <= keys.keys()
            or kind.one_of
            or (kind.instead is not None and kind.instead.key in keys)
        ):
            sound = self._is_complete(kind, mark, keys, meant) and sound
        self._said = keys
        # A draft is looked at further, for what else is wrong.
        if not sound and kind.make is not dict:
            return BAD
        values["origin"] = origin or self._origin(mark)
        return values if kind.make is dict else kind.make(**values)

    def _is_complete(
        self, kind: Record, mark: Any, keys: dict[str, Any], meant: set[str | None]
    ) -> bool:
        """Report keys that are missing, and keys that cannot stand together.

        A key that stands there misspelt, one of ``meant``, is not reported as missing too.
        """
        if kind.instead is not None and kind.instead.key in keys:
            allowed = {kind.instead.key, *kind.instead.beside}
            alone = True
            for into, key in keys.items():
                if into not in allowed:
                    message = f"the key '{key.value}' stands beside '{kind.instead.key}'"
                    advice = f"write it in each of the {kind.instead.key}"
                    self._add(message, self._origin(key.start_mark), help=advice)
                    alone = False
            return alone
        found = [key for key in kind.one_of if key in keys]
        if kind.one_of and len(found) != 1 and not (meant and not found):
            said = f"has {' and '.join(found)}" if found else "has no verb"
            message = f"{kind.noun} {said}, and exactly one is wanted"
            self._add(message, self._origin(mark), help=f"one of {', '.join(kind.one_of)}")
            return False
        missing = [
            field
            for into, _, field in kind.by_key.values()
            if field.required and into not in keys and field.key not in meant
        ]
        if missing:
            lacking = " and ".join(f"'{field.key}'" for field in missing)
            advice = "; ".join(f"{field.key} is {_wanted(field.kind)}" for field in missing)
            self._add(f"{kind.noun} lacks {lacking}", self._origin(mark), help=advice)
        return not missing

    def _value_of(self, key: Any) -> Any:
        """Return the event behind a key; None, with both reported, where the key is none."""
        if key.__class__ is self._scalar_start:
            if self._is_decorated(key):
                self._decoration(key)
            return self._get()
        if key.__class__ is self._alias:
            self._alias_found(key)
        else:
            what = _WHAT[key.__class__.__name__]
            self._add(
                f"a key is {what} and not a word", self._origin(key.start_mark), help="quote it"
            )
            self._skip(key)
        self._skip(self._get())
        return None

    def _unknown(self, kind: Record, key: Any, event: Any, keys: dict[str, Any]) -> str | None:
        """Report a key that the format does not have, pass over it, and return what was meant."""
        word = key.value
        meant = None
        advice = kind.hints.get(word)
        if word == "<<":
            advice = "merge keys are not read: write the keys out"
        elif advice is None and self._report.has_room(self._file):
            meant = kind.cmdlets.get(squeezed(word))
            free = [other for other, (into, _, _) in kind.by_key.items() if into not in keys]
            if meant is not None:
                advice = f"the format calls it '{meant}'"
            elif (meant := nearest(word, free)) is not None:
                advice = f"did you mean '{meant}'?"
            else:
                advice = f"{kind.noun} has {', '.join(kind.by_key)}"
        message = f"the key '{word}' is unknown in {kind.noun}"
        self._add(message, self._origin(key.start_mark), help=advice)
        self._lost(kind, event)
        self._skip(event)
        return meant

    def _lost(self, kind: Record, event: Any) -> None:
        """Remember that names may be missing, so that nobody is told that they are unknown."""
        if kind.declares_names and event.__class__ is not self._scalar_start:
            self._complete = False

    def _skip(self, event: Any) -> None:
        """Pass over a value; what YAML allows and the format does not is reported in it too."""
        depth = self._depth
        while True:
            kind = event.__class__
            if kind is self._mapping_start or kind is self._sequence_start:
                self._enter(event)
            elif kind is self._mapping_end or kind is self._sequence_end:
                self._depth -= 1
            elif kind is self._alias:
                self._alias_found(event)
            if self._depth == depth:
                return
            event = self._get()

    def _enter(self, event: Any) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            self._too_deep(event.start_mark)

    def _too_deep(self, mark: Any) -> NoReturn:
        self._add(
            f"the nesting is deeper than {_DEEPEST} levels",
            self._origin(mark),
            help="no policy needs that: a bracket may be missing or doubled",
        )
        raise _TooDeepError

    @staticmethod
    def _is_decorated(event: Any) -> bool:
        return event.anchor is not None or event.tag is not None

    def _decoration(self, event: Any) -> None:
        origin = self._origin(event.start_mark)
        if event.anchor is not None:
            self._add(
                f"the anchor '&{event.anchor}' is not allowed",
                origin,
                help="write the value out where it is needed, or quote a text that begins with &",
            )
        else:
            self._add(
                f"the tag '{event.tag}' is not allowed",
                origin,
                help="remove it, or quote a text that begins with !",
            )

    def _alias_found(self, event: Any) -> None:
        self._add(
            f"the alias '*{event.anchor}' is not allowed",
            self._origin(event.start_mark),
            help=f'a glob that begins with * needs quotes: "*{event.anchor}"',
        )

    def _refused(self, error: ValueError, kind: Kind | None, event: Any) -> Any:
        code, advice = (error.code, error.help) if isinstance(error, RefusedError) else (None, None)
        if isinstance(kind, Scalar):
            code, advice = code or kind.code, advice or kind.help
        self._add(str(error), self._origin(event.start_mark), code=code, help=advice)
        return BAD

    def _nothing(self, kind: Kind, event: Any) -> Any:
        subject = f"an item of '{self._key}'" if self._in_list else f"'{self._key}'"
        advice = _none_of(kind)
        self._add(f"{subject} has no value", self._origin(event.start_mark), help=advice)
        return BAD

    def _wrong_kind(self, event: Any, kind: Kind) -> Any:
        """Report a value of another YAML kind, and pass over it."""
        if event.__class__ is self._scalar_start and event.value in _EMPTY and event.implicit[0]:
            return self._nothing(kind, event)
        subject = f"an item of '{self._key}'" if self._in_list else f"'{self._key}'"
        what = _WHAT[event.__class__.__name__]
        advice = None
        if isinstance(kind, ListOf) and event.__class__ is self._mapping_start:
            advice = "begin each entry with '- '"
        self._add(
            f"{subject} is {what}, and wanted is {_wanted(kind)}",
            self._origin(event.start_mark),
            help=advice,
        )
        self._skip(event)
        return BAD

    def _origin(self, mark: Any) -> Origin:
        return Origin(self._file, mark.line + 1, mark.column + 1)

    def _add(
        self,
        message: str,
        origin: Origin,
        *,
        code: str | None = None,
        help: str | None = None,  # noqa: A002 - the word of the output
        notes: tuple[Note, ...] = (),
    ) -> None:
        self._report.add(message, origin, code=code, help=help, notes=notes)


def _wanted(kind: Kind) -> str:
    match kind:
        case Scalar():
            return kind.noun
        case Record():
            return f"a mapping, {kind.noun}"
        case ListOf():
            return "a list"
        case Names():
            return f"a mapping, each {kind.noun} by its name"
        case Either():
            ways = (kind.scalar, kind.mapping, kind.sequence)
            return " or ".join(_wanted(way) for way in ways if way is not None)
        case Anything():
            return "anything"
        case _:
            assert_never(kind)


def _none_of(kind: Kind) -> str:
    """Say what to write in place of nothing."""
    match kind:
        case ListOf():
            return "write [] for an empty list, or leave the key out"
        case Names() | Record():
            return "write {} for none, or leave the key out"
        case _:
            return f"write {_wanted(kind)}"
