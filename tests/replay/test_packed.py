"""Flows as octets: nothing is lost but the length."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from properties.amount import MANY

from hnvemu.replay.flows import told_by
from hnvemu.replay.packed import pack_flow, pack_outer, pack_told, unpack_flow
from hnvemu.wire.encapsulation import Encapsulation, unwrap
from hnvemu.wire.flow import Flow, read_flow

law = settings(max_examples=MANY, derandomize=True, deadline=None)

numbers = {
    "src_mac": st.integers(0, (1 << 48) - 1),
    "dst_mac": st.integers(0, (1 << 48) - 1),
    "vlan": st.integers(-1, 4095),
    "ethertype": st.integers(0, 0xFFFF),
    "fault": st.integers(0, 6),
    "protocol": st.integers(-1, 0x1FF),
    "src_port": st.integers(-1, 0xFFFF),
    "dst_port": st.integers(-1, 0xFFFF),
    "icmp": st.integers(-1, 0xFFFF),
    "echo_id": st.integers(-1, 0xFFFF),
    "ttl": st.integers(0, 0xFF),
    "length": st.integers(0, 1 << 18),
    "tos": st.integers(0, 0xFF),
}


@st.composite
def flows(draw: st.DrawFn) -> Flow:
    version = draw(st.sampled_from([0, 4, 6]))
    top = (1 << 128) - 1 if version == 6 else (1 << 32) - 1
    address = st.integers(0 if version == 6 else -1, top)
    return Flow(
        version=version,
        src=draw(address),
        dst=draw(address),
        target=draw(st.integers(-1, top)),
        **{name: draw(values) for name, values in numbers.items()},
    )


@law
@given(flows())
def test_a_packed_flow_unpacks_to_itself(flow: Flow) -> None:
    assert unpack_flow(pack_flow(flow), flow.length) == flow


@law
@given(st.binary(min_size=14, max_size=120))
def test_whatever_is_read_can_be_packed(frame: bytes) -> None:
    outer = unwrap(frame)

    assert unpack_flow(pack_flow(read_flow(frame)), len(frame)).src_mac == outer.src_mac
    assert len(pack_outer(outer)) == len(pack_outer(unwrap(bytes(14))))


@law
@given(flows())
def test_what_tells_any_flow_can_be_packed(flow: Flow) -> None:
    told = told_by(flow)

    assert pack_told(told) == pack_told(told_by(flow._replace(ttl=1, tos=1)))


def test_a_mac_that_looks_like_an_ip_version_is_a_mac() -> None:
    # A frame without IP is told by its MACs first, an IPv6 packet by its version.
    frame = bytes.fromhex("020000000001 000000000006 88b5") + bytes(46)
    other = bytes.fromhex("020000000001 000000000007 88b5") + bytes(46)

    assert pack_told(told_by(read_flow(frame))) != pack_told(told_by(read_flow(other)))


def test_the_two_encapsulations_are_told_apart() -> None:
    outer = unwrap(bytes(14))
    told = {pack_outer(outer._replace(encapsulation=e)) for e in (None, *Encapsulation)}

    assert len(told) == 3
