"""A policy as a PowerShell script: the cmdlets of NetWNV and Hyper-V.

Provider addresses come first and their routes, then lookup records, customer routes, the virtual
subnets of the adapters and their access lists: nothing refers to what is not there yet. The
firewalls of the guests come last.

What several hosts are told the same is one command for all of them, so a script grows with what a
policy says and not with who is told.

Rules of the file: ASCII; one command a line, each value a literal, so that the script can be
read, compared and imported again. NetWNV takes ``-CimSession``, Hyper-V ``-ComputerName``, which
it has had since Windows Server 2012. What no command says stands in the script's own comment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

from hnvemu.addresses import MacAddress, synthetic_mac
from hnvemu.formats.export.knowledge import Chosen, knowledge_of
from hnvemu.formats.export.words import (
    RULE_WORDS,
    TYPE_WORDS,
    address_words,
    icmp_words,
    next_hop_word,
    port_words,
    protocol_word,
)
from hnvemu.model.acl import PortAcl
from hnvemu.model.policy import Profile
from hnvemu.model.provider import AddressState
from hnvemu.model.records import RecordType
from hnvemu.model.topology import Guest, IsolationMode, NetworkProfile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hnvemu.formats.export.knowledge import Knowledge
    from hnvemu.model.acl import ExtendedAcl, FirewallDefault, FirewallRule
    from hnvemu.model.policy import Policy
    from hnvemu.model.provider import Host
    from hnvemu.model.records import CustomerRoute, LookupRecord
    from hnvemu.model.topology import VmPort

_MODES = {
    IsolationMode.NONE: "None",
    IsolationMode.NATIVE_VIRTUAL_SUBNET: "NativeVirtualSubnet",
    IsolationMode.EXTERNAL_VIRTUAL_SUBNET: "ExternalVirtualSubnet",
    IsolationMode.VLAN: "Vlan",
}
_HEAD = """\
{title}
#
# Run it where all hosts can be reached; -WhatIf shows what it would do.
{left_out}
[CmdletBinding(SupportsShouldProcess = $true)]
param(
    # The adapter of each host that is to carry its provider addresses.
    [string] $InterfaceAlias = 'WNVNIC'
)

