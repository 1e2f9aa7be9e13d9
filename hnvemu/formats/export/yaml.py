"""A policy as YAML, written as a person would: short forms, and nothing that goes without saying.

Rules of the file: reading the text gives the policy back, but for its places. Two things are no
keys of the format and refused: a host that is down, and what a host knew at an earlier time.
Records stand in the virtual network that has their VSID; their order inside of it stays.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from hnvemu.addresses import first_host, synthetic_mac
from hnvemu.errors import QuestionError
from hnvemu.formats.export.words import (
    address_words,
    icmp_words,
    port_words,
    protocol_word,
    range_words,
)
from hnvemu.model.policy import Profile
from hnvemu.model.provider import AddressState
from hnvemu.model.records import RecordType, Translation
from hnvemu.model.topology import Guest, NetworkProfile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hnvemu.model.acl import (
        DatacenterAcl,
        ExtendedAcl,
        FirewallDefault,
        FirewallRule,
        PortAcl,
    )
    from hnvemu.model.policy import Group, HostView, Policy, Service
    from hnvemu.model.provider import Host, ProviderAddress, ProviderRoute
    from hnvemu.model.records import CustomerRoute, LookupRecord
    from hnvemu.model.topology import Selector, VirtualNetwork, VmPort

_WIDTH = 100
_IDLE_TIMEOUT = 255
"""Seconds, where a stateful entry says none (ACL-43)."""
_GLOB = frozenset("*?[")
_PLAIN = re.compile(r"\w[\w./+-]*(?: \w[\w./+-]*)*")
_PLAIN_ON_ITS_LINE = re.compile(r"\w[\w./+,-]*(?: [\w(][\w./+,'()-]*)*")
# Texts that other readers of YAML take for something else.
_NO_TEXT = re.compile(
    r"null|true|false|yes|no|on|off|[-+]?[\d_.]+(?:e[-+]?\d+)?|0[xob][\da-f_]+"
    r"|\d{4}-\d\d?-\d\d?.*|[-+]?\.(?:inf|nan)",
    re.IGNORECASE,
)
_ESCAPES: Final = {"\n": "\\n", "\t": "\\t", '"': '\\"', "\\": "\\\\"}
_SWITCHES: Final = {
    "mac_spoofing": False,
    "dhcp_guard": False,
    "router_guard": False,
    "vlan": 0,
    "mtu": None,
    "network_profile": NetworkProfile.PRIVATE,
    "isolation_mode": None,
    "dynamic_ip_limit": None,
}
"""Keys of a port that are named as in the model, and the defaults, which go unsaid."""
_SERVICES: Final = {6: "tcp", 17: "udp", 1: "icmp", 58: "icmpv6"}


class _Word(str):
    """A text that is written as it is: a word of the format and no name."""

    __slots__ = ()


def yaml_text(policy: Policy) -> str:
    """Return the YAML of a policy.

    Raises:
        QuestionError: The policy holds what is no key of the format.
    """
    for host in policy.hosts.values():
        if host.down:
            raise QuestionError(f"host '{host.name}' is down, which no policy file can say")
    for view in policy.views.values():
        if view.snapshot is not None:
            raise QuestionError(
                f"host '{view.host}' has records of an earlier time, which no policy file can say"
            )
    return "\n".join(_Document(policy).lines()) + "\n"


class _Document:
    """One policy on its way to text."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._spoken = Counter(map(_vm_of, policy.ports.values()))
        """How many ports a VM's name alone may stand for."""
        self._network_of = _networks_by_vsid(policy)
        self._generated = {_key(record) for record in policy.records if record.generated}

    def lines(self) -> Iterator[str]:
        """Yield the lines of the text."""
        yield "hnv: 1"
        for key, text in (("name", self._policy.name), ("description", self._policy.description)):
            if text:
                yield f"{key}: {_scalar(text, _PLAIN_ON_ITS_LINE)}"
        if self._policy.profile is not Profile.TRANSPARENT:
            yield f"profile: {self._policy.profile}"
        for key, said in (
            ("hosts", {name: _host(host) for name, host in self._policy.hosts.items()}),
            ("virtual_networks", self._networks()),
            ("gateways", self._gateways()),
            ("firewall", self._firewall()),
            ("port_acls", [self._port_acl(acl) for acl in self._policy.port_acls]),
            ("extended_acls", [self._extended_acl(acl) for acl in self._policy.extended_acls]),
            (
                "datacenter_acls",
                [self._datacenter_acl(acl) for acl in self._policy.datacenter_acls],
            ),
            ("host_views", {name: _view(view) for name, view in self._policy.views.items()}),
            ("services", {name: _services(of) for name, of in self._policy.services.items()}),
            ("groups", {name: self._group(group) for name, group in self._policy.groups.items()}),
        ):
            if said:
                yield ""
                yield from _block(key, said, 0)

    # -----------------------------------------------------------------------------------------
    # Virtual networks

    def _networks(self) -> dict[str, Any]:
        listed: dict[str, list[LookupRecord]] = {name: [] for name in self._policy.networks}
        home = next(iter(listed), "")
        for record in self._policy.records:
            if record.generated:
                continue
            home = self._network_of.get(record.vsid, home)
            if not home:
                raise QuestionError(f"the {record} belongs to no virtual network")
            listed[home].append(record)
        return {
            name: self._network(network, listed[name])
            for name, network in self._policy.networks.items()
        }

    def _network(self, network: VirtualNetwork, listed: Sequence[LookupRecord]) -> dict[str, Any]:
        routes = [route for route in self._policy.routes if route.network == network.name]
        ports = [port for port in self._policy.ports.values() if port.network == network.name]
        made = _generated(network, ports, routes, self._policy.hosts)
        generates = not made.isdisjoint(self._generated)
        rdid = network.rdid.strip("{}") if network.bare_rdid else network.rdid
        said: dict[str, Any] = {"rdid": rdid}
        if network.customer_id:
            said["customer_id"] = network.customer_id
        if routes:
            said["customer_routes"] = [_route(route) for route in routes]
        vms = self._vms_of([port for port in ports if not port.trunk])
        if vms:
            said["vms"] = vms
        if generates is not (not listed) and (generates or made):
            said["generate_lookup_records"] = generates
        if listed:
            said["lookup_records"] = [_record(record) for record in listed]
        return said

    def _vms_of(self, ports: Iterable[VmPort]) -> dict[str, Any]:
        vms: dict[str, Any] = {}
        for port in ports:
            vm, _, adapter = port.name.rpartition("/")[2].partition(":")
            said = _adapter(port)
            if not adapter:
                vms[vm] = said | _guest(port)
                continue
            whole = vms.setdefault(vm, {**_guest(port), "adapters": {}})
            whole["adapters"][adapter] = said
        return vms

    def _gateways(self) -> dict[str, Any]:
        seats: dict[str, list[VmPort]] = {}
        for port in self._policy.ports.values():
            if port.trunk:
                seats.setdefault(port.trunk, []).append(port)
        gateways: dict[str, Any] = {}
        for trunk, ports in seats.items():
            vm, _, adapter = trunk.partition(":")
            first = ports[0]
            said: dict[str, Any] = {"host": first.host, "mac": _Word(first.mac)}
            if not first.gateway:
                said["gateway"] = False
            said |= _switches(first)
            said["routing_domains"] = [
                {"virtual_network": port.network, "vsid": port.vsid, **_cas(port)} for port in ports
            ]
            if not adapter:
                gateways[vm] = said | _guest(first)
                continue
            whole = gateways.setdefault(vm, {**_guest(first), "adapters": {}})
            whole["adapters"][adapter] = said
        return gateways

    # -----------------------------------------------------------------------------------------
    # Rules

    def _selected(self, selector: Selector, network: str | None = None) -> dict[str, Any]:
        if selector.patterns is None:
            return {}
        names = [self._short(pattern, network) for pattern in selector.patterns]
        return {"vms": _one_or_list(names)}

    def _short(self, pattern: str, network: str | None) -> str:
        """Return what a person writes for a port: its VM's name alone, where that is clear."""
        if pattern not in self._policy.ports or not _GLOB.isdisjoint(pattern):
            return pattern
        of, _, name = pattern.partition("/")
        if ":" in name or self._policy.ports[pattern].trunk:
            return pattern
        return name if self._spoken[name] == 1 or of == network else pattern

    def _firewall(self) -> dict[str, Any]:
        firewall = self._policy.firewall
        said: dict[str, Any] = {}
        defaults = [self._default(default) for default in firewall.defaults]
        if defaults:
            said["defaults"] = defaults[0] if len(defaults) == 1 else defaults
        if firewall.keywords:
            said["keywords"] = {
                word: _one_or_list([_Word(part) for part in ranges])
                for word, ranges in firewall.keywords
            }
        if firewall.rules:
            said["rules"] = [self._rule(rule) for rule in firewall.rules]
        return said

    def _default(self, default: FirewallDefault) -> dict[str, Any]:
        said = self._selected(default.vms)
        for key, action in (("inbound", default.inbound), ("outbound", default.outbound)):
            if action is not None:
                said[key] = _Word(action)
        return said

    def _rule(self, rule: FirewallRule) -> dict[str, Any]:
        said: dict[str, Any] = {"name": rule.name, **self._selected(rule.vms)}
        said |= {"direction": _Word(rule.direction), "action": _Word(rule.action)}
        if rule.protocol is not None:
            said["protocol"] = _Word(protocol_word(rule.protocol))
        for key, addresses in (
            ("local_address", rule.local_address),
            ("remote_address", rule.remote_address),
        ):
            if addresses is not None:
                said[key] = _words(address_words(addresses))
        for key, ports in (("local_port", rule.local_port), ("remote_port", rule.remote_port)):
            if ports is not None:
                said[key] = _words(port_words(ports))
        if rule.icmp_type is not None:
            said["icmp_type"] = _words(icmp_words(rule.icmp_type))
        if rule.profiles is not None:
            said["profile"] = _words(rule.profiles)
        if not rule.enabled:
            said["enabled"] = False
        if rule.override_block:
            said["override_block"] = True
        for key, text in (
            ("program", rule.program),
            ("service", rule.service),
            ("user", rule.user),
        ):
            if text:
                said[key] = text
        return said

    def _port_acl(self, acl: PortAcl) -> dict[str, Any]:
        said = self._selected(acl.vms)
        said |= {"direction": _Word(acl.direction), "action": _Word(acl.action)}
        for key, side in (("local", acl.local), ("remote", acl.remote)):
            if side is not None:
                said[key] = _words(address_words(side))
        return said

    def _extended_acl(self, acl: ExtendedAcl) -> dict[str, Any]:
        said = self._selected(acl.vms)
        said |= {"direction": _Word(acl.direction), "weight": acl.weight}
        said["action"] = _Word(acl.action)
        for key, side in (("local", acl.local), ("remote", acl.remote)):
            if side is not None:
                said[key] = _words(address_words(side))
        if acl.protocol is not None:
            said["protocol"] = _Word(protocol_word(acl.protocol))
        for key, ports in (("local_port", acl.local_port), ("remote_port", acl.remote_port)):
            if ports is not None:
                said[key] = _words(port_words(ports))
        if acl.stateful:
            said["stateful"] = True
        if acl.idle_timeout not in (None, _IDLE_TIMEOUT if acl.stateful else None):
            said["idle_timeout"] = acl.idle_timeout
        if acl.isolation_id:
            said["isolation_id"] = acl.isolation_id
        return said

    def _datacenter_acl(self, acl: DatacenterAcl) -> dict[str, Any]:
        said: dict[str, Any] = {"name": acl.name, **self._selected(acl.vms)}
        said |= {"direction": _Word(acl.direction), "priority": acl.priority}
        said["action"] = _Word(acl.action)
        if acl.protocol is not None:
            said["protocol"] = _Word(protocol_word(acl.protocol))
        for key, side in (("source", acl.source), ("destination", acl.destination)):
            if side is not None:
                said[key] = _words(address_words(side))
        for key, ports in (
            ("source_port", acl.source_port),
            ("destination_port", acl.destination_port),
        ):
            if ports is not None:
                said[key] = _words(port_words(ports))
        if acl.stateful:
            said["stateful"] = True
        return said

    def _group(self, group: Group) -> dict[str, Any]:
        said: dict[str, Any] = {"virtual_network": group.network} if group.network else {}
        return said | self._selected(group.vms, group.network)


