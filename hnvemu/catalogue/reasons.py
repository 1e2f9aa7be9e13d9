"""Every reason for which a packet is lost or left undecided, with its exact condition.

The conditions are asked in the order of the pipeline, and the first that holds decides: each takes
for granted that none before it held.
"""

from __future__ import annotations

from typing import Final

from hnvemu.catalogue import frames
from hnvemu.catalogue.definition import Example, ReasonDefinition
from hnvemu.trace.outcome import Reason

SENDING_PORT: Final = (
    ReasonDefinition(
        reason=Reason.VLAN_IN_HEADER,
        title="A guest tagged its frame",
        text="The frame has an 802.1Q tag.",
        product="virtual switch drop 25 [vSwitch events]",
        example=Example(
            command=f"hnvemu trace -p sample:complex-routing --in A --hex {frames.TAGGED}",
            shows="A's frame to B, with VLAN 5 behind the MACs",
        ),
    ),
    ReasonDefinition(
        reason=Reason.NULL_DST_MAC,
        title="The frame goes to no MAC",
        text="The destination MAC is all zero.",
        product="virtual switch drop 26 [vSwitch events]",
        example=Example(
            command="hnvemu trace -p sample:complex-routing A B --dst-mac 00-00-00-00-00-00",
            shows="a frame to nobody",
        ),
    ),
    ReasonDefinition(
        reason=Reason.INVALID_SRC_MAC,
        title="No VM can have the source MAC",
        text="The source MAC is all zero or has the group bit.",
        product="virtual switch drop 27 [vSwitch events]",
        example=Example(
            command="hnvemu trace -p sample:complex-routing A B --src-mac 03-00-00-00-01-0A",
            shows="the lowest bit of the first octet says that it is a group",
        ),
    ),
    ReasonDefinition(
        reason=Reason.SPOOFED_MAC,
        title="The source MAC is not the port's",
        text="The source MAC is not the port's, and the port does not have `mac_spoofing: true`.",
        product="virtual switch drop 16 [vSwitch events]",
        example=Example(
            command="hnvemu trace -p sample:complex-routing A B --src-mac 02-00-00-00-01-0C",
            shows="A sends with the MAC of C",
        ),
    ),
    ReasonDefinition(
        reason=Reason.DHCP_GUARD,
        title="A guest plays DHCP server",
        text="The port has `dhcp_guard: true`, and the packet is UDP from port 67 over IPv4 or"
        " port 547 over IPv6.",
        product="virtual switch drop 17 [vSwitch events]",
        example=Example(
            command="hnvemu trace -p sample:complex-routing A B udp/68 --sport 67"
            " --set virtual_networks.T.vms.A.dhcp_guard=true",
            shows="A sends a DHCP server's message",
        ),
    ),
    ReasonDefinition(
        reason=Reason.ROUTER_GUARD,
        title="A guest plays router",
        text="The port has `router_guard: true`, and the packet is an ICMP router advertisement"
        " (type 9) or redirect (type 5), or an ICMPv6 one (types 134 and 137).",
        product="virtual switch drop 18 [vSwitch events]",
        example=Example(
            command="hnvemu trace -p sample:complex-routing A B icmp/9:0"
            " --set virtual_networks.T.vms.A.router_guard=true",
            shows="A advertises itself as a router",
        ),
    ),
    ReasonDefinition(
        reason=Reason.STORM_LIMIT,
        title="A guest broadcasts too much",
        text="The port sends more broadcast or multicast than it may. hnvemu does not count packets"
        " over time.",
        product="virtual switch drop 30 [vSwitch events]",
        emitted=False,
        example="A limit over time needs more than one packet.",
    ),
    ReasonDefinition(
        reason=Reason.ACL_DENY_OUT,
        title="A list of the sender's port stops the packet",
        text="At the sending port an entry of a list stops the packet: a port ACL, an extended ACL,"
        " a datacenter ACL or a firewall rule that blocks outbound traffic, whichever of the lists"
        " is asked first; or no firewall rule matches, and the default for outbound traffic is"
        " block. Frames without a readable IP header are not compared, and replies in a"
        " conversation that the port admitted pass.",
        product="with port ACLs a drop event that names the ACL; the firewall of a guest logs its"
        " own [vSwitch events]",
        example=Example(
            command="hnvemu trace -p sample:complex-routing B 8.8.8.8"
            " --with 'rule:{name: b-stays-inside, vms: B, direction: outbound,"
            " action: block, remote_address: [0.0.0.0-9.255.255.255,"
            " 11.0.0.0-255.255.255.255]}'",
            shows="what keeps B inside, though the whole network has a default route",
        ),
    ),
    ReasonDefinition(
        reason=Reason.UNSUPPORTED_ETHERTYPE,
        title="The frame is neither IP nor ARP",
        text="The EtherType is none of IPv4, IPv6 and ARP. A frame that is captured from the"
        " provider network is judged alike.",
        product="packet drop 4, *Unsupported ethernet frame type* [WNV events]",
        example=Example(
            command="hnvemu trace -p sample:complex-routing --in A --hex"
            " 0180c200000e02000000010a88cc0207040200",
            shows="A sends LLDP, EtherType 0x88cc",
        ),
    ),
    ReasonDefinition(
        reason=Reason.MALFORMED,
        title="A header is cut short or contradicts itself",
        text="An IP, ARP or transport header is cut short or contradicts itself: the frame ends"
        " inside the IP header, the version or header length is impossible, the packet is longer"
        " than the frame or shorter than its header, or the packet ends inside its TCP (20 octets),"
        " UDP (8) or ICMP (4) header.",
        product="packet drop 5, *Malformed packet* [WNV events]",
        example=Example(
            command="hnvemu trace -p sample:complex-routing --in A --hex"
            " 02000000010b02000000010a080045000014",
            shows="the frame ends four octets into the IPv4 header",
        ),
    ),
    ReasonDefinition(
        reason=Reason.IP_CHECKSUM,
        title="The IPv4 header checksum is wrong",
        text="The checksum of the IPv4 header is wrong, and the packet is otherwise sound.",
        product="packet drop 6, *IP checksum invalid* [WNV events]",
        example=Example(
            command=f"hnvemu trace -p sample:complex-routing --in A --hex {frames.WRONG_CHECKSUM}",
            shows="the checksum is 0, which is wrong for this header",
        ),
    ),
    ReasonDefinition(
        reason=Reason.NOT_UNICAST,
        title="The destination is a group",
        text="The destination is a group, on a path of the driver that takes none. hnvemu"
        " replicates groups before any lookup.",
        product="lookup failure 11, *Destination not unicast* [WNV events]",
        emitted=False,
        example="No packet of this model takes such a path.",
    ),
)

