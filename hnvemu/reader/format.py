"""The policy format, key by key: the one table that reading and the JSON Schema are made of.

Rules of the file: literals only. A sentence beside a key is what an editor shows for it.
"""

from __future__ import annotations

from hnvemu.model.policy import RecordKey
from hnvemu.model.provider import ProviderRoute
from hnvemu.model.records import LookupRecord
from hnvemu.reader import conditions as c
from hnvemu.reader import fields as f
from hnvemu.reader.shape import Anything, Either, Field, Instead, ListOf, Names, Record

_VMS = Field(
    "vms", f.SELECTOR, "Names and globs, T/B where names repeat; every VM where it is absent."
)

# ---------------------------------------------------------------------------------------------
# Provider side

_NEXT_HOP_TEXT = "An address, or on-link (0.0.0.0 and :: mean the same)."
_PROVIDER_ADDRESS = Record(
    name="provider_address",
    noun="a provider address",
    text="An address of the host in the provider network: New-NetVirtualizationProviderAddress.",
    make=f.provider_address,
    fields=(
        Field(
            "address",
            f.INTERFACE,
            "The address with its prefix length, such as 192.168.10.12/24.",
            required=True,
            into="interface",
            cmdlet=("ProviderAddress",),
        ),
        Field(
            "mac",
            f.MAC,
            "MAC on the wire; 02-00- and the last four octets of the address where it is absent.",
            cmdlet=("MACAddress",),
        ),
        Field("vlan", f.VLAN, "VLAN identifier; 0 is untagged.", default=0, cmdlet=("VlanID",)),
        Field(
            "state",
            f.ADDRESS_STATE,
            "State of the address; only a preferred one receives.",
            default="preferred",
            cmdlet=("AddressState",),
        ),
    ),
)
_PROVIDER_ROUTE = Record(
    name="provider_route",
    noun="a provider route",
    text="A route of the provider network: New-NetVirtualizationProviderRoute.",
    make=ProviderRoute,
    fields=(
        Field(
            "prefix",
            f.HIDDEN_ROUTE_PREFIX,
            "Destination in CIDR notation.",
            required=True,
            cmdlet=("DestinationPrefix",),
        ),
        Field("next_hop", f.NEXT_HOP, _NEXT_HOP_TEXT, required=True),
        Field("metric", f.METRIC, "Of equal prefixes the lowest metric wins.", default=256),
    ),
)
_HOST = Record(
    name="host",
    noun="a host",
    text="A hypervisor: one instance of the distributed switch.",
    fields=(
        Field(
            "provider_addresses",
            ListOf(item=Either(scalar=f.SHORT_PROVIDER_ADDRESS, mapping=_PROVIDER_ADDRESS)),
            "Provider addresses, each as address/length or as a mapping.",
            into="addresses",
        ),
        Field(
            "provider_routes",
            ListOf(item=_PROVIDER_ROUTE),
            "Routes of the provider network that this host has.",
            into="routes",
        ),
        Field(
            "provider_mtu",
            f.MTU,
            "MTU of the provider network's interface, in octets of IP packet.",
            into="mtu",
            default=1500,
        ),
        Field(
            "use_external_router",
            f.BOOLEAN,
            "Whether packets between subnets go to external routers: Set-NetVirtualizationGlobal.",
            default=False,
        ),
    ),
)

# ---------------------------------------------------------------------------------------------
# Lookup records and customer routes