# ---------------------------------------------------------------------------------------------
# Which records belong where


def _vm_of(port: VmPort) -> str:
    """Return the name of a port's VM, without its virtual network."""
    return (port.trunk or port.name.rpartition("/")[2]).partition(":")[0]


def _networks_by_vsid(policy: Policy) -> dict[int, str]:
    """Return the virtual network of each VSID: that of its routes, else that of its ports."""
    found: dict[int, str] = {}
    for route in policy.routes:
        found.setdefault(route.vsid, route.network)
    for port in policy.ports.values():
        found.setdefault(port.vsid, port.network)
    return found


def _key(record: LookupRecord) -> tuple[object, ...]:
    return record.vsid, record.ca, record.type, record.vm, record.customer_id


def _generated(
    network: VirtualNetwork,
    ports: Iterable[VmPort],
    routes: Iterable[CustomerRoute],
    hosts: Mapping[str, Host],
) -> set[tuple[object, ...]]:
    """Return the keys of the records that reading would generate."""
    found: set[tuple[object, ...]] = set()
    for port in ports:
        if not port.vsid or not hosts[port.host].addresses:
            continue
        vm = port.name.rpartition("/")[2].partition(":")[0]
        for ca in port.cas:
            found.add((port.vsid, ca, RecordType.STATIC, vm, network.customer_id))
            if port.gateway:
                nobody = type(ca)(0)
                wildcard = RecordType.GATEWAY_WILDCARD
                found.add((port.vsid, nobody, wildcard, vm, network.customer_id))
    for route in routes:
        router = first_host(route.prefix) if route.next_hop is None else None
        if router is not None:
            found.add((route.vsid, router, RecordType.STATIC, "", network.customer_id))
    return found


