"""Rules of the lookup and of the transformation: route, next hop, record, MAC, TTL."""

from __future__ import annotations

from typing import Final

from hnvemu.catalogue.definition import Confidence, Example, Rule
from hnvemu.model.policy import Profile
from hnvemu.trace.outcome import Outcome, Reason

RULES: Final = (
    Rule(
        id="FWD-1",
        title="The destination IP address alone decides",
        text="The destination IP address alone decides; the destination MAC is no input.",
        product="A guest whose default gateway is another VM gains nothing by it: HNV does not"
        " send its packets there.",
        known="documented [walk R2] [HNV overview]",
        confidence=Confidence.HIGH,
        profiles=(Profile.TRANSPARENT, Profile.WS2012R2, Profile.HNVV2),
        see=("FWD-2", "FWD-33"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A X --dst-mac 02-00-00-00-01-0B",
            shows="the frame is addressed to the MAC of B and the packet to X: X gets it",
            prints="T/X @H2",
        ),
    ),
    Rule(
        id="FWD-2",
        title="The switch of 2012 delivers by MAC before HNV sees the frame",
        text="If a port of the sender's VSID on this host has the destination MAC, the switch"
        " delivers by MAC; HNV never sees the frame, not even to reject its EtherType.",
        product="In 2012 HNV was a filter under the switch, at the uplink.",
        known="documented [walk 2012]",
        confidence=Confidence.HIGH,
        profiles=(Profile.WS2012,),
        see=("FWD-2b", "FWD-9", "ING-6"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A C --profile ws2012",
            shows="A and C are in one subnet on one host: no record is looked up",
        ),
    ),
    Rule(
        id="FWD-2b",
        title="The filter of 2012 drops a frame to an unknown MAC",
        text="A destination MAC that is neither the record's nor the gateway's is unknown to the"
        " filter.",
        known="documented [walk 2012]",
        confidence=Confidence.HIGH,
        profiles=(Profile.WS2012,),
        reasons=(Reason.DST_MAC_MISMATCH,),
        see=("FWD-2", "RCV-8"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A B --dst-mac 02-DE-AD-00-00-01"
            " --profile ws2012",
            shows="A has an old MAC of B in its ARP cache",
        ),
    ),
    Rule(
        id="FWD-3",
        title="Routes of other routing domains are never consulted",
        text="Routes of other routing domains are never consulted.",
        product="The way between two domains is a gateway. HNVv2 also has peering, which has to be"
        " set up, wants prefixes that do not overlap, and is not transitive.",
        known="documented [HNV details] [SDN guides]",
        confidence=Confidence.HIGH,
        reasons=(Reason.ROUTE_MISSING,),
        see=("OBJ-3", "OBJ-4", "FWD-4"),
        example=Example(
            command="hnvemu trace -p sample:two-tenants blue/web 10.0.9.20",
            shows="red has that address, blue does not even have a route to it",
        ),
    ),
    Rule(
        id="FWD-4",
        title="The longest prefix wins",
        text="The longest prefix of the routing domain that holds the destination wins.",
        known="inferred from the text on metrics [NetWNV] [SDN guides]",
        confidence=Confidence.HIGH,
        reasons=(Reason.ROUTE_MISSING,),
        see=("FWD-5", "FWD-6"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A 10.1.2.20",
            shows="0.0.0.0/0 holds the address too, and 10.1.2.0/24 is longer",
            prints="10.1.2.0/24",
        ),
    ),
    Rule(
        id="FWD-5",
        title="Of equal prefixes the lowest metric wins",
        text="Of equal prefixes the lowest metric wins.",
        known="documented [NetWNV]",
        confidence=Confidence.HIGH,
        see=("FWD-4", "FWD-6", "GWY-10"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A 8.8.8.8"
            " --with 'route:{prefix: 0.0.0.0/0,"
            " next_hop: 10.1.2.20, vsid: 5003, metric: 300}'",
            shows="a second default route with metric 300: the first, with 255, is taken",
            prints="0.0.0.0/0 -> 10.0.2.250 in VSID 5002, metric 255",
        ),
    ),
    Rule(
        id="FWD-6",
        title="Of equal metrics the lowest next hop wins",
        text="Of equal metrics the lowest next hop wins, then the lowest VSID. The trace has a"
        " note, and nothing is balanced.",
        known="unknown; decided here",
        confidence=Confidence.LOW,
        see=("FWD-5", "GWY-10"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A 8.8.8.8"
            " --with 'route:{prefix: 0.0.0.0/0,"
            " next_hop: 10.1.2.20, vsid: 5003}'",
            shows="two default routes of the same metric: 10.0.2.250 is the lower address",
            prints="routes tie in prefix and metric",
        ),
    ),
    Rule(
        id="FWD-7",
        title="On an on-link route the destination is its own next hop",
        text="An on-link route: the destination is its own next hop, in the route's VSID.",
        known="documented [walk R2]",
        confidence=Confidence.HIGH,
        see=("FWD-8", "FWD-10"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A X",
            shows="the route is on-link in VSID 5003, and the record is that of X itself",
        ),
    ),
    Rule(
        id="FWD-8",
        title="A next hop has to be on-link",
        text="Any other route: the next hop is the route's, in the route's VSID, and has to lie in"
        " an on-link prefix. There is one level of recursion.",
        known="recursion documented [walk R2]; its depth decided here",
        confidence=Confidence.MEDIUM,
        reasons=(Reason.NEXTHOP_NOT_ONLINK,),
        see=("FWD-7", "GWY-1"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A 203.0.113.9"
            " --with 'route:{prefix: 203.0.113.0/24,"
            " next_hop: 198.51.100.1, vsid: 5002}'",
            shows="198.51.100.1 is in no subnet of T",
        ),
    ),
    Rule(
        id="FWD-9",
        title="In 2012 a record of the destination comes before the routes",
        text="A record of the destination itself, in any VSID of the routing domain, comes before"
        " the routes.",
        known="documented [walk 2012]",
        confidence=Confidence.HIGH,
        profiles=(Profile.WS2012,),
        see=("FWD-2", "FWD-10"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A X --profile ws2012",
            shows="X has a record, so no route is looked up",
        ),
    ),
    Rule(
        id="FWD-10",
        title="The next hop needs a usable record in the route's VSID",
        text="The next hop needs a usable static or dynamic record in the route's VSID. One that is"
        " marked unusable or unsynchronized is as good as none.",
        known="documented [WNV events]",
        confidence=Confidence.HIGH,
        reasons=(Reason.DST_RECORD_MISSING,),
        see=("FWD-7", "FWD-8", "FWD-11", "OBJ-11"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A 10.0.1.99",
            shows="nobody in VSID 5001 has that address",
        ),
    ),
    Rule(
        id="FWD-11",
        title="An unknown neighbour is not sought behind the gateway",
        text="An unknown on-link destination is not handed to a gateway VM of its VSID, wildcard or"
        " not.",
        known="inferred from the name of the event [WNV events]",
        confidence=Confidence.MEDIUM,
        reasons=(Reason.DST_ONLINK,),
        see=("FWD-10", "GWY-6"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A 10.0.2.77",
            shows="an unknown address in the subnet of GW",
        ),
    ),
    Rule(
        id="FWD-12",
        title="Behind the .1 address is nobody",
        text="The record of a `.1` address answers ARP, but nobody is there to receive, neither as"
        " destination nor as next hop.",
        known="documented [gateway sample]",
        confidence=Confidence.HIGH,
        reasons=(Reason.GATEWAY_NOT_A_HOST,),
        see=("OBJ-40", "OBJ-41", "ICMP-1", "ARP-2"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A 10.0.1.1",
            shows="A sends to its own default gateway",
        ),
    ),
    Rule(
        id="FWD-13",
        title="Both records must name the same translation method",
        text="Sender's and receiver's record must cross the provider network by the same method.",
        known="documented [WNV events]",
        confidence=Confidence.HIGH,
        reasons=(Reason.METHOD_MISMATCH,),
        see=("ENC-30", "ENC-31"),
        example=Example(
            command="hnvemu trace -p sample:gateway-demo Blue1 Blue2"
            " --set 'virtual_networks.Blue.lookup_records[1].rule=nat'",
            shows="Blue2's record says address rewrite, Blue1's says encapsulation",
        ),
    ),
    Rule(
        id="FWD-14",
        title="A host may leave routing between subnets to a router outside",
        text="A host with `use_external_router` hands packets to another VSID over to a router"
        " outside.",
        product="The routers outside own the customer routes then. hnvemu does not follow the"
        " packet to them.",
        known="documented [NetWNV] [WNV events]",
        confidence=Confidence.HIGH,
        outcomes=(Outcome.EXTERNAL_ROUTER,),
        see=("FWD-20",),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A X"
            " --set hosts.H1.use_external_router=true",
            shows="X is in another subnet than A",
        ),
    ),
    Rule(
        id="FWD-15",
        title="The number on the wire is the destination's VSID",
        text="The number on the wire is the *destination's* VSID: the route's, not the sender's.",
        product="HNV changes the VSID of a packet to that of the VM it goes to, within one routing"
        " domain only.",
        known="documented [HNV details]",
        confidence=Confidence.HIGH,
        see=("ENC-1", "ENC-20", "FWD-20"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A X",
            shows="A is in VSID 5001, and the tunnel has that of X",
            prints="NVGRE, VSID 5003",
        ),
    ),
    Rule(
        id="FWD-20",
        title="A packet has crossed subnets when the VSIDs differ",
        text="A packet has crossed subnets when the record's VSID is not the sender's. A gateway in"
        " the sender's own subnet is no crossing.",
        known="inferred; decided here",
        confidence=Confidence.MEDIUM,
        see=("FWD-23", "FWD-14"),
        example=Example(
            command="hnvemu trace -p sample:gateway-in-subnet A 8.8.8.8 --profile ws2012r2",
            shows="A and GW share VSID 5001, so even 2012 R2 leaves the TTL as it is",
            prints="TTL 64",
        ),
    ),
    Rule(
        id="FWD-21",
        title="The destination MAC becomes the record's",
        text="The destination MAC becomes the record's, except in the profile `transparent`.",
        product="Inside a subnet nobody notices, since ARP told the guest the same MAC. Between"
        " subnets the `.1` MAC is replaced.",
        known="documented for 2012 R2 [walk R2]; inferred for the others [VFP events] [DASH]",
        confidence=Confidence.HIGH,
        see=("FWD-22", "FWD-25", "RCV-8"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A X --profile ws2012r2",
            shows="the row `Changed`: X gets the frame with its own MAC as destination",
            prints="destination MAC 02-00-00-FF-FF-01 -> 02-00-00-00-02-14",
        ),
    ),
    Rule(
        id="FWD-22",
        title="The source MAC stays the sender's",
        text="The source MAC stays the sending VM's, also between subnets.",
        product="A receiver therefore sees the MAC of a VM in another subnet, which no router would"
        " show it.",
        known="inferred [WNV events] [DASH]",
        confidence=Confidence.MEDIUM,
        see=("FWD-21",),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A X --profile ws2012r2",
            shows="the row `Unchanged`, although the packet has changed subnets",
            prints="source MAC",
        ),
    ),
    Rule(
        id="FWD-23",
        title="2012 R2 takes one hop off between subnets",
        text="Profile `ws2012r2`, between subnets: the TTL goes down by one, and a packet with"
        " TTL 1 or 0 is dropped. Elsewhere it stays.",
        product="The driver has a drop reason for an expired TTL; no text says when it counts.",
        known="inferred; that a TTL can expire documented [WNV events] [TTL]",
        confidence=Confidence.LOW,
        reasons=(Reason.TTL_EXPIRED,),
        see=("FWD-20", "FWD-24"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A X --ttl 1 --profile ws2012r2",
            shows="the packet leaves its subnet with no hop left",
        ),
    ),
    Rule(
        id="FWD-24",
        title="Nobody says that a TTL expired",
        text="No Time Exceeded is sent back: traceroute shows a star.",
        known="unknown; decided here",
        confidence=Confidence.LOW,
        see=("FWD-23", "ICMP-2"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A X --ttl 1 --profile ws2012r2",
            shows="the note under the steps",
            prints="no ICMP message is sent back",
        ),
    ),
    Rule(
        id="FWD-25",
        title="Nothing else of the packet changes",
        text="Nothing else of the customer's packet changes: DSCP, identification, options, ports"
        " and payload arrive as they were sent.",
        known="inferred",
        confidence=Confidence.HIGH,
        see=("FWD-21", "FWD-22", "FWD-23", "RCV-5"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A X tcp/80 -vv",
            shows="the octets as sent and as delivered",
            prints="Frame to T/X",
        ),
    ),
)
