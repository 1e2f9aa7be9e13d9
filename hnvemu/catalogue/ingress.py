"""Rules of the sending port: what a virtualised port lets its VM send."""

from __future__ import annotations

from typing import Final

from hnvemu.catalogue.definition import Confidence, Example, Rule
from hnvemu.trace.outcome import Outcome, Reason

RULES: Final = (
    Rule(
        id="ING-1",
        title="A port with VSID 0 is none of HNV's business",
        text="A port with VSID 0 is not virtualised: the frame is none of HNV's business.",
        product="The virtual switch forwards such a frame by MAC and VLAN, as it did before HNV.",
        known="documented [NetWNV]",
        confidence=Confidence.HIGH,
        outcomes=(Outcome.PASSED_THROUGH,),
        see=("OBJ-2", "GWY-12"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A B"
            " --set virtual_networks.T.vms.A.vsid=0",
            shows="A's port is outside of every virtual subnet",
        ),
    ),
    Rule(
        id="ING-2",
        title="A tagged frame cannot come out of a virtualised port",
        text="A frame with an 802.1Q tag cannot come out of a virtualised port.",
        product="A port has either a VLAN or a VSID, never both.",
        known="documented [vSwitch events] [Hyper-V cmdlets]",
        confidence=Confidence.HIGH,
        reasons=(Reason.VLAN_IN_HEADER,),
        see=("RCV-4", "ENC-3"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing --in A --hex"
            " 02000000010b02000000010a810000050800450000140000000040016ee2"
            "0a00010a0a00010b",
            shows="A's frame to B, with VLAN 5 behind the MACs",
        ),
    ),
    Rule(
        id="ING-3",
        title="MACs must be such that a VM can have or reach them",
        text="The destination MAC must not be zero, the source MAC neither zero nor a group's.",
        known="documented [vSwitch events]",
        confidence=Confidence.HIGH,
        reasons=(Reason.NULL_DST_MAC, Reason.INVALID_SRC_MAC),
        see=("ING-4",),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A B --dst-mac 00-00-00-00-00-00",
            shows="a frame to nobody",
        ),
    ),
    Rule(
        id="ING-4",
        title="The source MAC must be the port's",
        text="The source MAC must be the port's, unless MAC spoofing is on.",
        product="`MacAddressSpoofing` is off by default.",
        known="documented [vSwitch events] [Hyper-V cmdlets]",
        confidence=Confidence.HIGH,
        reasons=(Reason.SPOOFED_MAC,),
        see=("ING-3", "SRC-5"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A B --src-mac 02-00-00-00-01-0C",
            shows="A sends with the MAC of C",
        ),
    ),
    Rule(
        id="ING-5",
        title="Guards and outbound rules look at the packet before HNV does",
        text="The guards and the outbound rules look at the customer's packet before HNV does. DHCP"
        " guard stops a server's messages, router guard advertisements and redirects.",
        product="Port policies sit on the way into the switch, ahead of the forwarding extension."
        " A storm limit counts broadcasts over time, which hnvemu does not.",
        known="position documented [switch data path]; the order of ING-2 to ING-5 decided here",
        confidence=Confidence.HIGH,
        reasons=(Reason.DHCP_GUARD, Reason.ROUTER_GUARD, Reason.ACL_DENY_OUT),
        see=("ING-9", "ACL-12", "ACL-52"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A B udp/68 --sport 67"
            " --set virtual_networks.T.vms.A.dhcp_guard=true",
            shows="A plays DHCP server through a port with DHCP guard",
        ),
    ),
    Rule(
        id="ING-6",
        title="Only IP and ARP are forwarded",
        text="Only IP and ARP are forwarded; frames of other EtherTypes are dropped.",
        product="In 2012 they were dropped at the uplink, so two VMs on one host could still"
        " exchange them (FWD-2).",
        known="documented [walk 2012] [walk R2] [WNV events]",
        confidence=Confidence.HIGH,
        reasons=(Reason.UNSUPPORTED_ETHERTYPE,),
        see=("ING-8", "FWD-2"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing --in A --hex"
            " 0180c200000e02000000010a88cc0207040200",
            shows="A sends LLDP, EtherType 0x88cc",
        ),
    ),
    Rule(
        id="ING-7",
        title="Headers must be whole and the IPv4 checksum right",
        text="Headers must be complete and consistent, and the IPv4 header checksum right.",
        known="documented [WNV events]",
        confidence=Confidence.HIGH,
        reasons=(Reason.MALFORMED, Reason.IP_CHECKSUM),
        see=("RCV-2",),
        example=Example(
            command="hnvemu trace -p sample:complex-routing --in A --hex"
            " 02000000010b02000000010a0800450000140000000040010000"
            "0a00010a0a00010b",
            shows="the IPv4 header has checksum 0, which is wrong for it",
        ),
    ),
    Rule(
        id="ING-8",
        title="Broadcast, multicast, ARP and neighbour discovery go ways of their own",
        text="A packet to a group or broadcast address is replicated. ARP and the messages of"
        " neighbour discovery are asked for first, whatever address they go to.",
        known="documented [walk R2]",
        confidence=Confidence.HIGH,
        see=("ARP-1", "BUM-1", "BUM-2", "BUM-3"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A 239.1.1.1 udp/5353 -v",
            shows="what becomes of a packet to a group",
        ),
    ),
    Rule(
        id="ING-9",
        title="Of several faults of a frame the first in this order counts",
        text="The checks of the sending port stand in the order of their numbers: tag, MACs,"
        " spoofing, guards, outbound rules, kind of packet.",
        product="That each check exists is documented, their order is not.",
        known="decided here",
        confidence=Confidence.LOW,
        see=("ING-2", "ING-3", "ING-4", "ING-5"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A B --src-mac 02-00-00-00-01-0C"
            " --dst-mac 00-00-00-00-00-00",
            shows="both MACs are wrong, and the destination's is the one that counts",
            prints="NULL_DST_MAC",
        ),
    ),
)
