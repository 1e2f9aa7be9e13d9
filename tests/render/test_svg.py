from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from hnvemu import Fabric, load_policy
from hnvemu.render.svg import Shape, Station, Way, description, drawing, stations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hnvemu.trace.trace import Trace

SAMPLE = Path(__file__).parents[2] / "policies" / "complex-routing.yaml"
CASES = ["conversation", "one host", "denied", "no record", "multicast", "captured", "no tunnel"]


def line(station: Station) -> Iterator[tuple[Shape, str]]:
    yield station.shape, station.name
    for link in station.links:
        yield from line(link.to)


def test_the_way_of_a_packet_through_a_tunnel(traces: dict[str, Trace]) -> None:
    start = stations(traces["conversation"])

    assert list(line(start)) == [
        (Shape.VM, "T/A"),
        (Shape.HOST, "H1"),
        (Shape.HOST, "H2"),
        (Shape.VM, "T/X"),
    ]
    tunnel = start.links[0].to.links[0]
    assert tunnel.way is Way.TUNNEL
    assert tunnel.label == ("NVGRE, VSID 5003", "192.168.10.11", "→ 192.168.10.12")


def test_a_packet_that_stays_on_its_host_crosses_no_tunnel(traces: dict[str, Trace]) -> None:
    assert list(line(stations(traces["one host"]))) == [
        (Shape.VM, "T/B"),
        (Shape.HOST, "H2"),
        (Shape.VM, "T/X"),
    ]


def test_a_denied_packet_meets_a_stop_sign_and_its_receiver_is_not_reached(
    traces: dict[str, Trace],
) -> None:
    start = stations(traces["denied"])

    *_, stop, receiver = line(start)
    assert (stop, receiver) == ((Shape.STOP, "DROPPED"), (Shape.VM, "T/X"))
    assert "DROPPED (at firewall in, ACL_DENY_IN), and not on to VM T/X" in description(start)


def test_copies_are_branches_of_the_host_that_made_them() -> None:
    fabric = Fabric.compile(load_policy(SAMPLE))
    frame = bytes.fromhex(
        "01005e010101 02000000010a 0800 4500001c0000000040110000 0a00010a ef010101 c00014e900080000"
    )
    frame = frame[:24] + ip_checksum(frame[14:34]).to_bytes(2) + frame[26:]

    start = stations(fabric.send(frame, at="A"))

    host = start.links[0].to
    assert host.name == "H1"
    assert [(link.way, link.to.name) for link in host.links] == [
        (Way.CABLE, "T/C"),
        (Way.TUNNEL, "H2"),
    ]
    assert "copy 2 through the tunnel NVGRE, VSID 5001" in description(start)


def ip_checksum(header: bytes) -> int:
    total = sum(int.from_bytes(header[at : at + 2]) for at in range(0, 20, 2))
    return 0xFFFF - (total % 0xFFFF)


def test_an_answer_comes_back_to_the_sender() -> None:
    question = bytes.fromhex(
        "ffffffffffff 02000000010a 0806 000108000604000102000000010a 0a00010a 000000000000 0a00010b"
    )

    start = stations(Fabric.compile(load_policy(SAMPLE)).send(question, at="A"))

    assert (start.word, start.links[0].way, start.links[0].to.links) == ("ANSWERED", Way.BACK, ())


def test_a_frame_that_nobody_sent_comes_from_the_provider_network(
    traces: dict[str, Trace],
) -> None:
    inside, noise = stations(traces["captured"]), stations(traces["no tunnel"])

    assert (inside.name, inside.links[0].way) == ("provider network", Way.TUNNEL)
    assert (noise.name, noise.links[0].way) == ("provider network", Way.CABLE)


@pytest.mark.parametrize("case", CASES)
def test_the_drawing_is_sound_and_stays_within_its_edges(
    traces: dict[str, Trace], case: str
) -> None:
    for svg in elements(drawing(traces[case], "way")):
        assert svg.get("role") == "img"
        labels = (svg.get("aria-labelledby") or "").split()
        assert [child.get("id") for child in svg[:2]] == labels
        assert svg[1].text == description(stations(traces[case]))
        width, height = (float(svg.get(side) or "") for side in ("width", "height"))
        for box in svg.iter("rect"):
            x, y, w, h = (float(box.get(name) or "") for name in ("x", "y", "width", "height"))
            assert 0 <= x < x + w <= width
            assert 0 <= y < y + h <= height
        for text in svg.iter("text"):
            assert 0 <= float(text.get("x") or "") <= width
            assert 0 <= float(text.get("y") or "") <= height


def elements(drawings: str) -> list[ET.Element]:
    return list(ET.fromstring(f"<div>{drawings}</div>"))


def test_there_is_a_drawing_for_wide_and_one_for_narrow_pages(traces: dict[str, Trace]) -> None:
    wide, narrow = elements(drawing(traces["conversation"], "way"))

    assert (wide.get("class"), narrow.get("class")) == ("wide", "narrow")
    assert narrow.get("width") == "320"


def test_a_way_that_is_too_long_for_a_page_goes_downwards(send: Callable[..., Trace]) -> None:
    trace = send("T/A", "10.1.2.20")
    first, last = trace.path.hops
    trace.path.hops = (first, first._replace(node="H3"), first._replace(node="H4"), last)

    (only,) = elements(drawing(trace, "way"))

    assert (only.get("class"), only.get("width")) == ("any", "320")


def test_a_long_name_is_cut_in_the_drawing_and_whole_in_its_description(
    send: Callable[..., Trace],
) -> None:
    name = "a-hypervisor-whose-name-says-rack-row-building-town-and-country"
    trace = send("T/A", "10.0.1.99")
    trace.path.hops = (trace.hops[0]._replace(node=name),)

    wide, _ = elements(drawing(trace, "way"))

    shown = [text.text or "" for text in wide.iter("text") if "name" in (text.get("class") or "")]
    assert any(line.endswith("…") for line in shown)
    assert name in (wide[1].text or "")


def test_names_of_other_scripts_are_broken_where_they_would_not_fit(
    send: Callable[..., Trace],
) -> None:
    name = "データベースサーバー一号機"
    trace = send("T/A", "10.0.1.99")
    trace.path.hops = (trace.hops[0]._replace(node=name),)

    wide, _ = elements(drawing(trace, "way"))

    shown = [text.text or "" for text in wide.iter("text") if "name" in (text.get("class") or "")]
    assert name not in shown
    assert name in "".join(shown)


def test_names_are_text_in_the_drawing(send: Callable[..., Trace]) -> None:
    trace = send("T/A", "10.0.1.99")
    trace.path.hops = (trace.hops[0]._replace(node="<a>&\u202e"),)

    wide, narrow = elements(drawing(trace, "way"))

    for svg in (wide, narrow):
        assert r"<a>&\u202e" in [text.text for text in svg.iter("text")]
        assert re.search(r"host <a>&\\u202e,", svg[1].text or "")
