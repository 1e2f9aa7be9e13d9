"""Single mistakes that a sound policy may get, one function a kind.

Rules of the file: a mutation changes one place of a document, as a slip of the hand or a script
that stopped halfway would; it returns whether there was such a place. It does not look at what
the change does.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

Document: TypeAlias = dict[str, Any]
Row: TypeAlias = dict[str, Any]
Mutation: TypeAlias = "Callable[[Document, random.Random], bool]"

DUMMY: Final = "169.254.254.254"
NOBODYS_PA: Final = "192.168.10.99"
NOBODYS_MAC: Final = "02-00-00-0F-0F-0F"
NOBODYS_VSID: Final = 5555
ABSENT: Final = {4: "10.0.1.99", 6: "2001:db8:1::99"}


def mutated(document: Document, kind: str, numbers: random.Random) -> Document | None:
    """Return a copy with one mistake of a kind; None: it has no place for one."""
    mutant = copy.deepcopy(document)
    done = MUTATIONS[kind](mutant, numbers)
    return mutant if done and mutant != document else None


# What is picked from.


def _networks(document: Document) -> list[Row]:
    return [*document["virtual_networks"].values()]


def _records(document: Document) -> list[Row]:
    return [r for network in _networks(document) for r in network.get("lookup_records", ())]


def _vm_records(document: Document) -> list[Row]:
    return [r for r in _records(document) if r["pa"] != DUMMY and "type" not in r]


def _wildcards(document: Document) -> list[Row]:
    return [r for r in _records(document) if r.get("type") == "gateway_wildcard"]


def _routers(document: Document) -> list[Row]:
    return [r for r in _records(document) if r["pa"] == DUMMY]


def _routes(document: Document) -> list[Row]:
    return [route for network in _networks(document) for route in network["customer_routes"]]


def _subnets(document: Document) -> list[Row]:
    return [route for route in _routes(document) if route["next_hop"] == "on-link"]


def _defaults(document: Document) -> list[Row]:
    return [route for route in _routes(document) if route["next_hop"] != "on-link"]


def _vms(document: Document) -> list[Row]:
    return [vm for network in _networks(document) for vm in network["vms"].values()]


def _hosts(document: Document) -> list[Row]:
    """Return the hosts that have VMs: the others are nobody's mistake."""
    used = {vm["host"] for vm in _vms(document)}
    return [host for name, host in document["hosts"].items() if name in used]


def _routed(document: Document) -> list[Row]:
    return [host for host in _hosts(document) if host["provider_routes"]]


def _pas(document: Document) -> list[Row]:
    return [pa for host in _hosts(document) for pa in host["provider_addresses"][:1]]


def _family(row: Row) -> int:
    return 6 if ":" in (row["ca"] if "ca" in row else row["prefix"]) else 4


# How one place is changed.


def _drop(document: Document, rows: list[Row], numbers: random.Random) -> bool:
    """Take one row out of the list that holds it."""
    if not rows:
        return False
    gone = numbers.choice(rows)
    for network in _networks(document):
        for key in ("lookup_records", "customer_routes"):
            kept = [row for row in network.get(key, ()) if row is not gone]
            if key in network:
                network[key] = kept
    return True


def _put(rows: list[Row], numbers: random.Random, key: str, choices: list[Any]) -> bool:
    """Set a key of one row to something else."""
    if not rows:
        return False
    row = numbers.choice(rows)
    others = [choice for choice in choices if choice != row.get(key)]
    if not others:
        return False
    row[key] = numbers.choice(others)
    return True


def _swap(rows: list[Row], numbers: random.Random, key: str) -> bool:
    """Swap what two rows have at a key."""
    if len(rows) < 2:
        return False
    one, other = numbers.sample(rows, 2)
    one[key], other[key] = other[key], one[key]
    return True


def _vsids(document: Document) -> list[int]:
    return [*{route["vsid"] for route in _routes(document)}, NOBODYS_VSID, 3000]


def _macs(document: Document) -> list[str]:
    return [*(vm["mac"] for vm in _vms(document)), NOBODYS_MAC]


def _addresses(document: Document) -> list[str]:
    return [*(pa["address"].partition("/")[0] for pa in _pas(document)), NOBODYS_PA]


# Records.


def drop_record(document: Document, numbers: random.Random) -> bool:
    """A VM has no record."""
    return _drop(document, _vm_records(document), numbers)


