"""The way of a packet as a drawing: VM, host, tunnel, host, VM, and what stopped it.

Rules of the file: shapes and words say everything, colours only repeat it. Nobody measures text
here, so widths are estimates on the safe side; what a box has no room for ends in an ellipsis and
stands in full in the drawing's description. The drawing's colours are those of the page.

A way is a tree, for a broadcast has copies. It is laid out twice, for pages wide and narrow:

    wide     A -- H1 == tunnel == H2 -- X        narrow   A
                                                          |
                                                          H1
                                                          ||  tunnel
"""

from __future__ import annotations

import unicodedata
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from hnvemu.render.layout import printable
from hnvemu.render.markup import css_class, text
from hnvemu.render.wording import words
from hnvemu.trace.outcome import Outcome
from hnvemu.trace.steps import Arrived, Entered, PassedThrough

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.trace.trace import Trace
    from hnvemu.wire.encapsulation import Tunnel

WIDEST: Final = 1046  # a wider drawing would be shrunk until nobody can read it
_NARROW: Final = 320
_SLIMMEST: Final = 104  # of a column
_BROADEST: Final = 190
_PAD: Final = 12
_ROOM: Final = _BROADEST - 2 * _PAD
_CABLE: Final = 46
_TUNNEL: Final = 196
_BACK: Final = 112
_MOST_LINES: Final = 3
_INDENT: Final = 26


class Shape(Enum):
    """What a station is. The value is the drawing of its icon in a square of 24."""

    VM = "M3 4h18v12H3zM8 20h8M12 16v4"
    HOST = "M4 3h16v7H4zM4 14h16v7H4zM7.5 6.5h.01M7.5 17.5h.01M12 6.5h5M12 17.5h5"
    OUTSIDE = "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM3 12h18M12 3c-5 6-5 12 0 18 5-6 5-12 0-18"
    STOP = "M7.5 1.5h9l6 6v9l-6 6h-9l-6-6v-9zM8 8l8 8M16 8l-8 8"
    UNSURE = "M12 1 23 12 12 23 1 12zM9.4 9.6a2.7 2.7 0 1 1 3.9 2.4c-.9.5-1.3 1-1.3 2M12 17h.01"


class Way(Enum):
    """How a packet gets from one station to the next."""

    CABLE = "cable"
    TUNNEL = "tunnel"
    BACK = "back"
    """There, and the answer the same way back."""
    UNUSED = "unused"
    """It was not sent on."""


class Station(NamedTuple):
    """A place that the packet reached, or what it met there."""

    shape: Shape
    name: str
    about: tuple[str, ...]
    word: str = ""
    """What became of the packet, at the station where that happened."""
    tone: str = ""
    """Class of the colours: ``good``, ``bad``, ``unsure`` or ``ghost``."""
    links: tuple[Link, ...] = ()

    @property
    def is_sign(self) -> bool:
        """Whether it is a sign that blocks the way and not a place."""
        return self.shape in {Shape.STOP, Shape.UNSURE}


class Link(NamedTuple):
    """The way to the next station."""

    way: Way
    label: tuple[str, ...]
    to: Station


def word_of(outcome: Outcome) -> str:
    """Return an outcome as the verdict writes it: ``TO GATEWAY``."""
    return outcome.value.replace("_", " ").upper()


def drawing(trace: Trace, ident: str) -> str:
    """Return the way of a packet as one or two elements ``svg``, for pages wide and narrow.

    Args:
        trace: With its branches, if it has some; its reply is another drawing.
        ident: Unique in the page: the elements' ids begin with it.
    """
    start = stations(trace)
    wide, narrow = _Wide(start), _Narrow(start)
    if wide.width > WIDEST:
        return _svg(narrow, start, ident, "any")
    return _svg(wide, start, ident, "wide") + _svg(narrow, start, f"{ident}-narrow", "narrow")


def _svg(layout: _Wide | _Narrow, start: Station, ident: str, css: str) -> str:
    width, height = round(layout.width), round(layout.height)
    return (
        f'<svg class="{css}" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        f' role="img" aria-labelledby="{ident}-title {ident}-desc">'
        f'<title id="{ident}-title">The way of the packet</title>'
        f'<desc id="{ident}-desc">{text(description(start))}</desc>'
        f"{''.join(layout.parts)}</svg>\n"
    )


