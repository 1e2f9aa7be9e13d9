from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from hnvemu.render.octets import dump, headers

if TYPE_CHECKING:
    from collections.abc import Callable

    from hnvemu.trace.trace import Trace

ETHERNET = bytes(12)


def test_a_tcp_packet_has_three_headers(send: Callable[..., Trace]) -> None:
    frame = send("T/A", "10.0.1.11").frame

    assert headers(frame) == [("Ethernet", 0, 14), ("IPv4", 14, 34), ("TCP", 34, 54)]


def test_an_echo_has_a_payload(send: Callable[..., Trace]) -> None:
    frame = send("T/A", "10.0.1.11", protocol=1).frame

    assert headers(frame)[2:] == [("ICMP", 34, 42), ("payload", 42, 98)]


def test_padding_is_told_from_payload(send: Callable[..., Trace]) -> None:
    frame = send("T/A", "10.0.1.11").frame + bytes(6)

    assert headers(frame)[3:] == [("padding", 54, 60)]


def test_arp_is_told_from_what_trails_it() -> None:
    question = bytes(12) + bytes.fromhex("0806 0001080006040001") + bytes(20)

    assert headers(question) == [("Ethernet", 0, 14), ("ARP", 14, 42)]
    assert headers(question + bytes(18))[2:] == [("padding", 42, 60)]


def test_an_arp_message_that_is_cut_short_or_not_about_ipv4_is_payload() -> None:
    start = bytes(12) + bytes.fromhex("0806 0001080006040001")

    assert headers(start + bytes(19))[1:] == [("payload", 14, 41)]
    assert headers(start.replace(b"\x06\x04", b"\x06\x10") + bytes(20))[1:] == [("payload", 14, 42)]


def test_a_neighbour_solicitation_holds_its_target_and_its_options() -> None:
    message = bytes([135]) + bytes(31)
    ip = bytes.fromhex("60000000 0020 3aff") + bytes(32)

    frame = bytes(12) + b"\x86\xdd" + ip + message

    assert headers(frame)[2:] == [("ICMPv6", 54, 86)]


def test_nvgre_is_outer_headers_gre_and_the_inner_frame(send: Callable[..., Trace]) -> None:
    wire = send("T/A", "10.0.1.11").wire[0].frame

    assert [header.name for header in headers(wire, tunnelled=True)] == [
        "outer Ethernet",
        "outer IPv4",
        "GRE",
        "inner Ethernet",
        "inner IPv4",
        "inner TCP",
    ]


def test_vxlan_is_outer_headers_with_udp_and_the_inner_frame(traces: dict[str, Trace]) -> None:
    wire = traces["vxlan"].wire[0].frame

    assert [header.name for header in headers(wire, tunnelled=True)][:4] == [
        "outer Ethernet",
        "outer IPv4",
        "outer UDP",
        "VXLAN",
    ]


def test_a_tag_is_a_header() -> None:
    frame = ETHERNET + bytes.fromhex("8100 0005 88cc") + b"x"

    assert headers(frame) == [("Ethernet", 0, 14), ("802.1Q tag", 14, 18), ("payload", 18, 19)]


@given(st.binary(min_size=14, max_size=120), st.sampled_from(["0800", "86dd", "8100", "88cc"]))
def test_headers_cover_any_frame_without_gaps(frame: bytes, ethertype: str) -> None:
    frame = frame[:12] + bytes.fromhex(ethertype) + frame[14:]

    found = headers(frame)

    assert found[0].start == 0
    assert found[-1].end == len(frame)
    assert all(before.end == after.start for before, after in pairwise(found))


def test_a_dump_has_offset_hex_digits_and_ascii() -> None:
    frame = bytes(14) + b"hello, world: 1234"

    assert list(dump(frame, 14, 32)) == [
        "000e  68 65 6c 6c 6f 2c 20 77 6f 72 6c 64 3a 20 31 32  hello, world: 12",
        "001e  33 34                                            34",
    ]