_LOOKUP_RECORD = Record(
    name="lookup_record",
    noun="a lookup record",
    text="The MAC and the provider address behind a customer address: "
    "New-NetVirtualizationLookupRecord.",
    make=LookupRecord,
    fields=(
        Field(
            "ca",
            f.ADDRESS,
            "Customer address; 0.0.0.0 or :: in wildcard and L2-only records.",
            required=True,
            cmdlet=("CustomerAddress",),
        ),
        Field(
            "vsid",
            f.VSID,
            "Virtual subnet of the customer address.",
            required=True,
            cmdlet=("VirtualSubnetID",),
        ),
        Field("mac", f.MAC, "MAC of the VM's adapter.", required=True, cmdlet=("MACAddress",)),
        Field(
            "pa",
            f.REPEATED_ADDRESS,
            "Provider address of the host that carries the VM.",
            required=True,
            cmdlet=("ProviderAddress",),
        ),
        Field("vm", f.LABEL, "Name of the VM: a label.", cmdlet=("VMName",)),
        Field("type", f.RECORD_TYPE, "What the record is for.", default="static"),
        Field(
            "rule",
            f.TRANSLATION,
            "How packets cross the provider network.",
            default="encap",
        ),
        Field(
            "use_vm_mac",
            f.BOOLEAN,
            "With rule nat: keep the VM's MAC on the wire.",
            default=False,
            cmdlet=("UseVmMACAddress",),
        ),
        Field("customer_id", f.CUSTOMER_ID, "A label."),
        Field("context", f.LABEL, "A label."),
        Field("unusable", f.BOOLEAN, "A dynamic record that is not usable.", default=False),
        Field(
            "unsynchronized",
            f.BOOLEAN,
            "A dynamic record that is not synchronized.",
            default=False,
        ),
    ),
)
_CUSTOMER_ROUTE = Record(
    name="customer_route",
    noun="a customer route",
    text="Says in which virtual subnet the next hop towards a prefix lives: "
    "New-NetVirtualizationCustomerRoute.",
    fields=(
        Field(
            "prefix",
            f.ROUTE_PREFIX,
            "Destination in CIDR notation.",
            required=True,
            cmdlet=("DestinationPrefix",),
        ),
        Field("next_hop", f.NEXT_HOP, _NEXT_HOP_TEXT, required=True),
        Field(
            "vsid",
            f.VSID,
            "Virtual subnet in which the next hop lives.",
            required=True,
            cmdlet=("VirtualSubnetID",),
        ),
        Field("metric", f.METRIC, "Of equal prefixes the lowest metric wins.", default=255),
    ),
)

# ---------------------------------------------------------------------------------------------
# VMs and gateways