def drop_wildcard(document: Document, numbers: random.Random) -> bool:
    """A gateway has no wildcard."""
    return _drop(document, _wildcards(document), numbers)


def drop_router(document: Document, numbers: random.Random) -> bool:
    """A subnet's ``.1`` has no record."""
    return _drop(document, _routers(document), numbers)


def record_vsid(document: Document, numbers: random.Random) -> bool:
    """A record is in another virtual subnet."""
    return _put(_vm_records(document), numbers, "vsid", _vsids(document))


def record_mac(document: Document, numbers: random.Random) -> bool:
    """A record has another VM's MAC, or nobody's."""
    return _put(_vm_records(document), numbers, "mac", _macs(document))


def record_pa(document: Document, numbers: random.Random) -> bool:
    """A record leads to another host, or to none."""
    return _put(_vm_records(document), numbers, "pa", _addresses(document))


def record_ca(document: Document, numbers: random.Random) -> bool:
    """A record has the address of another VM, or nobody's."""
    rows = _vm_records(document)
    if not rows:
        return False
    row = numbers.choice(rows)
    version = _family(row)
    others = [r["ca"] for r in rows if _family(r) == version and r["ca"] != row["ca"]]
    row["ca"] = numbers.choice([*others, ABSENT[version]])
    return True


def record_rule(document: Document, numbers: random.Random) -> bool:
    """A record asks for another translation."""
    return _put(_vm_records(document), numbers, "rule", ["nat", "none"])


def record_type(document: Document, numbers: random.Random) -> bool:
    """A record has the type of another kind of record."""
    return _put(_vm_records(document), numbers, "type", ["gateway_wildcard", "l2_only"])


def record_unusable(document: Document, numbers: random.Random) -> bool:
    """A record is marked unusable."""
    return _put(_vm_records(document), numbers, "unusable", [True])


def wildcard_type(document: Document, numbers: random.Random) -> bool:
    """A wildcard has no type: that was enough in 2012 only."""
    return _put(_wildcards(document), numbers, "type", ["static", "l2_only"])


def wildcard_vsid(document: Document, numbers: random.Random) -> bool:
    """A wildcard is in another virtual subnet."""
    return _put(_wildcards(document), numbers, "vsid", _vsids(document))


def wildcard_mac(document: Document, numbers: random.Random) -> bool:
    """A wildcard has another MAC than its gateway."""
    return _put(_wildcards(document), numbers, "mac", _macs(document))


def wildcard_pa(document: Document, numbers: random.Random) -> bool:
    """A wildcard leads to another host than its gateway's."""
    return _put(_wildcards(document), numbers, "pa", _addresses(document))


def router_vsid(document: Document, numbers: random.Random) -> bool:
    """The record of a ``.1`` is in another virtual subnet."""
    return _put(_routers(document), numbers, "vsid", _vsids(document))


def router_mac(document: Document, numbers: random.Random) -> bool:
    """The record of a ``.1`` has a VM's MAC."""
    return _put(_routers(document), numbers, "mac", _macs(document))


def swap_pas_of_records(document: Document, numbers: random.Random) -> bool:
    """Two records have each other's PA."""
    return _swap(_vm_records(document), numbers, "pa")


def swap_macs_of_records(document: Document, numbers: random.Random) -> bool:
    """Two records have each other's MAC."""
    return _swap(_vm_records(document), numbers, "mac")


def swap_cas_of_records(document: Document, numbers: random.Random) -> bool:
    """Two records have each other's CA."""
    return _swap(_vm_records(document), numbers, "ca")


def second_record(document: Document, numbers: random.Random) -> bool:
    """An address has a second record, with a lower MAC and another PA."""
    for network in numbers.sample(_networks(document), len(_networks(document))):
        rows = [r for r in network.get("lookup_records", ()) if r["pa"] != DUMMY]
        if rows:
            row = numbers.choice(rows)
            other = {"mac": "02-00-00-00-00-01", "pa": numbers.choice(_addresses(document))}
            network["lookup_records"].append(row | other)
            return True
    return False


def duplicate_record(document: Document, numbers: random.Random) -> bool:
    """A record stands twice, the first time with another PA."""
    for network in numbers.sample(_networks(document), len(_networks(document))):
        rows = network.get("lookup_records")
        if rows:
            row = numbers.choice(rows)
            other = {"pa": numbers.choice(_addresses(document))}
            rows.insert(0, row | other)
            return bool(row["pa"] != other["pa"])
    return False


# Routes.


