"""Random policies and packets over a small world, so that they often meet."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from hnvemu import load_policy, read_flow
from hnvemu.addresses import MacAddress, address_of, parse_address
from hnvemu.switch.guest import first_hop
from hnvemu.tables.tables import Tables
from hnvemu.wire.build import build_frame
from hnvemu.wire.neighbour import announcement, answer, question

if TYPE_CHECKING:
    from pathlib import Path

    from hnvemu import Policy
    from hnvemu.model.topology import VmPort

PAS = ["192.168.10.11", "192.168.10.12", "192.168.20.13", "2001:db8:f::1"]
SUBNETS = {  # VSID: an IPv4 and an IPv6 prefix
    5001: ("10.0.1.0/24", "2001:db8:1::/64"),
    5002: ("10.0.2.0/24", "2001:db8:2::/64"),
    5003: ("10.1.2.0/24", "2001:db8:12::/64"),
}
NEAR = {
    5001: ("10.0.1.", "2001:db8:1:"),
    5002: ("10.0.2.", "2001:db8:2:"),
    5003: ("10.1", "2001:db8:12:"),
}
CAS = [
    *(f"10.0.1.{n}" for n in (10, 11, 12, 1)),
    *(f"10.0.2.{n}" for n in (250, 251, 1)),
    *(f"10.1.2.{n}" for n in (20, 21)),
    "2001:db8:1::a",
    "2001:db8:1::b",
    "2001:db8:2::fa",
    "2001:db8:12::14",
]
GROUPS = ["255.255.255.255", "239.1.1.1", "ff02::1"]
ELSEWHERE = ["8.8.8.8", "10.0.1.99", "10.9.9.9", "2001:4860::8888", *GROUPS]
PREFIXES = ["0.0.0.0/0", "::/0", "10.0.0.0/8", "10.0.1.0/25", "10.0.1.11/32", "2001:db8::/32"]
MACS = [f"02-00-00-00-01-{n:02X}" for n in range(10, 18)]
PROFILES = ["transparent", "ws2012", "ws2012r2", "hnvv2"]

ports_of_services = st.sampled_from([53, 67, 68, 80, 443, 49152])
rarely = st.integers(0, 19).map(lambda drawn: drawn in {7, 13})  # ends are drawn too often
actions = st.sampled_from(["allow", "block"])


@st.composite
def hosts(draw: st.DrawFn) -> dict[str, Any]:
    """Up to three hosts; addresses are each on one host, or missing."""
    names = ["H1", "H2", "H3"]
    placed: dict[str, str | None] = dict(zip(PAS, names, strict=False))
    for pa in PAS:
        if pa not in placed or draw(rarely):
            placed[pa] = draw(st.sampled_from([*names, None]))
    result: dict[str, Any] = {}
    for name in names:
        result[name] = {
            "provider_addresses": [
                {
                    "address": f"{pa}/{24 if '.' in pa else 64}",
                    "vlan": 77 if draw(rarely) else 0,
                    "state": "tentative" if draw(rarely) else "preferred",
                }
                for pa, host in placed.items()
                if host == name
            ],
            "provider_routes": [{"prefix": "0.0.0.0/0", "next_hop": "192.168.10.1"}]
            if draw(st.booleans())
            else draw(
                st.lists(
                    st.sampled_from(
                        [
                            {"prefix": "0.0.0.0/0", "next_hop": "192.168.10.1"},
                            {"prefix": "192.168.20.0/24", "next_hop": "on-link"},
                            {"prefix": "::/0", "next_hop": "2001:db8:f::99"},
                        ]
                    ),
                    max_size=3,
                    unique_by=lambda route: route["prefix"],
                )
            ),
            "provider_mtu": 576 if draw(rarely) else 1500,
            "use_external_router": draw(rarely),
        }
    return result


@st.composite
def network(draw: st.DrawFn, number: int) -> dict[str, Any]:
    """A virtual network; its VSIDs are its own."""
    offset = 1000 * number
    vsids = [vsid + offset for vsid in SUBNETS]
    some_vsid = st.sampled_from(vsids)
    routes = [
        {"prefix": prefix, "next_hop": "on-link", "vsid": vsid + offset}
        for vsid, prefixes in SUBNETS.items()
        for prefix in prefixes
        if not draw(rarely)
    ]
    routes += draw(
        st.lists(
            st.fixed_dictionaries(
                {
                    "prefix": st.sampled_from(PREFIXES),
                    "next_hop": st.sampled_from(["10.0.2.250", "2001:db8:2::fa", "172.16.0.1"]),
                    "vsid": some_vsid,
                    "metric": st.sampled_from([1, 255, 300]),
                }
            ),
            max_size=4,
            unique_by=lambda route: tuple(route.values()),
        )
    )
    vms: dict[str, Any] = {}
    macs = draw(st.permutations(MACS))
    for at in range(draw(st.integers(2, 5))):
        subnet = draw(st.sampled_from([*SUBNETS]))
        own = [ca for ca in CAS if ca.startswith(NEAR[subnet])]
        taken = {ca for vm in vms.values() for ca in vm["ca"]}
        free = [ca for ca in (CAS if draw(rarely) else own) if ca not in taken]
        vms[f"V{at}"] = {
            "host": f"H{(at + draw(st.integers(0, 1))) % 3 + 1}",
            "vsid": 0 if draw(rarely) else subnet + offset,
            "mac": macs[at],
            "ca": draw(st.lists(st.sampled_from(free), min_size=1, max_size=2, unique=True))
            if free
            else [],
            "gateway": subnet == 5002,
            "mac_spoofing": draw(rarely),
            "dhcp_guard": draw(rarely),
            "router_guard": draw(rarely),
        }
        if draw(rarely):
            vms[f"V{at}"]["dynamic_ip_limit"] = draw(st.integers(0, 1))
    records = draw(
        st.lists(
            st.fixed_dictionaries(
                {
                    "ca": st.sampled_from(CAS),
                    "vsid": some_vsid,
                    "mac": st.sampled_from(MACS),
                    "pa": st.sampled_from(PAS),
                    "rule": st.sampled_from(["encap", "encap", "encap", "nat", "none"]),
                    "unusable": st.sampled_from([False, False, False, True]),
                    "type": st.sampled_from(["static", "static", "dynamic"]),
                }
            )
            | st.fixed_dictionaries(
                {
                    "ca": st.sampled_from(GROUPS),
                    "vsid": some_vsid,
                    "mac": st.sampled_from(MACS),
                    "pa": st.sampled_from(["239.9.9.9", "239.9.9.10", "ff0e::9"]),
                }
            )
            | st.fixed_dictionaries(
                {
                    "ca": st.sampled_from(["0.0.0.0", "::"]),
                    "vsid": some_vsid,
                    "mac": st.sampled_from(MACS),
                    "pa": st.sampled_from(PAS),
                    "type": st.sampled_from(["static", "gateway_wildcard", "l2_only"]),
                }
            ),
            max_size=draw(st.sampled_from([0, 0, 2, 5])),
            unique_by=lambda record: (record["ca"], record["vsid"], record["mac"]),
        )
    )
    if draw(st.booleans()):  # some VMs may tell their addresses themselves
        records = [r for r in records if r.get("type") != "l2_only"] + [
            {
                "ca": "0.0.0.0",
                "vsid": vm["vsid"] or vsids[0],
                "mac": vm["mac"],
                "pa": draw(st.sampled_from(PAS)) if draw(rarely) else PAS[int(vm["host"][1]) - 1],
                "type": "l2_only",
            }
            for vm in vms.values()
            if draw(st.booleans())
        ]
    return {
        "rdid": f"{{aaaaaaaa-0000-0000-0000-00000000000{number}}}",
        "customer_routes": routes,
        "vms": vms,
        "generate_lookup_records": True,
        "lookup_records": records,
    }


addresses_of_rules = st.sampled_from(
    [
        "any",
        "10.0.0.0/8",
        "10.0.1.10",
        "10.0.1.0-10.0.1.11",
        "2001:db8::/32",
        ["LocalSubnet", "8.8.8.8"],
        "Internet",
        "DefaultGateway4",
        "Intranet",
    ]
)


def rules() -> st.SearchStrategy[list[dict[str, Any]]]:
    """Firewall rules with every kind of condition."""
    one = st.fixed_dictionaries(
        {
            "vms": st.sampled_from([["*"], ["N0/V0"], ["V[12]"], ["N0/*"]]),
            "direction": st.sampled_from(["inbound", "outbound"]),
            "action": actions,
            "protocol": st.sampled_from(["any", "tcp", "udp", "icmpv4", "icmpv6", "47"]),
            "local_address": addresses_of_rules,
            "remote_address": addresses_of_rules,
            "remote_port": st.sampled_from(["any", "80", "1-1024"]),
            "icmp_type": st.sampled_from(["any", "8", "8:0"]),
            "enabled": st.sampled_from([True, True, False]),
            "profile": st.sampled_from(["any", "private", "domain"]),
        }
    )
    return st.lists(one, max_size=4).map(
        lambda found: [{**rule, "name": f"rule-{at}"} for at, rule in enumerate(found)]
    )


deny_or_allow = st.sampled_from(["allow", "deny"])
some_vms = st.sampled_from([["*"], ["N0/V0"], ["V[12]"], ["N0/*"]])
sides_of_ports = st.sampled_from(
    [
        "any",
        "any",
        "10.0.0.0/8",
        "10.0.0.0/16",
        "10.0.1.0/24",
        "10.0.1.10",
        "10.0.1.10-10.0.1.12",
        ["10.0.1.11", "10.1.2.0/25", "2001:db8::/32"],
        "2001:db8:1::a",
        "0.0.0.0/0",
        "02-00-00-FF-FF-01",
        *MACS[:2],
    ]
)


def port_acls(at_least: int = 0) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Port ACLs by addresses and by MACs."""
    one = st.fixed_dictionaries(
        {
            "vms": some_vms,
            "direction": st.sampled_from(["inbound", "outbound", "both"]),
            "action": st.sampled_from(["allow", "deny", "deny", "meter"]),
            "local": sides_of_ports,
            "remote": sides_of_ports,
        }
    )
    return st.lists(one, min_size=at_least, max_size=at_least + 4)