_HOST_NAME = f.reference("the name of a host")
_NETWORK_NAME = f.reference("the name of a virtual network")
_HOST_OF = Field("host", _HOST_NAME, "Host that carries the VM.", required=True)
_MAC_OF = Field("mac", f.MAC, "MAC of the adapter.", required=True, cmdlet=("MACAddress",))
_VSID_OF = Field(
    "vsid",
    f.VSID,
    "Virtual subnet of the adapter; 0 is a port that HNV does not handle.",
    required=True,
    cmdlet=("VirtualSubnetID",),
)
_CAS_OF = Field(
    "ca",
    f.ADDRESSES,
    "Customer addresses.",
    into="cas",
    cmdlet=("CustomerAddress",),
)
_GUEST_OF = Field("guest", f.GUEST, "Operating system, as far as the MTU goes.", default="windows")
_SWITCHES = (
    Field("default_gateway", f.ADDRESS, "First hop that the guest uses; HNV ignores it."),
    Field(
        "mac_spoofing",
        f.BOOLEAN,
        "Whether frames with a foreign source MAC may leave.",
        default=False,
        cmdlet=("MacAddressSpoofing",),
    ),
    Field("dhcp_guard", f.BOOLEAN, "Drops the answers of a DHCP server.", default=False),
    Field("router_guard", f.BOOLEAN, "Drops router advertisements.", default=False),
    Field("vlan", f.VLAN, "VLAN identifier; 0 is untagged.", default=0),
    Field("mtu", f.MTU, "MTU of the guest; where absent, what the encapsulation leaves."),
    Field(
        "network_profile",
        f.NETWORK_PROFILE,
        "What a rule's profile is compared with.",
        default="private",
    ),
    Field("isolation_mode", f.ISOLATION_MODE, "Set-VMNetworkAdapterIsolation."),
    Field("dynamic_ip_limit", f.COUNT, "Addresses that may be learned at the port."),
)
_ADAPTER_FIELDS = (
    _HOST_OF,
    _VSID_OF,
    _MAC_OF,
    _CAS_OF,
    Field(
        "gateway",
        f.BOOLEAN,
        "A gateway VM: a wildcard record is generated for each family of its addresses.",
        default=False,
    ),
    *_SWITCHES,
)
_MAPPING = Record(
    name="routing_domain_mapping",
    noun="a routing domain of a gateway",
    text="One routing domain of a multi-tenant gateway, told apart by its VSID.",
    fields=(
        Field("virtual_network", _NETWORK_NAME, "The virtual network.", required=True),
        Field(
            "vsid",
            f.VSID,
            "Virtual subnet of the gateway in it.",
            required=True,
            cmdlet=("VirtualSubnetID",),
        ),
        _CAS_OF,
    ),
)
_GATEWAY_FIELDS = (
    _HOST_OF,
    _MAC_OF,
    Field(
        "routing_domains",
        ListOf(item=_MAPPING),
        "The virtual networks it serves, each with its VSID and address.",
        required=True,
        into="mappings",
    ),
    Field(
        "gateway",
        f.BOOLEAN,
        "Whether wildcard records are generated in its virtual subnets.",
        default=True,
    ),
    *_SWITCHES,
)
_ADAPTERS_TEXT = "Several adapters by name, in place of the keys of one."
_ADAPTER_HINTS = {"guest": "the guest is the VM's: write it beside adapters"}
_ROUTING_DOMAINS_HINT = {
    "routing_domains": "a multi-tenant gateway is listed under the top-level key gateways"
}
_VSID_HINT = dict.fromkeys(("vsid", "ca"), "each of its routing_domains has its own vsid and ca")
_VM = Record(
    name="vm",
    noun="a VM",
    text="A VM with one network adapter, or with several under adapters.",
    instead=Instead("adapters", beside=("guest",)),
    hints=_ROUTING_DOMAINS_HINT,
    fields=(
        *_ADAPTER_FIELDS,
        _GUEST_OF,
        Field(
            "adapters",
            Names(
                noun="adapter",
                item=Record(
                    name="adapter",
                    noun="an adapter",
                    text="One network adapter of a VM: a switch port.",
                    fields=_ADAPTER_FIELDS,
                    hints=_ADAPTER_HINTS | _ROUTING_DOMAINS_HINT,
                ),
            ),
            _ADAPTERS_TEXT,
        ),
    ),
)
_GATEWAY = Record(
    name="gateway",
    noun="a multi-tenant gateway",
    text="A gateway VM that serves several virtual networks with one adapter.",
    instead=Instead("adapters", beside=("guest",)),
    hints=_VSID_HINT,
    fields=(
        *_GATEWAY_FIELDS,
        _GUEST_OF,
        Field(
            "adapters",
            Names(
                noun="adapter",
                item=Record(
                    name="gateway_adapter",
                    noun="an adapter of a gateway",
                    text="One network adapter of a multi-tenant gateway.",
                    fields=_GATEWAY_FIELDS,
                    hints=_ADAPTER_HINTS | _VSID_HINT,
                ),
            ),
            _ADAPTERS_TEXT,
        ),
    ),
)
_VIRTUAL_NETWORK = Record(
    name="virtual_network",
    noun="a virtual network",
    text="A virtual network: one routing domain, the boundary of isolation.",
    declares_names=True,
    fields=(
        Field(
            "rdid",
            f.RDID,
            "Routing domain: a GUID, with or without braces.",
            required=True,
            cmdlet=("RoutingDomainID",),
        ),
        Field("customer_id", f.CUSTOMER_ID, "A label."),
        Field("customer_routes", ListOf(item=_CUSTOMER_ROUTE), "Routes of the virtual network."),
        Field("vms", Names(noun="VM", item=_VM), "The VMs, by name."),
        Field(
            "generate_lookup_records",
            f.BOOLEAN,
            "Whether records of the VMs and routes are added; "
            "by default where lookup_records is absent.",
        ),
        Field("lookup_records", ListOf(item=_LOOKUP_RECORD), "Records that are listed by hand."),
    ),
)

# ---------------------------------------------------------------------------------------------
# Firewall and access control lists

