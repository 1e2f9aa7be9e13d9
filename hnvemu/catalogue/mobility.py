"""Rules of moves and restarts: what happens while the hosts' tables disagree."""

from __future__ import annotations

from typing import Final

from hnvemu.catalogue.definition import Confidence, Example, Rule
from hnvemu.model.policy import Profile
from hnvemu.trace.outcome import Reason

RULES: Final = (
    Rule(
        id="MOB-1",
        title="A VSID travels with its VM, records do not",
        text="The VSID is a setting of the port and travels with the VM. Its records have to be"
        " given the new PA on every host, by whoever manages them.",
        known="documented [HNV details] [NetWNV]",
        confidence=Confidence.HIGH,
        see=("MOB-2", "SRC-6"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing C X --migrate X=H1",
            shows="X has moved to H1 with its records: no tunnel is needed any longer",
            prints="T/X @H1",
        ),
    ),
    Rule(
        id="MOB-2",
        title="A sender with an old record sends to the old host",
        text="A sender with the old record sends to the old host, which sees that the PA is not the"
        " record's, or has no such port.",
        known="inferred",
        confidence=Confidence.HIGH,
        reasons=(Reason.DST_PA_MISMATCH, Reason.NO_PORT),
        see=("MOB-1", "MOB-3", "RCV-7"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing GW A --migrate A=H2 --stale H3",
            shows="A has moved from H1 to H2, and only H3 has not heard of it",
        ),
    ),
    Rule(
        id="MOB-3",
        title="A host tells a sender that its table is stale",
        text="A host that knows the new place answers REDIRECT, one that has no policy for the"
        " packet UNREACHABLE, each in a tunnel to the sender.",
        product="Each message quotes as much of the packet as fits, and makes the sender ask for"
        " the policy again.",
        known="documented for 2012 R2 and 2016 [MS-NVGREE]",
        confidence=Confidence.HIGH,
        profiles=(Profile.TRANSPARENT, Profile.WS2012R2),
        reasons=(Reason.DST_PA_MISMATCH, Reason.DST_RECORD_MISSING),
        see=("MOB-2", "MOB-4", "MOB-5", "ICMP-2"),
        example=Example(
            command="hnvemu trace -p sample:stale-host-views GW A",
            shows="what a real H1 would tell H3",
            prints="REDIRECT",
        ),
    ),
    Rule(
        id="MOB-4",
        title="hnvemu names that message and sends none",
        text="hnvemu drops the packet and names the message; it does not send it, and no table"
        " changes.",
        known="decided here",
        confidence=Confidence.HIGH,
        reasons=(Reason.DST_PA_MISMATCH, Reason.DST_RECORD_MISSING),
        see=("MOB-3",),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A B"
            " --with 'host-view:{host: H2, restarted: policy}'",
            shows="H2 has lost its records, and would say UNREACHABLE",
        ),
    ),
    Rule(
        id="MOB-5",
        title="Nothing is kept until the sender knows better",
        text="Packets are lost until the sender's tables are right again: no host keeps them.",
        known="documented [MS-NVGREE]",
        confidence=Confidence.HIGH,
        see=("MOB-3",),
        example=Example(
            command="hnvemu trace -p sample:stale-host-views GW A --expect dropped",
            shows="the packet is gone, whatever the message says; the next one is lost as well",
            prints="DST_PA_MISMATCH",
        ),
    ),
    Rule(
        id="MOB-6",
        title="A PA that is not preferred does not receive",
        text="A PA that is not in the state *preferred* does not receive. A host whose PA changes"
        " is, to all others, like a host whose VMs have all moved.",
        known="inferred",
        confidence=Confidence.MEDIUM,
        reasons=(Reason.PA_NOT_LOCAL,),
        see=("RCV-1", "MOB-2"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A B"
            " --set 'hosts.H2.provider_addresses=[{address: 192.168.10.12/24,"
            " state: tentative}]'",
            shows="the PA of H2 is not in use yet",
        ),
    ),
    Rule(
        id="MOB-7",
        title="A restarted host has lost its tables",
        text="A restarted host has lost its records, its routes and its PAs until somebody gives"
        " them back. Others find nobody behind the PA.",
        known="documented that they are lost [networking-hyperv]; the effects inferred",
        confidence=Confidence.MEDIUM,
        reasons=(Reason.PA_ARP_FAILED, Reason.SRC_RECORD_MISSING, Reason.DST_RECORD_MISSING),
        see=("OBJ-30", "FWD-32"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A B"
            " --with 'host-view:{host: H2, restarted: all}'",
            shows="H2 has restarted and got nothing back yet",
        ),
    ),
    Rule(
        id="MOB-8",
        title="In HNVv2 the controller has errors of its own",
        text="In HNVv2 a policy can be wrong, late or not delivered, and the data path can drift"
        " from it; Network Controller has codes for these. hnvemu shows their effect on a packet"
        " and none of the codes.",
        known="documented [SDN troubleshooting]",
        confidence=Confidence.HIGH,
        profiles=(Profile.HNVV2,),
        see=("MOB-1", "MOB-2"),
        example=Example(
            command="hnvemu trace -p sample:stale-host-views C X --profile hnvv2",
            shows="a policy that H1 never got",
            prints="DST_RECORD_MISSING",
        ),
    ),
)