$ErrorActionPreference = 'Stop'
"""


class Script(NamedTuple):
    """A script, and what it does not say."""

    text: str
    left_out: tuple[str, ...]
    """What the policy says and no command does."""


def powershell_script(policy: Policy, *, prune: bool = False) -> Script:
    """Return the commands that tell hosts and guests what a policy says.

    Args:
        policy: What is to be said.
        prune: Take away first what hosts have in the policy's virtual subnets and routing domains,
            and the access lists of its adapters; nothing else is touched.
    """
    left_out = tuple(_left_out(policy))
    named = f" '{_comment(policy.name)}'" if policy.name else ""
    comment = [f"# Not said by any command: {_comment(what)}" for what in left_out]
    head = _HEAD.format(
        title=f"# The policy{named} as commands, written by hnvemu.",
        left_out="".join(f"{line}\n" for line in ["#", *comment]) if comment else "",
    )
    parts = [head, *_Hosts(policy, prune=prune).lines(), *_guests(policy)]
    return Script("\n".join(parts), left_out)


def quoted(text: object) -> str:
    """Return a PowerShell string of ASCII that holds ``text`` and expands nothing."""
    told = str(text)
    if told.isascii() and told.isprintable():
        return "'" + told.replace("'", "''") + "'"
    parts: list[str] = []
    plain = ""
    for sign in told:
        if sign.isascii() and sign.isprintable():
            plain += sign.replace("'", "''")
            continue
        if plain or not parts:
            parts.append(f"'{plain}'")
        plain = ""
        units = sign.encode("utf-16-be")
        parts += [f"[char]0x{units[at : at + 2].hex().upper()}" for at in range(0, len(units), 2)]
    if plain:
        parts.append(f"'{plain}'")
    return f"({' + '.join(parts)})"


def _comment(text: str) -> str:
    """Return a text that stays in its line of comment."""
    return "".join(sign if sign.isascii() and sign.isprintable() else "?" for sign in text)


# ---------------------------------------------------------------------------------------------
# What no command says


def _left_out(policy: Policy) -> Iterator[str]:
    for host in policy.hosts.values():
        if host.mtu != 1500:
            yield f"the MTU {host.mtu} of host '{host.name}'"
        for held in host.addresses:
            if held.state is not AddressState.PREFERRED:
                yield f"the state {held.state} of provider address {held.address}"
    for network in policy.networks.values():
        if network.customer_id:
            yield f"the customer id of virtual network '{network.name}'"
    if policy.profile is Profile.WS2012:
        for record in policy.records:
            if record.type not in (RecordType.STATIC, RecordType.GATEWAY_WILDCARD):
                yield f"the type {record.type} of the {record}: Windows Server 2012 has no -Type"
    for record in policy.records:
        if record.unusable or record.unsynchronized:
            yield f"that the {record} is {'unusable' if record.unusable else 'unsynchronized'}"
    for port in policy.ports.values():
        said = [
            name
            for name, is_said in (
                ("default gateway", port.default_gateway is not None),
                ("MTU", port.mtu is not None),
                ("operating system", port.guest is not Guest.WINDOWS),
                ("network profile", port.network_profile is not NetworkProfile.PRIVATE),
            )
            if is_said
        ]
        if said:
            yield f"the {' and the '.join(said)} of '{port.name}'"
    chosen = Chosen(policy)
    guarding: list[FirewallRule | FirewallDefault] = [
        *policy.firewall.rules,
        *policy.firewall.defaults,
    ]
    for entry in guarding:
        for vm in chosen.halved(entry.vms):
            yield f"which adapters of guests named '{vm}' the {entry} is for"
    for word, _ in policy.firewall.keywords:
        yield f"what the keyword {word} stands for"
    for acl in policy.datacenter_acls:
        yield f"the {acl}: its place is Network Controller"


# ---------------------------------------------------------------------------------------------
# Hosts


class _Hosts:
    """The commands for hosts, those together that are told the same."""

    def __init__(self, policy: Policy, *, prune: bool) -> None:
        self._policy = policy
        self._prune = prune
        self._chosen = Chosen(policy)
        self._known = {host: knowledge_of(policy, host) for host in policy.hosts}
        self._records = _tellings(
            policy.records, {host: known.records for host, known in self._known.items()}
        )
        self._routes = _tellings(
            policy.routes, {host: known.routes for host, known in self._known.items()}
        )
        groups = [group for group, _ in (*self._records, *self._routes)]
        self._groups = {
            group: f"$group{number}"
            for number, group in enumerate(dict.fromkeys(filter(None, groups)), start=1)
        }
        """The variables of the hosts that are told the same, by the names of these hosts."""
        self._groups[()] = "$all"

    def lines(self) -> Iterator[str]:
        """Yield the lines of all hosts."""
        if not self._policy.hosts:
            return
        yield from self._sessions()
        if self._prune:
            yield from _section(
                "What the policy manages is removed", [("$all", _pruned(self._policy))]
            )
        hosts = self._policy.hosts
        yield from _section(
            "Provider addresses and routes",
            [(name, _provider_side(host, self._known[name])) for name, host in hosts.items()],
        )
        yield from _section(
            "Lookup records",
            [
                (self._groups[group], (_record(self._policy, self._groups[group], record),))
                for group, record in self._records
            ],
        )
        yield from _section(
            "Customer routes",
            [
                (self._groups[group], (_route(self._groups[group], route),))
                for group, route in self._routes
            ],
        )
        yield from _section(
            "Virtual subnets of adapters",
            [(name, _adapters(self._policy, name)) for name in hosts],
        )
        yield from _section(
            "Access lists of adapters",
            [
                (name, _access_lists(self._policy, name, self._chosen, prune=self._prune))
                for name in hosts
            ],
        )
        yield "if ($all) { Remove-CimSession -CimSession $all }"
        yield ""

    def _sessions(self) -> Iterator[str]:
        """Yield who is to be told: whom ShouldProcess names, and those together that share."""
        yield "# ---- The hosts, and those of them that are told the same"
        yield "$told = @("
        for host in self._policy.hosts:
            what = quoted(self._summary(host))
            yield f"    if ($PSCmdlet.ShouldProcess({quoted(host)}, {what})) {{ {quoted(host)} }}"
        yield ")"
        yield "$all = if ($told) { New-CimSession -ComputerName $told }"
        for group, variable in self._groups.items():
            if not group:
                continue
            others = [host for host in self._policy.hosts if host not in set(group)]
            word, named = ("notin", others) if len(others) < len(group) else ("in", group)
            condition = f"$_.ComputerName -{word} {_joined(named)}"
            yield f"{variable} = $all | Where-Object {{ {condition} }}"
        yield ""

    def _summary(self, host: str) -> str:
        known = self._known[host]
        counts = (
            (len(known.addresses), "provider address", "provider addresses"),
            (len(known.records), "lookup record", "lookup records"),
            (len(known.routes), "customer route", "customer routes"),
            (sum(1 for _ in _adapters_of(self._policy, host)), "adapter", "adapters"),
        )
        said = [f"{count} {one if count == 1 else more}" for count, one, more in counts if count]
        removed = ["remove what the policy manages"] if self._prune else []
        return ", ".join([*removed, *said]) or "nothing"


Row = TypeVar("Row", "LookupRecord", "CustomerRoute")


def _tellings(
    shared: Sequence[Row], known: Mapping[str, Sequence[Row]]
) -> list[tuple[tuple[str, ...], Row]]:
    """Return each row with the hosts that are told it; no hosts: all of them."""
    lacking: dict[int, set[str]] = {}
    own: dict[Row, list[str]] = {}
    for host, rows in known.items():
        if rows is shared:
            continue
        left = {id(row) for row in rows}
        for row in shared:
            if id(row) in left:
                left.remove(id(row))
            else:
                lacking.setdefault(id(row), set()).add(host)
        for row in rows:
            if id(row) in left:
                own.setdefault(row, []).append(host)
    told: list[tuple[tuple[str, ...], Row]] = []
    for row in shared:
        without = lacking.get(id(row), set())
        group = tuple(host for host in known if host not in without) if without else ()
        if group or not without:
            told.append((group, row))
    return told + [
        (tuple(hosts) if len(hosts) < len(known) else (), row) for row, hosts in own.items()
    ]


def _section(title: str, parts: Iterable[tuple[str, Iterable[str]]]) -> Iterator[str]:
    """Yield the commands of a section, each part for a host, or for a variable with several."""
    head = [f"# ---- {title}"]
    open_for = ""
    for whom, commands in parts:
        for command in commands:
            yield from head
            head = []
            if whom != open_for:
                if open_for:
                    yield "}"
                is_variable = whom.startswith("$")
                yield f"if ({whom if is_variable else f'$told -contains {quoted(whom)}'}) {{"
                open_for = whom
            yield f"    {command}"
    if open_for:
        yield "}"
        yield ""


def _provider_side(host: Host, known: Knowledge) -> Iterator[str]:
    name = quoted(host.name)
    if known.addresses or host.routes:
        yield f"$index = (Get-NetAdapter -CimSession {name} -Name $InterfaceAlias).InterfaceIndex"
    for held in known.addresses:
        mac, vlan = "", f" -VlanID {held.vlan}" if held.vlan else ""
        if held.mac != synthetic_mac(held.address):
            mac = f" -MACAddress {quoted(held.mac)}"
        yield (
            f"New-NetVirtualizationProviderAddress -CimSession {name} -InterfaceIndex $index"
            f" -ProviderAddress {quoted(held.address)}"
            f" -PrefixLength {held.prefix.prefixlen}{vlan}{mac}"
        )
    for route in host.routes:
        hop = next_hop_word(route.next_hop, route.prefix.version)
        yield (
            f"New-NetVirtualizationProviderRoute -CimSession {name} -InterfaceIndex $index"
            f" -DestinationPrefix {quoted(route.prefix)} -NextHop {quoted(hop)}"
            f" -Metric {route.metric}"
        )
    if host.use_external_router:
        yield f"Set-NetVirtualizationGlobal -CimSession {name} -UseExternalRouter $true"


def _record(policy: Policy, hosts: str, record: LookupRecord) -> str:
    parts = [
        f"New-NetVirtualizationLookupRecord -CimSession {hosts}",
        f"-CustomerAddress {quoted(record.ca)} -VirtualSubnetID {record.vsid}",
        f"-MACAddress {quoted(record.mac)} -ProviderAddress {quoted(record.pa)}",
        f"-Rule {RULE_WORDS[record.rule]}",
    ]
    # Windows Server 2012 knows no types.
    if record.type is not RecordType.STATIC and policy.profile is not Profile.WS2012:
        parts.append(f"-Type {TYPE_WORDS[record.type]}")
    for name, text in (
        ("VMName", record.vm),
        ("CustomerID", record.customer_id),
        ("Context", record.context),
    ):
        if text:
            parts.append(f"-{name} {quoted(text)}")
    if record.use_vm_mac:
        parts.append("-UseVmMACAddress $true")
    return " ".join(parts)


def _route(hosts: str, route: CustomerRoute) -> str:
    hop = next_hop_word(route.next_hop, route.prefix.version)
    return (
        f"New-NetVirtualizationCustomerRoute -CimSession {hosts}"
        f" -RoutingDomainID {quoted(route.rdid)} -VirtualSubnetID {route.vsid}"
        f" -DestinationPrefix {quoted(route.written or route.prefix)} -NextHop {quoted(hop)}"
        f" -Metric {route.metric}"
    )


def _pruned(policy: Policy) -> Iterator[str]:
    silent = "-ErrorAction SilentlyContinue"
    vsids = {record.vsid for record in policy.records} | {route.vsid for route in policy.routes}
    vsids |= {port.vsid for port in policy.ports.values() if port.vsid}
    if vsids:
        yield (
            "Remove-NetVirtualizationLookupRecord -CimSession $all"
            f" -VirtualSubnetID {', '.join(map(str, sorted(vsids)))} {silent}"
        )
    rdids = [network.rdid for network in policy.networks.values()]
    if rdids:
        yield (
            "Remove-NetVirtualizationCustomerRoute -CimSession $all"
            f" -RoutingDomainID {_joined(rdids)} {silent}"
        )


# ---------------------------------------------------------------------------------------------
# Adapters


def _adapters_of(policy: Policy, host: str) -> Iterator[VmPort]:
    """Yield a port of each adapter on a host: those of a multi-tenant gateway are one adapter."""
    seen: set[str] = set()
    for port in policy.ports.values():
        if port.host == host and (not port.trunk or port.trunk not in seen):
            seen.add(port.trunk)
            yield port


def _own_name(port: VmPort) -> str:
    """Return the name of a VM, or ``VM:adapter``: that of a multi-tenant gateway is its own."""
    return port.trunk or port.name.rpartition("/")[2]


def _vm(port: VmPort, adapter_parameter: str) -> str:
    """Return the parameters that name a host, a VM and, of several, its adapter."""
    vm, _, adapter = _own_name(port).partition(":")
    named = f" -{adapter_parameter} {quoted(adapter)}" if adapter else ""
    return f"-ComputerName {quoted(port.host)} -VMName {quoted(vm)}{named}"


def _found(port: VmPort) -> str:
    """Return the commands that find an adapter by the name of its VM and its MAC."""
    # The MAC tells which adapter is meant: of two VMs with one name, or of one's adapters.
    digits = f"{int(port.mac):012X}"
    return (
        f"Get-VMNetworkAdapter {_vm(port, 'Name')}"
        f" | Where-Object {{ $_.MacAddress -eq '{digits}' }}"
    )


def _adapters(policy: Policy, host: str) -> Iterator[str]:
    targets = _Targets(host, [*_adapters_of(policy, host)])
    for port in _adapters_of(policy, host):
        # The mappings of a multi-tenant gateway take the place of a virtual subnet of its own.
        settings = f" -VirtualSubnetId {0 if port.trunk else port.vsid}"
        for name, on in (
            ("MacAddressSpoofing", port.mac_spoofing),
            ("DhcpGuard", port.dhcp_guard),
            ("RouterGuard", port.router_guard),
        ):
            settings += f" -{name} On" if on else ""
        if port.dynamic_ip_limit is not None:
            settings += f" -DynamicIPAddressLimit {port.dynamic_ip_limit}"
        yield f"{_found(port)} | Set-VMNetworkAdapter{settings}"
        (adapter,) = targets.of([port])
        if port.vlan:
            yield f"Set-VMNetworkAdapterVlan {adapter} -Access -VlanId {port.vlan}"
        if port.trunk:
            yield (
                f"Set-VMNetworkAdapterIsolation {adapter} -IsolationMode NativeVirtualSubnet"
                " -MultiTenantStack On"
            )
            yield from _mappings(policy, port.trunk, adapter)
        elif port.isolation_mode is not None:
            mode = _MODES[port.isolation_mode]
            yield f"Set-VMNetworkAdapterIsolation {adapter} -IsolationMode {mode}"


def _mappings(policy: Policy, trunk: str, adapter: str) -> Iterator[str]:
    vsids: dict[str, list[int]] = {}
    for port in policy.ports.values():
        if port.trunk == trunk:
            vsids.setdefault(port.network, []).append(port.vsid)
    for network, own in vsids.items():
        yield (
            f"Add-VMNetworkAdapterRoutingDomainMapping {adapter}"
            f" -RoutingDomainID {quoted(policy.networks[network].rdid)}"
            f" -RoutingDomainName {quoted(network)} -IsolationID {', '.join(map(str, own))}"
        )


# ---------------------------------------------------------------------------------------------
# Access lists and firewalls


def _access_lists(policy: Policy, host: str, chosen: Chosen, *, prune: bool) -> Iterator[str]:
    ports = [*_adapters_of(policy, host)]
    lists: list[PortAcl | ExtendedAcl] = [*policy.port_acls, *policy.extended_acls]
    named = {acl.vms: chosen.by(acl.vms) for acl in lists}
    selected = [[port for port in ports if port.name in named[acl.vms]] for acl in lists]
    targets = _Targets(host, ports)
    for own in ([ports] if prune and lists else []) + selected:
        targets.add(own)
    yield from targets.variables()
    if prune:
        for noun, entries in (("Acl", policy.port_acls), ("ExtendedAcl", policy.extended_acls)):
            for target in targets.of(ports) if entries else ():
                yield f"Get-VMNetworkAdapter{noun} {target} | Remove-VMNetworkAdapter{noun}"
    for acl, own in zip(lists, selected, strict=True):
        for target in targets.of(own):
            if isinstance(acl, PortAcl):
                yield _port_acl(acl, target)
            else:
                yield from _extended_acls(acl, target)


class _Targets:
    """The adapters of a host that commands are for: VMs with one adapter are named together."""

    def __init__(self, host: str, ports: Iterable[VmPort]) -> None:
        self._host = host
        self._of_vm: dict[str, list[VmPort]] = {}
        """All adapters of the host by the name of their VM, which several VMs may have."""
        for port in ports:
            self._of_vm.setdefault(_vm_name(port), []).append(port)
        self._variables: dict[tuple[str, ...], str] = {}

    def add(self, ports: Iterable[VmPort]) -> None:
        """Give the VMs of these ports a variable, if there are several."""
        vms = self._plain(ports)
        if len(vms) > 1:
            self._variables.setdefault(vms, f"$vms{len(self._variables) + 1}")

    def variables(self) -> Iterator[str]:
        """Yield what sets the variables."""
        for vms, variable in self._variables.items():
            yield f"{variable} = {_joined(vms)}"

    def of(self, ports: Sequence[VmPort]) -> Iterator[str]:
        """Yield the parameters that name these ports: once for the VMs, and for each adapter."""
        vms = self._plain(ports)
        if vms:
            named = self._variables.get(vms) or _joined(vms)
            yield f"-ComputerName {quoted(self._host)} -VMName {named}"
        chosen = {port.name for port in ports}
        for port in ports:
            if self._spares(port, chosen):
                yield f"-VMNetworkAdapter ({_found(port)})"
            elif ":" in _own_name(port):
                yield _vm(port, "VMNetworkAdapterName")

    def _plain(self, ports: Iterable[VmPort]) -> tuple[str, ...]:
        own = [*ports]
        chosen = {port.name for port in own}
        names = (_own_name(port) for port in own if not self._spares(port, chosen))
        return tuple(dict.fromkeys(name for name in names if ":" not in name))

    def _spares(self, port: VmPort, chosen: set[str]) -> bool:
        """Whether the name of an adapter would also mean one that is not chosen."""
        own = _own_name(port)
        return any(
            other.name not in chosen and (":" not in own or _own_name(other) == own)
            for other in self._of_vm[_vm_name(port)]
        )


def _vm_name(port: VmPort) -> str:
    """Return the name of a VM as Windows tells names apart."""
    return _own_name(port).partition(":")[0].casefold()


def _port_acl(acl: PortAcl, target: str) -> str:
    parts = [
        f"Add-VMNetworkAdapterAcl {target}",
        f"-Action {acl.action.capitalize()} -Direction {acl.direction.capitalize()}",
    ]
    for name, side in (("Local", acl.local), ("Remote", acl.remote)):
        if side is not None:
            kind = "Mac" if isinstance(side, MacAddress) else "IP"
            parts.append(f"-{name}{kind}Address {_joined(address_words(side))}")
    if acl.local is None and acl.remote is None:
        parts.append("-RemoteIPAddress 'ANY'")
    return " ".join(parts)


def _extended_acls(acl: ExtendedAcl, target: str) -> Iterator[str]:
    """Yield a command for each combination: the cmdlet takes one address and one port a side."""
    local = [None] if acl.local is None else address_words(acl.local)
    remote = [None] if acl.remote is None else address_words(acl.remote)
    own = [None] if acl.local_port is None else port_words(acl.local_port)
    theirs = [None] if acl.remote_port is None else port_words(acl.remote_port)
    head = (
        f"Add-VMNetworkAdapterExtendedAcl {target}"
        f" -Action {acl.action.capitalize()} -Direction {acl.direction.capitalize()}"
    )
    tail = ""
    if acl.protocol is not None:
        named = {6: "TCP", 17: "UDP"}.get(acl.protocol.number)
        tail += f" -Protocol {quoted(named or acl.protocol.number)}"
    tail += f" -Weight {acl.weight}"
    if acl.stateful:
        tail += " -Stateful $true"
    if acl.idle_timeout is not None:
        tail += f" -IdleSessionTimeout {acl.idle_timeout}"
    if acl.isolation_id:
        tail += f" -IsolationID {acl.isolation_id}"
    for conditions in (
        (("LocalIPAddress", a), ("RemoteIPAddress", b), ("LocalPort", c), ("RemotePort", d))
        for a in local
        for b in remote
        for c in own
        for d in theirs
    ):
        said = "".join(f" -{name} {quoted(word)}" for name, word in conditions if word is not None)
        yield head + said + tail


def _guests(policy: Policy) -> Iterator[str]:
    firewall = policy.firewall
    vms = {port.name: _own_name(port).partition(":")[0] for port in policy.ports.values()}
    chosen = Chosen(policy)
    told: list[tuple[tuple[str, ...], str]] = []
    for vm_selector, command in (
        *((one.vms, _default(one)) for one in firewall.defaults),
        *((rule.vms, _rule(rule)) for rule in firewall.rules),
    ):
        # The adapters of a VM share its firewall.
        named = tuple(dict.fromkeys(vms[port] for port in chosen.by(vm_selector)))
        if named:
            told.append((named, command))
    groups: dict[tuple[str, ...], str] = {}
    for named, _ in told:
        groups.setdefault(named, f"$guests{len(groups) + 1}")
    if not groups:
        return
    count = len({vm for group in groups for vm in group})
    what = quoted(f"{count} guest" if count == 1 else f"{count} guests")
    yield "# ---- Firewalls of the guests, each found by the name of its VM"
    yield f"if ($PSCmdlet.ShouldProcess({what}, 'firewall')) {{"
    for group, variable in groups.items():
        yield f"    {variable} = {_joined(group)}"
    for group, command in told:
        verb, _, rest = command.partition(" ")
        yield f"    {verb} -CimSession {groups[group]} {rest}"
    yield "}"
    yield ""


def _default(default: FirewallDefault) -> str:
    command = "Set-NetFirewallProfile -All"
    for name, action in (("Inbound", default.inbound), ("Outbound", default.outbound)):
        if action is not None:
            command += f" -Default{name}Action {action.capitalize()}"
    return command


def _rule(rule: FirewallRule) -> str:
    parts = [
        f"New-NetFirewallRule -DisplayName {quoted(rule.name)}",
        f"-Direction {rule.direction.capitalize()} -Action {rule.action.capitalize()}",
    ]
    if rule.protocol is not None:
        word = protocol_word(rule.protocol)
        parts.append(f"-Protocol {word.upper().replace('ICMPV', 'ICMPv')}")
    for name, addresses in (("Local", rule.local_address), ("Remote", rule.remote_address)):
        if addresses is not None:
            parts.append(f"-{name}Address {_joined(address_words(addresses))}")
    for name, ports in (("Local", rule.local_port), ("Remote", rule.remote_port)):
        if ports is not None:
            parts.append(f"-{name}Port {_joined(port_words(ports))}")
    if rule.icmp_type is not None:
        parts.append(f"-IcmpType {_joined(icmp_words(rule.icmp_type))}")
    if rule.profiles is not None:
        parts.append(f"-Profile {', '.join(each.capitalize() for each in rule.profiles)}")
    if not rule.enabled:
        parts.append("-Enabled False")
    if rule.override_block:
        parts.append("-OverrideBlockRules $true")
    for name, text in (
        ("Program", rule.program),
        ("Service", rule.service),
        ("LocalUser", rule.user),
    ):
        if text:
            parts.append(f"-{name} {quoted(text)}")
    return " ".join(parts)


def _joined(parts: Iterable[str]) -> str:
    return ", ".join(map(quoted, parts))