def drop_subnet(document: Document, numbers: random.Random) -> bool:
    """A subnet has no on-link route."""
    return _drop(document, _subnets(document), numbers)


def drop_default(document: Document, numbers: random.Random) -> bool:
    """The default route is missing, while the gateway is there."""
    return _drop(document, _defaults(document), numbers)


def subnet_vsid(document: Document, numbers: random.Random) -> bool:
    """An on-link route names another virtual subnet."""
    return _put(_subnets(document), numbers, "vsid", _vsids(document))


def default_vsid(document: Document, numbers: random.Random) -> bool:
    """A default route does not name the gateway's virtual subnet."""
    return _put(_defaults(document), numbers, "vsid", _vsids(document))


def subnet_prefix(document: Document, numbers: random.Random) -> bool:
    """An on-link prefix is too long, too short, or another one."""
    rows = _subnets(document)
    if not rows:
        return False
    row = numbers.choice(rows)
    network = row["prefix"].partition("/")[0]
    if _family(row) == 4:
        wrong = [f"{network}/28", f"{network}/16", "10.77.0.0/24", "10.0.0.0/24"]
    else:
        wrong = [f"{network}/124", "2001:db8::/32", "2001:db8:77::/64"]
    row["prefix"] = numbers.choice(wrong)
    return True


def default_prefix(document: Document, numbers: random.Random) -> bool:
    """A default route has a prefix that does not hold everything."""
    rows = _defaults(document)
    if not rows:
        return False
    row = numbers.choice(rows)
    row["prefix"] = "0.0.0.0/8" if _family(row) == 4 else "::/16"
    return True


def default_next_hop(document: Document, numbers: random.Random) -> bool:
    """A default route leads to a VM, to a ``.1``, or to an address that nobody has."""
    rows = _defaults(document)
    if not rows:
        return False
    row = numbers.choice(rows)
    version = _family(row)
    vms = [ca for vm in _vms(document) for ca in vm["ca"] if (":" in ca) == (version == 6)]
    wrong = {
        4: ["10.0.2.1", "10.0.2.251", "172.16.0.1", *vms],
        6: ["2001:db8:2::1", "2001:db8:2::fb", "2001:db8:ffff::1", *vms],
    }
    others = [hop for hop in wrong[version] if hop != row["next_hop"]]
    row["next_hop"] = numbers.choice(others)
    return True


def second_default(document: Document, numbers: random.Random) -> bool:
    """A better default route leads to an address that nobody has."""
    for network in numbers.sample(_networks(document), len(_networks(document))):
        rows = [r for r in network["customer_routes"] if r["next_hop"] != "on-link"]
        if rows:
            row = numbers.choice(rows)
            hop = "10.0.2.251" if _family(row) == 4 else "2001:db8:2::fb"
            network["customer_routes"].append(row | {"next_hop": hop, "metric": 1})
            return True
    return False


def swap_vsids_of_subnets(document: Document, numbers: random.Random) -> bool:
    """Two on-link routes have each other's VSID."""
    return _swap(_subnets(document), numbers, "vsid")


def steal_addresses(document: Document, numbers: random.Random) -> bool:
    """A route for one VM's address leads to another VM."""
    network = numbers.choice(_networks(document))
    one, other = numbers.sample([*network["vms"].values()], 2)
    bits = 128 if ":" in one["ca"][-1] else 32
    network["customer_routes"].append(
        {"prefix": f"{one['ca'][-1]}/{bits}", "next_hop": other["ca"][-1], "vsid": other["vsid"]}
    )
    return True


# Hosts.


def drop_provider_route(document: Document, numbers: random.Random) -> bool:
    """A host has no route in the provider network."""
    return _put(_routed(document), numbers, "provider_routes", [[]])


def provider_route_prefix(document: Document, numbers: random.Random) -> bool:
    """The provider route of a host does not hold the other rack."""
    routes = [host["provider_routes"][0] for host in _routed(document)]
    return _put(routes, numbers, "prefix", ["192.168.30.0/24"])


def renumber_host(document: Document, numbers: random.Random) -> bool:
    """A host has another PA than records say."""
    pas = _pas(document)
    if not pas:
        return False
    pa = numbers.choice(pas)
    network, _, host = pa["address"].rpartition(".")
    pa["address"] = f"{network}.1{host}"
    return True


def swap_pas_of_hosts(document: Document, numbers: random.Random) -> bool:
    """Two hosts have each other's PA."""
    return _swap(_pas(document), numbers, "address")