# What is drawn


def stations(trace: Trace) -> Station:
    """Return the place where the packet entered, linked to all that it reached."""
    first = trace.hops[0].steps[0]
    host = _host(trace, 0)
    if isinstance(first, Arrived):
        what = "a frame that is no tunnel" if first.fault else "a frame that nobody here sent"
        link = _link(None if first.fault else first.tunnel, host)
        return Station(Shape.OUTSIDE, "provider network", (what,), links=(link,))
    about = ("VM",)
    if isinstance(first, (Entered, PassedThrough)):
        about = (f"VM, VSID {first.port.vsid}" if first.port.vsid else "VM, no VSID",)
    if trace.outcome is Outcome.ANSWERED:
        link = Link(Way.BACK, (), host)
        return Station(Shape.VM, trace.at, about, word_of(trace.outcome), "good", (link,))
    return Station(Shape.VM, trace.at, about, links=(Link(Way.CABLE, (), host),))


def _host(trace: Trace, position: int) -> Station:
    """Return a host of the path with all that comes after it."""
    node = trace.hops[position].node
    tunnel = trace.wire[position].tunnel if position < len(trace.wire) else None
    if position + 1 < len(trace.hops):
        links = [_link(tunnel, _host(trace, position + 1))]
    else:
        links = list(_endings(trace))
        for branch in trace.branches:
            host = _host(branch, 0)
            # A copy begins at the host that made it, or behind the tunnel that all of them share.
            links += host.links if tunnel is None else [_link(tunnel, host)]
    return Station(Shape.HOST, node, ("host",), links=tuple(links))


def _link(tunnel: Tunnel | None, to: Station) -> Link:
    if tunnel is None:
        return Link(Way.CABLE, (), to)
    vlan = (f"VLAN {tunnel.vlan}",) if tunnel.vlan else ()
    label = (
        f"{tunnel.encapsulation.upper()}, VSID {tunnel.vsid}",
        str(tunnel.src),
        f"→ {tunnel.dst}",
        *vlan,
    )
    return Link(Way.TUNNEL, label, to)


def _endings(trace: Trace) -> Iterator[Link]:
    """Yield where the packet ended up after the last host."""
    outcome, tone, word = trace.outcome, css_class(trace.outcome), word_of(trace.outcome)
    match outcome:
        case Outcome.DROPPED | Outcome.UNDECIDED:
            shape = Shape.STOP if outcome is Outcome.DROPPED else Shape.UNSURE
            stage = words(trace.path.last).stage
            unreached: tuple[Link, ...] = ()
            if trace.receiver is not None:
                ghost = Station(Shape.VM, trace.receiver, ("VM", "not reached"), tone="ghost")
                unreached = (Link(Way.UNUSED, (), ghost),)
            about = (f"at {stage}", *((trace.reason.value,) if trace.reason else ()))
            yield Link(Way.CABLE, (), Station(shape, word, about, tone=tone, links=unreached))
        case Outcome.EXTERNAL_ROUTER:
            yield Link(Way.CABLE, (), Station(Shape.OUTSIDE, "external router", (), word, tone))
        case Outcome.PASSED_THROUGH | Outcome.TO_OUTSIDE:
            where = "outside HNV" if outcome is Outcome.PASSED_THROUGH else "outside"
            yield Link(Way.CABLE, (), Station(Shape.OUTSIDE, where, (), word, tone))
        case Outcome.DELIVERED | Outcome.TO_GATEWAY:
            for frame in trace.delivered:
                about = (f"VM, VSID {frame.vsid}",)
                vm = Station(Shape.VM, frame.to, about, word, tone)
                yield Link(Way.CABLE, (), vm)
        case Outcome.ANSWERED | Outcome.REPLICATED:
            pass  # the answer goes back the same way; copies are branches


