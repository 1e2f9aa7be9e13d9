"""What a script's cmdlets do to hosts: the tables that they fill, change and empty.

Rules of the file: a method ``_verb_noun`` is what the cmdlet of that name does on one host; it
returns what the pipeline gets. The cmdlets of HNV's tables work on all hosts of a call at once,
``_verb_rows``. What a cmdlet cannot do, or a policy cannot hold, is a finding at the call, and the
call has no effect.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeGuard, TypeVar

from hnvemu.addresses import MacAddress, parse_address, parse_prefix, synthetic_mac
from hnvemu.findings import Finding
from hnvemu.formats.assembly import port_name, rdid_text
from hnvemu.formats.conditions import addresses_of, icmp_types_of, ports_of, protocol_of
from hnvemu.formats.inventory import HostInventory, Inventory
from hnvemu.formats.powershell.tables import Tables
from hnvemu.formats.powershell.values import Adapter, Row, Unknown, is_alike, listed, text
from hnvemu.model.acl import (
    Action,
    Direction,
    ExtendedAcl,
    FirewallDefault,
    FirewallRule,
    PortAcl,
)
from hnvemu.model.origin import BUILT_IN, Origin
from hnvemu.model.policy import Profile
from hnvemu.model.provider import ProviderAddress, ProviderRoute
from hnvemu.model.records import (
    CustomerRoute,
    LookupRecord,
    RecordType,
    Translation,
    is_unspecified,
)
from hnvemu.model.topology import IsolationMode, NetworkProfile, Selector, VmPort
from hnvemu.value import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from hnvemu.addresses import IPAddress
    from hnvemu.formats.powershell.binder import Bound
    from hnvemu.formats.powershell.tables import Entry
    from hnvemu.model.acl import Addresses

Made = TypeVar("Made")
Where = TypeVar("Where")
Guarding = TypeVar("Guarding", FirewallRule, FirewallDefault)

HERE = "localhost"
"""The host that a script runs on, where it names no other."""
_DEFAULT_ADAPTER = "Network Adapter"
_HERE_TOO = frozenset({".", "localhost", "127.0.0.1", "::1", ""})
_RULES = {
    "TranslationMethodNat": Translation.NAT,
    "TranslationMethodEncap": Translation.ENCAP,
    "TranslationMethodNone": Translation.NONE,
}
_TYPES = {
    "Static": RecordType.STATIC,
    "Dynamic": RecordType.DYNAMIC,
    "GatewayWildcard": RecordType.GATEWAY_WILDCARD,
    "L2Only": RecordType.L2_ONLY,
}
_ISOLATION = {
    "None": IsolationMode.NONE,
    "NativeVirtualSubnet": IsolationMode.NATIVE_VIRTUAL_SUBNET,
    "ExternalVirtualSubnet": IsolationMode.EXTERNAL_VIRTUAL_SUBNET,
    "Vlan": IsolationMode.VLAN,
}
_UNSAYABLE = {
    "interfacealias": "an interface",
    "remotemachine": "remote computers",
    "remoteuser": "remote users",
    "package": "a package",
    "dynamictarget": "a dynamic target",
    "remotedynamickeywordaddresses": "dynamic keywords",
}
"""Conditions of a firewall rule that a policy does not have."""
_TABLES = {
    "NetVirtualizationLookupRecord": "lookup records",
    "NetVirtualizationCustomerRoute": "customer routes",
    "NetVirtualizationProviderAddress": "provider addresses",
    "NetVirtualizationProviderRoute": "provider routes",
}


class RefusedError(Exception):
    """A call cannot have an effect, and why."""

    def __init__(self, message: str, help: str | None = None) -> None:  # noqa: A002 - as a finding names it
        super().__init__(message)
        self.message = message
        self.help = help


_BY_MAC = Selector(patterns=())
"""Stands in an entry until its adapters have their MACs."""


class _Nic:
    """An adapter of a VM on a host, as far as the script says it."""

    def __init__(self, host: str, vm: str, name: str, origin: Origin) -> None:
        self.host = host
        self.vm = vm
        self.name = name
        self.origin = origin
        self.mac: MacAddress | None = None
        self.vsid: int | None = None
        self.vlan = 0
        self.spoofing = False
        self.dhcp_guard = False
        self.router_guard = False
        self.limit: int | None = None
        self.isolation: IsolationMode | None = None
        self.domains: dict[str, tuple[str, list[int], Origin]] = {}
        """Name and VSIDs of routing domains, and where they are mapped, by RDID."""
        self.management = False
        self.made = False
        """Whether a cmdlet made it, and not only named it."""

    @property
    def word(self) -> str:
        """The name that selects it."""
        return self._selecting(port_name(self.vm, self.name))

    @property
    def exact_word(self) -> str:
        """The name that selects it, and no other adapter of its VM."""
        return self.word if self.mac is None else self._selecting(str(self.mac))

    def _selecting(self, own: str) -> str:
        return own if self.host == HERE else f"{self.host}/{own}"

    def as_adapter(self) -> Adapter:
        """Return what a variable holds of it."""
        return Adapter(
            hosts=(self.host,),
            vm=self.vm,
            name=self.name,
            mac=self.mac,
            management=self.management,
        )


class _Host:
    """The tables of one host."""

    def __init__(self, name: str, origin: Origin) -> None:
        self.name = name
        self.origin = origin
        self.nics: list[_Nic] = []
        self._named: dict[str, list[_Nic]] = {}
        """By the name of their VM in lower case; those that nothing names yet under no name."""
        self.external_router = False
        self.is_virtualised = False
        """Whether a cmdlet of HNV or of VMs told it something."""

    def add(self, nic: _Nic) -> None:
        """Add an adapter."""
        self.nics.append(nic)
        self._named.setdefault(nic.vm.lower(), []).append(nic)

    def remove(self, gone: list[_Nic]) -> None:
        """Take adapters away."""
        left = [nic for nic in self.nics if nic not in gone]
        self.nics, self._named = [], {}
        for nic in left:
            self.add(nic)

    def matching(self, adapter: Adapter) -> list[_Nic]:
        """Return the adapters that may be meant; those without a VM get the name of the VM."""
        if adapter.vm and not _is_glob(adapter.vm):
            name = adapter.vm.lower()
            candidates = [*self._named.get(name, ()), *self._named.get("", ())]
        else:
            candidates = self.nics
        return [nic for nic in candidates if _matches(nic, adapter)]

    def assign(self, nic: _Nic, vm: str) -> None:
        """Say which VM an adapter belongs to, where nothing did."""
        if vm and not nic.vm:
            self._named[""].remove(nic)
            nic.vm = vm
            self._named.setdefault(vm.lower(), []).append(nic)


class Recorder:
    """All hosts, while a script is evaluated."""

    def __init__(self, lose: Callable[[Finding], None], here: str = HERE) -> None:
        self._report = lose
        self._here = here
        self._hosts: dict[str, _Host] = {}
        self._groups: dict[tuple[str, ...], frozenset[str]] = {}
        """The hosts of calls, by how these name them."""
        self._virtualised: frozenset[str] = frozenset()
        self._tables = Tables()
        self._acls: list[tuple[list[_Nic], PortAcl | ExtendedAcl]] = []
        self._firewall: list[Row] = []
        self._defaults: list[tuple[str, FirewallDefault]] = []
        self._origin = BUILT_IN
        self._typed = False
        """Whether a lookup record has a -Type: Windows Server 2012 knows none."""
        self._r2 = False
        """Whether something else is there that Windows Server 2012 does not know."""

    # -----------------------------------------------------------------------------------------
    # Calls

    def run(
        self,
        name: str,
        bound: Bound,
        hosts: tuple[str, ...],
        origin: Origin,
        *,
        is_heard: bool = True,
    ) -> list[object]:
        """Do what a cmdlet does on each of the hosts, and return what the pipeline gets.

        Args:
            name: The cmdlet.
            bound: Its arguments.
            hosts: Their names.
            origin: The call.
            is_heard: Whether somebody wants what it writes.
        """
        verb, _, noun = name.partition("-")
        method = f"_{verb}_{noun}".lower()
        self._origin = origin
        is_heard = is_heard and (verb in ("Get", "New", "Add") or bound.flag("PassThru"))
        if noun in _TABLES:
            rows = partial(getattr(self, f"_{verb.lower()}_rows"), noun, is_heard=is_heard)
            return self._tried(rows, bound, hosts)
        if name == "New-NetFirewallRule":
            return self._tried(self._new_firewall_rule, bound, hosts)
        output: list[object] = []
        for host in hosts:
            where = host if "NetFirewall" in noun else self._host(host)
            output += self._tried(getattr(self, method), bound, where)
        return output if is_heard else []

    def _tried(
        self, call: Callable[[Bound, Where], list[object]], bound: Bound, where: Where
    ) -> list[object]:
        """Return what a cmdlet does; what it refuses is told, and it has no effect."""
        try:
            return call(bound, where)
        except RefusedError as error:
            self._lose(error.message, error.help)
        except ValueError as error:
            self._lose(str(error))
        return []

    def _lose(self, message: str, advice: str | None = None) -> None:
        self._report(Finding(message=message, origin=self._origin, help=advice))

    def _host(self, name: str) -> _Host:
        folded = name.lower()
        own = self._here if folded in _HERE_TOO else name
        known = self._hosts.get(folded if own is name else own.lower())
        if known is None:
            known = self._hosts[own.lower()] = _Host(own, self._origin)
        return known

    # -----------------------------------------------------------------------------------------
    # Values of parameters

    def _word(self, bound: Bound, name: str) -> str | None:
        held = bound.get(name)
        if isinstance(held, Unknown):
            raise RefusedError(*_depends(name, held))
        return held if isinstance(held, str) else None

    def _words(self, bound: Bound, name: str) -> list[str]:
        words = listed(bound.get(name))
        for held in words:
            if isinstance(held, Unknown):
                raise RefusedError(*_depends(name, held))
        return [word for word in words if isinstance(word, str)]

    def _number(self, bound: Bound, name: str) -> int | None:
        held = bound.get(name)
        if isinstance(held, Unknown):
            raise RefusedError(*_depends(name, held))
        return held if isinstance(held, int) else None

    def _flag(self, bound: Bound, name: str) -> bool | None:
        held = bound.get(name)
        if isinstance(held, Unknown):
            raise RefusedError(*_depends(name, held))
        return held if isinstance(held, bool) else None

    def _address(self, bound: Bound, name: str) -> IPAddress:
        return parse_address((self._word(bound, name) or "").strip())

    def _mac(self, bound: Bound, name: str) -> MacAddress | None:
        word = self._word(bound, name)
        return None if word is None else _mac_of(word)

    # -----------------------------------------------------------------------------------------
    # Tables of HNV

    def _new_rows(
        self, noun: str, bound: Bound, hosts: tuple[str, ...], *, is_heard: bool
    ) -> list[object]:
        """Make what a call says once, and give it to each of the hosts."""
        make = {
            "NetVirtualizationLookupRecord": self._lookup_record,
            "NetVirtualizationCustomerRoute": self._customer_route,
            "NetVirtualizationProviderAddress": self._provider_address,
            "NetVirtualizationProviderRoute": self._provider_route,
        }
        made = make[noun](bound)
        group = self._group(hosts)
        self._virtualise(group)
        there = self._tables.add(noun, _key(made), made, group)
        for host in sorted(there):
            name = self._hosts[host].name
            self._lose(f"{made} exists on {name} already, so this fails", "the first one stays")
        if not is_heard:
            return []
        return self._rows_of(noun, [(made, group - there)], hosts)

    def _group(self, hosts: tuple[str, ...]) -> frozenset[str]:
        """Return hosts by their names in lower case, as tables have them."""
        group = self._groups.get(hosts)
        if group is None:
            group = frozenset(self._host(name).name.lower() for name in hosts)
            self._groups[hosts] = group
        return group

    def _virtualise(self, group: frozenset[str]) -> None:
        for host in group - self._virtualised:
            self._hosts[host].is_virtualised = True
        self._virtualised |= group

    def _rows_of(
        self, noun: str, found: list[tuple[object, frozenset[str]]], hosts: tuple[str, ...]
    ) -> list[object]:
        """Return what the pipeline gets of rows: of each host its own."""
        return [
            Row(self._host(name).name, noun, made, _PROPERTIES[noun])
            for name in hosts
            for made, group in found
            if self._host(name).name.lower() in group
        ]

    def _lookup_record(self, bound: Bound) -> LookupRecord:
        mac = self._mac(bound, "MACAddress")
        kind = self._word(bound, "Type")
        self._typed = self._typed or kind is not None
        return LookupRecord(
            ca=self._address(bound, "CustomerAddress"),
            vsid=self._number(bound, "VirtualSubnetID") or 0,
            mac=mac if mac is not None else MacAddress(0),
            pa=self._address(bound, "ProviderAddress"),
            type=_TYPES[kind or "Static"],
            rule=_RULES[self._word(bound, "Rule") or "TranslationMethodEncap"],
            vm=self._word(bound, "VMName") or "",
            customer_id=self._word(bound, "CustomerID") or "",
            context=self._word(bound, "Context") or "",
            use_vm_mac=self._flag(bound, "UseVmMACAddress") is True,
            origin=self._origin,
        )

    def _customer_route(self, bound: Bound) -> CustomerRoute:
        written = (self._word(bound, "DestinationPrefix") or "").strip()
        prefix = parse_prefix(written)
        hop = self._address(bound, "NextHop")
        if hop.version != prefix.version:
            raise RefusedError(f"the next hop {hop} and {prefix} are of two address families")
        rdid = self._word(bound, "RoutingDomainID") or ""
        metric = self._number(bound, "Metric")
        return CustomerRoute(
            rdid=rdid_text(rdid),
            prefix=prefix,
            next_hop=None if is_unspecified(hop) else hop,
            vsid=self._number(bound, "VirtualSubnetID") or 0,
            metric=255 if metric is None else metric,
            written=written
            if "/" in written and str(prefix) != written and _has_host_bits(written)
            else "",
            origin=self._origin,
        )

    def _provider_address(self, bound: Bound) -> ProviderAddress:
        address = self._address(bound, "ProviderAddress")
        mac = self._mac(bound, "MACAddress")
        self._r2 = self._r2 or mac is not None
        length = self._number(bound, "PrefixLength") or 0
        return ProviderAddress(
            address=address,
            prefix=parse_prefix(f"{address}/{length}"),
            mac=synthetic_mac(address) if mac is None else mac,
            vlan=self._number(bound, "VlanID") or 0,
            origin=self._origin,
        )

    def _provider_route(self, bound: Bound) -> ProviderRoute:
        prefix = parse_prefix((self._word(bound, "DestinationPrefix") or "").strip())
        hop = self._address(bound, "NextHop")
        metric = self._number(bound, "Metric")
        return ProviderRoute(
            prefix=prefix,
            next_hop=None if is_unspecified(hop) else hop,
            metric=256 if metric is None else metric,
            origin=self._origin,
        )

    def _set_netvirtualizationglobal(self, bound: Bound, host: _Host) -> list[object]:
        said = self._flag(bound, "UseExternalRouter")
        if said is not None:
            host.external_router = said
            host.is_virtualised = True
        return []

    def _get_netvirtualizationglobal(self, bound: Bound, host: _Host) -> list[object]:
        del bound
        said = {"UseExternalRouter": host.external_router}
        return [Row(host.name, "Global", None, lambda _: said)]

    def _get_rows(
        self, noun: str, bound: Bound, hosts: tuple[str, ...], *, is_heard: bool
    ) -> list[object]:
        if not is_heard:
            return []
        found = self._selected(noun, bound, self._group(hosts))
        return self._rows_of(noun, [(entry.made, group) for entry, group in found], hosts)

    def _selected(
        self, noun: str, bound: Bound, group: frozenset[str], *, but: tuple[str, ...] = ()
    ) -> list[tuple[Entry, frozenset[str]]]:
        """Return the rows of a table that a call selects, each with the hosts on which it does."""
        if "InputObject" not in bound:
            return [
                (entry, entry.hosts & group)
                for entry in self._tables.all(noun)
                if not entry.hosts.isdisjoint(group) and self._fits(noun, bound, entry.made, but)
            ]
        given = listed(bound.get("InputObject"))
        unknown = next((one for one in given if isinstance(one, Unknown)), None)
        if unknown:
            raise RefusedError(*_depends("InputObject", unknown))
        # An object knows where it comes from: it is meant there, wherever this runs.
        return [
            (entry, frozenset({row.host.lower()}))
            for row in given
            if isinstance(row, Row)
            for entry in self._tables.keyed(noun, _key(row.made))
            if row.host.lower() in entry.hosts
        ]

    def _fits(self, noun: str, bound: Bound, made: object, but: tuple[str, ...]) -> bool:
        """Whether a row has the properties that a call names."""
        properties = _PROPERTIES[noun](made)
        names = {name.lower(): name for name in properties}
        for name in bound.names():
            if name in but or name not in names:
                continue
            wanted = listed(bound.get(name))
            unknown = next((one for one in wanted if isinstance(one, Unknown)), None)
            if unknown:
                raise RefusedError(*_depends(name, unknown))
            if not any(_same(properties[names[name]], one) for one in wanted):
                return False
        return True

    def _remove_rows(
        self, noun: str, bound: Bound, hosts: tuple[str, ...], *, is_heard: bool
    ) -> list[object]:
        group = self._group(hosts)
        found = self._selected(noun, bound, group)
        gone = frozenset[str]().union(*(hosts for _, hosts in found))
        told = group if "InputObject" not in bound else gone
        self._virtualise(told)
        self._tables.tell(noun, told)
        for entry, own in found:
            entry.hosts -= own
        if not is_heard:
            return []
        return self._rows_of(noun, [(entry.made, own) for entry, own in found], hosts)

    def _set_rows(
        self, noun: str, bound: Bound, hosts: tuple[str, ...], *, is_heard: bool
    ) -> list[object]:
        changes: dict[str, object] = {}
        writable = _WRITABLE[noun]
        for name, field in writable.items():
            if name not in bound:
                continue
            if field in ("pa", "mac"):
                word = self._word(bound, name) or ""
                changes[field] = parse_address(word.strip()) if field == "pa" else _mac_of(word)
            elif field == "rule":
                changes[field] = _RULES[self._word(bound, name) or ""]
            elif field == "use_vm_mac":
                changes[field] = self._flag(bound, name)
            elif field in ("metric", "vlan", "length"):
                changes[field] = self._number(bound, name)
            else:
                changes[field] = self._word(bound, name) or ""
        group = self._group(hosts)
        found = self._selected(noun, bound, group, but=tuple(name.lower() for name in writable))
        if "InputObject" not in bound:
            for host in sorted(group.difference(*(own for _, own in found))):
                name = self._hosts[host].name
                self._lose(f"No {noun} objects found on {name} that match, so nothing is set")
        rows: list[tuple[object, frozenset[str]]] = []
        for entry, own in found:
            made = _changed(entry.made, dict(changes), self._origin)
            self._tables.change(noun, _key(made), entry, own, made)
            rows.append((made, own))
        return self._rows_of(noun, rows, hosts) if is_heard else []

    # -----------------------------------------------------------------------------------------
    # Adapters of VMs

    def _targets(self, bound: Bound, host: _Host, name: str = "VMNetworkAdapterName") -> list[_Nic]:
        """Return the adapters that a call is for; those that it is first to name are made."""
        wanted: list[Adapter] = []
        adapter_name = self._word(bound, name) or ""
        if bound.flag("ManagementOS"):
            wanted.append(
                Adapter(hosts=(host.name,), vm="ManagementOS", name=adapter_name, management=True)
            )
        wanted += [
            Adapter(hosts=(host.name,), vm=vm, name=adapter_name)
            for vm in self._words(bound, "VMName")
        ]
        for parameter in ("VM", "VMNetworkAdapter"):
            for held in listed(bound.get(parameter)):
                if isinstance(held, Unknown):
                    raise RefusedError(*_depends(parameter, held))
                if isinstance(held, str):
                    held = Adapter(hosts=(host.name,), vm=held)  # PowerShell finds the VM by it
                if not isinstance(held, Adapter):
                    raise RefusedError(
                        f"Cannot bind parameter '{parameter}': this is neither a VM nor an adapter"
                    )
                wanted.append(replace(held, name=adapter_name or held.name))
        found = {id(nic): nic for adapter in wanted for nic in self._nics(adapter, host)}
        return [*found.values()]

    def _nics(self, adapter: Adapter, host: _Host) -> list[_Nic]:
        place = host
        if adapter.hosts and adapter.hosts[0].lower() != host.name.lower():
            place = self._host(adapter.hosts[0])
        place.is_virtualised = True
        if not adapter.vm and adapter.mac is None and not adapter.name:
            return list(place.nics)
        found = place.matching(adapter)
        if found:
            for nic in found:
                place.assign(nic, adapter.vm)
                nic.mac = adapter.mac if nic.mac is None else nic.mac
                if len(found) == 1 and not nic.name and not _is_glob(adapter.name):
                    nic.name = adapter.name
            return found
        if _is_glob(adapter.vm) or _is_glob(adapter.name):
            raise RefusedError(
                f"no VM that the script names is like '{adapter.vm or adapter.name}'",
                "write the names of the VMs out, or import the hosts' adapters too",
            )
        if adapter.mac is None and not adapter.vm:
            raise RefusedError(f"nothing says which VM the adapter '{adapter.name}' belongs to")
        nic = _Nic(place.name, adapter.vm, adapter.name, self._origin)
        nic.mac = adapter.mac
        nic.management = adapter.management
        place.add(nic)
        return [nic]

    def _get_vmnetworkadapter(self, bound: Bound, host: _Host) -> list[object]:
        name = self._word(bound, "Name") or ""
        vms = self._words(bound, "VMName")
        if bound.flag("ManagementOS"):
            return [Adapter(hosts=(host.name,), vm="ManagementOS", name=name, management=True)]
        wanted = [held for held in listed(bound.get("VM")) if isinstance(held, Adapter)]
        unknown = next(
            (held for held in listed(bound.get("VM")) if isinstance(held, Unknown)), None
        )
        if unknown:
            return [unknown.of("NetworkAdapters")]
        wanted += [Adapter(hosts=(host.name,), vm="" if vm == "*" else vm) for vm in vms]
        if not wanted:
            wanted.append(Adapter(hosts=(host.name,)))
        output: list[object] = []
        for adapter in wanted:
            asked = replace(adapter, name=name or adapter.name, is_vm=False)
            known = host.matching(asked) if asked.vm else []
            output += [nic.as_adapter() for nic in known] or [asked]
        return output

    def _get_vm(self, bound: Bound, host: _Host) -> list[object]:
        names = self._words(bound, "Name")
        if not names or any(map(_is_glob, names)):
            patterns = names or ["*"]
            known = dict.fromkeys(
                nic.vm
                for nic in host.nics
                if nic.made and any(is_alike(pattern, nic.vm) for pattern in patterns)
            )
            names = [*known]
            if not names:
                return [Unknown(what=f"the VMs of {host.name}")]
        return [Adapter(hosts=(host.name,), vm=vm, is_vm=True) for vm in names]

    def _new_vm(self, bound: Bound, host: _Host) -> list[object]:
        name = self._word(bound, "Name") or "New Virtual Machine"
        nic = _Nic(host.name, name, _DEFAULT_ADAPTER, self._origin)
        nic.made = True
        host.add(nic)
        return [Adapter(hosts=(host.name,), vm=name, is_vm=True)]

    def _add_vmnetworkadapter(self, bound: Bound, host: _Host) -> list[object]:
        name = self._word(bound, "Name") or _DEFAULT_ADAPTER
        mac = self._mac(bound, "StaticMacAddress")
        vms = self._words(bound, "VMName")
        for held in listed(bound.get("VM")):
            if isinstance(held, Unknown):
                raise RefusedError(*_depends("VM", held))
            vms.append(held.vm if isinstance(held, Adapter) else str(held))
        management = bound.flag("ManagementOS")
        if management:
            vms.append("ManagementOS")
        for vm in vms:
            nic = _Nic(host.name, vm, name, self._origin)
            nic.mac, nic.made, nic.management = mac, True, management
            host.add(nic)
        return []

    def _remove_vmnetworkadapter(self, bound: Bound, host: _Host) -> list[object]:
        host.remove(self._targets(bound, host))
        return []

    def _remove_vm(self, bound: Bound, host: _Host) -> list[object]:
        gone = [
            *self._words(bound, "Name"),
            *(held.vm for held in listed(bound.get("VM")) if isinstance(held, Adapter)),
        ]
        host.remove([nic for nic in host.nics if any(is_alike(vm, nic.vm) for vm in gone)])
        return []

    def _set_vmnetworkadapter(self, bound: Bound, host: _Host) -> list[object]:
        mac = self._mac(bound, "StaticMacAddress")
        vsid = self._number(bound, "VirtualSubnetId")
        limit = self._number(bound, "DynamicIPAddressLimit")
        states = {
            "spoofing": self._word(bound, "MacAddressSpoofing"),
            "dhcp_guard": self._word(bound, "DhcpGuard"),
            "router_guard": self._word(bound, "RouterGuard"),
        }
        for nic in self._targets(bound, host, "Name"):
            if mac is not None:
                nic.mac = mac
            if vsid is not None:
                nic.vsid = vsid
                nic.origin = self._origin
            if limit is not None:
                nic.limit = limit
            for name, state in states.items():
                if state is not None:
                    setattr(nic, name, state == "On")
        return []

    def _set_vmnetworkadaptervlan(self, bound: Bound, host: _Host) -> list[object]:
        for name in ("Trunk", "Isolated", "Community", "Promiscuous"):
            if bound.flag(name):
                raise RefusedError(f"a policy has no {name.lower()} ports: -{name} is left out")
        vlan = 0 if bound.flag("Untagged") else self._number(bound, "VlanId")
        for nic in self._targets(bound, host):
            nic.vlan = vlan or 0
        return []

    def _set_vmnetworkadapterisolation(self, bound: Bound, host: _Host) -> list[object]:
        mode = self._word(bound, "IsolationMode")
        for nic in self._targets(bound, host):
            if mode is not None:
                nic.isolation = _ISOLATION[mode]
        return []

    def _add_vmnetworkadapterroutingdomainmapping(self, bound: Bound, host: _Host) -> list[object]:
        vsids = [held for held in listed(bound.get("IsolationID")) if isinstance(held, int)]
        unknown = next(
            (one for one in listed(bound.get("IsolationID")) if isinstance(one, Unknown)), None
        )
        if unknown:
            raise RefusedError(*_depends("IsolationID", unknown))
        rdid = rdid_text(self._word(bound, "RoutingDomainID") or "")
        name = self._word(bound, "RoutingDomainName") or ""
        for nic in self._targets(bound, host):
            nic.domains[rdid] = name, vsids, self._origin
        return []

    def _domains(self, bound: Bound, nic: _Nic) -> list[str]:
        rdid, name = self._word(bound, "RoutingDomainID"), self._word(bound, "RoutingDomainName")
        return [
            known
            for known, (called, _, _) in nic.domains.items()
            if (rdid is None or known == rdid_text(rdid))
            and (name is None or called.lower() == name.lower())
        ]

    def _set_vmnetworkadapterroutingdomainmapping(self, bound: Bound, host: _Host) -> list[object]:
        vsids = [held for held in listed(bound.get("IsolationID")) if isinstance(held, int)]
        named = self._word(bound, "NewRoutingDomainName")
        for nic in self._targets(bound, host):
            for rdid in self._domains(bound, nic):
                name, known, _ = nic.domains[rdid]
                nic.domains[rdid] = named or name, vsids or known, self._origin
        return []

    def _remove_vmnetworkadapterroutingdomainmapping(
        self, bound: Bound, host: _Host
    ) -> list[object]:
        for nic in self._targets(bound, host):
            for rdid in self._domains(bound, nic):
                del nic.domains[rdid]
        return []

    # -----------------------------------------------------------------------------------------
    # ACLs of adapters

    def _port_acl(self, bound: Bound) -> PortAcl:
        sides: dict[str, Addresses | MacAddress | None] = {}
        for side in ("Local", "Remote"):
            ips = self._words(bound, f"{side}IPAddress")
            macs = self._words(bound, f"{side}MacAddress")
            if ips and macs:
                raise RefusedError(
                    f"an entry of an ACL has -{side}IPAddress or -{side}MacAddress, not both"
                )
            if len(macs) > 1:
                raise RefusedError(
                    "several MAC addresses in one entry of an ACL", "write one entry for each"
                )
            everything = bool(macs) and macs[0].strip().lower() == "any"
            if macs and not everything:
                sides[side] = _mac_of(macs[0])
            else:
                sides[side] = addresses_of(ips)
        return PortAcl(
            action=(self._word(bound, "Action") or "").lower(),
            direction=Direction((self._word(bound, "Direction") or "").lower()),
            local=sides["Local"],
            remote=sides["Remote"],
            origin=self._origin,
        )

    def _add_vmnetworkadapteracl(self, bound: Bound, host: _Host) -> list[object]:
        entry = self._port_acl(bound)
        self._add_acl(bound, host, entry)
        return []

    def _add_acl(self, bound: Bound, host: _Host, entry: PortAcl | ExtendedAcl) -> None:
        """Keep an entry with its adapters; where some of one name are spared, MACs select them."""
        nics = self._targets(bound, host)
        words = {nic.word for nic in nics}
        places = {nic.host for nic in nics}
        others = (nic for place in places for nic in self._host(place).nics)
        if any(nic.word in words and nic not in nics for nic in others):
            entry = replace(entry, vms=_BY_MAC)
        self._acls.append((nics, entry))

    def _get_vmnetworkadapteracl(self, bound: Bound, host: _Host) -> list[object]:
        return self._get_acls("VMNetworkAdapterAcl", PortAcl, bound, host)

    def _get_vmnetworkadapterextendedacl(self, bound: Bound, host: _Host) -> list[object]:
        return self._get_acls("VMNetworkAdapterExtendedAcl", ExtendedAcl, bound, host)

    def _get_acls(
        self, noun: str, kind: type[PortAcl | ExtendedAcl], bound: Bound, host: _Host
    ) -> list[object]:
        """Return the entries that the script made, and that there may be others."""
        nics = self._targets(bound, host)
        made: list[object] = [
            Row(host.name, noun, (held, nic, entry), _of_acl)
            for held, entry in self._acls
            if isinstance(entry, kind)
            for nic in nics
            if nic in held
        ]
        return [*made, Unknown(what=f"what Get-{noun} finds on {host.name}", older=True)]

    def _remove_vmnetworkadapteracl(self, bound: Bound, host: _Host) -> list[object]:
        if "InputObject" in bound:
            return self._remove_given_acls(bound)
        entry = self._port_acl(bound)
        self._remove_acls(
            self._targets(bound, host),
            lambda known: isinstance(known, PortAcl) and replace(known, vms=Selector()) == entry,
        )
        return []

    def _add_vmnetworkadapterextendedacl(self, bound: Bound, host: _Host) -> list[object]:
        self._r2 = True
        local, remote = (self._word(bound, f"{side}IPAddress") for side in ("Local", "Remote"))
        ports = [self._word(bound, f"{side}Port") for side in ("Local", "Remote")]
        said = self._word(bound, "Protocol")
        weight = self._number(bound, "Weight")
        entry = ExtendedAcl(
            action=(self._word(bound, "Action") or "").lower(),
            direction=Direction((self._word(bound, "Direction") or "").lower()),
            weight=0 if weight is None else weight,
            local=None if local is None else addresses_of([local]),
            remote=None if remote is None else addresses_of([remote]),
            protocol=None if said is None else protocol_of(said),
            local_port=None if ports[0] is None else ports_of(ports[0].split(",")),
            remote_port=None if ports[1] is None else ports_of(ports[1].split(",")),
            stateful=self._flag(bound, "Stateful") is True,
            idle_timeout=self._number(bound, "IdleSessionTimeout"),
            isolation_id=self._number(bound, "IsolationID") or 0,
            origin=self._origin,
        )
        self._add_acl(bound, host, entry)
        return []

    def _remove_vmnetworkadapterextendedacl(self, bound: Bound, host: _Host) -> list[object]:
        if "InputObject" in bound:
            return self._remove_given_acls(bound)
        weight = self._number(bound, "Weight")
        direction = (self._word(bound, "Direction") or "").lower()
        self._remove_acls(
            self._targets(bound, host),
            lambda known: (
                isinstance(known, ExtendedAcl)
                and known.weight == weight
                and known.direction == direction
            ),
        )
        return []

    def _remove_acls(
        self, nics: list[_Nic], is_meant: Callable[[PortAcl | ExtendedAcl], bool]
    ) -> None:
        for held, entry in self._acls:
            if is_meant(entry):
                held[:] = [nic for nic in held if nic not in nics]

    def _remove_given_acls(self, bound: Bound) -> list[object]:
        for row in listed(bound.get("InputObject")):
            if isinstance(row, Row) and isinstance(row.made, tuple):
                held, nic, _ = row.made
                held[:] = [each for each in held if each is not nic]
        return []

    # -----------------------------------------------------------------------------------------
    # Firewall

    def _new_firewall_rule(self, bound: Bound, hosts: tuple[str, ...]) -> list[object]:
        """Make a rule once, and give it to each of the guests."""
        for name, what in _UNSAYABLE.items():
            if name in bound:
                self._lose(f"a policy's rule cannot be for {what}: -{name} is left out")
        if (self._word(bound, "InterfaceType") or "Any") != "Any":
            self._lose("a policy's rule cannot be for a kind of interface: it is left out")
        called = self._word(bound, "DisplayName") or ""
        rule = self._rule_of(bound, FirewallRule(name=called, origin=self._origin))
        said = {
            "DisplayName": called,
            "Name": self._word(bound, "Name") or called,
            "Group": self._word(bound, "Group") or "",
            "DisplayGroup": self._word(bound, "Group") or "",
        }
        rows = [Row(host, "NetFirewallRule", rule, lambda _: said) for host in hosts]
        self._firewall += rows
        return [*rows]

    def _rule_of(self, bound: Bound, rule: FirewallRule) -> FirewallRule:
        changes: dict[str, object] = {}
        action = self._word(bound, "Action")
        if action == "NotConfigured":
            raise RefusedError("a rule with -Action NotConfigured does nothing: it is left out")
        if action is not None:
            changes["action"] = Action(action.lower())
        if (direction := self._word(bound, "Direction")) is not None:
            changes["direction"] = Direction(direction.lower())
        if (said := self._word(bound, "Protocol")) is not None:
            changes["protocol"] = protocol_of(said)
        for parameter, field in (
            ("LocalAddress", "local_address"),
            ("RemoteAddress", "remote_address"),
        ):
            if parameter in bound:
                changes[field] = addresses_of(self._words(bound, parameter))
        for parameter, field in (("LocalPort", "local_port"), ("RemotePort", "remote_port")):
            if parameter in bound:
                changes[field] = ports_of(self._words(bound, parameter))
        if "IcmpType" in bound:
            changes["icmp_type"] = icmp_types_of(self._words(bound, "IcmpType"))
        if "Profile" in bound:
            changes["profiles"] = self._profiles(bound)
        if (enabled := self._word(bound, "Enabled")) is not None:
            changes["enabled"] = enabled == "True"
        if (override := self._flag(bound, "OverrideBlockRules")) is not None:
            changes["override_block"] = override
        for parameter, field in (
            ("Program", "program"),
            ("Service", "service"),
            ("LocalUser", "user"),
            ("NewDisplayName", "name"),
        ):
            word = self._word(bound, parameter)
            if word is not None:
                changes[field] = "" if word.lower() == "any" else word
        return replace(rule, **changes)

    def _profiles(self, bound: Bound) -> tuple[NetworkProfile, ...] | None:
        words = self._words(bound, "Profile")
        if "Any" in words or "NotApplicable" in words:
            return None
        return tuple(NetworkProfile(word.lower()) for word in words)

    def _rules(self, bound: Bound, host: str) -> list[Row]:
        filters = [
            name for name in ("Name", "DisplayName", "Group", "DisplayGroup") if name in bound
        ]
        if "InputObject" in bound:
            given = listed(bound.get("InputObject"))
            return [row for row in self._firewall if row in given]
        wanted = [(name, self._words(bound, name)) for name in filters]
        return [
            row
            for row in self._firewall
            if row.host == host
            and all(
                any(is_alike(one, str(row.properties.get(name))) for one in words)
                for name, words in wanted
            )
        ]

    def _set_netfirewallrule(self, bound: Bound, host: str) -> list[object]:
        found = self._rules(bound, host)
        if not found and "InputObject" not in bound:
            self._lose("no rule that the script makes is meant by this: it has no effect here")
        for row in found:
            if isinstance(row.made, FirewallRule):
                row.made = self._rule_of(bound, row.made)
        return list(found)

    def _remove_netfirewallrule(self, bound: Bound, host: str) -> list[object]:
        gone = self._rules(bound, host)
        self._firewall = [row for row in self._firewall if row not in gone]
        return []

    def _enable_netfirewallrule(self, bound: Bound, host: str) -> list[object]:
        return self._switch_rules(bound, host, enabled=True)

    def _disable_netfirewallrule(self, bound: Bound, host: str) -> list[object]:
        return self._switch_rules(bound, host, enabled=False)

    def _switch_rules(self, bound: Bound, host: str, *, enabled: bool) -> list[object]:
        found = self._rules(bound, host)
        if not found:
            self._lose("no rule that the script makes is meant by this: it has no effect here")
        for row in found:
            if isinstance(row.made, FirewallRule):
                row.made = replace(row.made, enabled=enabled)
        return []

    def _set_netfirewallprofile(self, bound: Bound, host: str) -> list[object]:
        words = self._words(bound, "Profile")
        if words and "Any" not in words and len(set(words)) < 3:
            self._lose(
                f"a policy has one default for all profiles: this sets it as if -Profile named"
                f" more than {', '.join(words)}"
            )
        if self._word(bound, "Enabled") == "False":
            self._lose("a policy's firewall cannot be off: -Enabled False is left out")
        said = {side: self._word(bound, f"Default{side}Action") for side in ("Inbound", "Outbound")}
        chosen = {
            side: Action(word.lower()) for side, word in said.items() if word in ("Allow", "Block")
        }
        if chosen:
            default = FirewallDefault(
                inbound=chosen.get("Inbound"),
                outbound=chosen.get("Outbound"),
                origin=self._origin,
            )
            self._defaults.append((host, default))
        return []

    # -----------------------------------------------------------------------------------------
    # The result

    def inventory(self, name: str) -> Inventory:
        """Return what all hosts have in the end."""
        entries = self._tables.all("NetVirtualizationLookupRecord")
        records = [entry.made for entry in entries if isinstance(entry.made, LookupRecord)]
        self._complete(records)
        tables = {noun: self._tables.of_hosts(noun) for noun in _TABLES}
        hosts = tuple(
            self._host_inventory(host, tables)
            for host in self._hosts.values()
            if host.is_virtualised or host.nics
        )
        networks = {
            rdid: called
            for host in self._hosts.values()
            for nic in host.nics
            for rdid, (called, _, _) in nic.domains.items()
            if called
        }
        acls = [
            replace(entry, vms=_selector(nics, by_mac=entry.vms == _BY_MAC))
            for nics, entry in self._acls
            if nics
        ]
        guests = {nic.vm.lower() for host in self._hosts.values() for nic in host.nics}
        guests |= {record.vm.lower() for record in records}
        return Inventory(
            hosts=hosts,
            port_acls=tuple(entry for entry in acls if isinstance(entry, PortAcl)),
            extended_acls=tuple(entry for entry in acls if isinstance(entry, ExtendedAcl)),
            firewall_rules=self._of_guests(
                (
                    (row.host, row.made)
                    for row in self._firewall
                    if isinstance(row.made, FirewallRule)
                ),
                guests,
            ),
            firewall_defaults=self._of_guests(self._defaults, guests),
            networks=tuple((called, rdid) for rdid, called in networks.items()),
            profile=self._profile(records),
            name=name,
        )

    def _profile(self, records: list[LookupRecord]) -> Profile:
        """Return Windows Server 2012 where only that gives the records a meaning."""
        blank = next((record for record in records if is_unspecified(record.ca)), None)
        if blank is None or self._typed or self._r2:
            return Profile.WS2012R2
        self._origin = blank.origin
        self._lose(
            "no lookup record has a -Type, so the script is read as one for Windows Server 2012,"
            f" where {blank.ca} is the wildcard of a gateway",
            "with -Type GatewayWildcard it would say so on Windows Server 2012 R2",
        )
        return Profile.WS2012

    def _of_guests(
        self, told: Iterable[tuple[str, Guarding]], guests: set[str]
    ) -> tuple[Guarding, ...]:
        """Say whose firewalls a command changes: those that it ran in, or every guest's."""
        found: dict[tuple[Guarding, Origin], tuple[Guarding, dict[str, None] | None]] = {}
        for host, entry in told:
            everyone = host.lower() in _HERE_TOO
            if not everyone and host.lower() not in guests:
                self._origin = entry.origin
                self._lose(
                    f"this is for the firewall of '{host}', which is no VM that the script names",
                    "a policy has the firewalls of guests alone",
                )
                continue
            _, names = found.setdefault((entry, entry.origin), (entry, None if everyone else {}))
            if names is not None:
                names[port_name(host)] = None
        return tuple(
            replace(entry, vms=Selector(patterns=None if names is None else tuple(names)))
            for entry, names in found.values()
        )

    def _complete(self, records: list[LookupRecord]) -> None:
        """Give adapters what lookup records tell: the VM of a MAC, the MAC of a VM."""
        says_vsids = any(nic.vsid for host in self._hosts.values() for nic in host.nics)
        of: dict[object, list[LookupRecord]] = {}
        """By MAC, and by the name of a VM."""
        for record in records:
            if record.names_a_host:
                of.setdefault(record.mac, []).append(record)
                of.setdefault(record.vm.lower(), []).append(record)
        for host in self._hosts.values():
            for nic in host.nics:
                own = [
                    record
                    for record in of.get(nic.vm.lower() if nic.mac is None else nic.mac, ())
                    if nic.vsid in (None, record.vsid)
                ]
                if not nic.vm:
                    nic.vm = next((record.vm for record in own if record.vm), str(nic.mac))
                macs = {record.mac for record in own}
                if nic.mac is None and len(macs) == 1:
                    nic.mac = macs.pop()
                vsids = {record.vsid for record in own}
                if nic.vsid is None and len(vsids) == 1 and not (says_vsids and nic.made):
                    nic.vsid = vsids.pop()

    def _host_inventory(
        self, host: _Host, tables: Mapping[str, Mapping[str, tuple[object, ...]]]
    ) -> HostInventory:
        def made(noun: str, kind: type[Made]) -> tuple[Made, ...] | None:
            rows = tables[noun].get(host.name.lower())
            # Hosts that were told the same share the table itself: no copy is made of it.
            return rows if rows is None or _is_all(rows, kind) else None

        return HostInventory(
            name=host.name,
            addresses=made("NetVirtualizationProviderAddress", ProviderAddress) or (),
            provider_routes=made("NetVirtualizationProviderRoute", ProviderRoute) or (),
            routes=made("NetVirtualizationCustomerRoute", CustomerRoute),
            records=made("NetVirtualizationLookupRecord", LookupRecord),
            ports=tuple(port for nic in host.nics for port in self._ports(nic)),
            use_external_router=host.external_router,
            origin=host.origin,
        )

    def _ports(self, nic: _Nic) -> list[VmPort]:
        if nic.management and not nic.vsid and not nic.domains:
            return []
        if nic.mac is None:
            if nic.vsid or nic.domains:
                self._origin = nic.origin
                self._lose(
                    f"nothing says the MAC address of the adapter '{port_name(nic.vm, nic.name)}':"
                    " it is left out",
                    "set it with -StaticMacAddress, or name the VM in a lookup record (-VMName)",
                )
            return []
        port = VmPort(
            name=port_name(nic.vm, nic.name),
            network="",
            host=nic.host,
            vsid=nic.vsid or 0,
            mac=nic.mac,
            mac_spoofing=nic.spoofing,
            dhcp_guard=nic.dhcp_guard,
            router_guard=nic.router_guard,
            vlan=nic.vlan,
            isolation_mode=nic.isolation,
            dynamic_ip_limit=nic.limit,
            origin=nic.origin,
        )
        if not nic.domains:
            return [port]
        return [
            replace(port, network=rdid, vsid=vsid, trunk=port.name, origin=origin)
            for rdid, (_, vsids, origin) in nic.domains.items()
            for vsid in vsids
        ]


