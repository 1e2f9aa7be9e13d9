"""Rules of ARP and neighbour discovery: who answers, and what is flooded."""

from __future__ import annotations

from typing import Final

from hnvemu.catalogue.definition import Confidence, Example, Rule
from hnvemu.model.policy import Profile
from hnvemu.trace.outcome import Outcome, Reason

RULES: Final = (
    Rule(
        id="ARP-1",
        title="HNV answers a request for an address that has a record",
        text="A broadcast ARP request or a multicast neighbour solicitation for an address with a"
        " record in the sender's VSID: HNV answers itself, with the record's MAC. The request does"
        " not travel.",
        known="documented [walk 2012] [walk R2]",
        confidence=Confidence.HIGH,
        outcomes=(Outcome.ANSWERED,),
        see=("ARP-2", "ARP-3", "ARP-10", "BUM-1"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A 10.0.1.11 arp",
            shows="H1 answers with the MAC of B, and nothing goes on the wire",
        ),
    ),
    Rule(
        id="ARP-2",
        title="The .1 address answers ARP",
        text="A request for the `.1` is answered with the MAC of its record.",
        product="Microsoft's sample takes the answer, in `arp -a`, for the sign that HNV works.",
        known="documented [gateway sample]",
        confidence=Confidence.HIGH,
        outcomes=(Outcome.ANSWERED,),
        see=("ARP-1", "OBJ-41", "FWD-12"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A 10.0.1.1 arp",
            shows="the answer has the MAC that all `.1` records share",
        ),
    ),
    Rule(
        id="ARP-3",
        title="A request for an unknown address is flooded only where addresses are learnt",
        text="An unknown target: flooded in the VSID if that has an L2Only record, else dropped."
        " `ws2012` drops it always, and `hnvv2` does not answer it.",
        product="In HNVv2 the host agent gives no answer, and the guest's entry stays unresolved.",
        known="documented [walk 2012] [walk R2] [HNV details]",
        confidence=Confidence.HIGH,
        reasons=(Reason.ARP_UNANSWERED,),
        outcomes=(Outcome.REPLICATED,),
        see=("ARP-1", "ARP-6", "BUM-2", "SRC-3"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A 10.0.1.99 arp",
            shows="nobody has the address, and VSID 5001 has no L2Only record",
        ),
    ),
    Rule(
        id="ARP-4",
        title="A unicast request travels to the VM it asks",
        text="A unicast ARP request or neighbour solicitation asks whether a neighbour is still"
        " there: it is carried to the VM, which answers. `ws2012` answers it on the sender's host.",
        known="documented [walk R2] [walk 2012]",
        confidence=Confidence.HIGH,
        see=("ARP-5", "ARP-7", "RCV-11"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A B arp/check",
            shows="the request crosses to H2 and reaches B",
        ),
    ),
    Rule(
        id="ARP-5",
        title="A VM's own reply is forwarded",
        text="An ARP reply or neighbour advertisement of a VM to another is carried like a unicast"
        " packet.",
        known="inferred",
        confidence=Confidence.MEDIUM,
        see=("ARP-4", "ARP-9", "RCV-11"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing B A arp/reply",
            shows="B's reply reaches A",
        ),
    ),
    Rule(
        id="ARP-6",
        title="A request for an address of another subnet is not answered",
        text="A target in another VSID of the routing domain is not answered, even where it has a"
        " record there: a guest asks for it only if its mask is wrong.",
        known="unknown; decided here",
        confidence=Confidence.LOW,
        reasons=(Reason.ARP_UNANSWERED,),
        see=("ARP-1", "ARP-3"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A 10.1.2.20 arp",
            shows="X is in VSID 5003, and A asks in 5001",
        ),
    ),
    Rule(
        id="ARP-7",
        title="What a request is decides what becomes of it",
        text="A request is a probe for duplicates, an announcement, a check of a neighbour, or an"
        " ordinary one; each has its own rule.",
        product="The driver of 2012 R2 tells the same kinds apart, and knows five actions: drop,"
        " unicast, pass through, broadcast in the VSID, respond. Which goes with which is not"
        " written.",
        known="the kinds documented [WNV events]; their actions inferred",
        confidence=Confidence.MEDIUM,
        see=("ARP-1", "ARP-4", "ARP-8", "ARP-9"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A 10.0.1.11 arp -v",
            shows="an ordinary request: the first rows say what kind the frame is",
        ),
    ),
    Rule(
        id="ARP-8",
        title="A probe is answered where somebody else has the address",
        text="A probe for duplicates (ARP from 0.0.0.0, a solicitation from `::`) for an address"
        " that another MAC has is answered, so the guest sees the duplicate. A probe for a free"
        " address, or for one's own, is dropped silently.",
        known="inferred; decided here",
        confidence=Confidence.MEDIUM,
        reasons=(Reason.ARP_UNANSWERED,),
        outcomes=(Outcome.ANSWERED,),
        see=("ARP-7", "ARP-10"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A 10.0.1.11 arp/probe",
            shows="A probes for the address of B, and H1 answers with the MAC of B",
        ),
    ),
    Rule(
        id="ARP-9",
        title="An announcement moves no static record",
        text="A VM that announces an address: learnt as a dynamic record, on its host and on every"
        " host that the broadcast reaches, if the VSID has an L2Only record of the VM's MAC and no"
        " static record of the address. Else dropped, and always under `ws2012` and `hnvv2`.",
        product="So VRRP, HSRP and the like can take over an address only with dynamic records.",
        known="inferred [walk R2] [WNV events]",
        confidence=Confidence.MEDIUM,
        reasons=(Reason.GARP_STATIC_VSID,),
        see=("SRC-3", "GWY-11", "ARP-7"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A 10.0.1.11 arp/announce",
            shows="A announces the address of B in a VSID of static records",
        ),
    ),
    Rule(
        id="ARP-10",
        title="The answer comes from the MAC that it names",
        text="The generated ARP reply has the answered MAC as Ethernet source and the asker as"
        " destination. The generated neighbour advertisement has the flags solicited and override"
        " and the option with the target's MAC.",
        known="decided here",
        confidence=Confidence.LOW,
        see=("ARP-1", "ARP-8"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A 2001:db8:1::b nd",
            shows="A's host answers with an advertisement of B's MAC",
        ),
    ),
    Rule(
        id="ARP-11",
        title="HNVv2 guards and limits ARP",
        text="VFP has guards and a rate limiter of its own for ARP. hnvemu has neither, for nothing"
        " in it happens over time.",
        known="documented [VFP events]",
        confidence=Confidence.HIGH,
        profiles=(Profile.HNVV2,),
        see=("ARP-1", "ARP-3"),
        example="A rate limiter counts packets over time, and a trace is of one packet: no command"
        " can show it.",
    ),
)
