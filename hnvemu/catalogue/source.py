"""Rules of the sender's record: whether the source address may be used here.

The driver's events name failures of the source record, so the check is documented. Its exact
order is not; the one of these rules was decided here.
"""

from __future__ import annotations

from typing import Final

from hnvemu.catalogue.definition import Confidence, Example, Rule
from hnvemu.trace.outcome import Reason

RULES: Final = (
    Rule(
        id="SRC-1",
        title="The source address needs a record in the sender's VSID",
        text="The source address needs a record in the sender's VSID.",
        known="documented [WNV events]",
        confidence=Confidence.HIGH,
        see=("SRC-2", "SRC-3", "SRC-4", "RCV-9"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A B",
            shows="the row `source`: the record that allows A's address",
        ),
    ),
    Rule(
        id="SRC-2",
        title="A gateway VM may send from any address",
        text="Without one, the wildcard of the VSID will do if its MAC is the sender's: a gateway"
        " VM sends from outside addresses.",
        known="purpose documented [gateway sample]; the MAC condition inferred",
        confidence=Confidence.MEDIUM,
        see=("GWY-4", "GWY-9", "SRC-1"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing GW A --src-ip 8.8.8.8",
            shows="8.8.8.8 has no record; the wildcard of VSID 5002 has the MAC of GW",
        ),
    ),
    Rule(
        id="SRC-3",
        title="Where addresses are learnt, an unknown source becomes a record",
        text="Without one, a host learns the address as a dynamic record if the VSID has an L2Only"
        " record of the sender's MAC, up to the limit of the sender's port.",
        product="`DynamicIPAddressLimit` is the limit, and event 1021 says that it was reached.",
        known="documented [walk R2] [WNV events] [Hyper-V cmdlets]",
        confidence=Confidence.MEDIUM,
        reasons=(Reason.DYN_LIMIT,),
        see=("ARP-9", "DHCP-1", "SRC-4"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A B --src-ip 10.0.1.60"
            " --with 'record:{ca: 0.0.0.0, vsid: 5001,"
            " mac: 02-00-00-00-01-0A, pa: 192.168.10.11, type: l2_only}'",
            shows="an L2Only record of A's MAC: A may take another address, and H1 learns it",
        ),
    ),
    Rule(
        id="SRC-4",
        title="Any other source address may not be used",
        text="Otherwise the address may not be used here.",
        product="So a VM cannot send from an address that a manager did not give it.",
        known="documented [WNV events]",
        confidence=Confidence.HIGH,
        reasons=(Reason.SRC_RECORD_MISSING,),
        see=("SRC-1", "SRC-2", "SRC-3"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A B --src-ip 10.0.1.50",
            shows="A sends from an address that has no record",
        ),
    ),
    Rule(
        id="SRC-5",
        title="The source address must be the sender's own",
        text="The record's MAC must be the frame's source MAC.",
        product="So a VM cannot use the address of its neighbour.",
        known="documented [WNV events]",
        confidence=Confidence.HIGH,
        reasons=(Reason.SRC_MAC_MISMATCH,),
        see=("ING-4", "RCV-10"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A X --src-ip 10.0.1.11",
            shows="A sends from the address of B",
        ),
    ),
    Rule(
        id="SRC-6",
        title="The source's record must name a PA of this host",
        text="The record's PA must be one of this host's.",
        known="that such a failure exists documented [WNV events]; the comparison inferred",
        confidence=Confidence.MEDIUM,
        reasons=(Reason.SRC_PA_MISMATCH,),
        see=("RCV-10", "MOB-1"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A B --migrate A=H2 --stale H2",
            shows="A runs on H2 already, and H2's record of A still has the PA of H1",
        ),
    ),
)
