"""Flows as octets: what many thousands of them are remembered by, at a fifth of the memory.

Rules of the file: equal octets mean equal flows, whatever their lengths, which are left out.
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Final

from hnvemu.wire.encapsulation import Encapsulation
from hnvemu.wire.flow import Flow

if TYPE_CHECKING:
    from hnvemu.wire.encapsulation import Outer

# MACs, tag, EtherType, fault, version, addresses, protocol, ports, ICMP, echo, TTL, TOS, target.
_narrow = Struct("<QQhHBBqqhiiiiBBq")
_wide = Struct("<QQhHBB16s16shiiiiBB17s")
# Five-tuples begin with the version; without IP: MACs, tag, EtherType, addresses, operation.
_FIVE_TUPLE: Final = 6
_told = {_FIVE_TUPLE: Struct("<Bqqhii"), 7: Struct("<QQhHqqh")}
_wide_told = Struct("<B16s16shii")
_outer = Struct("<QQhB17s17sBBiB")

_ENCAPSULATIONS = (None, Encapsulation.NVGRE, Encapsulation.VXLAN)
_LENGTH = Flow._fields.index("length")
_new = tuple.__new__


def pack_flow(flow: Flow) -> bytes:
    """Return the octets of a flow without its length."""
    if flow.version != 6:
        return _narrow.pack(*flow[:_LENGTH], *flow[_LENGTH + 1 :])
    return _wide.pack(
        *flow[:6],
        flow.src.to_bytes(16, "little"),
        flow.dst.to_bytes(16, "little"),
        *flow[8:_LENGTH],
        flow.tos,
        (flow.target + 1).to_bytes(17, "little"),
    )


def unpack_flow(octets: bytes, length: int) -> Flow:
    """Return the flow that :func:`pack_flow` made ``octets`` of, with a length."""
    if len(octets) == _narrow.size:
        fields = _narrow.unpack(octets)
        return _new(Flow, (*fields[:_LENGTH], length, *fields[_LENGTH:]))
    fields = _wide.unpack(octets)
    src, dst = (int.from_bytes(part, "little") for part in fields[6:8])
    target = int.from_bytes(fields[-1], "little") - 1
    return _new(Flow, (*fields[:6], src, dst, *fields[8:_LENGTH], length, fields[-2], target))


def pack_told(told: tuple[int, ...]) -> bytes:
    """Return the octets of a five-tuple, or of what tells frames without IP from others."""
    if len(told) == _FIVE_TUPLE and told[0] == 6:
        src, dst = (address.to_bytes(16, "little") for address in told[1:3])
        return _wide_told.pack(told[0], src, dst, *told[3:])
    return _told[len(told)].pack(*told)


def pack_outer(outer: Outer) -> bytes:
    """Return the octets of what decisions see of outer headers."""
    return _outer.pack(
        outer.src_mac,
        outer.dst_mac,
        outer.vlan,
        outer.version,
        (outer.src + 1).to_bytes(17, "little"),
        (outer.dst + 1).to_bytes(17, "little"),
        outer.ecn,
        _ENCAPSULATIONS.index(outer.encapsulation),
        outer.vsid,
        outer.fault,
    )
