"""Rules of the way out: back to the switch or into a tunnel, and to the destination's port."""

from __future__ import annotations

from typing import Final

from hnvemu.catalogue.definition import Confidence, Example, Rule
from hnvemu.trace.outcome import Outcome, Reason

RULES: Final = (
    Rule(
        id="FWD-30",
        title="A record with a PA of this host needs no tunnel",
        text="A record with a PA of this host: the frame goes back to the switch, without a"
        " tunnel.",
        known="documented [walk R2]",
        confidence=Confidence.HIGH,
        see=("FWD-31", "FWD-33", "GWY-13"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing B X",
            shows="B and X are both on H2",
        ),
    ),
    Rule(
        id="FWD-31",
        title="Any other record needs a tunnel from PA to PA",
        text="Otherwise into a tunnel, from the source record's PA to the destination record's.",
        known="documented [walk R2]; the choice of the source inferred",
        confidence=Confidence.HIGH,
        reasons=(Reason.PHYS_ROUTE_MISSING,),
        see=("FWD-30", "FWD-32", "ENC-1"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A B",
            shows="the tunnel from the PA of H1 to that of H2",
            prints="192.168.10.11 -> 192.168.10.12",
        ),
    ),
    Rule(
        id="FWD-32",
        title="The provider network needs a way, and somebody at its end",
        text="The PA must be on-link or have a provider route, and some host must answer for it.",
        product="Behind a provider route it is a router that answers ARP; hnvemu takes a PA that no"
        " host has for unreachable there too.",
        known="documented [walk R2] [WNV events]",
        confidence=Confidence.HIGH,
        reasons=(Reason.PHYS_ROUTE_MISSING, Reason.PA_ARP_FAILED),
        see=("FWD-31", "MOB-7"),
        example=Example(
            command="hnvemu trace -p sample:two-tenants blue/web blue/db --down H2",
            shows="H2 is gone, and nobody answers for its PA",
        ),
    ),
    Rule(
        id="FWD-33",
        title="The frame leaves at the port that has the record's MAC and VSID",
        text="The frame leaves at the port of this host that has the *record's* MAC and VSID. A"
        " multi-tenant port has every VSID it is mapped to.",
        product="The MAC in the frame plays no part: in the profile `transparent` it may still be"
        " the `.1` MAC.",
        known="documented [vSwitch events] [NetWNV]",
        confidence=Confidence.HIGH,
        reasons=(Reason.NO_PORT, Reason.VSID_MISMATCH),
        outcomes=(Outcome.DELIVERED, Outcome.TO_GATEWAY),
        see=("FWD-1", "FWD-34", "GWY-12"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A X",
            shows="the frame reaches X, though it has the MAC of the gateway",
        ),
    ),
    Rule(
        id="FWD-34",
        title="The inbound rules of the port look at the packet last",
        text="The inbound rules of that port look at the customer's packet, after it was"
        " decapsulated.",
        product="Port policies sit on the way out of the switch, behind the forwarding extension. A"
        " packet that they stop has crossed the wire.",
        known="position documented [switch data path]",
        confidence=Confidence.HIGH,
        reasons=(Reason.ACL_DENY_IN,),
        see=("ING-5", "ACL-12", "ACL-52"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A X tcp/23"
            " --with 'rule:{name: no-telnet, vms: X, action: block, protocol: tcp,"
            " local_port: 23}'",
            shows="H2 drops it behind the tunnel, at the port of X",
            prints="ACL_DENY_IN at H2",
        ),
    ),
    Rule(
        id="FWD-35",
        title="A packet to its own sender is delivered to it",
        text="A packet whose record is the sender's own port goes back to it; nothing looks for"
        " loops. The trace has a note.",
        known="decided here",
        confidence=Confidence.LOW,
        see=("FWD-30",),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A 10.0.1.10",
            shows="A sends to itself",
            prints="the packet goes back to the port it came from",
        ),
    ),
)