# ---------------------------------------------------------------------------------------------
# Rows and their properties


def _of_record(made: object) -> dict[str, object]:
    if not isinstance(made, LookupRecord):
        return {}
    rules = {rule: name for name, rule in _RULES.items()}
    types = {kind: name for name, kind in _TYPES.items()}
    return {
        "CustomerAddress": str(made.ca),
        "VirtualSubnetID": made.vsid,
        "MACAddress": f"{int(made.mac):012X}",
        "ProviderAddress": str(made.pa),
        "CustomerID": made.customer_id,
        "Context": made.context,
        "Rule": rules[made.rule],
        "VMName": made.vm,
        "UseVmMACAddress": made.use_vm_mac,
        "Type": types[made.type],
    }


def _of_route(made: object) -> dict[str, object]:
    if not isinstance(made, CustomerRoute):
        return {}
    return {
        "RoutingDomainID": made.rdid,
        "VirtualSubnetID": made.vsid,
        "DestinationPrefix": str(made.prefix),
        "NextHop": _hop(made),
        "Metric": made.metric,
    }


def _of_address(made: object) -> dict[str, object]:
    if not isinstance(made, ProviderAddress):
        return {}
    return {
        "ProviderAddress": str(made.address),
        "PrefixLength": made.prefix.prefixlen,
        "VlanID": made.vlan,
        "MACAddress": f"{int(made.mac):012X}",
    }


