"""Rules of the wire: NVGRE, VXLAN, and what fits into them."""

from __future__ import annotations

from typing import Final

from hnvemu.catalogue import frames
from hnvemu.catalogue.definition import Confidence, Example, Rule
from hnvemu.model.policy import Profile
from hnvemu.trace.outcome import Reason

_NVGRE: Final = (Profile.TRANSPARENT, Profile.WS2012, Profile.WS2012R2)

RULES: Final = (
    Rule(
        id="ENC-1",
        title="NVGRE is GRE with a key alone",
        text="NVGRE is GRE with a key and neither checksum nor sequence number: `20 00`, then"
        " `65 58` for Ethernet.",
        known="documented [MS-NVGREE] [RFC 7637]",
        confidence=Confidence.HIGH,
        profiles=_NVGRE,
        reasons=(Reason.BAD_ENCAP,),
        see=("ENC-2", "RCV-2"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A X -vv",
            shows="the octets of the GRE header",
            prints="20 00 65 58 00 13 8b 00",
        ),
    ),
    Rule(
        id="ENC-2",
        title="The FlowID is entropy for the provider network",
        text="The low octet of the key is the FlowID, entropy for the provider network: 0, or on"
        " request the low octet of a CRC-32 of addresses, protocol and ports. VXLAN has entropy in"
        " its UDP source port, 49152 to 65535, from the same CRC.",
        known="the field documented [MS-NVGREE] [RFC 7637]; HNV's hash unknown; decided here",
        confidence=Confidence.MEDIUM,
        see=("ENC-1", "ENC-20"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A X tcp/80 --flowid 90 -vv",
            shows="the key ends in the FlowID that was asked for",
            prints="FlowID 90",
        ),
    ),
    Rule(
        id="ENC-3",
        title="The inner frame has neither tag nor checksum",
        text="The inner frame carries no 802.1Q tag and no frame check sequence.",
        known="documented [MS-NVGREE]",
        confidence=Confidence.HIGH,
        reasons=(Reason.INNER_VLAN,),
        see=("ING-2", "RCV-4"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing --in pa:H2"
            f" --hex {frames.NVGRE_TAGGED}",
            shows="a tag inside the tunnel is refused",
        ),
    ),
    Rule(
        id="ENC-4",
        title="NVGRE over IPv4 costs 42 octets",
        text="42 octets come in front of the customer's frame, 46 in a provider VLAN; over IPv6 62"
        " and 66.",
        known="documented 42 [MTU]; the rest inferred by arithmetic",
        confidence=Confidence.HIGH,
        profiles=_NVGRE,
        see=("ENC-9", "ENC-21"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A B -f minimal",
            shows="a ping of 98 octets is 140 long on the wire",
            prints="length=",
        ),
    ),
    Rule(
        id="ENC-5",
        title="The outer TTL is 128",
        text="The outer TTL is 128 and has nothing to do with the inner one.",
        product="128 is what Windows gives its own packets; DASH takes 64.",
        known="documented [MS-NVGREE] [TTL]",
        confidence=Confidence.HIGH,
        see=("ENC-6", "FWD-23"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A B --ttl 5 -vv",
            shows="the ninth octet of the outer IPv4 header is 80, in decimal 128",
            prints="80 2f",
        ),
    ),
    Rule(
        id="ENC-6",
        title="The outer ECN field is the inner one, the outer DSCP is 0",
        text="The outer ECN field is copied from the inner one, the outer DSCP is 0.",
        known="ECN inferred [RFC 6040]; DSCP unknown",
        confidence=Confidence.LOW,
        see=("RCV-5",),
        example=Example(
            command=f"hnvemu trace -p sample:complex-routing --in A -vv --hex {frames.ECN_CAPABLE}",
            shows="the customer's packet has ECN field 2, and so has the outer header: 45 02",
            prints="45 02",
        ),
    ),
    Rule(
        id="ENC-7",
        title="The outer header has DF set and identification 0",
        text="The outer IPv4 header has DF set and identification 0, so equal frames give equal"
        " octets.",
        product="What [MS-NVGREE] says of DF contradicts itself.",
        known="unknown; decided here",
        confidence=Confidence.LOW,
        see=("ENC-9",),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A B -vv",
            shows="identification and flags of the outer IPv4 header",
            prints="00 00 40 00",
        ),
    ),
    Rule(
        id="ENC-8",
        title="Inner and outer address family are independent",
        text="Inner and outer address family are independent.",
        known="documented [switch data path] [recovery sample]",
        confidence=Confidence.HIGH,
        see=("FWD-31", "ENC-4"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A 2001:db8:12::14",
            shows="an IPv6 packet between PAs that are IPv4",
            prints="192.168.10.11 -> 192.168.10.12",
        ),
    ),
    Rule(
        id="ENC-9",
        title="A packet must fit what the tunnel leaves of the MTU",
        text="A customer packet must fit what the tunnel leaves of the MTU: outer IP header, tunnel"
        " header and inner Ethernet header come off, a provider VLAN does not. HNV does not"
        " fragment, and the DF bit does not matter.",
        known="1458 documented [MTU]; the drop decided here",
        confidence=Confidence.MEDIUM,
        reasons=(Reason.MTU_EXCEEDED,),
        see=("ENC-4", "ENC-10", "ENC-21"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A B --len 1459",
            shows="1458 octets fit, and this packet has one more",
        ),
    ),
    Rule(
        id="ENC-10",
        title="Only Windows guests are told of the smaller MTU",
        text="2012 R2 lowers the MTU of Windows guests by itself. Linux and others are not told,"
        " and their long packets disappear.",
        product="It takes a guest of 2008 or later, a synthetic adapter, a VSID that was set before"
        " the VM started, and no jumbo frames.",
        known="documented [MTU] [WNV events]",
        confidence=Confidence.HIGH,
        profiles=(Profile.TRANSPARENT, Profile.WS2012R2),
        reasons=(Reason.MTU_EXCEEDED,),
        see=("ENC-9",),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A B --len 1500",
            shows="what a guest sends that believes in 1500",
        ),
    ),
    Rule(
        id="ENC-11",
        title="Adapters segment and hash by the inner headers",
        text="Adapters with NVGRE offloads cut segments and spread packets by the inner headers,"
        " and each segment has identifications of its own. hnvemu sees packets as they are on the"
        " wire.",
        known="documented [switch data path]",
        confidence=Confidence.HIGH,
        see=("ENC-9",),
        example="Offloads change how a host works and not what is on the wire: no command can show"
        " them.",
    ),
    Rule(
        id="ENC-20",
        title="VXLAN is UDP to port 4789 with the VSID as VNI",
        text="VXLAN is UDP to port 4789 with flags `08`; the VNI is the destination's VSID. The UDP"
        " checksum is 0 over IPv4.",
        known="documented [RFC 7348]; the default of HNVv2 documented [HNV details]",
        confidence=Confidence.HIGH,
        profiles=(Profile.HNVV2,),
        see=("ENC-2", "ENC-21", "FWD-15"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A X --profile hnvv2 -vv",
            shows="the octets of the VXLAN header",
            prints="08 00 00 00 00 13 8b 00",
        ),
    ),
    Rule(
        id="ENC-21",
        title="VXLAN over IPv4 costs 50 octets",
        text="VXLAN costs 50 octets over IPv4, 54 in a provider VLAN, 70 and 74 over IPv6.",
        product="HNVv2 keeps 1500 for guests and asks for a larger provider MTU: frames of 1674"
        " octets.",
        known="documented [SDN troubleshooting] [RFC 7348]",
        confidence=Confidence.HIGH,
        profiles=(Profile.HNVV2,),
        see=("ENC-4", "ENC-9"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A B --profile hnvv2 --len 1450",
            shows="1450 octets are the most that fit a provider MTU of 1500",
        ),
    ),
    Rule(
        id="ENC-22",
        title="The flags of VXLAN are 08 and nothing else",
        text="The first octet of a VXLAN header is `08`, and all reserved bits are 0. What is"
        " written there for extensions of VXLAN is not taken for one.",
        known="documented [RFC 7348]",
        confidence=Confidence.HIGH,
        profiles=(Profile.HNVV2,),
        reasons=(Reason.BAD_ENCAP,),
        see=("ENC-20", "RCV-2"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing --in pa:H2 --profile hnvv2"
            f" --hex {frames.VXLAN_WITHOUT_VNI}",
            shows="a header whose flags do not say that its VNI is valid",
            prints="BAD_ENCAP",
        ),
    ),
    Rule(
        id="ENC-30",
        title="2012 could cross by rewriting addresses",
        text="In place of a tunnel, 2012 can swap CA and PA in the IP header, one PA for each VM."
        " MACs are those of the provider network then, unless the record says otherwise.",
        product="It costs no octets, and needs as many PAs as VMs.",
        known="documented [NetWNV] [HNV overview]",
        confidence=Confidence.HIGH,
        profiles=(Profile.WS2012,),
        reasons=(Reason.UNSUPPORTED_METHOD,),
        see=("ENC-31", "FWD-13"),
        example=Example(
            command="hnvemu trace -p sample:gateway-demo Blue1 Blue2 --profile ws2012"
            " --set 'virtual_networks.Blue.lookup_records[0].rule=nat'"
            " --set 'virtual_networks.Blue.lookup_records[1].rule=nat'",
            shows="both records say address rewrite: hnvemu stops where the host is left",
            prints="UNSUPPORTED_METHOD",
        ),
    ),
    Rule(
        id="ENC-31",
        title="Crossing by nat or none is not modelled",
        text="Crossing by address rewrite (`nat`), or by `none`, is not modelled. Two VMs on one"
        " host do not need to cross.",
        known="decided here",
        confidence=Confidence.HIGH,
        reasons=(Reason.UNSUPPORTED_METHOD,),
        see=("ENC-30", "FWD-13"),
        example=Example(
            command="hnvemu trace -p sample:gateway-demo Blue1 Blue2"
            " --set 'virtual_networks.Blue.lookup_records[0].rule=nat'"
            " --set 'virtual_networks.Blue.lookup_records[1].rule=nat'",
            shows="both records say address rewrite",
        ),
    ),
)