SENDER: Final = (
    ReasonDefinition(
        reason=Reason.SRC_RECORD_MISSING,
        title="The source address has no record",
        text="At the sending host: the source address has no record in the sender's VSID, and that"
        " VSID has no wildcard record whose MAC is the frame's source MAC, and no L2Only record of"
        " that MAC from which the address could be learnt. At the receiving host: the inner source"
        " has no record in any VSID of the routing domain, and the longest route towards it does"
        " not lead to a VSID with a wildcard record; or the host knows no route with the packet's"
        " VSID, so that there is no routing domain.",
        product="lookup failure 0, *Source locator record missing* [WNV events]",
        example=Example(
            command="hnvemu trace -p sample:complex-routing A B --src-ip 10.0.1.50",
            shows="A sends from an address that nobody gave it",
        ),
    ),
    ReasonDefinition(
        reason=Reason.SRC_MAC_MISMATCH,
        title="The source address is another VM's",
        text="At the sending host: the record of the source address has another MAC than the"
        " frame's source MAC. At the receiving host: the same of the inner source's record, whose"
        " PA does fit.",
        product="lookup failure 7, *Source CA:Mac mismatch* [WNV events]",
        example=Example(
            command="hnvemu trace -p sample:complex-routing A X --src-ip 10.0.1.11",
            shows="A sends from the address of B",
        ),
    ),
    ReasonDefinition(
        reason=Reason.SRC_PA_MISMATCH,
        title="The source's record names another PA",
        text="At the sending host: the PA in the source's record is none of this host's. At the"
        " receiving host: the PA in the inner source's record is not the outer source address.",
        product="lookup failure 5, *Source CA:PA mismatch* [WNV events]",
        example=Example(
            command="hnvemu trace -p sample:stale-host-views A GW",
            shows="in H3's old record A is behind H1, and this came from H2",
        ),
    ),
    ReasonDefinition(
        reason=Reason.DYN_LIMIT,
        title="A port has learnt as many addresses as it may",
        text="The source address would be learnt from an L2Only record, and the sender's MAC has"
        " as many dynamic records as its port may have: `dynamic_ip_limit`.",
        product="event 1021, which says that dynamic addresses are throttled [WNV events]",
        example=Example(
            command="hnvemu trace -p sample:complex-routing A B --src-ip 10.0.1.60"
            " --set virtual_networks.T.vms.A.dynamic_ip_limit=0"
            " --with 'record:{ca: 0.0.0.0, vsid: 5001,"
            " mac: 02-00-00-00-01-0A, pa: 192.168.10.11, type: l2_only}'",
            shows="A's port may learn no address at all",
        ),
    ),
)