def _of_provider_route(made: object) -> dict[str, object]:
    if not isinstance(made, ProviderRoute):
        return {}
    return {"DestinationPrefix": str(made.prefix), "NextHop": _hop(made), "Metric": made.metric}


def _of_acl(made: object) -> dict[str, object]:
    acl = made[2] if isinstance(made, tuple) else None
    if not isinstance(acl, PortAcl | ExtendedAcl):
        return {}
    said: dict[str, object] = {
        "Action": acl.action.capitalize(),
        "Direction": acl.direction.capitalize(),
    }
    if isinstance(acl, ExtendedAcl):
        said |= {"Weight": acl.weight, "Stateful": acl.stateful}
    return said


_PROPERTIES: dict[str, Callable[[object], dict[str, object]]] = {
    "NetVirtualizationLookupRecord": _of_record,
    "NetVirtualizationCustomerRoute": _of_route,
    "NetVirtualizationProviderAddress": _of_address,
    "NetVirtualizationProviderRoute": _of_provider_route,
}
_WRITABLE = {
    "NetVirtualizationLookupRecord": {
        "ProviderAddress": "pa",
        "CustomerID": "customer_id",
        "Context": "context",
        "Rule": "rule",
        "VMName": "vm",
        "UseVmMACAddress": "use_vm_mac",
    },
    "NetVirtualizationCustomerRoute": {"Metric": "metric"},
    "NetVirtualizationProviderRoute": {"Metric": "metric"},
    "NetVirtualizationProviderAddress": {
        "PrefixLength": "length",
        "VlanID": "vlan",
        "MACAddress": "mac",
    },
}
"""What ``Set-`` writes, by the field of the model; its other parameters select rows."""