_LOCAL_PORT = Field(
    "local_port", c.PORT_CONDITION, "Ports of the VM: 80, 8000-8100, lists.", default="any"
)
_REMOTE_PORT = Field("remote_port", c.PORT_CONDITION, "Ports of the peer.", default="any")
_PROTOCOL = Field(
    "protocol", c.PROTOCOL, "tcp, udp, icmpv4, icmpv6, any, or 0 to 255.", default="any"
)
_ADDRESS_TEXT = "Address, CIDR, address/mask, range a-b, keyword, or a list of these."
_DEFAULT = Record(
    name="firewall_default",
    noun="a default of the firewall",
    text="What becomes of packets that no rule matches.",
    fields=(
        _VMS,
        Field("inbound", f.ACTION, "Towards the VM.", cmdlet=("DefaultInboundAction",)),
        Field("outbound", f.ACTION, "From the VM.", cmdlet=("DefaultOutboundAction",)),
    ),
)
_RULE = Record(
    name="firewall_rule",
    noun="a firewall rule",
    text="A rule at the VM's port: New-NetFirewallRule. Block wins over allow.",
    fields=(
        Field("name", f.LABEL, "Name of the rule.", required=True, cmdlet=("DisplayName",)),
        _VMS,
        Field("direction", f.DIRECTION, "Seen from the VM.", default="inbound"),
        Field("action", f.ACTION, "What is done with packets it matches.", default="allow"),
        _PROTOCOL,
        Field(
            "local_address", c.ADDRESS_CONDITION, f"The VM's side. {_ADDRESS_TEXT}", default="any"
        ),
        Field(
            "remote_address",
            c.ADDRESS_CONDITION,
            f"The peer's side. {_ADDRESS_TEXT}",
            default="any",
        ),
        _LOCAL_PORT,
        _REMOTE_PORT,
        Field("icmp_type", c.ICMP_TYPES, "type, type:code, or a list of these.", default="any"),
        Field(
            "profile",
            c.RULE_PROFILES,
            "Network profiles that the rule is for.",
            into="profiles",
            default="any",
        ),
        Field("enabled", f.BOOLEAN, "A rule that is not enabled does nothing.", default=True),
        Field(
            "override_block",
            f.BOOLEAN,
            "Cannot be evaluated at a port.",
            default=False,
            cmdlet=("OverrideBlockRules",),
        ),
        Field("program", f.LABEL, "Cannot be evaluated at a port."),
        Field("service", f.LABEL, "Cannot be evaluated at a port."),
        Field("user", f.LABEL, "Cannot be evaluated at a port."),
    ),
)
_FIREWALL = Record(
    name="firewall",
    noun="the firewall",
    text="Rules evaluated at the VMs' ports.",
    fields=(
        Field(
            "defaults",
            Either(mapping=_DEFAULT, sequence=ListOf(item=_DEFAULT)),
            "Default actions, or a list of them for some VMs each; the last that names a VM "
            "decides.",
        ),
        Field("rules", ListOf(item=_RULE), "Firewall rules, in any order."),
        Field(
            "keywords",
            Record(
                name="firewall_keywords",
                noun="the keywords of the firewall",
                text="What address keywords stand for.",
                fields=(
                    Field("dns", c.RANGES, "Addresses that DNS stands for."),
                    Field("dhcp", c.RANGES, "Addresses that DHCP stands for."),
                    Field("wins", c.RANGES, "Addresses that WINS stands for."),
                ),
            ),
            "What the address keywords DNS, DHCP and WINS stand for.",
        ),
    ),
)
_PORT_ACL = Record(
    name="port_acl",
    noun="a port ACL",
    text="Add-VMNetworkAdapterAcl: the longest match decides.",
    fields=(
        _VMS,
        Field("direction", f.DIRECTION_OR_BOTH, "Seen from the VM.", required=True),
        Field("action", f.ALLOW_DENY_METER, "meter only counts.", required=True),
        Field(
            "local",
            c.ADDRESS_OR_MAC_CONDITION,
            "The VM's side: addresses, or a MAC.",
            default="any",
            cmdlet=("LocalIPAddress", "LocalMacAddress"),
        ),
        Field(
            "remote",
            c.ADDRESS_OR_MAC_CONDITION,
            "The peer's side: addresses, or a MAC.",
            default="any",
            cmdlet=("RemoteIPAddress", "RemoteMacAddress"),
        ),
    ),
)
_EXTENDED_ACL = Record(
    name="extended_acl",
    noun="an extended ACL",
    text="Add-VMNetworkAdapterExtendedAcl: the largest weight is tried first.",
    fields=(
        _VMS,
        Field("direction", f.DIRECTION, "Seen from the VM.", required=True),
        Field("weight", f.INTEGER, "The largest is tried first.", required=True),
        Field("action", f.ALLOW_DENY, "What is done with packets it matches.", required=True),
        Field(
            "local",
            c.ADDRESS_CONDITION,
            "The VM's side.",
            default="any",
            cmdlet=("LocalIPAddress",),
        ),
        Field(
            "remote",
            c.ADDRESS_CONDITION,
            "The peer's side.",
            default="any",
            cmdlet=("RemoteIPAddress",),
        ),
        _PROTOCOL,
        _LOCAL_PORT,
        _REMOTE_PORT,
        Field("stateful", f.BOOLEAN, "Whether replies pass by the session.", default=False),
        Field(
            "idle_timeout",
            f.COUNT,
            "Seconds until a session is forgotten; 255 where stateful.",
            cmdlet=("IdleSessionTimeout",),
        ),
        Field(
            "isolation_id",
            f.COUNT,
            "Narrows the entry to one VSID or VLAN; 0 is all.",
            default=0,
        ),
    ),
)
_DATACENTER_ACL = Record(
    name="datacenter_acl",
    noun="a datacenter ACL",
    text="An access control list entry of Network Controller: the lowest priority is tried first.",
    fields=(
        Field("name", f.LABEL, "Name of the entry.", required=True),
        _VMS,
        Field("direction", f.DIRECTION, "Seen from the VM.", required=True),
        Field("priority", f.INTEGER, "The lowest is tried first.", required=True),
        Field("action", f.ALLOW_DENY, "What is done with packets it matches.", required=True),
        _PROTOCOL,
        Field("source", c.ADDRESS_CONDITION, "Where the packet comes from.", default="any"),
        Field("destination", c.ADDRESS_CONDITION, "Where the packet goes.", default="any"),
        Field("source_port", c.PORT_CONDITION, "Source port.", default="any"),
        Field("destination_port", c.PORT_CONDITION, "Destination port.", default="any"),
        Field("stateful", f.BOOLEAN, "Whether replies pass by the session.", default=False),
    ),
)