often_any = st.sampled_from(["any", "any", "any", "10.0.1.0/24"]) | addresses_of_rules


def extended_acls(at_least: int = 0) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Extended ACLs with every kind of condition; weights repeat."""
    one = st.fixed_dictionaries(
        {
            "vms": some_vms,
            "direction": st.sampled_from(["inbound", "outbound"]),
            "weight": st.integers(1, 3),
            "action": deny_or_allow,
            "local": often_any,
            "remote": often_any,
            "protocol": st.sampled_from(["any", "any", "tcp", "17", "1"]),
            "local_port": st.sampled_from(["any", "any", "80"]),
            "remote_port": st.sampled_from(["any", "any", "80", "1-1024"]),
            "stateful": st.booleans(),
            "isolation_id": st.sampled_from([0, 0, 5001, 5003]),
        }
    )
    timeouts = st.sampled_from([30, 60, None])
    return st.lists(
        st.tuples(one, timeouts).map(
            lambda drawn: (
                {**drawn[0], "idle_timeout": drawn[1]}
                if drawn[1] and drawn[0]["stateful"]
                else drawn[0]
            )
        ),
        min_size=at_least,
        max_size=at_least + 4,
    )


def datacenter_acls(at_least: int = 0) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Datacenter ACLs with every kind of condition; priorities repeat."""
    one = st.fixed_dictionaries(
        {
            "name": st.sampled_from(["first", "second"]),
            "vms": some_vms,
            "direction": st.sampled_from(["inbound", "outbound"]),
            "priority": st.integers(100, 102),
            "action": deny_or_allow,
            "source": often_any,
            "destination": often_any,
            "protocol": st.sampled_from(["any", "tcp", "udp"]),
            "source_port": st.sampled_from(["any", "any", "80"]),
            "destination_port": st.sampled_from(["any", "443", "1-1024"]),
            "stateful": st.booleans(),
        }
    )
    return st.lists(one, min_size=at_least, max_size=at_least + 4)


