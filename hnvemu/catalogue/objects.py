"""Rules of the objects: VSIDs, routing domains, lookup records, customer routes, the ``.1``."""

from __future__ import annotations

from typing import Final

from hnvemu.catalogue.definition import Confidence, Example, Rule
from hnvemu.model.policy import Profile
from hnvemu.trace.outcome import Outcome, Reason

RULES: Final = (
    Rule(
        id="OBJ-1",
        title="A VSID has 24 bits, and records and routes take 4096 to 16777214",
        text="A VSID is a number of 24 bits. Lookup records and customer routes take 4096 to"
        " 16777214; a port takes one more, and 0 to have none.",
        product="Windows refuses objects outside of these numbers. hnvemu reads any number of 24"
        " bits and forwards by it.",
        known="documented [NetWNV] [Hyper-V cmdlets] [networking-hyperv]",
        confidence=Confidence.HIGH,
        see=("OBJ-2", "OBJ-3"),
        example=Example(
            command="hnvemu show vms -p sample:complex-routing",
            shows="the column VSID: each port is in one virtual subnet",
            prints="5001",
        ),
    ),
    Rule(
        id="OBJ-2",
        title="VSID 0 is no virtual subnet, 1 to 4095 and 16777215 are reserved",
        text="A port with VSID 0 is not virtualised. 1 to 4095 and 16777215 are reserved.",
        product="The driver refuses reserved tenant ids. RFC 7637 keeps 16777215 for messages"
        " between endpoints of vendors.",
        known="documented [WNV events] [NetWNV] [RFC 7637]",
        confidence=Confidence.HIGH,
        outcomes=(Outcome.PASSED_THROUGH,),
        see=("OBJ-1", "ING-1"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A B"
            " --set virtual_networks.T.vms.A.vsid=0",
            shows="a port without a VSID: HNV has no part in it",
            prints="PASSED THROUGH",
        ),
    ),
    Rule(
        id="OBJ-3",
        title="The routing domain of a VSID is that of the routes that carry it",
        text="A VSID belongs to one routing domain, and a routing domain has one or more VSIDs. A"
        " host takes the domain of the first customer route it knows that carries the VSID. Without"
        " such a route it can neither route for the VSID nor find the sources of its packets.",
        product="VSIDs are unique in a whole data centre and not only within a tenant.",
        known="that each VSID has one domain documented [HNV details] [gateway sample]; the lookup"
        " decided here",
        confidence=Confidence.MEDIUM,
        reasons=(Reason.ROUTE_MISSING, Reason.SRC_RECORD_MISSING),
        see=("OBJ-4", "FWD-3", "RCV-9"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A B"
            " --set virtual_networks.T.vms.A.vsid=5010",
            shows="A has a record in VSID 5010, but no route of the host carries that VSID",
            prints="ROUTE_MISSING",
        ),
    ),
    Rule(
        id="OBJ-4",
        title="A routing domain is one virtual network and the boundary of isolation",
        text="A routing domain, named by a GUID, is one virtual network and the boundary of"
        " isolation. Its on-link prefixes must not overlap; those of two domains may be the same.",
        known="documented [HNV details] [gateway sample]",
        confidence=Confidence.HIGH,
        see=("OBJ-3", "FWD-3"),
        example=Example(
            command="hnvemu trace -p sample:two-tenants red/web 10.0.0.11",
            shows="blue has a VM at the same address, and red's packet reaches red's",
            prints="red/db",
        ),
    ),
    Rule(
        id="OBJ-5",
        title="A customer id is a label",
        text="The customer id of a record or a network groups objects for people and managers."
        " Forwarding does not look at it.",
        known="the field documented [NetWNV]; that nothing looks at it inferred",
        confidence=Confidence.HIGH,
        see=("OBJ-4",),
        example=Example(
            command="hnvemu trace -p sample:two-tenants blue/web 10.0.0.11"
            " --set virtual_networks.blue.customer_id=somebody-else",
            shows="another customer id, and the packet arrives as before",
            prints="DELIVERED",
        ),
    ),
    Rule(
        id="OBJ-6",
        title="A VSID has one on-link prefix of each address family",
        text="A VSID has one on-link prefix of each address family. hnvemu takes more, and routes"
        " by all of them.",
        product="OpenStack's integrators found that a host refuses a second on-link route of a"
        " VSID; a sample of Microsoft's has an IPv4 and an IPv6 prefix on one VSID.",
        known="documented [networking-hyperv] [recovery sample]",
        confidence=Confidence.MEDIUM,
        see=("FWD-7", "OBJ-40"),
        example=Example(
            command="hnvemu show routes T -p sample:complex-routing",
            shows="VSID 5001 has one on-link route over IPv4 and one over IPv6",
            prints="2001:db8:1::/64",
        ),
    ),
    Rule(
        id="OBJ-10",
        title="The key of a lookup record is VSID, CA and MAC",
        text="VSID, CA and MAC together name a lookup record. Its PA, its translation method and"
        " its labels can be changed later, the key cannot.",
        product="`New-NetVirtualizationLookupRecord` refuses a second record of the same key as a"
        " duplicate object.",
        known="documented [NetWNV] [WNV events] [gateway sample]",
        confidence=Confidence.HIGH,
        see=("OBJ-11",),
        example=Example(
            command="hnvemu show records Blue1 -p sample:gateway-demo",
            shows="the columns VSID, CA and MAC are the key of the row",
            prints="02-00-00-50-01-0A",
        ),
    ),
    Rule(
        id="OBJ-11",
        title="Of two records for one address the lowest MAC counts",
        text="Of two records with the same VSID and CA the one with the lowest MAC counts.",
        product="The key has the MAC in it, so both can be stored. Which one a host takes is"
        " written nowhere.",
        known="unknown; decided here",
        confidence=Confidence.LOW,
        see=("OBJ-10", "FWD-10"),
        example=Example(
            command="hnvemu trace -p sample:gateway-demo Blue2 Blue1"
            " --with 'record:{ca: 10.0.0.10, vsid: 5001,"
            " mac: 02-00-00-50-01-00, pa: 192.168.4.12}'",
            shows="a second record of Blue1's address with a lower MAC: the packet follows it, and"
            " no port has that MAC",
            prints="NO_PORT",
        ),
    ),
    Rule(
        id="OBJ-20",
        title="Every host needs the whole routing table of its networks",
        text="A host that carries a VM of a routing domain needs all customer routes of that"
        " domain, for it is the only router its VMs have.",
        known="documented [walk R2]",
        confidence=Confidence.HIGH,
        reasons=(Reason.ROUTE_MISSING,),
        see=("FWD-4", "MOB-1"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A X"
            " --with 'host-view:{host: H1, without_customer_routes:"
            " [{virtual_network: T, prefix: 10.1.2.0/24}, {virtual_network: T,"
            " prefix: 0.0.0.0/0}]}'",
            shows="H1 lacks two routes that the other hosts have",
            prints="ROUTE_MISSING at H1",
        ),
    ),
    Rule(
        id="OBJ-21",
        title="A route may lead to any next hop, not only the default route",
        text="A customer route of any prefix may lead to a next hop, down to a single address.",
        product="A sample of 2012 sends an IPv6 /48 through a gateway, and OpenStack installs a /32"
        " for its metadata service. The first texts on HNVv2 allow one default route alone; later"
        " ones have user-defined routes.",
        known="documented [recovery sample] [networking-hyperv] [HNV details] [SDN guides]",
        confidence=Confidence.HIGH,
        see=("FWD-8", "GWY-1"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A 169.254.169.254"
            " --with 'route:{prefix: 169.254.169.254/32,"
            " next_hop: 10.1.2.20, vsid: 5003}' --set virtual_networks.T.vms.X.gateway=true",
            shows="a route for one address leads to X, which is made a gateway to this end",
            prints="169.254.169.254/32 -> 10.1.2.20 in VSID 5003",
        ),
    ),
    Rule(
        id="OBJ-30",
        title="None of the objects survives a restart",
        text="None of the objects of HNVv1 survives a restart of the host: a manager has to create"
        " them again.",
        known="documented [networking-hyperv]",
        confidence=Confidence.HIGH,
        see=("MOB-7",),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A B"
            " --with 'host-view:{host: H1, restarted: policy}'",
            shows="H1 has restarted and got back its PA, but not the records",
            prints="SRC_RECORD_MISSING at H1",
        ),
    ),
    Rule(
        id="OBJ-40",
        title="The first host address of a subnet belongs to HNV",
        text="The `.1` is the first host address of an on-link prefix, and no VM may have it; /31,"
        " /32, /127 and /128 have none.",
        product="A router of the tenant cannot have the `.1` either.",
        known="documented [HNV details] [gateway sample] [networking-hyperv]; the exceptions"
        " decided here",
        confidence=Confidence.HIGH,
        reasons=(Reason.GATEWAY_NOT_A_HOST,),
        see=("OBJ-41", "OBJ-43", "FWD-12"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A 10.0.1.1",
            shows="10.0.1.1 is the first host address of 10.0.1.0/24",
            prints="GATEWAY_NOT_A_HOST",
        ),
    ),
    Rule(
        id="OBJ-41",
        title="The .1 has an ordinary record with a dummy PA",
        text="A `.1` has an ordinary record, whose PA is a dummy and whose MAC may be the same"
        " everywhere.",
        product="Microsoft's sample gives it the PA 169.254.254.254; a guide gives it that of a"
        " host.",
        known="documented by sample [gateway sample] [RRAS guide]",
        confidence=Confidence.HIGH,
        profiles=(Profile.TRANSPARENT, Profile.WS2012, Profile.WS2012R2),
        see=("OBJ-40", "OBJ-42", "ARP-2", "BUM-4"),
        example=Example(
            command="hnvemu show records T -p sample:complex-routing",
            shows="10.0.1.1, 10.0.2.1 and 10.1.2.1 share one MAC and a PA that no host has",
            prints="169.254.254.254",
        ),
    ),
    Rule(
        id="OBJ-42",
        title="In HNVv2 the .1 is the distributed router",
        text="In HNVv2 the `.1` of all subnets of a network is the distributed router: one MAC, and"
        " the PA of whichever host one asks. hnvemu keeps the records of HNVv1 under every"
        " profile.",
        known="documented [SDN troubleshooting]; one form for all profiles decided here",
        confidence=Confidence.MEDIUM,
        profiles=(Profile.HNVV2,),
        see=("OBJ-41", "FWD-12", "ICMP-1"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A 10.0.1.1 --profile hnvv2",
            shows="the distributed router is no host that could receive",
            prints="GATEWAY_NOT_A_HOST",
        ),
    ),
    Rule(
        id="OBJ-43",
        title="The .1 of an IPv6 subnet is its network address plus one",
        text="The `.1` of an IPv6 prefix is its network address plus one.",
        known="inferred from IPv4; decided here",
        confidence=Confidence.MEDIUM,
        reasons=(Reason.GATEWAY_NOT_A_HOST,),
        see=("OBJ-40",),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A 2001:db8:1::1",
            shows="the first address after the network address of 2001:db8:1::/64",
            prints="GATEWAY_NOT_A_HOST",
        ),
    ),
)