def pa_twice(document: Document, numbers: random.Random) -> bool:
    """Two hosts have one PA."""
    pas = _pas(document)
    if len(pas) < 2:
        return False
    one, other = numbers.sample(pas, 2)
    one["address"] = other["address"]
    return True


def pa_prefix(document: Document, numbers: random.Random) -> bool:
    """The prefix of a PA is too long, or too short."""
    pas = _pas(document)
    if not pas:
        return False
    pa = numbers.choice(pas)
    pa["address"] = f"{pa['address'].partition('/')[0]}/{numbers.choice([16, 29, 30, 32])}"
    return True


def pa_vlan(document: Document, numbers: random.Random) -> bool:
    """A PA is in another VLAN than its neighbours."""
    return _put(_pas(document), numbers, "vlan", [77])


def pa_state(document: Document, numbers: random.Random) -> bool:
    """A PA is not preferred."""
    states = ["tentative", "duplicate", "deprecated", "invalid"]
    return _put(_pas(document), numbers, "state", states)


def no_pa(document: Document, numbers: random.Random) -> bool:
    """A host has no PA."""
    numbers.choice(_hosts(document))["provider_addresses"] = []
    return True


def host_mtu(document: Document, numbers: random.Random) -> bool:
    """The provider network of a host carries less than that of the others."""
    return _put(_hosts(document), numbers, "provider_mtu", [1400, 1500])


def external_router(document: Document, numbers: random.Random) -> bool:
    """A host leaves packets between subnets to a router outside."""
    return _put(_hosts(document), numbers, "use_external_router", [True])


# Ports.


def port_vsid(document: Document, numbers: random.Random) -> bool:
    """A port is in another virtual subnet."""
    return _put(_vms(document), numbers, "vsid", _vsids(document))


def port_off(document: Document, numbers: random.Random) -> bool:
    """A port is in no virtual subnet."""
    return _put(_vms(document), numbers, "vsid", [0])


def port_mac(document: Document, numbers: random.Random) -> bool:
    """An adapter has another VM's MAC, or a new one."""
    return _put(_vms(document), numbers, "mac", _macs(document))


def port_ca(document: Document, numbers: random.Random) -> bool:
    """A guest has another VM's address, or one from a foreign subnet."""
    vms = _vms(document)
    vm = numbers.choice(vms)
    others = [v["ca"][0] for v in vms if v is not vm]
    vm["ca"][0] = numbers.choice([*others, "10.0.1.1", "10.0.1.99", "10.77.0.9"])
    return True


def port_host(document: Document, numbers: random.Random) -> bool:
    """A VM has moved, and its records have not."""
    return _put(_vms(document), numbers, "host", [*document["hosts"]])


def port_vlan(document: Document, numbers: random.Random) -> bool:
    """A port has a VLAN beside its VSID."""
    return _put(_vms(document), numbers, "vlan", [77])


def port_mtu(document: Document, numbers: random.Random) -> bool:
    """A guest sends longer packets than the encapsulation leaves room for."""
    return _put(_vms(document), numbers, "mtu", [1500, 9000])


def other_guest(document: Document, numbers: random.Random) -> bool:
    """A guest does not lower its MTU by itself."""
    return _put(_vms(document), numbers, "guest", ["linux"])


def no_gateway(document: Document, numbers: random.Random) -> bool:
    """A gateway is not called one; only generated records show it."""
    gateways = [vm for vm in _vms(document) if "gateway" in vm]
    return _put(gateways, numbers, "gateway", [False])


def swap_macs_of_vms(document: Document, numbers: random.Random) -> bool:
    """Two VMs have each other's MAC."""
    return _swap(_vms(document), numbers, "mac")


def swap_cas_of_vms(document: Document, numbers: random.Random) -> bool:
    """Two VMs have each other's addresses."""
    return _swap(_vms(document), numbers, "ca")


def swap_hosts_of_vms(document: Document, numbers: random.Random) -> bool:
    """Two VMs are on each other's hosts."""
    return _swap(_vms(document), numbers, "host")


def cloned_vm(document: Document, numbers: random.Random) -> bool:
    """A copy of a VM, with its MAC and addresses, runs on another host."""
    network = numbers.choice(_networks(document))
    vm = numbers.choice([*network["vms"].values()])
    host = numbers.choice([name for name in document["hosts"] if name != vm["host"]])
    network["vms"] = {"copy": {**vm, "host": host}, **network["vms"]}
    return True


