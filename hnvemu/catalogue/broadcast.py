"""Rules of broadcast and multicast, of DHCP, and of the ICMP messages that nobody sends."""

from __future__ import annotations

from typing import Final

from hnvemu.catalogue.definition import Confidence, Example, Rule
from hnvemu.model.policy import Profile
from hnvemu.trace.outcome import Outcome, Reason

RULES: Final = (
    Rule(
        id="BUM-1",
        title="In 2012 a broadcast stays on its host",
        text="The switch of 2012 floods a frame to the local ports of the VSID, and HNV drops it at"
        " the uplink.",
        known="documented [walk 2012]",
        confidence=Confidence.HIGH,
        profiles=(Profile.WS2012,),
        outcomes=(Outcome.REPLICATED,),
        see=("BUM-2", "FWD-2"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A 239.1.1.1 udp/5353 --profile ws2012",
            shows="C on A's host gets a copy, B on another host does not",
        ),
    ),
    Rule(
        id="BUM-2",
        title="A broadcast reaches the VSID, one copy for each host",
        text="Broadcast and multicast stay inside the sender's VSID. Where a record maps the"
        " group's address to a multicast PA, one copy goes to that PA; else one to each distinct PA"
        " that a record of the VSID names. The ports of the VSID on the sender's host get one"
        " each.",
        known="documented [walk R2]",
        confidence=Confidence.HIGH,
        profiles=(Profile.TRANSPARENT, Profile.WS2012R2, Profile.HNVV2),
        outcomes=(Outcome.REPLICATED,),
        see=("BUM-1", "BUM-3", "BUM-4", "RCV-11"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A 239.1.1.1 udp/5353",
            shows="one copy for C on H1, one in a tunnel to H2 for B, none for X and Y",
        ),
    ),
    Rule(
        id="BUM-3",
        title="In HNVv2 copies are unicast and stay in the VSID",
        text="HNVv2 copies a broadcast or multicast packet to each host of the VSID by unicast, and"
        " routes none between subnets.",
        known="documented [HNV details]",
        confidence=Confidence.MEDIUM,
        profiles=(Profile.HNVV2,),
        outcomes=(Outcome.REPLICATED,),
        see=("BUM-2",),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A 239.1.1.1 udp/5353 --profile hnvv2",
            shows="the copy to H2 goes in VXLAN to the PA of H2",
            prints="VXLAN, VSID 5001, PA 192.168.10.11 -> 192.168.10.12",
        ),
    ),
    Rule(
        id="BUM-4",
        title="No copy goes to a dummy PA or back to the sender",
        text="No copy goes to the PA of a `.1` record, and none to the port that sent it.",
        known="decided here",
        confidence=Confidence.HIGH,
        see=("BUM-2", "OBJ-41"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A 239.1.1.1 udp/5353",
            shows="169.254.254.254, the PA of 10.0.1.1, gets none",
        ),
    ),
    Rule(
        id="BUM-5",
        title="Some paths of the driver refuse groups",
        text="Some paths of the driver refuse a destination that is not unicast. hnvemu replicates"
        " groups before any of its lookups could.",
        known="documented [WNV events]",
        confidence=Confidence.MEDIUM,
        reasons=(Reason.NOT_UNICAST,),
        see=("BUM-2", "ING-8"),
        example="Which paths these are is not known, so no packet of this model takes one.",
    ),
    Rule(
        id="DHCP-1",
        title="Who answers DHCP depends on the release",
        text="A DHCP client's message is left to an agent on the host under `ws2012` and `hnvv2`:"
        " it passes through. Under `transparent` and `ws2012r2` it is a packet like others, for a"
        " server of the tenant to answer.",
        product="2012: an extension of Virtual Machine Manager answers. 2012 R2: a server of the"
        " tenant can, where the client has an L2Only record; OpenStack installs one of 0.0.0.0 for"
        " each VM. HNVv2: the host agent answers with the address that Network Controller gave.",
        known="documented [os-win] [SDN troubleshooting]; 2012 inferred",
        confidence=Confidence.MEDIUM,
        outcomes=(Outcome.PASSED_THROUGH,),
        see=("DHCP-2", "SRC-3"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A 255.255.255.255 udp/67 --sport 68"
            " --src-ip 0.0.0.0 --profile hnvv2",
            shows="a client without an address asks for one",
        ),
    ),
    Rule(
        id="DHCP-2",
        title="A client's request is an ordinary broadcast",
        text="A DHCP client's request is a broadcast like others. Its source 0.0.0.0 needs no"
        " record if the VSID has an L2Only record.",
        known="decided here",
        confidence=Confidence.LOW,
        profiles=(Profile.TRANSPARENT, Profile.WS2012R2),
        reasons=(Reason.SRC_RECORD_MISSING,),
        see=("DHCP-1", "SRC-4", "BUM-2"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A 255.255.255.255 udp/67 --sport 68"
            " --src-ip 0.0.0.0"
            " --with 'record:{ca: 0.0.0.0, vsid: 5001,"
            " mac: 02-00-00-00-01-0A, pa: 192.168.10.11, type: l2_only}'",
            shows="a client without an address, in a VSID with an L2Only record of its MAC",
        ),
    ),
    Rule(
        id="ICMP-1",
        title="The .1 address does not answer ping",
        text="Hence a ping to the `.1` address is never answered.",
        known="documented for 2012 [gateway sample]; inferred for 2012 R2; unknown for HNVv2",
        confidence=Confidence.MEDIUM,
        reasons=(Reason.GATEWAY_NOT_A_HOST,),
        see=("FWD-12", "OBJ-42"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A 10.0.1.1 icmp/echo",
            shows="the ping of the default gateway that people try first",
        ),
    ),
    Rule(
        id="ICMP-2",
        title="HNV sends VMs neither redirects nor unreachables",
        text="HNV sends a VM no redirect and no unreachable message: a packet that is dropped is"
        " lost in silence.",
        known="unknown; decided here",
        confidence=Confidence.LOW,
        see=("FWD-24", "MOB-3"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A 10.0.1.99",
            shows="the packet is dropped, and A hears nothing of it",
            prints="DST_RECORD_MISSING",
        ),
    ),
)