# ---------------------------------------------------------------------------------------------
# Sections as plain mappings and lists


def _host(host: Host) -> dict[str, Any]:
    said: dict[str, Any] = {}
    if host.addresses:
        said["provider_addresses"] = [_provider_address(held) for held in host.addresses]
    if host.routes:
        said["provider_routes"] = [_provider_route(route) for route in host.routes]
    if host.mtu != 1500:
        said["provider_mtu"] = host.mtu
    if host.use_external_router:
        said["use_external_router"] = True
    return said


def _provider_address(held: ProviderAddress) -> _Word | dict[str, Any]:
    address = _Word(f"{held.address}/{held.prefix.prefixlen}")
    said: dict[str, Any] = {"address": address}
    if held.mac != synthetic_mac(held.address):
        said["mac"] = _Word(held.mac)
    if held.vlan:
        said["vlan"] = held.vlan
    if held.state is not AddressState.PREFERRED:
        said["state"] = _Word(held.state)
    return address if len(said) == 1 else said


def _provider_route(route: ProviderRoute) -> dict[str, Any]:
    said: dict[str, Any] = {"prefix": _Word(route.prefix), "next_hop": _hop(route.next_hop)}
    if route.metric != 256:
        said["metric"] = route.metric
    return said


def _route(route: CustomerRoute) -> dict[str, Any]:
    said: dict[str, Any] = {
        "prefix": _Word(route.written or route.prefix),
        "next_hop": _hop(route.next_hop),
        "vsid": route.vsid,
    }
    if route.metric != 255:
        said["metric"] = route.metric
    return said