DESTINATION: Final = (
    ReasonDefinition(
        reason=Reason.ROUTE_MISSING,
        title="No customer route holds the destination",
        text="No customer route of the sender's routing domain holds the destination; or no"
        " customer route on this host has the sender's VSID, so that there is no routing domain.",
        product="lookup failure 2, *Virtual route missing* [WNV events]",
        example=Example(
            command="hnvemu trace -p sample:two-tenants blue/web 10.0.9.20",
            shows="red has that subnet, blue has no route to it",
        ),
    ),
    ReasonDefinition(
        reason=Reason.NEXTHOP_NOT_ONLINK,
        title="A route leads to a next hop that is in no subnet",
        text="The longest route has a next hop that no on-link route of the routing domain holds,"
        " or one of the other address family.",
        product="",
        example=Example(
            command="hnvemu trace -p sample:complex-routing A 203.0.113.9"
            " --with 'route:{prefix: 203.0.113.0/24,"
            " next_hop: 198.51.100.1, vsid: 5002}'",
            shows="198.51.100.1 is in no subnet of T",
        ),
    ),
    ReasonDefinition(
        reason=Reason.DST_RECORD_MISSING,
        title="The destination has no record",
        text="At the sending host: the next hop, which on an on-link route is the destination"
        " itself, has no record of type static or dynamic in the route's VSID, or only one that is"
        " marked unusable or unsynchronized. (If it has none at all, is on-link, and its VSID has a"
        " wildcard record, the reason is `DST_ONLINK`.) At the receiving host: the inner"
        " destination has neither a record nor a wildcard record in the VSID of the tunnel.",
        product="lookup failure 1, *Destination locator record missing* [WNV events]. A receiver"
        " under `transparent` and `ws2012r2` answers UNREACHABLE, ICMP 3/10 or ICMPv6 1/1, to the"
        " outer source [MS-NVGREE]",
        example=Example(
            command="hnvemu trace -p sample:complex-routing A 10.0.1.99",
            shows="nobody in VSID 5001 has that address",
        ),
    ),
    ReasonDefinition(
        reason=Reason.DST_ONLINK,
        title="An unknown neighbour is not handed to the gateway",
        text="The route is on-link, the destination has no record in the route's VSID, and that"
        " VSID has a wildcard record, which is not for on-link addresses.",
        product="lookup failure 9, *Destination CA on-link* [WNV events]",
        example=Example(
            command="hnvemu trace -p sample:complex-routing A 10.0.2.77",
            shows="an unknown address in the subnet of GW",
        ),
    ),
    ReasonDefinition(
        reason=Reason.GATEWAY_NOT_A_HOST,
        title="The packet goes to the .1, and nobody is there",
        text="The record found is that of the first host address of an on-link prefix of its VSID,"
        " the `.1`, as the destination or as a next hop. Nobody owns it, so nothing answers.",
        product="",
        example=Example(
            command="hnvemu trace -p sample:complex-routing A 10.0.1.1",
            shows="A pings its default gateway",
        ),
    ),
    ReasonDefinition(
        reason=Reason.METHOD_MISMATCH,
        title="The two records name different translation methods",
        text="The source's and the destination's record have different values of `rule`.",
        product="lookup failure 4, *Translation method mismatch* [WNV events]",
        example=Example(
            command="hnvemu trace -p sample:gateway-demo Blue1 Blue2"
            " --set 'virtual_networks.Blue.lookup_records[1].rule=nat'",
            shows="Blue2's record says address rewrite, Blue1's says encapsulation",
        ),
    ),
    ReasonDefinition(
        reason=Reason.NO_POLICY,
        title="A lookup failed",
        text="The driver's collective name for packets that fail a lookup. hnvemu names the"
        " lookup.",
        product="packet drop 2, *No policy* [WNV events]",
        emitted=False,
        example="Each failed lookup has a reason of its own here.",
    ),
)

