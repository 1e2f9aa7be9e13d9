"""Rules of gateways: how packets leave a virtual network and come back."""

from __future__ import annotations

from typing import Final

from hnvemu.catalogue.definition import Confidence, Example, Rule
from hnvemu.model.policy import Profile
from hnvemu.trace.outcome import Outcome, Reason

RULES: Final = (
    Rule(
        id="GWY-1",
        title="The way outside is a route to a gateway VM",
        text="The route to the outside names the gateway VM's address and VSID; route, next hop"
        " and the next hop's exact record lead there.",
        known="documented [gateway sample] [complex routing]",
        confidence=Confidence.HIGH,
        outcomes=(Outcome.TO_GATEWAY,),
        see=("GWY-2", "GWY-3", "FWD-8"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A 8.8.8.8",
            shows="0.0.0.0/0 leads to 10.0.2.250, whose record leads to GW on H3",
        ),
    ),
    Rule(
        id="GWY-2",
        title="Towards the gateway only the MAC and the VSID are the gateway's",
        text="The packet to the gateway has the gateway VM's MAC as destination, its VSID in the"
        " key, and the outside address as it was sent.",
        known="documented [walk R2]; inferred for HNVv2",
        confidence=Confidence.HIGH,
        profiles=(Profile.WS2012, Profile.WS2012R2, Profile.HNVV2),
        see=("GWY-1", "FWD-15", "FWD-21"),
        example=Example(
            command="hnvemu trace -p sample:gateway-demo Blue1 203.0.113.9 tcp/443",
            shows="key 5000 and the MAC of BlueGW; the address is still 203.0.113.9",
            prints="02-00-00-50-00-02",
        ),
    ),
    Rule(
        id="GWY-3",
        title="The wildcard makes outside destinations acceptable",
        text="At the gateway's host the outside destination has no record; the wildcard of the"
        " gateway's VSID makes it acceptable.",
        known="documented [gateway sample]",
        confidence=Confidence.HIGH,
        see=("RCV-6", "GWY-4", "GWY-9"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A 8.8.8.8",
            shows="the second row of H3: the wildcard stands in for a record of 8.8.8.8",
        ),
    ),
    Rule(
        id="GWY-4",
        title="The wildcard vouches for outside sources",
        text="On the way back the wildcard vouches for the outside source: at the gateway's port,"
        " and again at the VM's host, where the route back to that source leads to the gateway's"
        " VSID.",
        known="purpose documented [gateway sample]; mechanics inferred",
        confidence=Confidence.MEDIUM,
        see=("SRC-2", "RCV-9", "GWY-13"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing GW A --src-ip 8.8.8.8",
            shows="H1 finds no record of 8.8.8.8, and the wildcard where the default route leads",
        ),
    ),
    Rule(
        id="GWY-5",
        title="Hosts of VMs and the gateway's host need different objects",
        text="A host of VMs needs the route to the outside, the gateway's record and the wildcard."
        " The gateway's host needs the on-link routes of all subnets, the records of all VMs and"
        " the wildcard, but no route to the outside.",
        known="documented [RRAS guide]",
        confidence=Confidence.HIGH,
        see=("GWY-1", "GWY-3", "OBJ-20"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A 8.8.8.8"
            " --with 'host-view:{host: H3, without_customer_routes:"
            " [{virtual_network: T, prefix: 0.0.0.0/0}]}'",
            shows="the gateway's host has no default route, and is none the worse for it",
            prints="TO GATEWAY",
        ),
    ),
    Rule(
        id="GWY-6",
        title="2012 R2 wants the gateway in a subnet of its own",
        text="2012 R2 wants a gateway in a subnet of its own. In one that it shares with VMs, its"
        " wildcard vouches for every unused address of that subnet.",
        product="The API does not refuse sharing: OpenStack's driver did it, and a sample of 2012"
        " too. VMM makes a small subnet for the gateway.",
        known="documented [complex routing] [RRAS guide] [os-win]; the cause inferred",
        confidence=Confidence.HIGH,
        profiles=(Profile.TRANSPARENT, Profile.WS2012R2),
        see=("GWY-7", "FWD-11"),
        example=Example(
            command="hnvemu trace -p sample:gateway-in-subnet GW A --src-ip 10.0.1.99",
            shows="GW passes for a neighbour of A that does not exist",
            prints="DELIVERED",
        ),
    ),
    Rule(
        id="GWY-7",
        title="A gateway in the VMs' subnet is forwarded to all the same",
        text="A packet to a gateway in the VMs' own subnet is forwarded, under every profile.",
        known="decided here",
        confidence=Confidence.MEDIUM,
        see=("GWY-6",),
        example=Example(
            command="hnvemu trace -p sample:gateway-in-subnet A 8.8.8.8",
            shows="the key is 5001, the VSID that A itself is in",
            prints="NVGRE 5001",
        ),
    ),
    Rule(
        id="GWY-8",
        title="Routing belongs to the network, not to the VM",
        text="With a default route every VM of the routing domain reaches the gateway, whatever"
        " default gateway its guest believes in. What keeps one VM inside is a rule at its port.",
        known="documented [complex routing]",
        confidence=Confidence.HIGH,
        see=("FWD-1", "ACL-12"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing B 8.8.8.8",
            shows="A was meant to go outside, and B does too",
            prints="TO GATEWAY",
        ),
    ),
    Rule(
        id="GWY-9",
        title="Of several wildcards the one that fits the packet counts",
        text="Of several wildcards in a VSID, the one with the sender's MAC counts on send, the one"
        " with the outer destination or source as PA on receipt; else the one with the lowest MAC.",
        product="A wildcard is meant to be one in a VSID; a sample of 2012 has two.",
        known="unknown; decided here",
        confidence=Confidence.LOW,
        see=("SRC-2", "RCV-6", "RCV-9"),
        example=Example(
            command="hnvemu trace -p sample:gateway-demo Blue1 203.0.113.9"
            " --with 'record:{ca: 0.0.0.0, vsid: 5000,"
            " mac: 02-00-00-50-00-01, pa: 192.168.4.12, type: gateway_wildcard}'",
            shows="a second wildcard with a lower MAC and another PA: the one of GatewayHost's PA"
            " is taken there",
            prints="TO GATEWAY",
        ),
    ),
    Rule(
        id="GWY-10",
        title="Nobody checks whether a gateway is alive",
        text="Of several gateways prefix and metric choose one. A next hop without a record is a"
        " drop, and no second route is tried.",
        known="unknown; decided here",
        confidence=Confidence.LOW,
        reasons=(Reason.DST_RECORD_MISSING,),
        see=("FWD-5", "FWD-6", "GWY-11"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A 8.8.8.8"
            " --with 'route:{prefix: 0.0.0.0/0,"
            " next_hop: 10.0.2.251, vsid: 5002, metric: 10}'",
            shows="the better route leads to nobody, and the other one is not tried",
            prints="DST_RECORD_MISSING",
        ),
    ),
    Rule(
        id="GWY-11",
        title="A gateway takes over by a change of the tables",
        text="A second gateway takes over when somebody changes a route or a record. With static"
        " records no announcement does it; with dynamic ones it can.",
        product="HNVv2 has virtual addresses of its load balancer, with probes.",
        known="documented for HNVv2 [SDN guides]; inferred for the others",
        confidence=Confidence.MEDIUM,
        see=("ARP-9", "GWY-10"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A 8.8.8.8"
            " --with 'route:{prefix: 0.0.0.0/0,"
            " next_hop: 10.1.2.20, vsid: 5003, metric: 10}'"
            " --set virtual_networks.T.vms.X.gateway=true",
            shows="a route with a better metric, and a wildcard for it, make X the gateway",
            prints="TO GATEWAY T/A @H1 -> T/X @H2",
        ),
    ),
    Rule(
        id="GWY-12",
        title="A multi-tenant gateway is in several routing domains with one adapter",
        text="A multi-tenant gateway serves several routing domains with one adapter, told apart"
        " by VSID. Its address, MAC and PA may be the same in all of them.",
        product="The adapter has a multi-tenant stack, and a mapping of routing domains to"
        " isolation ids, each of them once.",
        known="documented [RRAS guide] [Hyper-V cmdlets]",
        confidence=Confidence.HIGH,
        see=("FWD-33", "ING-1", "ACL-44"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing Z 8.8.8.8"
            " --with 'gateway:{name: MTGW, host: H3, mac: 02-00-00-00-99-02, routing_domains:"
            " [{virtual_network: U, vsid: 6002, ca: 10.0.2.2}]}'"
            " --with 'route:{virtual_network: U, prefix: 10.0.2.0/24,"
            " next_hop: on-link, vsid: 6002}'"
            " --with 'route:{virtual_network: U, prefix: 0.0.0.0/0,"
            " next_hop: 10.0.2.2, vsid: 6002}'",
            shows="the gateway's port gets the packet with VSID 6002, by which it knows the tenant",
            prints="NVGRE, VSID 6002",
        ),
    ),
    Rule(
        id="GWY-13",
        title="A gateway VM that borrows a VM's address is found out elsewhere",
        text="A gateway VM that sends with the address of another VM of the network is found out"
        " by the receiving host, but not on its own host.",
        product="The exact record wins over the wildcard there. What is delivered without a tunnel"
        " is not validated a second time.",
        known="inferred",
        confidence=Confidence.MEDIUM,
        reasons=(Reason.SRC_PA_MISMATCH, Reason.SRC_MAC_MISMATCH),
        see=("GWY-4", "RCV-10", "FWD-30"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing GW X --src-ip 10.0.1.10",
            shows="GW sends as A: H3 lets it pass, and H2 knows that A is behind H1",
            prints="SRC_PA_MISMATCH at H2",
        ),
    ),
    Rule(
        id="GWY-14",
        title="HNVv2 has user-defined routes to appliances",
        text="HNVv2 leads packets to a virtual appliance by a user-defined route of the subnet,"
        " longest prefix first, and the appliance's adapter has to allow forwarding. hnvemu has"
        " customer routes of the whole network alone.",
        known="documented [SDN guides]",
        confidence=Confidence.HIGH,
        profiles=(Profile.HNVV2,),
        see=("GWY-1", "OBJ-21"),
        example="User-defined routes of a subnet are not part of a policy; OBJ-21 has the example"
        " of a route to any next hop.",
    ),
)