# What one host knows.


def _view(document: Document, numbers: random.Random) -> Row:
    used = sorted({vm["host"] for vm in _vms(document)})
    views = document.setdefault("host_views", {})
    view: Row = views.setdefault(numbers.choice(used), {})
    return view


def host_lacks_record(document: Document, numbers: random.Random) -> bool:
    """A host never got a record."""
    vm = numbers.choice(_vms(document))
    key = {"ca": numbers.choice(vm["ca"]), "vsid": vm["vsid"]}
    _view(document, numbers)["without_lookup_records"] = [key]
    return True


def host_lacks_route(document: Document, numbers: random.Random) -> bool:
    """A host never got a route."""
    name = numbers.choice([*document["virtual_networks"]])
    routes = document["virtual_networks"][name]["customer_routes"]
    if not routes:
        return False
    route = numbers.choice(routes)
    key = {"virtual_network": name, "prefix": route["prefix"]}
    _view(document, numbers)["without_customer_routes"] = [key]
    return True


def host_has_old_pa(document: Document, numbers: random.Random) -> bool:
    """A host has the record of a VM from before it moved."""
    vm = numbers.choice(_vms(document))
    old = {key: vm[key] for key in ("vsid", "mac")}
    record = {"ca": numbers.choice(vm["ca"]), "pa": numbers.choice(_addresses(document)), **old}
    _view(document, numbers)["lookup_records"] = [record]
    return True


def host_has_old_mac(document: Document, numbers: random.Random) -> bool:
    """A host has the record of a VM from before its adapter was replaced."""
    vm = numbers.choice(_vms(document))
    pas = document["hosts"][vm["host"]]["provider_addresses"]
    if not pas:
        return False
    pa = pas[0]["address"].partition("/")[0]
    record = {"ca": vm["ca"][0], "vsid": vm["vsid"], "mac": NOBODYS_MAC, "pa": pa}
    _view(document, numbers)["lookup_records"] = [record]
    return True


def host_restarted(document: Document, numbers: random.Random) -> bool:
    """A host has restarted, and nobody has given its policy back."""
    _view(document, numbers)["restarted"] = numbers.choice(["policy", "all"])
    return True


# Networks.


def foreign_vsids(document: Document, numbers: random.Random) -> bool:
    """An on-link route of one network has a VSID of another network."""
    if len(document["virtual_networks"]) < 2:
        return False
    one, other = numbers.sample(_networks(document), 2)
    vsids = [route["vsid"] for route in other["customer_routes"]]
    return _put(one["customer_routes"], numbers, "vsid", vsids)


def one_rdid_for_two(document: Document, numbers: random.Random) -> bool:
    """Two networks have the RDID of one."""
    del numbers
    networks = _networks(document)
    if len(networks) < 2:
        return False
    networks[1]["rdid"] = networks[0]["rdid"]
    return True


_ALL: Final = (
    drop_record,
    drop_wildcard,
    drop_router,
    record_vsid,
    record_mac,
    record_pa,
    record_ca,
    record_rule,
    record_type,
    record_unusable,
    wildcard_type,
    wildcard_vsid,
    wildcard_mac,
    wildcard_pa,
    router_vsid,
    router_mac,
    swap_pas_of_records,
    swap_macs_of_records,
    swap_cas_of_records,
    second_record,
    duplicate_record,
    drop_subnet,
    drop_default,
    subnet_vsid,
    default_vsid,
    subnet_prefix,
    default_prefix,
    default_next_hop,
    second_default,
    swap_vsids_of_subnets,
    steal_addresses,
    drop_provider_route,
    provider_route_prefix,
    renumber_host,
    swap_pas_of_hosts,
    pa_twice,
    pa_prefix,
    pa_vlan,
    pa_state,
    no_pa,
    host_mtu,
    external_router,
    port_vsid,
    port_off,
    port_mac,
    port_ca,
    port_host,
    port_vlan,
    port_mtu,
    other_guest,
    no_gateway,
    swap_macs_of_vms,
    swap_cas_of_vms,
    swap_hosts_of_vms,
    cloned_vm,
    host_lacks_record,
    host_lacks_route,
    host_has_old_pa,
    host_has_old_mac,
    host_restarted,
    foreign_vsids,
    one_rdid_for_two,
)
MUTATIONS: Final[dict[str, Mutation]] = {each.__name__.replace("_", "-"): each for each in _ALL}
