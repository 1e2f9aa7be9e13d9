"""Chromium as the judge of pages: whole, without overflow, silent, and dark where it is night."""

from __future__ import annotations

import json
import os
import re
import shutil
import struct
import subprocess
import zlib
from html import unescape
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest

from hnvemu.render.html import trace_page
from hnvemu.render.wording import words
from hnvemu.trace.explanation import Blocker, Explanation, Fix
from hnvemu.trace.outcome import Reason

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hnvemu.trace.trace import Trace

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)

pytestmark = [
    pytest.mark.browser,
    # Where CI is set, a missing browser must not go unnoticed.
    pytest.mark.skipif(
        CHROMIUM is None and "CI" not in os.environ,
        reason="no Chromium is installed (Debian package chromium)",
    ),
]

SWITCHES = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--hide-scrollbars", "--enable-logging=stderr",
)  # fmt: skip
SHELL = "default-src 'none'"
MEASURED = "script-src 'unsafe-inline'"  # in the copy that measures itself, and there alone
CASES = ["conversation", "denied", "no record", "to the gateway", "vxlan", "multicast", "no tunnel"]


def browse(page: str, folder: Path, *options: str) -> tuple[str, str]:
    """Open a page from a file; return what the browser prints and what it complains about."""
    file = folder / "page.html"
    file.write_text(page, encoding="utf-8")
    command = [CHROMIUM or "chromium", *SWITCHES, f"--user-data-dir={folder / 'profile'}"]
    done = subprocess.run(
        [*command, *options, file.as_uri()], capture_output=True, timeout=100, check=True
    )
    errors = [
        line
        for line in done.stderr.decode(errors="replace").splitlines()
        if "CONSOLE" in line or "net::ERR" in line
    ]
    return done.stdout.decode(), "\n".join(errors)


def measured(page: str, folder: Path, script: str, *options: str) -> Any:
    """Return what ``script``, an expression, says in a copy of the page that may run it."""
    assert page.count(SHELL) == 1
    probe = (
        "<script>addEventListener('load', () => document.body.setAttribute('data-found',"
        f" JSON.stringify({script})))</script></body>"
    )
    copy = page.replace(SHELL, f"{SHELL}; {MEASURED}").replace("</body>", probe)
    dom, errors = browse(copy, folder, "--dump-dom", *options)
    assert errors == ""
    found = re.search('data-found="([^"]*)"', dom)
    assert found is not None
    return json.loads(unescape(found[1]))


def pixels(folder: Path, page: str, *options: str) -> tuple[bytes, set[bytes]]:
    """Return the colour of the first pixel of a screenshot, and all its colours."""
    file = folder / "page.png"
    browse(page, folder, f"--screenshot={file}", "--window-size=600,240", *options)
    rows = decoded(file.read_bytes())
    colors = {row[at : at + 3] for row in rows for at in range(0, len(row), 3)}
    return rows[0][:3], colors