# ---------------------------------------------------------------------------------------------
# Views, groups, intents

_RECORD_KEY = Record(
    name="record_key",
    noun="the key of a lookup record",
    text="A lookup record that the host does not have.",
    make=lambda *, ca, vsid, origin: RecordKey(vsid, ca),  # noqa: ARG005 - every maker is told the place
    fields=(
        Field("ca", f.ADDRESS, "Customer address.", required=True, cmdlet=("CustomerAddress",)),
        Field("vsid", f.VSID, "Virtual subnet.", required=True, cmdlet=("VirtualSubnetID",)),
    ),
)
_ROUTE_KEY = Record(
    name="route_key",
    noun="the key of a customer route",
    text="A customer route that the host does not have.",
    fields=(
        Field("virtual_network", _NETWORK_NAME, "The virtual network.", required=True),
        Field(
            "prefix",
            f.HIDDEN_ROUTE_PREFIX,
            "Destination in CIDR notation.",
            required=True,
            cmdlet=("DestinationPrefix",),
        ),
    ),
)
_HOST_VIEW = Record(
    name="host_view",
    noun="a host view",
    text="What one host knows differently from the policy: staleness and omissions.",
    fields=(
        Field("without_lookup_records", ListOf(item=_RECORD_KEY), "Records that this host lacks."),
        Field("without_customer_routes", ListOf(item=_ROUTE_KEY), "Routes that this host lacks."),
        Field(
            "lookup_records",
            ListOf(item=_LOOKUP_RECORD),
            "Records that this host has in place of the policy's.",
        ),
        Field(
            "restarted",
            f.RESTART,
            "What the host lost by a restart: no, policy (records and routes) or all (its "
            "provider addresses too).",
            default="no",
        ),
    ),
)
_GROUP = Record(
    name="group",
    noun="a group",
    text="A named set of VMs, for intents.",
    fields=(
        Field("virtual_network", _NETWORK_NAME, "Only VMs of this virtual network."),
        _VMS,
    ),
)
_PARTY = ListOf(item=f.reference("a VM, a group, a virtual network or an address"))
_TRAFFIC = Record(
    name="traffic",
    noun="a set of packets",
    text="Who sends what to whom.",
    fields=(
        Field("from", _PARTY, "VMs, groups, virtual networks, addresses, or external."),
        Field("to", _PARTY, "VMs, groups, virtual networks, addresses, or external."),
        Field(
            "service",
            ListOf(item=f.reference("a service")),
            "A named service, or one such as tcp/80.",
        ),
        Field("via", _PARTY, "What all packets have to pass."),
        Field("reason", f.LABEL, "The reason code that the packets are dropped for."),
    ),
)
INTENT_VERBS = ("allow", "deny", "only", "isolate", "via", "drop", "same", "trace")
_INTENT = Record(
    name="intent",
    noun="an intent",
    text="What the policy is meant to do; exactly one verb says it.",
    one_of=INTENT_VERBS,
    fields=(
        Field("id", f.LABEL, "Names the intent in results."),
        Field("why", f.TEXT, "The reason for it, shown when it fails."),
        Field("severity", f.SEVERITY, "How bad a failure is.", default="error"),
        Field("given", Anything(), "What if: changes to the policy before it is asked."),
        Field("return", f.RETURN, "Whether replies have to pass as well.", default="require"),
        Field("mode", f.LABEL, "How the answer is established."),
        Field("packet", Anything(), "Fields of the packet, where one packet is asked for."),
        Field("expires", f.LABEL, "The date after which it no longer holds."),
        Field("xfail", f.TEXT, "Why the intent is known to fail."),
        Field("at-most", Anything(), "An upper bound of what is allowed."),
        *(
            Field(
                verb,
                Either(mapping=_TRAFFIC, sequence=_PARTY, scalar=_PARTY)
                if verb == "isolate"
                else _TRAFFIC,
                text,
            )
            for verb, text in zip(
                INTENT_VERBS,
                (
                    "Every packet of the set is delivered.",
                    "No packet of the set is delivered.",
                    "These packets and no others are delivered.",
                    "No packet passes between these, either way.",
                    "All packets of the set pass through a VM.",
                    "All packets of the set are dropped, for a reason.",
                    "All targets are treated alike.",
                    "What becomes of one packet.",
                ),
                strict=True,
            )
        ),
    ),
)