def _hop(next_hop: object) -> _Word:
    return _Word("on-link" if next_hop is None else next_hop)


def _record(record: LookupRecord) -> dict[str, Any]:
    said: dict[str, Any] = {
        "ca": _Word(record.ca),
        "vsid": record.vsid,
        "mac": _Word(record.mac),
        "pa": _Word(record.pa),
    }
    if record.vm:
        said["vm"] = record.vm
    if record.type is not RecordType.STATIC:
        said["type"] = _Word(record.type)
    if record.rule is not Translation.ENCAP:
        said["rule"] = _Word(record.rule)
    said |= {
        key: value
        for key, value in (
            ("customer_id", record.customer_id),
            ("context", record.context),
            ("use_vm_mac", record.use_vm_mac),
            ("unusable", record.unusable),
            ("unsynchronized", record.unsynchronized),
        )
        if value
    }
    return said


def _adapter(port: VmPort) -> dict[str, Any]:
    said: dict[str, Any] = {"host": port.host, "vsid": port.vsid, "mac": _Word(port.mac)}
    said |= _cas(port)
    if port.gateway:
        said["gateway"] = True
    return said | _switches(port)


def _cas(port: VmPort) -> dict[str, Any]:
    return {"ca": _words(port.cas)} if port.cas else {}