def decoded(png: bytes) -> list[bytes]:
    """Return the rows of a PNG of 8-bit colours, three octets a pixel."""
    at, packed, width, channels = 8, b"", 0, 0
    while at < len(png):
        length, kind = struct.unpack_from(">I4s", png, at)
        chunk = png[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            width, _, depth, color = struct.unpack_from(">IIBB", chunk)
            assert depth == 8
            channels = {2: 3, 6: 4}[color]
        elif kind == b"IDAT":
            packed += chunk
        at += length + 12
    raw, size = zlib.decompress(packed), width * channels
    rows, above = [], bytes(size)
    for start in range(0, len(raw), size + 1):
        above = unfiltered(
            raw[start], bytearray(raw[start + 1 : start + 1 + size]), above, channels
        )
        pixel = (above[i : i + 3] for i in range(0, size, channels))
        rows.append(b"".join(pixel))
    return rows


def unfiltered(kind: int, row: bytearray, above: bytes, channels: int) -> bytes:
    """Undo the filter of one row of a PNG."""
    for at in range(len(row) if kind else 0):
        left = row[at - channels] if at >= channels else 0
        corner = above[at - channels] if at >= channels else 0
        nearest = min(
            (left, above[at], corner), key=lambda one: abs(left + above[at] - corner - one)
        )
        added = (0, left, above[at], (left + above[at]) // 2, nearest)[kind]
        row[at] = (row[at] + added) & 0xFF
    return bytes(row)


class Tags(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def pages(traces: dict[str, Trace]) -> dict[str, str]:
    return {case: trace_page(traces[case]) for case in CASES}


@pytest.fixture
def crowded(send: Callable[..., Trace]) -> str:
    """A page whose names and fixes are as long as can be."""
    trace = send("T/A", "10.0.1.99")
    trace.at = "M" * 300
    names = ("hypervisor.example" * 9, "データベース" * 9, "מארח-שני-בית" * 9)
    trace.path.hops = (trace.hops[0]._replace(node="".join(names)),)
    trace.assumptions = ("x" * 500,)
    fix = Fix(summary="s" * 200, diff=f"+{'y' * 400}\n", cmdlets=("New-It " + "z" * 400,))
    blocker = Blocker(
        step=trace.path.last, node="n" * 200, reason=Reason.DST_RECORD_MISSING, fix=fix
    )
    trace.explanation = Explanation(blockers=(blocker,))
    return trace_page(trace)


@pytest.mark.parametrize("case", CASES)
def test_a_browser_builds_what_was_written_and_has_nothing_to_complain_of(
    pages: dict[str, str], traces: dict[str, Trace], case: str, tmp_path: Path
) -> None:
    dom, errors = browse(pages[case], tmp_path, "--dump-dom")

    assert errors == ""
    assert Tags(dom).tags == Tags(pages[case]).tags
    for step in traces[case].steps:
        assert words(step, arrow="→").detail in Tags(dom).text


def test_a_browser_would_complain_of_what_a_page_loads_or_runs(
    pages: dict[str, str], tmp_path: Path
) -> None:
    forbidden = '<img src="image.png"><script>document.title = "ran"</script></body>'

    dom, errors = browse(pages["denied"].replace("</body>", forbidden), tmp_path, "--dump-dom")

    assert "image.png" in errors
    assert "<title>ran</title>" not in dom


OVERFLOWING = """(() => {
  document.querySelectorAll('details').forEach(each => { each.open = true });
  const wide = [...document.body.querySelectorAll('*')].filter(each =>
    !each.closest('pre, thead') && each.getBoundingClientRect().right > innerWidth + 1);
  const spilt = [...document.querySelectorAll('svg text')].filter(each => {
    const box = each.getBBox(), all = each.ownerSVGElement.viewBox.baseVal;
    return box.width && (box.x < -1 || box.x + box.width > all.width + 1);
  });
  return {
    page: document.documentElement.scrollWidth - innerWidth,
    wide: wide.map(each => each.outerHTML.slice(0, 120)),
    spilt: spilt.map(each => each.textContent),
  };
})()"""


@pytest.mark.parametrize("case", ["conversation", "denied", "multicast", "no tunnel"])
def test_nothing_runs_over_the_edge_of_a_telephone(
    pages: dict[str, str], case: str, tmp_path: Path
) -> None:
    found = measured(pages[case], tmp_path, OVERFLOWING, "--window-size=360,800")

    assert found == {"page": 0, "wide": [], "spilt": []}


@pytest.mark.parametrize("width", [360, 800, 1280])
def test_long_names_do_not_run_over_the_edge(crowded: str, width: int, tmp_path: Path) -> None:
    found = measured(crowded, tmp_path, OVERFLOWING, f"--window-size={width},800")

    assert found == {"page": 0, "wide": [], "spilt": []}


VISIBLE = (
    "[...document.querySelectorAll('.way svg')].map(each => ["
    "each.getAttribute('class'), each.getBoundingClientRect().width > 0])"
)


def test_one_drawing_is_shown_at_a_time(pages: dict[str, str], tmp_path: Path) -> None:
    narrow = measured(pages["denied"], tmp_path, VISIBLE, "--window-size=360,800")
    wide = measured(pages["denied"], tmp_path, VISIBLE, "--window-size=1280,800")

    assert narrow == [["wide", False], ["narrow", True]]
    assert wide == [["wide", True], ["narrow", False]]


CLOSED = (
    "[...document.querySelectorAll('.facts')].filter(each => !each.checkVisibility("
    "{contentVisibilityAuto: true})).length"
)


def test_on_paper_every_step_is_open(pages: dict[str, str], tmp_path: Path) -> None:
    paper = pages["denied"].replace("@media print{", "@media screen{")

    assert measured(pages["denied"], tmp_path, CLOSED) > 10
    assert measured(paper, tmp_path, CLOSED) == 0


def test_the_page_is_light_by_day_and_dark_by_night(pages: dict[str, str], tmp_path: Path) -> None:
    day, colors_by_day = pixels(tmp_path, pages["denied"])
    night, colors_by_night = pixels(
        tmp_path, pages["denied"], "--blink-settings=preferredColorScheme=0"
    )

    assert (day.hex(), night.hex()) == ("ffffff", "12161d")
    assert bytes.fromhex("fdeeec") in colors_by_day  # the banner of what was dropped
    assert bytes.fromhex("361a19") in colors_by_night
    assert min(len(colors_by_day), len(colors_by_night)) > 100