def _is_all(rows: tuple[object, ...], kind: type[Made]) -> TypeGuard[tuple[Made, ...]]:
    """Whether rows are what their table is for, as the first of them tells."""
    return not rows or isinstance(rows[0], kind)


def _hop(route: CustomerRoute | ProviderRoute) -> str:
    if route.next_hop is not None:
        return str(route.next_hop)
    return "0.0.0.0" if route.prefix.version == 4 else "::"  # noqa: S104 - how NetWNV writes on-link


def _changed(made: object, changes: dict[str, object], origin: Origin) -> object:
    if isinstance(made, ProviderAddress) and "length" in changes:
        changes["prefix"] = parse_prefix(f"{made.address}/{changes.pop('length')}")
    if isinstance(made, LookupRecord | CustomerRoute | ProviderAddress | ProviderRoute):
        return replace(made, **changes, origin=origin)
    return made


def _key(made: object) -> object:
    """Return what two rows of a table cannot share."""
    if isinstance(made, LookupRecord):
        return made.vsid, made.ca, made.mac, made.type
    if isinstance(made, CustomerRoute):
        return made.rdid, made.prefix, made.vsid, made.next_hop
    if isinstance(made, ProviderAddress):
        return made.address
    if isinstance(made, ProviderRoute):
        return made.prefix, made.next_hop
    return made