def description(station: Station) -> str:
    """Return what the drawing shows as a sentence without its full stop."""
    what = {Shape.VM: "VM ", Shape.HOST: "host "}.get(station.shape, "")
    about = ", ".join(part for part in station.about if part not in {"VM", "host"})
    about = f" ({about.removeprefix('VM, ')})" if about else ""
    word = f", {station.word}" if station.word else ""
    here = f"{what}{station.name}{about}{word}"
    onward = []
    for link in station.links:
        through = f"through the tunnel {' '.join(link.label)} " if link.label else ""
        leads = {Way.UNUSED: "and not on to", Way.BACK: "to and back from"}.get(link.way, "to")
        onward.append(f"{through}{leads} {description(link.to)}")
    if len(onward) > 1:
        onward = [f"copy {number} {way}" for number, way in enumerate(onward, 1)]
    return ", ".join((here, *onward))


# Text in boxes

_SLIM: Final = frozenset("iljftrI.,:;|!'()[]/\\ -")
_BROAD: Final = frozenset("mwMW@%&")


@lru_cache(maxsize=1024)
def _em(letter: str) -> float:
    """Return an estimate of a letter's width, of which few fonts have more."""
    if letter in _SLIM:
        return 0.42
    if letter in _BROAD:
        return 1.0
    if unicodedata.combining(letter):
        return 0
    if unicodedata.east_asian_width(letter) in {"W", "F"}:
        return 1.15
    return 0.72 if letter.isupper() else 0.62


def _fitted(value: str, width: float, size: float) -> list[str]:
    """Break a text into few lines that fit, at signs that separate, or anywhere if need be."""
    lines: list[str] = []
    rest = printable(value)
    while rest:
        taken, used = 0, 0.0
        while taken < len(rest) and used + _em(rest[taken]) * size <= width:
            used += _em(rest[taken]) * size
            taken += 1
        if len(lines) == _MOST_LINES - 1 and taken < len(rest):
            return [*lines, rest[: max(taken - 1, 1)] + "…"]
        if taken < len(rest):
            cut = max(rest.rfind(sign, 0, taken) for sign in " -_/.:") + 1
            taken = cut if cut * 2 >= taken else max(taken, 1)
        lines.append(rest[:taken].strip())
        rest = rest[taken:].lstrip()
    return lines


class _Row(NamedTuple):
    """A line of text in a station."""

    text: str
    css: str
    height: int


def _rows(station: Station, width: float) -> list[_Row]:
    rows = [_Row(line, "name", 19) for line in _fitted(station.name, width, 16)]
    for part in station.about:
        rows += [_Row(line, "about", 17) for line in _fitted(part, width, 12.5)]
    if station.word:
        rows += [_Row(line, "word", 18) for line in _fitted(station.word, width, 12.5)]
    return rows


def _width(line: str, css: str) -> float:
    size = 16 if css == "name" else 13.5 if css == "word" else 12.5
    return sum(_em(letter) for letter in line) * size


def _text(x: float, y: float, value: str, css: str) -> str:
    return f'<text x="{x:g}" y="{y:g}" class="{css}">{text(value)}</text>'


def _icon(station: Station, x: float, y: float, scale: float = 1) -> str:
    sized = f" scale({scale:g})" if scale != 1 else ""
    return (
        f'<path class="icon {station.tone}" transform="translate({x:g} {y:g}){sized}"'
        f' d="{station.shape.value}"/>'
    )


def _box(station: Station, x: float, y: float, width: float, height: float) -> str:
    round_ = 10 if station.shape is Shape.HOST else 22 if station.shape is Shape.OUTSIDE else 4
    return (
        f'<rect class="box {station.tone}" x="{x:g}" y="{y:g}" width="{width:g}"'
        f' height="{height:g}" rx="{round_}"/>'
    )


def _head(x: float, y: float, direction: str) -> str:
    """Return an arrow's head whose point is at x, y."""
    to = {"right": "l-8-4.5v9z", "left": "l8-4.5v9z", "down": "l-4.5-8h9z", "up": "l-4.5 8h9z"}
    return f'<path class="head" d="M{x:g} {y:g}{to[direction]}"/>'


# From left to right


