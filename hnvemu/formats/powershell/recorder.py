"""What a script's cmdlets do to hosts: the tables that they fill, change and empty.

Rules of the file: a method ``_verb_noun`` is what the cmdlet of that name does on one host; it
returns what the pipeline gets. What a cmdlet cannot do, or a policy cannot hold, is a finding at
the call, and the call has no effect.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from hnvemu.addresses import MacAddress, parse_address, parse_prefix, synthetic_mac
from hnvemu.findings import Finding
from hnvemu.formats.assembly import port_name, rdid_text
from hnvemu.formats.conditions import addresses_of, icmp_types_of, ports_of, protocol_of
from hnvemu.formats.inventory import HostInventory, Inventory
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
    from collections.abc import Callable

    from hnvemu.addresses import IPAddress
    from hnvemu.formats.powershell.binder import Bound
    from hnvemu.model.acl import Addresses

Made = TypeVar("Made")

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
        self.domains: dict[str, tuple[str, list[int]]] = {}
        """Name and VSIDs of routing domains, by RDID."""
        self.management = False
        self.made = False
        """Whether a cmdlet made it, and not only named it."""

    @property
    def word(self) -> str:
        """The name that selects it."""
        own = port_name(self.vm, self.name)
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
        self.rows: dict[str, list[Row]] = {}
        """By the noun of their cmdlets."""
        self.keys: set[tuple[str, object]] = set()
        """What no other row may have."""
        self.nics: list[_Nic] = []
        self.external_router = False
        self.is_virtualised = False
        """Whether a cmdlet of HNV or of VMs told it something."""


class Recorder:
    """All hosts, while a script is evaluated."""

    def __init__(self, lose: Callable[[Finding], None]) -> None:
        self._report = lose
        self._hosts: dict[str, _Host] = {}
        self._acls: list[tuple[str, list[_Nic], PortAcl | ExtendedAcl]] = []
        self._firewall: list[Row] = []
        self._defaults: list[tuple[str, FirewallDefault]] = []
        self._origin = BUILT_IN
        self._typed = False
        """Whether a lookup record has a -Type: Windows Server 2012 knows none."""
        self._r2 = False
        """Whether something else is there that Windows Server 2012 does not know."""

    # -----------------------------------------------------------------------------------------
    # Calls

    def run(self, name: str, bound: Bound, hosts: tuple[str, ...], origin: Origin) -> list[object]:
        """Do what a cmdlet does on each of the hosts, and return what the pipeline gets."""
        verb, _, noun = name.partition("-")
        method = f"_{verb}_{noun}".lower()
        self._origin = origin
        output: list[object] = []
        for host in hosts:
            try:
                if noun in _TABLES and verb in ("Get", "Remove", "Set"):
                    made = getattr(self, f"_{verb.lower()}_rows")(noun, bound, self._host(host))
                elif "NetFirewall" in noun:
                    made = getattr(self, method)(bound, host)
                else:
                    made = getattr(self, method)(bound, self._host(host))
                output += made
            except RefusedError as error:
                self._lose(error.message, error.help)
            except ValueError as error:
                self._lose(str(error))
        if verb in ("Get", "New", "Add") or bound.flag("PassThru"):
            return output
        return []

    def _lose(self, message: str, advice: str | None = None) -> None:
        self._report(Finding(message=message, origin=self._origin, help=advice))

    def _host(self, name: str) -> _Host:
        own = HERE if name.lower() in _HERE_TOO else name
        return self._hosts.setdefault(own.lower(), _Host(own, self._origin))

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

    def _add(
        self, host: _Host, noun: str, made: object, properties: dict[str, object]
    ) -> list[object]:
        rows = host.rows.setdefault(noun, [])
        host.is_virtualised = True
        key = noun, _key(made)
        if key in host.keys:
            raise RefusedError(
                f"{made} exists on {host.name} already, so this fails",
                "the first one stays",
            )
        host.keys.add(key)
        row = Row(host.name, noun, made, properties)
        rows.append(row)
        return [row]

    def _new_netvirtualizationlookuprecord(self, bound: Bound, host: _Host) -> list[object]:
        mac = self._mac(bound, "MACAddress")
        kind = self._word(bound, "Type")
        self._typed = self._typed or kind is not None
        record = LookupRecord(
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
        return self._add(host, "NetVirtualizationLookupRecord", record, _of_record(record))

    def _new_netvirtualizationcustomerroute(self, bound: Bound, host: _Host) -> list[object]:
        written = (self._word(bound, "DestinationPrefix") or "").strip()
        prefix = parse_prefix(written)
        hop = self._address(bound, "NextHop")
        if hop.version != prefix.version:
            raise RefusedError(f"the next hop {hop} and {prefix} are of two address families")
        rdid = self._word(bound, "RoutingDomainID") or ""
        metric = self._number(bound, "Metric")
        route = CustomerRoute(
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
        return self._add(host, "NetVirtualizationCustomerRoute", route, _of_route(route))

    def _new_netvirtualizationprovideraddress(self, bound: Bound, host: _Host) -> list[object]:
        address = self._address(bound, "ProviderAddress")
        mac = self._mac(bound, "MACAddress")
        self._r2 = self._r2 or mac is not None
        length = self._number(bound, "PrefixLength") or 0
        held = ProviderAddress(
            address=address,
            prefix=parse_prefix(f"{address}/{length}"),
            mac=synthetic_mac(address) if mac is None else mac,
            vlan=self._number(bound, "VlanID") or 0,
            origin=self._origin,
        )
        return self._add(host, "NetVirtualizationProviderAddress", held, _of_address(held))

    def _new_netvirtualizationproviderroute(self, bound: Bound, host: _Host) -> list[object]:
        prefix = parse_prefix((self._word(bound, "DestinationPrefix") or "").strip())
        hop = self._address(bound, "NextHop")
        metric = self._number(bound, "Metric")
        route = ProviderRoute(
            prefix=prefix,
            next_hop=None if is_unspecified(hop) else hop,
            metric=256 if metric is None else metric,
            origin=self._origin,
        )
        return self._add(host, "NetVirtualizationProviderRoute", route, _of_provider_route(route))

    def _set_netvirtualizationglobal(self, bound: Bound, host: _Host) -> list[object]:
        said = self._flag(bound, "UseExternalRouter")
        if said is not None:
            host.external_router = said
            host.is_virtualised = True
        return []

    def _get_netvirtualizationglobal(self, bound: Bound, host: _Host) -> list[object]:
        del bound
        return [Row(host.name, "Global", None, {"UseExternalRouter": host.external_router})]

    def _get_rows(self, noun: str, bound: Bound, host: _Host) -> list[object]:
        return list(self._filtered(noun, bound, host))

    def _filtered(
        self, noun: str, bound: Bound, host: _Host, *, but: tuple[str, ...] = ()
    ) -> list[Row]:
        """Return the rows of a table that a call's arguments select."""
        rows = host.rows.get(noun, [])
        if "InputObject" in bound:
            given = listed(bound.get("InputObject"))
            unknown = next((one for one in given if isinstance(one, Unknown)), None)
            if unknown:
                raise RefusedError(*_depends("InputObject", unknown))
            return [row for row in rows if row in given]
        kept = []
        for row in rows:
            for name in bound.names():
                if name in but or not row.properties.has(name):
                    continue
                wanted = listed(bound.get(name))
                unknown = next((one for one in wanted if isinstance(one, Unknown)), None)
                if unknown:
                    raise RefusedError(*_depends(name, unknown))
                if not any(_same(row.properties.get(name), one) for one in wanted):
                    break
            else:
                kept.append(row)
        return kept

    def _remove_rows(self, noun: str, bound: Bound, host: _Host) -> list[object]:
        gone = self._filtered(noun, bound, host)
        host.is_virtualised = True
        host.keys -= {(noun, _key(row.made)) for row in gone}
        removed = set(map(id, gone))
        host.rows[noun] = [row for row in host.rows.get(noun, []) if id(row) not in removed]
        return list(gone)

    def _set_rows(self, noun: str, bound: Bound, host: _Host) -> list[object]:
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
        found = self._filtered(noun, bound, host, but=tuple(name.lower() for name in writable))
        if not found and "InputObject" not in bound:
            raise RefusedError(
                f"No {noun} objects found on {host.name} that match, so nothing is set"
            )
        for row in found:
            row.made = _changed(row.made, dict(changes), self._origin)
            row.properties = Row(host.name, noun, row.made, _PROPERTIES[noun](row.made)).properties
        return list(found)

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
        found: list[_Nic] = []
        for adapter in wanted:
            for nic in self._nics(adapter, host):
                if nic not in found:
                    found.append(nic)
        return found

    def _nics(self, adapter: Adapter, host: _Host) -> list[_Nic]:
        place = host
        if adapter.hosts and adapter.hosts[0].lower() != host.name.lower():
            place = self._host(adapter.hosts[0])
        place.is_virtualised = True
        if not adapter.vm and adapter.mac is None and not adapter.name:
            return list(place.nics)
        found = [nic for nic in place.nics if _matches(nic, adapter)]
        if found:
            for nic in found:
                nic.vm = nic.vm or adapter.vm
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
        place.nics.append(nic)
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
            asked = replace(adapter, name=name or adapter.name)
            known = [nic for nic in host.nics if asked.vm and _matches(nic, asked)]
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
        return [Adapter(hosts=(host.name,), vm=vm) for vm in names]

    def _new_vm(self, bound: Bound, host: _Host) -> list[object]:
        name = self._word(bound, "Name") or "New Virtual Machine"
        nic = _Nic(host.name, name, _DEFAULT_ADAPTER, self._origin)
        nic.made = True
        host.nics.append(nic)
        return [Adapter(hosts=(host.name,), vm=name)]

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
            host.nics.append(nic)
        return []

    def _remove_vmnetworkadapter(self, bound: Bound, host: _Host) -> list[object]:
        gone = self._targets(bound, host)
        host.nics = [nic for nic in host.nics if nic not in gone]
        return []

    def _remove_vm(self, bound: Bound, host: _Host) -> list[object]:
        gone = [
            *self._words(bound, "Name"),
            *(held.vm for held in listed(bound.get("VM")) if isinstance(held, Adapter)),
        ]
        host.nics = [nic for nic in host.nics if not any(is_alike(vm, nic.vm) for vm in gone)]
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
            nic.domains[rdid] = name, vsids
            nic.origin = self._origin
        return []

    def _domains(self, bound: Bound, nic: _Nic) -> list[str]:
        rdid, name = self._word(bound, "RoutingDomainID"), self._word(bound, "RoutingDomainName")
        return [
            known
            for known, (called, _) in nic.domains.items()
            if (rdid is None or known == rdid_text(rdid))
            and (name is None or called.lower() == name.lower())
        ]

    def _set_vmnetworkadapterroutingdomainmapping(self, bound: Bound, host: _Host) -> list[object]:
        vsids = [held for held in listed(bound.get("IsolationID")) if isinstance(held, int)]
        named = self._word(bound, "NewRoutingDomainName")
        for nic in self._targets(bound, host):
            for rdid in self._domains(bound, nic):
                name, known = nic.domains[rdid]
                nic.domains[rdid] = named or name, vsids or known
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
        self._acls.append((host.name, self._targets(bound, host), entry))
        return []

    def _remove_vmnetworkadapteracl(self, bound: Bound, host: _Host) -> list[object]:
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
        self._acls.append((host.name, self._targets(bound, host), entry))
        return []

    def _remove_vmnetworkadapterextendedacl(self, bound: Bound, host: _Host) -> list[object]:
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
        for host, held, entry in self._acls:
            if is_meant(entry):
                held[:] = [nic for nic in held if nic not in nics]
            del host

    # -----------------------------------------------------------------------------------------
    # Firewall

    def _new_netfirewallrule(self, bound: Bound, host: str) -> list[object]:
        for name, what in _UNSAYABLE.items():
            if name in bound:
                self._lose(f"a policy's rule cannot be for {what}: -{name} is left out")
        if (self._word(bound, "InterfaceType") or "Any") != "Any":
            self._lose("a policy's rule cannot be for a kind of interface: it is left out")
        called = self._word(bound, "DisplayName") or ""
        rule = FirewallRule(name=called, origin=self._origin)
        rule = self._rule_of(bound, rule)
        row = Row(
            host,
            "NetFirewallRule",
            rule,
            {
                "DisplayName": called,
                "Name": self._word(bound, "Name") or called,
                "Group": self._word(bound, "Group") or "",
                "DisplayGroup": self._word(bound, "Group") or "",
            },
        )
        self._firewall.append(row)
        return [row]

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
        records = [
            row.made
            for host in self._hosts.values()
            for row in host.rows.get("NetVirtualizationLookupRecord", [])
            if isinstance(row.made, LookupRecord)
        ]
        self._complete(records)
        hosts = tuple(
            self._host_inventory(host)
            for host in self._hosts.values()
            if host.is_virtualised or host.nics
        )
        networks = {
            rdid: called
            for host in self._hosts.values()
            for nic in host.nics
            for rdid, (called, _) in nic.domains.items()
            if called
        }
        acls = [
            replace(entry, vms=Selector(patterns=tuple(dict.fromkeys(nic.word for nic in nics))))
            for _, nics, entry in self._acls
            if nics
        ]
        return Inventory(
            hosts=hosts,
            port_acls=tuple(entry for entry in acls if isinstance(entry, PortAcl)),
            extended_acls=tuple(entry for entry in acls if isinstance(entry, ExtendedAcl)),
            firewall_rules=tuple(
                replace(row.made, vms=vms)
                for row in self._firewall
                if isinstance(row.made, FirewallRule)
                and (vms := self._guests(row.host, row.made.origin, records)) is not None
            ),
            firewall_defaults=tuple(
                replace(default, vms=vms)
                for host, default in self._defaults
                if (vms := self._guests(host, default.origin, records)) is not None
            ),
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

    def _guests(self, host: str, origin: Origin, records: list[LookupRecord]) -> Selector | None:
        """Return whose firewall a command changes: the guest's that it ran in, or every guest's."""
        if host.lower() in _HERE_TOO:
            return Selector()
        vms = {nic.vm.lower() for each in self._hosts.values() for nic in each.nics}
        if host.lower() in vms or any(record.vm.lower() == host.lower() for record in records):
            return Selector(patterns=(port_name(host),))
        self._origin = origin
        self._lose(
            f"this is for the firewall of '{host}', which is no VM that the script names",
            "a policy has the firewalls of guests alone",
        )
        return None

    def _complete(self, records: list[LookupRecord]) -> None:
        """Give adapters what lookup records tell: the VM of a MAC, the MAC of a VM."""
        says_vsids = any(nic.vsid for host in self._hosts.values() for nic in host.nics)
        for host in self._hosts.values():
            for nic in host.nics:
                own = [
                    record
                    for record in records
                    if record.names_a_host
                    and (
                        record.mac == nic.mac
                        if nic.mac is not None
                        else record.vm.lower() == nic.vm.lower()
                    )
                    and nic.vsid in (None, record.vsid)
                ]
                if not nic.vm:
                    nic.vm = next((record.vm for record in own if record.vm), str(nic.mac))
                macs = {record.mac for record in own}
                if nic.mac is None and len(macs) == 1:
                    nic.mac = macs.pop()
                vsids = {record.vsid for record in own}
                if nic.vsid is None and len(vsids) == 1 and not (says_vsids and nic.made):
                    nic.vsid = vsids.pop()

    def _host_inventory(self, host: _Host) -> HostInventory:
        def made(noun: str, kind: type[Made]) -> tuple[Made, ...]:
            return tuple(row.made for row in host.rows.get(noun, []) if isinstance(row.made, kind))

        records = made("NetVirtualizationLookupRecord", LookupRecord)
        routes = made("NetVirtualizationCustomerRoute", CustomerRoute)
        return HostInventory(
            name=host.name,
            addresses=made("NetVirtualizationProviderAddress", ProviderAddress),
            provider_routes=made("NetVirtualizationProviderRoute", ProviderRoute),
            routes=routes if "NetVirtualizationCustomerRoute" in host.rows else None,
            records=records if "NetVirtualizationLookupRecord" in host.rows else None,
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
            replace(port, network=rdid, vsid=vsid, trunk=nic.name or nic.vm)
            for rdid, (_, vsids) in nic.domains.items()
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