def _same(held: object, wanted: object) -> bool:
    """Whether a property is the one that a filter names: MACs and addresses in any spelling."""
    ours, theirs = str(text(held)).lower(), str(text(wanted)).lower()
    if ours == theirs or is_alike(theirs, ours):
        return True
    for read in (parse_address, parse_prefix, MacAddress.parse, rdid_text):
        try:
            if read(ours) == read(theirs):
                return True
        except (ValueError, IndexError):
            continue
    return False


def _matches(nic: _Nic, adapter: Adapter) -> bool:
    if adapter.management != nic.management:
        return False
    if adapter.mac is not None and nic.mac is not None and adapter.mac != nic.mac:
        return False
    if adapter.mac is not None and nic.mac is None and not adapter.vm:
        return False
    if adapter.vm and nic.vm and not is_alike(adapter.vm, nic.vm):
        return False
    if adapter.vm and not nic.vm and adapter.mac is None:
        return False
    return not adapter.name or not nic.name or is_alike(adapter.name, nic.name)


def _selector(nics: Sequence[_Nic], *, by_mac: bool) -> Selector:
    words = (nic.exact_word if by_mac else nic.word for nic in nics)
    return Selector(patterns=tuple(dict.fromkeys(words)))


def _is_glob(word: str) -> bool:
    return "*" in word or "?" in word


def _has_host_bits(written: str) -> bool:
    return str(parse_prefix(written).network_address) != str(
        parse_address(written.partition("/")[0])
    )


def _mac_of(word: str) -> MacAddress:
    if not word.strip():
        raise ValueError("a MAC address is empty: 12 hex digits, such as 00-15-5D-01-02-03")
    return MacAddress.parse(word.strip())


def _depends(name: str, held: Unknown) -> tuple[str, str]:
    if held.undefined:
        return (
            f"-{name} is {held.what}, which is null: nothing sets it before this line",
            f"set {held.what} in the script",
        )
    return (
        f"-{name} depends on {held.what}, which is not known without running the script",
        "write the value into the script",
    )