@st.composite
def access_lists(draw: st.DrawFn) -> dict[str, Any]:
    """Sections of a policy with lists of some mechanisms other than the firewall."""
    kinds = {
        "port_acls": port_acls(),
        "extended_acls": extended_acls(),
        "datacenter_acls": datacenter_acls(),
    }
    return {key: draw(kind) for key, kind in kinds.items() if draw(rarely) or draw(rarely)}


@st.composite
def views(draw: st.DrawFn) -> dict[str, Any]:
    """What some hosts know differently."""
    one = st.fixed_dictionaries(
        {
            "without_lookup_records": st.lists(
                st.fixed_dictionaries(
                    {"ca": st.sampled_from(CAS), "vsid": st.sampled_from([*SUBNETS])}
                ),
                max_size=2,
            ),
            "without_customer_routes": st.lists(
                st.fixed_dictionaries(
                    {"virtual_network": st.just("N0"), "prefix": st.sampled_from(PREFIXES)}
                ),
                max_size=1,
            ),
            "lookup_records": st.lists(
                st.fixed_dictionaries(
                    {
                        "ca": st.sampled_from(CAS),
                        "vsid": st.sampled_from([*SUBNETS]),
                        "mac": st.sampled_from(MACS),
                        "pa": st.sampled_from(PAS),
                    }
                ),
                max_size=2,
                unique_by=lambda record: (record["ca"], record["vsid"]),
            ),
            "restarted": st.sampled_from(["no"] * 6 + ["policy", "all"]),
        }
    )
    found = draw(st.dictionaries(st.sampled_from(["H1", "H2", "H3"]), one, max_size=2))
    return dict(found)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """A policy as its file would say it."""
    result: dict[str, Any] = {
        "hnv": 1,
        "profile": draw(st.sampled_from(PROFILES)),
        "hosts": draw(hosts()),
        "virtual_networks": {f"N{at}": draw(network(at)) for at in range(draw(st.integers(1, 2)))},
        "host_views": draw(views()) if draw(st.booleans()) else {},
    }
    if draw(st.booleans()):
        mostly = st.sampled_from(["allow", "allow", "allow", "block"])
        result["firewall"] = {
            "defaults": {"inbound": draw(mostly), "outbound": draw(mostly)},
            "rules": draw(rules()),
        }
    if draw(st.booleans()):
        result["gateways"] = {"MT": shared_gateway(draw(st.sampled_from(["H1", "H3"])), result)}
    return result | draw(access_lists())


