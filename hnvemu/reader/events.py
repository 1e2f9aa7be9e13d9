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

from typing import TYPE_CHECKING, Any, Final, assert_never

from hnvemu.findings import Note
from hnvemu.model.origin import Origin
from hnvemu.reader.format import POLICY
from hnvemu.reader.report import did_you_mean
from hnvemu.reader.shape import (
    Anything,
    Either,
    ListOf,
    Names,
    Placed,
    Record,
    Refused,
    Scalar,
    squeezed,
)
from hnvemu.reader.syntax import explain

if TYPE_CHECKING:
    from hnvemu.reader.report import Report
    from hnvemu.reader.shape import Field, Kind
    from hnvemu.reader.source import Source

BAD: Final = object()
"""Stands where a value could not be read, so that its key is not missed as well."""
_DEEPEST = 40
_EMPTY = frozenset({"", "~", "null", "Null", "NULL"})


class _TooDeepError(Exception):
    """The file is nested too deeply to go on."""


class Document:
    """What one file says."""

    __slots__ = ("complete", "sections", "start")

    def __init__(self, start: Origin) -> None:
        self.sections: dict[str, Any] = {}
        """The values of the top-level keys."""
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
    try:
        _Descent(source, report, parser(source.data)).read(document)
    except yaml.YAMLError as error:
        message, origin, notes, advice = explain(error, source)
        report.add(message, origin, notes=notes, help=advice)
        document.complete = False
    except _TooDeepError:
        document.complete = False
    return document


class _Descent:
    """The state of reading one file."""

    def __init__(self, source: Source, report: Report, parser: Any) -> None:
        from yaml import events  # noqa: PLC0415 - see read_document

        self._file = source.name
        self._report = report
        self._get = parser.get_event
        # Without these signs there is neither anchor nor tag, and nobody has to look.
        self._decorations = b"&" in source.data or b"!" in source.data
        self._depth = 0
        self._key = ""
        self._complete = True
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
        if event.anchor is not None or event.tag is not None:
            self._decoration_found(event)
        match kind:
            case Scalar():
                return self._scalar(kind, event)
            case ListOf():
                return self._list(kind, event)
            case Record():
                if event.__class__ is self._mapping_start:
                    return self._record(kind, event.start_mark)
                return self._wrong_kind(event, f"a mapping: {kind.noun}")
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
            return self._wrong_kind(event, f"one value: {kind.noun}")
        text = event.value
        if text in _EMPTY and event.implicit[0]:
            return self._nothing(event, kind)
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
        if chosen is not None:
            return self.value(chosen, event)
        if event.__class__ is self._scalar_start and event.value in _EMPTY and event.implicit[0]:
            return self._nothing(event, kind)
        return self._wrong_kind(event, _wanted(kind))

    def _list(self, kind: ListOf, event: Any) -> Any:
        item = kind.item
        values: list[Any] = []
        if event.__class__ is self._sequence_start:
            self._enter(event)
            get = self._get
            records = item if isinstance(item, Record) else None
            while (inner := get()).__class__ is not self._sequence_end:
                if records is not None and inner.__class__ is self._mapping_start:
                    if self._decorations and (inner.anchor is not None or inner.tag is not None):
                        self._decoration_found(inner)
                    value = self._record(records, inner.start_mark)
                else:
                    value = self.value(item, inner)
                values.append(value)
            self._depth -= 1
        elif event.__class__ is self._scalar_start and isinstance(item, Scalar | Either):
            values.append(self.value(item, event))
        elif event.__class__ is self._scalar_start and event.value in _EMPTY and event.implicit[0]:
            return self._nothing(event, kind)
        else:
            return self._wrong_kind(event, _wanted(kind))
        if BAD in values:
            return BAD
        try:
            return kind.combine(tuple(values))
        except ValueError as error:
            return self._refused(error, None, event)

    def _names(self, kind: Names, event: Any) -> Any:
        """Read a mapping of names; a value that is bad stands there all the same."""
        if event.__class__ is not self._mapping_start:
            if event.__class__ is self._scalar_start and event.value in _EMPTY and event.implicit[0]:
                return self._nothing(event, kind)
            return self._wrong_kind(event, _wanted(kind))
        self._enter(event)
        named: dict[str, Placed] = {}
        item = kind.item
        while (key := self._get()).__class__ is not self._mapping_end:
            inner = self._key_of(key)
            if inner is None:
                continue
            origin = self._origin(key.start_mark)
            text = key.value
            self._key = text
            if text in named:
                self._twice(f"the {kind.noun} '{text}' is defined twice", origin, named[text].origin)
                self._skip(inner)
                continue
            try:
                name(text)
            except ValueError as error:
                self._refused(error, None, key)
            if inner.__class__ is self._mapping_start and isinstance(item, Record):
                if inner.anchor is not None or inner.tag is not None:
                    self._decoration_found(inner)
                value = self._record(item, key.start_mark)
            else:
                value = self.value(item, inner)
            named[text] = Placed(value, origin)
        self._depth -= 1
        return named

    def _record(self, kind: Record, mark: Any) -> Any:
        """Read the keys of a record and make it: where the time goes."""
        get = self._get
        scalar_start = self._scalar_start
        decorations = self._decorations
        index = kind.index
        values: dict[str, Any] = {}
        keys: dict[str, Any] = {}
        self._depth += 1
        if self._depth > _DEEPEST:
            self._too_deep(mark)
        while (key := get()).__class__ is not self._mapping_end:
            if key.__class__ is not scalar_start or (
                decorations and (key.anchor is not None or key.tag is not None)
            ):
                event = self._key_of(key)
                if event is None:
                    continue
            else:
                event = get()
            found = index.get(key.value)
            if found is None:
                self._unknown(kind, key, event, values)
                continue
            into, convert, field = found
            if into in values:
                message = f"the key '{field.key}' stands here twice"
                self._twice(message, self._origin(key.start_mark), self._origin(keys[into].start_mark))
                self._skip(event)
                continue
            keys[into] = key
            if (
                convert is None
                or event.__class__ is not scalar_start
                or (decorations and (event.anchor is not None or event.tag is not None))
            ):
                self._key = field.key
                value = self.value(field.kind, event)
                if value is BAD and kind.declares_names and not isinstance(field.kind, Scalar):
                    self._complete = False
                values[into] = value
                continue
            text = event.value
            if text in _EMPTY and event.implicit[0]:
                self._key = field.key
                values[into] = self._nothing(event, field.kind)
                continue
            try:
                values[into] = convert(text)
            except ValueError as error:
                values[into] = self._refused(error, field.kind, event)
        self._depth -= 1
        if not kind.required <= values.keys() or kind.instead or kind.one_of:
            self._check(kind, mark, keys, values)
        if BAD in values.values():
            return BAD
        return kind.make(**values, origin=self._origin(mark))