LEAVING: Final = (
    ReasonDefinition(
        reason=Reason.TTL_EXPIRED,
        title="The packet would leave its subnet with no hop left",
        text="Under `ws2012r2` only: the record lies in another VSID than the sender's, and the TTL"
        " or hop limit is 0 or 1. No ICMP message is sent back.",
        product="packet drop 8, *TTL/Hop limit expired while forwarding* [WNV events]",
        example=Example(
            command="hnvemu trace -p sample:complex-routing A X --ttl 1 --profile ws2012r2",
            shows="X is in another subnet; B, in the same one, would get such a packet",
        ),
    ),
    ReasonDefinition(
        reason=Reason.PHYS_ROUTE_MISSING,
        title="The provider network has no way to the PA",
        text="The record's PA lies in no prefix of this host's PAs, and no provider route holds it;"
        " or it is of another address family than the source's PA.",
        product="lookup failure 3, *Physical route missing* [WNV events]",
        example=Example(
            command="hnvemu trace -p sample:complex-routing A 8.8.8.8"
            " --set hosts.H1.provider_routes=[]",
            shows="H3 is in another provider subnet, and H1 has no route to it",
        ),
    ),
    ReasonDefinition(
        reason=Reason.PA_ARP_FAILED,
        title="Nobody answers for the PA",
        text="No host has the record's PA, because none was ever given it or because its host lost"
        " everything in a restart; or the PA is on-link, and its VLAN is not that of the source's"
        " PA.",
        product="packet drop 3, *ARP/Neighbor discovery failed* [WNV events]",
        example=Example(
            command="hnvemu trace -p sample:complex-routing A B"
            " --with 'host-view:{host: H2, restarted: all}'",
            shows="H2 has restarted and not even got back its PA",
        ),
    ),
    ReasonDefinition(
        reason=Reason.MTU_EXCEEDED,
        title="The packet does not fit the tunnel",
        text="The IP packet is longer than the provider network's MTU less the outer headers: 1458"
        " octets of 1500 with NVGRE over IPv4, 1438 over IPv6, 1450 and 1430 with VXLAN. Whether"
        " the packet may be fragmented plays no part: HNV does not fragment.",
        product="packet drop 1, *MTU exceeded* [WNV events]",
        example=Example(
            command="hnvemu trace -p sample:complex-routing A B --len 1459",
            shows="1458 octets fit, and this packet has one more",
        ),
    ),
)