def shared_gateway(host: str, document: dict[str, Any]) -> dict[str, Any]:
    """Return a gateway that every virtual network of a document has a port of."""
    return {
        "host": host,
        "mac": "02-00-00-00-04-01",
        "routing_domains": [
            {"virtual_network": name, "vsid": 5002 + 1000 * number, "ca": ["10.0.2.249"]}
            for number, name in enumerate(document["virtual_networks"])
        ],
    }


def loaded(document: dict[str, Any], folder: Path) -> Policy:
    """Read a document as a user's file is read."""
    path = folder / "policy.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return load_policy(path)


some_mac = st.sampled_from([*MACS, "02-00-00-FF-FF-01", "FF-FF-FF-FF-FF-FF", "00-00-00-00-00-00"])


@st.composite
def packets(draw: st.DrawFn) -> bytes:
    """A sound frame between addresses of the small world, or near it."""
    source = parse_address(draw(st.sampled_from([*CAS, *ELSEWHERE])))
    family = [a for a in (*CAS, *ELSEWHERE) if (":" in a) == (source.version == 6)]
    protocol = draw(st.sampled_from([6, 17, 1 if source.version == 4 else 58, 47]))
    extra: dict[str, Any] = {}
    if protocol in {6, 17}:
        extra = {"src_port": draw(ports_of_services), "dst_port": draw(ports_of_services)}
    elif protocol in {1, 58}:
        echo = (8, 0) if protocol == 1 else (128, 129)
        extra = {"icmp_type": draw(st.sampled_from([*echo, 3, 5, 134])), "icmp_code": 0}
        if extra["icmp_type"] in echo:
            extra["echo_id"] = draw(st.sampled_from([1, 2]))
    return build_frame(
        src_mac=MacAddress.parse(draw(some_mac)),
        dst_mac=MacAddress.parse(draw(some_mac)),
        src=source,
        dst=parse_address(draw(st.sampled_from(family))),
        protocol=protocol,
        ttl=draw(st.sampled_from([0, 1, 2, 64, 255])),
        tos=draw(st.sampled_from([0, 1, 3, 0xB8])),
        length=draw(st.sampled_from([None, None, 100, 1458, 1459])),
        **extra,
    )


