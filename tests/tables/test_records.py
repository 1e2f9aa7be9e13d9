"""Lookup tables say where their answers change."""

from __future__ import annotations

from hnvemu import Fabric, Policy
from hnvemu.addresses import MacAddress, parse_address, parse_prefix
from hnvemu.model.policy import Profile
from hnvemu.model.records import CustomerRoute, LookupRecord
from hnvemu.tables.records import LookupTable
from hnvemu.tables.table import Axis
from hnvemu.tables.view import View
from hnvemu.trace.steps import LookupMissed, LookupUnusable, RouteMatched
from hnvemu.wire.build import build_frame
from hnvemu.wire.flow import read_flow

MAC = MacAddress(0x0200_0000_010B)
ROUTE = CustomerRoute(rdid="T", prefix=parse_prefix("10.0.1.0/24"), next_hop=None, vsid=5001)
UNUSABLE = LookupRecord(
    ca=parse_address("10.0.1.11"),
    vsid=5001,
    mac=MAC,
    pa=parse_address("192.168.10.12"),
    unusable=True,
)


def test_an_unusable_record_is_a_cut() -> None:
    """It answers otherwise than no record, so its address is a piece of its own."""
    table = LookupTable(View([UNUSABLE], (ROUTE,), Profile.TRANSPARENT))
    frame = build_frame(src_mac=MAC, dst_mac=MAC, src=UNUSABLE.ca, dst=UNUSABLE.ca, protocol=47)
    flow = read_flow(frame)
    matched = RouteMatched(ROUTE, ())

    assert {flow.dst, flow.dst + 1} <= set(table.cuts(Axis.DST))
    assert type(table.find(flow, matched)) is LookupUnusable
    assert type(table.find(flow._replace(dst=flow.dst + 1), matched)) is LookupMissed


def test_an_empty_policy_compiles() -> None:
    assert Fabric.compile(Policy()).policy == Policy()