RECEIVING: Final = (
    ReasonDefinition(
        reason=Reason.PA_NOT_LOCAL,
        title="The outer destination is no PA in use here",
        text="The outer destination is none of this host's PAs, or one whose state is not"
        " `preferred`.",
        product="",
        example=Example(
            command=f"hnvemu trace -p sample:complex-routing --in pa:H3 --hex {frames.NVGRE}",
            shows="a frame for the PA of H2 reaches H3",
        ),
    ),
    ReasonDefinition(
        reason=Reason.BAD_ENCAP,
        title="The outer headers are not those of this switch",
        text="Only for frames that hnvemu did not send itself: the outer packet is not IP, is cut"
        " short or a fragment, has a wrong length or checksum, is not of the encapsulation that the"
        " profile uses, or its GRE or VXLAN header is not as it should be.",
        product="",
        example=Example(
            command="hnvemu trace -p sample:complex-routing --in pa:H2"
            f" --hex {frames.NVGRE_CHECKSUM}",
            shows="the GRE header has the checksum flag set",
        ),
    ),
    ReasonDefinition(
        reason=Reason.INNER_VLAN,
        title="The frame in the tunnel has a tag",
        text="Only for frames that hnvemu did not send itself: the inner frame has an 802.1Q tag.",
        product="",
        example=Example(
            command="hnvemu trace -p sample:complex-routing --in pa:H2"
            f" --hex {frames.NVGRE_TAGGED}",
            shows="the frame inside the tunnel has VLAN 5",
        ),
    ),
    ReasonDefinition(
        reason=Reason.ECN_CE_NON_ECT,
        title="A mark of congestion has nowhere to go",
        text="Only for frames that hnvemu did not send itself: the outer IP header is marked"
        " *congestion experienced*, and the inner one says that its packet cannot carry the mark.",
        product="packet drop 9, *Ecn code point CE set on the outer header for a non-ECT inner"
        " packet* [WNV events]",
        example=Example(
            command="hnvemu trace -p sample:complex-routing --in pa:H2"
            f" --hex {frames.NVGRE_MARKED}",
            shows="outer ECN field 3, inner ECN field 0",
        ),
    ),
    ReasonDefinition(
        reason=Reason.DST_PA_MISMATCH,
        title="The destination lives behind another PA",
        text="The record of the inner destination, or the wildcard that stands for it, has another"
        " PA than the outer destination: by this host's tables the VM is elsewhere.",
        product="lookup failure 6, *Destination CA:PA mismatch* [WNV events]. Under `transparent`"
        " and `ws2012r2` it answers REDIRECT, ICMP 5/10 or ICMPv6 137/1, to the outer source"
        " [MS-NVGREE]",
        example=Example(
            command="hnvemu trace -p sample:stale-host-views GW A",
            shows="H3 sends to the old place, and H1 knows that A is elsewhere",
        ),
    ),
    ReasonDefinition(
        reason=Reason.DST_MAC_MISMATCH,
        title="The frame goes to another MAC than the record's",
        text="At the receiving host, under every profile but `transparent`: the frame's destination"
        " MAC is not that of the destination's record. At the sending host, under `ws2012` only:"
        " the destination MAC is neither the record's nor that of a `.1` of the sender's VSID.",
        product="lookup failure 8, *Destination CA:Mac mismatch* [WNV events]",
        example=Example(
            command="hnvemu trace -p sample:complex-routing A B --dst-mac 02-DE-AD-00-00-01"
            " --profile ws2012",
            shows="A has an old MAC of B in its ARP cache",
        ),
    ),
    ReasonDefinition(
        reason=Reason.NO_PORT,
        title="No port takes the frame",
        text="No port on the host that the record names has the record's MAC; or a frame to a group"
        " or a unicast ARP message reaches a host where no port of its VSID takes it.",
        product="",
        example=Example(
            command="hnvemu trace -p sample:complex-routing Y A --migrate A=H2 --stale H1",
            shows="H1 believes that A is still its own, and has no port for it",
        ),
    ),
    ReasonDefinition(
        reason=Reason.VSID_MISMATCH,
        title="The port with that MAC is in another virtual subnet",
        text="A port on that host has the record's MAC, and none that has it is in the record's"
        " VSID.",
        product="virtual switch drop 20 [vSwitch events]",
        example=Example(
            command="hnvemu trace -p sample:gateway-demo Blue1 Blue2"
            " --set virtual_networks.Blue.vms.Blue2.vsid=5000",
            shows="the port of Blue2 was given another VSID, its record was not",
        ),
    ),
    ReasonDefinition(
        reason=Reason.ACL_DENY_IN,
        title="A list of the receiver's port stops the packet",
        text="At the destination's port an entry of a list stops the packet, or no firewall rule"
        " matches and the default for inbound traffic is block. The lists, their order and the"
        " exceptions are those of `ACL_DENY_OUT`.",
        product="with port ACLs a drop event that names the ACL; the firewall of a guest logs its"
        " own [vSwitch events]",
        example=Example(
            command="hnvemu trace -p sample:complex-routing A X tcp/23"
            " --with 'rule:{name: no-telnet, vms: X, action: block, protocol: tcp,"
            " local_port: 23}'",
            shows="the packet has crossed the wire, and stops at the port of X",
        ),
    ),
)