class _Wide:
    """Stations in columns; every copy has a row of its own."""

    def __init__(self, start: Station) -> None:
        self.parts: list[str] = []
        self._columns: list[float] = []
        self._gaps: list[float] = []
        self._measure(start, 0)
        self.width = sum(self._columns) + sum(self._gaps) + 4
        self.height = 2.0
        self._place(start, 0, 0)
        self.height -= 14 - 2

    def _measure(self, station: Station, depth: int) -> None:
        """Find the widths of columns and of the gaps after them."""
        if depth == len(self._columns):
            self._columns.append(_SLIMMEST)
            self._gaps.append(0)
        needed = max(_width(row.text, row.css) for row in _rows(station, _ROOM))
        self._columns[depth] = max(self._columns[depth], needed + 2 * _PAD)
        lengths = {Way.TUNNEL: _TUNNEL, Way.BACK: _BACK}
        for link in station.links:
            length = lengths.get(link.way, _CABLE) + (22 if len(station.links) > 1 else 0)
            self._gaps[depth] = max(self._gaps[depth], length)
            self._measure(link.to, depth + 1)

    def _place(self, station: Station, depth: int, above: float) -> float:
        """Draw a station and all after it; return the height at which its links begin.

        Args:
            station: The first of its row, or in a row of ``above``.
            depth: Its column.
            above: How far the stations before it in its row reach above the row's middle.
        """
        left, right = self._edges(station, depth)
        above = max(above, self._reach(station))
        middle = self.height + above
        for number, link in enumerate(station.links):
            at = self._place(link.to, depth + 1, 0 if number else above)
            middle = middle if number else at
            self._link(link, right, self._edges(link.to, depth + 1)[0], middle, at)
        below = self._station(station, left, right, middle)
        self.height = max(self.height, below + 14)
        return middle

    def _edges(self, station: Station, depth: int) -> tuple[float, float]:
        """Return where a station begins and ends."""
        left = 2 + sum(self._columns[:depth]) + sum(self._gaps[:depth])
        width = self._columns[depth]
        if station.is_sign:
            return left + width / 2 - 30, left + width / 2 + 30
        return left, left + width

    @staticmethod
    def _reach(station: Station) -> float:
        """Return how far a station, or the tunnel's name before it, reaches above its middle."""
        if station.is_sign:
            return 40
        rows = _rows(station, _ROOM)
        return (_PAD * 2 + 30 + sum(row.height for row in rows)) / 2

    def _station(self, station: Station, left: float, right: float, middle: float) -> float:
        """Draw one station; return where it ends below."""
        rows = _rows(station, _ROOM)
        center = (left + right) / 2
        if station.is_sign:
            self.parts.append(_icon(station, center - 28, middle - 28, 56 / 24))
            end = y = middle + 32
        else:
            height = _PAD * 2 + 30 + sum(row.height for row in rows)
            top = middle - height / 2
            self.parts.append(_box(station, left, top, right - left, height))
            self.parts.append(_icon(station, center - 12, top + _PAD))
            y, end = top + _PAD + 28, top + height
        for row in rows:
            y += row.height
            self.parts.append(_text(center, y - 2, row.text, f"{row.css} {station.tone} mid"))
        return max(end, y + 2)

    def _link(self, link: Link, x1: float, x2: float, y1: float, y2: float) -> None:
        if y1 != y2:
            self.parts.append(f'<path class="cable" d="M{x1:g} {y1:g}h20V{y2:g}"/>')
            x1 += 20
        if link.way is Way.BACK:
            self.parts.append(
                f'<path class="cable" d="M{x1:g} {y1 - 9:g}H{x2 - 7:g}M{x2:g} {y1 + 9:g}'
                f'H{x1 + 7:g}"/>'
            )
            self.parts.append(_head(x2 - 1, y1 - 9, "right") + _head(x1 + 1, y1 + 9, "left"))
            self.parts.append(_text((x1 + x2) / 2, y1 + 28, "answer", "about mid"))
            return
        self.parts.append(f'<path class="{link.way.value}" d="M{x1:g} {y2:g}H{x2 - 7:g}"/>')
        if link.way is Way.TUNNEL:
            self._tunnel(link, x1 + 16, x2 - 20, y2)
        self.parts.append(_head(x2 - 1, y2, "right"))

    def _tunnel(self, link: Link, x1: float, x2: float, y: float) -> None:
        self.parts.append(
            f'<rect class="pipe" x="{x1:g}" y="{y - 9:g}" width="{x2 - x1:g}" height="18" rx="9"/>'
            f'<path class="cable" d="M{x1:g} {y:g}H{x2:g}"/>'
        )
        center = (x1 + x2) / 2
        first, *others = link.label
        self.parts.append(_text(center, y - 18, first, "strong mid"))
        at = y + 12
        for line in [part for label in others for part in _fitted(label, x2 - x1 + 24, 12.5)]:
            at += 16
            self.parts.append(_text(center, at, line, "about mid"))
        self.height = max(self.height, at + 8)


