"""Rules of the access control lists at a port: the firewall and the lists of the switch.

All lists sit at the VM's port, outside HNV on both ends: the sender's outbound rules see the
packet before it is looked up, the receiver's inbound rules after it is decapsulated.
"""

from __future__ import annotations

from typing import Final

from hnvemu.catalogue.definition import Confidence, Example, Rule
from hnvemu.trace.outcome import Reason

_DENIED: Final = (Reason.ACL_DENY_OUT, Reason.ACL_DENY_IN)

RULES: Final = (
    Rule(
        id="ACL-1",
        title="Firewall rules are evaluated at the VM's port",
        text="`New-NetFirewallRule` filters in the operating system where it is run; hnvemu"
        " evaluates such rules at the VM's port, where the verdict is the same.",
        known="the cmdlet's scope documented [NetSecurity]; the place decided here"
        " [complex routing]",
        confidence=Confidence.MEDIUM,
        see=("ACL-2", "ACL-12", "ACL-52"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A X tcp/80"
            " --with 'rule:{name: web, vms: X, protocol: tcp, local_port: 80}'",
            shows="the row `firewall in` at H2: the rule that lets the packet in",
        ),
    ),
    Rule(
        id="ACL-2",
        title="A rule cannot tell whether two VMs share a subnet or a host",
        text="The verdict of a list depends on addresses, protocol, ports and sessions: never on"
        " subnets or hosts. The keywords that mean a subnet are the exception.",
        known="documented [complex routing] [SDN guides]",
        confidence=Confidence.HIGH,
        see=("ACL-1", "ACL-16"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A B tcp/80 --migrate B=H1"
            " --with 'rule:{name: not-from-a, vms: B, action: block,"
            " remote_address: 10.0.1.10}'",
            shows="B has moved to the host of A, and the rule stops the packet as before",
            prints="ACL_DENY_IN",
        ),
    ),
    Rule(
        id="ACL-10",
        title="What a firewall rule does not say is any, and allow inbound",
        text="A rule that does not say otherwise is inbound, allows, is enabled, and holds for any"
        " network profile, protocol, address and port.",
        known="documented [NetSecurity]",
        confidence=Confidence.HIGH,
        see=("ACL-11", "ACL-20"),
        example=Example(
            command="hnvemu show rules B -p sample:complex-routing",
            shows="the rules of a port with everything they say; this one has its defaults alone",
            prints="allow",
        ),
    ),
    Rule(
        id="ACL-11",
        title="All conditions of a rule must hold",
        text="A rule matches where all of its conditions hold; one of several values of a condition"
        " is enough.",
        known="documented [NetSecurity] [rules]",
        confidence=Confidence.HIGH,
        see=("ACL-12", "ACL-15", "ACL-17", "ACL-18"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A X tcp/443"
            " --with 'rule:{name: web, vms: X, protocol: tcp, local_port: [80, 443],"
            " remote_address: 10.0.1.0/24}'",
            shows="protocol, port and address fit, and one of the two ports is enough",
        ),
    ),
    Rule(
        id="ACL-12",
        title="A block wins over every allow",
        text="A matching Block wins over any Allow, an Allow over the default. Order and"
        " specificity do not count.",
        product="Rules that override blocks need authentication by IPsec, which is not modelled.",
        known="documented [rules]",
        confidence=Confidence.HIGH,
        reasons=_DENIED,
        see=("ACL-13", "ACL-31", "ACL-41", "ACL-51"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing B X"
            " --with 'rule:{name: nothing, vms: B, direction: outbound, action: block}'"
            " --with 'rule:{name: inside, vms: B, direction: outbound,"
            " remote_address: 10.0.0.0/8}'",
            shows="the block of everything wins, though the allow is narrower",
        ),
    ),
    Rule(
        id="ACL-13",
        title="A default of block stops what no rule matches",
        text="A default of block stops what no rule matches.",
        product="Windows itself blocks inbound and allows outbound.",
        known="documented [NetSecurity]",
        confidence=Confidence.HIGH,
        reasons=_DENIED,
        see=("ACL-12", "ACL-14"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A X"
            " --set firewall.defaults.inbound=block",
            shows="no rule matches, and the default is block",
        ),
    ),
    Rule(
        id="ACL-14",
        title="Where a policy says no default, everything passes",
        text="Where the policy says no default, everything passes, as at an HNV port without a"
        " list.",
        known="decided here",
        confidence=Confidence.MEDIUM,
        see=("ACL-13", "ACL-51"),
        example=Example(
            command="hnvemu trace -p sample:starter A B",
            shows="the rows `firewall out` and `firewall in`: the policy has no firewall at all",
        ),
    ),
    Rule(
        id="ACL-15",
        title="An address condition is an address, a prefix, a range or a keyword",
        text="Address conditions are addresses, prefixes, masks, ranges and keywords, each keyword"
        " also for one family.",
        known="documented [NetSecurity]",
        confidence=Confidence.HIGH,
        see=("ACL-11", "ACL-16"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A X"
            " --with 'rule:{name: range, vms: X, action: block,"
            " remote_address: 10.0.1.5-10.0.1.15}'",
            shows="10.0.1.10 lies in the range",
            prints="ACL_DENY_IN",
        ),
    ),
    Rule(
        id="ACL-16",
        title="What the keywords stand for",
        text="LocalSubnet is the on-link prefixes of the port's VSID, DefaultGateway their `.1`,"
        " Intranet all on-link prefixes of the routing domain, Internet the rest; DNS, DHCP and"
        " WINS are lists of the policy. Others match nothing.",
        known="decided here",
        confidence=Confidence.MEDIUM,
        see=("ACL-2", "ACL-15"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A X"
            " --with 'rule:{name: not-from-elsewhere, vms: X, action: block,"
            " remote_address: Intranet}'",
            shows="A's subnet is one of T's, so Intranet holds its address",
            prints="ACL_DENY_IN",
        ),
    ),
    Rule(
        id="ACL-17",
        title="Ports are numbers and ranges; names that Windows resolves are not evaluated",
        text="Ports are numbers, ranges and lists, and need TCP or UDP. Port names that Windows"
        " resolves while it runs, such as RPC, cannot be evaluated.",
        known="documented that they exist [NetSecurity]",
        confidence=Confidence.HIGH,
        reasons=(Reason.UNSUPPORTED,),
        see=("ACL-11", "ACL-18"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A X tcp/49152"
            " --with 'rule:{name: rpc, vms: X, action: block, protocol: tcp,"
            " local_port: RPC}'",
            shows="whether 49152 is a port of RPC only Windows knows",
            prints="UNSUPPORTED",
        ),
    ),
    Rule(
        id="ACL-18",
        title="A protocol is a name or a number, ICMP has type and code",
        text="Protocols are names or numbers; ICMP is narrowed by type and code.",
        known="documented [NetSecurity]",
        confidence=Confidence.HIGH,
        see=("ACL-11", "ACL-17"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A X icmp/echo"
            " --with 'rule:{name: no-ping, vms: X, action: block, protocol: icmpv4,"
            ' icmp_type: "8:0"}\'',
            shows="the rule is for the request alone; a reply would pass",
            prints="ACL_DENY_IN",
        ),
    ),
    Rule(
        id="ACL-19",
        title="A reply to an admitted packet passes",
        text="A reply to a packet that the port admitted passes without being compared. A"
        " conversation is its five-tuple, an ICMP echo its identifier.",
        known="documented that it is stateful [rules]; the key decided here",
        confidence=Confidence.MEDIUM,
        see=("ACL-43",),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A X tcp/443 --conversation"
            " --with 'rule:{name: closed, vms: A, action: block}'",
            shows="A lets nobody in, and the reply passes as part of its own conversation",
        ),
    ),
    Rule(
        id="ACL-20",
        title="A rule that is disabled or for other network profiles is ignored",
        text="A rule that is not enabled, or is for other network profiles, is ignored.",
        known="documented [NetSecurity]",
        confidence=Confidence.HIGH,
        see=("ACL-10",),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A X"
            " --with 'rule:{name: off, vms: X, action: block, enabled: false}'",
            shows="a block that is not enabled",
            prints="DELIVERED",
        ),
    ),
    Rule(
        id="ACL-21",
        title="There is one store of rules",
        text="Windows has several stores of rules, and of two rules with one name the one in the"
        " stronger store counts. A policy is one store, and all of its rules count.",
        known="documented [NetSecurity]; one store decided here",
        confidence=Confidence.MEDIUM,
        see=("ACL-12",),
        example="A policy has one store of rules, so there is nothing to choose from.",
    ),
    Rule(
        id="ACL-30",
        title="Port ACLs allow, deny or count, by IP or MAC",
        text="An entry of `Add-VMNetworkAdapterAcl` allows, denies or meters; is inbound, outbound"
        " or both, seen from the VM; and names a local and a remote address, either IP or MAC. A"
        " meter counts and decides nothing.",
        known="documented [Hyper-V cmdlets]",
        confidence=Confidence.HIGH,
        reasons=_DENIED,
        see=("ACL-31", "ACL-52"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A X"
            " --with 'port-acl:{vms: X, direction: inbound, action: deny,"
            " remote: 10.0.1.0/24}'",
            shows="the entry at the port of X denies A's subnet",
        ),
    ),
    Rule(
        id="ACL-31",
        title="Of port ACLs the longest match decides",
        text="The entry with the longest match decides. What no entry matches passes.",
        known="documented [Hyper-V cmdlets]",
        confidence=Confidence.HIGH,
        reasons=_DENIED,
        see=("ACL-30", "ACL-32"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A X"
            " --with 'port-acl:{vms: X, direction: inbound, action: deny, remote: 10.0.0.0/16}'"
            " --with 'port-acl:{vms: X, direction: inbound, action: allow,"
            " remote: 10.0.1.10/32}'",
            shows="A is allowed by the longer match, C would be denied",
        ),
    ),
    Rule(
        id="ACL-32",
        title="The length of a match is that of both addresses together",
        text="Where an entry names local and remote, its length is the sum of both; of equal sums"
        " the longer remote counts, then a deny.",
        known="decided here",
        confidence=Confidence.LOW,
        reasons=_DENIED,
        see=("ACL-31",),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A X"
            " --with 'port-acl:{vms: X, direction: inbound, action: allow,"
            " remote: 10.0.1.10/32}'"
            " --with 'port-acl:{vms: X, direction: inbound, action: deny,"
            " local: 10.1.2.20/32, remote: 10.0.1.0/24}'",
            shows="32 and 24 bits are more than 32: the deny is the longer match",
            prints="ACL_DENY_IN",
        ),
    ),
    Rule(
        id="ACL-40",
        title="Extended ACLs name addresses, ports and protocol",
        text="An entry of `Add-VMNetworkAdapterExtendedAcl` allows or denies, inbound or outbound,"
        " by local and remote address, local and remote port, and protocol; what it does not say"
        " is any.",
        known="documented [Hyper-V cmdlets] [ACL classes]",
        confidence=Confidence.HIGH,
        reasons=_DENIED,
        see=("ACL-41", "ACL-42", "ACL-52"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A X tcp/23"
            " --with 'extended-acl:{vms: X, direction: inbound, weight: 10, action: deny,"
            " protocol: tcp, local_port: 23}'",
            shows="the entry at the port of X denies telnet",
        ),
    ),
    Rule(
        id="ACL-41",
        title="Of extended ACLs the largest weight decides",
        text="The entry with the largest weight is tried first, and the first match decides. Of"
        " equal weights a deny comes first.",
        product="OpenStack takes 65500 for the largest. What a host does with equal weights is not"
        " written.",
        known="documented [Hyper-V cmdlets] [ACL classes] [os-win]; equal weights decided here",
        confidence=Confidence.HIGH,
        reasons=_DENIED,
        see=("ACL-40", "ACL-51"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing B 8.8.8.8"
            " --with 'extended-acl:{vms: B, direction: outbound, weight: 100, action: allow,"
            " remote: 10.0.0.0/8}'"
            " --with 'extended-acl:{vms: B, direction: outbound, weight: 1, action: deny}'",
            shows="weight 100 is not for 8.8.8.8, so weight 1 decides",
        ),
    ),
    Rule(
        id="ACL-42",
        title="What no extended ACL matches passes",
        text="What no entry matches passes.",
        product="OpenStack has to add entries that reject the rest.",
        known="inferred [os-win]",
        confidence=Confidence.HIGH,
        see=("ACL-31", "ACL-41"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A X tcp/80"
            " --with 'extended-acl:{vms: X, direction: inbound, weight: 10, action: deny,"
            " protocol: tcp, local_port: 23}'",
            shows="port 80 is in no entry",
        ),
    ),
    Rule(
        id="ACL-43",
        title="A stateful extended ACL lets the replies of TCP and UDP pass",
        text="A stateful entry admits the replies of TCP and UDP. It forgets a conversation after"
        " 255 seconds without a packet, unless it says otherwise; `--reply-after` lets time pass.",
        product="There is neither a check of sequence numbers nor reassembly.",
        known="documented [ACL classes] [Hyper-V cmdlets] [R2 networking]",
        confidence=Confidence.HIGH,
        see=("ACL-19", "ACL-41"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A X tcp/443 --conversation"
            " --with 'extended-acl:{vms: A, direction: outbound, weight: 10, action: allow,"
            " protocol: tcp, stateful: true}'"
            " --with 'extended-acl:{vms: A, direction: inbound, weight: 1, action: deny}'",
            shows="everything inbound is denied, and the reply passes as part of A's own"
            " conversation",
        ),
    ),
    Rule(
        id="ACL-44",
        title="An isolation id narrows an entry to one VSID of the port",
        text="An entry with an isolation id holds for that VSID alone, which tells the routing"
        " domains of a multi-tenant port apart. 0 is all of them.",
        known="documented [Hyper-V cmdlets]",
        confidence=Confidence.HIGH,
        see=("ACL-40", "GWY-12"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A X"
            " --with 'extended-acl:{vms: X, direction: inbound, weight: 10, action: deny,"
            " isolation_id: 5003}'",
            shows="the port of X is in VSID 5003, so the entry is for it",
        ),
    ),
    Rule(
        id="ACL-50",
        title="Hyper-V firewall rules are no part of a policy",
        text="Newer releases have firewall rules of Hyper-V itself, tried by priority, the lowest"
        " first. A policy has no key for them.",
        known="documented [Hyper-V cmdlets]; leaving them out decided here",
        confidence=Confidence.MEDIUM,
        see=("ACL-1", "ACL-51"),
        example="A policy cannot hold such a rule.",
    ),
    Rule(
        id="ACL-51",
        title="Of datacenter ACLs the lowest priority decides",
        text="Of the entries of Datacenter Firewall the lowest priority is tried first, and the"
        " first match decides; of equal priorities a deny comes first. What no entry matches"
        " passes. Under `hnvv2` a port that no entry names is blocked, if the policy has any.",
        product="Lists are attached to adapters or subnets, and a port without one may be kept"
        " blocked.",
        known="documented [SDN guides] [SDN troubleshooting]; equal priorities and what no entry"
        " matches decided here",
        confidence=Confidence.MEDIUM,
        reasons=_DENIED,
        see=("ACL-41", "ACL-52"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A X tcp/80"
            " --with 'datacenter-acl:{name: all, vms: X, direction: inbound, priority: 200,"
            " action: deny}'"
            " --with 'datacenter-acl:{name: web, vms: X, direction: inbound, priority: 100,"
            " action: allow, protocol: tcp, destination_port: 80}'",
            shows="priority 100 is tried before priority 200",
        ),
    ),
    Rule(
        id="ACL-52",
        title="Where several lists guard a port, all must allow",
        text="Where several mechanisms guard a port, all must allow: port ACLs, extended ACLs,"
        " datacenter ACLs, then the firewall.",
        known="decided here",
        confidence=Confidence.MEDIUM,
        reasons=_DENIED,
        see=("ACL-12", "ACL-31", "ACL-41", "ACL-51"),
        example=Example(
            command="hnvemu trace -p sample:complex-routing A X tcp/80"
            " --with 'port-acl:{vms: X, direction: inbound, action: allow, remote: 10.0.1.10}'"
            " --with 'rule:{name: closed, vms: X, action: block}'",
            shows="the port ACL allows, the firewall blocks: the packet is stopped",
            prints="ACL_DENY_IN",
        ),
    ),
)