@st.composite
def sent(draw: st.DrawFn, policy: Policy) -> tuple[str, bytes]:
    """A port of ``policy`` and a frame that it sends: mostly honest, to where somebody may be."""
    port = draw(st.sampled_from([*policy.ports.values()]))
    if not port.cas or draw(rarely):
        return port.name, draw(packets())
    if draw(st.integers(0, 3)) == 0:
        return port.name, draw(resolution(policy, port))
    source = draw(st.sampled_from(port.cas))
    others = [str(ca) for other in policy.ports.values() if other != port for ca in other.cas]
    family = [a for a in (*3 * others, *ELSEWHERE) if (":" in a) == (source.version == 6)]
    target = parse_address(draw(st.sampled_from(family)))
    told = first_hop(Tables(policy, policy.profile), port, target).mac
    extra: dict[str, Any] = {}
    protocol = draw(st.sampled_from([6, 17, 1 if source.version == 4 else 58, 47]))
    if protocol in {6, 17}:
        extra = {"src_port": draw(ports_of_services), "dst_port": draw(ports_of_services)}
    elif protocol != 47:
        extra = {"icmp_type": 8 if protocol == 1 else 128, "icmp_code": 0, "echo_id": 1}
    return port.name, build_frame(
        src_mac=port.mac,
        dst_mac=MacAddress.parse(draw(some_mac)) if draw(rarely) else told,
        src=parse_address(draw(st.sampled_from(family))) if draw(rarely) else source,
        dst=target,
        protocol=protocol,
        ttl=draw(st.sampled_from([1, 2, 64])),
        tos=draw(st.sampled_from([0, 1, 3, 0xB8])),
        length=draw(st.sampled_from([None, None, None, 100, 1458, 1459])),
        **extra,
    )


@st.composite
def resolution(draw: st.DrawFn, policy: Policy, port: VmPort) -> bytes:
    """ARP and neighbour discovery of every kind, by a port that has an address."""
    source = draw(st.sampled_from(port.cas))
    known = [*CAS, *(str(ca) for other in policy.ports.values() for ca in other.cas)]
    family = [a for a in (*known, *ELSEWHERE) if (":" in a) == (source.version == 6)]
    target = parse_address(draw(st.sampled_from(family)))
    told = first_hop(Tables(policy, policy.profile), port, target).mac
    mac = MacAddress.parse(draw(some_mac)) if draw(rarely) else port.mac
    kind = draw(st.sampled_from(["question", "check", "probe", "announcement", "answer"]))
    if kind == "announcement":
        return announcement(src_mac=mac, address=draw(st.sampled_from([source, target])))
    src = address_of(source.version, 0) if kind == "probe" else source
    frame = question(src_mac=mac, src=src, target=target, dst_mac=told if kind == "check" else None)
    if kind != "answer":
        return frame
    asked = question(src_mac=told, src=target, target=source, dst_mac=mac)
    return answer(asked, mac)


def reply(policy: Policy, frame: bytes) -> tuple[str, bytes] | None:
    """Return the answer to a TCP or UDP packet, from the port that has its destination."""
    flow = read_flow(frame)
    owners = [
        port
        for port in policy.ports.values()
        if any((ca.version, int(ca)) == (flow.version, flow.dst) for ca in port.cas)
    ]
    if not owners or flow.src_port < 0:
        return None
    return owners[0].name, build_frame(
        src_mac=owners[0].mac,
        dst_mac=MacAddress(flow.src_mac),
        src=address_of(flow.version, flow.dst),
        dst=address_of(flow.version, flow.src),
        protocol=flow.protocol,
        src_port=flow.dst_port,
        dst_port=flow.src_port,
    )


def octets() -> st.SearchStrategy[bytes]:
    """Any frame: noise, noise behind a sound Ethernet header, and sound packets with damage."""

    @st.composite
    def damaged(draw: st.DrawFn) -> bytes:
        frame = bytearray(draw(packets()))
        for _ in range(draw(st.integers(1, 3))):
            frame[draw(st.integers(0, len(frame) - 1))] = draw(st.integers(0, 255))
        return bytes(frame[: draw(st.integers(14, len(frame)))])

    headers = st.sampled_from([b"\x08\x00", b"\x86\xdd", b"\x81\x00", b"\x08\x06", b"\x88\xcc"])
    noise = st.binary(min_size=0, max_size=120)
    ethernet = st.binary(min_size=12, max_size=12)
    return (
        st.binary(min_size=14, max_size=200)
        | st.builds(lambda macs, kind, rest: macs + kind + rest, ethernet, headers, noise)
        | damaged()
    )