RESOLUTION: Final = (
    ReasonDefinition(
        reason=Reason.ARP_UNANSWERED,
        title="Nobody answers the question for a MAC",
        text="An ARP request or neighbour solicitation has no answer: the target has no record in"
        " the sender's VSID, and nothing switches on flooding there; or it lies in another subnet"
        " of the routing domain; or a guest probes for an address that nobody else has.",
        product="",
        example=Example(
            command="hnvemu trace -p sample:complex-routing A 10.0.1.99 arp",
            shows="nobody has the address, and VSID 5001 has no L2Only record",
        ),
    ),
    ReasonDefinition(
        reason=Reason.GARP_STATIC_VSID,
        title="A guest announces an address that it cannot take",
        text="A VM announces an address, by gratuitous ARP or an unsolicited advertisement, and"
        " either addresses of its MAC are not learnt in the VSID, or the address has a static"
        " record of another MAC.",
        product="",
        example=Example(
            command="hnvemu trace -p sample:complex-routing A 10.0.1.11 arp/announce",
            shows="A announces the address of B",
        ),
    ),
)

UNDECIDED: Final = (
    ReasonDefinition(
        reason=Reason.UNSUPPORTED,
        title="The packet needs something that is not modelled",
        text="The packet needs a feature, or meets a key of the policy, that this version does not"
        " evaluate; the last step names it. It comes where the feature would have decided, so a"
        " packet that is lost before has its own reason.",
        product="",
        example=Example(
            command="hnvemu trace -p sample:complex-routing A X tcp/49152"
            " --with 'rule:{name: rpc, vms: X, action: block, protocol: tcp,"
            " local_port: RPC}'",
            shows="whether 49152 is a port of RPC only Windows knows",
        ),
    ),
    ReasonDefinition(
        reason=Reason.UNSUPPORTED_METHOD,
        title="The packet would have to cross by address rewrite",
        text="The packet has to leave the host, and its records say `rule: nat` or `rule: none`.",
        product="",
        example=Example(
            command="hnvemu trace -p sample:gateway-demo Blue1 Blue2"
            " --set 'virtual_networks.Blue.lookup_records[0].rule=nat'"
            " --set 'virtual_networks.Blue.lookup_records[1].rule=nat'",
            shows="both records say address rewrite",
        ),
    ),
)

GROUPS: Final = (
    ("at the sending port", SENDING_PORT),
    ("the sender's record", SENDER),
    ("the route and the destination's record", DESTINATION),
    ("leaving the sending host", LEAVING),
    ("at the receiving host", RECEIVING),
    ("ARP and neighbour discovery", RESOLUTION),
    ("undecided", UNDECIDED),
)
"""All reasons, in the order of a packet's way."""
