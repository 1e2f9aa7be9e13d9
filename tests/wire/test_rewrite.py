"""Changes on the way: each equals a frame that is built with the change in it."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hnvemu.addresses import IPAddress, MacAddress
from hnvemu.wire.build import build_frame
from hnvemu.wire.flow import Fault, read_flow
from hnvemu.wire.rewrite import decrement_ttl, mark_ce, set_dst_mac

law = settings(derandomize=True, deadline=None)

V4 = IPv4Address("10.0.1.10")
V6 = IPv6Address("2001:db8:1::a")
ARP = bytes.fromhex("ffffffffffff 020000000101 0806") + bytes(28)


def frame(*, src: IPAddress = V4, ttl: int = 64, tos: int = 0, length: int = 60) -> bytes:
    return build_frame(
        src_mac=MacAddress(0x0200_0000_0101),
        dst_mac=MacAddress(0x0200_0000_0102),
        src=src,
        dst=src + 1,
        protocol=17,
        ttl=ttl,
        tos=tos,
        length=length,
    )


def tagged(untagged: bytes) -> bytes:
    return untagged[:12] + b"\x81\x00\x00\x4d" + untagged[12:]


def test_destination_mac_is_replaced() -> None:
    changed = set_dst_mac(frame(), MacAddress(0x0200_0000_0214))

    assert changed == bytes.fromhex("020000000214") + frame()[6:]


@pytest.mark.parametrize("src", [V4, V6])
def test_ttl_is_one_less(src: IPAddress) -> None:
    assert decrement_ttl(frame(src=src, ttl=64)) == frame(src=src, ttl=63)


@pytest.mark.parametrize("src", [V4, V6])
def test_ttl_behind_a_tag_is_one_less(src: IPAddress) -> None:
    assert decrement_ttl(tagged(frame(src=src))) == tagged(frame(src=src, ttl=63))


@pytest.mark.parametrize("src", [V4, V6])
def test_ttl_of_zero_stays(src: IPAddress) -> None:
    assert decrement_ttl(frame(src=src, ttl=0)) == frame(src=src, ttl=0)


@pytest.mark.parametrize("src", [V4, V6])
def test_congestion_is_marked(src: IPAddress) -> None:
    assert mark_ce(frame(src=src, tos=0xB9)) == frame(src=src, tos=0xBB)


@pytest.mark.parametrize("src", [V4, V6])
def test_congestion_is_marked_behind_a_tag(src: IPAddress) -> None:
    assert mark_ce(tagged(frame(src=src, tos=2))) == tagged(frame(src=src, tos=3))


def test_mark_stays() -> None:
    assert mark_ce(frame(tos=3)) == frame(tos=3)


@pytest.mark.parametrize("broken", [ARP, frame()[:30], frame(src=V6)[:40]])
def test_frame_without_ip_stays(broken: bytes) -> None:
    assert decrement_ttl(broken) == broken
    assert mark_ce(broken) == broken


def test_wrong_checksum_stays_wrong() -> None:
    damaged = bytearray(frame())
    damaged[24] ^= 0x40

    assert read_flow(decrement_ttl(bytes(damaged))).fault == Fault.CHECKSUM
    assert read_flow(mark_ce(bytes(damaged))).fault == Fault.CHECKSUM


@law
@given(st.integers(1, 255), st.integers(0, 255), st.integers(28, 1500), st.integers(0, 2**32 - 2))
def test_checksums_are_those_of_a_new_frame(ttl: int, tos: int, length: int, src: int) -> None:
    address = IPv4Address(src)
    before = frame(src=address, ttl=ttl, tos=tos, length=length)
    after = frame(src=address, ttl=ttl - 1, tos=tos | 3, length=length)

    assert mark_ce(decrement_ttl(before)) == after
