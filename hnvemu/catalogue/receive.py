"""Rules of the receiving host: is it mine, is it sound, do both records fit?"""

from __future__ import annotations

from typing import Final

from hnvemu.catalogue import frames
from hnvemu.catalogue.definition import Confidence, Example, Rule
from hnvemu.model.policy import Profile
from hnvemu.trace.outcome import Reason

RULES: Final = (
    Rule(
        id="RCV-1",
        title="The outer destination must be a preferred PA of this host",
        text="The outer destination must be a preferred PA of this host.",
        known="documented [NetWNV]",
        confidence=Confidence.HIGH,
        reasons=(Reason.PA_NOT_LOCAL, Reason.BAD_ENCAP),
        see=("MOB-6", "FWD-32"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A B"
            " --set 'hosts.H2.provider_addresses=[{address: 192.168.10.12/24,"
            " state: deprecated}]'",
            shows="the only PA of H2 is no longer preferred",
        ),
    ),
    Rule(
        id="RCV-2",
        title="The tunnel header must be what the profile sends",
        text="The tunnel header must be what the profile sends: NVGRE with a key alone, or VXLAN"
        " with a valid VNI. Asked of frames that come from outside; what this switch has sent"
        " itself is sound by construction.",
        known="documented [MS-NVGREE] [RFC 7348]",
        confidence=Confidence.HIGH,
        reasons=(Reason.BAD_ENCAP,),
        see=("ENC-1", "ENC-20"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing --in pa:H2"
            f" --hex {frames.NVGRE_CHECKSUM}",
            shows="the GRE header has the checksum flag set",
        ),
    ),
    Rule(
        id="RCV-3",
        title="The VSID in the key must be known here",
        text="The VSID in the key must be one that this host knows.",
        known="inferred",
        confidence=Confidence.MEDIUM,
        reasons=(Reason.DST_RECORD_MISSING,),
        see=("RCV-6",),
        example=Example(
            command="hnvemu trace -p sample:complex-routing --in pa:H2"
            f" --hex {frames.NVGRE_UNKNOWN_VSID}",
            shows="the key is VSID 5999, which nobody has",
        ),
    ),
    Rule(
        id="RCV-4",
        title="A tagged inner frame is dropped",
        text="A tagged inner frame is dropped.",
        known="documented [MS-NVGREE]",
        confidence=Confidence.HIGH,
        reasons=(Reason.INNER_VLAN,),
        see=("ENC-3", "ING-2"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing --in pa:H2"
            f" --hex {frames.NVGRE_TAGGED}",
            shows="the frame inside the tunnel has VLAN 5",
        ),
    ),
    Rule(
        id="RCV-5",
        title="Congestion marked outside is copied inside",
        text="Congestion marked outside is copied to the inner header, and the packet dropped if"
        " that cannot carry the mark.",
        known="the drop documented [WNV events]; the copy inferred [RFC 6040]",
        confidence=Confidence.MEDIUM,
        reasons=(Reason.ECN_CE_NON_ECT,),
        see=("ENC-6", "FWD-25"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing --in pa:H2"
            f" --hex {frames.NVGRE_MARKED}",
            shows="the outer header is marked, and the inner one is not capable of it",
        ),
    ),
    Rule(
        id="RCV-6",
        title="The inner destination needs a record or a wildcard in the key's VSID",
        text="The inner destination needs a record in the key's VSID, or that VSID a wildcard.",
        known="documented [gateway sample]",
        confidence=Confidence.HIGH,
        reasons=(Reason.DST_RECORD_MISSING,),
        see=("GWY-3", "GWY-9", "RCV-3", "MOB-3"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A 8.8.8.8",
            shows="at H3 no record has 8.8.8.8, and the wildcard of VSID 5002 takes it",
        ),
    ),
    Rule(
        id="RCV-7",
        title="The record must name the PA at which the packet arrived",
        text="The record's PA must be the outer destination, or the VM has moved.",
        known="documented [WNV events]",
        confidence=Confidence.HIGH,
        reasons=(Reason.DST_PA_MISMATCH,),
        see=("MOB-2", "MOB-3"),
        example=Example(
            command="hnvemu trace -p sample:stale-host-views GW A",
            shows="H3 sends to the old place, and H1 knows that A is elsewhere",
        ),
    ),
    Rule(
        id="RCV-8",
        title="The frame must have the record's MAC as destination",
        text="The record's MAC must be the frame's destination MAC. Not asked in `transparent`,"
        " which corrects no MAC.",
        known="documented [WNV events]; the exception decided here",
        confidence=Confidence.MEDIUM,
        profiles=(Profile.WS2012, Profile.WS2012R2, Profile.HNVV2),
        reasons=(Reason.DST_MAC_MISMATCH,),
        see=("FWD-21", "FWD-2b"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing --in pa:H2 --profile ws2012r2"
            f" --hex {frames.NVGRE_WRONG_MAC}",
            shows="the inner frame goes to the address of B and to another MAC",
        ),
    ),
    Rule(
        id="RCV-9",
        title="The receiver validates the source too",
        text="The inner source needs a record anywhere in the routing domain, or else a wildcard"
        " where its route leads.",
        product="One record that is missing on one host therefore stops both directions: that host"
        " can neither send to the VM nor accept what it sends.",
        known="that it is validated documented [WNV events]; how it is searched inferred",
        confidence=Confidence.MEDIUM,
        reasons=(Reason.SRC_RECORD_MISSING,),
        see=("RCV-10", "SRC-1", "OBJ-3", "GWY-4"),
        example=Example(
            command="hnvemu trace -p sample:stale-host-views X C",
            shows="H1 never got the record of X, and drops what X sends",
        ),
    ),
    Rule(
        id="RCV-10",
        title="The source's record must fit the outer source and the source MAC",
        text="That record must have the outer source as PA and the frame's source MAC.",
        known="documented [WNV events]",
        confidence=Confidence.HIGH,
        reasons=(Reason.SRC_PA_MISMATCH, Reason.SRC_MAC_MISMATCH),
        see=("RCV-9", "SRC-5", "SRC-6", "GWY-13"),
        example=Example(
            command="hnvemu trace -p sample:stale-host-views A GW",
            shows="in H3's old record A is behind H1, and this came from H2",
        ),
    ),
    Rule(
        id="RCV-11",
        title="Of ARP and of groups the receiver checks the sender alone",
        text="ARP and neighbour discovery, and packets to groups: the sender is validated as ever,"
        " and the destination's record is not asked for. A frame to a group goes to every port of"
        " the VSID on this host, a unicast request or reply to the port with its destination MAC.",
        known="decided here",
        confidence=Confidence.LOW,
        reasons=(Reason.NO_PORT,),
        see=("RCV-6", "RCV-9", "RCV-10", "ARP-4", "ARP-5", "BUM-2"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A 239.1.1.1 udp/5353 -v",
            shows="B gets a copy at H2, which checks that A may send",
        ),
    ),
)