def _guest(port: VmPort) -> dict[str, Any]:
    return {} if port.guest is Guest.WINDOWS else {"guest": _Word(port.guest)}


def _switches(port: VmPort) -> dict[str, Any]:
    said: dict[str, Any] = {}
    if port.default_gateway is not None:
        said["default_gateway"] = _Word(port.default_gateway)
    for key, default in _SWITCHES.items():
        value = getattr(port, key)
        if value != default:
            said[key] = _Word(value) if isinstance(value, str) else value
    return said


def _view(view: HostView) -> dict[str, Any]:
    said: dict[str, Any] = {}
    if view.without_lookup_records:
        said["without_lookup_records"] = [
            {"ca": _Word(key.ca), "vsid": key.vsid} for key in view.without_lookup_records
        ]
    if view.without_customer_routes:
        said["without_customer_routes"] = [
            {"virtual_network": key.network, "prefix": _Word(key.prefix)}
            for key in view.without_customer_routes
        ]
    if view.lookup_records:
        said["lookup_records"] = [_record(record) for record in view.lookup_records]
    if view.restarted != "no":
        said["restarted"] = _Word(view.restarted)
    return said


def _services(services: Iterable[Service]) -> Any:
    words = []
    for service in services:
        word = _SERVICES.get(service.protocol, str(service.protocol))
        if service.ports is not None:
            word += f"/{range_words([service.ports])[0]}"
        words.append(word)
    return _words(words)


def _words(words: Iterable[object]) -> Any:
    return _one_or_list([_Word(word) for word in words])


def _one_or_list(items: list[Any]) -> Any:
    return items[0] if len(items) == 1 else items


# ---------------------------------------------------------------------------------------------
# Mappings and lists as lines


def _block(key: str, said: Any, depth: int) -> Iterator[str]:
    """Yield the lines of a key: one line where that is readable, else one an entry."""
    head = f"{' ' * depth}{_scalar(key)}:"
    flow = f"{head} {_flow(said)}"
    if not isinstance(said, dict | list) or not said or (depth and _is_row(said, flow)):
        yield flow
    elif isinstance(said, dict):
        yield head
        for name, value in said.items():
            yield from _block(name, value, depth + 2)
    else:
        yield head
        for item in said:
            yield from _item(item, depth + 2)


def _item(item: Any, depth: int) -> Iterator[str]:
    lead = f"{' ' * depth}- "
    flow = lead + _flow(item)
    if not isinstance(item, dict) or len(flow) <= _WIDTH:
        yield flow
        return
    first, *rest = (line for key, value in item.items() for line in _block(key, value, depth + 2))
    yield lead + first.lstrip(" ")
    yield from rest


def _is_row(said: Any, flow: str) -> bool:
    """Whether a value stands in one line: it is flat and short enough."""
    if len(flow) > _WIDTH:
        return False
    if isinstance(said, dict):
        return not any(isinstance(value, dict) or _is_rows(value) for value in said.values())
    return not _is_rows(said) or len(said) == 1


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(item, dict) for item in value)


def _flow(said: Any) -> str:
    match said:
        case dict():
            pairs = ", ".join(f"{_scalar(key)}: {_flow(value)}" for key, value in said.items())
            return f"{{{pairs}}}"
        case list():
            return f"[{', '.join(map(_flow, said))}]"
        case bool():
            return "true" if said else "false"
        case int():
            return str(said)
        case _:
            return _scalar(said)


def _scalar(text: str, plain: re.Pattern[str] = _PLAIN) -> str:
    """Return a text as it stands where that is safe, else in double quotes."""
    if plain.fullmatch(text) and (isinstance(text, _Word) or not _NO_TEXT.fullmatch(text)):
        return str(text)
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(sign: str) -> str:
    if sign in _ESCAPES:
        return _ESCAPES[sign]
    if sign.isprintable():
        return sign
    return f"\\u{ord(sign):04X}" if ord(sign) <= 0xFFFF else f"\\U{ord(sign):08X}"