# ---------------------------------------------------------------------------------------------
# The file

POLICY = Record(
    name="policy",
    noun="a policy",
    text="A policy of Hyper-V Network Virtualization, for hnvemu.",
    declares_names=True,
    fields=(
        Field("hnv", f.FORMAT, "Version of the format: 1.", once=True),
        Field("name", f.PLACED_TEXT, "Name of the policy."),
        Field("description", f.PLACED_TEXT, "What the policy shows."),
        Field("profile", f.PLACED_PROFILE, "Product generation.", default="transparent"),
        Field("hosts", Names(noun="host", item=_HOST), "The hosts, by name."),
        Field(
            "virtual_networks",
            Names(noun="virtual network", item=_VIRTUAL_NETWORK),
            "The virtual networks, by name.",
        ),
        Field("gateways", Names(noun="gateway", item=_GATEWAY), "Multi-tenant gateways, by name."),
        Field("firewall", _FIREWALL, "Firewall rules and defaults."),
        Field("port_acls", ListOf(item=_PORT_ACL), "Add-VMNetworkAdapterAcl."),
        Field("extended_acls", ListOf(item=_EXTENDED_ACL), "Add-VMNetworkAdapterExtendedAcl."),
        Field(
            "datacenter_acls",
            ListOf(item=_DATACENTER_ACL),
            "Access control lists of Network Controller.",
        ),
        Field(
            "host_views",
            Names(noun="host view", item=_HOST_VIEW),
            "What one host knows differently, by the host's name.",
        ),
        Field("services", Names(noun="service", item=c.SERVICES), "Named services."),
        Field("groups", Names(noun="group", item=_GROUP), "Named sets of VMs."),
        Field("intents", ListOf(item=_INTENT), "What the policy is meant to do."),
    ),
)