# From top to bottom


class _Narrow:
    """Stations below each other; copies are indented."""

    def __init__(self, start: Station) -> None:
        self.parts: list[str] = []
        self.width = float(_NARROW)
        self.height = 2.0
        self._place(start, 2)
        self.height += 2

    def _place(self, station: Station, left: float) -> float:
        """Draw a station and all after it; return the height of its middle."""
        middle = self._station(station, left)
        bottom = middle + 21 if station.is_sign else self.height
        indent = _INDENT if len(station.links) > 1 else 0
        x = left + (14 if indent else 30)
        for link in station.links:
            start = self.height
            self._label(link, x)
            top = self.height
            at = self._place(link.to, left + indent)
            end = at if indent else at - 21 if link.to.is_sign else top
            self._link(link, x, bottom, end, left + indent)
            if link.way is Way.TUNNEL:
                self._tunnel(x, start + 8, top - 14)
        return middle

    def _station(self, station: Station, left: float) -> float:
        width = _NARROW - 2 - left
        rows = _rows(station, width - 66)
        height = max(sum(row.height for row in rows) + 2 * 10, 46)
        top = self.height
        if not station.is_sign:
            self.parts.append(_box(station, left, top, width, height))
        scale = 38 / 24 if station.is_sign else 1.0
        size = 24 * scale
        self.parts.append(_icon(station, left + 30 - size / 2, top + height / 2 - size / 2, scale))
        y = top + (height - sum(row.height for row in rows)) / 2
        for row in rows:
            y += row.height
            self.parts.append(_text(left + 58, y - 4, row.text, f"{row.css} {station.tone}"))
        self.height = top + height
        return top + height / 2

    @staticmethod
    def _lines(link: Link) -> list[str]:
        return [part for label in link.label for part in _fitted(label, _NARROW - 90, 12.5)]

    def _length(self, link: Link) -> float:
        return {Way.TUNNEL: len(self._lines(link)) * 17 + 22, Way.BACK: 42}.get(link.way, 30)

    def _label(self, link: Link, x: float) -> None:
        """Write what stands beside a link, and leave room for the link itself."""
        y = self.height + 10
        for number, line in enumerate(self._lines(link)):
            y += 17
            self.parts.append(_text(x + 28, y - 3, line, "about" if number else "strong"))
        if link.way is Way.BACK:
            self.parts.append(_text(x + 28, y + 15, "answer", "about"))
        self.height += self._length(link)

    def _link(self, link: Link, x: float, y1: float, y2: float, left: float) -> None:
        if left > x:  # a copy: down along its siblings, then to the right
            self.parts.append(f'<path class="cable" d="M{x:g} {y1:g}V{y2:g}H{left - 7:g}"/>')
            self.parts.append(_head(left - 1, y2, "right"))
        elif link.way is Way.BACK:
            self.parts.append(
                f'<path class="cable" d="M{x - 8:g} {y1:g}V{y2 - 7:g}M{x + 8:g} {y2:g}'
                f'V{y1 + 7:g}"/>'
            )
            self.parts.append(_head(x - 8, y2 - 1, "down") + _head(x + 8, y1 + 1, "up"))
        else:
            self.parts.append(f'<path class="{link.way.value}" d="M{x:g} {y1:g}V{y2 - 7:g}"/>')
            self.parts.append(_head(x, y2 - 1, "down"))

    def _tunnel(self, x: float, y1: float, y2: float) -> None:
        self.parts.append(
            f'<rect class="pipe" x="{x - 9:g}" y="{y1:g}" width="18" height="{y2 - y1:g}" rx="9"/>'
            f'<path class="cable" d="M{x:g} {y1:g}V{y2:g}"/>'
        )
